"""The options of a treatment on the command line → the requests that commands work with.

Owns the clock, the defaults from the log, and completion. Must not know what a command does with a request.
"""

import inspect
import keyword
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn
from unicodedata import normalize
from zoneinfo import ZoneInfo

import typer

from needlecare.cli.completion import offer
from needlecare.cli.output import complain
from needlecare.cli.settings import find_setting
from needlecare.errors import InputError
from needlecare.model.facts import DATED, FACTS, LASTING, NONE, OPTIONS, SEVERAL, Option, Trait
from needlecare.views.formats import CalendarStyle

if TYPE_CHECKING:
    from needlecare.files import Log
    from needlecare.model.facts import Facts
    from needlecare.model.plan import Timeline, Treatment
    from needlecare.model.ruleset import RuleSet


NoPager = Annotated[bool, typer.Option("--no-pager", help="Print at once, however long it is.")]
_STYLE_HELP = "The first screen by its days, or everything."
StyleOption = Annotated[
    CalendarStyle | None, typer.Option("--calendar-style", help=_STYLE_HELP, rich_help_panel="The calendar")
]
# Values of the options that were typed, or logged, by name.
Typed = Mapping[str, Any]
# The value of an option that wasn't typed: of one, of a list, of a flag.
NOTHING: tuple[Any, ...] = (None, [], False)
NEVER_LOGGED = ("now", "no-log", "for")
_LONGEST_NAME = 40
# Lists that hold for every treatment.
_OF_ONESELF = tuple(name for name in LASTING if name in SEVERAL)


class Request(NamedTuple):
    """One treatment to plan or ask about. *now* is the value of `--now`; *name* tells logged treatments apart.

    *calendar* are the rules that its last calendar was made of, as far as the log knows. *whose* says who was treated,
    where the log knows more than one.
    """

    rule_set: "RuleSet"
    treatment: "Treatment"
    facts: "Facts"
    now: str | None = None
    name: str = ""
    calendar: str = ""
    whose: str = ""


def timeline_of(request: Request, days: int | None = None) -> "Timeline":
    """Build the timeline of *request*, with so many *days* listed as `build_timeline` takes."""
    from needlecare.timeline.build import build_timeline

    return build_timeline(request.rule_set, request.treatment, request.facts, days=days)


def rules_of(request: Request) -> str:
    """Name the rules of *request*, as no others are called."""
    return f"{request.rule_set.id} {request.rule_set.version} {request.rule_set.digest[-8:]}"


def make_request(typed: Typed) -> Request:
    """Make a request of the options of one treatment."""
    from needlecare.model.plan import make_treatment
    from needlecare.rules.load import load_rules
    from needlecare.typed import parse_time, read_events, read_facts, read_seen

    now = typed.get("now")
    zone = zone_called(typed.get("tz"))
    if now is not None:
        present(zone, now)  # a mistake in it is reported even where nothing asks for the time
    typed = with_dates(typed, typed.get("tz"))
    day = read_date(typed["date"], zone, now)
    clock = parse_time(typed["time"]) if "time" in typed else None
    rule_set = load_rules(typed["rules"] if "rules" in typed else find_setting("rules"))
    facts = read_facts(rule_set, fact_texts(typed))
    treatment = make_treatment(day, clock, zone)
    seen = read_seen(rule_set, treatment, typed.get("seen", ()))
    next_day = read_date(typed["next"], zone, now) if "next" in typed else None
    if next_day and next_day <= day:
        raise InputError(f"--next: {next_day} isn't after the treatment on {day}; give a later date")
    events = read_events(rule_set, day, typed.get("event", ()))
    treatment = treatment._replace(seen=seen, next_day=next_day, events=events, names_zone="tz" in typed)
    return Request(rule_set, treatment, facts, now=now)


def zone_called(tz: str | None) -> ZoneInfo:
    """Return the zone called *tz*; without a name the one of the settings, else that of this machine."""
    from needlecare.typed import find_zone

    return find_zone(find_setting("tz") if tz is None else tz)


def with_dates(typed: Typed, tz: str | None) -> dict[str, Any]:
    """Write the words today, yesterday and tomorrow in the options as the dates that they mean now in the zone *tz*."""
    from needlecare.typed import resolve

    def find_today() -> date:
        return present(zone_called(tz), typed.get("now")).date()

    dated = {name: [resolve(text, find_today) for text in typed[name]] for name in DATED if name in typed}
    return {**typed, **dated}


def fact_texts(typed: Typed) -> dict[str, list[str]]:
    """Return what the options answer to each fact."""
    texts = {name: list(typed[name]) if name in SEVERAL else [typed[name]] for name in FACTS if name in typed}
    for pair in typed.get("fact", ()):
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--fact: `{pair}` can't be read; write it as key=value")
        texts.setdefault(key.strip(), []).append(value)
    return texts


