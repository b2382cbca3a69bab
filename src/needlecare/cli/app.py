"""The commands and their options."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from needlecare.cli.lazy import Command, Commands
from needlecare.cli.request import Request, about_treatment
from needlecare.cli.rules_app import rules_app

_CALENDAR = "The calendar"

app = typer.Typer(
    name="needlecare",
    cls=Commands,
    help="Aftercare for micro-needling: what to leave, until when, and who says so.",
    epilog="Information, not medical advice: your clinic's own instructions come first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(rules_app, name="rules")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"needlecare {version('needlecare')}")
        raise typer.Exit


@app.callback()
def needlecare(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Aftercare for micro-needling: what to leave, until when, and who says so."""


@app.command(cls=Command)
@partial(about_treatment, unless="cancel")
def plan(
    request: Request | dict[str, Any],
    *,
    format_: Annotated[
        str | None, typer.Option("--format", help="text, json, ics, html, md or csv; else as -o ends.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, whole or not at all.")
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=400, help="How many days to show; nothing else is cut. Not for csv, which has none."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Text without colour and layout, good to hear read aloud; for text alone.")
    ] = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="List the sources at the end of the text; html and md always do.")
    ] = False,
    calendar_style: Annotated[
        str | None,
        typer.Option(metavar="daily|moments", help="An entry a day, or only what changes.", rich_help_panel=_CALENDAR),
    ] = None,
    alarm: Annotated[
        str | None,
        typer.Option(help="When to be reminded: none, 0min (the default), 2h before …", rich_help_panel=_CALENDAR),
    ] = None,
    discreet: Annotated[
        bool, typer.Option("--discreet", help="Titles that give nothing away.", rich_help_panel=_CALENDAR)
    ] = False,
    id_: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="TEXT", help="Whose plan it is, if several share a date.", rich_help_panel=_CALENDAR
        ),
    ] = None,
    replaces: Annotated[
        Path | None,
        typer.Option(metavar="OLD.ics", help="Update what this older calendar put in.", rich_help_panel=_CALENDAR),
    ] = None,
    cancel: Annotated[
        Path | None,
        typer.Option(metavar="OLD.ics", help="Call this older calendar off.", rich_help_panel=_CALENDAR),
    ] = None,
) -> None:
    """Show the timeline of a treatment: what to leave, what to do, what is normal, what lifts when."""
    from needlecare.cli.plan import call_off, show_plan

    calendar = (calendar_style, alarm, discreet, id_, replaces, cancel)
    if isinstance(request, dict):
        view = {"plain": plain, "sources": sources, "days": days, "calendar_style": calendar_style, "alarm": alarm}
        idle = {name: value for name, value in (request | view).items() if name != "no_log"}
        call_off(calendar, idle, format_=format_, output=output)
        return
    show_plan(request, format_=format_, output=output, days=days, plain=plain, sources=sources, calendar=calendar)
