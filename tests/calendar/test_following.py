"""Changing one's mind: `--replaces` and `--cancel` work from the old file alone."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]
Run = Callable[..., tuple[int, str, str]]
PLAN = ["plan", "--date", "2026-11-27", "--time", "16:30", "--tz", "Europe/London"]
SAME = ["plan", "--date", "2026-11-20", *PLAN[3:]]


@pytest.fixture
def old(write: Write) -> Path:
    return write("--time", "16:30", name="old.ics")


@pytest.fixture
def full(write: Write) -> Path:
    return write("--time", "16:30", "--calendar-style", "full", name="full.ics")


def test_a_moved_plan_keeps_its_uids_and_counts_up(run: Run, old: Path, events: Events, tmp_path: Path) -> None:
    new = tmp_path / "new.ics"
    code, out, err = run(*PLAN, "--replaces", old, "-o", new)
    assert (code, out) == (0, "")
    assert err == "needlecare: moves the plan from Fri 20 Nov to Fri 27 Nov\n"
    before, after = events(old), events(new)
    assert after.keys() >= before.keys(), "each old event is updated or cancelled"
    for event in after.values():
        assert event["SEQUENCE"] == 1
        assert event["DTSTAMP"].dt == datetime(2026, 11, 20, 0, 0, 1, tzinfo=UTC)
    (uid,) = [uid for uid, event in before.items() if str(event["SUMMARY"]).startswith("OK: make-up")]
    assert after[uid]["DTSTART"].dt == datetime(2026, 11, 29, 16, 30, tzinfo=UTC)


def test_a_moved_plan_moves_on(run: Run, old: Path, events: Events, tmp_path: Path) -> None:
    second, third = tmp_path / "second.ics", tmp_path / "third.ics"
    run(*PLAN, "--replaces", old, "-o", second)
    _, _, err = run("plan", "--date", "2027-01-08", "--tz", "UTC", "--replaces", second, "-o", third)
    assert "moves the plan from Fri 27 Nov 2026 to Fri 8 Jan 2027" in err
    assert {event["SEQUENCE"] for event in events(third).values()} == {2}
    assert events(third).keys() >= events(second).keys()


def test_an_old_file_proposes_no_options(run: Run, old: Path, tmp_path: Path) -> None:
    kept = b"X-NEEDLECARE-FACTS:--output=~/.bashrc --area=scalp --tz=UTC\r\nBEGIN:VEVENT"
    old.write_bytes(old.read_bytes().replace(b"BEGIN:VEVENT", kept, 1))
    new = tmp_path / "new.ics"
    code, _, err = run(*PLAN, "--replaces", old, "-o", new)
    assert (code, err) == (0, "needlecare: moves the plan from Fri 20 Nov to Fri 27 Nov\n")
    assert b"bashrc" not in new.read_bytes()


def test_what_falls_away_is_cancelled_where_it_stood(run: Run, full: Path, events: Events, tmp_path: Path) -> None:
    new = tmp_path / "new.ics"
    code, _, err = run(*SAME, "--replaces", full, "-o", new)
    assert (code, err) == (0, ""), "nothing has moved, so nothing is said"
    before, after = events(full), events(new)
    (uid,) = [uid for uid, event in before.items() if str(event["SUMMARY"]).startswith("Day 2:")]
    assert str(after[uid]["STATUS"]) == "CANCELLED"
    assert str(after[uid]["SUMMARY"]) == f"Cancelled: {before[uid]['SUMMARY']}"
    assert after[uid]["DTSTART"].dt == before[uid]["DTSTART"].dt
    assert not after[uid].walk("VALARM")
    assert "no longer holds" in str(after[uid]["DESCRIPTION"])
    assert {event["SEQUENCE"] for event in after.values()} == {1}


def test_a_calendar_changes_its_style_and_back(run: Run, old: Path, full: Path, events: Events, tmp_path: Path) -> None:
    more, less, off = (tmp_path / f"{name}.ics" for name in ("more", "less", "off"))
    assert run(*SAME, "--calendar-style", "full", "--replaces", old, "-o", more) == (0, "", "")
    found = events(more)
    assert found.keys() == events(full).keys(), "whatever is there in brief is there in full"
    assert {str(event["STATUS"]) for event in found.values()} == {"CONFIRMED"}
    assert run(*SAME, "--replaces", more, "-o", less) == (0, "", "")
    kept = {uid for uid, event in events(less).items() if str(event["STATUS"]) == "CONFIRMED"}
    assert kept == set(events(old))
    assert events(less).keys() == found.keys()
    assert run("plan", "--cancel", less, "-o", off) == (0, "", "")
    assert {str(event["STATUS"]) for event in events(off).values()} == {"CANCELLED"}


def test_what_was_cancelled_comes_back(run: Run, old: Path, events: Events, tmp_path: Path) -> None:
    off, back = tmp_path / "off.ics", tmp_path / "back.ics"
    run("plan", "--cancel", old, "-o", off)
    run(*PLAN, "--replaces", off, "-o", back)
    assert {str(event["STATUS"]) for event in events(back).values()} == {"CONFIRMED"}
    assert {event["SEQUENCE"] for event in events(back).values()} == {2}


def test_a_file_may_replace_itself(run: Run, old: Path, events: Events) -> None:
    uids = events(old).keys()
    code, _, _ = run(*PLAN, "--replaces", old, "-o", old)
    assert code == 0
    assert events(old).keys() == uids


def test_cancel_calls_everything_off_and_needs_no_date(run: Run, old: Path, events: Events, tmp_path: Path) -> None:
    off = tmp_path / "off.ics"
    assert run("plan", "--cancel", old, "-o", off) == (0, "", "")
    before, after = events(old), events(off)
    assert after.keys() == before.keys()
    for uid, event in after.items():
        assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 1)
        assert str(event["SUMMARY"]).startswith("Cancelled: ")
        assert not event.walk("VALARM")
        assert str(event["DESCRIPTION"]).startswith(
            "This plan was called off.\n\nEmergency: ring 112, 999, 911: trouble breathing"
        )
        assert len(str(event["DESCRIPTION"])) <= 1000
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (before[uid]["DTSTART"].dt, before[uid]["DTEND"].dt)


def test_cancel_without_a_file_writes_the_calendar_to_stdout(run: Run, old: Path) -> None:
    code, out, _ = run("plan", "--cancel", old)
    assert code == 0
    assert out.startswith("BEGIN:VCALENDAR")


def test_a_named_plan_is_followed_with_and_without_its_name(run: Run, write: Write, tmp_path: Path) -> None:
    ann = write("--id", "ann", name="ann.ics")
    for words in ([], ["--id", "ann"]):
        code, _, err = run(*PLAN, "--replaces", ann, "-o", tmp_path / "new.ics", *words)
        assert code == 0, err


def in_zone(zone: str) -> Callable[[str], str]:
    """Write instants as the clock shows them in *zone*, which is London's under whatever name."""
    return lambda text: re.sub(r"^(DTSTART|DTEND):(.*)Z$", rf"\1;TZID={zone}:\2", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text,
        lambda text: re.sub(r"^DTEND:.*$", "DURATION:PT15M", text, flags=re.MULTILINE),
        lambda text: re.sub(r"^DTEND;VALUE=DATE:.*$", "DURATION:P1D", text, flags=re.MULTILINE),
        lambda text: re.sub(r"^DTEND;VALUE=DATE:.*\n", "", text, flags=re.MULTILINE),
        in_zone("Europe/London"),
        in_zone("/freeassociation.sourceforge.net/Europe/London"),
        in_zone("GMT Standard Time"),
    ],
    ids=["as it was", "durations", "days with durations", "days without ends", "a zone", "a vendor's zone", "Windows"],
)
def test_a_calendar_that_has_been_through_another_program_is_still_known(
    run: Run, old: Path, events: Events, tmp_path: Path, rewrite: Callable[[str], str]
) -> None:
    text = rewrite(old.read_bytes().decode().replace("\r\n ", "").replace("\r\n", "\n"))
    lines = [line for line in text.split("\n") if not line.startswith(("X-", "NAME", "COLOR", "CLASS", "TRANSP"))]
    exported = tmp_path / "exported.ics"
    exported.write_text("\n".join(lines).replace("-//needlecare//needlecare//EN", "-//Other//EN"), encoding="utf-8")
    new = tmp_path / "new.ics"
    code, _, err = run(*PLAN, "--replaces", exported, "-o", new)
    assert (code, err) == (0, "needlecare: moves the plan from Fri 20 Nov to Fri 27 Nov\n")
    assert events(new).keys() >= events(old).keys()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def half_a_line(data: bytes) -> bytes:
    return data[:-20]


