"""What one sees and what holds now: whether a sign is to be expected, what to leave and to do, and what changes next.

What is to be done about a sign stands elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from needlecare.ask.lookup import Meaning
from needlecare.ask.times import When, from_to
from needlecare.ask.verdict import Verdict, judge
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Lift, Timeline, Window
from needlecare.model.ruleset import ASK, AVOID, CLINIC, DO, EXPECT, PREPARE, URGENCIES, Rule

# How grave a sign is, the gravest first.
UNKNOWN, WATCH, USUAL = ("unknown", "watch", "usual")
_GRAVEST = (*URGENCIES, UNKNOWN, WATCH, USUAL)
_usual_until = attrgetter("usual_until")


class Sighting(NamedTuple):
    """The answer to a question about signs: how grave they are at the time *asked*.

    *until* is when a sign is no longer expected, *call_from* when it becomes a reason to call. *flags* are the calls
    that name it, the most urgent first; *conditions* those under which the answer holds, where a fact that decides
    isn't known. *done* is the answer about something that was done, where the words name that and no sign.
    """

    meaning: Meaning
    asked: When
    verdict: str
    timeline: Timeline
    windows: tuple[Window, ...] = ()
    flags: tuple[Rule, ...] = ()
    until: datetime | None = None
    call_from: datetime | None = None
    over: bool = False
    conditions: tuple[str, ...] = ()
    done: Verdict | None = None

    @property
    def is_understood(self) -> bool:
        """Whether the words name a sign, or something that was done."""
        return self.done is not None or (bool(self.meaning.ids) and not self.meaning.turning)


def judge_sign(timelines: Sequence[Timeline], meaning: Meaning, asked: When) -> Sighting:
    """Judge the signs that *meaning* names; of several the gravest answer counts.

    What the latest treatment brings is expected, however long ago another one was.
    """
    latest, *earlier = newest_first(timelines, asked.end)
    found = []
    for sign in meaning.ids:
        newest = _judge_one(latest, meaning, sign, asked, latest=True)
        found.append(newest)
        if newest.verdict != USUAL:
            found.extend(_judge_one(one, meaning, sign, asked, latest=False) for one in earlier)
    answer = gravest(found)
    if answer.verdict in (USUAL, WATCH, CLINIC if meaning.other else USUAL) and not meaning.is_sure:
        # Words that weren't understood may be the ones that matter: “very”, “on one side”; one's clinic is for oneself.
        return answer._replace(verdict=UNKNOWN)
    return answer


def newest_first(timelines: Sequence[Timeline], at: datetime) -> list[Timeline]:
    """Return those that have begun *at* a moment: what a treatment to come will bring says nothing about now."""
    begun = [one for one in timelines if one.treatment.first <= at] or timelines
    return sorted(begun, key=lambda one: one.treatment.first, reverse=True)


def gravest(found: Iterable[Sighting]) -> Sighting:
    """Return the gravest of several answers."""
    return min(found, key=lambda one: _GRAVEST.index(one.verdict))


def _judge_one(timeline: Timeline, meaning: Meaning, sign: str, asked: When, *, latest: bool) -> Sighting:
    """Find the one urgency that *sign* has then: that of its calls, if none is for later, else that of the time."""
    blank = Sighting(meaning, asked, UNKNOWN, timeline)
    windows = tuple(filter(lambda one: (one.kind, one.target) == (EXPECT, sign), timeline.windows))
    usual = any(one.start <= asked.start and asked.end <= one.usual_until for one in windows)
    flags = tuple(one for one in timeline.red_flags if sign in one.targets and not (usual and one.worry_after))
    if latest and not (flags or any(window.worry_after for window in windows)):
        flags = tuple(_overdue(timeline, sign, asked, max(map(_usual_until, windows), default=FOREVER)))
    if flags:
        return blank._replace(verdict=flags[0].urgency, flags=flags)
    return _placed(blank, windows, sign) if windows else blank


def _overdue(timeline: Timeline, sign: str, asked: When, by: datetime) -> Iterator[Rule]:
    """Return the red flags of whatever should be over by now, where *sign* should be over *by* then too."""
    for rule in timeline.red_flags:
        begins = timeline.flagged_from.get(rule.id)
        # What isn't expected at all is over by no time.
        if begins is None or by > begins or sign in dict(rule.exceptions):
            continue
        if asked.meets(begins, FOREVER):
            yield rule


def _placed(blank: Sighting, windows: tuple[Window, ...], sign: str) -> Sighting:
    """Place the time asked about before, in, or after what is expected in *windows*."""
    asked = blank.asked
    holding = tuple(one for one in windows if asked.meets(one.start, one.usual_until))
    worry, shown = _first(one.worry_after for one in windows), holding or windows
    answer = blank._replace(windows=shown, until=_first(map(attrgetter("end"), holding)), call_from=worry)
    if asked.meets(worry or FOREVER, FOREVER):
        deciding = tuple(_deciding(blank.timeline, sign, asked, shown))
        return answer._replace(verdict=CLINIC, over=True, conditions=deciding)
    answer = answer._replace(conditions=_conditions(shown))
    if holding:
        return answer._replace(verdict=USUAL)
    return answer._replace(verdict=WATCH, over=asked.start >= max(map(_usual_until, windows)))


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in instants if one is not None and one < FOREVER), default=None)


def _conditions(windows: Iterable[Window]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(window.condition for window in windows if window.condition))


def _deciding(timeline: Timeline, sign: str, asked: When, shown: Iterable[Window]) -> Iterator[str]:
    """Return the condition of a reason to call: none where it is one whatever the unknown fact is."""
    perhaps = [one for one in timeline.perhaps if one.target == sign]
    late = [one for one in perhaps if asked.meets(one.worry_after or one.end, FOREVER)]
    if len(late) < len(perhaps):
        yield " or ".join(_conditions((*shown, *late)))


_NEXT = 3


class Owned(NamedTuple):
    """A *window* of one of several timelines."""

    timeline: Timeline
    window: Window


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
    ask: tuple[Verdict, ...]
    better_not: tuple[Verdict, ...]
    only_if: tuple[Owned, ...]
    do: tuple[Owned, ...]
    expect: tuple[Owned, ...]
    changes: tuple[Change, ...]

    @property
    def worries(self) -> tuple[Owned, ...]:
        """Signs that were to be expected and are now a reason to call the clinic."""
        asked = from_to(self.at, self.at, self.timelines[0].treatment.zone)
        begun = [one for one in _owned(self.timelines, EXPECT) if one.window.start <= self.at]
        signs = dict.fromkeys(one.window.target for one in begun)
        calling = {one for one in signs if judge_sign(self.timelines, Meaning(one, (one,)), asked).verdict == CLINIC}
        return tuple(one for one in begun if one.window.target in calling)


def look(timelines: Sequence[Timeline], at: datetime) -> Today:
    """Gather what holds *at* a moment."""
    held = [one for one in _verdicts(timelines, at) if one.verdict != YES]
    return Today(
        at=at,
        timelines=tuple(timelines),
        avoid=tuple(one for one in held if one.verdict == NO),
        ask=tuple(one for one in held if one.verdict == ASK),
        better_not=tuple(one for one in held if one.verdict not in (NO, ASK)),
        only_if=tuple(_to_be_seen(timelines, at, held)),
        do=tuple(_at_work(timelines, at, DO, PREPARE)),
        expect=tuple(_at_work(timelines, at, EXPECT)),
        changes=tuple(_changes(timelines, at)),
    )


def _to_be_seen(timelines: Iterable[Timeline], at: datetime, held: Iterable[Verdict]) -> Iterator[Owned]:
    restricted = {one for verdict in held for one in verdict.meaning.ids}
    for timeline, window in _owned(timelines, AVOID):
        if window.waits and window.better_until <= at and window.target not in restricted:
            yield Owned(timeline, window)


def _verdicts(timelines: Sequence[Timeline], at: datetime) -> Iterator[Verdict]:
    """Judge whatever a window restricts *at* a moment."""
    asked = {window.target for _, window in _owned(timelines, ASK)}
    for target in sorted(asked.union(window.target for _, window in _owned(timelines, AVOID))):
        windows = [window for timeline in _knowing(timelines, target) for window in timeline.windows_on(target)]
        if target in asked or any(window.better_from <= at < window.better_until for window in windows):
            yield _judge(timelines, target, at)


def _judge(timelines: Sequence[Timeline], activity: str, at: datetime) -> Verdict:
    asked = from_to(at, at, timelines[0].treatment.zone)
    return judge(_knowing(timelines, activity), Meaning(activity, (activity,)), asked, parts=False)


def _knowing(timelines: Iterable[Timeline], activity: str) -> list[Timeline]:
    """Return those of *timelines* whose rule set knows *activity*: a clinic's own may be in none but its own."""
    return [one for one in timelines if activity in one.rule_set.activities]


