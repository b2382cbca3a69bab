"""The fields of a row → a treatment and facts, with dates and times as software exports them."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.batch.table import ID
from needlecare.errors import InputError
from needlecare.model.facts import Facts
from needlecare.model.plan import Seen, Treatment, make_treatment
from needlecare.model.ruleset import RuleSet
from needlecare.rules.fields import FIELDS
from needlecare.typed import is_relative, parse_date, parse_time, parse_zone, read_facts, read_seen

# Texts of one field, in the order of the row.
Texts = tuple[str, ...]
_SEVERAL = re.compile(r"[;|\n]")
_DATE_AND_TIME = re.compile(r"(?P<date>.*[0-9])(?:T|\s+)(?P<time>[0-9]{1,2}[:.][0-9]{2}.*)")
_SECONDS = re.compile(r"(\d{1,2}:\d{2}):00(?:\.0+)?(?=\D|$)")
_OFFSET = re.compile(r".*[0-9]\s*(?:[zZ]|UTC|[+-][0-9]{2}:?(?:[0-9]{2})?)\s*")
_NUMBERS = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{2}){1,2}")
_KEPT = 4096


class Case(NamedTuple):
    """What one row asks for."""

    treatment: Treatment
    facts: Facts


class Cases:
    """Reads rows against *rule_set*; a field that a row leaves empty is taken from *defaults*.

    *order* is how ambiguous dates are read, `dmy` or `mdy`; *today* is what `today` means, if it means anything.

    Raises:
        InputError: some of *defaults* can't be read.
    """

    def __init__(
        self,
        rule_set: RuleSet,
        zone: ZoneInfo,
        *,
        order: str | None = None,
        today: date | None = None,
        defaults: Mapping[str, Texts] | None = None,
    ) -> None:
        self._rule_set = rule_set
        self._zone = zone
        self._defaults = defaults or {}
        # Rows repeat each other: what was read once needn't be read again.
        self._facts = lru_cache(_KEPT)(lambda said: read_facts(rule_set, dict(said)))
        self._day = lru_cache(_KEPT)(lambda text: _read_date(text, today, order))
        self._time = lru_cache(_KEPT)(_read_time)
        self._named_zone = lru_cache(_KEPT)(parse_zone)
        if problems := list(self._problems(self._defaults)):
            raise InputError("; ".join(problems))

    def read(self, fields: Mapping[str, Texts]) -> Case:
        """Read the *fields* of one row.

        Raises:
            InputError: some of them can't be read; the text names each.
        """
        whole = {**self._defaults, **fields} if self._defaults else fields
        try:
            return self._read(whole, fields)
        except InputError as error:
            problems = dict.fromkeys((*self._problems(whole), str(error)))
            raise InputError("; ".join(problems)) from None

    def _problems(self, fields: Mapping[str, Texts]) -> Iterator[str]:
        """Tell what can't be read in each field by itself, so that a row is mended in one go."""
        for name, texts in fields.items():
            try:
                if name in ("date", "time"):
                    (self._day if name == "date" else self._time)(_one(name, texts))
                elif name == "tz":
                    self._named_zone(_one(name, texts))
                elif name not in FIELDS:
                    self._facts(((name, texts),))
            except InputError as error:
                yield str(error)

    def _read(self, fields: Mapping[str, Texts], own: Mapping[str, Texts]) -> Case:
        """Read *fields*, some of which are the row's *own*: only these can contradict each other."""
        zone = self._named_zone(_one("tz", fields["tz"])) if "tz" in fields else self._zone
        if "date" not in fields:
            raise InputError("the date is missing")
        day, clock = self._day(_one("date", fields["date"]))
        if "time" in fields and (clock is None or "time" in own):
            said: time | None = self._time(_one("time", fields["time"]))
            if said == time(0) and "time" in own:
                # So software writes that it has no time; a date alone restricts no less.
                said = clock
            if clock is not None and said is not None and clock != said and "date" in own:
                raise InputError(f"the date says {clock:%H:%M}, the time {said:%H:%M}")
            clock = said
        facts = self._facts(tuple((name, texts) for name, texts in fields.items() if name not in FIELDS))
        treatment = make_treatment(day, clock, zone)
        if "seen" in fields:
            treatment = treatment._replace(seen=_read_seen(self._rule_set, treatment, fields["seen"]))
        return Case(treatment, facts)


def texts_of(field: str, value: object) -> Texts:
    """Give the texts that a cell or a JSON *value* holds; nothing for an empty one.

    Raises:
        InputError: it holds something else than text, numbers and lists of them.
    """
    if isinstance(value, str):
        parts = [value] if field in (ID, "date", "time", "tz") else _SEVERAL.split(value)
    elif isinstance(value, list):
        parts = [_text_of(field, one) for one in value]
    else:
        parts = [] if value is None else [_text_of(field, value)]
    try:
        return tuple([text for part in parts if (text := part.strip()) and text.encode()])
    except UnicodeEncodeError:
        raise InputError(f"{field}: that is no text") from None


def _text_of(field: str, value: object) -> str:
    """Write one text or number; a whole number has no point, however the export wrote it."""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.15g}"
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{field}: give a text, a number or a list of texts and numbers")


def _read_seen(rule_set: RuleSet, treatment: Treatment, texts: Texts) -> Mapping[str, Seen]:
    try:
        return read_seen(rule_set, treatment, texts)
    except InputError as error:
        raise InputError(f"seen: {str(error).removeprefix('--seen: ')}") from None


def _one(field: str, texts: Texts) -> str:
    if len(texts) > 1:
        raise InputError(f"{field}: one is asked, {len(texts)} are given")
    return texts[0]


def _read_date(text: str, today: date | None, order: str | None) -> tuple[date, time | None]:
    """Read a date that may have a time in its cell; midnight there is how software writes that it has none."""
    both = _DATE_AND_TIME.fullmatch(text)
    day_text = both["date"] if both else text
    try:
        day = parse_date(day_text, today if is_relative(day_text) else None, order=order)
    except InputError as error:
        numbers = order is None and _NUMBERS.fullmatch(day_text)
        hint = ", or say what all dates mean with --dates dmy or mdy" if numbers else ""
        raise InputError(f"date: {error}{hint}") from None
    clock = _read_time(both["time"], text) if both else None
    return day, clock if clock != time(0) else None


def _read_time(text: str, cell: str | None = None) -> time:
    """Read a time of the day; *cell* is what it stands in, if that holds more."""
    if _OFFSET.fullmatch(text):
        raise InputError(
            f"{'date' if cell else 'time'}: `{cell or text}` is told from UTC; write the time that the clock showed "
            "there, without Z or an offset, and the zone as tz"
        )
    without = _SECONDS.sub(r"\1", text)
    try:
        return parse_time(without)
    except InputError as error:
        raise InputError(f"time: {error}".replace(f"`{without}`", f"`{text}`")) from None


def fingerprint(case: Case) -> str:
    """Tell cases apart: equal texts come from equal treatments and facts."""
    treatment, facts = case
    moments = [(name, treatment.seen[name]) for name in sorted(treatment.seen)]
    known = [sorted(part.items()) for part in (facts.given, facts.assumed, facts.dates)]
    day, clock, zone, first, last, _, next_day, events = treatment
    return repr((day, clock, zone.key, first, last, moments, next_day, events, known))
