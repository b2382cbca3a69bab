"""What is made of finished windows: the days of a plan, and how the events of a person clash with it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.model.plan import (
    BETTER_NOT,
    FOREVER,
    NO,
    Clash,
    Day,
    Event,
    Lift,
    Meeting,
    Timeline,
    Treatment,
    Window,
    day_number,
    touches,
)
from needlecare.model.ruleset import ASK, AVOID, DO, EXPECT, PREPARE
from needlecare.model.time import last_date, local_date

LONGEST = 30
_ONE_DAY = timedelta(days=1)
# The list of a day that each state and each kind of window goes to; a permission stands in none.
_LISTS = {NO: "avoid", BETTER_NOT: "better_not", ASK: "ask", DO: "do", PREPARE: "prepare", EXPECT: "expect"}


class _Mark(NamedTuple):
    """A *target* in one *list* of every day from *first* to *last*."""

    list: str
    target: str
    first: date
    last: date


def make_days(windows: Sequence[Window], treatment: Treatment, shown: int | None) -> tuple[Day, ...]:
    """List the days of a plan: those of pre-care, then *shown* days from day 0 on; with 0 none at all.

    Without *shown*, up to the last restriction that has a date, though never more than `LONGEST`.
    """
    if shown == 0:
        return ()
    first, last = _range(windows, treatment, shown)
    begin = treatment.day + timedelta(days=first)
    marks = list(_marks(windows, treatment.zone))
    beginning: dict[date, list[_Mark]] = {}
    for mark in marks:
        beginning.setdefault(max(mark.first, begin), []).append(mark)
    last_dates = {mark.last for mark in marks}
    lifts = _lifts(windows, treatment)
    days: list[Day] = []
    marked: list[_Mark] = []
    for number in range(first, last + 1):
        on = treatment.day + timedelta(days=number)
        # Most days are like the one before: their lists change only where a mark begins or is over.
        if not days or on in beginning or on - _ONE_DAY in last_dates:
            marked = [mark for mark in (*marked, *beginning.get(on, ())) if on <= mark.last]
            lists = _lists(marked)
        days.append(Day(number=number, day=on, lifts=tuple(lifts.get(on, ())), **lists))
    return tuple(days)


def _marks(windows: Iterable[Window], zone: ZoneInfo) -> Iterator[_Mark]:
    """Return in which lists of which days each window stands, from the first day to the last."""
    for window in windows:
        if window.ask:
            # Whether it is restricted then or not, it is so before the treatment and after.
            yield _Mark(_LISTS[ASK], window.target, date.min, date.max)
        for name, start, end in _runs(window):
            last = date.max if end == FOREVER else last_date(start, end, zone)
            yield _Mark(name, window.target, local_date(start, zone), last)


def _runs(window: Window) -> Iterator[tuple[str, datetime, datetime]]:
    """Return each list with when *window* stands in it."""
    # A sign that is to be watched and is never usual has no day.
    if window.kind in (DO, PREPARE) or (window.kind == EXPECT and window.start < window.end):
        yield window.kind, window.start, window.holds_until
    if window.kind == AVOID:
        for state, start, end in window.extent.stretches:
            yield _LISTS[state], start, end
        if window.waits and window.better_until < FOREVER:
            # The clock can't know whether it has come, however long ago it was usual.
            yield "only_if", window.better_until, FOREVER


def _lifts(windows: Iterable[Window], treatment: Treatment) -> dict[date, list[Lift]]:
    found: dict[date, list[Lift]] = {}
    lifts = [lift for window in windows if window.kind == AVOID for lift in window.lifts]
    for lift in sorted(lifts, key=lambda lift: (lift.at, lift.activity)):
        found.setdefault(local_date(lift.at, treatment.zone), []).append(lift)
    return found


def _lists(marks: Iterable[_Mark]) -> dict[str, tuple[str, ...]]:
    """Make the lists of a day: what is restricted stands in the strictest alone."""
    listed: dict[str, set[str]] = {name: set() for name in (*_LISTS.values(), "only_if")}
    for mark in marks:
        listed[mark.list].add(mark.target)
    held: set[str] = set()
    for name in ("avoid", "ask", "better_not", "only_if"):
        listed[name] -= held
        held |= listed[name]
    return {name: tuple(sorted(targets)) for name, targets in listed.items()}


def _range(windows: Iterable[Window], treatment: Treatment, shown: int | None) -> tuple[int, int]:
    """Return the numbers of the first and the last day to list."""
    begins = [treatment.first, *(window.better_from if window.has_start else window.start for window in windows)]
    ends = [treatment.first]
    for window in windows:
        if window.kind == AVOID:
            ends.extend(instant for instant in (window.end, window.better_until) if instant < FOREVER)
    first, last = (day_number(treatment, local_date(one, treatment.zone)) for one in (min(begins), max(ends)))
    return max(first, -LONGEST), (shown if shown is not None else min(last + 1, LONGEST)) - 1


def meet(timeline: Timeline) -> tuple[Meeting, ...]:
    """Find, for each event of the treatment, the clashes with what its kind implies and all that is part of that."""
    return tuple(_meeting(timeline, event) for event in timeline.treatment.events)


def _meeting(timeline: Timeline, event: Event) -> Meeting:
    kind = timeline.rule_set.events.get(event.kind)
    implied = kind.activities if kind else ()
    activities = {*implied, *timeline.reached.intersection(timeline.rule_set.family(implied))}
    found = {activity: _strictest(timeline, activity, event) for activity in sorted(activities)}
    clashes = sorted(filter(None, found.values()), key=lambda one: (one.state != NO, one.activity))
    free = [activity for activity, clash in found.items() if clash is None]
    waiting = [window for activity in free for window in _waiting(timeline, activity, event)]
    return Meeting(event, tuple(clashes), known=kind is not None, waiting=tuple(waiting))


def _strictest(timeline: Timeline, activity: str, event: Event) -> Clash | None:
    """Find what restricts *activity* most on the days of *event*, and of that what restricts it longest."""
    clashes = [
        Clash(activity, state, window)
        for window in timeline.windows_on(activity)
        for state, start, end in window.stretches
        if touches(start, end, event.first, event.last, timeline.treatment.zone)
    ]
    return max(clashes, key=lambda one: (one.state == NO, one.window.better_until), default=None)


def _waiting(timeline: Timeline, activity: str, event: Event) -> Iterator[Window]:
    """Return the restrictions on *activity* that are over by then, but for what only the person can see."""
    for window in timeline.windows_on(activity):
        over = window.better_until
        if window.waits and over < FOREVER and local_date(over, timeline.treatment.zone) <= event.last:
            yield window._replace(target=activity)
