"""Descriptions: plain text with the hours, the reasons, who says so, and on every one when to see a clinician."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from math import inf

from needlecare.model.plan import FOREVER, Day, Timeline, Wait, Window
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE
from needlecare.model.time import day_end, day_start, local_date
from needlecare.views.days import Parts, Waiting
from needlecare.views.phrases import (
    Clock,
    Row,
    capital,
    join_words,
    marks,
    say_dates,
    say_waits,
    topmost,
    whom,
    with_details,
)
from needlecare.views.sheet import Sheet, make_sheet

_LONG, _SHORT = 60, 44
_CAREFUL = ("stop", "postpone", "ask")


def shorten(names: Iterable[str], room: int = _LONG) -> str:
    """List as many *names* as fit in *room*, at least one, and tell how many more there are."""
    listed = list(names)
    shown, used = listed[:1], len(listed[0]) if listed else 0
    for name in listed[1:]:
        used += 2 + len(name)
        if used > room:
            break
        shown.append(name)
    more = f" +{len(listed) - len(shown)}" if len(listed) > len(shown) else ""
    return f"{', '.join(shown)}{more}"


def cut(text: str, room: int = 90) -> str:
    """Cut *text* between words; nothing is lost, since the description has it whole."""
    if len(text) <= room:
        return text
    return f"{text[:room].rsplit(' ', 1)[0].rstrip(' ,;:')}…"


def if_seen(waits: Iterable[Wait]) -> str:
    """Say what must have been seen: `, if no redness is left`."""
    labels = list(dict.fromkeys(wait.label for wait in waits))
    return f", if {join_words(labels)}" if labels else ""


def say_days(first: int, last: int) -> str:
    """Say day numbers: `Day 2`, `Days 4–5`, `7 days before`."""
    if first < 0:
        far, near = -first, -last
        if far == near:
            return "1 day before" if far == 1 else f"{far} days before"
        return f"{far}–{near} days before"
    return f"Day {first}" if first == last else f"Days {first}–{last}"


def hush_days(first: int, last: int) -> str:
    """Say day numbers so that they give nothing away."""
    return f"Reminder, {say_days(first, last).lower()}"


class Namer:
    """Orders and names activities for the titles of one plan."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._clock = Clock(timeline)
        self._voices: dict[str, int] = {}
        self._parts = Parts(timeline)
        for window in timeline.windows:
            voices = len({saying.source for saying in window.says})
            self._voices[window.target] = max(voices, self._voices.get(window.target, 0))

    def names(self, targets: Iterable[str], room: int = _LONG) -> str:
        """Name *targets*, those that most sources speak of first."""
        ids = topmost(targets, self._timeline.rule_set)
        return shorten((self._label(one) for one in sorted(ids, key=lambda one: -self._voices.get(one, 0))), room)

    def freed(self, targets: Iterable[str], at: datetime) -> list[str]:
        """Name what is free from *at* on, and mark what isn't as a whole."""
        ids = topmost(targets, self._timeline.rule_set)
        ranked = sorted(ids, key=lambda one: -self._voices.get(one, 0))
        return [self._parts.label(one, at) for one in ranked]

    def still_held(self, target: str, at: datetime) -> list[str]:
        """Name what is part of *target* and restricted beyond *at*."""
        return [self._label(one) for one in self._parts.still_held(target, at)]

    def signs(self, targets: Iterable[str]) -> str:
        """Name signs."""
        return shorten(map(self._label, dict.fromkeys(targets)))

    def day_title(self, run: list[Day]) -> str:
        """Say what a run of equal days asks for."""
        day = run[0]
        parts = []
        if day.number == 0 and any(finding.level in _CAREFUL for finding in self._timeline.findings):
            parts.append(f"ask {whom(self._timeline)} first")
        if day.avoid:
            parts.append(self._forbidden(day))
        elif day.better_not:
            parts.append(f"better not {self.names(day.better_not)}")
        if day.do:
            labels = {one: self._label(one) for one in day.do}
            short = [one for one in day.do if len(labels[one]) <= _SHORT]
            parts.append(f"do {self.names(short or day.do, _SHORT)}")
        if day.prepare and not day.avoid:
            parts.append(f"think of {self.names(day.prepare, _SHORT)}")
        if day.expect and not parts:
            parts.append(f"normal: {self.signs(day.expect)}")
        return f"{say_days(day.number, run[-1].number)}: {'; '.join(parts) or 'nothing to leave'}"

    def _forbidden(self, day: Day) -> str:
        """Name what a day forbids: what is over that day first, with its hour."""
        zone = self._timeline.treatment.zone
        begins, ends = day_start(day.day, zone), day_end(day.day, zone)
        over = {
            window.target: window
            for window in self._timeline.windows
            if window.kind == AVOID and window.start < ends and window.end > begins and window.start < window.end
        }

        def rank(one: str) -> tuple[float, str]:
            # What many sources speak of and is over soon comes first: the rest is known by then. The core always does.
            end, left = over[one].end, inf
            if self._timeline.rule_set.rules[over[one].rule].core:
                left = 1
            elif end != FOREVER:
                left = max((local_date(end, zone) - day.day).days, 1)
            return -self._voices.get(one, 0) / left, one

        groups: dict[str, list[str]] = {}
        for one in sorted(topmost(day.avoid, self._timeline.rule_set), key=rank):
            hour = f" till {self._clock.time(over[one].end)}" if over[one].end < ends else ""
            groups.setdefault(hour, []).append(self._label(one))
        room = _LONG if len(groups) == 1 else _SHORT
        said = [f"{shorten(labels, room)}{hour}" for hour, labels in sorted(groups.items()) if hour]
        if "" in groups:
            said.append(f"{'all day ' if said else ''}{shorten(groups[''], room)}")
        return f"avoid {'; '.join(said)}"

    def _label(self, target: str) -> str:
        return self._timeline.rule_set.label(target)


