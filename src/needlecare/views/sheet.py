"""The plan as people read it: its sections in order, in words but without layout. All views for people show these.

A new section is one line of `_PARTS`. How a section looks is for each view alone to say.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from needlecare.model.facts import FACTS_OF_TREATMENT
from needlecare.model.plan import FOREVER, Meeting, Session, Timeline, Treatment, Window
from needlecare.model.ruleset import ALLOW, ASK, AVOID, CALL, DO, EXPECT, FORBIDDING, PREPARE, Change, RuleSet, walk
from needlecare.model.time import spelled_out
from needlecare.model.voices import sources_behind
from needlecare.views import days
from needlecare.views import phrases as say
from needlecare.views.phrases import NO_ADVICE, Clock, Row, Section, capital, grouped, join_words, led, topmost

_SHOWN = 3
# From how many groups somebody is asked about on a first screen, and how long the names of a row may be there.
_ASKED, _A_ROW = 3, 59
_BRACKETS = "What stands in brackets are sources; +3 means three more."


class Sheet(NamedTuple):
    """A plan for people: what it is about, its sections, and what it rests on. A section is never empty."""

    title: str
    clinic: str
    notice: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    subject: str = ""
    basis: str = ""

    def rows(self, id_: str) -> tuple[Row, ...]:
        """Return the rows of the section called *id_*; none if the plan has nothing to say there."""
        return next((section.rows for section in self.sections if section.id == id_), ())


def make_sheet(timeline: Timeline, *, handed_over: bool = False, only: Collection[str] = ()) -> Sheet:
    """Write the sections of *timeline* for whoever runs the program, or for whoever a file is *handed over* to.

    *only* names the sections that are wanted, where not all of them are.
    """
    clock, rule_set = Clock(timeline, typed=not handed_over), timeline.rule_set
    sections = (_fill(part, make(timeline, clock)) for part, make in _PARTS if not only or part.id in only)
    return Sheet(
        title=rule_set.title,
        subject=_subject(timeline),
        clinic=name_clinic(rule_set),
        notice=(rule_set.notice or NO_ADVICE, _BRACKETS, *list_core_changes(rule_set)),
        sections=tuple(filter(None, sections)),
        basis=basis_of(rule_set),
    )


def name_clinic(rule_set: RuleSet) -> str:
    """Name the clinic that hands the plan out, with its number; nothing where there is none."""
    return ", ".join(filter(None, (rule_set.clinic.name, rule_set.clinic.phone))) if rule_set.clinic else ""


def basis_of(rule_set: RuleSet) -> str:
    """Name what a plan rests on: the rule set, its version and its hash."""
    return f"Rule set {rule_set.id} {rule_set.version} ({rule_set.digest[:19]})"


def _subject(timeline: Timeline) -> str:
    treatment = timeline.treatment
    told = filter(None, (name_answer(fact, timeline) for fact in FACTS_OF_TREATMENT))
    hour = f" at {treatment.clock:%H:%M}" if treatment.clock else ""
    return f"{say.date(treatment.day)}{hour} ({treatment.zone.key}){led(': ', ', '.join(told))}"


def name_answer(fact: str, timeline: Timeline) -> str:
    """Name what is known, with its unit; nothing where nothing is, or none."""
    asked, value = timeline.rule_set.facts.get(fact), timeline.facts.value(fact)
    if asked is None or value in (None, ("none",)):
        return ""
    return f"{join_words(say.labels(value, asked))} {asked.unit}".strip()


# What speaks against the treatment, and when to call.

TREATED = "Treated already?"
_LEADS = {"stop": "STOP", "postpone": "POSTPONE", "ask": "ASK FIRST"}


def lead_of(level: str, timeline: Timeline) -> str:
    """Return the word that a finding begins with."""
    return _LEADS.get(level) or f"TELL {timeline.facts.clinician}".upper()


def is_stopped(timeline: Timeline) -> bool:
    """Report whether something says not to needle at all."""
    return any(finding.level == "stop" for finding in timeline.findings)


def undecided(timeline: Timeline) -> str:
    """Format what becomes of the next session where something says not to needle at all."""
    return f"none while a STOP applies to you; then ask {timeline.facts.clinician}"


def list_findings(timeline: Timeline, *, whole: bool = False) -> Iterator[Row]:
    """List what speaks against the treatment, the gravest first, and what to do; of the *whole* who says so."""
    known, rows = timeline.rule_set.facts, []
    for one in timeline.findings:
        # What was too much says how much it was.
        asked = (known[fact] for fact in say.facts_of([one.screening]) if known[fact].is_number and known[fact].phrase)
        said = (capital(fact.phrase.replace("{}", name_answer(fact.id, timeline))) for fact in asked)
        text = " ".join([one.screening.text or one.screening.id, *map(say.sentence, said)])
        rows.append(Row(lead_of(one.level, timeline), text, one.level, one.sources if whole else ()))
    if any(finding.level in FORBIDDING for finding in timeline.findings):
        rows[0] = rows[0]._replace(text=f"{rows[0].text} Don't go ahead: ring {timeline.facts.clinician}.")
        rows.append(Row(TREATED, f"tell {timeline.facts.clinician} and your doctor on the next working day", "ask"))
    yield from rows


def list_asked(timeline: Timeline, *, whole: bool = False) -> Iterator[Row]:
    """List what somebody has to be asked about first, the weightiest first, as far as there is room or the *whole*."""
    rule_set, most = timeline.rule_set, len(timeline.windows) if whole else max(1, _ASKED - len(timeline.findings) // 2)
    asking = grouped(timeline.of_kind(ASK), lambda one: f"{led(' ', one.words.get('how'))}: {one.ask}")
    weightiest = sorted(asking, key=lambda whom: min(rule_set.weight(one.target) for one in asking[whom]))
    # What is never all right is said to be so, in one place.
    never = {one.target for one in timeline.of_kind(AVOID) if one.is_for_good}
    for whom in weightiest[:most]:
        targets = {one.target for one in asking[whom]}
        shown = say.list_short(targets - never, rule_set, asked=True)
        names = say.names(targets, rule_set) if whole else say.fitted(shown, _A_ROW - len(whom), _SHOWN)
        if names:
            yield Row("Ask first", f"{names}{whom}", "ask", sources_behind(asking[whom] if whole else (), rule_set))


def _red_flags(timeline: Timeline, _: Clock) -> Iterator[Row]:
    for rule in timeline.red_flags:
        head, note = capital(say.help_for(rule.urgency, timeline)), led(" ", note_of(rule.words, CALL))
        text = say.sentence(f"{say.sentence(say.flag_text(rule, timeline))}{note}")
        yield Row(head, text, "urgent" if rule.is_red_flag else "call", say.sources_of(rule.says))


# What is usual, what is allowed, and what rules say besides.


def _normal(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    expected = timeline.of_kind(EXPECT)
    yield from list_usual(expected, timeline, clock)
    details = ((window.target, _detail(window, timeline, clock)) for window in expected)
    yield from (Row(timeline.rule_set.label(sign), text, "expect") for sign, text in dict.fromkeys(details) if text)


def list_usual(windows: Iterable[Window], timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List signs by until when they are usual, and from when on they are a reason to call."""
    treatment, rule_set = timeline.treatment, timeline.rule_set

    def usual(window: Window) -> tuple[str, str]:
        is_later = window.start > treatment.last or clock.day(window.start) > treatment.day
        begins = f"{clock.at(window.start)} to " if is_later else "to "
        worry = f"; still there on {clock.at(window.worry_after)}, call {clock.whom}" if window.worry_after else ""
        until = clock.until(window.end).removeprefix("the end of ")
        return capital(f"{begins}{until}"), f"{worry}{led('; if ', window.condition)}"

    for (span, worry), group in grouped(windows, usual).items():
        names = join_words(sorted({rule_set.label(one.target) for one in group}))
        yield Row(span, f"{names}{worry}", "expect", sources_behind(group, rule_set))


