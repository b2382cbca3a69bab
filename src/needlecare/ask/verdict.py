"""The one answer to every question about an activity, and how it comes from the windows of timelines."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, cycle, filterfalse
from operator import attrgetter, ge
from typing import Final, Literal, NamedTuple

from needlecare.ask.lookup import Meaning
from needlecare.ask.names import called, even, says
from needlecare.ask.times import When
from needlecare.model.facts import Truth, ask_once
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Finding, Hint, Session, Timeline, Wait, Window
from needlecare.model.ruleset import ALLOW, ASK, DO, ON_SKIN, PREPARE, PRESCRIBED, Rule, Urgency
from needlecare.model.time import local_date
from needlecare.model.voices import sources_behind


def is_covered(timeline: Timeline, activity: str, asked: When) -> bool:
    """Return whether a rule speaks of *activity* at all of the time *asked*.

    What is restricted after the treatment says nothing of the time before it; a permission speaks of its own alone.
    """
    if any(supports_of(timeline, [activity], asked)):
        return True
    if not timeline.covers(activity):
        return False
    treatment, windows = timeline.treatment, timeline.windows_on(activity)
    if is_before(asked, timeline) and not any(one.better_from < treatment.first for one in windows):
        return False
    if not windows:
        return {one.target for one in timeline.of_kind(ALLOW)}.isdisjoint(timeline.rule_set.lineage[activity])
    return not asked.meets(treatment.last, FOREVER) or _speaks_of_after(windows, treatment.last)


def _speaks_of_after(windows: Collection[Window], last: datetime) -> bool:
    """Return whether a rule reaches beyond the treatment: one that ends with it is back before the next session."""
    ahead = {one.rule for one in windows if one.better_until <= last}
    return any(one.rule not in ahead for one in windows)


def is_before(asked: When, timeline: Timeline) -> bool:
    """Return whether some of the time *asked* lies before the treatment."""
    return asked.start < timeline.treatment.first


def supports_of(timeline: Timeline, ids: Iterable[str], asked: When) -> Iterator[Window]:
    """Return what advises or allows this: a permission from its start, a thing to do once it has begun."""
    wanted = timeline.rule_set.ancestry(ids)
    found = timeline.of_kind(PREPARE, DO, ALLOW)
    return (one for one in found if one.target in wanted and _supports(one, timeline, asked))


def _supports(window: Window, timeline: Timeline, asked: When) -> bool:
    if window.kind == PREPARE and timeline.rule_set.activities[window.target].medicine == PRESCRIBED:
        return True
    if window.unsure:
        return False
    if window.kind == PREPARE:
        return asked.start < timeline.treatment.last
    # What is to be done tonight may be asked about this afternoon.
    is_today = window.kind == DO and asked.first == local_date(window.start, timeline.treatment.zone)
    if asked.start < (timeline.treatment.last if is_today else window.start):
        return False
    # A permission that nothing ends goes on; one with a condition ends with the time that it is meant for.
    goes_on = window.kind == DO or not any((window.end_stated, window.condition))
    return goes_on or not asked.meets(window.end, FOREVER)


def prepares(timeline: Timeline, ids: Iterable[str], asked: When) -> Iterator[Window]:
    """Return what is to be prepared at the time *asked*, where its words name what *ids* are."""
    named = [timeline.rule_set.activities[one] for one in timeline.rule_set.ancestry(ids)]
    for window in timeline.of_kind(PREPARE):
        if not window.condition and asked.meets(window.start, window.end):
            text = even(window.text)
            if any(even(name) in text for one in named for name in (one.label, *one.aka)):
                yield window


NO_RULE: Final = "no-rule"
Permission = Literal["yes", "better-not", "ask", "no", "no-rule"]
# What covers less is stricter than a yes.
_STRICTNESS: tuple[Permission, ...] = (NO, ASK, BETTER_NOT, NO_RULE, YES)
_end = attrgetter("end")
# Why it is a "no rule" though rules do speak of it.
Silence = Literal["", "before", "time", "advice", "check", "words"]


class PartVerdict(NamedTuple):
    """What holds for one activity at the time asked about, with the fields of a verdict; *asks*: somebody, first."""

    activity: str
    verdict: Permission
    until: datetime | None = None
    better_until: datetime | None = None
    earliest: datetime | None = None
    and_once: tuple[Wait, ...] = ()
    endless: bool = False
    asks: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a "better not" without an end follows the "no"."""
        return self.endless and self.until is not None

    @property
    def reach(self) -> tuple[float, ...]:
        """How strict it is in each respect, and how long."""
        none = 0.0 if self.verdict in (ASK, YES) else FOREVER.timestamp()
        no, better = (one.timestamp() if one else none for one in (self.until, self.better_until or self.until))
        return self.asks, -_STRICTNESS.index(self.verdict), no, better, bool(self.and_once)


