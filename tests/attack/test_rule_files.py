"""Rule files made of noise: each is refused with its problems, or makes plans in every format."""

import time as clock
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack.strength import mutated, tried, tries
from needlecare import RuleSetError, build_timeline, load_rules, make_treatment, read_facts, render
from running import PLAN, TESTS, run
from support import RULES

FILES = [
    path.read_bytes()
    for path in (
        *sorted((RULES / "examples").glob("*.yaml")),
        *sorted((RULES / "microneedling").glob("*.yaml")),
        *sorted((TESTS / "broken").glob("*.yaml")),
        TESTS / "golden" / "sheet.yaml",
        Path(load_rules.__code__.co_filename).with_name("starter.yaml"),
    )
]
# The words of rule files in places where they don't belong.
KEYS = """
    ruleset extends words-from source sources when core rules switched-off screening sessions activities signs moments
    facts events cases kinds clinic batch avoid do allow expect prepare call until from for days at by every times
    except says if because lasting while eases worry-after unless-told level within count overdue then label under aka
    usual clock day ask answers default number several medicine urgency who groups rank short areas small-words due
""".split()  # noqa: SIM905  a list of words reads best as words
VALUES = (
    *("24h", "3d", "1d..3d", "48h and redness-gone", "calm + 2d", "makeup ends", "always", "before", "none", "true"),
    *("4..6", "every 6mo", "2 a day", "at least 2w", "up to 3d", "0..3", "-3..-1", "22:00", "microneedling", "face"),
    *("makeup", "redness", "retinoids", "prescribed", "99999999d", "9" * 30, "", " ", "{", "é", "\u202e", "\x1b"),
)
TREES = st.recursive(
    st.sampled_from([*KEYS, *VALUES]) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*KEYS, *VALUES, "makeup"]), inner, max_size=6)
    ),
    max_leaves=40,
)


def survives(folder: Path, data: bytes) -> None:
    path = folder / "set.yaml"
    path.write_bytes(data)
    rule_set, said = tried(lambda: load_rules(str(path)))
    if rule_set is None:
        assert said.count("\n") < 2000
        return
    for at in (time(23, 30), None):
        treatment = make_treatment(date(2026, 3, 28), at, ZoneInfo("Europe/London"))
        timeline = build_timeline(rule_set, treatment, read_facts(rule_set, {}))
        for name in ("text", "json", "ics", "html", "md", "csv") if at else ("json", "text"):
            render(timeline, name).encode()


