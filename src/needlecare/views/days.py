"""The days of a plan for people: what is all right when, the chart, the days before, and each day after."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from needlecare.model import ruleset, voices
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Day, Lift, Timeline, Wait, Window, day_number
from needlecare.model.time import day_end, day_start, touches
from needlecare.views import phrases as say
from needlecare.views.phrases import Clock, Row, Section, grouped, join_words, led, topmost

# So many parts of a whole are named.
_NAMED = 3
# Up to which rank in its group people ask about something.
_ASKED = 5
_MUCH_EARLIER = timedelta(days=1)
# How a line says that a no is over before.
EARLIER = ": no until "


class Parts:
    """The restrictions on what is part of an activity, by that activity."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline, self._rule_set, self._clock = timeline, timeline.rule_set, Clock(timeline)
        self._zone = timeline.treatment.zone
        self._own = grouped(timeline.of_kind(ruleset.AVOID), lambda window: window.target)
        self._restricted: dict[str, list[Window]] = defaultdict(list)
        for window in timeline.of_kind(ruleset.AVOID):
            for parent in timeline.rule_set.lineage[window.target][1:]:
                self._restricted[parent].append(window)
        # What somebody has to be asked about first is all right from no date on.
        self._asked = {one.target for one in timeline.of_kind(ruleset.ASK)}
        self._doing = [one.target for one in timeline.of_kind(ruleset.DO)]
        self._lifts = [lift for lift, _ in lifts_of(timeline)]
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
                        self._restricted[parent].append(window._replace(target=one.id))

    def still_held(self, target: str, at: datetime) -> list[str]:
        """Return what is part of *target* and advised at times, and restricted beyond *at* or asked about first."""
        held = {one.target for one in self._restricted.get(target, ()) if one.better_from <= at < one.better_until}
        held.update(one for one in self._asked if target in self._rule_set.lineage[one][1:])
        return topmost(held - self._rule_set.unadvised, self._rule_set)

    def restrict(self, activity: str, at: datetime) -> bool:
        """Report whether some of *activity* is restricted at a moment, or has to be asked about first."""
        if activity not in self._rule_set.activities:
            return False
        is_asked = not self._asked.isdisjoint(self._rule_set.lineage[activity])
        windows = () if is_asked else self._timeline.windows_on(activity)
        held = any(one.better_from <= at < one.better_until for one in windows)
        return is_asked or held or bool(self.still_held(activity, at))

    def advised(self, target: str, at: datetime, held: Collection[str]) -> str:
        """Return the part of *target*, none *held*, that the plan tells one to use from *at* on, and not before."""
        lineage, over = self._rule_set.lineage, {lift.activity for lift in self._lifts if lift.at < at}
        free = (one for one in self._doing if one not in over and not set(lineage[one]).intersection(held))
        return next((one for one in free if target in lineage[one][1:]), "")

    def awaited(self, target: str, at: datetime) -> list[tuple[str, Wait]]:
        """Return what *target* waits for where it is over at *at*, and what a part of it does where it doesn't."""
        windows = (*self._own.get(target, ()), *self._restricted.get(target, ()))
        waits = [(one.target, wait) for one in windows if one.better_until <= at for wait in one.waits]
        own = {wait.bound for part, wait in waits if part == target}
        return [(part, wait) for part, wait in waits if part == target or wait.bound not in own]

    def label(self, target: str, at: datetime) -> str:
        """Name *target*, and what of it isn't all right from *at* on, or has a condition of its own."""
        held = {*self.still_held(target, at), *(part for part, _ in self.awaited(target, at))}.difference([target])
        names = say.join_some([*map(self._rule_set.label, topmost(held, self._rule_set))], _NAMED)
        return f"{self._rule_set.label(target)}{f' (not yet {names})' if names else ''}"

    def free(self, activity: str, at: datetime) -> str:
        """Name *activity*; where not all of it is all right, the part that is advised, or the one that has to wait."""
        rule_set = self._rule_set
        name, held = rule_set.short(activity), sorted(self.still_held(activity, at), key=rule_set.weight)
        if held and (advised := self.advised(activity, at, held)):
            return rule_set.short(advised)
        if held and rule_set.short(held[0]) in name:
            # "Acids and scrubs (not acids)" are scrubs.
            free = sorted(set(rule_set.parts_of(activity)).difference(*map(rule_set.family, ([one] for one in held))))
            return rule_set.short(min(free, key=rule_set.weight, default=activity))
        # The weightiest of its own group, and what is asked about most of all.
        named = dict.fromkeys([*held[:1], *sorted(held, key=lambda one: rule_set.weight(one)[::-1])[:1]])
        return f"{name}{led(' (not ', ', '.join(map(rule_set.short, named)))}{')' if named else ''}"

    def lifted(self, lifts: Iterable[Lift]) -> Iterator[tuple[list[Lift], str]]:
        """Put what lifts into words, by instant and condition.

        What lifts together with something that it is part of is left out, and so is what is never advised.
        """
        advised = (lift for lift in lifts if lift.activity not in self._rule_set.unadvised)
        groups = grouped(advised, lambda lift: (lift.at, lift.to, self._clock.only_once(lift.waits)))
        for at, to, waits in sorted(groups):
            group = groups[at, to, waits]
            shown = topmost((lift.activity for lift in group), self._rule_set)
            names = join_words(self.label(one, at) for one in shown)
            milder = "" if to == "yes" else ": better wait"
            yield [lift for lift in group if lift.activity in shown], f"{names}{milder}{led(', ', waits)}"

    def unseen(self, day: Day) -> list[tuple[str, list[str]]]:
        """Return what must have been seen on *day* beyond the ends of restrictions, each with what it frees.

        What is part of something that waits for the same is left out.
        """
        ends = day_end(day.day, self._zone)

        def labels(activity: str) -> str:
            waits = (wait for one in self._own[activity] if one.better_until < ends for wait in one.waits)
            return join_words(dict.fromkeys(wait.label for wait in waits))

        advised = (one for one in day.only_if if one not in self._rule_set.unadvised)
        return [(seen, topmost(ids, self._rule_set)) for seen, ids in sorted(grouped(advised, labels).items())]


