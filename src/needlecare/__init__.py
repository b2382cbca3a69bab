"""Aftercare for micro-needling: a cited rule set and one treatment in, a day-by-day timeline out.

What is named here is stable; docs/library.md shows it at work.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from needlecare.ask.plainly import can, when
    from needlecare.ask.verdict import Return, Verdict
    from needlecare.errors import InputError, NeedlecareError, OutputError, RuleSetError
    from needlecare.model.facts import Facts
    from needlecare.model.plan import Day, Session, Timeline, Treatment, Window, make_treatment
    from needlecare.model.ruleset import Rule, RuleSet, Source
    from needlecare.rules.load import load_rules
    from needlecare.timeline.build import build_timeline
    from needlecare.typed import read_facts
    from needlecare.views.formats import render

_HOMES = {
    "Day": "needlecare.model.plan",
    "Facts": "needlecare.model.facts",
    "InputError": "needlecare.errors",
    "NeedlecareError": "needlecare.errors",
    "OutputError": "needlecare.errors",
    "Return": "needlecare.ask.verdict",
    "Rule": "needlecare.model.ruleset",
    "RuleSet": "needlecare.model.ruleset",
    "RuleSetError": "needlecare.errors",
    "Session": "needlecare.model.plan",
    "Source": "needlecare.model.ruleset",
    "Timeline": "needlecare.model.plan",
    "Treatment": "needlecare.model.plan",
    "Verdict": "needlecare.ask.verdict",
    "Window": "needlecare.model.plan",
    "build_timeline": "needlecare.timeline.build",
    "can": "needlecare.ask.plainly",
    "load_rules": "needlecare.rules.load",
    "make_treatment": "needlecare.model.plan",
    "read_facts": "needlecare.typed",
    "render": "needlecare.views.formats",
    "when": "needlecare.ask.plainly",
}

__all__ = [
    "Day",
    "Facts",
    "InputError",
    "NeedlecareError",
    "OutputError",
    "Return",
    "Rule",
    "RuleSet",
    "RuleSetError",
    "Session",
    "Source",
    "Timeline",
    "Treatment",
    "Verdict",
    "Window",
    "build_timeline",
    "can",
    "load_rules",
    "make_treatment",
    "read_facts",
    "render",
    "when",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for only when it is: the command line starts without most of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Name what there is."""
    return sorted([*globals(), *_HOMES])
