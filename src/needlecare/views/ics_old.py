"""An older calendar file of ours → the plan in it, so that a new file can update it or call it off.

The file may come from anybody: it is bounded and checked, and nothing is read from it but events. Must not know what
a plan says.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Calendar

from needlecare.errors import InputError
from needlecare.model.time import FIRST_YEAR, LAST_YEAR
from needlecare.views.calendar import event_uid, plan_of

LARGEST_BYTES = 5_000_000
_MOST_EVENTS = 5_000
# RFC 5545 gives an INTEGER 31 bits.
_LAST_SEQUENCE = 2**31 - 2
_LONGEST, _LONGEST_TITLE = 20_000, 400
# The years that a plan can lie in, with some room on both sides.
_YEARS = set(range(FIRST_YEAR - 2, LAST_YEAR + 3))
_WANTED = "give the file that `plan -o` wrote"
_NO_TIMES = "is not whole: one of its events has no readable times"


class FileEvent(NamedTuple):
    """One event as it stands in a calendar file; times are dates or instants in UTC, *rings* counts from the start."""

    uid: str
    sequence: int
    stamp: datetime
    title: str
    text: str
    start: date
    end: date
    rings: timedelta | None = None
    category: str = ""
    cancelled: bool = False


class FilePlan(NamedTuple):
    """The plan of a calendar file: its id, the date of its treatment if that is still in it, its events."""

    id: str
    day: date | None
    events: tuple[FileEvent, ...]

    @property
    def next_sequence(self) -> int:
        """The sequence of a file that follows this one."""
        return max(event.sequence for event in self.events) + 1


class _Unfit(Exception):  # noqa: N818  it never leaves this module
    """Why a file can't be followed, to be read after its name."""


def read_old(data: bytes, name: str) -> FilePlan:
    """Read the calendar file *data*, which messages call *name*.

    Raises:
        InputError: it is no calendar, not whole, not one of ours, or has more than one plan.
    """
    try:
        text = _decode(data)
        _check_marks(text)
        return _plan(_parse(text))
    except _Unfit as why:
        raise InputError(f"{name} {why}; {_WANTED}") from None


def _decode(data: bytes) -> str:
    if len(data) > LARGEST_BYTES:
        raise _Unfit(f"is larger than {LARGEST_BYTES // 1_000_000} MB, too large for a plan")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unfit("is not a calendar: it is not UTF-8 text") from None


def _check_marks(text: str) -> None:
    """Check that a file begins and ends as one calendar does; parsing alone would take half of one for a whole."""
    marks = [line.strip().upper() for line in text.splitlines() if line[:4].upper() in ("BEGI", "END:")]
    if not marks or marks[0] != "BEGIN:VCALENDAR":
        raise _Unfit("is not a calendar")
    opened = sum(mark.startswith("BEGIN:") for mark in marks)
    if text.strip().upper().rsplit("\n", 1)[-1] != "END:VCALENDAR" or opened * 2 != len(marks):
        raise _Unfit("is cut off: a calendar ends with END:VCALENDAR")
    if opened > 3 * _MOST_EVENTS or marks.count("BEGIN:VCALENDAR") > 1:
        raise _Unfit("holds more than one plan")


def _parse(text: str) -> Iterator[Any]:
    try:
        calendar: Any = Calendar.from_ical(text)
    except Exception as error:  # noqa: BLE001  icalendar may fail in any way on what others wrote
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise _Unfit(f"can't be read as a calendar ({reason})") from None
    for component in calendar.subcomponents:
        if component.name == "VEVENT":
            yield component
        elif component.name != "VTIMEZONE":
            raise _Unfit(f"is not a calendar of needlecare: it holds a {component.name}")


def _plan(components: Iterator[Any]) -> FilePlan:
    events: dict[str, FileEvent] = {}
    for event in map(_event, components):
        known = events.get(event.uid)
        if known is None or known.sequence < event.sequence:
            events[event.uid] = event
    plans = {plan_of(uid) for uid in events}
    if not plans:
        raise _Unfit("holds no events")
    plan = plans.pop()
    if plans or plan is None:
        raise _Unfit("holds more than one plan")
    first = events.get(event_uid(plan, "day 0"))
    found = FilePlan(plan, first.start if first else None, tuple(events.values()))
    if found.next_sequence > _LAST_SEQUENCE:
        raise _Unfit("can't be followed: its SEQUENCE is as high as it can be")
    return found


def _event(component: Any) -> FileEvent:
    uid = str(component.get("UID", ""))
    if plan_of(uid) is None:
        raise _Unfit("is not a calendar of needlecare, or holds other events too")
    try:
        sequence = int(component.get("SEQUENCE", 0))
        start, end = _time(component["DTSTART"].dt), _time(component["DTEND"].dt)
        stamp = component["DTSTAMP"].dt.astimezone(UTC)
        # A stamp moves with the sequence, so what it was at first must be a time too.
        years = {start.year, end.year, (stamp - timedelta(seconds=sequence)).year}
    except (KeyError, AttributeError, TypeError, ValueError, OverflowError):
        raise _Unfit(_NO_TIMES) from None
    if sequence < 0 or not years <= _YEARS or isinstance(start, datetime) != isinstance(end, datetime):
        raise _Unfit(_NO_TIMES)
    return FileEvent(
        uid=uid,
        sequence=sequence,
        stamp=stamp,
        title=str(component.get("SUMMARY", ""))[:_LONGEST_TITLE],
        text=str(component.get("DESCRIPTION", ""))[:_LONGEST],
        start=start,
        end=end,
    )


def _time(value: Any) -> date:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError
        return value.astimezone(UTC)
    if not isinstance(value, date):
        raise TypeError
    return value
