"""What docs/batch.md says is run, not trusted."""

import re
import shlex
from pathlib import Path

import pytest

from batches import write_list
from running import run

GUIDE = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Give the examples in *language*, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)


def test_the_guides_commands_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (clients,), (rules,) = blocks("csv"), blocks("yaml")
    write_list(tmp_path, clients)
    write_list(tmp_path, rules, "my-clinic.yaml")
    first, again, served = (shlex.split(command)[1:] for command in blocks("sh"))
    ran = run(*first, "--tz", "Europe/London")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == blocks("text")[0]
    assert run(*again, "--tz", "Europe/London").code == 1
    assert {path.name for path in (tmp_path / "plans").iterdir() if not path.name.startswith(".")} == {
        *("C-17.html", "C-18.html"),
        *("C-17.ics", "C-18.ics"),
    }
    assert run(*served, "--tz", "Europe/London").code == 1
    assert len((tmp_path / "feeds.index.csv").read_text(encoding="utf-8").splitlines()) == 3
    mended = write_list(
        tmp_path, (tmp_path / "clients.rejects.csv").read_bytes().replace(b"soon", b"23/11/2026"), "m.csv"
    )
    ran = run("batch", mended, "--rules", "my-clinic.yaml", "-o", "plans", "--format", "ics", "--tz", "Europe/London")
    assert ran.code == 0
    assert (tmp_path / "plans" / "C-19.ics").exists()


def test_every_option_of_a_batch_is_explained() -> None:
    out = run("batch", "--help").out
    panel = out[out.index("Options") : out.index("The treatment")]
    options = set(re.findall(r"(--[a-z-]+)", panel)) - {"--help", "--output"}
    assert len(options) == 13
    assert all(f"`{option}" in GUIDE or f" {option} " in GUIDE for option in options)
