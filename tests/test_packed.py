"""The packed form of the shipped rules: used where nothing that made it has changed, and then the same."""

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from needlecare import RuleSetError, load_rules

# That packed rules are read, and not the YAML, no output may show.
from needlecare.model.ruleset import RuleSet
from needlecare.rules import load
from needlecare.rules import read as packed
from needlecare.rules.load import load_with_places, pack
from needlecare.rules.read import Problems, find_rules, read_files, shipped_folder, shipped_names
from needlecare.rules.yaml import read_trees

KINDS = ("rules", "trees")
SHIPPED = shipped_folder() / "microneedling"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack every shipped rule set into a folder of its own."""
    folder = tmp_path_factory.mktemp("made") / "packed"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "FOLDER", folder)
        for name in shipped_names():
            pack(name)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy what was packed, and take it for what the package has."""
    monkeypatch.setattr(packed, "FOLDER", tmp_path / "packed")
    return Path(shutil.copytree(made, tmp_path / "packed"))


@pytest.mark.parametrize("name", shipped_names())
def test_packed_rules_are_the_rules(name: str, folder: Path) -> None:
    files = read_files(shipped_folder() / name)
    assert packed.unpack("trees", shipped_folder() / name, files) == read_trees(files, Problems())
    from_packed = packed.unpack("rules", shipped_folder() / name, files)
    shutil.rmtree(folder)
    assert packed.unpack("rules", shipped_folder() / name, files) is None
    from_yaml, *_ = load_with_places(shipped_folder() / name)
    assert from_packed.digest == from_yaml.digest
    assert vars(from_packed) == vars(from_yaml)


@pytest.mark.parametrize("name", [*shipped_names(), *sorted((shipped_folder() / "examples").glob("*.yaml"))], ids=str)
def test_shipped_rules_and_examples_are_right_where_they_are_written(name: str | Path) -> None:
    _, _, problems = load_with_places(find_rules(str(name)))
    assert problems.listed() == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", KINDS)
def test_packed_rules_are_not_used_once_a_file_was_touched(kind: str) -> None:
    files = read_files(SHIPPED)
    (path, data), *others = files
    assert packed.unpack(kind, SHIPPED, files) is not None
    assert packed.unpack(kind, SHIPPED, [(path, data + b"\n"), *others]) is None
    assert packed.unpack(kind, SHIPPED, others) is None
    assert packed.unpack(kind, SHIPPED, [(path.with_name("other.yaml"), data), *others]) is None


@pytest.mark.usefixtures("folder")
def test_packed_rules_are_not_used_once_the_code_that_made_them_was_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    files = read_files(SHIPPED)
    monkeypatch.setattr(packed, "_READERS", ("model",))
    monkeypatch.setattr(load, "_LOADED", {})
    assert packed.unpack("rules", SHIPPED, files) is None
    assert load_rules().id == "microneedling"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0, 31, 32, 5000, -1])
def test_packed_rules_with_a_changed_byte_are_not_used(place: int, kind: str, folder: Path) -> None:
    files = read_files(SHIPPED)
    file = folder / f"microneedling.{kind}"
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    for damaged in (data, data[:place], data + b"."):
        file.write_bytes(damaged)
        assert packed.unpack(kind, SHIPPED, files) is None


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("named", [shutil.rmtree, RuleSet.family], ids=["of another module", "through a class of ours"])
def test_packed_rules_make_nothing_but_rules(named: object) -> None:
    packed.pack(named, "rules", "other", ())
    with pytest.raises(pickle.UnpicklingError, match="is no part of a rule set"):
        packed.unpack("rules", shipped_folder() / "other", ())


@pytest.mark.usefixtures("folder")
def test_rules_that_are_wrong_are_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SHIPPED, tmp_path / "microneedling")
    wrong = tmp_path / "microneedling" / "expect.yaml"
    wrong.write_text(
        wrong.read_text(encoding="utf-8").replace("expect: redness", "expect: rednes", 1), encoding="utf-8"
    )
    monkeypatch.setattr(packed, "shipped_folder", lambda: tmp_path)
    with pytest.raises(RuleSetError, match="there is no sign `rednes`"):
        pack("microneedling")


def test_to_load_packed_rules_takes_no_yaml() -> None:
    code = "import sys, needlecare.rules.load; print('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
