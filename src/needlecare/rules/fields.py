"""Reading the fields of one entry: which keys there may be, and what kind of value each holds."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from needlecare.errors import nearest
from needlecare.model.facts import NONE, Answer, Condition, Fact, Test
from needlecare.model.ruleset import (
    CALL,
    PREPARE,
    VERBS,
    Activity,
    EventKind,
    Moment,
    Rule,
    Saying,
    Screening,
    Sign,
    Source,
    Spacing,
)
from needlecare.model.time import (
    AT_TREATMENT,
    Bound,
    Duration,
    Stretch,
    Term,
    parse_bound,
    parse_duration,
    parse_stretch,
)
from needlecare.rules.read import Problems, Raw, Value, fields_at, text_at

GIVEN = ("date", "time", "tz", "seen")


KEYS = (
    *("no-from", "no-until", "better-from", "better-until", "not-before", "only-once"),
    *("do-from", "do-until", "allowed-from", "prepare-from", "normal-until", "call-from"),
    *("minimum", "best-until", "late-from"),
)

WORDS = ("kinds", "sources", "activities", "signs", "moments", "events", "facts")
STATEMENTS = ("rules", "screening", "sessions")
HEADER = ("ruleset", "title", "version", "released", "notice", "extends", "words-from", "open-ends-at", "reviewed-by")
PER_FILE = ("source", "when", "core")
TOP = (*HEADER, *PER_FILE, "clinic", *WORDS, *STATEMENTS, "switched-off", "batch", "cases")

REASONS = ("because", "by")

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
BOUND_HELP = "write it as 48h, 3d, 24h..48h, 7d before, redness-gone, 48h and redness-gone, or always"


class Entry:
    """The fields of one entry of a rule set; each reader notes what is wrong and gives something harmless back."""

    def __init__(self, fields: dict[Any, Any], problems: Problems, known: Collection[str], what: str) -> None:
        self.fields = fields
        self.problems = problems
        self.what = what
        if not fields.keys() <= (known if isinstance(known, frozenset) else frozenset(known)):
            for key in fields:
                if key not in known:
                    may = ", ".join(sorted(known))
                    problems.add(key, f"{what} has no `{key}`{nearest(key, known)}; it may have {may}")

    def note(self, key: str, text: str) -> None:
        """Note that the value of *key* is wrong."""
        self.problems.add(self.fields.get(key, self.fields), text)

    def text(self, key: str, default: str = "") -> str:
        """Read one line of text."""
        value = self.fields.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.problems.add(value, f"`{key}` is one line of text")
            return default
        if value[:1] in "“”„" and value:
            self.problems.add(value, f"`{key}` begins with a curly quote, which would be shown; use straight quotes")
        return " ".join(value.split())

    def texts(self, key: str) -> tuple[str, ...]:
        """Read one text, or a list of them."""
        return self.as_texts(self.fields.get(key), key)

    def as_texts(self, value: Value | None, key: str) -> tuple[str, ...]:
        """Read *value* as one text, or a list of them."""
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.problems.add(value, f"`{key}` is one name, or a list such as [one, two]")
        return ()

    def flag(self, key: str) -> bool:
        """Read true or false."""
        return self.choice(key, ("true", "false"), "false") == "true"

    def choice(self, key: str, allowed: tuple[str, ...], default: str = "") -> str:
        """Read one of *allowed* words."""
        value = self.fields.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value in allowed:
            return str(value)
        shown = f" `{value}`" if isinstance(value, str) else ""
        self.problems.add(value, f"`{key}` can't be{shown}; it is one of {', '.join(allowed)}")
        return default

    def bound(self, key: str) -> Bound | None:
        """Read a bound."""
        value = self.fields.get(key)
        return None if value is None else self.as_bound(value, key)

    def as_bound(self, value: Value, key: str) -> Bound | None:
        """Read *value* as a bound."""
        bound = parse_bound(" ".join(value.split())) if isinstance(value, str) else None
        if bound is None:
            self.problems.add(value, f"`{key}` can't be read{_shown(value)}; {BOUND_HELP}")
        return bound

    def duration(self, key: str) -> Duration | None:
        """Read a duration."""
        value = self.fields.get(key)
        if value is None:
            return None
        duration = parse_duration(value) if isinstance(value, str) else None
        if duration is None:
            self.problems.add(value, f"`{key}` can't be read{_shown(value)}; write it as 24h, 3d, 2w, 6mo or 1y")
        return duration

    def pair(self, key: str, read: Callable[[str], object], help_: str) -> tuple[str, str] | None:
        """Read `one..other` (or `one` for both), each side readable by *read*."""
        value = self.fields.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            low, dots, high = value.partition("..")
            sides = (low.strip(), high.strip() if dots else low.strip())
            if all(read(side) is not None for side in sides):
                return sides
        self.problems.add(value, f"`{key}` can't be read{_shown(value)}; {help_}")
        return None


def _shown(value: Value) -> str:
    return f": `{value}`" if isinstance(value, str) else ""


def whole_number(text: str) -> int | None:
    """Read a whole number such as 6 or -3; None if *text* is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,5}", text) else None


