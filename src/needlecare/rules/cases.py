"""The cases that stand beside rules: what is given, and what the plan must say. Reads them; runs nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.rules.fields import nearest
from needlecare.rules.layers import read_files, read_trees
from needlecare.rules.places import Problems, Value, place

GIVEN = ("date", "time", "tz", "seen")
DEFAULT_ZONE = "Europe/London"


class Expected(NamedTuple):
    """One thing that a case expects of one target: *key* tells which, *value* what it must be."""

    target: str
    key: str
    value: str
    place: str


class Case(NamedTuple):
    """One treatment and what its plan must say. *facts* and *seen* are as a person would type them."""

    name: str
    place: str
    date: str
    time: str | None
    tz: str
    facts: Mapping[str, tuple[str, ...]]
    seen: tuple[str, ...]
    expected: tuple[Expected, ...]


def read_cases(location: Path, problems: Problems) -> list[Case]:
    """Read the cases of the rule set at *location*: the `cases:` of its files, and of its cases*.yaml."""
    trees = read_trees(read_files(location, cases=True), problems)
    found: list[Case] = []
    for tree in trees:
        listed = tree.get("cases", [])
        if not isinstance(listed, list):
            problems.add(listed, "`cases` is a list, each with `given:` and `expect:`")
            continue
        found.extend(case for one in listed if (case := _read_case(one, problems)) is not None)
    return found


def _read_case(value: Value, problems: Problems) -> Case | None:
    if not isinstance(value, dict):
        problems.add(value, "a case is fields: {given: {date: 2026-11-20}, expect: {makeup: {no-until: 2026-11-22}}}")
        return None
    for key in value:
        if key not in ("name", "given", "expect"):
            problems.add(key, f"a case has no `{key}`; it may have name, given, expect")
    given, expect = value.get("given"), value.get("expect")
    if not isinstance(given, dict) or "date" not in given:
        problems.add(given if given is not None else value, "a case needs `given:` with at least a date")
        return None
    if not isinstance(expect, dict) or not expect:
        problems.add(expect if expect is not None else value, "a case needs `expect:` with at least one target")
        return None
    at = str(place(value))
    facts = {key: _texts(one, problems) for key, one in given.items() if key not in GIVEN}
    name = value.get("name", f"{given['date']}{''.join(f', {key} {one}' for key, one in facts.items())}")
    return Case(
        " ".join(str(name).split()),
        at,
        str(given["date"]),
        str(given["time"]) if "time" in given else None,
        str(given.get("tz", DEFAULT_ZONE)),
        facts,
        tuple(f"{moment}={when}" for moment, when in _pairs(given.get("seen"), problems)),
        tuple(_expected(expect, problems)),
    )


def _texts(value: Value, problems: Problems) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    problems.add(value, "a fact is one answer, or a list such as [face, neck]")
    return ()


def _pairs(value: Value | None, problems: Problems) -> list[tuple[str, str]]:
    if value is None:
        return []
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return list(value.items())
    problems.add(value, "write it as {redness-gone: 2026-11-22}")
    return []


def _expected(expect: dict[Any, Any], problems: Problems) -> list[Expected]:
    found = []
    for target, wanted in expect.items():
        if isinstance(wanted, str):
            found.append(Expected(str(target), "is", wanted, str(place(wanted))))
        elif isinstance(wanted, dict):
            for key, value in wanted.items():
                if key not in KEYS:
                    problems.add(key, f"a case can't expect `{key}`{nearest(key, KEYS)}; it may be {', '.join(KEYS)}")
                text = ", ".join(_texts(value, problems))
                found.append(Expected(str(target), str(key), text, str(place(value))))
        else:
            problems.add(wanted, "write what is expected as {no-until: 2026-11-22} or as one word")
    return found


KEYS = (
    *("no-from", "no-until", "better-from", "better-until", "not-before", "only-once"),
    *("do-from", "do-until", "allowed-from", "prepare-from", "normal-until", "call-from"),
    *("minimum", "best-until", "late-from"),
)
