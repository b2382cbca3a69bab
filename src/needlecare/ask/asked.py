"""When a question is about: an instant, whole days, or a stretch of a day."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

from needlecare.errors import InputError
from needlecare.model.plan import Treatment, touches
from needlecare.model.time import (
    FIRST_YEAR,
    INSTANT,
    LAST_YEAR,
    Duration,
    day_end,
    day_start,
    last_date,
    local_date,
    readings,
    shift_date,
)
from needlecare.typed import parse_date, parse_time

_UNITS = {"day": ("d", 1), "week": ("w", 1), "fortnight": ("w", 2), "month": ("mo", 1)}
_ELAPSED = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}


class Length(NamedTuple):
    """How long something goes on, as people say it: *amount* of one *unit*: minute, hour, day, week, fortnight, month.

    An amount below nothing leads back.
    """

    amount: int
    unit: str

    @property
    def elapsed(self) -> timedelta | None:
        """The time of minutes and hours; whole days have none."""
        return self.amount * _ELAPSED[self.unit] if self.unit in _ELAPSED else None

    def from_day(self, day: date) -> date:
        """Count whole days from *day*; a part of one doesn't leave it."""
        if self.elapsed is not None:
            return day + timedelta(days=self.elapsed.days)
        letter, times = _UNITS[self.unit]
        return shift_date(day, Duration(abs(self.amount) * times, letter), 1 if self.amount >= 0 else -1)


class Asked(NamedTuple):
    """What a question is about: the instant *at* (UTC), else every instant of `[start, end)` or of *first* to *last*.

    *first* and *last* are the days that it touches; *past* tells that it lies behind the person who asks.
    """

    at: datetime | None
    first: date
    last: date
    past: bool = False
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_day(self) -> bool:
        """Whether whole days are asked about."""
        return self.at is None and self.start is None

    def meets(self, start: datetime, end: datetime, treatment: Treatment) -> bool:
        """Tell whether `[start, end)` holds at the instant, or at any of the days."""
        if start >= end:
            return False
        if self.at is not None:
            return start <= self.at < end
        if self.start is not None and self.end is not None:
            return start < self.end and self.start < end
        return touches(start, end, self.first, self.last, treatment.zone)

    def begins(self, treatment: Treatment) -> datetime:
        """Give the first instant that is asked about."""
        return self.at or self.start or day_start(self.first, treatment.zone)


def at_instant(instant: datetime, treatment: Treatment) -> Asked:
    """Ask about an instant."""
    day = local_date(instant, treatment.zone)
    return Asked(instant.astimezone(UTC), day, day)


def on_day(first: date, last: date | None = None) -> Asked:
    """Ask about the strictest instant of a day, or of several."""
    return Asked(None, first, last or first)


def at_time(day: date, clock: time, treatment: Treatment) -> Asked:
    """Ask about a time of a day; where the clock shows it twice, about the first."""
    return Asked(readings(datetime.combine(day, clock), treatment.zone)[0], day, day)


def in_stretch(start: datetime, end: datetime, treatment: Treatment) -> Asked:
    """Ask about the strictest instant from *start* to *end*; about *start* alone where nothing lies between."""
    if end <= start:
        return at_instant(start, treatment)
    first, last = local_date(start, treatment.zone), last_date(start, end, treatment.zone)
    return Asked(None, first, last, start=start.astimezone(UTC), end=end.astimezone(UTC))


def between(day: date, start: time, end: time, treatment: Treatment) -> Asked:
    """Ask about a part of a day; an *end* at midnight is that of the day. What the clock shows twice counts whole."""
    begins = readings(datetime.combine(day, start), treatment.zone)[0]
    if end == time(0):
        return in_stretch(begins, day_start(day + timedelta(days=1), treatment.zone), treatment)
    return in_stretch(begins, readings(datetime.combine(day, end), treatment.zone)[-1], treatment)


def go_on(asked: Asked, lengths: Iterable[Length], treatment: Treatment) -> Asked:
    """Ask about all that lies between *asked* and its end when it goes on for *lengths*; a last day counts whole."""
    for length in lengths:
        begins, last = asked.begins(treatment), length.from_day(asked.last)
        if asked.is_day:
            longer = on_day(asked.first, last)
        elif length.elapsed is not None:
            longer = in_stretch(begins, (asked.end or begins) + length.elapsed, treatment)
        else:
            longer = in_stretch(begins, day_end(last, treatment.zone), treatment)
        asked = longer._replace(past=asked.past)
    return asked