def lifts_of(timeline: Timeline) -> Iterator[tuple[Lift, Window]]:
    """Return what lifts after the treatment begins, with the window that it ends; never what isn't advised at all."""
    unadvised = timeline.rule_set.unadvised
    found = ((lift, window) for window in _lasting_beyond(timeline) for lift in window.lifts)
    return (one for one in found if one[0].activity not in unadvised)


def _lasting_beyond(timeline: Timeline) -> list[Window]:
    return [window for window in timeline.of_kind(ruleset.AVOID) if window.better_until > timeline.treatment.first]


class Opening(NamedTuple):
    """Something that is all right again from an instant on.

    *no_until* is when the "no" ends, where it is better to wait for a good while after it; *waits* are what must be
    seen besides: with any, it is all right only if the skin looks calm.
    """

    activity: str
    name: str
    at: datetime
    no_until: datetime | None
    waits: tuple[Wait, ...] = ()


def list_openings(timeline: Timeline) -> list[Opening]:
    """List what is all right again by time, what people ask about first; a part goes with its whole."""
    rule_set, parts = timeline.rule_set, Parts(timeline)
    found = []
    for (at, _), pairs in grouped(openings_of(timeline), lambda one: (one[0].at, one[0].waits)).items():
        shown = {*topmost((lift.activity for lift, _ in pairs), rule_set)}
        for lift, window in pairs:
            if lift.activity in shown:
                waits = dict.fromkeys(wait for _, wait in parts.awaited(lift.activity, at))
                name = parts.free(lift.activity, at)
                # A no that ends well before it is all right, and after the first hours.
                has_no = window.start < window.end and window.better_until - window.end > _MUCH_EARLIER
                is_early = has_no and window.end > (timeline.first_until or window.start)
                found.append(Opening(lift.activity, name, at, window.end if is_early else None, tuple(waits)))
    return sorted(found, key=lambda one: (one.at, asked_first(one, rule_set), one.name))


