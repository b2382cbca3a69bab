"""The course as a calendar: what stands on which day, beside the plan's own calendar, and where none is written."""

import json
import stat
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from running import Ran
from running import run as run_it

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]
Run = Callable[..., tuple[int, str, str]]
COURSE = ("sessions", "--date", "2026-11-20", "--tz", "Europe/London", "--goal", "rejuvenation")
MADE = {
    "three sessions": (
        ["--count", "3"],
        {
            "2026-12-18": ["Session 2 OK now, best by 1 Jan"],
            "2027-01-15": ["Session 3 OK if 2 was by 18 Dec"],
            "2027-02-12": ["Session 2 late from today"],
            "2027-03-26": ["Session 3 late from today"],
        },
    ),
    "one is booked": (
        ["--count", "3", "--next", "2027-01-08"],
        {
            "2027-01-01": ["No ibuprofen, waxing… again: session 2"],
            "2027-01-03": ["No retinol, fish oil… again: session 2"],
            "2027-01-07": ["No alcohol again: session 2"],
            "2027-01-08": ["Session 2 is today"],
            "2027-02-05": ["Session 3 OK if 2 was by 8 Jan"],
            "2027-04-02": ["Session 3 late from today"],
        },
    ),
    "one has been": (
        ["--count", "3", "--done", "2026-12-21"],
        {"2027-01-18": ["Session 3 OK now, best by 1 Feb"], "2027-03-15": ["Session 3 late from today"]},
    ),
    "it ends before a wedding": (
        ["--count", "3", "--before", "wedding:Ana's wedding=2027-03-20"],
        {
            "2026-12-18": ["Session 2 OK now, best by 1 Jan"],
            "2027-01-15": ["Session 3 OK if 2 was by 18 Dec"],
            "2027-02-12": ["Session 2 last day before Ana's wedding"],
            "2027-03-12": ["Session 3 last day before Ana's wedding"],
            "2027-03-20": ["Ana's wedding: last session by 12 Mar"],
        },
    ),
    "what would be best is too late": (
        ["--count", "2", "--before", "wedding=2027-01-02"],
        {
            "2026-12-18": ["Session 2 OK now, best by 25 Dec"],
            "2026-12-25": ["Session 2 last day before a wedding"],
            "2027-01-02": ["A wedding: last session by 25 Dec"],
        },
    ),
    "all have been": (
        ["--count", "2", "--done", "2026-12-21", "--before", "wedding=2027-03-20"],
        {"2027-03-20": ["A wedding: all sessions done"]},
    ),
}
every_course = pytest.mark.parametrize(("words", "shown"), MADE.values(), ids=MADE)


def course(*words: object) -> Ran:
    return run_it(*COURSE, *map(str, words))


def day_of(event: Any) -> date:
    start = event["DTSTART"].dt
    return start.date() if isinstance(start, datetime) else start


@pytest.fixture
def write_course(write: Write) -> Write:
    """Write the calendar of a course of which all sessions fit."""
    return lambda *words, name="course.ics": write("sessions", *COURSE[1:], *words, name=name)


@every_course
def test_each_session_to_come_stands_on_its_days(
    write_course: Write, events: Events, words: list[str], shown: dict[str, list[str]]
) -> None:
    found: dict[str, list[str]] = {}
    for event in events(write_course(*words)).values():
        found.setdefault(day_of(event).isoformat(), []).append(str(event["SUMMARY"]))
    assert found == shown


@every_course
def test_titles_and_descriptions_are_as_short_as_those_of_a_plan(
    write_course: Write, events: Events, words: list[str], shown: dict[str, list[str]]
) -> None:
    del shown
    found = events(write_course(*words)).values()
    titles = [str(event["SUMMARY"]) for event in found]
    assert max(map(len, titles)) <= 40
    starts = {(day_of(event), str(event["SUMMARY"])[:16]) for event in found}
    assert len(starts) == len(titles)
    for text in (str(event["DESCRIPTION"]) for event in found):
        assert text.startswith("Emergency: ring 112, 999, 911: ")
        assert len(text) <= 960
        assert not text.endswith("…")


def test_a_description_says_when_the_session_is_best_and_on_what_that_depends(
    write_course: Write, events: Events
) -> None:
    found = {
        str(event["SUMMARY"]): str(event["DESCRIPTION"]) for event in events(write_course("--count", "3")).values()
    }
    second, third = found["Session 2 OK now, best by 1 Jan"], found["Session 3 OK if 2 was by 18 Dec"]
    best = "Session 2: best Fri 18 Dec 2026 to Fri 1 Jan 2027, not sooner; late from Fri 12 Feb 2027"
    assert best in second.split("\n")
    assert "If it is on Fri 18 Dec: avoid deep peels and fillers from" in second
    assert "Only if session 2 was by 18 Dec; if it was later, make this calendar again with --done." in third


def test_what_plan_and_course_both_have_is_one_entry(write: Write, write_course: Write, events: Events) -> None:
    words = ["--next", "2027-01-08", "--event", "wedding=2027-01-20"]
    plan = events(write(*COURSE[1:], *words))
    made = events(write_course(*words, "--count", "3", "--before", "wedding=2027-07-03"))
    shared = {uid: str(plan[uid]["SUMMARY"]) for uid in plan.keys() & made.keys()}
    assert set(shared.values()) >= {str(one["SUMMARY"]) for one in plan.values() if "ession 2" in str(one["SUMMARY"])}
    for uid, title in shared.items():
        assert "wedding" in title or made[uid]["DTSTART"].dt == plan[uid]["DTSTART"].dt


