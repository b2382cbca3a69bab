"""What changes between two rule sets, and for whom: by rule, and by the plans of sample cases."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time
from typing import Any, NamedTuple

from needlecare.authors.cases import Case, plan_case
from needlecare.errors import InputError
from needlecare.model.facts import Answer, Condition, Test
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import AVOID, Rule, RuleSet, Saying
from needlecare.model.time import Bound, Duration


class PlanChange(NamedTuple):
    """What a plan says of one target, in two rule sets, in how many cases; *example* is the name of the first."""

    target: str
    before: str
    after: str
    cases: int
    example: str


def compare_rules(old: RuleSet, new: RuleSet) -> Iterator[str]:
    """Return the rules, screening and sessions entries, and the words, that were added, left out or changed."""
    yield from _compare("rule", old.rules, new.rules)
    yield from _compare("screening entry", old.screenings, new.screenings)
    yield from _compare("sessions entry", old.spacings, new.spacings)
    yield from _compare("activity", old.activities, new.activities)
    yield from _compare("sign", old.signs, new.signs)
    yield from _compare("moment", old.moments, new.moments)
    yield from _compare("event", old.events, new.events)
    yield from _compare("fact", old.facts, new.facts)
    if old.open_ends_at != new.open_ends_at:
        yield f"open-ends-at: {old.open_ends_at} → {new.open_ends_at}"


def _compare(what: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for id_ in sorted({*old, *new}):
        one, other = old.get(id_), new.get(id_)
        if one is None:
            yield f"{what} {id_}: new{_value(other)}"
        elif other is None:
            yield f"{what} {id_}: gone{_value(one)}"
        elif one != other:
            yield f"{what} {id_}: {_fields(one, other)}"


def _value(one: object) -> str:
    if isinstance(one, Rule):
        return f" ({one.verb} {', '.join(one.targets)}, {one.span})"
    label = getattr(one, "label", "") or getattr(one, "ask", "")
    return f" ({label})" if label else ""


_NAMES = {
    "start": "from",
    "targets": "names",
    "when": "holds",
    "total": "count",
    "low_confidence": "low confidence",
    "low": "least",
    "high": "most",
}
_JOINTS = dict.fromkeys(("total", "every", "results"), "..")
# The own value of a rule comes first, and whose it is only where nothing else differs.
_APART = ("id", "origin", "end", "days", "words", "says", "answers")


def _fields(one: object, other: object) -> str:
    """Return which fields differ, and from what to what."""
    old, new = _as_dict(one), _as_dict(other)
    value = f"{one.value} → {other.value}" if isinstance(one, Rule) and isinstance(other, Rule) else ""
    parts = [value] if getattr(one, "value", "") != getattr(other, "value", "") else []
    parts.extend(_plain_fields(old, new, value))
    for name, said_of in (("words", _words), ("says", _sayings), ("answers", _answers)):
        parts.extend(_entries(said_of(old.get(name, ())), said_of(new.get(name, ()))))
    return "; ".join(parts) or f"whose it is: {old.get('origin')} → {new.get('origin')}"


def _plain_fields(old: Mapping[str, Any], new: Mapping[str, Any], known: str) -> Iterator[str]:
    """Return the fields of one value each that differ, but for what is *known* already."""
    for name in (name for name in old if name not in _APART and old[name] != new[name]):
        said = f"{_said(old[name], name)} → {_said(new[name], name)}"
        if said != known:
            yield f"{_NAMES.get(name, name.replace('_', ' '))} {said}"


def _as_dict(one: object) -> dict[str, Any]:
    return one._asdict() if isinstance(one, tuple) and hasattr(one, "_asdict") else {}


def _entries(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in (*old, *(name for name in new if name not in old)):
        if old.get(name) != new.get(name):
            yield f"{name} {old.get(name, _NOTHING)} → {new.get(name, _NOTHING)}"


_NOTHING = "(nothing)"


def _words(words: Mapping[str, str]) -> dict[str, str]:
    return {name: f"“{text}”" for name, text in dict(words).items()}


def _sayings(says: Iterable[Saying]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in says:
        found.setdefault(one.source, []).append(f"{one.value}{f' ({one.note})' if one.note else ''}")
    return {f"says {source}:": " and ".join(values) for source, values in found.items()}


def _answers(answers: Iterable[Answer]) -> dict[str, str]:
    return {
        f"answer {one.id}:": ", also ".join(filter(None, (one.label, ", ".join(one.aka), one.dated))) for one in answers
    }


def _said(value: object, name: str = "") -> str:
    """Return the value of the field *name* as a rule file would write it."""
    if value is None or value in ("", ()):
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Condition):
        return " and ".join(map(_test, value.tests)) or "always"
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, tuple) or isinstance(value, (Bound, Duration)):
        return str(value)
    return (
        ":".join(f"{part:02}" for part in value) if name == "clock" else _JOINTS.get(name, ", ").join(map(_said, value))
    )


def _test(test: Test) -> str:
    if test.answers:
        return f"{test.fact}: {'not ' if test.negated else ''}{' or '.join(sorted(test.answers))}"
    low = [] if test.low is None else [f"{'over' if test.open_low else 'from'} {test.low:g}"]
    high = [] if test.high is None else [f"{'under' if test.open_high else 'up to'} {test.high:g}"]
    return f"{test.fact}: {' '.join([*low, *high])}"


def compare_plans(old: RuleSet, new: RuleSet, cases: Iterable[Case]) -> tuple[list[PlanChange], int]:
    """Plan every case with both, and return what changes in how many; also how many could be planned at all."""
    changes: dict[tuple[str, str, str], PlanChange] = {}
    planned = 0
    for case in cases:
        try:
            before, after = plan_case(old, case), plan_case(new, case)
        except InputError:
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


class _Said(NamedTuple):
    """What a plan holds of a target: *words* alone, and with the *days* that they come to."""

    words: str
    days: str


_ABSENT = [_Said("nothing", "nothing")]


def _join(said: Counter[_Said], side: int) -> str:
    return "; ".join(sorted(one[side] for one in said.elements()))


def _avoided(timeline: Timeline) -> set[str]:
    return {window.target for window in timeline.windows if window.kind == AVOID}


def _summary(timeline: Timeline, elsewhere: set[str]) -> dict[str, list[_Said]]:
    """Return what the plan says of each target, counted from the treatment, so that dates don't hide what is equal.

    What is restricted *elsewhere*, in the plan beside it, may be so here by what it is part of.
    """
    said: dict[str, list[_Said]] = {}
    for window in timeline.windows:
        said.setdefault(timeline.rule_set.label(window.target), []).append(_window(window, timeline))
    for activity in sorted(elsewhere.intersection(timeline.rule_set.activities) - _avoided(timeline)):
        found = [_window(window, timeline) for window in timeline.windows_on(activity)]
        if found:
            said.setdefault(timeline.rule_set.label(activity), []).extend(found)
    for session in timeline.sessions:
        first, farthest, late = (
            (day - timeline.treatment.day).days if day else None
            for day in (session.minimum, session.recommended[1], session.overdue)
        )
        words = f"not before {first} days"
        ends = f"best until day {farthest}{'' if late is None else f', late from day {late}'}"
        said["the next session"] = [_Said(words, f"{words} ({ends})")]
    for finding in timeline.findings:
        said.setdefault(finding.screening.id, []).append(_Said(finding.level, finding.level))
    return said


def _window(window: Window, timeline: Timeline) -> _Said:
    rule = timeline.rule_set.rules[window.rule]
    once = f" once {' and '.join(wait.label for wait in window.waits)}" if window.waits else ""
    ends = "without end" if window.end == FOREVER else rule.value
    words = f"{window.kind} {ends}{once}"

    days = ", ".join(_days(window, timeline)) or _day(window.start, timeline)
    return _Said(words, f"{words} ({days})")


def _days(window: Window, timeline: Timeline) -> Iterator[str]:
    """Return the days that a window comes to."""
    if window.start != window.end:
        yield f"{_day(window.start, timeline)} to {_day(window.end, timeline, end=True)}"
    if window.better_from != window.start:
        yield f"better not from {_day(window.better_from, timeline)}"
    if window.better_until != window.end:
        yield f"better not until {_day(window.better_until, timeline, end=True)}"
    dated = (("may be gone from", window.usually_by), ("eases from", window.eases), ("call from", window.worry_after))
    for text, at in dated:
        if at is not None:
            yield f"{text} {_day(at, timeline)}"
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
