"""Today on one screen: its measure on every day, what it says before and after, and what the log adds to it."""

import json
import re
import shlex
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from attack.strength import TIMES
from needlecare import Timeline, today

# Hundreds of days are looked at: a run for each would take minutes.
from needlecare.views.text import lay_out
from needlecare.views.today import make_today
from running import Ran, run, run_at_terminal, without_colour
from support import plan_of
from test_first_screen import BARE, DATE, OWN, TWELVE

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London")
NOTICE = "Information, not medical advice: your clinic's own instructions come first."
twelve = pytest.mark.parametrize("name", TWELVE)


def timeline(typed: str) -> Timeline:
    return plan_of("--tz", "Europe/London", *shlex.split(typed))


def of_twelve(name: str) -> Timeline:
    return timeline(f"{DATE[1]} {DATE[2]} {TWELVE[name]}")


def instants(turn: int = 0) -> Iterator[datetime]:
    """Yield the first nine days at all hours and, from one place of three on, each third day around them."""
    start = datetime(2026, 11, 20, tzinfo=of_twelve("a date and a time").treatment.zone)
    yield from (start + timedelta(days=day, hours=9) for day in range(-16, 60) if TIMES > 1 or day % 3 == turn % 3)
    yield from (start + timedelta(days=day, hours=hour) for day in range(9) for hour in (0, 17, 23))


def screen(timelines: Sequence[Timeline], at: datetime) -> str:
    return lay_out(make_today(today(timelines, at)))


def row(text: str, head: str) -> str:
    """Return what stands beside *head*, on however many lines."""
    found: list[str] = []
    for line in text.splitlines():
        if found and line.startswith("    "):
            found.append(line)
        elif line.startswith(f"  {head}  "):
            found = [line.strip().removeprefix(head)]
        elif found:
            break
    return " ".join(" ".join(found).split())


# Its measure.


@twelve
def test_it_is_one_screen_on_every_day(name: str) -> None:
    planned = of_twelve(name)
    # Each day is looked at with four of the twelve: on how many days a plan is looked at says nothing more.
    for at in instants(list(TWELVE).index(name)):
        said = screen([planned], at)
        lines = said.splitlines()
        assert (len(lines) <= 24, len(said.split()) <= 180, max(map(len, lines)) <= 80) == (True, True, True), said
        assert lines[0].startswith(f"{at:%a} {at.day} {at:%b}")
        assert ", Fri 20 Nov 2026" in lines[0]
        assert NOTICE in lines
        assert row(said, "Emergency").startswith(
            "ring 112, 999, 911: trouble breathing, swollen lips or tongue, seizure, confusion, collapse, chest pain, "
            "non-stop bleeding"
        )
        assert row(said, "Doctor today").startswith("pus, fever, spreading redness, growing pain, blisters, sore eye")
        assert row(said, "A clinician" if "home" in TWELVE[name] else "Your clinic").startswith("itchy bumps, ")


def test_two_treatments_are_one_screen_too() -> None:
    both = [of_twelve("radiofrequency and PRP"), timeline("--date 2026-11-24 --time 10:00 --area neck")]
    for at in instants():
        said = screen(both, at)
        assert (len(said.splitlines()) <= 24, len(said.split()) <= 180) == (True, True), said
        assert "face, Fri 20 Nov 2026 at 16:30" in said
        assert "neck, Tue 24 Nov 2026 at 10:00" in said


@twelve
@pytest.mark.parametrize("days", [0, 1, 3, 8, 20])
def test_it_says_what_the_json_says(name: str, days: int) -> None:
    typed = (*DATE[1:], *shlex.split(TWELVE[name]), "--tz", "Europe/London", "--now", f"{at_day(days)}T23:45")
    said, record = run("today", *typed).out, run("today", *typed, "--format", "json").record
    rules = of_twelve(name).rule_set
    no, better = ({one["activity"] for one in record[key]} for key in ("avoid", "better_not"))
    # What is never advised has no date to wait for.
    no, better = no | (better & rules.unadvised), better - rules.unadvised
    for head, ids in (("Avoid", no), ("Better wait", better)):
        wanted = [rules.short(one).lower() for one in ids]
        for shown in filter(None, row(said, head).lower().rstrip(".…").split(", ")):
            # One name may have a comma of its own: gym, running.
            assert any(shown in one for one in wanted), (head, shown)
    assert bool(row(said, "Avoid") or row(said, "Never")) == bool(no), "what is avoided is never left out"


def at_day(days: int) -> str:
    return (datetime(2026, 11, 20) + timedelta(days=days)).date().isoformat()  # noqa: DTZ001  a date alone


# Before, meanwhile, after.


