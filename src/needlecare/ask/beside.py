"""A question cut into words, and what it says besides its activity: signs that need help, answers to facts, of whom."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, dropwhile, filterfalse, pairwise, product
from operator import contains
from typing import NamedTuple

from needlecare.ask import names
from needlecare.ask.names import ARTICLES, NOTHING, Piece, Said, Small, find_denial, named_in, stem, tokens, word_before
from needlecare.model import ruleset
from needlecare.model.facts import Facts
from needlecare.model.ruleset import CLINIC, PRESCRIBED, URGENCIES, RuleSet, Urgency, names_of, once_a_set

ONESELF = frozenset(["i", "ive", "me", "myself", "we", "us"])
_WITH_ME = frozenset(product(["on", "and"], ONESELF)).union([("but", "mine"), ("mine", "is")])
ONTO = frozenset(["on", "onto", "over", "into", "to"])
# How many other words may stand among those of a name.
_AMONG = 1
_PAIR = 2
_INWARD = frozenset(["in", "into", "inside"])
# Between a form and what is in it.
_HOLDING = frozenset(["with", "containing"])
_LASTS = {"lasting", "stop", "deny"}
_LIGHT = ("soften", "owner", "join", "time", "unit", "place", "gone")


class Heard(NamedTuple):
    """A question cut into names of activities, of signs, and of answers to facts, each with the small words around.

    *slips* are the places where a word was mended, *typed* the words before, *small* what small words do.
    """

    rule_set: RuleSet
    said: Said
    typed: tuple[str, ...]
    slips: frozenset[int]
    small: Small
    activities: tuple[Piece, ...]
    signs: tuple[Piece, ...]
    answers: tuple[Piece, ...]

    def spelled(self, places: Iterable[int]) -> str:
        """Return the words at *places* as they were typed."""
        return " ".join(self.typed[place] for place in places)

    def has(self, role: str) -> bool:
        """Return whether small words of that *role* are said beside the activities."""
        return any(role in one.roles for one in self.activities)

    def says(self, role: str) -> bool:
        """Return whether small words of that *role* are said at all, be it within a name."""
        return names.says(role, " ".join(self.said.words), self.rule_set)

    @property
    def owners(self) -> frozenset[int]:
        """Where words say whose something is."""
        return places_of(one for one in self.activities if "owner" in one.roles)

    def does(self, place: int, role: str) -> bool:
        """Return whether the word at *place* alone may have that *role*."""
        return role in self.small.get(self.said.words[place], NOTHING)

    def slipped(self, known: Collection[int]) -> Iterator[range]:
        """Return the places among those *known* where a word was mended."""
        return (range(place, place + 1) for place in self.slips if place in known)

    def joins(self, places: range) -> bool:
        """Return whether one of the words at *places* joins others, as “and” does."""
        return any(self.does(place, "join") for place in places)


def listen(rule_set: RuleSet, phrase: str, facts: Facts, *, mending: bool) -> Heard:
    """Cut *phrase*; with *mending*, a slip of the finger counts as what is meant."""
    said, areas = names.hear(phrase), names.treated_areas(facts)
    heard = _cut(said, said.words, areas, rule_set)
    if mending and (slips := _find_slips(heard)):
        mended = tuple(slips.get(place, word) for place, word in enumerate(said.words))
        # To drop a g is no slip: peelin.
        slipped = frozenset(at for at, meant in slips.items() if meant != f"{said.words[at]}g")
        heard = _cut(said._replace(words=mended), said.words, areas, rule_set)._replace(slips=slipped)
    activities = _without_forms([_as_own(one, heard, facts) for one in heard.activities], heard)
    return heard._replace(activities=activities, signs=tuple(_as_it_is(one, heard) for one in heard.signs))


# Small words that mean something there: that skin flakes, unless that is what is asked, or make-up that goes on.
_LEFT_OUT = {names.ACTIVITIES: ("beforehand", "seen"), names.SIGNS: ("unhealed",), names.ANSWERS: ("beforehand",)}


def _cut(said: Said, typed: tuple[str, ...], areas: tuple[str, ...], rule_set: RuleSet) -> Heard:
    kinds = (names.ACTIVITIES, names.SIGNS, names.ANSWERS)
    small = [names.small_words(areas, _LEFT_OUT[kind], rule_set) for kind in kinds]
    found = (tuple(names.cut(said.words, *both, rule_set)) for both in zip(small, kinds, strict=True))
    return Heard(rule_set, said, typed, frozenset(), small[0], *found)


def _find_slips(heard: Heard) -> Mapping[int, str]:
    """Return what words that are part of nothing known may be slips for."""
    each = (heard.activities, heard.signs, heard.answers)
    unknown = set.intersection(*({one.places.start for one in found if one == Piece(one.places)} for found in each))
    return names.mend(heard.typed, (at for at in unknown if heard.typed[at] not in names.TIMES), heard.rule_set)


def _without_forms(pieces: Sequence[Piece], heard: Heard) -> tuple[Piece, ...]:
    """Leave what names only a form of what stands beside it without its name."""
    named = [one for one in pieces if _HOLDING.isdisjoint(heard.said.words[at] for at in one.places)]
    pairs = ((pair, pair[::-1]) for pair in pairwise(named))
    forms = [one for one, thing in chain.from_iterable(pairs) if _is_form(one, thing, heard.rule_set)]
    return tuple(one._replace(ids=()) if one in forms else one for one in pieces)


@once_a_set
def _targets(verbs: Sequence[str], rule_set: RuleSet) -> frozenset[str]:
    """Return what rules of *verbs* speak of by itself."""
    return frozenset(chain.from_iterable(rule.targets for rule in rule_set.rules.values() if rule.verb in verbs))


def _is_form(piece: Piece, thing: Piece, rule_set: RuleSet) -> bool:
    """Return whether *piece* is but the form of a *thing* beside it: vit C serum, day cream with vit C.

    Where the form comes first, the thing must be part of it; where a rule speaks of the form, one that rules restrict.
    """
    if "onto-skin" not in piece.roles or not (piece.ids and thing.ids and set(piece.ids).isdisjoint(thing.ids)):
        return False
    parts = {*rule_set.family(piece.ids)}.difference(piece.ids)
    if _targets(ruleset.VERBS, rule_set).isdisjoint(piece.ids):
        return parts.issuperset(thing.ids) or thing.places.stop == piece.places.start
    restricted = parts & _targets((ruleset.AVOID,), rule_set)
    return not any(restricted.isdisjoint(rule_set.lineage[one]) for one in thing.ids)


def _prescribed_for_skin(rule_set: RuleSet, facts: Facts) -> Iterator[tuple[str, bool]]:
    """Yield what somebody is known to put on the skin because it was prescribed, and whether that is all they take."""
    for fact in rule_set.facts.values():
        value = facts.value(fact.id) if fact.open else None
        for one in value if isinstance(value, tuple) else ():
            known = rule_set.activities.get(one)
            if known and (known.medicine, known.taken) == (PRESCRIBED, ruleset.ON_SKIN):
                yield one, value == (one,)


def _as_own(piece: Piece, heard: Heard, facts: Facts) -> Piece:
    """Take “my cream”, “my prescription” and “my retinoid” as what was prescribed for one's own skin."""
    start, words = piece.places.start, heard.said.words
    if "my" in words[max(0, start - 1) : start + 1]:
        is_cream = "onto-skin" in piece.roles and not piece.ids
        is_prescription = heard.does(piece.places[-1], "prescribed")
        for own, is_all in _prescribed_for_skin(heard.rule_set, facts):
            is_kind = {*heard.rule_set.activities[own].under}.issuperset(piece.ids) and piece.ids
            if is_cream or is_kind or (is_prescription and is_all):
                return piece._replace(ids=(own,))
    return piece


