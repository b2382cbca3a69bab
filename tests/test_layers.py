"""A clinic's own set: laid over a shipped one entry by entry, or standing on its own with the words and the core."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from needlecare import RuleSet, RuleSetError, Timeline, build_timeline, load_rules, make_treatment, read_facts
from support import listed

Layer = Callable[..., RuleSet]
EXTENDS = "extends: microneedling\nsources: {sheet: {title: Our sheet, kind: clinic}}\nsource: sheet\n"
ALONE = "words-from: microneedling\nsources: {sheet: {title: Our sheet, kind: clinic}}\nsource: sheet\n"


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    """Load a rule set written as YAML text; several texts are files of one folder."""

    def load(*texts: str) -> RuleSet:
        folder = tmp_path / f"our-sheet-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"part{number}.yaml").write_text(text, encoding="utf-8")
        return load_rules(str(folder if len(texts) > 1 else folder / "part0.yaml"))

    return load


def plan_of(rule_set: RuleSet) -> Timeline:
    treatment = make_treatment(date(2026, 11, 20), None, ZoneInfo("Europe/London"))
    return build_timeline(rule_set, treatment, read_facts(rule_set, {}))


def test_conditions_of_the_base_are_read_by_the_facts_of_the_whole_set(layer: Layer) -> None:
    assert load_rules().facts["area"].answers
    with pytest.raises(RuleSetError, match="`area` is a number: write over"):
        layer(f"{EXTENDS}facts: {{area: {{number: 0.1..3, default: 1}}}}\n")


def test_extending_with_nothing_changes_nothing(layer: Layer) -> None:
    shipped, ours = load_rules(), layer("extends: microneedling\n")
    assert ours.digest == shipped.digest
    assert (ours.rules, ours.screenings, ours.spacings) == (shipped.rules, shipped.screenings, shipped.spacings)
    assert (ours.activities, ours.signs, ours.moments, ours.facts, ours.sources) == (
        *(shipped.activities, shipped.signs, shipped.moments, shipped.facts, shipped.sources),
    )
    assert (ours.notice, ours.open_ends_at, ours.changed_core) == (shipped.notice, shipped.open_ends_at, ())


def test_a_changed_rule_keeps_the_fields_that_the_change_does_not_name(layer: Layer) -> None:
    shipped = load_rules().rules["makeup"]
    ours = layer(EXTENDS + "rules: {makeup: {until: 72h}}\n").rules["makeup"]
    assert str(ours.end) == "72h"
    assert (ours.verb, ours.targets, ours.when) == (shipped.verb, shipped.targets, shipped.when)
    assert set(shipped.says) < set(ours.says)
    assert ours.says[0] == ("sheet", "72h", "")


BASE = (
    "rules: {gym: {avoid: gym, until: 24h, because: one day will do, by: Dr B, roughly: a day, note: Wait a day, "
    "how: slowly, source: sheet}}\n"
)


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("until: 48h", "how, note"),
        ("days: 0..2", "how, note"),
        ("do: gym", "how, note"),
        ("until: 48h, because: two are better", "because, how, note"),
        ("until: 24h", "because, by, how, note, roughly"),
        ("how: at once", "because, by, how, note, roughly"),
        ("when: {skin-type: II}", "because, by, how, note, roughly"),
        ('note: "", because: ""', "by, how, roughly"),
    ],
)
def test_reasons_go_with_the_value_that_they_explain(tmp_path: Path, change: str, kept: str) -> None:
    words = "activities: {gym: {label: the gym}}\n"
    (tmp_path / "base.yaml").write_text(f"ruleset: base\n{EXTENDS}{words}{BASE}", encoding="utf-8")
    top = tmp_path / "top.yaml"
    top.write_text(f"ruleset: top\nextends: base.yaml\nrules: {{gym: {{{change}}}}}\n", encoding="utf-8")
    assert ", ".join(sorted(load_rules(str(top)).rules["gym"].words)) == kept


def test_a_named_field_is_replaced_whole(tmp_path: Path) -> None:
    house = "rules: {bare: {avoid: [makeup, self-tan], until: 24h, when: {technique: pen, area: face}}}\n"
    (tmp_path / "house.yaml").write_text(EXTENDS + house)
    (tmp_path / "mine.yaml").write_text("extends: house.yaml\nrules: {bare: {avoid: sauna, when: {area: scalp}}}\n")
    ours = load_rules(str(tmp_path / "mine.yaml")).rules["bare"]
    assert ours.targets == ("sauna",)
    assert [(test.fact, test.answers) for test in ours.when.tests] == [("area", ("scalp",))]


def test_an_empty_text_takes_a_field_away(tmp_path: Path) -> None:
    house = "rules: {red: {expect: redness, until: 2d, worry-after: 3d, when: {technique: pen}}}\n"
    (tmp_path / "house.yaml").write_text(EXTENDS + house)
    (tmp_path / "mine.yaml").write_text('extends: house.yaml\nrules: {red: {until: 4d, worry-after: "", when: ""}}\n')
    ours = load_rules(str(tmp_path / "mine.yaml")).rules["red"]
    assert (str(ours.end), ours.worry_after, ours.when.tests) == ("4d", None, ())


def test_the_words_of_a_red_flag_are_not_taken_away(layer: Layer) -> None:
    with pytest.raises(RuleSetError, match="`infection` is a red flag; you may change its words"):
        layer(EXTENDS + 'rules: {infection: {text: ""}}\n')


@pytest.mark.parametrize(
    ("below", "change", "span"),
    [
        ("avoid: makeup, from: 2h, until: 48h", "days: 0..1", "days 0..1"),
        ("avoid: makeup, days: 0..2", "until: 3d", "3d"),
        ("avoid: makeup, for: 2h", "until: 3d", "3d"),
        ("prepare: makeup, from: 2d before, until: 1d before", "at: before", "at: before"),
        ("prepare: makeup, at: before", "due: 2d before", "2d before"),
        ("prepare: makeup, due: 2d before", "until: 1d before", "1d before"),
    ],
)
def test_a_window_replaces_what_says_it_in_another_way(tmp_path: Path, below: str, change: str, span: str) -> None:
    (tmp_path / "house.yaml").write_text(EXTENDS + f"rules: {{bare: {{{below}}}}}\n")
    (tmp_path / "mine.yaml").write_text(f"extends: house.yaml\nrules: {{bare: {{{change}}}}}\n")
    assert load_rules(str(tmp_path / "mine.yaml")).rules["bare"].span == span


def test_another_verb_replaces_the_first(layer: Layer) -> None:
    assert layer(EXTENDS + "rules: {swimming: {allow: swimming, from: 3d}}\n").rules["swimming"].verb == "allow"
    # What it has no use for goes with the first.
    assert load_rules().rules["makeup"].exceptions
    assert layer(EXTENDS + "rules: {makeup: {allow: makeup, from: 24h}}\n").rules["makeup"].exceptions == ()


def test_one_line_of_text_changes_the_label_alone(layer: Layer) -> None:
    shipped = load_rules().activities["silicone-gel"]
    ours = layer("extends: microneedling\nactivities: {silicone-gel: scar jelly}\n").activities["silicone-gel"]
    assert ours == shipped._replace(label="scar jelly")


@pytest.mark.parametrize(
    ("written", "section", "id_", "changed"),
    [
        ("activities: {hot-shower: {aka: [power shower]}}", "activities", "hot-shower", {"aka": ("power shower",)}),
        ("signs: {redness: {label: flushing}}", "signs", "redness", {"label": "flushing"}),
        ("moments: {bedtime: {label: your bedtime}}", "moments", "bedtime", {"label": "your bedtime"}),
        ("events: {wedding: {label: our wedding}}", "events", "wedding", {"label": "our wedding"}),
        ("events: {wedding: our wedding}", "events", "wedding", {"label": "our wedding"}),
        ("facts: {technique: {default: roller}}", "facts", "technique", {"default": "roller"}),
        ("sources: {wake: {year: 2026}}", "sources", "wake", {"year": "2026"}),
    ],
    ids=lambda value: value if isinstance(value, str) and ":" in value else "",
)
def test_a_word_that_is_there_keeps_the_fields_that_are_not_named(
    layer: Layer, written: str, section: str, id_: str, changed: dict[str, object]
) -> None:
    was, is_ = (
        getattr(rule_set, section)[id_] for rule_set in (load_rules(), layer(f"extends: microneedling\n{written}\n"))
    )
    assert is_ == was._replace(**changed) != was


def test_answers_are_added_and_changed_one_by_one(layer: Layer) -> None:
    ours = layer("extends: microneedling\nfacts: {add-on: {answers: {prp: our plasma, hydrogel: {aka: [gel]}}}}\n")
    shipped = {answer.id: answer for answer in load_rules().facts["add-on"].answers}
    assert {answer.id: answer for answer in ours.facts["add-on"].answers} == {
        "prp": shipped["prp"]._replace(label="our plasma"),
        "exosomes": shipped["exosomes"],
        "hydrogel": ("hydrogel", "hydrogel", ("gel",), "", ""),
    }
    listed = layer("extends: microneedling\nfacts: {add-on: {answers: [prp, hydrogel]}}\n").facts["add-on"]
    assert listed.answers == (*shipped.values(), ("hydrogel", "hydrogel", (), "", ""))


def test_a_rule_is_switched_off_with_a_reason(layer: Layer) -> None:
    ours = layer("extends: microneedling\nswitched-off: {swimming: {because: we advise in person}}\n")
    assert "swimming" in load_rules().rules
    assert "swimming" not in ours.rules
    assert ours.changed_core == ()


def test_the_core_is_narrowed_only_by_name_and_on_every_output(layer: Layer) -> None:
    ours = layer(EXTENDS + "rules: {sun: {until: 7d, because: it is winter here, by: Dr A}}\n")
    assert ours.changed_core == ("sun",)
    assert str(ours.rules["sun"].end) == "7d"
    assert layer("extends: microneedling\nswitched-off: {sun: {because: polar night, by: Dr A}}\n").changed_core == (
        "sun",
    )


def test_reasons_given_further_down_do_not_excuse_a_change_of_the_core(tmp_path: Path) -> None:
    (tmp_path / "first.yaml").write_text(EXTENDS + "rules: {sun: {until: 21d, because: so we say, by: Dr A}}\n")
    (tmp_path / "second.yaml").write_text("extends: first.yaml\nrules: {sun: {until: 1d}}\n")
    with pytest.raises(RuleSetError, match="`sun` is part of the core"):
        load_rules(str(tmp_path / "second.yaml"))


def test_a_red_flag_may_be_added_to(layer: Layer) -> None:
    ours = layer(EXTENDS + "rules: {cold-sore: {call: [cold-sore-flare, fever], text: Ring us at once.}}\n")
    flag = ours.rules["cold-sore"]
    assert (flag.urgency, flag.targets, flag.words["text"]) == (
        "today",
        ("cold-sore-flare", "fever"),
        "Ring us at once.",
    )


def test_a_red_flag_may_get_a_sign_that_a_rule_below_expects(layer: Layer) -> None:
    ours = layer(EXTENDS + "rules: {cold-sore: {call: [cold-sore-flare, swelling]}}\n")
    assert "swelling" in ours.rules["cold-sore"].targets


def test_a_condition_of_a_whole_file_does_not_narrow_a_red_flag(layer: Layer) -> None:
    ours = layer(EXTENDS + "when: {technique: roller}\nrules: {blisters: {text: Ring us at once.}}\n")
    assert ours.rules["blisters"].when == load_rules().rules["blisters"].when


def test_the_notice_stays_whatever_a_set_adds(layer: Layer) -> None:
    own, reviewed = load_rules().notice.split(" No clinician")
    for base in ("extends", "words-from"):
        said = layer(f"{base}: microneedling\nnotice: Ring us on 0123.\n").notice
        assert said == f"{own} Ring us on 0123. No clinician{reviewed}"


def test_why_a_set_is_urgent_holds_for_those_above_too(layer: Layer, tmp_path: Path) -> None:
    (tmp_path / "below.yaml").write_text(f"ruleset: below\n{EXTENDS}urgent: Two days, not one.\n", encoding="utf-8")
    for base in ("extends", "words-from"):
        plain, own = layer(f"{base}: ../below.yaml\n"), layer(f"{base}: ../below.yaml\nurgent: Ring us.\n")
        assert (plain.urgent, own.urgent) == ("Two days, not one.", "Ring us. Two days, not one.")
        assert own.digest == plain.digest
    assert load_rules().urgent == ""


@pytest.mark.parametrize("head", ["words-from: microneedling\n", "title: Our sheet\n"], ids=["words-from", "no base"])
def test_a_set_on_its_own_has_the_words_and_the_core_but_no_other_rules(layer: Layer, head: str) -> None:
    shipped, ours = load_rules(), layer(head)
    core = {id_ for id_, rule in shipped.rules.items() if rule.core}
    assert {"sun", "infection"} <= core < set(shipped.rules)
    assert set(ours.rules) == core
    assert set(ours.screenings) == {id_ for id_, screening in shipped.screenings.items() if screening.core}
    assert ours.spacings == {}
    assert (ours.activities, ours.signs, ours.facts) == (shipped.activities, shipped.signs, shipped.facts)
    assert plan_of(ours).red_flags == plan_of(shipped).red_flags


TWICE = "rules: {peel-day: {avoid: peel, until: 9d}}\nscreening: {peel-day: {level: ask, when: {condition: eczema}}}\n"
REASON = "{because: we see to it, by: Dr A}"


@pytest.fixture
def house(tmp_path: Path) -> Layer:
    """Load a rule set on top of one where `peel-day` is both a rule and a screening entry."""
    (tmp_path / "house.yaml").write_text(f"ruleset: house\n{EXTENDS}{TWICE}")

    def load(text: str) -> RuleSet:
        path = tmp_path / "mine.yaml"
        path.write_text(f"ruleset: mine\nextends: house.yaml\n{text}\n")
        return load_rules(str(path))

    return load


@pytest.mark.parametrize(
    ("written", "gone", "left"),
    [
        pytest.param("rules peel-day", "rules", "screenings", id="the rule"),
        pytest.param("screening peel-day", "screenings", "rules", id="the screening entry"),
    ],
)
def test_of_two_entries_with_one_id_the_one_that_is_meant_is_switched_off(
    house: Layer, written: str, gone: str, left: str
) -> None:
    ours = house(f"switched-off: {{{written}: {REASON}}}")
    assert "peel-day" not in getattr(ours, gone)
    assert "peel-day" in getattr(ours, left)


def test_both_entries_with_one_id_can_be_switched_off(house: Layer) -> None:
    ours = house(f"switched-off: {{rules peel-day: {REASON}, screening peel-day: {REASON}}}")
    assert not {"peel-day"} & {*ours.rules, *ours.screenings}


def test_an_id_that_could_be_either_is_not_switched_off(house: Layer) -> None:
    said = (
        r"mine.yaml:3:16: `peel-day` stands in rules and in screening; write `rules peel-day` or `screening peel-day`"
    )
    with pytest.raises(RuleSetError, match=said):
        house(f"switched-off: {{peel-day: {REASON}}}")


def test_a_screening_entry_with_the_id_of_a_red_flag_can_be_switched_off_and_every_output_says_so(
    layer: Layer,
) -> None:
    ours = layer(f"extends: microneedling\nswitched-off: {{screening infection: {REASON}}}\n")
    assert (ours.changed_core, "infection" in ours.rules, "infection" in ours.screenings) == (
        *(("infection",), True, False),
    )
    assert ours.changes == (("screening", "infection", "switched off", ours.id, "we see to it", "Dr A", True, ""),)
    with pytest.raises(RuleSetError, match=r"`rules infection` is a red flag and can't be switched off"):
        layer(f"extends: microneedling\nswitched-off: {{rules infection: {REASON}}}\n")


def test_a_set_of_its_own_reads_as_few_lines(layer: Layer) -> None:
    ours = layer(ALONE + "rules:\n  bare: {avoid: makeup, until: 24h}\n")
    windows = [window for window in plan_of(ours).windows if window.target == "makeup"]
    assert [ours.sayings(window.rules)[0].source for window in windows] == ["sheet"]


def test_the_condition_and_the_source_of_a_file_hold_for_each_of_its_rules(layer: Layer) -> None:
    ours = layer(ALONE + "when: {technique: roller}\nrules:\n  bare: {avoid: makeup, until: 24h}\n")
    assert [test.answers for test in ours.rules["bare"].when.tests] == [("roller",)]
    assert [saying.source for saying in ours.rules["bare"].says] == ["sheet"]


def test_a_rule_set_can_stand_on_one_that_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_text(EXTENDS + "ruleset: house\nrules: {makeup: {until: 72h}}\n")
    (tmp_path / "mine.yaml").write_text("ruleset: mine\nextends: house.yaml\nrules: {swimming: {until: 7d}}\n")
    ours = load_rules(str(tmp_path / "mine.yaml"))
    assert (ours.id, str(ours.rules["makeup"].end), str(ours.rules["swimming"].end)) == ("mine", "72h", "7d")
    assert (ours.rules["makeup"].origin, ours.rules["swimming"].origin) == ("house", "mine")


RULES = {
    "bare": "  bare: {avoid: makeup, until: 24h, note: bare skin}\n",
    "heat": "  heat: {until: 3d, avoid: [sauna, steam]}\n",
    "drink": "  drink: {do: shade, until: 7d}\n",
}


def test_the_hash_is_of_what_is_said_not_of_how_it_is_written(layer: Layer) -> None:
    one = layer(ALONE + "rules:\n" + "".join(RULES.values()))
    head = "sources: {sheet: {kind: clinic, title: Our sheet}}\n"
    other = layer(
        f"title: the same\nversion: '2'\n{head}source: sheet\nrules:\n{RULES['drink']}{RULES['bare']}",
        "source: sheet\nrules:\n  heat:\n    avoid: [sauna, steam]\n    # three days\n    until: '3d'\n",
    )
    assert other.digest == one.digest
    assert other.rules.keys() == one.rules.keys()
    assert [rule._replace(origin="") for rule in other.rules.values()] == [
        rule._replace(origin="") for rule in one.rules.values()
    ]


@pytest.mark.parametrize(
    "change",
    ["rules: {makeup: {until: 49h}}", "activities: {makeup: {aka: [paint]}}", "open-ends-at: calm", "notice: Ring us."],
)
def test_the_hash_changes_with_what_is_said(layer: Layer, change: str) -> None:
    assert layer(f"{EXTENDS}{change}\n").digest != layer(EXTENDS).digest


def test_an_id_stands_in_one_file_of_a_folder(layer: Layer) -> None:
    with pytest.raises(RuleSetError, match=r"part1.yaml:2:3: `bare` stands in .*part0.yaml line 5 too; keep one"):
        layer(ALONE + "rules:\n" + RULES["bare"], "rules:\n" + RULES["bare"])


def test_a_header_stands_in_one_file_of_a_folder(layer: Layer) -> None:
    with pytest.raises(RuleSetError, match=r"part1.yaml:1:1: `title` stands in another file of this folder too"):
        layer("title: One\n", "title: Other\n")


@pytest.mark.parametrize("default", ["2.5", "2.50", "2.5 mm"])
def test_a_number_that_is_assumed_decides_like_one_that_is_given(layer: Layer, default: str) -> None:
    ours = layer(f"{EXTENDS}facts: {{depth: {{default: {default}}}}}\n")
    treatment = make_treatment(date(2026, 11, 20), None, ZoneInfo("Europe/London"))
    assumed = build_timeline(ours, treatment, read_facts(ours, {}))
    given = build_timeline(load_rules(), treatment, read_facts(load_rules(), {"depth": "2.5"}))
    assert assumed.facts.assumed["depth"] == 2.5
    assert assumed.windows == given.windows


def test_what_was_changed_of_a_word_stands_with_the_changes(layer: Layer) -> None:
    ours = layer(
        "ruleset: ours\nextends: microneedling\n"
        "activities: {shower: {label: the bath, because: we have one, by: Dr A}, hot-shower: {aka: [power shower]}}\n"
        "signs: {redness: a flush}\n"
        "moments: {redness-gone: {label: no redness, usual: 0h}}\n"
    )
    assert ours.changed_core == ()
    said = listed(plan_of(ours)).partition("What was changed, and by whom\n")[2].splitlines()[:4]
    assert said == [
        "- the bath: activity shower (label lukewarm showers → the bath) changed by ours: we have one, by Dr A",
        "- a flush: sign redness (label redness → a flush) changed by ours",
        "- no redness: moment redness-gone (label no redness is left → no redness, usual 1d..3d → 0h) changed by ours",
        "",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param("sunbathing: {under: [exercise], ", "under sun → exercise", id="is no longer part of it"),
        pytest.param(
            "sun: {label: daylight, ", "label strong sun and tanning → daylight", id="is called something else"
        ),
        pytest.param("sunbathing: {aka: [], ", "", id="loses its other names"),
    ],
)
def test_an_activity_of_the_core_loses_protection_only_by_name_and_on_every_output(
    layer: Layer, change: str, said: str
) -> None:
    ours = layer(f"extends: microneedling\nactivities: {{{change}because: we asked, by: Dr A}}}}\n")
    id_ = change.partition(":")[0]
    assert ours.changes == (("activities", id_, "changed", ours.id, "we asked", "Dr A", True, said),)
    assert ours.changed_core == (id_,)
    assert f"This rule set changes a protected activity, {id_} by Dr A: we asked." in listed(plan_of(ours))


def test_more_names_may_be_given_to_a_sign_of_a_red_flag(layer: Layer) -> None:
    names = (*load_rules().signs["pus"].aka, "matter")
    ours = layer(f"extends: microneedling\nsigns: {{pus: {{aka: [{', '.join(names)}]}}}}\n")
    assert ours.signs["pus"].aka == names
