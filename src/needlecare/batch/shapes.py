"""What a part comes to, freed from its date: every instant as a number of seconds from the start of day 0.

Moving a treatment by whole days moves everything by whole days, as long as no clock change comes between: the
computation can't tell the dates apart. Moving its time of day moves the instants that hang on it, as long as they
don't overtake others, which can happen only at multiples of the part's step (see `parts.measure`). A part is
therefore built once for each stretch of the day and each way in which clock changes lie between its instants.
"""

from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from needlecare.model.plan import FOREVER, Wait
from needlecare.model.ruleset import RuleSet
from needlecare.model.time import Duration, shift_date
from needlecare.model.treatment import Treatment, make_treatment
from needlecare.timeline.parts import Key, Measure, Part, measure
from needlecare.timeline.zones import Change, ListeningZone, changes_between

_DAY = 24 * 60 * 60
_FAR = 400 * _DAY
_NARROWEST = 60
_MIDNIGHT = (0,)
_SECOND = timedelta(seconds=1)
_EPOCH = date(1970, 1, 1)
_MOST_CHANGE = 3 * 60 * 60
_MOST = 600000
Product = TypeVar("Product", bound=tuple[tuple[Any, ...], ...])
Drawn = TypeVar("Drawn")


# A stretch of the day between two times; a single time is both.
_Cell = tuple[int, int]


class Instant(NamedTuple):
    """An instant by the wall clock: *seconds* from the start of day 0, plus the time of the treatment if it *follows*.

    *by* is how much further the clocks are there than at the start of day 0.
    """

    seconds: int
    follows: bool
    by: int


class Day0(NamedTuple):
    """When a treatment takes place, as seconds from the start of its day.

    *clock* is its time, *offset* that of the zone as the day starts, *changes* are the clock changes around, and
    *last_before* and *next_after* the nearest of them; *cells* tells the stretch of the day for each step.
    """

    treatment: Treatment
    clock: int | None
    offset: int
    changes: tuple[Change, ...]
    last_before: int
    next_after: int
    cells: dict[int, _Cell]


class Unsteady(Exception):  # noqa: N818  not an error: the caller takes the long way
    """What was built can't be moved to another date or time."""


def look_at(treatment: Treatment) -> Day0:
    """Look at when *treatment* takes place.

    Raises:
        Unsteady: not in whole minutes, or something has been seen since.
    """
    clock = treatment.clock
    if treatment.seen or (clock is not None and (clock.second or clock.microsecond or clock.tzinfo)):
        raise Unsteady
    around = _around(treatment.day, treatment.zone)
    seconds = None if clock is None else clock.hour * 3600 + clock.minute * 60
    return Day0(treatment, seconds, *around, {})


@lru_cache(maxsize=2048)
def _around(day: date, zone: ZoneInfo) -> tuple[int, tuple[Change, ...], int, int]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    offset = (midnight.utcoffset() or timedelta()) // _SECOND
    start = (day - _EPOCH) // _SECOND - offset
    changes = tuple(Change(one.at - start, one.by) for one in changes_between(zone, start - _FAR, start + _FAR))
    before = max((one.at for one in changes if one.at <= 0), default=-_FAR)
    after = min((one.at for one in changes if one.at > 0), default=_FAR)
    return offset, changes, before, after


@lru_cache(maxsize=8192)
def _days_in(months: Duration, sign: int, day: date) -> int:
    """Count the days that *months* from *day* are."""
    return (shift_date(day, months, sign) - day).days


class _Shape(NamedTuple):
    """What was drawn of a part, and the points at which it looked at the clocks.

    *fixed* points hang on the day alone, *following* ones on the time of the treatment too; all lie between *first*
    and *last*.
    """

    drawn: Any
    fixed: tuple[int, ...] = ()
    following: tuple[int, ...] = ()
    first: int = 0
    last: int = 0


