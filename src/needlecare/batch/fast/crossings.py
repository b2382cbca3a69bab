"""Where clock changes lie between the questions that a computation asks of its zone."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from needlecare.batch.fast.day0 import DAY, Around, Unsteady
from needlecare.batch.fast.zones import Question


class Questions(NamedTuple):
    """What was asked of a zone at *fixed* times of days, and at times that follow that of the treatment."""

    fixed: frozenset[Question]
    following: frozenset[Question]


class _Between(NamedTuple):
    """Where a clock change may lie for every question to be answered alike.

    That is after *last* and not after *next*; *last_following* and *next_following* move with the treatment's time.
    """

    last: float
    next: float
    last_following: float
    next_following: float


class Crossing(NamedTuple):
    """What was drawn of a part across clock changes, and between which questions each of them lies."""

    drawn: Any
    changes: tuple[_Between, ...]

    def is_like(self, changes: tuple[Around, ...], clock: int) -> bool:
        """Tell whether each question is answered alike where the clocks change as they do here."""
        for (last, next_, last_following, next_following), (at, _, _) in zip(self.changes, changes, strict=True):
            if not (last < at <= next_ and last_following < at - clock <= next_following):
                return False
        return True


def tell_apart(asked: list[list[Question]], clocks: list[int]) -> Questions:
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
    return Questions(frozenset(fixed), frozenset(following))


def reach_of(asked: Questions) -> tuple[int, int]:
    """Tell from when to when was asked, at any time of the treatment."""
    times = [one.seconds for one in (*asked.fixed, *asked.following)]
    return min(times), max(times) + DAY


def lie_between(asked: Questions, changes: tuple[Around, ...], clock: int) -> Iterator[_Between]:
    """Find the questions before and after each change; one is answered by the time before it if it comes before."""
    sums = [0, *accumulate(one.by for one in changes)]
    start = sums[sum(one.is_over for one in changes)]
    for number, (at, _, _) in enumerate(changes):
        before, after = sums[number] - start, sums[number + 1] - start
        # A wall-clock time that doesn't exist or comes twice is read by its fold.
        moved = {None: 0, 0: max(before, after), 1: min(before, after)}
        yield _Between(
            *_around_change([one.seconds - moved[one.fold] for one in asked.fixed], at),
            *_around_change([one.seconds - moved[one.fold] for one in asked.following], at - clock),
        )


def _around_change(points: list[int], at: int) -> tuple[float, float]:
    last = max((point for point in points if point < at), default=float("-inf"))
    return last, min((point for point in points if point >= at), default=float("inf"))


@lru_cache(maxsize=1024)
def edges(changes: tuple[int, ...], shifts: frozenset[int], step: int) -> tuple[int, ...]:
    """Give the times of the day, within a *step*, at which an instant can overtake another one or a clock change."""
    return tuple(sorted({(one + shift) % step for one in (0, *changes) for shift in shifts}))


@lru_cache(maxsize=64)
def shifts_of(changes: tuple[int, ...]) -> frozenset[int]:
    """Give by how much two instants can be moved against each other where clocks change on the way."""
    sums = [0, *accumulate(changes)]
    return frozenset(one - other for one in sums for other in sums)