class Verdict(NamedTuple):
    """The answer to a question: may I, and if not, from when.

    *until* is when a "no" or a "better not" is over, *better_until* when a "better not" that follows a "no" is;
    *earliest* is *until* by its known parts alone. *and_once* is what must have been seen besides: before *until* in
    order to begin, after it still. *windows* bind, the one that lasts longest first. *timeline* is the treatment that
    they count from. All of these hold for all of what was asked, *parts* has each activity that is part of it; of a
    yes, only where they wait for different things. *again* is when it is restricted next; of a "better not", when it
    becomes a "no". *ask* is whom to ask first, even where the answer is no. *silent* is what a "no rule" lacks though
    rules may speak of it: a word on the time `before` the treatment or on that `time`, `advice` to do it ever, the
    `check` of what speaks against the treatment, or `words` that were all understood; *alone* lacks the others.

    *urgency* is that of the *flags*: calls that name a sign in the words. *findings* speak against the treatment, where
    that itself is asked about, and *session* is the next one where that is too soon. *mixed*: medicines together.
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
    ask: tuple[str, ...] = ()
    silent: Silence = ""
    also: tuple["Verdict", ...] = ()
    alone: "Verdict | None" = None
    urgency: Urgency | None = None
    flags: tuple[Rule, ...] = ()
    findings: tuple[Finding, ...] = ()
    session: Session | None = None
    mixed: bool = False

    @property
    def is_understood(self) -> bool:
        """Whether the words name an activity."""
        return self.silent != "words"

    @property
    def activity(self) -> str | None:
        """The activity asked about; the first of several."""
        return self.meaning.ids[0] if self.meaning.ids else None

    @property
    def label(self) -> str:
        """How what was asked about is called, but for what is free where the rest isn't."""
        free = [part.activity for part in self.parts if part.verdict == YES and self.is_divided]
        ids = [one for one in self.meaning.ids if one not in free] or self.meaning.ids
        return " and ".join(map(self.timeline.rule_set.label, ids)) or self.meaning.words

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules behind the answer, the deciding one first."""
        found = chain.from_iterable(window.rules for window in (*self.windows, *self.supports))
        grounds = (*(rule.id for rule in self.flags), *(one.screening.id for one in self.findings))
        return tuple(dict.fromkeys((*grounds, *found)))

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that reach what the answer states, on that side of the treatment, the weightiest first."""
        if self.session and not self.findings:
            return self.session.sources
        if self.findings or self.flags:
            called = self.timeline.rule_set.sayings(rule.id for rule in self.flags)
            screened = chain.from_iterable(one.sources for one in self.findings)
            weight = self.timeline.rule_set.by_weight.__getitem__
            return tuple(sorted({*(one.source for one in called), *screened}, key=weight))
        deciding = (*self.permits, *self.windows, *self.supports)[:1]
        state = self.verdict if self.is_restricted else ""
        return sources_behind(deciding, self.timeline.rule_set, state, before=is_before(self.asked, self.timeline))

    @property
    def own_parts(self) -> tuple[PartVerdict, ...]:
        """What holds for each thing that was asked about as such, else for what is part of it."""
        named, above = {part.activity for part in self.parts}, self.timeline.rule_set.lineage
        own = {one for one in named if one in self.meaning.ids or named.isdisjoint(above[one][1:])}
        return tuple(part for part in self.parts if part.activity in own)

    @property
    def own_waits(self) -> tuple[Wait, ...]:
        """What must have been seen for what was asked about as such, without what only some part of it waits for."""
        waits = tuple(dict.fromkeys(wait for part in self.own_parts for wait in part.and_once))
        return waits if self.own_parts else self.and_once

    @property
    def permits(self) -> tuple[Window, ...]:
        """The permissions that a yes rests on."""
        return tuple(one for one in self.supports if one.kind == ALLOW) if self.is_yes else ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """On which conditions it is permitted or to be done, where nothing says so without one."""
        found = [one.condition for one in self.supports if one.kind in (ALLOW, DO)] if self.is_yes else []
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
    def besides(self) -> "Verdict":
        """The same answer, about what isn't prescribed."""
        ids = tuple(one for one in self.meaning.ids if one not in self.prescribed)
        return self._replace(meaning=self.meaning._replace(ids=ids))

    @property
    def is_put_on(self) -> bool:
        """Whether something prescribed is put on the skin."""
        return any(self.timeline.rule_set.activities[one].taken == ON_SKIN for one in self.prescribed)

    def is_about(self, what: str) -> bool:
        """Return whether something that stands for *what* is asked about."""
        return not set(self.timeline.rule_set.standing_for(what)).isdisjoint(self.meaning.ids)

    @property
    def is_of_other_skin(self) -> bool:
        """Whether what was asked is only restricted where skin was treated that wasn't."""
        rule_set, facts = self.timeline.rule_set, self.timeline.facts
        wanted = rule_set.ancestry(self.meaning.ids)
        found = [one.when.judge(facts) for one in rule_set.rules.values() if not wanted.isdisjoint(one.targets)]
        is_away = "area" in facts.given and any("area" in failing for _, failing in found)
        return is_away and all(truth is Truth.NO for truth, _ in found)

    @property
    def is_held(self) -> bool:
        """Whether the answer is no or better not."""
        return self.verdict in (NO, BETTER_NOT)

    @property
    def is_restricted(self) -> bool:
        """Whether the answer is no, ask or better not."""
        return self.is_held or self.verdict == ASK


