"""One rule → the instants that it holds for one treatment, before anything is merged.

`Moments` resolves bounds: what has been seen, what is usual, what must be waited for. It knows no verbs. `Spans` knows
which side of a bound counts. Rounding errs one way: a restriction holds wherever it could hold, a permission or the
start of something to do counts only where it must have begun, and "normal until" ends at its earliest possible time.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from needlecare.model.plan import FOREVER, NO_START, Extent, Treatment, Wait
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, Moment, Rule, RuleSet
from needlecare.model.time import (
    ALWAYS,
    AT_TREATMENT,
    EVENT,
    NEXT_SESSION,
    NOTHING,
    TREATMENT,
    Bound,
    Duration,
    Point,
    Term,
    as_end,
    as_end_before,
    as_start,
    ceil_to_day,
    day_end,
    day_start,
    floor_to_day,
    last_instant,
    point_at,
    readings,
)
from needlecare.timeline.selection import Selection


class Unplanned(Exception):  # noqa: N818  not an error: the caller leaves the rule out
    """A bound counts from something that this plan doesn't have: a session not booked, no event."""


class Resolved(NamedTuple):
    """A moment or a bound: *point* with what is unseen at its usual time, *least* by its known parts alone.

    *dated* is false where a moment without usual time had to be replaced by the end of healing.
    """

    point: Point
    least: Point
    waits: tuple[Wait, ...] = ()
    dated: bool = True
    is_known: bool = True


class _Reading(NamedTuple):
    """How a bound is read: as an end or a start, the *far* side of its ranges, the *late* reading of what is unclear.

    Unseen moments count *at_end* of their usual time, else at its start. *whole_day* takes in a day before.
    """

    as_end: bool
    far: bool
    late: bool
    at_end: bool
    whole_day: bool


