"""What a batch has to remember, kept on disk: ids seen in this input, and which client has which file in a folder."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from needlecare.batch.names import marked_stem, stem
from needlecare.errors import InputError, OutputError
from needlecare.whole import clear

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
        clear(path, rf".+\.{suffix}")

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
