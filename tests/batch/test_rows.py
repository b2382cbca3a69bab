"""Rows as spreadsheets, clinic software and other programs write them."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from batches import HERE, batch, feed, ids, write_list
from running import run

TWO = "id,date,time,name\nC-1,2026-11-20,16:30,Zoë\nC-2,2026-11-21,,Bob\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TWO.encode(), id="utf-8"),
        pytest.param(b"\xef\xbb\xbf" + TWO.encode(), id="utf-8 with a mark"),
        pytest.param(TWO.encode("cp1252"), id="windows-1252"),
        pytest.param(TWO.encode("utf-16"), id="utf-16, as Excel's Unicode text"),
        pytest.param(TWO.replace("\n", "\r\n").encode(), id="Windows line ends"),
        pytest.param(TWO.replace("\n", "\r").encode("cp1252"), id="old Mac line ends"),
        pytest.param(TWO.replace(",", ";").encode(), id="semicolons"),
        pytest.param(TWO.replace(",", "\t").encode(), id="tabs"),
        pytest.param(b"sep=,\r\n" + TWO.encode(), id="Excel's line for the separator"),
        pytest.param(b'"sep=,"\r\n' + TWO.encode(), id="the same in quotes"),
        pytest.param(b"\xef\xbb\xbf" * 2 + TWO.encode(), id="utf-8 with two marks"),
        pytest.param(TWO.encode("utf-16-le"), id="utf-16 without a mark"),
        pytest.param(TWO.encode("utf-16-be"), id="utf-16 the other way round"),
        pytest.param(b"Appointments report\nFrom 1 to 30 Nov, all\n\n" + TWO.encode(), id="titles above the header"),
        pytest.param(TWO.encode() + b",,,Total\nPrinted on 26/11/2026 10:14\n", id="footers below the rows"),
        pytest.param(TWO.encode() + b"Report date,2026-11-26,10:14,\n", id="a footer with a date"),
        pytest.param(TWO.replace("\n", "\n\n,,,\n").encode(), id="blank lines"),
        pytest.param(TWO.rstrip().encode(), id="no line end at the end"),
        pytest.param(
            TWO.replace("id,date", '"id","date"').replace("Bob", '"Bob, ""the\nbuilder"""').encode(), id="quotes"
        ),
    ],
)
def test_an_export_is_read_however_it_is_written(data: bytes, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, data))
    assert (ids(ran), ran.code) == (["C-1", "C-2"], 0)
    assert [plan["treatment"].get("time") for plan in ran.records] == ["16:30", None]


def test_the_columns_may_have_any_name(tmp_path: Path) -> None:
    table = write_list(tmp_path, "Client no;Treatment date;SKIN_TYPE;Depth (mm)\n7;20/11/2026;IV;1,5\n")
    (plan,) = batch(table, "--map", "id=client no", "--map", "date=Treatment date", "--map", "depth=Depth (mm)").records
    assert (plan["id"], plan["treatment"]["date"]) == ("7", "2026-11-20")
    assert plan["facts"] == {"depth": 1.5, "skin-type": "IV"}


def test_the_clinics_set_may_hold_the_mapping(tmp_path: Path) -> None:
    rules = write_list(
        tmp_path,
        'ruleset: ours\nversion: "1"\nextends: microneedling\nbatch: {id: Client no, date: Day, dates: mdy}\n',
        "ours.yaml",
    )
    (plan,) = batch(write_list(tmp_path, "Client no,Day\n7,03/04/2026\n"), "--rules", rules).records
    assert plan["treatment"]["date"] == "2026-03-04"


def test_how_the_sets_dates_are_meant_is_no_column(tmp_path: Path) -> None:
    rules = write_list(
        tmp_path, 'ruleset: ours\nversion: "1"\nextends: microneedling\nbatch: {dates: dmy}\n', "ours.yaml"
    )
    ran = batch(write_list(tmp_path, "id,date,DMY,Birth date (DMY)\n7,03/04/2026,x,1/2/1980\n"), "--rules", rules)
    assert (ran.code, [plan["treatment"]["date"] for plan in ran.records]) == (0, ["2026-04-03"])
    assert "not used: the columns `DMY`, `Birth date (DMY)`\n" in ran.err


