"""Files appear whole or not at all, whoever else writes beside them."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from batches import batch
from needlecare import OutputError

# A write that is still going on can only be held open from inside.
from needlecare.files import atomic_file, clear_leftovers
from running import PLAN, run, write

HOLDER = """
import sys
from pathlib import Path
from needlecare.files import atomic_file
with atomic_file(Path(sys.argv[1])) as beside:
    beside.write_bytes(b"half")
    print(beside, flush=True)
    input()
    beside.write_bytes(b"whole")
"""


class GivenUpError(Exception):
    """What ends a write before all is there."""


def begin_and_give_up(target: Path) -> None:
    with pytest.raises(GivenUpError), atomic_file(target):
        raise GivenUpError


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "plan.ics"


class Holder:
    """Another run that is writing to a file; it goes on when it is told to."""

    def __init__(self, target: Path) -> None:
        command = [sys.executable, "-c", HOLDER, str(target)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.beside = Path(self.process.stdout.readline().rstrip("\n"))

    def finish(self) -> None:
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def test_runs_of_one_number_share_no_part_file(target: Path) -> None:
    # Two containers that share a folder have the same process numbers.
    with atomic_file(target) as first:
        with atomic_file(target) as second:
            assert first != second
            second.write_bytes(b"second")
        assert target.read_bytes() == b"second"
        first.write_bytes(b"first")
    assert target.read_bytes() == b"first"
    assert list(target.parent.iterdir()) == [target]


def test_what_another_run_is_writing_stays(target: Path) -> None:
    other = Holder(target)
    with atomic_file(target) as beside:
        beside.write_bytes(b"mine")
    clear_leftovers(target.parent, r".+\.ics")
    assert other.beside.read_bytes() == b"half"
    other.finish()
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("clear", ["the next write", "a folder's beginning"])
def test_what_a_killed_run_left_goes(clear: str, target: Path) -> None:
    other = Holder(target)
    other.kill()
    assert other.beside.exists()
    if clear == "the next write":
        begin_and_give_up(target)
    else:
        clear_leftovers(target.parent, r".+\.ics")
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    "name", [".plan.ics.part", ".plan.ics.123.part", ".other.ics.0123456789abcdef.part", "plan.ics.part"]
)
def test_what_is_no_part_of_this_file_stays(name: str, target: Path) -> None:
    target.with_name(name).write_bytes(b"a person's own")
    begin_and_give_up(target)
    assert [path.name for path in target.parent.iterdir()] == [name]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name is not to be had everywhere")
def test_a_pipe_that_is_named_like_a_part_neither_hangs_nor_goes(target: Path) -> None:
    pipe = target.with_name(".plan.ics.0123456789abcdef.part")
    os.mkfifo(pipe)
    begin_and_give_up(target)
    assert list(target.parent.iterdir()) == [pipe]


def test_what_cannot_be_written_whole_is_not_written(target: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of a process are not to be had everywhere")
    target.write_bytes(b"as it was")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with pytest.raises(OutputError, match="nothing was changed"), atomic_file(target) as beside:
            beside.write_bytes(b"x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert target.read_bytes() == b"as it was"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_is_its_owners_alone_is_never_open_to_others(target: Path) -> None:
    target.touch(mode=0o600)
    with atomic_file(target) as beside:
        assert beside.stat().st_mode & 0o777 == 0o600


def test_what_killed_runs_have_left_goes_and_what_others_write_stays(tmp_path: Path) -> None:
    table, folder = str(write(tmp_path, "id,date\n1,2026-11-20\n2,soon\n", "clients.csv")), tmp_path / "out"
    folder.mkdir()
    names = ("plans.jsonl", "plan.html", "1.json", "3.json")
    with contextlib.ExitStack() as others:
        parts = [others.enter_context(atomic_file(folder / name)) for name in names]
        kept = {".notes.part", ".plans.jsonl.x.part", "plans.jsonl.part", *(part.name for part in parts)}
        for name in kept | {f".{name}.{'0' * 16}.part" for name in names}:
            (folder / name).write_bytes(b"half")
        batch(table, "-o", str(folder / "plans.jsonl"))
        batch(table, "-o", str(folder), "--format", "json")
        run(*PLAN, "-o", str(folder / "plan.html"))
        there = {path.name for path in folder.iterdir()} - {".needlecare-batch"}
        assert there == kept | {"plans.jsonl", "plan.html", "1.json"}
        assert all((folder / name).read_bytes() == b"half" for name in kept)
