"""What a part comes to, freed from its date: every instant as a number of seconds from the start of day 0.

Moving a treatment by whole days moves everything by whole days, as long as no clock change comes between: the
computation can't tell the dates apart. Moving its time of day moves the instants that hang on it, as long as they
don't overtake others, which can happen only at multiples of the part's step (see `parts.measure`). A part is
therefore built once for each stretch of the day and each way in which clock changes lie between its instants.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any, Generic, NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from needlecare.batch.fast.crossings import Crossing, Questions, edges, lie_between, reach_of, shifts_of, tell_apart
from needlecare.batch.fast.day0 import (
    DAY,
    FAR,
    Around,
    Cell,
    Day0,
    Instant,
    Kind,
    Unsteady,
    cell_of,
    clocks_in,
    days_in,
    describe,
    seconds_of,
)
from needlecare.batch.fast.parts import Key, Measure, Part, measure
from needlecare.batch.fast.zones import ListeningZone
from needlecare.model.plan import Wait
from needlecare.model.ruleset import RuleSet
from needlecare.model.treatment import Treatment, treated_on

_MIDNIGHT = (0,)
_MOST_CHANGE = 3 * 60 * 60
# What is asked can be moved by a clock change, and by a day where it is rounded.
_AROUND = DAY + _MOST_CHANGE
_MOST_AWAY = FAR - _AROUND
_MOST = 10_000
_FEW = 14 * DAY
Product = TypeVar("Product", bound=tuple[tuple[Any, ...], ...])
Drawn = TypeVar("Drawn")


class _Shape(NamedTuple):
    """What was drawn of a part without clock changes from *first* to *last*, which is all that it asked about."""

    drawn: Any
    first: int
    last: int


class Known(NamedTuple):
    """A part that came up, and its shapes so far."""

    part: Part
    measure: Measure
    shapes: dict[object, _Shape]
    crossings: dict[object, list[Crossing]]


class _Bundle(NamedTuple):
    """What is drawn of the parts of a group that ask about few days around the treatment, *first* to *last*, as one.

    *others* are the parts that are left.
    """

    drawn: list[Any]
    first: float
    last: float
    others: list[Known]


class Group(NamedTuple):
    """Parts that are always wanted together, and what is bundled of them for each stretch of the day."""

    parts: list[Known]
    bundles: dict[Cell | None, _Bundle]


Build = Callable[[RuleSet, Part, Treatment], Product]
# Draws what was built for a treatment; instants are described by what is given last.
Draw = Callable[[Product, Treatment, Callable[[datetime], Instant]], Drawn]
# Makes one of several that were drawn, or leaves out those that can't be part of it.
Join = Callable[[list[Drawn]], Drawn]


class Shapes(Generic[Drawn]):
    """The shapes of all parts that came up, made by *build* and drawn by *draw*; *join* makes one of many."""

    def __init__(
        self, rule_set: RuleSet, build: Build[Any], draw: Draw[Any, Drawn], join: Join[Drawn] | None = None
    ) -> None:
        self._join = join
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

    def all_of(self, group: Group, day0: Day0) -> list[Drawn]:
        """Give all that is drawn of the parts of *group* on *day0*.

        Raises:
            Unsteady: one has to be built for this very treatment.
        """
        found: list[Drawn] = []
        cells, last_before, next_after = day0.cells, day0.last_before, day0.next_after
        parts, bundles = group
        if self._join is not None:
            cell = _cell_on(day0, DAY)
            bundle = bundles.get(cell) or self._bundle(group, day0, cell, self._join)
            if last_before < bundle.first and bundle.last < next_after:
                found += bundle.drawn
                parts = bundle.others
        for known in parts:
            _, (step, months, _), shapes, _ = known
            cell = cells.get(step) or _cell_on(day0, step)
            key = (cell, *[days_in(*one, day0.treatment.day) for one in months]) if months else cell
            plain = shapes.get(key) or self._learn_plain(known, key, day0, cell)
            drawn, first, last = plain
            if last_before < first and last < next_after:
                found.append(drawn)
            else:
                found.append(self._across(known, day0, key, plain))
        return found

    def _bundle(self, group: Group, day0: Day0, cell: Cell | None, join: Join[Drawn]) -> _Bundle:
        """Bundle what asks about few days, so that clock changes are seldom on the way, whatever the time in *cell*."""
        near, others = [], []
        for known in group.parts:
            by_day = known.measure.step == DAY and not known.measure.months
            plain = (known.shapes.get(cell) or self._learn_plain(known, cell, day0, cell)) if by_day else None
            if plain is not None and plain.first > -_FEW and plain.last < _FEW:
                near.append(plain)
            else:
                others.append(known)
        first, last = min([one.first for one in near], default=0), max([one.last for one in near], default=0)
        bundle = group.bundles[cell] = _Bundle([join([one.drawn for one in near])], first, last, others)
        return bundle

    def _across(self, known: Known, day0: Day0, key: object, plain: _Shape) -> Drawn:
        """Give what is drawn where clocks change on the way."""
        clock, step = day0.clock or 0, known.measure.step
        changes = tuple([one for one in day0.changes if plain.first <= one[0] <= plain.last])
        kind = day0.kinds.get((step, changes)) or _kind_of(day0, step, changes)
        crossings = known.crossings.setdefault((key, kind), [])
        for crossing in crossings:
            if crossing.is_like(changes, clock):
                drawn: Drawn = crossing.drawn
                return drawn
        zone, day = day0.treatment.zone, day0.treatment.day
        drawn, asked = self._learn(known.part, day, zone, clocks_in(kind.cell), day0.offset)
        first, last = reach_of(asked)
        if first < plain.first or plain.last < last:
            raise Unsteady
        crossings.append(Crossing(drawn, tuple(lie_between(asked, changes, clock))))
        return drawn

    def _learn_plain(self, known: Known, key: object, day0: Day0, cell: Cell | None) -> _Shape:
        """Learn a part in a zone without clock changes."""
        if not known.measure.steady:
            raise Unsteady
        drawn, asked = self._learn(known.part, day0.treatment.day, None, clocks_in(cell), 0)
        first, last = reach_of(asked)
        if max(-first, last) > _MOST_AWAY:
            raise Unsteady
        shape = known.shapes[key] = _Shape(drawn, first - _AROUND, last + _AROUND)
        return shape

    def _learn(
        self, part: Part, day: date, real: ZoneInfo | None, clocks: list[time | None], offset: int
    ) -> tuple[Drawn, Questions]:
        """Build *part* for treatments at *clocks*, and see which instants and questions follow the time."""
        self.count += 1
        if self.count > _MOST:
            # Memory stays flat; what is still needed is soon there again.
            for known in self._known.values():
                known.shapes.clear()
                known.crossings.clear()
            self.count = 0
        zones = [ListeningZone(day, real) for _ in clocks]
        treatments = [treated_on(day, clock, cast("ZoneInfo", zone)) for clock, zone in zip(clocks, zones, strict=True)]
        builts = [self._build(self._rule_set, part, treatment) for treatment in treatments]
        said: dict[datetime, Instant] = {}
        for instants in set(zip(*(list(_instants(built)) for built in builts), strict=True)):
            found = describe(instants, treatments, offset)
            if said.setdefault(instants[0], found) != found:
                raise Unsteady
        if any(_rest(built) != _rest(builts[0]) for built in builts):
            raise Unsteady
        asked = tell_apart([zone.asked for zone in zones], [seconds_of(clock) for clock in clocks])
        return self._draw(builts[0], treatments[0], said.__getitem__), asked


def _cell_on(day0: Day0, step: int) -> Cell | None:
    """Tell which stretch of the day the treatment is in, for what counts in multiples of *step*."""
    if day0.clock is None:
        return None
    cell = day0.cells[step] = cell_of(day0.clock, step, _MIDNIGHT)
    return cell


def _kind_of(day0: Day0, step: int, changes: tuple[Around, ...]) -> Kind:
    """Tell of which kind *changes* are for all that counts in multiples of *step*."""
    shifts = shifts_of(tuple([one.by for one in changes]))
    if max(shifts) > _MOST_CHANGE:
        raise Unsteady
    passed = tuple([one.at % step for one in changes])
    cell = None if day0.clock is None else cell_of(day0.clock, step, edges(passed, shifts, step))
    kind = Kind(cell, passed, tuple([(one.by, one.is_over) for one in changes]))
    day0.kinds[step, changes] = kind
    return kind


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
