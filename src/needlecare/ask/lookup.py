"""Words → the activities or signs they mean. Never guesses: what isn't understood is said."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from needlecare.errors import close_names
from needlecare.model.facts import Facts
from needlecare.model.ruleset import CALL, RuleSet


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Left out of names and phrases alike. Of a strength the number alone tells which one is meant.
ARTICLES = _words("any your some that my our those a an this these the of mg")
# Say nothing about which activity is meant.
FILLERS = _words(
    "i me myself we you it is are am be been ok okay fine safe alright right allowed possible still "
    "already again just can could may might should shall will would do does did doing done go goes going "
    "went gone have has having had get gets getting got take takes taking took use uses using used put "
    "puts putting apply applies applying applied wear wears wearing wore worn try start starting started "
    "want need let make making made to on in into at for from by with and or plus around onto "
    "over up out as also too please maybe perhaps really actually quickly bit little quick normal usual "
    "regular new first few more back there here if so now soon later all accidentally mistake forgot "
    "sit sits stay stays lie lies stand play plays change changes swap water work office school "
    "inside indoors upper lower left whole entire full friends family class session "
    "lesson product products treatment face skin area"
)
# Say how much of what is named behind them; elsewhere they are a thing: a bottle of wine, a hot water bottle.
MEASURES = _words("bottle bottles glass glasses pint pints cup cups drop drops layer layers")
# What is done to the skin, and the words for it: of what is eaten or taken, nobody speaks of that.
ON_SKIN = _words("apply rub put dab spread massag smear wash rins clean splash spray soak")
ONTO = _words("on onto over to into in")
SKIN = _words("face skin area")
# An activity of their own only where nothing else is named: “drink coffee” is about coffee.
VERBS = _words("drink eat touch rub wash rins clean cleans smok")
# Turn a question round; an answer about the words beside them would be the wrong way round.
TURNING = _words("not no without skip stop quit avoid never instead dont cant wont shouldnt off remove miss pause less")
PAST = _words("already accidentally mistake forgot went used had did drank ate swam ran wore slept flew took")
# Make one question of two things: what else stands side by side may be a third, as an ice bath is.
JOINS = _words("and or plus with at to")
JOINING = _words("and or with plus then after before at in on to for by while during near from")
# About a time, but no day of the calendar; what they lead belongs to them: after christmas, until the next session.
TIMES = _words(
    "after before until till til during since following later soon then afterwards afterward beforehand eventually "
    "shortly sometime someday"
)
# The same in words that each say nothing; without articles.
VAGUE = {"from now", "now on", "from here", "in bit", "in little", "in few", "in while"}.union(
    f"{lead} {sitting}" for lead in ("from", "at", "to", "for", "by") for sitting in ("treatment", "session")
)
# What a day, or a part of it, holds at some hour: its strictest instant counts there too.
DAILY = _words(
    "after before during later work school college office class lesson lunch dinner breakfast tea bed bedtime"
)
# The treatment itself.
SITTINGS = _words("treatment treatments session sessions needling microneedling procedure appointment")
SITTING = SITTINGS | _words("after since following from at")
# Beside a sign they may be what matters.
NARROWING = _words("face new more again all over whole entire full upper lower left back water")
# What something comes as: beside a name they narrow it, and never are the matter itself.
FORMS = _words(
    "gel cream serum lotion spray stick powder tablets tablet pills pill capsules capsule oil pads mist "
    "foam balm mousse"
)
_IRREGULAR = {"ran": "run", "swam": "swim", "drank": "drink", "drunk": "drink", "flew": "fly", "slept": "sleep"}
# What is on a bed is no bed, and what burns has no burn.
_APART = {"bedding": "bedlinen", "burning": "burnish"}
# A number and its unit are two words, however they are written.
_SPLIT = re.compile(r"[^a-z0-9+]+|(?<=[0-9])(?=mg\b)")
_AND = re.compile(r"\s*[&,;/]\s*|\s\+\s")
_LETTER = re.compile(r"(?<=\w)[\s-]A(?![\w’'])")
_SHORTEST = 4
# Endings of plurals and what stands there in the singular. The first counts; the last but one only look like one.
_PLURALS = {"ies": "y", "ches": "ch", "shes": "sh", "xes": "x", "sses": "ss"}
_PLURALS |= {"ss": "ss", "us": "us", "is": "is", "s": ""}


def tokens(text: str) -> list[str]:
    """Split *text* into lower-case words; hyphens and apostrophes part nothing that belongs together."""
    return [word for word in _SPLIT.split(text.lower().replace("’", "").replace("'", "")) if word]


def stem(word: str) -> str:
    """Even out one word: British and American spelling, plural, -ing and -ed, a final e."""
    word = _APART.get(word) or _IRREGULAR.get(word, word)
    if len(word) < _SHORTEST:
        return word
    word = _without_ending(_changed(word, _PLURALS))
    word = word.replace("isation", "ization").replace("our", "or").replace("yz", "ys")
    word = _changed(word, {"ize": "ise", "iz": "is"})
    return word.removesuffix("e") if len(word) > _SHORTEST else word


def _changed(word: str, endings: Mapping[str, str]) -> str:
    return next((word.removesuffix(end) + new for end, new in endings.items() if word.endswith(end)), word)


def _without_ending(word: str) -> str:
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST - 1:
            word = word.removesuffix(ending)
            is_doubled = word[-1] == word[-2] and word[-1] not in "ls"
            return word[:-1] if is_doubled else word
    return word


def key(words: Iterable[str], left_out: Collection[str] = ARTICLES) -> str:
    """Make what names are compared by: without articles and gaps, so that make-up, make up and makeup are one."""
    return "".join(stem(word) for word in words if word not in left_out)


# Of a rule set with many names; asking again costs nothing then.
@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """Make what a name is compared by: a capital A within it is a letter, as in vitamin A, and no article."""
    return "a".join(key(tokens(part)) for part in _LETTER.split(name))


_LONGEST_NAME = 7
_NEAREST = 3
_ALIKE = 0.8
_LONG_ENOUGH = 5


class Meaning(NamedTuple):
    """What a phrase means: *ids* of activities or signs; with none, *nearest* holds names that come close.

    *named* holds the ids of each different name. *unknown* are words that were not understood, *turning* one that turns
    the question round, *past* is about something done. *undated* are words about a time that nobody can put a date to.
    *typed* is the question.

    Whatever it is about: *signs* are those named in it that some rule says to call for, *declared* the answers that it
    gives about the person, each with its fact, *stopping* the words for not doing something or doing it otherwise,
    *other* who else it is about.
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

    @property
    def is_sure(self) -> bool:
        """Whether every word was understood, and is about the person who asks."""
        return bool(self.ids) and not (self.unknown or self.turning or self.undated or self.other)

    def about(self, *, timed: bool = False, sitting: bool = False) -> "Meaning":
        """Leave out words about time that say nothing more: once it is *timed*, or where it is about the *sitting*."""
        held = (DAILY if timed else frozenset()) | (SITTING if sitting else frozenset())
        return self._replace(undated=tuple(one for one in self.undated if not set(tokens(one)) <= held | ARTICLES))


