"""What the shipped rules must keep to: everything cited, nothing about prescribed medicines, no figure from nowhere."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, time
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from needlecare import RuleSet, Timeline, build_timeline, load_rules, make_treatment, read_facts
from needlecare.model.ruleset import LAST
from support import RULES, SHIPPED

ZONE = ZoneInfo("Europe/London")
PROFILES: dict[str, dict[str, list[str]]] = {
    "nothing known": {},
    "deep needling of darker skin": {"depth": ["2.5"], "skin-type": ["V"], "goal": ["acne-scars"]},
    "a shallow roller at home": {"setting": ["home"], "technique": ["roller"], "depth": ["0.25"]},
    "radiofrequency": {"technique": ["radiofrequency"], "area": ["face", "neck"]},
    "the scalp with minoxidil": {"area": ["scalp"], "uses": ["minoxidil", "steroids"]},
    "platelets on the face": {"add-on": ["prp"], "skin-type": ["II"]},
    "the body": {"area": ["body", "abdomen"], "goal": ["stretch-marks"]},
    "many medicines": {"uses": ["retinoid", "isotretinoin", "blood-thinner"], "condition": ["cold-sores", "eczema"]},
}


@pytest.fixture(scope="module", params=SHIPPED)
def rule_set(request: pytest.FixtureRequest) -> RuleSet:
    return load_rules(str(request.param))


def plans(rule_set: RuleSet) -> Iterator[Timeline]:
    for said, clock in product(PROFILES.values(), (None, time(16, 30))):
        known = {name: answers for name, answers in said.items() if name in rule_set.facts}
        yield build_timeline(rule_set, make_treatment(date(2026, 11, 20), clock, ZONE), read_facts(rule_set, known))


def test_every_window_of_a_plan_cites_a_source_that_is_known(rule_set: RuleSet) -> None:
    for timeline in plans(rule_set):
        assert timeline.windows
        for window in timeline.windows:
            sayings = rule_set.sayings(window.rules)
            assert sayings, window.rule
            assert all(saying.source in rule_set.sources for saying in sayings)


def test_every_flag_session_and_finding_cites_a_source(rule_set: RuleSet) -> None:
    for timeline in plans(rule_set):
        assert timeline.red_flags
        assert all(flag.says for flag in timeline.red_flags)
        assert all(session.sources for session in timeline.sessions)
        assert all(finding.screening.says for finding in timeline.findings)


def test_every_source_says_what_it_is(rule_set: RuleSet) -> None:
    for source in rule_set.sources.values():
        assert source.title, source.id
        assert source.publisher, source.id
        assert source.kind in rule_set.weights, source.id
        assert source.url.startswith(("https://", "http://")) or source.seen in ("seed", "none"), source.id


def test_every_source_is_cited_somewhere(rule_set: RuleSet) -> None:
    said = [rule.says for rule in rule_set.rules.values()]
    said += [screening.says for screening in rule_set.screenings.values()]
    said += [spacing.says for spacing in rule_set.spacings.values()]
    cited = {saying.source for says in said for saying in says}
    assert set(rule_set.sources) - cited == set()


def test_no_rule_reaches_a_prescribed_medicine(rule_set: RuleSet) -> None:
    prescribed = {id_ for id_, activity in rule_set.activities.items() if activity.medicine == "prescribed"}
    assert prescribed
    for timeline in plans(rule_set):
        touched = {(window.target, window.kind) for window in timeline.windows if window.target in prescribed}
        assert {kind for _, kind in touched} <= {"prepare"}
        for day in timeline.days:
            assert not prescribed & {*day.avoid, *day.better_not, *day.do}
        assert not prescribed & {activity for session in timeline.sessions for activity, _ in session.precare}
        assert not prescribed & {hint.target for hint in (*timeline.longer_if, *timeline.shorter_if)}


def test_isotretinoin_is_no_retinoid_cream(rule_set: RuleSet) -> None:
    retinoids = [id_ for id_, lineage in rule_set.lineage.items() if "retinoids" in lineage]
    words = {word.lower() for id_ in retinoids for word in (id_, *rule_set.activities[id_].aka)}
    assert not words & {"isotretinoin", "accutane", "roaccutane"}


def test_figures_that_nobody_shows_are_not_repeated() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(RULES.rglob("*.yaml")))
    # The percentages of the post that the project began with, and doses of any medicine.
    assert re.findall(r"\b(?:400|80|50)\s?(?:%|per ?cent)", text) == []
    assert re.findall(r"(?i)\b\d+(?:\.\d+)?\s?mg\b", text) == []


def test_a_word_names_one_activity_and_one_sign_but_for_pairs_of_bleedings(rule_set: RuleSet) -> None:
    for named in (rule_set.activities, rule_set.signs):
        homes: dict[str, set[str]] = defaultdict(set)
        for id_, thing in named.items():
            for word in (id_.replace("-", " "), thing.label, *thing.aka):
                homes[" ".join(word.lower().replace("-", " ").split())].add(id_)
        shared = {frozenset(ids) for ids in homes.values() if len(ids) > 1}
        # Of a word that makes it milder, of what may be over, and of two bleedings inside of which one rule speaks.
        heavy = ["heavy-bleeding", "slow-bleeding"], ["heavy-bleeding", "heavy-bled"]
        pairs = *heavy, ["inner-bleeding", "vaginal-bleeding"]
        assert shared <= set(map(frozenset, pairs))


def test_every_activity_has_its_place_in_a_group(rule_set: RuleSet) -> None:
    for activity in rule_set.activities.values():
        assert activity.group in rule_set.groups, activity.id
        # What is never advised, and too rare for a first screen, has none.
        assert activity.rank < LAST or activity.id in rule_set.unadvised, activity.id


def test_every_fact_is_asked_and_every_answer_has_its_words(rule_set: RuleSet) -> None:
    for fact in rule_set.facts.values():
        assert fact.ask.endswith("?"), fact.id
        words = [word.lower() for answer in fact.answers for word in (answer.id, *answer.aka)]
        assert len(words) == len(set(words)), fact.id


def test_nobody_is_named_as_reviewer_and_every_set_has_a_version(rule_set: RuleSet) -> None:
    assert rule_set.reviewed_by is None
    assert rule_set.version
    assert date.fromisoformat(rule_set.released).isoformat() == rule_set.released
    assert rule_set.changed_core == ()


@pytest.mark.parametrize(("technique", "better"), [("pen", "2026-11-22T16:30"), ("radiofrequency", "2026-11-23T16:30")])
def test_makeup_waits_by_the_clock_alone(technique: str, better: str) -> None:
    rule_set = load_rules()
    facts = read_facts(rule_set, {"technique": [technique]})
    timeline = build_timeline(rule_set, make_treatment(date(2026, 11, 20), time(16, 30), ZONE), facts)
    (makeup,) = (window for window in timeline.windows if (window.kind, window.target) == ("avoid", "makeup"))
    assert (makeup.end.isoformat(), makeup.earliest) == ("2026-11-22T16:30:00+00:00", makeup.end)
    assert makeup.better_until.isoformat() == f"{better}:00+00:00"
    assert (makeup.waits, makeup.condition, makeup.end_stated, makeup.unsure) == ((), None, True, ())
