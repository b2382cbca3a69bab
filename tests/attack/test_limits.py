"""What SECURITY.md says is taken is taken, and a little more is refused, as `benchmarks.growth` prints."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.growth import LIMITS, try_limit
from running import environment, run

ANSWERED = {0, 4}


@pytest.mark.parametrize("name", LIMITS)
def test_the_largest_is_taken_and_a_little_more_is_refused(name: str) -> None:
    taken, size, _ = try_limit(name, more=False)
    refused, *_ = try_limit(name, more=True)
    assert size > 0
    assert taken in ANSWERED
    assert refused not in ANSWERED


def test_rules_on_activities_that_nobody_knows_are_refused_with_the_first_of_their_faults(tmp_path: Path) -> None:
    rules = "".join(f"  r{number}: {{avoid: nothing{number}, until: 2d}}\n" for number in range(30_000))
    path = tmp_path / "set.yaml"
    path.write_text(f"source: s\nsources: {{s: S}}\nrules:\n{rules}", encoding="utf-8")
    assert path.stat().st_size > 1_000_000
    ran = run("rules", "lint", str(path))
    assert ran.code == 3
    *faults, rest = ran.out.splitlines() or ran.err.splitlines()
    assert 100 < len(faults) <= 1_001
    assert "29,0" in rest or "30,000" in rest


def test_help_needs_no_docstrings() -> None:
    command = [sys.executable, "-OO", "-m", "needlecare", "can", "--help"]
    ran = subprocess.run(command, env=environment(None), capture_output=True, timeout=60, check=False)
    plain = subprocess.run(
        [command[0], *command[2:]], env=environment(None), capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, plain.stdout)
    assert b"needlecare can wash my face" in ran.stdout
