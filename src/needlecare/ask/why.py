"""Why an answer is what it is: every rule and source behind it, how far they lie apart, and what lost."""

from collections.abc import Iterable
from typing import NamedTuple

from needlecare.ask.lookup import Meaning
from needlecare.model.bounds import parse_bound
from needlecare.model.plan import Timeline, Window
from needlecare.model.ruleset import Rule, Saying, Source


class Voice(NamedTuple):
    """What one source says of one rule; *used* tells whether it is the value that the rule takes."""

    rule: str
    source: Source
    saying: Saying
    used: bool


class Reasons(NamedTuple):
    """Everything behind what is said of one thing.

    *windows* are what holds; *rules* what made them, the deciding ones first; *lost* those that a stricter one beats.
    *spread* is the shortest and the longest end that a source gives, as they are written. *voices_count* counts
    sources that copy one template as one.
    """

    meaning: Meaning
    timeline: Timeline
    windows: tuple[Window, ...]
    rules: tuple[Rule, ...]
    lost: tuple[Rule, ...]
    voices: tuple[Voice, ...]
    spread: tuple[str, str] | None
    voices_count: int


def find_reasons(timeline: Timeline, meaning: Meaning) -> Reasons:
    """Gather the reasons for what the plan says of the activities or signs that *meaning* names."""
    rule_set = timeline.rule_set
    windows = tuple(_windows(timeline, meaning))
    made = list(dict.fromkeys(rule for window in windows for rule in window.rules))
    beaten = dict.fromkeys(one.rule for window in windows for one in window.overruled if one.rule not in made)
    voices = tuple(
        Voice(rule.id, rule_set.sources[saying.source], saying, rule.value in saying.value)
        for rule in (rule_set.rules[id_] for id_ in (*made, *beaten))
        for saying in sorted(rule.says, key=lambda one: rule_set.by_weight[one.source])
    )
    return Reasons(
        meaning,
        timeline,
        windows,
        tuple(rule_set.rules[id_] for id_ in made),
        tuple(rule_set.rules[id_] for id_ in beaten),
        voices,
        _spread(voice.saying.value for voice in voices),
        len({voice.source.family or voice.source.id for voice in voices}),
    )


def _windows(timeline: Timeline, meaning: Meaning) -> Iterable[Window]:
    for one in meaning.ids:
        if one in timeline.rule_set.signs:
            yield from (window for window in timeline.windows if window.target == one)
            continue
        own = timeline.windows_on(one)
        parts = [part for part in timeline.rule_set.family([one]) if part in timeline.reached]
        yield from own or (window for part in parts for window in timeline.windows_on(part))
        related = {*timeline.rule_set.lineage[one], *parts}
        yield from (window for window in timeline.windows if window.target in related and window.kind != "avoid")


def _spread(values: Iterable[str]) -> tuple[str, str] | None:
    """Give the shortest and the longest value that is a plain length of time after the treatment."""
    lengths = []
    for value in values:
        text = value.removeprefix("until ").removeprefix("allow ").removeprefix("avoid ").partition(";")[0]
        bound = parse_bound(text.strip())
        if bound is None or len(bound.terms) == 0 or bound.terms[0].moment != "treatment" or bound.terms[0].sign < 0:
            continue
        stretch = bound.terms[0].offset
        lengths.append((stretch.near.rough_length, str(stretch.near)))
        lengths.append((stretch.far.rough_length, str(stretch.far)))
    return (min(lengths)[1], max(lengths)[1]) if lengths else None
