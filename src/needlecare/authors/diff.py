"""What changes between two rule sets, and for whom: by rule, and by the plans of sample cases."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time
from operator import itemgetter
from typing import Any, NamedTuple

from needlecare.authors.cases import Case, plan_case
from needlecare.errors import InputError
from needlecare.model.facts import Answer, Condition
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import AVOID, Rule, RuleSet
from needlecare.rules.fields import FILE, SECTIONS, SPEAKING


class PlanChange(NamedTuple):
    """What a plan says of one target, in two rule sets, in how many cases; *example* is the name of the first."""

    target: str
    before: str
    after: str
    cases: int
    example: str


def compare_rules(old: RuleSet, new: RuleSet) -> Iterator[str]:
    """Return the rules, screening and sessions entries, and the words, that were added, left out or changed."""
    for section in SPEAKING:
        what, attribute = SECTIONS[section].what.partition(" ")[2], FILE.fields[section].into
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
_NOTHING = "(nothing)"


def _changes(one: Any, other: Any) -> str:
    """Return which fields differ, and from what to what."""
    value, new_value = getattr(one, "value", ""), getattr(other, "value", "")
    parts = [f"{value} → {new_value}"] if value != new_value else []
    old, new = _parts(one), _parts(other)
    for rank, name in sorted({**old, **new}, key=itemgetter(0)):
        change = f"{old.get((rank, name), _NOTHING)} → {new.get((rank, name), _NOTHING)}"
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
        return _NOTHING
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


# What a plan holds of a target: words alone, and with the days that they come to.
_Held = tuple[str, str]
_ABSENT: list[_Held] = [("nothing", "nothing")]


def _join(held: Counter[_Held], side: int) -> str:
    return "; ".join(sorted(one[side] for one in held.elements()))


def _avoided(timeline: Timeline) -> set[str]:
    return {window.target for window in timeline.windows if window.kind == AVOID}


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
        yield "better not before the treatment, no time given"
    elif window.better_from != window.start:
        yield f"better not from {_day(window.better_from, timeline)}"
    if window.better_until != window.end:
        yield f"better not until {_day(window.better_until, timeline, end=True)}"
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
