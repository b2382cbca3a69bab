"""`plan`: choose the view, write it where it belongs."""

import csv
import io
import os
import re
import stat
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from needlecare.cli.options import Request
from needlecare.cli.output import complain, delivering, write_data, write_file, write_text
from needlecare.errors import InputError
from needlecare.model.plan import Timeline
from needlecare.timeline.build import build_timeline
from needlecare.views.formats import FORMATS, for_file, render
from needlecare.views.phrases import say_day

if TYPE_CHECKING:
    from needlecare.model.plan import Timeline
    from needlecare.views.calendar import Options
    from needlecare.views.ics_old import FilePlan


# What was typed about the calendar: the fields of CalendarOptions, which other formats needn't import.
Calendar = tuple[str | None, str | None, bool, str | None, Path | None, Path | None]
# What an option about the view can be honoured by; where it can't, it is refused rather than ignored.
_HONOURED = {
    "--plain": ("text",),
    "--sources": ("text", "html", "md"),
}


def show_plan(
    request: Request,
    *,
    format_: str | None,
    output: Path | None,
    days: int | None,
    plain: bool,
    sources: bool,
    calendar: Calendar,
) -> None:
    """Build the timeline and write it to *output*, else to stdout."""
    chosen = _choose(format_, output)
    if any(one not in (None, False) for one in calendar) and chosen != "ics":
        raise InputError("the calendar's options need a calendar: -o aftercare.ics, or --format ics")
    _refuse_idle({"--plain": plain, "--sources": sources}, chosen)
    timeline = build_timeline(request.rule_set, request.treatment, request.facts, days=days)
    if chosen == "text" and output is None and not plain and _is_for_eyes():
        _draw(timeline, sources=sources)
        return
    if chosen == "ics":
        options = CalendarOptions(*calendar)
        # A remembered treatment keeps its entries, whatever date it moves to.
        options = options if options.name else options._replace(name=request.name or options.name)
        text, remark = render_calendar(timeline, options)
    elif chosen == "text":
        from needlecare.views import text as plain_text

        text, remark = plain_text.render(timeline, sources=sources), ""
    else:
        text, remark = render(timeline, chosen), ""
    _write(text, chosen, output, timeline)
    if remark:
        complain(remark)


def call_off(calendar: Calendar, idle: Mapping[str, object], *, format_: str | None, output: Path | None) -> None:
    """Write the calendar that calls an older one off; no treatment is needed. What is *idle* must not be typed."""
    if _choose(format_ or (None if output else "ics"), output) != "ics":
        raise InputError("--cancel writes a calendar: -o cancelled.ics, or --format ics")

    text = render_cancel(CalendarOptions(*calendar))
    for name in (name for name, typed in idle.items() if typed not in (None, False, [])):
        raise InputError(f"--{name.rstrip('_').replace('_', '-')} means nothing with --cancel; leave it out")
    _write(text, "ics", output)


def _write(text: str, chosen: str, output: Path | None, timeline: Timeline | None = None) -> None:
    if output is not None:
        write_file(output, for_file(text, chosen))
        # Scripts want it quiet; a person wants to know that it worked.
        if sys.stderr is not None and sys.stderr.isatty():
            complain(say_written(output, text, chosen, timeline))
    elif chosen == "text":
        write_text(text, whole_lines=True)
    else:
        write_data(text)


def _refuse_idle(typed: dict[str, bool], chosen: str) -> None:
    for option, formats in _HONOURED.items():
        if typed[option] and chosen not in formats:
            raise InputError(
                f"{option} means nothing for {chosen}; leave it out, or take --format {', '.join(formats)}"
            )


def _choose(format_: str | None, output: Path | None) -> str:
    if format_ is not None:
        if format_ not in FORMATS:
            raise InputError(f"--format: there is no `{format_}`; it is one of {', '.join(FORMATS)}")
        return format_
    if output is None:
        return "text"
    suffixes = {suffix: name for name, of_format in FORMATS.items() for suffix in of_format}
    if output.suffix.lower() not in suffixes:
        known = ", ".join(sorted(suffixes))
        raise InputError(f"-o {output}: the name tells no format; end it in {known}, or give --format")
    return suffixes[output.suffix.lower()]


