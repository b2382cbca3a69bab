"""`sessions`: what was typed → a course, forwards or backwards from an event."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer

from needlecare.cli.output import write_data, write_text
from needlecare.cli.reading import Request, present, read_date, refuse_ahead
from needlecare.cli.request import about_treatment
from needlecare.errors import InputError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@about_treatment
def sessions(
    request: Request,
    *,
    count: Annotated[int | None, typer.Option(min=1, max=60, help="How many sessions, the first included.")] = None,
    done: Annotated[
        list[str] | None, typer.Option(metavar="DATE", help="A later session that has been (repeat, in order).")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="NAME=DATE", help="Plan backwards from this: wedding=2027-05-08.")
    ] = None,
    avoid: Annotated[
        list[str] | None, typer.Option(metavar="DATE[..DATE]", help="Days that can't be used (repeat).")
    ] = None,
    closed: Annotated[
        list[str] | None, typer.Option(metavar="DAY", help="A weekday without sessions: sun (repeat).")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Plan the course: when each session may be, is best, and is late.

    Exit code 1 is a course that doesn't fit before its event, 4 that no rule says how far apart sessions are.
    """
    from needlecare.ask.healing import healing
    from needlecare.dates import is_relative
    from needlecare.events import read_days, read_events
    from needlecare.sessions import Calendar, fit_before, plan_course
    from needlecare.timeline import build_timeline
    from needlecare.timeline.precare import precare
    from needlecare.timeline.selection import select

    if format_ not in ("text", "json"):
        raise InputError(f"--format: there is no `{format_}` here; it is text or json")
    rule_set, treatment, facts = request.rule_set, request.treatment, request.facts
    selection = select(rule_set, facts)
    calendar = Calendar(
        tuple(read_days(text, "--avoid") for text in avoid or ()), _closed(closed or ()), treatment.next_day
    )
    dates = [read_date(text, treatment.zone, request.now) for text in done or ()]
    if request.now is not None or any(map(is_relative, done or ())):
        _refuse_ahead(request, dates)
    event = read_events(rule_set, treatment.day, [before], "--before")[0] if before else None
    course = plan_course(selection.spacings, treatment.day, done=dates, count=count, calendar=calendar)
    timeline = build_timeline(rule_set, treatment, facts)
    if course is None:
        typer.echo("needlecare: no rule says how far apart these sessions are; ask your clinic", err=True)
        raise typer.Exit(4)
    if event is not None:
        healed = healing(rule_set, treatment, facts, event.kind)
        course = fit_before(course, selection.spacings, event, healed=healed, calendar=calendar)
    steps = []
    for step in course.steps:
        ahead = () if step.done else tuple(precare(rule_set, selection, treatment, step.day))
        steps.append(step._replace(session=step.session._replace(precare=ahead)))
    course = course._replace(steps=tuple(steps))
    if format_ == "json":
        from needlecare.views.answers_json import write
        from needlecare.views.course import course_record

        write_data(write(course_record(course, timeline)))
    else:
        from needlecare.views.course import say_course

        write_text(say_course(course, timeline))
    if course.deadline and not course.deadline.fits:
        raise typer.Exit(1)


def _refuse_ahead(request: Request, done: Sequence[date]) -> None:
    """Refuse what is said to be done or seen and is still to come."""
    now = present(request.treatment.zone, request.now)
    refuse_ahead(request, now)
    for day in done:
        if day > now.date():
            raise InputError(
                f"--done: {day.isoformat()} is still to come, it is {now.date().isoformat()}; "
                "a session that is booked is --next"
            )


def _closed(texts: Sequence[str]) -> frozenset[int]:
    found = set()
    for text in texts:
        for word in text.replace(",", " ").lower().split():
            if word[:3] not in _DAYS:
                raise InputError(f"--closed: `{word}` is no weekday; it is one of {', '.join(_DAYS)}")
            found.add(_DAYS.index(word[:3]))
    if len(found) == len(_DAYS):
        raise InputError("--closed: every weekday is closed; leave one open")
    return frozenset(found)
