"""Windows → calendar days: what each day holds, and what lifts on it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from needlecare.model.plan import FOREVER, Day, Lift, Window
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE
from needlecare.model.time import local_date
from needlecare.model.treatment import Treatment, day_number

LONGEST = 30
_MOMENT = timedelta(microseconds=1)
_LISTS = {DO: "do", PREPARE: "prepare", EXPECT: "expect"}


def make_days(windows: Iterable[Window], treatment: Treatment, shown: int | None) -> tuple[Day, ...]:
    """List the days of a plan: those of pre-care, then *shown* days from day 0 on.

    Without *shown*, up to the last restriction that has a date, though never more than `LONGEST`.
    """
    windows = list(windows)
    first, last = _range(windows, treatment, shown)
    lists: dict[int, dict[str, dict[str, None]]] = {number: {} for number in range(first, last + 1)}
    lifts: dict[int, list[Lift]] = {number: [] for number in range(first, last + 1)}

    def day_of(instant: datetime) -> int:
        return day_number(treatment, local_date(instant, treatment.zone))

    def mark(name: str, target: str, start: datetime, end: datetime) -> None:
        if start >= end and name in ("avoid", "better_not"):
            return
        begins = day_of(start)
        ends = last if end == FOREVER else day_of(max(end - _MOMENT, start))
        for number in range(max(begins, first), min(ends, last) + 1):
            lists[number].setdefault(name, {})[target] = None

    for window in windows:
        if window.kind == AVOID:
            mark("avoid", window.target, window.start, window.end)
            mark("better_not", window.target, window.better_from, window.start)
            mark("better_not", window.target, window.end, window.better_until)
            for lift in window.lifts:
                if first <= day_of(lift.at) <= last:
                    lifts[day_of(lift.at)].append(lift)
        elif window.kind != ALLOW:
            mark(_LISTS[window.kind], window.target, window.start, window.end)
    return tuple(
        _day(number, treatment.day + timedelta(days=number), lists[number], lifts[number])
        for number in range(first, last + 1)
    )


def _day(number: int, day: date, listed: dict[str, dict[str, None]], lifts: list[Lift]) -> Day:
    avoid = listed.get("avoid", {})
    return Day(
        number,
        day,
        tuple(sorted(avoid)),
        tuple(sorted(target for target in listed.get("better_not", {}) if target not in avoid)),
        tuple(sorted(listed.get("do", {}))),
        tuple(sorted(listed.get("prepare", {}))),
        tuple(sorted(listed.get("expect", {}))),
        tuple(sorted(lifts, key=lambda lift: (lift.at, lift.activity))),
    )


def _range(windows: list[Window], treatment: Treatment, shown: int | None) -> tuple[int, int]:
    begins = [min(window.better_from, window.start) for window in windows]
    ends = [
        instant
        for window in windows
        if window.kind == AVOID
        for instant in (window.end, window.better_until)
        if instant != FOREVER
    ]

    def number(instant: datetime) -> int:
        return day_number(treatment, local_date(instant, treatment.zone))

    first = min((number(instant) for instant in begins), default=0)
    last = max((number(instant) for instant in ends), default=0)
    if shown is None:
        shown = min(max(last, 0) + 1, LONGEST)
    return max(min(first, 0), -LONGEST), shown - 1