class _Match(NamedTuple):
    """A name of *ids*, and its places among the words."""

    places: range
    ids: tuple[str, ...]


def find_activities(rule_set: RuleSet, phrase: str, treated: Iterable[str] = ()) -> Meaning:
    """Return which activities *phrase* means; *treated* are words for the treated area, which narrow nothing."""
    meaning = _with_asides(_find(rule_set, phrase, treated), rule_set)
    if any(rule_set.activities[one].taken for one in meaning.ids):
        return meaning._replace(unknown=(*meaning.unknown, *_put_on(meaning, treated)))
    return meaning


def find_signs(rule_set: RuleSet, phrase: str, treated: Iterable[str] = ()) -> Meaning:
    """Return which signs *phrase* means; a part of the treated area is left to be judged by a clinician.

    Those to call about count whatever stands around them or between their words.
    """
    found = _find(rule_set, phrase, treated, signs=True).about(sitting=True)
    words = _bare(found.words)
    # Where every word is understood, only a name of several may say more than they do: “the pain is getting worse”.
    matches = _flags(rule_set, words, 2 if found.is_sure else 1)
    known = {words[place] for match in matches for place in match.places}
    return found._replace(
        ids=_ids_of(matches, found.ids),
        unknown=tuple(word for word in found.unknown if word not in known),
        turning="" if found.turning in known else found.turning,
    )


