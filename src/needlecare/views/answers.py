"""Answers for people: a few plain lines each, the answer first."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from needlecare.ask.lookup import SITTINGS, Meaning, tokens
from needlecare.ask.reasons import Dated, Reasons, Screened, Unjudged
from needlecare.ask.signs import CALL, EXPECTED, NO_LONGER, RED_FLAG, Sighting
from needlecare.ask.times import When
from needlecare.ask.today import Change, Today
from needlecare.ask.verdict import NO_RULE, PartVerdict, Return, Verdict, is_before, prepares
from needlecare.model.facts import Given
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Timeline, Window, day_number
from needlecare.model.ruleset import ALLOW, PRESCRIBED, Rule, RuleSet
from needlecare.views.days import Parts
from needlecare.views.phrases import (
    NO_ADVICE,
    Clock,
    capital,
    flag_text,
    join_words,
    say_answers,
    say_better_not,
    say_date,
    say_dated,
    say_dates,
    say_length,
    say_not_before,
    say_option,
    say_restriction,
    say_until_seen,
    say_waits,
    sentence,
    topmost,
    whom,
    with_details,
)
from needlecare.views.sheet import lead_of, list_core_changes

_SHOWN = 3
SILENT = {
    "before": "no rule speaks of the time before the treatment",
    "time": "no rule speaks of that time",
    "advice": "no rule restricts it then, and none recommends it",
}


def say_unknown(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Say what is known around what isn't."""
    rule_set = verdict.timeline.rule_set
    if verdict.silent:
        leave = f" Leave it from {clock.at(verdict.again)}." if verdict.again else ""
        yield f"- So this is not a yes.{leave} Ask your clinic."
        yield from (f"- {line}" for line in _permitted_unknown(verdict, clock))
        return
    yield f"- No rule of {rule_set.id} speaks of it for this treatment, so this is not a yes. Ask your clinic."
    for hint in verdict.hints[:_SHOWN]:
        until = f" until {clock.until(hint.then)}" if hint.then else ""
        options = join_words(say_option(name, rule_set) for name in hint.facts)
        yield f"- {options}: if this was assumed wrongly, leave {rule_set.label(hint.target)}{until}."


