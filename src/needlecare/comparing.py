"""What changes between two rule sets, and for whom: by rule, and by the plans of sample cases."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from needlecare.cases import plan_case
from needlecare.errors import InputError
from needlecare.model.bounds import Bound
from needlecare.model.facts import Answer, Condition, Test
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import Rule, RuleSet, Saying
from needlecare.model.time import Duration
from needlecare.rules.cases import Case


class Change(NamedTuple):
    """What a plan says of one target, in two rule sets, in how many cases; *example* is the name of the first."""

    target: str
    before: str
    after: str
    cases: int
    example: str


def compare_rules(old: RuleSet, new: RuleSet) -> Iterator[str]:
    """Name the rules, screening and sessions entries, and the words, that were added, left out or changed."""
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
        return f" ({one.verb} {', '.join(one.targets)}, {one.value})"
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
# What a rule's own value says is said first, and whose it is only where nothing else differs.
_APART = ("id", "origin", "end", "days", "words", "says", "answers")


def _fields(one: object, other: object) -> str:
    """Say which fields differ, and from what to what."""
    old = one._asdict() if isinstance(one, tuple) and hasattr(one, "_asdict") else {}
    new = other._asdict() if isinstance(other, tuple) and hasattr(other, "_asdict") else {}
    parts = []
    if isinstance(one, Rule) and isinstance(other, Rule) and one.value != other.value:
        parts.append(f"{one.value} → {other.value}")
    for name in old:
        if old[name] != new[name] and name not in _APART:
            said = _said(old[name], name), _said(new[name], name)
            if f"{said[0]} → {said[1]}" not in parts:
                parts.append(f"{_NAMES.get(name, name.replace('_', ' '))} {said[0]} → {said[1]}")
    for name, said_of in (("words", _words), ("says", _sayings), ("answers", _answers)):
        parts.extend(_entries(said_of(old.get(name, ())), said_of(new.get(name, ()))))
    return "; ".join(parts) or f"whose it is: {old.get('origin')} → {new.get('origin')}"


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
    """Say the value of the field *name* as a rule file would."""
    if value is None or value in ("", ()):
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Condition):
        return " and ".join(map(_test, value.tests)) or "always"
    if isinstance(value, tuple) and not isinstance(value, (Bound, Duration)):
        return (
            ":".join(f"{part:02}" for part in value)
            if name == "clock"
            else _JOINTS.get(name, ", ").join(map(_said, value))
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _test(test: Test) -> str:
    if test.answers:
        return f"{test.fact}: {'not ' if test.negated else ''}{' or '.join(sorted(test.answers))}"
    low = [] if test.low is None else [f"{'over' if test.open_low else 'from'} {test.low:g}"]
    high = [] if test.high is None else [f"{'under' if test.open_high else 'up to'} {test.high:g}"]
    return f"{test.fact}: {' '.join([*low, *high])}"


def compare_plans(old: RuleSet, new: RuleSet, cases: Iterable[Case]) -> tuple[list[Change], int]:
    """Plan every case with both, and tell what changes in how many; also how many could be planned at all."""
    changes: dict[tuple[str, str, str], Change] = {}
    planned = 0
    for case in cases:
        try:
            before, after = plan_case(old, case), plan_case(new, case)
        except InputError:
            continue
        planned += 1
        one, other = _summary(before), _summary(after)
        for target in sorted({*one, *other}):
            said = one.get(target, "nothing"), other.get(target, "nothing")
            if said[0] != said[1]:
                known = changes.get((target, *said), Change(target, *said, 0, case.name))
                changes[target, *said] = known._replace(cases=known.cases + 1)
    return sorted(changes.values(), key=lambda change: (-change.cases, change)), planned


def _summary(timeline: Timeline) -> dict[str, str]:
    """Say of each target what the plan holds, counted from the treatment, so that dates don't hide what is equal."""
    said: dict[str, list[str]] = {}
    for window in timeline.windows:
        label = timeline.rule_set.label(window.target)
        said.setdefault(label, []).append(_window(window, timeline))
    for session in timeline.sessions:
        days = (session.minimum - timeline.treatment.day).days
        said["the next session"] = [f"not before {days} days"]
    for finding in timeline.findings:
        said[finding.screening.id] = [finding.level]
    return {target: "; ".join(sorted(parts)) for target, parts in said.items()}


def _window(window: Window, timeline: Timeline) -> str:
    rule = timeline.rule_set.rules[window.rule]
    once = f" once {' and '.join(wait.label for wait in window.waits)}" if window.waits else ""
    ends = "without end" if window.end == FOREVER else rule.value
    return f"{window.kind} {ends}{once}"
