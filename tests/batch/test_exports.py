"""Exports as clinics have them: small ones, each with one trap, and a long one with all traps in four dialects."""

import csv
import io
import json
import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from batches import batch, write_list
from needlecare import build_timeline, load_rules, make_treatment
from needlecare.typed import read_facts
from needlecare.views.json import render_line

LONDON = ZoneInfo("Europe/London")


class Trap(NamedTuple):
    """A list with its options: who is planned at what time, and what is said; `said` may also not be said."""

    text: str
    options: tuple[str, ...]
    planned: Mapping[str, str | None]
    said: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


CLIENT = ("--map", "id=Client ID")
TRAPS = {
    "an end beside a start that holds the date": Trap(
        "Appointment ID,Start Time,End Time\n9,2026-11-20 16:30,2026-11-20 17:30\n",
        ("--map", "id=Appointment ID", "--map", "date=Start Time"),
        {"9": "16:30"},
        unsaid=("perhaps you want",),
    ),
    "an end beside a start": Trap(
        "Client ID,Date,End Time,Start Time\n9,2026-11-20,17:30,16:30\n",
        CLIENT,
        {"9": None},
        ('perhaps you want --map time="Start Time"\n',),
    ),
    "when a row was made": Trap(
        "Client ID,Date,Created Time\n9,2026-11-20,10:14\n", CLIENT, {"9": None}, unsaid=("perhaps you want",)
    ),
    "a footer with a date": Trap(
        "Client ID,Date\n9,2026-11-20\nReport date,2026-11-26\n", CLIENT, {"9": None}, ("no row: line 3",)
    ),
    "a number that nobody sees": Trap(
        "Client ID,Date\n9,2026-11-20\x00\n8,2026-11-20\n", CLIENT, {"8": None}, ("`2026-11-20[U+0000]` is not a date",)
    ),
    "a number in the place of a date": Trap(
        "Client ID,Date,Time\n9,46346,0.6875\n8,20/11/2026,30/12/1899 16:30\n",
        (*CLIENT, "--dates", "dmy"),
        {"8": "16:30"},
        ("`46346` is how a spreadsheet counts 20 Nov 2026", "`0.6875` is how a spreadsheet counts 16:30"),
    ),
    "a zone as Windows calls it": Trap(
        '{"Client ID": 9, "date": "2026-11-20", "time": "16:30", "tz": "Romance Standard Time"}\n',
        CLIENT,
        {"9": "16:30"},
    ),
    "a zone with a sign that is often turned round": Trap(
        '{"id": 9, "date": "2026-11-20", "tz": "GMT-5"}\n',
        (),
        {},
        ("there is no time zone `GMT-5`; write it as Europe/London",),
        ("Etc/",),
    ),
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_an_export_is_read_as_it_is_meant(trap: Trap, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, trap.text), *trap.options)
    assert {one["id"]: one["treatment"].get("time") for one in ran.records} == trap.planned
    assert [said for said in trap.said if said not in ran.err] == []
    assert [said for said in trap.unsaid if said in ran.err] == []


# The long one. The same appointments are written in each dialect; what is wrong of them is wrong in all.

FIRST = date(2026, 1, 5)
HEADER = [
    "Client no",
    "Client name",
    "Service",
    "Treatment date",
    "Time",
    "Area",
    "Needle depth",
    "Skin type",
    "Status",
    "Notes",
]
BATCH = """
batch:
  {id: Client no, date: Treatment date, depth: Needle depth, only: {Status: [Completed, Arrived], Service: ~needling}}
"""
AREAS = {"face": "Face", "face,neck": "Face & Neck", "scalp": "Scalp (hair)", "neck": "neck"}
NOTES = [
    "",
    "",
    'likes "strong" coffee',
    "first line\nsecond line",
    "5% off; again",
    "a, b; c\td",
    "Zoë – allergic to latex",
]


class Visit(NamedTuple):
    """An appointment as it was, and what is *wrong* with how it was written: which cell, as what, said how."""

    client: str
    name: str
    service: str
    day: date
    clock: time | None
    area: str
    depth: float | None
    skin: str
    status: str
    notes: str
    wrong: tuple[str, str, str] | None = None

    @property
    def counts(self) -> bool:
        return self.status in ("Completed", "arrived ") and "eedling" in self.service


