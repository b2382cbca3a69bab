"""Lint: what is wrong with a rule set and what is hardly meant, as people and other programs read it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.authors.advice import advise
from needlecare.authors.cases import read_cases
from needlecare.errors import Problem, RuleSetError
from needlecare.rules.load import load_with_places

# How GitHub's workflow commands call the two levels, and the titles of the notes that it makes of them.
_GITHUB = {"error": ("error", "Error in a rule set"), "advice": ("warning", "Advice on a rule set")}


class Report(NamedTuple):
    """What lint found in one rule set; *id* is None where it can't be read at all."""

    id: str | None
    rules: int
    errors: list[Problem]
    advice: list[Problem]

    @property
    def found(self) -> Iterator[tuple[str, Problem]]:
        """Each error, then each piece of advice, with its level."""
        yield from (("error", one) for one in self.errors)
        yield from (("advice", one) for one in self.advice)


def lint(location: Path) -> Report:
    """Lint the rule set at *location*, a file or a folder; advice is given where nothing is wrong.

    Raises:
        InputError: there is nothing to read there.
    """
    try:
        rule_set, layer, problems = load_with_places(location)
        read_cases(location, problems)
    except RuleSetError as error:
        return Report(None, 0, [*error.problems], [])
    errors = problems.listed()
    return Report(rule_set.id, len(rule_set.rules), errors, [] if errors else advise(rule_set, layer))


def to_github(level: str, problem: Problem, home: Path) -> str:
    """Write a problem as a workflow command of GitHub, which notes it beside the line; paths count from *home*."""
    command, title = _GITHUB[level]
    at = {"file": _seen_from(home, problem.file), "line": problem.line, "col": problem.column, "title": title}
    properties = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in at.items() if value is not None)
    return f"::{command} {properties}::{_escaped(problem.message)}"


def to_record(name: str, report: Report, home: Path) -> dict[str, Any]:
    """Write what was found in the rule set called *name* as a record for JSON; paths count from *home*."""
    problems = [
        {
            "file": _seen_from(home, one.file),
            "line": one.line,
            "column": one.column,
            "level": level,
            "message": one.message,
        }
        for level, one in report.found
    ]
    counts = {"rules": report.rules, "errors": len(report.errors), "advice": len(report.advice)}
    return {"given": name, "id": report.id, "counts": counts, "problems": problems}


def _escaped(value: object, more: str = "") -> str:
    """Escape what ends a workflow command, and *more* that ends a property of one."""
    return re.sub(f"[%\r\n{more}]", lambda found: f"%{ord(found[0]):02X}", str(value))


def _seen_from(home: Path, file: str) -> str:
    """Return the path of *file* from *home*, if it lies there, with / between folders."""
    path = Path(os.path.normpath(home / file))
    return (path.relative_to(home) if path.is_relative_to(home) else path).as_posix()
