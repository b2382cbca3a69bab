"""What a question says, word by word: what is known, what is not, and what is said besides."""

from datetime import datetime

import pytest

from ask.conftest import Make
from needlecare import RuleSet, can, normal
from needlecare.ask.lookup import Meaning, find_activities, find_signs
from needlecare.typed import read_facts


@pytest.fixture
def means(rule_set: RuleSet) -> "Means":
    return Means(rule_set)


class Means:
    """Reads what words mean to somebody whose face was treated."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._rule_set = rule_set
        self._facts = read_facts(rule_set, {})

    def activity(self, typed: str) -> Meaning:
        return find_activities(self._rule_set, typed, self._facts)

    def sign(self, typed: str) -> Meaning:
        return find_signs(self._rule_set, typed, self._facts)


@pytest.mark.parametrize(
    ("typed", "signs"),
    [
        ("put concealer over the pus", "pus"),
        ("have a bath, my eyelids are swollen", "airway-swelling"),
        ("take an aspirin because my chest hurts", "chest-pain"),
        ("wear contact lenses my eye is red and painful", "sore-eye"),
        ("pop my blister", "blistering"),
        ("use my EpiPen", "emergency-help"),
        pytest.param("put numbing cream on", "", id="its name only contains a word for a sign"),
        pytest.param("stroke my cat", "", id="stroking is no stroke"),
        pytest.param("have a bubble bath", "", id="a bath has no blisters"),
        pytest.param("use my eye cream", "", id="no cream in an eye"),
        pytest.param("run without fever", "", id="denied"),
    ],
)
def test_signs_to_call_for_are_found_in_every_question(means: Means, typed: str, signs: str) -> None:
    assert " ".join(means.activity(typed).signs) == signs


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("my lips and face are swollen", "airway-swelling swelling"),
        ("the redness just spreads", "spreading-redness redness"),
        ("no fever just red", "redness"),
        ("not only red but pus", "pus redness"),
        ("no feeling in my cheek", "numbness"),
        ("itchy and also bumpy", "itchy-bumps itching sandpaper-feel"),
        ("hot and burning", "warmth burning"),
        ("faint pink and feels like sunburn", "pinkness burning"),
        ("no idea if it is pus", "pus"),
    ],
)
def test_names_of_signs_stand_in_any_order_and_are_denied_only_directly(means: Means, typed: str, ids: str) -> None:
    assert " ".join(means.sign(typed).ids) == ids


@pytest.mark.parametrize(
    ("typed", "declared"),
    [
        ("have wine I'm pregnant", "pregnancy"),
        ("have a peel on roaccutane", "isotretinoin"),
        ("get microneedled while breastfeeding", "breastfeeding"),
        ("drink wine pregnent", "pregnancy"),
        ("have my treatment with a cold", "acute-illness"),
        pytest.param("drink a cold beer", "", id="a cold is no adjective"),
        pytest.param("get botox", "", id="what is asked about declares nothing"),
        pytest.param("have wine, not pregnant", "", id="denied"),
    ],
)
def test_what_somebody_says_of_themselves_is_declared(means: Means, typed: str, declared: str) -> None:
    assert " ".join(answer for _, answer in means.activity(typed).declared) == declared


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        *(
            ("my husband take ibuprofen", "husband"),
            ("is it safe for my mum to swim", "mum"),
            ("she use retinol", "she"),
        ),
        *(("swim with my husband", ""), ("use my wife's retinol", ""), ("I take my daughter swimming", "")),
    ],
)
def test_somebody_else_is_whom_it_is_asked_for(means: Means, typed: str, other: str) -> None:
    assert means.activity(typed).other == other


@pytest.mark.parametrize(
    ("typed", "ids", "unknown"),
    [
        ("put turmeric on my chin", "unknown-product", "turmeric"),
        ("use a snail cream", "unknown-product", "snail"),
        ("use a cream", "unknown-product", "cream"),
        ("use the cream from my clinic", "clinic-gel", ""),
        ("use the retinol from my clinic", "retinoids", ""),
        ("eat honey", "", "honey"),
        ("drink coffee", "caffeine", ""),
        ("wash the bus", "", "wash the bus"),
        ("sit in a church", "", "church"),
        ("wash my dishes", "housework", ""),
        ("pick the dry bits on my chin", "picking", "dry bits"),
        ("shave my legs", "shaving", ""),
        ("take ibuprofen for my back", "nsaids", "my back"),
        ("put steroid cream on my legs", "topical-steroid", ""),
        ("thread my upper lip", "threading", ""),
        ("retinol before my session", "retinoids", ""),
        ("my next session", "another-session", ""),
        ("a dental appointment", "dentist", ""),
        ("a spectral appointment", "", "spectral"),
    ],
)
def test_what_is_meant_is_told_from_what_only_sounds_so(means: Means, typed: str, ids: str, unknown: str) -> None:
    meaning = means.activity(typed)
    assert (" ".join(meaning.ids), " ".join(meaning.unknown)) == (ids, unknown)


@pytest.mark.parametrize("word", ["xyzzy", "stitches", "waterproof"])
@pytest.mark.parametrize("typed", ["wear makeup on monday", "use mineral sunscreen on monday", "drink wine on tuesday"])
def test_one_word_that_nobody_knows_takes_a_yes_and_keeps_a_no(
    plan_for: Make, next_morning: datetime, typed: str, word: str
) -> None:
    verb, _, rest = typed.partition(" ")
    known = can(plan_for(), typed, now=next_morning)
    assert known.is_yes
    assert can(plan_for(), f"{verb} {word} {rest}", now=next_morning).verdict == "no-rule"
    early = can(plan_for(), f"{verb} {word} {rest.partition(' on ')[0]}", now=next_morning)
    assert early.verdict in ("no", "better-not")


@pytest.mark.parametrize("word", ["stripes", "very", "toes", "eyelid"])
def test_beside_a_usual_sign_one_word_that_nobody_knows_may_matter(
    plan_for: Make, next_morning: datetime, word: str
) -> None:
    assert normal(plan_for(), "red on my cheek", now=next_morning).verdict == "usual"
    assert normal(plan_for(), f"red {word} on my cheek", now=next_morning).verdict not in ("usual", "watch")


def test_each_name_of_an_urgent_sign_is_found_beside_an_activity(rule_set: RuleSet, means: Means) -> None:
    urgent = {sign for rule in rule_set.rules.values() if rule.is_red_flag for sign in rule.targets}
    for sign in urgent:
        for name in (rule_set.signs[sign].label, *rule_set.signs[sign].aka):
            assert means.activity(f"wash my hair {name}").signs or means.activity(name).ids, name
