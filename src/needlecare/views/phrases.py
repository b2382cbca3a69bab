"""The words that all views for people share: dates, ends, names, sources. No view puts these together by itself.

It knows nothing of layout, nor of the order in which a view says things.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple, TypeVar

from needlecare.model.facts import FACTS, Fact, Given
from needlecare.model.plan import FOREVER, Day, Finding, Timeline, Wait, Window
from needlecare.model.ruleset import CLINIC, EMERGENCY, FORBIDDING, TODAY, Rule, RuleSet, Saying, Screening, Urgency
from needlecare.model.time import last_instant, local_date, spelled_out
from needlecare.typed import WEEKDAYS

_WEEKDAYS = tuple(name.title() for name in WEEKDAYS)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MARKS = 2
NO_ADVICE = "Information, not medical advice: your clinic's own instructions come first."
NEVER_ADVISED = "never advised"
# What an answer about no worry says of worries.
SEE_HELP = "When to get help: `needlecare today`."
# What no rule is about is no reason to ring a clinic: a bus ride isn't.
ABOUT = "skin, sun, heat, sweat and medicines"

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)


def grouped(items: Iterable[T], key: Callable[[T], Key]) -> dict[Key, list[T]]:
    """Group *items* by *key*. Groups and items keep the order in which they come."""
    groups: dict[Key, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


# Dates and counts.


def date(day: dt.date, year_of: dt.date | None = None) -> str:
    """Format a date: `Fri 20 Nov`, with its year unless that is the year of *year_of*."""
    year = "" if year_of is not None and day.year == year_of.year else f" {day.year}"
    return f"{_WEEKDAYS[day.weekday()]} {short_date(day)}{year}"


def short_date(day: dt.date) -> str:
    """Format a date without weekday and year: `20 Nov`."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def dates(first: dt.date, last: dt.date, year_of: dt.date | None = None) -> str:
    """Format a range of dates: `Mon 23 to Fri 27 Nov`."""
    if first == last:
        return date(first, year_of)
    if (first.year, first.month) == (last.year, last.month):
        return f"{_WEEKDAYS[first.weekday()]} {first.day} to {date(last, year_of)}"
    return f"{date(first, last if first.year == last.year else None)} to {date(last, year_of)}"