def decimal(text: str) -> float | None:
    """Read a decimal number such as 1.5; None if *text* is none."""
    return float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) else None


# Words for people: shown, never computed.
RULE_WORDS = (
    *("text", "how", "instead", "why", "note", "prefer", "if", "if-broken", "roughly", "because", "by"),
    *("times", "every", "lasting", "while", "unless-told"),
)
COMPUTED = (
    "from",
    "until",
    "for",
    "days",
    "at",
    "due",
    "when",
    "except",
    "eases",
    "worry-after",
    "urgent",
    "confidence",
)
SOURCES = ("source", "says")
# What a source may say in fields of its own.
SAID = (
    *(*VERBS, "from", "until", "for", "days", "at", "due", "eases", "worry-after"),
    *("times", "every", "lasting", "level", "within", "count", "overdue", "then", "note"),
)
WINDOW = ("from", "until", "for", "at", "due")
LEVELS = ("stop", "postpone", "ask", "tell")
_ALLOWED = frozenset((*VERBS, *RULE_WORDS, *COMPUTED, *SOURCES))
_SAID = frozenset(SAID)
_ZERO_DAYS = Duration(0, "d")
_DAY_0 = Bound((Term("treatment", Stretch(_ZERO_DAYS, _ZERO_DAYS), -1),))
AT = {"before": (_DAY_0, AT_TREATMENT), "during": (AT_TREATMENT, AT_TREATMENT), "after": (AT_TREATMENT, AT_TREATMENT)}


class Context(NamedTuple):
    """What statements are checked against: who is known, how conditions are read, and where the entry comes from.

    *rules* are the ids of all rules, those of what is extended too.
    """

    problems: Problems
    sources: Mapping[str, Source]
    read_condition: Callable[[Value | None], Condition]
    origin: str = ""
    core: bool = False
    rules: Collection[str] = ()


