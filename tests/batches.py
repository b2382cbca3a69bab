"""Lists of clients to plan, and running `batch` on them."""

import io
import sys
from pathlib import Path

import pytest

from running import Ran, run, write

HERE = ("--tz", "Europe/London")
# What a folder of plans keeps account in.
LEDGER = ".needlecare-batch"


def batch(*arguments: str) -> Ran:
    """Run `needlecare batch` in London."""
    return run("batch", *arguments, *HERE)


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Give *data* to the next run as its stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def write_list(folder: Path, text: str | bytes, name: str = "clients.csv") -> str:
    """Write a list of clients; return its path as an argument."""
    return str(write(folder, text, name))


def ids(ran: Ran) -> list[str]:
    """Give the ids that were planned."""
    return [plan["id"] for plan in ran.records]


def small_rules(folder: Path) -> str:
    """Write a rule set whose plans are soon made; give its path."""
    return write_list(
        folder,
        "ruleset: small\nversion: '1'\nwords-from: microneedling\nsource: ours\nsources: {ours: Our sheet}\n"
        "rules: {makeup: {avoid: makeup, until: 24h}, gym: {avoid: exercise, until: 3d}}\n",
        "small.yaml",
    )
