"""Calendar entries → the text of an iCalendar file (RFC 5545 and 7986) and back, with the icalendar library.

Owns the properties, their order and their bytes, reads the plan in an older file of ours, updates it or calls it off,
and compares it with what a server has. Must not know which entries a plan has, or what they say.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from icalendar import Alarm, Calendar, Event
from icalendar.prop import vDate, vDatetime, vDuration, vInt, vText

from needlecare.errors import InputError
from needlecare.model.plan import Timeline
from needlecare.model.time import FIRST_YEAR, LAST_YEAR
from needlecare.timeline.agenda import Course
from needlecare.views.calendar import CourseCalendar, Options, PlanCalendar, instant
from needlecare.views.phrases import NO_ADVICE, harmless

__all__ = ["Options", "cancel", "render"]

_CATEGORY = "Aftercare"
_CANCELLED = "Cancelled"
_MIDNIGHT = time(0, tzinfo=UTC)


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

    @property
    def is_untouched(self) -> bool:
        """Whether no other program has changed it: they stamp it with the time of the change."""
        return (self.stamp - timedelta(seconds=self.sequence)).time() == time(0)

    def following(self, sequence: int) -> "FileEvent":
        """Return it as the version that has this *sequence*; its stamp moves along."""
        return self._replace(sequence=sequence, stamp=self.stamp + timedelta(seconds=sequence - self.sequence))


class FilePlan(NamedTuple):
    """The plan of a calendar file: its id, the date of its treatment if that is still in it, its events."""

    id: str
    day: date | None
    events: tuple[FileEvent, ...]

    @property
    def next_sequence(self) -> int:
        """The sequence of a file that follows this one."""
        return max(event.sequence for event in self.events) + 1


def render(
    timeline: Timeline, options: Options | None = None, old: FilePlan | None = None, course: Course | None = None
) -> str:
    """Render *timeline*, or the *course* that it begins: without events if nothing of that is still to come.

    Importing the file updates what *old* put into the calendar, and cancels what fell away.

    Raises:
        InputError: *old* is the plan of somebody else.
    """
    options = options or Options()
    plan = _id_of(old, options) if old else _own_id(timeline, options)
    calendar = CourseCalendar(timeline, options, course) if course else PlanCalendar(timeline, options)
    events = list(_events(timeline, calendar, options, plan, old.next_sequence if old else 0))
    if old:
        text = calendar.describe(["The plan has changed, and this entry no longer holds."])
        kept = {event.uid for event in events}
        gone = [event._replace(text=text) for event in old.events if event.uid not in kept]
        events.extend(_cancelled(gone, old.next_sequence, options))
    return to_text(plan, timeline.rule_set.title, calendar.heading(), events, discreet=options.discreet)


def cancel(old: FilePlan, options: Options | None = None) -> str:
    """Render a file that calls the plan *old* off.

    Raises:
        InputError: it is the plan of somebody else.
    """
    options = options or Options()
    plan = _id_of(old, options)
    lead = "This plan was called off.\n\n"
    events = [event._replace(text=lead + event.text) for event in old.events]
    gone = _cancelled(events, old.next_sequence, options)
    return to_text(plan, "Called off", f"This plan was called off. {NO_ADVICE}", gone, discreet=options.discreet)


def _events(
    timeline: Timeline, calendar: PlanCalendar, options: Options, plan: str, sequence: int
) -> Iterator[FileEvent]:
    # The day that the rule set was released on, else that of the treatment: never the clock's.
    try:
        released = date.fromisoformat(timeline.rule_set.released)
    except ValueError:
        released = timeline.treatment.day
    stamp = datetime.combine(released, _MIDNIGHT) + timedelta(seconds=sequence)
    category = "" if options.discreet else _CATEGORY
    for slot, title, text, start, end, rings in calendar.entries():
        yield FileEvent(_uid(plan, slot), sequence, stamp, title, text, start, end, rings, category)


def _cancelled(events: Iterable[FileEvent], sequence: int, options: Options) -> Iterator[FileEvent]:
    for event in events:
        title = event.title.removeprefix(f"{_CANCELLED}: ")
        yield event.following(sequence)._replace(
            title=_CANCELLED if options.discreet else f"{_CANCELLED}: {title}", rings=None, category="", cancelled=True
        )


_AT = "@needlecare"
_UID = re.compile(rf"[0-9a-f]{{20}}-[0-9a-f]{{16}}{_AT}")


def _uid(plan: str, slot: str) -> str:
    return f"{plan}-{_hash(plan, slot)[:16]}{_AT}"


def _hash(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _own_id(timeline: Timeline, options: Options) -> str:
    """Return the id of the plan of a name: a client, a logged treatment, what a person calls it; else of its date."""
    areas = timeline.facts.value("area")
    dated = ("treatment", timeline.treatment.day.isoformat(), *(areas if isinstance(areas, tuple) else ()))
    return _hash(*(("name", options.name) if options.name else dated))[:20]


def _id_of(old: FilePlan, options: Options) -> str:
    if options.name and old.id != _hash("name", options.name)[:20]:
        problem = "the old calendar is another person's plan: it was not made with this --id"
        raise InputError(f"{problem}; nothing was changed")
    return old.id


def to_text(plan: str, name: str, text: str, events: Iterable[FileEvent], *, discreet: bool = False) -> str:
    """Format the calendar file of *plan*, its events in the order of time.

    *name* and *text* head the calendar, unless that is to be *discreet*.
    """
    if discreet:
        name, text = "Reminders", "Open an entry to read what it is about."
    title, about = vText(_clean_line(name)), vText(_clean(text))
    # The first names are those of RFC 7986, the others those that older readers know.
    shown = {"NAME": title, "X-WR-CALNAME": title, "DESCRIPTION": about, "X-WR-CALDESC": about}
    # How often whoever subscribes looks for a newer one; the second is for those that knew it before there was a name.
    every = vDuration(timedelta(days=1))
    again = {"REFRESH-INTERVAL": every, "X-PUBLISHED-TTL": vText("P1D")}
    every.params["VALUE"] = "DURATION"
    # Properties that are of the right type already: `add` would look each up again, at half of the run time.
    return _write({"UID": vText(plan), **shown, **again}, events)


def to_entry(event: FileEvent) -> str:
    """Format *event* alone, as a server keeps it: in a calendar without a name."""
    return _write({}, [event])


_FIXED = {"VERSION": "2.0", "PRODID": "-//needlecare//needlecare//EN", "CALSCALE": "GREGORIAN"}


def _write(head: Mapping[str, Any], events: Iterable[FileEvent]) -> str:
    calendar = Calendar({**{key: vText(value) for key, value in _FIXED.items()}, **head})
    ordered = sorted(events, key=lambda event: (instant(event.start), event.uid))
    calendar.subcomponents = [_component(event) for event in ordered]
    properties = calendar.property_items(sorted=False)
    return "".join(_folded(str(calendar.content_line(key, value, sorted=False))) for key, value in properties)


def _component(event: FileEvent) -> Event:
    stamp, title = _property(_time, event.stamp), vText(_clean_line(event.title))
    fields = {
        "UID": vText(event.uid),
        "DTSTAMP": stamp,
        "LAST-MODIFIED": stamp,
        "SEQUENCE": _property(vInt, event.sequence),
        "DTSTART": _time(event.start),
        "DTEND": _time(event.end),
        "SUMMARY": title,
        "DESCRIPTION": vText(_clean(event.text)),
        "STATUS": _property(vText, "CANCELLED" if event.cancelled else "CONFIRMED"),
        "CLASS": _property(vText, "PRIVATE"),
        "TRANSP": _property(vText, "TRANSPARENT"),
        "X-MICROSOFT-CDO-BUSYSTATUS": _property(vText, "FREE"),
    }
    if event.category:
        fields["CATEGORIES"] = _property(vText, event.category)
    component = Event(fields)
    if event.rings is not None:
        trigger = _property(vDuration, event.rings)
        alarm = Alarm({"ACTION": _property(vText, "DISPLAY"), "DESCRIPTION": title, "TRIGGER": trigger})
        component.subcomponents = [alarm]
    return component


@lru_cache(maxsize=256)
def _property(kind: Callable[[Any], Any], value: Any) -> Any:
    """Return *value* as a property of *kind*; events share most of theirs, and making them takes long."""
    return kind(value)


def _time(start: date) -> vDate | vDatetime:
    if isinstance(start, datetime):
        return vDatetime(start.astimezone(UTC))
    day = vDate(start)
    day.params["VALUE"] = "DATE"
    return day


_OCTETS = 75
# The upper two bits of an octet that goes on with a character of UTF-8.
_INSIDE = 0x80


def _folded(content: str) -> str:
    """Fold a line at 75 octets, never inside a character or an escape; icalendar does it four times as slowly."""
    octets = content.encode()
    start, room, parts = 0, _OCTETS, []
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == _INSIDE:
            end -= 1
        part = octets[start:end]
        end -= (len(part) - len(part.rstrip(b"\\"))) % 2
        parts.append(octets[start:end])
        # The blank that a continuation begins with counts.
        start, room = end, _OCTETS - 1
    parts.append(octets[start:])
    return b"\r\n ".join(parts).decode() + "\r\n"


_BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
# What cleaning could change; most texts have none of it, and looking is quick.
_UNCLEAN = re.compile(
    r"[^\n -~\xa1-\u167f\u1681-\u1fff\u2010-\u2027\u2032-\u205e\u206a-\u2fff\u3001-\uffff]"
    r"|  | \n|\n |\\[nNrR]|\A\s|\s\Z"
)
# Several readers take a backslash before an n or an r for a line break, escaped or not; its look-alike is safe.
_BACKSLASH = re.compile(r"\\(?=[nNrR])")


def _clean_line(text: str) -> str:
    return " ".join(filter(None, _clean(text).split("\n"))) or "…"


def _clean(text: str) -> str:
    """Clean *text*: line breaks of one kind, no control characters, and nowhere blanks that a reader would trim."""
    if not _UNCLEAN.search(text):
        return text
    cleaned = (" ".join(harmless(one.replace("\t", " ")).split()) for one in _BREAKS.sub("\n", text).split("\n"))
    return _BACKSLASH.sub("⧵", "\n".join(cleaned).strip("\n"))


# An older file may come from anybody: it is bounded and checked, and nothing is read from it but events.
LARGEST_BYTES = 5_000_000
_MOST_EVENTS = 5_000
# RFC 5545 gives an INTEGER 31 bits.
_LAST_SEQUENCE = 2**31 - 2
_LONGEST, _LONGEST_TITLE = 20_000, 400
# The years that a plan can lie in, with some room on both sides.
_YEARS = set(range(FIRST_YEAR - 2, LAST_YEAR + 3))
# Programs put a name of their own before that of a zone.
_VENDOR = re.compile(r'TZID="?/\S*?/([A-Z]\w+/[\w+/-]+)"?(?=[:;])')
_WANTED = "give the file that `plan -o` wrote"
_NO_TIMES = "is not whole: one of its events has no readable times"


class _Unfit(Exception):  # noqa: N818  it never leaves this module
    """Why a file can't be followed, to be read after its name."""


