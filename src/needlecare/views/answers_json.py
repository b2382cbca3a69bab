"""Answers as JSON: which of their fields are the contract. `views.json` encodes them."""

from datetime import date
from typing import Any, NamedTuple

from needlecare.ask.course import results_between
from needlecare.ask.reasons import Dated, Reasons, Screened, Unjudged, Voice
from needlecare.ask.signs import Sighting
from needlecare.ask.times import When
from needlecare.ask.today import Change, Today
from needlecare.ask.verdict import PartVerdict, Return, Verdict
from needlecare.model.plan import Timeline, Window
from needlecare.model.ruleset import Rule, Screening
from needlecare.timeline.sessions import Course, Deadline, Step
from needlecare.views.json import COMPUTED, FIELDS, SCALARS, Encoder, confidence, head, named, red_flags, words, write

Answer = Verdict | Return | Sighting | Today | Reasons | Screened


def render(answer: Answer) -> str:
    """Render *answer*: one object, with a line for each field."""
    if isinstance(answer, Return):
        return _render(answer.verdict.timeline, _Asked(answer.verdict), answer.verdict, answer)
    if isinstance(answer, Today):
        return _render(answer.timelines[0], answer)
    return _render(answer.timeline, *([_Asked(answer)] if isinstance(answer, Verdict) else []), answer)


def render_course(course: Course, timeline: Timeline) -> str:
    """Render *course*, which begins with the treatment of *timeline*."""
    return _render(timeline, course)


def _render(timeline: Timeline, *parts: object) -> str:
    encode = _Encoder(timeline)
    record = head(timeline.rule_set)
    for part in parts:
        record.update(encode.fields(part))
    return write(encode(record))


class _Encoder(Encoder):
    """Encodes each answer in the zone of its own treatment."""

    def __call__(self, value: Any) -> Any:
        owner = getattr(value, "timeline", self.timeline)
        return super().__call__(value) if owner is self.timeline else _Encoder(owner)(value)


class _Asked(NamedTuple):
    """What a *verdict* has besides, where it isn't a part of another answer."""

    verdict: Verdict


class _Held(NamedTuple):
    """A *window* of one of several timelines."""

    timeline: Timeline
    window: Window


class _Cause(NamedTuple):
    """A *rule* behind an answer; what its sources say stands beside it."""

    rule: Rule


class _Before(NamedTuple):
    """What a course is to be over by, and when its *results* are usually seen."""

    deadline: Deadline
    results: tuple[date, date] | None


def _at(asked: When) -> Any:
    if asked.at is not None:
        return asked.at
    if asked.start is not None:
        return [asked.start, asked.end]
    return asked.first if asked.first == asked.last else [asked.first, asked.last]


def _held(name: str) -> Any:
    return lambda today, _: [_Held(*pair) for pair in getattr(today, name)]


def _causes(name: str) -> Any:
    return lambda reasons, _: [_Cause(rule) for rule in getattr(reasons, name)]


def _not_understood(answer: Any, _: object) -> list[str]:
    meaning = answer.meaning
    return [*meaning.unknown, *meaning.when, *([meaning.turning] if meaning.turning else [])]


def _first(answer: Any, _: object) -> str | None:
    return answer.meaning.ids[0] if answer.meaning.ids else None


def _sign_rules(sighting: Sighting, _: object) -> list[str]:
    return [*(window.rule for window in sighting.windows), *(rule.id for rule in sighting.flags)]


def _sign_sources(sighting: Sighting, _: object) -> tuple[str, ...]:
    every = [window.says for window in sighting.windows] + [rule.says for rule in sighting.flags]
    return named(saying for says in every for saying in says)


def _before(course: Course, timeline: Timeline) -> _Before | None:
    found = course.deadline
    return found and _Before(found, results_between(timeline.rule_set, found.kind, course.last_day))


