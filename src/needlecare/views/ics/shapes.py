"""Timeline → entries: the two shapes that a calendar can have."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time

from needlecare.model.plan import Day, Timeline
from needlecare.views.ics.entry import DAILY, Entry, Options, Timer, Words, on_days
from needlecare.views.ics.moments import Moments
from needlecare.views.ics.notes import Notes
from needlecare.views.ics.titles import hush_days


def entries(timeline: Timeline, options: Options, notes: Notes) -> list[Entry]:
    """Make the entries of *timeline*, in the order of time, each with a slot of its own."""
    moments = Moments(timeline, Timer(timeline.treatment.zone, options.lead), notes)
    made = [*moments.before(), *moments.lifts(), *moments.watches(), *moments.sessions()]
    runs = _runs(timeline.days)
    if options.style != DAILY:
        made.extend(moments.begins())
        runs = [[run[0]] for run in runs if run[0].number == 0]
    made.extend(
        on_days(
            f"day {run[0].number}",
            Words(notes.namer.day_title(run), hush_days(run[0].number, run[-1].number), notes.of_days(run)),
            (run[0].day, run[-1].day),
        )
        for run in runs
    )
    return list(_apart(sorted(made, key=_in_time)))


def _runs(days: Iterable[Day]) -> list[list[Day]]:
    """Fold runs of equal days: one ends where a list changes, something lifts, or the treatment comes."""
    runs: list[list[Day]] = []
    for day in days:
        if runs and not day.lifts and day.number != 0 and _lists(day) == _lists(runs[-1][0]):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [run for run in runs if run[0].number == 0 or any(_lists(run[0]))]


def _lists(day: Day) -> tuple[tuple[str, ...], ...]:
    return day.avoid, day.better_not, day.do, day.prepare, day.expect


def _in_time(entry: Entry) -> tuple[datetime, bool, str, str]:
    return instant(entry.start), isinstance(entry.start, datetime), entry.slot, entry.words.title


def instant(start: date) -> datetime:
    """Give something that days and instants can be sorted by."""
    return start if isinstance(start, datetime) else datetime.combine(start, time(0), UTC)


def _apart(made: Iterable[Entry]) -> Iterator[Entry]:
    """Tell slots apart by a number where they come more than once."""
    seen: dict[str, int] = {}
    for entry in made:
        seen[entry.slot] = seen.get(entry.slot, 0) + 1
        times = seen[entry.slot]
        yield entry if times == 1 else entry._replace(slot=f"{entry.slot} ({times})")
