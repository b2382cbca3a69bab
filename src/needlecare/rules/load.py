"""From a place on disk to a checked rule set: read, lay over, parse, check, hash. Knows no rule."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from needlecare.errors import InputError, RuleSetError
from needlecare.model.ruleset import RuleSet
from needlecare.model.time import parse_duration
from needlecare.rules.checks import check_references
from needlecare.rules.entries import parse_entries
from needlecare.rules.fields import FILE
from needlecare.rules.layers import Layer, Overlay, read_layer
from needlecare.rules.read import DEFAULT, Files, Problems, find_rules, read_files, shipped_folder

_LONGEST_CHAIN = 20


def load_rules(name: str | Path = DEFAULT) -> RuleSet:
    """Load the rule set called *name*: one that ships, or the path of a file or folder.

    Raises:
        InputError: there is no such rule set, or *name* is no name.
        RuleSetError: it is wrong; the error holds every problem found, with its place.
    """
    if not isinstance(name, str | Path):
        raise InputError(f"give the name of a rule set that ships, a file or a folder, not {type(name).__name__}")
    return load_rules_at(find_rules(str(name)))


# What was loaded last, by its place, with all that was read for it: taken again while every byte is the same.
_LOADED: dict[Path, tuple[RuleSet, dict[Path, Files]]] = {}
_MOST_LOADED = 8


def load_rules_at(location: Path) -> RuleSet:
    """Load the rule set at *location*; raises as `load_rules` does."""
    with suppress(RuleSetError):
        rule_set, files = _LOADED.pop(location, (None, {}))
        if rule_set and all(read_files(place) == read for place, read in files.items()):
            _LOADED[location] = rule_set, files
            return rule_set
    rule_set, layer, problems = load_with_places(location, packed=True)
    if problems.lack_places:
        # Read the packed rules again from where they are written.
        rule_set, layer, problems = load_with_places(location)
    problems.raise_any()
    if rule_set.clinic is None:  # a clinic's logo is a file of its own
        _LOADED[location] = rule_set, layer.files
    if len(_LOADED) > _MOST_LOADED:
        del _LOADED[next(iter(_LOADED))]
    return rule_set


def load_with_places(location: Path, *, packed: bool = False) -> tuple[RuleSet, Layer, Problems]:
    """Load the rule set at *location* with the layer that it was made of, which knows every place but *packed* ones.

    What is wrong inside is noted, not raised.

    Raises:
        InputError: there is nothing to read there.
        RuleSetError: a file can't be read as YAML.
    """
    problems = Problems()
    layer = _resolve(location, problems, packed=packed)
    return _parse(layer, problems), layer, problems


def _parse(layer: Layer, problems: Problems) -> RuleSet:
    """Parse the entries of a resolved layer, and check what refers to what."""
    found, header = parse_entries(layer.entries, problems), layer.header
    entries: dict[str, Any] = {FILE.fields[section].into: known for section, known in found.items()}
    reviewer = header.get("reviewed-by")
    reviewed = f"Reviewed by {reviewer}." if reviewer else "No clinician has reviewed these rules."
    rule_set = RuleSet(
        id=layer.id,
        title=str(header.get("title", layer.id)),
        version=str(header.get("version", "unversioned")),
        released=str(header.get("released", "")),
        notice=f"{header.get('notice', '')} {reviewed}".strip(),
        first=parse_duration(str(header.get("first", ""))),
        emergency=str(header.get("emergency", "")),
        open_ends_at=str(header.get("open-ends-at", "")),
        reviewed_by=str(header["reviewed-by"]) if "reviewed-by" in header else None,
        **entries,
        content=_content(layer),
        changed_core=tuple(sorted({change.id for change in layer.changes if change.core})),
        changes=tuple(layer.changes),
        **_of_clinic(layer, found["facts"], problems),
    )
    check_references(rule_set, layer, problems)
    return rule_set


def _of_clinic(layer: Layer, facts: Collection[str], problems: Problems) -> dict[str, Any]:
    clinic, batch = layer.header.get("clinic"), layer.header.get("batch")
    if clinic is None and batch is None:
        return {}
    # Most sets have neither, and the patterns take time to make.
    from needlecare.rules.clinic import parse_batch, parse_clinic

    return {
        "clinic": None if clinic is None else parse_clinic(clinic, problems),
        "batch": {} if batch is None else parse_batch(batch, facts, problems),
    }


def _content(layer: Layer) -> list[object]:
    """Gather what the resolved set says, for its hash; not how it is called."""
    content = {
        section: {id_: [one.value, one.file_condition, one.core] for id_, one in found.items()}
        for section, found in layer.entries.items()
    }
    said = {key: layer.header.get(key) for key in ("notice", "open-ends-at", "reviewed-by", "first", "emergency")}
    # Only where there is one: the hash of a set without it stays what it was.
    return [content, said, *([layer.header["clinic"]] if "clinic" in layer.header else [])]


def _resolve(location: Path, problems: Problems, above: tuple[Path, ...] = (), *, packed: bool) -> Layer:
    """Read the rule set at *location* and lay it over all that it extends.

    A set that names no base stands on its own, with the words and the core of the default one. *above* are the sets
    that lead here; *packed* allows the packed form of those that ship, which has no places to point at.
    """
    top = read_layer(location, problems, packed=packed)
    extends, words_from = top.header.pop("extends", None), top.header.pop("words-from", None)
    if extends is not None and words_from is not None:
        problems.add(words_from, "a rule set has `extends` (words and rules) or `words-from` (words alone), not both")
    wanted, shipped = extends or words_from, shipped_folder() / DEFAULT
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
    base = _resolve(below, problems, chain, packed=packed)
    return Overlay(base, top, problems, words_only=extends is None).result


def _find_below(wanted: str, location: Path, problems: Problems) -> Path:
    """Find the rule set called *wanted*; the default one stands in for one that isn't there."""
    try:
        return find_rules(wanted, location)
    except InputError as error:
        problems.add(wanted, str(error))
        return shipped_folder() / DEFAULT


def _wrong_chain(below: Path, chain: tuple[Path, ...], wanted: str | None) -> str:
    if below.resolve() in chain:
        return f"`{wanted}` leads back to this rule set"
    if len(chain) > _LONGEST_CHAIN:
        return f"more than {_LONGEST_CHAIN} rule sets extend each other; combine some of them"
    return ""
