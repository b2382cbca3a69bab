"""What holds now: one screen of it, or the whole, with conditions and both ends of every no.

Of several treatments that are still open the strictest counts. It computes no date.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, TypeVar

from needlecare.ask.today import Owned, Today
from needlecare.ask.verdict import Verdict
from needlecare.model.plan import BETTER_NOT, NO, Session, Timeline, Window, day_number
from needlecare.model.ruleset import ALLOW, EXPECT, LAST, PREPARE, RuleSet
from needlecare.views import brief, days, sheet
from needlecare.views import phrases as say
from needlecare.views.phrases import Clock, Row, Section, capital, grouped, join_whom, join_words, led
from needlecare.views.text import fits

_LINES, _WORDS, _SHORT, _FEW = 24, 180, 20, 3


class Room(NamedTuple):
    """What a screen has room for; where *light* is less than none, for no dates of signs and nothing to wait with."""

    names: int = LAST
    light: int = 1
    sentences: int = LAST
    later: int = 9
    longest: int = 50


# The most first.
_ROOMS = (
    *(Room(3, 3), Room(2, 2), Room(1), Room(1, 0)),
    *(Room(1, -1, most, longest=longest) for most in (9, 6) for longest in (50, 35)),
    *(Room(1, -1, 6, later, 35) for later in range(8, 3, -1)),
    *(Room(1, -1, 6, later, _SHORT) for later in range(6, 0, -1)),
    *(Room(1, -1, most, 1, _SHORT) for most in range(5, 0, -1)),
)
Known = TypeVar("Known", Verdict, Owned)
Ahead = tuple[Timeline, days.Opening]
_NEXT, _SHOWN, _SIGNS, _NEVER = 2, 2, 6, "Never"
_OVER = Row("Over", "Nothing in this plan waits for a date any more.", "yes")
_COMMANDS = "needlecare can WORDS, plan, today --all"
_STALE = "made of older rules; make it again: needlecare plan -o aftercare.ics"
# Sections of the plan that stand behind one screen of it, and the one for a treatment to come.
_BEHIND, _BEFORE = ("sessions", "events", "red-flags"), "before"


def make_today(now: Today, *, whole: bool = False, stale: bool = False) -> sheet.Sheet:
    """Write what holds *now* on one screen, or the *whole* of it, and whether a calendar is *stale*."""
    numbers = (day_number(one.treatment, Clock(one).day(now.at)) for one in now.timelines)
    counted = (f"day {number}: {brief.subject_of(one)}" for number, one in zip(numbers, now.timelines, strict=True))
    first, *also = (text.replace("day -", "day −", 1) for text in counted)
    head = sheet.Sheet(
        title=f"{Clock(now.timelines[0]).at(now.at)}, {first}",
        subject=f"And {'; '.join(also)}. The strictest counts." if also else "",
        clinic=sheet.name_clinic(now.timelines[0].rule_set),
        notice=(say.NO_ADVICE, *chain.from_iterable(sheet.list_core_changes(one.rule_set) for one in now.timelines)),
    )
    against = [*chain.from_iterable(_against(one, now) for one in now.timelines), Row("Calendar", _STALE * stale)]
    # Every size of screen that is tried asks it the same.
    others = _Held(now)
    openings = _still_ahead(now, others)
    if whole:
        return _filled(head, _whole(now, against, openings))
    is_off = not _begun(now) and any(map(sheet.is_stopped, now.timelines))
    booked, help_ = [*_booked(now)], _help(now)

    @cache
    def screen(room: Room) -> sheet.Sheet:
        held = () if is_off else list_now(now, room, others)
        rows = (*against, *held, *booked[: None if room.light >= 0 else _SHOWN])
        sections = (Section("now", "", rows=rows), _again(openings, room), *_ahead(now, room.later + 1), help_)
        return _filled(head, sections)

    return screen(_ROOMS[bisect_left(_ROOMS[:-1], True, key=lambda room: fits(screen(room), _LINES, _WORDS))])


def _filled(head: sheet.Sheet, sections: Iterable[Section]) -> sheet.Sheet:
    """Put what is not empty below *head*; several treatments may say the same."""
    found = (one._replace(rows=tuple(dict.fromkeys(row for row in one.rows if row.text))) for one in sections)
    notice = tuple(dict.fromkeys(head.notice))
    return head._replace(notice=notice, sections=tuple(dict.fromkeys(one for one in found if one.rows)))


def _begun(now: Today) -> list[Timeline]:
    return [one for one in now.timelines if one.treatment.first <= now.at]


# What holds.


def _against(timeline: Timeline, now: Today) -> Iterator[Row]:
    """Yield what speaks against a treatment to come, and what to do where it has been."""
    rows = [*sheet.list_findings(timeline)]
    if now.at < timeline.treatment.first:
        yield from (row for row in rows if row.head != sheet.TREATED)
        yield from sheet.list_clashes(timeline)
        return
    why = "".join(one.screening.text for one in timeline.findings[:1])
    yield from (row._replace(text=f"{row.text}. {why}") for row in rows if row.head == sheet.TREATED)
    yield from (Row("Ask first", unheard.text, "ask") for unheard in timeline.facts.unheard)


def list_now(now: Today, room: Room = Room(), others: "_Held | None" = None) -> Iterator[Row]:  # noqa: B008  a constant
    """List what to avoid, to see, to do and to expect, as far as there is *room*; *others* may be known already."""
    held = [*_held(now, room)]
    # Whoever waits for something to be over has seen it by the next session, or has rung the clinic.
    is_over = held[:1] == [_OVER] and not any(_sessions_due(one, now) for one in now.timelines)
    yield from [*held, *([] if is_over else [_unseen(now)])]
    yield from _to_do(now, room, others or _Held(now))
    usual = brief.usual if room.light >= 0 else brief.name_usual
    yield from (Row("Usual", usual(latest, now.at), "expect") for latest in _begun(now)[-1:])


def _to_do(now: Today, room: Room, others: "_Held") -> Iterator[Row]:
    free = (one for one in _advice(now) if not others.by_another(one.window.target, now.at, one.timeline))
    for _, found in _by_set(free):
        yield Row("Do", brief.sentences((one.window for one in found), found[0].timeline, room.sentences), "do")


def _advice(now: Today) -> Iterator[Owned]:
    """Yield what a first screen has room for: in the first hours all that it tells of them."""
    for own in _begun(now):
        told = (one for one in own.of_kind(ALLOW, PREPARE) if brief.is_advice(one, own))
        yield from (Owned(own, one) for one in told if one.start <= now.at < (own.first_until or one.start))
    yield from (one for one in now.do if brief.is_due(one.window) or brief.is_advice(one.window, one.timeline))


def _held(now: Today, room: Room) -> Iterator[Row]:
    held = grouped((*now.avoid, *now.better_not), _kind)
    dated = any(one.until or one.better_until for one in (*held.get(NO, ()), *held.get(BETTER_NOT, ())))
    if dated or now.changes or not _begun(now):
        yield from _restricted(now, held, room)
        return
    yield _OVER
    for timeline in now.timelines:
        clock = Clock(timeline)
        yield from brief.list_endless(timeline)
        for session in _sessions_due(timeline, now):
            yield from sheet.list_session(session, timeline, clock)


def _sessions_due(timeline: Timeline, now: Today) -> list[Session]:
    """Return the next session, if the time for it isn't over."""
    return [one for one in timeline.sessions[:1] if one.recommended[1] >= Clock(timeline).day(now.at)]


