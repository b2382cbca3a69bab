"""The days of a plan as people read them: what lifts when, the chart, the days before, and each day after."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from needlecare.model.plan import FOREVER, Day, Lift, Timeline, Wait, Window, day_number, ranked_sources, touches
from needlecare.model.ruleset import AVOID, DO, PREPARE
from needlecare.model.time import day_end, day_start
from needlecare.views.phrases import (
    Block,
    Clock,
    Row,
    Strip,
    join_words,
    say_dates,
    say_restriction,
    say_waits,
    topmost,
    with_details,
)


class Parts:
    """The restrictions on what is part of an activity, by that activity."""

    def __init__(self, timeline: Timeline) -> None:
        self._rule_set = timeline.rule_set
        self._own: dict[str, list[Window]] = {}
        self._restricted: dict[str, list[Window]] = {}
        for window in timeline.windows:
            if window.kind != AVOID:
                continue
            self._own.setdefault(window.target, []).append(window)
            for parent in timeline.rule_set.lineage[window.target][1:]:
                self._restricted.setdefault(parent, []).append(window)
        self._add_shared(timeline)

    def _add_shared(self, timeline: Timeline) -> None:
        """Add what one parent says of a part without a window of its own to the part's other parents."""
        lineage = timeline.rule_set.lineage
        for one in timeline.rule_set.activities.values():
            if not one.under[1:] or one.id in timeline.reached:
                continue
            for window in timeline.windows_on(one.id):
                for parent in lineage[one.id][1:]:
                    if window.target not in lineage[parent]:
                        self._restricted.setdefault(parent, []).append(window._replace(target=one.id))

    def still_held(self, target: str, at: datetime) -> list[str]:
        """Name what is part of *target* and restricted beyond *at*."""
        parts = self._restricted.get(target, ())
        held = [one.target for one in parts if one.better_from <= at < one.over]
        return topmost(held, self._rule_set)

    def still_awaiting(self, target: str, at: datetime) -> bool:
        """Tell whether a part of *target* that is over at *at* waits for something that *target* itself doesn't."""
        own = {wait.bound for one in self._own.get(target, ()) if one.over <= at for wait in one.waits}
        parts = [one for one in self._restricted.get(target, ()) if one.over <= at]
        return any(wait.bound not in own for one in parts for wait in one.waits)

    def label(self, target: str, at: datetime) -> str:
        """Name *target*, and say so where not all of it is free from *at* on."""
        label = self._rule_set.label(target)
        return f"{label} (not all)" if self.still_held(target, at) or self.still_awaiting(target, at) else label


class Waiting:
    """The conditions that outlast the restrictions of *timeline*, by activity."""

    def __init__(self, timeline: Timeline) -> None:
        self._rule_set = timeline.rule_set
        self._zone = timeline.treatment.zone
        self._waits: dict[str, list[tuple[datetime, tuple[Wait, ...]]]] = {}
        for window in timeline.windows:
            if window.kind == AVOID and window.waits:
                self._waits.setdefault(window.target, []).append((window.over, window.waits))

    def on(self, day: Day) -> list[tuple[str, list[str]]]:
        """Give what is free on *day* only if something has been seen: what that is, and the activities.

        What is part of something that waits for the same goes unsaid.
        """
        ends = day_end(day.day, self._zone)
        groups: dict[str, list[str]] = {}
        for activity in day.only_if:
            if activity in self._rule_set.unadvised:
                continue
            waits = [wait for over, waits in self._waits[activity] if over < ends for wait in waits]
            labels = join_words(dict.fromkeys(wait.label for wait in waits))
            groups.setdefault(labels, []).append(activity)
        return [(labels, topmost(activities, self._rule_set)) for labels, activities in sorted(groups.items())]


