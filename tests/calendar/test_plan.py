"""What the calendar says is what the plan says: every date is tested against the timeline."""

import json
import re
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
from needlecare import Event, Timeline, build_timeline, load_rules, make_treatment, read_facts
from needlecare.views import ics
from needlecare.views.calendar import _shorter
from needlecare.views.days import list_openings
from needlecare.views.formats import BRIEF, FULL, CalendarStyle
from needlecare.views.phrases import short_date
from needlecare.views.sheet import make_sheet
from running import run
from support import Planner

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]
Run = Callable[..., tuple[int, str, str]]
RULES = load_rules()


def timeline(day: date, clock: time | None, zone: str) -> Timeline:
    return build_timeline(RULES, make_treatment(day, clock, ZoneInfo(zone)), read_facts(RULES, {}))


def titles(events: dict[str, Any]) -> dict[str, Any]:
    return {str(event["SUMMARY"]): event for event in events.values()}


def test_make_up_is_back_at_the_hour_that_the_plan_gives(write: Write, events: Events) -> None:
    found = titles(events(write("--time", "16:30")))
    assert found["OK: make-up, alcohol, spicy food"]["DTSTART"].dt == datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


def entries(timeline: Timeline, style: str = BRIEF) -> dict[str, Any]:
    """Read the events of a calendar by their titles."""
    calendar: Any = Calendar.from_ical(ics.render(timeline, ics.Options(style)))
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def test_a_title_carries_its_condition(plan: Planner) -> None:
    found = entries(plan("gym: {avoid: gym, until: 24h and redness-gone}"))
    event = found["OK: the gym, if no redness is left"]
    assert event["DTSTART"].dt == datetime(2026, 11, 24, 8, tzinfo=UTC), "when it is usually gone"
    assert "only once no redness is left (usually by Mon 23 Nov): the gym" in str(event["DESCRIPTION"])


def test_a_condition_that_has_no_room_is_short(plan: Planner) -> None:
    found = entries(plan("gym: {avoid: gym, until: 3d and calm and redness-gone}\ncream: {avoid: cream, until: 7d}"))
    text = str(found["OK: cream; if calm: the gym"]["DESCRIPTION"])
    assert "only once the skin is calm (usually by Fri 27 Nov) and no redness is left (usually by Mon 23 Nov)" in text


def test_what_is_all_right_but_for_a_part_names_the_part(plan: Planner) -> None:
    found = entries(plan("heat: {avoid: heat, until: 25h}\nyoga: {avoid: hot-yoga, until: 73h}"))
    assert "OK: saunas, heat (not hot yoga)" in found
    assert "OK: hot yoga" in found


def test_a_part_that_has_no_room_is_left_to_the_description() -> None:
    assert _shorter("your creams (not alcohol toner, retinol)", 28) == "your creams (not retinol…)"
    assert _shorter("acids and scrubs (not dermaplaning)", 27) == "acids and scrubs, in part"
    assert _shorter("acids and scrubs (not BHAs)", 27) == "acids and scrubs (not BHAs)"


def test_what_is_no_longer_a_no_is_not_yet_all_right(plan: Planner) -> None:
    found = entries(plan("cream: {avoid: cream, until: 25h..49h}"))
    assert found["OK: cream"]["DTSTART"].dt == datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    assert "Not yet: cream (Sun 22 Nov)" in str(found["OK: mineral SPF 30+"]["DESCRIPTION"])


@pytest.mark.parametrize("style", CalendarStyle)
def test_what_is_to_be_asked_first_has_no_title(write: Write, events: Events, style: str) -> None:
    words = ["--condition", "pregnancy", "--next", "2027-01-08", "--calendar-style", style]
    for title in titles(events(write("--time", "16:30", *words))):
        free = re.sub(r" \(not .+?\)", "", title)
        assert not re.search("minoxidil|hydroquinone|retinol|tretinoin|Roaccutane", free), title


def test_a_sign_that_stays_is_a_reason_to_call(plan: Planner) -> None:
    found = entries(plan("red: {expect: redness, until: 2d, worry-after: 3d}"))
    assert found["Still red? Call your clinic"]["DTSTART"].dt == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_reason_to_call_never_rings_before_its_day(plan: Planner) -> None:
    event = entries(plan("red: {expect: redness, until: 1d, worry-after: 1d}"))["Still red? Call your clinic"]
    assert event["DTSTART"].dt == datetime(2026, 11, 22, 8, tzinfo=UTC), "on a Sunday"
    assert event.walk("VALARM")[0]["TRIGGER"].dt == timedelta(hours=1)


