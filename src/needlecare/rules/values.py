"""How values are written in rule files: kinds of values, the fields that hold them, and entries made of fields.

Knows no field by its name, and not what any value means.
"""

import re
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Any, NamedTuple

from needlecare.model.time import Bound, Duration, parse_bound, parse_duration, parse_stretch
from needlecare.rules.read import Problems, Value, fields_at, text_at

# A value of more characters is none, and would take long to read.
_LONGEST = 400
# Names that a message shows.
_MOST_NAMES = 60
Schema = dict[str, Any]


class Kind(NamedTuple):
    """A way to write a value; *read* returns it, or None where it can't be read, which is noted.

    Where the value consists of entries, they are *of* a section, each by its id or in a list.
    """

    read: Callable[[Any, str, Problems], Any]
    schema: Schema
    of: "Section | None" = None
    by_id: bool = False
    listed: bool = False


class Field(NamedTuple):
    """A field of an entry; *into* is what the model calls it."""

    name: str
    kind: Kind
    help: str = ""
    into: str = ""
    marks: tuple[str, ...] = ()

    @property
    def attribute(self) -> str:
        """The name that the model has for it."""
        return self.into or self.name.replace("-", "_")


class Section(NamedTuple):
    """The fields of one sort of entry; one line of text stands for its field *short*, if it has one."""

    what: str
    fields: Mapping[str, Field]
    short: str = ""
    example: str = ""
    more: Mapping[str, Any] = {}


class Entry:
    """One entry as it is written, and the *values* of its fields; what is wrong is noted and left out."""

    def __init__(self, section: Section, value: Value, problems: Problems) -> None:
        if isinstance(value, str) and section.short:
            value = fields_at({text_at(section.short, value): value}, value)
        elif not isinstance(value, dict):
            note_no_fields(section, value, problems)
            value = fields_at({}, value)
        self.fields: dict[Any, Any] = value
        self.problems = problems
        self.values: dict[str, Any] = {}
        known = section.fields
        for key, written in value.items():
            if key not in known:
                note_unknown(key, section.what, known, problems)
            elif (read := known[key].kind.read(written, key, problems)) is not None:
                self.values[key] = read

    def note(self, key: str, text: str) -> None:
        """Note that the value of *key* is wrong."""
        self.problems.add(self.fields.get(key, self.fields), text)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*."""
        return self.values.get(key, default)

    def attributes(self, section: Section, *names: str) -> dict[str, Any]:
        """Return the values of the fields with these *names* as the model calls them."""
        return {section.fields[name].attribute: self.values[name] for name in names if name in self.values}


def note_no_fields(section: Section, value: Value, problems: Problems) -> None:
    """Note that *value* is not written as *section* is."""
    line = "one line of text, or " if section.short else ""
    example = f", such as {section.example}" if section.example else ""
    problems.add(value, f"{section.what} is {line}fields in {{ }}{example}")


def note_unknown(key: str, what: str, known: Collection[str], problems: Problems) -> None:
    """Note that *what* has no field *key*."""
    problems.add(key, f"{what} has no `{key}`{problems.nearest(key, known)}; it may have {enumerated(known)}")


def enumerated(names: Collection[str]) -> str:
    """Return *names* in alphabetical order, separated by commas; of very many only some."""
    return ", ".join(sorted(names)) if len(names) <= _MOST_NAMES else f"{', '.join(islice(names, _MOST_NAMES))}, …"


def whole_number(text: str) -> int | None:
    """Read a whole number such as 6 or -3; None if *text* is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,5}", text) else None


def decimal(text: str) -> float | None:
    """Read a decimal number such as 1.5; None if *text* is none."""
    return float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) else None


def as_is(value: Value, key: str, problems: Problems) -> Value:
    """Leave a value to whoever knows more about it."""
    del key, problems
    return value


def read_texts(value: Value, key: str, problems: Problems) -> tuple[str, ...] | None:
    """Read one text, or a list of them."""
    if isinstance(value, str):
        return (str(value),)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(map(str, value))
    problems.add(value, f"`{key}` is one name, or a list such as [one, two]")
    return None


def _read_line(value: Value, key: str, problems: Problems) -> str | None:
    if isinstance(value, str):
        return value
    problems.add(value, f"`{key}` is one line of text")
    return None


