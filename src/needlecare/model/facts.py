"""Facts about a person and a treatment, the conditions that rules put on them, and the options that people give."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum, Flag, auto
from typing import NamedTuple

NONE = "none"


class Answer(NamedTuple):
    """One possible answer of a fact: its *id*, how it is shown, and other words for it.

    A date that comes with it means the day on which something was done (*dated*: `injected`), or the last day of
    something that goes on where no date is given (*ended*: `last taken`).
    """

    id: str
    label: str
    aka: tuple[str, ...] = ()
    dated: str = ""
    ended: str = ""


class Fact(NamedTuple):
    """Something known about the person or the treatment that rules may ask for.

    Either *answers* lists what may be said (*several* of them if so declared) or *low* and *high* bound a number.
    *default* is what is assumed when nothing is said; *phrase* says it in a sentence, with `{}` for the answer. *open*
    answers are a list that goes on: naming some denies none of the others, `none` does. Questions may tell *told* ones.
    *short* is what it is called where space is short.
    """

    id: str
    ask: str = ""
    answers: tuple[Answer, ...] = ()
    several: bool = False
    low: float | None = None
    high: float | None = None
    unit: str = ""
    default: str | None = None
    phrase: str = ""
    open: bool = False
    told: bool = False
    short: str = ""

    @property
    def is_number(self) -> bool:
        """Whether the answer is a number."""
        return self.low is not None

    @property
    def assumed(self) -> "Given | None":
        """What counts where nothing is said: the default, as an answer or a number; None if there is none."""
        if self.default is None:
            return None
        return float(self.default) if self.is_number else (self.default,)

    def label_of(self, answer: str) -> str:
        """Return how *answer* is shown."""
        return next((known.label for known in self.answers if known.id == answer), answer)

    def between(self, one: "Given", other: "Given") -> "tuple[Given, ...]":
        """Return what may be meant by *one* to the *other*: both numbers in order, or each of those answers."""
        if isinstance(one, float) and isinstance(other, float):
            return min(one, other), max(one, other)
        order: list[Given] = [(answer.id,) for answer in self.answers]
        first, last = sorted(map(order.index, (one, other)))
        return tuple(order[first : last + 1])

    def dated_of(self, answer: str) -> str:
        """Return what a date that comes with *answer* means; nothing if the rule set doesn't say."""
        return next((known.ended or known.dated for known in self.answers if known.id == answer), "")

    def goes_on(self, answer: str) -> bool:
        """Report whether *answer* names something that goes on until a date says when it ended."""
        return any(known.ended for known in self.answers if known.id == answer)


Given = tuple[str, ...] | float


class Unheard(NamedTuple):
    """A *word* that answers a *fact* and that the rule set doesn't know: an illness, or something used."""

    fact: str
    word: str

    @property
    def text(self) -> str:
        """What to do about it."""
        return f"I don't know {self.word}: ask before you book."


class Facts(NamedTuple):
    """What is known for one plan: *given* by the person, else *assumed* from a default; the rest is unknown.

    *dates* holds the dates that came with an answer (`--uses isotretinoin=2026-05-01`), by (fact, answer). *partial*
    names the given facts whose answers are a list that goes on: what isn't named there is unknown, not denied.
    *unheard* is what was said of oneself in words that the rule set doesn't know; it has to be asked about.
    *between* holds what some of the unknown facts may be: one of several answers, or a number between two.
    """

    given: Mapping[str, Given]
    assumed: Mapping[str, Given]
    unknown: tuple[str, ...] = ()
    dates: Mapping[tuple[str, str], date] = {}
    partial: frozenset[str] = frozenset()
    unheard: tuple[Unheard, ...] = ()
    between: Mapping[str, tuple[Given, ...]] = {}

    def value(self, fact: str) -> Given | None:
        """Return the answer that decides, or None if nothing is known."""
        return self.given.get(fact, self.assumed.get(fact))

    @property
    def clinician(self) -> str:
        """Who is to be asked: somebody who needles at home has no clinic."""
        return "a clinician" if self.value("setting") == ("home",) else "your clinic"

    def declaring(self, answers: Iterable[tuple[str, str]], known: Mapping[str, Fact], ended: date | None) -> "Facts":
        """Return these facts with more *answers*, each behind its fact; what has not *ended* goes on now, undated."""
        given, declared = dict(self.given), dict.fromkeys(answers)
        for fact, answer in declared:
            before = given.get(fact, ()) if known[fact].several else ()
            found = {answer, *(before if isinstance(before, tuple) else ())}
            given[fact] = tuple(one.id for one in known[fact].answers if one.id in found)
        said = {one: ended if known[one[0]].goes_on(one[1]) else None for one in declared}
        dates = {dated: day for dated, day in {**self.dates, **said}.items() if day}
        return complete(given, known)._replace(dates=dates, unheard=self.unheard)


