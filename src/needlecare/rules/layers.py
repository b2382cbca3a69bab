"""Rule sets as they are written: one layer a file or folder, its entries by section and id."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.errors import InputError, RuleSetError, nearest
from needlecare.model.ruleset import CALL, EXPECT, PRESCRIBED, VERBS, Change
from needlecare.rules.fields import HEADER, ID, REASONS, STATEMENTS, TOP, WORDS
from needlecare.rules.read import LARGEST_BYTES, Fields, Problems, Raw, Value, fields_at, place, text_at
from needlecare.rules.shipped import is_shipped, unpack

_EXAMPLES = {
    "rules": "{avoid: makeup, until: 24h}",
    "screening": "{level: stop, when: {condition: eczema}}",
    "sessions": "{every: 4w..6w}",
}


class Layer:
    """A rule set as written: its header, and its entries by section and id.

    *beneath* are the entries that it changed, as they were, and *off* is where those that it took away are named, by
    section and id.
    """

    def __init__(self) -> None:
        self.header: dict[str, str] = {}
        self.entries: dict[str, dict[str, Raw]] = {section: {} for section in (*WORDS, *STATEMENTS)}
        self.beneath: dict[tuple[str, str], Raw] = {}
        self.switched_off: dict[str, Value] = {}
        self.off: dict[tuple[str, str], str] = {}
        self.changes: list[Change] = []
        self.clinic: Value | None = None
        self.batch: Value | None = None

    @property
    def id(self) -> str:
        """The rule set's id."""
        return str(self.header.get("ruleset", ""))


def read_layer(location: Path, problems: Problems, *, packed: bool) -> Layer:
    """Read the rule set at *location*: a file, or the YAML files of a folder; *packed* where it ships so.

    Raises:
        InputError: there is nothing to read there.
        RuleSetError: a file can't be read as YAML.
    """
    layer = Layer()
    files = read_files(location)
    trees = unpack(location.name, files) if packed and is_shipped(location) else None
    if trees is None:
        trees = read_trees(files, problems)
    for tree in trees:
        _read_header(tree, layer, problems)
    if not layer.header.get("ruleset"):
        layer.header["ruleset"] = _named_after(location, trees[0])
    if not ID.fullmatch(layer.id):
        problems.add(
            layer.header["ruleset"],
            f"`{layer.id}` can't be the id of a rule set; write lower-case letters, digits and hyphens, "
            "as in `ruleset: my-clinic`",
        )
    for tree in trees:
        _read_sections(tree, layer, problems)
    return layer


def read_files(location: Path, *, cases: bool = False) -> list[tuple[Path, bytes]]:
    """Read the bytes of a rule set's files, those that hold only *cases* if asked; raises as `read_layer` does."""
    try:
        if not location.is_dir():
            return [(location, _bytes(location))]
        paths = sorted(path for path in location.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())
    except OSError as error:
        raise RuleSetError([f"{location}: can't be read: {error.strerror}"]) from None
    paths = [path for path in paths if cases or not path.name.startswith("cases")]
    if not paths:
        raise RuleSetError([f"{location}: there are no .yaml files in this folder"])
    return [(path, _bytes(path)) for path in paths]


def read_trees(files: Sequence[tuple[Path, bytes]], problems: Problems | None = None) -> list[Any]:
    """Read *files* as YAML; without *problems* to note them in, what is wrong is raised."""
    from needlecare.rules.read import read_yaml

    found = Problems() if problems is None else problems
    trees = [read_yaml(data, str(path), found) for path, data in files]
    if problems is None:
        found.raise_any()
    return trees


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise RuleSetError([f"{path}:1:1: can't be read: {error.strerror}"]) from None


def _named_after(location: Path, tree: dict[Any, Any]) -> str:
    return text_at(location.stem.lower().replace("_", "-").replace(" ", "-"), tree)


