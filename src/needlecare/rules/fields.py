"""The fields of rule files, a row each, and how an entry is read by them. A new field is a new row, and its use."""

from typing import Any, TypeVar

from needlecare.model.facts import Answer
from needlecare.model.ruleset import ASK, AVOID, CALL, DO, EXPECT, PREPARE, URGENCIES, VERBS, Saying
from needlecare.rules.kinds import (
    ACTIVITIES,
    AS_DEFAULT,
    BOUND,
    CLOCK,
    CONDITION,
    COUNT,
    DATE,
    DAY,
    DAYS,
    DURATION,
    DURATIONS,
    EVERY,
    EXCEPTIONS,
    FLAG,
    LANGUAGE,
    LIMITS,
    LINE,
    RANK,
    SIGNS,
    SOURCES,
    START,
    TEXT,
    TEXT_SCHEMA,
    TEXTS,
    URL,
    USUAL,
    WITHIN,
    Field,
    Kind,
    Mark,
    Schema,
    Section,
    as_is,
    id_of,
    one_of,
    read_line,
    read_texts,
)
from needlecare.rules.read import Fields, Problems, Raw, Value, placed

_Model = TypeVar("_Model")


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
_SAID = {"propertyNames": id_of("sources"), "additionalProperties": _SOURCE_SAYS}
SAYS = Kind(_read_says, {"type": "object", **_SAID})
STATEMENT = Kind(_read_statement, TEXTS.schema)
STATEMENTS = ("rules", "screening", "sessions")
_LISTS = Kind(as_is, {"type": "object", "additionalProperties": TEXTS.schema})


def _entries(of: Section, *ways: str, keys: Schema | None = None) -> Kind:
    """Return a kind that consists of entries; where ids are their *keys*, these are as that schema says."""
    return Kind(as_is, {"propertyNames": keys} if keys else {}, of, ways)


def _by_id(name: str, of: Section) -> Field:
    return Field(name, _entries(of, "ids", keys=id_of(name)), f"{name} by their ids")


def _section(what: str, *fields: Field, short: str = "", example: str = "", **more: Any) -> Section:
    named = {field.name: field._replace(into=field.into or field.name.replace("-", "_")) for field in fields}
    return Section(what, named, short, example, more)


def _all(kind: Kind, *names: str, **more: Any) -> tuple[Field, ...]:
    """Return fields of one *kind*; a name may have its help behind a colon."""
    return tuple(Field(name, kind, help_, **more) for name, _, help_ in (one.partition(": ") for one in names))


