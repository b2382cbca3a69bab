"""When a question is about: trailing words such as tomorrow, on Saturday, on 22 Nov at 6pm → an instant or days."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

from needlecare.dates import parse_date, parse_time
from needlecare.errors import InputError
from needlecare.model.plan import FOREVER
from needlecare.model.time import FIRST_YEAR, LAST_YEAR, Duration, day_start, local_date, readings, shift_date
from needlecare.model.treatment import Treatment

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SUNDAY = _DAYS.index("sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun(?=day))(?:day)?s?"
_MONTH = r"(?P<month>" + "|".join(_MONTHS) + r")[a-z]*\.?"
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(_NUMBERS) + r")"
# How every word begins that can end one of the patterns below, besides numbers.
_LAST_WORDS = (
    *(*_DAYS, *_MONTHS),
    *("am", "pm", "a.m", "p.m", "noon", "mid", "morning", "afternoon", "evening", "night", "lunchtime", "to", "now"),
    *("yesterday", "moment", "week", "hour", "day", "month", "time", "after", "later", "on", "post", "ago"),
)
_PATTERNS = (
    r"(?:at\s+|around\s+|by\s+)?(?P<clock>\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}:\d{2}|noon|midday|midnight)",
    r"(?:(?:in\s+the|this|at|first\s+thing\s+in\s+the)\s+)?(?P<part>morning|afternoon|evening|night|lunchtime)",
    r"(?P<word>the\s+day\s+after\s+tomorrow|today|tonight|tomorrow|yesterday|right\s+now|now|at\s+the\s+moment)",
    r"(?P<word2>last)\s+night",
    rf"(?:on\s+|by\s+)?(?P<which>this\s+|next\s+|last\s+|coming\s+)?{_WEEKDAY}",
    r"(?:on\s+|by\s+|(?P<which>this\s+|next\s+|last\s+|coming\s+))(?P<weekday>sun)",
    r"(?:this\s+|at\s+the\s+|on\s+the\s+|over\s+the\s+)?(?P<weekend>weekend)",
    r"(?P<week>this|next)\s+week",
    rf"(?:on\s+)?(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?",
    rf"(?:on\s+)?{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?",
    r"(?:on\s+)?(?P<iso>\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})",
    r"(?:on\s+|from\s+|by\s+)?day\s+(?P<number>\d{1,3})",
    rf"(?:in|within)\s+{_COUNT}\s+(?P<unit>hour|day|week|month)s?(?:\s+time)?",
    rf"(?:after\s+)?{_COUNT}\s+(?P<since>hour|day|week|month)s?(?:\s+(?:after|later|on|post))?",
    rf"{_COUNT}\s+(?P<ago>hour|day|week|month)s?\s+ago",
)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile when it is needed, which takes longer than most questions do."""
    return re.compile(rf"(?:^|.*?\s)(?P<all>{pattern})\s*[?.!]*$", re.DOTALL)


def _match(words: str) -> re.Match[str] | None:
    """Find what the end of *words* says about time."""
    last = words.rstrip("?.! ").rpartition(" ")[2]
    if not last.startswith(_LAST_WORDS) and not any(one.isdigit() for one in last):
        return None
    return next((found for pattern in _PATTERNS if (found := _compiled(pattern).match(words))), None)


class Asked(NamedTuple):
    """What a question is about: the instant *at* (UTC), or every instant of the days *first* to *last*.

    *past* tells that it lies behind the person who asks.
    """

    at: datetime | None
    first: date
    last: date
    past: bool = False

    @property
    def is_day(self) -> bool:
        """Whether whole days are asked about."""
        return self.at is None

    def meets(self, start: datetime, end: datetime, treatment: Treatment) -> bool:
        """Tell whether `[start, end)` holds at the instant, or at any of the days."""
        if start >= end:
            return False
        if self.at is not None:
            return start <= self.at < end
        zone = treatment.zone
        if local_date(start, zone) > self.last:
            return False
        return end == FOREVER or local_date(max(end - _MOMENT, start), zone) >= self.first

    def begins(self, treatment: Treatment) -> datetime:
        """Give the first instant that is asked about."""
        return self.at or day_start(self.first, treatment.zone)


_MOMENT = timedelta(microseconds=1)


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


class Spoken(NamedTuple):
    """What trailing words say of the time: *words* are what is left without them."""

    words: str
    first: date | None = None
    last: date | None = None
    clock: time | None = None
    at: datetime | None = None
    past: bool = False


