"""What holds today: what to leave and to do, what is normal, what changes next; for people, in plain lines."""

from collections.abc import Iterable, Iterator

from needlecare.ask.today import Change, Now
from needlecare.ask.verdict import NO, Verdict
from needlecare.model.treatment import day_number
from needlecare.views.framing import finished, flag_texts, say_findings, say_treatment
from needlecare.views.parts import Parts
from needlecare.views.phrases import (
    Clock,
    capital,
    join_words,
    say_not_before,
    say_waits,
    topmost,
    whom,
    with_details,
)


def say_now(now: Now) -> str:
    """Say what holds now."""
    return finished(_now(now), now.timelines[0].rule_set)


def _now(now: Now) -> Iterator[str]:
    for timeline in now.timelines:
        day = now.at.astimezone(timeline.treatment.zone).date()
        number = f"{day_number(timeline.treatment, day)}".replace("-", "−")
        yield f"{Clock(timeline.treatment).at(now.at)}: day {number} of {say_treatment(timeline)}."
        yield from say_findings(timeline)
    yield from _verdicts("Leave", now.avoid)
    yield from _verdicts("Better not", now.better_not)
    yield from _section("Check first", _to_be_seen(now))
    yield from _section(
        "Do", dict.fromkeys(with_details(window, Clock(timeline.treatment)) for timeline, window in now.do)
    )
    yield from _section("Normal to see", _normal(now))
    gone = dict.fromkeys(timeline.rule_set.label(window.target) for timeline, window in now.worries)
    if gone:
        yield from _section(f"No longer expected, call {whom(now.timelines[0])}", [f"{capital(join_words(gone))}."])
    yield from _section("What changes next", _changes(now.changes))
    yield from _section("Red flags", dict.fromkeys(text for one in now.timelines for text in flag_texts(one)))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield title
        yield from (f"- {line}" for line in listed)


def _verdicts(title: str, verdicts: Iterable[Verdict]) -> Iterator[str]:
    listed = list(verdicts)
    several = len({id(one.timeline) for one in listed}) > 1
    owners = {id(one.timeline): one.timeline for one in listed}
    by_end: dict[tuple[float, str, int], list[str]] = {}
    for one in listed:
        over = one.until.timestamp() if one.until else float("inf")
        key = over, _say_end(one), id(one.timeline) if several else 0
        by_end.setdefault(key, []).append(one.activity or "")
    lines = []
    for (_, end, owner), activities in sorted(by_end.items()):
        timeline = owners.get(owner) or listed[0].timeline
        names = join_words(timeline.rule_set.label(one) for one in topmost(activities, timeline.rule_set))
        counted = f" (from {Clock(timeline.treatment).date(timeline.treatment.first)})" if several else ""
        lines.append(f"{capital(names)}: {end}{counted}")
    yield from _section(title, lines)


def _to_be_seen(now: Now) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    rule_set = now.timelines[0].rule_set
    for _, window in now.only_if:
        if window.target in rule_set.unadvised:
            continue
        groups.setdefault(join_words(wait.label for wait in window.waits), []).append(window.target)
    for seen, activities in groups.items():
        names = join_words(rule_set.label(one) for one in topmost(activities, rule_set))
        yield f"{capital(names)}: only once {seen}"


def _say_end(verdict: Verdict) -> str:
    clock = Clock(verdict.timeline.treatment)
    if verdict.verdict == NO:
        begins = verdict.asked.begins(verdict.timeline.treatment)
        said = say_not_before(verdict.until, verdict.and_once, verdict.earliest, clock, begins)
        if verdict.is_open:
            return f"{said}, then better not: no end is given, ask {whom(verdict.timeline)}"
        return f"{said}, better not before {clock.at(verdict.better_until)}" if verdict.better_until else said
    if verdict.until is None:
        return f"no end is given, ask {whom(verdict.timeline)}"
    waits = f", only if {join_words(wait.label for wait in verdict.and_once)}" if verdict.and_once else ""
    if verdict.again is not None:
        return f"until {clock.until(verdict.again)}{waits}, then leave it"
    return f"until {clock.until(verdict.until)}{waits}"


def _normal(now: Now) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for timeline, window in now.expect:
        clock = Clock(timeline.treatment)
        call = f"; still there on {clock.at(window.worry_after)}, call {whom(timeline)}" if window.worry_after else ""
        condition = f"; if {window.condition}" if window.condition else ""
        key = f"until {clock.until(window.end)}{call}{condition}"
        groups.setdefault(key, []).append(timeline.rule_set.label(window.target))
    for said, labels in groups.items():
        yield f"{capital(join_words(dict.fromkeys(labels)))}: {said}"


def _changes(changes: Iterable[Change]) -> Iterator[str]:
    groups: dict[tuple[str, str], tuple[Change, list[str]]] = {}
    for change in changes:
        clock = Clock(change.timeline.treatment)
        waits = say_waits(change.lift.waits, clock) if change.lift else ""
        end = {"yes": "free", "better-not": "better not yet", "no": "leave from here on"}[change.to]
        key = clock.at(change.at), f"{end}{f', {waits}' if waits else ''}"
        groups.setdefault(key, (change, []))[1].append(change.activity)
    for (at, said), (change, activities) in groups.items():
        rule_set, parts = change.timeline.rule_set, Parts(change.timeline)
        shown = topmost(activities, rule_set)
        names = [parts.label(one, change.at) if change.lift else rule_set.label(one) for one in shown]
        yield f"{at}: {join_words(names)}: {said}"
