"""What `log` keeps of what was typed: dates that stay, nothing that is still to come."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attack.strength import TIMES
from running import environment, run

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London")
NOW = ("--now", "2026-11-21T12:35")
Typed = Callable[..., tuple[int, str, str]]
# Ends the process, as by KILL, at one of the statements that write.
DIES = """
import os, sqlite3, sys
left = int(sys.argv.pop(1))
class Dying(sqlite3.Connection):
    def execute(self, statement, *given):
        global left
        if statement.startswith(("INSERT", "DELETE")):
            if left == 0:
                os._exit(9)
            left -= 1
        return super().execute(statement, *given)
connect = sqlite3.connect
sqlite3.connect = lambda *given, **named: connect(*given, factory=Dying, **named)
from needlecare.cli import main
main()
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_log: None) -> Typed:
    """Run `log` with a log of the test's own."""
    del no_log
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    return lambda *typed: run("log", *typed)


def listed(log: Typed) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(log("list", "--format", "json")[1])
    return record


@pytest.mark.parametrize(
    ("typed", "field", "kept"),
    [
        (["--seen", "redness-gone=today"], "seen", ["redness-gone=2026-11-21"]),
        (["--seen", "redness-gone=Today 09:00"], "seen", ["redness-gone=2026-11-21 09:00"]),
        (["--seen", "redness-gone=todayT09:00"], "seen", ["redness-gone=2026-11-21T09:00"]),
        (["--seen", "redness-gone=no"], "seen", ["redness-gone=no"]),
        (["--event", "wedding=tomorrow"], "event", ["wedding=2026-11-22"]),
        (["--event", "beach:the day today=today..tomorrow"], "event", ["beach:the day today=2026-11-21..2026-11-22"]),
        (["--next", "tomorrow"], "next", "2026-11-22"),
    ],
    ids=["seen", "seen at an hour", "seen with a T", "not yet", "an event", "a label with the word", "next"],
)
def test_words_about_days_are_remembered_as_dates(log: Typed, typed: list[str], field: str, kept: object) -> None:
    assert log("add", *SITTING, *NOW, *typed)[0] == 0
    assert listed(log)["treatments"][0][field] == kept
    assert log("edit", "1", "--time", "17:00", "--now", "2026-11-25T09:00")[0] == 0
    assert listed(log)["treatments"][0][field] == kept, "and a later change of something else keeps them"


@pytest.mark.parametrize(("typed", "kept"), [("4:30pm", "16:30"), ("16:30:00", "16:30"), ("16:30:27", "16:30:27")])
def test_a_time_is_remembered_to_the_second(log: Typed, typed: str, kept: str) -> None:
    assert log("add", *SITTING[:2], "--time", typed, *SITTING[4:])[0] == 0
    assert listed(log)["treatments"][0]["time"] == kept


def test_a_change_remembers_dates_too(log: Typed) -> None:
    log("add", *SITTING, *NOW)
    log("edit", "1", "--seen", "redness-gone=yesterday", "--now", "2026-11-24T09:00")
    assert listed(log)["treatments"][0]["seen"] == ["redness-gone=2026-11-23"]


@pytest.mark.parametrize("sitting", [(), SITTING], ids=["alone", "with a treatment"])
def test_a_lasting_answer_remembers_its_date(log: Typed, sitting: tuple[str, ...]) -> None:
    assert log("add", *sitting, *NOW, "--uses", "isotretinoin=yesterday")[0] == 0
    assert listed(log)["lasting"]["uses"] == ["isotretinoin=2026-11-20"]


def test_a_booked_session_of_a_planned_treatment_is_remembered(log: Typed) -> None:
    log("add", "--date", "2027-06-01", "--tz", "Europe/London", *NOW)
    assert log("edit", "1", "--next", "2027-07-10", *NOW)[:2] == (
        0, "Number 1 is now: 2027-06-01 (Europe/London): next 2027-07-10.\n",
    )  # fmt: skip
    assert listed(log)["treatments"][0]["next"] == "2027-07-10"


