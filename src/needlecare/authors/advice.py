"""Advice on the rules, sources and words of a set: what is allowed and hardly meant. Changes nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from functools import cache
from itertools import islice, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.model.facts import NONE, Condition, Fact, Facts, Given, Truth
from needlecare.model.plan import Window, make_treatment
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE, Rule, RuleSet, Saying, Spacing
from needlecare.model.time import AT_TREATMENT, TREATMENT, Bound, Duration, parse_bound
from needlecare.rules.fields import RULE, Mark, marked
from needlecare.rules.layers import Layer
from needlecare.rules.read import Problems, Raw
from needlecare.timeline.build import build_timeline
from needlecare.timeline.sessions import deciding_spacing

# Any treatment will do to see what shows: an hour in the afternoon, far from a clock change.
SAMPLE = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("UTC"))
# Each different condition costs a plan of all rules, and so does each rule that others keep from coming true. So many
# rules are planned in all; a sheet of a clinic is far below.
_MOST_PLANNED = 50_000
_TIMES = marked(RULE, Mark.TIME)
_TELLING_TIMES = marked(RULE, Mark.TELLS_TIME)
_TELLING_HOW = marked(RULE, Mark.TELLS_HOW)
# How long or when, in words or figures; “twice a day” and “every night” tell how often.
_MENTIONS_TIME = re.compile(
    r"(?i)(?<!every )(?<!each )\b((minute|hour|night|morning|week|month|year)s?|(?<!\ba )days?|[0-9]+ ?(h|d|w|min))\b"
)


def advise(rule_set: RuleSet, layer: Layer) -> list[str]:
    """Return advice on *rule_set*, a line each with its place; *layer* knows the places."""
    advice = Problems()
    own = {id_: rule for id_, rule in rule_set.rules.items() if rule.origin == rule_set.id}
    plans = _Plans(rule_set, own)
    _unused_sources(rule_set, layer, advice)
    _shared_names(rule_set, layer, advice)
    _vanished(rule_set, layer, list(own.values()), advice)
    _taken_out(rule_set, layer, advice)
    _outvoted(rule_set, layer, plans, advice)
    for rule in own.values():
        raw = layer.entries["rules"][rule.id]
        for text in (*_shorter(rule), *_unexplained(rule, raw)):
            advice.add(raw.id, text)
        _late(rule, raw, advice)
        _unshown(rule, raw, advice)
        _outdated(rule, raw, advice)
        if rule.when in plans.conditions:
            for text in (*_never(rule, plans), *_idle(rule, plans)):
                advice.add(raw.id, text)
            _worrying(rule, raw, plans, advice)
    if plans.are_cut:
        advice.add(layer.header["ruleset"], "there are too many conditions to try every rule beside the others")
    return advice.lines()


def satisfying(condition: Condition, asked: Mapping[str, Fact]) -> Facts | None:
    """Return facts for which *condition* holds, with nothing else given; None where there are none."""
    fitting = {name: _fitting(asked[name], condition) for name in {test.fact for test in condition.tests}}
    given = {name: value for name, value in fitting.items() if value is not None}
    if len(given) < len(fitting):
        return None
    return _with_defaults(given, asked)


def _with_defaults(given: Mapping[str, Given], asked: Mapping[str, Fact]) -> Facts:
    left = {name: fact.assumed for name, fact in asked.items() if name not in given}
    assumed = {name: default for name, default in left.items() if default is not None}
    return Facts(given, assumed, unknown=tuple(name for name in left if name not in assumed))


def _fitting(fact: Fact, condition: Condition) -> Given | None:
    """Return an answer that passes all that *condition* asks of *fact*; None where there is none."""
    tests = [test for test in condition.tests if test.fact == fact.id]
    tried = _numbers(fact, condition) if fact.is_number else _answers(fact)
    return next((value for value in tried if all(test.accepts(value) for test in tests)), None)


def _answers(fact: Fact) -> Iterable[Given]:
    single: list[Given] = [(answer.id,) for answer in fact.answers]
    return [*single, (NONE,), tuple(answer.id for answer in fact.answers)] if fact.several else single


def _numbers(fact: Fact, condition: Condition) -> list[Given]:
    """Return every limit that is named, and what lies between them."""
    limits = [fact.low or 0.0, fact.high or 0.0]
    limits += [limit for test in condition.tests for limit in (test.low, test.high) if limit is not None]
    limits = sorted(set(limits))
    between = [(low + high) / 2 for low, high in pairwise(limits)]
    return [*limits, *between]


class _Plan(NamedTuple):
    """The windows of one plan, by the rules that decide them, and what keeps others from showing."""

    by_rule: Mapping[str, list[Window]]
    shown: frozenset[str]
    hiding: Mapping[str, set[str]]
    avoided: Mapping[str, set[str]]


_NOTHING = _Plan({}, frozenset(), {}, {})


class _Plans:
    """Plans for people of whom a condition holds; what depends on a condition alone is made once for it."""

    def __init__(self, rule_set: RuleSet, own: Mapping[str, Rule]) -> None:
        self.rule_set = rule_set
        self._left = max(5, _MOST_PLANNED // (len(rule_set.rules) + 1))
        spacings = (one.when for one in rule_set.spacings.values())
        conditions = dict.fromkeys((*(one.when for one in own.values()), *spacings))
        self.conditions = frozenset(islice(conditions, self._left))
        self.are_cut = len(self.conditions) < len(conditions)
        self.facts = cache(lambda condition: satisfying(condition, rule_set.facts))
        self.all = cache(lambda condition: self._make(condition, rule_set.rules))
        self.sure = cache(lambda condition: self._make(condition, self.sure_rules(condition)))
        self.sure_rules = cache(self._judge)

    def _judge(self, condition: Condition) -> Mapping[str, Rule]:
        """Return what surely applies: what stands for lack of an answer goes when the answer comes."""
        facts = self.facts(condition)
        rules = self.rule_set.rules
        return {} if facts is None else {id_: one for id_, one in rules.items() if _is_sure(one.when, facts)}

    def without(self, condition: Condition, ids: set[str]) -> _Plan:
        """Return the plan of what surely applies, but for some rules."""
        rules = self.sure_rules(condition)
        return self._make(condition, {id_: one for id_, one in rules.items() if id_ not in ids})

    def _make(self, condition: Condition, rules: Mapping[str, Rule]) -> _Plan:
        facts = self.facts(condition)
        self._left -= 1
        self.are_cut = self.are_cut or self._left < 0
        if facts is None or self._left < 0:
            return _NOTHING
        by_rule: dict[str, list[Window]] = {}
        hiding: dict[str, set[str]] = {}
        avoided: dict[str, set[str]] = {}
        shown: set[str] = set()
        for window in build_timeline(replace(self.rule_set, rules=rules), SAMPLE, facts, days=1).windows:
            by_rule.setdefault(window.rule, []).append(window)
            if window.kind == AVOID:
                shown.update(window.rules)
                avoided.setdefault(window.target, set()).update(window.rules)
                for lost in window.overruled:
                    hiding.setdefault(lost, set()).add(window.rule)
        return _Plan(by_rule, frozenset(shown), hiding, avoided)


def _unexplained(rule: Rule, raw: Raw) -> Iterator[str]:
    """Report a change of somebody else's rule that doesn't say why and by whom."""
    others = sorted({origin for origin in raw.origins.values() if origin != rule.origin})
    missing = [word for word in ("because", "by") if raw.origin_of(word) != rule.origin or word not in rule.words]
    if others and missing:
        yield f"{rule.id} changes a rule of {', '.join(others)}: say {' and '.join(f'`{word}:`' for word in missing)}"


def _own_times(rule: Rule, raw: Raw) -> list[str]:
    """Return the fields with a time that the set of *rule* itself states."""
    return [key for key in _TIMES if key in raw.fields and raw.origin_of(key) == rule.origin]


def _outdated(rule: Rule, raw: Raw, advice: Problems) -> None:
    """Note words of somebody else that mention a time, where the times of the rule were changed."""
    changed = _own_times(rule, raw)
    for word in _TELLING_TIMES if changed and raw.origins else ():
        origin = raw.origin_of(word)
        if word in rule.words and origin != rule.origin and _MENTIONS_TIME.search(rule.words[word]):
            advice.add(
                raw.fields[changed[0]],
                f"{rule.id} has another `{changed[0]}` here, and keeps the {word} of {origin}: "
                f"“{rule.words[word]}”; if that is no longer true, say your own `{word}:`",
            )


def _worrying(rule: Rule, raw: Raw, plans: _Plans, advice: Problems) -> None:
    """Note a sign that is a reason to call while it is still normal."""
    if rule.verb != EXPECT or rule.worry_after is None:
        return
    windows = plans.all(rule.when).by_rule.get(rule.id, [])
    if not any(window.worry_after is not None and window.worry_after < window.end for window in windows):
        return
    own = _own_times(rule, raw)
    given = raw.origin_of("worry-after")
    whose = f" of {given}" if given != rule.origin else ""
    instead = "give a `worry-after:` of your own" if whose else "give a later one, or an earlier end"
    advice.add(
        raw.fields[own[0]] if own else raw.id,
        f"{rule.id} lasts longer ({rule.value}) than until the `worry-after`{whose} ({rule.worry_after}): it would be "
        f"normal and a reason to call; {instead}",
    )


def _taken_out(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note activities that are no longer part of what they were part of, and the rules that they lose so."""
    on: dict[str, set[str]] = {}
    for rule in rule_set.rules.values():
        for target in rule.targets:
            on.setdefault(target, set()).add(rule.id)
    for activity, raw in layer.entries["activities"].items():
        lost = _lost_parents(activity, raw, rule_set, layer)
        if not lost:
            continue
        lineage = set(rule_set.lineage[activity])
        gone = rule_set.ancestry(lost) - lineage
        rules = set().union(*(on.get(one, ()) for one in gone)) - set().union(*(on.get(one, ()) for one in lineage))
        held = f", and no longer held by {', '.join(sorted(rules))}" if rules else ""
        advice.add(
            raw.fields.get("under", raw.id),
            f"{activity} is no longer under {', '.join(lost)}{held}; "
            "`under` is replaced whole, so name there all that it is part of",
        )


