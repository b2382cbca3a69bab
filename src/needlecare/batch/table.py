"""A list of clients: CSV as spreadsheets and clinic software write it, or JSON Lines. Knows no field's meaning.

Text → rows → which column holds which field; rejected rows → a file that can be mended and read again.
"""

import codecs
import contextlib
import csv
import hashlib
import io
import json
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from needlecare.batch.workbook import OLD, ZIPPED, read_sheet
from needlecare.errors import InputError, nearest
from needlecare.rules.clinic import counting, plain
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
_DELIMITER_LINE = re.compile(r'(?i)"?sep=.?"?\s*')
# As spreadsheets have it.
_NEW_LINE = "\r\n"
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Names that Windows keeps for devices, whatever the suffix.
_RESERVED = re.compile(r"(?i)con|prn|aux|nul|com[0-9]|lpt[0-9]")
_READABLE = 40
# A quoted text that goes on for longer than this is a quotation mark that wasn't closed.
_MOST_LINES = 60
# Names of columns that are kept: objects may bring a new one in each line.
_MOST_NAMES = 1024
# Lines among which the header is looked for.
_MOST_TITLES = 20
# Words of columns whose dates and times are those of something else.
_OTHER_MOMENTS = frozenset(
    ("end", "ends", "finish", "created", "booked", "updated", "modified", "scheduled", "birth", "paid")
)
_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"[0-9]{1,2}")
# How a number that was cut goes on, and a range whose first number was.
_REST = re.compile(r"[0-9]{1,2}(?:\s*(?:[-–—/]|to)\s*[0-9]{1,2}(?:\.[0-9]+)?)?")
# How a line below the last row begins, and how many cells one without an id and a date may have.
_FOOTER = re.compile(
    r"(?i)(?:grand |sub)?(?:total|summe|gesamt|sum|count|report|generated|printed|exported|created|page)s?\b.*[\s:]"
    r"|(?:total|summe|gesamt)$"
)
_MOST_IN_FOOTER = 2

# Texts of one field, in the order of the row.
Texts = tuple[str, ...]


def decode_lines(stream: BinaryIO, begun: bytes = b"") -> Iterator[str]:
    """Decode *stream* line by line, with nothing read ahead: UTF-8, and where a line isn't, Windows-1252.

    A file whose first bytes are of UTF-16 is read so. Of an endless line only the beginning is kept. *begun* is what
    has been read already.
    """
    with _read_errors():
        first = begun + stream.readline(_LONGEST)
        while first.startswith(_UTF8_MARK):
            first = first.removeprefix(_UTF8_MARK)
        parts = chain([first], iter(partial(stream.readline, _LONGEST), b""))
        # As old Macs ended their lines, and spreadsheets still can.
        end = "\r" if b"\r" in first and b"\n" not in first else "\n"
        if wide := _wide(first):
            yield from _cut(codecs.iterdecode(parts, wide, "replace"), end)
        else:
            # Latin-1 returns every byte as it was, for whatever encoding its line has.
            lines = _cut(codecs.iterdecode(parts, "latin-1"), end)
            yield from (_decode(line.encode("latin-1")) for line in lines)


@contextlib.contextmanager
def _read_errors() -> Iterator[None]:
    """Report an input that can't be read on."""
    try:
        yield
    except OSError as error:
        raise InputError(f"can't read the input: {error.strerror}") from None


def _wide(first: bytes) -> str:
    """Return the name of the encoding if it takes two bytes a letter, of which plain letters leave one empty."""
    if first.startswith(_UTF16):
        return "utf-16"
    empty = [place % 2 for place, byte in enumerate(first[:100]) if not byte]
    is_wide = len(empty) > len(first[:100]) // 3 and len(set(empty)) == 1
    return ("utf-16-be", "utf-16-le")[empty[0]] if is_wide else ""


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


