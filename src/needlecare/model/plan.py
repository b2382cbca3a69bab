"""What a plan is made of: windows, days, sessions, and the timeline that holds them. Instants are in UTC."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from needlecare.errors import InputError
from needlecare.model.facts import Facts
from needlecare.model.ruleset import ASK, AVOID, EXPECT, Rule, RuleSet, Screening, walk
from needlecare.model.time import Bound, Point, as_end, check_year, day_end, day_start, point_at, readings


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
    """One sitting. It took place at some instant from *first* to *last*, in UTC: the same one if the time is known.

    A date alone means any minute of that day; a wall-clock time that comes twice means either of both. *next_day* is
    the date of the next session, if it is booked. *names_zone* is whether its zone is shown.
    """

    day: date
    clock: time | None
    zone: ZoneInfo
    first: datetime
    last: datetime
    seen: Mapping[str, Seen] = {}
    next_day: date | None = None
    events: tuple[Event, ...] = ()
    names_zone: bool = False


def make_treatment(  # noqa: PLR0913  what is known besides is given by name
    day: date,
    clock: time | None,
    zone: ZoneInfo,
    *,
    seen: Mapping[str, Seen | date | None] | None = None,
    next_session: date | None = None,
    events: Iterable[Event] = (),
) -> Treatment:
    """Make a treatment of what people know: its date, perhaps its time, its zone.

    *clock* is the time in *zone*, None if it isn't known. *seen* maps moments of the rule set to the date or the
    datetime that they were seen; None is "not yet". *next_session* is the date of the next one, once it is booked.
    Example: `make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("Europe/London"))`.

    Raises:
        InputError: an argument has the wrong type, lies outside the years 1900 to 2199, or before the treatment.
    """
    _dated(day, "a treatment")
    _check_clock(clock, zone)
    if next_session is not None and _dated(next_session, "the next session") <= day:
        raise InputError(f"the next session on {next_session} isn't after the treatment on {day}")
    treatment = treated_on(day, clock, zone)
    return treatment._replace(
        seen={} if seen is None else {name: _seen(name, on, treatment) for name, on in seen.items()},
        next_day=next_session,
        events=tuple(sorted((_checked(one, day) for one in events), key=lambda one: (one.first, one.last, one))),
    )


def _check_clock(clock: object, zone: object) -> None:
    if not isinstance(zone, ZoneInfo):
        raise InputError(f'the zone of a treatment is a ZoneInfo, such as ZoneInfo("Europe/London"), not {zone!r}')
    if clock is not None and (not isinstance(clock, time) or clock.tzinfo):
        wanted = "a time without a zone, such as time(16, 30), or None"
        raise InputError(f"the time of a treatment is {wanted}, not {clock!r}")


def _seen(name: str, on: Seen | date | None, treatment: Treatment) -> Seen:
    if on is None or isinstance(on, Seen):
        return on or NOT_YET
    if isinstance(on, datetime):
        local = on.astimezone(treatment.zone).replace(tzinfo=None) if on.tzinfo else on
        found = seen_at(local, treatment.zone)
    else:
        found = seen_on(_dated(on, f"what was seen of {name}"), treatment.zone)
    if found.last is not None and found.last.at <= treatment.first:
        raise InputError(f"{name} can't have come on {on:%Y-%m-%d}, before the treatment")
    return found


def _checked(event: Event, treated: date) -> Event:
    if not isinstance(event, Event):
        raise InputError(f'an event is an Event("wedding", "the wedding", first, last) with its days, not {event!r}')
    if _dated(event.last, event.label) < _dated(event.first, event.label):
        raise InputError(f"{event.label} ends before it begins")
    if event.first < treated:
        raise InputError(f"{event.label} lies before the treatment on {treated.isoformat()}")
    return event


def _dated(day: object, what: str) -> date:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InputError(f"the day of {what} is a date, such as date(2026, 11, 20), not {day!r}")
    check_year(day, day.isoformat())
    return day


def treated_on(day: date, clock: time | None, zone: ZoneInfo) -> Treatment:
    """Make a treatment of what is known to be right, or follows from another and may lie beyond any that is typed."""
    if clock is None:
        first, last = day_start(day, zone), day_end(day, zone)
    else:
        first, last = readings(datetime.combine(day, clock), zone)
    return Treatment(day=day, clock=clock, zone=zone, first=first, last=last)


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


# Stands for "no end" inside computations; shown as null or in words.
FOREVER = datetime.max.replace(tzinfo=UTC)
# Stands for "no beginning is given"; two days in, so that it has a date in every zone.
NO_START = datetime(1, 1, 3, tzinfo=UTC)

YES: Final = "yes"
BETTER_NOT: Final = "better-not"
NO: Final = "no"


class Stretch(NamedTuple):
    """A stretch of time, `[start, end)`, in which something is `no` or `better-not`."""

    state: str
    start: datetime
    end: datetime


class Extent(NamedTuple):
    """How far a restriction reaches: no from *start* to *end*, better not from *better_from* and to *better_until*."""

    better_from: datetime
    start: datetime
    end: datetime
    better_until: datetime

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Its stretches in the order of time: better not, no, better not. Those without length are left out."""
        better_from, start, end, better_until = self
        all_three = (BETTER_NOT, better_from, start), (NO, start, end), (BETTER_NOT, end, better_until)
        return tuple([Stretch(state, begins, ends) for state, begins, ends in all_three if begins < ends])


