"""What a rule set holds, checked and resolved: rules, sources, and the words they are made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Final, Literal, NamedTuple, TypeVar

from needlecare.model.facts import Answer, Condition, Fact, Facts, Truth
from needlecare.model.time import ALWAYS, AT_TREATMENT, Bound, Duration

# What pages are drawn on; a clinic's colours are checked against these.
LIGHT_PAGE, DARK_PAGE = "#ffffff", "#14181b"


class Clinic(NamedTuple):
    """Who hands the plan out; *phone* is answered in its hours, *out_of_hours* beyond them.

    *logo* is a `data:` address; *light* and *dark* are colours on such a page. Its own words are in *language*: `de`.
    """

    name: str
    phone: str = ""
    out_of_hours: str = ""
    logo: str = ""
    light: str = ""
    dark: str = ""
    closing: str = ""
    language: str = ""


# Both a verb and an answer.
ASK: Final = "ask"
AVOID, _, DO, ALLOW, EXPECT, PREPARE, CALL = VERBS = ("avoid", ASK, "do", "allow", "expect", "prepare", "call")
# How soon a sign needs help, the most urgent first.
Urgency = Literal["emergency", "today", "clinic"]
EMERGENCY: Final = "emergency"
TODAY: Final = "today"
CLINIC: Final = "clinic"
URGENCIES: tuple[Urgency, ...] = (EMERGENCY, TODAY, CLINIC)
# A medicine that was prescribed: no rule says anything of it but to ask who did.
PRESCRIBED = "prescribed"
# How it is taken: swallowed, or put on the skin.
BY_MOUTH, ON_SKIN = "by-mouth", "on-skin"
# What is no medicine, and goes badly with any.
NOT_WITH = "not-with"


class Source(NamedTuple):
    """Who says so. Sources of one *family* copy the same template and count as one voice."""

    id: str
    title: str = ""
    publisher: str = ""
    year: str = ""
    url: str = ""
    kind: str = ""
    family: str = ""
    seen: str = ""

    @property
    def voice(self) -> str:
        """What counts as one voice: its family, or itself."""
        return self.family or self.id


# The rank of what has none.
LAST = 999


class Group(NamedTuple):
    """One of the few things that people think in; the one with the lowest *rank* comes first."""

    id: str
    label: str
    rank: int = LAST
    short: str = ""


class Activity(NamedTuple):
    """What one does or leaves; it is part of every activity that it is *under*.

    *medicine* is `prescribed`, `over-the-counter`, or `not-with` for what is none and goes badly with any. *advised* is
    `never` where nobody recommends it, restricted or not, and `by-name` for what is no part of a whole that is asked
    about: retinol of one's own creams; *taken* is `by-mouth` for what isn't for skin, `on-skin` for a medicine that is.
    *prescribed_to* holds for whoever takes it as prescribed, such as aspirin to thin the blood.
    *stands_for* is what questions mean by it without its name: whatever nobody knows `on-skin`, what the clinic has
    `given`, the `treatment` itself or its `booking`; what is `unprotected` becomes the `protected` one beside words
    that protect, and the `at-home` what is `shared` beside somebody else; beside `feeding` a baby nothing else is
    judged, and washing with a maker's name alone is with `soap`; nobody rings a clinic about an `everyday` thing;
    what concerns a `spot` is only done to the skin that it is named with; a medicine of somebody else is `borrowed`;
    what may be `watched` others do, and to be there is the `protected` one; of a `single` medicine only one is taken.
    *group* is what people count it to, *rank* its place there, *short* what it is called where space is short.
    """

    id: str
    label: str
    under: tuple[str, ...] = ()
    aka: tuple[str, ...] = ()
    medicine: str = ""
    advised: str = ""
    taken: str = ""
    prescribed_to: Condition = Condition()
    stands_for: str = ""
    group: str = ""
    rank: int = LAST
    short: str = ""

    def is_prescribed(self, facts: Facts) -> bool:
        """Report whether to the person of *facts* it is a prescribed medicine."""
        to = self.prescribed_to
        return self.medicine == PRESCRIBED or (bool(to.tests) and to.judge(facts)[0] is Truth.YES)


def walk(starts: Iterable[str], steps: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return *starts* and all that *steps* lead to from there, nearest first, each with the one that leads there."""
    came_from = dict.fromkeys(starts, "")
    ahead = list(came_from)
    for name in ahead:
        new = dict.fromkeys((following for following in steps.get(name, ()) if following not in came_from), name)
        came_from.update(new)
        ahead.extend(new)
    return came_from