def _as_it_is(piece: Piece, heard: Heard) -> Piece:
    """Take what is over or worse, as words behind it say, as what it is then: bled a lot when they did it."""
    behind, known = [one for one in heard.signs if one.places.start > piece.places.start], heard.rule_set.signs
    ids = tuple(_once_over(one, behind, heard.rule_set) for one in piece.ids)
    if any(_says_worse(one, heard) for one in named_in(behind)[:1]):
        ids = tuple(known[one].once_worse or one for one in ids)
    return piece._replace(ids=ids)


def _says_worse(piece: Piece, heard: Heard) -> bool:
    """Whether *piece* says of the sign before it that it is worse, as one does that is worse itself."""
    is_worse = any(heard.rule_set.signs[one].once_worse == one for one in piece.ids)
    return is_worse and not find_denial(piece, heard.signs, heard.said.words)


def _once_over(sign: str, behind: Sequence[Piece], rule_set: RuleSet) -> str:
    """Return what *sign* is by the words *behind*: what is to be told of even then has to be gone: dizzy, fine now."""
    over = rule_set.signs[sign].once_over
    ends, lasts = ({"gone"}, _LASTS) if over in _urgent(rule_set) else ({"gone", "over"}, {"time", *_LASTS})
    first = next((one for one in behind if one.ids or one.roles & ends), Piece(range(0)))
    return over if over and first.roles & ends and not any(one.roles & lasts for one in behind) else sign