def not_understood(timeline: Timeline, meaning: Meaning, asked: When) -> Verdict:
    """Return the verdict on words that weren't understood, or not well enough for a yes."""
    return Verdict(meaning, asked, NO_RULE, timeline, silent="words")


def judge(timelines: Sequence[Timeline], meaning: Meaning, asked: When, *, parts: bool = True) -> Verdict:
    """Answer for *meaning* at the time *asked*, and with *parts* for all below it: the strictest treatment counts."""
    judged = [_judge_one(one, meaning, asked, parts=parts) for one in timelines]
    # One that is still to come, and holds nothing yet, takes no yes away from one that has been, and says until when.
    silent = [one for one in judged if one.verdict == NO_RULE and is_before(asked, one.timeline)]
    deciding, *others = sorted([one for one in judged if one not in silent] or silent, key=strictness)
    again = min(filter(None, (deciding.again, *(one.again for one in silent if deciding.is_yes))), default=None)
    return deciding._replace(also=tuple(filter(attrgetter("is_restricted"), others)), again=again)


def strictness(verdict: Verdict) -> tuple[int, float]:
    """Return a key that puts the strictest first, and of those what lasts longest."""
    over = FOREVER if verdict.endless else verdict.better_until or verdict.until or FOREVER
    return _STRICTNESS.index(verdict.verdict), -over.timestamp()


def _judge_one(timeline: Timeline, meaning: Meaning, asked: When, *, parts: bool) -> Verdict:
    known, ids = timeline.rule_set, meaning.ids
    # What nobody ever recommends is no part of what is asked: a sunbed of the sun.
    wanted = [*filterfalse(known.asked_apart(ids).__contains__, known.family(ids))] if parts else ids
    asking = timeline.asking(wanted)
    blank = _blank(timeline, meaning, asked, asking, parts=parts)
    by_activity = {one: _runs_on(blank, one) for one in wanted if one not in blank.prescribed}
    runs = [*chain.from_iterable(by_activity.values())]
    whole, windows = _hold("", runs, blank)
    held = tuple(_hold_each(by_activity, blank, asking))
    if blank.ask:
        whole = _asked_first(whole)
    if whole.verdict == YES:
        return _unrestricted(blank._replace(parts=held, and_once=whole.and_once), wanted, runs)
    spoken = tuple(_spoken(held, blank))
    verdict = _spoken_of(blank, spoken)._replace(verdict=whole.verdict, parts=spoken, windows=windows)
    if whole.verdict == ASK:
        return verdict._replace(windows=(*asking, *windows))
    return _restricted(verdict, whole, runs)


def _spoken(held: Sequence[PartVerdict], blank: Verdict) -> Iterator[PartVerdict]:
    """Leave out what is free and no rule speaks of, and what is stricter in a part of it: that speaks for itself."""
    lineage, below = blank.timeline.rule_set.lineage, {one.activity: [one.reach] for one in held}
    for part in below:
        for above in below.keys() & {*lineage[part]}:
            below[above].append(below[part][0])
    for one in held:
        is_whole = all(map(ge, cycle(one.reach), chain.from_iterable(below[one.activity])))
        is_held = one.verdict != YES and (is_whole or not blank.meaning.ids[1:])  # alone, its parts have what it has
        if is_held or (is_whole and is_covered(blank.timeline, one.activity, blank.asked)):
            yield one