def _lost_parents(activity: str, raw: Raw, rule_set: RuleSet, layer: Layer) -> list[str]:
    below = layer.beneath.get(("activities", activity))
    was = below.fields.get("under", []) if below and raw.fields else []
    lineage = rule_set.lineage[activity] if was else ()
    return [one for one in ([was] if isinstance(was, str) else was) if one not in lineage]


def _outvoted(rule_set: RuleSet, layer: Layer, plans: _Plans, advice: Problems) -> None:
    """Note sessions entries beside which one of another set, with a longer minimum, decides."""
    stricter: dict[str, dict[str, Spacing]] = {}
    for outvoted, deciding in _votes(rule_set, plans):
        stricter.setdefault(outvoted.id, {})[deciding.id] = deciding
    for id_, found in stricter.items():
        named = ", ".join(f"{one.id} ({'..'.join(map(str, one.every or ()))})" for one in found.values())
        advice.add(
            layer.entries["sessions"][id_].id,
            f"the sessions entry {id_} is outvoted by those whose minimum is as long or longer, where they hold too: "
            f"{named}; to shorten it, change those by their ids",
        )


def _votes(rule_set: RuleSet, plans: _Plans) -> Iterator[tuple[Spacing, Spacing]]:
    """Return each sessions entry of this set beside one of another that decides in its place, for somebody."""
    spacings = rule_set.spacings.values()
    conditions = filter(plans.conditions.__contains__, dict.fromkeys(one.when for one in spacings))
    for facts in filter(None, map(plans.facts, conditions)):
        sure = [one for one in spacings if _is_sure(one.when, facts)]
        deciding = deciding_spacing(tuple((one, ()) for one in sure), SAMPLE.day)
        if deciding is not None and deciding.origin != rule_set.id:
            yield from ((one, deciding) for one in sure if one.every and one.origin == rule_set.id)


