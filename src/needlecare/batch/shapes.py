"""What a part comes to, freed from its date: every instant as a number of seconds from the start of day 0.

Moving a treatment by whole days moves everything by whole days, as long as no clock change comes between: the
computation can't tell the dates apart. Moving its time of day moves the instants that hang on it, as long as they
don't overtake others, which can happen only at multiples of the part's step (see `parts.measure`). A part is
therefore built once for each stretch of the day and each way in which clock changes lie between its instants.
"""

from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import lru_cache
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from needlecare.batch.day0 import (
    DAY,
    FAR,
    Around,
    Cell,
    Day0,
    Instant,
    Unsteady,
    as_time,
    days_in,
    describe,
    seconds_of,
)
from needlecare.model.plan import Wait
from needlecare.model.ruleset import RuleSet
from needlecare.model.treatment import Treatment, make_treatment
from needlecare.timeline.parts import Key, Measure, Part, measure
from needlecare.timeline.zones import ListeningZone, Question

_NARROWEST = 60
_MIDNIGHT = (0,)
_MOST_CHANGE = 3 * 60 * 60
# What is asked can be moved by a clock change, and by a day where it is rounded.
_AROUND = DAY + _MOST_CHANGE
_MOST_AWAY = FAR - _AROUND
_MOST = 600_000
Product = TypeVar("Product", bound=tuple[tuple[Any, ...], ...])
Drawn = TypeVar("Drawn")


class _Questions(NamedTuple):
    """What was asked of a zone at *fixed* times of days, and at times that follow that of the treatment."""

    fixed: frozenset[Question]
    following: frozenset[Question]


class _Shape(NamedTuple):
    """What was drawn of a part without clock changes from *first* to *last*, which is all that it asked about."""

    drawn: Any
    first: int
    last: int


class _Crossing(NamedTuple):
    """What was drawn of a part across clock changes.

    It is the same wherever these lie between the same questions: *fixed* ones and those that follow the time of the
    treatment, for each change, with the time of that change.
    """

    drawn: Any
    changes: tuple[tuple[int, list[int], list[int]], ...]

    def is_like(self, changes: list[Around], clock: int) -> bool:
        """Tell whether each question is answered alike where the clocks change at other times."""
        for (at, fixed, following), (other, _, _) in zip(self.changes, changes, strict=True):
            low, high = (at, other) if at < other else (other, at)
            for point in fixed:
                if low <= point < high:
                    return False
            for point in following:
                if low <= point + clock < high:
                    return False
        return True


class Known(NamedTuple):
    """A part that came up, and its shapes so far."""

    part: Part
    measure: Measure
    shapes: dict[object, _Shape]
    crossings: dict[object, list[_Crossing]]


Build = Callable[[RuleSet, Part, Treatment], Product]
# Draws what was built for a treatment; instants are described by what is given last.
Draw = Callable[[Product, Treatment, Callable[[datetime], Instant]], Drawn]


class Shapes(Generic[Drawn]):
    """The shapes of all parts that came up, made by *build* and drawn by *draw*."""

    def __init__(self, rule_set: RuleSet, build: Build[Any], draw: Draw[Any, Drawn]) -> None:
        self._rule_set = rule_set
        self._build = build
        self._draw = draw
        self._known: dict[Key, Known] = {}
        self.count = 0

    def known(self, part: Part) -> Known:
        """Give what is known of *part*; to be kept, since it is faster to ask for than to find."""
        known = self._known.get(part.key)
        if known is None:
            known = self._known[part.key] = Known(part, measure(self._rule_set, part), {}, {})
        return known

    def of(self, known: Known, day0: Day0) -> Drawn:
        """Give what is drawn of a part on *day0*.

        Raises:
            Unsteady: it has to be built for this very treatment.
        """
        step, months, steady = known.measure
        cell = day0.cells.get(step)
        if cell is None and day0.clock is not None:
            cell = day0.cells[step] = _cell(day0.clock, step, _MIDNIGHT)
        key = (cell, *[days_in(*one, day0.treatment.day) for one in months]) if months else cell
        plain = known.shapes.get(key)
        if plain is None:
            if not steady:
                raise Unsteady
            plain = known.shapes[key] = self._learn_plain(known.part, day0, cell)
        if day0.last_before < plain.first and plain.last < day0.next_after:
            drawn: Drawn = plain.drawn
            return drawn
        return self._across(known, day0, key, plain)

    def _across(self, known: Known, day0: Day0, key: object, plain: _Shape) -> Drawn:
        """Give what is drawn where clocks change on the way."""
        clock, step = day0.clock or 0, known.measure.step
        changes = [one for one in day0.changes if plain.first <= one.at <= plain.last]
        shifts = _shifts(tuple([one.by for one in changes]))
        if max(shifts) > _MOST_CHANGE:
            raise Unsteady
        passed = tuple([one.at % step for one in changes])
        cell = None if day0.clock is None else _cell(clock, step, _edges(passed, shifts, step))
        kind = (key, cell, passed, *[(one.by, one.is_over) for one in changes])
        crossings = known.crossings.setdefault(kind, [])
        for crossing in crossings:
            if crossing.is_like(changes, clock):
                drawn: Drawn = crossing.drawn
                return drawn
        zone, day = day0.treatment.zone, day0.treatment.day
        drawn, asked = self._learn(known.part, day, zone, _clocks(cell), day0.offset)
        first, last = _range(asked)
        if first < plain.first or plain.last < last:
            raise Unsteady
        crossings.append(_Crossing(drawn, tuple(_points(asked, changes))))
        return drawn

    def _learn_plain(self, part: Part, day0: Day0, cell: Cell | None) -> _Shape:
        """Learn *part* in a zone without clock changes."""
        drawn, asked = self._learn(part, day0.treatment.day, None, _clocks(cell), 0)
        first, last = _range(asked)
        if max(-first, last) > _MOST_AWAY:
            raise Unsteady
        return _Shape(drawn, first - _AROUND, last + _AROUND)

    def _learn(
        self, part: Part, day: date, real: ZoneInfo | None, clocks: list[time | None], offset: int
    ) -> tuple[Drawn, _Questions]:
        """Build *part* for treatments at *clocks*, and see which instants and questions follow the time."""
        self.count += 1
        if self.count > _MOST:
            # Memory stays flat; what is still needed is soon there again.
            for known in self._known.values():
                known.shapes.clear()
                known.crossings.clear()
            self.count = 0
        zones = [ListeningZone(day, real) for _ in clocks]
        treatments = [
            make_treatment(day, clock, cast("ZoneInfo", zone)) for clock, zone in zip(clocks, zones, strict=True)
        ]
        builts = [self._build(self._rule_set, part, treatment) for treatment in treatments]
        said: dict[datetime, Instant] = {}
        for instants in zip(*(list(_instants(built)) for built in builts), strict=True):
            found = describe(instants, treatments, offset)
            if said.setdefault(instants[0], found) != found:
                raise Unsteady
        if any(_rest(built) != _rest(builts[0]) for built in builts):
            raise Unsteady
        asked = _questions([zone.asked for zone in zones], [seconds_of(clock) for clock in clocks])
        return self._draw(builts[0], treatments[0], said.__getitem__), asked


