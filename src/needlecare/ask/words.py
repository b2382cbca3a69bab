"""Words as people type them → words to compare by: spelling, plurals and endings evened out."""

import re
from collections.abc import Iterable, Sequence


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
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith(("ches", "shes", "xes", "sses")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST - 1:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    word = word.replace("isation", "ization").replace("our", "or").replace("yz", "ys")
    if word.endswith("ize"):
        word = word[:-3] + "ise"
    elif word.endswith("iz"):
        word = word[:-2] + "is"
    return word.removesuffix("e") if len(word) > _SHORTEST else word


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
    """Give how a name must begin to match anywhere in *words*: saves comparing all the others."""
    return frozenset(stem(word)[:2] for word in words)