WRONG = [
    ("Treatment date", "soon", "date: `soon` is not a date that can be read"),
    ("Treatment date", "", "the date is missing"),
    ("Treatment date", "31/02/2026", "date: `31/02/2026`"),
    ("Treatment date", "1826-11-20", "date: `1826-11-20` lies outside the years 1900 to 2199"),
    ("Treatment date", "46346", "date: `46346` is how a spreadsheet counts 20 Nov 2026"),
    ("Time", "25:00", "time: `25:00` is not a time of the day"),
    ("Time", "4:30", "time: `4:30` can be read as 04:30 or as 16:30"),
    ("Time", "16:30Z", "time: `16:30Z` is relative to UTC"),
    ("Area", "knee", "area has no answer `knee`"),
    ("Needle depth", "99", "depth: `99` is not a number from 0.1 to 8 mm"),
    ("Skin type", "VII", "skin-type has no answer `VII`"),
    ("Client no", "", "the id is missing"),
]


def visits() -> list[Visit]:
    """Make up 500 appointments, the same every time."""
    chance = random.Random(5)  # noqa: S311  the same rows every time
    clocks = [None, *(time(hour, minute) for hour in range(8, 19) for minute in (0, 30))]
    made = [
        Visit(
            client=f"C-{number:03}",
            name=chance.choice(["Zoë Müller", "O'Neil, Ann", "Bob"]),
            service=chance.choice(["Microneedling face", "SkinPen needling", "Gel nails", "Facial"]),
            day=FIRST + timedelta(days=chance.randrange(300)),
            clock=chance.choice(clocks),
            area=chance.choice([*AREAS]),
            depth=chance.choice([None, 0.5, 1.0, 1.5, 2.25]),
            skin=chance.choice(["", "II", "IV", "VI"]),
            status=chance.choice(["Completed", "arrived ", "No show", "Cancelled"]),
            notes=chance.choice(NOTES),
            wrong=chance.choice(WRONG) if chance.random() < 0.2 else None,
        )
        for number in range(500)
    ]
    # One client comes back: the last treatment counts.
    again = next(one for one in made if one.counts and not one.wrong)
    return [*made, again._replace(day=FIRST + timedelta(days=310))]


ROMAN = ["I", "II", "III", "IV", "V", "VI"]
Cell = str | float | datetime | time | None


class Dialect(NamedTuple):
    """How a program writes a list: a workbook, or text with what stands between cells, in an encoding."""

    date: str
    time: str
    depth: str
    skin: str
    empty: str
    options: tuple[str, ...] = ()
    between: str = ""
    encoding: str = "utf-8"


DIALECTS = {
    "commas": Dialect("%Y-%m-%d", "%H:%M", "{:g}", "{roman}", "", between=","),
    "semicolons of Windows": Dialect(
        "%d.%m.%Y", "%H:%M:%S", "{:g} mm", "Type {number}", "-", ("--dates", "dmy"), ";", "cp1252"
    ),
    "tabs of Excel": Dialect("%m/%d/%Y", "%I:%M %p", "{:g}mm", "{number}", "N/A", ("--dates", "mdy"), "\t", "utf-16"),
    "a workbook": Dialect("", "", "", "Fitzpatrick {roman}", "n/k"),
}


def cells(visit: Visit, dialect: Dialect) -> list[Cell]:
    """Write an appointment in a dialect; a workbook has dates, times and numbers."""
    typed = not dialect.between
    midnight = datetime.combine(visit.day, time())
    written: dict[str, Cell] = {
        "Client no": visit.client,
        "Client name": visit.name,
        "Service": visit.service,
        "Treatment date": midnight if typed else f"{visit.day:{dialect.date}}",
        "Time": visit.clock if typed or visit.clock is None else f"{visit.clock:{dialect.time}}",
        "Area": AREAS[visit.area],
        "Needle depth": dialect.empty,
        "Skin type": dialect.empty,
        "Status": visit.status,
        "Notes": visit.notes,
    }
    if visit.depth is not None:
        depth = dialect.depth.format(visit.depth)
        written["Needle depth"] = visit.depth if typed else depth.replace(".", "," if dialect.between == ";" else ".")
    if visit.skin:
        written["Skin type"] = dialect.skin.format(roman=visit.skin, number=ROMAN.index(visit.skin) + 1)
    if visit.wrong:
        column, cell, _ = visit.wrong
        written[column] = float(cell) if typed and cell.isdigit() else cell
    return [written[column] for column in HEADER]


