"""Why an answer is what it is: every rule and source behind it, how far they lie apart, and what lost."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, product
from typing import NamedTuple

from needlecare.ask.lookup import Meaning
from needlecare.model import voices as heard
from needlecare.model.facts import NONE, Condition, Truth
from needlecare.model.plan import Finding, Timeline, Window
from needlecare.model.ruleset import AVOID, LEVELS, Rule, RuleSet, Saying, Screening, Source
from needlecare.typed import same_as


class Ends(NamedTuple):
    """What *voices* voices state on one side of the treatment, of just what a window is about.

    Most of them, as many as *agreeing*, lie from *low* to *high*; the window itself states *own*, None without an end.
    *is_part* tells that what the window is about is part of something with voices of its own.
    """

    before: bool
    voices: int
    agreeing: int
    low: heard.Reach
    high: heard.Reach
    own: heard.Side | None
    is_part: bool = False


class Voice(NamedTuple):
    """What one source says of one rule, and its *stance*: one of `STANCES` of `model.voices`."""

    rule: str
    source: Source
    saying: Saying
    stance: str

    @property
    def used(self) -> bool:
        """Whether it reaches what the plan states."""
        return self.stance in heard.STANCES[:2]


class Reasons(NamedTuple):
    """Everything behind what is said of one thing.

    *windows* are what holds; *rules* what made them, the deciding ones first, and what says when to get help; *lost*
    those that a stricter one beats. *also* are those of other treatments.
    *ends* are what the voices that give an end state of it, on each side of the treatment; *spread* is the shortest and
    the longest of them. *voices_count* counts sources that copy one template as one.
    """

    meaning: Meaning
    timeline: Timeline
    windows: tuple[Window, ...]
    rules: tuple[Rule, ...]
    lost: tuple[Rule, ...] = ()
    voices: tuple[Voice, ...] = ()
    spread: tuple[str, str] | None = None
    voices_count: int = 0
    ends: tuple[Ends, ...] = ()
    also: tuple["Reasons", ...] = ()

    @property
    def is_understood(self) -> bool:
        """Whether anything is said of it, and it is about the person of the plan."""
        signs = self.timeline.rule_set.signs.keys() & {*self.meaning.ids}
        return bool(self.windows or signs) and not self.meaning.other


def find_reasons(timeline: Timeline, meaning: Meaning) -> Reasons:
    """Gather the reasons for what the plan says of the activities or signs that *meaning* names."""
    rule_set = timeline.rule_set
    windows = tuple(chain.from_iterable(_windows(timeline, one) for one in meaning.ids))
    made = dict.fromkeys(chain.from_iterable(window.rules for window in windows))
    beaten = dict.fromkeys(chain.from_iterable(window.overruled for window in windows))
    flags = tuple(rule for rule in timeline.red_flags if not set(rule.targets).isdisjoint(meaning.ids))
    rules = (*map(rule_set.rules.__getitem__, made), *flags)
    lost = tuple(rule_set.rules[id_] for id_ in beaten if id_ not in made)
    voices = tuple(_voices(windows, (*rules, *lost), rule_set))
    found = tuple(_ends(windows[0], rule_set)) if windows else ()
    count = len({voice.source.voice for voice in voices})
    return Reasons(meaning, timeline, windows, rules, lost, voices, _spread((*rules, *lost), rule_set), count, found)


def _voices(windows: Iterable[Window], rules: Iterable[Rule], rule_set: RuleSet) -> Iterator[Voice]:
    """Yield what each source says of each of *rules*, the weightiest first; of several stances the firmest counts."""
    firmest: dict[tuple[str, Saying], int] = {}
    made = map(heard.making, windows)
    for rule_id, saying, place in chain.from_iterable(heard.stances(one, rule_set) for one in made):
        firmest[rule_id, saying] = min(place, firmest.get((rule_id, saying), place))
    for rule in rules:
        for saying in sorted(rule.says, key=lambda one: rule_set.by_weight[one.source]):
            stance = heard.STANCES[firmest.get((rule.id, saying), 0)]
            yield Voice(rule.id, rule_set.sources[saying.source], saying, stance)


def _windows(timeline: Timeline, target: str) -> Iterator[Window]:
    """Return all that is said of a sign; of an activity its restrictions, then what is said of it or its parts."""
    if target in timeline.rule_set.signs:
        yield from (window for window in timeline.windows if window.target == target)
        return
    parts = [part for part in timeline.rule_set.family([target]) if part in timeline.reached]
    yield from timeline.windows_on(target) or chain.from_iterable(map(timeline.windows_on, parts))
    related = {*timeline.rule_set.lineage[target], *parts}
    yield from (window for window in timeline.windows if window.target in related and window.kind != AVOID)


def _ends(window: Window, rule_set: RuleSet) -> Iterator[Ends]:
    """Yield what the independent voices state of each side of *window*, the later first, where they give an end."""
    named = [*map(rule_set.rules.__getitem__, (*window.rules, *window.overruled))]
    own_rules = [rule for rule in named if window.target in rule.targets] or named
    edges = heard.edges_of(heard.making(window), rule_set)
    for before in (False, True):
        sides = [voice.side for voice in heard.voices(own_rules, rule_set, before=before)]
        found = [edge for edge in edges if edge.before == before]
        if sides and found:
            yield Ends(before, len(sides), *_most(sides), _own(window.kind, found), len(own_rules) < len(named))


def _most(sides: Sequence[heard.Side]) -> tuple[int, heard.Reach, heard.Reach]:
    """Return how many of *sides* lie within the shortest span that holds more than half of them, and that span."""
    spans = product((one.lower for one in sides), (one.upper for one in sides))
    held = {(low, high): sum(low <= one.lower and one.upper <= high for one in sides) for low, high in spans}
    enough = (span for span, count in held.items() if 2 * count > len(sides))
    low, high = min(enough, key=lambda span: (span[1].least - span[0].least, span))
    return held[low, high], low, high


def _own(kind: str, edges: Sequence[heard.Edge]) -> heard.Side | None:
    """Return what the *edges* of one side come to."""
    if any(edge.reach is None for edge in edges):
        return None
    lower = [edge.reach.lower for edge in edges if edge.reach and (edge.is_no or kind != AVOID)]
    upper = [edge.reach.upper for edge in edges if edge.reach and not edge.is_no]
    no = max(lower, default=heard.NO_TIME)
    return heard.Side(no, max(upper, default=no))


def _spread(rules: Iterable[Rule], rule_set: RuleSet) -> tuple[str, str] | None:
    """Return the shortest and the longest time after the treatment that a source states."""
    sides = [heard.reading(rule, rule_set, saying).after for rule in rules for saying in rule.says]
    reaches = sorted(reach for side in sides if side for reach in side if reach != heard.ALL_TIME)
    return (str(reaches[0]), str(reaches[-1])) if reaches else None


class Unjudged(NamedTuple):
    """An *answer* that was given to a *fact*, and that no entry judges, because of what other facts are (*given*)."""

    fact: str
    answer: str
    given: tuple[str, ...]


class Dated(NamedTuple):
    """An answer that was given with a *day*, and an entry that counts for some time; *counts* if it does."""

    fact: str
    answer: str
    day: date
    screening: Screening
    counts: bool


class Screened(NamedTuple):
    """What speaks against it: *findings*, gravest first; *unanswered* is what wasn't said, *answered* how many were.

    *assumed* are the entries that only what is assumed answers. *unjudged* is what was said and no entry judges,
    *planned* what none judges either but the plan speaks of. *dated* is what was said with a date.
    """

    timeline: Timeline
    findings: tuple[Finding, ...]
    unanswered: tuple[Screening, ...]
    answered: int
    unjudged: tuple[Unjudged, ...] = ()
    planned: tuple[Unjudged, ...] = ()
    assumed: tuple[Screening, ...] = ()
    dated: tuple[Dated, ...] = ()

    @property
    def is_against(self) -> bool:
        """Whether something says stop, postpone or ask first."""
        return any(finding.level in LEVELS[:3] for finding in self.findings)


def screen(timeline: Timeline) -> Screened:
    """Screen what is known of the person in *timeline*."""
    unjudged = list(_unjudged(timeline))
    planned = [one for one in unjudged if not one.given and _is_planned(timeline, one)]
    others = tuple(one for one in unjudged if one not in planned)
    assumed, dated = tuple(_assumed(timeline)), tuple(_dated(timeline))
    answered = len(timeline.rule_set.screenings) - len(timeline.unanswered) - len(assumed)
    return Screened(timeline, timeline.findings, timeline.unanswered, answered, others, tuple(planned), assumed, dated)


def _assumed(timeline: Timeline) -> Iterator[Screening]:
    """Return the entries that are answered, and by nothing that was said."""
    for screening in timeline.rule_set.screenings.values():
        truth, deciding = screening.when.judge(timeline.facts)
        facts = deciding if truth is Truth.NO else [test.fact for test in screening.when.tests]
        if truth is not Truth.UNKNOWN and not any(fact in timeline.facts.given for fact in facts):
            yield screening


def _unjudged(timeline: Timeline) -> Iterator[Unjudged]:
    """Return what was said of oneself and no entry names, or only entries that all fail for another reason.

    That is an answer of a list that goes on; any other is a circumstance, and nothing to be judged.
    """
    for fact, answer in _open_answers(timeline):
        naming = [one for one in timeline.rule_set.screenings.values() if _asks_for(one.when, fact, answer)]
        found = [one.when.judge(timeline.facts) for one in naming]
        if all(truth is Truth.NO for truth, _ in found):
            others = dict.fromkeys(name for _, failing in found for name in failing if name != fact)
            yield Unjudged(fact, answer, tuple(others))


def _open_answers(timeline: Timeline) -> Iterator[tuple[str, str]]:
    for fact, value in sorted(timeline.facts.given.items()):
        if timeline.rule_set.facts[fact].open and isinstance(value, tuple):
            yield from ((fact, answer) for answer in value if answer != NONE)


def _asks_for(when: Condition, fact: str, answer: str) -> bool:
    return any(test.asks_for(fact, answer) for test in when.tests)


def _is_planned(timeline: Timeline, said: Unjudged) -> bool:
    """Return whether a rule of the plan asks for the answer, or speaks of the activity that is called the same.

    Nothing else judges what a clinic no longer judges.
    """
    rule_set = timeline.rule_set
    if ("screening", said.answer, "switched off") in (one[:3] for one in rule_set.changes):
        return False
    wanted = rule_set.ancestry(same_as(rule_set, rule_set.facts[said.fact], said.answer))
    if any(window.target in wanted for window in timeline.windows):
        return True
    rules = dict.fromkeys(rule for window in timeline.windows for rule in window.rules)
    return any(_asks_for(rule_set.rules[rule].when, said.fact, said.answer) for rule in rules)


def _dated(timeline: Timeline) -> Iterator[Dated]:
    counting = {finding.screening.id for finding in timeline.findings}
    for (fact, answer), day in sorted(timeline.facts.dates.items()):
        for screening in timeline.rule_set.screenings.values():
            asked = screening.within is not None and _asks_for(screening.when, fact, answer)
            if asked and not any(test.negated for test in screening.when.tests):
                yield Dated(fact, answer, day, screening, screening.id in counting)
