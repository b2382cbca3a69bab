"""What is remembered of a person's treatments: one SQLite file on their machine, readable by its owner alone."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from needlecare.errors import InputError
from needlecare.options import SEVERAL

if TYPE_CHECKING:
    import sqlite3

# “ncar”: tells our file from any other database.
_APPLICATION = 0x6E636172
_VERSION = 1
# Writers wait for each other; forty at once take a few seconds on a slow disk.
_PATIENCE = 60.0
_TABLES = (
    "CREATE TABLE treatments (id INTEGER PRIMARY KEY AUTOINCREMENT, said TEXT NOT NULL UNIQUE, key TEXT NOT NULL)",
    "CREATE TABLE lasting (name TEXT PRIMARY KEY, said TEXT NOT NULL)",
)


class Entry(NamedTuple):
    """One remembered treatment: what was *said* of it, by the names of the options.

    *key* tells it from every other treatment, also on other machines.
    """

    id: int
    said: Mapping[str, Any]
    key: str


class Log:
    """The log at *path*; nothing is created before the first write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """Give every remembered treatment, in the order of their dates."""
        with self._reading() as base:
            rows = base.execute("SELECT id, said, key FROM treatments").fetchall() if base else []
        entries = [Entry(int(id_), self._load(said), str(key)) for id_, said, key in rows]
        for entry in entries:
            self._check_said(entry.said, "date", "tz")
        return sorted(entries, key=lambda one: (str(one.said.get("date")), str(one.said.get("time") or ""), one.id))

    def lasting(self) -> dict[str, Any]:
        """Give the facts that hold for every treatment."""
        with self._reading() as base:
            rows = base.execute("SELECT name, said FROM lasting").fetchall() if base else []
        lasting = {str(name): self._load(said) for name, said in rows}
        self._check_said(lasting)
        return lasting

    def add(self, said: Mapping[str, Any]) -> int:
        """Remember a treatment and give its number.

        Raises:
            InputError: this very treatment is remembered already.
        """
        text = _dump(said)
        with self._writing() as base:
            row = base.execute("SELECT id FROM treatments WHERE said = ?", (text,)).fetchone()
            if row is not None:
                raise InputError(f"this very treatment is remembered already, as number {row[0]}; nothing was added")
            return int(
                base.execute("INSERT INTO treatments (said, key) VALUES (?, ?)", (text, os.urandom(16).hex())).lastrowid
                or 0
            )

    def replace(self, number: int, said: Mapping[str, Any]) -> None:
        """Change what is remembered of treatment *number*; raises as `add` does, or where there is none."""
        text = _dump(said)
        with self._writing() as base:
            row = base.execute("SELECT id FROM treatments WHERE said = ? AND id != ?", (text, number)).fetchone()
            if row is not None:
                raise InputError(f"then it would be the same as number {row[0]}; nothing was changed")
            if base.execute("UPDATE treatments SET said = ? WHERE id = ?", (text, number)).rowcount == 0:
                raise InputError(self._no_such(number))

    def remove(self, number: int) -> None:
        """Forget treatment *number*; raises where there is none."""
        with self._writing() as base:
            if base.execute("DELETE FROM treatments WHERE id = ?", (number,)).rowcount == 0:
                raise InputError(self._no_such(number))

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Remember lasting *facts*; None forgets one."""
        with self._writing() as base:
            for name, said in facts.items():
                if said is None:
                    base.execute("DELETE FROM lasting WHERE name = ?", (name,))
                else:
                    base.execute("INSERT OR REPLACE INTO lasting VALUES (?, ?)", (name, json.dumps(said)))

    def get(self, number: int) -> Entry:
        """Give treatment *number*; raises where there is none."""
        for entry in self.entries():
            if entry.id == number:
                return entry
        raise InputError(self._no_such(number))

    def _no_such(self, number: int) -> str:
        return f"no treatment number {number} is remembered; `needlecare log list` shows them"

    def _load(self, said: str) -> Any:
        try:
            return json.loads(said)
        except (ValueError, TypeError, RecursionError):
            raise InputError(self._damaged("an entry can't be read")) from None

    def _check_said(self, said: object, *needed: str) -> None:
        """Check that what was *said* is what options take: a text each, or a list of them."""
        whole = isinstance(said, dict) and all(
            isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
            for value in said.values()
        )
        if not isinstance(said, dict) or not whole or not all(isinstance(said.get(name), str) for name in needed):
            raise InputError(self._damaged("an entry isn't whole"))
        for name, value in said.items():
            if isinstance(value, list) != (name in SEVERAL):
                raise InputError(self._damaged(f"an entry can't have this for {name}"))

    def _damaged(self, why: str) -> str:
        return (
            f"the log {self.path} is damaged ({why}) and was left as it is; "
            "move it away to begin a new one, or use --no-log"
        )

    @contextmanager
    def _reading(self) -> "Iterator[sqlite3.Connection | None]":
        try:
            there = self.path.exists()
        except OSError as error:
            raise InputError(f"the log {self.path} can't be read: {error.strerror}") from None
        if not there:
            yield None
            return
        with self._open() as base:
            yield base if self._is_ready(base) else None

    @contextmanager
    def _writing(self) -> "Iterator[sqlite3.Connection]":
        self._create()
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            try:
                if not self._is_ready(base):
                    for table in _TABLES:
                        base.execute(table)
                    base.execute(f"PRAGMA application_id = {_APPLICATION}")
                    base.execute(f"PRAGMA user_version = {_VERSION}")
                self._check(base)
                yield base
            except BaseException:
                with contextlib.suppress(Exception):
                    base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")

    def _check(self, base: "sqlite3.Connection") -> None:
        found = base.execute("PRAGMA quick_check(1)").fetchone()
        if found != ("ok",):
            raise InputError(self._damaged(str(found[0])))

    def _is_ready(self, base: "sqlite3.Connection") -> bool:
        """Tell whether the file holds a log; an empty one doesn't yet, and anything else is refused."""
        application = base.execute("PRAGMA application_id").fetchone()[0]
        version = base.execute("PRAGMA user_version").fetchone()[0]
        tables = base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if (application, version, tables) == (0, 0, 0):
            return False
        if application != _APPLICATION:
            raise InputError(f"{self.path} is a database, but no log of needlecare; it was left as it is")
        if version > _VERSION:
            raise InputError(
                f"the log {self.path} was written by a newer needlecare (version {version}, this one knows "
                f"{_VERSION}) and was left as it is; update needlecare, or use --no-log"
            )
        return True

    def _create(self) -> None:
        """Make the file, so that nobody else could ever read it."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise InputError(f"the log {self.path} can't be written: {error.strerror}") from None

    @contextmanager
    def _open(self) -> "Iterator[sqlite3.Connection]":
        import sqlite3

        base: sqlite3.Connection | None = None
        try:
            base = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
            yield base
        except sqlite3.OperationalError as error:
            raise InputError(f"the log {self.path} can't be used: {error}") from None
        except (sqlite3.Error, UnicodeDecodeError) as error:  # its own messages may quote bytes that are no text
            why = "its bytes are no text" if isinstance(error, UnicodeDecodeError) else str(error)
            raise InputError(self._damaged(why)) from None
        finally:
            if base is not None:
                base.close()


def _dump(said: Mapping[str, Any]) -> str:
    # A byte of the command line that was no text is remembered as a question mark.
    return json.dumps(said, sort_keys=True, ensure_ascii=False).encode(errors="replace").decode()


def open_log() -> Log | None:
    """Open the log where it belongs; None where the environment switches it off (`NEEDLECARE_NO_LOG`)."""
    if os.environ.get("NEEDLECARE_NO_LOG"):
        return None
    if given := os.environ.get("NEEDLECARE_LOG"):
        return Log(Path(given))
    from platformdirs import user_data_path

    try:
        folder = user_data_path("needlecare", appauthor=False)
    except RuntimeError:
        raise InputError(
            "there is no home folder for the log; set HOME, or NEEDLECARE_LOG=FILE, or use --no-log"
        ) from None
    return Log(folder / "log.sqlite")
