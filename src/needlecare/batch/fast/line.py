"""One line of JSON, from drawn parts: what order they stand in, what each day holds, and the dates in the gaps."""

from itertools import groupby
from operator import itemgetter

from needlecare.batch.fast.day0 import Day0, Instant
from needlecare.batch.fast.days import LISTS, Days
from needlecare.batch.fast.drawing import Artist, Drawn
from needlecare.batch.fast.gaps import COMMA, DATES, NOTHING, Filling, Text
from needlecare.timeline.days import LONGEST


class Line:
    """A line in the making."""

    def __init__(self, day0: Day0, artist: Artist, drawn: list[Drawn]) -> None:
        self._drawn = drawn
        self._days = artist.days
        self._filling = Filling(day0, artist.instants)
        self._places = _Places(day0.clock or 0, artist.instants)
        self._pieces: list[bytes] = []
        self._gaps: list[int] = []

    def add(self, written: bytes) -> None:
        """Add what has no gaps."""
        self._pieces.append(written)
        self._gaps.append(NOTHING)

    def add_all(self, texts: list[Text]) -> None:
        """Add *texts* with commas between them."""
        pieces, gaps = self._pieces, self._gaps
        for text in texts:
            pieces.extend(text.pieces)
            gaps.extend(text.gaps)
        if texts:
            gaps[-1] = NOTHING

    def add_windows(self) -> None:
        """Add the windows in the order of time."""
        places = self._places
        found = [
            ((places[one.start], one.kind, places[one.end], one.target, one.rule), one.text)
            for part in self._drawn
            for one in part.windows
        ]
        found.sort(key=itemgetter(0))
        self.add(b', "windows": [')
        self.add_all([text for _, text in found])
        self.add(b"]")

    def add_longer_if(self) -> None:
        """Add what would be longer, in the order of rules and of their targets."""
        found = [one for part in self._drawn for one in part.longer_if]
        found.sort(key=itemgetter(0))
        self.add(b', "longer_if": [')
        self.add_all([text for _, text in found])
        self.add(b"]")

    def add_shorter_if(self) -> None:
        """Add what would be shorter, in the order of activities."""
        self.add(b', "shorter_if": [')
        self.add_all([text for part in self._drawn for text in part.shorter_if])
        self.add(b"]")

    def add_days(self) -> None:
        """Add the days from the first of pre-care to the last that is shown."""
        first = min([part.first for part in self._drawn], default=0)
        last = max([part.last for part in self._drawn], default=0)
        lists: list[list[int]] = [[] for _ in LISTS]
        lifts: list[tuple[int, int, str, Text]] = []
        places = self._places
        for part in self._drawn:
            for number, entry in part.lists:
                lists[number].append(entry)
            for number, at, target, text in part.lifts:
                lifts.append((number, places[at], target, text))
        lifts.sort(key=itemgetter(0, 1, 2))
        days = self._days.of(lists)
        self.add(b', "days": [')
        begun = first
        for number, lifting in groupby(lifts, itemgetter(0)):
            if first <= number <= last:
                self._add_plain_days(days, begun, number)
                self._pieces.append(days.opened[number])
                self._gaps.append(DATES + number)
                self.add(days.held[number])
                self.add_all([lift[3] for lift in lifting])
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
