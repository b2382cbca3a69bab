"""Advice for those who write rules: what loads, yet is hardly what its author meant."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from itertools import pairwise
from zoneinfo import ZoneInfo

from needlecare.model.bounds import AT_TREATMENT, TREATMENT, Bound, parse_bound
from needlecare.model.facts import NONE, Condition, Fact, Facts, Given, Truth
from needlecare.model.ruleset import AVOID, DO, Rule, RuleSet, Saying
from needlecare.model.time import Duration
from needlecare.model.treatment import make_treatment
from needlecare.rules.layers import Layer
from needlecare.rules.places import Problems
from needlecare.timeline import build_timeline

# Any treatment will do to see what shows: an hour in the afternoon, far from a clock change.
_SAMPLE = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("UTC"))

_WINDOW = ("from", "until", "for", "at", "due", "days", "eases", "worry-after")
# Words that may tell how long; `because` and the like go with the value that they explain.
_TELLING = ("text", "how", "instead", "why", "note", "prefer", "if-broken")
# How long or when, in words or figures; “twice a day” and “every night” tell how often.
_TIME = re.compile(
    r"(?i)(?<!every )(?<!each )\b((minute|hour|night|morning|week|month|year)s?|(?<!\ba )days?|[0-9]+ ?(h|d|w|min))\b"
)


def advise(rule_set: RuleSet, layer: Layer) -> list[str]:
    """Give advice on *rule_set*, a line each with its place; *layer* knows the places."""
    advice = Problems()
    own = {id_: rule for id_, rule in rule_set.rules.items() if rule.origin == rule_set.id}
    _unused_sources(rule_set, layer, advice)
    _shared_names(rule_set, layer, advice)
    _vanished(rule_set, layer, list(own.values()), advice)
    for id_, rule in own.items():
        at = layer.entries["rules"][id_].id
        for text in (*_shorter(rule), *_never(rule, rule_set), *_idle(rule, rule_set), *_changed(rule, layer)):
            advice.add(at, text)
        _outdated(rule, layer, advice)
    return advice.lines()


def _unused_sources(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    used = {saying.source for rule in rule_set.rules.values() for saying in rule.says}
    used.update(saying.source for screening in rule_set.screenings.values() for saying in screening.says)
    used.update(saying.source for spacing in rule_set.spacings.values() for saying in spacing.says)
    for id_, raw in layer.entries["sources"].items():
        if raw.origin == rule_set.id and id_ not in used:
            advice.add(raw.id, f"no rule cites the source {id_}")
        elif raw.origin == rule_set.id and not rule_set.sources[id_].kind:
            advice.add(raw.id, f"the source {id_} has no kind, so it counts for nothing where sources are weighed")


def _shared_names(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note words that stand for two activities: a question would get the stricter answer of both."""
    owners: dict[str, str] = {}
    # The set's own words last, so that they are the ones that are told about.
    for activity in sorted(rule_set.activities.values(), key=lambda one: _origin(one.id, layer) == rule_set.id):
        for name in dict.fromkeys(word.lower() for word in (activity.id, activity.label, *activity.aka)):
            owner = owners.setdefault(name, activity.id)
            if owner != activity.id:
                at = layer.entries["activities"][activity.id].id
                advice.add(at, f"`{name}` stands for {owner} too; a question about it gets the stricter answer of both")


def _origin(activity: str, layer: Layer) -> str:
    return layer.entries["activities"][activity].origin


def _shorter(rule: Rule) -> Iterator[str]:
    """Note a rule milder than the strictest source that it quotes, and no reason given."""
    if rule.verb != AVOID or "because" in rule.words or rule.end is None:
        return
    before = rule.end == AT_TREATMENT
    own = _reach(rule.start if before else rule.end, before=before)
    for saying in rule.says:
        said = _reach(_said(saying, before=before), before=before)
        if own is not None and said is not None and said > own:
            yield (
                f"{rule.id} ({rule.value}) is milder than {saying.source} ({saying.value}); "
                "say `because:`, or give a range up to it"
            )
            return


def _said(saying: Saying, *, before: bool) -> Bound | None:
    """Read the bound that a saying gives for the same side of the treatment."""
    for part in saying.value.split("; "):
        name, _, text = part.partition(" ") if part.split(" ")[0] in ("from", "until", "avoid") else ("", "", part)
        if (name == "from") == before or not name:
            bound = parse_bound(text)
            if bound is not None:
                return bound
    return None


def _reach(bound: Bound | None, *, before: bool) -> float | None:
    """Tell how far from the treatment a bound lies, where it is counted from there alone."""
    terms = bound.terms if bound else ()
    lengths = [
        _seconds(term.offset.far)
        for term in terms
        if term.moment == TREATMENT and (term.sign < 0) == (before and term.offset.far.amount > 0)
    ]
    return max(lengths) if lengths else None


def _seconds(duration: Duration) -> float:
    return duration.rough_length.total_seconds()


def _never(rule: Rule, rule_set: RuleSet) -> Iterator[str]:
    """Note a rule that can't apply, and one that a stricter rule always hides."""
    facts = satisfying(rule.when, rule_set.facts)
    if facts is None:
        yield f"{rule.id} can never apply: its conditions exclude each other"
        return
    if rule.verb != AVOID:
        return
    # Only what surely applies can hide it always; what stands for lack of an answer goes when the answer comes.
    sure = {one.id: one for one in rule_set.rules.values() if one.when.judge(facts)[0] is Truth.YES}
    timeline = build_timeline(replace(rule_set, rules=sure), _SAMPLE, facts, days=1)
    windows = [window for window in timeline.windows if window.kind == AVOID]
    if any(rule.id in window.rules for window in windows):
        return
    hiding = sorted({window.rule for window in windows for lost in window.overruled if lost.rule == rule.id})
    if hiding:
        names = ", ".join(hiding)
        yield f"{rule.id} never shows: {names} is stricter on the same; change that one by its id, or switch it off"


