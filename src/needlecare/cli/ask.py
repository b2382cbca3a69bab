"""The commands that ask: what was typed → a question → its answer as text or JSON → the exit code."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time
from functools import partial
from typing import Annotated, Any, NoReturn

import typer

from needlecare.ask import question
from needlecare.ask.question import today as look
from needlecare.cli import options
from needlecare.cli.completion import offer
from needlecare.cli.options import NoPager, Request, Typed
from needlecare.cli.output import write_data, write_sheet, write_text
from needlecare.errors import ExitCode, InputError, NeedlecareError
from needlecare.rules.read import DEFAULT
from needlecare.typed import parse_time
from needlecare.views.formats import AnswerFormat

Format = Annotated[AnswerFormat, typer.Option("--format", help="The format of the answer.")]
On = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help="Ask about this day (monday, 2026-11-22); its strictest moment counts."),
]
At = Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="Ask about this time of day.")]
Activity = Annotated[
    list[str],
    typer.Argument(
        metavar="WORDS",
        help="As you would say it: wash my face tomorrow, gym on Saturday evening.",
        autocompletion=offer("activities"),
    ),
]
Signs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SIGN",
        help="What you see or feel: redness. Without one, all that is usual.",
        autocompletion=offer("signs"),
    ),
]
_START = """\
Information, not medical advice: your clinic's own instructions come first.
Remember your treatment: needlecare log add --date 2026-11-20 --time 16:30
See what holds today:    needlecare today
Ask what you may do:     needlecare can wash my face tomorrow
See all that there is:   needlecare --help
"""
# What a verdict is to a script: anything else is a no.
_EXITS = dict.fromkeys(("yes", "usual", "watch"), ExitCode.DONE)
_EXITS |= dict.fromkeys(("no-rule", "unknown"), ExitCode.UNKNOWN)


def _read(typed: Typed) -> list[Request]:
    """Read the treatments; where they can't be read, where to get help comes first if the words tell of a danger."""
    try:
        return options.read_requests(typed)
    except NeedlecareError:
        with suppress(NeedlecareError, typer.Exit):
            # Whatever the settings say: what is wrong may stand there.
            requests = [options.make_request({"date": "today", "tz": "Etc/UTC", "rules": DEFAULT})]
            sighting = question.normal(_timelines(requests), " ".join(typed.get("words", ())), now=_now(requests))
            if sighting.verdict in ("emergency", "today"):
                _answer(requests, sighting, AnswerFormat.TEXT, ExitCode.NO)
        raise


_asks = partial(options.with_options, read=_read)


@_asks
def can(
    requests: list[Request], *, words: Activity, on: On = None, at: At = None, format_: Format = AnswerFormat.TEXT
) -> None:
    """Answer `can`."""
    verdict = question.can(_timelines(requests), " ".join(words), _time(requests, on, at), now=_now(requests))
    _answer(requests, verdict, format_, _EXITS.get(verdict.verdict, ExitCode.NO))


@_asks
def when(requests: list[Request], *, words: Activity, on: On = None, format_: Format = AnswerFormat.TEXT) -> None:
    """Answer `when`, for a sign too."""
    day = None if on is None else _read_day(on, requests)
    timelines, now = _timelines(requests), partial(options.present_for, requests)
    found = question.when(timelines, " ".join(words), day, now=now)
    meaning, is_dated = found.verdict.meaning, found.free_from or found.better_from
    if not (meaning.is_sure or meaning.signs):
        sighting = question.normal(timelines, " ".join(words), day, now=now)
        if sighting.meaning.is_sure:
            _answer(requests, sighting, format_, _EXITS.get(sighting.verdict, ExitCode.NO))
    _answer(requests, found, format_, ExitCode.DONE if is_dated else _EXITS.get(found.verdict.verdict, ExitCode.NO))


@_asks
def normal(
    requests: list[Request], *, words: Signs = None, on: On = None, at: At = None, format_: Format = AnswerFormat.TEXT
) -> None:
    """Answer `normal`, without words with the table of usual signs."""
    if not words:
        if on or at:
            raise InputError("--on and --at ask about a sign: needlecare normal redness --on 2026-11-22")
        from needlecare.ask.today import newest_first

        # Of the latest treatment that isn't still to come.
        timeline = newest_first(_timelines(requests), options.present_for(requests))[0]
        if format_ == AnswerFormat.TEXT:
            from needlecare.views.today import make_usual

            _say_whose(requests)
            write_sheet(make_usual(timeline), whole=False)
        else:
            from needlecare.views.answers_json import render_usual

            write_data(render_usual(timeline))
        return
    sighting = question.normal(_timelines(requests), " ".join(words), _time(requests, on, at), now=_now(requests))
    _answer(requests, sighting, format_, _EXITS.get(sighting.verdict, ExitCode.NO))


