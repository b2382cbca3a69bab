"""`batch`: its options, its messages on stderr while it runs, and how it ends. Reads no row and makes no plan."""

import io
import math
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Self

import typer

from needlecare.cli import options
from needlecare.cli.completion import choice
from needlecare.cli.output import STDOUT, complain, delivering, is_terminal, refuse_windows_path
from needlecare.cli.settings import find_setting, style_named
from needlecare.errors import ExitCode, InputError, refuse
from needlecare.model.facts import FACTS, OPTIONS, Trait
from needlecare.views.formats import FORMATS, Format

if TYPE_CHECKING:
    from needlecare.batch.plans import Settings
    from needlecare.batch.run import Batch, Summary
    from needlecare.batch.table import Row

_LINE_SUFFIXES = (".jsonl", ".ndjson")
_MOST_JOBS = 64
# Words of columns that say which rows a list of appointments is about.
_CHOOSING = frozenset(("status", "state", "outcome", "attendance", "service", "services", "procedure", "type"))
# Parts of words in the name of a column that says of a person what a plan has to know.
_HEALTH = re.compile(r"allerg|condition|contraindic|disease|drug|health|history|illness|medica|medicine|pregnan")
_SHOWN = 40
# Rejected rows that are reported one by one.
_MOST_REPORTED = 100
_WIDTH = 30
_EVERY_SECONDS = 0.2


@partial(options.with_options, options=[one for one in OPTIONS.values() if Trait.UNLISTED not in one.traits])
def batch(
    defaults: dict[str, Any],
    *,
    source: Annotated[
        str, typer.Argument(metavar="FILE|-", help="CSV with a header, .xlsx or JSON Lines; - reads stdin.")
    ],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar='FIELD="COLUMN"', help='Where a field is: date="Treatment date" (repeat).'),
    ] = None,
    dates: Annotated[str | None, choice("dmy|mdy", "How dates that can be read two ways are meant.")] = None,
    format_: Annotated[
        str | None, choice("|".join(("jsonl", *Format)), "JSON Lines, or what the files of a folder are.", "--format")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A folder for one file a client, a .jsonl file, or - for standard output."),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows go; else beside FILE, as FILE.rejects.csv.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in the folder: rows that haven't changed are not done again.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=_MOST_JOBS, help="How many processes work.")] = 1,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="COLUMN=VALUE", help="Only these rows: Status=Done,Arrived, Service=~needling."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let others on this machine read new files; else they are yours alone.")
    ] = False,
    names: Annotated[str, choice("id|token", "token: files tell nobody whose they are; FOLDER.index.csv does.")] = "id",
    which: Annotated[
        str | None, choice("latest|each|refuse", "Of one client's several treatments; latest, unless from stdin.")
    ] = None,
    sheet: Annotated[
        str, typer.Option(metavar="NAME", help="Which sheet of a workbook; else the first that holds something.")
    ] = "",
    style: options.StyleOption = None,
    errors: Annotated[
        str, choice("reject|inline", "inline: put an error in the row's place, and end with 0.")
    ] = "reject",
    full_lines: Annotated[
        bool, typer.Option("--full-lines", help="Lines with rules, days, and what is null or empty.")
    ] = False,
) -> None:
    """Run a batch."""
    from needlecare.batch.plans import LATEST
    from needlecare.batch.run import Batch, run

    inline = errors == "inline"
    name, folder, lines = _choose_output(format_, None if output == STDOUT else output)
    no_date = f"--dates: `{dates}` can't be; it is dmy (20/11/2026) or mdy (11/20/2026)"
    counted = _choose_treatments(which, source)
    refuse(
        (dates not in (None, "dmy", "mdy"), no_date),
        (errors not in ("reject", "inline"), f"--errors: `{errors}` can't be; it is reject or inline"),
        (names not in ("id", "token"), f"--names: `{names}` can't be; it is id or token"),
        (names == "token" and not folder, "--names token is for the files of a folder; give it with -o"),
        (resume and not folder, "--resume goes on in a folder; give it with -o"),
        (style and name != Format.ICS, "--calendar-style is for calendars: --format ics"),
        (full_lines and folder, "--full-lines is for JSON Lines; it goes without -o FOLDER"),
        (inline and folder, "--errors inline puts errors among JSON Lines; it goes without -o FOLDER"),
    )
    settings = _read_settings(defaults)._replace(
        order=dates,
        format=name,
        style=style_named(style),
        full_lines=full_lines,
        inline=inline,
        resume=resume,
        which=counted,
    )
    rejects = _choose_rejects(source, rejects, lines, inline=inline)
    whole = Batch(settings, _all(map_), folder, lines, rejects, jobs, public, _all(only), names == "token", sheet)
    with _open(source, twice=counted == LATEST) as stream, Bar(stream, whole) as bar, _guard(whole):
        summary = run(whole, stream, bar.bad_row, bar.progress)
    _report_end(summary, whole)
    if summary.rejected and not inline:
        raise SystemExit(ExitCode.NO)


