"""The one answer to every question about an activity, and how it comes from the windows of timelines."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from needlecare.ask.lookup import Meaning, stem, tokens
from needlecare.ask.times import When, at_instant
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Hint, Timeline, Treatment, Wait, Window, ranked_sources
from needlecare.model.ruleset import ALLOW, DO, PREPARE, PRESCRIBED


def is_covered(timeline: Timeline, activity: str, asked: When) -> bool:
    """Return whether a rule speaks of *activity* at all of the time *asked*.

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
    return not asked.meets(treatment.last, FOREVER, treatment) or _speaks_of_after(windows, treatment)


def _speaks_of_after(windows: Collection[Window], treatment: Treatment) -> bool:
    """Return whether a rule reaches beyond the treatment.

    One that ends with it speaks of the time before the next session too, once that is booked.
    """
    ahead = {one.rule for one in windows if one.over <= treatment.last}
    return any(one.rule not in ahead for one in windows)


def is_before(asked: When, timeline: Timeline) -> bool:
    """Return whether some of the time *asked* lies before the treatment."""
    return asked.begins(timeline.treatment) < timeline.treatment.first


def supports_of(timeline: Timeline, ids: Iterable[str], asked: When) -> Iterator[Window]:
    """Return what advises or allows this: a permission from its start, a thing to do once it has begun."""
    wanted = timeline.rule_set.ancestry(ids)
    return (one for one in timeline.windows if one.target in wanted and _supports(one, timeline, asked))


def _supports(window: Window, timeline: Timeline, asked: When) -> bool:
    treatment = timeline.treatment
    if window.kind == PREPARE and timeline.rule_set.activities[window.target].medicine == PRESCRIBED:
        return True
    if window.unsure:
        return False
    begins = asked.begins(treatment)
    if window.kind == PREPARE:
        return begins < treatment.last
    if window.kind not in (ALLOW, DO) or begins < window.start:
        return False
    # A permission that nothing ends goes on; one with a condition ends with the time that it is meant for.
    goes_on = window.kind == DO or not (window.end_stated or window.condition)
    return goes_on or not asked.meets(window.end, FOREVER, treatment)


def prepares(timeline: Timeline, ids: Iterable[str], asked: When) -> Iterator[Window]:
    """Return what is to be prepared at the time *asked*, where its words name what *ids* are."""
    due = [one for one in timeline.windows if one.kind == PREPARE and not one.condition]
    due = [one for one in due if asked.meets(one.start, one.end, timeline.treatment)]
    names = _names_of(timeline, ids) if due else []
    return (one for one in due if any(name in _even(one.text) for name in names))


def _names_of(timeline: Timeline, ids: Iterable[str]) -> list[str]:
    named = (timeline.rule_set.activities[one] for one in timeline.rule_set.ancestry(ids))
    return [_even(name) for one in named for name in (one.label, *one.aka)]


def _even(text: str) -> str:
    return f" {' '.join(map(stem, tokens(text)))} "


NO_RULE: Final = "no-rule"
Permission = Literal["yes", "better-not", "no", "no-rule"]
# What covers less is stricter than a yes: two treatments are never looser than either.
_STRICTNESS: tuple[Permission, ...] = (NO, BETTER_NOT, NO_RULE, YES)
# Why it is a "no rule" though rules do speak of it.
Silence = Literal["", "before", "time", "advice", "words"]


class _Run(NamedTuple):
    """A stretch in which a *window* restricts an activity."""

    state: str
    start: datetime
    end: datetime
    window: Window


class PartVerdict(NamedTuple):
    """What holds for one activity at the time asked about; *until* and *better_until* as in a verdict."""

    activity: str
    verdict: Permission
    until: datetime | None = None
    better_until: datetime | None = None
    and_once: tuple[Wait, ...] = ()
    is_open: bool = False


