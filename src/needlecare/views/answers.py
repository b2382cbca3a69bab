"""Answers of every kind for people; those to `why`, `check` and `sessions` are written here."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain

from needlecare.ask.lookup import Meaning
from needlecare.ask.reasons import Dated, Ends, Reasons, Screened, Unjudged
from needlecare.ask.today import Return, Sighting
from needlecare.ask.verdict import Verdict
from needlecare.errors import visible
from needlecare.model import plan, voices
from needlecare.model.facts import NONE
from needlecare.model.ruleset import ASK, AVOID, CALL, DO, LEVELS, PREPARE, Rule, RuleSet, Screening
from needlecare.model.time import Duration, shift_date, spelled_out
from needlecare.timeline.agenda import Course
from needlecare.views import course as course_words
from needlecare.views import phrases as say
from needlecare.views import sheet, verdicts
from needlecare.views.phrases import Clock, capital, grouped, join_words, led, sentence
from needlecare.views.signs import joined, list_sighting

Answer = Verdict | Return | Sighting | Reasons | Screened
_SHOWN = 3
_WIDEST = 79
_DAY = timedelta(days=1)
# What stands behind an answer that may come with a day.
_DATED = "=DATE"
_ONE_VOICE = "Sources that copy one template count as one."


def render(answer: Answer, *, several: bool = False, whole: bool = False) -> str:
    """Format an answer of any kind; with *several* treatments open, which one it counts from."""
    doubtful = _doubtful(answer)
    if doubtful:
        return _finished(_not_understood(doubtful), doubtful.timeline)
    lines: Iterable[str]
    match answer:
        case Reasons():
            each = (_reasons(one, several=bool(answer.also)) for one in (answer, *answer.also))
            lines = (*chain.from_iterable(each), _ONE_VOICE, say.SEE_HELP)
        case (Verdict() as verdict) | Sighting(done=Verdict() as verdict):
            lines = verdicts.list_verdict(verdict, several=several)
        case Sighting():
            lines = list_sighting(answer)
        case Return():
            lines = verdicts.list_return(answer, several=several)
        case Screened():
            lines = _screened(answer, whole=whole)
    return _finished(lines, answer.verdict.timeline if isinstance(answer, Return) else answer.timeline)


def _finished(lines: Iterable[str], timeline: plan.Timeline) -> str:
    """Finish an answer with what was changed of the core, and whom to believe first."""
    said = list(lines)
    unheard = (one.text for one in timeline.facts.unheard if not any(one.text in line for line in said))
    return "\n".join([*said, *unheard, *sheet.list_core_changes(timeline.rule_set), say.NO_ADVICE]) + "\n"


def _doubtful(answer: Answer) -> Verdict | Sighting | Reasons | None:
    """Return what an answer rests on where the question wasn't understood."""
    asked = answer.verdict if isinstance(answer, Return) else answer
    if isinstance(asked, Screened) or asked.is_understood or (isinstance(asked, Verdict) and asked.urgency):
        return None
    return asked


def _not_understood(doubtful: Verdict | Sighting | Reasons) -> Iterator[str]:
    """Yield what isn't understood, what comes close, and what would be a reason to get help."""
    meaning, timeline, signs = doubtful.meaning, doubtful.timeline, isinstance(doubtful, Sighting)
    yield from () if isinstance(doubtful, Reasons) else say.list_against(timeline, doubtful.asked.reference)
    yield _not_known(meaning, timeline.rule_set, signs=signs)
    yield from _closest(meaning, timeline.rule_set, signs=signs)
    if isinstance(doubtful, Verdict) and doubtful.alone and not (meaning.other or meaning.undated):
        if doubtful.alone.silent:
            yield f"Ask {timeline.facts.clinician} about it before you have it."
        else:
            rest = "" if meaning.nearest else f" Ask {timeline.facts.clinician} about the rest."
            yield f"{verdicts.say_alone(doubtful.alone)}{rest}"
    yield say.help_tiers(timeline) if signs else say.SEE_HELP


