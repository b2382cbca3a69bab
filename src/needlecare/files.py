"""What the program keeps on disk and never leaves half written: files of its output, and the log of treatments.

Owns part files, which are put in place at the end, and what is done about a damaged log: one SQLite file that its owner
alone can read. Must not know what is written, for whom, or what an option means.
"""

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from needlecare.errors import InputError, OutputError
from needlecare.model.facts import SEVERAL

if TYPE_CHECKING:
    import sqlite3

# Windows neither removes nor moves a file that is open, and so needs no locks.
_HAS_LOCKS = os.name != "nt"
if _HAS_LOCKS:
    import fcntl

# Bytes that a name may have and still leave room for what a part file adds to it.
_LONGEST = 200
_TRIES = 10
# “ncar”: marks our file among all databases.
_APPLICATION = 0x6E636172
_VERSION = 1
# Writers wait for each other; forty at once take a few seconds on a slow disk.
_PATIENCE = 60.0
# The option of a logged treatment that says whose it is.
_PERSON = "for"
_TABLES = (
    "CREATE TABLE treatments (id INTEGER PRIMARY KEY AUTOINCREMENT, options TEXT NOT NULL UNIQUE, key TEXT NOT NULL)",
    "CREATE TABLE lasting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
# SQLite's own, beside a number that counts by itself.
_NUMBERS = "CREATE TABLE sqlite_sequence(name,seq)"


@contextlib.contextmanager
def atomic_file(path: Path, *, alone: bool = True, private: bool = False) -> Iterator[Path]:
    """Yield a part file beside the file at *path*, which it replaces when all went well; the rights of that file stay.

    A new one that is *private* is its owner's alone. One of many (not *alone*) replaces a link rather than the file
    behind it, and isn't synced. Whoever writes many calls `clear_leftovers` once.

    Raises:
        OutputError: *path* isn't a regular file, or can't be written.
    """
    target, found = Path(os.path.realpath(path)) if alone else path, 0
    try:
        with contextlib.suppress(FileNotFoundError):
            found = os.lstat(target).st_mode
        if alone:
            if found and not stat.S_ISREG(found):
                raise OutputError(f"can't write to {path}: it is not a regular file")
            clear_leftovers(target.parent, re.escape(_short(target.name)))
        # Until it is in place, nobody else may read what takes the place of a file that is its owner's alone.
        rights = stat.S_IMODE(found) & 0o777 if stat.S_ISREG(found) else None
        beside, held = _make(target, rights, private=private)
        try:
            yield beside
            if alone:
                os.fsync(held.fileno())
            if rights is not None:
                beside.chmod(rights)
            if not _HAS_LOCKS:
                held.close()
            beside.replace(target)
        finally:
            held.close()
            with contextlib.suppress(OSError):  # once it is in place there is none
                beside.unlink()
    except OSError as error:
        raise OutputError(f"can't write to {path}: {error.strerror}; nothing was changed") from None


def _make(target: Path, rights: int | None, *, private: bool) -> tuple[Path, FileIO]:
    """Make a part file that no other run can have, and hold it until it is put in place or dropped."""
    mode = 0o600 if private or rights is not None else 0o666
    for _ in range(_TRIES):
        # Process numbers are no names: containers that share a folder have the same ones.
        beside = target.parent / f".{_short(target.name)}.{os.urandom(8).hex()}.part"
        held = FileIO(beside, "x", opener=lambda path, flags: os.open(path, flags, mode))
        if _lock(held) and beside.exists():
            return beside, held
        held.close()  # another run took it for a leftover before it was locked
    raise BlockingIOError(0, "other runs keep removing its part files")


def clear_leftovers(folder: Path, names: str) -> None:
    """Remove from *folder* what killed runs left beside files with *names*, a pattern.

    What a run has locked stays. So does everything where there are no locks, since nothing tells them apart.
    """
    part = re.compile(rf"\.(?:{names})\.[0-9a-f]{{16}}\.part")
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if part.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_unless_locked(Path(entry.path))


def _lock(part: FileIO) -> bool:
    """Lock a part file until it is closed or its process ends; False if another run has locked it."""
    try:
        if _HAS_LOCKS:
            fcntl.flock(part.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # other errors are those of a file system without locks: nobody clears it either
        return not isinstance(error, BlockingIOError)
    return True


def _remove_unless_locked(path: Path) -> None:
    """Remove a part file; an OSError says that a run has it locked, or that nobody can tell."""
    if not _HAS_LOCKS:
        path.unlink()
        return
    with FileIO(path) as part:
        fcntl.flock(part.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        path.unlink()


def _short(name: str) -> str:
    """Return *name*, or a digest of it where a part file's name would become too long."""
    if len(os.fsencode(name)) <= _LONGEST:
        return name
    from hashlib import sha256

    return sha256(os.fsencode(name)).hexdigest()[:16]


class LoggedTreatment(NamedTuple):
    """One treatment of the log: its number, and the *options* it was logged with, by name.

    *key* belongs to no other treatment, on this machine or another. *person* is who was treated, if it is somebody else
    than the owner of the log.
    """

    id: int
    options: Mapping[str, Any]
    key: str
    person: str = ""


class Log:
    """What the log at *path* has of one *person*, by default its owner; nothing is created before the first write.

    Every method raises an InputError where the file can't be used.
    """

    def __init__(self, path: Path, person: str = "") -> None:
        self.path, self.person = path, person
        self._key = person.casefold()
        self._base: sqlite3.Connection | None = None

    def of(self, person: str) -> "Log":
        """Return what the same file has of *person*, within the same change."""
        log = Log(self.path, person)
        log._base = self._base
        return log

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Let all that is read and written inside be one change, kept whole or not at all; nobody writes between.

        Without it what somebody else adds after the reading would be lost by the writing.
        """
        with self._writing() as base:
            self._base = base
            try:
                yield
            finally:
                self._base = None

    def people(self) -> list[str]:
        """Return of whom anything is logged: the owner, as an empty name, and everybody else by name."""
        names = {key: key for key, _ in self._everything()}
        return sorted((names | {one.person.casefold(): one.person for one in self._everybodys()}).values())

    def treatments(self) -> list[LoggedTreatment]:
        """Return the logged treatments of the person in the order of their dates."""
        found = [one for one in self._everybodys() if one.person.casefold() == self._key]
        return sorted(found, key=lambda one: (one.options["date"], one.options.get("time", ""), one.id))

    def treatment(self, number: int) -> LoggedTreatment:
        """Return treatment *number*, whosever it is; raises where there is none."""
        for one in self._everybodys():
            if one.id == number:
                return one
        raise _unknown(number)

    def _everybodys(self) -> list[LoggedTreatment]:
        found = []
        for id_, text, key in self._rows("SELECT id, options, key FROM treatments"):
            options = self._checked(self._parse(text), "date", "tz")
            found.append(LoggedTreatment(id_, options, str(key), options.pop(_PERSON, "")))
        return found

    def lasting(self) -> dict[str, Any]:
        """Return the facts that hold for every treatment of the person."""
        return self._checked(dict(fact for person, fact in self._everything() if person == self._key))

    def _everything(self) -> Iterator[tuple[str, tuple[str, Any]]]:
        """Yield whose each lasting fact is, and what it says."""
        for whose, value in self._rows("SELECT name, value FROM lasting"):
            person, _, name = str(whose).rpartition("/")
            yield person, (name, self._parse(value))

    def add(self, options: Mapping[str, Any]) -> int:
        """Log a treatment and return its number; raises where this very treatment is logged already."""
        text = _dump(options, self.person)
        with self._writing() as base:
            row = base.execute("SELECT id FROM treatments WHERE options = ?", (text,)).fetchone()
            if row is not None:
                raise InputError(f"this very treatment is remembered already, as number {row[0]}; nothing was added")
            # A key needs to be random, and no more: the module `secrets` takes milliseconds of every start.
            new = (text, os.urandom(16).hex())
            return int(base.execute("INSERT INTO treatments (options, key) VALUES (?, ?)", new).lastrowid or 0)

    def replace(self, number: int, options: Mapping[str, Any]) -> None:
        """Change treatment *number* of the person; raises where there is none, or it would be the same as another."""
        text = _dump(options, self.person)
        with self._writing() as base:
            row = base.execute("SELECT id FROM treatments WHERE options = ? AND id != ?", (text, number)).fetchone()
            if row is not None:
                raise InputError(f"then it would be the same as number {row[0]}; nothing was changed")
            if base.execute("UPDATE treatments SET options = ? WHERE id = ?", (text, number)).rowcount == 0:
                raise _unknown(number)

    def remove(self, number: int) -> None:
        """Remove treatment *number*; raises where there is none."""
        with self._writing() as base:
            if base.execute("DELETE FROM treatments WHERE id = ?", (number,)).rowcount == 0:
                raise _unknown(number)

    def clear(self) -> None:
        """Remove every treatment and every lasting fact of the person."""
        if self.treatments() or self.lasting():
            with self.changing():
                for one in self.treatments():
                    self.remove(one.id)
                self.keep(dict.fromkeys(self.lasting()))

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Log lasting *facts*; None removes one."""
        with self._writing() as base:
            for name, value in facts.items():
                if value is None:
                    base.execute("DELETE FROM lasting WHERE name = ?", (self._whose(name),))
                else:
                    base.execute("INSERT OR REPLACE INTO lasting VALUES (?, ?)", (self._whose(name), json.dumps(value)))

    def _whose(self, name: str) -> str:
        return f"{self._key}/{name}" if self._key else name

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._base is not None:
            return self._base.execute(query).fetchall()
        try:
            exists = self.path.exists()
        except OSError as error:
            raise InputError(f"the log {self.path} can't be read: {error.strerror}") from None
        if not exists:
            return []
        with self._open() as base:
            return base.execute(query).fetchall() if self._is_begun(base) else []

    def _parse(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, TypeError, RecursionError):
            raise self._damaged("an entry can't be read") from None

    def _checked(self, options: Any, *needed: str) -> dict[str, Any]:
        """Return *options* if they are what the command line takes: a text each, or a list of them."""
        if not isinstance(options, dict) or not options.keys() >= set(needed):
            raise self._damaged("an entry isn't whole")
        for name, value in options.items():
            texts = value if name in SEVERAL else [value]
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise self._damaged(f"an entry can't have this for {name}")
        return options

    def _damaged(self, why: str) -> InputError:
        return InputError(
            f"the log {self.path} is damaged ({why}) and was left as it is; "
            "move it away to begin a new one, or use --no-log"
        )

    @contextlib.contextmanager
    def _writing(self) -> "Iterator[sqlite3.Connection]":
        if self._base is not None:
            yield self._base
            return
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made so that nobody else could ever read it.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise InputError(f"the log {self.path} can't be written: {error.strerror}") from None
        with self._open() as base, base:  # commits, or rolls back
            base.execute("BEGIN IMMEDIATE")
            if not self._is_begun(base):
                for table in _TABLES:
                    base.execute(table)
                base.execute(f"PRAGMA application_id = {_APPLICATION}")
                base.execute(f"PRAGMA user_version = {_VERSION}")
            found = base.execute("PRAGMA quick_check(1)").fetchone()
            if found != ("ok",):
                raise self._damaged(str(found[0]))
            yield base

    def _is_begun(self, base: "sqlite3.Connection") -> bool:
        """Report whether the file has a log in it; an empty file is one that isn't begun, anything else is refused."""
        application = base.execute("PRAGMA application_id").fetchone()[0]
        version = base.execute("PRAGMA user_version").fetchone()[0]
        parts = base.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'sqlite_sequence'"
        ).fetchall()
        if (application, version, parts) == (0, 0, []):
            return False
        if application != _APPLICATION:
            raise InputError(f"{self.path} is a database, but no log of needlecare; it was left as it is")
        if version > _VERSION:
            raise InputError(
                f"the log {self.path} was written by a newer needlecare (version {version}, this one knows "
                f"{_VERSION}) and was left as it is; update needlecare, or use --no-log"
            )
        # A view or a trigger would run for whoever wrote it.
        if sorted(parts) != sorted((table,) for table in _TABLES):
            raise self._damaged("its tables are not those of a log")
        return True

    @contextlib.contextmanager
    def _open(self) -> "Iterator[sqlite3.Connection]":
        import sqlite3

        base: sqlite3.Connection | None = None
        try:
            base = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
            # What is removed is written over.
            base.execute("PRAGMA secure_delete = ON")
            base.execute("PRAGMA trusted_schema = OFF")
            yield base
        except sqlite3.OperationalError as error:
            raise InputError(f"the log {self.path} can't be used: {error}") from None
        except UnicodeDecodeError:  # messages of SQLite may quote bytes that are no text
            raise self._damaged("its bytes are no text") from None
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from None
        finally:
            if base is not None:
                base.close()


def _unknown(number: int) -> InputError:
    return InputError(f"no treatment number {number} is remembered; `needlecare log list` shows them")


def _dump(options: Mapping[str, Any], person: str) -> str:
    whole = {**options, _PERSON: person} if person else options
    # A byte of the command line that was no text is logged as a question mark.
    return json.dumps(whole, sort_keys=True, ensure_ascii=False).encode(errors="replace").decode()


def open_log(person: str = "") -> Log | None:
    """Open what the log has of *person*; None where the environment switches it off (`NEEDLECARE_NO_LOG`)."""
    if os.environ.get("NEEDLECARE_NO_LOG"):
        return None
    if path := os.environ.get("NEEDLECARE_LOG"):
        return Log(Path(path), person)
    from platformdirs import user_data_path

    try:
        folder = user_data_path("needlecare", appauthor=False)
    except RuntimeError:
        raise InputError(
            "there is no home folder for the log; set HOME, or NEEDLECARE_LOG=FILE, or use --no-log"
        ) from None
    return Log(folder / "log.sqlite", person)
