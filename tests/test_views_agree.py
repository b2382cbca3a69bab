"""Laws of the views: read back, each of them shows the windows of the JSON, with the same times and verdicts."""

import pytest
from hypothesis import Phase, given, settings

from agreeing import check
from attack.strength import tries
from generated import answers, facts, made, rule_sets, treatments
from needlecare import Facts, Rule, Treatment, build_timeline, load_rules, read_facts
from support import ALLOW, AVOID, DO, EXPECT, PREPARE, Planner

# Shrinking a whole plan takes minutes.
few, many = (settings(tries(examples), phases=[Phase.explicit, Phase.reuse, Phase.generate]) for examples in (12, 40))
SHIPPED = load_rules()


@few
@given(treatments(), answers)
def test_every_view_of_the_shipped_rules_shows_the_windows_of_the_json(
    treatment: Treatment, said: dict[str, list[str]]
) -> None:
    seen = {name: seen for name, seen in treatment.seen.items() if name in SHIPPED.moments}
    check(build_timeline(SHIPPED, treatment._replace(seen=seen), read_facts(SHIPPED, said)))


@many
@given(rule_sets((AVOID, AVOID, ALLOW, DO, EXPECT, PREPARE), ended=False), treatments(), facts)
def test_every_view_of_any_rules_shows_the_windows_of_the_json(
    of: list[Rule], treatment: Treatment, known: Facts
) -> None:
    check(made(of, treatment, known))


@pytest.mark.parametrize(
    ("rules", "on", "zone"),
    [
        pytest.param("use: {do: cream, until: always}", "2026-11-20", "Asia/Tokyo", id="to be done for ever"),
        pytest.param("drink: {do: cream, days: -3..-1}", "2026-11-20", "Asia/Tokyo", id="to be done before"),
        pytest.param(
            "rest: {avoid: cream, until: redness-gone}\nuse: {do: cream, until: 7d}",
            *("2026-11-20", "Asia/Tokyo"),
            id="to be done once something was seen",
        ),
        pytest.param(
            "red: {expect: redness, worry-after: always}", "2026-11-20", "Asia/Tokyo", id="never a reason to call"
        ),
        pytest.param(
            "one: {avoid: gym, until: 48h}\ntwo: {avoid: gym}", "2026-11-20", "Asia/Tokyo", id="one end of two is given"
        ),
        pytest.param("open: {avoid: gym}", "2026-11-20", "Asia/Tokyo", id="no end is given"),
        pytest.param("gym: {avoid: gym, until: 1d}", "2026-10-23", "Atlantic/Azores", id="a midnight that comes twice"),
        pytest.param("gym: {avoid: gym, until: 1d}", "2026-03-26", "Asia/Beirut", id="a midnight that never comes"),
        pytest.param(
            "gym: {avoid: gym, from: healed - 0d..5d, until: bedtime}", *("2026-11-20", "UTC"), id="over early"
        ),
    ],
)
@pytest.mark.parametrize("clock", ["16:30", None], ids=["with its time", "a date alone"])
def test_every_view_shows_what_laws_have_found_missing(
    plan: Planner, rules: str, on: str, zone: str, clock: str | None
) -> None:
    check(plan(rules, on, clock, tz=zone))
