"""Advice on the rules, sources and words of a set, each for itself and beside the others."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from itertools import pairwise
from zoneinfo import ZoneInfo

from needlecare.model.facts import NONE, Condition, Fact, Facts, Given, Truth
from needlecare.model.plan import make_treatment
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE, Rule, RuleSet, Saying, Spacing
from needlecare.model.time import AT_TREATMENT, TREATMENT, Bound, Duration, parse_bound
from needlecare.rules.layers import Layer
from needlecare.rules.read import Problems
from needlecare.timeline.build import build_timeline
from needlecare.timeline.sessions import deciding_spacing

# Any treatment will do to see what shows: an hour in the afternoon, far from a clock change.
SAMPLE = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("UTC"))


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


_WINDOW = ("from", "until", "for", "at", "due", "days", "eases", "worry-after")
# Words that may tell how long; `because` and the like go with the value that they explain.
_TELLING = ("text", "how", "instead", "why", "note", "prefer", "if-broken")
# How long or when, in words or figures; “twice a day” and “every night” tell how often.
_TIME = re.compile(
    r"(?i)(?<!every )(?<!each )\b((minute|hour|night|morning|week|month|year)s?|(?<!\ba )days?|[0-9]+ ?(h|d|w|min))\b"
)


def advise_on_changes(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note in *advice* what changes and is hardly meant so."""
    for id_, rule in rule_set.rules.items():
        if rule.origin == rule_set.id:
            for text in _changed(rule, layer):
                advice.add(layer.entries["rules"][id_].id, text)
            _outdated(rule, layer, advice)
            _worrying(rule, rule_set, layer, advice)
    _taken_out(rule_set, layer, advice)
    _outvoted(rule_set, layer, advice)


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
    fields = raw.fields
    changed = [key for key in _WINDOW if key in fields and raw.origin_of(key) == rule.origin]
    for word in _TELLING if changed and raw.origins else ():
        origin = raw.origin_of(word)
        if word in rule.words and origin != rule.origin and _TIME.search(rule.words[word]):
            advice.add(
                fields[changed[0]],
                f"{rule.id} has another `{changed[0]}` here, and keeps the {word} of {origin}: "
                f"“{rule.words[word]}”; if that is no longer true, say your own `{word}:`",
            )


