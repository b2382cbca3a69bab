"""When nothing of a session is left that an event would mind: healing is hard, results are soft."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from needlecare.model.facts import Facts
from needlecare.model.plan import FOREVER, Treatment, treated_on
from needlecare.model.ruleset import RuleSet
from needlecare.model.time import last_instant, local_date, shift_date
from needlecare.timeline.build import build_timeline
from needlecare.timeline.selection import select
from needlecare.timeline.spans import Spans


def healing(rule_set: RuleSet, treatment: Treatment, facts: Facts, kind: str) -> Callable[[date], date]:
    """Give a function from the day of a session to the first day that is free for an event of *kind*."""
    known = rule_set.events.get(kind)
    wanted = rule_set.family(known.activities) if known else ()
    selection = select(rule_set, facts)

    @cache
    def healed(day: date) -> date:
        sitting = treated_on(day, None, treatment.zone)
        timeline = build_timeline(rule_set, sitting, facts)
        ends = [Spans(rule_set, sitting, selection).open_end()]
        # Each “no” on what the event brings; a “better not” is soft.
        ends.extend(
            window.end
            for activity in wanted
            for window in timeline.windows_on(activity)
            if window.start < window.end < FOREVER and window.start < sitting.last
        )
        return max(local_date(last_instant(end), treatment.zone) for end in ends) + timedelta(days=1)

    return healed


def results_between(rule_set: RuleSet, kind: str, last: date) -> tuple[date, date] | None:
    """Give when the full result of a course that ended on *last* is usually seen, where an event of *kind* wants it."""
    known = rule_set.events.get(kind)
    if known is None or known.results is None:
        return None
    return shift_date(last, known.results[0]), shift_date(last, known.results[1])