def _permitted_unknown(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Say when it would be permitted."""
    wanted = verdict.timeline.rule_set.ancestry(verdict.meaning.ids)
    for window in verdict.timeline.windows:
        if window.kind == ALLOW and window.target in wanted:
            condition = f", if {window.condition}" if window.condition else ""
            yield f"Allowed from {clock.at(window.start)} until {clock.until(window.end)}{condition}."


def closed(lines: Iterable[str], timeline: Timeline) -> str:
    """Close an answer with the red flags and whom to believe first."""
    return finished([*lines, f"- {red_flag_line(timeline)}"], timeline.rule_set)


def finished(lines: Iterable[str], rule_set: RuleSet) -> str:
    """Finish an answer with what was changed of the core, and whom to believe first."""
    return "\n".join([*lines, *list_core_changes(rule_set), NO_ADVICE]) + "\n"


def red_flag_line(timeline: Timeline) -> str:
    """Name the weightiest red flag, and how to see the others."""
    urgent = [rule for rule in timeline.red_flags if rule.urgent]
    if not urgent:
        return f"Red flags: none in this rule set; ask {whom(timeline)} which signs need a call."
    signs = max(urgent, key=lambda rule: (len(rule.says), rule.id)).targets
    names = join_words(timeline.rule_set.label(sign) for sign in signs)
    return f"Red flags ({names}): see a clinician. `needlecare today` lists them all."


def flag_texts(timeline: Timeline) -> Iterator[str]:
    """Give the text of every red flag."""
    return (flag_text(rule, timeline.rule_set) for rule in timeline.red_flags)


def say_asked(asked: When, timeline: Timeline) -> str:
    """Say when the question is about."""
    clock, day = Clock(timeline), timeline.treatment.day
    if asked.at is not None:
        return clock.at(asked.at)
    if asked.start is not None and asked.end is not None:
        same = clock.day(asked.start) == clock.day(asked.end)
        end = clock.time(asked.end) if same else "midnight" if asked.first == asked.last else clock.until(asked.end)
        return f"{clock.at(asked.start)} to {end}"
    return say_dates(asked.first, asked.last, day)


def say_treatment(timeline: Timeline) -> str:
    """Say which treatment an answer counts from."""
    treatment = timeline.treatment
    hour = f" {treatment.clock:%H:%M}" if treatment.clock else ""
    area = timeline.facts.value("area")
    shown = f" ({', '.join(area)})" if isinstance(area, tuple) else ""
    return f"the treatment of {say_date(treatment.day, treatment.day)}{hour}{shown}"


def say_findings(timeline: Timeline) -> Iterator[str]:
    """Say loudly what speaks against the treatment at all."""
    for finding in timeline.findings:
        if finding.level in ("stop", "postpone"):
            yield f"{finding.level.upper()}: {finding.screening.text or finding.screening.id}"


def say_sources(sources: tuple[str, ...]) -> str:
    """Name the first sources, and how many more there are."""
    more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
    return f"says {', '.join(sources[:_SHOWN])}{more}" if sources else "no source named"


_LEADS = {YES: "Yes", BETTER_NOT: "Better not", NO: "No", NO_RULE: "I don't know"}


Answer = Verdict | Return | Sighting | Today | Reasons | Screened
_EMERGENCY = "If you feel seriously ill, call your emergency number."


def say(answer: Answer, *, several: bool = False) -> str:
    """Say an answer of any kind; with *several* treatments open, which one it counts from."""
    match answer:
        case Verdict(silent="words") | Return(verdict=Verdict(silent="words")):
            verdict = answer if isinstance(answer, Verdict) else answer.verdict
            return _not_understood(verdict.meaning, verdict.timeline)
        case Verdict():
            text = _taken(answer.meaning, answer.timeline.rule_set) + say_verdict(answer, several=several)
        case Return():
            text = say_return(answer, several=several)
        case Sighting() if not answer.is_understood:
            return _not_understood(answer.meaning, answer.timeline, signs=True)
        case Sighting():
            text = _taken(answer.meaning, answer.timeline.rule_set, signs=True) + say_sighting(answer)
        case Reasons() if not answer.is_known:
            return _not_understood(answer.meaning, answer.timeline)
        case Reasons():
            text = "\n".join(say_reasons(one) for one in (answer, *answer.also))
        case Today():
            text = say_now(answer)
        case Screened():
            text = say_screened(answer)
    return text + "\n"


def _taken(meaning: Meaning, rule_set: RuleSet, *, signs: bool = False) -> str:
    """Say how words were taken that weren't all understood."""
    lines = []
    if meaning.unknown:
        labels = " and ".join(rule_set.label(one) for one in meaning.ids)
        lines.append(f"I don't know “{' '.join(meaning.unknown)}”; taken as {labels}.\n")
    if meaning.when:
        lines.append(f"I don't know when “{' '.join(meaning.when)}” is; the answer is about the time below.\n")
    if signs and lines:
        lines.insert(0, f"{_EMERGENCY}\n")
    return "".join(lines)


def _not_understood(meaning: Meaning, timeline: Timeline, *, signs: bool = False) -> str:
    """Say that it isn't known, what comes close, and whom to ask."""
    lines = [_EMERGENCY] if signs else []
    lines.extend(_unknown_words(meaning, signs=signs))
    if meaning.turning:
        lines.append(f"- “{meaning.turning}” turns the question round; ask about the thing itself.")
    lines.extend(_closest(meaning, timeline.rule_set, signs=signs))
    lines.extend([f"- {text}" for text in flag_texts(timeline)] if signs else [f"- {red_flag_line(timeline)}"])
    return finished(lines, timeline.rule_set)


def _unknown_words(meaning: Meaning, *, signs: bool) -> Iterator[str]:
    if meaning.when and meaning.ids and not meaning.unknown:
        yield f"I don't know when “{' '.join(meaning.when)}” is, so this is not a yes."
        yield "- Name a day or a part of it: tomorrow, on 22 Nov, this evening, at 18:00."
    else:
        so = "I can't say that it is normal. Call" if signs else "this is not a yes. Ask"
        yield f"I don't know “{' '.join(meaning.unknown) or meaning.typed}”, so {so} your clinic."


def _closest(meaning: Meaning, rule_set: RuleSet, *, signs: bool) -> Iterator[str]:
    """Say what to ask instead."""
    if not signs and len(meaning.ids) > 1 and meaning.unknown:
        yield f"- Ask about each on its own: {'; '.join(rule_set.label(one) for one in meaning.ids)}."
    if meaning.ids:
        return
    if not signs and SITTINGS & set(tokens(meaning.typed)):
        yield "- When the next session may be: `needlecare sessions`."
    elif meaning.nearest:
        yield f"- Did you mean {' or '.join(rule_set.label(one) for one in meaning.nearest)}?"


def say_verdict(verdict: Verdict, *, several: bool = False) -> str:
    """Say a verdict; with *several* treatments open, which one it counts from."""
    return closed(_verdict(verdict, several=several), verdict.timeline)


def say_return(found: Return, *, several: bool = False) -> str:
    """Say from when something is free."""
    return closed(_return(found, several=several), found.verdict.timeline)


def _verdict(verdict: Verdict, *, several: bool) -> Iterator[str]:
    timeline, clock = verdict.timeline, Clock(verdict.timeline)
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


def _say_part(part: PartVerdict, verdict: Verdict, clock: Clock) -> str:
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
            unsure, sooner = hint.facts, f": it could end {Clock(verdict.timeline).at(hint.then)}"
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
    clock = Clock(verdict.timeline)
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


def say_sighting(sighting: Sighting) -> str:
    """Say whether a sign is to be expected."""
    lines = list(_sighting(sighting))
    if sighting.verdict in (RED_FLAG, NO_RULE):
        lines.extend(f"- {text}" for text in flag_texts(sighting.timeline))
        return finished(lines, sighting.timeline.rule_set)
    return closed(lines, sighting.timeline)


def _sighting(sighting: Sighting) -> Iterator[str]:
    timeline, clock = sighting.timeline, Clock(sighting.timeline)
    named = {sign for rule in sighting.flags for sign in rule.targets}.intersection(sighting.meaning.ids)
    signs = [one for one in sighting.meaning.ids if one in named or not named]
    label = join_words(timeline.rule_set.label(one) for one in signs) or sighting.meaning.words
    when = say_asked(sighting.asked, timeline)
    if sighting.verdict == RED_FLAG:
        yield f"Red flag. {capital(label)}, {when}: see a clinician now."
        yield from (f"- {_flag(rule)}" for rule in sighting.flags)
        return
    if sighting.verdict == NO_RULE:
        unsure = "the words I don't know may matter" if sighting.windows else "no rule speaks of it"
        yield f"I don't know. {capital(label)}, {when}: {unsure}. Call your clinic."
        return
    if sighting.flags:
        yield f"Call your clinic. {capital(label)}, {when}."
        yield from (f"- {_flag(rule)}" for rule in sighting.flags)
        return
    if sighting.verdict == EXPECTED:
        yield f"To be expected. {capital(label)}, {when}."
        if sighting.until:
            yield f"- Until {clock.until(sighting.until)}; after that it is no longer expected."
        if sighting.call_from:
            yield f"- Still there on {clock.at(sighting.call_from)}? Call your clinic."
    elif sighting.verdict == NO_LONGER and sighting.call_from:
        yield f"No longer expected. {capital(label)}, {when}: watch it."
        yield f"- Still there on {clock.at(sighting.call_from)}, or does it grow? Call your clinic."
    elif sighting.verdict == CALL and sighting.over:
        yield f"No longer expected. {capital(label)}, {when}: call your clinic."
    else:
        yield f"Not expected yet. {capital(label)}, {when}: call your clinic if it worries you."
        if sighting.starts:
            yield f"- It is usually seen from {clock.at(sighting.starts)} on."
    for condition in sighting.conditions:
        yield f"- This holds if {condition}."
    sources = dict.fromkeys(saying.source for window in sighting.windows for saying in window.says)
    yield f"- {capital(say_sources(tuple(sources)))}."


def _flag(rule: Rule) -> str:
    sources = ", ".join(dict.fromkeys(saying.source for saying in rule.says[:_SHOWN]))
    return f"{rule.words.get('text', rule.id)} [{sources}]"


def say_now(now: Today) -> str:
    """Say what holds now."""
    return finished(_now(now), now.timelines[0].rule_set)


def _now(now: Today) -> Iterator[str]:
    for timeline in now.timelines:
        day = now.at.astimezone(timeline.treatment.zone).date()
        number = f"{day_number(timeline.treatment, day)}".replace("-", "−")
        yield f"{Clock(timeline).at(now.at)}: day {number} of {say_treatment(timeline)}."
        yield from say_findings(timeline)
    yield from _verdicts("Leave", now.avoid)
    yield from _verdicts("Better not", now.better_not)
    yield from _section("Check first", _to_be_seen(now))
    yield from _section("Do", dict.fromkeys(with_details(window, Clock(timeline)) for timeline, window in now.do))
    yield from _section("Normal to see", _normal(now))
    gone = dict.fromkeys(timeline.rule_set.label(window.target) for timeline, window in now.worries)
    if gone:
        yield from _section(f"No longer expected, call {whom(now.timelines[0])}", [f"{capital(join_words(gone))}."])
    yield from _section("What changes next", _changes(now.changes))
    yield from _section("Red flags", dict.fromkeys(text for one in now.timelines for text in flag_texts(one)))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield title
        yield from (f"- {line}" for line in listed)


def _verdicts(title: str, verdicts: Iterable[Verdict]) -> Iterator[str]:
    listed = list(verdicts)
    several = len({id(one.timeline) for one in listed}) > 1
    owners = {id(one.timeline): one.timeline for one in listed}
    by_end: dict[tuple[float, str, int], list[str]] = {}
    for one in listed:
        over = one.until.timestamp() if one.until else float("inf")
        key = over, _say_end(one), id(one.timeline) if several else 0
        by_end.setdefault(key, []).append(one.activity or "")
    lines = []
    for (_, end, owner), activities in sorted(by_end.items()):
        timeline = owners.get(owner) or listed[0].timeline
        names = join_words(timeline.rule_set.label(one) for one in topmost(activities, timeline.rule_set))
        counted = f" (from {Clock(timeline).date(timeline.treatment.first)})" if several else ""
        lines.append(f"{capital(names)}: {end}{counted}")
    yield from _section(title, lines)


def _to_be_seen(now: Today) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    rule_set = now.timelines[0].rule_set
    for _, window in now.only_if:
        if window.target in rule_set.unadvised:
            continue
        groups.setdefault(join_words(wait.label for wait in window.waits), []).append(window.target)
    for seen, activities in groups.items():
        names = join_words(rule_set.label(one) for one in topmost(activities, rule_set))
        yield f"{capital(names)}: only once {seen}"


def _say_end(verdict: Verdict) -> str:
    clock = Clock(verdict.timeline)
    if verdict.verdict == NO:
        begins = verdict.asked.begins(verdict.timeline.treatment)
        said = say_not_before(verdict.until, verdict.and_once, verdict.earliest, clock, begins)
        if verdict.is_open:
            return f"{said}, then better not: no end is given, ask {whom(verdict.timeline)}"
        return f"{said}, better not before {clock.at(verdict.better_until)}" if verdict.better_until else said
    if verdict.until is None:
        return f"no end is given, ask {whom(verdict.timeline)}"
    waits = f", only if {join_words(wait.label for wait in verdict.and_once)}" if verdict.and_once else ""
    if verdict.again is not None:
        return f"until {clock.until(verdict.again)}{waits}, then leave it"
    return f"until {clock.until(verdict.until)}{waits}"


def _normal(now: Today) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for timeline, window in now.expect:
        clock = Clock(timeline)
        call = f"; still there on {clock.at(window.worry_after)}, call {whom(timeline)}" if window.worry_after else ""
        condition = f"; if {window.condition}" if window.condition else ""
        key = f"until {clock.until(window.end)}{call}{condition}"
        groups.setdefault(key, []).append(timeline.rule_set.label(window.target))
    for said, labels in groups.items():
        yield f"{capital(join_words(dict.fromkeys(labels)))}: {said}"


def _changes(changes: Iterable[Change]) -> Iterator[str]:
    groups: dict[tuple[str, str], tuple[Change, list[str]]] = {}
    for change in changes:
        clock = Clock(change.timeline)
        waits = say_waits(change.lift.waits, clock) if change.lift else ""
        end = {"yes": "free", "better-not": "better not yet", "no": "leave from here on"}[change.to]
        key = clock.at(change.at), f"{end}{f', {waits}' if waits else ''}"
        groups.setdefault(key, (change, []))[1].append(change.activity)
    for (at, said), (change, activities) in groups.items():
        rule_set, parts = change.timeline.rule_set, Parts(change.timeline)
        shown = topmost(activities, rule_set)
        names = [parts.label(one, change.at) if change.lift else rule_set.label(one) for one in shown]
        yield f"{at}: {join_words(names)}: {said}"


_KINDS = {"avoid": "leave", "do": "do", "allow": "allowed", "expect": "to be expected", "prepare": "before"}


def say_reasons(reasons: Reasons) -> str:
    """Say why."""
    return closed(_background_reasons(reasons), reasons.timeline)


def _background_reasons(reasons: Reasons) -> Iterator[str]:
    timeline, rule_set = reasons.timeline, reasons.timeline.rule_set
    clock = Clock(timeline)
    yield capital(join_words(rule_set.label(one) for one in reasons.meaning.ids))
    for window in reasons.windows:
        waits = say_waits(window.waits, clock)
        if window.kind == "avoid":
            said = f"{say_restriction(window, clock)}{f', {waits}' if waits else ''}"
        else:
            said = _stretch(window, clock)
        condition = f"; if {window.condition}" if window.condition else ""
        yield f"- {rule_set.label(window.target)}: {_KINDS[window.kind]}: {said}{condition} (rule {window.rule})"
    yield from _rules("What decides", reasons.rules, reasons)
    yield from _rules("What lost", reasons.lost, reasons)
    yield ""
    if reasons.spread:
        yield f"Sources reach from {reasons.spread[0]} to {reasons.spread[1]}."
    voices = f"{reasons.voices_count} independent voice{'' if reasons.voices_count == 1 else 's'}"
    yield f"{voices}: sources that copy one template count as one."


def _stretch(window: Window, clock: Clock) -> str:
    begins, seen = clock.at(window.start), say_until_seen(window, clock)
    if window.is_instant:
        return f"from {begins}"
    ends = "" if seen and window.end == FOREVER else f" to {clock.until(window.end)}"
    return f"{begins}{ends}{f', {seen}' if seen else ''}"


def _rules(title: str, rules: Iterable[Rule], reasons: Reasons) -> Iterator[str]:
    for rule in rules:
        words = rule.words
        yield ""
        yield f"{title}: rule {rule.id} of {rule.origin}, {rule.verb} {', '.join(rule.targets)}: {rule.value}"
        yield from (f"  {lead}: {words[key]}" for key, lead in _SAID.items() if key in words)
        for voice in reasons.voices:
            if voice.rule == rule.id:
                source = voice.source
                about = ", ".join(
                    part for part in (source.title, source.kind, source.year) if part and part != "unknown"
                )
                note = f" ({voice.saying.note})" if voice.saying.note else ""
                template = f"; copies the template {source.family}" if source.family else ""
                yield f"  {'=' if voice.used else '-'} {source.id}: {voice.saying.value}{note} [{about}{template}]"


_SAID = {"why": "why", "because": "this value because", "by": "by", "note": "note"}


def say_screened(screened: Screened) -> str:
    """Say what speaks against the treatment."""
    return finished(_screened(screened), screened.timeline.rule_set)


def _screened(screened: Screened) -> Iterator[str]:
    for finding in screened.findings:
        screening = finding.screening
        sources = ", ".join(dict.fromkeys(saying.source for saying in screening.says))
        yield f"{lead_of(finding.level, screened.timeline)}: {screening.text or screening.id} [{sources}]"
        if screening.note:
            yield f"  {screening.note}"
        dated = [one for one in screened.dated if one.counts and one.screening is screening]
        yield from (f"  {_say_dated(one, screened.timeline)}" for one in dated)
    rule_set = screened.timeline.rule_set
    for one in screened.unjudged:
        yield _say_unjudged(one, screened.timeline)
    yield from (_say_dated(one, screened.timeline) for one in screened.dated if not one.counts)
    if screened.planned:
        said = join_words(rule_set.facts[one.fact].label_of(one.answer) for one in screened.planned)
        yield f"{capital(said)}: not a reason against the treatment in these rules; the plan says what to do about it."
    if not screened.is_against:
        apart = "Apart from that, no rule speaks" if screened.findings or screened.unjudged else "Nothing known"
        total, plural = len(rule_set.screenings), "" if screened.answered == 1 else "s"
        yield f"{apart} against it, of the {screened.answered} question{plural} answered (there are {total})."
        yield from _say_assumed(screened)
    if screened.unanswered:
        yield ""
        asked = {test.fact: None for screening in screened.unanswered for test in screening.when.tests}
        none = join_words(say_option(one, rule_set, "none") for one in asked if rule_set.facts[one].several)
        yield (
            f"Not answered ({len(screened.unanswered)}). Say what applies to you with the option behind it"
            f"{f'; if nothing does, {none}' if none else ''}:"
        )
        for screening in screened.unanswered:
            options = say_answers(screening, screened.timeline)
            yield f"- {screening.text or screening.id}{f' ({options})' if options else ''}"
    yield ""
    yield red_flag_line(screened.timeline)


def _say_assumed(screened: Screened) -> Iterator[str]:
    """Say how many questions only what is assumed answers, and how to say otherwise."""
    facts, rule_set = screened.timeline.facts, screened.timeline.rule_set
    names = dict.fromkeys(
        test.fact for one in screened.assumed for test in one.when.tests if test.fact in facts.assumed
    )
    if names:
        values = (rule_set.facts[name].label_of(id_) for name in names for id_ in _texts(facts.assumed[name]))
        options = join_words(say_option(name, rule_set) for name in names)
        more = f"{len(screened.assumed)} more"
        yield f"What is assumed ({join_words(values)}) answers {more}; say otherwise with {options}."


def _say_dated(one: Dated, timeline: Timeline) -> str:
    """Say what a date means, and whether that is long enough before the treatment."""
    length = say_length(one.screening.within) if one.screening.within else ""
    if not one.counts:
        how = f"{length} or more before the treatment. If that isn't so, leave the date out"
    elif one.day > timeline.treatment.day:
        how = "after the treatment"
    else:
        how = f"less than {length} before the treatment"
    return f"{capital(say_dated(one.fact, one.answer, one.day, timeline.rule_set))}: {how}."


def _say_unjudged(one: Unjudged, timeline: Timeline) -> str:
    known = timeline.rule_set.facts
    others = [known[name].label_of(id_) for name in one.given for id_ in _texts(timeline.facts.value(name))]
    label = known[one.fact].label_of(one.answer)
    return f"Not judged: no rule covers {label}{f' for {join_words(others)}' if others else ''}; ask your clinic."


def _texts(value: Given | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else () if value is None else (f"{value:g}",)
