"""The parts of a workbook, looked through before its reader builds anything: what it would drop, what is too much."""

from typing import IO, Any
from xml.parsers import expat
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import column_index_from_string
from openpyxl.xml.constants import SHEET_MAIN_NS

from needlecare.errors import InputError

_KEEP = "keep the list alone in it, or save the sheet as CSV"
_SAVE = "open the workbook, save it, and it has values"
_MOST_SHEETS, _MOST_COLUMNS, _MOST_ROWS = 100, 1000, 1 << 20
# Of a part that is read whole, and of all those together; signs that begin a tag.
_LARGEST_PART, _MOST_TAGS = 1 << 20, 30_000
# Elements of one row, and of all that stands beside rows; rows without a value, in all sheets.
_MOST_ELEMENTS, _MOST_EMPTY = 20_000, 100_000
_DIGITS = "0123456789"
_ROW, _CELL, _VALUE, _FORMULA, _INLINE = (f"{SHEET_MAIN_NS} {name}" for name in ("row", "c", "v", "f", "is"))


class _Parts(ZipFile):
    """A workbook's parts; those that are read whole are small, and few tags stand in them."""

    tags = 0

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        if self.getinfo(name).file_size <= _LARGEST_PART:
            data = super().read(name, pwd)
            self.tags += data.count(b"<")
            if self.tags <= _MOST_TAGS:
                return data
        raise InputError(f"the workbook has too much beside its sheets (`{name}`); {_KEEP}")


class Reader(ExcelReader):
    """Reads a workbook whose sheets have been looked through. *looked* is what was found in each, by its title."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, read_only=True, data_only=True, keep_links=False)
        self.archive = _Parts(stream)
        self.looked: dict[str, Look] = {}

    def read_worksheets(self) -> None:
        """Look through all sheets first; raise an InputError where there is too much."""
        sheets = [(sheet.name, relation.target) for sheet, relation in self.parser.find_sheets()]
        if len(sheets) > _MOST_SHEETS:
            raise InputError(f"the workbook has more than {_MOST_SHEETS} sheets; {_KEEP}")
        if any(len({*names}) < len(sheets) for names in zip(*sheets, strict=True)):
            raise InputError("the workbook is damaged: two of its sheets are one; open it and save it as .xlsx")
        empty = beside = 0
        for title, target in sheets:
            if target in self.valid_files:
                look = self.looked[title] = Look(empty, beside)
                with self.archive.open(target) as part:
                    look.through(part)
                empty, beside = look.empty, look.beside
        super().read_worksheets()


class Look:
    """One pass over the XML of a sheet.

    *problem* is why its rows can't be relied on. *moments* are the cells, by row and column, that hold a time relative
    to UTC, as they have it. *empty* rows and elements *beside* the rows are counted on from the sheets before.
    """

    def __init__(self, empty: int, beside: int) -> None:
        self.empty, self.beside = empty, beside
        self.problem = ""
        self.moments: dict[tuple[int, int], str] = {}
        self._row = self._column = self._depth = self._elements = 0
        self._in_row = self._in_value = self._has_value = False
        self._cell: dict[str, str] = {}
        self._found: set[str] = set()
        self._text: list[str] = []

    def through(self, part: IO[bytes]) -> None:
        """Look through *part*.

        Raises:
            InputError: there is too much in it.
            ValueError, expat.ExpatError: it can't be read.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.EntityDeclHandler = _refuse_entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._keep
        parser.ParseFile(part)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._in_row:
            if name == _ROW:
                self._start_row(attributes)
            else:
                self.beside += 1
                self._refuse(self.beside > _MOST_ELEMENTS, "too much stands beside the rows")
            return
        self._depth += 1
        self._elements += 1
        self._refuse(self._elements > _MOST_ELEMENTS, f"row {self._row:,} has too much in it")
        if self._depth == 1:
            self._start_cell(name, attributes)
        elif self._depth == 2:  # noqa: PLR2004  what stands right in a cell
            self._in_value = name == _VALUE and _VALUE not in self._found
            self._found.add(name)
        else:
            self._in_value = False

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self._row + 1))
        if number > _MOST_ROWS:
            raise InputError(f"line {number}: no spreadsheet has so many rows; {_KEEP}")
        if number <= self._row:
            self._note(f"row {number} stands behind row {self._row}: the workbook is damaged; open it and save it")
        self.empty += max(0, number - self._row - 1)
        self._row, self._column, self._elements, self._depth = number, 0, 0, 0
        self._in_row, self._has_value = True, False

    def _start_cell(self, name: str, attributes: dict[str, str]) -> None:
        place = attributes.get("r", "")
        letters = place.rstrip(_DIGITS)
        column = column_index_from_string(letters) if place else self._column + 1
        if name != _CELL or column <= self._column or (place and place[len(letters) :] != str(self._row)):
            self._note(f"row {self._row}: its cells are out of order: the workbook is damaged; open it and save it")
        if column > _MOST_COLUMNS:
            self._note(f"row {self._row}: a cell lies beyond {_MOST_COLUMNS:,} columns; {_KEEP}")
        self._column, self._cell, self._found, self._text = column, attributes, set(), []

    def _keep(self, text: str) -> None:
        if self._in_value:
            self._text.append(text)

    def _end(self, _: str) -> None:
        if not self._in_row:
            return
        self._in_value = False
        if self._depth == 1:
            self._end_cell("".join(self._text))
        elif self._depth == 0:
            self._in_row = False
            self.empty += not self._has_value
            self._refuse(self.empty > _MOST_EMPTY, f"more than {_MOST_EMPTY:,} rows are empty: delete them")
        self._depth -= 1

    def _end_cell(self, text: str) -> None:
        kind = self._cell.get("t")
        # A formula may come to an empty text, which is saved as one.
        if _FORMULA in self._found and not text and not (kind == "str" and _VALUE in self._found):
            place = self._cell.get("r") or f"{self._column} of row {self._row}"
            self._note(f"cell {place}: its formula has no saved value; {_SAVE}")
        if kind == "d" and _is_relative(text):
            self.moments[self._row, self._column] = text
        self._has_value |= bool(text) or _INLINE in self._found

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem

    def _refuse(self, is_so: bool, why: str) -> None:
        if is_so:
            raise InputError(f"the workbook: {why}; {_KEEP}")


def _is_relative(text: str) -> bool:
    """Report whether an ISO time ends with Z or an offset."""
    clock = text.strip().upper().rpartition("T")[2]
    return ":" in clock and any(sign in clock for sign in "Z+-")


def _refuse_entity(*_: object) -> None:
    raise ValueError("a sheet has no entities of its own")
