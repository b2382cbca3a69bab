"""What only the whole rule set can tell: whether everything that is named exists, and nothing goes in a circle."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

from needlecare.errors import nearest
from needlecare.model.ruleset import ALLOW, CALL, EXPECT, PREPARE, PRESCRIBED, Activity, Rule, RuleSet, Sign
from needlecare.model.time import ALWAYS, ENDS, EVENT, NEXT_SESSION, TREATMENT, Bound
from needlecare.rules.layers import Layer
from needlecare.rules.read import NOWHERE, Problems, Raw, Value, find_word, place
from needlecare.rules.shipped import shipped_folder

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


# Patterns are texts here: compiling them takes longer than most plans, and few texts need them.
_ASKS = r"\bask\b.*\bwho prescribed\b"
# Orders wherever they stand beside a medicine.
_CHANGES = (
    *("stop", "pause", "start", "skip", "change", "reduce", "double", "halve", "omit", "cease", "discontinue", "quit"),
    *("interrupt", "suspend", "withhold", "withheld", "taper", "wean", "come off", "came off", "go off", "get off"),
    *("leave out", "left out", "leave off", "cut out", "cut down", "cut back", "go without"),
)
# Words of everyday, which are orders only with the medicine as what they act on.
_HANDLES = (
    *("hold", "miss", "lower", "raise", "increase", "decrease", "adjust", "switch", "swap", "delay", "drop", "begin"),
    *("resume", "restart", "forgo", "avoid", "leave", "put off", "hold off"),
)
_TAKES = ("take", "use", "apply", "put on")
# What medicines are called without a name. “Pain medicines” are bought in a shop, so not every word may stand there.
_WHOSE = (
    r"(?:all|any|of|your|the|my|usual|regular|normal|daily|current|own|other|morning|evening|taking|using|on|a|an"
    r"|prescribed|prescription|blood|pressure|heart|thyroid|diabetes|epilepsy|hormone)"
)
_PILLS = r"(?:medications?|medicines?|meds|drugs|tablets?|pills?)"
_UNNAMED = rf"(?:(?:{_WHOSE} )*(?:{_PILLS}(?: prescribed)?|prescriptions?|(?:prescribed|prescription) [\w-]+))"
_TELLING = frozenset(
    (
        *("medication", "medications", "medicine", "medicines", "meds", "drugs", "tablet", "tablets", "pill", "pills"),
        *("prescription", "prescriptions", "prescribed"),
    )
)
_UNNAMED_ALONE = (
    rf"(?:(?:{_WHOSE} )*(?:medications?|medicines?|meds|prescriptions?))"
    rf"|.*\b(?:usual|regular|prescribed|prescription|pressure|heart|thyroid|diabetes|epilepsy|hormone) {_PILLS}\b.*"
    r"|.*\b(?<!-)(?:prescribed|prescription) [\w-]+.*"
)
# Words behind which something else begins.
_ELSE = r"(?:if|when|while|unless|ask|tell|call|instead|than|like|before|after|without|because|who|that|but|not|until)"


def _forms(verbs: tuple[str, ...]) -> str:
    """Make a pattern of verbs as orders, and as what is or was done."""
    found = []
    for verb in verbs:
        first, _, rest = verb.partition(" ")
        ends = f"{first[:-1]}(?:e|ed|ing)" if first.endswith("e") else f"{first}(?:{first[-1]}?(?:ed|ing))?"
        found.append(f"{ends} {rest}" if rest else ends)
    return f"(?:{'|'.join(found)})"


_CHANGE, _HANDLE, _TAKE = _forms(_CHANGES), _forms(_HANDLES), _forms(_TAKES)
_TAKE_NOT = rf"(?:not|n't|never|no longer|avoid|without)(?: to)? {_TAKE}"
# As an order it begins something: “people who take it” do so anyway.
_TAKE_NOW = rf"(?:^|[.;:!?,–-] ?|\b(?:please|then|always|also|and|should|must|to|just) )(?:{'|'.join(_TAKES)})"
# Where the same words order nothing: “never stop it”, “whether to stop it”, “after you have stopped”, “a pause”.
_FINE = (
    rf"(?:\bnever|\bnot|n't)(?: to)? {_CHANGE}(?: {_TAKE})?\b"
    rf"|\b(?:a|the|was|were|had|has been) {_CHANGE}\b"
    r"|\b(?:if|whether|when|how|while|unless|because|that|who|which|as|do|did|after|since|of|before)(?: or not)?"
    r"(?: to| you| they| people)?(?: should| may| can| have| had| need to| must| are| were)?"
    rf"(?: still| also| ever| already| currently| now| just| regularly)?"
    rf" (?:(?:{_CHANGE}|{_HANDLE})(?: {_TAKE})?|{_TAKE})\b"
    rf"|\b(?:if|whether) [^.,;:]{{0,40}} (?:(?:has|have)(?: been)? {_CHANGE}|and {_TAKE})\b"
    rf"|(?<!not )(?<!n't )(?<!never )\b{_TAKE} [^.;]*\bas (?:usual|normal|prescribed|directed)\b"
    r"|\buse of\b"
)
_CHANGED = rf"\b{_CHANGE}\b|{_TAKE_NOT}\b"
_ANY_ORDER = rf"(?:\b(?:{_CHANGE}|{_HANDLE})|{_TAKE_NOT}|{_TAKE_NOW})"
_UNNAMED_ORDER = (
    rf"(?:\b(?:{_CHANGE}|{_HANDLE})|{_TAKE_NOT}) (?P<named>{_UNNAMED})\b"
    rf"|\b(?P<told>(?:{_WHOSE} )+{_PILLS}) (?:(?:must|should|has to|have to|needs? to|is to|are to) be )?{_CHANGE}\b"
)
_KINDS = {"rules": "rule", "screening": "screening entry", "sessions": "sessions entry", "activities": "activity"} | {
    name: name.removesuffix("s") for name in ("signs", "moments", "events", "facts")
}


class Medicines:
    """Tells what texts order about the prescribed medicines of a rule set."""

    def __init__(self, rule_set: RuleSet) -> None:
        prescribed = [one for one in rule_set.activities.values() if one.medicine == PRESCRIBED]
        self._names = {" ".join(name.lower().split()) for one in prescribed for name in (one.label, *one.aka)}
        # Most texts have none of these, which is quickly told.
        self._first = {found[0] for name in self._names if (found := _words(name))} | _TELLING

    @cached_property
    def _named(self) -> str:
        names = sorted(map(re.escape, self._names), key=len, reverse=True)
        return rf"\b(?:{'|'.join(names) or '(?!)'})s?\b"

    def ordered(self, text: str) -> str:
        """Give the medicine that *text* gives an order about, or nothing."""
        plain = _plain(text)
        if self._first.isdisjoint(_words(plain)):
            return ""
        left = re.sub(_FINE, "…", plain)
        named = re.search(self._named, plain)
        if named:
            handled = rf"{_ANY_ORDER}\b(?:[ ,/(]+(?!{_ELSE}\b)[\w'-]+){{0,8}}?[ ,/(]+{self._named}"
            if re.search(handled, left) or (re.search(_CHANGED, left) and not re.search(_ASKS, plain)):
                return named[0]
        unnamed = re.search(_UNNAMED_ORDER, left)
        return (unnamed["named"] or unnamed["told"]) if unnamed else ""

    def called(self, activity: Activity) -> str:
        """Give what makes the name of *activity* that of a prescribed medicine, or nothing."""
        for name in map(_plain, (activity.label, *activity.aka)):
            if self._first.isdisjoint(_words(name)):
                continue
            named = re.search(self._named, name)
            if named:
                return named[0]
            if activity.medicine == "" and re.fullmatch(_UNNAMED_ALONE, name):
                return name
        return ""


def check_medicines(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    """Note every order about a prescribed medicine, wherever it stands, and every activity that is one unsaid."""
    medicines = Medicines(rule_set)
    checked = _checked(layer)

    def check(where: str, field: str, text: str, at: Value) -> None:
        if " " in text and (named := medicines.ordered(text)):
            problems.add(
                at,
                f"{where}`{field}` gives an order about {named}, which is prescribed; no rule may tell anyone to stop, "
                "start or change a prescribed medicine; say “ask who prescribed it”",
            )

    for section, kind in _KINDS.items():
        for raw in filter(checked, layer.entries[section].values()):
            for field, text in _texts(raw.as_word):
                if not (section == "facts" and text.rstrip().endswith("?")):
                    check(f"the {kind} {raw.id}: ", field, text, raw.id)
    for change in layer.changes:
        if written := layer.off.get((change.section, change.id)):
            check(f"the {_KINDS[change.section]} {change.id}: ", "because", change.because, written)
    for field, text in _texts({**layer.header, "clinic": layer.clinic or {}}):
        check("", field, text, text)
    for raw in filter(checked, layer.entries["activities"].values()):
        activity = rule_set.activities[raw.id]
        if activity.medicine != PRESCRIBED and (named := medicines.called(activity)):
            problems.add(
                raw.id,
                f"the activity {raw.id} is called as a prescribed medicine is ({named}), and no rule may tell anyone "
                "to stop, start or change one; give it `medicine: prescribed`",
            )


def _checked(layer: Layer) -> Callable[[Raw], bool]:
    """Tell which entries of *layer* are to be checked: those that ship are where they are loaded for themselves."""
    shipped = shipped_folder()

    @cache
    def ships(file: str) -> bool:
        return shipped in Path(file).parents

    whole = ships(place(layer.header["ruleset"]).name)

    def check(raw: Raw) -> bool:
        at = place(raw.id)
        return at != NOWHERE and (whole or not ships(at.name))

    return check


def check_prescribed(rule: Rule, target: str, at: str, problems: Problems) -> None:
    """Note a rule on the prescribed medicine *target* that does more than to send to who prescribed it."""
    asks = rule.verb == PREPARE and re.search(_ASKS, _plain(rule.words.get("text", "")))
    if not asks or re.search(_CHANGED, re.sub(_FINE, "…", _plain(" ".join(rule.words.values())))):
        problems.add(
            at,
            f"the rule {rule.id}: {target} is a prescribed medicine, and no rule may tell anyone to stop, start or "
            "change one; use `prepare` with a text that says “ask who prescribed it”",
        )


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _texts(fields: dict[str, Value], above: str = "") -> Iterator[tuple[str, str]]:
    """Give every text of an entry, however deep, with the field that it stands in."""
    for key, value in fields.items():
        if isinstance(value, str):
            yield above or key, value
        elif isinstance(value, dict):
            yield from _texts(value, above or key)
        elif value is not None:
            yield from ((above or key, item) for item in value if isinstance(item, str))


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
