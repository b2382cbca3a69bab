"""Why, and what speaks against the treatment, as JSON."""

from typing import Any

from needlecare.ask.screen import Screened
from needlecare.ask.why import Reasons
from needlecare.model.ruleset import Rule
from needlecare.views.answers_json import bounds_of, say_instant
from needlecare.views.json import finding_record, head_record, red_flag_record, treatment_record


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
