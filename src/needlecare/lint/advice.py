"""Advice on the rules, sources and words of a set, each for itself and beside the others."""

from collections.abc import Iterator
from dataclasses import replace

from needlecare.lint.changes import advise_on_changes
from needlecare.lint.sample import SAMPLE, satisfying
from needlecare.model.bounds import AT_TREATMENT, TREATMENT, Bound, parse_bound
from needlecare.model.facts import Condition, Given, Truth
from needlecare.model.ruleset import AVOID, DO, PREPARE, Rule, RuleSet, Saying
from needlecare.model.time import Duration
from needlecare.rules.layers import Layer
from needlecare.rules.places import Problems
from needlecare.timeline import build_timeline

# Words that go with something to do.
_OFTEN = ("times", "every", "lasting", "while")


def advise(rule_set: RuleSet, layer: Layer) -> list[str]:
    """Give advice on *rule_set*, a line each with its place; *layer* knows the places."""
    advice = Problems()
    own = {id_: rule for id_, rule in rule_set.rules.items() if rule.origin == rule_set.id}
    _unused_sources(rule_set, layer, advice)
    _shared_names(rule_set, layer, advice)
    _vanished(rule_set, layer, list(own.values()), advice)
    for id_, rule in own.items():
        at = layer.entries["rules"][id_].id
        for text in (*_shorter(rule), *_never(rule, rule_set), *_idle(rule, rule_set)):
            advice.add(at, text)
        _late(rule, layer, advice)
        _unshown(rule, layer, advice)
    advise_on_changes(rule_set, layer, advice)
    return advice.lines()