def places_of(pieces: "Iterable[Piece | Called | Declared]") -> frozenset[int]:
    """Return where *pieces* stand."""
    return frozenset(chain.from_iterable(one.places for one in pieces))


@once_a_set
def _urgent(rule_set: RuleSet) -> Mapping[str, Urgency]:
    """Return the signs that some rule says to call for, and how urgent they may be at most."""
    found: dict[str, Urgency] = {}
    for rule in rule_set.rules.values():
        for sign in rule.targets if rule.verb == ruleset.CALL else ():
            found[sign] = min(found.get(sign, CLINIC), rule.urgency, key=URGENCIES.index)
    return found


class Called(NamedTuple):
    """Signs that somebody must be called for, and the words that name them."""

    places: frozenset[int]
    ids: tuple[str, ...]


def find_calls(heard: Heard) -> list[Called]:
    """Find the signs to call for, by names in one piece or scattered over a clause."""
    whole, calls, words = named_in(heard.signs), _urgent(heard.rule_set), heard.said.words
    denials = [find_denial(Piece(range(at, at + 1)), heard.signs, words)[:1] for at in range(len(words))]
    found = [Called(frozenset(one.places), tuple(filter(calls.__contains__, one.ids))) for one in whole]
    found += [*_scattered(heard, found), *_far_apart(heard, [*compress(range(len(words)), denials)])]
    named = [one for one in found if one.ids and one.places.issuperset(chain(*(denials[at] for at in one.places)))]
    return [one for one in named if not _is_of_two_names(one, heard)]


def _is_of_two_names(called: Called, heard: Heard) -> bool:
    """Return whether its words are names of their own, joined: hot and burning is not burning hot.

    Of an emergency they count all the same unless each only is a part of such a name, and itchy bumps are no roughness.
    """
    parts = [one for one in named_in(heard.signs) if not called.places.isdisjoint(one.places)]
    if not (parts[1:] and heard.joins(range(min(called.places), max(called.places)))):
        return False
    are_parts = not any(called.places.issuperset(one.places) for one in parts)
    return called.places <= places_of(parts) and (are_parts or urgency_of(called, heard.rule_set) == ruleset.TODAY)


def find_planned(heard: Heard) -> list[Piece]:
    """Find what is done once it is a sign, and an activity as long as it is asked: may I take four, and not I took."""
    leads = [0] * any(heard.does(at, "plans") for at in range(len(heard.typed[:2])))
    leads += [one.places.start for one in heard.activities if "asks" in one.roles]
    if heard.has("past") or not leads:
        return []
    known = heard.rule_set.activities.keys()
    calls = (one for one in find_calls(heard) if min(one.places) >= min(leads) and not known.isdisjoint(one.ids))
    return [Piece(range(min(each), max(each) + 1), ids) for each, ids in calls]


def urgency_of(called: Called, rule_set: RuleSet) -> Urgency:
    """Return the most urgent that its signs may be."""
    return min((_urgent(rule_set)[one] for one in called.ids), key=URGENCIES.index)


def is_exact(called: Called, heard: Heard) -> bool:
    """Return whether one word alone is the name as it is written, but for gaps: a bubble bath has no bubbles."""
    said = [heard.said.words[place] for place in called.places]
    signs = [one for one in heard.rule_set.signs.values() if not {one.id, one.once_over}.isdisjoint(called.ids)]
    names = ([*filterfalse(ARTICLES.__contains__, tokens(name))] for one in signs for name in names_of(one))
    return len(said) > 1 or any(one == said or (one[1:] and stem("".join(one)) == stem(said[0])) for one in names)


class _Name(NamedTuple):
    """The *words* of a name, evened out; some in *order* (cream in an eye), or *together* as well, or each *apart*."""

    words: tuple[str, ...]
    id: str
    order: bool
    together: bool
    apart: bool


