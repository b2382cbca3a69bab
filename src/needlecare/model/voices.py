"""What a source says, read as the rule that it would write: how far it reaches, and how many voices say so.

A source's own value is a text in the language of rules, so that language's own meanings read it. Nothing is read at the
start: each text is, the first time that somebody asks.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from needlecare.model import plan, ruleset
from needlecare.model.ruleset import ALLOW, AVOID, CALL, DO, PREPARE, VERBS, Rule, RuleSet, Saying, once_a_set
from needlecare.model.time import AT_TREATMENT, ELAPSED, TREATMENT, Bound, Duration, Term, parse_bound, parse_duration

_DAY = timedelta(days=1)


class Reach(NamedTuple):
    """How far something lies from the treatment: *least* to *most*.

    Hours are exact. A calendar day counts whole, so where it ends depends on the hour of the treatment.
    """

    least: timedelta
    most: timedelta

    def covers(self, other: "Reach") -> bool:
        """Report whether it reaches as far as *other* whatever the hour of the treatment: 3d covers 72h."""
        return self.least >= other.least and self.most >= other.most

    def __str__(self) -> str:
        return "always" if self == ALL_TIME else str(self.length)

    @property
    def length(self) -> Duration:
        """The length of time that it comes to."""
        if self.least != self.most:
            return Duration(self.least // _DAY, "d")
        unit = "min" if self.least % ELAPSED["h"] else "h"
        return Duration(self.least // ELAPSED[unit], unit)

    def plus(self, length: Duration, sign: int = 1) -> "Reach":
        """Count *length* on from here, or back (*sign* -1)."""
        if self == ALL_TIME:
            return self
        step, most = sign * length.rough_length, self.most
        return Reach(self.least + step, (most if length.is_elapsed else max(most, self.least + _DAY)) + step)


# The nearer side of a range, and the far one.
_SIDES = (False, True)
NO_TIME = Reach(timedelta(), timedelta())
ALL_TIME = Reach(timedelta.max, timedelta.max)


class Side(NamedTuple):
    """How far a statement reaches on one side of the treatment: *lower* is its no, *upper* its better not."""

    lower: Reach
    upper: Reach


class Stated(NamedTuple):
    """What a rule or a source states: a *verb*, and when, as rules have it."""

    verb: str
    start: Bound | None = None
    end: Bound | None = None
    days: tuple[int, int] | None = None
    lasts: Duration | None = None


def stated_by(rule: Rule) -> Stated:
    """Return what *rule* itself states."""
    return Stated(rule.verb, rule.start, rule.end, rule.days, rule.lasts)


_FIELD = re.compile(
    rf"(?:({'|'.join(VERBS)}|from|until|for|days|due|at(?= (?:before|during|after))) )?(.+?)(?:; |\Z)", re.DOTALL
)
_HEDGE = re.compile(r"^(?:at least|up to) (?=.+\.\.)")
_OPPOSITE = {AVOID: (DO, ALLOW), ALLOW: (AVOID,), DO: (AVOID,), PREPARE: (AVOID,), ruleset.EXPECT: (CALL,)}
_DAYS = re.compile(r"(-?\d{1,6})(?:\.\.(-?\d{1,6}))?")


def read(text: str, own: Stated) -> Stated:
    """Read the value *text* of a source of a rule that states *own*; what it doesn't say stays None.

    A bound alone is the end, of a rule without end its start; one before the treatment is always a start.
    """
    fields = dict(_FIELD.findall(text))
    verb = next((one for one in VERBS if one in fields), own.verb)
    due = fields.get("due")
    start, end = _bound(fields.get("from", due)), _bound(fields.get("until", due))
    if "at" in fields:
        start = end = AT_TREATMENT
    alone = _bound(fields.get(verb, fields.get("")))
    if alone is not None and _begins(alone, verb, own, named=verb in fields):
        start = start or alone
    else:
        end = end or alone
    lasts = parse_duration(fields.get("for", ""))
    return Stated(verb, own.start if lasts and start is None else start, end, _numbers(fields.get("days", "")), lasts)


def _numbers(days: str) -> tuple[int, int] | None:
    match = _DAYS.fullmatch(days)
    return (int(match[1]), int(match[2] or match[1])) if match else None


def _bound(text: str | None) -> Bound | None:
    # A rule hedges one duration, sources a range too.
    return None if text in (None, "unstated") else parse_bound(_HEDGE.sub("", text))


def _begins(bound: Bound, verb: str, own: Stated, *, named: bool) -> bool:
    """Report whether a *bound* without a field is where something begins."""
    if any(term.moment == TREATMENT and term.sign < 0 for term in bound.terms):
        return True
    if named:
        return verb in (DO, ALLOW, PREPARE, CALL)
    return own.start is not None and own.end is None and own.days is None and own.lasts is None


class Reading(NamedTuple):
    """How far a statement reaches *before* and *after* the treatment; None where it gives no figure.

    Of a rule that restricts it is how long something is restricted: what is allowed from 24 h is so until then. It
    *is_opposite* where it says to do what the rule avoids.
    """

    before: Side | None = None
    after: Side | None = None
    is_opposite: bool = False

    def on(self, *, before: bool) -> Side | None:
        """Return one side of the treatment."""
        return self.before if before else self.after


def reading(rule: Rule, rule_set: RuleSet, saying: Saying | None = None) -> Reading:
    """Return how far *rule* reaches by its own bounds, or by those of a *saying* of it."""
    own = stated_by(rule)
    return _reading(own if saying is None else read(saying.value, own), own.verb, rule_set)


@once_a_set
def _reading(stated: Stated, about: str, rule_set: RuleSet) -> Reading:
    verb, start, end, days, _ = stated
    before, is_opposite = _before(start), verb in _OPPOSITE.get(about, ())
    if days is not None and days[0] < 0:
        before = _days(-days[0])
    if about in (AVOID, ALLOW) and verb in (DO, ALLOW):
        after = _days(days[0] - 1) if days else _side(start or AT_TREATMENT, rule_set)
        return Reading(before, None if before else after, is_opposite)
    after = _length(stated, rule_set)
    return Reading(before, None if end == AT_TREATMENT and before else after, is_opposite)


def _days(number: int) -> Side | None:
    reach = NO_TIME if number < 0 else NO_TIME.plus(Duration(number, "d"))
    return Side(reach, reach)


def _length(stated: Stated, rule_set: RuleSet) -> Side | None:
    """Return how far the end lies after the treatment."""
    if stated.days is not None:
        return _days(stated.days[1])
    if stated.lasts is None:
        return _side(stated.end, rule_set)
    begun = _side(stated.start or AT_TREATMENT, rule_set)
    return begun and Side(begun.lower.plus(stated.lasts), begun.upper.plus(stated.lasts))


def _before(bound: Bound | None) -> Side | None:
    """Return how far *bound* lies before the treatment."""
    offsets = [term.offset for term in (bound.terms if bound else ()) if term.moment == TREATMENT and term.sign < 0]
    if not offsets:
        return None
    return Side(*(max(NO_TIME.plus(offset.side(far=far)) for offset in offsets) for far in _SIDES))


def _side(bound: Bound | None, rule_set: RuleSet) -> Side | None:
    """Return how far *bound* lies after the treatment, what only the person can see at the end of its usual time."""
    if bound is None or _before(bound):
        return None
    if bound.is_always:
        return Side(ALL_TIME, ALL_TIME)
    bases = [(base, term) for term in bound.terms if (base := _moment(term, rule_set))]
    if not bases:
        return None
    lower, upper = (_farthest(one.plus(term.offset.side(far=far), term.sign) for one, term in bases) for far in _SIDES)
    return Side(lower, ALL_TIME if bound.mild_for_good else upper)


def _farthest(reaches: Iterable[Reach]) -> Reach:
    least, most = zip(*reaches, strict=True)
    return Reach(max(least), max(most))


def _moment(term: Term, rule_set: RuleSet) -> Reach | None:
    """Return how far the moment of *term* usually lies from the treatment; None where nobody knows."""
    if term.moment == TREATMENT:
        return NO_TIME
    if term.ends_rule is not None:
        ends = rule_set.rules.get(term.ends_rule)
        after = reading(ends, rule_set).after if ends else None
        return after and after.upper
    moment = rule_set.moments.get(term.moment)
    if moment is None or (moment.clock is None and moment.usual is None):
        return None
    if moment.clock is not None:
        at = timedelta(days=moment.day, hours=moment.clock[0], minutes=moment.clock[1])
        return Reach(max(at - _DAY, timedelta()), at)
    usual = _side(moment.usual, rule_set)
    return usual and usual.upper


class Voice(NamedTuple):
    """What sources of one family, or one source of none, say of one side of the treatment together."""

    sources: tuple[str, ...]
    side: Side


def voices(rules: Iterable[Rule], rule_set: RuleSet, *, before: bool = False) -> tuple[Voice, ...]:
    """Return the independent voices that give an end of *rules* on one side of the treatment.

    Of a source that says two things the lower end counts, of a family its strictest member's.
    """
    families: dict[str, dict[str, list[Side]]] = {}
    for rule in rules:
        for saying in rule.says:
            side = reading(rule, rule_set, saying).on(before=before)
            if side is not None:
                members = families.setdefault(rule_set.sources[saying.source].voice, {})
                members.setdefault(saying.source, []).append(side)
    return tuple(Voice(tuple(members), _together(members.values())) for members in families.values())


def _together(members: Iterable[Sequence[Side]]) -> Side:
    lower = max(min(side.lower for side in sides) for sides in members)
    return Side(lower, max(side.upper for sides in members for side in sides))


@lru_cache(maxsize=256)
def spaces_by(text: str, least: Duration) -> bool:
    """Report whether a source whose value on sessions is *text* keeps at least that long between two of them."""
    bounds = (_bound(part.removeprefix("every ")) for part in text.split("; "))
    return any(term.offset.near.rough_length >= least.rough_length for one in bounds if one for term in one.terms)


# Where a source stands by its own value. It states as much as the no, or whatever else is stated; only as much as the
# better not; the opposite; or less.
STANCES = ("states", "better-not", "opposite", "less")


class Backing(NamedTuple):
    """The *sources* that state what is stated, those of only the *better* not, and the *opposed*, weightiest first."""

    sources: tuple[str, ...]
    better: tuple[str, ...]
    opposed: tuple[str, ...]


class Edge(NamedTuple):
    """One end of a window: how far the rule reaches that makes it, on which side, and whether a no ends there."""

    end: Bound | None
    reach: Side | None
    before: bool = False
    is_no: bool = False


# The id of a rule, the end that an exception puts in place of its own, and whether it makes a no.
_Maker = tuple[str, Bound | None, bool]


def sources_of_part(part: plan.Part, timeline: plan.Timeline) -> tuple[str, ...]:
    """Name the sources of the rule that makes *part* which reach its end on that side of the treatment."""
    first, last = timeline.treatment.first, timeline.treatment.last
    made = Made(AVOID, _makers([part]), (part.rule,), sides=(part.start < first, part.end > last))
    return backing(made, timeline.rule_set)[part.state != plan.NO]


def sources_behind(
    windows: Iterable[plan.Window], rule_set: RuleSet, state: str = "", *, before: bool = False
) -> tuple[str, ...]:
    """Name the sources that reach where each of *windows* ends, or begins *before* the treatment, the weightiest first.

    With a *state*, where the no or the better not ends; without, either. Who speaks of one thing alone stands beside
    no line about several.
    """
    made = (making(window)._replace(sides=(before, not before), state=state) for window in windows)
    behind = [{*found.sources, *found.better} for found in (backing(one, rule_set) for one in made)]
    return tuple(sorted(set.intersection(*behind) if behind else (), key=rule_set.by_weight.__getitem__))


class Made(NamedTuple):
    """What decides who backs a window: its rules, those that *lost*, and which *sides* and *state* of it count."""

    kind: str
    makers: tuple[_Maker, ...]
    rules: tuple[str, ...]
    lost: tuple[str, ...] = ()
    sides: tuple[bool, bool] = (True, True)
    state: str = ""


def making(window: plan.Window) -> Made:
    """Return what *window* is made of."""
    return Made(window.kind, _makers(window.parts) or ((window.rule, None, False),), window.rules, window.overruled)


def _makers(parts: Iterable[plan.Part]) -> tuple[_Maker, ...]:
    return tuple((rule, until, state == plan.NO) for state, _, _, rule, until in parts)


class _Heard(NamedTuple):
    """A saying of a rule, and how it is read where the rule is of some kind."""

    saying: Saying
    stated: Stated
    reading: Reading

    @property
    def gives_no_time(self) -> bool:
        return all(one in (None, AT_TREATMENT) for one in self.stated[1:])


@once_a_set
def _heard_of(rule_id: str, kind: str, rule_set: RuleSet) -> tuple[_Heard, ...]:
    rule = rule_set.rules[rule_id]
    found = ((saying, read(saying.value, stated_by(rule))) for saying in rule.says)
    return tuple(_Heard(saying, stated, _reading(stated, kind, rule_set)) for saying, stated in found)


@once_a_set
def backing(made: Made, rule_set: RuleSet) -> Backing:
    """Sort the sources by what their own values reach; one that says several things counts as the strictest."""
    place: dict[str, int] = {}
    for _, saying, found in stances(made, rule_set):
        place[saying.source] = min(found, place.get(saying.source, found))
    ranked = sorted(place, key=rule_set.by_weight.__getitem__)
    return Backing(*(tuple(one for one in ranked if place[one] == stance) for stance in range(3)))


def stances(made: Made, rule_set: RuleSet) -> list[tuple[str, Saying, int]]:
    """Return each rule with each saying of it, and the place in `STANCES` where that stands."""
    kind, _, rules, lost, *_ = made
    edges = edges_of(made, rule_set)
    heard = [(rule, one) for rule in (*rules, *lost) for one in _heard_of(rule, kind, rule_set)]
    found = [(rule, one, _place(kind, one, edges, made=rule in rules)) for rule, one in heard]
    firm = _asking(found, rules) if kind in (DO, PREPARE) else set()
    return [
        (rule, one.saying, 0 if one.gives_no_time and one.saying.source in firm else place)
        for rule, one, place in found
    ]


def _asking(found: Sequence[tuple[str, _Heard, int]], rules: Sequence[str]) -> set[str]:
    """Return who states what is to be done; where nobody does, who asks for it at no stated time says so too."""
    untimed = {one.saying.source for rule, one, _ in found if rule in rules and one.gives_no_time}
    apart = {one.saying.source for _, one, place in found if place < len(STANCES) - 1}
    return {one.saying.source for _, one, place in found if place == 0} or untimed - apart


def _place(kind: str, said: _Heard, edges: Iterable[Edge], *, made: bool) -> int:
    """Return the place in `STANCES` of what a source *said* of a rule, which *made* the window or has lost."""
    backed = [edge for edge in edges if _backs(kind, said, edge)]
    if backed:
        return int(kind == AVOID and not any(edge.is_no for edge in backed))
    # A rule on a whole may have lost: what it allows is the whole, and not this part of it.
    return 2 if said.reading.is_opposite and made else 3


def edges_of(made: Made, rule_set: RuleSet) -> list[Edge]:
    """Return where a no begins and ends by the bounds of its rules, and where a better not does.

    Only those on the sides and of the state that count; where there are none, all.
    """
    if made.kind != AVOID:
        rule = rule_set.rules[made.makers[0][0]]
        own = reading(rule, rule_set)
        return [Edge(rule.end, own.before or own.after, before=own.before is not None)]
    edges = _outer([one for one in made.makers if one[2]], rule_set)
    edges += [edge for edge in _outer(made.makers, rule_set) if not edge.is_no]
    return _counting(edges, made)


def _counting(edges: list[Edge], made: Made) -> list[Edge]:
    edges = [edge for edge in edges if made.sides[not edge.before]] or edges
    return [edge for edge in edges if not made.state or edge.is_no == (made.state == plan.NO)] or edges


def _outer(makers: Sequence[_Maker], rule_set: RuleSet) -> list[Edge]:
    """Return where what *makers* make, one after the other, begins before the treatment and ends after it."""
    found = [edge for maker in makers[:1] for edge in _edges(maker, rule_set) if edge.before]
    last = [edge for maker in makers[-1:] for edge in _edges(maker, rule_set)]
    # What is restricted before another session follows what is restricted after this one.
    return found + [edge for edge in last if not edge.before or (not found and len(last) == 1)]


def _edges(maker: _Maker, rule_set: RuleSet) -> Iterator[Edge]:
    """Yield the ends that a rule has, on each side of the treatment."""
    id_, exception, is_no = maker
    own = stated_by(rule_set.rules[id_])
    if exception is not None:
        own = own._replace(end=exception, days=None, lasts=None)
    before, after, _ = _reading(own, AVOID, rule_set)
    if before is not None:
        yield Edge(own.end, before, before=True, is_no=is_no)
    if before is None or own.end != AT_TREATMENT:
        yield Edge(own.end, after, is_no=is_no)


def _backs(kind: str, said: _Heard, edge: Edge) -> bool:
    """Report whether what a source *said* reaches as far as *edge*."""
    own, side = edge.reach, said.reading.on(before=edge.before)
    if kind == ALLOW and not edge.before:
        # What is allowed sooner is allowed then too.
        return bool(own and side and own.upper.covers(side.upper))
    if said.reading.is_opposite and kind != AVOID:
        return False
    if own is None or side is None:
        return _backs_without_figure(kind, said, edge)
    return side.lower.covers(own.lower) if edge.is_no else side.upper.covers(own.upper)


def _backs_without_figure(kind: str, said: _Heard, edge: Edge) -> bool:
    if edge.reach is not None:
        # What is to be done goes on where no end is given.
        return kind == DO and said.stated.end is None
    has_figure = said.reading.on(before=edge.before) is not None
    return kind == ruleset.ASK or not (has_figure or said.reading.is_opposite or said.stated.end != edge.end)
