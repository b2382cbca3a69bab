"""Whatever a rule says is found again in its plan: each field in the JSON, each word wherever people read."""

import json
import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

import pytest

from needlecare import RuleSetError, Timeline, render
from needlecare.rules.fields import RULE, marked
from needlecare.rules.kinds import Mark
from support import Planner, drawn, listed

Record = dict[str, Any]
WORDS = marked(RULE, Mark.WORD)
# Of what each verb speaks.
VERBS = {
    "avoid": "gym",
    "ask": "cream",
    "do": "cream",
    "allow": "paint",
    "expect": "redness",
    "prepare": "cream",
    "call": "flakes",
}
# What a rule needs besides: its verb or its field asks for it.
NEEDED = {
    "ask": {"who": "a midwife", "when": "{skin: dark}"},
    "call except": {"worry-after": "3d"},
}
# How each field is written that is no word, for one verb if the verbs differ.
WRITTEN = {
    "from": "2h",
    "prepare from": "at least 3d before",
    "until": "at least 3d",
    "for": "72h",
    "days": "1..6",
    "at": "during",
    "avoid at": "before",
    "due": "2d before",
    "when": "{skin: dark}",
    "except": "{hot-yoga: 12h}",
    "call except": "{redness: 0h}",
    "eases": "24h",
    "worry-after": "3d",
    "urgency": "emergency",
    "who": "a midwife",
    "usual": "default",
    "confidence": "low",
    "source": "book",
    "says": "{book: {from: 2h, note: she says}}",
}
WINDOW = ("from", "until", "for", "days", "at")
# The verbs that have a field, where not all have it.
ONLY = {
    **{field: {"avoid", "do", "allow", "expect", "prepare"} for field in WINDOW},
    **{field: {"do", "prepare"} for field in marked(RULE, Mark.TELLS_HOW)},
    "due": {"prepare"},
    "except": {"avoid", "call"},
    "eases": {"expect"},
    "worry-after": {"expect", "call"},
    "urgency": {"call"},
    "who": {"ask"},
    "usual": {"expect"},
}
FIELDS = [field for field in RULE.fields if field not in VERBS]


def value_of(verb: str, field: str) -> str:
    return f"the {field}" if field in WORDS else WRITTEN.get(f"{verb} {field}") or WRITTEN[field]


def written(verb: str, field: str) -> str:
    fields = {**NEEDED.get(verb, {}), **NEEDED.get(f"{verb} {field}", {}), field: value_of(verb, field)}
    return ", ".join((f"{verb}: {VERBS[verb]}", *(f"{name}: {value}" for name, value in fields.items())))


def planned(plan: Planner, rule: str, skin: str = "dark") -> Record:
    """Plan by one *rule*: its windows, its reasons to call, and what stands once for all of them."""
    record = json.loads(render(plan(f"one: {{{rule}}}", facts={"skin": [skin]}), "json"))
    windows = [one for one in record["windows"] if "one" in one["rules"]]
    calls = [one for one in record["red_flags"] if one["rule"] == "one"]
    assert windows + calls or skin != "dark", record["windows"]
    return {**(windows + calls + [{}])[0], **record["rules"].get("one", {}), "found": windows + calls}


# Where each field stands that is neither a word nor a part of a window.
FOUND: Mapping[str, Callable[[Record], object]] = {
    "except": lambda one: one["except"],
    "eases": lambda one: one.get("eases"),
    "worry-after": lambda one: one.get("worry_after") or one["from"],
    "urgency": lambda one: one["urgency"],
    "who": lambda one: one["ask"],
    "confidence": lambda one: one["confidence"],
    "source": lambda one: one["sources"],
    "says": lambda one: [saying["value"] for saying in one["says"]] if "says" in one else one["sources"],
}
STANDS_AS: Mapping[str, tuple[object, ...]] = {
    "except": ({"hot-yoga": "12h"}, ["redness"]),
    "eases": ("2026-11-21T16:30:00+00:00",),
    "worry-after": ("2026-11-24T00:00:00+00:00",),
    "source": (["book"],),
    "says": (["from 2h"], ["book"]),
}


@pytest.mark.parametrize(
    ("verb", "field"),
    [(verb, field) for field in FIELDS for verb in VERBS if verb in ONLY.get(field, VERBS)],
    ids=lambda one: one,
)
def test_each_field_of_each_verb_is_found_again(plan: Planner, verb: str, field: str) -> None:
    rule = written(verb, field)
    found = planned(plan, rule)
    if field in WORDS:
        assert {**found, **found.get("words", {})}[field] == f"the {field}"
    elif field in FOUND:
        assert FOUND[field](found) in STANDS_AS.get(field, (value_of(verb, field),))
    elif field == "when":
        assert found.get("when") == (None if verb == "call" else {"skin": "dark"})
        assert not planned(plan, rule, "light")["found"]
    elif field != "usual":
        assert value_of(verb, field) in found["window"]


