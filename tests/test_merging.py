import pytest

from needlecare import RuleSetError
from support import WORDS, Planner, better_not, no, shown, waits, window, windows


def test_each_instant_takes_the_strictest_state(plan: Planner) -> None:
    made = plan("one: {avoid: gym, until: 24h..72h}\ntwo: {avoid: gym, until: 48h}")
    assert no(made, "gym") == ["20 Nov 16:30 to 22 Nov 16:30"]
    assert better_not(made, "gym") == ["22 Nov 16:30 to 23 Nov 16:30"]


@pytest.mark.parametrize(
    ("one", "two", "joined"),
    [
        pytest.param("until: 24h", "until: 48h", ["20 Nov 16:30 to 22 Nov 16:30"], id="the longer end"),
        pytest.param("until: 24h", "from: 24h, until: 48h", ["20 Nov 16:30 to 22 Nov 16:30"], id="touching join"),
        pytest.param(
            "until: 24h",
            "from: 36h, until: 48h",
            ["20 Nov 16:30 to 21 Nov 16:30", "22 Nov 04:30 to 22 Nov 16:30"],
            id="gaps stay",
        ),
        pytest.param(
            "from: 2d before, until: treatment",
            "until: 24h",
            ["18 Nov 00:00 to 21 Nov 16:30"],
            id="before and after the treatment join",
        ),
        pytest.param(
            "from: 7d before, until: 3d before",
            "until: 24h",
            ["13 Nov 00:00 to 18 Nov 00:00", "20 Nov 16:30 to 21 Nov 16:30"],
            id="before and after with a gap",
        ),
        pytest.param("until: 3d", "days: 4..5", ["20 Nov 16:30 to 26 Nov 00:00"], id="touching days join"),
    ],
)
def test_restrictions_unite(plan: Planner, one: str, two: str, joined: list[str]) -> None:
    assert no(plan(f"one: {{avoid: gym, {one}}}\ntwo: {{avoid: gym, {two}}}"), "gym") == joined


def test_better_not_fills_the_gap_between_two_noes(plan: Planner) -> None:
    made = plan("one: {avoid: gym, until: 24h..48h}\ntwo: {avoid: gym, from: 48h, until: 72h}")
    assert no(made, "gym") == ["20 Nov 16:30 to 21 Nov 16:30", "22 Nov 16:30 to 23 Nov 16:30"]
    assert better_not(made, "gym") == ["21 Nov 16:30 to 22 Nov 16:30"]


def test_better_not_that_touches_joins(plan: Planner) -> None:
    made = plan("one: {avoid: gym, until: 24h..48h}\ntwo: {avoid: gym, until: 24h..72h}")
    assert better_not(made, "gym") == ["21 Nov 16:30 to 23 Nov 16:30"]


# Who decides and who lost.


def test_the_loser_stays_visible_with_its_source(plan: Planner) -> None:
    made = plan(
        "long: {avoid: gym, until: 48h, source: book}\n"
        "short: {avoid: gym, until: 24h, source: sheet, says: {sheet: 24h, book: at least 12h}}"
    )
    found = window(made, "gym")
    assert (found.rule, found.rules) == ("long", ("long",))
    assert [(says.source, says.value) for says in made.rule_set.sayings(found.rules)] == [("book", "48h")]
    assert found.overruled == ("short",)
    lost = [(says.source, says.value) for says in made.rule_set.rules["short"].says]
    assert {("book", "at least 12h"), ("sheet", "24h")} <= set(lost)


def test_rules_that_say_the_same_agree_and_none_loses(plan: Planner) -> None:
    made = plan("one: {avoid: gym, until: 48h, source: book}\ntwo: {avoid: gym, until: 48h, source: sheet}")
    found = window(made, "gym")
    assert (found.rules, found.overruled) == (("one", "two"), ())
    assert {says.source for says in made.rule_set.sayings(found.rules)} == {"book", "sheet"}


def test_one_may_decide_the_no_and_another_the_better_not(plan: Planner) -> None:
    found = window(plan("mild: {avoid: gym, until: 24h..72h}\nstrict: {avoid: gym, until: 48h}"), "gym")
    assert (found.rule, set(found.rules), found.overruled) == ("strict", {"strict", "mild"}, ())


def test_what_lies_in_another_stretch_loses_nothing(plan: Planner) -> None:
    made = plan("before: {avoid: gym, from: 7d before, until: 3d before}\nafter: {avoid: gym, until: 48h}")
    assert [(found.rules, found.overruled) for found in windows(made, "gym")] == [(("before",), ()), (("after",), ())]


# Conditions.


