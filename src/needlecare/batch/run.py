"""A whole batch: rows in order from the input to the workers, what becomes of them to the rejects and the report."""

import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import signal
import sqlite3
import sys
import threading
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, NamedTuple, NoReturn, Protocol

from needlecare.batch.cases import Case, Cases, Texts, fingerprint, texts_of
from needlecare.batch.table import (
    ID,
    PROBLEM,
    Columns,
    Lines,
    Objects,
    Rejects,
    Row,
    Table,
    decode_lines,
    read_map,
    read_rows,
)
from needlecare.errors import InputError, NeedlecareError, OutputError
from needlecare.files import AtomicFile, clear_leftovers
from needlecare.model.ruleset import RuleSet
from needlecare.rules.fields import FIELDS
from needlecare.timeline.build import build_timeline
from needlecare.views.formats import FORMATS, for_file, render
from needlecare.views.json import SCHEMA_VERSION, render_line
from needlecare.views.phrases import escape

_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Names that Windows keeps for devices, whatever the suffix.
_RESERVED = re.compile(r"(?i)con|prn|aux|nul|com[0-9]|lpt[0-9]")
_READABLE = 40


def stem(client: str) -> str:
    """Give the name for *client* without a suffix. No id can give the name that another id has."""
    if _HARMLESS.fullmatch(client) and not _RESERVED.fullmatch(client):
        return client
    return marked_stem(client)


def marked_stem(client: str) -> str:
    """Give a name with the mark of *client*; `~` stands in no harmless id."""
    bare = unicodedata.normalize("NFKD", client).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", bare).strip("-")[:_READABLE].strip("-")
    mark = hashlib.sha256(client.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable or 'client'}~{mark}"


NAME = ".needlecare-batch"
# Files that are done again at most if a run is ended from outside.
_EVERY = 32