def test_before_the_treatment_it_is_the_preparation_that_is_due() -> None:
    said = run("today", *SITTING, "--now", "2026-11-13T09:00").out
    assert said.startswith("Fri 13 Nov 09:00, day −7: face, Fri 20 Nov 2026 at 16:30, London\n")
    assert "ibuprofen, unprescribed aspirin" in row(said, "Avoid")
    assert row(said, "Do") == "Keep taking prescribed tablets, even aspirin."
    assert row(said, "Thu 19 Nov") == "No more alcohol."
    assert "OK from" not in said


def test_a_stop_comes_first_and_nothing_is_prepared_then() -> None:
    said = run("today", *SITTING, "--condition", "eczema", "--now", "2026-11-13T09:00").out
    assert said.splitlines()[3].startswith("  STOP")
    assert row(said, "STOP").endswith(" Don't go ahead: ring your clinic.")
    assert not re.search("Before Fri 20 Nov|  (Avoid|Better wait|Do|Usual)  ", said)
    after = run("today", *SITTING, "--condition", "eczema", "--now", "2026-11-21T09:00").out
    assert row(after, "Treated already?").startswith(
        "tell your clinic and your doctor on the next working day. No needling on eczema"
    )
    assert not re.search("STOP|Don't go ahead", after)


def test_the_first_evening_says_what_is_all_right_next_and_what_is_not_yet() -> None:
    said = run("today", *SITTING, "--now", "2026-11-20T19:00").out
    assert row(said, "OK from").startswith("Fri 20 Nov 20:30 lukewarm rinse Sat 21 Nov 16:30 mineral SPF 30+")
    assert "Sat 19 Dec strong sun" in row(said, "Not yet")
    assert "Put on only what your clinic gave you." in row(said, "Do")
    # Whose face burns tonight reads: what to do, and that it is usual.
    assert "Hurts? Paracetamol, as its packet says." in row(said, "Do")
    assert row(said, "Usual") == "Red, warm, tight, stinging, swollen, sore."


# A word of each of the statements that matter most, on the first evening and the morning after.
STATEMENTS = {
    "an emergency": "Emergency ring 112, 999, 911: trouble breathing",
    "wash your hands": "Do .*with washed hands. Clean towel",
    "nothing on it": "Put on only what your clinic gave you|Avoid .*other creams",
    "keep sun off it": r"Avoid Strong sun.*Stay in the shade.*OK from .*mineral SPF 30\+",
    "don't pick": "Never .*picking",
    "no retinol": "Not yet .*retinol",
    "no make-up": "Avoid .*make-up",
    "no gym, pool and heat": "Avoid .*exercise.*Not yet .*gym, running",
    "what to take for pain": "Avoid .*ibuprofen.*Hurts. Paracetamol.*Keep taking prescribed tablets",
    "what is usual": "Usual Red, warm, tight, stinging, swollen, sore[. ]",
}
# Where there is more to say first, a date is left to the plan; no make-up is worn on a scalp or a body.
DATED = {"no retinol", "no make-up", "no gym, pool and heat"}
LONGER = {"eczema", "pregnant, on blood thinners"}


@pytest.mark.parametrize("at", ["2026-11-20T23:45", "2026-11-21T09:00"])
@pytest.mark.parametrize("name", [name for name in TWELVE if name not in (OWN, "a date alone")])
def test_what_matters_most_is_said_on_the_first_evening_and_the_morning_after(name: str, at: str) -> None:
    planned = of_twelve(name)
    said = " ".join(screen([planned], datetime.fromisoformat(at).replace(tzinfo=planned.treatment.zone)).split())
    short = {*(DATED if name in LONGER else ()), *(["no make-up"] if name in BARE else ())}
    missing = [what for what, words in STATEMENTS.items() if what not in short and not re.search(words, said)]
    assert missing == [], said


@pytest.mark.parametrize(("day", "ends"), [("2026-12-21", ["Next session", "Only if"]), ("2027-06-01", [])])
def test_after_the_last_date_it_says_so_in_three_lines(day: str, ends: list[str]) -> None:
    said = run("today", *SITTING, "--now", f"{day}T09:00").out
    part = said.split("\n\n")[1].splitlines()
    heads = [line.split("  ")[1] for line in part if line[2] != " "]
    assert heads == ["Over", "Never", *ends]
    assert row(said, "Over") == "Nothing in this plan waits for a date any more."
    assert row(said, "Never") == "sunbeds, picking, bare ice, numbing cream, smoking"
    if ends:
        assert row(said, "Only if").startswith("the flaking is over: retinol, acids and scrubs; ")


