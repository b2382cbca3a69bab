"""Writes the manual page, docs/needlecare.1, out of what `--help`, the README and docs/settings.md say."""

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typer

from needlecare.cli import app
from needlecare.model.facts import OPTIONS

DOCS = Path(__file__).parent
PAGE = DOCS / "needlecare.1"
# Of a table in Markdown: its first two columns.
_ROW = re.compile(r"(?m)^\| (`[^|]+`) \| ([^|]+?) \|")
_SHARED = [f"--{name}" for name in OPTIONS]
# The help of `--help`, which every command has.
_OWN_HELP = "Show this message and exit."


def make() -> str:
    """Make the page in the language of roff."""
    group: Any = typer.main.get_command(app)
    top = typer.Context(group, info_name="needlecare")
    shared: dict[str, tuple[str, str]] = {}
    lines = [
        f'.TH NEEDLECARE 1 "" "needlecare {version("needlecare")}" "User Commands"',
        *_section("NAME", [f"needlecare \\- {_text(group.explain(top)['line']).rstrip('.')}"]),
        *_section("SYNOPSIS", [f"{_bold('needlecare')} \\fIcommand\\fR [\\fIoptions\\fR]"]),
        *_section("DESCRIPTION", [_text(group.epilog), ".PP", *map(_text, _greeting())]),
        *_section("COMMANDS", _commands(group, top, shared)),
        *_section("OPTIONS OF A TREATMENT", _terms(shared.values())),
        *_section("EXIT STATUS", [_text(_exit_codes())]),
        *_section("ENVIRONMENT AND FILES", _terms(_settings())),
    ]
    return "\n".join(lines) + "\n"


def _greeting() -> Iterator[str]:
    yield "Without a command it shows what holds today, once the log remembers a treatment."
    yield "How to write a date, a question or a rule set stands in the documents beside the source."


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (f".SH {title}", *lines)


def _commands(group: Any, ctx: Any, shared: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Yield the part of each command; what is said of the options of a treatment goes to *shared*."""
    for name in group.list_commands(ctx):
        _, command, _ = group.resolve_command(ctx, [name])
        inner = typer.Context(command, info_name=name, parent=ctx)
        said = command.explain(inner)
        yield f'.SS "{_text(inner.command_path)}"'
        yield from map(_text, filter(None, (said["line"], said.get("more"))))
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner, shared)
            continue
        records = [record for one in command.get_params(inner) if (record := one.get_help_record(inner))]
        options = {record[0].partition(" ")[0]: record for record in records}
        # Without a date it is about no treatment, whatever else it shares.
        alike = {one: options[one] for one in _SHARED if one in options and "--date" in options}
        yield from _terms(record for record in records if record not in alike.values() and record[1] != _OWN_HELP)
        shared.update(alike)
        if alike:
            yield from (".PP", "It takes the options of a treatment too; they stand below.")
        for example in said.get("examples", ()):
            yield from (".PP", ".RS 4", _bold(example), ".RE")


def _terms(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in rows:
        yield from (".TP", _bold(term), _text(" ".join(text.split())))


def _exit_codes() -> str:
    """Return what the README says of exit codes."""
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    return " ".join(text.partition("\nExit codes: ")[2].partition("\n\n")[0].split())


def _settings() -> list[tuple[str, str]]:
    """Return what the table of the environment in docs/settings.md says, and where the settings file is."""
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    rows = _ROW.findall(text[text.index("## The environment") :])
    return [("~/.config/needlecare/config.toml", "the settings; `needlecare config` shows them"), *rows]


def _bold(text: str) -> str:
    return f"\\fB{_text(text)}\\fR"


def _text(text: str) -> str:
    """Return *text* as roff shows it literally."""
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("`", "")
    escaped = plain.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    PAGE.write_text(make(), encoding="utf-8")