def _worrying(rule: Rule, rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note a sign that is a reason to call while it is still normal."""
    facts = satisfying(rule.when, rule_set.facts)
    if rule.verb != EXPECT or rule.worry_after is None or facts is None:
        return
    windows = [window for window in build_timeline(rule_set, SAMPLE, facts, days=1).windows if window.rule == rule.id]
    if not any(window.worry_after is not None and window.worry_after < window.end for window in windows):
        return
    raw = layer.entries["rules"][rule.id]
    fields = raw.fields
    own = [key for key in _WINDOW if key in fields and raw.origin_of(key) == rule.origin]
    given = raw.origin_of("worry-after")
    whose = f" of {given}" if given != rule.origin else ""
    instead = "give a `worry-after:` of your own" if whose else "give a later one, or an earlier end"
    advice.add(
        fields[own[0]] if own else raw.id,
        f"{rule.id} lasts longer ({rule.value}) than until the `worry-after`{whose} ({rule.worry_after}): it would be "
        f"normal and a reason to call; {instead}",
    )


def _taken_out(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note activities that are no longer part of what they were part of, and the rules that they lose so."""
    for activity, lineage in rule_set.lineage.items():
        raw, below = layer.entries["activities"][activity], layer.beneath.get(("activities", activity))
        if below is None or not isinstance(below.value, dict) or not isinstance(raw.value, dict):
            continue
        was = below.value.get("under", [])
        lost = [one for one in ([was] if isinstance(was, str) else was) if one not in lineage]
        if not lost:
            continue
        gone = {one for parent in lost for one in rule_set.lineage[parent]} - set(lineage)
        rules = [
            rule.id
            for rule in rule_set.rules.values()
            if not gone.isdisjoint(rule.targets) and set(lineage).isdisjoint(rule.targets)
        ]
        held = f", and no longer held by {', '.join(rules)}" if rules else ""
        advice.add(
            raw.value.get("under", raw.id),
            f"{activity} is no longer under {', '.join(lost)}{held}; "
            "`under` is replaced whole, so name there all that it is part of",
        )


def _outvoted(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note sessions entries beside which one of another set, with a longer minimum, decides."""
    people = [satisfying(spacing.when, rule_set.facts) for spacing in rule_set.spacings.values()]
    stricter: dict[str, dict[str, Spacing]] = {}
    for facts in filter(None, people):
        sure = tuple((one, ()) for one in rule_set.spacings.values() if one.when.judge(facts)[0] is Truth.YES)
        deciding = deciding_spacing(sure, SAMPLE.day)
        for one, _ in sure:
            if one.every and deciding and one.origin == rule_set.id != deciding.origin:
                stricter.setdefault(one.id, {})[deciding.id] = deciding
    for id_, found in stricter.items():
        named = ", ".join(f"{one.id} ({'..'.join(map(str, one.every or ()))})" for one in found.values())
        advice.add(
            layer.entries["sessions"][id_].id,
            f"the sessions entry {id_} is outvoted by those whose minimum is as long or longer, where they hold too: "
            f"{named}; to shorten it, change those by their ids",
        )


# Words that go with something to do.
_OFTEN = ("times", "every", "lasting", "while")


def advise(rule_set: RuleSet, layer: Layer) -> list[str]:
    """Give advice on *rule_set*, a line each with its place; *layer* knows the places."""
    advice = Problems()
    own = {id_: rule for id_, rule in rule_set.rules.items() if rule.origin == rule_set.id}
    _unused_sources(rule_set, layer, advice)
    _shared_names(rule_set, layer, advice)
    _vanished(rule_set, layer, list(own.values()), advice)
    for id_, rule in own.items():
        at = layer.entries["rules"][id_].id
        for text in (*_shorter(rule), *_never(rule, rule_set), *_idle(rule, rule_set)):
            advice.add(at, text)
        _late(rule, layer, advice)
        _unshown(rule, layer, advice)
    advise_on_changes(rule_set, layer, advice)
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
    timeline = build_timeline(replace(rule_set, rules=sure), SAMPLE, facts, days=1)
    windows = [window for window in timeline.windows if window.kind == AVOID]
    if any(rule.id in window.rules for window in windows):
        return
    hiding = sorted({window.rule for window in windows if rule.id in window.overruled})
    if hiding:
        names = ", ".join(hiding)
        yield f"{rule.id} never shows: {names} is stricter on the same; change that one by its id, or switch it off"


def _idle(rule: Rule, rule_set: RuleSet) -> Iterator[str]:
    """Note something to do that is to be left all the time that it should be done."""
    facts = satisfying(rule.when, rule_set.facts)
    if rule.verb != DO or facts is None:
        return
    sure = {one.id: one for one in rule_set.rules.values() if one.when.judge(facts)[0] is Truth.YES}
    windows = build_timeline(replace(rule_set, rules=sure), SAMPLE, facts, days=1).windows
    lost = set(rule.targets) - {window.target for window in windows if window.rule == rule.id}
    hiding = {id_ for window in windows if window.kind == AVOID and window.target in lost for id_ in window.rules}
    # What starts when another rule ends can't be without that one, nor be hidden by it.
    waited = {term.ends_rule for bound in (rule.start, rule.end) if bound for term in bound.terms}
    left = {id_: one for id_, one in sure.items() if id_ not in hiding - waited}
    free = build_timeline(replace(rule_set, rules=left), SAMPLE, facts, days=1).windows
    never = sorted(lost & {window.target for window in free if window.rule == rule.id})
    if never:
        yield (
            f"{rule.id} can never come true: {', '.join(sorted(hiding - waited))} says to leave {', '.join(never)} "
            "all that time; change one of them, or switch it off"
        )


def _late(rule: Rule, layer: Layer, advice: Problems) -> None:
    """Note what is to be prepared by a time after the treatment."""
    fields = layer.entries["rules"][rule.id].value
    due = fields.get("due") if isinstance(fields, dict) else None
    if due is None or rule.verb != PREPARE or rule.end is None or len(rule.end.terms) != 1:
        return
    term = rule.end.terms[0]
    if term.moment == TREATMENT and term.sign > 0 and _seconds(term.offset.far):
        advice.add(due, f"{rule.id} is due {due} after the treatment; if before it is meant, write `due: {due} before`")


def _unshown(rule: Rule, layer: Layer, advice: Problems) -> None:
    """Note words that tell how often, where there is nothing to do."""
    fields = layer.entries["rules"][rule.id].value
    if rule.verb in (DO, PREPARE) or not isinstance(fields, dict):
        return
    for word in _OFTEN:
        if word in fields:
            advice.add(
                fields[word],
                f"{rule.id}: `{word}` tells how to do something, and isn't shown with `{rule.verb}`; "
                "say it in a `do` of its own, or in `note`",
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


__all__ = ["advise"]
