"""The JSON of one part, with gaps where its dates go: drawn once, filled in for everybody."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple

from needlecare.batch.fast.day0 import DAY, Instant
from needlecare.batch.fast.days import LISTS, DayTexts
from needlecare.batch.fast.gaps import DATES, NOTHING, Text, gap, split
from needlecare.batch.fast.parts import Built
from needlecare.model.plan import FOREVER, Hint, Session, Window
from needlecare.model.ruleset import RuleSet
from needlecare.model.treatment import Treatment
from needlecare.timeline.build import KINDS
from needlecare.timeline.days import LONGEST, day_range, lifting, marks
from needlecare.views.json import compact, hint_record, lift_record, session_record, window_record

NEVER = Instant(1 << 60, follows=False, by=0)


class DrawnWindow(NamedTuple):
    """A window: where it stands among the others, and its text."""

    start: int
    kind: int
    end: int
    target: str
    rule: str
    text: Text


class DrawnLift(NamedTuple):
    """Something that lifts on day *number*: *at* an instant."""

    number: int
    at: int
    target: str
    text: Text


class Drawn(NamedTuple):
    """A part: its windows, its entries in the lists of days, lifts and hints."""

    windows: tuple[DrawnWindow, ...]
    entries: tuple[int, ...]
    lifts: tuple[DrawnLift, ...]
    first: int
    last: int
    longer_if: tuple[tuple[tuple[str, int], Text], ...]
    shorter_if: tuple[tuple[str, Text], ...]


class _Gap(date):
    """A date that writes itself as a gap."""

    number = 0

    @classmethod
    def on(cls, when: date, day: date) -> "_Gap":
        """Make the gap for a date, counted from *day*."""
        gap = cls(when.year, when.month, when.day)
        gap.number = DATES + (when - day).days
        return gap

    def isoformat(self) -> str:
        """Write the gap."""
        return gap(self.number)


class Artist:
    """Draws parts; *instants* are all that came up, by their numbers, *days* what they say of days."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._rules = rule_set.rules
        # The first numbers are no instants: what is filled in there is nothing, or a comma.
        self.instants: list[Instant | None] = [None, None]
        self._numbers: dict[Instant, int] = {}
        self.days = DayTexts()
        self._pieces: dict[bytes, bytes] = {}

    def draw(self, built: Built, treatment: Treatment, describe: Callable[[datetime], Instant]) -> Drawn:
        """Draw what was *built* for *treatment*."""

        def number(instant: datetime) -> int:
            return self._number(NEVER if instant == FOREVER else describe(instant))

        def say(instant: datetime | None) -> str | None:
            return None if instant is None or instant == FOREVER else gap(number(instant))

        windows = built.windows
        first, last = day_range(windows, treatment, None)
        target = windows[0].target if windows else ""
        return Drawn(
            tuple(
                DrawnWindow(
                    number(window.start),
                    KINDS.index(window.kind),
                    number(window.end),
                    window.target,
                    window.rule,
                    self._text(window_record(window, say)),
                )
                for window in windows
            ),
            tuple(
                self.days.number(listed, compact(target).encode(), days) for listed, days in _days(windows, treatment)
            ),
            tuple(
                DrawnLift(day, number(lift.at), target, self._text(lift_record(lift, say)))
                for window in windows
                for day, lift in lifting(window, treatment)
            ),
            first,
            last,
            tuple((self._place(hint), self._text(hint_record(hint, say))) for hint in built.longer_if),
            tuple((hint.target, self._text(hint_record(hint, say))) for hint in built.shorter_if),
        )

    def join(self, parts: list[Drawn]) -> Drawn:
        """Make one of several parts, its windows nearly in the order of time: they are sorted for every plan."""
        return Drawn(
            tuple(sorted([window for part in parts for window in part.windows], key=self._usual_place)),
            tuple([entry for part in parts for entry in part.entries]),
            tuple([lift for part in parts for lift in part.lifts]),
            min([part.first for part in parts], default=0),
            max([part.last for part in parts], default=0),
            tuple([hint for part in parts for hint in part.longer_if]),
            tuple([hint for part in parts for hint in part.shorter_if]),
        )

    def _usual_place(self, window: DrawnWindow) -> tuple[int, int]:
        """Tell where a window stands if the treatment is at noon."""
        start = self.instants[window.start]
        return start.seconds + start.follows * DAY // 2 if start else 0, window.kind

    def draw_session(self, session: Session, day: date) -> Text:
        """Draw the next session of a treatment on *day*."""
        gapped = session._replace(
            minimum=_Gap.on(session.minimum, day),
            recommended=(_Gap.on(session.recommended[0], day), _Gap.on(session.recommended[1], day)),
            overdue=session.overdue and _Gap.on(session.overdue, day),
            precare=tuple((activity, _Gap.on(first, day)) for activity, first in session.precare),
        )
        pieces, gaps = self._text(session_record(gapped))
        return Text((b', "sessions": [' + pieces[0], *pieces[1:-1], pieces[-1] + b"]"), (*gaps[:-1], NOTHING))

    def _place(self, hint: Hint) -> tuple[str, int]:
        """Tell where a hint stands among others: by its rule, and as its target stands there."""
        return hint.rule, self._rules[hint.rule].targets.index(hint.target)

    def _number(self, instant: Instant) -> int:
        known = self._numbers.get(instant)
        if known is None:
            known = self._numbers[instant] = len(self.instants)
            self.instants.append(instant)
        return known

    def _text(self, record: object) -> Text:
        """Write *record* with its gaps, and a comma behind it. Equal pieces are kept once."""
        pieces, gaps = split(compact(record))
        return Text(tuple([self._pieces.setdefault(piece, piece) for piece in pieces]), gaps)


def _days(windows: Iterable[Window], treatment: Treatment) -> list[tuple[int, int]]:
    """Give the days of each list, a bit for each; what isn't to be avoided may be better not, or only if."""
    found = dict.fromkeys(LISTS, 0)
    for window in windows:
        for name, begins, ends in marks(window, treatment):
            first, last = max(begins, -LONGEST), min(ends, LONGEST)
            if first <= last:
                found[name] |= (1 << LONGEST + last + 1) - (1 << LONGEST + first)
    found["better_not"] &= ~found["avoid"]
    found["only_if"] &= ~(found["avoid"] | found["better_not"])
    return [(number, days) for number, days in enumerate(found.values()) if days]
