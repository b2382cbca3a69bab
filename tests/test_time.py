from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

# Days and ends are tried at instants that no treatment can have.
from needlecare.model.plan import make_treatment
from needlecare.model.time import (
    Point,
    as_end,
    ceil_to_day,
    day_end,
    day_start,
    floor_to_day,
    parse_duration,
    shift_date,
)
from support import LONDON, Planner, day, no, shown, window


def until(plan: Planner, bound: str, date: str, time: str | None, tz: str = "Europe/London") -> str:
    """Give the instant at which `avoid … until bound` ends, with its offset."""
    made = plan(f'rest: {{avoid: gym, until: "{bound}"}}', date, time, tz=tz)
    return window(made, "gym").end.astimezone(ZoneInfo(tz)).isoformat(timespec="minutes")


def begins(plan: Planner, verb: str, bound: str, date: str, time: str | None, tz: str = "Europe/London") -> str:
    """Give the instant at which a rule `from bound` begins, with its offset."""
    rule = f'start: {{{verb}: {"redness" if verb == "expect" else "gym"}, from: "{bound}", until: always}}'
    made = plan(rule, date, time, tz=tz)
    (found,) = (one for one in made.windows if one.kind == verb and one.rule == "start")
    return found.start.astimezone(ZoneInfo(tz)).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("bound", "day_0", "clock", "end"),
    [
        pytest.param("48h", "2026-10-24", "15:30", "2026-10-26T14:30+00:00", id="hours over the clock going back"),
        pytest.param("48h", "2026-03-28", "15:30", "2026-03-30T16:30+01:00", id="hours over the clock going forward"),
        pytest.param("1d", "2026-03-28", "23:30", "2026-03-30T00:30+01:00", id="a day with a short day in it"),
        pytest.param("48h", "2026-11-20", "16:30", "2026-11-22T16:30+00:00", id="hours"),
        pytest.param("3d", "2026-11-20", "16:30", "2026-11-24T00:00+00:00", id="days"),
        pytest.param("1mo", "2026-11-20", "16:30", "2026-12-21T00:00+00:00", id="a month"),
        pytest.param("48h", "2026-11-20", None, "2026-11-23T00:00+00:00", id="hours from a date alone"),
        pytest.param("48h", "2026-03-28", None, "2026-04-01T00:00+01:00", id="a date alone before a short day"),
        pytest.param("48h", "2026-10-24", None, "2026-10-27T00:00+00:00", id="a date alone before a long day"),
        pytest.param("48h", "2026-10-25", None, "2026-10-28T00:00+00:00", id="a date alone on a long day"),
        pytest.param("48h", "2026-03-29", None, "2026-04-01T00:00+01:00", id="a date alone on a short day"),
        pytest.param("1d", "2026-10-24", "23:30", "2026-10-26T00:00+00:00", id="a day with a long day in it"),
        pytest.param("3d", "2026-03-28", "16:30", "2026-04-01T00:00+01:00", id="days, long enough in hours too"),
        pytest.param("3d", "2026-03-28", None, "2026-04-02T00:00+01:00", id="days from a date alone, at 23:59 too"),
        pytest.param("2w", "2026-11-20", "16:30", "2026-12-05T00:00+00:00", id="weeks"),
        pytest.param("90min", "2026-10-25", "00:30", "2026-10-25T01:00+00:00", id="minutes into the second 01:00"),
        pytest.param("90min", "2026-03-29", "00:30", "2026-03-29T03:00+01:00", id="minutes over the missing hour"),
        pytest.param("24h", "2028-02-28", "10:00", "2028-02-29T10:00+00:00", id="hours into the leap day"),
        pytest.param("1d", "2028-02-28", "10:00", "2028-03-01T00:00+00:00", id="the leap day counts whole"),
        pytest.param("1y", "2028-02-29", "10:00", "2029-03-02T00:00+00:00", id="a year from the leap day"),
        pytest.param("1d", "2027-02-28", "10:00", "2027-03-02T00:00+00:00", id="no leap day"),
        pytest.param("48h", "2026-12-30", "18:00", "2027-01-01T18:00+00:00", id="over the end of the year"),
        pytest.param("1d", "2026-12-31", "18:00", "2027-01-02T00:00+00:00", id="a day over the end of the year"),
        pytest.param("1mo", "2027-01-31", "12:00", "2027-03-02T00:00+00:00", id="a month without its 31st day"),
        pytest.param("1mo", "2026-12-31", "12:00", "2027-02-01T00:00+00:00", id="a month over the end of the year"),
        pytest.param("24h", "2026-11-20", "00:00", "2026-11-21T00:00+00:00", id="from midnight"),
        pytest.param("1d", "2026-11-20", "00:00", "2026-11-22T00:00+00:00", id="a day from midnight"),
        pytest.param("0d", "2026-11-20", "16:30", "2026-11-21T00:00+00:00", id="the rest of the day"),
        pytest.param("24h", "2026-11-20", "23:59", "2026-11-21T23:59+00:00", id="the last minute"),
        pytest.param("up to 3d", "2026-11-20", "16:30", "2026-11-24T00:00+00:00", id="up to"),
        pytest.param("at least 2w", "2026-11-20", "16:30", "2026-12-05T00:00+00:00", id="at least"),
    ],
)
def test_a_restriction_ends(plan: Planner, bound: str, day_0: str, clock: str | None, end: str) -> None:
    assert until(plan, bound, day_0, clock) == end


