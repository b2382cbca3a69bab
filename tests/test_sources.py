"""Who says so: a source is shown only beside what its own value reaches, and a family of copies is one voice.

What each source says is written as a rule of its own here, and planned: so the language judges how far it reaches, not
the module that sorts the sources.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from needlecare import (
    RuleSet,
    Treatment,
    Window,
    build_timeline,
    load_rules,
    make_treatment,
    read_facts,
    render,
)
from running import PLAN, run
from support import ALLOW, AVOID, DO, EXPECT, LONDON, PREPARE, WORDS, Planner, write_rules

TREATMENTS: dict[str, dict[str, str | float | list[str]]] = {
    "a face": {},
    "deep": {"depth": 2.0, "skin-type": "V"},
    "shallow": {"depth": 0.5, "skin-type": "II"},
    "radiofrequency": {"technique": "radiofrequency", "goal": ["acne-scars"]},
    "plasma": {"add-on": ["prp"]},
    "scalp": {"area": ["scalp"], "uses": ["minoxidil"]},
    "body": {"area": ["body"], "skin-type": "IV"},
    "roller at home": {"setting": "home", "technique": "roller", "depth": 0.25},
    "a date alone": {"area": ["face", "neck"]},
}
FIELDS = ("from", "until", "for", "days", "at", "due")
NO_TIME = ("unstated", "no end given", "")


def fields_of(value: str, verb: str, own: dict[str, object]) -> dict[str, str]:
    """Return the fields of the rule that a source would write that says *value* of a rule with *verb*."""
    written = {"verb": verb}
    for part in value.split("; "):
        name, _, said = part.partition(" ")
        if name in (AVOID, DO, ALLOW, EXPECT, PREPARE):
            written["verb"] = name
            written["until" if name in (AVOID, EXPECT) else "from"] = said
        elif name in FIELDS and not (name == "at" and said not in ("before", "during", "after")):
            written[name] = said
        elif re.match(r"at least |up to |\d|always|[a-z-]+-(?:gone|over)|healed|next-morning", part):
            starts = part.endswith(" before") or (own["start"] is not None and own["end"] is None)
            written["from" if starts else "until"] = part
    return {name: said for name, said in written.items() if said not in NO_TIME}


def sayings(rule_set: RuleSet) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield each rule and source, and the rule that the source would write."""
    for rule in rule_set.rules.values():
        if rule.verb in (AVOID, DO, ALLOW, EXPECT, PREPARE):
            for saying in rule.says:
                yield rule.id, saying.source, fields_of(saying.value, rule.verb, rule._asdict())


def as_verb(kind: str, fields: dict[str, str]) -> str:
    """Return the verb to plan by: where something is restricted, to do it is to be allowed to."""
    return ALLOW if kind == AVOID and fields["verb"] == DO else fields["verb"]


def written(fields: dict[str, str]) -> str:
    """Write the rule of a source on one line, "at least 4w..6w" as four to six weeks."""
    given = {name: re.sub(r"^(at least|up to) (?=.*\.\.)", "", said) for name, said in fields.items() if name != "verb"}
    # How long a session takes is said as a range.
    given = {name: said.partition("..")[0] if name == "for" else said for name, said in given.items()}
    return ", ".join(f"{name}: {json.dumps(said)}" for name, said in given.items())


@cache
def shipped() -> RuleSet:
    return load_rules()


@cache
def said_by_sources() -> tuple[RuleSet, dict[tuple[str, str], list[str]]]:
    """Load a set with a rule for each value, and the ids of the rules that each rule and source stand for."""
    ids: dict[tuple[str, str], str] = {}
    found: dict[tuple[str, str], list[str]] = {}
    rules = shipped().rules
    for rule, source, fields in sayings(shipped()):
        kind = AVOID if rules[rule].verb in (AVOID, ALLOW) and fields["verb"] in (DO, ALLOW, AVOID) else fields["verb"]
        key = as_verb(kind, fields), written(fields)
        found.setdefault((rule, source), []).append(ids.setdefault(key, f"said-{len(ids)}"))
    targets = {EXPECT: "signs"}
    lines = ["ruleset: said", "words-from: microneedling", "source: s", "sources: {s: A source}"]
    for section in ("activities", "signs"):
        lines.append(f"{section}:")
        lines += [f"  {one}: {one}" for (verb, _), one in ids.items() if targets.get(verb, "activities") == section]
    lines.append("rules:")
    lines += [f"  {one}: {{{verb}: {one}, {fields}}}".replace(", }", "}") for (verb, fields), one in ids.items()]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "said.yaml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load_rules(str(path)), found


