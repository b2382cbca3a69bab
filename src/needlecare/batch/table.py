"""Lines → rows, from CSV as spreadsheets and clinic software write it, or from JSON Lines. Knows no field's meaning."""

import contextlib
import csv
import io
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import AnyStr, BinaryIO, NamedTuple, Self, TextIO

from needlecare.errors import InputError, OutputError, nearest
from needlecare.files import AtomicFile
from needlecare.rules.entries import plain
from needlecare.views.formats import BYTE_ORDER_MARK

# Bytes kept of a line; in characters that is at least `TOO_LONG`, which no row may reach.
_LONGEST = 1 << 20
TOO_LONG = _LONGEST // 4
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"


class Lines:
    """Lines with their numbers; some that were taken can be put back. *number* is that of the line given last."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        """Give *lines* once more."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def decode_lines(stream: BinaryIO) -> Iterator[str]:
    """Decode line by line, so that nothing has to be read ahead: UTF-8, and where a line isn't, Windows-1252.

    A file that says by its first bytes that it is UTF-16 is read so. Of an endless line only the beginning is kept.

    Raises:
        InputError: the input can't be read on.
    """
    try:
        first = stream.readline(_LONGEST)
        if first.startswith(_UTF16):
            whole = io.BufferedReader(_Joined(first, stream))
            text = io.TextIOWrapper(whole, encoding="utf-16", errors="replace", newline="")
            yield from _cut(text.readline(_LONGEST), text.readline, "\n")
        elif b"\r" in first and b"\n" not in first:
            # As old Macs ended their lines, and spreadsheets still can; latin-1 gives every byte back as it was.
            whole = io.BufferedReader(_Joined(first.removeprefix(_UTF8_MARK), stream))
            text = io.TextIOWrapper(whole, encoding="latin-1", newline="")
            yield from (_decode(line.encode("latin-1")) for line in _cut(text.readline(_LONGEST), text.readline, "\r"))
        else:
            yield from map(_decode, _cut(first.removeprefix(_UTF8_MARK), stream.readline, b"\n"))
    except OSError as error:
        raise InputError(f"can't read the input: {error.strerror}") from None


def _cut(line: AnyStr, read: Callable[[int], AnyStr], end: AnyStr) -> Iterator[AnyStr]:
    """Give *line* and those that follow; what is too much of one is read and forgotten."""
    while line:
        yield line
        while len(line) >= _LONGEST and not line.endswith(end):
            line = read(_LONGEST)
        line = read(_LONGEST)


