"""`rules`: list, show, lint, stats, test, diff, init and schema, for people who write rule sets."""

import os.path
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needlecare.cli import Command, group
from needlecare.cli.completion import offer
from needlecare.cli.output import STDOUT, complain, write_data, write_file, write_json, write_lines, write_text
from needlecare.cli.settings import rules_named
from needlecare.errors import ExitCode, InputError, NeedlecareError, nearest, visible
from needlecare.model.ruleset import VERBS, Change
from needlecare.rules.read import DEFAULT, find_rules, shipped_folder, shipped_names
from needlecare.views.formats import AnswerFormat

if TYPE_CHECKING:
    from needlecare.authors.cases import Case
    from needlecare.authors.lint import Found, Report
    from needlecare.model.ruleset import RuleSet
    from needlecare.rules.layers import Layer
    from needlecare.rules.read import Raw

rules = group()
_Rules = Annotated[
    str,
    typer.Argument(
        metavar="RULES", help="A rule set that ships, a file or a folder.", autocompletion=offer("rule sets")
    ),
]
_Several = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RULES",
        help="Rule sets that ship (the default), files or folders, each by itself.",
        autocompletion=offer("rule sets"),
    ),
]
_Find = Annotated[
    bool,
    typer.Option("--find", help="Look for rule sets at and under RULES (or here), and pass over other YAML files."),
]
_Format = Annotated[AnswerFormat, typer.Option("--format", help="The format of the output.")]