def read_old(data: bytes, name: str) -> FilePlan:
    """Read the calendar file *data*, which messages call *name*.

    Raises:
        InputError: it is no calendar, not whole, not one of ours, or has more than one plan.
    """
    if len(data) > LARGEST_BYTES:
        raise InputError(f"{name} is larger than {LARGEST_BYTES // 1_000_000} MB, too large for a plan; {_WANTED}")
    try:
        text = data.decode("utf-8-sig")
        _check_marks(text)
        return _plan(_parse(text))
    except UnicodeDecodeError:
        raise InputError(f"{name} is not a calendar: it is not UTF-8 text; {_WANTED}") from None
    except _Unfit as why:
        raise InputError(f"{name} {why}; {_WANTED}") from None


def read_entry(text: str, plan: str) -> FileEvent | None:
    """Read the one event of *plan* that *text* holds; None if it is anything else."""
    try:
        found = read_old(text.encode(errors="replace"), "the entry")
    except InputError:
        return None
    return found.events[0] if found.id == plan and len(found.events) == 1 else None


def _check_marks(text: str) -> None:
    """Check that a file begins and ends as one calendar does; parsing alone would take half of one for a whole."""
    marks = [line.strip().upper() for line in text.splitlines() if line[:4].upper() in ("BEGI", "END:")]
    if not marks or marks[0] != "BEGIN:VCALENDAR":
        raise _Unfit("is not a calendar")
    opened = sum(mark.startswith("BEGIN:") for mark in marks)
    if text.strip().upper().rsplit("\n", 1)[-1] != "END:VCALENDAR" or opened * 2 != len(marks):
        raise _Unfit("is cut off: a calendar ends with END:VCALENDAR")
    most = {"BEGIN:VCALENDAR": 1, "BEGIN:VEVENT": _MOST_EVENTS, "BEGIN:VALARM": 2 * _MOST_EVENTS}
    if any(marks.count(mark) > number for mark, number in most.items()):
        raise _Unfit("holds more than one plan")