def _kind(verdict: Verdict) -> str:
    if any(map(brief.is_lasting, verdict.windows)):
        return _NEVER
    # What is never advised waits for no date.
    is_unadvised = verdict.activity in verdict.timeline.rule_set.unadvised
    return "" if is_unadvised and verdict.verdict != NO else verdict.verdict


def _restricted(now: Today, held: dict[str, list[Verdict]], room: Room) -> Iterator[Row]:
    kinds = (("Avoid", NO, "no"), (_NEVER, _NEVER, "no"), ("Better wait", BETTER_NOT, "better not"))
    for head, kind, tone in kinds if room.light >= 0 else kinds[:-1]:
        for rules, found in _by_set(held.get(kind, ())):
            ids = (one.activity or "" for one in found)
            yield Row(
                head, brief.sentence_of(ids, rules, room.names + (kind == _NEVER and room.light >= 0), room.light), tone
            )
    yield from [*_asked(now, _SHOWN + (room.light >= 0))][: _SHOWN if room.light > 0 else 1]


def _by_set(items: Iterable[Known]) -> list[tuple[RuleSet, list[Known]]]:
    """Group *items* by the rule set that knows what they are about."""
    groups = grouped(items, lambda one: one.timeline.rule_set.id).values()
    return [(found[0].timeline.rule_set, found) for found in groups]


