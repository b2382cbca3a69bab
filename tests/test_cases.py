"""The cases beside the shipped rules and the examples: what a plan must say, as a practitioner would expect it."""

from functools import cache
from pathlib import Path

import pytest

from needlecare import load_rules
from needlecare.authors.cases import Case, read_cases, run_case
from needlecare.model.ruleset import RuleSet
from needlecare.rules.read import Problems, find_rules, shipped_folder, shipped_names

SETS = [*shipped_names(), *(str(path) for path in sorted((shipped_folder() / "examples").glob("*.yaml")))]


def cases_of(rule_set: str) -> list[Case]:
    problems = Problems()
    cases = read_cases(find_rules(rule_set), problems)
    problems.raise_any()
    return cases


CASES = [pytest.param(name, case, id=f"{Path(name).stem}: {case.name}") for name in SETS for case in cases_of(name)]


@cache
def loaded(rule_set: str) -> RuleSet:
    return load_rules(rule_set)


@pytest.mark.parametrize(("rule_set", "case"), CASES)
def test_a_plan_says_what_its_case_expects(rule_set: str, case: Case) -> None:
    assert [str(difference) for difference in run_case(loaded(rule_set), case)] == []