def treatment_of(name: str) -> Treatment:
    return make_treatment(date(2026, 11, 20), None if name == "a date alone" else time(16, 30), LONDON)


def reaches(window: Window, said: list[Window], treatment: Treatment, *, strict: bool) -> bool:
    """Report whether one of the windows *said* begins as early before the treatment as *window*, or ends as late."""
    for one in said:
        if window.kind != AVOID:
            if window.kind == ALLOW:
                fits = one.start <= window.start
            elif window.kind == PREPARE:
                fits = one.start <= window.start or one.start >= treatment.first.replace(hour=0, minute=0)
            else:
                fits = one.end >= window.end or (window.kind == DO and not one.end_stated)
        else:
            begins, ends = (one.start, one.end) if strict else (one.better_from, one.better_until)
            first, last = (window.start, window.end) if strict else (window.better_from, window.better_until)
            is_before, is_after = first < treatment.first, last > treatment.last
            fits = (is_before and begins <= first) or (is_after and ends >= last)
        if fits:
            return True
    return False


@pytest.mark.parametrize("name", TREATMENTS)
def test_each_source_of_a_window_states_what_it_stands_beside(name: str) -> None:
    treatment, (said_set, ids) = treatment_of(name), said_by_sources()
    plan = build_timeline(shipped(), treatment, read_facts(shipped(), TREATMENTS[name]))
    said = build_timeline(said_set, treatment, read_facts(said_set, {}))
    told = json.loads(render(plan, "json"))["windows"]
    assert len(told) > 60
    by_rule: dict[str, list[Window]] = {}
    for window in said.windows:
        by_rule.setdefault(window.rule, []).append(window)
    shown = 0
    for window, record in zip(plan.windows, told, strict=True):
        if window.kind == "ask":
            # It states no time.
            continue
        for field, strict in (("sources", True), ("better_sources", False)):
            for source in record[field]:
                meant = [one for rule in (*window.rules, *window.overruled) for one in ids.get((rule, source), ())]
                windows = [one for id_ in meant for one in by_rule.get(id_, ())]
                assert reaches(window, windows, treatment, strict=strict), (record, field, source, windows)
                shown += 1
        assert not {*record["sources"], *record["better_sources"]}.intersection(record["disagree"])
    assert shown > 200


SOURCES = "book: A book, third: {title: Third, family: kin}, fourth: {title: Fourth, family: kin}, fifth: Fifth"
SHEET = WORDS.replace("book: A book", SOURCES)


def told(plan: Planner, rules: str, activity: str = "gym") -> dict[str, Any]:
    """Plan by *rules*, and return the first window of the JSON on *activity*."""
    lines = "\n".join(map(str.strip, rules.strip().splitlines()))
    record = json.loads(render(plan(lines, words=SHEET), "json"))
    return next(window for window in record["windows"] if window["activity"] == activity)


