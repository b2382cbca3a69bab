"""The command line: options, files, exit codes, and what it says when something is wrong."""

import gc
import io
import json
import os
import re
import shlex
import stat
import subprocess
import sys
import tomllib
from importlib import resources
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer

# What Typer knows of each option, it says in `--help` only in a drawing.
from needlecare.cli import app
from running import PLAN, TESTS, environment, run, run_at_terminal, run_program, without_colour

DATE = ("plan", "--date", "2026-11-20", "--tz", "Europe/London")
EVERYTHING = (
    *(*PLAN, "--area", "face", "--area", "neck", "--depth", "1.5mm", "--setting", "clinic", "--technique", "pen"),
    *("--add-on", "prp", "--skin-type", "iv", "--condition", "eczema", "--uses", "isotretinoin=2026-05-01"),
    *("--goal", "acne-scars", "--fact", "goal=rejuvenation", "--seen", "redness-gone=2026-11-22T09:00"),
    *("--seen", "flaking-over=no", "--now", "2026-11-21T10:00", "--rules", "microneedling", "--days", "10"),
)


def test_every_option_at_once_makes_a_plan() -> None:
    ran = run(*EVERYTHING, "--plain", "--all", "--no-pager", "--format", "text")
    assert (ran.code, ran.err) == (0, "")
    assert "face and neck, a needling pen, " in ran.out
    assert "1.5 mm" in ran.out


@pytest.mark.parametrize(
    ("option", "formats"),
    [
        ("--plain", ["json", "ics", "html", "md", "csv"]),
        ("--all", ["json", "ics", "csv"]),
        ("--link https://clinic.example/aftercare", ["text", "json", "ics", "md", "csv"]),
        ("--no-pager", ["json", "ics", "html", "md", "csv"]),
    ],
)
def test_an_option_that_a_format_cannot_honour_is_refused(option: str, formats: list[str]) -> None:
    for format_ in ("text", "json", "ics", "html", "md", "csv"):
        ran = run(*PLAN, *option.split(), "--format", format_)
        assert ran.code == (2 if format_ in formats else 0)
        assert (f"{option.split(maxsplit=1)[0]} means nothing for {format_}; leave it out" in ran.err) == (
            format_ in formats
        )


@pytest.mark.parametrize(
    "option",
    [
        *(
            "--plain",
            "--all",
            "--no-pager",
            "--days 5",
            "--date 2026-11-20",
            "--time 16:30",
            "--tz UTC",
            "--area face",
            "--next soon",
        ),
        *("--skin-type IV", "--fact x=y", "--seen redness-gone=no", "--event a=b", "--rules x", "--now 2026-11-20"),
        *("--alarm 2h", "--calendar-style full", "--link https://clinic.example"),
    ],
)
def test_calling_a_calendar_off_takes_no_option_of_a_plan(tmp_path: Path, option: str) -> None:
    assert run(*PLAN, "-o", str(tmp_path / "old.ics")).code == 0
    ran = run("plan", "--cancel", str(tmp_path / "old.ics"), "-o", str(tmp_path / "off.ics"), *option.split())
    name = option.partition(" ")[0]
    assert ran == (2, "", f"needlecare: {name} means nothing with --cancel; leave it out\n")
    assert not (tmp_path / "off.ics").exists()


def test_calling_a_calendar_off_takes_what_it_needs(tmp_path: Path) -> None:
    old = str(tmp_path / "old.ics")
    assert run(*PLAN, "--id", "Ann", "-o", old).code == 0
    ran = run("plan", "--cancel", old, "--id", "Ann", "--discreet", "--format", "ics", "--no-log")
    assert (ran.code, ran.err) == (0, "")
    assert "SUMMARY:Cancelled\r\n" in ran.out


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("a.ics", r"\d+ events, written"),
        ("a.csv", "the plan, written"),
        ("a.html", "the plan, written"),
    ],
)
def test_a_written_file_is_told_of_on_a_terminal_alone(tmp_path: Path, name: str, held: str) -> None:
    path = tmp_path / name
    said = without_colour(run_at_terminal(*PLAN, "-o", str(path)))
    assert re.fullmatch(f"needlecare: {re.escape(str(path))}: {held}\n", said)
    ran = run_program(*PLAN, "-o", str(path))
    assert (ran.stdout, ran.stderr) == (b"", b"")


