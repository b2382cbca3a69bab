"""The fields of rule files, a row each: a row reads its value, and it is the JSON Schema that editors use.

A new field is a new row here, and its use. Knows how values are written, not what a rule means.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, NamedTuple, TypeVar

from needlecare.model.facts import Answer
from needlecare.model.ruleset import ASK, AVOID, CALL, DO, EXPECT, PREPARE, URGENCIES, VERBS, Saying
from needlecare.model.time import ALWAYS, Bound, Duration, parse_bound, parse_duration, parse_range, respelled
from needlecare.rules.read import Fields, Problems, Raw, Text, Value, decimal, placed, whole_number

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# A value of more characters is none, and would take long to read.
_LONGEST = 400
Schema = dict[str, Any]
_Model = TypeVar("_Model")


class Mark(Enum):
    """What layers and advice need to know of a field."""

    # What an entry states as such; a window is one way to state it.
    VALUE = auto()
    WINDOW = auto()
    TIME = auto()
    # Why it states that; words are shown and never computed, some mention how long, some how to do something.
    REASON = auto()
    WORD = auto()
    TELLS_TIME = auto()
    TELLS_HOW = auto()
    # May change in a red flag, since it takes nothing from it.
    SAFE = auto()
    # Makes a word what it is; other names only help to find it.
    MEANING = auto()
    HEADING = auto()


class Kind(NamedTuple):
    """A way to write a value; *read* returns it, or None where it can't be read, which is noted.

    Where the value consists of entries, they are *of* a section, and *ways* holds how: `listed`, by their `ids`.
    """

    read: Callable[[Any, str, Problems], Any]
    schema: Schema
    of: "Section | None" = None
    ways: tuple[str, ...] = ()


class Field(NamedTuple):
    """A field of an entry; *into* is what the model calls it, if that is another word.

    A rule may have it beside some *verbs* only: beside any other it would reach nobody. In a change it takes the place
    of what it *excludes*, and the other way round.
    """

    name: str
    kind: Kind
    help: str = ""
    into: str = ""
    marks: tuple[Mark, ...] = ()
    verbs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


class Section(NamedTuple):
    """The fields of one sort of entry; one line of text stands for its field *short*, if it has one."""

    what: str
    fields: Mapping[str, Field]
    short: str = ""
    example: str = ""
    more: Mapping[str, Any] = {}

    @property
    def how(self) -> str:
        """How an entry is written, for messages."""
        example = f", such as {self.example}" if self.example else ""
        return f"{self.what} is {'one line of text, or ' if self.short else ''}fields in {{ }}{example}"

    def read(self, value: Value) -> dict[Any, Any] | None:
        """Return the fields of an entry as written, which *value* may name by their short form; else None."""
        if isinstance(value, str) and self.short:
            return placed(Fields({placed(Text(self.short), value): value}), value)
        return value if isinstance(value, dict) else None


class Entry:
    """One entry as it is written, and the *values* of its fields; what is wrong is noted and left out."""

    def __init__(self, section: Section, value: Value, problems: Problems) -> None:
        fields = section.read(value)
        if fields is None:
            problems.add(value, section.how)
        self.section, self.problems = section, problems
        self.fields: dict[Any, Any] = placed(Fields(), value) if fields is None else fields
        self.values: dict[str, Any] = {}
        for key, written in self.fields.items():
            if key not in section.fields:
                problems.no_field(key, section.what, section.fields)
            elif (read := section.fields[key].kind.read(written, key, problems)) is not None:
                self.values[key] = read

    def note(self, key: str, text: str) -> None:
        """Note that the value of *key* is wrong."""
        self.problems.add(self.fields.get(key, self.fields), text)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*."""
        return self.values.get(key, default)

    def build(self, model: type[_Model], raw: Raw, **more: Any) -> _Model:
        """Return what *model* makes of the fields, of *raw* and of *more*; what it has no place for is only shown."""
        values = {self.section.fields[name].into: value for name, value in self.values.items()}
        values |= {"id": str(raw.id), "origin": raw.origin, "core": raw.core, **more}
        names: tuple[str, ...] = model._fields  # type: ignore[attr-defined]
        return model(**{name: values[name] for name in names if name in values})