def test_a_mapping_that_is_none_is_a_mistake_of_the_set(tmp_path: Path) -> None:
    rules = write_list(
        tmp_path, 'ruleset: ours\nversion: "1"\nextends: microneedling\nbatch: {dates: ymd}\n', "ours.yaml"
    )
    ran = batch(write_list(tmp_path, TWO), "--rules", rules)
    assert ran.code == 3
    assert ":4:16: `dates` is dmy or mdy" in ran.err


@pytest.mark.parametrize(("order", "day"), [("dmy", "2026-04-03"), ("mdy", "2026-03-04")])
def test_dates_says_how_ambiguous_dates_are_meant(order: str, day: str, tmp_path: Path) -> None:
    table = write_list(tmp_path, "id,date\n1,03/04/2026\n2,2026-11-20\n3,20 Nov 2026\n")
    found = [plan["treatment"]["date"] for plan in batch(table, "--dates", order).records]
    assert found == [day, "2026-11-20", "2026-11-20"]


@pytest.mark.parametrize(("order", "cell"), [("dmy", "20/11/26"), ("mdy", "11-20-26"), ("dmy", "20.11.26 16:30")])
def test_with_dates_a_short_year_is_of_this_century(order: str, cell: str, tmp_path: Path) -> None:
    (plan,) = batch(write_list(tmp_path, f"id,date\n1,{cell}\n"), "--dates", order).records
    assert plan["treatment"]["date"] == "2026-11-20"


@pytest.mark.parametrize(
    ("order", "cell", "first"),
    [
        ("dmy", "11/20/2026", "day"),
        ("mdy", "20/11/2026", "month"),
        ("dmy", "11.20.26", "day"),
        ("mdy", "20-11-2026 16:30", "month"),
    ],
)
def test_with_dates_a_date_that_only_fits_the_other_order_is_rejected(
    order: str, cell: str, first: str, tmp_path: Path
) -> None:
    ran = batch(write_list(tmp_path, f"id,date\n1,{cell}\n2,11/12/2026\n"), "--dates", order)
    assert (ran.code, ids(ran)) == (1, ["2"])
    day = cell.split(" ", maxsplit=1)[0]
    assert f"date: `{day}` doesn't have the {first} first, as {order} dates do" in ran.err


@pytest.mark.parametrize("cell", ["20/11/26", "03/04/2026"])
def test_without_dates_numbers_that_are_not_clear_are_refused_with_the_way_out(cell: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, f"id,date\n1,{cell}\n"))
    assert ran.code == 1
    assert "or say what all dates mean with --dates dmy or mdy" in ran.err


@pytest.mark.parametrize(
    ("cell", "clock"),
    [
        ("2026-11-20 16:30", "16:30"),
        ("2026-11-20T16:30:00", "16:30"),
        ("20/11/2026 4:30 pm", "16:30"),
        ("2026-11-20 00:00:00", None),
        ('"20.11.2026, 16:30"', "16:30"),
        ('"Friday, November 20, 2026 at 4:30 PM"', "16:30"),
        ("20 Nov 2026 at 16:30", "16:30"),
        ("2026-11-20 16:30:27", "16:30:27"),
        ("2026-11-20 16:30-17:30", "16:30"),
        ("2026-11-20 16:30 – 17:30", "16:30"),
        ("2026-11-20 4:30pm to 5:30pm", "16:30"),
    ],
)
def test_a_date_may_have_its_time_with_it_and_midnight_means_none(cell: str, clock: str | None, tmp_path: Path) -> None:
    (plan,) = batch(write_list(tmp_path, f"id,date\n1,{cell}\n")).records
    assert plan["treatment"].get("time") == clock


@pytest.mark.parametrize(
    ("cells", "clock"),
    [
        ("2026-11-20,00:00", None),
        ("2026-11-20,00:00:00", None),
        ("2026-11-20 16:30,00:00", "16:30"),
        ("2026-11-20,00:05", "00:05"),
    ],
)
def test_midnight_in_the_column_of_the_time_means_none_too(cells: str, clock: str | None, tmp_path: Path) -> None:
    (plan,) = batch(write_list(tmp_path, f"id,date,time\n1,{cells}\n")).records
    assert plan["treatment"].get("time") == clock


