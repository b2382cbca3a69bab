"""Answers for people: a few plain lines each, the answer first."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from needlecare.ask.covered import is_before, prepares
from needlecare.ask.verdict import BETTER_NOT, NO, NO_RULE, YES, Part, Verdict
from needlecare.ask.when import Return
from needlecare.model.plan import FOREVER, Window
from needlecare.model.ruleset import ALLOW, PRESCRIBED
from needlecare.views.answers_unknown import SILENT, say_unknown
from needlecare.views.framing import closed, say_asked, say_findings, say_sources, say_treatment
from needlecare.views.phrases import (
    Clock,
    capital,
    join_words,
    say_better_not,
    say_date,
    say_not_before,
    say_option,
    sentence,
    topmost,
    whom,
)

_LEADS = {YES: "Yes", BETTER_NOT: "Better not", NO: "No", NO_RULE: "I don't know"}
_SHOWN = 3


def say_verdict(verdict: Verdict, *, several: bool = False) -> str:
    """Say a verdict; with *several* treatments open, which one it counts from."""
    return closed(_verdict(verdict, several=several), verdict.timeline)


def say_return(found: Return, *, several: bool = False) -> str:
    """Say from when something is free."""
    return closed(_return(found, several=several), found.verdict.timeline)


def _verdict(verdict: Verdict, *, several: bool) -> Iterator[str]:
    timeline, clock = verdict.timeline, Clock(verdict.timeline.treatment)
    about = f"{verdict.label}, {say_asked(verdict.asked, timeline)}"
    yield from say_findings(timeline)
    if verdict.prescribed:
        yield f"Ask who prescribed it: {about}."
        yield "- It is a prescribed medicine: never stop, start or change it on your own account."
        yield from (f"- {window.text}" for window in verdict.supports[:_SHOWN])
        if not verdict.windows:
            return
    divided = ": not all of it" if verdict.is_divided else ""
    conditions = f", only if {join_words(verdict.conditions)}" if verdict.conditions else ""
    silent = f": {SILENT[verdict.silent]}" if verdict.silent else ""
    yield f"{_LEADS[verdict.verdict]}{divided}{conditions}. {capital(about)}{silent}."
    if is_before(verdict.asked, timeline):
        due = prepares(timeline, timeline.rule_set.family(verdict.meaning.ids), verdict.asked)
        yield from (f"- {window.text}" for window in due if window not in verdict.supports)
    if verdict.verdict == NO_RULE:
        yield from say_unknown(verdict, clock)
        return
    yield from (f"- {line}" for line in _until(verdict, clock))
    yield from _reasons(verdict, several=several)
    yield from _past(verdict)


def _until(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Say when the answer changes, for each part of what was asked if they differ."""
    if verdict.verdict == YES:
        if verdict.and_once:
            yield from _conditions(verdict, clock)
        elif verdict.since is not None and verdict.since > verdict.timeline.treatment.first:
            yield f"It has been free since {clock.at(verdict.since)}."
        if verdict.again is not None:
            yield f"Leave it again from {clock.at(verdict.again)}."
        yield from _permitted(verdict, clock)
        yield from _before_next(verdict)
        return
    yield from _each_part(verdict, clock)
    if verdict.again is not None:
        yield f"Leave it from {clock.at(verdict.again)}."


