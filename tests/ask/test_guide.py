"""Every command of docs/asking.md does what the guide says: it answers."""

import shlex
from pathlib import Path

import pytest

from running import run

GUIDE = (Path(__file__).parents[2] / "docs" / "asking.md").read_text(encoding="utf-8")
COMMANDS = [line for line in GUIDE.splitlines() if line.startswith("needlecare ") and " log " not in line]


@pytest.mark.parametrize("command", [line for line in COMMANDS if "--date" in line])
def test_a_command_of_the_guide_answers(command: str) -> None:
    ran = run(*shlex.split(command)[1:], "--tz", "Europe/London", "--now", "2026-11-21T09:00")
    assert ran.err == ""
    assert ran.code in (0, 1, 4)
    assert ran.out


def test_the_days_of_the_log_in_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    remembering = GUIDE.partition("## Remember it once")[2].partition("```sh\n")[2].partition("```")[0]
    for command in remembering.splitlines():
        _, *words = shlex.split(command)
        more = {"remove": ["--yes"], "list": [], "forget": ["--yes"]}.get(words[1], ["--now", "2026-11-21T09:00"])
        ran = run(*words, *more)
        assert (ran.err, ran.code in (0, 1)) == ("", True), command
