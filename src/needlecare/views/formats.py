"""The formats of plans and answers: how their files end, and which view makes them. It imports no view by itself.

A new format is a member of `Format`, a line of the table, and a module of its name or a function of `views.text`.
"""

from enum import StrEnum
from importlib import import_module

from needlecare.errors import refuse
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


class CalendarStyle(StrEnum):
    """How much of a plan its calendar has: the first screen by its days, or everything."""

    BRIEF = "brief"
    FULL = "full"


BRIEF, FULL = CalendarStyle


class AnswerFormat(StrEnum):
    """What an answer can be written as."""

    TEXT = "text"
    JSON = "json"


class CourseFormat(StrEnum):
    """What a course can be written as."""

    TEXT = "text"
    JSON = "json"
    ICS = "ics"


# Each format, and how the names of its files may end.
FORMATS: dict[str, tuple[str, ...]] = {
    Format.TEXT.value: (".txt", ".text"),
    Format.JSON.value: (".json",),
    Format.ICS.value: (".ics",),
    Format.HTML.value: (".html", ".htm"),
    Format.MD.value: (".md", ".markdown"),
    Format.CSV.value: (".csv",),
}

# Those that the view of text writes, each with its function there.
_IN_TEXT = {Format.TEXT.value: "render", Format.MD.value: "render_markdown", Format.CSV.value: "render_csv"}


def for_file(text: str, name: str) -> str:
    """Return *text*, in the format called *name*, as it stands in a file; a stream has it as it is."""
    return BYTE_ORDER_MARK + text if name == Format.CSV and not text.isascii() else text


def render(  # noqa: PLR0913  some formats have arguments of their own
    timeline: Timeline, name: str, *, client: str = "", whole: bool = True, style: str = BRIEF, link: str | None = None
) -> str:
    """Render *timeline* in the format called *name*; *client* tells people apart where their calendars meet.

    A page that is not to be *whole* is its body alone, for a page of your own; *link* is the address of your web
    app. The *style* of a calendar is brief or full. Example: `render(timeline, "ics", client="C-17")`.

    Raises:
        InputError: there is no such format or style, an argument has the wrong type or means nothing for this format,
            *link* is no such address, or the extra `qr`, which it needs, isn't installed.
    """
    given, named = type(timeline).__name__, type(client).__name__
    what = "what is rendered is a timeline, as build_timeline gives it"
    refuse(
        (not isinstance(timeline, Timeline), f"{what}, not {given}"),
        (not isinstance(client, str), f"client is a text, such as a client's number in quotes, not {named}"),
        (name not in FORMATS, f"there is no format `{name}`; it may be {', '.join(FORMATS)}"),
        (not whole and name != Format.HTML, f"whole=False is for html alone; {name} is always whole"),
        (style not in [*CalendarStyle], f"there is no style `{style}`; it may be {', '.join(CalendarStyle)}"),
        (style != BRIEF and name != Format.ICS, f"style is for ics alone; {name} has one only"),
        (link is not None and name != Format.HTML, f"link is for html alone; {name} has none"),
    )
    # Only the view that is wanted is loaded: starting up is most of the run time.
    view = import_module(f"needlecare.views.{'text' if name in _IN_TEXT else str(name)}")
    if name == Format.HTML:
        text: str = view.render(timeline, client, whole=whole, link=link)
    elif name == Format.ICS:
        text = view.render(timeline, view.Options(style, name=client))
    else:
        text = getattr(view, _IN_TEXT.get(name, "render"))(timeline)
    return text
