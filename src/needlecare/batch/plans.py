"""The rows of a list → whose each is and what it says → its plan, in whichever process. Writes nothing."""

import gc
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

from needlecare.batch.table import (
    ID,
    PROBLEM,
    ClientFile,
    Columns,
    CsvRows,
    JsonRows,
    Only,
    Row,
    Texts,
    is_chosen,
    refuse_cut_number,
)
from needlecare.errors import InputError
from needlecare.model.facts import FACTS_OF_TREATMENT, Facts, Given
from needlecare.model.plan import Treatment, make_treatment
from needlecare.rules.clinic import plain
from needlecare.rules.fields import FIELDS
from needlecare.rules.load import load_rules
from needlecare.rules.read import DEFAULT
from needlecare.timeline.build import build_selected
from needlecare.timeline.selection import Selection, select
from needlecare.typed import RANGE, find_zone, parse_date, parse_time, parse_zone, read_facts, read_seen
from needlecare.views.formats import BRIEF, for_file, render
from needlecare.views.json import SCHEMA_VERSION, render_line
from needlecare.views.phrases import escape

# The format that is one plan a line; the others are a file for each client.
LINES = "jsonl"
# Which of one client's several treatments are planned.
LATEST, EACH, REFUSE = WHICH = ("latest", "each", "refuse")
# A problem quotes the row, however much stands in it.
_LONGEST_PROBLEM = 2000
# Texts and sets of answers that are kept between rows: lists repeat a few of each.
_MOST_TEXTS, _MOST_ANSWERS = 4096, 512
_LONGEST_ID = 1000
# Columns that are not understood, and lines that may be none, of which account is kept.
_MOST_NAMED = 20
_SEVERAL = re.compile(r"[;|\n]")
_DATE_AND_TIME = re.compile(r"(?P<date>.*[0-9])(?:T|,?\s+(?:at\s+)?)(?P<time>[0-9]{1,2}[:.][0-9]{2}.*)")
# A slot, which begins with its start: no offset is of fifteen hours, or stands behind a blank or a half of the day.
_CLOCK = r"[0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2})?"
_SLOT = re.compile(
    rf"({_CLOCK}(?:\s*[ap]\.?m\.?)?)(?:-(?=1[5-9]|2[0-3]|{_CLOCK}\s*[ap])|\s+-\s*|\s*(?:[–—]|\bto\b)\s*){_CLOCK}.*",
    re.IGNORECASE,
)
# The day that spreadsheets give to a time without one, and how they count days from it.
_FIRST_DAY = date(1899, 12, 30)
_ON_FIRST_DAY = re.compile(r"(?:30[-/.]12[-/.]1899|12[-/.]30[-/.]1899|1899-12-30)(?:T|,?\s+)(.+)")
_SERIAL = re.compile(r"(0|[2-7][0-9]{4})?(\.[0-9]+)?")
_OFFSET = re.compile(r".*[0-9]\s*(?:[zZ]|UTC|[+-][0-9]{2}:?(?:[0-9]{2})?)\s*")
# How a spreadsheet is made to keep a number as it is written.
_AS_TEXT = re.compile(r'\s*="(.*)"\s*', re.DOTALL)
# What a record has where a fact isn't known, and what it adds to an answer.
_UNKNOWN = (
    "n/a",
    "na",
    "n.a.",
    "-",
    "–",
    "—",
    "?",
    "unknown",
    "n/k",
    "nk",
    "not known",
    "not recorded",
    "not given",
    "tbc",
)
_ASIDE = re.compile(r"(?<=\w)\s*\([^()]*\)\s*$")
# A range has a least and a largest value.
_ENDS = 2
_NUMBERS = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{2}){1,2}")


class Settings(NamedTuple):
    """What holds for every row, as plain values that another process can be given.

    *order* is how ambiguous dates are read, `dmy` or `mdy`. *today* is what `today` means, if it means anything. A
    field that a row leaves empty is taken from *defaults*. *full_lines* have the rules, the days, and what is empty;
    *inline* puts errors among the lines; *resume* leaves files that are up to date. *which* of one client's several
    treatments are planned is one of `WHICH`.
    """

    rules: str | None = None
    tz: str | None = None
    order: str | None = None
    today: date | None = None
    defaults: Mapping[str, Texts] = {}
    format: str = LINES
    style: str = BRIEF
    full_lines: bool = False
    inline: bool = False
    resume: bool = False
    which: str = REFUSE


