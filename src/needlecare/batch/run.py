"""A whole list: rows in, one plan each out, in their order. The only process that writes is this one.

Others may plan beside it, and answer nobody else: nothing is written any more once this one has ended, however it did.
"""

import contextlib
import os
import re
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self, TextIO

from needlecare.batch import plans, table
from needlecare.errors import InputError, OutputError
from needlecare.files import atomic_file, clear_leftovers
from needlecare.rules.fields import FIELDS
from needlecare.views.formats import FORMATS
from needlecare.views.text import csv_line

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# No id leads to such a name.
_TOKEN = re.compile(r"plan~[0-9a-f]{32}\.[a-z]+")
# The file in which a folder keeps account of its files.
LEDGER = ".needlecare-batch"
_COLUMNS = "name TEXT COLLATE NOCASE PRIMARY KEY, id BLOB, suffix TEXT, digest BLOB, size INTEGER"
_LEDGER_PARTS = (
    f"CREATE TABLE file ({_COLUMNS}) WITHOUT ROWID",
    "CREATE UNIQUE INDEX by_id ON file (id, suffix)",
)
# Files that are written again at most if a run is ended from outside.
_EVERY = 32
_ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
# Rows that go to a worker at once: enough to make the way short, few enough to keep little in memory.
_PORTION = 16

Planned = tuple[table.Row, plans.Result]


class Summary(NamedTuple):
    """What became of the rows: how many were *made*, *left* as they are, *rejected*.

    *unused* names the columns that were not understood, each with the field that it looks like, if any. *passed* are
    the rows that `--only` doesn't choose, *titles* the lines above the header, *footers* those below the last row,
    *older* the rows of clients of whom another treatment counts, of some of whom *counted* is the day of that one.
    *sheets* are those of a workbook, the one that was read first; *ranges* are facts that may be several things.
    """

    made: int
    left: int
    rejected: int
    unused: Mapping[str, str | None]
    passed: int = 0
    titles: int = 0
    footers: tuple[int, ...] = ()
    older: int = 0
    counted: Mapping[str, date] = {}
    sheets: tuple[str, ...] = ()
    ranges: Sequence[str] = ()


class Batch(NamedTuple):
    """What is to be done: the columns in `FIELD=COLUMN` *pairs*, and where files, *lines* and rejects go.

    *only* are the rows that count, as `COLUMN=VALUE,VALUE` or `COLUMN=~PART`; of a workbook *sheet* is read, if named.
    Without a folder there are lines; without a file for them they go to stdout. Unless *public*, files and folders that
    are made are their owner's alone. Files that are named by *tokens* tell nobody whose they are; which is whose stands
    in an index beside the folder.
    """

    settings: plans.Settings
    pairs: tuple[str, ...]
    folder: Path | None
    lines: Path | None
    rejects: Path | None
    jobs: int
    public: bool = False
    only: tuple[str, ...] = ()
    tokens: bool = False
    sheet: str = ""


def run(
    batch: Batch, stream: BinaryIO, rejected: Callable[[table.Row, str], None], progress: Callable[[int], None]
) -> Summary:
    """Plan every row of *stream*; report each *rejected* one with its problem, and in *progress* how many are done.

    Raises:
        InputError: the input as a whole can't be used.
        OutputError: the output can't be written.
    """
    settings = batch.settings
    planner = plans.RowPlanner(settings)
    fields = (*FIELDS, *planner.rule_set.facts)
    columns = table.Columns(fields, table.read_map(batch.pairs, fields), planner.rule_set.batch)
    read = partial(table.read_rows, stream, columns.field, batch.sheet)
    rows, usual, typed = read(), planner.rule_set.only, table.read_only(batch.only)
    chosen, ranks = {**usual, **typed}, None
    if rows.header:
        by = {**dict.fromkeys(usual, f"`only` of {planner.rule_set.id}"), **dict.fromkeys(typed, "--only")}
        columns.check(rows.header, [table.ID] if "date" in settings.defaults else [table.ID, "date"], by)
    if settings.which == plans.LATEST:
        ranks = plans.Clients(plans.Listed(rows, columns, chosen), planner, lambda _: None).rank()
        stream.seek(0)
        rows = read()
    listed = plans.Listed(rows, columns, chosen)
    made = left = 0
    with contextlib.ExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_context
        ending, output = enter(_Ending()), enter(_open(batch))
        rejects = enter(_Rejects(None if settings.inline else batch.rejects, rows, private=not batch.public))
        clients = plans.Clients(listed, planner, output.file_of, ranks)
        for row, result in enter(contextlib.closing(_plan_rows(planner, clients, batch.jobs))):
            with ending.put_off():
                problem = output.put(row, result)
                if problem:
                    rejects.add(row, problem)
                    rejected(row, problem)
                made += not problem and not result.unchanged
                left += result.unchanged
                progress(made + left + rejects.count)
    told = (clients.unused, clients.passed, rows.titles, clients.footers, clients.older, clients.counted)
    return Summary(made, left, rejects.count, *told, rows.sheets, clients.ranges)


