"""Words, the names that a rule set gives things, and what small words do. It knows no question and no answer."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, count, pairwise
from typing import NamedTuple
from unicodedata import normalize

from needlecare.model.facts import Answer, Facts
from needlecare.model.ruleset import Activity, RuleSet, Sign, names_of, once_a_set

# Left out of names and phrases alike. Of a strength the number alone tells which one is meant.
ARTICLES = frozenset(
    ["a", "an", "the", "this", "that", "these", "those", "my", "your", "our", "any", "some", "of", "mg"]
)
# About a time, but no day of the calendar; what they lead belongs to them: after christmas, until the next session.
LEADING = frozenset(["after", "before", "until", "till", "til", "during", "since", "following"])
TIMES = LEADING.union(["then", "later", "soon", "afterwards", "afterward", "beforehand"])
TIMES |= {"eventually", "shortly", "sometime", "someday"}
# About a time without a date, in words that each say nothing; without articles.
_VAGUE = frozenset(["by then", "from now", "now on", "from here", "in bit", "in little", "in few", "in while"])
_IRREGULAR = {"ran": "run", "swam": "swim", "drank": "drink", "drunk": "drink", "flew": "fly", "slept": "sleep"}
_IRREGULAR |= {"into": "in", "inside": "in", "onto": "on", "pants": "underpants"}
# What is on a bed is no bed, what burns has no burn, what is sore no sores, what waters no water, what dropped no drop,
# spotting no spots, who is scared has no scar, what numbs isn't numb, to borrow is to come, gardening no garden.
_APART = {"bedding": "bedlinen", "burning": "burnish", "sores": "ulcer", "watering": "watery", "dropped": "dropt"}
_APART |= {"numbing": "numbin", "spotting": "spottin", "scared": "scard", "borrowed": "borrowd", "gardening": "gard"}
# Apostrophes, and the accents that stand apart from their letters once a text is normalized.
_UNSAID = dict.fromkeys([*map(ord, "'’"), *range(0x300, 0x370)])
# A number and its unit are two words, however they are written; 38.6 is as good as 38.
_SPLIT = re.compile(r"(?<=\b[0-9]{2})\.[0-9]\b|[^a-z0-9+]+|(?<=[0-9])(?=(?:mg|c|f)\b)")
_AND = re.compile(
    r"\s*[&/]\s*|\s\+\s|\s'?n'?\s|(?:\s+and)?(?<!\bby)(?<!until)(?<!since)(?<!till)(?<!before)\s+then\s+(?=\w)"
)
# Where a clause ends and another begins, with the word that says so; what is worse is what stands before.
_CLAUSE = re.compile(r"(?i)(?:[,;](?:\s*and\b)?|[:!?]|\.(?=\s|$))(?!\s*worse)|(?=\b(?:but|because|although|though)\b)")
_LETTER = re.compile(r"(?<=\w)[\s-]A(?![\w’'])")
_SHORTEST = 4
# Endings of plurals and what stands there in the singular. The first counts; the last but one only look like one.
_PLURALS = {"ies": "y", "ches": "ch", "shes": "sh", "xes": "x", "sses": "ss"}
_PLURALS |= {"ss": "ss", "us": "us", "is": "is", "s": ""}


def tokens(text: str) -> list[str]:
    """Split *text* into lower-case words; hyphens and apostrophes part nothing that belongs together."""
    if text.isascii() and text.isalpha():  # like most small words, of which there are thousands
        return [text.lower()]
    return [word for word in _SPLIT.split(normalize("NFD", text.lower()).translate(_UNSAID)) if word]


# Of a rule set with many names; asking again costs nothing then.
@lru_cache(maxsize=8192)
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
    ending = next((one for one in ("ing", "ed") if word.endswith(one) and len(word) - len(one) >= _SHORTEST - 1), "")
    word = word.removesuffix(ending)
    is_doubled = ending and word[-1] == word[-2] and word[-1] not in "els"
    return word[:-1] if is_doubled else word


def key(words: Iterable[str], left_out: Collection[str] = ARTICLES) -> str:
    """Make what names are compared by: without articles and gaps, so that make-up, make up and makeup are one."""
    return "".join(stem(word) for word in words if word not in left_out)


def called(label: str, aka: Iterable[str], typed: str, tells: Collection[str]) -> str:
    """Return by which name something was asked about: the longest *typed* that isn't led by what only *tells*.

    No name with a number in it: it may be only the first part of what was typed, as in a temperature of 38.5.
    """
    heard = {stem(one) for one in tokens(typed) if not one.isdecimal()}
    names = (one for one in (label, *aka) if heard.issuperset(map(stem, tokens(one))))
    names = (one for one in names if f" {tokens(one)[0]} " not in tells)
    return max(names, key=lambda one: (len(tokens(one)), {*tokens(typed)}.issuperset(tokens(one))), default=label)


@lru_cache(maxsize=8192)
def name_key(name: str, left_out: frozenset[str] = ARTICLES) -> str:
    """Make what a name is compared by: a capital A within it is a letter, as in vitamin A, and no article."""
    return "a".join(key(tokens(part), left_out) for part in _LETTER.split(name))


@once_a_set
def sign_keys(rule_set: RuleSet) -> frozenset[str]:
    """Return what the names of signs are compared by."""
    return frozenset(name_key(name) for one in rule_set.signs.values() for name in names_of(one))


@once_a_set
def words_for(role: str, rule_set: RuleSet) -> frozenset[str]:
    """Return the small words of that *role*."""
    return frozenset(rule_set.small_words.get(role, ()))


@once_a_set
def synonyms(rule_set: RuleSet) -> Mapping[str, frozenset[str]]:
    """Return which words of names each word says the same as, itself among them; all evened out."""
    found: dict[str, set[str]] = {}
    for named, words in rule_set.alike.items():
        for word in (named, *words):
            evened = stem("".join(tokens(word)))
            found.setdefault(evened, {evened}).add(stem(named))
    return {word: frozenset(says) for word, says in found.items()}


def even(text: str) -> str:
    """Return the words of *text* evened out, with a blank on both sides."""
    return f" {' '.join(map(stem, tokens(text)))} "


class Said(NamedTuple):
    """The words of a question, and which of them stand in one clause."""

    words: tuple[str, ...]
    clauses: tuple[range, ...]

    @property
    def stretches(self) -> tuple[range, ...]:
        """The clauses, and each two that a comma joins."""
        pairs = pairwise(self.clauses)
        return (*self.clauses, *(range(one.start, other.stop) for one, other in pairs if one.stop < other.start))


def hear(text: str) -> Said:
    """Split *text* into words and clauses; what joins as “and” does is one: a comma, an ampersand, a plus, a slash."""
    words: list[str] = []
    clauses: list[range] = []
    start, joins = 0, False
    typed = text.strip(" &,;/+")
    for sign in chain(_CLAUSE.finditer(typed), (None,)):
        found = tokens(_AND.sub(" and ", typed[start : sign.start() if sign else len(typed)]))
        if found:
            words += ["and"] if joins and words else []
            clauses.append(range(len(words), len(words) + len(found)))
            words += found
            joins = False
        if sign:
            start, joins = sign.end(), joins or sign[0].startswith((",", ";"))
    return Said(tuple(words), tuple(clauses))


def undated(places: Collection[int], words: Sequence[str]) -> list[range]:
    """Return the runs of words at *places* that are about a time, each as far as it goes on."""
    runs = [range(0)]
    for place in sorted(places):
        # An article alone may stand between: in a while.
        following = word_before(words[place + 2 : place : -1], 2)
        is_time = words[place] in TIMES and word_before(words, place) != "too"
        if place not in runs[-1] and (is_time or f"{words[place]} {following}" in _VAGUE):
            end = next(one for one in count(place + 1) if one not in places)
            runs.append(range(place, next(one for one in count(end, -1) if words[one - 1] not in ARTICLES)))
    return runs[1:]


def word_before(words: Sequence[str], place: int) -> str:
    """Return the word before that *place*, leaving out articles; nothing where there is none."""
    return next((word for word in reversed(words[:place]) if word not in ARTICLES), "")


# What names are looked for in.
ACTIVITIES, SIGNS, ANSWERS = "activities", "signs", "answers"
LONGEST_NAME = 7


class Piece(NamedTuple):
    """A run of words: a name of *ids*, or small words by what they do; with neither one that nobody knows."""

    places: range
    ids: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset()


def named_in(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the names among *pieces*."""
    return [one for one in pieces if one.ids]


