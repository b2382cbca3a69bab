"""The answers to `can` and `when` for people: the answer in the first line, the reason in the second."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from needlecare.ask.names import says
from needlecare.ask.today import Return
from needlecare.ask.verdict import NO_RULE, PartVerdict, Verdict, is_before, prepares
from needlecare.model.plan import BETTER_NOT, FOREVER, NO, YES, Window
from needlecare.model.ruleset import ALLOW, ASK, DO, EMERGENCY, PRESCRIBED, Urgency
from needlecare.views import phrases as say
from needlecare.views.phrases import Clock, capital, grouped, join_whom, join_words, led, sentence, topmost
from needlecare.views.signs import joined, list_sources, list_urgent, named

_SHOWN = 3


def _about(verdict: Verdict, clock: Clock) -> str:
    return named(verdict.label, verdict.asked, clock, verdict.timeline)


_SayPart = Callable[[PartVerdict, Verdict, Clock], str]
_LEADS = {YES: "Yes", BETTER_NOT: "Better wait", ASK: "Ask first", NO: "No", NO_RULE: "I don't know"}
_IF_EARLY, _IF_DONE = {YES: "Not too soon", NO: "Too soon"}, {YES: "That was OK"}
_IF_ENDING = {YES: "Not yet", NO: "Stop now", BETTER_NOT: "Better stop now"}
_ELSEWHERE = "nothing in the aftercare speaks against it, away from the treated skin"
_TWICE, _SAME = ": never both at once", "They hold the same medicine, or one of its kind."
_SILENT = {
    "before": "no rule speaks of the time before the treatment",
    "time": "no rule speaks of that time",
    "advice": "no rule restricts it then, and none recommends it",
    "check": "nothing that I know of you speaks against it",
}


def list_verdict(verdict: Verdict, *, several: bool) -> Iterator[str]:
    """Yield the lines of a verdict; with *several* treatments open, which one it counts from."""
    if verdict.urgency:
        yield from _in_danger(verdict, verdict.urgency)
    elif verdict.findings:
        yield from _screened(verdict)
    elif verdict.meaning.turning and verdict.supports:
        until = Clock(verdict.timeline).until(verdict.supports[0].end)
        yield f"Better keep it up until {until}. {' '.join(_recommended(verdict))}"
        yield from joined(list_sources(verdict))
    else:
        yield from _permission(verdict, Clock(verdict.timeline), several=several)
    if verdict.urgency != EMERGENCY:
        yield say.red_flag_line(verdict.timeline) if verdict.urgency else say.SEE_HELP


def _permission(verdict: Verdict, clock: Clock, *, several: bool) -> Iterator[str]:
    yield from say.list_against(verdict.timeline, verdict.asked.reference)
    if verdict.prescribed and not verdict.mixed:
        yield _as_prescribed(verdict, clock)
        if verdict.verdict == ASK:
            yield from joined(_prescribed(verdict))
            return
        # The rest of the answer is about what else was asked.
        verdict = verdict.besides._replace(ask=verdict.ask[1:], prescribed=())
    is_apart = verdict.is_held or all((verdict.verdict == ASK, not verdict.mixed))
    apart = list(_each_part(verdict, clock)) if verdict.meaning.ids[1:] and is_apart else []
    if apart[1:]:
        lead = f"{_lead(verdict)}{'' if verdict.is_divided else _asking_too(verdict)}"
        yield f"{named(lead, verdict.asked, clock, verdict.timeline)}. {' '.join(apart)}"
        verdict = verdict._replace(parts=())
    elif told := _told(verdict, clock, _say_part):
        name, _, rest = told.partition(":")
        yield f"{named(name, verdict.asked, clock, verdict.timeline)}:{rest}"
        verdict = verdict._replace(parts=())
    else:
        yield _sum_up(verdict, clock)
    ends = (_counted_from(verdict, several=several), list_sources(verdict))
    yield from joined(chain(_unheard(verdict), _detail(verdict, clock), *ends))


def _sum_up(verdict: Verdict, clock: Clock) -> str:
    """Say the answer and how long it holds; where no rule has one, how to get ready."""
    told = _told_how_long(verdict, clock)
    lead, rest = (capital(told), "") if told == say.NEVER_ADVISED else (_lead(verdict), led(": ", told))
    due = _due(verdict) if verdict.verdict == NO_RULE else ()
    return " ".join(due) or f"{'' if told == _ELSEWHERE else f'{lead}. '}{_about(verdict, clock)}{rest}."


def _in_danger(verdict: Verdict, urgency: Urgency) -> Iterator[str]:
    """Yield where to get help for what the words name; what else they ask about comes after that, without a date."""
    yield from list_urgent(urgency, verdict.meaning.signs, verdict)
    if urgency == EMERGENCY and not (verdict.meaning.stopping and verdict.prescribed):
        return
    speaks = [*say.list_against(verdict.timeline, None if verdict.findings else verdict.asked.reference)]
    if verdict.meaning.ids:
        verdict = verdict._replace(ask=verdict.ask[1:])
        said = f"{'No' if verdict.verdict == NO else 'Ask there first'}{_asking_too(verdict)}: {verdict.label}."
        goes_on = verdict.prescribed and not verdict.mixed and _as_prescribed(verdict, Clock(verdict.timeline))
        speaks = [goes_on or said, *speaks, *_instead(verdict.instead)]
    yield from joined(speaks)


def _screened(verdict: Verdict) -> Iterator[str]:
    """Yield what speaks against the treatment, where that itself is asked about."""
    clock, shown = Clock(verdict.timeline), say.to_name(verdict.findings, verdict.meaning.declared)
    soon = [f"{_about(verdict, clock)}: {_holding(verdict, clock)}."] if verdict.session else []
    lead = f"{'No' if verdict.verdict == NO else _lead(verdict)}{_asking_too(verdict)}."
    first = sentence(shown[0].screening.text or shown[0].screening.id)
    yield " ".join([lead, *soon, first, *map(say.brief, shown[1:])])
    counts = ((len(verdict.findings) - len(shown), "more reason"), (len(verdict.sources), "source"))
    yield f"({', '.join(say.counted(*one) for one in counts if one[0])}: `needlecare check`)".replace("(: ", "(")


def _lead(verdict: Verdict) -> str:
    """Return the answer itself, and on which condition it holds."""
    if verdict.verdict == ASK:
        return f"Ask {join_whom(verdict.ask)} first"
    if _is_done(verdict):
        is_over = verdict.until and verdict.until < verdict.asked.end
        return "Maybe too soon" if is_over else "That was too soon" if verdict.until else "Not again"
    apart = f": not all of it{_asking_too(verdict)}" if verdict.is_divided else _TWICE * _is_doubled(verdict)
    return f"{_answer(verdict)}{apart}{led(', only if ', join_words(verdict.conditions))}"


def _answer(verdict: Verdict) -> str:
    """Return the answer alone, to whatever is asked: whether, when to stop, or whether it was too soon."""
    is_early = says("early", verdict.meaning.typed, verdict.timeline.rule_set)
    leads = _IF_EARLY if is_early else _IF_DONE if verdict.asked.past else {}
    leads = _IF_ENDING if verdict.meaning.turning and verdict.asked.now else leads
    return leads.get(verdict.verdict, _LEADS[verdict.verdict])


def _is_done(verdict: Verdict) -> bool:
    """Return whether it is about something that was done, and is no longer to be judged."""
    return verdict.asked.past and verdict.is_held and not verdict.mixed


def _is_doubled(verdict: Verdict) -> bool:
    """Return whether it is a no because two medicines hold the same."""
    return verdict.mixed and verdict.verdict == NO and not verdict.windows


def _asking_too(verdict: Verdict) -> str:
    return led("; ask ", join_whom(verdict.ask) if verdict.verdict == NO else "")


def _told_how_long(verdict: Verdict, clock: Clock) -> str:
    """Format how long the answer holds, and whom to ask besides."""
    held = _holding(verdict, clock)
    if verdict.verdict == NO and verdict.ask and held:
        return say.then_ask(held, join_whom(verdict.ask), is_over=verdict.until is not None)
    is_ahead = verdict.verdict == BETTER_NOT and verdict.again and not _is_done(verdict)
    again = f"no from {clock.at(verdict.again)}" if is_ahead and verdict.again else ""
    return "; ".join(filter(None, (again, held)))


def _holding(verdict: Verdict, clock: Clock) -> str:
    """Format how long the answer holds."""
    if verdict.verdict == NO_RULE:
        return _SILENT.get(verdict.silent, _ELSEWHERE if verdict.is_of_other_skin else "my rules say nothing about it")
    if verdict.verdict == ASK or verdict.is_divided or _is_doubled(verdict):
        return ""
    if not verdict.is_yes:
        return _restricted(verdict, verdict, clock)
    return "; ".join(filter(None, _free(verdict, clock)))


def _free(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield since when something is all right, until when, and what must have been seen."""
    if verdict.and_once and not verdict.parts:
        yield f"only if {say.labels_of(verdict.and_once)}"
    elif verdict.since is not None and verdict.since > verdict.timeline.treatment.first:
        is_over = not verdict.session and (verdict.asked.now or verdict.asked.past)
        yield f"OK {'since' if is_over else 'from'} {clock.at(verdict.since)}"
    yield from (clock.permitted_until(one) for one in verdict.permits[:1])
    if verdict.again is not None:
        yield f"not again from {clock.at(verdict.again)}"