def _read_text(value: Value, key: str, problems: Problems) -> str | None:
    if isinstance(value, str) and value[:1] in ("“", "”", "„"):
        problems.add(value, f"`{key}` begins with a curly quote, which would be shown; use straight quotes")
    line = _read_line(value, key, problems)
    return None if line is None else " ".join(line.split())


def parsed(parse: Callable[[str], Any], help_: str) -> Kind:
    """Return a kind written as one text, which *parse* turns into its value or None; *help_* says how to write it."""

    def read(value: Value, key: str, problems: Problems) -> Any:
        text = isinstance(value, str) and len(value) <= _LONGEST
        found = parse(" ".join(value.split())) if text and isinstance(value, str) else None
        if found is None:
            shown = f": `{value}`" if text else ""
            problems.add(value, f"`{key}` can't be read{shown}; {help_}")
        return found

    return Kind(read, {**TEXT_SCHEMA, "description": help_})


def pair(parse: Callable[[str], Any], help_: str) -> Kind:
    """Return a kind written as `one..other`, or `one` for both."""

    def both(text: str) -> tuple[Any, Any] | None:
        low, dots, high = text.partition("..")
        first, last = parse(low.strip()), parse((high if dots else low).strip())
        return None if first is None or last is None else (first, last)

    return parsed(both, help_)


def one_of(*words: str, reads: Mapping[str, Any] | None = None, schema: Schema | None = None) -> Kind:
    """Return a kind written as one of *words*; *reads* tells what each stands for, else for itself."""

    def read(value: Value, key: str, problems: Problems) -> Any:
        if isinstance(value, str) and value in words:
            return reads[value] if reads else str(value)
        said = f" `{value}`" if isinstance(value, str) else ""
        problems.add(value, f"`{key}` can't be{said}; it is one of {', '.join(words)}")
        return None

    return Kind(read, schema or {"enum": list(words)})


def _usual(text: str) -> Bound | None:
    bound = parse_bound(text)
    return bound if bound is not None and len(bound.terms) == 1 else None


def _every(text: str) -> tuple[Duration, Duration] | None:
    stretch = parse_stretch(text)
    return None if stretch is None or stretch.near.is_elapsed or stretch.far.is_elapsed else (stretch.near, stretch.far)


def _clock(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    return (int(match[1]), int(match[2])) if match else None


def _url(text: str) -> str | None:
    return text if re.fullmatch(r"https?://\S+", text) else None


def _read_exceptions(value: Value, key: str, problems: Problems) -> tuple[tuple[str, Bound], ...] | None:
    if not isinstance(value, dict):
        problems.add(value, "write exceptions as {activity: its own end}, such as {mineral-makeup: 12h}")
        return None
    ends = ((str(activity), BOUND.read(end, key, problems)) for activity, end in value.items())
    return tuple((activity, end) for activity, end in ends if end is not None)


TEXT_SCHEMA: Schema = {"type": ["string", "number", "boolean"]}
LINE = Kind(_read_line, TEXT_SCHEMA)
TEXT = Kind(_read_text, TEXT_SCHEMA)
TEXTS = Kind(read_texts, {"anyOf": [TEXT_SCHEMA, {"type": "array", "items": TEXT_SCHEMA}]})
FLAG = one_of("true", "false", reads={"true": True, "false": False}, schema={"enum": ["true", "false", True, False]})
BOUND = parsed(parse_bound, "write it as 48h, 3d, 24h..48h, 7d before, redness-gone, 48h and redness-gone, or always")
EXCEPTIONS = Kind(_read_exceptions, {"type": "object", "additionalProperties": BOUND.schema})
DURATION = parsed(parse_duration, "write it as 24h, 3d, 2w, 6mo or 1y")
DURATIONS = pair(parse_duration, "write it as 3mo..6mo")
DAYS = pair(whole_number, "write it as 1..6, or 0; negative days lie before the treatment")
COUNT = pair(whole_number, "write it as 3..6, or 4")
LIMITS = pair(decimal, "write the limits as 0.1..8")
EVERY = parsed(_every, "write it as 4w, 4w..6w or at least 6w")
USUAL = parsed(_usual, "a usual time is one range, such as 1d..3d or calm + 2d..5d")
CLOCK = parsed(_clock, "write a time of the day, such as 22:00")
DAY = parsed(whole_number, "a day is a whole number; 0 is the day of the treatment")
URL = parsed(_url, "an address begins with https:// or http:// and has no spaces")
CONDITION = Kind(as_is, {"type": "object", "description": "facts and the answers, one of which each must have"})
