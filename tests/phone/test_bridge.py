"""What stands between the page and the library, without a browser: JSON in, JSON out."""

import json
from pathlib import Path
from typing import Any

import pytest

from phone.apps import LONDON, SHEET
from running import run
from web.app import bridge

NOW = "2026-11-22T09:00:00+00:00"
SITTING = {"date": ["2026-11-20"], "time": ["16:30"]}


def call(name: str, **fields: Any) -> Any:
    answer = json.loads(bridge.handle(json.dumps({"call": name, "rules": "microneedling", **fields})))
    return answer.get("result", answer.get("error"))


def asked(name: str, answers: dict[str, list[str]], **fields: Any) -> Any:
    return call(name, answers=answers, here=LONDON, **fields)


@pytest.mark.parametrize(
    ("answers", "field", "said"),
    [
        ({}, "date", "the one thing that a plan needs"),
        ({"date": ["0003-11-20"]}, "date", "1900"),
        ({"date": ["2026-02-30"]}, "date", "not a day of the calendar"),
        ({**SITTING, "time": ["4:30"]}, "time", "can be read as 04:30 or as 16:30"),
        ({**SITTING, "tz": ["Mars/Base"]}, "tz", "Mars/Base"),
        ({**SITTING, "next": ["2026-11-20"]}, "next", "isn't after the treatment"),
        ({**SITTING, "area": ["knee"]}, "area", "no answer `knee`"),
        ({**SITTING, "depth": ["?"]}, "depth", "is not a number"),
        ({**SITTING, "uses": ["retinoid", "none"]}, "uses", "exclude each other"),
        ({**SITTING, "seen": ["redness-gone=2026-11-19"]}, "seen", "before the treatment"),
        ({**SITTING, "rules": ["other"]}, "rules", "nothing that these rules ask for"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_wrong_is_said_of_its_field(answers: dict[str, list[str]], field: str, said: str) -> None:
    error = asked("plan", answers, now=NOW)
    assert error["field"] == field
    assert said in error["text"]


def test_the_form_has_every_fact_of_the_rules_those_of_the_treatment_first() -> None:
    form = call("describe")
    assert [fact["id"] for fact in form["facts"] if fact["first"]] == [
        "area",
        "technique",
        "add-on",
        "depth",
        "setting",
    ]
    assert {"skin-type", "condition", "uses", "goal"} <= {fact["id"] for fact in form["facts"] if not fact["first"]}
    assert [head for _, head, _ in form["help"]] == ["Emergency", "Doctor today", "Your clinic"]


OWN = """\
ruleset: own
extends: microneedling
sources: {own: Own}
facts: {prf: {ask: How was it given?, answers: [on the skin, injected]}}
rules: {rest: {avoid: exercise, until: 9d, when: {prf: injected}, source: own}}
"""


def test_a_clinics_own_fact_is_asked_and_heard(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    sheet = str(path)
    assert "How was it given?" in [fact["ask"] for fact in call("describe", rules=sheet)["facts"]]
    gym = {"words": "gym on day 8", "now": NOW, "rules": sheet}
    assert asked("ask", {**SITTING, "prf": ["injected"]}, **gym)["tone"] == "no"
    assert asked("ask", {**SITTING, "prf": ["on the skin"]}, **gym)["tone"] == "yes"


def test_a_sheet_names_what_it_needs_beside_it() -> None:
    assert call("find_beside", rules=str(SHEET)) == ["logo.svg"]


@pytest.mark.parametrize(
    ("words", "tone"),
    [
        ("can wash my face on day 3", "yes"),
        ("Can: gym tomorrow", "better-not"),
        ("when make-up", "no"),
        ("when will the redness go", "usual"),
        ("normal redness", "usual"),
        ("pus", "today"),
        ("I can't breathe", "emergency"),
        ("why make-up", ""),
        ("check", ""),
        ("quantum physics", "no-rule"),
    ],
)
def test_questions_have_a_tone(words: str, tone: str) -> None:
    assert asked("ask", SITTING, words=words, now=NOW)["tone"] == tone


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("my throat is swelling cant breathe", "Ring your emergency number now"),
        ("pus on my cheek", "See a doctor or an urgent-care line today"),
        ("migraine", ""),
        ("pregnant", ""),
        ("heart attack in the past", ""),
        ("pregnacy", ""),
    ],
)
def test_a_danger_is_heard_wherever_it_is_typed(typed: str, said: str) -> None:
    found = call("find_dangers", texts={"condition": [typed]})
    assert said in found[0] if said else found == []


def test_what_one_says_of_oneself_is_sent_to_the_form() -> None:
    assert asked("ask", SITTING, words="i am pregnant", now=NOW)["text"].startswith("If that applies to you, tick it")


def test_words_that_nobody_knows_come_with_the_number_to_ring() -> None:
    answer = asked("ask", SITTING, words="my whatsit is doing something", now=NOW)
    assert answer["tone"] == "no-rule"
    assert "emergency number 112, 999, 911" in answer["text"]


def test_an_empty_question_is_said_to_be_one() -> None:
    assert asked("ask", SITTING, words="when", now=NOW)["field"] == "words"


def test_it_answers_as_the_command_line_does() -> None:
    command = ("can", "gym", "tomorrow", "--date", "2026-11-20", "--time", "16:30", "--tz", LONDON, "--now", NOW)
    assert asked("ask", SITTING, words="can gym tomorrow", now=NOW)["text"] == run(*command).out
