"""The questions as they are typed: what is said, and the exit code."""

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import wrap

import pytest

from ask.conftest import SITTING, Ask


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("can wash my face tomorrow", 0),
        ("can wash my face", 1),
        ("can make-up --on 2026-11-22", 1),
        ("can make-up --on 2026-11-22 --at 17:00", 0),
        ("can go to the gym on day 5", 1),
        ("can tretinoin", 1),
        ("can eat sushi", 4),
        ("can xyzzy", 4),
        ("can go out without sunscreen", 1),
        ("when makeup", 0),
        ("when eat sushi", 4),
        ("normal redness", 0),
        ("normal redness on day 9", 1),
        ("normal", 0),
        ("normal --on 2026-11-22", 2),
        ("normal pus", 1),
        ("normal purple stripes", 4),
        ("normal very swollen", 4),
        ("normal itchy spots", 1),
        ("normal itching on my back", 4),
        ("normal itching on my face", 0),
        ("normal bright yellow", 4),
        ("normal swelling of the lips", 1),
        ("normal itchy tongue", 1),
        ("normal swelling in my throat", 1),
        ("normal swelling of my mouth", 1),
        ("normal swelling and trouble breathing", 1),
        ("normal dizzy", 1),
        ("normal redness and dizzy", 1),
        ("normal swelling all over", 4),
        ("normal more redness", 1),
        ("normal redness on my face", 0),
        ("normal redness after the treatment", 0),
        ("normal redness from the treatment", 0),
        ("normal redness since yesterday", 0),
        ("normal redness 2 days after the treatment", 0),
        ("normal redness after the divorce", 4),
        ("normal redness on monday", 0),
        ("normal redness on tuesday", 0),
        ("normal redness on 28 nov", 1),
        ("can make-up --on monday", 0),
        ("can make-up --on sunday", 1),
        ("can make-up --on mon --at 9:00", 0),
        ("can make-up after work --on monday", 0),
        ("can make-up after christmas --on monday", 4),
        ("can make-up on 5/12", 2),
        ("can make-up on the 32nd", 2),
        ("can make-up on 31 feb", 2),
        ("can make-up tomorrow on monday", 2),
        ("when makeup after work", 0),
        ("when makeup after the treatment", 0),
        ("why makeup", 0),
        ("why redness", 0),
        ("why sushi", 4),
        ("today", 0),
        ("check", 0),
        ("check --condition none --uses none --skin-type II", 0),
        ("check --condition eczema", 1),
        ("check --condition lupus", 1),
        ("check --condition gout", 1),
        ("check --skin-type VII", 2),
        ("can", 2),
        ("can makeup --on 2026-13-01", 2),
        ("can makeup tomorrow --on 2026-12-24", 2),
        ("can makeup --format yaml", 2),
        ("sessions", 0),
        ("sessions --count 4 --goal rejuvenation --before wedding=2026-12-24", 1),
        ("sessions --done 2026-12-20 --done 2026-12-20", 2),
        ("sessions --done 2026-12-20 --done 2026-12-10", 2),
        ("sessions --before wedding=2026-10-01", 2),
        ("sessions --before wedding", 2),
        ("sessions --closed moonday", 2),
        ("sessions --avoid 2026-12-24..2026-12-01", 2),
        ("plan --next 2026-11-20", 2),
        ("plan --event wedding=2026-11-01", 2),
        ("plan --event wedding", 2),
        ("plan --event party=2026-11-24 --event party=2026-11-24", 2),
    ],
)
def test_exit_codes(ask: Ask, typed: str, code: int) -> None:
    said = ask(*typed.split())
    assert said.code == code
    assert (said.out == "") == (code == 2)
    assert bool(said.err) == (code == 2)


@pytest.mark.parametrize("command", ["plan", "can", "when", "normal", "why", "today", "check", "sessions", "log add"])
def test_help_lists_every_shared_option(ask: Ask, command: str) -> None:
    said = ask(*command.split(), "--help", sitting=())
    assert said.code == 0
    assert all(
        f"--{option} " in said.out for option in ("date", "area", "skin-type", "seen", "next", "event", "no-log")
    )


def test_a_misspelt_option_gets_the_nearest(ask: Ask) -> None:
    said = ask("can", "gym", "--tiem", "16:30")
    assert said.code == 2
    assert "--time" in said.err


def test_words_about_what_only_the_person_can_see(ask: Ask) -> None:
    shut = ask("can", "shave").out
    assert ": not before Tue 24 Nov, and then only once no irritation is left, usually by Mon 23 Nov." in shut
    free = ask("can", "shave", "--on", "2026-11-27").out
    assert "only if no irritation is left." in free


def test_seen_moves_what_waits_for_it_and_no_keeps_it_shut(ask: Ask) -> None:
    later = ("--date", "2026-11-20", "--now", "2026-12-06T09:00", "--format", "json")
    seen = ask("when", "exfoliate", "--seen", "flaking-over=2026-12-05", sitting=later).record
    assert seen["free_from"] > "2026-12-05"
    assert seen["and_once"] == []
    shut = ask("when", "exfoliate", "--seen", "flaking-over=no", "--format", "json").record
    assert shut["free_from"] is None
    assert shut["and_once"] == ["flaking-over"]


