"""What the README and the guides say is run, not trusted."""

import re
import runpy
import subprocess
from pathlib import Path
from shutil import which

import pytest

from needlecare.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^needlecare (.+)$", README, flags=re.MULTILINE)


def block(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    return str(code)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_works(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-clinic.yaml").write_text(block("yaml"), encoding="utf-8")
    words = [quoted or word for quoted, word in re.findall(r'"([^"]+)"|(\S+)', command)]
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0, capsys.readouterr().err


def test_the_clinics_example_is_shown_as_the_clinics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "my-clinic.yaml"
    rules.write_text(block("yaml"), encoding="utf-8")
    typed = ["plan", "--date", "2026-11-20", "--rules", str(rules)]
    for whole in ([], ["--all"]):
        with pytest.raises(SystemExit):
            main([*typed, *whole])
    first, _, shown = capsys.readouterr().out.partition("More: `needlecare plan --all`")
    assert "Put on the gel from your kit (3 a day)." in " ".join(first.split())
    assert "Put on the gel from your kit (3 a day) [our-sheet]" in shown
    assert "Rule set my-clinic 2026-11" in shown


def test_the_library_example_asks_and_renders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = tmp_path / "example.py"
    example.write_text(block("python"), encoding="utf-8")
    made = runpy.run_path(str(example))
    assert capsys.readouterr().out == "no\n"
    assert made["calendar"].startswith("BEGIN:VCALENDAR\r\n")


def test_the_manual_page_says_what_help_says() -> None:
    make = runpy.run_path(str(ROOT / "docs" / "man.py"))["make"]
    assert (ROOT / "docs" / "needlecare.1").read_text(encoding="utf-8") == make(), "run python docs/man.py"


def test_the_manual_page_is_good_roff() -> None:
    if which("groff") is None:
        pytest.skip("there is no groff here")
    page = ROOT / "docs" / "needlecare.1"
    plain = ["groff", "-K", "utf-8", "-man", "-T", "utf8", "-P", "-cbou", "-ww", str(page)]
    ran = subprocess.run(plain, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    text = " ".join(ran.stdout.split())
    assert "needlecare log forget" in text
    assert '--map id="Client ID"' in text


def test_the_picture_is_what_the_program_shows() -> None:
    draw = runpy.run_path(str(ROOT / "docs" / "picture.py"))["draw"]
    assert (ROOT / "docs" / "plan.svg").read_text(encoding="utf-8") == draw(), "run python docs/picture.py"