def _with_asides(meaning: Meaning, rule_set: RuleSet) -> Meaning:
    """Add what is said besides: signs, declarations, what is stopped, and about whom."""
    words = tokens(meaning.words)
    named = {word for id_ in meaning.ids for name in rule_set.activities[id_].aka for word in tokens(name)}
    rest = [word for word in words if word not in named]
    answers = {
        key(tokens(name)): (fact.id, answer.id)
        for fact in rule_set.facts.values()
        if fact.open
        for answer in fact.answers
        for name in (answer.id, answer.label, *answer.aka)
    }
    matches = _matches(rest, {name: (name,) for name in answers})
    stop = {name_key(one): (one,) for one in rule_set.small_words.get("stop", ())}
    company = rule_set.small_words.get("company", ())
    own = rule_set.small_words.get("owner", ())
    starts = [word for word in words if word not in own][:1]
    return meaning._replace(
        signs=_ids_of(_flags(rule_set, _bare(" ".join(rest)), 1)),
        declared=tuple(dict.fromkeys(answers[name] for name in _ids_of(matches))),
        stopping=next(iter(_ids_of(_matches(words, stop))), ""),
        other=next((word for word in starts if word in company), ""),
    )


def _flags(rule_set: RuleSet, words: list[str], fewest: int) -> list[_Match]:
    """Find the names, of at least that many words, of signs to call about."""
    flagged = {sign for rule in rule_set.rules.values() if rule.verb == CALL for sign in rule.targets}
    return [
        one._replace(ids=ids)
        for one in _matches(words, _bare_signs(rule_set))
        if len(one.places) >= fewest and (ids := tuple(id_ for id_ in one.ids if id_ in flagged))
    ]


@lru_cache(maxsize=16)
def _bare_signs(rule_set: RuleSet) -> Mapping[str, list[str]]:
    index: dict[str, list[str]] = {}
    for name, id_ in _names(rule_set, signs=True):
        bare = _bare(name)
        # A name that only turns a question round names nothing.
        if not TURNING.issuperset(bare):
            index.setdefault(key(bare), []).append(id_)
    return index


def _bare(text: str) -> list[str]:
    return [word for word in tokens(text) if word not in FILLERS - NARROWING]


def treated_words(rule_set: RuleSet, facts: Facts, *, parts: bool = True) -> frozenset[str]:
    """Return the words for the treated area, and with *parts* those for what lies in it, such as the lips."""
    fact, value = rule_set.facts.get("area"), facts.value("area")
    answers = [one for one in fact.answers if isinstance(value, tuple) and one.id in value] if fact else []
    return frozenset(
        word for one in answers for name in (one.id, one.label, *(one.aka if parts else ())) for word in tokens(name)
    )


def _put_on(meaning: Meaning, treated: Iterable[str]) -> Iterator[str]:
    """Return the words that put what is eaten or taken on the skin."""
    words = [word for word in tokens(meaning.words) if word not in ARTICLES]
    skin = {stem(word) for word in (*SKIN, *treated)}
    for word, following in pairwise([*words, ""]):
        if stem(word) in ON_SKIN:
            yield word
        elif word in ONTO and stem(following) in skin:
            yield f"{word} {following}"


