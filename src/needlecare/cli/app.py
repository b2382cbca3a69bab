"""The commands and their options."""

import inspect
from collections.abc import Callable
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from needlecare.cli.options import Request, about_treatment
from needlecare.errors import InputError, nearest
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


# What Typer has nothing to check of, each with what makes it of the text.
_CONVERTED: dict[Any, Callable[[Any], Any]] = {bool: bool, str: str, list[str]: list, Path: Path}


class _AsTyped:
    """A parameter that keeps the text that was typed: Typer has Pydantic do so, whose import doubles the start."""

    convert: Callable[[str], Any] | None = None

    def process_value(self, ctx: Any, value: Any) -> Any:
        """Return *value* as the command takes it; Typer gets what is typed and needs a check, and what is missing."""
        if value is None and not getattr(self, "required", False):
            return None
        if not value or self.convert is None or getattr(self, "callback", None):
            return super().process_value(ctx, value)  # type: ignore[misc]
        return self.convert(value)


class _Option(_AsTyped, TyperOption):
    pass


class _Argument(_AsTyped, TyperArgument):
    pass


def _as_typed(parameter: Any, annotation: Any) -> Any:
    """Return *parameter*, which Typer has made for this *annotation*, as one that keeps what was typed."""
    made: Any = object.__new__(_Option if isinstance(parameter, TyperOption) else _Argument)
    vars(made).update(vars(parameter))
    kind = next(iter(get_args(annotation)), None)
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if isinstance(kind, type) and issubclass(kind, Enum):
        made.convert = partial(_choose, kind, parameter.opts[0])
    else:
        made.convert = _CONVERTED.get(kind)
    return made


class _KeepsText:
    """Part of a command whose parameters keep the text that was typed."""

    callback: Any

    @cached_property
    def _kept(self) -> dict[str, Any]:
        """The parameters that were made so far, by name: Typer finds one again by its identity."""
        return {}

    @cached_property
    def _annotations(self) -> dict[str, Any]:
        return {name: one.annotation for name, one in inspect.signature(self.callback).parameters.items()}

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, those that Typer adds by itself included."""
        every: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in every:
            if one.name not in self._kept:
                self._kept[one.name] = _as_typed(one, self._annotations.get(one.name))
        return [self._kept[one.name] for one in every]


def _choose(kind: type[Enum], option: str, value: str) -> Enum:
    try:
        return kind(value)
    except ValueError:
        known = [str(one.value) for one in kind]
        raise InputError(
            f"{option}: there is no `{value}`{nearest(value, known)}; it may be {', '.join(known)}"
        ) from None


class Command(_KeepsText, TyperCommand):
    """A command about a treatment."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*, in which a day may be written as plans print it."""
        args = _with_days_before(args)
        rest = super().parse_args(ctx, list(args))
        if not ctx.resilient_parsing:
            _refuse_repeats(self.params, args)
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


class Commands(_KeepsText, TyperGroup):
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
