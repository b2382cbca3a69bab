"""Bounds → instants, for one treatment: what has been seen, what is usual, and what must be waited for."""

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
    Duration,
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
    waits: tuple[Wait, ...]
    dated: bool = True


class _Found(NamedTuple):
    """A moment as a point in time: when it came, else when it usually does.

    *least* is what it can't come before. *waits* are what another rule's end waits for.
    """

    point: Point
    least: Point
    is_known: bool
    dated: bool = True
    waits: tuple[Wait, ...] = ()


def _known(point: Point) -> _Found:
    return _Found(point, point, is_known=True)


class Moments:
    """The moments of one treatment.

    *late* chooses the reading that comes last (ends of restrictions, permissions), else the one that comes first.
    *rule_end* gives the end of another rule, and whether that rule holds here.
    """

    def __init__(
        self, rule_set: RuleSet, treatment: Treatment, rule_end: Callable[[str], tuple[Resolved, bool]]
    ) -> None:
        self._rule_set = rule_set
        self._treatment = treatment
        self._zone = treatment.zone
        self._rule_end = rule_end

    def end(self, bound: Bound, *, far: bool, late: bool = True, whole_day: bool = True) -> Resolved:
        """Resolve *bound* as an end; *far* takes the farther side of ranges, *whole_day* a day before counts whole."""

        def count(term: Term, point: Point) -> Point:
            length = term.offset.side(far=far)
            if term.sign > 0:
                return as_end(point, length, self._zone, late=late)
            return as_end_before(point, length, self._zone, whole_day=whole_day)

        return self._resolve(bound, late=late, at_end=True, count=count)

    def start(self, bound: Bound, *, far: bool, late: bool = False, at_end: bool = False) -> Resolved:
        """Resolve *bound* as the start of something.

        Unseen moments count at the start of their usual time; with *at_end* at its end, when it must have begun.
        """

        def count(term: Term, point: Point) -> Point:
            return as_start(point, term.offset.side(far=far), self._zone, term.sign)

        return self._resolve(bound, late=late, at_end=at_end, count=count)

    def open_end(self, *, late: bool = True) -> Resolved:
        """Give the end where a source gives none: the set's `open-ends-at` moment."""
        return self.end(Bound((Term(self._rule_set.open_ends_at),)), far=True, late=late)

    def _resolve(self, bound: Bound, *, late: bool, at_end: bool, count: Callable[[Term, Point], Point]) -> Resolved:
        if bound.is_always:
            return Resolved(Point(FOREVER, self._treatment.day), FOREVER, ())
        points: list[Point] = []
        known: list[datetime] = []
        waits: list[Wait] = []
        dated = True
        for term in bound.terms:
            found = self._find(term, late=late, at_end=at_end)
            point = found.point if found.point.at == FOREVER else count(term, found.point)
            if found.least is found.point:
                least = point
            else:
                least = found.least if found.least.at == FOREVER else count(term, found.least)
            points.append(point)
            known.append(least.at)
            if found.is_known:
                continue
            if found.waits and term.offset == NOTHING:
                waits.extend(found.waits)
            else:
                waits.append(self._wait(term, point.at if found.dated and point.at != FOREVER else None))
            dated = dated and found.dated
        latest = max(points, key=lambda point: point.at)
        return Resolved(latest, max(known), tuple(waits), dated)

    def _wait(self, term: Term, usually_by: datetime | None) -> Wait:
        moment = self._rule_set.moments.get(term.moment)
        label = moment.label if moment else str(term)
        if not term.offset.far.is_nothing:
            label = f"{in_words(term.offset.far)} {'after' if term.sign > 0 else 'before'} {label}"
        return Wait(str(term), label, usually_by)

    def _find(self, term: Term, *, late: bool, at_end: bool) -> _Found:
        name = term.moment
        treatment = self._treatment.latest if late else self._treatment.earliest
        if name == TREATMENT:
            return _known(treatment)
        seen = self._treatment.seen.get(name)
        if seen is not None and seen.first is not None and seen.last is not None:
            return _known(seen.last if late else seen.first)
        if seen is not None and late:
            # Not yet: what waits for it stays shut. What it begins, or should warn of, may come any time.
            return _Found(Point(FOREVER, treatment.day), treatment, is_known=False)
        if term.ends_rule is not None:
            ended, holds_here = self._rule_end(term.ends_rule)
            # A rule that doesn't hold here keeps nobody waiting to begin, but frees nobody sooner either.
            if not holds_here and not (late and at_end):
                return _known(treatment)
            least = ended.point if ended.earliest == ended.point.at else point_at(ended.earliest, self._zone)
            return _Found(ended.point, least, not ended.waits, ended.dated, ended.waits)
        elsewhere = self._elsewhere(name, late=late)
        if elsewhere is not None:
            return _known(elsewhere)
        moment = self._rule_set.moments.get(name)
        if moment is None or name in (NEXT_SESSION, EVENT):
            raise Unplanned(name)
        if moment.clock is not None:
            local = datetime.combine(self._treatment.day + timedelta(days=moment.day), time(*moment.clock))
            return _known(point_at(readings(local, self._zone)[late], self._zone))
        if moment.usual is None:
            healed = self._find(Term(self._rule_set.open_ends_at), late=late, at_end=at_end)
            return healed._replace(least=treatment, is_known=False, dated=False)
        return self._usual(moment, late=late, at_end=at_end)

    def _elsewhere(self, name: str, *, late: bool) -> Point | None:
        """Give the next session if it is booked, or an event of that kind: of several the one nearest to the end."""
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

    def _usual(self, moment: Moment, *, late: bool, at_end: bool) -> _Found:
        """Give the usual time of an unseen moment: its end, or its start where something begins."""
        if moment.usual is None:
            raise Unplanned(moment.id)
        term = moment.usual.terms[0]
        base = self._find(term, late=late, at_end=at_end)
        if base.point.at == FOREVER:
            return base
        if at_end:
            point = as_end(base.point, term.offset.far, self._zone, late=late)
        else:
            point = as_start(base.point, term.offset.near, self._zone)
        return _Found(point, base.least, is_known=False, dated=base.dated)


_UNITS = {"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}


def in_words(duration: Duration) -> str:
    """Say a duration: `5 days`."""
    return f"{duration.amount} {_UNITS[duration.unit]}{'' if duration.amount == 1 else 's'}"
