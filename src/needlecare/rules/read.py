"""Rule files: where they lie, their bytes and packed form, values that know their place, and the problems in them.

Knows nothing of rules.
"""

import hashlib
import io
import pickle
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from needlecare.errors import InputError, Problem, RuleSetError, nearest, shown_path, visible

# A larger file is no rule set; nothing beyond is read.
LARGEST_BYTES = 2_000_000
SUFFIXES = (".yaml", ".yml")
# Nobody reads more messages than that, and looking for similar names takes most of the time of a wrong file.
MOST_SHOWN = 1000
MOST_COMPARISONS = 50_000
# Names that a message shows.
_MOST_NAMES = 60


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
Placed = TypeVar("Placed", bound=Text | Items | Fields)


class Place(NamedTuple):
    """A place in a file; lines and columns count from 0."""

    name: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{shown_path(self.name)}:{self.line + 1}:{self.column + 1}"


_WORD = re.compile(r"[\w-]+")
# Where packed rules stand.
NOWHERE = Place("(shipped rules)", 0, 0)


def place(value: Value) -> Place:
    """Return where *value* stands."""
    mark = getattr(value, "mark", NOWHERE)
    return Place(mark.name, mark.line, mark.column)


def placed(made: Placed, beside: Value) -> Placed:
    """Return *made*, which from now on counts as standing where *beside* does."""
    made.mark = place(beside)
    return made


def listed(value: Value | None) -> list[str]:
    """Return the texts of a list, or one text as the list that it stands for, each with its place."""
    return [value] if isinstance(value, str) else [item for item in value or () if isinstance(item, str)]


def places_of_words(entry: Value, fields: Iterable[str]) -> dict[str, Text]:
    """Return every text in *fields* of *entry*, and every word of one, with the place where it stands first."""
    found: dict[str, Text] = {}
    for text in texts([entry[field] for field in fields if field in entry] if isinstance(entry, dict) else []):
        at = place(text)
        offset: int | None = getattr(text, "inner", None) if at != NOWHERE else None
        for part in _WORD.finditer(text):
            if part[0] not in found:
                made = found[part[0]] = placed(Text(part[0]), text)
                if offset is not None and part[0] != text:
                    made.mark = at._replace(column=at.column + offset + part.start())
        found.setdefault(str(text), placed(Text(text), text))
    return found


def texts(value: Value) -> Iterator[str]:
    """Return every text in *value*, however deep; the keys are texts too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from texts(held)
    else:
        for item in value:
            yield from texts(item)


def enumerated(names: Collection[str]) -> str:
    """Return *names* in alphabetical order, separated by commas; of very many only some."""
    return ", ".join(sorted(names)) if len(names) <= _MOST_NAMES else f"{', '.join(islice(names, _MOST_NAMES))}, …"


def whole_number(text: str) -> int | None:
    """Read a whole number such as 6 or -3; None if *text* is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,5}", text) else None


def decimal(text: str) -> float | None:
    """Read a decimal number such as 1.5; None if *text* is none."""
    return float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) else None


class Problems:
    """Collects what is wrong, so that one run reports everything."""

    def __init__(self) -> None:
        self._found: list[tuple[Place, str]] = []
        self._comparisons_left = MOST_COMPARISONS

    def add(self, value: Value, text: str) -> None:
        """Note that *value* is wrong: *text* says what, and what would be right."""
        self._found.append((place(value), visible(text)))

    def nearest(self, word: str, known: Collection[str]) -> str:
        """Return ` (did you mean …?)` or nothing; nothing any more in a file that is wrong all over."""
        self._comparisons_left -= len(known)
        return nearest(word, known) if self._comparisons_left >= 0 else ""

    def unknown(self, at: Value, what: str, name: str, known: Collection[str], *, to: str = "", of: str = "") -> None:
        """Note that there is no *what* called *name*, with the nearest name in *known*; *of* and *to* stand around."""
        self.add(at, f"{of}there is no {what} `{name}`{to}{self.nearest(name, known)}")

    def no_field(self, key: str, what: str, known: Collection[str]) -> None:
        """Note that *what* has no field *key*."""
        self.add(key, f"{what} has no `{key}`{self.nearest(key, known)}; it may have {enumerated(known)}")

    @property
    def lack_places(self) -> bool:
        """Whether something is wrong in packed rules, which have no places to point at."""
        return any(at == NOWHERE for at, _ in self._found)

    def listed(self) -> list[Problem]:
        """Return each problem once, in the order of the files; of very many the first ones."""
        found = sorted(set(self._found))
        shown = found[:MOST_SHOWN]
        if len(found) > MOST_SHOWN:
            shown.append((found[MOST_SHOWN][0], f"from here on, {len(found) - MOST_SHOWN:,} more problems"))
        return [Problem(text, at.name, at.line + 1, at.column + 1) for at, text in shown]

    def raise_any(self) -> None:
        """Raise RuleSetError if anything was found."""
        if self._found:
            raise RuleSetError(*self.listed())


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


