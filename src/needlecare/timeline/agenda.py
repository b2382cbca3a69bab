"""What falls on which day: the days of a plan, the events of a person, and the sessions of a course.

It reads finished windows and no clock: what is past is what is said to be done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from needlecare.errors import InputError
from needlecare.model import plan, voices
from needlecare.model.plan import (
    FOREVER,
    NO,
    NO_START,
    Day,
    Event,
    Holiday,
    Lift,
    Meeting,
    Session,
    Timeline,
    Treatment,
    Window,
)
from needlecare.model.ruleset import ASK, AVOID, DO, EXPECT, PREPARE, RuleSet, Spacing
from needlecare.model.time import Duration, last_date, local_date, shift_date, touches
from needlecare.timeline.selection import Selection
from needlecare.timeline.spans import Spans

Applying = tuple[tuple[Spacing, tuple[str, ...]], ...]
_Timed = tuple[Spacing, tuple[Duration, Duration], tuple[str, ...]]
LONGEST = 30
_LONGEST_CLOSED = 732
_ONE_DAY = timedelta(days=1)
# The list of a day that each state and each kind of window goes to; a permission stands in none.
_LISTS = {NO: "avoid", plan.BETTER_NOT: "better_not", ASK: "ask", DO: "do", PREPARE: "prepare", EXPECT: "expect"}


def make_days(windows: Sequence[Window], treatment: Treatment, shown: int | None) -> tuple[Day, ...]:
    """List the days of a plan: those of pre-care, then *shown* days from day 0 on; with 0 none at all.

    Without *shown*, up to the last restriction that has a date, though never more than `LONGEST`.
    """
    if shown == 0:
        return ()
    first, last = _range(windows, treatment, shown)
    runs = [
        (name, window.target, local_date(start, treatment.zone), last_date(start, end, treatment.zone))
        for window in windows
        for name, start, end in _runs(window)
    ]
    begun, over = ({run[side] for run in runs} for side in (2, 3))
    lifts = _lifts(windows, treatment)
    days: list[Day] = []
    for number in range(first, last + 1):
        on = treatment.day + timedelta(days=number)
        # Most days are like the one before: their lists change only where something begins or is over.
        if not days or on in begun or on - _ONE_DAY in over:
            lists = _lists(runs, on)
        days.append(Day(number=number, day=on, lifts=tuple(lifts.get(on, ())), **lists))
    return tuple(days)


def _runs(window: Window) -> Iterator[tuple[str, datetime, datetime]]:
    """Return each list of days with when *window* stands in it, `NO_START` and `FOREVER` for all days."""
    if window.ask:
        # Whether it is restricted then or not, it is so before the treatment and after.
        yield _LISTS[ASK], NO_START, FOREVER
    # A sign that is to be watched and is never usual has no day.
    if window.kind in (DO, PREPARE) or (window.kind == EXPECT and window.start < window.end):
        yield window.kind, window.start, window.holds_until
    if window.kind == AVOID:
        for state, start, end in window.stretches:
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


def _lists(runs: Iterable[tuple[str, str, date, date]], on: date) -> dict[str, tuple[str, ...]]:
    """Make the lists of the day *on*: what is restricted stands in the strictest alone."""
    listed: dict[str, set[str]] = {name: set() for name in (*_LISTS.values(), "only_if")}
    for name, target, begins, ends in runs:
        if begins <= on <= ends:
            listed[name].add(target)
    held: set[str] = set()
    for name in ("avoid", "ask", "better_not", "only_if"):
        listed[name] -= held
        held |= listed[name]
    return {name: tuple(sorted(targets)) for name, targets in listed.items()}


def _range(windows: Iterable[Window], treatment: Treatment, shown: int | None) -> tuple[int, int]:
    """Return the numbers of the first and the last day to list."""
    begins = [treatment.first, *(window.better_from if window.has_start else window.start for window in windows)]
    ends = [one for each in windows for one in (each.end, each.better_until) if each.kind == AVOID and one < FOREVER]
    edges = min(begins), max([treatment.first, *ends])
    first, last = (plan.day_number(treatment, local_date(one, treatment.zone)) for one in edges)
    return max(first, -LONGEST), (shown if shown is not None else min(last + 1, LONGEST)) - 1


def meet(timeline: Timeline) -> tuple[Meeting, ...]:
    """Find, for each event of the treatment, the clashes with what its kind implies and all that is part of that."""
    return tuple(_meeting(timeline, event) for event in timeline.treatment.events)


def _meeting(timeline: Timeline, event: Event) -> Meeting:
    kind = timeline.rule_set.events.get(event.kind)
    implied = kind.activities if kind else ()
    activities = {*implied, *timeline.reached.intersection(timeline.rule_set.family(implied))}
    found = {activity: _clash(timeline, activity, event) for activity in sorted(activities)}
    clashes = sorted(filter(None, found.values()), key=lambda one: (one.state != NO, one.activity))
    waiting = [one for activity, clash in found.items() if clash is None for one in _waiting(timeline, activity, event)]
    return Meeting(event, tuple(clashes), known=kind is not None, waiting=tuple(waiting))


def _clash(timeline: Timeline, activity: str, event: Event) -> plan.Clash | None:
    """Find what restricts *activity* most on the days of *event*, and of that what restricts it longest."""
    clashes = [
        plan.Clash(activity, state, window)
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


class OpenDays(NamedTuple):
    """Days on which no session can be: stretches *away*, *closed* weekdays (Monday is 0), *holidays* with their names.

    One session may be *booked*, on whatever day.
    """

    away: tuple[tuple[date, date], ...] = ()
    closed: frozenset[int] = frozenset()
    booked: date | None = None
    holidays: Mapping[date, str] = {}

    def is_open(self, day: date) -> bool:
        """Report whether a session can be on *day*."""
        is_away = any(first <= day <= last for first, last in self.away)
        return not (is_away or day.weekday() in self.closed or day in self.holidays)

    def open_from(self, day: date, step: int = 1) -> date:
        """Return the first open day from *day* on; with a *step* of -1, the last one up to it."""
        for shift in range(_LONGEST_CLOSED):
            if self.is_open(found := day + timedelta(days=step * shift)):
                return found
        raise InputError("--avoid and --closed leave no open day within two years; leave some open")

    def holidays_in(self, *stretches: tuple[date, date]) -> tuple[Holiday, ...]:
        """Return the holidays in *stretches*, first and last day included, in order."""
        days = {first + _ONE_DAY * number for first, last in stretches for number in range((last - first).days + 1)}
        return tuple(Holiday(day, self.holidays[day]) for day in sorted(days) if day in self.holidays)


ALWAYS_OPEN = OpenDays()


class Step(NamedTuple):
    """One session of a course: when it may be, when it was *done*; *days_short* of the minimum if it was or is booked.

    *latest* is the last day that leaves room for the sessions after it, where the course ends before an event.
    """

    session: Session
    done: date | None = None
    days_short: int = 0
    latest: date | None = None

    @property
    def day(self) -> date:
        """When it was, will be as booked, or may be at the soonest."""
        return self.done or self.session.booked or self.session.minimum


class Deadline(NamedTuple):
    """An event of a *kind* that a course must be healed by: the *last* day for its last session, whether it *fits*.

    *fitting* sessions are possible, the first included; with all of them the event could be from *possible_from* on.
    But for *holidays* the last day would be later.
    """

    kind: str
    name: str
    day: date
    last: date
    fits: bool
    fitting: int
    wanted: int
    possible_from: date
    holidays: tuple[Holiday, ...] = ()


class Course(NamedTuple):
    """The sessions after the first one, which was on *first*; *size* is how many there are with it."""

    first: date
    steps: tuple[Step, ...]
    size: int
    then: str
    note: str
    deadline: Deadline | None = None

    @property
    def last_day(self) -> date:
        """The day of the last session."""
        return self.steps[-1].day if self.steps else self.first


def precare(selection: Selection, treatment: Treatment, day: date) -> list[plan.Precare]:
    """List what one would leave between *treatment* and a session on *day*, from which date on."""
    following = plan.treated_on(day, None, treatment.zone)
    spans = Spans(selection, following)
    begins: dict[str, date] = {}
    for chosen in selection.by_verb[AVOID]:
        span = spans.of(chosen.rule) if chosen.rule.start or chosen.rule.days else None
        if span is not None and span.extent.start < following.first:
            first = max(local_date(span.extent.start, treatment.zone), treatment.day)
            for target in chosen.rule.targets:
                begins[target] = min(first, begins.get(target, first))
    return sorted((plan.Precare(*one) for one in begins.items()), key=lambda one: (one.start, one.activity))


def next_session(
    spacings: Applying, last: date, *, number: int, before: Session | None = None, calendar: OpenDays = ALWAYS_OPEN
) -> Session | None:
    """Work out when session *number* may follow one on *last*; None where no rule says.

    The longest minimum wins, and an unknown fact counts as the answer that makes it longer.
    After a session that hasn't been yet (*before*), each date counts from the same date of that one.
    """
    if not (timed := _timed(spacings)):
        return None
    begin, end = (before.minimum, before.recommended) if before else (last, (last, last))
    deciding, (near, far), unsure = _strictest(timed, begin)
    soonest = shift_date(begin, near)
    minimum = calendar.open_from(soonest)
    ideal = max(shift_date(end[0], near), minimum)
    start = calendar.open_from(ideal)
    farthest = max(shift_date(end[1], far), start)
    latest = max(calendar.open_from(farthest, -1), start)
    overdue = (max(shift_date(end[1], spacing.overdue), farthest) for spacing, _, _ in timed if spacing.overdue)
    totals = (deciding.total, *(spacing.total for spacing, _, doubt in timed if not doubt))
    return Session(
        number=number,
        minimum=minimum,
        recommended=(start, latest),
        overdue=max(overdue, default=None),
        total=next(filter(None, totals), None),
        sources=tuple(dict.fromkeys(one.source for one in deciding.says if voices.spaces_by(one.value, near))),
        unsure=unsure,
        precare=(),
        then="; ".join(dict.fromkeys(filter(None, (one.then for one in _deciding(spacings))))),
        holidays=calendar.holidays_in((soonest, minimum), (ideal, start), (latest, farthest)),
    )


def _deciding(spacings: Applying) -> list[Spacing]:
    """Return the spacings that hold for sure; where none does, those that may."""
    return [spacing for spacing, unsure in spacings if not unsure] or [spacing for spacing, _ in spacings]


def _timed(spacings: Applying) -> list[_Timed]:
    return [(spacing, spacing.every, unsure) for spacing, unsure in spacings if spacing.every is not None]


def _strictest(timed: list[_Timed], begin: date) -> _Timed:
    """Return the spacing with the longest minimum after *begin*."""
    return max(timed, key=lambda one: (shift_date(begin, one[1][0]), not one[2], one[0].id))


def deciding_spacing(spacings: Applying, first: date) -> Spacing | None:
    """Return which of *spacings* decides when a session may follow one on *first*."""
    timed = _timed(spacings)
    return _strictest(timed, first)[0] if timed else None


def plan_course(
    spacings: Applying,
    first: date,
    *,
    done: Sequence[date] = (),
    count: int | None = None,
    calendar: OpenDays = ALWAYS_OPEN,
) -> Course | None:
    """Plan the sessions that follow one on *first*; those *done*, and the next one if *booked*, count from their day.

    Raises:
        InputError: the dates of *done* don't follow each other, or there are more than *count* allows.
    """
    _check_order(first, done, calendar.booked)
    following = next_session(spacings, first, number=2)
    if following is None:
        return None
    size = count or max(following.total[0] if following.total else 0, len(done) + 2)
    if size < len(done) + 1:
        raise InputError(f"--count {size}: {len(done) + 1} sessions have been already, the first included")
    return Course(
        first=first,
        steps=tuple(_steps(spacings, first, size, done, calendar)),
        size=size,
        then=following.then,
        note=_note(_deciding(spacings), deciding_spacing(spacings, first)),
    )


def _steps(spacings: Applying, first: date, size: int, done: Sequence[date], calendar: OpenDays) -> Iterator[Step]:
    """Plan each session after the *first* of *size*: those done and booked on their day, the others after them."""
    last, before = first, None
    fixed = (*done, calendar.booked) if calendar.booked else tuple(done)
    for number, on in zip_longest(range(2, size + 1), fixed[: size - 1]):
        session = next_session(spacings, last, number=number, before=before, calendar=ALWAYS_OPEN if on else calendar)
        if session is None:
            return
        if on is None:
            yield Step(session)
            before = session
            continue
        is_done = number - 2 < len(done)
        short = max((session.minimum - on).days, 0)
        if not is_done:
            session = session._replace(booked=on, holidays=calendar.holidays_in((on, on)))
        yield Step(session, on if is_done else None, short)
        last, before = on, None


def _note(applying: Sequence[Spacing], deciding: Spacing | None) -> str:
    """Collect the notes of a course; the reasons of a spacing that others outvote would explain nothing."""
    notes = [spacing.note for spacing in applying]
    notes += [spacing.because for spacing in applying if spacing.every is None or spacing == deciding]
    return " ".join(dict.fromkeys(filter(None, notes)))


def _check_order(first: date, done: Sequence[date], booked: date | None) -> None:
    for earlier, later in zip((first, *done), done, strict=False):
        if later == earlier:
            raise InputError(f"--done: {later.isoformat()} stands twice; one session a day")
        if later < earlier:
            raise InputError(f"--done: {later.isoformat()} comes before {earlier.isoformat()}; give them in order")
    last = done[-1] if done else first
    if booked is not None and booked <= last:
        raise InputError(f"--next: {booked.isoformat()} isn't after the session of {last.isoformat()}")


def fit_before(
    course: Course,
    spacings: Applying,
    event: Event,
    *,
    healed: Callable[[date], date],
    calendar: OpenDays = ALWAYS_OPEN,
) -> Course:
    """Plan *course* backwards from an *event*: *healed* returns the first day that is free of a session's traces.

    Every session gets its latest day; the deadline says whether all fit, how many do, and what would make them fit.
    """
    last = event.first
    while healed(last) > event.first:
        last -= timedelta(days=1)
    healing, last = last, calendar.open_from(last, -1)
    fitting = sum(day <= last for day in (course.first, *(step.day for step in course.steps)))
    deadline = Deadline(
        kind=event.kind,
        name=event.label,
        day=event.first,
        last=last,
        fits=fitting == course.size,
        fitting=fitting,
        wanted=course.size,
        possible_from=healed(course.last_day),
        holidays=calendar.holidays_in((last, healing)),
    )
    steps: list[Step] = []
    minima = [spacing.every[0] for spacing, _ in spacings if spacing.every is not None]
    latest = ideal = last
    for step in reversed(course.steps):
        if deadline.fits and step.done is None:
            moved = sorted({*step.session.holidays, *calendar.holidays_in((latest, ideal))})
            session = step.session._replace(holidays=tuple(moved))
            steps.append(step._replace(session=session, latest=latest))
        else:
            steps.append(step)
        # The longest minimum leads from there to the following session at the latest: a month that is too short rolls
        # back on the way back.
        ideal = min(shift_date(latest, near, -1) for near in minima)
        latest = calendar.open_from(ideal, -1)
    return course._replace(steps=tuple(reversed(steps)), deadline=deadline)


def results_between(rule_set: RuleSet, kind: str, last: date) -> tuple[date, date] | None:
    """Return when the full result of a course that ended on *last* is usually seen, if an event of *kind* wants it."""
    results = rule_set.events[kind].results if kind in rule_set.events else None
    return (shift_date(last, results[0]), shift_date(last, results[1])) if results else None
