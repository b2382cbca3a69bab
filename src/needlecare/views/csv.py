"""The plan as CSV: what to see a clinician for, then one row a window, made harmless for spreadsheets."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from needlecare.model.plan import Timeline
from needlecare.views.json import plan_record
from needlecare.views.phrases import harmless

COLUMNS = (
    "kind", "activity", "label", "group", "text", "start", "earliest", "end", "end_stated", "bound", "better_from",
    "better_until", "open_end", "and_once", "until_seen", "precision", "times", "if", "usually_by", "worry_after",
    "sources", "better_sources", "says", "overruled", "rule", "origin", "treatment", "ruleset", "notice",
)  # fmt: skip
# What a spreadsheet takes for a formula: at the start of a cell, or after what it may take for the end of one.
_FORMULA = re.compile(r"(^|[;,|\t])(\s*[\"']?\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def render(timeline: Timeline) -> str:
    """Render *timeline*, with a header."""
    record, rules = plan_record(timeline), timeline.rule_set.rules
    rows = list(_warnings(record))
    for window, told in zip(timeline.windows, record["windows"], strict=True):
        beaten = (f"{id_} ({one.source}): {one.value}" for id_ in window.overruled for one in rules[id_].says)
        cells = {
            "label": timeline.rule_set.label(window.target),
            "open_end": window.is_open,
            "until_seen": [wait.bound for wait in window.until_seen],
            "says": [f"{one.source}: {one.value}" for one in timeline.rule_set.sayings(window.rules)],
            "overruled": list(beaten),
        }
        rows.append(told | cells)
    shared = _shared(record)
    lines = ([_cell((row | shared).get(column)) for column in COLUMNS] for row in rows)
    return "".join(map(_line, (COLUMNS, *lines)))


def _warnings(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for found in record["screening"]:
        about = {"kind": found["level"], "activity": found["condition"]}
        yield {**about, "text": found["text"], "says": found["sources"]}
    for flag in record["red_flags"]:
        yield {"kind": flag["urgency"], "activity": flag["signs"], "text": flag["text"], "says": flag["sources"]}


def _shared(record: dict[str, Any]) -> dict[str, str]:
    """Return what every row repeats: of which treatment it is, and who made the rules."""
    treatment, rule_set = record["treatment"], record["ruleset"]
    reviewer = f"reviewed by {rule_set['reviewed_by']}" if rule_set["reviewed_by"] else "not reviewed by a clinician"
    changed = f", changes the core: {', '.join(rule_set['changed_core'])}" if rule_set["changed_core"] else ""
    return {
        "treatment": treatment["moment"] or treatment["date"],
        "ruleset": f"{rule_set['id']} {rule_set['version']} {rule_set['hash']}, {reviewer}{changed}",
        "notice": record["notice"],
    }


def _cell(value: object) -> str:
    """Format a field: nothing for null, true or false, lists joined."""
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _line(cells: Iterable[str]) -> str:
    """Quote *cells*, without control characters, and with an apostrophe before what a spreadsheet would calculate."""
    quoted = (_FORMULA.sub(r"\1'\2", harmless(cell)).replace('"', '""') for cell in cells)
    return ",".join(f'"{cell}"' for cell in quoted) + "\r\n"
