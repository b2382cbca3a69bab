"""What people type, turned into dates, times, zones, facts, sightings and events. The clock is an argument.

What can be read two ways is an error that shows both readings. Must not know which command or list it comes from.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

from needlecare.errors import InputError, close_names, misspelt, nearest, suggestion, visible
from needlecare.model.facts import NONE, Answer, Fact, Facts, Unheard, complete
from needlecare.model.plan import NOT_YET, Event, Seen, Treatment, seen_at, seen_on
from needlecare.model.ruleset import Activity, EventKind, RuleSet, names_of
from needlecare.model.time import FIRST_YEAR, LAST_YEAR, check_year
from needlecare.rules.read import decimal

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_SHORT_YEAR = re.compile(r"([0-9]{1,2}([-/. ])(?:[0-9]{1,2}|[A-Za-z]{3,9})\2)([0-9]{2})")
# A short year from here on was written of the century before.
_LONG_AGO = 69
_NUMBERS = re.compile(r"([0-9]{1,2})[^0-9a-z]+([0-9]{1,2})[^0-9a-z]+[0-9]+")
_SECONDS = r"(?::([0-5][0-9])(?:\.0+)?)?"
_TIME = re.compile(rf"([01]?[0-9](?=[:.h])|[01][0-9]|2[0-3])[:.h]?([0-5][0-9]){_SECONDS}(?:\s*uhr)?")
_HALF_DAY_TIME = re.compile(rf"(0?[1-9]|1[0-2])(?:[:.h]([0-5][0-9]){_SECONDS})?\s*([ap])(?:m|\.m\.?)")
# Typed as such, these hours are of the night or of the afternoon; people say at seven in the morning without am.
EITHER_HALF = ("1", "2", "3", "4", "5", "6")
HALF_DAY = 12
_RELATIVE = {"yesterday": -1, "today": 0, "tomorrow": 1}
_DATED = re.compile(rf"(=\s*|\.\.\s*)({'|'.join(_RELATIVE)})(?=\s*(?:$|,|&|\.\.|T?[0-9]))", re.IGNORECASE)
_DATE_AND_TIME = re.compile(r"(.+?)(?:(?<=[0-9yw])T|\s+(?=[0-9]{1,2}:))(.+)")
_ORDERS = ("dmy", "mdy")
_DEFAULTS = datetime(1999, 1, 1), datetime(2001, 2, 2)  # noqa: DTZ001  no instant is meant
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}
# By their first three letters, as people write them; Monday is 0, January is 0.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY = re.compile(rf"\b({'|'.join(WEEKDAYS)})[a-z]*\b", re.IGNORECASE)
_FULL_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_DATE_SIGNS = re.compile(r"[A-Za-z0-9\s,./-]+")
# Files beside the zones that name none; one of them would make a plan depend on the machine.
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_LONGEST = 40
_HELP = "write it as 2026-11-20 or 20 Nov 2026"


def is_relative(text: str) -> bool:
    """Return whether *text* is a word that needs the clock: today, yesterday, tomorrow."""
    return text.strip().lower() in _RELATIVE


def resolve(text: str, find_today: Callable[[], date]) -> str:
    """Write the words today, yesterday and tomorrow as dates, where a date stands: after `=` or `..`."""
    return _DATED.sub(lambda found: f"{found[1]}{find_today() + timedelta(days=_RELATIVE[found[2].lower()])}", text)


def made_date(year: int, month: int, day: int) -> date | None:
    """Return that day; None where the calendar, or a plan, has none."""
    try:
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def parse_date(text: str, today: date | None = None, *, order: str | None = None) -> date:
    """Parse a date; only `today`, `yesterday` and `tomorrow` need *today*.

    *order*, `dmy` or `mdy`, decides a date in numbers; with it a short year is one of this century.

    Raises:
        InputError: it is no date, can be read two ways or only against *order*, or lies outside 1900 to 2199.
    """
    word = text.strip().lower()
    if word in _RELATIVE:
        if today is None:
            raise InputError(f"`{text}` can't be used here; {_HELP}")
        found = today + timedelta(days=_RELATIVE[word])
    elif parts := _YEAR_FIRST.fullmatch(word):
        try:
            found = date(int(parts[1]), int(parts[3]), int(parts[4]))
        except ValueError:
            raise InputError(f"`{word}` is not a day of the calendar; {_HELP}") from None
    elif order is not None:
        found = _parse_in_order(text.strip(), order)
    else:
        found = _only_reading(text.strip(), [_reading(text.strip(), one) for one in _ORDERS])
    check_year(found, f"`{text}`")
    return found


def _parse_in_order(text: str, order: str) -> date:
    short = _SHORT_YEAR.fullmatch(text)
    if short and int(short[3]) >= _LONG_AGO:
        raise InputError(f"`{text}` has a year that can be read two ways; {_HELP}")
    whole = f"{short[1]}20{short[3]}" if short else text
    place = _ORDERS.index(order)
    found = _only_reading(text, [_reading(whole, order) or _reading(whole, _ORDERS[1 - place])])
    if (numbers := _NUMBERS.fullmatch(text.lower())) and found.day != int(numbers[place + 1]):
        first = ("day", "month")[place]
        raise InputError(f"`{text}` doesn't have the {first} first, as {order} dates do; {_HELP}")
    return found


def _reading(text: str, order: str) -> date | None:
    """Parse a date in words, or in numbers in this *order*; nothing is filled in."""
    if len(text) > _LONGEST or not _FULL_YEAR.search(text) or not _DATE_SIGNS.fullmatch(text):
        return None
    from dateutil.parser import parse

    try:
        # A part that is missing would be taken from the default; two defaults show it.
        moment, other = (parse(text, dayfirst=order == "dmy", default=default) for default in _DEFAULTS)
    except (OverflowError, ValueError):
        return None
    return moment.date() if moment == other and moment.time() == time(0) else None


def _only_reading(text: str, readings: Iterable[date | None]) -> date:
    """Return the one date that *text* can be read as, which is on the weekday that it names."""
    distinct = sorted({reading for reading in readings if reading is not None})
    if not distinct:
        raise InputError(f"`{text}` is not a date that can be read; {_HELP}")
    if len(distinct) > 1:
        first, second = (f"{day.isoformat()} ({day:%d %b %Y})" for day in distinct)
        raise InputError(f"`{text}` can be read as {first} or as {second}; {_HELP}")
    day = distinct[0]
    named = _WEEKDAY.search(text)
    if named and f"{day:%a}".lower() != named[1].lower():
        raise InputError(f"{day.isoformat()} is a {day:%A}, not `{named[0]}`; {_HELP}")
    return day


def parse_time(text: str, *, either_half: bool = False) -> time:
    """Parse a time of day: `16:30`, `4:30pm`, `noon`; with *either_half* `4:30` is that of the night.

    Raises:
        InputError: *text* is none, or may be of the night or of the afternoon.
    """
    word = text.strip().lower()
    if word in _NAMED_TIMES:
        return _NAMED_TIMES[word]
    match = _TIME.fullmatch(word) or _HALF_DAY_TIME.fullmatch(word)
    if match is None:
        raise InputError(f"`{text}` is not a time of the day; write it as 16:30 or 4:30pm")
    hour, minute, second = (int(number or 0) for number in match.group(1, 2, 3))
    if match.re is _HALF_DAY_TIME:
        return time(hour % HALF_DAY + HALF_DAY * (match[4] == "p"), minute, second)
    if match[1] in EITHER_HALF and not either_half:
        raise either_time(text)
    return time(hour, minute, second)


def either_time(text: str) -> InputError:
    """Return the error that asks whether *text*, such as `4:30`, is of the night or of the afternoon."""
    early = parse_time(text, either_half=True)
    late = early.replace(hour=early.hour + HALF_DAY)
    ways = f"write it as {early:%H:%M} or {early.hour}:{early:%M}pm"
    return InputError(f"`{text}` can be read as {early:%H:%M} or as {late:%H:%M}; {ways}")


def parse_zone(name: str) -> ZoneInfo:
    """Parse the name of a time zone, such as Europe/London or GMT Standard Time, in small or capital letters.

    Raises:
        InputError: there is no such zone.
    """
    # Some disks find a zone by any spelling; a plan must name it in the one way that is the same everywhere.
    if name != name.lower() and (zone := _zone(name)):
        return zone
    zones = {one.lower(): one for one in zone_names()}
    wanted = name[:_LONGEST].strip().replace(" ", "_").lower()
    if zone := _zone(zones.get(wanted, "")):
        return zone
    if not zones:
        raise InputError("this machine knows no time zones; the Python package tzdata brings them")
    from tzlocal.windows_tz import win_tz

    # As Outlook, and clinic software on Windows, call them.
    windows = {one.lower(): zone for one, zone in win_tz.items()}
    if zone := _zone(windows.get(wanted.replace("_", " "), "")):
        return zone
    hint = suggestion(_nearest_zone(wanted.rpartition("/")[2], zones))
    raise InputError(f"there is no time zone `{name[:_LONGEST]}`{hint}; write it as Europe/London")


def zone_names() -> list[str]:
    """Return the names of all time zones."""
    from zoneinfo import available_timezones

    return sorted(available_timezones() - _NO_ZONES)


def _nearest_zone(city: str, zones: Mapping[str, str]) -> str:
    """Return the one of *zones* that is named after *city*, or after one that looks like it; nothing if none is."""
    # Those named by their offset all look alike, and Etc/GMT-5 is ten hours ahead of what people call GMT-5.
    cities = {zone.rpartition("/")[2]: one for zone, one in zones.items() if "/" in zone and zone[:4] != "etc/"}
    # A letter off, no more: another place is worse than none, as Dubai is for Mumbai.
    alike = [one for one in cities if abs(len(one) - len(city)) <= 1]
    return cities.get(city) or "".join(map(cities.__getitem__, close_names(city, alike, 1, alike=0.83)))


def _zone(name: str) -> ZoneInfo | None:
    try:
        return None if name in _NO_ZONES else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def find_zone(name: str | None) -> ZoneInfo:
    """Return the time zone called *name*; without one that of this machine.

    Raises:
        InputError: there is none, its setting can't be read, or it has no name that other machines know.
    """
    if name is not None:
        return parse_zone(name)
    import tzlocal

    try:
        found = tzlocal.get_localzone()
    except (OSError, ValueError, LookupError):
        raise InputError("this machine's time zone can't be read; give it with --tz Europe/London") from None
    # A copied file of a zone has a made-up name and plain UTC has none; a plan and the log need one that lasts.
    zone = _zone(getattr(found, "key", None) or "")
    if zone is None:
        raise InputError("this machine's time zone has no name; give it with --tz Europe/London")
    return zone


# Letters that an illness or a medicine has at least.
_FEWEST = 2
# The slashes of a date, as in `isotretinoin=03/04/2026`, join nothing.
_JOINED = re.compile(r"[&+]|(?<![0-9])/|/(?![0-9])|\band\b")
# What stands between the ends of a range, as a record has it.
RANGE = re.compile(r"(?<=\w)\s*(?:[-–—/]|\bto\b)\s*(?=\w)")
Said = str | float


def read_facts(rule_set: RuleSet, said: Mapping[str, Said | Sequence[Said]]) -> Facts:
    """Parse the answer to each fact; defaults, kept apart, fill in the rest.

    *said* maps a fact to a text, a number or a list of them; an empty list is no answer. A number is in the unit of
    its fact: a depth in mm. An answer may carry a date: `isotretinoin=2026-05-01`. A word that is no answer of a list
    that goes on, nor one misspelt, is kept as `unheard`. Example: `read_facts(rules, {"area": "face", "depth": 1.5})`.

    Raises:
        InputError: the rule set doesn't know the fact or the answer, or several answers stand where it takes one.
    """
    if not isinstance(rule_set, RuleSet):
        raise InputError(f"read_facts takes a rule set, as load_rules returns it, not {type(rule_set).__name__}")
    if not isinstance(said, Mapping):
        raise InputError('facts are a mapping from names to answers, such as {"area": "face", "depth": 1.5}')
    read = [_read_fact(rule_set, name, value) for name, value in said.items()]
    given = dict(chain.from_iterable(one.given.items() for one in read))
    dates = dict(chain.from_iterable(one.dates.items() for one in read))
    unheard = tuple(chain.from_iterable(one.unheard for one in read))
    return complete(given, rule_set.facts)._replace(dates=dates, unheard=unheard)


def _read_fact(rule_set: RuleSet, name: str, value: Said | Sequence[Said]) -> Facts:
    fact = rule_set.facts.get(name)
    if fact is None:
        meant, known = _nearest(str(name), {_plain(one): one for one in rule_set.facts}), ", ".join(rule_set.facts)
        raise InputError(f"the rule set {rule_set.id} asks for no fact `{name}`{suggestion(meant)}; it may be {known}")
    several = [value] if isinstance(value, str | float | int) else value
    if not isinstance(several, list | tuple) or not all(isinstance(one, str | float | int) for one in several):
        raise InputError(f"{name}: give a text, a number or a list of texts, not {value!r}")
    texts = [*map(str, several)]
    return _number(fact, texts) if fact.is_number and texts else _answers(rule_set, fact, texts)


def _number(fact: Fact, texts: Sequence[str]) -> Facts:
    if len(texts) > 1:
        raise InputError(f"{fact.id} takes one number; {len(texts)} were given")
    text = texts[0].strip().lower().removesuffix(fact.unit).strip().replace(",", ".")
    low, high = fact.low or 0.0, fact.high or 0.0
    number = decimal(text)
    if number is None or not low <= number <= high:
        shown = f" {fact.unit}" if fact.unit else ""
        several = "; of several write the largest" if len(RANGE.split(text)) > 1 else ""
        several += ", and a half as 0.5" if several and "/" in text else ""
        raise InputError(f"{fact.id}: `{texts[0]}` is not a number from {low:g} to {high:g}{shown}{several}")
    return Facts({fact.id: number}, {})


def _answers(rule_set: RuleSet, fact: Fact, texts: Sequence[str]) -> Facts:
    found: dict[str, list[date | None]] = {}
    unheard: set[Unheard] = set()
    for part in chain.from_iterable(_parts(fact, text) for text in texts):
        word, equals, when = part.partition("=")
        day = parse_date(when) if equals else None
        wanted = _plain(word)
        is_none = wanted == NONE and (fact.several or fact.default == NONE)
        answer = NONE if is_none else _names(fact.answers).get(wanted)
        if answer is None:
            unheard.add(_unheard(rule_set, fact, word))
        else:
            found.setdefault(answer, []).append(day)
    _check_together(fact, found, sorted(unheard))
    # The order of typing means nothing: the same facts must make the same bytes.
    order = [NONE, *(answer.id for answer in fact.answers)]
    given = {fact.id: tuple(sorted(found, key=order.index))} if found else {}
    return Facts(given, {}, dates=dict(_dates(fact, found)), unheard=tuple(sorted(unheard)))


def _check_together(fact: Fact, found: Iterable[str], unheard: Iterable[Unheard]) -> None:
    """Refuse answers that can't stand together."""
    answers = [*found]
    if len(answers) > 1 and not fact.several:
        raise InputError(f"{fact.id} takes one answer; {' and '.join(answers)} were given")
    others = [one for one in (*answers, *(one.word for one in unheard)) if one != NONE]
    if others and NONE in answers:
        raise InputError(f"{fact.id}: `none` and {', '.join(others)} exclude each other")


