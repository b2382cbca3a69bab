"""A question: words → what is meant → when → the answer. The command line, the library and the tests ask here.

The clock is an argument, and nothing here knows how an answer is shown. Each kind of answer has a module of its own.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from needlecare.ask import names, times
from needlecare.ask.lookup import Meaning, find_activities, find_signs
from needlecare.errors import InputError
from needlecare.model.plan import FOREVER, Event, Timeline, Treatment, make_treatment, seen_at, treated_on
from needlecare.model.ruleset import URGENCIES
from needlecare.model.time import check_year, last_instant, local_date
from needlecare.timeline import agenda, spans
from needlecare.timeline.build import build_selected, build_timeline
from needlecare.timeline.selection import Selection, select
from needlecare.typed import WEEKDAYS

if TYPE_CHECKING:
    from needlecare.ask.reasons import Reasons, Screened
    from needlecare.ask.today import Return, Sighting, Today
    from needlecare.ask.verdict import Verdict

# One treatment, or all that are still healing or planned: the strictest answers.
Timelines = Timeline | Sequence[Timeline]
# The present moment. A function is called only where the words need to know it.
Now = datetime | Callable[[], datetime] | None
# A day (its strictest instant counts), a time of the day that the words name, or an instant.
At = date | datetime | time | None
_LONGEST = 500
_TIMED = re.compile(r" at | after$|(?<!than) last (?:week|month|year)\b| to (?:my|the) \w+\??$")
MOST_SESSIONS = 60


def can(timeline: Timelines, words: str, at: At = None, *, now: Now = None) -> "Verdict":
    """Return whether what *words* name is all right *at* a time, else when they say, else *now*.

    Example: `can(timeline, "gym tomorrow", now=datetime(2026, 11, 21, 9))`. A datetime without a zone is by the clock
    of the treatment's zone. The verdict is `yes`, `better-not`, `ask`, `no` or `no-rule`; words that aren't understood
    never make a yes.

    Raises:
        InputError: an argument has the wrong type; or the words need *now*, name two days, or one that doesn't exist.
    """
    from needlecare.ask.today import decide, gravest

    question = _ask(timeline, words, at, now)
    meaning, asked = question.understand()
    return gravest(decide(timelines, meaning, asked) for timelines in question.readings(meaning))


def when(timeline: Timelines, words: str, since: date | datetime | None = None, *, now: Now = None) -> "Return":
    """Return from when what *words* name is all right again, counted from *since*, else from the treatment on.

    Example: `when(timeline, "make-up").free_from`, an instant in UTC, or None where it holds without end. Its verdict
    is what holds *now*, else at the instant that is counted from.

    Raises:
        InputError: an argument has the wrong type; or the words need *now*, name two days, or one that doesn't exist.
    """
    from needlecare.ask.today import Return, decide, decide_return, gravest_return

    question = _ask(timeline, words, since, now)
    meaning, asked, _ = question.read()
    # From when something is free is answered whatever other time is named.
    meaning = meaning._replace(undated=())
    start = _counted_from(question) if asked is None else asked.start
    is_now = asked is None and now is not None
    moment = question.present() if is_now else start
    present = times.from_to(moment, moment, question.timelines[0].treatment.zone)._replace(now=is_now)
    readings = [*question.readings(meaning)]
    is_ahead = is_now and all(moment < one.treatment.first for one in question.timelines)
    if is_ahead and re.search(question.pattern("ends"), words):
        # Until when, before the treatment.
        return gravest_return(Return(decide(one, meaning, present)) for one in readings)
    return gravest_return(decide_return(one, meaning, start, present) for one in readings)


def normal(timeline: Timelines, words: str, at: At = None, *, now: Now = None) -> "Sighting":
    """Return whether the signs that *words* name are to be expected *at* a time, else when they say, else *now*.

    Example: `normal(timeline, "still red on day 5", now=datetime(2026, 11, 25, 9)).verdict`, which is `usual`, `watch`,
    `clinic`, `today`, `emergency` or `unknown`.

    Raises:
        InputError: an argument has the wrong type; or the words need *now*, name two days, or one that doesn't exist.
    """
    from needlecare.ask.today import UNKNOWN, Sighting, gravest_sighting, judge_sign

    question = _ask(timeline, words, at, now)._replace(told=True)
    if since := _since(question, partial(normal, timeline, at=at, now=now)):
        return since
    meaning, asked = question.understand(signs=True)
    if not (meaning.is_sure or meaning.signs) and (done := _done(question)):
        return done
    if not meaning.ids:
        return Sighting(meaning, asked, UNKNOWN, next(question.readings(meaning))[0])
    readings = (_with_booked(timelines, asked.last) for timelines in question.readings(meaning))
    return gravest_sighting(judge_sign(timelines, meaning, asked) for timelines in readings)


def _since(question: "_Question", judge: "Callable[[str], Sighting]") -> "Sighting | None":
    """Judge what is there now, if all told before it was before the treatment: a fever last week, now only red."""
    told, *since = re.split(question.pattern("since"), question.typed, maxsplit=1)
    if not since or not told.strip() or re.search(question.pattern("lasting"), since[1]):
        return None
    was, *seen = (judge(one) for one in (re.sub(r"\W*\bbut\W*$", "", told), since[1]) if one.strip(" ,.!"))
    # What has a flag and is only to be watched was before the treatment.
    is_before = was.verdict == "watch" and was.flags
    return next(filter(_counts, (*seen, was)), was) if is_before else None


def _counts(seen: "Sighting") -> bool:
    """Return whether what is *seen* is understood, or urgent all the same."""
    return seen.meaning.is_sure or seen.verdict in URGENCIES


def _done(question: "_Question") -> "Sighting | None":
    """Answer about something that was done, if that is what the words name: no sign yet, and something to watch for."""
    from needlecare.ask.today import WATCH, Sighting, decide, gravest

    # “I picked it, is it bad?” tells of no medicine that is given up.
    told = re.sub(rf"{question.pattern('judging')}\W*$", "", question.typed)
    meaning, asked = question._replace(typed=told or question.typed).understand()
    verdict = gravest(decide(timelines, meaning, asked) for timelines in question.readings(meaning))
    is_done = meaning.is_sure and (meaning.past or asked.past) and verdict.verdict != "no-rule"
    if not (verdict.prescribed and verdict.verdict == "ask" if meaning.stopping else is_done):
        return None
    return Sighting(meaning._replace(ids=()), asked, verdict.urgency or WATCH, verdict.timeline, done=verdict)


def today(timeline: Timelines, now: datetime) -> "Today":
    """Return what holds *now*, and what changes next.

    Example: `[verdict.activity for verdict in today(timeline, datetime(2026, 11, 21, 9)).avoid]`.

    Raises:
        InputError: an argument has the wrong type.
    """
    from needlecare.ask.today import look

    timelines = _timelines(timeline)
    at = _present(now, timelines[0], "what holds today")
    return look(_with_booked(timelines, at.date()), at)


def why(timeline: Timelines, words: str) -> "Reasons":
    """Return every rule and source behind what is said of the activities or signs that *words* name.

    Of several treatments each has its own, the others under `also`. Without windows and signs nothing is known.
    Example: `[voice.source.title for voice in why(timeline, "make-up").voices]`.

    Raises:
        InputError: an argument has the wrong type.
    """
    from needlecare.ask.reasons import find_reasons

    timelines, typed = _timelines(timeline), _typed(words)
    first = timelines[0]
    meant = [find(first.rule_set, typed, first.facts) for find in (find_activities, find_signs)]
    meaning = next((one for one in meant if one.ids), meant[0])._replace(typed=typed)
    found = sorted((find_reasons(one, meaning) for one in timelines), key=lambda one: not one.windows)
    return found[0]._replace(also=tuple(one for one in found[1:] if one.windows))


def check(timeline: Timelines) -> "Screened":
    """Return what speaks against the treatment, by what is known of the person; of several the gravest.

    Example: `[finding.level for finding in check(timeline).findings]`: stop, postpone, ask or tell.

    Raises:
        InputError: *timeline* has the wrong type.
    """
    from needlecare.ask.reasons import screen

    found = (screen(one) for one in _timelines(timeline))
    return max(found, key=lambda one: (one.is_against, bool(one.unjudged)))


def sessions(  # noqa: PLR0913  each is a choice of its own, by name
    timeline: Timeline,
    *,
    count: int | None = None,
    done: Sequence[date] = (),
    before: Event | None = None,
    away: Iterable[tuple[date, date]] = (),
    closed: Iterable[int] = (),
    holidays: Mapping[date, str] | None = None,
) -> agenda.Course | None:
    """Return the course that follows the treatment, of *count* sessions with it; None where no rule spaces them.

    *done* are sessions that have been since, in order; *before* is an event that it is to be healed by. No session is
    on days *away* (first and last), on *closed* weekdays, of which Monday is 0, or on *holidays*, by their names.
    Example: `[step.session.minimum for step in sessions(timeline, count=4, closed={6}).steps]`.

    Raises:
        InputError: an argument has the wrong type, the dates of *done* don't follow each other, or no day is left open.
    """
    only, *others = _timelines(timeline)
    if others:
        raise InputError("a course follows one treatment; give its timeline alone")
    treatment, selection = only.treatment, select(only.rule_set, only.facts)
    try:
        away, closed = tuple(away), frozenset(closed)
    except TypeError:
        raise InputError("away is a list of pairs of dates, and closed a list of weekdays") from None
    _check_course(treatment, count, before)
    _check_each(done, lambda day: type(day) is date, "done are dates, such as date(2027, 1, 4)")
    _check_each(away, _are_days, "away are pairs of dates, the first and the last day")
    _check_each(closed, range(len(WEEKDAYS)).__contains__, "closed are weekdays from 0 (Monday) to 6")
    holidays = {} if holidays is None else holidays
    _check_holidays(holidays)
    calendar = agenda.OpenDays(away, closed, treatment.next_day, holidays)
    course = agenda.plan_course(selection.spacings, treatment.day, done=done, count=count, calendar=calendar)
    if course is None:
        return None
    if before is not None:
        healed = partial(_healed, selection, treatment.zone, before.kind)
        course = agenda.fit_before(course, selection.spacings, before, healed=cache(healed), calendar=calendar)
    ahead = ((one, () if one.done else tuple(agenda.precare(selection, treatment, one.day))) for one in course.steps)
    return course._replace(steps=tuple(one._replace(session=one.session._replace(precare=due)) for one, due in ahead))


def _check_course(treatment: Treatment, count: object, before: object) -> None:
    """Check what a program, unlike the command line, can give in any shape."""
    if count is not None and not (type(count) is int and 1 <= count <= MOST_SESSIONS):
        raise InputError(f"count is a number of sessions from 1 to {MOST_SESSIONS}, not {count!r}")
    if before is not None and not (isinstance(before, Event) and before.first >= treatment.day):
        raise InputError(f"before is an Event on the day of the treatment or later, not {before!r}")


def _check_each(given: Iterable[object], fits: Callable[[object], bool], wanted: str) -> None:
    for one in given:
        if not fits(one):
            raise InputError(f"{wanted}, not {one!r}")


def _check_holidays(holidays: object) -> None:
    named = holidays.items() if isinstance(holidays, Mapping) else [(None, holidays)]
    if not all(type(day) is date and isinstance(name, str) for day, name in named):
        raise InputError(f"holidays are names by dates, such as {{date(2026, 12, 25): 'Christmas'}}, not {holidays!r}")


def _are_days(days: object) -> bool:
    return isinstance(days, tuple) and [type(day) for day in days] == [date, date] and days[0] <= days[1]


def _healed(selection: Selection, zone: ZoneInfo, kind: str, day: date) -> date:
    """Return the first day that is free for an event of *kind* after a session on *day*."""
    known = selection.rule_set.events.get(kind)
    sitting = treated_on(day, None, zone)
    timeline = build_selected(selection, sitting)
    ends = [spans.Spans(selection, sitting).open_end().point.at]
    # Each “no” on what the event brings; a “better not” is soft.
    for activity in selection.rule_set.family(known.activities) if known else ():
        windows = timeline.windows_on(activity)
        ends.extend(one.end for one in windows if one.start < one.end < FOREVER and one.start < sitting.last)
    return max(local_date(last_instant(end), zone) for end in ends) + timedelta(days=1)


class _Question(NamedTuple):
    """What is asked of *timelines*, or *told*, in words as *typed*: *day* and *clock* are given besides the words."""

    timelines: Sequence[Timeline]
    typed: str
    now: Now
    day: date | None = None
    clock: time | None = None
    at: datetime | None = None
    told: bool = False

    def present(self) -> datetime:
        return _present(self.now, self.timelines[0], f"`{self.typed}`")

    def readings(self, meaning: Meaning) -> Iterator[Sequence[Timeline]]:
        """Yield the timelines with what the words declare, then those without, unless it was only assumed of a sign."""
        timelines = self.timelines if self.told or self.now is None else [*map(self._with_seen, self.timelines)]
        if meaning.declared:
            known = timelines[0].rule_set.facts
            declaring = [(one, one.facts.declaring(meaning.declared, known, meaning.ended)) for one in timelines]
            yield [build_timeline(one.rule_set, one.treatment, facts) for one, facts in declaring]
        told = meaning.declared if self.told else ()
        if not told or not dict(told).keys() <= timelines[0].facts.assumed.keys():
            yield timelines

    def _with_seen(self, timeline: Timeline) -> Timeline:
        """Add the moments that the words say have come: not sore any more."""
        said, moments = f" {' '.join(names.tokens(self.typed))} ", timeline.rule_set.moments.values()
        come = [one.id for one in moments if any(f" {' '.join(names.tokens(name))} " in said for name in one.aka)]
        treatment = timeline.treatment
        if not come or self.present() < treatment.last:
            return timeline
        seen = seen_at(self.present().replace(tzinfo=None), treatment.zone)
        treatment = treatment._replace(seen={**dict.fromkeys(come, seen), **treatment.seen})
        return build_timeline(timeline.rule_set, treatment, timeline.facts)

    def understand(self, *, signs: bool = False) -> tuple[Meaning, times.When]:
        """Return what the words mean and when they ask about: now, where they don't say."""
        treatment = self.timelines[0].treatment
        meaning, asked, reading = self.read(signs=signs)
        if asked is None:
            moment = self.present()
            # “I already used retinol”: some time between the treatment and now.
            start = min(treatment.first, moment) if meaning.past else moment
            asked = times.from_to(start, moment, treatment.zone)._replace(now=self.told or not meaning.past)
            if reading.lengths and signs:
                asked, reading = times.lasting(reading, treatment, moment), times.Reading(past=reading.past)
        asked = times.stretched(asked, reading, treatment.zone)
        is_done = meaning.past and not (self.now and asked.start > self.present())
        # Before the treatment, the days before it are asked about in general.
        is_behind = isinstance(self.now, datetime) and self.present() > treatment.first
        is_over = is_behind and asked.last < self.present().date()
        is_past = asked.past or (reading.past and reading.lead != "since") or is_done or is_over
        # Else the clock is read only where something known may forbid the treatment.
        is_needed = isinstance(self.now, datetime) or meaning.declared or any(one.findings for one in self.timelines)
        return meaning, asked._replace(past=is_past, present=self.present() if self.now and is_needed else None)

    def read(self, *, signs: bool = False) -> tuple[Meaning, times.When | None, times.Reading]:
        """Return what the words mean, the time, and how they name it where the rest needs that."""
        find = find_signs if signs else find_activities
        try:
            return self._timed(find, signs=signs)
        except InputError:
            # A time that can't be read hides no danger, nor the end of a medicine: it is one whenever it is.
            first = self.timelines[0]
            meaning = find(first.rule_set, self.typed, first.facts)
            known = map(first.rule_set.activities.get, meaning.ids if meaning.stopping else ())
            is_prescribed = any(one and one.is_prescribed(first.facts) for one in known)
            if set(meaning.signs).isdisjoint(first.rule_set.dangers) and not is_prescribed:
                raise
            return meaning._replace(typed=self.typed), None, times.Reading()

    def _timed(self, find: Callable[..., Meaning], *, signs: bool) -> tuple[Meaning, times.When | None, times.Reading]:
        first = self.timelines[0]
        meaning = find(first.rule_set, self.typed, first.facts, mending=False)
        reading = times.Reading(first=self.day, last=self.day)
        # “At one” is an hour, “red after” the time after the treatment, and “to my session” that until then.
        is_timed = not meaning.is_sure or _TIMED.search(self.typed)
        if is_timed:
            reading, other = self._split()
            reading = reading if self.day is None else reading.on(self.day, self.typed)
            reading = self._seen(reading) if signs else self._told(reading)
        asked = times.when_asked(reading, first.treatment, self.present)
        if self.at is not None:
            asked = times.from_to(self.at, self.at, first.treatment.zone)
        elif self.clock is not None:
            asked = times.at_time(reading.first or self.present().date(), self.clock, first.treatment.zone)
        if is_timed:
            # What goes on for so long may be the danger: bleeding 3 hours later.
            told = dict.fromkeys(meaning.signs)
            meaning = find(first.rule_set, reading.words or self.typed, first.facts, timed=asked is not None)
            told |= dict.fromkeys(meaning.signs)
            ids = told | dict.fromkeys(meaning.ids) if signs else meaning.ids
            meaning = meaning._replace(signs=(*told,), ids=(*ids,), unknown=(*meaning.unknown, *other))
            if meaning.declared and reading.past and re.search(self.pattern("ceased"), self.typed):
                # When something ended is no time that is asked about.
                meaning, asked, reading = meaning._replace(ended=reading.last), None, times.Reading()
        return meaning._replace(typed=self.typed), asked, reading

    def _seen(self, reading: times.Reading) -> times.Reading:
        """Return when a sign is seen: now, if it began on a day that is past and goes on, or wasn't there then."""
        if self.day is None and self.now:
            lasts = reading.lead == "after" or re.search(self.pattern("lasting"), self.typed) or self._is_now(reading)
            is_over = lasts and reading.first and reading.first < self.present().date()
            if is_over or re.search(self.pattern("was-well"), self.typed):
                return times.Reading(reading.words)
        return reading.at_earliest(self.present)

    def _is_now(self, reading: times.Reading) -> bool:
        """Return whether a sign stands behind one that was before the treatment, and has no date of its own."""
        *told, last = re.split(r"(?i)[,;.!]|\b(?:and|but|then)\b", self.typed)
        if not (told and last.strip() and reading.last and reading.last < self.timelines[0].treatment.day):
            return False
        meaning, _, own = self._replace(typed=last).read(signs=True)
        return bool(meaning.ids) and not own.first

    def _told(self, reading: times.Reading) -> times.Reading:
        """Return when something was done: I used retinol on Friday, before anything is asked."""
        day = reading.weekday or reading.part
        told = re.split(self.pattern("asks"), self.typed, maxsplit=1)[0]
        past, dated, caused, owner, plans = map(self.pattern, ("past", "dated", "caused", "owner", "plans"))
        # To have my lip waxed, or get waxed, is still to come; to have waxed it isn't.
        other = re.search(rf"{dated}|{caused} {owner}|^(?!{plans}){caused}", told)
        done = not other and re.search(rf"(?i){past}[^,;.?!]*{day}", told)
        if not (day and done):
            return reading
        is_ahead = reading.weekday and reading.first and reading.first > self.present().date()
        first = reading.first - timedelta(days=len(WEEKDAYS)) if is_ahead and reading.first else reading.first
        return reading._replace(first=first, last=first, past=True)

    def pattern(self, role: str) -> str:
        # They are text, whatever a clinic writes; without any, nothing is found.
        words = map(re.escape, self.timelines[0].rule_set.small_words.get(role, ()))
        return rf"(?i:\b({'|'.join(words) or '(?!)'})\b)"

    def _split(self) -> tuple[times.Reading, tuple[str, ...]]:
        """Read the time asked about; what else is dated, such as the treatment, is returned unless it is known so."""
        from needlecare.ask.when import split_time

        first = self.timelines[0]
        due = names.says("to-come", self.typed, first.rule_set)
        split = partial(split_time, treatment=first.treatment, present=self.present, told=self.told, due=due)
        typed, *clause = re.split(self.pattern("dated"), self.typed, maxsplit=1)
        dated = split(clause[1]) if clause and not self.told else times.Reading()
        if not (dated.first and dated.last):
            return self._asked(split), ()
        # “Had it done on Friday” was on the last one, where “on Friday” is the next.
        back = timedelta(days=len(WEEKDAYS) if dated.weekday else 0)
        known = any(dated.first - back <= one.treatment.day <= dated.last for one in self.timelines)
        asked = split(typed)
        return asked._replace(words=f"{asked.words} {dated.words}"), () if known else ("".join(clause).lstrip(", "),)

    def _asked(self, split: Callable[[str], times.Reading]) -> times.Reading:
        """Read the time asked about: behind what was done, or beside it, that alone: I drank last night, can I."""
        told, *asked = re.split(self.pattern("asks"), self.typed, maxsplit=1)
        clauses = [told, *asked]
        if self.told:
            clauses = re.split(r"[,;.!]\s|\b(?=but\b)", self.typed)
            asked = [one for one in clauses if not self._is_act(one)]
        elif not re.search(self.pattern("past"), told):
            asked = []
        if not asked or asked == clauses:
            return split(self.typed)
        return split(", ".join(asked))._replace(words=", ".join(split(one).words for one in clauses))

    def _is_act(self, clause: str) -> bool:
        """Return whether *clause* tells of something done, and of no sign: had it done at 4, took paracetamol at 2."""
        first = self.timelines[0]
        is_done = any(re.search(self.pattern(role), clause) for role in ("past", "dated"))
        return is_done and not find_signs(first.rule_set, clause, first.facts).ids


