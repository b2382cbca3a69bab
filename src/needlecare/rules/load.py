"""From a place on disk to a checked rule set: read, lay over, parse, check, hash. Knows no rule.

What only the whole set can show is checked here: whether every name stands for something, and nothing goes in a circle.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needlecare.errors import InputError, RuleSetError
from needlecare.model.ruleset import ALLOW, CALL, EXPECT, PRESCRIBED, Activity, Graph, Rule, RuleSet, in_order, walk
from needlecare.model.time import ALWAYS, ENDS, EVENT, NEXT_SESSION, TREATMENT, Bound, parse_duration
from needlecare.rules import read
from needlecare.rules.read import DEFAULT, Fields, Problems, Raw, place

# Packed rules need none of what reads, lays over, parses and checks rules.
if TYPE_CHECKING:
    from needlecare.rules.layers import Layer

_LONGEST_CHAIN = 20
# More in a row would be computed too deep; nobody could follow it either.
_LONGEST_ROW = 40
# Words of a name that are compared; a longer name is compared by its beginning.
_LONGEST_NAME = 12
# Names in a circle that a message shows.
_MOST_SHOWN = 8
# How many activities stand above others, counted for each of them: what every answer has to walk.
MOST_ANCESTORS = 500_000
_BUILT_IN_MOMENTS = (TREATMENT, NEXT_SESSION, EVENT)
# What people write where they mean that there is no time.
_NO_TIME = ("none", "no", "never", "nothing")
_HOW_NO_TIME = "; write 0h if it ends at once, always if it never does, or leave it out"
_FROM_WHAT_COMES = "from the treatment, from what is seen, or from a rule that ends"
_BOUNDS = ("from", "until", "at", "due", "by", "eases", "worry-after", "except", "usual")


def load_rules(name: str | Path = DEFAULT) -> RuleSet:
    """Load the rule set called *name*: one that ships, or the path of a file or folder.

    Example: `load_rules("my-clinic.yaml")`.

    Raises:
        InputError: there is no such rule set, or *name* is neither a text nor a path.
        RuleSetError: the rule set is wrong; `problems` lists every problem found, with file, line and column.
    """
    if not isinstance(name, str | Path):
        raise InputError(f"give the name of a rule set that ships, a file or a folder, not {type(name).__name__}")
    return load_rules_at(read.find_rules(str(name)))


# What was loaded last, by its place, with all that was read for it: taken again while every byte is the same.
_LOADED: dict[Path, tuple[RuleSet, dict[Path, read.Files]]] = {}
_MOST_LOADED = 8


def load_rules_at(location: Path) -> RuleSet:
    """Load the rule set at *location*; raises as `load_rules` does."""
    with suppress(RuleSetError):
        rule_set, files = _LOADED.pop(location, (None, {}))
        if rule_set and all(read.read_files(place) == held for place, held in files.items()):
            _LOADED[location] = rule_set, files
            return rule_set
    # Nothing else is read twice: it may be a pipe.
    files = {location: read.read_files(location)} if location.parent == read.shipped_folder() else {}
    rule_set = read.unpack("rules", location, files[location]) if files else None
    if rule_set is None:
        rule_set, layer, problems = load_with_places(location, packed=True)
        problems.raise_any()
        files = layer.files
    if rule_set.clinic is None:  # a clinic's logo is a file of its own
        _LOADED[location] = rule_set, files
    if len(_LOADED) > _MOST_LOADED:
        del _LOADED[next(iter(_LOADED))]
    return rule_set


def pack(name: str) -> None:
    """Check the shipped rule set called *name*, and pack it: as it is written, for sets that extend it, and as made.

    Raises:
        RuleSetError: it is wrong.
    """
    import json

    from needlecare.rules.yaml import read_trees

    location = read.shipped_folder() / name
    _, layer, problems = load_with_places(location)
    problems.raise_any()
    files = layer.files[location]
    # Without their places.
    read.pack(json.loads(json.dumps(read_trees(files, problems))), "trees", name, files)
    rule_set, *_ = load_with_places(location, packed=True)
    read.pack(rule_set, "rules", name, files)


def load_with_places(
    location: Path, among: Collection[Path] | None = None, *, packed: bool = False
) -> tuple[RuleSet, "Layer", Problems]:
    """Load the rule set at *location* with the layer that it was made of, which knows where each entry of it stands.

    Of a folder all files are read, or those *among* these. Problems are noted, not raised. The layer knows no places of
    what it extends, and none of its own if it may be *packed*, unless something is wrong there.

    Raises:
        InputError: there is nothing to read there.
        RuleSetError: a file can't be read as YAML.
    """
    # Where something is wrong in packed rules, they are read again from where they are written.
    for plain in (0 if packed else 1, 2 * _LONGEST_CHAIN):
        problems = Problems()
        layer = _resolve(location, problems, plain, among=among)
        rule_set = _parse(layer, problems)
        if not problems.lack_places:
            break
    return rule_set, layer, problems


def _parse(layer: "Layer", problems: Problems) -> RuleSet:
    """Parse the entries of a resolved layer; check what refers to what, circles, and orders about medicines."""
    from needlecare.rules.clinic import parse_batch, parse_clinic
    from needlecare.rules.entries import parse_entries
    from needlecare.rules.fields import FILE
    from needlecare.rules.layers import OF_CLINIC
    from needlecare.rules.medicines import check_medicines

    found, header = parse_entries(layer.entries, problems), layer.header
    values: dict[str, Any] = {FILE.fields[section].into: known for section, known in found.items()}
    said = {FILE.fields[key].into: str(value) for key, value in header.items() if key not in ("ruleset", *OF_CLINIC)}
    reviewer = said.get("reviewed_by")
    reviewed = f"Reviewed by {reviewer}." if reviewer else "No clinician has reviewed these rules."
    values |= {"id": layer.id, "title": layer.id, **said, "notice": f"{said.get('notice', '')} {reviewed}".strip()}
    values["first"] = parse_duration(said.get("first", ""))
    if any(key in header for key in OF_CLINIC):
        values["clinic"] = parse_clinic(header["clinic"], problems) if "clinic" in header else None
        values |= parse_batch(header.get("batch", Fields()), found["facts"], problems)
    changed_core = tuple(sorted({change.id for change in layer.changes if change.core}))
    changes = tuple(layer.changes)
    rule_set = RuleSet(**values, content=_content(layer), changed_core=changed_core, changes=changes)
    _Names(rule_set, layer, problems).check()
    _check_named_alike(rule_set, layer, problems)
    _check_activities(rule_set, layer, problems)
    _check_moments(rule_set, layer, problems)
    check_medicines(rule_set, layer, problems)
    return rule_set


def _content(layer: "Layer") -> list[object]:
    """Gather what the resolved set says, for its hash; not how it is called."""
    content = {
        section: {str(id_): [one.value, one.file_condition, one.core] for id_, one in found.items()}
        for section, found in layer.entries.items()
    }
    said = {key: layer.header.get(key) for key in ("notice", "open-ends-at", "reviewed-by", "first", "emergency")}
    # Only where there is one: the hash of a set without it stays what it was.
    return [content, said, *([layer.header["clinic"]] if "clinic" in layer.header else [])]


def _resolve(
    location: Path,
    problems: Problems,
    plain: int,
    above: tuple[Path, ...] = (),
    among: Collection[Path] | None = None,
) -> "Layer":
    """Read the rule set at *location* and lay it over all that it extends.

    A set that names no base stands on its own, with the words and the core of the default one. *above* are the sets
    that lead here; of them and this one the first *plain* ones are read as written, since packed ones know no places.
    """
    from needlecare.rules.layers import Overlay, read_layer

    top = read_layer(location, problems, among, packed=len(above) >= plain)
    extends, words_from = top.header.pop("extends", None), top.header.pop("words-from", None)
    if extends is not None and words_from is not None:
        problems.add(words_from, "a rule set has `extends` (words and rules) or `words-from` (words alone), not both")
    wanted, shipped = extends or words_from, read.shipped_folder() / DEFAULT
    default, chain = shipped.resolve(), (*above, location.resolve())
    if wanted is None and chain[-1] == default:
        return top
    below = _find_below(wanted, location, problems) if wanted else shipped
    if wrong := _wrong_chain(below, chain, wanted):
        problems.add(wanted or top.header["ruleset"], wrong)
        # The default set stands in, so that the rest of this one can be checked all the same.
        below = shipped
        if default in chain:
            return top
    return Overlay(_resolve(below, problems, plain, chain), top, problems, words_only=extends is None).result


def _find_below(wanted: str, location: Path, problems: Problems) -> Path:
    """Find the rule set called *wanted*; the default one stands in for one that isn't there."""
    try:
        return read.find_rules(wanted, location)
    except InputError as error:
        problems.add(wanted, str(error))
        return read.shipped_folder() / DEFAULT


