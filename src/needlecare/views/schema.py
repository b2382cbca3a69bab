"""The JSON Schema of a plan, generated from the types and the fields that `views.json` writes."""

import types
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from needlecare.model.plan import Clash, Finding, Lift, Meeting, Timeline, Treatment, Window
from needlecare.model.ruleset import Rule, RuleSet
from needlecare.views.json import SCALARS, SCHEMA_VERSION, Assumed, RedFlag, fields_of

Schema = dict[str, Any]
_PLAIN: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"},
    type(None): {"type": "null"},
}
# The types of fields that are computed, and of texts that are one of a few.
_TYPES: dict[tuple[type, str], Any] = {
    (Timeline, "facts"): dict[str, str | float | list[str]],
    (Timeline, "assumed"): list[Assumed],
    (Timeline, "rules"): dict[str, Rule],
    (Timeline, "unanswered"): list[str],
    (Timeline, "red_flags"): list[RedFlag],
    (Treatment, "tz"): str,
    (Treatment, "moment"): datetime | None,
    (Window, "kind"): Literal["avoid", "do", "allow", "expect", "prepare"],
    (Window, "bound"): Literal["at least", "up to"],
    (Window, "better_from"): datetime | None,
    (Window, "better_until"): datetime | None,
    (Window, "precision"): Literal["minute", "day"],
    (Window, "times"): str | None,
    (Window, "sources"): list[str],
    (Rule, "words"): dict[str, str],
    (Rule, "confidence"): Literal["normal", "low"],
    (Lift, "to"): Literal["yes", "better-not"],
    (Clash, "state"): Literal["no", "better-not"],
    (Finding, "level"): Literal["stop", "postpone", "ask", "tell"],
    (Finding, "sources"): list[str],
    (Meeting, "only_if"): list[str],
}


def json_schema() -> Schema:
    """Generate the JSON Schema of a whole plan."""
    made = _Maker()
    plan = made.record(Timeline)
    begins = {
        "schema_version": {"const": SCHEMA_VERSION},
        "notice": {"type": "string"},
        "ruleset": made.schema(RuleSet),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Timeline",
        **plan,
        "properties": {**begins, **plan["properties"]},
        "required": [*begins, *plan["required"]],
        "$defs": dict(sorted(made.definitions.items())),
    }


class _Maker:
    """Makes schemas, and gathers those of the types that they name."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def schema(self, kind: Any) -> Schema:
        """Return the schema of a type."""
        if kind in _PLAIN:
            return _PLAIN[kind]
        if get_origin(kind) is not None:
            return self._generic(get_origin(kind), get_args(kind))
        if kind in SCALARS:
            return {"type": "string"}
        if kind.__name__ not in self.definitions:
            self.definitions[kind.__name__] = self.record(kind)
        return {"$ref": f"#/$defs/{kind.__name__}"}

    def _generic(self, origin: Any, inside: tuple[Any, ...]) -> Schema:
        if origin is Literal:
            return {"enum": list(inside)}
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.schema(one) for one in inside]}
        if issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.schema(inside[1])}
        length = len(inside) if origin is tuple and inside[-1] is not Ellipsis else None
        counted = {"minItems": length, "maxItems": length} if length else {}
        return {"type": "array", "items": self.schema(inside[0]), **counted}

    def record(self, kind: type) -> Schema:
        """Return the schema of what is written as an object."""
        properties = {}
        for one in fields_of(kind):
            made = self.schema(_TYPES.get((kind, one.name)) or _hint(kind, one.path))
            properties[one.name] = {"anyOf": [made, {"type": "null"}]} if one.nullable else made
        says = (kind.__doc__ or "").strip().partition("\n")[0]
        return {"type": "object", "description": says, "properties": properties, "required": list(properties)}


def _hint(kind: Any, path: str) -> Any:
    """Return the type of what *path* leads to from *kind*."""
    for name in path.split("."):
        known = getattr(kind, name, None)
        getter = known.fget if isinstance(known, property) else getattr(known, "func", None)
        kind = get_type_hints(getter)["return"] if getter else get_type_hints(kind)[name]
    return kind
