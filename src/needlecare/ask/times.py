"""The time that a question is about: an instant, whole days, or a part of a day. It reads no words."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.errors import InputError
from needlecare.model.plan import FOREVER, Treatment
from needlecare.model.time import INSTANT, Duration, day_end, day_start, last_instant, local_date, readings, shift_date
from needlecare.typed import HALF_DAY, MONTH_NAMES, WEEKDAYS, made_date

# Reads the clock; called only where it is needed.
Present = Callable[[], datetime]


class When(NamedTuple):
    """The time of a question: every instant of `[start, end)` (UTC), on the days *first* to *last*.

    *whole* are days as such; a time that is *past* lies behind the person who asks at *present*, *now* is that moment.
    """

    start: datetime
    end: datetime
    first: date
    last: date
    whole: bool = False
    past: bool = False
    now: bool = False
    present: datetime | None = None

    @property
    def reference(self) -> datetime:
        """The moment by which it is judged what speaks against the treatment: of asking, if that is known."""
        return self.present or self.start

    @property
    def is_instant(self) -> bool:
        """Whether it has no length to speak of."""
        return self.end - self.start == INSTANT

    @property
    def over(self) -> datetime:
        """When it is over; an instant is at once."""
        return self.start if self.is_instant else self.end

    def meets(self, start: datetime, end: datetime) -> bool:
        """Return whether `[start, end)` holds at any of its instants."""
        return max(start, self.start) < min(end, self.end)


def from_to(start: datetime, end: datetime, zone: ZoneInfo) -> When:
    """Ask about the strictest instant from *start* to *end*; about *start* alone where nothing lies between."""
    begins, ends = start.astimezone(UTC), max(start + INSTANT, end).astimezone(UTC)
    return When(begins, ends, local_date(begins, zone), local_date(last_instant(ends), zone))


def on_days(first: date, last: date, zone: ZoneInfo) -> When:
    """Ask about the strictest instant of a day, or of several."""
    # Where midnight comes twice, the next day begins with the first.
    return When(day_start(first, zone), day_end(last, zone, late=False), first, last, whole=True)


def at_time(day: date, clock: time, zone: ZoneInfo) -> When:
    """Ask about a time of a day; where the clock shows it twice, about the first."""
    at = readings(datetime.combine(day, clock), zone)[0]
    return from_to(at, at, zone)


def between(day: date, start: time, end: time, zone: ZoneInfo) -> When:
    """Ask about a part of a day; an *end* at midnight is that of the day. What the clock shows twice counts whole."""
    ends = readings(datetime.combine(day, end), zone)[-1] if end > time(0) else day_end(day, zone, late=False)
    return from_to(readings(datetime.combine(day, start), zone)[0], ends, zone)


def from_then_on(start: datetime, first: date) -> When:
    """Ask about all time from *start* on."""
    return When(start, FOREVER, first, date.max)


def around(when: When, slack: Duration | None, treatment: Treatment) -> When:
    """Ask about all that lies around *when*, as far as *slack* goes; what comes after the treatment stays after it."""
    if slack is None:
        return when
    zone, length = treatment.zone, slack.rough_length
    if when.end == FOREVER:
        wide = from_then_on(when.start - length, local_date(when.start - length, zone))
    elif when.whole:
        wide = on_days(when.first - length, when.last + length, zone)
    else:
        wide = from_to(when.start - length, when.over + length, zone)
    if when.start >= treatment.last > wide.start:
        wide = wide._replace(start=treatment.last, first=treatment.day, whole=False)
    return wide._replace(past=when.past)


def go_on(when: When, lengths: Iterable[Duration], zone: ZoneInfo) -> When:
    """Ask about all that lies between *when* and its end after *lengths*; a last day counts whole."""
    for length in lengths:
        if length.is_elapsed:
            last = when.last + timedelta(days=length.rough_length.days)
            end = when.over + length.rough_length
        else:
            last = shift_date(when.last, length)
            end = day_end(last, zone)
        longer = on_days(when.first, last, zone) if when.whole else from_to(when.start, end, zone)
        when = longer._replace(past=when.past)
    return when


def coming_weekday(name: str, which: str, today: date) -> date:
    """Return the coming day of that name, today included; with “last” the one gone by.

    “Next” is taken as the coming one too: the sooner day is the stricter.
    """
    ahead = (WEEKDAYS.index(name[:3]) - today.weekday()) % len(WEEKDAYS)
    return today + timedelta(days={"last": ahead - len(WEEKDAYS), "next": ahead or len(WEEKDAYS)}.get(which, ahead))


def near_date(day: int, month: int, year: str, treatment: Treatment) -> date:
    """Return a date; without a year, the one nearest to the treatment."""
    years = [int(year)] if year else [treatment.day.year + shift for shift in (0, 1, -1)]
    found = [made for one in years if (made := made_date(one, month, day))]
    if not found:
        raise InputError(f"{day} {MONTH_NAMES[month - 1].title()} {year}".strip() + " is not a day of the calendar")
    return min(found, key=lambda one: abs((one - treatment.day).days))


def shown_date(day: date) -> str:
    """Format *day* as people write it, to be read back: 22 Nov 2026."""
    return f"{day.day} {MONTH_NAMES[day.month - 1].title()} {day.year}"


BEYOND = "beyond"
# How far off a time may be that is “about” so long away, by its unit.
SLACK = {"min": Duration(30, "min"), "h": Duration(30, "min"), "d": Duration(1, "d"), "w": Duration(2, "d")}
SLACK |= {"mo": Duration(1, "w"), "y": Duration(1, "mo")}


class Reading(NamedTuple):
    """What words say of the time: *words* are what is left without them.

    *part* is a part of the day, of today if *this*. A clock time of *either* half of the day is “at 6”. *lead* is
    `before` (all the time until then), `after` (the rest of the day), `since`, or BEYOND: all time from then on.
    *slack* is how far off it may be. *lengths* are how long it goes on, give or take *spare*, from the treatment if
    it is an *opening*. *weekday* and *exact* are how its day was named: by name, by date.
    *unsure* is a time as typed, 4:30, that only a part of the day puts into one of its halves.
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
    lengths: tuple[Duration, ...] = ()
    opening: bool = False
    weekday: str = ""
    exact: date | None = None
    unsure: str = ""
    slack: Duration | None = None
    spare: Duration | None = None

    def unopened(self, other: "Reading") -> "Reading":
        """Forget how long something went on from the treatment, where *other* is a day or an instant."""
        return Reading() if self.opening and (other.first or other.at) else self

    def loosened(self, slack: Duration | None) -> "Reading":
        """Return the same, but only about so."""
        return self._replace(spare=slack) if self.lengths and not self.first else self._replace(slack=slack)

    def at_earliest(self, present: Present) -> "Reading":
        """Return the same, but of all time after a length its beginning: the day that follows, if that isn't today."""
        if self.lead != BEYOND:
            return self
        if self.first is None:
            days = () if all(one.is_elapsed for one in self.lengths) else (Duration(1, "d"),)
            return self._replace(lead="", lengths=(*self.lengths, *days))
        day = self.first + timedelta(days=self.at is None and self.first != present().date())
        return self._replace(lead="", first=day, last=day, lengths=())

    def on(self, day: date, words: str) -> "Reading":
        """Return the same on a *day* that is known besides the *words*.

        Raises:
            InputError: they name another day.
        """
        if (self.first is not None or self.opening) and (self.first, self.last) != (day, day):
            raise InputError(f"{day.isoformat()} and the words `{words}` name two days; ask about one at a time")
        return self._replace(first=day, last=day, this=False)