class Wait(NamedTuple):
    """Something that only the person can see, which a window also waits for.

    *bound* is as the rule has it, *label* reads after "once"; *usually_by* is the end of its usual time, if it has one.
    """

    bound: str
    label: str
    usually_by: datetime | None


class Lift(NamedTuple):
    """A restriction on *activity* ends at an instant: *to* is what follows, `yes` or `better-not`."""

    activity: str
    at: datetime
    to: str
    waits: tuple[Wait, ...]


class Part(NamedTuple):
    """A part of a restriction that one *rule* makes: its own words hold there, and its own bounds.

    *until* is the end that an exception puts in place of the rule's.
    """

    state: str
    start: datetime
    end: datetime
    rule: str
    until: Bound | None = None


class Window(NamedTuple):
    """The time, in UTC, that a rule holds on one target, merged with all other rules on it.

    On *avoid* it has up to three stretches: a no from *start* to *end*, better not from *better_from* and to
    *better_until*, when it may still wait for what hasn't come. Of every other kind `[start, end)` is all there is, but
    that something to do without end goes on after the skin has healed. *rule* decides the end. *rules* are all with a
    part in it, *parts* tell which of them makes which part of a restriction, *overruled* are those that lost.
    *earliest* is the end by its known parts alone. *unsure* are unknown facts that keep it as long as it is.

    *waits* are what else must have come for a restriction to end, or for anything else to begin; *until_seen* is what
    its end waits for then. *bound* is the hedge of the end, or of the start where it ends with the treatment:
    `at least`, `up to`; *start_bound* is that of the start. *start_range* holds both sides of a start between two,
    *usually_by* is the nearer of two ends.

    A sign is called usual until *usual_until*: the end that its source gives, else until something speaks of it.
    """

    rule: str
    kind: str
    target: str
    text: str
    better_from: datetime
    start: datetime
    end: datetime
    better_until: datetime
    words: Mapping[str, str]
    origin: str
    low_confidence: bool
    precision: str
    earliest: datetime
    end_stated: bool
    waits: tuple[Wait, ...]
    condition: str | None
    overruled: tuple[str, ...]
    rules: tuple[str, ...]
    unsure: tuple[str, ...] = ()
    eases: datetime | None = None
    usually_by: datetime | None = None
    worry_after: datetime | None = None
    until_seen: tuple[Wait, ...] = ()
    goes_on: bool = False
    bound: str = ""
    parts: tuple[Part, ...] = ()
    start_bound: str = ""
    start_range: tuple[datetime, datetime] | None = None
    usual_until: datetime = FOREVER
    ask: str = ""

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches in which it restricts, in the order of time; other kinds restrict nothing."""
        extent = Extent(self.better_from, self.start, self.end, self.better_until)
        return extent.stretches if self.kind == AVOID else ()

    def rule_at(self, instant: datetime) -> str:
        """Return the rule whose words hold at *instant*, or where it begins thereafter."""
        return next((part.rule for part in self.parts if max(instant, self.better_from) < part.end), self.rule)

    @property
    def has_start(self) -> bool:
        """Whether its rules say when it begins; else it holds before the treatment, and nobody knows for how long."""
        return self.better_from > NO_START

    @property
    def holds_until(self) -> datetime:
        """Until when it is said to hold: of a sign while it is usual, and of what nobody ends without end."""
        return min(self.better_until, self.usual_until)

    @property
    def is_for_good(self) -> bool:
        """Whether it never ends, whatever is seen."""
        return self.end == self.earliest == FOREVER

    @property
    def is_open(self) -> bool:
        """Whether it goes on after its end, a restriction as "better not": a source gives none, so nobody knows."""
        return self.end < FOREVER == self.better_until

    @property
    def is_mild(self) -> bool:
        """Whether it is better not and nothing else, up to a no that is over before it begins."""
        return self.better_from < self.start == self.end == self.better_until

    @property
    def is_instant(self) -> bool:
        """Whether it begins and ends at one instant: it has a beginning, and no length to speak of."""
        return self.start == self.end

    @property
    def lifts(self) -> tuple[Lift, ...]:
        """When a restriction eases and when it ends; one that goes on, without end or as the next one, doesn't."""
        # Where somebody has to be asked no date is the one from which it is all right.
        if self.ask:
            return ()
        found = []
        if self.start < self.end < FOREVER:
            to = BETTER_NOT if self.better_until > self.end else YES
            found.append(Lift(self.target, self.end, to, self.waits))
        if not self.goes_on and (self.end < self.better_until < FOREVER or self.is_mild):
            found.append(Lift(self.target, self.better_until, YES, self.waits))
        return tuple(found)


