"""No text of a rule set orders anything about a prescribed medicine; what only speaks of one may stand there."""

from pathlib import Path

import pytest

from needlecare import RuleSetError, load_rules
from running import run
from support import write_rules

ORDERS = """\
Stop your warfarin three days before
Come off your Roaccutane six months before
Leave out tretinoin for a week
Do not take your usual medication on the day
Please don’t take your blood pressure tablets that morning
Hold your Eliquis for two days
Skip insulin on the day
Halve your metformin
Double the dose of your metformin
Taper your prednisolone
Your warfarin should be paused for two days
Your usual tablets must be stopped
You need to stop warfarin
You must have stopped isotretinoin for six months
Stopping warfarin is advised
Stop medication three days before
Discontinue all prescribed medicines
Do not use any prescription creams
Use tretinoin from day 3
take doxycycline
Start a blood thinner
Start an antibiotic the day before
Stop your antidepressant
Wash, then take doxycycline for three days
Avoid retinol, acids and tretinoin
If you take Eliquis, skip it on the day
Warfarin: stop it a week before
Ask who prescribed it. Stop your warfarin three days before.
""".splitlines()
NO_ORDERS = """\
Ask who prescribed your retinoid whether to pause it for the treatment, and when to use it again
Never stop taking your warfarin on your own
Do not stop your blood thinners; ask who prescribed them
Do not stop any medicine on your own
Tell us if you take warfarin
Tell us whether you have stopped isotretinoin
If you are over 60 and take warfarin, tell us
We treat six months after you have stopped isotretinoin at the earliest
Use of isotretinoin within six months: ask
Keep taking your usual medication
Take your warfarin as usual
Tell the clinic of any medicine that you take
Bruises are common in people taking warfarin
Do not take pain medicines such as ibuprofen
Avoid painkillers; paracetamol is fine if you take blood thinners
Hold a cool pack on the skin; tell us if you use blood thinners
Do not use make-up for a day; if you use a prescribed retinoid, ask who prescribed it
Use the prescribed cooling gel
""".splitlines()


def rules_saying(texts: list[str]) -> str:
    rules = [f'note{number}: {{avoid: paint, until: 2d, note: "{text}"}}' for number, text in enumerate(texts)]
    return "\n".join(rules)


def test_every_order_about_a_prescribed_medicine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError) as raised:
        load_rules(str(write_rules(tmp_path, rules_saying(ORDERS))))
    refused = {int(one.message.partition("the rule note")[2].partition(":")[0]) for one in raised.value.problems}
    assert [text for number, text in enumerate(ORDERS) if number not in refused] == []


def test_what_speaks_of_a_medicine_without_an_order_loads(tmp_path: Path) -> None:
    assert len(load_rules(str(write_rules(tmp_path, rules_saying(NO_ORDERS)))).rules) > len(NO_ORDERS)


def test_a_medicine_that_is_often_prescribed_is_known_as_one() -> None:
    ran = run("can", "take", "my", "metformin", "--date", "2026-11-20", "--now", "2026-11-21")
    assert ran.out.startswith("Keep taking it as prescribed. ")


def test_what_our_rules_restrict_can_not_be_made_a_prescribed_medicine(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("ruleset: own\nextends: microneedling\nactivities: {alcohol: {medicine: prescribed}}\n")
    with pytest.raises(RuleSetError, match=r"own.yaml:3:14: the rule alcohol\S*: alcohol is a prescribed medicine"):
        load_rules(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "Ask who prescribed it and leave it out three days before",
        "Ask who prescribed it. Take one tablet two days before",
        "Ask who prescribed it, then stop it",
        "Ask who prescribed it, and put it off until the evening",
    ],
)
def test_a_rule_on_a_prescribed_medicine_says_nothing_but_whom_to_ask(text: str, tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match="the rule own: antiviral is a prescribed medicine"):
        load_rules(str(write_rules(tmp_path, f'own: {{prepare: antiviral, at: before, text: "{text}"}}')))


def test_when_to_take_a_medicine_may_be_asked(tmp_path: Path) -> None:
    rule = 'own: {prepare: antiviral, at: before, text: "Ask who prescribed it when to take it, and tell us"}'
    assert "own" in load_rules(str(write_rules(tmp_path, rule))).rules
