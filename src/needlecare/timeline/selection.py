"""Which rules apply to a person, and which of them reach which activity. Depends on facts alone, not on dates."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from needlecare.model.facts import Facts, Truth
from needlecare.model.plan import Finding, Treatment
from needlecare.model.ruleset import ALLOW, AVOID, DO, VERBS, Rule, RuleSet, Screening, Spacing
from needlecare.model.time import Bound, shift_date


class Chosen(NamedTuple):
    """A rule that applies; *unsure* names the unknown facts that its condition asks for."""

    rule: Rule
    unsure: tuple[str, ...] = ()


class Reach(NamedTuple):
    """A rule reaching an activity, with the end of its own that an *exception* gives it there.

    Where the rule is unsure, the exception frees nothing: the longer of both counts.
    """

    chosen: Chosen
    exception: Bound | None = None


class Selection(NamedTuple):
    """What applies to a person.

    *by_verb* holds the rules that apply. *assumed_away* holds those left out only because of an assumed fact, with
    the facts. *restrictions* gives, for each activity that a rule names, the rules that restrict it.
    """

    by_verb: Mapping[str, tuple[Chosen, ...]]
    assumed_away: tuple[Chosen, ...]
    restrictions: Mapping[str, tuple[Reach, ...]]
    screenings: tuple[tuple[Screening, Truth], ...]
    spacings: tuple[tuple[Spacing, tuple[str, ...]], ...]


def select(rule_set: RuleSet, facts: Facts) -> Selection:
    """Choose the rules of *rule_set* that apply where *facts* hold."""
    by_verb: dict[str, list[Chosen]] = {verb: [] for verb in VERBS}
    assumed_away: list[Chosen] = []
    for _, rule in sorted(rule_set.rules.items()):
        truth, deciding = rule.when.judge(facts)
        if truth is Truth.YES:
            by_verb[rule.verb].append(Chosen(rule))
        elif truth is Truth.UNKNOWN:
            by_verb[rule.verb].append(Chosen(rule, deciding))
        elif rule.verb == AVOID and all(fact in facts.assumed for fact in deciding):
            assumed_away.append(Chosen(rule, deciding))
    restricting = [*by_verb[AVOID], *by_verb[ALLOW]]
    return Selection(
        {verb: tuple(chosen) for verb, chosen in by_verb.items()},
        tuple(assumed_away),
        _reaches(rule_set, restricting, by_verb[DO]),
        judge_screenings(rule_set, facts),
        tuple(_spacings(rule_set, facts)),
    )


def judge_screenings(rule_set: RuleSet, facts: Facts) -> tuple[tuple[Screening, Truth], ...]:
    """Tell which screening entries hold."""
    return tuple((screening, screening.when.judge(facts)[0]) for screening in rule_set.screenings.values())


def _spacings(rule_set: RuleSet, facts: Facts) -> list[tuple[Spacing, tuple[str, ...]]]:
    judged = [(spacing, *spacing.when.judge(facts)) for spacing in rule_set.spacings.values()]
    return [(spacing, unsure) for spacing, truth, unsure in judged if truth is not Truth.NO]


def _reaches(rule_set: RuleSet, restricting: list[Chosen], dos: list[Chosen]) -> dict[str, tuple[Reach, ...]]:
    """Tell, for each activity that a rule names, which rules restrict it: its own and those on all it is part of."""
    named = {target: None for chosen in (*restricting, *dos) for target in chosen.rule.targets}
    named.update((activity, None) for chosen in restricting for activity, _ in chosen.rule.exceptions)
    by_target: dict[str, list[Chosen]] = {}
    for chosen in restricting:
        for target in chosen.rule.targets:
            by_target.setdefault(target, []).append(chosen)
    reaches: dict[str, tuple[Reach, ...]] = {}
    for activity in sorted(named):
        found = reaches_on(rule_set, by_target, activity)
        if found:
            reaches[activity] = found
    return reaches


def reaches_on(rule_set: RuleSet, by_target: Mapping[str, list[Chosen]], activity: str) -> tuple[Reach, ...]:
    """Give the rules that restrict *activity*, each once, those on the activity itself first.

    No rule restricts a prescribed medicine, whatever it is part of.
    """
    if rule_set.activities[activity].medicine == "prescribed":
        return ()
    found: dict[str, tuple[Reach, ...]] = {}
    for ancestor in rule_set.lineage[activity]:
        for chosen in by_target.get(ancestor, ()):
            if chosen.rule.id not in found:
                found[chosen.rule.id] = _reach(rule_set, chosen, activity)
    return tuple(reach for reaches in found.values() for reach in reaches)


def _reach(rule_set: RuleSet, chosen: Chosen, activity: str) -> tuple[Reach, ...]:
    """Climb from *activity* to the rule's targets; a path through an exception doesn't count."""
    exceptions = dict(chosen.rule.exceptions)
    if not exceptions:
        return (Reach(chosen),)
    frontier, seen, met = [activity], {activity}, []
    while frontier:
        node = frontier.pop()
        if node in exceptions:
            met.append(node)
            continue
        if node in chosen.rule.targets:
            return (Reach(chosen),)
        parents = [parent for parent in rule_set.activities[node].under if parent not in seen]
        seen.update(parents)
        frontier.extend(parents)
    # Of exceptions one inside the other the nearest speaks of the activity; those side by side all do.
    outer = {ancestor for node in met for ancestor in rule_set.lineage[node][1:]}
    return tuple(Reach(chosen, exceptions[node]) for node in sorted(met) if node not in outer)


_GRAVEST = ("stop", "postpone", "ask", "tell")


def find_against(selection: Selection, treatment: Treatment, facts: Facts) -> Iterator[Finding]:
    """Tell what speaks against the treatment, the gravest first."""
    found = []
    for screening, truth in selection.screenings:
        if truth is Truth.YES:
            level = _level(screening, treatment, facts)
            found.extend([Finding(screening, level)] if level else [])
    yield from sorted(found, key=lambda finding: (_GRAVEST.index(finding.level), finding.screening.id))


def _level(screening: Screening, treatment: Treatment, facts: Facts) -> str | None:
    """Give the level for this person; long enough before the treatment it no longer counts, undated it is asked."""
    if screening.within is None:
        return screening.level
    dates = [
        facts.dates[test.fact, answer]
        for test in screening.when.tests
        for answer in test.answers
        if (test.fact, answer) in facts.dates
    ]
    if not dates:
        return "ask" if screening.level in ("stop", "postpone") else screening.level
    over = shift_date(max(dates), screening.within)
    return screening.level if over > treatment.day else None
