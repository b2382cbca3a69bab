"""`sessions --holidays`: public holidays are days without sessions, and the answer names them."""

from datetime import date
from pathlib import Path

import pytest
from holidays import country_holidays

from ask.conftest import Ask
from running import run_program

COURSE = ("sessions", "--goal", "rejuvenation", "--count", "2")
NEW_YEAR = date(2027, 1, 1)
# What the library calls a day is its own affair.
NAME = country_holidays("GB", subdiv="ENG")[NEW_YEAR]


def test_a_holiday_ends_the_best_time_the_day_before_and_is_named(ask: Ask) -> None:
    lines = ask(*COURSE, "--holidays", "GB-ENG").out.splitlines()
    best = "- Session 2: best Fri 18 to Thu 31 Dec, not sooner; late from Fri 12 Feb 2027"
    assert lines[1:3] == [best, f"  No session on public holidays: Fri 1 Jan 2027 is {NAME}"]
    assert not [line for line in ask(*COURSE).out.splitlines() if "holiday" in line]


def test_the_json_lists_the_holidays_of_a_session_and_of_the_event(ask: Ask) -> None:
    typed = (*COURSE, "--holidays", "GB-ENG", "--before", "wedding=2027-01-09", "--format", "json")
    record = ask(*typed).record
    named = [{"date": "2027-01-01", "name": NAME}]
    assert record["sessions"][0]["recommended"] == ["2026-12-18", "2026-12-31"]
    assert (record["sessions"][0]["holidays"], record["before"]["holidays"]) == (named, named)
    assert record["before"]["last_session_by"] == "2026-12-31"
    without = ask(*COURSE, "--before", "wedding=2027-01-09", "--format", "json").record
    assert (without["sessions"][0]["holidays"], without["before"]["holidays"]) == ([], [])


def test_a_calendar_names_them_too(ask: Ask) -> None:
    text = ask(*COURSE, "--holidays", "GB-ENG", "--format", "ics").out.replace("\r\n ", "")
    assert "SUMMARY:Session 2 OK now\\, best by 31 Dec\r\n" in text
    assert f"No session on public holidays: Fri 1 Jan 2027 is {NAME}" in text


@pytest.mark.parametrize("place", ["gb-eng", " GB-ENG ", "UK-England", "GBR-ENG", "United Kingdom-ENG"])
def test_a_place_may_be_written_in_several_ways(ask: Ask, place: str) -> None:
    assert ask(*COURSE, "--holidays", place) == ask(*COURSE, "--holidays", "GB-ENG")


def test_holidays_have_english_names_where_the_library_knows_them(ask: Ask) -> None:
    english = country_holidays("DE", language="en_US")[NEW_YEAR]
    assert f"Fri 1 Jan 2027 is {english}\n" in ask(*COURSE, "--holidays", "DE").out


def test_holidays_are_closed_beside_what_else_is(ask: Ask) -> None:
    typed = (
        *COURSE,
        "--closed",
        "thu",
        "--avoid",
        "2026-12-18..2026-12-25",
        "--holidays",
        "GB-ENG",
        "--format",
        "json",
    )
    (session,) = ask(*typed).record["sessions"]
    assert (session["minimum"], session["recommended"]) == ("2026-12-27", ["2026-12-27", "2026-12-30"])
    assert [one["date"] for one in session["holidays"]] == ["2026-12-25", "2026-12-26", "2027-01-01"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("GB-EN", "--holidays: GB has no part `EN` (did you mean ENG?); it is one of ENG, NIR, SCT, WLS"),
        ("MC-X", "--holidays: MC has no part `X`; leave it out: MC"),
        ("XX", "--holidays: there is no country `XX`; give a code of ISO 3166 such as FR, or with a part of"),
        ("Germny", "--holidays: there is no country `GERMNY` (did you mean GERMANY"),
        ("", "--holidays: there is no country ``; "),
    ],
)
def test_a_place_that_is_none_is_said(ask: Ask, place: str, said: str) -> None:
    ran = ask(*COURSE, "--holidays", place)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"needlecare: {said}")


def test_one_place_is_given(ask: Ask) -> None:
    ran = ask(*COURSE, "--holidays", "GB-ENG", "--holidays", "FR")
    assert (ran.code, ran.out) == (2, "")
    assert "--holidays is given 2 times" in ran.err


def test_without_the_library_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "holidays.py").write_text("raise ImportError\n")
    ran = run_program(*COURSE, "--date", "2026-11-20", "--holidays", "GB-ENG", env={"PYTHONPATH": str(tmp_path)})
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode() == "needlecare: --holidays needs a library: pip install 'needlecare[holidays]'\n"
