"""Laws of rule files: how a rule set is written, cut up and laid over changes neither its plan nor its hash."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from attack.strength import tries
from generated import rules, treatments
from needlecare import Rule, RuleSet, RuleSetError, Treatment, build_timeline, load_rules, read_facts, render
from support import ALLOW, AVOID, DO, EXPECT, PREPARE, WORDS

few = settings(tries(12), phases=[Phase.explicit, Phase.reuse, Phase.generate])
Written = dict[str, Any]


def spell(rule: Rule) -> Written:
    """Write a rule as a rule set does."""
    said: Written = {rule.verb: list(rule.targets), "text": "what it says"}
    if rule.days is not None:
        said["days"] = f"{rule.days[0]}..{rule.days[1]}"
    else:
        bounds = {"from": rule.start, "until": rule.end, "for": rule.lasts}
        said.update({key: str(bound) for key, bound in bounds.items() if bound is not None})
    if rule.when.tests:
        said["when"] = spell_condition(rule)
    if rule.exceptions:
        said["except"] = {activity: str(end) for activity, end in rule.exceptions}
    if rule.worry_after is not None:
        said["worry-after"] = str(rule.worry_after)
    return said


def spell_condition(rule: Rule) -> Written:
    (test,) = rule.when.tests
    if test.low is not None:
        return {test.fact: f"at least {test.low:g}"}
    answers = sorted(test.answers)
    return {test.fact: {"not": answers} if test.negated else answers}


def shuffled(data: st.DataObject, value: Any) -> Any:
    """Put the keys of all mappings in another order; lists stay as they are."""
    if isinstance(value, dict):
        return {key: shuffled(data, value[key]) for key in data.draw(st.permutations(list(value)))}
    return value


def load(*files: Mapping[str, Any], flow: bool = False) -> RuleSet:
    """Load a rule set that is written as one file or as a folder of several."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "set"
        folder.mkdir()
        for number, file in enumerate(files):
            text = yaml.safe_dump(dict(file), sort_keys=False, default_flow_style=flow, width=200)
            (folder / f"part{number}.yaml").write_text(text, encoding="utf-8")
        return load_rules(str(folder if len(files) > 1 else folder / "part0.yaml"))


def planned(rule_set: RuleSet, treatment: Treatment) -> Written:
    """Give what the plan comes to, without how the rule set is called."""
    record: Written = json.loads(render(build_timeline(rule_set, treatment, read_facts(rule_set, {})), "json"))
    del record["ruleset"]["id"], record["ruleset"]["version"]
    return record


SHIPPED, EXTENDED = load_rules(), load({"ruleset": "ours", "extends": "microneedling"})


@st.composite
def documents(draw: st.DrawFn) -> Written:
    """Make a rule file of `WORDS` with some rules that can be loaded."""
    written: Written = yaml.load(WORDS, yaml.BaseLoader)  # noqa: S506  a loader that makes text alone
    verbs = (AVOID, AVOID, ALLOW, DO, EXPECT, PREPARE)
    drawn = draw(st.lists(rules(verbs, ended=False), min_size=2, max_size=5, unique_by=lambda rule: rule.id))
    return {**written, "rules": {rule.id: spell(rule) for rule in drawn}}


def read(document: Written, *, flow: bool = False) -> RuleSet:
    """Load a document, if it can be: some rules that are drawn are over before they begin."""
    try:
        return load(document, flow=flow)
    except RuleSetError as error:
        assume("before it begins" not in str(error))
        raise


@few
@given(documents(), treatments(), st.data())
def test_the_order_of_rules_and_keys_and_the_way_of_writing_say_nothing(
    document: Written, treatment: Treatment, data: st.DataObject
) -> None:
    one, other = read(document), read(shuffled(data, document), flow=data.draw(st.booleans(), "flow"))
    assert other.digest == one.digest
    assert planned(other, treatment) == planned(one, treatment)


@few
@given(documents(), treatments(), st.data())
def test_into_which_files_a_set_is_cut_says_nothing(
    document: Written, treatment: Treatment, data: st.DataObject
) -> None:
    files: list[Written] = [{"source": document["source"]} for _ in range(3)]
    for section, entries in document.items():
        if section in ("ruleset", "source"):
            files[0][section] = entries
            continue
        for id_, entry in entries.items():
            data.draw(st.sampled_from(files), id_).setdefault(section, {})[id_] = entry
    one, cut = read(document), load(*files)
    assert cut.digest == one.digest
    assert planned(cut, treatment) == planned(one, treatment)


@few
@given(documents(), treatments())
def test_extending_any_set_with_nothing_changes_nothing(document: Written, treatment: Treatment) -> None:
    one = read(document)
    with TemporaryDirectory() as folder:
        base, ours = Path(folder) / "base.yaml", Path(folder) / "ours.yaml"
        base.write_text(yaml.safe_dump(document), encoding="utf-8")
        ours.write_text("ruleset: ours\nextends: base.yaml\n", encoding="utf-8")
        extended = load_rules(str(ours))
    assert (extended.digest, extended.rules) == (one.digest, one.rules)
    assert planned(extended, treatment) == planned(one, treatment)


@few
@given(treatments())
def test_extending_the_shipped_rules_with_nothing_changes_no_plan(treatment: Treatment) -> None:
    seen = {name: seen for name, seen in treatment.seen.items() if name in SHIPPED.moments}
    assert planned(EXTENDED, treatment._replace(seen=seen)) == planned(SHIPPED, treatment._replace(seen=seen))


@few
@given(documents())
def test_a_rule_reads_back_as_it_was_written(document: Written) -> None:
    rule_set = read(document)
    for id_, written in document["rules"].items():
        implied = {"until": "treatment"} if PREPARE in written else {}
        assert {**implied, **spell(rule_set.rules[id_])} == {**implied, **written}
