"""What was said of a treatment, as options, kept in its calendar: for a file that follows to miss what it lacks."""

import re
import shlex
from collections.abc import Iterator, Mapping

from needlecare.model.facts import Given
from needlecare.model.plan import Timeline

# The heading of every calendar shows these; of any other fact only that it was given is kept, and no answer.
_SHOWN = frozenset({"area", "depth", "setting", "technique", "add-on"})
# Options that say no fact.
NO_FACTS = frozenset({"--time", "--tz", "--rules", "--next", "--event", "--seen"})
_OPTION = re.compile(r"--[a-z][a-z0-9-]{0,40}")
_LONGEST, _LONGEST_VALUE = 2000, 80

Said = Mapping[str, str]


def said_of(timeline: Timeline, *, discreet: bool = False) -> str:
    """Write what was said of the treatment as the options that say it; a *discreet* file keeps no answers."""
    return to_words({option: "" if discreet else value for option, value in _said(timeline)})


def is_discreet(said: Said) -> bool:
    """Tell whether these options come from a discreet file; any other keeps the zone at least."""
    return bool(said) and not any(said.values())


def to_words(said: Said) -> str:
    """Write options and their values, as a shell reads them."""
    return " ".join(f"{option}={shlex.quote(value)}" if value else option for option, value in said.items())


def from_words(words: str) -> dict[str, str]:
    """Read what `to_words` wrote; what can't be read says nothing."""
    try:
        parts = shlex.split(words[:_LONGEST])
    except ValueError:
        return {}
    pairs = [part.partition("=")[::2] for part in parts]
    return {option: value[:_LONGEST_VALUE] for option, value in pairs if _OPTION.fullmatch(option)}


def missing(old: Said, timeline: Timeline) -> dict[str, str]:
    """Give what was said in the *old* file and is not said now; what is said otherwise is meant so."""
    now = dict(_said(timeline))
    lost = {option: value for option, value in old.items() if option not in now}
    for fact, value in timeline.facts.assumed.items():
        if lost.get(f"--{fact}") == _typed(value):
            del lost[f"--{fact}"]
    # These always hold something, typed or not.
    other = {option: old[option] for option in ("--tz", "--rules") if old.get(option) and old[option] != now[option]}
    return lost | other


def _said(timeline: Timeline) -> Iterator[tuple[str, str]]:
    treatment, facts = timeline.treatment, timeline.facts
    for fact in sorted(facts.given):
        yield f"--{fact}", _typed(facts.given[fact]) if fact in _SHOWN else ""
    if treatment.clock:
        yield "--time", f"{treatment.clock:%H:%M}"
    yield "--tz", treatment.zone.key
    yield "--rules", timeline.rule_set.id
    if treatment.next_day:
        yield "--next", ""
    if treatment.events:
        yield "--event", ""
    if treatment.seen:
        yield "--seen", ""


def _typed(value: Given) -> str:
    return ",".join(value) if isinstance(value, tuple) else f"{value:g}"
