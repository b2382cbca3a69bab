"""`needlecare rules lint` for other programs: its formats, and which files of a repository it takes."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from running import environment, run, write

ROOT = Path(__file__).parents[1]
HEAD = "ruleset: mine\nsource: ours\nsources: {ours: {title: Our sheet, kind: clinic}}\n"
GOOD = HEAD + "rules:\n  gym: {avoid: exercise, until: 1d}\n"
WRONG = HEAD + "rules:\n  gym: {avoid: exercise, until: soon}\n"
ADVISED = HEAD + "rules:\n  gym: {avoid: exercise, until: 1d, says: {ours: 3d}}\n"
# One line of the log of a workflow, as the runner reads it.
COMMAND = re.compile(r"::(?P<command>\w+) (?P<properties>[^\r\n]*?)::(?P<message>[^\r\n]*)")


def decoded(text: str) -> str:
    """Read a value as GitHub does."""
    return re.sub("%(25|0D|0A|3A|2C)", lambda found: chr(int(found[1], 16)), text)


def read_command(line: str) -> dict[str, str]:
    """Read a workflow command as GitHub does."""
    found = COMMAND.fullmatch(line)
    assert found, line
    properties = (one.partition("=") for one in found["properties"].split(","))
    told = {name: decoded(value) for name, _, value in properties}
    return {"command": found["command"], "message": decoded(found["message"]), **told}


@pytest.mark.parametrize(
    ("text", "code", "level", "place"),
    [
        pytest.param(WRONG, 3, "error", (5, 33), id="an error"),
        pytest.param(ADVISED, 0, "advice", (5, 3), id="advice"),
        pytest.param("ruleset: [\n", 3, "error", (2, 1), id="no YAML"),
    ],
)
def test_every_format_tells_the_same_of_a_problem(
    text: str, code: int, level: str, place: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, text, "mine.yaml")
    ran = {format_: run("rules", "lint", "mine.yaml", "--format", format_) for format_ in ("text", "json", "github")}
    assert {one.code for one in ran.values()} == {code}
    (found,) = ran["json"].record["rule_sets"]
    (problem,) = found["problems"]
    assert (problem["level"], problem["line"], problem["column"]) == (level, *place)
    line, column = place
    assert ran["text"].out.startswith(f"mine.yaml:{line}:{column}: {level}: {problem['message']}\n")
    noted = read_command(ran["github"].out.splitlines()[0])
    assert noted["command"] == {"error": "error", "advice": "warning"}[level]
    assert [noted[key] for key in ("file", "line", "col", "message")] == [
        "mine.yaml", str(line), str(column), problem["message"]
    ]  # fmt: skip


def test_the_json_has_each_set_with_its_counts(tmp_path: Path) -> None:
    good, advised, wrong = (
        str(write(tmp_path, text, f"{name}.yaml"))
        for name, text in (("good", GOOD), ("advised", ADVISED), ("wrong", WRONG))
    )
    ran = run("rules", "lint", "--format", "json", good, advised, wrong)
    assert (ran.code, ran.record["schema_version"], ran.record["passed_over"]) == (3, 2, 0)
    found = ran.record["rule_sets"]
    assert [(one["given"], one["id"]) for one in found] == [(good, "mine"), (advised, "mine"), (wrong, "mine")]
    assert [(one["counts"]["errors"], one["counts"]["advice"]) for one in found] == [(0, 0), (0, 1), (1, 0)]
    assert found[0]["counts"]["rules"] > 100


@pytest.mark.parametrize("format_", ["json", "github"])
def test_paths_count_from_the_working_folder(format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here" / "sheets"
    folder.mkdir(parents=True)
    inside, outside = write(folder, WRONG), write(tmp_path, WRONG)
    monkeypatch.chdir(tmp_path / "here")
    ran = run("rules", "lint", str(inside), f"sheets/../sheets/{inside.name}", str(outside), "--format", format_)
    if format_ == "json":
        files = [problem["file"] for one in ran.record["rule_sets"] for problem in one["problems"]]
    else:
        files = [read_command(line)["file"] for line in ran.out.splitlines()]
    assert files == ["sheets/mine.yaml", "sheets/mine.yaml", outside.as_posix()]


@pytest.mark.skipif(os.name == "nt", reason="no file may be called so there")
def test_a_workflow_command_stays_one_whatever_stands_in_a_name_or_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "100%, a::b.yaml"
    write(tmp_path, HEAD + 'rules:\n  gym: {avoid: "100%::x,\\n::error::y", until: 1d}\n', name)
    said = run("rules", "lint", name, "--format", "json").record["rule_sets"][0]["problems"][0]["message"]
    (line,) = run("rules", "lint", name, "--format", "github").out.splitlines()
    noted = read_command(line)
    assert (noted["file"], noted["message"]) == (name, said)
    assert "100%::x," in said


# Names and texts of others that would be commands at the beginning of a line; blanks before one don't count.
CALLED = ("z\n::error title=pwn::injected.yaml", " ::error title=pwn::first.yaml", "z\x1b]0;title\x07.yaml")
TYPED = "::error title=pwn::typed"
FAILING = f'cases: [{{name: "a\\n{TYPED}", given: {{date: 2026-11-20}}, expect: {{"b\\n{TYPED}": "c\\n{TYPED}"}}}}]\n'
UNPLANNED = f'cases: [{{given: {{date: "2026\\n{TYPED}"}}, expect: {{exercise: avoid}}}}]\n'


@pytest.mark.skipif(os.name == "nt", reason="no file may be called so there")
@pytest.mark.parametrize("name", CALLED, ids=["a second line", "the first line", "what a terminal obeys"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WRONG, id="an error"),
        pytest.param(ADVISED, id="advice"),
        pytest.param("ruleset: [\n", id="no YAML"),
        pytest.param(GOOD + FAILING, id="a failing case"),
        pytest.param(GOOD + UNPLANNED, id="a case that can't be planned"),
        pytest.param(f'{GOOD}  "d\\n{TYPED}": {{avoid: "e\\n{TYPED}", until: 1d}}\n', id="ids"),
        pytest.param(f'{GOOD}"f\\n{TYPED}": 1\n', id="a key"),
    ],
)
@pytest.mark.parametrize(
    "typed", [("lint",), ("lint", "--format", "github"), ("test",)], ids=["lint", "lint for GitHub", "test"]
)
def test_no_line_is_a_command_of_anybody_else(
    typed: tuple[str, ...], text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Two: of several problems each but the first begins a line of its own.
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    ran = run("rules", *typed, "--find")
    lines = [line.strip() for line in (ran.out + ran.err).splitlines()]
    commands = [read_command(line) for line in lines if line.startswith("::")]
    assert [one for one in commands if one["title"] == "pwn"] == []
    assert bool(commands) <= ("github" in typed)
    assert {one for one in ran.out + ran.err if not one.isprintable()} == {"\n"}


# Which files of a repository are rule sets.

OTHERS = {
    "docker-compose.yaml": "version: '3'\nservices: {web: {image: nginx}}\n",
    ".yamllint.yaml": "extends: default\nrules: {truthy: disable}\n",
    ".github/workflows/ci.yml": "name: CI\non: push\njobs: {}\n",
    "node_modules/theirs/mine.yaml": WRONG,
    "empty.yaml": "# nothing\n",
    "role.yaml": "apiVersion: v1\nkind: Role\nmetadata: {}\nrules: []\n",
}
FOLDER = {
    "set.yaml": HEAD,
    "parts.yaml": "source: ours\nrules: {gym: {avoid: exercise, until: 1d}}\n",
    "cases.yaml": "cases: []\n",
}


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def mixed(tmp_path: Path, sheet: str = GOOD) -> Path:
    """Make a repository with rule sets among other YAML files."""
    fill(tmp_path, {**OTHERS, "sheet.yaml": sheet, **{f"set/{name}": text for name, text in FOLDER.items()}})
    return tmp_path


def given(record: dict[str, Any]) -> list[str]:
    """Return what was linted."""
    return [one["given"] for one in record["rule_sets"]]


def test_find_lints_each_rule_set_of_a_repository_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mixed(tmp_path))
    ran = run("rules", "lint", "--find", "--format", "json")
    assert (ran.code, given(ran.record), ran.record["passed_over"]) == (0, ["sheet.yaml", "set"], 3)
    assert run("rules", "lint", "--find").out.splitlines()[-1] == "found 2 rule sets, and passed over 3 other files"


@pytest.mark.parametrize(
    ("files", "named", "found"),
    [
        pytest.param(FOLDER, ["parts.yaml"], ["."], id="a part stands for its folder"),
        pytest.param(FOLDER, ["set.yaml", "parts.yaml", "cases.yaml"], ["."], id="all parts of a folder, once"),
        pytest.param({"a.yaml": GOOD, "b.yaml": GOOD}, ["a.yaml", "b.yaml"], ["a.yaml", "b.yaml"], id="sheets"),
        pytest.param({"a.yaml": GOOD, **OTHERS}, ["a.yaml", "role.yaml"], ["a.yaml"], id="beside files of others"),
        pytest.param({"a.yaml": "rules: {}\n"}, ["a.yaml"], [], id="parts of nothing"),
        pytest.param({"a.yaml": "{ruleset: mine}\n"}, ["a.yaml"], ["a.yaml"], id="in braces"),
        pytest.param({"a.yaml": "\ufeff'ruleset' : mine\r\n"}, ["a.yaml"], ["a.yaml"], id="as Windows writes it"),
        pytest.param({"a.yaml": "ruleset: mine\n\trules: {\n"}, ["a.yaml"], ["a.yaml"], id="no YAML, and meant to be"),
        pytest.param({"sheet.txt": GOOD}, ["sheet.txt"], ["sheet.txt"], id="by another suffix, by name"),
        pytest.param({"sheet.txt": GOOD}, ["."], [], id="by another suffix, in a folder"),
        pytest.param(
            {**FOLDER, "more.yaml": "activites: {gel: a gel}\nsigns: {}\nrules: {}\n"},
            ["more.yaml"],
            ["."],
            id="a part with a slip in a key",
        ),
    ],
)
def test_find_tells_rule_sets_by_what_stands_in_them(
    files: dict[str, str], named: list[str], found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    assert given(run("rules", "lint", "--find", *named, "--format", "json").record) == found


COMPOSE = {"docker-compose.yml": "version: '3'\nservices: {web: {image: nginx}}\n"}
ALERTS = {"alerts.yml": "groups:\n  - name: web\n    rules:\n      - {alert: Down, expr: up == 0, for: 5m}\n"}
CHART = {"chart.yaml": "kind: {{ .Values.kind }}\n  rules: [\n"}


@pytest.mark.parametrize(
    ("files", "found", "others", "code"),
    [
        pytest.param({"a.yaml": GOOD, **COMPOSE, **ALERTS}, ["a.yaml"], 2, 0, id="a whole set"),
        pytest.param({"a.yaml": GOOD, "b.yaml": "version: 2\nsources: []\n"}, ["a.yaml"], 1, 0, id="keys like ours"),
        pytest.param({"a.yaml": GOOD, "b.yaml": "rules: {line: off}\n"}, ["a.yaml"], 1, 0, id="rules of others"),
        pytest.param({**FOLDER, **COMPOSE}, ["."], 1, 0, id="a set in parts"),
        pytest.param({**FOLDER, ".yamllint.yaml": "rules: {}\nx: y\n"}, ["."], 0, 0, id="a hidden file"),
        pytest.param({"a.yaml": GOOD, **CHART}, ["a.yaml"], 1, 0, id="no YAML, beside a whole set"),
        pytest.param({**FOLDER, **CHART}, ["."], 1, 0, id="no YAML, beside a set in parts"),
        pytest.param({**FOLDER, "big.yaml": "#" * 2_000_001}, ["."], 1, 0, id="too large"),
        pytest.param(
            {**FOLDER, "more.yaml": "signs: {\n", "z/a.yaml": GOOD}, [".", "z/a.yaml"], 0, 3, id="a broken part"
        ),
    ],
)
def test_files_of_others_are_no_errors_and_each_file_counts_once(
    files: dict[str, str], found: list[str], others: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    ran = run("rules", "lint", "--find", "--format", "json")
    assert (ran.code, given(ran.record), ran.record["passed_over"]) == (code, found, others)
    tested = run("rules", "test", "--find")
    assert (tested.code, tested.out.count(" passed, 0 failed\n")) == (code, len(found) - bool(code))


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("activities: {gel: a gel}\n", id="activities"),
        pytest.param("rules:\n  gym:\n    avoid: exercise\n    until: 1d\n", id="rules"),
        pytest.param('rules: {gym: {"avoid": exercise, until: 1d}}\n', id="a verb in quotes"),
        pytest.param("sources: {theirs: {title: Their sheet, kind: clinic}}\n", id="sources"),
        pytest.param("cases: [{given: {date: 2026-11-20}, expect: {exercise: nothing}}]\n", id="cases"),
    ],
)
def test_a_file_that_only_a_rule_set_has_makes_its_folder_the_set(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, {"set.yaml": HEAD, "part.yaml": part})
    monkeypatch.chdir(tmp_path)
    ran = run("rules", "lint", "--find", "--format", "json")
    assert (given(ran.record), ran.record["passed_over"]) == (["."], 0)


def test_find_in_a_folder_called_like_a_shipped_set_takes_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, {f"microneedling/{name}": text for name, text in FOLDER.items()})
    monkeypatch.chdir(tmp_path)
    (found,) = run("rules", "lint", "--find", "--format", "json").record["rule_sets"]
    assert (found["given"], found["id"]) == ("microneedling", "mine")


def test_find_where_nothing_is_names_the_path() -> None:
    ran = run("rules", "lint", "--find", "nosuch.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "there is nothing called nosuch.yaml" in ran.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_find_in_a_folder_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    ran = run("rules", "lint", "--find", str(tmp_path))
    assert (ran.code, f"can't look for rule sets in {tmp_path / 'closed'}: " in ran.err) == (2, True)


@pytest.mark.skipif(os.name == "nt", reason="not everybody may link there")
def test_find_goes_round_in_no_circle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, {"sheets/mine.yaml": GOOD})
    (tmp_path / "sheets" / "again").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert given(run("rules", "lint", "--find", "--format", "json").record) == ["sheets/mine.yaml"]


def test_cases_of_all_rule_sets_run_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = "cases: [{name: Gym, given: {date: 2026-11-20}, expect: {exercise: {no-until: %s}}}]\n"
    fill(tmp_path, {"good.yaml": GOOD + case % "2026-11-22", "none.yaml": GOOD.replace("mine", "none"), **OTHERS})
    monkeypatch.chdir(tmp_path)
    ran = run("rules", "test", "--find")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["mine: 1 passed, 0 failed", "none: 0 passed, 0 failed"]
    fill(tmp_path, {"wrong.yaml": GOOD + case % "2026-11-30"})
    assert run("rules", "test", "good.yaml", "wrong.yaml").code == 3


# What runs it: before a commit, and in a workflow.

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def test_the_hook_takes_the_rule_sets_among_the_files_of_a_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hook,) = HOOKS
    monkeypatch.chdir(mixed(tmp_path))
    program, *typed = hook["entry"].split()
    assert program == "needlecare"
    # As pre-commit calls it: with every changed YAML file.
    changed = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*.y*ml"))]
    ran = run(*typed, *changed)
    # The file in the folder of others is named, so that it counts.
    assert (ran.code, ran.err) == (3, "")
    assert ran.out.splitlines()[-1] == "found 3 rule sets, and passed over 5 other files"
    assert run(*typed, *(one for one in changed if "theirs" not in one)).code == 0


def run_action(folder: Path, inputs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the last step of the action in *folder* as a runner does, behind its installation."""
    given = {name: one["default"] for name, one in ACTION["inputs"].items()} | inputs
    known = {
        "steps.python.outputs.python-path": sys.executable,
        "runner.temp": str(folder),
        **{f"inputs.{name}": value for name, value in given.items()},
    }
    step = ACTION["runs"]["steps"][-1]
    env = {
        name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value) for name, value in step["env"].items()
    }
    env["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(
        command, cwd=folder, env=environment(env), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.skipif(os.name == "nt", reason="its bash knows other paths")
@pytest.mark.parametrize(
    ("sheet", "inputs", "code", "said"),
    [
        pytest.param(GOOD, {}, 0, "found 2 rule sets, and passed over 3 other files\n", id="a repository"),
        pytest.param(WRONG, {}, 3, "::error file=sheet.yaml,line=5,col=33,", id="an error"),
        pytest.param(ADVISED, {}, 0, "::warning file=sheet.yaml,line=5,col=3,", id="advice"),
        pytest.param(ADVISED, {"strict": "true"}, 3, "::warning file=sheet.yaml,line=5,col=3,", id="strict"),
        pytest.param(WRONG, {"rules": "set\n"}, 0, "found 1 rule set,", id="one place"),
        pytest.param(WRONG, {"rules": "set\nsheet.yaml"}, 3, "::error file=sheet.yaml,", id="two places"),
        pytest.param(GOOD, {"rules": "$(touch run); `touch run`"}, 2, "", id="a place that is no script"),
    ],
)
def test_the_action_notes_what_is_wrong_beside_the_lines(
    sheet: str, inputs: dict[str, str], code: int, said: str, tmp_path: Path
) -> None:
    ran = run_action(mixed(tmp_path, sheet), inputs)
    assert (ran.returncode, said in ran.stdout) == (code, True), ran.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(os.name == "nt", reason="its bash knows other paths")
def test_the_action_runs_the_cases_too(tmp_path: Path) -> None:
    case = "cases: [{name: Gym, given: {date: 2026-11-20}, expect: {exercise: {no-until: 2026-11-30}}}]\n"
    ran = run_action(mixed(tmp_path, GOOD + case), {})
    assert (ran.returncode, "FAILED Gym" in ran.stdout) == (3, True)


def test_no_script_of_the_action_has_text_from_outside() -> None:
    assert [step["run"] for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")] == []
