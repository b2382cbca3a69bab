"""What holds at one moment: what to leave, what to do, what is normal, and what changes next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from needlecare.ask.asked import at_instant
from needlecare.ask.lookup import Meaning
from needlecare.ask.verdict import BETTER_NOT, NO, YES, Verdict, judge
from needlecare.model.plan import FOREVER, Lift, Timeline, Window
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE

_NEXT = 3


class Change(NamedTuple):
    """At an instant something lifts (*to* yes or better-not) or begins to be restricted (*to* no)."""

    at: datetime
    activity: str
    to: str
    lift: Lift | None
    timeline: Timeline


class Now(NamedTuple):
    """What holds *at* a moment, over all open treatments. *changes* are the next ones, up to the third instant.

    *only_if* are restrictions that are over, but for what only the person can see.
    """

    at: datetime
    timelines: tuple[Timeline, ...]
    avoid: tuple[Verdict, ...]
    better_not: tuple[Verdict, ...]
    only_if: tuple[tuple[Timeline, Window], ...]
    do: tuple[tuple[Timeline, Window], ...]
    expect: tuple[tuple[Timeline, Window], ...]
    changes: tuple[Change, ...]

    @property
    def worries(self) -> tuple[tuple[Timeline, Window], ...]:
        """Signs that were to be expected and are now a reason to call; what another treatment brings now is none."""
        found = []
        going = {window.target for _, window in self.expect}
        for timeline in self.timelines:
            for window in timeline.windows:
                due = window.worry_after or window.end
                if window.kind == EXPECT and window.target not in going and window.start <= self.at and due <= self.at:
                    found.append((timeline, window))
        return tuple(found)


def look(timelines: Sequence[Timeline], at: datetime) -> Now:
    """Gather what holds *at* a moment."""
    targets = sorted({window.target for timeline in timelines for window in timeline.windows if window.kind == "avoid"})
    verdicts = [
        judge(timelines, Meaning(one, (one,)), at_instant(at, timelines[0].treatment), parts=False)
        for one in targets
        if any(_holds(window, at) for timeline in timelines for window in timeline.windows_on(one))
    ]
    own = [verdict for verdict in verdicts if verdict.verdict != YES]
    held = {one for verdict in own for one in verdict.meaning.ids}
    return Now(
        at,
        tuple(timelines),
        tuple(one for one in own if one.verdict == NO),
        tuple(one for one in own if one.verdict != NO),
        tuple(
            (timeline, window)
            for timeline in timelines
            for window in timeline.windows
            if window.kind == AVOID and window.waits and window.over <= at and window.target not in held
        ),
        tuple(_at_work(timelines, at, (DO, PREPARE))),
        tuple(_at_work(timelines, at, (EXPECT,))),
        tuple(_changes(timelines, at)),
    )


def _holds(window: Window, at: datetime) -> bool:
    return window.better_from <= at < window.over


def _at_work(timelines: Iterable[Timeline], at: datetime, kinds: tuple[str, ...]) -> Iterable[tuple[Timeline, Window]]:
    for timeline in timelines:
        for window in timeline.windows:
            if window.kind in kinds and window.start <= at < max(window.end, window.start):
                yield timeline, window


def _changes(timelines: Sequence[Timeline], at: datetime) -> Iterator[Change]:
    """Give what changes at the next instants; where another treatment restricts longer, nothing lifts."""
    instants: set[datetime] = set()
    for change in sorted(_every_change(timelines, at), key=lambda one: (one.at, one.to, one.activity)):
        if len(instants) == _NEXT and change.at not in instants:
            return
        if len(timelines) == 1 or change.lift is None or _is_free(timelines, change):
            instants.add(change.at)
            yield change


def _is_free(timelines: Sequence[Timeline], change: Change) -> bool:
    """Tell whether what lifts for one treatment lifts for all."""
    asked = at_instant(change.at, timelines[0].treatment)
    found = judge(timelines, Meaning(change.activity, (change.activity,)), asked, parts=False).verdict
    return found != NO and (change.to != YES or found != BETTER_NOT)


def _every_change(timelines: Iterable[Timeline], at: datetime) -> Iterator[Change]:
    for timeline in timelines:
        for window in timeline.windows:
            if window.kind != "avoid":
                continue
            for lift in window.lifts:
                if lift.at > at and lift.activity not in timeline.rule_set.unadvised:
                    yield Change(lift.at, lift.activity, lift.to, lift, timeline)
            if at < window.start < window.end and window.start < FOREVER:
                yield Change(window.start, window.target, NO, None, timeline)