# May stand between a word that denies and what it denies.
_ANY = frozenset(["a", "an", "any"])


def find_denial(piece: Piece, pieces: Sequence[Piece], words: Sequence[str]) -> range:
    """Return where a word that denies stands directly before *piece*, up to it: no pus or fever, without a fever."""
    end = start = piece.places.start
    while start and words[start - 1] in _ANY:
        start -= 1
    before = [one for one in pieces if one.places.stop == start - (words[start - 1] in ("or", "nor"))]
    ends = (one.places if "deny" in one.roles else one.ids and find_denial(one, pieces, words) for one in before)
    return next((range(one.start, end) for one in ends if one), range(0))


Small = Mapping[str, frozenset[str]]
# What these say changes nothing by itself.
_SOFTER = dict.fromkeys(("asks", "early", "unhealed", "idiom", "long-ago", "was-well"), "soften")
_SOFTER |= dict.fromkeys(("to-come", "judging", "over", "beforehand", "since"), "seen")
NOTHING: frozenset[str] = frozenset()


@once_a_set
def small_words(areas: tuple[str, ...], left_out: tuple[str, ...], rule_set: RuleSet) -> Small:
    """Return what each small word does, but for those of roles that are *left out*.

    One for a place on the treated *areas* is `here`, any other `elsewhere`.
    """
    found: dict[str, set[str]] = {}
    places = (("here" if area in areas else "elsewhere", words) for area, words in rule_set.areas.items())
    said = [(role, " ".join(tokens(phrase))) for role, phrases in places for phrase in phrases]
    for role, phrase in (*said, *_said(rule_set)):
        if role not in left_out:
            found.setdefault(phrase, set()).update((role, _SOFTER.get(role, role)))
    return {phrase: frozenset(does - {"elsewhere"} if "here" in does else does) for phrase, does in found.items()}


