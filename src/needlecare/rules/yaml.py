"""YAML text → plain values that remember where they stand. The only module that knows PyYAML; not needed to start.

Every scalar is text: `no`, `on`, `12:30`, `0.50` and dates stay as they are written. Aliases, merge keys, tags and
second documents are refused: a rule file needs none, and they are how a small file becomes a large one.
"""

import io
import re
from typing import Any

import yaml
from yaml import MarkedYAMLError, YAMLError

from needlecare.errors import Problem, RuleSetError, visible
from needlecare.rules.read import LARGEST_BYTES, Fields, Files, Items, Placed, Problems, Text, Value, place

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without its C part: slower, the same result
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

DEEPEST = 40
_UNREADABLE = "not readable as YAML"
_TOO_DEEP = f"nested deeper than {DEEPEST} levels; no rule needs that"
# Escapes such as "\\ud800"; the C loader refuses them by itself.
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


# The parser's words → ours. Its wording changes from release to release, so none of it is shown where ours is known.
_MISTAKES = {
    "cannot start any token": "indent with spaces, not with tabs, and put text that begins with a sign in quotes",
    "unexpected end of stream": "a quote or a bracket further up isn't closed",
    "expected ',' or": "a comma is missing, or text with a colon, comma or bracket needs double quotes",
    "expected alphabetic or numeric": "put text that begins with * or & in double quotes",
    "mapping values are not allowed": "put text with a colon in double quotes",
    "did not find expected key": "lines that belong together begin in the same column",
    "expected <block end>": "lines that belong together begin in the same column",
}


def _decode(data: bytes, name: str) -> str:
    if len(data) > LARGEST_BYTES:
        raise RuleSetError(Problem(f"the file is larger than {LARGEST_BYTES // 1_000_000} MB; split the rules", name))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RuleSetError(Problem("this is not UTF-8 text; save the file as UTF-8", name, line)) from None
    if found := re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]", text):
        before = text[: found.start()]
        line, column = before.count("\n") + 1, found.start() - before.rfind("\n")
        raise RuleSetError(Problem(f"{visible(found[0])} can't stand in a rule file; remove it", name, line, column))
    return text


def read_trees(files: Files, problems: Problems) -> list[Fields]:
    """Read *files* one by one, as `read_yaml` does."""
    return [read_yaml(data, str(path), problems) for path, data in files]


def read_yaml(data: bytes, name: str, problems: Problems) -> Fields:
    """Read one rule file; *name* is how messages call it. What is wrong inside is noted in *problems*.

    Raises:
        RuleSetError: the bytes are no text, no YAML, or no mapping.
    """
    text = _decode(data, name)
    stream = io.StringIO(text)
    # What the parser calls it in marks.
    stream.name = name
    loader = _Loader(stream)
    try:
        root = _build(loader, problems)
    except MarkedYAMLError as error:
        raise RuleSetError(_mistake(error, text, name)) from None
    except (YAMLError, ValueError, OverflowError) as error:
        # Not only its own errors: without its C part PyYAML fails so on an escape beyond the last character.
        raise RuleSetError(Problem(f"{_UNREADABLE}: {str(error).splitlines()[0]}", name)) from None
    finally:
        loader.dispose()
    if not isinstance(root, Fields):
        text = "a rule file is a mapping that begins with keys such as `rules:`"
        raise _wrong(root, text) if root is not None else RuleSetError(Problem(text, name))
    return root


def _wrong(value: Value, text: str) -> RuleSetError:
    """Make the error that *text* says of *value*."""
    at = place(value)
    return RuleSetError(Problem(text, at.name, at.line + 1, at.column + 1))


def _mistake(error: MarkedYAMLError, text: str, name: str) -> Problem:
    """Return what *error* says is wrong in *text*, and where: in our own words where they are known."""
    mark = error.problem_mark or error.context_mark
    at = (name, mark.line + 1, mark.column + 1) if mark else (name,)
    before = text[: mark.index] if mark else ""
    # Some parsers give up on deep nesting by themselves, before they report the level that is one too many.
    if sum(before.count(sign) for sign in "[{") - sum(before.count(sign) for sign in "]}") > DEEPEST:
        return Problem(_TOO_DEEP, *at)
    if found := _stumble(text, len(before), name):
        return found
    problem = str(error.problem)
    mistake = next((ours for theirs, ours in _MISTAKES.items() if theirs in problem), problem)
    return Problem(f"{_UNREADABLE}: {mistake}", *at)


# What looks like a blank and is none, and what cuts a line short: behind a bracket that stays open on it.
_STUMBLES = re.compile(
    r"""(?x) ^ (?: [^"'\n] | "[^"\n]*" | '[^'\n]*' )*?
    (?: (?P<blank> [^\S \t\n\r]) | (?<= [{[,:\w]) [ \t]+ (?P<cut> \#) )"""
)


