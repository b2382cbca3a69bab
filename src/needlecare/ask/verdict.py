"""The one answer to every question about an activity, and how it comes from the windows of timelines."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from needlecare.ask.asked import Asked, at_instant
from needlecare.ask.lookup import Meaning, stem, tokens
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Hint, Timeline, Wait, Window, ranked_sources
from needlecare.model.ruleset import ALLOW, DO, PREPARE, PRESCRIBED, RuleSet


def is_covered(timeline: Timeline, activity: str, asked: Asked) -> bool:
    """Tell whether a rule speaks of *activity* at all of the time *asked*.

    What is restricted after the treatment says nothing of the time before it, nor the other way round, and a
    permission nothing of any time but its own.
    """
    if any(supports_of(timeline, [activity], asked)):
        return True
    if not timeline.covers(activity):
        return False
    treatment, windows = timeline.treatment, timeline.windows_on(activity)
    if is_before(asked, timeline) and not any(one.better_from < treatment.first for one in windows):
        return False
    if not windows:
        wanted = set(timeline.rule_set.lineage[activity])
        return not any(one.kind == ALLOW and one.target in wanted for one in timeline.windows)
    # A rule that ends with the treatment speaks of the time before the next one too, once that is booked.
    ahead = {one.rule for one in windows if one.over <= treatment.last}
    return not asked.meets(treatment.last, FOREVER, treatment) or any(one.rule not in ahead for one in windows)


def is_before(asked: Asked, timeline: Timeline) -> bool:
    """Tell whether some of the time *asked* lies before the treatment."""
    return asked.begins(timeline.treatment) < timeline.treatment.first


def supports_of(timeline: Timeline, ids: Iterable[str], asked: Asked) -> Iterator[Window]:
    """Give what tells or allows people to do this: a permission from its start, a thing to do once it has begun."""
    wanted = timeline.rule_set.ancestry(ids)
    begins = asked.begins(timeline.treatment)
    for window in timeline.windows:
        if window.target not in wanted:
            continue
        if window.kind == PREPARE and timeline.rule_set.activities[window.target].medicine == PRESCRIBED:
            yield window
        elif window.unsure:
            continue
        elif window.kind == PREPARE and begins < timeline.treatment.last:
            yield window
        elif window.kind in (ALLOW, DO) and begins >= window.start:
            # A permission that nothing ends goes on; one with a condition ends with the time that it is meant for.
            goes_on = window.kind == DO or not (window.end_stated or window.condition)
            if goes_on or not asked.meets(window.end, FOREVER, timeline.treatment):
                yield window


def prepares(timeline: Timeline, ids: Iterable[str], asked: Asked) -> Iterator[Window]:
    """Give what is to be prepared at the time *asked*, where its words name what *ids* are."""
    due = [one for one in timeline.windows if one.kind == PREPARE and not one.condition]
    due = [one for one in due if asked.meets(one.start, one.end, timeline.treatment)]
    if not due:
        return
    activities = timeline.rule_set.activities
    wanted = timeline.rule_set.ancestry(ids)
    names = {_even(name) for one in wanted for name in (activities[one].label, *activities[one].aka)}
    yield from (one for one in due if any(name in _even(one.text) for name in names))


def _even(text: str) -> str:
    return f" {' '.join(map(stem, tokens(text)))} "


def hints_on(timeline: Timeline, parts: Iterable[str]) -> tuple[Hint, ...]:
    """Tell what would be restricted if an assumed fact were otherwise."""
    wanted = timeline.rule_set.ancestry(parts)
    return tuple(hint for hint in timeline.longer_if if hint.target in wanted)


NO_RULE = "no-rule"
# What covers less is stricter than a yes: two treatments are never looser than either.
_STRICTNESS = (NO, BETTER_NOT, NO_RULE, YES)


class Stretch(NamedTuple):
    """A run of time in which a window of *timeline* says *state* on an activity."""

    state: str
    start: datetime
    end: datetime
    window: Window
    timeline: Timeline


class Part(NamedTuple):
    """What holds for one activity at the time asked about; *until* and *better_until* as in a verdict."""

    activity: str
    verdict: str
    until: datetime | None
    better_until: datetime | None
    and_once: tuple[Wait, ...]
    is_open: bool = False


class Verdict(NamedTuple):
    """The answer to a question: may I, and if not, from when.

    *until* is when a "no" or a "better not" is over, *better_until* when a "better not" that follows a "no" is;
    *earliest* is *until* by its known parts alone. *and_once* is what must have been seen besides: before *until* in
    order to begin, after it still. *windows* bind, the one that lasts longest first. *timeline* is the treatment that
    they count from. All of these hold for all of what was asked, *parts* tells of each activity that is part of it;
    of a yes, only where they wait for different things. *again* is when it is restricted next; of a "better not",
    when it becomes a "no". *silent* tells of what a "no rule" lacks though the rules do speak of it: a word on the time
    `before` the treatment or on that `time`, or `advice` to do it ever.
    """

    meaning: Meaning
    asked: Asked
    verdict: str
    timeline: Timeline
    until: datetime | None = None
    better_until: datetime | None = None
    earliest: datetime | None = None
    and_once: tuple[Wait, ...] = ()
    windows: tuple[Window, ...] = ()
    instead: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    prescribed: tuple[str, ...] = ()
    supports: tuple[Window, ...] = ()
    since: datetime | None = None
    again: datetime | None = None
    hints: tuple[Hint, ...] = ()
    endless: bool = False
    silent: str = ""
    also: tuple["Verdict", ...] = ()

    @property
    def activity(self) -> str | None:
        """The activity asked about; the first of several."""
        return self.meaning.ids[0] if self.meaning.ids else None

    @property
    def label(self) -> str:
        """How what was asked about is called."""
        rule_set = self.timeline.rule_set
        return " and ".join(rule_set.label(one) for one in self.meaning.ids) or self.meaning.words

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules behind the answer, the deciding one first."""
        return tuple(dict.fromkeys(rule for window in (*self.windows, *self.supports) for rule in window.rules))

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources behind the answer, those that hold the value used first, the weightiest of them first."""
        return ranked_sources((*self.windows, *self.supports), self.timeline.rule_set)

    @property
    def own_waits(self) -> tuple[Wait, ...]:
        """What must have been seen for what was asked about as such, without what only some part of it waits for."""
        own = [part for part in self.parts if part.activity in self.meaning.ids]
        return tuple(dict.fromkeys(wait for part in own for wait in part.and_once)) if own else self.and_once

    @property
    def permits(self) -> tuple[Window, ...]:
        """The permissions that a yes rests on."""
        return tuple(one for one in self.supports if one.kind == ALLOW) if self.is_yes else ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """On which conditions it is permitted, where nothing permits it without."""
        found = [one.condition for one in self.permits]
        return tuple(dict.fromkeys(one for one in found if one)) if all(found) else ()

    @property
    def is_divided(self) -> bool:
        """Whether some of what was asked is free and some isn't."""
        return len({part.verdict == YES for part in self.parts}) > 1

    @property
    def is_open(self) -> bool:
        """Whether it goes on as "better not" for good: no source gives an end."""
        return self.endless and (self.verdict == BETTER_NOT or self.until is not None)

    @property
    def is_yes(self) -> bool:
        """Whether the answer is a plain yes."""
        return self.verdict == YES


