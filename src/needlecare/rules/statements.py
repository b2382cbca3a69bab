"""The statements of a rule set: rules, screening and sessions, from their YAML fields."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from needlecare.model.bounds import AT_TREATMENT, Bound, Stretch, Term, parse_stretch
from needlecare.model.facts import Condition
from needlecare.model.ruleset import CALL, PREPARE, VERBS, Rule, Saying, Screening, Source, Spacing
from needlecare.model.time import Duration
from needlecare.rules.fields import Entry, nearest, whole_number
from needlecare.rules.places import Problems, Value

# Words for people: shown, never computed.
WORDS = (
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
_ALLOWED = frozenset((*VERBS, *WORDS, *COMPUTED, *SOURCES))
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
        {word: entry.text(word) for word in WORDS if word in value},
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