def _asked(now: Today, most: int) -> Iterator[Row]:
    """Yield what somebody has to be asked about first, by whom."""
    by_weight = sorted(now.ask, key=lambda one: one.timeline.rule_set.weight(one.activity or ""))
    for whom, found in grouped(by_weight, lambda one: join_whom(one.ask)).items():
        names = say.short_names((one.activity or "" for one in found), found[0].timeline.rule_set, most)
        yield Row("Ask first", f"{names}: {whom}", "ask")


def _unseen(now: Today, most: int = _SHOWN) -> Row:
    """Return what is over but for what only the person can see."""
    texts = []
    for rules, found in _by_set(now.only_if):
        advised = (one.window for one in found if one.window.target not in rules.unadvised)
        for seen, windows in grouped(advised, lambda window: say.labels_of(window.waits)).items():
            texts.append(f"{seen}: {say.short_names((one.target for one in windows), rules, most)}")
    return Row("Only if", "; ".join(texts), "only if")


# What comes next.


def _still_ahead(now: Today, others: "_Held") -> list[Ahead]:
    """Return what will be all right again, by time, without what another treatment restricts for longer."""
    timelines = now.timelines if _begun(now) else ()
    found = ((own, one) for own in timelines for one in days.list_openings(own) if one.at > now.at)
    free = ((own, one) for own, one in found if not others.by_another(one.activity, one.at, own))
    return sorted(((own, one._replace(no_until=None)) for own, one in free), key=lambda pair: pair[1].at)


class _Held:
    """What each treatment restricts of an activity, where there are several."""

    def __init__(self, now: Today) -> None:
        self._parts = [(one, days.Parts(one)) for one in now.timelines] if now.timelines[1:] else []
        self._found: dict[tuple[str, datetime], list[Timeline]] = {}

    def by_another(self, activity: str, at: datetime, own: Timeline) -> bool:
        """Report whether a treatment other than its *own* restricts some of *activity* then."""
        if (activity, at) not in self._found:
            self._found[activity, at] = [one for one, parts in self._parts if parts.restrict(activity, at)]
        return any(one is not own for one in self._found[activity, at])


def _again(openings: list[Ahead], room: Room) -> Section:
    """Say what is all right next, and when the rest is, as far as there is *room*."""
    instants = sorted({one.at for _, one in openings})[: _NEXT if room.later > _FEW else 1]
    first, rest = ([pair for pair in openings if (pair[1].at in instants) == is_next] for is_next in (True, False))
    rows = [row._replace(text=f"{row.when} {row.text}", when="") for row in _opening("OK from", first, room.longest)]
    calm = "only if your skin looks calm" if any("*" in row.text for row in rows) else ""
    later = _opening("Not yet", _weightiest(rest, room.later), room.longest)
    flowing = "; ".join(f"{row.when} {row.text}" for row in later)
    return Section("again", "", rows=(*rows, Row("*", calm), Row("Not yet", flowing, "lift")))


def _weightiest(openings: list[Ahead], most: int) -> Iterator[Ahead]:
    """Yield what weighs most in each group, of so many groups at *most*: no more of it than its name and its date."""
    weights = [(own.rule_set.weight(one.activity), one.at) for own, one in openings]
    groups = {group: at for (group, _), at in sorted(weights, key=itemgetter(0), reverse=True)}
    # What takes longest is asked about most.
    shown = sorted(groups.items(), key=lambda one: (one[0] <= brief.LIGHT, one[1]), reverse=True)[:most]
    for own, one in openings:
        if (own.rule_set.weight(one.activity)[0], one.at) in shown:
            yield own, one._replace(name=own.rule_set.short(one.activity), waits=())


def _opening(head: str, openings: Iterable[Ahead], longest: int) -> Iterator[Row]:
    for at, pairs in grouped(openings, lambda pair: pair[1].at).items():
        names = brief.starred((one for _, one in pairs), longest)
        yield Row(head, names, "lift", when=Clock(pairs[0][0]).at(at), at=at)


def _ahead(now: Today, most: int) -> Iterator[Section]:
    """Yield what is to be prepared for treatments to come, so many days of it at *most*."""
    for timeline in now.timelines:
        today, day = Clock(timeline).day(now.at), timeline.treatment.day
        if day > today and not sheet.is_stopped(timeline):
            rows = tuple(brief.list_before(timeline, today, most))
            yield Section("before", f"Before {say.date(day, today)}", rows=rows)