def stretches(timeline: Timeline, activity: str) -> Iterator[Stretch]:
    """Give the runs of time in which *activity* is restricted."""
    for window in timeline.windows_on(activity):
        for state, start, end in window.stretches:
            yield Stretch(state, start, end, window, timeline)


def judge(timelines: Sequence[Timeline], meaning: Meaning, asked: Asked, *, parts: bool = True) -> Verdict:
    """Answer for what *meaning* names at the time *asked*: of several treatments the strictest counts.

    With *parts*, all that is part of it counts too.
    """
    verdicts = [_judge_one(timeline, meaning, asked, parts=parts) for timeline in timelines]
    verdicts.sort(key=lambda one: (_STRICTNESS.index(one.verdict), -_over(one)))
    deciding, *others = verdicts
    return (
        deciding._replace(also=tuple(one for one in others if one.verdict in (NO, BETTER_NOT))) if others else deciding
    )


def _over(verdict: Verdict) -> float:
    over = verdict.better_until or verdict.until
    return (FOREVER if verdict.endless or over is None else over).timestamp()


def _judge_one(timeline: Timeline, meaning: Meaning, asked: Asked, *, parts: bool) -> Verdict:
    rule_set = timeline.rule_set
    asked_for = rule_set.family(meaning.ids) if parts else meaning.ids
    every = {
        part: list(stretches(timeline, part)) for part in asked_for if rule_set.activities[part].medicine != PRESCRIBED
    }
    prescribed = tuple(one for one in meaning.ids if rule_set.activities[one].medicine == PRESCRIBED)
    states = {part: _state(found, asked) for part, found in every.items()}
    known = {part for part in every if is_covered(timeline, part, asked)}
    supports = tuple(supports_of(timeline, meaning.ids, asked)) if parts else ()
    blank = Verdict(meaning, asked, NO_RULE, timeline, prescribed=prescribed, supports=supports)
    if NO in states.values():
        verdict = NO
    elif BETTER_NOT in states.values() or prescribed:
        verdict = BETTER_NOT
    elif all(_is_answered(one, asked_for, known, rule_set) for one in meaning.ids):
        verdict = YES
    else:
        ahead = [one.start for runs in every.values() for one in runs if one.start > asked.begins(timeline.treatment)]
        covered = all(any(timeline.covers(part) for part in rule_set.family([one])) for one in meaning.ids)
        silent = ("before" if is_before(asked, timeline) else "time") if covered else ""
        return blank._replace(
            hints=() if covered else hints_on(timeline, asked_for), again=min(ahead, default=None), silent=silent
        )
    if verdict == YES:
        if parts and not rule_set.unadvised.isdisjoint(meaning.ids):
            return blank._replace(silent="advice")
        free = tuple(_part(part, runs, YES, asked) for part, runs in every.items())
        differ = len({frozenset(wait.bound for wait in part.and_once) for part in free}) > 1
        return _with_past(blank._replace(verdict=YES, parts=free if differ else ()), timeline, meaning, asked)
    if not any(state != YES for state in states.values()):
        return blank._replace(verdict=verdict)
    divided = tuple(
        _part(part, every[part], state, asked) for part, state in states.items() if state != YES or part in known
    )
    return _with_ends(blank._replace(verdict=verdict, parts=divided), every, asked)


