"""What one sees, what holds now, from when something is free, and what comes before the rules on an activity.

Whether a sign is to be expected; what to leave and to do, and what changes next; a danger in the words of a question,
medicines together, and the treatment itself. What is to be done about a sign stands elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from needlecare.ask import beside, names, times
from needlecare.ask.lookup import Meaning
from needlecare.ask.verdict import NO_RULE, Permission, Verdict, is_before, judge, not_understood, strictness
from needlecare.model import ruleset
from needlecare.model.facts import ask_once
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Lift, Timeline, Window
from needlecare.model.ruleset import ASK, AVOID, CLINIC, EMERGENCY, EXPECT, LEVELS, URGENCIES, Rule, RuleSet
from needlecare.model.time import day_start
from needlecare.typed import same_as

# How grave a sign is, the gravest first.
UNKNOWN, WATCH, USUAL = ("unknown", "watch", "usual")
_GRAVEST = (*URGENCIES, UNKNOWN, WATCH, USUAL)
_usual_until = attrgetter("usual_until")
_NEXT = 3
_HELP = dict(zip(URGENCIES, ("your emergency number", "a doctor today"), strict=False))


class Sighting(NamedTuple):
    """The answer to a question about signs: how grave they are at the time *asked*.

    *until* is when a sign is no longer expected, *call_from* when it is a reason to call; *flags* are the calls that
    name it, the most urgent first. *conditions* hold where a fact isn't known, *each* is the answer to each of several
    signs, and *done* the one about something that was done, where no sign is named.
    """

    meaning: Meaning
    asked: times.When
    verdict: str
    timeline: Timeline
    windows: tuple[Window, ...] = ()
    flags: tuple[Rule, ...] = ()
    until: datetime | None = None
    call_from: datetime | None = None
    over: bool = False
    conditions: tuple[str, ...] = ()
    each: tuple["Sighting", ...] = ()
    done: Verdict | None = None

    @property
    def is_understood(self) -> bool:
        """Whether the words name a sign, or something that was done."""
        return self.done is not None or (bool(self.meaning.ids) and not self.meaning.turning)

    @property
    def is_declared(self) -> bool:
        """Whether its first call is for something declared, and may say when it is an emergency."""
        return any(flag.when.tests for flag in self.flags[:1])


def judge_sign(timelines: Sequence[Timeline], meaning: Meaning, asked: times.When) -> Sighting:
    """Judge the signs that *meaning* names; of several the gravest answer counts.

    What the latest treatment brings is expected, however long ago another one was.
    """
    latest, *earlier = newest_first(timelines, asked.end)
    newest = {sign: _judge_one(latest, meaning, sign, asked, latest=True) for sign in meaning.ids}
    unusual = [sign for sign, one in newest.items() if one.verdict != USUAL]
    before = (_judge_one(one, meaning, sign, asked, latest=False) for sign in unusual for one in earlier)
    found = [*newest.values(), *before]
    answer = gravest_sighting(found)
    if answer.verdict in (USUAL, WATCH):
        # Of several signs the first that is over, or a reason to call, is the one to look out for.
        until, call_from = _first(one.until for one in found), _first(one.call_from for one in found)
        each = tuple(one._replace(meaning=meaning._replace(ids=(sign,))) for sign, one in newest.items())
        answer = answer._replace(until=until, call_from=call_from, each=each)
    return _as_said(answer)


def _as_said(answer: Sighting) -> Sighting:
    """Return what words make of *answer*: what has gone is usual, and what isn't understood unknown."""
    meaning, asked = answer.meaning, answer.asked
    was_before = asked.past and asked.end <= answer.timeline.treatment.first
    if answer.verdict in (ruleset.TODAY, CLINIC) and meaning.is_sure and was_before:
        return answer._replace(verdict=WATCH)  # what was there before the treatment counts only if it is there now
    is_one = len(meaning.ids) == 1 and (meaning.elsewhere or not meaning.unknown)
    if is_one and beside.is_long_past(meaning.typed, meaning.other, answer.timeline.rule_set):
        return answer._replace(verdict=UNKNOWN if meaning.other else WATCH)
    if meaning.gone and not (meaning.signs and answer.flags) and answer.verdict != UNKNOWN:
        answer = Sighting(meaning, answer.asked, USUAL, answer.timeline)
    # Whether it was treated: perhaps not my mum, but my mum's cheek.
    is_other = meaning.other and not names.says("others", meaning.other, answer.timeline.rule_set)
    least = CLINIC if is_other or (meaning.elsewhere and not answer.flags) else USUAL
    # Words that weren't understood may be the ones that matter: “very”, “on one side”.
    is_doubtful = not meaning.is_sure and answer.verdict in (USUAL, WATCH, least)
    return answer._replace(verdict=UNKNOWN) if is_doubtful else answer


