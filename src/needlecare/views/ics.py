"""Calendar entries → the text of an iCalendar file (RFC 5545 and 7986), with the icalendar library.

Owns the properties, their order and their bytes, and what becomes of an older file's events. Must not know which
entries a plan has, or what they say.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from icalendar import Alarm, Calendar, Event
from icalendar.prop import vDate, vDatetime, vDuration, vInt, vText

from needlecare.errors import InputError
from needlecare.model.plan import Timeline
from needlecare.views.calendar import Options, dated_plan, entries, event_uid, instant, named_plan
from needlecare.views.ics_old import FileEvent, FilePlan
from needlecare.views.notes import Notes
from needlecare.views.phrases import NO_ADVICE, harmless

__all__ = ["Options", "cancel", "render"]

_CATEGORY = "Aftercare"
_CANCELLED = "Cancelled"
_MIDNIGHT = time(0, tzinfo=UTC)


def render(timeline: Timeline, options: Options | None = None, old: FilePlan | None = None) -> str:
    """Render *timeline*; importing the file updates what *old* put into the calendar, and cancels what fell away.

    Raises:
        InputError: *old* is the plan of somebody else.
    """
    options = options or Options()
    plan = _own_id(timeline, options) if old is None else _id_of(old, options)
    notes = Notes(timeline)
    events = list(_events(timeline, options, notes, plan, old.next_sequence if old else 0))
    if old is not None:
        text = notes.describe(["The plan has changed, and this entry no longer holds.", ""])
        kept = {event.uid for event in events}
        gone = [event._replace(text=text) for event in old.events if event.uid not in kept]
        events.extend(_cancelled(gone, old.next_sequence, options))
    return to_text(plan, *_heading(timeline.rule_set.title, notes.heading(), options), events)


def render_for(timeline: Timeline, client: str) -> str:
    """Render *timeline* with no other options; *client* separates people whose calendars meet."""
    return render(timeline, Options(name=client))


def cancel(old: FilePlan, options: Options | None = None) -> str:
    """Render a file that calls the plan *old* off.

    Raises:
        InputError: it is the plan of somebody else.
    """
    options = options or Options()
    plan = _id_of(old, options)
    lead = f"The plan was called off. {NO_ADVICE}\n\nIt said:\n"
    events = [event._replace(text=lead + event.text) for event in old.events]
    name, text = _heading("Called off", f"This plan was called off. {NO_ADVICE}", options)
    return to_text(plan, name, text, _cancelled(events, old.next_sequence, options))


def _events(timeline: Timeline, options: Options, notes: Notes, plan: str, sequence: int) -> Iterator[FileEvent]:
    stamp = _released(timeline) + timedelta(seconds=sequence)
    for entry in entries(timeline, options, notes):
        yield FileEvent(
            uid=event_uid(plan, entry.slot),
            sequence=sequence,
            stamp=stamp,
            title=entry.words.discreet if options.discreet else entry.words.title,
            text=entry.words.text,
            start=entry.start,
            end=entry.end,
            rings=entry.rings,
            category="" if options.discreet else _CATEGORY,
        )


def _cancelled(events: Iterable[FileEvent], sequence: int, options: Options) -> Iterator[FileEvent]:
    for event in events:
        title = event.title.removeprefix(f"{_CANCELLED}: ")
        yield event._replace(
            sequence=sequence,
            stamp=event.stamp + timedelta(seconds=sequence - event.sequence),
            title=_CANCELLED if options.discreet else f"{_CANCELLED}: {title}",
            cancelled=True,
        )


def _heading(name: str, text: str, options: Options) -> tuple[str, str]:
    return ("Reminders", "Open an entry to read what it is about.") if options.discreet else (name, text)


def _own_id(timeline: Timeline, options: Options) -> str:
    areas = timeline.facts.value("area")
    if options.name:
        return named_plan(options.name)
    return dated_plan(timeline.treatment, areas if isinstance(areas, tuple) else ())


def _id_of(old: FilePlan, options: Options) -> str:
    """Return the id of *old*, which the file that follows it keeps."""
    if options.name and old.id != named_plan(options.name):
        raise InputError(
            "the old calendar is another person's plan: it was not made with this --id; nothing was changed"
        )
    return old.id


def _released(timeline: Timeline) -> datetime:
    """Return the day that the rule set was released on, else the day of the treatment: never the clock's."""
    try:
        day = date.fromisoformat(timeline.rule_set.released)
    except ValueError:
        day = timeline.treatment.day
    return datetime.combine(day, _MIDNIGHT)


def to_text(plan: str, name: str, text: str, events: Iterable[FileEvent]) -> str:
    """Write the calendar file of *plan*, its events in the order of time; *name* and *text* head the calendar."""
    calendar = Calendar()
    title, about = vText(_clean_line(name)), vText(_clean(text))
    fixed = {"VERSION": "2.0", "PRODID": "-//needlecare//needlecare//EN", "CALSCALE": "GREGORIAN", "UID": plan}
    # The first names are those of RFC 7986, the others those that older readers know.
    shown = {"NAME": title, "X-WR-CALNAME": title, "DESCRIPTION": about, "X-WR-CALDESC": about}
    _fill(calendar, {key: vText(value) for key, value in fixed.items()} | shown)
    ordered = sorted(events, key=lambda event: (instant(event.start), event.uid))
    calendar.subcomponents = [_component(event) for event in ordered]
    return "".join(_content(calendar))


def _component(event: FileEvent) -> Event:
    component = Event()
    stamp, title = _property(_utc, event.stamp), vText(_clean_line(event.title))
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
    _fill(component, fields)
    if event.rings is not None:
        alarm = Alarm()
        trigger = _property(vDuration, event.rings)
        _fill(alarm, {"ACTION": _property(vText, "DISPLAY"), "DESCRIPTION": title, "TRIGGER": trigger})
        component.subcomponents = [alarm]
    return component


def _fill(component: Any, fields: dict[str, Any]) -> None:
    """Set properties that are of the right type already: `add` would look each up again, at half of the run time."""
    for name, value in fields.items():
        component[name] = value


@lru_cache(maxsize=256)
def _property(kind: Callable[[Any], Any], value: Any) -> Any:
    """Return *value* as a property of *kind*; events share most of theirs, and `_content` writes each once."""
    return kind(value)


def _time(start: date) -> vDate | vDatetime:
    if isinstance(start, datetime):
        return _utc(start)
    day = vDate(start)
    day.params["VALUE"] = "DATE"
    return day


def _utc(instant: datetime) -> vDatetime:
    return vDatetime(instant.astimezone(UTC))


def _content(calendar: Calendar) -> Iterator[str]:
    """Return the lines of *calendar*; those that every event has are written once."""
    known: dict[tuple[str, Any], str] = {}
    for name, value in calendar.property_items(sorted=False):
        key = (name, value if isinstance(value, bytes) else id(value))
        if key not in known:
            known[key] = _folded(str(calendar.content_line(name, value, sorted=False)))
        yield known[key]


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
    """Make one clean line of *text*."""
    return " ".join(filter(None, _clean(text).split("\n"))) or "…"


def _clean(text: str) -> str:
    """Clean *text*: line breaks of one kind, no control characters, and nowhere blanks that a reader would trim."""
    if not _UNCLEAN.search(text):
        return text
    cleaned = (" ".join(harmless(one.replace("\t", " ")).split()) for one in _BREAKS.sub("\n", text).split("\n"))
    return _BACKSLASH.sub("⧵", "\n".join(cleaned).strip("\n"))
