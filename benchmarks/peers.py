"""How long khal, todoman and remind take for the job nearest to `plan`, in turn with it; prints medians.

Run it where needlecare is installed, with those of the three on the PATH that are to be measured (`pip install khal
todoman`, `apt-get install remind`): `python -m benchmarks.peers`.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.batch import restrictions

RUNS = 15
_PLAN = [sys.executable, "-m", "needlecare", "plan", "--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London"]
_KHAL = """\
[calendars]
[[aftercare]]
path = {folder}/khal/aftercare
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/London
[sqlite]
path = {folder}/khal/cache.db
"""
_TODOMAN = 'path = "{folder}/todo/*"\ncache_path = "{folder}/todo/cache.db"\n'
_TASKS = 40


def khal(folder: Path) -> list[str]:
    """Put the plan's calendar into khal; give the command that lists its 30 days."""
    config = folder / "khal.conf"
    config.write_text(_KHAL.format(folder=folder), encoding="utf-8")
    (folder / "khal" / "aftercare").mkdir(parents=True)
    subprocess.run([*_PLAN, "-o", str(folder / "plan.ics")], check=True, stderr=subprocess.DEVNULL)
    command = ["khal", "-c", str(config)]
    into = [*command, "import", "--batch", "-a", "aftercare", str(folder / "plan.ics")]
    subprocess.run(into, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [*command, "list", "2026-11-20", "30d"]


def todoman(folder: Path) -> list[str]:
    """Write a task for each of forty restrictions; give the command that lists them."""
    tasks = folder / "todo" / "aftercare"
    tasks.mkdir(parents=True)
    for number in range(_TASKS):
        (tasks / f"{number}.ics").write_text(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VTODO\r\n"
            f"UID:{number}\r\nDTSTAMP:20261120T163000Z\r\nSUMMARY:No thing {number}\r\n"
            f"DUE:202611{21 + number % 9}T163000Z\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
            encoding="utf-8",
            newline="",
        )
    config = folder / "todoman.py"
    config.write_text(_TODOMAN.format(folder=folder), encoding="utf-8")
    return ["todo", "--config", str(config), "list"]


def remind(folder: Path) -> list[str]:
    """Write forty restrictions as a script; give the command that prints a month of them as JSON."""
    script = folder / "plan.rem"
    script.write_text("".join(restrictions()), encoding="ascii")
    return ["remind", "-pp1", "-itreated='2026-11-20'", str(script), "2026-11-20"]


def main() -> None:
    """Time all that are installed, in turn."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        os.environ["XDG_DATA_HOME"] = os.environ["XDG_CACHE_HOME"] = name
        commands = {"needlecare plan --format json": [*_PLAN, "--format", "json"]}
        for program, does, prepare in (
            ("khal", "list 30 days of the plan's calendar", khal),
            ("todo", "list forty tasks", todoman),
            ("remind", "forty restrictions over a month as JSON", remind),
        ):
            if shutil.which(program):
                commands[f"{program}: {does}"] = prepare(folder)
            else:
                print(f"{program} is not installed")
        times: dict[str, list[float]] = {label: [] for label in commands}
        for turn in range(RUNS + 1):
            for label, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                times[label].extend([time.perf_counter() - began] if turn else [])
    for label, taken in times.items():
        print(f"{statistics.median(taken) * 1000:6.0f} ms  {label}")


if __name__ == "__main__":
    main()
