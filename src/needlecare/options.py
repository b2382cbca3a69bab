"""The options that describe a treatment and its person: one table, and whoever names one reads it here.

The command line, the log, batch columns, phrases and calendars do; the table must not know any of them.
"""

from typing import NamedTuple

_TREATMENT, _PERSON, _RULES = "The treatment", "You", "Rules"


class Option(NamedTuple):
    """An option that every command about a treatment takes.

    *is_fact*: its value answers the fact of the same name. *several*: it may be repeated. *dated*: its values may hold
    a date. *lasting*: it holds for every treatment of this person. *listed*: it makes sense for a batch. *offers* is
    the part of a rule set that completes its value.
    """

    name: str
    help: str
    panel: str
    metavar: str = "TEXT"
    is_flag: bool = False
    is_fact: bool = False
    several: bool = False
    dated: bool = False
    lasting: bool = False
    listed: bool = True
    offers: str = ""


# A new fact option is one row. The order is that of the help, and of the facts in the heading of a plan.
_ROWS = (
    Option(name="date", help="The date: 2026-11-20, 20 Nov 2026, today.", panel=_TREATMENT, metavar="DATE"),
    Option(
        name="time",
        help="The time: 16:30, 4:30pm. Without it, hours become whole days.",
        panel=_TREATMENT,
        metavar="TIME",
    ),
    Option(
        name="tz",
        help="The time zone, such as Europe/London; by default this machine's.",
        panel=_TREATMENT,
        metavar="ZONE",
        lasting=True,
    ),
    Option(
        name="area",
        help="The treated area: face, neck, scalp, body …",
        panel=_TREATMENT,
        is_fact=True,
        several=True,
        dated=True,
        offers="answers",
    ),
    Option(
        name="technique",
        help="The technique: pen, roller, radiofrequency …",
        panel=_TREATMENT,
        is_fact=True,
        offers="answers",
    ),
    Option(
        name="add-on",
        help="What was added: prp …",
        panel=_TREATMENT,
        is_fact=True,
        several=True,
        dated=True,
        offers="answers",
    ),
    Option(name="depth", help="The needle length in mm.", panel=_TREATMENT, metavar="MM", is_fact=True),
    Option(name="setting", help="Where it was done: clinic or home.", panel=_TREATMENT, is_fact=True, offers="answers"),
    Option(
        name="next",
        help="The day for which the next session is booked.",
        panel=_TREATMENT,
        metavar="DATE",
        listed=False,
    ),
    Option(
        name="skin-type",
        help="Your Fitzpatrick skin type, I to VI.",
        panel=_PERSON,
        is_fact=True,
        lasting=True,
        offers="answers",
    ),
    Option(
        name="condition",
        help="A condition: eczema, pregnancy …, or none.",
        panel=_PERSON,
        is_fact=True,
        several=True,
        dated=True,
        lasting=True,
        offers="answers",
    ),
    Option(
        name="uses",
        help="What you use: retinoid, minoxidil …, isotretinoin=2026-05-01 if last taken that day.",
        panel=_PERSON,
        is_fact=True,
        several=True,
        dated=True,
        lasting=True,
        offers="answers",
    ),
    Option(
        name="goal",
        help="The goal: acne-scars, rejuvenation …",
        panel=_PERSON,
        is_fact=True,
        several=True,
        dated=True,
        offers="answers",
    ),
    Option(
        name="fact",
        help="Any other fact of the rule set.",
        panel=_PERSON,
        metavar="KEY=VALUE",
        several=True,
        offers="facts",
    ),
    Option(
        name="seen",
        help="When you saw something: redness-gone=2026-11-22, or =no.",
        panel=_PERSON,
        metavar="MOMENT=DATE",
        several=True,
        dated=True,
        offers="moments",
    ),
    Option(
        name="event",
        help="Something planned: wedding=2026-12-05, beach=2026-12-05..2026-12-12.",
        panel=_PERSON,
        metavar="KIND[:LABEL]=DATE",
        several=True,
        dated=True,
        listed=False,
        offers="events",
    ),
    Option(
        name="rules",
        help="The rule set; by default microneedling.",
        panel=_RULES,
        metavar="NAME|FILE|FOLDER",
        lasting=True,
        offers="rule sets",
    ),
    Option(name="now", help="Use this as the present moment.", panel=_RULES, metavar="DATETIME"),
    Option(name="no-log", help="Ignore what `log` remembers.", panel=_RULES, is_flag=True, listed=False),
)
OPTIONS = {row.name: row for row in _ROWS}
FACTS = tuple(row.name for row in _ROWS if row.is_fact)
# What the heading of a plan and of a calendar shows; the other facts are about the person, and private.
FACTS_OF_TREATMENT = tuple(row.name for row in _ROWS if row.is_fact and row.panel == _TREATMENT)
LASTING = tuple(row.name for row in _ROWS if row.lasting)
SEVERAL = frozenset(row.name for row in _ROWS if row.several)
