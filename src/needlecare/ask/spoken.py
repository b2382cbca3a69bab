"""What words say of time → days, a part of one, or an instant; what nobody can put a date to is left in the words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from needlecare.ask.asked import Asked, Length, at_instant, at_time, between, in_stretch, on_day
from needlecare.ask.dated import agreed, dated, month_of, numbered, period, short, weekday, weekend
from needlecare.ask.timewords import MONTHS, NUMBERS, Found, find_time, tidy
from needlecare.dates import parse_date, parse_time
from needlecare.errors import InputError
from needlecare.model.time import local_date
from needlecare.model.treatment import Treatment

# Wide enough for what anybody means by it; the strictest instant counts.
_PARTS = {
    "morning": (time(5), time(12)),
    "lunchtime": (time(11), time(15)),
    "afternoon": (time(12), time(18)),
    "evening": (time(17), time(0)),
    "night": (time(17), time(0)),
}
# What names a day of the calendar by its number.
_CALENDAR = frozenset(("day", "nth", "iso", "short", "boxing"))
_SECOND_HALF = ("afternoon", "evening", "night")
_HALF = 12
_MOMENT = timedelta(microseconds=1)
_EARLY = _PARTS["morning"][0]
_SHIFTS = {"tomorrow": 1, "yesterday": -1, "last night": -1, "day after tomorrow": 2, "day before yesterday": -2}


class Spoken(NamedTuple):
    """What words say of the time: *words* are what is left without them.

    *part* is a part of the day, *this* tells that it is one of today. *either* tells that *clock* may be meant of both
    halves of the day: at 6. *lead* is `before` (all the time until then is
    meant), `after` (the rest of the day) or `since`. *lengths* tell how long it goes on, *opening* that it begins with
    the treatment.
    """

    words: str
    first: date | None = None
    last: date | None = None
    clock: time | None = None
    at: datetime | None = None
    past: bool = False
    part: str = ""
    this: bool = False
    lead: str = ""
    either: bool = False
    lengths: tuple[Length, ...] = ()
    opening: bool = False

    @property
    def is_timed(self) -> bool:
        """Whether they say when, or how long."""
        return bool(self.first or self.at or self.clock or self.part or self.lengths)


def split_time(words: str, treatment: Treatment, present: Callable[[], datetime]) -> Spoken:
    """Take the words about time off *words*; *present* reads the clock, only where they need it.

    Raises:
        InputError: they name a day that isn't one, or two days.
    """
    spoken, named, exact = Spoken(tidy(words)), "", None
    while found := find_time(spoken.words):
        read, name = _read(found, treatment, present), "" if "plus" in found.parts else found.parts.get("weekday", "")
        is_exact = not _CALENDAR.isdisjoint(found.parts)
        if name and exact:
            day = agreed(exact, name)
            read = read._replace(first=day, last=day)
        elif named and is_exact and not exact and read.first:
            day = agreed(read.first, named)
            spoken = spoken._replace(first=day, last=day)
        elif read.first and spoken.first and (read.first, read.last) != (spoken.first, spoken.last):
            raise InputError(f"`{words}` names two days; ask about one at a time")
        named, exact = named or ("" if spoken.first else name), exact or (read.first if is_exact else None)
        spoken = Spoken(
            found.rest,
            spoken.first or read.first,
            spoken.last or read.last,
            spoken.clock if spoken.clock is not None else read.clock,
            spoken.at or read.at,
            spoken.past or read.past,
            spoken.part or read.part,
            spoken.this or read.this,
            spoken.lead or found.lead or read.lead,
            spoken.either or read.either,
            (*spoken.lengths, *read.lengths),
            spoken.opening or read.opening,
        )
    if spoken.opening and (spoken.first or spoken.at):
        raise InputError(f"`{words}` names two times; ask about one at a time")
    return spoken


def _read(found: Found, treatment: Treatment, present: Callable[[], datetime]) -> Spoken:
    """Turn the named parts of one pattern into days, a time, or a length."""
    match found.parts:
        case {"plus": unit, **more}:
            today = present().date()
            first = (
                weekday(more["weekday"], "", today) if "weekday" in more else _relative(more["word"], present()).first
            )
            return _on(_length(found, unit).from_day(first or today))
        case {"clock": text}:
            return Spoken("", clock=parse_time(text))
        case {"hour": hour}:
            return _on_the_face(NUMBERS.get(hour) or int(hour), found.parts)
        case {"part": part}:
            return Spoken("", part=part, this="this" in found.parts)
        case {"word": word}:
            return _relative(" ".join(word.removeprefix("the ").split()), present())
        case {"weekday": name, **more}:
            which = "last" if found.lead == "since" else more.get("which", "")
            return _on(weekday(name, which, present().date()))._replace(past=more.get("which") == "last")
        case {"weekend": _}:
            return _on(*weekend(present().date()))
        case {"period": unit, "which": which}:
            return _on(*period(which, unit, present().date()))._replace(past=which == "last")
        case {"month": month, "day": day, **more}:
            return _on(dated(int(day), MONTHS.index(month[:3]) + 1, more.get("year", ""), treatment))
        case {"boxing": _}:
            return _on(dated(26, MONTHS.index("dec") + 1, "", treatment))
        case {"month": month}:
            return _on(*month_of(month, present().date()))
        case {"nth": text}:
            return _on(numbered(int(text), present().date()))
        case {"short": text}:
            return _on(short(text, treatment))
        case {"iso": text}:
            return _on(parse_date(text))
        case {"number": text}:
            return _on(treatment.day + timedelta(days=int(text)))
        case {"opening": unit} if found.lead != "after":
            return Spoken("", lengths=(_length(found, unit),), opening=True)
        case {"long": unit} if found.lead != "after":
            return Spoken("", lengths=(_length(found, unit),))
        case {"bare": unit} if not found.lead:
            return Spoken("", lengths=(_length(found, unit),))
    return _counted(found, treatment, present)


def _on_the_face(hour: int, found: dict[str, str]) -> Spoken:
    """Read an hour without its half of the day: at 6, at half past four, 9 o'clock; 18 has but one reading."""
    minute = {"half": 30, "quarter": 15}.get(found.get("near", ""), int(found.get("minute", 0)))
    if found.get("side") == "to":
        hour, minute = (hour - 1) % 24 or 12, 60 - minute
    return Spoken("", clock=time(hour, minute), either=0 < hour <= _HALF)


