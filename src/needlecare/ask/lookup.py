"""Words → the activities or signs they mean. Never guesses: what isn't understood is said."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, count, pairwise, product, zip_longest
from typing import NamedTuple

from needlecare.ask import beside, names
from needlecare.ask.beside import ONESELF, ONTO, Called, Declared, Heard, places_of
from needlecare.ask.names import ARTICLES, LEADING, NOTHING, Piece, find_denial, key, named_in, word_before
from needlecare.model import ruleset
from needlecare.model.facts import Facts
from needlecare.model.ruleset import BY_MOUTH, CLINIC, EMERGENCY, PRESCRIBED, RuleSet, Sign

# What small words may do and change no answer; beside a sign, fewer do.
_OF_SIGNS = frozenset(["join", "soften", "place", "company", "owner", "time", "here", "dated", "tells", "gone", "seen"])
_MORE = frozenset(["past", "given", "act", "swallow", "onto-skin", "brand", "gives", "watches", "lent"])
_OF_ACTIVITIES = _MORE.union(_OF_SIGNS - {"seen"})
# Being on a medicine puts nothing on it.
_OVER = frozenset(["over", "onto", "into"])
# A verb is about the thing that is named behind it: “drink coffee” is about coffee.
_VERBS = frozenset(["act", "swallow"])
# What only leads to the thing that is asked about.
_LEADING = frozenset(["soften", "join", "owner", "time", "here"])
# What leads to a part of a day, such as lunch: once the day is known, its strictest instant counts there too.
_WITHIN_DAYS = ARTICLES.union(["after", "before", "during", "later"])


class Meaning(NamedTuple):
    """What a phrase means: *ids* of activities or signs; with none, *nearest* holds names that come close.

    *named* holds the ids of each different name. *unknown* are words that were not understood, *turning* one that turns
    the question round, *past* is about something done. *undated* are words on a time without a date, *typed* all words.

    Whatever it is about: *signs* are those named in it that some rule says to call for, *declared* the answers that it
    gives about the person, each with its fact, *stopping* the words for not doing something or doing it otherwise,
    *other* who else it is about. *ongoing* is what goes on by the words, *elsewhere* what is done to other skin, or is
    seen there. A sign that is *gone* was there, or isn't there at all.
    All *signs* may be answers of a person who is *ailing*: a fever, a cold sore. What they took has *ended* on a day.
    """

    words: str
    ids: tuple[str, ...]
    named: tuple[tuple[str, ...], ...] = ()
    unknown: tuple[str, ...] = ()
    turning: str = ""
    past: bool = False
    nearest: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()
    typed: str = ""
    signs: tuple[str, ...] = ()
    declared: tuple[tuple[str, str], ...] = ()
    stopping: str = ""
    other: str = ""
    ongoing: bool = False
    elsewhere: bool = False
    gone: bool = False
    ailing: bool = False
    ended: date | None = None

    @property
    def is_sure(self) -> bool:
        """Whether every word was understood, and is about treated skin of the person who asks."""
        doubts = (self.unknown, self.turning, self.undated, self.other, self.elsewhere)
        return bool(self.ids) and not any(doubts)


def find_activities(
    rule_set: RuleSet, phrase: str, facts: Facts, *, mending: bool = True, timed: bool = False
) -> Meaning:
    """Return which activities *phrase* means to a person of these *facts*.

    With *mending* a slip of the finger counts as what is meant, and as a word that isn't understood all the same. Where
    the day is known (*timed*), words for a part of it say nothing more.
    """
    heard = beside.listen(rule_set, phrase, facts, mending=mending)
    said = _sort(heard, timed=timed)
    besides, told = _done_besides(said.named, heard), places_of(said.declared)
    ids = _ids(one for one in said.named if one not in besides) or _stand_in(heard, said.left)
    elsewhere = beside.is_elsewhere(heard, said.named, said.left, names.untreated(names.treated_areas(facts), rule_set))
    unknown = _unheard(said.left, _OF_ACTIVITIES | {"elsewhere"} if elsewhere else _OF_ACTIVITIES, heard)
    turning = _first(unknown, {"stop", "deny"}, said.named)
    strange = _strange(said, ids, [one for one in unknown if one is not turning], heard)
    for replace in (_as_given, _washed_with, _protected, _shared):
        ids = replace(heard, ids)
    # Whoever was treated at a clinic has a roller too.
    is_shared = bool(ids) and ids == rule_set.standing_for("shared")
    declared = [*said.declared, *([Declared(frozenset(), "setting", "home")] if is_shared else [])]
    together = [one for one in said.named if not beside.is_choice(one, heard)]
    return _finished(heard, together, ids, _led_to(strange, ids, said, heard), said.undated)._replace(
        turning=heard.spelled(turning.places),
        past=not besides and any(_is_past(one, heard) for one in heard.activities if one.places.start not in told),
        nearest=_nearest(heard, said.named, names.ACTIVITIES, strange) if mending else (),
        signs=_ids(said.calls, None if unknown or strange else rule_set.signs),
        declared=_answers(declared),
        stopping=heard.spelled(_first(said.left, {"stop"}).places),
        other=beside.find_other(heard),
        elsewhere=elsewhere,
        ongoing=not said.left or heard.says("ongoing"),
        ailing=not any(places_of(said.declared).isdisjoint(one.places) for one in said.calls),
    )


class _Said(NamedTuple):
    """A question about activities: those *named* and not denied, and what it says besides.

    *without* are the denials, *known* is where every word is understood; of the others, *undated* is about a time.
    """

    named: list[Piece]
    declared: list[Declared]
    calls: list[Called]
    without: list[range]
    known: frozenset[int]
    left: list[Piece]
    undated: list[range]


def _sort(heard: Heard, *, timed: bool) -> _Said:
    asked = _asked(heard)
    declared = [one for one in beside.find_declared(heard, asked) if heard.rule_set.facts[one.fact].open]
    calls = [*_beside(heard, asked, declared)]
    besides = places_of([*calls, *declared])
    named = _without_verbs([one for one in asked if not _is_taken(one, asked, declared, heard)], heard, besides)
    without = [*_denied((one for one in heard.activities if one not in named), heard.activities, heard)]
    denied = chain(without, *(_denied(pieces, pieces, heard) for pieces in (heard.signs, heard.answers)))
    known = places_of(named).union(besides, *denied)
    left, undated = _left(heard, heard.activities, known, timed=timed)
    # Skin that wasn't treated may only hurt: my back is killing me.
    pairs = pairwise(one for one in left if "soften" not in one.roles)
    aching = [both for both in pairs if "elsewhere" in both[0].roles and "aches" in both[1].roles]
    left = [one for one in left if one not in [*chain(*aching)]]
    if _of_treatment(named, heard):
        # Of a treatment to come, what was stopped before was used.
        left = [one for one in left if "ceased" not in one.roles]
    return _Said(named, declared, calls, without, known, left, undated)


def _is_taken(name: Piece, asked: Sequence[Piece], declared: Sequence[Declared], heard: Heard) -> bool:
    """Return whether *name* only says what somebody takes, beside what is no medicine: swim on methotrexate."""
    kinds = (heard.rule_set.activities[one].medicine for one in heard.rule_set.ancestry(asked[0].ids))
    is_taken = name is not asked[0] and places_of(declared).issuperset(name.places)
    return is_taken and not (any(kinds) or _of_treatment(asked, heard))


def _strange(said: _Said, ids: Iterable[str], unknown: Iterable[Piece], heard: Heard) -> list[range]:
    """Return the words that keep it from being understood: those *unknown*, and those that stand where they mustn't."""
    strange = [*(one.places for one in unknown), *heard.slipped(said.known), *said.without]
    # What ails the skin that something is put over: over my eczema.
    over = [one.places for one in said.declared if word_before(heard.said.words, min(one.places)) in _OVER]
    strange += [*(range(min(one), max(one) + 1) for one in over), *_halves(heard, said.left, said.known)]
    strange += _put_on(heard, ids, said.left, bare=not (said.named or strange))
    return strange


