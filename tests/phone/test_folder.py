"""The folder of the web app: what is in it, how large it is, and what the commands that make and serve it refuse."""

import ast
import gzip
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from web import build, serve

ROOT = Path(__file__).parents[2]
MOST_OVER_THE_WIRE = 8_000_000
PACKAGES = ("needlecare", "icalendar", "jinja2", "yaml", "dateutil", "tzlocal", "markupsafe")


def test_it_is_small_enough_for_a_phone(folder: Path) -> None:
    sizes = (len(gzip.compress(path.read_bytes())) for path in folder.rglob("*") if path.is_file())
    assert sum(sizes) < MOST_OVER_THE_WIRE


def imports(package: str) -> Iterator[tuple[str, str]]:
    """Yield what each module of *package* that is put in imports, as the path of a file."""
    home = Path(str(importlib.import_module(package).__file__)).parent
    for path in home.rglob("*.py"):
        name = path.relative_to(home.parent).as_posix()
        if build.LEFT_OUT.fullmatch(name):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            else:
                continue
            for module in names:
                yield name, f"{module.replace('.', '/')}.py"
                yield name, f"{module.replace('.', '/')}/__init__.py"


def test_nothing_that_is_imported_is_left_out() -> None:
    found = {pair for package in PACKAGES for pair in imports(package)}
    assert len(found) > 1000
    assert {pair for pair in found if build.LEFT_OUT_OF_PYTHON.fullmatch(pair[1])} == set()
    assert {pair for pair in found if build.LEFT_OUT.fullmatch(pair[1])} == set()


def test_each_file_is_named_by_its_hash_and_nothing_else_is(folder: Path) -> None:
    release = re.search(r"(?s)^const RELEASE = (.*?);\n", (folder / "sw.js").read_text(encoding="utf-8"))
    assert release
    named = json.loads(release[1])["files"]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert named.keys() == there - {"sw.js"}
    assert all(value.startswith("sha256-") for value in named.values())


def test_the_licences_of_what_is_in_it_are_in_it(folder: Path) -> None:
    text = (folder / "licences.txt").read_text(encoding="utf-8")
    assert [name for name in build.PACKAGES if name.replace("-", "_") not in text] == []
    assert "Mozilla Public License" in text


def test_no_page_names_a_place_elsewhere(folder: Path) -> None:
    ours = [path for path in folder.iterdir() if path.suffix in (".html", ".css", ".js", ".json", ".webmanifest")]
    assert len(ours) > 6
    found = {url for path in ours for url in re.findall(r"https?://[^\s\"'`)<]+", path.read_text(encoding="utf-8"))}
    assert {url for url in found if "w3.org" not in url} <= {"https://…"}


def test_the_policy_in_the_guide_is_the_one_in_force(folder: Path) -> None:
    assert build.POLICY in (ROOT / "docs" / "web.md").read_text(encoding="utf-8")
    assert f'content="{build.POLICY}"' in (folder / "index.html").read_text(encoding="utf-8")
    assert "unsafe" not in build.POLICY.replace("wasm-unsafe-eval", "")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(SystemExit, match="holds something else"):
        build.build(tmp_path)
    assert (tmp_path / "letters.txt").read_text(encoding="utf-8") == "dear"


def test_a_sheet_that_is_wrong_builds_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
    del folder  # whoever can build that one has npm
    sheet = tmp_path / "own.yaml"
    sheet.write_text("ruleset: own\nextends: microneedling\nrules: {x: {avoid: nothing-known}}\n", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        build.main([str(tmp_path / "out"), "--rules", str(sheet)])
    assert left.value.code == 3
    assert "own.yaml:3:20: the rule x: there is no activity `nothing-known`" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        (build.main, ["out", "--rules", "missing.yaml"], "there is no missing.yaml"),
        (serve.main, ["."], "holds no web app"),
    ],
)
def test_a_wrong_command_is_told_what_is_wrong(
    command: object, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(command)
    with pytest.raises(SystemExit) as left:
        command(arguments)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
