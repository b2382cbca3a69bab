"""Lists as spreadsheets save them: workbooks, read cell by cell as they show, and refused whole where they can't be."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from batches import HERE, batch, feed, ids, small_rules, write_list
from running import environment

DAY = datetime(2026, 11, 20)  # noqa: DTZ001  a cell has no zone
Rows = Iterable[Iterable[object]]
ONE: Rows = [["id", "date"], ["C-1", DAY]]
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def workbook(rows: Rows = ONE, **others: Rows) -> bytes:
    """Make a workbook of a sheet `Appointments`, and of *others*; a cell with its format is a pair."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, cells in {"Appointments": rows, **others}.items():
        sheet = book.create_sheet(title)
        for line, row in enumerate(cells, 1):
            for column, cell in enumerate(row, 1):
                value, format_ = cell if isinstance(cell, tuple) else (cell, "")
                made = sheet.cell(line, column, value)
                made.number_format = format_ or made.number_format
    return saved(book)


def changed(part: str, change: Callable[[bytes], bytes], data: bytes | None = None) -> bytes:
    """Make a workbook of which one *part* is another; one that it lacks is added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data or workbook())) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        parts = {one.filename: before.read(one) for one in before.infolist()}
        for name, text in {**parts, part: change(parts.get(part, b""))}.items():
            after.writestr(name, text)
    return out.getvalue()


def with_strings(strings: str) -> bytes:
    """Make a workbook whose id is the first text of a table, as Excel itself writes them."""
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    listed = b'<Override PartName="/%s" ContentType="%s"/></Types>' % (STRINGS.encode(), kind)
    inline, shared = b't="inlineStr"><is><t>C-1</t></is>', b't="s"><v>0</v>'
    data = changed(SHEET, lambda text: text.replace(inline, shared))
    data = changed("[Content_Types].xml", lambda text: text.replace(b"</Types>", listed), data)
    return changed(STRINGS, lambda _: strings.encode(), data)


def xlsx(folder: Path, data: bytes, name: str = "clients.xlsx") -> str:
    return write_list(folder, data, name)


CELLS: Rows = [
    ["Appointments, November 2026"],
    [],
    ["Client", "Date", "Time", "Depth", "Room", "Skin type"],
    ["C-1", DAY, time(16, 30), 1.5, 8, "IV"],
    ["C-2", datetime(2026, 11, 20, 16, 30), None, 2, 8],  # noqa: DTZ001
    [(124, "00000"), "20/11/2026", "4:30pm", "1,8 mm", None, "Fitzpatrick 3"],
    [None, None],
    [17, DAY, (timedelta(hours=16, minutes=30), "[h]:mm"), "two\nlines"],
    ["C-3", DAY, (time(4, 30), "h:mm")],
    ["C-4", DAY, (time(4, 30), "hh:mm")],
    ["C-5", 46346],
    ["C-6", DAY, None, None, None, None, None, "note"],
    ["Total", 6],
]


def test_cells_are_read_as_the_sheet_shows_them(tmp_path: Path) -> None:
    ran = batch(xlsx(tmp_path, workbook(CELLS)), "--map", "id=Client", "--dates", "dmy")
    found = {one["id"]: (one["treatment"].get("time"), one.get("facts", {}).get("depth")) for one in ran.records}
    assert found == {"C-1": ("16:30", 1.5), "C-2": ("16:30", 2), "00124": ("16:30", 1.8), "C-4": ("04:30", None)}
    assert ran.records[2]["facts"]["skin-type"] == "III"
    assert ran.code == 1
    for said in (
        "line 8 (17): depth takes one number; 2 were given",
        "line 9 (C-3): time: `4:30:00` can be read as 04:30 or as 16:30",
        "line 11 (C-5): date: `46346` is how a spreadsheet counts 20 Nov 2026",
        "line 12: there are 8 cells where the header has 6; name that column",
        "the header stands below 1 line",
        "no row: line 13",
        "not used: the columns `Room`",
    ):
        assert said in ran.err


def test_rejected_rows_become_csv_that_can_be_mended_and_fed_again(tmp_path: Path) -> None:
    batch(xlsx(tmp_path, workbook(CELLS)), "--map", "id=Client", "--dates", "dmy")
    rejects = tmp_path / "clients.rejects.csv"
    mended = rejects.read_text("utf-8").replace('"two\nlines"', "1.5").replace("4:30:00", "4:30pm")
    rejects.write_text(mended, "utf-8")
    ran = batch(str(rejects), "--map", "id=Client")
    assert ids(ran) == ["17", "C-3"]


@pytest.mark.parametrize("name", ["clients.xlsx", "clients.csv", "-"])
def test_a_workbook_is_one_whatever_its_name(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    feed(monkeypatch, workbook())
    assert ids(batch(name if name == "-" else xlsx(tmp_path, workbook(), name))) == ["C-1"]


def test_a_workbook_may_come_through_a_pipe() -> None:
    command = [sys.executable, "-m", "needlecare", "batch", "-", *HERE]
    ran = subprocess.run(command, input=workbook(), capture_output=True, env=environment(None), timeout=60, check=False)
    assert (ran.returncode, ran.stdout[:12]) == (0, b'{"id":"C-1",')


def hidden_first() -> bytes:
    book = Workbook()
    hidden = book.worksheets[0]
    hidden.append(["id", "date"])
    hidden.sheet_state = "hidden"
    book.create_sheet("Cover")
    for title, client in (("November", "C-1"), ("December", "C-2")):
        sheet = book.create_sheet(title)
        sheet.append(["id", "date"])
        sheet.append([client, DAY])
    return saved(book)


@pytest.mark.parametrize(
    ("sheet", "planned", "code", "said"),
    [
        ((), ["C-1"], 0, "the sheet `November` was read, and --sheet NAME reads another: `December`\n"),
        (("--sheet", "december"), ["C-2"], 0, "needlecare: 1 plan\n"),
        (("--sheet", "Decembre"), [], 2, "--sheet: there is no `Decembre` (did you mean december?); there are `Sheet`"),
    ],
    ids=["the first that is shown and holds something", "by name", "none of that name"],
)
def test_one_sheet_is_read(sheet: tuple[str, ...], planned: list[str], code: int, said: str, tmp_path: Path) -> None:
    ran = batch(xlsx(tmp_path, hidden_first()), *sheet)
    assert (ids(ran), ran.code) == (planned, code)
    assert said in ran.err


def test_only_a_workbook_has_sheets(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date\n1,2026-11-20\n"), "--sheet", "November")
    assert (ran.code, ran.err) == (2, "needlecare: --sheet is for a workbook, and the input is none\n")


@pytest.mark.parametrize("absent", ["openpyxl", "defusedxml"])
def test_without_its_reader_a_workbook_is_refused_with_the_command_that_installs_it(
    absent: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    ran = batch(xlsx(tmp_path, workbook()))
    assert (ran.code, ran.out) == (2, "")
    assert "to read it, pip install 'needlecare[xlsx]', or save the sheet as CSV\n" in ran.err


def open_document() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    return out.getvalue()


def growing(text: bytes) -> bytes:
    """Put what would grow to ten billion letters into *text*."""
    entities = "".join(f'<!ENTITY {chr(98 + one)} "{f"&{chr(97 + one)};" * 10}">' for one in range(9))
    return f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{entities}]>'.encode() + text.replace(b"C-1", b"&j;")


def understated() -> bytes:
    """Make a sheet that is longer than its zip file says."""
    data = changed(SHEET, lambda text: text + b" " * 5_000_000)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        size = parts.getinfo(SHEET).file_size
    return data.replace(size.to_bytes(4, "little"), (500).to_bytes(4, "little"))


FAR = b"<row r='99999999'><c r='A99999999'><v>1</v></c></row></sheetData>"
LONG = f"<sst {MAIN}><si><t>{'x' * 40_000}</t></si></sst>"
CANT = (
    "the workbook can't be read: it is damaged, protected, or of another kind than .xlsx; open it and save it as .xlsx"
)


def with_rows(rows: str) -> bytes:
    """Make a workbook with *rows* as they are below those of `ONE`."""
    return changed(SHEET, lambda text: text.replace(b"</sheetData>", f"{rows}</sheetData>".encode()))


def two_of_one_part() -> bytes:
    data = workbook(ONE, Other=ONE)
    return changed("xl/_rels/workbook.xml.rels", lambda text: text.replace(b"sheet2.xml", b"sheet1.xml"), data)


FORMULA = "cell A3: its formula has no saved value; open the workbook, save it, and it has values"
ORDER = "row 3: its cells are out of order: the workbook is damaged"
TOO_MUCH = {
    "a formula without a value": (with_rows('<row r="3"><c r="A3"><f>B1</f></c></row>'), FORMULA),
    "a formula with an empty value": (with_rows('<row r="3"><c r="A3"><f>B1</f><v/></c></row>'), FORMULA),
    "cells out of order": (with_rows('<row r="3"><c r="B3"><v>1</v></c><c r="A3"><v>2</v></c></row>'), ORDER),
    "a cell twice": (with_rows('<row r="3"><c r="A3"><v>1</v></c><c r="A3"><v>2</v></c></row>'), ORDER),
    "a cell of another row": (with_rows('<row r="3"><c r="A4"><v>1</v></c></row>'), ORDER),
    "rows out of order": (with_rows('<row r="5"/><row r="3"/>'), "row 3 stands behind row 5: the workbook is damaged"),
    "a row twice": (with_rows('<row r="2"/>'), "row 2 stands behind row 2: the workbook is damaged"),
    "cells far to the right": (
        with_rows("".join(f'<row r="{row}"><c r="XFD{row}"/></row>' for row in range(3, 1003))),
        "row 3: a cell lies beyond 1,000 columns",
    ),
    "a row of many cells": (with_rows(f"<row>{'<c/>' * 300_000}</row>"), "row 3 has too much in it"),
    "rows that hold nothing": (with_rows("<row/>" * 300_000), "more than 100,000 rows are empty: delete them"),
    "rows far below": (with_rows('<row r="1000000"/>'), "more than 100,000 rows are empty: delete them"),
    "much beside the rows": (
        changed(SHEET, lambda text: text.replace(b"<sheetData>", b"<cols/>" * 30_000 + b"<sheetData>")),
        "too much stands beside the rows",
    ),
    "two sheets of one part": (two_of_one_part(), "two of its sheets are one"),
    "many sheets": (workbook(**{f"S{number}": [] for number in range(100)}), "more than 100 sheets"),
    "many styles": (
        changed("xl/styles.xml", lambda text: text.replace(b"</cellXfs>", b"<xf/>" * 100_000 + b"</cellXfs>")),
        "the workbook has too much beside its sheets (`xl/styles.xml`)",
    ),
    "a large part": (
        changed("xl/theme/theme1.xml", lambda text: text + b" " * (2 << 20)),
        "the workbook has too much beside its sheets (`xl/theme/theme1.xml`)",
    ),
}
TOO_LARGE = "the workbook unpacks to more than 64 MB; keep the list alone in it, or save the sheet as CSV"
REFUSED = {
    "cut off": (workbook()[:3000], CANT),
    "only its beginning": (b"PK\x03\x04\x14\x00\x06\x00", CANT),
    "of an open office": (open_document(), CANT),
    "of before 2007, or with a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "is an old workbook, or has a password",
    ),
    "a bomb": (changed(SHEET, lambda text: text + b" " * (65 << 20)), TOO_LARGE),
    "a bomb that understates itself": (understated(), CANT),
    "a sheet whose text grows": (changed(SHEET, growing), CANT),
    "a table of texts that grow": (with_strings(growing(LONG.encode()).decode()), CANT),
    "a giant cell": (with_strings(LONG), "line 2: a cell has more than 32,767 characters; shorten it"),
    "a text that isn't there": (with_strings(f"<sst {MAIN}></sst>"), CANT),
    "a format that isn't there": (changed(SHEET, lambda text: text.replace(b's="1"', b's="99"')), CANT),
    "empty": (workbook([]), "the workbook is empty: no sheet that it shows has a row"),
    "no header": (workbook([["Report"], ["Nothing"]]), "no column holds the id; say which one with --map id"),
}


REFUSED |= TOO_MUCH


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED)
def test_a_workbook_that_cannot_be_used_is_refused_in_one_line(data: bytes, said: str, tmp_path: Path) -> None:
    ran = batch(xlsx(tmp_path, data), "-o", str(tmp_path / "plans.jsonl"))
    assert (ran.code, ran.out, said in ran.err) == (2, "", True)
    assert len(ran.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["clients.xlsx"]


def test_more_rows_than_a_spreadsheet_has_are_never_waited_for(tmp_path: Path) -> None:
    data = changed(SHEET, lambda text: text.replace(b"</sheetData>", FAR))
    ran = batch(xlsx(tmp_path, data), "--rules", small_rules(tmp_path))
    assert ran.code == 2
    assert "line 99999999: no spreadsheet has so many rows" in ran.err


@pytest.mark.parametrize(
    "cell",
    ['<c r="C2" t="str"><f>""</f><v></v></c>', '<c r="C2"><f>1+1</f><v>2</v><extLst/></c>', '<c r="C2" s="0"/>'],
    ids=["a formula that comes to an empty text", "a formula with its value", "a cell with a style alone"],
)
def test_what_spreadsheets_save_is_not_taken_for_damage(cell: str, tmp_path: Path) -> None:
    data = workbook([["id", "date", "notes"], ["C-1", DAY]])
    data = changed(SHEET, lambda text: text.replace(b"</row></sheetData>", f"{cell}</row></sheetData>".encode()), data)
    assert ids(batch(xlsx(tmp_path, data))) == ["C-1"]


@pytest.mark.parametrize("moment", ["2026-11-20T16:30:00Z", "2026-11-20T16:30:00+01:00", "2026-11-20T16:30:00-05:00"])
def test_a_moment_relative_to_utc_is_rejected_as_it_is_in_csv(moment: str, tmp_path: Path) -> None:
    data = with_rows(f'<row r="3"><c r="A3"><v>7</v></c><c r="B3" t="d"><v>{moment}</v></c></row>')
    ran = batch(xlsx(tmp_path, data))
    assert (ids(ran), ran.code) == (["C-1"], 1)
    assert f"line 3 (7): date: `{moment}` is relative to UTC" in ran.err
