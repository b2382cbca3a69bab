"""`needlecare rules lint` for other programs: its formats."""

import re
from pathlib import Path

import pytest

from running import run, write

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
    assert (ran.code, ran.record["schema_version"]) == (3, 2)
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
