"""YAML text → plain values that remember where they stood. Knows nothing of what rules mean.

Every scalar is text: `no`, `on`, `12:30`, `0.50` and dates stay as they are written. Aliases, merge keys, tags and
second documents are refused: a rule file needs none, and they are how a small file becomes a large one.
"""

import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import yaml
from yaml import MarkedYAMLError, YAMLError

from needlecare.errors import RuleSetError, nearest

# A larger file is no rule set; nothing beyond is read.
LARGEST_BYTES = 2_000_000
# Nobody reads more messages than that, and looking for similar names takes most of the time of a wrong file.
MOST_SHOWN = 1000
MOST_COMPARISONS = 50_000


class Text(str):
    """A scalar, and where it stands.

    *inner* is how far its first character lies from there, where each further one stands beside the one before.
    """

    __slots__ = ("inner", "mark")
    mark: Any
    inner: int


class Items(list[Any]):
    """A sequence, and where it begins."""

    __slots__ = ("mark",)
    mark: Any


class Fields(dict[Any, Any]):
    """A mapping, and where it begins. Its keys remember their own places."""

    __slots__ = ("mark",)
    mark: Any


Value = str | list[Any] | dict[Any, Any]


class Place(NamedTuple):
    """A place in a file; lines and columns count from 0."""

    name: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.name}:{self.line + 1}:{self.column + 1}"


_WORD = re.compile(r"[\w-]+")
# Where packed rules stand.
NOWHERE = Place("(shipped rules)", 0, 0)


def place(value: Value) -> Place:
    """Tell where *value* stands."""
    mark = getattr(value, "mark", NOWHERE)
    return Place(mark.name, mark.line, mark.column)


def text_at(text: str, beside: Value) -> Text:
    """Make a text that counts as standing where *beside* does."""
    made = Text(text)
    made.mark = place(beside)
    return made


def fields_at(content: dict[Any, Any], beside: Value) -> Fields:
    """Make fields that count as standing where *beside* does."""
    made = Fields(content)
    made.mark = place(beside)
    return made


def places_of_words(entry: Value, fields: Iterable[str]) -> dict[str, Text]:
    """Return every text in *fields* of *entry*, and every word of one, with the place where it stands first."""
    found: dict[str, Text] = {}
    written = entry if isinstance(entry, dict) else {}
    for text in (text for field in fields if field in written for text in _texts(written[field])):
        at = place(text)
        offset: int | None = getattr(text, "inner", None) if at != NOWHERE else None
        for part in _WORD.finditer(text):
            if part[0] not in found:
                made = found[part[0]] = text_at(part[0], text)
                if offset is not None and part[0] != text:
                    made.mark = at._replace(column=at.column + offset + part.start())
        found.setdefault(str(text), text_at(text, text))
    return found


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from _texts(held)
    else:
        for item in value:
            yield from _texts(item)


class Problems:
    """Collects what is wrong, so that one run reports everything."""

    def __init__(self) -> None:
        self._found: list[tuple[Place, str]] = []
        self._comparisons_left = MOST_COMPARISONS

    def add(self, value: Value, text: str) -> None:
        """Note that *value* is wrong: *text* says what, and what would be right."""
        self._found.append((place(value), text))

    def nearest(self, word: str, known: Collection[str]) -> str:
        """Return ` (did you mean …?)` or nothing; nothing any more in a file that is wrong all over."""
        self._comparisons_left -= len(known)
        return nearest(word, known) if self._comparisons_left >= 0 else ""

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def lack_places(self) -> bool:
        """Whether something is wrong in packed rules, which have no places to point at."""
        return any(at == NOWHERE for at, _ in self._found)

    def lines(self) -> list[str]:
        """Return a line for each problem, in the order of the files; of very many the first ones."""
        found = sorted(set(self._found))
        lines = [f"{at}: {text}" for at, text in found[:MOST_SHOWN]]
        if len(found) > MOST_SHOWN:
            lines.append(f"{found[MOST_SHOWN][0]}: from here on, {len(found) - MOST_SHOWN:,} more problems")
        return lines

    def raise_any(self) -> None:
        """Raise RuleSetError if anything was found."""
        if self._found:
            raise RuleSetError(self.lines())