def test_a_logged_treatment_keeps_its_entries(
    run: Run, events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEEDLECARE_NO_LOG", raising=False)
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    run("log", "add", *COURSE[1:])
    paths = [tmp_path / f"{command}.ics" for command in ("plan", "sessions")]
    for path in paths:
        assert run(path.stem, "--now", "2026-11-21T09:00", "-o", path)[0] == 0
    plan, made = map(events, paths)
    (uid,) = (uid for uid, event in plan.items() if "Session 2" in str(event["SUMMARY"]))
    assert uid in made


def test_a_course_that_does_not_fit_holds_what_does_and_says_so(events: Events, tmp_path: Path) -> None:
    path = tmp_path / "course.ics"
    ran = course("--count", "4", "--before", "wedding=2027-01-30", "-o", path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("needlecare: A wedding on Sat 30 Jan 2027: 4 sessions do not fit; ")
    assert "  3 fit: --count 3.\n" in ran.err
    titles = [str(event["SUMMARY"]) for event in events(path).values()]
    assert "A wedding: 4 sessions don't fit" in titles
    assert "Session 3 OK if 2 was by 18 Dec" in titles
    assert not [title for title in titles if title.startswith("Session 4")]


def test_a_booked_session_stays_though_it_is_too_late(events: Events, tmp_path: Path) -> None:
    path = tmp_path / "course.ics"
    ran = course("--count", "2", "--next", "2027-01-29", "--before", "wedding=2027-01-30", "-o", path)
    assert ran.code == 1
    assert "Session 2 is today" in [str(event["SUMMARY"]) for event in events(path).values()]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["--condition", "eczema"], 1, "none while a STOP applies to you", id="a stop"),
        pytest.param(["--count", "1"], 1, "no session is still to come", id="one session"),
        pytest.param(["--count", "2", "--done", "2026-12-21"], 1, "no session is still to come", id="all have been"),
        pytest.param(["--closed", "moonday"], 2, "moonday", id="a mistake"),
    ],
)
def test_where_no_session_can_be_dated_nothing_is_written(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    path = tmp_path / "course.ics"
    ran = course(*words, "-o", path)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert not path.exists()


def test_without_a_rule_on_spacing_nothing_is_written(tmp_path: Path) -> None:
    sheet, path = tmp_path / "sheet.yaml", tmp_path / "course.ics"
    sheet.write_text("source: sheet\nsources: {sheet: Our sheet}\nrules: {gym: {avoid: exercise, until: 3d}}\n")
    ran = course("--rules", sheet, "-o", path)
    assert (ran.code, ran.out, path.exists()) == (4, "", False)
    assert "no rule says how far apart these sessions are" in ran.err


def test_a_newer_course_cancels_what_is_over(write_course: Write, events: Events, tmp_path: Path) -> None:
    old, new = write_course("--count", "3"), tmp_path / "new.ics"
    assert course("--count", "3", "--done", "2026-12-21", "--replaces", old, "-o", new).code == 0
    found = {str(event["SUMMARY"]): str(event["STATUS"]) for event in events(new).values()}
    assert found["Cancelled: Session 2 late from today"] == "CANCELLED"
    assert found["Session 3 OK now, best by 1 Feb"] == "CONFIRMED"
    assert events(new).keys() == events(old).keys()
    assert run_it("plan", "--cancel", str(new), "-o", str(tmp_path / "off.ics")).code == 0


def test_the_calendar_of_a_plan_is_not_replaced_by_that_of_a_course(write: Write, tmp_path: Path) -> None:
    old, new = write(*COURSE[1:]), tmp_path / "new.ics"
    ran = course("--replaces", old, "-o", new)
    assert (ran.code, new.exists()) == (2, False)
    assert "is the calendar of a plan; give that of a course" in ran.err


def test_titles_may_give_nothing_away(write_course: Write, events: Events) -> None:
    words = ["--count", "3", "--before", "wedding=2027-03-20", "--discreet"]
    titles = [str(event["SUMMARY"]) for event in events(write_course(*words)).values()]
    assert all(title.startswith("Reminder") for title in titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("format_", ["text", "json", "ics"])
def test_a_file_and_standard_output_hold_the_same(tmp_path: Path, format_: str) -> None:
    path = tmp_path / f"course.{format_.replace('text', 'txt')}"
    shown = course("--count", "3", "--format", format_, "-o", "-").out
    assert course("--count", "3", "-o", path) == (0, "", "")
    assert path.read_bytes().decode() == shown
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    if format_ == "json":
        assert [one["number"] for one in json.loads(shown)["sessions"]] == [2, 3]


def test_others_may_read_a_public_file(tmp_path: Path) -> None:
    path = tmp_path / "course.ics"
    assert course("--public", "-o", path).code == 0
    assert path.stat().st_mode & stat.S_IROTH


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--discreet"], "the calendar's options need a calendar: -o "),
        (["--alarm", "1h", "--format", "json"], "the calendar's options need a calendar"),
        (["--public"], "--public is for a file: -o FILE"),
        (["-o", "course.html"], "the name shows no format; end it in .ics, .json, .text, .txt, or give --format"),
        (["--format", "html"], "it is one of text, json, ics"),
        (["--cancel", "old.ics"], "there is no option `--cancel`"),
    ],
    ids=" ".join,
)
def test_what_means_nothing_for_a_course_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = course(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert [*tmp_path.iterdir()] == []