class _Lineage(dict[str, tuple[str, ...]]):
    """Each activity with all that it is part of, found when asked for: for all of a long chain that is its square."""

    def __init__(self, parents: Mapping[str, Iterable[str]]) -> None:
        self._parents = parents

    def __missing__(self, activity: str) -> tuple[str, ...]:
        found = self[activity] = tuple(walk([activity], self._parents))
        return found


class Sign(NamedTuple):
    """What one sees or feels. The first screen of a plan shows those that have a *rank*, by their *short* names.

    One that is *beside* the treated skin may be at a place that was not treated; *once_over* or *once_worse* it is
    another sign.
    """

    id: str
    label: str
    aka: tuple[str, ...] = ()
    rank: int = LAST
    short: str = ""
    beside: bool = False
    once_over: str = ""
    once_worse: str = ""


class Moment(NamedTuple):
    """A point in time that a rule can count from, besides the treatment.

    *usual* is when it usually comes, for what only the person can see; *clock* (hour, minute) with *day* is a time
    of the day. With neither it has no date until somebody states one. *label* reads after "once" and "only if"; *aka*
    are words by which a question says that it has come.
    """

    id: str
    label: str
    aka: tuple[str, ...] = ()
    usual: Bound | None = None
    clock: tuple[int, int] | None = None
    day: int = 0


class EventKind(NamedTuple):
    """A kind of event in a person's life, and the *activities* that come with it.

    *results* is how long after a session the full result is usually seen, where one would like it by then: the
    *sources* say so.
    """

    id: str
    label: str
    activities: tuple[str, ...] = ()
    aka: tuple[str, ...] = ()
    results: tuple[Duration, Duration] | None = None
    sources: tuple[str, ...] = ()


def names_of(one: Activity | Sign | EventKind | Answer) -> tuple[str, ...]:
    """Return all that *one* may be called by: its id, its label, and the other words for it."""
    return (one.id, one.label, *one.aka)


class Saying(NamedTuple):
    """What one *source* says, in its own numbers; a source that contradicts itself has several."""

    source: str
    value: str
    note: str = ""


class Rule(NamedTuple):
    """One cited statement, as data: *verb* on *targets* (activities or signs) from *start* to *end*.

    *start* None is the treatment, `ALWAYS` some time before it. *end* None is that no end is given. *days* (first,
    last, both included) replaces both; *lasts* counts from the rule's own start. *at* is how a rule at the treatment
    itself says so. *exceptions* are taken out of this rule alone, each with its own end. *words* are for people and
    never computed. *ask* holds before and after, without end, and says *who* to ask; *call* has an *urgency*. Of signs
    that depend on what is unknown, the one that is *usual* counts.
    """

    id: str
    verb: str
    targets: tuple[str, ...]
    start: Bound | None = None
    end: Bound | None = None
    days: tuple[int, int] | None = None
    lasts: Duration | None = None
    when: Condition = Condition()
    exceptions: tuple[tuple[str, Bound], ...] = ()
    eases: Bound | None = None
    worry_after: Bound | None = None
    urgency: Urgency = CLINIC
    who: str = ""
    usual: bool = False
    low_confidence: bool = False
    words: Mapping[str, str] = {}
    says: tuple[Saying, ...] = ()
    origin: str = ""
    core: bool = False
    at: str = ""

    @property
    def is_red_flag(self) -> bool:
        """Whether it is about a sign that a clinician must see."""
        return self.verb == CALL and self.urgency != CLINIC

    @property
    def states_end(self) -> bool:
        """Whether it says in any way when it ends."""
        return self.end is not None or self.lasts is not None or self.days is not None

    @property
    def value(self) -> str:
        """The rule's own bound as it is written: what sources are compared by."""
        if self.at:
            return self.at
        if self.days is not None:
            return f"days {self.days[0]}..{self.days[1]}"
        end = None if self.end is None else str(self.end)
        if end in (None, "treatment") and self.start not in (None, ALWAYS):
            return str(self.start)
        return end or (f"for {self.lasts}" if self.lasts else "no end given")

    @property
    def span(self) -> str:
        """The rule's own window with both of its ends, where it has two."""
        if self.at:
            return f"at: {self.at}"
        if self.start == ALWAYS:
            return f"until {self.end}, from when isn't said"
        if self.start is None or self.days is not None or self.end in (self.start, AT_TREATMENT):
            return self.value
        if not self.states_end:
            return f"from {self.start}"
        return f"from {self.start} {f'for {self.lasts}' if self.lasts else f'until {self.end}'}"


