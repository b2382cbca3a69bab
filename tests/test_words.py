"""What a plan says in words: beginnings, ends, what must be seen, and whose word it is. The same in every view."""

import csv
import io
import json
import re
from datetime import date, time
from pathlib import Path

import pytest
from icalendar import Calendar

from needlecare import Timeline, build_timeline, load_rules, make_treatment, read_facts, render
from running import PLAN, run
from support import LONDON, Planner, complete, listed, write_rules

FORMATS = {"text": "text", "page": "html", "Markdown": "md", "calendar": "ics"}
for_people = pytest.mark.parametrize("name", FORMATS.values(), ids=FORMATS)


def unfolded(calendar: str) -> str:
    """Give the lines of a calendar file whole."""
    return calendar.replace("\r\n ", "").replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";")


def lines_of(plan: Timeline, name: str) -> str:
    """Render *plan* in the format called *name*, a calendar with its lines whole."""
    text = complete(plan, name)
    return unfolded(text) if name == "ics" else text


def row_of(plan: Timeline, rule: str) -> dict[str, str]:
    return next(row for row in csv.DictReader(io.StringIO(render(plan, "csv"))) if row["rule"] == rule)


BRUSHES = "no-paint: {avoid: paint, until: 48h}\nbrush: {do: cream, from: no-paint ends, until: no-paint ends}"


def test_what_begins_and_ends_at_one_instant_is_said_by_its_beginning(plan: Planner) -> None:
    made = plan(BRUSHES)
    assert "- Do: from 16:30: Cream [sheet]" in listed(made)
    assert "| from Sun 22 Nov 16:30 | Cream | sheet |" in render(made, "md")
    assert "until Sun 22 Nov 16:30 Cream" not in render(made, "html")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param("until: redness-gone", "until no redness is left (usually by Mon 23 Nov)", id="usually by then"),
        pytest.param("until: bottle-empty", "until the bottle is empty", id="nobody knows when"),
        pytest.param(
            "until: 48h and bottle-empty",
            "until the bottle is empty, at least until Sun 22 Nov 16:30",
            id="and not before an hour",
        ),
        pytest.param(
            "from: 9d, until: redness-gone",
            "until no redness is left (usually by Mon 23 Nov)",
            id="usually over before",
        ),
        pytest.param("until: bottle-empty + 5d", "until 5 days after the bottle is empty", id="days after it"),
    ],
)
@for_people
def test_what_is_to_be_done_says_what_its_end_waits_for(plan: Planner, name: str, rule: str, said: str) -> None:
    assert f"Rub it in; {said}" in lines_of(plan(f"rub: {{do: cream, {rule}, text: Rub it in}}"), name)


@for_people
def test_what_is_allowed_until_something_is_seen_says_so_where_permissions_stand(plan: Planner, name: str) -> None:
    made = plan("rub: {allow: cream, from: 12h, until: bottle-empty}")
    if name != "ics":  # which tells of what lifts, not of permissions
        assert "from Sat 21 Nov 04:30, until the bottle is empty" in complete(made, name)


def test_the_table_names_what_an_end_waits_for(plan: Planner) -> None:
    made = plan("rub: {do: cream, until: 48h and bottle-empty}")
    assert (row_of(made, "rub")["until_seen"], row_of(made, "rub")["end"]) == ("bottle-empty", "")


def test_what_nobody_can_date_is_to_be_done_on_every_day_of_the_plan(plan: Planner) -> None:
    made = plan("rub: {do: cream, until: bottle-empty}\nrest: {avoid: sauna, until: 4w}")
    assert all("cream" in day.do for day in made.days)
    assert "| until you see it | Cream; until the bottle is empty |" in render(made, "md")


def test_what_begins_and_ends_with_one_thing_seen_says_it_once(plan: Planner) -> None:
    made = plan("rub: {do: cream, from: redness-gone, until: redness-gone, text: Rub it in}")
    assert "Rub it in; only once no redness is left (usually by " in listed(made)
    assert "until no redness is left" not in listed(made)


def test_what_was_seen_ends_it(plan: Planner) -> None:
    made = plan("rub: {do: cream, until: bottle-empty}", seen=["bottle-empty=2026-11-24"])
    assert "until the bottle" not in listed(made)
    assert "cream" not in made.days[-1].do


