"""The packed form of the shipped rules: used where it was made from these very bytes, and then the same."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from needlecare import load_rules

# That packed rules are read, and not the YAML, no output may show.
from needlecare.rules import read as packed
from needlecare.rules.load import load_with_places
from needlecare.rules.read import find_rules, read_files, shipped_folder, shipped_names
from needlecare.rules.yaml import read_trees


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pack every shipped rule set into a folder of its own."""
    monkeypatch.setattr(packed, "FOLDER", tmp_path / "packed")
    for name in shipped_names():
        files = read_files(shipped_folder() / name)
        packed.pack(name, files, read_trees(files))
    return tmp_path / "packed"


@pytest.mark.parametrize("name", shipped_names())
def test_packed_rules_are_the_rules(name: str, folder: Path) -> None:
    files = read_files(shipped_folder() / name)
    assert packed.unpack(name, files) == read_trees(files)
    from_packed = load_rules(name)
    shutil.rmtree(folder)
    assert packed.unpack(name, files) is None
    from_yaml = load_rules(name)
    assert from_packed.digest == from_yaml.digest
    assert vars(from_packed) == vars(from_yaml)


@pytest.mark.parametrize("name", [*shipped_names(), *sorted((shipped_folder() / "examples").glob("*.yaml"))], ids=str)
def test_shipped_rules_and_examples_are_right_where_they_are_written(name: str | Path) -> None:
    _, _, problems = load_with_places(find_rules(str(name)))
    assert problems.lines() == []


@pytest.mark.usefixtures("folder")
def test_packed_rules_are_not_used_once_a_file_was_touched() -> None:
    files = read_files(shipped_folder() / "microneedling")
    (path, data), *others = files
    assert packed.unpack("microneedling", files) is not None
    assert packed.unpack("microneedling", [(path, data + b"\n"), *others]) is None
    assert packed.unpack("microneedling", others) is None
    assert packed.unpack("microneedling", [(path.with_name("other.yaml"), data), *others]) is None


@pytest.mark.parametrize("content", ["", "not packed", "{digest}\n[", "{digest}\n{{}}"], ids=ascii)
def test_packed_rules_that_are_damaged_are_read_as_yaml(content: str, folder: Path) -> None:
    files = read_files(shipped_folder() / "microneedling")
    file = folder / "microneedling.json"
    digest = file.read_text(encoding="utf-8").partition("\n")[0]
    file.write_text(content.format(digest=digest), encoding="utf-8")
    assert packed.unpack("microneedling", files) is None
    assert load_rules().id == "microneedling"


def test_to_load_packed_rules_takes_no_yaml() -> None:
    code = "import sys, needlecare.rules.load; print('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
