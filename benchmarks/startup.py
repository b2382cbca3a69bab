"""How long commands take as whole processes, in turn with a bare Typer program; prints the ratios.

Run it in an environment where needlecare is installed as people install it: `python -m benchmarks.startup`.
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
# What is measured, whether on a terminal, and how many times a bare program it may take at first.
CASES: list[tuple[str, list[str], bool, float]] = [
    ("plan on a terminal", [*_NEEDLECARE, "plan", *_TREATMENT], True, 1.5),
    ("plan, piped", [*_NEEDLECARE, "plan", *_TREATMENT], False, 1.4),
    ("plan --format json", [*_NEEDLECARE, "plan", *_TREATMENT, "--format", "json"], False, 1.4),
    ("plan -o x.ics", [*_NEEDLECARE, "plan", *_TREATMENT, "-o", "x.ics"], False, 1.7),
    ("--help", [*_NEEDLECARE, "--help"], False, 1.25),
]


def run(command: list[str], *, on_terminal: bool) -> float:
    """Run *command* once and give its wall time in seconds."""
    started = time.perf_counter()
    if on_terminal:
        _run_on_terminal(command)
    else:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
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
        bare = [sys.executable, str(hello)]
        times: dict[str, list[float]] = {name: [] for name, *_ in CASES}
        floors: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(RUNS + 1):
            for on_terminal, floor in floors.items():
                taken = run(bare, on_terminal=on_terminal)
                floor.extend([taken] if turn else [])
            for name, command, on_terminal, _ in CASES:
                taken = run(command, on_terminal=on_terminal)
                times[name].extend([taken] if turn else [])
        print(f"{'command':<22} {'ms':>6} {'bare ms':>8} {'ratio':>6} {'limit':>6}")
        for name, _, on_terminal, limit in CASES:
            mine, floor_time = statistics.median(times[name]), statistics.median(floors[on_terminal])
            print(f"{name:<22} {mine * 1000:>6.0f} {floor_time * 1000:>8.0f} {mine / floor_time:>6.2f} {limit:>6}")


if __name__ == "__main__":
    main()
