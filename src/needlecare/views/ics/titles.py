"""Titles: what can be read in a month view. The most important names come first, and a condition is never cut."""

from collections.abc import Iterable
from datetime import datetime
from math import inf

from needlecare.model.plan import FOREVER, Day, Timeline, Wait
from needlecare.model.ruleset import AVOID
from needlecare.model.time import day_end, day_start, local_date
from needlecare.views.parts import Parts
from needlecare.views.phrases import Clock, join_words, topmost, whom

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
        self._clock = Clock(timeline.treatment)
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
