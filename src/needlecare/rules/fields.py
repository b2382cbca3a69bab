"""The fields of rule files, a row each: a row reads its value, and it is the JSON Schema that editors use.

A new field is a new row here, and its use. Knows not what a rule means.
"""

import re
from collections.abc import Iterator
from typing import Any

from needlecare.model.facts import Answer
from needlecare.model.ruleset import VERBS, Saying
from needlecare.rules.read import Problems, Value
from needlecare.rules.values import (
    BOUND,
    CLOCK,
    CONDITION,
    COUNT,
    DAY,
    DAYS,
    DURATION,
    DURATIONS,
    EVERY,
    EXCEPTIONS,
    FLAG,
    LIMITS,
    LINE,
    TEXT,
    TEXT_SCHEMA,
    TEXTS,
    URL,
    USUAL,
    Entry,
    Field,
    Kind,
    Schema,
    Section,
    as_is,
    one_of,
    read_texts,
)

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

# What a field is beside its value; see `marked`.
VALUE = "what an entry states as such"
WINDOW = "one way to state a window"
REASON = "why the value is what it is"
WORD = "words for people, never computed"
SAFE = "may change in a red flag, since it takes nothing from it"
MEANING = "makes a word what it is; other names only help to find it"
TIME = "states a time"
TELLS_TIME = "words that may mention how long"
TELLS_HOW = "words that belong to something to do"
HEADING = "stands at the top of a rule set, once"


def _read_says(value: Value, key: str, problems: Problems) -> tuple[Saying, ...] | None:
    if not isinstance(value, dict):
        problems.add(value, f"write `{key}` as {{source: what it says}}, such as {{nhs: 24h..48h}}")
        return None
    return tuple(one for source, said in value.items() for one in _read_saying(str(source), said, problems))


def _read_saying(source: str, value: Value, problems: Problems) -> Iterator[Saying]:
    if isinstance(value, str):
        yield Saying(source, " ".join(value.split()))
    elif isinstance(value, list):
        for item in value:
            yield from _read_saying(source, item, problems)
    else:
        values = Entry(SAYING, value, problems).values
        note = values.pop("note", "")
        yield Saying(source, "; ".join(f"{field} {said}" for field, said in values.items()) or "unstated", note)


def _read_statement(value: Value, key: str, problems: Problems) -> str | None:
    del key
    parts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    if isinstance(value, str) or len(parts) == len(value):
        return ", ".join(parts)
    problems.add(value, "what a source says is text, a list, or fields such as {from: 2w before, until: 2w}")
    return None


def _read_answers(value: Value, key: str, problems: Problems) -> tuple[Answer, ...] | None:
    if isinstance(value, list):
        return tuple(Answer(text, text) for text in read_texts(value, key, problems) or ())
    if not isinstance(value, dict):
        problems.add(value, f"`{key}` is a list such as [one, two], or answers with their labels")
        return None
    answers = []
    for id_, described in value.items():
        entry = Entry(ANSWER, described, problems)
        values = {"label": str(id_), **{name: said for name, said in entry.values.items() if said}}
        answers.append(Answer(id=str(id_), **values))
    return tuple(answers)


_SOURCE_SAYS = {"anyOf": [TEXT_SCHEMA, {"type": "array"}, {"type": "object"}]}
SAYS = Kind(_read_says, {"type": "object", "additionalProperties": _SOURCE_SAYS})
STATEMENT = Kind(_read_statement, TEXTS.schema)


def _entries(of: Section, *, by_id: bool = True, listed: bool = False) -> Kind:
    return Kind(as_is, {}, of, by_id, listed)


def _section(what: str, *fields: Field, short: str = "", example: str = "", **more: Any) -> Section:
    return Section(what, {field.name: field for field in fields}, short, example, more)


def _all(kind: Kind, *names: str, marks: tuple[str, ...] = ()) -> tuple[Field, ...]:
    return tuple(Field(name, kind, marks=marks) for name in names)


_REASONS = _all(TEXT, "because", "by", marks=(WORD, REASON, SAFE))
_CITED = (
    Field("source", TEXTS, "who says just what the entry says", marks=(SAFE,)),
    Field("says", SAYS, "what each source says in its own numbers", marks=(SAFE,)),
)
_AKA = Field("aka", TEXTS, "other names")
_LABEL = Field("label", TEXT, "what people read", marks=(MEANING,))

