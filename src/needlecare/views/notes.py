"""The words of calendar entries: titles that fit a phone, and descriptions that leave nothing out.

Owns how entries are worded. Must not know which entries there are, or how a calendar file is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from math import inf
from typing import NamedTuple

from needlecare.model.plan import BETTER_NOT, FOREVER, Day, Session, Timeline, Wait, Window, day_number
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE
from needlecare.model.time import day_end, day_start
from needlecare.model.voices import sources_behind
from needlecare.views import phrases as say
from needlecare.views.days import Parts
from needlecare.views.phrases import Clock, capital, grouped, join_words, led, topmost
from needlecare.views.sheet import is_stopped, make_sheet

# How many letters of names a title has room for, alone and beside others, and of a sentence.
_LONG, _SHORT, _SENTENCE = 60, 44, 90
# How many sources a description names in full, and how many reasons that of a day does.
_SOURCES, _REASONS = 3, 6
# The sections of the plan that descriptions quote.
_QUOTED = ("findings", "sessions", "known", "changes")
# The dates of a session, where nothing is given away.
_DISCREET = {"minimum": "first possible day", "recommended": "best days", "overdue": "late"}
_CAREFUL = ("stop", "postpone", "ask")
# What begins before the treatment, by its tone: how a title leads, how a description does.
_BEGINNINGS = {
    "avoid": ("leave", "Leave:"),
    "better not": ("better not any more:", "Better not any more:"),
    PREPARE: ("", "Prepare:"),
    DO: ("", "Do:"),
}


class Words(NamedTuple):
    """The words of one entry: its title, a title that gives nothing away, and its description."""

    title: str
    discreet: str
    text: str


def _if_seen(waits: Iterable[Wait]) -> str:
    """Format what must have been seen: `, if no redness is left`."""
    return led(", if ", join_words(dict.fromkeys(wait.label for wait in waits)))


class Notes:
    """Words the entries of one plan, a method for each kind of entry."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline, self._rule_set, self._clock = timeline, timeline.rule_set, Clock(timeline)
        self._names = _Names(timeline)
        self._sheet = make_sheet(timeline, handed_over=True, only=_QUOTED)
        self._footer = "\n".join(self._foot())
        self._known_marks: dict[tuple[int, ...], str] = {}

    def heading(self) -> str:
        """Describe the whole calendar."""
        return "\n".join([self._sheet.title, self._sheet.subject, *self._quoted("findings"), self._footer])

    def before(self, at: datetime, begun: Sequence[tuple[str, Window]]) -> Words:
        """Word what begins before the treatment, each window with its tone."""
        tones = {tone: [window for _, window in group] for tone, group in grouped(begun, lambda one: one[0]).items()}
        days = _days(self._number(at))
        lines = [f"{days} the treatment: from {self._clock.at(at)} on", *self._headed(tones)]
        return self._words(f"{days}: {self._first_of(tones)}", at, lines, [window for _, window in begun])

    def _first_of(self, tones: dict[str, list[Window]]) -> str:
        for tone, (lead, _) in _BEGINNINGS.items():
            if lead and tone in tones:
                return f"{lead} {self._names.of(window.target for window in tones[tone])}"
        windows = [*tones.get(PREPARE, ()), *tones.get(DO, ())]
        condition = windows[0].condition or ""
        # With its condition first, so that cutting can't lose it; the description has all of it.
        lead = f"if {condition}: " if condition else ""
        text = windows[0].text.rstrip(".")
        text = f"{lead}{text[:1].lower()}{text[1:]}"
        room = max(len(condition) + 50, _SENTENCE)
        if len(text) > room:
            text = f"{text[:room].rsplit(' ', 1)[0].rstrip(' ,;:')}…"
        return f"{text}{_more(len(windows) - 1)}"

    def lift(self, at: datetime, waits: tuple[Wait, ...], free: list[Window], milder: list[Window]) -> Words:
        """Word what ends: what is *free* then, and what is *milder*, once what *waits* for it has been seen."""
        lines = [f"From {self._clock.at(at)}"]
        if waits:
            lines.append(f"{capital(say.only_once(waits, self._clock))}. As long as that isn't so, nothing changes.")
        if free:
            lines.extend(["No rule speaks against it any more:", *self._items(free, at)])
        if milder:
            lines.extend(["Still better not:", *self._items(milder)])
        names = self._names.of(window.target for window in milder)
        title = f"{capital(names)}: better not, instead of no"
        if free:
            title = f"{capital(shorten(self._names.freed((window.target for window in free), at)))} again"
        return self._words(f"{title}{_if_seen(waits)}", at, lines, free + milder)

    def beginning(self, at: datetime, tone: str, windows: list[Window]) -> Words:
        """Word what begins after the treatment, in one tone and under one condition."""
        to_do = tone == DO
        # What a restriction waits for is its end; what is to be done waits with its start.
        on = f"{_if_seen(windows[0].waits) if to_do else ''}{led(', if ', windows[0].condition)}"
        listed = self._details if to_do else self._items
        names = self._names.of(window.target for window in windows)
        title = f"From now on{'' if to_do else f' {tone}'}: {names}{on}"
        return self._words(title, at, [f"From {self._clock.at(at)}{on}", *listed(windows)], windows)

    def watch(self, at: datetime, windows: list[Window]) -> Words:
        """Word from when signs that were usual are a reason to call."""
        signs, condition = dict.fromkeys(window.target for window in windows), windows[0].condition
        labels, whom = list(map(self._rule_set.label, signs)), self._clock.whom
        on = led(", if ", condition)
        title = f"If {condition}: still" if condition else "Still"
        title = f"{title} {shorten(labels)}? Call {whom}"
        line = f"From {self._clock.at(at)} on, call {whom} if this is still there{on}: {join_words(labels)}"
        return self._words(title, at, [line], windows)

    def session(self, session: Session, what: str) -> Words:
        """Word one of the dates of a session: its `minimum`, the `recommended` ones, or from when it is `overdue`."""
        best = f"best {say.dates(*session.recommended, self._timeline.treatment.day)}"
        titles = {"minimum": "not before today", "recommended": best, "overdue": "late from today on"}
        agreed = f", only if {self._clock.whom} agrees" if is_stopped(self._timeline) else ""
        name = f"Session {session.number}"
        text = self.describe([name, *self._quoted("sessions", "- ")])
        return Words(f"{name}{agreed}: {titles[what]}", f"Next date: {_DISCREET[what]}", text)

    def days(self, run: list[Day]) -> Words:
        """Word a run of equal days."""
        day, last, is_first = run[0], run[-1], run[0].number == 0
        windows = self._touching(run)
        asked = sorted((one for one in windows if one.kind != EXPECT), key=lambda window: window.better_until)
        days = _days(day.number, last.number)
        lines = [
            f"{days}, {say.dates(day.day, last.day, self._timeline.treatment.day)}",
            *(self._quoted("findings") if is_first else ()),
            *self._restricted(day, windows),
            *self._headed({kind: [one for one in windows if one.kind == kind] for kind in (PREPARE, DO)}),
            *self._signs(run, windows),
            *self._lifting(day),
        ]
        if is_first:
            changes = self._quoted("changes", "- ")
            lines.extend(["What this rests on:", *self._quoted("known", "- ")])
            lines.extend(["What was changed, and by whom:", *changes] if changes else [])
        text = self.describe(lines, asked, most=None if is_first else _REASONS)
        return Words(self._names.day_title(run), _discreet(days), text)

    def describe(self, lines: Iterable[str], windows: Sequence[Window] = (), *, most: int | None = None) -> str:
        """Make a description of *lines*, the reasons (so many at *most*) and sources of *windows*, and the footer."""
        return "\n".join([*lines, *self._reasons(windows, most), *self._sources(windows), "", self._footer])

    def _words(self, title: str, at: datetime, lines: Iterable[str], windows: Sequence[Window]) -> Words:
        return Words(title, _discreet(_days(self._number(at))), self.describe(lines, windows))

    def _number(self, at: datetime) -> int:
        return day_number(self._timeline.treatment, self._clock.day(at))

    def _quoted(self, section: str, lead: str = "") -> list[str]:
        rows = self._sheet.rows(section)
        return [f"{lead}{capital(row.head)}: {row.text}{f' [{row.marks}]' if row.marks else ''}" for row in rows]

    def _headed(self, tones: dict[str, list[Window]]) -> Iterator[str]:
        """List windows by their tone, each tone under its head."""
        for tone, (_, head) in _BEGINNINGS.items():
            if tones.get(tone):
                yield head
                yield from (self._details if tone in (PREPARE, DO) else self._items)(tones[tone])

    def _touching(self, run: list[Day]) -> list[Window]:
        """Return what holds on a run of days: restrictions that touch it, and what else its lists name."""
        zone, day = self._timeline.treatment.zone, run[0]
        begins, ends = day_start(day.day, zone), day_end(run[-1].day, zone)
        listed = {DO: day.do, PREPARE: day.prepare, EXPECT: day.expect}
        return [
            window
            for window in self._timeline.windows
            if window.better_from < ends
            and (window.better_until > begins or begins <= window.better_from == window.better_until)
            and (window.kind == AVOID or window.target in listed.get(window.kind, ()))
        ]

    def _restricted(self, day: Day, windows: list[Window]) -> Iterator[str]:
        """List what is not free on a day by how long that holds: the no first, then what is better not."""
        begins = day_start(day.day, self._timeline.treatment.zone)
        held = [one for one in windows if one.kind == AVOID and one.target in {*day.avoid, *day.better_not}]
        groups = grouped(held, lambda window: self._holding(window, window.target in day.avoid, begins))
        for (*_, text), group in sorted(groups.items(), key=lambda item: item[0]):
            shown = topmost((window.target for window in group), self._rule_set)
            cited = self._marks([window for window in group if window.target in shown])
            yield f"{text}: {join_words(map(self._rule_set.label, shown))}{cited}"
        for seen, activities in self._names.parts.awaited(day):
            yield f"Check first: {join_words(self._names.freed(activities, begins))}, only once {seen}"

    def _holding(self, window: Window, is_no: bool, begins: datetime) -> tuple[int, datetime, str]:
        """Return how long a restriction holds, in words, behind what it is ordered by."""
        if not is_no and window.start > begins:
            since = f" from {self._clock.at(window.better_from)}" if window.has_start else ""
            return 1, window.better_from, f"Better not any more{since}"
        order, lead, end = (0, "Leave", window.end) if is_no else (2, "Better not", window.better_until)
        return order, end, f"{lead}{self._how_long(window, end)}"

    def _how_long(self, window: Window, end: datetime) -> str:
        """Format until when a restriction holds, and whom to ask."""
        is_over, waits = end < FOREVER, led(", ", say.only_once(window.waits, self._clock))
        until = f" until {self._clock.until(end)}{waits}"
        if window.ask:
            return say.then_ask(until if is_over else waits, window.ask, is_over=is_over)
        return until if is_over or window.end_stated else f" (no end is given, ask {self._clock.whom})"

    def _signs(self, run: list[Day], windows: list[Window]) -> Iterator[str]:
        """List which signs are usual on these days, and which are a reason to call from then on."""
        if run[0].expect:
            yield f"Normal to see: {join_words(map(self._rule_set.label, run[0].expect))}"
        first, last = run[0].day, run[-1].day
        calls = [one.target for one in windows if one.worry_after and first <= self._clock.day(one.worry_after) <= last]
        if calls:
            signs = join_words(dict.fromkeys(map(self._rule_set.label, calls)))
            yield f"Call {self._clock.whom} if it is still there: {signs}"

    def _lifting(self, day: Day) -> Iterator[str]:
        lifts = [lift for lift in day.lifts if lift.activity not in self._rule_set.unadvised]
        groups = grouped(lifts, lambda lift: (lift.at, lift.to, say.only_once(lift.waits, self._clock)))
        for (at, to, waits), group in groups.items():
            hour = self._clock.time(at) or "the start of the day"
            milder = " (better not yet)" if to == BETTER_NOT else ""
            names = join_words(self._names.freed((lift.activity for lift in group), at))
            yield f"Free from {hour}{milder}{led(', ', waits)}: {names}"

    def _items(self, windows: Iterable[Window], at: datetime | None = None) -> list[str]:
        """List activities, each with who says so, and what of it isn't free *at* that time."""
        by_target = {window.target: window for window in windows}
        found = []
        for target in topmost(by_target, self._rule_set):
            window = by_target[target]
            thin = " (little evidence)" if window.low_confidence else ""
            held = led("; not yet: ", self._names.still_held(target, at)) if at else ""
            found.append(f"- {self._rule_set.label(target)}{thin}{self._marks([window])}{held}")
        return found

    def _details(self, windows: Iterable[Window]) -> list[str]:
        """List what is to be done, how and how often, each with who says so."""
        texts = grouped(windows, lambda window: say.with_details(window, self._clock))
        return [f"- {text}{self._marks(group)}" for text, group in texts.items()]

    def _marks(self, windows: list[Window]) -> str:
        """Name in brackets who says all that *windows* do; the same windows come on many days."""
        key = tuple(map(id, windows))
        if key not in self._known_marks:
            named = say.marks(sources_behind(windows, self._rule_set))
            self._known_marks[key] = f" [{named}]" if named else ""
        return self._known_marks[key]

    def _reasons(self, windows: Iterable[Window], most: int | None) -> Iterator[str]:
        reasons = [(reason, window.target) for window in windows for reason in _reasons_of(window)]
        if reasons:
            yield "Why, and what instead:"
        for reason, group in islice(grouped(reasons, lambda one: one[0]).items(), most):
            yield f"- {shorten(dict.fromkeys(self._rule_set.label(target) for _, target in group))}: {reason}"

    def _sources(self, windows: Iterable[Window]) -> Iterator[str]:
        """Name in full the weightiest sources that *windows* rest on."""
        ids = {source for window in windows for source in sources_behind([window], self._rule_set)}
        if not ids:
            return
        named = sorted(ids, key=self._rule_set.by_weight.__getitem__)[:_SOURCES]
        yield f"Who says so ({len(ids)} sources), among them:" if len(ids) > len(named) else "Who says so:"
        for id_ in named:
            source = self._rule_set.sources[id_]
            yield f"- {id_}: {', '.join(filter(None, (source.title, source.publisher, source.url)))}"

    def _foot(self) -> Iterator[str]:
        for urgency, flags in grouped(self._timeline.red_flags, lambda rule: rule.urgency).items():
            signs = dict.fromkeys(self._rule_set.label(sign) for rule in flags for sign in rule.targets)
            yield f"{capital(say.help_for(urgency, self._timeline))}: {join_words(signs)}."
        if self._sheet.clinic:
            yield f"Your clinic: {self._sheet.clinic}"
        yield from self._sheet.notice
        yield self._sheet.basis


