"""What comes before the rules on an activity: dangers, what is declared, medicines together, the treatment itself."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from needlecare import RuleSet, Timeline, can, when
from running import Ran

Make = Callable[..., Timeline]
Ask = Callable[..., Ran]
STRICTNESS = ("no", "ask", "better-not", "no-rule", "yes")
DATED = re.compile(r"\b\d{1,2} (?:Nov|Dec|Jan)\b|\b\d\d:\d\d\b")
ON_DAY_7 = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-27T09:00")


@pytest.mark.parametrize("verb", ["can", "when"])
@pytest.mark.parametrize("deed", ["", "wear makeup", "use retinol", "take ibuprofen", "go to the gym", "pick my skin"])
@pytest.mark.parametrize(
    ("danger", "urgency"),
    [
        *(("my lips are swelling", "emergency"), ("I can't breathe", "emergency"), ("with chest pain", "emergency")),
        *(("with pus on my cheek", "today"), ("with a fever", "today"), ("over a cold sore", "today")),
        ("with itchy bumps", "clinic"),
    ],
)
def test_a_danger_in_the_words_is_met_before_anything_else(
    ask: Ask, verb: str, deed: str, danger: str, urgency: str
) -> None:
    words = [verb, *deed.split(), *danger.split()]
    record, said = ask(*words, "--format", "json").record, ask(*words)
    assert record["urgency"] == urgency
    assert record["ask"]
    assert record["verdict"] in (("ask",) if urgency == "emergency" else ("no", "ask"))
    assert said.code == 1
    assert not DATED.search(said.out.splitlines()[0])
    if verb == "when":
        assert (record["free_from"], record["better_from"]) == (None, None)


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("go for a run without a fever", "yes"),
        ("go for a run, no pus", "yes"),
        ("wear makeup no redness left", "yes"),
        ("go for a run no stitches", "no-rule"),
    ],
)
def test_a_sign_that_is_denied_alarms_nobody(ask: Ask, words: str, verdict: str) -> None:
    record = ask("can", *words.split(), "--format", "json", sitting=ON_DAY_7).record
    assert (record["verdict"], record["urgency"]) == (verdict, None)


@pytest.mark.parametrize(
    ("condition", "declared"),
    [
        ("pregnancy", "I'm pregnant"),
        ("breastfeeding", "while breastfeeding"),
        ("trying-for-a-baby", "trying for a baby"),
        ("heart-condition", "with a heart condition"),
        ("immunosuppression", "with a weak immune system"),
    ],
)
def test_what_is_declared_counts_the_same_in_an_option_and_in_words_and_loosens_nothing(
    plan_for: Make, rule_set: RuleSet, next_morning: datetime, condition: str, declared: str
) -> None:
    plain, told = plan_for(), plan_for(condition=condition)
    targets = {target for rule in rule_set.rules.values() if rule.verb == "ask" for target in rule.targets}
    for day in (next_morning, next_morning.replace(month=12, day=20)):
        for activity in sorted(targets)[::4]:
            words = rule_set.label(activity)
            before, option = can(plain, words, day), can(told, words, day)
            inline = can(plain, f"{words} {declared}", day)
            assert STRICTNESS.index(option.verdict) <= STRICTNESS.index(before.verdict), words
            assert STRICTNESS.index(inline.verdict) <= STRICTNESS.index(option.verdict), words
            if told.asking([activity]):
                assert set(option.ask) <= set(inline.ask), words
                back = when(plain, f"{words} {declared}", now=day)
                assert (back.free_from, back.better_from) == (None, None), words


@pytest.mark.parametrize(
    "words",
    [
        *(
            "ibuprofen and antibiotics",
            "paracetamol with ibuprofen",
            "a beer with ibuprofen",
            "cetirizine and drink wine",
        ),
        *("aspirin and fish oil", "wine with my antibiotics", "ibuprofen with warfarin", "panadol and nurofen"),
    ],
)
def test_medicines_together_or_with_alcohol_are_never_a_yes(ask: Ask, words: str) -> None:
    for verb in ("can", "when"):
        record = ask(verb, "take", *words.split(), "--format", "json", sitting=ON_DAY_7).record
        assert record["verdict"] == "ask"
        assert "pharmacist" in record["ask"] or "who prescribed" in record["ask"]
    assert record["free_from"] is None


@pytest.mark.parametrize("words", ["wine and beer", "ibuprofen", "paracetamol", "wine with my sister"])
def test_one_medicine_or_drink_by_itself_is_not_two(ask: Ask, words: str) -> None:
    assert ask("can", "take", *words.split(), "--format", "json", sitting=ON_DAY_7).record["verdict"] == "yes"


@pytest.mark.parametrize("verb", ["can", "when"])
@pytest.mark.parametrize(
    "words",
    [
        "stop my warfarin",
        "skip my insulin tonight",
        "double my antidepressant",
        "restart my tretinoin",
        "come off prednisolone",
    ],
)
def test_nobody_changes_a_prescribed_medicine_on_their_own(ask: Ask, verb: str, words: str) -> None:
    said = ask(verb, *words.split())
    assert said.code == 1
    assert said.out.startswith("Never on your own: ask who prescribed it first. ")


@pytest.mark.parametrize(
    ("words", "options", "verdict"),
    [
        ("have microneedling while pregnant", (), "no"),
        ("have it done with a fever", (), "no"),
        ("have it done over a tattoo", (), "ask"),
        ("get microneedled on roaccutane", (), "no"),
        ("have needling if I'm diabetic", (), "ask"),
        ("have microneedling", ("--condition", "eczema"), "no"),
        ("have microneedling", (), "no-rule"),
    ],
)
def test_the_treatment_itself_is_answered_by_the_check(
    ask: Ask, words: str, options: tuple[str, ...], verdict: str
) -> None:
    before = (*ON_DAY_7[:-1], "2026-11-18T09:00")
    record = ask("can", *words.split(), *options, "--format", "json", sitting=before).record
    assert record["verdict"] == verdict
    assert bool(record["ask"]) is (verdict != "no-rule")


def test_the_treatment_is_not_repeated_before_the_next_session_may_be(ask: Ask) -> None:
    early = ask("can", "have", "microneedling", "on", "20", "december", "--format", "json").record
    assert (early["verdict"], early["until"]) == ("no", "2027-01-01T00:00:00+00:00")
    assert early["sources"]
    later = ask("can", "have", "microneedling", "on", "20", "january", "--format", "json").record
    assert later["verdict"] == "no-rule"
    assert ask("can", "my", "daughter", "have", "microneedling", "--format", "json").record["verdict"] == "no-rule"


def test_when_says_what_holds_now_beside_the_dates(ask: Ask) -> None:
    for now, verdict in (("2026-11-21T09:00", "no"), ("2026-11-27T09:00", "yes")):
        said = ask("when", "make-up", "--format", "json", sitting=(*ON_DAY_7[:-1], now))
        assert (said.code, said.record["verdict"]) == (0, verdict)
        assert said.record["free_from"] == "2026-11-22T16:30:00+00:00"


def test_words_left_over_leave_what_holds_without_them(ask: Ask) -> None:
    for verb in ("can", "when"):
        said = ask(verb, "wear", "makeup", "over", "my", "stitches", sitting=ON_DAY_7)
        assert said.code == 4
        assert "Make-up alone: OK since Sun 22 Nov 16:30." in said.out


def test_what_was_done_is_answered_beside_signs_too(ask: Ask) -> None:
    said = ask("normal", "I", "used", "retinol", "yesterday", "--format", "json", sitting=ON_DAY_7)
    assert (said.code, said.record["verdict"], said.record["sign"]) == (0, "watch", None)
    assert ask("normal", "I", "forgot", "my", "sunscreen", "yesterday").code == 4
