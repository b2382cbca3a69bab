"""What people say of themselves and of the treatment, checked against what the rule set asks."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from needlecare import InputError, RuleSet, build_timeline, load_rules, make_treatment, read_facts, render
from running import PLAN, run
from support import NOT_YET


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules()


def test_facts_are_given_assumed_or_unknown(rules: RuleSet) -> None:
    facts = read_facts(rules, {"area": ["neck"]})
    assert facts.given == {"area": ("neck",)}
    assert facts.assumed["setting"] == ("clinic",)
    assert facts.assumed["technique"] == ("pen",)
    assert "area" not in facts.assumed
    assert set(facts.given) | set(facts.assumed) | set(facts.unknown) == set(rules.facts)
    assert "depth" in facts.unknown
    assert "skin-type" in facts.unknown


@pytest.mark.parametrize(("text", "number"), [("1.5", 1.5), ("1,5", 1.5), (" 1.5 mm ", 1.5), ("2", 2.0)])
def test_a_depth_is_a_number_of_millimetres(rules: RuleSet, text: str, number: float) -> None:
    assert read_facts(rules, {"depth": [text]}).given == {"depth": number}


@pytest.mark.parametrize("text", ["0", "-1", "99", "nan", "inf", "-inf", "deep", "", "1_0", "1.5 cm", "1e0", "٢"])
def test_a_depth_that_cannot_be_is_refused(rules: RuleSet, text: str) -> None:
    with pytest.raises(InputError) as raised:
        read_facts(rules, {"depth": [text]})
    assert str(raised.value) == f"depth: `{text}` is not a number from 0.1 to 8 mm"


@pytest.mark.parametrize(
    ("fact", "texts", "answers"),
    [
        ("area", ["face", "neck"], ("face", "neck")),
        ("area", ["neck,face"], ("face", "neck")),
        ("area", ["FACE", "face"], ("face",)),
        ("area", ["eye area"], ("eye-area",)),
        ("skin-type", ["iv"], ("IV",)),
        ("condition", ["none"], ("none",)),
        ("add-on", ["PRP"], ("prp",)),
        ("area", ["Face & Neck"], ("face", "neck")),
        ("area", ["face/neck and scalp"], ("face", "neck", "scalp")),
        ("area", ["décolletage"], ("chest",)),
    ],
)
def test_answers_are_known_by_their_words_in_any_order(
    rules: RuleSet, fact: str, texts: list[str], answers: tuple[str, ...]
) -> None:
    assert read_facts(rules, {fact: texts}).given == {fact: answers}


@pytest.mark.parametrize(
    ("fact", "texts", "said"),
    [
        ("shoe-size", ["43"], r"^the rule set microneedling asks for no fact `shoe-size`; it may be .*area"),
        ("tecnique", ["pen"], r"^.* asks for no fact `tecnique` \(did you mean technique\?\); it may be"),
        ("area", ["moon"], r"^area has no answer `moon`; it may be face, "),
        ("area", ["fase"], r"^area has no answer `fase` \(did you mean face\?\)"),
        ("area", [""], r"^area has no answer ``; it may be"),
        ("technique", ["pen", "roller"], r"^technique takes one answer; pen and roller were given$"),
        ("technique", ["pen,roller"], r"^technique has no answer `pen,roller`"),
        ("skin-type", ["VII"], r"^skin-type has no answer `VII` .*it may be I, II, III, IV, V, VI$"),
        ("condition", ["none", "eczema"], r"^condition: `none` and eczema exclude each other$"),
        ("depth", ["1", "2"], r"^depth takes one number; 2 were given$"),
        ("uses", ["isotretinoin=03/04/2026"], r"can be read as 2026-03-04 .* or as 2026-04-03"),
        ("uses", ["isotretinoin="], r"^`` is not a date that can be read"),
    ],
)
def test_what_a_rule_set_does_not_know_is_refused(rules: RuleSet, fact: str, texts: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_facts(rules, {fact: texts})


def test_an_answer_can_carry_the_date_of_its_end(rules: RuleSet) -> None:
    facts = read_facts(rules, {"uses": ["isotretinoin=2026-05-01", "minoxidil"]})
    assert set(facts.given["uses"]) == {"isotretinoin", "minoxidil"}  # type: ignore[arg-type]  # several answers
    assert facts.dates == {("uses", "isotretinoin"): date(2026, 5, 1)}


def test_what_was_seen_is_known_from_then_on(rules: RuleSet) -> None:
    known = {"redness-gone": datetime(2026, 11, 22, 9, tzinfo=UTC), "flaking-over": None, "calm": date(2026, 11, 23)}
    treatment = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("Europe/London"), seen=known)
    seen = treatment.seen
    at, day = seen["redness-gone"], seen["calm"]
    assert at.first is not None
    assert at.first == at.last
    assert at.first.at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert day.first is not None
    assert day.last is not None
    assert (day.first.at, day.last.at) == (datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    assert seen["flaking-over"] == NOT_YET
    typed = ("--seen", "redness-gone=2026-11-22T09:00", "--seen", "flaking-over=no", "--seen", "calm=2026-11-23")
    plan = build_timeline(rules, treatment, read_facts(rules, {}))
    assert run(*PLAN, *typed, "--format", "json").out == render(plan, "json")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["redness-gone"], r"--seen: `redness-gone` can't be read; write it as redness-gone=2026-11-22, or =?"),
        (["redness-gone="], r"--seen: `redness-gone=` can't be read"),
        (["rednes-gone=no"], r"--seen: there is no `rednes-gone` to see \(did you mean redness-gone\?\); it may be "),
        (["bedtime=no"], r"--seen: there is no `bedtime` to see"),
        (["redness-gone=no", "redness-gone=2026-11-22"], r"--seen: redness-gone is given twice"),
        (["redness-gone=2026-11-19"], r"--seen: redness-gone can't have come on 2026-11-19, before the treatment"),
        (["redness-gone=2026-11-20T16:00"], r"--seen: redness-gone can't have come on 2026-11-20, before the"),
        (["redness-gone=2026-11-22T25:00"], r"`25:00` is not a time of the day"),
        (["redness-gone=03/04/2027"], r"can be read as 2027-03-04 .* or as 2027-04-03"),
    ],
)
def test_what_cannot_have_been_seen_is_refused(texts: list[str], said: str) -> None:
    ran = run(*PLAN, *(word for text in texts for word in ("--seen", text)))
    assert (ran.code, ran.out) == (2, "")
    assert re.search(said, ran.err)
