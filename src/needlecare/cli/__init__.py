"""The command line: how a run starts, what it writes where, and how it ends. It must not decide about a treatment."""

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needlecare.errors import ExitCode, InputError, NeedlecareError, visible

if TYPE_CHECKING:
    from needlecare.views.sheet import Sheet

_WIDEST = "999"
# Messages quote what was typed, however long that was.
_LONGEST = 2000
# What becomes of bytes of the command line that were no text: a question mark.
_NO_TEXT = "replace"
# In less than this nothing can be read; indents beyond this leave no room.
_NARROWEST, _DEEPEST = 24, 8
# What `-o` calls standard output.
STDOUT = Path("-")
# So many lines are never too long for a screen.
_AT_ONCE = 70
# Stand-ins for consoles that can't show these.
_PLAINER = str.maketrans(
    {"·": "-", "–": "-", "−": "-", "—": "-", "…": "...", "“": '"', "”": '"', "’": "'", "\u202f": " ", "°": "degrees "}
)


def main(argv: list[str] | None = None) -> None:
    """Run the program and exit with its code; expected errors are plain lines on stderr."""
    _prepare()
    try:
        from needlecare.cli.app import app

        app(argv)
    except NeedlecareError as error:
        raise _failure(error.exit_code, str(error)) from None
    except SystemExit as left:
        # The reader has gone. Typer and Rich exit with 1 then, which means that the answer is no.
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        raise _failure(getattr(left.__context__.__context__, "exit_code", ExitCode.DONE)) from None
    except KeyboardInterrupt:
        raise SystemExit(ExitCode.INTERRUPTED) from None
    except OSError as error:  # not the program's fault: help on a full disk, a message to a closed stderr
        where = f": {error.filename}" if error.filename else ""
        raise _failure(ExitCode.BAD_INPUT, f"the system refuses: {error.strerror or error}{where}") from None
    except Exception as error:  # only a developer wants to see a traceback
        if os.environ.get("NEEDLECARE_DEBUG"):
            raise
        bug = f"something went wrong that should not ({type(error).__name__}: {error}); please report it"
        raise _failure(ExitCode.BUG, bug, "NEEDLECARE_DEBUG=1 shows where") from None


def _failure(code: ExitCode, *texts: str) -> SystemExit:
    for text in texts:
        complain(text)
    give_up_writing()
    return SystemExit(code)


def _prepare() -> None:
    """Buffer both streams, replace what the console can't show by a question mark, and limit its width."""
    # Rich draws as many columns as COLUMNS says, millions too.
    if len(os.environ.get("COLUMNS", "").lstrip("0")) > len(_WIDEST):
        os.environ["COLUMNS"] = _WIDEST
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if isinstance(stream.buffer, io.RawIOBase):
            # With PYTHONUNBUFFERED a write that the disk cuts short passes for a whole one; a buffer writes on.
            encoding, errors = stream.encoding, stream.errors
            stream = io.TextIOWrapper(io.BufferedWriter(stream.detach()), encoding, errors, line_buffering=True)
            setattr(sys, name, stream)
            # Python asks the original one how wide the terminal is, and that is detached now.
            setattr(sys, f"__{name}__", stream)
        if not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")


def complain(text: str) -> None:
    """Write an error or a remark to stderr; signs that nobody can see, or that a terminal would obey, are named."""
    for number, line in enumerate(text.splitlines() or [""]):
        lead = "needlecare: " if number == 0 else "  "
        with contextlib.suppress(OSError, ValueError):  # nobody hears it; the exit code remains
            _print(f"{lead}{visible(line)[:_LONGEST]}\n", sys.stderr)


def write_text(text: str, *, whole_lines: bool = False) -> None:
    """Write text for people to stdout, in its own encoding, without any sign that a terminal would obey.

    On a terminal, long lines break between words and continue under their text, unless *whole_lines* is set.
    """
    from needlecare.views.phrases import harmless_lines

    text = harmless_lines(text)
    with delivering():
        _print(_broken(text) if sys.stdout.isatty() and not whole_lines else text, sys.stdout)


def write_lines(lines: Iterable[object]) -> None:
    """Write each of *lines* for people to stdout."""
    for line in lines:
        write_text(f"{line}\n")


def write_sheet(sheet: "Sheet", *, whole: bool, pages: bool = True) -> None:
    """Write *sheet* to stdout: in its colours on a terminal that shows them; the *whole* of it, piped, a line a row."""
    if _is_for_eyes():
        _show(sheet, pages=whole and pages)
        return
    from needlecare.views import terminal, text

    is_listed = whole and not sys.stdout.isatty()
    write_text(text.render_plain(sheet) if is_listed else terminal.render(sheet), whole_lines=True)


