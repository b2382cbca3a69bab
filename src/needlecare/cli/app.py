"""The commands and their options."""

from pathlib import Path
from typing import Annotated

import typer

from needlecare.cli.request import Request, about_treatment
from needlecare.cli.rules_app import rules_app

app = typer.Typer(
    name="needlecare",
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


@app.command()
@about_treatment
def plan(
    request: Request,
    *,
    format_: Annotated[
        str | None, typer.Option("--format", help="text, json, html, md or csv; else as -o ends.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, whole or not at all.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=400, help="How many days to show; nothing else is cut.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Text without colour and layout, good to hear read aloud.")
    ] = False,
    sources: Annotated[bool, typer.Option("--sources", help="List the sources at the end.")] = False,
) -> None:
    """Show the timeline of a treatment: what to leave, what to do, what is normal, what lifts when."""
    from needlecare.cli.plan import show_plan

    show_plan(request, format_=format_, output=output, days=days, plain=plain, sources=sources)