def _detail(window: Window, timeline: Timeline, clock: Clock) -> str:
    gone = f"may be gone from {clock.at(window.usually_by)}" if window.usually_by else ""
    longer = clock.perhaps_until(window.target) if window.unsure else ()
    said = "; ".join(filter(None, (*days.hedges(window, timeline), gone, *longer)))
    return ". ".join(filter(None, (capital(said), note_of(window.words, EXPECT))))


def _allowed(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    for window in timeline.of_kind(ALLOW):
        until = clock.until_seen(window) or clock.permitted_until(window)
        begins = f"from {clock.at(window.start)}{led(', ', clock.only_once(window.waits))}"
        text = f"{begins}{led(', ', until)}{led('; ', window.words.get('prefer'))}{led('; if ', window.condition)}"
        yield Row(timeline.rule_set.label(window.target), text, "yes", sources_behind([window], timeline.rule_set))


_NOTES = {
    "text": "{}",
    "if": "this holds if {}",
    "instead": "instead: {}",
    "prefer": "better {}",
    "how": "{}",
    "why": "{}",
    "roughly": "the source says: {}",
    "unless-told": "unless told {}",
    "if-broken": "otherwise {}",
    "note": "{}",
}
# What the line of a verb says by itself.
_SAID = {DO: ("text", "if"), PREPARE: ("text", "if"), ALLOW: ("prefer", "if"), EXPECT: ("if",), CALL: ("text",)}


def _notes(timeline: Timeline, _: Clock) -> list[Row]:
    """List what rules say besides: what to do instead, why, and who set the value and for what reason."""
    rule_set = timeline.rule_set
    held = [one for one in timeline.windows if one.kind != EXPECT]
    found = ((targets, rule_set.rules[id_]) for id_, targets in _targets_by_rule(held).items())
    rows = [Row(say.names(targets, rule_set), note_of(rule.words, rule.verb)) for targets, rule in found]
    for text, windows in grouped(held, lambda one: "; ".join(days.hedges(one, timeline))).items():
        rows.append(Row(say.names((one.target for one in windows), rule_set), capital(text)))
    return sorted(row for row in rows if row.text)


def _targets_by_rule(windows: Iterable[Window]) -> dict[str, list[str]]:
    """Return what each rule behind *windows* is about; where several meet in one window, each keeps its own words."""
    made: dict[str, list[str]] = {}
    for window in windows:
        for rule in {part.rule for part in window.parts} or {window.rule}:
            made.setdefault(rule, []).append(window.target)
    return made


def note_of(words: Mapping[str, str], verb: str) -> str:
    """Say what a rule's *words* add to its *verb*: what to do instead, why, and who says so."""
    left = (word for word in _NOTES if word in words and word not in _SAID.get(verb, ()))
    parts = [_NOTES[word].format(words[word].rstrip(".")) for word in left]
    if "by" in words:
        parts.append(f"{words['by']}: {words.get('because', 'no reason given').rstrip('.')}")
    return " ".join(say.sentence(capital(part)) for part in parts).removesuffix(".")


# The sessions and events to come.


def list_clashes(timeline: Timeline, *, whole: bool = False) -> Iterator[Row]:
    """List the events of the person, and what is not yet all right by then, or to be asked about."""
    rule_set = timeline.rule_set
    for meeting in timeline.meetings:
        event = meeting.event
        when, kind = say.dates(event.first, event.last, timeline.treatment.day), rule_set.events.get(event.kind)
        asking = timeline.asking(kind.activities if kind else ())
        against = _against(meeting, asking, rule_set, whole=whole)
        tone = "no" if meeting.clashes else "only if" if against else ""
        held = (*(one.window for one in meeting.clashes), *meeting.waiting, *asking) if whole else ()
        known = "nothing here speaks against it"
        free = known if meeting.known else "a plain event: no rule knows what it brings"
        yield Row(capital(event.label), f"{when}: {against or free}", tone, sources_behind(held, rule_set))


def _against(meeting: Meeting, asking: Iterable[Window], rule_set: RuleSet, *, whole: bool) -> str:
    """Format what isn't yet all right by an event, or to be asked about; nothing if there is nothing."""
    name = say.names if whole else say.short_names
    against = {
        "not yet all right by then": [one.activity for one in meeting.clashes],
        "only if your skin looks calm": [one.target for one in meeting.waiting],
        "ask first": [one.target for one in asking],
    }
    return "; ".join(f"{lead}: {name(ids, rule_set)}" for lead, ids in against.items() if ids)


def _sessions(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    for session in timeline.sessions:
        yield from list_session(session, timeline, clock, whole=True)


def list_session(
    session: Session, timeline: Timeline, clock: Clock, since: date = date.min, *, whole: bool = False
) -> Iterator[Row]:
    """List when *session* may be, and if it is booked what begins before it, after the day *since*; or the *whole*."""
    day, stopped, head = timeline.treatment.day, is_stopped(timeline), _name(session, whole=whole)
    if stopped:
        yield Row(head, undecided(timeline), "stop")
        if not whole:
            return
        head = "If the answer is yes"
    yield Row(head, _due(session, day, whole=whole), sources=session.sources if whole else ())
    if whole and not stopped:
        if session.overdue:
            yield Row("Late from", say.date(session.overdue, day))
        if session.then:
            yield Row("After the course", spelled_out(session.then))
    if whole or session.booked:
        yield from _precare(session, timeline, clock, since, whole=whole)


def _name(session: Session, *, whole: bool) -> str:
    total = f" of {session.total[0]} to {session.total[1]}" if session.total and not session.unsure else ""
    return f"Session {session.number}{total}" if whole else "Next session"


def _due(session: Session, day: date, *, whole: bool) -> str:
    """Format from when on *session* may be and when it is best, and of the *whole* what isn't known of it."""
    minimum, (first, last), unsure = session.minimum, session.recommended, join_words(session.unsure if whole else ())
    reason = f" (the longest spacing, since {unsure} isn't known)" if unsure else ""
    best = f"by {say.date(last, minimum)}" if first == minimum else say.dates(first, last, day)
    return f"from {say.date(minimum, day)}{reason}{led(', ideally ', best if last > minimum else '')}"


def _precare(session: Session, timeline: Timeline, clock: Clock, since: date, *, whole: bool) -> Iterator[Row]:
    """Yield what the date of a booked session means, and what begins before it after the day *since*."""
    day, on = timeline.treatment.day, session.booked or session.minimum
    name, head = say.names if whole else partial(say.short_names, most=2), f"If it is on {say.date(on, day)}"
    if session.booked:
        early, is_early = f", earlier than that: ask {clock.whom}", session.booked < session.minimum
        yield Row("Booked", f"{say.date(session.booked, day)}{early * is_early}", "no" * is_early)
        head = "Before it"
    ahead = grouped((one for one in session.precare if one.start > since), attrgetter("start"))
    ids = {start: map(attrgetter("activity"), begun) for start, begun in ahead.items()}
    texts = [f"{say.date(start, on)}: no {name(begun, timeline.rule_set)}" for start, begun in ids.items()]
    yield from (Row(head, text) for text in filter(None, texts if whole else ["; ".join(texts[-_SHOWN:])]))


# What the plan rests on.


def _known(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """List what was assumed, what isn't known, and what another answer would change."""
    facts, rule_set = timeline.facts, timeline.rule_set
    yield from list_time(timeline.treatment, clock)
    for label in _idly_seen(timeline):
        yield Row("Seen", f"nothing in this plan waits until {label}; if it worries you, call {clock.whom}")
    for (fact, answer), day in sorted(facts.dates.items()):
        if rule_set.facts[fact].dated_of(answer):
            yield Row("Said", say.dated(fact, answer, day, rule_set))
    if facts.assumed:
        shown = {fact: say.labels(value, rule_set.facts[fact]) for fact, value in facts.assumed.items()}
        text = join_words(f"{fact.replace('-', ' ')} {join_words(labels)}" for fact, labels in shown.items())
        yield Row("Assumed", f"{text}{_advice('say otherwise with', facts.assumed, rule_set, clock)}")
    if facts.unknown:
        yield Row(
            "Not known", f"{say.name_facts(facts.unknown, rule_set)}; wherever it matters the stricter rule is used"
        )
    yield from _hinted(timeline, clock)
    yield from _unasked(timeline, clock)


def _unasked(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    if timeline.unanswered:
        examples = say.plain_names(screening.id for screening in timeline.unanswered[:_SHOWN])
        text = f"{len(timeline.unanswered)} things that could speak against the treatment, such as {examples}"
        asked = say.facts_of(timeline.unanswered)
        missing = [fact for fact in asked if fact not in timeline.facts.assumed]
        yield Row("Not asked", f"{text}{_advice('answer with', missing, timeline.rule_set, clock)}")


def list_time(treatment: Treatment, clock: Clock) -> Iterator[Row]:
    """Yield what is to be known of the hour of *treatment*: that it isn't given, or can be read two ways."""
    if treatment.clock is None:
        advice = "; --time 16:30 gives the hour" if clock.typed else ""
        yield Row("Time", f"not given: every hour is rounded to whole days, to be safe{advice}")
    elif treatment.first != treatment.last:
        yield Row("Time", "the clocks change then: this hour can be read two ways, and each rule uses the stricter one")


def _advice(lead: str, facts: Iterable[str], rule_set: RuleSet, clock: Clock) -> str:
    return f"; {lead} {say.options(facts, rule_set)}" if clock.typed else ""


_CHANGE = attrgetter("facts", "now", "then")


def _hinted(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    """Yield what another answer would shorten or lengthen."""
    rule_set = timeline.rule_set

    def name(facts: Iterable[str]) -> str:
        return say.options(facts, rule_set) if clock.typed else say.plain_names(facts)

    for (facts, now, then), hints in grouped(timeline.shorter_if, _CHANGE).items():
        ends = f"would end {clock.at(then)}" if then else "may not apply at all"
        shorter = say.names((hint.target for hint in hints), rule_set)
        text = f"could shorten {shorter}: now until {clock.until(now or FOREVER)}, {ends}"
        yield Row(name(facts), text, "hint")
    for facts, longer in grouped(timeline.longer_if, lambda hint: hint.facts).items():
        left = []
        for (_, _, then), hints in grouped(longer, _CHANGE).items():
            until = f" until {clock.until(then)}" if then else ""
            left.append(f"{say.names((hint.target for hint in hints), rule_set)}{until}")
        yield Row(name(facts), f"if this was assumed wrongly, avoid {'; '.join(left)}", "hint")


def _idly_seen(timeline: Timeline) -> Iterator[str]:
    """Name what the person has reported and no rule in the plan waits for."""
    moments = timeline.rule_set.moments
    # What usually comes some time after another moment waits for that one too.
    usual = {id_: [term.moment for term in one.usual.terms] for id_, one in moments.items() if one.usual}
    awaited = walk(_awaited(timeline), usual)
    yield from (moments[seen].label for seen in sorted(set(timeline.treatment.seen).difference(awaited)))


def _awaited(timeline: Timeline) -> set[str]:
    """Return the moments that the rules in the plan count from."""
    rule_set = timeline.rule_set
    rules = [rule_set.rules[id_] for id_ in {one for window in timeline.windows for one in window.rules}]
    awaited = {term.moment for rule in rules for bound in (rule.start, rule.end) if bound for term in bound.terms}
    if any(not window.end_stated for window in timeline.windows):
        awaited.add(rule_set.open_ends_at)
    return awaited


# What a rule set changed.

# What an entry of each section of a rule set is.
_WORDS = {"activities": "activity", "signs": "sign", "moments": "moment", "events": "event"}
KINDS = {"rules": "rule", "screening": "reason not to treat", "sessions": "spacing of sessions", **_WORDS}


def list_core_changes(rule_set: RuleSet) -> Iterator[str]:
    """List what a rule set changed of what protects; that is on every output."""
    last = {(change.id, change.section): change for change in rule_set.changes if change.core}
    for _, change in sorted(last.items()):
        does = "switches off" if change.how == "switched off" else "changes"
        by, why = led(" by ", change.by), led(": ", change.because)
        yield say.sentence(f"This rule set {does} a protected {KINDS[change.section]}, {change.id}{by}{why}")


def _changes(timeline: Timeline, _: Clock) -> Iterator[Row]:
    """List what a rule set changed of those that it extends; what it merely added stands together."""
    added: dict[str, list[str]] = {}
    for change in timeline.rule_set.changes:
        about, what, value = _changed(change, timeline.rule_set)
        reason = ", ".join(filter(None, (change.because.rstrip("."), led("by ", change.by))))
        if change.how == "added" and not reason:
            added.setdefault(change.origin, []).append(f"{about} ({what}{led(', ', value)})")
        else:
            text = f"{what}{f' ({value})' if value else ''} {change.how} by {change.origin}"
            yield Row(about, f"{text}{led(': ', reason)}")
    for origin, names in added.items():
        yield Row("Added", f"{join_words(names)}, by {origin}")


def _changed(change: Change, rule_set: RuleSet) -> tuple[str, str, str]:
    """Format what *change* is about, what was changed, and the value now; what is switched off has none."""
    id_, kind = change.id, KINDS[change.section]
    if change.section == "sessions":
        spacing = rule_set.spacings.get(id_)
        every = dict.fromkeys(map(str, spacing.every or ())) if spacing else ()
        return kind, id_, led("every ", " to ".join(every))
    if change.section == "screening":
        screening = rule_set.screenings.get(id_)
        return id_.replace("-", " "), kind, screening.level if screening else ""
    if change.section in _WORDS:
        return getattr(rule_set, change.section)[id_].label, f"{kind} {id_}", change.said
    about, value = _changed_rule(id_, rule_set)
    return about, f"{kind} {id_}", value


def _changed_rule(id_: str, rule_set: RuleSet) -> tuple[str, str]:
    rule = rule_set.rules.get(id_)
    if rule is None:
        known = id_ in rule_set.activities or id_ in rule_set.signs
        return rule_set.label(id_) if known else id_.replace("-", " "), ""
    targets = rule.targets if rule.verb in (EXPECT, CALL) else topmost(rule.targets, rule_set)
    value = "" if rule.verb == CALL else rule.span.replace("..", " to ")
    return say.join_some([rule_set.label(one) for one in targets], _SHOWN), value


def _sources(timeline: Timeline, _: Clock) -> Iterator[Row]:
    for id_ in say.cited(timeline):
        source = timeline.rule_set.sources[id_]
        yield Row(id_, say.join_known(source.title, source.publisher, source.year, source.kind), link=source.url)


# All sections in their order.


def _fill(section: Section, made: Iterable[Row | Section]) -> Section | None:
    found = tuple(made)
    rows = tuple(one for one in found if isinstance(one, Row))
    blocks = tuple(one for one in found if isinstance(one, Section))
    return section._replace(rows=rows, blocks=blocks) if found else None


# Each section, and what fills it.
_PARTS: tuple[tuple[Section, Callable[[Timeline, Clock], Iterable[Row | Section]]], ...] = (
    (
        Section("findings", "Before anything else", ("", "", "Sources")),
        lambda timeline, _: list_findings(timeline, whole=True),
    ),
    (
        Section("ask", "Ask before you do", ("", "What", "Sources")),
        lambda timeline, _: list_asked(timeline, whole=True),
    ),
    (Section("lifts", "When may I again", ("When", "What", "Sources")), days.list_ends),
    (Section("red-flags", "Get help", ("", "What", "Sources")), _red_flags),
    (Section("before", "Before the treatment", ("When", "What", "Sources")), days.list_before),
    (Section("doing", "What to do, and until when", ("When", "What", "Sources")), days.list_doing),
    (Section("days", "Day by day"), days.list_days),
    (Section("normal", "What is usual, and until when", ("Until when", "What", "Sources")), _normal),
    (Section("allowed", "What is all right", ("What", "When", "Sources")), _allowed),
    (Section("notes", "Instead, and why"), _notes),
    (Section("sessions", "The next session"), _sessions),
    (Section("events", "Your events"), lambda timeline, _: list_clashes(timeline, whole=True)),
    (Section("known", "What this rests on"), _known),
    (Section("changes", "What was changed, and by whom"), _changes),
    (Section("sources", "Sources"), _sources),
)