def read_by_people(timeline: Timeline) -> dict[str, str]:
    """Return all that each view for people has of *timeline*, in lower case and without markup."""
    calendar = render(timeline, "ics", style="full").replace("\r\n ", "").replace("\\", "")
    page = unescape(re.sub(r"<[^>]+>", "", render(timeline, "html")))
    markdown = render(timeline, "md").replace("\\", "")
    laid_out = " ".join(drawn(timeline, 100).split())
    views = {"text": listed(timeline), "terminal": laid_out, "page": page, "calendar": calendar, "markdown": markdown}
    return {name: text.lower() for name, text in views.items()}


# What is for the first screen alone, and what `why` says.
ELSEWHERE = {"brief", "because"}


@pytest.mark.parametrize("verb", VERBS)
def test_people_read_every_word_of_every_verb(plan: Planner, verb: str) -> None:
    words = [word for word in WORDS if word not in ELSEWHERE and verb in ONLY.get(word, VERBS)]
    fields = {**NEEDED.get(verb, {}), **{word: f"the {word} of all" for word in words}}
    rule = ", ".join((f"{verb}: {VERBS[verb]}", *(f"{name}: {value}" for name, value in fields.items())))
    for name, text in read_by_people(plan(f"one: {{{rule}}}", facts={"skin": ["dark"]})).items():
        assert [word for word in words if f"the {word} of all" not in text] == [], name


BOUNDS = {
    "avoid: gym, until: at least 2d": ["at least until the end of sun 22 nov"],
    "avoid: gym, until: up to 2d": ["until the end of sun 22 nov at the latest"],
    "avoid: gym, from: at least 7d before, until: 1d": ["begins on fri 13 nov at the latest"],
    "avoid: gym, from: 24h..48h, until: 5d": ["sat 21 nov 16:30", "sun 22 nov 16:30"],
    "avoid: gym, until: 24h..48h": ["sat 21 nov 16:30", "sun 22 nov 16:30"],
    "do: cream, from: 2h, until: at least 3d": ["18:30", "at least until the end of mon 23 nov"],
    "do: cream, from: 5d before, until: 2d before": ["sun 15 nov", "until the end of tue 17 nov"],
    "allow: paint, from: 2h..4h, until: up to 2d": ["18:30", "20:30", "until the end of sun 22 nov at the latest"],
    "prepare: cream, from: at least 3d before": ["begins on tue 17 nov at the latest"],
    "expect: redness, from: 1h..3h, until: 24h..48h, eases: 12h": [
        *("17:30", "19:30", "eases from sat 21 nov 04:30", "sat 21 nov 16:30", "sun 22 nov 16:30")
    ],
    "expect: redness, from: 1h, until: 1d": ["fri 20 nov 17:30 to", "sat 21"],
}


@pytest.mark.parametrize("rule", BOUNDS)
def test_people_read_both_ends_and_how_firm_they_are(plan: Planner, rule: str) -> None:
    for name, text in read_by_people(plan(f"one: {{{rule}}}")).items():
        assert [said for said in BOUNDS[rule] if said not in text] == [], name


def test_people_read_the_words_and_sources_of_each_stretch_and_a_child_that_is_named(plan: Planner) -> None:
    rules = """\
long: {avoid: heat, until: 3d, note: The long one., source: book}
short: {avoid: heat, until: 0h..5d, note: The mild one.}
child: {avoid: sauna, until: 9d, note: The child.}"""
    for name, text in read_by_people(plan(rules)).items():
        wanted = ("the long one", "the mild one", "the child", "saunas")
        assert [said for said in wanted if said not in text] == [], name
    again = r": no until Tue 24 Nov, then better wait[^\n]* \[(book, sheet|sheet, book)\]"
    assert re.search(again, listed(plan(rules)))


@pytest.mark.parametrize(
    ("verb", "field"),
    [(verb, field) for field, verbs in ONLY.items() for verb in VERBS if verb not in verbs and field not in WINDOW],
    ids=lambda one: one,
)
def test_a_field_that_no_view_shows_for_a_verb_does_not_load(plan: Planner, verb: str, field: str) -> None:
    with pytest.raises(RuleSetError, match=f"`{field}` belongs to "):
        planned(plan, written(verb, field))


@pytest.mark.parametrize(
    ("verb", "field"),
    [(verb, field) for field in WINDOW for verb in ("ask", "call")],
    ids=lambda one: one,
)
def test_what_holds_at_any_time_takes_no_time(plan: Planner, verb: str, field: str) -> None:
    with pytest.raises(RuleSetError, match=f"`{verb}` holds"):
        planned(plan, written(verb, field))