def _not_known(meaning: Meaning, rule_set: RuleSet, *, signs: bool) -> str:
    """Say which words aren't understood, and what that means for the answer."""
    if meaning.undated:
        return f"I don't know when “{' '.join(meaning.undated)}” is, so this is not a yes."
    if meaning.turning:
        return f"I don't know what “{meaning.turning}” means here, so this is not a yes. Ask about the thing itself."
    if meaning.other:
        return f"My answers are for whoever was treated. For “{meaning.other}”, ask a doctor or pharmacist."
    if meaning.elsewhere and not meaning.unknown:
        return "That skin wasn't treated: nothing in the aftercare speaks against what is done to that skin alone."
    words = _unknown_words(meaning)
    if signs or meaning.ids:
        return f"I don't know “{words}”, so I can't say {'that it is usual' if signs else 'yes'}."
    if not rule_set.signs.keys().isdisjoint(meaning.nearest):
        return f"That is about what you see or feel: ask `needlecare normal {rule_set.label(meaning.nearest[0])}`."
    return f"I don't know “{words}”: my rules say nothing about it; they are about {say.ABOUT}."


def _unknown_words(meaning: Meaning) -> str:
    """Return the words that aren't known; all that was typed if none is, or if something in it can't be seen."""
    shown = visible(meaning.typed)
    return shown if shown != meaning.typed else " ".join(meaning.unknown) or shown


def _closest(meaning: Meaning, rule_set: RuleSet, *, signs: bool) -> Iterator[str]:
    """Yield how to ask so that it is understood."""
    if meaning.undated:
        yield "Name a day or a part of it: tomorrow, on 22 Nov, this evening, at 18:00."
    if not signs and len(meaning.ids) > 1 and meaning.unknown:
        yield f"Ask about each on its own: {'; '.join(map(rule_set.label, meaning.ids))}."
    known = rule_set.signs if signs else rule_set.activities
    if meaning.nearest and all(one in known for one in meaning.nearest):
        yield f"Did you mean {' or '.join(map(rule_set.label, meaning.nearest))}?"


# Why?

_KINDS = {"ask": "ask first: ", "allow": "OK ", "expect": "usual "}
_STANCES = {
    "states": "Who says so:",
    "better-not": "Who says better wait for so long:",
    "opposite": "Who disagrees:",
    "less": "Others say:",
}
_WORDS = {"why": "why", "because": "this value because", "by": "by", "note": "note"}


def _reasons(reasons: Reasons, *, several: bool) -> Iterator[str]:
    """Yield what holds for the person, how far sources lie apart, and then every rule with its sources."""
    timeline = reasons.timeline
    if several:
        yield f"{capital(say.treatment_of(timeline))}:"
    yield from _calls(reasons)
    yield from (_holds(window, timeline, first=not number) for number, window in enumerate(reasons.windows))
    ends = [f"{_say_ends(found, reasons.windows[0].kind)}." for found in reasons.ends]
    yield from ends or (["No source gives an end."] if reasons.windows else [])
    for title, rules in (("What decides", reasons.rules), ("What lost", reasons.lost)):
        for rule in rules:
            yield from _rule(title, rule, reasons)
    yield ""


def _calls(reasons: Reasons) -> Iterator[str]:
    """Yield where to get help for the signs that are asked about."""
    for flag in [rule for rule in reasons.rules if rule.verb == CALL]:
        named = join_words(reasons.timeline.rule_set.label(one) for one in flag.targets if one in reasons.meaning.ids)
        yield f"{capital(named)}: {say.help_for(flag.urgency, reasons.timeline)}."