def _wrong_chain(below: Path, chain: tuple[Path, ...], wanted: str | None) -> str:
    if below.resolve() in chain:
        return f"`{wanted}` leads back to this rule set"
    if len(chain) > _LONGEST_CHAIN:
        return f"more than {_LONGEST_CHAIN} rule sets extend each other; combine some of them"
    return ""


class _Names:
    """Checks that whatever an entry names is there."""

    def __init__(self, rule_set: RuleSet, layer: "Layer", problems: Problems) -> None:
        self._set, self._layer, self._problems = rule_set, layer, problems
        self._moments = {*_BUILT_IN_MOMENTS, *rule_set.moments, *rule_set.events}
        self._flagged = _flagged(rule_set, layer)
        self._endless = _endless(rule_set)
        # As they are written, so that they can be pointed at.
        self._off = {id_: written for (section, id_), written in layer.off.items() if section == "rules"}
        self._places: dict[tuple[int, tuple[str, ...]], dict[str, read.Text]] = {}

    def check(self) -> None:
        """Check every entry."""
        entries, known = self._layer.entries, self._set
        for rule in known.rules.values():
            raw = entries["rules"][rule.id]
            self._check_named(rule, raw)
            self._check_expected(rule, raw)
            self._check_start(rule, raw)
            for bound in _bounds_of(rule):
                self._check_bound(bound, raw)
        for moment in known.moments.values():
            if moment.usual is not None:
                self._check_bound(moment.usual, entries["moments"][moment.id])
        for activity in known.activities.values():
            raw = entries["activities"][activity.id]
            self._check_listed(activity.under, "activity", known.activities, raw)
            self._check_listed((activity.group,) if activity.group else (), "group", known.groups, raw)
        for sign in known.signs.values():
            named = tuple(filter(None, (sign.once_over, sign.once_worse)))
            self._check_listed(named, "sign", known.signs, entries["signs"][sign.id])
        for event in known.events.values():
            raw = entries["events"][event.id]
            self._check_listed(event.activities, "activity", known.activities, raw)
            self._check_listed(event.sources, "source", known.sources, raw)

    def _at(self, word: str, raw: Raw, *fields: str) -> str:
        """Return *word* where it stands in *fields* of an entry, else the entry's id."""
        key = id(raw.value), fields
        if key not in self._places:
            self._places[key] = read.places_of_words(raw.value, fields)
        return self._places[key].get(word, raw.id)

    def _check_listed(self, names: tuple[str, ...], what: str, known: Collection[str], raw: Raw) -> None:
        for name in names:
            if name not in known:
                self._problems.unknown(
                    self._at(name, raw, "under", "group", "activities", "source", "once-over", "once-worse"),
                    what,
                    name,
                    known,
                )

    def _check_named(self, rule: Rule, raw: Raw) -> None:
        """Check what a rule is on, and what it excepts."""
        is_sign = rule.verb in (EXPECT, CALL)
        what, known = ("sign", self._set.signs) if is_sign else ("activity", self._set.activities)
        named = [*((name, rule.verb) for name in rule.targets), *((name, "except") for name, _ in rule.exceptions)]
        for name, field in named:
            found = known.get(name)
            if found is None:
                called = self._other_names[what].get(name.lower().replace("-", " "), [])[:_MOST_SHOWN]
                meant = f" (did you mean {' or '.join(called)}?)" if called else self._problems.nearest(name, known)
                at = self._at(name, raw, field)
                self._problems.add(at, f"the rule {rule.id}: there is no {what} `{name}`{meant}")
            elif isinstance(found, Activity) and found.medicine == PRESCRIBED:
                from needlecare.rules.medicines import check_prescribed

                check_prescribed(rule, name, self._layer, self._problems)

    @cached_property
    def _other_names(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {"sign": {}, "activity": {}}
        for what, known in (("sign", self._set.signs), ("activity", self._set.activities)):
            for one in known.values():
                for name in {one.label.lower(), *map(str.lower, one.aka)}:
                    found[what].setdefault(name, []).append(one.id)
        return found

    def _check_expected(self, rule: Rule, raw: Raw) -> None:
        """Note a red flag that is called normal."""
        for sign in rule.targets if rule.verb == EXPECT else ():
            flag, added = self._flagged.get(sign, (None, False))
            # What a set adds to a red flag may be normal by a rule below: that makes nothing milder. And one set may
            # say that what is usual for most needs a doctor where a condition holds.
            if flag and not (flag.when.tests if raw.origin_of(EXPECT) == flag.origin else added):
                wrong = f"{sign} is a sign of the red flag `{flag.id}`, and no rule may call it normal"
                harmless = "if you mean something harmless, add a sign of its own"
                self._problems.add(self._at(sign, raw, EXPECT), f"the rule {rule.id}: {wrong}; {harmless}")

    def _check_start(self, rule: Rule, raw: Raw) -> None:
        """Note a start that never comes, since it waits for the end of a rule without end."""
        for term in rule.start.terms if rule.start else ():
            if term.ends_rule in self._endless:
                wrong = f"`{raw.id}` begins when `{term.ends_rule}` ends, which is never"
                self._problems.add(
                    self._at(term.ends_rule, raw, "from", "due"), f"{wrong}; count it {_FROM_WHAT_COMES}"
                )

    def _check_bound(self, bound: Bound, raw: Raw) -> None:
        """Note what *bound*, of an entry as written, waits for and doesn't exist."""
        for term in bound.terms:
            name = term.ends_rule
            if name is None:
                if term.moment not in self._moments:
                    at = self._at(term.moment, raw, *_BOUNDS)
                    if term.moment in _NO_TIME:
                        self._problems.add(at, f"`{raw.id}`: there is no moment `{term.moment}`{_HOW_NO_TIME}")
                    else:
                        self._problems.unknown(at, "moment", term.moment, self._moments, of=f"`{raw.id}`: ")
            elif name not in self._set.rules and name in self._off:
                wrong = f"`{name}` is switched off, but the rule `{raw.id}` waits for its end"
                instead = f"switch `{raw.id}` off too, or give it a window that doesn't wait for `{name}`"
                self._problems.add(self._off[name], f"{wrong}; {instead}")
            elif name not in self._set.rules:
                at = self._at(name, raw, *_BOUNDS)
                known = self._problems.nearest(name, self._set.rules)
                self._problems.add(at, f"`{raw.id}` waits for the end of `{name}`, but there is no such rule{known}")


def _endless(rule_set: RuleSet) -> set[str]:
    """Return the rules that never end: those that say so, and those that end when one of these does."""
    # A permission "ends" when it begins.
    ends = {rule.id: rule.end for rule in rule_set.rules.values() if rule.end is not None and rule.verb != ALLOW}
    waiting: dict[str, list[str]] = defaultdict(list)
    for id_, end in ends.items():
        for term in end.terms:
            if term.ends_rule is not None:
                waiting[term.ends_rule].append(id_)
    return set(walk((id_ for id_, end in ends.items() if end.is_always), waiting))


def _bounds_of(rule: Rule) -> list[Bound]:
    bounds = (rule.start, rule.end, rule.eases, rule.worry_after, *(bound for _, bound in rule.exceptions))
    return [bound for bound in bounds if bound is not None]


def _flagged(rule_set: RuleSet, layer: "Layer") -> dict[str, tuple[Rule, bool]]:
    """Return which protected red flag names which sign from the first on, and whether this very set says which ones."""
    flags = [one for one in rule_set.rules.values() if one.is_red_flag and one.core and not one.worry_after]
    own = {flag.id for flag in flags if layer.entries["rules"][flag.id].origin_of(CALL) == rule_set.id}
    # One that holds for everybody is named before one that a condition raises.
    flags.sort(key=lambda flag: bool(flag.when.tests), reverse=True)
    return {sign: (flag, flag.id in own) for flag in flags for sign in flag.targets}


def _check_named_alike(rule_set: RuleSet, layer: "Layer", problems: Problems) -> None:
    """Note a sign that is called normal by a name that is a red flag's: what people type would find it."""
    flagged = _flagged(rule_set, layer)
    expected = {sign for rule in rule_set.rules.values() if rule.verb == EXPECT for sign in rule.targets}
    serious = {
        tuple(_words(name)[:_LONGEST_NAME]): (name.lower(), flagged[sign][0].id)
        for sign, name in _names_of(rule_set, flagged.keys() - expected)
    }
    for sign, name in _names_of(rule_set, expected - flagged.keys()):
        if inside := next((serious[run] for run in _runs(_words(name)) if run in serious), None):
            named = f"`{sign}` is called “{name}”, and a rule calls it normal"
            wrong = f"{named}; but “{inside[0]}” is a sign of the red flag `{inside[1]}`"
            problems.add(layer.entries["signs"][sign].id, f"{wrong}; choose another name for what is harmless")


def _names_of(rule_set: RuleSet, ids: Collection[str]) -> list[tuple[str, str]]:
    """Return the signs with *ids*, each with every name that it has."""
    signs = [rule_set.signs[id_] for id_ in sorted(ids) if id_ in rule_set.signs]
    return [(sign.id, name) for sign in signs for name in (sign.id.replace("-", " "), sign.label, *sign.aka)]


def _words(name: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", name.lower())


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Return the runs of words of a name that aren't denied: “no fever”."""
    for start in range(len(words)):
        if start == 0 or words[start - 1] not in ("no", "without"):
            ends = range(start + 1, min(start + _LONGEST_NAME, len(words)) + 1)
            yield from (tuple(words[start:end]) for end in ends)


def _check_activities(rule_set: RuleSet, layer: "Layer", problems: Problems) -> None:
    """Note activities that are part of themselves, or of so much that walking it would take too long."""
    tree = {activity.id: activity.under for activity in rule_set.activities.values()}
    written = layer.entries["activities"]
    names, circle = in_order(tree)
    if circle:
        _note_circle(circle, lambda name: written[name].id, problems)
    above: dict[str, set[str]] = {}
    count = 0
    for name in names:
        parents = [parent for parent in tree[name] if parent in above]
        above[name] = set(parents).union(*(above[parent] for parent in parents))
        count += len(above[name])
        if count > MOST_ANCESTORS:
            wrong = f"the activities are part of each other more than {MOST_ANCESTORS:,} times over"
            problems.add(written[name].id, f"`{name}`: {wrong}; use fewer levels of `under`")
            return


def _note_circle(circle: list[str], at: Callable[[str], str], problems: Problems) -> None:
    """Note a *circle*, which begins and ends with the same name, where the first of its names is written."""
    first = min(circle, key=lambda name: (place(at(name)), name))
    turn = circle.index(first)
    way = [*circle[turn:], *circle[1 : turn + 1]]
    if len(way) > _MOST_SHOWN:
        way[_MOST_SHOWN - 2 : -1] = ["…"]
    problems.add(at(first), f"`{at(first)}` leads back to itself: {' → '.join(way)}")


def _check_moments(rule_set: RuleSet, layer: "Layer", problems: Problems) -> None:
    """Note moments and rules that wait for themselves or in too long a row, and an open end that may never come."""
    waits = _waits(rule_set)

    def written(name: str) -> str:
        """Return the id of a moment, or of the rule whose end it is, where it is written."""
        return layer.entries["rules" if name.endswith(ENDS) else "moments"][name.removesuffix(ENDS)].id

    names, circle = in_order(waits)
    if circle:
        _note_circle(circle, written, problems)
    _check_rows(waits, names, written, problems)
    _check_open_end(rule_set, waits, layer, problems)


def _waits(rule_set: RuleSet) -> dict[str, list[str]]:
    """Return what each moment, and each rule's end, is counted from."""
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
    is_open = not rule.states_end and rule.verb not in (ALLOW, CALL)
    return [*(term.moment for bound in _bounds_of(rule) for term in bound.terms), *[open_end] * is_open]


def _check_rows(waits: Graph, names: list[str], written: Callable[[str], str], problems: Problems) -> None:
    """Note what so many wait for, one behind the other, that computing it would go too deep."""
    waiting = dict.fromkeys(names, 0)
    for name in reversed(names):
        for further in waits[name]:
            if further in waiting:
                waiting[further] = max(waiting[further], waiting[name] + 1)
    if name := min((name for name, row in waiting.items() if row >= _LONGEST_ROW), default=""):
        wrong = f"more than {_LONGEST_ROW} rules and moments wait for each other in a row"
        last = f"the last of them for `{written(name)}`; count some of them from the treatment"
        problems.add(written(name), f"{wrong}, {last}")


def _check_open_end(rule_set: RuleSet, waits: Graph, layer: "Layer", problems: Problems) -> None:
    """Note an open end without a usual time, or one that waits for what may never come."""
    moment = rule_set.moments.get(rule_set.open_ends_at)
    if moment is None or moment.usual is None:
        wrong = "names a moment with a usual time, such as healed: restrictions without end wait for it"
        problems.add(layer.header.get("open-ends-at") or layer.header["ruleset"], f"`open-ends-at` {wrong}")
        return
    never = {NEXT_SESSION, EVENT, *rule_set.events}
    never.update(f"{rule.id}{ENDS}" for rule in rule_set.rules.values() if rule.end == ALWAYS)
    for name in never.intersection(walk([moment.id], waits)):
        wrong = f"`{moment.id}` waits for `{name}`, which may never come"
        why = f"restrictions without end wait for `{moment.id}`, so count it {_FROM_WHAT_COMES}"
        problems.add(layer.entries["moments"][moment.id].id, f"{wrong}; {why}")
