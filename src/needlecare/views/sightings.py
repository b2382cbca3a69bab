"""Whether what one sees is to be expected, in plain lines; never “harmless”."""

from collections.abc import Iterator

from needlecare.ask.normal import CALL, EXPECTED, NO_LONGER, RED_FLAG, Sighting
from needlecare.ask.verdict import NO_RULE
from needlecare.model.ruleset import Rule
from needlecare.views.framing import closed, finished, flag_texts, say_asked, say_sources
from needlecare.views.phrases import Clock, capital, join_words

_SHOWN = 3


def say_sighting(sighting: Sighting) -> str:
    """Say whether a sign is to be expected."""
    lines = list(_sighting(sighting))
    if sighting.verdict in (RED_FLAG, NO_RULE):
        lines.extend(f"- {text}" for text in flag_texts(sighting.timeline))
        return finished(lines, sighting.timeline.rule_set)
    return closed(lines, sighting.timeline)


def _sighting(sighting: Sighting) -> Iterator[str]:
    timeline, clock = sighting.timeline, Clock(sighting.timeline.treatment)
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