def test_json_lines_hold_texts_numbers_and_lists(tmp_path: Path) -> None:
    row = {"id": 7, "date": "2026-11-20", "time": None, "area": ["face", "neck"], "depth": 1.5, "Skin type": "iv"}
    (plan,) = batch(write_list(tmp_path, json.dumps(row) + "\n\n", "clients.jsonl")).records
    assert (plan["id"], plan["facts"]) == ("7", {"area": ["face", "neck"], "depth": 1.5, "skin-type": "IV"})


def test_ids_that_an_export_wrote_as_decimals_stay_apart(tmp_path: Path) -> None:
    numbers = ("12345678.0", "12345679.0", "9007199254740993", "1e15", "0.5", "[12345680.0]")
    rows = "".join(f'{{"id": {number}, "date": "2026-11-20", "depth": [1.50]}}\n' for number in numbers)
    ran = batch(write_list(tmp_path, rows, "clients.jsonl"))
    assert ids(ran) == ["12345678", "12345679", "9007199254740993", "1000000000000000", "0.5", "12345680"]
    assert {plan["facts"]["depth"] for plan in ran.records} == {1.5}


@pytest.mark.parametrize("value", ["true", "[true]", "[null]", "[[1]]", '["face", false]', "{}"])
def test_json_that_is_no_answer_is_rejected_in_a_list_too(value: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, f'{{"id": "1", "date": "2026-11-20", "area": {value}}}\n', "clients.jsonl"))
    assert ran.code == 1
    assert "area: give a text, a number or a list of texts and numbers" in ran.err


def test_rows_may_come_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, TWO.encode())
    assert ids(batch("-")) == ["C-1", "C-2"]


def test_what_a_row_leaves_empty_is_taken_from_the_options(tmp_path: Path) -> None:
    table = write_list(tmp_path, "id,area,depth\n1,scalp,\n2,,1.0\n")
    ran = batch(table, "--date", "2026-11-20", "--area", "face", "--area", "neck", "--depth", "0.5")
    assert [plan["facts"] for plan in ran.records] == [
        {"area": ["scalp"], "depth": 0.5},
        {"area": ["face", "neck"], "depth": 1.0},
    ]


