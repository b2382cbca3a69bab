"""A condition belongs to the activity that has it: the plan and the answers name the same one."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ask.conftest import Make
from needlecare import RuleSet, can, load_rules, render
from running import PLAN, run

LATE = datetime(2026, 11, 27, 9, tzinfo=UTC)
AT = ("--on", "2026-11-27", "--at", "09:00")
SHEET = """
ruleset: ours
extends: microneedling
source: sheet
sources: {sheet: Our sheet}
rules:
  heat: {until: 5d and redness-gone, because: we look at it first, by: Dr A}
"""


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that keeps heat off until no redness is left."""
    path = tmp_path_factory.mktemp("ours") / "ours.yaml"
    path.write_text(SHEET, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def rule_set(ours: Path) -> RuleSet:
    return load_rules(str(ours))


@pytest.mark.parametrize("words", ["swimming", "heat", "exercise", "skincare", "acids", "shaving"])
@pytest.mark.parametrize("day", [21, 24, 27, 30])
def test_each_part_waits_for_what_its_windows_in_the_plan_wait_for(plan_for: Make, words: str, day: int) -> None:
    timeline, at = plan_for(), datetime(2026, 11, day, 9, tzinfo=UTC)
    for part in can(timeline, words, at).parts:
        windows = [one for one in timeline.windows_on(part.activity) if one.better_from <= at or one.better_until <= at]
        assert {wait.bound for wait in part.and_once} <= {wait.bound for one in windows for wait in one.waits}


def test_what_hot_yoga_waits_for_is_not_said_of_exercise(plan_for: Make, ours: Path) -> None:
    timeline = plan_for()
    answer = can(timeline, "exercise", LATE)
    assert [wait.bound for wait in answer.and_once] == ["redness-gone"], "all of it waits for that"
    waits = {part.activity: [wait.bound for wait in part.and_once] for part in answer.parts}
    assert waits.pop("hot-yoga") == ["redness-gone"]
    assert not any(waits.values())
    said = run("can", "exercise", *AT, *PLAN[1:], "--rules", str(ours)).out
    assert "\nHot yoga: only if no redness is left. " in said
    (window,) = timeline.windows_on("exercise")
    assert window.waits == (), "as in the plan"


def test_when_says_it_of_the_part_alone_too(ours: Path) -> None:
    said = run("when", "exercise", *PLAN[1:], "--now", "2026-11-20T20:00", "--rules", str(ours)).out
    own = "Other exercise: not before Sun 22 Nov 16:30; better wait until Mon 23 Nov 16:30."
    assert f"{own} Hot yoga: not before Thu 26 Nov, and then only once no redness is left" in said
    said = run("when", "sauna", "on", "27", "nov", "at", "9:00", *PLAN[1:], "--rules", str(ours)).out
    assert said.startswith("Saunas: OK from Fri 27 Nov 09:00, only if no redness is left.\n")


def test_the_plan_does_not_call_it_all_right_as_a_whole(plan_for: Make) -> None:
    again = render(plan_for(), "md").partition("## When may I again\n")[2].partition("\n## ")[0]
    assert re.search(r"\| Mon 23 Nov 16:30 \| [^|]*exercise \(not yet gym and running and hot yoga\)", again)


def test_what_waits_for_the_same_as_a_whole_is_said_once(ours: Path) -> None:
    assert run("can", "sauna", *AT, *PLAN[1:], "--rules", str(ours)).out.count("only if no redness is left") == 1
