"""What no rule set may take away from those below it: red flags, the core, prescribed medicines, and their names."""

import re
from collections.abc import Mapping

from needlecare.model.ruleset import CALL, EXPECT, PRESCRIBED, VERBS
from needlecare.rules.layers import Raw
from needlecare.rules.places import Problems, Value

REASONS = ("because", "by")
# What may change in a red flag; anything else could take something from it.
_OPEN_IN_RED_FLAG = ("text", "how", "instead", "why", "note", *REASONS, "source", "says", CALL)
# What makes a word what it is; other names are only found by it.
_OF_A_WORD = {
    "activities": ("label", "under", "medicine", "advised", "taken"),
    "signs": ("label",),
    "moments": ("label", "usual", "clock", "day"),
    "events": ("label", "activities", "results"),
}
# What denies that a plan is information and that the clinic comes first; “seek medical advice” doesn't.
_DENIES = (
    r"\b(?:is|are|as|gives?|contains?|offers?|provides?|constitutes?|replaces?)\b[^.]{0,30}"
    r"\b(?:medical|clinical|professional|doctor's) (?:advice|opinion)"
    r"|\breplaces? (?:a|your|the|any) (?:doctor|clinician|clinic|nurse|visit|consultation)"
    r"|\b(?:ignore|disregard|overrules?|overrides?)\b[^.]{0,30}\b(?:clinic|clinician|doctor|nurse|above|notice)"
)
_NEGATED = r"\b(?:no|not|never|nothing|nor|neither)\b|n't\b"
Entries = Mapping[str, Mapping[str, Raw]]


def is_red_flag(raw: Raw) -> bool:
    """Tell whether an entry is a red flag."""
    return raw.as_word.get("urgent") == "true"


def guard_red_flag(below: Raw, above: Raw, problems: Problems) -> None:
    """Note whatever could take something from a red flag."""
    old, new = below.as_word, above.as_word
    for key, value in new.items():
        fewer = key == CALL and not set(_listed(old.get(CALL))) <= set(_listed(value))
        if key not in _OPEN_IN_RED_FLAG or fewer:
            problems.add(key, f"`{above.id}` is a red flag; its words may change and signs be added, nothing else")


def guard_core(above: Raw, problems: Problems) -> None:
    """Note a change of the core without a reason."""
    if not _has_reasons(above):
        problems.add(
            above.id,
            f"`{above.id}` is part of the core; a change of it says `because:` and `by:`, "
            "a rule of your own takes another id",
        )


def guard_notice(below: str, above: str, problems: Problems) -> None:
    """Note a notice that denies the one below, which stands before it."""
    for sentence in re.split(r"[.;:!?]+\s*", above.lower().replace("’", "'")):
        if re.search(_DENIES, sentence) and not re.search(_NEGATED, sentence):
            problems.add(
                above,
                f"`notice` stands behind “{below}”, which is part of the core, and can't deny it; it may add one, "
                "such as “Ring us on 020 7946 0000.”",
            )
            return


def guard_medicine(below: Raw, changed: Raw, problems: Problems) -> None:
    """Note a prescribed medicine that would be none."""
    if PRESCRIBED == below.as_word.get("medicine") != changed.as_word.get("medicine"):
        problems.add(changed.id, f"`{changed.id}` is a prescribed medicine, and no rule set can make it another")


def guard_sign(id_: str, below: Raw, above: Raw, base: Entries, problems: Problems) -> None:
    """Note whatever would make a sign of a red flag something else, or harder to find."""
    flags = (raw for raw in base["rules"].values() if is_red_flag(raw))
    flag = next((raw.id for raw in flags if id_ in _listed(raw.as_word.get(CALL))), "")
    if flag and (_lost_names(id_, below, above) or _label(id_, above) != _label(id_, below)):
        problems.add(
            above.id,
            f"`{id_}` is a sign of the red flag `{flag}`: it keeps its label and its other names "
            f"(`needlecare rules show {id_}` lists them), and yours go behind them; "
            "what you mean otherwise takes a sign of its own",
        )


def loses_protection(id_: str, below: Raw, above: Raw, base: Entries, result: Entries) -> str:
    """Tell what a change takes from an activity that the core protects, or nothing."""
    protecting = {
        target: rule.id
        for rule in reversed(list(base["rules"].values()))
        if rule.core
        for verb in VERBS
        if verb not in (EXPECT, CALL)
        for target in _listed(rule.as_word.get(verb))
    }
    before, after = _lineage(id_, base["activities"]), _lineage(id_, result["activities"])
    held = [target for target in before if target in protecting]
    lost = [target for target in held if target not in after]
    if lost:
        return f"is no longer under {', '.join(lost)}, which the core rule `{protecting[lost[0]]}` is on"
    names = _lost_names(id_, below, above) if held else []
    if names:
        return f"is no longer called {', '.join(names)}, and the core rule `{protecting[held[0]]}` is on it"
    if held and above.as_word.get("medicine", "") != below.as_word.get("medicine", ""):
        return f"becomes a medicine, and the core rule `{protecting[held[0]]}` is on it"
    return ""


def guard_activity(id_: str, above: Raw, loss: str, problems: Problems) -> None:
    """Note a loss of protection by the core without a reason."""
    if loss and not _has_reasons(above):
        problems.add(above.id, f"`{id_}` {loss}; such a change says `because:` and `by:`")


def said_of(section: str, id_: str, below: Raw, above: Raw) -> str:
    """Say what changes in a word, from what to what; nothing where it is what it was."""
    old, new = below.as_word, above.as_word
    parts = []
    for key in _OF_A_WORD.get(section, ()):
        was, is_ = (
            (_label(id_, below), _label(id_, above)) if key == "label" else (_shown(old.get(key)), _shown(new.get(key)))
        )
        if was != is_:
            parts.append(f"{key} {was or 'nothing'} → {is_ or 'nothing'}")
    return ", ".join(parts)


def _has_reasons(raw: Raw) -> bool:
    return all(raw.as_word.get(key) for key in REASONS)


def _listed(value: Value | None) -> list[str]:
    return [value] if isinstance(value, str) else [item for item in value or () if isinstance(item, str)]


def _shown(value: Value | None) -> str:
    return ", ".join(map(str, _listed(value)))


def _label(id_: str, raw: Raw) -> str:
    label = raw.as_word.get("label")
    return " ".join(label.split()) if isinstance(label, str) and label else id_.replace("-", " ")


def _names(raw: Raw) -> list[str]:
    return _listed(raw.as_word.get("aka"))


def _lost_names(id_: str, below: Raw, above: Raw) -> list[str]:
    kept = {name.lower() for name in (_label(id_, above), *_names(above))}
    return [name for name in (_label(id_, below), *_names(below)) if name.lower() not in kept]


def _lineage(id_: str, activities: Mapping[str, Raw]) -> list[str]:
    """Give an activity and all that it is part of."""
    found = {id_: None}
    frontier = [id_]
    for one in frontier:
        parents = _listed(activities[one].as_word.get("under")) if one in activities else []
        new = [parent for parent in parents if parent not in found]
        found.update(dict.fromkeys(new))
        frontier.extend(new)
    return list(found)
