"""Page, Markdown and CSV say what the JSON says: parsed back and compared, and as whole files."""

import codecs
import json
import os
import re
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest

from agreeing import check
from needlecare import InputError, Timeline, render

# What the page has to say is what the plan says on its first screen, and as a whole.
from needlecare.views.brief import make_brief
from needlecare.views.sheet import make_sheet
from page.pages import CLINIC, HERE, TREATMENTS, Page, make_plan, page_of, rules
from running import PLAN, run, run_program
from support import RULES

MICROSECOND = timedelta(microseconds=1)
FACTS = {
    "nothing known": {},
    "radiofrequency": {"technique": ["radiofrequency"], "depth": ["3"]},
    "at home": {"setting": ["home"], "technique": ["roller"], "depth": ["0.3"]},
    "PRP on the scalp": {"add-on": ["prp"], "area": ["scalp"]},
}


@pytest.fixture(scope="module", params=FACTS.values(), ids=list(FACTS))
def timeline(request: pytest.FixtureRequest) -> Timeline:
    return make_plan(facts=request.param)


def said_date(instant: datetime) -> str:
    return f"{instant:%a} {instant.day} {instant:%b}{'' if instant.year == 2026 else f' {instant.year}'}"


def test_page_markdown_calendar_and_csv_hold_every_window_of_the_json(timeline: Timeline) -> None:
    check(timeline)


def test_every_day_session_and_red_flag_is_on_the_page(timeline: Timeline) -> None:
    page = Page(page_of(timeline))
    text = " ".join(page.texts("main"))
    days = [
        (attributes["data-first"], attributes["data-last"])
        for _, attributes, _ in page.elements
        if "data-last" in attributes
    ]
    record = json.loads(render(timeline, "json"))
    after = [day["date"] for day in record["days"] if day["day"] >= 0]
    assert (days[0][0], days[-1][1]) == (after[0], after[-1])
    for flag in record["red_flags"]:
        assert flag["text"] in text
    for session in record["sessions"]:
        assert said_date(datetime.fromisoformat(session["minimum"])) in text


@pytest.fixture(params=[make for make, _ in TREATMENTS.values()], ids=list(TREATMENTS))
def treated(request: pytest.FixtureRequest) -> Timeline:
    made: Timeline = request.param()
    return made


def test_the_page_says_the_first_screen_and_the_whole_plan(treated: Timeline) -> None:
    said = words(" ".join(Page(page_of(treated)).texts("body")))
    for sheet in (make_brief(treated, handed_over=True), make_sheet(treated, handed_over=True)):
        rows = [row for section in sheet.sections for row in section.rows]
        rows.extend(row for section in sheet.sections for block in section.blocks for row in block.rows)
        texts = [text for row in rows for text in (row.head, row.when, row.text)]
        absent = [text for text in (sheet.title, *sheet.notice, *texts) if words(text) not in said]
        # Sources are numbered on the page, so their ids stand nowhere.
        assert set(absent) <= set(treated.rule_set.sources)


def words(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum()).lower()


