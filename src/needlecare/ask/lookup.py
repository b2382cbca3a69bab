"""Words → the activities or signs they mean. Never guesses: what isn't understood is said."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from needlecare.errors import close_names
from needlecare.model.facts import Facts
from needlecare.model.ruleset import CALL, Activity, RuleSet, Sign


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
VAGUE = frozenset(
    (
        *("from now", "now on", "from here", "in bit", "in little", "in few", "in while"),
        *(f"{lead} {sitting}" for lead in ("from", "at", "to", "for", "by") for sitting in ("treatment", "session")),
    )
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
# What is on a bed is no bed.
_IRREGULAR = {
    "bedding": "bedlinen",
    "ran": "run",
    "swam": "swim",
    "drank": "drink",
    "drunk": "drink",
    "flew": "fly",
    "slept": "sleep",
}
# A number and its unit are two words, however they are written.
_SPLIT = re.compile(r"[^a-z0-9+]+|(?<=[0-9])(?=mg\b)")
_AND = re.compile(r"\s*[&,;/]\s*|\s\+\s")
_LETTER = re.compile(r"(?<=\w)[\s-]A(?![\w’'])")
_SHORTEST = 4


def tokens(text: str) -> list[str]:
    """Split *text* into lower-case words; hyphens and apostrophes part nothing that belongs together."""
    return [word for word in _SPLIT.split(text.lower().replace("’", "").replace("'", "")) if word]


def with_ands(text: str) -> str:
    """Write out as “and” what joins as it does: a comma, an ampersand, a plus or a slash."""
    return _AND.sub(" and ", text.strip(" &,;/+"))


def stem(word: str) -> str:
    """Even out one word: British and American spelling, plural, -ing and -ed, a final e."""
    word = _IRREGULAR.get(word, word)
    if len(word) < _SHORTEST:
        return word
    word = _without_ending(_singular(word))
    word = word.replace("isation", "ization").replace("our", "or").replace("yz", "ys")
    if word.endswith("ize"):
        word = word[:-3] + "ise"
    elif word.endswith("iz"):
        word = word[:-2] + "is"
    return word.removesuffix("e") if len(word) > _SHORTEST else word


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s") if not word.endswith(("ss", "us", "is")) else word


def _without_ending(word: str) -> str:
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST - 1:
            word = word.removesuffix(ending)
            is_doubled = word[-1] == word[-2] and word[-1] not in "ls"
            return word[:-1] if is_doubled else word
    return word


def key(words: Iterable[str]) -> str:
    """Make what names are compared by: without articles and gaps, so that make-up, make up and makeup are one."""
    return "".join(stem(word) for word in words if word not in ARTICLES)


def name_key(name: str) -> str:
    """Make what a name is compared by: a capital A within it is a letter, as in vitamin A, and no article."""
    return "a".join(key(tokens(part)) for part in _LETTER.split(name))


def letter_key(words: Iterable[str]) -> str:
    """Make the same of *words*, were what looks like articles in them letters."""
    return "".join(map(stem, words))


def beginnings(words: Sequence[str]) -> frozenset[str]:
    """Return how a name must begin to match anywhere in *words*: saves comparing all the others."""
    return frozenset(stem(word)[:2] for word in words)


_LONGEST_NAME = 7
_NEAREST = 3
_ALIKE = 0.8
_LONG_ENOUGH = 5


class Meaning(NamedTuple):
    """What a phrase means: *ids* of activities or signs; with none, *nearest* holds names that come close.

    *unknown* are words that were not understood, *turning* one that turns the question round, *past* is about
    something done. *undated* are words about a time that nobody can put a date to. *typed* is the question.
    """

    words: str
    ids: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    turning: str = ""
    past: bool = False
    nearest: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()
    typed: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether every word was understood."""
        return bool(self.ids) and not (self.unknown or self.turning or self.undated)

    def about(self, *, timed: bool = False, sitting: bool = False) -> "Meaning":
        """Leave out words about time that say nothing more: once it is *timed*, or where it is about the *sitting*."""
        held = (DAILY if timed else frozenset()) | (SITTING if sitting else frozenset())
        return self._replace(undated=tuple(one for one in self.undated if not set(tokens(one)) <= held | ARTICLES))


class _Match(NamedTuple):
    """A name of *ids* in the words from *start* to *end*."""

    start: int
    end: int
    ids: tuple[str, ...]

    @property
    def places(self) -> range:
        return range(self.start, self.end)