def parse_rule(id_: str, value: dict[Any, Any], context: Context) -> Rule | None:
    """Read one rule; None where it has no verb to go by."""
    entry = Entry(value, context.problems, _ALLOWED, "a rule")
    verbs = [verb for verb in VERBS if verb in value]
    if len(verbs) != 1:
        meant = nearest(id_, [known for known in context.rules if known != id_])
        unchanged = "" if verbs else f"; there is no rule `{id_}` to change{meant}"
        context.problems.add(id_, f"the rule {id_} needs exactly one of {', '.join(VERBS)}{unchanged}")
        return None
    verb = verbs[0]
    _check_window(entry, verb)
    start, end = entry.bound("from"), entry.bound("until")
    days = _read_days(entry)
    if at := entry.choice("at", tuple(AT)):
        start, end = AT[at]
    if verb in (PREPARE, CALL) and end is None and days is None and "for" not in value:
        end = AT_TREATMENT
    if due := entry.bound("due"):
        start, end = start or due, due
    if verb != CALL:
        _check_order(entry, start, end)
    if value[verb] in ("", []):
        entry.note(verb, f"the rule {id_} names nothing to {verb}")
    says = read_sayings(entry, context, _own_value(entry))
    _check_cited(id_, entry, says)
    return Rule(
        str(id_),
        verb,
        tuple(map(str, entry.texts(verb))),
        start,
        end,
        days,
        entry.duration("for"),
        context.read_condition(value.get("when")),
        _read_exceptions(entry),
        entry.bound("eases"),
        entry.bound("worry-after"),
        entry.flag("urgent"),
        entry.choice("confidence", ("low", "normal"), "normal") == "low",
        {word: entry.text(word) for word in RULE_WORDS if word in value},
        says,
        context.origin,
        context.core,
    )


def _check_window(entry: Entry, verb: str) -> None:
    """Note fields that would silently win over each other."""
    given = [key for key in WINDOW if key in entry.fields]
    if verb == CALL and given:
        entry.note(given[0], "`call` holds at all times; for “from day 3” write `expect: …` with `worry-after: 3d`")
    elif "days" in entry.fields and given:
        entry.note("days", f"`days` and `{given[0]}` exclude each other; keep one")
    elif "for" in given and "until" in given:
        entry.note("for", "`for` and `until` exclude each other: `for` counts from the rule's own start; keep one")


def _read_days(entry: Entry) -> tuple[int, int] | None:
    pair = entry.pair("days", whole_number, "write it as 1..6, or 0; negative days lie before the treatment")
    if pair is None:
        return None
    first, last = int(pair[0]), int(pair[1])
    if last < first:
        entry.note("days", f"the days end ({last}) before they begin ({first})")
    return first, last


def _check_order(entry: Entry, start: Bound | None, end: Bound | None) -> None:
    """Note an end before the start, where both are plain durations around the treatment."""
    if start is None or end is None or len(start.terms) != 1 or len(end.terms) != 1:
        return
    first, last = start.terms[0], end.terms[0]
    if first.moment != "treatment" or last.moment != "treatment":
        return
    if first.sign * first.offset.near.rough_length > last.sign * last.offset.far.rough_length:
        entry.note("until", f"it ends ({end}) before it begins ({start})")


def _read_exceptions(entry: Entry) -> tuple[tuple[str, Bound], ...]:
    value = entry.fields.get("except")
    if value is None:
        return ()
    if not isinstance(value, dict):
        entry.note("except", "write exceptions as {activity: its own end}, such as {mineral-makeup: 12h}")
        return ()
    pairs = [(str(activity), entry.as_bound(bound, "except")) for activity, bound in value.items()]
    return tuple((activity, bound) for activity, bound in pairs if bound is not None)


def _own_value(entry: Entry) -> str:
    """Give the value that a bare `source:` says: the rule's own bound."""
    for key in ("until", "from", "for", "days", "due", "at", "every"):
        if key in entry.fields and entry.fields[key] != "treatment":
            return entry.text(key)
    return "no end given"


def read_sayings(entry: Entry, context: Context, own: str) -> tuple[Saying, ...]:
    """Read `source:` (who says just what the rule says) and `says:` (what each says in its own numbers)."""
    says = [Saying(str(source), own) for source in entry.texts("source")]
    named = list(entry.texts("source"))
    given = entry.fields.get("says")
    if isinstance(given, dict):
        for source, value in given.items():
            named.append(source)
            says.extend(_read_saying(str(source), value, context.problems))
    elif given is not None:
        entry.note("says", "write it as {source: what it says}, such as {nhs: 24h..48h}")
    for source in named:
        if source not in context.sources:
            meant = nearest(source, context.sources)
            context.problems.add(source, f"there is no source `{source}`{meant}; list it in `sources:`")
    return tuple(says)