def _restricted(part: PartVerdict | Verdict, verdict: Verdict, clock: Clock) -> str:
    """Format until when a part of an answer, or all of it, is a no or a better not."""
    if part.verdict == BETTER_NOT:
        if part.until is None:
            return clock.better_not(None, verdict.windows).removeprefix("better wait: ")
        return f"OK from {clock.at(part.until)}{led(', only if ', say.labels_of(part.and_once))}"
    then = clock.then_better_not(part.better_until, verdict.windows, is_open=part.is_open)
    return f"{clock.not_before(part.until, part.and_once, part.earliest, verdict.asked.start)}{then}"


def _say_part(part: PartVerdict, verdict: Verdict, clock: Clock) -> str:
    """Format what holds for a part of what was asked; whom to ask is named before it."""
    if part.verdict == YES:
        is_advised = part.activity not in verdict.timeline.rule_set.unadvised
        return (led("only if ", say.labels_of(part.and_once)) or "OK") if is_advised else _SILENT["advice"]
    if part.verdict == ASK:
        return "ask them first"
    text = _restricted(part, verdict, clock)
    if part.asks:
        return say.then_ask(text, "them", is_over=part.until is not None)
    return f"better wait, {text}" if part.verdict == BETTER_NOT else text


def _each_part(verdict: Verdict, clock: Clock, *whole: str, to_say: _SayPart = _say_part) -> Iterator[str]:
    """Yield what holds for the parts of what was asked, the soonest first, unless it is said of the *whole* already."""
    whole = tuple(one.replace(join_whom(verdict.ask), "them") if verdict.ask else one for one in whole)
    apart = [
        (text, parts)
        for text, parts in _by_end(verdict, clock, to_say)
        if {text, text.removeprefix("better wait, "), f"better wait: {text}"}.isdisjoint(whole)
    ]
    for text, parts in apart if verdict.meaning.ids[1:] or verdict.is_divided else apart[:_SHOWN]:
        yield f"{_name_parts(parts, verdict)}: {text}."


