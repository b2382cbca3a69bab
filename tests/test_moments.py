import pytest

from support import WORDS, Planner, better_not, no, shown, waits, window

UNTIL = "gym: {{avoid: gym, until: {}}}"


@pytest.mark.parametrize(
    ("bound", "earliest", "end"),
    [
        pytest.param("redness-gone", "20 Nov 16:30", "24 Nov 00:00", id="unseen"),
        pytest.param("48h and redness-gone", "22 Nov 16:30", "24 Nov 00:00", id="with a known part"),
        pytest.param("7d and redness-gone", "28 Nov 00:00", "28 Nov 00:00", id="with a later known part"),
        pytest.param("redness-gone + 24h", "21 Nov 16:30", "25 Nov 00:00", id="with an offset in hours"),
        pytest.param("redness-gone + 2d", "23 Nov 00:00", "26 Nov 00:00", id="with an offset in days"),
        pytest.param("flaking-over", "20 Nov 16:30", "3 Dec 00:00", id="a moment that counts from another"),
        pytest.param("flaking-over + 5d", "26 Nov 00:00", "8 Dec 00:00", id="a chain with an offset"),
        pytest.param("48h and redness-gone and calm", "22 Nov 16:30", "28 Nov 00:00", id="two unseen"),
        pytest.param("bedtime", "20 Nov 22:00", "20 Nov 22:00", id="a time on the clock"),
        pytest.param("next-morning", "21 Nov 07:00", "21 Nov 07:00", id="the next morning"),
        pytest.param("bedtime + 12h", "21 Nov 10:00", "21 Nov 10:00", id="hours after bedtime"),
        pytest.param("bedtime and redness-gone", "20 Nov 22:00", "24 Nov 00:00", id="clock and unseen"),
    ],
)
def test_an_end_is_earliest_by_its_known_parts_and_dated_by_the_usual_time(
    plan: Planner, bound: str, earliest: str, end: str
) -> None:
    found = window(plan(UNTIL.format(bound)), "gym")
    assert (shown(found.earliest), shown(found.end)) == (earliest, end)


def test_what_is_waited_for_says_when_it_usually_comes(plan: Planner) -> None:
    found = window(plan(UNTIL.format("48h and redness-gone and flaking-over + 5d")), "gym")
    assert [(wait.bound, wait.label, shown(wait.usually_by)) for wait in found.waits] == [
        ("redness-gone", "no redness is left", "24 Nov 00:00"),
        ("flaking-over + 5d", "5 days after the flaking is over", "8 Dec 00:00"),
    ]


def test_a_lift_carries_its_condition(plan: Planner) -> None:
    (lift,) = window(plan(UNTIL.format("48h and redness-gone")), "gym").lifts
    assert (lift.to, [wait.bound for wait in lift.waits]) == ("yes", ["redness-gone"])


@pytest.mark.parametrize(
    ("bound", "seen", "end", "left"),
    [
        pytest.param("redness-gone", "redness-gone=2026-11-22T09:00", "22 Nov 09:00", [], id="at an hour"),
        pytest.param("redness-gone", "redness-gone=2026-11-22", "23 Nov 00:00", [], id="on a day: any minute of it"),
        pytest.param("48h and redness-gone", "redness-gone=2026-11-21", "22 Nov 16:30", [], id="before the known part"),
        pytest.param("redness-gone + 24h", "redness-gone=2026-11-22T09:00", "23 Nov 09:00", [], id="and hours on"),
        pytest.param("redness-gone + 2d", "redness-gone=2026-11-22", "25 Nov 00:00", [], id="and days on"),
        pytest.param("flaking-over", "calm=2026-11-24", "30 Nov 00:00", ["flaking-over"], id="what it counts from"),
        pytest.param("redness-gone", "redness-gone=2026-12-24T09:00", "24 Dec 09:00", [], id="later than usual"),
        pytest.param("redness-gone", "redness-gone=no", "never", ["redness-gone"], id="not yet"),
        pytest.param("48h and redness-gone", "redness-gone=no", "never", ["redness-gone"], id="not yet, with more"),
        pytest.param("flaking-over", "calm=no", "never", ["flaking-over"], id="what it counts from: not yet"),
        pytest.param("bottle-empty", "bottle-empty=2026-11-30", "1 Dec 00:00", [], id="what has no usual time"),
        pytest.param("bottle-empty", "bottle-empty=no", "never", ["bottle-empty"], id="without usual time: not yet"),
    ],
)
def test_what_was_seen_is_known(plan: Planner, bound: str, seen: str, end: str, left: list[str]) -> None:
    found = window(plan(UNTIL.format(bound), seen=[seen]), "gym")
    assert (shown(found.end), waits(found)) == (end, left)
    assert shown(found.earliest) != "never"