def test_of_what_rings_on_one_day_the_reason_to_call_does(plan: Planner) -> None:
    found = entries(plan("red: {expect: redness, until: 2d, worry-after: 3d}\ngym: {avoid: gym, until: 3d}"))
    assert found["Still red? Call your clinic"].walk("VALARM")
    assert not found["OK: the gym"].walk("VALARM")


def test_pre_care_stands_before_the_treatment(plan: Planner) -> None:
    found = entries(plan("retinol: {avoid: retinol, from: 7d before, until: 24h}"))
    assert found["No retinol from now"]["DTSTART"].dt == datetime(2026, 11, 13, 8, tzinfo=UTC)


def test_hours_before_the_treatment_are_hours(plan: Planner) -> None:
    found = entries(plan("cream: {avoid: cream, from: 24h before, until: 24h}"))
    assert found["No cream from now"]["DTSTART"].dt == datetime(2026, 11, 19, 16, 30, tzinfo=UTC)


def test_the_first_hours_stand_on_all_their_days(write: Write, events: Events) -> None:
    found = titles(events(write("--time", "16:30")))
    for title in ("First 24 hours: what to do", "Avoid strong sun, unwashed hands…"):
        assert (found[title]["DTSTART"].dt, found[title]["DTEND"].dt) == (date(2026, 11, 20), date(2026, 11, 22))


def test_a_run_of_equal_days_is_one_event_with_an_exclusive_end(plan: Planner) -> None:
    found = entries(plan("gym: {avoid: gym, until: 5d}"), FULL)
    run = found["Days 4–5: no strong sun, the gym"]
    assert (run["DTSTART"].dt, run["DTEND"].dt) == (date(2026, 11, 24), date(2026, 11, 26))


def test_the_next_session_has_its_dates(run: Run, write: Write, events: Events) -> None:
    words = ["--goal", "rejuvenation"]
    _, out, _ = run("plan", "--date", "2026-11-20", "--tz", "Europe/London", *words, "--format", "json")
    (session,) = json.loads(out)["sessions"]
    found = titles(events(write(*words, "--calendar-style", "full")))
    minimum, last, overdue = map(
        date.fromisoformat, (session["minimum"], session["recommended"][1], session["overdue"])
    )
    assert found[f"Session 2 OK now, best by {short_date(last)}"]["DTSTART"].dt == minimum
    assert found["Session 2 late from today"]["DTSTART"].dt == overdue


def test_a_session_that_is_booked_has_its_date_and_what_begins_before_it(write: Write, events: Events) -> None:
    found = titles(events(write("--time", "16:30", "--next", "2027-01-08")))
    assert found["Session 2 is today"]["DTSTART"].dt == date(2027, 1, 8)
    assert found["No retinol, fish oil… again: session 2"]["DTSTART"].dt == datetime(2027, 1, 3, 8, tzinfo=UTC)
    early = titles(events(write("--time", "16:30", "--next", "2026-12-10", name="early.ics")))
    assert early["Session 2 early, ask your clinic first"]["DTSTART"].dt == date(2026, 12, 10)


def test_an_event_says_what_is_not_yet_all_right(write: Write, events: Events) -> None:
    found = titles(events(write("--time", "16:30", "--event", "wedding:Zoë’s=2026-11-25..2026-11-26")))
    event = found["Zoë’s: not yet parties, photos"]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 11, 25), date(2026, 11, 27))


def test_in_full_every_line_of_the_plan_is_there(write: Write, events: Events) -> None:
    path = write("--time", "16:30", "--calendar-style", "full", "--event", "wedding=2026-11-25", "--uses", "retinoid")
    said = {line for event in events(path).values() for line in str(event["DESCRIPTION"]).split("\n")}
    facts = read_facts(RULES, {"uses": ["retinoid"]})
    treatment = make_treatment(
        date(2026, 11, 20),
        time(16, 30),
        ZoneInfo("Europe/London"),
        events=[Event("wedding", "a wedding", *[date(2026, 11, 25)] * 2)],
    )
    for section in make_sheet(build_timeline(RULES, treatment, facts), handed_over=True).sections:
        for row in (*section.rows, *(row for block in section.blocks for row in block.rows)):
            assert any(line.startswith(f"{row.head}: {row.text}" if row.head else row.text) for line in said), row


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


