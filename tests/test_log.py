"""The log: remembers, stays whole, and never overwrites what it doesn't know."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from needlecare.errors import InputError

# A writer that is killed in the middle of its transaction is reached from inside.
from needlecare.files import Log

WRITER = """
import sys
from pathlib import Path
from needlecare.files import Log
for depth in sys.argv[2:]:
    print(Log(Path(sys.argv[1])).add({"date": "2026-11-20", "tz": "UTC", "depth": depth}))
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from needlecare.files import Log
with Log(Path(sys.argv[1]))._writing() as base:
    base.execute("INSERT INTO treatments (options, key) VALUES ('{}', 'key')")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def options(day: str, **more: object) -> dict[str, object]:
    return {"date": day, "tz": "Europe/London", **more}


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "data" / "log.sqlite")


def test_treatments_come_back_in_the_order_of_their_dates(log: Log) -> None:
    log.add(options("2026-12-18"))
    log.add(options("2026-11-20", time="16:30"))
    assert [one.options["date"] for one in log.treatments()] == ["2026-11-20", "2026-12-18"]


def test_nothing_is_made_by_looking(log: Log) -> None:
    assert log.treatments() == []
    assert log.lasting() == {}
    assert not log.path.parent.exists()


def test_only_an_exact_double_is_refused(log: Log) -> None:
    log.add(options("2026-11-20"))
    log.add(options("2026-11-20", area=["scalp"]))
    with pytest.raises(InputError, match="already, as number 1"):
        log.add(options("2026-11-20"))
    assert len(log.treatments()) == 2


def test_what_is_remembered_can_be_changed_and_forgotten(log: Log) -> None:
    number = log.add(options("2026-11-20"))
    log.replace(number, options("2026-11-21"))
    assert log.treatment(number).options["date"] == "2026-11-21"
    log.remove(number)
    assert log.treatments() == []
    with pytest.raises(InputError, match="no treatment number 1"):
        log.remove(number)


def test_lasting_facts_are_kept_apart(log: Log) -> None:
    log.keep({"skin-type": "III", "uses": ["retinoid"]})
    log.keep({"skin-type": "IV", "uses": None})
    assert log.lasting() == {"skin-type": "IV"}


def test_only_the_owner_can_read_it(log: Log) -> None:
    mask = os.umask(0)
    try:
        log.add(options("2026-11-20"))
    finally:
        os.umask(mask)
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700


def test_writers_at_once_lose_nothing(log: Log) -> None:
    depths = list(map(str, range(80)))
    command = [sys.executable, "-c", WRITER, str(log.path)]
    writers = [subprocess.Popen([*command, *depths[start::8]], stdout=subprocess.PIPE) for start in range(8)]
    numbers = [int(number) for writer in writers for number in writer.communicate(timeout=60)[0].split()]
    assert sorted(numbers) == list(range(1, 81))
    assert sorted(one.options["depth"] for one in log.treatments()) == sorted(depths)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="only there can a run be killed so")
def test_a_writer_that_is_killed_leaves_the_log_whole(log: Log) -> None:
    log.add(options("2026-11-20"))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(log.path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(log.treatments()) == 1
    log.add(options("2026-12-18"))
    assert len(log.treatments()) == 2


def test_a_writer_that_is_killed_while_it_begins_the_log_leaves_one_that_works(log: Log) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(log.path)], check=False)
    assert log.treatments() == []
    assert log.add(options("2026-11-20")) == 1


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_told_and_left_as_it_is(log: Log, content: bytes) -> None:
    log.path.parent.mkdir()
    log.path.write_bytes(content)
    for use in (log.treatments, log.lasting, lambda: log.add(options("2026-11-20"))):
        with pytest.raises(InputError, match="damaged"):
            use()
    assert log.path.read_bytes() == content


def test_a_page_gone_bad_is_told_before_anything_is_written(log: Log) -> None:
    for day in range(1, 29):
        log.add(options(f"2026-11-{day:02}", note="x" * 500))
    content = bytearray(log.path.read_bytes())
    content[8192:12288] = b"\xaa" * 4096
    log.path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        log.add(options("2026-12-18"))
    assert log.path.read_bytes() == bytes(content)


def test_a_file_of_a_newer_version_is_told_and_left_as_it_is(log: Log) -> None:
    log.add(options("2026-11-20"))
    with sqlite3.connect(log.path) as base:
        base.execute("PRAGMA user_version = 7")
    base.close()
    content = log.path.read_bytes()
    for use in (log.treatments, lambda: log.add(options("2026-12-18"))):
        with pytest.raises(InputError, match="newer needlecare"):
            use()
    assert log.path.read_bytes() == content


def test_the_database_of_another_program_is_left_as_it_is(log: Log) -> None:
    log.path.parent.mkdir()
    with sqlite3.connect(log.path) as base:
        base.execute("CREATE TABLE letters (text TEXT)")
    base.close()
    with pytest.raises(InputError, match="no log of needlecare"):
        log.add(options("2026-11-20"))


HOSTILE = {
    "numbers that are text": "DROP TABLE treatments; CREATE TABLE treatments (id TEXT, options TEXT, key TEXT)",
    "a view without end": """
        DROP TABLE treatments; CREATE VIEW treatments AS
        WITH RECURSIVE one(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM one)
        SELECT id, '{}' AS options, '' AS key FROM one
    """,
    "a trigger": "CREATE TRIGGER more AFTER INSERT ON treatments BEGIN DELETE FROM lasting; END",
    "a trigger under a name of SQLite's own": """
        CREATE TRIGGER more BEFORE DELETE ON treatments BEGIN SELECT RAISE(IGNORE); END;
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET name = 'sqlite_more', sql = replace(sql, 'more', 'sqlite_more') WHERE name = 'more'
    """,
    "a table more": "CREATE TABLE letters (text TEXT)",
    "a table less": "DROP TABLE lasting",
}


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=HOSTILE)
def test_other_tables_than_ours_are_neither_read_nor_written(log: Log, statements: str) -> None:
    log.add(options("2026-11-20"))
    base = sqlite3.connect(log.path)
    base.executescript(statements)
    base.close()
    content = log.path.read_bytes()
    for use in (log.treatments, log.lasting, lambda: log.add(options("2026-12-18"))):
        with pytest.raises(InputError, match="its tables are not those of a log"):
            use()
    assert log.path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be written"):
        Log(tmp_path / "file" / "log.sqlite").add(options("2026-11-20"))
