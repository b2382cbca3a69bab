"""How answers read: the answer first, short, in plain words, and without a date where somebody has to be seen."""

import re
from pathlib import Path
from statistics import mean

import pytest

from ask.conftest import Ask
from running import run

DATE = re.compile(r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|\b\d{1,2}:\d{2}\b")
EVERYDAY = [
    *("can wear makeup", "can wear makeup on monday", "can go to the gym", "can have a beer on tuesday", "can shave"),
    *(
        "can use retinol",
        "can moisturise on sunday",
        "can have a hot shower",
        "can take paracetamol",
        "can swim on friday",
    ),
    *("can smoke", "can put honey on my face", "can sit in the garden", "can brush my teeth", "can fly on wednesday"),
    *("when wear makeup", "when swim", "when get botox", "when drink alcohol", "when use sunscreen"),
    *("can stop my warfarin", "can take my insulin", "can take ibuprofen and naproxen", "can take the train home"),
    *("normal redness", "normal itchy", "normal flaking on day 7", "normal pus", "normal trouble breathing"),
    *(
        "normal dark patches",
        "normal still red on day 14",
        "normal purple stripes",
        "can make-up over my stitches on monday",
    ),
]
URGENT = [
    *(
        "normal pus",
        "normal chest pain",
        "normal hives on day 3",
        "normal still red on 6 december",
        "normal dark patches spreading",
    ),
    *("can go for a run with a fever", "can wear make-up over the blisters on monday", "can squeeze the pus out"),
    *("when can I wear make-up over the blisters", "can take an aspirin for chest pain", "when can I run with a fever"),
]


def test_an_answer_is_short(ask: Ask) -> None:
    said = {typed: ask(*typed.split()).out for typed in EVERYDAY}
    assert {typed: out for typed, out in said.items() if len(out.strip().splitlines()) > 4} == {}
    assert mean(len(out.split()) for out in said.values()) <= 45


def test_an_answer_uses_plain_words(ask: Ask) -> None:
    said = " ".join(ask(*typed.split()).out.lower() for typed in EVERYDAY)
    assert not re.search(r"\b(leave|lifts|free|better not any more|rule `)\b", said)


@pytest.mark.parametrize("typed", URGENT)
def test_what_is_urgent_has_no_date_in_its_first_line(ask: Ask, typed: str) -> None:
    first, *others = ask(*typed.split()).out.splitlines()
    assert first.startswith(("Ring your emergency number now", "See a doctor", "Call your clinic"))
    assert not DATE.search(first)
    assert not any("OK since" in line or "OK from" in line for line in others)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("can take my insulin", "Keep taking it as prescribed. "),
        ("can keep taking methotrexate", "Keep taking it as prescribed. "),
        ("can take codeine for a headache", "Ask who prescribed it first. "),
        ("can use my tretinoin tonight", "Not before you have asked: who prescribed it, or your clinic. "),
        ("can use hydrocortisone", "Not before you have asked: who prescribed it, or your clinic. "),
        (
            "can take aspirin for a headache --uses blood-thinner",
            "Not without asking who prescribed your blood thinner",
        ),
        ("can stop my warfarin", "Never on your own: ask who prescribed it first. "),
        ("when can I stop apixaban", "Never on your own: ask who prescribed it first. "),
        ("can take ibuprofen and naproxen on wednesday", "No: never both at once. "),
        ("can use retinol on 12 dec --condition breastfeeding", "Ask your midwife or pharmacist first. "),
        (
            "can drink wine --condition breastfeeding",
            "No. Alcohol: not before Sat 21 Nov 16:30, and then ask your midwife ",
        ),
        ("can use retinol --condition pregnancy", "No. Retinol: never; ask your midwife or doctor."),
        (
            "can have a beer and wear makeup --condition pregnancy",
            "No; ask your midwife, doctor or pharmacist. Alcohol: not before Sat 21 Nov 16:30, and then ask them ",
        ),
        (
            "can have coffee and an advil --condition pregnancy",
            "No. Ibuprofen and aspirin: not before Tue 24 Nov, and ",
        ),
        ("can fly on tuesday", "Yes. Flying, Tue 24 Nov: OK from Mon 23 Nov 16:30."),
        (
            "can wear foundation for a wedding on sunday afternoon",
            "No, Sun 22 Nov 12:00 to 18:00. Foundation: not before Sun 22 Nov 16:30. Parties and photos: better wait, ",
        ),
        ("can wear spf 50", "Mineral sunscreen: better wait, OK from Sat 21 Nov 16:30. Ordinary sunscreen: not "),
        ("can wear spf 50 tomorrow", "Mineral sunscreen, Sun 22 Nov: OK. Ordinary sunscreen: not before Sun 22 Nov "),
        ("normal I used retinol on friday", "That was too soon. Retinol"),
        ("normal eyelids swollen", "Ring your emergency number now (112, 999, 911). Eyelids swollen."),
        ("normal cant move my arm", "Ring your emergency number now (112, 999, 911). Can't move my arm."),
        ("can go for a run with a fever", "See a doctor or an urgent-care line today. Fever."),
        ("can have another session --condition cold-sore-now", "No; ask your clinic. No needling until the cold sore"),
        ("can my husband drink wine on tuesday", "My answers are for whoever was treated. "),
        ("when will the redness go", "Usual. Redness: until the end of Mon 23 Nov."),
        ("when will it stop peeling", "Usual. Flaking: usually seen from Sun 22 Nov until the end of Fri 27 Nov."),
        ("when will my husband's redness go", "That is about what you see or feel: "),
        (
            "when can I use sunscreen",
            "Mineral sunscreen: OK from Sat 21 Nov 16:30. Ordinary sunscreen: not before Sun 22 Nov 16:30;",
        ),
        ("when can I wear make-up", "Make-up: OK from Sun 22 Nov 16:30."),
        ("when can I do sport", "Exercise: not before Sun 22 Nov 16:30; better wait until Thu 26 Nov."),
        ("when can I use sunscreen and make-up", "Mineral sunscreen: OK from Sat 21 Nov 16:30. Make-up: OK from Sun "),
        (
            "can go to a party at the spa --condition heart-condition",
            "No; ask your doctor. Hot tubs and saunas: not before Sun 22 Nov 16:30, and then ask them first. Hot ",
        ),
        (
            "when can I use vit c and glycolic --condition eczema",
            "AHAs: not before Sat 28 Nov, and then only once the flaking is over, usually by Fri 27 Nov, and ask your ",
        ),
        (
            "can take fish oil and paracetamol on 2 dec --uses blood-thinner",
            "Ask who prescribed your blood thinner, or ",
        ),
        ("can wash and blow dry my hair on tuesday", "I don't know “blow-dry my hair”, so I can't say yes."),
    ],
)
def test_the_first_line_is_the_answer(ask: Ask, typed: str, first: str) -> None:
    said = [line for line in ask(*typed.split()).out.splitlines() if not line.startswith("STOP: ")]
    assert said[0].startswith(first)


