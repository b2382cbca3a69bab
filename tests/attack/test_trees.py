"""Trees of activities, very deep or with many ways through: the work grows with the tree, not with the ways."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from needlecare import RuleSet, load_rules
from running import PLAN, run, write

# Seconds of this process for one command. Walking every way took over a minute for 20 levels.
AT_MOST = 3
HEAD = """
ruleset: trees
extends: microneedling
rules:
  top: {avoid: a0, until: 48h, source: seed-000}
activities:
"""


def ladder(levels: int) -> Iterator[str]:
    """Write activities in pairs, each of them under both of the pair above."""
    yield from ("a0: {label: a 0}", "b0: {label: b 0}")
    for level in range(1, levels + 1):
        for side in "ab":
            yield f"{side}{level}: {{label: {side} {level}, under: [a{level - 1}, b{level - 1}]}}"


def chain(levels: int) -> Iterator[str]:
    """Write activities each of which is under the one before."""
    yield "a0: {label: a 0}"
    yield from (f"a{level}: {{label: a {level}, under: a{level - 1}}}" for level in range(1, levels + 1))


TREES = [
    *(pytest.param([*ladder(levels)], f"a{levels}", id=f"two parents, {levels} levels") for levels in (20, 30, 100)),
    pytest.param([*chain(800)], "a800", id="one parent, 800 levels"),
]


def write_tree(folder: Path, activities: Iterable[str]) -> Path:
    return write(folder, HEAD + "".join(f"  {activity}\n" for activity in activities))


COMMANDS = [
    pytest.param(("plan", "--format", "json"), 0, id="plan"),
    pytest.param(("can", "a0", "--on", "2026-11-21"), 1, id="can the top, while it is restricted"),
    pytest.param(("can", "LOWEST", "--on", "2026-11-21"), 1, id="can the lowest, while it is restricted"),
    pytest.param(("can", "a0", "--on", "2026-12-24"), 0, id="can the top, later"),
]


@pytest.mark.parametrize(("arguments", "code"), COMMANDS)
@pytest.mark.parametrize(("activities", "lowest"), TREES)
def test_a_tree_with_many_ways_is_planned_and_asked_at_once(
    activities: Iterable[str], lowest: str, arguments: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    options = (*PLAN[1:], "--rules", str(write_tree(tmp_path, activities)))
    asked = [lowest if argument == "LOWEST" else argument for argument in arguments]
    began = time.process_time()
    assert run(*asked, *options).code == code
    assert time.process_time() - began < AT_MOST


@pytest.fixture
def crossed(tmp_path: Path) -> RuleSet:
    return load_rules(str(write_tree(tmp_path, ladder(3))))


def test_an_activity_is_part_of_each_of_its_ancestors_once_the_nearest_first(crossed: RuleSet) -> None:
    assert crossed.lineage["a3"] == ("a3", "a2", "b2", "a1", "b1", "a0", "b0")
    assert crossed.ancestry(["a1", "b1"]) == {"a1", "b1", "a0", "b0"}


def test_a_family_is_what_was_named_and_all_below_it(crossed: RuleSet) -> None:
    assert crossed.family(["a2"]) == ("a2", "a3", "b3")
    assert crossed.family(["b2", "a1"]) == ("a1", "b2", "a2", "a3", "b3")