def test_can_as_json(ask: Ask) -> None:
    record = ask("can", "make-up", "--on", "2026-11-21", "--format", "json").record
    assert record["schema_version"] == 2
    assert record["activity"] == "makeup"
    assert record["asked"] == "make-up"
    assert record["at"] == "2026-11-21"
    assert record["verdict"] == "no"
    assert record["until"] == "2026-11-22T16:30:00+00:00"
    assert record["better_until"] is None
    assert record["rules"] == ["makeup"]
    assert "seed-000" in record["sources"]


def test_when_as_json(ask: Ask) -> None:
    record = ask("when", "sauna", "--format", "json").record
    assert record["free_from"] == "2026-11-22T16:30:00+00:00"
    assert record["better_from"] == "2026-11-26T00:00:00+00:00"


@pytest.mark.parametrize(
    "typed", ["can sushi", "normal sushi", "when sushi", "can makeup", "normal redness", "today", "check"]
)
def test_every_record_has_a_version_a_notice_and_the_red_flags(ask: Ask, typed: str) -> None:
    record = ask(*typed.split(), "--format", "json").record
    assert record["schema_version"] == 2
    assert record["notice"]
    assert record["red_flags"]


@pytest.mark.parametrize(
    "typed",
    [
        "can sushi",
        "normal sushi",
        "when makeup",
        "can makeup",
        "normal redness",
        "today",
        "check",
        "why makeup",
        "sessions",
    ],
)
def test_every_answer_names_red_flags_and_that_the_clinic_comes_first(ask: Ask, typed: str) -> None:
    said = ask(*typed.split()).out
    # The signs themselves stand where something is a worry; else it is how to see them.
    assert any(line in said for line in ("emergency number", "  Emergency  ", "When to get help: `needlecare today`"))
    assert "your clinic's own instructions come first" in said


@pytest.mark.parametrize("typed", ["can I already used retinol yesterday", "can gym --on 2026-11-20"])
def test_of_a_day_gone_by_it_says_what_to_do_now(ask: Ask, typed: str) -> None:
    said = ask(*typed.split()).out
    # What is done is done: a "no" helps nobody, nor does a list of what else could go wrong.
    assert said.startswith("That was too soon. ")
    assert "More stinging, redness or swelling since? Tell your clinic." in said
    assert "pus" not in said
    assert "When to get help: `needlecare today`." in said


def test_a_prescribed_medicine_is_only_ever_asked_about(ask: Ask) -> None:
    said = ask("can", "take", "my", "warfarin").out
    assert "who prescribed it" in said
    assert "No." not in said
    assert "Yes" not in said


def test_words_that_are_not_known_never_make_a_yes(ask: Ask) -> None:
    assert ask("can", "waterproof", "mascara").code == 1
    assert ask("can", "waterproof", "mascara", "--on", "2026-12-24").code == 4


def test_screening_comes_first_and_loud(ask: Ask) -> None:
    assert ask("check", "--condition", "eczema").out.startswith("STOP: ")
    # It holds while the treatment is to come, whatever time is asked about.
    ahead = (*SITTING[:-1], "2026-11-19T09:00")
    for words in (["makeup"], ["makeup", "on", "2026-11-16"], ["makeup", "on", "2026-11-22"], ["work", "after"]):
        assert ask("can", *words, "--condition", "eczema", sitting=ahead).out.startswith("STOP: ")
        # Once it is done, it is no answer to a question about make-up.
        assert "STOP" not in ask("can", *words, "--condition", "eczema").out
    for plan in (ask("plan", *more, "--condition", "eczema").out for more in ((), ("--all",))):
        assert plan.index("STOP") < plan.index("When may I again")


def test_why_shows_every_source_the_spread_and_the_voices(ask: Ask) -> None:
    record = ask("why", "make-up", "--format", "json").record
    assert record["rules"][0]["rule"] == "makeup"
    assert record["rules"][0]["value"] == "48h"
    assert {one["source"] for one in record["sources"]} > {"seed-000", "dermatique", "citylaser"}
    assert record["voices"] < len({one["source"] for one in record["sources"]})
    assert record["spread"] == ["0h", "7d"]


def test_today_says_what_holds_and_what_changes_next(ask: Ask) -> None:
    record = ask("today", "--format", "json").record
    assert "makeup" in [one["activity"] for one in record["avoid"]]
    assert record["next"][0]["at"] == "2026-11-21T16:30:00+00:00"
    assert "redness" in [one["activity"] for one in record["expect"]]


def test_today_says_what_has_to_be_seen_first(ask: Ask) -> None:
    sitting = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-12-20T12:00")
    waiting = ask("today", "--format", "json", sitting=sitting).record["only_if"]
    (shaving,) = [one for one in waiting if one["activity"] == "shaving"]
    assert (shaving["and_once"], shaving["treatment"]["date"]) == (["irritation-gone"], "2026-11-20")
    assert "no irritation is left: shaving" in " ".join(ask("today", sitting=sitting).out.split())


def test_a_part_that_has_to_be_seen_first_is_not_called_free(ask: Ask) -> None:
    said = ask("can", "hair removal", "--on", "2026-12-10").out
    assert "Shaving: only if no irritation is left." in said
    assert "Shaving: OK" not in said


