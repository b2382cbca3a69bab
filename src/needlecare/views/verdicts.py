"""The answers to `can`, `when` and `normal` for people: a few plain lines each, the answer first."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from needlecare.ask.signs import CLINIC, TODAY, UNKNOWN, USUAL, WATCH, Sighting
from needlecare.ask.times import When
from needlecare.ask.verdict import NO_RULE, PartVerdict, Return, Verdict, is_before, prepares
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Timeline, Wait
from needlecare.model.ruleset import ALLOW, PRESCRIBED, Rule, RuleSet
from needlecare.views import phrases as say
from needlecare.views.phrases import NO_ADVICE, Clock, capital, grouped, join_words, led, topmost
from needlecare.views.sheet import list_core_changes

_SHOWN = 3


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
        return f"Red flags: none in this rule set; ask {say.whom(timeline)} which signs need a call."
    signs = max(urgent, key=lambda rule: (len(rule.says), rule.id)).targets
    names = join_words(map(timeline.rule_set.label, signs))
    return f"Red flags ({names}): see a clinician. `needlecare today` lists them all."


def flag_texts(timeline: Timeline) -> Iterator[str]:
    """Return the text of every red flag."""
    return (say.flag_text(rule, timeline) for rule in timeline.red_flags)


def items(lines: Iterable[str]) -> Iterator[str]:
    """Begin each of *lines* as an item of a list."""
    return (f"- {line}" for line in lines)


def labels_of(waits: Iterable[Wait]) -> str:
    """Join what must be seen: `no redness is left and the skin is calm`."""
    return join_words(wait.label for wait in waits)


# What a question is about.


def _say_asked(asked: When, clock: Clock, timeline: Timeline) -> str:
    """Format the time that a question is about."""
    if asked.at is not None:
        return clock.at(asked.at)
    if asked.start is None or asked.end is None:
        return say.dates(asked.first, asked.last, timeline.treatment.day)
    end = "midnight" if asked.first == asked.last else clock.until(asked.end)
    if clock.day(asked.start) == clock.day(asked.end):
        end = clock.time(asked.end)
    return f"{clock.at(asked.start)} to {end}"


def say_treatment(timeline: Timeline) -> str:
    """Format which treatment an answer counts from."""
    treatment, area = timeline.treatment, timeline.facts.value("area")
    hour = f" {treatment.clock:%H:%M}" if treatment.clock else ""
    areas = f" ({', '.join(area)})" if isinstance(area, tuple) else ""
    return f"the treatment of {say.date(treatment.day, treatment.day)}{hour}{areas}"


def say_against(timeline: Timeline) -> Iterator[str]:
    """Yield, loudly, what speaks against the treatment at all."""
    for finding in timeline.findings:
        if finding.level in ("stop", "postpone"):
            yield f"{finding.level.upper()}: {finding.screening.text or finding.screening.id}"


def _say_sources(sources: tuple[str, ...]) -> str:
    """Name the first sources, and how many more there are."""
    more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
    return f"says {', '.join(sources[:_SHOWN])}{more}" if sources else "no source named"


# May I, and from when?

_LEADS = {YES: "Yes", BETTER_NOT: "Better not", NO: "No", NO_RULE: "I don't know"}
_SILENT = {
    "before": "no rule speaks of the time before the treatment",
    "time": "no rule speaks of that time",
    "advice": "no rule restricts it then, and none recommends it",
}


def say_verdict(verdict: Verdict, *, several: bool = False) -> str:
    """Format a verdict; with *several* treatments open, which one it counts from."""
    return closed(_verdict(verdict, several=several), verdict.timeline)


def say_return(found: Return, *, several: bool = False) -> str:
    """Format from when something is free."""
    verdict = found.verdict
    known = verdict.verdict != NO_RULE and not verdict.prescribed
    return closed((_return if known else _verdict_of)(found, several=several), verdict.timeline)


def _verdict_of(found: Return, *, several: bool) -> Iterator[str]:
    return _verdict(found.verdict, several=several)


def _verdict(verdict: Verdict, *, several: bool) -> Iterator[str]:
    timeline, clock = verdict.timeline, Clock(verdict.timeline)
    about = f"{verdict.label}, {_say_asked(verdict.asked, clock, timeline)}"
    yield from say_against(timeline)
    if verdict.prescribed:
        yield f"Ask who prescribed it: {about}."
        yield "- It is a prescribed medicine: never stop, start or change it on your own account."
        yield from items(window.text for window in verdict.supports[:_SHOWN])
        if not verdict.windows:
            return
    divided = ": not all of it" if verdict.is_divided else ""
    silent = led(": ", _SILENT.get(verdict.silent))
    conditions = led(", only if ", join_words(verdict.conditions))
    yield f"{_LEADS[verdict.verdict]}{divided}{conditions}. {capital(about)}{silent}."
    yield from items(_to_prepare(verdict))
    if verdict.verdict == NO_RULE:
        yield from items(_unknown(verdict, clock))
        return
    yield from items(_until(verdict, clock))
    yield from items(_reasons(verdict))
    yield from items(_counted_from(verdict) if several else ())
    yield from items(_past(verdict))


def _to_prepare(verdict: Verdict) -> Iterator[str]:
    timeline = verdict.timeline
    if is_before(verdict.asked, timeline):
        due = prepares(timeline, timeline.rule_set.family(verdict.meaning.ids), verdict.asked)
        yield from (window.text for window in due if window not in verdict.supports)


def _unknown(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield what is known around what isn't."""
    timeline, rule_set = verdict.timeline, verdict.timeline.rule_set
    ask = f"Ask {clock.whom}."
    if not verdict.silent:
        yield f"No rule of {rule_set.id} speaks of it for this treatment, so this is not a yes. {ask}"
        for hint in verdict.hints[:_SHOWN]:
            until = f" until {clock.until(hint.then)}" if hint.then else ""
            options = say.options(hint.facts, rule_set)
            yield f"{options}: if this was assumed wrongly, leave {rule_set.label(hint.target)}{until}."
        return
    leave = f" Leave it from {clock.at(verdict.again)}." if verdict.again else ""
    yield f"So this is not a yes.{leave} {ask}"
    wanted = rule_set.ancestry(verdict.meaning.ids)
    for window in timeline.windows:
        if window.kind == ALLOW and window.target in wanted:
            allowed = f"Allowed from {clock.at(window.start)} until {clock.until(window.end)}"
            yield f"{allowed}{led(', if ', window.condition)}."


