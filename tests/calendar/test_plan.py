"""What the calendar says is what the plan says: every date is tested against the timeline."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from attack.strength import tries
from needlecare import Timeline, build_timeline, load_rules, make_treatment, read_facts, render
from running import PLAN, run
from support import Planner, write_rules

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]
Run = Callable[..., tuple[int, str, str]]
RULES = load_rules()


def timeline(day: date, clock: time | None, zone: str) -> Timeline:
    return build_timeline(RULES, make_treatment(day, clock, ZoneInfo(zone)), read_facts(RULES, {}))


def titles(events: dict[str, Any]) -> dict[str, Any]:
    return {str(event["SUMMARY"]): event for event in events.values()}


def test_make_up_is_back_at_the_hour_that_the_plan_gives(write: Write, events: Events) -> None:
    (event,) = [e for title, e in titles(events(write("--time", "16:30"))).items() if title.startswith("Make-up,")]
    assert event["DTSTART"].dt == datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert str(event["SUMMARY"]).endswith("again")


def entries(timeline: Timeline) -> dict[str, Any]:
    return named(render(timeline, "ics"))


def named(text: str) -> dict[str, Any]:
    """Read the events of a calendar by their titles."""
    calendar: Any = Calendar.from_ical(text)
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def test_a_title_carries_its_condition(plan: Planner) -> None:
    found = entries(plan("gym: {avoid: gym, until: 24h and redness-gone}"))
    event = found["The gym again, if no redness is left"]
    assert event["DTSTART"].dt == datetime(2026, 11, 24, 8, tzinfo=UTC), "when it is usually gone"
    assert "Only once no redness is left (usually by Mon 23 Nov)" in str(event["DESCRIPTION"])


def test_what_is_free_but_not_as_a_whole_says_so(plan: Planner) -> None:
    found = entries(plan("gym: {avoid: gym, until: 25h}\nyoga: {avoid: hot-yoga, until: 73h}"))
    assert "- the gym [sheet]; not yet: hot yoga" in str(found["The gym (not all) again"]["DESCRIPTION"])
    assert "Hot yoga again" in found


def test_a_milder_restriction_that_follows_is_no_permission(plan: Planner) -> None:
    found = entries(plan("cream: {avoid: cream, until: 25h..49h}"))
    assert found["Cream: better not, instead of no"]["DTSTART"].dt == datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    assert found["Cream again"]["DTSTART"].dt == datetime(2026, 11, 22, 17, 30, tzinfo=UTC)


def test_a_day_tells_in_its_title_what_to_leave_and_to_do(plan: Planner) -> None:
    rules = "paint: {avoid: paint, until: 48h}\ngym: {avoid: gym, until: 72h}\ncool: {do: cream, until: 4d}"
    (title,) = [title for title in entries(plan(rules)) if title.startswith("Day 2:")]
    assert title.startswith("Day 2: avoid ordinary sunscreen, make-up till 16:30; all day ")
    assert "the gym" in title
    assert title.endswith("; do mineral sunscreen, cream")


def test_a_condition_stands_before_what_may_be_cut(plan: Planner) -> None:
    long = "ask whoever prescribed the tablets whether they matter and what to do about them on the day itself"
    found = entries(plan(f"ask: {{prepare: tablets, from: 7d before, if: you take any, text: {long}}}"))
    (title,) = [title for title in found if title.startswith("7 days before: if you take any: ask whoever")]
    assert title.endswith("…")
    assert long in str(found[title]["DESCRIPTION"]).replace("Ask", "ask")


def test_what_begins_later_is_a_moment(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, "cool: {do: cream, from: 24h, until: 3d, if: it stings}")
    found = named(run(*PLAN, "--rules", str(rules), "--format", "ics", "--calendar-style", "moments").out)
    assert found["From now on: cream, if it stings"]["DTSTART"].dt == datetime(2026, 11, 21, 16, 30, tzinfo=UTC)


def test_a_sign_that_stays_is_a_reason_to_call(plan: Planner) -> None:
    found = entries(plan("red: {expect: redness, until: 2d, worry-after: 3d}"))
    assert found["Still redness? Call your clinic"]["DTSTART"].dt == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_reason_to_call_never_rings_before_its_day(plan: Planner) -> None:
    event = entries(plan("red: {expect: redness, until: 1d, worry-after: 1d}"))["Still redness? Call your clinic"]
    assert event["DTSTART"].dt == datetime(2026, 11, 22, 8, tzinfo=UTC), "on a Sunday"
    assert event.walk("VALARM")[0]["TRIGGER"].dt == timedelta(hours=1)


def test_pre_care_stands_before_the_treatment(plan: Planner) -> None:
    found = entries(plan("retinol: {avoid: retinol, from: 7d before, until: 24h}"))
    assert found["7 days before: leave retinol"]["DTSTART"].dt == datetime(2026, 11, 13, 8, tzinfo=UTC)


def test_hours_before_the_treatment_are_hours(plan: Planner) -> None:
    found = entries(plan("tablets: {avoid: tablets, from: 24h before, until: 24h}"))
    assert found["1 day before: leave tablets"]["DTSTART"].dt == datetime(2026, 11, 19, 16, 30, tzinfo=UTC)


def test_a_run_of_equal_days_is_one_event_with_an_exclusive_end(plan: Planner) -> None:
    found = entries(plan("gym: {avoid: gym, until: 5d}"))
    (run,) = [event for title, event in found.items() if title.startswith("Days 4–5:")]
    assert (run["DTSTART"].dt, run["DTEND"].dt) == (date(2026, 11, 24), date(2026, 11, 26))


def test_the_next_session_has_its_three_dates(run: Run, write: Write, events: Events) -> None:
    words = ["--goal", "rejuvenation"]
    _, out, _ = run("plan", "--date", "2026-11-20", "--tz", "Europe/London", *words, "--format", "json")
    (session,) = json.loads(out)["sessions"]
    found = {title: e for title, e in titles(events(write(*words))).items() if title.startswith("Session 2")}
    dates = {title.partition(": ")[2].split()[0]: (e["DTSTART"].dt, e["DTEND"].dt) for title, e in found.items()}
    day = timedelta(days=1)
    first, last = map(date.fromisoformat, session["recommended"])
    minimum, overdue = date.fromisoformat(session["minimum"]), date.fromisoformat(session["overdue"])
    assert dates == {"not": (minimum, minimum + day), "best": (first, last + day), "late": (overdue, overdue + day)}


def test_moments_have_no_day_but_the_first(write: Write, events: Events) -> None:
    found = titles(events(write("--time", "16:30", "--calendar-style", "moments")))
    assert [title[:5] for title in found if title.startswith("Day")] == ["Day 0"]


def test_both_styles_share_the_uids_of_what_they_share(write: Write, events: Events) -> None:
    daily = events(write("--time", "16:30", name="daily.ics"))
    moments = events(write("--time", "16:30", "--calendar-style", "moments", name="moments.ics"))
    shared = daily.keys() & moments.keys()
    assert len(shared) > 25
    for uid in shared:
        assert daily[uid]["DTSTART"].dt == moments[uid]["DTSTART"].dt


@pytest.mark.parametrize(
    "words",
    [["--time", "10:00"], ["--time", "16:30", "--tz", "Asia/Kolkata"], ["--skin-type", "V"], ["--depth", "0.5"]],
    ids=["another time", "another zone", "a fact", "another fact"],
)
def test_time_zone_and_facts_leave_the_plan_the_same(write: Write, events: Events, words: list[str]) -> None:
    plans = {uid.partition("-")[0] for uid in events(write("--time", "16:30"))}
    assert {uid.partition("-")[0] for uid in events(write(*words, name="other.ics"))} == plans


@pytest.mark.parametrize(
    "words", [["--area", "neck"], ["--id", "ann"], ["--date", "2026-11-21"]], ids=["area", "id", "date"]
)
def test_another_area_person_or_date_is_another_plan(write: Write, events: Events, words: list[str]) -> None:
    assert not events(write()).keys() & events(write(*words, name="other.ics")).keys()


def test_screening_that_speaks_against_it_stands_first(write: Write, events: Events) -> None:
    found = titles(events(write("--condition", "pregnancy")))
    (title,) = [title for title in found if title.startswith("Day 0")]
    assert title.startswith("Day 0: ask your clinic first; ")
    assert "pregnan" in str(found[title]["DESCRIPTION"]).lower()


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-10-24T15:30", "Europe/London", "2026-10-26T14:30"),
        ("2026-03-28T15:30", "Europe/London", "2026-03-30T15:30"),
        ("2026-03-07T09:00", "America/New_York", "2026-03-09T14:00"),
        ("2026-10-31T09:00", "America/New_York", "2026-11-02T13:00"),
        ("2026-11-20T16:30", "Asia/Kolkata", "2026-11-22T11:00"),
        ("2026-11-20T16:30", "Australia/Lord_Howe", "2026-11-22T05:30"),
        ("2026-11-20T16:30", "Pacific/Chatham", "2026-11-22T02:45"),
        ("2028-02-27T12:00", "UTC", "2028-02-29T12:00"),
        ("2026-12-30T12:00", "UTC", "2027-01-01T12:00"),
        ("2026-11-20T23:30", "Europe/London", "2026-11-22T23:30"),
    ],
    ids=[
        "London, clocks back",
        "London, clocks forward",
        "New York, forward",
        "New York, back",
        "half an hour",
        "half an hour of summer time",
        "three quarters",
        "leap day",
        "year end",
        "late in the evening",
    ],
)
def test_hours_are_elapsed_and_zones_are_right(
    write: Write, events: Events, moment: str, zone: str, expected: str
) -> None:
    day, _, clock = moment.partition("T")
    found = events(write("--time", clock, date=day, tz=zone))
    (event,) = [e for e in found.values() if str(e["SUMMARY"]).startswith("Make-up")]
    assert event["DTSTART"].dt == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_treatment_at_midnight_lifts_in_the_morning_of_its_day(write: Write, events: Events) -> None:
    found = events(write("--time", "00:00"))
    (event,) = [e for e in found.values() if str(e["SUMMARY"]).startswith("Make-up")]
    assert event["DTSTART"].dt == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert "From Sun 22 Nov" in str(event["DESCRIPTION"])


ZONES = ["Europe/London", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "America/Havana", "Asia/Beirut", "UTC"]


# Shrinking a plan takes minutes and shows nothing that its date and hour don't.
@settings(tries(20), phases=[Phase.explicit, Phase.generate])
@given(
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    st.none() | st.times(timezones=st.none()).map(lambda one: one.replace(second=0, microsecond=0)),
    st.sampled_from(ZONES),
    st.sampled_from(["0min", "30min", "9h", "1d"]),
    st.sampled_from(["daily", "moments"]),
)
def test_dates_fit_the_plan_and_nothing_rings_at_night(
    day: date, clock: time | None, zone: str, alarm: str, style: str
) -> None:
    plan = timeline(day, clock, zone)
    typed = ["--date", day.isoformat(), "--tz", zone, *(["--time", f"{clock:%H:%M}"] if clock else [])]
    ran = run("plan", *typed, "--format", "ics", "--calendar-style", style, "--alarm", alarm)
    calendar: Any = Calendar.from_ical(ran.out)
    local = ZoneInfo(zone)
    timed, days = set(), {}
    for event in calendar.walk("VEVENT"):
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        assert start < end
        if not isinstance(start, datetime):
            if str(event["SUMMARY"]).startswith("Day"):
                days.update({start + timedelta(days=n): str(event["SUMMARY"]) for n in range((end - start).days)})
            continue
        timed.add(start.astimezone(local))
        (bell,) = event.walk("VALARM")
        rings = (start + bell["TRIGGER"].dt).astimezone(local)
        assert time(9 if rings.weekday() in (5, 6) else 8) <= rings.time() < time(22), (start, rings)
    assert days[day].startswith("Day 0")
    if style == "daily":
        restricted = {one.day for one in plan.days if one.number >= 0 and (one.avoid or one.better_not)}
        assert restricted <= days.keys()
    for window in (window for window in plan.windows if window.kind == "avoid"):
        for lift in window.lifts:
            if window.target in plan.rule_set.unadvised:
                continue
            if lift.at > plan.treatment.first and max(window.end, window.better_until) > plan.treatment.first:
                at = lift.at.astimezone(local)
                assert any(one in timed for one in (at, datetime.combine(at.date(), time(8), local))), (window, at)