def _length(found: Found, unit: str, sign: int = 1) -> Length:
    """Read a count of units; without a number it is one."""
    text = found.parts.get("count", "a")
    return Length(sign * (NUMBERS.get(text) or int(text)), unit)


def _counted(found: Found, treatment: Treatment, present: Callable[[], datetime]) -> Spoken:
    """Count from the treatment, or from now, to a day or an instant."""
    parts, start, day = found.parts, present(), present().date()
    if unit := parts.get("ago") or (parts.get("bare") if found.lead == "since" else None):
        length = _length(found, unit, -1)
    elif unit := parts.get("unit") or parts.get("long"):
        length = _length(found, unit)
    else:
        unit = parts.get("since") or parts.get("opening") or parts["bare"]
        start, day, length = treatment.last, treatment.day, _length(found, unit)
    at = start.astimezone(UTC) + length.elapsed if length.elapsed is not None else None
    there = length.from_day(day) if at is None else local_date(at, treatment.zone)
    is_past = length.amount < 0 and found.lead != "since"
    return Spoken("", there, there, at=at, past=is_past, lead="before" if "within" in parts else "")


def _on(first: date, last: date | None = None) -> Spoken:
    return Spoken("", first, last or first)


def _relative(word: str, now: datetime) -> Spoken:
    shift = _SHIFTS.get(word, 0)
    spoken = _on(now.date() + timedelta(days=shift))._replace(past=shift < 0)
    if word.endswith("night"):
        return spoken._replace(part="night", this=not shift)
    return spoken._replace(at=now) if word.endswith(("now", "moment")) else spoken


