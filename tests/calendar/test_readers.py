"""Programs that nobody here wrote read the file, and agree on every event."""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from servers import radicale
from support import FEW_RULES

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]
# Title, start and end of each event, by UID; times in UTC.
Seen = dict[str, tuple[str, date, date]]

# What others warn of while they are imported is theirs to mend.
pytestmark = pytest.mark.filterwarnings("ignore")
FILES = {
    "pen on the face": ["--time", "16:30"],
    "date alone, in full": ["--calendar-style", "full"],
    "radiofrequency with PRP": ["--time", "09:15", "--technique", "radiofrequency", "--add-on", "prp"],
    "roller at home, alarms an hour before": [
        "--time",
        "21:40",
        "--setting",
        "home",
        "--depth",
        "0.3",
        "--alarm",
        "1h",
    ],
    "scalp, discreet": ["--time", "23:30", "--area", "scalp", "--discreet"],
    "a course": ["sessions", "--count", "4", "--next", "2027-01-05", "--before", "wedding=2027-07-03"],
}
DAY = date(2026, 11, 22)
every_file = pytest.mark.parametrize("words", FILES.values(), ids=FILES)


def library(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f"{name} is not installed")


def is_on(start: date, end: date, noon: datetime) -> bool:
    if isinstance(start, datetime):
        return noon <= start < noon + timedelta(hours=11)
    return start <= noon.date() < end


def in_utc(value: Any) -> date:
    return value.astimezone(UTC) if isinstance(value, datetime) else date.fromisoformat(value.isoformat())


@pytest.fixture
def expected(events: Events) -> Callable[[Path], Seen]:
    """Read with icalendar, which the file is made with, and refuses what isn't valid."""

    def call(path: Path) -> Seen:
        return {
            uid: (str(event["SUMMARY"]), in_utc(event["DTSTART"].dt), in_utc(event["DTEND"].dt))
            for uid, event in events(path).items()
        }

    return call


@every_file
def test_vobject(write: Write, expected: Callable[[Path], Seen], words: list[str]) -> None:
    vobject = library("vobject")
    path = write(*words)
    calendar = vobject.readOne(path.read_bytes().decode())
    assert {
        one.uid.value: (one.summary.value, in_utc(one.dtstart.value), in_utc(one.dtend.value))
        for one in calendar.vevent_list
    } == expected(path)


@every_file
def test_ics(write: Write, expected: Callable[[Path], Seen], words: list[str]) -> None:
    ics = library("ics")
    path = write(*words)
    seen = {}
    for one in ics.Calendar(path.read_bytes().decode()).events:
        start, end = one.begin.datetime, one.end.datetime
        seen[one.uid] = (one.name, start.date(), end.date()) if one.all_day else (one.name, in_utc(start), in_utc(end))
    assert seen == expected(path)


@every_file
def test_recurring_ical_events(write: Write, expected: Callable[[Path], Seen], words: list[str]) -> None:
    recurring = library("recurring_ical_events")
    icalendar = library("icalendar")
    path = write(*words)
    found = recurring.of(icalendar.Calendar.from_ical(path.read_bytes())).between(date(2026, 1, 1), date(2028, 1, 1))
    assert {
        str(one["UID"]): (str(one["SUMMARY"]), in_utc(one["DTSTART"].dt), in_utc(one["DTEND"].dt)) for one in found
    } == expected(path)


def test_every_description_comes_through_whole(write: Write, events: Events) -> None:
    vobject, ics = library("vobject"), library("ics")
    path = write("--time", "16:30")
    text = path.read_bytes().decode()
    texts = {uid: str(event["DESCRIPTION"]) for uid, event in events(path).items()}
    assert {one.uid.value: one.description.value for one in vobject.readOne(text).vevent_list} == texts
    assert {one.uid: one.description for one in ics.Calendar(text).events} == texts


@pytest.fixture
def few_rules(tmp_path: Path) -> list[str]:
    """Write a small rule set, and return the option that names it."""
    path = tmp_path / "few.yaml"
    path.write_text(FEW_RULES, encoding="utf-8")
    return ["--rules", str(path)]


