from datetime import datetime

import pytest

from needlecare import RuleSetError, can, normal, today
from support import LONDON, Planner, better_not, no, shown, waits, window


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("48h", "48h"),
        ("24h..48h", "24h..48h"),
        ("0h..72h", "0h..72h"),
        ("at least 2w", "at least 2w"),
        ("up to 3d", "up to 3d"),
        ("7d before", "7d before"),
        ("3d..5d before", "3d..5d before"),
        ("treatment", "treatment"),
        ("redness-gone", "redness-gone"),
        ("flaking-over + 5d", "flaking-over + 5d"),
        ("calm+2d..5d", "calm + 2d..5d"),
        ("next-session - 3d", "next-session - 3d"),
        ("makeup ends", "makeup ends"),
        ("makeup ends + 24h", "makeup ends + 24h"),
        ("48h and redness-gone", "48h and redness-gone"),
        ("48h and redness-gone and flaking-over + 2d", "48h and redness-gone and flaking-over + 2d"),
        ("always", "always"),
    ],
)
def test_a_bound_is_written_as_it_was_read(plan: Planner, text: str, written: str) -> None:
    before = "from: 9mo before, " if "before" in text else ""
    rule_set = plan.rules(f"makeup: {{avoid: sauna, until: 24h}}\nrest: {{avoid: gym, {before}until: {text}}}")
    assert str(rule_set.rules["rest"].end) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "48h and",
        "48",
        "48 hours",
        "48h..24h",
        "2d..1h",
        "48h or 3d",
        "3d after",
        "redness-gone + soon",
        "Redness",
        "48h,",
    ],
)
def test_what_is_no_bound_is_not_read_as_one(plan: Planner, text: str) -> None:
    with pytest.raises(RuleSetError):
        plan.rules(f'gym: {{avoid: gym, until: "{text}"}}')


@pytest.mark.parametrize("text", ["48h..24h", "at least", "up to soon", "24h..", "..24h", "24h...48h"])
def test_what_is_no_stretch_is_not_read_as_one(plan: Planner, text: str) -> None:
    with pytest.raises(RuleSetError):
        plan.rules("gym: {avoid: gym}", more=f'sessions: [{{id: a, every: "{text}"}}]\n')


# Ranges.


@pytest.mark.parametrize(
    ("rule", "strict", "mild"),
    [
        pytest.param(
            "avoid: gym, until: 24h..48h",
            ["20 Nov 16:30 to 21 Nov 16:30"],
            ["21 Nov 16:30 to 22 Nov 16:30"],
            id="no until the first, better not until the second",
        ),
        pytest.param(
            "avoid: gym, from: 3d..5d before, until: treatment",
            ["17 Nov 00:00 to 20 Nov 16:30"],
            ["15 Nov 00:00 to 17 Nov 00:00"],
            id="better not from the wider, no from the nearer",
        ),
        pytest.param(
            "avoid: gym, from: 3d..5d before, until: 24h..48h",
            ["17 Nov 00:00 to 21 Nov 16:30"],
            ["15 Nov 00:00 to 17 Nov 00:00", "21 Nov 16:30 to 22 Nov 16:30"],
            id="on both sides",
        ),
        pytest.param(
            "avoid: gym, until: 0h..72h",
            ["20 Nov 16:30 to 20 Nov 16:30"],
            ["20 Nov 16:30 to 23 Nov 16:30"],
            id="better not only",
        ),
        pytest.param(
            "avoid: gym, from: 1d..3d, until: 5d",
            ["23 Nov 00:00 to 26 Nov 00:00"],
            ["21 Nov 00:00 to 23 Nov 00:00"],
            id="after the treatment better not from the first, no from the second",
        ),
        pytest.param(
            "avoid: gym, until: 3d..7d",
            ["20 Nov 16:30 to 24 Nov 00:00"],
            ["24 Nov 00:00 to 28 Nov 00:00"],
            id="in days",
        ),
        pytest.param(
            "allow: gym, from: 24h..48h, until: 7d",
            ["20 Nov 16:30 to 21 Nov 16:30"],
            ["21 Nov 16:30 to 22 Nov 16:30"],
            id="allow: not yet, then better not yet",
        ),
        pytest.param(
            "avoid: gym, until: at least 2d",
            ["20 Nov 16:30 to 23 Nov 00:00"],
            [],
            id="at least is planned as it stands",
        ),
        pytest.param("avoid: gym, until: up to 2d", ["20 Nov 16:30 to 23 Nov 00:00"], [], id="up to, too"),
    ],
)
def test_a_range_restricts(plan: Planner, rule: str, strict: list[str], mild: list[str]) -> None:
    made = plan(f"gym: {{{rule}}}")
    assert (no(made, "gym"), better_not(made, "gym")) == (strict, mild)


