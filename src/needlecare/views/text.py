"""The plan as plain text: complete, never cut, and good to hear read aloud. No colour, no chart, no layout."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from needlecare.model.plan import Timeline
from needlecare.views.phrases import Row, harmless
from needlecare.views.sheet import Sheet, make_sheet


def render(timeline: Timeline, *, sources: bool = False) -> str:
    """Render *timeline*; with *sources* the list of sources is written out."""
    return "\n".join(harmless(line) for line in _lines(make_sheet(timeline), sources=sources)) + "\n"


def _lines(sheet: Sheet, *, sources: bool) -> Iterator[str]:
    yield sheet.title
    yield sheet.subject
    if sheet.clinic:
        yield f"Your clinic: {sheet.clinic}"
    yield from sheet.notice
    yield from _section("Before anything else", sheet.findings)
    yield from _section("What lifts when", sheet.lifts)
    yield from _section("What does not lift by itself", sheet.lasting)
    yield from _section("Red flags", sheet.red_flags)
    yield from _section("Before the treatment", sheet.before)
    if sheet.days:
        yield ""
        yield "Day by day"
    for block in sheet.days:
        yield ""
        yield block.title
        for row in block.rows:
            yield _line(row)
    yield from _section("Normal to see, and until when", sheet.normal)
    yield from _section("Allowed", sheet.allowed)
    yield from _section("Instead, and why", sheet.notes)
    yield from _section("The next session", sheet.sessions)
    yield from _section("Your events", sheet.events)
    yield from _section("What this rests on", sheet.known)
    yield from _section("What was changed, and by whom", sheet.changes)
    if sources:
        yield from _section("Sources", sheet.sources)
    else:
        yield ""
        yield f"{len(sheet.sources)} sources; --sources lists them."
    yield sheet.basis


def _section(title: str, rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    if rows:
        yield ""
        yield title
        yield from map(_line, rows)


def _line(row: Row) -> str:
    said = f"{row.head}: {', '.join(filter(None, (row.text, row.link)))}"
    return f"- {said} [{row.marks}]" if row.marks else f"- {said}"


# What means something inside a line, and what begins a block; the rest stays as it is, so that it can be read raw.
_INLINE = re.compile(r"([\\`*_\[\]<>|~&$])")
_BLOCK = re.compile(r"^([#+=-]|\d+(?=[.)]))")
# What readers turn into links by themselves.
_LINKED = re.compile(r"(?i)(https?|ftp|mailto|www)([:.])|@")


def render_markdown(timeline: Timeline) -> str:
    """Render *timeline*."""
    return "\n".join(_markdown_lines(make_sheet(timeline, typed=False), timeline)) + "\n"


def escape(text: str) -> str:
    """Make *text* stand for itself: no markup, no tags, no links, one line."""
    text = _INLINE.sub(r"\\\1", harmless(text).strip())
    text = _BLOCK.sub(lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", text)
    return _LINKED.sub(lambda found: f"{found[1]}\u200b{found[2]}" if found[1] else "@\u200b", text)


def _markdown_lines(sheet: Sheet, timeline: Timeline) -> Iterator[str]:
    clinic = timeline.rule_set.clinic
    yield f"# {escape(sheet.title)}"
    yield ""
    yield f"**{escape(sheet.subject)}**"
    if sheet.clinic:
        yield ""
        yield escape(sheet.clinic)
    for line in sheet.notice:
        yield ""
        yield f"> {escape(line)}"
    yield from _table("Before anything else", ("", "", "Sources"), sheet.findings)
    yield from _table("What lifts when", ("When", "What", "Sources"), sheet.lifts)
    yield from _table("What does not lift by itself", ("", "What", "Sources"), sheet.lasting)
    yield from _table("Red flags", ("", "What", "Sources"), sheet.red_flags)
    strips = [Row(strip.label, strip.text) for strip in sheet.chart]
    yield from _table("Until when", ("What", "Until when"), strips)
    yield from _table("What to do, and until when", ("When", "What", "Sources"), sheet.doing)
    if sheet.days:
        yield from _heading("Day by day")
    for block in sheet.days:
        yield from ("", f"### {escape(block.title)}", "")
        yield from map(_item, block.rows)
    yield from _table("Normal to see, and until when", ("What", "Until when", "Sources"), sheet.normal)
    yield from _table("Allowed", ("What", "When", "Sources"), sheet.allowed)
    yield from _list("Instead, and why", sheet.notes)
    yield from _list("The next session", sheet.sessions)
    yield from _list("Your events", sheet.events)
    yield from _table("Before the treatment", ("When", "What", "Sources"), sheet.before)
    yield from _list("What this rests on", sheet.known)
    yield from _list("What was changed, and by whom", sheet.changes)
    yield from _heading("Sources")
    yield ""
    for row in sheet.sources:
        text = f"[{escape(row.text)}](<{quote(row.link, safe=_SAFE)}>)" if row.link else escape(row.text)
        yield f"- **{escape(row.head)}**: {text}"
    if clinic and clinic.closing:
        yield ""
        yield escape(clinic.closing)
    yield ""
    yield escape(sheet.basis)


# An address as it is, but for what would end the link.
_SAFE = "%/:?#[]@!$&'()*+,;=~"


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"


def _table(title: str, columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    if not rows:
        return
    yield from _heading(title)
    yield ""
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        cells = (row.head, row.text, row.marks)[: len(columns)]
        yield f"| {' | '.join(map(escape, cells))} |"


def _list(title: str, rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    if rows:
        yield from _heading(title)
        yield ""
        yield from map(_item, rows)


def _item(row: Row) -> str:
    said = f"- **{escape(row.head)}**: {escape(row.text)}"
    return f"{said} ({escape(row.marks)})" if row.marks else said
