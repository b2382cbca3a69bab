"""What else is planned (`wedding:Ana's=2026-12-05`) → events, checked against the treatment."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from needlecare.dates import parse_date
from needlecare.errors import InputError
from needlecare.model.ruleset import RuleSet
from needlecare.model.treatment import Event

_LONGEST_DAYS = 366
_LONGEST_LABEL = 100


def read_events(rule_set: RuleSet, treated: date, texts: Sequence[str], option: str = "--event") -> tuple[Event, ...]:
    """Read `KIND=DATE`, `KIND:LABEL=DATE` or `KIND=DATE..DATE`; a kind that the rule set lacks is a plain event.

    Raises:
        InputError: it can't be read, lies before the treatment, or is given twice.
    """
    events = tuple(
        sorted(
            (_read(rule_set, treated, text, option) for text in texts),
            key=lambda one: (one.first, one.last, one.kind, one.label),
        )
    )
    for one, other in pairwise(events):
        if one == other:
            raise InputError(f"{option}: {one.label} on {one.first.isoformat()} is given twice")
    return events


def _read(rule_set: RuleSet, treated: date, text: str, option: str) -> Event:
    name, equals, when = text.rpartition("=")
    typed, _, label = name.partition(":")
    if not equals or not typed.strip() or not when.strip():
        raise InputError(
            f"{option}: `{text}` can't be read; write it as wedding=2026-12-05 or beach=2026-12-05..2026-12-12"
        )
    first, last = read_days(when, option)
    kind = find_kind(rule_set, typed)
    shown = " ".join((label or typed).replace("-", " ").split())[:_LONGEST_LABEL]
    if not label.strip() and kind in rule_set.events:
        shown = rule_set.events[kind].label
    if first < treated:
        raise InputError(
            f"{option}: {shown} on {first.isoformat()} lies before the treatment on {treated.isoformat()}; "
            "give one on that day or later"
        )
    return Event(kind, shown, first, last)


def find_kind(rule_set: RuleSet, typed: str) -> str:
    """Give the kind of event that *typed* names; what the rule set doesn't know stays as it is."""
    wanted = " ".join(typed.lower().replace("-", " ").replace("_", " ").split())
    for kind in rule_set.events.values():
        if wanted in (kind.id.replace("-", " "), kind.label.lower(), *(name.lower() for name in kind.aka)):
            return kind.id
    return wanted.replace(" ", "-")


def read_days(text: str, option: str) -> tuple[date, date]:
    """Read one date, or `DATE..DATE` with both included.

    Raises:
        InputError: one is no date, or they end before they begin.
    """
    first_text, dots, last_text = text.partition("..")
    first = parse_date(first_text.strip())
    last = parse_date(last_text.strip()) if dots else first
    if last < first:
        raise InputError(f"{option}: `{text.strip()}` ends before it begins")
    if (last - first).days > _LONGEST_DAYS:
        raise InputError(f"{option}: `{text.strip()}` is longer than a year; give the days that matter")
    return first, last
