"""Rule sets as they are written: one layer a file or folder, laid over what it extends, entry by entry.

An entry that a layer changes keeps the fields that the layer doesn't name; a named field is replaced whole.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.errors import InputError, RuleSetError
from needlecare.model.ruleset import VERBS
from needlecare.rules.fields import ID, nearest
from needlecare.rules.packed import unpack
from needlecare.rules.places import Fields, Problems, Value, fields_at, place, text_at
from needlecare.rules.shipped import is_shipped

WORDS = ("kinds", "sources", "activities", "signs", "moments", "facts")
STATEMENTS = ("rules", "screening", "sessions")
HEADER = ("ruleset", "title", "version", "released", "notice", "extends", "words-from", "open-ends-at", "reviewed-by")
PER_FILE = ("source", "when", "core")
_TOP = (*HEADER, *PER_FILE, *WORDS, *STATEMENTS, "switched-off", "cases")
_WINDOW = ("from", "until", "for", "at", "due")


class Raw(NamedTuple):
    """One entry as written, with what its file says of every entry: default condition, core or not, whose it is."""

    id: str
    value: Value
    origin: str
    core: bool = False
    file_condition: Value | None = None


class Layer:
    """A rule set as written: its header, and its entries by section and id."""

    def __init__(self) -> None:
        self.header: dict[str, str] = {}
        self.entries: dict[str, dict[str, Raw]] = {section: {} for section in (*WORDS, *STATEMENTS)}
        self.switched_off: dict[str, Value] = {}
        self.changed_core: list[str] = []

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
        problems.add(layer.header["ruleset"], "the id of a rule set is lower-case letters, digits and hyphens")
    for tree in trees:
        _read_sections(tree, layer, problems)
    return layer


def read_files(location: Path, *, cases: bool = False) -> list[tuple[Path, bytes]]:
    """Read the bytes of a rule set's files, those that hold only *cases* if asked; raises as `read_layer` does."""
    if not location.exists():
        raise InputError(f"no rule set at {location}; give the name of one that ships, a file or a folder")
    if not location.is_dir():
        return [(location, _bytes(location))]
    paths = sorted(path for path in location.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())
    paths = [path for path in paths if cases or not path.name.startswith("cases")]
    if not paths:
        raise RuleSetError([f"{location}: there are no .yaml files in this folder"])
    return [(path, _bytes(path)) for path in paths]


def read_trees(files: Sequence[tuple[Path, bytes]], problems: Problems | None = None) -> list[Any]:
    """Read *files* as YAML; without *problems* to note them in, what is wrong is raised."""
    from needlecare.rules.yaml import read_yaml

    found = Problems() if problems is None else problems
    trees = [read_yaml(data, str(path), found) for path, data in files]
    if problems is None:
        found.raise_any()
    return trees


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuleSetError([f"{path}:1:1: can't be read: {error.strerror}"]) from None


def _named_after(location: Path, tree: dict[Any, Any]) -> str:
    return text_at(location.stem.lower().replace("_", "-").replace(" ", "-"), tree)


def _read_header(tree: dict[Any, Any], layer: Layer, problems: Problems) -> None:
    for key, value in tree.items():
        if key not in _TOP:
            problems.add(key, f"a rule file has no `{key}`{nearest(key, _TOP)}; it may have {', '.join(_TOP)}")
        if key not in HEADER:
            continue
        if not isinstance(value, str):
            problems.add(value, f"`{key}` is one line of text")
        elif key in layer.header:
            problems.add(key, f"`{key}` stands in another file of this folder too; keep one")
        else:
            layer.header[key] = value


def _read_sections(tree: dict[Any, Any], layer: Layer, problems: Problems) -> None:
    core = tree.get("core") == "true"
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
            _add_entry(section, Raw(id_, raw, layer.id, core, tree.get("when")), tree, layer, problems)
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
            problems.add(
                raw.value, f"an entry of `{section}` is fields in {{ }}, such as {{avoid: makeup, until: 24h}}"
            )
            return
        if not ID.fullmatch(raw.id):
            problems.add(raw.id, f"`{raw.id}` can't be an id; use lower-case letters, digits and hyphens")
        if "source" in tree and "source" not in raw.value and "says" not in raw.value:
            raw.value["source"] = tree["source"]
    layer.entries[section][raw.id] = raw


def lay_over(base: Layer, top: Layer, problems: Problems, *, words_only: bool) -> Layer:
    """Lay *top* over *base*; with *words_only* the base gives its words and its core, not its other rules."""
    result = Layer()
    result.header = {key: value for key, value in base.header.items() if key in ("notice", "open-ends-at")}
    result.header.update(top.header)
    result.changed_core = list(base.changed_core)
    for section, entries in base.entries.items():
        keep = not words_only or section in WORDS
        result.entries[section] = {id_: raw for id_, raw in entries.items() if keep or raw.core}
    for section, entries in top.entries.items():
        for id_, raw in entries.items():
            below = result.entries[section].get(id_)
            changed = raw if below is None else _change(below, raw)
            if below is not None and below.core and section in STATEMENTS:
                _guard_core(changed, problems)
                result.changed_core.append(id_)
            result.entries[section][id_] = changed
    for id_, reason in top.switched_off.items():
        _switch_off(id_, reason, result, problems)
    return result


def _change(below: Raw, above: Raw) -> Raw:
    if not isinstance(below.value, dict) or not isinstance(above.value, dict):
        return above
    fields = fields_at(below.value, above.value)
    if "days" in above.value:
        dropped: tuple[str, ...] = _WINDOW
    elif any(key in above.value for key in _WINDOW):
        dropped = ("days",)
    else:
        dropped = ()
    if any(verb in above.value for verb in VERBS):
        dropped += VERBS
    for key in dropped:
        fields.pop(key, None)
    fields.update(above.value)
    return above._replace(value=fields, core=below.core, file_condition=above.file_condition or below.file_condition)


def _guard_core(raw: Raw, problems: Problems) -> None:
    if not isinstance(raw.value, dict) or not all(key in raw.value for key in ("because", "by")):
        problems.add(raw.id, f"`{raw.id}` is part of the core; a change of it says `because:` and `by:`")


def _switch_off(id_: str, reason: Value, result: Layer, problems: Problems) -> None:
    section = next((name for name in STATEMENTS if id_ in result.entries[name]), None)
    if section is None:
        known = [rule for name in STATEMENTS for rule in result.entries[name]]
        problems.add(id_, f"there is no rule `{id_}` to switch off{nearest(id_, known)}")
        return
    raw = result.entries[section][id_]
    if isinstance(raw.value, dict) and raw.value.get("urgent") == "true":
        problems.add(id_, f"`{id_}` is a red flag; red flags can't be switched off")
    elif not isinstance(reason, dict) or "because" not in reason:
        problems.add(id_, f"say why `{id_}` is switched off: {id_}: {{because: the reason, by: who decided}}")
    elif raw.core and "by" not in reason:
        problems.add(id_, f"`{id_}` is part of the core; switching it off says `because:` and `by:`")
    else:
        if raw.core:
            result.changed_core.append(str(id_))
        del result.entries[section][id_]


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
    try:
        below = sources.find(wanted, location) if wanted else sources.default
    except InputError as error:
        problems.add(wanted or top.header["ruleset"], str(error))
        return top
    chain = (*above, location.resolve())
    if below.resolve() in chain:
        problems.add(wanted or top.header["ruleset"], f"`{wanted}` leads back to this rule set")
        return top
    return lay_over(resolve(below, sources, problems, chain), top, problems, words_only=extends is None)