def complete(given: Mapping[str, Given], known: Mapping[str, Fact]) -> Facts:
    """Return the facts that are *given*; the defaults of the others *known*, kept apart, fill in the rest."""
    defaults = {id_: fact.assumed for id_, fact in known.items() if id_ not in given}
    return Facts(
        given,
        {id_: default for id_, default in defaults.items() if default is not None},
        unknown=tuple(id_ for id_, default in defaults.items() if default is None),
        partial=frozenset(id_ for id_, value in given.items() if known[id_].open and value != (NONE,)),
    )


class Truth(Enum):
    """Whether a condition holds."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Test(NamedTuple):
    """What a condition asks of one fact: one of *answers* (or none of them), or a number in a range."""

    fact: str
    answers: tuple[str, ...] = ()
    negated: bool = False
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    def judge(self, facts: Facts) -> Truth:
        """Return whether it holds."""
        value, partial = facts.value(self.fact), self.fact in facts.partial
        if self.fact in facts.between:
            return self._judge_each(facts.between[self.fact])
        if value is None or (partial and isinstance(value, tuple) and not set(value).intersection(self.answers)):
            return Truth.UNKNOWN
        return Truth.YES if self.accepts(value) and not (self.negated and partial) else Truth.NO

    def _judge_each(self, values: tuple[Given, ...]) -> Truth:
        """Return whether it holds whichever of *values* is true; of numbers those between are meant too."""
        accepted = {self.accepts(value) for value in values}
        least, most = values[0], values[-1]
        if isinstance(least, float) and isinstance(most, float) and self.low is not None and self.high is not None:
            # All that is asked for may lie between two numbers of which neither passes.
            accepted |= {True} if least <= self.low and self.high <= most else set()
        return Truth.UNKNOWN if len(accepted) > 1 else Truth.YES if True in accepted else Truth.NO

    def asks_for(self, fact: str, answer: str) -> bool:
        """Report whether it names *answer* as one that passes."""
        return self.fact == fact and answer in self.answers and not self.negated

    def accepts(self, value: Given) -> bool:
        """Report whether *value* passes."""
        if isinstance(value, tuple):
            return any((answer in self.answers) is not self.negated for answer in value)
        above = self.low is None or (value > self.low if self.open_low else value >= self.low)
        below = self.high is None or (value < self.high if self.open_high else value <= self.high)
        return above and below

    def in_words(self, fact: Fact) -> str:
        """Return what is asked of *fact* in words: `skin type is IV, V or VI`."""
        phrase = fact.phrase or f"{fact.id.replace('-', ' ')} is {{}}"
        denied = ("not " if phrase.endswith(("is {}", ": {}")) else "no ") * self.negated
        return phrase.replace("{}", self._range(fact.unit) if fact.is_number else f"{denied}{self._answers(fact)}")

    @property
    def stated(self) -> str:
        """What is asked, by the ids of answers, one of which must hold: `IV, V`, `not scalp`, `over 1.5`."""
        return f"{'not ' * self.negated}{', '.join(self.answers)}" if self.answers else self._range("")

    def _range(self, unit: str) -> str:
        if self.low is None:
            words = f"{'under' if self.open_high else 'up to'} {self.high:g}"
        elif self.high is None:
            words = f"{'over' if self.open_low else 'at least'} {self.low:g}"
        else:
            words = f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"
        return f"{words} {unit}".rstrip()

    def _answers(self, fact: Fact) -> str:
        *first, last = [fact.label_of(answer.id) for answer in fact.answers if answer.id in self.answers] or [""]
        return f"{', '.join(first)} or {last}" if first else last


class Condition(NamedTuple):
    """Tests that must all hold; with none it always does."""

    tests: tuple[Test, ...] = ()

    def judge(self, facts: Facts) -> tuple[Truth, tuple[str, ...]]:
        """Return whether it holds, and the facts that decide: those that fail it, else those that are unknown."""
        judged = [(test.judge(facts), test.fact) for test in self.tests]
        for truth in (Truth.NO, Truth.UNKNOWN) if judged else ():
            if deciding := tuple(fact for found, fact in judged if found is truth):
                return truth, deciding
        return Truth.YES, ()

    @property
    def named(self) -> frozenset[tuple[str, str]]:
        """The answers that it names, each with its fact."""
        return frozenset((test.fact, answer) for test in self.tests for answer in test.answers)


class Trait(Flag):
    """What sets an option apart from one that takes a text, once, for one treatment."""

    SWITCH = auto()  # it takes no value
    FACT = auto()  # its value answers the fact of the same name
    SEVERAL = auto()  # it may be repeated
    DATED = auto()  # its values may hold a date
    LASTING = auto()  # it holds for every treatment of this person
    UNLISTED = auto()  # it makes no sense for a list of treatments
    FILE = auto()  # its value is the path of a file


_SWITCH, _FACT, _SEVERAL, _DATED, _LASTING, _UNLISTED, _ = Trait
_NONE, _MANY = Trait(0), _SEVERAL | _DATED
_TREATMENT, _PERSON, _RULES = "The treatment", "You", "Rules"


class Option(NamedTuple):
    """An option that every command about a treatment takes.

    What it *offers* completes its value in a shell; facts offer their answers.
    """

    name: str
    help: str
    traits: Trait = _NONE
    metavar: str = "TEXT"
    offers: str = ""
    panel: str = ""


# A new fact option is one row. The order is that of the help, and of the facts in the heading of a plan.
_PANELS = {
    _TREATMENT: (
        Option("date", "The date: 2026-11-20, 20 Nov 2026, today.", metavar="DATE"),
        Option("time", "The time: 16:30, 4:30pm. Without it, hours become whole days.", metavar="TIME"),
        Option("tz", "The time zone, such as Europe/London; by default this machine's.", _LASTING, "ZONE", "zones"),
        Option("area", "The treated area: face, neck, scalp, body …", _FACT | _MANY),
        Option("technique", "The technique: pen, roller, radiofrequency …", _FACT),
        Option("add-on", "What was added: prp …", _FACT | _MANY),
        Option("depth", "The needle length in mm.", _FACT, metavar="MM"),
        Option("setting", "Where it was done: clinic or home.", _FACT),
        Option("next", "The day for which the next session is booked.", _UNLISTED, metavar="DATE"),
    ),
    _PERSON: (
        Option("skin-type", "Your Fitzpatrick skin type, I to VI.", _FACT | _LASTING),
        Option("condition", "A condition: eczema, pregnancy …, or none.", _FACT | _MANY | _LASTING),
        Option(
            "uses",
            "What you use: retinoid, minoxidil …, isotretinoin=2026-05-01 if last taken that day.",
            _FACT | _MANY | _LASTING,
        ),
        Option("goal", "The goal: acne-scars, rejuvenation …", _FACT | _MANY),
        Option("fact", "Any other fact of the rule set.", _SEVERAL, "KEY=VALUE", "facts"),
        Option("seen", "When you saw something: redness-gone=2026-11-22, or =no.", _MANY, "MOMENT=DATE", "moments"),
        Option(
            "event",
            "Something planned: wedding=2026-12-05, beach=2026-12-05..2026-12-12.",
            _MANY | _UNLISTED,
            "KIND[:LABEL]=DATE",
            "events",
        ),
    ),
    _RULES: (
        Option("rules", "The rule set; by default microneedling.", _LASTING, "NAME|FILE|FOLDER", "rule sets"),
        Option("now", "Use this as the present moment.", metavar="DATETIME"),
        Option("for", "Whose treatment of the log, if it isn't yours.", _UNLISTED, "NAME", "people"),
        Option("no-log", "Ignore what `log` remembers.", _SWITCH | _UNLISTED),
    ),
}
OPTIONS = {row.name: row._replace(panel=panel) for panel, rows in _PANELS.items() for row in rows}


FACTS, SEVERAL, DATED, LASTING = (
    tuple(name for name, option in OPTIONS.items() if trait in option.traits)
    for trait in (_FACT, _SEVERAL, _DATED, _LASTING)
)
# What the heading of a plan and of a calendar shows; the other facts are about the person, and private.
FACTS_OF_TREATMENT = tuple(name for name in FACTS if OPTIONS[name].panel == _TREATMENT)


# Whom to ask.

_PARTED = re.compile(r",? or |, ")
_OWN = ("your", "a", "the")


def ask_once(whos: Iterable[str]) -> tuple[str, ...]:
    """Leave of *whos* those who answer for another one too: of “a or b” and “b” it is b."""
    kept: list[tuple[str, list[str]]] = []
    for who, options in ((one, _options(one)) for one in dict.fromkeys(whos)):
        for place, (_, known) in enumerate(kept):
            if {*options}.issuperset(known) or {*known}.issuperset(options):
                kept[place] = min(kept[place], (who, options), key=lambda one: len(one[1]))
                break
        else:
            kept.append((who, options))
    return tuple(who for who, _ in kept)


def _options(who: str) -> list[str]:
    """Take “your midwife or doctor” apart, each with its own “your”."""
    first, *others = _PARTED.split(who)
    lead, _, _ = first.partition(" ")
    own = lead if lead in _OWN else ""
    return [first, *(one if one.partition(" ")[0] in ("who", *_OWN) else f"{own} {one}".strip() for one in others)]