def _by_end(verdict: Verdict, clock: Clock, to_say: _SayPart) -> list[tuple[str, list[PartVerdict]]]:
    """Group the parts of what was asked by what holds for them, the soonest over first."""
    free = verdict.asked.start
    ends = sorted(verdict.parts, key=lambda it: it.better_until or it.until or (free if it.verdict == YES else FOREVER))
    return [*grouped(ends, lambda part: to_say(part, verdict, clock)).items()]


def _name_parts(parts: Iterable[PartVerdict], verdict: Verdict) -> str:
    """Name what the same holds for: what was asked about is that without its other parts."""
    rule_set, shown = verdict.timeline.rule_set, topmost((part.activity for part in parts), verdict.timeline.rule_set)
    other = f"other {rule_set.short(verdict.meaning.ids[0]).removeprefix('other ')}"
    names = [rule_set.label(one) if verdict.meaning.ids != (one,) else other for one in shown]
    return capital(say.join_some(names, 2 * _SHOWN))


def _unheard(verdict: Verdict) -> Iterator[str]:
    """Yield the words that weren't understood, in an answer that holds whatever they are."""
    meaning = verdict.meaning
    if meaning.unknown:
        yield f"I don't know “{' '.join(meaning.unknown)}”."
    if meaning.undated:
        yield f"I don't know when “{' '.join(meaning.undated)}” is."


