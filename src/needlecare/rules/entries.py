"""From one entry of a rule file to what the model holds: a rule, a source, a fact, and what only its fields can show.

Knows nothing of other entries but the ids of rules and sources and the facts that conditions ask for.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeVar

from needlecare.model.facts import NONE, Condition, Fact, Test
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
from needlecare.model.time import AT_TREATMENT, Bound, Duration, Range, Term
from needlecare.rules.fields import (
    ACTIVITY,
    EVENT,
    FACT,
    FIELDS,
    ID,
    MOMENT,
    RULE,
    SCREENING,
    SESSION,
    SIGN,
    SOURCE,
    Entry,
    Mark,
    Section,
    decimal,
    enumerated,
    marked,
    note_unknown,
    read_texts,
    whole_number,
)
from needlecare.rules.read import Problems, Raw, Value

_ZERO_DAYS = Duration(0, "d")
_DAY_0 = Bound((Term("treatment", Range(_ZERO_DAYS, _ZERO_DAYS), -1),))
_AT = {"before": (_DAY_0, AT_TREATMENT), "during": (AT_TREATMENT, AT_TREATMENT), "after": (AT_TREATMENT, AT_TREATMENT)}
_NUMBER = re.compile(r"(at least|over|up to|under)?\s*([\d.]+?)(?:\s*\.\.\s*([\d.]+))?")
_RULE_WORDS = marked(RULE, Mark.WORD)
_RULE_WINDOW = marked(RULE, Mark.WINDOW)
# Facts of one condition: each is judged for each person, and a condition of a whole file in each of its rules.
_MOST_TESTS = 40

_Word = TypeVar("_Word", Activity, Sign, Moment, EventKind)


class Conditions:
    """Reads `when:`: facts and the answers, one of which each must have."""

    def __init__(self, facts: Mapping[str, Fact], problems: Problems) -> None:
        self._facts = facts
        self._problems = problems
        ids = {fact.id: (NONE, *(answer.id for answer in fact.answers)) for fact in facts.values()}
        self._answers = {name: dict.fromkeys(answers) for name, answers in ids.items()}
        self._of_files: dict[int, Condition] = {}

    def read(self, value: Value | None) -> Condition:
        """Read one condition."""
        if value is None:
            return Condition()
        if not isinstance(value, dict):
            self._problems.add(value, "`when` names facts and answers, such as {technique: pen}")
            return Condition()
        if len(value) > _MOST_TESTS:
            self._problems.add(value, f"`when` names {len(value):,} facts; at most {_MOST_TESTS} may stand there")
            return Condition()
        tests = []
        for key, wanted in value.items():
            fact = self._facts.get(key)
            if fact is None:
                self._problems.add(key, f"there is no fact `{key}`{self._problems.nearest(key, self._facts)}")
            elif test := self._read_number(fact, wanted) if fact.is_number else self._read_choice(fact, wanted):
                tests.append(test)
        return Condition(tuple(tests))

    def read_of_file(self, value: Value | None) -> Condition:
        """Read the condition of a whole file, once for all of its entries."""
        if id(value) not in self._of_files:
            self._of_files[id(value)] = self.read(value)
        return self._of_files[id(value)]

    def _read_choice(self, fact: Fact, value: Value) -> Test | None:
        negated = isinstance(value, dict)
        if isinstance(value, dict):
            if list(value) != ["not"]:
                self._problems.add(value, "the only word here is `not`, as in {not: scalp}")
                return None
            value = next(iter(value.values()))
        known = self._answers[fact.id]
        if value in ("", []):
            self._problems.add(value, f"`{fact.id}` names no answer; it may be {enumerated(known)}")
        wanted = read_texts(value, fact.id, self._problems) or ()
        # As they are written, so that they can be pointed at.
        for answer in ([value] if isinstance(value, str) else value) if wanted else ():
            if answer not in known:
                meant = self._problems.nearest(answer, known)
                self._problems.add(answer, f"`{fact.id}` has no answer `{answer}`{meant}")
        return Test(fact.id, frozenset(wanted), negated) if wanted else None

    def _read_number(self, fact: Fact, value: Value) -> Test | None:
        match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
        test = _as_test(fact, *match.groups()) if match else None
        if test is None:
            self._problems.add(
                value, f"`{fact.id}` is a number: write over 1.5, at least 1.5, under 0.5, up to 0.5 or 0.5..1.5"
            )
        return test


def _as_test(fact: Fact, how: str | None, first: str, second: str | None) -> Test | None:
    low = decimal(first)
    high = low if second is None else decimal(second)
    if low is None or high is None or (how and second is not None):
        return None
    if how in ("over", "at least"):
        return Test(fact.id, low=low, open_low=how == "over")
    if how in ("under", "up to"):
        return Test(fact.id, high=low, open_high=how == "under")
    return Test(fact.id, low=low, high=high)


class Context(NamedTuple):
    """What statements are checked against: who is known, and how conditions are read.

    *rules* are the ids of all rules, those of what is extended too.
    """

    problems: Problems
    sources: Mapping[str, Source]
    conditions: Conditions
    rules: Collection[str] = ()

    def condition(self, raw: Raw) -> Condition:
        """Read the condition of an entry, on top of that of its file."""
        return self.conditions.read(raw.fields.get("when")).narrowed(self.conditions.read_of_file(raw.file_condition))


def parse_rule(raw: Raw, context: Context) -> Rule | None:
    """Read one rule; None where it has no verb to go by."""
    entry = Entry(RULE, raw.fields, context.problems)
    verbs = [verb for verb in VERBS if verb in entry.fields]
    if len(verbs) != 1:
        meant = context.problems.nearest(raw.id, context.rules)
        unchanged = "" if verbs else f"; there is no rule `{raw.id}` to change{meant}"
        context.problems.add(raw.id, f"the rule {raw.id} needs exactly one of {', '.join(VERBS)}{unchanged}")
        return None
    verb = verbs[0]
    _check_window(entry, verb)
    start, end = _window(entry, verb)
    if verb != CALL:
        _check_order(entry, start, end)
    if entry.fields[verb] in ("", []):
        entry.note(verb, f"the rule {raw.id} names nothing to {verb}")
    return Rule(
        id=str(raw.id),
        verb=verb,
        targets=entry.get(verb, ()),
        start=start,
        end=end,
        when=context.condition(raw),
        words={word: entry.get(word, "") for word in _RULE_WORDS if word in entry.fields},
        says=_read_cited(entry, raw, context, _own_value(entry)),
        origin=raw.origin,
        core=raw.core,
        **entry.attributes(RULE, "days", "for", "except", "eases", "worry-after", "urgent", "confidence"),
    )


def _window(entry: Entry, verb: str) -> tuple[Bound | None, Bound | None]:
    start, end = entry.get("from"), entry.get("until")
    if at := entry.get("at"):
        start, end = _AT[at]
    if verb in (PREPARE, CALL) and end is None and "days" not in entry.values and "for" not in entry.fields:
        end = AT_TREATMENT
    if due := entry.get("due"):
        start, end = start or due, due
    return start, end


def _check_window(entry: Entry, verb: str) -> None:
    """Note fields that would silently win over each other."""
    given = [key for key in _RULE_WINDOW if key in entry.fields]
    if verb == CALL and given:
        entry.note(given[0], "`call` holds at all times; for “from day 3” write `expect: …` with `worry-after: 3d`")
    elif "days" in entry.fields and given:
        entry.note("days", f"`days` and `{given[0]}` exclude each other; keep one")
    elif "for" in given and "until" in given:
        entry.note("for", "`for` and `until` exclude each other: `for` counts from the rule's own start; keep one")


def _check_order(entry: Entry, start: Bound | None, end: Bound | None) -> None:
    """Note an end before the start: of days, and of plain durations around the treatment."""
    if (days := entry.get("days")) and days[1] < days[0]:
        entry.note("days", f"the days end ({days[1]}) before they begin ({days[0]})")
    if start is None or end is None or len(start.terms) != 1 or len(end.terms) != 1:
        return
    first, last = start.terms[0], end.terms[0]
    if first.moment != "treatment" or last.moment != "treatment":
        return
    if first.sign * first.offset.near.rough_length > last.sign * last.offset.far.rough_length:
        entry.note("until", f"it ends ({end}) before it begins ({start})")


def _own_value(entry: Entry) -> str:
    """Return what a source says that is named alone: the bound of the rule, as it is written."""
    for key in ("until", "from", "for", "days", "due", "at", "every"):
        written = entry.fields.get(key)
        if isinstance(written, str) and written != "treatment":
            return " ".join(written.split())
    return "no end given"


def _read_cited(entry: Entry, raw: Raw, context: Context, own: str) -> tuple[Saying, ...]:
    """Return who says so: `source:` says just what the entry says, `says:` each in its own numbers."""
    says = [Saying(source, own) for source in entry.get("source", ())] + list(entry.get("says", ()))
    written = entry.fields.get("source", ()), entry.fields.get("says", ())
    # As they are written, so that they can be pointed at.
    named = [written[0]] if isinstance(written[0], str) else list(written[0]) if "source" in entry.values else []
    for source in (*named, *(written[1] if "says" in entry.values else ())):
        if source not in context.sources:
            meant = context.problems.nearest(source, context.sources)
            context.problems.add(source, f"there is no source `{source}`{meant}; list it in `sources:`")
    # A source that can't be read is noted already.
    if not says and not any(written):
        context.problems.add(raw.id, f"nobody is cited; add `source:` or `says:` to {raw.id}")
    return tuple(says)


def parse_screening(raw: Raw, context: Context) -> Screening:
    """Read a screening entry."""
    entry = Entry(SCREENING, raw.fields, context.problems)
    if "level" not in entry.fields:
        level = SCREENING.fields["level"].kind.schema["enum"]
        context.problems.add(raw.id, f"the screening entry {raw.id} needs a level: one of {', '.join(level)}")
    when = context.condition(raw)
    if not when.tests:
        context.problems.add(raw.id, f"the screening entry {raw.id} needs `when:`, such as {{condition: {raw.id}}}")
    return Screening(
        id=str(raw.id),
        level=entry.get("level", ""),
        when=when,
        text=entry.get("text", ""),
        within=entry.get("within"),
        note=" ".join(filter(None, (entry.get("note"), entry.get("because")))),
        says=_read_cited(entry, raw, context, entry.get("level", "")),
        origin=raw.origin,
        core=raw.core,
    )


def parse_spacing(raw: Raw, context: Context) -> Spacing:
    """Read one entry of `sessions`."""
    entry = Entry(SESSION, raw.fields, context.problems)
    if not any(key in entry.fields for key in ("every", "count", "then")):
        context.problems.add(raw.id, "a sessions entry needs `every:` (4w..6w), `count:` (3..6) or `then:`")
    every, overdue = entry.get("every"), entry.get("overdue")
    if every and overdue and overdue.rough_length < every[1].rough_length:
        entry.note("overdue", f"overdue ({overdue}) comes before the farthest recommended date ({every[1]})")
    own = next((entry.fields[key] for key in ("every", "count") if isinstance(entry.fields.get(key), str)), "")
    return Spacing(
        id=str(raw.id),
        when=context.condition(raw),
        says=_read_cited(entry, raw, context, " ".join(own.split())),
        origin=raw.origin,
        **entry.attributes(SESSION, "count", "every", "overdue", "then", "note", "because"),
    )


def parse_source(raw: Raw, problems: Problems, kinds: Collection[str]) -> Source:
    """Read a source."""
    entry = Entry(SOURCE, raw.value, problems)
    kind = entry.get("kind")
    if kind and kind not in kinds:
        entry.note("kind", f"no such kind of source{problems.nearest(kind, kinds)}; it is one of {enumerated(kinds)}")
    if not entry.get("title"):
        problems.add(raw.id, f"the source {raw.id} needs a title")
    return Source(id=str(raw.id), **{"title": "", **entry.values})


def parse_activity(raw: Raw, problems: Problems) -> Activity:
    """Read an activity."""
    return _parse_word(Activity, ACTIVITY, raw, problems)


def parse_sign(raw: Raw, problems: Problems) -> Sign:
    """Read a sign."""
    return _parse_word(Sign, SIGN, raw, problems)


def parse_moment(raw: Raw, problems: Problems) -> Moment:
    """Read a moment: seen by the person, or a time on the clock."""
    return _parse_word(Moment, MOMENT, raw, problems)


def parse_event(raw: Raw, problems: Problems) -> EventKind:
    """Read a kind of event: the activities that come with it."""
    return _parse_word(EventKind, EVENT, raw, problems)


def _parse_word(model: type[_Word], section: Section, raw: Raw, problems: Problems) -> _Word:
    """Read a word; what its model has no place for is only shown by `rules show`."""
    entry = Entry(section, raw.value, problems)
    names = [name for name in entry.values if section.fields[name].into in model._fields]
    values = entry.attributes(section, *names)
    values["label"] = values.get("label") or str(raw.id).replace("-", " ")
    return model(id=str(raw.id), **values)


def parse_fact(raw: Raw, problems: Problems) -> Fact:
    """Read a fact: answers to choose from, or a number between two limits."""
    entry = Entry(FACT, raw.value, problems)
    answers, (low, high) = entry.get("answers", ()), entry.get("number", (None, None))
    if "answers" not in entry.fields and "number" not in entry.fields:
        problems.add(raw.id, f"the fact {raw.id} needs `answers: [one, two]` or `number: 0.1..8`")
    if low is not None and low >= high:
        entry.note("number", f"the smaller limit comes first, as in {high:g}..{low:g}")
    if len({answer.id for answer in answers}) < len(answers):
        entry.note("answers", "an answer stands there twice; keep one")
    if entry.get("open") and not entry.get("several"):
        entry.note("open", "only a fact with `several: true` can be open")
    plain = entry.attributes(FACT, "several", "unit", "phrase", "open")
    default = _read_default(entry, {NONE, *(answer.id for answer in answers)}, low, high)
    return Fact(str(raw.id), entry.get("ask", ""), answers, low=low, high=high, default=default, **plain)


def _read_default(entry: Entry, known: Collection[str], low: float | None, high: float | None) -> str | None:
    """Return the default, of a number without its unit."""
    default: str | None = entry.get("default") or None
    if default is None:
        return None
    if low is None or high is None:
        if entry.get("answers") and default not in known:
            meant = entry.problems.nearest(default, known)
            entry.note("default", f"the default is one of the answers, not `{default}`{meant}")
        return default
    unit = entry.get("unit", "")
    bare = default.removesuffix(unit).rstrip()
    number = decimal(bare)
    if number is not None and low <= number <= high:
        return bare
    shown = f" {unit}" if unit else ""
    entry.note("default", f"the default can't be `{default}`; write a number from {low:g} to {high:g}{shown}")
    return None


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


DATES = "dates"


def plain(name: str) -> str:
    """Return *name* without what people write differently: case, hyphens, underscores, spaces."""
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


def parse_batch(value: Value, facts: Collection[str], problems: Problems) -> dict[str, str]:
    """Read `batch: {id: Client no, date: Treatment date, dates: dmy}`."""
    if not isinstance(value, dict) or not all(isinstance(column, str) for column in value.values()):
        problems.add(
            value, "`batch` names the columns of an export, such as {id: Client no, date: Treatment date, dates: dmy}"
        )
        return {}
    known = dict.fromkeys((*FIELDS, DATES, *facts))
    holders: dict[str, str] = {}
    for field, column in value.items():
        if field not in known:
            note_unknown(field, "`batch`", known, problems)
        first = field if field == DATES else holders.setdefault(plain(column), field)
        if first != field:
            problems.add(column, f"the column `{column}` holds {first} already; name another column for {field}")
    if value.get(DATES, "dmy") not in ("dmy", "mdy"):
        problems.add(value[DATES], "`dates` is dmy or mdy: how 03/04/2026 is meant")
    return {str(field): str(column) for field, column in value.items()}