def _check_cited(id_: str, entry: Entry, says: tuple[Saying, ...]) -> None:
    """Note a statement that nobody makes; a source that can't be read is noted already."""
    if not says and not any(entry.fields.get(key) for key in SOURCES):
        entry.problems.add(id_, f"{entry.what} names who says so; add `source:` or `says:` to {id_}")


def _read_saying(source: str, value: Value, problems: Problems) -> list[Saying]:
    if isinstance(value, str):
        return [Saying(source, value if " " not in value else " ".join(value.split()))]
    if isinstance(value, list):
        return [saying for item in value for saying in _read_saying(source, item, problems)]
    entry = Entry(value, problems, _SAID, "what a source says")
    said = []
    for field, part in value.items():
        parts = part if isinstance(part, list) and field != "note" else [part]
        if not all(isinstance(text, str) for text in parts):
            problems.add(part, "what a source says is text, a list, or fields such as {from: 2w before, until: 2w}")
        elif field != "note":
            said.append(f"{field} {', '.join(parts)}")
    note = value.get("note")
    return [Saying(source, "; ".join(said) or "unstated", entry.text("note") if isinstance(note, str) else "")]


def parse_screening(id_: str, value: dict[Any, Any], context: Context) -> Screening:
    """Read a screening entry."""
    known = ("level", "when", "within", "text", "note", "because", "by", *SOURCES)
    entry = Entry(value, context.problems, known, "a screening entry")
    level = entry.choice("level", LEVELS)
    if not level and "level" not in value:
        context.problems.add(id_, f"the screening entry {id_} needs a level: one of {', '.join(LEVELS)}")
    says = read_sayings(entry, context, level)
    _check_cited(id_, entry, says)
    when = context.read_condition(value.get("when"))
    if not when.tests:
        context.problems.add(id_, f"the screening entry {id_} needs `when:`, such as {{condition: {id_}}}")
    note = " ".join(filter(None, (entry.text("note"), entry.text("because"))))
    text = entry.text("text")
    return Screening(str(id_), level, when, text, entry.duration("within"), note, says, context.origin, context.core)


def parse_spacing(id_: str, value: dict[Any, Any], context: Context) -> Spacing:
    """Read one entry of `sessions`."""
    known = ("id", "when", "count", "every", "overdue", "then", "note", "because", "by", *SOURCES)
    entry = Entry(value, context.problems, known, "a sessions entry")
    count = entry.pair("count", whole_number, "write it as 3..6, or 4")
    every = _read_every(entry)
    if not any(key in value for key in ("every", "count", "then")):
        context.problems.add(id_, "a sessions entry needs `every:` (4w..6w), `count:` (3..6) or `then:`")
    overdue = entry.duration("overdue")
    if every and overdue and overdue.rough_length < every[1].rough_length:
        entry.note("overdue", f"overdue ({overdue}) comes before the farthest recommended date ({every[1]})")
    says = read_sayings(entry, context, entry.text("every") or entry.text("count"))
    _check_cited(id_, entry, says)
    return Spacing(
        str(id_),
        context.read_condition(value.get("when")),
        (int(count[0]), int(count[1])) if count else None,
        every,
        overdue,
        entry.text("then"),
        entry.text("note"),
        says,
        context.origin,
        entry.text("because"),
    )


def _read_every(entry: Entry) -> tuple[Duration, Duration] | None:
    text = entry.text("every")
    if not text:
        return None
    stretch = parse_stretch(text)
    if stretch is None or stretch.near.is_elapsed or stretch.far.is_elapsed:
        entry.note("every", f"`every` can't be read: `{text}`; write it as 4w, 4w..6w or at least 6w")
        return None
    return stretch.near, stretch.far


MEDICINES = ("prescribed", "over-the-counter")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_NUMBER = re.compile(r"(at least|over|up to|under)?\s*([\d.]+?)(?:\s*\.\.\s*([\d.]+))?")


