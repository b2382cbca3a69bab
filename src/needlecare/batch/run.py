"""A whole list: rows in, one plan each out, in their order. The only process that writes is this one."""

import contextlib
import hashlib
import re
import signal
import sqlite3
import sys
import threading
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, Protocol, Self

from needlecare.batch.plans import ClientFile, ClientRow, Result, RowPlanner, Settings, Texts, read_texts
from needlecare.batch.table import ID, PROBLEM, Columns, CsvRows, InputRow, Rejects, read_map, read_rows
from needlecare.errors import InputError, OutputError
from needlecare.files import AtomicFile, clear_leftovers
from needlecare.rules.fields import FIELDS
from needlecare.views.formats import FORMATS

_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Names that Windows keeps for devices, whatever the suffix.
_RESERVED = re.compile(r"(?i)con|prn|aux|nul|com[0-9]|lpt[0-9]")
_READABLE = 40
# The file in which a folder keeps account of its files.
LEDGER = ".needlecare-batch"
# Files that are written again at most if a run is ended from outside.
_EVERY = 32
_ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_LONGEST_ID = 1000
_MOST_NAMED = 20


class Report(Protocol):
    """Hears what happens while a batch runs."""

    def bad_row(self, line: int, client: str, problem: str) -> None:
        """Hear of a rejected row."""

    def progress(self, rows: int) -> None:
        """Hear how many rows are done."""


class Summary(NamedTuple):
    """What became of the rows: how many were *made*, *left* as they are, *rejected*.

    *unused* names the columns that were not understood, each with the field that it looks like, if any.
    """

    made: int
    left: int
    rejected: int
    unused: Mapping[str, str | None]


class Batch(NamedTuple):
    """What is to be done: the columns in `FIELD=COLUMN` *pairs*, and where files, *lines* and rejects go.

    Without a folder there are lines; without a file for them they go to stdout.
    """

    settings: Settings
    pairs: tuple[str, ...]
    folder: Path | None
    lines: Path | None
    rejects: Path | None
    jobs: int


def run(batch: Batch, stream: BinaryIO, report: Report) -> Summary:
    """Plan every row of *stream*.

    Raises:
        InputError: the input as a whole can't be used.
        OutputError: the output can't be written.
    """
    settings = batch.settings
    planner = RowPlanner(settings)
    rows = read_rows(stream)
    fields = (*FIELDS, *planner.rule_set.facts)
    columns = Columns(fields, read_map(batch.pairs, fields), planner.rule_set.batch)
    if isinstance(rows, CsvRows) and rows.header:
        columns.check(rows.header, [ID] if "date" in settings.defaults else [ID, "date"])
    made = left = 0
    with contextlib.ExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_context
        ending = enter(Ending())
        output: Output = Folder(batch.folder, settings.format) if batch.folder else Lines(batch.lines)
        enter(output)
        rejects = enter(Rejects(None if settings.inline else batch.rejects, rows))
        clients = _Clients(rows, columns, output)
        for row, result in enter(contextlib.closing(_planned(planner, clients, batch.jobs))):
            with ending.put_off():
                problem = output.put(row, result)
                if problem:
                    rejects.add(row.source, problem)
                    report.bad_row(row.source.line, row.client, problem)
                made += not problem and not result.unchanged
                left += result.unchanged
                report.progress(made + left + rejects.count)
    return Summary(made, left, rejects.count, clients.unused)


def _planned(planner: RowPlanner, rows: Iterable[ClientRow], jobs: int) -> Generator[tuple[ClientRow, Result]]:
    if jobs > 1:
        from needlecare.batch.workers import plan_together

        yield from plan_together(planner, rows, jobs)
    else:
        for row in rows:
            yield row, planner.plan(row)


