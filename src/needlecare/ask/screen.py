"""Screening by the facts given: what speaks against the treatment, and what wasn't answered."""

from typing import NamedTuple

from needlecare.model.plan import Finding, Timeline
from needlecare.model.ruleset import Screening

AGAINST = ("stop", "postpone", "ask")


class Screened(NamedTuple):
    """The result: *findings* the gravest first, *unanswered* what wasn't said, *answered* how many were."""

    timeline: Timeline
    findings: tuple[Finding, ...]
    unanswered: tuple[Screening, ...]
    answered: int

    @property
    def is_against(self) -> bool:
        """Whether something says stop, postpone or ask first."""
        return any(finding.level in AGAINST for finding in self.findings)


def screen(timeline: Timeline) -> Screened:
    """Screen what is known of the person in *timeline*."""
    total = len(timeline.rule_set.screenings)
    return Screened(timeline, timeline.findings, timeline.unanswered, total - len(timeline.unanswered))
