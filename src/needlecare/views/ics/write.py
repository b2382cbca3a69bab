"""Events → the text of a calendar file, with the icalendar library."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Alarm, Calendar, Event
from icalendar.prop import vDate, vDatetime, vDuration, vInt, vText

from needlecare.views.harmless import harmless

SAID = "X-NEEDLECARE-FACTS"
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
    """What stands above the events; *said* is for a file that follows this one, and shows nowhere."""

    plan: str
    name: str
    text: str
    said: str = ""


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
    kept = {SAID: vText(line(heading.said))} if heading.said else {}
    _fill(calendar, {key: vText(value) for key, value in fixed.items()} | shown | kept)
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
