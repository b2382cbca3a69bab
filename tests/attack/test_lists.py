"""Lists of clients made of noise: every row comes out, is rejected by its line, or the list is refused as a whole."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attack.strength import mutated, tries
from batches import batch, small_rules

# How much of a line is kept in memory shows in no output.
from needlecare.batch.table import TOO_LONG, decode_lines

CSV = (
    b'id,date,time,area,depth,seen,note\r\nC-1,2026-11-20,16:30,face;neck,1.5,redness-gone=2026-11-22,"two\r\nlines"\r\n'
    b"C-2,20 Nov 2026,,,,,\r\n,,,,,,\r\nC-3,2026-11-20 00:00:00,9:00:00,scalp,,,\r\n"
)
JSON = (
    b'{"id": "C-1", "date": "2026-11-20", "time": "16:30", "area": ["face", "neck"], "depth": 1.5}\n'
    b'{"id": 2, "date": "2026-11-20", "note": {"a": [null, true, 1e3]}}\n\n{"id": "C-3", "date": "today"}\n'
)
FILES = [
    CSV,
    JSON,
    CSV.replace(b",", b"\t"),
    CSV.replace(b",", b";"),
    b"\xef\xbb\xbf" + CSV,
    CSV.decode().encode("utf-16"),
    JSON.decode().encode("utf-16-be"),
    b"sep=;\r\n" + CSV.replace(b",", b";"),
    "id,date,note\nZoë,2026-11-20,€\n".encode("cp1252"),
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_rules(tmp_path_factory.mktemp("rules"))


def survives(folder: Path, data: bytes, rules: str, *more: str) -> None:
    path = folder / "list.csv"
    path.write_bytes(data)
    ran = batch(str(path), "--rules", rules, *more)
    assert ran.code in (0, 1, 2), ran.err
    assert not set(ran.err) & set("\x1b\x07\x9b\u202e")
    made = ran.records
    ids = [plan["id"] for plan in made if "error" not in plan]
    assert len(set(ids)) == len(ids)
    if ran.code == 0 and not more:
        assert all("windows" in plan for plan in made)


@tries(5)
@given(data=mutated(FILES))
@example(data=b"[" * 100_000)
@example(data=b'{"id":' + b"[" * 100_000)
@example(data=b'{"id": "1", "date": ' + b"9" * 5000 + b"}")
@example(data=b'{"id": NaN, "date": Infinity}')
@example(data=b'{"id": 1e999, "date": "2026-11-20", "depth": -1e999}')
@example(data=b'{"id": "\\ud800", "date": "2026-11-20"}')
@example(data=b'{"id": "1", "id": "2", "date": "2026-11-20"}')
@example(data=b"id,date\n\x00,2026-11-20\n")
@example(data=b'id,date\n"' + b"\x00" * 200_000 + b'",2026-11-20\n')
@example(data=b"id,id,date\n1,2,2026-11-20\n")
@example(data=b"id,date\r1,2026-11-20\r")
@example(data=b"\xff\xfe")
@example(data=b"\xff\xfei")
@example(data=b'"')
@example(data=b"{")
@example(data=b"")
def test_a_spoiled_list_is_planned_row_by_row_or_refused(
    data: bytes, rules: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    survives(tmp_path_factory.getbasetemp(), data, rules)


VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-20", "face", "16:30"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELD = st.sampled_from(
    ["id", "date", "time", "tz", "seen", "area", "depth", "uses", "Date", "skin_type", "x", "needlecare: problem"]
)


@tries(4)
@given(rows=st.lists(st.dictionaries(FIELD, VALUE, max_size=6), max_size=4))
def test_objects_of_anything_are_planned_or_rejected(
    rows: list[object], rules: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = "\n".join(map(json.dumps, rows)).encode()
    survives(tmp_path_factory.getbasetemp(), data, rules, "--errors", "inline")


@tries(60)
@given(data=st.binary(max_size=400) | mutated(FILES))
def test_lines_hold_every_letter_of_the_input(data: bytes) -> None:
    lines = list(decode_lines(io.BytesIO(data)))
    assert all(lines)
    assert sum(map(len, lines)) <= len(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_endless_line_is_never_held_whole(encoding: str) -> None:
    lines = list(decode_lines(io.BytesIO(("x" * 5_000_000 + "\nnext\n").encode(encoding))))
    assert lines[-1] == "next\n"
    assert TOO_LONG <= len(lines[0]) < 2_000_000
