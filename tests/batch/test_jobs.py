"""Several processes: the same bytes in the same order, and no hanging when one is lost or nobody listens."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batches import HERE, small_rules, write_list
from running import run_program

# Many times what one process is given at once, and a run that lasts so long that it can be stopped.
ROWS, LONG = 270, 900


def listed(folder: Path, rows: int = LONG) -> str:
    lines = [
        f"{number},{'2026-11-20' if number % 9 else 'soon'},{8 + number % 10}:15,{number % 3 + 0.5}"
        for number in range(rows)
    ]
    return write_list(folder, "id,date,time,depth\n" + "\n".join(lines) + "\n")


def test_two_processes_write_what_one_writes(tmp_path: Path) -> None:
    table = listed(tmp_path, ROWS)
    rules = small_rules(tmp_path)
    one, two = (run_program("batch", table, *HERE, "--rules", rules, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.returncode == two.returncode == 1
    assert one.stdout == two.stdout
    assert one.stderr == two.stderr
    assert one.stdout.count(b"\n") == ROWS - ROWS // 9


def test_files_are_the_same_too_and_can_be_gone_on_with(tmp_path: Path) -> None:
    table, rules = listed(tmp_path, 45), small_rules(tmp_path)

    def write_files(jobs: str, folder: str, *more: str) -> bytes:
        where = ("-o", str(tmp_path / folder), "--rules", rules)
        return run_program("batch", table, *HERE, *where, "--jobs", jobs, "--format", "csv", *more).stderr

    for jobs in ("1", "3"):
        write_files(jobs, jobs)
    one, three = ({path.name: path.read_bytes() for path in (tmp_path / jobs).glob("*.csv")} for jobs in ("1", "3"))
    assert one == three
    assert b"0 plans, 40 files left as they are" in write_files("2", "1", "--resume")


def test_rows_and_reasons_longer_than_any_pipe_keep_nobody_waiting(tmp_path: Path) -> None:
    table = write_list(tmp_path, "id,date\n" + "".join(f"{number},{'é' * 20_000}\n" for number in range(ROWS)))
    ran = run_program("batch", table, *HERE, "--rules", small_rules(tmp_path), "--jobs", "2", "--errors", "inline")
    problems = [json.loads(line)["error"] for line in ran.stdout.splitlines()]
    assert len(problems) == ROWS
    assert all("é" * 1000 in one and len(one) <= 2000 for one in problems)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_whoever_has_read_enough_may_leave(jobs: str, tmp_path: Path) -> None:
    table, program = listed(tmp_path, 2000), f'"{sys.executable}" -m needlecare batch'
    command = f'{program} "{table}" {" ".join(HERE)} --jobs {jobs} | head -c 100'
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run(command, shell=True, capture_output=True, env=env, timeout=60, check=False)  # noqa: S602  a pipe
    assert len(ran.stdout) == 100
    assert b"Traceback" not in ran.stderr
    assert b"BrokenPipe" not in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 130, b""),
        (getattr(signal, "SIGKILL", 0), 2, b"a worker process was ended from outside"),
    ],
    ids=["Ctrl-C", "a worker that is killed"],
)
def test_a_run_that_is_stopped_leaves_no_process_behind(number: int, code: int, said: bytes, tmp_path: Path) -> None:
    table, out = listed(tmp_path, 20_000), tmp_path / "lines"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "needlecare", "batch", table, *HERE, "--jobs", "2"]
    with out.open("wb") as stream, subprocess.Popen(command, stdout=stream, stderr=subprocess.PIPE, env=env) as process:
        workers: list[int] = []
        while len(workers) < 2 or not out.stat().st_size:
            time.sleep(0.05)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            workers = [int(one) for one in children.read_text(encoding="ascii").split()]
        os.kill(process.pid if number == signal.SIGINT else workers[0], number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert said in err
    assert b"Traceback" not in err
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    *whole, rest = out.read_bytes().split(b"\n")
    assert all(line.endswith(b"}") for line in whole)
    # A process that is killed outright can't finish the line that it writes.
    assert not rest or number == signal.SIGKILL


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only there can workers be found")
def test_a_worker_that_is_killed_in_the_middle_of_an_answer_keeps_nobody_waiting(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "needlecare", "batch", listed(tmp_path, 20_000), *HERE, "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
        workers = [int(child) for child in children.split()]
        # Nobody takes the answers any more, and no pipe can hold one.
        process.send_signal(signal.SIGSTOP)
        while any(state(worker) != "S" for worker in workers):
            time.sleep(0.05)
        os.kill(workers[0], signal.SIGKILL)
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert b"a worker process was ended from outside" in err


PRESSED_EARLY = """
import os, signal, sys
from needlecare.cli import main

fork = os.fork

def pressed() -> int:
    child = fork()
    if child:
        print(child, file=sys.stderr)
        signal.raise_signal(signal.SIGINT)
    return child

os.fork = pressed
main()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are started otherwise there")
def test_ctrl_c_while_processes_are_started_leaves_none_behind(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", PRESSED_EARLY, "batch", listed(tmp_path), *HERE, "--jobs", "2"]
    ran = subprocess.run(command, capture_output=True, env=env, timeout=60, check=False)
    started = [int(line) for line in ran.stderr.splitlines() if line.isdigit()]
    assert ran.returncode == 130
    assert len(started) == 2
    assert b"Traceback" not in ran.stderr
    assert not any(Path(f"/proc/{worker}").exists() for worker in started)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_a_folder_that_is_stopped_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "needlecare", "batch", listed(tmp_path), *HERE, "-o", str(out), "--format", "csv"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=env) as process:
        while len(list(out.glob("*.csv"))) < 40:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert re.search(rb"needlecare: stopped after \d+ rows; .* --resume goes on\n$", err)