@pytest.mark.parametrize(
    ("tz", "bound", "day_0", "clock", "end"),
    [
        pytest.param("Asia/Kolkata", "48h", "2026-11-20", "16:30", "2026-11-22T16:30+05:30", id="a half-hour zone"),
        pytest.param("Asia/Kathmandu", "3d", "2026-11-20", "16:30", "2026-11-24T00:00+05:45", id="45 minutes"),
        pytest.param(
            "Asia/Kathmandu", "48h", "2026-11-20", None, "2026-11-23T00:00+05:45", id="45 minutes, date alone"
        ),
        pytest.param(
            "Pacific/Chatham", "48h", "2026-09-26", "15:30", "2026-09-28T16:30+13:45", id="45 minutes, spring"
        ),
        pytest.param(
            "Pacific/Chatham", "48h", "2026-04-04", "15:30", "2026-04-06T14:30+12:45", id="45 minutes, autumn"
        ),
        pytest.param("Australia/Lord_Howe", "48h", "2026-10-03", "15:30", "2026-10-05T16:00+11:00", id="half an hour"),
        pytest.param("Pacific/Kiritimati", "3d", "2026-11-20", "16:30", "2026-11-24T00:00+14:00", id="farthest east"),
        pytest.param(
            "America/St_Johns", "48h", "2026-11-20", None, "2026-11-23T00:00-03:30", id="west by half an hour"
        ),
        pytest.param("Africa/Cairo", "0d", "2026-04-23", "16:30", "2026-04-24T01:00+03:00", id="no midnight"),
        pytest.param(
            "Africa/Cairo", "8h", "2026-04-23", "16:30", "2026-04-24T01:30+03:00", id="hours over no midnight"
        ),
        pytest.param("Africa/Cairo", "1d", "2026-04-23", None, "2026-04-26T00:00+03:00", id="no midnight, date alone"),
        pytest.param("America/Havana", "0d", "2025-11-01", "16:30", "2025-11-02T00:00-05:00", id="midnight twice"),
        pytest.param("Africa/Cairo", "8h", "2026-10-29", "16:30", "2026-10-29T23:30+02:00", id="an hour before twice"),
        pytest.param("Africa/Cairo", "0d", "2026-10-29", "16:30", "2026-10-30T00:00+02:00", id="one midnight after"),
        pytest.param("Pacific/Apia", "1d", "2011-12-29", "16:30", "2011-12-31T16:30+14:00", id="a day that wasn't"),
        pytest.param("Pacific/Apia", "24h", "2011-12-29", "16:30", "2011-12-31T16:30+14:00", id="hours over no day"),
        pytest.param("Pacific/Apia", "2d", "2011-12-29", "16:30", "2012-01-01T16:30+14:00", id="days over no day"),
        pytest.param("Pacific/Apia", "0d", "2011-12-29", "16:30", "2011-12-31T00:00+14:00", id="the day before no day"),
    ],
)
def test_a_restriction_ends_in_a_zone_of_its_own(
    plan: Planner, tz: str, bound: str, day_0: str, clock: str | None, end: str
) -> None:
    assert until(plan, bound, day_0, clock, tz) == end