def test_what_speaks_against_it_has_an_entry_that_names_no_illness(write: Write, events: Events) -> None:
    found = titles(events(write("--condition", "pregnancy")))
    event = found["STOP: no treatment, ask your clinic"]
    assert event["DTSTART"].dt == date(2026, 11, 20)
    assert "No needling in pregnancy." in str(event["DESCRIPTION"])
    assert not [title for title in found if "pregnan" in title or title.startswith("Session")]


def test_what_was_changed_in_a_protected_rule_stands_whole_on_the_day(
    write: Write, events: Events, tmp_path: Path
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "ruleset: own\nextends: microneedling\n"
        "rules: {sunscreen: {until: 10d, because: we hand out hats., by: Dr A}}\n"
        "switched-off: {tanning: {because: we advise in person, by: Dr C}}\n",
        encoding="utf-8",
    )
    text = "\n".join(str(one["DESCRIPTION"]) for one in events(write("--time", "16:30", "--rules", path)).values())
    for change in (
        "changes a protected rule, sunscreen by Dr A: we hand out hats.",
        "switches off a protected rule, tanning by Dr C: we advise in person.",
    ):
        assert change in text


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
    (event,) = [e for e in found.values() if str(e["SUMMARY"]).startswith("OK: make-up")]
    assert event["DTSTART"].dt == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_treatment_at_midnight_lifts_in_the_morning_of_its_day(write: Write, events: Events) -> None:
    found = events(write("--time", "00:00"))
    (event,) = [e for e in found.values() if str(e["SUMMARY"]).startswith("OK: make-up")]
    assert event["DTSTART"].dt == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert "OK from Sun 22 Nov: make-up" in str(event["DESCRIPTION"])


ZONES = ["Europe/London", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "America/Havana", "Asia/Beirut", "UTC"]


# Shrinking a plan takes minutes and shows nothing that its date and hour don't.
@settings(tries(20), phases=[Phase.explicit, Phase.generate])
@given(
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    st.none() | st.times(timezones=st.none()).map(lambda one: one.replace(second=0, microsecond=0)),
    st.sampled_from(ZONES),
    st.sampled_from(["0min", "30min", "9h", "1d"]),
    st.sampled_from(CalendarStyle),
)
def test_dates_fit_the_plan_and_nothing_rings_at_night(
    day: date, clock: time | None, zone: str, alarm: str, style: str
) -> None:
    plan = timeline(day, clock, zone)
    typed = ["--date", day.isoformat(), "--tz", zone, *(["--time", f"{clock:%H:%M}"] if clock else [])]
    ran = run("plan", *typed, "--format", "ics", "--calendar-style", style, "--alarm", alarm)
    calendar: Any = Calendar.from_ical(ran.out)
    local = ZoneInfo(zone)
    opened, rung, listed = set[datetime](), list[date](), set[date]()
    for event in calendar.walk("VEVENT"):
        start, end, title = event["DTSTART"].dt, event["DTEND"].dt, str(event["SUMMARY"])
        assert start < end
        if not isinstance(start, datetime):
            if re.match(r"Days? \d", title):
                listed.update(start + timedelta(days=number) for number in range((end - start).days))
            continue
        if title.startswith(("OK: ", "If calm: ")):
            opened.add(start.astimezone(local))
        for bell in event.walk("VALARM"):
            rings = (start + bell["TRIGGER"].dt).astimezone(local)
            assert time(9 if rings.weekday() in (5, 6) else 8) <= rings.time() < time(22), (start, rings)
            rung.append(rings.date())
    assert len(rung) == len(set(rung)), "at most one alarm a day"
    assert listed == ({one.day for one in plan.days if one.number >= 0} if style == FULL else set())
    instants = {one.at.astimezone(local) for one in list_openings(plan)}
    assert {one if one.time() != time(0) else one.replace(hour=8) for one in instants} == opened