def test_style_and_script_are_the_same_bytes_on_every_page_and_the_guide_names_their_hashes(treated: Timeline) -> None:
    guide = (RULES.parent / "docs" / "page.md").read_text(encoding="utf-8")
    text = page_of(treated)
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        named = b64encode(sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{named}'" in guide
        assert f"{tag}-src 'sha256-{named}'" in unescape(text)
    page = Page(text)
    assert not [name for _, attributes, _ in page.elements for name in attributes if name.startswith(("style", "on"))]


def test_a_page_that_is_not_whole_is_its_body_alone() -> None:
    plan = make_plan(rules(str(CLINIC)))
    body = render(plan, "html", whole=False)
    whole = render(plan, "html")
    assert body in whole
    assert whole.startswith("<!DOCTYPE html>")
    assert not Page(body).tags() & {"html", "head", "meta", "title", "style", "script", "body"}
    with pytest.raises(InputError, match="whole=False is for html alone"):
        render(plan, "json", whole=False)


def test_no_source_stands_on_the_first_screen(treated: Timeline) -> None:
    text = page_of(treated)
    screen = text[text.index('<main id="main"') : text.index('<details id="whole"')]
    screen = re.sub(r'<details id="all-red-flags">.*?</details>', "", screen, flags=re.DOTALL)
    assert "#source-" not in screen
    assert not re.search(r"\bsha256\b|--\w", screen)


@pytest.mark.parametrize("name", ["plan.html", "plan.md", "plan.csv"], ids=["html", "markdown", "csv"])
def test_the_clinics_plan_is_the_golden_one(name: str) -> None:
    """Set UPDATE_GOLDEN=1 to write what is made now, and look at the difference before it is committed."""
    path = HERE / "golden" / name
    plan = render(make_plan(rules(str(CLINIC))), name.removeprefix("plan."))
    # The calendar in the page has a test of its own.
    made = re.sub(r'<p class="save"><a download=.*\n', "", plan).encode()
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(made)
    assert made == path.read_bytes()


def test_a_calendar_stands_in_the_page_as_a_link_that_saves_it() -> None:
    plan = make_plan()
    page = Page(render(plan, "html"))
    (link,) = [attributes for tag, attributes, _ in page.elements if tag == "a" and "download" in attributes]
    head, _, data = str(link["href"]).partition(",")
    assert (head, link["download"]) == ("data:text/calendar;charset=utf-8;base64", "aftercare.ics")
    assert b64decode(data).decode() == render(plan, "ics")


def test_the_page_names_what_a_clinic_changed_and_why(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "ruleset: own\nextends: microneedling\nsource: us\nsources: {us: Our sheet}\n"
        "rules:\n  makeup: {avoid: makeup, until: 72h, because: we needle deeper, by: Dr A}\n"
        "  tea: {avoid: smoking, until: 9d}\n"
        "switched-off: {swimming: {because: we advise in person, by: Dr B}}\n",
        encoding="utf-8",
    )
    text = render(make_plan(rules(str(path))), "html")
    section = text[text.index('id="all-changes"') :]
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", section)
    assert found == [
        ("make-up", "rule makeup (72h) changed by own: we needle deeper, by Dr A"),
        ("swimming", "rule swimming switched off by own: we advise in person, by Dr B"),
        ("Added", "smoking and vaping (rule tea, 9d), by own"),
    ]


@pytest.mark.parametrize("name", ["html", "md"], ids=["html", "markdown"])
def test_who_changed_a_protected_rule_and_why_stands_at_the_top(name: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "ruleset: own\nextends: microneedling\n"
        "rules: {sunscreen: {until: 10d, because: we hand out hats., by: Dr A}}\n"
        "screening: {isotretinoin: {within: 12mo, because: to be safe, by: Dr B}}\n"
        "switched-off: {tanning: {because: we advise in person, by: Dr C}}\n",
        encoding="utf-8",
    )
    text = render(make_plan(rules(str(path))), name)
    found = re.findall(r"This rule set (.+? a protected .+?)(?:</p>|\n)", text)
    assert found == [
        "changes a protected reason not to treat, isotretinoin by Dr B: to be safe.",
        "changes a protected rule, sunscreen by Dr A: we hand out hats.",
        "switches off a protected rule, tanning by Dr C: we advise in person.",
    ]


@pytest.mark.parametrize(("name", "begins"), [("a.html", "<!DOCTYPE html>"), ("a.md", "# "), ("a.csv", '"kind",')])
def test_the_files_name_tells_the_format(tmp_path: Path, name: str, begins: str) -> None:
    target = tmp_path / name
    assert run(*PLAN, "-o", str(target)) == (0, "", "")
    written = target.read_bytes().decode().removeprefix("\ufeff")
    assert written.startswith(begins)
    assert run(*PLAN, "--format", name.partition(".")[2]).out == written


def test_only_a_table_with_accents_begins_with_the_mark_that_spreadsheets_need(tmp_path: Path) -> None:
    rules = tmp_path / "ours.yaml"
    rules.write_text(
        'ruleset: ours\nversion: "1"\nextends: microneedling\nactivities: {tea: {label: thé}}\n'
        "source: sheet\nsources: {sheet: Our sheet}\nrules: {tea: {avoid: tea, until: 24h}}\n",
        encoding="utf-8",
    )
    for name in ("a.csv", "a.md", "a.html", "a.ics", "a.json", "a.txt"):
        assert run(*PLAN, "--rules", str(rules), "-o", str(tmp_path / name)).code == 0
        assert (tmp_path / name).read_bytes().startswith(codecs.BOM_UTF8) == (name == "a.csv")
    assert run(*PLAN, "--rules", str(rules), "--format", "csv").out.startswith('"kind",')


@pytest.mark.parametrize("format_", ["html", "md", "csv"])
def test_the_same_input_gives_the_same_bytes(format_: str) -> None:
    seeds = [
        run_program(*PLAN, "--format", format_, env={"PYTHONHASHSEED": seed, "TZ": tz})
        for seed, tz in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert seeds[0].stdout == seeds[1].stdout
    assert seeds[0].stdout


def test_other_formats_start_without_what_only_the_page_needs() -> None:
    ran = run_program(*PLAN, "--format", "json", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert b"jinja2" not in ran.stderr
    assert json.loads(ran.stdout)
