"""A course of sessions in words: what both its text and the entries of its calendar say."""

from collections.abc import Iterator, Sequence
from datetime import date

from needlecare.model.plan import Holiday, Session, Timeline
from needlecare.model.ruleset import RuleSet
from needlecare.timeline.agenda import Course, Deadline, Step, results_between
from needlecare.views import phrases as say
from needlecare.views import sheet
from needlecare.views.phrases import capital, topmost

_SHOWN = 3


def list_stop(timeline: Timeline) -> list[str]:
    """Return why no session is dated, if something says not to needle at all."""
    stops = [f"{row.head}: {row.text}" for row in sheet.list_findings(timeline) if row.tone == "stop"]
    return [*stops, f"The next session: {sheet.undecided(timeline)}."] if sheet.is_stopped(timeline) else []


def list_step(step: Step, course: Course, timeline: Timeline) -> Iterator[str]:
    """Yield what there is to say of a session, and of the next one what to avoid before it."""
    session, first = step.session, course.first
    if step.done:
        least = f"the minimum ({say.date(session.minimum, first)}): tell {timeline.facts.clinician}"
        tell = f", {say.counted(step.days_short, 'day')} sooner than {least}" if step.days_short else ""
        yield f"Session {session.number}: done on {say.date(step.done, first)}{tell}"
        return
    is_soonest = session.minimum == session.recommended[0]
    least = "" if is_soonest else f"not before {say.date(session.minimum, first)}; "
    best = f"best {say.dates(*session.recommended, first)}{', not sooner' if is_soonest else ''}"
    latest = f"; by {say.date(step.latest, first)} at the latest" if step.latest else ""
    yield f"Session {session.number}: {least}{best}{_late(session, first)}{latest}"
    yield from _holidays(session.holidays, first)
    if session.precare and step is next(one for one in course.steps if not one.done):
        yield _precare(step, course, timeline)


def _late(session: Session, first: date) -> str:
    if not session.overdue:
        return ""
    is_at_once = session.overdue == session.recommended[1]
    return "; late after that" if is_at_once else f"; late from {say.date(session.overdue, first)}"


def _holidays(holidays: Sequence[Holiday], first: date) -> Iterator[str]:
    named = [f"{say.date(one.day, first)} is {one.name}" for one in holidays]
    if named:
        yield f"No session on public holidays: {say.join_some(named, _SHOWN)}"


def _precare(step: Step, course: Course, timeline: Timeline) -> str:
    """Format what to avoid first before a session, and from when on."""
    session, first, rule_set = step.session, course.first, timeline.rule_set
    short = f", {say.counted(step.days_short, 'day')} sooner than that (ask {timeline.facts.clinician})"
    booked = f"Booked for {say.date(session.booked, first)}{short if step.days_short else ''}" if session.booked else ""
    on = booked or f"If it is on {say.date(session.minimum, first)}"
    begins = min(day for _, day in session.precare)
    shown = topmost((activity for activity, day in session.precare if day == begins), rule_set)
    names = say.join_some(list(map(rule_set.label, shown)), _SHOWN)
    later = ", and others later" if any(day > begins for _, day in session.precare) else ""
    return f"{on}: avoid {names} from {say.date(begins, first)}{later}"


def list_deadline(course: Course, deadline: Deadline, rule_set: RuleSet) -> Iterator[str]:
    """Yield whether all sessions fit before the event, and what would make them fit."""
    first, wanted, fitting = course.first, deadline.wanted, deadline.fitting
    name = f"{capital(deadline.name)} on {say.date(deadline.day, first)}"
    fit = f"all {wanted} sessions fit" if deadline.fits else f"{wanted} sessions do not fit"
    yield f"{name}: {fit}; the last one has to be by {say.date(deadline.last, first)}, to be healed."
    yield from _holidays(deadline.holidays, first)
    if not deadline.fits:
        yield f"{fitting} fit: --count {fitting}." if fitting else "Not even the first one fits."
        yield f"For all {wanted} it would have to be on {say.date(deadline.possible_from, first)} or later."
    if seen := results_between(rule_set, deadline.kind, last := course.last_day):
        late = ", after it; this is no rule, only what to hope for" if seen[0] > deadline.day else ""
        result = f"the full result is usually seen {say.dates(*seen, first)}{late}"
        yield f"If the last session is on {say.date(last, first)}, {result}."
