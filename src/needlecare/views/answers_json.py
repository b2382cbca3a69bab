"""Answers as JSON: one object each, with `schema_version`."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from needlecare.ask.asked import Asked
from needlecare.ask.lookup import Meaning
from needlecare.ask.normal import Sighting
from needlecare.ask.today import Now
from needlecare.ask.verdict import Verdict
from needlecare.ask.when import Return
from needlecare.model.plan import FOREVER, Timeline, Wait
from needlecare.model.ruleset import Rule, RuleSet
from needlecare.views.harmless import escape
from needlecare.views.phrases import NO_ADVICE

_VERSION = 1


def write(record: Mapping[str, Any]) -> str:
    """Write a record as one object, a line for each field."""
    lines = [f"{json.dumps(key)}: {escape(json.dumps(value, ensure_ascii=False))}" for key, value in record.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def head(rule_set: RuleSet) -> dict[str, Any]:
    """Begin a record: version, notice, rule set."""
    return {
        "schema_version": _VERSION,
        "notice": rule_set.notice or NO_ADVICE,
        "ruleset": {
            "id": rule_set.id,
            "version": rule_set.version,
            "hash": rule_set.digest,
            "reviewed_by": rule_set.reviewed_by,
            "changed_core": list(rule_set.changed_core),
        },
    }


def say_instant(instant: datetime | None, timeline: Timeline) -> str | None:
    """Write an instant with the offset of the treatment's zone; None where there is no end."""
    if instant is None or instant == FOREVER:
        return None
    return instant.astimezone(timeline.treatment.zone).isoformat()


def treatment_record(timeline: Timeline) -> dict[str, Any]:
    """Name the treatment that an answer counts from."""
    treatment = timeline.treatment
    return {
        "date": treatment.day.isoformat(),
        "time": f"{treatment.clock:%H:%M}" if treatment.clock else None,
        "tz": treatment.zone.key,
        "moment": say_instant(treatment.last, timeline) if treatment.clock else None,
    }


def _asked(asked: Asked, timeline: Timeline) -> Any:
    if asked.at is not None:
        return say_instant(asked.at, timeline)
    if asked.start is not None:
        return [say_instant(asked.start, timeline), say_instant(asked.end, timeline)]
    if asked.first == asked.last:
        return asked.first.isoformat()
    return [asked.first.isoformat(), asked.last.isoformat()]


def bounds_of(waits: Iterable[Wait]) -> list[str]:
    """Name what else must have come, as the rules have it."""
    return [wait.bound for wait in waits]


def unknown_record(rule_set: RuleSet, meaning: Meaning, typed: str, verdict: str = "no-rule") -> dict[str, Any]:
    """Make the record of what wasn't understood."""
    return {
        **head(rule_set),
        "activity": None,
        "asked": typed,
        "at": None,
        "verdict": verdict,
        "until": None,
        "better_until": None,
        "and_once": [],
        "rules": [],
        "sources": [],
        "instead": [],
        "not_understood": [*meaning.unknown, *meaning.when, *([meaning.turning] if meaning.turning else [])],
        "nearest": list(meaning.nearest),
    }


def verdict_record(verdict: Verdict, typed: str) -> dict[str, Any]:
    """Make the record of a verdict."""
    timeline = verdict.timeline
    return {
        **head(timeline.rule_set),
        "activity": verdict.activity,
        "activities": list(verdict.meaning.ids),
        "asked": typed,
        "at": _asked(verdict.asked, timeline),
        "verdict": verdict.verdict,
        "until": say_instant(verdict.until, timeline),
        "better_until": say_instant(verdict.better_until, timeline),
        "earliest": say_instant(verdict.earliest, timeline),
        "and_once": bounds_of(verdict.and_once),
        "rules": list(verdict.rules),
        "sources": list(verdict.sources),
        "instead": list(verdict.instead),
        "if": list(verdict.conditions),
        "ask_prescriber": bool(verdict.prescribed),
        "not_all": verdict.is_divided,
        "parts": [
            {
                "activity": part.activity,
                "verdict": part.verdict,
                "until": say_instant(part.until, timeline),
                "better_until": say_instant(part.better_until, timeline),
                "and_once": bounds_of(part.and_once),
            }
            for part in verdict.parts
        ],
        "again_from": say_instant(verdict.again, timeline),
        "past": verdict.asked.past or verdict.meaning.past,
        "not_understood": [*verdict.meaning.unknown, *verdict.meaning.when],
        "nearest": list(verdict.meaning.nearest),
        "treatment": treatment_record(timeline),
        "also": [
            {
                "treatment": treatment_record(one.timeline),
                "verdict": one.verdict,
                "until": say_instant(one.until, one.timeline),
            }
            for one in verdict.also
        ],
        "red_flags": [red_flag(rule) for rule in timeline.red_flags],
    }