class Ids:
    """The ids of one input, each with the line that it stands in. Uses a file without a name: memory stays flat."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE row (id BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def first_line(self, client: str, line: int) -> int:
        """Note that *client* stands in *line*; give the line where it stood first."""
        key = client.encode("utf-8", "surrogatepass")
        try:
            added = self._database.execute("INSERT OR IGNORE INTO row VALUES (?, ?)", (key, line)).rowcount
        except sqlite3.Error as error:
            raise OutputError(f"the ids of this list don't fit into the temporary folder: {error}") from None
        if added:
            return line
        first: int = self._database.execute("SELECT line FROM row WHERE id = ?", (key,)).fetchone()[0]
        return first

    def close(self) -> None:
        """Forget all ids."""
        self._database.close()


class Kept(NamedTuple):
    """The file of a client: its *name*, and of what it was made (*digest*) with which *size*, if it was."""

    name: str
    digest: bytes = b""
    size: int = -1


class Folder:
    """The files of an output folder, whose they are, and of what they were made."""

    def __init__(self, path: Path, suffix: str) -> None:
        self._suffix = suffix
        self._path = path
        self._pending = 0
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise InputError(f"-o {path}: this is a file; give a folder") from None
        except OSError as error:
            raise InputError(f"-o {path}: {error.strerror}") from None
        # What a link leads to is somebody else's.
        if any((path / f"{NAME}{end}").is_symlink() for end in ("", "-journal", "-wal")):
            raise self._damaged()
        with self._using():
            self._database = sqlite3.connect(path / NAME, isolation_level=None, timeout=1)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS file"
                " (name TEXT COLLATE NOCASE PRIMARY KEY, id BLOB, suffix TEXT, digest BLOB, size INTEGER)"
                " WITHOUT ROWID"
            )
            self._database.execute("CREATE UNIQUE INDEX IF NOT EXISTS by_id ON file (id, suffix)")
            self._database.execute("BEGIN IMMEDIATE")
        # Now that nobody else writes here.
        clear_leftovers(path, rf".+\.{suffix}")

    def file_of(self, client: str) -> Kept:
        """Give the file of *client*: the one it has, else a new name that nobody here has in any case of letters."""
        key = client.encode("utf-8", "surrogatepass")
        names = [f"{one}.{self._suffix}" for one in (stem(client), marked_stem(client))]
        with self._using():
            known = self._database.execute(
                "SELECT name, digest, size FROM file WHERE id = ? AND suffix = ?", (key, self._suffix)
            ).fetchone()
            if known and known[0] not in names:  # never a name that somebody else made up
                raise sqlite3.DatabaseError
            if known:
                return Kept(*known)
            for name in names:
                row = (name, key, self._suffix, b"", -1)
                if self._database.execute("INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?, ?)", row).rowcount:
                    return Kept(name)
        raise InputError("no file name is free for this id")

    def note(self, kept: Kept) -> None:
        """Note of what a file was made."""
        with self._using():
            self._database.execute(
                "UPDATE file SET digest = ?, size = ? WHERE name = ?", (kept.digest, kept.size, kept.name)
            )
            self._pending += 1
            if self._pending >= _EVERY:
                self._pending = 0
                self._database.execute("COMMIT")
                self._database.execute("BEGIN IMMEDIATE")

    @contextlib.contextmanager
    def _using(self) -> Iterator[None]:
        """Tell what is wrong with the database as a person would see it."""
        try:
            yield
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # its messages may quote bytes that are no text
            # Another layout than ours is told by the plainest of codes.
            layout = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR
            if layout or not isinstance(error, sqlite3.OperationalError):
                raise self._damaged() from None
            busy = "another batch is writing to it" if "locked" in str(error) else str(error)
            raise OutputError(f"-o {self._path}: {busy}") from None

    def _damaged(self) -> OutputError:
        return OutputError(f"-o {self._path}: its {NAME} is damaged; remove it to begin anew")

    def close(self) -> None:
        """Keep what was noted."""
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("COMMIT")
        self._database.close()


LINES = "jsonl"
# A problem quotes the row, however much stands in it.
_LONGEST_PROBLEM = 2000


class Settings(NamedTuple):
    """What holds for every row; plain values, so that another process can be told.

    *folder* is None for JSON Lines; *inline* puts errors among them; *resume* leaves files that are as they should be;
    *full_lines* have the rules, the days, and what is null or empty too.
    """

    rules: str | None
    tz: str | None
    order: str | None
    today: date | None
    defaults: Mapping[str, Texts]
    format: str
    folder: str | None
    inline: bool
    resume: bool
    full_lines: bool = False


class Task(NamedTuple):
    """One row to do, unless there is a *problem* with it; *kept* is the file that its client has."""

    line: int
    client: str
    fields: Mapping[str, Texts]
    kept: Kept | None
    problem: str


class Outcome(NamedTuple):
    """What became of a row: a *problem*, or its file as it is now; *done* is false where it was left as it is."""

    problem: str
    kept: Kept | None = None
    done: bool = True


class Work:
    """Does rows one after the other; what it learns from one it uses for the next."""

    def __init__(self, settings: Settings) -> None:
        from needlecare.rules.load import load_rules
        from needlecare.typed import machine_zone, parse_zone

        self.settings = settings
        self.rule_set: RuleSet = load_rules(settings.rules) if settings.rules else load_rules()
        zone = parse_zone(settings.tz) if settings.tz else machine_zone()
        self._cases = Cases(
            self.rule_set,
            zone,
            order=settings.order or self.rule_set.batch.get("dates"),
            today=settings.today,
            defaults=settings.defaults,
        )
        # The picture of a logo isn't in the rule set's own digest: the rules are the same without it.
        clinic = sha256(repr(self.rule_set.clinic).encode()).hexdigest()
        self._basis = f"{_program_version()} {settings.format} {self.rule_set.digest} {self.rule_set.version} {clinic}"

    def do(self, tasks: Iterable[Task]) -> tuple[list[bytes], list[Outcome]]:
        """Do *tasks*: give the lines to write, and what became of each."""
        lines: list[bytes] = []
        outcomes: list[Outcome] = []
        for task in tasks:
            try:
                if task.problem:
                    raise InputError(self._with_others(task))  # noqa: TRY301  both kinds of problem end in one place
                case = self._cases.read(task.fields)
                if self.settings.folder is None:
                    lines.append(self._line(task.client, case))
                    outcomes.append(Outcome(""))
                else:
                    outcomes.append(self._file(task, case))
            except InputError as error:
                problem = str(error)[:_LONGEST_PROBLEM]
                outcomes.append(Outcome(problem))
                if self.settings.inline:
                    lines.append(_error_line(task, problem))
        return lines, outcomes

    def _with_others(self, task: Task) -> str:
        """Tell the problem of *task*, and what else can't be read in its row."""
        try:
            if task.fields:
                self._cases.read(task.fields)
        except InputError as error:
            return f"{task.problem}; {error}"
        return task.problem

    def _line(self, client: str, case: Case) -> bytes:
        return render_line(build_timeline(self.rule_set, *case), client, full=self.settings.full_lines).encode()

    def _file(self, task: Task, case: Case) -> Outcome:
        """Write the file of one client, unless it is there already, made of the same."""
        kept, path = task.kept, Path(self.settings.folder or "")
        if kept is None:
            raise InputError("no file name is free for this id")
        digest = sha256(f"{self._basis} {task.client} {fingerprint(case)}".encode()).digest()
        if self.settings.resume and digest == kept.digest and _size(path / kept.name) == kept.size:
            return Outcome("", kept, done=False)
        text = render(build_timeline(self.rule_set, *case), self.settings.format, client=task.client)
        data = for_file(text, self.settings.format).encode()
        write_whole(path / kept.name, data)
        return Outcome("", Kept(kept.name, digest, len(data)))


