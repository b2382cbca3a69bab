"""Days of the calendar by what people call them: the coming Friday, the 5th, 22 Nov without a year, in December."""

from datetime import date, timedelta

from needlecare.ask.timewords import DAYS, MONTHS
from needlecare.errors import InputError
from needlecare.model.time import FIRST_YEAR, LAST_YEAR
from needlecare.model.treatment import Treatment

_WEEK = timedelta(days=len(DAYS))


def weekday(name: str, which: str, today: date) -> date:
    """Give the coming day of that name, today included; with “last” the one gone by.

    “Next” is taken as the coming one too: the sooner day is the stricter.
    """
    ahead = timedelta(days=(DAYS.index(name[:3]) - today.weekday()) % len(DAYS))
    if which == "last" or (which == "next" and not ahead):
        return today + (ahead - _WEEK if which == "last" else _WEEK)
    return today + ahead


def weekend(today: date) -> tuple[date, date]:
    """Give what is left of the coming weekend."""
    sunday = weekday("sunday", "", today)
    return max(sunday - timedelta(days=1), today), sunday


def period(which: str, unit: str, today: date) -> tuple[date, date]:
    """Give what is left of this week or month, or the whole of the next or the last one."""
    if unit == "week":
        first = today - timedelta(days=today.weekday())
        after, before = first + _WEEK, first - _WEEK
    else:
        first = today.replace(day=1)
        after, before = _following(first), (first - timedelta(days=1)).replace(day=1)
    if which == "this":
        return today, after - timedelta(days=1)
    if which == "last":
        return before, first - timedelta(days=1)
    return after, (after + _WEEK if unit == "week" else _following(after)) - timedelta(days=1)


def month_of(name: str, today: date) -> tuple[date, date]:
    """Give what is left of the coming month of that name."""
    number = MONTHS.index(name[:3]) + 1
    first = date(today.year + (number < today.month), number, 1)
    return max(first, today), _following(first) - timedelta(days=1)


def _following(first: date) -> date:
    """Give the first day of the next month."""
    return date(first.year + first.month // len(MONTHS), first.month % len(MONTHS) + 1, 1)


def dated(day: int, month: int, year: str, treatment: Treatment) -> date:
    """Make a date; without a year, the one nearest to the treatment.

    Raises:
        InputError: there is no such day.
    """
    years = [int(year)] if year else [treatment.day.year + shift for shift in (0, 1, -1)]
    found = [made for one in years if (made := _made(one, month, day))]
    if not found:
        raise InputError(f"{day} {MONTHS[month - 1].title()} {year}".strip() + " is not a day of the calendar")
    return min(found, key=lambda one: abs((one - treatment.day).days))


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def numbered(day: int, today: date) -> date:
    """Give the next day of that number in a month, today included.

    Raises:
        InputError: no month has so many days.
    """
    first = today.replace(day=1)
    for _ in MONTHS:
        found = _made(first.year, first.month, day)
        if found is not None and found >= today:
            return found
        first = _following(first)
    raise InputError(f"no month has a day {day}")


def short(text: str, treatment: Treatment) -> date:
    """Read a day and a month in numbers, such as 22/11, which one reading alone may make a date.

    Raises:
        InputError: they are no date, or can be read two ways.
    """
    one, other = (int(part) for part in text.replace(".", "/").split("/"))
    ways = {(one, other), (other, one)}
    readings = sorted(dated(day, month, "", treatment) for day, month in ways if _made(2000, month, day))
    if not readings:
        raise InputError(f"`{text}` is not a day of the calendar; write it as 22 Nov")
    if len(readings) > 1:
        shown = " or as ".join(f"{day.day} {MONTHS[day.month - 1].title()} {day.year}" for day in readings)
        raise InputError(f"`{text}` can be read as {shown}; write the month as a word")
    return readings[0]


def agreed(day: date, name: str) -> date:
    """Give *day* if its day of the week is the one of that *name*.

    Raises:
        InputError: it is another.
    """
    if DAYS[day.weekday()] != name[:3]:
        shown = f"{day.day} {MONTHS[day.month - 1].title()} {day.year}"
        raise InputError(f"{shown} is a {day:%A}, not `{name}`; ask about one day at a time")
    return day