@pytest.mark.parametrize("blank", ["", " "], ids=repr)
@pytest.mark.parametrize("option", ["--date", "--time", "--area", "--depth", "--seen"])
def test_a_blank_option_stands_in_for_nothing(option: str, blank: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date\n1,2026-11-20\n2,\n"), option, blank)
    assert ids(ran) == ["1"]
    assert "the date is missing" in ran.err


def test_a_fact_is_given_as_an_option_or_by_its_name(tmp_path: Path) -> None:
    table = write_list(tmp_path, "id,date\n1,2026-11-20\n")
    (one,) = batch(table, "--depth", "0.5", "--skin-type", "IV", "--area", "face", "--fact", "area=neck").records
    (other,) = batch(table, "--fact", "depth=0.5", "--fact", "skin-type = IV", "--area", "face,neck").records
    assert one["facts"] == other["facts"] == {"area": ["face", "neck"], "depth": 0.5, "skin-type": "IV"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--depth", "1.5", "--fact", "depth=2"], "depth takes one number; 2 were given"),
        (["--skin-type", "III", "--fact", "skin-type=IV"], "skin-type takes one answer; III and IV were given"),
        (["--area", "knee"], "area has no answer `knee`"),
        (["--date", "soon", "--time", "25:00"], "date: `soon` is not a date that can be read; "),
        (["--date", "soon", "--time", "25:00"], "; time: `25:00` is not a time of the day"),
        (["--fact", "mood=good"], "the rule set microneedling asks for no fact `mood`"),
        (["--fact", "mood="], "the rule set microneedling asks for no fact `mood`"),
        *((["--fact", f"{name}=x"], f"--fact: {name} is no fact; ") for name in ("date", "time", "tz", "seen", "id")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_that_no_row_could_use_is_told_once(options: list[str], said: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date,depth,skin-type\n1,2026-11-20,1,II\n2,2026-11-21,,\n"), *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not (tmp_path / "clients.rejects.csv").exists()


def test_a_time_of_the_options_yields_to_one_in_the_cell_of_the_date(tmp_path: Path) -> None:
    table = write_list(tmp_path, "id,date,time\n1,2026-11-20 10:00,\n2,2026-11-20,\n3,2026-11-20,09:15\n")
    ran = batch(table, "--time", "16:30")
    assert [plan["treatment"].get("time") for plan in ran.records] == ["10:00", "16:30", "09:15"]


def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date,Skin typ\n1,2026-11-20,IV\n"))
    assert "not used: the columns `Skin typ`\n" in ran.err


@pytest.mark.parametrize(
    ("column", "way"),
    [
        ("Medical conditions", '--map condition="Medical conditions"'),
        ("Medications", '--map condition="Medications"'),
        ("Pregnant?", '--map condition="Pregnant?"'),
    ],
)
def test_a_column_about_a_persons_health_that_is_not_used_is_named_first(column: str, way: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, f"id,date,Notes,{column}\nA,2026-11-20,,pregnancy\n"))
    said = f"a STOP may be missing: no plan knows what stands in `{column}`; read such a column with {way}\n"
    assert said in ran.err
    used = batch(
        write_list(tmp_path, f"id,date,Notes,{column}\nA,2026-11-20,,pregnancy\n"), "--map", f"condition={column}"
    )
    assert "STOP may be missing" not in used.err
    assert used.records[0]["screening"]


def test_a_choice_that_no_row_meets_is_named(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date,Status\nA,2026-11-20,Completed\n"), "--only", "Status=Complete")
    assert "no row is chosen, of 1 row; see what stands in the column that --only names\n" in ran.err


def test_what_is_proposed_to_be_typed_runs_nothing(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date,time $(touch A),Status `touch B`\n1,2026-11-20,16:30,Done\n"))
    assert "--map time='time $(touch A)'" in ran.err
    assert "--only 'Status `touch B`=VALUE,VALUE'" in ran.err


def test_a_column_that_looks_like_a_field_is_named_with_it(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date,Needle depth (mm),Old date\n1,2026-11-20,1.5,2026-10-01\n"))
    assert 'the columns `Needle depth (mm)`, `Old date`; perhaps you want --map depth="Needle depth (mm)"\n' in ran.err


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "Client,date\n1,2026-11-20\n",
            'no column holds the id; say which one with --map id="…"; there are `Client`, `date`',
        ),
        ("id,Date,DATE\n1,2026-11-20,\n", "2 columns hold date: `Date` and `DATE`"),
        ('[{"id": 1}]', "the input is one JSON list; write one object a line instead"),
        ('id,"date\n', "line 1: the header can't be read"),
    ],
)
def test_an_input_that_is_none_is_one_line_and_code_2(table: str, said: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, table))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--map", "dat=Day"], "--map: there is no `dat` (did you mean date?)"),
        (["--map", "date"], "--map: `date` can't be read"),
        (["--map", "date=Day"], "--map date: there is no column `Day`; there are `id`, `date`"),
        (["--map", "id=a", "--map", "id=b"], "--map: id is given twice"),
        (["--dates", "ymd"], "--dates: `ymd` can't be; it is dmy (20/11/2026) or mdy (11/20/2026)"),
        (["--format", "pdf"], "--format: there is no `pdf`; it is one of jsonl, text, json"),
        (["--format", "json"], "--format json makes a file a client; say with -o in which folder"),
        (["-o", "out"], "-o out: which files are to be in it? Give --format"),
        (["--resume"], "--resume goes on in a folder"),
        (["--errors", "loud"], "--errors: `loud` can't be; it is reject or inline"),
        (["--errors", "inline", "-o", "out", "--format", "json"], "--errors inline puts errors among JSON Lines"),
        (["--full-lines", "-o", "out", "--format", "json"], "--full-lines is for JSON Lines"),
        (["--rejects", "clients.csv"], "--rejects clients.csv: that is the input"),
    ],
)
def test_options_that_do_not_fit_are_one_line_and_code_2(
    options: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path, "id,date\n1,2026-11-20\n")
    ran = batch("clients.csv", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_nothing_in_is_nothing_out(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, ""))
    assert (ran.code, ran.out, ran.err) == (0, "", "needlecare: 0 plans\n")