def _is_for_eyes() -> bool:
    """Return whether stdout is a terminal that shows colour, layout, and any character."""
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    shows_all = sys.stdout.encoding.lower().startswith("utf")
    return shows_all and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") != "dumb"


def _show(sheet: "Sheet", *, pages: bool) -> None:
    """Write *sheet* to the terminal in its colours; in *pages* where it is longer than the screen."""
    from rich.console import Console
    from rich.segment import Segment, Segments

    from needlecare.views.terminal import draw

    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    lines = list(draw(sheet, console.width))
    styles = {style: console.get_style(style) if style else None for line in lines for _, style in line}
    drawn = Segments(
        segment
        for line in lines
        for segment in (*(Segment(text, styles[style]) for text, style in line), Segment.line())
    )
    pager = _pager() if pages and len(lines) > max(console.height, _AT_ONCE) else ()
    with delivering():
        if not pager:
            console.print(drawn, end="")
            return
        with console.capture() as captured:
            console.print(drawn, end="")
        import subprocess

        # What runs is what the person's own environment names.
        subprocess.run(pager, input=captured.get().encode(), check=False)  # noqa: S603


def _pager() -> list[str]:
    """Return the pager to run: none if it is switched off, or there is none."""
    import shlex
    from shutil import which

    wanted = os.environ.get("NEEDLECARE_PAGER", os.environ.get("PAGER"))
    command = ["less", "-FRX", r"-PSpace\: more, q\: done"] if wanted is None else shlex.split(wanted)
    return command if command and which(command[0]) else []


def _broken(text: str) -> str:
    from shutil import get_terminal_size
    from textwrap import wrap

    width = max(get_terminal_size().columns, _NARROWEST)
    lines: list[str] = []
    for line in text.splitlines():
        indent = " " * min(len(line) - len(line.lstrip(" -=")), _DEEPEST)
        short = len(line) <= width
        lines.extend([line] if short else wrap(line, width, subsequent_indent=indent, break_on_hyphens=False))
    return "\n".join(lines) + "\n"


def write_data(text: str) -> None:
    """Write data to stdout, always in UTF-8."""
    with delivering():
        sys.stdout.flush()
        binary = getattr(sys.stdout, "buffer", None)
        if binary is None:
            sys.stdout.write(text)
        else:
            binary.write(text.encode(errors=_NO_TEXT))
        sys.stdout.flush()


def write_json(record: Mapping[str, Any]) -> None:
    """Write *record* to stdout, with the version of our JSON."""
    from needlecare.views.json import SCHEMA_VERSION, write

    write_data(write({"schema_version": SCHEMA_VERSION, **record}))


@contextlib.contextmanager
def delivering() -> Iterator[None]:
    """Guard writes to stdout: a reader who has enough is no failure, a full disk is one.

    Raises:
        InputError: there is nowhere to write to.
    """
    if sys.stdout is None:
        raise InputError("can't write: there is no standard output")
    try:
        yield
    except BrokenPipeError:
        # Left to itself, Typer ends with 1, which means that the answer is no.
        give_up_writing()
        raise SystemExit(0) from None
    except OSError as error:
        give_up_writing()
        raise InputError(f"can't write to standard output: {error.strerror}") from None


def give_up_writing() -> None:
    """Discard what is still buffered: Python would try again, and complain, while it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except AttributeError:  # closed by whoever started the program
            continue


def _print(text: str, stream: object) -> None:
    if stream is None:  # closed by whoever started the program
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAINER).encode(encoding, "replace").decode(encoding)
    stream.write(text)  # type: ignore[attr-defined]
    stream.flush()  # type: ignore[attr-defined]


def write_file(path: Path, text: str) -> None:
    """Write *text* to *path*, whole or not at all; an existing target must be a regular file.

    Raises:
        InputError: it is a path of another system.
        OutputError: it can't be written there.
    """
    refuse_windows_path(path)
    from needlecare.files import atomic_file

    with atomic_file(path) as beside:
        beside.write_bytes(text.encode(errors=_NO_TEXT))


def refuse_windows_path(path: Path) -> None:
    """Refuse backslashes between folders: anywhere but on Windows they make one file with an odd name."""
    if os.sep == "/" and "\\" in str(path):
        raise InputError(f"can't write to {path}: paths are written with / here, as in folder/plan.ics")