def _ask(timeline: Timelines, words: str, at: At, now: Now) -> _Question:
    question = _Question(_timelines(timeline), _typed(words), now)
    if at is None or isinstance(at, time):
        return question._replace(clock=at)
    if not isinstance(at, date):
        raise InputError(f"a question is about a date or a datetime, such as date(2026, 11, 22), not {at!r}")
    check_year(at, at.isoformat())
    if not isinstance(at, datetime):
        return question._replace(day=at)
    if at.tzinfo is None:
        return question._replace(day=at.date(), clock=at.time())
    return question._replace(day=at.astimezone(question.timelines[0].treatment.zone).date(), at=at)


def _timelines(timeline: Timelines) -> Sequence[Timeline]:
    several: object = [timeline] if isinstance(timeline, Timeline) else timeline
    if isinstance(several, list | tuple) and several and all(isinstance(one, Timeline) for one in several):
        return several
    raise InputError(f"a question is put to a timeline, as build_timeline gives it, not {type(timeline).__name__}")


def _typed(words: str) -> str:
    if not isinstance(words, str):
        raise InputError(f"a question is asked in words, such as 'make-up', not {words!r}")
    if not words.strip():
        raise InputError("ask about something: needlecare can wash my face")
    # One that goes on for ever would take as long to understand.
    if len(words) > _LONGEST:
        raise InputError(f"this is longer than {_LONGEST} characters; ask about one thing at a time")
    return words


