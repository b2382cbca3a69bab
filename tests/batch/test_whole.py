"""Whatever a batch writes appears whole: with the rights of what was there, where a link leads, beside other runs."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from batches import HERE, batch, small_rules, write_list
from running import PLAN, environment, run

ROWS = "id,date\n1,2026-11-20\n2,soon\n"


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o400], ids=oct)
def test_what_was_there_keeps_its_rights(mode: int, tmp_path: Path) -> None:
    table, lines, folder = write_list(tmp_path, ROWS), tmp_path / "plans.jsonl", tmp_path / "out"
    written = (lines, tmp_path / "clients.rejects.csv", folder / "1.csv")
    for _ in range(2):
        batch(table, "-o", str(lines))
        batch(table, "-o", str(folder), "--format", "csv")
        for path in written:
            assert path.stat().st_size > 10
            path.chmod(mode) if rights(path) != mode else None
    assert [rights(path) for path in written] == [mode] * 3


def test_links_to_the_lines_and_the_rejects_stay_links(tmp_path: Path) -> None:
    for name in ("plans.jsonl", "clients.rejects.csv"):
        (tmp_path / "real").mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(tmp_path / "real" / name)
    batch(write_list(tmp_path, ROWS), "-o", str(tmp_path / "plans.jsonl"))
    for name in ("plans.jsonl", "clients.rejects.csv"):
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "real" / name).stat().st_size > 10
    assert len(list((tmp_path / "real").iterdir())) == 2


@pytest.mark.parametrize("name", ["x" * 249 + ".jsonl", "ß" * 124 + ".jsonl", "x" * 195 + ".jsonl"], ids=len)
def test_the_longest_names_can_be_written(name: str, tmp_path: Path) -> None:
    target = tmp_path / "out" / name
    target.parent.mkdir()
    assert batch(write_list(tmp_path, ROWS), "-o", str(target), "--rejects", str(target.with_suffix(".csv"))).code == 1
    assert run(*PLAN, "-o", str(target.with_suffix(".ics"))).code == 0
    assert len(list(target.parent.iterdir())) == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name is not to be had everywhere")
@pytest.mark.parametrize("place", ["pipe", "folder"])
def test_rejects_go_to_a_file_alone(place: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")  # as little a file as a device, which a mistake would replace for everybody
    ran = batch(write_list(tmp_path, ROWS), "-o", str(tmp_path / "plans.jsonl"), "--rejects", str(tmp_path / place))
    assert ran.code == 2
    assert "it is not a regular file; choose another place with --rejects" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clients.csv", "folder", "pipe"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("options", [["--rejects", "same.jsonl"], []], ids=["said", "usual"])
def test_lines_and_rejects_need_a_place_each(
    options: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path, '{"id": "1"}\n', "same.json")
    target = "same.jsonl" if options else "same.rejects.json"
    ran = batch("same.json", "-o", target, "--format", "jsonl", *options)
    assert (ran.code, f"--rejects {target}: that is where the plans go" in ran.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["same.json"]


def test_two_runs_at_once_disturb_neither_each_other_nor_the_file(tmp_path: Path) -> None:
    rows = "id,date\n" + "".join(f"{number},2026-11-20\n" for number in range(400))
    target = tmp_path / "out" / "plans.jsonl"
    target.parent.mkdir()
    arguments = ("batch", write_list(tmp_path, rows), "--rules", small_rules(tmp_path), *HERE, "-o", str(target))
    command = [sys.executable, "-m", "needlecare", *arguments]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(None)) for _ in range(3)]
    assert [(one.communicate(timeout=60)[1], one.returncode) for one in runs] == [(b"needlecare: 400 plans\n", 0)] * 3
    assert [json.loads(line)["id"] for line in target.read_bytes().splitlines()] == [str(one) for one in range(400)]
    assert list(target.parent.iterdir()) == [target]


def test_half_a_character_in_a_rejected_row_spoils_no_other(tmp_path: Path) -> None:
    rows = ['{"id": "Zoë", "date": "soon", "note": "\\ud83d"}', '{"id": "Zoë 2", "date": "soon"}']
    batch(write_list(tmp_path, "\n".join(rows) + "\n", "c.jsonl"))
    text = (tmp_path / "c.rejects.jsonl").read_bytes().decode()
    assert [json.loads(line)["id"] for line in text.splitlines()] == ["Zoë", "Zoë 2"]
    assert json.loads(text.splitlines()[0])["note"] == "\ud83d"
    assert "Zoë 2" in text, "what can be read stays readable"
    mended = write_list(tmp_path, text.replace("soon", "2026-11-20"), "mended.jsonl")
    assert [json.loads(line)["id"] for line in batch(mended).out.splitlines()] == ["Zoë", "Zoë 2"]
