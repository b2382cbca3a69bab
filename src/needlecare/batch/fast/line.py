"""One line of JSON, from drawn parts: what order they stand in, what each day holds, and the dates in the gaps."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from needlecare.batch.fast.day0 import Day0, Instant
from needlecare.batch.fast.days import Days
from needlecare.batch.fast.drawing import Artist, Drawn, DrawnLift, DrawnWindow
from needlecare.batch.fast.gaps import COMMA, DATES, NOTHING, Filling, Text
from needlecare.timeline.days import LONGEST

_ORDER, _TEXT = itemgetter(0, 1, 2, 3, 4), itemgetter(-1)


class Line:
    """A line in the making."""

    def __init__(self, day0: Day0, artist: Artist, drawn: list[Drawn]) -> None:
        self._windows: list[DrawnWindow] = []
        self._lifts: list[DrawnLift] = []
        self._longer_if: list[tuple[tuple[str, int], Text]] = []
        self._shorter_if: list[tuple[str, Text]] = []
        entries: list[int] = []
        self._first = self._last = 0
        # One pass, and tuples taken apart rather than asked for their fields: this is most of the work.
        for windows, listed, lifts, first, last, longer_if, shorter_if in drawn:
            self._windows += windows
            entries += listed
            self._lifts += lifts
            self._longer_if += longer_if
            self._shorter_if += shorter_if
            self._first = min(self._first, first)
            self._last = max(self._last, last)
        self._days = artist.days.of(tuple(entries))
        self._filling = Filling(day0, artist.instants)
        self._places = _Places(day0.clock or 0, artist.instants)
        self._pieces: list[bytes] = []
        self._gaps: list[int] = []

    def add(self, written: bytes) -> None:
        """Add what has no gaps."""
        self._pieces.append(written)
        self._gaps.append(NOTHING)

    def add_all(self, texts: Iterable[Text]) -> None:
        """Add *texts* with commas between them."""
        pieces, gaps = self._pieces, self._gaps
        before = len(gaps)
        for between, filled in texts:
            pieces += between
            gaps += filled
        if len(gaps) > before:
            gaps[-1] = NOTHING

    def add_windows(self) -> None:
        """Add the windows in the order of time."""
        places = self._places
        found = [
            (places[start], kind, places[end], target, rule, text)
            for start, kind, end, target, rule, text in self._windows
        ]
        found.sort(key=_ORDER)
        self.add(b', "windows": [')
        self.add_all(map(_TEXT, found))
        self.add(b"]")

    def add_longer_if(self) -> None:
        """Add what would be longer, in the order of rules and of their targets."""
        self._longer_if.sort(key=itemgetter(0))
        self.add(b', "longer_if": [')
        self.add_all(map(_TEXT, self._longer_if))
        self.add(b"]")

    def add_shorter_if(self) -> None:
        """Add what would be shorter, in the order of activities."""
        self._shorter_if.sort(key=itemgetter(0))
        self.add(b', "shorter_if": [')
        self.add_all(map(_TEXT, self._shorter_if))
        self.add(b"]")

    def add_days(self) -> None:
        """Add the days from the first of pre-care to the last that is shown."""
        places, days, last = self._places, self._days, self._last
        lifts = [(number, places[at], target, text) for number, at, target, text in self._lifts]
        lifts.sort(key=itemgetter(0, 1, 2))
        self.add(b', "days": [')
        begun = self._first
        for number, lifting in groupby(lifts, itemgetter(0)):
            if begun <= number <= last:
                self._add_plain_days(days, begun, number)
                self._pieces.append(days.opened[number])
                self._gaps.append(DATES + number)
                self.add(days.held[number])
                self.add_all(map(_TEXT, lifting))
                self._pieces.append(b"]}")
                self._gaps.append(COMMA)
                begun = number + 1
        self._add_plain_days(days, begun, last + 1)
        self._gaps[-1] = NOTHING
        self.add(b"]")

    def _add_plain_days(self, days: Days, first: int, end: int) -> None:
        """Add days on which nothing lifts."""
        self._pieces.extend(days.pieces[2 * (LONGEST + first) : 2 * (LONGEST + end)])
        self._gaps.extend(days.gaps[2 * (LONGEST + first) : 2 * (LONGEST + end)])

    def filled(self) -> bytes:
        """Give the line with its gaps filled in."""
        line: list[bytes] = [b""] * (2 * len(self._pieces))
        line[::2] = self._pieces
        line[1::2] = map(self._filling.__getitem__, self._gaps)
        return b"".join(line)


class _Places(dict[int, int]):
    """Where each instant stands in time."""

    def __init__(self, clock: int, instants: list[Instant | None]) -> None:
        self._clock = clock
        self._instants = instants

    def __missing__(self, number: int) -> int:
        instant = self._instants[number]
        if instant is None:
            raise KeyError(number)
        place = instant.seconds + (self._clock if instant.follows else 0) - instant.by
        self[number] = place
        return place