def read_date(text: str, zone: ZoneInfo, now: str | None) -> date:
    """Parse a date; the clock is read only for words such as today."""
    from needlecare.typed import is_relative, parse_date

    return parse_date(text, present(zone, now).date() if is_relative(text) else None)


def present(zone: ZoneInfo, now: str | None) -> datetime:
    """Return the present moment in *zone*: what `--now` says, else the clock."""
    if now is None:
        return datetime.now(zone)
    from needlecare.model.time import check_year

    try:
        moment = datetime.fromisoformat(now)
    except ValueError:
        raise InputError(f"--now: `{now}` can't be read; write it as 2026-11-20T16:30") from None
    check_year(moment, f"--now: `{now}`")
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def present_for(requests: Sequence[Request]) -> datetime:
    """Return the present moment in the zone of *requests*, and refuse sightings that are still to come."""
    now = present(requests[0].treatment.zone, requests[0].now)
    for request in requests:
        refuse_ahead(request, now)
    return now


def refuse_ahead(request: Request, now: datetime) -> None:
    """Refuse sightings after *now*, in a command that knows what time it is.

    Raises:
        InputError: there is one.
    """
    for name, seen in request.treatment.seen.items():
        if seen.first is None or seen.first.at <= now:
            continue
        on, today = f"{seen.first.day}", f"{now.date()}"
        if on == today:
            on, today = f"{on} {seen.first.at.astimezone(now.tzinfo):%H:%M}", f"{today} {now:%H:%M}"
        raise InputError(f"--seen: {name} on {on} is still to come, it is {today}; say it once you have seen it")


def read_request(typed: Typed) -> Request:
    """Return the treatment that a plan is for: the typed one, else of the logged ones the one that matters now.

    That is the one in progress, else the next, else the last.
    """
    if "date" in typed:
        return _make_alone(typed)
    requests = [*_with_booked(_logged(typed))] or _refuse(typed)
    going = [one for one in filter(_is_open, requests) if _has_begun(one)]
    ahead = [one for one in requests if not _has_begun(one)]
    for other in going[:-1]:
        complain(f"the treatment of {other.treatment.day} is still open too: `needlecare today` counts both")
    return going[-1] if going else ahead[0] if ahead else requests[-1]


def read_requests(typed: Typed) -> list[Request]:
    """Return the treatments that a question is about: the typed one, else every logged one that is still open.

    Open is one that still restricts something, or will; if none does, the last counts.
    """
    return find_requests(typed) or _refuse(typed)


def find_requests(typed: Typed) -> list[Request]:
    """Return the same, and none where no treatment is typed or logged."""
    if "date" in typed:
        return [_make_alone(typed)]
    requests = _logged(typed)
    return [one for one in requests if _is_open(one)] or requests[-1:]


def read_screened(typed: Typed) -> list[Request]:
    """Return the treatments to screen; where none is typed or logged, one of today: whether to book needs no date."""
    if found := find_requests(typed):
        return found
    log = _log(typed)
    return [make_request({"date": "today", **with_known(log.lasting() if log else {}, typed)})]


def _make_alone(typed: Typed) -> Request:
    """Make a request of what is typed without the log."""
    if "for" in typed:
        raise InputError("--for chooses whose treatment of the log is meant; with --date the log is left out")
    return make_request(typed)


def _refuse(typed: Typed) -> NoReturn:
    if "for" in typed and _log(typed) is not None:
        raise InputError(f"no treatment of {whom(typed)} is remembered; `needlecare log list` shows whose are")
    hint = "; `needlecare log add --date …` remembers it" if _log(typed) is not None else ""
    raise InputError(f"when was the treatment? Give --date 2026-11-20, and --time 16:30 if you know it{hint}")


def _log(typed: Typed) -> "Log | None":
    from needlecare.files import open_log

    return None if "no-log" in typed else open_log(whom(typed))


def whom(typed: Typed) -> str:
    """Return whose treatment is meant: the name of somebody else, or nothing."""
    name = normalize("NFC", " ".join(typed.get("for", "").split()))
    if "for" in typed and (not name or len(name) > _LONGEST_NAME or "/" in name):
        raise InputError(f"--for is a name of up to {_LONGEST_NAME} letters, without /, as in --for Ana")
    return name


def others(log: "Log") -> str:
    """Return how to ask about each of the other people whom *log* knows."""
    names = (one for one in log.people() if one.casefold() != log.person.casefold())
    return ", ".join(f"--for {one}" if one else "without --for" for one in names)


def _name_whose(log: "Log") -> str:
    asked = others(log)
    return f"For {log.person or 'you'} ({asked}: somebody else's)" if asked else ""