def test_an_event_and_a_booked_session_are_not_forgotten() -> None:
    said = run("today", *SITTING, "--event", "beach:Crete=2026-11-27..2026-12-04", "--now", "2026-11-24T09:00").out
    assert row(said, "Crete").startswith("Fri 27 Nov to Fri 4 Dec: not yet all right by then: ")
    booked = run("today", *SITTING, "--next", "2026-12-18", "--now", "2026-12-12T09:00").out
    assert row(booked, "Booked") == "Fri 18 Dec, earlier than that: ask your clinic"
    assert "retinol" in row(booked, "Before it")


def test_pipes_and_terminals_agree() -> None:
    typed = ("today", *SITTING, "--now", "2026-11-21T09:00")
    shown = without_colour(run_at_terminal(*typed)).replace("\r\n", "\n")
    assert [line.rstrip() for line in shown.splitlines()] == run(*typed).out.splitlines()


def test_the_whole_of_it_has_both_ends_and_every_red_flag() -> None:
    said = run("today", "--all", *SITTING, "--now", "2026-11-21T09:00").out
    assert (
        "- Gym and running, saunas or strong heat and swimming: not before Sun 22 Nov 16:30; better wait until" in said
    )
    flags = run("today", *SITTING, "--now", "2026-11-21T09:00", "--format", "json").record["red_flags"]
    assert [flag["text"] for flag in flags if flag["text"] not in said] == []
    refused = run("today", "--all", *SITTING, "--now", "2026-11-21T09:00", "--format", "json")
    assert (refused.code, "--all means nothing for json" in refused.err) == (2, True)


# Two treatments.


def test_nothing_is_all_right_while_another_treatment_speaks_against_it() -> None:
    both = [of_twelve("a date and a time"), timeline("--date 2026-11-24 --time 10:00 --area neck")]
    known = {both[0].rule_set.short(one): one for one in both[0].rule_set.activities}
    for day in (1, 4, 5, 8, 12):
        at = both[0].treatment.first + timedelta(days=day)
        opening = next(one for one in make_today(today(both, at), whole=True).sections if one.id == "again")
        for line in opening.rows:
            for name in line.text.replace("*", "").split(", "):
                if name in known:
                    assert line.at is not None
                    then = today(both, line.at)
                    held = {one.activity for one in (*then.avoid, *then.ask, *then.better_not)}
                    assert known[name] not in held, (name, line.at)


def test_no_advice_of_one_treatment_goes_against_the_other() -> None:
    both = [of_twelve("a date and a time"), timeline("--date 2026-11-24 --time 10:00 --area neck")]
    at = datetime(2026, 11, 24, 14, tzinfo=both[0].treatment.zone)
    assert "Mineral sunscreen outdoors" in row(screen(both[:1], at), "Do")
    assert "ineral sunscreen" not in row(screen(both, at), "Do")
    assert "The strictest counts." in screen(both, at)


def test_what_only_one_of_two_rule_sets_knows_is_avoided_too(log: Path, tmp_path: Path) -> None:
    del log
    own = tmp_path / "own.yaml"
    own.write_text(
        "ruleset: own\nwords-from: microneedling\nsource: ours\nsources: {ours: {title: Our sheet}}\n"
        "activities: {kit-gel: {label: gel from the kit}}\nrules: {gel: {avoid: kit-gel, until: 4d}}\n",
        encoding="utf-8",
    )
    run("log", "add", *SITTING, "--rules", str(own))
    run("log", "add", "--date", "2026-11-22", "--tz", "Europe/London", "--area", "neck", "--rules", "microneedling")
    ran = run("today", "--now", "2026-11-23T09:00")
    assert (ran.code, ran.err) == (0, "")
    assert ("el from the kit." in ran.out, "Strong sun, " in ran.out) == (True, True)
    assert "- Gel from the kit: not before Wed 25 Nov" in run("today", "--all", "--now", "2026-11-23T09:00").out


# The log.


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_log: None) -> Path:
    """Let the test have a log of its own."""
    del no_log
    path = tmp_path / "log.sqlite"
    monkeypatch.setenv("NEEDLECARE_LOG", str(path))
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    return path


def test_bare_it_says_how_to_start(log: Path) -> None:
    del log
    ran = run()
    assert (ran.code, ran.err, len(ran.out.splitlines())) == (0, "", 5)
    assert ran.out.startswith(NOTICE)
    assert "needlecare log add --date" in ran.out


def test_bare_it_is_today_with_three_commands_where_the_log_knows_a_treatment(log: Path) -> None:
    del log
    run("log", "add", *SITTING)
    ran = run()
    assert (ran.code, ran.out.splitlines()[1]) == (0, NOTICE)
    assert "face, Fri 20 Nov 2026 at 16:30\n" in ran.out, "without its zone, which wasn't typed"
    assert row(ran.out, "Next") == "needlecare can WORDS, plan, today --all"


