"""What is prescribed: whatever people call it, the answer is to ask who prescribed it."""

import json

import pytest

from running import run

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-24T10:00")
pytestmark = pytest.mark.usefixtures("no_log")


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "take baby aspirin",
            "take my daily aspirin",
            "take low-dose aspirin",
            "take a low dose of aspirin",
            "take heart aspirin",
        ),
        *("take aspirin 75 mg", "take 75mg aspirin", "take 81 mg of aspirin", "take an aspirin every day"),
        *("take aspirin for my heart", "take prescribed aspirin", "take clopidogrel", "take eliquis"),
    ],
)
def test_aspirin_that_thins_the_blood_is_a_prescribed_medicine(typed: str) -> None:
    said = run("can", *typed.split(), *SITTING)
    assert said.code == 1
    assert said.out.startswith(("Keep taking it as prescribed. ", "Ask who prescribed it first. "))
    assert "Prescribed blood thinners" in said.out
    assert "Keep taking it" in said.out
    assert "Never stop" in said.out


def test_shop_bought_aspirin_stays_a_painkiller() -> None:
    sitting = [*SITTING[:-1], "2026-11-21T10:00"]
    assert run("can", "take", "an", "aspirin", *sitting).out.startswith("No. Aspirin: ")


def test_any_aspirin_is_prescribed_to_whoever_declared_a_blood_thinner() -> None:
    sitting = [*SITTING[:-1], "2026-11-21T10:00", "--uses", "blood-thinner"]
    ran = run("can", "aspirin", *sitting)
    assert ran.code == 1
    # To whoever takes warfarin, “keep taking it” would be the worse advice: the shop's aspirin isn't theirs.
    assert ran.out.startswith("Not without asking who prescribed your blood thinner, or your pharmacist first. ")
    assert "Prescribed to you already? Keep taking it." in ran.out
    assert "Never stop" in ran.out
    no = "No. Ibuprofen and aspirin: not before Tue 24 Nov, and then ask who prescribed your blood thinner, "
    assert run("can", "ibuprofen", *sitting).out.startswith(no)


@pytest.mark.parametrize("medicine", ["isotretinoin", "tretinoin"])
def test_in_pregnancy_nobody_is_told_to_keep_taking_a_retinoid(medicine: str) -> None:
    out = run("can", medicine, *SITTING, "--condition", "pregnancy").out
    assert "no more until then" in out
    assert "Keep taking" not in out
    assert "Never stop" not in out


@pytest.mark.parametrize(
    ("words", "said", "verdict", "whom"),
    [
        pytest.param("take paracetamol", "--uses sertraline", "ask", "your pharmacist", id="beside a medicine"),
        pytest.param("take ibuprofen", "--uses sertraline", "no", "your pharmacist", id="a no stays one"),
        pytest.param("take paracetamol", "--condition migraine", "yes", None, id="an illness"),
        pytest.param(
            "take my tretinoin", "--uses sertraline", "ask", "who prescribed it", id="a prescribed one goes on"
        ),
        pytest.param("wear a hat", "--uses sertraline", "yes", None, id="no medicine"),
    ],
)
def test_a_medicine_that_no_rule_knows_may_go_badly_with_another(
    words: str, said: str, verdict: str, whom: str | None
) -> None:
    next_morning = ("--now", "2026-11-21T09:00")
    typed = ("can", *words.split(), *SITTING[:-2], *next_morning, *said.split(), "--format", "json")
    record = json.loads(run(*typed).out)
    assert (record["verdict"], record["ask"]) == (verdict, whom)
