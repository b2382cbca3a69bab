"""The program and its commands: where each lies, and its line in the help. It imports none before it is called."""

from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from needlecare.cli.parameters import Command, KeepsText

HELP = {"help_option_names": ["-h", "--help"]}


class Later(NamedTuple):
    """A command, or a group of commands, called *name* in *module*; *help* is its line in the list."""

    module: str
    name: str
    help: str


LATER = {
    "plan": Later("plan", "plan", "Show the timeline of a treatment: what to avoid, what to do, what is usual."),
    "today": Later("ask", "today", "Show what holds now, what changes next, and what is usual."),
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


class Commands(KeepsText, TyperGroup):
    """The program: each command is put together when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, later in LATER.items():
            self.commands[name] = TyperCommand(name, help=later.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed, and put it together if that hasn't been done."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in LATER and command is not None and command.callback is None and not hasattr(command, "commands"):
            command = self.commands[name] = _load(name, LATER[name])
        return name, command, rest


def _load(name: str, later: Later) -> Any:
    found = getattr(import_module(f"needlecare.cli.{later.module}"), later.name)
    if isinstance(found, typer.Typer):
        made = typer.main.get_command(found)
        made.name = name
        return made
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings=HELP)
    alone.command(name, cls=Command)(found)
    return typer.main.get_command(alone)


app = typer.Typer(
    name="needlecare",
    cls=Commands,
    help="Aftercare for micro-needling: what to avoid, until when, and who says so.",
    epilog="Information, not medical advice: your clinic's own instructions come first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP,
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
    """Aftercare for micro-needling: what to avoid, until when, and who says so."""
