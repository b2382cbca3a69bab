"""The values of a rule file, which remember where they stood, and the problems found in them.

Values read from YAML are `Text`, `Items` and `Fields`; whatever handles them takes any text, list or mapping, since
packed rules have no places to remember.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from needlecare.errors import RuleSetError

# A larger file is no rule set; nothing beyond is read.
LARGEST_BYTES = 2_000_000


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


def find_word(word: str, entry: Value, fields: Iterable[str]) -> str | None:
    """Find where *word* stands in one of the *fields* of *entry*: as a text of its own, or as a part of one."""
    found = entry if isinstance(entry, dict) else {}
    for text in (text for field in fields if field in found for text in _texts(found[field])):
        part = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
        if part is None:
            continue
        at = place(text)
        if text != word and at != NOWHERE and hasattr(text, "inner"):
            at = at._replace(column=at.column + text.inner + part.start())
        made = Text(word)
        made.mark = at
        return made
    return None


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
    """Collects what is wrong, so that one run names everything."""

    def __init__(self) -> None:
        self._found: list[tuple[Place, str]] = []

    def add(self, value: Value, text: str) -> None:
        """Note that *value* is wrong: *text* says what, and what would be right."""
        self._found.append((place(value), text))

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def lack_places(self) -> bool:
        """Whether something is wrong in packed rules, which have no places to point at."""
        return any(at == NOWHERE for at, _ in self._found)

    def lines(self) -> list[str]:
        """Give a line for each problem, in the order of the files."""
        return [f"{at}: {text}" for at, text in sorted(set(self._found))]

    def raise_any(self) -> None:
        """Raise RuleSetError if anything was found."""
        if self._found:
            raise RuleSetError(self.lines())
