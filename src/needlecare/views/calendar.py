"""The moments of a plan: what begins before the treatment, what lifts, what to call about, and the next session."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.model.plan import Day, Lift, Session, Timeline, Treatment, Wait, Window, day_number
from needlecare.model.ruleset import AVOID, DO, EXPECT, PREPARE
from needlecare.model.time import ceil_to_day, local_date
from needlecare.views.notes import Notes, cut, hush_days, if_seen, say_days, shorten
from needlecare.views.phrases import Clock, capital, join_words, say_dates, say_waits, whom
from needlecare.views.sheet import is_stopped

STYLES = DAILY, _ = ("daily", "moments")
# Nothing rings between the night's two ends; what would is moved to the evening before or the morning after.
_EVENING, _NIGHT, _MORNING = time(21), time(22), time(8)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
# How long a timed event is: long enough to be seen in a day view, short enough to be a moment.
_LENGTH = 15 * _MINUTE
LONGEST_LEAD = 28 * _DAY


class Options(NamedTuple):
    """How the calendar is to be: its *style*, how long before a timed event it rings (None: never), whom it is for.

    With *discreet* nothing that shows before an event is opened tells what it is about. *name* separates people.
    """

    style: str = DAILY
    lead: timedelta | None = timedelta()
    discreet: bool = False
    name: str = ""


class Words(NamedTuple):
    """What an event says: its title, the title that gives nothing away, and the text that is read when it is opened."""

    title: str
    hush: str
    text: str


class Entry(NamedTuple):
    """One event: *slot* tells which of its plan's events it is, whatever the date.

    *start* and *end* are dates (the end exclusive) or instants in UTC; *rings* counts from the start.
    """

    slot: str
    words: Words
    start: date
    end: date
    rings: timedelta | None = None


def on_days(slot: str, words: Words, days: tuple[date, date]) -> Entry:
    """Make an all-day entry of the *days* from the first to the last, both included."""
    first, last = days
    return Entry(slot, words, first, last + _DAY)


class Timer:
    """Makes timed entries for one zone."""

    def __init__(self, zone: ZoneInfo, lead: timedelta | None) -> None:
        self._zone = zone
        self._lead = lead

    def at(self, slot: str, words: Words, instant: datetime, *, late: bool) -> Entry:
        """Make an entry at *instant*; what changes with a whole day stands in that day's morning.

        What would ring at night rings the next morning if it may come *late*, else the evening before.
        """
        start = self._start(instant)
        return Entry(slot, words, start, start + _LENGTH, self._rings(start, late=late))

    def _start(self, instant: datetime) -> datetime:
        if ceil_to_day(instant, self._zone) == instant:
            return self._clock(local_date(instant, self._zone), _MORNING)
        # Clocks of long ago were off by odd seconds; calendars know minutes.
        return instant if not instant.second else instant.replace(second=0, microsecond=0) + _MINUTE

    def _rings(self, start: datetime, *, late: bool) -> timedelta | None:
        if self._lead is None:
            return None
        at = start - self._lead
        local = at.astimezone(self._zone)
        if _MORNING <= local.time() < _NIGHT:
            return at - start
        evening = local.time() >= _NIGHT
        if late:
            return self._clock(local.date() + _DAY if evening else local.date(), _MORNING) - start
        return self._clock(local.date() if evening else local.date() - _DAY, _EVENING) - start

    def _clock(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self._zone).astimezone(UTC)


class Moments:
    """Makes the entries of one plan that stand for a moment; both styles have them."""

    def __init__(self, timeline: Timeline, timer: Timer, notes: Notes) -> None:
        self._timeline = timeline
        self._timer = timer
        self._namer = notes.namer
        self._notes = notes
        self._clock = Clock(timeline)

    def before(self) -> Iterator[Entry]:
        """Tell what to leave and what to prepare from a day before the treatment on."""
        groups: dict[datetime, list[tuple[str, Window]]] = {}
        for window in self._timeline.windows:
            for at, tone in _beginnings(window):
                if self._number(at) < 0:
                    groups.setdefault(at, []).append((tone, window))
        for at, found in sorted(groups.items(), key=lambda item: item[0]):
            number = self._number(at)
            tones = {tone: [window for its, window in found if its == tone] for tone, _ in found}
            lines = [f"{capital(say_days(number, number))} the treatment: from {self._clock.at(at)} on"]
            for tone, head in (("leave", "Leave:"), ("better not", "Better not any more:")):
                lines.extend([head, *self._notes.items(tones[tone])] if tone in tones else [])
            for tone, head in (("prepare", "Prepare:"), ("do", "Do:")):
                lines.extend([head, *self._notes.details(tones[tone])] if tone in tones else [])
            title = f"{capital(say_days(number, number))}: {self._asked(tones)}"
            text = self._notes.of(lines, [window for _, window in found])
            yield self._timer.at(f"before {number}", Words(title, hush_days(number, number), text), at, late=False)

    def _asked(self, tones: dict[str, list[Window]]) -> str:
        for tone, lead in (("leave", "leave"), ("better not", "better not any more:")):
            if tone in tones:
                return f"{lead} {self._namer.names(window.target for window in tones[tone])}"
        windows = [*tones.get("prepare", ()), *tones.get("do", ())]
        more = f" +{len(windows) - 1}" if len(windows) > 1 else ""
        return f"{_conditioned(windows[0])}{more}"

    def lifts(self) -> Iterator[Entry]:
        """Tell what is free again, and on what condition."""
        treatment, unadvised = self._timeline.treatment, self._timeline.rule_set.unadvised
        groups: dict[tuple[datetime, tuple[Wait, ...]], list[tuple[Lift, Window]]] = {}
        for window in self._timeline.windows:
            if window.kind == AVOID and window.over > treatment.first and window.target not in unadvised:
                for lift in window.lifts:
                    groups.setdefault((lift.at, lift.waits), []).append((lift, window))
        for (at, waits), found in sorted(groups.items(), key=lambda item: (item[0][0], if_seen(item[0][1]))):
            free = [window for lift, window in found if lift.to == "yes"]
            milder = [window for lift, window in found if lift.to != "yes"]
            lines = [f"From {self._clock.at(at)}"]
            if waits:
                lines.append(f"{capital(say_waits(waits, self._clock))}. As long as that isn't so, nothing changes.")
            lines.extend(["No rule speaks against it any more:", *self._notes.freed(free, at)] if free else [])
            lines.extend(["Still better not:", *self._notes.items(milder)] if milder else [])
            number = self._number(at)
            first = min(window.target for window in free or milder)
            title = f"{self._lifted(free, milder, at)}{if_seen(waits)}"
            text = self._notes.of(lines, free + milder)
            slot = f"lift {first}" if free else f"ease {first}"
            yield self._timer.at(slot, Words(title, hush_days(number, number), text), at, late=True)

    def _lifted(self, free: list[Window], milder: list[Window], at: datetime) -> str:
        if free:
            return f"{capital(shorten(self._namer.freed((window.target for window in free), at)))} again"
        return f"{capital(self._namer.names(window.target for window in milder))}: better not, instead of no"

    def begins(self) -> Iterator[Entry]:
        """Tell what is to be left or done from a moment after the treatment on."""
        last = self._timeline.treatment.last
        groups: dict[tuple[datetime, str, tuple[Wait, ...], str], list[Window]] = {}
        for window in self._timeline.windows:
            if window.kind not in (AVOID, DO):
                continue
            for at, tone in _beginnings(window):
                if at > last:
                    groups.setdefault((at, tone, window.waits, window.condition or ""), []).append(window)
        for (at, tone, waits, condition), windows in sorted(groups.items(), key=lambda item: str(item[0])):
            number = self._number(at)
            names = self._namer.names(window.target for window in windows)
            on = f", if {condition}" if condition else ""
            # What a restriction waits for is its end; what is to be done waits with its start.
            seen = if_seen(waits) if tone == "do" else ""
            lead = "From now on" if tone == "do" else f"From now on {tone}"
            lines = [f"From {self._clock.at(at)}{seen}{on}"]
            lines.extend(self._notes.details(windows) if tone == "do" else self._notes.items(windows))
            first = min(window.target for window in windows)
            text = self._notes.of(lines, windows)
            title = f"{lead}: {names}{seen}{on}"
            yield self._timer.at(f"{tone} {first}", Words(title, hush_days(number, number), text), at, late=False)

    def watches(self) -> Iterator[Entry]:
        """Tell from when a sign that was normal is a reason to call."""
        groups: dict[tuple[datetime, str], list[Window]] = {}
        for window in self._timeline.windows:
            if window.kind == EXPECT and window.worry_after is not None:
                groups.setdefault((window.worry_after, window.condition or ""), []).append(window)
        for (at, condition), windows in sorted(groups.items(), key=lambda item: item[0]):
            signs = list(dict.fromkeys(window.target for window in windows))
            on = f", if {condition}" if condition else ""
            labels = join_words(map(self._timeline.rule_set.label, signs))
            lines = [f"From {self._clock.at(at)} on, call {whom(self._timeline)} if this is still there{on}: {labels}"]
            number = self._number(at)
            title = f"Still {self._namer.signs(signs)}? Call {whom(self._timeline)}"
            if condition:
                title = f"If {condition}: {title[:1].lower()}{title[1:]}"
            text = self._notes.of(lines, windows)
            yield self._timer.at(f"watch {min(signs)}", Words(title, hush_days(number, number), text), at, late=False)

    def sessions(self) -> Iterator[Entry]:
        """Tell when the next session may be, is best, and is late."""
        for session in self._timeline.sessions:
            yield from self._session(session)

    def _session(self, session: Session) -> Iterator[Entry]:
        number, best = session.number, session.recommended
        text = self._notes.of([f"Session {number}", *self._notes.sessions()])
        day = self._timeline.treatment.day
        shown = (
            ("minimum", "not before today", "first possible day", (session.minimum, session.minimum)),
            ("recommended", f"best {say_dates(*best, day)}", "best days", best),
            ("overdue", "late from today on", "late", (session.overdue, session.overdue)),
        )
        stopped = is_stopped(self._timeline)
        agreed = f", only if {whom(self._timeline)} agrees" if stopped else ""
        for what, title, hush, (first, last) in shown:
            if first is not None and last is not None and not (stopped and what == "overdue"):
                words = Words(f"Session {number}{agreed}: {title}", f"Next date: {hush}", text)
                yield on_days(f"session {number} {what}", words, (first, last))

    def _number(self, at: datetime) -> int:
        treatment = self._timeline.treatment
        return day_number(treatment, local_date(at, treatment.zone))


def _beginnings(window: Window) -> Iterator[tuple[datetime, str]]:
    if window.kind == AVOID:
        if window.better_from < window.start:
            yield window.better_from, "better not"
        if window.start < window.end:
            yield window.start, "leave"
    elif window.kind in (PREPARE, DO):
        yield window.start, "prepare" if window.kind == PREPARE else "do"


def _conditioned(window: Window) -> str:
    """Say what to prepare, its condition first, so that cutting can't lose it."""
    text = window.text.rstrip(".")
    if not window.condition:
        return cut(text[:1].lower() + text[1:])
    return cut(f"if {window.condition}: {text[:1].lower()}{text[1:]}", max(len(window.condition) + 50, 90))


