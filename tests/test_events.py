"""A booked session and events: what counts from them, what is real before them, and what clashes with them."""

from datetime import date

import pytest

from needlecare import Event
from support import Planner, day, no

CHATHAM = "Pacific/Chatham"
WEDDING = Event("wedding", "the wedding", date(2026, 11, 28), date(2026, 11, 29))
KINDS = (
    "events:\n  wedding: {label: a wedding, activities: [paint, heat]}\n  trip: {label: a trip, activities: [gym]}\n"
)


def event(kind: str, first: int, last: int) -> Event:
    return Event(kind, kind, date(2026, 11, first), date(2026, 11, last))


@pytest.mark.parametrize(
    ("rule", "kind", "clock", "holds"),
    [
        pytest.param(
            *("avoid: gym, from: 3d before, until: 24h", "avoid", "16:30"),
            ["17 Nov 00:00 to 21 Nov 16:30", "15 Dec 00:00 to 20 Dec 00:00"],
            id="it restricts before it and after it, from any time of its day",
        ),
        pytest.param(
            *("avoid: gym, days: -2..1", "avoid", None),
            ["18 Nov 00:00 to 22 Nov 00:00", "16 Dec 00:00 to 20 Dec 00:00"],
            id="days around it",
        ),
        pytest.param(
            *("avoid: gym, until: 24h", "avoid", "16:30"),
            ["20 Nov 16:30 to 21 Nov 16:30", "18 Dec 00:00 to 20 Dec 00:00"],
            id="nothing before it",
        ),
        pytest.param(
            *("allow: gym, from: 24h", "avoid", "16:30"),
            ["20 Nov 16:30 to 21 Nov 16:30", "18 Dec 00:00 to 20 Dec 00:00"],
            id="before a permission",
        ),
        pytest.param(
            *("avoid: gym, until: next-session - 2d", "avoid", "16:30"), ["20 Nov 16:30 to 17 Dec 00:00"], id="until it"
        ),
        pytest.param(
            *("avoid: gym, from: next-session + 1d, until: next-session + 3d", "avoid", "16:30"),
            ["19 Dec 00:00 to 22 Dec 00:00"],
            id="from it",
        ),
        pytest.param(
            *("prepare: gym, from: 2d before", "prepare", "16:30"),
            ["18 Nov 00:00 to 20 Nov 16:30", "16 Dec 00:00 to 19 Dec 00:00"],
            id="to prepare",
        ),
        pytest.param(
            *("prepare: gym, days: 0..0", "prepare", "16:30"),
            ["20 Nov 00:00 to 21 Nov 00:00", "18 Dec 00:00 to 19 Dec 00:00"],
            id="to prepare on the day",
        ),
        pytest.param(
            "do: gym, from: 2d before, until: 1d before", "do", "16:30", ["18 Nov 00:00 to 19 Nov 00:00"], id="do"
        ),
    ],
)
def test_a_booked_session(plan: Planner, rule: str, kind: str, clock: str | None, holds: list[str]) -> None:
    assert no(plan(f"one: {{{rule}}}", time=clock, tz=CHATHAM, booked="2026-12-18"), "gym", kind) == holds


def test_what_is_seen_after_one_session_is_waited_for_anew_after_the_next(plan: Planner) -> None:
    rules = "one: {avoid: gym, from: 3d before, until: redness-gone}"
    made = plan(rules, seen=["redness-gone=2026-11-22"], booked="2026-12-18")
    first, second = (one for one in made.windows if one.target == "gym")
    assert (first.waits, [wait.bound for wait in second.waits]) == ((), ["redness-gone"])


def test_what_is_to_be_done_and_normal_after_a_booked_session_is_its_own_plans(plan: Planner) -> None:
    made = plan("one: {do: gym, until: 24h}\ntwo: {expect: redness, until: 24h}", booked="2026-12-18")
    assert [window.start.month for window in made.windows if window.rule in ("one", "two")] == [11, 11]


