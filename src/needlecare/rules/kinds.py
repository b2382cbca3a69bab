"""How values are written in rule files: each kind reads its value, and is the JSON Schema that editors use.

Knows how they are written, not what they mean. A schema refuses nothing that is read, and refers to ids of the shipped
set by the names of their sections.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from enum import Enum, auto
from typing import Any, NamedTuple

from needlecare.model.time import ALWAYS, Bound, Duration, parse_bound, parse_duration, parse_range, respelled
from needlecare.rules.read import Fields, Problems, Text, Value, decimal, placed, whole_number

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# Lengths and points of time in the regular expressions that schemas share with other languages.
_LENGTH = r"\d{1,6}(min|h|d|w|mo|y)"
_SPAN = rf"((at least|up to)\s+{_LENGTH}|{_LENGTH}(\s*\.\.\s*{_LENGTH})?)"
_TERM = rf"({_SPAN}(\s+before)?|[a-z][a-z0-9-]*(\s+ends)?(\s*[+-]\s*{_SPAN})?)"
_TERMS = rf"(?!always\s*$){_TERM}(\s+and\s+{_TERM})*(\s*\.\.always)?"
_WHOLE = r"-?[0-9]{1,5}"
DECIMAL = r"[0-9]{1,4}(\.[0-9]{1,4})?"
# A value of more characters is none, and would take long to read.
_LONGEST = 400
Schema = dict[str, Any]


class Mark(Enum):
    """What layers and advice need to know of a field."""

    # What an entry states as such; a window is one way to state it.
    VALUE = auto()
    WINDOW = auto()
    TIME = auto()
    # Why it states that; words are shown and never computed, some mention how long, some how to do something.
    REASON = auto()
    WORD = auto()
    TELLS_TIME = auto()
    TELLS_HOW = auto()
    # May change in a red flag, since it takes nothing from it.
    SAFE = auto()
    # Makes a word what it is; other names only help to find it.
    MEANING = auto()
    HEADING = auto()


class Kind(NamedTuple):
    """A way to write a value; *read* returns it, or None where it can't be read, which is noted.

    Where the value consists of entries, they are *of* a section, and *ways* holds how: `listed`, by their `ids`.
    """

    read: Callable[[Any, str, Problems], Any]
    schema: Schema
    of: "Section | None" = None
    ways: tuple[str, ...] = ()


class Field(NamedTuple):
    """A field of an entry; *into* is what the model calls it, if that is another word.

    A rule may have it beside some *verbs* only: beside any other it would reach nobody. In a change it takes the place
    of what it *excludes*, and the other way round.
    """

    name: str
    kind: Kind
    help: str = ""
    into: str = ""
    marks: tuple[Mark, ...] = ()
    verbs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


class Section(NamedTuple):
    """The fields of one sort of entry; one line of text stands for its field *short*, if it has one."""

    what: str
    fields: Mapping[str, Field]
    short: str = ""
    example: str = ""
    more: Mapping[str, Any] = {}

    @property
    def how(self) -> str:
        """How an entry is written, for messages."""
        example = f", such as {self.example}" if self.example else ""
        return f"{self.what} is {'one line of text, or ' if self.short else ''}fields in {{ }}{example}"

    def read(self, value: Value) -> dict[Any, Any] | None:
        """Return the fields of an entry as written, which *value* may name by their short form; else None."""
        if isinstance(value, str) and self.short:
            return placed(Fields({placed(Text(self.short), value): value}), value)
        return value if isinstance(value, dict) else None


def as_is(value: Value, *_: object) -> Value:
    """Return *value* as it is written, for whoever reads it later."""
    return value


def read_texts(value: Value, key: str, problems: Problems) -> tuple[str, ...] | None:
    """Read one text, or a list of them."""
    several = [value] if isinstance(value, str) else value
    if isinstance(several, list) and all(isinstance(item, str) for item in several):
        return tuple(map(str, several))
    problems.add(value, f"`{key}` is one name, or a list such as [one, two]")
    return None


def read_line(value: Value, key: str, problems: Problems) -> str | None:
    """Read one text as it is written."""
    if isinstance(value, str):
        return value
    problems.add(value, f"`{key}` is one line of text")
    return None


def _read_text(value: Value, key: str, problems: Problems) -> str | None:
    if isinstance(value, str) and value[:1] in ("“", "”", "„"):
        problems.add(value, f"`{key}` begins with a curly quote, which would be shown; use straight quotes")
    line = read_line(value, key, problems)
    return None if line is None else " ".join(line.split())


def id_of(*sections: str) -> Schema:
    """Return the schema of an id: any that is well written, and those of the shipped set to choose from."""
    wrong = "an id has lower-case letters, digits and hyphens"
    own = {"type": ["string", "integer"], "pattern": f"^{ID.pattern}$", "errorMessage": wrong}
    return {"anyOf": [own, *({"$ref": f"#/definitions/{section}"} for section in sections)]}


def several(one: Schema) -> Schema:
    """Return the schema of *one*, or a list of such."""
    return {"anyOf": [one, {"type": "array", "items": one}]}


def parsed(
    parse: Callable[[str], Any], help_: str, pattern: str, *examples: str, also: str = "string", ids: str = ""
) -> Kind:
    """Return a kind written as one text, which *parse* turns into its value or None; *help_* says how to write it.

    Its *pattern* refuses no such text. YAML may take it for *also*, a number; it may be one of the *ids* of a section.
    """

    def read(value: Value, key: str, problems: Problems) -> Any:
        text = " ".join(value.split()) if isinstance(value, str) and len(value) <= _LONGEST else ""
        found = parse(text) if text else None
        if found is None:
            meant = respelled(text)
            shown = f": `{value}`{f' (did you mean {meant}?)' if parse(meant) is not None else ''}" if text else ""
            problems.add(value, f"`{key}` can't be read{shown}; {help_}")
        return found

    # An empty text takes the field away from a rule of another set.
    told: Schema = {"pattern": rf"^\s*({pattern})?\s*$", "errorMessage": help_, "description": help_}
    schema: Schema = {"type": sorted({"string", also}), **told, "examples": list(examples)}
    return Kind(read, {"anyOf": [schema, {"$ref": f"#/definitions/{ids}"}], "description": help_} if ids else schema)


def pair(parse: Callable[[str], Any], help_: str, pattern: str, *examples: str, also: str = "string") -> Kind:
    """Return a kind written as `one..other`, or `one` for both; *pattern* is that of one."""

    def both(text: str) -> tuple[Any, Any] | None:
        low, dots, high = text.partition("..")
        first, last = parse(low.strip()), parse((high if dots else low).strip())
        return None if first is None or last is None else (first, last)

    return parsed(both, help_, rf"{pattern}(\s*\.\.\s*{pattern})?", *examples, also=also)


def one_of(*words: str, reads: Mapping[str, Any] | None = None, schema: Schema | None = None) -> Kind:
    """Return a kind written as one of *words*; *reads* holds what each stands for, else it is itself."""

    def read(value: Value, key: str, problems: Problems) -> Any:
        if isinstance(value, str) and value in words:
            return reads[value] if reads else str(value)
        said = f" `{value}`" if isinstance(value, str) else ""
        problems.add(value, f"`{key}` can't be{said}; it is one of {', '.join(words)}")
        return None

    return Kind(read, schema or {"enum": list(words)})


def _read_day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text) if text.count("-") == len("--") else None
    return None


def _every(text: str) -> tuple[Duration, Duration] | None:
    return None if (one := parse_range(text)) is None or one.near.is_elapsed or one.far.is_elapsed else one[:2]


def _read_exceptions(value: Value, key: str, problems: Problems) -> tuple[tuple[str, Bound], ...] | None:
    if not isinstance(value, dict):
        problems.add(value, "write exceptions as {activity: its own end}, such as {mineral-makeup: 12h}")
        return None
    return tuple(
        (str(name), read) for name, end in value.items() if (read := BOUND.read(end, key, problems)) is not None
    )


TEXT_SCHEMA: Schema = {"type": ["string", "number", "boolean"]}
LINE = Kind(read_line, TEXT_SCHEMA)
TEXT = Kind(_read_text, TEXT_SCHEMA)
TEXTS = Kind(read_texts, several(TEXT_SCHEMA))
ACTIVITIES, SIGNS, SOURCES = (Kind(read_texts, several(id_of(one))) for one in ("activities", "signs", "sources"))
FLAG = one_of("true", "false", reads={"true": True, "false": False}, schema={"enum": ["true", "false", True, False]})
_HOW_BOUND = "write it as 48h, 3d, 24h..48h, 7d before, redness-gone, 48h and redness-gone, or always"
BOUND = parsed(
    parse_bound, _HOW_BOUND, f"always|{_TERMS}", "48h", "3d", "24h..48h", "7d before", "always", ids="moments"
)
_STARTS = "24h, 3d, 7d before, 2d..4d before, redness-gone, or 48h and redness-gone; only an end can be always"
START = parsed(
    lambda text: None if (bound := parse_bound(text)) == ALWAYS else bound,
    f"write it as {_STARTS}",
    *(_TERMS, "24h", "3d", "7d before", "2d..4d before"),
    ids="moments",
)
_EXCEPTED = {"propertyNames": id_of("activities", "signs"), "additionalProperties": BOUND.schema}
EXCEPTIONS = Kind(_read_exceptions, {"type": "object", **_EXCEPTED})
DURATION = parsed(parse_duration, "write it as 24h, 3d, 2w, 6mo or 1y", _LENGTH, "24h", "3d", "2w", "6mo")
_HOW_WITHIN = "write it as 6mo, or as 14d..3mo: the level within 14 days, ask within 3 months"
WITHIN = parsed(
    lambda text: one[:2] if (one := parse_range(text)) and not one.hedge else None,
    _HOW_WITHIN,
    *(_SPAN, "6mo", "14d..3mo"),
)
DURATIONS = pair(parse_duration, "write it as 3mo..6mo", _LENGTH, "3mo..6mo")
_HOW_DAYS = "write it as 1..6, or 0; negative days lie before the treatment"
DAYS = pair(whole_number, _HOW_DAYS, _WHOLE, "1..6", also="integer")
COUNT = pair(whole_number, "write it as 3..6, or 4", _WHOLE, "3..6", also="integer")
LIMITS = pair(decimal, "write the limits as 0.1..8", DECIMAL, "0.1..8", also="number")
EVERY = parsed(_every, "write it as 4w, 4w..6w or at least 6w", _SPAN, "4w", "4w..6w", "at least 6w")
_HOW_USUAL = "a usual time is one range, such as 1d..3d or calm + 2d..5d"
USUAL = parsed(
    lambda text: bound if (bound := parse_bound(text)) and len(bound.terms) == 1 else None,
    _HOW_USUAL,
    *(_TERMS, "1d..3d", "calm + 2d..5d"),
)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_HOW_CLOCK = "write a time of the day, such as 22:00"
DATE = parsed(_read_day, "write the day as 2026-11-20", r"\d{4}-\d{2}-\d{2}", "2026-11-20")
CLOCK = parsed(
    lambda text: tuple(map(int, at.groups())) if (at := _TIME.fullmatch(text)) else None,
    _HOW_CLOCK,
    *(_TIME.pattern, "22:00"),
)
RANK = parsed(whole_number, "a rank is a whole number; 1 comes first", _WHOLE, also="integer")
DAY = parsed(whole_number, "a day is a whole number; 0 is the day of the treatment", _WHOLE, also="integer")
_HOW_URL = "an address begins with https:// or http:// and has no spaces"
_ADDRESS = r"https?://\S+"
URL = parsed(lambda text: text if re.fullmatch(_ADDRESS, text) else None, _HOW_URL, _ADDRESS)
_CODE = "[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?"
LANGUAGE = parsed(lambda text: text if re.fullmatch(_CODE, text) else None, "write a code like de or en-GB", _CODE)
AS_DEFAULT = one_of("default", reads={"default": True})
CONDITION = Kind(as_is, {"$ref": "#/definitions/condition"})