def _decode(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


class _Joined(io.RawIOBase):
    """What was read already, followed by the rest of a stream."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any buffer will do
        data = self._first[: len(buffer)] or self._rest.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


# What may stand between cells, and how it is called.
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_BLANK = "".join(DELIMITERS) + " \r\n\ufeff"
# The reason in a file of rejected rows; passed over when that file is read again.
PROBLEM = "needlecare: problem"
# As spreadsheets have it.
_NEW_LINE = "\r\n"
# A quoted text that goes on for longer than this is a quotation mark that wasn't closed.
_MOST_LINES = 60


class Row(NamedTuple):
    """One row as it stands: *line* is where it starts, *cells* what it holds by column, *raw* its own text.

    *problem* says why it can't be read.
    """

    line: int
    cells: dict[str, object]
    raw: str
    problem: str = ""


class Table:
    """CSV with a header: any delimiter of `DELIMITERS`, quoted line ends, blank lines passed over."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.delimiter = ","
        self.header: list[str] = []
        for text in lines:
            if text.lower().startswith("sep=") and len(text.strip()) <= len("sep=;"):
                continue
            if text.strip(_BLANK):
                self.delimiter = max(DELIMITERS, key=_outside_quotes(text).count)
                self.header, problem = self._cells(text)
                if problem:
                    raise InputError(f"line {lines.number}: the header can't be read: {problem}")
                break
        self.header = [name.strip() for name in self.header]
        while self.header and not self.header[-1]:
            self.header.pop()

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        for text in self._lines:
            line = self._lines.number
            cells, problem = self._cells(text)
            if problem:
                yield Row(line, {}, text, problem)
            elif not any(cells):
                continue
            elif any(cell.strip() for cell in cells[width:]):
                between = DELIMITERS[self.delimiter]
                reason = f"there are {len(cells)} cells where the header has {width}; put text with {between} in quotes"
                # With the reason in a cell of its own it has too many for the file of rejected rows too.
                yield Row(line, {}, self.write([*cells, reason]), reason)
            else:
                yield Row(line, dict(zip(self.header, cells, strict=False)), "")

    def _cells(self, text: str) -> tuple[list[str], str]:
        """Read the cells of the row that starts with *text*; it may go on in the lines that follow."""
        if len(text) >= TOO_LONG:
            return [], "the line is longer than any row can be"
        if '"' not in text:
            return text.rstrip("\r\n").split(self.delimiter), ""
        taken = [text]

        def on() -> Iterator[str]:
            yield text
            while len(taken) < _MOST_LINES and (line := next(self._lines, None)) is not None:
                taken.append(line)
                yield line

        try:
            return next(csv.reader(on(), delimiter=self.delimiter, strict=True, skipinitialspace=True)), ""
        except csv.Error:
            self._lines.put_back(taken[1:])
            return [], 'a quotation mark is not closed, or not doubled inside a text in quotes ("")'

    def write(self, cells: list[str]) -> str:
        """Write a row as this table has it."""
        text = io.StringIO()
        # With its end, so that a cell with the end of a line in it is put in quotes.
        csv.writer(text, delimiter=self.delimiter, lineterminator=_NEW_LINE).writerow(cells)
        return text.getvalue().removesuffix(_NEW_LINE)

    def reject_header(self) -> str:
        """Write the header of a table of rejected rows."""
        return self.write([*(name for name in self.header if name != PROBLEM), PROBLEM]) + _NEW_LINE

    def reject(self, row: Row, problem: str) -> str:
        """Write *row* with its *problem* beside it; what can't be read as cells stays as it is."""
        if row.raw:
            return row.raw.rstrip("\r\n") + _NEW_LINE
        cells = [str(row.cells.get(name, "")) for name in self.header if name != PROBLEM]
        return self.write([*cells, problem]) + _NEW_LINE


class Objects:
    """JSON Lines: one object a line."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Row]:
        for text in self._lines:
            if not text.strip():
                continue
            found, problem = _object(text)
            found.pop(PROBLEM, None)
            yield Row(self._lines.number, found, text if problem else "", problem)

    def reject_header(self) -> str:
        """Give nothing: there is no header."""
        return ""

    def reject(self, row: Row, problem: str) -> str:
        """Write *row* with its *problem* in it; what is no object stays as it is."""
        if row.raw:
            return row.raw.rstrip("\r\n") + "\n"
        record = {**row.cells, PROBLEM: problem}
        text = json.dumps(record, ensure_ascii=False)
        try:
            text.encode()
        except UnicodeEncodeError:  # half a character, which only JSON can write
            text = json.dumps(record)
        return text + "\n"


def _object(text: str) -> tuple[dict[str, object], str]:
    if len(text) >= TOO_LONG:
        return {}, "the line is longer than any row can be"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        return {}, f"this is no JSON object{place}; write one object a line"
    if not isinstance(found, dict):
        return {}, 'this is no JSON object; write one a line, such as {"id": "C-17", "date": "2026-11-20"}'
    return found, ""


def read_rows(lines: Lines) -> Table | Objects:
    """Tell CSV from JSON Lines by the first character, and read it."""
    skipped = []
    for text in lines:
        skipped.append(text)
        if text.strip():
            break
    lines.put_back(skipped)
    first = skipped[-1].lstrip()[:1] if skipped else ""
    if first == "[":
        raise InputError("the input is one JSON list; write one object a line instead (jq -c '.[]' does so)")
    return Objects(lines) if first == "{" else Table(lines)


def _outside_quotes(text: str) -> str:
    return "".join(text.split('"')[::2])


ID = "id"
_KEPT = 1024
_WORD = re.compile(r"\w+")


def read_map(pairs: Iterable[str], fields: Iterable[str]) -> dict[str, str]:
    """Read `FIELD=COLUMN` pairs.

    Raises:
        InputError: there is no such field.
    """
    known = list(fields)
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = (part.strip() for part in pair.partition("="))
        name = name.casefold().replace("_", "-").replace(" ", "-")
        if not equals or not column:
            raise InputError(f'--map: `{pair}` can\'t be read; write it as --map date="Treatment date"')
        if name not in known:
            raise InputError(f"--map: there is no `{name}`{nearest(name, known)}; it may be {', '.join(known)}")
        if name in found:
            raise InputError(f"--map: {name} is given twice")
        found[name] = column
    return found


class Columns:
    """Finds the field of a column: by *said* (from the command line), by *usual* (from the rule set), by its name."""

    def __init__(self, fields: Iterable[str], said: Mapping[str, str], usual: Mapping[str, str]) -> None:
        self._said = said
        unsaid = [field for field in fields if field not in said]
        self._by_name = {plain(field): field for field in unsaid}
        self._by_name.update({plain(usual[field]): field for field in unsaid if field in usual})
        self._by_name.update({plain(column): field for field, column in said.items()})
        self._found: dict[str, str | None] = {}

    def field(self, column: str) -> str | None:
        """Give the field that *column* holds, if any."""
        if column not in self._found:
            if len(self._found) >= _KEPT:
                self._found.clear()
            self._found[column] = self._by_name.get(plain(column))
        return self._found[column]

    def perhaps(self, column: str, held: Iterable[str]) -> str | None:
        """Give the field that *column* looks like by its words, if no other column *held* it."""
        words = set(_WORD.findall(plain(column)))
        taken = {self.field(name) for name in held}
        return next(
            (field for name, field in self._by_name.items() if field not in taken and words >= set(name.split())), None
        )

    def check(self, header: list[str], needed: Iterable[str]) -> None:
        """Check that the columns of a table hold what is *needed*, each field once.

        Raises:
            InputError: a column is missing, or two hold the same field.
        """
        there = ", ".join(f"`{name}`" for name in header if name) or "none"
        known = {plain(name) for name in header}
        for field, column in self._said.items():
            if plain(column) not in known:
                raise InputError(f"--map {field}: there is no column `{column}`; there are {there}")
        holders: dict[str, list[str]] = {}
        for name in header:
            held = self.field(name)
            if held is not None:
                holders.setdefault(held, []).append(name)
        for field, names in holders.items():
            if len(names) > 1:
                raise InputError(f"{len(names)} columns hold {field}: {' and '.join(f'`{name}`' for name in names)}")
        for field in needed:
            if field not in holders:
                raise InputError(
                    f'no column holds the {field}; say which one with --map {field}="…"; there are {there}'
                )


class Rejects:
    """Collects rejected rows of *rows* in a file at *path*, which appears whole when all is done, if there are any."""

    def __init__(self, path: Path | None, rows: Table | Objects) -> None:
        self._path = path
        self._rows = rows
        self._file: AtomicFile | None = None
        self._stream: TextIO | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def add(self, row: Row, problem: str) -> None:
        """Add *row*, which was rejected because of *problem*."""
        self.count += 1
        if self._path is None:
            return
        with self._telling():
            if self._stream is None:
                self._file = AtomicFile(self._path)
                self._stream = self._file.beside.open("w", encoding="utf-8", errors="replace", newline="")
                header = self._rows.reject_header()
                self._stream.write(BYTE_ORDER_MARK + header if header else "")
            self._stream.write(self._rows.reject(row, problem))

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (OSError, OutputError) as error:
            told = self._file.cannot(error) if self._file and isinstance(error, OSError) else error
            raise OutputError(f"{told}; choose another place with --rejects") from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if kind is None and self._stream is not None:
            with self._telling(), self._file:
                self._stream.close()
            return
        self._file.drop()
        with contextlib.suppress(OSError):
            if self._stream is not None:
                self._stream.close()