def test_what_cannot_have_been_seen_of_a_planned_treatment_is_told(log: Typed) -> None:
    log("add", "--date", "2027-06-01", "--tz", "Europe/London", *NOW)
    code, _, err = log("edit", "1", "--seen", "redness-gone=2027-06-03", *NOW)
    assert (code, "redness-gone on 2027-06-03 is still to come" in err) == (2, True)
    assert log("edit", "1", "--seen", "redness-gone=no", *NOW)[0] == 0
    assert listed(log)["treatments"][0]["seen"] == ["redness-gone=no"]


def test_the_zone_that_is_remembered_tells_which_day_today_is(log: Typed) -> None:
    log("add", "--date", "2026-11-20", "--tz", "Pacific/Auckland", "--now", "2026-11-20T09:00")
    log("edit", "1", "--seen", "redness-gone=today", "--now", "2026-11-21T12:35+00:00")
    assert listed(log)["treatments"][0]["seen"] == ["redness-gone=2026-11-22"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("redness-gone=tomorrow", "redness-gone on 2026-11-22 is still to come, it is 2026-11-21; say it once"),
        ("redness-gone=2026-12-03", "redness-gone on 2026-12-03 is still to come, it is 2026-11-21; say it once"),
        ("redness-gone=today 23:00", "redness-gone on 2026-11-21 23:00 is still to come, it is 2026-11-21 12:35"),
    ],
    ids=["tomorrow", "a date", "later today"],
)
def test_what_is_still_to_come_has_not_been_seen(log: Typed, typed: str, says: str) -> None:
    log("add", *SITTING, *NOW)
    before = listed(log)
    for command in (["add", *SITTING, "--area", "neck"], ["edit", "1"]):
        code, _, err = log(*command, "--seen", typed, *NOW)
        assert (code, says in err) == (2, True), err
    assert listed(log) == before


@pytest.mark.parametrize("asked", [["today"], ["can", "gym"], ["can", "gym", "tomorrow"], ["sessions"]], ids=" ".join)
def test_commands_that_know_the_time_refuse_it_too(asked: list[str], no_log: None) -> None:
    del no_log
    code, _, err = run(*asked, *SITTING, *NOW, "--seen", "redness-gone=2026-11-25")
    assert (code, "redness-gone on 2026-11-25 is still to come" in err) == (2, True)


def test_a_question_about_a_date_may_suppose_what_will_be_seen(no_log: None) -> None:
    del no_log
    code, out, _ = run("can", "sauna", *SITTING, "--on", "2026-11-27", "--seen", "redness-gone=2026-11-25")
    assert (code, out.startswith("Yes. Saunas")) == (0, True)


@pytest.mark.parametrize(
    ("done", "now"),
    [("2026-11-25", NOW), ("tomorrow", NOW), ("tomorrow", ())],
    ids=["a date", "a word", "by the clock"],
)
def test_a_session_still_to_come_is_not_done(done: str, now: tuple[str, ...], no_log: None) -> None:
    del no_log
    code, _, err = run("sessions", *SITTING, "--done", done, *now)
    assert (code, "is still to come" in err, "a session that is booked is --next" in err) == (2, True, True)


@pytest.mark.parametrize("command", [["list"], ["remove", "1", "--yes"]], ids=" ".join)
@pytest.mark.parametrize(
    "option", ["--date=2026-11-20", "--time=10:00", "--area=face", "--now=2026-11-21", "--rules=x"]
)
def test_what_would_change_nothing_is_no_option(log: Typed, command: list[str], option: str) -> None:
    log("add", *SITTING)
    code, out, err = log(*command, option)
    assert (code, out) == (2, "")
    assert option.partition("=")[0] in err
    assert len(listed(log)["treatments"]) == 1
    assert log(*command, "--no-log")[2].startswith("needlecare: the log is switched off")


@pytest.mark.parametrize("sitting", [(), SITTING], ids=["alone", "with a treatment"])
def test_what_is_said_of_oneself_later_takes_nothing_away(log: Typed, sitting: tuple[str, ...]) -> None:
    log("add", "--condition", "pregnancy", "--uses", "isotretinoin")
    assert log("add", *sitting, "--condition", "eczema", "--uses", "isotretinoin=2026-05-01")[0] == 0
    lasting = listed(log)["lasting"]
    assert (lasting["condition"], lasting["uses"]) == (["pregnancy", "eczema"], ["isotretinoin=2026-05-01"])
    assert log("add", "--condition", "None")[1] == "Remembered for every treatment: condition None.\n"
    log("add", "--date", "2027-01-20", "--tz", "Europe/London", "--condition", "lupus")
    assert listed(log)["lasting"]["condition"] == ["lupus"]
    changed = log("edit", "1", "--condition", "eczema", "--forget", "uses")[1]
    assert changed.endswith("; for every treatment: condition lupus, eczema; for no treatment any more: uses.\n")


