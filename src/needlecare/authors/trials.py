"""What a rule is tried by: plans for whoever its condition holds for, and the independent voices behind its hard no.

Advice is drawn from both elsewhere, but for what only voices show.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from functools import cache
from itertools import islice, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from needlecare.model import plan, ruleset
from needlecare.model.facts import NONE, Condition, Fact, Facts, Given, Test, Truth, complete
from needlecare.model.time import TREATMENT, Bound, Range
from needlecare.model.voices import NO_TIME, Voice, reading, voices
from needlecare.rules.layers import Layer
from needlecare.timeline.build import build_selected
from needlecare.timeline.selection import Chosen, Selection, select

# Any treatment will do to see what shows: an hour in the afternoon, far from a clock change.
SAMPLE = plan.make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("UTC"))
# Each different condition costs a plan of all rules, and so does each rule that others keep from coming true. So many
# rules are planned in all; a sheet of a clinic is far below.
_MOST_PLANNED = 50_000
# A sheet of one clinic brings few sources; one that brings as many as that gathers what is said.
_MANY = 10
# A no that more voices than that fall short of is out of proportion.
_MOST_SHORTER = 0.9


class Plan:
    """The windows of one plan: by the rules that decide them, and the restrictions by what they are on."""

    def __init__(self, timeline: plan.Timeline | None = None) -> None:
        self.timeline = timeline
        self.by_rule: dict[str, list[plan.Window]] = defaultdict(list)
        self.avoided: dict[str, list[plan.Window]] = defaultdict(list)
        for window in timeline.windows if timeline else ():
            self.by_rule[window.rule].append(window)
            if window.kind == ruleset.AVOID:
                self.avoided[window.target].append(window)

    def on(self, target: str) -> list[plan.Window]:
        """Return the restrictions on *target*, or on what it is part of."""
        return [one for near in self.timeline.nearest(target) for one in self.avoided[near]] if self.timeline else []

    def showing(self, rule: ruleset.Rule, target: str) -> list[plan.Window]:
        """Return the windows on *target* in which *rule* has a part."""
        mine = self.avoided[target] if rule.verb == ruleset.AVOID else self.by_rule[rule.id]
        return [window for window in mine if window.target == target and rule.id in window.rules]

    def shows(self, rule: ruleset.Rule) -> bool:
        """Report whether a restriction shows anywhere, be it on a part of what it is on."""
        return any(rule.id in window.rules for windows in self.avoided.values() for window in windows)


class Plans:
    """The *own* rules of a set, and plans for people of whom a condition holds, each made once."""

    def __init__(self, rule_set: ruleset.RuleSet, layer: Layer) -> None:
        self.rule_set, self.layer = rule_set, layer
        self.own = {id_: rule for id_, rule in rule_set.rules.items() if rule.origin == rule_set.id}
        self.gathers = sum(raw.origin == rule_set.id for raw in layer.entries["sources"].values()) >= _MANY
        self._left = max(5, _MOST_PLANNED // (len(rule_set.rules) + 1))
        asking: list[ruleset.Rule | ruleset.Spacing] = [*self.own.values(), *rule_set.spacings.values()]
        asked = dict.fromkeys(one.when for one in asking)
        self.conditions = frozenset(islice(asked, self._left))
        self.are_cut = len(self.conditions) < len(asked)
        self.facts = cache(lambda condition: _satisfying(condition, rule_set))
        self.selection = cache(self._select)
        self.plan = cache(self._plan)
        self.alone = cache(lambda id_: self._alone(rule_set.rules[id_]))
        self.waits = {rule.id: [*waited_for(rule)] for rule in rule_set.rules.values()}

    def _plan(self, condition: Condition, *, surely: bool = True) -> Plan:
        """Plan what applies where *condition* holds: what *surely* does so, or what also may."""
        selection = self.selection(condition, surely=surely)
        return Plan() if selection is None else Plan(build_selected(selection, SAMPLE, days=0))

    def _alone(self, rule: ruleset.Rule) -> Plan:
        """Plan one rule as if nothing else restricted anything."""
        selection = self.selection(rule.when, surely=True)
        if selection is None:
            return Plan()
        # What it waits for applies too, and restricts nothing here.
        kept = ruleset.walk([rule.id], self.waits)
        on_targets = {target: selection.restrictions.get(target, ()) for target in rule.targets}
        alone = selection._replace(
            by_verb=_only(kept, selection.by_verb),
            restrictions=_only({rule.id}, on_targets),
            assumed_away=(),
            screenings=(),
        )
        timeline = build_selected(alone, SAMPLE, days=0)
        return Plan(timeline._replace(windows=tuple(one for one in timeline.windows if rule.id in one.rules)))

    def _select(self, condition: Condition, *, surely: bool) -> Selection | None:
        """Select what applies: what stands for lack of an answer goes when it comes, so that it doesn't *surely*."""
        facts = self.facts(condition)
        self._left -= 1
        self.are_cut = self.are_cut or self._left < 0
        if facts is None or self._left < 0:
            return None
        rules = {id_: one for id_, one in self.rule_set.rules.items() if not surely or is_sure(one, facts)}
        # What counts from the end of another rule asks the whole set for it, whether that one applies or not.
        return select(replace(self.rule_set, rules=rules), facts)._replace(rule_set=self.rule_set)


