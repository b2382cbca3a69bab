"""Why something holds, and what speaks against the treatment: for people, in plain lines."""

from collections.abc import Iterable, Iterator

from needlecare.ask.screen import Dated, Screened, Unjudged
from needlecare.ask.why import Reasons
from needlecare.model.facts import Given
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import Rule
from needlecare.views.findings import lead_of
from needlecare.views.framing import closed, finished, red_flag_line
from needlecare.views.phrases import (
    Clock,
    capital,
    join_words,
    say_answers,
    say_dated,
    say_length,
    say_option,
    say_restriction,
    say_until_seen,
    say_waits,
)

_KINDS = {"avoid": "leave", "do": "do", "allow": "allowed", "expect": "to be expected", "prepare": "before"}


def say_reasons(reasons: Reasons) -> str:
    """Say why."""
    return closed(_reasons(reasons), reasons.timeline)


def _reasons(reasons: Reasons) -> Iterator[str]:
    timeline, rule_set = reasons.timeline, reasons.timeline.rule_set
    clock = Clock(timeline.treatment)
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
