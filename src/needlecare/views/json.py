"""JSON: which fields of the model are the contract, the one encoder that writes them, and the schema of a plan.

It makes no sentences and computes no dates.
"""

import json
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from needlecare.model import plan
from needlecare.model.facts import Condition, Given, Truth
from needlecare.model.plan import FOREVER, Clash, Finding, Part, Session, Timeline, Treatment, Window
from needlecare.model.ruleset import ASK, EXPECT, Clinic, Rule, RuleSet, Saying, Screening
from needlecare.model.time import AT_TREATMENT, format_clock
from needlecare.model.voices import backing, making, sources_of_part
from needlecare.timeline.build import condition_text
from needlecare.views.phrases import NO_ADVICE, escape, flag_text, sources_of

SCHEMA_VERSION: Final = 2
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def render(timeline: Timeline) -> str:
    """Render *timeline*: one object, with a line for each entry of its lists."""
    return write(plan_record(timeline))


def render_line(timeline: Timeline, client: str, *, full: bool = False) -> str:
    """Render *timeline* on one line, with the id of the *client* first; unless *full*, without what others hold."""
    return dumps({"id": client, **plan_record(timeline, lean=not full)}) + "\n"


def plan_record(timeline: Timeline, *, lean: bool = False) -> dict[str, Any]:
    """Return the record of *timeline*; a *lean* one lacks what is null or empty, and what is found elsewhere."""
    encode = Encoder(timeline, lean=lean)
    return encode.record(encode.fields(timeline))


def head(rule_set: RuleSet) -> dict[str, Any]:
    """Return the fields that begin every record: version, notice, and which rules made it."""
    return {"schema_version": SCHEMA_VERSION, "notice": rule_set.notice or NO_ADVICE, "ruleset": rule_set}


def write(record: Mapping[str, Any]) -> str:
    """Format *record* as one object: a line for each field, and for each entry of a list or table of objects."""
    return "{\n" + ",\n".join(f"{dumps(key)}: {_value(value)}" for key, value in record.items()) + "\n}\n"


