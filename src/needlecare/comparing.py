"""What changes between two rule sets, and for whom: by rule, and by the plans of sample cases."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from needlecare.cases import plan_case
from needlecare.errors import InputError
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import Rule, RuleSet
from needlecare.rules.cases import Case


class Change(NamedTuple):
    """What a plan says of one target, in two rule sets, in how many cases; *example* is the name of the first."""

    target: str
    before: str
    after: str
    cases: int
    example: str


def compare_rules(old: RuleSet, new: RuleSet) -> Iterator[str]:
    """Name the rules, screening and sessions entries that were added, left out or changed."""
    yield from _compare("rule", old.rules, new.rules)
    yield from _compare("screening entry", old.screenings, new.screenings)
    yield from _compare("sessions entry", old.spacings, new.spacings)


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
    return f" ({one.verb} {', '.join(one.targets)}, {one.value})" if isinstance(one, Rule) else ""


def _fields(one: object, other: object) -> str:
    """Say which fields differ; for a rule's window, from what to what."""
    old = one._asdict() if isinstance(one, tuple) and hasattr(one, "_asdict") else {}
    new = other._asdict() if isinstance(other, tuple) and hasattr(other, "_asdict") else {}
    names = [name for name in old if old[name] != new[name] and name not in ("origin", "start", "end", "days")]
    parts = []
    if isinstance(one, Rule) and isinstance(other, Rule) and one.value != other.value:
        parts.append(f"{one.value} → {other.value}")
    said = {"says": "what sources say", "when": "whom it holds for", "words": "its words", "targets": "what it names"}
    parts.extend(said.get(name, name.replace("_", " ")) for name in names)
    return ", ".join(parts) or "whose it is"


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
