"""What the options of one treatment come to: a rule set, a treatment, facts. The one place that reads the clock."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from needlecare.errors import InputError

if TYPE_CHECKING:
    from needlecare.model.facts import Facts
    from needlecare.model.ruleset import RuleSet
    from needlecare.model.treatment import Treatment

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
    from needlecare.answers import read_facts
    from needlecare.dates import machine_zone, parse_time, parse_zone
    from needlecare.model.treatment import make_treatment
    from needlecare.rules.load import load_rules

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
        from needlecare.seen import read_seen

        treatment = treatment._replace(seen=read_seen(rule_set, treatment, typed["seen"]))
    if typed["next_"] is not None:
        treatment = treatment._replace(next_day=_next_day(typed["next_"], treatment, now))
    if typed["event"]:
        from needlecare.events import read_events

        treatment = treatment._replace(events=read_events(rule_set, day, typed["event"]))
    return Request(rule_set, treatment, facts, now)


def dated(typed: Mapping[str, Any], zone: ZoneInfo) -> Mapping[str, Any]:
    """Write the words today, yesterday and tomorrow in the options as the dates that they mean now."""
    from needlecare.dates import is_relative, needs_today, resolve

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
    from needlecare.dates import is_relative, parse_date

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
    from needlecare.model.treatment import make_treatment

    known = {one.treatment.day for one in requests}
    booked = [
        one._replace(treatment=make_treatment(day, None, one.treatment.zone))
        for one in requests
        if (day := one.treatment.next_day) is not None and day <= by and day not in known
    ]
    return [*requests, *booked]
