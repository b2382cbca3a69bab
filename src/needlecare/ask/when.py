"""From when something is all right again: the walk along the windows from one instant on."""

from collections.abc import Iterator, Sequence
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
    *last* is the restriction that the later date ends, and *again* when the next one begins.
    """

    verdict: Verdict
    free_from: datetime | None
    better_from: datetime | None
    last: Verdict
    again: datetime | None = None


def find_return(timelines: Sequence[Timeline], meaning: Meaning, start: datetime | None = None) -> Return:
    """Find from when what *meaning* names is free, counted from *start*, else from the latest treatment on."""
    counted = start or max(timeline.treatment.last for timeline in timelines)
    verdict = judge(timelines, meaning, at_instant(counted, timelines[0].treatment))
    if verdict.verdict not in (NO, BETTER_NOT) or verdict.prescribed:
        return Return(verdict, counted if verdict.verdict == YES else None, None, verdict, verdict.again)
    steps = list(_steps(timelines, verdict))
    last = next(one for one in reversed(steps) if one.verdict in (NO, BETTER_NOT))
    # A "better not" may become a "no" again before it is over: what counts is when the last "no" is.
    free = next((one.until for one in reversed(steps) if one.verdict == NO), counted)
    return Return(verdict, free, last.until if last.until != free else None, last, steps[-1].again)


def _steps(timelines: Sequence[Timeline], verdict: Verdict) -> Iterator[Verdict]:
    """Go from one change to the next until nothing restricts any more."""
    for _ in range(_MOST_STEPS):
        yield verdict
        following = verdict.again if verdict.verdict == BETTER_NOT and verdict.again else verdict.until
        if verdict.verdict not in (NO, BETTER_NOT) or following is None:
            return
        verdict = judge(timelines, verdict.meaning, at_instant(following, timelines[0].treatment))
