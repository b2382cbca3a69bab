"""The formats that a plan is written to files in: how their names end, and the view that makes the text."""

from needlecare.errors import InputError
from needlecare.model.plan import Timeline

# Each format, and how the names of its files may end.
FORMATS = {
    "text": (".txt", ".text"),
    "json": (".json",),
    "ics": (".ics",),
    "html": (".html", ".htm"),
    "md": (".md", ".markdown"),
    "csv": (".csv",),
}
# Spreadsheets take a file of CSV for one in UTF-8 only if it begins with this.
BYTE_ORDER_MARK = "\ufeff"


def for_file(text: str, name: str) -> str:
    """Give *text*, in the format called *name*, as it stands in a file; a stream has it as it is."""
    return BYTE_ORDER_MARK + text if name == "csv" and not text.isascii() else text


def render(timeline: Timeline, name: str, *, client: str = "") -> str:
    """Render *timeline* in the format called *name*; *client* tells people apart where their calendars meet.

    Raises:
        InputError: there is no such format, or *timeline* or *client* is something else.
    """
    if not isinstance(timeline, Timeline):
        raise InputError(f"what is rendered is a timeline, as build_timeline gives it, not {type(timeline).__name__}")
    if not isinstance(client, str):
        raise InputError(f"client is a text, such as a client's number in quotes, not {type(client).__name__}")
    if name == "json":
        from needlecare.views import json

        return json.render(timeline)
    if name == "ics":
        return _calendar(timeline, client)
    if name == "html":
        from needlecare.views import html

        return html.render(timeline, calendar=_calendar(timeline, client))
    if name == "md":
        from needlecare.views import text as markdown

        return markdown.render_markdown(timeline)
    if name == "csv":
        from needlecare.views import csv

        return csv.render(timeline)
    if name == "text":
        from needlecare.views import text as plain

        return plain.render(timeline)
    raise InputError(f"there is no format `{name}`; it may be {', '.join(FORMATS)}")


def _calendar(timeline: Timeline, client: str) -> str:
    from needlecare.views import ics
    from needlecare.views.calendar import Options

    return ics.render(timeline, Options(name=client))
