"""The shipped rule sets once more, as JSON: reading YAML takes longer than everything else that a plan needs.

Made when the package is built, and used only where it was made from the very bytes of the YAML files that lie there:
a file that was touched is read as YAML again. Nothing but the reading is saved; every check runs every time.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    """Give the values of *files*, if they were packed from these very bytes."""
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
