"""What holds at one moment: what to leave, what to do, what is normal, and what changes next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from needlecare.ask.lookup import Meaning
from needlecare.ask.times import at_instant
from needlecare.ask.verdict import Verdict, judge
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Lift, Timeline, Window
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE

_NEXT = 3
Owned = tuple[Timeline, Window]


class Change(NamedTuple):
    """At an instant something lifts (*to* yes or better-not) or begins to be restricted (*to* no)."""

    at: datetime
    activity: str
    to: str
    lift: Lift | None
    timeline: Timeline


class Today(NamedTuple):
    """What holds *at* a moment, over all open treatments. *changes* are the next ones, up to the third instant.

    *only_if* are restrictions that are over, but for what only the person can see.
    """

    at: datetime
    timelines: tuple[Timeline, ...]
    avoid: tuple[Verdict, ...]
    better_not: tuple[Verdict, ...]
    only_if: tuple[Owned, ...]
    do: tuple[Owned, ...]
    expect: tuple[Owned, ...]
    changes: tuple[Change, ...]

    @property
    def worries(self) -> tuple[Owned, ...]:
        """Signs that were to be expected and are now a reason to call; what another treatment brings now is none."""
        going = {window.target for _, window in self.expect}
        expected = ((owner, one) for owner, one in _owned(self.timelines, EXPECT) if one.target not in going)
        return tuple(
            (owner, one) for owner, one in expected if one.start <= self.at and (one.worry_after or one.end) <= self.at
        )


def look(timelines: Sequence[Timeline], at: datetime) -> Today:
    """Gather what holds *at* a moment."""
    held = [one for one in _verdicts(timelines, at) if one.verdict != YES]
    return Today(
        at=at,
        timelines=tuple(timelines),
        avoid=tuple(one for one in held if one.verdict == NO),
        better_not=tuple(one for one in held if one.verdict != NO),
        only_if=tuple(_to_be_seen(timelines, at, held)),
        do=tuple(_at_work(timelines, at, DO, PREPARE)),
        expect=tuple(_at_work(timelines, at, EXPECT)),
        changes=tuple(_changes(timelines, at)),
    )


def _to_be_seen(timelines: Iterable[Timeline], at: datetime, held: Iterable[Verdict]) -> Iterator[Owned]:
    restricted = {one for verdict in held for one in verdict.meaning.ids}
    for timeline, window in _owned(timelines, AVOID):
        if window.waits and window.over <= at and window.target not in restricted:
            yield timeline, window


def _verdicts(timelines: Sequence[Timeline], at: datetime) -> Iterator[Verdict]:
    """Judge whatever a window restricts *at* a moment."""
    for target in sorted({window.target for _, window in _owned(timelines, AVOID)}):
        windows = [window for timeline in timelines for window in timeline.windows_on(target)]
        if any(window.better_from <= at < window.over for window in windows):
            yield _judge(timelines, target, at)


def _judge(timelines: Sequence[Timeline], activity: str, at: datetime) -> Verdict:
    asked = at_instant(at, timelines[0].treatment)
    return judge(timelines, Meaning(activity, (activity,)), asked, parts=False)


def _owned(timelines: Iterable[Timeline], *kinds: str) -> Iterator[Owned]:
    return ((timeline, one) for timeline in timelines for one in timeline.windows if one.kind in kinds)


def _at_work(timelines: Iterable[Timeline], at: datetime, *kinds: str) -> Iterator[Owned]:
    for timeline, window in _owned(timelines, *kinds):
        if window.start <= at < window.end:
            yield timeline, window


def _changes(timelines: Sequence[Timeline], at: datetime) -> Iterator[Change]:
    """Return what changes at the next instants; where another treatment restricts longer, nothing lifts."""
    instants: set[datetime] = set()
    for change in sorted(_every_change(timelines, at), key=lambda one: (one.at, one.to, one.activity)):
        if len(instants) == _NEXT and change.at not in instants:
            return
        if len(timelines) == 1 or change.lift is None or _is_free(timelines, change):
            instants.add(change.at)
            yield change


def _is_free(timelines: Sequence[Timeline], change: Change) -> bool:
    """Return whether what lifts for one treatment lifts for all."""
    found = _judge(timelines, change.activity, change.at).verdict
    return found != NO and (change.to != YES or found != BETTER_NOT)


def _every_change(timelines: Iterable[Timeline], at: datetime) -> Iterator[Change]:
    for timeline, window in _owned(timelines, AVOID):
        for lift in window.lifts:
            if lift.at > at and lift.activity not in timeline.rule_set.unadvised:
                yield Change(lift.at, lift.activity, to=lift.to, lift=lift, timeline=timeline)
        if at < window.start < window.end and window.start < FOREVER:
            yield Change(window.start, window.target, to=NO, lift=None, timeline=timeline)
