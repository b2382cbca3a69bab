"""Aftercare for micro-needling: a cited rule set and one treatment in, a day-by-day timeline out.

What is named here is stable; docs/library.md shows it at work.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from needlecare.ask.question import can, check, normal, sessions, today, when, why
    from needlecare.ask.reasons import Reasons, Screened
    from needlecare.ask.signs import Sighting
    from needlecare.ask.today import Today
    from needlecare.ask.verdict import Return, Verdict
    from needlecare.errors import InputError, NeedlecareError, OutputError, RuleSetError
    from needlecare.model.facts import Facts
    from needlecare.model.plan import Day, Event, Session, Timeline, Treatment, Window, make_treatment
    from needlecare.model.ruleset import Rule, RuleSet, Source
    from needlecare.rules.load import load_rules
    from needlecare.timeline.build import build_timeline
    from needlecare.timeline.sessions import Course
    from needlecare.typed import read_facts
    from needlecare.views.formats import render

    __version__: str

# Each name with the module that it is imported from when it is first asked for: the command line starts without most.
_HOMES = {
    "Course": "needlecare.timeline.sessions",
    "Day": "needlecare.model.plan",
    "Event": "needlecare.model.plan",
    "Facts": "needlecare.model.facts",
    "InputError": "needlecare.errors",
    "NeedlecareError": "needlecare.errors",
    "OutputError": "needlecare.errors",
    "Reasons": "needlecare.ask.reasons",
    "Return": "needlecare.ask.verdict",
    "Rule": "needlecare.model.ruleset",
    "RuleSet": "needlecare.model.ruleset",
    "RuleSetError": "needlecare.errors",
    "Screened": "needlecare.ask.reasons",
    "Session": "needlecare.model.plan",
    "Sighting": "needlecare.ask.signs",
    "Source": "needlecare.model.ruleset",
    "Timeline": "needlecare.model.plan",
    "Today": "needlecare.ask.today",
    "Treatment": "needlecare.model.plan",
    "Verdict": "needlecare.ask.verdict",
    "Window": "needlecare.model.plan",
    "build_timeline": "needlecare.timeline.build",
    "can": "needlecare.ask.question",
    "check": "needlecare.ask.question",
    "load_rules": "needlecare.rules.load",
    "make_treatment": "needlecare.model.plan",
    "normal": "needlecare.ask.question",
    "read_facts": "needlecare.typed",
    "render": "needlecare.views.formats",
    "sessions": "needlecare.ask.question",
    "today": "needlecare.ask.question",
    "when": "needlecare.ask.question",
    "why": "needlecare.ask.question",
}

__all__ = [
    "Course",
    "Day",
    "Event",
    "Facts",
    "InputError",
    "NeedlecareError",
    "OutputError",
    "Reasons",
    "Return",
    "Rule",
    "RuleSet",
    "RuleSetError",
    "Screened",
    "Session",
    "Sighting",
    "Source",
    "Timeline",
    "Today",
    "Treatment",
    "Verdict",
    "Window",
    "__version__",
    "build_timeline",
    "can",
    "check",
    "load_rules",
    "make_treatment",
    "normal",
    "read_facts",
    "render",
    "sessions",
    "today",
    "when",
    "why",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for only when it is."""
    from importlib import import_module

    if name == "__version__":
        return import_module("importlib.metadata").version("needlecare")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Name what there is."""
    return sorted({*globals(), *__all__})
