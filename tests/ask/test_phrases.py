"""What people type, and what a careful practitioner would answer."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from needlecare import RuleSet, Timeline
from needlecare.ask.asked import Spoken, at_instant, at_time, on_day, split_time
from needlecare.ask.lookup import find_activities, find_signs, treated_words
from needlecare.ask.verdict import YES, judge

LINES = [
    [part.strip() for part in line.split("|")]
    for line in (Path(__file__).parent / "phrases.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_there_are_enough_phrases() -> None:
    assert len(LINES) >= 150
    assert sum(1 for _, meant, _ in LINES if not meant) >= 20


@pytest.mark.parametrize(("phrase", "meant", "answer"), LINES, ids=[line[0] for line in LINES])
def test_a_phrase_is_understood_and_answered(
    rule_set: RuleSet, plan_for: Callable[..., Timeline], next_morning: datetime, phrase: str, meant: str, answer: str
) -> None:
    timeline = plan_for()
    treated = treated_words(rule_set, timeline.facts)
    meaning, spoken = find_activities(rule_set, phrase, treated), Spoken(phrase)
    if not meaning.is_sure:
        spoken = split_time(phrase, timeline.treatment, lambda: next_morning)
        meaning = find_activities(rule_set, spoken.words, treated)
    assert " ".join(meaning.ids) == meant
    if not meaning.ids:
        assert answer == "no-rule"
        return
    if spoken.first is None:
        asked = at_instant(next_morning, timeline.treatment)
    elif spoken.clock is not None:
        asked = at_time(spoken.first, spoken.clock, timeline.treatment)
    else:
        asked = on_day(spoken.first, spoken.last)
    verdict = judge([timeline], meaning, asked)
    said = "no-rule" if verdict.verdict == YES and not meaning.is_sure else verdict.verdict
    assert said == answer


@pytest.mark.parametrize(
    "phrase",
    ["go out without sunscreen", "skip sunscreen", "not wash my face", "stop warfarin", "leave the house with no hat"],
)
def test_a_phrase_turned_round_is_not_answered_the_wrong_way_round(rule_set: RuleSet, phrase: str) -> None:
    meaning = find_activities(rule_set, phrase)
    assert not meaning.is_sure


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("retinl", "retinoids"), ("suana", "sauna"), ("mkae up", "makeup"), ("exersise", "exercise")],
)
def test_a_slip_of_the_finger_gets_the_nearest_names(rule_set: RuleSet, typed: str, nearest: str) -> None:
    meaning = find_activities(rule_set, typed)
    assert not meaning.ids
    assert nearest in meaning.nearest


@pytest.mark.parametrize("variants", [("make-up", "make up", "makeup", "Makeup"), ("moisturizer", "moisturiser")])
def test_spelling_does_not_matter(rule_set: RuleSet, variants: tuple[str, ...]) -> None:
    assert len({find_activities(rule_set, one).ids for one in variants}) == 1


def test_every_name_of_an_activity_finds_it(rule_set: RuleSet) -> None:
    lost = [
        (one.id, name)
        for one in rule_set.activities.values()
        for name in (one.id, one.label, *one.aka)
        if one.id not in find_activities(rule_set, name).ids
    ]
    assert not lost


def test_every_name_of_a_sign_finds_it(rule_set: RuleSet) -> None:
    lost = [
        (one.id, name)
        for one in rule_set.signs.values()
        for name in (one.id, one.label, *one.aka)
        if one.id not in find_signs(rule_set, name).ids
    ]
    assert not lost


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("gym tomorrow", "2026-11-22", "2026-11-22"),
        ("gym on Friday", "2026-11-27", "2026-11-27"),
        ("gym next saturday", "2026-11-28", "2026-11-28"),
        ("gym last friday", "2026-11-20", "2026-11-20"),
        ("gym this weekend", "2026-11-21", "2026-11-22"),
        ("gym next week", "2026-11-23", "2026-11-29"),
        ("gym on 22 Nov", "2026-11-22", "2026-11-22"),
        ("gym on the 3rd of January", "2027-01-03", "2027-01-03"),
        ("gym on December 1st", "2026-12-01", "2026-12-01"),
        ("gym 2026-11-25", "2026-11-25", "2026-11-25"),
        ("gym on day 5", "2026-11-25", "2026-11-25"),
        ("gym in two weeks", "2026-12-05", "2026-12-05"),
        ("gym in a month", "2026-12-21", "2026-12-21"),
        ("gym after 3 days", "2026-11-23", "2026-11-23"),
        ("gym two days ago", "2026-11-19", "2026-11-19"),
    ],
)
def test_trailing_words_about_days(
    plan_for: Callable[..., Timeline], next_morning: datetime, words: str, first: str, last: str
) -> None:
    spoken = split_time(words, plan_for().treatment, lambda: next_morning)
    assert (spoken.words, str(spoken.first), str(spoken.last)) == ("gym", first, last)
