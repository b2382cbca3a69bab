"""Permissions and signs: where they begin and end, by the clock and for a date alone, far from Greenwich."""

import pytest

from support import Planner, better_not, no, shown, waits, window, windows

CHATHAM = "Pacific/Chatham"


@pytest.mark.parametrize(
    ("permission", "clock", "restricted", "mild", "allowed"),
    [
        pytest.param(
            *("from: 24h..48h, until: 5d..7d", "16:30"),
            *("20 Nov 16:30 to 21 Nov 16:30", "21 Nov 16:30 to 22 Nov 16:30", "22 Nov 16:30 to 26 Nov 00:00"),
            id="from the farther side until the nearer",
        ),
        pytest.param(
            *("from: 24h..48h, until: 5d..7d", None),
            *("20 Nov 00:00 to 22 Nov 00:00", "22 Nov 00:00 to 23 Nov 00:00", "23 Nov 00:00 to 26 Nov 00:00"),
            id="the same for a date alone",
        ),
        pytest.param(
            *("from: 0h..48h, until: 1w", "16:30"),
            *(None, "20 Nov 16:30 to 22 Nov 16:30", "22 Nov 16:30 to 28 Nov 00:00"),
            id="at once, but better not yet",
        ),
        pytest.param(
            *("from: 0h..48h, until: 1w", None),
            *(None, "20 Nov 00:00 to 23 Nov 00:00", "23 Nov 00:00 to 28 Nov 00:00"),
            id="at once for a date alone, but better not yet",
        ),
        pytest.param(
            *("from: 3d, for: 24h", "16:30"),
            *("20 Nov 16:30 to 24 Nov 00:00", None, "24 Nov 00:00 to 25 Nov 00:00"),
            id="so long from its start",
        ),
        pytest.param(
            *("from: 24h, for: 36h", None),
            *("20 Nov 00:00 to 22 Nov 00:00", None, "22 Nov 00:00 to 22 Nov 00:00"),
            id="so long from the first minute that it can have begun",
        ),
        pytest.param(
            *("from: 6h..36h, for: 72h", "16:30"),
            *("20 Nov 16:30 to 20 Nov 22:30", "20 Nov 22:30 to 22 Nov 04:30", "22 Nov 04:30 to 25 Nov 04:30"),
            id="so long from the farther side of its start",
        ),
        pytest.param(
            *("from: 6h..36h, for: 72h", None),
            *("20 Nov 00:00 to 22 Nov 00:00", "22 Nov 00:00 to 23 Nov 00:00", "23 Nov 00:00 to 24 Nov 00:00"),
            id="hours of a date alone are rounded to what is stricter",
        ),
        pytest.param(
            *("from: 3d", "16:30"),
            *("20 Nov 16:30 to 24 Nov 00:00", None, "24 Nov 00:00 to 28 Nov 00:00"),
            id="no end: until healed",
        ),
        pytest.param(
            *("days: 2..4", "16:30"),
            *("20 Nov 16:30 to 22 Nov 00:00", None, "22 Nov 00:00 to 25 Nov 00:00"),
            id="days",
        ),
        pytest.param(
            *("days: 2..4", None),
            *("20 Nov 00:00 to 22 Nov 00:00", None, "22 Nov 00:00 to 25 Nov 00:00"),
            id="days for a date alone",
        ),
        pytest.param(
            *("from: redness-gone, until: calm", None),
            *("20 Nov 00:00 to 24 Nov 00:00", None, "24 Nov 00:00 to 28 Nov 00:00"),
            id="from one moment to another",
        ),
        pytest.param(
            *("from: 2d before, until: 1d before", "16:30"),
            *(None, None, "19 Nov 00:00 to 19 Nov 00:00"),
            id="before the treatment nothing is allowed that must be over",
        ),
    ],
)
def test_a_permission_restricts_what_comes_before_it(
    plan: Planner, permission: str, clock: str | None, restricted: str | None, mild: str | None, allowed: str
) -> None:
    made = plan(f"may: {{allow: gym, {permission}}}", time=clock, tz=CHATHAM)
    strict = [one for one in no(made, "gym") if len(set(one.split(" to "))) > 1]
    assert (strict, better_not(made, "gym")) == ([restricted] if restricted else [], [mild] if mild else [])
    assert no(made, "gym", "allow") == [allowed]
    assert all(one.end_stated for one in windows(made, "gym"))


