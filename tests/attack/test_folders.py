"""What a batch keeps in its folder, spoiled: it is read, or told in one line, and no other file is touched."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack.strength import tries
from batches import LEDGER, batch, small_rules, write_list

ROWS = "id,date\n" + "".join(f"C-{number},2026-11-{number:02}\n" for number in range(1, 13))
CHANGED = ROWS.replace("2026-11", "2026-12")


def made(folder: Path) -> Path:
    """Make a folder of plans with what keeps account of it, and a file beside it that is nobody's business."""
    batch(write_list(folder, ROWS), "--rules", small_rules(folder), "-o", str(folder / "out"), "--format", "json")
    (folder / "outside.json").write_text("mine", encoding="utf-8")
    return folder / "out" / LEDGER


def sql(*statements: str) -> Callable[[Path], None]:
    def change(ledger: Path) -> None:
        with sqlite3.connect(ledger) as base:
            for statement in statements:
                base.execute(statement)
        base.close()

    return change


def linked(ledger: Path) -> None:
    """Let it be a link to the database of somebody else."""
    other = ledger.parents[1] / "other.sqlite"
    sql("CREATE TABLE letters (text TEXT)")(other)
    ledger.unlink()
    ledger.symlink_to(other)


def hard_linked(ledger: Path) -> None:
    """Let it be another name of the database of somebody else."""
    linked(ledger)
    other = ledger.resolve()
    ledger.unlink()
    ledger.hardlink_to(other)


# Counting to its end would take for ever.
ENDLESS = "CREATE {} WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS name FROM n"


def linked_journal(ledger: Path) -> None:
    ledger.with_name(f"{LEDGER}-journal").symlink_to(ledger.parents[1] / "outside.json")


def beside(out: Path) -> dict[Path, bytes]:
    """Read every file that lies beside the folder, but for the rejects of a batch."""
    there = (path for path in out.parent.rglob("*") if out not in path.parents and path.is_file())
    return {path: path.read_bytes() for path in there if path.name != "changed.rejects.csv"}


def survives(ledger: Path) -> None:
    """Run a batch, with and without `--resume`, after its account was spoiled, and look that nothing else changed."""
    top, out = ledger.parents[1], ledger.parent
    table = write_list(top, CHANGED, "changed.csv")
    before = beside(out)
    for more in (("--resume",), ()):
        old = {path: path.read_bytes() for path in out.glob("*.json")}
        ran = batch(table, "--rules", str(top / "small.yaml"), "-o", str(out), "--format", "json", *more)
        assert ran.code in (0, 1, 2)
        assert "something went wrong" not in ran.err
        assert len(ran.err.splitlines()) == 1 or ran.code != 2
        for path in out.glob("*.json"):
            plan = json.loads(path.read_bytes())
            assert path.read_bytes() == old.get(path) or plan["treatment"]["date"].startswith("2026-12")
    assert beside(out) == before
    assert {path.name for path in out.glob("[!.]*")} >= {f"C-{number}.json" for number in range(1, 13)}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda ledger: os.truncate(ledger, 5000), "damaged"),
        (lambda ledger: os.truncate(ledger, 50), "damaged"),
        (lambda ledger: os.truncate(ledger, 0), ""),
        (lambda ledger: ledger.write_bytes(b"not a database at all" * 100), "damaged"),
        (lambda ledger: ledger.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000), "damaged"),
        (sql("DROP TABLE file", "CREATE TABLE file (path TEXT, made_of BLOB)"), "damaged"),
        (sql("DROP INDEX by_id", "ALTER TABLE file ADD COLUMN more TEXT NOT NULL DEFAULT ''"), "damaged"),
        (sql("DROP TABLE file", "CREATE VIEW file AS SELECT 1 AS name, 2 AS id, 'json' AS suffix"), "damaged"),
        (sql("DROP TABLE file", ENDLESS.format("VIEW file AS")), "damaged"),
        (sql(ENDLESS.format("TRIGGER t BEFORE UPDATE ON file BEGIN") + "; END"), "damaged"),
        (sql("UPDATE file SET name = '../outside.json' WHERE name = 'C-1.json'"), "damaged"),
        (sql("UPDATE file SET name = rtrim(name, '.json') || '/../../outside.json'"), "damaged"),
        (sql("UPDATE file SET name = X'ff' WHERE name = 'C-2.json'"), "damaged"),
        (sql("UPDATE file SET id = id || 'x'"), ""),
        (sql("UPDATE file SET digest = 'x', size = 'y'"), ""),
        (sql("UPDATE file SET digest = zeroblob(32), size = -1"), ""),
        (linked, "damaged"),
        (hard_linked, "damaged"),
        (linked_journal, "damaged"),
    ],
    ids=[
        *("cut short", "hardly begun", "empty", "noise", "noise behind the right beginning", "another version"),
        *(
            "a later version",
            "a view",
            "an endless view",
            "an endless trigger",
            "a path",
            "paths",
            "a name of bytes",
            "somebody else's",
            "values of another kind",
        ),
        *("other values", "a link", "a hard link", "a link beside it"),
    ],
)
def test_a_spoiled_account_loses_nothing(spoil: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    ledger = made(tmp_path)
    spoil(ledger)
    survives(ledger)
    ran = batch(
        *(str(tmp_path / "changed.csv"), "--rules", str(tmp_path / "small.yaml")),
        *("-o", str(tmp_path / "out"), "--format", "json"),
    )
    if said:
        assert (ran.code, ran.err) == (
            2,
            f"needlecare: -o {tmp_path / 'out'}: its {LEDGER} is {said}; remove it to begin anew\n",
        )
    else:
        assert (ran.code, ran.err) == (0, "needlecare: 12 plans\n")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    ledger = made(tmp_path_factory.mktemp("whole"))
    return ledger, ledger.read_bytes()


@tries(10)
@given(data=st.data())
def test_an_account_of_noise_loses_nothing(data: st.DataObject, whole: tuple[Path, bytes]) -> None:
    ledger, content = whole
    spoiled = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, 110) | st.integers(0, len(content)))
        other = data.draw(st.binary(min_size=1, max_size=8))
        spoiled[at : at + len(other)] = other
    ledger.write_bytes(spoiled)
    for left in ledger.parent.glob(f"{LEDGER}-*"):
        left.unlink()
    survives(ledger)
