"""How fast `batch` is, how much memory it takes and what two processes gain, beside Debian's `remind`.

Run it where needlecare is installed: `python -m benchmarks.batch`, with `--all` for 50,000 rows too. Speed is in plans
a second on one core of this machine; compare it with a run of an older version, not with a figure from elsewhere.
"""

import cProfile
import os
import pstats
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

_BATCH = [sys.executable, "-m", "needlecare", "batch"]
_HERE = ["--tz", "Europe/London"]
_AREAS = ("face", "face", "neck", "scalp", "body")
_TYPES = ("I", "II", "III", "IV", "V", "VI")
# The limits.
PLANS_A_SECOND, MOST_GROWTH_MB, TWO_JOBS = 120, 8, 1.7


class Ran(NamedTuple):
    """One run: how long it took, how long its first process computed, and the most memory that this one had."""

    seconds: float
    busy: float
    megabytes: float


def rows(count: int, folder: Path) -> Path:
    """Write *count* treatments of a year: any day, quarter-hours from nine to seven, 120 kinds of clients."""
    chance = random.Random(7)  # noqa: S311  the same rows every time
    path = folder / f"{count}.csv"
    with path.open("w", encoding="utf-8") as table:
        table.write("id,date,time,area,depth,skin-type\n")
        for number in range(count):
            day = date(2026, 1, 1) + timedelta(days=chance.randrange(365))
            clock = f"{chance.randint(9, 18):02}:{chance.choice((0, 15, 30, 45)):02}"
            depth = chance.choice((0.5, 1.0, 1.5, 2.0, 2.5))
            table.write(f"C-{number},{day},{clock},{chance.choice(_AREAS)},{depth},{chance.choice(_TYPES)}\n")
    return path


def run(table: Path, *options: str) -> Ran:
    """Run `batch` on *table*, and throw its lines away."""
    began = time.perf_counter()
    with subprocess.Popen(
        [*_BATCH, str(table), *_HERE, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"batch ended with {process.returncode}")
    return Ran(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure_lines(folder: Path, counts: list[int]) -> None:
    """Print speed and memory of JSON Lines; what else the machine does at the time counts for nothing."""
    print(f"{'rows':>8} {'busy s':>8} {'plans/s':>8} {'MB':>6}")
    found: dict[int, Ran] = {}
    for count in counts:
        found[count] = one = run(rows(count, folder))
        print(f"{count:8,} {one.busy:8.2f} {count / one.busy:8,.0f} {one.megabytes:6.1f}")
    first, last = counts[0], counts[-1]
    marginal = (last - first) / (found[last].busy - found[first].busy)
    print(f"each further plan: {1000 / marginal:.2f} ms, {marginal:,.0f} a second (at least {PLANS_A_SECOND:,})")
    growth = found[last].megabytes - found[first].megabytes
    print(f"memory grew by {growth:.1f} MB from {first:,} to {last:,} rows (at most {MOST_GROWTH_MB})")


def measure_jobs(folder: Path, count: int) -> None:
    """Print how much faster two processes are than one, where nothing else uses the cores."""
    one, two = (run(rows(count, folder), "--jobs", jobs) for jobs in ("1", "2"))
    ratio = one.seconds / two.seconds
    print(f"two jobs: {ratio:.2f} times one on {count:,} rows and {os.cpu_count()} cores (at least {TWO_JOBS})")


def measure_files(folder: Path, count: int) -> None:
    """Print how many files of each format are made in a second."""
    for name in ("json", "ics", "md", "csv", "html"):
        table = rows(count, folder)
        one = run(table, "--format", name, "-o", str(folder / name))
        print(f"{name:>8}: {count / one.seconds:8,.0f} files a second")


def profile(table: Path) -> None:
    """Print in which modules the time of lines goes."""
    from needlecare.cli import main

    watched = cProfile.Profile()
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        watched.runcall(main, ["batch", str(table), *_HERE])
    except SystemExit:
        pass
    finally:
        os.dup2(out, 1)
    spent: dict[str, float] = {}
    stats = pstats.Stats(watched).get_stats_profile()
    for entry in stats.func_profiles.values():
        module = "/".join(Path(entry.file_name).parts[-2:]) if entry.file_name != "~" else "built into Python"
        spent[module] = spent.get(module, 0.0) + entry.tottime
    total = sum(spent.values())
    print("where the time goes, as the profiler sees it:")
    for module, seconds in sorted(spent.items(), key=lambda item: -item[1])[:12]:
        print(f"{seconds / total:6.0%}  {module}")


def restrictions() -> Iterator[str]:
    """Write forty restrictions as a script for `remind`."""
    for number in range(40):
        yield f"REM [trigger(treated)] *1 UNTIL [trigger(treated+{number % 14})] MSG No thing {number}\n"


def measure_remind(folder: Path, count: int) -> None:
    """Print how many clients `remind` does in a second."""
    if shutil.which("remind") is None:
        print("remind is not installed (apt-get install remind)")
        return
    script = folder / "plan.rem"
    script.write_text("".join(restrictions()), encoding="ascii")
    began = time.perf_counter()
    for number in range(count):
        day = date(2026, 1, 1) + timedelta(days=number % 365)
        command = ["remind", "-pp2", f"-itreated='{day}'", str(script), str(day)]
        written = subprocess.run(command, capture_output=True, check=True).stdout
    seconds = time.perf_counter() - began
    print(f"remind: {count / seconds:,.0f} clients a second, {len(written) / 1024:.0f} KB of JSON each")


def main() -> None:
    """Measure everything."""
    counts = [2_000, 10_000, 50_000] if "--all" in sys.argv else [2_000, 10_000]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_lines(folder, counts)
        measure_jobs(folder, 4_000)
        measure_files(folder, 200)
        measure_remind(folder, 200)
        profile(rows(2_000, folder))


if __name__ == "__main__":
    main()