def lasting(lengths: Iterable[Length], treatment: Treatment, now: datetime) -> Asked:
    """Ask about the end of what lasts for *lengths* from the treatment on, or about *now* if that is later."""
    lengths = tuple(lengths)
    asked = go_on(at_instant(treatment.last, treatment), lengths, treatment)
    over = asked.end or treatment.last
    if over <= now.astimezone(UTC):
        return at_instant(now, treatment)
    return at_instant(over, treatment) if all(one.elapsed is not None for one in lengths) else on_day(asked.last)


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {"a": 1, "an": 1, **{name: number for number, name in enumerate(_HOURS, 1)}}
# What may stand before a time, and turns the time into a stretch.
LEADS = {
    **dict.fromkeys(("before", "until", "till", "til", "up to"), "before"),
    **dict.fromkeys(("after", "from"), "after"),
    "since": "since",
}
_SLIPS = {
    **dict.fromkeys(
        ("tommorow", "tommorrow", "tomorow", "tomorro", "tomarrow", "tomorrw", "tmrw", "tmw", "2moro"), "tomorrow"
    ),
    **dict.fromkeys(("tonite", "2nite"), "tonight"),
    **dict.fromkeys(("to-day", "2day"), "today"),
}
_NAMES = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_ABBREVIATED = "mon|tues?|wed|thu|thurs?|fri|sat"
_FULL = rf"(?P<weekday>{_NAMES})s?"
_SHORT = rf"(?P<weekday>{_ABBREVIATED})"
_WHICH = r"(?P<which>this|next|last|coming)"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ON = r"(?:(?:on|by)\s+)?(?:the\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
# “Every 3 days” and “once a day” are how often, not when.
_COUNT = (
    r"(?<!every\s)(?<!each\s)(?<!per\s)(?<!once\s)(?<!twice\s)(?<!times\s)(?P<count>\d{1,3}|" + "|".join(NUMBERS) + r")"
)
_FEW = r"\d|" + "|".join(NUMBERS)
_HALVES = (
    rf"\b(?:half\s+an\s+hour|(?:a\s+)?half\s+hour|(?P<one>{_FEW})\s+hours?\s+and\s+a\s+half"
    rf"|(?P<other>{_FEW})\s+and\s+a\s+half\s+hours?)\b"
)
_UNIT = r"minute|hour|day|week|fortnight|month"
_SITTING = r"(?:treatment|session|(?:micro-?)?needling|procedure|appointment)"
_AFTER_IT = rf"\s+(?:after|post|since|following|from)\s+(?:(?:the|my|this)\s+)?{_SITTING}"
_FOR = r"(?:for|over|during|throughout)\s+"
_IN = r"(?:for|over|during|throughout|in|within|inside)\s+"
_ROUGHLY = r"(?:(?:about|around|just|only|up\s+to|nearly|almost)\s+)?"
_COMING = r"(?:next|coming|following)\s+"
_THESE = rf"(?:(?:the|these|my|another)\s+)?(?:{_COMING})?"
_LONG = rf"(?:(?:more|whole|full)\s+)?(?P<long>{_UNIT})s?(?:\s+from\s+(?:now|today))?"
_PART = r"(?P<part>morning|afternoon|evening|night|lunchtime)"
_CLOCK = r"\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}[:h]\d{2}|noon|midday|midnight"
_AT = r"(?:at|around|about|by)\s+"
_HOUR = r"(?P<hour>[01]?\d|2[0-3]|" + "|".join(_HOURS) + r")"
_NO_HOUR = rf"(?!\s*(?:{_UNIT}|mm|percent|%))"
_ANY_DAY = r"(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)|today|tonight|tomorrow|yesterday"
_THAT_DAY = rf"(?:(?P<weekday>{_NAMES}|{_ABBREVIATED})|(?P<word>today|tomorrow))"
_NOW = r"(?<!from )(?:right\s+now|at\s+the\s+moment|now)(?!\s+on\b)"
_DIGITS = tuple("0123456789")
_UNIT_WORDS = tuple(_UNIT.split("|"))
_LENGTHS = tuple(f" {unit}" for unit in _UNIT_WORDS)
# Each is tried only where one of its beginnings is there: to compile them all takes longer than most questions.
_PATTERNS = (
    (("first ",), rf"(?:{_IN})?(?:(?:the|my)\s+)?first\s+(?:{_COUNT}\s+)?(?P<opening>{_UNIT})s?(?:{_AFTER_IT})?"),
    (_LENGTHS, rf"{_FOR}{_ROUGHLY}{_THESE}{_COUNT}\s+(?P<opening>{_UNIT})s?(?:{_AFTER_IT}|\s+(?:after|post)$)"),
    (_LENGTHS, rf"{_FOR}{_ROUGHLY}{_THESE}{_COUNT}\s+{_LONG}"),
    (_LENGTHS, rf"(?:{_IN}(?:the|these)\s+{_COMING}(?:{_COUNT}\s+)?|{_FOR}another\s+){_LONG}"),
    (_LENGTHS, rf"(?:the\s+)?{_COMING}{_COUNT}\s+{_LONG}"),
    (
        (" week", " fortnight"),
        rf"(?<!in\s){_COUNT}\s+(?P<plus>week|fortnight)s?\s+(?:(?:on|from|this|come)\s+)?{_THAT_DAY}",
    ),
    ((" week", " fortnight"), rf"(?:(?:on|by)\s+)?{_THAT_DAY}\s+(?P<plus>week|fortnight)"),
    (_DIGITS, r"(?:on\s+)?(?P<iso>\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})"),
    (MONTHS, rf"{_ON}{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}"),
    (MONTHS, rf"(?:on\s+)?{_MONTH}\s+{_DAY}{_YEAR}"),
    (MONTHS, rf"(?:in|during|this|next)\s+{_MONTH}"),
    (("boxing",), r"(?:on\s+)?(?P<boxing>boxing\s+day)"),
    (("/",), r"(?:(?:on|by)\s+)?(?P<short>\d{1,2}/\d{1,2})"),
    ((".",), r"(?:on|by)\s+(?P<short>\d{1,2}\.\d{1,2})\.?"),
    (("am", "pm", "a.m", "p.m", ":", "noon", "mid", "h"), rf"(?:{_AT})?(?P<clock>{_CLOCK})"),
    (("half", "quarter"), rf"(?:{_AT})?(?:a\s+)?(?P<near>half|quarter)\s+(?P<side>past|to)\s+{_HOUR}"),
    (("clock",), rf"(?:{_AT})?{_HOUR}\s+o'?\s?clock"),
    (("at ", "around ", "about ", "by "), rf"{_AT}{_HOUR}(?:\.(?P<minute>[0-5]\d))?{_NO_HOUR}"),
    (("from",), rf"{_COUNT}\s+(?P<unit>{_UNIT})s?\s+from\s+(?:now|today)"),
    (("night",), r"(?P<word>last\s+night)"),
    (("tod", "ton", "tom", "yes", "now", "moment"), rf"(?P<word>{_ANY_DAY}|{_NOW})"),
    (("day",), rf"(?:(?:on|by)\s+)?(?:the\s+)?(?:{_WHICH}\s+)?{_FULL}"),
    (DAYS, rf"(?:on|by|{_WHICH})\s+{_SHORT}"),
    (DAYS, rf"{_SHORT}$"),
    (("sun",), rf"(?:on|by|{_WHICH})\s+(?P<weekday>sun)$"),
    (("weekend",), r"(?:(?:this|at\s+the|on\s+the|over\s+the)\s+)?(?P<weekend>weekend)"),
    (("week", "month"), r"(?P<which>this|next|last)\s+(?P<period>week|month)"),
    (("day ",), r"(?:(?:on|by)\s+)?day\s+(?P<number>-?\d{1,3})"),
    (_UNIT_WORDS, rf"(?:in|(?P<within>within|inside))\s+{_COUNT}\s+(?P<unit>{_UNIT})s?'?(?:\s+time)?"),
    (("ago",), rf"{_COUNT}\s+(?P<ago>{_UNIT})s?\s+ago"),
    (_UNIT_WORDS, rf"{_COUNT}\s+(?P<since>{_UNIT})s?{_AFTER_IT}"),
    (_UNIT_WORDS, rf"{_COUNT}\s+(?P<since>{_UNIT})s?\s+(?:after|later|on|post)$"),
    (_UNIT_WORDS, rf"{_COUNT}\s+(?P<bare>{_UNIT})s?$"),
    (_DIGITS, rf"{_ON}(?P<nth>\d{{1,2}})(?:st|nd|rd|th)$"),
    (("ing", "noon", "night", "lunch"), rf"(?:first\s+thing\s+)?(?:in\s+the|during\s+the|(?P<this>this)|at)\s+{_PART}"),
    (("ing", "noon", "night", "lunch"), rf"{_PART}(?=$|\s+(?:at|after|before|in|on|with)\b)"),
)


