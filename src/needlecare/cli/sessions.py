"""`sessions`: its options, the public holidays of a place, and where the course goes: text, JSON or a calendar."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needlecare.ask import question
from needlecare.cli import options
from needlecare.cli.completion import offer
from needlecare.cli.output import complain, write_text
from needlecare.cli.plan import (
    CALENDAR,
    Output,
    Public,
    Target,
    choose,
    read_options,
    read_replaced,
    read_target,
    refuse_without_calendar,
    write,
)
from needlecare.errors import ExitCode, InputError, nearest
from needlecare.model.facts import OPTIONS
from needlecare.typed import WEEKDAYS, is_relative, read_days, read_events
from needlecare.views.formats import CourseFormat

if TYPE_CHECKING:
    from needlecare.model.plan import Event, Timeline
    from needlecare.timeline.agenda import Course


def _offer_places(incomplete: str) -> list[str]:
    """Complete the code of a country, or of a part of the one that is typed."""
    name, dash, _ = incomplete.partition("-")
    try:
        countries = _countries()
        codes = {f"{name}-{part}" for part in _parts(countries[name]).values()} if dash else set(countries.values())
    except (InputError, KeyError):  # there is no library, or no such country
        return []
    return sorted(one for one in codes if one.startswith(incomplete) and " " not in one)


@partial(options.with_options, options=(*OPTIONS.values(), *CALENDAR))
def sessions(
    typed: dict[str, Any],
    *,
    count: Annotated[
        int | None, typer.Option(min=1, max=question.MOST_SESSIONS, help="The number of sessions, including the first.")
    ] = None,
    done: Annotated[
        list[str] | None, typer.Option(metavar="DATE", help="A later session that you have had (repeatable, in order).")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="NAME=DATE", help="Plan backwards from this: wedding=2027-05-08.")
    ] = None,
    avoid: Annotated[
        list[str] | None, typer.Option(metavar="DATE[..DATE]", help="Days that you can't use (repeatable).")
    ] = None,
    closed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DAY",
            help="A weekday without sessions: sun (repeatable).",
            autocompletion=offer("weekdays"),
        ),
    ] = None,
    holidays: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="No session on the public holidays of GB-ENG, DE-BY, FR …",
            autocompletion=_offer_places,
        ),
    ] = None,
    format_: Annotated[
        CourseFormat | None, typer.Option("--format", help="The format; by default, the ending of the -o file decides.")
    ] = None,
    output: Output = None,
    public: Public = False,
) -> None:
    """Answer `sessions`."""
    target = read_target(output, public=public)
    request = options.read_request(typed)
    chosen = choose(format_, target.path, CourseFormat)
    refuse_without_calendar(typed, chosen)
    timeline = options.timeline_of(request)
    course = question.sessions(
        timeline,
        count=count,
        away=[read_days(text, "--avoid") for text in avoid or ()],
        closed=_closed(closed or ()),
        done=_done(request, done or ()),
        before=_event(request, before),
        holidays=_holidays(holidays),
    )
    if course is None:
        complain(f"no rule says how far apart these sessions are; ask {timeline.facts.clinician}")
        raise typer.Exit(ExitCode.UNKNOWN)
    if chosen == CourseFormat.ICS:
        _write_calendar(course, timeline, request, typed, target)
    else:
        _write(course, timeline, request, chosen, target)
    if course.deadline and not course.deadline.fits:
        raise typer.Exit(ExitCode.NO)


def _write(course: "Course", timeline: "Timeline", request: options.Request, chosen: str, target: Target) -> None:
    if chosen == CourseFormat.JSON:
        from needlecare.views.answers_json import render_course
    else:
        from needlecare.views.answers import render_course
    text = render_course(course, timeline)
    if chosen == CourseFormat.JSON or target.path is not None:
        write(text, chosen, target, "the course")
        return
    if request.whose:
        write_text(f"{request.whose}\n")
    write_text(text)


def _write_calendar(
    course: "Course", timeline: "Timeline", request: options.Request, typed: options.Typed, target: Target
) -> None:
    """Write what is still to come of *course*; say why there is nothing, and what of it doesn't fit."""
    from needlecare.views import ics
    from needlecare.views.course import list_deadline, list_stop

    old = read_replaced(typed)
    if old and old.day:
        raise InputError(f"--replaces: {typed['replaces']} is the calendar of a plan; give that of a course")
    how = read_options(typed, request.name)
    if stop := list_stop(timeline):
        complain("\n".join(["no calendar is written:", *stop]))
        raise typer.Exit(ExitCode.NO)
    text = ics.render(timeline, how, old, course)
    if "BEGIN:VEVENT" not in text:
        complain("no calendar is written: no session is still to come")
        raise typer.Exit(ExitCode.NO)
    write(text, CourseFormat.ICS, target)
    if course.deadline and not course.deadline.fits:
        complain("\n".join(list_deadline(course, course.deadline, timeline.rule_set)))


