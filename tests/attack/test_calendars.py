"""Older calendars made of noise: each is followed, or refused in one line."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attack.strength import NASTY, mutated, tries
from running import PLAN, Ran, run

WORDS = (
    *NASTY,
    *(
        b"BEGIN:VEVENT\r\n",
        b"END:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\n",
        b"END:VCALENDAR\r\n",
        b"UID:x\r\n",
        b"SEQUENCE:-1\r\n",
    ),
    *(b"DTSTART:20260230T250000Z\r\n", b"DTSTART;TZID=Nowhere:20261120T090000\r\n", b"DTSTAMP:00010101T000000Z\r\n"),
    *(
        b"RRULE:FREQ=SECONDLY\r\n",
        b"\r\n ",
        b"\r\n\t",
        b";",
        b"DTEND;VALUE=DATE:99991231\r\n",
        b"SEQUENCE:2147483647\r\n",
    ),
)


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    """Make two calendars of ours, shortened so that a change hits something."""
    made = [run(*PLAN, "--format", "ics", "--calendar-style", style).out.encode() for style in ("full", "brief")]
    return [b"".join(one.partition(b"END:VEVENT\r\n")[:2]) + b"END:VCALENDAR\r\n" for one in made] + made


def cancelled(path: Path, data: bytes) -> Ran:
    """Call off the calendar that *data* is, which is done or refused in one line."""
    path.write_bytes(data)
    ran = run("plan", "--cancel", str(path))
    assert ran.code in (0, 2), ran.err
    assert len(ran.err.splitlines()) == bool(ran.code)
    return ran


@tries(5)
@given(data=st.data())
def test_a_spoiled_calendar_is_followed_or_refused(
    data: st.DataObject, files: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "old.ics"
    spoiled = data.draw(mutated(files, WORDS))
    gone = cancelled(path, spoiled)
    if gone.code:
        return
    path.write_bytes(spoiled)
    changed = run(*PLAN, "--format", "ics", "--replaces", str(path))
    assert changed.code in (0, 2), changed.err
    for ran in (gone, changed):
        if ran.code == 0:
            again = cancelled(path, ran.out.encode())
            assert "is not a calendar" not in again.err


@tries(10)
@given(data=st.binary(max_size=300))
@example(data=b"BEGIN:VCALENDAR\r\n" + b"X" * 4_000_000 + b"\r\nEND:VCALENDAR")
@example(data=b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 5000 + b"END:VEVENT\r\n" * 5000 + b"END:VCALENDAR")
@example(data=b"BEGIN:VCALENDAR\r\n" + b" \r\n" * 500_000 + b"END:VCALENDAR")
@example(
    data=b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE" + b';A="b"' * 100_000 + b":x\r\nEND:VEVENT\r\nEND:VCALENDAR"
)
def test_noise_is_no_calendar(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert cancelled(tmp_path_factory.getbasetemp() / "noise.ics", data).code == 2


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_a_calendar_in_another_encoding_is_read_or_refused(encoding: str, tmp_path: Path) -> None:
    old = tmp_path / "old.ics"
    text = run(*PLAN, "--format", "ics", "--event", "wedding:Zoë’s=2026-12-05").out
    old.write_bytes(text.encode(encoding, "replace"))
    ran = run(*PLAN, "--format", "ics", "--replaces", str(old))
    if encoding == "utf-8-sig":
        assert ran.code == 0
    else:
        assert (ran.code, ran.out) == (2, "")
        assert "is not a calendar: it is not UTF-8 text" in ran.err