def _as_is(value: Value, *_: object) -> Value:
    return value


def read_texts(value: Value, key: str, problems: Problems) -> tuple[str, ...] | None:
    """Read one text, or a list of them."""
    several = [value] if isinstance(value, str) else value
    if isinstance(several, list) and all(isinstance(item, str) for item in several):
        return tuple(map(str, several))
    problems.add(value, f"`{key}` is one name, or a list such as [one, two]")
    return None


def _read_line(value: Value, key: str, problems: Problems) -> str | None:
    if isinstance(value, str):
        return value
    problems.add(value, f"`{key}` is one line of text")
    return None


def _read_text(value: Value, key: str, problems: Problems) -> str | None:
    if isinstance(value, str) and value[:1] in ("“", "”", "„"):
        problems.add(value, f"`{key}` begins with a curly quote, which would be shown; use straight quotes")
    line = _read_line(value, key, problems)
    return None if line is None else " ".join(line.split())


def parsed(parse: Callable[[str], Any], help_: str) -> Kind:
    """Return a kind written as one text, which *parse* turns into its value or None; *help_* says how to write it."""

    def read(value: Value, key: str, problems: Problems) -> Any:
        text = " ".join(value.split()) if isinstance(value, str) and len(value) <= _LONGEST else ""
        found = parse(text) if text else None
        if found is None:
            meant = respelled(text)
            shown = f": `{value}`{f' (did you mean {meant}?)' if parse(meant) is not None else ''}" if text else ""
            problems.add(value, f"`{key}` can't be read{shown}; {help_}")
        return found

    return Kind(read, {**TEXT_SCHEMA, "description": help_})


def pair(parse: Callable[[str], Any], help_: str) -> Kind:
    """Return a kind written as `one..other`, or `one` for both."""

    def both(text: str) -> tuple[Any, Any] | None:
        low, dots, high = text.partition("..")
        first, last = parse(low.strip()), parse((high if dots else low).strip())
        return None if first is None or last is None else (first, last)

    return parsed(both, help_)


def one_of(*words: str, reads: Mapping[str, Any] | None = None, schema: Schema | None = None) -> Kind:
    """Return a kind written as one of *words*; *reads* holds what each stands for, else it is itself."""

    def read(value: Value, key: str, problems: Problems) -> Any:
        if isinstance(value, str) and value in words:
            return reads[value] if reads else str(value)
        said = f" `{value}`" if isinstance(value, str) else ""
        problems.add(value, f"`{key}` can't be{said}; it is one of {', '.join(words)}")
        return None

    return Kind(read, schema or {"enum": list(words)})


def _every(text: str) -> tuple[Duration, Duration] | None:
    return None if (one := parse_range(text)) is None or one.near.is_elapsed or one.far.is_elapsed else one[:2]


def _read_exceptions(value: Value, key: str, problems: Problems) -> tuple[tuple[str, Bound], ...] | None:
    if not isinstance(value, dict):
        problems.add(value, "write exceptions as {activity: its own end}, such as {mineral-makeup: 12h}")
        return None
    return tuple(
        (str(name), read) for name, end in value.items() if (read := BOUND.read(end, key, problems)) is not None
    )