class Result(NamedTuple):
    """What became of a row: its *data* to write, or a *problem*.

    *digest* is that of what a file was made of; *unchanged* says that this file is up to date and has no new data.
    """

    data: bytes = b""
    problem: str = ""
    digest: bytes = b""
    unchanged: bool = False


class Listed(NamedTuple):
    """A list: its *rows*, its *columns*, and which rows are *chosen*."""

    rows: CsvRows | JsonRows
    columns: Columns
    chosen: Only


class Clients:
    """The rows of a list that are chosen, each with its client, its fields, and the file that the client has.

    *passed* counts the other rows, *older* those of clients of whom another treatment counts, as *ranks* say; *counted*
    are some of those clients with its day. *ranges* are some of the facts that may be several things. At the end
    *footers* are the lines below that are no rows, such as totals.
    """

    def __init__(
        self,
        listed: Listed,
        planner: "RowPlanner",
        file_of: Callable[[str], ClientFile | None],
        ranks: Mapping[int, tuple[int, bool]] | None = None,
    ) -> None:
        (self._rows, self._columns, self._chosen), self._planner, self._file_of = listed, planner, file_of
        self._units = {id_: fact.unit for id_, fact in planner.rule_set.facts.items() if fact.is_number}
        self._ranks, self.older, self.counted = ranks or {}, 0, dict[str, date]()
        self._has_times = False
        self.passed = 0
        self.ranges: list[str] = []
        self._held: list[Row] = []
        # Eight bytes stand for an id, however long: two that share them in a million rows are one chance in millions.
        self._lines: dict[int, int] = {}
        self._unused: dict[str, str | None] = {}

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            if not (row.problem or is_chosen(row.cells, self._chosen)):
                self.passed += 1
                continue
            if self._rows.delimiter and len(self._held) < _MOST_NAMED and self._columns.is_footer(row):
                self._held.append(row)
                continue
            # Below them stands another row: they are rows too, however they look.
            yield from filter(None, map(self._understand, [*self._held, row]))
            self._held.clear()

    def rank(self) -> dict[int, tuple[int, bool]]:
        """Return how late each client's treatment is that counts, and whether there are several."""
        ranks: dict[int, tuple[int, bool]] = {}
        for row in self._rows:
            with suppress(InputError):
                if not row.problem and is_chosen(row.cells, self._chosen):
                    fields = self._fields(row.cells)
                    key, found = _short(self._client(fields.pop(ID, ()))), self._planner.rank(fields)
                    known, several = ranks.get(key, (found, False))
                    ranks[key] = max(known, found), several or known != found
        return ranks

    @property
    def footers(self) -> tuple[int, ...]:
        """The lines at the end that are no rows."""
        return tuple(row.line for row in self._held)

    @property
    def unused(self) -> Mapping[str, str | None]:
        """The columns that were not understood, each with the field that it looks like, if that is wanting."""
        return {name: None if field == "time" and self._has_times else field for name, field in self._unused.items()}

    def _understand(self, row: Row) -> Row | None:
        """Return *row* with what it says; None where another treatment of its client counts."""
        try:
            if not row.problem:
                fields = self._fields(row.cells)
                row = row._replace(fields=fields)
                row = row._replace(client=self._client(fields.pop(ID, ())))
                if self._is_older(row):
                    self.older += 1
                    return None
                if self._planner.settings.which == EACH:
                    row = row._replace(client=f"{row.client}_{self._planner.day_of(fields)}")
                self._claim(row)
                self._note_ranges(row)
                row = row._replace(file=self._file_of(row.client))
        except InputError as error:
            row = row._replace(problem=str(error))
        return row

    def _note_ranges(self, row: Row) -> None:
        fields = {**self._planner.settings.defaults, **row.fields}
        found = [f"{name} `{texts[0]}`" for name, texts in fields.items() if self._planner.range_of(name, texts)]
        if found and len(self.ranges) < _MOST_NAMED:
            self.ranges.append(f"line {row.line} ({', '.join(found)})")

    def _is_older(self, row: Row) -> bool:
        """Report whether another treatment of the client counts; raises where the row has no date."""
        latest, several = self._ranks.get(_short(row.client), (0, False))
        if not several:
            return False
        if self._planner.rank(row.fields) == latest:
            if len(self.counted) < _MOST_NAMED:
                self.counted[row.client] = self._planner.day_of(row.fields)
            return False
        return True

    def _fields(self, cells: Mapping[str, object]) -> dict[str, Texts]:
        fields: dict[str, Texts] = {}
        before: tuple[str | None, object] = (None, "")
        for column, value in cells.items():
            field = self._columns.field(column)
            if field is None:
                self._pass_over(column, cells, before)
            elif texts := self._read(field, value):
                if field in fields:
                    raise InputError(f"two columns hold {field}, `{column}` is one of them")
                fields[field] = texts
            before = field, value
        return fields

    def _read(self, field: str, value: object) -> Texts:
        texts = read_texts(field, value)
        self._has_times |= field == "date" and any(map(_DATE_AND_TIME.fullmatch, texts))
        return texts

    def _pass_over(self, column: str, cells: Mapping[str, object], before: tuple[str | None, object]) -> None:
        """Note a column that isn't understood; it mustn't hold what belongs to the number *before* it."""
        if self._rows.delimiter == "," and not self._rows.sheets and before[0] in self._units:
            refuse_cut_number(*before, cells[column], self._units[before[0]])
        is_known = column in (PROBLEM, *self._unused) or plain(column) in self._chosen
        if not is_known and len(self._unused) < _MOST_NAMED and cells[column] not in ("", None):
            self._unused[column] = self._columns.similar(column, cells)

    def _client(self, texts: Texts) -> str:
        """Return the id of a row."""
        if len(texts) != 1:
            raise InputError("the id is missing" if not texts else "id: expected one, several are given")
        client = texts[0]
        if len(client) > _LONGEST_ID:
            raise InputError(f"the id is longer than {_LONGEST_ID} characters")
        return client

    def _claim(self, row: Row) -> None:
        """Take the id of *row*, which may stand in no other."""
        first = self._lines.setdefault(_short(row.client), row.line)
        if first != row.line:
            raise InputError(f"the id `{row.client}` stands in line {first} already")


