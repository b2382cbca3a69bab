"""The program and its commands: where each lies, its line in the help, and how it reads what was typed.

No command is imported before it is called. Parameters keep the text that was typed, where Typer would load Pydantic.
"""

import inspect
from collections.abc import Callable
from enum import Enum
from functools import cached_property, partial
from importlib import import_module
from itertools import chain, takewhile
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from needlecare.errors import InputError, misspelt, nearest, suggestion, visible
from needlecare.model.facts import FACTS, OPTIONS, Trait

# What Typer has nothing to check of, each with what makes it of the text.
_CONVERTED: dict[Any, Callable[[Any], Any]] = {bool: bool, str: str, list[str]: list, Path: Path}
# A second value would replace the first without a word, and may be the looser one.
_ONCE = ("date", "time", *(name for name in FACTS if Trait.SEVERAL not in OPTIONS[name].traits))
_COMMON: dict[str, Any] = {
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class Later(NamedTuple):
    """A command, or a group of commands, called *name* in *module*; *help* is its line in the list."""

    module: str
    name: str
    help: str


LATER = {
    "plan": Later("plan", "plan", "Show the timeline of a treatment: what to avoid, what to do, what is usual."),
    "today": Later("ask", "today", "Show what holds now, what is all right next, and what is usual."),
    "can": Later("ask", "can", "Ask whether something is all right: can wash my face tomorrow."),
    "when": Later("ask", "when", "Ask when something is all right again: when retinol."),
    "normal": Later("ask", "normal", "Ask whether what you see is usual: normal redness."),
    "why": Later("ask", "why", "Show every rule and source behind an answer: why make-up."),
    "check": Later("ask", "check", "Show what speaks against a treatment, given what you say about yourself."),
    "sessions": Later("ask", "sessions", "Plan the course: the earliest, best and latest date of each session."),
    "batch": Later("batch", "batch", "Plan a list of treatments, one per row."),
    "log": Later("log", "log_app", "Remember treatments and lasting facts on this machine."),
    "rules": Later("rules", "rules_app", "Write, check and compare rule sets."),
}


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
    kind: Any = next(iter(get_args(annotation)), None)
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    is_choice = isinstance(kind, type) and issubclass(kind, Enum)
    made.convert = partial(_choose, kind, parameter.opts[0]) if is_choice else _CONVERTED.get(kind)
    return made


def _choose(kind: type[Enum], option: str, value: str) -> Enum:
    try:
        return kind(value)
    except ValueError:
        known = [str(one.value) for one in kind]
        raise InputError(
            f"{option}: there is no `{value}`{nearest(value, known)}; it is one of {', '.join(known)}"
        ) from None


class _KeepsText:
    """Part of a command whose parameters keep the text that was typed."""

    callback: Any

    @cached_property
    def _kept(self) -> dict[str, Any]:
        """The parameters that were made so far, by name: Typer finds one again by its identity."""
        return {}

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, those that Typer adds by itself included."""
        every: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        declared = inspect.signature(self.callback).parameters
        for one in every:
            if one.name not in self._kept:
                self._kept[one.name] = _as_typed(one, getattr(declared.get(one.name), "annotation", None))
        return [self._kept[one.name] for one in every]


class Command(_KeepsText, TyperCommand):
    """A command about a treatment."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*, in which a day may be written as plans print it; refuse a treatment described twice."""
        args = _with_days_before(args)
        options = [] if ctx.resilient_parsing else [arg.partition("=")[0] for arg in takewhile("--".__ne__, args)]
        known = set(chain.from_iterable(one.opts for one in self.get_params(ctx)))
        for option in options:
            if option.startswith("--") and option not in known:
                # One copied from a page may hold a blank that is none, and looks like any other.
                plainly = "" if visible(option) == option else "; type it with plain blanks"
                raise InputError(f"there is no option `{option}`{suggestion(misspelt(option, known))}{plainly}")
        rest = super().parse_args(ctx, list(args))
        for name in _ONCE:
            if (count := options.count(f"--{name}")) > 1:
                raise InputError(f"--{name} is given {count} times; it takes one value, give it once")
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


def group(help_: str) -> typer.Typer:
    """Make a command that has commands of its own, such as `log`."""
    return typer.Typer(help=help_, no_args_is_help=True, add_completion=False, **_COMMON)


class Commands(_KeepsText, TyperGroup):
    """The program: each command is put together when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, later in LATER.items():
            self.commands[name] = TyperCommand(name, help=later.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed, and put it together if that hasn't been done."""
        if visible(args[0]) != args[0]:
            raise InputError(f"there is no command `{args[0]}`; type it with plain blanks")
        name, command, rest = super().resolve_command(ctx, args)
        if name in LATER and command is not None and command.callback is None and not hasattr(command, "commands"):
            found = getattr(import_module(f"needlecare.cli.{LATER[name].module}"), LATER[name].name)
            made = found
            if not isinstance(found, typer.Typer):
                made = typer.Typer(add_completion=False, **_COMMON)
                made.command(name, cls=Command)(found)
            command = self.commands[name] = typer.main.get_command(made)
            command.name = name
        return name, command, rest


app = typer.Typer(
    name="needlecare",
    cls=Commands,
    help="Aftercare for micro-needling: what to avoid, until when, and who says so.",
    epilog="Information, not medical advice: your clinic's own instructions come first.",
    **_COMMON,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"needlecare {version('needlecare')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def needlecare(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Aftercare for micro-needling: what to avoid, until when, and who says so."""
    del version
    if ctx.invoked_subcommand is None:
        import_module("needlecare.cli.ask").greet()