def test_an_exception_counts_before_a_booked_session_too(plan: Planner) -> None:
    rules = "one: {avoid: heat, from: 3d before, until: 24h, except: {sauna: 1d before}}"
    made = plan(rules, booked="2026-12-18", tz=CHATHAM)
    assert no(made, "sauna") == ["17 Nov 00:00 to 20 Nov 00:00", "15 Dec 00:00 to 18 Dec 00:00"]
    assert no(made, "heat") == ["17 Nov 00:00 to 21 Nov 16:30", "15 Dec 00:00 to 20 Dec 00:00"]


def test_the_pre_care_of_a_booked_session_counts_from_its_date_not_before_the_treatment(plan: Planner) -> None:
    rules = (
        "gym: {avoid: gym, from: 3d before, until: 1d}\nheat: {avoid: heat, from: 3d before, until: 24h}\n"
        "paint: {avoid: paint, from: 2mo before, until: 24h}\ncream: {avoid: cream, until: 24h}"
    )
    made = plan(rules, more="sessions:\n  - {id: a, every: 4w}\n", booked="2026-12-20", tz=CHATHAM)
    (session,) = made.sessions
    own = [(target, on.isoformat()) for target, on in session.precare if target in ("gym", "heat", "paint", "cream")]
    assert own == [("paint", "2026-11-20"), ("gym", "2026-12-17"), ("heat", "2026-12-17")]
    assert (session.booked, session.minimum.isoformat()) == (date(2026, 12, 20), "2026-12-18")


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        pytest.param(
            "from: wedding - 2d, until: wedding", "26 Nov 00:00 to 30 Nov 00:00", id="one kind, to its last day"
        ),
        pytest.param("from: event - 2d, until: event + 24h", "23 Nov 00:00 to 1 Dec 00:00", id="any event"),
        pytest.param("from: trip, until: trip + 1d", "25 Nov 00:00 to 27 Nov 00:00", id="the other one"),
    ],
)
def test_a_rule_counts_from_an_event(plan: Planner, rule: str, holds: str) -> None:
    made = plan(f"one: {{avoid: gym, {rule}}}", tz=CHATHAM, events=[WEDDING, event("trip", 25, 25)], more=KINDS)
    assert no(made, "gym") == [holds]


def clashes(plan: Planner, rules: str, one: Event, clock: str | None = "16:30") -> list[tuple[str, str]]:
    (meeting,) = plan(rules, time=clock, tz=CHATHAM, events=[one], more=KINDS).meetings
    assert meeting.known
    return [(clash.activity, clash.state) for clash in meeting.clashes if clash.activity != "paint" or "paint" in rules]


@pytest.mark.parametrize(
    ("rules", "one", "expected"),
    [
        pytest.param("a: {avoid: gym, until: 48h}", event("trip", 22, 23), [("gym", "no")], id="to its last minute"),
        pytest.param("a: {avoid: gym, until: 48h}", event("trip", 23, 24), [], id="over before it"),
        pytest.param("a: {avoid: gym, until: 2d}", event("trip", 23, 23), [], id="over at its midnight"),
        pytest.param(
            "a: {avoid: gym, from: 3d, until: 5d}", event("trip", 21, 23), [("gym", "no")], id="from its last day"
        ),
        pytest.param("a: {avoid: gym, from: 4d, until: 5d}", event("trip", 21, 23), [], id="begins after it"),
        pytest.param(
            "a: {avoid: gym, until: 24h..4d}", event("trip", 22, 22), [("gym", "better-not")], id="the milder part"
        ),
        pytest.param(
            "a: {avoid: gym, until: 24h..4d}", event("trip", 21, 22), [("gym", "no")], id="the stricter of both"
        ),
        pytest.param(
            *("a: {avoid: gym, from: 2d..4d before, until: treatment}", event("trip", 16, 17)),
            [("gym", "better-not")],
            id="the milder part before the treatment",
        ),
        pytest.param("a: {avoid: gym, until: always}", event("trip", 30, 30), [("gym", "no")], id="without end"),
        pytest.param("a: {avoid: gym}", event("trip", 30, 30), [("gym", "better-not")], id="no end is given"),
        pytest.param(
            *("a: {avoid: heat, until: 48h}\nb: {avoid: sauna, until: 24h..4d}", event("wedding", 22, 24)),
            [("heat", "no"), ("sauna", "no")],
            id="all that is part of what comes with it",
        ),
        pytest.param(
            *("a: {avoid: heat, until: 24h..3d}\nb: {avoid: sauna, until: 4d}", event("wedding", 22, 24)),
            [("sauna", "no"), ("heat", "better-not")],
            id="the strictest first",
        ),
    ],
)
def test_an_event_clashes_with_what_is_restricted_on_its_days(
    plan: Planner, rules: str, one: Event, expected: list[tuple[str, str]]
) -> None:
    assert clashes(plan, rules, one) == expected