class Found(NamedTuple):
    """A time that is named: its parts by name, what leads it, and the other words."""

    parts: dict[str, str]
    lead: str
    rest: str


def tidy(words: str) -> str:
    """Even out gaps, and slips in what is typed most."""
    typed = words.replace("’", "'").replace("−", "-").rstrip("?.! ").split()
    text = " ".join(_SLIPS.get(one.lower().rstrip(",?"), one) for one in typed)
    return re.sub(_HALVES, _in_minutes, text, flags=re.IGNORECASE) if "half" in text.lower() else text


def _in_minutes(match: re.Match[str]) -> str:
    """Write half an hour, or hours and a half, as minutes."""
    whole = (match["one"] or match["other"] or "0").lower()
    return f"{60 * (NUMBERS.get(whole) or int(whole)) + 30} minutes"


def find_time(text: str) -> Found | None:
    """Find a time that *text* names, wherever it stands."""
    lowered = text.lower()
    for signs, pattern in _PATTERNS:
        match = _compiled(pattern).search(lowered) if any(sign in lowered for sign in signs) else None
        if match is not None:
            parts = {name: found for name, found in match.groupdict().items() if found}
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return Found(parts, LEADS.get(parts.pop("lead", ""), ""), " ".join(rest.split()))
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.:-])(?:(?P<lead>{'|'.join(LEADS)})\s+)?(?:{pattern})(?![\w/]|[.:-]\d)")


