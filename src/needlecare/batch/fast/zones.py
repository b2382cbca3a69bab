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
_NONE = timedelta()
_DAY = 24 * 60 * 60


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


class Question(NamedTuple):
    """What a zone was asked: its offset at an instant (*fold* None) or at a wall-clock time, the first or second one.

    *seconds* count from the start of a day; instants as if the day's offset held throughout.
    """

    fold: int | None
    seconds: int


def seconds_from(day: int, when: datetime) -> int:
    """Count the seconds from the start of *day* (its ordinal) to *when*, as the clock shows them."""
    return (when.toordinal() - day) * _DAY + when.hour * 3600 + when.minute * 60 + when.second


class ListeningZone(tzinfo):
    """The zone *real*, or one without offset, that notes what it is asked; seconds count from the start of *day*."""

    def __init__(self, day: date, real: ZoneInfo | None = None) -> None:
        self._day = day.toordinal()
        self._real = real
        self._offset = self._tell(datetime(day.year, day.month, day.day)) // _SECOND  # noqa: DTZ001  by this zone
        self.key = real.key if real else "UTC"
        self.asked: list[Question] = []

    def _tell(self, when: datetime) -> timedelta:
        if self._real is None:
            return _NONE
        return when.replace(tzinfo=self._real).utcoffset() or _NONE

    def utcoffset(self, when: datetime | None) -> timedelta:
        """Tell the offset at a wall-clock time."""
        if when is None:
            return timedelta()
        self.asked.append(Question(when.fold, seconds_from(self._day, when)))
        return self._tell(when)

    def fromutc(self, when: datetime) -> datetime:
        """Give the local time of an instant."""
        self.asked.append(Question(None, seconds_from(self._day, when) + self._offset))
        if self._real is None:
            return when
        return self._real.fromutc(when.replace(tzinfo=self._real)).replace(tzinfo=self)

    def dst(self, when: datetime | None) -> timedelta:
        """Tell of no summer time: nobody asks."""
        del when
        return timedelta()

    def tzname(self, when: datetime | None) -> str | None:
        """Give the name of the zone."""
        del when
        return self.key
