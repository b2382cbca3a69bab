"""How the work grows with what is read, up to the limits that SECURITY.md states: `python -m benchmarks.growth`.

Prints, for each kind of input, the seconds of processor time for a quarter, a half and the whole of a large one, and
how many times longer the whole takes than the half: two where the work is linear, four where it grows with the square.
"""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from needlecare import build_timeline, load_rules, make_treatment, normal, read_facts
from needlecare.cli import main as run
from needlecare.files import Log

DAY = date(2026, 11, 20)
ZONE = ZoneInfo("Europe/London")
HEAD = "source: sheet\nsources: {sheet: Our sheet}\n"
# The whole of each: below its limit, and what a large clinic or a careless program could have.
SIZES = {
    "activities": 16_000,
    "levels of parents": 800,
    "rules": 8_000,
    "sources": 16_000,
    "words of a question": 120,
    "rows of a list": 2_000,
    "logged treatments": 1_000,
}


def _section(name: str, lines: Iterator[str]) -> str:
    return f"{name}:\n" + "".join(f"  {line}\n" for line in lines)


def _plan(folder: Path, text: str) -> Callable[[], object]:
    path = folder / "set.yaml"
    path.write_text(HEAD + text, encoding="utf-8")

    def make() -> object:
        rule_set = load_rules(path)
        return build_timeline(rule_set, make_treatment(DAY, None, ZONE), read_facts(rule_set, {}))

    return make


def _activities(folder: Path, size: int) -> Callable[[], object]:
    return _plan(folder, _section("activities", (f"a{number}: {{}}" for number in range(size))))


def _levels(folder: Path, size: int) -> Callable[[], object]:
    tree = (f"a{number}: {{under: a{number - 1}}}" if number else "a0: {}" for number in range(size))
    rules = "rules:\n  one: {avoid: a0, until: 2d}\n"
    return _plan(folder, _section("activities", tree) + rules)


def _rules(folder: Path, size: int) -> Callable[[], object]:
    activities = _section("activities", (f"a{number}: {{}}" for number in range(size)))
    return _plan(folder, activities + _section("rules", (f"r{n}: {{avoid: a{n}, until: 2d}}" for n in range(size))))


def _sources(folder: Path, size: int) -> Callable[[], object]:
    path = folder / "set.yaml"
    path.write_text(f"source: s0\n{_section('sources', (f's{n}: A sheet' for n in range(size)))}", encoding="utf-8")
    return lambda: load_rules(path)


def _words(folder: Path, size: int) -> Callable[[], object]:
    del folder
    rule_set = load_rules()
    timeline = build_timeline(rule_set, make_treatment(DAY, None, ZONE), read_facts(rule_set, {}))
    normal(timeline, "red", DAY)  # what is computed once of a set
    return lambda: normal(timeline, " ".join(["red"] * size), DAY)


def _command(*arguments: str) -> None:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            run(list(arguments))
        except SystemExit as end:
            if end.code not in (0, None):
                raise


def _rows(folder: Path, size: int) -> Callable[[], object]:
    path, out = folder / "clients.csv", folder / "plans.jsonl"
    path.write_text("id,date\n" + "".join(f"{number},{DAY}\n" for number in range(size)), encoding="utf-8")
    return lambda: _command("batch", str(path), "--tz", "Europe/London", "-o", str(out))


def _logged(folder: Path, size: int) -> Callable[[], object]:
    log = Log(folder / "log.sqlite")
    for number in range(size):
        log.add({"date": str(DAY - timedelta(days=number)), "tz": "Europe/London"})
    return lambda: json.dumps([one.options for one in log.treatments()])


KINDS = {
    "activities": _activities,
    "levels of parents": _levels,
    "rules": _rules,
    "sources": _sources,
    "words of a question": _words,
    "rows of a list": _rows,
    "logged treatments": _logged,
}


def main() -> None:
    """Time each kind at a quarter, a half and the whole of its size."""
    load_rules()
    print(f"{'kind':24} {'whole':>8} {'¼ s':>8} {'½ s':>8} {'1 s':>8}  growth")
    for name, prepare in KINDS.items():
        seconds = []
        for part in (4, 2, 1):
            with TemporaryDirectory() as folder:
                work = prepare(Path(folder), SIZES[name] // part)
                began = time.process_time()
                work()
                seconds.append(time.process_time() - began)
        shown = " ".join(f"{one:8.2f}" for one in seconds)
        print(f"{name:24} {SIZES[name]:8,} {shown}  {seconds[2] / seconds[1]:.1f}")


if __name__ == "__main__":
    main()