def test_a_permission_of_a_date_alone_is_earliest_where_its_hours_are_over(plan: Planner) -> None:
    before = window(plan("may: {allow: gym, from: 12h and redness-gone}", time=None), "gym")
    assert (shown(before.earliest), shown(before.end)) == ("22 Nov 00:00", "24 Nov 00:00")


def test_a_permission_waits_and_is_waited_for(plan: Planner) -> None:
    made = plan("may: {allow: gym, from: 12h and redness-gone}", tz=CHATHAM)
    before, after = window(made, "gym"), window(made, "gym", "allow")
    assert (waits(before), waits(after)) == (["redness-gone"], ["redness-gone"])
    assert shown(before.earliest, made.treatment.zone) == "21 Nov 04:30"
    assert made.rule_set.rules[before.rule].value == "12h and redness-gone"


@pytest.mark.parametrize(
    ("sign", "clock", "holds", "warned"),
    [
        pytest.param("until: 2d..4d, worry-after: 3d..5d", "16:30", "20 Nov 16:30 to 25 Nov 00:00", "24 Nov 00:00"),
        pytest.param("until: 2d..4d, worry-after: 3d..5d", None, "20 Nov 00:00 to 25 Nov 00:00", "24 Nov 00:00"),
        pytest.param("from: 2h, for: 30h, worry-after: 30h", "16:30", "20 Nov 18:30 to 22 Nov 00:30", "21 Nov 22:30"),
        pytest.param("from: 2h, for: 30h, worry-after: 30h", None, "20 Nov 00:00 to 21 Nov 00:00", "21 Nov 00:00"),
        pytest.param("days: 0..3, worry-after: 1d before", "16:30", "20 Nov 16:30 to 24 Nov 00:00", "19 Nov 00:00"),
        pytest.param("from: 1d, until: 2d, worry-after: always", "16:30", "21 Nov 00:00 to 23 Nov 00:00", None),
    ],
    ids=[
        "shown to the farther side, warned of from the nearer",
        "for a date alone",
        "so long from its start",
        "so long for a date alone, where it may have begun at midnight",
        "days, and a reason to call before them",
        "never a reason to call",
    ],
)
def test_a_sign_is_warned_of_as_early_as_it_could_be(
    plan: Planner, sign: str, clock: str | None, holds: str, warned: str | None
) -> None:
    made = plan(f"red: {{expect: redness, {sign}}}", time=clock, tz=CHATHAM)
    assert no(made, "redness", "expect") == [holds]
    assert shown(window(made, "redness", "expect").worry_after, made.treatment.zone) == warned


@pytest.mark.parametrize(
    ("rule", "kind", "on", "utc"),
    [
        # Midnight of 2 November 2025 came twice in Havana: at 04:00 and at 05:00 UTC.
        pytest.param(
            "allow: gym, days: 1..1", "allow", "2025-11-01", ("05:00", "05:00"), id="days begin with the later"
        ),
        pytest.param("allow: gym, days: 1..1", "allow", "2025-10-31", ("04:00", "04:00"), id="and end with the first"),
        pytest.param("allow: gym, for: 1d", "allow", "2025-10-31", ("20:30", "04:00"), id="a length of permission"),
        pytest.param("allow: gym, until: 1d", "allow", "2025-10-31", ("20:30", "04:00"), id="a permission"),
        pytest.param("allow: gym", "allow", "2025-10-25", ("20:30", "04:00"), id="a permission without end"),
        pytest.param("expect: redness, for: 1d", "expect", "2025-10-31", ("20:30", "04:00"), id="a length of a sign"),
        pytest.param("expect: redness, days: 0..1", "expect", "2025-10-31", ("20:30", "04:00"), id="days of a sign"),
        pytest.param("avoid: gym, days: 0..1", "avoid", "2025-10-31", ("04:00", "05:00"), id="days of a restriction"),
        pytest.param("avoid: gym, for: 1d", "avoid", "2025-10-31", ("20:30", "05:00"), id="a length of a restriction"),
    ],
)
def test_of_two_midnights_each_takes_the_safe_one(
    plan: Planner, rule: str, kind: str, on: str, utc: tuple[str, str]
) -> None:
    made = plan(f"one: {{{rule}}}", on, tz="America/Havana")
    found = window(made, "redness" if kind == "expect" else "gym", kind)
    assert (f"{found.start:%H:%M}", f"{found.end:%H:%M}") == utc


