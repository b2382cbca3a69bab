"""Why an answer is what it is: every rule and source behind it, how far they lie apart, and what lost."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from needlecare.ask.lookup import Meaning
from needlecare.model.facts import NONE, Truth
from needlecare.model.plan import Finding, Timeline, Window
from needlecare.model.ruleset import Rule, Saying, Screening, Source
from needlecare.model.time import parse_bound
from needlecare.typed import same_as


class Voice(NamedTuple):
    """What one source says of one rule; *used* tells whether it is the value that the rule takes."""

    rule: str
    source: Source
    saying: Saying
    used: bool


class Reasons(NamedTuple):
    """Everything behind what is said of one thing.

    *windows* are what holds; *rules* what made them, the deciding ones first; *lost* those that a stricter one beats.
    *also* are those of other treatments.
    *spread* is the shortest and the longest end that a source gives, as they are written. *voices_count* counts
    sources that copy one template as one.
    """

    meaning: Meaning
    timeline: Timeline
    windows: tuple[Window, ...]
    rules: tuple[Rule, ...]
    lost: tuple[Rule, ...]
    voices: tuple[Voice, ...]
    spread: tuple[str, str] | None
    voices_count: int
    also: tuple["Reasons", ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether anything is said of it."""
        return bool(self.windows) or any(one in self.timeline.rule_set.signs for one in self.meaning.ids)


def find_reasons(timeline: Timeline, meaning: Meaning) -> Reasons:
    """Gather the reasons for what the plan says of the activities or signs that *meaning* names."""
    rule_set = timeline.rule_set
    windows = tuple(_windows(timeline, meaning))
    made = list(dict.fromkeys(rule for window in windows for rule in window.rules))
    beaten = dict.fromkeys(one for window in windows for one in window.overruled if one not in made)
    voices = tuple(
        Voice(rule.id, rule_set.sources[saying.source], saying, rule.value in saying.value)
        for rule in (rule_set.rules[id_] for id_ in (*made, *beaten))
        for saying in sorted(rule.says, key=lambda one: rule_set.by_weight[one.source])
    )
    return Reasons(
        meaning,
        timeline,
        windows,
        tuple(rule_set.rules[id_] for id_ in made),
        tuple(rule_set.rules[id_] for id_ in beaten),
        voices,
        _spread(voice.saying.value for voice in voices),
        len({voice.source.family or voice.source.id for voice in voices}),
    )


def _windows(timeline: Timeline, meaning: Meaning) -> Iterable[Window]:
    for one in meaning.ids:
        if one in timeline.rule_set.signs:
            yield from (window for window in timeline.windows if window.target == one)
            continue
        own = timeline.windows_on(one)
        parts = [part for part in timeline.rule_set.family([one]) if part in timeline.reached]
        yield from own or (window for part in parts for window in timeline.windows_on(part))
        related = {*timeline.rule_set.lineage[one], *parts}
        yield from (window for window in timeline.windows if window.target in related and window.kind != "avoid")


def _spread(values: Iterable[str]) -> tuple[str, str] | None:
    """Give the shortest and the longest value that is a plain length of time after the treatment."""
    lengths = []
    for value in values:
        text = value.removeprefix("until ").removeprefix("allow ").removeprefix("avoid ").partition(";")[0]
        bound = parse_bound(text.strip())
        if bound is None or len(bound.terms) == 0 or bound.terms[0].moment != "treatment" or bound.terms[0].sign < 0:
            continue
        stretch = bound.terms[0].offset
        lengths.append((stretch.near.rough_length, str(stretch.near)))
        lengths.append((stretch.far.rough_length, str(stretch.far)))
    return (min(lengths)[1], max(lengths)[1]) if lengths else None


AGAINST = ("stop", "postpone", "ask")


class Unjudged(NamedTuple):
    """An *answer* that was given to a *fact*, and that no entry judges, because of what other facts are (*given*)."""

    fact: str
    answer: str
    given: tuple[str, ...]


class Dated(NamedTuple):
    """An answer that was given with a *day*, and an entry that counts for some time; *counts* tells if it does."""

    fact: str
    answer: str
    day: date
    screening: Screening
    counts: bool


class Screened(NamedTuple):
    """The result: *findings* the gravest first, *unanswered* what wasn't said, *answered* how many were.

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
        return any(finding.level in AGAINST for finding in self.findings)


def screen(timeline: Timeline) -> Screened:
    """Screen what is known of the person in *timeline*."""
    unjudged = list(_unjudged(timeline))
    planned = [one for one in unjudged if not one.given and _is_planned(timeline, one)]
    assumed = tuple(_assumed(timeline))
    return Screened(
        timeline,
        timeline.findings,
        timeline.unanswered,
        len(timeline.rule_set.screenings) - len(timeline.unanswered) - len(assumed),
        tuple(one for one in unjudged if one not in planned),
        tuple(planned),
        assumed,
        tuple(_dated(timeline)),
    )


def _assumed(timeline: Timeline) -> Iterator[Screening]:
    """Give the entries that are answered, and by nothing that was said."""
    for screening in timeline.rule_set.screenings.values():
        truth, deciding = screening.when.judge(timeline.facts)
        facts = deciding if truth is Truth.NO else [test.fact for test in screening.when.tests]
        if truth is not Truth.UNKNOWN and not any(fact in timeline.facts.given for fact in facts):
            yield screening


def _unjudged(timeline: Timeline) -> Iterator[Unjudged]:
    """Give what was said of oneself and no entry names, or only entries that all fail for another reason.

    That is an answer of a list that goes on; any other is a circumstance, and nothing to be judged.
    """
    facts, known = timeline.facts, timeline.rule_set.facts
    judged: dict[tuple[str, str], list[tuple[Truth, tuple[str, ...]]]] = {}
    for screening in timeline.rule_set.screenings.values():
        truth, failing = screening.when.judge(facts)
        for test in screening.when.tests:
            for answer in () if test.negated else test.answers:
                judged.setdefault((test.fact, answer), []).append((truth, failing))
    said = [(fact, value) for fact, value in sorted(facts.given.items()) if known[fact].open]
    for fact, value in said:
        for answer in value if isinstance(value, tuple) else ():
            found = judged.get((fact, answer), [])
            if answer != NONE and all(truth is Truth.NO for truth, _ in found):
                others = dict.fromkeys(name for _, failing in found for name in failing if name != fact)
                yield Unjudged(fact, answer, tuple(others))


def _is_planned(timeline: Timeline, said: Unjudged) -> bool:
    """Tell whether a rule of the plan asks for the answer, or speaks of the activity that is called the same."""
    rule_set = timeline.rule_set
    named = same_as(rule_set, rule_set.facts[said.fact], said.answer)
    wanted = {ancestor for one in named for ancestor in rule_set.lineage[one]}
    for window in timeline.windows:
        tests = [test for id_ in window.rules for test in rule_set.rules[id_].when.tests]
        asks = any(test.fact == said.fact and said.answer in test.answers and not test.negated for test in tests)
        if asks or window.target in wanted:
            return True
    return False


def _dated(timeline: Timeline) -> Iterator[Dated]:
    counting = {finding.screening.id for finding in timeline.findings}
    for (fact, answer), day in sorted(timeline.facts.dates.items()):
        for screening in timeline.rule_set.screenings.values():
            asked = any(test.fact == fact and answer in test.answers for test in screening.when.tests)
            if asked and screening.within is not None and not any(test.negated for test in screening.when.tests):
                yield Dated(fact, answer, day, screening, screening.id in counting)
