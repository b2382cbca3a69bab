"""`config`, and the settings file behind it: what a person would otherwise type each time.

Owns where the file lies and what may stand in it. What is typed, or logged, wins over a setting.
"""

import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from needlecare.cli.output import write_json, write_lines
from needlecare.errors import InputError, nearest
from needlecare.rules.read import DEFAULT
from needlecare.views.formats import BRIEF, AnswerFormat, CalendarStyle

_NAME = Path("needlecare", "config.toml")
_EXAMPLE = 'tz = "Europe/London"'
_BUILT_IN = "built in"


class Setting(NamedTuple):
    """A *value* and what it comes *from*: a line of the settings file, the log, or the program itself."""

    value: Any
    source: str


def find_setting(name: str) -> Any:
    """Return what holds for the option *name* where nothing is typed or logged; None if nothing does."""
    found, (_, built_in, _) = read_settings(settings_file()).get(name), _CHECKED[name]
    return found.value if found else built_in


def rules_named(typed: str | None) -> str:
    """Return the rule set that is *typed*, else the one of the settings."""
    return typed or str(find_setting("rules"))


def style_named(typed: CalendarStyle | None) -> CalendarStyle:
    """Return the style of calendars that is *typed*, else the one of the settings."""
    return typed or CalendarStyle(find_setting("calendar-style"))


def settings_file() -> Path | None:
    """Return where the settings file lies, if there is one; None where the environment switches it off.

    The same place on every system: importing what knows others would take longer than reading the file.
    """
    named = os.environ.get("NEEDLECARE_CONFIG")
    if named is not None:
        return Path(named) if named else None
    folder = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    try:
        return (folder if folder.is_absolute() else Path.home() / ".config") / _NAME
    except RuntimeError:  # whoever runs it has no home
        return None


def read_settings(path: Path | None) -> Mapping[str, Setting]:
    """Return what stands in the settings file at *path*, checked; nothing where there is none.

    Raises:
        InputError: it can't be read, or holds what means nothing; the text says where.
    """
    if path is None or not _is_there(path):
        if os.environ.get("NEEDLECARE_CONFIG"):
            raise InputError(f"NEEDLECARE_CONFIG: there is no file {path}")
        return {}
    return _checked(_read(path), path)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise InputError(f"can't read the settings file: {error.strerror}") from None


def _read(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path} is not a regular file; it is to hold settings, such as {_EXAMPLE}")
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; save it as such") from None


@lru_cache(maxsize=1)
def _checked(text: str, path: Path) -> Mapping[str, Setting]:
    """Parse and check the *text* of the file at *path*; a run asks for one setting after the other."""
    return {name: _check(name, value, path, _line_of(name, text)) for name, value in _parse(text, path).items()}


def _parse(text: str, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        place = f"{path}:{line[1]}" if line else f"{path}"
        raise InputError(f"{place}: this is not TOML; write a setting as {_EXAMPLE}") from None


def _line_of(name: str, text: str) -> int:
    """Return the number of the line of *text* on which *name* stands, as a setting or as a table."""
    found = re.search(rf"""(?m)^[ \t]*\[*["']?{re.escape(name)}\b""", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _check(name: str, value: Any, path: Path, line: int) -> Setting:
    place = f"{path}:{line}"
    if name not in _CHECKED:
        known = ", ".join(_CHECKED)
        raise InputError(f"{place}: there is no setting `{name}`{nearest(name, _CHECKED)}; it is one of {known}")
    kind, built_in, check = _CHECKED[name]
    if not isinstance(value, kind):
        example = "true or false" if kind is bool else f'`{name} = "{built_in or _EXAMPLES[name]}"`'
        raise InputError(f"{place}: {name}: this value can't be; write {example}")
    try:
        return Setting(check(value, path), place)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _zone(name: str, _: Path) -> str:
    from needlecare.typed import parse_zone

    return parse_zone(name).key


def _rules(name: str, file: Path) -> str:
    """Return the rule set that *name* means in *file*: a path there counts from its folder."""
    from needlecare.rules.read import find_rules, shipped_names

    return name if name in shipped_names() else str(find_rules(name, file.absolute()))


def _alarm(word: str, _: Path) -> str:
    read_lead(word)
    return word


def read_lead(text: str) -> timedelta | None:
    """Read how long before an entry it rings; None if it never does.

    Raises:
        InputError: it can't be read, or is too long.
    """
    from needlecare.model.time import parse_duration
    from needlecare.views.calendar import LONGEST_LEAD

    word = text.strip().lower()
    lead = parse_duration(word)
    if word != "none" and (lead is None or lead.rough_length > LONGEST_LEAD):
        raise InputError(
            f"--alarm: `{text}` can't be used; write it as none, 0min, 30min, 2h or 1d, "
            f"at most {LONGEST_LEAD.days} days before"
        )
    return lead and lead.rough_length


def _style(word: str, _: Path) -> str:
    if word not in [*CalendarStyle]:
        raise InputError(f"calendar-style: there is no `{word}`; it is one of {', '.join(CalendarStyle)}")
    return word


# What may be set, each by the name of its option: what its value is, what holds without it, what checks it.
_CHECKED: dict[str, tuple[type, Any, Callable[[Any, Path], Any]]] = {
    "tz": (str, None, _zone),
    "rules": (str, DEFAULT, _rules),
    "alarm": (str, "0min", _alarm),
    "discreet": (bool, False, lambda is_set, _: is_set),
    "calendar-style": (str, BRIEF, _style),
    "push": (str, None, lambda address, _: address),
}
# Of those that have no value of their own.
_EXAMPLES = {"tz": "Europe/London", "push": "https://ann@dav.example.org/ann/aftercare/"}


def config(
    *, format_: Annotated[AnswerFormat, typer.Option("--format", help="The format of the list.")] = AnswerFormat.TEXT
) -> None:
    """List the settings."""
    path = settings_file()
    found = _in_force(path)
    if format_ == AnswerFormat.JSON:
        records = {name: {"value": one.value, "from": one.source} for name, one in found.items()}
        write_json({"file": path and str(path), "settings": records})
        return
    lines = [f"{name} = {_shown(one.value)}  # {one.source}" for name, one in found.items()]
    write_lines([*lines, _where(path)])


def _in_force(path: Path | None) -> dict[str, Setting]:
    """Return what holds where nothing is typed."""
    from needlecare.files import open_log
    from needlecare.typed import find_zone

    stated, log = read_settings(path), open_log()
    logged = log.lasting() if log else {}
    whole = {name: stated.get(name) or Setting(value, _BUILT_IN) for name, (_, value, _) in _CHECKED.items()}
    for name in whole.keys() & logged.keys():
        whole[name] = Setting(logged[name], "the log, for every treatment")
    zone = whole["tz"] if whole["tz"].value else Setting(find_zone(None).key, "this machine")
    return {name: one for name, one in {**whole, "tz": zone}.items() if one.value is not None}


def _shown(value: Any) -> str:
    """Write *value* as it may stand in the file."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _where(path: Path | None) -> str:
    if path is None:
        return "No settings file is read: NEEDLECARE_CONFIG is empty, or there is no home folder."
    if not _is_there(path):
        return f"To change one, write its line into the file {path}"
    return f"The settings file is {path}"
