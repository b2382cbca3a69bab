"""A whole batch: rows in order from the input to the workers, what becomes of them to the rejects and the report."""

import contextlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from needlecare.batch.cases import Texts, texts_of
from needlecare.batch.columns import ID, Columns, read_map
from needlecare.batch.ledger import Folder, Ids
from needlecare.batch.lines import Lines, decode_lines
from needlecare.batch.rejects import Rejects
from needlecare.batch.rows import PROBLEM, Objects, Row, Table, read_rows
from needlecare.batch.work import Outcome, Settings, Task, Work
from needlecare.batch.workers import do_alone, do_together
from needlecare.errors import InputError
from needlecare.rules.exports import FIELDS
from needlecare.views.formats import FORMATS
from needlecare.whole import Whole

# Rows that go to a worker at once: enough to make the way short, few enough to keep little in memory.
_PORTION = 16
_LONGEST_ID = 1000
_MOST_NAMED = 20


class Report(Protocol):
    """Is told what happens while a batch runs."""

    def bad_row(self, line: int, client: str, problem: str) -> None:
        """Hear of a rejected row."""

    def progress(self, rows: int) -> None:
        """Hear how many rows are done."""


class Summary(NamedTuple):
    """What became of the rows: *made*, *left* as they are, *rejected*; *unused* names columns not understood.

    Each stands with the field that it looks like, if any.
    """

    made: int
    left: int
    rejected: int
    unused: Mapping[str, str | None]


class Batch(NamedTuple):
    """What is to be done: *settings* for all rows, `FIELD=COLUMN` *pairs*, where lines and rejects go, by how many."""

    settings: Settings
    pairs: tuple[str, ...]
    target: Path | None
    rejects: Path | None
    jobs: int


def run(batch: Batch, stream: BinaryIO, report: Report) -> Summary:
    """Do every row of *stream*.

    Raises:
        InputError: the input as a whole can't be used.
        OutputError: the output can't be written.
    """
    settings = batch.settings
    work = Work(settings)
    rows = read_rows(Lines(decode_lines(stream)))
    fields = (*FIELDS, *work.rule_set.facts)
    columns = Columns(fields, read_map(batch.pairs, fields), work.rule_set.batch)
    if isinstance(rows, Table) and rows.header:
        columns.check(rows.header, [ID] if "date" in settings.defaults else [ID, "date"])
    with contextlib.ExitStack() as open_until_the_end:
        ids = open_until_the_end.enter_context(contextlib.closing(Ids()))
        folder = None
        if settings.folder:
            folder = Folder(Path(settings.folder), FORMATS[settings.format][0][1:])
            open_until_the_end.enter_context(contextlib.closing(folder))
        rejects = open_until_the_end.enter_context(Rejects(None if settings.inline else batch.rejects, rows))
        target = open_until_the_end.enter_context(Whole(batch.target)) if batch.target else None
        tasks = _Tasks(rows, columns, folder, ids)
        portions = _portions(tasks)
        done = do_alone(work, target, portions) if batch.jobs == 1 else do_together(work, target, portions, batch.jobs)
        made = left = 0
        for portion, outcomes in done:
            for task, outcome in zip(portion, outcomes, strict=True):
                row = tasks.row_of(task)
                if outcome.problem:
                    rejects.add(row, outcome.problem)
                    report.bad_row(task.line, task.client, outcome.problem)
                else:
                    made, left = made + outcome.done, left + (not outcome.done)
                    _note(folder, outcome)
            report.progress(made + left + rejects.count)
        return Summary(made, left, rejects.count, tasks.unused)


def _note(folder: Folder | None, outcome: Outcome) -> None:
    if folder is not None and outcome.kept is not None and outcome.done:
        folder.note(outcome.kept)


def _portions(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    portion: list[Task] = []
    for task in tasks:
        portion.append(task)
        if len(portion) == _PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


class _Tasks:
    """Rows → tasks; the rows are kept until it is known what became of them."""

    def __init__(self, rows: Table | Objects, columns: Columns, folder: Folder | None, ids: Ids) -> None:
        self._rows = rows
        self._columns = columns
        self._folder = folder
        self._ids = ids
        self._under_way: deque[Row] = deque()
        self.unused: dict[str, str | None] = {}

    def __iter__(self) -> Iterator[Task]:
        for row in self._rows:
            self._under_way.append(row)
            yield self._task(row)

    def row_of(self, task: Task) -> Row:
        """Give the row of *task*; asked for in their order, once each."""
        row = self._under_way.popleft()
        if row.line != task.line:
            raise AssertionError(row.line, task.line)
        return row

    def _task(self, row: Row) -> Task:
        fields: dict[str, Texts] = {}
        client, kept, problem = "", None, row.problem
        try:
            fields = self._fields(row.cells)
            client = self._client(fields.pop(ID, ()), row)
            if self._folder is not None and not problem:
                kept = self._folder.file_of(client)
        except InputError as error:
            problem = problem or str(error)
        return Task(row.line, client, fields, kept, problem)

    def _fields(self, cells: Mapping[str, object]) -> dict[str, Texts]:
        fields: dict[str, Texts] = {}
        for column, value in cells.items():
            field = self._columns.field(column)
            if field is None:
                is_new = column not in self.unused and len(self.unused) < _MOST_NAMED
                if is_new and column != PROBLEM and value not in ("", None):
                    self.unused[column] = self._columns.perhaps(column, cells)
                continue
            texts = texts_of(field, value)
            if field in fields:
                raise InputError(f"two columns hold {field}, `{column}` is one of them")
            if texts:
                fields[field] = texts
        return fields

    def _client(self, texts: Texts, row: Row) -> str:
        """Give the id of a row, which stands in no other."""
        if row.problem:
            return ""
        if len(texts) != 1:
            raise InputError("the id is missing" if not texts else "id: one is asked, several are given")
        client = texts[0]
        if len(client) > _LONGEST_ID:
            raise InputError(f"the id is longer than {_LONGEST_ID} characters")
        first = self._ids.first_line(client, row.line)
        if first != row.line:
            raise InputError(f"the id `{client}` stands in line {first} already")
        return client
