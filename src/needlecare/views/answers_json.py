"""Answers as JSON: one object each, with `schema_version`."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from needlecare.ask.lookup import Meaning
from needlecare.ask.reasons import Reasons, Screened
from needlecare.ask.signs import Sighting
from needlecare.ask.times import When
from needlecare.ask.today import Today
from needlecare.ask.verdict import Return, Verdict
from needlecare.model.plan import FOREVER, Timeline, Wait
from needlecare.model.ruleset import Rule
from needlecare.views.json import finding_record, head_record, red_flag_record, treatment_record
from needlecare.views.phrases import escape


def write(record: Mapping[str, Any]) -> str:
    """Write a record as one object, a line for each field."""
    lines = [f"{json.dumps(key)}: {escape(json.dumps(value, ensure_ascii=False))}" for key, value in record.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def say_instant(instant: datetime | None, timeline: Timeline) -> str | None:
    """Write an instant with the offset of the treatment's zone; None where there is no end."""
    if instant is None or instant == FOREVER:
        return None
    return instant.astimezone(timeline.treatment.zone).isoformat()


def _asked(asked: When, timeline: Timeline) -> Any:
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


def unknown_record(timeline: Timeline, meaning: Meaning) -> dict[str, Any]:
    """Make the record of what wasn't understood."""
    return {
        **head_record(timeline.rule_set),
        "activity": None,
        "asked": meaning.typed,
        "at": None,
        "verdict": "no-rule",
        "until": None,
        "better_until": None,
        "and_once": [],
        "rules": [],
        "sources": [],
        "instead": [],
        "not_understood": [*meaning.unknown, *meaning.when, *([meaning.turning] if meaning.turning else [])],
        "nearest": list(meaning.nearest),
        "red_flags": [red_flag_record(rule, timeline.rule_set) for rule in timeline.red_flags],
    }


def verdict_record(verdict: Verdict, typed: str) -> dict[str, Any]:
    """Make the record of a verdict."""
    timeline = verdict.timeline
    return {
        **head_record(timeline.rule_set),
        "activity": verdict.activity,
        "activities": list(verdict.meaning.ids),
        "asked": typed,
        "at": _asked(verdict.asked, timeline),
        "verdict": verdict.verdict,
        "until": say_instant(verdict.until, timeline),
        "better_until": say_instant(verdict.better_until, timeline),
        "open_end": verdict.is_open,
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
                "open_end": part.is_open,
                "and_once": bounds_of(part.and_once),
            }
            for part in verdict.parts
        ],
        "again_from": say_instant(verdict.again, timeline),
        "past": verdict.asked.past or verdict.meaning.past,
        "not_understood": [*verdict.meaning.unknown, *verdict.meaning.when],
        "nearest": list(verdict.meaning.nearest),
        "treatment": treatment_record(timeline.treatment),
        "also": [
            {
                "treatment": treatment_record(one.timeline.treatment),
                "verdict": one.verdict,
                "until": say_instant(one.until, one.timeline),
            }
            for one in verdict.also
        ],
        "red_flags": [red_flag_record(rule, timeline.rule_set) for rule in timeline.red_flags],
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
        **head_record(timeline.rule_set),
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
        "treatment": treatment_record(timeline.treatment),
        "red_flags": [red_flag_record(rule, timeline.rule_set) for rule in timeline.red_flags],
    }


def now_record(now: Today) -> dict[str, Any]:
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
        **head_record(first.rule_set),
        "at": say_instant(now.at, first),
        "treatments": [treatment_record(timeline.treatment) for timeline in now.timelines],
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
        "red_flags": [red_flag_record(rule, first.rule_set) for rule in first.red_flags],
    }


def reasons_record(reasons: Reasons, typed: str) -> dict[str, Any]:
    """Make the record of the reasons behind an answer."""
    timeline = reasons.timeline

    def rule_record(rule: Rule) -> dict[str, Any]:
        return {
            "rule": rule.id,
            "verb": rule.verb,
            "on": list(rule.targets),
            "value": rule.value,
            "why": rule.words.get("why"),
            "because": rule.words.get("because"),
            "by": rule.words.get("by"),
            "note": rule.words.get("note"),
            "origin": rule.origin,
            "confidence": "low" if rule.low_confidence else "normal",
        }

    return {
        **head_record(timeline.rule_set),
        "activity": reasons.meaning.ids[0] if reasons.meaning.ids else None,
        "asked": typed,
        "treatment": treatment_record(timeline.treatment),
        "windows": [
            {
                "rule": window.rule,
                "kind": window.kind,
                "activity": window.target,
                "start": say_instant(window.start, timeline),
                "end": say_instant(window.end, timeline),
                "better_until": say_instant(window.better_until, timeline)
                if window.better_until > window.end
                else None,
                "and_once": bounds_of(window.waits),
                "if": window.condition,
            }
            for window in reasons.windows
        ],
        "rules": [rule_record(rule) for rule in reasons.rules],
        "lost": [rule_record(rule) for rule in reasons.lost],
        "sources": [
            {
                "rule": voice.rule,
                "source": voice.source.id,
                "value": voice.saying.value,
                "note": voice.saying.note or None,
                "used": voice.used,
                "title": voice.source.title,
                "publisher": voice.source.publisher or None,
                "year": voice.source.year or None,
                "kind": voice.source.kind or None,
                "url": voice.source.url or None,
                "family": voice.source.family or None,
            }
            for voice in reasons.voices
        ],
        "spread": list(reasons.spread) if reasons.spread else None,
        "voices": reasons.voices_count,
    }


def screened_record(screened: Screened) -> dict[str, Any]:
    """Make the record of a screening."""
    return {
        **head_record(screened.timeline.rule_set),
        "against": screened.is_against,
        "screening": [finding_record(finding) for finding in screened.findings],
        "answered": screened.answered,
        "assumed": [screening.id for screening in screened.assumed],
        "unanswered": [screening.id for screening in screened.unanswered],
        "not_judged": [{"fact": one.fact, "answer": one.answer} for one in screened.unjudged],
        "in_plan": [{"fact": one.fact, "answer": one.answer} for one in screened.planned],
        "dated": [
            {
                "fact": one.fact,
                "answer": one.answer,
                "date": one.day.isoformat(),
                "means": screened.timeline.rule_set.facts[one.fact].dated_of(one.answer) or None,
                "condition": one.screening.id,
                "counts": one.counts,
            }
            for one in screened.dated
        ],
        "red_flags": [red_flag_record(rule, screened.timeline.rule_set) for rule in screened.timeline.red_flags],
    }


def record_of(answer: Verdict | Return | Sighting | Today | Reasons | Screened) -> dict[str, Any]:
    """Make the record of an answer of any kind."""
    match answer:
        case Verdict(silent="words") | Return(verdict=Verdict(silent="words")):
            verdict = answer if isinstance(answer, Verdict) else answer.verdict
            return unknown_record(verdict.timeline, verdict.meaning)
        case Verdict():
            return verdict_record(answer, answer.meaning.typed)
        case Return():
            return return_record(answer, answer.verdict.meaning.typed)
        case Sighting() if answer.is_understood:
            return sighting_record(answer, answer.meaning.typed)
        case Reasons() if answer.is_known:
            return reasons_record(answer, answer.meaning.typed)
        case Sighting() | Reasons():
            return unknown_record(answer.timeline, answer.meaning)
        case Today():
            return now_record(answer)
        case Screened():
            return screened_record(answer)
