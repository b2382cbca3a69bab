"""Words about time → a reading of them: a row of pattern and reader each. It knows no activity and no rule.

The clock is an argument, and read only where words need it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple

from needlecare import errors, typed
from needlecare.ask import times
from needlecare.ask.times import BEYOND, SLACK, Present, Reading, exactly, on_day
from needlecare.model.plan import Treatment
from needlecare.model.time import Duration, local_date, shift_date
from needlecare.typed import EITHER_HALF, HALF_DAY, MONTH_NAMES, WEEKDAYS, parse_time

_A_MONTH = Duration(1, "mo")
_WEEK = timedelta(days=len(WEEKDAYS))
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {"a couple of": 2, "a couple": 2, "couple of": 2, "an": 1, "a": 1}
_NUMBERS |= {"fourteen": 14, "twenty-four": 24, "forty-eight": 48, "seventy-two": 72}
_NUMBERS |= {name.replace("-", " "): number for name, number in _NUMBERS.items()}
_NUMBERS |= {name: number for number, name in enumerate(_HOURS, 1)}
_UNITS = {"minute": (1, "min"), "hour": (1, "h"), "day": (1, "d"), "week": (1, "w"), "fortnight": (2, "w")}
_UNITS |= {"month": (1, "mo"), "year": (1, "y")}
_FEASTS = {"christmas eve": (24, 12), "christmas day": (25, 12), "boxing day": (26, 12), "new year's eve": (31, 12)}
_FEASTS["new year's day"] = (1, 1)
_BEYOND = {"more", "longer"}
_NTH = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7}
_SHIFTS = {"tomorrow": 1, "yesterday": -1, "last night": -1, "day after tomorrow": 2, "day before yesterday": -2}


class _Found(NamedTuple):
    """A time that words name, by the groups of its pattern; it is read by a treatment and the clock."""

    groups: dict[str, str]
    lead: str
    treatment: Treatment
    present: Present
    told: bool

    @property
    def today(self) -> date:
        return self.present().date()

    @property
    def length(self) -> Duration:
        """A count of units; without a number it is one."""
        return self._units(self.groups.get("count", "a"))

    @property
    def longest(self) -> Duration:
        """The higher of two counts, as in 2 to 3 days, or a day or two."""
        text = self.groups.get("most") or self.groups.get("also")
        return max(self.length, self._units(text)) if text else self.length

    @property
    def spread(self) -> tuple[Duration, ...]:
        """What lies between the two counts, if there are two."""
        more = self.longest.amount - self.length.amount
        return (Duration(more, self.length.unit),) if more else ()

    @property
    def slack(self) -> Duration | None:
        """How far off an inexact time may be; a part of a day is wide enough as it is."""
        if "part" in self.groups:
            return None
        is_of_the_clock = "clock" in self.groups or "hour" in self.groups
        unit = self.groups.get("unit") or self.groups.get("period") or ("hour" if is_of_the_clock else "day")
        return SLACK[_UNITS[unit][1]]

    def _units(self, text: str) -> Duration:
        each, unit = _UNITS[self.groups["unit"]]
        return Duration(each * (_NUMBERS.get(text) or int(text)), unit)


def _counted(found: _Found, start: datetime, day: date, sign: int = 1) -> Reading:
    """Read an instant so long after *start*, or a day so long after *day*; before them if *sign* is negative."""
    length = found.length if sign > 0 else found.longest
    if not length.is_elapsed:
        read = on_day(shift_date(day, length, sign))
    else:
        at = start.astimezone(UTC) + sign * length.rough_length
        read = on_day(local_date(at, found.treatment.zone))._replace(at=at)
    return read._replace(lengths=found.spread, lead=BEYOND if found.groups.keys() & _BEYOND and sign > 0 else "")


def _from_now(found: _Found) -> Reading:
    read = _counted(found, found.present(), found.today)
    return read._replace(lead="before") if "less" in found.groups or "within" in found.groups else read


def _ago(found: _Found) -> Reading:
    return _counted(found, found.present(), found.today, -1)._replace(past=found.lead != "since")


def _from_treatment(found: _Found) -> Reading:
    if "less" in found.groups:
        return Reading(lengths=(found.length,), opening=True)
    return _counted(found, found.treatment.last, found.treatment.day)


def _beyond(found: _Found) -> Reading:
    return _from_treatment(found)._replace(lead=BEYOND)


def _lasting(found: _Found, *, opening: bool = False) -> Reading:
    """Read how long something goes on, from the treatment if it is its *opening*; after that is the time after it."""
    if found.lead == "after":
        return _beyond(found) if opening else _from_now(found)._replace(lead=BEYOND)
    return Reading(lengths=(found.longest,), opening=opening, lead=BEYOND if found.groups.keys() & _BEYOND else "")


def _length_or_day(found: _Found) -> Reading:
    return {"": _lasting, "since": _ago}.get(found.lead, _from_treatment)(found)


def _relative(found: _Found) -> Reading:
    word, now = " ".join(found.groups["word"].removeprefix("the ").split()), found.present()
    shift = _SHIFTS.get(word, 0)
    read = on_day(now.date() + timedelta(days=shift))._replace(past=shift < 0)
    if word.endswith("night"):
        return read._replace(part="night", this=not shift)
    return read._replace(at=now) if word.endswith(("now", "moment")) else read


def _further(found: _Found) -> Reading:
    """Read whole weeks from a day on: a week on Friday."""
    name = found.groups.get("weekday")
    day = times.coming_weekday(name, "", found.today) if name else _relative(found).first
    return on_day(shift_date(day or found.today, found.length))


def _weekday(found: _Found) -> Reading:
    name, which = found.groups["weekday"], found.groups.get("which", "")
    day = times.coming_weekday(name, "last" if found.lead == "since" else which, found.today)
    is_told = found.told and not which and day - _WEEK >= found.treatment.day and day > found.today
    return on_day(day - is_told * _WEEK)._replace(past=is_told or which == "last", weekday=name)


def _weekday_ahead(found: _Found) -> Reading:
    """Read a day of the next week: Friday next week."""
    monday = found.today + _WEEK - timedelta(days=found.today.weekday())
    return on_day(monday + timedelta(days=WEEKDAYS.index(found.groups["weekday"][:3])))


def _day_number(found: _Found) -> Reading:
    numbers = [found.groups["number"], found.groups.get("most", "-99")]
    day, last = (found.treatment.day + timedelta(days=_NUMBERS.get(text) or int(text)) for text in numbers)
    return on_day(day, max(day, last))


def _nth_day(found: _Found) -> Reading:
    """Read the third day: some count from that of the treatment, others from the one after it."""
    text = found.groups["number"]
    day = found.treatment.day + timedelta(days=_NTH.get(text) or int(text[:-2]))
    return on_day(day - timedelta(days=1), day)


def _at_treatment(found: _Found) -> Reading | None:
    """Read the day before, of or after it, a part of it, or so long before: unless it is named, only while ahead."""
    if "it" not in found.groups and found.present() >= found.treatment.first:
        return None
    if "unit" in found.groups:
        read, lengths = _counted(found, found.treatment.first, found.treatment.day, -1), (found.length,)
        until = found.treatment.day - timedelta(days=1)
        return read._replace(last=until, lengths=lengths if read.at else ()) if "span" in found.groups else read
    shift = {"before": -1, "after": 1}.get(found.groups.get("side", ""), 0)
    return on_day(found.treatment.day + timedelta(days=shift))._replace(part=found.groups.get("part", ""))


def _beside_treatment(found: _Found) -> Reading | None:
    """Read the time up to a treatment to come, or during or after it; before it, and after a past one, is now."""
    side, is_ahead = found.groups.get("side", ""), found.present() < found.treatment.first
    if is_ahead and side != "before":
        return Reading(at=found.treatment.last) if side else Reading(at=found.treatment.first, lead="before")
    return Reading() if is_ahead or (side in ("during", "after") and "it" in found.groups) else None


def _feast(found: _Found) -> Reading:
    return exactly(times.near_date(*_FEASTS[" ".join(found.groups["feast"].split())], "", found.treatment))


def _weekend(found: _Found) -> Reading:
    """Read what is left of the coming weekend; of “next” the sooner one, but not the one that has begun."""
    sunday = times.coming_weekday("sunday", "", found.today)
    if found.groups.get("which") == "next" and found.today.weekday() >= WEEKDAYS.index("sat"):
        sunday += _WEEK
    return on_day(max(sunday - timedelta(days=1), found.today), sunday)


def _period(found: _Found) -> Reading:
    """Read what is left of this week, month or year, or the whole of the next or the last one."""
    which, period, today = found.groups["which"], found.groups["period"], found.today
    monday, month, year = today - timedelta(days=today.weekday()), today.replace(day=1), today.replace(month=1, day=1)
    first = {"week": monday, "month": month, "year": year}[period]
    before, after, end = (shift_date(first, Duration(number, _UNITS[period][1])) for number in (-1, 1, 2))
    begins, ends = {"last": (before, first), "this": (today, after), "next": (after, end)}[which]
    return on_day(begins, ends - timedelta(days=1))._replace(past=which == "last")


def _month(found: _Found) -> Reading:
    """Read what is left of the coming month of that name."""
    number, today = MONTH_NAMES.index(found.groups["month"][:3]) + 1, found.today
    first = date(today.year + (number < today.month), number, 1)
    return on_day(max(first, today), shift_date(first, _A_MONTH) - timedelta(days=1))


def _written_date(found: _Found) -> Reading:
    day, month, year = (found.groups.get(name, "") for name in ("day", "month", "year"))
    return exactly(times.near_date(int(day), MONTH_NAMES.index(month[:3]) + 1, year, found.treatment))


def _nth(found: _Found) -> Reading:
    """Read the next day of that number in a month, today included; of what is told the first since the treatment."""
    number, since = int(found.groups["nth"]), min(found.today, found.treatment.day) if found.told else found.today
    first = since.replace(day=1)
    if found.groups.keys() & {"ahead", "of"}:
        first = shift_date(first, _A_MONTH)
    for _ in MONTH_NAMES:
        day = typed.made_date(first.year, first.month, number)
        if day is not None and day >= since:
            return exactly(day)
        first = shift_date(first, _A_MONTH)
    raise errors.InputError(f"no month has a day {number}")


def _short_date(found: _Found) -> Reading:
    """Read a day and a month in numbers, such as 22/11, which only one reading may make a date."""
    text = found.groups["short"]
    one, other = (int(number) for number in text.replace(".", "/").split("/"))
    ways = [(day, month) for day, month in {(one, other), (other, one)} if typed.made_date(2000, month, day)]
    days = sorted(times.near_date(day, month, "", found.treatment) for day, month in ways)
    if not days:
        raise errors.InputError(f"`{text}` is not a day of the calendar; write it as 22 Nov")
    if len(days) > 1:
        shown = " or as ".join(map(times.shown_date, days))
        raise errors.InputError(f"`{text}` can be read as {shown}; write the month as a word")
    return exactly(days[0])


def _on_the_face(found: _Found) -> Reading:
    """Read an hour without its half of the day: at 6, at half past four, 9 o'clock; 18 has but one reading."""
    groups = found.groups
    hour = _NUMBERS.get(groups["hour"]) or int(groups["hour"])
    minute = {"half": 30, "quarter": 15}.get(groups.get("near", ""), int(groups.get("minute", 0)))
    if groups.get("side") == "to":
        hour, minute = (hour - 1) % 24 or HALF_DAY, 60 - minute
    unsure = f"{groups['hour']}.{groups['minute']}" if "minute" in groups and groups["hour"] in EITHER_HALF else ""
    return Reading(clock=time(hour, minute), either=0 < hour <= HALF_DAY, unsure=unsure)


