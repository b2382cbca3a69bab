"""One sign has one urgency at one time: what `normal` says is what the plan's JSON says, whatever is known."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack.strength import tries
from needlecare import Timeline, normal, render, today

Make = Callable[..., Timeline]
CALLS = ["emergency", "today", "clinic"]
KNOWN: list[dict[str, str]] = [
    {},
    {"depth": "0.3"},
    {"depth": "2.5", "technique": "radiofrequency"},
    {"skin_type": "V", "add_on": "prp"},
    {"condition": "immunosuppression", "area": "scalp"},
    {"condition": "eczema", "uses": "blood-thinner"},
    {"setting": "home", "technique": "roller"},
]


def urgency_by_the_plan(plan: dict[str, Any], sign: str, at: datetime) -> str | None:
    """Read from the JSON alone how urgent *sign* is; None where only a sign that should be over may speak of it."""
    called = [CALLS.index(flag["urgency"]) for flag in plan["red_flags"] if sign in flag["signs"]]
    if called:
        return CALLS[min(called)]
    windows = [one for one in plan["windows"] if one["kind"] == "expect" and one["activity"] == sign]
    worries = [datetime.fromisoformat(one["worry_after"]) for one in windows if "worry_after" in one]
    if worries and min(worries) <= at:
        return "clinic"
    for one in windows:
        end = one["end"] and datetime.fromisoformat(one["end"])
        if datetime.fromisoformat(one["start"]) <= at and (end is None or at < end):
            return "usual"
    return "watch" if worries else None


@tries(60)
@given(known=st.sampled_from(KNOWN), hours=st.integers(1, 24 * 21), data=st.data())
def test_a_sign_is_as_urgent_as_the_plan_says(
    plan_for: Make, known: dict[str, str], hours: int, data: st.DataObject
) -> None:
    timeline = plan_for(**known)
    plan = json.loads(render(timeline, "json"))
    sign = data.draw(st.sampled_from(sorted(timeline.rule_set.signs)))
    at = timeline.treatment.last + timedelta(hours=hours)
    found = normal(timeline, timeline.rule_set.signs[sign].label, at)
    if found.meaning.ids != (sign,):
        return
    wanted = urgency_by_the_plan(plan, sign, at)
    assert found.verdict == wanted or (wanted is None and found.verdict in ("clinic", "watch", "unknown", "usual"))


@tries(60)
@given(hours=st.integers(1, 24 * 21), data=st.data())
def test_what_is_declared_never_makes_a_sign_less_urgent(plan_for: Make, hours: int, data: st.DataObject) -> None:
    plain = plan_for()
    grades = [*CALLS, "unknown", "watch", "usual"]
    condition = data.draw(st.sampled_from([answer.id for answer in plain.rule_set.facts["condition"].answers]))
    called = [sign for flag in plain.red_flags for sign in flag.targets]
    sign = plain.rule_set.signs[data.draw(st.sampled_from(called))].label
    at = plain.treatment.last + timedelta(hours=hours)
    before, after = (normal(one, sign, at).verdict for one in (plain, plan_for(condition=condition)))
    assert grades.index(after) <= grades.index(before)


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_no_sign_stands_under_two_urgencies(plan_for: Make, known: dict[str, str]) -> None:
    flags = plan_for(**known).red_flags
    urgencies = {(sign, flag.urgency) for flag in flags for sign in flag.targets}
    assert len(urgencies) == len({sign for sign, _ in urgencies})
    assert {"trouble-breathing", "fever", "pus", "unresolved"} <= {sign for sign, _ in urgencies}


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_today_sends_to_the_clinic_with_the_signs_with_which_normal_does(plan_for: Make, known: dict[str, str]) -> None:
    timeline = plan_for(**known)
    expected = [one for one in timeline.windows if one.kind == "expect"]
    listed: set[str] = set()
    for days in (1, 2, 4, 8, 12, 20, 100):
        at = timeline.treatment.last + timedelta(days=days)
        gone = {one.window.target for one in today(timeline, at).worries}
        begun = {one.target for one in expected if one.start <= at}
        assert gone == {one for one in begun if normal(timeline, one, at).verdict == "clinic"}, days
        listed |= gone
    assert "redness" in listed
    assert "results-building" not in listed, "no source calls it a reason to call"
