"""What holds at one moment: what to leave, what to do, what is normal, and what changes next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from needlecare.ask.asked import Asked, at_instant
from needlecare.ask.lookup import Meaning
from needlecare.ask.verdict import NO_RULE, Verdict, judge
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Lift, Timeline, Window
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE, Rule

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


EXPECTED, NO_LONGER, CALL, RED_FLAG = "expected", "no-longer-expected", "call", "red-flag"
_GRAVEST = (RED_FLAG, CALL, NO_RULE, NO_LONGER, EXPECTED)


class Sighting(NamedTuple):
    """The answer: *verdict* is expected, no-longer-expected, call, red-flag or no-rule.

    *until* is when it is no longer expected, *call_from* when it becomes a reason to call. *flags* are the red flags
    that name the sign; *conditions* under which the answer holds, where a fact that decides isn't known.
    """

    meaning: Meaning
    asked: Asked
    verdict: str
    timeline: Timeline
    windows: tuple[Window, ...] = ()
    flags: tuple[Rule, ...] = ()
    until: datetime | None = None
    call_from: datetime | None = None
    starts: datetime | None = None
    over: bool = False
    conditions: tuple[str, ...] = ()


def judge_sign(timelines: Sequence[Timeline], meaning: Meaning, asked: Asked) -> Sighting:
    """Tell whether the signs that *meaning* names are to be expected; of several the gravest answer counts.

    What the latest treatment brings is expected, however long ago another one was.
    """
    # What a treatment to come will bring says nothing about what is seen now.
    begun = [one for one in timelines if asked.meets(one.treatment.first, FOREVER, one.treatment)] or timelines
    begun = sorted(begun, key=lambda one: one.treatment.first, reverse=True)
    found = []
    for sign in meaning.ids:
        latest, *others = (_judge(one, meaning, sign, asked, latest=one is begun[0]) for one in begun)
        found.extend([latest] if latest.verdict == EXPECTED else [latest, *others])
    gravest = min(found, key=lambda one: _GRAVEST.index(one.verdict))
    if gravest.verdict in (EXPECTED, NO_LONGER) and not meaning.is_sure:
        # Words that weren't understood may be the ones that matter: “very”, “on one side”.
        return gravest._replace(verdict=NO_RULE)
    return gravest


def _judge(timeline: Timeline, meaning: Meaning, sign: str, asked: Asked, *, latest: bool) -> Sighting:
    blank = Sighting(meaning, asked, NO_RULE, timeline)
    flags = tuple(rule for rule in timeline.red_flags if sign in rule.targets)
    if not flags and latest:
        flags = tuple(_overdue(timeline, sign, asked))
    if flags:
        urgent = any(rule.urgent for rule in flags)
        return blank._replace(verdict=RED_FLAG if urgent else CALL, flags=flags)
    windows = tuple(window for window in timeline.windows if window.kind == EXPECT and window.target == sign)
    if not windows:
        return blank
    worry = min((window.worry_after for window in windows if window.worry_after), default=None)
    holding = [window for window in windows if asked.meets(window.start, window.end, timeline.treatment)]
    until = min((window.end for window in holding), default=None)
    shown = tuple(holding) or windows
    answer = blank._replace(
        windows=shown,
        until=None if until == FOREVER else until,
        call_from=worry,
        starts=min(window.start for window in windows),
        conditions=tuple(dict.fromkeys(window.condition for window in shown if window.condition)),
    )
    if worry is not None and asked.meets(worry, FOREVER, timeline.treatment):
        return answer._replace(verdict=CALL, over=True, conditions=tuple(_deciding(timeline, sign, asked, shown)))
    if holding:
        return answer._replace(verdict=EXPECTED)
    over = asked.begins(timeline.treatment) >= max(one.end for one in windows)
    return answer._replace(verdict=NO_LONGER if over and worry is not None else CALL, over=over)


def _overdue(timeline: Timeline, sign: str, asked: Asked) -> Iterator[Rule]:
    """Give the red flags of whatever should be over by some time, if that has come and *sign* should be."""
    ends = [one.end for one in timeline.windows if one.kind == EXPECT and one.target == sign]
    for rule in timeline.red_flags:
        begins = timeline.flagged_from.get(rule.id)
        if begins is None or sign in dict(rule.exceptions) or not ends or max(ends) > begins:
            continue
        if asked.meets(begins, FOREVER, timeline.treatment):
            yield rule


def _deciding(timeline: Timeline, sign: str, asked: Asked, shown: Iterable[Window]) -> Iterator[str]:
    """Give the condition of a reason to call: none where it is one whatever the unknown fact is."""
    perhaps = [one for one in timeline.perhaps if one.target == sign]
    late = [one for one in perhaps if asked.meets(one.worry_after or one.end, FOREVER, timeline.treatment)]
    if len(late) < len(perhaps):
        yield " or ".join(dict.fromkeys(one.condition for one in (*shown, *late) if one.condition))
