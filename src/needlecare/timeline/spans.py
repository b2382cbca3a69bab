"""One rule → the instants that it holds for one treatment, before anything is merged.

Bounds are resolved first, without a look at verbs: what has been seen, what is usual, what must be waited for. Then the
verb decides which side of a bound counts. Rounding errs one way: a restriction holds wherever it could hold, a
permission or the start of something to do counts only where it must have begun, and "normal until" ends at its earliest
possible time.
"""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from needlecare.model import plan, ruleset, voices
from needlecare.model import time as times
from needlecare.model.time import ALWAYS, AT_TREATMENT, EVENT, NEXT_SESSION, TREATMENT, Bound, Duration, Point, Term
from needlecare.timeline.selection import Selection


class Unplanned(Exception):  # noqa: N818  not an error: the caller leaves the rule out
    """A bound counts from something that this plan doesn't have: a session not booked, no event."""


class Resolved(NamedTuple):
    """A moment or a bound: *point* with what is unseen at its usual time, *least* by its known parts alone.

    *dated* is false where a moment without usual time had to be replaced by the end of healing.
    """

    point: Point
    least: Point
    waits: tuple[plan.Wait, ...] = ()
    dated: bool = True
    is_known: bool = True


class _Reading(NamedTuple):
    """How a bound is read: as an end or a start, in the *late* reading of what is unclear or the early one.

    Unseen moments count *at_end* of their usual time, else at its start. *whole_day* takes in a day before.
    """

    as_end: bool
    late: bool
    at_end: bool
    whole_day: bool = False


# What restricts or permits counts late, what warns doesn't.
_RESTRICTS = _Reading(as_end=True, late=True, at_end=True, whole_day=True)
_WARNS = _Reading(as_end=True, late=False, at_end=True)
_HOLDS = _Reading(as_end=True, late=True, at_end=True)
_ENDS = {ruleset.AVOID: _RESTRICTS, ruleset.PREPARE: _RESTRICTS, ruleset.EXPECT: _WARNS}
_BEGINS = _Reading(as_end=False, late=False, at_end=False)
_HAS_BEGUN = _Reading(as_end=False, late=True, at_end=False)
_at, _comes = attrgetter("at"), attrgetter("point.at")


class Span(NamedTuple):
    """The time that one rule holds on its targets.

    On *avoid* and *allow* its extent is what it restricts; a permission restricts what comes before it. Of other verbs
    `[start, end)` counts. *waits* are what the end waits for, *awaited* what the start does. *start_range* holds both
    sides of a start between two, *usually_by* is the nearer of two ends; a restriction has those as its better nots.
    """

    rule: ruleset.Rule
    extent: plan.Extent
    earliest: datetime
    waits: tuple[plan.Wait, ...]
    end_stated: bool
    unsure: tuple[str, ...] = ()
    awaited: tuple[plan.Wait, ...] = ()
    start_range: tuple[datetime, datetime] | None = None
    usually_by: datetime | None = None


def _known(point: Point) -> Resolved:
    return Resolved(point, point)


