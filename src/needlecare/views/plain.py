"""The plan as plain text: complete, never cut, and good to hear read aloud. No colour, no chart, no layout."""

from collections.abc import Iterable, Iterator

from needlecare.model.plan import Timeline
from needlecare.views.harmless import harmless
from needlecare.views.rows import Row
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
