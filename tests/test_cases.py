"""The cases beside the shipped rules and the examples: what a plan must say, as a practitioner would expect it."""

from pathlib import Path

import pytest
import yaml

from running import run
from support import RULES, SHIPPED

EXAMPLES = sorted((RULES / "examples").glob("*.yaml"))


@pytest.mark.parametrize("rule_set", [*SHIPPED, *map(str, EXAMPLES)], ids=lambda name: Path(name).stem)
def test_plans_say_what_the_cases_of_their_set_expect(rule_set: str) -> None:
    files = [Path(rule_set)] if rule_set not in SHIPPED else sorted((RULES / rule_set).glob("*.yaml"))
    written = [yaml.safe_load(path.read_text(encoding="utf-8")).get("cases", []) for path in files]
    ran = run("rules", "test", rule_set)
    assert (ran.code, ran.out, ran.err) == (0, f"{sum(map(len, written))} passed, 0 failed\n", "")