@pytest.mark.parametrize(
    ("clock", "day_0", "first", "last"),
    [
        pytest.param("01:30", "2026-10-25", "2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00", id="comes twice"),
        pytest.param("01:30", "2026-03-29", "2026-03-29T00:30+00:00", "2026-03-30T01:30+00:00", id="never comes"),
    ],
)
def test_a_wall_clock_time_with_two_readings_takes_what_keeps_the_restriction_longer(
    plan: Planner, clock: str, day_0: str, first: str, last: str
) -> None:
    rest = window(plan("rest: {avoid: gym, until: 24h}", day_0, clock), "gym")
    assert (rest.start.isoformat(timespec="minutes"), rest.end.isoformat(timespec="minutes")) == (first, last)


def test_a_date_that_never_was_still_restricts(plan: Planner) -> None:
    assert until(plan, "24h", "2011-12-30", None, "Pacific/Apia") == "2012-01-01T00:00+14:00"


@pytest.mark.parametrize(
    ("verb", "bound", "start"),
    [
        pytest.param("avoid", "3d", "2026-11-23T00:00+00:00", id="avoid begins with day 3"),
        pytest.param("do", "3d", "2026-11-23T00:00+00:00", id="do begins with day 3"),
        pytest.param("expect", "3d", "2026-11-23T00:00+00:00", id="expect begins with day 3"),
        pytest.param("allow", "3d", "2026-11-24T00:00+00:00", id="allow begins after day 3"),
        pytest.param("avoid", "24h", "2026-11-21T16:30+00:00", id="hours are hours"),
        pytest.param("allow", "24h", "2026-11-21T16:30+00:00", id="hours are hours for allow too"),
        pytest.param("avoid", "7d before", "2026-11-13T00:00+00:00", id="days before"),
        pytest.param("avoid", "24h before", "2026-11-19T16:30+00:00", id="hours before"),
        pytest.param("avoid", "1mo before", "2026-10-20T00:00+01:00", id="a month before, in summer time"),
        pytest.param("prepare", "2w before", "2026-11-06T00:00+00:00", id="weeks before"),
    ],
)
def test_a_rule_begins(plan: Planner, verb: str, bound: str, start: str) -> None:
    assert begins(plan, verb, bound, "2026-11-20", "16:30") == start


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        pytest.param("avoid: gym, from: 7d before, until: 3d before", "13 Nov 00:00 to 18 Nov 00:00", id="avoid"),
        pytest.param("do: gym, from: 7d before, until: 3d before", "13 Nov 00:00 to 17 Nov 00:00", id="do"),
        pytest.param("avoid: gym, from: 7d before, until: 24h before", "13 Nov 00:00 to 19 Nov 16:30", id="hours"),
        pytest.param("avoid: gym, from: 7d before, until: treatment", "13 Nov 00:00 to 20 Nov 16:30", id="treatment"),
        pytest.param("avoid: gym, from: 2w before, until: 2w", "6 Nov 00:00 to 5 Dec 00:00", id="both sides"),
        pytest.param("avoid: gym, days: 1..6", "21 Nov 00:00 to 27 Nov 00:00", id="days, both included"),
        pytest.param("avoid: gym, days: -3..-1", "17 Nov 00:00 to 20 Nov 00:00", id="negative days"),
        pytest.param("avoid: gym, days: 0", "20 Nov 00:00 to 21 Nov 00:00", id="day 0 counts whole"),
        pytest.param("do: gym, days: 0..1", "20 Nov 16:30 to 22 Nov 00:00", id="what is left of day 0"),
        pytest.param("allow: gym, days: 2..5", "22 Nov 00:00 to 26 Nov 00:00", id="allowed days"),
        pytest.param("avoid: gym, from: 24h, for: 72h", "21 Nov 16:30 to 24 Nov 16:30", id="for, in hours"),
        pytest.param("avoid: gym, from: 2d, for: 3d", "22 Nov 00:00 to 26 Nov 00:00", id="for, in days"),
        pytest.param("do: gym, from: 24h, for: 72h", "21 Nov 16:30 to 24 Nov 16:30", id="do for"),
        pytest.param("avoid: gym, from: 3d before, for: 5d", "17 Nov 00:00 to 23 Nov 00:00", id="for, from before"),
        pytest.param("allow: gym, from: 24h, for: 24h", "21 Nov 16:30 to 22 Nov 16:30", id="allow for"),
        pytest.param(
            "allow: gym, from: 14d before, until: treatment", "7 Nov 00:00 to 20 Nov 16:30", id="allow before"
        ),
        pytest.param("prepare: gym, at: before", "20 Nov 00:00 to 20 Nov 16:30", id="at: before"),
        pytest.param("prepare: gym, at: during", "20 Nov 16:30 to 20 Nov 16:30", id="at: during"),
        pytest.param("do: gym, at: after", "20 Nov 16:30 to 20 Nov 16:30", id="at: after"),
        pytest.param("prepare: gym, from: 14d before, due: 2d before", "6 Nov 00:00 to 19 Nov 00:00", id="due"),
    ],
)
def test_a_rule_holds_from_and_until(plan: Planner, rule: str, holds: str) -> None:
    verb = rule.partition(":")[0]
    assert no(plan(f"rule: {{{rule}}}"), "gym", verb) == [holds]