def test_where_something_else_cuts_it_short_that_is_its_end(plan: Planner) -> None:
    made = plan("rub: {do: cream, until: redness-gone}\nrest: {avoid: cream, from: 24h, until: 7d}")
    assert "until no redness" not in listed(made)


CLINIC = """\
ruleset: linden
extends: microneedling
source: us
sources: {us: {title: Our sheet, kind: clinic}}
clinic: {name: Linden Skin Clinic, phone: +44 20 7946 0000}
rules:
  shaving: {until: 24h, because: our razors are gentle, by: Dr L}
  cocoon: {avoid: sauna, until: 9d, why: It rubs, note: Ask us}
switched-off: {flying: {because: we talk about it., by: Dr L}}
screening: {immune-therapy: {level: stop, because: to be safe, by: Dr L}}
sessions: [{id: all, count: 3, every: 4w..6w}]
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    path = tmp_path / "linden.yaml"
    path.write_text(CLINIC, encoding="utf-8")
    return path


def plan_of(clinic: Path) -> Timeline:
    rule_set = load_rules(str(clinic))
    treatment = make_treatment(date(2026, 11, 20), time(16, 30), LONDON)
    return build_timeline(rule_set, treatment, read_facts(rule_set, {}))


def test_reasons_without_a_full_stop_do_not_run_into_what_follows(clinic: Path) -> None:
    said = run("can", "sauna", "tomorrow", *PLAN[1:], "--rules", str(clinic)).out
    assert "It rubs. (1 source: `needlecare why sauna`)" in said
    assert "saunas: It rubs. Ask us\n" in listed(plan_of(clinic))


@for_people
def test_what_was_changed_is_named_as_people_call_it_with_its_value(clinic: Path, name: str) -> None:
    told = re.sub(r"<.*?>|\*\*", "", lines_of(plan_of(clinic), name)).lower()
    for head, said in (
        ("shaving", "rule shaving (24h) changed by linden: our razors are gentle, by dr l"),
        # There is a rule `immune-therapy` too, and nobody touched it.
        ("immune therapy", "reason not to treat (stop) changed by linden: to be safe, by dr l"),
        ("flying", "rule flying switched off by linden: we talk about it, by dr l"),
        ("added", "saunas (rule cocoon, 9d) and spacing of sessions (all, every 4w to 6w), by linden"),
    ):
        assert re.search(rf"{head}:?\s*{re.escape(said)}", told), head


@pytest.mark.parametrize("discreet", [False, True], ids=["open", "discreet"])
def test_every_entry_of_a_calendar_names_the_clinic_and_its_phone_but_no_discreet_title(
    clinic: Path, *, discreet: bool
) -> None:
    more = ["--discreet"] if discreet else []
    calendar = Calendar.from_ical(run(*PLAN, "--rules", str(clinic), "--format", "ics", *more).out)
    name, phone = "Linden Skin Clinic", "+44 20 7946 0000"
    assert (f"Your clinic ({name}, {phone}): " in str(calendar["DESCRIPTION"])) is not discreet
    for event in calendar.walk("VEVENT"):
        assert f"Your clinic ({name}, {phone}): " in str(event["DESCRIPTION"])
        assert name not in str(event["SUMMARY"])


def test_text_and_json_name_the_clinic_and_its_phone(clinic: Path) -> None:
    timeline = plan_of(clinic)
    assert "\nYour clinic: Linden Skin Clinic, +44 20 7946 0000\n" in listed(timeline)
    assert json.loads(render(timeline, "json"))["clinic"] == {
        "name": "Linden Skin Clinic",
        "phone": "+44 20 7946 0000",
    }


def test_a_calendar_says_who_set_a_value_and_why(clinic: Path) -> None:
    told = lines_of(plan_of(clinic), "ics")
    assert "shaving: This is about the treated skin alone. Dr L: our razors are gentle\n" in told


def test_one_voice_is_one_voice(tmp_path: Path) -> None:
    path = write_rules(tmp_path, "train: {avoid: gym, until: 24h}")
    assert (
        "1 independent source; it says 24 hours; this plan takes 24 hours."
        in run("why", "gym", *PLAN[1:], "--rules", str(path)).out
    )