def listed() -> Ran:
    return run("log", "list", "--format", "json")


@pytest.mark.parametrize("more", [(), ("--depth", "1.5"), ("--area", "face", "--area", "neck")], ids=" ".join)
def test_a_second_treatment_of_that_day_and_area_is_asked_about(log: Path, more: tuple[str, ...]) -> None:
    del log
    run("log", "add", *SITTING)
    ran = run("log", "add", "--date", "2026-11-20", "--time", "18:00", "--tz", "Europe/London", *more)
    assert (ran.code, ran.out) == (2, "")
    assert "`needlecare log edit 1`" in ran.err
    assert "--again" in ran.err
    assert len(listed().record["treatments"]) == 1
    again = run("log", "add", "--again", "--date", "2026-11-20", "--time", "18:00", "--tz", "Europe/London", *more)
    assert (again.code, len(listed().record["treatments"])) == (0, 2)


def test_another_area_or_another_day_is_no_double(log: Path) -> None:
    del log
    run("log", "add", *SITTING)
    assert run("log", "add", *SITTING, "--area", "scalp").code == 0
    assert run("log", "add", "--date", "2026-11-21", "--tz", "Europe/London").code == 0


def test_a_calendar_of_older_rules_is_noticed(log: Path, tmp_path: Path) -> None:
    run("log", "add", *SITTING)
    now = ("--now", "2026-11-21T09:00")
    assert run("plan", "-o", str(tmp_path / "aftercare.ics"), *now).code == 0
    assert "Calendar" not in run("today", *now).out
    base = sqlite3.connect(log)
    ((text,),) = base.execute("SELECT options FROM treatments").fetchall()
    options = json.loads(text)
    assert options["calendar"].startswith("microneedling ")
    assert "microneedling" not in run("log", "list").out, "that is ours to know"
    base.execute("UPDATE treatments SET options = ?", (json.dumps({**options, "calendar": "microneedling 2025-01 0"}),))
    base.commit()
    base.close()
    assert row(run("today", *now).out, "Calendar").startswith("made of older rules; make it again: needlecare plan -o")
    run("plan", "-o", str(tmp_path / "aftercare.ics"), *now)
    assert "Calendar" not in run("today", *now).out


def test_a_log_that_cannot_be_written_stops_no_calendar(log: Path, tmp_path: Path) -> None:
    run("log", "add", *SITTING)
    base = sqlite3.connect(log)
    base.execute("BEGIN EXCLUSIVE")
    base.close()
    log.chmod(0o400)
    assert run("plan", "-o", str(tmp_path / "aftercare.ics"), "--now", "2026-11-21T09:00").code == 0


def test_a_plan_says_that_another_treatment_is_still_open(log: Path) -> None:
    del log
    run("log", "add", *SITTING, "--area", "body")
    assert run("plan", "--now", "2026-11-24T09:00").err == ""
    run("log", "add", "--date", "2026-11-24", "--tz", "Europe/London", "--area", "face")
    ran = run("plan", "--now", "2026-11-24T09:00")
    assert ran.out.startswith("Micro-needling aftercare: face, Tue 24 Nov 2026")
    assert ran.err == "needlecare: the treatment of 2026-11-20 is still open too: `needlecare today` counts both\n"


@pytest.mark.parametrize(
    ("asked", "code", "begins"),
    [
        ("can wash my face", 0, "Yes."),
        ("can take a walk", 0, "Yes."),
        ("can wear makeup on 23 dec", 0, "Yes."),
        ("can wear makeup on 24 dec", 1, "No."),
        ("can eat pizza", 4, "I don't know."),
    ],
)
def test_a_treatment_to_come_takes_no_yes_away(log: Path, asked: str, code: int, begins: str) -> None:
    del log
    run("log", "add", *SITTING)
    run("log", "add", "--date", "2026-12-24", "--time", "10:00", "--tz", "Europe/London")
    ran = run(*asked.split(), "--now", "2026-11-28T10:00")
    assert (ran.code, ran.out.startswith(begins)) == (code, True), ran.out


def test_the_next_logged_treatment_of_an_area_is_the_session_that_is_booked(log: Path) -> None:
    del log
    now = ("--now", "2026-11-28T10:00")
    run("log", "add", *SITTING)
    run("log", "add", "--date", "2026-12-20", "--tz", "Europe/London", "--area", "scalp")
    assert "Booked" not in run("sessions", *now).out
    run("log", "add", "--date", "2026-12-24", "--tz", "Europe/London")
    assert "Booked for Thu 24 Dec" in run("sessions", *now).out
    assert "not again from Thu 24 Dec" in run("can", "wash", "my", "face", *now).out
