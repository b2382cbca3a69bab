"""A list of clients: CSV as spreadsheets and clinic software write it, or JSON Lines. Knows no field's meaning.

Text → rows → which column holds which field; rejected rows → a file that can be mended and read again.
"""

import codecs
import contextlib
import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self, TextIO

from needlecare.errors import InputError, OutputError, nearest
from needlecare.files import atomic_file
from needlecare.rules.clinic import plain
from needlecare.views.formats import BYTE_ORDER_MARK

# Bytes kept of a line; in characters that is at least `TOO_LONG`, which no row may reach.
_LONGEST = 1 << 20
TOO_LONG = _LONGEST // 4
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"
_NO_ROW = "the line is longer than any row can be; of more than a megabyte only the beginning is kept"
ID = "id"
# The column with the reason in a file of rejected rows; passed over when that file is read again.
PROBLEM = "needlecare: problem"
# What may stand between cells, and what it is called.
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_BLANK = "".join(DELIMITERS) + " \r\n\ufeff"
# How some spreadsheets name the delimiter before the header.
_DELIMITER_LINE = re.compile(r"(?i)sep=.?\s*")
# As spreadsheets have it.
_NEW_LINE = "\r\n"
# A quoted text that goes on for longer than this is a quotation mark that wasn't closed.
_MOST_LINES = 60
# Names of columns that are kept: objects may bring a new one in each line.
_MOST_NAMES = 1024
_WORD = re.compile(r"\w+")

# Texts of one field, in the order of the row.
Texts = tuple[str, ...]


def decode_lines(stream: BinaryIO) -> Iterator[str]:
    """Decode *stream* line by line, with nothing read ahead: UTF-8, and where a line isn't, Windows-1252.

    A file whose first bytes are the mark of UTF-16 is read so. Of an endless line only the beginning is kept.

    Raises:
        InputError: the input can't be read on.
    """
    try:
        first = stream.readline(_LONGEST)
        parts = chain([first.removeprefix(_UTF8_MARK)], iter(partial(stream.readline, _LONGEST), b""))
        # As old Macs ended their lines, and spreadsheets still can.
        end = "\r" if b"\r" in first and b"\n" not in first else "\n"
        if first.startswith(_UTF16):
            yield from _cut(codecs.iterdecode(parts, "utf-16", "replace"), end)
        else:
            # Latin-1 returns every byte as it was, for whatever encoding its line has.
            lines = _cut(codecs.iterdecode(parts, "latin-1"), end)
            yield from (_decode(line.encode("latin-1")) for line in lines)
    except OSError as error:
        raise InputError(f"can't read the input: {error.strerror}") from None


def _cut(parts: Iterable[str], end: str) -> Iterator[str]:
    """Yield the lines that *parts* come to; what is too much of one is read and forgotten."""
    begun = ""
    for part in parts:
        *whole, begun = (begun + part).split(end)
        yield from ((line + end)[:_LONGEST] for line in whole)
        begun = begun[:_LONGEST]
    if begun:
        yield begun