def _part(activity: str, runs: list[Stretch], state: str, asked: Asked) -> Part:
    if state == YES:
        over = [one for one in runs if one.end <= asked.begins(one.timeline.treatment)]
        return Part(activity, YES, None, None, _waits(_after_treatment(over)))
    until, clear, windows = _ends(runs, state, asked)
    return Part(
        activity,
        state,
        None if until == FOREVER else until,
        None if clear in (FOREVER, until) else clear,
        _waits(windows),
        until < clear == FOREVER,
    )


def _state(found: Iterable[Stretch], asked: Asked) -> str:
    states = {one.state for one in found if asked.meets(one.start, one.end, one.timeline.treatment)}
    return next((state for state in (NO, BETTER_NOT) if state in states), YES)


def _is_answered(activity: str, parts: Iterable[str], known: set[str], rule_set: RuleSet) -> bool:
    """Tell whether a yes may be given: a rule speaks of the activity, or of every part of it."""
    if activity in known:
        return True
    below = [part for part in parts if part != activity and activity in rule_set.lineage[part]]
    return bool(below) and all(part in known for part in below)


def _with_ends(verdict: Verdict, every: dict[str, list[Stretch]], asked: Asked) -> Verdict:
    """Add until when a restriction holds, which windows bind, and what else must have come."""
    runs = [one for found in every.values() for one in found]
    until, clear, windows = _ends(runs, verdict.verdict, asked)
    begins = asked.begins(verdict.timeline.treatment)
    ahead = [one.start for one in runs if one.state == NO and begins < one.start < until]
    return verdict._replace(
        until=None if until == FOREVER else until,
        better_until=None if clear in (FOREVER, until) else clear,
        earliest=max(window.earliest for window in windows) if verdict.verdict == NO else None,
        endless=clear == FOREVER,
        again=min(ahead, default=None) if verdict.verdict == BETTER_NOT else None,
        and_once=_waits(windows),
        windows=windows,
        instead=tuple(dict.fromkeys(window.words["instead"] for window in windows if "instead" in window.words)),
        hints=tuple(
            hint for hint in verdict.timeline.shorter_if if hint.target in {window.target for window in windows}
        ),
    )