@pytest.mark.parametrize(
    ("one", "two", "left"),
    [
        pytest.param("24h and redness-gone", "48h", ["redness-gone"], id="that of a rule that ends sooner stays"),
        pytest.param("redness-gone", "calm", ["calm", "redness-gone"], id="one doesn't imply the other"),
        pytest.param("calm", "flaking-over", ["flaking-over"], id="the flaking is over only after the skin is calm"),
        pytest.param("redness-gone", "redness-gone + 2d", ["redness-gone + 2d"], id="with an offset it says both"),
        pytest.param(
            "calm + 14d", "flaking-over", ["calm + 14d", "flaking-over"], id="an offset is not implied by what follows"
        ),
        pytest.param("redness-gone", "24h and redness-gone", ["redness-gone"], id="the same once"),
    ],
)
def test_conditions_of_every_rule_stay_unless_another_implies_them(
    plan: Planner, one: str, two: str, left: list[str]
) -> None:
    made = plan(f"one: {{avoid: gym, until: {one}}}\ntwo: {{avoid: gym, until: {two}}}")
    assert sorted(waits(window(made, "gym"))) == left


def test_conditions_stay_when_they_have_not_come_yet(plan: Planner) -> None:
    made = plan(
        "one: {avoid: gym, until: redness-gone}\ntwo: {avoid: gym, until: redness-gone + 2d}",
        seen=["redness-gone=no"],
    )
    assert "redness-gone + 2d" in waits(window(made, "gym"))


def test_the_earliest_end_of_a_union_is_the_last_known_part(plan: Planner) -> None:
    found = window(plan("one: {avoid: gym, until: 24h and calm}\ntwo: {avoid: gym, until: 48h}"), "gym")
    assert (shown(found.earliest), shown(found.end)) == ("22 Nov 16:30", "28 Nov 00:00")


# Parents.


def test_a_rule_covers_all_that_is_part_of_its_activity(plan: Planner) -> None:
    made = plan("heat: {avoid: heat, until: 48h}\nsauna: {avoid: sauna, until: 24h}\ngym: {avoid: gym, until: 7d}")
    assert no(made, "sauna") == ["20 Nov 16:30 to 22 Nov 16:30"]


def test_what_has_several_parents_takes_the_strictest(plan: Planner) -> None:
    made = plan(
        "heat: {avoid: heat, until: 48h}\ngym: {avoid: gym, until: 24h..7d}\nyoga: {allow: hot-yoga, from: 12h}"
    )
    assert no(made, "hot-yoga") == ["20 Nov 16:30 to 22 Nov 16:30"]
    assert better_not(made, "hot-yoga") == ["22 Nov 16:30 to 28 Nov 00:00"]
    assert no(made, "hot-yoga", "allow") == []


@pytest.mark.parametrize(
    ("end", "other", "ends"),
    [
        pytest.param("12h", "", "21 Nov 04:30", id="its own end"),
        pytest.param("7d", "", "28 Nov 00:00", id="a later end"),
        pytest.param("12h", "mineral: {avoid: mineral-paint, until: 24h}", "21 Nov 16:30", id="out of that rule alone"),
        pytest.param("12h", "all: {avoid: paint, until: 36h}", "22 Nov 04:30", id="another rule on the parent stays"),
    ],
)
def test_an_exception_takes_its_activity_out_of_that_rule_alone(plan: Planner, end: str, other: str, ends: str) -> None:
    made = plan(f"paint: {{avoid: paint, until: 48h, except: {{mineral-paint: {end}}}}}\n{other}")
    assert shown(window(made, "mineral-paint").end) == ends
    assert shown(window(made, "paint").end) == "22 Nov 16:30"


@pytest.mark.parametrize("clock", ["16:30", None])
def test_an_exception_at_once_leaves_no_restriction(plan: Planner, clock: str | None) -> None:
    made = plan("paint: {avoid: paint, until: 48h, except: {mineral-paint: 0h}}", time=clock)
    assert no(made, "mineral-paint") == []


def test_an_exception_does_not_free_what_the_rule_reaches_by_another_parent(plan: Planner) -> None:
    made = plan("both: {avoid: [paint, cream], until: 48h, except: {paint: 12h}}\ntint: {allow: tinted-cream}")
    assert no(made, "tinted-cream") == ["20 Nov 16:30 to 22 Nov 16:30"]


@pytest.mark.parametrize(
    ("exceptions", "ends"),
    [
        pytest.param("paint: 12h, cream: 24h", "21 Nov 16:30", id="of two side by side the longer"),
        pytest.param("paint: 24h, cream: 12h", "21 Nov 16:30", id="whichever that is"),
        pytest.param("paint: 24h, tinted-cream: 12h", "21 Nov 04:30", id="of one inside the other the nearer"),
        pytest.param("paint: 24h, cream: 12h, tinted-cream: 6h", "20 Nov 22:30", id="inside both"),
    ],
)
def test_of_several_exceptions_the_nearest_count(plan: Planner, exceptions: str, ends: str) -> None:
    made = plan(f"both: {{avoid: [paint, cream], until: 48h, except: {{{exceptions}}}}}\ntint: {{allow: tinted-cream}}")
    found = window(made, "tinted-cream")
    assert (shown(found.end), found.rules) == (ends, ("both",))
    assert "both" not in found.overruled