@once_a_set
def _spread(rule_set: RuleSet) -> Mapping[str, Sequence[tuple[int, str, set[str], str]]]:
    """Group the names of several words of signs to call for by how one of their words begins.

    Each stands with its number, how all its words begin, and its sign.
    """
    light = ARTICLES.union(names.words_for("owner", rule_set), _INWARD)
    signs = (rule_set.signs[one] for one in _urgent(rule_set))
    parts = str.maketrans("-&", "  ")
    known = [(name, name.lower().translate(parts).split(), one.id) for one in signs for name in (one.label, *one.aka)]
    begun = ((name, {word[:2] for word in words if word not in light}, id_) for name, words, id_ in known if words[1:])
    groups: dict[str, list[tuple[int, str, set[str], str]]] = {}
    for number, (name, begins, id_) in enumerate(begun):
        groups.setdefault(min(begins, default=""), []).append((number, name, begins, id_))
    return groups


@once_a_set
def _evened(name: str, sign: str, rule_set: RuleSet) -> _Name:
    words = [*filterfalse(ARTICLES.__contains__, tokens(name))]
    heavy = [word for word in words if word not in names.words_for("owner", rule_set)]
    is_denial = "n't" in name or not names.words_for("deny", rule_set).union(["cannot"]).isdisjoint(words)
    together = is_denial or len(words[-1]) == 1 or words[0].isdigit()
    # What somebody did: my sister used my roller, and not my sister's roller, that she used.
    is_linked = not names.words_for("join", rule_set).isdisjoint(words)
    order = together or is_linked or words[0] in names.words_for("company", rule_set)
    return _Name(tuple(map(stem, heavy if len(heavy) > 1 else words)), sign, order, together, "&" in name)


def _scattered(heard: Heard, whole: Sequence[Called]) -> Iterator[Called]:
    """Find names whose words, or words alike, stand close together in one clause, in any order.

    Of words that are one name as a *whole*, some alone may be another's: a bruise turning black.
    """
    light = places_of(one for one in heard.signs if _is_light(one, heard))
    found = chain.from_iterable(_scattered_over(stretch, light, heard) for stretch in heard.said.stretches)
    kept = (each for each in found if not any(each.places <= one.places for one in whole))
    return (each for each in kept if not (_is_parted(each, heard) or _is_of_thing(each, heard)))


def _is_parted(called: Called, heard: Heard) -> bool:
    """Return whether a comma, if it isn't the “and” of the name, or what they say together keeps its words apart."""
    idioms = places_of(one for one in heard.signs if "idiom" in one.roles)
    commas = {*range(min(called.places), max(called.places))}.difference(*heard.said.clauses)
    return not (idioms.isdisjoint(called.places) and commas <= called.places)


def _is_of_thing(called: Called, heard: Heard) -> bool:
    """Return whether its first word is about something else that is named behind it: more EMLA, it hurts."""
    start = min(called.places)
    following = next((at for at in range(start + 1, len(heard.typed)) if heard.said.words[at] not in ARTICLES), start)
    things = places_of(named_in(heard.activities)) - called.places
    return heard.does(start, "act") and following in things


def _far_apart(heard: Heard, denied: Collection[int]) -> Iterator[Called]:
    """Find names whose words may stand anywhere, but in what they say together."""
    said = {*range(len(heard.said.words))}.difference(denied, *(it.places for it in heard.signs if "idiom" in it.roles))
    for name, says in _names_said(sorted(said), heard):
        if name.apart:
            yield Called(frozenset(at for at, one in says.items() if not one.isdisjoint(name.words)), (name.id,))


def _names_said(places: Collection[int], heard: Heard) -> Iterator[tuple[_Name, Mapping[int, frozenset[str]]]]:
    """Yield the names whose words are all at *places*, with what each word there says."""
    words, alike = heard.said.words, names.synonyms(heard.rule_set)
    evened = {place: stem(words[place]) for place in places if words[place] not in ARTICLES}
    says = {place: alike.get(word, frozenset([word])) for place, word in evened.items()}
    present = _present([words[at] for at in places], frozenset(chain(*says.values())), heard.rule_set)
    return ((name, says) for name in present)


def _scattered_over(clause: range, light: frozenset[int], heard: Heard) -> Iterator[Called]:
    for name, says in _names_said(clause, heard):
        # How many there are stands directly before what they are: 9 tablets, and no tablet 9 hours ago.
        passed = frozenset[int]() if name.words[0].isdigit() else light
        kept = [place for place, said in says.items() if place not in passed or not said.isdisjoint(name.words)]
        yield from _close(name, kept, says)


