"""The commands for those who write rules."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from needlecare.authors.cases import Case, read_cases
from needlecare.cli.output import complain, write_data, write_file, write_text
from needlecare.errors import InputError, RuleSetError
from needlecare.model.ruleset import VERBS
from needlecare.rules.read import Problems
from needlecare.rules.shipped import DEFAULT, find_rules, shipped_folder, shipped_names

_BRIEF = ("from", "until", "days", "for", "at", "due", "level", "every", "count", "when")


def list_sets(*, as_json: bool) -> None:
    """Name the rule sets that ship, with what they hold."""
    from needlecare.rules.load import load_rules

    sets = [load_rules(name) for name in shipped_names()]
    examples = sorted((shipped_folder() / "examples").glob("*.yaml"))
    if as_json:
        records = [
            {"id": one.id, "title": one.title, "version": one.version, "hash": one.digest, "rules": len(one.rules)}
            for one in sets
        ]
        _write_json({"rule_sets": records, "examples": [str(path) for path in examples]})
        return
    for one in sets:
        counts = f"{len(one.rules)} rules, {len(one.screenings)} screening entries, {len(one.sources)} sources"
        write_text(f"{one.id} {one.version}: {one.title}; {counts}\n")
    for path in examples:
        write_text(f"example: {path}\n")


def show_rules(id_: str | None, rules: str | None, *, as_json: bool) -> None:
    """Show a rule set as it is after everything that it extends, each field with whose it is."""
    from needlecare.rules.load import load_with_places

    rule_set, layer, problems = load_with_places(find_rules(rules or DEFAULT))
    problems.raise_any()
    if id_ in layer.entries and not as_json:
        for name, raw in sorted(layer.entries[id_].items()):
            write_text(f"{name}: {_brief(raw.value)}\n")
        return
    # The name of a section stands for all of it, and for nothing else.
    entries = {
        section: {name: raw for name, raw in sorted(found.items()) if id_ in (None, name, section)}
        for section, found in layer.entries.items()
        if id_ not in layer.entries or id_ == section
    }
    # One that was switched off below and declared anew is there.
    gone = {(section, name) for section, name in layer.off if name not in layer.entries[section]}
    off = [
        one
        for one in rule_set.changes
        if one.how == "switched off" and (one.section, one.id) in gone and id_ in (None, one.id)
    ]
    if id_ is not None and id_ not in entries and not off and not any(entries.values()):
        from needlecare.errors import nearest

        known = [name for found in layer.entries.values() for name in found]
        raise InputError(f"the rule set {rule_set.id} has nothing called `{id_}`{nearest(id_, known)}")
    if as_json:
        shown = {
            section: {
                name: {"value": raw.value, "origin": raw.origin, "origins": dict(raw.origins)}
                for name, raw in found.items()
            }
            for section, found in entries.items()
            if found
        }
        switched = [{"id": one.id, "by_rule_set": one.origin, "because": one.because, "by": one.by} for one in off]
        _write_json({"ruleset": rule_set.id, "hash": rule_set.digest, "entries": shown, "switched_off": switched})
        return
    for one in off:
        reason = ", ".join(filter(None, (one.because, f"by {one.by}" if one.by else "")))
        write_text(f"{one.id} is switched off by {one.origin}: {reason}\n")
    for section, found in entries.items():
        for name, raw in found.items():
            write_text(f"{section} {name} (from {raw.origin})\n")
            fields = raw.as_word
            for field, value in fields.items():
                origin = f"   # {raw.origin_of(field)}" if raw.origins else ""
                write_text(f"  {field}: {_flow(value)}{origin}\n")


def _brief(value: Any) -> str:
    """Say in a line what an entry is."""
    if not isinstance(value, dict):
        return str(value)
    said = next((value[key] for key in ("label", "ask", "title", "text") if key in value), None)
    verb = next((verb for verb in VERBS if verb in value), None)
    if said is None or verb is not None:
        lead = [f"{verb} {_flow(value[verb])}"] if verb else []
        return ", ".join([*lead, *(f"{key} {_flow(value[key])}" for key in _BRIEF if key in value)])
    also = f" (also {', '.join(value['aka'])})" if isinstance(value.get("aka"), list) else ""
    answers = f" {', '.join(value['answers'])}" if isinstance(value.get("answers"), dict | list) else ""
    return f"{said}{answers}{also}"


def _flow(value: Any) -> str:
    """Write a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return f'"{value}"' if any(mark in value for mark in ',:#{}[]"') else str(value)


def lint_rules(rules: Sequence[str], *, strict: bool) -> None:
    """Say what is wrong with each of several rule sets, and what is hardly meant; the worst of them decides."""
    if (worst := max(_lint_one(one, strict=strict) for one in rules)) > 0:
        raise SystemExit(worst)