class Moments:
    """Resolves the bounds of rules for one treatment."""

    def __init__(self, rule_set: RuleSet, treatment: Treatment) -> None:
        self._rule_set = rule_set
        self._treatment = treatment
        self._zone = treatment.zone
        # Many rules count from the same few bounds.
        self._resolved: dict[tuple[Bound, _Reading], Resolved] = {}

    def end(self, bound: Bound, *, far: bool, late: bool = True, whole_day: bool = True) -> Resolved:
        """Resolve *bound* as an end; *late* for what restricts or permits, not for what warns."""
        return self._resolve(bound, _Reading(as_end=True, far=far, late=late, at_end=True, whole_day=whole_day))

    def start(self, bound: Bound, *, far: bool, late: bool = False, at_end: bool = False) -> Resolved:
        """Resolve *bound* as the start of something; *at_end* where it must have begun."""
        return self._resolve(bound, _Reading(as_end=False, far=far, late=late, at_end=at_end, whole_day=False))

    def open_end(self, *, late: bool = True) -> Resolved:
        """Return where a restriction without end turns milder: at `open-ends-at`, when the skin has usually healed."""
        return self.end(Bound((Term(self._rule_set.open_ends_at),)), far=True, late=late)

    def rule_end(self, rule_id: str) -> tuple[Resolved, bool]:
        """Return the end of another rule, and whether that rule holds here."""
        raise NotImplementedError

    def _resolve(self, bound: Bound, reading: _Reading) -> Resolved:
        key = bound, reading
        resolved = self._resolved.get(key)
        if resolved is None:
            terms = [self._resolve_term(term, reading) for term in bound.terms]
            resolved = self._resolved[key] = terms[0] if len(terms) == 1 else self._together(terms)
        return resolved

    def _together(self, terms: list[Resolved]) -> Resolved:
        """Return when all of *terms* have come; without any that is never."""
        if not terms:
            return _known(Point(FOREVER, self._treatment.day))
        return Resolved(
            point=max((one.point for one in terms), key=lambda point: point.at),
            least=max((one.least for one in terms), key=lambda point: point.at),
            waits=tuple(wait for one in terms for wait in one.waits),
            dated=all(one.dated for one in terms),
        )

    def _resolve_term(self, term: Term, reading: _Reading) -> Resolved:
        found = self._find(term, reading)
        point = self._count(term, found.point, reading)
        least = point if found.least is found.point else self._count(term, found.least, reading)
        waits = found.waits
        if not found.is_known and not (waits and term.offset == NOTHING):
            waits = (self._wait(term, point.at if found.dated and point.at != FOREVER else None),)
        return Resolved(point, least, waits, dated=found.dated or found.is_known)

    def _count(self, term: Term, point: Point, reading: _Reading) -> Point:
        """Count the offset of *term* from *point*."""
        if point.at == FOREVER:
            return point
        length = term.offset.side(far=reading.far)
        if not reading.as_end:
            return as_start(point, length, self._zone, term.sign)
        if term.sign > 0:
            return as_end(point, length, self._zone, late=reading.late)
        return as_end_before(point, length, self._zone, whole_day=reading.whole_day)

    def _wait(self, term: Term, usually_by: datetime | None) -> Wait:
        moment = self._rule_set.moments.get(term.moment)
        label = moment.label if moment else str(term)
        if not term.offset.far.is_nothing:
            label = f"{term.offset.far.in_words} {'after' if term.sign > 0 else 'before'} {label}"
        return Wait(str(term), label, usually_by)

    def _find(self, term: Term, reading: _Reading) -> Resolved:
        """Find when the moment of *term* came, or usually comes."""
        name, late = term.moment, reading.late
        begun = Point(self._treatment.last if late else self._treatment.first, self._treatment.day)
        if name == TREATMENT:
            return _known(begun)
        stated = self._seen(name, begun, late=late) or self._elsewhere(name, late=late)
        if stated is not None:
            return stated
        if term.ends_rule is not None:
            return self._end_of_rule(term.ends_rule, begun, reading)
        moment = self._rule_set.moments.get(name)
        if moment is None or name in (NEXT_SESSION, EVENT):
            raise Unplanned(name)
        return self._of_kind(moment, begun, reading)

    def _seen(self, name: str, begun: Point, *, late: bool) -> Resolved | None:
        """Find when a moment was seen, if somebody looked for it."""
        seen = self._treatment.seen.get(name)
        when = (seen.last if late else seen.first) if seen else None
        if when is not None:
            return _known(when)
        # Not yet: what waits for it stays shut. What it begins, or should warn of, may come any time.
        return Resolved(Point(FOREVER, begun.day), begun, is_known=False) if seen is not None and late else None

    def _end_of_rule(self, rule_id: str, begun: Point, reading: _Reading) -> Resolved:
        ended, holds_here = self.rule_end(rule_id)
        # A rule that doesn't hold here keeps nobody waiting to begin, but frees nobody sooner either.
        if not holds_here and not (reading.late and reading.at_end):
            return _known(begun)
        return ended._replace(is_known=not ended.waits)

    def _elsewhere(self, name: str, *, late: bool) -> Resolved | None:
        """Find the next session if it is booked, or an event of that kind: the nearest to the end of several."""
        spells = [(event.first, event.last) for event in self._treatment.events if name in (event.kind, EVENT)]
        if name == NEXT_SESSION and self._treatment.next_day is not None:
            spells = [(self._treatment.next_day, self._treatment.next_day)]
        if not spells:
            return None
        day = max(last for _, last in spells) if late else min(first for first, _ in spells)
        return _known(Point(day_end(day, self._zone) if late else day_start(day, self._zone), day))

    def _of_kind(self, moment: Moment, begun: Point, reading: _Reading) -> Resolved:
        """Find a moment that the rule set declares: at its hour, at its usual time, else at the end of healing."""
        if moment.clock is not None:
            local = datetime.combine(self._treatment.day + timedelta(days=moment.day), time(*moment.clock))
            return _known(point_at(readings(local, self._zone)[reading.late], self._zone))
        if moment.usual is None:
            healed = self._find(Term(self._rule_set.open_ends_at), reading)
            return healed._replace(least=begun, is_known=False, dated=False)
        term = moment.usual.terms[0]
        base = self._find(term, reading)
        if base.point.at == FOREVER:
            return base
        if reading.at_end:
            point = as_end(base.point, term.offset.far, self._zone, late=reading.late)
        else:
            point = as_start(base.point, term.offset.near, self._zone)
        return Resolved(point, base.least, dated=base.dated, is_known=False)


