"""The options that every command about a treatment takes, and how commands get what they come to."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import typer

from needlecare.errors import InputError
from needlecare.log import Log, LoggedTreatment, open_log
from needlecare.options import FACTS, OPTIONS, Option

if TYPE_CHECKING:
    from needlecare.model.facts import Facts
    from needlecare.model.plan import Treatment
    from needlecare.model.ruleset import RuleSet


# What was typed for the options of a treatment, by their names in the table.
Typed = Mapping[str, Any]
# The value of an option that wasn't typed: of one, of a list, of a flag.
NOTHING: tuple[Any, ...] = (None, [], False)


class Request(NamedTuple):
    """What was asked about. *now* is what `--now` says; *name* tells remembered treatments apart."""

    rule_set: "RuleSet"
    treatment: "Treatment"
    facts: "Facts"
    now: str | None = None
    name: str = ""


def make_request(typed: Typed, loaded: "dict[str | None, RuleSet] | None" = None) -> Request:
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
    if typed["next"] is not None:
        treatment = treatment._replace(next_day=_next_day(typed["next"], treatment, now))
    if typed["event"]:
        from needlecare.typed import read_events

        treatment = treatment._replace(events=read_events(rule_set, day, typed["event"]))
    return Request(rule_set, treatment, facts, now)


def dated(typed: Typed, zone: ZoneInfo) -> Typed:
    """Write the words today, yesterday and tomorrow in the options as the dates that they mean now."""
    from needlecare.typed import is_relative, needs_today, resolve

    said = {name: typed[name] for name, one in OPTIONS.items() if one.dated and typed[name]}
    relative = {name: texts for name, texts in said.items() if any(map(needs_today, texts))}
    soon = typed["next"] is not None and is_relative(typed["next"])
    if not relative and not soon:
        return typed
    today = present(zone, typed["now"]).date()
    changed = {name: [resolve(text, today) for text in texts] for name, texts in relative.items()}
    return {**typed, **changed, **({"next": resolve(f"={typed['next']}", today)[1:]} if soon else {})}


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


def said_of(typed: Typed) -> dict[str, list[str]]:
    """Gather what the options say of each fact."""
    said: dict[str, list[str]] = {}
    for name in FACTS:
        if (value := typed.get(name)) is not None and value != []:
            said[name] = list(value) if OPTIONS[name].several else [value]
    for pair in typed.get("fact") or ():
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


def the_current(typed: Typed) -> Request:
    """Give the treatment in progress, else the next, else the last."""
    requests = _remembered(typed)
    going = [one for one in requests if _has_begun(one) and _is_open(one)]
    ahead = [one for one in requests if not _has_begun(one)]
    return going[-1] if going else ahead[0] if ahead else requests[-1]


def all_open(typed: Typed) -> list[Request]:
    """Give every treatment that still restricts something, or will; if none does, the last one."""
    requests = _remembered(typed)
    return [one for one in requests if _is_open(one)] or requests[-1:]


def _remembered(typed: Typed) -> list[Request]:
    log = None if typed["no-log"] else open_log()
    treatments = log.treatments() if log else []
    if log is None or not treatments:
        hint = "; `needlecare log add --date …` remembers it" if log is not None else ""
        raise InputError(NO_DATE + hint)
    lasting = log.lasting()
    loaded: dict[str | None, Any] = {}
    return [
        make_request(spoken(one, lasting, _asked_of(one, typed)), loaded)._replace(name=one.key) for one in treatments
    ]


def _asked_of(logged: LoggedTreatment, typed: Typed) -> Typed:
    """Give what was *typed* in a question as far as it is about this treatment."""
    # What has been seen, and the session after that one, are those of a treatment that has been.
    return {**typed, "seen": None, "next": None} if _is_ahead(logged, typed["now"]) else typed


def spoken(logged: LoggedTreatment, lasting: Mapping[str, Any], typed: Typed) -> dict[str, Any]:
    """Lay what was typed now over what was said of the treatment, and that over the lasting facts."""
    said = dict.fromkeys(typed) | dict(lasting) | dict(logged.options)
    said.update({name: value for name, value in typed.items() if value not in NOTHING})
    said["now"] = typed["now"]
    return said


def _is_ahead(logged: LoggedTreatment, now: str | None) -> bool:
    from needlecare.typed import parse_date, parse_zone

    return parse_date(logged.options["date"]) > present(parse_zone(logged.options["tz"]), now).date()


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


def _answers(rule_set: "RuleSet", fact: str) -> Offered:
    known = rule_set.facts.get(fact)
    return [(answer.id, answer.label) for answer in known.answers] if known else []


# The parts of a rule set that complete a word, each with what it offers and what that stands for.
_OFFERED: Mapping[str, Callable[["RuleSet"], Offered]] = {
    "activities": lambda rule_set: [(one.id, one.label) for one in rule_set.activities.values()],
    "signs": lambda rule_set: [(one.id, one.label) for one in rule_set.signs.values()],
    "facts": lambda rule_set: [
        (f"{fact}={answer}", label) for fact in rule_set.facts for answer, label in _answers(rule_set, fact)
    ],
    "moments": lambda rule_set: [(f"{one.id}=", one.label) for one in rule_set.moments.values() if one.clock is None],
    "events": lambda rule_set: [(f"{one.id}=", one.label) for one in rule_set.events.values()],
}


def offer(part: str, fact: str = "") -> Callable[[typer.Context, str], Offered]:
    """Make the completion that offers this *part* of the rule set; for `answers` those of *fact*."""

    def complete(ctx: typer.Context, incomplete: str) -> Offered:
        rule_set = _rule_set(ctx)
        if rule_set is None:
            return []
        offered = _answers(rule_set, fact) if part == "answers" else _OFFERED[part](rule_set)
        return [(word, label) for word, label in offered if word.startswith(incomplete.lower())]

    return complete


def _offer_rule_sets(incomplete: str) -> list[str]:
    from needlecare.rules.shipped import shipped_names

    return [name for name in shipped_names() if name.startswith(incomplete)]


def parameter(option: Option) -> inspect.Parameter:
    """Declare *option* as Typer reads it: as the parameter of a command."""
    completion: Any = None
    if option.offers == "rule sets":
        completion = _offer_rule_sets
    elif option.offers:
        completion = offer(option.offers, option.name)
    declared = typer.Option(
        f"--{option.name}",
        metavar=option.metavar,
        help=option.help,
        rich_help_panel=option.panel,
        autocompletion=completion,
    )
    kind: Any = bool if option.is_flag else list[str] | None if option.several else str | None
    return inspect.Parameter(
        option.name.replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=False if option.is_flag else None,
        annotation=Annotated[kind, declared],
    )


def read_request(typed: Typed) -> Request:
    """Give the one treatment that a plan is for: the typed one, else of those remembered the one that matters now."""
    if typed["date"] is not None:
        return make_request(typed)

    return the_current(typed)


def read_requests(typed: Typed) -> list[Request]:
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
    command: Callable[..., None], read: Callable[[Typed], object], unless: str = ""
) -> Callable[..., None]:
    def run(**typed: Any) -> None:
        options = take_options(typed)
        command(options if typed.get(unless) is not None else read(options), **typed)

    own = list(inspect.signature(command).parameters.values())[1:]
    return declare(run, command, [*map(parameter, OPTIONS.values()), *own])


def take_options(typed: dict[str, Any]) -> dict[str, Any]:
    """Take the options of a treatment out of what was *typed*, by their names in the table."""
    python = {name: name.replace("-", "_") for name in OPTIONS}
    return {name: typed.pop(key) for name, key in python.items() if key in typed}


def declare(
    run: Callable[..., None], command: Callable[..., None], parameters: Sequence[inspect.Parameter]
) -> Callable[..., None]:
    """Let *run* look to Typer like *command* with these *parameters*."""
    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in keywords}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run