class Spans:
    """Resolves the bounds of rules for one treatment, and computes the spans that they make."""

    def __init__(self, selection: Selection, treatment: plan.Treatment) -> None:
        self._rule_set = selection.rule_set
        self._applying = {chosen.rule.id for rules in selection.by_verb.values() for chosen in rules}
        self._treatment = treatment
        self._zone = treatment.zone
        self._never = Point(plan.FOREVER, treatment.day)
        self._begun = tuple(_known(Point(at, treatment.day)) for at in (treatment.first, treatment.last))
        # Many rules count from the same few bounds, and many hold at the same times.
        self._resolved: dict[tuple[Bound, _Reading], tuple[Resolved, Resolved]] = {}
        self._known: dict[voices.Stated, Span] = {}

    def open_end(self, reading: _Reading = _RESTRICTS) -> Resolved:
        """Return where a restriction without end turns milder: at `open-ends-at`, when the skin has usually healed."""
        return self.sides(Bound((Term(self._rule_set.open_ends_at),)), reading)[0]

    def sides(self, bound: Bound, reading: _Reading) -> tuple[Resolved, Resolved]:
        """Resolve the nearer and the farther side of *bound*; mostly they are one."""
        key = bound, reading
        sides = self._resolved.get(key)
        if sides is None:
            near = self._side(bound, reading, far=False)
            sides = self._resolved[key] = near, self._side(bound, reading, far=True) if bound.is_range else near
        return sides

    def _side(self, bound: Bound, reading: _Reading, *, far: bool) -> Resolved:
        """Return when all terms of *bound* have come; without any that is never."""
        if bound.is_always:
            return _known(self._never)
        first, *others = terms = [self._resolve_term(term, reading, far=far) for term in bound.terms]
        if not others:
            return first
        return Resolved(
            point=max((one.point for one in terms), key=_at),
            least=max((one.least for one in terms), key=_at),
            waits=tuple(wait for one in terms for wait in one.waits),
            dated=all(one.dated for one in terms),
        )

    def _resolve_term(self, term: Term, reading: _Reading, *, far: bool) -> Resolved:
        found = self._find(term, reading)
        length = term.offset.side(far=far)
        point = self._count(term, length, found.point, reading)
        least = point if found.least is found.point else self._count(term, length, found.least, reading)
        waits = found.waits
        if not found.is_known and not (waits and term.offset == times.NOTHING):
            waits = (self._wait(term, point.at if found.dated and point.at != plan.FOREVER else None),)
        return Resolved(point, least, waits, dated=found.dated or found.is_known)

    def _count(self, term: Term, length: Duration, point: Point, reading: _Reading) -> Point:
        """Count the offset of *term*, or the side of it that is that long, from *point*."""
        if point.at == plan.FOREVER:
            return point
        if not reading.as_end:
            return times.as_start(point, length, self._zone, term.sign)
        if term.sign > 0:
            return times.as_end(point, length, self._zone, late=reading.late)
        return times.as_end_before(point, length, self._zone, whole_day=reading.whole_day)

    def _wait(self, term: Term, usually_by: datetime | None) -> plan.Wait:
        moment = self._rule_set.moments.get(term.moment)
        label = moment.label if moment else str(term)
        if not term.offset.far.is_nothing:
            label = f"{term.offset.far.in_words} {'after' if term.sign > 0 else 'before'} {label}"
        return plan.Wait(str(term), label, usually_by)

    def _find(self, term: Term, reading: _Reading) -> Resolved:
        """Find when the moment of *term* came, or usually comes."""
        name, late = term.moment, reading.late
        begun = self._begun[late]
        if name == TREATMENT:
            return begun
        stated = self._seen(name, late=late) or self._elsewhere(name, late=late)
        if stated is not None:
            return stated
        if term.ends_rule is not None:
            return self._end_of_rule(term.ends_rule, begun, reading)
        moment = self._rule_set.moments.get(name)
        if moment is None or name in (NEXT_SESSION, EVENT):
            raise Unplanned(name)
        return self._of_kind(moment, begun, reading)

    def _seen(self, name: str, *, late: bool) -> Resolved | None:
        """Find when a moment was seen, if somebody looked for it."""
        seen = self._treatment.seen.get(name)
        when = (seen.last if late else seen.first) if seen else None
        if when is not None:
            return _known(when)
        # Not yet: what waits for it stays shut. What it begins, or should warn of, may come any time.
        return self._begun[late]._replace(point=self._never, is_known=False) if seen is not None and late else None

    def _end_of_rule(self, rule_id: str, begun: Resolved, reading: _Reading) -> Resolved:
        """Find the end of another rule, which leaves out whatever counts from it where it can't be planned."""
        span = self._span(self._rule_set.rules[rule_id])
        # One that doesn't hold here keeps nobody waiting to begin, but frees nobody sooner either.
        if rule_id not in self._applying and not (reading.late and reading.at_end):
            return begun
        at = span.extent.better_until if span.end_stated else span.extent.end
        point = times.point_at(at, self._zone) if at != plan.FOREVER else self._never
        least = point if span.earliest == at else times.point_at(span.earliest, self._zone)
        return Resolved(point, least, span.waits, span.end_stated, is_known=not span.waits)

    def _elsewhere(self, name: str, *, late: bool) -> Resolved | None:
        """Find the next session if it is booked, or an event of that kind: the nearest to the end of several."""
        spells = [(event.first, event.last) for event in self._treatment.events if name in (event.kind, EVENT)]
        if name == NEXT_SESSION and self._treatment.next_day is not None:
            spells = [(self._treatment.next_day, self._treatment.next_day)]
        if not spells:
            return None
        day = max(last for _, last in spells) if late else min(first for first, _ in spells)
        return _known(Point(times.day_end(day, self._zone) if late else times.day_start(day, self._zone), day))

    def _of_kind(self, moment: ruleset.Moment, begun: Resolved, reading: _Reading) -> Resolved:
        """Find a moment that the rule set declares: at its hour, at its usual time, else at the end of healing."""
        if moment.clock is not None:
            local = datetime.combine(self._treatment.day + timedelta(days=moment.day), time(*moment.clock))
            return _known(times.point_at(times.readings(local, self._zone)[reading.late], self._zone))
        if moment.usual is None:
            healed = self._find(Term(self._rule_set.open_ends_at), reading)
            return healed._replace(least=begun.point, is_known=False, dated=False)
        term = moment.usual.terms[0]
        base = self._find(term, reading)
        if base.point.at == plan.FOREVER:
            return base
        if reading.at_end:
            point = times.as_end(base.point, term.offset.far, self._zone, late=reading.late)
        else:
            point = times.as_start(base.point, term.offset.near, self._zone)
        return Resolved(point, base.least, dated=base.dated, is_known=False)

    def of(self, rule: ruleset.Rule, *, end: Bound | None = None, unsure: tuple[str, ...] = ()) -> Span | None:
        """Compute the span of *rule*, with another *end* for an exception.

        None where this plan lacks its moment, or where it can't have begun.
        """
        try:
            span = self._span(rule) if end is None else self._anew(rule, end)
        except Unplanned:
            return None
        if span.extent.better_from == plan.FOREVER:
            return None
        return span._replace(unsure=unsure) if unsure else span

    def permitted(self, rule: ruleset.Rule) -> Span | None:
        """Compute where a permission holds: from when it must have begun, and only as long as it surely does."""
        try:
            span = self._span(rule)
            begins, surely_begins = self._begin(rule)[1], self._begin(rule, _RESTRICTS._replace(late=False))[1]
            ends, waits = self._permission_end(rule, surely_begins)
        except Unplanned:
            return None
        start = self._round(begins.point.at, up=True)
        end = max(self._round(ends, up=False), start)
        if start == plan.FOREVER:
            return None
        if start == end and not rule.states_end:
            # It begins when the skin has healed, so that nothing is left to end it.
            end = plan.FOREVER
        held = plan.Extent(start, start, end, end)
        between = (span.extent.end, start) if span.extent.end < start and rule.start and rule.start.is_range else None
        return span._replace(
            extent=held, waits=waits, awaited=begins.waits, end_stated=rule.states_end, start_range=between
        )

    def instant(self, bound: Bound | None) -> datetime | None:
        """Compute where a sign eases or becomes a reason to call: never later than it could be, None for never."""
        with suppress(Unplanned):
            at = self.sides(bound, _WARNS)[0].point.at if bound else plan.FOREVER
            return self._round(at, up=False) if at < plan.FOREVER else None
        return None

    @cached_property
    def healed(self) -> datetime:
        """When what has no end has a date: when the skin has healed, rounded as a restriction is."""
        return self._round(self.open_end().point.at, up=True)

    def _span(self, rule: ruleset.Rule) -> Span:
        """Compute a span once: many rules hold at the same times, and rules wait for each other in a row."""
        stated = voices.stated_by(rule)
        span = self._known.get(stated)
        if span is None:
            span = self._known[stated] = self._anew(rule)
        return span if span.rule is rule else span._replace(rule=rule)

    def _anew(self, rule: ruleset.Rule, exception: Bound | None = None) -> Span:
        if rule.verb == ruleset.ALLOW:
            return self._before_permission(rule)
        begins = self._starts(rule)
        if exception is not None:
            rule = rule._replace(end=exception, days=None, lasts=None)
        return self._restricted(rule, *begins) if rule.verb == ruleset.AVOID else self._held(rule, *begins)

    def _restricted(self, rule: ruleset.Rule, first: datetime, start: datetime, _: tuple[plan.Wait, ...]) -> Span:
        """Compute where *rule* restricts: a no from *start* on, better not from *first* on."""
        ends, ends_late = self._ends(rule, start)
        end, better_until = self._round(ends.point.at, up=True), self._round(ends_late.point.at, up=True)
        until = None if rule.lasts else rule.end
        if until and until.is_at_once(far=False) and (rule.start or AT_TREATMENT).is_at_once(far=False):
            # From the treatment to the treatment is no time, though nobody may know which minute that was.
            end = start
            better_until = start if until.is_at_once(far=True) else better_until
        if max(end, better_until) < start < plan.FOREVER:
            # It is over before it begins. What begins on some day may begin as late as on its end.
            end = self._round(start + (self._treatment.last - self._treatment.first), up=True)
        end = max(end, start)
        better_until = max(better_until, end) if rule.states_end else plan.FOREVER
        return self._make(rule, plan.Extent(first, start, end, better_until), ends)

    def _held(self, rule: ruleset.Rule, first: datetime, start: datetime, awaited: tuple[plan.Wait, ...]) -> Span:
        """Compute where *rule* holds that restricts nothing.

        A sign may show, and preparing begins, with the *first* source; doing begins where all have it begun.
        """
        start_range = None if first == start else (first, start)
        start = start if rule.verb == ruleset.DO else first
        late = rule.verb != ruleset.EXPECT
        # Before the treatment the longer one lies farther back.
        ends, ends_late = sorted(self._ends(rule, start), key=_comes)
        near, far = self._round(ends.point.at, up=late), self._round(ends_late.point.at, up=late)
        end = max(far, start)
        usually_by = None if near == far else max(near, start)
        span = self._make(rule, plan.Extent(start, start, end, end), ends_late)
        return span._replace(awaited=awaited, start_range=start_range, usually_by=usually_by)

    def _make(self, rule: ruleset.Rule, extent: plan.Extent, ends: Resolved) -> Span:
        earliest = min(max(self._round(ends.least.at, up=True), extent.start), extent.end)
        return Span(rule, extent, earliest, ends.waits, end_stated=rule.states_end and ends.dated)

    def _before_permission(self, rule: ruleset.Rule) -> Span:
        """Turn a permission around: before it no, and better not up to the farther side of a range."""
        start = self._round(self._treatment.first, up=False)
        bound = rule.start or AT_TREATMENT
        at_once, only_now = (rule.days is None and bound.is_at_once(far=far) for far in (False, True))
        near, far = self._begin(rule)
        end = start if at_once else max(self._round(near.point.at, up=True), start)
        until = end if only_now else max(self._round(far.point.at, up=True), end)
        return self._make(rule, plan.Extent(start, start, end, until), near)._replace(end_stated=True)

    def _begin(self, rule: ruleset.Rule, reading: _Reading = _RESTRICTS) -> tuple[Resolved, Resolved]:
        """Compute where a permission begins: a day that it counts to must be over, days that it lists begin it."""
        if rule.days is not None:
            day = self._day(rule.days[0])
            begins = _known(Point(times.day_start(day, self._zone, late=True), day))
            return begins, begins
        return self.sides(rule.start or AT_TREATMENT, reading)

    def _permission_end(self, rule: ruleset.Rule, begins: Resolved) -> tuple[datetime, tuple[plan.Wait, ...]]:
        """Return where a permission ends, and what its end waits for."""
        if rule.days is not None:
            return times.day_end(self._day(rule.days[1]), self._zone, late=False), ()
        if rule.lasts is not None:
            lasts = begins.point.at < plan.FOREVER
            return times.as_end(begins.point, rule.lasts, self._zone, late=False).at if lasts else plan.FOREVER, ()
        if rule.end is None:
            return self.open_end(_WARNS).point.at, ()
        ends, _ = self.sides(rule.end, _WARNS)
        return ends.point.at, ends.waits

    def _starts(self, rule: ruleset.Rule) -> tuple[datetime, datetime, tuple[plan.Wait, ...]]:
        """Return the earlier and the later side of where the rule begins, and what it waits for."""
        if rule.start == ALWAYS:
            # Before the treatment, and nobody says how long: what day 0 has of that time is the only part with a date.
            end, _ = self.sides(rule.end or AT_TREATMENT, _RESTRICTS)
            return plan.NO_START, times.floor_to_day(times.last_instant(end.point.at), self._zone), ()
        if rule.days is not None and (rule.days[0] != 0 or rule.verb in (ruleset.AVOID, ruleset.PREPARE)):
            # A day of avoiding counts whole; the rest of day 0 begins with the treatment.
            start = times.day_start(self._day(rule.days[0]), self._zone)
            return start, start, ()
        if rule.start in (None, AT_TREATMENT):
            start = self._round(self._treatment.first, up=False)
            return start, start, ()
        late = rule.verb == ruleset.DO
        begins, begins_late = self.sides(rule.start, _HAS_BEGUN if late else _BEGINS)
        near, far = self._round(begins.point.at, up=late), self._round(begins_late.point.at, up=late)
        return min(near, far), max(near, far), begins.waits

    def _ends(self, rule: ruleset.Rule, start: datetime) -> tuple[Resolved, Resolved]:
        """Return both sides of where the rule ends."""
        reading = _ENDS.get(rule.verb, _HOLDS)
        if rule.days is not None:
            day = self._day(rule.days[1])
            near = far = _known(Point(times.day_end(day, self._zone, late=reading.late), day))
        elif rule.lasts is not None:
            near = far = self._end_of_length(rule, rule.lasts, start)
        elif rule.end is None:
            near = far = self.open_end(reading)
        else:
            near, far = self.sides(rule.end, reading)
            if rule.end.mild_for_good:
                far = far._replace(point=self._never)
        return near, far

    def _end_of_length(self, rule: ruleset.Rule, length: Duration, start: datetime) -> Resolved:
        """Count *length* from where the rule begins; a restriction from the latest that it could have begun."""
        if start == plan.FOREVER:
            return _known(self._never)
        if rule.verb == ruleset.EXPECT:
            begun = _known(times.point_at(start, self._zone))
        else:
            reading = _HAS_BEGUN._replace(at_end=rule.verb == ruleset.AVOID)
            begun = max(self.sides(rule.start or AT_TREATMENT, reading), key=_comes)
        if begun.point.at == plan.FOREVER:
            return begun
        end = times.as_end(begun.point, length, self._zone, late=rule.verb != ruleset.EXPECT)
        known = times.as_end(times.point_at(begun.least.at, self._zone), length, self._zone)
        return begun._replace(point=end, least=min(known, end, key=_at))

    def _day(self, number: int) -> date:
        return self._treatment.day + timedelta(days=number)

    def _round(self, instant: datetime, *, up: bool) -> datetime:
        """Round to whole days where only the date of the treatment is known."""
        if self._treatment.clock is not None or instant == plan.FOREVER:
            return instant
        return times.ceil_to_day(instant, self._zone) if up else times.floor_to_day(instant, self._zone)
