"""Answers, today, the plan and the calendar agree: nothing is free in one of them that another restricts."""

import re
from pathlib import Path

import pytest

from ask.conftest import Ask
from needlecare import load_rules

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--goal", "rejuvenation")
SET = """
ruleset: ours
version: "1"
extends: microneedling
source: sheet
sources:
  sheet: {title: Sheet, publisher: Ours, year: 2026, kind: clinic}
activities:
  dunk-tank: {label: the dunk tank}
signs:
  ours: {label: green spots, aka: [green spots]}
rules:
  dunking: {avoid: dunk-tank}
  flag: {call: ours, urgency: today}
"""
# What of a whole has to wait, behind its name.
_NOT_YET = re.compile(r" \(not yet (?:[^()]|\([^()]*\))+\)")


@pytest.fixture
def ours(tmp_path: Path) -> str:
    path = tmp_path / "ours.yaml"
    path.write_text(SET, encoding="utf-8")
    return str(path)


def entries(calendar: str) -> list[str]:
    return calendar.replace("\r\n ", "").split("BEGIN:VEVENT")[1:]


def test_a_better_not_that_becomes_a_no_of_the_booked_session_is_no_lift(ask: Ask) -> None:
    typed = (*SITTING, "--next", "2027-01-04")
    days = ask("plan", "--days", "60", "--format", "json", sitting=typed).record["days"]
    (day,) = [one for one in days if one["date"] == "2026-12-21"]
    assert "sun" in day["avoid"]
    assert "sun" not in [one["activity"] for one in day["lifts"]]
    assert "Mon 21 Dec: strong sun and tanning" not in ask("plan", "--all", sitting=typed).out
    assert "Mon 21 Dec" not in ask("plan", sitting=typed).out.partition("When may I again?")[2].partition("\n\n")[0]
    calendar = entries(ask("plan", "--format", "ics", sitting=typed).out)
    assert [one for one in calendar if "SUMMARY:OK: " in one]
    assert not [one for one in calendar if re.search("SUMMARY:OK.*strong sun", one)], "it is one before the session"
    coming = ask("today", "--all", sitting=(*typed, "--now", "2026-12-20T10:00")).out
    assert (
        "Before it: Mon 21 Dec 2026: no Botox, fake tan, laser treatment, peels and strong sun and tanning\n" in coming
    )
    assert "OK from" not in coming


def test_today_tells_when_a_better_not_becomes_a_no(ask: Ask) -> None:
    said = ask("today", "--all", sitting=(*SITTING, "--next", "2027-01-04", "--now", "2026-12-20T10:00")).out
    assert "- Botox, fake tan and peels: until the end of Sun 20 Dec, then avoid it" in said


def test_what_another_treatment_still_restricts_does_not_lift(ask: Ask) -> None:
    for day, hour in (("2026-11-20", "16:30"), ("2026-11-24", "10:00")):
        ask("log", "add", "--date", day, "--time", hour, "--tz", "Europe/London", sitting=())
    said = ask("today", "--all", sitting=("--now", "2026-11-21T10:00")).out
    assert "Cod liver oil and fish oil, garlic and ginkgo: not before Wed 25 Nov 10:00" in said
    opening = [line for line in said.splitlines() if line.startswith("- OK from: ")]
    assert [line.partition(",")[0] for line in opening if "fish oil" in line] == ["- OK from: Wed 25 Nov 10:00"]
    drinking = [line.partition(",")[0] for line in opening if "alcohol" in line.split(", ")]
    assert drinking == ["- OK from: Thu 26 Nov 10:00"]


def test_today_names_the_part_that_is_all_right(ask: Ask) -> None:
    said = ask("today", "--all", sitting=(*SITTING, "--now", "2026-11-21T10:00")).out
    assert "- OK from: Sat 21 Nov 16:30, mineral SPF 30+, gentle wash, " in said
    assert "exercise (not gym, running)" in said