class Day(NamedTuple):
    """One calendar day of the plan: ids of activities and signs, and what lifts.

    *only_if* is no longer restricted by the clock, but still waits for something that only the person can see.
    """

    number: int
    day: date
    avoid: tuple[str, ...]
    better_not: tuple[str, ...]
    ask: tuple[str, ...]
    only_if: tuple[str, ...]
    do: tuple[str, ...]
    prepare: tuple[str, ...]
    expect: tuple[str, ...]
    lifts: tuple[Lift, ...]


class Precare(NamedTuple):
    """What begins before a session, and on which day."""

    activity: str
    start: date


class Holiday(NamedTuple):
    """A public holiday."""

    day: date
    name: str


class Session(NamedTuple):
    """When session *number* may take place: not before *minimum*; *overdue* is when it is late.

    *unsure* are unknown facts that make the minimum longer; *precare* what would begin before it, and when. *booked*
    is its date, if it has one: the pre-care is real then. *then* is what follows once the course is done. *holidays*
    are those on which one of its dates would be if all days were open, or on which it is booked.
    """

    number: int
    minimum: date
    recommended: tuple[date, date]
    overdue: date | None
    total: tuple[int, int] | None
    sources: tuple[str, ...]
    unsure: tuple[str, ...]
    precare: tuple[Precare, ...]
    booked: date | None = None
    then: str = ""
    holidays: tuple[Holiday, ...] = ()


class Clash(NamedTuple):
    """What an *event* implies and a window speaks against: *state* is `no` or `better-not`, the strictest in it."""

    activity: str
    state: str
    window: Window


