"""The options that describe a treatment and its person: one table, and whoever names one reads it here.

The command line, the log, batch columns, phrases and calendars do; the table must not know any of them.
"""

from enum import Flag, auto
from typing import NamedTuple


class Trait(Flag):
    """What sets an option apart from one that takes a text, once, for one treatment."""

    SWITCH = auto()  # it takes no value
    FACT = auto()  # its value answers the fact of the same name
    SEVERAL = auto()  # it may be repeated
    DATED = auto()  # its values may hold a date
    LASTING = auto()  # it holds for every treatment of this person
    UNLISTED = auto()  # it makes no sense for a list of treatments


_SWITCH, _FACT, _SEVERAL, _DATED, _LASTING, _UNLISTED = Trait
_NONE = Trait(0)
_TREATMENT, _PERSON, _RULES = "The treatment", "You", "Rules"


class Option(NamedTuple):
    """An option that every command about a treatment takes.

    The part of a rule set that it *offers* completes its value; facts offer their answers.
    """

    name: str
    help: str
    traits: Trait = _NONE
    metavar: str = "TEXT"
    offers: str = ""
    panel: str = ""


# A new fact option is one row. The order is that of the help, and of the facts in the heading of a plan.
_PANELS = {
    _TREATMENT: (
        Option("date", "The date: 2026-11-20, 20 Nov 2026, today.", metavar="DATE"),
        Option("time", "The time: 16:30, 4:30pm. Without it, hours become whole days.", metavar="TIME"),
        Option("tz", "The time zone, such as Europe/London; by default this machine's.", _LASTING, metavar="ZONE"),
        Option("area", "The treated area: face, neck, scalp, body …", _FACT | _SEVERAL | _DATED),
        Option("technique", "The technique: pen, roller, radiofrequency …", _FACT),
        Option("add-on", "What was added: prp …", _FACT | _SEVERAL | _DATED),
        Option("depth", "The needle length in mm.", _FACT, metavar="MM"),
        Option("setting", "Where it was done: clinic or home.", _FACT),
        Option("next", "The day for which the next session is booked.", _UNLISTED, metavar="DATE"),
    ),
    _PERSON: (
        Option("skin-type", "Your Fitzpatrick skin type, I to VI.", _FACT | _LASTING),
        Option("condition", "A condition: eczema, pregnancy …, or none.", _FACT | _SEVERAL | _DATED | _LASTING),
        Option(
            "uses",
            "What you use: retinoid, minoxidil …, isotretinoin=2026-05-01 if last taken that day.",
            _FACT | _SEVERAL | _DATED | _LASTING,
        ),
        Option("goal", "The goal: acne-scars, rejuvenation …", _FACT | _SEVERAL | _DATED),
        Option("fact", "Any other fact of the rule set.", _SEVERAL, metavar="KEY=VALUE", offers="facts"),
        Option(
            "seen",
            "When you saw something: redness-gone=2026-11-22, or =no.",
            _SEVERAL | _DATED,
            metavar="MOMENT=DATE",
            offers="moments",
        ),
        Option(
            "event",
            "Something planned: wedding=2026-12-05, beach=2026-12-05..2026-12-12.",
            _SEVERAL | _DATED | _UNLISTED,
            metavar="KIND[:LABEL]=DATE",
            offers="events",
        ),
    ),
    _RULES: (
        Option(
            "rules",
            "The rule set; by default microneedling.",
            _LASTING,
            metavar="NAME|FILE|FOLDER",
            offers="rule sets",
        ),
        Option("now", "Use this as the present moment.", metavar="DATETIME"),
        Option("no-log", "Ignore what `log` remembers.", _SWITCH | _UNLISTED),
    ),
}
OPTIONS = {row.name: row._replace(panel=panel) for panel, rows in _PANELS.items() for row in rows}


def _having(trait: Trait) -> tuple[str, ...]:
    return tuple(name for name, option in OPTIONS.items() if trait in option.traits)


FACTS, SEVERAL, DATED, LASTING = map(_having, (_FACT, _SEVERAL, _DATED, _LASTING))
# What the heading of a plan and of a calendar shows; the other facts are about the person, and private.
FACTS_OF_TREATMENT = tuple(name for name in FACTS if OPTIONS[name].panel == _TREATMENT)
