"""A course of sessions: on one line of time, and in words."""

from collections.abc import Iterator
from datetime import date

from needlecare.ask.course import results_between
from needlecare.model.plan import Session, Timeline
from needlecare.model.ruleset import RuleSet
from needlecare.timeline.sessions import Course, Deadline, Step
from needlecare.views import phrases as say
from needlecare.views.phrases import capital, join_words, topmost
from needlecare.views.sheet import is_stopped, list_findings
from needlecare.views.verdicts import closed

_WIDEST = 76
_SHOWN = 3


def say_course(course: Course, timeline: Timeline) -> str:
    """Format a course."""
    return closed(_course(course, timeline), timeline)


def _course(course: Course, timeline: Timeline) -> Iterator[str]:
    if is_stopped(timeline):
        yield from (f"{row.head}: {row.text}" for row in list_findings(timeline) if row.tone == "stop")
    yield f"A course of {course.size}: session 1 on {say.date(course.first)}"
    yield from ("", _drawn(course), _legend(course), "")
    for step in course.steps:
        yield from _step(step, course, timeline)
    if course.then:
        yield f"- Then: {course.then}."
    if course.note:
        yield f"- {course.note}"
    yield from _unsure(course, timeline.rule_set)
    if course.deadline:
        yield from _deadline(course, course.deadline, timeline.rule_set)


def _unsure(course: Course, rule_set: RuleSet) -> Iterator[str]:
    unsure = dict.fromkeys(fact for step in course.steps for fact in step.session.unsure)
    if unsure:
        options = say.options(unsure, rule_set)
        yield f"- The longest spacing is used, since {join_words(unsure)} isn't known; say it with {options}."


def _step(step: Step, course: Course, timeline: Timeline) -> Iterator[str]:
    session, first = step.session, course.first
    short = f", {say.counted(step.days_short, 'day')} sooner than" if step.days_short else ""
    if step.done:
        tell = f"{short} the minimum ({say.date(session.minimum, first)}): tell {say.whom(timeline)}" if short else ""
        yield f"- Session {session.number}: done on {say.date(step.done, first)}{tell}"
        return
    late = f"; late from {say.date(session.overdue, first)}" if session.overdue else ""
    latest = f"; by {say.date(step.latest, first)} at the latest" if step.latest else ""
    best = f"best {say.dates(*session.recommended, first)}"
    sources = f"[{', '.join(session.sources[:_SHOWN])}]"
    yield f"- Session {session.number}: not before {say.date(session.minimum, first)}; {best}{late}{latest} {sources}"
    if session.precare:
        booked = f"Booked for {say.date(session.booked, first)}" if session.booked else ""
        early = f"{short} that (ask {say.whom(timeline)})" if short else ""
        on = f"{booked}{early}" if booked else f"If it is on {say.date(session.minimum, first)}"
        yield f"  {on}: {_precare(session, course, timeline.rule_set)}"


def _precare(session: Session, course: Course, rule_set: RuleSet) -> str:
    shown = [rule_set.label(one) for one in topmost((activity for activity, _ in session.precare), rule_set)]
    labels = join_words([*shown[:_SHOWN], *(["more"] if shown[_SHOWN:] else [])])
    return f"pre-care from {say.date(min(day for _, day in session.precare), course.first)} ({labels})"


def _deadline(course: Course, deadline: Deadline, rule_set: RuleSet) -> Iterator[str]:
    first, wanted, fitting = course.first, deadline.wanted, deadline.fitting
    name = f"{capital(deadline.name)} on {say.date(deadline.day, first)}"
    fit = f"all {wanted} sessions fit" if deadline.fits else f"{wanted} sessions do not fit"
    yield ""
    yield f"{name}: {fit}; the last one has to be by {say.date(deadline.last, first)}, to be healed."
    if not deadline.fits:
        yield f"- {fitting} fit: --count {fitting}." if fitting else "- Not even the first one fits."
        yield f"- For all {wanted} it would have to be on {say.date(deadline.possible_from, first)} or later."
    last = course.last_day
    seen = results_between(rule_set, deadline.kind, last)
    if seen:
        late = " That is after it; this is no rule, only what to hope for." if seen[0] > deadline.day else ""
        sources = ", ".join(rule_set.events[deadline.kind].sources)
        yield f"- If the last session is on {say.date(last, first)}, the full result is usually seen"
        yield f"  {say.dates(*seen, first)} [{sources}].{late}"


def _drawn(course: Course) -> str:
    """Draw the course on one line of time: `#` done, `=` recommended, `|` event, the number of any other session."""
    first, ahead = course.first, [step.session.recommended for step in course.steps if not step.done]
    ends = [first, *(step.day for step in course.steps), *(last for _, last in ahead)]
    ends.extend([course.deadline.day] if course.deadline else [])
    length = max((max(ends) - first).days, 1)

    def place(day: date) -> int:
        return min(max((day - first).days, 0) * (_WIDEST - 1) // length, _WIDEST - 1)

    cells = ["-"] * _WIDEST
    for soonest, last in ahead:
        begin, end = place(soonest), place(last) + 1
        cells[begin:end] = "=" * (end - begin)
    for step in course.steps:
        cells[place(step.day)] = "#" if step.done else str(step.session.number)[-1]
    cells[0] = "1"
    if course.deadline:
        cells[place(course.deadline.day)] = "|"
    return "".join(cells)


def _legend(course: Course) -> str:
    names = [f"1 {say.short_date(course.first)}"]
    names.extend(f"{step.session.number} {say.short_date(step.day)}" for step in course.steps)
    if course.deadline:
        names.append(f"| {course.deadline.name} {say.short_date(course.deadline.day)}")
    done = ", # done" if any(step.done for step in course.steps) else ""
    return f"{', '.join(names)}; = recommended{done}"