def on_day(first: date, last: date | None = None) -> Reading:
    """Read a day, or all from *first* to *last*."""
    return Reading(first=first, last=last or first)


def exactly(day: date) -> Reading:
    """Read a *day* that is named by its date."""
    return on_day(day)._replace(exact=day)


# Wide enough for what anybody means by it; the strictest instant counts.
_PARTS = {
    "morning": (time(5), time(12)),
    "lunchtime": (time(11), time(15)),
    "afternoon": (time(12), time(18)),
    "second half": (time(12), time(0)),
    "evening": (time(17), time(0)),
    "night": (time(17), time(0)),
}
_SECOND_HALF = ("afternoon", "second half", "evening", "night")
_EARLY = _PARTS["morning"][0]


def when_asked(reading: Reading, treatment: Treatment, present: Present) -> When | None:
    """Return when *reading* asks about, or from when on; None where it doesn't say.

    Raises:
        InputError: it asks what has been since a day that is still to come.
    """
    asked = _named(reading, treatment, present)
    return around(asked, reading.slack, treatment) if asked else None


def _named(reading: Reading, treatment: Treatment, present: Present) -> When | None:
    zone = treatment.zone
    if reading.opening:
        return from_to(treatment.first, treatment.last, zone)
    if reading.clock is not None:
        return _at_clock(reading, reading.clock, zone, present)
    if reading.lead == BEYOND and reading.first:
        return from_then_on(reading.at or day_start(reading.first, zone), reading.first)
    if reading.at is not None:
        return _led(reading.at, reading.lead, zone, present)
    return _days_or_part(reading, zone, present)


