"""What a plan rests on, in words: what was assumed, what one more answer would change, and who changed the rules."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from needlecare.model.facts import Facts, Given
from needlecare.model.plan import FOREVER, Hint, Timeline
from needlecare.model.ruleset import CALL, EXPECT, Change, RuleSet
from needlecare.views.phrases import Clock, join_words, say_dated, say_option, sentence, topmost, whom
from needlecare.views.rows import Row

# What an entry of each section is.
KINDS = {"rules": "rule", "screening": "reason not to treat", "sessions": "spacing of sessions"}
_WORDS = {"activities": "activity", "signs": "sign", "moments": "moment", "events": "event"}
KINDS |= _WORDS
_SHOWN = 3


def list_known(timeline: Timeline, clock: Clock, *, typed: bool) -> Iterator[Row]:
    """Say what was assumed, what isn't known, and what another answer would change; *typed* names the options."""
    facts, rule_set = timeline.facts, timeline.rule_set

    def name(names: Iterable[str]) -> str:
        return join_words(say_option(one, rule_set) if typed else one.replace("-", " ") for one in names)

    def add(text: str, advice: str) -> str:
        return f"{text}; {advice}" if typed else text

    if not timeline.treatment.is_exact:
        rounded = "not given: every hour is rounded to whole days, to be safe"
        yield Row("Time", add(rounded, "--time 16:30 gives the hour"))
    elif timeline.treatment.first != timeline.treatment.last:
        yield Row("Time", "the clocks change then: this hour can be read two ways, and each rule uses the stricter one")
    for label in _idly_seen(timeline):
        yield Row("Seen", f"nothing in this plan waits until {label}; if it worries you, call {whom(timeline)}")
    for (fact, answer), day in sorted(facts.dates.items()):
        if rule_set.facts[fact].dated_of(answer):
            yield Row("Said", say_dated(fact, answer, day, rule_set))
    if facts.assumed:
        said = join_words(f"{one.replace('-', ' ')} {_value(facts, one, timeline)}" for one in facts.assumed)
        yield Row("Assumed", add(said, f"say otherwise with {name(facts.assumed)}"))
    if facts.unknown:
        unknown = join_words(one.replace("-", " ") for one in facts.unknown)
        yield Row("Not known", f"{unknown}; wherever it matters the stricter rule is used")
    for (names, now, then), targets in _grouped(timeline.shorter_if).items():
        ends = f"would end {clock.at(then)}" if then else "may not apply at all"
        which = join_words(rule_set.label(one) for one in topmost(targets, rule_set))
        yield Row(name(names), f"could shorten {which}: now until {clock.until(now or FOREVER)}, {ends}", "hint")
    longer: dict[tuple[str, ...], list[str]] = {}
    for (names, _, then), targets in _grouped(timeline.longer_if).items():
        which = join_words(rule_set.label(one) for one in topmost(targets, rule_set))
        longer.setdefault(names, []).append(f"{which} until {clock.until(then)}" if then else which)
    for names, left in longer.items():
        yield Row(name(names), f"if this was assumed wrongly, leave {'; '.join(left)}", "hint")
    if timeline.unanswered:
        examples = join_words(screening.id.replace("-", " ") for screening in timeline.unanswered[:3])
        unasked = f"{len(timeline.unanswered)} things that could speak against the treatment, such as {examples}"
        asked = dict.fromkeys(test.fact for screening in timeline.unanswered for test in screening.when.tests)
        yield Row("Not asked", add(unasked, f"answer with {name(one for one in asked if one not in facts.assumed)}"))