@pytest.mark.parametrize("typed", ["can use retinol on 20 dec", "when use retinol", "can have a sauna on 10 dec"])
def test_no_date_is_the_one_from_which_it_is_all_right_to_who_has_to_ask(ask: Ask, typed: str) -> None:
    said = ask(*typed.split(), "--condition", "pregnancy").out
    assert "OK" not in said
    assert "ask your midwife" in said.lower()


def test_what_no_rule_is_about_is_no_reason_to_ring_anybody(ask: Ask) -> None:
    said = ask("can", "feed", "the", "ducks")
    assert said.code == 4
    assert "my rules say nothing about it; they are about skin, sun, heat, sweat and medicines." in said.out
    assert "Ask your clinic" not in said.out


def test_what_holds_for_the_known_part_is_said(ask: Ask) -> None:
    said = ask("can", "wear", "make-up", "over", "my", "stitches", "on", "monday").out.splitlines()
    assert said[0] == "I don't know “stitches”, so I can't say yes."
    assert said[1].startswith("Make-up alone: OK from Sun 22 Nov 16:30. ")


def test_today_gives_no_reason_to_phone_that_nobody_sees(ask: Ask) -> None:
    said = ask("today", "--now", "2026-11-28T09:00").out
    assert "numbness" not in said
    assert "No longer expected" not in said


def test_today_tells_the_pregnant_what_to_do_now_that_it_is_done(ask: Ask) -> None:
    said = " ".join(ask("today", "--condition", "pregnancy").out.split())
    assert (
        "Treated already? tell your clinic and your doctor on the next working day. No needling in pregnancy." in said
    )
    assert "STOP" not in said


@pytest.mark.parametrize(
    "declared", ["", "--uses blood-thinner", "--uses blood-thinner --condition pregnancy,diabetes"]
)
def test_an_unknown_sign_is_met_with_the_signs_of_an_infection_whatever_is_declared(ask: Ask, declared: str) -> None:
    said = ask("normal", "blorp", *declared.split()).out
    assert "redness that grows or spreads, fever and feeling ill: a doctor today" in said


def test_what_no_rule_speaks_of_has_no_date(ask: Ask) -> None:
    said = ask("when", "contact", "lenses", "and", "mascara").out
    assert said.startswith("Mascara and eye make-up: ")
    assert "I don't know “contact lenses”." in said


def test_of_two_treatments_why_names_each_and_says_the_notice_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    monkeypatch.delenv("NEEDLECARE_NO_LOG", raising=False)
    for day in ("2026-11-16", "2026-11-20"):
        assert run("log", "add", "--date", day, "--time", "16:30", "--tz", "Europe/London").code == 0
    for asked in ("why retinol", "can retinol", "when retinol", "normal redness", "check", "today"):
        out = run(*asked.split(), "--now", "2026-11-20T18:00").out
        assert out.count("not medical advice") == 1
        assert out.count("When to get help") <= 1
    out = run("why", "retinol", "--now", "2026-11-20T18:00").out
    named = re.findall(r"^The treatment of (.*):\n.*: no until the end of (.*?),", out, re.MULTILINE)
    assert named == [("Mon 16 Nov 16:30 (face)", "Mon 23 Nov"), ("Fri 20 Nov 16:30 (face)", "Fri 27 Nov")]
