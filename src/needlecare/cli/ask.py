"""The questions: what was typed → an answer from every open treatment, and the exit code that goes with it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, NoReturn

import typer

from needlecare.cli.options import (
    Request,
    about_treatment,
    about_treatments,
    offer,
    present,
    present_for,
    read_date,
    refuse_ahead,
    with_booked,
)
from needlecare.cli.output import write_data, write_text
from needlecare.cli.understood import joined, understand
from needlecare.errors import InputError

_NO, _UNKNOWN = 1, 4
Format = Annotated[str, typer.Option("--format", help="text or json.")]
On = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help="Ask about this day (monday, 2026-11-22); its strictest moment counts."),
]
At = Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="Ask about this time of the day.")]
Activity = Annotated[
    list[str],
    typer.Argument(
        metavar="WORDS…",
        help="As you would say it: wash my face tomorrow, gym on Saturday evening.",
        autocompletion=offer("activities"),
    ),
]
Sign = Annotated[
    list[str], typer.Argument(metavar="SIGN…", help="What you see or feel: redness.", autocompletion=offer("signs"))
]


@about_treatments
def can(requests: list[Request], *, words: Activity, on: On = None, at: At = None, format_: Format = "text") -> None:
    """Ask whether something is all right.

    Exit code 0 is yes, 1 is no or better not, 4 that no rule covers it.
    """
    from needlecare.ask.lookup import find_activities, treated_words
    from needlecare.ask.verdict import judge

    _check(format_)
    rule_set = requests[0].rule_set
    treated = treated_words(rule_set, requests[0].facts)
    meaning, asked = understand(requests, words, on, at, lambda text: find_activities(rule_set, text, treated))
    typed = joined(words)
    if not meaning.ids or meaning.turning:
        _dont_know(requests, meaning, typed, format_)
    verdict = judge(_timelines(requests), meaning, asked)
    if verdict.is_yes and not meaning.is_sure:
        _dont_know(requests, meaning, typed, format_)
    if format_ == "json":
        from needlecare.views.answers_json import verdict_record

        _write_json(verdict_record(verdict, typed))
    else:
        from needlecare.views.answers import say_verdict

        write_text(_taken(meaning, rule_set) + say_verdict(verdict, several=len(requests) > 1) + "\n")
    raise typer.Exit({"yes": 0, "no-rule": _UNKNOWN}.get(verdict.verdict, _NO))


@about_treatments
def when(requests: list[Request], *, words: Activity, on: On = None, format_: Format = "text") -> None:
    """Ask from when something is all right again, and on what condition."""
    from needlecare.ask.lookup import find_activities, treated_words
    from needlecare.ask.verdict import find_return

    _check(format_)
    rule_set = requests[0].rule_set
    treated = treated_words(rule_set, requests[0].facts)
    meaning, asked = understand(
        requests, words, on, None, lambda text: find_activities(rule_set, text, treated), else_now=False
    )
    typed = joined(words)
    if not meaning.is_sure:
        _dont_know(requests, meaning, typed, format_)
    start = asked.begins(requests[0].treatment) if asked is not None else _since(requests)
    found = find_return(_timelines(requests), meaning, start)
    if format_ == "json":
        from needlecare.views.answers_json import return_record

        _write_json(return_record(found, typed))
    else:
        from needlecare.views.answers import say_return

        write_text(say_return(found, several=len(requests) > 1) + "\n")
    raise typer.Exit(_UNKNOWN if found.verdict.verdict == "no-rule" else _NO if found.verdict.prescribed else 0)


@about_treatments
def normal(requests: list[Request], *, words: Sign, on: On = None, at: At = None, format_: Format = "text") -> None:
    """Ask whether what you see or feel is to be expected.

    Exit code 0 is expected, 1 call the clinic or a red flag, 4 that no rule covers it.
    """
    from needlecare.ask.lookup import find_signs, treated_words
    from needlecare.ask.now import judge_sign

    _check(format_)
    rule_set = requests[0].rule_set
    treated = treated_words(rule_set, requests[0].facts, parts=False)
    meaning, asked = understand(requests, words, on, at, lambda text: find_signs(rule_set, text, treated), signs=True)
    typed = joined(words)
    if not meaning.ids or meaning.turning:
        _dont_know(requests, meaning, typed, format_, signs=True)
    sighting = judge_sign(_timelines(with_booked(requests, asked.last)), meaning, asked)
    if format_ == "json":
        from needlecare.views.answers_json import sighting_record

        _write_json(sighting_record(sighting, typed))
    else:
        from needlecare.views.answers import say_sighting

        write_text(_taken(meaning, rule_set, signs=True) + say_sighting(sighting) + "\n")
    raise typer.Exit({"expected": 0, "no-rule": _UNKNOWN}.get(sighting.verdict, _NO))


@about_treatments
def why(requests: list[Request], *, words: Activity, format_: Format = "text") -> None:
    """Show every rule and source behind an answer, how far they lie apart, and what lost."""
    from needlecare.ask.lookup import find_activities, find_signs, treated_words
    from needlecare.ask.reasons import find_reasons

    _check(format_)
    rule_set, typed = requests[0].rule_set, joined(words)
    treated = treated_words(rule_set, requests[0].facts)
    meaning = find_activities(rule_set, typed, treated)
    if not meaning.ids:
        signs = find_signs(rule_set, typed, treated)
        meaning = signs if signs.ids else meaning
    if not meaning.ids:
        _dont_know(requests, meaning, typed, format_)
    reasons = [find_reasons(timeline, meaning) for timeline in _timelines(requests)]
    reasons.sort(key=lambda one: not one.windows)
    if not reasons[0].windows and not any(rule_set.signs.get(one) for one in meaning.ids):
        _dont_know(requests, meaning, typed, format_)
    if format_ == "json":
        from needlecare.views.answers_json import reasons_record

        _write_json(reasons_record(reasons[0], typed))
    else:
        from needlecare.views.answers import say_reasons

        write_text("\n".join(say_reasons(one) for one in reasons if one.windows or one is reasons[0]) + "\n")


@about_treatments
def today(requests: list[Request], *, format_: Format = "text") -> None:
    """Show what holds now, what changes next, what is normal to see, and what isn't."""
    from needlecare.ask.now import look

    _check(format_)
    at = _now(requests)
    now = look(_timelines(with_booked(requests, at.date())), at)
    if format_ == "json":
        from needlecare.views.answers_json import now_record

        _write_json(now_record(now))
    else:
        from needlecare.views.answers import say_now

        write_text(say_now(now) + "\n")