def find_signs(rule_set: RuleSet, phrase: str, facts: Facts, *, mending: bool = True, timed: bool = False) -> Meaning:
    """Return which signs *phrase* means to a person of these *facts*; those to call about come first."""
    heard = beside.listen(rule_set, phrase, facts, mending=mending)
    calls, named = beside.find_calls(heard), named_in(heard.signs)
    denied = frozenset(chain.from_iterable(_denied(named, heard.signs, heard)))
    seen = [one for one in named if denied.isdisjoint(one.places)]
    known = denied | places_of([*named, *calls, *_standing_for("treatment", named_in(heard.activities), heard)])
    left, undated = _left(heard, heard.signs, known, timed=timed)
    away = _untreated([*calls, *seen], left, facts, heard)
    strange = [*away, *(one.places for one in _unheard(left, _OF_SIGNS, heard))]
    milder = None if strange else rule_set.signs
    undated = [run for run in undated if not LEADING.union(ARTICLES).issuperset(names.tokens(heard.spelled(run)))]
    ids = _ids([*calls, *seen] or named, milder)
    return _finished(heard, (), ids, [*strange, *heard.slipped(known)], undated)._replace(
        other=beside.find_other(heard, "others"),
        nearest=_nearest(heard, [*calls, *seen], names.SIGNS, strange),
        signs=_ids(calls, milder),
        declared=_answers(beside.find_declared(heard, ())),
        elsewhere=bool(away),
        # What is named as over has gone, and is still to be watched.
        gone=not any(one.once_over in ids for one in rule_set.signs.values())
        and beside.has_gone([*calls, *seen], heard),
    )


