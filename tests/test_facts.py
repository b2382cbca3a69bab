from datetime import date

import pytest

from generated import Asked, Condition, Truth
from needlecare import Facts, InputError, RuleSet, build_timeline, load_rules, make_treatment, read_facts
from support import LONDON, WORDS, Planner, better_not, no, shown, waits, window, windows


@pytest.fixture
def rule_set(plan: Planner) -> RuleSet:
    return plan.rules("gym: {avoid: gym, until: 48h}")


def test_what_is_given_decides_what_is_not_is_assumed_or_unknown(rule_set: RuleSet) -> None:
    facts = read_facts(rule_set, {"places": ["scalp", "face"], "millimetres": ["1,5"]})
    assert facts.given == {"places": ("face", "scalp"), "millimetres": 1.5}
    assert facts.assumed["tool"] == ("pen",)
    assert "skin" in facts.unknown
    assert "tool" not in facts.unknown


def test_none_is_an_answer(rule_set: RuleSet) -> None:
    assert read_facts(rule_set, {"places": ["none"]}).given["places"] == ("none",)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"tool": ["penn"]}, "tool has no answer `penn` (did you mean pen?); it may be pen, laser"),
        ({"tols": ["pen"]}, "the rule set test asks for no fact `tols` (did you mean tool?)"),
        ({"tool": ["pen", "laser"]}, "tool takes one answer; pen and laser were given"),
        ({"places": ["none", "face"]}, "places: `none` and face exclude each other"),
        ({"millimetres": ["9"]}, "millimetres: `9` is not a number from 0.1 to 8"),
        ({"millimetres": ["deep"]}, "millimetres: `deep` is not a number from 0.1 to 8"),
        ({"millimetres": ["nan"]}, "millimetres: `nan` is not a number from 0.1 to 8"),
        ({"millimetres": ["1", "2"]}, "millimetres takes one number; 2 were given"),
    ],
)
def test_what_cannot_be_is_one_clear_line(rule_set: RuleSet, said: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InputError) as raised:
        read_facts(rule_set, said)
    assert str(raised.value).startswith(message)


PEN = Asked("tool", ("pen",))
DEEP = Asked("millimetres", low=1.5)
SHALLOW = Asked("millimetres", high=1.5)
NOT_SCALP = Asked("places", ("scalp",), negated=True)


@pytest.mark.parametrize(
    ("tests", "given", "truth", "deciding"),
    [
        pytest.param((), {}, Truth.YES, (), id="no condition"),
        pytest.param((PEN,), {"tool": ("pen",)}, Truth.YES, (), id="it holds"),
        pytest.param((PEN,), {"tool": ("laser",)}, Truth.NO, ("tool",), id="it doesn't"),
        pytest.param((PEN,), {}, Truth.UNKNOWN, ("tool",), id="nobody knows"),
        pytest.param((PEN, DEEP), {"tool": ("pen",)}, Truth.UNKNOWN, ("millimetres",), id="half of it is known"),
        pytest.param((PEN, DEEP), {"millimetres": 0.5}, Truth.NO, ("millimetres",), id="one that fails is enough"),
        pytest.param((DEEP,), {"millimetres": 1.5}, Truth.YES, (), id="at least takes the limit in"),
        pytest.param((DEEP._replace(open_low=True),), {"millimetres": 1.5}, Truth.NO, ("millimetres",), id="over"),
        pytest.param((SHALLOW,), {"millimetres": 1.5}, Truth.YES, (), id="up to takes the limit in"),
        pytest.param((SHALLOW,), {"millimetres": 1.6}, Truth.NO, ("millimetres",), id="above the limit"),
        pytest.param((SHALLOW._replace(open_high=True),), {"millimetres": 1.5}, Truth.NO, ("millimetres",), id="under"),
        pytest.param((NOT_SCALP,), {"places": ("scalp",)}, Truth.NO, ("places",), id="not the scalp"),
        pytest.param((NOT_SCALP,), {"places": ("face", "scalp")}, Truth.YES, (), id="not the scalp alone"),
        pytest.param((NOT_SCALP,), {"places": ("none",)}, Truth.YES, (), id="none is an answer"),
    ],
)
def test_a_condition_holds(
    tests: tuple[Asked, ...], given: dict[str, tuple[str, ...] | float], truth: Truth, deciding: tuple[str, ...]
) -> None:
    assert Condition(tests).judge(Facts(given, {})) == (truth, deciding)


