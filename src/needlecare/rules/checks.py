"""What only the whole rule set can tell: whether everything that is named exists, and nothing goes in a circle."""

import re
from collections.abc import Iterable, Mapping

from needlecare.model.bounds import EVENT, NEXT_SESSION, TREATMENT, Bound
from needlecare.model.ruleset import CALL, EXPECT, PRESCRIBED, Activity, Rule, RuleSet, Sign
from needlecare.rules.circles import check_circles
from needlecare.rules.fields import nearest
from needlecare.rules.layers import Layer, Raw
from needlecare.rules.medicines import check_medicines, check_prescribed
from needlecare.rules.places import NOWHERE, Problems, find_word, place

BUILT_IN_MOMENTS = (TREATMENT, NEXT_SESSION, EVENT)


def check_references(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    """Note every name that nothing stands for, every circle, and every order about a prescribed medicine."""
    known_moments = (*BUILT_IN_MOMENTS, *rule_set.moments, *rule_set.events)
    waited = _Waited(rule_set, known_moments, layer, problems)
    flagged = _flagged(rule_set, layer)
    for rule in rule_set.rules.values():
        raw = layer.entries["rules"][rule.id]
        _check_targets(rule, rule_set, raw, layer, problems)
        _check_expected(rule, flagged, raw, problems)
        for bound in _bounds_of(rule):
            waited.check(bound, raw)
    _check_named_alike(rule_set, flagged, layer, problems)
    for moment in rule_set.moments.values():
        if moment.usual is not None:
            waited.check(moment.usual, layer.entries["moments"][moment.id])
    _check_tree(rule_set, layer, problems)
    _check_events(rule_set, layer, problems)
    check_circles(rule_set, layer, problems)
    check_medicines(rule_set, layer, problems)


def _word(word: str, raw: Raw, *fields: str) -> str:
    """Give *word* where it stands in *fields* of an entry, else the entry's id."""
    return find_word(word, raw.value, fields) or raw.id


def _bounds_of(rule: Rule) -> list[Bound]:
    bounds = (rule.start, rule.end, rule.eases, rule.worry_after, *(bound for _, bound in rule.exceptions))
    return [bound for bound in bounds if bound is not None]


def _check_targets(rule: Rule, rule_set: RuleSet, raw: Raw, layer: Layer, problems: Problems) -> None:
    signs = rule.verb in (EXPECT, CALL)
    known: Mapping[str, Activity | Sign] = rule_set.signs if signs else rule_set.activities
    what = "sign" if signs else "activity"
    for target in rule.targets:
        if target not in known:
            meant = _called(target, known) or nearest(target, known)
            problems.add(_word(target, raw, rule.verb), f"the rule {rule.id}: there is no {what} `{target}`{meant}")
        elif not signs and rule_set.activities[target].medicine == PRESCRIBED:
            # What ships as it is was looked at when it was packed; the patterns take longer than a plan.
            written = [one for one in (raw.id, layer.entries["activities"][target].id) if place(one) != NOWHERE]
            if written:
                check_prescribed(rule, target, written[0], problems)
    for activity, _ in rule.exceptions:
        if activity not in known:
            known_as = nearest(activity, known)
            problems.add(
                _word(activity, raw, "except"), f"the rule {rule.id}: there is no {what} `{activity}`{known_as}"
            )
        elif not signs and rule_set.activities[activity].medicine == "prescribed":
            check_prescribed(rule, activity, raw.id, problems)


def _flagged(rule_set: RuleSet, layer: Layer) -> dict[str, tuple[Rule, bool]]:
    """Tell which protected red flag names which sign, and whether this very set says which ones it names."""
    flags = [rule for rule in rule_set.rules.values() if rule.verb == CALL and rule.urgent and rule.core]
    own = {flag.id for flag in flags if layer.entries["rules"][flag.id].origin_of(CALL) == rule_set.id}
    return {sign: (flag, flag.id in own) for flag in flags for sign in flag.targets}


def _check_expected(rule: Rule, flagged: Mapping[str, tuple[Rule, bool]], raw: Raw, problems: Problems) -> None:
    """Note a red flag that is called normal."""
    for sign in rule.targets if rule.verb == EXPECT else ():
        flag, added = flagged.get(sign, (None, False))
        # What a set adds to a red flag may be normal by a rule below: that makes nothing milder.
        if flag is not None and not (added and raw.origin_of(EXPECT) != flag.origin):
            problems.add(
                _word(sign, raw, EXPECT),
                f"the rule {rule.id}: {sign} is a sign of the red flag `{flag.id}`, and no rule may say that it "
                "is normal; if you mean something harmless, give it a sign of its own",
            )


def _check_named_alike(
    rule_set: RuleSet, flagged: Mapping[str, tuple[Rule, bool]], layer: Layer, problems: Problems
) -> None:
    """Note a sign that is called normal, by a name that is a red flag's: what people type would find it."""
    expected = {sign for rule in rule_set.rules.values() if rule.verb == EXPECT for sign in rule.targets}
    known = rule_set.signs
    serious = {
        name.lower(): one for one in flagged if one in known and one not in expected for name in _names_of(known[one])
    }
    for sign in sorted(expected.intersection(known)):
        for name in _names_of(known[sign]) if sign not in flagged else ():
            # Patterns are slow to make; few names stand in another at all.
            called = name.lower()
            inside = [one for one in serious if one in called]
            held = (one for one in inside if re.search(rf"(?<!no )(?<!without )\b{re.escape(one)}\b", called))
            if one := next(held, None):
                problems.add(
                    layer.entries["signs"][sign].id,
                    f"`{sign}` is called “{name}”, and a rule says that it is normal; but “{one}” is a sign of the red "
                    f"flag `{flagged[serious[one]][0].id}`; call what is harmless something else",
                )


def _names_of(sign: Sign) -> tuple[str, ...]:
    return (sign.id.replace("-", " "), sign.label, *sign.aka)


def _called(word: str, known: Mapping[str, Activity | Sign]) -> str:
    """Tell what *word* is called here, if it is another name of something known."""
    wanted = word.lower().replace("-", " ")
    found = [one.id for one in known.values() if wanted in (one.label.lower(), *map(str.lower, one.aka))]
    return f" (did you mean {' or '.join(found)}?)" if found else ""


_BOUNDS = ("from", "until", "at", "due", "by", "eases", "worry-after", "except", "usual")


class _Waited:
    """Checks what bounds wait for."""

    def __init__(self, rule_set: RuleSet, moments: Iterable[str], layer: Layer, problems: Problems) -> None:
        self._rules = rule_set.rules
        self._moments = moments
        # As they are written, so that they can be pointed at.
        self._off = {id_: written for (section, id_), written in layer.off.items() if section == "rules"}
        self._problems = problems

    def check(self, bound: Bound, raw: Raw) -> None:
        """Note what *bound*, of an entry as written, waits for and doesn't exist."""
        for term in bound.terms:
            name = term.ends_rule
            if name is None:
                if term.moment not in self._moments:
                    known = nearest(term.moment, self._moments)
                    at = _word(term.moment, raw, *_BOUNDS)
                    self._problems.add(at, f"`{raw.id}`: there is no moment `{term.moment}`{known}")
            elif name in self._rules:
                continue
            elif name in self._off:
                self._problems.add(
                    self._off[name],
                    f"`{name}` is switched off, but the rule `{raw.id}` waits for its end; "
                    f"switch `{raw.id}` off too, or give it a window that doesn't wait for `{name}`",
                )
            else:
                at = _word(name, raw, *_BOUNDS)
                known = nearest(name, self._rules)
                self._problems.add(at, f"`{raw.id}` waits for the end of `{name}`, but there is no such rule{known}")


def _check_tree(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    for activity in rule_set.activities.values():
        for parent in activity.under:
            if parent not in rule_set.activities:
                at = _word(parent, layer.entries["activities"][activity.id], "under")
                problems.add(at, f"there is no activity `{parent}`{nearest(parent, rule_set.activities)}")


def _check_events(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    for event in rule_set.events.values():
        raw = layer.entries["events"][event.id]
        for activity in event.activities:
            if activity not in rule_set.activities:
                at = _word(activity, raw, "activities")
                problems.add(at, f"there is no activity `{activity}`{nearest(activity, rule_set.activities)}")
        for source in event.sources:
            if source not in rule_set.sources:
                at = _word(source, raw, "source")
                problems.add(at, f"there is no source `{source}`{nearest(source, rule_set.sources)}")