def _lint_one(rules: str, *, strict: bool) -> int:
    """Lint a rule set by itself; give the exit code that it asks for."""
    from needlecare.authors.advice import advise
    from needlecare.rules.load import load_with_places

    try:
        location = find_rules(rules)
        rule_set, layer, problems = load_with_places(location)
        read_cases(location, problems)
    except InputError as error:
        complain(str(error))
        return InputError.exit_code
    except RuleSetError as error:
        # What can't be read at all is told like everything else.
        for line in error.problems:
            write_text(f"{_marked(line, 'error')}\n")
        return RuleSetError.exit_code
    advice = [] if problems else advise(rule_set, layer)
    for line in problems.lines():
        write_text(f"{_marked(line, 'error')}\n")
    for line in advice:
        write_text(f"{_marked(line, 'advice')}\n")
    if problems:
        return RuleSetError.exit_code
    write_text(f"{rule_set.id}: {len(rule_set.rules)} rules, nothing wrong; advice: {len(advice)}\n")
    return RuleSetError.exit_code if advice and strict else 0


def _marked(line: str, word: str) -> str:
    """Put *word* between the place and what is said of it."""
    place, _, text = line.partition(": ")
    return f"{place}: {word}: {text}"


def run_tests(rules: str, only: str | None) -> None:
    """Run the cases beside a rule set, and say where its plans differ."""
    from needlecare.authors.cases import run_case
    from needlecare.rules.load import load_rules_at

    location = find_rules(rules)
    rule_set = load_rules_at(location)
    cases = [case for case in _cases(location) if only is None or only.lower() in case.name.lower()]
    if not cases:
        raise InputError(f"{location} has no cases{f' with `{only}` in their names' if only else ''} to run")
    failed = 0
    for case in cases:
        differences = run_case(rule_set, case)
        failed += bool(differences)
        if differences:
            write_text(f"FAILED {case.name}\n")
            for difference in differences:
                write_text(f"  {difference}\n")
    write_text(f"{len(cases) - failed} passed, {failed} failed\n")
    if failed:
        raise SystemExit(RuleSetError.exit_code)


def _cases(location: Path) -> list[Case]:
    problems = Problems()
    cases = read_cases(location, problems)
    problems.raise_any()
    return cases


def diff_rules(old: str, new: str, *, as_json: bool) -> None:
    """Say what changes from one rule set to another: which rules, and for which of the sample cases."""
    from needlecare.authors.diff import compare_plans, compare_rules
    from needlecare.rules.load import load_rules_at

    places = find_rules(old), find_rules(new)
    one, other = (load_rules_at(place) for place in places)
    cases = {(case.date, case.time, case.tz, str(case.facts), case.seen): case for at in places for case in _cases(at)}
    if not cases:
        cases = {
            (case.date, case.time, case.tz, str(case.facts), case.seen): case for case in _cases(find_rules(DEFAULT))
        }
    rules = list(compare_rules(one, other))
    changes, planned = compare_plans(one, other, cases.values())
    if as_json:
        _write_json({"rules": rules, "plans": [change._asdict() for change in changes], "cases": planned})
        return
    if not rules and not changes:
        write_text(f"{one.id} and {other.id} say the same.\n")
    for line in rules:
        write_text(f"{line}\n")
    for change in changes:
        write_text(
            f"{change.target}: {change.before} → {change.after}; changes {change.cases} of the {planned} cases, "
            f"such as “{change.example}”\n"
        )


def init_rules(path: Path) -> None:
    """Write a commented rule set to start from; a file that is there already is left alone."""
    with suppress(OSError):  # where nothing can be, nothing can be written either, and that says why
        if path.exists():
            raise InputError(f"{path} is there already; give another name")
    starter = Path(__file__).parents[1] / "rules" / "starter.yaml"
    write_file(path, starter.read_text(encoding="utf-8"))
    complain(f"wrote {path}; next: needlecare rules lint {path}")


def write_schema(*, timeline: bool) -> None:
    """Write the JSON Schema of rule files, or of plans."""
    from needlecare.rules.fields import rule_schema
    from needlecare.views.schema import json_schema

    made = json_schema() if timeline else rule_schema()
    write_data(json.dumps(made, indent=2, ensure_ascii=False) + "\n")


def _write_json(record: dict[str, Any]) -> None:
    from needlecare.views.json import SCHEMA_VERSION
    from needlecare.views.phrases import escape

    lines = json.dumps({"schema_version": SCHEMA_VERSION, **record}, indent=2, ensure_ascii=False).split("\n")
    write_data("".join(f"{escape(line)}\n" for line in lines))


rules_app = typer.Typer(help="For those who write rules.", no_args_is_help=True, add_completion=False)

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
    lint_rules(rules, strict=strict)


@rules_app.command("test")
def run_cases(
    rules: _Rules,
    *,
    only: Annotated[str | None, typer.Option("--only", help="Only cases with this in their names.")] = None,
) -> None:
    """Run the cases that stand beside the rules."""
    run_tests(rules, only)


@rules_app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A rule set that ships, a file or a folder.")],
    new: Annotated[str, typer.Argument(help="The one to compare it with.")],
    *,
    format_: _Format = "text",
) -> None:
    """Say what changes from one rule set to another, and for whom."""
    diff_rules(old, new, as_json=_is_json(format_))


@rules_app.command()
def init(path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")]) -> None:
    """Write a commented rule set to start from."""
    init_rules(path)


@rules_app.command()
def schema(
    *,
    timeline: Annotated[bool, typer.Option("--timeline", help="The one of what `plan --format json` writes.")] = False,
) -> None:
    """Write the JSON Schema of rule files, for editors."""
    write_schema(timeline=timeline)
