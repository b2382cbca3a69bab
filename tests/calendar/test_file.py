"""The bytes of the file: what RFC 5545 asks for and no reader complains about."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

TREATMENTS = {
    "pen on the face, by the hour": ["--time", "16:30"],
    "date alone": [],
    "radiofrequency with PRP": ["--time", "09:15", "--technique", "radiofrequency", "--add-on", "prp"],
    "roller at home": ["--time", "21:40", "--technique", "roller", "--setting", "home", "--depth", "0.3"],
    "scalp": ["--time", "23:30", "--area", "scalp", "--add-on", "prp"],
}
Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]

every_treatment = pytest.mark.parametrize("words", TREATMENTS.values(), ids=TREATMENTS)
both_styles = pytest.mark.parametrize("style", ["brief", "full"])


def properties(path: Path) -> list[tuple[str, str]]:
    unfolded = path.read_bytes().decode().replace("\r\n ", "")
    return [(name, value) for name, _, value in (line.partition(":") for line in unfolded.split("\r\n") if line)]


@every_treatment
@both_styles
def test_lines_end_fold_and_begin_as_they_should(write: Write, words: list[str], style: str) -> None:
    data = write(*words, "--calendar-style", style).read_bytes()
    assert data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")[:-1]
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()
        assert line.strip(), "no line of blanks"
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)


@every_treatment
@both_styles
def test_every_event_has_all_that_some_reader_needs(write: Write, words: list[str], style: str) -> None:
    lines = properties(write(*words, "--calendar-style", style))
    assert lines[:4] == [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//needlecare//needlecare//EN"),
        ("CALSCALE", "GREGORIAN"),
    ]
    names = [name for name, _ in lines]
    count = lines.count(("BEGIN", "VEVENT"))
    assert count > 10
    for name, value in (
        ("SEQUENCE", "0"),
        ("CLASS", "PRIVATE"),
        ("TRANSP", "TRANSPARENT"),
        ("X-MICROSOFT-CDO-BUSYSTATUS", "FREE"),
        ("STATUS", "CONFIRMED"),
        ("CATEGORIES", "Aftercare"),
        ("DTSTAMP", "20261120T000000Z"),
    ):
        assert lines.count((name, value)) == count, name
    assert names.count("SUMMARY") == count
    assert {("REFRESH-INTERVAL;VALUE=DURATION", "P1D"), ("X-PUBLISHED-TTL", "P1D")} <= set(lines)
    assert not {"METHOD", "BEGIN:VTIMEZONE", "DURATION", "RRULE", "ORGANIZER"} & set(names)
    for name, value in lines:
        if name.startswith(("DTSTART", "DTEND")):
            pattern = r"\d{8}" if name.endswith(";VALUE=DATE") else r"\d{8}T\d{4}00Z"
            assert re.fullmatch(pattern, value), (name, value)


def test_uids_are_opaque_and_in_the_alphabet_that_every_server_takes(write: Write, events: Events) -> None:
    path = write("--time", "16:30", "--id", "Ann O'Neill")
    for uid in events(path):
        assert re.fullmatch(r"[0-9a-f]{20}-[0-9a-f]{16}@needlecare", uid)
    assert "Ann" not in path.read_text(encoding="utf-8")


@every_treatment
@both_styles
def test_every_event_says_first_when_to_get_help(write: Write, events: Events, words: list[str], style: str) -> None:
    path = write(*words, "--calendar-style", style)
    for event in events(path).values():
        emergency, today, clinic, notice, *_ = str(event["DESCRIPTION"]).split("\n")
        assert emergency.startswith("Emergency: ring 112, 999, 911: trouble breathing")
        assert today.startswith("Doctor today: pus, fever")
        assert clinic.startswith(("Your clinic: ", "A clinician: "))
        assert notice == "Information, not medical advice: your clinic's own instructions come first."
    (about,) = [value for name, value in properties(path) if name == "X-WR-CALDESC"]
    assert "Rule set microneedling" in about
    assert "No clinician has reviewed these rules" in about


@every_treatment
@both_styles
def test_titles_are_one_clean_line(write: Write, events: Events, words: list[str], style: str) -> None:
    for event in events(write(*words, "--calendar-style", style)).values():
        title = str(event["SUMMARY"])
        assert title == " ".join(title.split())
        assert 5 < len(title) <= 40, title


@both_styles
def test_the_same_plan_gives_the_same_bytes_whatever_the_machine(style: str) -> None:
    command = [sys.executable, "-m", "needlecare", "plan", "--date", "2026-11-20", "--time", "16:30"]
    command += ["--tz", "Europe/London", "--format", "ics", "--calendar-style", style]
    made = {
        subprocess.run(
            command, capture_output=True, check=True, env={"TZ": zone, "PYTHONHASHSEED": seed, "PATH": "/usr/bin"}
        ).stdout
        for zone, seed in (("UTC", "1"), ("Pacific/Kiritimati", "2"))
    }
    assert len(made) == 1


def test_stdout_gets_the_same_bytes_as_a_file(write: Write, run: Callable[..., tuple[int, str, str]]) -> None:
    path = write("--time", "16:30")
    _, out, _ = run("plan", "--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--format", "ics")
    assert out.replace("\r\n", "\n") == path.read_bytes().decode().replace("\r\n", "\n")


def test_all_day_events_follow_each_other_without_gap_or_overlap(write: Write, events: Events) -> None:
    found = events(write("--time", "16:30", "--calendar-style", "full")).values()
    runs = sorted((e["DTSTART"].dt, e["DTEND"].dt) for e in found if re.match(r"Days? \d", str(e["SUMMARY"])))
    assert runs[0][0] == date(2026, 11, 20)
    for (_, end), (start, _) in pairwise(runs):
        assert end == start


def test_a_timed_event_is_short_and_free(write: Write, events: Events) -> None:
    for event in events(write("--time", "16:30")).values():
        start = event["DTSTART"].dt
        if isinstance(start, datetime):
            assert start.utcoffset() == timedelta(0)
            assert event["DTEND"].dt - start == timedelta(minutes=15)
        else:
            assert not event.walk("VALARM"), "an alarm on an all-day event rings at midnight"