SCALARS.update({When: _at, Screening: lambda screening: screening.id})
FIELDS.update({
    _Asked: "activity=verdict.activity activities=verdict.meaning.ids asked=verdict.meaning.typed at=verdict.asked"
    " verdict=verdict.verdict until=verdict.until better_until=verdict.better_until earliest=verdict.earliest"
    " and_once=verdict.and_once rules=verdict.rules sources=verdict.sources instead=verdict.instead"
    " if=verdict.conditions ask_prescriber not_all=verdict.is_divided parts=verdict.parts again_from=verdict.again past"
    " not_understood nearest=verdict.meaning.nearest also=verdict.also red_flags",
    Verdict: "activity verdict until better_until open_end=is_open and_once rules treatment=timeline.treatment",
    PartVerdict: "activity verdict until better_until open_end=is_open and_once",
    Return: "free_from better_from again_from=again",
    Sighting: "sign signs=meaning.ids asked=meaning.typed at=asked verdict until call_from if=conditions rules sources"
    " not_understood nearest=meaning.nearest treatment=timeline.treatment red_flags",
    Today: "at treatments avoid better_not only_if do expect no_longer_expected next=changes red_flags",
    _Held: "activity=window.target text=window.text if=window.condition until=window.end and_once=window.waits"
    " treatment=timeline.treatment",
    Change: "activity at to and_once treatment=timeline.treatment",
    Reasons: "activity asked=meaning.typed treatment=timeline.treatment windows rules lost sources=voices spread"
    " voices=voices_count not_understood nearest=meaning.nearest also red_flags",
    _Cause: "rule=rule.id verb=rule.verb on=rule.targets value=rule.value words origin=rule.origin confidence",
    Voice: "rule source=source.id value=saying.value note=saying.note used title=source.title"
    " publisher=source.publisher year=source.year kind=source.kind url=source.url family=source.family",
    Screened: "against=is_against screening=findings answered assumed unanswered not_judged=unjudged in_plan=planned"
    " dated red_flags",
    Unjudged: "fact answer",
    Dated: "fact answer date=day means condition=screening.id counts",
    Course: "treatment count=size sessions=steps then before",
    Step: "number=session.number minimum=session.minimum recommended=session.recommended overdue=session.overdue"
    " latest done days_short booked=session.booked count=session.total unsure=session.unsure"
    " precare=session.precare sources=session.sources",
    _Before: "name=deadline.name date=deadline.day fits=deadline.fits last_session_by=deadline.last"
    " wanted=deadline.wanted fitting=deadline.fitting possible_from=deadline.possible_from results",
})  # fmt: skip
COMPUTED.update({
    _Asked: {
        "ask_prescriber": lambda asked, _: bool(asked.verdict.prescribed),
        "past": lambda asked, _: asked.verdict.asked.past or asked.verdict.meaning.past,
        "not_understood": lambda asked, _: _not_understood(asked.verdict, _),
        "red_flags": red_flags,
    },
    Sighting: {
        "sign": _first,
        "rules": _sign_rules,
        "sources": _sign_sources,
        "not_understood": _not_understood,
        "red_flags": red_flags,
    },
    Today: {
        "treatments": lambda today, _: [timeline.treatment for timeline in today.timelines],
        "only_if": _held("only_if"),
        "do": _held("do"),
        "expect": _held("expect"),
        "no_longer_expected": lambda today, _: list(dict.fromkeys(window.target for _, window in today.worries)),
        "red_flags": red_flags,
    },
    Change: {"and_once": lambda change, _: change.lift.waits if change.lift else ()},
    Reasons: {
        "activity": _first,
        "rules": _causes("rules"),
        "lost": _causes("lost"),
        "not_understood": _not_understood,
        "red_flags": red_flags,
    },
    _Cause: {
        "words": lambda cause, timeline: words(cause.rule, timeline),
        "confidence": lambda cause, timeline: confidence(cause.rule, timeline),
    },
    Screened: {"red_flags": red_flags},
    Dated: {"means": lambda dated, timeline: timeline.rule_set.facts[dated.fact].dated_of(dated.answer)},
    Course: {"treatment": lambda _, timeline: timeline.treatment, "before": _before},
})  # fmt: skip
