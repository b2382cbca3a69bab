"""The plan as JSON: its record, which is described in `records`, as text."""

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, Literal

from needlecare.model.facts import Facts, Given
from needlecare.model.plan import FOREVER, Day, Finding, Hint, Lift, Meeting, Session, Timeline, Treatment, Window
from needlecare.model.ruleset import Clinic, Rule, RuleSet
from needlecare.views.phrases import NO_ADVICE, escape, flag_text

SCHEMA_VERSION: Final = 1


def render(timeline: Timeline) -> str:
    """Render *timeline*: one object, with a line for each entry of its lists."""
    record = to_record(timeline)
    lines = [f"{compact(key)}: {_value(value)}" for key, value in record.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def render_line(timeline: Timeline, client: str) -> str:
    """Render *timeline* on one line, with the id of the *client* that it is for."""
    record = to_record(timeline)
    fields = [f"{compact(key)}: {compact(value)}" for key, value in record.items()]
    return f'{{"id": {compact(client)}, {", ".join(fields)}}}\n'


def compact(value: object) -> str:
    """Write *value* on one line."""
    return escape(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))


def _value(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(map(compact, value)) + "\n]"
    return compact(value)


def to_record(timeline: Timeline) -> "TimelineRecord":
    """Make the record of *timeline*; instants carry the offset of its zone."""
    zone = timeline.treatment.zone

    def say(instant: datetime | None) -> str | None:
        return None if instant is None or instant == FOREVER else instant.astimezone(zone).isoformat()

    rule_set, treatment, facts = timeline.rule_set, timeline.treatment, timeline.facts
    return {
        **head_record(rule_set),
        "treatment": treatment_record(treatment),
        **facts_record(facts, rule_set),
        "windows": [window_record(window, say) for window in timeline.windows],
        "days": [_day(day, say) for day in timeline.days],
        "sessions": [session_record(session) for session in timeline.sessions],
        "screening": [finding_record(finding) for finding in timeline.findings],
        "unanswered": [screening.id for screening in timeline.unanswered],
        "red_flags": [red_flag_record(rule, rule_set) for rule in timeline.red_flags],
        "longer_if": [hint_record(hint, say) for hint in timeline.longer_if],
        "shorter_if": [hint_record(hint, say) for hint in timeline.shorter_if],
        "events": [_event(meeting, say) for meeting in timeline.meetings],
        "clinic": _clinic(rule_set.clinic),
    }


Say = Callable[[datetime | None], str | None]


def head_record(rule_set: RuleSet) -> "HeadRecord":
    """Make the fields that begin every record: version, notice, and which rules made it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "notice": rule_set.notice or NO_ADVICE,
        "ruleset": {
            "id": rule_set.id,
            "version": rule_set.version,
            "hash": rule_set.digest,
            "reviewed_by": rule_set.reviewed_by,
            "changed_core": list(rule_set.changed_core),
        },
    }


def _clinic(clinic: Clinic | None) -> "ClinicRecord | None":
    return {"name": clinic.name, "phone": clinic.phone or None} if clinic else None


def treatment_record(treatment: Treatment) -> "TreatmentRecord":
    """Make the record of *treatment*."""
    return {
        "date": treatment.day.isoformat(),
        "time": f"{treatment.clock:%H:%M}" if treatment.clock else None,
        "tz": treatment.zone.key,
        "moment": treatment.last.astimezone(treatment.zone).isoformat() if treatment.clock else None,
    }


def facts_record(facts: Facts, rule_set: RuleSet) -> "FactsRecord":
    """Make the fields that tell what is known, assumed and unknown."""
    return {
        "facts": {fact: _answer(value, rule_set, fact) for fact, value in sorted(facts.given.items())},
        "assumed": [
            {"fact": fact, "value": _answer(value, rule_set, fact)} for fact, value in sorted(facts.assumed.items())
        ],
        "unknown": list(facts.unknown),
    }


def _answer(value: Given, rule_set: RuleSet, fact: str) -> str | float | list[str]:
    if not isinstance(value, tuple):
        return value
    return list(value) if rule_set.facts[fact].several else value[0]


def window_record(window: Window, say: Say) -> "WindowRecord":
    """Make the record of *window*."""
    return {
        "rule": window.rule,
        "kind": window.kind,  # type: ignore[typeddict-item]
        "activity": window.target,
        "text": window.text,
        "start": str(say(window.start)),
        "earliest": say(window.earliest),
        "end": say(window.end),
        "end_stated": window.end_stated,
        "better_from": say(window.better_from) if window.better_from < window.start else None,
        "better_until": say(window.better_until) if window.better_until > window.end else None,
        "open_end": window.is_open,
        "and_once": [wait.bound for wait in window.waits],
        "precision": window.precision,  # type: ignore[typeddict-item]
        "times": window.words.get("times"),
        "if": window.condition,
        "says": [{"source": one.source, "value": one.value, "note": one.note or None} for one in window.says],
        "overruled": [{"rule": lost.rule, "source": lost.source, "value": lost.value} for lost in window.overruled],
        "origin": window.origin,
        "rules": list(window.rules),
        "unsure": list(window.unsure),
        "eases": say(window.eases),
        "usually_by": say(window.usually_by),
        "worry_after": say(window.worry_after),
        "confidence": "low" if window.low_confidence else "normal",
        "words": {key: value for key, value in sorted(window.words.items()) if key not in ("text", "times", "if")},
    }


def _day(day: Day, say: Say) -> "DayRecord":
    return {
        "day": day.number,
        "date": day.day.isoformat(),
        "avoid": list(day.avoid),
        "better_not": list(day.better_not),
        "only_if": list(day.only_if),
        "do": list(day.do),
        "prepare": list(day.prepare),
        "expect": list(day.expect),
        "lifts": [lift_record(lift, say) for lift in day.lifts],
    }


def lift_record(lift: Lift, say: Say) -> "LiftRecord":
    """Make the record of *lift*."""
    return {
        "activity": lift.activity,
        "at": str(say(lift.at)),
        "to": lift.to,  # type: ignore[typeddict-item]
        "and_once": [wait.bound for wait in lift.waits],
    }


def session_record(session: Session) -> "SessionRecord":
    """Make the record of *session*."""
    return {
        "number": session.number,
        "minimum": session.minimum.isoformat(),
        "recommended": [day.isoformat() for day in session.recommended],
        "overdue": session.overdue.isoformat() if session.overdue else None,
        "count": list(session.total) if session.total else None,
        "unsure": list(session.unsure),
        "precare": [{"activity": activity, "start": day.isoformat()} for activity, day in session.precare],
        "booked": session.booked.isoformat() if session.booked else None,
        "sources": list(session.sources),
    }


def _event(meeting: Meeting, say: Say) -> "EventRecord":
    event = meeting.event
    return {
        "kind": event.kind,
        "label": event.label,
        "first": event.first.isoformat(),
        "last": event.last.isoformat(),
        "known": meeting.known,
        "clashes": [
            {
                "activity": clash.activity,
                "state": clash.state,  # type: ignore[typeddict-item]
                "rule": clash.window.rule,
                "until": say(clash.window.end),
                "better_until": say(clash.window.better_until),
                "and_once": [wait.bound for wait in clash.window.waits],
            }
            for clash in meeting.clashes
        ],
        "only_if": list(dict.fromkeys(window.target for window in meeting.waiting)),
    }


def finding_record(finding: Finding) -> "ScreeningRecord":
    """Make the record of *finding*."""
    screening = finding.screening
    return {
        "condition": screening.id,
        "level": finding.level,  # type: ignore[typeddict-item]
        "text": screening.text,
        "note": screening.note or None,
        "sources": _sources(saying.source for saying in screening.says),
    }


def red_flag_record(rule: Rule, rule_set: RuleSet) -> "RedFlagRecord":
    """Make the record of a red flag."""
    return {
        "text": flag_text(rule, rule_set),
        "urgent": rule.urgent,
        "signs": list(rule.targets),
        "sources": _sources(saying.source for saying in rule.says),
    }


def hint_record(hint: Hint, say: Say) -> "HintRecord":
    """Make the record of *hint*."""
    return {
        "facts": list(hint.facts),
        "rule": hint.rule,
        "activity": hint.target,
        "now": say(hint.now),
        "then": say(hint.then),
    }


def _sources(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def json_schema() -> dict[str, Any]:
    """Generate the JSON Schema of what `render` writes, from the records."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(TimelineRecord).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic asks for this one, and brings it
    from typing_extensions import TypedDict


class ClinicRecord(TypedDict):
    """The clinic that hands the plan out, and what to call."""

    name: str
    phone: str | None


class RuleSetRecord(TypedDict):
    """Which rules made the plan; `reviewed_by` null means that no clinician has reviewed them."""

    id: str
    version: str
    hash: str
    reviewed_by: str | None
    changed_core: list[str]


class HeadRecord(TypedDict):
    """What every record begins with."""

    schema_version: Literal[1]
    notice: str
    ruleset: RuleSetRecord


class TreatmentRecord(TypedDict):
    """The treatment; `time` and `moment` are null where only the date is known."""

    date: str
    time: str | None
    tz: str
    moment: str | None


class AssumedRecord(TypedDict):
    """A fact that wasn't given, and the default that decides."""

    fact: str
    value: str | float | list[str]


class SayingRecord(TypedDict):
    """What a source says, in its own numbers."""

    source: str
    value: str
    note: str | None


class OverruledRecord(TypedDict):
    """A milder value that lost."""

    rule: str
    source: str
    value: str


# A window. After an `open_end` it is better not, with no time given: no source says until when.
# `if` is a word of Python, so this record is written as a call.
WindowRecord = TypedDict(
    "WindowRecord",
    {
        "rule": str,
        "kind": Literal["avoid", "do", "allow", "expect", "prepare"],
        "activity": str,
        "text": str,
        "start": str,
        "earliest": str | None,
        "end": str | None,
        "end_stated": bool,
        "better_from": str | None,
        "better_until": str | None,
        "open_end": bool,
        "and_once": list[str],
        "precision": Literal["minute", "day"],
        "times": str | None,
        "if": str | None,
        "says": list[SayingRecord],
        "overruled": list[OverruledRecord],
        "origin": str,
        "rules": list[str],
        "unsure": list[str],
        "eases": str | None,
        "usually_by": str | None,
        "worry_after": str | None,
        "confidence": Literal["normal", "low"],
        "words": dict[str, str],
    },
)


class LiftRecord(TypedDict):
    """A restriction ends: `to` is yes, or better-not where the milder part follows."""

    activity: str
    at: str
    to: Literal["yes", "better-not"]
    and_once: list[str]


class DayRecord(TypedDict):
    """One day: ids of activities, and in `expect` of signs.

    `only_if` lists what isn't restricted any more but for what its windows have in `and_once`.
    """

    day: int
    date: str
    avoid: list[str]
    better_not: list[str]
    only_if: list[str]
    do: list[str]
    prepare: list[str]
    expect: list[str]
    lifts: list[LiftRecord]


class PrecareRecord(TypedDict):
    """What would be left before a session that isn't booked, and from when."""

    activity: str
    start: str


class SessionRecord(TypedDict):
    """When a session may be; `recommended` holds the first and the last date."""

    number: int
    minimum: str
    recommended: list[str]
    overdue: str | None
    count: list[int] | None
    unsure: list[str]
    precare: list[PrecareRecord]
    booked: str | None
    sources: list[str]


class ClashRecord(TypedDict):
    """Something that an event implies and that is restricted on one of its days."""

    activity: str
    state: Literal["no", "better-not"]
    rule: str
    until: str | None
    better_until: str | None
    and_once: list[str]


class EventRecord(TypedDict):
    """An event and what of it clashes; `known` is false where the rule set has no such kind.

    `only_if` lists what isn't restricted then but for what its windows have in `and_once`.
    """

    kind: str
    label: str
    first: str
    last: str
    known: bool
    clashes: list[ClashRecord]
    only_if: list[str]


class ScreeningRecord(TypedDict):
    """Something that speaks against the treatment."""

    condition: str
    level: Literal["stop", "postpone", "ask", "tell"]
    text: str
    note: str | None
    sources: list[str]


class RedFlagRecord(TypedDict):
    """A reason to see a clinician (`urgent`) or to call the clinic."""

    text: str
    urgent: bool
    signs: list[str]
    sources: list[str]


class HintRecord(TypedDict):
    """What another answer to `facts` would change: `activity` ends at `now`, and would end at `then`."""

    facts: list[str]
    rule: str
    activity: str
    now: str | None
    then: str | None


class FactsRecord(TypedDict):
    """What is known, assumed and unknown."""

    facts: dict[str, str | float | list[str]]
    assumed: list[AssumedRecord]
    unknown: list[str]


class TimelineRecord(HeadRecord, FactsRecord):
    """A whole plan."""

    treatment: TreatmentRecord
    windows: list[WindowRecord]
    days: list[DayRecord]
    sessions: list[SessionRecord]
    screening: list[ScreeningRecord]
    unanswered: list[str]
    red_flags: list[RedFlagRecord]
    longer_if: list[HintRecord]
    shorter_if: list[HintRecord]
    events: list[EventRecord]
    clinic: ClinicRecord | None
