"""The plan for a person at a terminal, drawn with Rich. Text is always literal, never markup."""

from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, Group, RenderResult, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from needlecare.model.plan import Day, Timeline
from needlecare.views.plain import harmless
from needlecare.views.sheet import Block, Row, Sheet, Strip, make_sheet

_STYLES = {
    "no": "red",
    "better not": "yellow",
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
_CELLS = {"n": ("█", "red"), "b": ("▒", "yellow"), ".": ("·", "dim")}


def render(timeline: Timeline, *, sources: bool = False) -> RenderableType:
    """Make the renderable of *timeline*; with *sources* the list of sources is written out."""
    return Group(*_parts(make_sheet(timeline), sources=sources))


def _parts(sheet: Sheet, *, sources: bool) -> Iterator[RenderableType]:
    yield _text(sheet.title, "bold")
    yield _text(sheet.subject)
    yield Text()
    for line in sheet.notice:
        yield _text(line, "italic")
    yield from _section("Before anything else", sheet.findings)
    yield from _section("What lifts when", sheet.lifts)
    if sheet.chart:
        yield _heading("Day by day at a glance")
        yield _Chart(sheet.chart_days, sheet.chart)
    yield from _section("Before the treatment", sheet.before)
    if sheet.days:
        yield _heading("Day by day")
        for block in sheet.days:
            yield from _block(block)
    yield from _section("Normal to see, and until when", sheet.normal)
    yield from _section("Allowed", sheet.allowed)
    yield from _section("The next session", sheet.sessions)
    yield from _section("Red flags", sheet.red_flags)
    yield from _section("What this rests on", sheet.known)
    if sources:
        yield from _section("Sources", sheet.sources)
        yield Text()
    else:
        yield Text()
        yield _text(f"{len(sheet.sources)} sources; --sources lists them.", "dim")
    yield _text(sheet.basis, "dim")


def _text(text: str, style: str = "") -> Text:
    return Text(harmless(text), style=style)


def _heading(title: str) -> RenderableType:
    return Padding(_text(title, "bold underline"), (1, 0, 0, 0))


def _section(title: str, rows: Iterable[Row]) -> Iterator[RenderableType]:
    rows = list(rows)
    if rows:
        yield _heading(title)
        yield _table(rows)


def _block(block: Block) -> Iterator[RenderableType]:
    yield Padding(_text(block.title, "bold"), (1, 0, 0, 0))
    if block.rows:
        yield _table(block.rows)


def _table(rows: Iterable[Row]) -> RenderableType:
    """Draw rows in two columns; the marks of the sources follow the text, dimmed."""
    rows = list(rows)
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=min(max(len(row.head) for row in rows), 24), overflow="fold")
    table.add_column(overflow="fold")
    previous = ""
    for row in rows:
        text = _text(row.text)
        if row.marks:
            text.append(f" [{harmless(row.marks)}]", "dim")
        head = "" if row.head == previous and row.tone == "do" else row.head
        previous = row.head
        table.add_row(_text(head, _STYLES.get(row.tone, "bold")), text)
    return Padding(table, (0, 0, 0, 2))


class _Chart:
    """Activities against days; it fills the width that there is, and shows fewer days where that is little."""

    def __init__(self, days: tuple[Day, ...], strips: tuple[Strip, ...]) -> None:
        self._days = days
        self._strips = strips

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        label = min(max(len(strip.label) for strip in self._strips), max(width - 3 - len(self._days), 12))
        per_day = 2 if (width - label - 3) // 2 >= len(self._days) else 1
        shown = self._days[: max((width - label - 3) // per_day, 1)]
        yield self._scale(shown, label, per_day)
        for strip in self._strips:
            yield self._strip(strip, len(shown), label, per_day)
        legend = Text(" " * (label + 3))
        for state, meaning in (("n", "leave"), ("b", "better not"), (".", "free")):
            cell, style = _CELLS[state]
            legend.append(cell, style)
            legend.append(f" {meaning}   ")
        yield legend
        if len(shown) < len(self._days):
            yield _text(f"{' ' * (label + 3)}{len(self._days) - len(shown)} more days don't fit this width", "dim")

    @staticmethod
    def _scale(days: tuple[Day, ...], label: int, per_day: int) -> Text:
        """Write the date at day 0 and at every Monday that has room."""
        line = [" "] * (len(days) * per_day + 8)
        free = 0
        for position, day in enumerate(days):
            start = position * per_day
            if start >= free and (position == 0 or day.day.weekday() == 0):
                mark = f"{day.day.day} {day.day:%b}"
                line[start : start + len(mark)] = mark
                free = start + len(mark) + 1
        return Text(" " * (label + 3) + "".join(line)[: len(days) * per_day].rstrip(), style="dim", no_wrap=True)

    @staticmethod
    def _strip(strip: Strip, days: int, label: int, per_day: int) -> Text:
        name = harmless(strip.label)
        name = name if len(name) <= label else name[: label - 1] + "…"
        line = Text(f"  {name:<{label}} ", no_wrap=True)
        for state in strip.states[:days]:
            cell, style = _CELLS[state]
            line.append(cell * per_day if state != "." else cell.ljust(per_day), style)
        return line
