"""An older calendar file of ours → the plan that it holds, so that a new file can update it or call it off."""

import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Calendar

from needlecare.errors import InputError
from needlecare.model.facts import Given
from needlecare.model.plan import Timeline
from needlecare.model.time import FIRST_YEAR, LAST_YEAR
from needlecare.options import FACTS_OF_TREATMENT
from needlecare.views.calendar import event_uid, plan_of

# Options that say no fact.
NO_FACTS = frozenset({"--time", "--tz", "--rules", "--next", "--event", "--seen"})
_OPTION = re.compile(r"--[a-z][a-z0-9-]{0,40}")
_LONGEST_SAID, _LONGEST_VALUE = 2000, 80

Said = Mapping[str, str]


def said_of(timeline: Timeline, *, discreet: bool = False) -> str:
    """Write what was said of the treatment as the options that say it; a *discreet* file keeps no answers."""
    return to_words({option: "" if discreet else value for option, value in _said(timeline)})


def is_discreet(said: Said) -> bool:
    """Tell whether these options come from a discreet file; any other keeps the zone at least."""
    return bool(said) and not any(said.values())


def to_words(said: Said) -> str:
    """Write options and their values, as a shell reads them."""
    return " ".join(f"{option}={shlex.quote(value)}" if value else option for option, value in said.items())


def from_words(words: str) -> dict[str, str]:
    """Read what `to_words` wrote; what can't be read says nothing."""
    try:
        parts = shlex.split(words[:_LONGEST_SAID])
    except ValueError:
        return {}
    pairs = [part.partition("=")[::2] for part in parts]
    return {option: value[:_LONGEST_VALUE] for option, value in pairs if _OPTION.fullmatch(option)}


def missing(old: Said, timeline: Timeline) -> dict[str, str]:
    """Give what was said in the *old* file and is not said now; what is said otherwise is meant so."""
    now = dict(_said(timeline))
    lost = {option: value for option, value in old.items() if option not in now}
    for fact, value in timeline.facts.assumed.items():
        if lost.get(f"--{fact}") == _typed(value):
            del lost[f"--{fact}"]
    # These always hold something, typed or not.
    other = {option: old[option] for option in ("--tz", "--rules") if old.get(option) and old[option] != now[option]}
    return lost | other


def _said(timeline: Timeline) -> Iterator[tuple[str, str]]:
    treatment, facts = timeline.treatment, timeline.facts
    # The heading of every calendar shows these; of any other fact only that it was given is kept, and no answer.
    for fact in sorted(facts.given):
        yield f"--{fact}", _typed(facts.given[fact]) if fact in FACTS_OF_TREATMENT else ""
    if treatment.clock:
        yield "--time", f"{treatment.clock:%H:%M}"
    yield "--tz", treatment.zone.key
    yield "--rules", timeline.rule_set.id
    if treatment.next_day:
        yield "--next", ""
    if treatment.events:
        yield "--event", ""
    if treatment.seen:
        yield "--seen", ""


def _typed(value: Given) -> str:
    return ",".join(value) if isinstance(value, tuple) else f"{value:g}"


SAID = "X-NEEDLECARE-FACTS"

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
    """The plan of an older file: its id, the date of its treatment if that is still in it, its events.

    *said* is what was said of the treatment, by option; nothing where another program dropped it.
    """

    id: str
    day: date | None
    events: tuple[OldEvent, ...]
    said: Mapping[str, str] = {}

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
    calendar = _calendar(data, name)
    for component in _components(calendar, name):
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
    found = OldPlan(
        plan, first.start if first else None, tuple(events.values()), from_words(str(calendar.get(SAID, "")))
    )
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