# How gravely something speaks against a treatment, the gravest first. The first two are a no.
STOP, POSTPONE, _, TELL = LEVELS = ("stop", "postpone", ASK, "tell")
FORBIDDING = LEVELS[:2]


class Screening(NamedTuple):
    """Something that speaks against the treatment: *level* is stop, postpone, ask or tell.

    *within* (near, far) is for how long it does so before the treatment; between the two the level is "ask". *by* is
    who decided so, where a set says it.
    """

    id: str
    level: str = ""
    when: Condition = Condition()
    text: str = ""
    within: tuple[Duration, Duration] | None = None
    note: str = ""
    says: tuple[Saying, ...] = ()
    origin: str = ""
    core: bool = False
    by: str = ""


class Spacing(NamedTuple):
    """How sessions follow each other: *total* of them (least, most), *every* (nearest, farthest), then *overdue*.

    *because* is why it differs from what sources say; it goes with *every*.
    """

    id: str
    when: Condition
    total: tuple[int, int] | None = None
    every: tuple[Duration, Duration] | None = None
    overdue: Duration | None = None
    then: str = ""
    note: str = ""
    says: tuple[Saying, ...] = ()
    origin: str = ""
    because: str = ""


class Change(NamedTuple):
    """What the rule set *origin* did to the entry *id* of one that it extends: changed, switched off or added.

    *section* (rules, screening, sessions, or one of the words) and *id* together name it. It is protected if it is part
    of the *core*. Of a word, *said* is what was changed.
    """

    section: str
    id: str
    how: str
    origin: str
    because: str = ""
    by: str = ""
    core: bool = False
    said: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RuleSet:
    """A checked rule set with everything that it extends put in.

    *weights* holds how much each kind of source counts; *content* is all that it says, as written. *batch* holds which
    column of the clinic's exports holds which field, and under `dates` how dates are written there; *only* which values
    of a column count. *areas* lists the words that place something within each area, *small_words* those that join or
    soften, *alike* those that name a sign alike. *first* is how long the first hours last, *emergency* whom to call,
    *urgent* why this version must replace an older one at once.
    """

    id: str
    title: str
    version: str = "unversioned"
    released: str = ""
    notice: str
    urgent: str = ""
    open_ends_at: str = ""
    reviewed_by: str | None = None
    rules: Mapping[str, Rule]
    screenings: Mapping[str, Screening]
    spacings: Mapping[str, Spacing]
    activities: Mapping[str, Activity]
    signs: Mapping[str, Sign]
    moments: Mapping[str, Moment]
    facts: Mapping[str, Fact]
    sources: Mapping[str, Source]
    weights: Mapping[str, int]
    content: object
    changed_core: tuple[str, ...] = ()
    events: Mapping[str, EventKind] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    areas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    small_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first: Duration | None = None
    emergency: str = ""
    changes: tuple[Change, ...] = ()
    clinic: Clinic | None = None
    batch: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name the rule set: all that it holds would fill a book."""
        return f"<RuleSet {self.id} {self.version}, {len(self.rules)} rules>"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what another process can compute again, but for the hash, which takes long."""
        return {name: value for name, value in {**self.__dict__, "digest": self.digest}.items() if name != "known"}

    @cached_property
    def known(self) -> dict[Any, Any]:
        """What has been computed of the set alone; see `once_a_set`."""
        return {}

    @cached_property
    def digest(self) -> str:
        """The hash of what the set says, whatever the order of files, entries and keys."""
        import hashlib
        import json

        text = json.dumps(self.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def lineage(self) -> Mapping[str, tuple[str, ...]]:
        """Each activity with all that it is part of: itself first, then what it is under, nearest first."""
        return _Lineage({activity.id: activity.under for activity in self.activities.values()})

    @cached_property
    def _parts(self) -> Mapping[str, Iterable[str]]:
        """What is directly under each activity."""
        parts: dict[str, list[str]] = {activity: [] for activity in self.activities}
        for activity in self.activities.values():
            for parent in activity.under:
                parts[parent].append(activity.id)
        return parts

    @cached_property
    def unadvised(self) -> frozenset[str]:
        """Activities that nobody recommends at any time, with all that is under them: they are never "again"."""
        return frozenset(walk((one.id for one in self.activities.values() if one.advised == "never"), self._parts))

    def asked_apart(self, ids: Iterable[str]) -> frozenset[str]:
        """Return what is no part of *ids* where they are asked about: never recommended, or meant by name only."""
        above = self.ancestry(ids)
        apart = (one.id for one in self.activities.values() if one.advised and one.id not in above)
        return frozenset(walk(apart, self._parts))

    @cached_property
    def dangers(self) -> frozenset[str]:
        """The signs that a clinician must see."""
        return frozenset(sign for rule in self.rules.values() if rule.is_red_flag for sign in rule.targets)

    def standing_for(self, what: str) -> tuple[str, ...]:
        """Return the activities that stand for *what*."""
        return tuple(one.id for one in self.activities.values() if one.stands_for == what)

    def parts_of(self, activity: str) -> tuple[str, ...]:
        """Return all that is under *activity*, prescribed medicines too."""
        return tuple(walk([activity], self._parts))[1:]

    def group_of(self, activity: str) -> str:
        """Return the group of *activity*: its own, else that of the nearest that it is part of, else none."""
        return next((group for one in self.lineage[activity] if (group := self.activities[one].group)), "")

    def ancestry(self, ids: Iterable[str]) -> set[str]:
        """Return *ids* and all that they are part of."""
        return {parent for one in ids for parent in self.lineage[one]}

    def family(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return *ids* and all that is part of them, without prescribed medicines: no rule restricts those."""
        parts = walk(wanted := set(ids), self._parts)
        shown = (one for one in parts if one in wanted or self.activities[one].medicine != PRESCRIBED)
        return tuple(sorted(shown, key=lambda one: (one not in wanted, one)))

    def sayings(self, rules: Iterable[str]) -> tuple[Saying, ...]:
        """Return what sources say of *rules*, each once."""
        return tuple(dict.fromkeys(saying for rule in rules for saying in self.rules[rule].says))

    def label(self, target: str) -> str:
        """Return the label of an activity or a sign."""
        known = self.activities.get(target) or self.signs.get(target)
        return known.label if known else target

    def short(self, target: str) -> str:
        """Return what an activity or a sign is called where space is short."""
        known = self.activities.get(target) or self.signs.get(target)
        return (known.short or known.label) if known else target

    def weight(self, activity: str) -> tuple[int, int]:
        """Return what orders activities for people: the rank of its group, and the first there of it or its parts."""
        return _weight(activity, self)

    @cached_property
    def by_weight(self) -> Mapping[str, int]:
        """The place of each source in the order of weight, which follows from its kind; the weightiest is 0."""
        ordered = sorted(self.sources.values(), key=lambda source: (-self.weights.get(source.kind, 0), source.id))
        return {source.id: place for place, source in enumerate(ordered)}


_Known = TypeVar("_Known")


def once_a_set(compute: Callable[..., _Known]) -> Callable[..., _Known]:
    """Compute each answer once for a rule set, which is the last argument; what is known goes when the set goes."""

    @wraps(compute)
    def recall(*arguments: Any) -> _Known:
        known, asked = arguments[-1].known, (compute, arguments[:-1])
        if asked not in known:
            known[asked] = compute(*arguments)
        found: _Known = known[asked]
        return found

    return recall


@once_a_set
def _weight(activity: str, rule_set: RuleSet) -> tuple[int, int]:
    known, group = rule_set.activities, rule_set.group_of(activity)
    ranks = (known[one].rank for one in (activity, *rule_set.parts_of(activity)) if known[one].group == group)
    return rule_set.groups[group].rank if group in rule_set.groups else LAST, min(ranks, default=LAST)


# Which names each name leads to; those that it leads to needn't be in it.
Graph = Mapping[str, Sequence[str]]


def in_order(graph: Graph) -> tuple[list[str], list[str]]:
    """Return the names of *graph*, each behind those that it leads to; or else a circle, which has no order."""
    # Few commands need it.
    from graphlib import CycleError, TopologicalSorter

    try:
        return [name for name in TopologicalSorter(graph).static_order() if name in graph], []
    except CycleError as error:
        return [], error.args[1][::-1]
