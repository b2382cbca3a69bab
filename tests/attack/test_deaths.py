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
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

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


class Death(NamedTuple):
    """How one batch dies: by which *sign*, or of a *full* disk, in which part of its time, and how it was started."""

    sign: signal.Signals
    jobs: int
    lines: bool
    unbuffered: bool
    contained: bool
    worker: bool
    full: bool
    over: bool
    moment: float


def draw(number: int) -> Death:
    """Draw a death; the same ones in a short run, so that nobody's change fails by chance."""
    chance = random.Random(number if TIMES == 1 else None)  # noqa: S311  nothing is secret here

    def one_in(many: int) -> bool:
        return chance.randrange(many) == 0

    return Death(
        sign=chance.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGPIPE, signal.SIGINT]),
        jobs=chance.choice([1, 4]),
        lines=one_in(3),
        unbuffered=one_in(2),
        contained=one_in(4) and can_contain(),
        worker=one_in(4),
        full=one_in(6),
        over=one_in(2),
        moment=chance.uniform(0.3, 1.1),
    )


def can_contain() -> bool:
    """Report whether a process can have process numbers of its own here, as in a container."""
    try:
        return subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


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


def start(death: Death, arguments: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "needlecare", *arguments]
    # A file of more than so many blocks is refused in its midst, as by a full disk.
    limited = ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash"] if death.full else []
    return subprocess.Popen(
        [*(CONTAINER if death.contained else ()), *limited, *program],
        stdout=subprocess.DEVNULL,
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
    target = ("-o", str(out / "plans.jsonl")) if death.lines else ("--format", "json", "-o", str(out))
    old, new, newest = (
        {"plans.jsonl": plans.lines[day]} if death.lines else plans.files[day] for day in (OLD, NEW, NEWEST)
    )
    if death.over:
        run("batch", treated(tmp_path, OLD), *HERE, *plans.rules, *target)
        for path in out.glob("[!.]*"):  # as if the clock had been put back since
            os.utime(path, (time.time() + 86_400,) * 2)
    jobs = ("--jobs", str(death.jobs))
    process = start(death, ("batch", treated(tmp_path, NEW), *HERE, *plans.rules, *target, *jobs))
    time.sleep(plans.lasting * death.moment)
    workers = sorted({*working(process.pid)} - {process.pid})
    os.kill(workers[-1] if death.worker and workers else process.pid, death.sign)

    def look() -> None:
        for name, text in files(out).items():
            assert text in (old[name], new[name]), (death, name)

    # As soon as the first process is gone, somebody starts again, and whatever else is left may not touch that.
    deadline = time.monotonic() + 60
    while process.poll() is None:
        assert time.monotonic() < deadline, death
        look()
    corrected = treated(tmp_path, NEWEST, CLIENTS if death.lines else CORRECTED)
    ran = run("batch", corrected, *HERE, *plans.rules, *target)
    assert ran.code == 0, (death, ran.err)
    names = [*newest] if death.lines else [f"{client}.json" for client in CORRECTED]
    while True:
        left = [*working(process.pid)]
        found = files(out)
        assert {name: found[name] for name in names} == {name: newest[name] for name in names}, death
        assert all(text in (old[name], new[name], newest[name]) for name, text in found.items()), death
        if not left:
            break
        assert time.monotonic() < deadline, (death, left)
    # What workers still held when the newest run cleared up goes with the next one.
    if not {path.name for path in out.glob(".*")} <= {LEDGER}:
        run("batch", corrected, *HERE, *plans.rules, *target)
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
