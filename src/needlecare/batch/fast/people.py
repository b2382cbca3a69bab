"""What applies to a person, found again for everybody else whom the same rules apply to."""

from typing import NamedTuple

from needlecare.batch.fast.drawing import Drawn
from needlecare.batch.fast.parts import part_of_precare, take_apart
from needlecare.batch.fast.shapes import Group, Shapes
from needlecare.model.facts import Condition, Facts
from needlecare.model.ruleset import CALL, RuleSet
from needlecare.model.treatment import Treatment
from needlecare.sessions import Applying
from needlecare.timeline.build import build_selected
from needlecare.timeline.selection import select
from needlecare.views.json import compact, facts_record, to_record

Precare = tuple[tuple[str, int], ...]
_MOST = 4096
# Fields that aren't the same for all these people: they are written for each plan.
OPEN_FIELDS = (
    "treatment",
    "facts",
    "assumed",
    "unknown",
    "windows",
    "days",
    "sessions",
    "longer_if",
    "shorter_if",
)


class People(NamedTuple):
    """Those to whom the same rules apply; *fields* are those of the record in order: written, or the name alone.

    *course* is the number of their *spacings* with their *precare*, which they can share with others.
    """

    parts: Group
    precare: Group
    spacings: Applying
    course: int
    fields: list[bytes | str]


class _Person(NamedTuple):
    """Somebody with these very *facts*, which are kept so that no others get their place in memory."""

    facts: Facts
    people: People
    own: dict[str, bytes]


class Judge:
    """Finds people by how the conditions of *rule_set* turn out for them."""

    def __init__(self, rule_set: RuleSet, parts: Shapes[Drawn], precare: Shapes[Precare]) -> None:
        self._rule_set = rule_set
        self._parts = parts
        self._precare = precare
        self._persons: dict[int, _Person] = {}
        self._found: dict[tuple[object, ...], People] = {}
        conditions = [one.when for one in rule_set.rules.values()]
        conditions.extend(one.when for one in rule_set.screenings.values())
        conditions.extend(one.when for one in rule_set.spacings.values())
        by_facts: dict[tuple[str, ...], dict[Condition, None]] = {}
        for condition in conditions:
            names = tuple(sorted({test.fact for test in condition.tests}))
            by_facts.setdefault(names, {})[condition] = None
        self._written: dict[bytes, bytes] = {}
        self._courses: dict[object, int] = {}
        self._groups = [_Group(names, tuple(found)) for names, found in by_facts.items() if names]

    def person(self, treatment: Treatment, facts: Facts) -> tuple[People, dict[str, bytes]]:
        """Find the people that somebody with *facts* belongs to, and write the fields that hang on the facts alone."""
        # Facts can't be told apart by a hash, but those of many rows are one and the same.
        known = self._persons.get(id(facts))
        if known is None:
            own = {name: write_field(name, value) for name, value in facts_record(facts, self._rule_set).items()}
            known = _Person(facts, self._people(treatment, facts), own)
            if not facts.dates:
                if len(self._persons) >= _MOST:
                    self._persons.clear()
                self._persons[id(facts)] = known
        return known.people, known.own

    def _people(self, treatment: Treatment, facts: Facts) -> People:
        key: tuple[object, ...] = tuple([group.judge(facts) for group in self._groups])
        if facts.dates:
            # How long ago something was counts from the treatment.
            key = (*key, treatment.day, *facts.dates.items())
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST:
                self._found.clear()
                self._written.clear()
            found = self._found[key] = self._meet(treatment, facts)
        return found

    def _meet(self, treatment: Treatment, facts: Facts) -> People:
        """Choose what applies, and write what is the same for all these people."""
        selection = select(self._rule_set, facts)
        calls = {verb: chosen if verb == CALL else () for verb, chosen in selection.by_verb.items()}
        bare = selection._replace(by_verb=calls, assumed_away=(), restrictions={}, spacings=())
        record = to_record(build_selected(self._rule_set, treatment, facts, bare))
        precare = self._precare.known(part_of_precare(self._rule_set, selection))
        return People(
            Group([self._parts.known(part) for part in take_apart(self._rule_set, selection)], {}),
            Group([precare], {}),
            selection.spacings,
            self._courses.setdefault((selection.spacings, precare.part.key), len(self._courses)),
            [name if name in OPEN_FIELDS else self._same(write_field(name, value)) for name, value in record.items()],
        )

    def _same(self, written: bytes) -> bytes:
        """Keep equal texts once."""
        return self._written.setdefault(written, written)


def write_field(name: str, value: object) -> bytes:
    """Write one field of a record."""
    return f", {compact(name)}: {compact(value)}".encode()


class _Group:
    """Conditions that ask for the same facts, judged once for each set of answers."""

    def __init__(self, names: tuple[str, ...], conditions: tuple[Condition, ...]) -> None:
        self._names = names
        self._conditions = conditions
        self._judged: dict[object, int] = {}
        self._numbers: dict[object, int] = {}

    def judge(self, facts: Facts) -> int:
        """Give a number to how the conditions turn out, and to what of it is only assumed."""
        given, assumed = facts.given, facts.assumed
        said = tuple([(given.get(name), assumed.get(name)) for name in self._names])
        number = self._judged.get(said)
        if number is None:
            if len(self._judged) >= _MOST:
                self._judged.clear()
            result = (
                tuple(condition.judge(facts) for condition in self._conditions),
                tuple(name in assumed for name in self._names),
            )
            number = self._judged[said] = self._numbers.setdefault(result, len(self._numbers))
        return number
