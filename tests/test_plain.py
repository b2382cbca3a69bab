"""Plain text: complete, without colour or layout, and good to hear read aloud."""

from itertools import pairwise

import pytest

from needlecare import render
from running import PLAN, check_golden, run, run_at_terminal, run_program
from support import golden_timeline, with_sources

SECTIONS = [
    *("What lifts when", "Red flags", "Before the treatment", "Day by day", "Normal to see, and until when", "Allowed"),
    *("The next session", "What this rests on"),
]


def test_the_plain_text_of_a_small_sheet() -> None:
    check_golden("plan.txt", with_sources(golden_timeline()))


def test_the_plain_text_of_a_date_alone() -> None:
    check_golden("plan-of-a-date.txt", render(golden_timeline(None, days=3), "text"))


def test_every_section_is_there_once_and_in_order() -> None:
    lines = run(*PLAN).out.splitlines()
    assert [line for line in lines if line in SECTIONS] == SECTIONS


def test_it_is_for_whom_and_by_which_rules() -> None:
    lines = run(*PLAN).out.splitlines()
    assert lines[1] == "Fri 20 Nov 2026 at 16:30 (Europe/London): face, a needling pen, a clinic"
    assert "not medical advice" in lines[2]
    assert "No clinician has reviewed these rules." in lines[2]
    assert lines[-1].startswith("Rule set microneedling ")


def test_sources_are_listed_when_asked_for() -> None:
    without, with_them = run(*PLAN).out, run(*PLAN, "--sources").out
    assert "sources; --sources lists them." in without
    assert "https://" not in without
    listed = with_them.partition("\nSources\n")[2]
    assert listed.count("https://") > 50
    assert "\n- fda-consumer: " in listed


def test_what_goes_to_a_pipe_is_what_plain_gives_at_a_terminal() -> None:
    piped = run_program(*PLAN).stdout.decode()
    assert piped == run(*PLAN).out
    for arguments, env in (
        ((*PLAN, "--plain"), {}),
        (PLAN, {"NO_COLOR": "1"}),
        (PLAN, {"TERM": "dumb"}),
        (PLAN, {"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "FORCE_COLOR": "1"}),
    ):
        assert run_at_terminal(*arguments, columns=30, env=env) == piped
    assert "\x1b" not in piped
    assert "…" not in piped


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_a_console_that_cannot_show_every_character_gets_stand_ins(encoding: str) -> None:
    ran = run(*PLAN, encoding=encoding)
    assert ran.code == 0
    assert ran.out.count("?") == run(*PLAN).out.count("?")
    assert "Day 0 - Fri 20 Nov" in ran.out or "Day 0 · Fri 20 Nov" in ran.out


def test_a_terminal_that_shows_ascii_alone_gets_plain_text() -> None:
    written = run_at_terminal(*PLAN, env={"PYTHONIOENCODING": "ascii"})
    assert "\x1b" not in written
    assert "Day 0 - Fri 20 Nov" in written


def test_days_are_consecutive_and_equal_ones_are_folded() -> None:
    titles = [line for line in run(*PLAN).out.splitlines() if line.startswith(("Day ", "Days "))][1:]
    numbers = [title.split(" · ")[0].split(" ")[1].split("–") for title in titles]
    assert numbers[0] == ["0"]
    assert any(len(run_of) == 2 for run_of in numbers)
    for before, after in pairwise(numbers):
        assert int(after[0]) == int(before[-1]) + 1


def test_fewer_days_cut_nothing_else() -> None:
    few, many = run(*PLAN, "--days", "2").out, run(*PLAN, "--days", "40").out
    for section in ("What lifts when", "Before the treatment", "Normal to see, and until when", "Red flags"):
        (one,), (other,) = (
            [part for part in text.split("\n\n") if part.startswith(f"{section}\n")] for text in (few, many)
        )
        assert one == other
    assert "\nDay 1 · Sat 21 Nov" in few
    assert "\nDay 2" not in few
    assert "39 · " in many