def _present(now: Now, timeline: Timeline, asking: str) -> datetime:
    """Return the present moment in the treatment's zone."""
    read_clock = now
    known = read_clock() if callable(read_clock) else read_clock
    if known is None:
        raise InputError(f"{asking} needs the present moment: give now=datetime(2026, 11, 21, 9, 0), or name a date")
    if not isinstance(known, datetime):
        raise InputError(f"now is a datetime, such as datetime(2026, 11, 21, 9, 0), not {known!r}")
    check_year(known, known.isoformat())
    zone = timeline.treatment.zone
    return known.astimezone(zone) if known.tzinfo else known.replace(tzinfo=zone)


def _counted_from(question: _Question) -> datetime:
    """Return from when something is counted: of several treatments from now on, else the first of those to come."""
    timelines = question.timelines
    if len(timelines) == 1:
        return timelines[0].treatment.last
    now = question.present().astimezone(UTC)
    return now if any(one.treatment.last <= now for one in timelines) else min(one.treatment.last for one in timelines)


def _with_booked(timelines: Sequence[Timeline], by: date) -> Sequence[Timeline]:
    """Add the booked sessions that have been *by* that date: what they bring stands in no other plan."""
    known = {one.treatment.day for one in timelines}
    due = [(one, day) for one in timelines if (day := one.treatment.next_day) and day <= by and day not in known]
    booked = (build_timeline(it.rule_set, make_treatment(day, None, it.treatment.zone), it.facts) for it, day in due)
    return [*timelines, *booked]