_STATED, _DATED, _MEANT, _HEADING = (Mark.VALUE,), (Mark.VALUE, Mark.TIME), (Mark.MEANING,), (Mark.HEADING,)
_WINDOW = (Mark.VALUE, Mark.WINDOW, Mark.TIME)
_BOUNDS = ("from", "until", "for", "due")
_REASONS = _all(TEXT, "because: why it is so here", "by: who decided so", marks=(Mark.WORD, Mark.REASON, Mark.SAFE))
_CITED = (
    Field("source", SOURCES, "who says just what the entry says", marks=(Mark.SAFE,)),
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
    *(
        Field(one, ACTIVITIES, f"{one}: activities by their ids", "", _STATED, excludes=VERBS)
        for one in VERBS
        if one not in (EXPECT, CALL)
    ),
    Field(EXPECT, SIGNS, "signs that are usual, by their ids", "", _STATED, excludes=VERBS),
    Field(CALL, SIGNS, "signs to call about, by their ids", marks=(Mark.VALUE, Mark.SAFE), excludes=VERBS),
    Field("from", START, into="start", marks=_WINDOW),
    Field("until", BOUND, into="end", marks=_WINDOW),
    Field("for", DURATION, "counted from the rule's own start", into="lasts", marks=_WINDOW, excludes=("until",)),
    Field("at", one_of("before", "during", "after"), "at the treatment itself", marks=_WINDOW, excludes=_BOUNDS),
    Field("due", START, marks=_WINDOW, verbs=(PREPARE,), excludes=("until", "for")),
    Field("days", DAYS, "1..6, both included; negative before the treatment", marks=_DATED, excludes=(*_BOUNDS, "at")),
    Field("when", CONDITION),
    Field("except", EXCEPTIONS, "activity: its own end", into="exceptions", verbs=(AVOID, CALL)),
    Field("eases", BOUND, "when it gets better", marks=(Mark.TIME,), verbs=(EXPECT,)),
    Field("worry-after", BOUND, "from when it is a reason to call", marks=(Mark.TIME,), verbs=(EXPECT, CALL)),
    Field("urgency", one_of(*URGENCIES), "how soon a sign to call about needs help", marks=_STATED, verbs=(CALL,)),
    Field("who", TEXT, "whom to ask", marks=_STATED, verbs=(ASK,)),
    Field("usual", AS_DEFAULT, "counts where what tells several apart is unknown", verbs=(EXPECT,)),
    Field("confidence", one_of("low", "normal", reads={"low": True, "normal": False}), into="low_confidence"),
    *_CITED,
    *_all(
        TEXT,
        *("text: the line itself", "brief: the same in a few words", "how: how to do it"),
        *("instead: what is all right instead", "why: why it matters", "note: what else to know"),
        marks=(Mark.WORD, Mark.SAFE, Mark.TELLS_TIME),
    ),
    *_all(
        TEXT,
        *("prefer: what would be better still", "if-broken: what happens where nobody kept to it"),
        marks=(Mark.WORD, Mark.TELLS_TIME),
    ),
    *_all(TEXT, "if: when it matters, in words", "unless-told: who may say otherwise", marks=(Mark.WORD,)),
    Field("roughly", TEXT, "how a source put the value", marks=(Mark.WORD, Mark.REASON)),
    *_all(
        TEXT,
        *("times: how often, such as 2 a day", "every: how often, such as 2h..3h"),
        *("lasting: how long each time", "while: at what times, such as awake"),
        marks=(Mark.WORD, Mark.TELLS_HOW),
        verbs=(DO, PREPARE),
    ),
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
_ABOUT = (
    *_all(TEXT, "title: what it is called", "publisher: who wrote it", "year: when"),
    *_all(TEXT, "kind: what kind of source it is, which decides how much it counts"),
    *_all(TEXT, "family: those of one family count as one voice", "seen: what of it was read, such as abstract"),
)
SOURCE = _section("a source", *_ABOUT, Field("url", URL), short="title")
_TREATED = ("unprotected", "protected", "treatment", "booking", "at-home", "shared", "spot", "watched", "single")
_UNNAMED = one_of("on-skin", "given", "soap", "feeding", "everyday", "borrowed", *_TREATED)
ACTIVITY = _section(
    "an activity",
    *(_LABEL, _AKA),
    Field("under", ACTIVITIES, "what it is part of", marks=_MEANT),
    Field("medicine", one_of("prescribed", "over-the-counter", "not-with"), marks=_MEANT),
    Field("advised", one_of("never", "by-name"), marks=_MEANT),
    Field("taken", one_of("by-mouth", "on-skin"), marks=_MEANT),
    Field("prescribed-to", CONDITION, "who takes it as prescribed", marks=_MEANT),
    Field("stands-for", _UNNAMED, "what questions mean by it unnamed", marks=_MEANT),
    Field("group", Kind(read_line, id_of("groups")), "what people count it to, by its id"),
    Field("rank", RANK, "its place in the group"),
    *(_SHORT, *_REASONS),
    short="label",
)
GROUP = _section("a group", _LABEL, Field("rank", RANK, "its place among the groups"), _SHORT, short="label")
_SEEN = (Field("rank", RANK, "its place on the first screen"), Field("beside", FLAG, "true if near the treated skin"))
_SIGN = Kind(read_line, id_of("signs"))
_ONCE = [Field(f"once-{one}", _SIGN, f"the sign that it is once it is {one}, by its id") for one in ("over", "worse")]
SIGN = _section("a sign", _LABEL, _AKA, *_SEEN, *_ONCE, _SHORT, *_REASONS, short="label")
MOMENT = _section(
    "a moment",
    *(_LABEL, _AKA),
    Field("usual", USUAL, "when it usually comes", marks=_MEANT),
    *(Field("clock", CLOCK, marks=_MEANT), Field("day", DAY, marks=_MEANT)),
    *(Field("source", SOURCES), Field("note", TEXT), *_REASONS),
    short="label",
)
EVENT = _section(
    "an event",
    _LABEL,
    Field("activities", ACTIVITIES, "what comes with it", marks=_MEANT),
    _AKA,
    Field("results", DURATIONS, marks=_MEANT),
    Field("source", SOURCES, into="sources"),
    *_REASONS,
    short="label",
)
FACT = _section(
    "a fact",
    Field("ask", TEXT, "the question"),
    Field("answers", Kind(_read_answers, {"type": ["array", "object"]})),
    Field("several", FLAG, "true if several answers may hold"),
    Field("number", LIMITS),
    *_all(TEXT, "unit: the unit of the number", "default: the answer that is assumed", "phrase", "short"),
    Field("open", FLAG, "true if the answers are a list that goes on"),
    Field("told", FLAG, "true if questions about signs may tell it by the way"),
    short="ask",
)
COLOURS = _section("`colours`", *_all(TEXT, "light", "dark"), example='{light: "#0b5d5e"}')
CLINIC = _section(
    "`clinic`",
    *_all(TEXT, "name", "phone", "out-of-hours", "closing"),
    Field("language", LANGUAGE, "what its name and closing are written in"),
    Field("logo", Kind(as_is, TEXT_SCHEMA), "the name of a file beside this one"),
    Field("colours", _entries(COLOURS)),
    example="{name: …, phone: …, logo: logo.png, closing: …}",
)
# Behind its section where two sections have the same id.
_OFF = {"anyOf": [*id_of("rules", "screening", "sessions")["anyOf"], {"pattern": f"^({'|'.join(STATEMENTS)}) "}]}
SWITCHED_OFF = _section("what is switched off", *_REASONS)
GIVEN = ("date", "time", "tz", "seen")
# Fields of `batch` beside the facts that a rule set asks for.
FIELDS = ("id", *GIVEN)
COLUMNS = Kind(as_is, {"type": "object", "properties": {"only": _LISTS.schema}, "additionalProperties": TEXT_SCHEMA})
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
    Field("given", Kind(as_is, {"$ref": "#/definitions/given"}), "the treatment, as a person would type it"),
    Field(
        "expect",
        _entries(EXPECTED, "ids", keys=id_of("activities", "signs", "screening")),
        "what the plan says of an activity, a sign or a screening entry",
    ),
    example="{given: {date: 2026-11-20}, expect: {makeup: {no-until: 2026-11-22}}}",
)
_BASE = Kind(read_line, {"anyOf": [TEXT_SCHEMA, {"$ref": "#/definitions/bases"}]})
FILE = _section(
    "a rule file",
    Field("ruleset", Kind(read_line, id_of()), "the id of the rule set", marks=_HEADING),
    *_all(LINE, "title: its name for people", "version: which version it is", marks=_HEADING),
    *_all(LINE, "notice: a sentence of yours behind ours", "reviewed-by: the clinician who did", marks=_HEADING),
    Field("urgent", LINE, "why this version must replace an older one at once", marks=_HEADING),
    Field("released", DATE, "the day that it was released", marks=_HEADING),
    Field("extends", _BASE, "what it stands on: all rules of that set hold", marks=_HEADING),
    Field("words-from", _BASE, "what it stands on, of which only the words and the core hold", marks=_HEADING),
    Field("open-ends-at", Kind(read_line, id_of("moments")), "what ends what has no end", marks=_HEADING),
    Field("first", DURATION, "how long the first hours of a plan last", marks=_HEADING),
    Field("emergency", LINE, "the emergency numbers", marks=_HEADING),
    Field("source", Kind(as_is, SOURCES.schema), "the default source of every entry here"),
    Field("when", CONDITION, "a condition of every entry here"),
    Field("core", FLAG, "true if sets above this one need a reason to change what stands here"),
    Field("clinic", _entries(CLINIC), marks=_HEADING),
    Field("kinds", Kind(as_is, {"type": "object"}), "how much each kind of source counts", into="weights"),
    *(_by_id("sources", SOURCE), _by_id("groups", GROUP), _by_id("activities", ACTIVITY), _by_id("signs", SIGN)),
    *(_by_id("moments", MOMENT), _by_id("events", EVENT), _by_id("facts", FACT)),
    Field("areas", _LISTS, "words for places within each area"),
    Field("small-words", _LISTS, "words that say nothing by themselves, by what they do"),
    Field("alike", _LISTS, "words that say the same in the name of a sign to call for, by the word that stands there"),
    _by_id("rules", RULE),
    Field(
        "screening",
        _entries(SCREENING, "ids", keys=id_of("screening")),
        "reasons not to treat, to wait or to ask",
        into="screenings",
    ),
    Field(
        "sessions",
        _entries(SESSION, "listed", "ids", keys=id_of("sessions")),
        "how sessions follow each other",
        into="spacings",
    ),
    Field("switched-off", _entries(SWITCHED_OFF, "ids", keys=_OFF), "rules that don't hold here, and why"),
    Field("batch", COLUMNS, "the columns of an export, and which rows count", marks=_HEADING),
    Field("cases", _entries(CASE, "listed"), "treatments and what their plans must say"),
)
_THINGS = ("activities", "signs", "moments", "events", "facts")
# Whatever has words for people.
SPEAKING = (*STATEMENTS, *_THINGS)
WORDS = ("kinds", "sources", "groups", "areas", "small-words", "alike", *_THINGS)
SECTIONS = {name: field.kind.of for name, field in FILE.fields.items() if field.kind.of is not None}


def marked(section: Section, mark: Mark) -> tuple[str, ...]:
    """Return the names of the fields with *mark*."""
    return tuple(field.name for field in section.fields.values() if mark in field.marks)