def waited_for(rule: ruleset.Rule) -> set[str]:
    """Return the rules whose ends *rule* waits for."""
    bounds = (bound for bound in (rule.start, rule.end) if bound is not None)
    return {term.ends_rule for bound in bounds for term in bound.terms if term.ends_rule is not None}


def is_sure(one: ruleset.Rule | ruleset.Spacing, facts: Facts) -> bool:
    """Report whether *one* holds, whatever else is answered."""
    return one.when.judge(facts)[0] is Truth.YES


def _only(ids: Collection[str], chosen: Mapping[str, Iterable[Chosen]]) -> dict[str, tuple[Chosen, ...]]:
    return {key: tuple(one for one in several if one.rule.id in ids) for key, several in chosen.items()}


def _satisfying(condition: Condition, rule_set: ruleset.RuleSet) -> Facts | None:
    """Return facts for which *condition* holds, with nothing else given; None where there are none."""
    given: dict[str, Given] = {}
    for name in {test.fact for test in condition.tests}:
        tests = [test for test in condition.tests if test.fact == name]
        fitting = (one for one in _tried(rule_set.facts[name], tests) if all(test.accepts(one) for test in tests))
        found = next(fitting, None)
        if found is None:
            return None
        given[name] = found
    # Each answer is the whole of it here, in a list that goes on too.
    return complete(given, rule_set.facts)._replace(partial=frozenset())


def _tried(fact: Fact, tests: Iterable[Test]) -> list[Given]:
    """Return each answer, and all or none of several; of a number every limit that is named, and what lies between."""
    if fact.is_number:
        named = {fact.low, fact.high, *(limit for test in tests for limit in (test.low, test.high))}
        limits = sorted(limit for limit in named if limit is not None)
        return [*limits, *((low + high) / 2 for low, high in pairwise(limits))]
    each = [answer.id for answer in fact.answers]
    return [*((answer,) for answer in each), *((NONE,), tuple(each))[: 2 * fact.several]]


class HardNo(NamedTuple):
    """The no of a *rule* on one side of the treatment.

    *voices* give a figure there, those *behind* it at least as much; a day counts as 24 hours here.
    """

    rule: ruleset.Rule
    before: bool
    voices: tuple[Voice, ...]
    behind: tuple[Voice, ...]

    @property
    def shorter(self) -> float:
        """The share of voices that state less."""
        return (len(self.voices) - len(self.behind)) / len(self.voices) if self.voices else 0.0

    @property
    def is_held(self) -> bool:
        """Whether half of the voices, or more, are behind it."""
        return 2 * len(self.behind) >= len(self.voices) > 0

    @property
    def text(self) -> str:
        """The no as its rule writes it, without the better not."""
        bound = self.rule.start if self.before else self.rule.end
        if bound is None or self.rule.days is not None:
            return self.rule.value
        nearer = (term._replace(offset=Range(term.offset.near, term.offset.near)) for term in bound.terms)
        return str(Bound(tuple(nearer)))