def _logged(typed: Typed) -> list[Request]:
    from needlecare.typed import parse_date, parse_zone

    log = _log(typed)
    treatments = log.treatments() if log else []
    lasting = log.lasting() if log and treatments else {}
    whose, requests = _name_whose(log) if log and treatments else "", []
    for one in treatments:
        today = present(parse_zone(one.options["tz"]), typed.get("now")).date()
        # Sightings, and the session after that one, belong to a treatment that has been.
        passed = ("seen", "next") if parse_date(one.options["date"]) > today else ()
        options = over_logged(one.options, lasting, without(typed, passed))
        made = make_request(options)
        treatment = made.treatment._replace(names_zone="tz" in typed)
        calendar = one.options.get("calendar", "")
        requests.append(made._replace(treatment=treatment, name=one.key, calendar=calendar, whose=whose))
    return requests


def _with_booked(requests: Sequence[Request]) -> Iterator[Request]:
    """Take the logged treatment of the same area that follows one which has been for its session that is booked."""
    for number, one in enumerate(requests, 1):
        area, day = one.facts.value("area"), one.treatment.day
        later = (
            other.treatment.day
            for other in requests[number:]
            if other.facts.value("area") == area and other.treatment.day > day
        )
        booked = one.treatment.next_day or (next(later, None) if _has_begun(one) else None)
        yield one._replace(treatment=one.treatment._replace(next_day=booked))


def over_logged(logged: Typed, lasting: Typed, typed: Typed) -> dict[str, Any]:
    """Lay what was *typed* now over what is *logged* of the treatment, and that over the lasting facts."""
    return with_known(without({**lasting, **logged}, NEVER_LOGGED), typed)


def with_known(known: Typed, said: Typed) -> dict[str, Any]:
    """Lay what is *said* over what is *known*; an illness or a medicine more takes none away, only `none` does."""
    whole = {**known, **said}
    for name in (one for one in _OF_ONESELF if one in known and one in said):
        words = {word_of(text) for text in said[name]}
        kept = [text for text in known[name] if NONE not in words and word_of(text) not in {NONE, *words}]
        whole[name] = [*kept, *said[name]]
    return whole


def word_of(text: str) -> str:
    """Return *text* without the date that comes with it."""
    return text.partition("=")[0].strip().lower()


def without(options: Typed, names: Container[str]) -> dict[str, Any]:
    """Return *options* but those of these *names*."""
    return {name: value for name, value in options.items() if name not in names}


def _has_begun(request: Request) -> bool:
    return request.treatment.first <= present(request.treatment.zone, request.now)


def _is_open(request: Request) -> bool:
    """Return whether something of its plan is still to come, besides what never ends."""
    if not _has_begun(request):
        return True
    from needlecare.model.plan import FOREVER

    now = present(request.treatment.zone, request.now)
    windows = timeline_of(request).windows
    return any(now < one.better_until < FOREVER for one in windows)


def with_options(
    command: Callable[..., None], read: Callable[[Typed], object] = dict, options: Collection[Option] = OPTIONS.values()
) -> Callable[..., None]:
    """Add *options* to *command*; its first argument becomes what *read* makes of those that are typed."""

    def run(**typed: Any) -> None:
        values = {one.name: typed.pop(_parameter_name(one)) for one in options} | {"words": typed.get("words")}
        given = {name: value for name, value in values.items() if value not in NOTHING}
        command(read(given), **typed)

    own = list(inspect.signature(command).parameters.values())[1:]
    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*map(_parameter, options), *own)]
    # Typer is to see *command* with all of them.
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in keywords}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


about_treatments = partial(with_options, read=read_requests)
about_screening = partial(with_options, read=read_screened)


def _parameter_name(option: Option) -> str:
    name = option.name.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def _parameter(option: Option) -> inspect.Parameter:
    """Declare *option* as Typer reads it: as the parameter of a command."""
    is_switch, several = Trait.SWITCH in option.traits, Trait.SEVERAL in option.traits
    offers = "answers" if Trait.FACT in option.traits else option.offers
    declared = typer.Option(
        f"--{option.name}",
        metavar=None if is_switch else option.metavar,
        help=f"{option.help.removesuffix('.')} (repeatable)." if several else option.help,
        rich_help_panel=option.panel,
        autocompletion=offer(offers, option.name) if offers else None,
    )
    one: Any = Path if Trait.FILE in option.traits else str
    kind: Any = bool if is_switch else list[one] | None if several else one | None
    return inspect.Parameter(
        _parameter_name(option),
        inspect.Parameter.KEYWORD_ONLY,
        default=False if is_switch else None,
        annotation=Annotated[kind, declared],
    )
