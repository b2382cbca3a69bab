"""How long every command takes as a whole process, in turn with a bare Typer program; prints the ratios.

Run it in an environment where needlecare is installed as people install it: `python -m benchmarks.startup`. What the
command before leaves (a log, a calendar) is in a folder of its own. Exits with 1 if a ratio is above its limit.
"""

import contextlib
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HELLO = '''\
import typer

app = typer.Typer()


@app.command()
def main(name: str = "world") -> None:
    """Say hello."""
    typer.echo(f"hello {name}")


app()
'''
RUNS = 15
_TREATMENT = ["--date", "2026-11-20", "--time", "16:30"]
_NEEDLECARE = [sys.executable, "-m", "needlecare"]


class Case(NamedTuple):
    """What is measured: a command, and how many times a bare program it may take, if that is laid down."""

    name: str
    words: list[str]
    limit: float | None = None
    on_terminal: bool = False


CASES = [
    Case("plan, on a terminal", ["plan", *_TREATMENT], 1.4, on_terminal=True),
    Case("plan, piped", ["plan", *_TREATMENT], 1.25),
    Case("plan --format json", ["plan", *_TREATMENT, "--format", "json"], 1.25),
    Case("plan -o x.ics", ["plan", *_TREATMENT, "-o", "x.ics"], 1.5),
    Case("can", ["can", "wear", "foundation", "--on", "2026-12-20", *_TREATMENT], 1.25),
    Case("today", ["today", *_TREATMENT, "--now", "2026-11-21T09:00"], 1.25),
    Case("--help", ["--help"], 1.0),
    Case("plan -o x.html", ["plan", *_TREATMENT, "-o", "x.html"]),
    Case("plan -o x.md", ["plan", *_TREATMENT, "-o", "x.md"]),
    Case("plan -o x.csv", ["plan", *_TREATMENT, "-o", "x.csv"]),
    Case("plan --help", ["plan", "--help"]),
    Case("when", ["when", "retinol", *_TREATMENT]),
    Case("normal", ["normal", "redness", "on", "day", "1", *_TREATMENT]),
    Case("why", ["why", "retinol", *_TREATMENT]),
    Case("check", ["check", "--condition", "none", "--uses", "none", *_TREATMENT]),
    Case("sessions", ["sessions", "--goal", "rejuvenation", *_TREATMENT]),
    Case("log list", ["log", "list"]),
    Case("batch, one row", ["batch", "clients.csv"]),
    Case("rules list", ["rules", "list"]),
    Case("rules lint", ["rules", "lint", "microneedling"]),
]


def run(command: list[str], *, on_terminal: bool) -> float:
    """Run *command* once and return its wall time in seconds."""
    started = time.perf_counter()
    if on_terminal:
        _run_on_terminal(command)
    else:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _run_on_terminal(command: list[str]) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdout=slave, stdin=slave, env={**os.environ, "TERM": "xterm-256color"}) as process:
        os.close(slave)
        try:
            while os.read(master, 65536):
                pass
        except OSError:  # the other side has closed
            pass
        os.close(master)
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command)


def main() -> None:
    """Measure every case and print a line for each."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        hello = Path(folder) / "hello.py"
        hello.write_text(HELLO, encoding="utf-8")
        Path("clients.csv").write_text("id,date,time\n1,2026-11-20,16:30\n", encoding="utf-8")
        os.environ["XDG_DATA_HOME"] = folder
        bare = [sys.executable, str(hello)]
        times: dict[str, list[float]] = {case.name: [] for case in CASES}
        floors: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(RUNS + 1):
            for on_terminal, floor in floors.items():
                taken = run(bare, on_terminal=on_terminal)
                floor.extend([taken] if turn else [])
            for case in CASES:
                taken = run([*_NEEDLECARE, *case.words], on_terminal=case.on_terminal)
                times[case.name].extend([taken] if turn else [])
    print(f"{'command':<22} {'ms':>6} {'bare ms':>8} {'ratio':>6} {'limit':>6}")
    too_slow = False
    for case in CASES:
        mine, floor_time = statistics.median(times[case.name]), statistics.median(floors[case.on_terminal])
        ratio = mine / floor_time
        too_slow = too_slow or (case.limit is not None and ratio > case.limit)
        print(f"{case.name:<22} {mine * 1000:>6.0f} {floor_time * 1000:>8.0f} {ratio:>6.2f} {case.limit or '':>6}")
    raise SystemExit(too_slow)


if __name__ == "__main__":
    main()
