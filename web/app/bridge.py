"""Between the page and the library: the answers of the form in, a form, a plan, a calendar or an answer out.

Runs in the browser, behind worker.js, which hands over JSON. Knows neither the page nor the network, and no clock: the
present moment comes with each request. Answers are named as the options of the command line are, each with its texts:
`{"date": ["2026-11-20"], "area": ["face"], "uses": ["isotretinoin=2026-05-01"]}`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from needlecare import (
    InputError,
    NeedlecareError,
    Return,
    RuleSet,
    Timeline,
    build_timeline,
    can,
    check,
    load_rules,
    make_treatment,
    normal,
    read_facts,
    render,
    when,
    why,
)
from needlecare.ask.verdict import NO_RULE
from needlecare.model.facts import FACTS_OF_TREATMENT, OPTIONS, Fact
from needlecare.model.plan import seen_at
from needlecare.model.ruleset import EMERGENCY, TODAY, Moment
from needlecare.rules.read import Problems
from needlecare.rules.yaml import read_yaml
from needlecare.typed import parse_date, parse_time, parse_zone, read_seen
from needlecare.views import answers as views
from needlecare.views.brief import list_help, make_brief
from needlecare.views.phrases import SEE_HELP, help_tiers

Answers = Mapping[str, Sequence[str]]
# A file beside a sheet: a name with an ending, and without a folder. Nothing is taken from anywhere else.
_BESIDE = re.compile(r"[\w-][\w.-]*\.\w+")
# What the answers hold besides facts; a fact that a set calls so can't be asked here.
_OWN = ("date", "time", "tz", "next", "seen", "end")


class FieldError(Exception):
    """What is wrong with one answer, and which."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@contextmanager
def _in_field(name: str) -> Iterator[None]:
    """Say of what goes wrong here in which field of the form it stands."""
    try:
        yield
    except InputError as error:
        raise FieldError(name, str(error)) from None


def handle(request: str) -> str:
    """Answer a *request*, `{"call": name, …}`, by `{"result": …}` or by `{"error": {"field": …, "text": …}}`."""
    fields = json.loads(request)
    call = _CALLS[fields.pop("call")]
    try:
        return json.dumps({"result": call(**fields)})
    except FieldError as error:
        return json.dumps({"error": {"field": error.field, "text": str(error)}})
    except NeedlecareError as error:
        return json.dumps({"error": {"field": "", "text": str(error)}})


# The form.


def find_beside(rules: str) -> list[str]:
    """Return which files the sheet at *rules* needs beside it: a logo, and a sheet that it stands on."""
    path = Path(rules)
    header = read_yaml(path.read_bytes(), path.name, Problems())
    clinic = header.get("clinic")
    named = [header.get("extends"), header.get("words-from"), clinic.get("logo") if isinstance(clinic, dict) else None]
    return [name for name in named if isinstance(name, str) and _BESIDE.fullmatch(name)]


def describe(rules: str) -> dict[str, Any]:
    """Return what the form asks by the rule set called *rules*, and what is shown before there is a plan."""
    rule_set = load_rules(rules)
    clinic = rule_set.clinic
    # Of no day in particular: which signs need help, and whom to call.
    timeline = build_timeline(rule_set, make_treatment(_SOME_DAY, None, parse_zone("UTC")), read_facts(rule_set, {}))
    known = (*FACTS_OF_TREATMENT, *(name for name in OPTIONS if name not in FACTS_OF_TREATMENT))
    order = sorted((name for name in rule_set.facts if name not in _OWN), key=[*known, *rule_set.facts].index)
    return {
        "rules": _version(rule_set),
        "clinic": clinic and clinic._asdict(),
        "notice": [*make_brief(timeline, handed_over=True).notice],
        "emergency": rule_set.emergency.split(", "),
        "facts": [_describe(rule_set.facts[name]) for name in order],
        "help": [[row.tone, row.head, row.text] for row in list_help([timeline], ())],
    }


_SOME_DAY = parse_date("2000-01-01")


def _version(rule_set: RuleSet) -> dict[str, str]:
    named = {"id": rule_set.id, "title": rule_set.title, "version": rule_set.version, "hash": rule_set.digest}
    return {**named, "urgent": rule_set.urgent}


def _describe(fact: Fact) -> dict[str, Any]:
    return {
        "id": fact.id,
        "ask": fact.ask or fact.id,
        "first": fact.id in FACTS_OF_TREATMENT,
        "several": fact.several,
        "open": fact.open,
        "number": [fact.low, fact.high, fact.unit] if fact.is_number else None,
        "assumed": fact.label_of(fact.default or ""),
        "answers": [
            # A date that comes with an answer means that.
            [one.id, one.label, one.ended or one.dated, " ".join(one.aka)]
            for one in fact.answers
        ],
    }


# The plan.


def _timeline_of(rules: str, answers: Answers, here: str) -> Timeline:
    return _make(rules, json.dumps(answers, sort_keys=True), here)


@lru_cache(maxsize=4)
def _make(rules: str, answers: str, here: str) -> Timeline:
    """Make the timeline of the *answers*, which are JSON; *here* is the zone of the phone, which needn't be named."""
    given: Answers = json.loads(answers)
    rule_set = load_rules(rules)
    if not given.get("date"):
        raise FieldError("date", "When was the treatment? The day is the one thing that a plan needs.")
    with _in_field("date"):
        day = parse_date(given["date"][0])
    with _in_field("time"):
        clock = parse_time(given["time"][0]) if given.get("time") else None
    with _in_field("tz"):
        zone = parse_zone(given["tz"][0] if given.get("tz") else here)
    with _in_field("next"):
        booked = parse_date(given["next"][0]) if given.get("next") else None
        treatment = make_treatment(day, clock, zone, next_session=booked)
    facts = {name: [*texts] for name, texts in given.items() if name not in _OWN}
    for name in (one for one in facts if one not in rule_set.facts):
        raise FieldError(name, f"`{name}` is nothing that these rules ask for")
    for name, texts in facts.items():
        with _in_field(name):
            read_facts(rule_set, {name: texts})
    with _in_field("seen"):
        seen = read_seen(rule_set, treatment, given.get("seen", ()))
    treatment = treatment._replace(seen=seen, names_zone=zone.key != here)
    return build_timeline(rule_set, treatment, read_facts(rule_set, facts))


