"""Courses of sessions, forwards and backwards."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlecare import Event
from needlecare.errors import InputError
from needlecare.model.facts import Condition
from needlecare.model.ruleset import Saying, Spacing
from needlecare.model.time import Duration, shift_date

# Courses are planned by the hundred here, with any healing time and without a rule set.
from needlecare.timeline.agenda import ALWAYS_OPEN, Course, OpenDays, fit_before, plan_course

FIRST = date(2026, 11, 20)


Spacings = tuple[tuple[Spacing, tuple[str, ...]], ...]


def every(near: str, far: str, overdue: str | None = None) -> Spacings:
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
    calendar = OpenDays(((date(2026, 12, 18), date(2026, 12, 24)),), frozenset({4}))
    step = planned(plan_course(every("4w", "6w"), FIRST, count=2, calendar=calendar)).steps[0]
    assert step.session.minimum == date(2026, 12, 26)


@pytest.mark.parametrize(
    ("day", "next_", "last"),
    [
        pytest.param("2026-12-17", "2026-12-17", "2026-12-17", id="an open day"),
        pytest.param("2026-12-18", "2026-12-21", "2026-12-17", id="the first day away"),
        pytest.param("2026-12-20", "2026-12-21", "2026-12-17", id="the last day away"),
        pytest.param("2026-12-22", "2026-12-23", "2026-12-21", id="a closed weekday"),
    ],
)
def test_the_nearest_open_day_is_found_on_both_sides(day: str, next_: str, last: str) -> None:
    calendar = OpenDays(((date(2026, 12, 18), date(2026, 12, 20)),), frozenset({1}))
    on = date.fromisoformat(day)
    assert (calendar.open_from(on).isoformat(), calendar.open_from(on, -1).isoformat()) == (next_, last)


CHRISTMAS, BOXING, NEW_YEAR = date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)
HOLIDAYS = {CHRISTMAS: "Christmas Day", BOXING: "Boxing Day", NEW_YEAR: "New Year's Day"}


@pytest.mark.parametrize(
    ("first", "spacing", "recommended", "named"),
    [
        pytest.param("2026-11-27", ("4w", "6w"), ("2026-12-27", "2027-01-08"), [CHRISTMAS, BOXING], id="the start"),
        pytest.param("2026-11-20", ("4w", "6w"), ("2026-12-18", "2026-12-31"), [NEW_YEAR], id="the end"),
        pytest.param("2026-11-23", ("4w", "6w"), ("2026-12-21", "2027-01-04"), [], id="days in between"),
        pytest.param("2026-11-27", ("4w", "4w"), ("2026-12-27", "2026-12-27"), [CHRISTMAS, BOXING], id="all of it"),
    ],
)
def test_what_would_begin_or_end_on_a_holiday_moves_off_it_and_names_it(
    first: str, spacing: tuple[str, str], recommended: tuple[str, str], named: list[date]
) -> None:
    calendar = OpenDays(holidays=HOLIDAYS)
    (step,) = planned(plan_course(every(*spacing), date.fromisoformat(first), count=2, calendar=calendar)).steps
    assert tuple(day.isoformat() for day in step.session.recommended) == recommended
    assert step.session.minimum == step.session.recommended[0]
    assert step.session.holidays == tuple((day, HOLIDAYS[day]) for day in named)


def test_a_session_that_is_booked_on_a_holiday_stays_there_and_names_it() -> None:
    calendar = OpenDays(booked=CHRISTMAS, holidays=HOLIDAYS)
    second, third = planned(plan_course(every("4w", "6w"), FIRST, count=3, calendar=calendar)).steps
    assert (second.day, [day for day, _ in second.session.holidays]) == (CHRISTMAS, [CHRISTMAS])
    assert third.session.minimum == CHRISTMAS + timedelta(weeks=4)


@pytest.mark.parametrize(
    ("on", "last", "latest", "moved", "last_moved"),
    [
        pytest.param("2026-12-26", "2026-12-24", "2026-11-26", [], [CHRISTMAS, BOXING], id="the last one"),
        pytest.param("2027-01-22", "2027-01-22", "2026-12-24", [CHRISTMAS], [], id="the one before"),
    ],
)
def test_latest_days_before_an_event_move_off_holidays_too(
    on: str, last: str, latest: str, moved: list[date], last_moved: list[date]
) -> None:
    spacings, calendar, event = every("4w", "6w"), OpenDays(holidays=HOLIDAYS), date.fromisoformat(on)
    course = planned(plan_course(spacings, date(2026, 9, 25), count=3, calendar=calendar))
    wanted = Event("wedding", "the wedding", event, event)
    fitted = fit_before(course, spacings, wanted, healed=lambda day: day, calendar=calendar)
    assert fitted.deadline is not None
    assert [one.latest for one in fitted.steps] == [date.fromisoformat(latest), date.fromisoformat(last)]
    assert [[day for day, _ in one.session.holidays] for one in fitted.steps] == [moved, []]
    assert [day for day, _ in fitted.deadline.holidays] == last_moved


@pytest.mark.parametrize(
    ("done", "count", "numbers"),
    [
        pytest.param(0, None, [2, 3], id="the least that the source gives"),
        pytest.param(3, None, [2, 3, 4, 5], id="one more than there have been"),
        pytest.param(0, 2, [2], id="as many as asked for"),
        pytest.param(3, 4, [2, 3, 4], id="all have been"),
    ],
)
def test_a_course_has_so_many_sessions(done: int, count: int | None, numbers: list[int]) -> None:
    days = [FIRST + timedelta(weeks=4 * (number + 1)) for number in range(done)]
    course = planned(plan_course(every("4w", "6w"), FIRST, done=days, count=count))
    assert [step.session.number for step in course.steps] == numbers
    assert [step.done for step in course.steps[:done]] == days
    assert [step.days_short for step in course.steps] == [0] * len(numbers)
    assert course.size == numbers[-1]


@pytest.mark.parametrize(
    ("done", "booked", "short", "third"),
    [
        pytest.param([], "2027-01-10", 0, "2027-02-07", id="late"),
        pytest.param([], "2026-12-10", 8, "2027-01-07", id="too soon"),
        pytest.param(["2026-12-18"], "2027-01-20", 0, "2027-01-20", id="after one that was done"),
    ],
)
def test_sessions_count_on_from_one_that_is_booked(done: list[str], booked: str, short: int, third: str) -> None:
    days = [date.fromisoformat(one) for one in done]
    on = date.fromisoformat(booked)
    steps = planned(plan_course(every("4w", "6w"), FIRST, done=days, count=3, calendar=OpenDays(booked=on))).steps
    step = steps[len(days)]
    assert (step.session.booked, step.done, step.days_short, step.day) == (on, None, short, on)
    assert steps[1].day == date.fromisoformat(third)


def test_a_booked_session_comes_after_those_that_were_done() -> None:
    on = date(2026, 12, 18)
    with pytest.raises(InputError, match=r"2026-12-18 isn't after the session of 2026-12-18"):
        plan_course(every("4w", "6w"), FIRST, done=[on], calendar=OpenDays(booked=on))


def test_where_no_count_is_given_the_next_session_is_planned() -> None:
    spacing = Spacing("one", Condition(), None, (Duration(4, "w"), Duration(6, "w")))
    assert planned(plan_course(((spacing, ()),), FIRST)).size == 2


def test_fewer_sessions_than_there_have_been_are_refused() -> None:
    done = [FIRST + timedelta(weeks=4), FIRST + timedelta(weeks=8)]
    with pytest.raises(InputError, match=r"^--count 2: 3 sessions have been already, the first included$"):
        plan_course(every("4w", "6w"), FIRST, done=done, count=2)


def test_a_session_that_was_done_on_a_closed_day_counts_all_the_same() -> None:
    closed = OpenDays(closed=frozenset({0, 1, 2, 3, 4}))
    second, third = planned(
        plan_course(every("4w", "6w"), FIRST, done=[date(2026, 12, 18)], count=3, calendar=closed)
    ).steps
    assert (second.session.minimum, second.done) == (date(2026, 12, 18), date(2026, 12, 18))
    assert third.session.minimum == date(2027, 1, 16)


def test_what_holds_for_sure_says_what_comes_after_a_course() -> None:
    length = (Duration(4, "w"), Duration(6, "w"))
    sure = Spacing("sure", Condition(), None, length, None, "every 6mo", "Results take time.")
    perhaps = Spacing("perhaps", Condition(), None, length, None, "every year", "It depends.")
    twice = Spacing("twice", Condition(), None, length, None, "or on demand", "Ask.")
    course = planned(plan_course(((perhaps, ("skin",)), (sure, ()), (twice, ())), FIRST))
    assert (course.then, course.note) == ("every 6mo; or on demand", "Results take time. Ask.")
    course = planned(plan_course(((perhaps, ("skin",)),), FIRST))
    assert (course.then, course.note) == ("every year", "It depends.")


def test_the_reason_of_a_spacing_that_another_outvotes_is_not_said() -> None:
    short = Spacing("short", Condition(), None, (Duration(3, "w"), Duration(4, "w")), because="ours")
    long = Spacing("long", Condition(), None, (Duration(4, "w"), Duration(6, "w")), because="theirs")
    counted = Spacing("counted", Condition(), (3, 6), because="three are enough")
    assert planned(plan_course(((short, ()), (long, ()), (counted, ())), FIRST)).note == "theirs three are enough"


def test_a_week_without_an_open_day_is_refused() -> None:
    with pytest.raises(InputError, match=r"^--avoid and --closed leave no open day within two years; leave some open$"):
        plan_course(every("4w", "6w"), FIRST, count=2, calendar=OpenDays(closed=frozenset(range(7))))


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


@pytest.mark.parametrize(
    ("on", "fitting", "last"),
    [
        pytest.param("2026-12-26", 2, "2026-12-18", id="the second is healed on that very day"),
        pytest.param("2026-12-25", 1, "2026-12-17", id="a day too early for it"),
        pytest.param("2026-11-28", 1, "2026-11-20", id="the first alone"),
        pytest.param("2026-11-27", 0, "2026-11-19", id="not even the first"),
    ],
)
def test_so_many_sessions_fit_before_an_event(on: str, fitting: int, last: str) -> None:
    course = planned(plan_course(every("4w", "6w"), FIRST, count=3))
    event = Event("wedding", "the wedding", date.fromisoformat(on), date(2027, 1, 1))
    fitted = fit_before(course, every("4w", "6w"), event, healed=lambda day: day + timedelta(days=8))
    deadline = fitted.deadline
    assert deadline is not None
    assert (deadline.name, deadline.day, deadline.wanted) == ("the wedding", date.fromisoformat(on), 3)
    assert (deadline.fits, deadline.fitting, deadline.last.isoformat()) == (False, fitting, last)
    assert [step.latest for step in fitted.steps] == [None, None]


def test_a_course_of_one_session_fits_where_that_one_has_healed() -> None:
    course = Course(FIRST, (), 1, "", "")
    fitted = fit_before(course, every("4w", "6w"), wedding(2026, 12, 1), healed=lambda day: day + timedelta(days=8))
    assert fitted.deadline is not None
    assert (fitted.deadline.fits, fitted.deadline.possible_from) == (True, FIRST + timedelta(days=8))


@pytest.mark.parametrize(("heals", "latest"), [(7, 22), (8, 21)])
def test_the_last_session_heals_on_the_very_day_of_an_event(heals: int, latest: int) -> None:
    course = Course(FIRST, (), 1, "", "")
    fitted = fit_before(course, every("4w", "6w"), wedding(2027, 3, 1), healed=lambda day: day + timedelta(days=heals))
    assert fitted.deadline is not None
    assert fitted.deadline.last == date(2027, 2, latest)


def test_what_has_been_done_has_no_latest_day() -> None:
    spacings = every("4w", "6w")
    course = planned(plan_course(spacings, FIRST, done=[date(2026, 12, 18)], count=3))
    fitted = fit_before(course, spacings, wedding(2027, 3, 1), healed=lambda day: day)
    assert [step.latest for step in fitted.steps] == [None, date(2027, 3, 1)]


def test_latest_days_are_open_days() -> None:
    spacings, closed = every("4w", "6w"), OpenDays(closed=frozenset({0, 5, 6}))
    course = planned(plan_course(spacings, FIRST, count=3, calendar=closed))
    event = wedding(2027, 3, 1)
    fitted = fit_before(course, spacings, event, healed=lambda day: day, calendar=closed)
    assert [step.latest for step in fitted.steps] == [date(2027, 1, 29), date(2027, 2, 26)]


def test_of_two_spacings_the_longer_leaves_the_earlier_latest_day() -> None:
    spacings = (*every("1mo", "2mo"), *every("30d", "60d"))
    course = planned(plan_course(spacings, date(2027, 1, 1), count=2))
    for day, latest in ((date(2027, 3, 30), date(2027, 2, 28)), (date(2027, 3, 1), date(2027, 1, 30))):
        longer = course._replace(steps=(*course.steps, *course.steps))
        event = Event("event", "event", day, day)
        fitted = fit_before(longer._replace(size=3), spacings, event, healed=lambda one: one)
        assert fitted.steps[0].latest == latest


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
    spacings: Spacings,
    count: int,
    closed: set[int],
    data: st.DataObject,
) -> None:
    near = spacings[0][0].every
    assert near is not None
    gap = data.draw(st.integers(1, 90))
    done = [first + timedelta(days=gap)] if data.draw(st.booleans()) else []
    course = planned(plan_course(spacings, first, done=done, count=count, calendar=OpenDays(closed=frozenset(closed))))
    last = first
    for step in course.steps:
        assert step.session.minimum >= shift_date(last, near[0])
        assert step.session.minimum <= step.session.recommended[0] <= step.session.recommended[1]
        assert step.done or step.session.minimum.weekday() not in closed
        assert step.done or step.session.recommended[0].weekday() not in closed
        last = step.done or step.session.minimum


@given(
    first=DAYS,
    spacings=SPACINGS,
    count=st.integers(2, 6),
    closed=st.sets(st.integers(0, 6), max_size=4),
    offsets=st.sets(st.integers(1, 400), max_size=60),
    away=st.tuples(st.integers(1, 400), st.integers(0, 40)),
)
def test_closed_days_move_a_stretch_no_farther_than_they_must(
    first: date, spacings: Spacings, count: int, closed: set[int], offsets: set[int], away: tuple[int, int]
) -> None:
    def closes(begin: date, end: date) -> list[date]:
        """Give the days from *begin* up to *end*, without that, which are all closed."""
        between = [begin + timedelta(days=number) for number in range((end - begin).days)]
        assert not any(map(calendar.is_open, between))
        return between

    left = first + timedelta(days=away[0])
    holidays = {first + timedelta(days=offset): f"day {offset}" for offset in offsets}
    calendar = OpenDays(((left, left + timedelta(days=away[1])),), frozenset(closed), holidays=holidays)
    spacing = spacings[0][0].every
    assert spacing is not None
    soonest = start = end = first
    for step in planned(plan_course(spacings, first, count=count, calendar=calendar)).steps:
        session, (near, far) = step.session, spacing
        assert all(map(calendar.is_open, (session.minimum, *session.recommended)))
        skipped = closes(shift_date(soonest, near), session.minimum)
        skipped += closes(max(shift_date(start, near), session.minimum), session.recommended[0])
        skipped += closes(session.recommended[1] + timedelta(days=1), shift_date(end, far) + timedelta(days=1))
        assert session.recommended[1] <= max(session.recommended[0], shift_date(end, far))
        assert [day for day, _ in session.holidays] == sorted(set(skipped) & holidays.keys())
        soonest, (start, end) = session.minimum, session.recommended


@given(first=DAYS, spacings=SPACINGS, count=st.integers(2, 6), room=st.integers(0, 400), heal=st.integers(0, 20))
def test_planning_back_and_forward_agree(first: date, spacings: Spacings, count: int, room: int, heal: int) -> None:
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