def _read_header(tree: dict[Any, Any], layer: Layer, problems: Problems) -> None:
    for key, there in (("clinic", layer.clinic), ("batch", layer.batch)):
        if key in tree and there is not None:
            problems.add(tree[key], f"`{key}` stands in another file of this folder too; keep one")
    layer.clinic = tree.get("clinic", layer.clinic)
    layer.batch = tree.get("batch", layer.batch)
    for key, value in tree.items():
        if key not in TOP:
            problems.add(key, f"a rule file has no `{key}`{nearest(key, TOP)}; it may have {', '.join(TOP)}")
        if key not in HEADER:
            continue
        if not isinstance(value, str):
            problems.add(value, f"`{key}` is one line of text")
        elif key in layer.header:
            problems.add(key, f"`{key}` stands in another file of this folder too; keep one")
        else:
            layer.header[key] = value


def _read_sections(tree: dict[Any, Any], layer: Layer, problems: Problems) -> None:
    core = tree.get("core", "false")
    if core not in ("true", "false"):
        problems.add(core, "`core` is true or false")
    for section in (*WORDS, *STATEMENTS):
        value = tree.get(section)
        if value is None:
            continue
        if section == "sessions" and isinstance(value, list):
            value = _by_id(value, layer)
        if not isinstance(value, dict):
            problems.add(value, f"`{section}` holds entries by their ids, such as {{one: …, two: …}}")
            continue
        for id_, raw in value.items():
            _add_entry(section, Raw(id_, raw, layer.id, core == "true", tree.get("when")), tree, layer, problems)
    off = tree.get("switched-off", Fields())
    if isinstance(off, dict):
        layer.switched_off.update(off)
    else:
        problems.add(off, "`switched-off` names rules and reasons, such as {swimming: {because: why, by: who}}")


def _by_id(items: list[Value], layer: Layer) -> Fields:
    """Name the entries of a list: by their `id`, else by their place in it."""
    named = Fields()
    for number, item in enumerate(items, 1):
        given = item.get("id") if isinstance(item, dict) else None
        named[text_at(given if isinstance(given, str) else f"{layer.id}-{number}", item)] = item
    return named


def _add_entry(section: str, raw: Raw, tree: dict[Any, Any], layer: Layer, problems: Problems) -> None:
    if raw.id in layer.entries[section]:
        first = layer.entries[section][raw.id].id
        problems.add(raw.id, f"`{raw.id}` stands in {place(first).name} line {place(first).line + 1} too; keep one")
        return
    if section in STATEMENTS:
        if not isinstance(raw.value, dict):
            problems.add(raw.value, f"an entry of `{section}` is fields in {{ }}, such as {_EXAMPLES[section]}")
            return
        if not ID.fullmatch(raw.id):
            problems.add(raw.id, f"`{raw.id}` can't be an id; use lower-case letters, digits and hyphens")
        if "source" in tree and "source" not in raw.value and "says" not in raw.value:
            raw.value["source"] = tree["source"]
    layer.entries[section][raw.id] = raw


# What may change in a red flag; anything else could take something from it.
_OPEN_IN_RED_FLAG = ("text", "how", "instead", "why", "note", *REASONS, "source", "says", CALL)
# What makes a word what it is; other names are only found by it.
_OF_A_WORD = {
    "activities": ("label", "under", "medicine", "advised", "taken"),
    "signs": ("label",),
    "moments": ("label", "usual", "clock", "day"),
    "events": ("label", "activities", "results"),
}
# What denies that a plan is information and that the clinic comes first; “seek medical advice” doesn't.
_DENIES = (
    r"\b(?:is|are|as|gives?|contains?|offers?|provides?|constitutes?|replaces?)\b[^.]{0,30}"
    r"\b(?:medical|clinical|professional|doctor's) (?:advice|opinion)"
    r"|\breplaces? (?:a|your|the|any) (?:doctor|clinician|clinic|nurse|visit|consultation)"
    r"|\b(?:ignore|disregard|overrules?|overrides?)\b[^.]{0,30}\b(?:clinic|clinician|doctor|nurse|above|notice)"
)
_NEGATED = r"\b(?:no|not|never|nothing|nor|neither)\b|n't\b"
Entries = Mapping[str, Mapping[str, Raw]]