def hard_noes(rules: Iterable[ruleset.Rule], rule_set: ruleset.RuleSet) -> Iterator[HardNo]:
    """Find what *rules* forbid, on each side of the treatment."""
    for rule in rules:
        own = reading(_by_clock(rule), rule_set)
        for before in (True, False) if rule.verb == ruleset.AVOID else ():
            side = own.on(before=before)
            if side is not None and side.lower > NO_TIME:
                heard = voices([rule], rule_set, before=before)
                behind = tuple(one for one in heard if one.side.lower.least >= side.lower.least)
                yield HardNo(rule, before, heard, behind)


def _by_clock(rule: ruleset.Rule) -> ruleset.Rule:
    """Leave out what only the person can see, where a time stands beside it: figures are compared with figures."""
    counted = tuple(term for term in (rule.end.terms if rule.end else ()) if term.moment == TREATMENT)
    return rule._replace(end=Bound(counted)) if counted else rule


def kind_of(voice: Voice, rule_set: ruleset.RuleSet) -> str:
    """Return the kind of the weightiest source of *voice*."""
    return rule_set.sources[min(voice.sources, key=rule_set.by_weight.__getitem__)].kind or "unknown"


def describe(no: HardNo, rule_set: ruleset.RuleSet) -> dict[str, Any]:
    """Describe a hard no for readers and programs."""
    return {
        "rule": no.rule.id,
        "side": "before" if no.before else "after",
        "no": no.text,
        "voices": len(no.voices),
        "behind": dict(Counter(kind_of(voice, rule_set) for voice in no.behind).most_common()),
        "share_less": round(no.shorter, 2) if no.voices else None,
        "because": no.rule.words.get("because"),
    }


def weigh(rule: ruleset.Rule, rule_set: ruleset.RuleSet, *, gathers: bool) -> Iterator[str]:
    """Find why a reader would ask for the reason of *rule*; a set that *gathers* holds many sources."""
    most = max(rule_set.weights.values(), default=0)
    for no in hard_noes([rule], rule_set):
        kinds = [kind_of(voice, rule_set) for voice in no.behind]
        if no.shorter > _MOST_SHORTER:
            less = f"{len(no.voices) - len(no.behind)} of {len(no.voices)} independent voices"
            yield f"says no for longer ({no.text}) than {less}; shorten it, or say `because:`"
        # One voice that weighs less than half of what the weightiest kind does.
        elif gathers and len(kinds) == 1 and 2 * rule_set.weights.get(kinds[0], 0) < most:
            who = f"{', '.join(no.behind[0].sources)}, a {kinds[0]}"
            yield f"says no ({no.text}) on the word of {who}, alone; say better wait (`0h..…`), or say `because:`"
    for before in (True, False):
        yield from _milder(rule, rule_set, before=before)


def _milder(rule: ruleset.Rule, rule_set: ruleset.RuleSet, *, before: bool) -> Iterator[str]:
    """Find sources that state more than *rule*; of those with the most weight a longer no is enough."""
    most = max(rule_set.weights.values(), default=0)
    own, no = (reading(one, rule_set).on(before=before) for one in (rule, _by_clock(rule)))
    for saying in rule.says:
        stated, kind = reading(rule, rule_set, saying), rule_set.sources[saying.source].kind
        side, said = stated.on(before=before), f"{saying.source} ({saying.value})"
        if own is None or no is None or side is None or stated.is_opposite:
            continue
        if side.upper.least > own.upper.least:
            yield f"({rule.value}) is milder than {said}; say `because:`, or give a range up to it"
        elif side.lower.least > no.lower.least and rule_set.weights.get(kind, 0) == most > 0:
            yield f"({rule.value}) says no for less than {said}, a {kind}; say `because:`, or say no for as long"
