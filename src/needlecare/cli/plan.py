"""`plan`: its options, the view that they choose, and where the text goes."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import typer

from needlecare.cli import options
from needlecare.cli.output import STDOUT, complain, is_terminal, write_data, write_file, write_sheet, write_text
from needlecare.cli.settings import find_setting, read_lead, style_named
from needlecare.errors import InputError, refuse
from needlecare.model.facts import OPTIONS, Option, Trait
from needlecare.views.formats import FORMATS, CalendarStyle, Format, for_file, render

if TYPE_CHECKING:
    from needlecare.model.plan import Timeline
    from needlecare.views.calendar import Options
    from needlecare.views.ics import FilePlan

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file, whole or not at all; - is standard output.")
]
Public = Annotated[
    bool, typer.Option("--public", help="Let others on this machine read a new file; else it is yours alone.")
]
Kind = TypeVar("Kind", bound=StrEnum)
CALENDAR = tuple(
    one._replace(panel="The calendar")
    for one in (
        Option("alarm", "When to remind you: none, 0min (the default), 2h before …"),
        Option("discreet", "Use titles that give nothing away.", Trait.SWITCH),
        Option("id", "Whose plan it is, if several share a date."),
        Option("replaces", "Update the entries of this older calendar.", Trait.FILE, metavar="OLD.ics"),
    )
)
_CANCEL = Option(
    "cancel", "Cancel the entries of this older calendar.", Trait.FILE, metavar="OLD.ics", panel=CALENDAR[0].panel
)
_EXCLUSIVE = "--all, --before and --chart exclude each other; give one of them"
# What may be typed beside --cancel, or is refused with its own reason.
_WITH_CANCEL = ("cancel", "discreet", "id", "replaces", "no-log")
# The formats in which an option of the view means something; in others it is refused rather than ignored.
_HONOURED = {
    **dict.fromkeys(("before", "chart", "plain", "no-pager"), (Format.TEXT,)),
    "all": (Format.TEXT, Format.HTML, Format.MD),
    "calendar-style": (Format.ICS,),
    "link": (Format.HTML,),
}


class Target(NamedTuple):
    """Where a plan goes: to a file, which others may read if it *is_public*, or to standard output without one."""

    path: Path | None
    is_public: bool = False


@partial(options.with_options, options=(*OPTIONS.values(), *CALENDAR, _CANCEL))
def plan(
    typed: dict[str, Any],
    *,
    format_: Annotated[
        Format | None, typer.Option("--format", help="The format; by default, the ending of the -o file decides.")
    ] = None,
    output: Output = None,
    public: Public = False,
    days: Annotated[
        int | None, typer.Option(min=1, max=400, help="How many days --all and files list; nothing else is cut.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Show everything, day by day, with sources; HTML and Markdown always do.")
    ] = False,
    before: Annotated[
        bool, typer.Option("--before", help="Show all that comes before the treatment, and nothing else.")
    ] = False,
    chart: Annotated[
        bool, typer.Option("--chart", help="Draw when each group of things is all right again, day by day.")
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Text without colour and layout, for screen readers; for text only.")
    ] = False,
    no_pager: options.NoPager = False,
    style: options.StyleOption = None,
    link: Annotated[
        str | None, typer.Option("--link", metavar="URL", help="Lead from an HTML page to your web app at URL.")
    ] = None,
) -> None:
    """Plan a treatment, or cancel an older calendar."""
    target = read_target(output, public=public)
    parts = {"all": all_, "before": before, "chart": chart}
    view = {**parts, "plain": plain, "no-pager": no_pager, "calendar-style": style, "link": link is not None}
    if "cancel" in typed:
        _cancel(typed, {**options.without(typed, _WITH_CANCEL), **view, "days": days}, format_, target)
        return
    request = options.read_request(typed)
    chosen = choose(format_, target.path, Format)
    refuse_without_calendar(typed, chosen)
    _refuse_idle(view, chosen)
    timeline = options.timeline_of(request, days)
    if chosen == Format.TEXT:
        if request.whose and target.path is None:
            write_text(f"{request.whose}\n")
        _show(timeline, target, [*filter(parts.get, parts)], plain=plain, pages=not no_pager)
    elif chosen == Format.ICS:
        _write_calendar(timeline, request, typed, style_named(style), target)
    else:
        write(render(timeline, chosen, link=link), chosen, target)


def read_target(output: Path | None, *, public: bool) -> Target:
    """Read where the options say to write."""
    target = Target(None if output == STDOUT else output, public)
    refuse((public and target.path is None, "--public is for a file: -o FILE"))
    return target


def refuse_without_calendar(typed: options.Typed, chosen: str) -> None:
    """Refuse the options of a calendar where none is *chosen*."""
    no_calendar = chosen != Format.ICS and any(one.name in typed for one in CALENDAR)
    refuse((no_calendar, "the calendar's options need a calendar: -o aftercare.ics, or --format ics"))


def _refuse_idle(view: Mapping[str, object], chosen: Format) -> None:
    """Refuse options that mean nothing for the *chosen* format."""
    idle = ((name, ", ".join(formats)) for name, formats in _HONOURED.items() if view[name] and chosen not in formats)
    refuse(
        (sum(bool(view[one]) for one in ("all", "before", "chart")) > 1, _EXCLUSIVE),
        (view["chart"] and view["plain"], "--chart is a drawing, which --plain can't show; leave one of them out"),
        *((name, f"--{name} means nothing for {chosen}; leave it out, or take --format {fit}") for name, fit in idle),
    )


def _write_calendar(
    timeline: "Timeline", request: options.Request, typed: options.Typed, style: CalendarStyle, target: Target
) -> None:
    """Write the calendar of *timeline*, note it in the log, and say what has changed since the one that it replaces."""
    from needlecare.views import ics
    from needlecare.views import phrases as say

    how = read_options(typed, request.name)._replace(style=style)
    old, new = read_replaced(typed), timeline.treatment.day
    write(ics.render(timeline, how, old), Format.ICS, target)
    if request.name:
        remember(request, options.whom(typed))
    if old and old.day and old.day != new:
        year = old.day if old.day.year == new.year else None
        complain(f"moves the plan from {say.date(old.day, year)} to {say.date(new, year)}")


def remember(request: options.Request, whom: str) -> None:
    """Note in the log which rules the calendar of a logged treatment was made of; one that can't be written stays."""
    from needlecare.files import open_log

    log, rules = open_log(whom), options.rules_of(request)
    with suppress(InputError):
        if log and request.calendar != rules and any(one.key == request.name for one in log.treatments()):
            with log.changing():
                for one in log.treatments():
                    if one.key == request.name:
                        log.replace(one.id, {**one.options, "calendar": rules})


