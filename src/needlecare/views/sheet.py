"""The plan as people read it, section by section, in words but without layout: what the views for people share."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from needlecare.model.facts import Facts, Given
from needlecare.model.plan import FOREVER, Day, Hint, Session, Timeline, Window, ranked_sources
from needlecare.model.ruleset import ALLOW, CALL, EXPECT, Change, RuleSet
from needlecare.options import FACTS_OF_TREATMENT
from needlecare.views.days import draw_chart, list_before, list_days, list_doing, list_lasting, list_lifts
from needlecare.views.phrases import (
    NO_ADVICE,
    Block,
    Clock,
    Row,
    Strip,
    capital,
    cited,
    flag_text,
    join_words,
    say_date,
    say_dated,
    say_dates,
    say_option,
    say_restriction,
    say_until_seen,
    say_waits,
    sentence,
    topmost,
    whom,
)

# What an entry of each section is.
KINDS = {"rules": "rule", "screening": "reason not to treat", "sessions": "spacing of sessions"}
_WORDS = {"activities": "activity", "signs": "sign", "moments": "moment", "events": "event"}
KINDS |= _WORDS
_SHOWN = 3


def list_known(timeline: Timeline, clock: Clock, *, typed: bool) -> Iterator[Row]:
    """Say what was assumed, what isn't known, and what another answer would change; *typed* names the options."""
    facts, rule_set = timeline.facts, timeline.rule_set

    def name(names: Iterable[str]) -> str:
        return join_words(say_option(one, rule_set) if typed else one.replace("-", " ") for one in names)

    def add(text: str, advice: str) -> str:
        return f"{text}; {advice}" if typed else text

    if not timeline.treatment.is_exact:
        rounded = "not given: every hour is rounded to whole days, to be safe"
        yield Row("Time", add(rounded, "--time 16:30 gives the hour"))
    elif timeline.treatment.first != timeline.treatment.last:
        yield Row("Time", "the clocks change then: this hour can be read two ways, and each rule uses the stricter one")
    for label in _idly_seen(timeline):
        yield Row("Seen", f"nothing in this plan waits until {label}; if it worries you, call {whom(timeline)}")
    for (fact, answer), day in sorted(facts.dates.items()):
        if rule_set.facts[fact].dated_of(answer):
            yield Row("Said", say_dated(fact, answer, day, rule_set))
    if facts.assumed:
        said = join_words(f"{one.replace('-', ' ')} {_value(facts, one, timeline)}" for one in facts.assumed)
        yield Row("Assumed", add(said, f"say otherwise with {name(facts.assumed)}"))
    if facts.unknown:
        unknown = join_words(one.replace("-", " ") for one in facts.unknown)
        yield Row("Not known", f"{unknown}; wherever it matters the stricter rule is used")
    for (names, now, then), targets in _grouped(timeline.shorter_if).items():
        ends = f"would end {clock.at(then)}" if then else "may not apply at all"
        which = join_words(rule_set.label(one) for one in topmost(targets, rule_set))
        yield Row(name(names), f"could shorten {which}: now until {clock.until(now or FOREVER)}, {ends}", "hint")
    longer: dict[tuple[str, ...], list[str]] = {}
    for (names, _, then), targets in _grouped(timeline.longer_if).items():
        which = join_words(rule_set.label(one) for one in topmost(targets, rule_set))
        longer.setdefault(names, []).append(f"{which} until {clock.until(then)}" if then else which)
    for names, left in longer.items():
        yield Row(name(names), f"if this was assumed wrongly, leave {'; '.join(left)}", "hint")
    if timeline.unanswered:
        examples = join_words(screening.id.replace("-", " ") for screening in timeline.unanswered[:3])
        unasked = f"{len(timeline.unanswered)} things that could speak against the treatment, such as {examples}"
        asked = dict.fromkeys(test.fact for screening in timeline.unanswered for test in screening.when.tests)
        yield Row("Not asked", add(unasked, f"answer with {name(one for one in asked if one not in facts.assumed)}"))


