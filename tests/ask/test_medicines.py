"""What is prescribed: whatever people call it, the answer is to ask who prescribed it."""

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
    assert said.out.startswith("Keep taking it as prescribed. Prescribed blood thinners: ask who prescribed it ")
    assert "Never stop" in said.out


def test_shop_bought_aspirin_stays_a_painkiller() -> None:
    sitting = [*SITTING[:-1], "2026-11-21T10:00"]
    assert run("can", "take", "an", "aspirin", *sitting).out.startswith("No. Aspirin: ")


def test_any_aspirin_is_prescribed_to_whoever_declared_a_blood_thinner() -> None:
    sitting = [*SITTING[:-1], "2026-11-21T10:00", "--uses", "blood-thinner"]
    ran = run("can", "aspirin", *sitting)
    assert ran.code == 1
    # To whoever takes warfarin, “keep taking it” alone would be the worse advice: the shop's aspirin isn't theirs.
    ask = "Ask who prescribed your blood thinner, or your pharmacist first. "
    assert ran.out.startswith(f"Keep taking it as prescribed. Not prescribed? {ask}")
    assert "Never stop" in ran.out
    assert run("can", "ibuprofen", *sitting).out.startswith("No, and then ask who prescribed your blood thinner, ")


@pytest.mark.parametrize("medicine", ["isotretinoin", "tretinoin"])
def test_in_pregnancy_nobody_is_told_to_keep_taking_a_retinoid(medicine: str) -> None:
    out = run("can", medicine, *SITTING, "--condition", "pregnancy").out
    assert "before you use any more of it" in out
    assert "Keep taking" not in out
    assert "Never stop" not in out
