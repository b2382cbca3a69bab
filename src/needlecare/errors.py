"""The expected failures, the exit codes, and "did you mean". Knows nothing of what is read or planned."""

from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar, NamedTuple

# Of short words too many look alike; a longer one is no slip of the keyboard.
_ALIKE = 0.6
_LONGEST = 100
# So many letters has a word that may be another one misspelt.
_SHORT = 4
# Letters and marks by their category, and blank all the same.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))


def visible(text: str) -> str:
    """Name each character of one line that nobody can see, such as `[U+00A0 NO-BREAK SPACE]`."""
    return text if text.isascii() and text.isprintable() else "".join(map(_named, text))


def _named(character: str) -> str:
    if character.isprintable() and character not in _BLANK:
        return character
    from unicodedata import name

    return f"[U+{ord(character):04X} {name(character, '')}]".replace(" ]", "]")


def shown_path(file: str) -> str:
    """Return the path *file* as it stands at the beginning of a line: what runs a workflow would obey one with `::`."""
    shown = visible(file)
    return f"./{shown}" if shown.lstrip().startswith("::") else shown


class ExitCode(IntEnum):
    """How a run of the program ends."""

    DONE = 0
    # The answer is no, a row was rejected, or nothing was there to do.
    NO = 1
    # Something typed can't be used, or something can't be written. Typer ends so as well.
    BAD_INPUT = 2
    WRONG_RULES = 3
    # No rule says anything about it.
    UNKNOWN = 4
    # EX_SOFTWARE of sysexits.h: not one of the documented answers, so that no script takes a bug for one.
    BUG = 70
    # 128 and the number of SIGINT, as shells report it.
    INTERRUPTED = 130


class NeedlecareError(Exception):
    """Base of every error that a person can mend; its text is one or more plain lines."""

    exit_code: ClassVar[ExitCode] = ExitCode.NO

    def __init__(self, text: str) -> None:
        """Take *text*, which may quote what was typed: what nobody can see in it is named."""
        super().__init__("\n".join(map(visible, text.split("\n"))))


class InputError(NeedlecareError):
    """Something that a person typed or provided can't be used as it stands."""

    exit_code = ExitCode.BAD_INPUT


class Problem(NamedTuple):
    """Something wrong in a file, and what would be right; lines and columns count from 1, and a folder has none."""

    message: str
    file: str
    line: int | None = 1
    column: int | None = 1

    @property
    def place(self) -> str:
        """Where it is, as `file:line:column`."""
        return ":".join(str(one) for one in (shown_path(self.file), self.line, self.column) if one is not None)

    def __str__(self) -> str:
        return f"{self.place}: {visible(self.message)}"


class RuleSetError(NeedlecareError):
    """A rule set is wrong; the text lists the problems, a line each, as `file:line:column: …`."""

    exit_code = ExitCode.WRONG_RULES

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class OutputError(NeedlecareError):
    """Something can't be written: no room, no permission, no such place."""

    exit_code = ExitCode.BAD_INPUT


def refuse(*checks: tuple[object, str]) -> None:
    """Raise the first of the problems that there is."""
    for wrong, problem in checks:
        if wrong:
            raise InputError(problem)


def close_names(word: str, known: Iterable[str], count: int = 2, *, alike: float = _ALIKE) -> list[str]:
    """Return up to *count* of the *known* names that look most like *word*, the nearest first, and not itself."""
    # difflib takes a third of the time of a start, and few runs have something to suggest.
    from difflib import get_close_matches

    names = [name for name in known if name != word]
    return get_close_matches(word, names, n=count, cutoff=alike) if len(word) <= _LONGEST else []


def misspelt(word: str, names: Iterable[str]) -> str:
    """Return the one of *names* that *word* is with up to two slips, of a short name fewer; nothing if it is none.

    Short ones may be any: HPV isn't HIV, and POTS isn't spots.
    """
    typed, marks = _letters(word)
    found = []
    for name in names:
        letters, own_marks = _letters(name)
        shortest = min(len(typed), len(letters))
        is_other = shortest < _SHORT or (shortest == _SHORT and typed[0] != letters[0])
        most = 0 if is_other else min(2, shortest - _SHORT + 1)
        is_near = own_marks == marks and abs(len(typed) - len(letters)) <= most
        if is_near and (count := _slips(typed, letters)) <= most:
            found.append((count, name.count(" "), name))
    return min(found, default=("",))[-1]


def _letters(name: str) -> tuple[str, list[str]]:
    """Return *name* without spaces, and what tells it apart in a letter alone: vitamin D isn't vitamin C."""
    words = name.removeprefix("a ").split()
    return "".join(words), [word for word in words if len(word) == 1]


def _slips(word: str, meant: str) -> int:
    """Count the letters that are missing, too many, wrong, or swapped with the next one, if *meant* was meant."""
    before: list[int] = []
    last: list[int] = [*range(len(meant) + 1)]
    for i, letter in enumerate(word):
        row: list[int] = [i + 1]
        for j, wanted in enumerate(meant):
            fewest = min(last[j] + (letter != wanted), last[j + 1] + 1, row[j] + 1)
            is_swapped = i > 0 and j > 0 and (word[i - 1], letter) == (wanted, meant[j - 1])
            row.append(min(fewest, before[j - 1] + 1) if is_swapped else fewest)
        before, last = last, row
    return last[-1]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean …?)` with the nearest of the *known* names, or nothing."""
    return suggestion(" or ".join(close_names(word, known)))


def suggestion(meant: str) -> str:
    """Return ` (did you mean …?)`, or nothing where nothing was *meant*."""
    return f" (did you mean {meant}?)" if meant else ""