def _value(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(map(dumps, value)) + "\n]"
    if isinstance(value, dict) and value and all(isinstance(one, dict) for one in value.values()):
        return "{\n  " + ",\n  ".join(f"{dumps(key)}: {dumps(one)}" for key, one in value.items()) + "\n}"
    return dumps(value)


def dumps(value: object) -> str:
    """Format *value* on one line; what a terminal would obey is escaped."""
    return value.text if isinstance(value, _RuleEntry) else escape(_JSON.encode(value))


class Encoder:
    """Turns what the model holds into what JSON knows; instants carry the offset of the zone of *timeline*."""

    def __init__(self, timeline: Timeline, *, lean: bool = False) -> None:
        self.timeline = timeline
        self._lean = lean
        # The same few instants begin and end most windows.
        self._instants: dict[datetime, str | None] = {FOREVER: None, plan.NO_START: None}
        self._writers: dict[type, Callable[[Any], Any]] = {
            **dict.fromkeys(_AS_IT_IS, lambda value: value),
            # An empty text is null.
            str: lambda value: value or None,
            datetime: self._instant,
            date: date.isoformat,
            time: format_clock,
            tuple: self._list,
            list: self._list,
        }

    def __call__(self, value: Any) -> Any:
        """Encode *value*."""
        return self._writers.get(type(value), self._other)(value)

    def fields(self, value: Any, shape: Any = None) -> dict[str, Any]:
        """Return the fields of *value* that are in the contract, by their names there and not yet encoded.

        They are those of its type, unless they are those of another *shape*.
        """
        timeline, (names, read, computes, sparse) = self.timeline, _read(shape or value.__class__, lean=self._lean)
        found = dict(zip(names, read(value), strict=True))
        for made, compute in computes:
            if made in found:
                found[made] = compute(value, timeline)
            else:
                found.update(zip(made.split(), compute(value, timeline), strict=True))
        return {name: one for name, one in found.items() if one or name not in sparse} if sparse else found

    def record(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Encode each of *fields*."""
        # Without a call for each field, since a plan has some four thousand.
        writers, other = self._writers, self._other
        record = {
            name: one if type(one) in _AS_IT_IS else writers.get(type(one), other)(one) for name, one in fields.items()
        }
        # What is neither true nor 0 is null or empty.
        return {name: one for name, one in record.items() if one or one == 0} if self._lean else record

    def _other(self, value: Any) -> Any:
        """Encode what isn't of a plain type."""
        if isinstance(value, str):  # as the YAML reader has it, with its place
            return str(value) or None
        if type(value) in SCALARS:
            return self(SCALARS[type(value)](value))
        # An answer about several treatments has parts in the zone of each.
        owner = getattr(value, "timeline", self.timeline)
        if owner is not self.timeline:
            return Encoder(owner)(value)
        return self.record(value if isinstance(value, Mapping) else self.fields(value))

    def _instant(self, instant: datetime) -> str | None:
        if instant not in self._instants:
            self._instants[instant] = instant.astimezone(self.timeline.treatment.zone).isoformat()
        return self._instants[instant]

    def _list(self, values: Sequence[Any]) -> list[Any]:
        # What stands in one list is of one type.
        return list(values) if not values or isinstance(values[0], str) else [self(one) for one in values]


# What is computed of a value and its timeline.


class Assumed(NamedTuple):
    """A fact that nobody gave, and the default that decides."""

    fact: str
    value: str | float | list[str]


class RedFlag(Rule):
    """A reason to call: the `emergency` number, a doctor `today`, or the `clinic`.

    It holds at any time, but where it is about whatever is still there since then, some signs apart.
    """


class Perhaps(Window):
    """When a sign is usual instead, if an unknown fact is so."""


class _RuleEntry(dict[str, Any]):
    """What a rule says, which is the same in every plan of a rule set: encoded and written once."""

    @cached_property
    def text(self) -> str:
        """The entry on one line."""
        return escape(_JSON.encode(self))


_AS_IT_IS: frozenset[type] = frozenset({bool, int, float, type(None), _RuleEntry})


def words(rule: Rule, _: object = None) -> dict[str, str]:
    """Return all words of *rule*: those of its windows may be another rule's, where several make one."""
    return dict(sorted(rule.words.items()))


def _besides(rule: Rule, _: object = None) -> dict[str, str]:
    """Return the words of *rule* that no other field has."""
    return {name: text for name, text in words(rule).items() if name not in ("text", "if")}


def _condition(rule: Rule, timeline: Timeline) -> str | None:
    """Return the condition under which *rule* holds, where that isn't known."""
    truth, unsure = rule.when.judge(timeline.facts)
    return condition_text(rule, unsure if truth is Truth.UNKNOWN else (), timeline.rule_set)


def confidence(rule: Rule, _: object = None) -> str:
    """Return how sure *rule* is: `normal` or `low`."""
    return "low" if rule.low_confidence else "normal"


def _asked(condition: Condition) -> dict[str, str]:
    """Return what *condition* asks of each fact; a rule and its file may ask for the same one."""
    found: dict[str, str] = {}
    for test in condition.tests:
        found[test.fact] = f"{found[test.fact]} and {test.stated}" if test.fact in found else test.stated
    return found


def _answers(facts: Mapping[str, Given], timeline: Timeline) -> Iterator[tuple[str, str | float | list[str]]]:
    for fact, value in sorted(facts.items()):
        if isinstance(value, tuple):
            yield fact, list(value) if timeline.rule_set.facts[fact].several else value[0]
        else:
            yield fact, value


def _rules(timeline: Timeline, _: object) -> dict[str, _RuleEntry]:
    """Return every rule that a window names; what is the text of its window is no word of it again."""
    rules = timeline.rule_set.rules
    entries: dict[tuple[str, bool], _RuleEntry] = timeline.rule_set.known.setdefault(_RuleEntry, {})
    ids = {id_ for window in timeline.windows for id_ in (*window.rules, *window.overruled)}
    told = {(window.rule, window.text) for window in timeline.windows}
    found = {id_: (id_, (id_, rules[id_].words.get("text")) in told) for id_ in sorted(ids)}
    for id_, is_told in set(found.values()).difference(entries):
        entry = entries[id_, is_told] = _RuleEntry(Encoder(timeline)(rules[id_]))
        if is_told:
            del entry["words"]["text"]
    return {id_: entries[key] for id_, key in found.items()}


# The contract: the fields of each type, in order, by `name`, or `name=path` where the model has another word for it.
# What a value doesn't have itself is computed. A `?` marks what may be null though its type doesn't tell, a `*` what
# few have and the others leave out. Any other type has all of its own fields.
FIELDS: dict[Any, str] = {
    RuleSet: "id version hash=digest reviewed_by changed_core urgent*",
    Clinic: "name phone?",
    Timeline: "schema_version notice ruleset=rule_set treatment facts assumed unknown=facts.unknown windows rules days"
    " sessions screening=findings unanswered red_flags longer_if shorter_if perhaps events=meetings"
    " clinic=rule_set.clinic",
    Treatment: "date=day time=clock tz=zone.key moment",
    Window: "rule rules kind activity=target group text start? earliest? end? end_stated bound? better_from?"
    " better_until? open_end=is_open* and_once=waits precision times if=condition parts* sources better_sources"
    " disagree overruled origin unsure* eases* usually_by* worry_after* ask* start_bound* start_range* until_seen*",
    RedFlag: "urgency text signs=targets sources rule=id if* from* except* words* confidence*",
    # Each goes on from where the one before it ends, and its window says when it is a no.
    Part: "rule end? sources",
    Perhaps: "rule activity=target text start end? end_stated bound* and_once=waits* if=condition sources unsure eases*"
    " usually_by* worry_after* start_bound* start_range* until_seen* words* confidence*",
    Rule: "window=span except* when* says words origin confidence",
    Saying: "source value note?",
    plan.Day: "day=number date=day avoid better_not ask only_if* do prepare* expect lifts",
    plan.Lift: "activity at to and_once=waits*",
    Session: "number minimum recommended overdue count=total unsure precare booked sources then*",
    Finding: "condition=screening.id level text=screening.text note=screening.note? sources within* by=screening.by*",
    plan.Hint: "facts rule activity=target now then",
    plan.Meeting: "kind=event.kind label=event.label first=event.first last=event.last known clashes only_if",
    Clash: "activity state rule=window.rule until=window.end? better_until=window.better_until? and_once=window.waits",
}
Compute = Callable[[Any, Timeline], Any]
# What is computed alike wherever it is a field, and what is of one type: a field, or several at once.
SHARED: dict[str, Compute] = {"red_flags": lambda _, timeline: [*map(RedFlag._make, timeline.red_flags)]}
COMPUTED: dict[Any, dict[str, Compute]] = {
    Timeline: {
        "schema_version notice ruleset": lambda timeline, _: head(timeline.rule_set).values(),
        "facts": lambda timeline, _: dict(_answers(timeline.facts.given, timeline)),
        "assumed": lambda timeline, _: [Assumed(*one) for one in _answers(timeline.facts.assumed, timeline)],
        "rules": _rules,
        "perhaps": lambda timeline, _: [*map(Perhaps._make, timeline.perhaps)],
    },
    Treatment: {"moment": lambda treatment, _: treatment.last if treatment.clock else None},
    Window: {
        "better_from": lambda window, _: window.better_from if window.better_from < window.start else None,
        "better_until": lambda window, _: window.better_until if window.better_until > window.end else None,
        "open_end": lambda window, _: window.is_open or None,
        # A sign belongs to none.
        "group": lambda window, timeline: (window.kind != EXPECT and timeline.rule_set.group_of(window.target)) or None,
        "start": lambda window, _: window.start if window.has_start and window.kind != ASK else None,
        "times": lambda window, _: window.words.get("times"),
        # One rule mostly makes all of it, and its words are those of the window.
        "parts": lambda window, _: window.parts if len({part.rule for part in window.parts}) > 1 else (),
        "sources better_sources disagree": lambda window, timeline: backing(making(window), timeline.rule_set),
    },
    Part: {"sources": sources_of_part},
    RedFlag: {
        "text": flag_text,
        "sources": lambda rule, _: sources_of(rule.says),
        "if": _condition,
        "from": lambda rule, timeline: timeline.flagged_from.get(rule.id),
        "except": lambda rule, _: [sign for sign, _ in rule.exceptions],
        "words": _besides,
        "confidence": lambda rule, _: "low" if rule.low_confidence else None,
    },
    Perhaps: {
        "sources": lambda window, timeline: backing(making(window), timeline.rule_set).sources,
        "words": lambda window, timeline: _besides(timeline.rule_set.rules[window.rule]),
        "confidence": lambda window, _: "low" if window.low_confidence else None,
    },
    Rule: {
        "except": lambda rule, _: {name: "0h" if end == AT_TREATMENT else str(end) for name, end in rule.exceptions},
        "when": lambda rule, _: _asked(rule.when),
        "words": words,
        "confidence": confidence,
    },
    Finding: {"within": lambda finding, _: "..".join(dict.fromkeys(map(str, finding.screening.within or ())))},
    plan.Meeting: {"only_if": lambda meeting, _: list(dict.fromkeys(window.target for window in meeting.waiting))},
}
# What is otherwise in a lean line, which leaves out what is null or empty: `rules show` has what rules say, the windows
# have the days, the parts of a window are told apart by rules, and nothing is said twice. It has what holds, and not
# what would if more were known, nor what lies between the ends of a window.
_IN_LINES: dict[Any, dict[str, Compute]] = {
    Timeline: dict.fromkeys(("rules", "days", "unanswered", "longer_if", "shorter_if", "perhaps"), lambda *_: None),
    Window: {
        **dict.fromkeys(("parts", "unsure", "eases", "usually_by", "worry_after", "start_range"), lambda *_: None),
        "rules": lambda window, _: window.rules if window.rules != (window.rule,) else None,
        "earliest": lambda window, _: window.earliest if window.earliest != window.end else None,
        "origin": lambda window, timeline: window.origin if window.origin != timeline.rule_set.id else None,
    },
    RedFlag: dict.fromkeys(("rule", "except", "words", "confidence"), lambda *_: None),
}
# Types that are written as one value.
SCALARS: dict[type, Callable[[Any], Any]] = {plan.Wait: attrgetter("bound"), Screening: attrgetter("id")}


class Field(NamedTuple):
    """One field: its *name* in JSON, and the *path* to it in the model.

    Where it says nothing it is null if it is *nullable*, and left out if it is *sparse*.
    """

    name: str
    path: str
    nullable: bool
    sparse: bool


def fields_of(shape: Any) -> list[Field]:
    """Return the fields of a type, or another shape, that are in the contract."""
    found = []
    for word in FIELDS.get(shape, " ".join(getattr(shape, "_fields", ()))).split():
        name, _, path = word.rstrip("?*").partition("=")
        found.append(Field(name, path or name, word.endswith("?"), word.endswith("*")))
    return found


_Reader = Callable[[Any], tuple[Any, ...]]


@cache
def _read(shape: Any, *, lean: bool) -> tuple[list[str], _Reader, list[tuple[str, Compute]], set[str]]:
    """Return the names of the fields of *shape*, how to read them at once, what computes some, and the sparse."""
    fields, otherwise = fields_of(shape), _IN_LINES.get(shape, {}) if lean else {}
    names = [one.name for one in fields]
    computes = SHARED | COMPUTED.get(shape, {}) | otherwise
    computed = set(" ".join(computes).split())
    # What is computed has a place in the order, and is read as something that every value has.
    reader: _Reader = attrgetter(*("__doc__" if one.name in computed else one.path for one in fields))
    here = [(made, compute) for made, compute in computes.items() if made.split()[0] in names]
    # Of a line all that is empty is left out in the end.
    return names, reader, here, {one.name for one in fields if one.sparse and not lean}


# The schema of a plan, from the same fields and their types.

Schema = dict[str, Any]
_PLAIN: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"},
    type(None): {"type": "null"},
}
# The types of fields that are computed and no list of ids, and of texts that are one of a few.
_TYPES: dict[tuple[type, str], Any] = {
    (Timeline, "schema_version"): Literal[SCHEMA_VERSION],
    (Timeline, "notice"): str,
    (Timeline, "facts"): dict[str, str | float | list[str]],
    (Timeline, "assumed"): list[Assumed],
    (Timeline, "rules"): dict[str, Rule],
    (Timeline, "perhaps"): list[Perhaps],
    (Timeline, "red_flags"): list[RedFlag],
    (Treatment, "tz"): str,
    (Treatment, "moment"): datetime | None,
    (Window, "kind"): Literal["avoid", "ask", "do", "allow", "expect", "prepare"],
    (Window, "group"): str | None,
    (Window, "bound"): Literal["at least", "up to"],
    (Window, "start_bound"): Literal["at least", "up to"],
    (Window, "precision"): Literal["minute", "day"],
    (Window, "times"): str | None,
    (RedFlag, "text"): str,
    (RedFlag, "if"): str,
    (RedFlag, "from"): datetime,
    (RedFlag, "confidence"): Literal["low"],
    (Perhaps, "confidence"): Literal["low"],
    (Rule, "except"): dict[str, str],
    (Rule, "when"): dict[str, str],
    (Rule, "confidence"): Literal["normal", "low"],
    (plan.Lift, "to"): Literal["yes", "better-not"],
    (Clash, "state"): Literal["no", "better-not"],
    (Finding, "level"): Literal["stop", "postpone", "ask", "tell"],
    (Finding, "within"): str,
}


def json_schema() -> Schema:
    """Generate the JSON Schema of a whole plan."""
    made = _Maker()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Timeline",
        **made.record(Timeline),
        "$defs": dict(sorted(made.definitions.items())),
    }