def find_activities(rule_set: RuleSet, phrase: str, treated: Iterable[str] = ()) -> Meaning:
    """Return which activities *phrase* means; *treated* are words for the treated area, which narrow nothing."""
    meaning = _find(rule_set.activities, phrase, treated, lineage=rule_set.lineage)
    if any(rule_set.activities[one].taken for one in meaning.ids):
        return meaning._replace(unknown=(*meaning.unknown, *_put_on(meaning, treated)))
    return meaning


def find_signs(rule_set: RuleSet, phrase: str, treated: Iterable[str] = ()) -> Meaning:
    """Return which signs *phrase* means; a part of the treated area is left to be judged by a clinician.

    A red flag is one whatever stands around it.
    """
    found = _find(rule_set.signs, phrase, treated, FILLERS - NARROWING).about(sitting=True)
    return found if found.is_sure else _with_flags(rule_set, found)


def _with_flags(rule_set: RuleSet, found: Meaning) -> Meaning:
    """Add the signs of red flags that the words name among others, or with fillers between them."""
    words = _bare(found.words)
    matches = _matches(words, _flag_names(rule_set))
    if not matches:
        return found
    known = {words[place] for match in matches for place in match.places}
    return found._replace(
        ids=_unique((*_ids_of(matches), *found.ids)),
        unknown=tuple(word for word in found.unknown if word not in known),
        turning="" if found.turning in known else found.turning,
    )


def _flag_names(rule_set: RuleSet) -> dict[str, list[str]]:
    """Index the names of the signs of red flags without fillers; one that only turns a question round names none."""
    flagged = {sign for rule in rule_set.rules.values() if rule.verb == CALL for sign in rule.targets}
    index: dict[str, list[str]] = {}
    for name, id_ in _names({sign: rule_set.signs[sign] for sign in sorted(flagged)}):
        bare = _bare(name)
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
    for place, word in enumerate(words):
        if stem(word) in ON_SKIN:
            yield word
        elif word in ONTO and place + 1 < len(words) and stem(words[place + 1]) in skin:
            yield f"{word} {words[place + 1]}"


Named = Mapping[str, Activity] | Mapping[str, Sign]


def _names(named: Named) -> Iterable[tuple[str, str]]:
    for id_, one in named.items():
        yield id_, id_
        yield one.label, id_
        for name in one.aka:
            yield name, id_


def _find(
    named: Named,
    phrase: str,
    treated: Iterable[str] = (),
    fillers: frozenset[str] = FILLERS,
    *,
    lineage: Mapping[str, Collection[str]] | None = None,
) -> Meaning:
    words = tokens(with_ands(phrase))
    text = " ".join(words)
    index = _index(named, words)
    whole = index.get(key(words)) or index.get(letter_key(words))
    if whole:
        return Meaning(text, tuple(whole))
    matches = _without_verbs(words, _matches(words, index))
    taken = {place for match in matches for place in match.places}
    left = _outside([taken], range(len(words)))
    times = _times(words, left)
    left = _outside(times, left)
    unknown = _unknown(words, left, taken, fillers | ARTICLES | JOINING | TURNING, treated)
    apart = _side_by_side(words, matches, lineage)
    lost = (*(words[place] for place in _outside(apart, unknown)), *_spelled(words, apart))
    turning = _turning(words, left)
    found = _ids_of(matches)
    meaning = Meaning(
        text,
        () if _is_beside(unknown, words, taken) else found,
        unknown=lost,
        turning=turning,
        past=not PAST.isdisjoint(words),
        undated=_spelled(words, times),
    )
    return meaning if meaning.ids and not (lost or turning) else meaning._replace(nearest=_nearest(named, words, found))


def _turning(words: list[str], left: Iterable[int]) -> str:
    return next((words[place] for place in left if words[place] in TURNING), "")


def _is_beside(unknown: Iterable[int], words: list[str], taken: set[int]) -> bool:
    """Return whether an unknown word is what the phrase is about, and the names that were found aren't."""
    return any(_is_head(place, words, taken) for place in unknown)


def _outside(runs: Iterable[Iterable[int]], places: Iterable[int]) -> list[int]:
    covered = set(chain.from_iterable(runs))
    return [place for place in places if place not in covered]


def _spelled(words: list[str], runs: Iterable[range]) -> tuple[str, ...]:
    return tuple(" ".join(words[run.start : run.stop]) for run in runs)


def _unknown(
    words: list[str], left: Iterable[int], taken: set[int], said: frozenset[str], treated: Iterable[str]
) -> list[int]:
    """Return the places of words that say something, and nothing that is known."""
    here = {stem(word) for word in treated} | VERBS
    places = [place for place in left if words[place] not in said and stem(words[place]) not in here]
    return [place for place in places if words[place] not in MEASURES or _next(words, place) not in taken]