def _dates(fact: Fact, found: Mapping[str, Sequence[date | None]]) -> Iterator[tuple[tuple[str, str], date]]:
    """Yield the date of each answer: the last; none for what goes on if it was said without one too."""
    for answer, said in found.items():
        days = [day for day in said if day is not None]
        if days and not (fact.goes_on(answer) and None in said):
            yield (fact.id, answer), max(days)


def _unheard(rule_set: RuleSet, fact: Fact, word: str) -> Unheard:
    """Keep a *word* that no rule knows, as it was typed.

    Raises:
        InputError: the fact has no other answers than its own, or one of them was probably meant.
    """
    typed = " ".join(word.split())[:_LONGEST_LABEL]
    meant = _meant(rule_set, fact, _plain(word))
    if fact.open and not meant:
        return Unheard(fact.id, visible(typed))
    known = "" if fact.open else f"; it may be {', '.join(one.id for one in fact.answers)}"
    parts = RANGE.split(word)
    # One end of a range is no slip for all of it.
    meant = meant if fact.open or not parts[1:] else ""
    if len(parts) > 1 and all(_plain(one) in _names(fact.answers) for one in parts):
        meant, known = "", f"; it takes one answer: write {parts[-1]} if it is the more careful one"
    raise InputError(f"{fact.id} has no answer `{typed}`{suggestion(meant)}{known}")


