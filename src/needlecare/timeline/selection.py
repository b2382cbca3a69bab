"""Which rules apply to a person, and which of them reach which activity.

It depends on facts alone and knows no dates: one selection serves every plan of the same answers.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from typing import NamedTuple

from needlecare.model import plan, ruleset
from needlecare.model.facts import Condition, Facts, Truth, ask_once
from needlecare.model.ruleset import ASK, AVOID, CALL, LEVELS, Rule, RuleSet, Screening, Spacing
from needlecare.model.time import Bound, shift_date


class Chosen(NamedTuple):
    """A rule that applies; *unsure* names the unknown facts that its condition asks for.

    An *exception* gives one activity an end of its own. Where the rule is unsure it frees nothing: the longer counts.
    """

    rule: Rule
    unsure: tuple[str, ...] = ()
    exception: Bound | None = None


class Selection(NamedTuple):
    """What of *rule_set* applies where *facts* hold.

    *by_verb* holds the rules that apply, the calls with the most urgent first. *assumed_away* holds those left out only
    because of an assumed fact, with the facts. *restrictions* lists, for each activity that a rule names, the rules
    that restrict it.
    """

    rule_set: RuleSet
    facts: Facts
    by_verb: Mapping[str, tuple[Chosen, ...]]
    assumed_away: tuple[Chosen, ...]
    restrictions: Mapping[str, tuple[Chosen, ...]]
    screenings: tuple[tuple[Screening, Truth], ...]
    spacings: tuple[tuple[Spacing, tuple[str, ...]], ...]

    def asked_about(self, activity: str) -> str:
        """Return whom to ask about *activity*, by the rules on it and on all that it is part of; nobody is empty.

        About a whole one asks like about its parts, where that is so of most of them.
        """
        asking = self.by_verb[ASK]
        if not asking:
            return ""
        lineage = self.rule_set.lineage
        whos = [one.rule.who for one in asking if not set(lineage[activity]).isdisjoint(one.rule.targets)]
        if not whos:
            parts = {*self.rule_set.family([activity])}.difference([activity])
            asked = parts.intersection(chain.from_iterable(one.rule.targets for one in asking))
            if len(asked) * 2 > len(parts):
                whos = [one.rule.who for one in asking if not asked.isdisjoint(one.rule.targets)]
        return " and ".join(ask_once(whos))


def select(rule_set: RuleSet, facts: Facts) -> Selection:
    """Choose what of *rule_set* applies where *facts* hold."""
    by_verb: dict[str, list[Chosen]] = {verb: [] for verb in ruleset.VERBS}
    assumed_away: list[Chosen] = []
    for rule in rule_set.rules.values():
        truth, deciding = rule.when.judge(facts)
        if truth is Truth.NO:
            if rule.verb == AVOID and facts.assumed.keys() >= set(deciding):
                assumed_away.append(Chosen(rule, deciding))
        elif _warns(rule.when, facts) is Truth.YES or not _must_be_declared(rule, rule_set, facts):
            by_verb[rule.verb].append(Chosen(rule, deciding))
    by_verb[CALL] = _calls(by_verb[CALL], facts)
    return Selection(
        rule_set=rule_set,
        facts=facts,
        by_verb={verb: tuple(chosen) for verb, chosen in by_verb.items()},
        assumed_away=tuple(assumed_away),
        restrictions=_restrictions(rule_set, [*by_verb[AVOID], *by_verb[ruleset.ALLOW]], by_verb[ruleset.DO]),
        screenings=tuple((one, _warns(one.when, facts)) for one in rule_set.screenings.values()),
        spacings=tuple(_spacings(rule_set, facts)),
    )


def _warns(when: Condition, facts: Facts) -> Truth:
    """Return whether a warning holds: so does one that a range which was given may call for."""
    truth, deciding = when.judge(facts)
    return Truth.YES if truth is Truth.UNKNOWN and facts.between.keys() >= {*deciding} else truth


def _must_be_declared(rule: Rule, rule_set: RuleSet, facts: Facts) -> bool:
    """Report whether *rule* is only for an illness, or for something used: no plan can be that of every illness."""
    listed = (test for test in rule.when.tests if rule_set.facts[test.fact].open and not test.negated)
    return rule.verb == ASK or (rule.verb in (AVOID, CALL) and Truth.UNKNOWN in (one.judge(facts) for one in listed))


def _calls(found: Iterable[Chosen], facts: Facts) -> list[Chosen]:
    """Return the reasons to call, the most urgent first, each with the signs that none makes more urgent.

    What isn't known adds a sign that nothing sure names, and raises the urgency of none that has one already.
    """
    # What a range that was given may call for is certain.
    chosen = [one._replace(unsure=()) if _warns(one.rule.when, facts) is Truth.YES else one for one in found]
    decided = {sign: _rank(one) for one in sorted(chosen, key=_rank, reverse=True) for sign in one.rule.targets}
    calls = []
    for one in sorted(chosen, key=lambda one: _rank(one)[1]):
        signs = tuple(sign for sign in one.rule.targets if decided[sign] == _rank(one))
        if signs:
            calls.append(one._replace(rule=one.rule._replace(targets=signs)))
    return calls


def _rank(call: Chosen) -> tuple[bool, int]:
    """Return a key that puts what is sure first, and of that the most urgent."""
    return bool(call.unsure), ruleset.URGENCIES.index(call.rule.urgency)


def _spacings(rule_set: RuleSet, facts: Facts) -> Iterator[tuple[Spacing, tuple[str, ...]]]:
    for spacing in rule_set.spacings.values():
        truth, unsure = spacing.when.judge(facts)
        if truth is not Truth.NO:
            yield spacing, unsure


def _restrictions(rule_set: RuleSet, restricting: list[Chosen], dos: list[Chosen]) -> dict[str, tuple[Chosen, ...]]:
    """Find, for each activity that a rule names, which rules restrict it: its own and those on all it is part of."""
    named = {target for chosen in (*restricting, *dos) for target in chosen.rule.targets}
    named.update(activity for chosen in restricting for activity, _ in chosen.rule.exceptions)
    by_target: dict[str, list[Chosen]] = {}
    for chosen in restricting:
        for target in chosen.rule.targets:
            by_target.setdefault(target, []).append(chosen)
    return {activity: reaches for activity in sorted(named) if (reaches := _reaching(rule_set, by_target, activity))}


def _reaching(rule_set: RuleSet, by_target: Mapping[str, list[Chosen]], activity: str) -> tuple[Chosen, ...]:
    """Return the rules that restrict *activity*, each once, those on the activity itself first.

    No rule restricts a prescribed medicine, whatever it is part of.
    """
    if rule_set.activities[activity].medicine == ruleset.PRESCRIBED:
        return ()
    reaching = {one.rule.id: one for ancestor in rule_set.lineage[activity] for one in by_target.get(ancestor, ())}
    return tuple(reached for one in reaching.values() for reached in _reached(rule_set, one, activity))


def _reached(rule_set: RuleSet, chosen: Chosen, activity: str) -> tuple[Chosen, ...]:
    """Climb from *activity* to the targets of the rule; a way through an exception doesn't count."""
    exceptions = dict(chosen.rule.exceptions)
    if not exceptions:
        return (chosen,)
    lineage, activities = rule_set.lineage, rule_set.activities
    ways = {one: () if one in exceptions else activities[one].under for one in lineage[activity]}
    reached = set(ruleset.walk([activity], ways))
    if not reached.difference(exceptions).isdisjoint(chosen.rule.targets):
        return (chosen,)
    # Of exceptions one inside the other the nearest speaks of the activity; those side by side all do.
    met = reached.intersection(exceptions)
    outer = {ancestor for one in met for ancestor in lineage[one][1:]}
    return tuple(chosen._replace(exception=exceptions[one]) for one in sorted(met - outer))