class Verdict(NamedTuple):
    """The answer to a question: may I, and if not, from when.

    *until* is when a "no" or a "better not" is over, *better_until* when a "better not" that follows a "no" is;
    *earliest* is *until* by its known parts alone. *and_once* is what must have been seen besides: before *until* in
    order to begin, after it still. *windows* bind, the one that lasts longest first. *timeline* is the treatment that
    they count from. All of these hold for all of what was asked, *parts* has each activity that is part of it;
    of a yes, only where they wait for different things. *again* is when it is restricted next; of a "better not",
    when it becomes a "no". *silent* is what a "no rule" lacks though rules may speak of it: a word on the time `before`
    the treatment or on that `time`, `advice` to do it ever, or `words` that were all understood.
    """

    meaning: Meaning
    asked: When
    verdict: Permission
    timeline: Timeline
    until: datetime | None = None
    better_until: datetime | None = None
    earliest: datetime | None = None
    and_once: tuple[Wait, ...] = ()
    windows: tuple[Window, ...] = ()
    instead: tuple[str, ...] = ()
    parts: tuple[PartVerdict, ...] = ()
    prescribed: tuple[str, ...] = ()
    supports: tuple[Window, ...] = ()
    since: datetime | None = None
    again: datetime | None = None
    hints: tuple[Hint, ...] = ()
    endless: bool = False
    silent: Silence = ""
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

    @property
    def is_restricted(self) -> bool:
        """Whether the answer is no or better not."""
        return self.verdict in (NO, BETTER_NOT)


def not_understood(timeline: Timeline, meaning: Meaning, asked: When) -> Verdict:
    """Return the verdict on words that weren't understood, or not well enough for a yes."""
    return Verdict(meaning, asked, NO_RULE, timeline, silent="words")


def judge(timelines: Sequence[Timeline], meaning: Meaning, asked: When, *, parts: bool = True) -> Verdict:
    """Answer for what *meaning* names at the time *asked*: of several treatments the strictest counts.

    With *parts*, all that is part of it counts too.
    """
    verdicts = [_judge_one(timeline, meaning, asked, parts=parts) for timeline in timelines]
    deciding, *others = sorted(verdicts, key=lambda one: (_STRICTNESS.index(one.verdict), -_over(one)))
    return deciding._replace(also=tuple(one for one in others if one.is_restricted))


def _over(verdict: Verdict) -> float:
    over = verdict.better_until or verdict.until
    return (FOREVER if verdict.endless or over is None else over).timestamp()


# The runs in which each activity is restricted.
_Runs = Mapping[str, Sequence[_Run]]


def _judge_one(timeline: Timeline, meaning: Meaning, asked: When, *, parts: bool) -> Verdict:
    rule_set = timeline.rule_set
    wanted = rule_set.family(meaning.ids) if parts else meaning.ids
    blank = _blank(timeline, meaning, asked, parts=parts)
    runs = {one: _runs_on(timeline, one) for one in wanted if one not in blank.prescribed}
    states = {one: _state(found, blank) for one, found in runs.items()}
    if set(states.values()) - {YES}:
        return _restricted(blank, runs, states)
    if blank.prescribed:
        return blank._replace(verdict=BETTER_NOT)
    if not _is_answered(blank, wanted):
        return _unanswered(blank, wanted, runs)
    return blank._replace(silent="advice") if parts and rule_set.unadvised & {*meaning.ids} else _free(blank, runs)


def _blank(timeline: Timeline, meaning: Meaning, asked: When, *, parts: bool) -> Verdict:
    activities = timeline.rule_set.activities
    prescribed = tuple(one for one in meaning.ids if activities[one].medicine == PRESCRIBED)
    supports = tuple(supports_of(timeline, meaning.ids, asked)) if parts else ()
    return Verdict(meaning, asked, NO_RULE, timeline, prescribed=prescribed, supports=supports)


def _runs_on(timeline: Timeline, activity: str) -> list[_Run]:
    return [_Run(*stretch, window) for window in timeline.windows_on(activity) for stretch in window.stretches]


def _holding(runs: Iterable[_Run], blank: Verdict) -> list[_Run]:
    """Return the runs that hold at the time asked about."""
    return [one for one in runs if blank.asked.meets(one.start, one.end, blank.timeline.treatment)]