class _Clients:
    """The rows of a list, each with its client and its fields; *unused* collects the columns that are none."""

    def __init__(self, rows: Iterable[InputRow], columns: Columns, output: "Output") -> None:
        self._rows = rows
        self._columns = columns
        self._output = output
        # Eight bytes stand for an id, however long: two that share them in a million rows are one chance in millions.
        self._lines: dict[int, int] = {}
        self.unused: dict[str, str | None] = {}

    def __iter__(self) -> Iterator[ClientRow]:
        for row in self._rows:
            fields: dict[str, Texts] = {}
            client, file, problem = "", None, row.problem
            try:
                if not problem:
                    fields = self._fields(row.cells)
                    client = self._client(fields.pop(ID, ()), row.line)
                    file = self._output.file_of(client)
            except InputError as error:
                problem = str(error)
            yield ClientRow(source=row, client=client, fields=fields, file=file, problem=problem)

    def _fields(self, cells: Mapping[str, object]) -> dict[str, Texts]:
        fields: dict[str, Texts] = {}
        for column, value in cells.items():
            field = self._columns.field(column)
            if field is None:
                self._note_unused(column, value, cells)
                continue
            texts = read_texts(field, value)
            if field in fields:
                raise InputError(f"two columns hold {field}, `{column}` is one of them")
            if texts:
                fields[field] = texts
        return fields

    def _note_unused(self, column: str, value: object, cells: Iterable[str]) -> None:
        is_new = column not in self.unused and len(self.unused) < _MOST_NAMED
        if is_new and column != PROBLEM and value not in ("", None):
            self.unused[column] = self._columns.similar(column, cells)

    def _client(self, texts: Texts, line: int) -> str:
        """Return the id of a row, which stands in no other."""
        if len(texts) != 1:
            raise InputError("the id is missing" if not texts else "id: expected one, several are given")
        client = texts[0]
        if len(client) > _LONGEST_ID:
            raise InputError(f"the id is longer than {_LONGEST_ID} characters")
        short = hashlib.blake2b(client.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        first = self._lines.setdefault(int.from_bytes(short, "big"), line)
        if first != line:
            raise InputError(f"the id `{client}` stands in line {first} already")
        return client


class Ending:
    """Ctrl-C, TERM and HUP end a run, but not in the middle of what is written; unless they are sent again."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._heard = 0
        self._is_put_off = False

    def __enter__(self) -> Self:
        # Only there can it be said what they do; and under nohup they do nothing.
        if threading.current_thread() is threading.main_thread():
            wanted = [number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._hear) for number in wanted}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _frame: object) -> None:
        if not self._is_put_off or self._heard:
            self._end(number)
        self._heard = number

    @contextlib.contextmanager
    def put_off(self) -> Iterator[None]:
        """End no earlier than this is left."""
        self._is_put_off = True
        try:
            yield
        finally:
            self._is_put_off = False
        if self._heard:
            self._end(self._heard)

    @staticmethod
    def _end(number: int) -> NoReturn:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        # As shells report a program that a signal has ended.
        raise SystemExit(128 + number)


class Output(Protocol):
    """Where plans go."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...

    def file_of(self, client: str) -> ClientFile | None:
        """Return the file of *client*, if each has one."""

    def put(self, row: ClientRow, result: Result) -> str:
        """Write *result*; return the problem of its row, if there is one."""


class Lines:
    """Plans as lines of *target*, which appears when it is whole; of stdout without one."""

    def __init__(self, target: Path | None) -> None:
        self._target = target
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if self._target is None:
            sys.stdout.flush()
            self._stream: BinaryIO = sys.stdout.buffer
        else:
            self._stream = self._open.enter_context(self._open.enter_context(AtomicFile(self._target)).open("wb"))
        return self

    def __exit__(self, *raised: Any) -> None:  # noqa: PYI036  handed on as they are
        self._open.__exit__(*raised)

    def file_of(self, client: str) -> None:
        """Return nothing: no client has a file."""

    def put(self, row: ClientRow, result: Result) -> str:  # noqa: ARG002  a file is found by it
        """Write the line of *row*: its plan, or its error if that is wanted among them."""
        rest = memoryview(result.data)
        while rest:  # an unbuffered stream takes as much as it likes
            rest = rest[self._stream.write(rest) :]
        self._stream.flush()
        return result.problem


class Folder:
    """Plans as files of a folder, one a client: whose each is, and of what it was made. One run at a time has it."""

    def __init__(self, path: Path, format_: str) -> None:
        self._path = path
        self._suffix = FORMATS[format_][0][1:]
        self._uncommitted = 0

    def __enter__(self) -> Self:
        path = self._path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise InputError(f"-o {path}: this is a file; give a folder") from None
        except OSError as error:
            raise InputError(f"-o {path}: {error.strerror}") from None
        # What a link leads to is somebody else's.
        if any((path / f"{LEDGER}{end}").is_symlink() for end in ("", "-journal", "-wal")):
            raise self._damaged()
        with self._database_errors():
            self._ledger = sqlite3.connect(path / LEDGER, isolation_level=None, timeout=1)
            self._ledger.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._ledger.execute(
                "CREATE TABLE IF NOT EXISTS file"
                " (name TEXT COLLATE NOCASE PRIMARY KEY, id BLOB, suffix TEXT, digest BLOB, size INTEGER)"
                " WITHOUT ROWID"
            )
            self._ledger.execute("CREATE UNIQUE INDEX IF NOT EXISTS by_id ON file (id, suffix)")
            self._ledger.execute("BEGIN IMMEDIATE")
        # Now that nobody else writes here.
        clear_leftovers(path, rf".+\.{self._suffix}")
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._ledger.execute("COMMIT")
        self._ledger.close()

    def file_of(self, client: str) -> ClientFile:
        """Return the file that *client* has; else a new name, which nobody here has in any case of letters."""
        key = client.encode("utf-8", "surrogatepass")
        names = [f"{stem}.{self._suffix}" for stem in (_stem(client), _marked_stem(client))]
        with self._database_errors():
            known = self._ledger.execute(
                "SELECT name, digest, size FROM file WHERE id = ? AND suffix = ?", (key, self._suffix)
            ).fetchone()
            if known:
                name, digest, size = known
                if name not in names:  # never a name that somebody else made up
                    raise sqlite3.DatabaseError
                return ClientFile(name, digest if _size(self._path / name) == size else b"")
            for name in names:
                row = (name, key, self._suffix, b"", -1)
                if self._ledger.execute("INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?, ?)", row).rowcount:
                    return ClientFile(name)
        raise InputError("no file name is free for this id")

    def put(self, row: ClientRow, result: Result) -> str:
        """Write the file of *row* whole or not at all, and note it; a link in its place is replaced, never followed."""
        if result.problem or result.unchanged or row.file is None:
            return result.problem
        path = self._path / row.file.name
        if path.is_dir():
            return f"{path.name} is a folder; move it away"
        with AtomicFile(path, alone=False) as beside:
            beside.write_bytes(result.data)
        with self._database_errors():
            values = (result.digest, len(result.data), row.file.name)
            self._ledger.execute("UPDATE file SET digest = ?, size = ? WHERE name = ?", values)
            self._uncommitted += 1
            if self._uncommitted >= _EVERY:
                self._uncommitted = 0
                self._ledger.execute("COMMIT")
                self._ledger.execute("BEGIN IMMEDIATE")
        return ""

    @contextlib.contextmanager
    def _database_errors(self) -> Iterator[None]:
        """Report what is wrong with the ledger as a person would see it."""
        try:
            yield
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # its messages may quote bytes that are no text
            # Another layout than ours has the plainest of codes.
            layout = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR
            if layout or not isinstance(error, sqlite3.OperationalError):
                raise self._damaged() from None
            busy = "another batch is writing to it" if "locked" in str(error) else str(error)
            raise OutputError(f"-o {self._path}: {busy}") from None

    def _damaged(self) -> OutputError:
        return OutputError(f"-o {self._path}: its {LEDGER} is damaged; remove it to begin anew")


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return -1


def _stem(client: str) -> str:
    """Return the name of the file of *client* without its suffix. No id leads to the name of another id."""
    if _HARMLESS.fullmatch(client) and not _RESERVED.fullmatch(client):
        return client
    return _marked_stem(client)


def _marked_stem(client: str) -> str:
    """Return a name with the mark of *client*; `~` stands in no harmless id."""
    bare = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", bare).strip("-")[:_READABLE].strip("-")
    mark = hashlib.sha256(client.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable or 'client'}~{mark}"