def _untreated(seen: Iterable[Called | Piece], left: list[Piece], facts: Facts, heard: Heard) -> list[range]:
    """Find words for what was not treated, be it within a name: a numb face, after needles in the neck."""
    signs, away = heard.rule_set.signs, names.untreated(names.treated_areas(facts), heard.rule_set)
    own = (one for one in seen if not any(signs[sign].beside for sign in one.ids))
    said = places_of((*own, *(one for one in left if "elsewhere" in one.roles)))
    return [range(at, at + 1) for at in sorted(said) if heard.said.words[at] in away]


def _unheard(pieces: Iterable[Piece], roles: frozenset[str], heard: Heard) -> list[Piece]:
    """Return the words that do nothing of *roles*, and a place that is what a sign is of: my car is red."""
    return [one for one in pieces if roles.isdisjoint(one.roles) or (roles is _OF_SIGNS and _is_thing(one, heard))]


def _is_thing(piece: Piece, heard: Heard) -> bool:
    led = {word_before(heard.said.words, piece.places.start), heard.said.words[piece.places.start]}
    return piece.roles == {"place"} and not any("join" in heard.small.get(word, NOTHING) for word in led)


def _denied(named: Iterable[Piece], pieces: Sequence[Piece], heard: Heard) -> Iterator[range]:
    """Return where names that are *named* are said not to be so, with the words that say it."""
    for one in named:
        denial = find_denial(one, pieces, heard.said.words)
        if one.ids and denial:
            yield range(denial.start, one.places.stop)


def _finished(heard: Heard, named: Iterable[Piece], ids: tuple[str, ...], *runs: Iterable[range]) -> Meaning:
    strange, undated = (sorted(each, key=lambda run: run.start) for each in runs)
    return Meaning(
        " ".join(heard.typed),
        ids,
        tuple({key(heard.said.words[place] for place in one.places): one.ids for one in named}.values()),
        tuple(dict.fromkeys(map(heard.spelled, strange))),
        undated=tuple(map(heard.spelled, undated)) if ids and not strange else (),
    )


