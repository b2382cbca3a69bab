"""The file of rejected rows: what came in, with the reason beside it, to be mended and fed again."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from needlecare.batch.rows import Objects, Row, Table
from needlecare.errors import OutputError
from needlecare.views.formats import BYTE_ORDER_MARK
from needlecare.whole import Whole


class Rejects:
    """Collects rejected rows of *rows* in a file at *path*, which appears whole when all is done, if there are any."""

    def __init__(self, path: Path | None, rows: Table | Objects) -> None:
        self._path = path
        self._rows = rows
        self._file: Whole | None = None
        self._stream: TextIO | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def add(self, row: Row, problem: str) -> None:
        """Add *row*, which was rejected because of *problem*."""
        self.count += 1
        if self._path is None:
            return
        with self._telling():
            if self._stream is None:
                self._file = Whole(self._path)
                self._stream = self._file.beside.open("w", encoding="utf-8", errors="replace", newline="")
                header = self._rows.reject_header()
                self._stream.write(BYTE_ORDER_MARK + header if header else "")
            self._stream.write(self._rows.reject(row, problem))

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (OSError, OutputError) as error:
            told = self._file.cannot(error) if self._file and isinstance(error, OSError) else error
            raise OutputError(f"{told}; choose another place with --rejects") from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if kind is None and self._stream is not None:
            with self._telling(), self._file:
                self._stream.close()
            return
        self._file.drop()
        with contextlib.suppress(OSError):
            if self._stream is not None:
                self._stream.close()