def write_export(made: list[Visit], dialect: Dialect) -> tuple[bytes, list[int]]:
    """Write a whole export: titles, header, appointments, totals; give the line where each appointment starts."""
    rows = [cells(one, dialect) for one in made]
    above: list[list[Cell]] = [["Appointments, all rooms"], ["Printed by", "Ann"], []]
    below: list[list[Cell]] = [[], ["Total", len(rows)], ["Printed on 30/11/2026 10:14"]]
    table: list[list[Cell]] = [*above, [*HEADER], *rows, *below]
    if not dialect.between:
        book = Workbook()
        for line in table:
            book.worksheets[0].append(line)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue(), [number for number, _ in enumerate(rows, len(above) + 2)]
    text, starts = io.StringIO(newline=""), []
    writer = csv.writer(text, delimiter=dialect.between)
    for line in table:
        starts.append(text.getvalue().count("\n") + 1)
        writer.writerow(line)
    return text.getvalue().encode(dialect.encoding), starts[len(above) + 1 : -len(below)]


@pytest.fixture(scope="module")
def made() -> list[Visit]:
    return visits()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> str:
    text = f'ruleset: ours\nversion: "1"\nextends: microneedling\n{BATCH}'
    return write_list(tmp_path_factory.mktemp("rules"), text, "clinic.yaml")


@pytest.fixture(scope="module")
def planned(made: list[Visit], clinic: str) -> dict[str, Any]:
    """Plan each appointment that counts, through the library and with the answers as they are."""
    rule_set = load_rules(clinic)

    def plan(visit: Visit) -> Any:
        said = {"area": visit.area, "depth": visit.depth, "skin-type": visit.skin}
        facts = read_facts(rule_set, {name: value for name, value in said.items() if value})
        timeline = build_timeline(rule_set, make_treatment(visit.day, visit.clock, LONDON), facts)
        return json.loads(render_line(timeline, visit.client))

    return {one.client: plan(one) for one in made if one.counts and not one.wrong}


def test_everything_that_can_be_wrong_is_wrong_somewhere(made: list[Visit]) -> None:
    assert {one.wrong for one in made if one.counts} == {None, *WRONG}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_every_row_of_a_long_export_is_planned_rightly_or_named(
    dialect: Dialect, made: list[Visit], clinic: str, planned: dict[str, Any], tmp_path: Path
) -> None:
    data, starts = write_export(made, dialect)
    ran = batch(write_list(tmp_path, data), "--rules", clinic, *dialect.options)
    assert {one["id"]: one["windows"] for one in ran.records} == {id_: one["windows"] for id_, one in planned.items()}
    assert [one["treatment"]["date"] for one in ran.records if one["id"] == made[-1].client] == [f"{made[-1].day}"]
    named = [line.removeprefix("needlecare: ") for line in ran.err.splitlines() if line.startswith("needlecare: line ")]
    wrong = list(expected(made, starts))
    assert len(named) == len(wrong)
    for (place, reason), line in zip(wrong, named, strict=True):
        assert line.startswith(place)
        assert reason in line
    assert "the header stands below 2 lines, which are passed over" in ran.err
    assert f"{len(planned)} plans, " in ran.err


def expected(made: list[Visit], starts: list[int]) -> Iterator[tuple[str, str]]:
    """Give how each wrong appointment is named, and why it is wrong."""
    for visit, line in zip(made, starts, strict=True):
        if visit.wrong and visit.counts:
            column, cell, reason = visit.wrong
            yield f"line {line}: " if (column, cell) == ("Client no", "") else f"line {line} ({visit.client}): ", reason