class _Rejects:
    """The file at *path* that collects rejected rows of *rows*; it appears whole when all is done, if there are any."""

    def __init__(self, path: Path | None, rows: table.CsvRows | table.JsonRows, *, private: bool = False) -> None:
        self._path, self._rows, self._private = path, rows, private
        self._open = contextlib.ExitStack()
        self._file: TextIO | None = None
        self.count = 0

    def add(self, row: table.Row, problem: str) -> None:
        """Add *row*, which was rejected because of *problem*."""
        self.count += 1
        if self._path is None:
            return
        with self._write_errors():
            if self._file is None:
                beside = self._open.enter_context(atomic_file(self._path, private=self._private))
                stream = beside.open("w", encoding="utf-8", errors="replace", newline="")
                self._file = self._open.enter_context(stream)
                self._file.write(self._rows.reject_header())
            self._file.write(self._rows.reject(row, problem))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: Any) -> None:  # noqa: PYI036  handed on as they are
        with self._write_errors() if kind is None else contextlib.suppress(OSError, OutputError):
            self._open.__exit__(kind, *raised)

    @contextlib.contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, OutputError) as error:
            failure = error if isinstance(error, OutputError) else f"can't write to {self._path}: {error.strerror}"
            raise OutputError(f"{failure}; choose another place with --rejects") from None


class _Ending:
    """Ctrl-C, TERM and HUP end a run, but not in the middle of what is written; unless they are sent again."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._received = 0
        self._is_put_off = False

    def __enter__(self) -> Self:
        # Only there can it be said what they do; and under nohup they do nothing.
        if threading.current_thread() is threading.main_thread():
            wanted = [number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._receive) for number in wanted}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _frame: object = None) -> None:
        if self._is_put_off and not self._received:
            self._received = number
            return
        # As shells report a program that a signal has ended.
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    @contextlib.contextmanager
    def put_off(self) -> Iterator[None]:
        """End no earlier than this is left."""
        self._is_put_off = True
        try:
            yield
        finally:
            self._is_put_off = False
        if self._received:
            self._receive(self._received)


def _open(batch: Batch) -> "contextlib.AbstractContextManager[_Folder | _Lines]":
    private = not batch.public
    if batch.folder is None:
        return _lines(batch.lines, private)
    return _Folder(batch.folder, batch.settings.format, private, tokens=batch.tokens)


@contextlib.contextmanager
def _lines(target: Path | None, private: bool) -> "Iterator[_Lines]":
    """Open *target*, which appears when it is whole; stdout without one."""
    if target is None:
        sys.stdout.flush()
        yield _Lines(sys.stdout.buffer)
    else:
        with atomic_file(target, private=private) as beside, beside.open("wb") as stream:
            yield _Lines(stream)


class _Lines:
    """Plans as lines of a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def file_of(self, _: str) -> None:
        """Return None: no client has a file."""

    def put(self, _: table.Row, result: plans.Result) -> str:
        """Write the line of a row: its plan, or its error if that is wanted among them; return its problem."""
        rest = memoryview(result.data)
        while rest:  # an unbuffered stream takes as much as it likes
            rest = rest[self._stream.write(rest) :]
        self._stream.flush()
        return result.problem


