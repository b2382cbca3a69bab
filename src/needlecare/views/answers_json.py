"""Answers as JSON: which of their fields are the contract. `views.json` encodes them."""

from collections.abc import Mapping
from typing import Any

from needlecare.ask.reasons import Dated, Ends, Reasons, Screened, Unjudged, Voice
from needlecare.ask.times import When
from needlecare.ask.today import Change, Owned, Return, Sighting, Today
from needlecare.ask.verdict import PartVerdict, Verdict
from needlecare.model import plan, ruleset, voices
from needlecare.timeline.agenda import Course, Deadline, Step, results_between
from needlecare.views.json import COMPUTED, FIELDS, SCALARS, SHARED, Encoder, confidence, head, words, write
from needlecare.views.phrases import join_whom, sources_of

# A verdict that is the answer, not a part of one.
_WHOLE = "the whole of a verdict"


def render(answer: Verdict | Return | Sighting | Today | Reasons | Screened) -> str:
    """Render *answer*: one object, with a line for each field."""
    if isinstance(answer, Return):
        encode = Encoder(answer.verdict.timeline)
        return _write(encode, encode.fields(answer.verdict, _WHOLE), encode.fields(answer))
    encode = Encoder(answer.timelines[0] if isinstance(answer, Today) else answer.timeline)
    return _write(encode, encode.fields(answer, _WHOLE if isinstance(answer, Verdict) else None))


def render_course(course: Course, timeline: plan.Timeline) -> str:
    """Render *course*, which begins with the treatment of *timeline*."""
    encode = Encoder(timeline)
    return _write(encode, {"treatment": timeline.treatment}, encode.fields(course))


def render_usual(timeline: plan.Timeline) -> str:
    """Render what is usual after the treatment of *timeline*: its windows of signs, as a plan has them."""
    return _write(Encoder(timeline), {"treatment": timeline.treatment, "windows": timeline.of_kind(ruleset.EXPECT)})


def _write(encode: Encoder, *parts: Mapping[str, Any]) -> str:
    record = head(encode.timeline.rule_set)
    for part in parts:
        record.update(part)
    record["unheard"] = [one.word for one in encode.timeline.facts.unheard]
    return write(encode.record(record))


def _at(asked: When) -> Any:
    if asked.is_instant:
        return asked.start
    if not asked.whole:
        return [asked.start, asked.end]
    return asked.first if asked.first == asked.last else [asked.first, asked.last]


def _not_understood(answer: Any, _: object) -> list[str]:
    meaning = answer.meaning
    return [*meaning.unknown, *meaning.undated, *([meaning.turning] if meaning.turning else [])]


def _whom(verdict: Verdict, _: object) -> str | None:
    return join_whom(verdict.ask) or None


def _first(answer: Any, _: object) -> str | None:
    return next(iter(answer.meaning.ids), None)


class Cause(ruleset.Rule):
    """A rule behind an answer; what its sources say stands beside it."""


def _sighting_sources(found: Sighting, timeline: plan.Timeline) -> list[str]:
    flagged = sources_of(saying for flag in found.flags for saying in flag.says)
    return list(dict.fromkeys((*voices.sources_behind(found.windows, timeline.rule_set), *flagged)))


SCALARS.update({When: _at, voices.Reach: str})
FIELDS.update({
    _WHOLE: "activity activities=meaning.ids asked=meaning.typed at=asked verdict until better_until open_end=is_open"
    " earliest and_once rules sources instead if=conditions ask urgency ask_prescriber not_all=is_divided parts"
    " again_from=again past not_understood nearest=meaning.nearest treatment=timeline.treatment also red_flags",
    Verdict: "activity verdict until better_until open_end=is_open and_once ask rules treatment=timeline.treatment",
    PartVerdict: "activity verdict until better_until open_end=is_open and_once",
    Return: "free_from better_from again_from=again",
    Sighting: "sign signs=meaning.ids asked=meaning.typed at=asked verdict until call_from if=conditions rules sources"
    " not_understood nearest=meaning.nearest treatment=timeline.treatment red_flags",
    Today: "at treatments avoid ask better_not only_if do expect no_longer_expected next=changes red_flags",
    Owned: "activity=window.target text=window.text if=window.condition until=window.end and_once=window.waits"
    " treatment=timeline.treatment",
    Change: "activity at to and_once treatment=timeline.treatment",
    Reasons: "activity asked=meaning.typed treatment=timeline.treatment windows rules lost sources=voices spread"
    " ends voices=voices_count not_understood nearest=meaning.nearest also red_flags",
    Cause: "rule=id verb on=targets value words origin confidence",
    Voice: "rule source=source.id value=saying.value note=saying.note used stance title=source.title"
    " publisher=source.publisher year=source.year kind=source.kind url=source.url family=source.family",
    Ends: "before voices agreeing low high plan=own?",
    Screened: "against=is_against screening=findings answered assumed unanswered not_judged=unjudged in_plan=planned"
    " dated red_flags",
    Unjudged: "fact answer",
    Dated: "fact answer date=day means condition=screening.id counts",
    Course: "count=size sessions=steps then before=deadline results",
    Step: "number=session.number minimum=session.minimum recommended=session.recommended overdue=session.overdue"
    " latest done days_short booked=session.booked count=session.total unsure=session.unsure"
    " precare=session.precare holidays=session.holidays sources=session.sources",
    Deadline: "name date=day fits last_session_by=last wanted fitting possible_from holidays",
    plan.Holiday: "date=day name",
})  # fmt: skip
SHARED.update({"not_understood": _not_understood})
COMPUTED.update({
    Verdict: {"ask": _whom},
    _WHOLE: {
        "ask": _whom,
        "ask_prescriber": lambda verdict, _: bool(verdict.prescribed),
        "past": lambda verdict, _: verdict.asked.past or verdict.meaning.past,
    },
    Sighting: {
        "sign": _first,
        "rules": lambda found, _: [*(window.rule for window in found.windows), *(rule.id for rule in found.flags)],
        "sources": _sighting_sources,
    },
    Today: {
        "treatments": lambda today, _: [timeline.treatment for timeline in today.timelines],
        "no_longer_expected": lambda today, _: list(dict.fromkeys(window.target for _, window in today.worries)),
    },
    Change: {"and_once": lambda change, _: change.lift.waits if change.lift else ()},
    Reasons: {
        "activity": _first,
        "rules": lambda reasons, _: [*map(Cause._make, reasons.rules)],
        "lost": lambda reasons, _: [*map(Cause._make, reasons.lost)],
    },
    Cause: {"words": words, "confidence": confidence},
    Dated: {"means": lambda dated, timeline: timeline.rule_set.facts[dated.fact].dated_of(dated.answer)},
    Course: {
        "results": lambda course, timeline: course.deadline
        and results_between(timeline.rule_set, course.deadline.kind, course.last_day)
    },
})  # fmt: skip
