"""Rule sets as they are written, and one laid over another: what a set changes and takes away, and what it may not.

Knows which fields protect people; what the fields mean otherwise is the business of others.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from needlecare.model.ruleset import CALL, CLINIC, EXPECT, PRESCRIBED, VERBS, Change, in_order
from needlecare.rules import fields, read
from needlecare.rules.fields import ANSWER, FILE, SECTIONS, STATEMENTS, WORDS, Entry, marked
from needlecare.rules.kinds import ID, Field, Mark, Section
from needlecare.rules.read import Fields, Problems, Raw, Text, Value, enumerated, listed, place, placed

# Sources that a file may name for each of its entries.
_MOST_DEFAULTS = 20
_HEADER = frozenset(marked(FILE, Mark.HEADING))
OF_CLINIC = ("clinic", "batch")
_REASONS = marked(fields.SWITCHED_OFF, Mark.REASON)


class Layer:
    """A rule set as written: its header, and its entries by section and id.

    *beneath* are the entries that it changed, as they were, and *off* is where those that it took away are named, by
    section and id. *files* are the bytes that all of it was read from, by place.
    """

    def __init__(self) -> None:
        self.files: dict[Path, read.Files] = {}
        self.header: dict[str, Any] = {}
        self.entries: dict[str, dict[str, Raw]] = {section: {} for section in (*WORDS, *STATEMENTS)}
        self.beneath: dict[tuple[str, str], Raw] = {}
        self.switched_off: dict[str, Value] = {}
        self.off: dict[tuple[str, str], str] = {}
        self.changes: list[Change] = []

    @property
    def id(self) -> str:
        """The rule set's id."""
        return str(self.header.get("ruleset", ""))

    def each(self, sections: Iterable[str]) -> Iterator[tuple[str, Raw]]:
        """Return the entries of *sections*, each with its section."""
        return ((section, raw) for section in sections for raw in self.entries[section].values())


def read_layer(location: Path, problems: Problems, among: Collection[Path] | None = None, *, packed: bool) -> Layer:
    """Read the rule set at *location*: a file, or a folder as `read_files` does; *packed* where it ships so.

    Raises:
        InputError: there is nothing to read there.
        RuleSetError: a file can't be read as YAML.
    """
    layer = Layer()
    files = layer.files[location] = read.read_files(location, among)
    trees = read.unpack("trees", location, files) if packed else None
    if trees is None:
        # Those that ship are packed, and PyYAML takes longer to load than they do.
        from needlecare.rules.yaml import read_trees

        trees = read_trees(files, problems)
    for tree in trees:
        _read_header(tree, layer, problems)
    if not layer.header.get("ruleset"):
        name = "stdin" if location == read.STDIN else location.stem.lower().replace("_", "-").replace(" ", "-")
        layer.header["ruleset"] = placed(Text(name), trees[0])
    if not ID.fullmatch(layer.id):
        wrong = f"`{layer.id}` can't be the id of a rule set; write lower-case letters, digits and hyphens, as in"
        problems.add(layer.header["ruleset"], f"{wrong} `ruleset: my-clinic`")
    for tree in trees:
        _read_sections(tree, layer, problems)
    return layer


def _read_header(tree: dict[Any, Any], layer: Layer, problems: Problems) -> None:
    for key in (key for key in Entry(FILE, tree, problems).values if key in _HEADER):
        if key in layer.header:
            at = tree[key] if key in OF_CLINIC else key
            problems.add(at, f"`{key}` stands in another file of this folder too; keep one")
        else:
            layer.header[key] = tree[key]