def test_what_never_ends_is_called_never(ask: Ask) -> None:
    assert ": never.\n" in ask("can", "pick my scabs", "--setting", "home").out
    plan = ask("plan", "--all", "--setting", "home").out
    again = plan.partition("When may I again\n")[2].partition("\n\n")[0].splitlines()
    (never,) = (line for line in again if "sharing the roller" in line)
    assert never.startswith("- Never: ")
    assert "rolling over problem skin, sharing the roller, smoking and vaping and sunbeds" in never


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param(
            ["--seen", "flaking-over=no"], "You see when: acids and scrubs and retinol", id="what is kept shut"
        ),
        pytest.param(["--rules", "rules/examples/nhs-chelsea.yaml"], "No end given: hot baths", id="no end stated"),
    ],
)
def test_what_has_no_date_stands_apart(ask: Ask, typed: list[str], said: str) -> None:
    lasting = ask("plan", "--all", *typed).out.partition("\nWhen may I again\n")[2]
    assert said in lasting.partition("\n\n")[0]


def test_what_says_stop_leads_the_plan_and_holds_the_next_session(ask: Ask) -> None:
    stopped = ask("plan", "--all", "--condition", "eczema", "--condition", "under-22").out
    first = stopped.partition("Before anything else\n")[2].partition("\n\n")[0].splitlines()
    assert [line.partition(":")[0] for line in first] == [*("- STOP", "- TELL YOUR CLINIC", "- Treated already?")]
    session = stopped.partition("The next session\n")[2].partition("\n\n")[0].splitlines()
    assert session[0].endswith(": none while a STOP applies to you; then ask your clinic")
    assert session[1].startswith("- If the answer is yes: from Fri 1 Jan 2027")
    assert "Late from" not in stopped
    course = ask("sessions", "--condition", "eczema").out.splitlines()
    assert course[0].startswith("STOP: ")
    assert course[1] == "The next session: none while a STOP applies to you; then ask your clinic."
    calendar = ask("plan", "--condition", "eczema", "--format", "ics").out
    assert "SUMMARY:STOP: no treatment\\, ask your clinic\r\n" in calendar
    assert "SUMMARY:Session" not in calendar


@pytest.mark.parametrize(
    "typed", ["", "--goal rejuvenation --next 2026-12-28", "--goal rejuvenation --before wedding=2026-12-24"]
)
def test_a_course_is_one_short_screen_in_plain_words(ask: Ask, typed: str) -> None:
    lines = ask("sessions", *typed.split()).out.splitlines()
    assert sum(len(wrap(line, 80)) for line in lines) <= 20
    assert not [line for line in lines if ".." in line or "[" in line]
    assert not [line for line in lines[:-4] if "source" in line]


def test_a_stop_leaves_the_sessions_of_the_json_as_they_are(ask: Ask) -> None:
    plain, stopped = (ask("plan", "--format", "json", *more).record for more in ((), ("--condition", "eczema")))
    assert stopped["sessions"] == plain["sessions"]


@pytest.mark.parametrize(
    ("typed", "lead"),
    [(["--setting", "home"], "TELL A CLINICIAN: "), (["--condition", "under-22"], "TELL YOUR CLINIC: ")],
    ids=["at home", "at a clinic"],
)
@pytest.mark.parametrize("command", ["plan --all", "check"])
def test_who_needles_at_home_is_not_sent_to_a_clinic_of_theirs(
    ask: Ask, command: str, typed: list[str], lead: str
) -> None:
    said = ask(*command.split(), *typed).out
    assert [one for one in ("TELL A CLINICIAN: ", "TELL YOUR CLINIC: ") if one in said] == [lead]


def test_an_event_is_not_called_all_right_where_something_has_to_be_seen_first(ask: Ask, tmp_path: Path) -> None:
    sheet = tmp_path / "ours.yaml"
    sheet.write_text(
        "ruleset: ours\nextends: microneedling\nsource: sheet\nsources: {sheet: Our sheet}\n"
        "rules: {strenuous-exercise: {until: 3d and irritation-gone, because: we look first, by: Dr A}}\n",
        encoding="utf-8",
    )
    typed = ["plan", "--event", "gym=2026-12-20", "--rules", str(sheet)]
    (event,) = ask(*typed, "--format", "json").record["events"]
    assert (event["clashes"], "strenuous-exercise" in event["only_if"]) == ([], True)
    said = ask(*typed, "--all").out.partition("Your events\n")[2].partition("\n\n")[0]
    assert "only if your skin looks calm: gym and running" in said
    assert "nothing here speaks against it" not in said


def test_events_clash_in_the_plan(ask: Ask) -> None:
    typed = ["plan", "--event", "beach:Crete=2026-11-27..2026-12-04", "--event", "zoo=2026-11-24"]
    events = ask(*typed, "--format", "json").record["events"]
    assert [one["label"] for one in events] == ["zoo", "Crete"]
    assert events[0]["known"] is False
    assert {one["activity"]: one["state"] for one in events[1]["clashes"]}["direct-sun"] == "no"
    assert "- Crete: Fri 27 Nov to Fri 4 Dec: not yet all right by then: " in ask(*typed, "--all", "--plain").out
    assert "Crete  Fri 27 Nov to Fri 4 Dec: not yet all right by then: " in ask(*typed).out