def _led_to(strange: list[range], ids: Collection[str], said: _Said, heard: Heard) -> list[range]:
    """Return what is *strange*, or names side by side; in a question about nothing known what other words lead to."""
    led = strange if strange or ids else [one.places for one in said.left if one.roles.isdisjoint(_LEADING)]
    return led or [*_side_by_side(heard, said.named)]


def _first(pieces: Iterable[Piece], roles: Collection[str], named: Sequence[Piece] = ()) -> Piece:
    """Return the first small words that have one of *roles*, before all that is *named*, or none."""
    ahead = (one for one in pieces if all(one.places.start < each.places.start for each in named))
    return next((one for one in ahead if not one.roles.isdisjoint(roles)), Piece(range(0)))


def _ids(named: Iterable[Piece | Called], signs: Mapping[str, Sign] | None = None) -> tuple[str, ...]:
    """Return what is *named*; of *signs* with one name that of the lower rank: no other word speaks for the graver."""
    each = ([max(one.ids, key=lambda sign: signs[sign].rank)] if signs else one.ids for one in named)
    return tuple(dict.fromkeys(chain.from_iterable(each)))


def _answers(declared: Iterable[Declared]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((one.fact, one.answer) for one in declared))


def _nearest(heard: Heard, named: Sequence[Piece | Called], kind: str, strange: Iterable[range]) -> tuple[str, ...]:
    """Return what a slip of the finger was taken for, if nothing else is strange; else what comes close, or a sign."""
    places = frozenset(chain.from_iterable(strange))
    if named:
        slipped = [one for one in named if not heard.slips.isdisjoint(one.places)]
        return _ids(slipped) if places <= heard.slips else ()
    signs = named_in(heard.signs) if kind == names.ACTIVITIES else []
    seen = _ids(signs) if places <= places_of(signs) else ()
    return names.alike(heard.said.words, kind, heard.rule_set) or seen


def _left(
    heard: Heard, pieces: Iterable[Piece], known: Collection[int], *, timed: bool
) -> tuple[list[Piece], list[range]]:
    """Return what is left of *pieces*, and the runs of words in it that are about a time."""
    left = [one for one in pieces if one.places.start not in known]
    runs = names.undated(places_of(one for one in left if "seen" not in one.roles), heard.said.words)
    dated = frozenset(chain.from_iterable(runs))
    left = [one for one in left if dated.isdisjoint(one.places)]
    # What only leads to a part of the day says nothing more once the day is known.
    words, does = heard.said.words, heard.does
    told = [run for run in runs if not all(words[one] in _WITHIN_DAYS or does(one, "place") for one in run)]
    return left, told if timed else runs


def _beside(heard: Heard, named: Sequence[Piece], declared: Sequence[Declared]) -> Iterator[Called]:
    """Return the signs to call for that are named beside activities, and not within their names."""
    for called in beside.find_calls(heard):
        said = any(_is_general(called, one, heard, asked=bool(named)) for one in declared)
        held = any(_holds(one.places, called, heard) for one in named) or beside.is_spread(called, named, heard)
        is_planned = any(one.ids == called.ids for one in named)
        if not (said or held or is_planned) and beside.is_exact(called, heard):
            yield called


def _is_general(called: Called, said: Declared, heard: Heard, *, asked: bool) -> bool:
    """Return whether a sign is only *said* to be so, or to have been: pregnant, on it since my stroke."""
    if beside.urgency_of(called, heard.rule_set) == CLINIC:
        seen = key(heard.said.words[place] for place in sorted(said.places)) in names.sign_keys(heard.rule_set)
        return called.places <= said.places or (asked and not (seen or called.places.isdisjoint(said.places)))
    more = {place for place in said.places - called.places if heard.said.words[place] not in ARTICLES}
    return called.places < said.places and bool(more) and beside.urgency_of(called, heard.rule_set) == EMERGENCY