def _idly_seen(timeline: Timeline) -> Iterator[str]:
    """Name what the person has told of and no rule in the plan waits for."""
    rule_set = timeline.rule_set
    awaited = {rule_set.open_ends_at} if any(not window.end_stated for window in timeline.windows) else set()
    for id_ in {one for window in timeline.windows for one in window.rules}:
        rule = rule_set.rules[id_]
        awaited.update(term.moment for bound in (rule.start, rule.end) if bound for term in bound.terms)
    frontier = list(awaited)
    while frontier:
        moment = rule_set.moments.get(frontier.pop())
        before = {term.moment for term in moment.usual.terms} - awaited if moment and moment.usual else set()
        awaited |= before
        frontier.extend(before)
    for seen in sorted(set(timeline.treatment.seen) - awaited):
        yield rule_set.moments[seen].label


def list_core_changes(rule_set: RuleSet) -> Iterator[str]:
    """Say what a rule set changed of what protects; that is on every output."""
    last = {(change.id, change.section): change for change in rule_set.changes if change.core}
    for _, change in sorted(last.items()):
        does = "switches off" if change.how == "switched off" else "changes"
        by = f" by {change.by}" if change.by else ""
        why = f": {change.because}" if change.because else ""
        yield sentence(f"This rule set {does} a protected {KINDS[change.section]}, {change.id}{by}{why}")


def list_changes(rule_set: RuleSet) -> Iterator[Row]:
    """Tell what a rule set changed of those that it extends; what it merely added stands together."""
    added: dict[str, list[str]] = {}
    for change in rule_set.changes:
        reason = ", ".join(filter(None, (change.because.rstrip("."), f"by {change.by}" if change.by else "")))
        about, what, value = _changed(change, rule_set)
        if reason or change.how != "added":
            said = f"{what}{f' ({value})' if value else ''} {change.how} by {change.origin}"
            yield Row(about, f"{said}{f': {reason}' if reason else ''}")
        else:
            added.setdefault(change.origin, []).append(f"{about} ({what}{f', {value}' if value else ''})")
    for origin, names in added.items():
        yield Row("Added", f"{join_words(names)}, by {origin}")


def _changed(change: Change, rule_set: RuleSet) -> tuple[str, str, str]:
    """Say what *change* is about, what was changed, and what that says now; what is switched off says nothing."""
    if change.section == "sessions":
        spacing = rule_set.spacings.get(change.id)
        every = " to ".join(dict.fromkeys(map(str, spacing.every or ()))) if spacing else ""
        return KINDS["sessions"], change.id, f"every {every}" if every else ""
    if change.section == "screening":
        screening = rule_set.screenings.get(change.id)
        return change.id.replace("-", " "), KINDS["screening"], screening.level if screening else ""
    if change.section in _WORDS:
        word = getattr(rule_set, change.section)[change.id]
        return word.label, f"{_WORDS[change.section]} {change.id}", change.said
    rule = rule_set.rules.get(change.id)
    if rule is not None:
        of_signs = rule.verb in (EXPECT, CALL)
        labels = [rule_set.label(one) for one in (rule.targets if of_signs else topmost(rule.targets, rule_set))]
        more = [f"{len(labels) - _SHOWN} more"] if len(labels) > _SHOWN else []
        return (
            join_words([*labels[:_SHOWN], *more]),
            f"rule {rule.id}",
            "" if rule.verb == CALL else rule.span.replace("..", " to "),
        )
    known = change.id in rule_set.activities or change.id in rule_set.signs
    return rule_set.label(change.id) if known else change.id.replace("-", " "), f"rule {change.id}", ""


def _grouped(hints: Iterable[Hint]) -> dict[tuple[tuple[str, ...], datetime | None, datetime | None], list[str]]:
    groups: dict[tuple[tuple[str, ...], datetime | None, datetime | None], list[str]] = {}
    for hint in hints:
        groups.setdefault((hint.facts, hint.now, hint.then), []).append(hint.target)
    return groups


