"""Values of rule files that remember where they stand, and the problems found in them. Knows nothing of rules."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

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
    """Return where *value* stands."""
    mark = getattr(value, "mark", NOWHERE)
    return Place(mark.name, mark.line, mark.column)


def text_at(text: str, beside: Value) -> Text:
    """Return a text that counts as standing where *beside* does."""
    made = Text(text)
    made.mark = place(beside)
    return made


def fields_at(content: dict[Any, Any], beside: Value) -> Fields:
    """Return fields that count as standing where *beside* does."""
    made = Fields(content)
    made.mark = place(beside)
    return made


def places_of_words(entry: Value, fields: Iterable[str]) -> dict[str, Text]:
    """Return every text in *fields* of *entry*, and every word of one, with the place where it stands first."""
    found: dict[str, Text] = {}
    written = [entry[field] for field in fields if field in entry] if isinstance(entry, dict) else []
    for text in _texts(written):
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
        """Return which rule set a field comes from."""
        return self.origins.get(field, self.origin)
