"""What docs/calendar.md says is run, not trusted."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

GUIDE = (Path(__file__).parents[2] / "docs" / "calendar.md").read_text(encoding="utf-8")
Run = Callable[..., tuple[int, str, str]]


def test_the_guides_commands_work_one_after_the_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = ""
    for command in re.findall(r"^needlecare ((?!push ).+)$", GUIDE, flags=re.MULTILINE):
        code, _, err = run(*command.split())
        assert code == 0, err
        said += err
    assert said == "needlecare: moves the plan from Fri 20 Nov to Fri 27 Nov\n"
    assert said.removeprefix("needlecare: ").strip() in GUIDE
    assert {path.name for path in tmp_path.iterdir()} == {"aftercare.ics", "moved.ics", "cancelled.ics", "course.ics"}


def test_every_option_of_the_calendar_is_explained(run: Run) -> None:
    _, out, _ = run("plan", "-h")
    panel = out[out.index("The calendar") :]
    options = re.findall(r"(--[a-z-]+)", panel)
    assert len(options) == 6
    assert all(f"`{option}" in GUIDE for option in options)


def test_every_option_of_push_alone_is_explained(run: Run) -> None:
    _, plan, _ = run("plan", "-h")
    _, push, _ = run("push", "-h")
    options = set(re.findall(r"(--[a-z-]+)", push)) - set(re.findall(r"(--[a-z-]+)", plan))
    security = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    assert {one for one in options if f"`{one}" not in GUIDE + security} == set()
    assert "--remove" in options