def _find(rule_set: RuleSet, phrase: str, treated: Iterable[str], *, signs: bool = False) -> Meaning:
    """Find names in *phrase*; what joins as “and” does is one: a comma, an ampersand, a plus or a slash."""
    words = tokens(_AND.sub(" and ", phrase.strip(" &,;/+")))
    index = _index(rule_set, words, signs=signs)
    whole = index.get(key(words)) or index.get(key(words, ()))
    if whole:
        return Meaning(" ".join(words), tuple(whole), (tuple(whole),))
    matches = _without_verbs(words, _matches(words, index))
    meaning = _judged(rule_set, words, matches, treated, signs=signs)
    if meaning.ids and not (meaning.unknown or meaning.turning):
        return meaning
    nearest = _ids_of(matches)[:_NEAREST] or _alike(_names(rule_set, signs=signs), words)
    return meaning._replace(nearest=nearest)


def _without_verbs(words: list[str], matches: list[_Match]) -> list[_Match]:
    """Leave out a verb that is an activity by itself where something else is named beside it."""
    return [one for one in matches if len(one.places) > 1 or stem(words[one.places[0]]) not in VERBS] or matches


def _judged(
    rule_set: RuleSet, words: list[str], matches: list[_Match], treated: Iterable[str], *, signs: bool
) -> Meaning:
    """Return what names mean by the words between them: about time, unknown, or of no weight."""
    taken = set(chain.from_iterable(match.places for match in matches))
    left = _outside([taken], range(len(words)))
    times = _times(words, left)
    left = _outside(times, left)
    unknown = _unknown(words, left, taken, treated, FILLERS - NARROWING if signs else FILLERS)
    apart = [] if signs else _side_by_side(words, matches, rule_set.lineage)
    return Meaning(
        " ".join(words),
        () if any(_is_head(place, words, taken) for place in unknown) else _ids_of(matches),
        named=tuple({key(words[one.places.start : one.places.stop]): one.ids for one in matches}.values()),
        unknown=(*(words[place] for place in _outside(apart, unknown)), *_spelled(words, apart)),
        turning=next((words[place] for place in left if words[place] in TURNING), ""),
        past=not PAST.isdisjoint(words),
        undated=_spelled(words, times),
    )


def _outside(runs: Iterable[Iterable[int]], places: Iterable[int]) -> list[int]:
    covered = set(chain.from_iterable(runs))
    return [place for place in places if place not in covered]


def _spelled(words: list[str], runs: Iterable[range]) -> tuple[str, ...]:
    return tuple(" ".join(words[run.start : run.stop]) for run in runs)


def _unknown(
    words: list[str], left: Iterable[int], taken: set[int], treated: Iterable[str], fillers: frozenset[str]
) -> list[int]:
    """Return the places of words that say something, and nothing that is known."""
    said = fillers | ARTICLES | JOINING | TURNING
    here = {stem(word) for word in treated} | VERBS
    places = [place for place in left if words[place] not in said and stem(words[place]) not in here]
    following = dict(pairwise(place for place, word in enumerate(words) if word not in ARTICLES))
    return [place for place in places if words[place] not in MEASURES or following.get(place) not in taken]


def _ids_of(matches: Iterable[_Match], others: Iterable[str] = ()) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*chain.from_iterable(match.ids for match in matches), *others)))


def _side_by_side(words: list[str], matches: list[_Match], lineage: Mapping[str, Collection[str]]) -> list[range]:
    """Find where two names that mean different things stand side by side, joined by nothing; signs may."""
    found = []
    for one, other in pairwise(matches):
        end, start = one.places.stop, other.places.start
        is_form = start == end and len(other.places) == 1 and words[start] in FORMS
        is_related = any(some in lineage[two] or two in lineage[some] for some in one.ids for two in other.ids)
        if JOINS.isdisjoint(words[end:start]) and not is_form and not is_related:
            found.append(range(one.places.start, other.places.stop))
    return found