def _spoken_of(blank: Verdict, spoken: Iterable[PartVerdict]) -> Verdict:
    """Return what was asked with all that no rule speaks of among the words that nobody knows: it has no date."""
    rule_set, meaning = blank.timeline.rule_set, blank.meaning
    judged = {one.activity for one in spoken}.union(rule_set.standing_for("treatment"), blank.prescribed)
    lost = [one for one in meaning.ids if judged.isdisjoint(rule_set.family([one]))]
    kept = tuple(one for one in meaning.ids if one not in lost)
    said = (called(one.label, one.aka, meaning.typed, ()) for one in map(rule_set.activities.__getitem__, lost))
    return blank._replace(meaning=meaning._replace(ids=kept, unknown=(*meaning.unknown, *said)))


def _asked_first(part: PartVerdict) -> PartVerdict:
    """Leave no date on which *part* would be all right: somebody has to be asked about it."""
    if part.verdict == NO:
        return part._replace(better_until=None, endless=part.until is None, asks=True)
    return PartVerdict(part.activity, ASK, asks=True)


def _blank(timeline: Timeline, meaning: Meaning, asked: When, asking: Iterable[Window], *, parts: bool) -> Verdict:
    prescribed = tuple(one for one in meaning.ids if timeline.rule_set.activities[one].is_prescribed(timeline.facts))
    supports = tuple(supports_of(timeline, meaning.ids, asked)) if parts else ()
    own = (window.ask for one in meaning.ids for window in timeline.windows_on(one) if window.target == one)
    whom = [one.ask for one in asking] or filter(None, own)
    ask = ask_once((*("who prescribed it" for _ in prescribed[:1]), *whom))
    return Verdict(meaning, asked, NO_RULE, timeline, prescribed=prescribed, supports=supports, ask=ask)


class _Run(NamedTuple):
    """A stretch in which a *window* restricts an activity."""

    state: str
    start: datetime
    end: datetime
    window: Window


def _hold(activity: str, runs: Sequence[_Run], blank: Verdict) -> tuple[PartVerdict, tuple[Window, ...]]:
    """Return what *runs* make of the time asked about, and which windows bind, the one that lasts longest first."""
    bans = [one for one in runs if one.state == NO]
    if touching := _holding(bans, blank):
        return _bound(PartVerdict(activity, NO), touching, bans, runs)
    if touching := _holding(runs, blank):
        return _bound(PartVerdict(activity, BETTER_NOT), touching, runs, runs)
    # What ended before the treatment waits for nothing.
    first = blank.timeline.treatment.first
    over = (one.window for one in runs if one.end <= blank.asked.start and one.window.end > first)
    return PartVerdict(activity, YES, and_once=_waits(over)), ()


def _runs_on(blank: Verdict, activity: str) -> list[_Run]:
    windows = blank.timeline.windows_on(activity)
    runs = [_Run(*stretch, window) for window in windows for stretch in window.stretches]
    # Of skin that wasn't treated only what has no end holds: it is about the person.
    return [one for one in runs if one.end == FOREVER] if blank.meaning.elsewhere else runs


def _hold_each(runs: Mapping[str, Sequence[_Run]], blank: Verdict, asking: Iterable[Window]) -> Iterator[PartVerdict]:
    """Yield what *runs* make of each activity by itself."""
    asked, lineage = {one.target for one in asking}, blank.timeline.rule_set.lineage
    for activity, found in runs.items():
        part, _ = _hold(activity, found, blank)
        yield part if asked.isdisjoint(lineage[activity]) else _asked_first(part)


def _holding(runs: Iterable[_Run], blank: Verdict) -> list[_Run]:
    return [one for one in runs if blank.asked.meets(one.start, one.end)]


def _bound(
    part: PartVerdict, touching: Sequence[_Run], joining: Sequence[_Run], runs: Sequence[_Run]
) -> tuple[PartVerdict, tuple[Window, ...]]:
    """Add to *part* until when it holds: as long as *touching*, and what joins them, goes on."""
    until, followed = _walk(max(map(_end, touching)), joining)
    clear, _ = _walk(until, runs)
    windows: dict[tuple[str, str, datetime], Window] = {}
    for *_, window in sorted([*touching, *followed], key=_end, reverse=True):
        windows.setdefault((window.rule, window.target, window.start), window)
    part = part._replace(
        until=None if until == FOREVER else until,
        better_until=None if clear in (FOREVER, until) else clear,
        earliest=max((one.earliest for one in windows.values() if one.end == until), default=None),
        and_once=_waits(windows.values()),
        endless=clear == FOREVER,
    )
    return part, tuple(windows.values())


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


