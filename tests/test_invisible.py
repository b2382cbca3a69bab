"""What nobody can see in what people type is named by its code point, in every message."""

from pathlib import Path

import pytest

from needlecare import InputError, read_facts
from needlecare.errors import visible
from running import run, write
from support import words

SPACE = "[U+200B ZERO WIDTH SPACE]"
HEAD = "source: ours\nsources: {ours: {title: Our sheet, kind: clinic}}\nrules:\n"


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("2026-11-20", "2026-11-20"),
        ("caf\u00e9 \u2013 \u201cnaïve\u201d", "caf\u00e9 \u2013 \u201cnaïve\u201d"),
        ("16\u00a0:30", "16[U+00A0 NO-BREAK SPACE]:30"),
        ("\ufeffdate", "[U+FEFF ZERO WIDTH NO-BREAK SPACE]date"),
        ("\u200e20", "[U+200E LEFT-TO-RIGHT MARK]20"),
        ("\u202efoo", "[U+202E RIGHT-TO-LEFT OVERRIDE]foo"),
        ("a\u3164b", "a[U+3164 HANGUL FILLER]b"),
        ("a\tb", "a[U+0009]b"),
    ],
)
def test_what_nobody_can_see_is_named(typed: str, named: str) -> None:
    assert visible(typed) == visible(visible(typed)) == named


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("plan", "--date", "2026\u200b-11-20"), f"`2026{SPACE}-11-20` is not a date"),
        (("plan", "--date", "2026-11-20", "--area", "fa\u200bce"), f"area has no answer `fa{SPACE}ce`"),
        (("plan", "--dat\u200be", "2026-11-20"), f"there is no option `--dat{SPACE}e`"),
        (
            (
                "plan",
                "--date\u00a02026-11-20",
            ),
            "there is no option `--date[U+00A0 NO-BREAK SPACE]2026-11-20`",
        ),
        (("plan", "--date", "2026-11-20", "--rules", "my\u200bset"), f"no rule set `my{SPACE}set`"),
        (("plan", "--date", "2026-11-20", "--format", "te\u200bxt"), f"there is no `te{SPACE}xt`"),
    ],
)
def test_options_name_it(typed: tuple[str, ...], named: str) -> None:
    ran = run(*typed)
    assert ran.code == 2
    assert named in ran.err


def test_a_question_names_it() -> None:
    ran = run("can", "plu\u200bgh", "--date", "2026-11-20", "--now", "2026-11-21")
    assert f"I don't know “plu{SPACE}gh”" in ran.out


def test_a_cell_of_a_list_names_it(tmp_path: Path) -> None:
    rows = write(tmp_path, "id,date\n1,\u200e2026-11-20\n2,2026-11-20\n", "rows.csv")
    ran = run("batch", str(rows), "--tz", "UTC", "-o", str(tmp_path / "out"), "--format", "text")
    assert "`[U+200E LEFT-TO-RIGHT MARK]2026-11-20` is not a date" in ran.err


def test_the_library_names_it() -> None:
    with pytest.raises(InputError, match=r"has no answer `pe\[U\+200B ZERO WIDTH SPACE\]n`"):
        read_facts(words(), {"tool": "pe\u200bn"})


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("  a: {avoid: make\u200bup}\n", f"4:14: error: the rule a: there is no activity `make{SPACE}up`"),
        ("  a: {avoid: makeup, until: 24\u00a0h}\n", "can't be read: `24[U+00A0 NO-BREAK SPACE]h`"),
        (
            "  a:\u00a0{avoid: makeup, until: 1d}\n",
            "4:5: error: not readable as YAML: [U+00A0 NO-BREAK SPACE] is no plain blank",
        ),
        ("  a: {avoid: makeup, note: \ufeff}\n", "4:28: error: [U+FEFF ZERO WIDTH NO-BREAK SPACE] can't stand in"),
        ("  a: {avoid: makeup, note: factor # 50}\n", "4:35: error: not readable as YAML: a # behind a blank begins"),
    ],
)
def test_lint_names_it_where_it_stands(lines: str, said: str, tmp_path: Path) -> None:
    ran = run("rules", "lint", str(write(tmp_path, HEAD + lines)))
    assert ran.code == 3
    assert said in ran.out
