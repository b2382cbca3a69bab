"""The formats of plans and answers: how their files end, and which view makes them. It imports no view by itself.

A new format is a member of `Format`, a line of the table, and a module of its name.
"""

from enum import StrEnum
from importlib import import_module

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


# Each format, and how the names of its files may end.
FORMATS: dict[str, tuple[str, ...]] = {
    Format.TEXT.value: (".txt", ".text"),
    Format.JSON.value: (".json",),
    Format.ICS.value: (".ics",),
    Format.HTML.value: (".html", ".htm"),
    Format.MD.value: (".md", ".markdown"),
    Format.CSV.value: (".csv",),
}


def for_file(text: str, name: str) -> str:
    """Return *text*, in the format called *name*, as it stands in a file; a stream has it as it is."""
    return BYTE_ORDER_MARK + text if name == Format.CSV and not text.isascii() else text


def render(timeline: Timeline, name: str, *, client: str = "", whole: bool = True) -> str:
    """Render *timeline* in the format called *name*; *client* tells people apart where their calendars meet.

    A page that is not to be *whole* is its body alone, for a page of your own.

    Raises:
        InputError: there is no such format, or *timeline* or *client* is something else, or what isn't to be *whole*
            is no page.
    """
    if not isinstance(timeline, Timeline):
        raise InputError(f"what is rendered is a timeline, as build_timeline gives it, not {type(timeline).__name__}")
    if not isinstance(client, str):
        raise InputError(f"client is a text, such as a client's number in quotes, not {type(client).__name__}")
    if name not in FORMATS:
        raise InputError(f"there is no format `{name}`; it may be {', '.join(FORMATS)}")
    if not whole and name != Format.HTML:
        raise InputError(f"whole=False is for html alone, the body of a page; {name} is always whole")
    # Only the view that is wanted is loaded: starting up is most of the run time.
    view = import_module(f"needlecare.views.{'text' if name == Format.MD else str(name)}")
    if name == Format.HTML:
        text: str = view.render_for(timeline, client, whole=whole)
    elif name == Format.ICS:
        text = view.render_for(timeline, client)
    else:
        text = (view.render_markdown if name == Format.MD else view.render)(timeline)
    return text
