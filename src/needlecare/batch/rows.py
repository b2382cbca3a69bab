"""Lines → rows, from CSV as spreadsheets and clinic software write it, or from JSON Lines. Knows no field's meaning."""

import csv
import io
import json
from collections.abc import Iterator
from typing import NamedTuple

from needlecare.batch.lines import TOO_LONG, Lines
from needlecare.errors import InputError

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
