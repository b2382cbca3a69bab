"""Running cases: build the plan that a case asks for, and tell where it says something else."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from needlecare.answers import read_facts
from needlecare.dates import parse_date, parse_time, parse_zone
from needlecare.errors import InputError
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, RuleSet
from needlecare.model.treatment import make_treatment
from needlecare.rules.cases import Case, Expected
from needlecare.rules.fields import nearest
from needlecare.seen import read_seen
from needlecare.timeline import build_timeline

NOTHING = "nothing"
_SESSION = "next-session"


class Difference(NamedTuple):
    """A plan says *got* where a case expects something else; *unknown* tells that nothing is called so, and what is."""

    expected: Expected
    got: str
    unknown: str = ""

    def __str__(self) -> str:
        wanted = self.expected
        key = "" if wanted.key == "is" else f" {wanted.key}"
        return f"{wanted.place}: {wanted.target}{key}: expected {wanted.value}, got {self.got}{self.unknown}"


def plan_case(rule_set: RuleSet, case: Case) -> Timeline:
    """Build the timeline that *case* asks for.

    Raises:
        InputError: what it gives can't be used with this rule set.
    """
    zone = parse_zone(case.tz)
    treatment = make_treatment(parse_date(case.date), parse_time(case.time) if case.time else None, zone)
    treatment = treatment._replace(seen=read_seen(rule_set, treatment, case.seen))
    return build_timeline(rule_set, treatment, read_facts(rule_set, case.facts))


def run_case(rule_set: RuleSet, case: Case) -> list[Difference]:
    """Tell where the plan of *case* says something else than it expects."""
    try:
        timeline = plan_case(rule_set, case)
    except InputError as error:
        raise InputError(f"{case.place}: {case.name}: {error}") from None
    found = (Difference(one, _say(timeline, one), _unknown(rule_set, one.target)) for one in case.expected)
    return [one for one in found if one.unknown or not _agree(one.expected.value, one.got)]


def _unknown(rule_set: RuleSet, target: str) -> str:
    """Tell that nothing is called *target*, and what was probably meant; nothing where something is."""
    known = (*rule_set.activities, *rule_set.signs, *rule_set.screenings, _SESSION)
    if target in known:
        return ""
    return f"; there is no activity, sign or screening entry `{target}`{nearest(target, known)}"


def _agree(wanted: str, got: str) -> bool:
    """Tell whether *got* is what was *wanted*; a date alone stands for its midnight."""
    return got in (wanted, f"{wanted}T00:00")


def _say(timeline: Timeline, wanted: Expected) -> str:
    if wanted.target == _SESSION:
        return _session(timeline, wanted.key)
    if wanted.key == "is":
        return _state(timeline, wanted.target)
    kind, read = _READERS[wanted.key]
    windows = [window for window in timeline.windows if (window.kind, window.target) == (kind, wanted.target)]
    if wanted.key == "only-once":
        return ", ".join(sorted({wait.bound for window in windows for wait in window.waits})) or NOTHING
    return _instant(timeline, read(windows))


def _session(timeline: Timeline, key: str) -> str:
    days: dict[str, date | None] = {}
    for session in timeline.sessions:
        days = {"minimum": session.minimum, "best-until": session.recommended[1], "late-from": session.overdue}
    day = days.get(key)
    return day.isoformat() if day else NOTHING


def _state(timeline: Timeline, target: str) -> str:
    """Say in a word what a plan says of *target*: a screening level, or the kinds of windows on it."""
    levels = [finding.level for finding in timeline.findings if finding.screening.id == target]
    kinds = sorted({window.kind for window in timeline.windows if window.target == target})
    flags = ["red-flag"] if any(target in rule.targets and rule.urgent for rule in timeline.red_flags) else []
    return ", ".join([*levels, *kinds, *flags]) or NOTHING


Read = Callable[[list[Window]], datetime | None]


def _first(pick: Callable[[Window], datetime | None]) -> Read:
    return lambda windows: min(filter(None, map(pick, windows)), default=None)


def _last(pick: Callable[[Window], datetime | None]) -> Read:
    return lambda windows: max(filter(None, map(pick, windows)), default=None)


_READERS: dict[str, tuple[str, Read]] = {
    "no-from": (AVOID, _first(lambda one: one.start if one.start < one.end else None)),
    "no-until": (AVOID, _last(lambda one: one.end if one.start < one.end else None)),
    "better-from": (AVOID, _first(lambda one: one.better_from if one.better_from < one.start else None)),
    "better-until": (AVOID, _last(lambda one: one.better_until if one.better_until > one.end else None)),
    "not-before": (AVOID, _last(lambda one: one.earliest)),
    "only-once": (AVOID, _last(lambda one: one.end)),
    "do-from": (DO, _first(lambda one: one.start)),
    "do-until": (DO, _last(lambda one: one.end)),
    "allowed-from": (ALLOW, _first(lambda one: one.start)),
    "prepare-from": (PREPARE, _first(lambda one: one.start)),
    "normal-until": (EXPECT, _last(lambda one: one.end)),
    "call-from": (EXPECT, _first(lambda one: one.worry_after)),
}


def _instant(timeline: Timeline, instant: datetime | None) -> str:
    if instant is None:
        return NOTHING
    if instant == FOREVER:
        return "no end"
    local = instant.astimezone(timeline.treatment.zone)
    return f"{local:%Y-%m-%d}T{local:%H:%M}"
