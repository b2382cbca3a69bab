"""The file of rejected rows: what came in, with the reason beside it, to be mended and fed again."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from needlecare.batch.rows import Objects, Row, Table
from needlecare.errors import OutputError
from needlecare.views.formats import BYTE_ORDER_MARK


class Rejects:
    """Collects rejected rows of *rows* in a file at *path*, which appears whole when all is done, if there are any."""

    def __init__(self, path: Path | None, rows: Table | Objects) -> None:
        self._path = path
        self._rows = rows
        self._stream: TextIO | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def add(self, row: Row, problem: str) -> None:
        """Add *row*, which was rejected because of *problem*."""
        self.count += 1
        if self._path is None:
            return
        try:
            if self._stream is None:
                self._beside.unlink(missing_ok=True)
                self._stream = self._beside.open("x", encoding="utf-8", errors="surrogatepass", newline="")
                header = self._rows.reject_header()
                self._stream.write(BYTE_ORDER_MARK + header if header else "")
            self._stream.write(self._rows.reject(row, problem))
        except OSError as error:
            raise self._cannot(error) from None

    def _cannot(self, error: OSError) -> OutputError:
        return OutputError(f"can't write {self._path}: {error.strerror}; choose another place with --rejects")

    @property
    def _beside(self) -> Path:
        path = self._path or Path()
        return path.with_name(f".{path.name}.part")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is None or self._path is None:
            return
        try:
            self._stream.close()
            if kind is None:
                self._beside.replace(self._path)
        except OSError as reason:
            if kind is None:
                raise self._cannot(reason) from None
        finally:
            with contextlib.suppress(OSError):
                self._beside.unlink(missing_ok=True)