def _value(facts: Facts, name: str, timeline: Timeline) -> str:
    value: Given = facts.assumed[name]
    if not isinstance(value, tuple):
        return f"{value:g}"
    return join_words(timeline.rule_set.facts[name].label_of(answer) for answer in value)


_LEADS = {"stop": "STOP", "postpone": "POSTPONE", "ask": "ASK FIRST"}


def lead_of(level: str, timeline: Timeline) -> str:
    """Give the word that a finding begins with."""
    return _LEADS.get(level) or f"TELL {whom(timeline)}".upper()


def is_stopped(timeline: Timeline) -> bool:
    """Tell whether something says not to needle at all."""
    return any(finding.level == "stop" for finding in timeline.findings)


def list_findings(timeline: Timeline) -> Iterator[Row]:
    """List what speaks against the treatment, the gravest first, and what to do about it."""
    decides = whom(timeline)
    rows = [
        Row(
            lead_of(finding.level, timeline),
            finding.screening.text or finding.screening.id,
            finding.level,
            tuple(dict.fromkeys(saying.source for saying in finding.screening.says)),
        )
        for finding in timeline.findings
    ]
    yield from (row for row in rows if row.tone == "stop")
    if is_stopped(timeline):
        yield Row("NO SESSION YET", f"none should be booked or done before {decides} has decided", "stop")
    yield from (row for row in rows if row.tone != "stop")
    if any(row.tone in ("stop", "postpone") for row in rows):
        call = "your doctor" if decides == "a clinician" else f"{decides} or your doctor"
        yield Row("TREATED ALREADY?", f"call {call}, and tell them; the plan below doesn't know", "ask")


class Sheet(NamedTuple):
    """All sections of a plan for people."""

    title: str
    subject: str
    clinic: str
    notice: tuple[str, ...]
    findings: tuple[Row, ...]
    lifts: tuple[Row, ...]
    lasting: tuple[Row, ...]
    chart_days: tuple[Day, ...]
    chart: tuple[Strip, ...]
    before: tuple[Row, ...]
    doing: tuple[Row, ...]
    days: tuple[Block, ...]
    normal: tuple[Row, ...]
    allowed: tuple[Row, ...]
    notes: tuple[Row, ...]
    sessions: tuple[Row, ...]
    events: tuple[Row, ...]
    red_flags: tuple[Row, ...]
    known: tuple[Row, ...]
    changes: tuple[Row, ...]
    sources: tuple[Row, ...]
    basis: str


def make_sheet(timeline: Timeline, *, typed: bool = True, windows: bool = True) -> Sheet:
    """Write the sections of *timeline*; *typed* is whether the reader can type options, and so is told of them.

    Without *windows* the sections that tell of each window stay empty, for a view that tells of them in another way.
    """
    clock = Clock(timeline.treatment)
    known = tuple(list_known(timeline, clock, typed=typed))
    timeline = timeline if windows else timeline._replace(windows=(), days=())
    after = tuple(day for day in timeline.days if day.number >= 0)
    return Sheet(
        title=timeline.rule_set.title,
        subject=_subject(timeline),
        clinic=_clinic(timeline.rule_set),
        notice=tuple(_notice(timeline.rule_set)),
        findings=tuple(list_findings(timeline)),
        lifts=tuple(list_lifts(timeline, clock)),
        lasting=tuple(list_lasting(timeline, clock)),
        chart_days=after,
        chart=tuple(draw_chart(timeline, after, clock)),
        before=tuple(list_before(timeline, clock)),
        doing=tuple(list_doing(timeline, clock)),
        days=tuple(list_days(timeline, after, clock)),
        normal=tuple(_normal(timeline, clock)),
        allowed=tuple(_allowed(timeline, clock)),
        notes=tuple(_notes(timeline)),
        sessions=tuple(row for session in timeline.sessions for row in _session(session, timeline)),
        events=tuple(_events(timeline, clock)),
        red_flags=tuple(_red_flags(timeline)),
        known=known,
        changes=tuple(list_changes(timeline.rule_set)),
        sources=tuple(_sources(timeline)),
        basis=_basis(timeline.rule_set),
    )