def split_time(words: str, treatment: Treatment, present: Callable[[], datetime]) -> Spoken:
    """Take the trailing words about time off *words*; *present* reads the clock, only where they need it.

    Raises:
        InputError: they name a day that isn't one, or two days.
    """
    spoken = Spoken(" ".join(words.split()))
    while True:
        lowered = spoken.words.lower()
        match = _match(lowered)
        if match is None or (not match.start("all") and spoken.first is not None):
            return spoken
        rest = spoken.words[: match.start("all")].strip()
        read = _read({name: text for name, text in match.groupdict().items() if text}, treatment, present)
        if (
            read.first is not None
            and spoken.first is not None
            and (read.first, read.last) != (spoken.first, spoken.last)
        ):
            raise InputError(f"`{words}` names two days; ask about one at a time")
        spoken = Spoken(
            rest,
            read.first or spoken.first,
            read.last or spoken.last,
            spoken.clock or read.clock,
            spoken.at or read.at,
            spoken.past or read.past,
        )


def _read(found: dict[str, str], treatment: Treatment, present: Callable[[], datetime]) -> Spoken:
    """Turn the named parts of one pattern into days, or a time."""
    match found:
        case {"clock": text}:
            return Spoken("", clock=parse_time(text))
        case {"part": _}:
            return Spoken("")
        case {"word": word}:
            today = present().date()
            shift = {"tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2}.get(" ".join(word.split()), 0)
            at = present() if word.endswith(("now", "moment")) else None
            day = today + timedelta(days=shift)
            return Spoken("", day, day, at=at, past=shift < 0)
        case {"word2": _}:
            day = present().date() - timedelta(days=1)
            return Spoken("", day, day, past=True)
        case {"weekday": word}:
            return _weekday(_DAYS.index(word[:3]), found.get("which", "").strip(), present().date())
        case {"weekend": _}:
            today = present().date()
            sunday = today + timedelta(days=_SUNDAY - today.weekday())
            return Spoken("", max(sunday - timedelta(days=1), today), sunday)
        case {"week": which}:
            today = present().date()
            sunday = today + timedelta(days=_SUNDAY - today.weekday())
            first = today if which == "this" else sunday + timedelta(days=1)
            return Spoken("", first, sunday if which == "this" else sunday + timedelta(days=len(_DAYS)))
        case {"month": month, "day": day}:
            found_day = _dated(int(day), _MONTHS.index(month) + 1, found.get("year"), treatment)
            return Spoken("", found_day, found_day)
        case {"iso": text}:
            found_day = parse_date(text)
            return Spoken("", found_day, found_day)
        case {"number": text}:
            found_day = treatment.day + timedelta(days=int(text))
            return Spoken("", found_day, found_day)
        case {"count": count, "unit": unit}:
            return _from(present(), _number(count), unit, treatment)
        case {"count": count, "since": unit}:
            return _from(treatment.last.astimezone(treatment.zone), _number(count), unit, treatment, treatment.day)
        case {"count": count, "ago": unit}:
            spoken = _from(present(), -_number(count), unit, treatment)
            return spoken._replace(past=True)
    return Spoken("")


def _number(text: str) -> int:
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def _from(start: datetime, count: int, unit: str, treatment: Treatment, day: date | None = None) -> Spoken:
    if unit == "hour":
        at = start.astimezone(UTC) + timedelta(hours=count)
        there = local_date(at, treatment.zone)
        return Spoken("", there, there, at=at)
    length = Duration(abs(count), {"day": "d", "week": "w", "month": "mo"}[unit])
    there = shift_date(day or start.date(), length, 1 if count >= 0 else -1)
    return Spoken("", there, there)


def _weekday(number: int, which: str, today: date) -> Spoken:
    """Give the coming day of that name, today included; with “last” the one gone by.

    “Next” is taken as the coming one too: the sooner day is the stricter.
    """
    ahead = (number - today.weekday()) % 7
    if which == "last":
        day = today - timedelta(days=(7 - ahead) % 7 or 7)
        return Spoken("", day, day, past=True)
    if which == "next" and ahead == 0:
        ahead = 7
    day = today + timedelta(days=ahead)
    return Spoken("", day, day)


def _dated(day: int, month: int, year: str | None, treatment: Treatment) -> date:
    """Make a date; without a year, the one nearest to the treatment."""
    years = [int(year)] if year else [treatment.day.year + shift for shift in (0, 1, -1)]
    found = []
    for one in years:
        try:
            found.append(date(one, month, day))
        except ValueError:
            continue
    if not found or not FIRST_YEAR <= found[0].year <= LAST_YEAR:
        raise InputError(f"{day} {_MONTHS[month - 1].title()} {year or ''}".strip() + " is not a day of the calendar")
    return min(found, key=lambda one: abs((one - treatment.day).days))
