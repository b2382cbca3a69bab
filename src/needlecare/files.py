"""Files that appear whole or not at all: written beside their place, and put there at the end."""

import contextlib
import os
import re
import stat
from pathlib import Path
from types import TracebackType

from needlecare.errors import OutputError

# Bytes that a name may have, and still leave room for what stands around it.
_LONGEST = 200


class Whole:
    """A file *beside* the one at *path*, which it replaces when all went well; the rights of what was there stay.

    One of many (not *alone*) takes the place of a link rather than of what it leads to, and isn't synced; who writes
    many clears away once what earlier runs have left.

    Raises:
        OutputError: there is something else than a file, or nothing can be written there.
    """

    def __init__(self, path: Path, *, alone: bool = True) -> None:
        self._path, self._alone = path, alone
        self._target = Path(os.path.realpath(path)) if alone else path
        try:
            self._mode = self._find_mode()
            name = _short(self._target.name)
            if alone:
                clear(self._target.parent, re.escape(name))
            # Another run that writes to the same place has a name of its own.
            self.beside = self._target.with_name(f".{name}.{os.getpid()}.part")
            self._make()
        except OSError as error:
            raise self.cannot(error) from None

    def _find_mode(self) -> int | None:
        try:
            found = os.lstat(self._target).st_mode
        except FileNotFoundError:
            return None
        if stat.S_ISREG(found):
            return stat.S_IMODE(found) & 0o777
        if self._alone:
            raise OutputError(f"can't write to {self._path}: it is not a regular file")
        return None

    def _make(self) -> None:
        # Nobody else may read what is written over a file that is its owner's alone.
        flags, mode = os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if self._mode is None else 0o600
        try:
            made = os.open(self.beside, flags, mode)
        except FileExistsError:  # left by a run of the same number
            self.beside.unlink()
            made = os.open(self.beside, flags, mode)
        os.close(made)

    def put(self) -> None:
        """Put what was written in its place."""
        try:
            if self._alone:
                written = os.open(self.beside, os.O_RDWR)
                try:
                    os.fsync(written)
                finally:
                    os.close(written)
            if self._mode is not None:
                self.beside.chmod(self._mode)
            self.beside.replace(self._target)
        except OSError as error:
            self.drop()
            raise self.cannot(error) from None

    def drop(self) -> None:
        """Leave what was there as it is."""
        with contextlib.suppress(OSError):
            self.beside.unlink()

    def cannot(self, error: OSError) -> OutputError:
        """Tell what *error* means to a person."""
        return OutputError(f"can't write to {self._path}: {error.strerror}; nothing was changed")

    def __enter__(self) -> Path:
        return self.beside

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.put()
            return
        self.drop()
        if isinstance(error, OSError):
            raise self.cannot(error) from None


def clear(folder: Path, names: str) -> None:
    """Remove from *folder* what runs that were killed have left beside files with *names*, a pattern."""
    left = re.compile(rf"\.(?:{names})(?:\.([1-9][0-9]{{0,8}}))?\.part")
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = left.fullmatch(entry.name)
            if found and not (found[1] and _is_running(int(found[1]))):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _is_running(process: int) -> bool:
    if os.name == "nt":  # where asking would end it, and what is in use can't be removed
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _short(name: str) -> str:
    """Give *name*, or something in its stead that is no longer than a name may be."""
    if len(os.fsencode(name)) <= _LONGEST:
        return name
    from hashlib import sha256

    return sha256(os.fsencode(name)).hexdigest()[:16]