def asked_first(opening: Opening, rule_set: ruleset.RuleSet) -> tuple[bool, tuple[int, int]]:
    """Return what openings are ordered by: what few people ask about weighs least."""
    weight = rule_set.weight(opening.activity)
    return weight[1] > _ASKED, weight


def openings_of(timeline: Timeline) -> Iterator[tuple[Lift, Window]]:
    """Return what opens between the treatment and a next session that is booked."""
    treatment = timeline.treatment
    ends = day_start(treatment.next_day, treatment.zone) if treatment.next_day else FOREVER
    return (one for one in lifts_of(timeline) if one[0].to == "yes" and treatment.first < one[0].at < ends)


def days_after(timeline: Timeline) -> tuple[Day, ...]:
    """Return the days from the treatment's own on."""
    return tuple(day for day in timeline.days if day.number >= 0)


def list_ends(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List what is all right again and when, and then what doesn't end by itself; a part goes with its whole."""
    rule_set, parts = timeline.rule_set, Parts(timeline)
    ends = sorted(_ends(timeline, clock), key=lambda one: (*one[:3], one[-1].end))
    for (at, _, head, text), found in grouped(ends, lambda one: one[:4]).items():
        shown = topmost((one.target for *_, one in found), rule_set)
        told = {*shown}
        cite = voices.sources_behind((one for *_, one in found if one.target in told), rule_set)
        names = join_words(parts.label(one, at) if at < FOREVER else rule_set.label(one) for one in shown)
        yield Row(head, f"{names}{text}", "yes" if at < FOREVER else "no", cite)


def _ends(timeline: Timeline, clock: Clock) -> Iterator[tuple[datetime, int, str, str, Window]]:
    """Yield when each restriction ends, its place among such rows, how it is headed, and what is said of it."""
    for lift, window in lifts_of(timeline):
        # The end of a no is said together with the end of what is better after it.
        if lift.to == YES or all(one.to != YES for one in window.lifts):
            no = window.end if window.start < window.end < lift.at else None
            text = no_before(no, clock) if lift.to == YES else ": better wait"
            yield lift.at, 0, clock.at(lift.at), f"{text}{led(', ', clock.only_once(lift.waits))}", window
    for window in _lasting_beyond(timeline):
        if window.better_until == FOREVER or window.ask:
            yield FOREVER, *lasting_head(window, clock), window


def no_before(no_until: datetime | None, clock: Clock) -> str:
    """Say until when something is a no before it is all right, where it is better to wait after that."""
    return f"{EARLIER}{clock.at(no_until)}, then better wait" if no_until else ""


def lasting_head(window: Window, clock: Clock) -> tuple[int, str, str]:
    """Return the place among such rows of what doesn't end by itself, how it is headed, and what to do about it."""
    if window.ask and not window.is_for_good:
        return 0, "Ask first", f": {clock.restriction(window)}"
    if window.is_for_good or (window.is_open and window.end_stated):
        return 3, "Never", ""
    if window.waits and not window.is_open:
        return 2, "You see when", clock.tail(window)
    return 1, "No end given", f": ask {clock.whom}"


def _names_and_sources(
    windows: list[Window], timeline: Timeline, state: str = "", *, before: bool = False
) -> tuple[str, tuple[str, ...]]:
    rule_set = timeline.rule_set
    shown = topmost((window.target for window in windows), rule_set)
    cite = voices.sources_behind((one for one in windows if one.target in shown), rule_set, state, before=before)
    return join_words(map(rule_set.label, shown)), cite


def draw_groups(timeline: Timeline) -> list[Row]:
    """Draw what is asked about first of each group: `n` no, `b` better wait, `o` only if the skin looks calm.

    A whole group would say too much: of two painkillers one is a no, and the other is what to take.
    """
    opened = {lift.activity for lift, _ in openings_of(timeline)}
    waits = {one.activity: one.waits for one in list_openings(timeline)}
    # Of two that weigh the same the one that takes longer.
    lifts = sorted(lifts_of(timeline), key=lambda one: one[0].at, reverse=True)
    shown = {*waits, *topmost({lift.activity for lift, _ in lifts} - opened, timeline.rule_set)}
    dated = sorted((lift.activity for lift, _ in lifts), key=timeline.rule_set.weight)
    groups = grouped((one for one in dated if one in shown), timeline.rule_set.group_of)
    return [_strip(one, timeline, "o" if waits.get(one) else ".") for one, *_ in groups.values()]


def _strip(activity: str, timeline: Timeline, once_over: str) -> Row:
    states = []
    for day in days_after(timeline):
        lists = {"n": day.avoid, "b": day.better_not, "o": day.only_if}
        states.append(next((state for state, listed in lists.items() if activity in listed), once_over))
    name = say.capital(timeline.rule_set.short(activity).partition(", ")[0])
    return Row(name, "", states="".join(states))


def group_name(group: str, rule_set: ruleset.RuleSet) -> str:
    """Name a group for people; what belongs to none is of the clinic itself."""
    known = rule_set.groups.get(group)
    return (known.short or known.label) if known else "Your clinic"


_BEFORE = {"better not": "better avoid ", "avoid": "avoid "}


def list_before(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List pre-care by when it begins."""
    undated = [window for window in timeline.windows if not window.has_start]
    if undated:
        names, cite = _names_and_sources(undated, timeline)
        yield Row("No time is given", f"{_BEFORE['better not']}{names}", "better not", cite)
    groups = grouped(list_begun(timeline, clock), lambda one: one[:3])
    for (at, tone, text), found in sorted(groups.items(), key=lambda item: item[0]):
        state = NO if tone == "avoid" else BETTER_NOT
        names, cite = _names_and_sources([window for *_, window in found], timeline, state, before=True)
        number = day_number(timeline.treatment, clock.day(at))
        head = f"{clock.at(at)} (day {number})".replace("day -", "day −")
        yield Row(head, f"{_BEFORE.get(tone, '')}{text or names}", tone, cite)


def list_begun(timeline: Timeline, clock: Clock) -> Iterator[tuple[datetime, str, str, Window]]:
    """List what begins before the treatment, or is to be done at it: when, in which tone, in which words."""
    for window in timeline.windows:
        if window.kind != ruleset.PREPARE and window.better_from >= timeline.treatment.first:
            continue
        is_over = window.kind == ruleset.DO and window.end < timeline.treatment.first
        ends = led("; ", _end(window, clock)) if is_over else ""
        text = "" if window.kind == ruleset.AVOID else f"{clock.with_details(window)}{ends}"
        for at, tone in _beginnings(window):
            if tone != "avoid" or at < timeline.treatment.last:
                yield at, tone, text, window


def _beginnings(window: Window) -> Iterator[tuple[datetime, str]]:
    """Return what begins with *window*: when, and in which tone; nothing where nobody says when."""
    if window.kind in (ruleset.PREPARE, ruleset.DO):
        yield window.start, window.kind
    elif window.kind == ruleset.AVOID and window.has_start:
        if window.better_from < window.start or window.is_instant:
            yield window.better_from, "better not"
        if window.start < window.end:
            yield window.start, "avoid"


def hedges(window: Window, timeline: Timeline) -> Iterator[str]:
    """Yield what is said of both ends besides their dates: at least, at the latest, between two, eases."""
    clock, treated = Clock(timeline), timeline.treatment.first
    if window.start_range:
        yield f"begins between {' and '.join(map(clock.at, window.start_range))}"
    elif window.start_bound:
        is_latest = (window.start_bound == "at least") == (window.start < treated)
        yield f"begins on {clock.at(window.start)} at the {'latest' if is_latest else 'earliest'}"
    if window.eases:
        yield f"eases from {clock.at(window.eases)}"
    if window.bound and treated < window.end < FOREVER:
        until = f"until {clock.until(window.end)}"
        yield f"at least {until}" if window.bound == "at least" else f"{until} at the latest"


def list_doing(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List what to do by when it begins, each once with its whole length."""
    doing = (one for one in timeline.of_kind(ruleset.DO) if one.holds_until > timeline.treatment.first)
    found = grouped(doing, lambda window: (window.start, window.end, _asked(window, clock)))
    for (start, _, text), windows in sorted(found.items(), key=lambda item: item[0]):
        late = windows[0].is_instant or start > timeline.treatment.last
        head = f"{f'from {clock.at(start)} ' if late else ''}{_end(windows[0], clock)}".strip()
        yield Row(head, text, "do", voices.sources_behind(windows, timeline.rule_set))


def _end(window: Window, clock: Clock) -> str:
    """Format until when something is to be done; nothing for what has only a beginning."""
    if window.until_seen and window.end == FOREVER:
        return "until you see it"
    if window.holds_until == FOREVER:
        return "without end" if window.end_stated else "no end is given"
    if window.is_instant:
        return ""
    return f"{'usually ' if window.until_seen else ''}until {clock.until(window.end)}"


def _asked(window: Window, clock: Clock) -> str:
    """Format what is to be done, and what must be seen before it begins."""
    return f"{clock.with_details(window)}{led('; ', clock.only_once(window.waits))}"


def list_days(timeline: Timeline, clock: Clock) -> Iterator[Section]:
    """List the days, with equal ones folded."""
    parts = Parts(timeline)
    lists, runs = attrgetter("avoid", "better_not", "only_if", "do", "prepare", "expect"), list[list[Day]]()
    for day in days_after(timeline):
        # A run ends where one of the lists changes, something lifts, or the treatment comes.
        if runs and not day.lifts and day.number != 0 and lists(day) == lists(runs[-1][0]):
            runs[-1].append(day)
        else:
            runs.append([day])
    for run in runs:
        first, last = run[0], run[-1]
        numbers = f"Day {first.number}" if first is last else f"Days {first.number}–{last.number}"
        title = f"{numbers} · {say.dates(first.day, last.day, timeline.treatment.day)}"
        yield Section("day", title, rows=tuple(_rows(run, timeline, clock, parts)), days=tuple(run))


def _rows(run: list[Day], timeline: Timeline, clock: Clock, parts: Parts) -> Iterator[Row]:
    day, rule_set, zone = run[0], timeline.rule_set, timeline.treatment.zone
    yield from _restricted(day, timeline, parts)
    asked = [window for window in timeline.of_kind(ruleset.DO) if window.target in day.do]
    due = {window.text: window for window in asked if touches(window.start, window.holds_until, day.day, day.day, zone)}
    for window in due.values():
        text = f"{_hours(window, run, timeline)}{_asked(window, clock)}"
        yield Row("Do", text, "do", voices.sources_behind([window], rule_set))
    if day.expect:
        yield Row("Usual", join_words(map(rule_set.label, day.expect)), "expect")
    for (lift, *_), text in parts.lifted(day.lifts):
        opens = "OK: " if lift.to == YES else ""
        yield Row(f"From {clock.time(lift.at) or 'the start'}", f"{opens}{text}", "lift")


def _restricted(day: Day, timeline: Timeline, parts: Parts) -> Iterator[Row]:
    rule_set, forbidden = timeline.rule_set, set(day.avoid)
    if forbidden:
        yield Row("Avoid", say.names(forbidden, rule_set), "no")
    milder = [one for one in topmost(day.better_not, rule_set) if not forbidden.intersection(rule_set.lineage[one])]
    if milder:
        yield Row("Better wait", join_words(map(rule_set.label, milder)), "better not")
    begins = day_start(day.day, timeline.treatment.zone)
    for seen, ids in parts.unseen(day):
        names = join_words(parts.label(one, begins) for one in ids)
        yield Row("Check first", f"{names}, only once {seen}", "only if")


def _hours(window: Window, run: list[Day], timeline: Timeline) -> str:
    """Format from which hour something is to be done on the first day of a run, and until which on its only one."""
    start, end, day, clock = window.start, window.holds_until, run[0], Clock(timeline)
    is_later = day.number > 0 or start > timeline.treatment.last
    begins = clock.time(start) if is_later and clock.day(start) == day.day else ""
    ends = clock.time(end) if len(run) == 1 and start < end < FOREVER and clock.day(end) == day.day else ""
    hours = f"{led('from ', begins)} {led('until ', ends)}".strip()
    return f"{hours}: " if hours else ""