def _clock(found: _Found) -> Reading:
    """Read a time with its minutes, or with am or pm."""
    text = found.groups["clock"]
    is_unsure = text[-1].isdigit() and re.split("[:h]", text)[0] in EITHER_HALF
    return Reading(clock=parse_time(text, either_half=True), unsure=text if is_unsure else "")


def _part(found: _Found) -> Reading:
    return Reading(part=found.groups["part"], this="this" in found.groups)


# What may stand before a time, and turns the time into a stretch.
_LEADS = dict.fromkeys(("before", "until", "till", "til", "up to"), "before")
_LEADS |= {"after": "after", "from": "after", "between": "after", "since": "since"}
_SLIPS = dict.fromkeys(("tommorow", "tommorrow", "tomorow", "tomorro", "tomarrow", "tomorrw"), "tomorrow")
_SLIPS |= {"tmrw": "tomorrow", "tmw": "tomorrow", "2moro": "tomorrow", "to-day": "today", "2day": "today"}
_SLIPS |= {"tonite": "tonight", "2nite": "tonight", "nite": "night"}
_NAMES = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_ABBREVIATED = "mon|tues?|wed|thu|thurs?|fri|sat"
_FULL = rf"(?P<weekday>{_NAMES})s?"
_SHORT = rf"(?P<weekday>{_ABBREVIATED})"
_WHICH = r"(?P<which>this|next|last|coming)"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ON = r"(?:(?:on|by)\s+)?"
_ON_THE = rf"{_ON}(?:the\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DAY_NUMBER = r"(?P<nth>[0-3]?\d)(?:st|nd|rd|th)"
_DATE = r"\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
_FEW = "|".join(_NUMBERS)
# “Every 3 days” and “once a day” are how often, not when.
_OR_MOST = rf"(?:\s?(?:-|–|to|or|and)\s?(?P<most>\d{{1,3}}|{'|'.join(_HOURS)}))?"
_COUNT = (
    rf"(?<!every\s)(?<!each\s)(?<!per\s)(?<!once\s)(?<!twice\s)(?<!times\s)(?<!ty\s)(?P<count>\d{{1,3}}|{_FEW})"
    rf"{_OR_MOST}"
)
_HALVES = (
    rf"\b(?:half\s+an\s+hour|(?:a\s+)?half\s+hour|(?P<one>\d|{_FEW})\s+hours?\s+and\s+a\s+half"
    rf"|(?P<other>\d|{_FEW})\s+and\s+a\s+half\s+hours?)\b"
)
_ANY_UNIT = "|".join(_UNITS)
# How long it is since then, and no length of what is asked about.
_BEEN = rf"\bit(?:'?s|\s+has)\s+been\s+(?:(?:over|about|nearly|only)\s+)?{_COUNT}\s+(?:{_ANY_UNIT})s?\b(?!\s+since)"
_IT = r"(?:(?:the|my|this)\s+)?(?:treatment|session|(?:micro-?)?needling|procedure|appointment)"
_AFTER_IT = rf"\s+(?:(?:after|post|since|following|from)\s+|post-)(?:{_IT}|(?:(?:having|getting)\s+)?it(?:\s+done)?)"
_FOR = rf"(?:for|during|throughout|lasting|lasts|lasted|over(?!\s+(?:\d+|{_FEW})\b))\s+"
_IN = r"(?:for|over|during|throughout|in|within|inside)\s+"
# What makes a time inexact, before and behind it: all that it may be counts then. Few questions have such a word, and
# the patterns of the others are compiled without it.
_ROUGH = (
    r"(?:(?<!what\s)(?<!how\s)about|around|roughly|approximately|approx\.?|circa|ca\.?|nearly|almost|close\s+to|towards?"
    r"|some\s?time\s+around|(?:just|shortly|right)\s+(?:before|after)|just\s+under)"
)
_OR_SO = r"(?:\s+or\s+(?:so|thereabouts)|\s+give\s+or\s+take|\s+(?:roughly|approximately)|[\s-]?ish)"
_MORE = r"(?P<more>(?:(?:just|well|a\s+(?:bit|little))\s+)?(?:over|beyond|(?:more|longer)\s+than|at\s+least))"
_LESS = r"(?P<less>less\s+than|under|at\s+most|no\s+(?:more|longer)\s+than|up\s+to)"
_INEXACT = {
    "@rough": rf"(?:{_ROUGH}\s+(?!on\b|in\b|at\b))?",
    "@hedge": rf"(?:(?:{_ROUGH}|{_MORE}|{_LESS}|just|only)\s+)?",
    "@at": rf"(?:(?P<sharp>at|by)\s+(?:{_ROUGH}\s+)?|{_ROUGH}\s+)",
    "@so": rf"(?:{_OR_SO})?",
    "@too": rf"(?:\s+or\s+(?P<also>two|three)|(?P<longer>\s+(?:or\s+(?:more|longer)|plus))|{_OR_SO})?",
}
_EXACT = {**dict.fromkeys(_INEXACT, ""), "@at": r"(?P<sharp>at|by)\s+"}
_INEXACT_SIGNS = (
    *("about", "around", "ly ", "approx", "ca", "almost", "close", "toward", "just", "right", "under", " or "),
    *("give", "ish", "over", "beyond", "more", "longer", "least", "less", "most", "up to", "only", "plus"),
)
_ROUGHLY_SAID = rf"\b{_ROUGH}\b|{_OR_SO}\b|\bcouple\b"
_BEFORE_IT = rf"(?<![\w/.:-])(?:(?P<lead>{'|'.join(_LEADS)})\s+)?@rough"
_UNIT = rf"(?P<unit>{_ANY_UNIT})s?@too"
_END = r"(?=@so$)"
_OR_BARE = rf"(?:hand|wards?)?(?:(?P<it>\s+(?:{_IT}|it(?:\s+done)?))|{_END})"
_SIDE = rf"(?:(?:straight|right|soon|just)\s+)?(?P<side>before|during|after){_OR_BARE}"
_TO_IT = rf"(?:(?<!\bgo\s)(?<!\bcome\s)to\s+{_IT}|before\s+i\s+(?:come|go|arrive)(?:\s+in)?{_END})"
_COMING = r"(?:next|coming|following|last|past)\s+"
_THESE = rf"(?:(?:the|these|my|another)\s+)?(?:{_COMING})?"
_LONG = rf"(?:(?:more|whole|full)\s+)?{_UNIT}(?:\s+from\s+(?:now|today)|\s+now|\s+already)?"
_PART_OF = r"(?:the\s+)?(?:beginning|start|middle|end|(?:first|second|last)\s+(?:half|week))\s+of"
_PERIOD = r"(?P<which>this|next|last)\s+(?P<period>week|month|year)"
_PART = r"(?:(?:early|mid|late)[\s-])?(?P<part>morning|afternoon|evening|night|lunchtime|second half)"
_CLOCK = r"\d{1,2}(?:[:.]\d{2})?\s*[ap](?:m|\.m\.?)|\d{1,2}[:h]\d{2}(?::\d{2})?|noon|midday|midnight"
_CLOCK_SIGNS = ("am", "pm", "a.m", "p.m", ":", "noon", "mid", "h")
_HOUR = rf"(?P<hour>[01]?\d|2[0-3]|{'|'.join(_HOURS)})"
# “About six” is an hour only where nothing is counted behind it: about six glasses.
_THEN = "and|with|at|in|on|for|after|before|until|if|when|this|today|tonight|tomorrow"
_BARE = rf"(?(sharp)(?!\s*(?:{_ANY_UNIT}|mm|percent|%))|(?=@so\s*(?:$|,|{_THEN})(?!\w)))"
# “Worse than yesterday” is no time that is asked about.
_NAMED_DAY = r"(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)|today|tonight|tomorrow|yesterday|last\s+night"
_ANY_DAY = rf"(?<!than )(?<!as )(?:{_NAMED_DAY})"
_THAT_DAY = rf"(?:(?P<weekday>{_NAMES}|{_ABBREVIATED})|(?P<word>today|tomorrow))"
_NOW = r"(?<!from )(?<!fine )(?<!what )(?<!do )(?:right\s+now|at\s+the\s+moment|now)(?!\s+(?:on|fine|for|what)\b)"
_DIGITS = "0123456789"
_opening = partial(_lasting, opening=True)
_SHORTENED = {"h": "hours", "hr": "hours", "min": "minutes", "d": "days", "wk": "weeks", "w": "weeks"}
_SHORT_UNIT = r"(?<![\w.])(?P<number>\d{1,3})(?:\s?(?P<apart>hr|min|wk)s?|(?P<unit>[hdw]))\b"
# “Am I” is no morning, and 9 am is a time.
_HALF = r"(?<!\d\s)(?<!\bi\s)(?:\bpm|\bam(?=$)|(?<=(?:day|row|the|his)\s)am)\b(?!\s+i\b)"
_FOR_SIGNS = ("for ", "during ", "throughout ", "lasting ", "lasts ", "lasted ", "over ")
_COMING_SIGNS = ("next ", "coming ", "following ", "last ", "past ", "another ")
_WEEKS = (" week", " fortnight")
_LATER_SIGNS = (" after", " later", " on", " in", " post")
_PART_SIGNS = ("ing", "noon", "night", "lunch", "half")
# Each way to name a time: one of these must be there before its pattern is tried, since compiling all of them takes
# longer than most questions; its pattern; and how what was found is read. The first that fits wins.
_ROWS: tuple[tuple[Sequence[str], str, Callable[[_Found], Reading | None]], ...] = (
    (("before",), rf"(?P<span>(?:{_IN})?(?:the\s+)?@hedge)(?:{_COUNT}\s+)?{_UNIT}\s+before{_OR_BARE}", _at_treatment),
    (("first ",), rf"(?:{_IN})?(?:(?:the|my)\s+)?first\s+(?:{_COUNT}\s+)?{_UNIT}(?!\s+of)(?:{_AFTER_IT})?", _opening),
    (_FOR_SIGNS, rf"{_FOR}@hedge{_THESE}{_COUNT}\s+{_UNIT}(?:{_AFTER_IT}|\s+(?:after|post){_END})", _opening),
    (_FOR_SIGNS, rf"{_FOR}@hedge{_THESE}{_COUNT}\s+{_LONG}", _lasting),
    (_COMING_SIGNS, rf"(?:{_IN}(?:the|these)\s+{_COMING}(?:{_COUNT}\s+)?|{_FOR}another\s+){_LONG}", _lasting),
    (_COMING_SIGNS, rf"(?:the\s+)?{_COMING}{_COUNT}\s+{_LONG}", _lasting),
    (_WEEKS, rf"(?<!in\s){_COUNT}\s+(?P<unit>week|fortnight)s?\s+(?:(?:on|from|this|come)\s+)?{_THAT_DAY}", _further),
    (_WEEKS, rf"{_ON}{_THAT_DAY}\s+(?P<unit>week|fortnight)", _further),
    (_DIGITS, rf"(?:on\s+)?(?P<date>{_DATE})", lambda found: exactly(typed.parse_date(found.groups["date"]))),
    (MONTH_NAMES, rf"{_ON_THE}{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}", _written_date),
    (MONTH_NAMES, rf"(?:on\s+)?{_MONTH}\s+(?:the\s+)?{_DAY}{_YEAR}", _written_date),
    (MONTH_NAMES, rf"(?:(?:in|for|during|this|next)[\s-]|(?:early|mid|late)[\s-]|{_PART_OF}\s)+{_MONTH}", _month),
    (("christ", "boxing", "year"), rf"(?:on\s+)?(?P<feast>{'|'.join(_FEASTS)})", _feast),
    (("day", "ing", "night"), rf"{_ON_THE}(?:day|{_PART})\s+(?P<side>before|of|after){_OR_BARE}", _at_treatment),
    (("on the ", "that "), rf"(?:on\s+the|that)\s+(?:day|{_PART}){_END}", _at_treatment),
    ((" day",), rf"{_ON_THE}(?P<number>\d{{1,2}}(?:nd|rd|th)|{'|'.join(_NTH)})\s+day", _nth_day),
    (("next week",), rf"(?:next\s+week\s+)?{_ON}{_FULL}(?:\s+(?:of\s+)?next\s+week)?", _weekday_ahead),
    (("/",), rf"{_ON}(?P<short>\d{{1,2}}/\d{{1,2}})", _short_date),
    ((".",), r"(?:on|by)\s+(?P<short>\d{1,2}\.\d{1,2})\.?", _short_date),
    (_CLOCK_SIGNS, rf"(?:@at)?(?P<clock>{_CLOCK})", _clock),
    (("half", "quarter"), rf"(?:@at)?(?:a\s+)?(?P<near>half|quarter)\s+(?P<side>past|to)\s+{_HOUR}", _on_the_face),
    (("clock",), rf"(?:@at)?{_HOUR}\s+o'?\s?clock", _on_the_face),
    (("at ", "by ", *_INEXACT_SIGNS), rf"@at{_HOUR}(?:\.(?P<minute>[0-5]\d))?{_BARE}", _on_the_face),
    (("from",), rf"@hedge{_COUNT}\s+{_UNIT}\s+from\s+(?:now|today)", _from_now),
    (("tod", "ton", "tom", "yes", "night", "now", "moment"), rf"(?P<word>{_ANY_DAY}|{_NOW})", _relative),
    (("day",), rf"(?:(?:early|late)\s+)?{_ON_THE}(?:{_WHICH}\s+)?{_FULL}", _weekday),
    (WEEKDAYS, rf"(?P<led>(?:on|by|{_WHICH})\s+)?{_SHORT}(?(led)|{_END})", _weekday),
    (("sun",), rf"(?:on|by|{_WHICH})\s+(?P<weekday>sun){_END}", _weekday),
    (("weekend",), rf"(?:(?:{_WHICH}|at\s+the|on\s+the|over\s+the)\s+)?weekend", _weekend),
    (_DIGITS, rf"(?P<ahead>next\s+month\s+)?{_ON_THE}{_DAY_NUMBER}(?P<of>\s+(?:of\s+)?next\s+month)?{_END}", _nth),
    (("bed",), r"(?:before|at)\s+(?:going\s+to\s+)?bed(?:time)?", lambda _: Reading(part="evening")),
    (("week", "month", "year"), rf"(?:(?:all|{_PART_OF})\s+)?{_PERIOD}", _period),
    (("day ", "days "), rf"{_ON}days?\s+(?P<number>-?\d{{1,3}}|{'|'.join(_HOURS)}){_OR_MOST}", _day_number),
    (("in ", "inside "), rf"(?:in|(?P<within>within|inside))\s+@hedge{_COUNT}\s+{_UNIT}'?s?(?:\s+time)?", _from_now),
    (("ago",), rf"@hedge{_COUNT}\s+{_UNIT}\s+ago", _ago),
    (("after ", "post", "since ", "following ", "from "), rf"@hedge{_COUNT}\s+{_UNIT}{_AFTER_IT}", _from_treatment),
    (_LATER_SIGNS, rf"@hedge{_COUNT}\s+{_UNIT}\s+(?:after|later|on|in|post)(?=@so$|,)", _from_treatment),
    (("after ",), rf"after\s+@hedge{_COUNT}\s+{_UNIT}", _beyond),
    (tuple(_UNITS), rf"@hedge{_COUNT}\s+{_UNIT}{_END}", _length_or_day),
    (_PART_SIGNS, rf"(?:first\s+thing\s+)?(?:in\s+the|during\s+the|(?P<this>this)|at)\s+{_PART}", _part),
    (("first thing",), r"first\s+thing", lambda _: Reading(part="morning")),
    (_PART_SIGNS, rf"{_PART}(?=@so$|\s+(?:at|after|before|in|on|with)\b)", _part),
    (("before", "during", "after", "to "), rf"{_SIDE}|{_TO_IT}", _beside_treatment),
)


