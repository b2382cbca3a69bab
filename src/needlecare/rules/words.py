"""The words of a rule set: sources, activities, signs, moments and facts, each a line or a few fields of YAML."""

import re
from collections.abc import Iterable, Mapping

from needlecare.model.bounds import Bound
from needlecare.model.facts import NONE, Answer, Condition, Fact, Test
from needlecare.model.ruleset import Activity, EventKind, Moment, Sign, Source
from needlecare.model.time import parse_duration
from needlecare.rules.fields import ID, Entry, decimal, nearest, whole_number
from needlecare.rules.guards import REASONS
from needlecare.rules.layers import Raw
from needlecare.rules.places import Problems, Value, fields_at, text_at

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