def _idle(rule: Rule, rule_set: RuleSet) -> Iterator[str]:
    """Note something to do that is to be left all the time that it should be done."""
    facts = satisfying(rule.when, rule_set.facts)
    if rule.verb != DO or facts is None:
        return
    sure = {one.id: one for one in rule_set.rules.values() if one.when.judge(facts)[0] is Truth.YES}
    windows = build_timeline(replace(rule_set, rules=sure), _SAMPLE, facts, days=1).windows
    lost = set(rule.targets) - {window.target for window in windows if window.rule == rule.id}
    hiding = {id_ for window in windows if window.kind == AVOID and window.target in lost for id_ in window.rules}
    # What starts when another rule ends can't be without that one, nor be hidden by it.
    waited = {term.ends_rule for bound in (rule.start, rule.end) if bound for term in bound.terms}
    left = {id_: one for id_, one in sure.items() if id_ not in hiding - waited}
    free = build_timeline(replace(rule_set, rules=left), _SAMPLE, facts, days=1).windows
    never = sorted(lost & {window.target for window in free if window.rule == rule.id})
    if never:
        yield (
            f"{rule.id} can never come true: {', '.join(sorted(hiding - waited))} says to leave {', '.join(never)} "
            "all that time; change one of them, or switch it off"
        )


def _vanished(rule_set: RuleSet, layer: Layer, own: list[Rule], advice: Problems) -> None:
    """Note a set whose rules all wait for what is assumed to be otherwise."""
    facts = satisfying(Condition(), rule_set.facts)
    if not own or facts is None:
        return
    judged = [rule.when.judge(facts) for rule in own]
    if any(truth is not Truth.NO for truth, _ in judged):
        return
    names = sorted({name for _, deciding in judged for name in deciding})
    assumed = ", ".join(f"{name} to be {_shown(facts.value(name))}" for name in names)
    raw = layer.entries["rules"][own[0].id]
    advice.add(
        raw.file_condition or raw.id,
        f"no rule of {rule_set.id} shows unless more is said: plans assume {assumed}; change `when`, or make what it "
        "asks for the `default` of that fact",
    )


def _shown(value: Given | None) -> str:
    return " and ".join(value) if isinstance(value, tuple) else f"{value}"


def satisfying(condition: Condition, asked: Mapping[str, Fact]) -> Facts | None:
    """Find facts for which *condition* holds, with nothing else given; None where there are none."""
    given: dict[str, Given] = {}
    for name in {test.fact for test in condition.tests}:
        fact = asked[name]
        tests = [test for test in condition.tests if test.fact == name]
        tried = _numbers(fact, condition) if fact.is_number else _answers(fact)
        fitting = next((value for value in tried if all(test.accepts(value) for test in tests)), None)
        if fitting is None:
            return None
        given[name] = fitting
    assumed = {
        id_: default for id_, fact in asked.items() if id_ not in given and (default := fact.assumed) is not None
    }
    unknown = tuple(name for name in asked if name not in given and name not in assumed)
    return Facts(given, assumed, unknown)


def _answers(fact: Fact) -> Iterable[Given]:
    single: list[Given] = [(answer.id,) for answer in fact.answers]
    return [*single, (NONE,), tuple(answer.id for answer in fact.answers)] if fact.several else single


def _numbers(fact: Fact, condition: Condition) -> list[Given]:
    """Try every limit that is named, and what lies beside and between them."""
    limits = [fact.low or 0.0, fact.high or 0.0]
    limits += [limit for test in condition.tests for limit in (test.low, test.high) if limit is not None]
    limits = sorted(set(limits))
    between = [(low + high) / 2 for low, high in pairwise(limits)]
    return [*limits, *between]


def _changed(rule: Rule, layer: Layer) -> Iterator[str]:
    """Note a change of somebody else's rule that doesn't say why and by whom."""
    raw = layer.entries["rules"][rule.id]
    others = sorted({origin for origin in raw.origins.values() if origin != rule.origin})
    missing = [word for word in ("because", "by") if raw.origin_of(word) != rule.origin or word not in rule.words]
    if others and missing:
        yield f"{rule.id} changes a rule of {', '.join(others)}: say {' and '.join(f'`{word}:`' for word in missing)}"


def _outdated(rule: Rule, layer: Layer, advice: Problems) -> None:
    """Note words of somebody else that tell a time, where the times of the rule were changed."""
    raw = layer.entries["rules"][rule.id]
    fields = raw.value if isinstance(raw.value, dict) else {}
    changed = [key for key in _WINDOW if key in fields and raw.origin_of(key) == rule.origin]
    for word in _TELLING if changed and raw.origins else ():
        origin = raw.origin_of(word)
        if word in rule.words and origin != rule.origin and _TIME.search(rule.words[word]):
            advice.add(
                fields[changed[0]],
                f"{rule.id} has another `{changed[0]}` here, and keeps the {word} of {origin}: "
                f"“{rule.words[word]}”; if that is no longer true, say your own `{word}:`",
            )