DEFAULT = "microneedling"
_PACKAGE = Path(__file__).parents[1]


def shipped_folder() -> Path:
    """Return the folder of the shipped rule sets: inside an installed package, else the checkout's `rules/`."""
    packaged = _PACKAGE / "shipped_rules"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "rules"


def shipped_names() -> list[str]:
    """Return the names of the rule sets that ship."""
    return sorted(path.name for path in shipped_folder().iterdir() if (path / f"{path.name}.yaml").is_file())


def find_rules(name: str, beside: Path | None = None) -> Path:
    """Find the rule set called *name*: one that ships, or a path (relative to the file *beside*, if given).

    Raises:
        InputError: there is none.
    """
    if name in shipped_names():
        return shipped_folder() / name
    # A name that no system could hold names nothing either.
    with suppress(OSError, RuntimeError, ValueError):
        path = Path(name).expanduser()
        if beside is not None and not path.is_absolute():
            path = (beside if beside.is_dir() else beside.parent) / path
        if name and _may_hold_rules(path, is_typed=beside is None):
            return path
    raise InputError(
        f"no rule set `{name}`{nearest(name, shipped_names())}: "
        f"give the name of one that ships ({', '.join(shipped_names())}), a file or a folder"
    )


def _may_hold_rules(path: Path, *, is_typed: bool) -> bool:
    """Report whether rules may lie at *path*: a pipe that a set names would be waited for; who types one means it."""
    return path == STDIN or path.exists() if is_typed else path.is_dir() or path.is_file()


# The name of a rule set that comes through standard input.
STDIN = Path("-")
FOLDER = _PACKAGE / "packed_rules"
# The packages whose code decides what the bytes of rule files come to.
_READERS = ("model", "rules")
_DIGEST_LENGTH = 32

Files = Sequence[tuple[Path, bytes]]


def pack(made: object, kind: str, name: str, files: Files) -> None:
    """Write what was *made* of the *files* of the rule set called *name*, as its packed form of some *kind*."""
    FOLDER.mkdir(exist_ok=True)
    packed = pickle.dumps(made, protocol=4)
    (FOLDER / f"{name}.{kind}").write_bytes(_digest(packed, files) + packed)


def unpack(kind: str, location: Path, files: Files) -> Any:
    """Return what ships at *location* as it was packed, if no byte of it, its *files* and the code here has changed."""
    with suppress(OSError):
        written = (FOLDER / f"{location.name}.{kind}").read_bytes() if location.parent == shipped_folder() else b""
        packed = written[_DIGEST_LENGTH:]
        if written == _digest(packed, files) + packed:
            return _Unpickler(io.BytesIO(packed)).load()
    return None


def _digest(packed: bytes, files: Files) -> bytes:
    code = (path for folder in _READERS for path in sorted((_PACKAGE / folder).glob("*.py")))
    digest = hashlib.sha256(packed)
    for path, data in (*((path, _bytes(path)) for path in code), *files):
        digest.update(f"\n{path.name} {len(data)}\n".encode())
        digest.update(data)
    return digest.digest()


class _Unpickler(pickle.Unpickler):
    """Makes what the model declares, and nothing else that a file may name."""

    def find_class(self, module: str, name: str) -> Any:
        # A name with a dot in it would lead from a module of ours to any other.
        found = (
            super().find_class(module, name) if module.startswith("needlecare.model.") and name.isidentifier() else None
        )
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a rule set")
        return found


def read_files(
    location: Path, among: Collection[Path] | None = None, *, cases: bool = False
) -> list[tuple[Path, bytes]]:
    """Read the bytes of a rule set's files, those that hold only *cases* if asked; raises as `read_layer` does.

    Of a folder, all YAML files belong to it, unless it is said *among* which they are.
    """
    try:
        inside = sorted(location.iterdir()) if location.is_dir() else None
    except OSError as error:
        raise RuleSetError(Problem(f"can't be read: {error.strerror}", str(location), None, None)) from None
    paths = [location] if inside is None else [path for path in inside if _is_of_set(path, among, cases=cases)]
    if not paths:
        raise RuleSetError(Problem("there are no .yaml files in this folder", str(location), None, None))
    return [(path, _bytes(path)) for path in paths]


def _is_of_set(path: Path, among: Collection[Path] | None, *, cases: bool) -> bool:
    is_meant = path in among if among is not None else path.suffix in SUFFIXES and path.is_file()
    return is_meant and (cases or not path.name.startswith("cases"))


@lru_cache(1)
def _whole(stream: BinaryIO) -> bytes:
    """Read a *stream* once, however often it is asked for."""
    return stream.read(LARGEST_BYTES + 1)


def _bytes(path: Path) -> bytes:
    if path == STDIN:
        return _whole(sys.stdin.buffer) if sys.stdin else b""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise RuleSetError(Problem(f"can't be read: {error.strerror}", str(path))) from None
