"""Windows → calendar days: what each day holds, and what lifts on it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from needlecare.model.plan import FOREVER, Day, Lift, Window
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE
from needlecare.model.time import local_date
from needlecare.model.treatment import Treatment, day_number

LONGEST = 30
_LAST = 1_000_000
_MOMENT = timedelta(microseconds=1)
_LISTS = {DO: "do", PREPARE: "prepare", EXPECT: "expect"}


def make_days(windows: Iterable[Window], treatment: Treatment, shown: int | None) -> tuple[Day, ...]:
    """List the days of a plan: those of pre-care, then *shown* days from day 0 on.

    Without *shown*, up to the last restriction that has a date, though never more than `LONGEST`.
    """
    windows = list(windows)
    first, last = day_range(windows, treatment, shown)
    lists: dict[int, dict[str, dict[str, None]]] = {number: {} for number in range(first, last + 1)}
    lifts: dict[int, list[Lift]] = {number: [] for number in range(first, last + 1)}

    for window in windows:
        for name, begins, ends in marks(window, treatment):
            for number in range(max(begins, first), min(ends, last) + 1):
                lists[number].setdefault(name, {})[window.target] = None
        for number, lift in lifting(window, treatment):
            if first <= number <= last:
                lifts[number].append(lift)
    return tuple(
        _day(number, treatment.day + timedelta(days=number), lists[number], lifts[number])
        for number in range(first, last + 1)
    )


def marks(window: Window, treatment: Treatment) -> Iterator[tuple[str, int, int]]:
    """Tell in which lists of which days *window* stands, from the first day to the last."""
    if window.kind == AVOID:
        stretches = [
            ("avoid", window.start, window.end),
            ("better_not", window.better_from, window.start),
            ("better_not", window.end, window.better_until),
        ]
        if window.waits and window.over < FOREVER:
            # The clock can't know whether it has come, however long ago it was usual.
            stretches.append(("only_if", window.over, FOREVER))
    elif window.kind != ALLOW:
        stretches = [(_LISTS[window.kind], window.start, window.end)]
    else:
        stretches = []
    for name, start, end in stretches:
        if start < end or window.kind != AVOID:
            ends = _LAST if end == FOREVER else _number(max(end - _MOMENT, start), treatment)
            yield name, _number(start, treatment), ends


def lifting(window: Window, treatment: Treatment) -> Iterator[tuple[int, Lift]]:
    """Tell what lifts where *window* eases and ends, and on which day."""
    if window.kind == AVOID:
        for lift in window.lifts:
            yield _number(lift.at, treatment), lift


def _number(instant: datetime, treatment: Treatment) -> int:
    return day_number(treatment, local_date(instant, treatment.zone))


def _day(number: int, day: date, listed: dict[str, dict[str, None]], lifts: list[Lift]) -> Day:
    avoid = listed.get("avoid", {})
    better_not = {target: None for target in listed.get("better_not", {}) if target not in avoid}
    return Day(
        number,
        day,
        tuple(sorted(avoid)),
        tuple(sorted(better_not)),
        tuple(sorted(target for target in listed.get("only_if", {}) if target not in avoid | better_not)),
        tuple(sorted(listed.get("do", {}))),
        tuple(sorted(listed.get("prepare", {}))),
        tuple(sorted(listed.get("expect", {}))),
        tuple(sorted(lifts, key=lambda lift: (lift.at, lift.activity))),
    )


def day_range(windows: Iterable[Window], treatment: Treatment, shown: int | None) -> tuple[int, int]:
    """Give the first and the last day to list."""
    windows = list(windows)
    begins = [window.better_from for window in windows]
    ends = [
        instant
        for window in windows
        if window.kind == AVOID
        for instant in (window.end, window.better_until)
        if instant != FOREVER
    ]

    first = _number(min(begins), treatment) if begins else 0
    last = _number(max(ends), treatment) if ends else 0
    if shown is None:
        shown = min(max(last, 0) + 1, LONGEST)
    return max(min(first, 0), -LONGEST), shown - 1
