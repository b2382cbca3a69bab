"""A course of sessions: on one line of time, and in words."""

from collections.abc import Iterator
from datetime import date

from needlecare.ask.course import results_between
from needlecare.model.plan import Timeline
from needlecare.model.ruleset import RuleSet
from needlecare.timeline.sessions import Course, Deadline, Step
from needlecare.views.phrases import capital, join_words, say_date, say_dates, say_day, say_option, topmost
from needlecare.views.sheet import is_stopped, list_findings
from needlecare.views.verdicts import closed

_WIDEST = 76
_SHOWN = 3


def say_course(course: Course, timeline: Timeline) -> str:
    """Say a course."""
    return closed(_course(course, timeline), timeline)


def _course(course: Course, timeline: Timeline) -> Iterator[str]:
    rule_set, first = timeline.rule_set, course.first
    against = list_findings(timeline) if is_stopped(timeline) else ()
    yield from (f"{row.head}: {row.text}" for row in against if row.tone == "stop")
    yield f"A course of {course.size}: session 1 on {say_date(first)}"
    yield ""
    yield from _line(course)
    yield ""
    for step in course.steps:
        yield from _step(step, course, timeline)
    if course.then:
        yield f"- Then: {course.then}."
    if course.note:
        yield f"- {course.note}"
    unsure = dict.fromkeys(fact for step in course.steps for fact in step.session.unsure)
    if unsure:
        options = join_words(say_option(fact, rule_set) for fact in unsure)
        yield f"- The longest spacing is used, since {join_words(unsure)} isn't known; say it with {options}."
    if course.deadline:
        yield from _deadline(course, course.deadline, rule_set)


def _step(step: Step, course: Course, timeline: Timeline) -> Iterator[str]:
    session, first = step.session, course.first
    head_ = f"Session {session.number}"
    days = "1 day" if step.days_short == 1 else f"{step.days_short} days"
    if step.done:
        short = f", {days} sooner than the minimum ({say_date(session.minimum, first)}): tell your clinic"
        yield f"- {head_}: done on {say_date(step.done, first)}{short if step.days_short else ''}"
        return
    late = f"; late from {say_date(session.overdue, first)}" if session.overdue else ""
    latest = f"; by {say_date(step.latest, first)} at the latest" if step.latest else ""
    sources = f" [{', '.join(session.sources[:_SHOWN])}]"
    yield (
        f"- {head_}: not before {say_date(session.minimum, first)}; best {say_dates(*session.recommended, first)}"
        f"{late}{latest}{sources}"
    )
    sooner = f", {days} sooner than that (ask your clinic)"
    if session.precare:
        begins = min(day for _, day in session.precare)
        names = [activity for activity, _ in session.precare]
        shown = [timeline.rule_set.label(one) for one in topmost(names, timeline.rule_set)]
        labels = join_words([*shown[:_SHOWN], *(["more"] if shown[_SHOWN:] else [])])
        lead = (
            f"Booked for {say_date(session.booked, first)}{sooner if step.days_short else ''}"
            if session.booked
            else f"If it is on {say_date(session.minimum, first)}"
        )
        yield f"  {lead}: pre-care from {say_date(begins, first)} ({labels})"


def _deadline(course: Course, deadline: Deadline, rule_set: RuleSet) -> Iterator[str]:
    first = course.first
    yield ""
    name = f"{capital(deadline.name)} on {say_date(deadline.day, first)}"
    by = f"the last one has to be by {say_date(deadline.last, first)}, to be healed"
    if deadline.fits:
        yield f"{name}: all {deadline.wanted} sessions fit; {by}."
    else:
        yield f"{name}: {deadline.wanted} sessions do not fit; {by}."
        yield (
            f"- {deadline.fitting} fit: --count {deadline.fitting}."
            if deadline.fitting
            else "- Not even the first one fits."
        )
        yield f"- For all {deadline.wanted} it would have to be on {say_date(deadline.possible_from, first)} or later."
    last = course.last_day
    seen = results_between(rule_set, deadline.kind, last)
    if seen:
        late = " That is after it; this is no rule, only what to hope for." if seen[0] > deadline.day else ""
        sources = ", ".join(rule_set.events[deadline.kind].sources)
        yield f"- If the last session is on {say_date(last, first)}, the full result is usually seen"
        yield f"  {say_dates(*seen, first)} [{sources}].{late}"


def _line(course: Course) -> Iterator[str]:
    """Draw the course on one line of time: `#` done, `=` recommended, `!` late from, `|` event."""
    ends = [course.first]
    for step in course.steps:
        ends.extend([step.day, *([] if step.done else [step.session.recommended[1]])])
    if course.deadline:
        ends.append(course.deadline.day)
    length = max((max(ends) - course.first).days, 1)
    cells = ["-"] * _WIDEST

    def place(day: date) -> int:
        return min(max((day - course.first).days, 0) * (_WIDEST - 1) // length, _WIDEST - 1)

    for step in course.steps:
        if not step.done:
            begin, end = (place(day) for day in step.session.recommended)
            cells[begin : end + 1] = "=" * (end + 1 - begin)
    for step in course.steps:
        at = place(step.day)
        cells[at] = "#" if step.done else str(step.session.number)[-1]
    cells[0] = "1"
    if course.deadline:
        cells[place(course.deadline.day)] = "|"
    yield "".join(cells)
    names = [f"1 {say_day(course.first)}"]
    names.extend(f"{step.session.number} {say_day(step.day)}" for step in course.steps)
    if course.deadline:
        names.append(f"| {course.deadline.name} {say_day(course.deadline.day)}")
    yield ", ".join(names) + "; = recommended" + (", # done" if any(step.done for step in course.steps) else "")
