"""What tests share: plans made of a few lines of YAML."""

from pathlib import Path

import pytest

from support import Planner

# So that what it compares is shown where it fails, as in a test.
pytest.register_assert_rewrite("agreeing")


@pytest.fixture(autouse=True)
def no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from what whoever runs them has remembered."""
    monkeypatch.setenv("NEEDLECARE_NO_LOG", "1")


@pytest.fixture
def plan(tmp_path: Path) -> Planner:
    """Make plans of rules given as YAML lines."""
    return Planner(tmp_path)
