"""What leads back to itself: activities that are part of themselves, rules and moments that wait for themselves."""

from collections.abc import Mapping, Sequence

from needlecare.model.bounds import ALWAYS, ENDS, EVENT, NEXT_SESSION
from needlecare.model.ruleset import ALLOW, CALL, Rule, RuleSet
from needlecare.rules.layers import Layer
from needlecare.rules.places import Problems

_Graph = Mapping[str, Sequence[str]]
_LONGEST_ROW = 40


def check_circles(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    """Note whatever leads back to itself, and an open end that nobody could date."""
    tree = {activity.id: activity.under for activity in rule_set.activities.values()}
    for id_ in tree:
        if way := _way_back(tree, id_):
            problems.add(layer.entries["activities"][id_].id, f"`{id_}` leads back to itself: {' → '.join(way)}")
    waits = _waits(rule_set)
    circling = {name: way for name in waits if (way := _way_back(waits, name))}
    for name, way in circling.items():
        written = _written(name, layer)
        problems.add(written, f"`{written}` leads back to itself: {' → '.join(way)}")
    if not circling:
        _check_rows(waits, layer, problems)
    _check_open_end(rule_set, waits, layer, problems)


def _written(name: str, layer: Layer) -> str:
    """Give the id of a moment, or of the rule whose end it is, where it is written."""
    section = "rules" if name.endswith(ENDS) else "moments"
    return layer.entries[section][name.removesuffix(ENDS)].id


def _check_rows(waits: _Graph, layer: Layer, problems: Problems) -> None:
    """Note what so many wait for, one behind the other, that computing it would go too deep."""
    waited = set(waits)
    for _ in range(_LONGEST_ROW):
        waited = {further for name in waited for further in waits[name] if further in waits}
    for name in sorted(waited)[:1]:
        written = _written(name, layer)
        problems.add(
            written,
            f"more than {_LONGEST_ROW} rules and moments wait for each other in a row, the last of them for "
            f"`{written}`; count some of them from the treatment",
        )


def _waits(rule_set: RuleSet) -> dict[str, list[str]]:
    """Tell what each moment, and each rule's end, is counted from."""
    open_end = rule_set.open_ends_at
    waits = {f"{rule.id}{ENDS}": _named(rule, open_end) for rule in rule_set.rules.values()}
    for moment in rule_set.moments.values():
        if moment.usual is not None:
            waits[moment.id] = [term.moment for term in moment.usual.terms]
        elif moment.clock is None and moment.id != open_end:
            # What nobody can date is dated by the end of healing.
            waits[moment.id] = [open_end]
    return waits


def _named(rule: Rule, open_end: str) -> list[str]:
    bounds = (rule.start, rule.end, rule.eases, rule.worry_after, *(bound for _, bound in rule.exceptions))
    named = [term.moment for bound in bounds if bound is not None for term in bound.terms]
    is_open = not rule.states_end
    return [*named, open_end] if is_open and rule.verb not in (ALLOW, CALL) else named


def _way_back(graph: _Graph, start: str) -> list[str]:
    """Give the shortest way from *start* back to it, both ends named; nothing where there is none."""
    came_from = dict.fromkeys(graph[start], start)
    frontier = list(came_from)
    for node in frontier:
        if node == start:
            break
        new = [further for further in graph.get(node, ()) if further not in came_from]
        came_from.update(dict.fromkeys(new, node))
        frontier.extend(dict.fromkeys(new))
    else:
        return []
    way = [start, came_from[start]]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def _check_open_end(rule_set: RuleSet, waits: _Graph, layer: Layer, problems: Problems) -> None:
    """Note an open end without a usual time, or one that waits for what may never come."""
    at = layer.header.get("open-ends-at") or layer.header["ruleset"]
    moment = rule_set.moments.get(rule_set.open_ends_at)
    if moment is None or moment.usual is None:
        problems.add(
            at, "`open-ends-at` names a moment with a usual time, such as healed: restrictions without end wait for it"
        )
        return
    behind = {moment.id: None}
    frontier = [moment.id]
    for node in frontier:
        new = [further for further in waits.get(node, ()) if further not in behind]
        behind.update(dict.fromkeys(new))
        frontier.extend(dict.fromkeys(new))
    for name in behind:
        rule = rule_set.rules.get(name.removesuffix(ENDS)) if name.endswith(ENDS) else None
        if name in (NEXT_SESSION, EVENT, *rule_set.events) or (rule is not None and rule.end == ALWAYS):
            problems.add(
                layer.entries["moments"][moment.id].id,
                f"`{moment.id}` waits for `{name}`, which may never come; restrictions without end wait for "
                f"`{moment.id}`, so count it from the treatment, from what is seen, or from a rule that ends",
            )
