"""What comes before the rules on an activity: a danger in the words, medicines together, and the treatment itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from needlecare.ask.lookup import Meaning
from needlecare.ask.times import When
from needlecare.ask.today import judge_sign
from needlecare.ask.verdict import NO_RULE, Permission, Return, Verdict, find_return, judge, not_understood, strictness
from needlecare.model.facts import ask_once
from needlecare.model.plan import NO, Timeline
from needlecare.model.ruleset import ASK, EMERGENCY, FORBIDDING, LEVELS, NOT_WITH, ON_SKIN, TELL, URGENCIES, RuleSet
from needlecare.model.time import day_start
from needlecare.typed import same_as

_HELP = dict(zip(URGENCIES, ("your emergency number", "a doctor today"), strict=False))


def decide(timelines: Sequence[Timeline], meaning: Meaning, asked: When) -> Verdict:
    """Answer for what *meaning* names at the time *asked*, the dangers in it first."""
    return _urgent(_decide(timelines, meaning, asked), timelines)


def decide_return(timelines: Sequence[Timeline], meaning: Meaning, start: datetime, asked: When) -> Return:
    """Find from when what *meaning* names is free, counted from *start*; *asked* is the present.

    A date is never the answer to a danger, nor to what somebody has to be asked about whatever the day.
    """
    now = decide(timelines, meaning, asked)
    if now.urgency or now.mixed or now.findings or not meaning.is_sure or _is_about("treatment", now):
        return Return(now)
    return find_return(timelines, start, now)


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of *verdicts* on one question: the most urgent, the strictest, one that says whom to ask."""
    return min(verdicts, key=_gravity)


def gravest_return(found: Iterable[Return]) -> Return:
    """Return the gravest of several answers to one question: one without a date, else the strictest."""
    return min(found, key=lambda one: (bool(one.free_from or one.better_from), _gravity(one.counted or one.verdict)))


def _gravity(verdict: Verdict) -> tuple[int, int, bool, float]:
    level, lasting = strictness(verdict)
    return URGENCIES.index(verdict.urgency) if verdict.urgency else len(URGENCIES), level, not verdict.ask, lasting


def _decide(timelines: Sequence[Timeline], meaning: Meaning, asked: When) -> Verdict:
    blank = not_understood(timelines[0], meaning, asked)
    if not meaning.ids:
        return blank
    verdict = judge(timelines, meaning, asked)
    if meaning.elsewhere and not verdict.is_restricted:
        return blank
    # At home only where something speaks against it.
    is_risky = any(one.level != TELL for each in timelines for one in each.findings[:1])
    is_screened = _is_about("treatment", verdict) or (is_risky and _is_about("at-home", verdict))
    against = _screened(verdict, timelines) if is_screened else None
    if against and against.findings and (meaning.declared or not meaning.turning):
        return against
    if meaning.stopping and verdict.prescribed:
        # Whatever somebody means to change about a prescribed medicine, the answer is the same.
        return _bare(verdict, ASK)._replace(ask=verdict.ask)
    if meaning.turning:
        return blank._replace(alone=(against or _mixed(verdict)) if meaning.stopping else None)
    verdict = against or _mixed(verdict)
    return verdict if verdict.meaning.is_sure else _unsure(verdict, blank._replace(meaning=verdict.meaning))


def _unsure(verdict: Verdict, blank: Verdict) -> Verdict:
    """Return what still holds where something in the question isn't known."""
    if _is_about("on-skin", verdict):
        # Nobody knows what is put on the skin; that it is all right later nobody knows either.
        return verdict._replace(better_until=None, endless=False, parts=()) if verdict.verdict == NO else blank
    return blank._replace(alone=verdict) if verdict.is_yes else verdict


def _is_about(what: str, verdict: Verdict) -> bool:
    """Return whether something that stands for *what* is asked about."""
    return not set(verdict.timeline.rule_set.standing_for(what)).isdisjoint(verdict.meaning.ids)


def _urgent(verdict: Verdict, timelines: Sequence[Timeline]) -> Verdict:
    """Put the urgency of the signs in the words first. In an emergency nothing is a no: it might keep from help."""
    meaning = verdict.meaning
    if not meaning.signs:
        return verdict
    seen = judge_sign(timelines, meaning._replace(ids=meaning.signs), verdict.asked)
    if seen.verdict not in URGENCIES:
        return verdict
    whom = _HELP.get(seen.verdict, verdict.timeline.facts.clinician)
    verdict = _bare(verdict, ASK) if seen.verdict == EMERGENCY else _asking(verdict, whom)
    return verdict._replace(urgency=seen.verdict, flags=seen.flags, ask=ask_once((whom, *verdict.ask)))


def _bare(verdict: Verdict, state: Permission) -> Verdict:
    """Return the answer *state* to the same question, and nothing that rules on an activity say."""
    return Verdict(verdict.meaning, verdict.asked, state, verdict.timeline, prescribed=verdict.prescribed)


def _asking(verdict: Verdict, *whom: str) -> Verdict:
    """Ask *whom* besides: a no stays one, and has no date from which it is all right."""
    asked = ask_once((*verdict.ask, *whom))
    if verdict.verdict == NO:
        return verdict._replace(ask=asked, better_until=None)
    return (verdict if verdict.verdict == ASK else _bare(verdict, ASK))._replace(ask=asked)


def _mixed(verdict: Verdict) -> Verdict:
    """Ask somebody who knows how two medicines go together, or one with what goes badly with any."""
    rule_set = verdict.timeline.rule_set
    together = [*filter(None, (_medicine(rule_set, ids) for ids in verdict.meaning.named))]
    is_taken_with = not verdict.prescribed and _takes_unheard(verdict.timeline)
    if set(together) <= {NOT_WITH} or not (together[1:] or is_taken_with):
        return verdict
    if verdict.prescribed and ON_SKIN not in {rule_set.activities[one].taken for one in verdict.prescribed}:
        # A no beside it would be read as one to what was prescribed.
        others = tuple(one for one in verdict.meaning.ids if one not in verdict.prescribed)
        alone = verdict._replace(meaning=verdict.meaning._replace(ids=others)) if verdict.verdict == NO else None
        return _bare(verdict, ASK)._replace(ask=verdict.ask, mixed=True, alone=alone)
    return _asking(verdict, *(() if verdict.ask else ("your pharmacist",)))._replace(mixed=True)


def _takes_unheard(timeline: Timeline) -> bool:
    """Return whether somebody takes what no rule knows: it may be a medicine where others of that list are."""
    rule_set = timeline.rule_set
    facts = [rule_set.facts[one.fact] for one in timeline.facts.unheard]
    return any(_medicine(rule_set, same_as(rule_set, fact, one.id)) for fact in facts for one in fact.answers)


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
    if findings and findings[0].level in FORBIDDING:
        verdict = _bare(verdict, NO)._replace(ask=verdict.ask)
    if findings:
        return _asking(verdict, timeline.facts.clinician)._replace(findings=findings)
    return verdict if verdict.is_restricted else verdict._replace(verdict=NO_RULE, silent="check")


def _too_soon(verdict: Verdict, timelines: Iterable[Timeline]) -> Verdict:
    """Make it a no until the session after those that have begun by then may be."""
    asked = verdict.asked
    following = [next_ for one in timelines if one.treatment.first <= asked.start for next_ in one.sessions[:1]]
    last = max(following, key=lambda one: one.minimum, default=None)
    if last is None or asked.first >= last.minimum:
        return verdict
    until = day_start(last.minimum, verdict.timeline.treatment.zone)
    return _bare(verdict, NO)._replace(until=until, earliest=until, ask=verdict.ask, session=last)
