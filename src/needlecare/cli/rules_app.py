"""`needlecare rules …`: the commands and options of those who write rules."""

from pathlib import Path
from typing import Annotated

import typer

rules_app = typer.Typer(help="For those who write rules.", no_args_is_help=True)

_Rules = Annotated[str, typer.Argument(metavar="RULES", help="A rule set that ships, a file or a folder.")]
_Format = Annotated[str, typer.Option("--format", help="text or json.")]


def _is_json(format_: str) -> bool:
    from needlecare.errors import InputError

    if format_ not in ("text", "json"):
        raise InputError(f"--format: there is no `{format_}`; it is text or json")
    return format_ == "json"


@rules_app.command("list")
def list_(*, format_: _Format = "text") -> None:
    """List the rule sets that ship."""
    from needlecare.cli.rules import list_sets

    list_sets(as_json=_is_json(format_))


@rules_app.command()
def show(
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="One entry by its id, or a list: rules, activities, signs, moments, facts, sources …; else all.",
        ),
    ] = None,
    *,
    rules: Annotated[str | None, typer.Option(metavar="NAME|FILE|FOLDER", help="Else microneedling.")] = None,
    format_: _Format = "text",
) -> None:
    """Show what a rule set comes to, with everything that it extends, and whose each part is."""
    from needlecare.cli.rules import show as show_rules

    show_rules(id_, rules, as_json=_is_json(format_))


@rules_app.command()
def lint(
    rules: Annotated[
        list[str],
        typer.Argument(metavar="RULES", help="Rule sets that ship, files or folders, each a set by itself."),
    ],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on advice too.")] = False,
) -> None:
    """Say what is wrong with a rule set, and what is hardly meant, with file, line and column.

    Of several each is looked at by itself, and the exit code is that of the worst.
    """
    from needlecare.cli.rules import lint as lint_rules

    lint_rules(rules, strict=strict)


@rules_app.command("test")
def run_cases(
    rules: _Rules,
    *,
    only: Annotated[str | None, typer.Option("--only", help="Only cases with this in their names.")] = None,
) -> None:
    """Run the cases that stand beside the rules."""
    from needlecare.cli.rules import run_tests

    run_tests(rules, only)


@rules_app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A rule set that ships, a file or a folder.")],
    new: Annotated[str, typer.Argument(help="The one to compare it with.")],
    *,
    format_: _Format = "text",
) -> None:
    """Say what changes from one rule set to another, and for whom."""
    from needlecare.cli.rules import diff as diff_rules

    diff_rules(old, new, as_json=_is_json(format_))


@rules_app.command()
def init(path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")]) -> None:
    """Write a commented rule set to start from."""
    from needlecare.cli.rules import init as init_rules

    init_rules(path)


@rules_app.command()
def schema(
    *,
    timeline: Annotated[bool, typer.Option("--timeline", help="The one of what `plan --format json` writes.")] = False,
) -> None:
    """Write the JSON Schema of rule files, for editors."""
    from needlecare.cli.rules import schema as write_schema

    write_schema(timeline=timeline)