def write_whole(path: Path, data: bytes) -> None:
    """Write *data* to *path* whole or not at all; a link there is replaced, never followed.

    Raises:
        InputError: there is a folder.
        OutputError: nothing can be written there.
    """
    if path.is_dir():
        raise InputError(f"{path.name} is a folder; move it away")
    with AtomicFile(path, alone=False) as beside:
        beside.write_bytes(data)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return -1


def _error_line(task: Task, problem: str) -> bytes:
    record = {"id": task.client or None, "line": task.line, "error": problem, "schema_version": SCHEMA_VERSION}
    return f"{escape(json.dumps(record, ensure_ascii=False))}\n".encode()


def _program_version() -> str:
    from importlib.metadata import version

    return version("needlecare")


Portion = list[Task]
Done = tuple[Portion, list[Outcome]]
# Portions on the way to one worker: one that it does, others that wait to be done, or done for their turn.
_AHEAD = 6
_PATIENCE = 5.0
_ALONE_FIRST = 40


class _Failure(NamedTuple):
    """Why a worker gave up; without a *reason*, whoever reads its lines has enough."""

    reason: str


class _UnreadError(Exception):
    """Whoever reads the lines has enough."""


class _Place(NamedTuple):
    """A worker's place among the others: its *pipe*, its turn to write, and that of whom it is followed by."""

    pipe: Connection
    mine: Semaphore
    following: Semaphore


class _Worker(NamedTuple):
    """A worker's *process*, the *pipe* that its outcomes come through, and the portions on their way *to* it."""

    process: BaseProcess
    pipe: Connection
    to: "SimpleQueue[Portion | None]"


def do_alone(work: Work, target: Path | None, portions: Iterable[Portion]) -> Iterator[Done]:
    """Do *portions* in this process; lines go to *target*, else to stdout."""
    with _lines_to(target) as out:
        for portion in portions:
            lines, outcomes = work.do(portion)
            out.writelines(lines)
            out.flush()
            yield portion, outcomes


def do_together(work: Work, target: Path | None, portions: Iterable[Portion], jobs: int) -> Iterator[Done]:
    """Do *portions* in *jobs* processes that write to *target* or stdout themselves, each when its turn comes."""
    context = multiprocessing.get_context()
    portions = iter(portions)
    shared = work if context.get_start_method() == "fork" else None
    if shared is not None and work.settings.folder is None:
        # What is learned from the first rows needn't be learned by each process again.
        yield from do_alone(work, target, islice(portions, _ALONE_FIRST))
    first = next(portions, None)
    if first is None:
        return
    turns = [context.Semaphore(1 if number == 0 else 0) for number in range(jobs)]
    workers: list[_Worker] = []
    try:
        with _uninterrupted():
            for number in range(jobs):
                ours, theirs = context.Pipe()
                place = _Place(theirs, turns[number], turns[(number + 1) % jobs])
                process = context.Process(target=_serve, args=(shared or work.settings, target, place), daemon=True)
                process.start()
                theirs.close()
                workers.append(_Worker(process, ours, SimpleQueue()))
        for worker in workers:
            threading.Thread(target=_hand_on, args=worker[1:], daemon=True).start()
        yield from _share_out(chain([first], portions), workers)
        for worker in workers:
            worker.to.put(None)
            worker.process.join(_PATIENCE)
    except (BrokenPipeError, ConnectionResetError, EOFError):
        _explain(workers)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join(_PATIENCE)
            # Nobody reads what it writes: it would wait for ever.
            worker.process.kill()
            worker.process.join()