def return_record(found: Return, typed: str) -> dict[str, Any]:
    """Make the record of a return."""
    timeline = found.verdict.timeline
    record = {**verdict_record(found.verdict, typed), "again_from": say_instant(found.again, timeline)}
    place = list(record).index("verdict")
    dates = {
        "free_from": say_instant(found.free_from, timeline),
        "better_from": say_instant(found.better_from, timeline),
    }
    items = list(record.items())
    return {**dict(items[:place]), **dates, **dict(items[place:])}


def sighting_record(sighting: Sighting, typed: str) -> dict[str, Any]:
    """Make the record of a sighting."""
    timeline = sighting.timeline
    sources = [saying.source for window in sighting.windows for saying in window.says]
    sources.extend(saying.source for rule in sighting.flags for saying in rule.says)
    return {
        **head(timeline.rule_set),
        "sign": sighting.meaning.ids[0] if sighting.meaning.ids else None,
        "signs": list(sighting.meaning.ids),
        "asked": typed,
        "at": _asked(sighting.asked, timeline),
        "verdict": sighting.verdict,
        "until": say_instant(sighting.until, timeline),
        "call_from": say_instant(sighting.call_from, timeline),
        "if": list(sighting.conditions),
        "rules": [*(window.rule for window in sighting.windows), *(rule.id for rule in sighting.flags)],
        "sources": list(dict.fromkeys(sources)),
        "not_understood": list(sighting.meaning.unknown),
        "nearest": list(sighting.meaning.nearest),
        "treatment": treatment_record(timeline),
        "red_flags": [red_flag(rule) for rule in timeline.red_flags],
    }


def red_flag(rule: Rule) -> dict[str, Any]:
    """Make the record of a red flag."""
    return {
        "text": rule.words.get("text", rule.id),
        "urgent": rule.urgent,
        "signs": list(rule.targets),
        "sources": list(dict.fromkeys(saying.source for saying in rule.says)),
    }


def now_record(now: Now) -> dict[str, Any]:
    """Make the record of what holds now."""
    first = now.timelines[0]

    def held(verdict: Verdict) -> dict[str, Any]:
        timeline = verdict.timeline
        return {
            "activity": verdict.activity,
            "until": say_instant(verdict.until, timeline),
            "better_until": say_instant(verdict.better_until, timeline),
            "and_once": bounds_of(verdict.and_once),
            "rules": list(verdict.rules),
            "treatment": timeline.treatment.day.isoformat(),
        }

    return {
        **head(first.rule_set),
        "at": say_instant(now.at, first),
        "treatments": [treatment_record(timeline) for timeline in now.timelines],
        "avoid": [held(one) for one in now.avoid],
        "better_not": [held(one) for one in now.better_not],
        "only_if": [
            {
                "activity": window.target,
                "and_once": bounds_of(window.waits),
                "treatment": owner.treatment.day.isoformat(),
            }
            for owner, window in now.only_if
        ],
        "do": [
            {
                "activity": window.target,
                "text": window.text,
                "if": window.condition,
                "until": say_instant(window.end, timeline),
            }
            for timeline, window in now.do
        ],
        "expect": [
            {"sign": window.target, "if": window.condition, "until": say_instant(window.end, timeline)}
            for timeline, window in now.expect
        ],
        "no_longer_expected": list(dict.fromkeys(window.target for _, window in now.worries)),
        "next": [
            {
                "at": say_instant(change.at, change.timeline),
                "activity": change.activity,
                "to": change.to,
                "and_once": bounds_of(change.lift.waits) if change.lift else [],
            }
            for change in now.changes
        ],
        "red_flags": [red_flag(rule) for rule in first.red_flags],
    }