def _state(runs: Iterable[_Run], blank: Verdict) -> Permission:
    states = {one.state for one in _holding(runs, blank)}
    return NO if NO in states else BETTER_NOT if BETTER_NOT in states else YES


def _is_answered(blank: Verdict, wanted: Iterable[str]) -> bool:
    """Return whether a yes is possible: a rule speaks of each activity, or of every part of it."""
    lineage = blank.timeline.rule_set.lineage
    known = {one for one in wanted if is_covered(blank.timeline, one, blank.asked)}
    for activity in blank.meaning.ids:
        below = {one for one in wanted if one != activity and activity in lineage[one]}
        if activity not in known and not (below and below <= known):
            return False
    return True


def _unanswered(blank: Verdict, wanted: Iterable[str], runs: _Runs) -> Verdict:
    """Add to a "no rule" what the rules do say: at another time, or if an assumed fact were otherwise."""
    timeline, rule_set = blank.timeline, blank.timeline.rule_set
    verdict = blank._replace(again=_ahead(chain.from_iterable(runs.values()), blank))
    if all(any(map(timeline.covers, rule_set.family([one]))) for one in blank.meaning.ids):
        return verdict._replace(silent="before" if is_before(blank.asked, timeline) else "time")
    return verdict._replace(hints=_hints(timeline.longer_if, rule_set.ancestry(wanted)))


def _ahead(runs: Iterable[_Run], blank: Verdict) -> datetime | None:
    """Return when the next of *runs* begins."""
    begins = blank.asked.begins(blank.timeline.treatment)
    return min((one.start for one in runs if one.start > begins), default=None)


def _restricted(blank: Verdict, by_activity: _Runs, states: Mapping[str, Permission]) -> Verdict:
    """Make a "no" or a "better not": until when it holds, which windows bind, and what else must have come."""
    timeline = blank.timeline
    strictest: Permission = NO if NO in states.values() else BETTER_NOT
    runs = list(chain.from_iterable(by_activity.values()))
    ends = _ends(runs, strictest, blank)
    verdict = blank._replace(
        verdict=strictest,
        parts=tuple(_parts(by_activity, states, blank)),
        until=ends.shown_until,
        better_until=ends.shown_clear,
        endless=ends.clear == FOREVER,
        and_once=_waits(ends.windows),
        windows=ends.windows,
        instead=tuple(dict.fromkeys(one.words["instead"] for one in ends.windows if "instead" in one.words)),
        hints=_hints(timeline.shorter_if, {window.target for window in ends.windows}),
    )
    if strictest == NO:
        return verdict._replace(earliest=max(window.earliest for window in ends.windows))
    return verdict._replace(again=_ahead((one for one in runs if one.state == NO and one.start < ends.until), blank))


def _parts(runs: _Runs, states: Mapping[str, Permission], blank: Verdict) -> Iterator[PartVerdict]:
    """Return what holds for each activity; of what is free, only what a rule speaks of."""
    for one, state in states.items():
        if state != YES or is_covered(blank.timeline, one, blank.asked):
            yield _part(one, runs[one], state, blank)


def _part(activity: str, runs: Sequence[_Run], state: Permission, blank: Verdict) -> PartVerdict:
    if state == YES:
        return PartVerdict(activity, YES, and_once=_still_awaited(_behind(runs, blank), blank))
    ends = _ends(runs, state, blank)
    part = PartVerdict(activity, state, ends.shown_until, ends.shown_clear)
    return part._replace(and_once=_waits(ends.windows), is_open=ends.until < ends.clear == FOREVER)


def _hints(hints: Iterable[Hint], targets: Collection[str]) -> tuple[Hint, ...]:
    return tuple(one for one in hints if one.target in targets)


class _Ends(NamedTuple):
    """When a state is over, when nothing is left of any restriction, and which *windows* make it so."""

    until: datetime
    clear: datetime
    windows: tuple[Window, ...]

    @property
    def shown_until(self) -> datetime | None:
        return None if self.until == FOREVER else self.until

    @property
    def shown_clear(self) -> datetime | None:
        return None if self.clear in (FOREVER, self.until) else self.clear