def is_red_flag(raw: Raw) -> bool:
    """Tell whether an entry is a red flag."""
    return raw.as_word.get("urgent") == "true"


def guard_red_flag(below: Raw, above: Raw, problems: Problems) -> None:
    """Note whatever could take something from a red flag."""
    old, new = below.as_word, above.as_word
    for key, value in new.items():
        fewer = key == CALL and not set(_listed(old.get(CALL))) <= set(_listed(value))
        if key not in _OPEN_IN_RED_FLAG or fewer:
            problems.add(key, f"`{above.id}` is a red flag; its words may change and signs be added, nothing else")


def guard_core(above: Raw, problems: Problems) -> None:
    """Note a change of the core without a reason."""
    if not _has_reasons(above):
        problems.add(
            above.id,
            f"`{above.id}` is part of the core; a change of it says `because:` and `by:`, "
            "a rule of your own takes another id",
        )


def guard_notice(below: str, above: str, problems: Problems) -> None:
    """Note a notice that denies the one below, which stands before it."""
    for sentence in re.split(r"[.;:!?]+\s*", above.lower().replace("’", "'")):
        if re.search(_DENIES, sentence) and not re.search(_NEGATED, sentence):
            problems.add(
                above,
                f"`notice` stands behind “{below}”, which is part of the core, and can't deny it; it may add one, "
                "such as “Ring us on 020 7946 0000.”",
            )
            return


def guard_medicine(below: Raw, changed: Raw, problems: Problems) -> None:
    """Note a prescribed medicine that would be none."""
    if PRESCRIBED == below.as_word.get("medicine") != changed.as_word.get("medicine"):
        problems.add(changed.id, f"`{changed.id}` is a prescribed medicine, and no rule set can make it another")


def guard_sign(id_: str, below: Raw, above: Raw, base: Entries, problems: Problems) -> None:
    """Note whatever would make a sign of a red flag something else, or harder to find."""
    flags = (raw for raw in base["rules"].values() if is_red_flag(raw))
    flag = next((raw.id for raw in flags if id_ in _listed(raw.as_word.get(CALL))), "")
    if flag and (_lost_names(id_, below, above) or _label(id_, above) != _label(id_, below)):
        problems.add(
            above.id,
            f"`{id_}` is a sign of the red flag `{flag}`: it keeps its label and its other names "
            f"(`needlecare rules show {id_}` lists them), and yours go behind them; "
            "what you mean otherwise takes a sign of its own",
        )


def loses_protection(id_: str, below: Raw, above: Raw, base: Entries, result: Entries) -> str:
    """Tell what a change takes from an activity that the core protects, or nothing."""
    protecting = {
        target: rule.id
        for rule in reversed(list(base["rules"].values()))
        if rule.core
        for verb in VERBS
        if verb not in (EXPECT, CALL)
        for target in _listed(rule.as_word.get(verb))
    }
    before, after = _lineage(id_, base["activities"]), _lineage(id_, result["activities"])
    held = [target for target in before if target in protecting]
    lost = [target for target in held if target not in after]
    if lost:
        return f"is no longer under {', '.join(lost)}, which the core rule `{protecting[lost[0]]}` is on"
    names = _lost_names(id_, below, above) if held else []
    if names:
        return f"is no longer called {', '.join(names)}, and the core rule `{protecting[held[0]]}` is on it"
    if held and above.as_word.get("medicine", "") != below.as_word.get("medicine", ""):
        return f"becomes a medicine, and the core rule `{protecting[held[0]]}` is on it"
    return ""


