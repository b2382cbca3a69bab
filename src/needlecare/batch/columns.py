"""Which column of the input holds which field of a treatment."""

import re
from collections.abc import Iterable, Mapping

from needlecare.errors import InputError
from needlecare.rules.exports import plain
from needlecare.rules.fields import nearest

ID = "id"
_KEPT = 1024
_WORD = re.compile(r"\w+")


def read_map(pairs: Iterable[str], fields: Iterable[str]) -> dict[str, str]:
    """Read `FIELD=COLUMN` pairs.

    Raises:
        InputError: there is no such field.
    """
    known = list(fields)
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = (part.strip() for part in pair.partition("="))
        name = name.casefold().replace("_", "-").replace(" ", "-")
        if not equals or not column:
            raise InputError(f'--map: `{pair}` can\'t be read; write it as --map date="Treatment date"')
        if name not in known:
            raise InputError(f"--map: there is no `{name}`{nearest(name, known)}; it may be {', '.join(known)}")
        if name in found:
            raise InputError(f"--map: {name} is given twice")
        found[name] = column
    return found


class Columns:
    """Finds the field of a column: by *said* (from the command line), by *usual* (from the rule set), by its name."""

    def __init__(self, fields: Iterable[str], said: Mapping[str, str], usual: Mapping[str, str]) -> None:
        self._said = said
        unsaid = [field for field in fields if field not in said]
        self._by_name = {plain(field): field for field in unsaid}
        self._by_name.update({plain(usual[field]): field for field in unsaid if field in usual})
        self._by_name.update({plain(column): field for field, column in said.items()})
        self._found: dict[str, str | None] = {}

    def field(self, column: str) -> str | None:
        """Give the field that *column* holds, if any."""
        if column not in self._found:
            if len(self._found) >= _KEPT:
                self._found.clear()
            self._found[column] = self._by_name.get(plain(column))
        return self._found[column]

    def perhaps(self, column: str, held: Iterable[str]) -> str | None:
        """Give the field that *column* looks like by its words, if no other column *held* it."""
        words = set(_WORD.findall(plain(column)))
        taken = {self.field(name) for name in held}
        return next(
            (field for name, field in self._by_name.items() if field not in taken and words >= set(name.split())), None
        )

    def check(self, header: list[str], needed: Iterable[str]) -> None:
        """Check that the columns of a table hold what is *needed*, each field once.

        Raises:
            InputError: a column is missing, or two hold the same field.
        """
        there = ", ".join(f"`{name}`" for name in header if name) or "none"
        known = {plain(name) for name in header}
        for field, column in self._said.items():
            if plain(column) not in known:
                raise InputError(f"--map {field}: there is no column `{column}`; there are {there}")
        holders: dict[str, list[str]] = {}
        for name in header:
            held = self.field(name)
            if held is not None:
                holders.setdefault(held, []).append(name)
        for field, names in holders.items():
            if len(names) > 1:
                raise InputError(f"{len(names)} columns hold {field}: {' and '.join(f'`{name}`' for name in names)}")
        for field in needed:
            if field not in holders:
                raise InputError(
                    f'no column holds the {field}; say which one with --map {field}="…"; there are {there}'
                )
