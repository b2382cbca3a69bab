"""What only the whole rule set can tell: whether everything that is named exists, and nothing goes in a circle."""

import re
from collections.abc import Iterable, Mapping

from needlecare.model.bounds import EVENT, NEXT_SESSION, TREATMENT, Bound
from needlecare.model.ruleset import CALL, EXPECT, PREPARE, Activity, Rule, RuleSet, Sign
from needlecare.rules.fields import nearest
from needlecare.rules.layers import Layer
from needlecare.rules.places import Problems

_ASKS = re.compile(r"(?i)\bask\b.*\bwho prescribed\b")
# An order as such: not “never stop it”, “whether to stop it”, “before you stop it” or “a pause”.
_ORDERS = re.compile(
    r"(?i)(?<!never )(?<!not )(?<!to )(?<!you )(?<!\ba )\b(?:stop|pause|start|skip|change|reduce|double)\b"
)
BUILT_IN_MOMENTS = (TREATMENT, NEXT_SESSION, EVENT)


def check_references(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    """Note every name that nothing stands for, every circle, and every order about a prescribed medicine."""
    known_moments = (*BUILT_IN_MOMENTS, *rule_set.moments, *rule_set.events)
    medicines = _medicine_names(rule_set)
    for rule in rule_set.rules.values():
        at = layer.entries["rules"][rule.id].id
        _check_targets(rule, rule_set, at, problems)
        _check_orders(rule, medicines, at, problems)
        for bound in _bounds_of(rule):
            _check_moments(bound, known_moments, rule_set.rules, at, problems)
    for moment in rule_set.moments.values():
        if moment.usual is not None:
            at = _place(layer, "moments", moment.id)
            _check_moments(moment.usual, known_moments, rule_set.rules, at, problems)
    _check_tree(rule_set, layer, problems)
    _check_events(rule_set, layer, problems)
    _check_circles(rule_set, layer, problems)
    _check_open_end(rule_set, layer, problems)


def _place(layer: Layer, section: str, id_: str) -> str:
    return layer.entries[section][id_].id


def _bounds_of(rule: Rule) -> list[Bound]:
    bounds = (rule.start, rule.end, rule.eases, rule.worry_after, *(bound for _, bound in rule.exceptions))
    return [bound for bound in bounds if bound is not None]


def _check_targets(rule: Rule, rule_set: RuleSet, at: str, problems: Problems) -> None:
    signs = rule.verb in (EXPECT, CALL)
    known: Mapping[str, Activity | Sign] = rule_set.signs if signs else rule_set.activities
    what = "sign" if signs else "activity"
    for target in rule.targets:
        if target not in known:
            meant = _called(target, known) or nearest(target, known)
            problems.add(at, f"the rule {rule.id}: there is no {what} `{target}`{meant}")
        elif not signs and rule_set.activities[target].medicine == "prescribed":
            _check_prescribed(rule, target, at, problems)
    for activity, _ in rule.exceptions:
        if activity not in rule_set.activities:
            known_as = nearest(activity, rule_set.activities)
            problems.add(at, f"the rule {rule.id}: there is no activity `{activity}`{known_as}")
        elif rule_set.activities[activity].medicine == "prescribed":
            _check_prescribed(rule, activity, at, problems)


def _check_prescribed(rule: Rule, target: str, at: str, problems: Problems) -> None:
    asks = rule.verb == PREPARE and _ASKS.search(rule.words.get("text", ""))
    if not asks or _ORDERS.search(" ".join(rule.words.values())):
        problems.add(
            at,
            f"the rule {rule.id}: {target} is a prescribed medicine, and no rule may tell anyone to stop, start or "
            "change one; use `prepare` with a text that says “ask who prescribed it”",
        )


def _called(word: str, known: Mapping[str, Activity | Sign]) -> str:
    """Tell what *word* is called here, if it is another name of something known."""
    wanted = word.lower().replace("-", " ")
    found = [one.id for one in known.values() if wanted in (one.label.lower(), *map(str.lower, one.aka))]
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def _medicine_names(rule_set: RuleSet) -> re.Pattern[str]:
    """Make a pattern of everything that prescribed medicines are called."""
    prescribed = [one for one in rule_set.activities.values() if one.medicine == "prescribed"]
    names = sorted({re.escape(name) for one in prescribed for name in (one.label, *one.aka)}, key=len, reverse=True)
    return re.compile(rf"(?i)\b(?:{'|'.join(names) or '(?!)'})\b")


def _check_orders(rule: Rule, medicines: re.Pattern[str], at: str, problems: Problems) -> None:
    """Note words that order something about a prescribed medicine, whatever the rule is on."""
    for word, text in rule.words.items():
        named = medicines.search(text)
        if named and _ORDERS.search(text) and not _ASKS.search(text) and word not in ("because", "by"):
            problems.add(
                at,
                f"the rule {rule.id}: `{word}` gives an order about {named[0].lower()}, which is prescribed; no rule "
                "may tell anyone to stop, start or change a prescribed medicine; say “ask who prescribed it”",
            )


def _check_moments(
    bound: Bound, moments: Iterable[str], rules: Mapping[str, Rule], at: str, problems: Problems
) -> None:
    for term in bound.terms:
        if term.ends_rule is not None:
            if term.ends_rule not in rules:
                known = nearest(term.ends_rule, rules)
                problems.add(at, f"`{at}` waits for the end of `{term.ends_rule}`, but there is no such rule{known}")
        elif term.moment not in moments:
            problems.add(at, f"`{at}`: there is no moment `{term.moment}`{nearest(term.moment, moments)}")


def _check_tree(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    for activity in rule_set.activities.values():
        for parent in activity.under:
            if parent not in rule_set.activities:
                at = _place(layer, "activities", activity.id)
                problems.add(at, f"there is no activity `{parent}`{nearest(parent, rule_set.activities)}")


def _check_events(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    for event in rule_set.events.values():
        at = _place(layer, "events", event.id)
        for activity in event.activities:
            if activity not in rule_set.activities:
                problems.add(at, f"there is no activity `{activity}`{nearest(activity, rule_set.activities)}")
        for source in event.sources:
            if source not in rule_set.sources:
                problems.add(at, f"there is no source `{source}`{nearest(source, rule_set.sources)}")


def _check_circles(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    activities = {
        activity.id: [parent for parent in activity.under if parent in rule_set.activities]
        for activity in rule_set.activities.values()
    }
    waits = {
        moment.id: [term.moment for term in moment.usual.terms if term.moment in rule_set.moments]
        for moment in rule_set.moments.values()
        if moment.usual is not None
    }
    chains = {
        rule.id: [
            term.ends_rule for bound in _bounds_of(rule) for term in bound.terms if term.ends_rule in rule_set.rules
        ]
        for rule in rule_set.rules.values()
    }
    for section, graph in (("activities", activities), ("moments", waits), ("rules", chains)):
        for id_ in _in_circles(graph):
            problems.add(_place(layer, section, id_), f"`{id_}` leads back to itself")


def _in_circles(graph: Mapping[str, list[str | None] | list[str]]) -> list[str]:
    """Name the ids from which one can come back to them."""
    circling = []
    for start in graph:
        seen: set[str] = set()
        frontier = [node for node in graph[start] if node is not None]
        while frontier:
            node = frontier.pop()
            if node not in seen:
                seen.add(node)
                frontier.extend(further for further in graph.get(node, []) if further is not None)
        if start in seen:
            circling.append(start)
    return circling


def _check_open_end(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    moment = rule_set.moments.get(rule_set.open_ends_at)
    if moment is not None and moment.usual is not None:
        return
    at = layer.header.get("open-ends-at") or layer.header["ruleset"]
    problems.add(
        at, "`open-ends-at` names a moment with a usual time, such as healed: restrictions without end wait for it"
    )
