"""Zones as lists of clock changes, and a plain zone that remembers what it was asked."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Two changes nearer to each other than this could be missed; no zone has had any.
_STEP = 3 * 60 * 60
_SECOND = timedelta(seconds=1)


class Change(NamedTuple):
    """A clock change: *at* (seconds since 1970) the offset grows by *by* seconds."""

    at: int
    by: int


def changes_between(zone: ZoneInfo, start: int, end: int) -> tuple[Change, ...]:
    """Give the clock changes of *zone* from *start* to *end*, in seconds since 1970."""
    found: list[Change] = []
    for year in range((_EPOCH + start * _SECOND).year, (_EPOCH + end * _SECOND).year + 1):
        of_year = _changes(zone, year)
        found.extend(of_year[bisect_left(of_year, (start, -86400)) : bisect_right(of_year, (end, 86400))])
    return tuple(found)


@lru_cache(maxsize=1024)
def _changes(zone: ZoneInfo, year: int) -> tuple[Change, ...]:
    """Find the clock changes of a year: look every few hours, and halve the way to the second where it changed."""
    start, end = (int((datetime(one, 1, 1, tzinfo=UTC) - _EPOCH) / _SECOND) for one in (year, year + 1))
    found = []
    before = offset_at(zone, start)
    for low in range(start, end, _STEP):
        after = offset_at(zone, low + _STEP)
        if after != before:
            known, changed = low, low + _STEP
            while changed - known > 1:
                middle = (known + changed) // 2
                known, changed = (known, middle) if offset_at(zone, middle) != before else (middle, changed)
            found.append(Change(changed, after - before))
        before = after
    return tuple(found)


def offset_at(zone: ZoneInfo, at: int) -> int:
    """Give the offset of *zone* from UTC, in seconds."""
    local = (_EPOCH + at * _SECOND).astimezone(zone)
    return int((local.utcoffset() or timedelta()) / _SECOND)


class ListeningZone(tzinfo):
    """A zone without offset that notes, in seconds from the start of *day*, every point it was asked about."""

    key = "UTC"

    def __init__(self, day: date) -> None:
        self._midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  wall-clock time of this zone
        self.asked: set[int] = {0}

    def utcoffset(self, when: datetime | None) -> timedelta:
        """Tell that there is no offset."""
        if when is not None:
            self.asked.add(int((when.replace(tzinfo=None) - self._midnight) / _SECOND))
        return timedelta()

    def dst(self, when: datetime | None) -> timedelta:
        """Tell that there is no summer time."""
        del when
        return timedelta()

    def tzname(self, when: datetime | None) -> str:
        """Give the name of the zone."""
        del when
        return self.key

    def fromutc(self, when: datetime) -> datetime:
        """Give the local time, which is the same."""
        self.asked.add(int((when.replace(tzinfo=None) - self._midnight) / _SECOND))
        return when