def newest_first(timelines: Sequence[Timeline], at: datetime) -> list[Timeline]:
    """Return those that have begun *at* a moment: what a treatment to come will bring says nothing about now."""
    begun = [one for one in timelines if one.treatment.first <= at] or timelines
    return sorted(begun, key=lambda one: one.treatment.first, reverse=True)


def gravest_sighting(found: Iterable[Sighting]) -> Sighting:
    """Return the gravest; of equals in an emergency one for anybody, which helps more, else one for the declared."""
    return min(found, key=lambda one: (_GRAVEST.index(one.verdict), one.is_declared is (one.verdict == EMERGENCY)))


def _judge_one(timeline: Timeline, meaning: Meaning, sign: str, asked: times.When, *, latest: bool) -> Sighting:
    """Find the one urgency that *sign* has then: that of its calls, if none is for later, else that of the time."""
    blank = Sighting(meaning, asked, UNKNOWN, timeline)
    windows = timeline.expected(sign)
    usual = any(one.start <= asked.start and asked.end <= one.usual_until for one in windows)
    flags = tuple(one for one in timeline.red_flags if sign in one.targets and not (usual and one.worry_after))
    if latest and not (flags or any(window.worry_after for window in windows)):
        flags = tuple(_overdue(timeline, sign, asked, max(map(_usual_until, windows), default=FOREVER)))
    if flags:
        return blank._replace(verdict=flags[0].urgency, flags=flags)
    return _placed(blank, windows, sign) if windows else blank


def _overdue(timeline: Timeline, sign: str, asked: times.When, by: datetime) -> Iterator[Rule]:
    """Return the red flags of whatever should be over by now, where *sign* should be over *by* then too."""
    for rule in timeline.red_flags:
        begins = timeline.flagged_from.get(rule.id)
        # What isn't expected at all is over by no time.
        if begins and by <= begins and sign not in dict(rule.exceptions) and asked.meets(begins, FOREVER):
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
    # What is still to come is usual once it comes: will I peel?
    ahead = any(asked.start < one.start < one.usual_until for one in windows)
    if holding or (ahead and names.says("to-come", blank.meaning.typed, blank.timeline.rule_set)):
        return answer._replace(verdict=USUAL)
    if asked.end <= blank.timeline.treatment.first and not asked.past and blank.meaning.typed.split()[1:]:
        return blank._replace(verdict=CLINIC)  # One bare word asks what is to come; more tell what ails the skin.
    return answer._replace(verdict=WATCH, over=asked.start >= max(map(_usual_until, windows)))


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in instants if one is not None and one < FOREVER), default=None)


def _conditions(windows: Iterable[Window]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(window.condition for window in windows if window.condition))