def guard_activity(id_: str, above: Raw, loss: str, problems: Problems) -> None:
    """Note a loss of protection by the core without a reason."""
    if loss and not _has_reasons(above):
        problems.add(above.id, f"`{id_}` {loss}; such a change says `because:` and `by:`")


def said_of(section: str, id_: str, below: Raw, above: Raw) -> str:
    """Say what changes in a word, from what to what; nothing where it is what it was."""
    old, new = below.as_word, above.as_word
    parts = []
    for key in _OF_A_WORD.get(section, ()):
        was, is_ = (
            (_label(id_, below), _label(id_, above)) if key == "label" else (_shown(old.get(key)), _shown(new.get(key)))
        )
        if was != is_:
            parts.append(f"{key} {was or 'nothing'} → {is_ or 'nothing'}")
    return ", ".join(parts)


def _has_reasons(raw: Raw) -> bool:
    return all(raw.as_word.get(key) for key in REASONS)


def _listed(value: Value | None) -> list[str]:
    return [value] if isinstance(value, str) else [item for item in value or () if isinstance(item, str)]


def _shown(value: Value | None) -> str:
    return ", ".join(map(str, _listed(value)))


def _label(id_: str, raw: Raw) -> str:
    label = raw.as_word.get("label")
    return " ".join(label.split()) if isinstance(label, str) and label else id_.replace("-", " ")


def _names(raw: Raw) -> list[str]:
    return _listed(raw.as_word.get("aka"))


def _lost_names(id_: str, below: Raw, above: Raw) -> list[str]:
    kept = {name.lower() for name in (_label(id_, above), *_names(above))}
    return [name for name in (_label(id_, below), *_names(below)) if name.lower() not in kept]


def _lineage(id_: str, activities: Mapping[str, Raw]) -> list[str]:
    """Give an activity and all that it is part of."""
    found = {id_: None}
    frontier = [id_]
    for one in frontier:
        parents = _listed(activities[one].as_word.get("under")) if one in activities else []
        new = [parent for parent in parents if parent not in found]
        found.update(dict.fromkeys(new))
        frontier.extend(new)
    return list(found)


_INHERITED = ("notice", "open-ends-at", "released")
_WINDOW = ("from", "until", "for", "at", "due")
# One line of text is short for an entry with this field alone.
_SHORT = {"sources": "title", "facts": "ask"} | dict.fromkeys(
    ("activities", "signs", "moments", "events", "answers"), "label"
)
# What a statement says as such, by section.
_VALUES = {
    "rules": (*_WINDOW, "days", *VERBS),
    "screening": ("level", "within"),
    "sessions": ("count", "every", "overdue", "then"),
}
# Words that say why a rule has the value it has, or how a source put it; of another value they would be false.
_OF_THE_VALUE = (*REASONS, "roughly")
_LONGEST_CHAIN = 20


def lay_over(base: Layer, top: Layer, problems: Problems, *, words_only: bool) -> Layer:
    """Lay *top* over *base*; with *words_only* the base gives its words and its core, not its other rules."""
    result = Layer()
    result.header = {key: value for key, value in base.header.items() if key in _INHERITED}
    if not words_only and "title" in base.header:
        result.header["title"] = base.header["title"]
    result.header.update(top.header)
    if "notice" in base.header and "notice" in top.header:
        # The base's notice stays, whatever a set adds to it.
        guard_notice(base.header["notice"], top.header["notice"], problems)
        both = f"{base.header['notice']} {top.header['notice']}"
        result.header["notice"] = text_at(both, top.header["notice"])
    result.off = dict(base.off)
    result.changes = list(base.changes)
    result.clinic = base.clinic if top.clinic is None else top.clinic
    result.batch = base.batch if top.batch is None else top.batch
    for section, entries in base.entries.items():
        keep = not words_only or section in WORDS
        result.entries[section] = {id_: raw for id_, raw in entries.items() if keep or raw.core}
    for section, entries in top.entries.items():
        for id_, raw in entries.items():
            below = result.entries[section].get(id_)
            if section in STATEMENTS and not (below is None and words_only):
                how = "added" if below is None else "changed"
                result.changes.append(_as_change(section, raw, how, core=below is not None and below.core))
            if below is None:
                result.entries[section][id_] = raw
                continue
            result.beneath[section, str(id_)] = below
            changed = _change(section, below, raw)
            if is_red_flag(below):
                guard_red_flag(below, raw, problems)
                changed = changed._replace(file_condition=below.file_condition)
            elif below.core and section in STATEMENTS:
                guard_core(raw, problems)
            if section == "activities":
                guard_medicine(below, changed, problems)
            result.entries[section][id_] = changed
    _change_words(base, top, result, problems)
    for id_, reason in top.switched_off.items():
        _switch_off(Raw(id_, reason, top.id), result, problems)
    return result


