"""Cases: where a plan says something else than one expects, and what changes in them between two rule sets."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from needlecare import errors, typed
from needlecare.model.facts import Answer, Condition
from needlecare.model.plan import FOREVER, Session, Timeline, Window, make_treatment
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, Rule, RuleSet
from needlecare.rules import fields, kinds, yaml
from needlecare.rules.read import Problems, Value, place, read_files
from needlecare.timeline.build import build_timeline

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


def read_cases(location: Path, problems: Problems, among: Collection[Path] | None = None) -> list[Case]:
    """Read the cases of the rule set at *location*: the `cases:` of its files, and of its cases*.yaml."""
    trees = yaml.read_trees(read_files(location, among, cases=True), problems)
    found: list[Case] = []
    for tree in trees:
        listed = tree.get("cases", [])
        if not isinstance(listed, list):
            problems.add(listed, "`cases` is a list, each with `given:` and `expect:`")
            continue
        found.extend(case for one in listed if (case := _read_case(one, problems)) is not None)
    return found


def _read_case(value: Value, problems: Problems) -> Case | None:
    fields.Entry(fields.CASE, value, problems)
    if not isinstance(value, dict):
        return None
    given, expect = value.get("given"), value.get("expect")
    if not isinstance(given, dict) or "date" not in given:
        problems.add(value.get("given", value), "a case needs `given:` with at least a date")
        return None
    if not isinstance(expect, dict) or not expect:
        problems.add(value.get("expect", value), "a case needs `expect:` with at least one target")
        return None
    entries = {target: fields.Entry(fields.EXPECTED, wanted, problems) for target, wanted in expect.items()}
    expected = (
        Expected(str(target), key, ", ".join(texts), str(place(entry.fields[key])))
        for target, entry in entries.items()
        for key, texts in entry.values.items()
    )
    return _case(value, given, tuple(expected), problems)


def _case(value: dict[Any, Any], given: dict[Any, Any], expected: tuple[Expected, ...], problems: Problems) -> Case:
    facts = {key: kinds.read_texts(one, key, problems) or () for key, one in given.items() if key not in fields.GIVEN}
    name = value.get("name", f"{given['date']}{''.join(f', {key} {one}' for key, one in facts.items())}")
    seen = given.get("seen", {})
    if not isinstance(seen, dict) or not all(isinstance(one, str) for one in seen.values()):
        problems.add(seen, "write it as {redness-gone: 2026-11-22}")
        seen = {}
    return Case(
        name=" ".join(str(name).split()),
        place=str(place(value)),
        date=str(given["date"]),
        time=str(given["time"]) if "time" in given else None,
        tz=str(given.get("tz", DEFAULT_ZONE)),
        facts=facts,
        seen=tuple(f"{moment}={when}" for moment, when in seen.items()),
        expected=expected,
    )


NOTHING = "nothing"
_SESSION = "next-session"


def plan_case(rule_set: RuleSet, case: Case) -> Timeline:
    """Build the timeline that *case* asks for.

    Raises:
        InputError: what it gives can't be used with this rule set.
    """
    zone = typed.parse_zone(case.tz)
    treatment = make_treatment(typed.parse_date(case.date), typed.parse_time(case.time) if case.time else None, zone)
    treatment = treatment._replace(seen=typed.read_seen(rule_set, treatment, case.seen))
    facts = typed.read_facts(rule_set, case.facts)
    for one in facts.unheard:
        raise errors.InputError(f"{one.fact} has no answer `{one.word}`")
    return build_timeline(rule_set, treatment, facts)


def run_case(rule_set: RuleSet, case: Case) -> Iterator[str]:
    """Find where the plan of *case* says something else than it expects, or where nothing has the name that it uses."""
    try:
        timeline = plan_case(rule_set, case)
    except errors.InputError as error:
        # On one line: what a case says may hold line breaks.
        raise errors.InputError(" ".join(f"{case.place}: {case.name}: {error}".splitlines())) from None
    known = (*rule_set.activities, *rule_set.signs, *rule_set.screenings, _SESSION)
    for wanted in case.expected:
        got = _say(timeline, wanted)
        # A date alone stands for its midnight.
        if wanted.target not in known or got not in (wanted.value, f"{wanted.value}T00:00"):
            key = "" if wanted.key == "is" else f" {wanted.key}"
            meant = f"`{wanted.target}`{errors.nearest(wanted.target, known)}"
            unknown = "" if wanted.target in known else f"; there is no activity, sign or screening entry {meant}"
            yield f"{wanted.place}: {wanted.target}{key}: expected {wanted.value}, got {got}{unknown}"


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


class PlanChange(NamedTuple):
    """What a plan says of one target, in two rule sets, in how many cases; *example* is the name of the first."""

    target: str
    before: str
    after: str
    cases: int
    example: str


def compare_rules(old: RuleSet, new: RuleSet) -> Iterator[str]:
    """Return the rules, screening and sessions entries, and the words, that were added, left out or changed."""
    for section in fields.SPEAKING:
        what, attribute = fields.SECTIONS[section].what.partition(" ")[2], fields.FILE.fields[section].into
        before, after = getattr(old, attribute), getattr(new, attribute)
        for id_ in sorted({*before, *after}):
            one, other = before.get(id_), after.get(id_)
            if one is None or other is None:
                yield f"{what} {id_}: {f'gone{_value(one)}' if one else f'new{_value(other)}'}"
            elif one != other:
                yield f"{what} {id_}: {_changes(one, other)}"
    if old.open_ends_at != new.open_ends_at:
        yield f"open-ends-at: {old.open_ends_at} → {new.open_ends_at}"


def _value(one: object) -> str:
    if isinstance(one, Rule):
        return f" ({one.verb} {', '.join(one.targets)}, {one.span})"
    label = getattr(one, "label", "") or getattr(one, "ask", "")
    return f" ({label})" if label else ""


_NAMES = {"start": "from", "targets": "names", "when": "holds", "total": "count", "low": "least", "high": "most"}
_JOINTS = dict.fromkeys(("total", "every", "results"), "..")
# The own value of a rule comes first, and whose it is only where nothing else differs.
_APART = ("id", "origin", "end", "days")
_NONE = "(nothing)"


def _changes(one: Any, other: Any) -> str:
    """Return which fields differ, and from what to what."""
    value, new_value = getattr(one, "value", ""), getattr(other, "value", "")
    parts = [f"{value} → {new_value}"] if value != new_value else []
    old, new = _parts(one), _parts(other)
    for rank, name in sorted({**old, **new}, key=itemgetter(0)):
        change = f"{old.get((rank, name), _NONE)} → {new.get((rank, name), _NONE)}"
        if old.get((rank, name)) != new.get((rank, name)) and (rank or change not in parts):
            parts.append(f"{name} {change}")
    return "; ".join(parts) or f"whose it is: {one.origin} → {other.origin}"


def _parts(one: Any) -> dict[tuple[int, str], str]:
    """Return what *one* states by names: first its plain fields, then each of its words, sayings and answers."""
    parts: dict[tuple[int, str], str] = {}
    for name, value in one._asdict().items():
        if name == "words":
            parts |= {(1, word): f"“{text}”" for word, text in value.items()}
        elif name == "says":
            for saying in value:
                key, stated = (2, f"says {saying.source}:"), saying.value + (saying.note and f" ({saying.note})")
                parts[key] = " and ".join(filter(None, (parts.get(key), stated)))
        elif name == "answers":
            parts |= {(3, f"answer {answer.id}:"): _answer(answer) for answer in value}
        elif name not in _APART:
            parts[0, _NAMES.get(name, name.replace("_", " "))] = _said(value, name)
    return parts


def _answer(answer: Answer) -> str:
    return ", also ".join(filter(None, (answer.label, ", ".join(answer.aka), answer.dated or answer.ended)))


def _said(value: object, name: str = "") -> str:
    """Return the value of the field *name* as a rule file would write it."""
    if value in (None, "", ()):
        return _NONE
    if type(value) is tuple and name != "clock":
        return _JOINTS.get(name, ", ").join(map(_said, value))
    return _WRITTEN.get(type(value), str)(value)


_WRITTEN: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "yes" if value else "no",
    float: "{:g}".format,
    Condition: lambda value: " and ".join(f"{test.fact}: {test.stated}" for test in value.tests) or "always",
    # The time of a clock.
    tuple: lambda value: "{:02}:{:02}".format(*value),
}


def compare_plans(old: RuleSet, new: RuleSet, cases: Iterable[Case]) -> tuple[list[PlanChange], int]:
    """Plan every case with both, and return what changes in how many; also how many could be planned at all."""
    changes: dict[tuple[str, str, str], PlanChange] = {}
    planned = 0
    for case in cases:
        try:
            before, after = plan_case(old, case), plan_case(new, case)
        except errors.InputError:
            continue
        planned += 1
        one, other = _summary(before, _avoided(after)), _summary(after, _avoided(before))
        for target in sorted({*one, *other}):
            was, is_ = Counter(one.get(target, _ABSENT)), Counter(other.get(target, _ABSENT))
            if was != is_:
                key = shown = _join(was, 0), _join(is_, 0)
                if shown[0] == shown[1]:
                    # Words can't tell what moves: the days of the example do.
                    key = _join(was - is_, 0), _join(is_ - was, 0)
                    shown = _join(was - is_, 1), _join(is_ - was, 1)
                known = changes.get((target, *key), PlanChange(target, *shown, cases=0, example=case.name))
                changes[target, *key] = known._replace(cases=known.cases + 1)
    return sorted(changes.values(), key=lambda change: (-change.cases, change)), planned


# What a plan holds of a target: words alone, and with the days that they come to.
_Held = tuple[str, str]
_ABSENT: list[_Held] = [("nothing", "nothing")]


def _join(held: Counter[_Held], side: int) -> str:
    return "; ".join(sorted(one[side] for one in held.elements()))


def _avoided(timeline: Timeline) -> set[str]:
    return {window.target for window in timeline.of_kind(AVOID)}


def _summary(timeline: Timeline, elsewhere: set[str]) -> dict[str, list[_Held]]:
    """Return what the plan holds of each target, counted from the treatment, so that dates don't hide what is equal.

    What is restricted *elsewhere*, in the plan beside it, may be so here by what it is part of.
    """
    found: dict[str, list[_Held]] = defaultdict(list)
    rule_set = timeline.rule_set
    for window in timeline.windows:
        found[rule_set.label(window.target)].append(_window(window, timeline))
    for activity in sorted(elsewhere.intersection(rule_set.activities) - _avoided(timeline)):
        for window in timeline.windows_on(activity):
            found[rule_set.label(activity)].append(_window(window, timeline))
    for session in timeline.sessions:
        dates = (session.minimum, session.recommended[1], session.overdue)
        first, farthest, late = ((day - timeline.treatment.day).days if day else None for day in dates)
        words = f"not before {first} days"
        ends = f"best until day {farthest}{'' if late is None else f', late from day {late}'}"
        found["the next session"] = [(words, f"{words} ({ends})")]
    for finding in timeline.findings:
        found[finding.screening.id].append((finding.level, finding.level))
    return found


def _window(window: Window, timeline: Timeline) -> _Held:
    once = f" once {' and '.join(wait.label for wait in window.waits)}" if window.waits else ""
    ends = "without end" if window.end == FOREVER else timeline.rule_set.rules[window.rule].value
    words = f"{window.kind} {ends}{once}"
    days = ", ".join(_days(window, timeline)) or _day(window.start, timeline)
    return words, f"{words} ({days})"


def _days(window: Window, timeline: Timeline) -> Iterator[str]:
    """Return the days that a window comes to."""
    if window.start != window.end:
        yield f"{_day(window.start, timeline)} to {_day(window.end, timeline, end=True)}"
    if not window.has_start:
        yield "better avoid before the treatment, no time given"
    elif window.better_from != window.start:
        yield f"better avoid from {_day(window.better_from, timeline)}"
    if window.better_until != window.end:
        yield f"better wait until {_day(window.better_until, timeline, end=True)}"
    dated = (("may be gone from", window.usually_by), ("eases from", window.eases), ("call from", window.worry_after))
    yield from (f"{text} {_day(at, timeline)}" for text, at in dated if at is not None)
    for wait in (*window.waits, *window.until_seen):
        if wait.usually_by not in (None, window.end):
            yield f"{wait.label} usually by {_day(wait.usually_by, timeline, end=True)}"


def _day(at: datetime, timeline: Timeline, *, end: bool = False) -> str:
    """Count the day of an instant from the treatment; midnight is the end of the day before it, as an *end*."""
    if at == FOREVER:
        return "no end"
    local = at.astimezone(timeline.treatment.zone)
    number = (local.date() - timeline.treatment.day).days
    if local.time() != time():
        return f"day {number} {local:%H:%M}"
    return f"the end of day {number - 1}" if end else f"day {number}"