@_asks
def why(
    requests: list[Request], *, words: Activity, no_pager: NoPager = False, format_: Format = AnswerFormat.TEXT
) -> None:
    """Answer `why`."""
    reasons = question.why(_timelines(requests), " ".join(words))
    code = ExitCode.DONE if reasons.is_understood else ExitCode.UNKNOWN
    _answer(requests, reasons, format_, code, pages=not no_pager)


@options.about_treatments
def today(
    requests: list[Request],
    *,
    all_: Annotated[bool, typer.Option("--all", help="Show all that holds now, with every condition.")] = False,
    format_: Format = AnswerFormat.TEXT,
) -> None:
    """Answer `today`."""
    if format_ == AnswerFormat.JSON:
        _answer(requests, look(_timelines(requests), options.present_for(requests)), format_, ExitCode.DONE, whole=all_)
    _show_today(requests, whole=all_)


def _show_today(requests: Sequence[Request], *, whole: bool = False) -> None:
    from needlecare.views.today import make_today

    stale = any(one.calendar and one.calendar != options.rules_of(one) for one in requests)
    now = look(_timelines(requests), options.present_for(requests))
    _say_whose(requests)
    write_sheet(make_today(now, whole=whole, stale=stale), whole=whole)


def greet() -> None:
    """Show what holds now for who has a treatment in the log, and everybody else how to start."""
    if requests := options.find_requests({}):
        _show_today(requests)
    else:
        write_text(_START)


@options.about_screening
def check(
    requests: list[Request],
    *,
    all_: Annotated[bool, typer.Option("--all", help="Show every source, and what each open question means.")] = False,
    format_: Format = AnswerFormat.TEXT,
) -> None:
    """Answer `check`."""
    screened = question.check(_timelines(requests))
    for_it = ExitCode.UNKNOWN if screened.unjudged else ExitCode.DONE
    _answer(requests, screened, format_, ExitCode.NO if screened.is_against else for_it, whole=all_)


def _say_whose(requests: Sequence[Request]) -> None:
    if whose := requests[0].whose:
        write_text(f"{whose}\n")


def _timelines(requests: Sequence[Request]) -> list[Any]:
    return [*map(options.timeline_of, requests)]


def _now(requests: Sequence[Request]) -> Any:
    """Return the present moment that was typed, else a function that reads the clock where words need it."""
    return partial(options.present_for, requests) if requests[0].now is None else options.present_for(requests)


def _time(requests: Sequence[Request], on: str | None, at: str | None) -> date | datetime | time | None:
    """Return the time that --on and --at ask about."""
    day = None if on is None else _read_day(on, requests)
    clock = None if at is None else parse_time(at)
    return datetime.combine(day, clock) if day is not None and clock is not None else day or clock


def _read_day(text: str, requests: Sequence[Request]) -> date:
    """Read the day of --on: as any other date, or the name of a day of the week."""
    if not text[:1].isdigit():
        from needlecare.ask.when import split_time

        named = f"on {text.removeprefix('on ')}"
        read = split_time(named, requests[0].treatment, partial(options.present_for, requests))
        if read.weekday and read.first and not read.words:
            return read.first
    return options.read_date(text, requests[0].treatment.zone, requests[0].now)


def _answer(
    requests: Sequence[Request],
    answer: Any,
    format_: AnswerFormat,
    code: int,
    *,
    whole: bool = False,
    pages: bool = True,
) -> NoReturn:
    if format_ == AnswerFormat.TEXT:
        from needlecare.views import answers

        _say_whose(requests)
        write_text(answers.render(answer, several=len(requests) > 1, whole=whole), pages=pages)
    elif whole:
        raise InputError("--all means nothing for json, which always has all of it; leave it out")
    else:
        from needlecare.views.answers_json import render

        write_data(render(answer))
    raise typer.Exit(code)
