"""Lists of clients to plan, and running `batch` on them."""

import io
import sys
from collections.abc import Iterable
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


def write_clients(path: Path, clients: Iterable[int], day: str) -> str:
    """Write a list of *clients*, by number, who were all treated on one *day*; return its path as an argument."""
    return write_list(path.parent, "id,date\n" + "".join(f"{number},{day}\n" for number in clients), path.name)


def files(folder: Path) -> dict[str, bytes]:
    """Read the files of *folder* that aren't hidden, by name; none where there is no folder yet."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")} if folder.exists() else {}


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
