"""The plan as text: its first screen, any sheet without layout, and all of it as Markdown."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from needlecare.model.plan import Timeline
from needlecare.views import terminal as layout
from needlecare.views.brief import make_brief
from needlecare.views.phrases import Block, Row, harmless, led
from needlecare.views.sheet import Section, Sheet, make_sheet


def render(timeline: Timeline) -> str:
    """Render the first screen of *timeline* as it stands in a file: laid out, without styles."""
    return layout.render(make_brief(timeline))


def render_plain(sheet: Sheet) -> str:
    """Render *sheet* without layout: a line a row, none of them broken."""
    return "\n".join(harmless(line) for line in _lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    yield from filter(None, (sheet.title, sheet.subject, led("Your clinic: ", sheet.clinic), *sheet.notice))
    for section in sheet.sections:
        groups: tuple[Section | Block, ...] = () if section.days else (section, *section.blocks)
        for group in groups:
            yield from ("", group.title, *map(_line, group.rows))
    yield from ("", sheet.basis)


def _line(row: Row) -> str:
    text = f"- {row.head}: {', '.join(filter(None, (row.when, row.text, row.link)))}"
    return f"{text} [{row.marks}]" if row.marks else text


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
    if section.days:
        # A drawing has no place here: its words make a table.
        yield from ("", f"## {section.columns[-1]}", "")
        yield from _table(section.columns, section.rows)
        return
    yield from ("", f"## {section.title}")
    if section.rows:
        yield ""
        yield from _table(section.columns, section.rows) if section.columns else map(_item, section.rows)
    for block in section.blocks:
        yield from ("", f"### {escape(block.title)}", "")
        yield from map(_item, block.rows)


def _table(columns: tuple[str, ...], rows: tuple[Row, ...]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        cells = (row.head, row.text, row.marks)[: len(columns)]
        yield f"| {' | '.join(map(escape, cells))} |"


def _item(row: Row) -> str:
    text = f"[{escape(row.text)}](<{quote(row.link, safe=_SAFE)}>)" if row.link else escape(row.text)
    marks = f" ({escape(row.marks)})" if row.marks else ""
    return f"- **{escape(row.head)}**: {text}{marks}"