class _Maker:
    """Makes schemas, and gathers those of the types that they name."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def schema(self, kind: Any) -> Schema:
        """Return the schema of a type."""
        if kind in _PLAIN:
            return _PLAIN[kind]
        if get_origin(kind) is not None:
            return self._generic(get_origin(kind), get_args(kind))
        if kind in SCALARS:
            return {"type": "string"}
        if kind.__name__ not in self.definitions:
            self.definitions[kind.__name__] = self.record(kind)
        return {"$ref": f"#/$defs/{kind.__name__}"}

    def _generic(self, origin: Any, inside: tuple[Any, ...]) -> Schema:
        if origin is Literal:
            return {"enum": list(inside)}
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.schema(one) for one in inside]}
        if issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.schema(inside[1])}
        length = len(inside) if origin is tuple and inside[-1] is not Ellipsis else None
        counted = {"minItems": length, "maxItems": length} if length else {}
        return {"type": "array", "items": self.schema(inside[0]), **counted}

    def record(self, kind: type) -> Schema:
        """Return the schema of what is written as an object."""
        properties, fields = {}, fields_of(kind)
        for one in fields:
            made = self.schema(_TYPES.get((kind, one.name)) or _hint(kind, one.path))
            properties[one.name] = {"anyOf": [made, {"type": "null"}]} if one.nullable else made
        says = (kind.__doc__ or "").strip().partition("\n")[0]
        required = [one.name for one in fields if not one.sparse]
        return {"type": "object", "description": says, "properties": properties, "required": required}


def _hint(kind: Any, path: str) -> Any:
    """Return the type of what *path* leads to from *kind*."""
    for name in path.split("."):
        known = getattr(kind, name, None)
        getter = known.fget if isinstance(known, property) else getattr(known, "func", None)
        kind = get_type_hints(getter)["return"] if getter else get_type_hints(kind).get(name, list[str])
    return kind
