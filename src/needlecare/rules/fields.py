"""Reading the fields of one entry: which keys there may be, and what kind of value each holds."""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from needlecare.model.bounds import Bound, parse_bound
from needlecare.model.time import Duration, parse_duration
from needlecare.rules.places import Problems, Value

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
BOUND_HELP = "write it as 48h, 3d, 24h..48h, 7d before, redness-gone, 48h and redness-gone, or always"


def nearest(word: str, known: Iterable[str]) -> str:
    """Give ` (did you mean …?)` with the nearest of *known* names, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(found)}?)" if found else ""


class Entry:
    """The fields of one entry of a rule set; each reader notes what is wrong and gives something harmless back."""

    def __init__(self, fields: dict[Any, Any], problems: Problems, known: Collection[str], what: str) -> None:
        self.fields = fields
        self.problems = problems
        self.what = what
        if not fields.keys() <= (known if isinstance(known, frozenset) else frozenset(known)):
            for key in fields:
                if key not in known:
                    may = ", ".join(sorted(known))
                    problems.add(key, f"{what} has no `{key}`{nearest(key, known)}; it may have {may}")

    def note(self, key: str, text: str) -> None:
        """Note that the value of *key* is wrong."""
        self.problems.add(self.fields.get(key, self.fields), text)

    def text(self, key: str, default: str = "") -> str:
        """Read one line of text."""
        value = self.fields.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.problems.add(value, f"`{key}` is one line of text")
            return default
        if value[:1] in "“”„" and value:
            self.problems.add(value, f"`{key}` begins with a curly quote, which would be shown; use straight quotes")
        return " ".join(value.split())

    def texts(self, key: str) -> tuple[str, ...]:
        """Read one text, or a list of them."""
        return self.as_texts(self.fields.get(key), key)

    def as_texts(self, value: Value | None, key: str) -> tuple[str, ...]:
        """Read *value* as one text, or a list of them."""
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.problems.add(value, f"`{key}` is one name, or a list such as [one, two]")
        return ()

    def flag(self, key: str) -> bool:
        """Read true or false."""
        return self.choice(key, ("true", "false"), "false") == "true"

    def choice(self, key: str, allowed: tuple[str, ...], default: str = "") -> str:
        """Read one of *allowed* words."""
        value = self.fields.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value in allowed:
            return str(value)
        shown = f" `{value}`" if isinstance(value, str) else ""
        self.problems.add(value, f"`{key}` can't be{shown}; it is one of {', '.join(allowed)}")
        return default

    def bound(self, key: str) -> Bound | None:
        """Read a bound."""
        value = self.fields.get(key)
        return None if value is None else self.as_bound(value, key)

    def as_bound(self, value: Value, key: str) -> Bound | None:
        """Read *value* as a bound."""
        bound = parse_bound(" ".join(value.split())) if isinstance(value, str) else None
        if bound is None:
            self.problems.add(value, f"`{key}` can't be read{_shown(value)}; {BOUND_HELP}")
        return bound

    def duration(self, key: str) -> Duration | None:
        """Read a duration."""
        value = self.fields.get(key)
        if value is None:
            return None
        duration = parse_duration(value) if isinstance(value, str) else None
        if duration is None:
            self.problems.add(value, f"`{key}` can't be read{_shown(value)}; write it as 24h, 3d, 2w, 6mo or 1y")
        return duration

    def pair(self, key: str, read: Callable[[str], object], help_: str) -> tuple[str, str] | None:
        """Read `one..other` (or `one` for both), each side readable by *read*."""
        value = self.fields.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            low, dots, high = value.partition("..")
            sides = (low.strip(), high.strip() if dots else low.strip())
            if all(read(side) is not None for side in sides):
                return sides
        self.problems.add(value, f"`{key}` can't be read{_shown(value)}; {help_}")
        return None


def _shown(value: Value) -> str:
    return f": `{value}`" if isinstance(value, str) else ""


def whole_number(text: str) -> int | None:
    """Read a whole number such as 6 or -3; None if *text* is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,5}", text) else None


def decimal(text: str) -> float | None:
    """Read a decimal number such as 1.5; None if *text* is none."""
    return float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) else None