@pytest.mark.parametrize("at", ["during", "after"])
def test_a_restriction_without_any_length_does_not_load(plan: Planner, at: str) -> None:
    with pytest.raises(RuleSetError, match=f"`at: {at}` has no length"):
        plan(f"one: {{avoid: gym, at: {at}}}")


def test_what_counts_where_nobody_knows_stands_beside_what_may_be_so(plan: Planner) -> None:
    rules = """\
short: {expect: redness, until: 1d, when: {millimetres: under 0.5}}
middle: {expect: redness, until: 3d, worry-after: 5d, when: {millimetres: 0.5..1.5}, usual: default}
long: {expect: redness, until: 7d, when: {millimetres: over 1.5}, note: After deep needling.}"""
    record = json.loads(render(plan(rules), "json"))
    assert [one["rule"] for one in record["windows"] if one["kind"] == "expect"] == ["middle"]
    assert [(one["rule"], one["if"]) for one in record["perhaps"]] == [
        ("short", "millimetres is under 0.5"),
        ("long", "millimetres is over 1.5"),
    ]
    assert [one.get("words") for one in record["perhaps"]] == [None, {"note": "After deep needling."}]
    known = plan(rules, facts={"millimetres": ["2"]})
    assert [one.rule for one in known.windows if one.kind == "expect"] == ["long"]
    assert known.perhaps == ()


def test_no_time_given_is_null(plan: Planner) -> None:
    rules = """\
before: {avoid: gym, until: treatment}
on: {do: cream, from: 24h}
seen: {expect: redness}"""
    record = json.loads(render(plan(rules), "json"))
    found = {one["rule"]: one for one in record["windows"] if one["origin"] == "test"}
    assert (found["before"]["start"], found["before"]["better_from"]) == (None, None)
    assert found["before"]["end"] == "2026-11-20T16:30:00+00:00"
    assert (found["seen"]["end"], found["seen"]["end_stated"]) == (None, False)
    # Something to do goes on: its date is that of healing, as for a restriction.
    assert [found["on"][field] for field in ("end", "better_until", "open_end", "end_stated")] == [
        *("2026-11-28T00:00:00+00:00", None, True, False),
    ]
    assert "gym" in record["days"][0]["avoid"]


@pytest.mark.parametrize(
    ("asked", "stands_as"),
    [
        ("{places: [scalp, face]}", {"places": "face, scalp"}),
        ("{places: {not: scalp}, tool: pen}", {"places": "not scalp", "tool": "pen"}),
        ("{millimetres: 0.5..1.5}", {"millimetres": "0.5 to 1.5"}),
        ("{millimetres: over 0.5}", {"millimetres": "over 0.5"}),
    ],
)
def test_what_a_rule_asks_of_each_fact_stands_with_it(plan: Planner, asked: str, stands_as: Record) -> None:
    made = plan(f"one: {{avoid: gym, until: 1d, when: {asked}}}", facts={"places": ["face"], "millimetres": ["1"]})
    assert json.loads(render(made, "json"))["rules"]["one"]["when"] == stands_as


def test_what_a_rule_lacks_is_left_out(plan: Planner) -> None:
    record = json.loads(render(plan("one: {avoid: gym, until: 1d}"), "json"))
    assert record["rules"]["one"].keys() == {"window", "says", "words", "origin", "confidence"}


def test_an_exception_from_the_treatment_on_is_written_as_it_is_read(plan: Planner) -> None:
    record = json.loads(render(plan("one: {avoid: gym, until: 1d, except: {hot-yoga: 0h}}"), "json"))
    assert record["rules"]["one"]["except"] == {"hot-yoga": "0h"}


def test_a_reason_not_to_treat_says_how_long_it_counts_and_by_whom(plan: Planner) -> None:
    more = """\
screening:
  pills: {level: stop, when: {taken: pills}, within: 4w..6mo, because: they thin the skin, by: Dr A}
  jab: {level: ask, when: {taken: jab}}
"""
    record = json.loads(render(plan("", more=more, facts={"taken": ["pills", "jab"]}), "json"))
    found = {one["condition"]: (one.get("within"), one.get("by")) for one in record["screening"]}
    assert found == {"pills": ("4w..6mo", "Dr A"), "jab": (None, None)}


def test_what_follows_a_course_stands_with_the_next_session(plan: Planner) -> None:
    made = plan("", more="sessions: [{id: all, every: 4w..6w, count: 3, then: every 3 to 4 months}]\n")
    assert json.loads(render(made, "json"))["sessions"][0]["then"] == "every 3 to 4 months"
    assert "After the course: every 3 to 4 months" in listed(made)
    made = plan("", more="sessions: [{id: all, every: 4w..6w, count: 3}]\n")
    assert "then" not in json.loads(render(made, "json"))["sessions"][0]
