"""Lint: what is wrong with a rule set and what is hardly meant, and which files of a folder are rule sets at all."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.authors.advice import advise
from needlecare.authors.cases import read_cases
from needlecare.errors import InputError, Problem, RuleSetError, refuse, visible
from needlecare.model.ruleset import VERBS
from needlecare.rules.fields import FILE
from needlecare.rules.load import load_with_places
from needlecare.rules.read import LARGEST_BYTES, SUFFIXES

# How GitHub's workflow commands call the two levels, and the titles of the notes that it makes of them.
_GITHUB = {"error": ("error", "Error in a rule set"), "advice": ("warning", "Advice on a rule set")}
# A key at the left margin: it is told without parsing, so that a file that is no YAML still counts as what it means.
_TOP_KEY = re.compile(r"^(?:\{ *)?[\"']?([\w-]+)[\"']? *:(?=\s)", re.MULTILINE)
_KEY = re.compile(r"(?<![\w-])([\w-]+)[\"']? *:(?=\s)")
# The sections that tell a part of a rule set; those that files of others have too tell it with one of these fields.
_TELLING: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("activities", "signs", "moments", "screening", "switched-off", "small-words", "alike"), ()),
    "rules": VERBS,
    "facts": ("answers",),
    "events": ("activities", "results"),
    "sources": ("title",),
    "cases": ("given",),
}
# Other people's files: nobody's own rule sets lie there.
_NOT_OURS = ("node_modules", "site-packages")


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


class Found(NamedTuple):
    """A rule set: where it lies, and which *files* of a folder belong to it; None where all do."""

    location: Path
    files: tuple[Path, ...] | None = None


def lint(found: Found) -> Report:
    """Lint a rule set; advice is given where nothing is wrong.

    Raises:
        InputError: there is nothing to read there.
    """
    try:
        rule_set, layer, problems = load_with_places(found.location, found.files)
        read_cases(found.location, problems, found.files)
    except RuleSetError as error:
        return Report(None, 0, [*error.problems], [])
    errors = problems.listed()
    return Report(rule_set.id, len(rule_set.rules), errors, [] if errors else advise(rule_set, layer))


def to_github(level: str, problem: Problem, home: Path) -> str:
    """Write a problem as a workflow command of GitHub, which notes it beside the line; paths count from *home*."""
    command, title = _GITHUB[level]
    at = {"file": visible(_seen_from(home, problem.file)), "line": problem.line, "col": problem.column, "title": title}
    properties = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in at.items() if value is not None)
    return f"::{command} {properties}::{_escaped(visible(problem.message))}"


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


def find_sets(names: Iterable[str]) -> tuple[list[Found], int]:
    """Return the rule sets at or under the paths called *names*, each once, and how many other files there are.

    Only a file with `ruleset:` at its margin can be told from the YAML of others. Where another one beside it holds
    what only rule files do, the set is the folder: all of its files whose keys are mostly those of rule files.

    Raises:
        InputError: there is no such path, or a folder can't be read.
    """
    try:
        paths = dict.fromkeys(path for name in names for path in _files(Path(name)))
        members = {folder: _members(folder) for folder in {path.parent for path in paths}}
    except OSError as error:
        raise InputError(f"can't look for rule sets in {visible(str(error.filename))}: {error.strerror}") from None
    homes = [_set_of(path, members[path.parent]) for path in paths]
    return [*dict.fromkeys(filter(None, homes))], homes.count(None)


def _files(path: Path) -> Iterator[Path]:
    """Yield *path*, or the YAML files under it."""
    refuse((not path.exists(), f"there is nothing called {visible(str(path))} to look for rule sets in"))
    folders = [path] if path.is_dir() else []
    if not folders:
        yield path
    # Grows as it goes: folders may lie deeper in each other than functions can.
    for folder in folders:
        for one in _inside(folder):
            if one.is_dir() and not one.is_symlink() and one.name not in _NOT_OURS:
                folders.append(one)
            elif one.suffix in SUFFIXES and not one.is_dir():
                yield one


def _inside(folder: Path) -> list[Path]:
    """Return what is in *folder* and not hidden, by name."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]


def _set_of(path: Path, members: tuple[Path, ...]) -> Found | None:
    """Return the rule set that the file at *path* belongs to: that of its folder's *members*, itself, or none."""
    if path in members:
        return Found(path.parent, members)
    return Found(path) if "ruleset" in _top_keys(_text(path)) else None


def _members(folder: Path) -> tuple[Path, ...]:
    """Return the files of the rule set that a *folder* is; none where it is no set itself."""
    texts = {path: _text(path) for path in _inside(folder) if path.suffix in SUFFIXES}
    heads = {path for path, text in texts.items() if "ruleset" in _top_keys(text)}
    parts = {path: text for path, text in texts.items() if path not in heads and _may_be_part(text)}
    return (*heads, *parts) if len(heads) == 1 and any(map(_is_part, parts.values())) else ()


def _may_be_part(text: str) -> bool:
    """Report whether most of the keys are those of a rule file: one may be misspelt, and others use some of them."""
    keys = _top_keys(text)
    return len(keys & FILE.fields.keys()) * 2 > len(keys)


def _is_part(text: str) -> bool:
    """Report whether *text* holds what only rule files do."""
    keys = {*_KEY.findall(text)}
    sections = [_TELLING[key] for key in _top_keys(text) if key in _TELLING]
    return any(not fields or not keys.isdisjoint(fields) for fields in sections)


def _top_keys(text: str) -> set[str]:
    """Return the keys at the margin of *text*."""
    return {*_TOP_KEY.findall(text)}


def _text(path: Path) -> str:
    """Return what stands in the file at *path*; nothing of what can't be read."""
    with suppress(OSError):
        data = path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST_BYTES else b""
        return data.decode("utf-8-sig", "replace")
    return ""