def _deciding(timeline: Timeline, sign: str, asked: times.When, shown: Iterable[Window]) -> Iterator[str]:
    """Return the condition of a reason to call: none where it is one whatever the unknown fact is."""
    perhaps = [one for one in timeline.perhaps if one.target == sign]
    late = [one for one in perhaps if asked.meets(one.worry_after or one.end, FOREVER)]
    if len(late) < len(perhaps):
        yield " or ".join(_conditions((*shown, *late)))


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
    """What holds *at* a moment; *changes* are the next ones, *only_if* is over but for what only the person can see."""

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
        asked = times.from_to(self.at, self.at, self.timelines[0].treatment.zone)
        begun = [one for one in _owned(self.timelines, EXPECT) if one.window.start <= self.at]
        signs = {one.window.target for one in begun}
        calling = {one for one in signs if judge_sign(self.timelines, Meaning(one, (one,)), asked).verdict == CLINIC}
        return tuple(one for one in begun if one.window.target in calling)


def look(timelines: Sequence[Timeline], at: datetime) -> Today:
    """Gather what holds *at* a moment."""
    held = [one for one in _verdicts(timelines, at) if one.verdict != YES]
    restricted = {*chain.from_iterable(one.meaning.ids for one in held)}
    past = (one for one in _owned(timelines, AVOID) if one.window.waits and one.window.better_until <= at)
    return Today(
        at=at,
        timelines=tuple(timelines),
        avoid=tuple(one for one in held if one.verdict == NO),
        ask=tuple(one for one in held if one.verdict == ASK),
        better_not=tuple(one for one in held if one.verdict not in (NO, ASK)),
        only_if=tuple(one for one in past if one.window.target not in restricted),
        do=tuple(_at_work(timelines, at, ruleset.DO, ruleset.PREPARE)),
        expect=tuple(_at_work(timelines, at, EXPECT)),
        changes=tuple(_changes(timelines, at)),
    )


def _verdicts(timelines: Sequence[Timeline], at: datetime) -> Iterator[Verdict]:
    """Judge whatever a window restricts *at* a moment."""
    asked = {window.target for _, window in _owned(timelines, ASK)}
    for target in sorted(asked.union(window.target for _, window in _owned(timelines, AVOID))):
        windows = [window for timeline in _knowing(timelines, target) for window in timeline.windows_on(target)]
        if target in asked or any(window.better_from <= at < window.better_until for window in windows):
            yield _judge(timelines, target, at)


def _judge(timelines: Sequence[Timeline], activity: str, at: datetime) -> Verdict:
    asked = times.from_to(at, at, timelines[0].treatment.zone)
    return judge(_knowing(timelines, activity), Meaning(activity, (activity,)), asked, parts=False)


def _knowing(timelines: Iterable[Timeline], activity: str) -> list[Timeline]:
    """Return those of *timelines* whose rule set knows *activity*: a clinic's own may be in none but its own."""
    return [one for one in timelines if activity in one.rule_set.activities]


def _owned(timelines: Iterable[Timeline], *kinds: str) -> Iterator[Owned]:
    return (Owned(timeline, one) for timeline in timelines for one in timeline.of_kind(*kinds))


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


def decide(timelines: Sequence[Timeline], meaning: Meaning, asked: times.When) -> Verdict:
    """Answer for what *meaning* names at the time *asked*, the dangers in it first."""
    blank = not_understood(timelines[0], meaning, asked)
    verdict = judge(timelines, meaning, asked) if meaning.ids else blank
    if verdict.is_about("borrowed"):
        # A medicine that somebody else has is never a yes, and nothing to keep on with.
        verdict = _asking(verdict, "your pharmacist or doctor")
    is_apart = meaning.other and not verdict.is_about("shared")
    is_unknown = not meaning.ids or is_apart or (meaning.elsewhere and not verdict.is_restricted)
    return _urgent(blank if is_unknown else _weighed(verdict, blank, timelines), timelines)