def _holds(window: plan.Window, timeline: plan.Timeline, *, first: bool) -> str:
    """Say what a window means for the person, and of the *first* why."""
    rule_set, clock = timeline.rule_set, Clock(timeline)
    if window.kind == AVOID:
        text = f"{clock.restriction(window)}{clock.tail(window)}"
    elif window.kind == ASK:
        text = f"{_KINDS[ASK]}{window.ask}"
    elif window.kind in (DO, PREPARE):
        text = f"{clock.with_details(window)} ({_whole(window, clock)})"
    else:
        text = f"{_KINDS[window.kind]}{_whole(window, clock)}{led('; if ', window.condition)}"
    why = rule_set.rules[window.rule].words.get("why") if first else None
    return f"{capital(rule_set.label(window.target))}: {text}.{led(' ', why and sentence(why))}"


def _say_ends(found: Ends, kind: str) -> str:
    """Format how many sources state an end, what most of them state, and what the plan takes."""
    agree = "most say" if found.agreeing < found.voices else "all say" if found.voices > 1 else "it says"
    about = " on just this" if found.is_part else ""
    said = f"{say.counted(found.voices, 'independent source')}{about}; {agree} {_length(found.low, found.high)}"
    return f"{'Before it: ' if found.before else ''}{said}; this plan {_say_own(found.own, kind)}"


def _say_own(own: voices.Side | None, kind: str) -> str:
    """Format how far the plan itself reaches."""
    if own is None:
        return "gives no end"
    if own.lower == voices.ALL_TIME:
        return f"says {'never' if kind == AVOID else 'always'}"
    if kind != AVOID:
        return f"takes {_length(*own)}"
    better = f"better wait{', without end' if own.upper == voices.ALL_TIME else f' for {_length(own.upper)}'}"
    if own.lower == voices.NO_TIME:
        return f"says {better}"
    return f"takes {_length(own.lower)}{led(', ', better if own.upper > own.lower else '')}"


def _length(*reaches: voices.Reach) -> str:
    """Format a length, or two as a range."""
    texts = ("the day itself" if one.least < one.most == _DAY else str(one) for one in reaches)
    return spelled_out("..".join(dict.fromkeys(texts)))


def _whole(window: plan.Window, clock: Clock) -> str:
    begins, seen = clock.at(window.start), clock.until_seen(window)
    if window.is_instant:
        return f"from {begins}"
    if begins == clock.last_day(window.end):
        return begins
    ends = "" if seen and window.end == plan.FOREVER else f" to {clock.until(window.end)}"
    return f"{begins}{ends}{led(', ', seen)}"


def _rule(title: str, rule: Rule, reasons: Reasons) -> Iterator[str]:
    yield ""
    targets = join_words(map(reasons.timeline.rule_set.label, rule.targets))
    value = f"{', '.join(rule.targets)}: {rule.value}"
    yield f"{title}: {rule.verb} {targets} (rule {rule.id} of {rule.origin}, {value})"
    yield from (f"  {lead}: {rule.words[key]}" for key, lead in _WORDS.items() if key in rule.words)
    stances = grouped((voice for voice in reasons.voices if voice.rule == rule.id), lambda voice: voice.stance)
    for stance, lead in _STANCES.items():
        yield from (f"  {lead}" for _ in stances.get(stance, ())[:1])
        for voice in stances.get(stance, ()):
            source, note = voice.source, voice.saying.note
            template = led("; copies the template ", source.family)
            about = f"[{say.join_known(source.title, source.kind, source.year)}{template}]"
            yield f"  - {source.id}: {spelled_out(voice.saying.value)}{f' ({note})' if note else ''} {about}"


# What speaks against the treatment?


def _screened(screened: Screened, *, whole: bool) -> Iterator[str]:
    timeline = screened.timeline
    for finding in screened.findings:
        yield from _finding(finding, screened, whole=whole)
    yield from (_unjudged(one, timeline) for one in screened.unjudged)
    yield from (_dated(one, timeline) for one in screened.dated if not one.counts)
    if screened.planned:
        labels = capital(join_words(timeline.rule_set.facts[one.fact].label_of(one.answer) for one in screened.planned))
        yield f"{labels}: not a reason against the treatment in these rules; the plan says what to do about it."
    if not screened.is_against:
        yield from _nothing_against(screened)
    if screened.unanswered:
        yield from _unanswered(screened, whole=whole)
    yield say.SEE_HELP