class _Names:
    """Orders and names activities for the titles of one plan."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline, self._rule_set = timeline, timeline.rule_set
        self._clock, self.parts = Clock(timeline), Parts(timeline)
        self._is_doubtful = any(finding.level in _CAREFUL for finding in timeline.findings)
        said = [(self._rule_set.sayings(window.rules), window.target) for window in timeline.windows]
        voices = [(len({saying.source for saying in sayings}), target) for sayings, target in said]
        self._voices = {target: number for number, target in sorted(voices)}

    def of(self, targets: Iterable[str], room: int = _LONG) -> str:
        """Name *targets*, with those first that most sources speak of."""
        return shorten(map(self._rule_set.label, self._ranked(targets)), room)

    def freed(self, targets: Iterable[str], at: datetime) -> list[str]:
        """Name what is free from *at* on, and mark what isn't as a whole."""
        return [self.parts.label(one, at) for one in self._ranked(targets)]

    def still_held(self, target: str, at: datetime) -> str:
        """Name what is part of *target* and restricted beyond *at*."""
        return say.names(self.parts.still_held(target, at), self._rule_set)

    def _ranked(self, targets: Iterable[str]) -> list[str]:
        return sorted(topmost(targets, self._rule_set), key=lambda one: -self._voices.get(one, 0))

    def day_title(self, run: list[Day]) -> str:
        """Summarize what a run of equal days asks for."""
        day = run[0]
        parts = [f"ask {self._clock.whom} first"] if day.number == 0 and self._is_doubtful else []
        parts.extend(self._asked(day))
        if day.expect and not parts:
            parts.append(f"normal: {shorten(map(self._rule_set.label, dict.fromkeys(day.expect)))}")
        return f"{_days(day.number, run[-1].number)}: {'; '.join(parts) or 'nothing to leave'}"

    def _asked(self, day: Day) -> Iterator[str]:
        """List what to leave, to do and to prepare on a day; what it forbids leaves no room for preparations."""
        if day.avoid:
            yield f"avoid {self._forbidden(day)}"
        elif day.better_not:
            yield f"better not {self.of(day.better_not)}"
        if day.do:
            fitting = [one for one in day.do if len(self._rule_set.label(one)) <= _SHORT]
            yield f"do {self.of(fitting or day.do, _SHORT)}"
        if day.prepare and not day.avoid:
            yield f"think of {self.of(day.prepare, _SHORT)}"

    def _forbidden(self, day: Day) -> str:
        """Name what a day forbids: what is over that day first, with its hour."""
        windows, ends = self._forbidding(day), day_end(day.day, self._timeline.treatment.zone)
        ranked = sorted(topmost(day.avoid, self._rule_set), key=lambda one: (self._rank(windows[one], day), one))
        over = {one: windows[one].end for one in ranked if windows[one].end < ends}
        hours = grouped(ranked, lambda one: led(" till ", self._clock.time(over[one])) if one in over else "")
        room = _LONG if len(hours) == 1 else _SHORT
        names = {hour: shorten(map(self._rule_set.label, ids), room) for hour, ids in sorted(hours.items())}
        all_day = names.pop("", "")
        named = [f"{labels}{hour}" for hour, labels in names.items()]
        if all_day:
            named.append(f"{'all day ' if named else ''}{all_day}")
        return "; ".join(named)

    def _forbidding(self, day: Day) -> dict[str, Window]:
        """Return the windows that forbid something at some time of a day, by what they forbid."""
        zone = self._timeline.treatment.zone
        begins, ends = day_start(day.day, zone), day_end(day.day, zone)
        found = (window for window in self._timeline.windows if window.kind == AVOID and window.start < window.end)
        return {window.target: window for window in found if window.start < ends and window.end > begins}

    def _rank(self, window: Window, day: Day) -> float:
        """Rank what is forbidden: first what many sources name and is over soon, since the rest is known by then."""
        days_left: float = 1  # the core always comes first
        if not self._rule_set.rules[window.rule].core:
            days_left = inf if window.end == FOREVER else max((self._clock.day(window.end) - day.day).days, 1)
        return -self._voices.get(window.target, 0) / days_left


