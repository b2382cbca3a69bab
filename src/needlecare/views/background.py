"""What holds today, why, and what speaks against the treatment: for people, in plain lines."""

from collections.abc import Iterable, Iterator

from needlecare.ask.screen import Dated, Screened, Unjudged
from needlecare.ask.today import Change, Now
from needlecare.ask.verdict import NO, Verdict
from needlecare.ask.why import Reasons
from needlecare.model.facts import Given
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import Rule
from needlecare.model.treatment import day_number
from needlecare.views.days import with_details
from needlecare.views.findings import lead_of
from needlecare.views.framing import closed, finished, flag_texts, red_flag_line, say_findings, say_treatment
from needlecare.views.parts import Parts
from needlecare.views.phrases import (
    Clock,
    capital,
    join_words,
    say_answers,
    say_dated,
    say_length,
    say_not_before,
    say_option,
    say_restriction,
    say_until_seen,
    say_waits,
    topmost,
    whom,
)

_KINDS = {"avoid": "leave", "do": "do", "allow": "allowed", "expect": "to be expected", "prepare": "before"}


def say_now(now: Now) -> str:
    """Say what holds now."""
    return finished(_now(now), now.timelines[0].rule_set)


def _now(now: Now) -> Iterator[str]:
    for timeline in now.timelines:
        day = now.at.astimezone(timeline.treatment.zone).date()
        number = f"{day_number(timeline.treatment, day)}".replace("-", "−")
        yield f"{Clock(timeline.treatment).at(now.at)}: day {number} of {say_treatment(timeline)}."
        yield from say_findings(timeline)
    yield from _verdicts("Leave", now.avoid)
    yield from _verdicts("Better not", now.better_not)
    yield from _section("Check first", _to_be_seen(now))
    yield from _section(
        "Do", dict.fromkeys(with_details(window, Clock(timeline.treatment)) for timeline, window in now.do)
    )
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
        counted = f" (from {Clock(timeline.treatment).date(timeline.treatment.first)})" if several else ""
        lines.append(f"{capital(names)}: {end}{counted}")
    yield from _section(title, lines)


def _to_be_seen(now: Now) -> Iterator[str]:
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
    clock = Clock(verdict.timeline.treatment)
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


def _normal(now: Now) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for timeline, window in now.expect:
        clock = Clock(timeline.treatment)
        call = f"; still there on {clock.at(window.worry_after)}, call {whom(timeline)}" if window.worry_after else ""
        condition = f"; if {window.condition}" if window.condition else ""
        key = f"until {clock.until(window.end)}{call}{condition}"
        groups.setdefault(key, []).append(timeline.rule_set.label(window.target))
    for said, labels in groups.items():
        yield f"{capital(join_words(dict.fromkeys(labels)))}: {said}"


def _changes(changes: Iterable[Change]) -> Iterator[str]:
    groups: dict[tuple[str, str], tuple[Change, list[str]]] = {}
    for change in changes:
        clock = Clock(change.timeline.treatment)
        waits = say_waits(change.lift.waits, clock) if change.lift else ""
        end = {"yes": "free", "better-not": "better not yet", "no": "leave from here on"}[change.to]
        key = clock.at(change.at), f"{end}{f', {waits}' if waits else ''}"
        groups.setdefault(key, (change, []))[1].append(change.activity)
    for (at, said), (change, activities) in groups.items():
        rule_set, parts = change.timeline.rule_set, Parts(change.timeline)
        shown = topmost(activities, rule_set)
        names = [parts.label(one, change.at) if change.lift else rule_set.label(one) for one in shown]
        yield f"{at}: {join_words(names)}: {said}"


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