def _due(verdict: Verdict) -> Iterator[str]:
    """Yield what is to be prepared at the time before the treatment that is asked about: of now, until then."""
    timeline, asked = verdict.timeline, verdict.asked
    if is_before(asked, timeline):
        asked = asked._replace(end=timeline.treatment.first) if asked.now else asked
        due = prepares(timeline, timeline.rule_set.family(verdict.meaning.ids), asked)
        yield from (sentence(window.text) for window in due if window not in verdict.supports)


def _detail(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield what makes an answer one that somebody can act on."""
    if _is_done(verdict):
        # It has been done already: what to do about that.
        yield from (capital(sentence(one)) for one in _words(verdict.windows, "if-broken"))
        yield f"More stinging, redness or swelling since? Tell {clock.whom}."
        return
    if verdict.verdict == NO_RULE:
        yield from _unknown(verdict, clock)
        return
    yield from _due(verdict)
    if verdict.mixed:
        yield _SAME if _is_doubled(verdict) else "Whether they go together is for them to say."
        yield from map(say_alone, filter(None, [verdict.alone]))
        yield from ("Go on with what was prescribed." for _ in verdict.prescribed[:1])
        return
    said = {YES: "OK", ASK: "ask them first"}.get(verdict.verdict, _LEADS[verdict.verdict].lower())
    parts = list(_each_part(verdict, clock, _holding(verdict, clock), _told_how_long(verdict, clock), said))
    yield from parts
    if verdict.is_yes:
        yield from _worded(verdict)
        yield from _before_next(verdict)
    else:
        worded = _beside(parts, verdict)
        yield from worded
        yield from () if any("prescribed" in one for one in worded) else _if_prescribed(verdict)
        yield from _would_tell_more(verdict, clock)


def _beside(parts: list[str], verdict: Verdict) -> list[str]:
    """Return the words to a verdict; beside what holds for its *parts*, only what to do instead and what is apart."""
    ids, rule_set = verdict.meaning.ids, verdict.timeline.rule_set
    apart = rule_set.asked_apart(ids).union(one for one in ids if rule_set.activities[one].prescribed_to.tests)
    notes = () if apart.isdisjoint(rule_set.family(ids)) else _said(verdict, "note")
    return list(dict.fromkeys([*(_worded(verdict) if verdict.instead or not parts else ()), *notes]))


def _worded(verdict: Verdict) -> Iterator[str]:
    """Yield what to do instead, else why; of a yes, how to do it, else what else to mind."""
    if verdict.instead and not verdict.is_yes:
        yield from _instead(verdict.instead)
    else:
        why = _recommended(verdict) if verdict.is_yes else _said(verdict, "why")
        yield from [*why, *_said(verdict, "note")][:1]


def _instead(words: Iterable[str]) -> Iterator[str]:
    yield from [f"Instead: {sentence(one)}" for one in words][:1]


def _said(verdict: Verdict, key: str) -> Iterator[str]:
    """Yield what the deciding rule has to say under *key*."""
    for deciding in (*verdict.permits, *verdict.windows, *verdict.supports)[:1]:
        words = verdict.timeline.rule_set.rules[deciding.rule_at(verdict.asked.start)].words
        if key in words:
            yield sentence(words[key])


def _recommended(verdict: Verdict) -> Iterator[str]:
    """Yield how to do what is all right, and what would be better still."""
    for window in verdict.supports:
        if window.kind != ALLOW:
            only_if = None if window.condition in verdict.conditions else window.condition
            yield f"{window.text.rstrip('.')}{led('; if ', only_if)}."
    windows = (*verdict.windows[:1], *verdict.supports)
    yield from (f"Better still: {sentence(words)}" for words in _words(windows, "prefer"))


def _words(windows: Iterable[Window], key: str) -> list[str]:
    """Return what *windows* have to say under *key*, each text once."""
    return list(dict.fromkeys(window.words[key] for window in windows if key in window.words))


def _if_prescribed(verdict: Verdict) -> Iterator[str]:
    """Yield what to do where some of what is asked about may have been prescribed."""
    rule_set, asked = verdict.timeline.rule_set, verdict.meaning.ids
    parts = {*chain.from_iterable(map(rule_set.parts_of, asked))}.difference(rule_set.asked_apart(asked), asked)
    if any(rule_set.activities[one].medicine == PRESCRIBED for one in parts):
        yield "Prescribed? Ask who prescribed it."


def _would_tell_more(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield which fact could make a no end sooner."""
    for hint in verdict.hints[:1]:
        if hint.then and verdict.verdict == NO and not verdict.ask:
            yield f"Depending on {say.plain_names(hint.facts)} it may end on {clock.at(hint.then)} already."


def _before_next(verdict: Verdict) -> Iterator[str]:
    """Yield from when it is to be avoided before the next session, where the earliest one would restrict it by then."""
    day, wanted = verdict.timeline.treatment.day, verdict.timeline.rule_set.ancestry(verdict.meaning.ids)
    for session in verdict.timeline.sessions:
        begins = min((first for activity, first in session.precare if activity in wanted), default=None)
        if begins is not None and session.booked is None and begins <= verdict.asked.last <= session.minimum:
            yield f"If your next session is on {say.date(session.minimum, day)}: avoid it from {say.date(begins, day)}."


def say_alone(verdict: Verdict) -> str:
    """Say what holds for the known part of a question whose other words may change it, and on which condition."""
    alone = "" if verdict.meaning.nearest else " alone"
    wait = "better wait, " if verdict.verdict == BETTER_NOT and not verdict.is_divided else ""
    held = _holding(verdict, Clock(verdict.timeline)) or ("not all of it" if verdict.is_divided else "OK")
    text = f"{capital(verdict.label)}{alone}: {wait}{held}{led(', only if ', join_words(verdict.conditions))}."
    return " ".join([text, *(_worded(verdict) if verdict.is_yes else ())])


def _counted_from(verdict: Verdict, *, several: bool) -> Iterator[str]:
    """Yield, where *several* treatments are open, which one an answer counts from, and which say the same."""
    if several:
        yield f"Counted from {say.treatment_of(verdict.timeline)}."
        for other in verdict.also:
            yield f"{capital(say.treatment_of(other.timeline))} says {_LEADS[other.verdict].lower()} too."


def _unknown(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield what the rules do say where they don't say whether it is all right."""
    timeline, rule_set = verdict.timeline, verdict.timeline.rule_set
    yield from [f"Avoid it from {clock.at(verdict.again)}."] if verdict.again else ()
    for window in timeline.of_kind(ALLOW):
        if verdict.silent and window.target in rule_set.ancestry(verdict.meaning.ids):
            yield f"OK from {clock.at(window.start)} until {clock.until(window.end)}{led(', if ', window.condition)}."
    yield from _otherwise(verdict, clock)
    is_everyday = {*rule_set.family(rule_set.standing_for("everyday"))}.issuperset(verdict.meaning.ids)
    about = f"They are about {say.ABOUT}." if is_everyday else f"So this is not a yes: ask {clock.whom}."
    yield from () if verdict.is_of_other_skin else [about]
    if verdict.silent == "check":
        yield "When the next session may be: `needlecare sessions`."


def _otherwise(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Yield what would be restricted if a fact weren't what is assumed."""
    for hint in [one for one in verdict.hints if (one.then or FOREVER) > verdict.asked.start][:1]:
        until = f" until {clock.until(hint.then)}" if hint.then else ""
        what = f"{verdict.timeline.rule_set.label(hint.target)}{until}"
        yield f"With another {say.plain_names(hint.facts)} than assumed: avoid {what}."


def _how_to_ask(verdict: Verdict) -> list[str]:
    return _words((one for one in verdict.windows if one.kind == ASK), "how")


def _as_prescribed(verdict: Verdict, clock: Clock) -> str:
    """Return what to do about a prescribed medicine: ask, and go on with what is swallowed already."""
    about, activities = _about(verdict, clock), verdict.timeline.rule_set.activities
    name = capital(join_words(map(verdict.timeline.rule_set.label, verdict.prescribed)))
    if how := _how_to_ask(verdict):
        # In pregnancy, going on with isotretinoin until somebody has time would be the worse advice.
        return f"Ask {join_whom(verdict.ask)} {how[0]}. {about}."
    if verdict.meaning.stopping:
        return f"Never on your own: ask {join_whom(verdict.ask)} first. {name}."
    if verdict.is_put_on:
        asked = join_whom(verdict.ask) if verdict.ask[1:] else f"who prescribed it, or {clock.whom}"
        return f"Not before you have asked: {asked}. {name}: not on the area of the treatment until they say so."
    if verdict.ask[1:] or not all(activities[one].medicine == PRESCRIBED for one in verdict.prescribed):
        # What one person takes as prescribed may go badly with what another was prescribed.
        others = join_whom(verdict.ask[1:]) or clock.whom
        return f"Not without asking {others} first. {about}. Prescribed to you already? Keep taking it."
    if verdict.meaning.ongoing:
        return f"Keep taking it as prescribed. {name}: ask who prescribed it before you change anything."
    return f"Ask who prescribed it first. {name}. Prescribed to you already? Keep taking it."


def _prescribed(verdict: Verdict) -> Iterator[str]:
    """Yield why to ask about a prescribed medicine, and what to do besides."""
    if others := verdict.besides.meaning.ids:
        yield f"Ask apart about {join_words(map(verdict.timeline.rule_set.label, others))}."
    if verdict.meaning.stopping:
        yield "Nobody else can say when to stop, start or change it."
    elif _how_to_ask(verdict):
        yield from _said(verdict, "why")
    elif not verdict.is_put_on:
        yield "Never stop, start or change it on your own."
    yield from _instead(_said(verdict, "instead"))
    yield from list_sources(verdict)


# From when?


def list_return(found: Return, *, several: bool) -> Iterator[str]:
    """Yield from when something is all right again."""
    counted = found.counted
    is_asked = counted and counted.verdict == ASK and (counted.prescribed or counted.until is None)
    if counted is None or counted.verdict == NO_RULE or is_asked:
        yield from list_verdict(found.verdict, several=several)
    else:
        yield from _return(found, counted, several=several)


def _return(found: Return, verdict: Verdict, *, several: bool) -> Iterator[str]:
    last, clock = found.last or verdict, Clock(verdict.timeline)
    # With several treatments another one may decide the last date than the first.
    decides = last if several else verdict
    yield from say.list_against(verdict.timeline, found.verdict.asked.reference)
    is_told = found.free_from or verdict.meaning.ids[1:]
    told, details = _told(verdict, clock, _say_part_return) if is_told else "", [*_unheard(decides)]
    if not told:
        from_when = _say_return(found, verdict, last, clock)
        told, parts = f"{capital(verdict.label)}: {from_when}.", _parts_from(verdict, clock, from_when)
        details += [*parts, *_beside(parts, decides)]
    yield told
    is_unadvised = verdict.timeline.rule_set.unadvised.issuperset(verdict.meaning.ids)
    advice = f"No rule recommends it after that either: ask {clock.whom}." if is_unadvised else ""
    again = f"Not again from {clock.at(found.again)}." if found.again else ""
    ends = (_counted_from(decides, several=several), list_sources(decides))
    yield from joined(chain(details, _if_prescribed(decides), (advice, again), *ends))
    yield say.SEE_HELP


def _parts_from(verdict: Verdict, clock: Clock, whole: str) -> list[str]:
    """Return from when each part of it is all right, unless that is said of the *whole*."""
    is_told = verdict.is_held or (verdict.ask and verdict.meaning.ids[1:])
    said = _holding(verdict, clock) if verdict.verdict == BETTER_NOT else whole
    return list(_each_part(verdict, clock, whole, said, to_say=_say_part_return)) if is_told else []


def _told(verdict: Verdict, clock: Clock, to_say: _SayPart) -> str:
    """Say what holds for each of several things, else for what the plan says to use and the last of the others."""
    is_led = all((to_say is _say_part, verdict.ask))
    if any((is_led, _is_done(verdict), verdict.mixed, not verdict.is_restricted)):
        return ""
    own = verdict._replace(parts=verdict.own_parts)
    if verdict.meaning.ids[1:] and (apart := [*_each_part(own, clock, to_say=to_say)])[1:]:
        return " ".join(apart).replace("ask them", f"ask {join_whom(verdict.ask)}")
    doing = {one.target for one in verdict.timeline.of_kind(DO)}.difference(verdict.meaning.ids)
    said: tuple[list[str], list[str]] = ([], [])
    for text, parts in _by_end(verdict, clock, to_say):
        advised = [one for one in parts if one.activity in doing]
        said[bool(advised)].append(f"{_name_parts(advised or parts, verdict)}: {text}.")
    return " ".join([*said[True], said[False][-1]]) if all((*said, not verdict.ask)) else ""


def _say_part_return(part: PartVerdict, verdict: Verdict, clock: Clock) -> str:
    if part.verdict == NO and part.until and not (part.better_until or part.and_once or part.is_open or part.asks):
        return f"OK from {clock.at(part.until)}"
    return _say_part(part, verdict, clock).removeprefix("better wait, ")


def _say_return(found: Return, verdict: Verdict, last: Verdict, clock: Clock) -> str:
    free = found.free_from
    if verdict.verdict == ASK:
        no = clock.not_before(verdict.until, (), None, verdict.asked.start)
        return say.then_ask(no, join_whom(verdict.ask), is_over=True)
    if free is None:
        # What has to be seen first, or that it never ends.
        no = clock.not_before(None, verdict.and_once, verdict.earliest, verdict.timeline.treatment.last)
        return f"{no}{led('; ask ', join_whom(verdict.ask))}"
    if verdict.is_yes:
        only_if = say.labels_of(verdict.and_once, verdict.conditions)
        return f"OK from {clock.at(found.better_from or free)}{led(', only if ', only_if)}"
    if verdict.verdict == BETTER_NOT:
        return clock.better_not(found.better_from, last.windows)
    then = clock.then_better_not(found.better_from, last.windows, is_open=last.is_open)
    if not any((verdict.and_once, then, verdict.session, verdict.meaning.unknown)):
        return f"OK from {clock.at(free)}"
    earliest = verdict.earliest if free == verdict.until else None
    return f"{clock.not_before(free, verdict.own_waits, earliest, verdict.asked.start)}{then}"
