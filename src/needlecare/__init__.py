"""Aftercare for micro-needling: a cited rule set and one treatment in, a day-by-day timeline out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from needlecare.answers import read_facts
    from needlecare.errors import InputError, NeedlecareError, RuleSetError
    from needlecare.model.plan import Timeline, Window
    from needlecare.model.ruleset import RuleSet
    from needlecare.model.treatment import Treatment, make_treatment
    from needlecare.rules.load import load_rules
    from needlecare.timeline import build_timeline

_HOMES = {
    "InputError": "needlecare.errors",
    "NeedlecareError": "needlecare.errors",
    "RuleSet": "needlecare.model.ruleset",
    "RuleSetError": "needlecare.errors",
    "Timeline": "needlecare.model.plan",
    "Treatment": "needlecare.model.treatment",
    "Window": "needlecare.model.plan",
    "build_timeline": "needlecare.timeline",
    "load_rules": "needlecare.rules.load",
    "make_treatment": "needlecare.model.treatment",
    "read_facts": "needlecare.answers",
}

__all__ = [
    "InputError",
    "NeedlecareError",
    "RuleSet",
    "RuleSetError",
    "Timeline",
    "Treatment",
    "Window",
    "build_timeline",
    "load_rules",
    "make_treatment",
    "read_facts",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for only when it is: the command line starts without most of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
