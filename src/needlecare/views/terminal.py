"""The plan for a person at a terminal: lines that fill its width, with Rich's styles. Text is literal, never markup."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from needlecare.model.plan import Day, Timeline
from needlecare.views.phrases import Block, Row, Strip, harmless, say_day
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
    yield from _section("Before anything else", sheet.findings, width)
    yield from _section("What lifts when", sheet.lifts, width)
    yield from _section("What does not lift by itself", sheet.lasting, width)
    yield from _section("Red flags", sheet.red_flags, width)
    if sheet.chart:
        yield from _heading("Day by day at a glance", width)
        yield from _chart(sheet.chart_days, sheet.chart, width)
    yield from _section("Before the treatment", sheet.before, width)
    if sheet.days:
        yield from _heading("Day by day", width)
        for block in sheet.days:
            yield from _block(block, width)
    yield from _section("Normal to see, and until when", sheet.normal, width)
    yield from _section("Allowed", sheet.allowed, width)
    yield from _section("Instead, and why", sheet.notes, width)
    yield from _section("The next session", sheet.sessions, width)
    yield from _section("Your events", sheet.events, width)
    yield from _section("What this rests on", sheet.known, width)
    yield from _section("What was changed, and by whom", sheet.changes, width)
    if sources:
        yield from _section("Sources", sheet.sources, width)
        yield []
    else:
        yield []
        yield from _paragraph(f"{len(sheet.sources)} sources; --sources lists them.", "dim", width)
    yield from _paragraph(sheet.basis, "dim", width)


def _heading(title: str, width: int) -> list[Line]:
    return [[], *_paragraph(title, "bold underline", width)]


def _section(title: str, rows: Iterable[Row], width: int) -> Iterator[Line]:
    rows = list(rows)
    if rows:
        yield from _heading(title, width)
        yield from _table(rows, width)


def _block(block: Block, width: int) -> Iterator[Line]:
    yield []
    yield from _paragraph(block.title, "bold", width)
    yield from _table(block.rows, width)


def _paragraph(text: str, style: str, width: int) -> list[Line]:
    return [[(line, style)] for line in wrap(harmless(text), width)]


def _table(rows: Iterable[Row], width: int) -> Iterator[Line]:
    """Draw rows in two columns; the marks of the sources follow the text, dimmed."""
    rows = list(rows)
    left = min(max((cell_len(row.head) for row in rows), default=0), _WIDEST_HEAD, width // 3)
    previous = ""
    for row in rows:
        head = [] if row.head == previous else wrap(harmless(row.head), left)
        previous = row.head
        marks = f" [{harmless(row.marks)}]" if row.marks else ""
        said = harmless(", ".join(filter(None, (row.text, row.link))))
        body = wrap(said + marks, width - left - 3)
        dim_from = len(said) if marks else None
        for number in range(max(len(head), len(body))):
            name = head[number] if number < len(head) else ""
            text = body[number] if number < len(body) else ""
            gap = " " * (left - cell_len(name) + 1) if text else ""
            line: Line = [(f"  {name}{gap}", _STYLES.get(row.tone, "bold"))]
            line.extend(_dimmed(text, dim_from))
            if dim_from is not None:
                dim_from = max(dim_from - len(text) - 1, 0)
            yield line


def _dimmed(text: str, dim_from: int | None) -> Iterator[Piece]:
    """Split a line where the marks begin."""
    plain = text if dim_from is None else text[:dim_from]
    if plain:
        yield plain, ""
    if len(plain) < len(text):
        yield text[len(plain) :], "dim"


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


def _chart(days: tuple[Day, ...], strips: tuple[Strip, ...], width: int) -> Iterator[Line]:
    """Draw activities against days; where the width is little, fewer days are drawn."""
    label = min(max(cell_len(strip.label) for strip in strips), max(width - 3 - len(days), 12))
    per_day = 2 if (width - label - 3) // 2 >= len(days) else 1
    shown = days[: max((width - label - 3) // per_day, 1)]
    indent = " " * (label + 3)
    yield [(indent + _scale(shown, per_day), "dim")]
    for strip in strips:
        name = harmless(strip.label)
        name = name if cell_len(name) <= label else chop_cells(name, label - 1)[0] + "…"
        line: Line = [(f"  {name}{' ' * (label - cell_len(name) + 1)}", "")]
        for state, run in groupby(strip.states[: len(shown)]):
            cell, style = _CELLS[state]
            line.append(((cell * per_day if state in "nb" else cell.ljust(per_day)) * len(list(run)), style))
        yield line
    yield from _legend(len(indent), width)
    if len(shown) < len(days):
        yield from _paragraph(f"{len(days) - len(shown)} more days don't fit this width", "dim", width)


def _legend(indent: int, width: int) -> Iterator[Line]:
    """Say what the shapes mean, under the chart: in one line where that fits."""
    meanings = [[_CELLS[state], (f" {meaning}", "")] for state, meaning in _MEANINGS]
    needed = sum(cell_len(text) for meaning in meanings for text, _ in meaning) + len(_BETWEEN) * (len(meanings) - 1)
    if needed > width:
        for state, said in _MEANINGS:
            first, *rest = wrap(said, width - 2)
            yield [_CELLS[state], (f" {first}", "")]
            yield from ([(f"  {line}", "")] for line in rest)
        return
    line: Line = [(" " * min(indent, width - needed), "")]
    for number, meaning in enumerate(meanings):
        line.extend([(_BETWEEN, ""), *meaning] if number else meaning)
    yield line


def _scale(days: tuple[Day, ...], per_day: int) -> str:
    """Write the date at day 0 and at every Monday that has room."""
    line = ""
    for position, day in enumerate(days):
        start = position * per_day
        if start >= len(line) + (1 if line else 0) and (position == 0 or day.day.weekday() == 0):
            mark = say_day(day.day)
            if start + len(mark) <= len(days) * per_day or position == 0:
                line = line.ljust(start) + mark
    return line