def _stumble(text: str, at: int, name: str) -> Problem | None:
    """Return what may have made the parser give up *at* a place of *text*, if anything is seen there."""
    first = text.rfind("\n", 0, len(text[:at].rstrip())) + 1
    line = text[first:].partition("\n")[0]
    found = _STUMBLES.match(line)
    before = line[: found.end() - 1] if found else ""
    if found is None or (found["cut"] and sum(map(before.count, "[{")) <= sum(map(before.count, "]}"))):
        return None
    what = f"{visible(found['blank'] or '')} is no plain blank; type one"
    if found["cut"]:
        what = "a # behind a blank begins a comment; put text with one in double quotes"
    return Problem(f"{_UNREADABLE}: {what}", name, text.count("\n", 0, first) + 1, found.end())


def _build(loader: Any, problems: Problems) -> Value | None:
    """Turn the first document into values; what rule files don't use is noted."""
    root: Value | None = None
    while not loader.check_event(yaml.StreamEndEvent):
        if loader.check_event(*_NODES):
            root = _node(loader, problems)
        elif root is not None and loader.check_event(yaml.DocumentStartEvent):
            at = _marked(Text(), loader.peek_event())
            problems.add(at, "a second document begins here; a rule file is one, without `---` inside")
            break
        else:
            loader.get_event()
    return root


_NODES = (yaml.ScalarEvent, yaml.AliasEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent)
# Stands for a key that can't be used: its value is left out, and nothing more is reported about it.
_NO_KEY = Text("")


def _node(loader: Any, problems: Problems, depth: int = 0) -> Value:
    """Turn the next events into a value and all that is in it."""
    value = _value(loader.get_event(), problems)
    if depth == DEEPEST and not isinstance(value, Text):
        raise _wrong(value, _TOO_DEEP)
    if isinstance(value, Items):
        while not loader.check_event(yaml.SequenceEndEvent):
            is_alias, item = loader.check_event(yaml.AliasEvent), _node(loader, problems, depth + 1)
            value.extend(() if is_alias else (item,))
        loader.get_event()
    if isinstance(value, Fields):
        _fill(value, loader, problems, depth + 1)
    return value


def _fill(fields: Fields, loader: Any, problems: Problems, depth: int) -> None:
    # A mapping doesn't hand out its own key, which knows its place.
    known: dict[str, Text] = {}
    while not loader.check_event(yaml.MappingEndEvent):
        is_alias, written = loader.check_event(yaml.AliasEvent), _node(loader, problems, depth)
        key = _NO_KEY if is_alias else _as_key(written, known, problems)
        event, value = loader.peek_event(), _node(loader, problems, depth)
        if key is _NO_KEY or isinstance(event, yaml.AliasEvent):
            continue
        if value == "" and event.implicit[0]:
            problems.add(key, f"`{key}` has no value; put text with a comma in quotes, or add a value")
        else:
            fields[key] = value
    loader.get_event()


def _value(event: Any, problems: Problems) -> Text | Items | Fields:
    kind = type(event)
    value: Text | Items | Fields
    if kind is yaml.AliasEvent:
        value = _marked(Text(event.anchor), event)
        problems.add(value, f"the alias *{event.anchor} is not used in rule files; write the value out")
        return value
    if kind is yaml.ScalarEvent:
        value = _marked(Text(event.value), event)
        start, end, quote = event.start_mark, event.end_mark, 1 if event.style in ("'", '"') else 0
        if start.line == end.line and end.column - start.column == len(value) + 2 * quote:
            value.inner = quote
        if _HALF_CHARACTER.search(event.value):
            raise _wrong(value, f"{_UNREADABLE}: an escape stands for half a character")
    else:
        value = _marked(Fields() if kind is yaml.MappingStartEvent else Items(), event)
    if event.tag is not None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        problems.add(value, f"the tag {tag} is not used in rule files; remove it")
    return value


def _marked(value: Placed, event: Any) -> Placed:
    value.mark = event.start_mark
    return value


def _as_key(value: Value, known: dict[str, Text], problems: Problems) -> Text:
    """Check a key: plain text, no merge key, and not there already."""
    if not isinstance(value, Text):
        problems.add(value, "a key must be plain text")
    elif value == "<<":
        problems.add(value, "merge keys are not used in rule files; write the fields out")
    elif value in known:
        problems.add(value, f"`{value}` stands twice, first in line {place(known[value]).line + 1}; keep one")
    else:
        known[value] = value
        return value
    return _NO_KEY