def test_what_counts_from_something_seen_cannot_come_before_it(plan: Planner) -> None:
    found = window(plan(UNTIL.format("flaking-over"), seen=["calm=2026-11-24T09:00"]), "gym")
    assert shown(found.earliest) == "24 Nov 09:00"


def test_a_day_that_something_was_seen_on_counts_by_days_from_that_day(plan: Planner) -> None:
    hour = window(plan(UNTIL.format("redness-gone + 2d"), seen=["redness-gone=2026-11-22T09:00"]), "gym")
    whole = window(plan(UNTIL.format("redness-gone + 2d"), seen=["redness-gone=2026-11-22"]), "gym")
    assert hour.end == whole.end


@pytest.mark.parametrize(
    ("verb", "target", "start"),
    [
        pytest.param("avoid", "gym", "23 Nov 00:00", id="avoid"),
        pytest.param("do", "gym", "23 Nov 00:00", id="do"),
        pytest.param("expect", "redness", "23 Nov 00:00", id="expect"),
        pytest.param("allow", "gym", "28 Nov 00:00", id="allow: when it must have come"),
    ],
)
def test_what_an_unseen_moment_begins_starts_with_its_usual_time(
    plan: Planner, verb: str, target: str, start: str
) -> None:
    found = (
        window(plan(f"rule: {{{verb}: {target}, from: calm, until: 3w}}"), target, verb) if verb != "allow" else None
    )
    found = found or window(plan("rule: {allow: gym, from: calm, until: 3w}"), "gym", "allow")
    assert shown(found.start) == start


def test_to_do_once_something_is_seen_says_so(plan: Planner) -> None:
    assert waits(window(plan("cream: {do: cream, from: redness-gone, until: 7d}"), "cream", "do")) == ["redness-gone"]


def test_an_end_that_counts_from_an_unseen_start_waits_for_it(plan: Planner) -> None:
    found = window(plan("gym: {avoid: gym, from: redness-gone, for: 3d}"), "gym")
    assert (shown(found.start), shown(found.end), waits(found)) == ("21 Nov 00:00", "27 Nov 00:00", ["redness-gone"])


def test_what_has_not_come_yet_begins_nothing_that_is_to_be_done_or_allowed(plan: Planner) -> None:
    made = plan(
        "cream: {do: cream, from: redness-gone, until: 7d}\nheat: {do: heat, from: redness-gone, for: 24h}\n"
        "tablets: {allow: tablets, from: redness-gone}\ngym: {allow: gym, from: redness-gone, for: 24h}",
        seen=["redness-gone=no"],
    )
    assert (no(made, "cream", "do"), no(made, "heat", "do")) == ([], [])
    assert (no(made, "tablets", "allow"), no(made, "gym", "allow")) == ([], [])
    assert no(made, "tablets") == ["20 Nov 16:30 to never"]


def test_what_has_not_come_yet_still_begins_a_restriction_and_never_delays_a_warning(plan: Planner) -> None:
    made = plan(
        "gym: {avoid: gym, from: redness-gone, until: 2w}\nredness: {expect: redness, until: 3d, worry-after: calm}",
        seen=["redness-gone=no", "calm=no"],
    )
    assert shown(window(made, "gym").start) == "21 Nov 00:00"
    assert shown(window(made, "redness", "expect").worry_after) == "28 Nov 00:00"


def test_a_moment_that_never_comes_by_itself_begins_a_restriction_once_it_is_seen(plan: Planner) -> None:
    rules = "heat: {avoid: heat, until: always}\none: {avoid: gym, from: cooled, until: 3d}"
    words = WORDS.replace("moments:\n", "moments:\n  cooled: {usual: heat ends + 1d}\n")
    assert no(plan(rules, words=words), "gym") == []
    assert no(plan(rules, words=words, seen=["cooled=2026-11-22"]), "gym") == ["22 Nov 00:00 to 24 Nov 00:00"]


# The end of another rule.


