"""The command line: it reads arguments and the clock, calls, writes. It must not decide about a treatment."""

import io
import os
import sys

from needlecare.errors import ExitCode, NeedlecareError

_WIDEST = "999"


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
    from needlecare.cli.output import complain, give_up_writing

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
