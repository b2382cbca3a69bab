"""Running the program in tests: in this process, as a program of its own, and at a terminal."""

import io
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from needlecare.cli import main

TESTS = Path(__file__).parent
PLAN = ("plan", "--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Ran(NamedTuple):
    """What a run came to."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """The JSON that it wrote."""
        record: dict[str, Any] = json.loads(self.out)
        return record

    @property
    def records(self) -> list[dict[str, Any]]:
        """The lines of JSON that it wrote."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(*arguments: str, encoding: str = "utf-8") -> Ran:
    """Run the program in this process, piped to somewhere that takes *encoding*."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main(list(arguments))
    code = left.value.code
    return Ran(code if isinstance(code, int) else 0, _written(out), _written(err))


def logged(path: Path) -> list[tuple[int, dict[str, Any], str]]:
    """Read the treatments of a log as anybody's SQLite does: number, options and key, in the order of their numbers."""
    base = sqlite3.connect(path)
    try:
        rows = base.execute("SELECT id, options, key FROM treatments ORDER BY id").fetchall()
    finally:
        base.close()
    return [(number, json.loads(options), key) for number, options, key in rows]


def write(folder: Path, text: str | bytes, name: str = "mine.yaml") -> Path:
    """Write a file into *folder*, byte for byte."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode(stream.encoding)


def run_program(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run `python -m needlecare`, piped; *env* is added to the environment."""
    command = [sys.executable, "-m", "needlecare", *arguments]
    return subprocess.run(command, capture_output=True, env=environment(env), cwd=cwd, timeout=60, check=False)


def run_at_terminal(*arguments: str, columns: int = 80, env: Mapping[str, str | None] | None = None) -> str:
    """Run the program at a terminal that is *columns* wide, and give what it wrote there."""
    pty, termios, fcntl = (pytest.importorskip(name) for name in ("pty", "termios", "fcntl"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    # What is read page by page waits for keys.
    wanted = {"TERM": "xterm-256color", "NEEDLECARE_PAGER": "", **(env or {})}
    command = [sys.executable, "-m", "needlecare", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment(wanted)) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not read:
                break
            written += read
        process.wait(timeout=60)
    os.close(ours)
    return written.decode().replace("\r\n", "\n")


def without_colour(text: str) -> str:
    """Take colours and weights out of *text*."""
    return _STYLE.sub("", text)


def environment(more: Mapping[str, str | None] | None) -> dict[str, str]:
    """Give this environment without what would change how the program writes, and with *more*; None takes one away."""
    own = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM", "TZ")
    kept = {name: value for name, value in os.environ.items() if name not in own}
    wanted = {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(more or {})}
    return {name: value for name, value in wanted.items() if value is not None}


def alive(processes: Iterable[int]) -> list[int]:
    """Give those of *processes* that still do something, whether or not anybody has taken note of their end."""

    def state(number: int) -> str:
        try:
            return (
                Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
            )
        except (FileNotFoundError, ProcessLookupError):
            return "gone"

    return [number for number in processes if state(number) not in ("Z", "gone")]


def check_golden(name: str, text: str) -> None:
    """Compare *text* with the file *name* of tests/golden; with UPDATE_GOLDEN=1 write it there instead."""
    path = TESTS / "golden" / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="")
    assert text == path.read_bytes().decode()
