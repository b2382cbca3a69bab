"""A folder with one file a client: named safely, whole or not there, gone on with where a run was stopped."""

import contextlib
import csv
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batches import HERE, LEDGER, batch, small_rules, write_list
from running import environment, run

ROWS = "id,date\n1,2026-11-20\n2,2026-11-21\n3,2026-11-22\n"


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.mark.parametrize("name", ["json", "ics", "html", "md", "csv"])
def test_each_file_is_what_plan_writes(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = batch(
        write_list(tmp_path, "id,date,time,depth\nC-1,2026-11-20,16:30,1.5\n"), "-o", str(out), "--format", name
    )
    assert (ran.code, ran.out) == (0, "")
    (written,) = files(out).values()
    options = ["--id", "C-1"] if name == "ics" else []
    plan = ["plan", "--date", "2026-11-20", "--time", "16:30", "--depth", "1.5", *HERE, "--format", name]
    if name == "html":  # its calendar is this client's own
        assert "<h1" in written
        assert "data:text/calendar" in written
    else:
        assert written.removeprefix("\ufeff") == run(*plan, *options).out


def test_calendars_are_brief_or_full_and_another_style_is_done_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = (
        write_list(tmp_path, "id,date,time\nC-1,2026-11-20,16:30\n"),
        "-o",
        str(out),
        "--format",
        "ics",
        "--resume",
    )
    plan = ["plan", "--date", "2026-11-20", "--time", "16:30", *HERE, "--format", "ics", "--id", "C-1"]
    for style in ("brief", "full"):
        assert batch(*words, "--calendar-style", style).err.startswith("needlecare: 1 plan\n")
        (written,) = files(out).values()
        assert written == run(*plan, "--calendar-style", style).out
    assert "left as it is" in batch(*words, "--calendar-style", "full").err


@pytest.mark.parametrize("format_", [[], ["--format", "csv", "-o", "plans"]])
def test_a_style_is_for_calendars(format_: list[str], tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, ROWS), *format_, "--calendar-style", "full")
    assert (ran.code, ran.out) == (2, "")
    assert "--calendar-style is for calendars" in ran.err


@pytest.mark.parametrize(
    "client",
    [
        "../../x",
        "/etc/passwd",
        "..",
        ".hidden",
        "a/b\\c",
        "=cmd|' /C calc'!A0",
        "two\nlines",
        "x" * 300,
        "CON",
        "lpt1",
        "nul.json",
        "Zoë Müller",
        "日本",
        "%00",
        "-rf",
        "C-1 ",
    ],
)
def test_a_hostile_id_gets_a_safe_name_of_its_own(client: str, tmp_path: Path) -> None:
    import json

    out = tmp_path / "deep" / "out"
    rows = [{"id": client, "date": "2026-11-20"}, {"id": "plain", "date": "2026-11-20"}]
    ran = batch(write_list(tmp_path, "\n".join(map(json.dumps, rows)), "c.jsonl"), "-o", str(out), "--format", "json")
    assert ran.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.jsonl", "deep"]
    name, _ = sorted(files(out), key="plain.json".__eq__)
    assert len(name) <= 70
    assert name.isascii()
    assert name.removesuffix(".json").replace("~", "-").replace("-", "").isalnum()
    assert name.partition(".")[0].lower() not in ("con", "lpt1", "nul")


