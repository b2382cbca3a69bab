"""From a place on disk to a checked rule set: read, lay over, parse, check, hash."""

from collections.abc import Mapping
from pathlib import Path

from needlecare.errors import InputError
from needlecare.model.facts import Condition, Fact
from needlecare.model.ruleset import Clinic, Rule, RuleSet
from needlecare.rules import fields as words
from needlecare.rules.checks import check_references
from needlecare.rules.fields import Context, parse_rule, parse_screening, parse_spacing
from needlecare.rules.layers import Layer, Sources, resolve
from needlecare.rules.read import Problems, Raw, Value
from needlecare.rules.shipped import DEFAULT, find_rules, shipped_folder


def load_rules(name: str | Path = DEFAULT) -> RuleSet:
    """Load the rule set called *name*: one that ships, or the path of a file or folder.

    Raises:
        InputError: there is no such rule set, or *name* is no name.
        RuleSetError: it is wrong; the error holds every problem found, with its place.
    """
    if not isinstance(name, str | Path):
        raise InputError(f"give the name of a rule set that ships, a file or a folder, not {type(name).__name__}")
    return load_rules_at(find_rules(str(name)))


def load_rules_at(location: Path) -> RuleSet:
    """Load the rule set at *location*; raises as `load_rules` does."""
    rule_set, _, problems = _load(location, packed=True)
    if problems.lack_places:
        # Read the packed rules again from where they are written.
        rule_set, _, problems = _load(location, packed=False)
    problems.raise_any()
    return rule_set


def load_with_places(location: Path) -> tuple[RuleSet, Layer, Problems]:
    """Load the rule set at *location* with the layer that it was made of, which knows every place.

    What is wrong inside is noted, not raised.

    Raises:
        InputError: there is nothing to read there.
        RuleSetError: a file can't be read as YAML.
    """
    return _load(location, packed=False)


def _load(location: Path, *, packed: bool) -> tuple[RuleSet, Layer, Problems]:
    problems = Problems()
    layer = resolve(location, Sources(find_rules, shipped_folder() / DEFAULT, packed), problems)
    return _parse(layer, problems), layer, problems


def _parse(layer: Layer, problems: Problems) -> RuleSet:
    """Parse the entries of a resolved layer, words first, and check what refers to what."""
    raw = layer.entries
    for section in ("activities", "signs", "moments", "events", "facts", "sources"):
        words.check_ids(list(raw[section].values()), section, problems)
    kinds = frozenset(raw["kinds"])
    sources = {str(one.id): words.parse_source(one.id, one.value, problems, kinds) for one in _in_order(raw["sources"])}
    facts = {str(one.id): words.parse_fact(one.id, one.value, problems) for one in _in_order(raw["facts"])}

    def context(one: Raw) -> Context:
        default = words.parse_condition(one.file_condition, problems, facts)

        def read_condition(value: Value | None) -> Condition:
            return words.parse_condition(value, problems, facts).narrowed(default)

        return Context(problems, sources, read_condition, one.origin, one.core, raw["rules"])

    rules: dict[str, Rule] = {}
    for one in _in_order(raw["rules"]):
        rule = parse_rule(one.id, one.fields, context(one))
        if rule is not None:
            rules[rule.id] = rule
    header = layer.header
    rule_set = RuleSet(
        id=layer.id,
        title=str(header.get("title", layer.id)),
        version=str(header.get("version", "unversioned")),
        released=str(header.get("released", "")),
        notice=_notice(header),
        open_ends_at=str(header.get("open-ends-at", "")),
        reviewed_by=str(header["reviewed-by"]) if "reviewed-by" in header else None,
        rules=rules,
        screenings={one.id: parse_screening(one.id, one.fields, context(one)) for one in _in_order(raw["screening"])},
        spacings={one.id: parse_spacing(one.id, one.fields, context(one)) for one in _in_order(raw["sessions"])},
        activities={
            str(one.id): words.parse_activity(one.id, one.value, problems) for one in _in_order(raw["activities"])
        },
        signs={str(one.id): words.parse_sign(one.id, one.value, problems) for one in _in_order(raw["signs"])},
        moments={str(one.id): words.parse_moment(one.id, one.value, problems) for one in _in_order(raw["moments"])},
        facts=facts,
        sources=sources,
        weights=words.parse_weights(raw["kinds"], problems),
        content=_content(layer),
        changed_core=tuple(sorted({change.id for change in layer.changes if change.core})),
        events={str(one.id): words.parse_event(one.id, one.value, problems) for one in _in_order(raw["events"])},
        changes=tuple(layer.changes),
        clinic=_clinic(layer, problems),
        batch=_batch(layer, facts, problems),
    )
    check_references(rule_set, layer, problems)
    return rule_set


def _clinic(layer: Layer, problems: Problems) -> Clinic | None:
    if layer.clinic is None:
        return None
    from needlecare.rules.clinic import parse_clinic

    return parse_clinic(layer.clinic, problems)


def _batch(layer: Layer, facts: Mapping[str, Fact], problems: Problems) -> dict[str, str]:
    if layer.batch is None:
        return {}
    from needlecare.rules.fields import parse_batch

    return parse_batch(layer.batch, facts, problems)


def _in_order(entries: Mapping[str, Raw]) -> list[Raw]:
    """Sort by id: the order of files and entries says nothing."""
    return [entries[id_] for id_ in sorted(entries)]


def _notice(header: Mapping[str, str]) -> str:
    """Say the set's notice, and whether anybody has reviewed it."""
    reviewer = header.get("reviewed-by")
    reviewed = f"Reviewed by {reviewer}." if reviewer else "No clinician has reviewed these rules."
    return f"{header.get('notice', '')} {reviewed}".strip()


def _content(layer: Layer) -> list[object]:
    """Gather what the resolved set says, for its hash; not how it is called."""
    content = {
        section: {id_: [one.value, one.file_condition, one.core] for id_, one in entries.items()}
        for section, entries in layer.entries.items()
    }
    said = {key: layer.header.get(key) for key in ("notice", "open-ends-at", "reviewed-by")}
    # Only where there is one: the hash of a set without it stays what it was.
    return [content, said, *([] if layer.clinic is None else [layer.clinic])]