def _all(typed: list[str] | None) -> tuple[str, ...]:
    return tuple(typed or ())


def _guard(whole: "Batch") -> AbstractContextManager[None]:
    """Guard writes to standard output, where plans go there."""
    return nullcontext() if whole.folder or whole.lines else delivering()


def _read_settings(defaults: dict[str, Any]) -> "Settings":
    """Read the options of a treatment, which stand in for what rows leave empty."""
    from needlecare.batch.plans import Settings, read_texts
    from needlecare.rules.fields import FIELDS
    from needlecare.typed import is_relative, parse_date

    rules, tz = (defaults.pop(name, None) or find_setting(name) for name in ("rules", "tz"))
    now = defaults.pop("now", None) or None
    facts = options.fact_texts(defaults)
    for name in sorted(facts.keys() & FIELDS):
        raise InputError(f"--fact: {name} is no fact; it is a field of its own")
    fields = facts | options.without(defaults, (*FACTS, "fact"))
    zone = options.zone_called(tz)
    if is_relative(fields.get("date", "")):
        fields["date"] = parse_date(fields["date"], options.present(zone, now).date()).isoformat()
    # A word such as today in a row means nothing without --now: the same list makes the same plans every day.
    today = None if now is None else options.present(zone, now).date()
    texts = {name: found for name, value in fields.items() if (found := read_texts(name, value)) or name in facts}
    return Settings(rules=rules, tz=tz, today=today, defaults=texts)


def _choose_output(format_: str | None, path: Path | None) -> tuple[str, Path | None, Path | None]:
    """Return the format of plans, and the folder or the file of lines where they go; without either it is stdout."""
    from needlecare.batch.plans import LINES

    formats = (LINES, *FORMATS)
    if format_ not in (None, *formats):
        raise InputError(f"--format: there is no `{format_}`; it is one of {', '.join(formats)}")
    if path is None:
        if format_ not in (None, LINES):
            raise InputError(f"--format {format_} makes a file a client; say with -o in which folder")
        return LINES, None, None
    refuse_windows_path(path)
    if format_ == LINES or (format_ is None and path.suffix.lower() in _LINE_SUFFIXES):
        return LINES, None, path
    if format_ is None:
        raise InputError(f"-o {path}: which files are to be in it? Give --format {', '.join(FORMATS)}")
    return format_, path, None


def _choose_treatments(which: str | None, source: str) -> str:
    """Return which of a client's several treatments are planned: the latest, but of what is planned as it comes."""
    from needlecare.batch.plans import LATEST, REFUSE, WHICH

    if which not in (None, *WHICH):
        raise InputError(f"--which: `{which}` can't be; it is {', '.join(WHICH)}")
    return which or (REFUSE if source == "-" else LATEST)


def _choose_rejects(source: str, typed: Path | None, lines: Path | None, *, inline: bool) -> Path | None:
    """Return where rejected rows go: where neither the input nor the *lines* are."""
    rejects, read = typed, None if source == "-" else Path(source)
    if typed is not None:
        refuse_windows_path(typed)
    elif read is not None and read.name:
        suffix = read.suffix if read.suffix.lower() in (".json", *_LINE_SUFFIXES) else ".csv"
        rejects = read.with_name(f"{read.stem}.rejects{suffix}")
    for name, path in (("--rejects", typed), ("-o", lines)):
        if _is_same(path, read):
            raise InputError(f"{name} {path}: that is the input")
    if not inline and _is_same(rejects, lines):
        raise InputError(f"--rejects {rejects}: that is where the plans go")
    return rejects


def _is_same(path: Path | None, other: Path | None) -> bool:
    return path is not None and other is not None and realpath(path) == realpath(other)


def _open(source: str, *, twice: bool) -> BinaryIO:
    """Open the list, so that it can be read *twice* if it must be: of a pipe that is a copy of all that comes.

    A workbook is copied too: where its parts lie stands at its end.
    """
    from needlecare.batch.workbook import ZIPPED

    stream = _begin(source)
    if stream.seekable():
        return stream
    if not twice and not (isinstance(stream, io.BufferedReader) and stream.peek(len(ZIPPED)).startswith(ZIPPED)):
        return stream
    from shutil import copyfileobj
    from tempfile import TemporaryFile

    copied = TemporaryFile()  # noqa: SIM115  whoever asked for it closes it
    with stream:
        copyfileobj(stream, copied)
    copied.seek(0)
    return copied


def _begin(source: str) -> BinaryIO:
    if source == "-":
        if sys.stdin is None:
            raise InputError("can't read: there is no standard input")
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise InputError(f"can't read {source}: {error.strerror}") from None


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _remarks_around(summary: "Summary") -> Iterator[str]:
    """Say what stands around the rows of a list."""
    from needlecare.views.phrases import counted

    if len(summary.sheets) > 1:
        read, *others = (f"`{name}`" for name in summary.sheets)
        yield f"the sheet {read} was read, and --sheet NAME reads another: {', '.join(others)}"
    if summary.titles:
        yield f"the header stands below {counted(summary.titles, 'line')}, which {_is(summary.titles)} passed over"
    if summary.footers:
        lines = ", ".join(map(str, summary.footers))
        yield f"below the last row, and no row: line{'s'[: len(summary.footers) - 1]} {lines}"


