"""The fast way to a line gives the bytes of the long one, whoever, whenever and wherever."""

import json
from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack.strength import tries
from batches import HERE, batch, write
from needlecare import RuleSet, build_timeline, load_rules, make_treatment, read_facts
from needlecare.batch.fast import shapes
from needlecare.batch.fast.planner import Planner
from needlecare.seen import read_seen
from needlecare.views.json import render_line
from running import golden_rules, run

ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "America/Santiago",  # midnight doesn't exist
    "Asia/Beirut",  # midnight comes twice
    "Asia/Kathmandu",  # no changes, and a quarter of an hour
    "Africa/Casablanca",  # four changes a year
    "Pacific/Apia",  # a day that wasn't
    "UTC",
]
# Around the clock changes of these zones, leap day and year end, and any day.
DAYS = [
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2011, 12, 30),
    date(2028, 2, 29),
]
AREAS = ["face", "neck", "scalp", "body", "eye-area"]
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "area": st.lists(st.sampled_from(AREAS), min_size=1, max_size=2, unique=True),
        "depth": st.sampled_from([["0.25"], ["0.5"], ["1.5"], ["2.5"]]),
        "skin-type": st.sampled_from([["I"], ["V"]]),
        "setting": st.sampled_from([["clinic"], ["home"]]),
        "technique": st.sampled_from([["pen"], ["roller"], ["radiofrequency"]]),
        "add-on": st.sampled_from([["prp"], ["none"]]),
        "uses": st.sampled_from([["retinoid"], ["minoxidil"], ["isotretinoin=2026-05-01"], ["none"]]),
        "condition": st.sampled_from([["eczema"], ["pregnancy"], ["none"]]),
    },
)
WHEN = st.one_of(
    st.dates(date(1995, 1, 1), date(2035, 12, 31)),
    st.builds(lambda day, by: day + timedelta(days=by), st.sampled_from(DAYS), st.integers(-16, 3)),
)
CLOCKS = st.one_of(
    st.none(),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(
        [time(0), time(1), time(2), time(2, 30), time(7), time(12), time(16), time(16, 30), time(22), time(23, 59)]
    ),
)
RULES = load_rules()
GOLDEN = golden_rules()
# One planner for all examples: what it learned from others is what could mislead it.
PLANNERS = {RULES.id: Planner(RULES), GOLDEN.id: Planner(GOLDEN)}


def check(rule_set: RuleSet, day: date, clock: time | None, zone: str, said: Mapping[str, list[str]]) -> None:
    facts = read_facts(rule_set, said)
    treatment = make_treatment(day, clock, ZoneInfo(zone))
    long_way = render_line(build_timeline(rule_set, treatment, facts), "C-1").encode()
    assert PLANNERS[rule_set.id].line(treatment, facts, "C-1") == long_way


@tries(80)
@given(WHEN, CLOCKS, st.sampled_from(ZONES), FACTS)
def test_any_plan_is_the_same(day: date, clock: time | None, zone: str, said: Mapping[str, list[str]]) -> None:
    check(RULES, day, clock, zone, said)


@tries(80)
@given(WHEN, CLOCKS, st.sampled_from(ZONES))
def test_any_plan_of_rules_with_all_kinds_of_bounds_is_the_same(day: date, clock: time | None, zone: str) -> None:
    check(GOLDEN, day, clock, zone, {})


@pytest.mark.parametrize("clock", [time(0, 30), time(3), time(9, 10), time(23, 30)])
@pytest.mark.parametrize("zone", ZONES)
def test_every_day_around_a_clock_change_is_the_same(zone: str, clock: time) -> None:
    for day in (date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 9, 6), date(2026, 10, 25)):
        for by in range(-9, 4):
            check(GOLDEN, day + timedelta(days=by), clock, zone, {})


def test_what_is_learned_is_forgotten_in_time_and_learned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_MOST", 50)
    for by in range(40):
        check(GOLDEN, date(2026, 3, 1) + timedelta(days=by), time(10, by), "Europe/London", {})


def test_what_was_seen_is_planned_the_long_way() -> None:
    treatment = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("Europe/London"))
    treatment = treatment._replace(seen=read_seen(RULES, treatment, ["redness-gone=2026-11-22"]))
    facts = read_facts(RULES, {})
    line = PLANNERS[RULES.id].line(treatment, facts, "C-1")
    assert line == render_line(build_timeline(RULES, treatment, facts), "C-1").encode()


def test_a_text_that_looks_like_a_gap_stays_a_text(tmp_path: Path) -> None:
    rules = write(
        tmp_path,
        'ruleset: ours\nversion: "1"\nextends: microneedling\nrules: {swelling: {note: "\ue0001\ue001"}}\n',
        "ours.yaml",
    )
    rule_set = load_rules(rules)
    facts, treatment = read_facts(rule_set, {}), make_treatment(date(2026, 11, 20), None, ZoneInfo("UTC"))
    line = Planner(rule_set).line(treatment, facts, "C-1").decode()
    assert line == render_line(build_timeline(rule_set, treatment, facts), "C-1")
    assert "\ue0001\ue001" in line


def test_a_line_is_the_plan_with_the_id_before_it(tmp_path: Path) -> None:
    line = json.loads(batch(write(tmp_path, "id,date,time\nC-1,2026-11-20,16:30\n")).out)
    plan = json.loads(run("plan", "--date", "2026-11-20", "--time", "16:30", *HERE, "--format", "json").out)
    assert list(line.items()) == [("id", "C-1"), *plan.items()]
