"""Which entries a plan has in a calendar, what they say, on which days and hours they stand, and when they ring.

In brief it is the first screen, spread over its days; in full nothing of the plan is missing. How a calendar file is
written it doesn't know.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import inf
from typing import Any, NamedTuple

from needlecare.model.plan import FOREVER, Session, Timeline, Window, day_number
from needlecare.model.ruleset import AVOID, EXPECT, FORBIDDING, LAST, PREPARE
from needlecare.model.time import ceil_to_day, day_start, last_instant, touches
from needlecare.model.voices import sources_behind
from needlecare.timeline.agenda import Course, Deadline, Step
from needlecare.views import brief, formats, sheet
from needlecare.views import course as course_words
from needlecare.views import phrases as say
from needlecare.views.days import Opening, asked_first, lifts_of, list_openings

# How many signs a title and a description have room for, and how many of a title a cell of a month shows.
_TITLE, _CELL = 40, 16
_TEXT: dict[str, int] = {formats.BRIEF: 960, formats.FULL: 3960}
# How the title of what is all right begins: short, so that what it is stands in a cell.
_NOW, _IF_CALM = "OK: ", "if calm: "
# How many entries there are in brief: before the treatment, of which one may stand on its day, and from then on.
_BEFORE, _AFTER, _WATCHES, _SESSIONS, _EVENTS = 5, 15, 2, 1, 3
# Which sections are looked up, whatever the day: they stand on the last one, where they hide nothing.
_LOOKED_UP = ("notes", "known", "sources")
# How many names of signs a title has, and how many things that are not yet all right a description.
_WATCHED, _NAMED = 2, 6
# Nothing rings while people sleep, from the night's beginning to the morning, which comes later at the weekend: an
# alarm that wakes somebody is switched off for good. What would ring then rings in the evening before, or that morning.
_EVENING, _NIGHT, _MORNING, _WEEKEND_MORNING = time(21), time(22), time(8), time(9)
_SATURDAY = 5
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
# How long a timed entry is: long enough to be seen in a day view, short enough to be a moment.
_LENGTH = 15 * _MINUTE
LONGEST_LEAD = 28 * _DAY


class Options(NamedTuple):
    """How the calendar is made: its *style*, how long before a timed entry it rings (None: never), whom it is for.

    With *discreet* nothing that shows before an entry is opened gives away what it is about. *name* separates people.
    """

    style: str = formats.BRIEF
    lead: timedelta | None = timedelta()
    discreet: bool = False
    name: str = ""


class CalendarEntry(NamedTuple):
    """One entry of a calendar: *slot* names it within its plan, whatever the date.

    *start* and *end* are dates (the end exclusive) or instants in UTC; *rings* counts from the start.
    """

    slot: str
    title: str
    text: str
    start: date
    end: date
    rings: timedelta | None = None


def instant(start: date) -> datetime:
    """Return an instant by which dates and instants can be sorted together."""
    return start if isinstance(start, datetime) else datetime.combine(start, time(0), UTC)


class PlanCalendar:
    """The entries of one plan, a method for each kind."""

    def __init__(self, timeline: Timeline, options: Options) -> None:
        self._timeline, self._rule_set, self._clock = timeline, timeline.rule_set, say.Clock(timeline)
        self._options, self._is_full, self._zone = options, options.style == formats.FULL, timeline.treatment.zone
        self._changes = list(sheet.list_core_changes(timeline.rule_set))
        self._against = [*sheet.list_findings(timeline), *sheet.list_asked(timeline)]
        # The clinic's number stands where it is to be called.
        number = {"call": f" ({clinic})"} if (clinic := sheet.name_clinic(timeline.rule_set)) else {}
        rows = brief.list_help([timeline], self._still_there())
        numbered = (row._replace(head=f"{row.head}{number.get(row.tone, '')}") for row in rows)
        self._help = [*_lines(numbered), say.NO_ADVICE]

    def _still_there(self) -> Iterable[str]:
        return brief.still_there(self._timeline)

    def heading(self) -> str:
        """Describe the whole calendar."""
        about = f"{self._rule_set.title}: {brief.subject_of(self._timeline)}"
        notice = [self._rule_set.notice or say.NO_ADVICE, *self._changes, sheet.basis_of(self._rule_set)]
        return "\n".join([about, *_lines(self._against), *self._help[:-1], *notice])

    def describe(self, lines: Iterable[str]) -> str:
        """Make a description of *lines*, behind where to get help."""
        text, most = "\n".join([*self._help, "", *lines]), _TEXT[self._options.style]
        return text if len(text) <= most else f"{text[: most - 1].rpartition(' ')[0].rstrip(' ,;:')}…"

    def entries(self) -> list[CalendarEntry]:
        """Return all entries in the order of time, each with a slot of its own."""
        found = [*self._ring_once(self._chosen())]
        found.sort(key=lambda one: (instant(one.start), isinstance(one.start, datetime), one.slot, one.title))
        # A slot that comes again has a number, and so has a day that comes again where nothing is given away.
        slots, days = Counter[str](), Counter[date]()
        for number, entry in enumerate(found):
            day = self._clock.day(entry.start) if isinstance(entry.start, datetime) else entry.start
            slots[entry.slot] += 1
            days[day] += 1
            slot, title = _numbered(entry.slot, slots[entry.slot]), entry.title
            if self._options.discreet:
                which = f" {days[day]}," if days[day] > 1 else ""
                title = f"Reminder{which} day {day_number(self._timeline.treatment, day)}"
            found[number] = entry._replace(slot=slot, title=title)
        return found

    def _chosen(self) -> list[CalendarEntry]:
        """Choose the entries; of those that ring on one day the first will."""
        before, after = list(self._before()), [*self._first(), *self._watches(), *self._sessions(), *self._events()]
        after.extend(self._openings(inf if self._is_full else _AFTER - len(after)))
        return [*before, *after, *self._whole()] if self._is_full else [*before[-_BEFORE:], *after[:_AFTER]]

    def _ring_once(self, entries: Iterable[CalendarEntry]) -> Iterator[CalendarEntry]:
        """Keep one alarm a day: that of the entry which comes first."""
        rung = set[date]()
        for entry in entries:
            day = self._clock.day(instant(entry.start) + entry.rings) if entry.rings is not None else None
            yield entry._replace(rings=None) if day in rung else entry
            if day:
                rung.add(day)

    def _names(self, activities: Iterable[str]) -> list[str]:
        """Name *activities* for a title, where nothing stands that somebody has to be asked about first."""
        asked = {one.target for one in self._timeline.windows if one.ask}
        return say.list_short((one for one in activities if one not in asked), self._rule_set)

    # Entries of days and of moments; a moment is one at which people are awake.

    def _all_day(
        self, slot: str, title: str, lines: Iterable[str], first: date, last: date = date.min
    ) -> CalendarEntry:
        return CalendarEntry(slot, title, self.describe(lines), first, max(first, last) + _DAY)

    def _entry(self, slot: str, title: str, lines: Iterable[str], at: datetime, *, late: bool) -> CalendarEntry:
        """Put what is *at* an instant where it stands and rings: not at night, but next morning if it may be *late*."""
        # Calendars know no seconds; clocks of long ago were off by odd ones.
        start = moment = at.replace(second=0, microsecond=0) + (_MINUTE if at.second else timedelta())
        if ceil_to_day(at, self._zone) == at:
            # What changes with a whole day stands in that day's morning, and rings once people are awake.
            day = self._clock.day(at)
            start, moment = self._at(day, _MORNING), self._morning(day)
        lead = self._options.lead
        rings = None if lead is None else self._awake(moment - lead, late=late) - start
        return CalendarEntry(slot, title, self.describe(lines), start, start + _LENGTH, rings)

    def _awake(self, at: datetime, *, late: bool) -> datetime:
        local = at.astimezone(self._zone)
        if self._morning(local.date()) <= at and local.time() < _NIGHT:
            return at
        evening = local.date() if local.time() >= _NIGHT else local.date() - _DAY
        return self._morning(evening + _DAY) if late else self._at(evening, _EVENING)

    def _morning(self, day: date) -> datetime:
        return self._at(day, _MORNING if day.weekday() < _SATURDAY else _WEEKEND_MORNING)

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self._zone).astimezone(UTC)

    # The treatment itself, and what comes before it.

    def _before(self) -> Iterator[CalendarEntry]:
        """Choose what begins before the treatment, or is to be done on its day."""
        treatment = self._timeline.treatment
        begun = {} if sheet.is_stopped(self._timeline) else brief.begun_before(self._timeline)
        for day, windows in begun.items():
            number, at = day_number(treatment, day), min(window.start for window in windows)
            do = " ".join(brief.list_due([one for one in windows if one.kind == PREPARE], self._timeline)).rstrip(".")
            names = self._names(one.target for one in windows if one.kind == AVOID)
            title = _begun_title(names, do.partition(". ")[0], is_before=number < 0)
            lines = [*brief.list_due(windows, self._timeline, LAST), *self._behind(windows)]
            if number < 0:
                lines.insert(0, f"From {self._clock.at(at)}")
                yield self._entry(f"before {number}", title, lines, at, late=False)
            else:
                yield self._all_day(f"before {number}", title, lines, day)

    def _first(self) -> Iterator[CalendarEntry]:
        """Choose what matters most: what speaks against the treatment, and its first hours."""
        day, ends = self._timeline.treatment.day, self._timeline.first_until
        last = self._clock.day(last_instant(ends)) if ends else day
        first = brief.first_hours(self._timeline, lists_openings=True)
        held = brief.restricted(self._timeline, self._timeline.treatment.last)
        names = brief.sentence_of(held, self._rule_set, 1).rstrip(".")
        yield from self._speaking_against(day)
        # Who opens the first entry wants to know what to do, and whether what they see is usual.
        besides = [row for row in first.rows if names and row.head in ("Avoid", "Wait", "OK")]
        title = f"{first.title.partition(',')[0]}: what to do" if first.title else "Treatment day: when to get help"
        lines = [*_lines(row for row in first.rows if row not in besides), *(() if besides else self._changes)]
        yield self._all_day("day 0", title, lines, day, last)
        if besides:
            title = _fit("Avoid ", f"{names[:1].lower()}{names[1:]}".split(", "))
            yield self._all_day("first avoid", title, [*_lines(besides), *self._changes], day, last)

    def _speaking_against(self, day: date) -> Iterator[CalendarEntry]:
        for tone, lead in ((row.tone, row.head) for row in self._against[:1]):
            no = f"{lead}: no treatment, ask {self._clock.whom}" if tone in FORBIDDING else ""
            title = no or f"{say.capital(lead.lower())}, see inside"
            yield self._all_day("against", title, _lines(self._against), day)

    # What changes after it.

    def _openings(self, room: float) -> Iterator[CalendarEntry]:
        """Choose what is all right again, in so many entries as there is *room* for."""
        openings, taken = list_openings(self._timeline), set[str]()
        weights = {one: asked_first(one, self._rule_set) for one in openings}
        ranked = sorted(openings, key=weights.__getitem__)
        ends = say.grouped(lifts_of(self._timeline) if self._is_full else (), lambda one: one[0].at)
        for found in self._folded(openings, weights, room):
            at = found[-1].at
            title = say.capital(_open_title(sorted(found, key=weights.__getitem__), taken))
            taken.add(title[:_CELL])
            behind = self._behind(window for _, window in ends.get(at, ()))
            lines = [*self._list_open(found, [one for one in ranked if one.at > at]), *behind]
            yield self._entry(f"lift {min(one.activity for one in found)}", title, lines, at, late=True)

    def _folded(self, openings: list[Opening], weights: dict[Opening, Any], room: float) -> list[list[Opening]]:
        """Group *openings* by their instants; where there is no *room*, what weighs least goes with what comes next."""
        groups = list(say.grouped(openings, lambda one: one.at).values())
        early = sum(group[0].at <= (self._timeline.first_until or group[0].at) for group in groups)

        def gives_way(number: int) -> tuple[Any, timedelta]:
            # Of those that weigh the same, the one that has the shortest wait.
            return min(map(weights.__getitem__, groups[number])), groups[number][0].at - groups[number + 1][-1].at

        while len(groups) > max(room, early + 1):
            least = max(range(early, len(groups) - 1), key=gives_way)
            groups[least : least + 2] = [[*groups[least], *groups[least + 1]]]
        return groups

    def _list_open(self, found: list[Opening], later: list[Opening]) -> Iterator[str]:
        """List what is all right, from when on and on which condition, and the weightiest of what is so *later*."""
        clock = self._clock
        for (at, once), group in say.grouped(found, lambda one: (one.at, clock.only_once(one.waits))).items():
            named = ", ".join(dict.fromkeys(one.name for one in group))
            yield f"OK from {clock.at(at)}{say.led(', ', once)}: {named}."
        days = say.grouped(sorted(later[:_NAMED], key=lambda one: one.at), lambda one: clock.date(one.at))
        named = "; ".join(f"{', '.join(one.name for one in group)} ({day})" for day, group in days.items())
        yield from [f"Not yet: {named}{'…' if later[_NAMED:] else '.'}"] if days else []

    def _watches(self) -> Iterator[CalendarEntry]:
        """Choose from when a sign that was usual is a reason to call."""
        late, whom = brief.list_late(self._timeline), self._clock.whom
        for at, signs in [*late.items()][: None if self._is_full else _WATCHES]:
            title = _fit("Still ", signs[:_WATCHED], f"? Call {whom}")
            watched = [one for one in self._timeline.of_kind(EXPECT) if one.worry_after == at]
            lines = [f"Still {', '.join(signs)} on {self._clock.at(at)}? Call {whom}.", *self._behind(watched)]
            yield self._entry(f"watch {signs[0]}", title, lines, at, late=False)

    def _sessions(self) -> Iterator[CalendarEntry]:
        """Choose when the next sessions may be, and what begins before one that is booked."""
        stopped = sheet.is_stopped(self._timeline)
        for session in self._timeline.sessions[: None if self._is_full else 0 if stopped else _SESSIONS]:
            lines = _lines(sheet.list_session(session, self._timeline, self._clock))
            yield from self._session(session, lines, stopped=stopped, late=self._is_full and not stopped)

    def _session(
        self, session: Session, lines: Sequence[str], *, late: bool, stopped: bool = False, after: str = ""
    ) -> Iterator[CalendarEntry]:
        for what, title, day in self._list_session(session, late=late, stopped=stopped, after=after):
            yield self._all_day(f"session {session.number} {what}", f"Session {session.number} {title}", lines, day)
        begun = [*say.grouped(session.precare if session.booked else (), lambda one: one.start).items()]
        for number, (day, found) in enumerate(reversed(begun[-3:])):
            names = self._names(one.activity for one in found)
            title = _fit("No ", (", ".join(names) or "…").split(", "), f" again: session {session.number}")
            at, slot = day_start(day, self._zone), f"session {session.number} before {number}"
            yield self._entry(slot, title, [f"From today no {', '.join(names)}.", *lines], at, late=False)

    def _list_session(
        self, session: Session, *, late: bool, stopped: bool, after: str
    ) -> Iterator[tuple[str, str, date]]:
        """Yield what there is to say of a session: in which slot, with which title, on which day.

        What it comes *after*, if that hasn't been yet, is a condition.
        """
        best, booked, soonest, ask = session.recommended[1], session.booked, session.minimum, self._clock.whom
        if not booked or booked < soonest:
            until = f", best by {say.short_date(best)}" if best > soonest else ""
            ready = f"OK if {after}" if after else f"OK now{until}"
            yield "minimum", f"not yet: ask {ask} first" if stopped else ready, soonest
        if booked:
            yield "booked", f"early, ask {ask} first" if booked < soonest else "is today", booked
        if late and session.overdue:
            # What is late after its best time isn't late on the last day of that.
            yield "overdue", "late from today", max(session.overdue, best + _DAY)

    def _events(self) -> Iterator[CalendarEntry]:
        """Choose the events of the person that something is not yet all right for."""
        pairs = zip(self._timeline.meetings, sheet.list_clashes(self._timeline), strict=True)
        clashing = [(one, row) for one, row in pairs if one.clashes or one.waiting]
        for (event, clashes, _, waiting), row in clashing[: None if self._is_full else _EVENTS]:
            names = self._names(one.activity for one in clashes) or ["all right"]
            title = _fit(f"{_fit('', [say.capital(event.label)], room=_CELL)}: not yet ", names)
            lines = [f"{row.head}, {row.text}", *self._behind([*(one.window for one in clashes), *waiting])]
            yield self._all_day(f"event {event.label}", title, lines, event.first, event.last)

    # The whole plan.

    def _whole(self) -> Iterator[CalendarEntry]:
        """Choose each run of equal days, and the other sections of the plan on the days that they are about."""
        day_0 = self._timeline.treatment.day
        placed = {"before": day_0 - _DAY, **dict.fromkeys(_LOOKED_UP, self._timeline.days[-1].day)}
        for session in self._timeline.sessions[:1]:
            placed["sessions"] = session.booked or session.minimum
        for section in sheet.make_sheet(self._timeline, handed_over=True).sections:
            for block in section.blocks:
                day, first, last = block.days[0], block.days[0].day, block.days[-1].day
                held = {"no ": day.avoid, "better wait, ": day.better_not, "check first, ": day.only_if}
                named = ((lead, names) for lead, listed in held.items() if (names := self._names(listed)))
                lead, names = next(named, ("", ["see inside"]))
                title = _fit(f"{block.title.partition(' · ')[0]}: {lead}", names)
                lines = [*_lines(block.rows), *self._who_says(self._touching(first, last))]
                yield self._all_day(f"days {day.number}", title, lines, first, last)
            rows = _lines(section.rows)
            room = _TEXT[formats.FULL] - len(self.describe([""]))
            parts = _parted(rows, room)
            for number, lines in enumerate(parts, start=1):
                title = f"{number}/{len(parts)} {section.title}" if parts[1:] else section.title
                yield self._all_day(f"section {section.id}", title, lines, placed.get(section.id, day_0))

    def _touching(self, first: date, last: date) -> list[Window]:
        begun = (one for one in self._timeline.windows if one.better_from < FOREVER)
        return [one for one in begun if touches(one.better_from, one.holds_until, first, last, self._zone)]

    def _behind(self, windows: Iterable[Window]) -> Iterator[str]:
        """List, in full, why *windows* hold, and who says so."""
        held = list(windows)
        for note, found in say.grouped(
            held if self._is_full else (), lambda one: sheet.note_of(one.words, one.kind)
        ).items():
            named = [*dict.fromkeys(self._rule_set.short(one.target) for one in found)]
            if note:
                yield f"{say.capital(say.join_some(named, _WATCHED))}: {note}."
        yield from self._who_says(held)

    def _who_says(self, windows: Iterable[Window]) -> Iterator[str]:
        ids = {source for one in windows if self._is_full for source in sources_behind([one], self._rule_set)}
        weightiest = sorted(ids, key=self._rule_set.by_weight.__getitem__)
        sources = [self._rule_set.sources[id_] for id_ in weightiest[:_NAMED]]
        if sources:
            named = "; ".join(say.join_known(one.publisher or one.title, one.url) for one in sources)
            yield f"Who says so: {named}{'…' if weightiest[_NAMED:] else ''}"


class CourseCalendar(PlanCalendar):
    """The entries of a course: what is still to come of it, in the slots that the calendar of its plan has for it."""

    def __init__(self, timeline: Timeline, options: Options, course: Course) -> None:
        super().__init__(timeline, options)
        self._course, deadline = course, course.deadline
        self._event, self._last = (deadline.name, deadline.last) if deadline else ("", date.max)

    def _still_there(self) -> Iterable[str]:
        # Weeks later nothing of the first treatment is.
        return ()

    def _chosen(self) -> list[CalendarEntry]:
        deadline, steps = self._course.deadline, self._course.steps
        found = [
            entry for step, before in zip(steps, (None, *steps), strict=False) for entry in self._step(step, before)
        ]
        return [*found, *(self._deadline(deadline) if deadline else ())]

    def _step(self, step: Step, before: Step | None) -> Iterator[CalendarEntry]:
        """Choose when a session may be; not if that is too late for the event, unless it is booked."""
        session, last = step.session, step.latest or self._last
        if step.done or (session.minimum > last and not session.booked):
            return
        lines, after = [*course_words.list_step(step, self._course, self._timeline)], _pending(before)
        if after:
            lines.append(f"Only if session {after}; if it was later, make this calendar again with --done.")
        start, end = session.recommended
        best, is_open = session._replace(recommended=(start, min(end, last))), not session.booked
        yield from self._session(best, lines, late=is_open and not step.latest, after=after)
        if is_open and step.latest:
            title = _fit(f"Session {session.number} last day before ", [self._event])
            yield self._all_day(f"session {session.number} overdue", title, lines, step.latest)

    def _deadline(self, deadline: Deadline) -> Iterator[CalendarEntry]:
        """Choose the event, with what has to be done by then."""
        ahead = any(not step.done for step in self._course.steps)
        by = f"last session by {say.short_date(deadline.last)}" if ahead else "all sessions done"
        title = by if deadline.fits else f"{deadline.wanted} sessions don't fit"
        lines = course_words.list_deadline(self._course, deadline, self._rule_set)
        name = say.capital(deadline.name)
        yield self._all_day(f"event {deadline.name}", _fit("", [name], f": {title}"), lines, deadline.day)


# Titles and descriptions.


def _begun_title(names: Sequence[str], do: str, *, is_before: bool) -> str:
    """Name what begins before the treatment; on its day first what is to *do*."""
    if do and not (names and is_before):
        return _fit("", [do])
    return _fit("No ", names, " from now") if names else "Ask first, see inside"


def _pending(step: Step | None) -> str:
    """Name by when *step* has to be, if nobody knows yet when it will: the spacing after it is never cut short."""
    return f"{step.session.number} was by {say.short_date(step.day)}" if step and not step.done else ""


def _open_title(openings: list[Opening], taken: Collection[str]) -> str:
    """Name what is all right with its condition, and first what no title among *taken* begins with."""
    by_calm = say.grouped(openings, lambda one: bool(one.waits))
    (lead, names), *others = parts = [_named_open(found, taken, if_calm=calm) for calm, found in by_calm.items()]
    if others:
        for shown in (parts, [(other, [f"{first}…"]) for other, (first, *_) in parts]):
            whole = "; ".join(f"{other}{', '.join(listed)}" for other, listed in shown)
            if len(whole) <= _TITLE:
                return whole
        return _fit(lead, names, more=True)
    once = say.led(", if ", say.labels_of(dict.fromkeys(wait for one in openings for wait in one.waits)))
    return _fit(_NOW, names, once) if len(f"{_NOW}{names[0]}…{once}") <= _TITLE else _fit(lead, names)


def _named_open(found: list[Opening], taken: Collection[str], *, if_calm: bool) -> tuple[str, list[str]]:
    lead, names = _IF_CALM if if_calm else _NOW, [*dict.fromkeys(one.name for one in found)]
    names.sort(key=lambda name: (len(f"{lead}{name}…") > _TITLE, f"{lead}{name}"[:_CELL] in taken))
    return lead, [_shorter(name, _TITLE - len(lead) - 1) for name in names]


def _shorter(name: str, room: int) -> str:
    """Name less of what has to wait of something, where there is no *room* for all of it; the weightiest comes last."""
    whole, _, held = name.removesuffix(")").partition(" (not ")
    if len(name) <= room or not held:
        return name
    shown = (f"{whole} (not {part}…)" for part in reversed(held.split(", ")))
    return next((one for one in shown if len(one) <= room), f"{whole}, in part")


def _fit(lead: str, names: Sequence[str], tail: str = "", *, room: int = _TITLE, more: bool = False) -> str:
    """Put whichever *names* there is room for between *lead* and *tail*; dots stand for others, and for *more*."""
    left, text = room - len(lead) - len(tail), ", ".join(names)
    if more or len(text) > left:
        shown, *others = names
        for name in others:
            shown = longer if len(longer := f"{shown}, {name}") < left else shown
        text = f"{shown[: left - 1].rstrip()}…"
    return f"{lead}{text}{tail}"


def _numbered(text: str, number: int) -> str:
    return f"{text} ({number})" if number > 1 else text


def _lines(rows: Iterable[say.Row]) -> list[str]:
    return [f"{row.head and f'{row.head}: '}{row.text}{row.marks and f' [{row.marks}]'}" for row in rows]


def _parted(lines: Iterable[str], room: int) -> list[list[str]]:
    """Part *lines* into groups that each fit into *room*."""
    parts: list[list[str]] = []
    for line in lines:
        if not parts or len("\n".join([*parts[-1], line])) > room:
            parts.append([])
        parts[-1].append(line)
    return parts