def _finding(finding: plan.Finding, screened: Screened, *, whole: bool) -> Iterator[str]:
    screening, named = finding.screening, led(": ", ", ".join(finding.sources) if whole else "")
    sources = f" ({say.counted(len(finding.sources), 'source')}{named})" if finding.sources else ""
    yield f"{sheet.lead_of(finding.level, screened.timeline)}: {screening.text or screening.id}{sources}"
    if screening.note:
        yield f"  {screening.note}"
    dated = (one for one in screened.dated if one.counts and one.screening is screening)
    yield from (f"  {_dated(one, screened.timeline)}" for one in dated)


def _nothing_against(screened: Screened) -> Iterator[str]:
    facts, rule_set = screened.timeline.facts, screened.timeline.rule_set
    apart = "Apart from that, no rule speaks" if screened.findings or screened.unjudged else "Nothing known"
    answered = f"{say.counted(screened.answered, 'question')} answered (there are {len(rule_set.screenings)})"
    yield f"{apart} against it, of the {answered}."
    if names := [name for name in say.facts_of(screened.assumed) if name in facts.assumed]:
        given = chain.from_iterable(say.labels(facts.assumed[name], rule_set.facts[name]) for name in names)
        values = join_words(one for one in given if one != NONE)
        otherwise = f"say otherwise with {say.options(names, rule_set)}"
        yield f"What is assumed ({values}) answers {len(screened.assumed)} more; {otherwise}."


def _unanswered(screened: Screened, *, whole: bool) -> Iterator[str]:
    """Yield what wasn't said, the gravest first: how to say it, or of the *whole* what it would mean too."""
    timeline, rule_set = screened.timeline, screened.timeline.rule_set
    several = (one for one in say.facts_of(screened.unanswered) if rule_set.facts[one].several)
    none = join_words(say.option(one, rule_set, "none") for one in several)
    dated = " (DATE: its last day)" if any(one.within for one in screened.unanswered) else ""
    apply = f"Say what applies to you{dated}{led('; if nothing does, ', none)}:"
    yield ""
    yield f"Not answered ({len(screened.unanswered)}). {apply}"
    by_level = grouped(sorted(screened.unanswered, key=lambda one: LEVELS.index(one.level)), lambda one: one.level)
    for level, open_ones in by_level.items():
        yield from (_in_full if whole else _in_short)(sheet.lead_of(level, timeline), open_ones, timeline)
    if not whole:
        yield "What each one means: `needlecare check --all`."


def _in_full(lead: str, screenings: Iterable[Screening], timeline: plan.Timeline) -> Iterator[str]:
    """Yield what each of *screenings* means, with the options that would tell whether it applies."""
    rule_set = timeline.rule_set
    yield f"{lead}:"
    for screening in screenings:
        options: list[str] = []
        for name, answers in _open_answers(screening, timeline):
            dated = (one.removesuffix(_DATED) for one in answers if one.endswith(_DATED))
            means = " or ".join(dict.fromkeys(filter(None, map(rule_set.facts[name].dated_of, dated))))
            options.append(f"{say.option(name, rule_set, '|'.join(answers))}{f', {means} on DATE' if means else ''}")
        yield f"- {screening.text or screening.id}{f' ({join_words(options)})' if options else ''}"


