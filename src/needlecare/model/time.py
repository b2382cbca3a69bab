"""Durations, points in time and whole days; what `3d` means as a start and as an end.

Three rules, and no other module says what a duration means:

- minutes and hours are elapsed time, computed in UTC, exact over clock changes;
- days and weeks are whole calendar days in the treatment's zone;
- months and years are calendar months from the original date, and a missing date rolls away from the treatment.
"""

import re
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.errors import InputError

ELAPSED = {"min": timedelta(minutes=1), "h": timedelta(hours=1)}
DAYS = {"d": 1, "w": 7}
MONTHS = {"mo": 1, "y": 12}
_NAMES = {"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
# What a date may be in; beyond, durations would leave the calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2199
# A duration beyond this is a slip of the finger, and would leave the calendar.
LONGEST_DAYS = 36_525

_DURATION = re.compile(r"(\d{1,6})(min|h|d|w|mo|y)")
_SHORT = re.compile(rf"\b{_DURATION.pattern}\b")
_ONE_UNIT = re.compile(r"\b(\d+)([a-z]+)\.\.(?=\d+\2\b)")
_UNITS = {word: unit for unit, name in _NAMES.items() for word in (unit, name)}
_SPELLED = re.compile(rf"(\d+)(?:\s*(?:-|–|to)\s*(\d+))?\s*({'|'.join(_UNITS)})s?\b", re.IGNORECASE)
# The least that two instants differ by.
INSTANT = timedelta(microseconds=1)


def check_year(day: date, shown: str) -> None:
    """Refuse a *day*, in the message as it is *shown*, that lies outside 1900 to 2199."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InputError(f"{shown} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")


class Duration(NamedTuple):
    """A length of time as a rule states it: *amount* of one *unit*: min, h, d, w, mo or y."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def in_words(self) -> str:
        """The duration in words: `6 months`."""
        return f"{self.amount} {_NAMES[self.unit]}{'' if self.amount == 1 else 's'}"

    @property
    def is_elapsed(self) -> bool:
        """Whether it is counted in minutes or hours, not in calendar days."""
        return self.unit in ELAPSED

    @property
    def is_nothing(self) -> bool:
        """Whether it is no time at all; `0d` isn't, since a calendar day counts whole."""
        return self.is_elapsed and self.amount == 0

    @property
    def rough_length(self) -> timedelta:
        """A length to compare durations by; a month counts as its longest, 31 days."""
        if self.unit in ELAPSED:
            return self.amount * ELAPSED[self.unit]
        return timedelta(days=self.amount * (DAYS.get(self.unit) or MONTHS[self.unit] * 31))


ZERO = Duration(0, "h")


def parse_duration(text: str) -> Duration | None:
    """Parse `48h`, `3d`, `6mo`; None where *text* is no duration or longer than a lifetime."""
    match = _DURATION.fullmatch(text)
    duration = Duration(int(match[1]), match[2]) if match else None
    return duration if duration and duration.rough_length.days <= LONGEST_DAYS else None


def respelled(text: str) -> str:
    """Return *text* with its durations as a rule states them: `3 days` is `3d`, `3 to 5 days` is `3d..5d`."""
    return _SPELLED.sub(
        lambda said: "..".join(f"{one}{_UNITS[said[3].lower()]}" for one in said.groups()[:2] if one), text
    )


def spelled_out(text: str) -> str:
    """Return *text* with its durations in words: `at least 3d..5d` is `at least 3 to 5 days`."""
    ranged = _ONE_UNIT.sub(r"\1 to ", text).replace("..", " to ")
    return _SHORT.sub(lambda found: Duration(int(found[1]), found[2]).in_words, ranged)


def format_clock(clock: time) -> str:
    """Write a time of the day so that it is read back as the same: `16:30`, with seconds where it has any."""
    return clock.isoformat("seconds" if clock.second else "minutes")


class Point(NamedTuple):
    """A point in time: the instant *at* (UTC) and the calendar *day* that it belongs to.

    The end of a whole day lies at the next midnight but belongs to the day that it closes.
    """

    at: datetime
    day: date


@lru_cache(maxsize=4096)
def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar date of *instant* in *zone*."""
    return instant.astimezone(zone).date()


def point_at(instant: datetime, zone: ZoneInfo) -> Point:
    """Make a point of an exact instant."""
    return Point(instant, local_date(instant, zone))


def last_instant(end: datetime) -> datetime:
    """Return the last instant before *end*: what ends at a midnight belongs to the day that it closes."""
    return end - INSTANT


def last_date(start: datetime, end: datetime, zone: ZoneInfo) -> date:
    """Return the last date that `[start, end)` touches; that of *start* where it has no length."""
    # What never ends has no date: east of Greenwich it would lie beyond the last one.
    return date.max if end.year == MAXYEAR else local_date(max(last_instant(end), start), zone)


def touches(start: datetime, end: datetime, first: date, last: date, zone: ZoneInfo) -> bool:
    """Report whether `[start, end)` touches one of the days *first* to *last*."""
    return local_date(start, zone) <= last and last_date(start, end, zone) >= first


def readings(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the earlier and the later instant (UTC) that a wall-clock time can mean; mostly they are one."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return (first, second) if first <= second else (second, first)


@lru_cache(maxsize=4096)
def day_start(day: date, zone: ZoneInfo, *, late: bool = False) -> datetime:
    """Return the instant (UTC) at which *day* begins; with *late*, its last reading where midnight comes twice."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    first = midnight.astimezone(UTC)
    return max(first, midnight.replace(fold=1).astimezone(UTC)) if late else first


def day_end(day: date, zone: ZoneInfo, *, late: bool = True) -> datetime:
    """Return the instant (UTC) at which *day* is over: the latest that it can be read as, unless *late* is false."""
    return day_start(day + timedelta(days=1), zone, late=late)


def shift_date(day: date, duration: Duration, sign: int = 1) -> date:
    """Move *day* by *duration*, forwards or (*sign* -1) backwards, never cutting a month short.

    Dates know no hours: a part of a day counts as a day.
    """
    if duration.is_elapsed:
        days = -(-duration.rough_length // timedelta(days=1))
        return day + timedelta(days=sign * days)
    if duration.unit in DAYS:
        return day + timedelta(days=sign * duration.amount * DAYS[duration.unit])
    months = 12 * day.year + day.month - 1 + sign * duration.amount * MONTHS[duration.unit]
    try:
        return date(months // 12, months % 12 + 1, day.day)
    except ValueError:
        # This month is shorter.
        following = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
        return following if sign > 0 else following - timedelta(days=1)


def _elapse(point: Point, step: timedelta, zone: ZoneInfo) -> Point:
    at = point.at + step
    closes_its_day = local_date(point.at, zone) > point.day
    return Point(at, local_date(last_instant(at) if closes_its_day else at, zone))


def as_start(point: Point, duration: Duration, zone: ZoneInfo, sign: int = 1) -> Point:
    """Count *duration* from *point* to where something begins: a calendar day begins at its midnight."""
    if duration.is_elapsed:
        return _elapse(point, sign * duration.rough_length, zone)
    day = shift_date(point.day, duration, sign)
    return Point(day_start(day, zone), day)


def as_end(point: Point, duration: Duration, zone: ZoneInfo, *, late: bool = True) -> Point:
    """Count *duration* forwards to where something ends: the last calendar day counts whole.

    Never less than the same number of days in elapsed time, so that a short clock-change day cuts nothing.
    *late* is the reading of a midnight that comes twice.
    """
    if duration.is_elapsed:
        return _elapse(point, duration.rough_length, zone)
    day = shift_date(point.day, duration)
    return Point(max(day_end(day, zone, late=late), point.at + (day - point.day)), day)


def as_end_before(point: Point, duration: Duration, zone: ZoneInfo, *, whole_day: bool) -> Point:
    """Count *duration* backwards to where something ends; *whole_day* takes that calendar day in."""
    start = as_start(point, duration, zone, sign=-1)
    if duration.is_elapsed or not whole_day:
        return start
    return Point(day_end(start.day, zone), start.day)


@lru_cache(maxsize=4096)
def begins_day(instant: datetime, zone: ZoneInfo) -> bool:
    """Report whether a day begins at *instant* (UTC), at either reading of its midnight."""
    day = local_date(instant, zone)
    return instant in (day_start(day, zone), day_start(day, zone, late=True))


def floor_to_day(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the midnight at or before *instant*."""
    return day_start(local_date(instant, zone), zone)


def ceil_to_day(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the midnight at or after *instant*."""
    return instant if begins_day(instant, zone) else day_end(local_date(instant, zone), zone)


TREATMENT = "treatment"
NEXT_SESSION = "next-session"
EVENT = "event"
ENDS = " ends"

_MOMENT = re.compile(r"([a-z][a-z0-9-]*(?: ends)?)(?:\s*([+-])\s*(.+))?")
_RANGE = re.compile(r"(?:(at least|up to) \s*)?(\S+?)(?:\s*\.\.\s*(\S+))?")


class Range(NamedTuple):
    """A duration or a range of durations, *near* to *far*; *hedge* is `at least`, `up to` or nothing."""

    near: Duration
    far: Duration
    hedge: str = ""

    def __str__(self) -> str:
        if self.near != self.far:
            return f"{self.near}..{self.far}"
        return f"{self.hedge} {self.near}".strip()

    def side(self, *, far: bool) -> Duration:
        """Return the farther or the nearer duration; without a range they are the same."""
        return self.far if far else self.near


NOTHING = Range(ZERO, ZERO)


class Term(NamedTuple):
    """One part of a bound: *offset* after (*sign* 1) or before (-1) the moment called *moment*."""

    moment: str
    offset: Range = NOTHING
    sign: int = 1

    @property
    def ends_rule(self) -> str | None:
        """The id of the rule whose end is the moment, if it is one."""
        return self.moment.removesuffix(ENDS) if self.moment.endswith(ENDS) else None

    def __str__(self) -> str:
        if self.moment == TREATMENT:
            if self.offset == NOTHING and self.sign == 1:
                return TREATMENT
            return f"{self.offset}{' before' if self.sign < 0 else ''}"
        if self.offset == NOTHING:
            return self.moment
        return f"{self.moment} {'+' if self.sign > 0 else '-'} {self.offset}"


_FOR_GOOD = "..always"


class Bound(NamedTuple):
    """Where a window begins or ends: all *terms* must hold; `always` has none.

    *mild_for_good* is whether "better not" follows it without end, as in `24h..always`.
    """

    terms: tuple[Term, ...]
    mild_for_good: bool = False

    @property
    def is_always(self) -> bool:
        """Whether it never comes."""
        return not self.terms

    @property
    def is_range(self) -> bool:
        """Whether it lies between two durations."""
        return self.mild_for_good or any(term.offset.near != term.offset.far for term in self.terms)

    @property
    def hedge(self) -> str:
        """The `at least` or `up to` that it is stated with, if any."""
        return next((term.offset.hedge for term in self.terms if term.offset.hedge), "")

    def is_at_once(self, *, far: bool) -> bool:
        """Whether it comes with the treatment itself, whenever that was: `treatment`, `0h`."""
        at_once = all(term.moment == TREATMENT and term.offset.side(far=far).is_nothing for term in self.terms)
        return at_once and not self.is_always and not (far and self.mild_for_good)

    def __str__(self) -> str:
        return (" and ".join(map(str, self.terms)) or "always") + self.mild_for_good * _FOR_GOOD


ALWAYS = Bound(())
AT_TREATMENT = Bound((Term(TREATMENT),))


def parse_range(text: str) -> Range | None:
    """Parse `48h`, `24h..48h`, `at least 2w`, `up to 3d`; None where *text* is none of them."""
    stated = _RANGE.fullmatch(text.strip())
    hedge, *sides = stated.groups(default="") if stated else ("", "", "")
    near, far = map(parse_duration, (sides[0], sides[1] or sides[0]))
    if near is None or far is None or far.rough_length < near.rough_length or (hedge and sides[1]):
        return None
    return Range(near, far, hedge)


def _parse_term(text: str) -> Term | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        length = parse_range(text.removesuffix(" before"))
        return Term(TREATMENT, length, -1 if text.endswith(" before") else 1) if length else None
    moment, sign, stated = match.groups()
    length = parse_range(stated) if stated else NOTHING
    return Term(moment, length, -1 if sign == "-" else 1) if length else None


# The same few bounds stand in many rules.
@lru_cache(maxsize=4096)
def parse_bound(text: str) -> Bound | None:
    """Parse a bound such as `48h and redness-gone`; None where *text* is none."""
    if text == "always":
        return ALWAYS
    stated = text.removesuffix(_FOR_GOOD)
    terms = [_parse_term(part.strip()) for part in stated.split(" and ")]
    found = tuple(term for term in terms if term is not None)
    return Bound(found, stated != text) if len(found) == len(terms) else None