@pytest.mark.parametrize(
    ("rule", "says", "behind", "better", "against"),
    [
        pytest.param("until: 48h", "book: 48h, third: 72h, fourth: 24h", ["book", "third"], [], [], id="as far"),
        pytest.param("until: 72h", "book: 3d, third: 72h", ["book", "third"], [], [], id="a day counts whole"),
        pytest.param("until: 3d", "book: 72h, third: 3d", ["third"], [], [], id="hours end before the day is over"),
        pytest.param("until: 24h..48h", "book: 24h..48h, third: 12h..48h", ["book"], ["third"], [], id="a better not"),
        pytest.param("until: 48h", "book: 24h..48h, third: at least 48h", ["third"], [], [], id="only its better not"),
        pytest.param("until: 24h", "book: {allow: 24h}, third: {do: 3h}", ["book"], [], ["third"], id="the opposite"),
        pytest.param("until: 3d", "book: redness-gone, third: calm", ["book", "third"], [], [], id="usual times"),
        pytest.param("until: 48h", "book: unstated, third: always", ["third"], [], [], id="no figure"),
        pytest.param("roughly: days", "book: unstated, third: 48h", ["book"], [], [], id="no end on either side"),
        pytest.param("from: 7d before, until: treatment", "book: 7d before, third: 7d", ["book"], [], [], id="before"),
        pytest.param("from: 7d before, until: 5d", "book: 5d, third: 3d", ["book"], [], [], id="one side of two"),
        pytest.param("days: 1..6", "book: {days: 2..6}, third: 6d, fourth: 5d", ["book", "third"], [], [], id="days"),
    ],
)
def test_a_source_stands_where_its_own_value_reaches(
    plan: Planner, rule: str, says: str, behind: list[str], better: list[str], against: list[str]
) -> None:
    window = told(plan, f"sport: {{avoid: gym, {rule}, says: {{{says}}}}}")
    assert (window["sources"], window["better_sources"], window["disagree"]) == (behind, better, against)


def test_each_part_of_a_window_has_its_own_rule_and_sources(plan: Planner) -> None:
    window = told(
        plan,
        """
        early: {avoid: gym, from: 2d before, until: treatment, says: {book: 2d before, fifth: 1d before}}
        later: {avoid: gym, until: 24h, says: {third: 24h}}
        last: {avoid: gym, from: 24h, until: 48h, says: {fourth: {from: 24h, until: 48h}}}
        """,
    )
    assert [(part["rule"], part["sources"]) for part in window["parts"]] == [
        ("early", ["book"]),
        ("later", ["third"]),
        ("last", ["fourth"]),
    ]
    assert window["sources"] == ["book", "fourth"]
    assert told(plan, "sport: {avoid: gym, until: 48h}").get("parts") is None


def test_what_a_whole_is_allowed_is_said_of_no_part_of_it(plan: Planner) -> None:
    rules = """
    heat: {avoid: heat, until: 24h, says: {book: 24h, fifth: {allow: 0h}}}
    sauna: {avoid: sauna, until: 48h, says: {third: 48h}}
    """
    assert told(plan, rules, "sauna")["disagree"] == []
    assert told(plan, rules, "heat")["disagree"] == ["fifth"]


def test_why_begins_with_what_holds_and_what_most_voices_say(tmp_path: Path) -> None:
    says = "book: 48h, third: 24h, fourth: 24h..48h, fifth: {allow: 0h}, sheet: unstated"
    path = write_rules(tmp_path, f"sport: {{avoid: gym, until: 24h..48h, says: {{{says}}}}}", words=SHEET)
    said = run("why", "gym", *PLAN[1:], "--rules", str(path)).out
    assert said.splitlines()[:2] == [
        "The gym: no until Sat 21 Nov 16:30, then better wait until Sun 22 Nov 16:30.",
        "3 independent sources; most say 24 to 48 hours; this plan takes 24 hours, better wait for 48 hours.",
    ]
    assert said.index("Who says so:") < said.index("Who disagrees:\n  - fifth") < said.index("Others say:\n  - sheet")
    record = json.loads(run("why", "gym", *PLAN[1:], "--rules", str(path), "--format", "json").out)
    own = {"lower": "24h", "upper": "48h"}
    assert record["ends"] == [{"before": False, "voices": 3, "agreeing": 2, "low": "24h", "high": "48h", "plan": own}]
    assert [one["source"] for one in record["sources"] if one["stance"] == "opposite"] == ["fifth"]


def test_why_says_whether_what_it_is_part_of_has_voices_too(tmp_path: Path) -> None:
    heat, sauna = (
        "{avoid: heat, until: 24h, says: {book: 24h, third: 24h}}",
        "{avoid: sauna, until: 24h, says: {fifth: 24h}}",
    )
    rules = f"heat: {heat}\nsauna: {sauna}"
    path = str(write_rules(tmp_path, rules, words=SHEET))
    counted = [run("why", asked, *PLAN[1:], "--rules", path).out.splitlines()[1] for asked in ("sauna", "heat")]
    assert [one.partition(";")[0] for one in counted] == [
        "1 independent source on just this",
        "2 independent sources",
    ]
