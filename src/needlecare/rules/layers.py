"""Rule sets as they are written: one layer a file or folder, its entries by section and id."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.errors import RuleSetError
from needlecare.model.ruleset import Change
from needlecare.rules.fields import ID, nearest
from needlecare.rules.packed import unpack
from needlecare.rules.places import LARGEST_BYTES, Fields, Problems, Value, place, text_at
from needlecare.rules.shipped import is_shipped

WORDS = ("kinds", "sources", "activities", "signs", "moments", "events", "facts")
STATEMENTS = ("rules", "screening", "sessions")
HEADER = ("ruleset", "title", "version", "released", "notice", "extends", "words-from", "open-ends-at", "reviewed-by")
PER_FILE = ("source", "when", "core")
TOP = (*HEADER, *PER_FILE, "clinic", *WORDS, *STATEMENTS, "switched-off", "batch", "cases")
_EXAMPLES = {
    "rules": "{avoid: makeup, until: 24h}",
    "screening": "{level: stop, when: {condition: eczema}}",
    "sessions": "{every: 4w..6w}",
}


class Raw(NamedTuple):
    """One entry as written, with what its file says of every entry: default condition, core or not, whose it is.

    Where layers changed it, *origins* tells whose each field is.
    """

    id: str
    value: Value
    origin: str
    core: bool = False
    file_condition: Value | None = None
    origins: Mapping[str, str] = {}

    @property
    def fields(self) -> dict[Any, Any]:
        """What it says by field; nothing of what isn't written so."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def as_word(self) -> dict[Any, Any]:
        """What it says by field; a text alone is the label of a word."""
        return self.value if isinstance(self.value, dict) else {"label": self.value}

    def origin_of(self, field: str) -> str:
        """Tell which rule set a field comes from."""
        return self.origins.get(field, self.origin)


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
    from needlecare.rules.yaml import read_yaml

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