@pytest.mark.parametrize(
    ("first", "then", "holds"),
    [
        pytest.param("until: 48h", "do: cream, from: first ends, for: 72h", "22 Nov 16:30 to 25 Nov 16:30", id="do"),
        pytest.param(
            "until: 24h..48h", "do: cream, from: first ends, for: 24h", "22 Nov 16:30 to 23 Nov 16:30", id="better not"
        ),
        pytest.param(
            "until: 48h", "avoid: cream, until: first ends + 24h", "20 Nov 16:30 to 23 Nov 16:30", id="an offset"
        ),
        pytest.param(
            "until: 48h", "allow: cream, from: first ends, until: 7d", "22 Nov 16:30 to 28 Nov 00:00", id="allow"
        ),
        pytest.param(
            "until: redness-gone", "avoid: cream, until: first ends", "20 Nov 16:30 to 24 Nov 00:00", id="unseen"
        ),
        pytest.param("until: always", "avoid: cream, until: first ends", "20 Nov 16:30 to never", id="no end"),
        pytest.param(
            "from: 7d before", "avoid: cream, until: first ends", "20 Nov 16:30 to 28 Nov 00:00", id="no end said"
        ),
    ],
)
def test_a_rule_counts_from_the_end_of_another(plan: Planner, first: str, then: str, holds: str) -> None:
    made = plan(f"first: {{avoid: gym, {first}}}\nthen: {{{then}}}")
    assert no(made, "cream", then.partition(":")[0]) == [holds]


def test_a_chain_of_ends_adds_up_and_hands_its_conditions_on(plan: Planner) -> None:
    made = plan(
        "one: {avoid: gym, until: 24h and redness-gone}\n"
        "two: {avoid: heat, until: one ends + 24h}\n"
        "three: {avoid: cream, until: two ends}"
    )
    assert [shown(window(made, target).end) for target in ("gym", "heat", "cream")] == [
        "24 Nov 00:00",
        "25 Nov 00:00",
        "25 Nov 00:00",
    ]
    (wait,) = window(made, "cream").waits
    assert (wait.bound, wait.label) == ("one ends + 24h", "24 hours after one ends + 24h")
    assert [shown(window(made, target).earliest) for target in ("gym", "heat")] == ["21 Nov 16:30", "22 Nov 16:30"]


def test_what_another_rules_end_waits_for_is_waited_for(plan: Planner) -> None:
    made = plan("one: {avoid: gym, until: redness-gone}\ntwo: {avoid: cream, until: 24h and one ends}")
    assert waits(window(made, "cream")) == ["redness-gone"]


def test_the_end_of_a_rule_that_does_not_apply_delays_nothing_to_do_and_frees_nothing_sooner(plan: Planner) -> None:
    made = plan(
        "first: {avoid: gym, until: 48h, when: {tool: laser}}\n"
        "cream: {do: cream, from: first ends, until: 3d}\n"
        "tablets: {avoid: tablets, until: first ends}"
    )
    assert no(made, "cream", "do") == ["20 Nov 16:30 to 24 Nov 00:00"]
    assert no(made, "tablets") == ["20 Nov 16:30 to 22 Nov 16:30"]


# What this plan doesn't have.


@pytest.mark.parametrize(
    "rule",
    [
        "avoid: gym, from: next-session - 3d, until: next-session",
        "avoid: gym, until: 48h and next-session",
        "do: gym, from: event - 2w, until: event",
        "allow: gym, from: 24h, until: event",
        "prepare: gym, from: next-session - 1w, due: next-session",
    ],
)
def test_a_session_that_is_not_booked_never_restricts_and_never_fails(plan: Planner, rule: str) -> None:
    made = plan(f"gym: {{{rule}}}")
    kinds = {one.kind for one in made.windows if one.target == "gym"}
    assert kinds == ({"avoid"} if rule.startswith("allow") else set())


def test_a_warning_that_counts_from_what_is_not_planned_is_left_out(plan: Planner) -> None:
    made = plan("redness: {expect: redness, until: 3d, eases: event, worry-after: next-session}")
    found = window(made, "redness", "expect")
    assert (found.eases, found.worry_after) == (None, None)


def test_better_not_waits_like_no(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: redness-gone + 0h..24h}")
    assert (no(made, "gym"), better_not(made, "gym")) == (
        ["20 Nov 16:30 to 24 Nov 00:00"],
        ["24 Nov 00:00 to 25 Nov 00:00"],
    )


@pytest.mark.parametrize(
    ("bound", "label"),
    [
        pytest.param("redness-gone", "no redness is left", id="the moment"),
        pytest.param("redness-gone + 1d", "1 day after no redness is left", id="one day"),
        pytest.param("redness-gone + 2d", "2 days after no redness is left", id="two days"),
        pytest.param("redness-gone + 1w..3w", "3 weeks after no redness is left", id="the farther of a range"),
        pytest.param("redness-gone - 12h", "12 hours before no redness is left", id="hours before"),
        pytest.param("redness-gone - 1mo", "1 month before no redness is left", id="a month before"),
    ],
)
def test_what_is_waited_for_is_said_in_words(plan: Planner, bound: str, label: str) -> None:
    (wait,) = window(plan(f"one: {{avoid: gym, until: 3mo and {bound}}}"), "gym").waits
    assert wait.label == label