class LintFormat(StrEnum):
    """What the findings of lint can be written as."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


# Where editors find what may stand in a rule file: beside it, so that it is there without a network, for each version.
_SCHEMA = "needlecare.schema.json"
# What tells most about an entry, for a list with a line for each.
_BRIEF = ("from", "until", "days", "for", "at", "due", "level", "every", "count", "when")


@rules.command("list", cls=Command)
def list_(*, format_: _Format = AnswerFormat.TEXT) -> None:
    """List the shipped rule sets."""
    from needlecare.rules.load import load_rules

    sets = [load_rules(name) for name in shipped_names()]
    examples = sorted((shipped_folder() / "examples").glob("*.yaml"))
    if format_ == AnswerFormat.JSON:
        records = [
            {"id": one.id, "title": one.title, "version": one.version, "hash": one.digest, "rules": len(one.rules)}
            for one in sets
        ]
        write_json({"rule_sets": records, "examples": [str(path) for path in examples]})
        return
    for one in sets:
        counts = f"{len(one.rules)} rules, {len(one.screenings)} screening entries, {len(one.sources)} sources"
        write_text(f"{one.id} {one.version}: {one.title}; {counts}\n")
    write_lines(f"example: {path}" for path in examples)


@rules.command(cls=Command)
def show(
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="An entry by its id, or a section: rules, activities, signs, moments, facts … All by default.",
            autocompletion=offer("entries"),
        ),
    ] = None,
    *,
    rules: Annotated[
        str | None, typer.Option(metavar="NAME|FILE|FOLDER", help="The rule set; by default microneedling.")
    ] = None,
    format_: _Format = AnswerFormat.TEXT,
) -> None:
    """Show a rule set or an entry of it."""
    from needlecare.rules.load import load_with_places

    rule_set, layer, problems = load_with_places(find_rules(rules_named(rules)), packed=True)
    problems.raise_any()
    entries, off = [*_select(layer, id_)], [*_switched_off(layer, id_)]
    if not (id_ in layer.entries or entries or off):
        known = chain.from_iterable(layer.entries.values())
        raise InputError(f"the rule set {rule_set.id} has nothing called `{id_}`{nearest(str(id_), known)}")
    if format_ == AnswerFormat.JSON:
        gone = [{"id": one.id, "by_rule_set": one.origin, "because": one.because, "by": one.by} for one in off]
        records = _records(entries, rule_set)
        write_json({"ruleset": rule_set.id, "hash": rule_set.digest, "entries": records, "switched_off": gone})
        return
    if id_ in layer.entries:
        lines = [f"{raw.id}: {_brief(raw.value)}" for _, raw in entries]
    else:
        lines = [*map(_gone, off), *chain.from_iterable(_whole(*entry, rule_set) for entry in entries)]
    write_lines(lines)


def _select(layer: "Layer", id_: str | None) -> "Iterator[tuple[str, Raw]]":
    """Yield the entry, or those of the section, called *id_*; without it all of them; each with its section."""
    # The name of a section stands for all of it, and for nothing else.
    for section in [id_] if id_ in layer.entries else layer.entries:
        for name, raw in sorted(layer.entries[section].items()):
            if id_ in (None, section, name):
                yield section, raw


def _switched_off(layer: "Layer", id_: str | None) -> Iterator[Change]:
    """Yield what switches off the entry called *id_*; without it every one that does."""
    for one in layer.changes:
        # An entry that a set switches off and another declares anew is there.
        is_gone = (one.section, one.id) in layer.off and one.id not in layer.entries[one.section]
        if is_gone and one.how == "switched off" and id_ in (None, one.id):
            yield one


def _gone(change: Change) -> str:
    reasons = filter(None, (change.because, change.by and f"by {change.by}"))
    return f"{change.id} is switched off by {change.origin}: {', '.join(reasons)}"


def _records(entries: "Iterable[tuple[str, Raw]]", rule_set: "RuleSet") -> dict[str, dict[str, Any]]:
    records: dict[str, dict[str, Any]] = {}
    for section, raw in entries:
        holds = {"holds": rule_set.parts_of(raw.id)} if section == "activities" else {}
        record = {"value": raw.value, "origin": raw.origin, "origins": dict(raw.origins), **holds}
        records.setdefault(section, {})[raw.id] = record
    return records


def _whole(section: str, raw: "Raw", rule_set: "RuleSet") -> Iterator[str]:
    yield f"{section} {raw.id} (from {raw.origin})"
    for field, value in raw.as_word.items():
        origin = f"   # {raw.origin_of(field)}" if raw.origins else ""
        yield f"  {field}: {_flow(value)}{origin}"
    if section == "activities" and (parts := sorted(rule_set.parts_of(raw.id))):
        yield f"  what is under it: {', '.join(parts)}"


def _brief(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    label = next((value[key] for key in ("label", "ask", "title", "text") if key in value), None)
    verbs = [verb for verb in VERBS if verb in value][:1]
    if label is None or verbs:
        return ", ".join(f"{key} {_flow(value[key])}" for key in (*verbs, *_BRIEF) if key in value)
    return f"{label}{_listed(' {}', value.get('answers'))}{_listed(' (also {})', value.get('aka'))}"


def _listed(frame: str, words: Any) -> str:
    return frame.format(", ".join(words)) if isinstance(words, dict | list) else ""


def _flow(value: Any) -> str:
    """Write a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return f'"{value}"' if any(mark in value for mark in ',:#{}[]"') else str(value)


@rules.command(cls=Command)
def lint(
    rules: _Several = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on advice too.")] = False,
    find: _Find = False,
    format_: Annotated[LintFormat, typer.Option("--format", help="The format of the output.")] = LintFormat.TEXT,
) -> None:
    """Lint rule sets."""
    from needlecare.authors.lint import to_record

    sets, others = _sets(rules, find=find)
    home, worst, records = Path.cwd(), ExitCode.DONE, []
    for one in sets:
        report = _lint(one)
        worst = max(worst, _grade(report, strict=strict))
        if report and format_ == LintFormat.JSON:
            records.append(to_record(one if isinstance(one, str) else one.location.as_posix(), report, home))
        elif report:
            _write_report(report, home if format_ == LintFormat.GITHUB else None)
    if format_ == LintFormat.JSON:
        write_json({"rule_sets": records, "passed_over": others})
    elif find:
        _write_found(sets, others)
    if worst:
        raise SystemExit(worst)


