"""What the program writes: answers and data to stdout, remarks and errors to stderr, files whole or not at all."""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from shutil import get_terminal_size, which
from typing import TYPE_CHECKING, Any, TextIO

from needlecare.errors import InputError, visible

if TYPE_CHECKING:
    from needlecare.views.sheet import Sheet

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


def complain(text: str) -> None:
    """Write an error or a remark to stderr; signs that nobody can see, or that a terminal would obey, are named."""
    for number, line in enumerate(text.splitlines() or [""]):
        lead = "needlecare: " if number == 0 else "  "
        with contextlib.suppress(AttributeError, OSError, ValueError):  # nobody hears it; the exit code remains
            _print(f"{lead}{visible(line)[:_LONGEST]}\n", sys.stderr)


def write_text(text: str, *, whole_lines: bool = False, pages: bool = False) -> None:
    """Write text for people to stdout, in its own encoding, without any sign that a terminal would obey.

    On a terminal, long lines break between words and continue under their text, unless *whole_lines* is set; in *pages*
    where it is longer than the screen.
    """
    from needlecare.views.phrases import harmless_lines

    text = harmless_lines(text)
    with delivering():
        if sys.stdout.isatty() and not whole_lines:
            from textwrap import wrap

            width = max(get_terminal_size().columns, _NARROWEST)
            lines: list[str] = []
            for line in text.splitlines():
                indent = " " * min(len(line) - len(line.lstrip(" -=")), _DEEPEST)
                short = len(line) <= width
                lines.extend([line] if short else wrap(line, width, subsequent_indent=indent, break_on_hyphens=False))
            text = "\n".join(lines) + "\n"
        if not (pages and _is_for_eyes(in_colour=False) and _paged(text)):
            _print(text, sys.stdout)


def write_lines(lines: Iterable[object]) -> None:
    """Write each of *lines* for people to stdout."""
    for line in lines:
        write_text(f"{line}\n")


def write_sheet(sheet: "Sheet", *, whole: bool, pages: bool = True) -> None:
    """Write *sheet* to stdout: in its colours on a terminal that shows them; the *whole* of it, piped, a line a row."""
    from needlecare.views import text

    if _is_for_eyes():
        _show(sheet, pages=pages and is_terminal(sys.stdout))
    elif is_terminal(sys.stdout):
        write_text(text.lay_out(sheet, get_terminal_size().columns), whole_lines=True, pages=pages)
    else:
        write_text(text.render_plain(sheet) if whole else text.lay_out(sheet), whole_lines=True)


def is_terminal(stream: TextIO | None) -> bool:
    """Report whether *stream* is a terminal; it is None where whoever started the program closed it."""
    return stream is not None and stream.isatty()


def _is_for_eyes(*, in_colour: bool = True) -> bool:
    """Return whether stdout shows layout, any character and, *in colour*, that too: a terminal, or what stands for one.

    NO_COLOR goes before FORCE_COLOR, as in the library that draws.
    """
    is_seen = is_terminal(sys.stdout) or bool(in_colour and sys.stdout and os.environ.get("FORCE_COLOR"))
    shows_all = is_seen and sys.stdout.encoding.lower().startswith("utf")
    return shows_all and not (in_colour and os.environ.get("NO_COLOR")) and os.environ.get("TERM", "") != "dumb"


def _show(sheet: "Sheet", *, pages: bool) -> None:
    """Write *sheet* to the terminal in its colours; in *pages* where it is longer than the screen."""
    from rich.console import Console
    from rich.segment import Segment, Segments

    from needlecare.views.text import draw

    # Where it goes on to another program, no other terminal of the process says how wide it may be.
    width = None if is_terminal(sys.stdout) else get_terminal_size().columns
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)
    lines = list(draw(sheet, console.width))
    styles = {style: console.get_style(style) if style else None for line in lines for _, style in line}
    drawn = Segments(
        segment
        for line in lines
        for segment in (*(Segment(text, styles[style]) for text, style in line), Segment.line())
    )
    with delivering():
        with console.capture() as captured:
            console.print(drawn, end="")
        if not (pages and _paged(captured.get())):
            console.print(drawn, end="")


def _paged(text: str) -> bool:
    """Show *text* in a pager where it is longer than the screen, unless that is switched off, or there is none."""
    import shlex
    import subprocess

    wanted = os.environ.get("NEEDLECARE_PAGER", os.environ.get("PAGER"))
    try:
        pager = ["less", "-FRX", r"-PSpace\: more, q\: done"] if wanted is None else shlex.split(wanted)
    except ValueError:  # a quotation mark that isn't closed
        return False
    is_long = text.count("\n") > max(get_terminal_size().lines, _AT_ONCE)
    if not (is_long and pager and which(pager[0])):
        return False
    # What runs is what the person's own environment names.
    subprocess.run(pager, input=text.encode(), check=False)  # noqa: S603
    return True


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


def _print(text: str, stream: TextIO) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAINER).encode(encoding, "replace").decode(encoding)
    stream.write(text)
    stream.flush()


def write_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write *text* to *path*, whole or not at all, *private* if it is new; an existing target must be a regular file.

    Raises:
        InputError: it is a path of another system.
        OutputError: it can't be written there.
    """
    refuse_windows_path(path)
    from needlecare.files import atomic_file

    with atomic_file(path, private=private) as beside:
        beside.write_bytes(text.encode(errors=_NO_TEXT))


def refuse_windows_path(path: Path) -> None:
    """Refuse backslashes between folders: anywhere but on Windows they make one file with an odd name."""
    if os.sep == "/" and "\\" in str(path):
        raise InputError(f"can't write to {path}: paths are written with / here, as in folder/plan.ics")
