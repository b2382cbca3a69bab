"""Whom to ask: a declared condition outranks a yes, leaves a no its date, and gives no date after it."""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from needlecare import Timeline, build_timeline, can, load_rules, make_treatment, read_facts, render, today, when
from running import PLAN, run, write
from support import LONDON

Make = Callable[..., Timeline]
SHEET = """
ruleset: mine
source: ours
sources: {ours: Our sheet}
facts: {life: {answers: [expecting, weak-heart, left-handed], several: true, open: true}}
rules:
  wine: {ask: alcohol, who: your midwife, when: {life: expecting}}
  warm: {ask: heat, who: your midwife, when: {life: expecting}}
  heart: {ask: sauna, who: your doctor, when: {life: weak-heart}}
  no-heat: {avoid: heat, until: 48h..5d, instead: lukewarm showers}
  pills: {allow: paracetamol, from: 0h}
  pain: {ask: paracetamol, who: your pharmacist, when: {life: expecting}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Make:
    path = tmp_path / "sheet.yaml"
    path.write_text(SHEET, encoding="utf-8")
    rule_set = load_rules(str(path))
    treatment = make_treatment(date(2026, 11, 20), time(16, 30), LONDON)
    return lambda **known: build_timeline(rule_set, treatment, read_facts(rule_set, known))


LATER = datetime(2026, 12, 20, 10, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("words", "condition", "verdict", "whom"),
    [
        ("wine", "expecting", "ask", ("your midwife",)),
        ("wine", "left-handed", "no-rule", ()),
        ("wine", None, "no-rule", ()),
        ("sauna", None, "yes", ()),
        ("sauna", "weak-heart", "ask", ("your doctor",)),
        ("heat", "weak-heart", "ask", ("your doctor",)),
        ("hot bath", "weak-heart", "yes", ()),
        ("paracetamol", None, "yes", ()),
        ("paracetamol", "expecting", "ask", ("your pharmacist",)),
    ],
)
def test_a_declared_condition_turns_a_yes_into_ask(
    plan: Make, words: str, condition: str | None, verdict: str, whom: tuple[str, ...]
) -> None:
    timeline = plan(**({"life": condition} if condition else {}))
    found = can(timeline, words, LATER)
    assert (found.verdict, found.ask) == (verdict, whom)
    assert found.until is None or verdict == "no"


def test_two_conditions_send_to_both(plan: Make) -> None:
    found = can(plan(life=["expecting", "weak-heart"]), "sauna", LATER)
    assert set(found.ask) == {"your doctor", "your midwife"}


def test_a_no_stays_a_no_and_names_whom_to_ask(plan: Make) -> None:
    timeline = plan(life="expecting")
    evening = timeline.treatment.last + timedelta(hours=3)
    found = can(timeline, "sauna", evening)
    assert (found.verdict, found.ask, found.better_until) == ("no", ("your midwife",), None)
    assert can(timeline, "sauna", evening + timedelta(days=3)).verdict == "ask"
    back = when(timeline, "sauna")
    assert (back.verdict.verdict, back.free_from, back.better_from) == ("ask", None, None)


def test_it_holds_before_the_treatment_too(plan: Make) -> None:
    assert can(plan(life="expecting"), "wine", date(2026, 10, 1)).verdict == "ask"


def test_no_date_of_the_plan_is_the_one_from_which_it_is_all_right(plan: Make) -> None:
    timeline = plan(life="expecting")
    record = json.loads(render(timeline, "json"))
    asked = [one for one in record["windows"] if one["kind"] == "ask"]
    assert {(one["activity"], one["start"], one["end"], one["ask"]) for one in asked} == {
        ("alcohol", None, None, "your midwife"),
        ("heat", None, None, "your midwife"),
        ("paracetamol", None, None, "your pharmacist"),
    }
    lifting = {lift["activity"] for day in record["days"] for lift in day["lifts"]}
    assert "heat" not in lifting
    first, last = record["days"][0], record["days"][-1]
    assert "heat" in first["avoid"]
    assert "heat" not in first["ask"]
    assert "heat" in last["ask"]
    assert all("alcohol" in day["ask"] for day in record["days"])
    assert not any(one["kind"] == "allow" and one["activity"] == "paracetamol" for one in record["windows"])


def test_today_names_them_apart(plan: Make) -> None:
    now = today(plan(life="expecting"), datetime(2026, 11, 21, 10, tzinfo=LONDON))
    assert {one.activity for one in now.ask} == {"alcohol", "paracetamol"}
    assert {one.activity for one in now.avoid} >= {"heat"}


def test_why_names_whom_to_ask(tmp_path: Path) -> None:
    path = write(tmp_path, SHEET)
    ran = run("why", "wine", *PLAN[1:], "--rules", str(path), "--fact", "life=expecting")
    assert "- alcohol: ask first: your midwife (rule wine)" in ran.out
    assert ran.code == 0


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("{ask: alcohol, when: {condition: pregnancy}}", "`ask` needs `who`"),
        ("{ask: alcohol, who: your midwife}", "`ask` needs `when`"),
        (
            "{ask: alcohol, who: your midwife, until: 3d, when: {condition: pregnancy}}",
            "`ask` holds before and after the treatment, without end",
        ),
        ("{avoid: alcohol, who: your midwife, until: 3d}", "`who` belongs to `ask`; `avoid` has no use for it"),
        ("{call: pus, usual: default}", "`usual` belongs to `expect`; `call` has no use for it"),
        ("{expect: redness, urgency: today}", "`urgency` belongs to `call`; `expect` has no use for it"),
        ("{call: pus, urgency: soon}", "`urgency` can't be `soon`; it is one of emergency, today, clinic"),
    ],
)
def test_what_a_verb_lacks_or_has_no_use_for_is_an_error(rule: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.yaml"
    path.write_text(
        f"ruleset: mine\nsource: ours\nsources: {{ours: Our sheet}}\nrules:\n  one: {rule}\n", encoding="utf-8"
    )
    ran = run("rules", "lint", str(path))
    assert wrong in ran.out
    assert ran.code == 3
