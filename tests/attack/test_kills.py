"""Runs that are killed at any moment: what was there stays whole, what is new is whole or not there."""

import contextlib
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from attack.strength import TIMES
from batches import HERE, batch, files, small_rules, write_clients
from running import PLAN, alive, environment, logged, run, run_program

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="only there can a run be killed so")
# That nobody can catch, as often as all others.
_OTHERS = ("SIGTERM", "SIGHUP", "SIGINT", "SIGPIPE")
DEADLY = [getattr(signal, name) for name in ("SIGKILL",) * 4 + _OTHERS if hasattr(signal, name)]
# Where in its run a program is killed: from its start to a little after its end.
_LATEST = 1.1


def killed(arguments: Sequence[str], env: dict[str, str], lasting: float, number: int) -> Iterator[bool]:
    """Run the program *number* times and end it in the midst of a run *lasting* so long; tell if it was done before."""
    chance = random.Random()  # noqa: S311  nothing is secret here
    for _ in range(number):
        process = subprocess.Popen(
            [sys.executable, "-m", "needlecare", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(env),
        )
        # Most of a run is starting up: what matters lies in its last part.
        time.sleep(lasting * chance.uniform(0.4, _LATEST))
        process.send_signal(chance.choice(DEADLY))
        yield process.wait() == 0


def time_of(arguments: Sequence[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "needlecare", *arguments], env=environment(env), capture_output=True, check=False
    )
    return time.perf_counter() - began


@pytest.mark.parametrize("name", ["plan.html", "plan.ics"][: 1 if TIMES == 1 else 2])
def test_a_file_is_the_old_one_or_the_new_one(name: str, tmp_path: Path) -> None:
    target = tmp_path / "out" / name
    target.parent.mkdir()
    arguments = (*PLAN, "-o", str(target))
    lasting = time_of(arguments, {})
    new = target.read_bytes()
    old = b"old\n" * 100_000
    for number, ended in enumerate(killed(arguments, {}, lasting, 2 * TIMES)):
        written = target.read_bytes() if target.exists() else None
        assert written in ((new,) if ended else (new, old, None))
        target.unlink(missing_ok=True)
        if number % 2:
            target.write_bytes(old)
    target.with_name(f".{name}.0123456789abcdef.part").write_bytes(b"left by a run that was killed")
    assert run(*arguments).code == 0
    assert target.read_bytes() == new
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_of_a_batch_is_whole_after_it_was_resumed(tmp_path: Path) -> None:
    rows = "".join(f"{number},2026-11-{number % 28 + 1:02}\n" for number in range(30 if TIMES == 1 else 600))
    (tmp_path / "list.csv").write_text(f"id,date\n{rows}", encoding="utf-8")
    rules = small_rules(tmp_path)
    words = (str(tmp_path / "list.csv"), "--rules", rules, "--format", "json", "--resume")
    batch(*words, "-o", str(tmp_path / "whole"))
    whole = files(tmp_path / "whole")
    arguments = ("batch", *words, *HERE, "-o", str(tmp_path / "out"))
    lasting = time_of((*arguments[:-1], str(tmp_path / "timed")), {})
    for _ in killed(arguments, {}, lasting, 2 * TIMES):
        for path, text in files(tmp_path / "out").items():
            assert text == whole[path]
    ran = batch(*words, "-o", str(tmp_path / "out"))
    assert ran.code == 0
    assert files(tmp_path / "out") == whole


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_lines_of_a_batch_take_the_place_of_the_old_file_whole(jobs: str, tmp_path: Path) -> None:
    rows = "".join(f"{number},2026-11-20\n" for number in range(100 if TIMES == 1 else 1500))
    (tmp_path / "list.csv").write_text(f"id,date\n{rows}", encoding="utf-8")
    target = tmp_path / "out" / "plans.jsonl"
    target.parent.mkdir()
    arguments = ("batch", str(tmp_path / "list.csv"), "--rules", small_rules(tmp_path), *HERE, "-o", str(target))
    lasting = time_of((*arguments, "--jobs", jobs), {})
    new = target.read_bytes()
    target.write_bytes(b"old\n")
    for ended in killed((*arguments, "--jobs", jobs), {}, lasting, TIMES):
        assert target.read_bytes() in ((new,) if ended else (new, b"old\n"))
        target.write_bytes(b"old\n")
    assert run(*arguments).code == 0
    assert target.read_bytes() == new
    assert list(target.parent.iterdir()) == [target]


CLIENTS = 400
# Those of the middle: workers that lived on would come to them while the second run writes them, and after it.
CORRECTED = range(150, 170)


@contextlib.contextmanager
def ended_midway(number: int, folder: Path, *options: str) -> Iterator[list[int]]:
    """Start a batch with four jobs into *folder*, end it in its midst, and give the processes that worked for it."""
    table = write_clients(folder.parent / "old.csv", range(CLIENTS), "2026-11-20")
    command = [sys.executable, "-m", "needlecare", "batch", table, *HERE, "--jobs", "4", "--format", "html", "-o"]
    with subprocess.Popen([*command, str(folder), *options], stderr=subprocess.PIPE, env=environment(None)) as process:
        while len(files(folder)) < 5:
            assert process.poll() is None
            time.sleep(0.01)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
        process.send_signal(number)
        code = process.wait(timeout=10)
        yield [int(child) for child in children.split()]
        if number == signal.SIGKILL:
            assert code == -number
        else:
            assert process.stderr is not None
            assert code == 128 + number
            assert re.search(rb"stopped after \d+ rows; .* --resume goes on\n$", process.stderr.read())


ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGKILL") if hasattr(signal, name)]
has_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only there can workers be found")


@has_proc
@pytest.mark.parametrize("number", ENDINGS, ids=lambda number: number.name)
def test_workers_write_nothing_and_end_when_their_batch_has_ended(number: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ended_midway(number, out, "--rules", small_rules(tmp_path)) as workers:
        left = files(out)
        assert len(workers) == 4
        time.sleep(1)
        assert not alive(workers)
        assert files(out) == left


# That workers end whatever ends their batch is shown above: in a short run the ending that nobody can catch is enough.
@has_proc
@pytest.mark.parametrize("number", ENDINGS[-1 if TIMES == 1 else 0 :], ids=lambda number: number.name)
def test_a_corrected_run_wins_for_every_client_over_one_that_was_ended(number: int, tmp_path: Path) -> None:
    out, rules = tmp_path / "out", ("--rules", small_rules(tmp_path))
    with ended_midway(number, out, *rules) as workers:
        corrected = write_clients(tmp_path / "new.csv", CORRECTED, "2027-03-02")
        ran = run_program("batch", corrected, *HERE, *rules, "--format", "html", "-o", str(out))
        assert (ran.returncode, ran.stderr) == (0, b"needlecare: %d plans\n" % len(CORRECTED))
        written = {name: text for name, text in files(out).items() if int(name.partition(".")[0]) in CORRECTED}
        assert len(written) == len(CORRECTED)
        deadline = time.monotonic() + 30
        while alive(workers) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert {name: files(out)[name] for name in written} == written
        assert all(b"2027-03-02" in text for text in written.values())


def test_the_log_loses_nothing_that_it_said_was_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "log" / "log.sqlite"
    env = {"NEEDLECARE_LOG": str(path), "NEEDLECARE_NO_LOG": ""}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    lasting = time_of(("log", "add", "--date", "2026-11-20", "--tz", "UTC"), env)
    known = logged(path)
    for number in range(2 * TIMES):
        event = f"wedding:number {number}=2026-12-24"
        (ended,) = killed(
            ("log", "add", "--date", "2026-11-20", "--tz", "UTC", "--again", "--event", event), env, lasting, 1
        )
        now = logged(path)
        assert now[: len(known)] == known
        assert [options["event"] for _, options, _ in now[len(known) :]] in ([[event]], [[event]] if ended else [])
        known = now
    first = known[0][0]
    for number in range(2 * TIMES):
        before, clock = logged(path)[0], f"{number % 24:02}:{number % 60:02}"
        (ended,) = killed(("log", "edit", str(first), "--time", clock), env, lasting, 1)
        after = logged(path)[0]
        assert after == (first, {**before[1], "time": clock}, before[2]) or (not ended and after == before)
        assert len(logged(path)) == len(known)
    # A journal that a killed run had only begun goes with the next entry.
    assert run("log", "add", "--date", "2026-12-18", "--tz", "UTC").code == 0
    assert sorted(one.name for one in path.parent.iterdir()) == ["log.sqlite"]