TEXT_SCHEMA: Schema = {"type": ["string", "number", "boolean"]}
LINE = Kind(_read_line, TEXT_SCHEMA)
TEXT = Kind(_read_text, TEXT_SCHEMA)
TEXTS = Kind(read_texts, {"anyOf": [TEXT_SCHEMA, {"type": "array", "items": TEXT_SCHEMA}]})
FLAG = one_of("true", "false", reads={"true": True, "false": False}, schema={"enum": ["true", "false", True, False]})
BOUND = parsed(parse_bound, "write it as 48h, 3d, 24h..48h, 7d before, redness-gone, 48h and redness-gone, or always")
_STARTS = "24h, 3d, 7d before, 2d..4d before, redness-gone, or 48h and redness-gone; only an end can be always"
START = parsed(lambda text: None if (bound := parse_bound(text)) == ALWAYS else bound, f"write it as {_STARTS}")
EXCEPTIONS = Kind(_read_exceptions, {"type": "object", "additionalProperties": BOUND.schema})
DURATION = parsed(parse_duration, "write it as 24h, 3d, 2w, 6mo or 1y")
_HOW_WITHIN = "write it as 6mo, or as 14d..3mo: the level within 14 days, ask within 3 months"
WITHIN = parsed(lambda text: one[:2] if (one := parse_range(text)) and not one.hedge else None, _HOW_WITHIN)
DURATIONS = pair(parse_duration, "write it as 3mo..6mo")
DAYS = pair(whole_number, "write it as 1..6, or 0; negative days lie before the treatment")
COUNT = pair(whole_number, "write it as 3..6, or 4")
LIMITS = pair(decimal, "write the limits as 0.1..8")
EVERY = parsed(_every, "write it as 4w, 4w..6w or at least 6w")
_HOW_USUAL = "a usual time is one range, such as 1d..3d or calm + 2d..5d"
USUAL = parsed(lambda text: bound if (bound := parse_bound(text)) and len(bound.terms) == 1 else None, _HOW_USUAL)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_HOW_CLOCK = "write a time of the day, such as 22:00"
CLOCK = parsed(lambda text: tuple(map(int, at.groups())) if (at := _TIME.fullmatch(text)) else None, _HOW_CLOCK)
RANK = parsed(whole_number, "a rank is a whole number; 1 comes first")
DAY = parsed(whole_number, "a day is a whole number; 0 is the day of the treatment")
_HOW_URL = "an address begins with https:// or http:// and has no spaces"
URL = parsed(lambda text: text if re.fullmatch(r"https?://\S+", text) else None, _HOW_URL)
_DEFAULT = one_of("default", reads={"default": True})
CONDITION = Kind(_as_is, {"type": "object", "description": "facts and the answers, one of which each must have"})


def _read_says(value: Value, key: str, problems: Problems) -> tuple[Saying, ...] | None:
    if not isinstance(value, dict):
        problems.add(value, f"write `{key}` as {{source: what it says}}, such as {{nhs: 24h..48h}}")
        return None
    cited = ((str(by), one) for by, said in value.items() for one in (said if isinstance(said, list) else [said]))
    return tuple(_saying(source, one, problems) for source, one in cited)


def _saying(source: str, value: Value, problems: Problems) -> Saying:
    if isinstance(value, str):
        return Saying(source, " ".join(value.split()))
    values = Entry(SAYING, value, problems).values
    note = values.pop("note", "")
    return Saying(source, "; ".join(f"{field} {said}" for field, said in values.items()) or "unstated", note)


def _read_statement(value: Value, _: str, problems: Problems) -> str | None:
    if not isinstance(value, dict) and all(isinstance(text, str) for text in value):
        return value if isinstance(value, str) else ", ".join(value)
    problems.add(value, "what a source says is text, a list, or fields such as {from: 2w before, until: 2w}")
    return None


def _read_answers(value: Value, key: str, problems: Problems) -> tuple[Answer, ...] | None:
    if isinstance(value, list):
        return tuple(Answer(text, text) for text in read_texts(value, key, problems) or ())
    if not isinstance(value, dict):
        problems.add(value, f"`{key}` is a list such as [one, two], or answers with their labels")
        return None
    written = [(Raw(id_, one, ""), Entry(ANSWER, one, problems)) for id_, one in value.items()]
    return tuple(entry.build(Answer, raw, label=entry.get("label") or str(raw.id)) for raw, entry in written)


_SOURCE_SAYS = {"anyOf": [TEXT_SCHEMA, {"type": "array"}, {"type": "object"}]}
SAYS = Kind(_read_says, {"type": "object", "additionalProperties": _SOURCE_SAYS})
STATEMENT = Kind(_read_statement, TEXTS.schema)
_LISTS = Kind(_as_is, {"type": "object", "additionalProperties": TEXTS.schema})


def _entries(of: Section, *ways: str) -> Kind:
    return Kind(_as_is, {}, of, ways)


