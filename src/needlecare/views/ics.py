"""Events → the text of a calendar file, with the icalendar library."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from icalendar import Alarm, Calendar, Event
from icalendar.prop import vDate, vDatetime, vDuration, vInt, vText

from needlecare.errors import InputError
from needlecare.model.plan import Timeline
from needlecare.views.calendar import Options, dated_plan, entries, event_uid, instant, named_plan
from needlecare.views.notes import Notes
from needlecare.views.phrases import NO_ADVICE, harmless

if TYPE_CHECKING:
    from needlecare.views.ics_old import OldEvent, OldPlan

_OCTETS = 75
# The upper two bits of an octet that goes on with a character of UTF-8.
_INSIDE = 0x80
_BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
# What cleaning could change; most texts have none of it, and looking is quick.
_UNCLEAN = re.compile(
    r"[^\n -~\xa1-\u167f\u1681-\u1fff\u2010-\u2027\u2032-\u205e\u206a-\u2fff\u3001-\uffff]"
    r"|  | \n|\n |\\[nNrR]|\A\s|\s\Z"
)
# Several readers take a backslash before an n or an r for a line break, escaped or not; its look-alike is safe.
_BACKSLASH = re.compile(r"\\(?=[nNrR])")


class Heading(NamedTuple):
    """What stands above the events."""

    plan: str
    name: str
    text: str


class Made(NamedTuple):
    """One event as it is written; times are dates or instants in UTC."""

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


def to_text(heading: Heading, events: Iterable[Made]) -> str:
    """Write a calendar file."""
    calendar = Calendar()
    name, text = vText(line(heading.name)), vText(lines(heading.text))
    shown = {"NAME": name, "X-WR-CALNAME": name, "DESCRIPTION": text, "X-WR-CALDESC": text}
    fixed = {"VERSION": "2.0", "PRODID": "-//needlecare//needlecare//EN", "CALSCALE": "GREGORIAN", "UID": heading.plan}
    _fill(calendar, {key: vText(value) for key, value in fixed.items()} | shown)
    shared = _Shared()
    calendar.subcomponents = [_event(made, shared) for made in events]
    return "".join(_content(calendar))


def _content(calendar: Calendar) -> Iterator[str]:
    """Give the lines of *calendar*; most of them are the same in every event, and are made once."""
    known: dict[tuple[str, Any], str] = {}
    for name, value in calendar.property_items(sorted=False):
        key = (name, value if isinstance(value, bytes) else id(value))
        if key not in known:
            known[key] = _folded(str(calendar.content_line(name, value, sorted=False)))
        yield known[key]


def _folded(content: str) -> str:
    """Fold a line at 75 octets, never inside a character or an escape; icalendar does too, but letter by letter."""
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


class _Shared:
    """The values that many events have; each is made once."""

    private, transparent, free = vText("PRIVATE"), vText("TRANSPARENT"), vText("FREE")
    confirmed, cancelled, display = vText("CONFIRMED"), vText("CANCELLED"), vText("DISPLAY")

    def __init__(self) -> None:
        self._made: dict[object, Any] = {}

    def of(self, kind: Callable[[Any], Any], value: Any) -> Any:
        """Give *value* as a property of *kind*."""
        key = kind, value
        if key not in self._made:
            self._made[key] = kind(value)
        return self._made[key]


def _event(made: Made, shared: _Shared) -> Event:
    event = Event()
    stamp, title = shared.of(_moment, made.stamp), vText(line(made.title))
    fields = {
        "UID": vText(made.uid),
        "DTSTAMP": stamp,
        "LAST-MODIFIED": stamp,
        "SEQUENCE": shared.of(vInt, made.sequence),
        "DTSTART": _time(made.start),
        "DTEND": _time(made.end),
        "SUMMARY": title,
        "DESCRIPTION": vText(lines(made.text)),
        "STATUS": shared.cancelled if made.cancelled else shared.confirmed,
        "CLASS": shared.private,
        "TRANSP": shared.transparent,
        "X-MICROSOFT-CDO-BUSYSTATUS": shared.free,
    }
    if made.category:
        fields["CATEGORIES"] = shared.of(vText, made.category)
    _fill(event, fields)
    if made.rings is not None:
        alarm = Alarm()
        rings = shared.of(vDuration, made.rings)
        _fill(alarm, {"ACTION": shared.display, "DESCRIPTION": title, "TRIGGER": rings})
        event.subcomponents = [alarm]
    return event


def _fill(component: Any, fields: dict[str, Any]) -> None:
    """Set properties that are of the right type already: `add` would look each up again, at half of the run time."""
    for name, value in fields.items():
        component[name] = value


def _time(start: date) -> vDate | vDatetime:
    if isinstance(start, datetime):
        return _moment(start)
    day = vDate(start)
    day.params["VALUE"] = "DATE"
    return day


def _moment(instant: datetime) -> vDatetime:
    return vDatetime(instant.astimezone(UTC))


def line(text: str) -> str:
    """Make one clean line of *text*."""
    return " ".join(filter(None, lines(text).split("\n"))) or "…"


def lines(text: str) -> str:
    """Clean *text*: line breaks of one kind, no control characters, and nowhere blanks that a reader would trim."""
    if not _UNCLEAN.search(text):
        return text
    cleaned = (" ".join(harmless(one.replace("\t", " ")).split()) for one in _BREAKS.sub("\n", text).split("\n"))
    return _BACKSLASH.sub("⧵", "\n".join(cleaned).strip("\n"))


__all__ = ["Options", "cancel", "render"]

_CATEGORY = "Aftercare"
_HUSH_NAME, _HUSH_TEXT = "Reminders", "Open an entry to read what it is about."
_MIDNIGHT = time(0, tzinfo=UTC)


def render(timeline: Timeline, options: Options | None = None, old: "OldPlan | None" = None) -> str:
    """Render *timeline*; importing the file updates what *old* put into the calendar, and cancels what fell away.

    Raises:
        InputError: *old* is the plan of somebody else.
    """
    options = options or Options()
    plan = _plan(timeline, options) if old is None else _taken_over(old, options)
    notes = Notes(timeline)
    sequence = old.next_sequence if old else 0
    stamp = _released(timeline) + timedelta(seconds=sequence)
    category = "" if options.discreet else _CATEGORY
    made = []
    for slot, words, start, end, rings in entries(timeline, options, notes):
        title = words.hush if options.discreet else words.title
        made.append(Made(event_uid(plan, slot), sequence, stamp, title, words.text, start, end, rings, category))
    if old is not None:
        kept = {event.uid for event in made}
        lead = "The plan has changed, and this entry no longer holds.\n\n"
        gone = [event for event in old.events if event.uid not in kept]
        made.extend(_cancel(event, sequence, lead + notes.of([]), options) for event in gone)
    title = timeline.rule_set.title
    heading = (_HUSH_NAME, _HUSH_TEXT) if options.discreet else (title, notes.heading())
    return to_text(Heading(plan, *heading), _in_time(made))


def cancel(old: "OldPlan", options: Options | None = None) -> str:
    """Render a file that calls the plan *old* off.

    Raises:
        InputError: it is the plan of somebody else.
    """
    options = options or Options()
    plan = _taken_over(old, options)
    lead = f"The plan was called off. {NO_ADVICE}\n\nIt said:\n"
    made = [_cancel(event, old.next_sequence, lead + event.text, options) for event in old.events]
    heading = (_HUSH_NAME, _HUSH_TEXT) if options.discreet else ("Called off", f"This plan was called off. {NO_ADVICE}")
    return to_text(Heading(plan, *heading), _in_time(made))


def _plan(timeline: Timeline, options: Options) -> str:
    areas = timeline.facts.value("area")
    if options.name:
        return named_plan(options.name)
    return dated_plan(timeline.treatment, areas if isinstance(areas, tuple) else ())


def _taken_over(old: "OldPlan", options: Options) -> str:
    """Give the id of *old*, which the file that follows it keeps."""
    if options.name and old.id != named_plan(options.name):
        raise InputError(
            "the old calendar is another person's plan: it was not made with this --id; nothing was changed"
        )
    return old.id


def _cancel(event: "OldEvent", sequence: int, text: str, options: Options) -> Made:
    title = event.title.removeprefix("Cancelled: ")
    title = "Cancelled" if options.discreet else f"Cancelled: {title}"
    stamp = event.stamp + timedelta(seconds=sequence)
    return Made(event.uid, sequence, stamp, title, text, event.start, event.end, cancelled=True)


def _in_time(made: list[Made]) -> Iterator[Made]:
    return iter(sorted(made, key=lambda event: (instant(event.start), event.uid)))


def _released(timeline: Timeline) -> datetime:
    """Give the day that the rule set was released on; where it doesn't say, the day of the treatment."""
    try:
        day = date.fromisoformat(timeline.rule_set.released)
    except ValueError:
        day = timeline.treatment.day
    return datetime.combine(day, _MIDNIGHT)