def foreign(data: bytes) -> bytes:
    return data.replace(b"@needlecare", b"@example.org")


def with_a_dentist(data: bytes) -> bytes:
    event = (
        b"BEGIN:VEVENT\r\nUID:dentist@example.org\r\nDTSTAMP:20261120T000000Z\r\n"
        b"DTSTART:20261120T090000Z\r\nDTEND:20261120T093000Z\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\n"
    )
    return data.replace(b"END:VCALENDAR", event + b"END:VCALENDAR")


def two_plans(data: bytes) -> bytes:
    plan = data[data.index(b"BEGIN:VEVENT") :][18:38]
    first, second = data.split(b"END:VCALENDAR")[0], data[data.index(b"BEGIN:VEVENT") :]
    return first + second.replace(plan, b"0" * 20)


def without_starts(data: bytes) -> bytes:
    return data.replace(b"DTSTART", b"X-START")


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "is not a calendar"),
    "text": (lambda _: b"Dear Ann,\r\nsee you on Friday.\r\n", "is not a calendar"),
    "a picture": (lambda _: b"\x89PNG\r\n\x1a\n\x00\xff", "is not a calendar: it is not UTF-8 text"),
    "no events": (lambda _: b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "holds no events"),
    "cut off": (cut, "is cut off"),
    "cut off near its end": (half_a_line, "is cut off"),
    "of somebody else's program": (foreign, "is not a calendar of needlecare"),
    "mixed with other events": (with_a_dentist, "or holds other events too"),
    "two plans": (two_plans, "holds more than one plan"),
    "two calendars": (lambda data: data + data, "holds more than one plan"),
    "no times": (without_starts, "is not whole"),
    "a start that is none": (lambda data: data.replace(b"DTSTART;VALUE=DATE:2", b"DTSTART;VALUE=DATE:x"), "whole"),
    "a sequence that is none": (lambda data: data.replace(b"SEQUENCE:0", b"SEQUENCE:many"), "is not whole"),
    "a sequence below none": (lambda data: data.replace(b"SEQUENCE:0", b"SEQUENCE:-1"), "is not whole"),
    "the last sequence": (lambda data: data.replace(b"SEQUENCE:0", b"SEQUENCE:2147483647"), "as high as it can be"),
    "a year beyond all": (lambda data: data.replace(b"DTSTAMP:2026", b"DTSTAMP:9999"), "is not whole"),
    "floating times": (lambda data: data.replace(b"0Z\r\n", b"0\r\n"), "is not whole"),
    "deeply nested": (lambda data: data.replace(b"BEGIN:VEVENT", b"BEGIN:VEVENT\r\n" * 400, 1), "is cut off"),
    "a task": (
        lambda _: b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
        "it holds a VTODO",
    ),
}