@once_a_set
def phrases_of(role: str, rule_set: RuleSet) -> list[str]:
    """Return the small words of that *role*, as they are compared, with a blank on both sides."""
    return [f" {phrase} " for one, phrase in _said(rule_set) if one == role]


def says(role: str, text: str, rule_set: RuleSet) -> bool:
    """Return whether small words of that *role* are said at all in *text*, be it within a name."""
    said = f" {' '.join(tokens(text))} "
    return any(phrase in said for phrase in phrases_of(role, rule_set))


@once_a_set
def _said(rule_set: RuleSet) -> list[tuple[str, str]]:
    """List each role of a small word, with the word as it is compared."""
    spoken = [(role, many) for role, many in rule_set.small_words.items() if role != "exact"]
    return [(role, " ".join(tokens(one))) for role, many in spoken for one in many]


def treated_areas(facts: Facts) -> tuple[str, ...]:
    """Return the areas that were treated."""
    areas = facts.value("area")
    return areas if isinstance(areas, tuple) else ()


@once_a_set
def untreated(areas: tuple[str, ...], rule_set: RuleSet) -> frozenset[str]:
    """Return the words for what is no part of the treated *areas*, nor an area that one of them names."""
    near = {area for area, words in rule_set.areas.items() if not {area, *words}.isdisjoint(areas)}
    answers = rule_set.facts["area"].answers if "area" in rule_set.facts else ()
    places = {word for word, does in small_words(areas, (), rule_set).items() if "elsewhere" in does}
    return frozenset(places.union(*(one.aka for one in answers if one.id not in near)))


def _things(kind: str, rule_set: RuleSet) -> Mapping[str, Activity | Sign | Answer]:
    """Return what has names of a kind, by its id; an answer's is that of its fact too."""
    if kind == ANSWERS:
        facts = (fact for fact in rule_set.facts.values() if fact.open or fact.told)
        return {f"{fact.id}={answer.id}": answer for fact in facts for answer in fact.answers}
    return rule_set.signs if kind == SIGNS else rule_set.activities


