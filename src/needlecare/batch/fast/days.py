"""What the lists of each day hold: written once for all people who share them."""

from functools import lru_cache

from needlecare.batch.fast.gaps import COMMA, DATES
from needlecare.timeline.days import LONGEST

LISTS = ("avoid", "better_not", "only_if", "do", "prepare", "expect")
_NUMBERS = range(-LONGEST, LONGEST)
_HELD = b'", ' + b", ".join(b'"%s": [%%s]' % name.encode() for name in LISTS) + b', "lifts": ['


class Days:
    """All days that can be shown: *opened* up to their dates, and what they *held* from there up to what lifts.

    As *pieces* and *gaps* they are written whole, for days on which nothing lifts.
    """

    def __init__(self, lists: tuple[list[bytes], ...]) -> None:
        self.opened = {number: b'{"day": %d, "date": "' % number for number in _NUMBERS}
        self.held: dict[int, bytes] = {}
        self.pieces: list[bytes] = []
        self.gaps: list[int] = []
        previous = None
        held = closed = b""
        for number, listed in zip(_NUMBERS, zip(*lists, strict=True), strict=True):
            if listed != previous:
                previous, held = listed, _HELD % listed
                closed = held + b"]}"
            self.held[number] = held
            self.pieces.extend((self.opened[number], closed))
            self.gaps.extend((DATES + number, COMMA))


class DayTexts:
    """Writes days; an entry is the number of a list, a target, and a bit for each day on which it stands there."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, bytes, int]] = []
        self._numbers: dict[tuple[int, bytes, int], int] = {}
        self._listed = lru_cache(maxsize=512)(self._write_list)
        self.of = lru_cache(maxsize=256)(self._write_days)

    def number(self, listed: int, target: bytes, days: int) -> int:
        """Give the number of an entry."""
        entry = (listed, target, days)
        known = self._numbers.get(entry)
        if known is None:
            known = self._numbers[entry] = len(self._entries)
            self._entries.append(entry)
        return known

    def _write_days(self, entries: tuple[int, ...]) -> Days:
        """Write the days that hold *entries*."""
        lists: list[list[int]] = [[] for _ in LISTS]
        for entry in entries:
            lists[self._entries[entry][0]].append(entry)
        for listed in lists:
            listed.sort(key=lambda entry: self._entries[entry][1])
        return Days(tuple([self._listed(tuple(listed)) for listed in lists]))

    def _write_list(self, entries: tuple[int, ...]) -> list[bytes]:
        """Write a list for each day; it is written anew only where it has changed."""
        found = [self._entries[entry][1:] for entry in entries]
        changed = 1
        for _, days in found:
            changed |= days ^ days << 1
        written: list[bytes] = []
        text = b""
        for number in range(len(_NUMBERS)):
            if changed >> number & 1:
                text = b", ".join([target for target, days in found if days >> number & 1])
            written.append(text)
        return written
