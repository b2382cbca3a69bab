"""Where the machine is against it: full disks, closed streams, no rights, no home, odd consoles and paths."""

import io
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from attack.strength import TIMES
from batches import HERE, small_rules
from needlecare.cli import main
from running import PLAN, Ran, environment, logged, run, run_at_terminal, run_program

DATE = ("--date", "2026-11-20", "--tz", "Europe/London", "--now", "2026-11-21")
EVERY = {
    "help": ("--help",),
    "version": ("--version",),
    "plan": PLAN,
    "plan as JSON": (*PLAN, "--format", "json"),
    "today": ("today", *DATE),
    "can": ("can", "gym", *DATE),
    "sessions": ("sessions", *DATE),
    "log list": ("log", "list"),
    "rules list": ("rules", "list"),
    "rules schema": ("rules", "schema"),
}
if TIMES > 1:
    EVERY |= {
        "help of plan": ("plan", "--help"),
        "plan as calendar": (*PLAN, "--format", "ics"),
        "plan as page": (*PLAN, "--format", "html"),
        "plan as Markdown": (*PLAN, "--format", "md"),
        "plan as CSV": (*PLAN, "--format", "csv"),
        "when": ("when", "retinol", *DATE),
        "normal": ("normal", "redness", *DATE),
        "why": ("why", "makeup", *DATE),
        "check": ("check", *DATE),
        "rules show": ("rules", "show"),
        "rules lint": ("rules", "lint", "microneedling"),
        "rules diff": ("rules", "diff", "microneedling", "microneedling"),
    }