def _read_sections(tree: dict[Any, Any], layer: Layer, problems: Problems) -> None:
    source = tree.get("source")
    if isinstance(source, list) and len(source) > _MOST_DEFAULTS:
        wrong = f"`source` of a file names {len(source):,} sources; at most {_MOST_DEFAULTS} may stand there"
        problems.add(source, wrong)
        source = None
    for section in (*WORDS, *STATEMENTS):
        written = tree.get(section, Fields())
        if section == "sessions" and isinstance(written, list):
            written = _by_id(written, layer)
        if not isinstance(written, dict):
            problems.add(written, f"`{section}` holds entries by their ids, such as {{one: …, two: …}}")
            continue
        for id_, value in written.items():
            raw = Raw(id_, value, layer.id, tree.get("core") == "true", tree.get("when"))
            _add_entry(section, raw, source, layer, problems)
    off = tree.get("switched-off", Fields())
    if isinstance(off, dict):
        layer.switched_off.update(off)
    else:
        problems.add(off, "`switched-off` names rules and reasons, such as {swimming: {because: why, by: who}}")


def _by_id(items: list[Value], layer: Layer) -> Fields:
    """Return the entries of a list by their `id`, else by their place in it."""
    named = Fields()
    for number, item in enumerate(items, 1):
        given = item.get("id") if isinstance(item, dict) else None
        named[placed(Text(given if isinstance(given, str) else f"{layer.id}-{number}"), item)] = item
    return named


def _add_entry(section: str, raw: Raw, source: Value | None, layer: Layer, problems: Problems) -> None:
    if raw.id in layer.entries[section]:
        first = place(layer.entries[section][raw.id].id)
        problems.add(raw.id, f"`{raw.id}` stands in {first.name} line {first.line + 1} too; keep one")
        return
    if section in STATEMENTS:
        if not isinstance(raw.value, dict):
            problems.add(raw.value, SECTIONS[section].how)
            return
        if source is not None and "source" not in raw.value and "says" not in raw.value:
            raw.value["source"] = source
    if section != "kinds" and not ID.fullmatch(raw.id):
        where = "" if section in STATEMENTS else f" in {section}"
        problems.add(raw.id, f"`{raw.id}` can't be an id{where}; use lower-case letters, digits and hyphens")
    layer.entries[section][raw.id] = raw


_INHERITED = ("notice", "urgent", "open-ends-at", "first", "emergency", "released", *OF_CLINIC)
# What denies that a plan is information and that the clinic comes first; “seek medical advice” doesn't.
_DENIES = (
    r"\b(?:is|are|as|gives?|contains?|offers?|provides?|constitutes?|replaces?)\b[^.]{0,30}"
    r"\b(?:medical|clinical|professional|doctor's) (?:advice|opinion)"
    r"|\breplaces? (?:a|your|the|any) (?:doctor|clinician|clinic|nurse|visit|consultation)"
    r"|\b(?:ignore|disregard|overrules?|overrides?)\b[^.]{0,30}\b(?:clinic|clinician|doctor|nurse|above|notice)"
)
_NEGATED = r"\b(?:no|not|never|nothing|nor|neither)\b|n't\b"