def test_better_not_only_stays_so_whatever_minute_of_the_day_it_was(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: 0h..72h}", time=None)
    assert no(made, "gym") == ["20 Nov 00:00 to 20 Nov 00:00"]
    assert better_not(made, "gym") == ["20 Nov 00:00 to 24 Nov 00:00"]


@pytest.mark.parametrize("clock", ["16:30", None])
def test_what_is_allowed_at_once_is_not_restricted_before(plan: Planner, clock: str | None) -> None:
    made = plan("gym: {allow: gym, from: 0h, until: 3d}", time=clock)
    assert no(made, "gym") == []
    assert no(made, "gym", "allow") == [f"{'20 Nov 16:30' if clock else '21 Nov 00:00'} to 24 Nov 00:00"]


def test_a_range_of_a_permission_begins_at_its_farther_side(plan: Planner) -> None:
    assert no(plan("gym: {allow: gym, from: 24h..48h, until: 7d}"), "gym", "allow") == ["22 Nov 16:30 to 28 Nov 00:00"]


def test_a_sign_is_shown_to_the_farther_side_and_usually_gone_by_the_nearer(plan: Planner) -> None:
    red = window(plan("redness: {expect: redness, until: 1d..3d}"), "redness", "expect")
    assert (shown(red.usually_by), shown(red.end)) == ("22 Nov 00:00", "24 Nov 00:00")


def test_a_sign_without_a_range_is_not_said_to_go_early(plan: Planner) -> None:
    assert window(plan("redness: {expect: redness, until: 2d}"), "redness", "expect").usually_by is None


def test_to_do_begins_where_every_source_has_it_begun(plan: Planner) -> None:
    assert no(plan("cream: {do: cream, from: 24h..48h, until: 7d}"), "cream", "do") == ["22 Nov 16:30 to 28 Nov 00:00"]


def test_to_prepare_begins_with_the_first_source(plan: Planner) -> None:
    made = plan("cream: {prepare: cream, from: 2w..4w before, due: treatment}")
    assert no(made, "cream", "prepare") == ["23 Oct 00:00 to 20 Nov 16:30"]


# No end said.


def test_a_restriction_without_end_holds_until_healed_and_is_better_left_after(plan: Planner) -> None:
    found = window(plan("tablets: {avoid: tablets}"), "tablets")
    assert (shown(found.start), shown(found.end), shown(found.better_until)) == (
        "20 Nov 16:30",
        "28 Nov 00:00",
        "never",
    )
    assert not found.end_stated
    assert (shown(found.earliest), waits(found)) == ("20 Nov 16:30", ["healed"])
    assert [lift.to for lift in found.lifts] == ["better-not"]


def test_the_moment_that_open_ends_wait_for_is_the_sets_own(plan: Planner) -> None:
    made = plan("tablets: {avoid: tablets}", more="open-ends-at: calm\n")
    assert shown(window(made, "tablets").end) == "28 Nov 00:00"
    assert waits(window(made, "tablets")) == ["calm"]


def test_an_open_end_comes_when_the_skin_was_seen_to_have_healed(plan: Planner) -> None:
    rule = "tablets: {avoid: tablets}"
    assert shown(window(plan(rule, seen=["healed=2026-12-02"]), "tablets").end) == "3 Dec 00:00"
    assert shown(window(plan(rule, seen=["healed=no"]), "tablets").end) == "never"


@pytest.mark.parametrize(
    ("other", "strict"),
    [
        pytest.param("avoid: tablets, until: 24h", "20 Nov 16:30 to 21 Nov 16:30", id="a shorter end"),
        pytest.param("avoid: tablets, until: 2w", "20 Nov 16:30 to 5 Dec 00:00", id="a longer end"),
    ],
)
def test_beside_a_rule_that_states_an_end_the_stated_end_decides(plan: Planner, other: str, strict: str) -> None:
    made = plan(f"open: {{avoid: tablets}}\nstated: {{{other}}}")
    found = window(made, "tablets")
    assert (no(made, "tablets"), better_not(made, "tablets")) == ([strict], [])
    assert (found.rule, found.end_stated, waits(found)) == ("stated", True, [])


def test_a_stated_end_on_a_parent_decides_for_what_is_part_of_it(plan: Planner) -> None:
    made = plan("open: {avoid: sauna}\nheat: {avoid: heat, until: 24h}")
    assert no(made, "sauna") == ["20 Nov 16:30 to 21 Nov 16:30"]