def counted(number: int, noun: str) -> str:
    """Format a number with its noun: `1 day`, `3 days`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class Clock:
    """Formats the instants of one plan in the zone of its treatment, for one reader.

    *whom* is who is to be asked; *typed* whether the reader runs the program, and so can use its options.
    """

    def __init__(self, timeline: Timeline, *, typed: bool = False) -> None:
        self._timeline, self._treatment = timeline, timeline.treatment
        self.whom = timeline.facts.clinician
        self.typed = typed

    def day(self, instant: dt.datetime) -> dt.date:
        """Return the calendar date of *instant*."""
        return local_date(instant, self._treatment.zone)

    def date(self, instant: dt.datetime) -> str:
        """Format the date of *instant*."""
        return date(self.day(instant), self._treatment.day)

    def time(self, instant: dt.datetime) -> str:
        """Format the hour of *instant*: nothing for the midnight that begins a day, unless it comes a second time."""
        local = instant.astimezone(self._treatment.zone)
        return "" if (local.hour, local.minute, local.fold) == (0, 0, 0) else f"{local:%H:%M}"

    def at(self, instant: dt.datetime) -> str:
        """Format an instant: `Sun 22 Nov 16:30`, or the date alone for a midnight."""
        return f"{self.date(instant)} {self.time(instant)}".strip()

    def until(self, instant: dt.datetime) -> str:
        """Format an end: `Sun 22 Nov 16:30`, or `the end of Mon 23 Nov`."""
        if instant == FOREVER:
            return "further notice"
        return self.at(instant) if self.time(instant) else f"the end of {self.last_day(instant)}"

    def last_day(self, instant: dt.datetime) -> str:
        """Format the last date before an end."""
        return self.date(last_instant(instant))

    def is_ahead(self, instant: dt.datetime, since: dt.datetime) -> bool:
        """Report whether *instant* is still to come at *since*, and lies after the treatment."""
        return instant > max(since, self._treatment.last)

    # What a window waits for, and how long it holds.

    def only_once(self, waits: Iterable[Wait]) -> str:
        """Format what must be seen besides: `only once no redness is left (usually by Mon 23 Nov)`."""
        parts = [
            f"{wait.label} (usually by {self.last_day(wait.usually_by)})" if wait.usually_by else wait.label
            for wait in waits
        ]
        return led("only once ", " and ".join(parts))

    def tail(self, window: Window) -> str:
        """Format what a statement about *window* ends with: what must be seen besides, and under which condition."""
        return f"{led(', ', self.only_once(window.waits))}{led('; if ', window.condition)}"

    def until_seen(self, window: Window) -> str:
        """Format what an end waits for: `until no redness is left (usually by Mon 23 Nov), at least until …`."""
        if not window.until_seen:
            return ""
        # The known parts are worth a word where they alone reach beyond the start and the treatment.
        counts = self.is_ahead(window.earliest, window.start) and window.earliest < window.end
        least = f", at least until {self.until(window.earliest)}" if counts else ""
        return f"{self.only_once(window.until_seen).replace('only once', 'until', 1)}{least}"

    def permitted_until(self, window: Window) -> str:
        """Format until when something is permitted; nothing where no source gives an end."""
        return f"until {self.until(window.end)}" if window.end_stated and window.end < FOREVER else ""

    def with_details(self, window: Window) -> str:
        """Format what a window asks for, with how often, under which condition, and until what is seen."""
        words = window.words
        often = (
            words.get("times"),
            led("every ", spelled_out(words.get("every", ""))),
            led("for ", spelled_out(words.get("lasting", ""))),
            led("while ", words.get("while")),
        )
        manner = ", ".join(filter(None, often))
        text = f"{window.text.rstrip('.')}{f' ({manner})' if manner else ''}"
        return f"{text}{led('; if ', window.condition)}{led('; ', self.until_seen(window))}"

    def restriction(self, window: Window) -> str:
        """Format how long a restriction holds, without what must be seen besides."""
        if window.is_for_good:
            return "never"
        no = f"no until {self.until(window.end)}" if window.start < window.end else ""
        if window.ask:
            return then_ask(no, window.ask, is_over=window.end < FOREVER) if no else f"ask {window.ask} first"
        mild = self.better_not(None, [window]) if window.is_open else ""
        if not mild and (window.better_until > window.end or window.is_mild):
            mild = f"better wait until {self.until(window.better_until)}"
        return ", then ".join(filter(None, (no, mild)))

    def better_not(self, until: dt.datetime | None, windows: Iterable[Window]) -> str:
        """Format when a "better not" of *windows* ends, that it never does, or that no source gives an end."""
        if until:
            return f"better wait until {self.at(until)}"
        for_good = all(window.end_stated for window in windows if window.better_until == FOREVER)
        return NEVER_ADVISED if for_good else f"better wait: no end is given, ask {self.whom}"

    def not_before(
        self, until: dt.datetime | None, waits: Sequence[Wait], earliest: dt.datetime | None, since: dt.datetime
    ) -> str:
        """Format when a "no" ends: `not before Sun 22 Nov 16:30, and then only once no redness is left, usually by …`.

        What lies before *since*, the time that is asked about, is left out.
        """
        if earliest == FOREVER:
            return "never"
        if until is None:
            labels = labels_of(waits)
            return f"not until {labels}" if labels else f"no, and no end is given: ask {self.whom}"
        if not waits:
            return f"not before {self.at(until)}"
        seen = ", and ".join(
            f"{wait.label}, usually by {self.last_day(wait.usually_by)}"
            if wait.usually_by
            else f"{wait.label} (you see when)"
            for wait in waits
        )
        known = earliest or until
        before = f"before {self.at(known)}, and then only once" if self.is_ahead(known, since) else "until"
        return f"not {before} {seen}"

    def then_better_not(self, better_until: dt.datetime | None, windows: Iterable[Window], *, is_open: bool) -> str:
        """Format the "better not" that follows a "no" of *windows*, if one does."""
        if better_until:
            return f"; better wait until {self.at(better_until)}"
        return f"; then {self.better_not(None, windows)}" if is_open else ""

    def perhaps_until(self, sign: str) -> Iterator[str]:
        """Format until when *sign* is usual where it may take longer than the plan counts on, and for whom."""
        for window in self._timeline.perhaps:
            if window.target == sign and all(window.end > one.end for one in self._timeline.expected(sign)):
                yield f"if {window.condition}, usual until {self.until(window.end)}"


# What a window waits for, and how long it holds.


def led(lead: str, text: str | None) -> str:
    """Return *text* behind *lead*; nothing where there is no text."""
    return f"{lead}{text}" if text else ""


def then_ask(no: str, whom: str, *, is_over: bool) -> str:
    """Add whom to ask to a *no*; where that is over some day, it isn't all right from then on."""
    then = "" if ", and then " in no else "then "
    return f"{no}, and {then}ask {whom} first" if is_over else f"{no}; ask {whom}"


