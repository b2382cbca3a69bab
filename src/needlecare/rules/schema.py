"""The JSON Schema of a rule file, for editors: made from the same names that the loader knows."""

from typing import Any

from needlecare.model.ruleset import VERBS, Activity, Sign, Source
from needlecare.rules.cases import GIVEN
from needlecare.rules.cases import KEYS as CASE_KEYS
from needlecare.rules.fields import BOUND_HELP
from needlecare.rules.guards import REASONS
from needlecare.rules.layers import HEADER
from needlecare.rules.statements import AT, LEVELS, WORDS
from needlecare.rules.words import MEDICINES

_TEXT: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_TEXTS: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_BOUND: dict[str, Any] = {**_TEXT, "description": BOUND_HELP}
_CONDITION: dict[str, Any] = {"type": "object", "description": "facts and the answers, one of which each must have"}
_SAYS: dict[str, Any] = {
    "type": "object",
    "description": "what each source says in its own numbers",
    "additionalProperties": {"anyOf": [_TEXT, {"type": "array"}, {"type": "object"}]},
}
_SOURCES: dict[str, Any] = {"source": _TEXTS, "says": _SAYS}


def _entries(one: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "object", "description": description, "additionalProperties": one}


def _fields(properties: dict[str, Any], *, short: bool = False) -> dict[str, Any]:
    fields = {"type": "object", "additionalProperties": False, "properties": properties}
    return {"anyOf": [_TEXT, fields]} if short else fields


def rule_schema() -> dict[str, Any]:
    """Make the schema of one rule file."""
    rule = _fields(
        {
            **{verb: {**_TEXTS, "description": f"{verb}: activities or signs by their ids"} for verb in VERBS},
            **dict.fromkeys(WORDS, _TEXT),
            **dict.fromkeys(("from", "until", "due", "eases", "worry-after"), _BOUND),
            "for": _BOUND,
            "days": {**_TEXT, "description": "1..6, both included; negative before the treatment"},
            "at": {"enum": list(AT)},
            "when": _CONDITION,
            "except": {"type": "object", "description": "activity: its own end", "additionalProperties": _BOUND},
            "urgent": {**_TEXT, "description": "true for a red flag"},
            "confidence": {"enum": ["low", "normal"]},
            **_SOURCES,
        }
    )
    rule["oneOf"] = [{"required": [verb]} for verb in VERBS] + [{"not": {"anyOf": [{"required": [v]} for v in VERBS]}}]
    screening = _fields(
        {
            "level": {"enum": list(LEVELS)},
            "when": _CONDITION,
            "within": _BOUND,
            **dict.fromkeys(("text", "note", "because", "by"), _TEXT),
            **_SOURCES,
        }
    )
    session = _fields(
        {
            "when": _CONDITION,
            **dict.fromkeys(("id", "count", "every", "overdue", "then", "note", "because", "by"), _TEXT),
            **_SOURCES,
        }
    )
    words = {
        "sources": _fields(dict.fromkeys(Source._fields[1:], _TEXT), short=True),
        "activities": _fields(
            {
                **dict.fromkeys((*Activity._fields[1:], *REASONS), _TEXTS),
                "medicine": {"enum": list(MEDICINES)},
                "advised": {"enum": ["never"]},
                "taken": {"enum": ["by-mouth"]},
            },
            short=True,
        ),
        "signs": _fields(dict.fromkeys((*Sign._fields[1:], *REASONS), _TEXTS), short=True),
        "moments": _fields(
            {**dict.fromkeys(("label", "clock", "day", "note", *REASONS), _TEXT), "source": _TEXTS, "usual": _BOUND},
            short=True,
        ),
        "events": _fields(
            {
                **dict.fromkeys(("label", "results", *REASONS), _TEXT),
                **dict.fromkeys(("activities", "aka", "source"), _TEXTS),
            },
            short=True,
        ),
        "facts": _fields(
            {
                **dict.fromkeys(("ask", "number", "unit", "default", "phrase", "several", "open"), _TEXT),
                "answers": {"type": ["array", "object"]},
            },
            short=True,
        ),
    }
    case = _fields(
        {
            "name": _TEXT,
            "given": {"type": "object", "required": ["date"], "properties": {key: {} for key in GIVEN}},
            "expect": {
                "type": "object",
                "additionalProperties": {"anyOf": [_TEXT, _fields(dict.fromkeys(CASE_KEYS, _TEXTS))]},
            },
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A needlecare rule file",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(HEADER, _TEXT),
            "source": {**_TEXTS, "description": "the default source of every rule here"},
            "when": {**_CONDITION, "description": "a condition of every rule here"},
            "core": _TEXT,
            "clinic": _fields(
                {
                    **dict.fromkeys(("name", "phone", "logo", "closing"), _TEXT),
                    "colours": _fields(dict.fromkeys(("light", "dark"), _TEXT)),
                }
            ),
            "kinds": {"type": "object"},
            **{section: _entries(one, f"{section} by their ids") for section, one in words.items()},
            "rules": _entries(rule, "rules by their ids"),
            "screening": _entries(screening, "reasons not to treat, to wait or to ask"),
            "sessions": {"anyOf": [{"type": "array", "items": session}, _entries(session, "sessions by their ids")]},
            "switched-off": _entries(_fields({"because": _TEXT, "by": _TEXT}), "rules that don't hold here, and why"),
            "batch": {"type": "object", "additionalProperties": _TEXT, "description": "the columns of an export"},
            "cases": {"type": "array", "items": case},
        },
    }
