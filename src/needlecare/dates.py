"""Dates, times and zones as people type them. What can be read two ways is an error that shows both readings."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from needlecare.errors import InputError
from needlecare.model.time import FIRST_YEAR, LAST_YEAR

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_SHORT_YEAR = re.compile(r"([0-9]{1,2}([-/. ])(?:[0-9]{1,2}|[A-Za-z]{3,9})\2)([0-9]{2})")
# A short year from here on was written of the century before.
_LONG_AGO = 69
_NUMBERS = re.compile(r"([0-9]{1,2})[^0-9a-z]+([0-9]{1,2})[^0-9a-z]+[0-9]+")
_TIME = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?\s*(am|pm|a\.m\.|p\.m\.)?")
_FOUR_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})()")
_RELATIVE = {"yesterday": -1, "today": 0, "tomorrow": 1}
_DATED = re.compile(rf"(=\s*|\.\.\s*)({'|'.join(_RELATIVE)})(?=\s*(?:$|,|&|\.\.|T?[0-9]))", re.IGNORECASE)
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Files beside the zones that name none; one of them would make a plan depend on the machine.
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_LONGEST = 40
_HELP = "write it as 2026-11-20 or 20 Nov 2026"


def is_relative(text: str) -> bool:
    """Tell whether *text* is a word that needs the clock: today, yesterday, tomorrow."""
    return text.strip().lower() in _RELATIVE


def resolve(text: str, today: date) -> str:
    """Write the words today, yesterday and tomorrow as dates, where a date stands: after `=` or `..`."""
    return _DATED.sub(lambda found: f"{found[1]}{today + timedelta(days=_RELATIVE[found[2].lower()])}", text)


def needs_today(text: str) -> bool:
    """Tell whether *text* has a word that `resolve` would write as a date."""
    return _DATED.search(text) is not None


def parse_date(text: str, today: date | None = None, *, order: str | None = None) -> date:
    """Read a date; *today* is needed for `today`, `yesterday` and `tomorrow` alone.

    *order*, `dmy` or `mdy`, is how a date in numbers is meant, and says that a short year is of this century.

    Raises:
        InputError: it is no date, can be read two ways or only against *order*, or lies outside 1900 to 2199.
    """
    word = text.strip().lower()
    if word in _RELATIVE:
        if today is None:
            raise InputError(f"`{text}` can't be used here; {_HELP}")
        found = today + timedelta(days=_RELATIVE[word])
    elif year_first := _YEAR_FIRST.fullmatch(word):
        found = _parse_year_first(year_first)
    else:
        short = _SHORT_YEAR.fullmatch(word) if order else None
        if short and int(short[3]) >= _LONG_AGO:
            raise InputError(f"`{text}` has a year that can be read two ways; {_HELP}")
        found = _parse_written(f"{short[1]}20{short[3]}" if short else text.strip(), order)
        numbers = _NUMBERS.fullmatch(word) if order else None
        if numbers and found.day != int(numbers[1 if order == "dmy" else 2]):
            first = "day" if order == "dmy" else "month"
            raise InputError(f"`{text}` doesn't have the {first} first, as all dates are said to ({order}); {_HELP}")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InputError(f"`{text}` lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def _parse_year_first(match: re.Match[str]) -> date:
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        raise InputError(f"`{match[0]}` is not a day of the calendar; {_HELP}") from None


def _parse_written(text: str, order: str | None) -> date:
    """Read a date in words or numbers: both orders of day and month are tried, and nothing is filled in."""
    from dateutil.parser import ParserError, parse

    no_date = InputError(f"`{text}` is not a date that can be read; {_HELP}")
    if (
        len(text) > _LONGEST
        or not re.search(r"(?<![0-9])[0-9]{4}(?![0-9])", text)
        or not re.fullmatch(r"[A-Za-z0-9\s,./-]+", text)
    ):
        raise no_date
    readings: list[date] = []
    for day_first in (True, False):
        try:
            # A part that is missing would be taken from the default; two defaults show it.
            found = {
                parse(text, dayfirst=day_first, default=default)
                for default in (datetime(1999, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001  no instant is meant
            }
        except (ParserError, OverflowError, ValueError):
            continue
        if len(found) == 1 and (moment := found.pop()).time() == time(0):
            readings.append(moment.date())
    if not readings:
        raise no_date
    distinct = sorted(set(readings)) if order is None else [readings[0 if order == "dmy" else -1]]
    if len(distinct) > 1:
        first, second = (f"{day.isoformat()} ({day:%d %b %Y})" for day in distinct)
        raise InputError(f"`{text}` can be read as {first} or as {second}; {_HELP}")
    named = re.search(r"(?i)\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b", text)
    if named and _WEEKDAYS[distinct[0].weekday()] != named[1].lower():
        raise InputError(f"{distinct[0].isoformat()} is a {distinct[0]:%A}, not `{named[0]}`; {_HELP}")
    return distinct[0]


def parse_time(text: str) -> time:
    """Read a time of the day: `16:30`, `4:30pm`, `noon`.

    Raises:
        InputError: it is none.
    """
    word = text.strip().lower()
    if word in _NAMED_TIMES:
        return _NAMED_TIMES[word]
    match = _TIME.fullmatch(word) or _FOUR_DIGITS.fullmatch(word)
    if match and (match[2] or match[3]):
        hour, minute = int(match[1]), int(match[2] or 0)
        if match[3]:
            half = 12 if match[3].startswith("p") else 0
            hour = hour % 12 + half if 1 <= hour <= 12 else 24  # noqa: PLR2004  hours on a clock face
        if hour < 24 and minute < 60:  # noqa: PLR2004  hours of a day, minutes of an hour
            return time(hour, minute)
    raise InputError(f"`{text}` is not a time of the day; write it as 16:30 or 4:30pm")


def parse_zone(name: str) -> ZoneInfo:
    """Read the name of a time zone, such as Europe/London; small and capital letters are the same.

    Raises:
        InputError: there is no such zone.
    """
    # Some disks find a zone by any spelling; a plan must name it in the one way that is the same everywhere.
    zone = _zone(name) if name != name.lower() else None
    zone = zone or _zone(_spelled(name))
    if zone is None:
        raise InputError(f"there is no time zone `{name[:_LONGEST]}`{_near_zone(name)}; write it as Europe/London")
    return zone


def _zone(name: str) -> ZoneInfo | None:
    try:
        return None if name in _NO_ZONES else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _spelled(name: str) -> str:
    """Give the zone's own spelling of *name*."""
    from zoneinfo import available_timezones

    wanted = name[:_LONGEST].strip().replace(" ", "_").lower()
    return next((zone for zone in sorted(available_timezones() - _NO_ZONES) if zone.lower() == wanted), "")


def _near_zone(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    zones = available_timezones() - _NO_ZONES
    if not zones:
        raise InputError("this machine knows no time zones; the Python package tzdata brings them")
    by_city = {zone.rsplit("/", 1)[-1].lower(): zone for zone in sorted(zones)}
    close = get_close_matches(name[:_LONGEST].rsplit("/", 1)[-1].lower().replace(" ", "_"), by_city, n=1, cutoff=0.7)
    return f" (did you mean {by_city[close[0]]}?)" if close else ""


def machine_zone() -> ZoneInfo:
    """Give the zone that this machine is set to.

    Raises:
        InputError: the machine's own setting can't be read, or is a zone without a name that other machines know.
    """
    import tzlocal

    try:
        found = tzlocal.get_localzone()
    except (OSError, ValueError, LookupError):
        raise InputError("this machine's time zone can't be read; give it with --tz Europe/London") from None
    # A copied file of a zone has a name made up for it, plain UTC has none; a plan and the log need one to be read by.
    zone = _zone(getattr(found, "key", None) or "")
    if zone is None:
        raise InputError("this machine's time zone has no name; give it with --tz Europe/London")
    return zone