def _subject(timeline: Timeline) -> str:
    treatment = timeline.treatment
    said = [text for fact in FACTS_OF_TREATMENT if (text := _fact(timeline, fact))]
    hour = f" at {treatment.clock:%H:%M}" if treatment.clock else ""
    about = f": {', '.join(said)}" if said else ""
    return f"{say_date(treatment.day)}{hour} ({treatment.zone.key}){about}"


def _clinic(rule_set: RuleSet) -> str:
    clinic = rule_set.clinic
    return ", ".join(filter(None, (clinic.name, clinic.phone))) if clinic else ""


def _fact(timeline: Timeline, name: str) -> str:
    fact = timeline.rule_set.facts.get(name)
    value = timeline.facts.value(name)
    if fact is None or value is None or value == ("none",):
        return ""
    if isinstance(value, tuple):
        return join_words(fact.label_of(answer) for answer in value)
    return f"{value:g} {fact.unit}".strip()


def _notice(rule_set: RuleSet) -> Iterator[str]:
    yield rule_set.notice or NO_ADVICE
    yield "What stands in brackets are sources; +3 means three more."
    yield from list_core_changes(rule_set)


def _normal(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    for window in timeline.windows:
        if window.kind != EXPECT:
            continue
        parts = []
        if window.start.astimezone(timeline.treatment.zone).date() > timeline.treatment.day:
            parts.append(f"from {clock.at(window.start)}")
        parts.append(f"until {clock.until(window.end)}")
        if window.usually_by:
            parts.append(f"may be gone from {clock.at(window.usually_by)}")
        if window.worry_after:
            parts.append(f"call {whom(timeline)} if it is still there from {clock.at(window.worry_after)}")
        if window.unsure:
            parts.append(f"the shortest that sources give, since {join_words(window.unsure)} isn't known")
        elif window.condition:
            parts.append(f"if {window.condition}")
        yield Row(
            timeline.rule_set.label(window.target),
            "; ".join(parts),
            "expect",
            ranked_sources([window], timeline.rule_set),
        )


def _allowed(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    for window in timeline.windows:
        if window.kind == ALLOW:
            prefer = f"; {window.words['prefer']}" if "prefer" in window.words else ""
            waits = say_waits(window.waits, clock)
            condition = f"; if {window.condition}" if window.condition else ""
            until = say_until_seen(window, clock) or (
                f"until {clock.until(window.end)}" if window.end_stated and window.end < FOREVER else ""
            )
            text = f"from {clock.at(window.start)}{f', {waits}' if waits else ''}{f', {until}' if until else ''}"
            text = f"{text}{prefer}{condition}"
            yield Row(timeline.rule_set.label(window.target), text, "yes", ranked_sources([window], timeline.rule_set))


_NOTES = {
    "instead": "instead: {}",
    "how": "{}",
    "why": "{}",
    "roughly": "the source says: {}",
    "unless-told": "unless told {}",
    "if-broken": "otherwise {}",
    "note": "{}",
}


def _notes(timeline: Timeline) -> list[Row]:
    """Say what rules say besides: what to do instead, why, and who set the value and for what reason."""
    targets: dict[str, list[str]] = {}
    rows: list[Row] = []
    for window in timeline.windows:
        if window.kind != EXPECT:
            targets.setdefault(window.rule, []).append(window.target)
    for id_, named in sorted(targets.items()):
        words = timeline.rule_set.rules[id_].words
        parts = [form.format(words[word].rstrip(".")) for word, form in _NOTES.items() if word in words]
        if "by" in words:
            parts.append(f"{words['by']}: {words.get('because', 'no reason given').rstrip('.')}")
        if parts:
            labels = join_words(timeline.rule_set.label(one) for one in topmost(named, timeline.rule_set))
            rows.append(Row(labels, " ".join(sentence(capital(part)) for part in parts).removesuffix(".")))
    return sorted(rows)


def _session(session: Session, timeline: Timeline) -> Iterator[Row]:
    day = timeline.treatment.day
    unsure = join_words(session.unsure)
    reason = f" (the longest spacing, since {unsure} isn't known)" if unsure else ""
    count = f" of {session.total[0]} to {session.total[1]}" if session.total and not unsure else ""
    soonest, best = f"not before {say_date(session.minimum, day)}{reason}", say_dates(*session.recommended, day)
    if is_stopped(timeline):
        yield Row(
            f"Session {session.number}{count}", f"should not be booked before {whom(timeline)} has decided", "stop"
        )
        yield Row("If the answer is yes", f"{soonest}; best {best}", "no", session.sources)
    else:
        yield Row(f"Session {session.number}{count}", soonest, "no")
        yield Row("Best", best, "yes", session.sources)
    if session.overdue and not is_stopped(timeline):
        yield Row("Late from", say_date(session.overdue, day))
    if session.booked and session.booked < session.minimum:
        yield Row("Booked", f"{say_date(session.booked, day)}: earlier than that, ask {whom(timeline)}", "no")
    if session.precare:
        begins: dict[str, list[str]] = {}
        for activity, first in session.precare:
            begins.setdefault(say_date(first, day), []).append(activity)
        said = "; ".join(
            f"{join_words(timeline.rule_set.label(one) for one in topmost(activities, timeline.rule_set))} from {first}"
            for first, activities in begins.items()
        )
        lead = "Booked for" if session.booked else "If it is on"
        yield Row(f"{lead} {say_date(session.booked or session.minimum, day)}", f"leave {said}")


def _events(timeline: Timeline, clock: Clock) -> Iterator[Row]:
    rule_set, day = timeline.rule_set, timeline.treatment.day
    for event, clashes, known, waiting in timeline.meetings:
        head = f"{event.label}, {say_dates(event.first, event.last, day)}"
        if not clashes and not waiting:
            text = "nothing in this plan speaks against it" if known else "a plain event: no rule knows what it brings"
            yield Row(head, text, "yes" if known else "")
        groups: dict[tuple[str, str, str], list[Window]] = {}
        for clash in clashes:
            key = clash.state, say_restriction(clash.window, clock), say_waits(clash.window.waits, clock)
            groups.setdefault(key, []).append(clash.window._replace(target=clash.activity))
        for (state, until, waits), windows in groups.items():
            names = join_words(rule_set.label(one) for one in topmost((one.target for one in windows), rule_set))
            text = f"{names}: {until}{f', {waits}' if waits else ''}"
            yield Row(head, text, "better not" if state == "better-not" else "no", ranked_sources(windows, rule_set))
        conditions: dict[str, list[Window]] = {}
        for window in waiting:
            conditions.setdefault(say_waits(window.waits, clock), []).append(window)
        for waits, windows in conditions.items():
            names = join_words(rule_set.label(one) for one in topmost((one.target for one in windows), rule_set))
            yield Row(head, f"{names}: {waits}", "only if", ranked_sources(windows, rule_set))


def _red_flags(timeline: Timeline) -> Iterator[Row]:
    for rule in timeline.red_flags:
        lead = "See a clinician now" if rule.urgent else f"Call {whom(timeline)}"
        sources = tuple(dict.fromkeys(saying.source for saying in rule.says))
        yield Row(lead, flag_text(rule, timeline.rule_set), "urgent" if rule.urgent else "call", sources)


def _sources(timeline: Timeline) -> Iterator[Row]:
    for id_ in cited(timeline):
        source = timeline.rule_set.sources[id_]
        parts = (source.title, source.publisher, source.year, source.kind)
        yield Row(id_, ", ".join(part for part in parts if part and part != "unknown"), link=source.url)


def _basis(rule_set: RuleSet) -> str:
    return f"Rule set {rule_set.id} {rule_set.version} ({rule_set.digest[:19]})"
