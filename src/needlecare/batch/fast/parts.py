"""A selection taken apart by activity and sign: what is said of one target depends on nothing that is said of others.

So parts can be built one by one, and kept for other people to whom the same rules apply.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from needlecare.model.bounds import TREATMENT, Term
from needlecare.model.plan import Hint, Window
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, VERBS, Moment, RuleSet
from needlecare.model.time import MONTHS, Duration
from needlecare.model.treatment import Treatment
from needlecare.timeline.build import Builder
from needlecare.timeline.precare import begin_before
from needlecare.timeline.selection import Chosen, Reach, Selection

_DAY = 24 * 60 * 60
# What tells a part from all others of its rule set.
Key = tuple[object, ...]


# What is left before a session, and from which date on: the one thing that is built.
BuiltPrecare = tuple[tuple[tuple[str, date], ...]]


class Part(NamedTuple):
    """All that a selection says of one *target*.

    Rules restrict it (*reaches*), say something else of it, or would restrict it if an assumed fact were otherwise
    (*away*). *ended* are all whose ends something else counts from.
    """

    key: Key
    target: str
    reaches: tuple[Reach, ...]
    said: tuple[Chosen, ...]
    away: tuple[Chosen, ...]
    ended: tuple[Chosen, ...]

    @property
    def selection(self) -> Selection:
        """The part as a selection of its own."""
        by_verb: dict[str, list[Chosen]] = {verb: [] for verb in VERBS}
        for chosen in self.said:
            by_verb[chosen.rule.verb].append(chosen)
        for chosen in self.ended:
            # Rules to avoid something make no windows of their own, only what they restrict does.
            by_verb[AVOID if self.target else chosen.rule.verb].append(chosen)
        restrictions = {self.target: self.reaches} if self.reaches else {}
        return Selection({verb: tuple(rules) for verb, rules in by_verb.items()}, self.away, restrictions, (), ())

    @property
    def rules(self) -> set[str]:
        """The ids of all its rules."""
        chosens = (*(reach.chosen for reach in self.reaches), *self.said, *self.away, *self.ended)
        return {chosen.rule.id for chosen in chosens}


class Built(NamedTuple):
    """What a part comes to for one treatment."""

    windows: tuple[Window, ...]
    longer_if: tuple[Hint, ...]
    shorter_if: tuple[Hint, ...]


def take_apart(rule_set: RuleSet, selection: Selection) -> list[Part]:
    """Take *selection* apart, in the order of targets."""
    said: dict[str, list[Chosen]] = {}
    away: dict[str, list[Chosen]] = {}
    for verb in (DO, ALLOW, EXPECT, PREPARE):
        for chosen in selection.by_verb[verb]:
            for target in chosen.rule.targets:
                said.setdefault(target, []).append(chosen)
    for chosen in selection.assumed_away:
        for target in chosen.rule.targets:
            away.setdefault(target, []).append(chosen)
    ended = tuple(_ended(rule_set, selection))
    return [
        _part(target, selection.restrictions.get(target, ()), said.get(target, ()), away.get(target, ()), ended)
        for target in sorted({*selection.restrictions, *said, *away})
    ]


def _part(
    target: str, reaches: tuple[Reach, ...], said: Iterable[Chosen], away: Iterable[Chosen], ended: tuple[Chosen, ...]
) -> Part:
    said, away = tuple(said), tuple(away)
    key = (
        target,
        *((reach.chosen.rule.id, reach.chosen.unsure, str(reach.exception or "")) for reach in reaches),
        *((number, one.rule.id, one.unsure) for number, chosen in enumerate((said, away, ended)) for one in chosen),
    )
    return Part(key, target, reaches, said, away, ended)


def _ended(rule_set: RuleSet, selection: Selection) -> Iterator[Chosen]:
    """Give the chosen rules whose ends another rule or a moment counts from."""
    names = _ended_rules(rule_set)
    return (chosen for rules in selection.by_verb.values() for chosen in rules if chosen.rule.id in names)


def build_part(rule_set: RuleSet, part: Part, treatment: Treatment) -> Built:
    """Build *part* for *treatment*."""
    builder = Builder(rule_set, treatment, part.selection)
    return Built(
        tuple(window for window in builder.windows() if window.target == part.target),
        tuple(hint for hint in builder.longer_if() if hint.target == part.target),
        tuple(hint for hint in builder.shorter_if() if hint.target == part.target),
    )


def part_of_precare(rule_set: RuleSet, selection: Selection) -> Part:
    """Take out of *selection* what is left before a session; the same rules begin before every one."""
    kept = [one for one in selection.by_verb[AVOID] if one.rule.start or one.rule.days]
    return _part("", (), kept, (), tuple(_ended(rule_set, selection)))


def build_precare(rule_set: RuleSet, part: Part, treatment: Treatment) -> BuiltPrecare:
    """Tell what is to be left before *treatment*, from which date on."""
    return (tuple(begin_before(rule_set, part.selection, treatment)),)


class Measure(NamedTuple):
    """What a part counts with: hours that are multiples of *step* seconds, and *months* (with their direction).

    *steady* is false where months are counted from something else than the treatment.
    """

    step: int
    months: tuple[tuple[Duration, int], ...]
    steady: bool


def measure(rule_set: RuleSet, part: Part) -> Measure:
    """Tell what the rules of *part* count with, through all that they refer to.

    Every instant that can come up is a midnight or the treatment, moved by multiples of *step*: so nothing changes
    its place among the others while the time of the treatment moves between two multiples.
    """
    step, steady = _DAY, True
    months: set[tuple[Duration, int]] = set()
    names = {rule_set.open_ends_at, *part.rules}
    waiting: list[object] = [rule_set.moments.get(rule_set.open_ends_at), *(rule_set.rules[id_] for id_ in part.rules)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Duration):
            step = gcd(step, int(value.rough_length.total_seconds())) if value.is_elapsed else step
            steady = steady and value.unit not in MONTHS
            continue
        if isinstance(value, Moment) and value.clock is not None:
            step = gcd(step, value.clock[0] * 3600 + value.clock[1] * 60)
        if isinstance(value, Term):
            name = value.ends_rule or value.moment
            if name not in names:
                names.add(name)
                waiting.append(rule_set.rules.get(name) if value.ends_rule else rule_set.moments.get(name))
            if name == TREATMENT:
                months.update((side, value.sign) for side in value.offset[:2] if side.unit in MONTHS)
                waiting.extend(side for side in value.offset[:2] if side.unit not in MONTHS)
                continue
        if isinstance(value, tuple):
            waiting.extend(value)
    return Measure(step, tuple(sorted(months)), steady)


@lru_cache(maxsize=8)
def _ended_rules(rule_set: RuleSet) -> frozenset[str]:
    """Name the rules whose end another rule or a moment counts from."""
    waiting: list[object] = [*rule_set.rules.values(), *rule_set.moments.values()]
    ended = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Term) and value.ends_rule is not None:
            ended.add(value.ends_rule)
        if isinstance(value, tuple):
            waiting.extend(value)
    return frozenset(ended)
