from datetime import UTC, datetime, timedelta

import pytest

from needlecare import Day, Timeline
from support import Planner, day, no, shown, window

OURS = {"gym", "heat", "sauna", "cream", "paint", "tablets", "redness", "flakes"}


def listed(one: Day) -> dict[str, tuple[str, ...]]:
    """Give what a day lists of the words that tests use, without what comes with every set."""
    lists = {"avoid": one.avoid, "better not": one.better_not, "do": one.do, "prepare": one.prepare}
    ours = {name: tuple(target for target in found if target in OURS) for name, found in lists.items()}
    ours["expect"] = one.expect
    return {name: found for name, found in ours.items() if found}


def lifts(one: Day) -> list[tuple[str, str | None, str]]:
    return [(lift.activity, shown(lift.at), lift.to) for lift in one.lifts if lift.activity in ("gym", "heat", "paint")]


def test_a_plan_day_by_day(plan: Planner) -> None:
    made = plan(
        "gym: {avoid: gym, until: 24h..48h}\n"
        "tablets: {avoid: tablets, from: 1d..2d before, until: treatment}\n"
        "cream: {do: cream, from: 24h, until: 2d}\n"
        "before: {prepare: paint, at: before}\n"
        "redness: {expect: redness, days: 0..1}",
        days=4,
    )
    assert {number: listed(day(made, number)) for number in range(-2, 4)} == {
        -2: {"better not": ("tablets",)},
        -1: {"avoid": ("tablets",)},
        0: {"avoid": ("gym", "tablets"), "prepare": ("paint",), "expect": ("redness",)},
        1: {"avoid": ("gym",), "do": ("cream",), "expect": ("redness",)},
        2: {"better not": ("gym",), "do": ("cream",)},
        3: {},
    }
    assert lifts(day(made, 1)) == [("gym", "21 Nov 16:30", "better-not")]
    assert lifts(day(made, 2)) == [("gym", "22 Nov 16:30", "yes")]


@pytest.mark.parametrize(
    ("until", "seen", "first"),
    [
        pytest.param("24h and redness-gone", None, 4, id="from its usual end on"),
        pytest.param("6d and redness-gone", None, 7, id="from the known end on"),
        pytest.param("24h..6d and redness-gone", None, 7, id="after what is better not"),
        pytest.param("24h and redness-gone", "redness-gone=2026-11-22", None, id="not once it was seen"),
        pytest.param("24h and redness-gone", "redness-gone=no", None, id="not while it is kept shut"),
        pytest.param("24h", None, None, id="not where nothing is waited for"),
    ],
)
def test_what_the_clock_alone_cannot_free_is_never_listed_as_free(
    plan: Planner, until: str, seen: str | None, first: int | None
) -> None:
    made = plan(f"gym: {{avoid: gym, until: {until}}}", seen=[seen] if seen else [], days=40)
    listed = [one.number for one in made.days if "gym" in one.only_if]
    assert listed == ([] if first is None else list(range(first, 40)))


def test_days_are_numbered_from_the_treatment_and_carry_their_dates(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, from: 3d before, until: 3d}", "2028-02-28")
    numbers = {one.number: one.day.isoformat() for one in made.days}
    assert (numbers[-3], numbers[0], numbers[1], numbers[2]) == ("2028-02-25", "2028-02-28", "2028-02-29", "2028-03-01")


def test_a_day_with_one_restricted_instant_is_a_day_to_avoid(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: 1d}", time="23:59")
    assert "gym" in day(made, 0).avoid
    late = plan("gym: {avoid: gym, until: 25h}", time="23:00")
    assert [("gym" in day(late, number).avoid) for number in (0, 1, 2)] == [True, True, False]
    later = plan("gym: {avoid: gym, until: 25h}", time="23:01")
    assert "gym" in day(later, 2).avoid


def test_a_day_with_both_lists_the_stricter_alone(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: 24h..7d}")
    assert ("gym" in day(made, 1).avoid, "gym" in day(made, 1).better_not) == (True, False)
    assert ("gym" in day(made, 2).avoid, "gym" in day(made, 2).better_not) == (False, True)


def test_what_happens_at_one_instant_stands_on_its_day(plan: Planner) -> None:
    made = plan("cream: {do: cream, at: after}\npaint: {prepare: paint, at: during}")
    assert listed(day(made, 0)) == {"do": ("cream",), "prepare": ("paint",)}


