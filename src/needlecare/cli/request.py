"""The options that every command about a treatment takes, and how commands get what they come to."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from needlecare.cli.complete import offer_answers, offer_events, offer_facts, offer_moments, offer_rule_sets
from needlecare.cli.reading import Request, make_request

__all__ = ["Request", "about_treatment", "about_treatments", "options", "with_options"]

_TREATMENT, _PERSON, _RULES = "The treatment", "You", "Rules"


def options(
    date: Annotated[
        str | None, typer.Option(help="Its date: 2026-11-20, 20 Nov 2026, today.", rich_help_panel=_TREATMENT)
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(help="Its time: 16:30, 4:30pm. Without it hours become whole days.", rich_help_panel=_TREATMENT),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(help="Its time zone, such as Europe/London; else this machine's.", rich_help_panel=_TREATMENT),
    ] = None,
    area: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=offer_answers("area"),
            help="The area: face, neck, scalp, body … (repeat).",
            rich_help_panel=_TREATMENT,
        ),
    ] = None,
    depth: Annotated[str | None, typer.Option(help="The needle length in mm.", rich_help_panel=_TREATMENT)] = None,
    setting: Annotated[
        str | None,
        typer.Option(autocompletion=offer_answers("setting"), help="clinic or home.", rich_help_panel=_TREATMENT),
    ] = None,
    technique: Annotated[
        str | None,
        typer.Option(
            autocompletion=offer_answers("technique"),
            help="pen, roller, radiofrequency …",
            rich_help_panel=_TREATMENT,
        ),
    ] = None,
    add_on: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=offer_answers("add-on"),
            help="What was added: prp … (repeat).",
            rich_help_panel=_TREATMENT,
        ),
    ] = None,
    skin_type: Annotated[
        str | None,
        typer.Option(
            autocompletion=offer_answers("skin-type"),
            help="Fitzpatrick skin type, I to VI.",
            rich_help_panel=_PERSON,
        ),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=offer_answers("condition"),
            help="eczema, pregnancy … or none (repeat).",
            rich_help_panel=_PERSON,
        ),
    ] = None,
    uses: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=offer_answers("uses"),
            help="retinoid, minoxidil, isotretinoin, or isotretinoin=2026-05-01 if last taken that day … (repeat).",
            rich_help_panel=_PERSON,
        ),
    ] = None,
    goal: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=offer_answers("goal"),
            help="acne-scars, rejuvenation … (repeat).",
            rich_help_panel=_PERSON,
        ),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=offer_facts,
            metavar="KEY=VALUE",
            help="Any other fact of the rule set (repeat).",
            rich_help_panel=_PERSON,
        ),
    ] = None,
    seen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MOMENT=DATE",
            help="Seen: redness-gone=2026-11-22, or =no (repeat).",
            rich_help_panel=_PERSON,
            autocompletion=offer_moments,
        ),
    ] = None,
    next_: Annotated[
        str | None,
        typer.Option(
            "--next", metavar="DATE", help="The next session is booked for this day.", rich_help_panel=_TREATMENT
        ),
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[:LABEL]=DATE",
            help="Something planned: wedding=2026-12-05, beach=2026-12-05..2026-12-12 (repeat).",
            rich_help_panel=_PERSON,
            autocompletion=offer_events,
        ),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            autocompletion=offer_rule_sets,
            metavar="NAME|FILE|FOLDER",
            help="The rule set; else microneedling.",
            rich_help_panel=_RULES,
        ),
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="DATETIME", help="Take this for the present moment.", rich_help_panel=_RULES)
    ] = None,
    no_log: Annotated[
        bool, typer.Option("--no-log", help="Don't look at what `log` remembers.", rich_help_panel=_RULES)
    ] = False,
) -> None:
    """Declare the options that every command about a treatment takes; nothing is done here."""


def read_request(typed: Mapping[str, Any]) -> Request:
    """Give the one treatment that a plan is for: the typed one, else of those remembered the one that matters now."""
    if typed["date"] is not None:
        return make_request(typed)
    from needlecare.cli.remembered import the_current

    return the_current(typed)


def read_requests(typed: Mapping[str, Any]) -> list[Request]:
    """Give the treatments that a question is about: the typed one, else all those remembered that are still open."""
    if typed["date"] is not None:
        return [make_request(typed)]
    from needlecare.cli.remembered import all_open

    return all_open(typed)


def about_treatment(command: Callable[..., None], *, unless: str = "") -> Callable[..., None]:
    """Give *command* the shared options; it gets what they come to as its first argument.

    With the option *unless* of its own it needs no treatment, and gets the options as they were typed.
    """
    return _with_options(command, read_request, unless)


def about_treatments(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* the shared options; it gets every treatment that they may mean as its first argument."""
    return _with_options(command, read_requests)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* the shared options as they were typed."""
    return _with_options(command, dict)


def _with_options(
    command: Callable[..., None], read: Callable[[Mapping[str, Any]], object], unless: str = ""
) -> Callable[..., None]:
    shared = inspect.signature(options).parameters
    own = list(inspect.signature(command).parameters.values())[1:]

    def run(**typed: Any) -> None:
        said = {name: typed.pop(name) for name in shared}
        command(said if typed.get(unless) is not None else read(said), **typed)

    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*shared.values(), *own)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run