class Known(NamedTuple):
    """A part that came up, and its shapes so far."""

    part: Part
    measure: Measure
    shapes: dict[object, _Shape]


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
            known = self._known[part.key] = Known(part, measure(self._rule_set, part), {})
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
        key = (cell, *[_days_in(*one, day0.treatment.day) for one in months]) if months else cell
        plain = known.shapes.get(key)
        if plain is None:
            if not steady:
                raise Unsteady
            plain = self._keep(known, key, self._learn_plain(known.part, day0, cell, step))
        if day0.last_before < plain.first and plain.last < day0.next_after:
            drawn: Drawn = plain.drawn
            return drawn
        return self._across(known, day0, key, plain)

    def _across(self, known: Known, day0: Day0, key: object, plain: _Shape) -> Drawn:
        """Give what is drawn where clocks change on the way.

        It is the same for all dates where that happens between the same instants, unless it is near one of them.
        """
        clock, step = day0.clock or 0, known.measure.step
        changes = [one for one in day0.changes if plain.first <= one.at <= plain.last]
        shifts = _shifts(tuple([by for _, by in changes]))
        margin = max(shifts)
        if margin > _MOST_CHANGE:
            raise Unsteady
        points = sorted([*plain.fixed, *[point + clock for point in plain.following]])
        marks: list[object] = []
        for at, by in changes:
            place = bisect(points, at)
            is_near = (place and at - points[place - 1] <= margin) or (
                place < len(points) and points[place] - at <= margin
            )
            marks.append((at, by) if is_near else (None, place, by))
        passed = tuple([at % step for at, _ in changes])
        cell = None if day0.clock is None else _cell(clock, step, _edges(passed, shifts, step))
        key = (key, cell, *marks)
        shape = known.shapes.get(key)
        if shape is None:
            day, zone = day0.treatment.day, day0.treatment.zone
            treatments = [make_treatment(day, clock, zone) for clock in _clocks(cell)]
            shape = self._keep(known, key, _Shape(self._learn(known.part, treatments, day0.offset)))
        drawn: Drawn = shape.drawn
        return drawn

    def _keep(self, known: Known, key: object, shape: _Shape) -> _Shape:
        self.count += 1
        if self.count > _MOST:
            # Memory stays flat; what is still needed is soon there again.
            for one in self._known.values():
                one.shapes.clear()
            self.count = 0
        known.shapes[key] = shape
        return shape

    def _learn_plain(self, part: Part, day0: Day0, cell: _Cell | None, step: int) -> _Shape:
        """Build *part* in a zone without clock changes that notes what it is asked."""
        day, clocks = day0.treatment.day, _clocks(cell)
        zone = ListeningZone(day)
        drawn = self._learn(part, [make_treatment(day, clock, cast("ZoneInfo", zone)) for clock in clocks], 0)
        fixed, following = set(), set()
        times = [_seconds(clock) for clock in clocks]
        for point in zone.asked:
            if len(times) == 1 or point % step in (0, step - 1):
                fixed.add(point)
            else:
                # The instant before another one belongs to the second before.
                near = [one for one in times if (point - one) % step in (0, step - 1)]
                if len(near) != 1:
                    raise Unsteady
                following.add(point - near[0])
        points = [*fixed, *following, *(point + _DAY for point in following)]
        first, last = min(points) - _MOST_CHANGE, max(points) + _MOST_CHANGE
        if max(-first, last) > _FAR:
            raise Unsteady
        return _Shape(drawn, tuple(fixed), tuple(following), first, last)

    def _learn(self, part: Part, treatments: list[Treatment], offset: int) -> Drawn:
        """Build *part* for each of *treatments*, which differ in their time alone, and see what follows the time."""
        builts = [self._build(self._rule_set, part, treatment) for treatment in treatments]
        said: dict[datetime, Instant] = {}
        for instants in zip(*(list(_instants(built)) for built in builts), strict=True):
            found = _instant(instants, treatments, offset)
            if said.setdefault(instants[0], found) != found:
                raise Unsteady
        if any(_rest(built) != _rest(builts[0]) for built in builts):
            raise Unsteady
        return self._draw(builts[0], treatments[0], said.__getitem__)


@lru_cache(maxsize=1024)
def _edges(changes: tuple[int, ...], shifts: frozenset[int], step: int) -> tuple[int, ...]:
    """Give the times of the day, within a *step*, at which an instant can overtake another one or a clock change."""
    return tuple(sorted({(one + shift) % step for one in (0, *changes) for shift in shifts}))


@lru_cache(maxsize=64)
def _shifts(changes: tuple[int, ...]) -> frozenset[int]:
    """Give by how much two instants can be moved against each other where clocks change on the way."""
    sums = [0, *accumulate(changes)]
    return frozenset(one - other for one in sums for other in sums)


def _cell(clock: int, step: int, edges: tuple[int, ...]) -> _Cell:
    """Tell between which edges of the day *clock* is; *edges* repeat with every *step*. On an edge it is both."""
    start = clock - clock % step
    rest = clock - start
    place = bisect(edges, rest) - 1
    if rest == edges[place]:
        return clock, clock
    below = edges[place] if place >= 0 else edges[-1] - step
    above = edges[place + 1] if place + 1 < len(edges) else edges[0] + step
    return max(start + below, 0), min(start + above, _DAY)


def _clocks(cell: _Cell | None) -> list[time | None]:
    """Choose times to learn from: the one on the edge, or two between edges."""
    if cell is None:
        return [None]
    start, end = cell
    if start < end < start + _NARROWEST:
        raise Unsteady
    third = (end - start) // 3
    return [_as_time(one) for one in ((start,) if start == end else (start + third, start + 2 * third))]


def _as_time(seconds: int) -> time:
    minutes, second = divmod(seconds, 60)
    return time(*divmod(minutes, 60), second)


def _instant(instants: tuple[datetime, ...], treatments: list[Treatment], offset: int) -> Instant:
    """Describe one instant by what it is for each of *treatments*."""
    found = [_local(instant, treatment, offset) for instant, treatment in zip(instants, treatments, strict=True)]
    first, last = found[0], found[-1]
    if len(found) == 1 or first == last:
        return Instant(first[0], follows=False, by=first[1])
    clocks = [_seconds(treatment.clock) for treatment in treatments]
    if (last[0] - first[0], last[1]) != (clocks[-1] - clocks[0], first[1]):
        raise Unsteady
    return Instant(first[0] - clocks[0], follows=True, by=first[1])


def _local(instant: datetime, treatment: Treatment, offset: int) -> tuple[int, int]:
    if instant == FOREVER:
        return -1, 0
    local = instant.astimezone(treatment.zone)
    start = datetime(treatment.day.year, treatment.day.month, treatment.day.day)  # noqa: DTZ001  wall-clock time
    seconds, rest = divmod(local.replace(tzinfo=None) - start, _SECOND)
    if rest:
        raise Unsteady
    return seconds, (local.utcoffset() or timedelta()) // _SECOND - offset


def _seconds(clock: time | None) -> int:
    return 0 if clock is None else clock.hour * 3600 + clock.minute * 60 + clock.second


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