def _lint(rules: "str | Found") -> "Report | None":
    """Lint a rule set; None where there is none, which is said."""
    from needlecare.authors.lint import lint

    try:
        return lint(_located(rules))
    except InputError as error:
        complain(str(error))
        return None


def _grade(report: "Report | None", *, strict: bool) -> ExitCode:
    if report is None:
        return ExitCode.BAD_INPUT
    return ExitCode.WRONG_RULES if report.errors or (strict and report.advice) else ExitCode.DONE


def _write_report(report: "Report", home: Path | None) -> None:
    """Write what was found for people, or for GitHub, whose paths count from *home*."""
    from needlecare.authors.lint import to_github

    if home is None:
        write_lines(f"{problem.place}: {level}: {visible(problem.message)}" for level, problem in report.found)
    else:
        write_data("".join(f"{to_github(*found, home)}\n" for found in report.found))
    if not report.errors:
        write_text(f"{report.id}: {report.rules} rules, nothing wrong; advice: {len(report.advice)}\n")


def _sets(rules: list[str] | None, *, find: bool) -> "tuple[Sequence[str | Found], int]":
    """Return the rule sets that are meant, and how many files beside them are none."""
    from needlecare.authors.lint import find_sets

    return find_sets(rules or ["."]) if find else (rules or [DEFAULT], 0)


def _located(rules: "str | Found") -> "Found":
    """Return where a rule set lies: what was found is there, even where it is called like one that ships."""
    from needlecare.authors.lint import Found

    return Found(find_rules(rules)) if isinstance(rules, str) else rules


def _write_found(sets: "Sequence[str | Found]", others: int) -> None:
    from needlecare.views.phrases import counted

    write_text(f"found {counted(len(sets), 'rule set')}, and passed over {counted(others, 'other file')}\n")


@rules.command(cls=Command)
def stats(rules: _Rules, *, format_: _Format = AnswerFormat.TEXT) -> None:
    """Count voices."""
    from needlecare.authors.trials import describe, hard_noes
    from needlecare.rules.load import load_rules_at

    rule_set = load_rules_at(find_rules(rules))
    found = list(hard_noes(rule_set.rules.values(), rule_set))
    held = sum(no.is_held for no in found)
    records = [describe(no, rule_set) for no in found]
    if format_ == AnswerFormat.JSON:
        write_json({"ruleset": rule_set.id, "hash": rule_set.digest, "held_by_half": held, "hard_noes": records})
        return
    for one in records:
        no = f"no {'from' if one['side'] == 'before' else 'until'} {one['no']}"
        kinds = ", ".join(f"{count} {kind}" for kind, count in one["behind"].items()) or "nobody"
        less = f"behind it {kinds}; {one['share_less'] or 0:.0%} of {one['voices']} voices say less"
        write_text(f"{one['rule']}, {one['side']}: {no}; {less if one['voices'] else 'no source gives a figure'}\n")
    write_text(f"{rule_set.id}: {len(found)} hard noes, {held} of them held by at least half of their voices\n")


@rules.command("test", cls=Command)
def run_cases(
    rules: _Several = None,
    *,
    only: Annotated[str | None, typer.Option("--only", help="Only cases with this text in their names.")] = None,
    find: _Find = False,
) -> None:
    """Run the cases of rule sets."""
    sets, others = _sets(rules, find=find)
    worst = ExitCode.DONE
    for one in sets:
        try:
            grade = _run(_located(one), only, is_found=find, named=len(sets) > 1)
        except NeedlecareError as error:
            complain(str(error))
            grade = error.exit_code
        worst = max(worst, grade)
    if find:
        _write_found(sets, others)
    if worst:
        raise SystemExit(worst)