def test_of_several_windows_the_strictest_and_longest_clashes(plan: Planner) -> None:
    rules = "a: {avoid: gym, until: 24h}\nb: {avoid: gym, from: 48h, until: 72h}\nc: {avoid: gym, days: 5..6}"
    (meeting,) = plan(rules, tz=CHATHAM, events=[event("trip", 20, 30)], more=KINDS).meetings
    (clash,) = meeting.clashes
    assert clash.window.rule == "c"


@pytest.mark.parametrize(
    ("rules", "on", "clashing", "waiting"),
    [
        pytest.param("a: 48h and redness-gone", 23, ["heat", "sauna"], [], id="not yet"),
        pytest.param("a: 48h and redness-gone", 24, [], [("heat", "a"), ("sauna", "a")], id="from the day of its end"),
        pytest.param("a: 48h and redness-gone\nb: 4d", 24, ["sauna"], [("heat", "a")], id="what clashes doesn't wait"),
        pytest.param("a: 48h", 25, [], [], id="what waits for nothing"),
        pytest.param("a: 48h and bottle-empty", 30, [], [("heat", "a"), ("sauna", "a")], id="a wait without a date"),
    ],
)
def test_what_is_free_on_an_event_only_once_something_is_seen_is_told(
    plan: Planner, rules: str, on: int, clashing: list[str], waiting: list[tuple[str, str]]
) -> None:
    lines = [line.partition(": ") for line in rules.splitlines()]
    targets = {"a": "heat", "b": "sauna"}
    made = plan(
        "\n".join(f"{id_}: {{avoid: {targets[id_]}, until: {end}}}" for id_, _, end in lines)
        + "\nc: {avoid: sauna, until: 1h}",
        tz=CHATHAM,
        events=[event("wedding", on, on)],
        more=KINDS,
    )
    (meeting,) = made.meetings
    assert [clash.activity for clash in meeting.clashes] == clashing
    assert [(window.target, window.rule) for window in meeting.waiting] == waiting


def test_an_event_that_nobody_knows_clashes_with_nothing_and_says_so(plan: Planner) -> None:
    (meeting,) = plan("a: {avoid: gym, until: 48h}", events=[event("zoo", 21, 21)], more=KINDS).meetings
    assert (meeting.event.kind, meeting.clashes, meeting.known) == ("zoo", (), False)


def test_days_stay_as_they_are_whatever_is_booked_later(plan: Planner) -> None:
    rules = "one: {avoid: gym, from: 3d before, until: 24h}"
    assert day(plan(rules, booked="2026-12-18"), 1).avoid == day(plan(rules), 1).avoid


def test_what_lasts_into_the_first_hours_of_an_event_clashes_with_it(plan: Planner) -> None:
    trip = event("trip", 22, 22)
    (meeting,) = plan("a: {avoid: gym, until: 48h}", time="03:00", tz=CHATHAM, events=[trip], more=KINDS).meetings
    assert [(clash.activity, clash.state) for clash in meeting.clashes] == [("gym", "no")]