def _ends(runs: Sequence[Stretch], state: str, asked: Asked) -> tuple[datetime, datetime, tuple[Window, ...]]:
    """Tell when *state* is over, when nothing is left of any restriction, and which windows make it so."""
    touching = [one for one in runs if one.state == state and asked.meets(one.start, one.end, one.timeline.treatment)]
    until, chain = _walk(touching, [one for one in runs if one.state == NO] if state == NO else runs)
    clear, _ = _walk([touching[0]._replace(end=until)], runs)
    return until, clear, _unique(sorted([*touching, *chain], key=lambda one: -one.end.timestamp()))


def _walk(touching: Sequence[Stretch], runs: Sequence[Stretch]) -> tuple[datetime, list[Stretch]]:
    """Follow *runs* that join from where the last of *touching* ends; give where they end, and those followed."""
    over = max(one.end for one in touching)
    chain: list[Stretch] = []
    while following := [one for one in runs if one.start <= over < one.end]:
        chain.extend(following)
        over = max(one.end for one in following)
    return over, chain


def _unique(runs: Iterable[Stretch]) -> tuple[Window, ...]:
    found: dict[tuple[str, str, datetime], Window] = {}
    for one in runs:
        found.setdefault((one.window.rule, one.window.target, one.window.start), one.window)
    return tuple(found.values())


def _waits(windows: Iterable[Window]) -> tuple[Wait, ...]:
    latest: dict[str, Wait] = {}
    for wait in (wait for window in windows for wait in window.waits):
        known = latest.get(wait.bound)
        if known is None or (known.usually_by or FOREVER) < (wait.usually_by or FOREVER):
            latest[wait.bound] = wait
    return tuple(latest.values())


def _after_treatment(over: Iterable[Stretch]) -> Iterator[Window]:
    return (one.window for one in over if one.window.end > one.timeline.treatment.first)


def _with_past(verdict: Verdict, timeline: Timeline, meaning: Meaning, asked: Asked) -> Verdict:
    """Add to a yes since when it holds, on what condition, and when it ends."""
    runs = [one for part in timeline.rule_set.family(meaning.ids) for one in stretches(timeline, part)]
    begins = asked.begins(timeline.treatment)
    over = [one for one in runs if one.end <= begins]
    ahead = sorted((one for one in runs if one.start > begins), key=lambda one: one.start)
    windows = _unique(sorted(over, key=lambda one: -one.end.timestamp()))
    return verdict._replace(
        and_once=_waits(_after_treatment(over)),
        windows=windows[:1] or ((ahead[0].window,) if ahead else ()),
        since=max((one.end for one in over), default=None),
        again=ahead[0].start if ahead else None,
    )


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
