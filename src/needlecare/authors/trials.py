"""Plans of a rule set for people of whom a condition holds, to see what shows there. Gives no advice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from functools import cache
from itertools import chain, islice, pairwise
from zoneinfo import ZoneInfo

from needlecare.model.facts import NONE, Condition, Fact, Facts, Given, Truth
from needlecare.model.plan import Timeline, Window, make_treatment
from needlecare.model.ruleset import AVOID, VERBS, Rule, RuleSet, Spacing, behind
from needlecare.rules.layers import Layer
from needlecare.timeline.build import build_selected
from needlecare.timeline.selection import Selection, select
from needlecare.timeline.spans import Spans

# Any treatment will do to see what shows: an hour in the afternoon, far from a clock change.
SAMPLE = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("UTC"))
# Each different condition costs a plan of all rules, and so does each rule that others keep from coming true. So many
# rules are planned in all; a sheet of a clinic is far below.
_MOST_PLANNED = 50_000
# A sheet of one clinic brings few sources; one that brings as many as that gathers what is said.
_MANY = 10


class Plan:
    """The windows of one plan: by the rules that decide them, and the restrictions by what they are on."""

    def __init__(self, timeline: Timeline | None = None, windows: Iterable[Window] = ()) -> None:
        self.timeline = timeline
        self.by_rule: dict[str, list[Window]] = defaultdict(list)
        self.avoided: dict[str, list[Window]] = defaultdict(list)
        for window in timeline.windows if timeline else windows:
            self.by_rule[window.rule].append(window)
            if window.kind == AVOID:
                self.avoided[window.target].append(window)

    def on(self, target: str) -> list[Window]:
        """Return the restrictions on *target*, or on what it is part of."""
        return [one for near in self.timeline.nearest(target) for one in self.avoided[near]] if self.timeline else []

    def showing(self, rule: Rule, target: str) -> list[Window]:
        """Return the windows on *target* in which *rule* has a part."""
        mine = self.avoided[target] if rule.verb == AVOID else self.by_rule[rule.id]
        return [window for window in mine if window.target == target and rule.id in window.rules]

    def shows(self, rule: Rule) -> bool:
        """Report whether a restriction shows anywhere, be it on a part of what it is on."""
        return any(rule.id in window.rules for windows in self.avoided.values() for window in windows)


class Plans:
    """The *own* rules of a set, and plans for people of whom a condition holds, each made once."""

    def __init__(self, rule_set: RuleSet, layer: Layer) -> None:
        self.rule_set, self.layer = rule_set, layer
        self.own = {id_: rule for id_, rule in rule_set.rules.items() if rule.origin == rule_set.id}
        self.gathers = sum(raw.origin == rule_set.id for raw in layer.entries["sources"].values()) >= _MANY
        self._left = max(5, _MOST_PLANNED // (len(rule_set.rules) + 1))
        asking: list[Rule | Spacing] = [*self.own.values(), *rule_set.spacings.values()]
        asked = dict.fromkeys(one.when for one in asking)
        self.conditions = frozenset(islice(asked, self._left))
        self.are_cut = len(self.conditions) < len(asked)
        self.facts = cache(lambda condition: _satisfying(condition, rule_set.facts))
        self.selection = cache(self._select)
        self.plan = cache(self._plan)
        self.spans = cache(self._spans)
        self.alone = cache(lambda id_: self._alone(rule_set.rules[id_]))
        self.waits = {rule.id: [*waited_for(rule)] for rule in rule_set.rules.values()}

    def _plan(self, condition: Condition, *, surely: bool = True) -> Plan:
        """Plan what applies where *condition* holds: what *surely* does so, or what also may."""
        selection = self.selection(condition, surely=surely)
        return Plan() if selection is None else Plan(build_selected(selection, SAMPLE, days=0))

    def _spans(self, condition: Condition) -> Spans | None:
        selection = self.selection(condition)
        return None if selection is None else Spans(selection, SAMPLE)

    def _alone(self, rule: Rule) -> Plan:
        """Plan one rule as if nothing else restricted anything."""
        selection = self.selection(rule.when)
        if selection is None:
            return Plan()
        # What it waits for applies too, and restricts nothing here.
        applying = {one.rule.id: one for one in chain.from_iterable(selection.by_verb.values())}
        kept = [applying[id_] for id_ in (rule.id, *behind(self.waits, rule.id)) if id_ in applying]
        alone = selection._replace(
            by_verb={verb: tuple(one for one in kept if one.rule.verb == verb) for verb in VERBS},
            restrictions={
                target: tuple(one for one in selection.restrictions.get(target, ()) if one.rule.id == rule.id)
                for target in rule.targets
            },
            assumed_away=(),
            screenings=(),
        )
        windows = build_selected(alone, SAMPLE, days=0).windows
        return Plan(windows=[window for window in windows if rule.id in window.rules])

    def _select(self, condition: Condition, *, surely: bool = True) -> Selection | None:
        """Select what applies: what stands for lack of an answer goes when it comes, so that it doesn't *surely*."""
        facts = self.facts(condition)
        self._left -= 1
        self.are_cut = self.are_cut or self._left < 0
        if facts is None or self._left < 0:
            return None
        rules = {id_: one for id_, one in self.rule_set.rules.items() if not surely or is_sure(one, facts)}
        # What counts from the end of another rule asks the whole set for it, whether that one applies or not.
        return select(replace(self.rule_set, rules=rules), facts)._replace(rule_set=self.rule_set)


def waited_for(rule: Rule) -> set[str]:
    """Return the rules whose ends *rule* waits for."""
    bounds = (bound for bound in (rule.start, rule.end) if bound is not None)
    return {term.ends_rule for bound in bounds for term in bound.terms if term.ends_rule is not None}


def is_sure(one: Rule | Spacing, facts: Facts) -> bool:
    """Report whether *one* holds, whatever else is answered."""
    return one.when.judge(facts)[0] is Truth.YES


def _satisfying(condition: Condition, asked: Mapping[str, Fact]) -> Facts | None:
    """Return facts for which *condition* holds, with nothing else given; None where there are none."""
    names = {test.fact for test in condition.tests}
    given = {name: fitting for name in names if (fitting := _fitting(asked[name], condition)) is not None}
    if len(given) < len(names):
        return None
    left = {name: fact.assumed for name, fact in asked.items() if name not in given}
    assumed = {name: default for name, default in left.items() if default is not None}
    return Facts(given, assumed, unknown=tuple(name for name in left if name not in assumed))


def _fitting(fact: Fact, condition: Condition) -> Given | None:
    """Return an answer that passes all that *condition* asks of *fact*; None where there is none."""
    tests = [test for test in condition.tests if test.fact == fact.id]
    tried: list[Given] = [(answer.id,) for answer in fact.answers]
    if fact.is_number:
        # Every limit that is named, and what lies between them.
        named = [fact.low, fact.high, *(limit for test in tests for limit in (test.low, test.high))]
        limits = sorted({limit for limit in named if limit is not None})
        tried = [*limits, *((low + high) / 2 for low, high in pairwise(limits))]
    if fact.several:
        tried += [(NONE,), tuple(answer.id for answer in fact.answers)]
    return next((value for value in tried if all(test.accepts(value) for test in tests)), None)