def test_a_booked_session_makes_its_pre_care_real(ask: Ask) -> None:
    record = ask("plan", "--next", "2027-01-08", "--format", "json").record
    assert record["sessions"][0]["booked"] == "2027-01-08"
    ahead = [one for one in record["windows"] if one["activity"] == "retinoids" and one["start"] > "2026-12"]
    dates = ("better_from", "start", "end", "better_until")
    assert [[one[date][:10] for date in dates] for one in ahead] == [
        ["2027-01-01", "2027-01-03", "2027-01-16", "2027-01-23"]
    ]


def test_a_booked_session_has_a_time_after_it_too(ask: Ask) -> None:
    booked = ("--next", "2027-01-08")
    assert ask("can", "retinol", "--on", "2027-01-10", *booked).out.startswith("No. ")
    assert ask("normal", "redness", "--on", "2027-01-09", *booked).out.startswith("Usual. ")
    assert ask("normal", "redness", "--on", "2027-01-07", *booked).out.startswith("Call your clinic. ")
    later = ask("today", *booked, "--now", "2027-01-09T09:00").out
    assert later.partition("Usual")[2].lstrip().startswith("Red, ")
    assert "still red or warm" not in later
    assert "If it is on" not in ask("plan", "--all", "--next", "2027-01-08").out


@pytest.mark.parametrize(
    ("words", "first", "again"),
    [
        pytest.param("retinol", "better wait until Sat 5 Dec.", "Not again from Wed 23 Dec.", id="free in between"),
        pytest.param("botox", "OK from Thu 14 Jan 2027.", "", id="better not in between is not free"),
    ],
)
def test_when_knows_the_booked_session(ask: Ask, words: str, first: str, again: str) -> None:
    said = ask("when", words, "--next", "2026-12-30").out.splitlines()
    assert said[0].endswith(first)
    assert ("Not again" in said[1], again in said[1]) == (bool(again), True)


def test_a_better_not_tells_when_it_becomes_a_no(ask: Ask) -> None:
    said = ask("can", "retinol", "on", "14", "nov", sitting=("--date", "2026-11-20", "--now", "2026-11-10T09:00")).out
    assert said.startswith("Better wait. Retinol, Sat 14 Nov: no from Sun 15 Nov; OK from ")


def test_sessions_as_json(ask: Ask) -> None:
    record = ask("sessions", "--goal", "rejuvenation", "--count", "3", "--format", "json").record
    assert [(one["number"], one["minimum"]) for one in record["sessions"]] == [(2, "2026-12-18"), (3, "2027-01-15")]


def test_the_log_answers_without_a_date(ask: Ask) -> None:
    now = ("--now", "2026-11-21T09:00")
    nothing = ask("can", "makeup", sitting=now)
    assert nothing.code == 2
    assert "--date" in nothing.err
    assert ask("log", "add", "--skin-type", "II", *SITTING, sitting=()).code == 0
    assert ask("can", "makeup", sitting=now).code == 1
    assert ask("can", "makeup", "--no-log", sitting=now).code == 2
    assert ask("plan", "--format", "json", sitting=now).record["facts"] == {"skin-type": "II"}
    listed = ask("log", "list", "--format", "json", sitting=()).record
    assert [(one["date"], one["time"]) for one in listed["treatments"]] == [("2026-11-20", "16:30")]
    assert listed["lasting"]["skin-type"] == "II"


def test_of_two_open_treatments_the_strictest_answers_and_is_named(ask: Ask) -> None:
    now = ("--now", "2026-11-25T09:00")
    ask("log", "add", *SITTING, sitting=())
    ask("log", "add", "--date", "2026-11-24", "--area", "neck", "--tz", "Europe/London", sitting=())
    said = ask("can", "makeup", sitting=now)
    assert said.code == 1
    assert "Counted from the treatment of Tue 24 Nov (neck)" in said.out
    assert ask("can", "makeup", "--format", "json", sitting=now).record["treatment"]["date"] == "2026-11-24"


def test_what_was_said_of_a_treatment_can_be_taken_back(ask: Ask) -> None:
    ask("log", "add", *SITTING, "--depth", "1.5", "--area", "neck", "--skin-type", "II", sitting=())
    said = ask("log", "edit", "1", "--forget", "depth", "--forget", "--area", "--time", "17:00", sitting=())
    assert (said.code, said.out) == (0, "Number 1 is now: 2026-11-20 17:00 (Europe/London).\n")
    assert ask("log", "edit", "1", "--forget", "time", sitting=()).code == 0
    (kept,) = ask("log", "list", "--format", "json", sitting=()).record["treatments"]
    assert kept == {"id": 1, "date": "2026-11-20", "tz": "Europe/London"}


