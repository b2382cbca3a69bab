"""Batches that die at any moment, by any hand: every file is whole, and of the newest run that took the folder.

Five deaths a run; `ATTACK=6` makes it the thirty of CI, `ATTACK=60` three hundred.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pytest

from attack.strength import TIMES
from batches import HERE, LEDGER, files, small_rules, write_clients
from running import PLAN, alive, environment, run

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only there can processes be found")
CLIENTS = range(60)
CORRECTED = range(20, 40)
# So that a worker has more than one portion of rows.
OLD, NEW, NEWEST = "2026-11-20", "2026-12-18", "2027-03-02"
CONTAINER = ("unshare", "--pid", "--fork", "--kill-child", "--")


# Where plans go: a file a client, one file of lines, standard output.
FOLDER, LINES, STDOUT = "folder", "lines", "stdout"
# What a disk has room for that is full in the midst of a run, in KB.
ROOM = 100


class Death(NamedTuple):
    """How one batch dies: by which *sign*, or of a *full* disk, in which part of its time, and how it was started.

    A *rival* begins on the same target while it still runs.
    """

    sign: signal.Signals
    jobs: int
    target: str
    unbuffered: bool
    contained: bool
    worker: bool
    full: str
    over: bool
    rival: bool
    moment: float


def draw(number: int) -> Death:
    """Draw a death; the same ones in a short run, so that nobody's change fails by chance."""
    chance = random.Random(number if TIMES == 1 else None)  # noqa: S311  nothing is secret here

    def one_in(many: int) -> bool:
        return chance.randrange(many) == 0

    return Death(
        sign=chance.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGPIPE, signal.SIGINT]),
        jobs=chance.choice([1, 4]),
        target=chance.choice([FOLDER, FOLDER, LINES, STDOUT]),
        unbuffered=one_in(2),
        contained=one_in(4) and can_contain(),
        worker=one_in(4),
        full=chance.choice(["", "", "", "", "limit", "disk"]),
        over=one_in(2),
        rival=one_in(3),
        moment=chance.uniform(0.3, 1.1),
    )


def can_contain() -> bool:
    """Report whether a process can have process numbers of its own here, as in a container."""
    try:
        return subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def small_disk(folder: Path, *, wanted: bool) -> Iterator[bool]:
    """Make *folder* a disk of its own with little room; report whether that can be done here."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}k", "tmpfs", str(folder)]
    try:
        is_made = wanted and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        is_made = False
    try:
        yield is_made
    finally:
        if is_made:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def treated(folder: Path, day: str, clients: Iterable[int] = CLIENTS) -> str:
    return write_clients(folder / f"{day}.csv", clients, day)


class Plans(NamedTuple):
    """What a whole run comes to: each day's files by name, its lines, and how long it takes; and the rules of all."""

    files: Mapping[str, Mapping[str, bytes]]
    lines: Mapping[str, bytes]
    lasting: float
    rules: tuple[str, str]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    top = tmp_path_factory.mktemp("whole")
    rules = ("--rules", small_rules(top))
    for day in (OLD, NEW, NEWEST):
        run("batch", treated(top, day), *HERE, *rules, "--format", "json", "-o", str(top / day))
        run("batch", treated(top, day), *HERE, *rules, "-o", str(top / f"{day}.jsonl"))
    began = time.perf_counter()
    command = ("batch", treated(top, NEW), *HERE, *rules, "--format", "json", "-o", str(top / "timed"))
    subprocess.run(
        [sys.executable, "-m", "needlecare", *command], env=environment(None), capture_output=True, check=True
    )
    lasting = time.perf_counter() - began
    days = (OLD, NEW, NEWEST)
    return Plans(
        {day: files(top / day) for day in days},
        {day: (top / f"{day}.jsonl").read_bytes() for day in days},
        lasting,
        rules,
    )


def working(session: int) -> Iterator[int]:
    """Yield the processes of a session that still do something."""
    for number in alive(int(entry.name) for entry in Path("/proc").glob("[0-9]*")):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(number) == session:
                yield number


def start(death: Death, arguments: tuple[str, ...], out: BinaryIO | int) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "needlecare", *arguments]
    # A file of more than so many blocks is refused in its midst, as by a full disk.
    limited = ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash"] if death.full == "limit" else []
    return subprocess.Popen(
        [*(CONTAINER if death.contained else ()), *limited, *program],
        stdout=out,
        stderr=subprocess.DEVNULL,
        env=environment({"PYTHONUNBUFFERED": "1"} if death.unbuffered else None),
        start_new_session=True,
    )


