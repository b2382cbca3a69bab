"""The calendar's own options of `plan`: how they are read, and what a file that follows an older one says."""

import stat
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from needlecare.errors import InputError

if TYPE_CHECKING:
    from needlecare.model.plan import Timeline
    from needlecare.views.ics.entry import Options
    from needlecare.views.ics.old import OldPlan

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
    remarks = filter(None, (_moved(timeline, old), _unsaid(timeline, old, discreet=options.discreet)))
    return ics.render(timeline, options, old), "\n".join(remarks)


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
    from needlecare.views.ics.entry import STYLES, Options

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
    from needlecare.views.ics.entry import LONGEST_LEAD

    if alarm is None:
        return timedelta()
    word = alarm.strip().lower()
    if word == "none":
        return None
    lead = parse_duration(word)
    if lead is None or lead.rough_length > LONGEST_LEAD:
        raise InputError(f"--alarm: `{alarm}` can't be; {_ALARM_HELP}, at most {LONGEST_LEAD.days} days before")
    return lead.rough_length


def read_plan(path: Path) -> "OldPlan":
    """Read an older file of ours.

    Raises:
        InputError: it can't be read, or isn't one.
    """
    from needlecare.views.ics.old import LARGEST_BYTES, read_old

    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path} is not a regular file; give the calendar that `plan -o` wrote")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}") from None
    return read_old(data, str(path))


def _moved(timeline: "Timeline", old: "OldPlan") -> str:
    from needlecare.views.phrases import say_date

    new = timeline.treatment.day
    if old.day is None or old.day == new:
        return ""
    year = old.day if old.day.year == new.year else None
    return f"moves the plan from {say_date(old.day, year)} to {say_date(new, year)}"


def _unsaid(timeline: "Timeline", old: "OldPlan", *, discreet: bool) -> str:
    """Name the options that the old file was made with and that are missing now, so that they can be typed."""
    from needlecare.rules.shipped import shipped_names
    from needlecare.views.ics.said import NO_FACTS, is_discreet, missing, to_words
    from needlecare.views.phrases import join_words, say_option

    lost = missing(old.said, timeline)
    if old.day != timeline.treatment.day:
        lost.pop("--seen", None)  # what was seen after another treatment says nothing of this one
    rules = lost.pop("--rules", "")
    if rules and rules in shipped_names():
        lost, rules = lost | {"--rules": rules}, ""
    # Where a set of one's own lies isn't kept, only what it is called.
    file = f"a file of the rule set {rules} (--rules FILE)" if rules else ""
    known = to_words({option: value for option, value in lost.items() if value}).replace("=", " ")
    if is_discreet(old.said) and not discreet:
        known = f"{known} --discreet".strip()
    unknown = [option for option, value in lost.items() if not value]
    hidden = join_words(one if one in NO_FACTS else say_option(one[2:], timeline.rule_set) for one in unknown)
    made_with = " and ".join(filter(None, (known, file, f"an answer to {hidden}" if hidden else "")))
    return f"the old file was made with {made_with}; say so again, or its entries change" if made_with else ""
