"""The expected ways to fail, each with the exit code that the command line ends with."""

from collections.abc import Iterable
from typing import ClassVar


def nearest(word: str, known: Iterable[str]) -> str:
    """Give ` (did you mean …?)` with the nearest of *known* names, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(found)}?)" if found else ""


class NeedlecareError(Exception):
    """Base of every error that a person can mend; its text is one or more plain lines."""

    exit_code: ClassVar[int] = 1


class InputError(NeedlecareError):
    """Something typed or given by a person can't be used as it stands."""

    exit_code = 2


class RuleSetError(NeedlecareError):
    """A rule set is wrong; the text holds every problem found, a line each, as `file:line:column: …`."""

    exit_code = 3

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class OutputError(NeedlecareError):
    """Something can't be written: no room, no permission, no such place."""

    exit_code = 2
