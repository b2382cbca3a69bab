"""The answer to `normal` for people, where to get help for a sign, and the words that all answers share."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from needlecare.ask import names, times, today
from needlecare.ask.verdict import NO_RULE, Verdict
from needlecare.model import plan, voices
from needlecare.model.ruleset import CLINIC, EMERGENCY, TODAY, Rule, Urgency, names_of
from needlecare.views import phrases as say
from needlecare.views.phrases import Clock, capital, join_words, led


def joined(sentences: Iterable[str]) -> Iterator[str]:
    """Yield *sentences* as one line, if there are any."""
    yield from filter(None, [" ".join(filter(None, sentences))])


def named(name: str, asked: times.When, clock: Clock, timeline: plan.Timeline) -> str:
    """Name what is asked about, and the time, unless that is simply now."""
    return capital(name) if asked.now else f"{capital(name)}, {_say_asked(asked, clock, timeline)}"


def _say_asked(asked: times.When, clock: Clock, timeline: plan.Timeline) -> str:
    if asked.is_instant:
        return clock.at(asked.start)
    if asked.whole:
        return say.dates(asked.first, asked.last, timeline.treatment.day)
    if asked.end == plan.FOREVER:
        return f"from {clock.at(asked.start)} on"
    end = "midnight" if asked.first == asked.last else clock.until(asked.end)
    if clock.day(asked.start) == clock.day(asked.end):
        end = clock.time(asked.end)
    return f"{clock.at(asked.start)} to {end}"


def say_sources(sources: tuple[str, ...], name: str, *, is_thin: bool = False) -> str:
    """Say how many sources there are, and what to type to see them; nothing where there is none."""
    thin = ", little evidence" if is_thin else ""
    return f"({say.counted(len(sources), 'source')}{thin}: `needlecare why {name}`)" if sources else ""


def list_sources(verdict: Verdict) -> Iterator[str]:
    """Yield how many sources stand behind an answer."""
    if verdict.session:
        if unsure := verdict.session.unsure:
            why = f"your {join_words(unsure)} isn't known ({join_words(f'`--{one}`' for one in unsure)})"
            yield f"That is the longest spacing, since {why}; {verdict.timeline.facts.clinician} may book otherwise."
        yield f"({say.counted(len(verdict.sources), 'source')}: `needlecare sessions`)"
    for deciding in (*verdict.permits, *verdict.windows, *verdict.supports)[:1]:
        rule = verdict.timeline.rule_set.rules[deciding.rule_at(verdict.asked.start)]
        if verdict.sources and verdict.verdict != NO_RULE:
            yield say_sources(verdict.sources, verdict.meaning.ids[0], is_thin=rule.low_confidence)


# Is this sign usual?

_LEADS = {today.USUAL: "Usual", today.WATCH: "Watch it"}


def list_sighting(sighting: today.Sighting) -> Iterator[str]:
    """Yield whether a sign is usual, and what would be a reason to get help."""
    timeline, clock = sighting.timeline, Clock(sighting.timeline)
    against = list(say.list_against(timeline, sighting.asked.reference))
    called = list_urgent(sighting.flags[0].urgency if sighting.flags else CLINIC, sighting.meaning.ids, sighting)
    if sighting.verdict == today.UNKNOWN:
        yield from (*against, _unknown_sign(sighting, clock), say.help_tiers(timeline))
    elif sighting.verdict in _LEADS:
        yield from (*against, *_say_usual(sighting, clock), say.red_flag_line(timeline))
    elif sighting.verdict == EMERGENCY:
        yield from called
    else:
        yield from (*called, *against)
        if not sighting.flags:
            # No call names it, so why it is a reason to call.
            over = "" if _is_only_watched(sighting) else "This is usually gone by now."
            yield from joined([over if sighting.over else "Tell them before you go.", *_grounds(sighting, clock)])
        yield say.red_flag_line(timeline)


def _say_usual(sighting: today.Sighting, clock: Clock) -> Iterator[str]:
    """Yield until when signs are usual, what eases them, and when they are worth a call."""
    timeline, shown = sighting.timeline, sighting.windows
    yield f"{_LEADS[sighting.verdict]}. {'; '.join(_say_until(sighting, clock))}."
    late = _say_late(sighting, clock)
    eases = [say.sentence(one.words["how"]) for one in shown if "how" in one.words and sighting.verdict == today.USUAL]
    notes = dict.fromkeys(note for one in shown for note in _notes(one, timeline, all_=not late))
    yield from joined([*eases[:1], *_when_worse(sighting, late), *notes, *_grounds(sighting, clock)])


def _say_until(sighting: today.Sighting, clock: Clock) -> Iterator[str]:
    """Yield until when each sign is usual; those of one date together."""
    (usual, first), *others = _by_date(sighting, lambda one: _usual(one, clock))
    # What has gone has gone now, however long it lasted: red for two days.
    now = sighting.asked.now or (sighting.meaning.gone and not sighting.asked.whole)
    yield f"{named(first, sighting.asked._replace(now=now), clock, sighting.timeline)}: {usual}"
    yield from (f"{signs}: {usual}" for usual, signs in others)


def _say_late(sighting: today.Sighting, clock: Clock) -> str:
    """Say from when signs that are still there are worth a call: each from its own date."""
    calls = [*_by_date(sighting, lambda one: clock.at(one.call_from) if one.call_from else "")]
    dates = [f"{signs} on {date}" if calls[1:] else date for date, signs in calls if date]
    return f"still there{':' if calls[1:] else ' on'} {', '.join(dates)}?" if dates else ""


def _by_date(sighting: today.Sighting, dated: Callable[[today.Sighting], str]) -> Iterator[tuple[str, str]]:
    """Yield each date of a sign, and name the signs that have it."""
    for date, signs in say.grouped(sighting.each or (sighting,), dated).items():
        yield date, join_words(map(_name_signs, signs))


def _when_worse(sighting: today.Sighting, late: str) -> Iterator[str]:
    """Yield whom to call if it gets worse, and if it is still there *late*."""
    urgency = _urgency_when_worse(sighting)
    whom, clinic = (f"{capital(say.help_for(one, sighting.timeline))}." for one in (urgency, CLINIC))
    if sighting.flags:
        yield f"There now? {whom}"
    elif late and urgency != CLINIC:
        yield f"Worse? {whom} {capital(late)} {clinic}"
    else:
        yield f"Worse{led(', or ', late) or '?'} {whom}"


def _urgency_when_worse(sighting: today.Sighting) -> Urgency:
    ids, flags = sighting.meaning.ids, sighting.timeline.red_flags
    worse = {sighting.timeline.rule_set.signs[one].once_worse for one in ids}
    named = ((ids, (*sighting.flags, *(rule for rule in flags if rule.worry_after))), (worse, flags))
    found = (rule.urgency for those, rules in named for rule in rules if not set(rule.targets).isdisjoint(those))
    return next(found, CLINIC)


def _notes(window: plan.Window, timeline: plan.Timeline, *, all_: bool) -> Iterator[str]:
    """Yield the sentences of a note: *all* of them, or those that name what was answered, such as the area."""
    said = [{*names.tokens(name)} for name in _answered(timeline)]
    notes = filter(None, window.words.get("note", "").split(". "))
    return (say.sentence(note) for note in notes if all_ or any(one <= {*names.tokens(note)} for one in said))


def _answered(timeline: plan.Timeline) -> Iterator[str]:
    """Yield all names of what was answered."""
    for fact, value in timeline.facts.given.items():
        said = value if isinstance(value, tuple) else ()
        yield from (name for one in timeline.rule_set.facts[fact].answers if one.id in said for name in names_of(one))


def list_urgent(urgency: Urgency, signs: Sequence[str], answer: today.Sighting | Verdict) -> Iterator[str]:
    """Yield where to get help for *signs*, without a date: what is urgent is so whenever it is read."""
    yield f"{capital(say.help_for(urgency, answer.timeline))}. {capital(_name_flagged(signs, answer))}."
    texts = dict.fromkeys(_what_to_do(rule, answer.timeline) for rule in _deciding(answer.flags, urgency))
    yield from joined([*filter(None, texts)][:2])


def _name_flagged(signs: Sequence[str], answer: today.Sighting | Verdict) -> str:
    """Name those of *signs* that are red flags as they were typed: a swollen eyelid is no swollen lip."""
    rule_set, flagged = answer.timeline.rule_set, {sign for rule in answer.flags for sign in rule.targets}
    shown = [rule_set.signs[one] for one in [one for one in signs if one in flagged] or signs]
    tells = names.phrases_of("telling", rule_set)
    return join_words(dict.fromkeys(names.called(one.label, one.aka, answer.meaning.typed, tells) for one in shown))


def _deciding(flags: Sequence[Rule], urgency: Urgency) -> list[Rule]:
    """Return the calls of this *urgency*; what holds for this person takes the place of what holds for all."""
    flags = [rule for rule in flags if rule.urgency == urgency]
    special = {sign for rule in flags if rule.when.tests for sign in rule.targets}
    return [rule for rule in flags if rule.when.tests or not special.issuperset(rule.targets)]


# What the first line says already.
_PLAIN = ("Call your emergency number.", "See a doctor today.", "Call your clinic.")


def _what_to_do(rule: Rule, timeline: plan.Timeline) -> str:
    """Return what the text of a call says to do. Those of the core have it behind the signs; any other stays whole."""
    text = say.flag_text(rule, timeline)
    if rule.core and ": " in text:
        text = capital(text.partition(": ")[2])
    if rule.urgency == TODAY and text.startswith(_PLAIN):
        return ""
    for plain in _PLAIN:
        text = text.removeprefix(plain).lstrip()
    # What isn't the first thing to do today can be asked there.
    return f"{text.partition('. ')[0].rstrip('.')}." if rule.urgency == TODAY and text else text


def _name_signs(sighting: today.Sighting) -> str:
    """Name the signs that are asked about."""
    return join_words(map(sighting.timeline.rule_set.label, sighting.meaning.ids)) or sighting.meaning.words


def _unknown_sign(sighting: today.Sighting, clock: Clock) -> str:
    """Say what isn't known of a sign, and what holds for it without the words that aren't."""
    meaning, name = sighting.meaning, capital(_name_signs(sighting))
    if meaning.other:
        return "My answers are for whoever was treated. For somebody else, ask a doctor or pharmacist."
    if meaning.elsewhere:
        return f"{name}: that skin wasn't treated, so I can't say that it is usual."
    unheard = join_words(f"“{word}”" for word in (*meaning.unknown, *meaning.undated))
    alone = f" {name} alone: {_alone(sighting, clock)}." if sighting.windows else ""
    if unheard and meaning.nearest:
        meant = join_words(map(sighting.timeline.rule_set.label, meaning.nearest))
        return f"I don't know {unheard}. Did you mean {meant}?{alone}"
    if unheard and sighting.windows:
        return f"I don't know {unheard}, which may matter.{alone}"
    return f"I don't know. {name}: my rules say nothing about it."


def _alone(sighting: today.Sighting, clock: Clock) -> str:
    if sighting.call_from and not sighting.until:
        return f"watch it until {clock.at(sighting.call_from)}"
    return f"usual until {clock.until(sighting.until)}" if sighting.until else "to be watched"


def _usual(sighting: today.Sighting, clock: Clock) -> str:
    """Format how the time asked about lies to the usual time of a sign."""
    if sighting.flags:
        return "that was before the treatment"
    if sighting.meaning.gone:
        return "good that it isn't there"
    if sighting.verdict == today.USUAL and sighting.windows[0].start <= sighting.asked.start:
        return f"until {clock.until(sighting.until)}" if sighting.until else "to be expected"
    if _is_only_watched(sighting):
        return "not yet a reason to call"
    if sighting.over:
        return "usually over by now"
    return _usually_seen(sighting.windows, clock)


def _usually_seen(windows: Sequence[plan.Window], clock: Clock) -> str:
    start, end = min(one.start for one in windows), max(one.usual_until for one in windows)
    return f"usually seen from {clock.at(start)}{f' until {clock.until(end)}' if end < plan.FOREVER else ' on'}"


def _is_only_watched(sighting: today.Sighting) -> bool:
    """Return whether a sign is a reason to call from some time on, and never usual before."""
    return all(window.start == window.end for window in sighting.windows)


def _grounds(sighting: today.Sighting, clock: Clock) -> Iterator[str]:
    """Yield under which condition a sign is usual, for whom it may take longer, and how many sources say so."""
    if sighting.conditions and not _is_only_watched(sighting):
        longer = [f"{capital(one)}." for one in clock.perhaps_until(sighting.windows[0].target)]
        is_sure = sighting.verdict == today.USUAL and not all(window.condition for window in sighting.windows)
        yield from () if is_sure else longer[:1] or (f"This holds if {one}." for one in sighting.conditions)

    yield say_sources(voices.sources_behind(sighting.windows, sighting.timeline.rule_set), sighting.meaning.ids[0])
