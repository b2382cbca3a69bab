"""The plan as a calendar file: timeline → entries → file. What it says comes from the timeline alone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from needlecare.errors import InputError
from needlecare.model.plan import Timeline
from needlecare.views.ics.entry import Options
from needlecare.views.ics.identity import dated_plan, event_uid, named_plan
from needlecare.views.ics.notes import Notes
from needlecare.views.ics.said import said_of, to_words
from needlecare.views.ics.shapes import entries, instant
from needlecare.views.ics.write import Heading, Made, to_text
from needlecare.views.phrases import NO_ADVICE

__all__ = ["Options", "cancel", "render"]

if TYPE_CHECKING:
    from needlecare.views.ics.old import OldEvent, OldPlan

_CATEGORY = "Aftercare"
_HUSH_NAME, _HUSH_TEXT = "Reminders", "Open an entry to read what it is about."
_MIDNIGHT = time(0, tzinfo=UTC)


def render(timeline: Timeline, options: Options | None = None, old: "OldPlan | None" = None) -> str:
    """Render *timeline*; importing the file updates what *old* put into the calendar, and cancels what fell away.

    Raises:
        InputError: *old* is the plan of somebody else.
    """
    options = options or Options()
    plan = _plan(timeline, options) if old is None else _taken_over(old, options)
    notes = Notes(timeline)
    sequence = old.next_sequence if old else 0
    stamp = _released(timeline) + timedelta(seconds=sequence)
    category = "" if options.discreet else _CATEGORY
    made = []
    for slot, words, start, end, rings in entries(timeline, options, notes):
        title = words.hush if options.discreet else words.title
        made.append(Made(event_uid(plan, slot), sequence, stamp, title, words.text, start, end, rings, category))
    if old is not None:
        kept = {event.uid for event in made}
        lead = "The plan has changed, and this entry no longer holds.\n\n"
        gone = [event for event in old.events if event.uid not in kept]
        made.extend(_cancel(event, sequence, lead + notes.of([]), options) for event in gone)
    title = timeline.rule_set.title
    heading = (_HUSH_NAME, _HUSH_TEXT) if options.discreet else (title, notes.heading())
    return to_text(Heading(plan, *heading, said_of(timeline, discreet=options.discreet)), _in_time(made))


def cancel(old: "OldPlan", options: Options | None = None) -> str:
    """Render a file that calls the plan *old* off.

    Raises:
        InputError: it is the plan of somebody else.
    """
    options = options or Options()
    plan = _taken_over(old, options)
    lead = f"The plan was called off. {NO_ADVICE}\n\nIt said:\n"
    made = [_cancel(event, old.next_sequence, lead + event.text, options) for event in old.events]
    heading = (_HUSH_NAME, _HUSH_TEXT) if options.discreet else ("Called off", f"This plan was called off. {NO_ADVICE}")
    return to_text(Heading(plan, *heading, to_words({} if options.discreet else old.said)), _in_time(made))


def _plan(timeline: Timeline, options: Options) -> str:
    areas = timeline.facts.value("area")
    if options.name:
        return named_plan(options.name)
    return dated_plan(timeline.treatment, areas if isinstance(areas, tuple) else ())


def _taken_over(old: "OldPlan", options: Options) -> str:
    """Give the id of *old*, which the file that follows it keeps."""
    if options.name and old.id != named_plan(options.name):
        raise InputError(
            "the old calendar is another person's plan: it was not made with this --id; nothing was changed"
        )
    return old.id


def _cancel(event: "OldEvent", sequence: int, text: str, options: Options) -> Made:
    title = event.title.removeprefix("Cancelled: ")
    title = "Cancelled" if options.discreet else f"Cancelled: {title}"
    stamp = event.stamp + timedelta(seconds=sequence)
    return Made(event.uid, sequence, stamp, title, text, event.start, event.end, cancelled=True)


def _in_time(made: list[Made]) -> Iterator[Made]:
    return iter(sorted(made, key=lambda event: (instant(event.start), event.uid)))


def _released(timeline: Timeline) -> datetime:
    """Give the day that the rule set was released on; where it doesn't say, the day of the treatment."""
    try:
        day = date.fromisoformat(timeline.rule_set.released)
    except ValueError:
        day = timeline.treatment.day
    return datetime.combine(day, _MIDNIGHT)
