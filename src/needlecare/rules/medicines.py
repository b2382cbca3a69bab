"""Orders about prescribed medicines, wherever a text of a rule set hides one. Knows no rule but this one.

No rule may tell anyone to stop, start or change a prescribed medicine: only who prescribed it may. Where a text can be
read either way, it is refused.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from needlecare.model.ruleset import ALLOW, ASK, DO, PREPARE, PRESCRIBED, Activity, Rule, RuleSet
from needlecare.rules.fields import SECTIONS, SPEAKING
from needlecare.rules.layers import Layer
from needlecare.rules.read import NOWHERE, Problems, Value, place, shipped_folder, texts

_NO_RULE = "no rule may tell anyone to stop, start or change"
# Whom to ask about a medicine to begin with: nobody may have prescribed it yet.
_TO_BEGIN_WITH = "your doctor, or who prescribed it before"
# Patterns are texts here: compiling them takes longer than most plans, and few texts need them.
_ASKS = r"\bask\b.*\bwho prescribed\b"
# Orders wherever they stand beside a medicine.
_CHANGES = (
    *("stop", "pause", "start", "skip", "change", "reduce", "double", "halve", "omit", "cease", "discontinue", "quit"),
    *("interrupt", "suspend", "withhold", "withheld", "taper", "wean", "come off", "came off", "go off", "get off"),
    *("leave out", "left out", "leave off", "cut out", "cut down", "cut back", "go without"),
)
# Words of everyday, which are orders only with the medicine as what they act on.
_HANDLES = (
    *("hold", "miss", "lower", "raise", "increase", "decrease", "adjust", "switch", "swap", "delay", "drop", "begin"),
    *("resume", "restart", "forgo", "avoid", "leave", "put off", "hold off"),
)
_TAKES = ("take", "use", "apply", "put on")
# What medicines are called without a name. “Pain medicines” are bought in a shop, so not every word may stand there.
_WHOSE = (
    r"(?:all|any|of|your|the|my|usual|regular|normal|daily|current|own|other|morning|evening|taking|using|on|a|an"
    r"|prescribed|prescription|blood|pressure|heart|thyroid|diabetes|epilepsy|hormone)"
)
_PILLS = r"(?:medications?|medicines?|meds|drugs|tablets?|pills?)"
_UNNAMED = rf"(?:(?:{_WHOSE} )*(?:{_PILLS}(?: prescribed)?|prescriptions?|(?:prescribed|prescription) [\w-]+))"
_ARTICLE = r"^(?:an?|the|your) "
_TELLING = ("medic", "meds", "drug", "tablet", "pill", "prescri")
# As a name: alone, or behind a word that leaves no doubt.
_UNNAMED_ALONE = (
    rf"^(?:{_WHOSE} )*(?:medications?|medicines?|meds|prescriptions?)$"
    rf"|\b(?:usual|regular|pressure|heart|thyroid|diabetes|epilepsy|hormone) {_PILLS}\b"
    r"|(?<!-)\b(?:prescribed|prescription) [\w-]"
)


def _forms(verbs: tuple[str, ...]) -> str:
    """Return a pattern of verbs as orders, and as what is or was done."""
    found = []
    for verb in verbs:
        first, _, rest = verb.partition(" ")
        ends = f"{first[:-1]}(?:e|ed|ing)" if first.endswith("e") else f"{first}(?:{first[-1]}?(?:ed|ing))?"
        found.append(f"{ends}(?: it| them| this| that)? {rest}" if rest else ends)
    return f"(?:{'|'.join(found)})"


_CHANGE, _HANDLE, _TAKE = _forms(_CHANGES), _forms(_HANDLES), _forms(_TAKES)
_TAKE_NOT = rf"(?:not|n't|never|no longer|avoid|without)(?: to)? {_TAKE}"
# As an order it begins something: “people who take it” do so anyway.
_TAKE_NOW = rf"(?:^|[.;:!?,–-] ?|\b(?:please|then|always|also|and|should|must|to|just) )(?:{'|'.join(_TAKES)})"
# Where the same words order nothing: “never stop it”, “whether to stop it”, “after you have stopped”, “a pause”.
_FINE = (
    rf"(?:\bnever|\bnot|n't)(?: to)? {_CHANGE}(?: {_TAKE})?\b"
    rf"|\b(?:a|the|was|were|had|has been) {_CHANGE}\b"
    r"|\b(?:if|whether|when|how|while|unless|because|that|who|which|as|do|did|after|since|of|before)(?: or not)?"
    r"(?: to| you| they| people)?(?: should| may| can| have| had| need to| must| are| were)?"
    rf"(?: still| also| ever| already| currently| now| just| regularly)?"
    rf" (?:(?:{_CHANGE}|{_HANDLE})(?: {_TAKE})?|{_TAKE})\b"
    rf"|\b(?:if|whether) [^.,;:]{{0,40}} (?:(?:has|have)(?: been)? {_CHANGE}|and {_TAKE})\b"
    rf"|(?<!not )(?<!n't )(?<!never )\b{_TAKE} [^.;]*\bas (?:usual|normal|prescribed|directed)\b"
    r"|\buse of\b"
)
_CHANGED = rf"\b{_CHANGE}\b|{_TAKE_NOT}\b"
_ANY_ORDER = rf"(?:\b(?:{_CHANGE}|{_HANDLE})|{_TAKE_NOT}|{_TAKE_NOW})\b"
_UNNAMED_ORDER = (
    rf"(?:\b(?:{_CHANGE}|{_HANDLE})|{_TAKE_NOT}) (?P<named>{_UNNAMED})\b"
    rf"|\b(?P<told>(?:{_WHOSE} )+{_PILLS}) (?:(?:must|should|has to|have to|needs? to|is to|are to) be )?{_CHANGE}\b"
)
# Words of a name that are looked for; a longer name is known by its beginning.
_LONGEST_NAME = 6


class Medicines:
    """Finds what texts order about the prescribed medicines of a rule set."""

    def __init__(self, rule_set: RuleSet) -> None:
        prescribed = [one for one in rule_set.activities.values() if one.medicine == PRESCRIBED]
        names = {name.lower() for one in prescribed for name in (one.label, *one.aka)}
        self._names = {
            _singular(words[:_LONGEST_NAME]) for name in names if (words := _words(re.sub(_ARTICLE, "", name)))
        }
        self._first = {form for words in self._names for form in (words[0], f"{words[0]}s")}

    def _speaks_of_any(self, text: str) -> bool:
        """Return whether the patterns are worth their time: most texts speak of no medicine."""
        return any(word in self._first or word.startswith(_TELLING) for word in _words(text))

    def _named(self, text: str) -> str:
        """Return the medicine that *text* names, in one or several, or nothing."""
        words = _words(text)
        for start in (at for at, word in enumerate(words) if word in self._first):
            for end in range(start + _LONGEST_NAME, start, -1):
                if _singular(words[start:end]) in self._names:
                    return " ".join(words[start:end])
        return ""

    def ordered(self, text: str) -> str:
        """Return the medicine that *text* gives an order about, or nothing."""
        plain = _plain(text)
        if not self._speaks_of_any(plain):
            return ""
        left = re.sub(_FINE, "…", plain)
        if (named := self._named(plain)) and re.search(_CHANGED, left) and not re.search(_ASKS, plain):
            return named
        for sentence in re.split(r"[.;!?]", left):
            if (in_sentence := self._named(sentence)) and re.search(_ANY_ORDER, sentence):
                return in_sentence
        unnamed = re.search(_UNNAMED_ORDER, left)
        return (unnamed["named"] or unnamed["told"]) if unnamed else ""

    def called(self, activity: Activity) -> str:
        """Return what makes the name of *activity* that of a prescribed medicine, or nothing."""
        for name in filter(self._speaks_of_any, map(_plain, (activity.label, *activity.aka))):
            if (named := self._named(name)) or (activity.medicine == "" and re.search(_UNNAMED_ALONE, name)):
                return named or name
        return ""


def check_medicines(rule_set: RuleSet, layer: Layer, problems: Problems) -> None:
    """Note every order about a prescribed medicine, wherever it stands, and every activity that is one unsaid."""
    medicines = Medicines(rule_set)
    checked = _checked(layer)
    for where, field, text, at in _all_texts(layer, checked):
        if " " in text and (named := medicines.ordered(text)):
            wrong = f"{where}`{field}` gives an order about {named}, which is prescribed"
            problems.add(at, f"{wrong}; {_NO_RULE} a prescribed medicine; say “ask {_whom(text)}”")
    for raw in (one for one in layer.entries["activities"].values() if checked(one.id)):
        activity = rule_set.activities[raw.id]
        if activity.medicine != PRESCRIBED and (named := medicines.called(activity)):
            wrong = f"the activity {raw.id} has the name of a prescribed medicine ({named})"
            problems.add(raw.id, f"{wrong}, and {_NO_RULE} one; give it `medicine: prescribed`")


def _all_texts(layer: Layer, checked: Callable[[str], bool]) -> Iterator[tuple[str, str, str, Value]]:
    """Return every text that people may read: whose it is, its field, itself, and where a message points."""
    for section, id_, fields, at in _entries(layer, checked):
        what = SECTIONS[section].what.partition(" ")[2]
        for field, value in fields.items():
            for text in texts(value):
                if not (section == "facts" and text.rstrip().endswith("?")):
                    yield f"the {what} {id_}: ", field, text, at
    for field, value in {**layer.header, "batch": {}}.items():
        yield from (("", field, text, text) for text in texts(value) if checked(text))


def _entries(layer: Layer, checked: Callable[[str], bool]) -> Iterator[tuple[str, str, Mapping[str, Any], Value]]:
    """Return the section, the id and the fields of what is written, and where; also of what is switched off."""
    yield from ((section, raw.id, raw.as_word, raw.id) for section, raw in layer.each(SPEAKING) if checked(raw.id))
    for change in layer.changes:
        if written := layer.off.get((change.section, change.id)):
            yield change.section, change.id, {"because": change.because}, written


def _checked(layer: Layer) -> Callable[[str], bool]:
    """Return which ids of *layer* are to be checked: those that ship are where they are loaded for themselves."""
    shipped = f"{shipped_folder()}{os.sep}"
    whole = place(layer.header["ruleset"]).name.startswith(shipped)

    def check(written: str) -> bool:
        at = place(written)
        return at != NOWHERE and (whole or not at.name.startswith(shipped))

    return check


def _whom(text: str) -> str:
    """Return who is to be asked instead of what *text* orders."""
    return _TO_BEGIN_WITH if re.search(rf"\b(?:start|begin)\b|{_TAKE_NOW}\b", _plain(text)) else "who prescribed it"


def check_prescribed(rule: Rule, target: str, layer: Layer, problems: Problems) -> None:
    """Note a rule on the prescribed medicine *target* that does more than send to whoever prescribed it.

    What ships as it is was looked at when it was packed, and the patterns take longer than a plan.
    """
    written = layer.entries["rules"][rule.id].id, layer.entries["activities"][target].id
    at = next(filter(_checked(layer), written), None)
    if at is None:
        return
    asks = rule.verb == ASK or (rule.verb == PREPARE and re.search(_ASKS, _plain(rule.words.get("text", ""))))
    # Nothing else is to be told here: “ask who prescribed it, and leave it out” is an order too.
    if not asks or re.search(_ANY_ORDER, re.sub(_FINE, "…", _plain(". ".join(rule.words.values())))):
        whom = _TO_BEGIN_WITH if rule.verb in (DO, ALLOW) else "who prescribed it"
        how = f"use `prepare` with a text that says “ask {whom}”"
        if asks:
            how = "say whom to ask, and nothing of what to do with it"
        elif rule.verb == PREPARE:
            how = f"its `text` has to say “ask {whom}”"
        problems.add(at, f"the rule {rule.id}: {target} is a prescribed medicine, and {_NO_RULE} one; {how}")


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _singular(words: list[str]) -> tuple[str, ...]:
    """Return a name as it is compared: “an antibiotic” is one of the antibiotics."""
    return (*words[:-1], words[-1].removesuffix("s"))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