def _parts(fact: Fact, text: str) -> Iterator[str]:
    """Split at commas, and at `&`, `/`, `+` or `and` where that may make answers (`face & neck`)."""
    names = _names(fact.answers)
    for part in text.split(",") if fact.several else (text,):
        joined = _JOINED.split(part)
        is_joined = _plain(part) not in names and (fact.open or any(_plain(one) in names for one in joined))
        yield from joined if fact.several and is_joined else (part,)


def _meant(rule_set: RuleSet, fact: Fact, wanted: str) -> str:
    """Return the answer that unknown words may stand for, or nothing."""
    # People type the names of the activity that an answer stands for.
    alike = set[str]().union(*(names for one in rule_set.activities.values() if wanted in (names := _called(one))))
    for name, answer in _names(fact.answers).items():
        if name in alike:
            return answer
    return _meant_openly(rule_set, fact, wanted) if fact.open else _nearest(wanted, _names(fact.answers))


def _meant_openly(rule_set: RuleSet, fact: Fact, wanted: str) -> str:
    """Return what was meant by words that stand in a list that goes on: an illness may have any name."""
    denying = (NONE, *rule_set.small_words.get("deny", ()))
    if sum(map(str.isalnum, wanted)) < _FEWEST or wanted.partition(" ")[0] in denying:
        return NONE
    if found := misspelt(wanted, _names(fact.answers)):
        return found
    for other in (one for one in rule_set.facts.values() if one.open and one is not fact):
        if found := misspelt(wanted, _names(other.answers)):
            return f"{other.id}: {found}"
    return _among(wanted, rule_set, fact)