def entries(timeline: Timeline, options: Options, notes: Notes) -> list[Entry]:
    """Make the entries of *timeline*, in the order of time, each with a slot of its own."""
    moments = Moments(timeline, Timer(timeline.treatment.zone, options.lead), notes)
    made = [*moments.before(), *moments.lifts(), *moments.watches(), *moments.sessions()]
    runs = _runs(timeline.days)
    if options.style != DAILY:
        made.extend(moments.begins())
        runs = [[run[0]] for run in runs if run[0].number == 0]
    made.extend(
        on_days(
            f"day {run[0].number}",
            Words(notes.namer.day_title(run), hush_days(run[0].number, run[-1].number), notes.of_days(run)),
            (run[0].day, run[-1].day),
        )
        for run in runs
    )
    return list(_apart(sorted(made, key=_in_time)))


def _runs(days: Iterable[Day]) -> list[list[Day]]:
    """Fold runs of equal days: one ends where a list changes, something lifts, or the treatment comes."""
    runs: list[list[Day]] = []
    for day in days:
        if runs and not day.lifts and day.number != 0 and _lists(day) == _lists(runs[-1][0]):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [run for run in runs if run[0].number == 0 or any(_lists(run[0]))]


def _lists(day: Day) -> tuple[tuple[str, ...], ...]:
    return day.avoid, day.better_not, day.do, day.prepare, day.expect