def test_days_that_are_allowed_restrict_what_comes_before_them_and_nothing_else(plan: Planner) -> None:
    made = plan("gym: {allow: gym, days: 2..5}")
    assert no(made, "gym") == ["20 Nov 16:30 to 22 Nov 00:00"]


@pytest.mark.parametrize(
    ("bound", "day_0", "start"),
    [
        pytest.param("6mo before", "2026-08-31", "28 Feb 00:00", id="away from the treatment, backwards"),
        pytest.param("1mo before", "2026-03-30", "28 Feb 00:00", id="the end of February"),
        pytest.param("1mo before", "2028-03-30", "29 Feb 00:00", id="the end of a leap February"),
        pytest.param("1y before", "2028-02-29", "28 Feb 00:00", id="a year before the leap day"),
    ],
)
def test_a_missing_date_before_the_treatment_rolls_away_from_it(
    plan: Planner, bound: str, day_0: str, start: str
) -> None:
    made = plan(f"rest: {{avoid: gym, from: {bound}, until: treatment}}", day_0)
    assert shown(window(made, "gym").start) == start


@pytest.mark.parametrize(
    ("from_", "length", "sign", "moved"),
    [
        pytest.param("2027-01-31", "1mo", 1, "2027-03-01", id="no minimum is cut short"),
        pytest.param("2026-08-31", "6mo", -1, "2026-02-28", id="away from the treatment"),
        pytest.param("2026-11-20", "4w", 1, "2026-12-18", id="weeks"),
        pytest.param("2026-11-20", "6mo", 1, "2027-05-20", id="months"),
        pytest.param("2028-02-29", "4y", 1, "2032-02-29", id="leap year to leap year"),
        pytest.param("2026-11-20", "36h", 1, "2026-11-22", id="hours count as whole days"),
        pytest.param("2026-11-20", "36h", -1, "2026-11-18", id="hours count as whole days before, too"),
    ],
)
def test_dates_move_by_durations(from_: str, length: str, sign: int, moved: str) -> None:
    duration = parse_duration(length)
    assert duration is not None
    assert shift_date(date.fromisoformat(from_), duration, sign).isoformat() == moved


