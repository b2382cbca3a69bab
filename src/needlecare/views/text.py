"""The plan as text: laid out in lines that fill a width, without layout, as Markdown, and as CSV.

Text is literal, never markup. Whoever writes what is laid out gives each piece the colours of its style.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, zip_longest
from typing import Any
from urllib.parse import quote

from needlecare.model.plan import Day, Timeline
from needlecare.views import phrases as say
from needlecare.views.phrases import Row, Section, harmless, led
from needlecare.views.sheet import Sheet, make_sheet

_STYLES = {
    "no": "red",
    "better not": "yellow",
    "only if": "cyan",
    "do": "green",
    "yes": "green",
    "lift": "bold green",
    "expect": "cyan",
    "hint": "yellow",
    "urgent": "bold red",
    "call": "red",
    "stop": "bold white on red",
    "postpone": "bold white on red",
    "ask": "bold yellow",
    "tell": "bold yellow",
}
# Each state has a letter-like shape of its own, so that the chart can be read without colour.
_CELLS = {"n": ("█", "red"), "b": ("▒", "yellow"), "o": ("?", "cyan"), ".": ("·", "dim")}
_LEGEND = "  █ avoid   ▒ better wait   ? only if your skin looks calm   · OK"
_BETWEEN = "   "


# A piece of a line and its style; a line is a list of them.
Piece = tuple[str, str]
Line = list[Piece]
_WIDEST_HEAD = 26
# Nothing can be read in less; and how wide it is where nobody says.
_NARROWEST, _WIDTH = 24, 80
# The most lines and words of a first screen, and how many lines of it are seen first: all that the first evening needs.
_LINES, _WORDS, _SEEN_FIRST = 70, 600, 24
# From here on there is room for two columns.
_WIDE = 110


def fit_brief(timeline: Timeline) -> Sheet:
    """Write the first screen of *timeline* with as much as fits eighty columns, its lines and its words."""
    from needlecare.views.brief import ROOMS, make_brief

    for room in ROOMS:
        screen = make_brief(timeline, room)
        if fits(screen, _LINES, _WORDS):
            break
    for closer in _draw_closer(screen):
        to_help = closer.sections[: 1 + [section.id for section in closer.sections].index("help")]
        if fits(closer._replace(sections=to_help, basis=""), _SEEN_FIRST, _WORDS):
            break
    return closer


def _draw_closer(screen: Sheet) -> Iterator[Sheet]:
    """Yield *screen*, and then with ever less in the way of where to get help."""
    yield screen
    for ids in (("against", "first"), ("against", "first", "help")):
        screen = screen._replace(sections=tuple(one._replace(is_close=one.id in ids) for one in screen.sections))
        yield screen
    # What nothing speaks against, and what only had better wait, stand in the days too.
    for tone in ("yes", "better not"):
        first = (one._replace(rows=tuple(row for row in one.rows if row.tone != tone)) for one in screen.sections[:2])
        screen = screen._replace(sections=(*first, *screen.sections[2:]))
        yield screen


def fits(sheet: Sheet, lines: int, words: int) -> bool:
    """Report whether *sheet* takes so many lines and words at most."""
    text = lay_out(sheet)
    return text.count("\n") <= lines and len(text.split()) <= words


def lay_out(sheet: Sheet, width: int = _WIDTH) -> str:
    """Render *sheet* in lines of at most *width*, without styles."""
    return "".join(f"{''.join(text for text, _ in line).rstrip()}\n" for line in draw(sheet, width))


def draw(sheet: Sheet, width: int) -> Iterator[Line]:
    """Lay *sheet* out in lines of at most *width* cells."""
    width = max(width, _NARROWEST)
    yield from _paragraph(sheet.title, "bold", width)
    yield from _paragraph(sheet.subject, "", width)
    yield from _paragraph(led("Your clinic: ", sheet.clinic), "", width)
    for line in sheet.notice:
        yield from _paragraph(line, "italic", width)
    yield from _sections(sheet.sections, width)
    if sheet.basis:
        yield from ([], *_paragraph(sheet.basis, "dim", width))


def _sections(sections: Sequence[Section], width: int) -> Iterator[Line]:
    """Lay *sections* out; a first screen in two columns where that is wide."""
    is_screen = not any(section.columns or section.blocks for section in sections)
    half = (width - len(_BETWEEN)) // 2 if is_screen and width >= _WIDE else width
    drawn = [list(_section(one, half)) for one in sections]
    left, right = _halves(drawn) if half < width else (list(chain(*drawn)), [])
    empty: Line = []
    for one, other in zip_longest(left, right, fillvalue=empty):
        used = sum(_measure(text) for text, _ in one)
        yield [*one, (" " * (half + len(_BETWEEN) - used), ""), *other] if other else one


def _halves(drawn: Sequence[list[Line]]) -> tuple[list[Line], list[Line]]:
    """Part sections, each in its lines, into two columns, as even as can be."""
    parted = ((list(chain(*drawn[:at])), list(chain(*drawn[at:]))) for at in range(len(drawn) + 1))
    return min(parted, key=lambda pair: max(map(len, pair)))


def _section(section: Section, width: int) -> Iterator[Line]:
    yield from (*([] if section.is_close else [[]]), *_paragraph(section.title, "bold underline", width))
    yield from (_chart if section.days else _table)(section, width)
    for block in section.blocks:
        yield from ([], *_paragraph(block.title, "bold", width), *_table(block, width))


def _paragraph(text: str, style: str, width: int) -> list[Line]:
    return [[(line, style)] for line in wrap(harmless(text), width)] if text else []


def _table(group: Section, width: int) -> Iterator[Line]:
    """Draw rows in two columns, or three with a date; rows that follow each other under one head show it once."""
    left, middle, right = _columns(group, width)
    previous = ""
    for row in group.rows:
        head = [] if row.head == previous else wrap(harmless(row.head), left)
        previous = row.head
        dates = [row.when] if middle else []
        for name, date, line in zip_longest(head, dates, _body(row, right, dated=bool(middle))):
            lead = f"  {name or ''}"
            gap = " " * (left + 4 - _measure(lead)) if line else ""
            column = [((date or "").ljust(middle), "")] if middle else []
            yield [(f"{lead}{gap}", _STYLES.get(row.tone, "bold")), *column, *(line or [])]


def _columns(group: Section, width: int) -> tuple[int, int, int]:
    """Return how wide the heads, the dates and the texts of *group* are; dates have no column where that is narrow."""
    left = min(max((_measure(row.head) for row in group.rows), default=0), _WIDEST_HEAD, width // 3)
    middle = max((_measure(row.when) + 2 for row in group.rows if row.when), default=0)
    middle = middle if middle + left < width // 2 + 2 else 0
    return left, middle, width - left - middle - 4


def _body(row: Row, width: int, *, dated: bool) -> Iterator[Line]:
    """Break the text of a row into lines, behind its date unless that is *dated* apart; its marks follow, dimmed."""
    lead = f"{row.when}: " if row.when and not dated else ""
    text = harmless(f"{lead}{', '.join(filter(None, (row.text, row.link)))}")
    marks = f" [{harmless(row.marks)}]" if row.marks else ""
    plain = len(text)
    for line in wrap(text + marks, width):
        pieces = ((line[:plain], ""), (line[plain:], "dim")) if marks else ((line, ""),)
        yield [piece for piece in pieces if piece[0]]
        # The blank between two lines is gone.
        plain = max(plain - len(line) - 1, 0)


# Beyond Latin letters a sign may take two cells or none, but for these.
_LATIN, _OF_ONE_CELL = "\u0300", frozenset("–−—’“”…·█▒")


def _measure(text: str) -> int:
    # Asking Rich takes longer than all the rest.
    if text.isascii() or all(sign < _LATIN or sign in _OF_ONE_CELL for sign in text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _chop(text: str, width: int) -> list[str]:
    from rich.cells import chop_cells

    return chop_cells(text, width)


def wrap(text: str, width: int) -> list[str]:
    """Break *text* into lines of at most *width* cells, between words where that can be."""
    width = max(width, 1)
    if _measure(text) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        size = _measure(word)
        if line and used + 1 + size > width:
            lines.append(line)
            line, used = "", 0
        if size > width:
            *full, word = _chop(word, width)  # noqa: PLW2901  the rest of the word goes on
            lines.extend([line] if line else [])
            lines.extend(full)
            line, size = "", _measure(word)
        line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
    return [*lines, line]


def _chart(section: Section, width: int) -> Iterator[Line]:
    """Draw activities against days; where the width is little, fewer days are drawn."""
    days = section.days
    label = min(max(_measure(row.head) for row in section.rows), max(width - 3 - len(days), 12))
    per_day = 2 if (width - label - 3) // 2 >= len(days) else 1
    shown = days[: max((width - label - 3) // per_day, 1)]
    yield [(" " * (label + 3) + _scale(shown, per_day), "dim")]
    weekdays = "".join(say.date(day.day)[0].ljust(per_day) for day in shown)
    yield [(" " * (label + 3) + weekdays, "dim")]
    for row in section.rows:
        yield _strip(row, len(shown), label, per_day)
    yield from _paragraph(_LEGEND, "", width)
    if len(shown) < len(days):
        yield from _paragraph(f"{len(days) - len(shown)} more days don't fit this width", "dim", width)


def _strip(row: Row, days: int, label: int, per_day: int) -> Line:
    name = harmless(row.head)
    name = name if _measure(name) <= label else _chop(name, label - 1)[0] + "…"
    line: Line = [(f"  {name}{' ' * (label - _measure(name) + 1)}", "")]
    for state, run in groupby(row.states[:days]):
        cell, style = _CELLS[state]
        filled = cell * per_day if state in "nb" else cell.ljust(per_day)
        line.append((filled * len(list(run)), style))
    return line


def _scale(days: tuple[Day, ...], per_day: int) -> str:
    """Write the date at day 0 and at every Monday that has room."""
    line = ""
    for position, day in enumerate(days):
        start = position * per_day
        if start >= len(line) + (1 if line else 0) and (position == 0 or day.day.weekday() == 0):
            mark = say.short_date(day.day)
            if start + len(mark) <= len(days) * per_day or position == 0:
                line = line.ljust(start) + mark
    return line


def render(timeline: Timeline) -> str:
    """Render the first screen of *timeline* as it stands in a file: laid out, without styles."""
    return lay_out(fit_brief(timeline))


def render_plain(sheet: Sheet) -> str:
    """Render *sheet* without layout: a line a row, none of them broken."""
    lines = [*filter(None, (sheet.title, sheet.subject, led("Your clinic: ", sheet.clinic), *sheet.notice))]
    for section in sheet.sections:
        for group in (section, *section.blocks):
            lines.extend(["", group.title])
            for row in group.rows:
                marks = f" [{row.marks}]" if row.marks else ""
                lines.append(f"- {row.head}: {', '.join(filter(None, (row.when, row.text, row.link)))}{marks}")
    return "\n".join(map(harmless, [*lines, "", sheet.basis])) + "\n"


# What means something inside a line, and what begins a block; the rest stays as it is, so that it can be read raw.
_INLINE = re.compile(r"([\\`*_\[\]<>|~&$])")
_BLOCK = re.compile(r"^([#+=-]|\d+(?=[.)]))")
# What readers turn into links by themselves.
_LINKED = re.compile(r"(?i)(https?|ftp|mailto|www)([:.])|@")
# An address as it is, but for what would end the link.
_SAFE = "%/:?#[]@!$&'()*+,;=~"


def render_markdown(timeline: Timeline) -> str:
    """Render *timeline* as Markdown."""
    sheet, clinic = make_sheet(timeline, handed_over=True), timeline.rule_set.clinic
    lines = [f"# {escape(sheet.title)}", "", f"**{escape(sheet.subject)}**"]
    if sheet.clinic:
        lines.extend(["", escape(sheet.clinic)])
    for line in sheet.notice:
        lines.extend(["", f"> {escape(line)}"])
    for section in sheet.sections:
        lines.extend(_markdown_section(section))
    if clinic and clinic.closing:
        lines.extend(["", escape(clinic.closing)])
    return "\n".join([*lines, "", escape(sheet.basis)]) + "\n"


def escape(text: str) -> str:
    """Make *text* stand for itself: no markup, no tags, no links, one line."""
    text = _INLINE.sub(r"\\\1", harmless(text).strip())
    text = _BLOCK.sub(lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", text)
    return _LINKED.sub(lambda found: f"{found[1]}\u200b{found[2]}" if found[1] else "@\u200b", text)


def _markdown_section(section: Section) -> Iterator[str]:
    yield from ("", f"## {section.title}")
    if section.rows:
        yield ""
    if section.columns and section.rows:
        yield from (f"| {' | '.join(section.columns)} |", f"|{' --- |' * len(section.columns)}")
        for row in section.rows:
            yield f"| {' | '.join(map(escape, (row.head, row.text, row.marks)[: len(section.columns)]))} |"
    else:
        yield from map(_item, section.rows)
    for block in section.blocks:
        yield from ("", f"### {escape(block.title)}", "")
        yield from map(_item, block.rows)


def _item(row: Row) -> str:
    text = f"[{escape(row.text)}](<{quote(row.link, safe=_SAFE)}>)" if row.link else escape(row.text)
    marks = f" ({escape(row.marks)})" if row.marks else ""
    return f"- **{escape(row.head)}**: {text}{marks}"


COLUMNS = (
    "kind", "activity", "label", "group", "text", "start", "earliest", "end", "end_stated", "bound", "better_from",
    "better_until", "open_end", "and_once", "until_seen", "precision", "times", "if", "usually_by", "worry_after",
    "sources", "better_sources", "says", "overruled", "rule", "origin", "treatment", "ruleset", "notice",
)  # fmt: skip
# What a spreadsheet takes for a formula: at the start of a cell, or after what it may take for the end of one, with
# quotes, blanks and what takes no room before it.
_NO_ROOM = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
_FORMULA = re.compile(rf"(^|[;,|\t])([\s\"'{_NO_ROOM}]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def render_csv(timeline: Timeline) -> str:
    """Render *timeline* as CSV: what to see a clinician for, then one row a window; harmless for spreadsheets."""
    # JSON is for programs, and most runs write for people.
    from needlecare.views.json import plan_record

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
    lines = ([_csv_cell((row | shared).get(column)) for column in COLUMNS] for row in rows)
    return "".join(map(csv_line, (COLUMNS, *lines)))


def _warnings(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section, kind, about in (("screening", "level", "condition"), ("red_flags", "urgency", "signs")):
        for one in record[section]:
            yield {"kind": one[kind], "activity": one[about], "text": one["text"], "says": one["sources"]}


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


def _csv_cell(value: object) -> str:
    """Format a field: nothing for null, true or false, lists joined."""
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def csv_line(cells: Iterable[str]) -> str:
    """Quote *cells*, without control characters, and with an apostrophe before what a spreadsheet would calculate."""
    quoted = (_FORMULA.sub(r"\1'\2", harmless(cell)).replace('"', '""') for cell in cells)
    return ",".join(f'"{cell}"' for cell in quoted) + "\r\n"