# Lengths, and ends of other rules.


@pytest.mark.parametrize(
    ("rule", "kind", "clock", "holds"),
    [
        pytest.param("avoid: gym, from: 2h..6h, for: 3d", "avoid", "16:30", "20 Nov 22:30 to 24 Nov 00:00", id="days"),
        pytest.param(
            "avoid: gym, from: 2h..6h, for: 12h", "avoid", "16:30", "20 Nov 22:30 to 21 Nov 10:30", id="hours"
        ),
        pytest.param("avoid: gym, from: 2h..6h, for: 3d", "avoid", None, "20 Nov 00:00 to 25 Nov 00:00", id="of a day"),
        pytest.param(
            "avoid: gym, from: redness-gone, for: 24h", "avoid", None, "21 Nov 00:00 to 25 Nov 00:00", id="of a moment"
        ),
        pytest.param(
            "avoid: gym, from: 2d..5d before, for: 4d",
            "avoid",
            "16:30",
            "18 Nov 00:00 to 23 Nov 00:00",
            id="of a range",
        ),
        pytest.param("do: gym, from: 2h..1d, until: 3d..5d", "do", None, "22 Nov 00:00 to 26 Nov 00:00", id="to do"),
        pytest.param(
            "prepare: gym, from: 2d..3d before, until: 1d before", "prepare", None, "17 Nov 00:00 to 20 Nov 00:00"
        ),
        pytest.param(
            "avoid: gym, from: 5d before, until: 2d..3d before", "avoid", None, "15 Nov 00:00 to 19 Nov 00:00"
        ),
    ],
)
def test_a_length_counts_from_the_latest_that_it_could_have_begun(
    plan: Planner, rule: str, kind: str, clock: str | None, holds: str
) -> None:
    assert no(plan(f"one: {{{rule}}}", time=clock, tz=CHATHAM), "gym", kind) == [holds]


@pytest.mark.parametrize(
    ("length", "earliest"), [("24h", "21 Nov 03:00"), ("1d", "22 Nov 00:00")], ids=["hours", "days"]
)
def test_a_length_from_an_unseen_moment_is_earliest_where_that_was_at_once(
    plan: Planner, length: str, earliest: str
) -> None:
    made = plan(f"one: {{avoid: gym, from: redness-gone, for: {length}}}", time="03:00", tz=CHATHAM)
    assert shown(window(made, "gym").earliest, made.treatment.zone) == earliest


@pytest.mark.parametrize(
    ("clock", "earliest", "end"),
    [("16:30", "23 Nov 16:30", "24 Nov 16:30"), (None, "24 Nov 00:00", "25 Nov 00:00")],
    ids=["by the clock", "a date alone"],
)
def test_the_end_of_another_rule_is_that_of_its_milder_part(
    plan: Planner, clock: str | None, earliest: str, end: str
) -> None:
    made = plan(
        "one: {avoid: gym, until: heat ends + 24h}\nheat: {avoid: heat, until: 48h..72h}", time=clock, tz=CHATHAM
    )
    found = window(made, "gym")
    assert (shown(found.earliest, made.treatment.zone), shown(found.end, made.treatment.zone)) == (earliest, end)
