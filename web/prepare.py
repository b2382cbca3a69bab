"""What is made of the staged packages by the Python that runs in the browser; prepare.mjs runs it there.

In: `/stage/python`, its own modules, `/stage/site`, the packages, and a clinic's sheet, if there is one. Out: both
compiled, the sheet packed among the packages, and `/stage/form.json`, what the form asks before Python has started.
"""

import compileall
import json
import sys
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from importlib import import_module
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

STAGE = Path("/stage")
SITE = STAGE / "site"
# A clinic's own rule set stands among the shipped ones under this name.
SHEET = "sheet"
# The packed rules are checked against the text of these; see needlecare.rules.read.
_CHECKED = ("needlecare/model", "needlecare/rules")


def prepare(sheet: str) -> str:
    """Make all of it; *sheet* is the place of a clinic's rule set. Returns what is wrong, or nothing."""
    sys.path.insert(0, str(SITE))
    from needlecare import NeedlecareError

    try:
        rules = _pack(Path(sheet)) if sheet else "microneedling"
    except NeedlecareError as error:
        return str(error)
    # It stands among the packages.
    bridge = import_module("bridge")
    form = {"built_in": rules, **bridge.describe(rules)}
    (STAGE / "form.json").write_text(json.dumps(form, ensure_ascii=False), encoding="utf-8")
    _compile()
    return ""


def _pack(sheet: Path) -> str:
    """Pack the rule set at *sheet* with all that it stands on, so that the phone needn't read it."""
    from needlecare.rules import read
    from needlecare.rules.load import load_rules_at

    made = load_rules_at(read.find_rules(str(sheet)))
    place = read.shipped_folder() / SHEET
    place.mkdir()
    # Its first file stands for it there: the packed form says the rest.
    (place / f"{SHEET}.yaml").write_bytes(read.read_files(sheet)[0][1])
    read.pack(_plain(made), "rules", SHEET, read.read_files(place))
    return SHEET


def _plain(value: Any) -> Any:
    """Return *value* without the places in files that its texts remember: what is packed holds the model alone."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return str(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(held) for key, held in value.items()}
    if isinstance(value, tuple):
        held = [*map(_plain, value)]
        return value._make(held) if hasattr(value, "_make") else tuple(held)
    if isinstance(value, list | frozenset):
        return (frozenset if isinstance(value, frozenset) else list)(map(_plain, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.init})
    return value


def _compile() -> None:
    """Put compiled modules in the place of their text: reading that is most of the time that Python takes to start."""
    for folder in (STAGE / "python", SITE):
        unchecked = PycInvalidationMode.UNCHECKED_HASH
        if not compileall.compile_dir(folder, quiet=1, legacy=True, optimize=2, invalidation_mode=unchecked, ddir=""):
            raise SystemExit("a module can't be compiled")
        for path in folder.rglob("*.py"):
            if not path.relative_to(folder).as_posix().startswith(_CHECKED):
                path.unlink()