def list_lifts(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """Group what lifts by instant and condition; what is part of something that lifts with it goes unsaid."""
    windows = {(window.target, window.end): window for window in timeline.windows if window.kind == AVOID}
    windows.update(
        {(window.target, window.better_until): window for window in timeline.windows if window.kind == AVOID}
    )
    lifts = [
        lift
        for window in timeline.windows
        if window.kind == AVOID and window.over > timeline.treatment.first
        for lift in window.lifts
    ]
    parts = Parts(timeline)
    for (at, to, waits), shown in _lift_groups(lifts, timeline, clock):
        text = _lift_text([parts.label(one, at) for one in shown], to, waits)
        yield Row(
            clock.at(at),
            text,
            "yes" if to == "yes" else "better not",
            ranked_sources((windows[one, at] for one in shown), timeline.rule_set),
        )


def list_lasting(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List what doesn't lift by itself: what no end is given for, what has to be seen first, what is never right."""
    rule_set = timeline.rule_set
    groups: dict[tuple[int, str, str], list[Window]] = {}
    for window in timeline.windows:
        if window.kind != AVOID or window.over < FOREVER:
            continue
        waits = say_waits(window.waits, clock)
        if window.is_for_good:
            key = 2, "Never", ""
        elif waits and not window.is_open:
            key = 1, "Not before you see it", f", {waits}"
        else:
            key = 0, "No end is given", ": ask your clinic"
        groups.setdefault(key, []).append(window)
    for (_, head, advice), windows in sorted(groups.items(), key=lambda item: item[0]):
        shown = topmost((window.target for window in windows), rule_set)
        cite = ranked_sources((window for window in windows if window.target in shown), rule_set)
        yield Row(head, f"{join_words(rule_set.label(one) for one in shown)}{advice}", "no", cite)


def draw_chart(timeline: Timeline, days: tuple[Day, ...], clock: Clock) -> Iterator[Strip]:
    """Draw each activity against the days; equal lines of one parent are drawn once."""
    rule_set = timeline.rule_set
    texts: dict[str, list[str]] = {}
    for window in timeline.windows:
        if window.kind == AVOID and window.over > timeline.treatment.first:
            waits = say_waits(window.waits, clock)
            text = "; ".join(filter(None, (say_restriction(window, clock), waits)))
            texts.setdefault(window.target, []).append(text)
    lines: dict[str, tuple[str, str]] = {}
    for target, said in texts.items():
        states = "".join(_state(target, day) for day in days)
        lines[target] = (states, "; again ".join(said))
    drawn = [
        Strip(rule_set.label(activity), *line)
        for activity, line in lines.items()
        if line[0].strip(".") and not any(lines.get(parent) == line for parent in rule_set.lineage[activity][1:])
    ]
    return iter(sorted(drawn, key=lambda strip: (len(strip.states.rstrip("o.")), strip.states, strip.label)))


def _state(target: str, day: Day) -> str:
    if target in day.avoid:
        return "n"
    if target in day.better_not:
        return "b"
    return "o" if target in day.only_if else "."


def list_before(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List pre-care by when it begins."""
    rule_set, treatment = timeline.rule_set, timeline.treatment
    groups: dict[tuple[datetime, str, str], list[Window]] = {}
    for window in timeline.windows:
        begins = window.better_from
        if begins.astimezone(treatment.zone).date() >= treatment.day and window.kind != PREPARE:
            continue
        if window.kind == AVOID:
            if window.better_from < window.start or window.start == window.end:
                groups.setdefault((window.better_from, "better not", ""), []).append(window)
            if window.start < treatment.last and window.start < window.end:
                groups.setdefault((window.start, "leave", ""), []).append(window)
        elif window.kind in (PREPARE, DO):
            tone = "prepare" if window.kind == PREPARE else "do"
            groups.setdefault((window.start, tone, with_details(window, clock)), []).append(window)
    for (at, tone, text), windows in sorted(groups.items(), key=lambda item: item[0]):
        shown = topmost((window.target for window in windows), rule_set)
        names = text or join_words(rule_set.label(one) for one in shown)
        lead = {"better not": "better not any more: ", "leave": "leave "}.get(tone, "")
        cite = ranked_sources((window for window in windows if window.target in shown), rule_set)
        day = at.astimezone(treatment.zone).date()
        number = day_number(treatment, day)
        yield Row(f"{clock.at(at)} (day {number})".replace("day -", "day −"), f"{lead}{names}", tone, cite)


def list_doing(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List what to do by when it begins, each once with its whole stretch."""
    found: dict[tuple[datetime, datetime, str], list[Window]] = {}
    for window in timeline.windows:
        if window.kind == DO and window.end > timeline.treatment.first:
            found.setdefault((window.start, window.end, _asked(window, clock)), []).append(window)
    for (start, end, text), windows in sorted(found.items()):
        begins = f"from {clock.at(start)}" if start == end or start > timeline.treatment.last else ""
        head = " ".join(filter(None, (begins, _end(windows[0], clock))))
        yield Row(head, text, "do", ranked_sources(windows, timeline.rule_set))


def _end(window: Window, clock: Clock) -> str:
    """Say until when something is to be done; nothing of what has only a beginning."""
    if window.is_instant:
        return ""
    if window.until_seen and window.end == FOREVER:
        return "until you see it"
    return f"{'usually ' if window.until_seen else ''}until {clock.until(window.end)}"


def _asked(window: Window, clock: Clock) -> str:
    """Say what is to be done, and what must have come before it begins."""
    once = say_waits(window.waits, clock)
    return "; ".join(filter(None, (with_details(window, clock), once)))


def list_days(timeline: Timeline, days: tuple[Day, ...], clock: Clock) -> Iterator[Block]:
    """Fold runs of equal days: a run ends where a list changes or something lifts."""
    runs: list[list[Day]] = []
    for day in days:
        if runs and not day.lifts and _lists(day) == _lists(runs[-1][-1]):
            runs[-1].append(day)
        else:
            runs.append([day])
    parts, waiting = Parts(timeline), Waiting(timeline)
    for run in runs:
        rows = tuple(_day_rows(run, timeline, clock, parts, waiting))
        yield Block(_day_title(run, timeline), rows, run[0].day, run[-1].day)


def _lists(day: Day) -> tuple[tuple[str, ...], ...]:
    return day.avoid, day.better_not, day.only_if, day.do, day.prepare, day.expect


def _day_title(run: list[Day], timeline: Timeline) -> str:
    first, last = run[0], run[-1]
    numbers = f"Day {first.number}" if first is last else f"Days {first.number}–{last.number}"
    return f"{numbers} · {say_dates(first.day, last.day, timeline.treatment.day)}"


def _day_rows(run: list[Day], timeline: Timeline, clock: Clock, parts: Parts, waiting: Waiting) -> Iterator[Row]:
    rule_set, day = timeline.rule_set, run[0]
    for head, activities, tone in (("Leave", day.avoid, "no"), ("Better not", day.better_not, "better not")):
        listed = topmost(activities, rule_set)
        shown = [one for one in listed if tone == "no" or not set(rule_set.lineage[one]) & set(day.avoid)]
        if shown:
            yield Row(head, join_words(rule_set.label(one) for one in shown), tone)
    begins = day_start(day.day, timeline.treatment.zone)
    for seen, names in waiting.on(day):
        yield Row(
            "Check first", f"{join_words(parts.label(one, begins) for one in names)}, only once {seen}", "only if"
        )
    doing = {window.text: window for window in _to_do_on(timeline, run[0])}
    for window in doing.values():
        text = f"{_hours(window, run, clock)}{_asked(window, clock)}"
        yield Row("Do", text, "do", ranked_sources([window], rule_set))
    if day.expect:
        yield Row("Normal", join_words(rule_set.label(sign) for sign in day.expect), "expect")
    for (at, to, waits), names in _lift_groups(day.lifts, timeline, clock):
        hour = clock.time(at) or "at its start"
        yield Row(f"Lifts {hour}", _lift_text([parts.label(one, at) for one in names], to, waits), "lift")


def _hours(window: Window, run: list[Day], clock: Clock) -> str:
    """Say from which hour something is to be done on the first day of a run, and until which on its only one."""
    parts = []
    if clock.day(window.start) == run[0].day and clock.time(window.start) and run[0].number > 0:
        parts.append(f"from {clock.time(window.start)}")
    if (
        len(run) == 1
        and window.start < window.end < FOREVER
        and clock.day(window.end) == run[0].day
        and clock.time(window.end)
    ):
        parts.append(f"until {clock.time(window.end)}")
    return f"{' '.join(parts)}: " if parts else ""


def _lift_groups(
    lifts: Iterable[Lift], timeline: Timeline, clock: Clock
) -> list[tuple[tuple[datetime, str, str], list[str]]]:
    """Group what lifts by instant and condition; what lifts with its parent, or is never advised, goes unsaid."""
    groups: dict[tuple[datetime, str, str], list[str]] = {}
    for lift in lifts:
        if lift.activity in timeline.rule_set.unadvised:
            continue
        groups.setdefault((lift.at, lift.to, say_waits(lift.waits, clock)), []).append(lift.activity)
    return [(key, topmost(activities, timeline.rule_set)) for key, activities in sorted(groups.items())]


def _lift_text(labels: list[str], to: str, waits: str) -> str:
    names = join_words(labels)
    text = names if to == "yes" else f"{names} (better not yet)"
    return f"{text}, {waits}" if waits else text


def _to_do_on(timeline: Timeline, day: Day) -> Iterator[Window]:
    for window in timeline.windows:
        if window.kind == DO and window.target in day.do:
            shown = touches(window.start, window.end, day.day, day.day, timeline.treatment.zone)
            if shown:
                yield window