def _among(words: str, rule_set: RuleSet, fact: Fact) -> str:
    """Return what rules ask for of *words* that say more besides, where it would be lost: “pregnant with twins”."""
    asked = {named for rule in rule_set.rules.values() for named in rule.when.named}
    names = (name for name, answer in _names(fact.answers).items() if (fact.id, answer) in asked)
    return max((name for name in names if f" {name} " in f" {words} "), key=len, default="")


def same_as(rule_set: RuleSet, fact: Fact, answer: str) -> tuple[str, ...]:
    """Return the activities that share a name with *answer*."""
    names = {name for name, id_ in _names(fact.answers).items() if id_ == answer}
    return tuple(one.id for one in rule_set.activities.values() if not names.isdisjoint(_called(one)))


@lru_cache(maxsize=128)
def _names(answers: tuple[Answer, ...]) -> dict[str, str]:
    return {name: answer.id for answer in answers for name in _called(answer)}


def _nearest(word: str, names: Mapping[str, str]) -> str:
    """Return what the one of the plain *names* that looks most like *word* stands for; nothing if none does."""
    return next((names[one] for one in close_names(_plain(word), names, 1)), "")


def _called(one: Activity | Answer | EventKind) -> set[str]:
    return set(map(_plain, names_of(one)))


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    if not text.isascii():
        from unicodedata import combining, normalize

        text = "".join(one for one in normalize("NFKD", text) if not combining(one))
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split())