@pytest.mark.parametrize("text", ["", "3", "d", "3 d", "-3d", "1.5h", "3D", "two weeks", "9999999d", "101y", "3d "])
def test_what_is_no_duration_is_not_read_as_one(text: str) -> None:
    assert parse_duration(text) is None


def test_a_date_alone_can_mean_any_minute_of_that_day() -> None:
    treated = make_treatment(date(2026, 11, 20), None, LONDON)
    assert (treated.first, treated.last) == (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


def test_a_time_means_one_instant() -> None:
    treated = make_treatment(date(2026, 6, 20), time(16, 30), LONDON)
    assert treated.first == treated.last == datetime(2026, 6, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tz", "on", "hours"),
    [
        pytest.param("Europe/London", date(2026, 11, 20), 24, id="a common day"),
        pytest.param("Europe/London", date(2026, 3, 29), 23, id="a short day"),
        pytest.param("Europe/London", date(2026, 10, 25), 25, id="a long day"),
        pytest.param("Africa/Cairo", date(2026, 4, 24), 23, id="a day without midnight"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), 0, id="a day that never was"),
    ],
)
def test_days_are_as_long_as_they_are(tz: str, on: date, hours: int) -> None:
    zone = ZoneInfo(tz)
    assert (day_end(on, zone) - day_start(on, zone)).total_seconds() == hours * 3600


def test_rounding_to_days_leaves_a_midnight_where_it_is() -> None:
    midnight, noon = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert ceil_to_day(midnight, LONDON) == floor_to_day(midnight, LONDON) == floor_to_day(noon, LONDON) == midnight
    assert ceil_to_day(noon, LONDON) == datetime(2026, 11, 21, tzinfo=UTC)


# A date alone.


@pytest.mark.parametrize(
    ("rule", "kind", "holds"),
    [
        pytest.param("avoid: gym, until: 24h", "avoid", "20 Nov 00:00 to 22 Nov 00:00", id="avoid until hours"),
        pytest.param("avoid: gym, until: 3d", "avoid", "20 Nov 00:00 to 24 Nov 00:00", id="avoid until days"),
        pytest.param("avoid: gym, until: 1h", "avoid", "20 Nov 00:00 to 22 Nov 00:00", id="an hour may cross midnight"),
        pytest.param("avoid: gym, for: 72h", "avoid", "20 Nov 00:00 to 24 Nov 00:00", id="avoid for hours"),
        pytest.param(
            "avoid: gym, from: 24h, for: 24h", "avoid", "21 Nov 00:00 to 23 Nov 00:00", id="avoid for hours, later"
        ),
        pytest.param(
            "avoid: gym, from: 24h before, until: treatment", "avoid", "19 Nov 00:00 to 21 Nov 00:00", id="before"
        ),
        pytest.param("do: gym, from: 24h, until: 48h", "do", "22 Nov 00:00 to 23 Nov 00:00", id="do from hours"),
        pytest.param("do: gym, from: 24h, for: 72h", "do", "22 Nov 00:00 to 25 Nov 00:00", id="do for hours"),
        pytest.param("do: gym, from: 2d, until: 3d", "do", "22 Nov 00:00 to 24 Nov 00:00", id="do from days"),
        pytest.param("allow: gym, from: 24h, until: 72h", "allow", "22 Nov 00:00 to 23 Nov 00:00", id="allow"),
        pytest.param("avoid: gym, until: bedtime", "avoid", "20 Nov 00:00 to 21 Nov 00:00", id="until bedtime"),
    ],
)
def test_a_date_alone_restricts_wherever_it_could_and_permits_only_where_it_must(
    plan: Planner, rule: str, kind: str, holds: str
) -> None:
    made = plan(f"rule: {{{rule}}}", time=None)
    assert no(made, "gym", kind) == [holds]
    assert {one.precision for one in made.windows if one.target == "gym"} == {"day"}