def _awaited(timeline: Timeline, now: datetime) -> Iterator[Moment]:
    """Yield what would change *timeline* if somebody saw it *now*; in the first hours nothing has come and gone."""
    treatment = timeline.treatment
    if now <= (timeline.first_until or treatment.last):
        return
    for moment in timeline.rule_set.moments.values():
        if moment.clock is None and moment.id not in treatment.seen:
            seen = {**treatment.seen, moment.id: seen_at(now.replace(tzinfo=None), treatment.zone)}
            other = build_timeline(timeline.rule_set, treatment._replace(seen=seen), timeline.facts)
            if other.windows != timeline.windows:
                yield moment


def plan(rules: str, answers: Answers, here: str, now: str) -> dict[str, Any]:
    """Return the body of the page, what may be reported as seen *now*, what was, and of which rules it is made."""
    timeline = _timeline_of(rules, answers, here)
    moment = _present(timeline, now)
    labels = {one.id: one.label for one in timeline.rule_set.moments.values()}
    return {
        "body": render(timeline, "html", whole=False),
        "zone": timeline.treatment.zone.key,
        "seen": {name: labels[name] for name in timeline.treatment.seen},
        "awaited": {one.id: one.label for one in _awaited(timeline, moment)},
        "at": f"{moment:%Y-%m-%dT%H:%M}",
        "rules": _version(timeline.rule_set),
    }


def find_dangers(rules: str, texts: Answers) -> list[str]:
    """Return where to get help for what *texts* tell that were typed as answers, and that no rule knows as such."""
    rule_set = load_rules(rules)
    timeline = build_timeline(rule_set, make_treatment(_SOME_DAY, None, parse_zone("UTC")), read_facts(rule_set, {}))
    sightings = [
        normal(timeline, one, _SOME_DAY) for name, said in texts.items() for one in _unheard(rule_set, name, said)
    ]
    return [views.render(one) for one in sightings if one.verdict in (EMERGENCY, TODAY)]


def _unheard(rule_set: RuleSet, name: str, texts: Sequence[str]) -> Sequence[str]:
    try:
        return [one.word for one in read_facts(rule_set, {name: [*texts]}).unheard]
    except InputError:
        return texts


def calendar(rules: str, answers: Answers, here: str) -> str:
    """Return the text of the calendar, as `needlecare plan -o aftercare.ics` writes it."""
    return render(_timeline_of(rules, answers, here), "ics")


# Questions.


def ask(rules: str, answers: Answers, here: str, now: str, words: str) -> dict[str, Any]:
    """Answer a question *now*; its first word may be that of the command which answers it, such as `when`.

    The tone is that of the most urgent thing in the answer: how soon help is needed, else the verdict.
    """
    timeline = _timeline_of(rules, answers, here)
    moment = _present(timeline, now)
    first, _, rest = words.strip().partition(" ")
    command = _QUESTIONS.get(first.lower().rstrip(":,"))
    with _in_field("words"):
        answer = command(timeline, rest, moment) if command else _either(timeline, words, moment)
    verdict = answer.verdict if isinstance(answer, Return) else answer
    tone = getattr(verdict, "urgency", None) or getattr(verdict, "verdict", "")
    text = views.render(answer)
    # Words that aren't understood may tell of anything.
    if tone == NO_RULE and SEE_HELP in text:
        text = text.replace(SEE_HELP, help_tiers(timeline))
    if tone == NO_RULE and verdict.meaning.declared:
        text = f"If that applies to you, tick it under “Change my answers”: then it counts.\n{text}"
    return {"text": text, "tone": tone}


def _either(timeline: Timeline, words: str, now: datetime) -> Any:
    """Answer what may be done, or what is usual, whichever the words are about."""
    verdict = can(timeline, words, now=now)
    if verdict.is_understood or verdict.urgency:
        return verdict
    sighting = normal(timeline, words, now=now)
    return sighting if sighting.meaning.is_sure or sighting.verdict != "unknown" else verdict


def _when(timeline: Timeline, words: str, now: datetime) -> Any:
    found = when(timeline, words, now=now)
    if not (found.verdict.meaning.is_sure or found.verdict.meaning.signs):
        sighting = normal(timeline, words, now=now)
        if sighting.meaning.is_sure:
            return sighting
    return found


_QUESTIONS: Mapping[str, Callable[[Timeline, str, datetime], Any]] = {
    "can": _either,
    "when": _when,
    "normal": lambda timeline, words, now: normal(timeline, words, now=now),
    "why": lambda timeline, words, _: why(timeline, words),
    "check": lambda timeline, _, __: check(timeline),
}


def _present(timeline: Timeline, now: str) -> datetime:
    """Return the instant *now*, which carries its offset, by the clock of the treatment."""
    return datetime.fromisoformat(now).astimezone(timeline.treatment.zone)


_CALLS: Mapping[str, Callable[..., Any]] = {
    "find_beside": find_beside,
    "find_dangers": find_dangers,
    "describe": describe,
    "plan": plan,
    "calendar": calendar,
    "ask": ask,
}
