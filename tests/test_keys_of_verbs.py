"""A key of a rule reaches a view for its verb, or it is an error: nothing that somebody writes is lost in silence."""

import json
from pathlib import Path

import pytest

from needlecare import RuleSetError, load_rules
from needlecare.model.ruleset import VERBS
from needlecare.rules.fields import RULE, Mark, marked
from running import PLAN, run, write

RULES = {
    "avoid": "avoid: swimming, until: 2d",
    "ask": "ask: swimming, who: your midwife, when: {condition: pregnancy}",
    "do": "do: drinking-water, until: 2d",
    "allow": "allow: drinking-water, from: 0h",
    "expect": "expect: itching, until: 2d",
    "prepare": "prepare: eating-before, at: before",
    "call": "call: pus, urgency: today",
}
WORDS = {word: f"a remark on {word}" for word in marked(RULE, Mark.WORD)}
# They have an effect, and no word of their own.
OTHERS = {
    "eases": "24h",
    "worry-after": "3d",
    "except": "{}",
    "urgency": "today",
    "usual": "default",
    "due": "1d before",
}
WITH_AN_EFFECT = {
    "avoid": {"except"},
    "ask": set(),
    "do": set(),
    "allow": set(),
    "expect": {"eases", "worry-after", "usual"},
    "prepare": {"due"},
    "call": {"worry-after", "except", "urgency"},
}


def write_rule(folder: Path, verb: str, keys: dict[str, str]) -> str:
    text = "".join(f", {key}: {value}" for key, value in keys.items() if f"{key}:" not in RULES[verb])
    return str(write(folder, f"source: ours\nsources: {{ours: Ours}}\nrules:\n  mine: {{{RULES[verb]}{text}}}\n"))


def refused(sheet: str) -> set[str]:
    with pytest.raises(RuleSetError) as raised:
        load_rules(sheet)
    parts = [line.partition("` belongs to ")[0].rpartition("`")[2] for line in raised.value.problems]
    return {part for part in parts if part in WORDS | OTHERS}


@pytest.mark.parametrize("verb", VERBS)
def test_a_key_reaches_a_view_for_its_verb_or_is_an_error(verb: str, tmp_path: Path) -> None:
    gone = refused(write_rule(tmp_path, verb, WORDS | OTHERS))
    assert OTHERS.keys() - gone == WITH_AN_EFFECT[verb]
    words = {word: text for word, text in WORDS.items() if word not in gone}
    sheet = write_rule(tmp_path, verb, words)
    shown = json.dumps(run(*PLAN, "--condition", "pregnancy", "--rules", sheet, "--format", "json").record)
    assert [word for word, text in words.items() if text not in shown] == []
