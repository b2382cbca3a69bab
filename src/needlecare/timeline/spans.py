"""One rule → the instants that it holds for one treatment, before anything is merged.

Rounding errs one way: a restriction holds wherever it could hold, a permission or the start of something to do counts
only where it must have begun, and "normal until" ends at its earliest possible time.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from needlecare.model.plan import FOREVER, Extent, Treatment, Wait
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, Rule
from needlecare.model.time import (
    AT_TREATMENT,
    Bound,
    Duration,
    Point,
    as_end,
    ceil_to_day,
    day_end,
    day_start,
    floor_to_day,
    local_date,
    shift_date,
)
from needlecare.timeline.moments import Resolved, Resolver, Unplanned
from needlecare.timeline.selection import Selection


class Span(NamedTuple):
    """The time that one rule holds on its targets.

    On *avoid* and *allow* its extent is what it restricts; a permission restricts what comes before it. Of other verbs
    `[start, end)` counts. *waits* are what the end waits for, *awaited* what the start does.
    """

    rule: Rule
    extent: Extent
    earliest: datetime
    waits: tuple[Wait, ...]
    end_stated: bool
    unsure: tuple[str, ...] = ()
    awaited: tuple[Wait, ...] = ()


# What of a rule says when it holds.
_Key = tuple[str, Bound | None, Bound | None, tuple[int, int] | None, Duration | None]


class Spans:
    """Computes spans for one treatment."""

    def __init__(self, selection: Selection, treatment: Treatment) -> None:
        self._treatment = treatment
        self._zone = treatment.zone
        self._is_exact = treatment.is_exact
        self._rules = selection.rule_set.rules
        self._applying = {chosen.rule.id for rules in selection.by_verb.values() for chosen in rules}
        self._moments = Resolver(selection.rule_set, treatment, self._end_of_rule)
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
        held = Extent(start, start, end, end)
        return span._replace(extent=held, waits=waits, awaited=begins.waits, end_stated=rule.states_end)

    def instant(self, bound: Bound) -> datetime | None:
        """Compute where a sign eases or becomes a reason to call: never later than it could be, None for never."""
        try:
            found = self._moments.end(bound, far=False, late=False, whole_day=False)
        except Unplanned:
            return None
        return self._round(found.point.at, up=False) if found.point.at < FOREVER else None

    def open_end(self) -> datetime:
        """Compute where a restriction without end turns milder: when the skin has usually healed."""
        return self._moments.open_end().point.at

    def worries(self, rules: Iterable[Rule]) -> dict[str, datetime]:
        """Compute, by rule, from when each of *rules* worries."""
        found = ((rule.id, self.instant(rule.worry_after)) for rule in rules if rule.worry_after)
        return {id_: instant for id_, instant in found if instant is not None}

    def usually_by(self, rule: Rule) -> datetime | None:
        """Compute from when a sign may be gone, where the rule gives a range; it is as usual up to the end."""
        if rule.end is None or not rule.end.is_range:
            return None
        return self.instant(rule.end)

    def _span(self, rule: Rule) -> Span:
        """Compute a span once: many rules hold at the same times, and rules wait for each other in a row."""
        key = rule.verb, rule.start, rule.end, rule.days, rule.lasts
        if key not in self._known:
            self._known[key] = self._anew(rule)
        span = self._known[key]
        return span if span.rule is rule else span._replace(rule=rule)

    def _anew(self, rule: Rule, exception: Bound | None = None) -> Span:
        if rule.verb == ALLOW:
            return self._before_permission(rule)
        start, better_from, awaited = self._starts(rule)
        if exception is not None:
            rule = rule._replace(end=exception, days=None, lasts=None)
        end, better_until, resolved = self._ends(rule, start)
        if rule.verb == AVOID and max(end, better_until) < start:
            # It is over before it begins. What begins on some day may begin as late as on its end.
            end = self._round(start + (self._treatment.last - self._treatment.first), up=True)
        end = max(end, start)
        stated = rule.states_end
        better_until = FOREVER if not stated and rule.verb == AVOID else max(better_until, end)
        return Span(
            rule,
            Extent(min(better_from, start), start, end, better_until),
            earliest=min(max(self._round(resolved.earliest, up=True), start), end),
            waits=resolved.waits,
            end_stated=stated and resolved.dated,
            awaited=awaited,
        )

    def _before_permission(self, rule: Rule) -> Span:
        """Turn a permission around: before it no, and better not up to the farther side of a range."""
        start = self._round(self._treatment.first, up=False)
        at_once = rule.days is None and (rule.start is None or rule.start.is_at_once(far=False))
        near, far = (self._begin(rule, far=far, late=True) for far in (False, True))
        end = start if at_once else max(self._round(near.point.at, up=True), start)
        only_now = at_once and (rule.start is None or rule.start.is_at_once(far=True))
        until = end if only_now else max(self._round(far.point.at, up=True), end)
        earliest = min(max(self._round(near.earliest, up=True), start), end)
        return Span(rule, Extent(start, start, end, until), earliest, near.waits, end_stated=True)

    def _begin(self, rule: Rule, *, far: bool, late: bool) -> Resolved:
        """Compute where a permission begins: a day that it counts to must be over, days that it lists begin it."""
        if rule.days is not None:
            at = day_start(self._day(rule.days[0]), self._zone, late=True)
            return Resolved(Point(at, self._day(rule.days[0])), at, ())
        return self._moments.end(rule.start or AT_TREATMENT, far=far, late=late)

    def _permission_end(self, rule: Rule, begins: Resolved) -> tuple[datetime, tuple[Wait, ...]]:
        """Return where a permission ends, and what its end waits for."""
        if rule.days is not None:
            return day_end(self._day(rule.days[1]), self._zone, late=False), ()
        if rule.lasts is not None:
            lasts = begins.point.at < FOREVER
            return as_end(begins.point, rule.lasts, self._zone, late=False).at if lasts else FOREVER, ()
        if rule.end is None:
            return self._moments.open_end(late=False).point.at, ()
        ends = self._moments.end(rule.end, far=False, late=False, whole_day=False)
        return ends.point.at, ends.waits

    def _starts(self, rule: Rule) -> tuple[datetime, datetime, tuple[Wait, ...]]:
        """Return where the rule begins, where its milder part does (the wider side before it), and on what."""
        if rule.days is not None and (rule.days[0] != 0 or rule.verb in (AVOID, PREPARE)):
            # A day of avoiding counts whole; the rest of day 0 begins with the treatment.
            start = day_start(self._day(rule.days[0]), self._zone)
            return start, start, ()
        if rule.start in (None, AT_TREATMENT):
            start = self._round(self._treatment.first, up=False)
            return start, start, ()
        late = rule.verb == DO
        found = self._moments.start(rule.start, far=False, late=late)
        found_far = self._moments.start(rule.start, far=True, late=late) if rule.start.is_range else found
        near, far = self._round(found.point.at, up=late), self._round(found_far.point.at, up=late)
        if rule.verb == AVOID:
            return (near, far, ()) if far < near else (near, near, ())
        # What is to be done begins where all sources have it begun; preparing begins with the first.
        chosen = min(near, far) if rule.verb == PREPARE else max(near, far)
        return chosen, chosen, found.waits if late else ()

    def _ends(self, rule: Rule, start: datetime) -> tuple[datetime, datetime, Resolved]:
        """Return where the rule ends, where its milder part does, and how the end came about."""
        late = rule.verb != EXPECT
        if rule.days is not None:
            day = self._day(rule.days[1])
            end = day_end(day, self._zone, late=late)
            return end, end, Resolved(Point(end, day), end, ())
        if rule.lasts is not None or rule.end is None:
            resolved = self._end_of_length(rule, rule.lasts, start) if rule.lasts else self._moments.open_end(late=late)
            end = self._round(resolved.point.at, up=late)
            return end, end, resolved
        whole_day = rule.verb in (AVOID, PREPARE)
        near = self._moments.end(rule.end, far=False, late=late, whole_day=whole_day)
        far = self._moments.end(rule.end, far=True, late=late, whole_day=whole_day) if rule.end.is_range else near
        near_at, far_at = self._round(near.point.at, up=late), self._round(far.point.at, up=late)
        if rule.verb != AVOID:
            return far_at, far_at, far
        if rule.start is None or rule.start.is_at_once(far=False):
            # From the treatment to the treatment is no time, though nobody may know which minute that was.
            near_at = start if rule.end.is_at_once(far=False) else near_at
            far_at = start if rule.end.is_at_once(far=True) else far_at
        return near_at, far_at, near

    def _end_of_length(self, rule: Rule, length: Duration, start: datetime) -> Resolved:
        """Count *length* from where the rule begins; a restriction from the latest that it could have begun."""
        if start == FOREVER:
            return Resolved(Point(FOREVER, self._treatment.day), FOREVER, ())
        if rule.verb == EXPECT:
            begun = Resolved(Point(start, local_date(start, self._zone)), start, ())
        else:
            bound, at_end = rule.start or AT_TREATMENT, rule.verb == AVOID
            begun = max(
                (self._moments.start(bound, far=far, late=True, at_end=at_end) for far in (False, True)),
                key=lambda resolved: resolved.point.at,
            )
        if begun.point.at == FOREVER:
            return begun
        end = as_end(begun.point, length, self._zone, late=rule.verb != EXPECT)
        known = as_end(Point(begun.earliest, local_date(begun.earliest, self._zone)), length, self._zone)
        return begun._replace(point=end, earliest=min(known.at, end.at))

    def _day(self, number: int) -> date:
        return shift_date(self._treatment.day, Duration(abs(number), "d"), -1 if number < 0 else 1)

    def _round(self, instant: datetime, *, up: bool) -> datetime:
        """Round to whole days where only the date of the treatment is known."""
        if self._is_exact or instant == FOREVER:
            return instant
        return ceil_to_day(instant, self._zone) if up else floor_to_day(instant, self._zone)

    def _end_of_rule(self, rule_id: str) -> tuple[Resolved, bool]:
        """Return the end of a rule, and whether it applies."""
        span = self._span(self._rules[rule_id])
        at = span.extent.better_until if span.end_stated else span.extent.end
        day = local_date(at, self._zone) if at != FOREVER else self._treatment.day
        return Resolved(Point(at, day), span.earliest, span.waits, span.end_stated), rule_id in self._applying
