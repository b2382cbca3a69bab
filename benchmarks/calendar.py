"""What a calendar costs, per event: ours beside icalendar, ics and vobject writing the same events.

Ours is measured twice: the whole view, which makes every title and description, and the writing alone, which is what
the others do. Run it with `python -m benchmarks.calendar`.
"""

import gc
import statistics
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from needlecare import build_timeline, load_rules, make_treatment, read_facts
from needlecare.views import ics
from needlecare.views.ics import FileEvent, to_text

RUNS = 30


def events_of(text: str) -> list[dict[str, Any]]:
    """Read our events back, as plain values that every library can write."""
    from icalendar import Calendar

    found = []
    calendar: Any = Calendar.from_ical(text)
    for event in calendar.walk("VEVENT"):
        alarms = event.walk("VALARM")
        found.append(
            {
                "uid": str(event["UID"]),
                "stamp": event["DTSTAMP"].dt.astimezone(UTC),
                "title": str(event["SUMMARY"]),
                "text": str(event["DESCRIPTION"]),
                "start": event["DTSTART"].dt,
                "end": event["DTEND"].dt,
                "rings": alarms[0]["TRIGGER"].dt if alarms else None,
            }
        )
    return found


def ours(events: list[dict[str, Any]]) -> str:
    """Write with the view's own writer."""
    return to_text("plan", "Aftercare", "", (FileEvent(sequence=0, **one) for one in events))


def with_icalendar(events: list[dict[str, Any]]) -> bytes:
    """Write with icalendar as its documentation does."""
    from icalendar import Alarm, Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//needlecare//needlecare//EN")
    calendar.add("version", "2.0")
    for one in events:
        event = Event()
        names = {"uid": "uid", "dtstamp": "stamp", "summary": "title", "description": "text"}
        for name, key in {**names, "dtstart": "start", "dtend": "end"}.items():
            event.add(name, one[key])
        for name, value in (("sequence", 0), ("class", "PRIVATE"), ("transp", "TRANSPARENT"), ("status", "CONFIRMED")):
            event.add(name, value)
        if one["rings"] is not None:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", one["title"])
            alarm.add("trigger", one["rings"])
            event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def with_ics(events: list[dict[str, Any]]) -> str:
    """Write with ics."""
    library = import_module("ics")
    calendar = library.Calendar()
    for one in events:
        event = library.Event(name=one["title"], begin=one["start"], uid=one["uid"], description=one["text"])
        if isinstance(one["start"], datetime):
            event.end = one["end"]
        else:
            event.make_all_day()
        if one["rings"] is not None:
            event.alarms.append(library.DisplayAlarm(trigger=one["rings"], display_text=one["title"]))
        calendar.events.add(event)
    return str(calendar.serialize())


def with_vobject(events: list[dict[str, Any]]) -> str:
    """Write with vobject."""
    library = import_module("vobject")
    calendar = library.iCalendar()
    for one in events:
        event = calendar.add("vevent")
        names = {"uid": "uid", "dtstamp": "stamp", "summary": "title", "description": "text"}
        for name, key in {**names, "dtstart": "start", "dtend": "end"}.items():
            value = one[key]
            # It knows UTC by its own object alone.
            event.add(name).value = value.astimezone(library.icalendar.utc) if isinstance(value, datetime) else value
        if one["rings"] is not None:
            alarm = event.add("valarm")
            alarm.add("action").value = "DISPLAY"
            alarm.add("description").value = one["title"]
            alarm.add("trigger").value = one["rings"]
    return str(calendar.serialize())


def seconds(call: Callable[[], object]) -> float:
    """Give the middle of many runs; garbage is collected between them, as the program itself never does."""
    call()
    taken = []
    for _ in range(RUNS):
        gc.collect()
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Measure in turn and print microseconds for each event."""
    warnings.simplefilter("ignore")
    rules = load_rules()
    moment = datetime(2026, 11, 20, 16, 30, tzinfo=ZoneInfo("Europe/London"))
    treatment = make_treatment(moment.date(), moment.time(), ZoneInfo("Europe/London"))
    plan = build_timeline(rules, treatment, read_facts(rules, {}))
    events = events_of(ics.render(plan))
    cases: dict[str, Callable[[], object]] = {
        "needlecare, the whole view": lambda: ics.render(plan),
        "needlecare, writing": lambda: ours(events),
        "icalendar, writing": lambda: with_icalendar(events),
        "ics, writing": lambda: with_ics(events),
        "vobject, writing": lambda: with_vobject(events),
    }
    length = sum(len(one["text"]) for one in events) // len(events)
    print(f"{len(events)} events, {length} letters of description each")
    gc.disable()
    for name, call in cases.items():
        try:
            print(f"{name:<28} {seconds(call) / len(events) * 1e6:>7.0f} µs an event")
        except ImportError as error:
            print(f"{name:<28} {error.name} is not installed")


if __name__ == "__main__":
    main()
