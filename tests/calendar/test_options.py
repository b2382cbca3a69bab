"""`--alarm`, `--discreet`, `--id`, `--calendar-style`: what they change, and what can't be."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]
Run = Callable[..., tuple[int, str, str]]


def trigger(event: Any) -> timedelta | None:
    alarms = event.walk("VALARM")
    return alarms[0]["TRIGGER"].dt if alarms else None


def makeup(events: dict[str, Any]) -> Any:
    (found,) = [event for event in events.values() if str(event["SUMMARY"]).startswith("OK: make-up")]
    return found


# Make-up is back two days after the treatment: on a Wednesday, or at the weekend.
WEDNESDAY, SATURDAY, SUNDAY = "2026-11-23", "2026-11-19", "2026-11-20"


@pytest.mark.parametrize(
    ("treated", "time", "alarm", "expected"),
    [
        (WEDNESDAY, "16:30", [], timedelta(0)),
        (WEDNESDAY, "16:30", ["--alarm", "none"], None),
        (WEDNESDAY, "16:30", ["--alarm", "30min"], -timedelta(minutes=30)),
        (WEDNESDAY, "16:30", ["--alarm", "1d"], -timedelta(days=1)),
        (WEDNESDAY, "21:59", [], timedelta(0)),
        (WEDNESDAY, "22:00", [], timedelta(hours=10)),
        (WEDNESDAY, "23:30", [], timedelta(hours=8, minutes=30)),
        (WEDNESDAY, "07:59", [], timedelta(minutes=1)),
        (WEDNESDAY, "08:10", ["--alarm", "30min"], -timedelta(minutes=10)),
        (SATURDAY, "08:10", [], timedelta(minutes=50)),
        (SUNDAY, "07:59", [], timedelta(hours=1, minutes=1)),
        (SUNDAY, "09:10", ["--alarm", "30min"], -timedelta(minutes=10)),
        (SATURDAY, "22:00", [], timedelta(hours=11)),
        (SUNDAY, "22:00", [], timedelta(hours=10)),
    ],
    ids=[
        "at the hour",
        "none",
        "before",
        "a day before",
        "late",
        "at ten",
        "at night",
        "early",
        "before eight",
        "on Saturday before nine",
        "on Sunday",
        "before nine",
        "at ten on Saturday",
        "at ten on Sunday",
    ],
)
def test_the_alarm_rings_by_day(
    write: Write, events: Events, treated: str, time: str, alarm: list[str], expected: timedelta | None
) -> None:
    assert trigger(makeup(events(write("--time", time, *alarm, date=treated)))) == expected


def test_what_begins_at_night_rings_the_evening_before(write: Write, events: Events) -> None:
    found = events(write("--time", "23:30")).values()
    (event,) = [event for event in found if str(event["SUMMARY"]) == "No alcohol from now"]
    assert trigger(event) == -timedelta(hours=2, minutes=30)


def test_alarms_say_the_title_and_are_the_plain_kind(write: Write, events: Events) -> None:
    for event in events(write("--time", "16:30", "--discreet")).values():
        for alarm in event.walk("VALARM"):
            assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", event["SUMMARY"])
            assert set(alarm) == {"ACTION", "DESCRIPTION", "TRIGGER"}


@pytest.mark.parametrize("style", ["brief", "full"])
def test_discreet_gives_nothing_away_before_it_is_opened(write: Write, style: str) -> None:
    path = write("--time", "16:30", "--discreet", "--calendar-style", style)
    text = path.read_bytes().decode().replace("\r\n ", "")
    shown = [line for line in text.split("\r\n") if not line.startswith(("DESCRIPTION", "PRODID", "UID"))]
    shown += [line for line in text.split("BEGIN:VEVENT")[0].split("\r\n") if not line.startswith("PRODID")]
    for word in ("needl", "skin", "make-up", "aftercare", "clinic", "sun", "retinol", "session", "treatment"):
        assert not [line for line in shown if word in line.lower() and not line.startswith("UID")], word


def test_discreet_changes_titles_and_nothing_else(write: Write, events: Events) -> None:
    open_ones = events(write("--time", "16:30"))
    hushed = events(write("--time", "16:30", "--discreet", name="hushed.ics"))
    assert hushed.keys() == open_ones.keys()
    for uid, event in hushed.items():
        assert event["DESCRIPTION"] == open_ones[uid]["DESCRIPTION"]
        assert event["DTSTART"].dt == open_ones[uid]["DTSTART"].dt


def test_ids_separate_people_and_stay_the_same(write: Write, events: Events) -> None:
    ann, again, bob = (
        set(events(write("--id", name, name=f"{n}.ics"))) for n, name in enumerate(["Ann", " Ann ", "Bob"])
    )
    assert ann == again
    assert not ann & bob


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--alarm", "soon"],
            "--alarm: `soon` can't be used; write it as none, 0min, 30min, 2h or 1d, at most 28 days",
        ),
        (["--alarm", "-1h"], "--alarm: `-1h` can't be used"),
        (["--alarm", "5w"], "--alarm: `5w` can't be used"),
        (["--calendar-style", "weekly"], "--calendar-style: there is no `weekly`; it is one of brief, full"),
        (["--id", "  "], "--id is empty"),
    ],
    ids=["no duration", "negative", "too long", "no such style", "empty id"],
)
def test_what_cant_be_is_said_and_nothing_written(run: Run, tmp_path: Path, words: list[str], says: str) -> None:
    path = tmp_path / "x.ics"
    code, out, err = run("plan", "--date", "2026-11-20", "--tz", "UTC", "-o", path, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert not path.exists()


@pytest.mark.parametrize("words", [["--discreet"], ["--alarm", "1h"], ["--id", "a"]], ids=" ".join)
def test_options_of_the_calendar_need_one(run: Run, words: list[str]) -> None:
    code, out, err = run("plan", "--date", "2026-11-20", *words)
    assert (code, out) == (2, "")
    assert "the calendar's options need a calendar: -o aftercare.ics, or --format ics" in err


def test_days_shortens_what_is_listed_by_days_and_nothing_else(write: Write, events: Events) -> None:
    words = ("--time", "16:30", "--calendar-style", "full")
    short = events(write(*words, "--days", "3", name="short.ics"))
    whole = events(write(*words))
    timed = {uid for uid, event in whole.items() if isinstance(event["DTSTART"].dt, datetime)}
    assert timed <= short.keys()
    assert len(short) < len(whole)