def _reasons_of(window: Window) -> Iterator[str]:
    words = window.words
    for word in ("why", "instead", "note"):
        if word in words:
            yield f"{'instead: ' if word == 'instead' else ''}{words[word].rstrip('.')}"
    if "by" in words and "because" in words:
        yield f"{words['by']}: {words['because'].rstrip('.')}"


def shorten(names: Iterable[str], room: int = _LONG) -> str:
    """List as many *names* as fit in *room*, at least one, and how many more there are."""
    listed = list(names)
    shown, used = listed[:1], len(listed[0]) if listed else 0
    for name in listed[1:]:
        used += 2 + len(name)
        if used > room:
            break
        shown.append(name)
    return f"{', '.join(shown)}{_more(len(listed) - len(shown))}"


def _more(number: int) -> str:
    return f" +{number}" if number else ""


def _days(first: int, last: int | None = None) -> str:
    """Format day numbers: `Day 2`, `Days 4–5`, `7 days before`."""
    last = first if last is None else last
    if first >= 0:
        return f"Day {first}" if first == last else f"Days {first}–{last}"
    if first == last:
        return "1 day before" if first == -1 else f"{-first} days before"
    return f"{-first}–{-last} days before"


def _discreet(days: str) -> str:
    return f"Reminder, {days.lower()}"