def _booked(now: Today) -> Iterator[Row]:
    """Yield when the session is that is booked, what begins first before it, and what of events clashes."""
    for timeline in _begun(now)[-1:]:
        clock, today = Clock(timeline), Clock(timeline).day(now.at)
        for session in (one for one in timeline.sessions[:1] if one.booked and one.booked >= today):
            first, *rows = sheet.list_session(session, timeline, clock, today)
            # What begins later before it stands in the plan.
            yield from (row._replace(text=row.text.partition("; ")[0]) for row in rows or [first])
        meetings = tuple(one for one in timeline.meetings if one.event.last >= today)
        yield from sheet.list_clashes(timeline._replace(meetings=meetings))


def _help(now: Today) -> Section:
    gone = [timeline.rule_set.signs[window.target] for timeline, window in now.worries]
    # What weighs least has no place on one screen.
    latest = sorted((one for one in gone if one.rank < LAST), key=lambda one: one.rank)[:1]
    rows = brief.list_help(now.timelines, [f"still {one.short or one.label}" for one in latest], _SIGNS)
    return Section("help", "", rows=(*rows, Row("Next", _COMMANDS)))


# The whole of it.


def _whole(now: Today, against: Sequence[Row], openings: list[Ahead]) -> Iterator[Section]:
    gone = join_words(dict.fromkeys(timeline.rule_set.label(window.target) for timeline, window in now.worries))
    late = Row("Still there?", gone and f"{gone}: call {now.timelines[0].facts.clinician}", "call")
    yield Section("now", "Before anything else", rows=(*against, *_asked(now, LAST), _unseen(now, LAST), late))
    yield Section("avoid", "Avoid", rows=tuple(_ends(now.avoid, "no")))
    yield Section("wait", "Better wait", rows=tuple(_ends(now.better_not, "better not")))
    yield Section("again", "OK again, * only if your skin looks calm", rows=tuple(_opening("OK from", openings, LAST)))
    do = (Row(capital(own.rule_set.short(one.target)), Clock(own).with_details(one), "do") for own, one in now.do)
    yield Section("do", "Do", rows=tuple(do))
    expected = grouped(now.expect, lambda one: id(one.timeline)).values()
    signs = (_list_signs(found[0].timeline, (one.window for one in found)) for found in expected)
    yield Section("usual", "Usual", rows=tuple(chain.from_iterable(signs)))
    for timeline in now.timelines:
        only = (*_BEHIND, *([] if timeline.treatment.first <= now.at else [_BEFORE]))
        yield from sheet.make_sheet(timeline, handed_over=True, only=only).sections


def _list_signs(timeline: Timeline, windows: Iterable[Window]) -> Iterator[Row]:
    return (row._replace(sources=()) for row in sheet.list_usual(windows, timeline, Clock(timeline)))


def make_usual(timeline: Timeline) -> sheet.Sheet:
    """Write the signs to be expected, by their end, in the place of the first screen's plan."""
    expected = (one for one in timeline.of_kind(EXPECT) if one.start < one.end)
    rows = tuple(_list_signs(timeline, expected))
    return brief.frame(timeline, [Section("normal", "What is usual, and until when", rows=rows)])


def _ends(verdicts: tuple[Verdict, ...], tone: str) -> Iterator[Row]:
    """Yield what is restricted, grouped by its end and, with several treatments, by the one that it counts from."""
    several = len({id(one.timeline) for one in verdicts}) > 1

    def end(one: Verdict) -> tuple[float, str, int]:
        over = one.until.timestamp() if one.until else float("inf")
        return over, _say_end(one, Clock(one.timeline)), id(one.timeline) if several else 0

    for (_, text, _), group in sorted(grouped(verdicts, end).items(), key=lambda item: item[0]):
        timeline = group[0].timeline
        begun = f" (from {Clock(timeline).date(timeline.treatment.first)})" if several else ""
        yield Row(capital(say.names((one.activity or "" for one in group), timeline.rule_set)), f"{text}{begun}", tone)


def _say_end(verdict: Verdict, clock: Clock) -> str:
    if verdict.verdict == NO:
        no = clock.not_before(verdict.until, verdict.and_once, verdict.earliest, verdict.asked.start)
        if verdict.ask:
            return say.then_ask(no, join_whom(verdict.ask), is_over=verdict.until is not None)
        return f"{no}{clock.then_better_not(verdict.better_until, verdict.windows, is_open=verdict.is_open)}"
    if verdict.until is None:
        return clock.better_not(None, verdict.windows).removeprefix("better wait: ")
    waits = led(", only if ", say.labels_of(verdict.and_once))
    then = ", then avoid it" if verdict.again is not None else ""
    return f"until {clock.until(verdict.again or verdict.until)}{waits}{then}"
