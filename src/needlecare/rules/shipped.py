"""Rule sets as files: where they lie, their bytes, and the packed form of those that ship. Reads no entry."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from needlecare.errors import InputError, RuleSetError, nearest
from needlecare.rules.read import LARGEST_BYTES, Problems

DEFAULT = "microneedling"


def shipped_folder() -> Path:
    """Return the folder of the shipped rule sets: inside an installed package, else the checkout's `rules/`."""
    package = Path(__file__).parents[1]
    packaged = package / "shipped_rules"
    return packaged if packaged.is_dir() else package.parents[1] / "rules"


def shipped_names() -> list[str]:
    """Return the names of the rule sets that ship."""
    return sorted(path.name for path in shipped_folder().iterdir() if (path / f"{path.name}.yaml").is_file())


def find_rules(name: str, beside: Path | None = None) -> Path:
    """Find the rule set called *name*: one that ships, or a path (relative to the file *beside*, if given).

    Raises:
        InputError: there is none.
    """
    if name in shipped_names():
        return shipped_folder() / name
    # A name that no system could hold names nothing either.
    with suppress(OSError, RuntimeError, ValueError):
        path = Path(name).expanduser()
        if beside is not None and not path.is_absolute():
            path = (beside if beside.is_dir() else beside.parent) / path
        if name and path.exists():
            return path
    raise InputError(
        f"no rule set `{name}`{nearest(name, shipped_names())}: "
        f"give the name of one that ships ({', '.join(shipped_names())}), a file or a folder"
    )


def is_shipped(location: Path) -> bool:
    """Return whether *location* is a rule set that ships."""
    return location.parent == shipped_folder()


FOLDER = Path(__file__).parents[1] / "packed_rules"
# Part of the digest: to be raised whenever YAML is turned into values in another way.
_READING = 1

Files = Sequence[tuple[Path, bytes]]


def pack(name: str, files: Files, trees: Sequence[Any]) -> Path:
    """Write the packed form of the rule set called *name*, made of *files*, whose values are *trees*."""
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{name}.json"
    target.write_text(f"{_digest(files)}\n{json.dumps(list(trees), ensure_ascii=False)}\n", encoding="utf-8")
    return target


def unpack(name: str, files: Files) -> list[Any] | None:
    """Return the values of *files*, if they were packed from these very bytes."""
    try:
        digest, _, packed = (FOLDER / f"{name}.json").read_text(encoding="utf-8").partition("\n")
        if digest != _digest(files):
            return None
        trees = json.loads(packed)
    except (OSError, ValueError):
        return None
    return trees if isinstance(trees, list) else None


def _digest(files: Files) -> str:
    digest = hashlib.sha256(str(_READING).encode())
    for path, data in files:
        digest.update(f"\n{path.name} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()


def read_files(location: Path, *, cases: bool = False) -> list[tuple[Path, bytes]]:
    """Read the bytes of a rule set's files, those that hold only *cases* if asked; raises as `read_layer` does."""
    try:
        paths = sorted(location.iterdir()) if location.is_dir() else None
    except OSError as error:
        raise RuleSetError([f"{location}: can't be read: {error.strerror}"]) from None
    if paths is None:
        return [(location, _bytes(location))]
    paths = [path for path in paths if _is_of_set(path, cases=cases)]
    if not paths:
        raise RuleSetError([f"{location}: there are no .yaml files in this folder"])
    return [(path, _bytes(path)) for path in paths]


def _is_of_set(path: Path, *, cases: bool) -> bool:
    return path.suffix in (".yaml", ".yml") and path.is_file() and (cases or not path.name.startswith("cases"))


def read_trees(files: Sequence[tuple[Path, bytes]], problems: Problems | None = None) -> list[Any]:
    """Read *files* as YAML; without *problems* to note them in, what is wrong is raised."""
    # Those that ship are packed, and PyYAML takes longer to load than they do.
    from needlecare.rules.yaml import read_yaml

    found = Problems() if problems is None else problems
    trees = [read_yaml(data, str(path), found) for path, data in files]
    if problems is None:
        found.raise_any()
    return trees


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise RuleSetError([f"{path}:1:1: can't be read: {error.strerror}"]) from None