@pytest.mark.parametrize(
    ("rules", "first", "last"),
    [
        pytest.param({}, 0, 0, id="no rule at all"),
        pytest.param({"one": ("avoid", "48h")}, 0, 2, id="to the day that it lifts on"),
        pytest.param({"one": ("avoid", "2d")}, 0, 3, id="at its midnight"),
        pytest.param({"one": ("avoid", "24h..72h")}, 0, 3, id="the milder part too"),
        pytest.param({"one": ("avoid", "always")}, 0, 0, id="what has no end has no last day"),
        pytest.param({"one": ("do", "5d")}, 0, 0, id="restrictions alone"),
        pytest.param({"one": ("avoid", "5d before"), "two": ("do", "5d")}, 0, 0, id="over before the treatment"),
        pytest.param({"one": ("avoid", "30d")}, 0, 29, id="thirty at most"),
    ],
)
def test_days_reach_from_the_treatment_to_the_last_restriction(
    plan: Planner, rules: dict[str, tuple[str, str]], first: int, last: int
) -> None:
    written = "\n".join(
        f"{id_}: {{{verb}: gym, {'from: 9d before, ' if 'before' in end else ''}until: {end}}}"
        for id_, (verb, end) in rules.items()
    )
    days = plan.alone(written).days
    begins = -9 if any("before" in end for _, end in rules.values()) else first
    assert (days[0].number, days[-1].number, len(days)) == (begins, last, last - begins + 1)


def test_no_rule_restricts_a_prescribed_medicine_even_if_another_names_it(plan: Planner) -> None:
    made = plan.alone("rest: {avoid: retinol, until: 48h}\nuse: {do: cream}", use="tretinoin")
    assert (no(made, "tretinoin"), no(made, "retinol")) == ([], ["20 Nov 16:30 to 22 Nov 16:30"])


def own_days(made: Timeline) -> list[int]:
    return [one.number for one in made.days]


@pytest.mark.parametrize(
    ("shown_days", "last"),
    [pytest.param(3, 2, id="as many as asked for"), pytest.param(1, 0, id="one"), pytest.param(60, 59, id="many")],
)
def test_how_many_days_are_listed_changes_nothing_else(plan: Planner, shown_days: int, last: int) -> None:
    rules = "gym: {avoid: gym, from: 3d before, until: 2w}\ntablets: {avoid: tablets}"
    some, all_ = plan(rules, days=shown_days), plan(rules)
    assert own_days(some)[-1] == last
    assert some._replace(days=()) == all_._replace(days=(), rule_set=some.rule_set)
    assert all(one == day(all_, one.number) for one in some.days if one.number <= own_days(all_)[-1])


def test_days_reach_to_the_last_dated_restriction_and_never_beyond_thirty(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: 1y}\ntablets: {avoid: tablets, until: always}")
    assert own_days(made)[-1] == 29
    assert shown(window(made, "gym").end) == "21 Nov 00:00"


def test_a_restriction_without_end_is_on_every_day(plan: Planner) -> None:
    made = plan("tablets: {avoid: tablets, until: always}", days=40)
    assert all("tablets" in one.avoid for one in made.days if one.number >= 0)


def test_pre_care_days_are_listed_back_to_thirty_at_most(plan: Planner) -> None:
    assert own_days(plan("gym: {avoid: gym, from: 6mo before, until: treatment}"))[0] == -30


def test_windows_stand_in_the_order_of_time(plan: Planner) -> None:
    made = plan("one: {avoid: gym, from: 2d}\ntwo: {do: cream, from: 1d}\nthree: {avoid: tablets, from: 7d before}")
    starts = [one.start for one in made.windows]
    assert starts == sorted(starts)


def test_instants_are_in_utc_and_the_zone_is_the_treatments(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: 24h}", tz="Asia/Kathmandu")
    assert window(made, "gym").start == datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
    assert no(made, "gym") == ["20 Nov 16:30 to 21 Nov 16:30"]


def test_the_order_of_rules_in_the_file_says_nothing(plan: Planner) -> None:
    lines = [
        "a: {avoid: [gym, heat], until: 24h..48h, source: sheet}",
        "b: {avoid: gym, until: 48h, source: book}",
        "c: {avoid: gym, until: 48h, source: sheet}",
        "d: {expect: redness, until: 48h}",
        "e: {do: gym, until: 7d}",
    ]
    first, second = plan("\n".join(lines)), plan("\n".join(reversed(lines)))
    assert (first.windows, first.days) == (second.windows, second.days)
    assert first.rule_set.digest == second.rule_set.digest


@pytest.mark.parametrize("day_0", ["1900-01-01", "2199-12-31"])
@pytest.mark.parametrize("clock", ["00:00", "23:59", None])
def test_the_first_and_the_last_year_can_be_planned(plan: Planner, day_0: str, clock: str | None) -> None:
    made = plan("gym: {avoid: gym, from: 98y before, until: 98y}\ntablets: {avoid: tablets}", day_0, clock)
    assert window(made, "gym").end - window(made, "gym").start > timedelta(days=71_000)


