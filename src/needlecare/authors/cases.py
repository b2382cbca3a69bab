"""Plans that try a rule set: cases, with where a plan says something else than expected, and one for each condition."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from needlecare.errors import InputError, nearest
from needlecare.model.facts import NONE, Condition, Fact, Facts, Given, Test, Truth, complete
from needlecare.model.plan import FOREVER, Session, Timeline, Window, make_treatment
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, Rule, RuleSet, Spacing, walk
from needlecare.rules.fields import CASE, EXPECTED, GIVEN, Entry, read_texts
from needlecare.rules.layers import Layer
from needlecare.rules.read import Problems, Value, place, read_files
from needlecare.rules.yaml import read_trees
from needlecare.timeline.build import build_selected, build_timeline
from needlecare.timeline.selection import Chosen, Selection, select
from needlecare.typed import parse_date, parse_time, parse_zone, read_facts, read_seen

DEFAULT_ZONE = "Europe/London"


class Expected(NamedTuple):
    """One thing that a case expects of one target: *key* says which, *value* what it must be."""

    target: str
    key: str
    value: str
    place: str


class Case(NamedTuple):
    """One treatment and what its plan must say. *facts* and *seen* are as a person would type them."""

    name: str
    place: str
    date: str
    time: str | None
    tz: str
    facts: Mapping[str, tuple[str, ...]]
    seen: tuple[str, ...]
    expected: tuple[Expected, ...]


def read_cases(location: Path, problems: Problems) -> list[Case]:
    """Read the cases of the rule set at *location*: the `cases:` of its files, and of its cases*.yaml."""
    trees = read_trees(read_files(location, cases=True), problems)
    found: list[Case] = []
    for tree in trees:
        listed = tree.get("cases", [])
        if not isinstance(listed, list):
            problems.add(listed, "`cases` is a list, each with `given:` and `expect:`")
            continue
        found.extend(case for one in listed if (case := _read_case(one, problems)) is not None)
    return found


def _read_case(value: Value, problems: Problems) -> Case | None:
    Entry(CASE, value, problems)
    if not isinstance(value, dict):
        return None
    given, expect = value.get("given"), value.get("expect")
    if not isinstance(given, dict) or "date" not in given:
        problems.add(given if given is not None else value, "a case needs `given:` with at least a date")
        return None
    if not isinstance(expect, dict) or not expect:
        problems.add(expect if expect is not None else value, "a case needs `expect:` with at least one target")
        return None
    return _case(value, given, tuple(_expected(expect, problems)), problems)


def _case(value: dict[Any, Any], given: dict[Any, Any], expected: tuple[Expected, ...], problems: Problems) -> Case:
    facts = {key: read_texts(one, key, problems) or () for key, one in given.items() if key not in GIVEN}
    name = value.get("name", f"{given['date']}{''.join(f', {key} {one}' for key, one in facts.items())}")
    return Case(
        name=" ".join(str(name).split()),
        place=str(place(value)),
        date=str(given["date"]),
        time=str(given["time"]) if "time" in given else None,
        tz=str(given.get("tz", DEFAULT_ZONE)),
        facts=facts,
        seen=tuple(f"{moment}={when}" for moment, when in _pairs(given.get("seen", {}), problems)),
        expected=expected,
    )


def _pairs(value: Value, problems: Problems) -> list[tuple[str, str]]:
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return list(value.items())
    problems.add(value, "write it as {redness-gone: 2026-11-22}")
    return []


def _expected(expect: dict[Any, Any], problems: Problems) -> Iterator[Expected]:
    for target, wanted in expect.items():
        entry = Entry(EXPECTED, wanted, problems)
        for key, texts in entry.values.items():
            yield Expected(str(target), key, ", ".join(texts), str(place(entry.fields[key])))


NOTHING = "nothing"
_SESSION = "next-session"


class Difference(NamedTuple):
    """A plan says *got* where a case expects something else; *unknown* says that nothing has that name."""

    expected: Expected
    got: str
    unknown: str = ""

    def __str__(self) -> str:
        wanted = self.expected
        key = "" if wanted.key == "is" else f" {wanted.key}"
        return f"{wanted.place}: {wanted.target}{key}: expected {wanted.value}, got {self.got}{self.unknown}"


def plan_case(rule_set: RuleSet, case: Case) -> Timeline:
    """Build the timeline that *case* asks for.

    Raises:
        InputError: what it gives can't be used with this rule set.
    """
    zone = parse_zone(case.tz)
    treatment = make_treatment(parse_date(case.date), parse_time(case.time) if case.time else None, zone)
    treatment = treatment._replace(seen=read_seen(rule_set, treatment, case.seen))
    facts = read_facts(rule_set, case.facts)
    for one in facts.unheard:
        raise InputError(f"{one.fact} has no answer `{one.word}`")
    return build_timeline(rule_set, treatment, facts)


def run_case(rule_set: RuleSet, case: Case) -> list[Difference]:
    """Return where the plan of *case* says something else than it expects."""
    try:
        timeline = plan_case(rule_set, case)
    except InputError as error:
        raise InputError(f"{case.place}: {case.name}: {error}") from None
    found = (Difference(one, _say(timeline, one), _unknown(rule_set, one.target)) for one in case.expected)
    # A date alone stands for its midnight.
    return [one for one in found if one.unknown or one.got not in (one.expected.value, f"{one.expected.value}T00:00")]


def _unknown(rule_set: RuleSet, target: str) -> str:
    """Return that nothing is called *target*, and what was probably meant; nothing where something is."""
    known = (*rule_set.activities, *rule_set.signs, *rule_set.screenings, _SESSION)
    if target in known:
        return ""
    return f"; there is no activity, sign or screening entry `{target}`{nearest(target, known)}"


def _say(timeline: Timeline, wanted: Expected) -> str:
    """Return what the plan says of the target, in the words of a case."""
    if wanted.target == _SESSION:
        read = _SESSION_DAYS.get(wanted.key, lambda _: None)
        return str(next(map(read, reversed(timeline.sessions)), None) or NOTHING)
    if wanted.key == "is":
        return _state(timeline, wanted.target)
    kind, which, pick = _WINDOWS.get(wanted.key, _NO_WINDOW)
    windows = [window for window in timeline.windows if (window.kind, window.target) == (kind, wanted.target)]
    if wanted.key == "only-once":
        return ", ".join(sorted({wait.bound for window in windows for wait in window.waits})) or NOTHING
    return _instant(timeline, which(filter(None, map(pick, windows)), default=None))


def _instant(timeline: Timeline, instant: datetime | None) -> str:
    if instant is None or instant == FOREVER:
        return "no end" if instant else NOTHING
    return f"{instant.astimezone(timeline.treatment.zone):%Y-%m-%dT%H:%M}"


def _state(timeline: Timeline, target: str) -> str:
    """Return in a word what a plan says of *target*: a screening level, kinds of windows, how urgent it is."""
    levels = [finding.level for finding in timeline.findings if finding.screening.id == target]
    kinds = sorted({window.kind for window in timeline.windows if window.target == target})
    # The most urgent comes first.
    called = [rule.urgency for rule in timeline.red_flags if target in rule.targets][:1]
    return ", ".join([*levels, *kinds, *called]) or NOTHING


_SESSION_DAYS: dict[str, Callable[[Session], date | None]] = {
    "minimum": lambda session: session.minimum,
    "best-until": lambda session: session.recommended[1],
    "late-from": lambda session: session.overdue,
}


def _better_from(window: Window) -> datetime | None:
    """Return since when it is better not; None where nobody says since when, or where it is a no at once."""
    return window.better_from if window.has_start and (window.better_from < window.start or window.is_instant) else None


# Windows of which kind, whether the first or the last of them, and the instant in it; None where it has no such one.
_Row = tuple[str, Callable[..., datetime | None], Callable[[Window], datetime | None]]
_NO_WINDOW: _Row = ("", max, lambda _: None)
_WINDOWS: dict[str, _Row] = {
    "no-from": (AVOID, min, lambda one: one.start if one.start < one.end else None),
    "no-until": (AVOID, max, lambda one: one.end if one.start < one.end else None),
    "better-from": (AVOID, min, _better_from),
    "better-until": (AVOID, max, lambda one: one.better_until if one.better_until > one.end else None),
    "not-before": (AVOID, max, lambda one: one.earliest),
    "only-once": (AVOID, max, lambda one: one.end),
    "do-from": (DO, min, lambda one: one.start),
    "do-until": (DO, max, lambda one: one.holds_until),
    "allowed-from": (ALLOW, min, lambda one: one.start),
    "prepare-from": (PREPARE, min, lambda one: one.start),
    "normal-until": (EXPECT, max, lambda one: one.end),
    "call-from": (EXPECT, min, lambda one: one.worry_after),
}


# Plans for whoever a condition holds for, to see what shows there.

# Any treatment will do to see what shows: an hour in the afternoon, far from a clock change.
SAMPLE = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("UTC"))
# Each different condition costs a plan of all rules, and so does each rule that others keep from coming true. So many
# rules are planned in all; a sheet of a clinic is far below.
_MOST_PLANNED = 50_000
# A sheet of one clinic brings few sources; one that brings as many as that gathers what is said.
_MANY = 10


class Plan:
    """The windows of one plan: by the rules that decide them, and the restrictions by what they are on."""

    def __init__(self, timeline: Timeline | None = None) -> None:
        self.timeline = timeline
        self.by_rule: dict[str, list[Window]] = defaultdict(list)
        self.avoided: dict[str, list[Window]] = defaultdict(list)
        for window in timeline.windows if timeline else ():
            self.by_rule[window.rule].append(window)
            if window.kind == AVOID:
                self.avoided[window.target].append(window)

    def on(self, target: str) -> list[Window]:
        """Return the restrictions on *target*, or on what it is part of."""
        return [one for near in self.timeline.nearest(target) for one in self.avoided[near]] if self.timeline else []

    def showing(self, rule: Rule, target: str) -> list[Window]:
        """Return the windows on *target* in which *rule* has a part."""
        mine = self.avoided[target] if rule.verb == AVOID else self.by_rule[rule.id]
        return [window for window in mine if window.target == target and rule.id in window.rules]

    def shows(self, rule: Rule) -> bool:
        """Report whether a restriction shows anywhere, be it on a part of what it is on."""
        return any(rule.id in window.rules for windows in self.avoided.values() for window in windows)


class Plans:
    """The *own* rules of a set, and plans for people of whom a condition holds, each made once."""

    def __init__(self, rule_set: RuleSet, layer: Layer) -> None:
        self.rule_set, self.layer = rule_set, layer
        self.own = {id_: rule for id_, rule in rule_set.rules.items() if rule.origin == rule_set.id}
        self.gathers = sum(raw.origin == rule_set.id for raw in layer.entries["sources"].values()) >= _MANY
        self._left = max(5, _MOST_PLANNED // (len(rule_set.rules) + 1))
        asking: list[Rule | Spacing] = [*self.own.values(), *rule_set.spacings.values()]
        asked = dict.fromkeys(one.when for one in asking)
        self.conditions = frozenset(islice(asked, self._left))
        self.are_cut = len(self.conditions) < len(asked)
        self.facts = cache(lambda condition: _satisfying(condition, rule_set))
        self.selection = cache(self._select)
        self.plan = cache(self._plan)
        self.alone = cache(lambda id_: self._alone(rule_set.rules[id_]))
        self.waits = {rule.id: [*waited_for(rule)] for rule in rule_set.rules.values()}

    def _plan(self, condition: Condition, *, surely: bool = True) -> Plan:
        """Plan what applies where *condition* holds: what *surely* does so, or what also may."""
        selection = self.selection(condition, surely=surely)
        return Plan() if selection is None else Plan(build_selected(selection, SAMPLE, days=0))

    def _alone(self, rule: Rule) -> Plan:
        """Plan one rule as if nothing else restricted anything."""
        selection = self.selection(rule.when, surely=True)
        if selection is None:
            return Plan()
        # What it waits for applies too, and restricts nothing here.
        kept = walk([rule.id], self.waits)
        on_targets = {target: selection.restrictions.get(target, ()) for target in rule.targets}
        alone = selection._replace(
            by_verb=_only(kept, selection.by_verb),
            restrictions=_only({rule.id}, on_targets),
            assumed_away=(),
            screenings=(),
        )
        timeline = build_selected(alone, SAMPLE, days=0)
        return Plan(timeline._replace(windows=tuple(one for one in timeline.windows if rule.id in one.rules)))

    def _select(self, condition: Condition, *, surely: bool) -> Selection | None:
        """Select what applies: what stands for lack of an answer goes when it comes, so that it doesn't *surely*."""
        facts = self.facts(condition)
        self._left -= 1
        self.are_cut = self.are_cut or self._left < 0
        if facts is None or self._left < 0:
            return None
        rules = {id_: one for id_, one in self.rule_set.rules.items() if not surely or is_sure(one, facts)}
        # What counts from the end of another rule asks the whole set for it, whether that one applies or not.
        return select(replace(self.rule_set, rules=rules), facts)._replace(rule_set=self.rule_set)


