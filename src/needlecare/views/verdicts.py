"""The answers to `can`, `when` and `normal` for people: a few plain lines each, the answer first."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from needlecare.ask.times import When
from needlecare.ask.today import UNKNOWN, USUAL, Sighting
from needlecare.ask.verdict import NO_RULE, PartVerdict, Return, Verdict, is_before, prepares
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Timeline, Window
from needlecare.model.ruleset import ALLOW, ASK, CLINIC, EMERGENCY, PRESCRIBED, TODAY, RuleSet
from needlecare.model.voices import sources_behind
from needlecare.views import phrases as say
from needlecare.views.phrases import NO_ADVICE, Clock, capital, grouped, join_words, led, topmost
from needlecare.views.sheet import list_core_changes

_SHOWN = 3


def finished(lines: Iterable[str], rule_set: RuleSet) -> str:
    """Finish an answer with what was changed of the core, and whom to believe first."""
    return "\n".join([*lines, *list_core_changes(rule_set), NO_ADVICE]) + "\n"


# What a question is about.


def _say_asked(asked: When, clock: Clock, timeline: Timeline) -> str:
    if asked.is_instant:
        return clock.at(asked.start)
    if asked.whole:
        return say.dates(asked.first, asked.last, timeline.treatment.day)
    end = "midnight" if asked.first == asked.last else clock.until(asked.end)
    if clock.day(asked.start) == clock.day(asked.end):
        end = clock.time(asked.end)
    return f"{clock.at(asked.start)} to {end}"


def _say_sources(sources: tuple[str, ...]) -> str:
    """Name the first sources, and how many more there are."""
    more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
    return f"says {', '.join(sources[:_SHOWN])}{more}" if sources else "no source named"


# May I, and from when?

_LEADS = {YES: "Yes", BETTER_NOT: "Better not", ASK: "Ask first", NO: "No", NO_RULE: "I don't know"}
_SILENT = {
    "before": "no rule speaks of the time before the treatment",
    "time": "no rule speaks of that time",
    "advice": "no rule restricts it then, and none recommends it",
}


def list_return(found: Return, *, several: bool) -> Iterator[str]:
    """Yield from when something is free."""
    verdict = found.verdict
    known = verdict.verdict not in (NO_RULE, ASK) or (verdict.until is not None and not verdict.prescribed)
    yield from _return(found, several=several) if known else list_verdict(verdict, several=several)


def list_verdict(verdict: Verdict, *, several: bool) -> Iterator[str]:
    """Yield the lines of a verdict; with *several* treatments open, which one it counts from."""
    timeline, clock = verdict.timeline, Clock(verdict.timeline)
    about = f"{verdict.label}, {_say_asked(verdict.asked, clock, timeline)}"
    yield from say.list_against(timeline)
    if verdict.prescribed:
        yield from _as_prescribed(verdict, about, clock)
        if verdict.verdict == ASK:
            return
    yield f"{_lead(verdict)}. {capital(about)}{led(': ', _SILENT.get(verdict.silent))}."
    counted = _counted_from(verdict) if several else ()
    if verdict.verdict == ASK:
        differ = len({part.verdict for part in verdict.parts}) > 1
        lines = chain(_each_part(verdict, clock) if differ else (), _why(verdict), counted)
    elif verdict.verdict == NO_RULE:
        lines = chain(_due(verdict), _unknown(verdict, clock))
    else:
        lines = chain(_due(verdict), _until(verdict, clock), _reasons(verdict), counted, _past(verdict))
    yield from say.items(lines)


def _due(verdict: Verdict) -> Iterator[str]:
    """Yield what is to be prepared at the time before the treatment that is asked about."""
    timeline = verdict.timeline
    if is_before(verdict.asked, timeline):
        due = prepares(timeline, timeline.rule_set.family(verdict.meaning.ids), verdict.asked)
        yield from (window.text for window in due if window not in verdict.supports)


def _lead(verdict: Verdict) -> str:
    """Return the answer itself: on which condition, and whom to ask besides."""
    whom, divided = join_words(verdict.ask), ": not all of it" if verdict.is_divided else ""
    if verdict.verdict == ASK:
        return f"Ask {whom} first"
    then = (f", and then ask {whom} first" if verdict.until else f"; ask {whom}") if whom else ""
    return f"{_LEADS[verdict.verdict]}{divided}{led(', only if ', join_words(verdict.conditions))}{then}"


def _as_prescribed(verdict: Verdict, about: str, clock: Clock) -> Iterator[str]:
    """Yield what to do about a prescribed medicine: go on, and ask."""
    activities = verdict.timeline.rule_set.activities
    how = _words((one for one in verdict.windows if one.kind == ASK), "how")
    if how:
        # In pregnancy, going on with isotretinoin until somebody has time would be the worse advice.
        yield f"Ask {join_words(verdict.ask)} {how[0]}: {about}."
        yield from say.items(_why(verdict))
    elif all(activities[one].medicine == PRESCRIBED for one in verdict.prescribed):
        yield f"Keep taking it as prescribed, and ask who prescribed it: {about}."
        yield "- It is a prescribed medicine: never stop, start or change it on your own account."
    else:
        # What one person takes as prescribed may go badly with what another was prescribed.
        others = join_words(verdict.ask[1:]) or clock.whom
        yield f"If it was prescribed to you, keep taking it; if not, ask {others} before you take any: {about}."
        yield "- Never stop, start or change what was prescribed on your own account."
        yield from say.items(_why(verdict))
    yield from say.items(window.text for window in verdict.supports[:_SHOWN])


def _unknown(verdict: Verdict, clock: Clock) -> Iterator[str]:
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


def _before_next(verdict: Verdict) -> Iterator[str]:
    """Yield from when it is to be left before the next session, were that as early as it may be."""
    day, wanted = verdict.timeline.treatment.day, verdict.timeline.rule_set.ancestry(verdict.meaning.ids)
    for session in verdict.timeline.sessions:
        begins = min((first for activity, first in session.precare if activity in wanted), default=None)
        if begins is not None and session.booked is None:
            yield f"If your next session is on {say.date(session.minimum, day)}: leave it from {say.date(begins, day)}."


def _permitted(verdict: Verdict, clock: Clock) -> Iterator[str]:
    for window in verdict.permits:
        if window.end_stated or window.condition:
            yield f"Allowed until {clock.until(window.end)}{led(', if ', window.condition)}."


def _conditions(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield what must have been seen for a yes, and for which part of it."""
    if verdict.and_once and verdict.parts:
        yield from _each_part(verdict, clock)
    elif verdict.and_once:
        yield f"Only if {say.labels_of(verdict.and_once)}."


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
    only_if = led("only if ", say.labels_of(part.and_once))
    if part.verdict == YES:
        return only_if or "free"
    if part.verdict == ASK:
        return "ask first"
    then = say.then_better_not(part.better_until, clock, verdict.windows, is_open=part.is_open)
    if part.verdict == BETTER_NOT:
        return f"{say.better_not(part.until, clock, verdict.windows)}{led(', and ', only_if)}{then}"
    earliest = _earliest(part, verdict)
    return f"{say.not_before(part.until, part.and_once, earliest, clock, verdict.asked.start)}{then}"


