"""Text with gaps, and what is filled in: instants and dates by their numbers, commas."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from needlecare.batch.fast.day0 import Day0, Instant

# Two characters that no text may hold mark a gap. What stands between them is the number of an instant.
OPEN, CLOSE = "\ue000", "\ue001"
_GAP = re.compile(f"{OPEN}(\\d+){CLOSE}")
NOTHING, COMMA = 0, 1
# Dates have numbers too: this one, and that of the day.
DATES = 1_000_000_000
_LAST_INSTANT = DATES // 2
_DAY = 24 * 60 * 60
# Days that nearly every plan has.
_MOST_SHOWN = range(-14, 31)


class Text(NamedTuple):
    """Pieces of text, each followed by what is filled in: the number of an instant or a date, a comma or nothing."""

    pieces: tuple[bytes, ...]
    gaps: tuple[int, ...]


def gap(number: int) -> str:
    """Write the gap for what has *number*."""
    return f"{OPEN}{number}{CLOSE}"


def holds_gap(value: object) -> bool:
    """Tell whether a text in *value*, however deep, has what a gap begins with."""
    if isinstance(value, str):
        return OPEN in value
    if isinstance(value, Mapping):
        return any(map(holds_gap, value)) or any(map(holds_gap, value.values()))
    return isinstance(value, tuple | frozenset) and any(map(holds_gap, value))


def split(written: str) -> Text:
    """Take *written* apart at its gaps; a comma follows it."""
    first, *others = _GAP.split(written)
    pieces = (first, *others[1::2])
    return Text(tuple([piece.encode() for piece in pieces]), (*map(int, others[::2]), COMMA))


class Filling(dict[int, bytes]):
    """What goes into each gap for one treatment."""

    def __init__(self, day0: Day0, instants: list[Instant | None]) -> None:
        super().__init__(_around(day0.treatment.day.toordinal()))
        self._clock = day0.clock or 0
        self._offset = day0.offset
        self._day = day0.treatment.day.toordinal()
        self._instants = instants

    def __missing__(self, number: int) -> bytes:
        if number > _LAST_INSTANT:
            text = _dates[self._day + number - DATES]
        else:
            instant = self._instants[number]
            if instant is None:
                raise KeyError(number)
            days, seconds = divmod(instant.seconds + (self._clock if instant.follows else 0), _DAY)
            text = _dates[self._day + days] + _times[seconds, self._offset + instant.by]
        self[number] = text
        return text


@lru_cache(maxsize=512)
def _around(day: int) -> dict[int, bytes]:
    """Give what most plans of a *day* are filled with."""
    return {NOTHING: b"", COMMA: b", ", **{DATES + number: _dates[day + number] for number in _MOST_SHOWN}}


class _Dates(dict[int, bytes]):
    def __missing__(self, ordinal: int) -> bytes:
        text = self[ordinal] = date.fromordinal(ordinal).isoformat().encode()
        return text


class _Times(dict[tuple[int, int], bytes]):
    """Times of the day with an offset."""

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