def _open_answers(screening: Screening, timeline: plan.Timeline) -> Iterator[tuple[str, list[str]]]:
    """Yield each fact that would tell whether *screening* applies, with the answers that would make it apply."""
    open_facts = {*timeline.facts.unknown, *timeline.facts.partial}
    for test in screening.when.tests:
        fact = timeline.rule_set.facts[test.fact]
        if fact.id in open_facts:
            given = [answer.id for answer in fact.answers if test.accepts((answer.id,))] if test.answers else []
            dated = _DATED if screening.within and fact.several else ""
            yield fact.id, ["NUMBER"] if fact.is_number else [f"{one}{dated}" for one in given]


def _in_short(lead: str, screenings: Iterable[Screening], timeline: plan.Timeline) -> Iterator[str]:
    """Yield the answers that would make *screenings* apply, behind their options, as they are asked."""
    from textwrap import wrap

    rule_set, options = timeline.rule_set, []
    answers = chain.from_iterable(_open_answers(one, timeline) for one in screenings)
    for name, found in grouped(answers, lambda one: one[0]).items():
        given = set(chain.from_iterable(values for _, values in found))
        known = [one.id for one in rule_set.facts[name].answers]
        listed = sorted(given, key=lambda one: known.index(one.partition("=")[0]) if known else 0)
        options.append(say.option(name, rule_set, (", " if rule_set.facts[name].several else "|").join(listed)))
    yield from wrap(f"{lead}: {'; '.join(options)}", _WIDEST, subsequent_indent="  ", break_on_hyphens=False)


def _dated(one: Dated, timeline: plan.Timeline) -> str:
    """Format what a date means, and whether that is long enough before the treatment."""
    within: Sequence[Duration] = one.screening.within or ()
    treated = timeline.treatment.day
    longer = [length.in_words for length in within if shift_date(one.day, length) > treated]
    if not longer:
        how = f"{within[-1].in_words} or more before the treatment. If that isn't so, leave the date out"
    elif one.day > treated:
        how = "after the treatment"
    else:
        how = f"less than {longer[0]} before the treatment"
    return f"{capital(say.dated(one.fact, one.answer, one.day, timeline.rule_set))}: {how}."


def _unjudged(one: Unjudged, timeline: plan.Timeline) -> str:
    rule_set = timeline.rule_set
    given = (say.labels(timeline.facts.value(name), rule_set.facts[name]) for name in one.given)
    others = join_words(chain.from_iterable(given))
    label = rule_set.facts[one.fact].label_of(one.answer)
    return f"Not judged: no rule covers {label}{led(' for ', others)}; ask {timeline.facts.clinician}."


# When are the next sessions?


def render_course(course: Course, timeline: plan.Timeline) -> str:
    """Format a course of sessions, on one line of time and in words."""
    return _finished(_course(course, timeline), timeline)


def _course(course: Course, timeline: plan.Timeline) -> Iterator[str]:
    if stop := course_words.list_stop(timeline):
        yield from (*stop, say.SEE_HELP)
        return
    yield f"{say.counted(course.size, 'session')}, the first on {say.date(course.first)}."
    for step in course.steps:
        yield from _marked("- ", "  ", course_words.list_step(step, course, timeline))
    if course.deadline:
        yield from _marked("", "- ", course_words.list_deadline(course, course.deadline, timeline.rule_set))
    sources = dict.fromkeys(chain.from_iterable(step.session.sources for step in course.steps))
    behind = f"({say.counted(len(sources), 'source')}: {', '.join(sources)})" if sources else ""
    yield from joined([sentence(led("Then ", course.then)), course.note, behind])
    if unsure := dict.fromkeys(fact for step in course.steps for fact in step.session.unsure):
        options = say.options(unsure, timeline.rule_set)
        yield f"The longest spacing is used, since {join_words(unsure)} isn't known; say it with {options}."
    yield say.SEE_HELP


def _marked(first: str, others: str, lines: Iterable[str]) -> Iterator[str]:
    """Put *first* before the first of *lines*, and *others* before each of the others."""
    yield from (f"{others if number else first}{line}" for number, line in enumerate(lines))