def _entry(value: Value, problems: Problems, known: tuple[str, ...], what: str, *, short: str = "label") -> Entry:
    """Make an entry of *value*; one line of text is short for its field *short*."""
    if isinstance(value, str):
        return Entry(fields_at({text_at(short, value): value}, value), problems, known, what)
    if not isinstance(value, dict):
        problems.add(value, f"{what} is one line of text, or fields in {{ }}")
        return Entry(fields_at({}, value), problems, known, what)
    return Entry(value, problems, known, what)


def parse_source(id_: str, value: Value, problems: Problems, kinds: frozenset[str]) -> Source:
    """Read a source."""
    entry = _entry(value, problems, Source._fields[1:], "a source", short="title")
    kind = entry.text("kind")
    if kind and kind not in kinds:
        entry.note("kind", f"no such kind of source{nearest(kind, kinds)}; it is one of {', '.join(sorted(kinds))}")
    url = entry.text("url")
    if url and not re.match(r"https?://\S+$", url):
        entry.note("url", "an address begins with https:// or http:// and has no blanks")
    title = entry.text("title")
    if not title:
        problems.add(id_, f"the source {id_} needs a title")
    known = {name: entry.text(name) for name in ("publisher", "year", "family", "seen")}
    return Source(str(id_), title, url=url, kind=kind, **known)


def parse_activity(id_: str, value: Value, problems: Problems) -> Activity:
    """Read an activity."""
    entry = _entry(value, problems, (*Activity._fields[1:], *REASONS), "an activity")
    return Activity(
        str(id_),
        entry.text("label") or str(id_).replace("-", " "),
        tuple(map(str, entry.texts("under"))),
        tuple(map(str, entry.texts("aka"))),
        entry.choice("medicine", MEDICINES),
        entry.choice("advised", ("never",)),
        entry.choice("taken", ("by-mouth",)),
    )


def parse_sign(id_: str, value: Value, problems: Problems) -> Sign:
    """Read a sign."""
    entry = _entry(value, problems, (*Sign._fields[1:], *REASONS), "a sign")
    return Sign(str(id_), entry.text("label") or str(id_).replace("-", " "), tuple(map(str, entry.texts("aka"))))


def parse_event(id_: str, value: Value, problems: Problems) -> EventKind:
    """Read a kind of event: the activities that come with it."""
    entry = _entry(value, problems, ("label", "activities", "aka", "results", "source", *REASONS), "an event")
    results = entry.pair("results", parse_duration, "write it as 3mo..6mo")
    lengths = [length for text in results or () if (length := parse_duration(text)) is not None]
    return EventKind(
        str(id_),
        entry.text("label") or str(id_).replace("-", " "),
        tuple(map(str, entry.texts("activities"))),
        tuple(map(str, entry.texts("aka"))),
        (lengths[0], lengths[1]) if len(lengths) > 1 else None,
        tuple(map(str, entry.texts("source"))),
    )


def parse_moment(id_: str, value: Value, problems: Problems) -> Moment:
    """Read a moment: seen by the person, or a time on the clock."""
    entry = _entry(value, problems, ("label", "usual", "clock", "day", "source", "note", *REASONS), "a moment")
    usual: Bound | None = entry.bound("usual")
    if usual is not None and len(usual.terms) != 1:
        entry.note("usual", "a usual time is one range, such as 1d..3d or calm + 2d..5d")
        usual = None
    clock = None
    if text := entry.text("clock"):
        match = _CLOCK.fullmatch(text)
        if match is None:
            entry.note("clock", f"`{text}` is no time of the day; write it as 22:00")
        else:
            clock = int(match[1]), int(match[2])
    day = whole_number(entry.text("day", "0"))
    if day is None:
        entry.note("day", "a day is a whole number; 0 is the day of the treatment")
    return Moment(str(id_), entry.text("label") or str(id_).replace("-", " "), usual, clock, day or 0)