@pytest.mark.parametrize(
    ("skin", "kept"),
    [
        pytest.param("dark", ["avoid", "do", "expect", "prepare", "call", "allow"], id="it applies"),
        pytest.param("light", [], id="it doesn't"),
        pytest.param(None, ["avoid", "do", "expect", "prepare", "call"], id="nobody knows"),
    ],
)
def test_unknown_keeps_what_protects_and_drops_what_permits(plan: Planner, skin: str | None, kept: list[str]) -> None:
    made = plan(
        "a: {avoid: gym, until: 48h, when: {skin: dark}}\n"
        "d: {do: cream, until: 48h, when: {skin: dark}}\n"
        "e: {expect: redness, until: 48h, when: {skin: dark}}\n"
        "p: {prepare: cream, at: before, when: {skin: dark}}\n"
        "c: {call: flakes, when: {skin: dark}, text: Call}\n"
        "w: {allow: tablets, from: 24h, until: 48h, when: {skin: dark}}\n",
        facts={"skin": [skin]} if skin else {},
    )
    rules = {"a": "avoid", "d": "do", "e": "expect", "p": "prepare", "w": "allow"}
    found = {one.kind for one in made.windows if rules.get(one.rule) == one.kind}
    found |= {"call" for rule in made.red_flags if rule.id == "c"}
    assert found == set(kept)


def test_what_a_permission_that_may_not_apply_forbids_before_it_stays(plan: Planner) -> None:
    made = plan("w: {allow: tablets, from: 24h, until: 48h, when: {skin: dark}}")
    assert no(made, "tablets") == ["20 Nov 16:30 to 21 Nov 16:30"]


def test_what_may_not_apply_stands_under_if_and_names_the_fact(plan: Planner) -> None:
    made = plan('d: {do: cream, until: 48h, when: {skin: dark}, if: "it is dry"}\na: {avoid: gym, when: {skin: dark}}')
    cream = window(made, "cream", "do")
    assert (cream.condition, cream.unsure) == ("it is dry and skin is dark", ("skin",))
    assert window(made, "gym").unsure == ("skin",)


MORE_FACTS = """\
  hair-colour: {ask: "Which hair?", answers: {black: black, grey: going grey, red: red}}
  years: {ask: "How old?", number: 1..120, unit: years, phrase: "the age is {}"}
  size: {ask: "Which size?", number: 0..9}
"""


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param("hair-colour: grey", "hair colour is going grey", id="an answer"),
        pytest.param("hair-colour: [red, black]", "hair colour is black or red", id="one of two"),
        pytest.param("hair-colour: [red, grey, black]", "hair colour is black, going grey or red", id="one of three"),
        pytest.param("hair-colour: {not: red}", "hair colour is not red", id="not that one"),
        pytest.param("years: at least 18", "the age is at least 18 years", id="at least, in its own words"),
        pytest.param("years: over 18", "the age is over 18 years", id="over"),
        pytest.param("years: up to 18", "the age is up to 18 years", id="up to"),
        pytest.param("years: under 18", "the age is under 18 years", id="under"),
        pytest.param("years: 18..30", "the age is 18 to 30 years", id="between"),
        pytest.param("size: 2", "size is 2", id="exactly, without a unit"),
    ],
)
def test_what_a_condition_asks_is_said_in_words(plan: Planner, asked: str, said: str) -> None:
    made = plan(f"cream: {{do: cream, until: 48h, when: {{{asked}}}}}", words=WORDS + MORE_FACTS)
    assert window(made, "cream", "do").condition == said


@pytest.mark.parametrize(
    ("rule", "target", "kind", "text"),
    [
        pytest.param("do: gym, until: 2d", "gym", "do", "The gym", id="by its label"),
        pytest.param("do: gym, until: 2d, text: Go to it", "gym", "do", "Go to it", id="in its own words"),
        pytest.param("avoid: paint, until: 2d", "paint", "avoid", "Avoid: make-up", id="to avoid"),
        pytest.param("allow: gym, from: 2d", "gym", "allow", "Allowed: the gym", id="to allow"),
        pytest.param("expect: redness, until: 2d", "redness", "expect", "Usual: redness", id="to expect"),
        pytest.param("prepare: gym, from: 2d before", "gym", "prepare", "The gym", id="to prepare"),
        pytest.param(
            *("allow: gym, from: 2d, text: Go to it", "gym", "avoid", "Avoid: the gym"),
            id="what a permission restricts isn't said in its words",
        ),
    ],
)
def test_a_window_says_what_it_asks_for(plan: Planner, rule: str, target: str, kind: str, text: str) -> None:
    assert window(plan(f"one: {{{rule}}}"), target, kind).text == text


