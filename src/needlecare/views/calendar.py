"""Which entries a plan has in a calendar, on which days and hours they stand, and when they ring.

Owns the styles, the slots of entries, and the hours at which nothing rings. Knows no text of an entry, and no file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.model.plan import YES, Timeline, Window, day_number
from needlecare.model.ruleset import AVOID, EXPECT, PREPARE
from needlecare.model.time import ceil_to_day, local_date
from needlecare.views.days import beginnings, fold_days, lifts_of
from needlecare.views.notes import Notes, Words
from needlecare.views.phrases import grouped
from needlecare.views.sheet import is_stopped

STYLES = DAILY, _ = ("daily", "moments")
# Nothing rings while people sleep, from the night's beginning to the morning, which comes later at the weekend: an
# alarm that wakes somebody is switched off for good. What would ring then rings in the evening before, or that morning.
_EVENING, _NIGHT, _MORNING, _WEEKEND_MORNING = time(21), time(22), time(8), time(9)
_SATURDAY = 5
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
# How long a timed entry is: long enough to be seen in a day view, short enough to be a moment.
_LENGTH = 15 * _MINUTE
LONGEST_LEAD = 28 * _DAY
# What an entry of days is about; where it is the same, the days are one entry.
_lists = attrgetter("avoid", "better_not", "do", "prepare", "expect")


class Options(NamedTuple):
    """How the calendar is made: its *style*, how long before a timed entry it rings (None: never), whom it is for.

    With *discreet* nothing that shows before an entry is opened gives away what it is about. *name* separates people.
    """

    style: str = DAILY
    lead: timedelta | None = timedelta()
    discreet: bool = False
    name: str = ""


class CalendarEntry(NamedTuple):
    """One entry of a calendar: *slot* names it within its plan, whatever the date.

    *start* and *end* are dates (the end exclusive) or instants in UTC; *rings* counts from the start.
    """

    slot: str
    words: Words
    start: date
    end: date
    rings: timedelta | None = None


def entries(timeline: Timeline, options: Options, notes: Notes) -> list[CalendarEntry]:
    """Return the entries of *timeline* in the order of time, each with a slot of its own."""
    chosen = _Entries(timeline, notes, _Hours(timeline.treatment.zone, options.lead))
    is_daily = options.style == DAILY
    found = [*chosen.before(), *chosen.lifts(), *chosen.watches(), *chosen.sessions()]
    found.extend([*chosen.days(only_first=not is_daily), *(() if is_daily else chosen.begins())])
    found.sort(key=lambda one: (instant(one.start), isinstance(one.start, datetime), one.slot, one.words.title))
    # A slot that comes again has a number.
    times = Counter[str]()
    for number, entry in enumerate(found):
        times[entry.slot] += 1
        if times[entry.slot] > 1:
            found[number] = entry._replace(slot=f"{entry.slot} ({times[entry.slot]})")
    return found


def instant(start: date) -> datetime:
    """Return an instant by which dates and instants can be sorted together."""
    return start if isinstance(start, datetime) else datetime.combine(start, time(0), UTC)


class _Hours:
    """Puts entries at hours at which people are awake."""

    def __init__(self, zone: ZoneInfo, lead: timedelta | None) -> None:
        self._zone, self._lead = zone, lead

    def entry(self, slot: str, words: Words, at: datetime, *, late: bool) -> CalendarEntry:
        """Make an entry *at* an instant. What would ring at night rings the next morning if it may come *late*."""
        # Calendars know no seconds; clocks of long ago were off by odd ones.
        start = moment = at.replace(second=0, microsecond=0) + (_MINUTE if at.second else timedelta())
        if ceil_to_day(at, self._zone) == at:
            # What changes with a whole day stands in that day's morning, and rings once people are awake.
            day = local_date(at, self._zone)
            start, moment = self._clock(day, _MORNING), self._morning(day)
        rings = None if self._lead is None else self._awake(moment - self._lead, late=late) - start
        return CalendarEntry(slot=slot, words=words, start=start, end=start + _LENGTH, rings=rings)

    def _awake(self, at: datetime, *, late: bool) -> datetime:
        local = at.astimezone(self._zone)
        if self._morning(local.date()) <= at and local.time() < _NIGHT:
            return at
        evening = local.date() if local.time() >= _NIGHT else local.date() - _DAY
        return self._morning(evening + _DAY) if late else self._clock(evening, _EVENING)

    def _morning(self, day: date) -> datetime:
        return self._clock(day, _MORNING if day.weekday() < _SATURDAY else _WEEKEND_MORNING)

    def _clock(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self._zone).astimezone(UTC)


class _Entries:
    """Chooses the entries of one plan, a method for each kind."""

    def __init__(self, timeline: Timeline, notes: Notes, hours: _Hours) -> None:
        self._timeline, self._notes, self._hours = timeline, notes, hours

    def before(self) -> Iterator[CalendarEntry]:
        """Choose what begins a day before the treatment, or earlier."""
        treatment = self._timeline.treatment
        for at, group in grouped(self._beginnings(), lambda one: one[0]).items():
            number = day_number(treatment, local_date(at, treatment.zone))
            if number < 0:
                words = self._notes.before(at, [(tone, window) for _, tone, window in group])
                yield self._hours.entry(f"before {number}", words, at, late=False)

    def begins(self) -> Iterator[CalendarEntry]:
        """Choose what is to be left or done from a moment after the treatment on."""
        last = self._timeline.treatment.last
        begun = [one for one in self._beginnings() if one[0] > last and one[1] != PREPARE]
        groups = grouped(begun, lambda one: (one[0], one[1], one[2].waits, one[2].condition))
        for (at, tone, *_), group in groups.items():
            windows = [window for *_, window in group]
            words = self._notes.beginning(at, tone, windows)
            yield self._hours.entry(f"{tone} {_first(windows)}", words, at, late=False)

    def lifts(self) -> Iterator[CalendarEntry]:
        """Choose what is free again, or no more than better not, and what must have been seen for that."""
        for (at, waits), group in grouped(lifts_of(self._timeline), lambda one: (one[0].at, one[0].waits)).items():
            free = [window for lift, window in group if lift.to == YES]
            milder = [window for lift, window in group if lift.to != YES]
            slot = f"lift {_first(free)}" if free else f"ease {_first(milder)}"
            yield self._hours.entry(slot, self._notes.lift(at, waits, free, milder), at, late=True)

    def watches(self) -> Iterator[CalendarEntry]:
        """Choose from when a sign that was usual is a reason to call."""
        expected = (window for window in self._timeline.windows if window.kind == EXPECT)
        for (at, _), windows in grouped(expected, lambda one: (one.worry_after, one.condition)).items():
            if at is not None:
                words = self._notes.watch(at, windows)
                yield self._hours.entry(f"watch {_first(windows)}", words, at, late=False)

    def sessions(self) -> Iterator[CalendarEntry]:
        """Choose when each session may be, is best, and is late."""
        stopped = is_stopped(self._timeline)
        for session in self._timeline.sessions:
            overdue = None if stopped else session.overdue
            spans = {"minimum": (session.minimum,) * 2, "recommended": session.recommended, "overdue": (overdue,) * 2}
            for what, (first, last) in spans.items():
                if first and last:
                    words = self._notes.session(session, what)
                    yield _all_day(f"session {session.number} {what}", words, first, last)

    def days(self, *, only_first: bool) -> Iterator[CalendarEntry]:
        """Choose the day of the treatment and, unless *only_first*, each run of equal days that asks for something."""
        listed = [day for day in self._timeline.days if day.number == 0 or not only_first]
        for run in fold_days(listed, _lists):
            if run[0].number == 0 or any(_lists(run[0])):
                yield _all_day(f"day {run[0].number}", self._notes.days(run), run[0].day, run[-1].day)

    def _beginnings(self) -> Iterator[tuple[datetime, str, Window]]:
        for window in self._timeline.windows:
            # What is better not from its start on has no entry of its own; the plan alone lists it.
            if not (window.kind == AVOID and window.is_instant and window.better_from == window.start):
                yield from ((at, tone, window) for at, tone in beginnings(window))


def _first(windows: Iterable[Window]) -> str:
    return min(window.target for window in windows)


def _all_day(slot: str, words: Words, first: date, last: date) -> CalendarEntry:
    return CalendarEntry(slot=slot, words=words, start=first, end=last + _DAY)