def _parse(text: str) -> Iterator[Any]:
    try:
        calendar: Any = Calendar.from_ical(_VENDOR.sub(r"TZID=\1", text))
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
    plans = {uid.partition("-")[0] for uid in events}
    if len(plans) != 1:
        raise _Unfit("holds more than one plan" if plans else "holds no events")
    plan = plans.pop()
    first = events.get(_uid(plan, "day 0"))
    found = FilePlan(plan, first.start if first else None, tuple(events.values()))
    if found.next_sequence > _LAST_SEQUENCE:
        raise _Unfit("can't be followed: its SEQUENCE is as high as it can be")
    return found


def _event(component: Any) -> FileEvent:
    uid = str(component.get("UID", ""))
    if not _UID.fullmatch(uid):
        raise _Unfit("is not a calendar of needlecare, or holds other events too")
    try:
        sequence = int(component.get("SEQUENCE", 0))
        # Without an end there may be a duration, else a day lasts a day.
        start, end = _instant_or_day(component.start), _instant_or_day(component.end)
        stamp = component["DTSTAMP"].dt.astimezone(UTC)
        # A stamp moves with the sequence, so what it was at first must be a time too.
        years = {start.year, end.year, (stamp - timedelta(seconds=sequence)).year}
    except (KeyError, AttributeError, TypeError, ValueError, OverflowError):
        raise _Unfit(_NO_TIMES) from None
    if sequence < 0 or not years <= _YEARS or isinstance(start, datetime) != isinstance(end, datetime):
        raise _Unfit(_NO_TIMES)
    title, text, status = (str(component.get(name, "")) for name in ("SUMMARY", "DESCRIPTION", "STATUS"))
    return FileEvent(
        uid=uid,
        sequence=sequence,
        stamp=stamp,
        title=title[:_LONGEST_TITLE],
        text=text[:_LONGEST],
        start=start,
        end=end,
        rings=_rings(component),
        category=",".join(map(str, component.categories))[:_LONGEST_TITLE],
        cancelled=status.upper() == "CANCELLED",
    )


