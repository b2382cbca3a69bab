"""Whom to ask: a declared condition outranks a yes, leaves a no its date, and gives no date after it."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from needlecare import Timeline, build_timeline, can, load_rules, make_treatment, read_facts, render, today, when
from needlecare.model.facts import ask_once
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


@pytest.mark.parametrize(
    ("whos", "once"),
    [
        (("your midwife, doctor or pharmacist", "your midwife or doctor"), ("your midwife or doctor",)),
        (
            ("who prescribed your blood thinner, or your pharmacist", "your pharmacist", "your clinic"),
            ("your pharmacist", "your clinic"),
        ),
        (("who prescribed it", "your clinic, or Dr A"), ("who prescribed it", "your clinic, or Dr A")),
        (("your doctor", "your midwife, doctor or pharmacist"), ("your doctor",)),
        (("a doctor or pharmacist", "a pharmacist or nurse"), ("a doctor or pharmacist", "a pharmacist or nurse")),
        (
            ("your midwife, doctor or nurse", "your doctor, nurse or clinic"),
            ("your midwife, doctor or nurse", "your doctor, nurse or clinic"),
        ),
    ],
)
def test_who_can_answer_for_two_rules_is_asked_once(whos: tuple[str, ...], once: tuple[str, ...]) -> None:
    assert ask_once(whos) == once


SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London")
DECLARED = [("--condition", "pregnancy"), ("--condition", "breastfeeding"), ("--uses", "blood-thinner")]


@pytest.mark.parametrize("declared", DECLARED)
def test_no_view_lifts_what_somebody_has_to_be_asked_about(declared: tuple[str, str]) -> None:
    plan = json.loads(run("plan", *SITTING, *declared, "--format", "json").out)
    asked = {one["activity"] for one in plan["windows"] if one["kind"] == "ask"}
    lifted = {lift["activity"] for day in plan["days"] for lift in day["lifts"]}
    assert asked.isdisjoint(lifted)
    assert "heat" not in lifted or "pregnancy" not in declared
    for hours in (5, 17, 60, 200):
        at = (datetime(2026, 11, 20, 16, tzinfo=LONDON) + timedelta(hours=hours)).replace(tzinfo=None).isoformat()
        now = json.loads(run("today", *SITTING, *declared, "--now", at, "--format", "json").out)
        assert asked.isdisjoint(one["activity"] for one in now["next"])
        assert all(one["ask"] for one in now["avoid"] if one["activity"] in asked)


def test_today_and_the_calendar_say_whom_to_ask_behind_a_no(tmp_path: Path) -> None:
    now = run("today", "--all", *SITTING, "--condition", "pregnancy", "--now", "2026-11-21T09:00").out
    first = ", and then ask your midwife, doctor or pharmacist first"
    assert f"not before Sat 21 Nov 16:30{first}" in now
    assert f"Saunas or strong heat: not before Sun 22 Nov 16:30{first}" in now
    assert "swimming: not before Sun 22 Nov 16:30; better wait" in now
    path = tmp_path / "plan.ics"
    run("plan", *SITTING, "--condition", "pregnancy", "--calendar-style", "full", "-o", str(path))
    told = path.read_text(encoding="utf-8").replace("\r\n ", "").replace("\n ", "").replace("\\", "")
    assert f"Ask first: alcohol and fish oil, garlic and ginkgo: no until Sat 21 Nov 16:30{first}" in told
    titles = [line for line in told.splitlines() if line.startswith("SUMMARY:OK: ")]
    assert titles
    assert not re.search("sauna|heat|alcohol,|ibuprofen", " ".join(titles))


def test_when_gives_no_date_that_is_past_where_somebody_is_to_be_asked() -> None:
    told = run("when", "have", "a", "drink", *SITTING, "--condition", "pregnancy", "--now", "2026-11-22T09:00").out
    assert told.startswith("Ask your midwife, doctor or pharmacist first. Alcohol.")
    two = ("when", "have", "a", "peel", "and", "wash", "my", "face")
    each = run(*two, *SITTING, "--condition", "pregnancy", "--now", "2026-11-21T10:00").out
    assert each.startswith("Washing your face: OK from Sat 21 Nov 16:30. Peels: not before Sat 5 Dec, and then ask ")


def test_an_event_says_whom_to_ask() -> None:
    typed = ("plan", *SITTING, "--condition", "pregnancy", "--event", "spa=2026-12-21")
    first, said = run(*typed, "--plain").out, run(*typed, "--all").out
    assert "- A spa day: Mon 21 Dec: ask first: facials, hot tubs, saunas and steam\n" in said
    assert re.search("- Ask first: .*saunas, steam.*: your midwife, doctor or pharmacist\n", said)
    assert "- A spa day: Mon 21 Dec: ask first: saunas, steam, hot tubs…\n" in first
    assert "nothing here speaks against it" not in said + first
    (line,) = re.findall("- Zoo: .+", run("plan", *SITTING, "--plain", "--event", "zoo=2026-12-21").out)
    assert line == "- Zoo: Mon 21 Dec: a plain event: no rule knows what it brings"


def test_why_names_whom_to_ask(tmp_path: Path) -> None:
    path = write(tmp_path, SHEET)
    ran = run("why", "wine", *PLAN[1:], "--rules", str(path), "--fact", "life=expecting")
    assert ran.out.startswith("Alcohol: ask first: your midwife.")
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
