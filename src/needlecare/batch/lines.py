"""Bytes → numbered lines of text, whatever program wrote them."""

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import AnyStr, BinaryIO

from needlecare.errors import InputError

# Bytes kept of a line; in characters that is at least `TOO_LONG`, which no row may reach.
_LONGEST = 1 << 20
TOO_LONG = _LONGEST // 4
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"


class Lines:
    """Lines with their numbers; some that were taken can be put back. *number* is that of the line given last."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        """Give *lines* once more."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def decode_lines(stream: BinaryIO) -> Iterator[str]:
    """Decode line by line, so that nothing has to be read ahead: UTF-8, and where a line isn't, Windows-1252.

    A file that says by its first bytes that it is UTF-16 is read so. Of an endless line only the beginning is kept.

    Raises:
        InputError: the input can't be read on.
    """
    try:
        first = stream.readline(_LONGEST)
        if first.startswith(_UTF16):
            whole = io.BufferedReader(_Joined(first, stream))
            text = io.TextIOWrapper(whole, encoding="utf-16", errors="replace", newline="")
            yield from _cut(text.readline(_LONGEST), text.readline, "\n")
        elif b"\r" in first and b"\n" not in first:
            # As old Macs ended their lines, and spreadsheets still can; latin-1 gives every byte back as it was.
            whole = io.BufferedReader(_Joined(first.removeprefix(_UTF8_MARK), stream))
            text = io.TextIOWrapper(whole, encoding="latin-1", newline="")
            yield from (_decode(line.encode("latin-1")) for line in _cut(text.readline(_LONGEST), text.readline, "\r"))
        else:
            yield from map(_decode, _cut(first.removeprefix(_UTF8_MARK), stream.readline, b"\n"))
    except OSError as error:
        raise InputError(f"can't read the input: {error.strerror}") from None


def _cut(line: AnyStr, read: Callable[[int], AnyStr], end: AnyStr) -> Iterator[AnyStr]:
    """Give *line* and those that follow; what is too much of one is read and forgotten."""
    while line:
        yield line
        while len(line) >= _LONGEST and not line.endswith(end):
            line = read(_LONGEST)
        line = read(_LONGEST)


def _decode(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


class _Joined(io.RawIOBase):
    """What was read already, followed by the rest of a stream."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any buffer will do
        data = self._first[: len(buffer)] or self._rest.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
