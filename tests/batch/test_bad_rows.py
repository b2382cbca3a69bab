"""A bad row is named with its line and its reason, stops no other, and can be mended and fed again."""

import json
from pathlib import Path

import pytest

from batches import batch, feed, ids, small_rules, write_list

BAD = """\
id;date;time;area;note
C-1;2026-11-20;16:30;face;"two
lines"
;2026-11-20;;;
C-1;2026-11-20;;;
C-2;03/04/2026;;;
C-3;2026-11-20;25:00;;
C-4;2026-11-20;;knee;
C-5;;;;
C-6;"2026-11-20;;;
C-7;2026-11-20;;;;;too many
C-8;2026-11-20 09:00;10:00;;
C-9;1826-11-20;;;
C-10;2026-11-20;;;
"""
REASONS = {
    4: "the id is missing",
    5: "the id `C-1` stands in line 2 already",
    6: "(C-2): date: `03/04/2026` can be read as 2026-03-04 (04 Mar 2026) or as 2026-04-03 (03 Apr 2026)",
    7: "(C-3): time: `25:00` is not a time of the day",
    8: "(C-4): area has no answer `knee`",
    9: "(C-5): the date is missing",
    10: "a quotation mark is not closed",
    11: "there are 7 cells where the header has 5",
    12: "(C-8): the date says 09:00, the time 10:00",
    13: "(C-9): date: `1826-11-20` lies outside the years 1900 to 2199",
}


def test_every_bad_row_is_named_where_it_starts_and_every_good_one_comes_out(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, BAD))
    assert ids(ran) == ["C-1", "C-10"]
    assert ran.code == 1
    said = dict(
        line.removeprefix("needlecare: line ").split(":", 1) for line in ran.err.splitlines() if ": line " in line
    )
    assert [int(line.split()[0]) for line in said] == list(REASONS)
    for line, reason in REASONS.items():
        assert f"line {line}" in ran.err
        assert reason in ran.err
    assert f"2 plans, 10 rows rejected: mend {tmp_path / 'clients.rejects.csv'} and feed it again" in ran.err


def test_all_that_is_wrong_with_a_row_is_told_at_once(tmp_path: Path) -> None:
    table = "id,date,time,area,depth,technique\n1,soon,25:00,knee,99,pen\n,2026-11-20 09:00,10:00,elbow,,\n"
    ran = batch(write_list(tmp_path, table))
    first, second, *_ = ran.err.splitlines()
    assert [problem.split(" ")[0] for problem in first.split("): ")[1].split("; ") if "`" in problem] == [
        "date:", "time:", "area", "depth:"
    ]  # fmt: skip
    assert "line 3: the id is missing; area has no answer `elbow`" in second
    assert second.endswith("; the date says 09:00, the time 10:00")


@pytest.mark.parametrize(("between", "name"), [(",", "a comma"), (";", "a semicolon"), ("\t", "a tab"), ("|", "a bar")])
def test_too_many_cells_name_what_stands_between_them(between: str, name: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id,date\n1,2026-11-20,oh\n".replace(",", between)))
    assert f"there are 3 cells where the header has 2; put text with {name} in quotes" in ran.err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-11-20T16:30:00Z,", "date: `2026-11-20T16:30:00Z` is relative to UTC"),
        ("2026-11-20T16:30:00.000Z,", "date: `2026-11-20T16:30:00.000Z` is relative to UTC"),
        ("2026-11-20 16:30:00+01:00,", "date: `2026-11-20 16:30:00+01:00` is relative to UTC"),
        ("2026-11-20,16:30Z", "time: `16:30Z` is relative to UTC"),
        ("2026-11-20,16:70:00", "time: `16:70:00` is not a time of the day"),
        ("2026-11-20,4:30", "time: `4:30` can be read as 04:30 or as 16:30; write it as 04:30 or 4:30pm"),
        ("2026-11-20 4:30:00,", "time: `4:30:00` can be read as 04:30 or as 16:30"),
        ("46346,", "date: `46346` is how a spreadsheet counts 20 Nov 2026; show that column as a date or a time"),
        ("46346.6875,", "`46346.6875` is how a spreadsheet counts 20 Nov 2026 16:30"),
        ("2026-11-20,0.6875", "time: `0.6875` is how a spreadsheet counts 16:30"),
        ("2026-11-20,16:30-05:00", "time: `16:30-05:00` is relative to UTC"),
        ("2026-11-20,04:30-05:30", "time: `04:30-05:30` is relative to UTC"),
    ],
)
def test_a_time_that_cannot_be_used_is_named_as_it_was_written(row: str, said: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, f"id,date,time\n1,{row}\n"))
    assert ran.code == 1
    assert said in ran.err


def test_rejected_rows_can_be_mended_and_fed_again(tmp_path: Path) -> None:
    batch(write_list(tmp_path, BAD))
    rejects = (tmp_path / "clients.rejects.csv").read_bytes().decode().replace("\r\n", "\n")
    assert rejects.startswith("\ufeff"), "a spreadsheet shows accents only then"
    rejects = rejects.removeprefix("\ufeff")
    header, first, *_ = rejects.splitlines()
    assert header == "id;date;time;area;note;needlecare: problem"
    assert first == ";2026-11-20;;;;the id is missing"
    mended = rejects.replace("\n;2026", "\nC-11;2026").replace("knee", "neck").replace('"2026', "2026")
    ran = batch(write_list(tmp_path, mended, "mended.csv"))
    assert ids(ran) == ["C-11", "C-1", "C-4", "C-6"]
    assert "not used" not in ran.err


