"""What a person says of themselves and the treatment → facts, checked against what the rule set asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache

from needlecare.dates import parse_date
from needlecare.errors import InputError
from needlecare.model.facts import NONE, Answer, Fact, Facts, Given
from needlecare.model.ruleset import Activity, RuleSet
from needlecare.rules.fields import decimal

_JOINED = re.compile(r"[&/+]|\band\b")


Said = str | float


def read_facts(rule_set: RuleSet, said: Mapping[str, Said | Sequence[Said]]) -> Facts:
    """Check what was *said* of each fact; defaults fill in what wasn't, and are told apart.

    Texts and numbers alone or several of them; none are as if nothing was said. An answer may carry a date:
    `isotretinoin=2026-05-01`.

    Raises:
        InputError: a fact or an answer that the rule set doesn't know, several where one is asked, or no rule set.
    """
    if not isinstance(rule_set, RuleSet):
        raise InputError(f"facts are read for a rule set, as load_rules gives it, not {type(rule_set).__name__}")
    given: dict[str, Given] = {}
    dates: dict[tuple[str, str], date] = {}
    if not isinstance(said, Mapping):
        raise InputError('facts are a mapping from names to answers, such as {"area": "face", "depth": 1.5}')
    for name, value in said.items():
        fact = rule_set.facts.get(name)
        if fact is None:
            raise InputError(_unknown(f"the rule set {rule_set.id} asks for no fact", str(name), rule_set.facts))
        texts = _texts(name, value)
        if not texts:
            continue
        if fact.is_number:
            given[name] = _number(fact, texts)
        else:
            given[name] = _answers(rule_set, fact, texts, dates)
    assumed = {
        id_: default
        for id_, fact in rule_set.facts.items()
        if id_ not in given and (default := fact.assumed) is not None
    }
    unknown = tuple(id_ for id_ in rule_set.facts if id_ not in given and id_ not in assumed)
    partial = frozenset(id_ for id_, value in given.items() if rule_set.facts[id_].open and value != (NONE,))
    return Facts(given, assumed, unknown, dates, partial)


def _texts(name: str, value: Said | Sequence[Said]) -> list[str]:
    """Give the answers in *value* as texts."""
    several = [value] if isinstance(value, str | float | int) else value
    if not isinstance(several, list | tuple) or not all(isinstance(one, str | float | int) for one in several):
        raise InputError(f"{name}: give a text, a number or a list of texts, not {value!r}")
    return [str(one) for one in several]


def _number(fact: Fact, texts: Sequence[str]) -> float:
    if len(texts) > 1:
        raise InputError(f"{fact.id} is one number; {len(texts)} were given")
    text = texts[0].strip().lower().removesuffix(fact.unit).strip().replace(",", ".")
    low, high = fact.low or 0.0, fact.high or 0.0
    number = decimal(text)
    if number is None or not low <= number <= high:
        shown = f" {fact.unit}" if fact.unit else ""
        raise InputError(f"{fact.id}: `{texts[0]}` can't be; give a number from {low:g} to {high:g}{shown}")
    return number


def _answers(
    rule_set: RuleSet, fact: Fact, texts: Sequence[str], dates: dict[tuple[str, str], date]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        for part in _parts(fact, text) if fact.several else (text,):
            word, equals, when = part.partition("=")
            answer = _answer(rule_set, fact, word.strip())
            found[answer] = None
            if equals:
                dates[fact.id, answer] = parse_date(when)
    if len(found) > 1 and not fact.several:
        raise InputError(f"{fact.id} has one answer; {' and '.join(found)} were given")
    if len(found) > 1 and NONE in found:
        raise InputError(f"{fact.id}: `none` and {', '.join(one for one in found if one != NONE)} exclude each other")
    # The order of typing says nothing; the same facts give the same bytes.
    order = [NONE, *(answer.id for answer in fact.answers)]
    return tuple(sorted(found, key=order.index))


def _parts(fact: Fact, text: str) -> Iterator[str]:
    """Split at commas, and where people join answers in other ways (`face & neck`) if that gives answers."""
    names = _names(fact.answers)
    for part in text.split(","):
        joined = _JOINED.split(part)
        if _plain(part) not in names and all(_plain(one) in names for one in joined):
            yield from joined
        else:
            yield part


def _answer(rule_set: RuleSet, fact: Fact, word: str) -> str:
    wanted = _plain(word)
    if wanted == NONE and (fact.several or fact.default == NONE):
        return NONE
    names = _names(fact.answers)
    if wanted in names:
        return names[wanted]
    ids = [answer.id for answer in fact.answers]
    for id_ in ids:
        if wanted in called_as(rule_set, fact, id_):
            raise InputError(f"{fact.id} has no answer `{word}` (did you mean {id_}?); it may be {', '.join(ids)}")
    raise InputError(_unknown(f"{fact.id} has no answer", word, ids, names))


def same_as(rule_set: RuleSet, fact: Fact, answer: str) -> tuple[str, ...]:
    """Give the activities that are called what *answer* is called."""
    names = {name for name, id_ in _names(fact.answers).items() if id_ == answer}
    return tuple(one.id for one in rule_set.activities.values() if not names.isdisjoint(_called(one)))


def called_as(rule_set: RuleSet, fact: Fact, answer: str) -> set[str]:
    """Give the other names of what *answer* means, those of the activities that are called the same."""
    return {name for one in same_as(rule_set, fact, answer) for name in _called(rule_set.activities[one])}


def _called(activity: Activity) -> set[str]:
    return {_plain(name) for name in (*activity.aka, activity.label, activity.id)}


@lru_cache(maxsize=128)
def _names(answers: tuple[Answer, ...]) -> dict[str, str]:
    return {_plain(name): answer.id for answer in answers for name in (*answer.aka, answer.label, answer.id)}


def _plain(text: str) -> str:
    if not text.isascii():
        from unicodedata import combining, normalize

        text = "".join(one for one in normalize("NFKD", text) if not combining(one))
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split())


def _unknown(
    what: str, word: str, known: Sequence[str] | Mapping[str, object], names: Mapping[str, str] | None = None
) -> str:
    from difflib import get_close_matches

    close = get_close_matches(_plain(word), [*(names or {}), *map(_plain, known)], n=1, cutoff=0.7)
    meant = f" (did you mean {(names or {}).get(close[0], close[0].replace(' ', '-'))}?)" if close else ""
    return f"{what} `{word}`{meant}; it may be {', '.join(known)}"