every_command = pytest.mark.parametrize("arguments", EVERY.values(), ids=EVERY)
ROWS = "id,date\n" + "".join(f"{number},2026-11-20\n" for number in range(40))


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give every test a log of its own."""
    path = tmp_path_factory.mktemp("log") / "log.sqlite"
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(path))
    return path


def is_refused(ran: Ran, *reasons: str) -> bool:
    """Tell whether a run ended with 2 and one line that holds one of *reasons*."""
    lines = ran.err.splitlines()
    return ran.code == 2 and len(lines) == 1 and any(reason in lines[0] for reason in reasons)


# Streams


def run_into(descriptor: int, *arguments: str) -> tuple[int, str]:
    """Run the program with *descriptor* as its stdout; give its exit code and stderr."""
    err = io.StringIO()
    with (
        os.fdopen(descriptor, "w", encoding="utf-8") as out,
        redirect_stdout(out),
        # What is left in the buffer would fail once more.
        ExitStack() as stack,
        redirect_stderr(err),
    ):
        stack.callback(os.dup2, os.open(os.devnull, os.O_WRONLY), descriptor)
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
    return int(left.value.code or 0), err.getvalue()


@every_command
def test_a_reader_who_has_enough_hears_nothing(arguments: tuple[str, ...]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    assert run_into(theirs, *arguments) == (0, "")


# The program under the name that shells complete.
COMPLETES = "import sys; sys.argv[0] = 'needlecare'; from needlecare.cli import main; main()"


@pytest.mark.parametrize("words", [{}, {"_TYPER_COMPLETE_ARGS": ""}, {"_TYPER_COMPLETE_ARGS": "'"}], ids=repr)
@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell"])
def test_a_shell_that_names_no_words_gets_no_complaint(shell: str, words: dict[str, str]) -> None:
    asked = {"_NEEDLECARE_COMPLETE": f"complete_{shell}", **words}
    ran = subprocess.run([sys.executable, "-c", COMPLETES], env=environment(asked), capture_output=True, check=False)
    assert (ran.returncode in (0, 1), ran.stderr) == (True, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is to be had on Linux")
@every_command
def test_a_full_disk_behind_stdout_is_one_line_and_code_2(arguments: tuple[str, ...]) -> None:
    code, err = run_into(os.open("/dev/full", os.O_WRONLY), *arguments)
    assert code == 2
    assert re.fullmatch(
        r"needlecare: (can't write to standard output|the system refuses): No space left on device\n", err
    )


@pytest.mark.skipif(os.name == "nt", reason="pipes are others there")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [(*PLAN, "--format", "json"), (*PLAN, "--format", "html"), ("batch", "rows.csv")])
def test_a_pipe_that_takes_no_more_is_one_line_and_code_2(
    arguments: tuple[str, ...], unbuffered: str, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("id,date\n1,2026-11-20\n2,2026-11-20\n", encoding="utf-8")
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "wb") as out:
        ran = subprocess.run(
            [sys.executable, "-m", "needlecare", *arguments],
            stdout=out,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment({"PYTHONUNBUFFERED": unbuffered}),
            timeout=60,
            check=False,
        )
    assert ran.returncode == 2
    assert re.fullmatch(rb"needlecare: can't write to standard output: [^\n]+\n", ran.stderr)


@pytest.mark.skipif(os.name == "nt", reason="a shell of another kind")
@pytest.mark.parametrize("target", ["plans.jsonl", "plans"])
def test_a_batch_into_files_needs_no_stdout(target: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,date\n1,2026-11-20\n", encoding="utf-8")
    form = () if "." in target else ("--format", "json")
    words = shlex.join([sys.executable, "-m", "needlecare", "batch", "rows.csv", *form, "-o", target])
    ran = subprocess.run(
        ["/bin/sh", "-c", f"{words} >&-"], cwd=tmp_path, env=environment({}), capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"needlecare: 1 plan\n")
    assert (tmp_path / target).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited otherwise there")
@pytest.mark.parametrize("kilobytes", [20_000, 25_000, 30_000, 40_000])
def test_with_too_little_memory_there_is_no_answer(kilobytes: int) -> None:
    command = ["bash", "-c", f'ulimit -v {kilobytes}; exec "$@"', "bash", sys.executable, "-m", "needlecare", *PLAN]
    ran = subprocess.run(command, env=environment({}), capture_output=True, timeout=60, check=False)
    assert ran.returncode in (0, 2, 70)
    assert b"needlecare" not in ran.stderr or b"Traceback" not in ran.stderr


def test_ctrl_c_while_it_is_loaded_ends_it_without_a_word() -> None:
    for moment in range(10):
        command = [sys.executable, "-m", "needlecare", *PLAN]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment({}), start_new_session=True
        )
        time.sleep(0.02 + 0.01 * moment)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        # Until it has found the program Python is on its own.
        assert b"in run\n" not in err
        assert process.returncode in (0, 1, 130, -signal.SIGINT)


@pytest.mark.parametrize("arguments", [("--help",), ("plan", "--nosuch")], ids=["help", "usage"])
def test_python_has_nothing_to_add_at_the_end(arguments: tuple[str, ...]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "needlecare", *arguments]
    ran = subprocess.run(command, stdout=theirs, stderr=theirs, env=environment({}), timeout=60, check=False)
    os.close(theirs)
    assert ran.returncode == (0 if "--help" in arguments else 2)


def test_without_stderr_the_exit_code_still_tells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,date\n1,soon\n")
    monkeypatch.setattr(sys, "stderr", None)
    for code, arguments in ((2, ("plan", "--date", "soon")), (1, ("batch", str(tmp_path / "list.csv"), *HERE))):
        with redirect_stdout(io.TextIOWrapper(io.BytesIO())), pytest.raises(SystemExit) as left:
            main(list(arguments))
        assert left.value.code == code


@pytest.mark.parametrize(
    "words",
    [{}, {"COMP_WORDS": "needlecare pl"}, {"COMP_CWORD": "1"}, {"COMP_WORDS": "needlecare pl", "COMP_CWORD": "x"}],
    ids=["nothing", "words alone", "a place alone", "a place that is no number"],
)
def test_a_shell_that_asks_half_a_question_is_told(words: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_NEEDLECARE_COMPLETE": "complete_bash", **words}.items():
        monkeypatch.setenv(name, value)
    ran = run()
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is to be had on Linux")
def test_a_full_disk_behind_stderr_changes_no_exit_code() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "needlecare", "plan", "--date", "soon"]
        assert subprocess.run(command, stderr=full, env=environment({}), timeout=60, check=False).returncode == 2


def test_without_stdin_there_is_nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert is_refused(run("batch", "-", *HERE), "can't read: there is no standard input")
    assert run("log", "add", *DATE[:4]).code == 0
    ran = run("log", "remove", "1")
    assert (ran.code, "nobody answered" in ran.err) == (2, True)


def test_an_answer_that_is_no_text_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    run("log", "add", *DATE[:4])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n")))
    assert run("log", "remove", "1").out == "Nothing was removed.\n"


@every_command
def test_a_console_of_few_characters_shows_everything(arguments: tuple[str, ...]) -> None:
    for encoding in ("ascii", "cp1252")[: 1 if TIMES == 1 else 2]:
        # Data is UTF-8 whatever the console; an encoding that takes any byte shows both.
        is_data = {"json", "--format", "schema"}.intersection(arguments)
        ran = run(*arguments, encoding="latin-1" if is_data else encoding)
        assert (ran.code, ran.err) in ((0, ""), (1, "")), ran.err


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    ],
    ids=["C", "Turkish"],
)
def test_the_locale_changes_no_data(env: dict[str, str], tmp_path: Path) -> None:
    words = ("--area", "FACE", "--skin-type", "II", "--uses", "ISOTRETINOIN=2026-01-01")
    target = tmp_path / "plan.json"
    ran = run_program(*PLAN, *words, "-o", str(target), env=env)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert target.read_text(encoding="utf-8") == run(*PLAN, *words, "--format", "json").out


def test_letters_that_only_look_alike_are_not_the_same() -> None:
    assert is_refused(run(*PLAN, "--skin-type", "ı"), "skin-type has no answer `ı`")
    assert is_refused(run(*PLAN, "--date", "２０２６-11-20"), "is given 2 times")
    assert is_refused(run("plan", "--tz", "UTC", "--date", "２０２６-11-20"), "is not a date")


@pytest.mark.parametrize("columns", [20, 40])
def test_a_narrow_terminal_shows_the_whole_plan(columns: int) -> None:
    shown = run_at_terminal(*PLAN, columns=columns, env={"TERM": "xterm" if columns == 40 else "dumb"})
    assert "Traceback" not in shown
    assert "clinic" in shown


@pytest.mark.parametrize("columns", ["0", "1", "-5", "many", "5000", "99999999", "9" * 20, "9" * 9999, "\u00b2"])
@pytest.mark.parametrize("name", ["COLUMNS", "TERMINAL_WIDTH"])
def test_help_fits_any_width(name: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, columns)
    code, out, _ = run("plan", "--help")
    assert (code, max(map(len, out.splitlines())) < 1000) == (0, True)


@pytest.mark.parametrize(
    ("option", "most"), [("--fact", 2000), ("--rules", 2000), ("--goal", 250)], ids=["a fact", "a file", "an answer"]
)
def test_a_message_about_something_long_is_cut(option: str, most: int) -> None:
    code, _, err = run(*PLAN, option, "nowhere" * 1000)
    assert (code, err.startswith("needlecare: ")) == (2, True)
    assert max(map(len, err.splitlines())) <= len("needlecare: ") + most


@pytest.mark.parametrize("zone", [":/etc/passwd", "EST5EDT4,M3.2.0,M11.1.0"])
def test_a_machine_whose_zone_is_nonsense_is_told_so(zone: str) -> None:
    ran = run_program("plan", "--date", "2026-11-20", env={"TZ": zone})
    assert ran.returncode == 2
    assert ran.stderr == b"needlecare: this machine's time zone can't be read; give it with --tz Europe/London\n"


def test_a_machine_without_time_zones_is_told_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "tzdata.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    ran = run_program(*PLAN, env={"PYTHONTZPATH": str(tmp_path / "none"), "PYTHONPATH": path})
    assert ran.returncode == 2
    assert ran.stderr == b"needlecare: this machine knows no time zones; the Python package tzdata brings them\n"


@pytest.mark.parametrize(("day", "zone"), [("1900-01-01", "Europe/Amsterdam"), ("2199-12-31", "Pacific/Kiritimati")])
def test_the_first_and_the_last_day_have_plans(day: str, zone: str) -> None:
    for name in ("json", "ics") if TIMES == 1 else ("json", "ics", "html", "md", "csv", "text"):
        ran = run("plan", "--date", day, "--time", "23:59", "--tz", zone, "--days", "400", "--format", name)
        assert (ran.code, ran.err) == (0, "")
    assert run("sessions", "--date", day, "--tz", zone, "--count", "60").code == 0


# Places


def test_a_folder_that_is_gone_is_no_bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(ROWS)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run(*PLAN).code == 0
    for arguments in (
        (*PLAN, "-o", "plan.ics"),
        (*PLAN, "--rules", "./rules.yaml"),
        (*PLAN, "--format", "ics", "--replaces", "old.ics"),
        ("batch", str(tmp_path / "list.csv"), *HERE, "-o", "plans.jsonl"),
        ("batch", str(tmp_path / "list.csv"), *HERE, "-o", "plans", "--format", "json"),
        ("batch", "list.csv", *HERE, "--rejects", "rejects.csv"),
        ("rules", "init", "rules.yaml"),
    ):
        assert is_refused(run(*arguments), "No such file or directory", "no rule set"), arguments


@pytest.mark.parametrize("path", [r"C:\Users\Ana\plan.ics", r"..\plan.ics", r"folder\plan.ics"])
@pytest.mark.skipif(os.sep != "/", reason="there it is a path like any other")
def test_a_path_as_windows_has_it_makes_no_odd_files(
    path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text("id,date\n1,soon\n")
    monkeypatch.chdir(tmp_path)
    for arguments in (
        (*PLAN, "-o", path),
        ("batch", "list.csv", *HERE, "-o", path, "--format", "json"),
        ("batch", "list.csv", *HERE, "-o", path, "--format", "jsonl"),
        ("batch", "list.csv", *HERE, "--rejects", path),
        ("rules", "init", path),
    ):
        assert is_refused(run(*arguments), f"can't write to {path}: paths are written with / here")
    assert [one.name for one in tmp_path.iterdir()] == ["list.csv"]


def test_names_too_long_and_folders_in_the_way_are_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,date\n1,soon\n2,2026-11-20\n")
    (tmp_path / "folder").mkdir()
    long = str(tmp_path / ("x" * 300))
    source = ("batch", str(tmp_path / "list.csv"), *HERE)
    assert is_refused(run(*source, "-o", f"{long}.jsonl"), f"can't write to {long}.jsonl: File name too long")
    assert is_refused(run("rules", "init", f"{long}.yaml"), "File name too long")
    for path in (long, str(tmp_path / "folder")):
        ran = run(*source, "--rejects", path)
        assert (ran.code, f"can't write to {path}: " in ran.err) == (2, True)
        assert ran.err.endswith("; choose another place with --rejects\n")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "list.csv"]


@pytest.mark.skipif(
    not Path("/proc/self/mem").exists(), reason="a file that can't be read to its end is to be had on Linux"
)
def test_an_input_that_breaks_off_is_named() -> None:
    assert is_refused(run("batch", "/proc/self/mem", *HERE), "can't read the input: Input/output error")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 64 kB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if (
        not hasattr(os, "geteuid")
        or os.geteuid() != 0
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("a full disk takes the right to mount one")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_what_was_there_and_nothing_half_written(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(ROWS)
    for name in ("plan.html", "plans.jsonl"):
        (tiny / name).write_text("old")
    source = ("batch", str(tmp_path / "list.csv"), *HERE)
    assert is_refused(
        run(*PLAN, "-o", str(tiny / "plan.html")), "plan.html: No space left on device; nothing was changed"
    )
    for jobs in ("1", "2"):
        ran = run(*source, "-o", str(tiny / "plans.jsonl"), "--jobs", jobs)
        assert is_refused(ran, "plans.jsonl: No space left on device; nothing was changed")
    assert [(one.name, one.read_text()) for one in sorted(tiny.iterdir())] == [
        ("plan.html", "old"),
        ("plans.jsonl", "old"),
    ]
    assert is_refused(run(*source, "-o", str(tiny / "plans"), "--format", "json"), "No space left on device")
    assert all(json.loads(path.read_text()) for path in (tiny / "plans").glob("[!.]*"))


@pytest.mark.skipif(TIMES == 1, reason="takes seconds: for ATTACK=2 and more")
def test_ids_that_do_not_fit_into_the_temporary_folder_are_no_bug(tiny: Path, tmp_path: Path) -> None:
    rows = "".join(f"{number:0>900},soon\n" for number in range(4000))
    (tmp_path / "list.csv").write_text(f"id,date\n{rows}")
    arguments = ("batch", str(tmp_path / "list.csv"), *HERE, "--rules", small_rules(tmp_path), "--errors", "inline")
    ran = run_program(*arguments, env={"SQLITE_TMPDIR": str(tiny)})
    assert ran.returncode == 2
    assert b"the ids of this list don't fit into the temporary folder: " in ran.stderr
    assert b"something went wrong" not in ran.stderr


def test_a_log_on_a_full_disk_keeps_what_it_has(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDLECARE_LOG", str(tiny / "log.sqlite"))
    for number in range(10):
        day = f"2026-11-{number + 1:02}"
        ran = run("log", "add", "--date", day, *DATE[2:4], "--event", f"{number}{'x' * 8000}=2026-12-24")
        if ran.code:
            break
    assert is_refused(ran, "log.sqlite can't be used: ")
    assert len(logged(tiny / "log.sqlite")) == number > 0


def without_rights(*arguments: str, env: dict[str, str], cwd: Path) -> Ran:
    """Run the program as somebody who may only do what the modes of files allow."""
    command = [sys.executable, "-m", "needlecare", *arguments]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may do anything, and setpriv is not there to take it away")
        less = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={less}", f"--inh-caps={less}", *command]
    ran = subprocess.run(command, capture_output=True, env=environment(env), cwd=cwd, timeout=60, check=False)
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are others there")
def test_without_the_right_to_write_or_look_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(ROWS)
    rules = small_rules(tmp_path)
    shut, closed = tmp_path / "shut", tmp_path / "closed"
    shut.mkdir(mode=0o555)
    closed.mkdir(mode=0)
    env = {"NEEDLECARE_LOG": str(closed / "log.sqlite")}
    for arguments, reason in (
        ((*PLAN, "-o", "plan.ics"), "can't write to plan.ics: Permission denied; nothing was changed"),
        (("batch", str(tmp_path / "list.csv"), *HERE, "--rules", rules, "-o", ".", "--format", "json"), "-o .: "),
        (("log", "list"), "log.sqlite can't be read: Permission denied"),
        (("log", "add", *DATE[:4]), "log.sqlite can't be read: Permission denied"),
    ):
        ran = without_rights(*arguments, env=env, cwd=shut)
        assert is_refused(ran, reason), ran.err
    closed.chmod(0o700)
    assert [*shut.iterdir(), *closed.iterdir()] == []


# What the command imports it has imported before: whoever it becomes may not be allowed to read it.
NOBODY = """
import os, platformdirs, sys
from contextlib import suppress
from needlecare.cli import main
with suppress(SystemExit):
    main(["log", "list"])
