"""What is to be left before a session, and from when."""

from collections.abc import Iterator
from datetime import date

from needlecare.model.ruleset import AVOID, RuleSet
from needlecare.model.time import local_date
from needlecare.model.treatment import Treatment, treated_on
from needlecare.timeline.selection import Selection
from needlecare.timeline.spans import Spans


def begin_before(rule_set: RuleSet, selection: Selection, treatment: Treatment) -> list[tuple[str, date]]:
    """Tell what is to be left before *treatment*, each from which date on."""
    spans = Spans(rule_set, treatment, selection)
    begins: dict[str, date] = {}
    for chosen in selection.by_verb[AVOID]:
        span = spans.of(chosen.rule) if chosen.rule.start or chosen.rule.days else None
        if span is not None and span.start < treatment.first:
            first = local_date(span.start, treatment.zone)
            for target in chosen.rule.targets:
                begins[target] = min(first, begins.get(target, first))
    return sorted(begins.items())


def precare(rule_set: RuleSet, selection: Selection, treatment: Treatment, day: date) -> Iterator[tuple[str, date]]:
    """Tell what one would leave between *treatment* and a session on *day*, from which date on."""
    following = treated_on(day, None, treatment.zone)
    begins = [(target, max(first, treatment.day)) for target, first in begin_before(rule_set, selection, following)]
    yield from sorted(begins, key=lambda item: (item[1], item[0]))