@about_treatments
def check(requests: list[Request], *, format_: Format = "text") -> None:
    """Tell what speaks against the treatment, by what you say of yourself.

    Exit code 1 is stop, postpone or ask first, 4 that no rule judges something that you said.
    """
    from needlecare.ask.reasons import screen

    _check(format_)
    screened = max(
        (screen(timeline) for timeline in _timelines(requests)), key=lambda one: (one.is_against, bool(one.unjudged))
    )
    if format_ == "json":
        from needlecare.views.answers_json import screened_record

        _write_json(screened_record(screened))
    else:
        from needlecare.views.answers import say_screened

        write_text(say_screened(screened) + "\n")
    raise typer.Exit(_NO if screened.is_against else _UNKNOWN if screened.unjudged else 0)


def _check(format_: str) -> None:
    if format_ not in ("text", "json"):
        raise InputError(f"--format: there is no `{format_}` here; it is text or json")


def _write_json(record: dict[str, Any]) -> None:
    from needlecare.views.answers_json import write

    write_data(write(record))


def _timelines(requests: Sequence[Request]) -> list[Any]:
    from needlecare.timeline.build import build_timeline

    return [build_timeline(one.rule_set, one.treatment, one.facts) for one in requests]


def _now(requests: Sequence[Request]) -> datetime:
    return present_for(requests)


def _since(requests: Sequence[Request]) -> datetime | None:
    """Give from when several treatments are looked at: from now on, else from the first of those to come."""
    if len(requests) == 1:
        return None
    now = _now(requests).astimezone(UTC)
    return now if any(one.treatment.last <= now for one in requests) else min(one.treatment.last for one in requests)


def _taken(meaning: Any, rule_set: Any, *, signs: bool = False) -> str:
    if meaning.is_sure:
        return ""
    from needlecare.cli.unknown import say_taken

    return say_taken(meaning, rule_set, signs=signs)


def _dont_know(requests: Sequence[Request], meaning: Any, typed: str, format_: str, *, signs: bool = False) -> NoReturn:
    from needlecare.cli.unknown import dont_know

    dont_know(_timelines(requests[:1])[0], meaning, typed, format_, signs=signs)


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
    from needlecare.ask.course import healing
    from needlecare.sessions import Calendar, fit_before, plan_course
    from needlecare.timeline.build import build_timeline, precare
    from needlecare.timeline.selection import select
    from needlecare.typed import is_relative, read_days, read_events

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
