"""What people see and feel, in their own words, and how urgent the answer is."""

import json
from datetime import datetime
from itertools import chain

import pytest

from ask.conftest import LONDON, Make, read_table
from needlecare import RuleSet, normal
from needlecare.ask.names import stem, tokens
from needlecare.model.ruleset import CALL
from running import run

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-24T10:00")
pytestmark = pytest.mark.usefixtures("no_log")


LINES, EVERYDAY = read_table("signs.txt"), read_table("everyday.txt")


def heading(*typed: str) -> str:
    """Give the line that answers `normal`."""
    return next(line for line in run("normal", *typed, *SITTING).out.splitlines() if "I don't know “" not in line)


def test_what_has_gone_has_gone_now_however_long_it_lasted() -> None:
    said = heading("I was red for two days but it's all gone now")
    assert said == "Usual. Redness: good that it isn't there."


def test_of_what_was_never_usual_no_condition_is_told() -> None:
    said = run("normal", "brown", "patches", "on", "day", "9", *SITTING).out
    assert said.startswith("Call your clinic.")
    assert "This holds if" not in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("flaking on day 7", "Usual."),
        ("flaking on day 8", "Call your clinic. Flaking."),
        ("flaking on day 20", "Call your clinic. Flaking."),
        ("still red on day 14", "Call your clinic. Red."),
        ("still swollen after 2 weeks", "Call your clinic. Swollen."),
        ("bruises on day 6", "Usual."),
        pytest.param("bruises on day 10", "Watch it.", id="up to ten days"),
        pytest.param("bleeding on day 9", "Call your clinic.", id="no time of its own"),
        ("bleeding on day 2", "Watch it."),
        ("red on day 5", "Watch it."),
        pytest.param("grid marks on day 12 --technique rf", "Usual.", id="said to be normal for longer"),
        pytest.param("result on day 12", "Usual.", id="begins when the rest is over"),
    ],
)
def test_what_should_be_over_after_a_week_is_a_reason_to_call_from_then_on(typed: str, said: str) -> None:
    assert heading(*typed.split()).startswith(said)


def test_the_reason_to_call_is_the_one_that_the_plan_lists() -> None:
    flag = (
        "Anything from the treatment still there after a week: call your clinic. "
        "Bruises, small scabs and spots may take some days longer."
    )
    assert flag in run("plan", "--all", *SITTING).out
    ran = run("normal", "bleeding", "on", "day", "14", *SITTING)
    assert (ran.code, "\nBruises, small scabs and spots may take some days longer.\n" in ran.out) == (1, True)


def test_of_two_treatments_what_the_later_one_brings_is_not_overdue_from_the_first() -> None:
    booked = ("--next", "2026-12-18", "--on", "2026-12-21")
    assert heading("redness", *booked).startswith("Usual.")
    assert heading("redness", *booked[2:]).startswith("Call your clinic.")


@pytest.mark.parametrize(
    ("typed", "condition"),
    [
        pytest.param("still red on day 14", "", id="over, however long the needles were"),
        pytest.param("still swollen on day 5", "", id="the same for all"),
        pytest.param("red on day 5 --depth 1", "", id="known"),
        pytest.param(
            "red on day 5",
            "If the needles were over 1.5 mm, usual until the end of Fri 27 Nov.",
            id="longer needles would make it normal",
        ),
    ],
)
def test_a_condition_is_said_only_where_it_decides(typed: str, condition: str) -> None:
    said = run("normal", *typed.split(), *SITTING).out
    assert ("the needles were" in said, condition in said) == (bool(condition), True)


@pytest.mark.parametrize(("typed", "verdict"), LINES, ids=[line[0] for line in LINES])
def test_what_people_say_of_a_sign_gets_the_verdict_of_the_sign(plan_for: Make, typed: str, verdict: str) -> None:
    assert normal(plan_for(), typed, now=datetime(2026, 11, 24, 10, tzinfo=LONDON)).verdict == verdict


@pytest.mark.parametrize(("typed", "verdict"), EVERYDAY, ids=[line[0] for line in EVERYDAY])
def test_words_alike_say_the_same_sign(plan_for: Make, next_morning: datetime, typed: str, verdict: str) -> None:
    assert normal(plan_for(), typed, now=next_morning).verdict == verdict


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "wear a floppy hat",
            "get bigger lips",
            "eat with my mouth closed",
            "talk to friends and drink",
            "lift my eyebrows",
        ),
        *("wear a seat belt across my chest", "spread cream over red skin", "put two drops of serum on my face"),
        *("wash around my eyes with water", "do hard breathing exercises", "grow a beard", "wear copper jewellery"),
    ],
)
def test_words_alike_raise_no_false_alarm(typed: str) -> None:
    assert json.loads(run("can", *typed.split(), *SITTING, "--format", "json").out)["urgency"] is None


def test_words_alike_stand_for_a_word_that_some_sign_to_call_for_has(rule_set: RuleSet) -> None:
    called = chain.from_iterable(rule.targets for rule in rule_set.rules.values() if rule.verb == CALL)
    signs = [rule_set.signs[one] for one in called]
    named = {stem(word) for sign in signs for name in (sign.label, *sign.aka) for word in tokens(name)}
    assert {word for word in rule_set.alike if stem(word) not in named} == set()
    assert [one for one in chain.from_iterable(rule_set.alike.values()) if len(tokens(one)) != 1] == []


@pytest.mark.parametrize("typed", ["very dry", "swelling of the lips", "purple stripes", "warm", "very red"])
def test_what_is_known_in_part_is_answered_no_softer_than_what_is_not_known(typed: str) -> None:
    ran = run("normal", *typed.split(), *SITTING)
    assert "emergency number" in ran.out
    assert "if it worries you" not in ran.out


def test_a_red_flag_is_one_whatever_stands_around_it() -> None:
    said = run("normal", "pus", "and", "purple", "stripes", *SITTING)
    assert said.code == 1
    assert said.out.startswith("See a doctor or an urgent-care line today. Pus.\n")


def test_why_names_signs_in_the_order_of_their_rule() -> None:
    out = run("why", "hot and cold and aching all over", *SITTING[:-2]).out
    assert out.startswith("Fever and feeling ill: see a doctor")
