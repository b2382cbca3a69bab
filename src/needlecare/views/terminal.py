"""The plan for a person at a terminal: lines that fill its width, with Rich's styles. Text is literal, never markup."""

from collections.abc import Iterator
from itertools import groupby, zip_longest

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from needlecare.model.plan import Day, Timeline
from needlecare.views import phrases as say
from needlecare.views.phrases import Block, Row, harmless
from needlecare.views.sheet import Section, Sheet, make_sheet

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
_MEANINGS = (("n", "leave"), ("b", "better not"), ("o", "only if (see What lifts when)"), (".", "free"))
_BETWEEN = "   "


# A piece of a line and its style; a line is a list of them.
Piece = tuple[str, str]
Line = list[Piece]
_WIDEST_HEAD = 26
# Nothing can be read in less.
_NARROWEST = 24


class View:
    """A plan as a Rich renderable; with *sources* the list of sources is written out."""

    def __init__(self, timeline: Timeline, *, sources: bool = False) -> None:
        self._sheet = make_sheet(timeline)
        self._sources = sources

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in _lines(self._sheet, max(options.max_width, _NARROWEST), sources=self._sources):
            for text, style in line:
                yield Segment(text, console.get_style(style) if style else None)
            yield Segment.line()


def _lines(sheet: Sheet, width: int, *, sources: bool) -> Iterator[Line]:
    yield from _paragraph(sheet.title, "bold", width)
    yield from _paragraph(sheet.subject, "", width)
    if sheet.clinic:
        yield from _paragraph(f"Your clinic: {sheet.clinic}", "", width)
    yield []
    for line in sheet.notice:
        yield from _paragraph(line, "italic", width)
    for section in sheet.sections:
        if sources or section.id != "sources":
            yield from _section(section, width)
    yield []
    if not sources:
        yield from _paragraph(f"{len(sheet.rows('sources'))} sources; --sources lists them.", "dim", width)
    yield from _paragraph(sheet.basis, "dim", width)


def _section(section: Section, width: int) -> Iterator[Line]:
    yield []
    yield from _paragraph(section.title, "bold underline", width)
    yield from (_chart if section.days else _table)(section, width)
    for block in section.blocks:
        yield []
        yield from _paragraph(block.title, "bold", width)
        yield from _table(block, width)


def _paragraph(text: str, style: str, width: int) -> list[Line]:
    return [[(line, style)] for line in wrap(harmless(text), width)]


def _table(group: Section | Block, width: int) -> Iterator[Line]:
    """Draw rows in two columns; rows that follow each other under one head show it once."""
    left = min(max((cell_len(row.head) for row in group.rows), default=0), _WIDEST_HEAD, width // 3)
    previous = ""
    for row in group.rows:
        head = [] if row.head == previous else wrap(harmless(row.head), left)
        previous = row.head
        for name, body in zip_longest(head, _body(row, width - left - 3)):
            gap = " " * (left - cell_len(name or "") + 1) if body else ""
            yield [(f"  {name or ''}{gap}", _STYLES.get(row.tone, "bold")), *(body or [])]


def _body(row: Row, width: int) -> Iterator[Line]:
    """Break the text of a row into lines; the marks of its sources follow, dimmed."""
    text = harmless(", ".join(filter(None, (row.text, row.link))))
    marks = f" [{harmless(row.marks)}]" if row.marks else ""
    plain = len(text)
    for line in wrap(text + marks, width):
        pieces = ((line[:plain], ""), (line[plain:], "dim")) if marks else ((line, ""),)
        yield [piece for piece in pieces if piece[0]]
        # The blank between two lines is gone.
        plain = max(plain - len(line) - 1, 0)


def wrap(text: str, width: int) -> list[str]:
    """Break *text* into lines of at most *width* cells, between words where that can be."""
    width = max(width, 1)
    # Most text is plain letters, a cell each.
    measure = len if text.isascii() else cell_len
    if measure(text) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        size = measure(word)
        if line and used + 1 + size > width:
            lines.append(line)
            line, used = "", 0
        if size > width:
            *full, word = chop_cells(word, width)  # noqa: PLW2901  the rest of the word goes on
            lines.extend([line] if line else [])
            lines.extend(full)
            line, size = "", measure(word)
        line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
    return [*lines, line]


def _chart(section: Section, width: int) -> Iterator[Line]:
    """Draw activities against days; where the width is little, fewer days are drawn."""
    days = section.days
    label = min(max(cell_len(row.head) for row in section.rows), max(width - 3 - len(days), 12))
    per_day = 2 if (width - label - 3) // 2 >= len(days) else 1
    shown = days[: max((width - label - 3) // per_day, 1)]
    yield [(" " * (label + 3) + _scale(shown, per_day), "dim")]
    for row in section.rows:
        yield _strip(row, len(shown), label, per_day)
    yield from _legend(label + 3, width)
    if len(shown) < len(days):
        yield from _paragraph(f"{len(days) - len(shown)} more days don't fit this width", "dim", width)


def _strip(row: Row, days: int, label: int, per_day: int) -> Line:
    name = harmless(row.head)
    name = name if cell_len(name) <= label else chop_cells(name, label - 1)[0] + "…"
    line: Line = [(f"  {name}{' ' * (label - cell_len(name) + 1)}", "")]
    for state, run in groupby(row.states[:days]):
        cell, style = _CELLS[state]
        filled = cell * per_day if state in "nb" else cell.ljust(per_day)
        line.append((filled * len(list(run)), style))
    return line


def _legend(indent: int, width: int) -> Iterator[Line]:
    """Name what the shapes mean, under the chart: in one line where that fits."""
    meanings = [[_CELLS[state], (f" {meaning}", "")] for state, meaning in _MEANINGS]
    needed = sum(cell_len(text) for meaning in meanings for text, _ in meaning) + len(_BETWEEN) * (len(meanings) - 1)
    if needed <= width:
        first, *rest = meanings
        others = [piece for meaning in rest for piece in ((_BETWEEN, ""), *meaning)]
        yield [(" " * min(indent, width - needed), ""), *first, *others]
        return
    for state, meaning in _MEANINGS:
        for number, line in enumerate(wrap(meaning, width - 2)):
            yield [(f"  {line}", "")] if number else [_CELLS[state], (f" {line}", "")]


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
