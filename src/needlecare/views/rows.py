"""The pieces that the plan for people is made of: lines, blocks of lines, and strips of the chart."""

from typing import NamedTuple


class Row(NamedTuple):
    """One line: what it is about, what is said, in which tone, and who says so."""

    head: str
    text: str
    tone: str = ""
    marks: str = ""


class Block(NamedTuple):
    """A titled group of rows: one day, or a run of equal days."""

    title: str
    rows: tuple[Row, ...]


class Strip(NamedTuple):
    """One line of the chart: a letter for each day, `n` no, `b` better not, `.` free."""

    label: str
    states: str
