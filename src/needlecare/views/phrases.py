"""How dates, instants, windows and sources are said in words, the same in every view for people."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from needlecare.model.facts import Test
from needlecare.model.plan import FOREVER, Timeline, Treatment, Wait, Window, ranked_sources
from needlecare.model.ruleset import Rule, RuleSet, Screening
from needlecare.model.time import Duration, last_instant, local_date
from needlecare.options import FACTS

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MARKS = 2
NO_ADVICE = "Information, not medical advice: your clinic's own instructions come first."


def say_date(day: date, year_of: date | None = None) -> str:
    """Say a date: `Fri 20 Nov`, with its year unless that is the year of *year_of*."""
    year = "" if year_of is not None and day.year == year_of.year else f" {day.year}"
    return f"{_DAYS[day.weekday()]} {say_day(day)}{year}"


def say_day(day: date) -> str:
    """Say a date as short as it goes: `20 Nov`."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def say_dates(first: date, last: date, year_of: date | None = None) -> str:
    """Say a range of dates: `Mon 23 to Fri 27 Nov`."""
    if first == last:
        return say_date(first, year_of)
    if (first.year, first.month) == (last.year, last.month):
        return f"{_DAYS[first.weekday()]} {first.day} to {say_date(last, year_of)}"
    return f"{say_date(first, last if first.year == last.year else None)} to {say_date(last, year_of)}"


_Date = date


class Clock:
    """Says instants in the treatment's zone."""

    def __init__(self, treatment: Treatment) -> None:
        self._treatment = treatment

    def day(self, instant: datetime) -> _Date:
        """Give the calendar date of *instant*."""
        return local_date(instant, self._treatment.zone)

    def date(self, instant: datetime) -> str:
        """Say the date of *instant*."""
        return say_date(instant.astimezone(self._treatment.zone).date(), self._treatment.day)

    def time(self, instant: datetime) -> str:
        """Say the hour of *instant*; nothing at midnight, where a day begins, unless it is the second of a day."""
        local = instant.astimezone(self._treatment.zone)
        return "" if (local.hour, local.minute, local.fold) == (0, 0, 0) else f"{local:%H:%M}"

    def at(self, instant: datetime) -> str:
        """Say an instant: `Sun 22 Nov 16:30`, or the date alone for a midnight."""
        return f"{self.date(instant)} {self.time(instant)}".strip()

    def until(self, instant: datetime) -> str:
        """Say an end: `Sun 22 Nov 16:30`, or `the end of Mon 23 Nov`."""
        if instant == FOREVER:
            return "further notice"
        return self.at(instant) if self.time(instant) else f"the end of {self.date(last_instant(instant))}"

    def is_after(self, window: Window) -> bool:
        """Tell whether the known parts of the end of *window* alone reach beyond its start and the treatment."""
        return max(window.start, self._treatment.last) < window.earliest < window.end

    def is_ahead(self, instant: datetime, since: datetime) -> bool:
        """Tell whether *instant* is still to come at *since*, and lies after the treatment."""
        return instant > max(since, self._treatment.last)

    def last_day(self, instant: datetime) -> str:
        """Say the last date before an end."""
        return self.date(last_instant(instant))


