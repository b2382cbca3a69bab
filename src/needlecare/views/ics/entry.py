"""What stands in the calendar: one entry for each event, all-day or timed, and when it rings."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from needlecare.model.time import ceil_to_day, local_date

STYLES = DAILY, _ = ("daily", "moments")
# Nothing rings between the night's two ends; what would is moved to the evening before or the morning after.
_EVENING, _NIGHT, _MORNING = time(21), time(22), time(8)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
# How long a timed event is: long enough to be seen in a day view, short enough to be a moment.
_LENGTH = 15 * _MINUTE
LONGEST_LEAD = 28 * _DAY


class Options(NamedTuple):
    """How the calendar is to be: its *style*, how long before a timed event it rings (None: never), whom it is for.

    With *discreet* nothing that shows before an event is opened tells what it is about. *name* separates people.
    """

    style: str = DAILY
    lead: timedelta | None = timedelta()
    discreet: bool = False
    name: str = ""


class Words(NamedTuple):
    """What an event says: its title, the title that gives nothing away, and the text that is read when it is opened."""

    title: str
    hush: str
    text: str


class Entry(NamedTuple):
    """One event: *slot* tells which of its plan's events it is, whatever the date.

    *start* and *end* are dates (the end exclusive) or instants in UTC; *rings* counts from the start.
    """

    slot: str
    words: Words
    start: date
    end: date
    rings: timedelta | None = None


def on_days(slot: str, words: Words, days: tuple[date, date]) -> Entry:
    """Make an all-day entry of the *days* from the first to the last, both included."""
    first, last = days
    return Entry(slot, words, first, last + _DAY)


class Timer:
    """Makes timed entries for one zone."""

    def __init__(self, zone: ZoneInfo, lead: timedelta | None) -> None:
        self._zone = zone
        self._lead = lead

    def at(self, slot: str, words: Words, instant: datetime, *, late: bool) -> Entry:
        """Make an entry at *instant*; what changes with a whole day stands in that day's morning.

        What would ring at night rings the next morning if it may come *late*, else the evening before.
        """
        start = self._start(instant)
        return Entry(slot, words, start, start + _LENGTH, self._rings(start, late=late))

    def _start(self, instant: datetime) -> datetime:
        if ceil_to_day(instant, self._zone) == instant:
            return self._clock(local_date(instant, self._zone), _MORNING)
        # Clocks of long ago were off by odd seconds; calendars know minutes.
        return instant if not instant.second else instant.replace(second=0, microsecond=0) + _MINUTE

    def _rings(self, start: datetime, *, late: bool) -> timedelta | None:
        if self._lead is None:
            return None
        at = start - self._lead
        local = at.astimezone(self._zone)
        if _MORNING <= local.time() < _NIGHT:
            return at - start
        evening = local.time() >= _NIGHT
        if late:
            return self._clock(local.date() + _DAY if evening else local.date(), _MORNING) - start
        return self._clock(local.date() if evening else local.date() - _DAY, _EVENING) - start

    def _clock(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self._zone).astimezone(UTC)
