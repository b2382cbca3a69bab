"""One treatment: its date, its time if it is known, its zone, and what has been seen since."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.errors import InputError
from needlecare.model.time import FIRST_YEAR, LAST_YEAR, Point, day_end, day_start, point_at, readings


class Seen(NamedTuple):
    """When something was seen: between *first* and *last*. With neither it is known not to have come yet."""

    first: Point | None = None
    last: Point | None = None


NOT_YET = Seen()


class Event(NamedTuple):
    """Something else in the person's life, from the day *first* to *last*, both included."""

    kind: str
    label: str
    first: date
    last: date


class Treatment(NamedTuple):
    """One sitting. It took place at some instant from *first* to *last*: the same one if the time is known.

    A date alone means any minute of that day; a wall-clock time that comes twice means either of both. *next_day* is
    the date of the next session, if it is booked.
    """

    day: date
    clock: time | None
    zone: ZoneInfo
    first: datetime
    last: datetime
    seen: Mapping[str, Seen] = {}
    next_day: date | None = None
    events: tuple[Event, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether the time of the day is known."""
        return self.clock is not None

    @property
    def earliest(self) -> Point:
        """The first instant that it can have taken place at."""
        return Point(self.first, self.day)

    @property
    def latest(self) -> Point:
        """The last instant that it can have taken place at; for a date alone, the end of its day."""
        return Point(self.last, self.day)


def make_treatment(day: date, clock: time | None, zone: ZoneInfo, seen: Mapping[str, Seen] | None = None) -> Treatment:
    """Make a treatment of what people know: its date, perhaps its time, its zone.

    Raises:
        InputError: one of them is something else, or the date lies outside 1900 to 2199.
    """
    mistake = _mistake(day, clock, zone)
    if mistake:
        raise InputError(mistake)
    return treated_on(day, clock, zone, seen)


def _mistake(day: object, clock: object, zone: object) -> str:
    """Say what is wrong with what a treatment should be made of, if anything is."""
    if not isinstance(day, date) or isinstance(day, datetime):
        return f"the day of a treatment is a date, such as date(2026, 11, 20), not {day!r}"
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return f"{day.isoformat()} lies outside the years {FIRST_YEAR} to {LAST_YEAR}"
    if not isinstance(zone, ZoneInfo):
        return f'the zone of a treatment is a ZoneInfo, such as ZoneInfo("Europe/London"), not {zone!r}'
    if clock is not None and (not isinstance(clock, time) or clock.tzinfo):
        return f"the time of a treatment is a time without a zone, such as time(16, 30), or None, not {clock!r}"
    return ""


def treated_on(day: date, clock: time | None, zone: ZoneInfo, seen: Mapping[str, Seen] | None = None) -> Treatment:
    """Make a treatment of what is known to be right, or follows from another and may lie beyond any that is told."""
    if clock is None:
        first, last = day_start(day, zone), day_end(day, zone)
    else:
        first, last = readings(datetime.combine(day, clock), zone)
    return Treatment(day, clock, zone, first, last, seen or {})


def seen_at(local: datetime, zone: ZoneInfo) -> Seen:
    """Make what was seen at a wall-clock time."""
    first, last = readings(local, zone)
    return Seen(point_at(first, zone), point_at(last, zone))


def seen_on(day: date, zone: ZoneInfo) -> Seen:
    """Make what was seen on a day, at any minute of it."""
    return Seen(Point(day_start(day, zone), day), Point(day_end(day, zone), day))


def day_number(treatment: Treatment, day: date) -> int:
    """Count *day* from the treatment's date, which is day 0."""
    return (day - treatment.day) // timedelta(days=1)