def _is_for_eyes() -> bool:
    """Tell whether stdout is a terminal that shows colour, layout, and any character."""
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    shows_all = sys.stdout.encoding.lower().startswith("utf")
    return shows_all and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") != "dumb"


def _draw(timeline: Timeline, *, sources: bool) -> None:
    from rich.console import Console

    from needlecare.views.terminal import View

    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    with delivering():
        console.print(View(timeline, sources=sources))


_ALARM_HELP = "write it as none, 0min, 30min, 2h or 1d"


class CalendarOptions(NamedTuple):
    """What was typed about the calendar."""

    style: str | None = None
    alarm: str | None = None
    discreet: bool = False
    name: str | None = None
    replaces: Path | None = None
    cancel: Path | None = None


def render_calendar(timeline: "Timeline", typed: CalendarOptions) -> tuple[str, str]:
    """Render *timeline*; with it comes what is to be said once it is written: what has changed."""
    from needlecare.views import ics

    options = read_options(typed)
    if typed.replaces is None:
        return ics.render(timeline, options), ""
    old = read_plan(typed.replaces)
    return ics.render(timeline, options, old), _moved(timeline, old)


def render_cancel(typed: CalendarOptions) -> str:
    """Render the file that calls an older one off."""
    from needlecare.views import ics

    if typed.replaces is not None:
        raise InputError("--replaces and --cancel exclude each other: one goes on with a plan, one ends it")
    if typed.cancel is None:
        raise InputError("--cancel needs the file to call off")
    return ics.cancel(read_plan(typed.cancel), read_options(typed))


def read_options(typed: CalendarOptions) -> "Options":
    """Check what was typed.

    Raises:
        InputError: a style or an alarm that there isn't, or an empty id.
    """
    from needlecare.views.calendar import STYLES, Options

    style = typed.style or STYLES[0]
    if style not in STYLES:
        raise InputError(f"--calendar-style: there is no `{style}`; it is one of {', '.join(STYLES)}")
    name = (typed.name or "").strip()
    if typed.name is not None and not name:
        raise InputError("--id is empty; give any text that tells this person from others")
    return Options(style, _lead(typed.alarm), typed.discreet, name)


def _lead(alarm: str | None) -> timedelta | None:
    """Read how long before a moment to ring: at it by default, None for never."""
    from needlecare.model.time import parse_duration
    from needlecare.views.calendar import LONGEST_LEAD

    if alarm is None:
        return timedelta()
    word = alarm.strip().lower()
    if word == "none":
        return None
    lead = parse_duration(word)
    if lead is None or lead.rough_length > LONGEST_LEAD:
        raise InputError(f"--alarm: `{alarm}` can't be; {_ALARM_HELP}, at most {LONGEST_LEAD.days} days before")
    return lead.rough_length


def read_plan(path: Path) -> "FilePlan":
    """Read an older file of ours.

    Raises:
        InputError: it can't be read, or isn't one.
    """
    from needlecare.views.ics_old import LARGEST_BYTES, read_old

    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path} is not a regular file; give the calendar that `plan -o` wrote")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}") from None
    return read_old(data, str(path))


def _moved(timeline: "Timeline", old: "FilePlan") -> str:
    from needlecare.views.phrases import say_date

    new = timeline.treatment.day
    if old.day is None or old.day == new:
        return ""
    year = old.day if old.day.year == new.year else None
    return f"moves the plan from {say_date(old.day, year)} to {say_date(new, year)}"


_STARTS = re.compile(r"^DTSTART[^:\r\n]*:(\d{8})", re.MULTILINE)


def say_written(path: Path, text: str, chosen: str, timeline: Timeline | None) -> str:
    """Say what *text*, written to *path* in the format *chosen*, holds; without *timeline* it calls a calendar off."""
    if chosen == "ics":
        days = sorted(map(date.fromisoformat, _STARTS.findall(text)))
        held = _counted(text.count("BEGIN:VEVENT"), "event")
        held = held if timeline else f"{held} called off"
    elif chosen == "csv":
        days, held = [], _counted(sum(1 for _ in csv.reader(io.StringIO(text))) - 1, "row")
    else:
        days, held = [day.day for day in timeline.days] if timeline else [], "the plan"
    span = f", {_said(days[0])} to {_said(days[-1])}" if days else ""
    return f"{path}: {held}{span}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _said(day: date) -> str:
    return f"{say_day(day)} {day.year}"
