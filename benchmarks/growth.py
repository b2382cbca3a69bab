"""How the work grows with what is read, up to the limits that SECURITY.md states: `python -m benchmarks.growth`.

Prints, for each kind of input, the seconds of processor time for a quarter, a half and the whole of a large one, and
how many times longer the whole takes than the half: two where the work is linear, four where it grows with the square.
Then, for each limit, what comes of the largest that is taken and of what is a little larger, with its size and time.
"""

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from needlecare import (
    Timeline,
    build_timeline,
    load_rules,
    make_treatment,
    normal,
    read_facts,
    render,
    today,
)
from needlecare.cli import main as run
from needlecare.files import Log
from needlecare.views.text import lay_out
from needlecare.views.today import make_today

DAY = date(2026, 11, 20)
ZONE = ZoneInfo("Europe/London")
PLAN = ("plan", "--date", str(DAY), "--time", "16:30", "--tz", ZONE.key)
HEAD = "source: sheet\nsources: {sheet: Our sheet}\n"
# The whole of each: below its limit, and what a large clinic or a careless program could have.
SIZES = {
    "activities": 16_000,
    "levels of parents": 800,
    "rules": 8_000,
    "sources": 16_000,
    "words of a question": 120,
    "rows of a list": 800,
    "logged treatments": 1_000,
    "open treatments": 16,
    "rules of a page": 800,
    "entries of a calendar": 4_000,
}


def _section(name: str, lines: Iterator[str]) -> str:
    return f"{name}:\n" + "".join(f"  {line}\n" for line in lines)


def _plan(folder: Path, text: str) -> Callable[[], Timeline]:
    path = folder / "set.yaml"
    path.write_text(HEAD + text, encoding="utf-8")

    def make() -> Timeline:
        rule_set = load_rules(path)
        return build_timeline(rule_set, make_treatment(DAY, None, ZONE), read_facts(rule_set, {}))

    return make


def _activities(folder: Path, size: int) -> Callable[[], object]:
    return _plan(folder, _section("activities", (f"a{number}: {{}}" for number in range(size))))


def _levels(folder: Path, size: int) -> Callable[[], object]:
    tree = (f"a{number}: {{under: a{number - 1}}}" if number else "a0: {}" for number in range(size))
    rules = "rules:\n  one: {avoid: a0, until: 2d}\n"
    return _plan(folder, _section("activities", tree) + rules)


def _rules(folder: Path, size: int) -> Callable[[], Timeline]:
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


def _open(folder: Path, size: int) -> Callable[[], object]:
    del folder
    rule_set, now = load_rules(), datetime(2026, 11, 21, 18, tzinfo=ZONE)
    days = (DAY - timedelta(days=number) for number in range(size))
    plans = [build_timeline(rule_set, make_treatment(day, None, ZONE), read_facts(rule_set, {})) for day in days]
    return lambda: lay_out(make_today(today(plans, now=now)))


def _page(folder: Path, size: int) -> Callable[[], object]:
    make = _rules(folder, size)
    return lambda: render(make(), "html")


def _entries(folder: Path, size: int) -> Callable[[], object]:
    path = write_calendar(folder, size)
    return lambda: _command(*PLAN, "--replaces", str(path), "-o", str(folder / "new.ics"))


def write_calendar(folder: Path, entries: int) -> Path:
    """Write a calendar as the program does, with so many *entries*, which say no more than their titles."""
    path = folder / "old.ics"
    _command(*PLAN, "-o", str(path))
    head, event = path.read_bytes().decode().split("BEGIN:VEVENT\r\n")[:2]
    event = re.sub(r"(?m)^(DESCRIPTION|X-ALT-DESC).*\n(?:[ \t].*\n)*", "", event.partition("END:VEVENT")[0])
    many = (re.sub(r"(?<=-)[0-9a-f]{16}(?=@)", f"{number:016x}", event) for number in range(entries))
    text = "".join([head, *(f"BEGIN:VEVENT\r\n{one}END:VEVENT\r\n" for one in many), "END:VCALENDAR\r\n"])
    path.write_text(text, encoding="utf-8", newline="")
    return path


KINDS = {
    "activities": _activities,
    "levels of parents": _levels,
    "rules": _rules,
    "sources": _sources,
    "words of a question": _words,
    "rows of a list": _rows,
    "logged treatments": _logged,
    "open treatments": _open,
    "rules of a page": _page,
    "entries of a calendar": _entries,
}


# What is larger than one of these is refused: how to ask for what is just taken, and for a little more.
Command = tuple[str, ...]


def _written(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def _rule_file(folder: Path, more: bool) -> Command:
    size = 2_000_000 + more
    return ("rules", "lint", _written(folder / "set.yaml", HEAD + "#" + "x" * (size - len(HEAD) - 2) + "\n"))


def _question(folder: Path, more: bool) -> Command:
    del folder
    return ("can", "a" * (500 + more), *PLAN[1:], "--now", str(DAY))


def _logo(folder: Path, more: bool) -> Command:
    picture = b"\x89PNG\r\n\x1a\n"
    _written(folder / "logo.png", picture + b"0" * (150_000 + more - len(picture)))
    clinic = "words-from: microneedling\nclinic: {name: Ours, logo: logo.png}\n"
    return (*PLAN, "--rules", _written(folder / "set.yaml", HEAD + clinic), "--format", "html")


def _cell(folder: Path, more: bool) -> Command:
    return ("batch", _written(folder / "list.csv", f'id,date,note\n1,{DAY},"{"x" * (131_072 + more)}"\n'))


def _quoted(folder: Path, more: bool) -> Command:
    lines = "\n" * (59 + more)
    return ("batch", _written(folder / "list.csv", f'id,date,note\n1,{DAY},"{lines}"\n'))


def _id(folder: Path, more: bool) -> Command:
    return ("batch", _written(folder / "list.csv", f"id,date\n{'1' * (1_000 + more)},{DAY}\n"))


def _older_calendar(folder: Path, more: bool) -> Command:
    path = write_calendar(folder, 5_000 + more)
    return (*PLAN, "--replaces", str(path), "-o", str(folder / "new.ics"))


LIMITS = {
    "a file of rules": _rule_file,
    "a question": _question,
    "a logo": _logo,
    "a cell of a list": _cell,
    "lines of a quoted text": _quoted,
    "an id of a list": _id,
    "entries of an old calendar": _older_calendar,
}


def try_limit(name: str, *, more: bool) -> tuple[int, int, float]:
    """Return how the program ends with the largest that is taken, or a little *more*; its size; and seconds."""
    with TemporaryDirectory() as folder:
        arguments = LIMITS[name](Path(folder), more)
        size = sum(one.stat().st_size for one in Path(folder).iterdir()) or len(arguments[1])
        began = time.process_time()
        with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(io.StringIO()):
            try:
                run(list(arguments))
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
        return code, size, time.process_time() - began


def print_limits() -> None:
    """Print what comes of each limit."""
    print(f"\n{'limit':28} {'bytes':>10} {'taken, s':>10} {'larger':>10} {'refused, s':>10}")
    for name in LIMITS:
        (taken, size, seconds), (refused, _, until) = (try_limit(name, more=more) for more in (False, True))
        ends = ["taken" if code in (0, 4) else "refused" for code in (taken, refused)]
        print(f"{name:28} {size:10,} {seconds:10.2f} {ends[1]:>10} {until:10.2f}{'' if ends[0] == 'taken' else ' !'}")


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
    print_limits()


if __name__ == "__main__":
    main()
