"""Advice on what a rule set changes of those that it extends."""

import re
from collections.abc import Iterator

from needlecare.lint.sample import SAMPLE, satisfying
from needlecare.model.facts import Truth
from needlecare.model.ruleset import EXPECT, Rule, RuleSet, Spacing
from needlecare.rules.layers import Layer
from needlecare.rules.places import Problems
from needlecare.sessions import deciding_spacing
from needlecare.timeline import build_timeline

_WINDOW = ("from", "until", "for", "at", "due", "days", "eases", "worry-after")
# Words that may tell how long; `because` and the like go with the value that they explain.
_TELLING = ("text", "how", "instead", "why", "note", "prefer", "if-broken")
# How long or when, in words or figures; “twice a day” and “every night” tell how often.
_TIME = re.compile(
    r"(?i)(?<!every )(?<!each )\b((minute|hour|night|morning|week|month|year)s?|(?<!\ba )days?|[0-9]+ ?(h|d|w|min))\b"
)


def advise_on_changes(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note in *advice* what changes and is hardly meant so."""
    for id_, rule in rule_set.rules.items():
        if rule.origin == rule_set.id:
            for text in _changed(rule, layer):
                advice.add(layer.entries["rules"][id_].id, text)
            _outdated(rule, layer, advice)
            _worrying(rule, rule_set, layer, advice)
    _taken_out(rule_set, layer, advice)
    _outvoted(rule_set, layer, advice)


def _changed(rule: Rule, layer: Layer) -> Iterator[str]:
    """Note a change of somebody else's rule that doesn't say why and by whom."""
    raw = layer.entries["rules"][rule.id]
    others = sorted({origin for origin in raw.origins.values() if origin != rule.origin})
    missing = [word for word in ("because", "by") if raw.origin_of(word) != rule.origin or word not in rule.words]
    if others and missing:
        yield f"{rule.id} changes a rule of {', '.join(others)}: say {' and '.join(f'`{word}:`' for word in missing)}"


def _outdated(rule: Rule, layer: Layer, advice: Problems) -> None:
    """Note words of somebody else that tell a time, where the times of the rule were changed."""
    raw = layer.entries["rules"][rule.id]
    fields = raw.fields
    changed = [key for key in _WINDOW if key in fields and raw.origin_of(key) == rule.origin]
    for word in _TELLING if changed and raw.origins else ():
        origin = raw.origin_of(word)
        if word in rule.words and origin != rule.origin and _TIME.search(rule.words[word]):
            advice.add(
                fields[changed[0]],
                f"{rule.id} has another `{changed[0]}` here, and keeps the {word} of {origin}: "
                f"“{rule.words[word]}”; if that is no longer true, say your own `{word}:`",
            )


def _worrying(rule: Rule, rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note a sign that is a reason to call while it is still normal."""
    facts = satisfying(rule.when, rule_set.facts)
    if rule.verb != EXPECT or rule.worry_after is None or facts is None:
        return
    windows = [window for window in build_timeline(rule_set, SAMPLE, facts, days=1).windows if window.rule == rule.id]
    if not any(window.worry_after is not None and window.worry_after < window.end for window in windows):
        return
    raw = layer.entries["rules"][rule.id]
    fields = raw.fields
    own = [key for key in _WINDOW if key in fields and raw.origin_of(key) == rule.origin]
    given = raw.origin_of("worry-after")
    whose = f" of {given}" if given != rule.origin else ""
    instead = "give a `worry-after:` of your own" if whose else "give a later one, or an earlier end"
    advice.add(
        fields[own[0]] if own else raw.id,
        f"{rule.id} lasts longer ({rule.value}) than until the `worry-after`{whose} ({rule.worry_after}): it would be "
        f"normal and a reason to call; {instead}",
    )


def _taken_out(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note activities that are no longer part of what they were part of, and the rules that they lose so."""
    for activity, lineage in rule_set.lineage.items():
        raw, below = layer.entries["activities"][activity], layer.beneath.get(("activities", activity))
        if below is None or not isinstance(below.value, dict) or not isinstance(raw.value, dict):
            continue
        was = below.value.get("under", [])
        lost = [one for one in ([was] if isinstance(was, str) else was) if one not in lineage]
        if not lost:
            continue
        gone = {one for parent in lost for one in rule_set.lineage[parent]} - set(lineage)
        rules = [
            rule.id
            for rule in rule_set.rules.values()
            if not gone.isdisjoint(rule.targets) and set(lineage).isdisjoint(rule.targets)
        ]
        held = f", and no longer held by {', '.join(rules)}" if rules else ""
        advice.add(
            raw.value.get("under", raw.id),
            f"{activity} is no longer under {', '.join(lost)}{held}; "
            "`under` is replaced whole, so name there all that it is part of",
        )


def _outvoted(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note sessions entries beside which one of another set, with a longer minimum, decides."""
    people = [satisfying(spacing.when, rule_set.facts) for spacing in rule_set.spacings.values()]
    stricter: dict[str, dict[str, Spacing]] = {}
    for facts in filter(None, people):
        sure = tuple((one, ()) for one in rule_set.spacings.values() if one.when.judge(facts)[0] is Truth.YES)
        deciding = deciding_spacing(sure, SAMPLE.day)
        for one, _ in sure:
            if one.every and deciding and one.origin == rule_set.id != deciding.origin:
                stricter.setdefault(one.id, {})[deciding.id] = deciding
    for id_, found in stricter.items():
        named = ", ".join(f"{one.id} ({'..'.join(map(str, one.every or ()))})" for one in found.values())
        advice.add(
            layer.entries["sessions"][id_].id,
            f"the sessions entry {id_} is outvoted by those whose minimum is as long or longer, where they hold too: "
            f"{named}; to shorten it, change those by their ids",
        )