# People, and what they say of themselves.


def treatment_of(timeline: Timeline) -> str:
    """Format which treatment an answer counts from."""
    treatment, area = timeline.treatment, timeline.facts.value("area")
    hour = f" {treatment.clock:%H:%M}" if treatment.clock else ""
    areas = f" ({', '.join(area)})" if isinstance(area, tuple) else ""
    return f"the treatment of {date(treatment.day, treatment.day)}{hour}{areas}"


def dated(fact: str, answer: str, day: dt.date, rule_set: RuleSet) -> str:
    """Format an answer that came with a date, and what the date means: `isotretinoin, last taken Fri 1 May 2026`."""
    asked = rule_set.facts[fact]
    return f"{asked.label_of(answer)}, {asked.dated_of(answer)} {date(day)}".replace(",  ", ", ")


def option(fact: str, rule_set: RuleSet, answer: str = "") -> str:
    """Name the option that answers *fact*: `--area`, or `--fact drops-given=yes` where it has none of its own."""
    if fact in FACTS:
        return f"--{fact} {answer}".rstrip()
    if not answer and fact in rule_set.facts:
        asked = rule_set.facts[fact]
        ids = [known.id for known in asked.answers if known.id != asked.default]
        answer = "NUMBER" if asked.is_number else "|".join(ids[:3])
    return f"--fact {fact}={answer}".rstrip("=")


def options(facts: Iterable[str], rule_set: RuleSet) -> str:
    """Name the options that answer *facts*."""
    return join_words(option(fact, rule_set) for fact in facts)


def name_facts(facts: Iterable[str], rule_set: RuleSet) -> str:
    """Name what is asked of a person, in plain words."""
    return ", ".join(rule_set.facts[fact].short or plain_names([fact]) for fact in facts)


def labels(value: Given | None, asked: Fact) -> list[str]:
    """Return how each answer to a question is shown, or its number."""
    answers = value if isinstance(value, tuple) else () if value is None else (f"{value:g}",)
    return list(map(asked.label_of, answers))


def facts_of(screenings: Iterable[Screening]) -> list[str]:
    """Return the facts that *screenings* depend on, each once."""
    return [*dict.fromkeys(test.fact for screening in screenings for test in screening.when.tests)]


# Names, words and sources.


def topmost(activities: Iterable[str], rule_set: RuleSet) -> list[str]:
    """Leave out activities that are part of another one, and order the rest by name."""
    listed = set(activities)
    shown = [one for one in listed if not listed & set(rule_set.lineage[one][1:])]
    return sorted(shown, key=lambda one: (rule_set.label(one), one))


def names(activities: Iterable[str], rule_set: RuleSet) -> str:
    """Name activities; what is part of another one goes without saying."""
    return join_words(map(rule_set.label, topmost(activities, rule_set)))


def short_names(activities: Iterable[str], rule_set: RuleSet, most: int = 3) -> str:
    """Name the weightiest of *activities*, so many at *most*; what is part of another one goes without saying."""
    return dotted(list_short(activities, rule_set), most)


def list_short(activities: Iterable[str], rule_set: RuleSet, *, asked: bool = False) -> list[str]:
    """Name *activities* where space is short, the weightiest or most *asked* about first, without parts of others."""
    weights = {one: rule_set.weight(one) for one in topmost(activities, rule_set)}
    ordered = sorted(weights, key=lambda one: weights[one][::-1] if asked else weights[one])
    return [*dict.fromkeys(map(rule_set.short, ordered))]


def by_turns(activities: Iterable[str], rule_set: RuleSet) -> list[str]:
    """Name *activities* where space is short: the weightiest of each group, then the next ones."""
    groups = grouped(sorted(topmost(activities, rule_set), key=rule_set.weight), rule_set.group_of).values()
    return [*dict.fromkeys(rule_set.short(one) for turn in zip_longest(*groups) for one in turn if one)]