def _change_words(base: Layer, top: Layer, result: Layer, problems: Problems) -> None:
    """Remember what *top* changed of the words below, and note what it may not change."""
    for section in ("activities", "signs", "moments", "events"):
        for id_, raw in top.entries[section].items():
            below, changed = result.beneath.get((section, str(id_))), result.entries[section][id_]
            if below is None:
                continue
            loss = ""
            if section == "signs":
                guard_sign(id_, below, changed, base.entries, problems)
            elif section == "activities":
                loss = loses_protection(id_, below, changed, base.entries, result.entries)
                guard_activity(id_, raw, loss, problems)
            said = said_of(section, id_, below, changed)
            if said or loss:
                change = _as_change(section, raw, "changed", core=bool(loss))
                result.changes.append(change._replace(said=said))


def _as_change(section: str, raw: Raw, how: str, *, core: bool) -> Change:
    said = {key: str(value) for key, value in raw.fields.items() if key in REASONS and isinstance(value, str)}
    return Change(section, str(raw.id), how, raw.origin, **said, core=core)


def _change(section: str, below: Raw, above: Raw) -> Raw:
    old, new = _as_fields(section, below.value), _as_fields(section, above.value)
    if old is None or new is None:
        return above
    fields = fields_at(old, above.value)
    if "days" in new:
        dropped: tuple[str, ...] = _WINDOW
    elif any(key in new for key in _WINDOW):
        dropped = ("days",)
    else:
        dropped = ()
    if "for" in new:
        dropped += ("until",)
    elif "until" in new:
        dropped += ("for",)
    if any(verb in new for verb in VERBS):
        dropped += VERBS
    if any(key in new and new[key] != old.get(key) for key in _VALUES.get(section, ())):
        dropped += _OF_THE_VALUE
    for key in dropped:
        fields.pop(key, None)
    answers = _unite_answers(old.get("answers"), new.get("answers")) if section == "facts" else None
    fields.update(new if answers is None else {**new, "answers": answers})
    origins = {field: below.origin_of(field) for field in old} | dict.fromkeys(new, above.origin)
    condition = above.file_condition or below.file_condition
    return above._replace(value=fields, core=below.core, file_condition=condition, origins=origins)


def _unite_answers(old: Value | None, new: Value | None) -> Value | None:
    """Lay answers over answers; rules ask for those below, so all of them stay. None where there are none to unite."""
    below, above = _answers(old), _answers(new)
    if below is None or above is None or new is None:
        return None
    united = fields_at(below, new)
    for id_, value in above.items():
        if isinstance(new, list) and id_ in below:
            continue
        known, said = _as_fields("answers", below.get(id_, {})), _as_fields("answers", value)
        united[id_] = value if known is None or said is None else fields_at({**known, **said}, value)
    return united


