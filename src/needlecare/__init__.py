"""Aftercare for micro-needling: a cited rule set and one treatment in, a day-by-day timeline out.

What is named here is stable; docs/library.md shows it at work.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from needlecare.ask.question import can, check, normal, sessions, today, when, why
    from needlecare.ask.reasons import Reasons, Screened
    from needlecare.ask.today import Return, Sighting, Today
    from needlecare.ask.verdict import Verdict
    from needlecare.errors import InputError, NeedlecareError, OutputError, RuleSetError
    from needlecare.model.facts import Facts
    from needlecare.model.plan import Day, Event, Session, Timeline, Treatment, Window, make_treatment
    from needlecare.model.ruleset import Rule, RuleSet, Source
    from needlecare.rules.load import load_rules
    from needlecare.timeline.agenda import Course
    from needlecare.timeline.build import build_timeline
    from needlecare.typed import read_facts
    from needlecare.views.formats import render

    __version__: str

# Where each name is imported from when it is first asked for: the command line starts without most.
_HOMES = {
    "ask.question": ("can", "check", "normal", "sessions", "today", "when", "why"),
    "ask.reasons": ("Reasons", "Screened"),
    "ask.today": ("Return", "Sighting", "Today"),
    "ask.verdict": ("Verdict",),
    "errors": ("InputError", "NeedlecareError", "OutputError", "RuleSetError"),
    "model.facts": ("Facts",),
    "model.plan": ("Day", "Event", "Session", "Timeline", "Treatment", "Window", "make_treatment"),
    "model.ruleset": ("Rule", "RuleSet", "Source"),
    "rules.load": ("load_rules",),
    "timeline.build": ("build_timeline",),
    "timeline.agenda": ("Course",),
    "typed": ("read_facts",),
    "views.formats": ("render",),
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
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"needlecare.{home}"), name)


def __dir__() -> list[str]:
    """Name what there is."""
    return sorted({*globals(), *__all__})