def _present(words: Iterable[str], said: frozenset[str], rule_set: RuleSet) -> Iterator[_Name]:
    """Yield the names of several words that are all *said*; a name whose words begin otherwise is never evened out."""
    beginnings = {word[:2] for word in said.union(words)}
    groups = map(_spread(rule_set).get, ["", *beginnings])
    near = sorted(one for one in chain.from_iterable(filter(None, groups)) if one[2] <= beginnings)
    found = (_evened(name, sign, rule_set) for _, name, _, sign in near)
    return (one for one in found if len(one.words) > 1 and said.issuperset(one.words))


def _is_light(piece: Piece, heard: Heard) -> bool:
    """Return whether *piece* keeps no words of a name apart: a small word, a time, a further place (lips and face)."""
    word = heard.said.words[piece.places.start]
    is_further = "here" in piece.roles and word_before(heard.said.words, piece.places.start) == "and"
    return not piece.ids and (is_further or word.isdigit() or word in names.TIMES or not piece.roles.isdisjoint(_LIGHT))


def _close(name: _Name, kept: Sequence[int], says: Mapping[int, frozenset[str]]) -> Iterator[Called]:
    length = len(name.words) + (0 if name.together else _AMONG)
    for start in range(len(kept)):
        held = [place for place in kept[start : start + length] if not says[place].isdisjoint(name.words)]
        if kept[start] in held and len(held) >= len(name.words) and _fits(name, [says[place] for place in held]):
            yield Called(frozenset(held), (name.id,))


def _fits(name: _Name, said: Sequence[frozenset[str]]) -> bool:
    if name.order:
        return len(said) == len(name.words) and all(map(contains, said, name.words))
    return frozenset(chain.from_iterable(said)).issuperset(name.words)


def is_spread(called: Called, named: Iterable[Piece], heard: Heard) -> bool:
    """Return whether the words for a sign are but parts of several names: hot yoga, then a cold shower."""
    places = {place for place in called.places if not heard.does(place, "join")}
    parts = [one.places for one in named if not places.isdisjoint(one.places)]
    if len(called.places) == len(places) == _PAIR and heard.joins(range(min(places), max(places))):
        # What is done stands behind what does it, and not before: go spinning, and then sit in the steam room.
        return not places.issuperset(chain(*parts)) or min(places) in chain(*parts)
    return len(parts) > 1 and places.issubset(chain(*parts)) and not any(map(places.issuperset, parts))


def is_choice(name: Piece, heard: Heard) -> bool:
    """Return whether *name* is taken in place of what stands before: ibuprofen or paracetamol, and not and/or."""
    before = [word for word in heard.said.words[: name.places.start] if word not in ARTICLES]
    return before[-1:] == ["or"] and before[-2:-1] != ["and"]


def has_gone(seen: Sequence[Piece | Called], heard: Heard) -> bool:
    """Return whether nothing is *seen*, or words behind it say that it has gone: red at first, all gone."""
    last = max(places_of(seen), default=-1)
    behind = (one for one in heard.signs if one.places.start > last and "gone" in one.roles)
    return not (seen and all(find_denial(one, heard.signs, heard.said.words) for one in behind))


def is_long_past(typed: str, other: str, rule_set: RuleSet) -> bool:
    """Return whether what is *typed* only tells of what was, to an *other* even, long ago: had hives as a child."""
    said, lead = names.hear(typed), ONESELF.union(ARTICLES, tokens(other))
    first, *_ = told = [*dropwhile(lead.__contains__, said.words), ""]
    text, ends = f" {' '.join(told)}", [names.phrases_of(role, rule_set) for role in ("long-ago", "beforehand")]
    phrase = next((one for one in chain(*ends) if text.startswith(one) or text.endswith(one)), "")
    was = first in rule_set.small_words.get("past", ()) or first.endswith("ed")
    is_one = len(said.clauses) == 1 and names.LEADING.union(["and"]).isdisjoint(text.replace(phrase, " ").split())
    return bool(phrase) and was and is_one


class Declared(NamedTuple):
    """An *answer* to a *fact* about the person, and the words that give it."""

    places: frozenset[int]
    fact: str
    answer: str


def find_declared(heard: Heard, asked: Sequence[Piece]) -> Iterator[Declared]:
    """Yield the answers that a question gives about the person, apart from what is *asked*.

    What is asked declares nothing, but for a medicine that is named beside something else, and feeding a baby.
    """
    activities = heard.rule_set.activities
    beside = places_of(one for one in asked[1:] if activities[one.ids[0]].medicine == PRESCRIBED)
    busy = places_of(one for one in asked if activities[one.ids[0]].stands_for != "feeding") - beside
    for piece in heard.answers:
        if busy.isdisjoint(piece.places) and not (
            find_denial(piece, heard.answers, heard.said.words) or _describes(piece, heard)
        ):
            for one in piece.ids:
                fact, _, answer = one.partition("=")
                yield Declared(frozenset(piece.places), fact, answer)