def dotted(listed: Sequence[str], most: int) -> str:
    """Join so many names at *most*; dots stand for others."""
    return f"{', '.join(listed[:most])}{'…' if listed[most:] else ''}"


def fitted(names: Iterable[str], longest: int, most: int | None = None) -> str:
    """Join as many *names* as take *longest* signs, and so many at *most*, the first always; dots stand for others."""
    listed = [*names]
    # A name takes at least a sign.
    fitting = (dotted(listed, room) for room in range(len(listed[:most][:longest]), 1, -1))
    return next((text for text in fitting if len(text) <= longest + 1), dotted(listed, 1))


# What to do about a sign, by its urgency; the same words everywhere.
_HELP = {
    EMERGENCY: "ring your emergency number now",
    TODAY: "see a doctor or an urgent-care line today",
    CLINIC: "call {}",
}


def help_for(urgency: Urgency, timeline: Timeline) -> str:
    """Return where to get help, and how soon."""
    number = timeline.rule_set.emergency if urgency == EMERGENCY else ""
    return f"{_HELP[urgency].format(timeline.facts.clinician)}{f' ({number})' if number else ''}"


def flag_text(rule: Rule, timeline: Timeline) -> str:
    """Return the words of a red flag; without words of its own it is put into words by its signs."""
    if "text" in rule.words:
        return rule.words["text"]
    signs = capital(join_words(map(timeline.rule_set.label, rule.targets)))
    return f"{signs}: {help_for(rule.urgency, timeline)}."


def red_flag_line(timeline: Timeline) -> str:
    """Name one of the most urgent red flags, and how to see the others."""
    flag = next((rule for rule in timeline.red_flags if rule.is_red_flag), None)
    if flag is None:
        return f"No sign in this rule set is urgent; ask {timeline.facts.clinician} which ones need a call."
    # The shortest name: a line that ends every answer is read if it is short.
    names = " or ".join((min(map(timeline.rule_set.label, flag.targets), key=len), *_raised(timeline)[:1]))
    return f"{capital(names)}: emergency number{led(' ', timeline.rule_set.emergency)}; more: `needlecare today`."


def _raised(timeline: Timeline) -> list[str]:
    """Return the signs that are an emergency for this person alone whenever they come, the shortest name first."""
    flags = (one for one in timeline.red_flags if one.urgency == EMERGENCY and one.when.tests and not one.worry_after)
    return sorted(sorted({timeline.rule_set.label(sign) for one in flags for sign in one.targets}), key=len)


def help_tiers(timeline: Timeline) -> str:
    """Say which signs need help now, and which today, for whoever sees something that no rule knows."""
    # For today, those that most sources speak of.
    flags = sorted((one for one in timeline.red_flags if one.urgency == TODAY), key=lambda one: -len(one.says))
    raised, label = _raised(timeline), timeline.rule_set.label
    signs = join_words(dict.fromkeys(label(sign) for one in flags[:2] for sign in one.targets))
    now, numbers = ", ".join(("Seriously ill", "or trouble breathing", *raised)), timeline.rule_set.emergency
    return f"{now}: emergency number{led(' ', numbers)}. {capital(signs)}: a doctor today. More: `needlecare today`."


def list_against(timeline: Timeline, at: dt.datetime | None) -> Iterator[str]:
    """Yield, loudly, what speaks against a treatment that may still be to come *at* that time, or against any."""
    is_open = at is None or at < timeline.treatment.last
    against = [one for one in timeline.findings if is_open and one.level in FORBIDDING]
    levels = grouped(against, lambda one: one.level.upper())
    yield from filter(None, [" ".join(f"{level}: {' '.join(map(brief, found))}" for level, found in levels.items())])


def to_name(found: Sequence[Finding], told: Iterable[tuple[str, str]]) -> Sequence[Finding]:
    """Return which of what was *found* to name: what was *told*, then what forbids the treatment, else the first."""
    said = [one for one in found if any(test.asks_for(*it) for test in one.screening.when.tests for it in told)]
    return [*said, *(one for one in found if one.level in FORBIDDING and one not in said)] or found[:1]


def brief(finding: Finding) -> str:
    """Say in one sentence what speaks against the treatment."""
    return sentence((finding.screening.text or finding.screening.id).partition(". ")[0])