# How many sources an event names in full, and how many reasons a day does; the moments have them all.
_NAMED, _REASONS = 3, 6
# The sections of the plan that descriptions quote.
_QUOTED = ("findings", "sessions", "known", "changes")
_LEAVE, _NOT_BEFORE, _BETTER_NOT = "Leave until", "Better not any more from", "Better not until"


class Notes:
    """Writes the descriptions of one plan."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._rule_set = timeline.rule_set
        self._clock = Clock(timeline)
        self._waiting = Waiting(timeline)
        self.namer = Namer(timeline)
        self._sheet: Sheet = make_sheet(timeline, handed_over=True, only=_QUOTED)
        self._footer = "\n".join(self._foot())
        self._stretches = [(window.better_from, window.over, window) for window in timeline.windows]
        self._voices = {id(window): {saying.source for saying in window.says} for window in timeline.windows}
        self._ranks = self._rule_set.by_weight
        self._known_ends: dict[tuple[int, str], tuple[datetime, str]] = {}
        self._known_marks: dict[tuple[int, ...], str] = {}

    def heading(self) -> str:
        """Describe the whole calendar."""
        sheet = self._sheet
        return "\n".join([sheet.title, sheet.subject, *map(_said, sheet.rows("findings")), self._footer])

    def of(self, lines: Iterable[str], windows: Iterable[Window] = (), *, most: int | None = None) -> str:
        """Put *lines*, the reasons (so many at *most*) and sources of *windows*, and the foot of all texts together."""
        windows = list(windows)
        return "\n".join([*lines, *self._reasons(windows, most), *self._sources(windows), "", self._footer])

    def items(self, windows: Iterable[Window]) -> list[str]:
        """List activities, each with who says so; what is part of another one goes unsaid."""
        by_target = {window.target: window for window in windows}
        return [f"- {self._item(by_target[one])}" for one in topmost(by_target, self._rule_set)]

    def freed(self, windows: Iterable[Window], at: datetime) -> list[str]:
        """List what is free from *at* on, and what of it isn't."""
        by_target = {window.target: window for window in windows}
        found = []
        for one in topmost(by_target, self._rule_set):
            held = self.namer.still_held(one, at)
            found.append(f"- {self._item(by_target[one])}{f'; not yet: {join_words(held)}' if held else ''}")
        return found

    def details(self, windows: Iterable[Window]) -> list[str]:
        """List what is to be done, how and how often, each with who says so."""
        texts: dict[str, list[Window]] = {}
        for window in windows:
            texts.setdefault(with_details(window, self._clock), []).append(window)
        return [f"- {text} [{self._marks(group)}]" for text, group in texts.items()]

    def sessions(self) -> list[str]:
        """List what is said about the sessions to come."""
        return [f"- {_said(row)}" for row in self._sheet.rows("sessions")]

    def of_days(self, run: list[Day]) -> str:
        """Describe a run of equal days."""
        day, last = run[0], run[-1]
        windows = self._of(run)
        lines = [f"{say_days(day.number, last.number)}, {say_dates(day.day, last.day, self._timeline.treatment.day)}"]
        if day.number == 0:
            lines.extend(_said(row) for row in self._sheet.rows("findings"))
        avoiding = [window for window in windows if window.kind == AVOID]
        begins = day_start(day.day, self._timeline.treatment.zone)
        milder = [window for window in avoiding if window.target in day.better_not]
        lines.extend(self._restricted([window for window in avoiding if window.target in day.avoid], _LEAVE))
        lines.extend(self._restricted([window for window in milder if window.start > begins], _NOT_BEFORE))
        lines.extend(self._restricted([window for window in milder if window.start <= begins], _BETTER_NOT))
        lines.extend(
            f"Check first: {join_words(self.namer.freed(names, begins))}, only once {seen}"
            for seen, names in self._waiting.on(day)
        )
        for head, kind in (("Prepare:", PREPARE), ("Do:", DO)):
            asked = self.details(window for window in windows if window.kind == kind)
            lines.extend([head, *asked] if asked else [])
        if day.expect:
            lines.append(f"Normal to see: {join_words(map(self._rule_set.label, day.expect))}")
        calls = [window for window in windows if window.worry_after and self._is_in(window.worry_after, run)]
        if calls:
            signs = join_words(dict.fromkeys(self._rule_set.label(window.target) for window in calls))
            lines.append(f"Call {whom(self._timeline)} if it is still there: {signs}")
        lines.extend(self._lifting(day))
        if day.number == 0:
            lines.extend(["What this rests on:", *(f"- {_said(row)}" for row in self._sheet.rows("known"))])
            changed = [f"- {_said(row)}" for row in self._sheet.rows("changes")]
            lines.extend(["What was changed, and by whom:", *changed] if changed else [])
        told = [window for window in windows if window.kind in (AVOID, DO, PREPARE)]
        soonest = sorted(told, key=lambda window: window.over)
        return self.of(lines, soonest, most=_REASONS if day.number else len(told))

    def _of(self, run: list[Day]) -> list[Window]:
        """Give the windows that touch a run of days."""
        zone = self._timeline.treatment.zone
        begins, ends = day_start(run[0].day, zone), day_end(run[-1].day, zone)
        found = []
        for first, last, window in self._stretches:
            touches = first < ends and (last > begins or begins <= first == last)
            listed = {DO: run[0].do, PREPARE: run[0].prepare, EXPECT: run[0].expect}.get(window.kind)
            if touches and (window.kind == AVOID or (listed and window.target in listed)):
                found.append(window)
        return found

    def _is_in(self, instant: datetime, run: list[Day]) -> bool:
        zone = self._timeline.treatment.zone
        return day_start(run[0].day, zone) <= instant < day_end(run[-1].day, zone)

    def _restricted(self, windows: list[Window], head: str) -> Iterator[str]:
        """Group what is restricted by its end and what it waits for."""
        groups: dict[tuple[datetime, str], list[Window]] = {}
        for window in windows:
            groups.setdefault(self._until(window, head), []).append(window)
        for (_, until), group in sorted(groups.items(), key=lambda item: item[0]):
            shown = topmost((window.target for window in group), self._rule_set)
            cited = self._marks([window for window in group if window.target in shown])
            yield f"{until}: {join_words(map(self._rule_set.label, shown))} [{cited}]"

    def _until(self, window: Window, head: str) -> tuple[datetime, str]:
        """Say until when; the same windows come on many days."""
        key = id(window), head
        if key not in self._known_ends:
            end = {_LEAVE: window.end, _NOT_BEFORE: window.better_from, _BETTER_NOT: window.better_until}[head]
            self._known_ends[key] = end, self._end(window, head, end)
        return self._known_ends[key]

    def _end(self, window: Window, head: str, end: datetime) -> str:
        if head == _NOT_BEFORE:
            return f"{head} {self._clock.at(end)}"
        if end == FOREVER and not window.end_stated:
            return f"{head.removesuffix(' until')} (no end is given, ask {self._clock.whom})"
        return ", ".join(filter(None, (f"{head} {self._clock.until(end)}", say_waits(window.waits, self._clock))))

    def _lifting(self, day: Day) -> Iterator[str]:
        groups: dict[tuple[datetime, str], list[str]] = {}
        for lift in day.lifts:
            if lift.activity in self._rule_set.unadvised:
                continue
            hour = self._clock.time(lift.at) or "the start of the day"
            milder = " (better not yet)" if lift.to == "better-not" else ""
            waits = say_waits(lift.waits, self._clock)
            when = f"Free from {hour}{milder}{f', {waits}' if waits else ''}"
            groups.setdefault((lift.at, when), []).append(lift.activity)
        for (at, when), activities in groups.items():
            yield f"{when}: {join_words(self.namer.freed(activities, at))}"

    def _item(self, window: Window) -> str:
        thin = " (little evidence)" if window.low_confidence else ""
        return f"{self._rule_set.label(window.target)}{thin} [{self._marks([window])}]"

    def _marks(self, windows: list[Window]) -> str:
        """Name the sources of *windows*; the same ones come on many days."""
        key = tuple(map(id, windows))
        if key not in self._known_marks:
            self._known_marks[key] = marks(windows, self._rule_set)
        return self._known_marks[key]

    def _reasons(self, windows: Iterable[Window], most: int | None) -> Iterator[str]:
        reasons: dict[str, list[str]] = {}
        for window in windows:
            for word in ("why", "instead", "note"):
                if word in window.words:
                    lead = "instead: " if word == "instead" else ""
                    reasons.setdefault(f"{lead}{window.words[word].rstrip('.')}", []).append(window.target)
            if "by" in window.words and "because" in window.words:
                said = f"{window.words['by']}: {window.words['because'].rstrip('.')}"
                reasons.setdefault(said, []).append(window.target)
        if reasons:
            yield "Why, and what instead:"
        for reason, targets in islice(reasons.items(), most):
            yield f"- {shorten(dict.fromkeys(map(self._rule_set.label, targets)))}: {reason}"

    def _sources(self, windows: Iterable[Window]) -> Iterator[str]:
        """Name in full the weightiest sources that *windows* rest on."""
        voices = set().union(*(self._voices[id(window)] for window in windows))
        if not voices:
            return
        named = sorted(voices, key=self._ranks.__getitem__)[:_NAMED]
        yield f"Who says so ({len(voices)} sources), among them:" if len(voices) > len(named) else "Who says so:"
        for id_ in named:
            source = self._rule_set.sources[id_]
            yield f"- {id_}: {', '.join(filter(None, (source.title, source.publisher, source.url)))}"

    def _foot(self) -> Iterator[str]:
        urgent: list[str] = []
        calls: list[str] = []
        for rule in self._timeline.red_flags:
            (urgent if rule.urgent else calls).extend(map(self._rule_set.label, rule.targets))
        if urgent:
            yield f"Red flags, see a clinician: {join_words(dict.fromkeys(urgent))}."
        if calls:
            yield f"Call {whom(self._timeline)}: {join_words(dict.fromkeys(calls))}."
        if self._sheet.clinic:
            yield f"Your clinic: {self._sheet.clinic}"
        yield from self._sheet.notice
        yield self._sheet.basis


def _said(row: Row) -> str:
    cited = f" [{row.marks}]" if row.marks else ""
    return f"{capital(row.head)}: {row.text}{cited}"