def when_asked(spoken: Spoken, treatment: Treatment, present: Callable[[], datetime]) -> Asked | None:
    """Tell when *spoken* asks about, or from when on; nothing where it doesn't say.

    Raises:
        InputError: it asks what has been since a day that is still to come.
    """
    if spoken.opening:
        return in_stretch(treatment.first, treatment.last, treatment)
    first, last, at = spoken.first, spoken.last, spoken.at
    if spoken.clock is not None:
        clock, day = spoken.clock, first or present().date()
        if spoken.part == "night" and (clock < _EARLY or (spoken.either and clock.hour == _HALF)):
            # The small hours are those of the night that begins on that day; of tonight they may be under way.
            begun = spoken.this and present().time() < _EARLY
            clock, day = clock.replace(hour=clock.hour % _HALF), day + timedelta(days=not begun)
        elif clock.hour < _HALF and spoken.part in _SECOND_HALF:
            clock = clock.replace(hour=clock.hour + _HALF)
        elif spoken.either and not spoken.part:
            return _in_either_half(day, clock, treatment)
        if spoken.lead == "after":
            return between(day, clock, time(0), treatment)
        at = at_time(day, clock, treatment).at
        if spoken.lead == "since" and first is None and at is not None and at > present().astimezone(UTC):
            at = at_time(day - timedelta(days=1), clock, treatment).at
    if at is not None and spoken.lead == "since":
        return in_stretch(at, present(), treatment)
    if at is not None:
        return in_stretch(present(), at, treatment) if spoken.lead == "before" else at_instant(at, treatment)
    if spoken.lead == "since" and first is not None and first > present().date():
        raise InputError(f"{first.isoformat()} is still to come; ask about it with `on`, not with `since`")
    if spoken.lead and first is not None and last is not None:
        today = present().date() if spoken.lead != "after" else first
        return on_day(min(first, today) if spoken.lead == "before" else first, max(last, today))
    if spoken.part and first == last:
        return _part_of_day(spoken, treatment, present)
    return on_day(first, last) if first is not None else None


def _in_either_half(day: date, clock: time, treatment: Treatment) -> Asked:
    """Ask about all between the two times of a day that show the same on a clock: the strictest counts."""
    early, late = (at_time(day, clock.replace(hour=clock.hour % _HALF + half), treatment) for half in (0, _HALF))
    return in_stretch(early.begins(treatment), late.begins(treatment) + _MOMENT, treatment)


def _part_of_day(spoken: Spoken, treatment: Treatment, present: Callable[[], datetime]) -> Asked:
    """Ask about a part of a day: without a day, of the one that goes on or comes next."""
    start, end = _PARTS[spoken.part]
    if spoken.first is not None and not spoken.this:
        return between(spoken.first, start, end, treatment)
    now = present()
    asked = between(now.date(), start, end, treatment)
    over = asked.end or now
    if over <= now.astimezone(UTC):
        if spoken.this:
            return asked._replace(past=True)
        return between(now.date() + timedelta(days=1), start, end, treatment)
    # In the small hours “tonight” has begun.
    begun = spoken.part == "night" and now.time() < _EARLY
    return in_stretch(now if begun else max(asked.begins(treatment), now.astimezone(UTC)), over, treatment)


def read_weekday(text: str, present: Callable[[], datetime]) -> date | None:
    """Read the name of a day of the week, as in `friday`: the coming one, today included."""
    found = find_time(f"on {text.strip().lower().removeprefix('on ')}")
    if found is None or found.rest or set(found.parts) != {"weekday"}:
        return None
    return weekday(found.parts["weekday"], "", present().date())
