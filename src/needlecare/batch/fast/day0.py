"""When a treatment takes place, and instants by the wall clock: seconds from the start of its day."""

from bisect import bisect
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.batch.fast.zones import changes_between, offset_at, seconds_from
from needlecare.model.plan import FOREVER
from needlecare.model.time import Duration, shift_date
from needlecare.model.treatment import Treatment

DAY = 24 * 60 * 60
FAR = 400 * DAY
_NARROWEST = 60
_SECOND = timedelta(seconds=1)
_MOMENT = timedelta(microseconds=1)
_EPOCH = date(1970, 1, 1)

# A stretch of the day between two times; a single time is both.
Cell = tuple[int, int]


class Instant(NamedTuple):
    """An instant by the wall clock: *seconds* from the start of day 0, plus the time of the treatment if it *follows*.

    *by* is how much further the clocks are there than at the start of day 0.
    """

    seconds: int
    follows: bool
    by: int


class Around(NamedTuple):
    """A clock change *by* seconds, *at* a time from the start of a day; *is_over* if the day starts after it."""

    at: int
    by: int
    is_over: bool


class Kind(NamedTuple):
    """Of which kind clock changes on the way are: what time of a step they come at, which way they go.

    Treatments in the same *cell* of the day are alike.
    """

    cell: Cell | None
    passed: tuple[int, ...]
    ways: tuple[tuple[int, bool], ...]


class Day0(NamedTuple):
    """When a treatment takes place, as seconds from the start of its day.

    *clock* is its time, *offset* that of the zone as the day starts, *changes* are the clock changes around, and
    *last_before* and *next_after* the nearest of them; *cells* tells the stretch of the day for each step, *kinds*
    the kind of changes for each step.
    """

    treatment: Treatment
    clock: int | None
    offset: int
    changes: tuple[Around, ...]
    last_before: int
    next_after: int
    cells: dict[int, Cell]
    kinds: dict[tuple[int, tuple[Around, ...]], Kind]


class Unsteady(Exception):  # noqa: N818  not an error: the caller takes the long way
    """What was built can't be moved to another date or time."""


def look_at(treatment: Treatment) -> Day0:
    """Look at when *treatment* takes place.

    Raises:
        Unsteady: not in whole minutes, or more is known than that.
    """
    clock = treatment.clock
    if (
        treatment.seen
        or treatment.next_day
        or treatment.events
        or (clock is not None and (clock.second or clock.microsecond or clock.tzinfo))
    ):
        raise Unsteady
    around = _around(treatment.day, treatment.zone)
    seconds = None if clock is None else clock.hour * 3600 + clock.minute * 60
    return Day0(treatment, seconds, *around, {}, {})


@lru_cache(maxsize=2048)
def _around(day: date, zone: ZoneInfo) -> tuple[int, tuple[Around, ...], int, int]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    offset = (midnight.utcoffset() or timedelta()) // _SECOND
    wall = (day - _EPOCH) // _SECOND
    start = wall - offset
    changes = []
    for at, by in changes_between(zone, start - FAR, start + FAR):
        # A midnight that doesn't exist, or comes twice, is read by the offset before the change.
        before = offset_at(zone, at - 1)
        changes.append(Around(at - start, by, at + max(before, before + by) <= wall))
    last_before = max((one.at for one in changes if one.at <= 0), default=-FAR)
    next_after = min((one.at for one in changes if one.at > 0), default=FAR)
    return offset, tuple(changes), last_before, next_after


@lru_cache(maxsize=8192)
def days_in(months: Duration, sign: int, day: date) -> int:
    """Count the days that *months* from *day* are."""
    return (shift_date(day, months, sign) - day).days


def as_time(seconds: int) -> time:
    """Give the time of the day after *seconds* of it."""
    minutes, second = divmod(seconds, 60)
    return time(*divmod(minutes, 60), second)


def describe(instants: tuple[datetime, ...], treatments: list[Treatment], offset: int) -> Instant:
    """Describe one instant by what it is for each of *treatments*."""
    found = [_local(instant, treatment, offset) for instant, treatment in zip(instants, treatments, strict=True)]
    first, last = found[0], found[-1]
    if len(found) == 1 or first == last:
        return Instant(first[0], follows=False, by=first[1])
    clocks = [seconds_of(treatment.clock) for treatment in treatments]
    if (last[0] - first[0], last[1]) != (clocks[-1] - clocks[0], first[1]):
        raise Unsteady
    return Instant(first[0] - clocks[0], follows=True, by=first[1])


def _local(instant: datetime, treatment: Treatment, offset: int) -> tuple[int, int]:
    if instant == FOREVER:
        return -1, 0
    # The last moment before an instant has a day of its own, which is asked for when days are drawn.
    (instant - _MOMENT).astimezone(treatment.zone)
    local = instant.astimezone(treatment.zone)
    if local.microsecond:
        raise Unsteady
    by = (local.utcoffset() or timedelta()) // _SECOND - offset
    return seconds_from(treatment.day.toordinal(), local), by


def seconds_of(clock: time | None) -> int:
    """Count the seconds of the day at *clock*."""
    return 0 if clock is None else clock.hour * 3600 + clock.minute * 60 + clock.second


def cell_of(clock: int, step: int, edges: tuple[int, ...]) -> Cell:
    """Tell between which edges of the day *clock* is; *edges* repeat with every *step*. On an edge it is both."""
    start = clock - clock % step
    rest = clock - start
    place = bisect(edges, rest) - 1
    if rest == edges[place]:
        return clock, clock
    below = edges[place] if place >= 0 else edges[-1] - step
    above = edges[place + 1] if place + 1 < len(edges) else edges[0] + step
    return max(start + below, 0), min(start + above, DAY)


def clocks_in(cell: Cell | None) -> list[time | None]:
    """Choose times to learn from: the one on the edge, or two between edges."""
    if cell is None:
        return [None]
    start, end = cell
    if start < end < start + _NARROWEST:
        raise Unsteady
    third = (end - start) // 3
    return [as_time(one) for one in ((start,) if start == end else (start + third, start + 2 * third))]