@pytest.mark.parametrize("number", range(5 * TIMES))
def test_whenever_a_batch_dies_every_file_is_whole_and_of_the_newest_run(
    number: int, plans: Plans, tmp_path: Path
) -> None:
    death = draw(number)
    out = tmp_path / "out"
    out.mkdir()
    with small_disk(out, wanted=death.full == "disk") as is_small:
        if death.target == STDOUT:
            die_writing(death, plans, out, tmp_path)
        else:
            die_among_files(death, plans, out, tmp_path, is_small=is_small)


def die_writing(death: Death, plans: Plans, out: Path, folder: Path) -> None:
    """Let a batch die that writes to standard output: what is there is the beginning, and 0 means all of it."""
    whole = plans.lines[NEW]
    with (out / "plans.jsonl").open("wb") as stream:
        process = start(death, ("batch", treated(folder, NEW), *HERE, *plans.rules, "--jobs", str(death.jobs)), stream)
    time.sleep(plans.lasting * death.moment)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, death.sign)
    code = process.wait(timeout=60)
    wait_until(lambda: not [*working(process.pid)], death)
    written = (out / "plans.jsonl").read_bytes()
    assert whole.startswith(written), death
    assert code != 0 or written == whole, death


def wait_until(holds: Callable[[], bool], death: Death) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, death
        time.sleep(0.01)


def die_among_files(death: Death, plans: Plans, out: Path, folder: Path, *, is_small: bool) -> None:
    """Let a batch die that writes files, perhaps on a disk that *is_small*, while another begins; then run it anew."""
    is_lines = death.target == LINES
    target = ("-o", str(out / "plans.jsonl")) if is_lines else ("--format", "json", "-o", str(out))
    old, new, newest = (
        {"plans.jsonl": plans.lines[day]} if is_lines else plans.files[day] for day in (OLD, NEW, NEWEST)
    )

    def batch_of(day: str, clients: Iterable[int] = CLIENTS) -> tuple[str, ...]:
        return ("batch", treated(folder, day, clients), *HERE, *plans.rules, *target)

    is_old = death.over and not is_small
    if is_old:
        run(*batch_of(OLD))
        for path in out.glob("[!.]*"):  # as if the clock had been put back since
            os.utime(path, (time.time() + 86_400,) * 2)
    process = start(death, (*batch_of(NEW), "--jobs", str(death.jobs)), subprocess.DEVNULL)
    time.sleep(plans.lasting * death.moment)
    corrected = batch_of(NEWEST, CLIENTS if is_lines else CORRECTED)
    rival = start(death._replace(full="", contained=False), corrected, subprocess.DEVNULL) if death.rival else None
    workers = sorted({*working(process.pid)} - {process.pid})
    with contextlib.suppress(ProcessLookupError):
        os.kill(workers[-1] if death.worker and workers else process.pid, death.sign)

    def look() -> None:
        for name, text in files(out).items():
            assert text in (old.get(name) if is_old else None, new[name], newest[name]), (death, name)

    # As soon as the first process is gone, somebody starts again, and whatever else is left may not touch that.
    deadline = time.monotonic() + 60
    while process.poll() is None or (rival and rival.poll() is None):
        assert time.monotonic() < deadline, death
        look()
    if rival:
        # It has the folder, or the other one still had it.
        assert rival.returncode in ((0, 2) if is_small or not is_lines else (0,)), (death, rival.returncode)
    if is_small:
        subprocess.run(["mount", "-o", "remount,size=10m", str(out)], check=True)
    ran = run(*corrected)
    assert ran.code == 0, (death, ran.err)
    names = [*newest] if is_lines else [f"{client}.json" for client in CORRECTED]
    while True:
        left = [*working(process.pid)]
        found = files(out)
        assert {name: found[name] for name in names} == {name: newest[name] for name in names}, death
        look()
        if not left:
            break
        assert time.monotonic() < deadline, (death, left)
    # What workers still held when the newest run cleared up goes with the next one.
    if not {path.name for path in out.glob(".*")} <= {LEDGER}:
        run(*corrected)
    assert {path.name for path in out.glob(".*")} <= {LEDGER}, death


@pytest.mark.skipif(not can_contain(), reason="a process can't have process numbers of its own here")
def test_two_containers_write_one_file_whole_though_their_process_numbers_are_the_same(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    whole = {clock: run(*PLAN[:3], "--time", clock, *PLAN[5:], "--format", "json").out for clock in ("09:00", "16:30")}
    for _ in range(2 * TIMES):
        plans = [("plan", *PLAN[1:3], "--time", clock, *PLAN[5:], "-o", str(target)) for clock in whole]
        writers = [
            subprocess.Popen([*CONTAINER, sys.executable, "-m", "needlecare", *plan], env=environment(None))
            for plan in plans
        ]
        assert [one.wait(timeout=60) for one in writers] == [0, 0]
        assert target.read_text(encoding="utf-8") in whole.values()
        assert list(tmp_path.iterdir()) == [target]
