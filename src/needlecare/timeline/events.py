"""Events in a person's life → what of them clashes with a plan."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from needlecare.model.plan import FOREVER, Clash, Meeting, Timeline, Window
from needlecare.model.time import local_date
from needlecare.model.treatment import Event

_MOMENT = timedelta(microseconds=1)
_STRICTEST = ("no", "better-not")


def meet(timeline: Timeline) -> tuple[Meeting, ...]:
    """Tell for each event of the treatment what of it clashes: what its kind implies, and all that is part of that."""
    return tuple(_meeting(timeline, event) for event in timeline.treatment.events)


def _meeting(timeline: Timeline, event: Event) -> Meeting:
    kind = timeline.rule_set.events.get(event.kind)
    implied = kind.activities if kind else ()
    activities = sorted(_part_of(timeline, implied))
    clashes = [clash for activity in activities if (clash := _strictest(timeline, activity, event)) is not None]
    clashing = {clash.activity for clash in clashes}
    waiting = [
        window._replace(target=activity)
        for activity in activities
        if activity not in clashing
        for window in timeline.windows_on(activity)
        if window.waits and window.over < FOREVER and local_date(window.over, timeline.treatment.zone) <= event.last
    ]
    ranked = sorted(clashes, key=lambda one: (_STRICTEST.index(one.state), one.activity))
    return Meeting(event, tuple(ranked), bool(kind), tuple(waiting))


def _part_of(timeline: Timeline, implied: Iterable[str]) -> set[str]:
    wanted = set(implied)
    rule_set = timeline.rule_set
    parts = {one for one in timeline.reached if wanted & set(rule_set.lineage[one])}
    return parts | wanted


def _strictest(timeline: Timeline, activity: str, event: Event) -> Clash | None:
    found = [
        (_STRICTEST.index(state), -window.better_until.timestamp(), Clash(activity, state, window))
        for window in timeline.windows_on(activity)
        for state in states_on(window, event.first, event.last, timeline.treatment.zone)
    ]
    return min(found, key=lambda one: one[:2])[2] if found else None


def states_on(window: Window, first: date, last: date, zone: ZoneInfo) -> Iterator[str]:
    """Tell what a restriction says at any instant of the days *first* to *last*: `no`, `better-not`, or neither."""
    for state, start, end in (
        ("no", window.start, window.end),
        ("better-not", window.better_from, window.start),
        ("better-not", window.end, window.better_until),
    ):
        if start >= end or local_date(start, zone) > last:
            continue
        if end == FOREVER or local_date(max(end - _MOMENT, start), zone) >= first:
            yield state
