"""A treatment and facts to try rules with."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from itertools import pairwise
from zoneinfo import ZoneInfo

from needlecare.model.facts import NONE, Condition, Fact, Facts, Given
from needlecare.model.treatment import make_treatment

# Any treatment will do to see what shows: an hour in the afternoon, far from a clock change.
SAMPLE = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("UTC"))


def satisfying(condition: Condition, asked: Mapping[str, Fact]) -> Facts | None:
    """Find facts for which *condition* holds, with nothing else given; None where there are none."""
    given: dict[str, Given] = {}
    for name in {test.fact for test in condition.tests}:
        fact = asked[name]
        tests = [test for test in condition.tests if test.fact == name]
        tried = _numbers(fact, condition) if fact.is_number else _answers(fact)
        fitting = next((value for value in tried if all(test.accepts(value) for test in tests)), None)
        if fitting is None:
            return None
        given[name] = fitting
    assumed = {
        id_: default for id_, fact in asked.items() if id_ not in given and (default := fact.assumed) is not None
    }
    unknown = tuple(name for name in asked if name not in given and name not in assumed)
    return Facts(given, assumed, unknown)


def _answers(fact: Fact) -> Iterable[Given]:
    single: list[Given] = [(answer.id,) for answer in fact.answers]
    return [*single, (NONE,), tuple(answer.id for answer in fact.answers)] if fact.several else single


def _numbers(fact: Fact, condition: Condition) -> list[Given]:
    """Try every limit that is named, and what lies beside and between them."""
    limits = [fact.low or 0.0, fact.high or 0.0]
    limits += [limit for test in condition.tests for limit in (test.low, test.high) if limit is not None]
    limits = sorted(set(limits))
    between = [(low + high) / 2 for low, high in pairwise(limits)]
    return [*limits, *between]
