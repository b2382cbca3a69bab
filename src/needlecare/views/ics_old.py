"""An older calendar file of ours → the plan that it holds, so that a new file can update it or call it off."""

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
# What a plan can lie in, with some room on both sides.
_YEARS = set(range(FIRST_YEAR - 2, LAST_YEAR + 3))
_OURS = "give the file that `plan -o` wrote"


class OldEvent(NamedTuple):
    """One event as it stood."""

    uid: str
    sequence: int
    stamp: datetime
    title: str
    text: str
    start: date
    end: date


class OldPlan(NamedTuple):
    """The plan of an older file: its id, the date of its treatment if that is still in it, its events."""

    id: str
    day: date | None
    events: tuple[OldEvent, ...]

    @property
    def next_sequence(self) -> int:
        """The sequence that a file following this one has."""
        return max(event.sequence for event in self.events) + 1


def read_old(data: bytes, name: str) -> OldPlan:
    """Read the calendar file *data*; *name* is how messages call it.

    Raises:
        InputError: it is no calendar, not whole, not one of ours, or holds more than one plan.
    """
    events: dict[str, OldEvent] = {}
    for component in _components(_calendar(data, name), name):
        event = _event(component, name)
        known = events.get(event.uid)
        if known is None or known.sequence < event.sequence:
            events[event.uid] = event
    plans = {plan_of(uid) for uid in events}
    if not plans:
        raise InputError(f"{name} holds no events; {_OURS}")
    plan = plans.pop()
    if plans:
        raise InputError(f"{name} holds more than one plan; {_OURS} for this one alone")
    if plan is None:
        raise InputError(f"{name} is not a calendar of needlecare; {_OURS}")
    first = events.get(event_uid(plan, "day 0"))
    found = OldPlan(plan, first.start if first else None, tuple(events.values()))
    if found.next_sequence > _LAST_SEQUENCE:
        raise InputError(f"{name} can't be followed: its SEQUENCE is as high as it can be; {_OURS}")
    return found


def _calendar(data: bytes, name: str) -> Any:

    if len(data) > LARGEST_BYTES:
        raise InputError(f"{name} is larger than {LARGEST_BYTES // 1_000_000} MB, too large for a plan; {_OURS}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{name} is not a calendar: it is not UTF-8 text; {_OURS}") from None
    marks = [line.strip().upper() for line in text.splitlines() if line[:4].upper() in ("BEGI", "END:")]
    if not marks or marks[0] != "BEGIN:VCALENDAR":
        raise InputError(f"{name} is not a calendar; {_OURS}")
    opened = sum(mark.startswith("BEGIN:") for mark in marks)
    if text.strip().upper().rsplit("\n", 1)[-1] != "END:VCALENDAR" or opened * 2 != len(marks):
        raise InputError(f"{name} is cut off: a calendar ends with END:VCALENDAR; {_OURS}")
    if opened > 3 * _MOST_EVENTS or marks.count("BEGIN:VCALENDAR") > 1:
        raise InputError(f"{name} holds more than one plan; {_OURS}")
    try:
        return Calendar.from_ical(text)
    except Exception as error:  # noqa: BLE001  a parser of others may fail in any way on what others wrote
        raise InputError(f"{name} can't be read as a calendar ({_reason(error)}); {_OURS}") from None


def _components(calendar: Any, name: str) -> Iterator[Any]:
    for component in calendar.subcomponents:
        if component.name == "VEVENT":
            yield component
        elif component.name != "VTIMEZONE":
            raise InputError(f"{name} is not a calendar of needlecare: it holds a {component.name}; {_OURS}")


def _event(component: Any, name: str) -> OldEvent:
    uid = str(component.get("UID", ""))
    if plan_of(uid) is None:
        raise InputError(f"{name} is not a calendar of needlecare, or not of it alone; {_OURS}")
    try:
        sequence = int(component.get("SEQUENCE", 0))
        start, end = _time(component["DTSTART"].dt), _time(component["DTEND"].dt)
        stamp = component["DTSTAMP"].dt
        # What the stamp was when the event was new: it moves with the sequence, and not with the clock.
        stamp = stamp.astimezone(UTC) - timedelta(seconds=sequence)
    except (KeyError, AttributeError, TypeError, ValueError, OverflowError):
        raise InputError(f"{name} is not whole: one of its events has no readable times; {_OURS}") from None
    years = {value.year for value in (start, end, stamp)}
    if sequence < 0 or not years <= _YEARS or isinstance(start, datetime) != isinstance(end, datetime):
        raise InputError(f"{name} is not whole: one of its events has no readable times; {_OURS}")
    title, text = str(component.get("SUMMARY", ""))[:_LONGEST_TITLE], str(component.get("DESCRIPTION", ""))[:_LONGEST]
    return OldEvent(uid, sequence, stamp, title, text, start, end)


def _time(value: Any) -> date:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError
        return value.astimezone(UTC)
    if not isinstance(value, date):
        raise TypeError
    return value


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