def test_a_lasting_fact_is_taken_back_for_every_treatment_and_says_so(ask: Ask) -> None:
    ask("log", "add", *SITTING, "--skin-type", "II", sitting=())
    assert "for no treatment any more: skin-type" in ask("log", "edit", "1", "--forget", "skin-type", sitting=()).out
    assert "skin-type" not in ask("log", "list", "--format", "json", sitting=()).record["lasting"]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (["--forget", "date"], "--forget date: every treatment has one; change it with --date"),
        (["--forget", "tz"], "--forget tz: every treatment has one; change it with --tz"),
        (["--forget", "depth"], "no `depth` is remembered of number 1; there is time"),
        (["--forget", "time", "--time", "15:00"], "--time and --forget time exclude each other"),
        ([], "there is nothing to change; name it, such as --time 15:00, or --forget time"),
    ],
)
def test_what_cannot_be_taken_back_is_told_and_nothing_changes(ask: Ask, typed: list[str], wrong: str) -> None:
    ask("log", "add", *SITTING, sitting=())
    before = ask("log", "list", sitting=()).out
    said = ask("log", "edit", "1", *typed, sitting=())
    assert (said.code, wrong in said.err) == (2, True)
    assert ask("log", "list", sitting=()).out == before


def test_removing_asks_first(ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ask("log", "add", *SITTING, sitting=())
    answer = tmp_path / "answer"
    answer.write_text("n\n")
    with answer.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert ask("log", "remove", "1", sitting=()).code == 1
    assert ask("log", "remove", "1", "--yes", sitting=()).code == 0
    assert ask("log", "remove", "1", "--yes", sitting=()).code == 2


def test_the_environment_switches_the_log_off(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDLECARE_NO_LOG", "1")
    said = ask("log", "add", *SITTING, sitting=())
    assert said.code == 2
    assert "switched off" in said.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("can hot", "hot-yoga"),
        ("can wash my f", "face"),
        ("can wash my ha", "hair"),
        ("normal itchy b", "bumps"),
        ("plan --tz Europe/Lon", "Europe/London"),
        ("plan --uses tret", "tretinoin"),
        ("plan --calendar-style f", "full"),
        ("sessions --closed s", "sun"),
        ("batch --dates d", "dmy"),
        ("batch --which ea", "each"),
        ("batch --format jso", "jsonl"),
        ("rules lint --format gi", "github"),
        ("rules show makeup-o", "makeup-overnight"),
        ("rules show sou", "sources"),
        ("rules lint micro", "microneedling"),
        ("help ch", "check"),
        ("normal re", "redness"),
        ("plan --technique r", "radiofrequency"),
        ("plan --event w", "wedding="),
        ("plan --seen fl", "flaking-over="),
        ("plan --rules m", "microneedling"),
        ("plan --fact go", "goal=acne-scars"),
        ("to", "today"),
        ("log re", "remove"),
        ("sessions --holidays G", "GB"),
        ("sessions --holidays GB-E", "GB-ENG"),
    ],
)
def test_the_shell_completes(typed: str, offered: str) -> None:
    assert offered in completed(typed)


def test_the_shell_completes_what_is_logged(ask: Ask) -> None:
    ask("log", "add", *SITTING, "--area", "neck", sitting=())
    ask("log", "add", *SITTING, "--for", "Ana", "--skin-type", "V", sitting=())
    assert completed("log edit 1") == ["1"]
    assert completed("log remove 3") == []
    assert completed("plan --for A") == ["Ana"]
    assert completed("log edit 1 --forget ar") == ["area"]
    assert completed("log edit 1 --forget da") == [], "every treatment has a date"
    assert completed("log forget --for Ana sk") == ["skin-type"]


def completed(typed: str) -> list[str]:
    """Return the words that bash would offer for the last one of what is *typed*."""
    program = Path(sys.executable).with_name("needlecare")
    if not program.exists():
        pytest.skip("the program isn't installed beside this Python")
    asked = {
        **os.environ,
        "COMP_WORDS": f"needlecare {typed}",
        "COMP_CWORD": str(len(typed.split())),
        "_NEEDLECARE_COMPLETE": "complete_bash",
    }
    found = subprocess.run([program], env=asked, capture_output=True, text=True, check=False)
    return found.stdout.split()