def test_an_answer_that_nobody_declared_is_shown_as_it_is(rule_set: RuleSet) -> None:
    assert rule_set.facts["skin"].label_of("blue") == "blue"


def test_of_two_times_to_expect_a_sign_the_longer_is_dropped_while_nobody_knows(plan: Planner) -> None:
    rules = "short: {expect: redness, until: 2d}\nlong: {expect: redness, until: 5d, when: {skin: dark}}"
    assert no(plan(rules), "redness", "expect") == ["20 Nov 16:30 to 23 Nov 00:00"]
    assert len(windows(plan(rules, facts={"skin": ["dark"]}), "redness", "expect")) == 2


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        pytest.param("for: 24h", "until: 2d", "one", id="a length"),
        pytest.param("until: calm", "until: 5d", "other", id="what is unseen counts with its usual time"),
        pytest.param("days: 0..1", "until: 2d", "one", id="days"),
        pytest.param("from: 2d, for: 3d", "until: 4d", "other", id="a length from later on"),
    ],
)
def test_the_longer_time_is_told_by_its_dates(plan: Planner, one: str, other: str, kept: str) -> None:
    made = plan(
        f"one: {{expect: redness, {one}, when: {{skin: dark}}}}\n"
        f"other: {{expect: redness, {other}, when: {{skin: light}}}}"
    )
    assert [found.rule for found in windows(made, "redness", "expect")] == [kept]


def test_a_longer_time_is_dropped_for_its_own_sign_alone(plan: Planner) -> None:
    made = plan("short: {expect: redness, until: 2d}\nlong: {expect: [redness, flakes], until: 5d, when: {skin: dark}}")
    assert [found.rule for found in windows(made, "redness", "expect")] == ["short"]
    assert [found.rule for found in windows(made, "flakes", "expect")] == ["long"]


def test_an_exception_holds_only_for_a_rule_that_surely_applies(plan: Planner) -> None:
    rules = "paint: {avoid: paint, until: 48h, when: {skin: dark}, except: {mineral-paint: 12h}}"
    assert no(plan(rules), "mineral-paint") == ["20 Nov 16:30 to 22 Nov 16:30"]
    assert no(plan(rules, facts={"skin": ["dark"]}), "mineral-paint") == ["20 Nov 16:30 to 21 Nov 04:30"]


@pytest.mark.parametrize(
    ("exception", "ends", "waited_for"),
    [
        pytest.param("72h", "23 Nov 16:30", [], id="longer than the rule"),
        pytest.param("redness-gone", "24 Nov 00:00", ["redness-gone"], id="waiting for what the rule doesn't"),
        pytest.param("12h..72h", "22 Nov 16:30", [], id="better not for longer"),
    ],
)
def test_an_exception_that_restricts_for_longer_counts_where_nobody_knows(
    plan: Planner, exception: str, ends: str, waited_for: list[str]
) -> None:
    made = plan(f"paint: {{avoid: paint, until: 48h, when: {{skin: dark}}, except: {{mineral-paint: {exception}}}}}")
    found = window(made, "mineral-paint")
    assert (shown(found.end), waits(found)) == (ends, waited_for)
    assert shown(max(found.end, found.better_until)) in ("23 Nov 16:30", "24 Nov 00:00")
    assert (found.rules, found.overruled, found.unsure) == (("paint",), (), ("skin",))


@pytest.mark.parametrize(
    ("end", "exception", "holds"),
    [
        pytest.param("48h", "next-session - 2d", ["20 Nov 16:30 to 22 Nov 16:30"], id="the exception isn't planned"),
        pytest.param("next-session - 2d", "72h", ["20 Nov 16:30 to 23 Nov 16:30"], id="the rule isn't planned"),
    ],
)
def test_an_exception_counts_beside_what_is_not_planned(
    plan: Planner, end: str, exception: str, holds: list[str]
) -> None:
    made = plan(f"paint: {{avoid: paint, until: {end}, when: {{skin: dark}}, except: {{mineral-paint: {exception}}}}}")
    assert no(made, "mineral-paint") == holds