def parse_fact(id_: str, value: Value, problems: Problems) -> Fact:
    """Read a fact: answers to choose from, or a number between two limits."""
    entry = _entry(
        value,
        problems,
        ("ask", "answers", "several", "number", "unit", "default", "phrase", "open"),
        "a fact",
        short="ask",
    )
    answers = _parse_answers(entry.fields.get("answers"), problems)
    limits = entry.pair("number", decimal, "write the limits as 0.1..8")
    if "answers" not in entry.fields and "number" not in entry.fields:
        problems.add(id_, f"the fact {id_} needs `answers: [one, two]` or `number: 0.1..8`")
    low, high = (float(limits[0]), float(limits[1])) if limits else (None, None)
    if low is not None and high is not None and low >= high:
        entry.note("number", f"the limits are the smaller one first, as in {high:g}..{low:g}")
    if len({answer.id for answer in answers}) < len(answers):
        entry.note("answers", "an answer stands there twice; keep one")
    several = entry.flag("several")
    unit, phrase, open_ = entry.text("unit"), entry.text("phrase"), entry.flag("open")
    default = entry.text("default") or None
    ids = {answer.id for answer in answers} | {NONE}
    if default is not None and low is not None and high is not None:
        default = _default_number(entry, default, low, high, unit)
    elif default is not None and answers and default not in ids:
        entry.note("default", f"the default is one of the answers, not `{default}`{nearest(default, ids)}")
    if open_ and not several:
        entry.note("open", "only a fact with `several: true` can be open")
    return Fact(str(id_), entry.text("ask"), answers, several, low, high, unit, default, phrase, open_)


def _default_number(entry: Entry, text: str, low: float, high: float, unit: str) -> str | None:
    """Check that a default is a number between the limits; give it without its unit."""
    bare = text.removesuffix(unit).rstrip()
    number = decimal(bare)
    if number is None or not low <= number <= high:
        shown = f" {unit}" if unit else ""
        entry.note("default", f"the default can't be `{text}`; give a number from {low:g} to {high:g}{shown}")
        return None
    return bare


