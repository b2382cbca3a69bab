"""The time that a question is about: an instant, whole days, or a part of a day, and what lies in it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from needlecare.model.plan import Treatment, touches
from needlecare.model.time import Duration, day_end, day_start, last_date, local_date, readings, shift_date

UNITS = {"day": ("d", 1), "week": ("w", 1), "fortnight": ("w", 2), "month": ("mo", 1)}
ELAPSED = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}


class Length(NamedTuple):
    """How long something goes on: *amount* of one *unit*, minute to month. A negative amount leads back."""

    amount: int
    unit: str

    @property
    def elapsed(self) -> timedelta | None:
        """The time of minutes and hours; whole days have none."""
        return self.amount * ELAPSED[self.unit] if self.unit in ELAPSED else None

    def from_day(self, day: date) -> date:
        """Count whole days from *day*; a part of one doesn't leave it."""
        if self.elapsed is not None:
            return day + timedelta(days=self.elapsed.days)
        letter, times = UNITS[self.unit]
        return shift_date(day, Duration(abs(self.amount) * times, letter), 1 if self.amount >= 0 else -1)


class When(NamedTuple):
    """The time of a question: the instant *at* (UTC), else every instant of `[start, end)` or of *first* to *last*.

    *first* and *last* are the days that it touches; a time that is *past* lies behind the person who asks.
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
        """Return whether `[start, end)` holds at the instant, or at any of the days."""
        if start >= end:
            return False
        if self.at is not None:
            return start <= self.at < end
        if self.start is not None and self.end is not None:
            return start < self.end and self.start < end
        return touches(start, end, self.first, self.last, treatment.zone)

    def begins(self, treatment: Treatment) -> datetime:
        """Return the first instant that is asked about."""
        return self.at or self.start or day_start(self.first, treatment.zone)


def at_instant(instant: datetime, treatment: Treatment) -> When:
    """Ask about an instant."""
    day = local_date(instant, treatment.zone)
    return When(instant.astimezone(UTC), day, day)


def on_day(first: date, last: date | None = None) -> When:
    """Ask about the strictest instant of a day, or of several."""
    return When(None, first, last or first)


def at_time(day: date, clock: time, treatment: Treatment) -> When:
    """Ask about a time of a day; where the clock shows it twice, about the first."""
    return When(readings(datetime.combine(day, clock), treatment.zone)[0], day, day)


def in_stretch(start: datetime, end: datetime, treatment: Treatment) -> When:
    """Ask about the strictest instant from *start* to *end*; about *start* alone where nothing lies between."""
    if end <= start:
        return at_instant(start, treatment)
    first, last = local_date(start, treatment.zone), last_date(start, end, treatment.zone)
    return When(None, first, last, start=start.astimezone(UTC), end=end.astimezone(UTC))


def between(day: date, start: time, end: time, treatment: Treatment) -> When:
    """Ask about a part of a day; an *end* at midnight is that of the day. What the clock shows twice counts whole."""
    begins = readings(datetime.combine(day, start), treatment.zone)[0]
    if end == time(0):
        return in_stretch(begins, day_start(day + timedelta(days=1), treatment.zone), treatment)
    return in_stretch(begins, readings(datetime.combine(day, end), treatment.zone)[-1], treatment)


def go_on(when: When, lengths: Iterable[Length], treatment: Treatment) -> When:
    """Ask about all that lies between *when* and its end after *lengths*; a last day counts whole."""
    for length in lengths:
        begins, last = when.begins(treatment), length.from_day(when.last)
        if when.is_day:
            longer = on_day(when.first, last)
        elif length.elapsed is not None:
            longer = in_stretch(begins, (when.end or begins) + length.elapsed, treatment)
        else:
            longer = in_stretch(begins, day_end(last, treatment.zone), treatment)
        when = longer._replace(past=when.past)
    return when


def lasting(lengths: Iterable[Length], treatment: Treatment, now: datetime) -> When:
    """Ask about the end of what lasts for *lengths* from the treatment on, or about *now* if that is later."""
    lengths = tuple(lengths)
    when = go_on(at_instant(treatment.last, treatment), lengths, treatment)
    over = when.end or treatment.last
    if over <= now.astimezone(UTC):
        return at_instant(now, treatment)
    return at_instant(over, treatment) if all(one.elapsed is not None for one in lengths) else on_day(when.last)
