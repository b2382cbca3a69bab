"""What stands behind each hard no: how many independent voices hold it, of which kind, and advice where that is little.

It reads what sources say, and knows no plan.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from needlecare.model.ruleset import AVOID, Rule, RuleSet
from needlecare.model.time import TREATMENT, Bound, Range
from needlecare.model.voices import NO_TIME, Voice, reading, voices

# A no that more voices than that fall short of is out of proportion.
_MOST_SHORTER = 0.9


class HardNo(NamedTuple):
    """The no of a *rule* on one side of the treatment.

    *voices* give a figure there, those *behind* it at least as much; a day counts as 24 hours here.
    """

    rule: Rule
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


def hard_noes(rules: Iterable[Rule], rule_set: RuleSet) -> Iterator[HardNo]:
    """Find what *rules* forbid, on each side of the treatment."""
    for rule in rules:
        own = reading(_by_clock(rule), rule_set)
        for before in (True, False) if rule.verb == AVOID else ():
            side = own.on(before=before)
            if side is not None and side.lower > NO_TIME:
                heard = voices([rule], rule_set, before=before)
                behind = tuple(one for one in heard if one.side.lower.least >= side.lower.least)
                yield HardNo(rule, before, heard, behind)


def _by_clock(rule: Rule) -> Rule:
    """Leave out what only the person can see, where a time stands beside it: figures are compared with figures."""
    counted = tuple(term for term in (rule.end.terms if rule.end else ()) if term.moment == TREATMENT)
    return rule._replace(end=Bound(counted)) if counted else rule


def kind_of(voice: Voice, rule_set: RuleSet) -> str:
    """Return the kind of the weightiest source of *voice*."""
    return rule_set.sources[min(voice.sources, key=rule_set.by_weight.__getitem__)].kind or "unknown"


def describe(no: HardNo, rule_set: RuleSet) -> dict[str, Any]:
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


def weigh(rule: Rule, rule_set: RuleSet, *, gathers: bool) -> Iterator[str]:
    """Find why a reader would ask for the reason of *rule*; a set that *gathers* holds many sources."""
    for no in hard_noes([rule], rule_set):
        if no.shorter > _MOST_SHORTER:
            less = f"{len(no.voices) - len(no.behind)} of {len(no.voices)} independent voices"
            yield f"says no for longer ({no.text}) than {less}; shorten it, or say `because:`"
        elif gathers and len(no.behind) == 1 and _is_light(no.behind[0], rule_set):
            who = f"{', '.join(no.behind[0].sources)}, a {kind_of(no.behind[0], rule_set)}"
            yield f"says no ({no.text}) on the word of {who}, alone; say better not (`0h..…`), or say `because:`"
    for before in (True, False):
        yield from _milder(rule, rule_set, before=before)


def _is_light(voice: Voice, rule_set: RuleSet) -> bool:
    """Report whether *voice* weighs less than half of what the weightiest kind does."""
    return 2 * rule_set.weights.get(kind_of(voice, rule_set), 0) < max(rule_set.weights.values(), default=0)


def _milder(rule: Rule, rule_set: RuleSet, *, before: bool) -> Iterator[str]:
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