def _run(found: "Found", only: str | None, *, is_found: bool, named: bool) -> ExitCode:
    """Run the cases of a rule set with *only* in their names, which one that *is_found* needn't have."""
    from needlecare.rules.load import load_with_places

    cases = [case for case in _cases(*found) if (only or "").lower() in case.name.lower()]
    if not (cases or is_found):
        raise InputError(f"{found.location} has no cases{f' with `{only}` in their names' if only else ''} to run")
    rule_set, _, problems = load_with_places(*found, packed=True)
    problems.raise_any()
    failed = sum(_fails(case, rule_set) for case in cases)
    write_text(f"{f'{rule_set.id}: ' if named else ''}{len(cases) - failed} passed, {failed} failed\n")
    return ExitCode.WRONG_RULES if failed else ExitCode.DONE


def _fails(case: "Case", rule_set: "RuleSet") -> bool:
    """Report whether *case* fails, and write where."""
    from needlecare.authors.cases import run_case

    differences = [f"  {one}" for one in run_case(rule_set, case)]
    write_lines(map(visible, [f"FAILED {case.name}", *differences] if differences else []))
    return bool(differences)


def _cases(location: Path, among: Collection[Path] | None = None) -> list["Case"]:
    from needlecare.authors.cases import read_cases
    from needlecare.rules.read import Problems

    problems = Problems()
    cases = read_cases(location, problems, among)
    problems.raise_any()
    return cases


@rules.command(cls=Command)
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A rule set that ships, a file or a folder.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The rule set to compare it with.")],
    *,
    format_: _Format = AnswerFormat.TEXT,
) -> None:
    """Compare two rule sets."""
    from needlecare.authors.cases import compare_plans, compare_rules
    from needlecare.rules.load import load_rules_at

    places = find_rules(old), find_rules(new)
    one, other = map(load_rules_at, places)
    rules = list(compare_rules(one, other))
    # The cases of both, each once; where neither has any, those that ship.
    found = [*chain.from_iterable(map(_cases, places))] or _cases(find_rules(DEFAULT))
    cases = {(case.date, case.time, case.tz, str(case.facts), case.seen): case for case in found}
    changes, planned = compare_plans(one, other, list(cases.values()))
    if format_ == AnswerFormat.JSON:
        write_json({"rules": rules, "plans": [change._asdict() for change in changes], "cases": planned})
        return
    lines = [
        f"{change.target}: {change.before} → {change.after}; changes {change.cases} of the {planned} cases, "
        f"such as “{change.example}”"
        for change in changes
    ]
    write_lines([*rules, *lines] or [f"{one.id} and {other.id} say the same."])


@rules.command(cls=Command)
def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; - is standard output.")],
) -> None:
    """Write a rule set to start from."""
    import shlex

    starter = (Path(__file__).parents[1] / "rules" / "starter.yaml").read_text(encoding="utf-8")
    if path == STDOUT:
        write_data(starter)
        return
    if os.path.lexists(path):  # a link that leads nowhere is there too
        raise InputError(f"{path} already exists; give another name")
    write_file(path, f"# yaml-language-server: $schema={_SCHEMA}\n{starter}")
    beside = path.with_name(_SCHEMA)
    also = "" if os.path.lexists(beside) else f", and {beside} for editors"
    if also:
        write_file(beside, _rule_schema())
    complain(f"wrote {path}{also}; next: needlecare rules lint {shlex.quote(str(path))}")


@rules.command(cls=Command)
def schema(
    *, timeline: Annotated[bool, typer.Option("--timeline", help="The schema of `plan --format json`.")] = False
) -> None:
    """Write a JSON Schema."""
    from needlecare.views.json import json_schema, write

    write_data(write(json_schema()) if timeline else _rule_schema())


def _rule_schema() -> str:
    from needlecare.authors.schema import rule_schema
    from needlecare.rules.load import load_rules
    from needlecare.views.json import write

    return write(rule_schema(load_rules()))