def _known(point: Point) -> Resolved:
    return Resolved(point, point)


class Span(NamedTuple):
    """The time that one rule holds on its targets.

    On *avoid* and *allow* its extent is what it restricts; a permission restricts what comes before it. Of other verbs
    `[start, end)` counts. *waits* are what the end waits for, *awaited* what the start does. *start_range* holds both
    sides of a start between two, *usually_by* is the nearer of two ends; a restriction has those as its better nots.
    """

    rule: Rule
    extent: Extent
    earliest: datetime
    waits: tuple[Wait, ...]
    end_stated: bool
    unsure: tuple[str, ...] = ()
    awaited: tuple[Wait, ...] = ()
    start_range: tuple[datetime, datetime] | None = None
    usually_by: datetime | None = None


# What of a rule says when it holds.
_Key = tuple[str, Bound | None, Bound | None, tuple[int, int] | None, Duration | None]


class Spans(Moments):
    """Computes spans for one treatment."""

    def __init__(self, selection: Selection, treatment: Treatment) -> None:
        super().__init__(selection.rule_set, treatment)
        self._applying = {chosen.rule.id for rules in selection.by_verb.values() for chosen in rules}
        self._known: dict[_Key, Span] = {}

    def of(self, rule: Rule, *, end: Bound | None = None, unsure: tuple[str, ...] = ()) -> Span | None:
        """Compute the span of *rule*, with another *end* for an exception.

        None where this plan lacks its moment, or where it can't have begun.
        """
        try:
            span = self._span(rule) if end is None else self._anew(rule, end)
        except Unplanned:
            return None
        if span.extent.better_from == FOREVER:
            return None
        return span._replace(unsure=unsure) if unsure else span

    def permitted(self, rule: Rule) -> Span | None:
        """Compute where a permission holds: from when it must have begun, and only as long as it surely does."""
        span = self.of(rule)
        if span is None:
            return None
        try:
            begins, surely_begins = self._begin(rule, far=True, late=True), self._begin(rule, far=True, late=False)
            ends, waits = self._permission_end(rule, surely_begins)
        except Unplanned:
            return None
        start = self._round(begins.point.at, up=True)
        end = max(self._round(ends, up=False), start)
        if start == FOREVER:
            return None
        if start == end and not rule.states_end:
            # It begins when the skin has healed, so that nothing is left to end it.
            end = FOREVER
        held = Extent(start, start, end, end)
        between = (span.extent.end, start) if span.extent.end < start and rule.start and rule.start.is_range else None
        return span._replace(
            extent=held, waits=waits, awaited=begins.waits, end_stated=rule.states_end, start_range=between
        )

    def instant(self, bound: Bound) -> datetime | None:
        """Compute where a sign eases or becomes a reason to call: never later than it could be, None for never."""
        try:
            found = self.end(bound, far=False, late=False, whole_day=False)
        except Unplanned:
            return None
        return self._round(found.point.at, up=False) if found.point.at < FOREVER else None

    @property
    def healed(self) -> datetime:
        """When what has no end has a date: when the skin has healed, rounded as a restriction is."""
        return self._round(self.open_end().point.at, up=True)

    def worries(self, rules: Iterable[Rule]) -> dict[str, datetime]:
        """Compute, by rule, from when each of *rules* worries."""
        found = ((rule.id, self.instant(rule.worry_after)) for rule in rules if rule.worry_after)
        return {id_: instant for id_, instant in found if instant is not None}

    def _span(self, rule: Rule) -> Span:
        """Compute a span once: many rules hold at the same times, and rules wait for each other in a row."""
        key = rule.verb, rule.start, rule.end, rule.days, rule.lasts
        span = self._known.get(key)
        if span is None:
            span = self._known[key] = self._anew(rule)
        return span if span.rule is rule else span._replace(rule=rule)

    def _anew(self, rule: Rule, exception: Bound | None = None) -> Span:
        if rule.verb == ALLOW:
            return self._before_permission(rule)
        first, start, awaited = self._starts(rule)
        restricts = rule.verb == AVOID
        start_range = None if restricts or first == start else (first, start)
        if rule.verb in (EXPECT, PREPARE):
            # A sign may show, and preparing begins, with the first source; doing begins where all have it begun.
            start = first
        if exception is not None:
            rule = rule._replace(end=exception, days=None, lasts=None)
        end, better_until, resolved = self._ends(rule, start)
        if rule.verb == AVOID and max(end, better_until) < start < FOREVER:
            # It is over before it begins. What begins on some day may begin as late as on its end.
            end = self._round(start + (self._treatment.last - self._treatment.first), up=True)
        stated = rule.states_end
        usually_by = None if restricts or end == better_until else max(end, start)
        end = max(end if restricts else better_until, start)
        better_until = FOREVER if restricts and not stated else max(better_until, end)
        return Span(
            rule,
            Extent(first if restricts else start, start, end, better_until),
            earliest=min(max(self._round(resolved.least.at, up=True), start), end),
            waits=resolved.waits,
            end_stated=stated and resolved.dated,
            awaited=awaited,
            start_range=start_range,
            usually_by=usually_by,
        )

    def _before_permission(self, rule: Rule) -> Span:
        """Turn a permission around: before it no, and better not up to the farther side of a range."""
        start = self._round(self._treatment.first, up=False)
        at_once = rule.days is None and (rule.start is None or rule.start.is_at_once(far=False))
        near, far = (self._begin(rule, far=far, late=True) for far in (False, True))
        end = start if at_once else max(self._round(near.point.at, up=True), start)
        only_now = at_once and (rule.start is None or rule.start.is_at_once(far=True))
        until = end if only_now else max(self._round(far.point.at, up=True), end)
        earliest = min(max(self._round(near.least.at, up=True), start), end)
        return Span(rule, Extent(start, start, end, until), earliest, near.waits, end_stated=True)

    def _begin(self, rule: Rule, *, far: bool, late: bool) -> Resolved:
        """Compute where a permission begins: a day that it counts to must be over, days that it lists begin it."""
        if rule.days is not None:
            day = self._day(rule.days[0])
            return _known(Point(day_start(day, self._zone, late=True), day))
        return self.end(rule.start or AT_TREATMENT, far=far, late=late)

    def _permission_end(self, rule: Rule, begins: Resolved) -> tuple[datetime, tuple[Wait, ...]]:
        """Return where a permission ends, and what its end waits for."""
        if rule.days is not None:
            return day_end(self._day(rule.days[1]), self._zone, late=False), ()
        if rule.lasts is not None:
            lasts = begins.point.at < FOREVER
            return as_end(begins.point, rule.lasts, self._zone, late=False).at if lasts else FOREVER, ()
        if rule.end is None:
            return self.open_end(late=False).point.at, ()
        ends = self.end(rule.end, far=False, late=False, whole_day=False)
        return ends.point.at, ends.waits

    def _starts(self, rule: Rule) -> tuple[datetime, datetime, tuple[Wait, ...]]:
        """Return the earlier and the later side of where the rule begins, and what it waits for."""
        if rule.start == ALWAYS:
            # Before the treatment, and nobody says how long: what day 0 has of that time is the only part with a date.
            end = self.end(rule.end or AT_TREATMENT, far=False).point
            return NO_START, floor_to_day(last_instant(end.at), self._zone), ()
        if rule.days is not None and (rule.days[0] != 0 or rule.verb in (AVOID, PREPARE)):
            # A day of avoiding counts whole; the rest of day 0 begins with the treatment.
            start = day_start(self._day(rule.days[0]), self._zone)
            return start, start, ()
        if rule.start in (None, AT_TREATMENT):
            start = self._round(self._treatment.first, up=False)
            return start, start, ()
        late = rule.verb == DO
        found = self.start(rule.start, far=False, late=late)
        found_far = self.start(rule.start, far=True, late=late) if rule.start.is_range else found
        near, far = self._round(found.point.at, up=late), self._round(found_far.point.at, up=late)
        return min(near, far), max(near, far), () if rule.verb == AVOID else found.waits

    def _ends(self, rule: Rule, start: datetime) -> tuple[datetime, datetime, Resolved]:
        """Return the nearer and the farther side of where the rule ends, and how the one that counts came about."""
        late = rule.verb != EXPECT
        if rule.days is not None:
            day = self._day(rule.days[1])
            end = day_end(day, self._zone, late=late)
            return end, end, _known(Point(end, day))
        if rule.lasts is not None or rule.end is None:
            resolved = self._end_of_length(rule, rule.lasts, start) if rule.lasts else self.open_end(late=late)
            end = self._round(resolved.point.at, up=late)
            return end, end, resolved
        whole_day = rule.verb in (AVOID, PREPARE)
        near = self.end(rule.end, far=False, late=late, whole_day=whole_day)
        far = self.end(rule.end, far=True, late=late, whole_day=whole_day) if rule.end.is_range else near
        if rule.verb != AVOID:
            # Before the treatment the longer one lies farther back, and a restriction keeps what lasts longer.
            near, far = sorted((near, far), key=lambda resolved: resolved.point.at)
        near_at, far_at = self._round(near.point.at, up=late), self._round(far.point.at, up=late)
        far_at = FOREVER if rule.end.mild_for_good else far_at
        if rule.verb != AVOID:
            return near_at, far_at, far
        if rule.start is None or rule.start.is_at_once(far=False):
            # From the treatment to the treatment is no time, though nobody may know which minute that was.
            near_at = start if rule.end.is_at_once(far=False) else near_at
            far_at = start if rule.end.is_at_once(far=True) and not rule.end.mild_for_good else far_at
        return near_at, far_at, near

    def _end_of_length(self, rule: Rule, length: Duration, start: datetime) -> Resolved:
        """Count *length* from where the rule begins; a restriction from the latest that it could have begun."""
        if start == FOREVER:
            return _known(Point(FOREVER, self._treatment.day))
        if rule.verb == EXPECT:
            begun = _known(point_at(start, self._zone))
        else:
            bound, at_end = rule.start or AT_TREATMENT, rule.verb == AVOID
            begun = max(
                (self.start(bound, far=far, late=True, at_end=at_end) for far in (False, True)),
                key=lambda resolved: resolved.point.at,
            )
        if begun.point.at == FOREVER:
            return begun
        end = as_end(begun.point, length, self._zone, late=rule.verb != EXPECT)
        known = as_end(point_at(begun.least.at, self._zone), length, self._zone)
        return begun._replace(point=end, least=min(known, end, key=lambda point: point.at))

    def _day(self, number: int) -> date:
        return self._treatment.day + timedelta(days=number)

    def _round(self, instant: datetime, *, up: bool) -> datetime:
        """Round to whole days where only the date of the treatment is known."""
        if self._treatment.clock is not None or instant == FOREVER:
            return instant
        return ceil_to_day(instant, self._zone) if up else floor_to_day(instant, self._zone)

    def rule_end(self, rule_id: str) -> tuple[Resolved, bool]:
        """Return the end of a rule, and whether it applies."""
        span = self._span(self._rule_set.rules[rule_id])
        at = span.extent.better_until if span.end_stated else span.extent.end
        point = point_at(at, self._zone) if at != FOREVER else Point(at, self._treatment.day)
        least = point if span.earliest == at else point_at(span.earliest, self._zone)
        return Resolved(point, least, span.waits, span.end_stated), rule_id in self._applying