def test_a_question_counts_what_is_remembered_and_what_it_says_itself(log: Typed) -> None:
    log("add", *SITTING, "--condition", "pregnancy")

    def asked(*typed: str) -> str:
        record = json.loads(run("can", "retinol", *typed, "--now", "2027-01-20T09:00", "--format", "json").out)
        return str(record["verdict"])

    assert [asked(), asked("--condition", "eczema"), asked("--condition", "none")] == ["no", "no", "yes"]


def test_what_no_rule_knows_is_remembered_and_what_is_misspelt_is_not(log: Typed) -> None:
    assert log("add", "--condition", "pregnacy")[0] == 2
    assert log("add", *SITTING, "--condition", "bad knee")[0] == 0
    assert "I don't know bad knee: ask before you book." in run("today", *NOW).out


@pytest.mark.parametrize(
    ("forgotten", "kept"),
    [
        (["pregnancy"], {"condition": ["eczema"], "skin-type": "III"}),
        (["condition"], {"skin-type": "III"}),
        (["eczema", "Pregnancy"], {"skin-type": "III"}),
        (["skin-type", "condition"], {}),
        (["--all", "--yes"], {}),
    ],
    ids=["one answer", "a fact", "each answer", "several facts", "everything"],
)
def test_what_was_said_of_health_can_be_forgotten_and_is_gone_from_the_file(
    log: Typed, forgotten: list[str], kept: dict[str, object], tmp_path: Path
) -> None:
    log("add", *SITTING, "--condition", "pregnancy", "--condition", "eczema", "--skin-type", "III")
    log("remove", "1", "--yes")
    assert log("forget", *forgotten)[0] == 0
    left = listed(log)
    assert (left["treatments"], {**left["lasting"], "tz": "any"}) == ([], {**kept, "tz": "any"})
    written = (tmp_path / "log.sqlite").read_bytes()
    assert all((word in written) == (word.decode() in str(kept)) for word in (b"pregnancy", b"eczema"))
    assert b"2026-11-20" not in written


def test_forgetting_names_what_is_there_and_asks_before_everything_goes(
    log: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log("forget", "--all", "--yes")[0] == 0
    assert not (tmp_path / "log.sqlite").exists()
    log("add", *SITTING, "--condition", "eczema")
    for typed, said in (
        (["forget", "asthma"], "no `asthma` is remembered for every treatment; there is condition eczema"),
        (["forget"], "say what to forget"),
        (["forget", "condition", "--all"], "say what to forget"),
    ):
        code, _, err = log(*typed)
        assert (code, said in err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"no\n")))
    assert log("forget", "--all")[:2] == (1, "Nothing was removed.\n")
    assert listed(log)["file"] == str(tmp_path / "log.sqlite")
    assert f"All of it is kept in {tmp_path / 'log.sqlite'}." in log("list")[1]


def test_the_log_keeps_people_apart_and_answers_name_whose_they_are(log: Typed, tmp_path: Path) -> None:
    log("add", *SITTING, "--condition", "eczema")
    assert not run("can", "wine", *NOW).out.startswith("For")
    log("add", "--for", "Ana", *SITTING, "--condition", "pregnancy")
    for words, whose, code in ((("can", "wine"), "you", 1), (("can", "wine", "--for", "ana"), "ana", 1)):
        asked = run(*words, *NOW)
        assert (asked.code, asked.out.startswith(f"For {whose} (")) == (code, True)
        assert ("midwife" in asked.out) == (whose == "ana")
    for command in (("today",), ("plan",), ("normal",), ("check",), ("why", "wine"), ("sessions",), ("when", "gym")):
        assert run(*command, *NOW, "--for", "Ana").out.startswith("For Ana (without --for: somebody else's)\n")
    assert "Somebody else's: --for Ana." in log("list")[1]
    assert "pregnancy" not in log("list")[1]
    log("edit", "2", "--time", "17:00")
    assert log("list", "--for", "Ana")[1].startswith("2: 2026-11-20 17:00")
    log("forget", "--all", "--yes", "--for", "Ana")
    assert b"pregnancy" not in (tmp_path / "log.sqlite").read_bytes()
    assert listed(log)["lasting"]["condition"] == ["eczema"]
    assert not run("can", "wine", *NOW).out.startswith("For")