def test_what_to_do_is_said_whole_today_too(ask: Ask) -> None:
    said = ask("today", "--all", sitting=(*SITTING, "--now", "2026-11-20T18:00")).out
    assert "skin that is still numb (at most once an hour, for 10 minutes); if it is red, swollen or sore" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param(
            "can the dunk tank --on 2026-11-22",
            "not until the skin has healed, usually by Fri 27 Nov; then better wait: no end is given, ask your clinic",
            id="before it",
        ),
        pytest.param(
            "can the dunk tank --on 2026-11-29",
            "Better wait. The dunk tank, Sun 29 Nov: no end is given, ask your clinic",
            id="after it",
        ),
        pytest.param(
            "when the dunk tank",
            "not until the skin has healed, usually by Fri 27 Nov; then better wait: no end is given, ask your clinic.",
            id="when",
        ),
        pytest.param(
            "when the dunk tank --on 2027-02-01",
            "The dunk tank: better wait: no end is given, ask your clinic.\n(1 source",
            id="when, long after",
        ),
        pytest.param(
            "today --all",
            "not until the skin has healed, usually by Fri 27 Nov; then better wait: no end is given, ask your clinic",
            id="today",
        ),
    ],
)
def test_where_no_end_is_given_every_answer_says_so(ask: Ask, ours: str, typed: str, said: str) -> None:
    sitting = (*SITTING, "--rules", ours, "--now", "2026-11-21T10:00")
    found = ask(*typed.split(), sitting=sitting)
    assert said in found.out
    if not typed.startswith("today"):
        assert ask(*typed.split(), "--format", "json", sitting=sitting).record["open_end"] is True


def test_a_red_flag_without_words_is_said_the_same_everywhere(ask: Ask, ours: str) -> None:
    sitting = (*SITTING, "--rules", ours, "--now", "2026-11-21T10:00")
    said = "Green spots: see a doctor or an urgent-care line today."
    assert said in ask("plan", "--all", sitting=sitting).out
    assert "green spots" in ask("plan", sitting=sitting).out.partition("Doctor today")[2].partition("Your clinic")[0]
    assert said in ask("today", "--all", sitting=sitting).out
    seen = ask("normal", "green", "spots", sitting=sitting).out
    assert seen.startswith("See a doctor or an urgent-care line today. Green spots.\n")
    for typed in ("plan", "today", "normal green spots"):
        flags = ask(*typed.split(), "--format", "json", sitting=sitting).record["red_flags"]
        assert said in [one["text"] for one in flags]


def test_the_calendar_knows_what_the_plan_waits_for(ask: Ask) -> None:
    calendar = ask("plan", "--seen", "flaking-over=2026-11-28", "--format", "ics", sitting=SITTING).out
    assert "nothing in this plan waits" not in calendar.replace("\r\n ", "")


def test_who_needles_at_home_is_sent_to_a_clinician_by_the_calendar_too(ask: Ask) -> None:
    sitting = (*SITTING, "--setting", "home")
    lines = ask("plan", "--format", "ics", sitting=sitting).out.replace("\r\n ", "").splitlines()
    calls = [one for one in lines if one.startswith("SUMMARY") and "Call " in one]
    assert calls
    assert all("Call a clinician" in one for one in calls)


@pytest.mark.parametrize(
    "typed",
    [
        "plan",
        "can retinol",
        "can eat sushi",
        "when retinol",
        "why retinol",
        "normal redness",
        "today",
        "check",
        "sessions",
    ],
)
def test_every_answer_says_what_was_changed_of_the_core(ask: Ask, tmp_path: Path, typed: str) -> None:
    path = tmp_path / "narrow.yaml"
    path.write_text(
        "ruleset: narrow\nextends: microneedling\nswitched-off: {eczema: {because: we see it first, by: Dr A}}\n",
        encoding="utf-8",
    )
    said = ask(*typed.split(), sitting=(*SITTING, "--rules", str(path), "--now", "2026-11-21T10:00")).out
    assert "switches off a protected reason not to treat, eczema by Dr A: we see it first." in " ".join(said.split())


@pytest.mark.parametrize("fact", ["--condition pregnancy", "--uses blood-thinner", "--condition immunosuppression"])
def test_what_somebody_has_to_be_asked_about_is_nowhere_all_right_from_a_date_on(ask: Ask, fact: str) -> None:
    plan = ask("plan", *fact.split(), "--format", "json", sitting=SITTING).record
    rule_set = load_rules()
    asked = {one["activity"] for one in plan["windows"] if one["kind"] == "ask"}
    named = {rule_set.label(one) for one in rule_set.family(asked)}
    wholes = {rule_set.label(above) for one in asked for above in rule_set.lineage[one][1:]} - named
    again = ask("plan", "--all", *fact.split(), sitting=SITTING).out
    again = _NOT_YET.sub(" in part", again.partition("When may I again\n")[2].partition("\n\n")[0])
    dated = [line for line in again.splitlines() if not line.startswith(("- Ask first: ", "- Never: "))]
    shown = [name for line in dated for name in re.split(r", | and |: | \[", line)]
    assert "fake tan" in shown
    assert not named.intersection(shown)
    assert not wholes.intersection(shown), "without its part it is not all of it"
