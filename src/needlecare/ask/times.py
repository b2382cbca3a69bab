"""The time that a question is about: an instant, whole days, or a part of a day. It reads no words."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from needlecare.errors import InputError
from needlecare.model.plan import Treatment, touches
from needlecare.model.time import INSTANT, Duration, day_end, day_start, last_date, local_date, readings, shift_date

# Reads the clock; called only where it is needed.
Present = Callable[[], datetime]
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


def from_to(start: datetime, end: datetime, treatment: Treatment) -> When:
    """Ask about the strictest instant from *start* to *end*; about *start* alone where nothing lies between."""
    if end <= start:
        return at_instant(start, treatment)
    first, last = local_date(start, treatment.zone), last_date(start, end, treatment.zone)
    return When(None, first, last, start=start.astimezone(UTC), end=end.astimezone(UTC))


def between(day: date, start: time, end: time, treatment: Treatment) -> When:
    """Ask about a part of a day; an *end* at midnight is that of the day. What the clock shows twice counts whole."""
    zone, next_day = treatment.zone, day + timedelta(days=1)
    ends = readings(datetime.combine(day, end), zone)[-1] if end > time(0) else day_start(next_day, zone)
    return from_to(readings(datetime.combine(day, start), zone)[0], ends, treatment)


def go_on(when: When, lengths: Iterable[Length], treatment: Treatment) -> When:
    """Ask about all that lies between *when* and its end after *lengths*; a last day counts whole."""
    for length in lengths:
        begins, last = when.begins(treatment), length.from_day(when.last)
        end = day_end(last, treatment.zone) if length.elapsed is None else (when.end or begins) + length.elapsed
        longer = on_day(when.first, last) if when.is_day else from_to(begins, end, treatment)
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


class Reading(NamedTuple):
    """What words say of the time: *words* are what is left without them.

    *part* is a part of the day, of today if *this*. A clock time of *either* half of the day is “at 6”. *lead* is
    `before` (all the time until then), `after` (the rest of the day) or `since`. *lengths* are how long it goes on,
    from the treatment if it is an *opening*. *weekday* and *exact* are how its day was named: by name, by date.
    """

    words: str = ""
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
    weekday: str = ""
    exact: date | None = None

    def on(self, day: date, words: str) -> "Reading":
        """Return the same on a *day* that is known besides the *words*.

        Raises:
            InputError: they name another day.
        """
        if (self.first is not None or self.opening) and (self.first, self.last) != (day, day):
            raise InputError(f"{day.isoformat()} and the words `{words}` name two days; ask about one at a time")
        return self._replace(first=day, last=day, this=False)


# Wide enough for what anybody means by it; the strictest instant counts.
_PARTS = {
    "morning": (time(5), time(12)),
    "lunchtime": (time(11), time(15)),
    "afternoon": (time(12), time(18)),
    "evening": (time(17), time(0)),
    "night": (time(17), time(0)),
}
_SECOND_HALF = ("afternoon", "evening", "night")
HALF_DAY = 12
_EARLY = _PARTS["morning"][0]


def when_asked(reading: Reading, treatment: Treatment, present: Present) -> When | None:
    """Return when *reading* asks about, or from when on; None where it doesn't say.

    Raises:
        InputError: it asks what has been since a day that is still to come.
    """
    if reading.opening:
        return from_to(treatment.first, treatment.last, treatment)
    if reading.clock is not None:
        return _at_clock(reading, reading.clock, treatment, present)
    if reading.at is not None:
        return _led(reading.at, reading.lead, treatment, present)
    if reading.first is None or reading.last is None:
        return _part_of_day(reading, treatment, present) if reading.part else None
    if reading.lead:
        return _led_days(reading.first, reading.last, reading.lead, present)
    if reading.part and reading.first == reading.last:
        return _part_of_day(reading, treatment, present)
    return on_day(reading.first, reading.last)


def _at_clock(reading: Reading, clock: time, treatment: Treatment, present: Present) -> When:
    day = reading.first or present().date()
    if reading.either and not reading.part:
        return _in_either_half(day, clock, treatment)
    day, clock = _in_its_part(reading, day, clock, present)
    if reading.lead == "after":
        return between(day, clock, time(0), treatment)
    at = at_time(day, clock, treatment).begins(treatment)
    if reading.lead == "since" and reading.first is None and at > present().astimezone(UTC):
        at = at_time(day - timedelta(days=1), clock, treatment).begins(treatment)
    return _led(at, reading.lead, treatment, present)


def _in_its_part(reading: Reading, day: date, clock: time, present: Present) -> tuple[date, time]:
    """Return the day and the time that *clock* shows in a part of *day*: 7 in the evening is 19:00."""
    if reading.part == "night" and (clock < _EARLY or (reading.either and clock.hour == HALF_DAY)):
        # The small hours are those of the night that begins on that day; of tonight they may be under way.
        begun = reading.this and present().time() < _EARLY
        return day + timedelta(days=not begun), clock.replace(hour=clock.hour % HALF_DAY)
    if clock.hour < HALF_DAY and reading.part in _SECOND_HALF:
        return day, clock.replace(hour=clock.hour + HALF_DAY)
    return day, clock


def _led(at: datetime, lead: str, treatment: Treatment, present: Present) -> When:
    """Ask about an instant, all since it, or all before it."""
    if lead == "since":
        return from_to(at, present(), treatment)
    return from_to(present(), at, treatment) if lead == "before" else at_instant(at, treatment)


def _led_days(first: date, last: date, lead: str, present: Present) -> When:
    """Ask about all days since the first, until the last, or from the first on."""
    if lead == "after":
        return on_day(first, last)
    today = present().date()
    if lead == "since" and first > today:
        raise InputError(f"{first.isoformat()} is still to come; ask about it with `on`, not with `since`")
    return on_day(min(first, today) if lead == "before" else first, max(last, today))


def _in_either_half(day: date, clock: time, treatment: Treatment) -> When:
    """Ask about all between the two times of a day that show the same on a clock: the strictest counts."""
    early, late = (at_time(day, clock.replace(hour=clock.hour % HALF_DAY + half), treatment) for half in (0, HALF_DAY))
    return from_to(early.begins(treatment), late.begins(treatment) + INSTANT, treatment)


def _part_of_day(reading: Reading, treatment: Treatment, present: Present) -> When:
    """Ask about a part of a day: without a day, of the one that goes on or comes next."""
    start, end = _PARTS[reading.part]
    if reading.first is not None and not reading.this:
        return between(reading.first, start, end, treatment)
    now = present()
    when = between(now.date(), start, end, treatment)
    over = when.end or now
    if over <= now.astimezone(UTC):
        if reading.this:
            return when._replace(past=True)
        return between(now.date() + timedelta(days=1), start, end, treatment)
    # In the small hours “tonight” has begun.
    begun = reading.part == "night" and now.time() < _EARLY
    return from_to(now if begun else max(when.begins(treatment), now.astimezone(UTC)), over, treatment)