def _decode(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return line.decode(encoding)
    return line.decode("latin-1")


class NumberedLines:
    """Lines with their numbers; some that were taken can be put back. *number* is that of the last one taken."""

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
        """Have *lines* taken once more."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


class ClientFile(NamedTuple):
    """The file of a client in a folder: its *name*, and the *digest* of what the present one was made of, if known."""

    name: str
    digest: bytes = b""


class Row(NamedTuple):
    """One row: the *line* where it starts and its *cells* by column; or its *raw* text, if it can't be read as cells.

    Whose it is and what its *fields* say is added once its columns are understood. A *problem* says what is wrong.
    """

    line: int
    cells: Mapping[str, object]
    raw: str = ""
    problem: str = ""
    client: str = ""
    fields: Mapping[str, Texts] = {}
    file: ClientFile | None = None


class CsvRows:
    """CSV with a header: any delimiter of `DELIMITERS`, quoted line ends, blank lines passed over."""

    def __init__(self, lines: NumberedLines) -> None:
        self._lines = lines
        text = next((text for text in lines if text.strip(_BLANK) and not _DELIMITER_LINE.fullmatch(text)), "")
        outside_quotes = "".join(text.split('"')[::2])
        self.delimiter = max(DELIMITERS, key=outside_quotes.count)
        header, problem = self._cells(text)
        if problem:
            raise InputError(f"line {lines.number}: the header can't be read: {problem}")
        self.header = [name.strip() for name in header]
        while self.header and not self.header[-1]:
            self.header.pop()

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        for text in self._lines:
            line = self._lines.number
            cells, problem = self._cells(text)
            if problem:
                yield Row(line, {}, text, problem)
            elif any(cell.strip() for cell in cells[width:]):
                between = DELIMITERS[self.delimiter]
                reason = f"there are {len(cells)} cells where the header has {width}; put text with {between} in quotes"
                # With the reason in a cell of its own it has too many for the file of rejected rows too.
                yield Row(line, {}, self._join([*cells, reason]), reason)
            elif any(cells):
                yield Row(line, dict(zip(self.header, cells, strict=False)))

    def _cells(self, text: str) -> tuple[list[str], str]:
        """Read the cells of the row that starts with *text*; it may go on in the lines that follow."""
        if len(text) >= TOO_LONG:
            return [], _NO_ROW
        if '"' not in text:
            return text.rstrip("\r\n").split(self.delimiter), ""
        taken = [text]

        def row_text() -> Iterator[str]:
            yield text
            while len(taken) < _MOST_LINES and (line := next(self._lines, None)) is not None:
                taken.append(line)
                yield line

        try:
            return next(csv.reader(row_text(), delimiter=self.delimiter, strict=True, skipinitialspace=True)), ""
        except csv.Error:
            self._lines.put_back(taken[1:])
            return [], 'a quotation mark is not closed, or not doubled inside a text in quotes ("")'

    def _join(self, cells: list[str]) -> str:
        text = io.StringIO()
        # With its end, so that a cell with the end of a line in it is put in quotes.
        csv.writer(text, delimiter=self.delimiter, lineterminator=_NEW_LINE).writerow(cells)
        return text.getvalue().removesuffix(_NEW_LINE)

    def reject_header(self) -> str:
        """Return the header of a table of rejected rows; a spreadsheet shows accents only with the mark before it."""
        names = [name for name in self.header if name != PROBLEM]
        return BYTE_ORDER_MARK + self._join([*names, PROBLEM]) + _NEW_LINE

    def reject(self, row: Row, problem: str) -> str:
        """Return the text of *row* with its *problem* beside it; what can't be read as cells stays as it is."""
        if row.raw:
            return row.raw.rstrip("\r\n") + _NEW_LINE
        cells = [str(row.cells.get(name, "")) for name in self.header if name != PROBLEM]
        return self._join([*cells, problem]) + _NEW_LINE


class JsonRows:
    """JSON Lines: one object a line."""

    def __init__(self, lines: NumberedLines) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Row]:
        for text in self._lines:
            if not text.strip():
                continue
            found, problem = _object(text)
            found.pop(PROBLEM, None)
            yield Row(self._lines.number, found, text if problem else "", problem)

    def reject_header(self) -> str:
        """Return nothing: there is no header."""
        return ""

    def reject(self, row: Row, problem: str) -> str:
        """Return the text of *row* with its *problem* in it; what is no object stays as it is."""
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
        return {}, _NO_ROW
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        return {}, f"this is no JSON object{place}; write one object a line"
    if not isinstance(found, dict):
        return {}, 'this is no JSON object; write one a line, such as {"id": "C-17", "date": "2026-11-20"}'
    return found, ""


