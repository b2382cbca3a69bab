"""What holds for every rule set, every treatment and every zone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generated import (
    ACTIVITIES,
    ALWAYS,
    MOST,
    TREATMENT,
    UNITS,
    Bound,
    Duration,
    Range,
    Term,
    facts,
    is_out,
    laws,
    made,
    rule_sets,
    rules,
    treatments,
)
from needlecare import Facts, Rule, RuleSet, Timeline, Treatment, build_timeline, make_treatment, read_facts
from support import (
    ALLOW,
    AVOID,
    DO,
    EXPECT,
    FOREVER,
    NOT_YET,
    PREPARE,
    day_end,
    day_start,
    local_date,
    window,
    windows,
    words,
)

State = dict[str, list[tuple[datetime, datetime, int]]]


def states(timeline: Timeline) -> State:
    """Give the stretches of each activity that are better left (1) or left (2)."""
    found: State = {activity: [] for activity in ACTIVITIES}
    for one in timeline.windows:
        if one.kind == AVOID:
            found[one.target] += [
                (one.better_from, one.start, 1),
                (one.start, one.end, 2),
                (one.end, one.better_until, 1),
            ]
    return found


def strictest(stretches_: Sequence[tuple[datetime, datetime, int]], instant: datetime) -> int:
    return max((level for start, end, level in stretches_ if start <= instant < end), default=0)


def looser(one: State, other: State) -> Iterator[tuple[str, datetime]]:
    """Name where *one* restricts less than *other*. States change only where a stretch of either begins or ends."""
    for activity in ACTIVITIES:
        edges = {edge for start, end, _ in (*one[activity], *other[activity]) for edge in (start, end)}
        for edge in edges - {FOREVER}:
            if strictest(one[activity], edge) < strictest(other[activity], edge):
                yield activity, edge


@laws
@given(rule_sets((AVOID, ALLOW, DO, EXPECT), ended=False), treatments(), facts)
def test_nothing_ends_before_it_begins(of: list[Rule], treatment: Treatment, known: Facts) -> None:
    for one in made(of, treatment, known).windows:
        assert one.better_from <= one.start <= one.earliest <= one.end <= one.better_until
        assert one.start < FOREVER
        if one.end == FOREVER:
            ends = {end for rule in of for end in (rule.end, *dict(rule.exceptions).values())}
            # What is to be done until something is seen that has no usual time goes on until it is.
            goes_on = one.kind == DO and any(wait.usually_by is None for wait in one.until_seen)
            # No date is made of a sign whose source gives no end.
            goes_on |= one.kind == EXPECT and not one.end_stated
            assert NOT_YET in treatment.seen.values() or ALWAYS in ends or goes_on


@laws
@given(rule_sets((AVOID, ALLOW, DO, EXPECT), ended=False), treatments(), facts)
def test_windows_of_one_activity_never_overlap_nor_touch(of: list[Rule], treatment: Treatment, known: Facts) -> None:
    timeline = made(of, treatment, known)
    for activity in ACTIVITIES:
        for one, next_ in pairwise(windows(timeline, activity)):
            assert one.better_until <= next_.better_from
            assert one.end < next_.start or one.start == one.end or next_.start == next_.end


@laws
@given(rule_sets(ended=False), treatments(), facts)
def test_parts_lie_end_to_end_and_their_window_says_what_they_are(
    of: list[Rule], treatment: Treatment, known: Facts
) -> None:
    for one in made(of, treatment, known).windows:
        if one.parts:
            edges = [one.better_from, *(part.end for part in one.parts)]
            assert [part.start for part in one.parts] == edges[:-1]
            assert edges[-1] == one.better_until
        for part in one.parts:
            assert part.state == ("no" if one.start <= part.start < one.end else "better-not")
            assert part.state == ("no" if one.start < part.end <= one.end else "better-not")


@laws
@given(rule_sets(), treatments(), facts, st.integers(1, 50))
def test_more_time_never_ends_sooner(of: list[Rule], treatment: Treatment, known: Facts, more: int) -> None:
    longer = [_longer(rule, more) for rule in of]
    assert not list(looser(states(made(longer, treatment, known)), states(made(of, treatment, known))))


def _longer(rule: Rule, more: int) -> Rule:
    """Restrict for *more* of each unit; a permission restricts until it begins."""
    if rule.verb == ALLOW:
        later = rule.days and (rule.days[0] + more, rule.days[1] + more)
        return rule._replace(start=rule.start and _later(rule.start, more), days=later)
    return rule._replace(
        end=rule.end and _later(rule.end, more),
        lasts=rule.lasts and rule.lasts._replace(amount=rule.lasts.amount + more),
        days=rule.days and (rule.days[0], rule.days[1] + more),
        exceptions=tuple((activity, _later(end, more)) for activity, end in rule.exceptions),
    )


def _later(bound: Bound, more: int) -> Bound:
    """Add *more* of its own unit to what is counted forwards."""
    return Bound(tuple(_later_term(term, more) if term.sign > 0 else term for term in bound.terms))


def _later_term(term: Term, more: int) -> Term:
    near, far = (side._replace(amount=side.amount + more) for side in (term.offset.near, term.offset.far))
    return term._replace(offset=Range(near, far))


@laws
@given(rule_sets(), rules(), treatments(), facts)
def test_a_rule_that_is_added_never_shortens_a_restriction(
    of: list[Rule], added: Rule, treatment: Treatment, known: Facts
) -> None:
    more = made([*of, added._replace(id="added")], treatment, known)
    assert not list(looser(states(more), states(made(of, treatment, known))))


@laws
@given(rule_sets(ended=False), rules((AVOID,)), treatments(), facts)
def test_a_restriction_without_end_that_is_added_never_shortens_another(
    of: list[Rule], added: Rule, treatment: Treatment, known: Facts
) -> None:
    # An exception gives its activity an end, and the stated end decides beside one that isn't.
    endless = added._replace(id="added", end=None, lasts=None, days=None, exceptions=())
    more = made([*of, endless], treatment, known)
    assert not list(looser(states(more), states(made(of, treatment, known))))


@laws
@given(rule_sets((AVOID, ALLOW, DO, EXPECT), ended=False), rules((DO, EXPECT)), treatments(), facts)
def test_what_is_to_be_done_or_expected_changes_no_restriction(
    of: list[Rule], added: Rule, treatment: Treatment, known: Facts
) -> None:
    more, less = (states(made(rules_, treatment, known)) for rules_ in ([*of, added._replace(id="added")], of))
    assert not list(looser(more, less))
    assert all(more[activity] == less[activity] for activity in ACTIVITIES if less[activity])


@laws
@given(rule_sets(), treatments(), facts)
def test_knowing_a_fact_never_shortens_a_restriction_that_still_applies(
    of: list[Rule], treatment: Treatment, known: Facts
) -> None:
    everything = states(made(of, treatment, known))
    for rule in of:
        if not is_out(rule, known):
            alone = states(made([rule], treatment, known))
            assert not list(looser(everything, alone))


@laws
@given(rule_sets(), treatments(), facts, st.data())
def test_knowing_more_never_loosens_what_still_applies(
    of: list[Rule], treatment: Treatment, known: Facts, data: st.DataObject
) -> None:
    less = {fact: known.given[fact] for fact in known.given if data.draw(st.booleans(), fact)}
    before = known._replace(given=less, unknown=tuple(sorted({*known.unknown, *known.given} - {*less})))
    # To know that an exception holds is what takes an activity out.
    of = [rule._replace(exceptions=()) for rule in of]
    still = [rule for rule in of if not is_out(rule, known) and rule.verb == AVOID]
    assert not list(looser(states(made(of, treatment, known)), states(made(still, treatment, before))))


@laws
@given(rule_sets(ended=False), treatments(), facts)
def test_what_nobody_knows_restricts_no_less_than_any_answer(
    of: list[Rule], treatment: Treatment, known: Facts
) -> None:
    ended = [rule for rule in of if rule.end or rule.lasts or rule.days]
    nothing = Facts({}, {}, ("skin", "places", "millimetres", "tool"))
    assert not list(looser(states(made(ended, treatment, nothing)), states(made(ended, treatment, known))))


@laws
@given(rule_sets((AVOID, ALLOW, DO, EXPECT), ended=False), treatments(), facts)
def test_days_lie_end_to_end_and_agree_with_the_windows(of: list[Rule], treatment: Treatment, known: Facts) -> None:
    timeline = made(of, treatment, known)
    zone = treatment.zone
    for one, next_ in pairwise(timeline.days):
        assert (next_.number, next_.day) == (one.number + 1, one.day + timedelta(days=1))
        assert day_end(one.day, zone, late=False) == day_start(next_.day, zone)
    found = states(timeline)
    by_date = {one.day: one for one in timeline.days}
    for activity in ACTIVITIES:
        edges = {edge for start, end, _ in found[activity] for edge in (start, end)} - {FOREVER}
        noons = {day_start(one, zone) + timedelta(hours=12) for one in by_date}
        for instant in edges | noons | {day_start(one, zone) for one in by_date}:
            one_day = by_date.get(local_date(instant, zone))
            if one_day is not None:
                level = strictest(found[activity], instant)
                assert level < 2 or activity in one_day.avoid
                assert level < 1 or activity in (*one_day.avoid, *one_day.better_not)
        for one_day in timeline.days:
            first, last = day_start(one_day.day, zone), day_end(one_day.day, zone, late=False)
            levels = [level for start, end, level in found[activity] if start < end and start < last and end > first]
            if first < last:
                assert (activity in one_day.avoid) == (max(levels, default=0) == 2)
                assert (activity in one_day.better_not) == (max(levels, default=0) == 1)


@laws
@given(rule_sets((DO, EXPECT, PREPARE, AVOID), ended=False), treatments(), facts)
def test_what_is_to_be_done_or_expected_stands_on_the_days_that_it_touches(
    of: list[Rule], treatment: Treatment, known: Facts
) -> None:
    timeline = made(of, treatment, known)
    for one_day in timeline.days:
        first, last = day_start(one_day.day, treatment.zone), day_end(one_day.day, treatment.zone, late=False)
        touching = [
            one for one in timeline.windows if one.start < last and (one.holds_until > first or one.start >= first)
        ]
        for kind, listed in ((DO, one_day.do), (PREPARE, one_day.prepare), (EXPECT, one_day.expect)):
            assert listed == tuple(sorted({one.target for one in touching if one.kind == kind})), (kind, one_day)


@laws
@given(rule_sets((AVOID, ALLOW, DO, EXPECT), ended=False), treatments(), facts)
def test_every_lift_stands_on_its_day(of: list[Rule], treatment: Treatment, known: Facts) -> None:
    timeline = made(of, treatment, known)
    shown = {one.day for one in timeline.days}
    lifts = [lift for one in timeline.windows if one.kind == AVOID for lift in one.lifts]
    on_days = [lift for one in timeline.days for lift in one.lifts]
    assert sorted(map(str, on_days)) == sorted(str(one) for one in lifts if local_date(one.at, treatment.zone) in shown)
    assert all(local_date(lift.at, treatment.zone) == one.day for one in timeline.days for lift in one.lifts)


@laws
@given(rule_sets((AVOID, ALLOW, EXPECT), ended=False), treatments(exact=True), facts)
def test_a_date_alone_is_never_looser_than_any_time_of_that_day(
    of: list[Rule], treatment: Treatment, known: Facts
) -> None:
    there = treatment.first.astimezone(treatment.zone)
    assume((there.date(), there.time()) == (treatment.day, treatment.clock))
    day = make_treatment(treatment.day, None, treatment.zone, seen=treatment.seen)
    exact, whole = made(of, treatment, known), made(of, day, known)
    assert not list(looser(states(whole), states(exact)))
    for activity in ACTIVITIES:
        allowed = [(one.start, one.end, 1) for one in windows(exact, activity, ALLOW)]
        for one in windows(whole, activity, ALLOW):
            assert one.start == one.end or strictest(allowed, one.start) == 1
    red = {one.rule: one for one in windows(exact, "redness", EXPECT)}
    for one in windows(whole, "redness", EXPECT):
        if one.rule in red:
            assert one.end <= max(red[one.rule].end, one.start)
            assert (one.worry_after or FOREVER) <= (red[one.rule].worry_after or FOREVER)


@laws
@given(rules((DO,), simple=True), treatments(exact=True))
def test_to_do_begins_for_a_date_alone_only_when_it_must_have_begun(rule: Rule, treatment: Treatment) -> None:
    assume(rule.start is not None and not rule.start.is_at_once(far=True) and rule.days is None)
    day = make_treatment(treatment.day, None, treatment.zone, seen=treatment.seen)
    nobody = read_facts(words(), {})
    exact, whole = ([one.start for one in made([rule], on, nobody).windows] for on in (treatment, day))
    assert all(late >= early for late, early in zip(whole, exact, strict=True))


@laws
@given(rule_sets((AVOID, ALLOW, DO, EXPECT), ended=False), treatments(), facts, st.integers(0, 4))
def test_the_order_of_rules_says_nothing(of: list[Rule], treatment: Treatment, known: Facts, first: int) -> None:
    mixed = [*reversed(of[first:]), *of[:first]]
    one, other = made(of, treatment, known), made(mixed, treatment, known)
    assert one._replace(rule_set=words()) == other._replace(rule_set=words())


# Every zone, around every change of its clock.


def clock_changes(zone: ZoneInfo, year: int) -> list[date]:
    """Give the dates of *year* after which noon has another distance from UTC."""
    noons = [datetime(year, 1, 1, 12, tzinfo=zone) + timedelta(days=number) for number in range(365)]
    return [one.date() for one, next_ in pairwise(noons) if one.utcoffset() != next_.utcoffset()]


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Find where *day* begins by looking at the clock every quarter of an hour."""
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while local_date(instant, zone) < day:
        instant += timedelta(minutes=15)
    return instant