def khal(home: Path, *words: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "Europe/London"}
    command = [sys.executable, "-W", "ignore", "-m", "khal", "-c", str(home / "config"), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def khal_home(tmp_path: Path) -> Path:
    """Set khal up with one calendar, whose entries are files of the folder `calendars`."""
    library("khal")
    folder = tmp_path / "calendars"
    folder.mkdir()
    (tmp_path / "config").write_text(
        f"[calendars]\n[[mine]]\npath = {folder}\n[locale]\nlocal_timezone = Europe/London\n"
        f"default_timezone = Europe/London\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ntimeformat = %H:%M\n"
        f"datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        f"[sqlite]\npath = {tmp_path / 'khal.db'}\n",
        encoding="utf-8",
    )
    return tmp_path


def test_khal_imports_twice_without_doubles(
    write: Write, expected: Callable[[Path], Seen], few_rules: list[str], khal_home: Path
) -> None:
    path = write("--time", "16:30", *few_rules)
    for _ in range(2):
        khal(khal_home, "import", "--batch", "-a", "mine", str(path))
        assert len(list((khal_home / "calendars").glob("*.ics"))) == len(expected(path))
    shown = khal(khal_home, "list", "--format", "{start-long-full}|{title}", "--day-format", "", "2026-11-22", "1d")
    assert "16:30" in shown
    for title, start, end in expected(path).values():
        on_the_day = start.date() == DAY if isinstance(start, datetime) else start <= DAY < end
        assert (title in shown) == on_the_day, title


def test_khal_takes_a_plan_and_its_course_without_doubles(
    write: Write, expected: Callable[[Path], Seen], few_rules: list[str], khal_home: Path
) -> None:
    spaced = ["--next", "2026-12-21", *few_rules]
    plan, course = write(*spaced), write("sessions", "--count", "3", *spaced, name="course.ics")
    for path in (plan, course, plan):
        khal(khal_home, "import", "--batch", "-a", "mine", str(path))
    both = expected(plan).keys() | expected(course).keys()
    assert len(list((khal_home / "calendars").glob("*.ics"))) == len(both)
    shown = khal(khal_home, "list", "--format", "{start-long-full}|{title}", "--day-format", "", "2026-12-21", "90d")
    assert shown.count("Session 2 is today") == 1
    assert "2027-01-18 00:00|Session 3 OK if 2 was by 21 Dec" in shown


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with radicale(tmp_path) as url:
        yield url


def test_a_caldav_server_takes_every_event_and_finds_it_by_date(
    server: str,
    write: Write,
    run: Any,
    events: Events,
    expected: Callable[[Path], Seen],
    few_rules: list[str],
    tmp_path: Path,
) -> None:
    caldav, icalendar = library("caldav"), library("icalendar")
    words = ["--time", "16:30", "--calendar-style", "full", *few_rules]
    path, moved = write(*words), tmp_path / "moved.ics"
    client = caldav.DAVClient(url=server, username="ann", password="-")  # noqa: S106  the server asks for none
    calendar = client.principal().make_calendar(name="Aftercare")

    def put(file: Path) -> None:
        for uid, event in events(file).items():
            one = icalendar.Calendar.new()
            one.add_component(event)
            client.put(f"{calendar.url}{uid}.ics", one.to_ical().decode(), {"Content-Type": "text/calendar"})

    def titles(start: datetime, end: datetime) -> set[str]:
        found = calendar.search(start=start, end=end, event=True, expand=False)
        return {str(one.icalendar_component["SUMMARY"]) for one in found}

    def stored() -> dict[str, Any]:
        return {str(one.icalendar_component["UID"]): one.icalendar_component for one in calendar.events()}

    put(path)
    before = stored()
    assert before.keys() == events(path).keys()
    for uid, event in events(path).items():
        assert (before[uid]["SUMMARY"], before[uid]["DESCRIPTION"]) == (event["SUMMARY"], event["DESCRIPTION"])
        assert in_utc(before[uid]["DTSTART"].dt) == in_utc(event["DTSTART"].dt)
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    on_the_day = titles(noon, noon + timedelta(hours=11))
    assert on_the_day == {title for title, start, end in expected(path).values() if is_on(start, end, noon)}
    assert [title for title in on_the_day if title.startswith("OK: make-up")]
    run("plan", "--date", "2026-11-27", "--tz", "Europe/London", *words, "--replaces", path, "-o", moved)
    put(moved)
    assert stored().keys() == events(moved).keys()
    week = timedelta(days=7)
    assert [
        title for title in titles(noon + week, noon + week + timedelta(hours=11)) if title.startswith("OK: make-up")
    ]
    assert not [title for title in titles(noon, noon + timedelta(hours=11)) if title.startswith("OK: make-up")]