class Return(NamedTuple):
    """From when, in UTC: *free_from* is after the "no", *better_from* after the "better not" that follows, if any.

    *verdict* is what holds at the time of asking, *counted* at the instant that is counted from; without that one there
    are no dates to give. Neither date is known where it holds without end. *last* is the restriction that the later
    date ends, and *again* when the next one begins.
    """

    verdict: Verdict
    counted: Verdict | None = None
    free_from: datetime | None = None
    better_from: datetime | None = None
    last: Verdict | None = None
    again: datetime | None = None


def _find_return(timelines: Sequence[Timeline], start: datetime, now: Verdict) -> Return:
    """Find from when what is asked *now* is free, counted from *start*."""
    steps = [*_steps(timelines, now.meaning, start)]
    verdict, again = steps[0], steps[-1].again
    held = [one for one in steps if one.is_held]
    if not held:
        return Return(now, verdict, start if verdict.is_yes else None, None, verdict, again)
    # A "better not" may become a "no" again before it is over: what counts is when the last "no" is.
    last, free = held[-1], [start, *(one.until for one in held if one.verdict == NO)][-1]
    # What is over isn't what holds.
    verdict = now if now.verdict in (BETTER_NOT, YES) and (free or FOREVER) <= now.asked.start else verdict
    if steps[-1].verdict == ASK:
        # No date is the one from which it is all right; what is counted holds how long it is a "no", if it still is.
        first = verdict._replace(verdict=ASK, until=free if (free or FOREVER) > now.asked.start else None)
        return Return(now if now.verdict == ASK else first, first, None, None, last, again)
    return Return(now, verdict, free, last.until if last.until != free else None, last, again)


def _steps(timelines: Sequence[Timeline], meaning: Meaning, start: datetime) -> Iterator[Verdict]:
    """Judge at *start* and at one change after the other, until it is no "no" and no "better not" any more."""
    following: datetime | None = start
    while following is not None:
        step = judge(timelines, meaning, times.from_to(following, following, timelines[0].treatment.zone))
        yield step
        following = step.again or step.until if step.is_held else None


def decide_return(timelines: Sequence[Timeline], meaning: Meaning, start: datetime, asked: times.When) -> Return:
    """Find from when what *meaning* names is free, counted from *start*; *asked* is the present.

    A date is never the answer to a danger, nor to what somebody has to be asked about whatever the day.
    """
    now = decide(timelines, meaning, asked)
    if now.session and meaning.is_sure and not now.findings:
        return Return(now, now, now.until or now.since)
    return _find_return(timelines, start, now) if _is_dated(now) else Return(now)


def _is_dated(now: Verdict) -> bool:
    """Return whether a date answers it. A no keeps its own beside unknown words, but for what nobody knows on skin."""
    is_sure = now.meaning.is_sure or (now.is_held and not (now.meaning.turning or now.is_about("on-skin")))
    return is_sure and not (now.urgency or now.mixed or now.findings or now.is_about("treatment"))


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of *verdicts* on one question: the most urgent, the strictest, one that says whom to ask."""
    return min(verdicts, key=_gravity)


def gravest_return(found: Iterable[Return]) -> Return:
    """Return the gravest of several answers to one question: one without a date, else the strictest."""
    return min(found, key=lambda one: (bool(one.free_from or one.better_from), _gravity(one.counted or one.verdict)))


def _gravity(verdict: Verdict) -> tuple[int, int, bool, float]:
    level, lasting = strictness(verdict)
    return URGENCIES.index(verdict.urgency) if verdict.urgency else len(URGENCIES), level, not verdict.ask, lasting


def _weighed(verdict: Verdict, blank: Verdict, timelines: Sequence[Timeline]) -> Verdict:
    """Put what comes before the rules on an activity before what they say."""
    meaning = blank.meaning
    against = _screened(verdict, timelines) if _asks_for_treatment(verdict, timelines) else None
    if against and against.findings and (meaning.declared or not meaning.turning):
        return against
    if verdict.ask and meaning.stopping and (verdict.prescribed or (meaning.turning and not _is_ended(verdict))):
        # Whatever somebody means to change about what they have to ask about, the answer is the same.
        return _bare(verdict, ASK)
    verdict = against or _mixed(verdict)
    return verdict if verdict.meaning.is_sure else _unsure(verdict, blank)


def _asks_for_treatment(verdict: Verdict, timelines: Iterable[Timeline]) -> bool:
    """Return whether the treatment itself is asked about: at home only where something speaks against it."""
    is_risky = any(one.level != ruleset.TELL for each in timelines for one in each.findings[:1])
    return verdict.is_about("treatment") or verdict.is_about("booking") or (is_risky and verdict.is_about("at-home"))


def _unsure(verdict: Verdict, blank: Verdict) -> Verdict:
    """Return what still holds where something in the question isn't known."""
    if blank.meaning.turning:
        return _kept_up(verdict) or (verdict if _is_ended(verdict) else blank)
    blank = blank._replace(meaning=verdict.meaning)
    if verdict.is_about("on-skin"):
        # Nobody knows what is put on the skin; that it is all right later nobody knows either.
        return verdict._replace(better_until=None, endless=False, parts=()) if verdict.verdict == NO else blank
    return blank._replace(alone=verdict) if verdict.is_yes or verdict.silent == "check" else verdict