_WEEK = timedelta(days=len(DAYS))


def weekday(name: str, which: str, today: date) -> date:
    """Give the coming day of that name, today included; with “last” the one gone by.

    “Next” is taken as the coming one too: the sooner day is the stricter.
    """
    ahead = timedelta(days=(DAYS.index(name[:3]) - today.weekday()) % len(DAYS))
    if which == "last" or (which == "next" and not ahead):
        return today + (ahead - _WEEK if which == "last" else _WEEK)
    return today + ahead


def weekend(today: date) -> tuple[date, date]:
    """Give what is left of the coming weekend."""
    sunday = weekday("sunday", "", today)
    return max(sunday - timedelta(days=1), today), sunday


def period(which: str, unit: str, today: date) -> tuple[date, date]:
    """Give what is left of this week or month, or the whole of the next or the last one."""
    if unit == "week":
        first = today - timedelta(days=today.weekday())
        after, before = first + _WEEK, first - _WEEK
    else:
        first = today.replace(day=1)
        after, before = _following(first), (first - timedelta(days=1)).replace(day=1)
    if which == "this":
        return today, after - timedelta(days=1)
    if which == "last":
        return before, first - timedelta(days=1)
    return after, (after + _WEEK if unit == "week" else _following(after)) - timedelta(days=1)


def month_of(name: str, today: date) -> tuple[date, date]:
    """Give what is left of the coming month of that name."""
    number = MONTHS.index(name[:3]) + 1
    first = date(today.year + (number < today.month), number, 1)
    return max(first, today), _following(first) - timedelta(days=1)


def _following(first: date) -> date:
    """Give the first day of the next month."""
    return date(first.year + first.month // len(MONTHS), first.month % len(MONTHS) + 1, 1)


def dated(day: int, month: int, year: str, treatment: Treatment) -> date:
    """Make a date; without a year, the one nearest to the treatment.

    Raises:
        InputError: there is no such day.
    """
    years = [int(year)] if year else [treatment.day.year + shift for shift in (0, 1, -1)]
    found = [made for one in years if (made := _made(one, month, day))]
    if not found:
        raise InputError(f"{day} {MONTHS[month - 1].title()} {year}".strip() + " is not a day of the calendar")
    return min(found, key=lambda one: abs((one - treatment.day).days))


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def numbered(day: int, today: date) -> date:
    """Give the next day of that number in a month, today included.

    Raises:
        InputError: no month has so many days.
    """
    first = today.replace(day=1)
    for _ in MONTHS:
        found = _made(first.year, first.month, day)
        if found is not None and found >= today:
            return found
        first = _following(first)
    raise InputError(f"no month has a day {day}")


def short(text: str, treatment: Treatment) -> date:
    """Read a day and a month in numbers, such as 22/11, which one reading alone may make a date.

    Raises:
        InputError: they are no date, or can be read two ways.
    """
    one, other = (int(part) for part in text.replace(".", "/").split("/"))
    ways = {(one, other), (other, one)}
    readings = sorted(dated(day, month, "", treatment) for day, month in ways if _made(2000, month, day))
    if not readings:
        raise InputError(f"`{text}` is not a day of the calendar; write it as 22 Nov")
    if len(readings) > 1:
        shown = " or as ".join(f"{day.day} {MONTHS[day.month - 1].title()} {day.year}" for day in readings)
        raise InputError(f"`{text}` can be read as {shown}; write the month as a word")
    return readings[0]


def agreed(day: date, name: str) -> date:
    """Give *day* if its day of the week is the one of that *name*.

    Raises:
        InputError: it is another.
    """
    if DAYS[day.weekday()] != name[:3]:
        shown = f"{day.day} {MONTHS[day.month - 1].title()} {day.year}"
        raise InputError(f"{shown} is a {day:%A}, not `{name}`; ask about one day at a time")
    return day


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
    return in_stretch(early.begins(treatment), late.begins(treatment) + INSTANT, treatment)


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