def test_rejects_that_nobody_has_mended_are_rejected_again(tmp_path: Path) -> None:
    rows = [
        "id;date;area;seen",
        '1;soon;"face\nneck";redness-gone=no',
        '2;soon;"face\r\nneck";redness-gone=no',
        "3;2026-11-20;face;redness-gone=no;scalp",
        '4;2026-11-20;"face',
    ]
    first = batch(write_list(tmp_path, "\n".join(rows) + "\n"))
    assert (ids(first), "4 rows rejected" in first.err) == ([], True)
    again = batch(str(tmp_path / "clients.rejects.csv"))
    assert (ids(again), "4 rows rejected" in again.err) == ([], True)
    mended = (tmp_path / "clients.rejects.csv").read_bytes().replace(b"soon", b"2026-11-20")
    (tmp_path / "mended.csv").write_bytes(mended)
    assert [plan["facts"]["area"] for plan in batch(str(tmp_path / "mended.csv")).records] == [["face", "neck"]] * 2


def test_rejected_objects_are_objects_again_and_what_is_none_stays_as_it_is(tmp_path: Path) -> None:
    lines = [
        '{"id": "1", "date": "soon"}',
        "not json",
        '{"id": 2, "date": {"y": 1}}',
        '{"id": true}',
        '{"id": "3", "date": "2026-11-20"}',
    ]
    ran = batch(write_list(tmp_path, "\n".join(lines), "clients.jsonl"))
    assert ids(ran) == ["3"]
    first, second, third, fourth = (tmp_path / "clients.rejects.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["needlecare: problem"].startswith("date: `soon` is not a date")
    assert second == "not json"
    assert "date: give a text, a number or a list of texts" in third
    assert "id: give a text" in fourth


def test_the_rejects_can_go_elsewhere_and_there_are_none_without_bad_rows(tmp_path: Path) -> None:
    batch(write_list(tmp_path, BAD), "--rejects", str(tmp_path / "again.csv"))
    assert (tmp_path / "again.csv").exists()
    batch(write_list(tmp_path, "id,date\n1,2026-11-20\n", "good.csv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.csv", "clients.csv", "good.csv"]


def test_rows_from_a_pipe_are_only_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    feed(monkeypatch, b"id,date\n,2026-11-20\n")
    ran = batch("-")
    assert (ran.code, list(tmp_path.iterdir())) == (1, [])
    assert "line 2: the id is missing" in ran.err


def test_inline_puts_the_error_in_the_rows_place(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, BAD), "--errors", "inline")
    first, *errors, last = ran.records
    assert (first["id"], last["id"], ran.code) == ("C-1", "C-10", 0)
    assert [error["line"] for error in errors] == list(REASONS)
    assert errors[2] == {
        "id": "C-2",
        "line": 6,
        "error": errors[2]["error"],
        "schema_version": 2,
    }
    assert not (tmp_path / "clients.rejects.csv").exists()


def test_an_unclosed_quotation_mark_swallows_nothing_but_its_row(tmp_path: Path) -> None:
    rows = "".join(f"{number},2026-11-20,fine\n" for number in range(300))
    ran = batch(write_list(tmp_path, f'id,date,note\nbad,2026-11-20,"oh\n{rows}'), "--rules", small_rules(tmp_path))
    assert ids(ran) == [str(number) for number in range(300)]
    assert "line 2: a quotation mark is not closed" in ran.err


def test_a_line_without_end_is_one_bad_row(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, b"id,date\n" + b"x" * 3_000_000 + b"\n1,2026-11-20\n"))
    assert ids(ran) == ["1"]
    assert (
        "line 2: the line is longer than any row can be; of more than a megabyte only the beginning is kept" in ran.err
    )


def test_of_many_bad_rows_the_first_are_named_and_all_are_kept(tmp_path: Path) -> None:
    rows = "".join(f"{number},never\n" for number in range(300))
    ran = batch(write_list(tmp_path, f"id,date\n{rows}"), "--rules", small_rules(tmp_path))
    *named, more, end = ran.err.splitlines()
    assert len(named) == 100
    assert more == "needlecare: further rows like these are only written to the file of rejects"
    assert "300 rows rejected" in end
    assert len((tmp_path / "clients.rejects.csv").read_text(encoding="utf-8").splitlines()) == 301


def test_nothing_in_a_row_gives_orders_to_the_terminal(tmp_path: Path) -> None:
    ran = batch(
        write_list(
            tmp_path,
            '{"id": "\\u001b[31mred", "date": "\\u0007"}\n{"id": "\\ud800", "date": "2026-11-20"}\n',
            "c.jsonl",
        )
    )
    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert "\x07" not in ran.err
    assert "line 2: id: that is no text" in ran.err


def test_what_is_misspelt_of_a_person_is_rejected_and_what_no_rule_knows_is_planned(tmp_path: Path) -> None:
    table = (
        "id;date;condition;uses\n1;2026-11-20;bad knee|warts;\n2;2026-11-20;pregnacy;\n3;2026-11-20;;retinol|acutane\n"
    )
    ran = batch(write_list(tmp_path, table))
    assert ids(ran) == ["1"]
    assert "(2): condition has no answer `pregnacy` (did you mean pregnancy?)\n" in ran.err
    assert "(3): uses has no answer `acutane` (did you mean accutane?)\n" in ran.err
    found = json.loads(ran.out)["screening"]
    assert [(one["condition"], one["level"]) for one in found] == [("warts", "stop"), ("bad knee", "ask")]


def test_what_a_row_says_of_a_person_is_counted_as_everywhere(tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, "id;date;condition\n1;2026-11-20;pregnant\n2;2026-11-20;none\n"))
    asked = [
        {one["activity"] for one in json.loads(line)["windows"] if one["kind"] == "ask"}
        for line in ran.out.splitlines()
    ]
    assert "alcohol" in asked[0]
    assert not asked[1]