def _by_id(name: str, of: Section) -> Field:
    return Field(name, _entries(of, "ids"), f"{name} by their ids")


def _section(what: str, *fields: Field, short: str = "", example: str = "", **more: Any) -> Section:
    named = {field.name: field._replace(into=field.into or field.name.replace("-", "_")) for field in fields}
    return Section(what, named, short, example, more)


def _all(kind: Kind, *names: str, **more: Any) -> tuple[Field, ...]:
    return tuple(Field(name, kind, **more) for name in names)


_STATED, _DATED, _MEANT, _HEADING = (Mark.VALUE,), (Mark.VALUE, Mark.TIME), (Mark.MEANING,), (Mark.HEADING,)
_WINDOW = (Mark.VALUE, Mark.WINDOW, Mark.TIME)
_BOUNDS = ("from", "until", "for", "due")
_REASONS = _all(TEXT, "because", "by", marks=(Mark.WORD, Mark.REASON, Mark.SAFE))
_CITED = (
    Field("source", TEXTS, "who says just what the entry says", marks=(Mark.SAFE,)),
    Field("says", SAYS, "what each source says in its own numbers", marks=(Mark.SAFE,)),
)
_AKA, _LABEL = Field("aka", TEXTS, "other names"), Field("label", TEXT, "what people read", marks=_MEANT)
_SHORT = Field("short", TEXT, "its name where space is short")

