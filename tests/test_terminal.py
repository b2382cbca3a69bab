"""The terminal view: fills the width and never goes beyond it, and can be read without colour."""

import re

import pytest
from rich.cells import cell_len

from running import PLAN, check_golden, run, run_at_terminal, without_colour
from support import drawn, golden_timeline

ALL = (*PLAN, "--all")


def test_the_terminal_view_of_a_small_sheet() -> None:
    check_golden("plan-at-80-columns.txt", drawn(golden_timeline(), 80))


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    for whole in ((), ("--all",)):
        written = run_at_terminal(*PLAN, *whole, columns=columns)
        assert "\x1b[" in written
        assert max(cell_len(line) for line in without_colour(written).splitlines()) <= columns


@pytest.mark.parametrize("columns", [1, 2, 5, 12, 20, 33])
def test_the_narrowest_terminal_still_gets_every_line(columns: int) -> None:
    text = drawn(golden_timeline(), columns)
    assert max(cell_len(line) for line in text.splitlines()) <= max(columns, 24)


def test_a_wide_terminal_is_used() -> None:
    narrow, wide = (without_colour(run_at_terminal(*ALL, columns=columns)) for columns in (80, 120))
    assert len(wide.splitlines()) < len(narrow.splitlines())
    assert max(cell_len(line) for line in wide.splitlines()) > 100


def test_nothing_that_plain_text_says_is_lost_in_layout() -> None:
    def words(text: str) -> list[str]:
        return sorted(set(re.findall(r"[\w’'-]{3,}", text)))

    layout = without_colour(run_at_terminal(*ALL, columns=200))
    missing = set(words(run(*ALL).out)) - set(words(layout))
    assert missing == set()


@pytest.mark.parametrize("columns", [110, 140])
def test_a_wide_terminal_has_the_first_screen_in_two_columns(columns: int) -> None:
    wide, narrow = (without_colour(run_at_terminal(*PLAN, columns=width)) for width in (columns, 80))
    lines = wide.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) < len(narrow.splitlines()) - 5
    assert set(re.findall(r"\w+", wide)) == set(re.findall(r"\w+", narrow))
    assert any(line.startswith("First 24 hours") and "When may I again?" in line for line in lines[:4])


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_the_chart_alone_has_a_line_a_group_and_a_column_a_day(columns: int) -> None:
    text = without_colour(run_at_terminal(*PLAN, "--chart", columns=columns))
    assert max(map(len, text.splitlines())) <= columns
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.strip().startswith("20 Nov"))
    assert "".join(lines[start + 1][:75].split()).startswith("FSSMTWTFSS")
    (makeup,) = (line for line in lines if line.strip().startswith("Make-up "))
    assert re.match(r"  Make-up +(██████|███)[· ]+", makeup)
    assert not re.search("(?m)^  (Medicines|Creams) ", text), "of these some is a no, and some is what to use"
    assert "█ avoid ▒ better wait ? only if your skin looks calm · OK" in " ".join(text.split())
    assert "Get help" in text


def test_one_part_of_the_plan_is_printed_alone_with_where_to_get_help() -> None:
    whole, before = run(*ALL, "--plain").out, run(*PLAN, "--before").out
    part = whole.partition("\nBefore the treatment\n")[2].partition("\n\n")[0]
    said, wanted = (set(re.findall(r"\w[\w'-]*", text)) for text in (before, part))
    assert wanted <= said
    assert "Get help" in before
    assert "Day by day" not in before
    assert run(*PLAN, "--before", "--condition", "eczema").out.splitlines()[3].startswith("  STOP")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--chart", "--before"], "--all, --before and --chart exclude each other"),
        (["--all", "--chart"], "--all, --before and --chart exclude each other"),
        (["--chart", "--plain"], "--chart is a drawing"),
        (["--chart", "--format", "md"], "--chart means nothing for md"),
        (["--before", "--format", "json"], "--before means nothing for json"),
    ],
)
def test_parts_of_the_plan_that_cannot_be_printed_are_refused(typed: list[str], said: str) -> None:
    ran = run(*PLAN, *typed)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_the_order_is_what_a_person_needs_first() -> None:
    text = without_colour(run_at_terminal(*ALL, "--condition", "eczema"))
    titles = ["Before anything else", "When may I again", "Get help", "Before the treatment", "Day by day"]
    positions = [text.index(f"\n{title}\n") for title in titles]
    assert positions == sorted(positions)
    assert text.index("STOP") < text.index("When may I again")


def test_answers_are_broken_between_words_and_go_on_under_their_text() -> None:
    typed = ("why", "retinol", "--date", "2026-11-20", "--tz", "Europe/London", "--no-log")
    narrow, piped = run_at_terminal(*typed, columns=60), run(*typed).out
    assert max(map(len, narrow.splitlines())) <= 60 < max(map(len, piped.splitlines()))
    assert narrow.split() == piped.split()
    assert [line for line in narrow.splitlines() if line.startswith("    ")]
