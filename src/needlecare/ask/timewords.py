"""The words that name a time: tomorrow, on Saturday, this evening, on 22 Nov, at 6pm, in two weeks, on day 5."""

import re
from functools import cache
from typing import NamedTuple

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {"a": 1, "an": 1, **{name: number for number, name in enumerate(_HOURS, 1)}}
# What may stand before a time, and turns the time into a stretch.
LEADS = {
    **dict.fromkeys(("before", "until", "till", "til", "up to"), "before"),
    **dict.fromkeys(("after", "from"), "after"),
    "since": "since",
}
_SLIPS = {
    **dict.fromkeys(
        ("tommorow", "tommorrow", "tomorow", "tomorro", "tomarrow", "tomorrw", "tmrw", "tmw", "2moro"), "tomorrow"
    ),
    **dict.fromkeys(("tonite", "2nite"), "tonight"),
    **dict.fromkeys(("to-day", "2day"), "today"),
}
_FULL = r"(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?"
_SHORT = r"(?P<weekday>mon|tues?|wed|thu|thurs?|fri|sat)"
_WHICH = r"(?P<which>this|next|last|coming)"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ON = r"(?:(?:on|by)\s+)?(?:the\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(NUMBERS) + r")"
_UNIT = r"minute|hour|day|week|fortnight|month"
_SITTING = r"(?:treatment|session|(?:micro-?)?needling|procedure|appointment)"
_PART = r"(?P<part>morning|afternoon|evening|night|lunchtime)"
_CLOCK = r"\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}[:h]\d{2}|noon|midday|midnight"
_AT = r"(?:at|around|about|by)\s+"
_HOUR = r"(?P<hour>[01]?\d|2[0-3]|" + "|".join(_HOURS) + r")"
_NO_HOUR = rf"(?!\s*(?:{_UNIT}|mm|percent|%))"
_ANY_DAY = r"(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)|today|tonight|tomorrow|yesterday"
_NOW = r"(?<!from )(?:right\s+now|at\s+the\s+moment|now)(?!\s+on\b)"
_DIGITS = tuple("0123456789")
_UNITS = tuple(_UNIT.split("|"))
# Each is tried only where one of its beginnings is there: to compile them all takes longer than most questions.
_PATTERNS = (
    (_DIGITS, r"(?:on\s+)?(?P<iso>\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})"),
    (MONTHS, rf"{_ON}{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}"),
    (MONTHS, rf"(?:on\s+)?{_MONTH}\s+{_DAY}{_YEAR}"),
    (MONTHS, rf"(?:in|during|this|next)\s+{_MONTH}"),
    (("boxing",), r"(?:on\s+)?(?P<boxing>boxing\s+day)"),
    (("/",), r"(?:(?:on|by)\s+)?(?P<short>\d{1,2}/\d{1,2})"),
    ((".",), r"(?:on|by)\s+(?P<short>\d{1,2}\.\d{1,2})\.?"),
    (("am", "pm", "a.m", "p.m", ":", "noon", "mid", "h"), rf"(?:{_AT})?(?P<clock>{_CLOCK})"),
    (("half", "quarter"), rf"(?:{_AT})?(?:a\s+)?(?P<near>half|quarter)\s+(?P<side>past|to)\s+{_HOUR}"),
    (("clock",), rf"(?:{_AT})?{_HOUR}\s+o'?\s?clock"),
    (("at ", "around ", "about ", "by "), rf"{_AT}{_HOUR}(?:\.(?P<minute>[0-5]\d))?{_NO_HOUR}"),
    (("from",), rf"{_COUNT}\s+(?P<unit>{_UNIT})s?\s+from\s+(?:now|today)"),
    (("night",), r"(?P<word>last\s+night)"),
    (("tod", "ton", "tom", "yes", "now", "moment"), rf"(?P<word>{_ANY_DAY}|{_NOW})"),
    (("day",), rf"(?:(?:on|by)\s+)?(?:the\s+)?(?:{_WHICH}\s+)?{_FULL}"),
    (DAYS, rf"(?:on|by|{_WHICH})\s+{_SHORT}"),
    (DAYS, rf"{_SHORT}$"),
    (("sun",), rf"(?:on|by|{_WHICH})\s+(?P<weekday>sun)$"),
    (("weekend",), r"(?:(?:this|at\s+the|on\s+the|over\s+the)\s+)?(?P<weekend>weekend)"),
    (("week", "month"), r"(?P<which>this|next|last)\s+(?P<period>week|month)"),
    (("day ",), r"(?:(?:on|by)\s+)?day\s+(?P<number>\d{1,3})"),
    (_UNITS, rf"(?:in|(?P<within>within))\s+{_COUNT}\s+(?P<unit>{_UNIT})s?'?(?:\s+time)?"),
    (("ago",), rf"{_COUNT}\s+(?P<ago>{_UNIT})s?\s+ago"),
    (_UNITS, rf"{_COUNT}\s+(?P<since>{_UNIT})s?\s+(?:after|post|since|following)\s+(?:(?:the|my|this)\s+)?{_SITTING}"),
    (_UNITS, rf"{_COUNT}\s+(?P<since>{_UNIT})s?(?:\s+(?:after|later|on|post))?$"),
    (_DIGITS, rf"{_ON}(?P<nth>\d{{1,2}})(?:st|nd|rd|th)$"),
    (("ing", "noon", "night", "lunch"), rf"(?:first\s+thing\s+)?(?:in\s+the|during\s+the|(?P<this>this)|at)\s+{_PART}"),
    (("ing", "noon", "night", "lunch"), rf"{_PART}(?=$|\s+(?:at|after|before|in|on|with)\b)"),
)


class Found(NamedTuple):
    """A time that is named: its parts by name, what leads it, and the other words."""

    parts: dict[str, str]
    lead: str
    rest: str


def tidy(words: str) -> str:
    """Even out gaps, and slips in what is typed most."""
    typed = words.replace("’", "'").rstrip("?.! ").split()
    return " ".join(_SLIPS.get(one.lower().rstrip(",?"), one) for one in typed)


def find_time(text: str) -> Found | None:
    """Find a time that *text* names, wherever it stands."""
    lowered = text.lower()
    for signs, pattern in _PATTERNS:
        match = _compiled(pattern).search(lowered) if any(sign in lowered for sign in signs) else None
        if match is not None:
            parts = {name: found for name, found in match.groupdict().items() if found}
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return Found(parts, LEADS.get(parts.pop("lead", ""), ""), " ".join(rest.split()))
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.:-])(?:(?P<lead>{'|'.join(LEADS)})\s+)?(?:{pattern})(?![\w/]|[.:-]\d)")