def _unused_sources(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    used = {saying.source for rule in rule_set.rules.values() for saying in rule.says}
    used.update(saying.source for screening in rule_set.screenings.values() for saying in screening.says)
    used.update(saying.source for spacing in rule_set.spacings.values() for saying in spacing.says)
    for id_, raw in layer.entries["sources"].items():
        if raw.origin == rule_set.id and id_ not in used:
            advice.add(raw.id, f"no rule cites the source {id_}")
        elif raw.origin == rule_set.id and not rule_set.sources[id_].kind:
            advice.add(raw.id, f"the source {id_} has no kind, so it counts for nothing where sources are weighed")


def _shared_names(rule_set: RuleSet, layer: Layer, advice: Problems) -> None:
    """Note words that stand for two activities: a question would get the stricter answer of both."""
    owners: dict[str, str] = {}
    # The set's own words last, so that they are the ones that are told about.
    for activity in sorted(rule_set.activities.values(), key=lambda one: _origin(one.id, layer) == rule_set.id):
        for name in dict.fromkeys(word.lower() for word in (activity.id, activity.label, *activity.aka)):
            owner = owners.setdefault(name, activity.id)
            if owner != activity.id:
                at = layer.entries["activities"][activity.id].id
                advice.add(at, f"`{name}` stands for {owner} too; a question about it gets the stricter answer of both")


def _origin(activity: str, layer: Layer) -> str:
    return layer.entries["activities"][activity].origin


def _shorter(rule: Rule) -> Iterator[str]:
    """Note a rule milder than the strictest source that it quotes, and no reason given."""
    if rule.verb != AVOID or "because" in rule.words or rule.end is None:
        return
    before = rule.end == AT_TREATMENT
    own = _reach(rule.start if before else rule.end, before=before)
    for saying in rule.says:
        said = _reach(_said(saying, before=before), before=before)
        if own is not None and said is not None and said > own:
            yield (
                f"{rule.id} ({rule.value}) is milder than {saying.source} ({saying.value}); "
                "say `because:`, or give a range up to it"
            )
            return


def _said(saying: Saying, *, before: bool) -> Bound | None:
    """Read the bound that a saying gives for the same side of the treatment."""
    for part in saying.value.split("; "):
        name, _, text = part.partition(" ") if part.split(" ")[0] in ("from", "until", "avoid") else ("", "", part)
        if (name == "from") == before or not name:
            bound = parse_bound(text)
            if bound is not None:
                return bound
    return None


def _reach(bound: Bound | None, *, before: bool) -> float | None:
    """Tell how far from the treatment a bound lies, where it is counted from there alone."""
    terms = bound.terms if bound else ()
    lengths = [
        _seconds(term.offset.far)
        for term in terms
        if term.moment == TREATMENT and (term.sign < 0) == (before and term.offset.far.amount > 0)
    ]
    return max(lengths) if lengths else None


def _seconds(duration: Duration) -> float:
    return duration.rough_length.total_seconds()


def _never(rule: Rule, rule_set: RuleSet) -> Iterator[str]:
    """Note a rule that can't apply, and one that a stricter rule always hides."""
    facts = satisfying(rule.when, rule_set.facts)
    if facts is None:
        yield f"{rule.id} can never apply: its conditions exclude each other"
        return
    if rule.verb != AVOID:
        return
    # Only what surely applies can hide it always; what stands for lack of an answer goes when the answer comes.
    sure = {one.id: one for one in rule_set.rules.values() if one.when.judge(facts)[0] is Truth.YES}
    timeline = build_timeline(replace(rule_set, rules=sure), SAMPLE, facts, days=1)
    windows = [window for window in timeline.windows if window.kind == AVOID]
    if any(rule.id in window.rules for window in windows):
        return
    hiding = sorted({window.rule for window in windows for lost in window.overruled if lost.rule == rule.id})
    if hiding:
        names = ", ".join(hiding)
        yield f"{rule.id} never shows: {names} is stricter on the same; change that one by its id, or switch it off"


def _idle(rule: Rule, rule_set: RuleSet) -> Iterator[str]:
    """Note something to do that is to be left all the time that it should be done."""
    facts = satisfying(rule.when, rule_set.facts)
    if rule.verb != DO or facts is None:
        return
    sure = {one.id: one for one in rule_set.rules.values() if one.when.judge(facts)[0] is Truth.YES}
    windows = build_timeline(replace(rule_set, rules=sure), SAMPLE, facts, days=1).windows
    lost = set(rule.targets) - {window.target for window in windows if window.rule == rule.id}
    hiding = {id_ for window in windows if window.kind == AVOID and window.target in lost for id_ in window.rules}
    # What starts when another rule ends can't be without that one, nor be hidden by it.
    waited = {term.ends_rule for bound in (rule.start, rule.end) if bound for term in bound.terms}
    left = {id_: one for id_, one in sure.items() if id_ not in hiding - waited}
    free = build_timeline(replace(rule_set, rules=left), SAMPLE, facts, days=1).windows
    never = sorted(lost & {window.target for window in free if window.rule == rule.id})
    if never:
        yield (
            f"{rule.id} can never come true: {', '.join(sorted(hiding - waited))} says to leave {', '.join(never)} "
            "all that time; change one of them, or switch it off"
        )


def _late(rule: Rule, layer: Layer, advice: Problems) -> None:
    """Note what is to be prepared by a time after the treatment."""
    fields = layer.entries["rules"][rule.id].value
    due = fields.get("due") if isinstance(fields, dict) else None
    if due is None or rule.verb != PREPARE or rule.end is None or len(rule.end.terms) != 1:
        return
    term = rule.end.terms[0]
    if term.moment == TREATMENT and term.sign > 0 and _seconds(term.offset.far):
        advice.add(due, f"{rule.id} is due {due} after the treatment; if before it is meant, write `due: {due} before`")


def _unshown(rule: Rule, layer: Layer, advice: Problems) -> None:
    """Note words that tell how often, where there is nothing to do."""
    fields = layer.entries["rules"][rule.id].value
    if rule.verb in (DO, PREPARE) or not isinstance(fields, dict):
        return
    for word in _OFTEN:
        if word in fields:
            advice.add(
                fields[word],
                f"{rule.id}: `{word}` tells how to do something, and isn't shown with `{rule.verb}`; "
                "say it in a `do` of its own, or in `note`",
            )


def _vanished(rule_set: RuleSet, layer: Layer, own: list[Rule], advice: Problems) -> None:
    """Note a set whose rules all wait for what is assumed to be otherwise."""
    facts = satisfying(Condition(), rule_set.facts)
    if not own or facts is None:
        return
    judged = [rule.when.judge(facts) for rule in own]
    if any(truth is not Truth.NO for truth, _ in judged):
        return
    names = sorted({name for _, deciding in judged for name in deciding})
    assumed = ", ".join(f"{name} to be {_shown(facts.value(name))}" for name in names)
    raw = layer.entries["rules"][own[0].id]
    advice.add(
        raw.file_condition or raw.id,
        f"no rule of {rule_set.id} shows unless more is said: plans assume {assumed}; change `when`, or make what it "
        "asks for the `default` of that fact",
    )


def _shown(value: Given | None) -> str:
    return " and ".join(value) if isinstance(value, tuple) else f"{value}"