def read_seen(rule_set: RuleSet, treatment: Treatment, texts: Iterable[str]) -> dict[str, Seen]:
    """Parse `MOMENT=DATE`, `MOMENT=DATETtime` or `MOMENT=no`.

    Raises:
        InputError: there is no such moment to see, or its date lies before the treatment.
    """
    to_see = sorted(moment.id for moment in rule_set.moments.values() if moment.clock is None)
    seen: dict[str, Seen] = {}
    for text in texts:
        name, _, when = (part.strip() for part in text.partition("="))
        if not when:
            raise InputError(f"--seen: `{text}` can't be read; write it as redness-gone=2026-11-22, or redness-gone=no")
        if name not in to_see:
            known = ", ".join(to_see)
            raise InputError(f"--seen: there is no `{name}` to see{nearest(name, to_see)}; it may be {known}")
        if name in seen:
            raise InputError(f"--seen: {name} is given twice")
        seen[name] = _seen(when, treatment.zone)
        last = seen[name].last
        if last is not None and last.at <= treatment.first:
            raise InputError(f"--seen: {name} can't have come on {last.day.isoformat()}, before the treatment")
    return seen


def _seen(text: str, zone: ZoneInfo) -> Seen:
    """Parse `no`, or a date that may have a time: `2026-11-22T09:00`, `22 Nov 2026 09:00`."""
    if text.lower() == "no":
        return NOT_YET
    parts = _DATE_AND_TIME.fullmatch(text)
    if parts is None:
        return seen_on(parse_date(text), zone)
    return seen_at(datetime.combine(parse_date(parts[1]), parse_time(parts[2])), zone)