def _earliest(part: PartVerdict, verdict: Verdict) -> datetime | None:
    """Return when the no of a part ends by what is known alone."""
    own = [one for one in verdict.timeline.windows_on(part.activity) if one in verdict.windows]
    end = part.until or FOREVER
    return max((one.earliest for one in own or verdict.windows if one.end == end), default=None)


def _reasons(verdict: Verdict) -> Iterator[str]:
    """Yield the rule that decides and what it says of itself, what to do instead, and what would tell more."""
    rule_set = verdict.timeline.rule_set
    yield from _why(verdict)
    if verdict.is_yes:
        yield from _recommended(verdict)
    if verdict.instead:
        yield f"Instead: {say.sentence('; '.join(one.rstrip('.') for one in verdict.instead))}"
    asked = set(verdict.meaning.ids)
    medicines = (one for one in rule_set.activities.values() if one.medicine == PRESCRIBED and one.id not in asked)
    below = join_words(one.label for one in medicines if asked.intersection(rule_set.lineage[one.id]))
    if below:
        yield f"If yours was prescribed ({below}): ask who prescribed it."
    yield from _would_tell_more(verdict)


def _why(verdict: Verdict) -> Iterator[str]:
    for deciding in (*verdict.permits, *verdict.windows, *verdict.supports)[:1]:
        rule = verdict.timeline.rule_set.rules[deciding.rule_at(verdict.asked.start)]
        because = f": {say.sentence(rule.words['why'])} Rule" if "why" in rule.words else ": rule"
        by = f" ({rule.origin})" if rule.origin != "microneedling" else ""
        yield f"Why{because} `{rule.id}`{by}, {_say_sources(verdict.sources)}"
        if rule.low_confidence:
            yield "Little is known about this."
        if "note" in rule.words:
            yield say.sentence(rule.words["note"])


def _recommended(verdict: Verdict) -> Iterator[str]:
    for window in verdict.supports[:_SHOWN]:
        if window.kind != ALLOW:
            yield f"{window.text.rstrip('.')}{led('; if ', window.condition)}."
    windows = (*verdict.windows[:1], *verdict.supports)
    yield from (f"Better still: {say.sentence(words)}" for words in _words(windows, "prefer")[:1])


def _words(windows: Iterable[Window], key: str) -> list[str]:
    """Return what *windows* have to say under *key*, each text once."""
    return list(dict.fromkeys(window.words[key] for window in windows if key in window.words))


def _would_tell_more(verdict: Verdict) -> Iterator[str]:
    unsure = () if verdict.is_yes or not verdict.windows else verdict.windows[0].unsure
    sooner = ""
    for hint in verdict.hints[:1]:
        if hint.then:
            unsure, sooner = hint.facts, f": it could end {Clock(verdict.timeline).at(hint.then)}"
    if unsure:
        yield f"{say.options(unsure, verdict.timeline.rule_set)} would tell more{sooner}."


