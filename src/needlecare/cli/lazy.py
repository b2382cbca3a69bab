"""Commands that are put together only when they are the one that was typed: starting up is most of the run time."""

from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from needlecare.cli.reading import SINGLE
from needlecare.errors import InputError

ONCE = ("date", "time", *SINGLE)


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
    "sessions": Later("needlecare.cli.sessions", "sessions", "Plan the course: when each session may be."),
    "batch": Later("needlecare.cli.batch", "batch", "Plan a whole list of treatments, one a row."),
    "log": Later("needlecare.cli.log", "log_app", "Remember treatments and lasting facts on this machine."),
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
