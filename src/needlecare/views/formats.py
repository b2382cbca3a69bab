"""The formats of plans and answers: how their files end, and which view makes them. It imports no view by itself.

A new format is a member of `Format` and a line of the table.
"""

from enum import StrEnum
from importlib import import_module
from typing import NamedTuple

from needlecare.errors import InputError
from needlecare.model.plan import Timeline

# Spreadsheets take a file of CSV for one in UTF-8 only if it begins with this.
BYTE_ORDER_MARK = "\ufeff"


class Format(StrEnum):
    """What a plan can be written as."""

    TEXT = "text"
    JSON = "json"
    ICS = "ics"
    HTML = "html"
    MD = "md"
    CSV = "csv"


class AnswerFormat(StrEnum):
    """What an answer can be written as."""

    TEXT = "text"
    JSON = "json"


class _View(NamedTuple):
    """A view: how its files end, its *module* and *function*; a *personal* one takes the client too."""

    suffixes: tuple[str, ...]
    module: str
    function: str = "render"
    personal: bool = False


_VIEWS = {
    Format.TEXT: _View((".txt", ".text"), "text"),
    Format.JSON: _View((".json",), "json"),
    Format.ICS: _View((".ics",), "ics", "render_for", personal=True),
    Format.HTML: _View((".html", ".htm"), "html", "render_for", personal=True),
    Format.MD: _View((".md", ".markdown"), "text", "render_markdown"),
    Format.CSV: _View((".csv",), "csv"),
}
# Each format, and how the names of its files may end.
FORMATS: dict[str, tuple[str, ...]] = {format_.value: view.suffixes for format_, view in _VIEWS.items()}


def for_file(text: str, name: str) -> str:
    """Return *text*, in the format called *name*, as it stands in a file; a stream has it as it is."""
    return BYTE_ORDER_MARK + text if name == Format.CSV and not text.isascii() else text


def render(timeline: Timeline, name: str, *, client: str = "") -> str:
    """Render *timeline* in the format called *name*; *client* tells people apart where their calendars meet.

    Raises:
        InputError: there is no such format, or *timeline* or *client* is something else.
    """
    if not isinstance(timeline, Timeline):
        raise InputError(f"what is rendered is a timeline, as build_timeline gives it, not {type(timeline).__name__}")
    if not isinstance(client, str):
        raise InputError(f"client is a text, such as a client's number in quotes, not {type(client).__name__}")
    if name not in FORMATS:
        raise InputError(f"there is no format `{name}`; it may be {', '.join(FORMATS)}")
    view = _VIEWS[Format(name)]
    # Only the view that is wanted is loaded: starting up is most of the run time.
    renderer = getattr(import_module(f"needlecare.views.{view.module}"), view.function)
    text: str = renderer(timeline, client) if view.personal else renderer(timeline)
    return text
