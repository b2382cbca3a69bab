from datetime import date
from pathlib import Path

import pytest

from needlecare import Session
from running import run
from support import Planner


def following(
    plan: Planner, sessions: str, day_0: str = "2026-11-20", facts: dict[str, list[str]] | None = None
) -> Session:
    """Give the next session by entries of `sessions`, without those that the words of the set come with."""
    (session,) = plan("gym: {avoid: gym}", day_0, facts=facts, more=f"sessions:\n{sessions}").sessions
    return session


@pytest.mark.parametrize(
    ("every", "overdue", "day_0", "minimum", "farthest", "late"),
    [
        pytest.param("4w..6w", "12w", "2026-11-20", "2026-12-18", "2027-01-01", "2027-02-12", id="weeks"),
        pytest.param("at least 6w", "12w", "2026-11-20", "2027-01-01", "2027-01-01", "2027-02-12", id="at least"),
        pytest.param("1mo..2mo", "3mo", "2027-01-31", "2027-03-01", "2027-03-31", "2027-05-01", id="no 31st day"),
        pytest.param("4w", "4w", "2026-03-02", "2026-03-30", "2026-03-30", "2026-03-30", id="over a clock change"),
        pytest.param("1y", "2y", "2028-02-29", "2029-03-01", "2029-03-01", "2030-03-01", id="from the leap day"),
        pytest.param("4w", "2400h", "2026-11-20", "2026-12-18", "2026-12-18", "2027-02-28", id="overdue in hours"),
    ],
)
def test_the_next_session_counts_from_the_treatments_date(
    plan: Planner, every: str, overdue: str, day_0: str, minimum: str, farthest: str, late: str
) -> None:
    session = following(plan, f"  - {{id: a, every: {every}, overdue: {overdue}}}\n", day_0)
    assert (session.number, session.minimum) == (2, date.fromisoformat(minimum))
    assert session.recommended == (session.minimum, date.fromisoformat(farthest))
    assert session.overdue == date.fromisoformat(late)


def test_of_several_spacings_the_longest_minimum_counts(plan: Planner) -> None:
    session = following(plan, "  - {id: a, every: 4w..12w, overdue: 20w}\n  - {id: b, every: 6w..8w, source: book}\n")
    assert (session.minimum.isoformat(), session.recommended[1].isoformat()) == ("2027-01-01", "2027-01-15")
    assert (session.overdue, session.sources) == (date(2027, 4, 9), ("book",))


@pytest.mark.parametrize(
    ("facts", "minimum", "unsure"),
    [
        pytest.param({}, "2027-01-01", ("skin",), id="nobody knows: the longer"),
        pytest.param({"skin": ["dark"]}, "2027-01-01", (), id="it applies"),
        pytest.param({"skin": ["light"]}, "2026-12-18", (), id="it doesn't"),
    ],
)
def test_an_unknown_fact_takes_the_longer_minimum(
    plan: Planner, facts: dict[str, list[str]], minimum: str, unsure: tuple[str, ...]
) -> None:
    session = following(
        plan, "  - {id: a, every: 4w..6w}\n  - {id: b, every: 6w..8w, when: {skin: dark}}\n", facts=facts
    )
    assert (session.minimum.isoformat(), session.unsure) == (minimum, unsure)


def test_it_is_never_overdue_before_the_recommended_time_is_over(plan: Planner) -> None:
    session = following(plan, "  - {id: a, every: 4w..5w, overdue: 6w}\n  - {id: b, every: 6w..8w}\n")
    assert session.overdue == session.recommended[1]


def test_where_no_source_gives_an_interval_no_session_is_dated(plan: Planner) -> None:
    assert plan("gym: {avoid: gym}", more="sessions:\n  - {id: a, count: 3..6}\n").sessions == ()
    assert plan("gym: {avoid: gym}").sessions == ()


def test_how_many_there_are_comes_along(plan: Planner) -> None:
    assert following(plan, "  - {id: a, every: 4w, count: 3..6}\n").total == (3, 6)


def test_the_next_session_brings_what_one_leaves_before_it_and_never_restricts(plan: Planner) -> None:
    made = plan(
        "gym: {avoid: gym, from: 3d before, until: treatment}\n"
        "heat: {avoid: heat, from: 24h before, until: 24h}\n"
        "cream: {avoid: cream, days: -2..1}\n"
        "paint: {avoid: paint, until: 24h}\n"
        "sauna: {avoid: sauna, days: 0..2}\n"
        "later: {avoid: gym, from: 1d before, until: treatment}\n"
        "much-later: {avoid: heat, from: 2h before, until: treatment}",
        more="sessions:\n  - {id: a, every: 4w}\n",
    )
    (session,) = made.sessions
    own = {
        activity: on.isoformat()
        for activity, on in session.precare
        if activity in ("gym", "heat", "cream", "paint", "sauna")
    }
    assert own == {"gym": "2026-12-15", "cream": "2026-12-16", "heat": "2026-12-17"}
    assert max(one.end for one in made.windows if one.target in own).date() < date(2026, 12, 1)


def test_healing_before_an_event_may_be_counted_from_the_end_of_a_rule(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text(
        "source: sheet\nsources: {sheet: Our sheet}\nmoments: {healed: {usual: soothe ends + 4d}}\n"
        "rules: {soothe: {avoid: sauna, until: 3d}}\nsessions: [{id: all, count: 2, every: 4w}]\n"
    )
    told = run("sessions", "--date", "2026-11-20", "--before", "wedding=2026-12-24", "--rules", str(sheet))
    assert (told.code, told.err) == (1, "")
    assert "For all 2 it would have to be on Sun 27 Dec or later." in told.out
