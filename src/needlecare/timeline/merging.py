"""Spans on one activity → what holds there: the union, each instant in its strictest state, the losers kept."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from operator import attrgetter, ge, le
from typing import NamedTuple

from needlecare.model.plan import FOREVER, NO_START, Extent, Part, Stretch, Wait
from needlecare.model.ruleset import AVOID, Moment, Rule
from needlecare.timeline.spans import Span

Interval = tuple[datetime, datetime]


class Hold(NamedTuple):
    """One unbroken stretch on an activity: better not, no, better not, with the spans that make it and that lost.

    The first of *spans* decides where it ends. *goes_on* says that the next one begins right there, as a no.
    """

    extent: Extent
    earliest: datetime
    waits: tuple[Wait, ...]
    end_stated: bool
    spans: tuple[Span, ...]
    overruled: tuple[Span, ...]
    goes_on: bool = False

    @property
    def decider(self) -> Span:
        """The span that decides the end."""
        return self.spans[0]


def join(intervals: Iterable[Interval]) -> list[Interval]:
    """Join half-open intervals that touch or overlap; empty ones vanish."""
    joined: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def cut(interval: Interval, away: Iterable[Interval]) -> list[Interval]:
    """Return what is left of *interval* without the intervals *away*."""
    left: list[Interval] = []
    start, end = interval
    for gone_from, gone_until in sorted(away):
        left.append((start, min(gone_from, end)))
        start = max(start, gone_until)
    return [piece for piece in [*left, (start, end)] if piece[0] < piece[1]]


def merge(spans: Iterable[Span], moments: Mapping[str, Moment]) -> list[Hold]:
    """Unite the restrictions on one activity: touching stretches join, gaps stay, conditions add up."""
    spans = list(spans)
    if len(spans) == 1:
        (one,) = spans
        return [Hold(one.extent, one.earliest, one.waits, end_stated=one.end_stated, spans=(one,), overruled=())]
    spans = _closed(spans)
    strict = join((span.extent.start, span.extent.end) for span in spans)
    begun = {start for start, _ in strict}
    either = join((span.extent.better_from, span.extent.better_until) for span in spans)
    extents = _extents(strict, _outside(either, strict))
    return [
        _hold(extent, touching, moments, begun)
        for extent, touching in zip(extents, _touching(extents, spans), strict=True)
    ]


def _outside(either: list[Interval], strict: list[Interval]) -> list[Interval]:
    """Return what is left of *either* without *strict*; each is joined, so that only neighbours need a look."""
    starts, ends = [start for start, _ in strict], [end for _, end in strict]
    left: list[Interval] = []
    for start, end in either:
        left.extend(cut((start, end), strict[bisect_left(ends, start) : bisect_right(starts, end)]))
    return left


def _extents(strict: list[Interval], mild: list[Interval]) -> list[Extent]:
    """Return each no with the better-nots that touch it: one after it belongs to it, one before it if still free."""
    found: list[Extent] = []
    free, before = dict(mild), {end: start for start, end in mild}
    for start, end in strict:
        begins = before.get(start, start)
        better_from = begins if free.pop(begins, None) else start
        found.append(Extent(better_from, start, end, free.pop(end, end)))
    found.extend(Extent(start, start, start, end) for start, end in free.items())
    return sorted(found)


def _closed(spans: list[Span]) -> list[Span]:
    """Where a rule gives no end, or says only “before”, let another on the same activity decide that gives more.

    Unless that other is over before the open one can have begun, is a permission, or may not apply at all.
    """
    sure = [one for one in spans if one.rule.verb == AVOID and not one.unsure]
    first = min((one.extent.better_from for one in sure if one.extent.better_from > NO_START), default=FOREVER)
    last = max((one.extent.better_until for one in sure if one.end_stated), default=NO_START)
    return [_close(span, first, last) for span in spans]


def _close(span: Span, first: datetime, last: datetime) -> Span:
    better_from, start, end, better_until = span.extent
    if better_from == NO_START and first < start:
        span = span._replace(extent=span.extent._replace(better_from=start))
    if not span.end_stated and end < FOREVER == better_until and last > span.earliest:
        end = min(end, last)
        extent = span.extent._replace(end=end, better_until=end)
        span = span._replace(extent=extent, earliest=min(span.earliest, end), waits=())
    return span


def _hold(extent: Extent, touching: list[Span], moments: Mapping[str, Moment], begun: set[datetime]) -> Hold:
    """Find who makes *extent*: who decides its end and start, who says the same, whose conditions stay, who lost."""
    last = extent.better_until
    # What only ends or begins at its edge has no part in it, unless there is nothing else.
    inside = [one for one in touching if one.extent.better_from < last or one.extent.start == one.extent.end == last]
    part = inside or touching
    waits = _needed(part, moments)
    by_end = sorted(part, key=lambda one: (*one.extent[2:], one.end_stated, len(one.waits)), reverse=True)
    deciding = _deciding(part, by_end[0])
    _add_agreeing(deciding, by_end, waits)
    decided = set(map(id, deciding))
    return Hold(
        extent,
        earliest=min(max(span.earliest for span in part), extent.end),
        waits=waits,
        end_stated=by_end[0].end_stated,
        spans=tuple(deciding),
        overruled=tuple(span for span in by_end if id(span) not in decided),
        goes_on=extent.end < last and last in begun,
    )


def _touching(extents: list[Extent], spans: list[Span]) -> list[list[Span]]:
    """Return the spans that touch each of *extents*, which follow each other."""
    touching: list[list[Span]] = [[] for _ in extents]
    begins, ends = [one.better_from for one in extents], [one.better_until for one in extents]
    for span in spans:
        for at in range(bisect_left(ends, span.extent.better_from), bisect_right(begins, span.extent.better_until)):
            touching[at].append(span)
    return touching


def _deciding(part: list[Span], last: Span) -> list[Span]:
    """Return the span that ends *last*, then what else makes the stretch as long as it is."""
    deciding = [last]
    for candidate in (
        max(part, key=attrgetter("extent.better_until")),
        min(part, key=attrgetter("extent.start")),
        min(part, key=attrgetter("extent.better_from")),
    ):
        if not any(_covers(one.extent, candidate.extent) for one in deciding):
            deciding.append(candidate)
    return deciding


def _add_agreeing(deciding: list[Span], by_end: list[Span], waits: tuple[Wait, ...]) -> None:
    """Add what says the same as the spans *deciding*, or brings one of the conditions that stay."""
    extents = {one.extent for one in deciding}
    missing = {wait.bound for wait in waits}.difference(wait.bound for one in deciding for wait in one.waits)
    decided = set(map(id, deciding))
    for span in by_end:
        brought = missing.intersection(wait.bound for wait in span.waits)
        if id(span) not in decided and (brought or span.extent in extents):
            deciding.append(span)
            extents.add(span.extent)
            missing -= brought


def _covers(one: Extent, other: Extent) -> bool:
    """Report whether *one* begins no later than the *other*, and ends no earlier."""
    return all(map(le, one[:2], other[:2])) and all(map(ge, one[2:], other[2:]))


def _needed(spans: list[Span], moments: Mapping[str, Moment]) -> tuple[Wait, ...]:
    """Unite the conditions, without those that another one implies: flaking is over only after the skin is calm."""
    waits = {wait.bound: wait for span in spans for wait in span.waits}
    # What never ends waits for nothing.
    if not waits or any(span.extent.end == FOREVER and not span.waits for span in spans):
        return ()
    implied = set[str]().union(*(_before(bound.split()[0], moments) for bound in waits))
    return tuple(wait for wait in _latest(waits) if wait.bound not in implied)


def _latest(waits: Mapping[str, Wait]) -> Iterable[Wait]:
    """Leave out a moment where it stands with an offset too: the one with the later usual end says both."""
    latest: dict[str, Wait] = {}
    for bound, wait in sorted(waits.items()):
        name = bound.split()[0] if wait.usually_by else bound
        known = latest.get(name)
        if known is None or (known.usually_by or FOREVER) < (wait.usually_by or FOREVER):
            latest[name] = wait
    return latest.values()


def _before(name: str, moments: Mapping[str, Moment]) -> set[str]:
    """Name the moments that must have come before *name* can."""
    earlier: set[str] = set()
    moment = moments.get(name)
    while moment is not None and moment.usual is not None:
        name = moment.usual.terms[0].moment
        earlier.add(name)
        moment = moments.get(name)
    return earlier


def lost(hold: Hold) -> tuple[str, ...]:
    """Return the ids of the rules that lost where *hold* holds."""
    holding = {span.rule.id for span in hold.spans}
    return tuple(dict.fromkeys(span.rule.id for span in hold.overruled if span.rule.id not in holding))


def parts_of(hold: Hold, rules: Mapping[str, Rule]) -> tuple[Part, ...]:
    """Return which rule makes which part of *hold*, in the order of time: where several do, the one that ends it."""
    if hold.decider.extent == hold.extent:
        return tuple([_part(stretch, hold.decider, rules) for stretch in hold.extent.stretches])
    made = [(stretch, span) for span in (*hold.spans, *hold.overruled) for stretch in span.extent.stretches]
    return tuple(
        part
        for whole in hold.extent.stretches
        for part in _parts(whole, [one for one in made if one[0].state == whole.state], rules)
    )


def _parts(whole: Stretch, made: list[tuple[Stretch, Span]], rules: Mapping[str, Rule]) -> list[Part]:
    """Cut *whole* where something begins or ends that it is *made* of; the first span that holds there makes it."""
    edges = {max(whole.start, min(edge, whole.end)) for stretch, _ in made for edge in (stretch.start, stretch.end)}
    found: list[Part] = []
    for start, end in pairwise(sorted(edges)):
        maker = next(span for stretch, span in made if stretch.start <= start < stretch.end)
        part = _part(Stretch(whole.state, start, end), maker, rules)
        if found and found[-1].rule == part.rule and found[-1].until == part.until:
            part = part._replace(start=found.pop().start)
        found.append(part)
    return found


def _part(stretch: Stretch, span: Span, rules: Mapping[str, Rule]) -> Part:
    id_ = span.rule.id
    return Part(*stretch, id_, None if span.rule is rules[id_] else span.rule.end)