def _owned(timelines: Iterable[Timeline], *kinds: str) -> Iterator[Owned]:
    return (Owned(timeline, one) for timeline in timelines for one in timeline.windows if one.kind in kinds)


def _at_work(timelines: Iterable[Timeline], at: datetime, *kinds: str) -> Iterator[Owned]:
    return (one for one in _owned(timelines, *kinds) if one.window.start <= at < one.window.holds_until)


def _changes(timelines: Sequence[Timeline], at: datetime) -> Iterator[Change]:
    """Return what changes at the next instants; where another treatment restricts longer, nothing lifts."""
    instants: set[datetime] = set()
    for change in sorted(_every_change(timelines, at), key=lambda one: (one.at, one.to, one.activity)):
        if len(instants) == _NEXT and change.at not in instants:
            return
        lifts = len(timelines) > 1 and change.lift is not None
        held = _judge(timelines, change.activity, change.at).verdict if lifts else ""
        if held != NO and (change.to != YES or held != BETTER_NOT):
            instants.add(change.at)
            yield change


def _every_change(timelines: Iterable[Timeline], at: datetime) -> Iterator[Change]:
    for timeline, window in _owned(timelines, AVOID):
        for lift in window.lifts:
            if lift.at > at and lift.activity not in timeline.rule_set.unadvised:
                yield Change(lift.at, lift.activity, to=lift.to, lift=lift, timeline=timeline)
        if at < window.start < window.end and window.start < FOREVER:
            yield Change(window.start, window.target, to=NO, lift=None, timeline=timeline)
