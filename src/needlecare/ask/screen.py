"""Screening by the facts given: what speaks against the treatment, and what wasn't answered."""

from collections.abc import Iterator
from typing import NamedTuple

from needlecare.model.facts import Truth
from needlecare.model.plan import Finding, Timeline
from needlecare.model.ruleset import Screening

AGAINST = ("stop", "postpone", "ask")


class Unjudged(NamedTuple):
    """An *answer* that was given to a *fact*, and that no entry judges, because of what other facts are (*given*)."""

    fact: str
    answer: str
    given: tuple[str, ...]


class Screened(NamedTuple):
    """The result: *findings* the gravest first, *unanswered* what wasn't said, *answered* how many were.

    *unjudged* is what was said and no entry judges.
    """

    timeline: Timeline
    findings: tuple[Finding, ...]
    unanswered: tuple[Screening, ...]
    answered: int
    unjudged: tuple[Unjudged, ...] = ()

    @property
    def is_against(self) -> bool:
        """Whether something says stop, postpone or ask first."""
        return any(finding.level in AGAINST for finding in self.findings)


def screen(timeline: Timeline) -> Screened:
    """Screen what is known of the person in *timeline*."""
    total = len(timeline.rule_set.screenings)
    answered = total - len(timeline.unanswered)
    return Screened(timeline, timeline.findings, timeline.unanswered, answered, tuple(_unjudged(timeline)))


def _unjudged(timeline: Timeline) -> Iterator[Unjudged]:
    """Give the answers that entries ask for, all of which fail for another reason."""
    facts = timeline.facts
    judged: dict[tuple[str, str], list[tuple[Truth, tuple[str, ...]]]] = {}
    for screening in timeline.rule_set.screenings.values():
        truth, failing = screening.when.judge(facts)
        for test in screening.when.tests:
            for answer in () if test.negated else test.answers:
                judged.setdefault((test.fact, answer), []).append((truth, failing))
    for (fact, answer), found in sorted(judged.items()):
        value = facts.given.get(fact)
        if isinstance(value, tuple) and answer in value and all(truth is Truth.NO for truth, _ in found):
            others = dict.fromkeys(name for _, failing in found for name in failing if name != fact)
            yield Unjudged(fact, answer, tuple(others))
