"""One rule → the instants that it holds for one treatment, before anything is merged.

Rounding errs one way: a restriction holds wherever it could hold, a permission or the start of something to do counts
only where it must have begun, and "normal until" ends at its earliest possible time.
"""

from datetime import datetime
from typing import NamedTuple

from needlecare.model.bounds import AT_TREATMENT, Bound
from needlecare.model.plan import FOREVER, Wait
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, Rule, RuleSet
from needlecare.model.time import (
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
from needlecare.model.treatment import Treatment
from needlecare.timeline.moments import Moments, Resolved, Unplanned
from needlecare.timeline.selection import Selection


class Span(NamedTuple):
    """What one rule says on its targets: no from *start* to *end*, better not from *better_from* and to *better_until*.

    For other verbs than avoid: from *start* to *end*, and perhaps still to *better_until*.
    """

    rule: Rule
    better_from: datetime
    start: datetime
    end: datetime
    better_until: datetime
    earliest: datetime
    waits: tuple[Wait, ...]
    end_stated: bool
    value: str
    unsure: tuple[str, ...] = ()


class Spans:
    """Computes spans for one treatment; what one rule says of another's end is computed once."""

    def __init__(self, rule_set: RuleSet, treatment: Treatment, selection: Selection) -> None:
        self._treatment = treatment
        self._zone = treatment.zone
        self._applying = {chosen.rule.id: chosen.rule for rules in selection.by_verb.values() for chosen in rules}
        self._moments = Moments(rule_set, treatment, self._end_of_rule)

    def of(self, rule: Rule, *, end: Bound | None = None, unsure: tuple[str, ...] = ()) -> Span | None:
        """Compute the span of *rule*, with another *end* for an exception; None where this plan lacks its moment."""
        if end is not None:
            rule = rule._replace(end=end, days=None, lasts=None)
        try:
            span = self._span(rule)
        except Unplanned:
            return None
        return span._replace(unsure=unsure)

    def instant(self, bound: Bound) -> datetime | None:
        """Compute where a sign eases or becomes a reason to call: never later than it could be."""
        try:
            found = self._moments.end(bound, far=False, late=False, whole_day=False)
        except Unplanned:
            return None
        return found.point.at if self._treatment.is_exact else floor_to_day(found.point.at, self._zone)

    def usually_by(self, rule: Rule) -> datetime | None:
        """Compute from when a sign is usually gone, where the rule gives a range; it may still be seen to the end."""
        if rule.end is None or all(term.offset.near == term.offset.far for term in rule.end.terms):
            return None
        return self.instant(rule.end)

    def end_of_permission(self, rule: Rule, start: datetime) -> datetime:
        """Compute until when a permission is said to hold: as surely as it begins, and not before it does."""
        if rule.end is None:
            return max(self._round(self._moments.open_end().point.at, up=False), start)
        found = self._moments.end(rule.end, far=False, late=False, whole_day=False)
        return max(self._round(found.point.at, up=False), start)

    def _span(self, rule: Rule) -> Span:
        if rule.days is not None:
            return self._of_days(rule, *rule.days)
        if rule.verb == ALLOW:
            return self._of_permission(rule)
        start, better_from = self._starts(rule)
        end, better_until, resolved = self._ends(rule, start)
        end = max(end, start)
        stated = rule.end is not None or rule.lasts is not None
        return Span(
            rule,
            min(better_from, start),
            start,
            end,
            FOREVER if not stated and rule.verb == AVOID else max(better_until, end),
            min(max(resolved.earliest, start), end),
            resolved.waits,
            stated and resolved.dated,
            rule.value,
        )

    def _of_days(self, rule: Rule, first: int, last: int) -> Span:
        treatment = self._treatment
        begins = shift_date(treatment.day, Duration(abs(first), "d"), -1 if first < 0 else 1)
        ends = shift_date(treatment.day, Duration(abs(last), "d"), -1 if last < 0 else 1)
        # A day of avoiding counts whole; the rest of day 0 begins with the treatment.
        after = first == 0 and rule.verb not in (AVOID, PREPARE)
        start = self._round(treatment.first, up=False) if after else day_start(begins, self._zone)
        end = day_end(ends, self._zone)
        return Span(rule, start, start, max(end, start), max(end, start), max(end, start), (), True, rule.value)

    def _of_permission(self, rule: Rule) -> Span:
        """Turn a permission around: before it no, and better not up to the farther side of a range."""
        treatment = self._treatment
        start = self._round(treatment.first, up=False)
        if rule.start is None:
            now = self._round(treatment.last, up=True)
            return Span(rule, start, start, start, start, now, (), True, rule.value)
        near = self._moments.end(rule.start, far=False)
        far = self._moments.end(rule.start, far=True)
        end = max(self._round(near.point.at, up=True), start)
        until = max(self._round(far.point.at, up=True), end)
        return Span(rule, start, start, end, until, min(near.earliest, end), near.waits, True, rule.value)

    def _starts(self, rule: Rule) -> tuple[datetime, datetime]:
        """Give where the rule begins, and where its milder part does: the wider side before the treatment."""
        if rule.start in (None, AT_TREATMENT):
            start = self._round(self._treatment.first, up=False)
            return start, start
        late = rule.verb == DO
        near = self._moments.start(rule.start, far=False, late=late).point.at
        far = self._moments.start(rule.start, far=True, late=late).point.at
        near, far = self._round(near, up=late), self._round(far, up=late)
        if rule.verb == AVOID:
            return (near, far) if far < near else (near, near)
        # What is to be done begins where all sources have it begun; preparing begins with the first.
        chosen = min(near, far) if rule.verb == PREPARE else max(near, far)
        return chosen, chosen

    def _ends(self, rule: Rule, start: datetime) -> tuple[datetime, datetime, Resolved]:
        """Give where the rule ends, and where its milder part does."""
        late = rule.verb != EXPECT
        if rule.lasts is not None:
            from_start = Point(start, local_date(start, self._zone))
            end = as_end(from_start, rule.lasts, self._zone)
            resolved = Resolved(end, end.at, ())
            return self._round(end.at, up=late), self._round(end.at, up=late), resolved
        if rule.end is None:
            resolved = self._moments.open_end()
            end_at = self._round(resolved.point.at, up=late)
            return end_at, end_at, resolved
        whole_day = rule.verb in (AVOID, PREPARE)
        near = self._moments.end(rule.end, far=False, late=late, whole_day=whole_day)
        far = self._moments.end(rule.end, far=True, late=late, whole_day=whole_day)
        near_at, far_at = self._round(near.point.at, up=late), self._round(far.point.at, up=late)
        if rule.verb == AVOID:
            return near_at, far_at, near
        return far_at, far_at, far

    def _round(self, instant: datetime, *, up: bool) -> datetime:
        """Round to whole days where only the date of the treatment is known."""
        if self._treatment.is_exact or instant == FOREVER:
            return instant
        return ceil_to_day(instant, self._zone) if up else floor_to_day(instant, self._zone)

    def _end_of_rule(self, rule_id: str) -> Resolved | None:
        rule = self._applying.get(rule_id)
        if rule is None:
            return None
        span = self._span(rule)
        at = span.better_until if span.end_stated else span.end
        day = local_date(at, self._zone) if at != FOREVER else self._treatment.day
        return Resolved(Point(at, day), span.earliest, span.waits, span.end_stated)
