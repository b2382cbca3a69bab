"""The course that a treatment begins, and when nothing of a session is left that an event would mind."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache

from needlecare.model.plan import FOREVER, Event, Timeline, Treatment, treated_on
from needlecare.model.ruleset import RuleSet
from needlecare.model.time import last_instant, local_date, shift_date
from needlecare.timeline.build import build_selected
from needlecare.timeline.selection import Selection, select
from needlecare.timeline.sessions import Course, OpenDays, fit_before, plan_course, precare
from needlecare.timeline.spans import Spans


def plan_ahead(
    timeline: Timeline, *, count: int | None, done: Sequence[date], before: Event | None, calendar: OpenDays
) -> Course | None:
    """Return the course that the treatment of *timeline* begins; None where no rule says how far apart sessions are.

    With an event *before* which it ends, it must have healed by then. Each session to come has its pre-care.
    """
    treatment = timeline.treatment
    selection = select(timeline.rule_set, timeline.facts)
    course = plan_course(selection.spacings, treatment.day, done=done, count=count, calendar=calendar)
    if course is None:
        return None
    if before is not None:
        healed = _healing(selection, treatment, before.kind)
        course = fit_before(course, selection.spacings, before, healed=healed, calendar=calendar)
    steps = []
    for step in course.steps:
        ahead = () if step.done else tuple(precare(selection, treatment, step.day))
        steps.append(step._replace(session=step.session._replace(precare=ahead)))
    return course._replace(steps=tuple(steps))


def _healing(selection: Selection, treatment: Treatment, kind: str) -> Callable[[date], date]:
    """Return a function from the day of a session to the first day that is free for an event of *kind*."""
    known = selection.rule_set.events.get(kind)
    wanted = selection.rule_set.family(known.activities) if known else ()

    @cache
    def healed(day: date) -> date:
        sitting = treated_on(day, None, treatment.zone)
        timeline = build_selected(selection, sitting)
        ends = [Spans(selection, sitting).open_end().point.at]
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
    """Return when the full result of a course that ended on *last* is usually seen, if an event of *kind* wants it."""
    known = rule_set.events.get(kind)
    if known is None or known.results is None:
        return None
    return shift_date(last, known.results[0]), shift_date(last, known.results[1])