def test_red_flags_come_with_every_plan_the_urgent_first(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: 24h}")
    urgency = [rule.urgency for rule in made.red_flags]
    assert len(set(urgency)) > 1
    assert urgency == sorted(urgency, key=("emergency", "today", "clinic").index)


def test_of_calls_that_depend_on_what_is_unknown_the_most_urgent_counts(plan: Planner) -> None:
    dark, light = "when: {skin: dark}", "when: {skin: light}"
    made = plan(f"a: {{call: flakes, urgency: clinic, {dark}}}\nb: {{call: flakes, urgency: today, {light}}}")
    assert [rule.urgency for rule in made.red_flags if "flakes" in rule.targets] == ["today"]


def test_the_known_part_of_an_end_is_rounded_like_the_end(plan: Planner) -> None:
    found = window(
        plan("makeup: {avoid: makeup, until: 48h}", date="2026-03-28", time=None, tz="Europe/London"), "makeup"
    )
    assert found.earliest == found.end


def test_a_window_carries_all_that_its_rule_says(plan: Planner) -> None:
    rules = (
        "cool: {do: cream, from: redness-gone, until: 5d, times: 2 a day, if: it stings, when: {skin: dark}, "
        "source: book, note: Gently, text: Cool it}"
    )
    made = plan(rules, time="16:31")
    begins, ends = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC)
    found = window(made, "cream", "do")
    wanted = found._replace(
        rule="cool",
        kind="do",
        target="cream",
        text="Cool it",
        earliest=ends,
        end_stated=True,
        precision="day",
        words=made.rule_set.rules["cool"].words,
        condition="it stings and skin is dark",
        overruled=(),
        origin="test",
        rules=("cool",),
        unsure=("skin",),
        eases=None,
        usually_by=None,
        worry_after=None,
        low_confidence=False,
        until_seen=(),
        goes_on=False,
        bound="",
    )
    assert found == wanted
    assert (found.better_from, found.start, found.end, found.better_until) == (begins, begins, ends, ends)
    assert [tuple(one) for one in found.waits] == [("redness-gone", "no redness is left", begins)]
    assert [tuple(one) for one in made.rule_set.sayings(found.rules)] == [("book", "from redness-gone; until 5d", "")]
    assert made.rule_set.rules["cool"].words["note"] == "Gently"


def test_a_sign_carries_when_it_eases_and_when_to_call(plan: Planner) -> None:
    made = plan("red: {expect: redness, until: 2d..4d, eases: 24h, worry-after: 5d, confidence: low, source: book}")
    found = window(made, "redness", "expect")
    assert (shown(found.eases), shown(found.usually_by), shown(found.worry_after)) == (
        *("21 Nov 16:30", "23 Nov 00:00", "26 Nov 00:00"),
    )
    assert (found.low_confidence, found.precision, found.end_stated) == (True, "minute", True)
    assert (found.better_from, found.better_until, found.earliest) == (found.start, found.end, found.end)


@pytest.mark.parametrize(
    ("rule", "clock", "precision"),
    [
        pytest.param("until: 24h", "16:30", "minute", id="an hour"),
        pytest.param("until: 24h", None, "day", id="a date alone"),
        pytest.param("from: 3d before, until: 1d before", "16:30", "day", id="midnights"),
        pytest.param("from: 3d before, until: 24h", "16:30", "minute", id="a midnight and an hour"),
        pytest.param("from: 2d, until: 3d..80h", "16:30", "minute", id="an hour of the milder part"),
        pytest.param("from: 2d, until: always", "16:30", "day", id="without end"),
    ],
)
def test_a_window_is_as_precise_as_its_instants(plan: Planner, rule: str, clock: str | None, precision: str) -> None:
    assert window(plan(f"one: {{avoid: gym, {rule}}}", time=clock), "gym").precision == precision


def test_a_restriction_carries_what_the_rule_says_that_decides_it(plan: Planner) -> None:
    made = plan(
        "long: {avoid: gym, until: 48h, if: it is sore, confidence: low, when: {skin: dark}, source: book}\n"
        "short: {avoid: gym, until: 24h, text: Not yet, source: sheet}"
    )
    found = window(made, "gym")
    assert (found.rule, found.text, found.condition, found.low_confidence) == (
        "long",
        "Avoid: the gym",
        "it is sore",
        True,
    )
    assert (found.unsure, found.origin, found.words["if"]) == (("skin",), "test", "it is sore")
