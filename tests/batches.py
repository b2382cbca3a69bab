"""Lists of clients to plan, and running `batch` on them."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from running import Ran, run

HERE = ("--tz", "Europe/London")
# What a folder of plans keeps account in.
LEDGER = ".needlecare-batch"


def batch(*arguments: str) -> Ran:
    """Run `needlecare batch` in London."""
    return run("batch", *arguments, *HERE)


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Give *data* to the next run as its stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def write(folder: Path, text: str | bytes, name: str = "clients.csv") -> str:
    """Write a list of clients; give its path."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def plans(ran: Ran) -> list[dict[str, Any]]:
    """Give the lines of a run."""
    return [json.loads(line) for line in ran.out.splitlines()]


def ids(ran: Ran) -> list[str]:
    """Give the ids that were planned."""
    return [plan["id"] for plan in plans(ran)]


def small_rules(folder: Path) -> str:
    """Write a rule set whose plans are soon made; give its path."""
    return write(
        folder,
        "ruleset: small\nversion: '1'\nwords-from: microneedling\nsource: ours\nsources: {ours: Our sheet}\n"
        "rules: {makeup: {avoid: makeup, until: 24h}, gym: {avoid: exercise, until: 3d}}\n",
        "small.yaml",
    )