def _holds(name: range, called: Called, heard: Heard) -> bool:
    """Return whether the *name* of an activity only contains the words for a sign: stroke my cat, cold sore tablets."""
    if called.places >= frozenset(name):
        return called.places == frozenset(name) and beside.urgency_of(called, heard.rule_set) != EMERGENCY
    # What is done to a sign is done to what is there: pop a blister.
    acts = heard.does(name.start, "act") and name[-1] in called.places
    return called.places < frozenset(name) and not acts


def _asked(heard: Heard) -> list[Piece]:
    """Return the names that are asked about: the treatment, or else all but that."""
    named = _meant(heard)
    # What else is named beside feeding a baby is about the milk.
    if fed := _standing_for("feeding", named, heard):
        return fed if fed == named else [one._replace(ids=heard.rule_set.standing_for("feeding")[-1:]) for one in fed]
    if treatment := _of_treatment(named, heard):
        # What goes on besides the treatment, or has been stopped, says something of the person.
        said = places_of(heard.activities) if heard.has("ceased") else beside.find_checked(heard)
        said -= places_of(treatment)
        return [one for one in named if not said.issuperset(one.places)]
    treatment = _standing_for("treatment", named, heard)
    return [one for one in named if one not in treatment]


def _meant(heard: Heard) -> list[Piece]:
    """Return the names but for what is denied, swallowed instead, or only a time: before my session."""
    words, names_ = heard.said.words, beside.find_planned(heard) or named_in(heard.activities)
    named = [_as_prescribed(one, heard) for one in names_ if not _is_swallowed(one, heard)]
    treatment = _standing_for("treatment", named, heard)
    named = [one for one in named if one not in treatment or word_before(words, one.places.start) not in LEADING]
    return [one for one in named if not find_denial(one, heard.activities, words)] or named


def _as_prescribed(name: Piece, heard: Heard) -> Piece:
    """Return what it is called where the words say that it is prescribed, or somebody else's: aspirin for my heart."""
    words, start = heard.said.words, name.places.start
    if others := _of_others(name, heard):
        return name._replace(ids=others)
    ends = (start, start - (words[start - 1] in ARTICLES))
    goes_on = any("ongoing" in one.roles and one.places.stop in ends for one in heard.activities)
    is_own = goes_on and any(heard.rule_set.activities[one].prescribed_to.tests for one in name.ids)
    named = ("prescribed", *words[start : name.places.stop])
    found = names.cut(named, {}, names.ACTIVITIES, heard.rule_set) if is_own or heard.says("prescribed") else ()
    return name._replace(ids=found[0].ids) if len(found) == 1 else name


def _of_others(name: Piece, heard: Heard) -> tuple[str, ...]:
    """Return what a medicine is that is somebody else's or left over, and a sport that one only watches others do."""
    rule_set, above = heard.rule_set, heard.rule_set.ancestry(name.ids)
    led = {*chain.from_iterable(one.roles for one in heard.activities if one.places.stop == name.places.start)}
    kinds = {rule_set.activities[one].medicine for one in above} - {"", ruleset.NOT_WITH}
    if kinds and (led & {"others", "spare"} or _is_lent(name, heard)):
        return rule_set.standing_for("borrowed")[:1]
    is_watched = "watches" in led and not above.isdisjoint(rule_set.standing_for("watched"))
    return rule_set.standing_for("protected") if is_watched else ()


def _is_lent(name: Piece, heard: Heard) -> bool:
    """Return whether the words behind *name* say who has it: tramadol my sister gave me."""
    behind = [
        one.roles for one in heard.activities if one.places.start >= name.places.stop and "owner" not in one.roles
    ]
    first, second = [*behind, NOTHING, NOTHING][:2]
    return "spare" in first or ("company" in first and "lent" in second)


def _standing_for(what: str, named: Iterable[Piece], heard: Heard) -> list[Piece]:
    return [one for one in named if set(heard.rule_set.standing_for(what)).issuperset(one.ids)]


