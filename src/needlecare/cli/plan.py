"""`plan`: choose the view, write it where it belongs."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from needlecare.cli.output import complain, delivering, write_data, write_file, write_text
from needlecare.cli.request import Request
from needlecare.errors import InputError
from needlecare.model.plan import Timeline
from needlecare.timeline import build_timeline
from needlecare.views.formats import FORMATS, for_file, render

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
        from needlecare.cli.calendar import CalendarOptions, render_calendar

        options = CalendarOptions(*calendar)
        # A remembered treatment keeps its entries, whatever date it moves to.
        options = options if options.name else options._replace(name=request.name or options.name)
        text, remark = render_calendar(timeline, options)
    elif chosen == "text":
        from needlecare.views import plain as plain_text

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
    from needlecare.cli.calendar import CalendarOptions, render_cancel

    text = render_cancel(CalendarOptions(*calendar))
    for name in (name for name, typed in idle.items() if typed not in (None, False, [])):
        raise InputError(f"--{name.rstrip('_').replace('_', '-')} means nothing with --cancel; leave it out")
    _write(text, "ics", output)


def _write(text: str, chosen: str, output: Path | None, timeline: Timeline | None = None) -> None:
    if output is not None:
        write_file(output, for_file(text, chosen))
        # Scripts want it quiet; a person wants to know that it worked.
        if sys.stderr is not None and sys.stderr.isatty():
            from needlecare.cli.written import say_written

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