class _Folder:
    """Plans as files of a folder, one a client: whose each is, and of what it was made. One run at a time has it."""

    def __init__(self, path: Path, format_: str, private: bool, *, tokens: bool) -> None:
        self._path, self._private, self._tokens = path, private, tokens
        self._suffix = FORMATS[format_][0][1:]
        self._uncommitted = 0

    def __enter__(self) -> Self:
        path = self._path
        try:
            path.mkdir(mode=0o700 if self._private else 0o777, parents=True, exist_ok=True)
        except OSError as error:
            is_file = isinstance(error, FileExistsError)
            raise InputError(f"-o {path}: {'this is a file; give a folder' if is_file else error.strerror}") from None
        # What a link leads to is somebody else's.
        if any((path / f"{LEDGER}{end}").is_symlink() for end in ("", "-journal", "-wal")):
            raise self._damaged()
        with contextlib.ExitStack() as unless_begun, self._database_errors():
            with contextlib.suppress(OSError):  # what is in the way is reported when it is opened
                os.close(
                    os.open(path / LEDGER, os.O_CREAT | os.O_EXCL, 0o600 if self._private or self._tokens else 0o666)
                )
            self._ledger = sqlite3.connect(path / LEDGER, isolation_level=None, timeout=1)
            unless_begun.callback(self._ledger.close)
            self._begin_ledger()
            self._taken = self._ledger_file()
            unless_begun.pop_all()
        # Now that nobody else writes here.
        clear_leftovers(path, rf".+\.{self._suffix}")
        return self

    def _begin_ledger(self) -> None:
        """Take the ledger for this run alone, and make its tables if it has none."""
        self._ledger.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._ledger.execute("BEGIN IMMEDIATE")
        written = {sql for (sql,) in self._ledger.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        # A view or a trigger would run for whoever wrote it, and another program's database isn't ours to change.
        if written.difference(_LEDGER_PARTS):
            raise self._damaged()
        for part in _LEDGER_PARTS:
            if part not in written:
                self._ledger.execute(part)

    def _ledger_file(self) -> tuple[int, int]:
        """Tell the ledger's file from any that took its place since."""
        with contextlib.suppress(OSError):
            known = (self._path / LEDGER).stat()
            return known.st_dev, known.st_ino
        return 0, 0

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self._tokens and kind is None:
                self._write_index()
        finally:
            with contextlib.suppress(sqlite3.Error):
                self._ledger.execute("COMMIT")
            self._ledger.close()

    def _write_index(self) -> None:
        """Write which file is whose beside the folder, for its owner alone: who is served the folder can't see it."""
        with self._database_errors():
            found = self._ledger.execute(
                "SELECT id, name FROM file WHERE suffix = ? AND size >= 0 ORDER BY id", (self._suffix,)
            )
            rows = [(key.decode("utf-8", "replace"), name) for key, name in found]
        text = "".join(map(csv_line, [(table.ID, "file"), *rows]))
        with atomic_file(self._path.with_name(f"{self._path.name}.index.csv"), private=True) as beside:
            beside.write_text(text, encoding="utf-8-sig", newline="")

    def file_of(self, client: str) -> table.ClientFile:
        """Return the file that *client* has; else a new name, which nobody here has in any case of letters."""
        key = client.encode("utf-8", "surrogatepass")
        names = [f"{stem}.{self._suffix}" for stem in (_new_token() if self._tokens else table.file_stems(client))]
        with self._database_errors():
            if known := self._known_file(key, names):
                return known
            for name in names:
                row = (name, key, self._suffix, b"", -1)
                if self._ledger.execute("INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?, ?)", row).rowcount:
                    return table.ClientFile(name)
        raise InputError("no file name is free for this id")

    def _known_file(self, key: bytes, names: list[str]) -> table.ClientFile | None:
        """Return the file that is known of a client, who may have one of *names*."""
        asked = "SELECT name, digest, size FROM file WHERE id = ? AND suffix = ?"
        known = self._ledger.execute(asked, (key, self._suffix)).fetchone()
        if known is None:
            return None
        name, digest, size = known
        is_token = _TOKEN.fullmatch(str(name)) is not None
        if is_token != self._tokens:
            named = "by token; give --names token" if is_token else "by id; give another folder"
            raise InputError(f"the files of {self._path} are named {named}")
        if str(name) != name or not (is_token or name in names):
            raise sqlite3.DatabaseError  # never a name that somebody else made up
        kept = b""
        with contextlib.suppress(OSError):
            kept = digest if (self._path / name).lstat().st_size == size else b""
        return table.ClientFile(name, kept)

    def put(self, row: table.Row, result: plans.Result) -> str:
        """Write the file of *row* whole or not at all, and note it; return the problem of the row, if there is one.

        A link in its place is replaced, never followed.
        """
        if result.problem or result.unchanged or row.file is None:
            return result.problem
        path = self._path / row.file.name
        if path.is_dir():
            return f"{path.name} is a folder; move it away"
        with atomic_file(path, alone=False, private=self._private) as beside:
            beside.write_bytes(result.data)
            if self._ledger_file() != self._taken:  # removed and begun anew while this run went on
                raise OutputError(f"-o {self._path}: another batch has begun this folder anew; nothing more is written")
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


def _new_token() -> list[str]:
    return [f"plan~{os.urandom(16).hex()}"]


def _plan_rows(planner: plans.RowPlanner, rows: Iterable[table.Row], jobs: int) -> Generator[Planned]:
    """Plan *rows*, in *jobs* processes if those are more than one; yield each with its result, in their order.

    Raises:
        OutputError: a process was ended from outside.
    """
    rows = iter(rows)
    if jobs == 1:
        yield from ((row, planner.plan(row)) for row in rows)
        return
    with contextlib.ExitStack() as until_the_end:
        workers: list[_Worker] = []
        with _signals_held():
            for _ in range(jobs):
                workers.append(_Worker(planner))
                until_the_end.callback(workers[-1].kill)
        # In turn, so that plans come in the order of their rows.
        for worker in cycle(workers):
            yield from worker.exchange(list(islice(rows, _PORTION)))
            if not any(one.portion for one in workers):
                return


class _Worker:
    """A process that plans one *portion* of rows at a time, behind a pipe that no other worker answers through.

    With two, it could wait for somebody to take its answer while it is sent the other, and both would for ever.
    An executor of processes has one pipe for all answers. It waits for ever if one of them is killed in the middle of a
    long answer, as happens where memory is short.
    """

    def __init__(self, planner: plans.RowPlanner) -> None:
        import multiprocessing

        # To fork is quick, and safe: no thread has been started yet. Elsewhere the planner is made anew.
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(planner, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.portion: list[table.Row] = []

    def exchange(self, portion: list[table.Row]) -> list[Planned]:
        """Wait until its portion is planned, and return that; have another one planned, unless it is empty."""
        try:
            found: list[plans.Result] | Exception = self._pipe.recv() if self.portion else []
            if portion:
                self._pipe.send(portion)
        except (EOFError, OSError):
            raise OutputError("a worker process was ended from outside; give fewer --jobs, or more memory") from None
        if isinstance(found, Exception):
            raise found
        planned = list(zip(self.portion, found, strict=True))
        self.portion = portion
        return planned

    def kill(self) -> None:
        """End it at once; it has nothing to lose."""
        self._process.kill()
        self._process.join()


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Put signals off: a process that is started but not yet known here would be left behind."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(planner: plans.RowPlanner, pipe: "Connection") -> None:
    """Plan the portions that come through *pipe* until nobody is at its other end."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            # Ctrl-C reaches every process; only the first one answers.
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            portion = pipe.recv()
            try:
                pipe.send([planner.plan(row) for row in portion])
            except Exception as error:  # noqa: BLE001  it is raised where somebody sees it
                pipe.send(error)


def _end_with_parent() -> None:
    """End this process as soon as the one that started it has ended.

    The pipe alone doesn't show that: workers that were started later hold its other end open, too.
    """
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