def test_an_exception_of_days_keeps_the_days_before(plan: Planner) -> None:
    made = plan("paint: {avoid: paint, days: -3..6, except: {mineral-paint: 24h}}")
    assert no(made, "mineral-paint") == ["17 Nov 00:00 to 21 Nov 16:30"]


def test_no_rule_restricts_a_prescribed_medicine_through_its_parents(plan: Planner) -> None:
    made = plan(
        "retinol: {avoid: retinol, until: 7d}\nask: {prepare: tretinoin, at: before, text: Ask who prescribed it}"
    )
    assert no(made, "retinol") == ["20 Nov 16:30 to 28 Nov 00:00"]
    assert no(made, "tretinoin") == []


def test_no_rule_may_restrict_a_prescribed_medicine_itself(plan: Planner) -> None:
    with pytest.raises(RuleSetError, match="no rule may tell anyone to stop, start or change one"):
        plan("stop: {avoid: tretinoin, until: 7d}")


# To do and to allow yield.


@pytest.mark.parametrize(
    ("verb", "rest", "left"),
    [
        pytest.param("do", "until: 24h", ["21 Nov 16:30 to 24 Nov 00:00"], id="do"),
        pytest.param("allow", "until: 24h", ["21 Nov 16:30 to 24 Nov 00:00"], id="allow"),
        pytest.param("do", "until: 24h..48h", ["22 Nov 16:30 to 24 Nov 00:00"], id="do, to better not too"),
        pytest.param(
            "do", "from: 24h, until: 48h", ["20 Nov 16:30 to 21 Nov 16:30", "22 Nov 16:30 to 24 Nov 00:00"], id="in two"
        ),
        pytest.param("do", "until: 7d", [], id="nothing is left"),
    ],
)
def test_to_do_and_to_allow_yield_to_avoid(plan: Planner, verb: str, rest: str, left: list[str]) -> None:
    made = plan(f"rest: {{avoid: cream, {rest}}}\nuse: {{{verb}: cream, until: 3d}}")
    assert no(made, "cream", verb) == left


def test_to_do_yields_to_a_rule_on_a_parent(plan: Planner) -> None:
    made = plan("rest: {avoid: heat, until: 24h}\nuse: {do: sauna, until: 48h}")
    assert no(made, "sauna", "do") == ["21 Nov 16:30 to 22 Nov 16:30"]


def test_to_do_yields_to_a_permission_that_begins_later(plan: Planner) -> None:
    made = plan("later: {allow: cream, from: 24h}\nuse: {do: cream, until: 48h}")
    assert no(made, "cream", "do") == ["21 Nov 16:30 to 22 Nov 16:30"]


def test_what_is_done_once_a_restriction_is_over_waits_for_what_that_waits_for(plan: Planner) -> None:
    made = plan("rest: {avoid: cream, until: 24h and redness-gone}\nuse: {do: cream, until: 7d}")
    found = window(made, "cream", "do")
    assert (shown(found.start), waits(found)) == ("24 Nov 00:00", ["redness-gone"])


def test_a_permission_is_never_stronger_than_a_restriction_without_end(plan: Planner) -> None:
    made = plan("rest: {avoid: tablets}\nuse: {allow: tablets, from: 24h, until: 2w}")
    assert no(made, "tablets") == ["20 Nov 16:30 to 28 Nov 00:00"]
    assert no(made, "tablets", "allow") == []


def test_times_to_expect_a_sign_stand_side_by_side(plan: Planner) -> None:
    made = plan(
        "one: {expect: redness, until: 2d, worry-after: 5d}\ntwo: {expect: redness, until: 4d, worry-after: 4d}"
    )
    assert [shown(one.worry_after) for one in windows(made, "redness", "expect")] == ["26 Nov 00:00", "25 Nov 00:00"]


# Who is named where several rules make a stretch; ids are such that their order alone would name another one.


