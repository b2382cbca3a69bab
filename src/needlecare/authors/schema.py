"""The JSON Schema of rule files, made of the rows that read them."""

from needlecare.rules.fields import FILE
from needlecare.rules.kinds import TEXT_SCHEMA, Field, Schema, Section


def rule_schema() -> Schema:
    """Return the JSON Schema of one rule file."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "title": "A needlecare rule file", **_schema(FILE)}


def _schema(section: Section) -> Schema:
    properties = {field.name: _schema_of(field) for field in section.fields.values()}
    fields = {"type": "object", "additionalProperties": False, "properties": properties, **section.more}
    return {"anyOf": [TEXT_SCHEMA, fields]} if section.short else fields


def _schema_of(field: Field) -> Schema:
    schema = field.kind.schema
    if field.kind.of is not None:
        one = _schema(field.kind.of)
        known = {"listed": {"type": "array", "items": one}, "ids": {"type": "object", "additionalProperties": one}}
        ways = [known[way] for way in field.kind.ways] or [one]
        schema = {"anyOf": ways} if len(ways) > 1 else ways[0]
    return {**schema, "description": field.help} if field.help else schema
