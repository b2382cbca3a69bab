"""The plan as CSV: what to see a clinician for, then one row a window, made harmless for spreadsheets."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from needlecare.model.plan import Timeline
from needlecare.views.json import plan_record
from needlecare.views.phrases import harmless

COLUMNS = (
    "kind", "activity", "label", "text", "start", "earliest", "end", "end_stated", "better_from", "better_until",
    "open_end", "and_once", "until_seen", "precision", "times", "if", "usually_by", "worry_after", "says", "overruled",
    "rule", "origin", "treatment", "ruleset", "notice",
)  # fmt: skip
# What a spreadsheet takes for a formula: at the start of a cell, or after what it may take for the end of one.
_FORMULA = re.compile(r"(^|[;,|\t])(\s*[\"']?\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def render(timeline: Timeline) -> str:
    """Render *timeline*, with a header."""
    record = plan_record(timeline)
    lines = [_line(COLUMNS)]
    lines.extend(_line(_harmless(row.get(column, "")) for column in COLUMNS) for row in _warnings(record))
    for window, told in zip(timeline.windows, record["windows"], strict=True):
        label, seen = timeline.rule_set.label(window.target), "; ".join(wait.bound for wait in window.until_seen)
        says = "; ".join(f"{one.source}: {one.value}" for one in window.says)
        lost = (timeline.rule_set.rules[id_] for id_ in window.overruled)
        beaten = "; ".join(f"{rule.id} ({one.source}): {one.value}" for rule in lost for one in rule.says)
        cells = dict(_cells(told, record), label=label, until_seen=seen, says=says, overruled=beaten)
        lines.append(_line(_harmless(cells[column]) for column in COLUMNS))
    return "".join(lines)


def _warnings(record: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Make a row of each thing that speaks against the treatment, and of each red flag."""
    shared = dict(_shared(record))
    for found in record["screening"]:
        says = "; ".join(found["sources"])
        yield {"kind": found["level"], "activity": found["condition"], "text": found["text"], "says": says, **shared}
    for flag in record["red_flags"]:
        kind = "call" if flag["urgency"] == "clinic" else "red-flag"
        signs, says = "; ".join(flag["signs"]), "; ".join(flag["sources"])
        yield {"kind": kind, "activity": signs, "text": flag["text"], "says": says, **shared}


def _line(cells: Iterable[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n"


def _harmless(text: str) -> str:
    """Take out control characters, and put an apostrophe before what a spreadsheet would calculate."""
    return _FORMULA.sub(r"\1'\2", harmless(text))


def _cells(window: dict[str, Any], record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for column, value in window.items():
        if column in COLUMNS:
            yield column, _say(value)
    yield from _shared(record)


def _shared(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what every row says: of which treatment it is, and who made the rules."""
    treatment, rule_set = record["treatment"], record["ruleset"]
    yield "treatment", treatment["moment"] or treatment["date"]
    reviewer = f"reviewed by {rule_set['reviewed_by']}" if rule_set["reviewed_by"] else "not reviewed by a clinician"
    changed = f", changes the core: {', '.join(rule_set['changed_core'])}" if rule_set["changed_core"] else ""
    yield "ruleset", f"{rule_set['id']} {rule_set['version']} {rule_set['hash']}, {reviewer}{changed}"
    yield "notice", record["notice"]


def _say(value: object) -> str:
    """Say a field in one cell: nothing for null, true or false, lists joined."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