@pytest.mark.parametrize(
    ("seen", "verb", "holds"),
    [
        pytest.param("redness-gone=2026-11-22", "avoid: gym", "20 Nov 16:30 to 23 Nov 00:00", id="a day is over"),
        pytest.param(
            "redness-gone=2026-11-22", "expect: redness", "20 Nov 16:30 to 22 Nov 00:00", id="a day has begun"
        ),
        pytest.param("redness-gone=2026-11-22T09:00", "avoid: gym", "20 Nov 16:30 to 22 Nov 09:00", id="an hour"),
        pytest.param(
            "redness-gone=2026-11-22T09:00", "expect: redness", "20 Nov 16:30 to 22 Nov 09:00", id="of a sign"
        ),
    ],
)
def test_what_was_seen_ends_each_where_it_is_safe(plan: Planner, seen: str, verb: str, holds: str) -> None:
    made = plan(f"one: {{{verb}, until: redness-gone}}", tz="Pacific/Chatham", seen=[seen])
    verb, _, target = verb.partition(": ")
    assert no(made, target, verb) == [holds]


def test_an_hour_that_comes_twice_was_seen_in_both(plan: Planner) -> None:
    rules = "one: {avoid: gym, until: redness-gone}\nred: {expect: redness, until: redness-gone}"
    made = plan(rules, "2025-10-31", tz="America/Havana", seen=["redness-gone=2025-11-02T00:30"])
    ends = [f"{window(made, target, kind).end:%H:%M}" for target, kind in (("gym", "avoid"), ("redness", "expect"))]
    assert ends == ["05:30", "04:30"]


def test_days_count_from_the_local_date_of_what_was_seen(plan: Planner) -> None:
    rules = "one: {avoid: gym, until: redness-gone + 1d}\nred: {expect: redness, until: redness-gone + 1d}"
    made = plan(rules, tz="Pacific/Chatham", seen=["redness-gone=2026-11-22T03:00"])
    assert no(made, "gym") == ["20 Nov 16:30 to 24 Nov 00:00"]
    assert no(made, "redness", "expect") == ["20 Nov 16:30 to 24 Nov 00:00"]


@pytest.mark.parametrize(
    ("heat", "end", "stated"),
    [
        pytest.param("until: 24h", "24 Nov 00:00", True, id="from the local date of its end"),
        pytest.param("until: 24h..48h", "25 Nov 00:00", True, id="of its milder part"),
        pytest.param("until: always", "never", True, id="that never comes"),
        pytest.param("for: 1d", "25 Nov 00:00", True, id="at a midnight: from the day that begins, the longer reading"),
        pytest.param("note: as long as it is sore", "1 Dec 00:00", False, id="that nobody states"),
        pytest.param("until: bottle-empty", "1 Dec 00:00", False, id="that has no date"),
    ],
)
def test_days_count_from_the_end_of_another_rule(plan: Planner, heat: str, end: str, stated: bool) -> None:
    rules = f"heat: {{avoid: heat, {heat}}}\none: {{avoid: gym, until: heat ends + 2d}}"
    found = window(made := plan(rules, time="03:00", tz="Pacific/Chatham"), "gym")
    assert (shown(found.end, made.treatment.zone), found.end_stated) == (end, stated)


@pytest.mark.parametrize(
    ("rules", "words", "earliest", "end", "stated"),
    [
        pytest.param("one: next-morning + 1d", "", "23 Nov 00:00", "23 Nov 00:00", True, id="a time of the day"),
        pytest.param(
            *("one: heat ends + 1d\nheat: 24h and redness-gone", "", "23 Nov 00:00", "26 Nov 00:00", True),
            id="the known part of another rule",
        ),
        pytest.param(
            *("one: refilled", "  refilled: {label: it is full, usual: bottle-empty + 1d..2d}\n"),
            *("20 Nov 03:00", "30 Nov 00:00", False),
            id="what counts from something without a date",
        ),
    ],
)
def test_an_end_counts_from_the_local_date_of_its_moment(
    plan: Planner, rules: str, words: str, earliest: str, end: str, stated: bool
) -> None:
    lines = [line.partition(": ") for line in rules.splitlines()]
    made = plan(
        "\n".join(f"{id_}: {{avoid: {'gym' if id_ == 'one' else id_}, until: {bound}}}" for id_, _, bound in lines),
        *("2026-11-20", "03:00"),
        tz="Pacific/Chatham",
        words=WORDS.replace("moments:\n", f"moments:\n{words}"),
    )
    found, zone = window(made, "gym"), made.treatment.zone
    assert (shown(found.earliest, zone), shown(found.end, zone), found.end_stated) == (earliest, end, stated)
