"""Text from a rule set is text: shown literally on the page and in Markdown, harmless in a spreadsheet."""

import csv
import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from needlecare import RuleSet, load_rules, render

# A whole plan for each of the texts that are made up would take minutes.
from needlecare.views.phrases import harmless
from needlecare.views.text import escape
from page.pages import Page, make_plan, rules

CALENDAR = "data:text/calendar;charset=utf-8;base64,"
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "end of style": "</style></title><b>bold</b>",
    "template": "{{ 7*7 }} {% raw %} ${7*7}",
    "entity": "&lt;b&gt; &#106; &copy",
    "link": "[press](javascript:alert(1)) ![x](https://x.test/a.png) <https://x.test>",
    "table": "| a | b | ` c ` ** d ** _e_ ~~f~~",
    "heading": "# heading",
    "list": "1. first",
    "formula": '=HYPERLINK("https://x.test";"press")',
    "plus": "+1+1",
    "minus": "-1+1|' /C calc'!A0",
    "at": "@SUM(1+1)",
    "wide formula": "＝1+1",
    "after a separator": "fine;=1+1",
    "bidi": "a\u202eb\u2066c",
}


@pytest.fixture(scope="module", params=HOSTILE.values(), ids=list(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> str:
    text = request.param
    assert isinstance(text, str)
    return text


@pytest.fixture(scope="module")
def hostile_rules(tmp_path_factory: pytest.TempPathFactory, hostile: str) -> RuleSet:
    """Give a rule set in which every text that people write is *hostile*."""
    said = json.dumps(hostile, ensure_ascii=False)
    path = tmp_path_factory.mktemp("hostile") / "set.yaml"
    path.write_text(
        f"""\
ruleset: hostile
title: {said}
notice: {said}
reviewed-by: {said}
source: one
clinic: {{name: {said}, closing: {said}}}
sources: {{one: {{title: {said}, publisher: {said}, url: "https://x.test/a(b)<c>\\"d"}}}}
activities: {{odd: {{label: {said}}}}}
signs: {{odd-sign: {{label: {said}}}}}
rules:
  no: {{avoid: odd, until: 2d}}
  do: {{do: odd, from: 3d, until: 4d, text: {said}, if: {said}, times: {said}}}
  allow: {{allow: odd, from: 3d, prefer: {said}}}
  expect: {{expect: odd-sign, days: 0..2}}
  makeup: {{avoid: makeup, until: 2d, because: {said}, by: {said}}}
""",
        encoding="utf-8",
    )
    return load_rules(str(path))


def test_the_page_shows_it_literally(hostile: str, hostile_rules: RuleSet) -> None:
    text = render(make_plan(hostile_rules), "html")
    page = Page(text)
    assert page.tags() <= Page(render(make_plan(rules()), "html")).tags() | {"strong"}
    assert page.texts("h1") == [f"{harmless(hostile)}: face, Fri 20 Nov 2026 at 16:30"]
    assert harmless(hostile) in page.texts("dt")
    assert "Tue 24 Nov" in page.texts("dt")
    assert not [name for _, attributes, _ in page.elements for name in attributes if name.startswith("on")]
    addresses = [value for _, attributes, _ in page.elements for name, value in attributes.items() if name == "href"]
    assert all(value and value.startswith(("#", "https://x.test/", "http", "tel:", CALENDAR)) for value in addresses)


def test_markdown_shows_it_literally(hostile: str, hostile_rules: RuleSet) -> None:
    tokens = (
        MarkdownIt("commonmark", {"html": True})
        .enable(["table", "strikethrough"])
        .parse(render(make_plan(hostile_rules), "md"))
    )
    inside = [child for token in tokens for child in token.children or ()]
    assert not {token.type for token in (*tokens, *inside)} & {
        "html_block",
        "html_inline",
        "image",
        "code_inline",
        "s_open",
    }
    links = [str(token.attrs["href"]) for token in inside if token.type == "link_open"]
    assert all(link.startswith("http") for link in links)
    shown = [re.sub("\u200b", "", "".join(one.content for one in token.children or ())) for token in tokens]
    assert harmless(hostile) in shown


def test_a_spreadsheet_calculates_nothing(hostile_rules: RuleSet) -> None:
    text = render(make_plan(hostile_rules), "csv")
    for separator in ",;\t":
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]
        assert not [cell for cell in cells if re.match(r"[\s\"']*[=+@\-＝＋－＠]", cell) and not cell.startswith("'")]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_escaped_text_is_one_paragraph_that_says_the_same(text: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(escape(text))
    wanted = harmless(text).strip()
    if not wanted:
        assert tokens == []
        return
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    shown = "".join(child.content for child in tokens[1].children or ())
    assert shown.replace("\u200b", "") == wanted.replace("\u200b", "")