def _show(timeline: "Timeline", target: Target, parts: Sequence[str], *, plain: bool, pages: bool) -> None:
    """Write the first screen of *timeline*, or one of its *parts*; on a terminal what is long comes in *pages*."""
    from needlecare.views import text
    from needlecare.views.brief import make_part
    from needlecare.views.sheet import make_sheet

    whole = "all" in parts
    sheet = make_sheet(timeline) if whole else make_part(timeline, parts[0]) if parts else text.fit_brief(timeline)
    if target.path is None and not plain:
        write_sheet(sheet, whole=whole, pages=pages)
        return
    write(text.render_plain(sheet) if plain or whole else text.lay_out(sheet), Format.TEXT, target)


def _cancel(typed: options.Typed, idle: options.Typed, format_: Format | None, target: Target) -> None:
    """Write the calendar that cancels an older one; that needs no treatment, and what is *idle* must not be typed."""
    if choose(format_ or (None if target.path else Format.ICS), target.path, Format) != Format.ICS:
        raise InputError("--cancel writes a calendar: -o cancelled.ics, or --format ics")
    from needlecare.views import ics

    if "replaces" in typed:
        raise InputError("--replaces and --cancel exclude each other: one updates a calendar, one cancels it")
    text = ics.cancel(_read_calendar(typed["cancel"]), read_options(typed))
    for name in (name for name, value in idle.items() if value not in options.NOTHING):
        raise InputError(f"--{name} means nothing with --cancel; leave it out")
    write(text, Format.ICS, target)


def choose(format_: Kind | None, output: Path | None, kinds: type[Kind]) -> Kind:
    """Return the format that is typed, else of those *kinds* the one that the name of the file shows."""
    if format_ is not None:
        return format_
    if output is None:
        return kinds(Format.TEXT.value)
    suffixes = {suffix: kind for kind in kinds for suffix in FORMATS[kind]}
    if output.suffix.lower() not in suffixes:
        known = ", ".join(sorted(suffixes))
        raise InputError(f"-o {output}: the name shows no format; end it in {known}, or give --format")
    return suffixes[output.suffix.lower()]


def read_options(typed: options.Typed, logged: str = "") -> "Options":
    """Read the options of a calendar; it rings at a moment itself by default.

    One of a *logged* treatment keeps its entries, whatever date that moves to.
    """
    from needlecare.views.calendar import Options

    name = typed.get("id", logged).strip()
    if "id" in typed and not name:
        raise InputError("--id is empty; give any text that sets this person apart from others")
    lead = read_lead(typed.get("alarm") or find_setting("alarm"))
    return Options(lead=lead, discreet="discreet" in typed or find_setting("discreet"), name=name)


def read_replaced(typed: options.Typed) -> "FilePlan | None":
    """Read the older calendar, of a plan or of a course, that is to be replaced, if there is one."""
    return _read_calendar(typed["replaces"]) if "replaces" in typed else None


def _read_calendar(path: Path) -> "FilePlan":
    from needlecare.views.ics import LARGEST_BYTES, read_old

    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a regular file; give the calendar that `plan -o` wrote")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}") from None
    return read_old(data, str(path))


def write(text: str, chosen: str, target: Target, what: str = "the plan") -> None:
    """Write *text* in the *chosen* format to *target*."""
    if target.path is not None:
        write_file(target.path, for_file(text, chosen), private=not target.is_public)
        # Scripts want it quiet; a person wants to know that it worked.
        if is_terminal(sys.stderr):
            events = text.count("BEGIN:VEVENT")
            complain(f"{target.path}: {f'{events} events' if events else what}, written")
    elif chosen == Format.TEXT:
        write_text(text, whole_lines=True)
    else:
        write_data(text)