def _times(words: list[str], left: list[int]) -> list[range]:
    """Find runs among the words *left* that begin with one about a time, each as far as it goes on."""
    runs: list[range] = []
    for place in left:
        if runs and place in runs[-1]:
            continue
        # An article alone may stand between: in a while.
        following = next((one for one in words[place + 1 : place + 3] if one not in ARTICLES), "")
        if words[place] in TIMES or f"{words[place]} {following}" in VAGUE:
            end = place + 1
            while end in left:
                end += 1
            while words[end - 1] in ARTICLES:
                end -= 1
            runs.append(range(place, end))
    return runs


def _names(rule_set: RuleSet, *, signs: bool) -> Iterator[tuple[str, str]]:
    for id_, one in (rule_set.signs if signs else rule_set.activities).items():
        yield from ((name, id_) for name in (id_, one.label, *one.aka))


@lru_cache(maxsize=16)
def _by_beginning(rule_set: RuleSet, *, signs: bool) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Group all names by their first two letters; where an article or a lone letter comes first, under nothing."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, id_ in _names(rule_set, signs=signs):
        is_open = name[1:2] in "-’' " or name.partition(" ")[0].lower() in ARTICLES
        groups.setdefault("" if is_open else name[:2].lower(), []).append((name, id_))
    return groups


def _index(rule_set: RuleSet, words: Iterable[str], *, signs: bool) -> Mapping[str, Collection[str]]:
    """Index the names that could match: those that begin like one of *words*. The others are never compared."""
    groups = _by_beginning(rule_set, signs=signs)
    index: dict[str, dict[str, None]] = {}
    for beginning in dict.fromkeys(["", *(stem(word)[:2] for word in words)]):
        for name, id_ in groups.get(beginning, ()):
            index.setdefault(name_key(name), {})[id_] = None
    return index


def _matches(words: list[str], index: Mapping[str, Collection[str]]) -> list[_Match]:
    """Find names in *words*, the longest first from the left."""
    found: list[_Match] = []
    start = 0
    while start < len(words):
        longest = 0 if words[start] in ARTICLES else min(len(words), start + _LONGEST_NAME)
        for end in range(longest, start, -1):
            bare = index.get(key(words[start:end])) if words[end - 1] not in ARTICLES else None
            ids = bare or index.get(key(words[start:end], ()))
            if ids:
                found.append(_Match(range(start, end), tuple(ids)))
                break
        start = found[-1].places.stop if found and found[-1].places.stop > start else start + 1
    return found


def _is_head(place: int, words: list[str], taken: set[int]) -> bool:
    """Return whether an unknown word is what the phrase is about: no name follows it before the next joining word.

    In “waterproof mascara” the mascara is; in “laser pointer” it isn't the laser.
    """
    if words[place] in FORMS and place - 1 in taken:
        return False
    for following in range(place + 1, len(words)):
        if following in taken:
            return False
        if words[following] in JOINING:
            break
    # “to the gym with Ana”: what is joined on behind what is known is company, not the matter itself.
    return JOINING.isdisjoint(words[min(taken, default=place) + 1 : place])


def _alike(names: Iterable[tuple[str, str]], words: list[str]) -> tuple[str, ...]:
    by_name = {" ".join(tokens(name)): id_ for name, id_ in names}
    content = [word for word in words if word not in FILLERS | ARTICLES]
    tried = [(" ".join(words), _NEAREST), (" ".join(content), _NEAREST)]
    # Of short words too many are alike: a spot is no sport.
    tried += [(word, 2) for word in content if len(word) >= _LONG_ENOUGH]
    close = [name for text, count in tried for name in close_names(text, by_name, count, alike=_ALIKE)]
    return tuple(dict.fromkeys(by_name[name] for name in close))[:_NEAREST]