@pytest.mark.parametrize(("broken", "says"), BROKEN.values(), ids=BROKEN)
def test_a_bad_old_file_is_an_error_and_the_target_stays(
    run: Run, old: Path, tmp_path: Path, broken: Callable[[bytes], bytes], says: str
) -> None:
    bad, target = tmp_path / "bad.ics", tmp_path / "target.ics"
    bad.write_bytes(broken(old.read_bytes()))
    target.write_bytes(b"as it was")
    for option in ("--replaces", "--cancel"):
        code, out, err = run(*PLAN, option, bad, "-o", target)
        assert (code, out) == (2, "")
        assert says in err
        assert err.count("\n") == 1, "one line"
        assert target.read_bytes() == b"as it was"


def test_another_persons_file_is_refused(run: Run, write: Write, tmp_path: Path) -> None:
    target = tmp_path / "new.ics"
    for old in (write("--id", "ann", name="ann.ics"), write(name="nameless.ics")):
        for option in ("--replaces", "--cancel"):
            code, _, err = run(*PLAN, option, old, "--id", "bob", "-o", target)
            assert code == 2
            assert "another person's plan" in err
    assert not target.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--replaces", "nowhere.ics"], "can't read nowhere.ics: No such file or directory"),
        (["--replaces", "."], "is not a regular file"),
        (["--cancel", "/dev/zero"], "is not a regular file"),
    ],
    ids=["missing", "a folder", "a device"],
)
def test_an_old_file_that_cant_be_read_is_said(run: Run, tmp_path: Path, words: list[str], says: str) -> None:
    code, _, err = run(*PLAN, *words, "-o", tmp_path / "x.ics")
    assert code == 2
    assert says in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--replaces", "{old}", "--cancel", "{old}"], "exclude each other"),
        (["--replaces", "{old}", "-o", "x.json"], "the calendar's options need a calendar"),
        (["--replaces", "{old}"], "the calendar's options need a calendar"),
        (["--cancel", "{old}", "-o", "x.json"], "--cancel writes a calendar"),
        (["--cancel", "{old}", "--format", "text"], "--cancel writes a calendar"),
    ],
    ids=["both", "replaces into JSON", "replaces into text", "cancel into JSON", "cancel into text"],
)
def test_following_needs_a_calendar_to_write(run: Run, old: Path, words: list[str], says: str) -> None:
    code, out, err = run(*PLAN, *(word.replace("{old}", str(old)) for word in words))
    assert (code, out) == (2, "")
    assert says in err


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "needlecare", *map(str, words)]