def _answers(value: Value | None) -> dict[Any, Any] | None:
    """Give answers by their ids; None where they are none."""
    if isinstance(value, list):
        return {text: text for text in value} if all(isinstance(text, str) for text in value) else None
    return value if isinstance(value, dict) else None


def _as_fields(section: str, value: Value) -> dict[Any, Any] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, str) and section in _SHORT:
        return fields_at({text_at(_SHORT[section], value): value}, value)
    return None


def _switch_off(off: Raw, result: Layer, problems: Problems) -> None:
    """Take away what *off* names: an id, or a section and an id where two sections have it."""
    wanted, _, named = str(off.id).rpartition(" ")
    sections = [name for name in STATEMENTS if named in result.entries[name] and wanted in ("", name)]
    if not sections:
        known = [rule for name in STATEMENTS for rule in result.entries[name]]
        problems.add(off.id, f"there is no rule `{off.id}` to switch off{nearest(off.id, known)}")
        return
    if len(sections) > 1:
        open_ = [name for name in sections if not is_red_flag(result.entries[name][named])]
        written = " or ".join(f"`{name} {named}`" for name in open_)
        flagged = f"`{named}` is a red flag; red flags can't be switched off; if you mean another, write {written}"
        twice = f"`{named}` stands in {' and in '.join(sections)}; write {written}"
        problems.add(off.id, twice if open_ == sections else flagged)
        return
    (section,) = sections
    raw = result.entries[section][named]
    said = off.fields
    given = {key for key, value in said.items() if isinstance(value, str) and value}
    unknown = [key for key in said if key not in REASONS]
    if is_red_flag(raw):
        problems.add(off.id, f"`{off.id}` is a red flag; red flags can't be switched off")
    elif unknown:
        problems.add(unknown[0], f"what is switched off has no `{unknown[0]}`; it may have because, by")
    elif "because" not in given:
        problems.add(off.id, f"say why `{off.id}` is switched off: {off.id}: {{because: the reason, by: who decided}}")
    elif raw.core and "by" not in given:
        problems.add(off.id, f"`{off.id}` is part of the core; switching it off says `because:` and `by:`")
    else:
        result.off[section, named] = off.id
        result.changes.append(_as_change(section, off._replace(id=named), "switched off", core=raw.core))
        del result.entries[section][named]


class Sources(NamedTuple):
    """How rule sets are found: *find* turns a name into a place, *default* is the base of those that name none.

    *packed* allows the packed form of those that ship, which has no places to point at.
    """

    find: Callable[[str, Path], Path]
    default: Path
    packed: bool = True


def resolve(location: Path, sources: Sources, problems: Problems, above: tuple[Path, ...] = ()) -> Layer:
    """Read the rule set at *location* and lay it over all that it extends.

    A set that names no base stands on its own, with the words and the core of the default one. *above* are the sets
    that lead here.
    """
    top = read_layer(location, problems, packed=sources.packed)
    extends, words_from = top.header.pop("extends", None), top.header.pop("words-from", None)
    if extends is not None and words_from is not None:
        problems.add(words_from, "a rule set has `extends` (words and rules) or `words-from` (words alone), not both")
    wanted = extends or words_from
    if wanted is None and location.resolve() == sources.default.resolve():
        return top
    chain = (*above, location.resolve())
    below = sources.default
    if wanted:
        try:
            below = sources.find(wanted, location)
        except InputError as error:
            problems.add(wanted, str(error))
    wrong = ""
    if below.resolve() in chain:
        wrong = f"`{wanted}` leads back to this rule set"
    elif len(chain) > _LONGEST_CHAIN:
        wrong = f"more than {_LONGEST_CHAIN} rule sets extend each other; lay them together"
    if wrong:
        problems.add(wanted or top.header["ruleset"], wrong)
        # The default set stands in, so that the rest of this one can be checked all the same.
        below = sources.default
        if below.resolve() in chain:
            return top
    return lay_over(resolve(below, sources, problems, chain), top, problems, words_only=extends is None)