def test_facts_alone_are_somebodys_too_and_letters_are_compared_as_they_are_read(log: Typed) -> None:
    log("add", *SITTING)
    log("add", "--for", "Zo\u00eb", "--condition", "pregnancy")
    assert "Somebody else's: --for zo\u00eb." in log("list")[1]
    assert "Somebody else is remembered: --for zo\u00eb." in log("forget", "--all", "--yes")[1]
    assert log("list", "--for", "Zoe\u0308")[1].startswith(
        "No treatment is remembered.\nFor every treatment: condition"
    )


def test_what_is_done_to_somebody_elses_entry_names_them(log: Typed) -> None:
    log("add", *SITTING)
    log("add", "--for", "Ana", *SITTING)
    assert log("edit", "2", "--time", "17:00")[1].startswith("Number 2 of Ana is now: ")
    assert log("remove", "2", "--yes")[1].startswith("Forgotten of Ana: ")


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (["add", "--condition", "eczema"], ["add", "--condition", "pregnancy"], {"eczema", "pregnancy"}),
        (["edit", "1", "--time", "10:00"], ["edit", "1", "--depth", "2.5"], {"10:00", "2.5"}),
        (["forget", "pregnancy"], ["add", "--condition", "eczema"], {"eczema"}),
    ],
    ids=["two facts", "two changes", "one goes and one comes"],
)
def test_of_two_commands_at_once_neither_undoes_the_other(
    log: Typed, tmp_path: Path, first: list[str], second: list[str], kept: set[str]
) -> None:
    log("add", *SITTING, *(["--condition", "pregnancy"] if first[0] == "forget" else []))
    env = environment({"NEEDLECARE_LOG": str(tmp_path / "log.sqlite"), "NEEDLECARE_NO_LOG": ""})
    for _ in range(3 * TIMES):
        program = [sys.executable, "-m", "needlecare", "log"]
        both = [subprocess.Popen([*program, *typed], env=env, stdout=subprocess.DEVNULL) for typed in (first, second)]
        assert [one.wait(timeout=60) for one in both] == [0, 0]
        found = listed(log)
        told = {*found["lasting"].get("condition", ()), *found["treatments"][0].values()} - {None}
        assert kept <= told
        assert first[0] != "forget" or "pregnancy" not in told
        if first[0] != "edit":
            log("forget", "condition")
            log("add", *(["--condition", "pregnancy"] if first[0] == "forget" else ["--skin-type", "IV"]))


def test_a_command_that_dies_has_logged_all_that_it_says_or_nothing(log: Typed, tmp_path: Path) -> None:
    for number in range(10 * TIMES):
        env = environment({"NEEDLECARE_LOG": str(tmp_path / "log.sqlite"), "NEEDLECARE_NO_LOG": ""})
        day = f"2026-{1 + number % 12:02}-{1 + number // 12 % 28:02}"
        program = [
            sys.executable,
            "-c",
            DIES,
            str(number % 5),
            "log",
            "add",
            "--date",
            day,
            "--condition",
            f"x{number}",
        ]
        subprocess.run(program, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)
        found = listed(log)
        is_there = day in {one["date"] for one in found["treatments"]}
        assert is_there == (f"x{number}" in found["lasting"].get("condition", ()))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("today", "--for", "Bob", *NOW), "no treatment of Bob is remembered"),
        (("today", "--for", "Bob", *SITTING, *NOW), "with --date the log is left out"),
        (("log", "add", "--for", " ", *SITTING), "--for is a name"),
        (("log", "list", "--for", "a/b"), "--for is a name"),
        (("log", "list", "--for", "x" * 41), "--for is a name"),
    ],
    ids=["nobody's", "with a date", "no name", "with a slash", "too long"],
)
def test_a_name_that_chooses_nobody_is_refused(log: Typed, typed: tuple[str, ...], said: str) -> None:
    log("add", *SITTING)
    ran = run(*typed)
    assert (ran.code, ran.out, said in ran.err) == (2, "", True)