def _permitted(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Say until when a permission holds, and on which condition."""
    for window in verdict.permits:
        if window.end_stated or window.condition:
            condition = f", if {window.condition}" if window.condition else ""
            yield f"Allowed until {clock.until(window.end)}{condition}."


def _conditions(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Say what must have been seen for a yes, and for which part of it."""
    if verdict.parts:
        yield from _each_part(verdict, clock)
    elif verdict.and_once:
        yield f"Only if {join_words(wait.label for wait in verdict.and_once)}."


def _each_part(verdict: Verdict, clock: Clock) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for part in verdict.parts:
        groups.setdefault(_say_part(part, verdict, clock), []).append(part.activity)
    for said, activities in groups.items():
        names = topmost(activities, verdict.timeline.rule_set)
        shown = [verdict.timeline.rule_set.label(one) for one in names[: 2 * _SHOWN]]
        more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
        lead = "" if len(groups) == 1 and len(names) == 1 else f"{capital(join_words([*shown, *more]))}: "
        yield f"{lead}{said if lead else capital(said)}."


def _before_next(verdict: Verdict) -> Iterator[str]:
    """Say from when it is to be left before the next session, were that as early as it may be."""
    timeline = verdict.timeline
    wanted = timeline.rule_set.ancestry(verdict.meaning.ids)
    for session in timeline.sessions:
        begins = min((day for activity, day in session.precare if activity in wanted), default=None)
        if begins is not None and session.booked is None:
            day = timeline.treatment.day
            yield f"If your next session is on {say_date(session.minimum, day)}: leave it from {say_date(begins, day)}."


def _say_part(part: Part, verdict: Verdict, clock: Clock) -> str:
    if part.verdict == YES:
        return f"only if {join_words(wait.label for wait in part.and_once)}" if part.and_once else "free"
    windows = [one for one in verdict.timeline.windows_on(part.activity) if one in verdict.windows] or verdict.windows
    if part.verdict == NO:
        begins = verdict.asked.begins(verdict.timeline.treatment)
        said = say_not_before(part.until, part.and_once, _earliest(windows, part.until), clock, begins)
    else:
        said = say_better_not(part.until, clock)
        if part.and_once:
            said += f", and only if {join_words(wait.label for wait in part.and_once)}"
    if part.better_until:
        said += f", better not before {clock.at(part.better_until)}"
    return f"{said}, then {say_better_not(None, clock)}" if part.is_open else said


def _earliest(windows: Iterable[Window], until: datetime | None) -> datetime | None:
    return max((window.earliest for window in windows if window.end == (until or FOREVER)), default=None)


def _reasons(verdict: Verdict, *, several: bool) -> Iterator[str]:
    rule_set, timeline = verdict.timeline.rule_set, verdict.timeline
    deciding = next(iter((*verdict.permits, *verdict.windows, *verdict.supports)), None)
    if deciding is not None:
        rule = rule_set.rules[deciding.rule]
        because = f": {sentence(rule.words['why'])} Rule" if "why" in rule.words else ": rule"
        by = f" ({rule.origin})" if rule.origin != "microneedling" else ""
        yield f"- Why{because} `{rule.id}`{by}, {say_sources(verdict.sources)}"
        if deciding.low_confidence:
            yield "- Little is known about this."
        if "note" in rule.words:
            yield f"- {sentence(rule.words['note'])}"
    if verdict.is_yes:
        yield from (f"- {_support(window)}" for window in verdict.supports[:_SHOWN] if window.kind != ALLOW)
    if verdict.instead:
        yield f"- Instead: {sentence('; '.join(one.rstrip('.') for one in verdict.instead))}"
    preferred = [one.words["prefer"] for one in (*verdict.windows[:1], *verdict.supports) if "prefer" in one.words]
    if verdict.is_yes and preferred:
        yield f"- Better still: {sentence(preferred[0])}"
    below = _prescribed_parts(verdict)
    if below:
        yield f"- If yours was prescribed ({join_words(below)}): ask who prescribed it."
    yield from _would_tell_more(verdict)
    if several:
        yield f"- Counted from {say_treatment(timeline)}."
        for other in verdict.also:
            yield f"- {capital(say_treatment(other.timeline))} says {_LEADS[other.verdict].lower()} too."


def _would_tell_more(verdict: Verdict) -> Iterator[str]:
    """Name what isn't known and would shorten it."""
    unsure = () if verdict.is_yes or not verdict.windows else verdict.windows[0].unsure
    sooner = ""
    for hint in verdict.hints[:1]:
        if hint.then:
            unsure, sooner = hint.facts, f": it could end {Clock(verdict.timeline.treatment).at(hint.then)}"
    if unsure:
        yield f"- {join_words(say_option(name, verdict.timeline.rule_set) for name in unsure)} would tell more{sooner}."


def _support(window: Window) -> str:
    return f"{window.text.rstrip('.')}{f'; if {window.condition}' if window.condition else ''}."


def _prescribed_parts(verdict: Verdict) -> list[str]:
    rule_set = verdict.timeline.rule_set
    asked = set(verdict.meaning.ids)
    return [
        one.label
        for one in rule_set.activities.values()
        if one.medicine == PRESCRIBED and one.id not in asked and asked & set(rule_set.lineage[one.id])
    ]


def _past(verdict: Verdict) -> Iterator[str]:
    """Say what to do where it has been done already."""
    if not (verdict.asked.past or verdict.meaning.past):
        return
    timeline = verdict.timeline
    if verdict.is_yes:
        yield "- That day has passed, and no rule spoke against it."
        return
    broken = [window.words["if-broken"] for window in verdict.windows if "if-broken" in window.words]
    yield f"- If you did it: leave it from now on, and tell {whom(timeline)} what it was and when."
    if broken:
        yield f"- It may mean: {sentence(join_words(dict.fromkeys(broken)))}"
    watched = [rule for rule in timeline.red_flags if rule.urgent]
    signs = dict.fromkeys(sign for rule in watched for sign in rule.targets)
    names = join_words(timeline.rule_set.label(sign) for sign in signs)
    yield f"- Watch for {names}: with any of these see a clinician."


def _return(found: Return, *, several: bool) -> Iterator[str]:
    verdict = found.verdict
    clock = Clock(verdict.timeline.treatment)
    if verdict.prescribed or verdict.verdict == NO_RULE:
        yield from _verdict(verdict, several=several)
        return
    yield from say_findings(verdict.timeline)
    if verdict.verdict == YES:
        only_if = f", only if {join_words(verdict.conditions)}" if verdict.conditions else ""
        free = clock.at(found.free_from or verdict.timeline.treatment.last)
        yield f"{capital(verdict.label)}: free from {free}{only_if}."
        yield from (f"- {line}" for line in (*_conditions(verdict, clock), *_permitted(verdict, clock)))
    elif found.free_from is None:
        never = say_not_before(None, verdict.and_once, None, clock, verdict.timeline.treatment.last)
        yield f"{capital(verdict.label)}: {never}."
    else:
        yield f"{capital(verdict.label)}: {_say_return(found, clock)}."
        if len({(part.until, part.and_once) for part in verdict.parts}) > 1:
            yield from (f"- {line}" for line in _until(verdict, clock))
    if not verdict.timeline.rule_set.unadvised.isdisjoint(verdict.meaning.ids):
        yield f"- No rule recommends it after that either: ask {whom(verdict.timeline)}."
    if found.again is not None:
        yield f"- Leave it again from {clock.at(found.again)}."
    # With several treatments another one may decide the last date than the first.
    yield from _reasons(found.last if several else verdict, several=several)


def _say_return(found: Return, clock: Clock) -> str:
    verdict = found.verdict
    free = found.free_from
    if verdict.verdict == BETTER_NOT:
        return say_better_not(found.better_from, clock)
    waits, begins = verdict.own_waits, verdict.asked.begins(verdict.timeline.treatment)
    said = say_not_before(free, waits, verdict.earliest if waits and free == verdict.until else None, clock, begins)
    if found.better_from is not None:
        return f"{said}, better not before {clock.at(found.better_from)}"
    return f"{said}, then {say_better_not(None, clock)}" if found.last.is_open else said