def _until(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield when the answer changes, for each part of what was asked if they differ."""
    if verdict.verdict != YES:
        yield from _each_part(verdict, clock)
        if verdict.again is not None:
            yield f"Leave it from {clock.at(verdict.again)}."
        return
    yield from _conditions(verdict, clock)
    if not verdict.and_once and verdict.since is not None and verdict.since > verdict.timeline.treatment.first:
        yield f"It has been free since {clock.at(verdict.since)}."
    if verdict.again is not None:
        yield f"Leave it again from {clock.at(verdict.again)}."
    yield from _permitted(verdict, clock)
    yield from _before_next(verdict)


def _permitted(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield until when a permission holds, and on which condition."""
    for window in verdict.permits:
        if window.end_stated or window.condition:
            yield f"Allowed until {clock.until(window.end)}{led(', if ', window.condition)}."


def _conditions(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield what must have been seen for a yes, and for which part of it."""
    if verdict.and_once and verdict.parts:
        yield from _each_part(verdict, clock)
    elif verdict.and_once:
        yield f"Only if {labels_of(verdict.and_once)}."


def _each_part(verdict: Verdict, clock: Clock) -> Iterator[str]:
    rule_set = verdict.timeline.rule_set
    groups = grouped(verdict.parts, lambda part: _say_part(part, verdict, clock))
    for text, parts in groups.items():
        names = topmost((part.activity for part in parts), rule_set)
        if len(groups) == 1 and len(names) == 1:
            yield f"{capital(text)}."
        else:
            yield f"{capital(say.join_some([rule_set.label(one) for one in names], 2 * _SHOWN))}: {text}."


def _say_part(part: PartVerdict, verdict: Verdict, clock: Clock) -> str:
    only_if = led("only if ", labels_of(part.and_once))
    if part.verdict == YES:
        return only_if or "free"
    then = say_then(part.better_until, clock, is_open=part.is_open)
    if part.verdict == BETTER_NOT:
        return f"{say.better_not(part.until, clock)}{led(', and ', only_if)}{then}"
    own = [one for one in verdict.timeline.windows_on(part.activity) if one in verdict.windows]
    end = part.until or FOREVER
    earliest = max((one.earliest for one in own or verdict.windows if one.end == end), default=None)
    begins = verdict.asked.begins(verdict.timeline.treatment)
    return f"{say.not_before(part.until, part.and_once, earliest, clock, begins)}{then}"


def say_then(better_until: datetime | None, clock: Clock, *, is_open: bool) -> str:
    """Format the "better not" that follows a "no", if one does."""
    if better_until:
        return f", better not before {clock.at(better_until)}"
    return f", then {say.better_not(None, clock)}" if is_open else ""


def _before_next(verdict: Verdict) -> Iterator[str]:
    """Yield from when it is to be left before the next session, were that as early as it may be."""
    timeline, day = verdict.timeline, verdict.timeline.treatment.day
    wanted = timeline.rule_set.ancestry(verdict.meaning.ids)
    for session in timeline.sessions:
        begins = min((first for activity, first in session.precare if activity in wanted), default=None)
        if begins is not None and session.booked is None:
            yield f"If your next session is on {say.date(session.minimum, day)}: leave it from {say.date(begins, day)}."


def _reasons(verdict: Verdict) -> Iterator[str]:
    yield from _why(verdict)
    if verdict.is_yes:
        yield from _recommended(verdict)
    if verdict.instead:
        yield f"Instead: {say.sentence('; '.join(one.rstrip('.') for one in verdict.instead))}"
    below = join_words(_prescribed_parts(verdict))
    if below:
        yield f"If yours was prescribed ({below}): ask who prescribed it."
    yield from _would_tell_more(verdict)


def _recommended(verdict: Verdict) -> Iterator[str]:
    for window in verdict.supports[:_SHOWN]:
        if window.kind != ALLOW:
            yield f"{window.text.rstrip('.')}{led('; if ', window.condition)}."
    windows = (*verdict.windows[:1], *verdict.supports)
    preferred = [window.words["prefer"] for window in windows if "prefer" in window.words]
    yield from (f"Better still: {say.sentence(words)}" for words in preferred[:1])


def _why(verdict: Verdict) -> Iterator[str]:
    """Yield the rule that decides, and what it says of itself."""
    for deciding in (*verdict.permits, *verdict.windows, *verdict.supports)[:1]:
        rule = verdict.timeline.rule_set.rules[deciding.rule]
        because = f": {say.sentence(rule.words['why'])} Rule" if "why" in rule.words else ": rule"
        by = f" ({rule.origin})" if rule.origin != "microneedling" else ""
        yield f"Why{because} `{rule.id}`{by}, {_say_sources(verdict.sources)}"
        if deciding.low_confidence:
            yield "Little is known about this."
        if "note" in rule.words:
            yield say.sentence(rule.words["note"])


def _prescribed_parts(verdict: Verdict) -> list[str]:
    rule_set, asked = verdict.timeline.rule_set, set(verdict.meaning.ids)
    medicines = (one for one in rule_set.activities.values() if one.medicine == PRESCRIBED and one.id not in asked)
    return [one.label for one in medicines if asked.intersection(rule_set.lineage[one.id])]


def _would_tell_more(verdict: Verdict) -> Iterator[str]:
    """Name what isn't known and would shorten it."""
    unsure = () if verdict.is_yes or not verdict.windows else verdict.windows[0].unsure
    sooner = ""
    for hint in verdict.hints[:1]:
        if hint.then:
            unsure, sooner = hint.facts, f": it could end {Clock(verdict.timeline).at(hint.then)}"
    if unsure:
        yield f"{say.options(unsure, verdict.timeline.rule_set)} would tell more{sooner}."


def _counted_from(verdict: Verdict) -> Iterator[str]:
    yield f"Counted from {say_treatment(verdict.timeline)}."
    for other in verdict.also:
        yield f"{capital(say_treatment(other.timeline))} says {_LEADS[other.verdict].lower()} too."


def _past(verdict: Verdict) -> Iterator[str]:
    """Yield what to do where it has been done already."""
    timeline = verdict.timeline
    if not (verdict.asked.past or verdict.meaning.past):
        return
    if verdict.is_yes:
        yield "That day has passed, and no rule spoke against it."
        return
    yield f"If you did it: leave it from now on, and tell {say.whom(timeline)} what it was and when."
    broken = dict.fromkeys(window.words["if-broken"] for window in verdict.windows if "if-broken" in window.words)
    if broken:
        yield f"It may mean: {say.sentence(join_words(broken))}"
    signs = dict.fromkeys(sign for rule in timeline.red_flags if rule.urgent for sign in rule.targets)
    yield f"Watch for {join_words(map(timeline.rule_set.label, signs))}: with any of these see a clinician."


def _return(found: Return, *, several: bool) -> Iterator[str]:
    verdict, timeline, clock = found.verdict, found.verdict.timeline, Clock(found.verdict.timeline)
    yield from say_against(timeline)
    yield f"{capital(verdict.label)}: {_say_return(found, clock)}."
    if verdict.verdict == YES:
        yield from items(_conditions(verdict, clock))
        yield from items(_permitted(verdict, clock))
    elif found.free_from is not None and len({(part.until, part.and_once) for part in verdict.parts}) > 1:
        yield from items(_until(verdict, clock))
    if not timeline.rule_set.unadvised.isdisjoint(verdict.meaning.ids):
        yield f"- No rule recommends it after that either: ask {clock.whom}."
    if found.again is not None:
        yield f"- Leave it again from {clock.at(found.again)}."
    # With several treatments another one may decide the last date than the first.
    decides = found.last if several else verdict
    yield from items(_reasons(decides))
    yield from items(_counted_from(decides) if several else ())


def _say_return(found: Return, clock: Clock) -> str:
    verdict, free, treatment = found.verdict, found.free_from, found.verdict.timeline.treatment
    if verdict.verdict == YES:
        return f"free from {clock.at(free or treatment.last)}{led(', only if ', join_words(verdict.conditions))}"
    if free is None:
        return say.not_before(None, verdict.and_once, None, clock, treatment.last)
    if verdict.verdict == BETTER_NOT:
        return say.better_not(found.better_from, clock)
    earliest = verdict.earliest if verdict.own_waits and free == verdict.until else None
    no = say.not_before(free, verdict.own_waits, earliest, clock, verdict.asked.begins(treatment))
    return f"{no}{say_then(found.better_from, clock, is_open=found.last.is_open)}"


# Is this sign usual?


def say_sighting(sighting: Sighting) -> str:
    """Format whether a sign is to be expected."""
    lines = list(_sighting(sighting, Clock(sighting.timeline)))
    if sighting.verdict in (TODAY, UNKNOWN):
        return finished([*lines, *items(flag_texts(sighting.timeline))], sighting.timeline.rule_set)
    return closed(lines, sighting.timeline)


def _sighting(sighting: Sighting, clock: Clock) -> Iterator[str]:
    about, call = _about(sighting, clock), f"Call {clock.whom}."
    if sighting.verdict == UNKNOWN:
        unsure = "the words I don't know may matter" if sighting.windows else "no rule speaks of it"
        yield f"I don't know. {about}: {unsure}. {call}"
    elif sighting.flags:
        is_red = sighting.verdict == TODAY
        yield f"Red flag. {about}: see a clinician now." if is_red else f"{call} {about}."
        yield from items(map(_flag, sighting.flags))
    else:
        yield from _expected(sighting, about, clock)
        yield from items(f"This holds if {condition}." for condition in sighting.conditions)
        sources = say.sources_of(saying for window in sighting.windows for saying in window.says)
        yield f"- {capital(_say_sources(sources))}."


def _about(sighting: Sighting, clock: Clock) -> str:
    """Name the signs that are asked about, or those of them that are red flags, with the time."""
    timeline, ids = sighting.timeline, sighting.meaning.ids
    flagged = {sign for rule in sighting.flags for sign in rule.targets}
    signs = [one for one in ids if one in flagged] or ids
    label = join_words(map(timeline.rule_set.label, signs)) or sighting.meaning.words
    return f"{capital(label)}, {_say_asked(sighting.asked, clock, timeline)}"


def _expected(sighting: Sighting, about: str, clock: Clock) -> Iterator[str]:
    call = f"call {clock.whom}"
    still = f"- Still there on {clock.at(sighting.call_from)}" if sighting.call_from else ""
    if sighting.verdict == USUAL:
        yield f"To be expected. {about}."
        if sighting.until:
            yield f"- Until {clock.until(sighting.until)}; after that it is no longer expected."
        if still:
            yield f"{still}? {capital(call)}."
    elif sighting.verdict == WATCH and still:
        yield f"No longer expected. {about}: watch it."
        yield f"{still}, or does it grow? {capital(call)}."
    elif sighting.verdict == CLINIC and sighting.over:
        yield f"No longer expected. {about}: {call}."
    else:
        yield f"Not expected yet. {about}: {call} if it worries you."
        if sighting.starts:
            yield f"- It is usually seen from {clock.at(sighting.starts)} on."


def _flag(rule: Rule) -> str:
    return f"{rule.words.get('text', rule.id)} [{', '.join(say.sources_of(rule.says[:_SHOWN]))}]"