def _is_answered(blank: Verdict, wanted: Iterable[str]) -> bool:
    """Return whether a yes is possible: a rule speaks of each activity, or of every part of it."""
    lineage = blank.timeline.rule_set.lineage
    known = {one for one in wanted if is_covered(blank.timeline, one, blank.asked)}
    for activity in blank.meaning.ids:
        below = {one for one in wanted if one != activity and activity in lineage[one]}
        if activity not in known and not (below and below <= known):
            return False
    return True


def _unrestricted(blank: Verdict, wanted: Sequence[str], runs: Sequence[_Run]) -> Verdict:
    """Make a yes where rules speak of it, else a "no rule"."""
    timeline, asked = blank.timeline, blank.asked
    known = [one for one in blank.parts if timeline.covers(one.activity) or is_covered(timeline, one.activity, asked)]
    blank = _spoken_of(blank, known) if known else blank
    verdict = _free(blank, runs) if _is_answered(blank, wanted) else _unanswered(blank, wanted, runs)
    # What waits for something to be over does so as long as the skin still flakes.
    waits = asked.now and verdict.is_yes and verdict.and_once
    is_early = waits and says("unhealed", blank.meaning.typed, timeline.rule_set)
    return verdict._replace(verdict=NO, parts=()) if is_early else verdict


def _unanswered(blank: Verdict, wanted: Iterable[str], runs: Iterable[_Run]) -> Verdict:
    """Add to a "no rule" what the rules do say: at another time, or if an assumed fact were otherwise."""
    timeline, rule_set = blank.timeline, blank.timeline.rule_set
    verdict = blank._replace(parts=(), and_once=(), again=_next_start(runs, blank))
    if all(any(map(timeline.covers, rule_set.family([one]))) for one in blank.meaning.ids):
        return verdict._replace(silent="before" if is_before(blank.asked, timeline) else "time")
    return verdict._replace(hints=_hints(timeline.longer_if, rule_set.ancestry(wanted)))


def _hints(hints: Iterable[Hint], targets: Collection[str]) -> tuple[Hint, ...]:
    return tuple(one for one in hints if one.target in targets)


def _next_start(runs: Iterable[_Run], verdict: Verdict) -> datetime | None:
    return min((one.start for one in runs if one.start > verdict.asked.start), default=None)


def _restricted(verdict: Verdict, whole: PartVerdict, runs: Iterable[_Run]) -> Verdict:
    """Add to a "no" or a "better not" until when it holds, what to do instead, and when it becomes a "no"."""
    windows, rules = verdict.windows, verdict.timeline.rule_set.rules
    words = (rules[one.rule_at(verdict.asked.start)].words for one in windows)
    verdict = verdict._replace(
        until=whole.until,
        better_until=whole.better_until,
        endless=whole.endless,
        and_once=whole.and_once,
        instead=tuple(dict.fromkeys(filter(None, (one.get("instead") for one in words)))),
        hints=_hints(verdict.timeline.shorter_if, {window.target for window in windows}),
    )
    if whole.verdict == NO:
        return verdict._replace(earliest=max(window.earliest for window in windows))
    until = whole.until or FOREVER
    return verdict._replace(again=_next_start((one for one in runs if one.state == NO and one.start < until), verdict))


def _free(verdict: Verdict, runs: Sequence[_Run]) -> Verdict:
    """Make a yes: since when it holds, and when it ends. Nothing makes one of what no rule recommends."""
    if verdict.timeline.rule_set.unadvised & {*verdict.meaning.ids}:
        return verdict._replace(parts=(), and_once=(), silent="advice")
    differ = len({frozenset(wait.bound for wait in part.and_once) for part in verdict.parts}) > 1
    over, again = [one for one in runs if one.end <= verdict.asked.start], _next_start(runs, verdict)
    nearest = [*sorted(over, key=_end, reverse=True)[:1], *(one for one in runs if one.start == again)][:1]
    return verdict._replace(
        verdict=YES,
        parts=verdict.parts if differ else (),
        windows=tuple(one.window for one in nearest),
        since=max(map(_end, over), default=None),
        again=again,
    )
