"""When nothing of a session is left that an event would mind: healing is hard, results are soft."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache

from needlecare.model.facts import Facts
from needlecare.model.plan import FOREVER, Timeline
from needlecare.model.ruleset import RuleSet
from needlecare.model.time import local_date, shift_date
from needlecare.model.treatment import Treatment, treated_on
from needlecare.timeline import build_timeline

_MOMENT = timedelta(microseconds=1)


def healing(rule_set: RuleSet, treatment: Treatment, facts: Facts, kind: str) -> Callable[[date], date]:
    """Give a function from the day of a session to the first day that is free for an event of *kind*."""
    known = rule_set.events.get(kind)
    wanted = rule_set.family(known.activities) if known else ()

    @cache
    def healed(day: date) -> date:
        sitting = treated_on(day, None, treatment.zone)
        timeline = build_timeline(rule_set, sitting, facts)
        ends = [_healed_at(timeline)]
        # Each “no” on what the event brings; a “better not” is soft.
        ends.extend(
            window.end
            for activity in wanted
            for window in timeline.windows_on(activity)
            if window.start < window.end < FOREVER and window.start < sitting.last
        )
        return max(local_date(end - _MOMENT, treatment.zone) for end in ends) + timedelta(days=1)

    return healed


def _healed_at(timeline: Timeline) -> datetime:
    """Give the end of the usual time of healing."""
    from needlecare.model.bounds import Bound, Term
    from needlecare.timeline.moments import Moments, Resolved, Unplanned

    def no_rule(rule: str) -> tuple[Resolved, bool]:
        raise Unplanned(rule)

    moments = Moments(timeline.rule_set, timeline.treatment, no_rule)
    return moments.end(Bound((Term(timeline.rule_set.open_ends_at),)), far=True).point.at


def results_between(rule_set: RuleSet, kind: str, last: date) -> tuple[date, date] | None:
    """Give when the full result of a course that ended on *last* is usually seen, where an event of *kind* wants it."""
    known = rule_set.events.get(kind)
    if known is None or known.results is None:
        return None
    return shift_date(last, known.results[0]), shift_date(last, known.results[1])