SAYING = _section(
    "what a source says",
    *_all(STATEMENT, *VERBS, "from", "until", "for", "days", "at", "due", "eases", "worry-after"),
    *_all(STATEMENT, "times", "every", "lasting", "level", "within", "count", "overdue", "then"),
    Field("note", TEXT),
)
ANSWER = _section(
    "an answer",
    *(_LABEL, _AKA),
    Field("dated", TEXT, "of something done on one day: what its date means"),
    Field("ended", TEXT, "of something that goes on without a date: what its date means"),
    short="label",
)
RULE = _section(
    "a rule",
    *(Field(one, TEXTS, f"{one}: activities or signs by their ids", "", _STATED, excludes=VERBS) for one in VERBS[:-1]),
    Field(CALL, TEXTS, "signs to call about, by their ids", marks=(Mark.VALUE, Mark.SAFE), excludes=VERBS),
    Field("from", START, into="start", marks=_WINDOW),
    Field("until", BOUND, into="end", marks=_WINDOW),
    Field("for", DURATION, "counted from the rule's own start", into="lasts", marks=_WINDOW, excludes=("until",)),
    Field("at", one_of("before", "during", "after"), "at the treatment itself", marks=_WINDOW, excludes=_BOUNDS),
    Field("due", START, marks=_WINDOW, verbs=(PREPARE,), excludes=("until", "for")),
    Field("days", DAYS, "1..6, both included; negative before the treatment", marks=_DATED, excludes=(*_BOUNDS, "at")),
    Field("when", CONDITION),
    Field("except", EXCEPTIONS, "activity: its own end", into="exceptions", verbs=(AVOID, CALL)),
    Field("eases", BOUND, marks=(Mark.TIME,), verbs=(EXPECT,)),
    Field("worry-after", BOUND, marks=(Mark.TIME,), verbs=(EXPECT, CALL)),
    Field("urgency", one_of(*URGENCIES), "how soon a sign to call about needs help", marks=_STATED, verbs=(CALL,)),
    Field("who", TEXT, "whom to ask", marks=_STATED, verbs=(ASK,)),
    Field("usual", _DEFAULT, "counts where what tells several apart is unknown", verbs=(EXPECT,)),
    Field("confidence", one_of("low", "normal", reads={"low": True, "normal": False}), into="low_confidence"),
    *_CITED,
    *_all(TEXT, "text", "brief", "how", "instead", "why", "note", marks=(Mark.WORD, Mark.SAFE, Mark.TELLS_TIME)),
    *_all(TEXT, "prefer", "if-broken", marks=(Mark.WORD, Mark.TELLS_TIME)),
    *_all(TEXT, "if", "unless-told", marks=(Mark.WORD,)),
    Field("roughly", TEXT, "how a source put the value", marks=(Mark.WORD, Mark.REASON)),
    *_all(TEXT, "times", "every", "lasting", "while", marks=(Mark.WORD, Mark.TELLS_HOW), verbs=(DO, PREPARE)),
    *_REASONS,
    example="{avoid: makeup, until: 24h}",
    oneOf=[{"required": [verb]} for verb in VERBS]
    + [{"not": {"anyOf": [{"required": [verb]} for verb in VERBS]}, "description": "a change of a rule further down"}],
)
SCREENING = _section(
    "a screening entry",
    Field("level", one_of("stop", "postpone", "ask", "tell"), marks=_STATED),
    Field("when", CONDITION),
    Field("within", WITHIN, "how long before the treatment it counts", marks=_STATED),
    *_all(TEXT, "text", "note"),
    *_REASONS,
    *_CITED,
    example="{level: stop, when: {condition: eczema}}",
)
SESSION = _section(
    "a sessions entry",
    Field("id", LINE),
    Field("when", CONDITION),
    Field("count", COUNT, into="total", marks=_STATED),
    Field("every", EVERY, marks=_STATED),
    Field("overdue", DURATION, marks=_STATED),
    Field("then", TEXT, marks=_STATED),
    Field("note", TEXT),
    *_REASONS,
    *_CITED,
    example="{every: 4w..6w}",
)
_ABOUT = _all(TEXT, "title", "publisher", "year", "kind", "family", "seen")
SOURCE = _section("a source", *_ABOUT, Field("url", URL), short="title")
_TREATED = ("unprotected", "protected", "treatment", "booking", "at-home", "shared", "spot", "watched", "single")
_UNNAMED = one_of("on-skin", "given", "soap", "feeding", "everyday", "borrowed", *_TREATED)
ACTIVITY = _section(
    "an activity",
    *(_LABEL, _AKA),
    Field("under", TEXTS, "what it is part of", marks=_MEANT),
    Field("medicine", one_of("prescribed", "over-the-counter", "not-with"), marks=_MEANT),
    Field("advised", one_of("never", "by-name"), marks=_MEANT),
    Field("taken", one_of("by-mouth", "on-skin"), marks=_MEANT),
    Field("prescribed-to", CONDITION, "who takes it as prescribed", marks=_MEANT),
    Field("stands-for", _UNNAMED, "what questions mean by it unnamed", marks=_MEANT),
    Field("group", LINE, "what people count it to, by its id"),
    Field("rank", RANK, "its place in the group"),
    *(_SHORT, *_REASONS),
    short="label",
)
GROUP = _section("a group", _LABEL, Field("rank", RANK, "its place among the groups"), _SHORT, short="label")
_SEEN = (Field("rank", RANK, "its place on the first screen"), Field("beside", FLAG, "true if near the treated skin"))
_ONCE = [Field(f"once-{one}", LINE, f"the sign that it is once it is {one}, by its id") for one in ("over", "worse")]
SIGN = _section("a sign", _LABEL, _AKA, *_SEEN, *_ONCE, _SHORT, *_REASONS, short="label")
MOMENT = _section(
    "a moment",
    *(_LABEL, _AKA),
    Field("usual", USUAL, "when it usually comes", marks=_MEANT),
    *(Field("clock", CLOCK, marks=_MEANT), Field("day", DAY, marks=_MEANT)),
    *(Field("source", TEXTS), Field("note", TEXT), *_REASONS),
    short="label",
)
EVENT = _section(
    "an event",
    _LABEL,
    Field("activities", TEXTS, "what comes with it", marks=_MEANT),
    _AKA,
    Field("results", DURATIONS, marks=_MEANT),
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
    *_all(TEXT, "unit", "default", "phrase", "short"),
    Field("open", FLAG, "true if the answers are a list that goes on"),
    Field("told", FLAG, "true if questions about signs may tell it by the way"),
    short="ask",
)
COLOURS = _section("`colours`", *_all(TEXT, "light", "dark"), example='{light: "#0b5d5e"}')
CLINIC = _section(
    "`clinic`",
    *_all(TEXT, "name", "phone", "out-of-hours", "closing"),
    Field("logo", Kind(_as_is, TEXT_SCHEMA), "the name of a file beside this one"),
    Field("colours", _entries(COLOURS)),
    example="{name: …, phone: …, logo: logo.png, closing: …}",
)
SWITCHED_OFF = _section("what is switched off", *_REASONS)
GIVEN = ("date", "time", "tz", "seen")
# Fields of `batch` beside the facts that a rule set asks for.
FIELDS = ("id", *GIVEN)
COLUMNS = Kind(_as_is, {"type": "object", "additionalProperties": TEXT_SCHEMA})
_GIVEN: Schema = {"type": "object", "required": ["date"], "properties": {key: {} for key in GIVEN}}
EXPECTED = _section(
    "what a case expects",
    *_all(TEXTS, "is", "no-from", "no-until", "better-from", "better-until", "not-before", "only-once"),
    *_all(TEXTS, "do-from", "do-until", "allowed-from", "prepare-from", "normal-until", "call-from"),
    *_all(TEXTS, "minimum", "best-until", "late-from"),
    short="is",
    example="{no-until: 2026-11-22}",
)
CASE = _section(
    "a case",
    Field("name", LINE),
    Field("given", Kind(_as_is, _GIVEN), "the treatment, as a person would type it"),
    Field("expect", _entries(EXPECTED, "ids"), "what the plan says of an activity, a sign or a screening entry"),
    example="{given: {date: 2026-11-20}, expect: {makeup: {no-until: 2026-11-22}}}",
)
FILE = _section(
    "a rule file",
    *_all(LINE, "ruleset", "title", "version", "released", "notice", marks=_HEADING),
    *_all(LINE, "extends", "words-from", "open-ends-at", "reviewed-by", marks=_HEADING),
    Field("first", DURATION, "how long the first hours of a plan last", marks=_HEADING),
    Field("emergency", LINE, "the emergency numbers", marks=_HEADING),
    Field("source", Kind(_as_is, TEXTS.schema), "the default source of every entry here"),
    Field("when", CONDITION, "a condition of every entry here"),
    Field("core", FLAG, "true if sets above this one need a reason to change what stands here"),
    Field("clinic", _entries(CLINIC), marks=_HEADING),
    Field("kinds", Kind(_as_is, {"type": "object"}), "how much each kind of source counts", into="weights"),
    *(_by_id("sources", SOURCE), _by_id("groups", GROUP), _by_id("activities", ACTIVITY), _by_id("signs", SIGN)),
    *(_by_id("moments", MOMENT), _by_id("events", EVENT), _by_id("facts", FACT)),
    Field("areas", _LISTS, "words for places within each area"),
    Field("small-words", _LISTS, "words that say nothing by themselves, by what they do"),
    Field("alike", _LISTS, "words that say the same in the name of a sign to call for, by the word that stands there"),
    _by_id("rules", RULE),
    Field("screening", _entries(SCREENING, "ids"), "reasons not to treat, to wait or to ask", into="screenings"),
    Field("sessions", _entries(SESSION, "listed", "ids"), "how sessions follow each other", into="spacings"),
    Field("switched-off", _entries(SWITCHED_OFF, "ids"), "rules that don't hold here, and why"),
    Field("batch", COLUMNS, "the columns of an export", marks=_HEADING),
    Field("cases", _entries(CASE, "listed"), "treatments and what their plans must say"),
)
STATEMENTS = ("rules", "screening", "sessions")
_THINGS = ("activities", "signs", "moments", "events", "facts")
# Whatever has words for people.
SPEAKING = (*STATEMENTS, *_THINGS)
WORDS = ("kinds", "sources", "groups", "areas", "small-words", "alike", *_THINGS)
SECTIONS = {name: field.kind.of for name, field in FILE.fields.items() if field.kind.of is not None}


def marked(section: Section, mark: Mark) -> tuple[str, ...]:
    """Return the names of the fields with *mark*."""
    return tuple(field.name for field in section.fields.values() if mark in field.marks)
