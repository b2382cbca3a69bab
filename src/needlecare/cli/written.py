"""What a file that was just written holds, in one short line."""

import csv
import io
import re
from datetime import date
from pathlib import Path

from needlecare.model.plan import Timeline
from needlecare.views.phrases import say_day

_STARTS = re.compile(r"^DTSTART[^:\r\n]*:(\d{8})", re.MULTILINE)


def say_written(path: Path, text: str, chosen: str, timeline: Timeline | None) -> str:
    """Say what *text*, written to *path* in the format *chosen*, holds; without *timeline* it calls a calendar off."""
    if chosen == "ics":
        days = sorted(map(date.fromisoformat, _STARTS.findall(text)))
        held = _counted(text.count("BEGIN:VEVENT"), "event")
        held = held if timeline else f"{held} called off"
    elif chosen == "csv":
        days, held = [], _counted(sum(1 for _ in csv.reader(io.StringIO(text))) - 1, "row")
    else:
        days, held = [day.day for day in timeline.days] if timeline else [], "the plan"
    span = f", {_said(days[0])} to {_said(days[-1])}" if days else ""
    return f"{path}: {held}{span}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _said(day: date) -> str:
    return f"{say_day(day)} {day.year}"
