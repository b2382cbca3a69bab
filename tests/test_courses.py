"""Courses of sessions, forwards and backwards."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlecare.errors import InputError
from needlecare.model.facts import Condition
from needlecare.model.ruleset import Saying, Spacing
from needlecare.model.time import Duration, shift_date
from needlecare.model.treatment import Event
from needlecare.sessions import ALWAYS_OPEN, Calendar, Course, fit_before, plan_course

FIRST = date(2026, 11, 20)


def every(near: str, far: str, overdue: str | None = None) -> tuple[tuple[Spacing, tuple[str, ...]], ...]:
    def length(text: str) -> Duration:
        return Duration(int(text.rstrip("wmod")), text.lstrip("0123456789"))

    late = length(overdue) if overdue else None
    spacing = Spacing("one", Condition(), (3, 6), (length(near), length(far)), late, says=(Saying("who", near),))
    return ((spacing, ()),)


def wedding(year: int, month: int, day: int) -> Event:
    return Event("wedding", "the wedding", date(year, month, day), date(year, month, day))


def planned(course: Course | None) -> Course:
    assert course is not None
    return course


def test_minimum_counts_from_minimum_and_recommended_from_recommended() -> None:
    second, third = planned(plan_course(every("4w", "6w", "12w"), FIRST, count=3)).steps
    assert second.session.minimum == FIRST + timedelta(weeks=4)
    assert second.session.recommended == (FIRST + timedelta(weeks=4), FIRST + timedelta(weeks=6))
    assert second.session.overdue == FIRST + timedelta(weeks=12)
    assert third.session.minimum == FIRST + timedelta(weeks=8)
    assert third.session.recommended == (FIRST + timedelta(weeks=8), FIRST + timedelta(weeks=12))
    assert third.session.overdue == FIRST + timedelta(weeks=18)


def test_a_session_done_counts_from_the_day_it_really_was() -> None:
    second, third = planned(plan_course(every("4w", "6w"), FIRST, done=[date(2027, 1, 4)], count=3)).steps
    assert (second.done, second.days_short) == (date(2027, 1, 4), 0)
    assert third.session.minimum == date(2027, 2, 1)


def test_a_gap_that_was_too_short_is_told() -> None:
    step = planned(plan_course(every("4w", "6w"), FIRST, done=[date(2026, 12, 10)])).steps[0]
    assert step.days_short == 8


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ([date(2026, 12, 10), date(2026, 12, 10)], "stands twice"),
        ([date(2026, 12, 10), date(2026, 12, 1)], "comes before"),
        ([FIRST], "stands twice"),
        ([date(2026, 11, 1)], "comes before"),
    ],
)
def test_sessions_done_follow_each_other(done: list[date], told: str) -> None:
    with pytest.raises(InputError, match=told):
        plan_course(every("4w", "6w"), FIRST, done=done)


def test_closed_days_are_left_out_and_nothing_comes_earlier() -> None:
    calendar = Calendar(((date(2026, 12, 18), date(2026, 12, 24)),), frozenset({4}))
    step = planned(plan_course(every("4w", "6w"), FIRST, count=2, calendar=calendar)).steps[0]
    assert step.session.minimum == date(2026, 12, 26)


def test_a_week_without_an_open_day_is_refused() -> None:
    with pytest.raises(InputError, match="no open day"):
        plan_course(every("4w", "6w"), FIRST, count=2, calendar=Calendar(closed=frozenset(range(7))))


def test_a_course_that_fits_gets_latest_days() -> None:
    course = planned(plan_course(every("4w", "6w"), FIRST, count=3))
    fitted = fit_before(course, every("4w", "6w"), wedding(2027, 3, 1), healed=lambda day: day + timedelta(days=8))
    assert fitted.deadline is not None
    assert fitted.deadline.fits
    assert fitted.deadline.last == date(2027, 2, 21)
    assert [step.latest for step in fitted.steps] == [date(2027, 1, 24), date(2027, 2, 21)]


def test_a_course_that_does_not_fit_tells_how_many_do_and_what_would_help() -> None:
    course = planned(plan_course(every("4w", "6w"), FIRST, count=4))
    fitted = fit_before(course, every("4w", "6w"), wedding(2027, 1, 30), healed=lambda day: day + timedelta(days=8))
    assert fitted.deadline is not None
    assert not fitted.deadline.fits
    assert fitted.deadline.fitting == 3
    assert fitted.deadline.possible_from == FIRST + timedelta(weeks=12, days=8)


def test_a_month_is_never_cut_short_on_the_way_back() -> None:
    spacings = every("1mo", "2mo")
    course = planned(plan_course(spacings, date(2026, 10, 31), count=2))
    fitted = fit_before(course, spacings, wedding(2027, 3, 2), healed=lambda day: day)
    assert fitted.steps[0].latest == date(2027, 3, 2)
    assert course.steps[0].session.minimum == date(2026, 12, 1)


DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))
SPACINGS = st.sampled_from([every("2w", "4w"), every("4w", "6w", "12w"), every("1mo", "3mo", "6mo")])


@given(
    first=DAYS,
    spacings=SPACINGS,
    count=st.integers(2, 8),
    closed=st.sets(st.integers(0, 6), max_size=5),
    data=st.data(),
)
def test_no_session_is_before_its_minimum_or_on_a_closed_day(
    first: date,
    spacings: tuple[tuple[Spacing, tuple[str, ...]], ...],
    count: int,
    closed: set[int],
    data: st.DataObject,
) -> None:
    near = spacings[0][0].every
    assert near is not None
    gap = data.draw(st.integers(1, 90))
    done = [first + timedelta(days=gap)] if data.draw(st.booleans()) else []
    course = planned(plan_course(spacings, first, done=done, count=count, calendar=Calendar(closed=frozenset(closed))))
    last = first
    for step in course.steps:
        assert step.session.minimum >= shift_date(last, near[0])
        assert step.session.minimum <= step.session.recommended[0] <= step.session.recommended[1]
        assert step.done or step.session.minimum.weekday() not in closed
        assert step.done or step.session.recommended[0].weekday() not in closed
        last = step.done or step.session.minimum


@given(first=DAYS, spacings=SPACINGS, count=st.integers(2, 6), room=st.integers(0, 400), heal=st.integers(0, 20))
def test_planning_back_and_forward_agree(
    first: date, spacings: tuple[tuple[Spacing, tuple[str, ...]], ...], count: int, room: int, heal: int
) -> None:
    near = spacings[0][0].every
    assert near is not None
    course = planned(plan_course(spacings, first, count=count))
    event = first + timedelta(days=room)
    fitted = fit_before(
        course,
        spacings,
        Event("event", "event", event, event),
        healed=lambda day: day + timedelta(days=heal),
        calendar=ALWAYS_OPEN,
    )
    deadline = fitted.deadline
    assert deadline is not None
    assert deadline.fits == (course.steps[-1].session.minimum + timedelta(days=heal) <= event)
    assert deadline.last + timedelta(days=heal) <= event
    if deadline.fits:
        last = first
        for step in fitted.steps:
            assert step.latest is not None
            assert step.session.minimum <= step.latest <= deadline.last
            assert shift_date(last, near[0]) <= step.latest
            last = step.latest
