"""Bounds → instants, for one treatment: what has been seen, what is usual, and what must be waited for.

It knows no verbs and no rules: which side of a bound counts is for the caller to say.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import NamedTuple

from needlecare.model.plan import FOREVER, Treatment, Wait
from needlecare.model.ruleset import Moment, RuleSet
from needlecare.model.time import (
    EVENT,
    NEXT_SESSION,
    NOTHING,
    TREATMENT,
    Bound,
    Point,
    Term,
    as_end,
    as_end_before,
    as_start,
    day_end,
    day_start,
    point_at,
    readings,
)


class Unplanned(Exception):  # noqa: N818  not an error: the caller leaves the rule out
    """A bound counts from something that this plan doesn't have: a session not booked, no event."""


class Resolved(NamedTuple):
    """A bound as instants: *point* with unseen moments at their usual time, *earliest* by its known parts alone.

    *dated* is false where a moment without usual time had to be replaced by the end of healing.
    """

    point: Point
    earliest: datetime
    waits: tuple[Wait, ...] = ()
    dated: bool = True


class _Found(NamedTuple):
    """A moment as a point in time: when it came, else when it usually does.

    *least* is what it can't come before. *waits* are what the end of another rule waits for.
    """

    point: Point
    least: Point
    is_known: bool
    dated: bool = True
    waits: tuple[Wait, ...] = ()


class _Reading(NamedTuple):
    """How a bound is read: as an end or a start, the *far* side of its ranges, the *late* reading of what is unclear.

    Unseen moments count *at_end* of their usual time, else at its start. *whole_day* takes in a day before.
    """

    as_end: bool
    far: bool
    late: bool
    at_end: bool
    whole_day: bool


class Resolver:
    """Resolves the bounds of rules for one treatment.

    *rule_end* returns the end of another rule, and whether that rule holds here.
    """

    def __init__(
        self, rule_set: RuleSet, treatment: Treatment, rule_end: Callable[[str], tuple[Resolved, bool]]
    ) -> None:
        self._rule_set = rule_set
        self._treatment = treatment
        self._earliest, self._latest = treatment.earliest, treatment.latest
        self._zone = treatment.zone
        self._rule_end = rule_end
        # Many rules count from the same few bounds.
        self._resolved: dict[tuple[Bound, _Reading], Resolved] = {}

    def end(self, bound: Bound, *, far: bool, late: bool = True, whole_day: bool = True) -> Resolved:
        """Resolve *bound* as an end; *late* for what restricts or permits, not for what warns."""
        reading = _Reading(as_end=True, far=far, late=late, at_end=True, whole_day=whole_day)
        return self._resolve(bound, reading)

    def start(self, bound: Bound, *, far: bool, late: bool = False, at_end: bool = False) -> Resolved:
        """Resolve *bound* as the start of something; *at_end* where it must have begun."""
        reading = _Reading(as_end=False, far=far, late=late, at_end=at_end, whole_day=False)
        return self._resolve(bound, reading)

    def open_end(self, *, late: bool = True) -> Resolved:
        """Return the end where a source gives none: the set's `open-ends-at` moment."""
        return self.end(Bound((Term(self._rule_set.open_ends_at),)), far=True, late=late)

    def _resolve(self, bound: Bound, reading: _Reading) -> Resolved:
        key = bound, reading
        if key not in self._resolved:
            terms = [self._resolve_term(term, reading) for term in bound.terms]
            self._resolved[key] = terms[0] if len(terms) == 1 else self._together(terms)
        return self._resolved[key]

    def _together(self, terms: list[Resolved]) -> Resolved:
        """Return when all of *terms* have come; without any that is never."""
        if not terms:
            return Resolved(Point(FOREVER, self._treatment.day), FOREVER)
        return Resolved(
            point=max((one.point for one in terms), key=lambda point: point.at),
            earliest=max(one.earliest for one in terms),
            waits=tuple(wait for one in terms for wait in one.waits),
            dated=all(one.dated for one in terms),
        )

    def _resolve_term(self, term: Term, reading: _Reading) -> Resolved:
        if term.moment == TREATMENT:
            point = self._count(term, self._begun(reading), reading)
            return Resolved(point, point.at)
        found = self._find(term, reading)
        point = self._count(term, found.point, reading)
        least = point if found.least is found.point else self._count(term, found.least, reading)
        if found.is_known:
            return Resolved(point, least.at)
        if found.waits and term.offset == NOTHING:
            waits = found.waits
        else:
            waits = (self._wait(term, point.at if found.dated and point.at != FOREVER else None),)
        return Resolved(point, least.at, waits, found.dated)

    def _begun(self, reading: _Reading) -> Point:
        return self._latest if reading.late else self._earliest

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

    def _find(self, term: Term, reading: _Reading) -> _Found:
        """Find when the moment of *term* came, or usually comes."""
        name, late = term.moment, reading.late
        begun = self._begun(reading)
        if name == TREATMENT:
            return _known(begun)
        seen = self._treatment.seen.get(name)
        when = (seen.last if late else seen.first) if seen else None
        if when is not None:
            return _known(when)
        if seen is not None and late:
            # Not yet: what waits for it stays shut. What it begins, or should warn of, may come any time.
            return _Found(Point(FOREVER, begun.day), begun, is_known=False)
        if term.ends_rule is not None:
            return self._end_of_rule(term.ends_rule, begun, reading)
        elsewhere = self._elsewhere(name, late=late)
        if elsewhere is not None:
            return _known(elsewhere)
        moment = self._rule_set.moments.get(name)
        if moment is None or name in (NEXT_SESSION, EVENT):
            raise Unplanned(name)
        return self._of_kind(moment, begun, reading)

    def _end_of_rule(self, rule_id: str, begun: Point, reading: _Reading) -> _Found:
        ended, holds_here = self._rule_end(rule_id)
        # A rule that doesn't hold here keeps nobody waiting to begin, but frees nobody sooner either.
        if not holds_here and not (reading.late and reading.at_end):
            return _known(begun)
        least = ended.point if ended.earliest == ended.point.at else point_at(ended.earliest, self._zone)
        return _Found(ended.point, least, is_known=not ended.waits, dated=ended.dated, waits=ended.waits)

    def _elsewhere(self, name: str, *, late: bool) -> Point | None:
        """Find the next session if it is booked, or an event of that kind: the nearest to the end of several."""
        days = [
            day for event in self._treatment.events if name in (event.kind, EVENT) for day in (event.first, event.last)
        ]
        if name == NEXT_SESSION and self._treatment.next_day is not None:
            days = [self._treatment.next_day]
        if not days:
            return None
        if late:
            return Point(day_end(max(days), self._zone), max(days))
        return Point(day_start(min(days), self._zone), min(days))

    def _of_kind(self, moment: Moment, begun: Point, reading: _Reading) -> _Found:
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
        return _Found(point, base.least, is_known=False, dated=base.dated)


def _known(point: Point) -> _Found:
    return _Found(point, point, is_known=True)