def test_a_full_disk_leaves_the_old_file_whole(old: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of a process are not to be had everywhere")
    before = old.read_bytes()

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    # Compiled files would be cut short too, and kept.
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command(*PLAN, "-o", old), preexec_fn=little_room, capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 2
    assert "can't write to" in done.stderr
    assert "nothing was changed" in done.stderr
    assert old.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["old.ics"]


@pytest.mark.parametrize("target", ["nowhere/x.ics", "folder.ics", "/dev/full"])
def test_a_target_that_cant_be_written_is_said(run: Run, old: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "folder.ics").mkdir()
    code, out, err = run(*PLAN, "--replaces", old, "--format", "ics", "-o", tmp_path / target)
    assert (code, out) == (2, "")
    assert err.startswith(f"needlecare: can't write to {tmp_path / target}: "), "and nothing about a move"


def test_killed_in_the_middle_the_file_is_the_old_or_the_new_one(old: Path, tmp_path: Path) -> None:
    before = old.read_bytes()
    subprocess.run(command(*PLAN, "-o", tmp_path / "whole.ics"), check=True)
    whole = (tmp_path / "whole.ics").read_bytes()
    for delay in (0.05, 0.15, 0.2, 0.25, 0.3):
        old.write_bytes(before)
        with subprocess.Popen(command(*PLAN, "-o", old)) as process:
            time.sleep(delay)
            process.kill()
        assert old.read_bytes() in (before, whole)


def test_dates_of_cancelled_days_are_untouched(run: Run, full: Path, events: Events, tmp_path: Path) -> None:
    run("plan", "--cancel", full, "-o", tmp_path / "off.ics")
    days = [e for e in events(tmp_path / "off.ics").values() if str(e["SUMMARY"]).startswith("Cancelled: Days 4–5")]
    assert [(e["DTSTART"].dt, e["DTEND"].dt) for e in days] == [(date(2026, 11, 24), date(2026, 11, 26))]
