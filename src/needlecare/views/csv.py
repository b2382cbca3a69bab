"""The plan as CSV: one row a window, in the fields of the JSON record, made harmless for spreadsheets."""

import re
from collections.abc import Iterable, Iterator

from needlecare.model.plan import Timeline
from needlecare.views.harmless import harmless
from needlecare.views.json import to_record
from needlecare.views.records import TimelineRecord, WindowRecord

COLUMNS = (
    "kind", "activity", "label", "text", "start", "earliest", "end", "end_stated", "better_from", "better_until",
    "and_once", "precision", "times", "if", "usually_by", "worry_after", "says", "overruled", "rule", "origin",
    "treatment", "ruleset", "notice",
)  # fmt: skip
_SEE_FLAGS = "Red flags: needlecare plan shows them, in every other format."
# What a spreadsheet takes for a formula: at the start of a cell, or after what it may take for the end of one.
_FORMULA = re.compile(r"(^|[;,|\t])(\s*[\"']?\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def render(timeline: Timeline) -> str:
    """Render *timeline*, with a header."""
    record = to_record(timeline)
    lines = [_line(COLUMNS)]
    for window in record["windows"]:
        cells = dict(_cells(window, record), label=timeline.rule_set.label(window["activity"]))
        lines.append(_line(_harmless(cells[column]) for column in COLUMNS))
    return "".join(lines)


def _line(cells: Iterable[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n"


def _harmless(text: str) -> str:
    """Take out control characters, and put an apostrophe before what a spreadsheet would calculate."""
    return _FORMULA.sub(r"\1'\2", harmless(text))


def _cells(window: WindowRecord, record: TimelineRecord) -> Iterator[tuple[str, str]]:
    for column, value in window.items():
        if column in COLUMNS:
            yield column, _say(value)
    yield "says", "; ".join(f"{one['source']}: {one['value']}" for one in window["says"])
    yield "overruled", "; ".join(f"{one['rule']} ({one['source']}): {one['value']}" for one in window["overruled"])
    treatment, rule_set = record["treatment"], record["ruleset"]
    yield "treatment", treatment["moment"] or treatment["date"]
    reviewer = f"reviewed by {rule_set['reviewed_by']}" if rule_set["reviewed_by"] else "not reviewed by a clinician"
    changed = f", changes the core: {', '.join(rule_set['changed_core'])}" if rule_set["changed_core"] else ""
    yield "ruleset", f"{rule_set['id']} {rule_set['version']} {rule_set['hash']}, {reviewer}{changed}"
    yield "notice", f"{record['notice']} {_SEE_FLAGS}"


def _say(value: object) -> str:
    """Say a field in one cell: nothing for null, true or false, lists joined."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
