"""What tests share: plans made of a few lines of YAML."""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from attack.strength import TIMES
from support import Planner

if TIMES == 1:
    # The same examples every time, so that nobody's change fails by chance; `ATTACK=50` looks further.
    settings.register_profile("steady", derandomize=True, database=None)
    settings.load_profile("steady")
# What was collected stays until the end: looking through it for garbage again and again takes a third of the time.
_GARBAGE = (100_000, 20, 100)


def pytest_configure(config: pytest.Config) -> None:
    """Compile once what is started hundreds of times, where no compiled files may lie beside the sources.

    Of several processes each takes its tests as they stand, so that plans, and the browser, are made in one of them.
    """
    if sys.dont_write_bytecode and config.pluginmanager.has_plugin("cacheprovider"):
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(config.cache.mkdir("compiled"))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
    if config.getoption("dist", "no") == "load":
        config.option.dist = "worksteal"


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


# So that what it compares is shown where it fails, as in a test.
pytest.register_assert_rewrite("agreeing")


@pytest.fixture(autouse=True)
def no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from what whoever runs them has remembered, or set."""
    monkeypatch.setenv("NEEDLECARE_NO_LOG", "1")
    monkeypatch.setenv("NEEDLECARE_CONFIG", "")


@pytest.fixture
def plan(tmp_path: Path) -> Planner:
    """Make plans of rules given as YAML lines."""
    return Planner(tmp_path)