def _counted_from(verdict: Verdict) -> Iterator[str]:
    yield f"Counted from {say.treatment_of(verdict.timeline)}."
    for other in verdict.also:
        yield f"{capital(say.treatment_of(other.timeline))} says {_LEADS[other.verdict].lower()} too."


def _past(verdict: Verdict) -> Iterator[str]:
    timeline = verdict.timeline
    if not (verdict.asked.past or verdict.meaning.past):
        return
    if verdict.is_yes:
        yield "That day has passed, and no rule spoke against it."
        return
    yield f"If you did it: leave it from now on, and tell {say.whom(timeline)} what it was and when."
    broken = _words(verdict.windows, "if-broken")
    if broken:
        yield f"It may mean: {say.sentence(join_words(broken))}"
    # An emergency is no matter for a doctor today: the line that ends every answer has it.
    signs = dict.fromkeys(sign for rule in timeline.red_flags if rule.urgency == TODAY for sign in rule.targets)
    if signs:
        yield f"Watch for {join_words(map(timeline.rule_set.label, signs))}: {say.help_for(TODAY, timeline)}."


def _return(found: Return, *, several: bool) -> Iterator[str]:
    verdict, timeline, clock = found.verdict, found.verdict.timeline, Clock(found.verdict.timeline)
    yield from say.list_against(timeline)
    yield f"{capital(verdict.label)}: {_say_return(found, clock)}."
    if verdict.verdict == YES:
        yield from say.items(chain(_conditions(verdict, clock), _permitted(verdict, clock)))
    elif found.free_from is not None and len({(part.until, part.and_once) for part in verdict.parts}) > 1:
        yield from say.items(_until(verdict, clock))
    if not timeline.rule_set.unadvised.isdisjoint(verdict.meaning.ids):
        yield f"- No rule recommends it after that either: ask {clock.whom}."
    if found.again is not None:
        yield f"- Leave it again from {clock.at(found.again)}."
    # With several treatments another one may decide the last date than the first.
    decides = found.last if several else verdict
    yield from say.items(_reasons(decides))
    yield from say.items(_counted_from(decides) if several else ())


def _say_return(found: Return, clock: Clock) -> str:
    verdict, free, treatment = found.verdict, found.free_from, found.verdict.timeline.treatment
    if verdict.verdict == YES:
        return f"free from {clock.at(free or treatment.last)}{led(', only if ', join_words(verdict.conditions))}"
    if verdict.verdict == ASK and verdict.until is not None:
        return f"not before {clock.at(verdict.until)}, and then ask {join_words(verdict.ask)} first"
    if free is None:
        return say.not_before(None, verdict.and_once, verdict.earliest, clock, treatment.last)
    if verdict.verdict == BETTER_NOT:
        return say.better_not(found.better_from, clock, found.last.windows)
    earliest = verdict.earliest if verdict.own_waits and free == verdict.until else None
    no = say.not_before(free, verdict.own_waits, earliest, clock, verdict.asked.start)
    return f"{no}{say.then_better_not(found.better_from, clock, found.last.windows, is_open=found.last.is_open)}"


# Is this sign usual?


def list_sighting(sighting: Sighting) -> Iterator[str]:
    """Yield whether a sign is to be expected."""
    timeline, clock = sighting.timeline, Clock(sighting.timeline)
    about, call = _about(sighting, clock), f"Call {clock.whom}."
    if sighting.verdict == UNKNOWN:
        unsure = "the words I don't know may matter" if sighting.windows else "no rule speaks of it"
        yield f"I don't know. {about}: {unsure}. {call}"
    elif sighting.flags:
        yield f"{capital(say.help_for(sighting.flags[0].urgency, timeline))}. {about}."
        for rule in sighting.flags:
            yield f"- {rule.words.get('text', rule.id)} [{', '.join(say.sources_of(rule.says[:_SHOWN]))}]"
    else:
        yield from _expected(sighting, about, clock)
        yield from say.items(_grounds(sighting, clock))
    is_grave = sighting.verdict in (EMERGENCY, TODAY, UNKNOWN)
    yield from say.items(say.flag_texts(timeline) if is_grave else [say.red_flag_line(timeline)])


def _grounds(sighting: Sighting, clock: Clock) -> Iterator[str]:
    """Yield under which condition a sign is expected, for whom it may take longer, and who says so."""
    timeline = sighting.timeline
    yield from (f"This holds if {condition}." for condition in sighting.conditions)
    for sign in dict.fromkeys(window.target for window in sighting.windows):
        yield from (f"{capital(one)}." for one in say.perhaps_until(sign, timeline, clock))
    yield f"{capital(_say_sources(sources_behind(sighting.windows, timeline.rule_set)))}."


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
    elif sighting.verdict == CLINIC:
        yield f"No longer expected. {about}: {call}."
    elif sighting.over:
        yield f"Watch it. {about}: usually over by now."
        yield f"{still}, or does it grow? {capital(call)}." if still else f"- Does it grow? {capital(call)}."
    else:
        yield f"Watch it. {about}: not usual yet."
        yield f"- It is usually seen from {clock.at(min(window.start for window in sighting.windows))} on."