def find_checked(heard: Heard) -> frozenset[int]:
    """Return where answers stand that the check before the treatment judges."""
    tests = chain.from_iterable(one.when.tests for one in heard.rule_set.screenings.values())
    checked = {f"{test.fact}={answer}" for test in tests for answer in test.answers}
    return places_of(one for one in named_in(heard.answers) if not checked.isdisjoint(one.ids))


def _describes(piece: Piece, heard: Heard) -> bool:
    """Return whether *piece* only describes what follows: a cold beer."""
    following = [one for one in heard.activities if one.places.start == piece.places.stop]
    return heard.said.words[piece.places.start] in ARTICLES and any(one.ids or not one.roles for one in following)


def find_other(heard: Heard, *roles: str) -> str:
    """Return who does or has it in place of the person who asks: “my husband”; by words of *roles*, whose it is."""
    given = max((one.places.stop for one in heard.activities if "gives" in one.roles), default=0)
    # Who wants a baby asks for themselves.
    told = places_of(named_in(heard.answers))
    starts = {one.places.start for one in named_in(heard.activities)}
    for piece in (one for one in heard.activities if one.places.start >= given and told.isdisjoint(one.places)):
        # My friends' toner is theirs; my friends are somebody.
        owns = "owner" in piece.roles and piece.places.stop in starts
        is_somebody = ("company" in piece.roles and not owns) or not piece.roles.isdisjoint(roles)
        if is_somebody and not _is_told(piece, heard):
            return heard.spelled(piece.places)
        if not (is_somebody or _leads(piece, heard)):
            break
    return ""


def _leads(piece: Piece, heard: Heard) -> bool:
    """Return whether *piece* may stand before whoever it is about, and names nobody and nothing itself."""
    words = {heard.said.words[place] for place in piece.places}
    is_light = piece.roles & {"soften", "owner", "age", "tells"} or words == {"for"} or all(map(str.isdigit, words))
    return bool(is_light) and words.isdisjoint(ONESELF) and "act" not in piece.roles


def _is_told(piece: Piece, heard: Heard) -> bool:
    """Return whether somebody only says it, or it is about the one who asks too: my mum says, used it on me, and I."""
    behind = [one for one in heard.activities if one.places.start >= piece.places.stop]
    following = next((one for one in behind if one.roles.isdisjoint(("join", "place", "owner"))), piece)
    is_with_me = not _WITH_ME.isdisjoint(pairwise(heard.said.words[piece.places.stop :]))
    # What comes last counts: my baby touched my neck, and now he has it.
    ends = [one.places[-1] for one in behind if "company" in one.roles or heard.does(one.places[-1], "here")]
    is_mine = bool(ends) and heard.does(ends[-1], "here") and heard.said.words[ends[-1] - 1] == "my"
    return "tells" in following.roles or is_with_me or is_mine


def is_elsewhere(heard: Heard, named: list[Piece], left: list[Piece], untreated: frozenset[str]) -> bool:
    """Return whether it is done to skin that wasn't treated: shave my legs, wax my lip, a leg wax."""
    away = [one for one in left if "elsewhere" in one.roles]
    on_spot = any(_is_on_spot(one, away, untreated, heard) for one in named)
    return not heard.has("here") and (on_spot or any(_is_object(one, named, heard) for one in away))


def _is_on_spot(name: Piece, away: Iterable[Piece], untreated: frozenset[str], heard: Heard) -> bool:
    """Return whether *name* is only done to a spot, and that wasn't treated; laser hair removal names no hair."""
    places = untreated.difference(names.tokens(heard.rule_set.label(name.ids[0])))
    is_named = not places.isdisjoint(heard.said.words[at] for at in name.places)
    is_away = is_named or name.places.start in {one.places.stop for one in away}
    return is_away and not heard.rule_set.ancestry(name.ids).isdisjoint(heard.rule_set.standing_for("spot"))


def _is_object(place: Piece, named: Iterable[Piece], heard: Heard) -> bool:
    """Return whether something *named* is done to a *place*: it ends directly before it, or before an “on”."""
    ends = {one.places[-1] for one in named}
    before = max({*range(place.places.start)} - heard.owners, default=-1)
    return before in ends or (before > min(ends, default=-1) and heard.said.words[before] in ONTO)
