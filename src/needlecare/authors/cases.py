"""Cases beside a rule set: reading them, planning each, and where the plan says something else than expected."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.errors import InputError, nearest
from needlecare.model.plan import FOREVER, Session, Timeline, Window, make_treatment
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, RuleSet
from needlecare.rules.fields import CASE, EXPECTED, GIVEN, Entry, read_texts
from needlecare.rules.read import Problems, Value, place, read_files
from needlecare.rules.yaml import read_trees
from needlecare.timeline.build import build_timeline
from needlecare.typed import parse_date, parse_time, parse_zone, read_facts, read_seen

DEFAULT_ZONE = "Europe/London"


class Expected(NamedTuple):
    """One thing that a case expects of one target: *key* says which, *value* what it must be."""

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
    Entry(CASE, value, problems)
    if not isinstance(value, dict):
        return None
    given, expect = value.get("given"), value.get("expect")
    if not isinstance(given, dict) or "date" not in given:
        problems.add(given if given is not None else value, "a case needs `given:` with at least a date")
        return None
    if not isinstance(expect, dict) or not expect:
        problems.add(expect if expect is not None else value, "a case needs `expect:` with at least one target")
        return None
    return _case(value, given, tuple(_expected(expect, problems)), problems)


def _case(value: dict[Any, Any], given: dict[Any, Any], expected: tuple[Expected, ...], problems: Problems) -> Case:
    facts = {key: read_texts(one, key, problems) or () for key, one in given.items() if key not in GIVEN}
    name = value.get("name", f"{given['date']}{''.join(f', {key} {one}' for key, one in facts.items())}")
    return Case(
        name=" ".join(str(name).split()),
        place=str(place(value)),
        date=str(given["date"]),
        time=str(given["time"]) if "time" in given else None,
        tz=str(given.get("tz", DEFAULT_ZONE)),
        facts=facts,
        seen=tuple(f"{moment}={when}" for moment, when in _pairs(given.get("seen"), problems)),
        expected=expected,
    )


def _pairs(value: Value | None, problems: Problems) -> list[tuple[str, str]]:
    if value is None:
        return []
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return list(value.items())
    problems.add(value, "write it as {redness-gone: 2026-11-22}")
    return []


def _expected(expect: dict[Any, Any], problems: Problems) -> Iterator[Expected]:
    for target, wanted in expect.items():
        entry = Entry(EXPECTED, wanted, problems)
        for key, texts in entry.values.items():
            yield Expected(str(target), key, ", ".join(texts), str(place(entry.fields[key])))


NOTHING = "nothing"
_SESSION = "next-session"


class Difference(NamedTuple):
    """A plan says *got* where a case expects something else; *unknown* says that nothing has that name."""

    expected: Expected
    got: str
    unknown: str = ""

    def __str__(self) -> str:
        wanted = self.expected
        key = "" if wanted.key == "is" else f" {wanted.key}"
        return f"{wanted.place}: {wanted.target}{key}: expected {wanted.value}, got {self.got}{self.unknown}"


def plan_case(rule_set: RuleSet, case: Case) -> Timeline:
    """Build the timeline that *case* asks for.

    Raises:
        InputError: what it gives can't be used with this rule set.
    """
    zone = parse_zone(case.tz)
    treatment = make_treatment(parse_date(case.date), parse_time(case.time) if case.time else None, zone)
    treatment = treatment._replace(seen=read_seen(rule_set, treatment, case.seen))
    return build_timeline(rule_set, treatment, read_facts(rule_set, case.facts))


def run_case(rule_set: RuleSet, case: Case) -> list[Difference]:
    """Return where the plan of *case* says something else than it expects."""
    try:
        timeline = plan_case(rule_set, case)
    except InputError as error:
        raise InputError(f"{case.place}: {case.name}: {error}") from None
    found = (Difference(one, _say(timeline, one), _unknown(rule_set, one.target)) for one in case.expected)
    return [one for one in found if one.unknown or not _agree(one.expected.value, one.got)]


def _unknown(rule_set: RuleSet, target: str) -> str:
    """Return that nothing is called *target*, and what was probably meant; nothing where something is."""
    known = (*rule_set.activities, *rule_set.signs, *rule_set.screenings, _SESSION)
    if target in known:
        return ""
    return f"; there is no activity, sign or screening entry `{target}`{nearest(target, known)}"


def _agree(wanted: str, got: str) -> bool:
    """Return whether *got* is what was *wanted*; a date alone stands for its midnight."""
    return got in (wanted, f"{wanted}T00:00")


def _say(timeline: Timeline, wanted: Expected) -> str:
    """Return what the plan says of the target, in the words of a case."""
    if wanted.target == _SESSION:
        read = _SESSION_DAYS.get(wanted.key, lambda _: None)
        return str(next(map(read, reversed(timeline.sessions)), None) or NOTHING)
    if wanted.key == "is":
        return _state(timeline, wanted.target)
    kind, which, pick = _WINDOWS.get(wanted.key, _NO_WINDOW)
    windows = [window for window in timeline.windows if (window.kind, window.target) == (kind, wanted.target)]
    if wanted.key == "only-once":
        return ", ".join(sorted({wait.bound for window in windows for wait in window.waits})) or NOTHING
    return _instant(timeline, which(filter(None, map(pick, windows)), default=None))


def _instant(timeline: Timeline, instant: datetime | None) -> str:
    if instant is None or instant == FOREVER:
        return "no end" if instant else NOTHING
    return f"{instant.astimezone(timeline.treatment.zone):%Y-%m-%dT%H:%M}"


def _state(timeline: Timeline, target: str) -> str:
    """Return in a word what a plan says of *target*: a screening level, kinds of windows, how urgent it is."""
    levels = [finding.level for finding in timeline.findings if finding.screening.id == target]
    kinds = sorted({window.kind for window in timeline.windows if window.target == target})
    # The most urgent comes first.
    called = [rule.urgency for rule in timeline.red_flags if target in rule.targets][:1]
    return ", ".join([*levels, *kinds, *called]) or NOTHING


_SESSION_DAYS: dict[str, Callable[[Session], date | None]] = {
    "minimum": lambda session: session.minimum,
    "best-until": lambda session: session.recommended[1],
    "late-from": lambda session: session.overdue,
}


def _better_from(window: Window) -> datetime | None:
    """Return since when it is better not; None where nobody says since when, or where it is a no at once."""
    return window.better_from if window.has_start and (window.better_from < window.start or window.is_instant) else None


# Windows of which kind, whether the first or the last of them, and the instant in it; None where it has no such one.
_Row = tuple[str, Callable[..., datetime | None], Callable[[Window], datetime | None]]
_NO_WINDOW: _Row = ("", max, lambda _: None)
_WINDOWS: dict[str, _Row] = {
    "no-from": (AVOID, min, lambda one: one.start if one.start < one.end else None),
    "no-until": (AVOID, max, lambda one: one.end if one.start < one.end else None),
    "better-from": (AVOID, min, _better_from),
    "better-until": (AVOID, max, lambda one: one.better_until if one.better_until > one.end else None),
    "not-before": (AVOID, max, lambda one: one.earliest),
    "only-once": (AVOID, max, lambda one: one.end),
    "do-from": (DO, min, lambda one: one.start),
    "do-until": (DO, max, lambda one: one.holds_until),
    "allowed-from": (ALLOW, min, lambda one: one.start),
    "prepare-from": (PREPARE, min, lambda one: one.start),
    "normal-until": (EXPECT, max, lambda one: one.end),
    "call-from": (EXPECT, min, lambda one: one.worry_after),
}