def _remarks(summary: "Summary") -> Iterator[str]:
    """Say what was passed over of a list, and what of it may be wanted."""
    from needlecare.views.phrases import counted

    yield from _remarks_around(summary)
    if summary.passed and not (summary.made or summary.left or summary.rejected):
        yield f"no row is chosen, of {counted(summary.passed, 'row')}; see what stands in the column that --only names"
    if summary.ranges:
        yield f"of a range the stricter plan holds wherever it matters: {', '.join(summary.ranges)}"
    if summary.older:
        days = ", ".join(f"{client} on {day}" for client, day in summary.counted.items())
        rows = counted(summary.older, "row")
        yield f"{rows} passed over: of several treatments the last one counts ({days}); --which each plans them all"
    yield from _remarks_on_columns(summary.unused)
    if summary.unused:
        yield _name_unused(summary.unused)


def _remarks_on_columns(unused: Mapping[str, str | None]) -> Iterator[str]:
    """Say which columns that aren't used could change a plan, or whether there is to be one."""
    from needlecare.rules.clinic import plain

    if health := [name for name in unused if _HEALTH.search(name.casefold())]:
        way = f"--map {unused[health[0]] or 'condition'}={_typed(health[0])}"
        yield f"a STOP may be missing: no plan knows what stands in {_quoted(health)}; read such a column with {way}"
    choosing = (name for name, field in unused.items() if not field and _CHOOSING.intersection(plain(name).split()))
    if telling := [*choosing]:
        chosen = _typed(f"{telling[0]}=VALUE,VALUE")
        yield f"every row counts, whatever stands in {_quoted(telling)}; choose with --only {chosen}"


def _quoted(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _typed(text: str) -> str:
    """Return *text* of a list in quotes, as it can be typed: no shell evaluates anything of it."""
    import shlex

    return f'"{text}"' if {*'$`"\\!'}.isdisjoint(text) else shlex.quote(text)


def _name_unused(unused: Mapping[str, str | None]) -> str:
    from needlecare.views.phrases import led

    hints = " ".join(f"--map {field}={_typed(name)}" for name, field in unused.items() if field)
    return f"not used: the columns {', '.join(f'`{name}`' for name in unused)}{led('; perhaps you want ', hints)}"


def _report_end(summary: "Summary", whole: "Batch") -> None:
    from needlecare.views.phrases import counted

    for text in _remarks(summary):
        complain(text)
    parts = [counted(summary.made, "plan")]
    if summary.left:
        parts.append(
            f"{counted(summary.left, 'file')} left as {'it' if summary.left == 1 else 'they'} {_is(summary.left)}"
        )
    if summary.passed:
        parts.append(f"{counted(summary.passed, 'row')} passed over by {'--only' if whole.only else 'the rule set'}")
    if summary.rejected:
        mend = "" if whole.settings.inline or whole.rejects is None else f": mend {whole.rejects} and feed it again"
        parts.append(f"{counted(summary.rejected, 'row')} rejected{mend}")
    complain(", ".join(parts))


class Bar:
    """Reports on stderr which rows are bad and, on a terminal, how far the batch is."""

    def __init__(self, stream: BinaryIO, whole: "Batch") -> None:
        self._resumable = whole.folder is not None
        # Where the rejects keep every reason, a few of them are enough.
        self._most = _MOST_REPORTED if whole.rejects else math.inf
        self._bad = 0
        self._shown = is_terminal(sys.stderr) and not is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb"
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size if self._shown else 0
        self._began = self._drawn = time.monotonic()
        self._rows = 0

    def bad_row(self, row: "Row", problem: str) -> None:
        """Report a rejected row, if it is one of the first."""
        self._bad += 1
        if self._bad > self._most:
            return
        self.clear()
        named = f" ({row.client[:_SHOWN]}{'…' if len(row.client) > _SHOWN else ''})" if row.client else ""
        complain(f"line {row.line}{named}: {problem}")
        if self._bad == self._most:
            complain("further rows like these are only written to the file of rejects")

    def progress(self, rows: int) -> None:
        """Show how many rows are done."""
        self._rows = rows
        now = time.monotonic()
        if not self._shown or now - self._drawn < _EVERY_SECONDS:
            return
        self._drawn = now
        bar = ""
        if self._size:
            part = min(self._stream.tell() / self._size, 1.0)
            full = int(part * _WIDTH)
            bar = f"{'█' * full}{'·' * (_WIDTH - full)} {part:4.0%}  "
        sys.stderr.write(f"\r\x1b[K{bar}{rows:,} rows  {rows / (now - self._began):,.0f} a second")
        sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.clear()
        if self._resumable and self._rows and kind in (KeyboardInterrupt, SystemExit):
            complain(f"stopped after {self._rows} rows; the files that are there are whole, and --resume goes on")

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