def thin(value: Any) -> Any:
    """Leave out what is null or empty."""
    if isinstance(value, dict):
        return {name: thin(one) for name, one in value.items() if one not in (None, [], {})}
    return [thin(one) for one in value] if isinstance(value, list) else value


def test_a_line_is_the_plan_with_the_id_before_it_without_what_others_hold(tmp_path: Path) -> None:
    table = write_list(tmp_path, "id,date,time\nC-1,2026-11-20,16:30\n")
    plan = json.loads(run("plan", "--date", "2026-11-20", "--time", "16:30", *HERE, "--format", "json").out)
    full = json.loads(batch(table, "--full-lines").out)
    assert list(full.items()) == [("id", "C-1"), *plan.items()]
    line = json.loads(batch(table).out)
    for name in ("rules", "days", "unanswered", "longer_if", "shorter_if", "perhaps"):
        del full[name]
    for window in full["windows"]:
        for name in ("parts", "unsure", "eases", "usually_by", "worry_after", "start_range"):
            window.pop(name, None)
        # What another field says already, no line says again.
        said = {"rules": [window["rule"]], "earliest": window["end"], "origin": full["ruleset"]["id"]}
        window.update((name, None) for name, value in said.items() if window[name] == value)
    for flag in full["red_flags"]:
        for name in ("rule", "except", "words", "confidence"):
            flag.pop(name, None)
    assert list(line.items()) == list(thin(full).items())


def test_a_time_without_a_day_as_spreadsheets_write_it(tmp_path: Path) -> None:
    (plan,) = batch(write_list(tmp_path, "id,date,time\n1,20/11/2026 00:00:00,30/12/1899 16:30:00\n")).records
    assert (plan["treatment"]["date"], plan["treatment"]["time"]) == ("2026-11-20", "16:30")


@pytest.mark.parametrize(
    ("cells", "facts"),
    [
        ("Fitzpatrick 3,Scalp (hair),1.5mm", {"skin-type": "III", "area": ["scalp"], "depth": 1.5}),
        ('Type IV,Face/Neck,"1,8"', {"skin-type": "IV", "area": ["face", "neck"], "depth": 1.8}),
        ("N/A,face,-", {"area": ["face"]}),
        ("unknown,Face,n/k", {"area": ["face"]}),
    ],
)
def test_facts_are_read_as_records_have_them(cells: str, facts: dict[str, object], tmp_path: Path) -> None:
    (plan,) = batch(write_list(tmp_path, f"id,date,skin type,area,depth\n1,2026-11-20,{cells}\n")).records
    assert plan["facts"] == facts


CUT_BEHIND = ["5-2", "5 - 2.5", "5mm", "5 mm", "5-2 mm"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,2026-11-20,IV,1,8,", 'depth: `1` and then `8`: put a number with a comma in quotes, as "1,8"'),
        ("1,2026-11-20,IV,1,8", 'depth: `1` and then `8`: put a number with a comma in quotes, as "1,8"'),
        *((f"1,2026-11-20,IV,1,{rest}", f'put a number with a comma in quotes, as "1,{rest}"') for rest in CUT_BEHIND),
    ],
    ids=["a comma that cuts and a cell more", "a comma that cuts", *CUT_BEHIND],
)
def test_what_is_not_one_value_is_rejected_with_what_to_write(row: str, said: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, f"id,date,skin type,depth,notes\n{row}\n"))
    assert (ran.code, ids(ran), said in ran.err) == (1, [], True), ran.err