@pytest.mark.parametrize(
    ("other", "facts"),
    [
        pytest.param("avoid: tablets, from: 7d before, until: treatment", {}, id="over before the treatment"),
        pytest.param("allow: tablets, from: 24h", {}, id="a permission"),
        pytest.param("avoid: tablets, until: 24h, when: {skin: dark}", {}, id="a rule that may not apply"),
        pytest.param("avoid: tablets, until: 24h, when: {skin: dark}", {"skin": ["light"]}, id="one that doesn't"),
        pytest.param("avoid: tablets, until: bottle-empty", {}, id="an end without a date"),
    ],
)
@pytest.mark.parametrize("clock", ["16:30", None])
def test_nothing_else_ends_a_restriction_whose_source_gives_no_end(
    plan: Planner, other: str, facts: dict[str, list[str]], clock: str | None
) -> None:
    made = plan(f"open: {{avoid: tablets}}\nother: {{{other}}}", time=clock, facts=facts)
    (found,) = (one for one in made.windows if one.kind == "avoid" and one.target == "tablets")
    assert (shown(found.end), shown(found.better_until)) == ("28 Nov 00:00", "never")


def test_always_alone_has_no_end(plan: Planner) -> None:
    found = window(plan("tablets: {avoid: tablets, until: always}"), "tablets")
    assert (shown(found.end), found.end_stated, found.lifts) == ("never", True, ())


def test_an_end_without_a_date_waits_for_what_is_seen_and_is_dated_by_healing(plan: Planner) -> None:
    found = window(plan("tablets: {avoid: tablets, until: bottle-empty}"), "tablets")
    assert (shown(found.earliest), shown(found.end), found.end_stated) == ("20 Nov 16:30", "28 Nov 00:00", False)
    assert [(wait.label, wait.usually_by) for wait in found.waits] == [("the bottle is empty", None)]


def test_to_do_without_end_goes_on(plan: Planner) -> None:
    made = plan("cream: {do: cream, from: 24h}", days=20)
    found = window(made, "cream", "do")
    # The only date is that of healing; nobody says that it ends there.
    assert no(made, "cream", "do") == ["21 Nov 16:30 to 28 Nov 00:00"]
    assert (found.end_stated, found.is_open, waits(found)) == (False, True, [])
    assert all("cream" in one.do for one in made.days if one.number > 0)
    assert "cream" in {one.window.target for one in today(made, datetime(2026, 12, 30, 9, tzinfo=LONDON)).do}


def test_to_do_without_end_goes_on_after_a_restriction(plan: Planner) -> None:
    made = plan("cream: {do: cream}\nnone: {avoid: cream, until: 2w}", days=20)
    assert no(made, "cream", "do") == ["5 Dec 00:00 to 5 Dec 00:00"]
    assert [one.number for one in made.days if "cream" in one.do] == [15, 16, 17, 18, 19]


@pytest.mark.parametrize("words", ["", ", roughly: a few days", ", until: bottle-empty"])
def test_no_date_is_made_of_a_sign_whose_source_gives_none(plan: Planner, words: str) -> None:
    made = plan(f"redness: {{expect: redness{words}}}")
    found = window(made, "redness", "expect")
    assert (no(made, "redness", "expect"), found.end_stated) == (["20 Nov 16:30 to never"], False)
    # The core calls whatever is still there on day 8 a reason to see somebody.
    assert shown(found.usual_until) == "28 Nov 00:00"
    assert [one.number for one in made.days if "redness" in one.expect] == [0, 1, 2, 3, 4, 5, 6, 7]
    asked = datetime(2026, 11, 26, 9, tzinfo=LONDON), datetime(2026, 11, 29, 9, tzinfo=LONDON)
    first, second = (normal(made, "redness", at).verdict for at in asked)
    assert (first, second in {"clinic", "today"}) == ("usual", True)


def test_only_a_sign_that_always_shows_is_usual_for_ever(plan: Planner) -> None:
    made = plan("redness: {expect: redness, until: always}", days=15)
    assert normal(made, "redness", datetime(2026, 12, 15, 9, tzinfo=LONDON)).verdict == "usual"
    assert "redness" in made.days[-1].expect


def test_a_sign_without_end_is_usual_only_until_a_rule_that_states_one_says_otherwise(plan: Planner) -> None:
    made = plan("open: {expect: redness}\nstated: {expect: redness, until: 2d, worry-after: 4d}")
    assert [one.number for one in made.days if "redness" in one.expect] == [0, 1, 2]
    asked = (datetime(2026, 11, day, 9, tzinfo=LONDON) for day in (22, 23, 26))
    assert [normal(made, "redness", at).verdict for at in asked] == ["usual", "watch", "clinic"]


# Before the treatment, and no time given.