def until(duration: Duration) -> RuleSet:
    end = Bound((Term(TREATMENT, Range(duration, duration)),))
    return replace(words(), rules={"rest": Rule("rest", AVOID, ("gym",), None, end)})


@pytest.mark.parametrize("clock_time", [time(0, 0), time(16, 30), time(23, 45)], ids=str)
def test_hours_and_days_mean_the_same_in_every_zone_around_both_clock_changes(clock_time: time) -> None:
    nobody = read_facts(words(), {})
    for_hours, for_days = until(Duration(48, "h")), until(Duration(3, "d"))
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for change in clock_changes(zone, 2026) or [date(2026, 11, 20)]:
            for day in (change, change + timedelta(days=1)):
                treated, alone = make_treatment(day, clock_time, zone), make_treatment(day, None, zone)
                hours, days = (window(build_timeline(one, treated, nobody), "gym") for one in (for_hours, for_days))
                assert hours.end == treated.last + timedelta(hours=48), name
                at_least = max(first_instant(day + timedelta(days=4), zone), treated.last + timedelta(hours=72))
                # An hour more where midnight comes twice.
                assert days.end - at_least in (timedelta(0), timedelta(hours=1)), name
                if alone.first <= treated.first <= treated.last <= alone.last:
                    assert window(build_timeline(for_hours, alone, nobody), "gym").end >= hours.end, name
                    assert window(build_timeline(for_days, alone, nobody), "gym").end >= days.end, name


def test_units_are_those_the_laws_are_tried_with() -> None:
    assert set(MOST) == UNITS