def file_stems(client: str) -> list[str]:
    """Return the names that the file of *client* may have, without suffix: its id if harmless, and one with a mark.

    No id leads to the name of another one, since `~` stands in no harmless id.
    """
    bare = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", bare).strip("-")[:_READABLE].strip("-")
    mark = hashlib.sha256(client.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    marked = f"{readable or 'client'}~{mark}"
    return [client, marked] if _HARMLESS.fullmatch(client) and not _RESERVED.fullmatch(client) else [marked]


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


def _says_something(text: str) -> bool:
    return bool(text.strip(_BLANK)) and not _DELIMITER_LINE.fullmatch(text)


def _delimiter_of(text: str) -> str:
    """Return what stands most often between the cells of *text*, outside of quotes."""
    return max(DELIMITERS, key="".join(text.split('"')[::2]).count)


class CsvRows:
    """CSV with a header: any delimiter of `DELIMITERS`, quoted line ends, blank lines passed over.

    What stands above the header is skipped where one of the first lines *is_known* by a name of its columns: *titles*
    says how many lines those are. *sheets* are those of a workbook, the one that was read first.
    """

    def __init__(self, lines: NumberedLines, is_known: Callable[[str], object], sheets: tuple[str, ...] = ()) -> None:
        self._lines, self.sheets = lines, sheets
        header, problem = self._find_header(is_known)
        if problem:
            raise InputError(f"line {lines.number}: the header can't be read: {problem}")
        self.header = [name.strip() for name in header]
        while self.header and not self.header[-1]:
            self.header.pop()

    def _find_header(self, is_known: Callable[[str], object]) -> tuple[list[str], str]:
        """Take the lines up to the header, and return its cells and what is wrong with it."""
        taken: list[str] = []
        for text in islice(self._lines, _MOST_TITLES):
            taken.append(text)
            names = text.rstrip("\r\n").replace('"', "").split(_delimiter_of(text))
            if text.strip(_BLANK) and any(map(is_known, names)):
                self.titles = len([*filter(_says_something, taken[:-1])])
                break
        else:
            self.titles = 0
            self._lines.put_back(taken)
            text = next(filter(_says_something, self._lines), "")
        self.delimiter = _delimiter_of(text)
        return self._cells(text)

    def __iter__(self) -> Iterator[Row]:
        width = len(self.header)
        for text in self._lines:
            line = self._lines.number
            cells, problem = self._cells(text)
            if problem:
                yield Row(line, {}, text, problem)
            elif any(cell.strip() for cell in cells[width:]):
                mend = (
                    f"put text with {DELIMITERS[self.delimiter]} in quotes" if not self.sheets else "name that column"
                )
                reason = f"there are {len(cells)} cells where the header has {width}; {mend}"
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
    """JSON Lines: one object a line. No header, no delimiter, nothing above the first."""

    def __init__(self, lines: NumberedLines) -> None:
        self._lines = lines
        self.header: list[str] = []
        self.delimiter, self.titles, self.sheets = "", 0, ()

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


def read_rows(stream: BinaryIO, is_known: Callable[[str], object], sheet: str = "") -> CsvRows | JsonRows:
    """Read CSV, whose header *is_known* by a name of its columns, JSON Lines, or a *sheet*, as the first bytes show.

    Raises:
        InputError: it is something else.
    """
    with _read_errors():
        begun = stream.read(len(ZIPPED))
    if begun == OLD:
        raise InputError("the input is an old workbook, or has a password; save it as .xlsx without one, or as CSV")
    if begun == ZIPPED:
        found = read_sheet(stream, sheet)
        return CsvRows(NumberedLines(found.lines), is_known, found.names)
    if sheet:
        raise InputError("--sheet is for a workbook, and the input is none")
    lines = NumberedLines(decode_lines(stream, begun))
    text = next((text for text in lines if text.strip()), "")
    lines.put_back([text])
    first = text.lstrip()[:1]
    if first == "[":
        raise InputError("the input is one JSON list; write one object a line instead (jq -c '.[]' does so)")
    return JsonRows(lines) if first == "{" else CsvRows(lines, is_known)


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


# The values that count of each column, by its plain name; with `~` before them, parts of such values.
Only = Mapping[str, tuple[str, ...]]


def read_only(pairs: Iterable[str]) -> Only:
    """Read `COLUMN=VALUE,VALUE` or `COLUMN=~PART` pairs."""
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        column, _, texts = pair.partition("=")
        values = counting(texts.split(","))
        if not column.strip() or not values:
            raise InputError(f"--only: `{pair}` can't be read; write it as --only Status=Completed,Arrived")
        found[plain(column)] = (*found.get(plain(column), ()), *values)
    return found


def is_chosen(cells: Mapping[str, object], only: Only) -> bool:
    """Report whether *only* chooses a row with these *cells*."""
    texts = {plain(name): str(cell).strip().casefold() for name, cell in cells.items()} if only else {}
    return all(
        any(one[1:].strip() in texts.get(column, "") if one[:1] == "~" else one == texts.get(column) for one in values)
        for column, values in only.items()
    )


def refuse_cut_number(field: str | None, first: object, rest: object, unit: str) -> None:
    """Refuse a number, or a range, whose decimal comma has made two cells of it; its *unit* may stand behind.

    Raises:
        InputError: the digits of the number of *field* go on in the next cell.
    """
    bare = str(rest).lower().replace(unit, "").strip()
    if _DIGITS.fullmatch(str(first).strip()) and _REST.fullmatch(bare):
        raise InputError(
            f'{field}: `{first}` and then `{rest}`: put a number with a comma in quotes, as "{first},{rest}"'
        )


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
        words |= {word.removesuffix("s") for word in words}
        if words & _OTHER_MOMENTS:
            return None
        taken = {self.field(name) for name in others}
        free = ((field, name) for name, field in self._by_name.items() if field not in taken)
        return next((field for field, name in free if words >= set(name.split())), None)

    def is_footer(self, row: Row) -> bool:
        """Report whether *row* looks like what stands below a list: a total, or when the list was made."""
        filled = {name: str(cell).strip() for name, cell in row.cells.items() if str(cell).strip()}
        cells = {self.field(name) or name: cell for name, cell in filled.items()}
        is_bare = ID not in cells and "date" not in cells and len(cells) <= _MOST_IN_FOOTER
        return not row.problem and (is_bare or bool(_FOOTER.match(cells.get(ID, ""))))

    def check(self, header: list[str], needed: Iterable[str], chosen: Mapping[str, str]) -> None:
        """Check that a table has a column for each field that is *needed*, none twice, and those that choose rows.

        *chosen* holds who names each of these.

        Raises:
            InputError: a column is missing, or two are the same field.
        """
        there = ", ".join(_quoted(filter(None, header))) or "none"
        named = {column: f"--map {field}" for field, column in self._mapped.items()} | {**chosen}
        if absent := next((one for one in named if plain(one) not in map(plain, header)), ""):
            raise InputError(f"{named[absent]}: there is no column `{absent}`; there are {there}")
        held = {self.field(name) for name in self._once(header)}
        for field in needed:
            if field not in held:
                raise InputError(
                    f'no column holds the {field}; say which one with --map {field}="…"; there are {there}'
                )

    def _once(self, header: list[str]) -> list[str]:
        """Return *header*, in which no two columns are the same field."""
        held: dict[str | None, list[str]] = {}
        for name in header:
            held.setdefault(self.field(name), []).append(name)
        for found, names in held.items():
            if found and len(names) > 1:
                raise InputError(f"{len(names)} columns hold {found}: {' and '.join(_quoted(names))}")
        return header


def _quoted(names: Iterable[str]) -> list[str]:
    return [f"`{name}`" for name in names]