def _done(request: options.Request, texts: Sequence[str]) -> list[date]:
    """Read the sessions that have been; those still to come are refused where the present moment is known."""
    days = [options.read_date(text, request.treatment.zone, request.now) for text in texts]
    if request.now is None and not any(map(is_relative, texts)):
        return days
    today = options.present_for([request]).date()
    for day in days:
        if day > today:
            raise InputError(f"--done: {day} is still to come, it is {today}; a session that is booked is --next")
    return days


def _event(request: options.Request, text: str | None) -> "Event | None":
    day = request.treatment.day
    return None if text is None else read_events(request.rule_set, day, [text], "--before")[0]


def _closed(texts: Sequence[str]) -> set[int]:
    words = [word for text in texts for word in text.replace(",", " ").lower().split()]
    for word in words:
        if word[:3] not in WEEKDAYS:
            raise InputError(f"--closed: `{word}` is no weekday; it is one of {', '.join(WEEKDAYS)}")
    return {WEEKDAYS.index(word[:3]) for word in words}


# Where there are public holidays, as the library `holidays` knows them.


def _holidays(place: str | None) -> Mapping[date, str]:
    """Return the public holidays of a place by their dates, named in English where the library does so."""
    if place is None:
        return {}
    country, part = _find_place(place)
    from holidays import country_holidays

    languages = country_holidays(country).supported_languages
    english = next((one for one in languages if one.startswith("en")), None)
    # It works out a year when somebody asks about a day of it.
    return country_holidays(country, part, language=english)


def _find_place(typed: str) -> tuple[str, str | None]:
    """Read the code of a country, and of a part of it: GB-ENG."""
    name, dash, part = " ".join(typed.upper().split()).partition("-")
    countries = _countries()
    if name not in countries:
        wanted = "give a code of ISO 3166 such as FR, or with a part of the country GB-ENG"
        raise InputError(f"--holidays: there is no country `{name}`{nearest(name, countries)}; {wanted}")
    country, parts = countries[name], _parts(countries[name])
    if dash and part not in parts:
        known = f"it is one of {', '.join(dict.fromkeys(parts.values()))}" if parts else f"leave it out: {country}"
        raise InputError(f"--holidays: {country} has no part `{part}`{nearest(part, parts)}; {known}")
    return country, parts[part] if dash else None


def _countries() -> dict[str, str]:
    """Return the code of each country by all of its codes, and by its name."""
    try:
        from holidays.registry import COUNTRIES
    except ImportError:
        raise InputError("--holidays needs a library: pip install 'needlecare[holidays]'") from None
    named = {name.upper().replace("_", " "): codes for name, (_, *codes) in COUNTRIES.items()}
    return {one: codes[0] for name, codes in named.items() for one in (name, *codes)}


def _parts(country: str) -> dict[str, str]:
    """Return the code of each part of a *country*, by that and its other names."""
    from holidays import country_holidays

    aliases = country_holidays(country).get_subdivision_aliases()
    return {name.upper(): code for code, others in aliases.items() for name in (code, *others)}