def _parse_answers(value: Value | None, problems: Problems) -> tuple[Answer, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        texts = Entry({}, problems, (), "a fact").as_texts(value, "answers")
        return tuple(Answer(str(text), str(text)) for text in texts)
    if not isinstance(value, dict):
        problems.add(value, "`answers` is a list such as [one, two], or answers with their labels")
        return ()
    answers = []
    for id_, described in value.items():
        entry = _entry(described, problems, Answer._fields[1:], "an answer")
        label = entry.text("label") or str(id_)
        answers.append(Answer(str(id_), label, tuple(map(str, entry.texts("aka"))), entry.text("dated")))
    return tuple(answers)


def parse_condition(value: Value | None, problems: Problems, facts: dict[str, Fact]) -> Condition:
    """Read a `when:`: facts and the answers, one of which each must have."""
    if value is None:
        return Condition()
    if not isinstance(value, dict):
        problems.add(value, "`when` names facts and answers, such as {technique: pen}")
        return Condition()
    tests = []
    for key, wanted in value.items():
        fact = facts.get(key)
        if fact is None:
            problems.add(key, f"there is no fact `{key}`{nearest(key, facts)}")
        else:
            test = _parse_number(fact, wanted, problems) if fact.is_number else _parse_choice(fact, wanted, problems)
            tests.extend([test] if test else [])
    return Condition(tuple(tests))


def _parse_choice(fact: Fact, value: Value, problems: Problems) -> Test | None:
    negated = False
    if isinstance(value, dict):
        if list(value) != ["not"]:
            problems.add(value, "the only word here is `not`, as in {not: scalp}")
            return None
        negated, value = True, next(iter(value.values()))
    wanted = Entry({}, problems, (), "a condition").as_texts(value, fact.id)
    known = [NONE, *[answer.id for answer in fact.answers]]
    if value in ("", []):
        problems.add(value, f"`{fact.id}` names no answer; it may be {', '.join(sorted(known))}")
    for answer in wanted:
        if answer not in known:
            problems.add(answer, f"`{fact.id}` has no answer `{answer}`{nearest(answer, known)}")
    return Test(fact.id, frozenset(map(str, wanted)), negated) if wanted else None


def _parse_number(fact: Fact, value: Value, problems: Problems) -> Test | None:
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    low, high = (match and decimal(match[2])), (match and match[3] and decimal(match[3]))
    if match is None or low is None or (match[3] and (high is None or match[1])):
        problems.add(value, f"`{fact.id}` is a number: write over 1.5, at least 1.5, under 0.5, up to 0.5 or 0.5..1.5")
        return None
    if high is not None:
        return Test(fact.id, low=float(low), high=float(high))
    match match[1]:
        case "over" | "at least":
            return Test(fact.id, low=float(low), open_low=match[1] == "over")
        case "under" | "up to":
            return Test(fact.id, high=float(low), open_high=match[1] == "under")
        case _:
            return Test(fact.id, low=float(low), high=float(low))


def parse_weights(kinds: Mapping[str, Raw], problems: Problems) -> dict[str, int]:
    """Read how much each kind of source counts."""
    weights = {}
    for name, raw in kinds.items():
        weight = whole_number(raw.value) if isinstance(raw.value, str) else None
        if weight is None:
            problems.add(raw.id, f"the weight of `{name}` is a whole number, such as 3")
        weights[str(name)] = weight or 0
    return weights


def check_ids(entries: Iterable[Raw], what: str, problems: Problems) -> None:
    """Note ids that aren't plain lower-case words with hyphens."""
    for raw in entries:
        if not ID.fullmatch(raw.id):
            problems.add(raw.id, f"`{raw.id}` can't be an id in {what}; use lower-case letters, digits and hyphens")


_TEXT: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_TEXTS: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_BOUND: dict[str, Any] = {**_TEXT, "description": BOUND_HELP}
_CONDITION: dict[str, Any] = {"type": "object", "description": "facts and the answers, one of which each must have"}
_SAYS: dict[str, Any] = {
    "type": "object",
    "description": "what each source says in its own numbers",
    "additionalProperties": {"anyOf": [_TEXT, {"type": "array"}, {"type": "object"}]},
}
_SOURCES: dict[str, Any] = {"source": _TEXTS, "says": _SAYS}


def _entries(one: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "object", "description": description, "additionalProperties": one}


def _fields(properties: dict[str, Any], *, short: bool = False) -> dict[str, Any]:
    fields = {"type": "object", "additionalProperties": False, "properties": properties}
    return {"anyOf": [_TEXT, fields]} if short else fields


def rule_schema() -> dict[str, Any]:
    """Make the schema of one rule file."""
    rule = _fields(
        {
            **{verb: {**_TEXTS, "description": f"{verb}: activities or signs by their ids"} for verb in VERBS},
            **dict.fromkeys(RULE_WORDS, _TEXT),
            **dict.fromkeys(("from", "until", "due", "eases", "worry-after"), _BOUND),
            "for": _BOUND,
            "days": {**_TEXT, "description": "1..6, both included; negative before the treatment"},
            "at": {"enum": list(AT)},
            "when": _CONDITION,
            "except": {"type": "object", "description": "activity: its own end", "additionalProperties": _BOUND},
            "urgent": {**_TEXT, "description": "true for a red flag"},
            "confidence": {"enum": ["low", "normal"]},
            **_SOURCES,
        }
    )
    rule["oneOf"] = [{"required": [verb]} for verb in VERBS] + [{"not": {"anyOf": [{"required": [v]} for v in VERBS]}}]
    screening = _fields(
        {
            "level": {"enum": list(LEVELS)},
            "when": _CONDITION,
            "within": _BOUND,
            **dict.fromkeys(("text", "note", "because", "by"), _TEXT),
            **_SOURCES,
        }
    )
    session = _fields(
        {
            "when": _CONDITION,
            **dict.fromkeys(("id", "count", "every", "overdue", "then", "note", "because", "by"), _TEXT),
            **_SOURCES,
        }
    )
    words = {
        "sources": _fields(dict.fromkeys(Source._fields[1:], _TEXT), short=True),
        "activities": _fields(
            {
                **dict.fromkeys((*Activity._fields[1:], *REASONS), _TEXTS),
                "medicine": {"enum": list(MEDICINES)},
                "advised": {"enum": ["never"]},
                "taken": {"enum": ["by-mouth"]},
            },
            short=True,
        ),
        "signs": _fields(dict.fromkeys((*Sign._fields[1:], *REASONS), _TEXTS), short=True),
        "moments": _fields(
            {**dict.fromkeys(("label", "clock", "day", "note", *REASONS), _TEXT), "source": _TEXTS, "usual": _BOUND},
            short=True,
        ),
        "events": _fields(
            {
                **dict.fromkeys(("label", "results", *REASONS), _TEXT),
                **dict.fromkeys(("activities", "aka", "source"), _TEXTS),
            },
            short=True,
        ),
        "facts": _fields(
            {
                **dict.fromkeys(("ask", "number", "unit", "default", "phrase", "several", "open"), _TEXT),
                "answers": {"type": ["array", "object"]},
            },
            short=True,
        ),
    }
    case = _fields(
        {
            "name": _TEXT,
            "given": {"type": "object", "required": ["date"], "properties": {key: {} for key in GIVEN}},
            "expect": {
                "type": "object",
                "additionalProperties": {"anyOf": [_TEXT, _fields(dict.fromkeys(KEYS, _TEXTS))]},
            },
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A needlecare rule file",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(HEADER, _TEXT),
            "source": {**_TEXTS, "description": "the default source of every rule here"},
            "when": {**_CONDITION, "description": "a condition of every rule here"},
            "core": _TEXT,
            "clinic": _fields(
                {
                    **dict.fromkeys(("name", "phone", "logo", "closing"), _TEXT),
                    "colours": _fields(dict.fromkeys(("light", "dark"), _TEXT)),
                }
            ),
            "kinds": {"type": "object"},
            **{section: _entries(one, f"{section} by their ids") for section, one in words.items()},
            "rules": _entries(rule, "rules by their ids"),
            "screening": _entries(screening, "reasons not to treat, to wait or to ask"),
            "sessions": {"anyOf": [{"type": "array", "items": session}, _entries(session, "sessions by their ids")]},
            "switched-off": _entries(_fields({"because": _TEXT, "by": _TEXT}), "rules that don't hold here, and why"),
            "batch": {"type": "object", "additionalProperties": _TEXT, "description": "the columns of an export"},
            "cases": {"type": "array", "items": case},
        },
    }


# Fields beside the facts that a rule set asks for.
FIELDS = ("id", *GIVEN)
DATES = "dates"


def plain(name: str) -> str:
    """Give *name* without what people write differently: case, hyphens, underscores, spaces."""
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


def parse_batch(value: Value, facts: Collection[str], problems: Problems) -> dict[str, str]:
    """Read `batch: {id: Client no, date: Treatment date, dates: dmy}`."""
    if not isinstance(value, dict) or not all(isinstance(column, str) for column in value.values()):
        problems.add(
            value, "`batch` tells the columns of an export, such as {id: Client no, date: Treatment date, dates: dmy}"
        )
        return {}
    entry = Entry(value, problems, (*FIELDS, DATES, *facts), "`batch`")
    if value.get(DATES, "dmy") not in ("dmy", "mdy"):
        entry.note(DATES, "`dates` is dmy or mdy: how 03/04/2026 is meant")
    holders: dict[str, str] = {}
    for field, column in value.items():
        first = field if field == DATES else holders.setdefault(plain(column), field)
        if first != field:
            entry.note(field, f"the column `{column}` holds {first} already; give {field} a column of its own")
    return {str(field): str(column) for field, column in value.items()}