@pytest.mark.parametrize("until", ["treatment", "1d before"])
def test_before_without_a_time_is_better_not_at_any_time_before(plan: Planner, until: str) -> None:
    found = window(plan(f"gym: {{avoid: gym, until: {until}}}"), "gym")
    assert not found.has_start
    assert shown(found.start) == ("20 Nov 00:00" if until == "treatment" else "19 Nov 00:00")
    assert found.end == found.better_until
    assert shown(found.end) == ("20 Nov 16:30" if until == "treatment" else "20 Nov 00:00")


def test_before_without_a_time_is_answered_so(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: treatment}")
    asked = (
        datetime(2026, 10, 1, 9, tzinfo=LONDON),
        datetime(2026, 11, 20, 9, tzinfo=LONDON),
        datetime(2026, 11, 20, 18, tzinfo=LONDON),
    )
    assert [can(made, "gym", at).verdict for at in asked] == ["better-not", "no", "no-rule"]


def test_before_without_a_time_begins_where_another_rule_says(plan: Planner) -> None:
    made = plan("open: {avoid: gym, until: treatment}\nstated: {avoid: gym, from: 3d before, until: treatment}")
    assert (no(made, "gym"), better_not(made, "gym")) == (["17 Nov 00:00 to 20 Nov 16:30"], [])


def test_until_at_once_is_no_restriction_before(plan: Planner) -> None:
    assert no(plan("gym: {avoid: gym, until: 0h}"), "gym") == []


# Both sides of what is said, and how it is hedged.


@pytest.mark.parametrize(
    ("rule", "target", "kind", "start_range", "held"),
    [
        ("do: cream, from: 24h..48h, until: 3d..5d", "cream", "do", "21 Nov 16:30, 22 Nov 16:30", "24 Nov 00:00"),
        ("expect: redness, from: 2d..4d, until: 7d", "redness", "expect", "22 Nov 00:00, 24 Nov 00:00", None),
        ("prepare: cream, due: 2d..4d before", "cream", "prepare", "16 Nov 00:00, 18 Nov 00:00", "17 Nov 00:00"),
        ("allow: gym, from: 24h..48h", "gym", "allow", "21 Nov 16:30, 22 Nov 16:30", None),
    ],
)
def test_both_sides_of_a_range_are_kept(
    plan: Planner, rule: str, target: str, kind: str, start_range: str, held: str | None
) -> None:
    found = window(plan(f"one: {{{rule}}}"), target, kind)
    assert found.start_range
    assert ", ".join(str(shown(one)) for one in found.start_range) == start_range
    assert shown(found.usually_by) == held


def test_a_sign_begins_with_the_earlier_side_of_its_start(plan: Planner) -> None:
    made = plan("flakes: {expect: flakes, from: 2d..4d, until: 7d}")
    assert no(made, "flakes", "expect") == ["22 Nov 00:00 to 28 Nov 00:00"]


def test_what_is_prepared_ends_with_the_later_side_of_its_end(plan: Planner) -> None:
    made = plan("cream: {prepare: cream, due: 2d..4d before}")
    assert no(made, "cream", "prepare") == ["16 Nov 00:00 to 19 Nov 00:00"]


@pytest.mark.parametrize(
    ("rule", "target", "kind", "bound", "start_bound"),
    [
        ("avoid: gym, until: at least 48h", "gym", "avoid", "at least", ""),
        ("avoid: gym, from: at least 2d before, until: treatment", "gym", "avoid", "at least", "at least"),
        ("avoid: gym, from: at least 2d before, until: 3d", "gym", "avoid", "", "at least"),
        ("avoid: gym, from: up to 2d before, until: at least 3d", "gym", "avoid", "at least", "up to"),
        ("do: cream, from: at least 24h, until: up to 3d", "cream", "do", "up to", "at least"),
        ("do: cream, from: at least 24h", "cream", "do", "at least", "at least"),
        ("allow: gym, from: at least 24h", "gym", "allow", "at least", "at least"),
        ("allow: gym, from: at least 24h", "gym", "avoid", "at least", ""),
        ("expect: redness, until: up to 3d", "redness", "expect", "up to", ""),
        ("prepare: cream, due: at least 2d before", "cream", "prepare", "at least", "at least"),
    ],
)
def test_a_hedge_is_kept_on_either_side(
    plan: Planner, rule: str, target: str, kind: str, bound: str, start_bound: str
) -> None:
    found = window(plan(f"one: {{{rule}}}"), target, kind)
    assert (found.bound, found.start_bound) == (bound, start_bound)


@pytest.mark.parametrize("time", ["00:00", "16:30", "23:59"])
def test_what_is_over_before_it_begins_makes_a_date_alone_no_looser(plan: Planner, time: str) -> None:
    rules = "odd: {avoid: gym, from: calm + 1h..1d, until: 0d}\nopen: {avoid: gym}"
    exact, whole = plan(rules, time=time), plan(rules, time=None)
    assert window(whole, "gym").better_until >= window(exact, "gym").better_until
