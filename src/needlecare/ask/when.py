"""From when something is all right again: the walk along the windows from one instant on."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from needlecare.ask.asked import at_instant
from needlecare.ask.lookup import Meaning
from needlecare.ask.verdict import BETTER_NOT, NO, YES, Verdict, judge
from needlecare.model.plan import Timeline

_MOST_STEPS = 1000


class Return(NamedTuple):
    """From when: *free_from* is after the "no", *better_from* after the "better not" that follows, if one does.

    *verdict* is what holds at the instant that is counted from; neither date is known where it holds without end.
    """

    verdict: Verdict
    free_from: datetime | None
    better_from: datetime | None


def find_return(timelines: Sequence[Timeline], meaning: Meaning, start: datetime | None = None) -> Return:
    """Find from when what *meaning* names is free, counted from *start*, else from the latest treatment on."""
    counted = start or max(timeline.treatment.last for timeline in timelines)
    verdict = judge(timelines, meaning, at_instant(counted, timelines[0].treatment))
    if verdict.verdict not in (NO, BETTER_NOT) or verdict.prescribed:
        return Return(verdict, counted if verdict.verdict == YES else None, None)
    free = _first(timelines, verdict, lambda state: state != NO)
    clear = _first(timelines, verdict, lambda state: state not in (NO, BETTER_NOT))
    return Return(verdict, free, clear if clear != free else None)


def _first(timelines: Sequence[Timeline], verdict: Verdict, suits: Callable[[str], bool]) -> datetime | None:
    """Go from one change to the next until the verdict *suits*."""
    for _ in range(_MOST_STEPS):
        if suits(verdict.verdict):
            return verdict.asked.at
        following = verdict.until
        if following is None:
            return None
        verdict = judge(timelines, verdict.meaning, at_instant(following, timelines[0].treatment))
    return None
