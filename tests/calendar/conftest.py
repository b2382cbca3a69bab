"""What the tests of the calendar share: plans made by the program, and events read back from the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import icalendar
import pytest

import running

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]


@pytest.fixture
def run() -> Run:
    """Run the program; returns its exit code, stdout and stderr."""
    return lambda *words: running.run(*map(str, words))


# A plan takes a while and the same ones are asked for again and again.
_MADE: dict[tuple[object, ...], bytes] = {}


@pytest.fixture
def write(run: Run, tmp_path: Path) -> Write:
    """Write a plan to a calendar file, or the course where the first word is `sessions`."""

    def call(*words: object, name: str = "aftercare.ics", date: str = "2026-11-20", tz: str = "Europe/London") -> Path:
        path = tmp_path / name
        key = (date, tz, *words)
        if key not in _MADE:
            command, words = ("sessions", words[1:]) if words[:1] == ("sessions",) else ("plan", words)
            dated = () if "--date" in words else ("--date", date)
            code, out, err = run(command, *dated, "--tz", tz, *words, "-o", path)
            assert (code, out) == (0, ""), err
            _MADE[key] = path.read_bytes()
        path.write_bytes(_MADE[key])
        return path

    return call


def read(path: Path) -> dict[str, Any]:
    """Read the events of a file, by UID."""
    calendar: Any = icalendar.Calendar.from_ical(path.read_bytes())
    assert not calendar.errors
    events = list(calendar.walk("VEVENT"))
    assert not any(event.errors for event in events)
    found = {str(event["UID"]): event for event in events}
    assert len(found) == len(events), "every UID is there once"
    return found


@pytest.fixture
def events() -> Callable[[Path], dict[str, Any]]:
    """Read the events of a file, by UID."""
    return read