def _share_out(portions: Iterable[Portion], workers: list[_Worker]) -> Iterator[Done]:
    under_way: deque[Portion] = deque()
    taken = 0
    for number, portion in enumerate(portions):
        workers[number % len(workers)].to.put(portion)
        under_way.append(portion)
        if len(under_way) >= _AHEAD * len(workers):
            yield under_way.popleft(), _take(workers, taken)
            taken += 1
    while under_way:
        yield under_way.popleft(), _take(workers, taken)
        taken += 1


def _hand_on(pipe: Connection, portions: "SimpleQueue[Portion | None]") -> None:
    """Send *portions* to a worker in a thread: who takes outcomes back mustn't wait for one that waits to give them."""
    with contextlib.suppress(OSError):
        while (portion := portions.get()) is not None:
            pipe.send(portion)
        pipe.send(None)


def _take(workers: list[_Worker], number: int) -> list[Outcome]:
    """Wait for what became of a portion. A worker that ended keeps the others waiting, so all are looked at."""
    pipe = workers[number % len(workers)].pipe
    wait([pipe, *(worker.process.sentinel for worker in workers)])
    if not pipe.poll():
        raise EOFError
    found: list[Outcome] | _Failure = pipe.recv()
    if isinstance(found, _Failure):
        _fail(found)
    return found


def _fail(failure: _Failure) -> NoReturn:
    if failure.reason:
        raise OutputError(failure.reason)
    # Not BrokenPipeError: that is what a lost worker looks like.
    raise SystemExit(0)


def _explain(workers: list[_Worker]) -> None:
    """Raise what a worker said last, if it did."""
    for worker in workers:
        try:
            while worker.pipe.poll():
                found = worker.pipe.recv()
                if isinstance(found, _Failure):
                    _fail(found)
        except (EOFError, OSError):
            continue
    raise OutputError("a worker process was ended from outside; give fewer --jobs, or more memory")


def _serve(work: Work | Settings, target: Path | None, place: _Place) -> None:
    """Do the portions that come through a pipe until there are no more."""
    # Ctrl-C reaches every process; only the first one answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe, mine, following = place
    try:
        work = Work(work) if isinstance(work, Settings) else work
        # What is done and waits for its turn; whoever gave these portions takes all back before ending this.
        held: deque[tuple[list[bytes], list[Outcome]]] = deque()
        with _lines_to(target) as out:
            while (portion := _next(pipe)) is not None:
                held.append(work.do(portion))
                while held and _has_turn(mine, at_once=pipe.poll()):
                    lines, outcomes = held.popleft()
                    _write(out, lines)
                    following.release()
                    pipe.send(outcomes)
    except _UnreadError:
        failure = _Failure("")
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except NeedlecareError as error:
        failure = _Failure(str(error))
    except OSError as error:
        failure = _Failure(f"can't write: {error.strerror}")
    else:
        return
    pipe.send(failure)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C: a process that is started but not yet known here would be left behind."""
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C doesn't come here
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off being ended until a portion is written whole; where signals can't be held back, nothing is."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _next(pipe: Connection) -> Portion | None:
    while not pipe.poll(_PATIENCE):
        _look_for_parent()
    portion: Portion | None = pipe.recv()
    return portion


def _has_turn(turn: Semaphore, *, at_once: bool) -> bool:
    """Tell whether the turn has come: *at_once*, or as soon as it has."""
    while not turn.acquire(timeout=0 if at_once else _PATIENCE):
        if at_once:
            return False
        _look_for_parent()
    return True


def _write(out: BinaryIO, lines: list[bytes]) -> None:
    try:
        with _undisturbed():
            out.writelines(lines)
            out.flush()
    except BrokenPipeError:
        # What is still in the buffer has to go somewhere when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        raise _UnreadError from None


def _look_for_parent() -> None:
    """End where nobody is there any more to end this process."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise EOFError


@contextlib.contextmanager
def _lines_to(target: Path | None) -> Iterator[BinaryIO]:
    """Give where lines go: the end of *target*, else stdout."""
    if target is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
    else:
        # A file that is gone belonged to a run that was killed; this process ends soon, too.
        with open(target, "ab", opener=lambda path, flags: os.open(path, flags & ~os.O_CREAT)) as stream:
            yield stream


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
        target = open_until_the_end.enter_context(AtomicFile(batch.target)) if batch.target else None
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