def _is_sure(condition: Condition, facts: Facts) -> bool:
    return condition.judge(facts)[0] is Truth.YES


def _unused_sources(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    cited = [one.says for one in rule_set.rules.values()]
    cited += [one.says for one in rule_set.screenings.values()]
    cited += [one.says for one in rule_set.spacings.values()]
    used = {saying.source for says in cited for saying in says}
    for id_, raw in layer.entries["sources"].items():
        if raw.origin != rule_set.id:
            continue
        if id_ not in used:
            advice.add(raw.id, f"no rule cites the source {id_}")
        elif not rule_set.sources[id_].kind:
            advice.add(raw.id, f"the source {id_} has no kind, so it counts for nothing where sources are weighed")


def _shared_names(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note words that stand for two activities: a question would get the stricter answer of both."""
    owners: dict[str, str] = {}
    written = layer.entries["activities"]
    # The set's own words last, so that they are the ones that are reported.
    for activity in sorted(rule_set.activities.values(), key=lambda one: written[one.id].origin == rule_set.id):
        for name in dict.fromkeys(word.lower() for word in (activity.id, activity.label, *activity.aka)):
            owner = owners.setdefault(name, activity.id)
            if owner != activity.id:
                text = f"`{name}` stands for {owner} too; a question about it gets the stricter answer of both"
                advice.add(written[activity.id].id, text)


def _shorter(rule: Rule) -> Iterator[str]:
    """Report a rule milder than the strictest source that it quotes, and no reason given."""
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
    """Return how far from the treatment a bound lies, where it is counted from there alone."""
    lengths = [
        _seconds(term.offset.far)
        for term in (bound.terms if bound else ())
        if term.moment == TREATMENT and (term.sign < 0) == (before and term.offset.far.amount > 0)
    ]
    return max(lengths, default=None)


def _seconds(duration: Duration) -> float:
    return duration.rough_length.total_seconds()


def _never(rule: Rule, plans: _Plans) -> Iterator[str]:
    """Report a rule that can't apply, and one that a stricter rule always hides."""
    if plans.facts(rule.when) is None:
        yield f"{rule.id} can never apply: its conditions exclude each other"
    elif rule.verb == AVOID:
        plan = plans.sure(rule.when)
        hiding = plan.hiding.get(rule.id)
        if hiding and rule.id not in plan.shown:
            names = ", ".join(sorted(hiding))
            yield f"{rule.id} never shows: {names} is stricter on the same; change that one by its id, or switch it off"


def _idle(rule: Rule, plans: _Plans) -> Iterator[str]:
    """Report something to do that is to be left all the time that it should be done."""
    if rule.verb != DO:
        return
    plan = plans.sure(rule.when)
    lost = set(rule.targets) - {window.target for window in plan.by_rule.get(rule.id, ())}
    # What starts when another rule ends can't be without that one, nor be hidden by it.
    hiding = set().union(*(plan.avoided.get(target, ()) for target in lost)) - _waited_for(rule)
    free = plans.without(rule.when, hiding) if hiding else plan
    never = sorted(lost & {window.target for window in free.by_rule.get(rule.id, ())})
    if never:
        yield (
            f"{rule.id} can never come true: {', '.join(sorted(hiding))} says to leave {', '.join(never)} "
            "all that time; change one of them, or switch it off"
        )


def _waited_for(rule: Rule) -> set[str | None]:
    return {term.ends_rule for bound in (rule.start, rule.end) if bound for term in bound.terms}


def _late(rule: Rule, raw: Raw, advice: Problems) -> None:
    """Note what is to be prepared by a time after the treatment."""
    due = raw.fields.get("due")
    if due is None or rule.verb != PREPARE or rule.end is None or len(rule.end.terms) != 1:
        return
    term = rule.end.terms[0]
    if term.moment == TREATMENT and term.sign > 0 and _seconds(term.offset.far):
        advice.add(due, f"{rule.id} is due {due} after the treatment; if before it is meant, write `due: {due} before`")


def _unshown(rule: Rule, raw: Raw, advice: Problems) -> None:
    """Note words that tell how often, where there is nothing to do."""
    for word in _TELLING_HOW if rule.verb not in (DO, PREPARE) else ():
        if word in raw.fields:
            advice.add(
                raw.fields[word],
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