def _idly_seen(timeline: Timeline) -> Iterator[str]:
    """Name what the person has told of and no rule in the plan waits for."""
    rule_set = timeline.rule_set
    awaited = {rule_set.open_ends_at} if any(not window.end_stated for window in timeline.windows) else set()
    for id_ in {one for window in timeline.windows for one in window.rules}:
        rule = rule_set.rules[id_]
        awaited.update(term.moment for bound in (rule.start, rule.end) if bound for term in bound.terms)
    frontier = list(awaited)
    while frontier:
        moment = rule_set.moments.get(frontier.pop())
        before = {term.moment for term in moment.usual.terms} - awaited if moment and moment.usual else set()
        awaited |= before
        frontier.extend(before)
    for seen in sorted(set(timeline.treatment.seen) - awaited):
        yield rule_set.moments[seen].label


def list_core_changes(rule_set: RuleSet) -> Iterator[str]:
    """Say what a rule set changed of what protects; that is on every output."""
    last = {(change.id, change.section): change for change in rule_set.changes if change.core}
    for _, change in sorted(last.items()):
        does = "switches off" if change.how == "switched off" else "changes"
        by = f" by {change.by}" if change.by else ""
        why = f": {change.because}" if change.because else ""
        yield sentence(f"This rule set {does} a protected {KINDS[change.section]}, {change.id}{by}{why}")


def list_changes(rule_set: RuleSet) -> Iterator[Row]:
    """Tell what a rule set changed of those that it extends; what it merely added stands together."""
    added: dict[str, list[str]] = {}
    for change in rule_set.changes:
        reason = ", ".join(filter(None, (change.because.rstrip("."), f"by {change.by}" if change.by else "")))
        about, what, value = _changed(change, rule_set)
        if reason or change.how != "added":
            said = f"{what}{f' ({value})' if value else ''} {change.how} by {change.origin}"
            yield Row(about, f"{said}{f': {reason}' if reason else ''}")
        else:
            added.setdefault(change.origin, []).append(f"{about} ({what}{f', {value}' if value else ''})")
    for origin, names in added.items():
        yield Row("Added", f"{join_words(names)}, by {origin}")


def _changed(change: Change, rule_set: RuleSet) -> tuple[str, str, str]:
    """Say what *change* is about, what was changed, and what that says now; what is switched off says nothing."""
    if change.section == "sessions":
        spacing = rule_set.spacings.get(change.id)
        every = " to ".join(dict.fromkeys(map(str, spacing.every or ()))) if spacing else ""
        return KINDS["sessions"], change.id, f"every {every}" if every else ""
    if change.section == "screening":
        screening = rule_set.screenings.get(change.id)
        return change.id.replace("-", " "), KINDS["screening"], screening.level if screening else ""
    if change.section in _WORDS:
        word = getattr(rule_set, change.section)[change.id]
        return word.label, f"{_WORDS[change.section]} {change.id}", change.said
    rule = rule_set.rules.get(change.id)
    if rule is not None:
        of_signs = rule.verb in (EXPECT, CALL)
        labels = [rule_set.label(one) for one in (rule.targets if of_signs else topmost(rule.targets, rule_set))]
        more = [f"{len(labels) - _SHOWN} more"] if len(labels) > _SHOWN else []
        return (
            join_words([*labels[:_SHOWN], *more]),
            f"rule {rule.id}",
            "" if rule.verb == CALL else rule.span.replace("..", " to "),
        )
    known = change.id in rule_set.activities or change.id in rule_set.signs
    return rule_set.label(change.id) if known else change.id.replace("-", " "), f"rule {change.id}", ""


def _grouped(hints: Iterable[Hint]) -> dict[tuple[tuple[str, ...], datetime | None, datetime | None], list[str]]:
    groups: dict[tuple[tuple[str, ...], datetime | None, datetime | None], list[str]] = {}
    for hint in hints:
        groups.setdefault((hint.facts, hint.now, hint.then), []).append(hint.target)
    return groups


def _value(facts: Facts, name: str, timeline: Timeline) -> str:
    value: Given = facts.assumed[name]
    if not isinstance(value, tuple):
        return f"{value:g}"
    return join_words(timeline.rule_set.facts[name].label_of(answer) for answer in value)