def _short(client: str) -> int:
    return int.from_bytes(blake2b(client.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


class RowPlanner:
    """Plans one row after the other; sent to another process, it is made anew there from its settings.

    Raises:
        InputError: some of the defaults can't be read.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rule_set = rule_set = load_rules(settings.rules or DEFAULT)
        self._zone = find_zone(settings.tz)
        order = settings.order or rule_set.batch.get("dates")
        # Rows repeat each other. Each cache is keyed on all that its values depend on; the rule set never changes.
        self._readers: Mapping[str, Callable[[str], Any]] = {
            "date": lru_cache(_MOST_TEXTS)(lambda text: _read_date(text, settings.today, order)),
            "time": lru_cache(_MOST_TEXTS)(_read_time),
            "tz": lru_cache(_MOST_TEXTS)(parse_zone),
        }
        self._selection = lru_cache(_MOST_ANSWERS)(lambda texts: select(rule_set, self._read_facts(dict(texts))))
        if problems := list(self._problems(settings.defaults)):
            raise InputError("; ".join(problems))
        from importlib.metadata import version

        # The picture of a logo isn't in the rule set's own digest: the rules are the same without it.
        clinic = sha256(repr(rule_set.clinic).encode()).hexdigest()
        made_as = f"{version('needlecare')} {settings.format} {settings.style}"
        self._basis = f"{made_as} {rule_set.digest} {rule_set.version} {clinic}"

    def __reduce__(self) -> tuple[type["RowPlanner"], tuple[Settings]]:
        return RowPlanner, (self.settings,)

    def day_of(self, own: Mapping[str, Texts]) -> date:
        """Return the day of a row with fields of its *own*; raises an InputError where there is none."""
        fields = {**self.settings.defaults, **own}
        if "date" not in fields:
            raise InputError("the date is missing")
        day: date = self._read_one("date", fields)[0]
        return day

    def rank(self, own: Mapping[str, Texts]) -> int:
        """Return how late the day of a row is: of those still to come the nearest, and before all that are past."""
        day, today = self.day_of(own), self.settings.today
        return day.toordinal() if today is None or day <= today else -day.toordinal()

    def plan(self, row: Row) -> Result:
        """Plan *row*, or report all that is wrong with it, so that it can be mended in one go."""
        # The program runs without the collector, which would search the rule set again and again. What a plan leaves
        # behind is young, and found at once between two plans.
        gc.collect(0)
        try:
            # A row that couldn't be taken apart has no fields, and no date to miss.
            read = self._read(row.fields) if row.fields or not row.problem else None
            if read is not None and not row.problem:
                return self._render(row, *read)
            problems = [row.problem]
        except InputError as error:
            problems = [row.problem, *self._problems({**self.settings.defaults, **row.fields}), str(error)]
        problem = "; ".join(dict.fromkeys(filter(None, problems)))[:_LONGEST_PROBLEM]
        record = {"id": row.client or None, "line": row.line, "error": problem, "schema_version": SCHEMA_VERSION}
        line = f"{escape(json.dumps(record, ensure_ascii=False))}\n".encode()
        return Result(line if self.settings.inline else b"", problem)

    def _render(self, row: Row, treatment: Treatment, selection: Selection) -> Result:
        format_ = self.settings.format
        if format_ == LINES:
            full = self.settings.full_lines
            timeline = build_selected(selection, treatment, days=None if full else 0)
            return Result(render_line(timeline, row.client, full=full).encode())
        # Equal treatments and facts share this, and no others.
        moments, facts = sorted(treatment.seen.items(), key=lambda seen: seen[0]), selection.facts
        span = (*treatment[:2], treatment.zone.key, treatment.first, treatment.last, treatment.names_zone)
        known = [sorted(values.items()) for values in (facts.given, facts.assumed, facts.dates, facts.between)]
        made_of = f"{self._basis} {row.client} {(span, moments, known, facts.unheard)!r}"
        digest = sha256(made_of.encode()).digest()
        if self.settings.resume and row.file is not None and row.file.digest == digest:
            return Result(digest=digest, unchanged=True)
        text = render(build_selected(selection, treatment), format_, client=row.client, style=self.settings.style)
        return Result(for_file(text, format_).encode(), digest=digest)

    def _problems(self, fields: Mapping[str, Texts]) -> Iterator[str]:
        """Report what can't be read in each field by itself."""
        for name, texts in fields.items():
            try:
                if name in self._readers:
                    self._read_one(name, fields)
                elif name not in FIELDS and not self.range_of(name, texts):
                    read_facts(self.rule_set, {name: texts})
            except InputError as error:
                yield str(error)

    def _read(self, own: Mapping[str, Texts]) -> tuple[Treatment, Selection]:
        """Read the fields that a row has of its *own*, and the defaults of the others."""
        fields = {**self.settings.defaults, **own}
        zone = self._read_one("tz", fields) or self._zone
        self.day_of(own)
        day, clock = self._read_one("date", fields)
        if "time" in fields and (clock is None or "time" in own):
            clock = _agree(clock, self._read_one("time", fields), own)
        selection = self._selection(tuple((name, texts) for name, texts in fields.items() if name not in FIELDS))
        treatment = make_treatment(day, clock, zone)
        try:
            seen = read_seen(self.rule_set, treatment, fields.get("seen", ()))
        except InputError as error:
            raise InputError(f"seen: {str(error).removeprefix('--seen: ')}") from None
        return treatment._replace(seen=seen, names_zone="tz" in fields or self.settings.tz is not None), selection

    def _read_facts(self, texts: Mapping[str, Texts]) -> Facts:
        """Read facts; one of which a row gives a range is unknown but for what it may be."""
        between = {name: found for name, one in texts.items() if (found := self.range_of(name, one))}
        given = {name: one for name, one in texts.items() if name not in between}
        return read_facts(self.rule_set, given)._replace(between=between)

    def range_of(self, name: str, texts: Texts) -> tuple[Given, ...]:
        """Return what a fact may be of which a range such as `III-IV` or `0.5-1.5` is given, in order; else nothing."""
        fact = self.rule_set.facts.get(name)
        ends = RANGE.split(texts[0]) if len(texts) == 1 else []
        if fact is None or fact.several or fact.assumed is not None or len(ends) != _ENDS:
            return ()
        if fact.is_number and "/" in texts[0]:  # it may be a half
            return ()
        try:
            values = [read_facts(self.rule_set, {name: end}).given[name] for end in ends]
        except (InputError, KeyError):
            return ()
        return fact.between(*values)

    def _read_one(self, name: str, fields: Mapping[str, Texts]) -> Any:
        texts = fields.get(name, ())
        if len(texts) > 1:
            raise InputError(f"{name}: expected one, {len(texts)} are given")
        return self._readers[name](texts[0]) if texts else None


def _agree(beside: time | None, typed: time, own: Mapping[str, Texts]) -> time | None:
    """Return the time of a row that has one *beside* its date, and a field with the *typed* one."""
    if typed == time(0) and "time" in own:
        # So software writes that it has no time; a date alone restricts no less.
        return beside
    # Only what the row itself says can contradict itself.
    if beside not in (None, typed) and "date" in own:
        raise InputError(f"the date says {beside:%H:%M}, the time {typed:%H:%M}")
    return typed


def read_texts(field: str, value: object) -> Texts:
    """Return the texts in a cell or a JSON *value*; none if it is empty.

    Raises:
        InputError: it is something else than a text, a number, or a list of them.
    """
    parts = _split(field, value)
    if field not in FIELDS:
        parts = [part for part in parts if part.strip().lower() not in _UNKNOWN]
    if field in FACTS_OF_TREATMENT:
        parts = [_ASIDE.sub("", part) for part in parts]
    try:
        return tuple([text for part in parts if (text := part.strip()) and text.encode()])
    except UnicodeEncodeError:
        raise InputError(f"{field}: that is no text") from None


def _split(field: str, value: object) -> list[str]:
    if isinstance(value, list):
        return [_text_of(field, one) for one in value]
    if not isinstance(value, str):
        return [] if value is None else [_text_of(field, value)]
    kept = _AS_TEXT.fullmatch(value)
    text = kept[1].replace('""', '"') if kept else value
    return [text] if field in (ID, "date", "time", "tz") else _SEVERAL.split(text)


def _text_of(field: str, value: object) -> str:
    """Format one text or number; a whole number has no point, however the export wrote it."""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.15g}"
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{field}: give a text, a number or a list of texts and numbers")


def _read_date(text: str, today: date | None, order: str | None) -> tuple[date, time | None]:
    """Read a date that may have a time in its cell; midnight there is how software writes that it has none."""
    both = _DATE_AND_TIME.fullmatch(text)
    day_text = both["date"] if both else text
    try:
        day = parse_date(day_text, today, order=order)
    except InputError as error:
        numbers = order is None and _NUMBERS.fullmatch(day_text)
        hint = ", or say what all dates mean with --dates dmy or mdy" if numbers else ""
        raise InputError(f"date: {_counted_day(text) or f'{error}{hint}'}") from None
    clock = _read_time(both["time"], text) if both else None
    return day, clock if clock != time(0) else None


def _read_time(text: str, cell: str | None = None) -> time:
    """Read a time of the day; *cell* is the whole text that it stands in, if that is a date too."""
    if of_no_day := _ON_FIRST_DAY.fullmatch(text):
        text = of_no_day[1]
    if slot := _SLOT.fullmatch(text):
        text = slot[1]
    if _OFFSET.fullmatch(text):
        raise InputError(
            f"{'date' if cell else 'time'}: `{cell or text}` is relative to UTC; write the time that the clock showed "
            "there, without Z or an offset, and the zone as tz"
        )
    try:
        return parse_time(text)
    except InputError as error:
        raise InputError(f"time: {_counted_day(text) or error}") from None


def _counted_day(text: str) -> str:
    """Return what a spreadsheet means by a number in place of a date or a time, and what to do; nothing for no such."""
    found = _SERIAL.fullmatch(text)
    if not text or found is None:
        return ""
    # Some begin to count four years later, so it is told and not read.
    moment = datetime.combine(_FIRST_DAY, time()) + timedelta(days=float(text))
    day = f"{moment:%d %b %Y} " if moment.date() > _FIRST_DAY else ""
    shown = f"{day}{moment:%H:%M}".removesuffix(" 00:00")
    return f"`{text}` is how a spreadsheet counts {shown}; show that column as a date or a time, and export it again"
