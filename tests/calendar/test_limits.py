"""What a calendar in brief may cost whoever imports it, over twelve treatments, and what none of them may miss."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from needlecare.views import ics
from support import WORDS, Planner

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]

ZONE, DAY = ZoneInfo("Europe/London"), date(2026, 11, 20)
SHEET = Path(__file__).parents[2] / "rules" / "examples" / "dermatique.yaml"
TREATMENTS = {
    "a date and a time": ["--time", "16:30"],
    "a date alone": [],
    "radiofrequency and PRP": ["--time", "09:15", "--technique", "radiofrequency", "--add-on", "prp"],
    "scalp and PRP": ["--time", "11:00", "--area", "scalp", "--add-on", "prp"],
    "body, dark skin": ["--time", "14:00", "--area", "body", "--skin-type", "V"],
    "a roller at home": ["--time", "21:40", "--setting", "home", "--technique", "roller", "--depth", "0.3"],
    "a stop": ["--time", "16:30", "--condition", "eczema"],
    "pregnancy and blood thinners": ["--time", "16:30", "--condition", "pregnancy", "--uses", "blood-thinner"],
    "a session that is booked": ["--time", "16:30", "--next", "2027-01-08"],
    "a wedding": ["--time", "16:30", "--event", "wedding=2026-11-25"],
    "eyes and neck, late": ["--time", "23:30", "--area", "eye-area", "--area", "neck"],
    "a clinic's own sheet": ["--time", "12:00", "--rules", str(SHEET)],
}
every_treatment = pytest.mark.parametrize("words", TREATMENTS.values(), ids=TREATMENTS)


def day_of(event: Any) -> date:
    start = event["DTSTART"].dt
    return start.astimezone(ZONE).date() if isinstance(start, datetime) else start


@pytest.fixture
def made(write: Write, events: Events, words: list[str]) -> list[Any]:
    """Make the calendar of one treatment, and read its entries in the order of their days."""
    return sorted(events(write(*words)).values(), key=day_of)


@every_treatment
def test_there_are_few_entries(made: list[Any]) -> None:
    before = [event for event in made if day_of(event) < DAY]
    assert len(before) <= 5
    assert len(made) - len(before) <= 16


@every_treatment
def test_a_title_is_short_and_tells_its_day_apart_in_a_cell_of_a_month(made: list[Any]) -> None:
    cells: dict[str, date] = {}
    for day, group in groupby(made, day_of):
        titles = [str(event["SUMMARY"]) for event in group]
        assert max(map(len, titles)) <= 40
        assert len(set(titles)) == len(titles), "two entries on one day never say the same"
        for title in titles:
            assert cells.setdefault(title[:16], day) == day, title
            assert title.count("(") == title.count(")"), "what isn't all right is never cut off"


@every_treatment
def test_it_rings_once_a_day_at_most_and_wakes_nobody(made: list[Any]) -> None:
    rings = [(event["DTSTART"].dt + bell["TRIGGER"].dt) for event in made for bell in event.walk("VALARM")]
    local = [one.astimezone(ZONE) for one in rings]
    assert len({one.date() for one in local}) == len(local)
    assert all(time(9 if one.weekday() > 4 else 8) <= one.time() < time(22) for one in local)


@every_treatment
def test_a_description_is_short_says_first_when_to_get_help_and_lists_no_sources(made: list[Any]) -> None:
    for event in made:
        text = str(event["DESCRIPTION"])
        assert len(text) <= 1000
        emergency, today, clinic, notice, *_ = text.split("\n")
        assert emergency.startswith("Emergency: ring 112, 999, 911: trouble breathing, ")
        assert today.startswith("Doctor today: ")
        assert clinic.startswith(("Your clinic: ", "A clinician: "))
        assert notice.endswith("your clinic's own instructions come first.")
        assert "http" not in text
        assert "[" not in text


@every_treatment
def test_the_first_evening_has_what_to_do_and_what_is_usual_in_one_entry(made: list[Any]) -> None:
    (text,) = (str(one["DESCRIPTION"]) for one in made if str(one["SUMMARY"]).endswith(": what to do"))
    assert "\nDo: " in text
    assert "\nUsual: " in text
    assert "\nAvoid: " not in text


@every_treatment
def test_what_is_all_right_is_named_once(made: list[Any]) -> None:
    lines = [line for one in made for line in str(one["DESCRIPTION"]).split("\n") if line.startswith("OK from ")]
    for names in (line.rstrip(".").rpartition(": ")[2].split(", ") for line in lines):
        assert len(set(names)) == len(names), names


@every_treatment
def test_nothing_is_cut_within_a_sentence(made: list[Any]) -> None:
    for line in (line for event in made for line in str(event["DESCRIPTION"]).split("\n")):
        assert not line.endswith("…") or line.startswith(("Avoid: ", "Not yet: ", "Before it: ")), line


@every_treatment
def test_what_gives_nothing_away_is_told_apart_too(write: Write, events: Events, words: list[str]) -> None:
    found = sorted(events(write(*words, "--discreet")).values(), key=day_of)
    for _, group in groupby(found, day_of):
        cells = [str(event["SUMMARY"])[:16] for event in group]
        assert len(set(cells)) == len(cells)
    assert len({str(event["SUMMARY"]) for event in found}) == len(found)


@every_treatment
def test_in_full_titles_are_as_short_and_descriptions_have_an_end(
    write: Write, events: Events, words: list[str]
) -> None:
    brief, full = events(write(*words)), events(write(*words, "--calendar-style", "full", name="full.ics"))
    assert brief.keys() <= full.keys()
    for _, group in groupby(sorted(full.values(), key=day_of), day_of):
        cells = [str(event["SUMMARY"])[:16] for event in group]
        assert len(set(cells)) == len(cells), cells
        assert len(cells) <= 16, "no day drowns"
    for event in full.values():
        assert len(str(event["SUMMARY"])) <= 40
        assert len(str(event["DESCRIPTION"])) <= 4000


def test_what_has_no_room_of_its_own_goes_with_what_comes_next(plan: Planner) -> None:
    named = [f"thing{number}" for number in range(40)]
    listed = "".join(f"  {name}: {{}}\n" for name in named)
    rules = "\n".join(f"{name}: {{avoid: {name}, until: {25 + 7 * number}h}}" for number, name in enumerate(named))
    made = plan(rules, words=WORDS.replace("activities:\n", f"activities:\n{listed}"))
    ends = {window.target: window.end for window in made.windows}
    calendar: Any = Calendar.from_ical(ics.render(made))
    found = {}
    for event in calendar.walk("VEVENT"):
        for name in named:
            if re.search(rf"OK from .*\b{name}[,.]", str(event["DESCRIPTION"])):
                found[name] = event["DTSTART"].dt - ends[name]
    assert len(calendar.walk("VEVENT")) <= 16
    assert found.keys() == set(named)
    assert timedelta() <= min(found.values()) <= max(found.values()) < timedelta(days=2)