_UNITS = {"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}


def say_length(length: Duration) -> str:
    """Say a duration: `6 months`."""
    return f"{length.amount} {_UNITS[length.unit]}{'' if length.amount == 1 else 's'}"


def say_dated(fact: str, answer: str, day: date, rule_set: RuleSet) -> str:
    """Say an answer that came with a date, and what the date means: `isotretinoin, last taken Fri 1 May 2026`."""
    asked = rule_set.facts[fact]
    return f"{asked.label_of(answer)}, {asked.dated_of(answer)} {say_date(day)}".replace(",  ", ", ")


def say_waits(waits: Iterable[Wait], clock: Clock) -> str:
    """Say what else must have come: `only once no redness is left (usually by Mon 23 Nov)`."""
    parts = [
        f"{wait.label} (usually by {clock.last_day(wait.usually_by)})" if wait.usually_by else wait.label
        for wait in waits
    ]
    return f"only once {' and '.join(parts)}" if parts else ""


def say_until_seen(window: Window, clock: Clock) -> str:
    """Say what the end of something to do waits for: `until no redness is left (usually by Mon 23 Nov)`."""
    if not window.until_seen:
        return ""
    least = f", at least until {clock.until(window.earliest)}" if clock.is_after(window) else ""
    return f"{say_waits(window.until_seen, clock).replace('only once', 'until', 1)}{least}"


def with_details(window: Window, clock: Clock) -> str:
    """Add how, how often, under which condition and until what is seen to what a window asks for."""
    words = window.words
    often = [words["times"]] if "times" in words else []
    often.extend([f"every {words['every'].replace('..', ' to ')}"] if "every" in words else [])
    often.extend([f"for {words['lasting']}"] if "lasting" in words else [])
    often.extend([f"while {words['while']}"] if "while" in words else [])
    text = window.text.rstrip(".")
    if often:
        text = f"{text} ({', '.join(often)})"
    if window.condition:
        text = f"{text}; if {window.condition}"
    return "; ".join(filter(None, (text, say_until_seen(window, clock))))


def say_restriction(window: Window, clock: Clock) -> str:
    """Say how long something is to be left; what must have come besides is for `say_waits`."""
    parts = []
    if window.is_for_good:
        return "never"
    if window.start < window.end:
        parts.append(f"no until {clock.until(window.end)}")
    if window.is_open:
        parts.append(f"then {say_better_not(None, clock)}")
    elif window.better_until > window.end or window.is_mild:
        parts.append(f"{'then ' if parts else ''}better not until {clock.until(window.better_until)}")
    return ", ".join(parts)


def say_better_not(until: datetime | None, clock: Clock) -> str:
    """Say when a "better not" ends, or that nobody says when."""
    return f"better not before {clock.at(until)}" if until else "better not: no end is given, ask your clinic"


def say_not_before(
    until: datetime | None, waits: Iterable[Wait], earliest: datetime | None, clock: Clock, since: datetime
) -> str:
    """Say when a "no" ends: `not before Sun 22 Nov 16:30, and then only once no redness is left, usually by …`.

    What lies before *since*, the time that is asked about, goes unsaid.
    """
    once = [
        f"{wait.label}, usually by {clock.last_day(wait.usually_by)}"
        if wait.usually_by
        else f"{wait.label} (you see when)"
        for wait in waits
    ]
    if earliest == FOREVER:
        return "never"
    if until is None:
        labels = [wait.label for wait in waits]
        return f"not until {join_words(labels)}" if labels else "no, and no end is given: ask your clinic"
    if not once:
        return f"not before {clock.at(until)}"
    known = earliest or until
    seen = ", and ".join(once)
    return (
        f"not before {clock.at(known)}, and then only once {seen}"
        if clock.is_ahead(known, since)
        else f"not until {seen}"
    )


def whom(timeline: Timeline) -> str:
    """Name who is to be asked: who needles at home has no clinic."""
    return "a clinician" if timeline.facts.value("setting") == ("home",) else "your clinic"


def flag_text(rule: Rule, rule_set: RuleSet) -> str:
    """Say a red flag; one without words of its own by its signs."""
    if "text" in rule.words:
        return rule.words["text"]
    signs = capital(join_words(rule_set.label(sign) for sign in rule.targets))
    return f"{signs}: {'see a clinician' if rule.urgent else 'call your clinic'}."


def capital(text: str) -> str:
    """Begin *text* with a capital; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """End *text* as a sentence ends, whether whoever wrote it did or not."""
    return text if text.rstrip().endswith((".", "!", "?", "…")) else f"{text.rstrip()}."


def join_words(words: Iterable[str]) -> str:
    """Join words: `a, b and c`."""
    listed = list(words)
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1]))) if listed else ""


def say_option(fact: str, rule_set: RuleSet, answer: str = "") -> str:
    """Name the option that answers *fact*: `--area`, or `--fact drops-given=yes` where it has none of its own."""
    if fact in FACTS:
        return f"--{fact} {answer}".rstrip()
    if not answer and fact in rule_set.facts:
        asked = rule_set.facts[fact]
        ids = [known.id for known in asked.answers if known.id != asked.default]
        answer = "NUMBER" if asked.is_number else "|".join(ids[:3])
    return f"--fact {fact}={answer}".rstrip("=")


def say_answers(screening: Screening, timeline: Timeline) -> str:
    """Name the options that would tell whether *screening* applies: `--condition eczema`."""
    return join_words(
        _say_answer(test, timeline.rule_set, dated=screening.within is not None)
        for test in screening.when.tests
        if test.fact in timeline.facts.unknown or test.fact in timeline.facts.partial
    )


def _say_answer(test: Test, rule_set: RuleSet, *, dated: bool) -> str:
    fact = rule_set.facts[test.fact]
    given = [answer.id for answer in fact.answers if test.accepts((answer.id,))] if test.answers else []
    dated = dated and fact.several
    said = ("NUMBER" if fact.is_number else "|".join(given)) + ("=DATE" if dated else "")
    means = " or ".join(dict.fromkeys(filter(None, map(fact.dated_of, given)))) if dated else ""
    return f"{say_option(fact.id, rule_set, said)}{f', {means} on DATE' if means else ''}"


def marks(windows: Iterable[Window], rule_set: RuleSet) -> str:
    """Name the weightiest sources that hold the values used, and how many more there are."""
    ids = ranked_sources(windows, rule_set)
    more = f" +{len(ids) - _MARKS}" if len(ids) > _MARKS else ""
    return f"{', '.join(ids[:_MARKS])}{more}"


def cited(timeline: Timeline) -> list[str]:
    """Name every source that the timeline rests on."""
    ids = {saying.source for window in timeline.windows for saying in window.says}
    ids.update(lost.source for window in timeline.windows for lost in window.overruled)
    ids.update(saying.source for rule in timeline.red_flags for saying in rule.says)
    ids.update(saying.source for finding in timeline.findings for saying in finding.screening.says)
    ids.update(source for session in timeline.sessions for source in session.sources)
    return sorted(ids)


def topmost(activities: Iterable[str], rule_set: RuleSet) -> list[str]:
    """Leave out what is said already by an activity that it is part of."""
    listed = set(activities)
    shown = [one for one in listed if not listed & set(rule_set.lineage[one][1:])]
    return sorted(shown, key=lambda one: (rule_set.label(one), one))


# Control characters, line separators, and marks that turn the direction of text: harmless on paper, not in a terminal.
_CONTROL_MARKS = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_UNSAFE = (*range(0x20), *range(0x7F, 0xA0), *_CONTROL_MARKS)
_FOUND = re.compile("[" + "".join(map(chr, _UNSAFE)) + "]")
_FOUND_IN_LINES = re.compile("[" + "".join(map(chr, set(_UNSAFE) - {ord("\n")})) + "]")
_REMOVED = dict.fromkeys(_UNSAFE)
_ESCAPED = {code: f"\\u{code:04x}" for code in _UNSAFE}


def harmless(text: str) -> str:
    """Take out what a terminal would obey."""
    return text.translate(_REMOVED)


def harmless_lines(text: str) -> str:
    """Take out what a terminal would obey, besides the ends of lines."""
    # Looking is faster than translating, and nearly always there is nothing to do.
    return "\n".join(map(harmless, text.split("\n"))) if _FOUND_IN_LINES.search(text) else text


def escape(text: str) -> str:
    """Write what a terminal would obey as the escapes of JSON: the same text to whoever reads the data."""
    # Looking is faster than translating, and nearly always there is nothing to do.
    return text.translate(_ESCAPED) if _FOUND.search(text) else text


class Row(NamedTuple):
    """One line: what it is about, what is said, in which tone, which *sources* say so, and where a *link* leads."""

    head: str
    text: str
    tone: str = ""
    sources: tuple[str, ...] = ()
    link: str = ""

    @property
    def marks(self) -> str:
        """The first sources and how many more there are, as they stand behind a line."""
        more = f" +{len(self.sources) - _MARKS}" if len(self.sources) > _MARKS else ""
        return f"{', '.join(self.sources[:_MARKS])}{more}"


class Block(NamedTuple):
    """A titled group of rows: one day, or a run of equal days."""

    title: str
    rows: tuple[Row, ...]
    first: date
    last: date


class Strip(NamedTuple):
    """One line of the chart: a letter a day, `n` no, `b` better not, `o` only if, `.` free; and the same in words."""

    label: str
    states: str
    text: str
