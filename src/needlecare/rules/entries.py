"""From one entry of a rule file to what the model holds: a rule, a source, a fact, and what only its fields can show.

Knows nothing of other entries but the ids of rules and sources and the facts that conditions ask for.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

from needlecare.model import ruleset
from needlecare.model.facts import NONE, Condition, Fact, Test
from needlecare.model.time import ALWAYS, AT_TREATMENT, TREATMENT, Bound, parse_bound
from needlecare.rules.fields import FACT, RULE, SCREENING, SECTIONS, SESSION, SOURCE, Entry, marked
from needlecare.rules.kinds import Mark, read_texts
from needlecare.rules.read import Problems, Raw, Value, decimal, enumerated, listed, whole_number

_ASKED = '{ask: alcohol, who: "your midwife", when: {condition: pregnancy}}'
# What small words do.
_GRAMMAR = ("join", "soften", "here", "place", "company", "owner", "others", "age", "time", "unit", "past", "dated")
_MEDICINE = ("stop", "ceased", "ongoing", "prescribed", "given", "swallow", "spare", "lent", "gives", "ends", "plans")
_SAYING = ("tells", "aches", "caused", "lasting", "gone", "asks", "early", "unhealed", "seen", "to-come", "judging")
_APART = ("deny", "protect", "onto-skin", "brand", "act", "exact", "idiom", "long-ago", "was-well", "watches")
_ROLES = (*_GRAMMAR, *_MEDICINE, *_SAYING, *_APART, "beforehand", "over", "since", "telling")
# Where a rule begins that is at the treatment itself; all of them end with it.
_AT = {"before": parse_bound("0d before"), "during": AT_TREATMENT, "after": AT_TREATMENT}
_NUMBER = re.compile(r"(at least|over|up to|under)?\s*([\d.]+?)(?:\s*\.\.\s*([\d.]+))?")
_RULE_WORDS = marked(RULE, Mark.WORD)
_RULE_WINDOW = marked(RULE, Mark.WINDOW)
_OWN_VALUE = ("from", "until", "for", "days", "due", "at", "every")
_TELLS_HOW = marked(RULE, Mark.TELLS_HOW)
_TIMELESS = {
    ruleset.ASK: "`ask` holds before and after the treatment, without end",
    ruleset.CALL: "`call` holds at all times; for “from day 3” write `expect: …` with `worry-after: 3d`",
}
Entries = Mapping[str, Mapping[str, Raw]]
# Facts of one condition: each is judged for each person, and a condition of a whole file in each of its rules.
_MOST_TESTS = 40


def parse_entries(entries: Entries, problems: Problems) -> dict[str, Any]:
    """Return what the model makes of *entries*, by section and id, in the order of ids: that of files says nothing."""
    context = Context(entries, problems)
    for section, parse in _PARSERS.items():
        found = ((id_, parse(raw, context)) for id_, raw in sorted(entries[section].items()))
        context.known[section] = {str(id_): value for id_, value in found if value is not None}
    return context.known


class Context:
    """What entries are checked against: all *entries* as written, and what is *known* of them so far."""

    def __init__(self, entries: Entries, problems: Problems) -> None:
        self.entries = entries
        self.problems = problems
        self.known: dict[str, dict[str, Any]] = {}
        self._of_files: dict[int, Condition] = {}

    @cached_property
    def _answers(self) -> dict[str, dict[str, None]]:
        facts = self.known["facts"].values()
        return {fact.id: dict.fromkeys((NONE, *(answer.id for answer in fact.answers))) for fact in facts}

    def condition(self, raw: Raw) -> Condition:
        """Read the condition of an entry, on top of that of its file, which is read once for all of its entries."""
        of_file = raw.file_condition
        if id(of_file) not in self._of_files:
            self._of_files[id(of_file)] = self.read_tests(of_file)
        return Condition(self.read_tests(raw.fields.get("when")).tests + self._of_files[id(of_file)].tests)

    def read_tests(self, value: Value | None, key: str = "when") -> Condition:
        """Read `when:`, or what stands under another *key*: facts and the answers, one of which each must have."""
        if value is None:
            return Condition()
        if not isinstance(value, dict):
            self.problems.add(value, f"`{key}` names facts and answers, such as {{technique: pen}}")
            return Condition()
        if len(value) > _MOST_TESTS:
            self.problems.add(value, f"`{key}` names {len(value):,} facts; at most {_MOST_TESTS} may stand there")
            return Condition()
        facts, tests = self.known["facts"], []
        for name, wanted in value.items():
            fact = facts.get(name)
            if fact is None:
                self.problems.unknown(name, "fact", name, facts)
            elif test := self._read_number(fact, wanted) if fact.is_number else self._read_choice(fact, wanted):
                tests.append(test)
        return Condition(tuple(tests))

    def _read_choice(self, fact: Fact, value: Value) -> Test | None:
        negated = isinstance(value, dict)
        if isinstance(value, dict):
            if list(value) != ["not"]:
                self.problems.add(value, "the only word here is `not`, as in {not: scalp}")
                return None
            value = next(iter(value.values()))
        known = self._answers[fact.id]
        if value in ("", []):
            self.problems.add(value, f"`{fact.id}` names no answer; it may be {enumerated(known)}")
        wanted = read_texts(value, fact.id, self.problems) or ()
        # As they are written, so that they can be pointed at.
        for answer in listed(value) if wanted else ():
            if answer not in known:
                meant = self.problems.nearest(answer, known)
                self.problems.add(answer, f"`{fact.id}` has no answer `{answer}`{meant}")
        return Test(fact.id, tuple(sorted({*wanted})), negated) if wanted else None

    def _read_number(self, fact: Fact, value: Value) -> Test | None:
        match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
        how, first, second = match.groups() if match else ("", "", "")
        low, high = decimal(first), decimal(second or first)
        if low is None or high is None or (how and second):
            wanted = "write over 1.5, at least 1.5, under 0.5, up to 0.5 or 0.5..1.5"
            self.problems.add(value, f"`{fact.id}` is a number: {wanted}")
            return None
        least, most = None if how in ("under", "up to") else low, None if how in ("over", "at least") else high
        return Test(fact.id, low=least, high=most, open_low=how == "over", open_high=how == "under")


def _parse_rule(raw: Raw, context: Context) -> ruleset.Rule | None:
    """Read one rule; None where it has no verb to go by."""
    entry = Entry(RULE, raw.fields, context.problems)
    verbs = [verb for verb in ruleset.VERBS if verb in entry.fields]
    if len(verbs) != 1:
        meant = context.problems.nearest(raw.id, context.entries["rules"])
        unchanged = "" if verbs else f"; there is no rule `{raw.id}` to change{meant}"
        context.problems.add(raw.id, f"the rule {raw.id} needs exactly one of {', '.join(ruleset.VERBS)}{unchanged}")
        return None
    verb = verbs[0]
    _check_window(entry, verb)
    _check_verb(entry, verb)
    start, end = _window(entry, verb)
    if verb != ruleset.CALL:
        _check_order(entry, start, end)
    if entry.fields[verb] in ("", []):
        entry.note(verb, f"the rule {raw.id} names nothing to {verb}")
    return entry.build(
        ruleset.Rule,
        raw,
        verb=verb,
        targets=entry.get(verb, ()),
        start=start,
        end=end,
        when=context.condition(raw),
        words={word: entry.get(word, "") for word in _RULE_WORDS if word in entry.fields},
        says=_read_cited(entry, raw, context, _own_value(entry)),
    )


def _window(entry: Entry, verb: str) -> tuple[Bound | None, Bound | None]:
    start, end, at, due = map(entry.get, ("from", "until", "at", "due"))
    if at:
        return _AT[at], AT_TREATMENT
    if due:
        return start or due, due
    if verb in (ruleset.PREPARE, ruleset.CALL) and end is None and entry.fields.keys().isdisjoint(("days", "for")):
        end = AT_TREATMENT
    if verb == ruleset.AVOID and start is None and _is_before(entry.fields.get("until"), end):
        start = ALWAYS
    return start, end


def _is_before(written: Any, end: Bound | None) -> bool:
    """Report whether a restriction ends before the treatment or with it: `0h` is an end right after it."""
    terms = end.terms if end else ()
    return written == TREATMENT or any(term.sign < 0 and term.moment == TREATMENT for term in terms)


def _check_window(entry: Entry, verb: str) -> None:
    """Note fields that would silently win over each other."""
    given = [key for key in (*_RULE_WINDOW, "days") if key in entry.fields]
    if given and verb in _TIMELESS:
        entry.note(given[0], _TIMELESS[verb])
        return
    for key in given:
        others = [one for one in given if one in RULE.fields[key].excludes]
        if others:
            why = ": `for` counts from the rule's own start" if key == "for" else ""
            entry.note(key, f"`{key}` and `{others[0]}` exclude each other{why}; keep one")


def _check_verb(entry: Entry, verb: str) -> None:
    """Note fields that only another verb has, and those that *verb* lacks."""
    for key in entry.fields:
        verbs = RULE.fields[key].verbs if key in RULE.fields else ()
        if verbs and verb not in verbs:
            belongs = " or ".join(f"`{one}`" for one in verbs)
            instead = ", or say it in `note`" if key in _TELLS_HOW else ""
            entry.note(key, f"`{key}` belongs to {belongs}; `{verb}` has no use for it{instead}")
    for key in ("who", "when") if verb == ruleset.ASK else ():
        if key not in entry.fields:
            entry.note(verb, f"`ask` needs `{key}`, as in {_ASKED}")


def _check_order(entry: Entry, start: Bound | None, end: Bound | None) -> None:
    """Note an end before the start, of days and of plain durations around the treatment, and what has no length."""
    if (days := entry.get("days")) and days[1] < days[0]:
        entry.note("days", f"the days end ({days[1]}) before they begin ({days[0]})")
    if ruleset.AVOID in entry.fields and (at := entry.get("at")) in ("during", "after"):
        entry.note("at", f"`at: {at}` has no length, so that nothing would be avoided; write `days: 0`, or `for: 2h`")
    begins, ends = _around_treatment(start), _around_treatment(end)
    if begins and ends and begins[0] > ends[-1]:
        entry.note("until", f"it ends ({end}) before it begins ({start})")


def _around_treatment(bound: Bound | None) -> list[timedelta]:
    """Return how far from the treatment *bound* lies, at least and at most; nothing where more than that decides."""
    if bound is None or [term.moment for term in bound.terms] != [TREATMENT]:
        return []
    (term,) = bound.terms
    return sorted(term.sign * side.rough_length for side in (term.offset.near, term.offset.far))


def _own_value(entry: Entry) -> str:
    """Return what a source says that is named alone: the window of the rule, as it is written."""
    written = {key: one for key in _OWN_VALUE if isinstance(one := entry.fields.get(key), str)}
    given = {key: " ".join(one.split()) for key, one in written.items()}
    if len(given) > 1 and given.get("until") == TREATMENT:
        del given["until"]
    if list(given) in (["from"], ["until"]):
        return given.popitem()[1]
    return "; ".join(f"{key} {said}" for key, said in given.items()) or "no end given"


def _read_cited(entry: Entry, raw: Raw, context: Context, own: str) -> tuple[ruleset.Saying, ...]:
    """Return who says so: `source:` says just what the entry says, `says:` each in its own numbers."""
    known, problems = context.known["sources"], context.problems
    for key in ("source", "says"):
        # As they are written, so that they can be pointed at; what can't be read is noted already.
        for source in listed(entry.fields[key]) if key in entry.values else ():
            if source not in known:
                meant = problems.nearest(source, known)
                problems.add(source, f"there is no source `{source}`{meant}; list it in `sources:`")
    says = (*(ruleset.Saying(source, own) for source in entry.get("source", ())), *entry.get("says", ()))
    if not (says or entry.fields.get("source") or entry.fields.get("says")):
        problems.add(raw.id, f"nobody is cited; add `source:` or `says:` to {raw.id}")
    return says


def _parse_screening(raw: Raw, context: Context) -> ruleset.Screening:
    entry = Entry(SCREENING, raw.fields, context.problems)
    if "level" not in entry.fields:
        level = SCREENING.fields["level"].kind.schema["enum"]
        context.problems.add(raw.id, f"the screening entry {raw.id} needs a level: one of {', '.join(level)}")
    when = context.condition(raw)
    if not when.tests:
        context.problems.add(raw.id, f"the screening entry {raw.id} needs `when:`, such as {{condition: {raw.id}}}")
    notes = [text for text in (entry.get("note"), entry.get("because")) if text]
    note = " ".join(f"{one[0].upper()}{one[1:]}{'' if one.endswith(('.', '?', '!')) else '.'}" for one in notes)
    says = _read_cited(entry, raw, context, entry.get("level", ""))
    return entry.build(ruleset.Screening, raw, when=when, note=note, says=says)


def _parse_spacing(raw: Raw, context: Context) -> ruleset.Spacing:
    entry = Entry(SESSION, raw.fields, context.problems)
    if not any(key in entry.fields for key in ("every", "count", "then")):
        context.problems.add(raw.id, "a sessions entry needs `every:` (4w..6w), `count:` (3..6) or `then:`")
    every, overdue = entry.get("every"), entry.get("overdue")
    if every and overdue and overdue.rough_length < every[1].rough_length:
        entry.note("overdue", f"overdue ({overdue}) comes before the farthest recommended date ({every[1]})")
    own = next((entry.fields[key] for key in ("every", "count") if isinstance(entry.fields.get(key), str)), "")
    says = _read_cited(entry, raw, context, " ".join(own.split()))
    return entry.build(ruleset.Spacing, raw, when=context.condition(raw), says=says)


def _parse_source(raw: Raw, context: Context) -> ruleset.Source:
    entry, kinds = Entry(SOURCE, raw.value, context.problems), context.entries["kinds"]
    kind = entry.get("kind")
    if kind and kind not in kinds:
        meant = context.problems.nearest(kind, kinds)
        entry.note("kind", f"no such kind of source{meant}; it is one of {enumerated(kinds)}")
    if not entry.get("title"):
        context.problems.add(raw.id, f"the source {raw.id} needs a title")
    return entry.build(ruleset.Source, raw)


def _parse_word(section: str, model: Any, raw: Raw, context: Context) -> Any:
    entry = Entry(SECTIONS[section], raw.value, context.problems)
    label = entry.get("label") or str(raw.id).replace("-", " ")
    prescribed = context.read_tests(entry.get("prescribed-to"), "prescribed-to")
    return entry.build(model, raw, label=label, prescribed_to=prescribed)


def _parse_fact(raw: Raw, context: Context) -> Fact:
    entry = Entry(FACT, raw.value, context.problems)
    answers, (low, high) = entry.get("answers", ()), entry.get("number", (None, None))
    if "answers" not in entry.fields and "number" not in entry.fields:
        context.problems.add(raw.id, f"the fact {raw.id} needs `answers: [one, two]` or `number: 0.1..8`")
    if low is not None and low >= high:
        entry.note("number", f"the smaller limit comes first, as in {high:g}..{low:g}")
    if len({answer.id for answer in answers}) < len(answers):
        entry.note("answers", "an answer stands there twice; keep one")
    if entry.get("open") and not entry.get("several"):
        entry.note("open", "only a fact with `several: true` can be open")
    default = _read_default(entry, {NONE, *(answer.id for answer in answers)}, low, high)
    return entry.build(Fact, raw, low=low, high=high, default=default)


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


def _parse_weight(raw: Raw, context: Context) -> int:
    weight = whole_number(raw.value) if isinstance(raw.value, str) else None
    if weight is None:
        context.problems.add(raw.id, f"the weight of `{raw.id}` is a whole number, such as 3")
    return weight or 0


def _parse_words(known: Callable[[Context], Collection[str]], raw: Raw, context: Context) -> tuple[str, ...] | None:
    """Read a list of words, which stands under one of what is *known*; where nothing is, under any word."""
    if (may_be := known(context)) and raw.id not in may_be:
        context.problems.unknown(raw.id, "such list", raw.id, may_be)
    return read_texts(raw.value, raw.id, context.problems)


def _answers(context: Context) -> Collection[str]:
    return {answer.id for fact in context.known["facts"].values() for answer in fact.answers}


# Facts and sources come before the statements that ask for them.
_PARSERS: Mapping[str, Callable[[Raw, Context], Any]] = {
    "kinds": _parse_weight,
    "sources": _parse_source,
    "facts": _parse_fact,
    "groups": partial(_parse_word, "groups", ruleset.Group),
    "areas": partial(_parse_words, _answers),
    "small-words": partial(_parse_words, lambda _: _ROLES),
    "alike": partial(_parse_words, lambda _: ()),
    "activities": partial(_parse_word, "activities", ruleset.Activity),
    "signs": partial(_parse_word, "signs", ruleset.Sign),
    "moments": partial(_parse_word, "moments", ruleset.Moment),
    "events": partial(_parse_word, "events", ruleset.EventKind),
    "rules": _parse_rule,
    "screening": _parse_screening,
    "sessions": _parse_spacing,
}
