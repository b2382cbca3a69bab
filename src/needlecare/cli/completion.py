"""Completion in a shell: the words that go on with what is typed so far, out of rule sets, zones and the log."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from needlecare.cli.settings import rules_named
from needlecare.errors import InputError, NeedlecareError

if TYPE_CHECKING:
    from needlecare.files import Log
    from needlecare.model.ruleset import Activity, RuleSet, Sign

# A word, and what it stands for.
Offer = tuple[str, str]


class Asked(NamedTuple):
    """What a shell asks: the *params* typed so far, the *fact* that is meant, and what is *typed* of the next word.

    What doesn't begin so is left out later, for every shell alike.
    """

    params: Mapping[str, Any]
    fact: str
    typed: str


def offer(part: str, fact: str = "") -> Callable[[Any, str], list[Offer]]:
    """Return the completion that offers this *part* of what there is; for `answers` those of *fact*."""

    def complete(ctx: Any, incomplete: str) -> list[Offer]:
        try:
            found = dict(_OFFERED[part](Asked(ctx.params, fact, incomplete)))
        except NeedlecareError:  # what was typed so far names no rule set, or one with errors
            return []
        # Only what no shell evaluates: zsh runs `$(…)` in a description, and bash in a word.
        return [(word, _harmless(label)) for word, label in found.items() if word == _harmless(word)]

    return complete


def choice(words: str, text: str, *names: str) -> Any:
    """Declare an option that takes one of *words*, such as `dmy|mdy`, which help and completion show."""
    return typer.Option(*names, metavar=words, help=text, autocompletion=lambda: words.split("|"))


def _harmless(text: str) -> str:
    """Return *text* without any sign that means something to a shell."""
    return "".join(sign for sign in text if sign.isalnum() or sign in " ,.-=/_")


def _rules(asked: Asked) -> "RuleSet":
    from needlecare.rules.load import load_rules

    return load_rules(rules_named(asked.params.get("rules")))


def _log(asked: Asked) -> "Log":
    from needlecare.files import open_log

    log = None if asked.params.get("no_log") else open_log(asked.params.get("person") or asked.params.get("for_") or "")
    if log is None:
        raise InputError("the log is switched off")
    return log


def _said(asked: Asked, known: "Iterable[Activity | Sign]") -> Iterator[Offer]:
    """Yield the next word of each name of *known* that begins with the words before it."""
    from needlecare.model.ruleset import names_of

    before = [word.lower() for word in asked.params.get("words") or ()]
    for one in known:
        # Where nothing is typed yet, ids are enough to choose from.
        for name in names_of(one) if before or asked.typed else (one.id,):
            said = name.lower().split()
            if said[: len(before)] == before and len(said) > len(before):
                yield said[len(before)], one.label


def _answers(asked: Asked) -> Iterator[Offer]:
    from needlecare.model.ruleset import names_of

    for one in _rules(asked).facts[asked.fact].answers:
        yield from ((name, one.label) for name in names_of(one) if " " not in name)


def _facts(asked: Asked) -> Iterator[Offer]:
    for name, fact in _rules(asked).facts.items():
        yield from ((f"{name}={one.id}", one.label) for one in fact.answers)


def _entries(asked: Asked) -> Iterator[Offer]:
    """Yield what `rules show` shows: sections, and each entry of them."""
    from needlecare.rules.load import load_with_places
    from needlecare.rules.read import find_rules

    _, layer, _ = load_with_places(find_rules(rules_named(asked.params.get("rules"))), packed=True)
    for section, entries in layer.entries.items():
        yield from ((section, "all of them"), *((id_, section) for id_ in entries))


def _rule_sets(_: Asked) -> Iterator[Offer]:
    from needlecare.rules.read import shipped_names

    yield from ((name, "") for name in shipped_names())


def _zones(_: Asked) -> Iterator[Offer]:
    from needlecare.typed import zone_names

    yield from ((name, "") for name in zone_names())


def _weekdays(_: Asked) -> Iterator[Offer]:
    from needlecare.typed import WEEKDAYS

    yield from ((day, "") for day in WEEKDAYS)


def _treatments(asked: Asked) -> Iterator[Offer]:
    for one in _log(asked).treatments():
        yield str(one.id), " ".join(filter(None, (one.options["date"], *one.options.get("area", ()))))


def _people(asked: Asked) -> Iterator[Offer]:
    yield from ((name, "") for name in _log(asked).people() if name)


def _lasting(asked: Asked) -> Iterator[Offer]:
    yield from ((name, "") for name in _log(asked).lasting())


def _logged(asked: Asked) -> Iterator[Offer]:
    """Yield what can be forgotten of treatments; each has a date and a zone."""
    for one in _log(asked).treatments():
        yield from ((name, "") for name in one.options if name not in ("date", "tz", "calendar"))


# What completes a word, each with what it offers.
_OFFERED: Mapping[str, Callable[[Asked], Iterable[Offer]]] = {
    "answers": _answers,
    "activities": lambda asked: _said(asked, _rules(asked).activities.values()),
    "signs": lambda asked: _said(asked, _rules(asked).signs.values()),
    "facts": _facts,
    "moments": lambda asked: ((f"{m.id}=", m.label) for m in _rules(asked).moments.values() if m.clock is None),
    "events": lambda asked: ((f"{one.id}=", one.label) for one in _rules(asked).events.values()),
    "rule sets": _rule_sets,
    "entries": _entries,
    "zones": _zones,
    "weekdays": _weekdays,
    "treatments": _treatments,
    "people": _people,
    "logged": _logged,
    "lasting": _lasting,
}