def _names(kind: str, rule_set: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield each name of a kind with the id that it stands for."""
    for id_, one in _things(kind, rule_set).items():
        # “Ibuprofen and aspirin” is what both are called together, and to take both is another matter.
        is_both = isinstance(one, Activity) and one.medicine and " and " in one.label
        yield from ((name, id_) for name in names_of(one) if not (is_both and name == one.label))


@once_a_set
def _by_beginning(kind: str, rule_set: RuleSet) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Group all names by their first two letters; where an article or a lone letter comes first, under nothing."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, id_ in _names(kind, rule_set):
        is_open = name[1:2] in "-’' " or name.partition(" ")[0].lower() in ARTICLES
        groups.setdefault("" if is_open else name[:2].lower(), []).append((name, id_))
    return groups


@once_a_set
def _begun(beginning: str, kind: str, rule_set: RuleSet) -> dict[str, dict[str, None]]:
    """Index the names with that *beginning* by what they are compared by."""
    # “A cold” is an illness, and cold water is none.
    left_out = NOTHING if kind == ANSWERS else ARTICLES
    index: dict[str, dict[str, None]] = {}
    for name, id_ in _by_beginning(kind, rule_set).get(beginning, ()):
        index.setdefault(name_key(name, left_out), {})[id_] = None
        # A coldsore is a cold sore; a vitamine is no vitamin E.
        if name.count(" ") == 1 and name[-2] != " " and not name.endswith("ing"):
            index.setdefault(stem(name.lower().replace(" ", "")), {})[id_] = None
    return index


def _index(words: Iterable[str], kind: str, rule_set: RuleSet) -> Mapping[str, Collection[str]]:
    """Index the names that could match: those that begin like one of *words*. The others are never compared."""
    index: dict[str, dict[str, None]] = {}
    for beginning in dict.fromkeys(["", *(stem(word)[:2] for word in words)]):
        begun = _begun(beginning, kind, rule_set)
        index |= begun | {name: index[name] | begun[name] for name in index.keys() & begun.keys()}
    return index


def cut(words: Sequence[str], small: Small, kind: str, rule_set: RuleSet) -> list[Piece]:
    """Cut *words* into names of a *kind*, small words, and words that nobody knows: the longest first from the left."""
    index = _index(words, kind, rule_set)
    found: list[Piece] = []
    start = 0
    while start < len(words):
        name, spare = _name_at(start, words, index), _small_at(start, words, small, index)
        piece = name if name and (spare is None or len(name.places) >= len(spare.places)) else spare
        if piece and piece is name and spare and name.places == spare.places:
            piece = name._replace(roles=spare.roles)
        found.append(piece or Piece(range(start, start + 1)))
        start = found[-1].places.stop
    return found


def _name_at(start: int, words: Sequence[str], index: Mapping[str, Collection[str]]) -> Piece | None:
    for end in range(min(len(words), start + LONGEST_NAME), start, -1):
        bare = None if {words[start], words[end - 1]} & ARTICLES else index.get(key(words[start:end]))
        ids = bare or index.get(key(words[start:end], ()))
        # A longer name may begin within one and go on: a cold sore, drink alcohol-free beer.
        inner = (_name_at(place, words, index) for place in range(start + 1, end))
        if ids and not any(one and one.places.stop > max(end, one.places.start + end - start - 1) for one in inner):
            return Piece(range(start, end), tuple(ids))
    return None


def _small_at(start: int, words: Sequence[str], small: Small, index: Mapping[str, Collection[str]]) -> Piece | None:
    end = min(len(words), start + LONGEST_NAME)
    while end > start:
        if roles := small.get(" ".join(words[start:end])):
            # A longer name that begins within is meant: my own products.
            names = (_name_at(place, words, index) for place in range(start + 1, end))
            begins = next((one.places.start for one in names if one and one.places.stop > end), None)
            if begins is None:
                return Piece(range(start, end), roles=roles)
            end = begins + 1
        end -= 1
    return None


_LONG_ENOUGH, _VERY_LONG, _MIXED, _MOST_SLIPS = 5, 9, 3, 3


def mend(words: Sequence[str], unknown: Iterable[int], rule_set: RuleSet) -> dict[int, str]:
    """Return what each of the *unknown* words may be a slip of the finger for, by its place: a word of a name."""
    places = [*unknown]
    # Where so many are unknown, it is another language.
    if len(places) > _MOST_SLIPS:
        return {}
    near = ((place, _nearest(words[place], rule_set)) for place in places if len(words[place]) >= _LONG_ENOUGH)
    return {place: word for place, word in near if word}


@once_a_set
def _all_names(rule_set: RuleSet) -> str:
    names = (name for kind in (ACTIVITIES, SIGNS, ANSWERS) for name, _ in _names(kind, rule_set))
    return " ".join(chain(names, rule_set.small_words.get("exact", ()), *rule_set.alike.values())).lower()


def _nearest(word: str, rule_set: RuleSet) -> str:
    """Return the word of a name that *word* may be a slip for; of two that are as near the longer."""
    known = set(re.findall(rf"\b{word[0]}[a-z]{{{_LONG_ENOUGH - 1},}}", _all_names(rule_set)))
    # Slices are no spices: the first letters are seldom wrong ones, but at times in the wrong place.
    near = [one for one in sorted(known) if one[2:] != word[2:] and _is_slip(word, one)]
    return "" if word in known else max(near, key=len, default="")


def _is_slip(word: str, meant: str) -> bool:
    """Return whether a letter differs, is missing or too many, or three are mixed up; in a long word two letters."""
    most = 2 if len(word) >= _VERY_LONG else 1
    for _ in ("from the front", "from behind"):
        shared = next((place for place, one in enumerate(word) if meant[place : place + 1] != one), len(word))
        word, meant = word[shared:][::-1], meant[shared:][::-1]
    return max(len(word), len(meant)) <= most or (len(word) <= _MIXED and sorted(word) == sorted(meant))


def alike(words: Sequence[str], kind: str, rule_set: RuleSet) -> tuple[str, ...]:
    """Return the id of a name of a *kind* that all *words* together may have been meant for.

    Better none than a far-fetched one: it begins with the same letter, and of short names too many are alike.
    """
    text = " ".join(word for word in words if word not in ARTICLES)
    known = ((" ".join(tokens(name)), id_) for name, id_ in _names(kind, rule_set) if name[:1].lower() == text[:1])
    return tuple(id_ for name, id_ in known if len(name) >= _LONG_ENOUGH and _is_slip(text, name))[:1]