def _of_treatment(named: Sequence[Piece], heard: Heard) -> list[Piece]:
    """Return the treatment if it is named first, or first behind “can I”: what comes before that is only told."""
    # Among signs the “I” of “can I have it done” is part of no longer name.
    asks = next((one.places.start for one in heard.signs if "asks" in one.roles), 0)
    firsts = [*named[:1], *[one for one in named if one.places.start >= asks][:1]]
    return _standing_for("treatment", firsts, heard)


def _is_swallowed(piece: Piece, heard: Heard) -> bool:
    """Return whether what is for the skin is swallowed beside *piece*: then it is another thing."""
    if _above("on-skin", heard.rule_set).isdisjoint(heard.rule_set.ancestry(piece.ids)):
        return False
    light = places_of(one for one in heard.activities if not one.ids and one.roles <= {"soften", "owner"})
    before = next(one for one in count(piece.places.start - 1, -1) if one not in light)
    return any("swallow" in one.roles and {before, piece.places.stop} & set(one.places) for one in heard.activities)


def _without_verbs(named: list[Piece], heard: Heard, besides: frozenset[int]) -> list[Piece]:
    """Leave out a verb where something else is named beside it, or it is done to something that nobody knows."""
    ahead = [range(one.places.stop, behind.places.start + 1) for one, behind in pairwise(named)]
    pairs = zip_longest(named, ahead)
    named = [one for one, between in pairs if not (between and one.roles & _VERBS and not heard.joins(between))]
    seen = places_of(named_in(heard.signs)) | besides
    skin = {"act"} if seen - places_of(named) or heard.has("here") else NOTHING
    return [one for one in named if one.roles & skin or not (one.roles & _VERBS and _has_object(one, heard))]


def _has_object(verb: Piece, heard: Heard) -> bool:
    """Return whether another thing stands directly beside *verb*: wash the car, a dental appointment."""
    behind = next(one for one in count(verb.places.stop) if one not in heard.owners)
    near = (one for one in heard.activities if one.places.start in (verb.places.start - 1, behind))
    said = (one.places.start for one in near if one.ids or one.roles <= {"place"})
    return not all(heard.does(start, "join") for start in said)


def _stand_in(heard: Heard, left: Sequence[Piece]) -> tuple[str, ...]:
    """Return what stands for whatever nobody knows and somebody puts on the skin."""
    is_swallowed = any("swallow" in one.roles for one in left)
    return heard.rule_set.standing_for("on-skin") if any(_onto_skin(heard, left)) and not is_swallowed else ()


def _onto_skin(heard: Heard, left: Iterable[Piece]) -> Iterator[Piece]:
    """Return the words that put something on the skin; those that people begin any question with don't."""
    for one in left:
        is_here = "here" in one.roles and word_before(heard.said.words, one.places.start) in ONTO
        if is_here or (one.roles & {"onto-skin", "brand"} and "soften" not in one.roles and not one.ids):
            yield one


