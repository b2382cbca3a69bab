"""One line of JSON, from drawn parts: what order they stand in, what each day holds, and the dates in the gaps."""

from datetime import date
from functools import lru_cache
from operator import itemgetter

from needlecare.batch.day0 import Day0, Instant
from needlecare.batch.drawing import COMMA, DATES, LAST_INSTANT, LISTS, NOTHING, Drawn, Text
from needlecare.timeline.days import LONGEST

_DAY = 24 * 60 * 60
_HELD = b'", ' + b", ".join(b'"%s": [%%s]' % name.encode() for name in LISTS) + b', "lifts": ['


class Line:
    """A line in the making."""

    def __init__(self, day0: Day0, instants: list[Instant | None], drawn: list[Drawn]) -> None:
        self._drawn = drawn
        self._clock = day0.clock or 0
        self._texts = _Texts(day0, instants)
        self._places = _Places(self._clock, instants)
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
        first, last, places = 0, 0, self._places
        lists: list[list[tuple[bytes, int]]] = [[] for _ in LISTS]
        lifts: dict[int, list[tuple[tuple[int, str], Text]]] = {}
        for part in self._drawn:
            first, last = min(first, part.first), max(last, part.last)
            for number, listed in part.lists:
                lists[number].append(listed)
            for lift in part.lifts:
                lifts.setdefault(lift.number, []).append(((places[lift.at], lift.target), lift.text))
        days = _days(*[_listed(tuple(one)) for one in lists])
        self.add(b', "days": [')
        begun = first
        for number in sorted(lifts):
            if first <= number <= last:
                self._add_plain_days(days, begun, number)
                self._pieces.append(days.opened[number])
                self._gaps.append(DATES + number)
                self.add(days.held[number])
                self.add_all([text for _, text in sorted(lifts[number], key=itemgetter(0))])
                self._pieces.append(b"]}")
                self._gaps.append(COMMA)
                begun = number + 1
        self._add_plain_days(days, begun, last + 1)
        self._gaps[-1] = NOTHING
        self.add(b"]")

    def _add_plain_days(self, days: "_Days", first: int, end: int) -> None:
        """Add days on which nothing lifts."""
        self._pieces.extend(days.pieces[2 * (LONGEST + first) : 2 * (LONGEST + end)])
        self._gaps.extend(days.gaps[2 * (LONGEST + first) : 2 * (LONGEST + end)])

    def filled(self) -> bytes:
        """Give the line with its gaps filled in."""
        line: list[bytes] = [b""] * (2 * len(self._pieces))
        line[::2] = self._pieces
        line[1::2] = map(self._texts.__getitem__, self._gaps)
        return b"".join(line)


class _Listed:
    """One list for each day that can be shown: the *targets* that have the day's bit."""

    def __init__(self, targets: tuple[tuple[bytes, int], ...]) -> None:
        changed = 1
        for _, days in targets:
            changed |= days ^ days << 1
        self.texts: list[bytes] = []
        text = b""
        for number in range(2 * LONGEST):
            if changed >> number & 1:
                text = b", ".join([target for target, days in targets if days >> number & 1])
            self.texts.append(text)


# Many people share their lists, and many all of them.
_listed = lru_cache(maxsize=1024)(_Listed)


class _Days:
    """All days that can be shown, by their numbers; as *pieces* and *gaps* those on which nothing lifts."""

    def __init__(self, *lists: _Listed) -> None:
        numbers = range(-LONGEST, LONGEST)
        held: list[bytes] = []
        previous = None
        for listed in zip(*(one.texts for one in lists), strict=True):
            held.append(held[-1] if listed == previous else _HELD % listed)
            previous = listed
        self.held = dict(zip(numbers, held, strict=True))
        self.opened = {number: b'{"day": %d, "date": "' % number for number in numbers}
        self.pieces = [piece for number in numbers for piece in (self.opened[number], self.held[number] + b"]}")]
        self.gaps = [gap for number in numbers for gap in (DATES + number, COMMA)]


_days = lru_cache(maxsize=128)(_Days)


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


class _Texts(dict[int, bytes]):
    """What goes into each gap."""

    def __init__(self, day0: Day0, instants: list[Instant | None]) -> None:
        super().__init__({NOTHING: b"", COMMA: b", "})
        self._clock = day0.clock or 0
        self._offset = day0.offset
        self._day = day0.treatment.day.toordinal()
        self._instants = instants

    def __missing__(self, number: int) -> bytes:
        if number > LAST_INSTANT:
            text = _dates[self._day + number - DATES]
        else:
            instant = self._instants[number]
            if instant is None:
                raise KeyError(number)
            days, seconds = divmod(instant.seconds + (self._clock if instant.follows else 0), _DAY)
            text = _dates[self._day + days] + _times[seconds, self._offset + instant.by]
        self[number] = text
        return text


class _Dates(dict[int, bytes]):
    def __missing__(self, ordinal: int) -> bytes:
        text = self[ordinal] = date.fromordinal(ordinal).isoformat().encode()
        return text


class _Times(dict[tuple[int, int], bytes]):
    """Times of the day with an offset; they are few."""

    def __missing__(self, key: tuple[int, int]) -> bytes:
        seconds, offset = key
        minutes, second = divmod(seconds, 60)
        said = b"T%02d:%02d:%02d%c" % (*divmod(minutes, 60), second, b"-" if offset < 0 else b"+")
        minutes, second = divmod(abs(offset), 60)
        said += b"%02d:%02d" % divmod(minutes, 60)
        text = self[key] = said + (b":%02d" % second if second else b"")
        return text


# Few enough to be kept: the days of three centuries, the minutes of a day.
_dates, _times = _Dates(), _Times()