def _days_or_part(reading: Reading, zone: ZoneInfo, present: Present) -> When | None:
    first, last = reading.first, reading.last
    if first and last and (reading.lead or not reading.part or first != last):
        return on_days(*_led_days(first, last, reading.lead, present), zone)
    return _part_of_day(reading, zone, present) if reading.part else None


def _at_clock(reading: Reading, clock: time, zone: ZoneInfo, present: Present) -> When:
    day = reading.first or present().date()
    if reading.either and not reading.part:
        # All between the two times of a day that show the same on a clock: the strictest counts.
        early, late = (at_time(day, clock.replace(hour=clock.hour % HALF_DAY + half), zone) for half in (0, HALF_DAY))
        return from_to(early.start, late.end, zone)
    day, clock = _in_its_part(reading, day, clock, present)
    if reading.lead == "after":
        return between(day, clock, time(0), zone)
    at = at_time(day, clock, zone).start
    if (reading.lead == "since" or reading.past) and reading.first is None and at > present():
        at = at_time(day - timedelta(days=1), clock, zone).start
    return _led(at, reading.lead, zone, present)


def _in_its_part(reading: Reading, day: date, clock: time, present: Present) -> tuple[date, time]:
    """Return the day and the time that *clock* shows in a part of *day*: 7 in the evening is 19:00."""
    if reading.part == "night" and (clock < _EARLY or (reading.either and clock.hour == HALF_DAY)):
        # The small hours are those of the night that begins on that day; of tonight they may be under way.
        begun = reading.this and present().time() < _EARLY
        return day + timedelta(days=not begun), clock.replace(hour=clock.hour % HALF_DAY)
    is_later = clock.hour < HALF_DAY and reading.part in _SECOND_HALF
    return day, clock.replace(hour=clock.hour + HALF_DAY) if is_later else clock


def _led(at: datetime, lead: str, zone: ZoneInfo, present: Present) -> When:
    """Ask about an instant, all since it, or all before it."""
    return from_to(present() if lead == "before" else at, present() if lead == "since" else at, zone)


def _led_days(first: date, last: date, lead: str, present: Present) -> tuple[date, date]:
    """Return all days since the first, until the last, or both and what lies between."""
    if lead in ("", "after"):
        return first, last
    today = present().date()
    if lead == "since" and first > today:
        raise InputError(f"{first.isoformat()} is still to come; ask about it with `on`, not with `since`")
    return min(first, today) if lead == "before" else first, max(last, today)


def _part_of_day(reading: Reading, zone: ZoneInfo, present: Present) -> When:
    """Ask about a part of a day: without a day, of the one that goes on or comes next."""
    start, end = _PARTS[reading.part]
    if reading.first is not None and not reading.this:
        return between(reading.first, start, end, zone)
    now = present()
    when = between(now.date(), start, end, zone)
    if reading.past and when.start < now:
        return from_to(when.start, min(when.end, now), zone)
    if when.end <= now:
        return when._replace(past=True) if reading.this else between(now.date() + timedelta(days=1), start, end, zone)
    # In the small hours “tonight” has begun.
    begun = reading.part == "night" and now.time() < _EARLY
    return from_to(now if begun else max(when.start, now), when.end, zone)


def stretched(when: When, reading: Reading, zone: ZoneInfo) -> When:
    """Ask about *when* and all that lies behind it, for as long as *reading* may say that it goes on."""
    if reading.lead == BEYOND:
        return from_then_on(when.start, when.first)
    return go_on(when, (*reading.lengths, *filter(None, [reading.spare])), zone)


def lasting(reading: Reading, treatment: Treatment, now: datetime) -> When:
    """Ask about the end of what lasts as long as *reading* says from the treatment on, or about *now* if that is later.

    Where the length is inexact, now counts as soon as it may be over.
    """
    zone = treatment.zone
    when = go_on(from_to(treatment.last, treatment.last, zone), reading.lengths, zone)
    is_elapsed = all(one.is_elapsed for one in reading.lengths)
    ends = from_to(when.over, when.over, zone) if is_elapsed else on_days(when.last, when.last, zone)
    ends = around(ends, reading.spare, treatment)
    return from_to(now, now, zone) if (ends.start if reading.spare else ends.over) <= now else ends
