"""Plain text: complete, without colour or layout, and good to hear read aloud."""

import re
import subprocess
import sys
from itertools import pairwise
from shlex import quote

import pytest

from needlecare import render
from running import PLAN, check_golden, run, run_at_terminal, run_program, without_colour
from support import golden_timeline, listed

ALL = (*PLAN, "--all")
SECTIONS = [
    *("When may I again", "Get help", "Before the treatment"),
    *("What to do, and until when", "Day by day"),
    *("What is usual, and until when", "What is all right", "Instead, and why", "The next session"),
    *("What this rests on", "Sources"),
]


def test_the_plain_text_of_a_small_sheet() -> None:
    check_golden("plan.txt", listed(golden_timeline()))


def test_the_plain_text_of_a_date_alone() -> None:
    check_golden("plan-of-a-date.txt", render(golden_timeline(None, days=3), "text"))


def test_every_section_is_there_once_and_in_order() -> None:
    lines = run(*ALL).out.splitlines()
    assert [line for line in lines if line in SECTIONS] == SECTIONS


def test_it_is_for_whom_and_by_which_rules() -> None:
    lines = run(*ALL).out.splitlines()
    assert lines[1] == "Fri 20 Nov 2026 at 16:30 (Europe/London): face, a needling pen, a clinic"
    assert "not medical advice" in lines[2]
    assert "No clinician has reviewed these rules." in lines[2]
    assert lines[-1].startswith("Rule set microneedling ")


def test_sources_are_listed_with_all_the_rest() -> None:
    assert "https://" not in run(*PLAN).out
    sources = run(*ALL).out.partition("\nSources\n")[2]
    assert sources.count("https://") > 50
    assert "\n- fda-consumer: " in sources


@pytest.mark.parametrize("whole", [(), ("--all",)], ids=["the first screen", "all of it"])
def test_what_goes_to_a_pipe_has_no_colour_and_no_width_of_a_terminal(whole: tuple[str, ...]) -> None:
    piped = run_program(*PLAN, *whole, "--plain").stdout.decode()
    assert piped == run(*PLAN, *whole, "--plain").out
    assert run_at_terminal(*PLAN, *whole, "--plain", columns=30) == piped
    assert "\x1b" not in piped
    # All of it is a line a row in a pipe, plain or not, so that it can be searched.
    assert (run_program(*PLAN, *whole).stdout.decode() == piped) == bool(whole)


@pytest.mark.parametrize(
    "env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "FORCE_COLOR": "1"}]
)
def test_a_terminal_without_colours_gets_what_a_pipe_gets_in_its_own_width(env: dict[str, str]) -> None:
    assert run_at_terminal(*PLAN, columns=80, env=env) == run(*PLAN).out
    narrow = run_at_terminal(*PLAN, columns=30, env=env)
    assert max(map(len, narrow.splitlines())) <= 30
    assert set(re.findall(r"\w+", run(*PLAN).out)) <= set(re.findall(r"\w+", narrow))


@pytest.mark.parametrize(
    ("env", "in_colour"),
    [
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False),
    ],
)
def test_a_pipe_gets_colours_where_the_environment_asks_for_them(env: dict[str, str], in_colour: bool) -> None:
    written = run_program(*PLAN, env=env).stdout.decode()
    assert ("\x1b[" in written) is in_colour
    assert set(re.findall(r"\w+", without_colour(written))) == set(re.findall(r"\w+", run(*PLAN).out))
    assert max(map(len, without_colour(written).splitlines())) <= 80


def test_all_of_it_has_nowhere_to_go_where_stdout_is_closed() -> None:
    words = " ".join(map(quote, (sys.executable, "-m", "needlecare", *PLAN, "--all")))
    ran = subprocess.run(["/bin/sh", "-c", f"{words} >&-"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (2, "needlecare: can't write: there is no standard output\n")


def test_plain_is_a_line_a_row() -> None:
    plain, laid_out = run(*PLAN, "--plain").out, run(*PLAN).out
    assert max(map(len, laid_out.splitlines())) <= 80 < max(map(len, plain.splitlines()))
    assert all(line.startswith("- ") or ": " not in line[:20] for line in plain.splitlines()[3:-1])
    missing = set(laid_out.split()) - set(re.sub(r"(?m)^- |(?<=\w)[:,](?= )", "", plain).split())
    assert {word for word in missing if word.isalpha()} == set()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_a_console_that_cannot_show_every_character_gets_stand_ins(encoding: str) -> None:
    ran = run(*ALL, encoding=encoding)
    assert ran.code == 0
    assert ran.out.count("?") == run(*ALL).out.count("?")
    assert "Day 0 - Fri 20 Nov" in ran.out or "Day 0 · Fri 20 Nov" in ran.out


def test_a_terminal_that_shows_ascii_alone_gets_plain_text() -> None:
    written = run_at_terminal(*PLAN, env={"PYTHONIOENCODING": "ascii"})
    assert "\x1b" not in written
    assert written.isascii()
    assert "alcohol, spicy food\n" in written


def test_days_are_consecutive_and_equal_ones_are_folded() -> None:
    titles = [line for line in run(*ALL).out.splitlines() if line.startswith(("Day ", "Days "))][1:]
    numbers = [title.split(" · ")[0].split(" ")[1].split("–") for title in titles]
    assert numbers[0] == ["0"]
    assert any(len(run_of) == 2 for run_of in numbers)
    for before, after in pairwise(numbers):
        assert int(after[0]) == int(before[-1]) + 1


def test_fewer_days_cut_nothing_else() -> None:
    few, many = run(*ALL, "--days", "2").out, run(*ALL, "--days", "40").out
    for section in ("When may I again", "Before the treatment", "What is usual, and until when", "Get help"):
        (one,), (other,) = (
            [part for part in text.split("\n\n") if part.startswith(f"{section}\n")] for text in (few, many)
        )
        assert one == other
    assert "\nDay 1 · Sat 21 Nov" in few
    assert "\nDay 2" not in few
    assert "39 · " in many