SAYING = _section(
    "what a source says",
    *_all(STATEMENT, *VERBS, "from", "until", "for", "days", "at", "due", "eases", "worry-after"),
    *_all(STATEMENT, "times", "every", "lasting", "level", "within", "count", "overdue", "then"),
    Field("note", TEXT),
)
ANSWER = _section("an answer", _LABEL, _AKA, Field("dated", TEXT, "what a date with it means"), short="label")
RULE = _section(
    "a rule",
    *(Field(verb, TEXTS, f"{verb}: activities or signs by their ids", marks=(VALUE,)) for verb in VERBS[:-1]),
    Field(VERBS[-1], TEXTS, "signs to call about, by their ids", marks=(VALUE, SAFE)),
    Field("from", BOUND, into="start", marks=(VALUE, WINDOW, TIME)),
    Field("until", BOUND, into="end", marks=(VALUE, WINDOW, TIME)),
    Field("for", DURATION, "counted from the rule's own start", into="lasts", marks=(VALUE, WINDOW, TIME)),
    Field("at", one_of("before", "during", "after"), "at the treatment itself", marks=(VALUE, WINDOW, TIME)),
    Field("due", BOUND, marks=(VALUE, WINDOW, TIME)),
    Field(
        "days",
        DAYS,
        "1..6, both included; negative before the treatment",
        marks=(VALUE, TIME),
    ),
    Field("when", CONDITION),
    Field(
        "except",
        EXCEPTIONS,
        "activity: its own end",
        into="exceptions",
    ),
    Field("eases", BOUND, marks=(TIME,)),
    Field("worry-after", BOUND, marks=(TIME,)),
    Field("urgent", FLAG, "true for a red flag"),
    Field("confidence", one_of("low", "normal", reads={"low": True, "normal": False}), into="low_confidence"),
    *_CITED,
    *_all(TEXT, "text", "how", "instead", "why", "note", marks=(WORD, SAFE, TELLS_TIME)),
    *_all(TEXT, "prefer", "if-broken", marks=(WORD, TELLS_TIME)),
    *_all(TEXT, "if", "unless-told", marks=(WORD,)),
    Field("roughly", TEXT, "how a source put the value", marks=(WORD, REASON)),
    *_all(TEXT, "times", "every", "lasting", "while", marks=(WORD, TELLS_HOW)),
    *_REASONS,
    example="{avoid: makeup, until: 24h}",
    oneOf=[{"required": [verb]} for verb in VERBS]
    + [{"not": {"anyOf": [{"required": [verb]} for verb in VERBS]}, "description": "a change of a rule further down"}],
)
SCREENING = _section(
    "a screening entry",
    Field("level", one_of("stop", "postpone", "ask", "tell"), marks=(VALUE,)),
    Field("when", CONDITION),
    Field("within", DURATION, marks=(VALUE,)),
    *_all(TEXT, "text", "note"),
    *_REASONS,
    *_CITED,
    example="{level: stop, when: {condition: eczema}}",
)
SESSION = _section(
    "a sessions entry",
    Field("id", LINE),
    Field("when", CONDITION),
    Field("count", COUNT, into="total", marks=(VALUE,)),
    Field("every", EVERY, marks=(VALUE,)),
    Field("overdue", DURATION, marks=(VALUE,)),
    Field("then", TEXT, marks=(VALUE,)),
    Field("note", TEXT),
    *_REASONS,
    *_CITED,
    example="{every: 4w..6w}",
)
SOURCE = _section(
    "a source",
    *_all(TEXT, "title", "publisher", "year"),
    Field("url", URL),
    *_all(TEXT, "kind", "family", "seen"),
    short="title",
)
ACTIVITY = _section(
    "an activity",
    _LABEL,
    Field("under", TEXTS, "what it is part of", marks=(MEANING,)),
    _AKA,
    Field("medicine", one_of("prescribed", "over-the-counter"), marks=(MEANING,)),
    Field("advised", one_of("never"), marks=(MEANING,)),
    Field("taken", one_of("by-mouth"), marks=(MEANING,)),
    *_REASONS,
    short="label",
)
SIGN = _section("a sign", _LABEL, _AKA, *_REASONS, short="label")
MOMENT = _section(
    "a moment",
    _LABEL,
    Field("usual", USUAL, "when it usually comes", marks=(MEANING,)),
    Field("clock", CLOCK, marks=(MEANING,)),
    Field("day", DAY, marks=(MEANING,)),
    Field("source", TEXTS),
    Field("note", TEXT),
    *_REASONS,
    short="label",
)
EVENT = _section(
    "an event",
    _LABEL,
    Field("activities", TEXTS, "what comes with it", marks=(MEANING,)),
    _AKA,
    Field("results", DURATIONS, marks=(MEANING,)),
    Field("source", TEXTS, into="sources"),
    *_REASONS,
    short="label",
)
FACT = _section(
    "a fact",
    Field("ask", TEXT, "the question"),
    Field("answers", Kind(_read_answers, {"type": ["array", "object"]})),
    Field("several", FLAG, "true if several answers may hold"),
    Field("number", LIMITS),
    *_all(TEXT, "unit", "default", "phrase"),
    Field("open", FLAG, "true if the answers are a list that goes on"),
    short="ask",
)
COLOURS = _section("`colours`", *_all(TEXT, "light", "dark"), example='{light: "#0b5d5e"}')
CLINIC = _section(
    "`clinic`",
    *_all(TEXT, "name", "phone", "closing"),
    Field("logo", Kind(as_is, TEXT_SCHEMA), "the name of a file beside this one"),
    Field("colours", _entries(COLOURS, by_id=False)),
    example="{name: …, phone: …, logo: logo.png, closing: …}",
)
SWITCHED_OFF = _section("what is switched off", *_REASONS)
GIVEN = ("date", "time", "tz", "seen")
# Fields of `batch` beside the facts that a rule set asks for.
FIELDS = ("id", *GIVEN)
GIVEN_SCHEMA: Schema = {"type": "object", "required": ["date"], "properties": {key: {} for key in GIVEN}}
EXPECTED = _section(
    "what a case expects",
    *_all(TEXTS, "no-from", "no-until", "better-from", "better-until", "not-before", "only-once"),
    *_all(TEXTS, "do-from", "do-until", "allowed-from", "prepare-from", "normal-until", "call-from"),
    *_all(TEXTS, "minimum", "best-until", "late-from"),
    short="is",
)
CASE = _section(
    "a case",
    Field("name", LINE),
    Field("given", Kind(as_is, GIVEN_SCHEMA), "the treatment, as a person would type it"),
    Field("expect", _entries(EXPECTED), "what the plan says of an activity, a sign or a screening entry"),
)
FILE = _section(
    "a rule file",
    *_all(LINE, "ruleset", "title", "version", "released", "notice", marks=(HEADING,)),
    *_all(LINE, "extends", "words-from", "open-ends-at", "reviewed-by", marks=(HEADING,)),
    Field("source", Kind(as_is, TEXTS.schema), "the default source of every entry here"),
    Field("when", CONDITION, "a condition of every entry here"),
    Field("core", FLAG, "true if sets above this one need a reason to change what stands here"),
    Field("clinic", _entries(CLINIC, by_id=False)),
    Field("kinds", Kind(as_is, {"type": "object"}), "how much each kind of source counts"),
    Field("sources", _entries(SOURCE), "sources by their ids"),
    Field("activities", _entries(ACTIVITY), "activities by their ids"),
    Field("signs", _entries(SIGN), "signs by their ids"),
    Field("moments", _entries(MOMENT), "moments by their ids"),
    Field("events", _entries(EVENT), "events by their ids"),
    Field("facts", _entries(FACT), "facts by their ids"),
    Field("rules", _entries(RULE), "rules by their ids"),
    Field("screening", _entries(SCREENING), "reasons not to treat, to wait or to ask"),
    Field("sessions", _entries(SESSION, listed=True), "how sessions follow each other"),
    Field("switched-off", _entries(SWITCHED_OFF), "rules that don't hold here, and why"),
    Field("batch", Kind(as_is, {"type": "object", "additionalProperties": TEXT_SCHEMA}), "the columns of an export"),
    Field("cases", _entries(CASE, by_id=False, listed=True), "treatments and what their plans must say"),
)
STATEMENTS = ("rules", "screening", "sessions")
WORDS = ("kinds", "sources", "activities", "signs", "moments", "events", "facts")
TOP = tuple(FILE.fields)
SECTIONS = {name: field.kind.of for name, field in FILE.fields.items() if field.kind.of is not None}


def marked(section: Section | None, mark: str) -> tuple[str, ...]:
    """Return the names of the fields with *mark*; none where there is no such section."""
    return tuple(field.name for field in section.fields.values() if mark in field.marks) if section else ()


def rule_schema() -> Schema:
    """Return the JSON Schema of one rule file."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A needlecare rule file"}
    return {**head, **_schema(FILE)}


def _schema(section: Section) -> Schema:
    properties = {field.name: _schema_of(field) for field in section.fields.values()}
    fields = {"type": "object", "additionalProperties": False, "properties": properties, **section.more}
    return {"anyOf": [TEXT_SCHEMA, fields]} if section.short else fields


def _schema_of(field: Field) -> Schema:
    schema = field.kind.schema
    if field.kind.of is not None:
        one = _schema(field.kind.of)
        ways = [{"type": "array", "items": one}] if field.kind.listed else []
        ways += [{"type": "object", "additionalProperties": one}] if field.kind.by_id else []
        schema = {"anyOf": ways} if len(ways) > 1 else ways[0] if ways else one
    return {**schema, "description": field.help} if field.help else schema