def _kept_up(verdict: Verdict) -> Verdict | None:
    """Return that something is better not left out, where all that is asked about is to be done then."""
    due = [one for one in verdict.timeline.of_kind(ruleset.DO) if verdict.asked.meets(one.start, one.end)]
    family, due = verdict.timeline.rule_set.family, [one for one in due if not (one.unsure or one.condition)]
    kept = [[one for one in due if one.target in family([each])] for each in verdict.meaning.ids]
    is_all = min(map(len, kept), default=0)
    return _bare(verdict, BETTER_NOT)._replace(supports=tuple(chain(*kept)), ask=()) if is_all else None


def _is_ended(verdict: Verdict) -> bool:
    """Return whether it is asked when to stop something that is to be avoided: that is the answer."""
    meaning, ends = verdict.meaning, verdict.timeline.rule_set.small_words.get("ends", ())
    sure = verdict.again and meaning._replace(turning="").is_sure
    return meaning.stopping in ends and bool(verdict.is_held or sure)


def _urgent(verdict: Verdict, timelines: Sequence[Timeline]) -> Verdict:
    """Put the urgency of the signs in the words first. In an emergency nothing is a no: it might keep from help."""
    meaning = verdict.meaning
    if not meaning.signs:
        return verdict
    seen = judge_sign(timelines, meaning._replace(ids=meaning.signs), verdict.asked)
    # Before the treatment the check has the answer to what ails somebody: the treatment did no harm yet.
    is_early = _asks_for_treatment(verdict, timelines) and all(is_before(verdict.asked, one) for one in timelines)
    if seen.verdict not in URGENCIES or (is_early and meaning.ailing and seen.verdict != EMERGENCY):
        return verdict
    whom = _HELP.get(seen.verdict, verdict.timeline.facts.clinician)
    verdict = _bare(verdict, ASK) if seen.verdict == EMERGENCY else _asking(verdict, whom)
    return verdict._replace(urgency=seen.verdict, flags=seen.flags, ask=ask_once((whom, *verdict.ask)))


def _bare(known: Verdict, state: Permission) -> Verdict:
    """Return the answer *state* to the same question, with whom to ask, and nothing that rules on an activity say."""
    return Verdict(known.meaning, known.asked, state, known.timeline, ask=known.ask, prescribed=known.prescribed)


def _asking(verdict: Verdict, *whom: str) -> Verdict:
    """Ask *whom* besides: a no stays one, and has no date from which it is all right."""
    asked = ask_once((*verdict.ask, *whom))
    if verdict.verdict == NO:
        return verdict._replace(ask=asked, better_until=None)
    return (verdict if verdict.verdict == ASK else _bare(verdict, ASK))._replace(ask=asked)


