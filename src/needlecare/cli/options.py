"""The options that every command about a treatment takes, and how commands get what they come to."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import typer

from needlecare.errors import InputError
from needlecare.log import Entry, Log, open_log

if TYPE_CHECKING:
    from needlecare.model.facts import Facts
    from needlecare.model.plan import Treatment
    from needlecare.model.ruleset import RuleSet


SINGLE = ("depth", "setting", "technique", "skin_type")
SEVERAL = ("area", "add_on", "condition", "uses", "goal")
# The options whose texts may hold a date.
_DATED = ("condition", "uses", "goal", "area", "add_on", "seen", "event")


class Request(NamedTuple):
    """What was asked about. *now* is what `--now` says; *name* tells remembered treatments apart."""

    rule_set: "RuleSet"
    treatment: "Treatment"
    facts: "Facts"
    now: str | None = None
    name: str = ""


def make_request(typed: Mapping[str, Any], loaded: "dict[str | None, RuleSet] | None" = None) -> Request:
    """Turn the options of one treatment, as they were *typed*, into what is asked about.

    Rule sets that were *loaded* before are taken from there.
    """
    from needlecare.model.plan import make_treatment
    from needlecare.rules.load import load_rules
    from needlecare.typed import machine_zone, parse_time, parse_zone, read_facts

    now = typed["now"]
    zone = parse_zone(typed["tz"]) if typed["tz"] is not None else machine_zone()
    if now is not None:
        present(zone, now)  # what can't be read is told even where nothing asks for it
    typed = dated(typed, zone)
    day = read_date(typed["date"], zone, now)
    clock = parse_time(typed["time"]) if typed["time"] is not None else None
    kept = {} if loaded is None else loaded
    if typed["rules"] not in kept:
        kept[typed["rules"]] = load_rules(typed["rules"]) if typed["rules"] is not None else load_rules()
    rule_set = kept[typed["rules"]]
    facts = read_facts(rule_set, said_of(typed))
    treatment = make_treatment(day, clock, zone)
    if typed["seen"]:
        from needlecare.typed import read_seen

        treatment = treatment._replace(seen=read_seen(rule_set, treatment, typed["seen"]))
    if typed["next_"] is not None:
        treatment = treatment._replace(next_day=_next_day(typed["next_"], treatment, now))
    if typed["event"]:
        from needlecare.typed import read_events

        treatment = treatment._replace(events=read_events(rule_set, day, typed["event"]))
    return Request(rule_set, treatment, facts, now)


def dated(typed: Mapping[str, Any], zone: ZoneInfo) -> Mapping[str, Any]:
    """Write the words today, yesterday and tomorrow in the options as the dates that they mean now."""
    from needlecare.typed import is_relative, needs_today, resolve

    said = {name: typed[name] for name in _DATED if typed[name]}
    relative = {name: texts for name, texts in said.items() if any(map(needs_today, texts))}
    soon = typed["next_"] is not None and is_relative(typed["next_"])
    if not relative and not soon:
        return typed
    today = present(zone, typed["now"]).date()
    changed = {name: [resolve(text, today) for text in texts] for name, texts in relative.items()}
    return {**typed, **changed, **({"next_": resolve(f"={typed['next_']}", today)[1:]} if soon else {})}


def present_for(requests: Sequence[Request]) -> datetime:
    """Give the present moment in the zone of *requests*, which may say of nothing to come that it was seen."""
    now = present(requests[0].treatment.zone, requests[0].now)
    for request in requests:
        refuse_ahead(request, now)
    return now


def refuse_ahead(request: Request, now: datetime) -> None:
    """Refuse what is said to have been seen after *now*, in a command that knows what time it is.

    Raises:
        InputError: something was.
    """
    for name, seen in request.treatment.seen.items():
        if seen.first is not None and seen.first.at > now:
            today = seen.first.day == now.date()
            at, is_ = (f"{seen.first.at.astimezone(now.tzinfo):%H:%M}", f"{now:%H:%M}") if today else ("", "")
            raise InputError(
                f"--seen: {name} on {f'{seen.first.day} {at}'.strip()} is still to come, "
                f"it is {f'{now.date()} {is_}'.strip()}; say it once you have seen it"
            )


def said_of(typed: Mapping[str, Any]) -> dict[str, list[str]]:
    """Gather what the options say of each fact."""
    said: dict[str, list[str]] = {}
    for option in SINGLE:
        if typed[option] is not None:
            said[option.replace("_", "-")] = [typed[option]]
    for option in SEVERAL:
        if typed[option]:
            said[option.replace("_", "-")] = list(typed[option])
    for pair in typed["fact"] or []:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--fact: `{pair}` can't be read; write it as key=value")
        said.setdefault(key.strip(), []).append(value)
    return said


def _next_day(text: str, treatment: "Treatment", now: str | None) -> date:
    day = read_date(text, treatment.zone, now)
    if day <= treatment.day:
        raise InputError(
            f"--next: {day.isoformat()} isn't after the treatment on {treatment.day.isoformat()}; give a later date"
        )
    return day


def read_date(text: str, zone: ZoneInfo, now: str | None) -> date:
    """Read a date; the clock is read only for words such as today."""
    from needlecare.typed import is_relative, parse_date

    return parse_date(text, present(zone, now).date() if is_relative(text) else None)


def present(zone: ZoneInfo, now: str | None) -> datetime:
    """Give the present moment in *zone*: what `--now` says, else the clock."""
    if now is None:
        return datetime.now(zone)
    from needlecare.model.time import FIRST_YEAR, LAST_YEAR

    try:
        moment = datetime.fromisoformat(now)
    except ValueError:
        raise InputError(f"--now: `{now}` can't be read; write it as 2026-11-20T16:30") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InputError(f"--now: `{now}` lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def with_booked(requests: Sequence[Request], by: date) -> list[Request]:
    """Add the booked sessions that have been *by* that date: what they bring stands in no other plan."""
    from needlecare.model.plan import make_treatment

    known = {one.treatment.day for one in requests}
    booked = [
        one._replace(treatment=make_treatment(day, None, one.treatment.zone))
        for one in requests
        if (day := one.treatment.next_day) is not None and day <= by and day not in known
    ]
    return [*requests, *booked]


NO_DATE = "when was the treatment? Give --date 2026-11-20, and --time 16:30 if you know it"
# Facts about the person that hold for every treatment; the others belong to the one they were said of.
LASTING = ("tz", "skin_type", "uses", "condition", "rules")


def the_current(typed: Mapping[str, Any]) -> Request:
    """Give the treatment in progress, else the next, else the last."""
    requests = _remembered(typed)
    going = [one for one in requests if _has_begun(one) and _is_open(one)]
    ahead = [one for one in requests if not _has_begun(one)]
    return going[-1] if going else ahead[0] if ahead else requests[-1]


def all_open(typed: Mapping[str, Any]) -> list[Request]:
    """Give every treatment that still restricts something, or will; if none does, the last one."""
    requests = _remembered(typed)
    return [one for one in requests if _is_open(one)] or requests[-1:]


def _remembered(typed: Mapping[str, Any]) -> list[Request]:
    log = None if typed["no_log"] else open_log()
    entries = log.entries() if log else []
    if log is None or not entries:
        hint = "; `needlecare log add --date …` remembers it" if log is not None else ""
        raise InputError(NO_DATE + hint)
    lasting = log.lasting()
    loaded: dict[str | None, Any] = {}
    return [
        make_request(spoken(entry, lasting, _asked_of(entry, typed)), loaded)._replace(name=entry.key)
        for entry in entries
    ]


def _asked_of(entry: Entry, typed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what was *typed* in a question as far as it is about this treatment."""
    # What has been seen, and the session after that one, are those of a treatment that has been.
    return {**typed, "seen": None, "next_": None} if _is_ahead(entry, typed["now"]) else typed