class Overlay:
    """One rule set laid over another; *result* is both together."""

    def __init__(self, base: Layer, top: Layer, problems: Problems, *, words_only: bool) -> None:
        """Lay *top* over *base*; with *words_only* the base gives its words and its core, not its other rules."""
        self._base, self._top, self._problems, self._words_only = base, top, problems, words_only
        self.result = result = Layer()
        result.files = {**base.files, **top.files}
        result.off = dict(base.off)
        result.changes = list(base.changes)
        result.header = self._joined_header()
        for section, entries in base.entries.items():
            keep = not words_only or section in WORDS
            result.entries[section] = {id_: raw for id_, raw in entries.items() if keep or raw.core}
        for section, raw in top.each((*WORDS, *STATEMENTS)):
            self._lay(section, raw)
        for section, raw in top.each(("activities", "signs", "moments", "events")):
            self._record_word(section, raw)
        for id_, reason in top.switched_off.items():
            self._switch_off(Raw(id_, reason, top.id))

    def _joined_header(self) -> dict[str, Any]:
        base, top = self._base.header, self._top.header
        inherited = _INHERITED if self._words_only else (*_INHERITED, "title")
        header = {**{key: base[key] for key in inherited if key in base}, **top}
        if "notice" in base and "notice" in top:
            # The base's notice stays, whatever a set adds to it.
            self._guard_notice(base["notice"], top["notice"])
            header["notice"] = placed(Text(f"{base['notice']} {top['notice']}"), top["notice"])
        if "urgent" in base and "urgent" in top:
            header["urgent"] = placed(Text(f"{top['urgent']} {base['urgent']}"), top["urgent"])
        return header

    def _lay(self, section: str, raw: Raw) -> None:
        entries = self.result.entries[section]
        below = entries.get(raw.id)
        if section in STATEMENTS and not (below is None and self._words_only):
            how = "added" if below is None else "changed"
            self.result.changes.append(_as_change(section, raw, how, core=below is not None and below.core))
        if below is None:
            entries[raw.id] = raw
            return
        self.result.beneath[section, str(raw.id)] = below
        entries[raw.id] = self._guarded(section, below, raw, _change(section, below, raw))

    def _guarded(self, section: str, below: Raw, raw: Raw, changed: Raw) -> Raw:
        if is_red_flag(below):
            self._guard_red_flag(below, raw)
            changed = changed._replace(file_condition=below.file_condition)
        elif below.core and section in STATEMENTS and not _has_reasons(raw):
            needs = "a change of it needs `because:` and `by:`, a rule of your own needs another id"
            self._problems.add(raw.id, f"`{raw.id}` is part of the core; {needs}")
        if section == "activities" and PRESCRIBED == below.as_word.get("medicine") != changed.as_word.get("medicine"):
            self._problems.add(changed.id, f"`{changed.id}` is a prescribed medicine; no rule set may change that")
        return changed

    def _record_word(self, section: str, raw: Raw) -> None:
        """Record what changes in a word, and note what may not."""
        below, changed = self.result.beneath.get((section, str(raw.id))), self.result.entries[section][raw.id]
        if below is None:
            return
        loss = ""
        if section == "signs":
            self._guard_sign(below, changed)
        elif section == "activities":
            loss = self._loss(below, changed)
            if loss and not _has_reasons(raw):
                self._problems.add(raw.id, f"`{raw.id}` {loss}; such a change needs `because:` and `by:`")
        said = _difference(section, below, changed)
        if said or loss:
            change = _as_change(section, raw, "changed", core=bool(loss))
            self.result.changes.append(change._replace(said=said))

    def _guard_notice(self, below: str, above: str) -> None:
        """Note a notice that denies the one below, which stands before it."""
        for sentence in re.split(r"[.;:!?]+\s*", above.lower().replace("’", "'")):
            if re.search(_DENIES, sentence) and not re.search(_NEGATED, sentence):
                wrong = f"`notice` stands behind “{below}”, which is part of the core, and can't deny it"
                self._problems.add(above, f"{wrong}; it may add to it, such as “Ring us on 020 7946 0000.”")
                return

    def _guard_red_flag(self, below: Raw, above: Raw) -> None:
        old, new = below.as_word, above.as_word
        for key, value in new.items():
            fewer = key == CALL and not set(listed(old.get(CALL))) <= set(listed(value))
            if key not in _SAFE_IN_RED_FLAG or fewer or value == "":
                wrong = f"`{above.id}` is a red flag; you may change its words and add signs, nothing else"
                self._problems.add(key, wrong)

    def _guard_sign(self, below: Raw, above: Raw) -> None:
        """Note whatever would make a sign of a red flag something else, or harder to find."""
        id_, flag = above.id, self._flags.get(above.id)
        if flag and (_lost_names(below, above) or _label(above) != _label(below)):
            keeps = f"it keeps its label and its other names (`needlecare rules show {id_}` lists them)"
            else_ = "and yours follow them; if you mean something else, add a sign of its own"
            self._problems.add(id_, f"`{id_}` is a sign of the red flag `{flag}`: {keeps}, {else_}")

    @cached_property
    def _flags(self) -> dict[str, str]:
        """The first red flag below that names each sign."""
        return _first_to_name(filter(is_red_flag, self._base.entries["rules"].values()), (CALL,))

    @cached_property
    def _protecting(self) -> dict[str, str]:
        """The first core rule below that protects each activity."""
        core = (raw for raw in self._base.entries["rules"].values() if raw.core)
        return _first_to_name(core, [verb for verb in VERBS if verb not in (EXPECT, CALL)])

    @cached_property
    def _held(self) -> list[dict[str, int]]:
        """What protects each activity, below and in the result."""
        return [_reached(one.entries["activities"], self._protecting) for one in (self._base, self.result)]

    def _loss(self, below: Raw, above: Raw) -> str:
        """Return what a change takes from an activity that the core protects, or nothing."""
        before, after = (held[above.id] for held in self._held)
        if not before:
            return ""
        if lost := list(_chosen(before & ~after, self._protecting)):
            return f"is no longer under {enumerated(lost)}, which the core rule `{self._protecting[lost[0]]}` is on"
        protected = f"the core rule `{self._protecting[next(_chosen(before, self._protecting))]}` is on it"
        if names := _lost_names(below, above):
            return f"is no longer called {', '.join(names)}, and {protected}"
        if above.as_word.get("medicine", "") != below.as_word.get("medicine", ""):
            return f"becomes a medicine, and {protected}"
        return ""

    def _switch_off(self, off: Raw) -> None:
        result, add = self.result, self._problems.add
        named = str(off.id).rpartition(" ")[2]
        section = self._section_of(off.id, named)
        if section is None:
            return
        raw = result.entries[section][named]
        if is_red_flag(raw):
            add(off.id, f"`{off.id}` is a red flag and can't be switched off")
            return
        reasons = Entry(fields.SWITCHED_OFF, placed(Fields(off.fields), off.id), self._problems)
        if not reasons.get("because"):
            add(off.id, f"say why `{off.id}` is switched off: {off.id}: {{because: the reason, by: who decided}}")
        elif raw.core and not reasons.get("by"):
            add(off.id, f"`{off.id}` is part of the core; switching it off needs `because:` and `by:`")
        else:
            result.off[section, named] = off.id
            result.changes.append(_as_change(section, off._replace(id=named), "switched off", core=raw.core))
            del result.entries[section][named]

    def _section_of(self, written: str, named: str) -> str | None:
        """Return the section of what is to be switched off: an id, behind its section where two sections have it."""
        entries = self.result.entries
        found = [one for one in STATEMENTS if named in entries[one] and written in (named, f"{one} {named}")]
        if len(found) == 1:
            return found[0]
        if not found:
            self._problems.unknown(written, "rule", written, self._statements, to=" to switch off")
            return None
        open_ = [one for one in found if not is_red_flag(entries[one][named])]
        choice = " or ".join(f"`{name} {named}`" for name in open_)
        flagged = f"`{named}` is a red flag and can't be switched off; if you mean another, write {choice}"
        twice = f"`{named}` stands in {' and in '.join(found)}; write {choice}"
        self._problems.add(written, twice if open_ == found else flagged)
        return None

    @cached_property
    def _statements(self) -> Collection[str]:
        return [id_ for name in STATEMENTS for id_ in self.result.entries[name]]