def test_to_do_from_24_hours_begins_exactly_where_to_avoid_until_24_hours_ends(plan: Planner) -> None:
    made = plan("no-cream: {avoid: cream, until: 24h}\ncream: {do: cream, from: 24h, until: 7d}", time=None)
    assert window(made, "cream").end == window(made, "cream", "do").start
    chained = plan(
        "no-cream: {avoid: cream, until: 24h}\ncream: {do: cream, from: no-cream ends, until: 7d}", time=None
    )
    assert window(chained, "cream", "do").start == window(made, "cream").end


def test_normal_until_ends_as_early_as_it_can_so_that_no_warning_comes_late(plan: Planner) -> None:
    rule = "redness: {expect: redness, until: 48h, eases: 24h, worry-after: 72h}"
    red = window(plan(rule, time=None), "redness", "expect")
    assert [shown(one) for one in (red.start, red.eases, red.end, red.worry_after)] == [
        "20 Nov 00:00",
        "21 Nov 00:00",
        "22 Nov 00:00",
        "23 Nov 00:00",
    ]


def test_with_a_time_signs_are_told_by_the_hour(plan: Planner) -> None:
    red = window(plan("redness: {expect: redness, until: 48h, eases: 24h, worry-after: 3d}"), "redness", "expect")
    assert [shown(one) for one in (red.start, red.eases, red.end, red.worry_after)] == [
        "20 Nov 16:30",
        "21 Nov 16:30",
        "22 Nov 16:30",
        "24 Nov 00:00",
    ]


def test_where_midnight_comes_twice_a_warning_takes_the_first(plan: Planner) -> None:
    havana = ZoneInfo("America/Havana")
    made = plan("redness: {expect: redness, until: 0d}\nrest: {avoid: gym, until: 0d}", "2025-11-01", tz=havana.key)
    first, second = (datetime(2025, 11, 2, fold=fold, tzinfo=havana).astimezone(UTC) for fold in (0, 1))
    assert window(made, "redness", "expect").end == first
    assert window(made, "gym").end == second
    assert window(plan("rest: {avoid: gym, until: 0d}", "2025-11-01", None, tz=havana.key), "gym").precision == "day"


def test_the_day_a_restriction_lifts_at_midnight_is_free(plan: Planner) -> None:
    made = plan("rest: {avoid: gym, until: 3d}")
    assert "gym" in day(made, 3).avoid
    assert "gym" not in day(made, 4).avoid
    assert [(lift.activity, shown(lift.at)) for lift in day(made, 4).lifts if lift.activity == "gym"] == [
        ("gym", "24 Nov 00:00")
    ]


@pytest.mark.parametrize(
    ("clock", "length", "at", "day"),
    [
        pytest.param(time(16, 30), "24h", "21 Nov 16:30", "21 Nov", id="an hour of the next day"),
        pytest.param(time(0), "24h", "21 Nov 00:00", "21 Nov", id="a midnight begins a day"),
        pytest.param(time(16, 30), "3d", "24 Nov 00:00", "23 Nov", id="a whole day ends with its midnight"),
        pytest.param(time(16, 30), "3d 24h", "25 Nov 00:00", "24 Nov", id="hours after it fill the next day"),
        pytest.param(time(16, 30), "3d 25h", "25 Nov 01:00", "25 Nov", id="and go beyond it"),
        pytest.param(time(3), "0h", "20 Nov 03:00", "20 Nov", id="no time at all"),
    ],
)
def test_an_end_belongs_to_the_day_that_it_closes(clock: time, length: str, at: str, day: str) -> None:
    zone = ZoneInfo("Pacific/Chatham")
    treatment = make_treatment(date(2026, 11, 20), clock, zone)
    point = Point(treatment.last, treatment.day)
    for part in length.split():
        duration = parse_duration(part)
        assert duration is not None
        point = as_end(point, duration, zone)
    assert (shown(point.at, zone), f"{point.day:%-d %b}") == (at, day)