def _in_minutes(match: re.Match[str]) -> str:
    """Write half an hour, or hours and a half, as minutes."""
    whole = (match["one"] or match["other"] or "0").lower()
    return f"{60 * (_NUMBERS.get(whole) or int(whole)) + 30} minutes"


# Written otherwise before they are read, or left out where it is only compared with: what has one of these signs.
_RESPELLED: tuple[tuple[Sequence[str], str, Callable[[re.Match[str]], str]], ...] = (
    (("half",), _HALVES, _in_minutes),
    (("than ",), r"\bthan\s+(?:it\s+was\s+)?(?:yesterday|last\s+night|this\s+morning)\b", lambda _: ""),
    ((" been ",), _BEEN, lambda _: ""),
    ((" am", "pm"), _HALF, lambda one: "morning" if one[0] in ("am", "AM") else "second half"),
    (_DIGITS, _SHORT_UNIT, lambda one: f"{one['number']} {_SHORTENED[(one['apart'] or one['unit']).lower()]}"),
)


def _search(pattern: str, text: str) -> re.Match[str] | None:
    whole = rf"{_BEFORE_IT}(?:{pattern})@so(?![\w/]|[.:-]\d)"
    for name, part in (_INEXACT if any(sign in text for sign in _INEXACT_SIGNS) else _EXACT).items():
        whole = whole.replace(name, part)
    return re.search(whole, text)


