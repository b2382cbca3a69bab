"""The plan as JSON: its record, which is described in `records`, as text."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from needlecare.model.clinic import Clinic
from needlecare.model.facts import Facts, Given
from needlecare.model.plan import FOREVER, Day, Finding, Hint, Lift, Meeting, Session, Timeline, Window
from needlecare.model.ruleset import Rule, RuleSet
from needlecare.model.treatment import Treatment
from needlecare.views.harmless import escape
from needlecare.views.phrases import NO_ADVICE, flag_text

if TYPE_CHECKING:
    # Not needed to write a plan, and slow to define.
    from needlecare.views.records import (
        ClinicRecord,
        DayRecord,
        EventRecord,
        FactsRecord,
        HeadRecord,
        HintRecord,
        LiftRecord,
        RedFlagRecord,
        ScreeningRecord,
        SessionRecord,
        TimelineRecord,
        TreatmentRecord,
        WindowRecord,
    )

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

    from needlecare.views.records import TimelineRecord

    schema = TypeAdapter(TimelineRecord).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