@pytest.mark.parametrize("note", ["5% off; again", "2 passes", "2026-12-01", "16:30", "100", "3x", "room 5"])
def test_a_note_that_begins_with_a_digit_cuts_no_number(note: str, tmp_path: Path) -> None:
    assert ids(batch(write_list(tmp_path, f"id,date,depth,notes\n1,2026-11-20,1,{note}\n"))) == ["1"]


@pytest.mark.parametrize("clock", ["16:30 Uhr", "16.30 Uhr", "16:30Uhr"])
def test_a_time_may_be_written_as_in_german(clock: str, tmp_path: Path) -> None:
    table = f"id;date;time;note\n1;2026-11-20;{clock};\n2;20.11.2026 {clock};;\nSumme;2;;\nGesamt;;2;2\n"
    ran = batch(write_list(tmp_path, table), "--dates", "dmy")
    assert [plan["treatment"]["time"] for plan in ran.records] == ["16:30", "16:30"]
    assert "no row: lines 4, 5" in ran.err


def test_numbers_that_a_spreadsheet_keeps_as_text_are_those_numbers(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, 'id,date\n="00123",2026-11-20\n"=""00124""",2026-11-20\n'))
    assert ids(ran) == ["00123", "00124"]


APPOINTMENTS = (
    "Client ID,Service,Date,Status,Created Time,End Time\n"
    "1,Microneedling face,2026-11-20 16:30,Completed,10:00,17:30\n"
    "2,Gel nails,2026-11-20,Completed,10:00,17:30\n"
    "3,Microneedling,2026-11-20,No Show,10:00,17:30\n"
    "4,SkinPen needling,2026-11-20,Arrived,10:00,17:30\n"
)


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ([], ["1", "2", "3", "4"]),
        (["Status=completed"], ["1", "2"]),
        (["status=Completed, Arrived", "Service=~needling"], ["1", "4"]),
        (["Service=microneedling"], ["3"]),
    ],
    ids=["every row", "one value", "two columns", "the whole value"],
)
def test_rows_are_chosen_by_any_column(only: list[str], chosen: list[str], tmp_path: Path) -> None:
    options = [word for one in only for word in ("--only", one)]
    ran = batch(write_list(tmp_path, APPOINTMENTS), "--map", "id=Client ID", *options)
    assert (ran.code, ids(ran)) == (0, chosen)
    assert ("every row counts, whatever stands in `Service` and `Status`" in ran.err) == (not only)
    assert f"{4 - len(chosen)} row" in ran.err or not only
    # When a row was made, or ends, is no time of treatment; and the date has one here.
    assert "perhaps you want" not in ran.err


def set_that_chooses(folder: Path, only: str) -> tuple[str, str]:
    """Write a clinic's set that says which rows of its exports count; give the option that names it."""
    batch_of_set = f"batch: {{id: Client ID, only: {only}}}\n"
    text = f'ruleset: ours\nversion: "1"\nextends: microneedling\n{batch_of_set}'
    return "--rules", write_list(folder, text, "ours.yaml")


@pytest.mark.parametrize(
    ("only", "typed", "chosen"),
    [
        ("{Status: [Completed, Arrived], Service: ~needling}", [], ["1", "4"]),
        ("{STATUS: completed}", [], ["1", "2"]),
        ("{Status: Completed, Service: ~needling}", ["Status=No Show"], ["3"]),
        ("{Status: Completed}", ["Service=Gel nails"], ["2"]),
        ("{}", [], ["1", "2", "3", "4"]),
    ],
    ids=["lists and parts", "any case", "what is typed replaces its column", "and adds another", "nothing"],
)
def test_the_clinics_set_may_say_which_rows_count(
    only: str, typed: list[str], chosen: list[str], tmp_path: Path
) -> None:
    options = [word for one in typed for word in ("--only", one)]
    ran = batch(write_list(tmp_path, APPOINTMENTS), *set_that_chooses(tmp_path, only), *options)
    assert (ran.code, ids(ran)) == (0, chosen)
    by = "--only" if typed else "the rule set"
    assert (f"{4 - len(chosen)} rows passed over by {by}\n" in ran.err) == (len(chosen) < 3)


