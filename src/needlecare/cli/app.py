"""The commands and their options."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from needlecare.cli.options import Request, about_treatment
from needlecare.errors import InputError
from needlecare.options import OPTIONS

# A second value would replace the first without a word, and may be the looser one.
ONCE = ("date", "time", *(name.replace("-", "_") for name, one in OPTIONS.items() if one.is_fact and not one.several))


class Later(NamedTuple):
    """A command or a group of them that lies in *module* under *name*; *help* is its line in the list of commands."""

    module: str
    name: str
    help: str


LATER = {
    "today": Later("needlecare.cli.ask", "today", "What holds now, what changes next, what is normal to see."),
    "can": Later("needlecare.cli.ask", "can", "Ask whether something is all right: can wash my face tomorrow."),
    "when": Later("needlecare.cli.ask", "when", "Ask from when something is all right again: when retinol."),
    "normal": Later("needlecare.cli.ask", "normal", "Ask whether what you see is to be expected: normal redness."),
    "why": Later("needlecare.cli.ask", "why", "Show every rule and source behind an answer: why make-up."),
    "check": Later(
        "needlecare.cli.ask", "check", "Tell what speaks against the treatment, by what you say of yourself."
    ),
    "sessions": Later("needlecare.cli.ask", "sessions", "Plan the course: when each session may be."),
    "batch": Later("needlecare.cli.batch", "batch", "Plan a whole list of treatments, one a row."),
    "log": Later("needlecare.cli.log", "log_app", "Remember treatments and lasting facts on this machine."),
    "rules": Later("needlecare.cli.rules", "rules_app", "For those who write rules."),
}


class Command(TyperCommand):
    """A command that handles only the options that were typed; the others keep their defaults."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*; what wasn't typed and defaults to nothing needs no conversion."""
        every, args = self.params, _with_days_before(args)
        typed = {arg.partition("=")[0] for arg in args if arg.startswith("-")}
        known = {name for param in every for name in (*param.opts, *param.secondary_opts)}
        if ctx.resilient_parsing or not typed <= {*known, "--"}:
            # Completing, helping, and telling what is wrong all need every option.
            return super().parse_args(ctx, args)
        _refuse_repeats(every, args)
        idle = [param for param in every if _is_idle(param) and not typed & {*param.opts, *param.secondary_opts}]
        self.params = [param for param in every if param not in idle]
        try:
            rest = super().parse_args(ctx, args)
        finally:
            self.params = every
        ctx.params.update({str(param.name): param.default for param in idle})
        return rest


def _with_days_before(args: list[str]) -> list[str]:
    """Take `day -1`, as plans print it, for words: a number there is no option."""
    joined: list[str] = []
    for arg in args:
        if joined and joined[-1].lower() == "day" and arg[:1] == "-" and arg[1:].isdecimal():
            joined[-1] += f" {arg}"
        else:
            joined.append(arg)
    return joined


def _refuse_repeats(params: list[Any], args: list[str]) -> None:
    """Refuse what says something of the treatment and is given twice: the last would win, and may be the looser."""
    options = [arg.partition("=")[0] for arg in args[: args.index("--") if "--" in args else None]]
    for param in params:
        names = [one for one in options if one in param.opts]
        if len(names) > 1 and param.name in ONCE:
            raise InputError(f"{names[1]} is given {len(names)} times; it takes one value, give it once")


def _is_idle(param: Any) -> bool:
    return isinstance(param, TyperOption) and not param.required and param.default in (None, False)


class Commands(TyperGroup):
    """The program: the commands that are registered, and those that are put together when they are called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, later in LATER.items():
            self.commands.setdefault(name, TyperCommand(name, help=later.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed, and put it together if that hasn't been done."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in LATER and command is not None and command.callback is None and not hasattr(command, "commands"):
            command = self.commands[name] = _load(name, LATER[name])
        return name, command, rest


def _load(name: str, later: Later) -> Any:
    from importlib import import_module

    found = getattr(import_module(later.module), later.name)
    if isinstance(found, typer.Typer):
        made = typer.main.get_command(found)
        made.name = name
        return made
    alone = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    alone.command(name, cls=Command)(found)
    return typer.main.get_command(alone)


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
        idle = {name: value for name, value in (request | view).items() if name != "no-log"}
        call_off(calendar, idle, format_=format_, output=output)
        return
    show_plan(request, format_=format_, output=output, days=days, plain=plain, sources=sources, calendar=calendar)