def _in_time(entry: Entry) -> tuple[datetime, bool, str, str]:
    return instant(entry.start), isinstance(entry.start, datetime), entry.slot, entry.words.title


def instant(start: date) -> datetime:
    """Give something that days and instants can be sorted by."""
    return start if isinstance(start, datetime) else datetime.combine(start, time(0), UTC)


def _apart(made: Iterable[Entry]) -> Iterator[Entry]:
    """Tell slots apart by a number where they come more than once."""
    seen: dict[str, int] = {}
    for entry in made:
        seen[entry.slot] = seen.get(entry.slot, 0) + 1
        times = seen[entry.slot]
        yield entry if times == 1 else entry._replace(slot=f"{entry.slot} ({times})")


_AT = "@needlecare"
_UID = re.compile(rf"(?P<plan>[0-9a-f]{{20}})-[0-9a-f]{{16}}{_AT}")


def named_plan(name: str) -> str:
    """Make the id of the plan of *name*: a client, an entry of the log, what a person calls it."""
    return _hash("name", name)[:20]


def dated_plan(treatment: Treatment, areas: tuple[str, ...]) -> str:
    """Make the id of a plan that has no name: of the treatment's date and *areas*."""
    return _hash("treatment", treatment.day.isoformat(), *areas)[:20]


def event_uid(plan: str, slot: str) -> str:
    """Make the UID of the event at *slot* of *plan*."""
    return f"{plan}-{_hash(plan, slot)[:16]}{_AT}"


def plan_of(uid: str) -> str | None:
    """Tell which plan the event with *uid* belongs to; None where it isn't one of ours."""
    found = _UID.fullmatch(uid)
    return found["plan"] if found else None


def _hash(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