def spoken(entry: Entry, lasting: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what was typed now over what was said of the treatment, and that over the lasting facts."""
    said = dict.fromkeys(typed) | dict(lasting) | dict(entry.said)
    said.update({name: value for name, value in typed.items() if value not in (None, [], False)})
    said["now"] = typed["now"]
    return said


def _is_ahead(entry: Entry, now: str | None) -> bool:
    from needlecare.typed import parse_date, parse_zone

    return parse_date(entry.said["date"]) > present(parse_zone(entry.said["tz"]), now).date()


def _moment(request: Request) -> datetime:
    return present(request.treatment.zone, request.now)


def _has_begun(request: Request) -> bool:
    return request.treatment.first <= _moment(request)


def _is_open(request: Request) -> bool:
    """Tell whether something of its plan, besides what never ends, is still to come."""
    if not _has_begun(request):
        return True
    from needlecare.model.plan import FOREVER
    from needlecare.timeline.build import build_timeline

    windows = build_timeline(request.rule_set, request.treatment, request.facts).windows
    return any(_moment(request) < one.over < FOREVER for one in windows)


def the_log(*, no_log: bool) -> Log:
    """Give the log to write to.

    Raises:
        InputError: it is switched off.
    """
    log = None if no_log else open_log()
    if log is None:
        raise InputError("the log is switched off (--no-log or NEEDLECARE_NO_LOG); nothing is remembered")
    return log


Offered = list[tuple[str, str]]


def _rule_set(ctx: typer.Context) -> "RuleSet | None":
    """Load the rule set that was typed so far; one that can't be used offers nothing."""
    from needlecare.errors import NeedlecareError
    from needlecare.rules.load import load_rules

    try:
        return load_rules(ctx.params["rules"]) if ctx.params.get("rules") else load_rules()
    except NeedlecareError:
        return None


def offer_answers(fact: str) -> Callable[[typer.Context, str], Offered]:
    """Offer the answers of *fact*."""

    def offer(ctx: typer.Context, incomplete: str) -> Offered:
        rule_set = _rule_set(ctx)
        known = rule_set.facts.get(fact) if rule_set else None
        found = [(answer.id, answer.label) for answer in known.answers] if known else []
        return [one for one in found if one[0].startswith(incomplete)]

    return offer


def offer_facts(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer `fact=answer` for every fact of the rule set."""
    rule_set = _rule_set(ctx)
    known = rule_set.facts.values() if rule_set else ()
    found = [(f"{fact.id}={answer.id}", answer.label) for fact in known for answer in fact.answers]
    return [one for one in found if one[0].startswith(incomplete)]


def offer_moments(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer what can be seen."""
    rule_set = _rule_set(ctx)
    known = rule_set.moments.values() if rule_set else ()
    return [(f"{one.id}=", one.label) for one in known if one.clock is None and f"{one.id}=".startswith(incomplete)]


def offer_events(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer the kinds of events."""
    rule_set = _rule_set(ctx)
    known = rule_set.events.values() if rule_set else ()
    return [(f"{one.id}=", one.label) for one in known if f"{one.id}=".startswith(incomplete)]


def offer_activities(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer the activities by their ids."""
    rule_set = _rule_set(ctx)
    known = rule_set.activities.values() if rule_set else ()
    return [(one.id, one.label) for one in known if one.id.startswith(incomplete.lower())]


def offer_signs(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer the signs by their ids."""
    rule_set = _rule_set(ctx)
    known = rule_set.signs.values() if rule_set else ()
    return [(one.id, one.label) for one in known if one.id.startswith(incomplete.lower())]


def offer_rule_sets(incomplete: str) -> list[str]:
    """Offer the rule sets that ship."""
    from needlecare.rules.shipped import shipped_names

    return [name for name in shipped_names() if name.startswith(incomplete)]


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

    return the_current(typed)


def read_requests(typed: Mapping[str, Any]) -> list[Request]:
    """Give the treatments that a question is about: the typed one, else all those remembered that are still open."""
    if typed["date"] is not None:
        return [make_request(typed)]

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