def _first_to_name(rules: Iterable[Raw], verbs: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw in rules:
        for verb in verbs:
            for target in listed(raw.as_word.get(verb)):
                found.setdefault(target, raw.id)
    return found


_SAFE_IN_RED_FLAG = marked(SECTIONS["rules"], Mark.SAFE)


def is_red_flag(raw: Raw) -> bool:
    """Return whether an entry is a red flag."""
    return bool(raw.as_word.get("urgency", CLINIC) != CLINIC)


def _reached(activities: Mapping[str, Raw], wanted: Collection[str]) -> dict[str, int]:
    """Return which of the *wanted* activities each is part of, or is, as the bits of a number."""
    bits = {id_: 1 << number for number, id_ in enumerate(wanted)}
    graph = {str(id_): listed(raw.as_word.get("under")) for id_, raw in activities.items()}
    found: dict[str, int] = {}
    # A circle has no order, and is an error of its own.
    for name in in_order(graph)[0] or graph:
        found[name] = bits.get(name, 0)
        for parent in graph[name]:
            found[name] |= found.get(parent, bits.get(parent, 0))
    return found


def _chosen(bits: int, wanted: Collection[str]) -> Iterator[str]:
    return (id_ for number, id_ in enumerate(wanted) if bits >> number & 1)


def _difference(section: str, below: Raw, above: Raw) -> str:
    """Return what changes in a word, from what to what; nothing where it is what it was."""
    parts = []
    for key in marked(SECTIONS[section], Mark.MEANING):
        was, is_ = (
            _label(raw) if key == "label" else ", ".join(listed(raw.as_word.get(key))) for raw in (below, above)
        )
        if was != is_:
            parts.append(f"{key} {was or 'nothing'} → {is_ or 'nothing'}")
    return ", ".join(parts)


def _as_change(section: str, raw: Raw, how: str, *, core: bool) -> Change:
    reasons = {key: str(value) for key, value in raw.fields.items() if key in _REASONS and isinstance(value, str)}
    return Change(section, str(raw.id), how, raw.origin, **reasons, core=core)


def _has_reasons(raw: Raw) -> bool:
    return all(raw.as_word.get(key) for key in _REASONS)


def _label(raw: Raw) -> str:
    label = raw.as_word.get("label")
    return " ".join(label.split()) if isinstance(label, str) and label else raw.id.replace("-", " ")


def _lost_names(below: Raw, above: Raw) -> list[str]:
    """Return the names that *below* had and *above* hasn't."""
    had, names = ([_label(raw), *listed(raw.as_word.get("aka"))] for raw in (below, above))
    kept = set(map(str.lower, names))
    return [name for name in had if name.lower() not in kept]


def _change(section: str, below: Raw, above: Raw) -> Raw:
    """Return an entry with the fields of *above* in the place of those of *below*."""
    rows = SECTIONS.get(section, Section("an entry", {}))
    old, new = rows.read(below.value), rows.read(above.value)
    if old is None or new is None:
        return above
    dropped, laid = _dropped(rows, old, new), {**old, **new}
    if "answers" in new:
        laid["answers"] = _unite_answers(old.get("answers"), new["answers"])
    fields = placed(Fields({key: value for key, value in laid.items() if key not in dropped}), above.value)
    origins = {field: below.origin_of(field) for field in old} | dict.fromkeys(new, above.origin)
    condition = above.file_condition or below.file_condition
    return above._replace(value=fields, core=below.core, file_condition=condition, origins=origins)


def _dropped(rows: Section, old: Mapping[str, Value], new: Mapping[str, Value]) -> set[str]:
    """Return the fields of *old* that would contradict those of *new*, or be false beside them, and emptied ones."""
    known = rows.fields.values()
    dropped = {one for field in known if field.name in new for one in field.excludes}
    dropped |= {field.name for field in known if _falls(field, new)}
    # Words that say why an entry states what it states would be false of something else.
    if any(new[key] != old.get(key) for key in new.keys() & marked(rows, Mark.VALUE)):
        dropped.update(marked(rows, Mark.REASON))
    # An empty text takes a field away.
    return dropped - new.keys() | {key for key, value in new.items() if value == ""}


def _falls(field: Field, new: Mapping[str, Value]) -> bool:
    # Another verb may have no use for what stood beside the first.
    verbs = new.keys() & VERBS if field.verbs else set()
    return not new.keys().isdisjoint(field.excludes) or not verbs <= set(field.verbs)


def _unite_answers(old: Value | None, new: Value) -> Value:
    """Lay answers over answers; rules ask for those below, so all of them stay."""
    below, above = _answers(old), _answers(new)
    if below is None or above is None:
        return new
    united = placed(Fields(below), new)
    for id_, value in above.items():
        if isinstance(new, list) and id_ in below:
            continue
        known, said = ANSWER.read(below.get(id_, {})), ANSWER.read(value)
        united[id_] = value if known is None or said is None else placed(Fields({**known, **said}), value)
    return united


def _answers(value: Value | None) -> dict[Any, Any] | None:
    """Return answers by their ids; None where they are none."""
    if isinstance(value, list):
        return {text: text for text in value} if all(isinstance(text, str) for text in value) else None
    return value if isinstance(value, dict) else None
