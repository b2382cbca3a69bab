"""Files that appear whole or not at all: written beside their place, and put there at the end.

Owns part files and what becomes of them. Must not know what is written, or for whom.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from needlecare.errors import OutputError

# Windows neither removes nor moves a file that is open, and so needs no locks.
_HAS_LOCKS = os.name != "nt"
if _HAS_LOCKS:
    import fcntl

# Bytes that a name may have and still leave room for what a part file adds to it.
_LONGEST = 200
_TRIES = 10


@contextlib.contextmanager
def atomic_file(path: Path, *, alone: bool = True) -> Iterator[Path]:
    """Yield a part file beside the file at *path*, which it replaces when all went well; the rights of that file stay.

    One of many (not *alone*) replaces a link rather than the file behind it, and isn't synced. Whoever writes many
    calls `clear_leftovers` once.

    Raises:
        OutputError: *path* isn't a regular file, or can't be written.
    """
    target = Path(os.path.realpath(path)) if alone else path
    try:
        found = _find_mode(target)
        if alone:
            if found and not stat.S_ISREG(found):
                raise OutputError(f"can't write to {path}: it is not a regular file")
            clear_leftovers(target.parent, re.escape(_short(target.name)))
        rights = stat.S_IMODE(found) & 0o777 if stat.S_ISREG(found) else None
        with _replacing(target, rights, synced=alone) as beside:
            yield beside
    except OSError as error:
        raise OutputError(f"can't write to {path}: {error.strerror}; nothing was changed") from None


@contextlib.contextmanager
def _replacing(target: Path, rights: int | None, *, synced: bool) -> Iterator[Path]:
    """Yield a part file, and put it in place of *target* unless something fails."""
    # Nobody else may read what is written over a file that is its owner's alone.
    beside, held = _make(target.parent, _short(target.name), 0o666 if rights is None else 0o600)
    try:
        yield beside
        if synced:
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


def _find_mode(target: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return os.lstat(target).st_mode
    return 0


def _make(folder: Path, name: str, mode: int) -> tuple[Path, FileIO]:
    """Make a part file that no other run can have, and hold it until it is put in place or dropped."""
    for _ in range(_TRIES):
        # Process numbers are no names: containers that share a folder have the same ones.
        beside = folder / f".{name}.{os.urandom(8).hex()}.part"
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
