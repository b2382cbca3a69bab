"""A command asked as a person types it, and what it said."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-21T09:00")


class Said(NamedTuple):
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """What it wrote, as the JSON that it is."""
        record: dict[str, Any] = json.loads(self.out)
        return record


Ask = Callable[..., Said]
