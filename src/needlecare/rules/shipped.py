"""Where rule sets lie: those that ship with the program, by name; a clinic's own, by path."""

from contextlib import suppress
from pathlib import Path

from needlecare.errors import InputError
from needlecare.rules.fields import nearest

DEFAULT = "microneedling"


def shipped_folder() -> Path:
    """Give the folder of the shipped rule sets: inside an installed package, else the checkout's `rules/`."""
    package = Path(__file__).parents[1]
    packaged = package / "shipped_rules"
    return packaged if packaged.is_dir() else package.parents[1] / "rules"


def shipped_names() -> list[str]:
    """Name the rule sets that ship."""
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
    """Tell whether *location* is a rule set that ships."""
    return location.parent == shipped_folder()