def waited_for(rule: Rule) -> set[str]:
    """Return the rules whose ends *rule* waits for."""
    bounds = (bound for bound in (rule.start, rule.end) if bound is not None)
    return {term.ends_rule for bound in bounds for term in bound.terms if term.ends_rule is not None}


def is_sure(one: Rule | Spacing, facts: Facts) -> bool:
    """Report whether *one* holds, whatever else is answered."""
    return one.when.judge(facts)[0] is Truth.YES


def _only(ids: Collection[str], chosen: Mapping[str, Iterable[Chosen]]) -> dict[str, tuple[Chosen, ...]]:
    return {key: tuple(one for one in several if one.rule.id in ids) for key, several in chosen.items()}


def _satisfying(condition: Condition, rule_set: RuleSet) -> Facts | None:
    """Return facts for which *condition* holds, with nothing else given; None where there are none."""
    names = {test.fact for test in condition.tests}
    fitting = {name: _fitting(rule_set.facts[name], condition) for name in names}
    given = {name: value for name, value in fitting.items() if value is not None}
    # Each answer is the whole of it here, in a list that goes on too.
    return complete(given, rule_set.facts)._replace(partial=frozenset()) if len(given) == len(names) else None


def _fitting(fact: Fact, condition: Condition) -> Given | None:
    """Return an answer that passes all that *condition* asks of *fact*; None where there is none."""
    tests = [test for test in condition.tests if test.fact == fact.id]
    return next((value for value in _tried(fact, tests) if all(test.accepts(value) for test in tests)), None)


def _tried(fact: Fact, tests: Iterable[Test]) -> list[Given]:
    """Return each answer, and all or none of several; of a number every limit that is named, and what lies between."""
    if fact.is_number:
        named = {fact.low, fact.high, *(limit for test in tests for limit in (test.low, test.high))}
        limits = sorted(limit for limit in named if limit is not None)
        return [*limits, *((low + high) / 2 for low, high in pairwise(limits))]
    each = [answer.id for answer in fact.answers]
    return [*((answer,) for answer in each), *((NONE,), tuple(each))[: 2 * fact.several]]