def test_an_exception_that_waits_where_the_rule_does_not_counts_where_nobody_knows(plan: Planner) -> None:
    made = plan("paint: {avoid: paint, until: 5d, when: {skin: dark}, except: {mineral-paint: redness-gone}}")
    found = window(made, "mineral-paint")
    assert (shown(found.end), waits(found)) == ("26 Nov 00:00", ["redness-gone"])


def test_a_default_decides_like_an_answer_and_what_it_leaves_out_is_named_if_it_would_last_longer(
    plan: Planner,
) -> None:
    made = plan(
        "gym: {avoid: gym, until: 24h}\n"
        "longer: {avoid: gym, until: 48h, when: {tool: laser}}\n"
        "shorter: {avoid: gym, until: 12h, when: {tool: laser}}\n"
        "heat: {avoid: heat, until: 2d, when: {tool: laser}}"
    )
    assert no(made, "gym") == ["20 Nov 16:30 to 21 Nov 16:30"]
    hints = {hint.rule: hint for hint in made.longer_if if hint.facts == ("tool",)}
    assert sorted(hints) == ["heat", "longer"]
    assert (shown(hints["longer"].now), shown(hints["longer"].then)) == ("21 Nov 16:30", "22 Nov 16:30")
    assert (hints["heat"].now, shown(hints["heat"].then)) == (None, "23 Nov 00:00")


def test_better_not_for_longer_is_named_too(plan: Planner) -> None:
    made = plan(
        "gym: {avoid: gym, until: 24h}\nmilder: {avoid: gym, until: 24h..7d, when: {tool: laser}}",
    )
    (hint,) = (hint for hint in made.longer_if if hint.rule == "milder")
    assert (shown(hint.now), shown(hint.then)) == ("21 Nov 16:30", "28 Nov 00:00")


def test_an_answer_that_was_given_leaves_no_hint(plan: Planner) -> None:
    made = plan("longer: {avoid: gym, until: 48h, when: {tool: laser}}", facts={"tool": ["pen"]})
    assert [hint for hint in made.longer_if if hint.rule == "longer"] == []


def test_what_an_unknown_fact_keeps_long_is_named(plan: Planner) -> None:
    made = plan("gym: {avoid: gym, until: 24h}\nlonger: {avoid: gym, until: 48h, when: {skin: dark}}")
    assert no(made, "gym") == ["20 Nov 16:30 to 22 Nov 16:30"]
    (hint,) = (hint for hint in made.shorter_if if hint.target == "gym")
    assert (hint.facts, shown(hint.now), shown(hint.then)) == (("skin",), "22 Nov 16:30", "21 Nov 16:30")


# Screening.

SCREENING = """\
screening:
  pills: {level: stop, when: {taken: pills}, within: 6mo, text: Not with these}
  jab: {level: postpone, when: {taken: jab}, within: 14d..3mo, text: Not so soon}
  lamp: {level: ask, when: {places: scalp}, text: Ask}
"""


@pytest.mark.parametrize(
    ("said", "level"),
    [
        pytest.param("pills", "stop", id="what goes on"),
        pytest.param("pills=2026-11-20", "stop", id="what goes on until that day"),
        pytest.param("pills=2026-12-01", "stop", id="what goes on for longer"),
        pytest.param("pills=2026-11-19", "postpone", id="what has ended is freed by a day"),
        pytest.param("pills=2026-05-21", "postpone", id="the last day within"),
        pytest.param("pills=2026-05-20", None, id="long enough ago"),
        pytest.param("jab", "ask", id="done, and nobody knows when"),
        pytest.param("jab=2026-11-07", "postpone", id="within the shorter time"),
        pytest.param("jab=2026-11-06", "ask", id="between the two"),
        pytest.param("jab=2026-08-20", None, id="longer ago than both"),
        pytest.param("none", None, id="another answer"),
    ],
)
def test_screening_counts_back_from_the_treatment(plan: Planner, said: str, level: str | None) -> None:
    made = plan("gym: {avoid: gym}", facts={"taken": [said]}, more=SCREENING)
    assert next((found.level for found in made.findings), None) == level


