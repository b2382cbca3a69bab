"""A workbook (.xlsx): the rows of one of its sheets, as the CSV that a spreadsheet would save. Opens no file."""

import csv
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time
from importlib.util import find_spec
from typing import Any, BinaryIO, NamedTuple

from needlecare.errors import InputError, nearest

# How workbooks begin: as zip files, and those of before 2007 or with a password.
ZIPPED, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OR_CSV = "or save the sheet as CSV"
# What a workbook may unpack to. Its texts are kept in memory, beside a little of each row.
_LARGEST = 64 << 20
# What no spreadsheet goes beyond.
_LONGEST_CELL = 32_767
# Shows whether an hour is of the night or of the afternoon.
_CLEAR_HOUR = re.compile(r"hh|am/pm|a/p", re.IGNORECASE)


class Sheet(NamedTuple):
    """A sheet of a workbook: its rows as *lines*, each of them one, and *names*: its own, then those of the others."""

    lines: Iterator[str]
    names: tuple[str, ...]


def read_sheet(stream: BinaryIO, name: str) -> Sheet:
    """Read the sheet called *name*; without one the first that is shown and not empty.

    Raises:
        InputError: there is none, the workbook is too large or can't be read, or its reader isn't installed.
    """
    book, looked = _open(stream)
    found = [_called(name, book)] if name else _shown_sheets(book, looked)
    if not found:
        raise InputError("the workbook is empty: no sheet that it shows has a row")
    look = looked[found[0].title]
    if look.problem:
        raise InputError(look.problem)
    return Sheet(_lines(found[0], look.moments), tuple(sheet.title for sheet in found))


def _called(name: str, book: Any) -> Any:
    sheets = {sheet.title.casefold(): sheet for sheet in book.worksheets}
    if name.casefold() not in sheets:
        there = ", ".join(f"`{sheet.title}`" for sheet in sheets.values())
        raise InputError(f"--sheet: there is no `{name}`{nearest(name.casefold(), sheets)}; there are {there}")
    return sheets[name.casefold()]


def _shown_sheets(book: Any, looked: Mapping[str, Any]) -> list[Any]:
    """Return the sheets that are shown and not empty; one that can't be relied on isn't passed over as empty."""
    shown = (one for one in book.worksheets if one.sheet_state == "visible")
    return [one for one in shown if looked[one.title].problem or any(map(any, _rows(one)))]


def _open(stream: BinaryIO) -> tuple[Any, Mapping[str, Any]]:
    """Open a workbook to be read row by row, for which there are no types, with what was found in each sheet."""
    # Without the second one a few lines of XML could fill the memory.
    if not all(map(find_spec, ("openpyxl", "defusedxml"))):
        raise InputError(f"the input is a workbook; to read it, pip install 'needlecare[xlsx]', {_OR_CSV}")
    from zipfile import ZipFile

    from needlecare.batch.parts import Reader

    # What it passes over, such as the rules by which cells were checked, is nothing of ours.
    warnings.filterwarnings("ignore", module="openpyxl")
    with _damage():
        # No part of a zip file is unpacked to more than it says here.
        with ZipFile(stream) as parts:
            size = max(sum(part.file_size for part in parts.infolist()), stream.seek(0, io.SEEK_END))
        if size <= _LARGEST:
            reader = Reader(stream)
            reader.read()
            return reader.wb, reader.looked
    raise InputError(f"the workbook unpacks to more than {_LARGEST >> 20} MB; keep the list alone in it, {_OR_CSV}")


@contextmanager
def _damage() -> Iterator[None]:
    """Report a workbook that can't be read."""
    try:
        yield
    except InputError:
        raise
    except Exception:  # noqa: BLE001  whatever the reader stumbles over in a damaged file
        wrong = "the workbook can't be read: it is damaged, protected, or of another kind than .xlsx"
        raise InputError(f"{wrong}; open it and save it as .xlsx, {_OR_CSV}") from None


def _rows(sheet: Any, moments: Mapping[tuple[int, int], str] = {}) -> Iterator[list[str]]:
    """Yield what the cells of each row show, without the empty ones at its end; *moments* are shown as they are."""
    # What it says of its own size is often wrong, and would cut columns off.
    sheet.reset_dimensions()
    with _damage():
        for line, row in enumerate(sheet.iter_rows(), 1):
            texts = [*map(_shown, row)]
            if moments:
                texts = [moments.get((line, column), text) for column, text in enumerate(texts, 1)]
            while texts and not texts[-1]:
                texts.pop()
            yield texts


def _lines(sheet: Any, moments: Mapping[tuple[int, int], str]) -> Iterator[str]:
    for number, texts in enumerate(_rows(sheet, moments), 1):
        if any(len(text) > _LONGEST_CELL for text in texts):
            raise InputError(f"line {number}: a cell has more than {_LONGEST_CELL:,} characters; shorten it")
        line = io.StringIO()
        if texts:
            csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(texts)
        yield line.getvalue()


def _shown(cell: Any) -> str:
    """Return what a *cell* would hold in CSV."""
    value, format_ = cell.value, cell.number_format if cell.value is not None else ""
    if isinstance(value, datetime):
        clock = _clock(value.time(), format_)
        return f"{value.date()} {clock}" if value.time() != time() else f"{value.date()}"
    if isinstance(value, time):
        return _clock(value, format_)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value).zfill(len(format_)) if {*format_} == {"0"} else str(value)
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else str(value)


def _clock(clock: time, format_: str) -> str:
    """Return *clock* with the zero before its hour only where the sheet shows that it isn't of the afternoon."""
    text = clock.isoformat("seconds")
    return text if _CLEAR_HOUR.search(format_) else text.removeprefix("0")