_LONGEST_DAYS = 366
_LONGEST_LABEL = 100


def read_events(rule_set: RuleSet, treated: date, texts: Iterable[str], option: str = "--event") -> tuple[Event, ...]:
    """Parse `KIND=DATE`, `KIND:LABEL=DATE` or `KIND=DATE..DATE`; a kind that the rule set lacks is a plain event.

    Raises:
        InputError: it can't be read, lies before the treatment, or is given twice.
    """
    events = [_event(rule_set, treated, text, option) for text in texts]
    events.sort(key=lambda one: (one.first, one.last, one))
    for one, other in pairwise(events):
        if one == other:
            raise InputError(f"{option}: {one.label} on {one.first.isoformat()} is given twice")
    return tuple(events)


def _event(rule_set: RuleSet, treated: date, text: str, option: str) -> Event:
    name, _, when = text.rpartition("=")
    typed, _, label = name.partition(":")
    if not typed.strip() or not when.strip():
        raise InputError(
            f"{option}: `{text}` can't be read; write it as wedding=2026-12-05 or beach=2026-12-05..2026-12-12"
        )
    first, last = read_days(when, option)
    wanted = _plain(typed)
    kind = next((one for one in rule_set.events.values() if wanted in _called(one)), None)
    shown = kind.label if kind and not label.strip() else " ".join((label or typed).replace("-", " ").split())
    if first < treated:
        raise InputError(
            f"{option}: {shown[:_LONGEST_LABEL]} on {first.isoformat()} lies before the treatment on "
            f"{treated.isoformat()}; give one on that day or later"
        )
    return Event(kind.id if kind else wanted.replace(" ", "-"), shown[:_LONGEST_LABEL], first, last)


def read_days(text: str, option: str) -> tuple[date, date]:
    """Parse one date, or `DATE..DATE` with both included.

    Raises:
        InputError: one of them is no date, or the last comes before the first.
    """
    first_text, dots, last_text = text.partition("..")
    first = parse_date(first_text.strip())
    last = parse_date(last_text.strip()) if dots else first
    if last < first:
        raise InputError(f"{option}: `{text.strip()}` ends before it begins")
    if (last - first).days > _LONGEST_DAYS:
        raise InputError(f"{option}: `{text.strip()}` is longer than a year; give the days that matter")
    return first, last