def _as_given(heard: Heard, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Put what the clinic gave in the place of one's own of the same kind."""
    rule_set = heard.rule_set
    given = rule_set.standing_for("given") if heard.has("given") else ()
    own = [one for one in _of_kind(given, ids, rule_set) if rule_set.activities[one].medicine != PRESCRIBED]
    return _replaced(ids, own, given) if own else ids


def _washed_with(heard: Heard, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Put what skin is washed with in the place of the washing, be only its maker named: wash my face with CeraVe."""
    soap, washing = heard.rule_set.standing_for("soap"), _above("soap", heard.rule_set)
    is_made = heard.has("brand") and ids and all(washing & heard.rule_set.ancestry([one]) for one in ids)
    return _replaced(ids, washing, soap) if is_made or not {*soap}.isdisjoint(ids) else ids


def _of_kind(kinds: Iterable[str], ids: Iterable[str], rule_set: RuleSet) -> list[str]:
    """Return those of *ids* that are of the group of one of *kinds*."""
    groups = {*map(rule_set.group_of, kinds)}
    return [one for one in ids if rule_set.group_of(one) in groups]


def _replaced(ids: Iterable[str], old: Collection[str], new: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*new, *(one for one in ids if one not in old))))


def _above(what: str, rule_set: RuleSet) -> set[str]:
    """Return what the activities that stand for *what* are directly part of."""
    return {above for one in rule_set.standing_for(what) for above in rule_set.activities[one].under}


def _is_past(piece: Piece, heard: Heard) -> bool:
    """Return whether *piece* is about something done, be it within a name: but not to get one's brows threaded."""
    said = pairwise(range(piece.places.stop))
    owned = any(heard.does(one, "caused") and heard.does(other, "owner") for one, other in said)
    is_caused = owned or (heard.does(0, "caused") and not heard.does(0, "plans"))
    is_done = "past" in piece.roles or (bool(piece.ids) and any(heard.does(place, "past") for place in piece.places))
    return is_done and not is_caused


def _done_besides(named: Sequence[Piece], heard: Heard) -> list[Piece]:
    """Return what was done before what is asked, as somebody goes on to say: take cetirizine, I had a beer."""
    done = min((one.places.start for one in heard.activities if _is_past(one, heard)), default=0)
    first = named[0].places.stop if named else 0
    is_said = not ONESELF.isdisjoint(heard.said.words[first:done])
    return [one for one in named[1:] if is_said and one.places.start >= done]


def _protected(heard: Heard, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Put being out in the shade, or under a hat, in the place of being out without."""
    rule_set = heard.rule_set
    bare, protected = (rule_set.standing_for(one) for one in ("unprotected", "protected"))
    # To go out with sunscreen is one thing, sunscreen for going out another.
    is_out = not ({*bare}.isdisjoint(ids) and {*protected}.isdisjoint(ids[:-1]))
    if not (is_out and heard.says("protect")) or heard.says("deny"):
        return ids
    harmful = _above("unprotected", rule_set)
    same = [one for one in _of_kind(bare, ids, rule_set) if harmful.isdisjoint(rule_set.lineage[one])]
    return _replaced(ids, (*same, *bare), protected)


def _shared(heard: Heard, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Put what several people use in the place of what one does at home."""
    at_home, shared = map(heard.rule_set.standing_for, ("at-home", "shared"))
    alone = at_home if heard.has("company") or heard.has("others") else ()
    return ids if {*shared, *alone}.isdisjoint(ids) else shared


def _put_on(heard: Heard, ids: Iterable[str], left: Iterable[Piece], *, bare: bool) -> Iterator[range]:
    """Return the words that put on the skin what is taken, or, *bare* of all else, what nobody knows."""
    is_taken = any(heard.rule_set.activities[one].taken == BY_MOUTH for one in ids)
    if is_taken or (bare and not heard.has("given")):
        yield from (one.places for one in _onto_skin(heard, left))


def _halves(heard: Heard, left: Iterable[Piece], known: frozenset[int]) -> Iterator[range]:
    """Find what is done to treated skin behind an “and” without a name, nor a place before it: and do my face."""
    ends = [*(at for at, word in enumerate(heard.said.words) if word == "and"), len(heard.said.words)]
    for start, end in pairwise(ends):
        if known.isdisjoint(range(start, end)) and not heard.does(start - 1, "here"):
            on_skin = {"here", "onto-skin"}
            yield from (one.places for one in left if one.places.start in range(start, end) and one.roles & on_skin)


def _side_by_side(heard: Heard, named: Sequence[Piece]) -> Iterator[range]:
    """Find where two names that mean different things stand side by side, joined by nothing: an ice bath."""
    starts, lineage = {clause.start for clause in heard.said.clauses}, heard.rule_set.lineage
    for one, other in pairwise(named):
        between = range(one.places.stop, other.places.start + 1)
        is_form = len(between) == 1 and other.roles & {"onto-skin", "swallow"}
        is_joined = heard.joins(between) or not starts.isdisjoint(between)
        is_part = any(this in lineage[that] or that in lineage[this] for this, that in product(one.ids, other.ids))
        if not (is_joined or is_form or is_part):
            yield range(one.places.start, other.places.stop)
