"""What a batch says on stderr while it runs: bad rows, and on a terminal how far it is."""

import os
import sys
import time
from typing import BinaryIO, TextIO

from needlecare.cli.output import complain

_SHOWN = 40
_WIDTH = 30
_EVERY_SECONDS = 0.2


def _is_terminal(stream: TextIO | None) -> bool:
    # None where whoever started the program closed it.
    return stream is not None and stream.isatty()


class Bar:
    """Says on stderr which rows are bad and, on a terminal, how far the batch is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._shown = _is_terminal(sys.stderr) and not _is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb"
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size if self._shown else 0
        self._began = self._said = time.monotonic()
        self._rows = 0

    def bad_row(self, line: int, client: str, problem: str) -> None:
        """Tell of a rejected row."""
        self.clear()
        named = f" ({client[:_SHOWN]}{'…' if len(client) > _SHOWN else ''})" if client else ""
        complain(f"line {line}{named}: {problem}")

    def progress(self, rows: int) -> None:
        """Show how many rows are done."""
        self._rows = rows
        now = time.monotonic()
        if not self._shown or now - self._said < _EVERY_SECONDS:
            return
        self._said = now
        drawn = ""
        if self._size:
            part = min(self._stream.tell() / self._size, 1.0)
            full = int(part * _WIDTH)
            drawn = f"{'█' * full}{'·' * (_WIDTH - full)} {part:4.0%}  "
        sys.stderr.write(f"\r\x1b[K{drawn}{rows:,} rows  {rows / (now - self._began):,.0f} a second")
        sys.stderr.flush()

    def stopped(self) -> None:
        """Tell where a folder stands whose batch was stopped."""
        self.clear()
        if self._rows:
            complain(f"stopped after {self._rows} rows; the files that are there are whole, and --resume goes on")

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