def _mixed(verdict: Verdict) -> Verdict:
    """Ask somebody who knows how two medicines go together, or one with what goes badly with any."""
    together = [*filter(None, (_medicine(verdict.timeline.rule_set, ids) for ids in verdict.meaning.named))]
    if set(together) <= {ruleset.NOT_WITH} or not (together[1:] or _takes_unheard(verdict)):
        return verdict
    if _holds_twice(verdict):
        return _bare(verdict, NO)._replace(mixed=True)
    if verdict.prescribed and not verdict.is_put_on:
        # A no beside it would be read as one to what was prescribed.
        alone = verdict.besides if verdict.verdict == NO else None
        return _bare(verdict, ASK)._replace(mixed=True, alone=alone)
    return _asking(verdict, *(() if verdict.ask else ("your pharmacist",)))._replace(mixed=True)


def _holds_twice(verdict: Verdict) -> bool:
    """Return whether two medicines hold the same, and nobody has to be asked about one of them."""
    is_free = not (verdict.prescribed or verdict.meaning.signs or verdict.verdict == NO)
    single, above = verdict.timeline.rule_set.standing_for("single"), verdict.timeline.rule_set.ancestry
    return is_free and any(sum(one in above(ids) for ids in verdict.meaning.named) > 1 for one in single)


def _takes_unheard(verdict: Verdict) -> bool:
    """Return whether somebody takes, beside what isn't prescribed, what may be a medicine as others of its list are."""
    timeline, rule_set = verdict.timeline, verdict.timeline.rule_set
    facts = [rule_set.facts[one.fact] for one in timeline.facts.unheard]
    known = (same_as(rule_set, fact, one.id) for fact in facts for one in fact.answers)
    return not verdict.prescribed and any(_medicine(rule_set, one) for one in known)


def _medicine(rule_set: RuleSet, ids: Iterable[str]) -> str:
    """Return what the activities of one name, or what they are part of, are among medicines."""
    return next((kind for one in rule_set.ancestry(ids) if (kind := rule_set.activities[one].medicine)), "")


def _screened(verdict: Verdict, timelines: Sequence[Timeline]) -> Verdict:
    """Answer by what is known to speak against the treatment, and by when it may be repeated: never with a yes."""
    if verdict.meaning.other:
        # Of somebody else neither the answers to the check are known nor the last session.
        return not_understood(timelines[0], verdict.meaning, verdict.asked)
    # The gravest finding comes first.
    timeline = min(timelines, key=lambda one: LEVELS.index(one.findings[0].level) if one.findings else len(LEVELS))
    findings = timeline.findings
    verdict = _too_soon(verdict._replace(timeline=timeline, prescribed=()), timelines)
    if findings and findings[0].level in ruleset.FORBIDDING:
        verdict = _bare(verdict, NO)
    if findings or verdict.verdict == ASK:
        return _asking(verdict, timeline.facts.clinician)._replace(findings=findings)
    return verdict if verdict.is_restricted or verdict.session else verdict._replace(verdict=NO_RULE, silent="check")


def _too_soon(verdict: Verdict, timelines: Iterable[Timeline]) -> Verdict:
    """Make it a no until the session after those that have begun by then may be, which is booked ahead."""
    asked = verdict.asked
    following = [next_ for one in timelines if one.treatment.first <= asked.start for next_ in one.sessions[:1]]
    last = max(following, key=lambda one: one.minimum, default=None)
    is_free = last is None or asked.first >= last.minimum
    books = verdict.is_about("booking") and (is_free or asked.now) and not verdict.ask
    if last is None or (is_free and not books):
        return verdict
    until = day_start(last.minimum, verdict.timeline.treatment.zone)
    if books:
        return _bare(verdict, YES)._replace(since=until, session=last)
    return _bare(verdict, NO)._replace(until=until, earliest=until, session=last)