def _questions(asked: list[list[Question]], clocks: list[int]) -> _Questions:
    """Tell what was asked whatever the time of the treatment from what was asked about other times."""
    fixed, following = set(), set()
    first, last = asked[0], asked[-1]
    if len(first) != len(last):
        raise Unsteady
    for one, other in zip(first, last, strict=True):
        if one == other:
            fixed.add(one)
        elif one.fold == other.fold and other.seconds - one.seconds == clocks[-1] - clocks[0]:
            following.add(one._replace(seconds=one.seconds - clocks[0]))
        else:
            raise Unsteady
    return _Questions(frozenset(fixed), frozenset(following))


def _range(asked: _Questions) -> tuple[int, int]:
    """Tell from when to when was asked, at any time of the treatment."""
    times = [one.seconds for one in (*asked.fixed, *asked.following)]
    return min(times), max(times) + DAY


def _points(asked: _Questions, changes: list[Around]) -> Iterator[tuple[int, list[int], list[int]]]:
    """Turn questions into points in time: one is answered by the time before a change if it comes before that."""
    sums = [0, *accumulate(one.by for one in changes)]
    start = sums[sum(one.is_over for one in changes)]
    for number, (at, _, _) in enumerate(changes):
        before, after = sums[number] - start, sums[number + 1] - start
        # A wall-clock time that doesn't exist or comes twice is read by its fold.
        moved = {None: 0, 0: max(before, after), 1: min(before, after)}
        fixed, following = (sorted({one.seconds - moved[one.fold] for one in some}) for some in asked)
        yield at, fixed, following


@lru_cache(maxsize=1024)
def _edges(changes: tuple[int, ...], shifts: frozenset[int], step: int) -> tuple[int, ...]:
    """Give the times of the day, within a *step*, at which an instant can overtake another one or a clock change."""
    return tuple(sorted({(one + shift) % step for one in (0, *changes) for shift in shifts}))


@lru_cache(maxsize=64)
def _shifts(changes: tuple[int, ...]) -> frozenset[int]:
    """Give by how much two instants can be moved against each other where clocks change on the way."""
    sums = [0, *accumulate(changes)]
    return frozenset(one - other for one in sums for other in sums)


def _cell(clock: int, step: int, edges: tuple[int, ...]) -> Cell:
    """Tell between which edges of the day *clock* is; *edges* repeat with every *step*. On an edge it is both."""
    start = clock - clock % step
    rest = clock - start
    place = bisect(edges, rest) - 1
    if rest == edges[place]:
        return clock, clock
    below = edges[place] if place >= 0 else edges[-1] - step
    above = edges[place + 1] if place + 1 < len(edges) else edges[0] + step
    return max(start + below, 0), min(start + above, DAY)


def _clocks(cell: Cell | None) -> list[time | None]:
    """Choose times to learn from: the one on the edge, or two between edges."""
    if cell is None:
        return [None]
    start, end = cell
    if start < end < start + _NARROWEST:
        raise Unsteady
    third = (end - start) // 3
    return [as_time(one) for one in ((start,) if start == end else (start + third, start + 2 * third))]


def _instants(built: tuple[tuple[Any, ...], ...]) -> Iterator[datetime]:
    """Give every instant in *built*, in order."""
    for entries in built:
        for entry in entries:
            yield from (value for value in entry if isinstance(value, datetime))


def _rest(built: tuple[tuple[Any, ...], ...]) -> list[object]:
    """Give what is in *built* besides instants."""
    return [
        [wait.bound for wait in value] if value and isinstance(value, tuple) and isinstance(value[0], Wait) else value
        for entries in built
        for entry in entries
        for value in entry
        if not isinstance(value, datetime)
    ]
