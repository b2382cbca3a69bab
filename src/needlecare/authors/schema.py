"""The JSON Schema of rule files: made of the rows that read them, with the ids of a rule set for editors to offer."""

from collections.abc import Mapping
from typing import Any

from needlecare.model.facts import Fact
from needlecare.model.ruleset import Rule, RuleSet
from needlecare.rules.fields import FILE, SECTIONS, STATEMENTS, WORDS
from needlecare.rules.kinds import DECIMAL, TEXT_SCHEMA, Field, Schema, Section, id_of, several

# As `when` writes a number: over 1.5, 0.5..1.5.
_NUMBER = rf"^\s*((at least|over|up to|under)?\s*{DECIMAL}|{DECIMAL}\s*\.\.\s*{DECIMAL})\s*$"


def rule_schema(known: RuleSet) -> Schema:
    """Return the JSON Schema of one rule file; editors offer the ids of *known*, and any others may stand there."""
    # A name and no address: what an editor reads lies beside the rule files. Few editors know a newer dialect.
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "urn:needlecare:rule-file"}
    return {**head, **_schema(FILE), "title": "A needlecare rule file", "definitions": _definitions(known)}


def _schema(section: Section) -> Schema:
    properties = {field.name: _schema_of(field) for field in section.fields.values()}
    fields = {"type": "object", "additionalProperties": False, "properties": properties, **section.more}
    return {"anyOf": [TEXT_SCHEMA, fields]} if section.short else fields


def _schema_of(field: Field) -> Schema:
    schema = field.kind.schema
    if field.kind.of is not None:
        one = _schema(field.kind.of)
        known = {
            "listed": {"type": "array", "items": one},
            "ids": {"type": "object", **schema, "additionalProperties": one},
        }
        ways = [known[way] for way in field.kind.ways] or [one]
        schema = {"anyOf": ways} if len(ways) > 1 else ways[0]
    return {**schema, "description": field.help} if field.help else schema


def _definitions(known: RuleSet) -> dict[str, Schema]:
    """Return what the rows refer to: the ids of each section, and what facts may be asked for and given."""
    sections = [name for name in (*STATEMENTS, *WORDS) if name in SECTIONS]
    offered = {name: _offer(getattr(known, FILE.fields[name].into)) for name in sections}
    return {**offered, "bases": {"enum": [known.id]}, "condition": _condition(known), "given": _given(known)}


def _offer(entries: Mapping[str, Any]) -> Schema:
    return {"enum": list(entries), "enumDescriptions": [_label(one) for one in entries.values()]}


def _label(entry: Any) -> str:
    """Return what tells an entry of any section from others."""
    if isinstance(entry, Rule):
        return f"{entry.verb} {', '.join(entry.targets)}, {entry.span}"
    return next((text for key in ("label", "title", "ask", "text") if (text := getattr(entry, key, ""))), entry.id)


def _condition(known: RuleSet) -> Schema:
    asked = {fact.id: _asked(fact) for fact in known.facts.values()}
    what = "facts and the answers, one of which each must have"
    # An empty text takes the condition away from a rule of another set.
    return {"type": ["object", "string"], "pattern": "^$", "properties": asked, "description": what}


def _asked(fact: Fact) -> Schema:
    if fact.is_number:
        examples = ["over 1.5", "up to 0.5", "0.5..1.5"]
        return {"type": ["string", "number"], "pattern": _NUMBER, "examples": examples, "description": fact.ask}
    answers = _answers(fact)
    other = {"type": "object", "required": ["not"], "additionalProperties": False, "properties": {"not": answers}}
    return {"anyOf": [*answers["anyOf"], other], "description": fact.ask}


def _answers(fact: Fact) -> Schema:
    """Return the schema of one or several answers to *fact*, of which a set may have others too."""
    offered = {"anyOf": [TEXT_SCHEMA, _offer({one.id: one for one in fact.answers})]}
    return several(offered if fact.answers else TEXT_SCHEMA)


def _given(known: RuleSet) -> Schema:
    """Return the schema of a treatment as a person would type it."""
    properties = {
        "date": {**TEXT_SCHEMA, "examples": ["2026-11-20"]},
        "time": {**TEXT_SCHEMA, "examples": ["16:30"]},
        "tz": {**TEXT_SCHEMA, "examples": ["Europe/London"]},
        "seen": {"type": "object", "propertyNames": id_of("moments"), "additionalProperties": TEXT_SCHEMA},
        **{fact.id: {**_answers(fact), "description": fact.ask} for fact in known.facts.values()},
    }
    return {"type": "object", "required": ["date"], "properties": properties}
