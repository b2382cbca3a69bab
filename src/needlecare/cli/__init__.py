"""The command line: its commands, their help, how a run starts, and how it ends. Decides about no treatment.

No command is imported before it is called. Parameters keep the text that was typed, where Typer would load Pydantic.
"""

import inspect
import io
import os
import sys
from collections.abc import Callable, Mapping
from enum import EnumType
from functools import cache, partial
from importlib import import_module
from importlib.resources import files
from itertools import chain, takewhile
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from needlecare.cli.output import complain, give_up_writing
from needlecare.errors import ExitCode, InputError, NeedlecareError, misspelt, nearest, suggestion, visible
from needlecare.model.facts import FACTS, OPTIONS, Trait

_WIDEST = "999"
# What Typer has nothing to check of, each with what makes it of the text.
_CONVERTED: dict[Any, Callable[[Any], Any]] = {bool: bool, str: str, list[str]: list, Path: Path}
# A second value would replace the first without a word, and may be the looser one.
_ONCE = ("date", "time", "holidays", *(name for name in FACTS if Trait.SEVERAL not in OPTIONS[name].traits))
_COMMON: dict[str, Any] = {
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def main(argv: list[str] | None = None) -> None:
    """Run the program and exit with its code; expected errors are plain lines on stderr."""
    _prepare()
    try:
        _check_completion()
        app(argv)
    except NeedlecareError as error:
        raise _failure(error.exit_code, str(error)) from None
    except SystemExit as left:
        # The reader has gone. Typer and Rich exit with 1 then, which means that the answer is no.
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        raise _failure(getattr(left.__context__.__context__, "exit_code", ExitCode.DONE)) from None
    except KeyboardInterrupt:
        raise SystemExit(ExitCode.INTERRUPTED) from None
    except OSError as error:  # not the program's fault: help on a full disk, a message to a closed stderr
        where = f": {error.filename}" if error.filename else ""
        raise _failure(ExitCode.BAD_INPUT, f"the system refuses: {error.strerror or error}{where}") from None
    except Exception as error:  # only a developer wants to see a traceback
        if _is_raised(error):
            raise
        bug = f"something went wrong that should not ({type(error).__name__}: {error}); please report it"
        raise _failure(ExitCode.BUG, bug, "NEEDLECARE_DEBUG=1 shows where") from None


def _is_raised(error: Exception) -> bool:
    """Report whether whoever runs the program is to see *error* itself; where memory lacks nothing else can be done."""
    return isinstance(error, MemoryError) or bool(os.environ.get("NEEDLECARE_DEBUG"))


def _failure(code: ExitCode, *texts: str) -> SystemExit:
    for text in texts:
        complain(text)
    give_up_writing()
    return SystemExit(code)


def _prepare() -> None:
    """Buffer both streams, replace what the console can't show by a question mark, and limit its width."""
    # Rich draws as many columns as COLUMNS says, millions too; Typer reads a number here, and nothing else.
    for name in ("COLUMNS", "TERMINAL_WIDTH"):
        columns = os.environ.get(name, "1")
        if not columns.isdecimal():
            del os.environ[name]
        elif len(columns.lstrip("0")) > len(_WIDEST):
            os.environ[name] = _WIDEST
    if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        # The libraries that draw know it by this name alone.
        os.environ.setdefault("FORCE_COLOR", "1")
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if isinstance(stream.buffer, io.RawIOBase):
            # With PYTHONUNBUFFERED a write that the disk cuts short passes for a whole one; a buffer writes on.
            encoding, errors = stream.encoding, stream.errors
            stream = io.TextIOWrapper(io.BufferedWriter(stream.detach()), encoding, errors, line_buffering=True)
            setattr(sys, name, stream)
            # Python asks the original one how wide the terminal is, and that is detached now.
            setattr(sys, f"__{name}__", stream)
        if not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")


def _check_completion() -> None:
    """Refuse a question of the shell bash that isn't whole: click would end in a traceback."""
    if os.environ.get("_NEEDLECARE_COMPLETE") == "complete_bash":
        words, number = os.environ.get("COMP_WORDS"), os.environ.get("COMP_CWORD", "")
        if words is None or not number.isdecimal():
            raise InputError("there is nothing to complete: COMP_WORDS holds the words, COMP_CWORD the number of one")


# Each command, or group of commands, in the order of the list, and the module in which it has this name.
LATER = {
    "plan": "plan",
    **dict.fromkeys(("today", "can", "when", "normal", "why", "check"), "ask"),
    "sessions": "sessions",
    "push": "push",
    "batch": "batch",
    "log": "log",
    "config": "settings",
    "rules": "rules",
}


def _kind_of(declared: inspect.Parameter | None) -> Any:
    """Return what the value of a *declared* parameter is to be, or each of them if there are several."""
    kind = next(iter(get_args(declared and declared.annotation)), None)
    return next(one for one in get_args(kind) if one is not NoneType) if isinstance(kind, UnionType) else kind


@cache
def _helps() -> dict[str, dict[str, Any]]:
    """Read what help says of each command; no docstring says it, since `python -OO` has none."""
    import tomllib

    return tomllib.loads(files("needlecare.cli").joinpath("help.toml").read_text(encoding="utf-8"))


def _path(ctx: Any) -> str:
    """Return the words that name the command of *ctx*."""
    return f"{_path(ctx.parent)} {ctx.info_name}".strip() if ctx.parent else ""


class _Explained:
    """Part of a command whose help stands in help.toml, and whose parameters keep the text that was typed."""

    callback: Any
    help: str | None

    def _declared(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self.callback).parameters if self.callback else {}

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters; Typer has Pydantic do what is done here, whose import doubles the start."""
        every: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        declared = self._declared()
        for one in every:
            if "process_value" not in vars(one):
                one.process_value = partial(_process, one, one.process_value, _kind_of(declared.get(one.name)))
        return every

    def explain(self, ctx: Any) -> dict[str, Any]:
        """Name the values of options in words, where Typer names the types of Python; return what help.toml says."""
        declared = self._declared()
        for one in self.get_params(ctx):
            if one.param_type_name == "argument":
                one.display_type_rich = lambda **_: None
            elif one.metavar is None:
                one.metavar = _metavar(_kind_of(declared.get(one.name)))
        return _helps().get(_path(ctx), {})

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        said = self.explain(ctx)
        examples = "".join(f"\n$ {one}" for one in said.get("examples", ()))
        self.help = "\n\n".join(filter(None, (said.get("line"), said.get("more"), examples and f"Examples:{examples}")))
        super().format_help(ctx, formatter)  # type: ignore[misc]


def _metavar(kind: Any) -> str:
    """Return what stands for the value of an option in help: nothing for a switch."""
    if isinstance(kind, EnumType):
        return "|".join(map(str, kind))
    return {Path: "FILE", int: "N", str: "TEXT"}.get(kind, "")


class Group(_Explained, TyperGroup):
    """A command that has commands of its own; typed alone, it shows its help."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of its commands, each of which gets its line in the list."""
        names: list[str] = super().list_commands(ctx)
        for name in names:
            self.commands[name].short_help = _helps()[f"{_path(ctx)} {name}".strip()]["line"]
        return names

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*; without any, show the help, which is no mistake."""
        return super().parse_args(ctx, args or ["--help"])


def _process(parameter: Any, check: Callable[..., Any], kind: Any, ctx: Any, value: Any) -> Any:
    """Return *value* as the command takes it; Typer gets what is typed and needs a check, and what is missing."""
    if value is None and not parameter.required:
        return None
    if not value or parameter.callback or not (kind in _CONVERTED or isinstance(kind, EnumType)):
        return check(ctx, value)
    try:
        return _CONVERTED.get(kind, kind)(value)
    except ValueError:
        known = [one.value for one in kind]
        raise InputError(
            f"{parameter.opts[0]}: there is no `{value}`{nearest(value, known)}; it is one of {', '.join(known)}"
        ) from None


class Command(_Explained, TyperCommand):
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


def group() -> typer.Typer:
    """Make a command that has commands of its own, such as `log`."""
    return typer.Typer(cls=Group, add_completion=False, **_COMMON)


class Commands(Group):
    """The program: each command is put together when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name) for name in LATER})

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*, of which `help can` means `can --help`."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        return TyperGroup.parse_args(self, ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed, and put it together if that hasn't been done."""
        if visible(args[0]) != args[0]:
            raise InputError(f"there is no command `{args[0]}`; type it with plain blanks")
        name, command, rest = super().resolve_command(ctx, args)
        if name and type(command) is TyperCommand:
            made = found = getattr(import_module(f"needlecare.cli.{LATER[name]}"), name)
            if not isinstance(found, typer.Typer):
                made = typer.Typer(add_completion=False, **_COMMON)
                made.command(name, cls=Command)(found)
            command = self.commands[name] = typer.main.get_command(made)
        return name, command, rest


app = typer.Typer(
    name="needlecare",
    cls=Commands,
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
        bool, typer.Option("--version", "-V", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Run without a command: greet."""
    del version
    if ctx.invoked_subcommand is None:
        import_module("needlecare.cli.ask").greet()