def _rings(component: Any) -> timedelta | None:
    """Return when the first alarm of an event rings, counted from its start; one at a fixed time is none of ours."""
    triggers = (
        getattr(alarm.get("TRIGGER"), "dt", None) for alarm in component.subcomponents if alarm.name == "VALARM"
    )
    return next((one for one in triggers if isinstance(one, timedelta)), None)


def _instant_or_day(value: Any) -> date:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError
        return value.astimezone(UTC)
    if not isinstance(value, date):
        raise TypeError
    return value


# What differs between a plan and its entries on a server.


class Entry(NamedTuple):
    """An *event* under the *name* that it has on a server; *tag* is its version there, None if it isn't there yet."""

    name: str
    tag: str | None
    event: FileEvent


class Changes(NamedTuple):
    """What makes a server hold a plan: entries that are new to it, that replace an older version, or that go.

    Those that begin or end at another time are *moved*, others *changed*; *kept* counts those that stay as they are.
    """

    new: tuple[Entry, ...] = ()
    moved: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()
    gone: tuple[Entry, ...] = ()
    kept: int = 0


def compare(wanted: Iterable[FileEvent], found: Iterable[Entry]) -> Changes:
    """Compare the events that a plan has with its entries that were *found* on a server."""
    there = {entry.event.uid: entry for entry in found}
    new, moved, changed = list[Entry](), list[Entry](), list[Entry]()
    kept = 0
    for event in wanted:
        old = there.pop(event.uid, None)
        if old is None:
            new.append(Entry(f"{event.uid}.ics", None, event))
        elif _is_same(event, old.event):
            kept += 1
        else:
            is_moved = (event.start, event.end) != (old.event.start, old.event.end)
            following = event.following(max(event.sequence, old.event.sequence + 1))
            (moved if is_moved else changed).append(old._replace(event=following))
    return Changes(tuple(new), tuple(moved), tuple(changed), tuple(there.values()), kept)


def _is_same(wanted: FileEvent, found: FileEvent) -> bool:
    """Report whether a person sees the same; where they have edited the entry, alarms and a note below are theirs."""
    if not found.is_untouched and found.text.startswith(wanted.text):
        found = found._replace(text=wanted.text, rings=wanted.rings, category=wanted.category)
    return wanted == found._replace(sequence=wanted.sequence, stamp=wanted.stamp)
