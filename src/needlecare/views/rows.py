"""The pieces that the plan for people is made of: lines, blocks of lines, and strips of the chart."""

from datetime import date
from typing import NamedTuple

_MARKS = 2


class Row(NamedTuple):
    """One line: what it is about, what is said, in which tone, which *sources* say so, and where a *link* leads."""

    head: str
    text: str
    tone: str = ""
    sources: tuple[str, ...] = ()
    link: str = ""

    @property
    def marks(self) -> str:
        """The first sources and how many more there are, as they stand behind a line."""
        more = f" +{len(self.sources) - _MARKS}" if len(self.sources) > _MARKS else ""
        return f"{', '.join(self.sources[:_MARKS])}{more}"


class Block(NamedTuple):
    """A titled group of rows: one day, or a run of equal days."""

    title: str
    rows: tuple[Row, ...]
    first: date
    last: date


class Strip(NamedTuple):
    """One line of the chart: a letter a day, `n` no, `b` better not, `o` only if, `.` free; and the same in words."""

    label: str
    states: str
    text: str