def read_rows(stream: BinaryIO) -> CsvRows | JsonRows:
    """Read CSV or JSON Lines, whichever the first character shows it to be.

    Raises:
        InputError: it is something else.
    """
    lines = NumberedLines(decode_lines(stream))
    text = next((text for text in lines if text.strip()), "")
    lines.put_back([text])
    first = text.lstrip()[:1]
    if first == "[":
        raise InputError("the input is one JSON list; write one object a line instead (jq -c '.[]' does so)")
    return JsonRows(lines) if first == "{" else CsvRows(lines)


def read_map(pairs: Iterable[str], fields: Iterable[str]) -> dict[str, str]:
    """Read `FIELD=COLUMN` pairs.

    Raises:
        InputError: there is no such field.
    """
    known, found = list(fields), dict[str, str]()
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
    """The field of each column: as *mapped* on the command line, as is *usual* for the rule set, or by its own name."""

    def __init__(self, fields: Iterable[str], mapped: Mapping[str, str], usual: Mapping[str, str]) -> None:
        self._mapped = mapped
        others = [field for field in fields if field not in mapped]
        self._by_name = {plain(field): field for field in others}
        self._by_name.update({plain(usual[field]): field for field in others if field in usual})
        self._by_name.update({plain(column): field for field, column in mapped.items()})
        self.field = lru_cache(_MOST_NAMES)(lambda column: self._by_name.get(plain(column)))

    def similar(self, column: str, others: Iterable[str]) -> str | None:
        """Return the field that *column* looks like by its words, if none of the *others* is that field."""
        words = set(_WORD.findall(plain(column)))
        taken = {self.field(name) for name in others}
        free = ((field, name) for name, field in self._by_name.items() if field not in taken)
        return next((field for field, name in free if words >= set(name.split())), None)

    def check(self, header: list[str], needed: Iterable[str]) -> None:
        """Check that the columns of a table have each field that is *needed*, and none twice.

        Raises:
            InputError: a column is missing, or two are the same field.
        """
        there = ", ".join(_quoted(filter(None, header))) or "none"
        for field, column in self._mapped.items():
            if plain(column) not in map(plain, header):
                raise InputError(f"--map {field}: there is no column `{column}`; there are {there}")
        held: dict[str | None, list[str]] = {}
        for name in header:
            held.setdefault(self.field(name), []).append(name)
        for found, names in held.items():
            if found and len(names) > 1:
                raise InputError(f"{len(names)} columns hold {found}: {' and '.join(_quoted(names))}")
        for field in needed:
            if field not in held:
                raise InputError(
                    f'no column holds the {field}; say which one with --map {field}="…"; there are {there}'
                )


def _quoted(names: Iterable[str]) -> list[str]:
    return [f"`{name}`" for name in names]


class Rejects:
    """The file at *path* that collects rejected rows of *rows*; it appears whole when all is done, if there are any."""

    def __init__(self, path: Path | None, rows: CsvRows | JsonRows, *, private: bool = False) -> None:
        self._path, self._rows, self._private = path, rows, private
        self._open = contextlib.ExitStack()
        self._file: TextIO | None = None
        self.count = 0

    def add(self, row: Row, problem: str) -> None:
        """Add *row*, which was rejected because of *problem*."""
        self.count += 1
        if self._path is None:
            return
        with self._write_errors():
            if self._file is None:
                beside = self._open.enter_context(atomic_file(self._path, private=self._private))
                stream = beside.open("w", encoding="utf-8", errors="replace", newline="")
                self._file = self._open.enter_context(stream)
                self._file.write(self._rows.reject_header())
            self._file.write(self._rows.reject(row, problem))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: Any) -> None:  # noqa: PYI036  handed on as they are
        with self._write_errors() if kind is None else contextlib.suppress(OSError, OutputError):
            self._open.__exit__(kind, *raised)

    @contextlib.contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, OutputError) as error:
            failure = error if isinstance(error, OutputError) else f"can't write to {self._path}: {error.strerror}"
            raise OutputError(f"{failure}; choose another place with --rejects") from None