print("log", file=sys.stderr)
for name in ("HOME", "XDG_DATA_HOME", "NEEDLECARE_LOG", "NEEDLECARE_NO_LOG"):
    os.environ.pop(name, None)
os.setuid(54321)
main(["log", "list"])
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody without a home")
def test_somebody_without_a_home_is_told_where_a_log_could_be(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", NOBODY], capture_output=True, env=environment({}), cwd=tmp_path, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith(
        b"log\nneedlecare: there is no home folder for the log; set HOME, or NEEDLECARE_LOG=FILE"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/nowhere"])
def test_a_home_that_can_not_be_only_matters_to_the_log(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEEDLECARE_LOG")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    assert run(*PLAN).code == 0
    assert run("log", "list").code == 0
    assert is_refused(run("log", "add", *DATE[:4]), "can't be written: Not a directory")


# Interruption


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a run that waits is easily had where there are named pipes")
@pytest.mark.parametrize("command", ["plan", "batch"])
def test_ctrl_c_is_130_and_quiet(command: str, tmp_path: Path) -> None:
    waiting = tmp_path / "waiting"
    os.mkfifo(waiting)
    arguments = (*PLAN, "--rules", str(waiting)) if command == "plan" else ("batch", str(waiting), *HERE)
    process = subprocess.Popen(
        [sys.executable, "-m", "needlecare", *arguments],
        stdout=-1,
        stderr=-1,
        env=environment({}),
        start_new_session=True,
    )
    # The other end opens once the program waits for it.
    with waiting.open("wb"):
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")


# What was remembered


TAMPERED = {
    "nothing": "null",
    "a list": "[]",
    "no date": '{"tz": "UTC"}',
    "a number for a zone": '{"date": "2026-11-20", "tz": 5}',
    "a text for a list": '{"date": "2026-11-20", "tz": "UTC", "event": "wedding"}',
    "a list for a text": '{"date": "2026-11-20", "tz": "UTC", "depth": ["1"]}',
    "numbers in a list": '{"date": "2026-11-20", "tz": "UTC", "fact": [5]}',
    "cut off": '{"date": "2026-11',
    "too deep": "[" * 100_000,
    "bytes": b"\xff\x00",
    "a number": 5,
}


@pytest.mark.parametrize("options", TAMPERED.values(), ids=TAMPERED)
def test_an_entry_that_was_tampered_with_is_told(options: object, log: Path) -> None:
    run("log", "add", *DATE[:4])
    with sqlite3.connect(log) as base:
        base.execute("UPDATE treatments SET options = ?", (options,))
    base.close()
    for arguments in (("log", "list"), ("plan",)):
        assert is_refused(run(*arguments), "is damaged")


def test_lasting_facts_that_were_tampered_with_are_told(log: Path) -> None:
    run("log", "add", "--skin-type", "III")
    with sqlite3.connect(log) as base:
        base.execute("UPDATE lasting SET value = '[5]'")
    base.close()
    assert is_refused(run("log", "list"), "is damaged")


def test_a_log_may_not_be_a_folder_or_a_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in (str(tmp_path), "/dev/null", str(tmp_path / ("x" * 300))):
        monkeypatch.setenv("NEEDLECARE_LOG", path)
        assert is_refused(run("log", "add", *DATE[:4]), path)


def test_a_number_larger_than_any_is_no_treatment() -> None:
    run("log", "add", *DATE[:4])
    for words in (("remove", "9" * 30, "--yes"), ("edit", "9" * 30, "--time", "12:00")):
        assert is_refused(run("log", *words), f"no treatment number {'9' * 30} is remembered")
