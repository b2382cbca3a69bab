"""JSON: which fields of the model are the contract, and the one encoder that writes them, for plans and for answers.

It makes no sentences and computes no dates. `views.schema` describes what is written here.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from functools import cache
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple

from needlecare.model.facts import Given
from needlecare.model.plan import (
    FOREVER,
    Clash,
    Day,
    Finding,
    Hint,
    Lift,
    Meeting,
    Session,
    Timeline,
    Treatment,
    Wait,
    Window,
    ranked_sources,
)
from needlecare.model.ruleset import Clinic, Rule, RuleSet, Saying
from needlecare.views.phrases import NO_ADVICE, escape, flag_text

SCHEMA_VERSION: Final = 2
# What a line of a batch leaves out besides what is null or empty: `rules show` has the one, the windows the other.
_NOT_IN_LINES = ("rules", "days")
# Words that are fields of a window.
_IN_WINDOWS = ("text", "times", "if")
_AS_IT_IS = frozenset({bool, int, float, type(None)})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def render(timeline: Timeline) -> str:
    """Render *timeline*: one object, with a line for each entry of its lists."""
    return write(plan_record(timeline))


def render_line(timeline: Timeline, client: str, *, full: bool = False) -> str:
    """Render *timeline* on one line, with the id of the *client* first; unless *full*, without what others hold."""
    record = plan_record(timeline, lean=not full)
    return dumps({"id": client, **record}) + "\n"


def plan_record(timeline: Timeline, *, lean: bool = False) -> dict[str, Any]:
    """Return the record of *timeline*; a *lean* one lacks what is null or empty, the rules, and the days."""
    encode = Encoder(timeline, lean=lean)
    fields = {**head(timeline.rule_set), **encode.fields(timeline)}
    record: dict[str, Any] = encode(
        {name: one for name, one in fields.items() if not lean or name not in _NOT_IN_LINES}
    )
    return record


def head(rule_set: RuleSet) -> dict[str, Any]:
    """Return the fields that begin every record: version, notice, and which rules made it."""
    return {"schema_version": SCHEMA_VERSION, "notice": rule_set.notice or NO_ADVICE, "ruleset": rule_set}


def write(record: Mapping[str, Any]) -> str:
    """Write *record* as one object: a line for each field, and for each entry of a list or table of objects."""
    return "{\n" + ",\n".join(f"{dumps(key)}: {_value(value)}" for key, value in record.items()) + "\n}\n"


def dumps(value: object) -> str:
    """Write *value* on one line; what a terminal would obey is escaped."""
    return escape(_JSON.encode(value))


def _value(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(map(dumps, value)) + "\n]"
    if isinstance(value, dict) and value and all(isinstance(one, dict) for one in value.values()):
        return "{\n  " + ",\n  ".join(f"{dumps(key)}: {dumps(one)}" for key, one in value.items()) + "\n}"
    return dumps(value)


class Encoder:
    """Turns what the model holds into what JSON knows; instants carry the offset of the zone of *timeline*."""

    def __init__(self, timeline: Timeline, *, lean: bool = False) -> None:
        self.timeline = timeline
        self._zone = timeline.treatment.zone
        self._lean = lean
        # The same few instants begin and end most windows.
        self._instants: dict[datetime, str | None] = {FOREVER: None}

    def __call__(self, value: Any) -> Any:
        """Encode *value*; an empty text is null."""
        kind = type(value)
        if kind is str:
            return value or None
        if kind in _AS_IT_IS:
            return value
        if kind is datetime:
            found = self._instants.get(value, value)
            if found is value:
                found = self._instants[value] = value.astimezone(self._zone).isoformat()
            return found
        if kind is tuple or kind is list:
            # What stands in one list is of one type.
            return list(value) if not value or isinstance(value[0], str) else [self(one) for one in value]
        if isinstance(value, str):  # as the YAML reader has it, with its place
            return value or None
        if kind is date:
            return value.isoformat()
        if kind is time:
            return f"{value:%H:%M}"
        if kind in SCALARS:
            return self(SCALARS[kind](value))
        if isinstance(value, Mapping):
            record = {key: self(one) for key, one in value.items()}
        else:
            record = {name: self(one) for name, one in self.fields(value).items()}
        return {name: one for name, one in record.items() if one or one is False or one == 0} if self._lean else record

    def fields(self, value: Any) -> dict[str, Any]:
        """Return the fields of *value* that are in the contract, by their names there and not yet encoded."""
        shape = _shape(value.__class__)
        if not shape.computed:
            return dict(zip(shape.names, shape.read(value), strict=True))
        found = shape.blank.copy()
        found.update(zip(shape.names, shape.read(value), strict=True))
        for name, make in shape.computed:
            found[name] = make(value, self.timeline)
        return found


Make = Callable[[Any, Timeline], Any]


class RedFlag(NamedTuple):
    """A reason to see a clinician `today`, or to call the `clinic`."""

    urgency: Literal["today", "clinic"]
    text: str
    signs: tuple[str, ...]
    sources: tuple[str, ...]


def red_flags(_: Any, timeline: Timeline) -> list[RedFlag]:
    """Return the red flags of *timeline*."""
    return [
        RedFlag(
            "today" if rule.urgent else "clinic", flag_text(rule, timeline.rule_set), rule.targets, named(rule.says)
        )
        for rule in timeline.red_flags
    ]


def named(says: Iterable[Saying]) -> tuple[str, ...]:
    """Return the sources of *says*, each once."""
    return tuple(dict.fromkeys(saying.source for saying in says))


class Assumed(NamedTuple):
    """A fact that nobody gave, and the default that decides."""

    fact: str
    value: str | float | list[str]


def _answer(fact: str, value: Given, timeline: Timeline) -> str | float | list[str]:
    if not isinstance(value, tuple):
        return value
    return list(value) if timeline.rule_set.facts[fact].several else value[0]


def _facts(timeline: Timeline, _: object) -> dict[str, str | float | list[str]]:
    return {fact: _answer(fact, value, timeline) for fact, value in sorted(timeline.facts.given.items())}


def _assumed(timeline: Timeline, _: object) -> list[Assumed]:
    return [Assumed(fact, _answer(fact, value, timeline)) for fact, value in sorted(timeline.facts.assumed.items())]


def _rules(timeline: Timeline, _: object) -> dict[str, Rule]:
    """Return every rule that a window names: what it says stands once, however many windows it makes."""
    named = {id_ for window in timeline.windows for id_ in (*window.rules, *window.overruled)}
    return {id_: timeline.rule_set.rules[id_] for id_ in sorted(named)}


def _unanswered(timeline: Timeline, _: object) -> list[str]:
    return [screening.id for screening in timeline.unanswered]


def _tz(treatment: Treatment, _: object) -> str:
    return treatment.zone.key


def _moment(treatment: Treatment, _: object) -> datetime | None:
    return treatment.last if treatment.clock else None


def _better_from(window: Window, _: object) -> datetime | None:
    return window.better_from if window.better_from < window.start else None


def _better_until(window: Window, _: object) -> datetime | None:
    return window.better_until if window.better_until > window.end else None


def _times(window: Window, _: object) -> str | None:
    return window.words.get("times")


def _cited(window: Window, timeline: Timeline) -> tuple[str, ...]:
    return ranked_sources([window], timeline.rule_set)


def words(rule: Rule, _: object) -> dict[str, str]:
    """Return the words of a rule that no window has."""
    return {name: text for name, text in sorted(rule.words.items()) if name not in _IN_WINDOWS}


def confidence(rule: Rule, _: object) -> Literal["normal", "low"]:
    """Return how sure a rule is."""
    return "low" if rule.low_confidence else "normal"


def _against(finding: Finding, _: object) -> tuple[str, ...]:
    return named(finding.screening.says)


def _only_if(meeting: Meeting, _: object) -> list[str]:
    return list(dict.fromkeys(window.target for window in meeting.waiting))


# The fields of each type, in order: `name`, or `name=path` where the model has another word for it. A `?` marks what
# may be null though its type doesn't tell. Any other type is written with all of its fields.
FIELDS: dict[type, str] = {
    RuleSet: "id version hash=digest reviewed_by changed_core",
    Clinic: "name phone?",
    Timeline: (
        "treatment facts assumed unknown=facts.unknown windows rules days sessions screening=findings unanswered"
        " red_flags longer_if shorter_if events=meetings clinic=rule_set.clinic"
    ),
    Treatment: "date=day time=clock tz moment",
    Window: (
        "rule rules kind activity=target text start earliest? end? end_stated bound? better_from better_until"
        " open_end=is_open and_once=waits precision times if=condition sources overruled origin unsure eases"
        " usually_by worry_after"
    ),
    Rule: "says words origin confidence",
    Saying: "source value note?",
    Day: "day=number date=day avoid better_not only_if do prepare expect lifts",
    Lift: "activity at to and_once=waits",
    Session: "number minimum recommended overdue count=total unsure precare booked sources",
    Finding: "condition=screening.id level text=screening.text note=screening.note? sources",
    Hint: "facts rule activity=target now then",
    Meeting: "kind=event.kind label=event.label first=event.first last=event.last known clashes only_if",
    Clash: "activity state rule=window.rule until=window.end? better_until=window.better_until? and_once=window.waits",
}
# Fields that are computed of a value and its timeline.
COMPUTED: dict[type, dict[str, Make]] = {
    Timeline: {
        "facts": _facts,
        "assumed": _assumed,
        "rules": _rules,
        "unanswered": _unanswered,
        "red_flags": red_flags,
    },
    Treatment: {"tz": _tz, "moment": _moment},
    Window: {"better_from": _better_from, "better_until": _better_until, "times": _times, "sources": _cited},
    Rule: {"words": words, "confidence": confidence},
    Finding: {"sources": _against},
    Meeting: {"only_if": _only_if},
}
# Types that are written as one value.
SCALARS: dict[type, Callable[[Any], Any]] = {Wait: attrgetter("bound")}


class Field(NamedTuple):
    """One field of a type: its *name* in JSON, and the *path* to it in the model, or how it is computed."""

    name: str
    path: str
    nullable: bool
    make: Make | None


def fields_of(kind: type) -> list[Field]:
    """Return the fields of *kind* that are in the contract."""
    computed = COMPUTED.get(kind, {})
    spec = FIELDS.get(kind) or " ".join(getattr(kind, "_fields", ()))
    found = []
    for word in spec.split():
        name, _, path = word.rstrip("?").partition("=")
        found.append(Field(name, path or name, word.endswith("?"), computed.get(name)))
    return found


class _Shape(NamedTuple):
    """How to read a type: a *blank* record in order, the *names* that are read at once, and what is *computed*."""

    blank: dict[str, Any]
    names: tuple[str, ...]
    read: Callable[[Any], tuple[Any, ...]]
    computed: tuple[tuple[str, Make], ...]


@cache
def _shape(kind: type) -> _Shape:
    every = fields_of(kind)
    plain = [one for one in every if one.make is None]
    get = attrgetter(*(one.path for one in plain))
    return _Shape(
        dict.fromkeys(one.name for one in every),
        tuple(one.name for one in plain),
        get if len(plain) > 1 else lambda value: (get(value),),
        tuple((one.name, one.make) for one in every if one.make is not None),
    )