class Meeting(NamedTuple):
    """An event, and what of it clashes with the plan; *known* is whether the rule set knows its kind.

    *waiting* are restrictions on what it brings that are over by then, but for what only the person can see.
    """

    event: Event
    clashes: tuple[Clash, ...]
    known: bool
    waiting: tuple[Window, ...] = ()


class Finding(NamedTuple):
    """A screening entry that speaks against the treatment, at the *level* that it has for this person.

    *sources* state as much or more, the weightiest first.
    """

    screening: Screening
    level: str
    sources: tuple[str, ...]


class Hint(NamedTuple):
    """What one more fact would change: *target* now ends at *now*; if *facts* were otherwise, at *then*."""

    facts: tuple[str, ...]
    rule: str
    target: str
    now: datetime | None
    then: datetime | None


class Timeline(NamedTuple):
    """Everything that holds for one treatment; every view and every question is answered from this.

    *reached* are the activities that have windows of their own, be they over; any other has those of what it is
    part of. *perhaps* is what would be expected for longer if an unknown fact were so, left out of the windows;
    *restrictions* are the windows that restrict, by activity;
    *flagged_from* holds, by rule, from when a red flag speaks of whatever should be over by then.
    """

    rule_set: RuleSet
    treatment: Treatment
    facts: Facts
    windows: tuple[Window, ...]
    days: tuple[Day, ...]
    sessions: tuple[Session, ...]
    findings: tuple[Finding, ...]
    unanswered: tuple[Screening, ...]
    red_flags: tuple[Rule, ...]
    longer_if: tuple[Hint, ...]
    shorter_if: tuple[Hint, ...]
    reached: frozenset[str] = frozenset()
    meetings: tuple[Meeting, ...] = ()
    perhaps: tuple[Window, ...] = ()
    flagged_from: Mapping[str, datetime] = {}
    restrictions: Mapping[str, Sequence[Window]] = {}

    def __repr__(self) -> str:
        """Name the treatment and the rule set: all that it holds would fill pages."""
        day, clock, zone, *_ = self.treatment
        when = f"{day.isoformat()} {clock or ''}".rstrip()
        return f"<Timeline of {when} {zone.key}, {len(self.windows)} windows, {self.rule_set!r}>"

    @property
    def first_until(self) -> datetime | None:
        """When the first hours are over, as the rule set counts them; None where it doesn't."""
        length, zone = self.rule_set.first, self.treatment.zone
        return length and as_end(point_at(self.treatment.last, zone), length, zone).at

    def nearest(self, activity: str) -> dict[str, int]:
        """Return, each with its place, what has windows of its own: *activity*, else the nearest that it is part of."""
        known, reached = self.rule_set, self.reached
        if activity in reached:
            return {activity: 0}
        ways = {one: () if one in reached else known.activities[one].under for one in known.lineage[activity]}
        return {one: place for place, one in enumerate(filter(reached.__contains__, walk([activity], ways)))}

    def of_kind(self, *kinds: str) -> tuple[Window, ...]:
        """Return the windows of these *kinds*."""
        return tuple([one for one in self.windows if one.kind in kinds])

    def expected(self, sign: str) -> tuple[Window, ...]:
        """Return when *sign* is to be expected."""
        return tuple(one for one in self.of_kind(EXPECT) if one.target == sign)

    def windows_on(self, activity: str) -> tuple[Window, ...]:
        """Return the restrictions on *activity*: its own, else those on the nearest of all that it is part of."""
        return tuple(chain.from_iterable(self.restrictions.get(one, ()) for one in self.nearest(activity)))

    def asking(self, activities: Iterable[str]) -> tuple[Window, ...]:
        """Return what sends to somebody first about *activities*, or about anything that they are part of."""
        wanted = self.rule_set.ancestry(activities)
        return tuple(one for one in self.of_kind(ASK) if one.target in wanted)

    def covers(self, activity: str) -> bool:
        """Report whether a rule restricts or restricted *activity*, or something that it is part of."""
        return any(one in self.reached for one in self.rule_set.lineage[activity])
