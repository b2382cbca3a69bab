from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from needlecare import RuleSet, Timeline, build_timeline, load_rules, make_treatment, read_facts
from running import Ran, run

LONDON = ZoneInfo("Europe/London")
SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-21T09:00")
Make = Callable[..., Timeline]
Ask = Callable[..., Ran]


def read_table(name: str) -> list[list[str]]:
    """Read the cells of a table beside the tests, a row on a line; what begins with # is a comment."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines if not line.startswith("#")]


@pytest.fixture(scope="session")
def rule_set() -> RuleSet:
    return load_rules()


# A module may have a rule set of its own.
@pytest.fixture(scope="module")
def plan_for(rule_set: RuleSet) -> Make:
    """Make the timeline of a treatment on Fri 20 Nov 2026 at 16:30; facts are given as a person says them."""

    @cache
    def make(
        day: date = date(2026, 11, 20), clock: time | None = time(16, 30), next_day: date | None = None, **said: str
    ) -> Timeline:
        treatment = make_treatment(day, clock, LONDON, next_session=next_day)
        facts = read_facts(rule_set, {name.replace("_", "-"): [answer] for name, answer in said.items()})
        return build_timeline(rule_set, treatment, facts)

    return make


@pytest.fixture(scope="session")
def next_morning() -> datetime:
    return datetime(2026, 11, 21, 9, tzinfo=LONDON)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_log: None) -> Ask:
    """Run a command as a person types it, about one sitting; what is remembered lies in a folder of the test's own."""
    del no_log
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    monkeypatch.delenv("NEEDLECARE_NO_LOG")

    def run_command(*typed: str, sitting: tuple[str, ...] = SITTING) -> Ran:
        return run(*typed, *sitting)

    return run_command