def test_the_gravest_of_several_answers_counts(plan: Planner) -> None:
    more = SCREENING.replace("when: {taken: pills}", "when: {taken: [pills, jab]}")
    made = plan("gym: {avoid: gym}", facts={"taken": ["pills", "jab=2020-01-01"]}, more=more)
    assert [found.level for found in made.findings] == ["stop"]


def test_screening_that_nobody_answered_is_listed(plan: Planner) -> None:
    made = plan("gym: {avoid: gym}", more=SCREENING)
    assert {"pills", "lamp"} <= {screening.id for screening in made.unanswered}
    assert not {"pills", "lamp"} & {found.screening.id for found in made.findings}


@pytest.mark.parametrize("level", ["stop", "postpone", "ask", "tell"])
def test_an_answer_that_never_has_a_date_keeps_its_level(plan: Planner, level: str) -> None:
    more = f"screening: {{pills: {{level: {level}, when: {{skin: dark}}, within: 6mo, text: Not with these}}}}\n"
    made = plan("gym: {avoid: gym}", facts={"skin": ["dark"]}, more=more)
    assert [found.level for found in made.findings] == [level]


def test_screening_within_hours_counts_whole_days(plan: Planner) -> None:
    more = "screening: {pills: {level: stop, when: {skin: dark}, within: 36h, text: Not with these}}\n"
    levels = [
        [found.level for found in plan("gym: {avoid: gym}", facts={"skin": [said]}, more=more).findings]
        for said in ("dark=2026-11-18", "dark=2026-11-19")
    ]
    assert levels == [[], ["postpone"]]


def test_the_gravest_finding_comes_first(plan: Planner) -> None:
    made = plan("gym: {avoid: gym}", facts={"taken": ["pills"], "places": ["scalp"]}, more=SCREENING)
    assert [found.level for found in made.findings] == ["stop", "ask"]


def test_the_order_of_answers_says_nothing(plan: Planner) -> None:
    rule_set = plan.rules("gym: {avoid: gym, until: 24h..48h, when: {places: face}}")
    treatment = make_treatment(date(2026, 11, 20), None, LONDON)
    one, other = (
        build_timeline(rule_set, treatment, read_facts(rule_set, {"places": places}))
        for places in (["face", "scalp"], ["scalp", "face"])
    )
    assert one == other
    assert better_not(one, "gym") == ["22 Nov 00:00 to 23 Nov 00:00"]


def test_naming_one_answer_of_an_open_list_denies_none_of_the_others() -> None:
    rules = load_rules()
    some = read_facts(rules, {"condition": ["rosacea"]})
    assert some.partial == {"condition"}
    condition = rules.screenings["eczema"].when
    assert condition.judge(some)[0] is Truth.UNKNOWN
    assert condition.judge(read_facts(rules, {"condition": ["none"]}))[0] is Truth.NO
    assert condition.judge(read_facts(rules, {"condition": ["eczema"]}))[0] is Truth.YES


RESTRICTED = "gym: {avoid: gym, until: 24h}\nlonger: {avoid: gym, until: 5d, when: {taken: pills}}"


def test_what_only_one_answer_frees_is_kept_where_nobody_knows(plan: Planner) -> None:
    made = plan(RESTRICTED.replace("{taken: pills}", "{taken: {not: pills}}"), more=SCREENING)
    assert no(made, "gym") == ["20 Nov 16:30 to 26 Nov 00:00"]


@pytest.mark.parametrize(
    ("said", "end"),
    [
        pytest.param((), "21 Nov 16:30", id="nothing declared"),
        pytest.param(("jab",), "21 Nov 16:30", id="something else declared"),
        pytest.param(("pills",), "26 Nov 00:00", id="what goes on"),
        pytest.param(("pills=2026-11-01",), "26 Nov 00:00", id="what ended lately"),
        pytest.param(("pills=2026-05-20",), "21 Nov 16:30", id="what ended longer ago than the check counts"),
    ],
)
def test_what_an_illness_forbids_is_forbidden_to_whoever_declared_it(
    plan: Planner, said: tuple[str, ...], end: str
) -> None:
    made = plan(RESTRICTED, facts={"taken": said}, more=SCREENING)
    assert no(made, "gym") == [f"20 Nov 16:30 to {end}"]