@pytest.fixture(scope="module")
def before_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that allows paracetamol before the treatment and says nothing of it afterwards."""
    path = tmp_path_factory.mktemp("ours") / "ours.yaml"
    path.write_text(
        "ruleset: ours\nextends: microneedling\nswitched-off: {pain-relief: {because: we tell in person, by: Dr A}}\n",
        encoding="utf-8",
    )
    return path


BEFORE = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-20T12:35")


@pytest.mark.parametrize(
    "typed",
    [
        *("this afternoon", "this evening", "in the evening", "tonight", "today", "tomorrow", "from 3pm", "before 7pm"),
        *(
            "until tomorrow",
            "in 4 hours",
            "within 5 hours",
            "later",
            "later today",
            "after work",
            "soon",
            "from now on",
        ),
        *(
            "after the treatment",
            "after my session",
            "until my session",
            "in a while",
            "before dinner",
            "during the day",
        ),
        *("eventually", "then", "after christmas", "in the future", "over the holidays", "as soon as possible"),
    ],
)
def test_before_a_treatment_no_words_about_time_make_a_yes_that_it_would_end(
    ask: Ask, before_alone: Path, typed: str
) -> None:
    sitting = (*BEFORE, "--rules", str(before_alone))
    assert ask("can", "take", "paracetamol", sitting=sitting).code == 0
    said = ask("can", "take", "paracetamol", *typed.split(), "--format", "json", sitting=sitting)
    assert said.code in (1, 4)
    assert said.record["verdict"] != "yes"


def test_a_time_that_nobody_can_put_a_date_to_is_named_with_what_to_type_instead(ask: Ask) -> None:
    said = ask("can", "hat", "after", "christmas")
    assert said.code == 4
    assert "I don't know when “after christmas” is" in said.out
    assert "Name a day or a part of it: tomorrow, on 22 Nov, this evening, at 18:00." in said.out
    record = ask("can", "hat", "after", "christmas", "--format", "json").record
    assert (record["verdict"], record["not_understood"]) == ("no-rule", ["after christmas"])


def test_what_nobody_recommends_is_never_a_yes(ask: Ask) -> None:
    said = ask("can", "use", "a", "dermaroller", "on", "1", "feb")
    assert said.code == 4
    assert "no rule restricts it then, and none recommends it" in said.out.splitlines()[0]


@pytest.mark.parametrize("never", ["picking and scratching", "smoking and vaping", "a roller at home"])
def test_what_nobody_recommends_is_nowhere_called_all_right_again(ask: Ask, never: str) -> None:
    plan = ask("plan", "--all").out
    again = plan.partition("When may I again")[2].partition("\n\n")[0].splitlines()
    again += [line for line in plan.splitlines() if line.startswith("- From ")]
    assert again
    assert not [line for line in again if never in line and not line.startswith("- Never: ")]
    for style in ("brief", "full"):
        calendar = ask("plan", "--format", "ics", "--calendar-style", style).out.replace("\r\n ", "")
        titles = re.findall("SUMMARY:((?:OK|If calm): .+)", calendar)
        assert titles
        assert not [title for title in titles if never.partition(" and ")[0] in title]
    opening = ask("today", "--all", "--now", "2026-11-20T18:00").out.lower().partition("\nok again")[2]
    assert not any(line.startswith("- ok from") and never in line for line in opening.splitlines())
    assert "No rule recommends it after that either: ask your clinic." in ask("when", never).out


@pytest.mark.parametrize(
    "typed",
    [
        *("nausea", "vomiting", "headache", "swelling and nausea"),
        "redness and a headache",
    ],
)
def test_of_what_no_rule_knows_it_says_whom_to_call_where_it_is_serious(ask: Ask, typed: str) -> None:
    said = ask("normal", *typed.split())
    assert said.code == 4
    assert "\nSeriously ill, or trouble breathing: emergency number 112, 999, 911. " in said.out


def test_the_name_of_a_day_may_stand_beside_its_date(ask: Ask) -> None:
    assert ask("can", "makeup", "on", "wednesday", "2", "dec").code == 0
    assert ask("can", "makeup", "2", "dec", "wednesday").code == 0
    for typed in ("on thursday 2 dec", "2 dec thursday", "on thursday the 2nd"):
        said = ask("can", "makeup", *typed.split())
        assert (said.code, "2 Dec 2026 is a Wednesday, not `thursday`" in said.err) == (2, True)


@pytest.mark.parametrize("typed", ["on day -1", "on day −1", "Day -1"])
def test_a_day_before_the_treatment_is_named_as_the_plan_prints_it(ask: Ask, typed: str) -> None:
    assert "Alcohol, Thu 19 Nov: " in ask("can", "drink", "wine", *typed.split()).out
    assert ask("can", "drink", "wine", *typed.split(), "--format", "json").record["at"] == "2026-11-19"


def test_only_behind_the_word_day_is_a_number_no_option(ask: Ask) -> None:
    said = ask("can", "drink", "wine", "-1")
    assert (said.code, re.search(r"option.* -1\b", said.err) is not None) == (2, True)


def test_since_leads_back(ask: Ask) -> None:
    said = ask("can", "makeup", "since", "the", "25th")
    assert (said.code, "2026-11-25 is still to come" in said.err) == (2, True)


@pytest.mark.parametrize(
    "typed",
    [
        *("can makeup on sunday at 4:30", "can makeup sunday 4:30", "can makeup on sunday at 4.30"),
        *("when gym after 4:30", "can makeup --on sunday --at 4:30", "normal redness --at 4:30"),
        *("today --seen redness-gone=2026-11-21T4:30", "today --time 4:30", "log add --time 4:30"),
    ],
)
def test_an_hour_of_the_night_or_of_the_afternoon_is_asked_back_wherever_it_is_typed(ask: Ask, typed: str) -> None:
    said = ask(*typed.split(), sitting=SITTING[:2] + SITTING[4:] if "--time" in typed else SITTING)
    assert (said.code, said.out) == (2, "")
    assert "can be read as 04:30 or as 16:30; write it as 04:30 or 4:30pm" in said.err


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("at 4:30 in the afternoon tomorrow", "2026-11-22T16:30:00+00:00"),
        ("tomorrow morning at 4:30", "2026-11-22T04:30:00+00:00"),
        ("tomorrow at 5:30 p.m.", "2026-11-22T17:30:00+00:00"),
        ("tomorrow at 04:30", "2026-11-22T04:30:00+00:00"),
        ("tomorrow at 16:30:20", "2026-11-22T16:30:20+00:00"),
    ],
)
def test_a_part_of_the_day_says_which_hour_is_meant(ask: Ask, typed: str, at: str) -> None:
    assert ask("can", "makeup", *typed.split(), "--format", "json").record["at"] == at


def test_after_a_length_the_answer_is_about_all_time_from_then_on(ask: Ask) -> None:
    typed = ("can", "retinol", "after", "a", "month")
    assert ask(*typed).out.startswith("Yes. Retinol, from Sun 20 Dec on")
    assert ask(*typed, "--format", "json").record["at"] == ["2026-12-20T00:00:00+00:00", None]


def test_what_lasts_counts_from_the_time_that_is_named(ask: Ask) -> None:
    said = ask("can", "makeup", "for", "3", "hours", "--on", "2026-12-01", "--at", "18:00", "--format", "json").record
    assert said["at"] == ["2026-12-01T18:00:00+00:00", "2026-12-01T21:00:00+00:00"]


def test_a_sign_that_lasts_counts_from_the_treatment_or_until_now(ask: Ask) -> None:
    assert ask("normal", "redness", "for", "2", "days", "--format", "json").record["at"] == "2026-11-22"
    late = ask(
        *["normal", "redness", "for", "2", "days", "--format", "json"], sitting=(*SITTING[:-1], "2026-12-01T09:00")
    ).record
    assert (late["verdict"], late["at"]) == ("clinic", "2026-12-01T09:00:00+00:00")


@pytest.mark.parametrize(("typed", "quoted"), [("at 4.3", "4 3"), ("at half four", "half four")])
def test_a_time_that_is_not_understood_is_quoted(ask: Ask, typed: str, quoted: str) -> None:
    said = ask("can", "makeup", "on", "2", "dec", *typed.split())
    assert said.code == 4
    assert f"I don't know “{quoted}”" in said.out


SOON = ("--date", "2026-12-10", "--time", "14:00", "--tz", "Europe/London", "--now", "2026-11-21T12:35")


@pytest.mark.parametrize(
    "typed",
    [
        *("dermaroll on 9 dec", "pick my skin on 9 dec", "have a facial on 9 dec", "get a tattoo on 9 dec"),
        *("sauna at 13:00 on 10 dec", "gym tomorrow", "wear makeup on 9 dec", "wash my face on 9 dec"),
    ],
)
def test_before_the_treatment_what_is_only_aftercare_is_not_a_yes(ask: Ask, typed: str) -> None:
    said = ask("can", *typed.split(), sitting=SOON)
    assert said.code == 4
    assert "no rule speaks of the time before the treatment." in said.out.splitlines()[0]
    assert "Avoid it from Thu 10 Dec 14:00." in said.out


@pytest.mark.parametrize(
    "typed", ["use retinol on 22 nov", "shave on 1 dec", "drink alcohol on 22 nov", "take paracetamol on 1 dec"]
)
def test_before_the_treatment_a_rule_on_that_time_makes_a_yes(ask: Ask, typed: str) -> None:
    assert ask("can", *typed.split(), sitting=SOON).code == 0


@pytest.mark.parametrize(
    "typed", ["wear makeup on 10 dec at 9am", "foundation on 10 dec at 9am", "night cream at 9am on 10 dec"]
)
def test_what_is_to_be_prepared_that_day_is_in_the_answer(ask: Ask, typed: str) -> None:
    assert "Arrive with clean, bare skin: no make-up" in ask("can", *typed.split(), sitting=SOON).out
    assert "Arrive with clean" not in ask("can", "wear", "makeup", "on", "8", "dec", sitting=SOON).out
    assert "Arrive with clean" not in ask("can", "sauna", "on", "10", "dec", "at", "9am", sitting=SOON).out


def test_a_permission_is_none_outside_its_own_time(ask: Ask, before_alone: Path) -> None:
    ours = ("--rules", str(before_alone))
    assert ask("can", "paracetamol", "on", "1", "dec", *ours, sitting=SOON).code == 0
    early = ask("can", "paracetamol", "on", "24", "november", *ours, sitting=SOON)
    assert early.code == 4
    assert "OK from Fri 27 Nov until Thu 10 Dec 14:00." in early.out
    late = ask("can", "paracetamol", *ours)
    assert late.code == 4
    assert "no rule speaks of that time." in late.out


def test_a_permission_keeps_its_condition_and_its_end(ask: Ask) -> None:
    said = ask("can", "cetirizine", "now")
    assert said.code == 0
    assert said.out.startswith("Yes, only if it itches, or you take them anyway.")
    assert ask("can", "cetirizine", "now", "--format", "json").record["if"] == ["it itches, or you take them anyway"]


def test_a_part_of_a_day_is_shown_with_its_hours(ask: Ask) -> None:
    record = ask("can", "makeup", "on", "sunday", "evening", "--format", "json").record
    assert record["at"] == ["2026-11-22T17:00:00+00:00", "2026-11-23T00:00:00+00:00"]
    assert (
        "Yes. Make-up, Sun 22 Nov 17:00 to midnight: OK from Sun 22 Nov 16:30."
        in ask("can", "makeup", "on", "sunday", "evening").out
    )
    # What has gone by of it doesn't count.
    assert "Make-up, Sat 21 Nov 09:00 to 12:00: " in ask("can", "makeup", "this", "morning").out


def test_a_sign_that_outlasts_its_time_is_no_reason_to_call_before_the_plan_says_so(ask: Ask) -> None:
    record = ask("normal", "redness", "on", "wednesday", "--format", "json").record
    assert (record["verdict"], record["call_from"]) == ("watch", "2026-11-28T00:00:00+00:00")
    said = ask("normal", "redness", "on", "wednesday").out
    assert "Worse? See a doctor or an urgent-care line today. Still there on Sat 28 Nov? Call your clinic." in said
    bruised = ask("normal", "bruised", "and", "red", "on", "sunday").out
    assert "Still there: bruises on Tue 1 Dec, redness on Sat 28 Nov? Call your clinic." in bruised
    assert ask("normal", "redness", "on", "28", "nov", "--format", "json").record["verdict"] == "clinic"


def test_a_yes_says_what_the_next_session_would_end(ask: Ask) -> None:
    line = "If your next session is on Fri 1 Jan 2027: avoid it from Fri 18 Dec"
    assert line in ask("can", "sunbathe", "on", "20", "dec").out
    assert "Fri 1 Jan 2027" not in ask("can", "wear", "a", "hat", "on", "20", "dec").out
    assert "Fri 1 Jan 2027" not in ask("can", "swim", "on", "1", "dec").out, "that is long before"
    assert "If your next session" not in ask("can", "sunbathe", "on", "20", "dec", "--next", "2027-02-01").out


def test_why_tells_of_what_to_do_with_a_part_of_it(ask: Ask) -> None:
    assert " (Sat 21 Nov 16:30 to the end of Fri 18 Dec).\n" in ask("why", "sunscreen").out


def test_what_could_end_a_no_sooner_is_named(ask: Ask) -> None:
    said = ask("can", "go", "in", "strong", "sun").out
    assert "Depending on skin type it may end on " in said
    assert "--skin-type" not in said
    assert "Depending on" not in ask("can", "strong", "sun", "--skin-type", "II").out


@pytest.mark.parametrize(
    ("typed", "quoted"),
    [
        pytest.param("can fly a kite", "kite", id="beside what is known"),
        pytest.param("can pop a cork", "cork", id="no sport"),
        pytest.param("can beetle juice tomorrow", "beetle juice", id="without the day"),
    ],
)
def test_only_the_unknown_words_are_quoted(ask: Ask, typed: str, quoted: str) -> None:
    said = ask(*typed.split()).out
    assert f"I don't know “{quoted}”" in said


def test_of_words_beside_a_sign_it_says_that_they_may_matter(ask: Ask) -> None:
    assert "“toes”, which may matter" in ask("normal", "swelling", "of", "the", "toes").out


def test_names_side_by_side_are_told_to_be_asked_about_one_at_a_time(ask: Ask) -> None:
    said = ask("can", "have", "an", "ice", "shower", "tonight")
    assert said.code == 4
    assert said.out.startswith("I don't know “ice shower”, so I can't say yes.")
    assert "Ask about each on its own: wrapped ice; lukewarm showers." in said.out


@pytest.mark.parametrize(
    "typed",
    [
        *("when can I have my next session", "when can I have microneedling again", "can have microneedling"),
        *("when is my next treatment", "can have another needling session tomorrow"),
    ],
)
def test_of_the_next_session_it_says_the_date_whose_spacing_it_is_and_which_command_knows(ask: Ask, typed: str) -> None:
    said = ask(*typed.split())
    assert said.code == (0 if typed.startswith("when") else 1)
    assert said.out.startswith("Being needled again" if typed.startswith("when") else "No. Being needled again")
    assert "not before Fri 1 Jan 2027" in said.out
    assert "the longest spacing, since your goal isn't known (`--goal`); your clinic may book otherwise" in said.out
    assert "`needlecare sessions`" in said.out


def test_beside_what_is_known_a_session_is_no_question_about_the_course(ask: Ask) -> None:
    assert "needlecare sessions" not in ask("can", "waterproof", "mascara", "after", "my", "session").out
    assert "needlecare sessions" not in ask("normal", "stripes", "after", "my", "session").out


def test_nothing_far_fetched_is_offered(ask: Ask) -> None:
    assert "Did you mean" not in ask("can", "snail", "mucin").out + ask("can", "pop", "a", "boil").out


@pytest.mark.parametrize(
    ("words", "said"),
    [("puedo maquillarme mañana", "“puedo maquillarme manana”"), ("nails", "“nails”"), ("juggle", "“juggle”")],
)
def test_words_that_nobody_knows_are_shown_whole_and_taken_for_nothing(ask: Ask, words: str, said: str) -> None:
    ran = ask("can", *words.split())
    assert said in ran.out
    assert "Did you mean" not in ran.out


def test_without_a_sign_all_that_is_usual_is_listed_by_its_end(ask: Ask) -> None:
    said = ask("normal").out
    assert "To Sun 22 Nov 16:30         burning, stinging or prickling and warmth; still" in said
    assert "Emergency" in said
    listed = ask("normal", "--format", "json").record["windows"]
    assert {one["kind"] for one in listed} == {"expect"}
    later = ("--date", "2026-11-20", "--now", "2026-11-01T09:00")
    assert "flaking" in ask("normal", sitting=later).out