def capital(text: str) -> str:
    """Begin *text* with a capital; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """End *text* as a sentence ends, whether whoever wrote it did or not."""
    return text if not text or text.rstrip().endswith((".", "!", "?", "…")) else f"{text.rstrip()}."


def join_words(words: Iterable[str]) -> str:
    """Join words: `a, b and c`."""
    listed = list(words)
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1]))) if listed else ""


def plain_names(ids: Iterable[str]) -> str:
    """Join *ids* in plain words."""
    return join_words(id_.replace("-", " ") for id_ in ids)


def join_whom(whos: Sequence[str]) -> str:
    """Join whom to ask: all of them, each of whom may be one or another."""
    parted = ", and " if len(whos) > 1 and any(" or " in one for one in whos) else ""
    return parted.join(whos) if parted else join_words(whos)


def labels_of(waits: Iterable[Wait], conditions: Iterable[str] = ()) -> str:
    """Join *conditions* and what must be seen: `no redness is left and the skin is calm`."""
    return join_words([*conditions, *(wait.label for wait in waits)])


def join_some(words: Sequence[str], most: int) -> str:
    """Join the first words, so many at *most*, and how many more there are: `a, b and 3 more`."""
    return join_words([*words[:most], *([f"{len(words) - most} more"] if len(words) > most else [])])


def join_known(*parts: str) -> str:
    """Join what is known of a source with commas."""
    return ", ".join(part for part in parts if part and part != "unknown")


def sources_of(says: Iterable[Saying]) -> tuple[str, ...]:
    """Return the sources of what *says* holds, each once."""
    return tuple(dict.fromkeys(saying.source for saying in says))


def cited(timeline: Timeline) -> list[str]:
    """Return the id of every source that the timeline rests on."""
    rules = timeline.rule_set.rules
    made = [rules[id_] for window in timeline.windows for id_ in (*window.rules, *window.overruled)]
    ids = {saying.source for rule in (*made, *timeline.red_flags) for saying in rule.says}
    ids.update(source for finding in timeline.findings for source in finding.sources)
    ids.update(source for session in timeline.sessions for source in session.sources)
    return sorted(ids)


# Control characters, line separators, and marks that turn the direction of text: harmless on paper, not in a terminal.
_CONTROL_MARKS = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_UNSAFE = (*range(0x20), *range(0x7F, 0xA0), *_CONTROL_MARKS)
# Asking whether all of a text can be printed is faster than translating it, and nearly always it can.
_REMOVED = dict.fromkeys(_UNSAFE)
_ESCAPED = {code: f"\\u{code:04x}" for code in _UNSAFE}


def harmless(text: str) -> str:
    """Remove what a terminal would obey."""
    return text if text.isprintable() else text.translate(_REMOVED)


def harmless_lines(text: str) -> str:
    """Remove what a terminal would obey, except the ends of lines."""
    return "\n".join(map(harmless, text.split("\n")))


def escape(text: str) -> str:
    """Write what a terminal would obey as the escapes of JSON: the same text to whoever reads the data."""
    # JSON itself escapes all else of ASCII, and whether a text is ASCII is known without reading it.
    is_safe = (text.isascii() and "\x7f" not in text) or text.isprintable()
    return text if is_safe else text.translate(_ESCAPED)


class Row(NamedTuple):
    """One line: what it is about, what is said, in which tone, which *sources* say so, and where a *link* leads.

    Drawn in a chart it has *states* too, a letter a day: `n` no, `b` better not, `o` only if, `.` free. *when* is a
    date of its own beside what it is about, and *at* the instant from which it holds.
    """

    head: str
    text: str
    tone: str = ""
    sources: tuple[str, ...] = ()
    link: str = ""
    states: str = ""
    when: str = ""
    at: dt.datetime | None = None

    @property
    def marks(self) -> str:
        """The first sources and how many more there are, as they stand behind a line."""
        more = f" +{len(self.sources) - _MARKS}" if len(self.sources) > _MARKS else ""
        return f"{', '.join(self.sources[:_MARKS])}{more}"


class Section(NamedTuple):
    """One section: its *rows*, or titled *blocks* of them. *columns* head it where it is a table.

    A chart has *days*, against which its rows are drawn; a block has those that its rows hold for. One that *is_close*
    stands right below the one before it.
    """

    id: str
    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    blocks: tuple["Section", ...] = ()
    days: tuple[Day, ...] = ()
    is_close: bool = False