def test_a_choice_of_the_set_without_its_column_stops_the_list(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, APPOINTMENTS), *set_that_chooses(tmp_path, "{Attended: true}"))
    assert (ran.code, ran.out) == (2, "")
    assert "`only` of ours: there is no column `attended`; there are `Client ID`, `Service`" in ran.err


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("State=Done", "--only: there is no column `state`"),
        ("Status", "--only: `Status` can't be read; write it as --only Status=Completed,Arrived"),
        ("Status=", "can't be read"),
        ("=Done", "can't be read"),
    ],
)
def test_a_choice_that_is_none_is_one_line_and_code_2(only: str, said: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, APPOINTMENTS), "--map", "id=Client ID", "--only", only)
    assert (ran.code, ran.out, said in ran.err) == (2, "", True)


def test_what_stands_around_the_rows_is_reported_and_a_row_without_its_date_is_not_taken_for_it(tmp_path: Path) -> None:
    table = f"Report\n\n{TWO},,,Total\nC-3,,,\n,,,Total\nGenerated on 26/11/2026 10:14\n"
    ran = batch(write_list(tmp_path, table))
    assert ids(ran) == ["C-1", "C-2"]
    assert "the header stands below 1 line, which is passed over" in ran.err
    assert "below the last row, and no row: lines 8, 9" in ran.err
    assert "line 6: the id is missing" in ran.err
    assert "line 7 (C-3): the date is missing" in ran.err


TWICE = "id,date\n17,2026-10-16\n17,2026-11-20\n18,2026-11-21\n17,2026-12-18\n"


@pytest.mark.parametrize(
    ("options", "planned"),
    [
        ((), {"17": "2026-12-18", "18": "2026-11-21"}),
        (("--now", "2026-11-30T09:00"), {"17": "2026-11-20", "18": "2026-11-21"}),
        (("--now", "2026-01-01T09:00"), {"17": "2026-10-16", "18": "2026-11-21"}),
        (
            ("--which", "each"),
            {f"17_{day}": day for day in ("2026-10-16", "2026-11-20", "2026-12-18")} | {"18_2026-11-21": "2026-11-21"},
        ),
    ],
    ids=["the last", "the last until now", "the next, if all lie ahead", "each"],
)
def test_of_a_clients_several_treatments_the_latest_is_planned_or_each(
    options: tuple[str, ...], planned: dict[str, str], tmp_path: Path
) -> None:
    ran = batch(write_list(tmp_path, TWICE), *options)
    assert ran.code == 0
    assert {plan["id"]: plan["treatment"]["date"] for plan in ran.records} == planned
    told = f"(17 on {planned['17']}); --which each plans them all" if "17" in planned else ""
    assert told in ran.err


@pytest.mark.parametrize("which", [(), ("--which", "refuse")], ids=["unless told otherwise", "told so"])
def test_what_comes_through_a_pipe_is_planned_as_it_comes(
    which: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, TWICE.encode())
    ran = batch("-", *which)
    assert ran.code == 1
    assert ran.err.count("the id `17` stands in line 2 already") == 2
    feed(monkeypatch, TWICE.encode())
    assert [plan["treatment"]["date"] for plan in batch("-", "--which", "latest").records] == [
        "2026-11-21",
        "2026-12-18",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are others there")
def test_a_named_pipe_is_read_whole_before_the_latest_is_known(tmp_path: Path) -> None:
    pipe = tmp_path / "list.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(TWICE, encoding="utf-8"))
    writer.start()
    ran = batch(str(pipe))
    writer.join()
    assert ran.code == 0
    assert [plan["treatment"]["date"] for plan in ran.records] == ["2026-11-21", "2026-12-18"]


def test_the_same_day_twice_is_no_later_treatment_and_a_row_without_a_date_is_named(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date\n1,2026-11-20\n1,2026-11-20\n2,soon\n2,2026-11-20\n2,2026-10-01\n"))
    assert ran.code == 1
    assert [plan["id"] for plan in ran.records] == ["1", "2"]
    assert "line 3 (1): the id `1` stands in line 2 already" in ran.err
    assert "line 4 (2): date: `soon`" in ran.err
    assert "1 row passed over" in ran.err