def without_lapsed(selection: Selection, treatment: plan.Treatment) -> Selection:
    """Choose the rules again, without what ended so long before *treatment* that the check no longer counts it."""
    facts = selection.facts
    lapsed = {dated for dated in facts.dates if _has_lapsed(*dated, treatment, selection)}
    if not lapsed:
        return selection
    given = {
        fact: tuple(one for one in value if (fact, one) not in lapsed) if isinstance(value, tuple) else value
        for fact, value in facts.given.items()
    }
    chosen = select(selection.rule_set, facts._replace(given=given))
    return chosen._replace(facts=facts, screenings=selection.screenings)


def _has_lapsed(fact: str, answer: str, treatment: plan.Treatment, selection: Selection) -> bool:
    """Report whether the check asks for *answer*, and all that asks for it is long enough ago."""
    asking = (one for one, _ in selection.screenings if any(test.asks_for(fact, answer) for test in one.when.tests))
    return {_level(one, treatment, selection) for one in asking} == {None}


def find_against(selection: Selection, treatment: plan.Treatment) -> list[plan.Finding]:
    """List what speaks against the treatment, the gravest first, and with it what no rule knows."""
    levels = [(one, _level(one, treatment, selection)) for one, truth in selection.screenings if truth is Truth.YES]
    found = [plan.Finding(one, level, _stating(one, level, selection.rule_set)) for one, level in levels if level]
    found += [plan.Finding(Screening(one.word, "ask", text=one.text), "ask", ()) for one in selection.facts.unheard]
    return sorted(found, key=lambda finding: (LEVELS.index(finding.level), finding.screening.id))


def _stating(screening: Screening, level: str, rule_set: RuleSet) -> tuple[str, ...]:
    """Return the sources that grade it as *level* or graver; where none grades it, all that are cited."""
    graver = LEVELS[: LEVELS.index(level) + 1]
    stating = [one.source for one in screening.says if one.value.removeprefix("level ").split(";")[0] in graver]
    cited = stating or [one.source for one in screening.says]
    return tuple(sorted(dict.fromkeys(cited), key=lambda source: rule_set.by_weight[source]))


def _level(screening: Screening, treatment: plan.Treatment, selection: Selection) -> str | None:
    """Return the level for this person, or None where it is long enough ago.

    What goes on has the level itself. A day frees what has ended, so that "stop" is "postpone" from then on. "Ask" is
    enough between the two lengths of *within*, and where nobody knows when something was done.
    """
    if screening.within is None or (days := _days(screening, treatment, selection)) is None:
        return screening.level
    softer = "ask" if screening.level in ruleset.FORBIDDING else screening.level
    if not days:
        return softer
    last = max(days)
    near, far = (shift_date(last, length) for length in screening.within)
    if near > treatment.day:
        return "postpone" if screening.level == "stop" and last < treatment.day else screening.level
    return softer if far > treatment.day else None


def _days(screening: Screening, treatment: plan.Treatment, selection: Selection) -> list[date] | None:
    """Return the days on which what *screening* asks for was done or ended; None where its time never matters."""
    facts, days, matters = selection.facts, [], False
    for test in screening.when.tests:
        said, asked = facts.value(test.fact), selection.rule_set.facts[test.fact]
        for answer in said if isinstance(said, tuple) else ():
            day = facts.dates.get((test.fact, answer), treatment.day if asked.goes_on(answer) else None)
            if test.accepts((answer,)):
                matters |= day is not None or bool(asked.dated_of(answer))
                days += [] if day is None else [day]
    return days if matters else None
