"""One rule set laid over what it extends, entry by entry, and what no set may take away from the one below.

An entry that a layer changes keeps the fields that the layer doesn't name; a named field is replaced whole. Where the
value itself changes, the reasons that were given for the old one go with it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from needlecare.errors import InputError
from needlecare.model.ruleset import VERBS, Change
from needlecare.rules import guards
from needlecare.rules.fields import nearest
from needlecare.rules.guards import REASONS, guard_core, guard_medicine, guard_red_flag, is_red_flag
from needlecare.rules.layers import STATEMENTS, WORDS, Layer, Raw, read_layer
from needlecare.rules.places import Problems, Value, fields_at, text_at

_INHERITED = ("notice", "open-ends-at", "released")
_WINDOW = ("from", "until", "for", "at", "due")
# One line of text is short for an entry with this field alone.
_SHORT = {"sources": "title", "facts": "ask"} | dict.fromkeys(
    ("activities", "signs", "moments", "events", "answers"), "label"
)
# What a statement says as such, by section.
_VALUES = {
    "rules": (*_WINDOW, "days", *VERBS),
    "screening": ("level", "within"),
    "sessions": ("count", "every", "overdue", "then"),
}
# Words that say why a rule has the value it has, or how a source put it; of another value they would be false.
_OF_THE_VALUE = (*REASONS, "roughly")
_LONGEST_CHAIN = 20


def lay_over(base: Layer, top: Layer, problems: Problems, *, words_only: bool) -> Layer:
    """Lay *top* over *base*; with *words_only* the base gives its words and its core, not its other rules."""
    result = Layer()
    result.header = {key: value for key, value in base.header.items() if key in _INHERITED}
    if not words_only and "title" in base.header:
        result.header["title"] = base.header["title"]
    result.header.update(top.header)
    if "notice" in base.header and "notice" in top.header:
        # The base's notice stays, whatever a set adds to it.
        guards.guard_notice(base.header["notice"], top.header["notice"], problems)
        both = f"{base.header['notice']} {top.header['notice']}"
        result.header["notice"] = text_at(both, top.header["notice"])
    result.off = dict(base.off)
    result.changes = list(base.changes)
    result.clinic = base.clinic if top.clinic is None else top.clinic
    result.batch = base.batch if top.batch is None else top.batch
    for section, entries in base.entries.items():
        keep = not words_only or section in WORDS
        result.entries[section] = {id_: raw for id_, raw in entries.items() if keep or raw.core}
    for section, entries in top.entries.items():
        for id_, raw in entries.items():
            below = result.entries[section].get(id_)
            if section in STATEMENTS and not (below is None and words_only):
                how = "added" if below is None else "changed"
                result.changes.append(_as_change(section, raw, how, core=below is not None and below.core))
            if below is None:
                result.entries[section][id_] = raw
                continue
            result.beneath[section, str(id_)] = below
            changed = _change(section, below, raw)
            if is_red_flag(below):
                guard_red_flag(below, raw, problems)
                changed = changed._replace(file_condition=below.file_condition)
            elif below.core and section in STATEMENTS:
                guard_core(raw, problems)
            if section == "activities":
                guard_medicine(below, changed, problems)
            result.entries[section][id_] = changed
    _change_words(base, top, result, problems)
    for id_, reason in top.switched_off.items():
        _switch_off(Raw(id_, reason, top.id), result, problems)
    return result


def _change_words(base: Layer, top: Layer, result: Layer, problems: Problems) -> None:
    """Remember what *top* changed of the words below, and note what it may not change."""
    for section in ("activities", "signs", "moments", "events"):
        for id_, raw in top.entries[section].items():
            below, changed = result.beneath.get((section, str(id_))), result.entries[section][id_]
            if below is None:
                continue
            loss = ""
            if section == "signs":
                guards.guard_sign(id_, below, changed, base.entries, problems)
            elif section == "activities":
                loss = guards.loses_protection(id_, below, changed, base.entries, result.entries)
                guards.guard_activity(id_, raw, loss, problems)
            said = guards.said_of(section, id_, below, changed)
            if said or loss:
                change = _as_change(section, raw, "changed", core=bool(loss))
                result.changes.append(change._replace(said=said))


def _as_change(section: str, raw: Raw, how: str, *, core: bool) -> Change:
    said = {key: str(value) for key, value in raw.fields.items() if key in REASONS and isinstance(value, str)}
    return Change(section, str(raw.id), how, raw.origin, **said, core=core)


def _change(section: str, below: Raw, above: Raw) -> Raw:
    old, new = _as_fields(section, below.value), _as_fields(section, above.value)
    if old is None or new is None:
        return above
    fields = fields_at(old, above.value)
    if "days" in new:
        dropped: tuple[str, ...] = _WINDOW
    elif any(key in new for key in _WINDOW):
        dropped = ("days",)
    else:
        dropped = ()
    if "for" in new:
        dropped += ("until",)
    elif "until" in new:
        dropped += ("for",)
    if any(verb in new for verb in VERBS):
        dropped += VERBS
    if any(key in new and new[key] != old.get(key) for key in _VALUES.get(section, ())):
        dropped += _OF_THE_VALUE
    for key in dropped:
        fields.pop(key, None)
    answers = _unite_answers(old.get("answers"), new.get("answers")) if section == "facts" else None
    fields.update(new if answers is None else {**new, "answers": answers})
    origins = {field: below.origin_of(field) for field in old} | dict.fromkeys(new, above.origin)
    condition = above.file_condition or below.file_condition
    return above._replace(value=fields, core=below.core, file_condition=condition, origins=origins)


def _unite_answers(old: Value | None, new: Value | None) -> Value | None:
    """Lay answers over answers; rules ask for those below, so all of them stay. None where there are none to unite."""
    below, above = _answers(old), _answers(new)
    if below is None or above is None or new is None:
        return None
    united = fields_at(below, new)
    for id_, value in above.items():
        if isinstance(new, list) and id_ in below:
            continue
        known, said = _as_fields("answers", below.get(id_, {})), _as_fields("answers", value)
        united[id_] = value if known is None or said is None else fields_at({**known, **said}, value)
    return united


def _answers(value: Value | None) -> dict[Any, Any] | None:
    """Give answers by their ids; None where they are none."""
    if isinstance(value, list):
        return {text: text for text in value} if all(isinstance(text, str) for text in value) else None
    return value if isinstance(value, dict) else None


def _as_fields(section: str, value: Value) -> dict[Any, Any] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, str) and section in _SHORT:
        return fields_at({text_at(_SHORT[section], value): value}, value)
    return None


def _switch_off(off: Raw, result: Layer, problems: Problems) -> None:
    """Take away what *off* names: an id, or a section and an id where two sections have it."""
    wanted, _, named = str(off.id).rpartition(" ")
    sections = [name for name in STATEMENTS if named in result.entries[name] and wanted in ("", name)]
    if not sections:
        known = [rule for name in STATEMENTS for rule in result.entries[name]]
        problems.add(off.id, f"there is no rule `{off.id}` to switch off{nearest(off.id, known)}")
        return
    if len(sections) > 1:
        open_ = [name for name in sections if not is_red_flag(result.entries[name][named])]
        written = " or ".join(f"`{name} {named}`" for name in open_)
        flagged = f"`{named}` is a red flag; red flags can't be switched off; if you mean another, write {written}"
        twice = f"`{named}` stands in {' and in '.join(sections)}; write {written}"
        problems.add(off.id, twice if open_ == sections else flagged)
        return
    (section,) = sections
    raw = result.entries[section][named]
    said = off.fields
    given = {key for key, value in said.items() if isinstance(value, str) and value}
    unknown = [key for key in said if key not in REASONS]
    if is_red_flag(raw):
        problems.add(off.id, f"`{off.id}` is a red flag; red flags can't be switched off")
    elif unknown:
        problems.add(unknown[0], f"what is switched off has no `{unknown[0]}`; it may have because, by")
    elif "because" not in given:
        problems.add(off.id, f"say why `{off.id}` is switched off: {off.id}: {{because: the reason, by: who decided}}")
    elif raw.core and "by" not in given:
        problems.add(off.id, f"`{off.id}` is part of the core; switching it off says `because:` and `by:`")
    else:
        result.off[section, named] = off.id
        result.changes.append(_as_change(section, off._replace(id=named), "switched off", core=raw.core))
        del result.entries[section][named]


class Sources(NamedTuple):
    """How rule sets are found: *find* turns a name into a place, *default* is the base of those that name none.

    *packed* allows the packed form of those that ship, which has no places to point at.
    """

    find: Callable[[str, Path], Path]
    default: Path
    packed: bool = True


def resolve(location: Path, sources: Sources, problems: Problems, above: tuple[Path, ...] = ()) -> Layer:
    """Read the rule set at *location* and lay it over all that it extends.

    A set that names no base stands on its own, with the words and the core of the default one. *above* are the sets
    that lead here.
    """
    top = read_layer(location, problems, packed=sources.packed)
    extends, words_from = top.header.pop("extends", None), top.header.pop("words-from", None)
    if extends is not None and words_from is not None:
        problems.add(words_from, "a rule set has `extends` (words and rules) or `words-from` (words alone), not both")
    wanted = extends or words_from
    if wanted is None and location.resolve() == sources.default.resolve():
        return top
    chain = (*above, location.resolve())
    below = sources.default
    if wanted:
        try:
            below = sources.find(wanted, location)
        except InputError as error:
            problems.add(wanted, str(error))
    wrong = ""
    if below.resolve() in chain:
        wrong = f"`{wanted}` leads back to this rule set"
    elif len(chain) > _LONGEST_CHAIN:
        wrong = f"more than {_LONGEST_CHAIN} rule sets extend each other; lay them together"
    if wrong:
        problems.add(wanted or top.header["ruleset"], wrong)
        # The default set stands in, so that the rest of this one can be checked all the same.
        below = sources.default
        if below.resolve() in chain:
            return top
    return lay_over(resolve(below, sources, problems, chain), top, problems, words_only=extends is None)
