"""YAML text → plain values that remember where they stood. Knows nothing of what rules mean.

Every scalar is text: `no`, `on`, `12:30`, `0.50` and dates stay as they are written. Aliases, merge keys, tags and
second documents are refused: a rule file needs none, and they are how a small file becomes a large one.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml import MarkedYAMLError, YAMLError

from needlecare.errors import RuleSetError
from needlecare.rules.places import Fields, Items, Problems, Text, Value, place, text_at

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without its C part: slower, the same result
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

LARGEST_BYTES = 2_000_000
DEEPEST = 40


def _decode(data: bytes, name: str) -> str:
    if len(data) > LARGEST_BYTES:
        raise RuleSetError([f"{name}:1:1: the file is larger than {LARGEST_BYTES // 1_000_000} MB; split the rules"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RuleSetError([f"{name}:{line}:1: this is not UTF-8 text; save the file as UTF-8"]) from None
    if found := re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]", text):
        before = text[: found.start()]
        line, column = before.count("\n") + 1, found.start() - before.rfind("\n")
        raise RuleSetError([f"{name}:{line}:{column}: a control character can't stand in a rule file; remove it"])
    if _too_deep(text):
        raise RuleSetError([f"{name}:1:1: nested deeper than {DEEPEST} levels; no rule needs that"])
    return text


def _too_deep(text: str) -> bool:
    """Guess from brackets and indentation, before a parser recurses. Quoted brackets may only make it stricter."""
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            return True
        depth = max(depth, 0)
    return re.search(rf"(?m)^(?:[ ]*[-?:][ ]){{{DEEPEST},}}|^[ ]{{{DEEPEST * 8},}}\S", text) is not None


class _Named(io.StringIO):
    """Text that tells the parser what to call it in marks."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


def read_yaml(data: bytes, name: str, problems: Problems) -> Fields | None:
    """Read one rule file; *name* is how messages call it. What is wrong inside is noted in *problems*.

    Raises:
        RuleSetError: the bytes are no text, no YAML, or no mapping.
    """
    loader = _Loader(_Named(_decode(data, name), name))
    try:
        root = _build(_events(loader), problems)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise RuleSetError([f"{name}:{at}: not readable as YAML: {error.problem}"]) from None
    except YAMLError as error:
        raise RuleSetError([f"{name}:1:1: not readable as YAML: {str(error).splitlines()[0]}"]) from None
    finally:
        loader.dispose()
    if not isinstance(root, Fields):
        at = str(place(root)) if root is not None else f"{name}:1:1"
        raise RuleSetError([f"{at}: a rule file is a mapping that begins with keys such as `rules:`"])
    return root


def _events(loader: Any) -> Iterator[Any]:
    while loader.check_event():
        yield loader.get_event()


def _build(events: Iterator[Any], problems: Problems) -> Value | None:
    """Turn parser events into values, without recursion; what rule files don't use is noted."""
    root: Value | None = None
    open_ones: list[Items | Fields] = []
    key: Text | None = None
    documents = 0
    for event in events:
        kind = type(event)
        value: Value
        if kind is yaml.ScalarEvent:
            value = Text(event.value)
            if event.tag is not None and event.implicit == (False, False):
                value.mark = event.start_mark
                problems.add(value, f"the tag {event.tag} is not used in rule files; remove it")
        elif kind is yaml.MappingStartEvent:
            value = Fields()
        elif kind is yaml.SequenceStartEvent:
            value = Items()
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            open_ones.pop()
            key = None
            continue
        elif kind is yaml.AliasEvent:
            value = Text("")
            value.mark = event.start_mark
            problems.add(value, f"the alias *{event.anchor} is not used in rule files; write the value out")
        elif kind is yaml.DocumentStartEvent and documents:
            value = Text("")
            value.mark = event.start_mark
            problems.add(value, "a second document begins here; a rule file is one, without `---` inside")
            break
        else:
            documents += kind is yaml.DocumentStartEvent
            continue
        value.mark = event.start_mark
        inside = open_ones[-1] if open_ones else None
        if inside is None:
            root = value
        elif isinstance(inside, Items):
            inside.append(value)
        elif key is None:
            key = _as_key(value, inside, problems)
        else:
            if value == "" and event.implicit[0]:
                problems.add(key, f"`{key}` has no value; put text with a comma in quotes, or give it one")
            inside[key] = value
            key = None
        if not isinstance(value, Text):
            if event.tag is not None:
                problems.add(value, f"the tag {event.tag} is not used in rule files; remove it")
            open_ones.append(value)
            key = None
    return root


def _as_key(value: Value, inside: Fields, problems: Problems) -> Text:
    """Check a key: plain text, no merge key, and not there already."""
    if not isinstance(value, Text):
        problems.add(value, "a key must be plain text")
        return text_at("", value)
    if value == "<<":
        problems.add(value, "merge keys are not used in rule files; write the fields out")
    if value in inside:
        first = next(known for known in inside if known == value)
        problems.add(value, f"`{value}` stands twice, first in line {place(first).line + 1}; keep one")
    return value
