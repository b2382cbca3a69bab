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
    assert said.out.startswith("Keep taking it as prescribed, and ask who prescribed it: prescribed blood thinners, ")
    assert "never stop" in said.out


def test_shop_bought_aspirin_stays_a_painkiller() -> None:
    assert "Ibuprofen and aspirin" in run("can", "take", "an", "aspirin", *SITTING).out