def _find(text: str, treatment: Treatment, present: Present, *, told: bool) -> Reading | None:
    """Read the first time that *text* names, wherever it stands; its words are all the others."""
    lowered = text.lower()
    for signs, pattern, read in _ROWS:
        match = _search(pattern, lowered) if any(sign in lowered for sign in signs) else None
        if match is not None:
            groups = {name: found for name, found in match.groupdict().items() if found}
            lead = _LEADS.get(groups.pop("lead", ""), "")
            found = _Found(groups, lead, treatment, present, told)
            reading = read(found)
            if reading is None:
                continue
            if re.search(_ROUGHLY_SAID, match[0]):
                reading = reading.loosened(found.slack)
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return reading._replace(words=" ".join(rest.split()), lead=reading.lead or lead)
    return None


def _respelled(words: str) -> str:
    typed = words.replace("’", "'").replace("−", "-").replace("~", "about ").rstrip("?.! ").split()
    text = " ".join(_SLIPS.get(one.lower().rstrip(",?"), one) for one in typed)
    for signs, pattern, write in _RESPELLED:
        if any(sign in text.lower() for sign in signs):
            text = re.sub(pattern, write, text, flags=re.IGNORECASE)
    return text


def split_time(words: str, treatment: Treatment, present: Present, *, told: bool = False, due: bool = False) -> Reading:
    """Take the time off *words*, of several days in what is *told* the last; *present* reads the clock where needed.

    A day without a date is the last of its name in what is told, unless that is *due* yet.

    Raises:
        InputError: they name a day that isn't one, or two days.
    """
    reading = Reading(_respelled(words))
    while found := _find(reading.words, treatment, present, told=told and not due):
        reading = _joined(reading.unopened(found) if told else reading, found, words, told=told)
    if reading.opening and (reading.first or reading.at):
        raise errors.InputError(f"`{words}` names two times; ask about one at a time")
    if reading.unsure and not reading.part:
        raise typed.either_time(reading.unsure)
    return reading


def _on_one_day(reading: Reading, found: Reading) -> Iterable[Reading]:
    """Put a day of the week and a date on one day: Friday the 4th."""
    day, name = (reading.exact, found.weekday) if reading.exact else (found.exact, reading.weekday)
    if day and name and WEEKDAYS[day.weekday()] != name[:3]:
        raise errors.InputError(f"{times.shown_date(day)} is a {day:%A}, not `{name}`; ask about one day at a time")
    return [one._replace(first=day, last=day) if day and name else one for one in (reading, found)]


def _joined(reading: Reading, found: Reading, words: str, *, told: bool) -> Reading:
    """Add another time that *words* name."""
    reading, found = _on_one_day(reading, found)
    if reading.first:
        if told and found.first:
            return max(reading, found, key=lambda one: str(one.first))._replace(words=found.words)
        if found.first and (found.first, found.last) != (reading.first, reading.last):
            raise errors.InputError(f"`{words}` names two days; ask about one at a time")
        found = found._replace(weekday="", at=found.at if found.first else None)
    added = {name: value for name, value in found._asdict().items() if value and not getattr(reading, name)}
    return reading._replace(**{**added, "words": found.words, "lengths": (*reading.lengths, *found.lengths)})
