"""What tests share: plans made of a few lines of YAML."""

from pathlib import Path

import pytest

from support import Planner


@pytest.fixture
def plan(tmp_path: Path) -> Planner:
    """Make plans of rules given as YAML lines."""
    return Planner(tmp_path)