@tries(5)
@given(data=mutated(FILES))
def test_a_spoiled_file_is_refused_or_makes_plans(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    survives(tmp_path_factory.getbasetemp(), data)


@tries(4)
@given(tree=st.dictionaries(st.sampled_from(KEYS), TREES, max_size=6))
def test_rules_in_wrong_places_are_refused_or_make_plans(
    tree: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    survives(tmp_path_factory.getbasetemp(), _as_yaml(tree).encode(errors="replace"))


@tries(4)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_noise_is_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    survives(tmp_path_factory.getbasetemp(), data)


RULE = st.fixed_dictionaries(
    {},
    optional={
        **{
            verb: st.sampled_from(["makeup", "sauna", "redness", "[makeup, gym]", "hat"])
            for verb in ("avoid", "do", "allow", "expect")
        },
        **{
            key: st.sampled_from(VALUES[:24])
            for key in ("from", "until", "for", "days", "at", "every", "times", "eases", "worry-after", "if", "due")
        },
    },
)


@tries(5)
@given(rules=st.lists(RULE, min_size=1, max_size=4))
def test_rules_of_odd_bounds_are_refused_or_make_plans(
    rules: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [
        f"  r{number}: {{{', '.join(f'{key}: {value}' for key, value in rule.items())}}}"
        for number, rule in enumerate(rules)
    ]
    text = "\n".join(["sources: {s: S}", "source: s", "extends: microneedling", "rules:", *lines])
    survives(tmp_path_factory.getbasetemp(), text.encode(errors="replace"))


def _as_yaml(tree: object) -> str:
    import json

    return json.dumps(tree, ensure_ascii=False)


def entries(section: str, number: int, line: str, last: str = "") -> str:
    """Write *number* entries; in *line* `N` is the number of an entry, `M` of the one before."""
    lines = [f"  {line}\n".replace("N", str(one)).replace("M", str(one - 1)) for one in range(1, number + 1)]
    return f"source: sheet\nsources: {{sheet: Our sheet}}\n{section}:\n{''.join(lines)}{last}"


def listed(number: int) -> str:
    return ", ".join(f"x{one}" for one in range(number))


TWO_PARENTS = "aN: {under: [aM, bM]}\n  bN: {under: [aM, bM]}"
# Each took from ten seconds to for ever when what one entry cost grew with the number of entries.
LARGE = {
    "two parents on each of 100 levels": (entries("activities", 100, TWO_PARENTS, "  a0: {}\n  b0: {}\n"), ""),
    "two parents on each of 8,000 levels": (
        entries("activities", 8000, TWO_PARENTS, "  a0: {}\n  b0: {}\n"),
        "the activities are part of each other more than 500,000 times over; use fewer levels of `under`",
    ),
    "800 levels": (entries("activities", 800, "aN: {under: aM}", "  a0: {}\n"), ""),
    "40,000 levels": (entries("activities", 40_000, "aN: {under: aM}", "  a0: {}\n"), "the activities are part of"),
    "a circle of 20,000 activities": (
        entries("activities", 20_000, "aN: {under: aM}", "  a0: {under: a20000}\n"),
        "`a1` leads back to itself: a1 → a0 → a20000 → a19999 → a19998 → a19997 → … → a1",
    ),
    "a circle of 20,000 moments": (
        entries("moments", 20_000, "aN: {usual: aM + 1d}", "  a0: {usual: a20000 + 1d}\n"),
        "`a1` leads back to itself: a1 → a0 → ",
    ),
    "15,000 rules on activities that nobody knows": (
        entries("rules", 15_000, "aN: {do: xN}"),
        ":1004:15: from here on, 14,000 more problems",
    ),
    "20,000 rules on an activity that nobody knows": (
        entries("rules", 20_000, "aN: {do: x}"),
        "from here on, 19,000 more problems",
    ),
    "one rule on 30,000 activities that nobody knows": (
        entries("rules", 1, f"one: {{avoid: [{listed(30_000)}], until: 1d}}"),
        "from here on, 29,000 more problems",
    ),
    "6,000 rules until something that nobody knows": (
        entries("rules", 6_000, "aN: {avoid: sauna, until: 48h and xN}"),
        "from here on, 5,000 more problems",
    ),
    "15,000 signs to expect and 15,000 to call for": (
        entries(
            "rules",
            7500,
            "aN: {expect: e-N}\n  bN: {call: c-N, urgency: today}",
            "core: true\n" + entries("signs", 7500, "e-N: {}\n  c-N: {}").partition("\n")[2].partition("\n")[2],
        ),
        "",
    ),
    "a condition of a whole file on 5,000 facts": (
        f"when: {{{listed(5000).replace(',', ': a,')}: a}}\n" + entries("rules", 5000, "aN: {avoid: sauna, until: 1d}"),
        "`when` names 5,000 facts; at most 40 may stand there",
    ),
    "5,000 sources of a whole file": (
        entries("rules", 5000, "aN: {avoid: sauna, until: 1d}").replace(
            "source: sheet", f"source: [{listed(5000)}]", 1
        ),
        "`source` of a file names 5,000 sources; at most 20 may stand there",
    ),
    "5,000 rules without a verb": (entries("rules", 5000, "aN: {until: 1d}"), "from here on, 4,000 more problems"),
    "20,000 keys, each twice": (entries("kinds", 20_000, "aN: 1") + "  a20000: 1\n" * 20_000, "stands twice, first in"),
}


@pytest.mark.parametrize(("text", "said"), LARGE.values(), ids=LARGE)
def test_a_large_file_loads_or_is_refused_at_once(text: str, said: str, tmp_path: Path) -> None:
    assert len(text) < 1_100_000
    path = tmp_path / "set.yaml"
    path.write_text(text, encoding="utf-8")
    began = clock.process_time()
    try:
        load_rules(str(path))
        refused = ""
    except RuleSetError as error:
        refused = str(error)
    # Within two seconds on a machine that does nothing else.
    assert clock.process_time() - began < 4
    assert bool(refused) == bool(said)
    assert said in refused


@pytest.mark.parametrize("name", ["two parents on each of 100 levels", "800 levels"])
def test_activities_of_many_levels_are_planned_and_linted_at_once(name: str, tmp_path: Path) -> None:
    text, _ = LARGE[name]
    last = "a100" if "100" in name else "a800"
    path = tmp_path / "set.yaml"
    path.write_text(
        f"{text}rules: {{one: {{avoid: a0, until: 2d}}, two: {{do: {last}, days: 3..4}}}}\n", encoding="utf-8"
    )
    began = clock.process_time()
    linted = run("rules", "lint", str(path))
    planned = run(*PLAN, "--rules", str(path))
    assert clock.process_time() - began < 4
    assert (linted.code, planned.code) == (0, 0)
    assert "nothing wrong" in linted.out


def test_advice_on_thousands_of_conditions_ends(tmp_path: Path) -> None:
    facts = f"facts: {{kind: {{ask: Which?, answers: [{listed(3000)}]}}}}\n"
    path = tmp_path / "set.yaml"
    path.write_text(
        facts + entries("rules", 3000 - 1, "aN: {avoid: sauna, until: 2d, when: {kind: xN}}"), encoding="utf-8"
    )
    began = clock.process_time()
    assert "there are too many conditions to try every rule" in run("rules", "lint", str(path)).out
    assert clock.process_time() - began < 4


@pytest.mark.parametrize("role", ["dated", "lasting"])
def test_small_words_of_a_clinic_are_text_and_no_pattern(role: str, tmp_path: Path) -> None:
    path = tmp_path / "clinic.yaml"
    path.write_text(
        f'ruleset: clinic\nversion: "1"\nextends: microneedling\nsmall-words: {{{role}: ["(had", "a+"]}}\n',
        encoding="utf-8",
    )
    asked = ("--date", "2026-11-20", "--time", "16:30", "--now", "2026-11-21T09:00", "--rules", str(path))
    assert run("normal", "red", "since", "yesterday", *asked).code == 0
    assert run("can", "run", "yesterday", *asked).code == 1