@pytest.mark.parametrize(
    ("rules", "named", "lost"),
    [
        pytest.param(
            "a: 48h\nb: 48h..72h", ["b"], ["a"], id="of two that end alike the one with the longer better-not"
        ),
        pytest.param(
            "a: 5d\nb: 5d and redness-gone", ["b", "a"], [], id="of two that end alike first the one that waits"
        ),
        pytest.param("a: 24h..72h\nz: 48h", ["z", "a"], [], id="who makes the better-not after it"),
        pytest.param("a: 24h..72h, from: 1h\nz: 48h", ["z", "a"], [], id="be it that it begins later"),
        pytest.param("a: 24h..72h\nb: 48h..72h", ["b"], ["a"], id="who only shares the better-not loses"),
        pytest.param("a: 48h\nz: 24h, from: 3d before", ["a", "z"], [], id="who makes it begin"),
        pytest.param(
            "a: 48h, from: 2d before\nz: 24h, from: 1d..5d before", ["a", "z"], [], id="who makes the better-not before"
        ),
        pytest.param(
            *("a: 72h\nm: 24h, from: 1d..5d before\nz: 24h, from: 2d before", ["a", "z", "m"], []),
            id="each for its own part",
        ),
        pytest.param("a: 5d\nb: 4d\nc: 24h and redness-gone", ["a", "c"], ["b"], id="who adds a condition"),
        pytest.param("a: treatment, from: 3d before\nb: 5d, from: 2d", ["a"], [], id="nobody who says nothing there"),
    ],
)
def test_those_who_make_a_stretch_are_named_and_the_others_lose(
    plan: Planner, rules: str, named: list[str], lost: list[str]
) -> None:
    lines = [line.partition(": ") for line in rules.splitlines()]
    made = plan("\n".join(f"{id_}: {{avoid: gym, until: {rest}}}" for id_, _, rest in lines))
    found = windows(made, "gym")[0]
    assert (list(found.rules), list(found.overruled)) == (named, lost)


def test_a_better_not_before_a_no_is_part_of_its_window(plan: Planner) -> None:
    found = window(plan("one: {avoid: gym, from: 3d..5d before, until: 24h}\ntwo: {avoid: gym, until: 48h}"), "gym")
    assert [shown(at) for at in (found.better_from, found.start, found.end)] == [
        *("15 Nov 00:00", "17 Nov 00:00", "22 Nov 16:30"),
    ]


def test_a_better_not_between_two_noes_belongs_to_the_first(plan: Planner) -> None:
    made = plan("one: {avoid: gym, until: 24h..48h}\ntwo: {avoid: gym, from: 48h, until: 72h}")
    first, second = windows(made, "gym")
    assert (shown(first.better_until), shown(second.better_from)) == ("22 Nov 16:30", "22 Nov 16:30")


def test_what_waits_for_something_without_a_date_is_not_ended_by_another_rule(plan: Planner) -> None:
    found = window(plan("one: {avoid: gym, until: bottle-empty}\ntwo: {avoid: gym, until: 24h}"), "gym")
    assert (shown(found.end), waits(found), found.end_stated) == ("28 Nov 00:00", ["bottle-empty"], False)


def test_of_one_moment_with_two_offsets_the_later_stays(plan: Planner) -> None:
    made = plan("a: {avoid: gym, until: redness-gone + 10d}\nb: {avoid: gym, until: redness-gone + 2d}")
    assert waits(window(made, "gym")) == ["redness-gone + 10d"]


def test_a_moment_implies_all_that_must_have_come_before_it(plan: Planner) -> None:
    made = plan(
        "a: {avoid: gym, until: calm}\nb: {avoid: gym, until: smooth}",
        words=WORDS.replace("moments:\n", "moments:\n  smooth: {label: it is smooth, usual: flaking-over + 1d..2d}\n"),
    )
    assert waits(window(made, "gym")) == ["smooth"]


@pytest.mark.parametrize("clock", ["16:30", None], ids=["with its time", "a date alone"])
def test_what_happens_at_one_instant_yields_to_a_restriction_that_begins_there(
    plan: Planner, clock: str | None
) -> None:
    made = plan("rest: {avoid: cream, until: 24h}\nuse: {do: cream, at: after}", time=clock)
    assert no(made, "cream", "do") == []


def test_what_begins_where_a_restriction_usually_ends_waits_for_what_that_waits_for(plan: Planner) -> None:
    found = window(
        plan("rest: {avoid: cream, until: redness-gone}\nuse: {do: cream, from: 4d, until: 7d}"), "cream", "do"
    )
    assert (shown(found.start), waits(found)) == ("24 Nov 00:00", ["redness-gone"])


def test_an_exception_inside_another_counts_alone_on_whichever_way_one_comes(plan: Planner) -> None:
    made = plan(
        "heat: {avoid: heat, until: 48h, except: {sauna: 24h, steam: 12h}}\nuse: {allow: steam-tent}",
        words=WORDS.replace("  paint:", "  steam: {under: [sauna]}\n  steam-tent: {under: [sauna, steam]}\n  paint:"),
    )
    assert no(made, "steam-tent") == ["20 Nov 16:30 to 21 Nov 04:30"]