def _ends(runs: Sequence[_Run], state: Permission, blank: Verdict) -> _Ends:
    touching = [one for one in _holding(runs, blank) if one.state == state]
    joining = [one for one in runs if one.state == NO] if state == NO else runs
    until, followed = _walk(max(map(_end, touching)), joining)
    clear, _ = _walk(until, runs)
    windows: dict[tuple[str, str, datetime], Window] = {}
    for window in (one.window for one in sorted([*touching, *followed], key=_end, reverse=True)):
        windows.setdefault((window.rule, window.target, window.start), window)
    return _Ends(until, clear, tuple(windows.values()))


def _walk(over: datetime, runs: Sequence[_Run]) -> tuple[datetime, list[_Run]]:
    """Follow *runs* that join from *over* on; return where they end, and those followed."""
    followed: list[_Run] = []
    while following := [one for one in runs if one.start <= over < one.end]:
        followed.extend(following)
        over = max(map(_end, following))
    return over, followed


def _waits(windows: Iterable[Window]) -> tuple[Wait, ...]:
    """Return what *windows* wait for, each until the latest that it usually comes by."""
    latest: dict[str, Wait] = {}
    for wait in chain.from_iterable(window.waits for window in windows):
        known = latest.get(wait.bound)
        if known is None or (known.usually_by or FOREVER) < (wait.usually_by or FOREVER):
            latest[wait.bound] = wait
    return tuple(latest.values())


def _behind(runs: Iterable[_Run], blank: Verdict) -> list[_Run]:
    """Return the runs that are over when it is asked about."""
    begins = blank.asked.begins(blank.timeline.treatment)
    return [one for one in runs if one.end <= begins]


def _still_awaited(over: Iterable[_Run], blank: Verdict) -> tuple[Wait, ...]:
    """Return what must have been seen where runs are *over*: what ended before the treatment waits for nothing."""
    return _waits(one.window for one in over if one.window.end > blank.timeline.treatment.first)


def _free(blank: Verdict, by_activity: _Runs) -> Verdict:
    """Make a yes: since when it holds, on what condition, and when it ends."""
    timeline = blank.timeline
    parts = tuple(_part(one, found, YES, blank) for one, found in by_activity.items())
    differ = len({frozenset(wait.bound for wait in part.and_once) for part in parts}) > 1
    # All that is part of it counts here, whatever was judged.
    runs = list(chain.from_iterable(_runs_on(timeline, one) for one in timeline.rule_set.family(blank.meaning.ids)))
    over = _behind(runs, blank)
    again = _ahead(runs, blank)
    nearest = max(over, key=_end, default=None) or next((one for one in runs if one.start == again), None)
    return blank._replace(
        verdict=YES,
        parts=parts if differ else (),
        and_once=_still_awaited(over, blank),
        windows=(nearest.window,) if nearest else (),
        since=max(map(_end, over), default=None),
        again=again,
    )


_end = attrgetter("end")


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
    counted = start or max(one.treatment.last for one in timelines)
    verdict = judge(timelines, meaning, at_instant(counted, timelines[0].treatment))
    if not verdict.is_restricted or verdict.prescribed:
        return Return(verdict, counted if verdict.is_yes else None, None, verdict, verdict.again)
    free: datetime | None = counted
    last, again = verdict, verdict.again
    for step in _steps(timelines, verdict):
        again = step.again
        # A "better not" may become a "no" again before it is over: what counts is when the last "no" is.
        free = step.until if step.verdict == NO else free
        last = step if step.is_restricted else last
    return Return(verdict, free, last.until if last.until != free else None, last, again)


def _steps(timelines: Sequence[Timeline], verdict: Verdict) -> Iterator[Verdict]:
    """Go from one change to the next until nothing restricts any more."""
    for _ in range(_MOST_STEPS):
        yield verdict
        following = verdict.again if verdict.verdict == BETTER_NOT and verdict.again else verdict.until
        if not verdict.is_restricted or following is None:
            return
        verdict = judge(timelines, verdict.meaning, at_instant(following, timelines[0].treatment))