class Raw(NamedTuple):
    """One entry as written, with what its file says of every entry: default condition, core or not, whose it is.

    Where layers changed it, *origins* tells whose each field is.
    """

    id: str
    value: Value
    origin: str
    core: bool = False
    file_condition: Value | None = None
    origins: Mapping[str, str] = {}

    @property
    def fields(self) -> dict[Any, Any]:
        """What it says by field; nothing of what isn't written so."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def as_word(self) -> dict[Any, Any]:
        """What it says by field; a text alone is the label of a word."""
        return self.value if isinstance(self.value, dict) else {"label": self.value}

    def origin_of(self, field: str) -> str:
        """Tell which rule set a field comes from."""
        return self.origins.get(field, self.origin)


try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without its C part: slower, the same result
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

DEEPEST = 40
_TOO_DEEP = f"nested deeper than {DEEPEST} levels; no rule needs that"
_Node = TypeVar("_Node", bound=Text | Items | Fields)
# Escapes such as "\\ud800"; the C loader refuses them by itself.
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


# The parser's words → ours. Its wording changes from release to release, so none of it is shown where ours is known.
_MISTAKES = {
    "cannot start any token": "indent with spaces, not with tabs, and put text that begins with a sign in quotes",
    "unexpected end of stream": "a quote or a bracket further up isn't closed",
    "expected ',' or": "a comma is missing, or text with a colon, comma or bracket needs double quotes",
    "mapping values are not allowed": "put text with a colon in double quotes",
    "did not find expected key": "lines that belong together begin in the same column",
    "expected <block end>": "lines that belong together begin in the same column",
}


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
    return text


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
    text = _decode(data, name)
    loader = _Loader(_Named(text, name))
    try:
        root = _build(_events(loader), problems)
    except MarkedYAMLError as error:
        raise RuleSetError([f"{name}:{_mistake(error, text)}"]) from None
    except (YAMLError, ValueError, OverflowError) as error:
        # Not only its own errors: without its C part PyYAML fails so on an escape beyond the last character.
        raise RuleSetError([f"{name}:1:1: not readable as YAML: {str(error).splitlines()[0]}"]) from None
    finally:
        loader.dispose()
    if not isinstance(root, Fields):
        at = str(place(root)) if root is not None else f"{name}:1:1"
        raise RuleSetError([f"{at}: a rule file is a mapping that begins with keys such as `rules:`"])
    return root


def _mistake(error: MarkedYAMLError, text: str) -> str:
    """Return the place of *error* in *text* and what is wrong there, in our own words where they are known."""
    mark = error.problem_mark or error.context_mark
    at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
    before = text[: mark.index] if mark else ""
    # Some parsers give up on deep nesting by themselves, before they report the level that is one too many.
    if sum(before.count(sign) for sign in "[{") - sum(before.count(sign) for sign in "]}") > DEEPEST:
        return f"{at}: {_TOO_DEEP}"
    problem = str(error.problem)
    mistake = next((ours for theirs, ours in _MISTAKES.items() if theirs in problem), problem)
    return f"{at}: not readable as YAML: {mistake}"


def _events(loader: Any) -> Iterator[Any]:
    while loader.check_event():
        yield loader.get_event()


class _Open:
    """A mapping or sequence that isn't closed yet, and the key that waits for its value."""

    __slots__ = ("content", "key", "keys")

    def __init__(self, content: Items | Fields) -> None:
        self.content = content
        self.key: Text | None = None
        # A mapping doesn't hand out its own key, which knows its place.
        self.keys: dict[str, Text] = {}


# Stands for a key that can't be used: what it holds is left out, and nothing more is said about it.
_NO_KEY = Text("")


def _build(events: Iterator[Any], problems: Problems) -> Value | None:
    """Turn parser events into values, without recursion; what rule files don't use is noted."""
    root: Value | None = None
    open_ones: list[_Open] = []
    for event in events:
        kind = type(event)
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            open_ones.pop()
        elif kind is yaml.DocumentStartEvent and root is not None:
            problems.add(
                _marked(Text(), event), "a second document begins here; a rule file is one, without `---` inside"
            )
            break
        elif kind in _NODES:
            value = _value(event, problems)
            if open_ones:
                _put(value, event, open_ones[-1], problems)
            else:
                root = value
            if not isinstance(value, Text):
                if len(open_ones) == DEEPEST:
                    raise RuleSetError([f"{place(value)}: {_TOO_DEEP}"])
                open_ones.append(_Open(value))
    return root


_NODES = (yaml.ScalarEvent, yaml.AliasEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent)


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
            raise RuleSetError([f"{place(value)}: not readable as YAML: an escape stands for half a character"])
    else:
        value = _marked(Fields() if kind is yaml.MappingStartEvent else Items(), event)
    if event.tag is not None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        problems.add(value, f"the tag {tag} is not used in rule files; remove it")
    return value


def _marked(value: _Node, event: Any) -> _Node:
    value.mark = event.start_mark
    return value


def _put(value: Value, event: Any, into: _Open, problems: Problems) -> None:
    """Put *value* where it belongs: into a list, or as a key or its value into a mapping."""
    is_alias = type(event) is yaml.AliasEvent
    if isinstance(into.content, Items):
        if not is_alias:
            into.content.append(value)
        return
    if into.key is None:
        into.key = _NO_KEY if is_alias else _as_key(value, into.keys, problems)
        return
    key, into.key = into.key, None
    if key is _NO_KEY or is_alias:
        return
    if value == "" and event.implicit[0]:
        problems.add(key, f"`{key}` has no value; put text with a comma in quotes, or add a value")
    else:
        into.content[key] = value


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