def test_the_program_runs_as_a_module_from_any_folder(tmp_path: Path) -> None:
    ran = run_program(*PLAN, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode() == run(*PLAN).out
    assert list(tmp_path.iterdir()) == []


def test_who_calls_the_program_keeps_a_garbage_collector() -> None:
    assert gc.isenabled()
    run(*PLAN)
    assert gc.isenabled()


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version") == (0, f"needlecare {version('needlecare')}\n", "")


# What is wrong


WRONG = {
    "no date": (("plan",), "when was the treatment? Give --date 2026-11-20, and --time 16:30 if you know it"),
    "two readings": (
        ("plan", "--date", "03/04/2026"),
        (
            "`03/04/2026` can be read as 2026-03-04 (04 Mar 2026) or as 2026-04-03 (03 Apr 2026); "
            "write it as 2026-11-20 or 20 Nov 2026"
        ),
    ),
    "no such day": (
        ("plan", "--date", "2026-02-30"),
        "`2026-02-30` is not a day of the calendar; write it as 2026-11-20 or 20 Nov 2026",
    ),
    "far-off year": (("plan", "--date", "2200-01-01"), "`2200-01-01` lies outside the years 1900 to 2199"),
    "time": ((*DATE, "--time", "25:00"), "`25:00` is not a time of the day; write it as 16:30 or 4:30pm"),
    "zone": (
        ("plan", "--date", "2026-11-20", "--tz", "Mars/Base"),
        "there is no time zone `Mars/Base`; write it as Europe/London",
    ),
    "depth": ((*DATE, "--depth", "12"), "depth: `12` is not a number from 0.1 to 8 mm"),
    "fact": ((*DATE, "--fact", "mood"), "--fact: `mood` can't be read; write it as key=value"),
    "format": ((*DATE, "--format", "xml"), "--format: there is no `xml`; it is one of text, json, ics, html, md, csv"),
    "suffix": (
        (*DATE, "-o", "plan.pdf"),
        (
            "-o plan.pdf: the name shows no format; "
            "end it in .csv, .htm, .html, .ics, .json, .markdown, .md, .text, .txt, or give --format"
        ),
    ),
    "now": (
        ("plan", "--date", "today", "--now", "noon"),
        "--now: `noon` can't be read; write it as 2026-11-20T16:30",
    ),
    "now at the end of the calendar": (
        ("plan", "--date", "tomorrow", "--now", "9999-12-31T23:59+00:00", "--tz", "Asia/Tokyo"),
        "--now: `9999-12-31T23:59+00:00` lies outside the years 1900 to 2199",
    ),
    "tomorrow is too far": (
        ("plan", "--date", "tomorrow", "--now", "2199-12-31T12:00", "--tz", "UTC"),
        "`tomorrow` lies outside the years 1900 to 2199",
    ),
    "rules": (
        (*DATE, "--rules", "nosuch"),
        "no rule set `nosuch`: give the name of one that ships (microneedling), a file or a folder",
    ),
    "seen": (
        (*DATE, "--seen", "redness-gone=2026-11-19"),
        "--seen: redness-gone can't have come on 2026-11-19, before the treatment",
    ),
    "schema": (("rules", "schema", "--nosuch"), None),
    "days": ((*DATE, "--days", "0"), None),
    "too many days": ((*DATE, "--days", "401"), None),
    "days in words": ((*DATE, "--days", "many"), None),
    "option": ((*DATE, "--nosuch"), None),
    "command": (("nosuch",), None),
    "argument": ((*DATE, "extra"), None),
    "option without value": (("plan", "--date"), None),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_on_stderr_alone(arguments: tuple[str, ...], said: str | None) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
    if said is not None:
        assert ran.err == f"needlecare: {said}\n"


def test_wrong_rules_are_told_in_full_and_end_with_three() -> None:
    ran = run(*DATE, "--rules", str(TESTS / "broken" / "red-flag-expected.yaml"))
    assert (ran.code, ran.out) == (3, "")
    assert len(ran.err.splitlines()) == 2
    assert ran.err.startswith("needlecare: ")


def test_what_was_typed_cannot_give_orders_to_the_terminal() -> None:
    ran = run(*DATE, "--area", "\x1b[31mred\x1b[0m\u202e")
    assert ran.code == 2
    assert "`[U+001B][31mred[U+001B][0m[U+202E RIGHT-TO-LEFT OVERRIDE]`" in ran.err
    assert "\x1b" not in ran.err


# The clock


@pytest.mark.parametrize(
    ("word", "now", "day"),
    [
        ("today", "2026-11-20T10:00", "2026-11-20"),
        ("yesterday", "2026-11-20", "2026-11-19"),
        ("Tomorrow", "2026-12-31T23:59", "2027-01-01"),
        ("today", "2026-11-20T23:30+00:00", "2026-11-21"),
    ],
)
def test_words_for_dates_count_from_now(word: str, now: str, day: str) -> None:
    zone = ("--tz", "Asia/Kathmandu")
    by_word = run("plan", "--date", word, "--now", now, *zone)
    assert by_word.code == 0
    assert by_word.out == run("plan", "--date", day, *zone).out


def test_without_tz_the_zone_is_that_of_the_machine() -> None:
    here = run_program("plan", "--date", "2026-11-20", "--time", "9am", "--all", env={"TZ": "Asia/Kathmandu"})
    there = run("plan", "--date", "2026-11-20", "--time", "9:00", "--all", "--tz", "Asia/Kathmandu")
    assert here.stdout.decode() == there.out


def test_a_machine_without_a_readable_zone_is_told_of_tz() -> None:
    ran = run_program("plan", "--date", "2026-11-20", env={"TZ": "Nowhere/Land"})
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr == b"needlecare: this machine's time zone can't be read; give it with --tz Europe/London\n"


def test_a_machine_whose_zone_has_no_name_is_told_of_tz_before_anything_is_remembered(tmp_path: Path) -> None:
    zone, log = tmp_path / "localtime", tmp_path / "log.sqlite"
    zone.write_bytes(resources.files("tzdata.zoneinfo").joinpath("Europe", "London").read_bytes())
    env = {"TZ": str(zone), "NEEDLECARE_NO_LOG": "", "NEEDLECARE_LOG": str(log)}
    for command in (("plan",), ("log", "add"), ("batch", os.devnull)):
        ran = run_program(*command, *(("--date", "2026-11-20") if command[0] != "batch" else ()), env=env)
        assert (ran.returncode, ran.stdout) == (2, b"")
        assert ran.stderr == b"needlecare: this machine's time zone has no name; give it with --tz Europe/London\n"
    assert not log.exists()
    assert run_program("plan", "--date", "2026-11-20", "--tz", "Europe/London", env=env).returncode == 0


# Files


def test_a_file_is_written_in_the_format_of_its_name(tmp_path: Path) -> None:
    for name, arguments in (("plan.txt", ()), ("plan.JSON", ("--format", "json")), ("plan.json", ("--format", "json"))):
        ran = run(*PLAN, "-o", str(tmp_path / name))
        assert ran == (0, "", "")
        assert (tmp_path / name).read_bytes().decode() == run(*PLAN, *arguments).out


def test_the_format_wins_over_the_name(tmp_path: Path) -> None:
    run(*PLAN, "-o", str(tmp_path / "plan.json"), "--format", "text")
    assert (tmp_path / "plan.json").read_text(encoding="utf-8").startswith("Micro-needling aftercare: face, ")
    run(*PLAN, "-o", str(tmp_path / "plan"), "--format", "json")
    assert (tmp_path / "plan").read_text(encoding="utf-8").startswith("{")


def test_an_existing_file_is_replaced_whole_and_keeps_its_rights(tmp_path: Path) -> None:
    target = tmp_path / "plan.txt"
    target.write_text("old\n" * 100_000)
    target.chmod(0o640)
    assert run(*PLAN, "-o", str(target)).code == 0
    assert target.read_text(encoding="utf-8") == run(*PLAN).out
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
@pytest.mark.parametrize(("more", "rights"), [((), 0o600), (("--public",), 0o644)])
@pytest.mark.parametrize("name", ["plan.txt", "plan.ics", "plan.html"])
def test_a_new_file_is_its_owners_alone_unless_asked_otherwise(
    name: str, more: tuple[str, ...], rights: int, tmp_path: Path
) -> None:
    before = os.umask(0o022)
    assert run(*PLAN, "-o", str(tmp_path / name), *more).code == 0
    os.umask(before)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == rights


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    assert run(*PLAN, "-o", str(link)).code == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("Micro-needling")


def test_only_regular_files_are_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "folder.txt"
    folder.mkdir()
    ran = run(*PLAN, "-o", str(folder))
    assert ran == (2, "", f"needlecare: can't write to {folder}: it is not a regular file\n")
    assert run(*PLAN, "-o", os.devnull, "--format", "text").code == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nosuch/plan.txt", "No such file or directory"),
        ("file/plan.txt", "Not a directory"),
        (f"{'x' * 300}.txt", "File name too long"),
    ],
    ids=["no folder", "a file for a folder", "long name"],
)
def test_where_nothing_can_be_written_nothing_is_changed(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("old")
    ran = run(*PLAN, "-o", str(tmp_path / name))
    assert ran == (2, "", f"needlecare: can't write to {tmp_path / name}: {reason}; nothing was changed\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nothing_is_written_where_the_plan_fails(tmp_path: Path) -> None:
    target = tmp_path / "plan.txt"
    assert run(*PLAN, "--depth", "12", "-o", str(target)).code == 2
    assert not target.exists()


# Where it is written to


@pytest.mark.parametrize("arguments", [PLAN, (*PLAN, "--format", "json")], ids=["text", "json"])
def test_a_reader_who_has_enough_is_no_failure(arguments: tuple[str, ...]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    ran = subprocess.run(
        [sys.executable, "-m", "needlecare", *arguments], stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(theirs)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is to be had on Linux")
@pytest.mark.parametrize("arguments", [PLAN, (*PLAN, "--format", "json")], ids=["text", "json"])
def test_a_full_disk_is_one(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "needlecare", *arguments]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (2, b"needlecare: can't write to standard output: No space left on device\n")


@pytest.mark.skipif(os.name != "posix", reason="files are limited by the shell")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [PLAN, *((*PLAN, "--format", name) for name in ("json", "html")), ("batch", "rows.csv"), ("plan", "--help")],
    ids=["text", "json", "html", "batch", "help"],
)
def test_output_that_is_cut_short_is_a_failure(tmp_path: Path, arguments: tuple[str, ...], unbuffered: str) -> None:
    (tmp_path / "rows.csv").write_text("id,date\n1,2026-11-20\n", encoding="utf-8")
    limited = ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", sys.executable, "-m", "needlecare", *arguments]
    with (tmp_path / "out").open("wb") as out:
        ran = subprocess.run(
            limited,
            stdout=out,
            stderr=subprocess.PIPE,
            # Compiled files would be cut short too, and kept.
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 2
    assert ran.stderr.decode().startswith("needlecare: ")
    assert "File too large" in ran.stderr.decode()
    assert len(ran.stderr.decode().splitlines()) == 1


def test_json_is_utf_8_whatever_the_console() -> None:
    for encoding in ("ascii", "cp1252"):
        ran = run_program(*PLAN, "--format", "json", env={"PYTHONIOENCODING": encoding})
        assert ran.returncode == 0
        assert ran.stdout == run_program(*PLAN, "--format", "json").stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("arguments", [("--help",), ("plan", "--help"), ("plan", "--nosuch"), (*DATE, "--area", "“")])
def test_no_message_fails_on_a_small_character_set(arguments: tuple[str, ...], encoding: str) -> None:
    ran = run_program(*arguments, env={"PYTHONIOENCODING": encoding})
    assert ran.returncode in (0, 2)
    assert b"Traceback" not in ran.stderr
    assert b"something went wrong" not in ran.stderr


# Help

HELPS = tomllib.loads(resources.files("needlecare.cli").joinpath("help.toml").read_text(encoding="utf-8"))


def commands() -> list[tuple[tuple[str, ...], Any]]:
    """Name every command by its words, with Typer's own description of it."""
    found: list[tuple[tuple[str, ...], Any]] = []
    frontier: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while frontier:
        words, command = frontier.pop()
        found.append((words, command))
        for name in getattr(command, "commands", {}):
            # A command is put together when it is called.
            _, sub, _ = command.resolve_command(typer.Context(command), [name])
            frontier.append(((*words, name), sub))
    return found


@pytest.mark.parametrize(
    ("words", "command"), commands(), ids=lambda one: " ".join(one) if one and isinstance(one, tuple) else ""
)
def test_every_command_and_every_option_has_help(words: tuple[str, ...], command: object) -> None:
    for parameter in getattr(command, "params", []):
        assert getattr(parameter, "help", None), parameter.name
    ran = run(*words, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "Usage:" in ran.out
    assert HELPS[" ".join(words)]["line"] in " ".join(ran.out.split())
    assert not re.search("<(bool|str|int|path|list)", ran.out)


def test_help_says_nothing_of_what_is_no_command() -> None:
    assert set(HELPS) == {" ".join(words) for words, _ in commands()}
    # Completions show a line as it is, and break a longer one.
    assert all(len(said["line"]) <= 76 for said in HELPS.values())


# Those of `push` need a server: tests/calendar/test_push.py runs them.
EXAMPLES = [
    shlex.split(example)[1:]
    for command, said in HELPS.items()
    for example in said.get("examples", ())
    if command != "push"
]


@pytest.mark.parametrize("typed", EXAMPLES, ids=" ".join)
def test_an_example_of_help_runs(typed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.db"))
    if typed[:2] != ["rules", "init"]:
        assert run("rules", "init", "my-clinic.yaml").code == 0
    Path("clients.csv").write_text("id,date\nann,2026-11-20\n", encoding="utf-8")
    Path("export.csv").write_text("Client ID,Date,Status\n1,20/11/2026,Completed\n", encoding="utf-8")
    assert run("log", "add", "--date", "2026-11-21", "--skin-type", "IV").code == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"y\n")))
    ran = run(*takewhile(">".__ne__, typed))
    assert ran.code in (0, 1), ran.err


@pytest.mark.parametrize("typed", [(), ("can",), ("log",), ("log", "edit")], ids=" ".join)
def test_help_is_the_same_without_docstrings(typed: tuple[str, ...]) -> None:
    bare, usual = (run_program(*typed, "--help", env={"PYTHONOPTIMIZE": level}) for level in ("2", ""))
    assert (bare.returncode, bare.stdout) == (0, usual.stdout)


@pytest.mark.parametrize("typed", [("can",), ("log", "edit"), ("rules",)], ids=" ".join)
def test_the_word_help_helps_too(typed: tuple[str, ...]) -> None:
    assert run("help", *typed) == run(*typed, "--help")


@pytest.mark.parametrize("typed", ["log", "rules"])
def test_a_bare_group_shows_its_help(typed: str) -> None:
    assert run(typed) == run(typed, "--help")


# Text of unknown origin

HOSTILE = (
    r"[bold red]LOUD[/] \x1b[31mred\x1b[0m \x9b31m \u202eback\u202c \u200fright \x07 \r overwritten [link=http://x]"
)


@pytest.fixture
def hostile_sheet(tmp_path: Path) -> str:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text(
        f'title: "{HOSTILE}"\n'
        f'notice: "{HOSTILE}"\n'
        f'sources: {{sheet: {{title: "{HOSTILE}", publisher: "{HOSTILE}", kind: clinic}}}}\n'
        "source: sheet\n"
        f'activities: {{trick: {{label: "{HOSTILE}"}}}}\n'
        f'signs: {{trick: {{label: "{HOSTILE}"}}}}\n'
        "rules:\n"
        "  leave: {avoid: trick, until: 3d}\n"
        f'  put-on: {{do: hat, until: 3d, text: "{HOSTILE}", if: "{HOSTILE}"}}\n'
        "  see: {expect: trick, days: 0..3}\n"
        f'  ring: {{call: trick, urgency: today, text: "{HOSTILE}"}}\n',
        encoding="utf-8",
    )
    return str(sheet)


def test_text_from_a_rule_file_is_shown_and_never_obeyed(hostile_sheet: str) -> None:
    arguments = (*PLAN, "--rules", hostile_sheet, "--all", "--no-pager")
    plain = run(*arguments).out
    terminal = run_at_terminal(*arguments, columns=300)
    for text in (plain, without_colour(terminal)):
        assert "[bold red]LOUD[/] [31mred[0m 31m back right  overwritten [link=http://x]" in text.replace("\r", "")
        assert not set(text) & set("\x07\x1b\x9b\u202e\u202c\u200f\r")
    assert "\x1b[31mred" not in terminal


def test_no_label_of_a_rule_set_is_evaluated_by_a_shell(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text(
        "sources: {sheet: {title: A sheet, kind: clinic}}\n"
        "source: sheet\n"
        "activities: {zz-x: {label: '$(touch A) `touch B` \\$(touch C) “$D” ; touch E | F'}}\n"
        "rules: {one: {avoid: zz-x, until: 3d}}\n",
        encoding="utf-8",
    )
    program = Path(sys.executable).with_name("needlecare")
    if not program.exists():
        pytest.skip("the program isn't installed beside this Python")
    for shell in ("zsh", "bash", "fish"):
        words = f"needlecare can --rules {sheet} zz-"
        env = {"_NEEDLECARE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words, "COMP_WORDS": words}
        env |= {"COMP_CWORD": "4", "_TYPER_COMPLETE_FISH_ACTION": "get-args", "_TYPER_COMPLETE_WORD_TO_COMPLETE": "zz-"}
        ran = subprocess.run([program], env=os.environ | env, capture_output=True, text=True, check=False)
        assert "zz-x" in ran.stdout, shell
        assert not set(ran.stdout) & set("$`\\;|“”"), ran.stdout


def test_no_answer_of_a_rule_set_is_evaluated_by_a_shell(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    answers = r'["plain red", "re\\$(touch A)", "re;touch${IFS}B", "re`touch C`"]'
    sheet.write_text(
        f"sources: {{sheet: Ours}}\nsource: sheet\nfacts: {{colour: {{ask: Which?, answers: {answers}}}}}\n",
        encoding="utf-8",
    )
    for shell in ("zsh", "bash", "fish"):
        words = f"needlecare plan --rules {sheet} --fact col"
        env = {"_NEEDLECARE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words, "COMP_WORDS": words}
        env |= {"COMP_CWORD": "5", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
        started = "import sys; sys.argv[0] = 'needlecare'; from needlecare.cli import main; main()"
        ran = subprocess.run([sys.executable, "-c", started], env=environment(env), capture_output=True, check=False)
        assert b"colour=plain red" in ran.stdout, shell
        assert b"touch" not in ran.stdout, ran.stdout


def test_json_holds_that_text_whole_and_escaped(hostile_sheet: str) -> None:
    written = run(*PLAN, "--rules", hostile_sheet, "--format", "json").out
    assert not set(written) & set("\x07\x1b\x9b\u202e\u202c\u200f\r")
    notice = json.loads(written)["notice"]
    assert "\x1b[31mred\x1b[0m \x9b31m \u202eback\u202c \u200fright" in notice


@pytest.mark.parametrize("option", ["--depth", "--skin-type", "--technique", "--setting", "--time"])
def test_what_is_said_twice_is_refused_instead_of_the_last_one_winning(option: str) -> None:
    values = {"--depth": "2.5 0.2", "--skin-type": "V I", "--technique": "pen roller", "--setting": "home clinic"}
    first, second = values.get(option, "16:30 17:30").split()
    ran = run("plan", "--date", "2026-11-20", option, first, option, second)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"needlecare: {option} is given 2 times; it takes one value, give it once\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param(("can", "use", "--retinol", "tomorrow"), "there is no option `--retinol`", id="in a question"),
        pytest.param(
            ("plan", "--condtion", "x"), "there is no option `--condtion` (did you mean --condition?)", id="near"
        ),
        pytest.param(("today", "--quux=1"), "there is no option `--quux`", id="with a value"),
    ],
)
def test_an_option_that_there_is_not_is_one_line(typed: tuple[str, ...], said: str) -> None:
    assert run(*typed) == (2, "", f"needlecare: {said}\n")


@pytest.mark.parametrize("format_", ["text", "json", "ics", "html", "md", "csv"])
def test_a_dash_is_standard_output(format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*PLAN, "--format", format_, "-o", "-") == run(*PLAN, "--format", format_)
    assert list(tmp_path.iterdir()) == []
