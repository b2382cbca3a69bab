"""Laws that hold for every activity and treatment: answers agree with the plan and with each other."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack.strength import TIMES, tries
from needlecare import RuleSet, Timeline, can, normal, when
from running import run
from support import FOREVER

Make = Callable[..., Timeline]
SITTINGS: dict[str, dict[str, str]] = {
    "plain": {},
    "scalp": {"area": "scalp", "uses": "minoxidil"},
    "body": {"area": "abdomen"},
    "home roller": {"setting": "home", "technique": "roller", "depth": "0.3"},
    "radiofrequency": {"technique": "radiofrequency", "skin_type": "V"},
    "prp": {"add_on": "prp", "depth": "2.5"},
}
SLOW = tries(20)
NO, ASK, BETTER_NOT, NO_RULE, YES = STRICTNESS = ("no", "ask", "better-not", "no-rule", "yes")
RED_FLAG, CALL, WATCH, EXPECTED = ("today", "clinic", "watch", "usual")


@pytest.fixture(scope="module")
def strictness(plan_for: Make) -> Callable[[str, datetime], int]:
    """Ask whether something can be done, of a plain treatment, and give how strict the answer is."""

    @cache
    def ask(phrase: str, now: datetime) -> int:
        return STRICTNESS.index(can(plan_for(), phrase, now=now).verdict)

    return ask


def is_leaf(rule_set: RuleSet, activity: str) -> bool:
    return len(rule_set.family([activity])) == 1


def test_one_rule_set_ships() -> None:
    lines = run("rules", "list").out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith("example: ")] == ["microneedling"]


@pytest.mark.parametrize("clock", [time(16, 30), None], ids=["with time", "date alone"])
@pytest.mark.parametrize("sitting", SITTINGS)
def test_can_agrees_with_the_day_of_the_plan(plan_for: Make, sitting: str, clock: time | None) -> None:
    timeline = plan_for(clock=clock, **SITTINGS[sitting])
    rule_set = timeline.rule_set
    reached = sorted(timeline.reached)
    # Each activity on some of these days: a question takes longer than a verdict.
    of = 4 if TIMES == 1 else 2
    for turn, day in enumerate(timeline.days[::3], list(SITTINGS).index(sitting)):
        for activity in reached[turn % of :: of]:
            found = can(timeline, activity, day.day)
            verdict = found.verdict
            if activity in day.avoid:
                assert verdict == NO, (activity, day.day)
            elif timeline.asking([activity]) or found.findings:
                assert verdict == ASK or not is_leaf(rule_set, activity)
            elif activity in day.better_not:
                assert verdict in (BETTER_NOT, NO), (activity, day.day)
                assert verdict == BETTER_NOT or not is_leaf(rule_set, activity)
            elif found.silent == "advice":
                assert rule_set.activities[activity].advised == "never"
            elif found.silent:
                # Only what is restricted on that side of the treatment can be free there.
                windows, treatment = timeline.windows_on(activity), timeline.treatment
                speaking = [
                    one.start < treatment.first if day.number < 0 else one.better_until > treatment.last
                    for one in windows
                ]
                assert not any(speaking), (activity, day.day)
            elif is_leaf(rule_set, activity):
                assert verdict == YES, (activity, day.day)
                assert bool(found.and_once) == (activity in day.only_if), (activity, day.day)


@pytest.mark.parametrize("rough", ["about {}", "over {}", "{} or so", "nearly {}", "less than {}", "{} or two"])
@pytest.mark.parametrize("unit", ["hour", "day", "week"])
@pytest.mark.parametrize("activity", ["makeup", "wine", "gym", "retinol", "sauna"])
def test_a_rough_time_is_never_looser_than_the_exact_one(
    plan_for: Make, strictness: Callable[[str, datetime], int], activity: str, unit: str, rough: str
) -> None:
    for after in range(0, 360, 17 if TIMES > 1 else 31):
        now = plan_for().treatment.first + timedelta(hours=after)
        exact, inexact = (strictness(f"{activity} in {text.format(f'a {unit}')}", now) for text in ("{}", rough))
        assert inexact <= exact, (now, rough)


@pytest.mark.parametrize("sitting", SITTINGS)
def test_when_agrees_with_can(plan_for: Make, sitting: str) -> None:
    timeline = plan_for(**SITTINGS[sitting])
    moment = timedelta(microseconds=1)
    for activity in sorted(timeline.rule_set.activities):
        if timeline.rule_set.activities[activity].medicine == "prescribed":
            continue
        found = when(timeline, activity)
        if found.verdict.verdict == NO_RULE or found.free_from is None:
            continue

        def at(instant: datetime, activity: str = activity) -> str:
            return can(timeline, activity, instant).verdict

        assert at(found.free_from) != NO
        if found.verdict.verdict == NO:
            assert at(found.free_from - moment) == NO
        if found.better_from is not None:
            assert at(found.better_from) in (YES, NO_RULE)
            assert at(found.better_from - moment) == BETTER_NOT


@pytest.mark.parametrize("sitting", SITTINGS)
def test_until_is_where_the_answer_changes(plan_for: Make, sitting: str) -> None:
    timeline = plan_for(**SITTINGS[sitting])
    start = timeline.treatment.last
    for activity in sorted(timeline.reached):
        for hours in (0, 20, 60, 200):
            verdict = can(timeline, activity, start + timedelta(hours=hours))
            if verdict.verdict in (NO, BETTER_NOT) and verdict.until is not None:
                later = can(timeline, activity, verdict.until)
                assert STRICTNESS.index(later.verdict) > STRICTNESS.index(verdict.verdict)


@SLOW
@given(gap=st.integers(1, 40), hours=st.integers(-300, 1500), data=st.data())
def test_two_treatments_are_never_looser_than_either(plan_for: Make, gap: int, hours: int, data: st.DataObject) -> None:
    first = plan_for()
    second = plan_for(day=date(2026, 11, 20) + timedelta(days=gap), clock=None, area="scalp")
    activity = data.draw(st.sampled_from(sorted(first.reached | second.reached)))
    at = first.treatment.last + timedelta(hours=hours)
    both = can([first, second], activity, at)
    for one in (first, second):
        alone = can(one, activity, at).verdict
        # Of the time before a treatment most rules say nothing, which takes no yes away.
        is_silent = alone == "no-rule" and at < one.treatment.first
        assert is_silent or STRICTNESS.index(both.verdict) <= STRICTNESS.index(alone)


@SLOW
@given(hours=st.integers(-400, 1500), data=st.data())
def test_a_day_is_never_looser_than_any_of_its_moments(plan_for: Make, hours: int, data: st.DataObject) -> None:
    timeline = plan_for()
    activity = data.draw(st.sampled_from(sorted(timeline.reached)))
    instant = timeline.treatment.last + timedelta(hours=hours)
    moment = can(timeline, activity, instant).verdict
    day = can(timeline, activity, instant.astimezone(timeline.treatment.zone).date()).verdict
    assert STRICTNESS.index(day) <= STRICTNESS.index(moment)


@SLOW
@given(
    day=st.integers(-10, 60),
    start=st.integers(0, 23),
    length=st.integers(1, 24),
    inside=st.floats(0, 1),
    data=st.data(),
)
def test_a_part_of_a_day_lies_between_the_day_and_any_of_its_moments(
    plan_for: Make, day: int, start: int, length: int, inside: float, data: st.DataObject
) -> None:
    timeline = plan_for()
    activity = data.draw(st.sampled_from(sorted(timeline.reached)))
    date_ = date(2026, 11, 20) + timedelta(days=day)
    length = min(length, 24 - start)
    part = can(timeline, f"{activity} on {date_} at {start:02}:00 for {length} hours")
    begins = datetime.combine(date_, time(start), timeline.treatment.zone)
    assert part.asked.start == begins
    assert part.asked.end == begins + timedelta(hours=length)
    moment = begins + inside * (timedelta(hours=length) - timedelta(seconds=1))
    whole, one = can(timeline, activity, date_).verdict, can(timeline, activity, moment).verdict
    some = part.verdict
    assert STRICTNESS.index(whole) <= STRICTNESS.index(some) <= STRICTNESS.index(one)


@pytest.mark.parametrize("sitting", SITTINGS)
def test_a_sign_is_a_reason_to_call_from_the_day_that_the_plan_says(plan_for: Make, sitting: str) -> None:
    timeline = plan_for(**SITTINGS[sitting])
    named = {sign for rule in timeline.red_flags for sign in rule.targets}
    windows = [one for one in timeline.windows if one.kind == "expect" and one.target not in named]
    assert any(one.worry_after for one in windows)
    for sign in {one.target for one in windows}:
        calls = [one.worry_after for one in windows if one.target == sign and one.worry_after]
        if not calls:
            continue
        begins = min(one.start for one in windows if one.target == sign)
        # Around each change, and now and then between them.
        changes = {begins, *calls, *timeline.flagged_from.values(), *(one.end for one in windows if one.target == sign)}
        beside = (change + timedelta(minutes=minutes) for change in changes if change < FOREVER for minutes in (-1, 0))
        between = (timeline.treatment.last + timedelta(hours=hours) for hours in range(0, 24 * 20, 31))
        for at in sorted(one for one in {*beside, *between} if one >= timeline.treatment.last):
            found = normal(timeline, sign, at)
            if at >= min(calls):
                assert found.verdict in (CALL, RED_FLAG), (sign, at)
                assert found.verdict == CALL or at >= min(timeline.flagged_from.values()), (sign, at)
            elif at >= begins:
                assert found.verdict in (WATCH, EXPECTED), (sign, at)
            holds = any(one.start <= at < one.end for one in windows if one.target == sign)
            assert found.verdict != EXPECTED or holds


@SLOW
@given(ahead=st.integers(8, 60), data=st.data())
def test_a_booked_session_never_makes_anything_looser(plan_for: Make, ahead: int, data: st.DataObject) -> None:
    booked = date(2026, 11, 20) + timedelta(days=ahead)
    without, with_it = plan_for(), plan_for(next_day=booked)
    activity = data.draw(st.sampled_from(sorted(without.reached)))
    day = date(2026, 11, 20) + timedelta(days=data.draw(st.integers(0, ahead)))
    loose = can(without, activity, day).verdict
    strict = can(with_it, activity, day).verdict
    assert STRICTNESS.index(strict) <= STRICTNESS.index(loose)


def test_pre_care_of_a_booked_session_is_real_and_of_an_unbooked_one_is_not(plan_for: Make) -> None:
    asked = date(2027, 1, 20)
    assert can(plan_for(), "retinoids", asked).verdict == YES
    assert can(plan_for(next_day=date(2027, 1, 22)), "retinoids", asked).verdict == NO


@SLOW
@given(hours=st.integers(-400, 1500), data=st.data())
def test_what_is_declared_turns_no_no_into_a_yes(plan_for: Make, hours: int, data: st.DataObject) -> None:
    without = plan_for()
    rule_set = without.rule_set
    said = {
        fact: ", ".join(
            data.draw(st.sets(st.sampled_from([one.id for one in rule_set.facts[fact].answers]), max_size=2))
        )
        for fact in ("condition", "uses")
    }
    declared = plan_for(**{fact: answers for fact, answers in said.items() if answers})
    activity = data.draw(st.sampled_from(sorted(rule_set.activities)))
    at = without.treatment.last + timedelta(hours=hours)
    loose, strict = can(without, activity, at).verdict, can(declared, activity, at).verdict
    # To whoever has to take it a medicine is never forbidden.
    assert STRICTNESS.index(strict) <= STRICTNESS.index(loose) or (loose, strict) in ((NO, ASK), (NO_RULE, YES))


def test_a_prescribed_medicine_is_never_answered_with_yes(plan_for: Make) -> None:
    timeline = plan_for()
    for activity in timeline.rule_set.activities.values():
        if activity.medicine == "prescribed":
            for days in (-100, -3, 0, 5, 300):
                verdict = can(timeline, activity.id, date(2026, 11, 20) + timedelta(days=days))
                assert verdict.verdict != YES
                assert verdict.prescribed


def test_a_yes_after_something_unseen_keeps_its_condition(plan_for: Make) -> None:
    verdict = can(plan_for(), "shaving", date(2026, 12, 10))
    assert verdict.verdict == YES
    assert [wait.label for wait in verdict.and_once] == ["no irritation is left"]


def test_what_no_rule_covers_is_never_a_yes(plan_for: Make) -> None:
    timeline = plan_for()
    assert can(timeline, "hair-colouring", datetime(2026, 11, 25, tzinfo=UTC)).verdict == NO_RULE


@pytest.mark.parametrize("sitting", SITTINGS)
def test_a_yes_before_the_treatment_has_a_rule_on_the_time_before(plan_for: Make, sitting: str) -> None:
    timeline = plan_for(**SITTINGS[sitting])
    begins = timeline.treatment.first
    spoken = {one.target for one in timeline.windows if min(one.start, one.better_from) < begins}
    # Each activity with half of the treatments: a rule on the time before holds for most of them.
    turn = list(SITTINGS).index(sitting) % 2
    for activity in [*timeline.rule_set.activities][turn if TIMES == 1 else 0 :: 2 if TIMES == 1 else 1]:
        for days in (-60, -20, -5, -1):
            verdict = can(timeline, activity, date(2026, 11, 20) + timedelta(days=days))
            if verdict.verdict == YES:
                parts = timeline.rule_set.family([activity])
                assert spoken & {one for part in parts for one in timeline.rule_set.lineage[part]}, (activity, days)


def test_a_parent_is_free_only_where_all_of_it_is(plan_for: Make) -> None:
    timeline = plan_for()
    verdict = can(timeline, "sunscreen", date(2026, 11, 22))
    assert verdict.verdict == NO
    assert verdict.is_divided
    parts = {part.activity: part.verdict for part in verdict.parts}
    assert parts == {"mineral-sunscreen": YES, "chemical-sunscreen": NO}
