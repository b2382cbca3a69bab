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
_NAMES = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_ABBREVIATED = "mon|tues?|wed|thu|thurs?|fri|sat"
_FULL = rf"(?P<weekday>{_NAMES})s?"
_SHORT = rf"(?P<weekday>{_ABBREVIATED})"
_WHICH = r"(?P<which>this|next|last|coming)"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ON = r"(?:(?:on|by)\s+)?(?:the\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
# “Every 3 days” and “once a day” are how often, not when.
_COUNT = (
    r"(?<!every\s)(?<!each\s)(?<!per\s)(?<!once\s)(?<!twice\s)(?<!times\s)(?P<count>\d{1,3}|" + "|".join(NUMBERS) + r")"
)
_FEW = r"\d|" + "|".join(NUMBERS)
_HALVES = (
    rf"\b(?:half\s+an\s+hour|(?:a\s+)?half\s+hour|(?P<one>{_FEW})\s+hours?\s+and\s+a\s+half"
    rf"|(?P<other>{_FEW})\s+and\s+a\s+half\s+hours?)\b"
)
_UNIT = r"minute|hour|day|week|fortnight|month"
_SITTING = r"(?:treatment|session|(?:micro-?)?needling|procedure|appointment)"
_AFTER_IT = rf"\s+(?:after|post|since|following|from)\s+(?:(?:the|my|this)\s+)?{_SITTING}"
_FOR = r"(?:for|over|during|throughout)\s+"
_IN = r"(?:for|over|during|throughout|in|within|inside)\s+"
_ROUGHLY = r"(?:(?:about|around|just|only|up\s+to|nearly|almost)\s+)?"
_COMING = r"(?:next|coming|following)\s+"
_THESE = rf"(?:(?:the|these|my|another)\s+)?(?:{_COMING})?"
_LONG = rf"(?:(?:more|whole|full)\s+)?(?P<long>{_UNIT})s?(?:\s+from\s+(?:now|today))?"
_PART = r"(?P<part>morning|afternoon|evening|night|lunchtime)"
_CLOCK = r"\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}[:h]\d{2}|noon|midday|midnight"
_AT = r"(?:at|around|about|by)\s+"
_HOUR = r"(?P<hour>[01]?\d|2[0-3]|" + "|".join(_HOURS) + r")"
_NO_HOUR = rf"(?!\s*(?:{_UNIT}|mm|percent|%))"
_ANY_DAY = r"(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)|today|tonight|tomorrow|yesterday"
_THAT_DAY = rf"(?:(?P<weekday>{_NAMES}|{_ABBREVIATED})|(?P<word>today|tomorrow))"
_NOW = r"(?<!from )(?:right\s+now|at\s+the\s+moment|now)(?!\s+on\b)"
_DIGITS = tuple("0123456789")
_UNITS = tuple(_UNIT.split("|"))
_LENGTHS = tuple(f" {unit}" for unit in _UNITS)
# Each is tried only where one of its beginnings is there: to compile them all takes longer than most questions.
_PATTERNS = (
    (("first ",), rf"(?:{_IN})?(?:(?:the|my)\s+)?first\s+(?:{_COUNT}\s+)?(?P<opening>{_UNIT})s?(?:{_AFTER_IT})?"),
    (_LENGTHS, rf"{_FOR}{_ROUGHLY}{_THESE}{_COUNT}\s+(?P<opening>{_UNIT})s?(?:{_AFTER_IT}|\s+(?:after|post)$)"),
    (_LENGTHS, rf"{_FOR}{_ROUGHLY}{_THESE}{_COUNT}\s+{_LONG}"),
    (_LENGTHS, rf"(?:{_IN}(?:the|these)\s+{_COMING}(?:{_COUNT}\s+)?|{_FOR}another\s+){_LONG}"),
    (_LENGTHS, rf"(?:the\s+)?{_COMING}{_COUNT}\s+{_LONG}"),
    (
        (" week", " fortnight"),
        rf"(?<!in\s){_COUNT}\s+(?P<plus>week|fortnight)s?\s+(?:(?:on|from|this|come)\s+)?{_THAT_DAY}",
    ),
    ((" week", " fortnight"), rf"(?:(?:on|by)\s+)?{_THAT_DAY}\s+(?P<plus>week|fortnight)"),
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
    (("day ",), r"(?:(?:on|by)\s+)?day\s+(?P<number>-?\d{1,3})"),
    (_UNITS, rf"(?:in|(?P<within>within|inside))\s+{_COUNT}\s+(?P<unit>{_UNIT})s?'?(?:\s+time)?"),
    (("ago",), rf"{_COUNT}\s+(?P<ago>{_UNIT})s?\s+ago"),
    (_UNITS, rf"{_COUNT}\s+(?P<since>{_UNIT})s?{_AFTER_IT}"),
    (_UNITS, rf"{_COUNT}\s+(?P<since>{_UNIT})s?\s+(?:after|later|on|post)$"),
    (_UNITS, rf"{_COUNT}\s+(?P<bare>{_UNIT})s?$"),
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
    typed = words.replace("’", "'").replace("−", "-").rstrip("?.! ").split()
    text = " ".join(_SLIPS.get(one.lower().rstrip(",?"), one) for one in typed)
    return re.sub(_HALVES, _in_minutes, text, flags=re.IGNORECASE) if "half" in text.lower() else text


def _in_minutes(match: re.Match[str]) -> str:
    """Write half an hour, or hours and a half, as minutes."""
    whole = (match["one"] or match["other"] or "0").lower()
    return f"{60 * (NUMBERS.get(whole) or int(whole)) + 30} minutes"


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