def _ids_of(matches: Iterable[_Match]) -> tuple[str, ...]:
    return _unique(id_ for match in matches for id_ in match.ids)


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _side_by_side(
    words: list[str], matches: list[_Match], lineage: Mapping[str, Collection[str]] | None
) -> list[range]:
    """Find where two names that mean different things stand side by side, joined by nothing; signs may."""
    if lineage is None:
        return []
    return [
        range(one.start, other.end)
        for one, other in pairwise(matches)
        if JOINS.isdisjoint(words[one.end : other.start])
        and not _is_form(words, one, other)
        and not _is_related(one, other, lineage)
    ]


def _is_form(words: list[str], one: _Match, other: _Match) -> bool:
    """Return whether *other* is what *one* comes as: aloe gel."""
    return other.end - other.start == 1 and words[other.start] in FORMS and other.start == one.end


def _is_related(one: _Match, other: _Match, lineage: Mapping[str, Collection[str]]) -> bool:
    """Return whether one means a part of what the other means."""
    above, below = ({up for id_ in match.ids for up in lineage[id_]} for match in (one, other))
    return not above.isdisjoint(other.ids) or not below.isdisjoint(one.ids)


def _next(words: list[str], place: int) -> int:
    """Return the place of the next word that isn't an article."""
    return next((later for later in range(place + 1, len(words)) if words[later] not in ARTICLES), len(words))


def _times(words: list[str], left: list[int]) -> list[range]:
    """Find runs among the words *left* that begin with one about a time, each as far as it goes on."""
    runs: list[range] = []
    for place in left:
        if runs and place in runs[-1]:
            continue
        # An article alone may stand between: in a while.
        following = " ".join(one for one in words[place + 1 : place + 3] if one not in ARTICLES).partition(" ")[0]
        if words[place] in TIMES or f"{words[place]} {following}" in VAGUE:
            end = place + 1
            while end in left:
                end += 1
            while words[end - 1] in ARTICLES:
                end -= 1
            runs.append(range(place, end))
    return runs


def _index(named: Named, words: list[str]) -> dict[str, list[str]]:
    """Index the names that could match: those that begin like one of *words*."""
    wanted = beginnings(words)
    index: dict[str, list[str]] = {}
    for name, id_ in _names(named):
        first = name[:2].lower()
        if first in wanted or (" " in name and name.partition(" ")[0].lower() in ARTICLES) or first[1:] in "-’' ":
            found = index.setdefault(name_key(name), [])
            if id_ not in found:
                found.append(id_)
    return index


def _matches(words: list[str], index: Mapping[str, list[str]]) -> list[_Match]:
    """Find names in *words*, the longest first from the left."""
    found = []
    start = 0
    while start < len(words):
        match = _longest(words, start, index)
        if match is None:
            start += 1
        else:
            found.append(match)
            start = match.end
    return found


def _longest(words: list[str], start: int, index: Mapping[str, list[str]]) -> _Match | None:
    if words[start] in ARTICLES:
        return None
    for end in range(min(len(words), start + _LONGEST_NAME), start, -1):
        ids = index.get(key(words[start:end])) if words[end - 1] not in ARTICLES else None
        ids = ids or index.get(letter_key(words[start:end]))
        if ids:
            return _Match(start, end, tuple(ids))
    return None


def _without_verbs(words: list[str], matches: list[_Match]) -> list[_Match]:
    """Leave out a verb that is an activity by itself where something else is named beside it."""
    return [match for match in matches if not _is_verb(words, match)] or matches


def _is_verb(words: list[str], match: _Match) -> bool:
    return match.end - match.start == 1 and stem(words[match.start]) in VERBS


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
    joined = any(words[before] in JOINING for before in range(place) if before > min(taken, default=place))
    return not joined


def _nearest(named: Named, words: list[str], ids: tuple[str, ...]) -> tuple[str, ...]:
    """Name what comes close: what was found in part, else what is spelt alike."""
    if ids:
        return ids[:_NEAREST]
    by_name = {" ".join(tokens(name)): id_ for name, id_ in _names(named)}
    content = [word for word in words if word not in FILLERS | ARTICLES]
    tried = [(" ".join(words), _NEAREST), (" ".join(content), _NEAREST)]
    # Of short words too many are alike: a spot is no sport.
    tried.extend((word, 2) for word in content if len(word) >= _LONG_ENOUGH)
    close = [name for text, count in tried for name in close_names(text, by_name, count, alike=_ALIKE)]
    return _unique(by_name[name] for name in close)[:_NEAREST]