def test_ids_that_look_alike_keep_files_of_their_own(tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = "id,date\nabc,2026-11-20\nABC,2026-11-21\na b,2026-11-22\na/b,2026-11-23\n"
    batch(write_list(tmp_path, rows), "-o", str(out), "--format", "json")
    assert len({name.lower() for name in files(out)}) == 4
    first = files(out)
    # The other way round, and alone, each keeps the file that it has.
    batch(write_list(tmp_path, "id,date\nABC,2026-11-21\n"), "-o", str(out), "--format", "json")
    assert files(out) == first


def test_the_same_id_with_another_date_is_written_to_the_same_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(write_list(tmp_path, ROWS), "-o", str(out), "--format", "json")
    before = files(out)
    ran = batch(write_list(tmp_path, ROWS.replace("11-21", "12-21")), "-o", str(out), "--format", "json", "--resume")
    assert "1 plan, 2 files left as they are" in ran.err
    after = files(out)
    assert list(after) == list(before)
    assert [name for name in before if before[name] != after[name]] == ["2.json"]


def test_resume_does_again_what_is_missing_cut_short_or_made_by_other_rules(tmp_path: Path) -> None:
    out = tmp_path / "out"
    table, options = write_list(tmp_path, ROWS), ("-o", str(out), "--format", "json", "--resume")
    assert "3 plans" in batch(table, *options).err
    whole = files(out)
    (out / "1.json").unlink()
    (out / "2.json").write_text("{", encoding="utf-8")
    assert "2 plans, 1 file left as it is" in batch(table, *options).err
    assert files(out) == whole
    rules = write_list(
        tmp_path, 'ruleset: ours\nversion: "1"\nextends: microneedling\nrules: {swelling: {note: hi}}\n', "o.yaml"
    )
    assert "3 plans" in batch(table, *options, "--rules", rules).err


def test_resume_does_pages_again_whose_logo_is_another(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    rules = write_list(
        tmp_path, "ruleset: own\nextends: microneedling\nclinic: {name: Linden, logo: logo.svg}\n", "own.yaml"
    )
    typed = (write_list(tmp_path, "id,date\n1,2026-11-20\n"), "-o", str(tmp_path / "out"), "--format", "html")
    for colour, said in (("red", "1 plan"), ("red", "0 plans, 1 file left as it is"), ("blue", "1 plan")):
        logo.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><rect fill="{colour}"/></svg>', encoding="utf-8")
        assert batch(*typed, "--rules", rules, "--resume").err == f"needlecare: {said}\n"


def test_a_folder_holds_several_formats(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("json", "md"):
        batch(write_list(tmp_path, ROWS), "-o", str(out), "--format", name)
    assert len(files(out)) == 6


def test_what_is_in_the_way_is_a_bad_row_and_a_link_is_not_followed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "1.json").mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("mine", encoding="utf-8")
    (out / "2.json").symlink_to(tmp_path / "elsewhere")
    ran = batch(write_list(tmp_path, ROWS), "-o", str(out), "--format", "json")
    assert "line 2 (1): 1.json is a folder; move it away" in ran.err
    assert (tmp_path / "elsewhere").read_text(encoding="utf-8") == "mine"
    assert not (out / "2.json").is_symlink()
    assert "2 plans, 1 row rejected" in ran.err


def test_a_folder_that_can_not_be_is_one_line_and_code_2(tmp_path: Path) -> None:
    table = write_list(tmp_path, ROWS)
    ran = batch(table, "-o", table, "--format", "json")
    assert (ran.code, ran.out) == (2, "")
    assert "this is a file; give a folder" in ran.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_one_line_and_code_2(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o500)
    ran = batch(write_list(tmp_path, ROWS), "-o", str(out), "--format", "json")
    assert ran.code == 2


def test_lines_may_go_to_a_file_that_appears_whole(tmp_path: Path) -> None:
    table = write_list(tmp_path, ROWS)
    target = tmp_path / "plans.jsonl"
    ran = batch(table, "-o", str(target))
    assert (ran.code, ran.out) == (0, "")
    assert target.read_text(encoding="utf-8") == batch(table).out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clients.csv", "plans.jsonl"]


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
@pytest.mark.parametrize(("more", "folder", "file"), [((), 0o700, 0o600), (("--public",), 0o755, 0o644)])
def test_what_is_made_of_clients_is_their_clinics_alone_unless_asked_otherwise(
    more: tuple[str, ...], folder: int, file: int, tmp_path: Path
) -> None:
    before = os.umask(0o022)
    rows, rules = write_list(tmp_path, "id,date\n1,2026-11-20\n2,never\n"), ("--rules", small_rules(tmp_path))
    batch(rows, *rules, "-o", str(tmp_path / "out"), "--format", "json", *more)
    batch(rows, *rules, "-o", str(tmp_path / "out.jsonl"), *more)
    os.umask(before)
    made = ("out", "out/1.json", f"out/{LEDGER}", "out.jsonl", "clients.rejects.csv")
    assert [stat.S_IMODE((tmp_path / one).stat().st_mode) for one in made] == [folder, *[file] * 4]


TOKEN = re.compile(r"plan~[0-9a-f]{32}\.ics")


def test_a_folder_to_be_served_tells_nobody_whose_its_files_are(tmp_path: Path) -> None:
    rows = write_list(tmp_path, "id,date\nZoë Müller,2026-11-20\n=2+3,2026-11-21\nC-19,soon\n")
    served = ("--rules", small_rules(tmp_path), "-o", str(tmp_path / "feeds"), "--format", "ics", "--public")
    assert batch(rows, *served, "--names", "token").code == 1
    names = {path.name for path in (tmp_path / "feeds").glob("[!.]*")}
    assert len(names) == 2
    assert all(map(TOKEN.fullmatch, names))
    index = tmp_path / "feeds.index.csv"
    listed = [*csv.reader(index.read_text(encoding="utf-8-sig").splitlines())]
    assert listed[0] == ["id", "file"]
    assert {client: bool(TOKEN.fullmatch(name)) for client, name in listed[1:]} == {"Zoë Müller": True, "'=2+3": True}
    assert {name for _, name in listed[1:]} == names
    if os.name != "nt":
        private = (index, tmp_path / "feeds" / LEDGER)
        assert [stat.S_IMODE(one.stat().st_mode) for one in private] == [0o600, 0o600]
    # The same names in every later run, and never the other kind among them.
    moved = write_list(tmp_path, "id,date\nZoë Müller,2026-12-20\n")
    assert batch(moved, *served, "--names", "token").code == 0
    assert {path.name for path in (tmp_path / "feeds").glob("[!.]*")} == names
    ran = batch(moved, *served)
    assert ran.code == 1
    assert "are named by token; give --names token" in ran.err
    assert {path.name for path in (tmp_path / "feeds").glob("[!.]*")} == names


@pytest.mark.parametrize(
    ("options", "wrong"), [(("--names", "uuid"), "it is id or token"), (("--names", "token"), "-o")]
)
def test_what_names_can_be_and_where(options: tuple[str, ...], wrong: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, ROWS), *options)
    assert ran.code == 2
    assert wrong in ran.err


def test_a_run_whose_folder_was_begun_anew_writes_nothing_more(tmp_path: Path) -> None:
    out, program = tmp_path / "out", [sys.executable, "-m", "needlecare", "batch"]
    command = [*program, "-", *HERE, "--format", "json", "-o", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(None)) as older:
        assert older.stdin
        assert older.stderr
        older.stdin.write(b"id,date\n" + b"".join(b"old%d,2026-11-20\n" % number for number in range(2000)))
        older.stdin.flush()
        deadline = time.monotonic() + 60
        while not (out.is_dir() and files(out)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)
        newer = batch(write_list(tmp_path, "id,date\n1,2026-11-25\n"), "--format", "json", "-o", str(out))
        assert newer.code == 0
        kept = files(out)
        with contextlib.suppress(BrokenPipeError):
            older.stdin.write(b"1,2026-11-20\n")
            older.stdin.close()
        said = older.stderr.read()
        assert (older.wait(timeout=60), b"nothing more is written" in said or b"can't" in said) == (2, True)
    assert {name: files(out)[name] for name in kept} == kept
