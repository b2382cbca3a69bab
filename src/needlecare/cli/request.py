"""The options that every command about a treatment takes, and what they come to: a rule set, a treatment, facts."""

import inspect
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import typer

from needlecare.errors import InputError

if TYPE_CHECKING:
    from needlecare.model.facts import Facts
    from needlecare.model.ruleset import RuleSet
    from needlecare.model.treatment import Treatment

_TREATMENT, _PERSON, _RULES = "The treatment", "You", "Rules"


class Request(NamedTuple):
    """What was asked about."""

    rule_set: "RuleSet"
    treatment: "Treatment"
    facts: "Facts"


def read_request(
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
        list[str] | None, typer.Option(help="The area: face, neck, scalp, body … (repeat).", rich_help_panel=_TREATMENT)
    ] = None,
    depth: Annotated[str | None, typer.Option(help="The needle length in mm.", rich_help_panel=_TREATMENT)] = None,
    setting: Annotated[str | None, typer.Option(help="clinic or home.", rich_help_panel=_TREATMENT)] = None,
    technique: Annotated[
        str | None, typer.Option(help="pen, roller, radiofrequency …", rich_help_panel=_TREATMENT)
    ] = None,
    add_on: Annotated[
        list[str] | None, typer.Option(help="What was added: prp … (repeat).", rich_help_panel=_TREATMENT)
    ] = None,
    skin_type: Annotated[
        str | None, typer.Option(help="Fitzpatrick skin type, I to VI.", rich_help_panel=_PERSON)
    ] = None,
    condition: Annotated[
        list[str] | None, typer.Option(help="eczema, pregnancy … or none (repeat).", rich_help_panel=_PERSON)
    ] = None,
    uses: Annotated[
        list[str] | None,
        typer.Option(help="retinoid, minoxidil, isotretinoin=2026-05-01 … (repeat).", rich_help_panel=_PERSON),
    ] = None,
    goal: Annotated[
        list[str] | None, typer.Option(help="acne-scars, rejuvenation … (repeat).", rich_help_panel=_PERSON)
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Any other fact of the rule set (repeat).", rich_help_panel=_PERSON),
    ] = None,
    seen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MOMENT=DATE", help="Seen: redness-gone=2026-11-22, or =no (repeat).", rich_help_panel=_PERSON
        ),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE|FOLDER", help="The rule set; else microneedling.", rich_help_panel=_RULES),
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="DATETIME", help="Take this for the present moment.", rich_help_panel=_RULES)
    ] = None,
) -> Request:
    """Turn what was typed into what is asked about."""
    if date is None:
        raise InputError("when was the treatment? Give --date 2026-11-20, and --time 16:30 if you know it")
    from needlecare.answers import read_facts
    from needlecare.dates import machine_zone, parse_time, parse_zone
    from needlecare.model.treatment import make_treatment
    from needlecare.rules.load import load_rules

    zone = parse_zone(tz) if tz is not None else machine_zone()
    day = _date(date, zone, now)
    clock = parse_time(time) if time is not None else None
    rule_set = load_rules(rules) if rules is not None else load_rules()
    said: dict[str, list[str]] = {}
    single = {"depth": depth, "setting": setting, "technique": technique, "skin-type": skin_type}
    said.update({name: [value] for name, value in single.items() if value is not None})
    several = {"area": area, "add-on": add_on, "condition": condition, "uses": uses, "goal": goal}
    said.update({name: value for name, value in several.items() if value})
    for pair in fact or []:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--fact: `{pair}` can't be read; write it as key=value")
        said.setdefault(key.strip(), []).append(value)
    facts = read_facts(rule_set, said)
    treatment = make_treatment(day, clock, zone)
    if seen:
        from needlecare.seen import read_seen

        treatment = treatment._replace(seen=read_seen(rule_set, treatment, seen))
    return Request(rule_set, treatment, facts)


def _date(text: str, zone: ZoneInfo, now: str | None) -> date:
    """Read a date; the clock is read only for words such as today."""
    from needlecare.dates import is_relative, parse_date

    return parse_date(text, present(zone, now).date() if is_relative(text) else None)


def present(zone: ZoneInfo, now: str | None) -> datetime:
    """Give the present moment in *zone*: what `--now` says, else the clock."""
    if now is None:
        return datetime.now(zone)
    from needlecare.dates import FIRST_YEAR, LAST_YEAR

    try:
        moment = datetime.fromisoformat(now)
    except ValueError:
        raise InputError(f"--now: `{now}` can't be read; write it as 2026-11-20T16:30") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InputError(f"--now: `{now}` lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def about_treatment(command: Callable[..., None], *, unless: str = "") -> Callable[..., None]:
    """Give *command* the shared options; it gets what they come to as its first argument.

    With the option *unless* of its own it needs no treatment, and gets None.
    """
    shared = inspect.signature(read_request).parameters
    own = list(inspect.signature(command).parameters.values())[1:]

    def run(**typed: Any) -> None:
        said = {name: typed.pop(name) for name in shared}
        command(None if typed.get(unless) is not None else read_request(**said), **typed)

    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*shared.values(), *own)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run
