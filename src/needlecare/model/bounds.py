"""Bounds: a moment plus a duration, or several that must all hold; how they are written and read."""

import re
from typing import NamedTuple

from needlecare.model.time import ZERO, Duration, parse_duration

TREATMENT = "treatment"
NEXT_SESSION = "next-session"
EVENT = "event"
ENDS = " ends"

_NAME = r"[a-z][a-z0-9-]*"
_MOMENT = re.compile(rf"(?P<moment>{_NAME}(?: ends)?)(?:\s*(?P<sign>[+-])\s*(?P<length>.+))?")


class Stretch(NamedTuple):
    """A duration or a range of durations, *near* to *far*; *hedge* is `at least`, `up to` or nothing."""

    near: Duration
    far: Duration
    hedge: str = ""

    def __str__(self) -> str:
        if self.near != self.far:
            return f"{self.near}..{self.far}"
        return f"{self.hedge} {self.near}".strip()

    def side(self, *, far: bool) -> Duration:
        """Give the farther or the nearer duration; without a range they are the same."""
        return self.far if far else self.near


NOTHING = Stretch(ZERO, ZERO)


class Term(NamedTuple):
    """One part of a bound: *offset* after (*sign* 1) or before (-1) the moment called *moment*."""

    moment: str
    offset: Stretch = NOTHING
    sign: int = 1

    @property
    def ends_rule(self) -> str | None:
        """The id of the rule whose end is the moment, if it is one."""
        return self.moment.removesuffix(ENDS) if self.moment.endswith(ENDS) else None

    def __str__(self) -> str:
        if self.moment == TREATMENT:
            if self.offset == NOTHING and self.sign == 1:
                return TREATMENT
            return f"{self.offset}{' before' if self.sign < 0 else ''}"
        if self.offset == NOTHING:
            return self.moment
        return f"{self.moment} {'+' if self.sign > 0 else '-'} {self.offset}"


class Bound(NamedTuple):
    """Where a window begins or ends: all *terms* must hold; `always` has none."""

    terms: tuple[Term, ...]

    @property
    def is_always(self) -> bool:
        """Whether it never comes."""
        return not self.terms

    @property
    def is_range(self) -> bool:
        """Whether it lies between two durations."""
        return any(term.offset.near != term.offset.far for term in self.terms)

    def is_at_once(self, *, far: bool) -> bool:
        """Whether it comes with the treatment itself, whenever that was: `treatment`, `0h`."""
        sides = [term.offset.side(far=far) for term in self.terms if term.moment == TREATMENT]
        return 0 < len(self.terms) == len(sides) and all(side.is_nothing for side in sides)

    def __str__(self) -> str:
        return " and ".join(map(str, self.terms)) or "always"


ALWAYS = Bound(())
AT_TREATMENT = Bound((Term(TREATMENT),))


def parse_stretch(text: str) -> Stretch | None:
    """Read `48h`, `24h..48h`, `at least 2w`, `up to 3d`; None where *text* is none of them."""
    for hedge in ("at least", "up to"):
        if text.startswith(hedge + " "):
            duration = parse_duration(text[len(hedge) + 1 :].strip())
            return Stretch(duration, duration, hedge) if duration else None
    near_text, dots, far_text = text.partition("..")
    near = parse_duration(near_text.strip())
    if near is None or not dots:
        return Stretch(near, near) if near else None
    far = parse_duration(far_text.strip())
    if far is None or far.rough_length < near.rough_length:
        return None
    return Stretch(near, far)


def _parse_term(text: str) -> Term | None:
    if text.endswith(" before"):
        stretch = parse_stretch(text.removesuffix(" before").strip())
        return Term(TREATMENT, stretch, -1) if stretch else None
    stretch = parse_stretch(text)
    if stretch is not None:
        return Term(TREATMENT, stretch)
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    if match["length"] is None:
        return Term(match["moment"])
    stretch = parse_stretch(match["length"].strip())
    return Term(match["moment"], stretch, 1 if match["sign"] == "+" else -1) if stretch else None


def parse_bound(text: str) -> Bound | None:
    """Read a bound such as `48h and redness-gone`; None where *text* is none."""
    if text == "always":
        return ALWAYS
    terms = [_parse_term(part.strip()) for part in text.split(" and ")]
    found = tuple(term for term in terms if term is not None)
    return Bound(found) if len(found) == len(terms) else None
