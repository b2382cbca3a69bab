"""What the library exports is complete, and the examples of its guide are run."""

import doctest
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import needlecare
from needlecare import (
    Event,
    InputError,
    Timeline,
    build_timeline,
    can,
    check,
    load_rules,
    make_treatment,
    normal,
    read_facts,
    render,
    sessions,
    today,
    when,
    why,
)

GUIDE = Path(__file__).parents[1] / "docs" / "library.md"


def test_the_examples_of_the_guide_give_what_they_say() -> None:
    ran = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8")
    assert ran.attempted > 20
    assert ran.failed == 0


def test_every_exported_name_is_there_and_is_listed() -> None:
    for name in set(needlecare.__all__) - {"__version__"}:
        assert getattr(needlecare, name).__name__ == name
    assert set(needlecare.__all__) <= set(dir(needlecare))
    assert not hasattr(needlecare, "nothing_of_the_kind")


def test_every_exported_name_stands_in_the_reference() -> None:
    named = re.findall(r"^::: needlecare\.(\w+)$", (GUIDE.parent / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted([*named, "__version__"]) == needlecare.__all__


def test_the_version_is_that_of_the_package() -> None:
    assert needlecare.__version__ == version("needlecare")


def test_importing_the_package_imports_no_more_than_it() -> None:
    code = "import sys, needlecare; print([name for name in sys.modules if name.startswith('needlecare.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"


RULES = load_rules()
DAY, LONDON = date(2026, 11, 20), ZoneInfo("Europe/London")
TREATMENT, FACTS = make_treatment(DAY, time(16, 30), LONDON), read_facts(RULES, {})
TIMELINE = build_timeline(RULES, TREATMENT, FACTS)
# As read for a set that takes something else for granted.
FOREIGN = FACTS._replace(assumed={**FACTS.assumed, "technique": ("radiofrequency",)})


NOW = datetime(2026, 11, 21, 9)  # noqa: DTZ001  by the clock of the treatment's zone
WEDDING = Event("wedding", "the wedding", date(2026, 11, 22), date(2026, 11, 22))


def seen_at(seen: dict[str, date | None]) -> Timeline:
    return build_timeline(RULES, make_treatment(DAY, time(16, 30), LONDON, seen=seen), FACTS)


def next_on(day: date) -> Timeline:
    return build_timeline(RULES, make_treatment(DAY, None, LONDON, next_session=day), FACTS)


def event_on(first: date, last: date) -> Timeline:
    return build_timeline(
        RULES, make_treatment(DAY, None, LONDON, events=[Event("wedding", "the wedding", first, last)]), FACTS
    )


def parametrize_mistakes(*mistakes: tuple[Callable[..., object], tuple[Any, ...], str]) -> pytest.MarkDecorator:
    ids = [f"{function.__name__} {arguments[-2:]}"[:60] for function, arguments, _ in mistakes]
    return pytest.mark.parametrize(("function", "arguments", "said"), mistakes, ids=ids)


@parametrize_mistakes(
    (render, (TIMELINE, "pdf"), "there is no format `pdf`; it may be text, json, ics, html, md, csv"),
    (render, (TIMELINE, "ICS"), "there is no format `ICS`"),
    (render, (TIMELINE, ""), "there is no format ``"),
    (render, (RULES, "ics"), "what is rendered is a timeline, as build_timeline gives it, not RuleSet"),
    (load_rules, (None,), "give the name of a rule set that ships, a file or a folder, not NoneType"),
    (
        build_timeline,
        (RULES, TREATMENT, {"area": "face"}),
        'facts, as read_facts(rule_set, {"area": "face"}) returns them',
    ),
    (
        build_timeline,
        (RULES, DAY, FACTS),
        "a timeline is built from a treatment, as make_treatment returns it, not from date",
    ),
    (build_timeline, ("microneedling", TREATMENT, FACTS), "a rule set, as load_rules returns it, not from str"),
    (make_treatment, ("2026-11-20", None, LONDON), "is a date, such as date(2026, 11, 20), not '2026-11-20'"),
    (make_treatment, (datetime(2026, 11, 20, 9, tzinfo=UTC), None, LONDON), "is a date, such as date(2026, 11, 20)"),
    (make_treatment, (DAY, "16:30", LONDON), "such as time(16, 30), or None, not '16:30'"),
    (make_treatment, (DAY, time(16, 30, tzinfo=UTC), LONDON), "a time without a zone"),
    (make_treatment, (DAY, None, "Europe/London"), "such as ZoneInfo(\"Europe/London\"), not 'Europe/London'"),
    (make_treatment, (date.min, None, LONDON), "0001-01-01 lies outside the years 1900 to 2199"),
    (make_treatment, (date.max, time(9), LONDON), "9999-12-31 lies outside the years 1900 to 2199"),
    (seen_at, ({"redness-gone": "2026-11-22"},), "the day of what was seen of redness-gone is a date, such as"),
    (seen_at, ({"redness-gone": date(2026, 11, 19)},), "redness-gone can't have come on 2026-11-19, before the treatm"),
    (seen_at, ({"rednes-gone": None},), "there is no `rednes-gone` to see (did you mean redness-gone?); it may be"),
    (next_on, (DAY,), "the next session on 2026-11-20 isn't after the treatment on 2026-11-20"),
    (next_on, ("2026-12-18",), "the day of the next session is a date, such as date(2026, 11, 20), not '2026-12-18'"),
    (event_on, (DAY, date(2026, 11, 19)), "the wedding ends before it begins"),
    (event_on, (date(2026, 11, 19), DAY), "the wedding lies before the treatment on 2026-11-20"),
    (event_on, (DAY, None), "the day of the wedding is a date, such as date(2026, 11, 20), not None"),
    (read_facts, (RULES, {"area": [None]}), "area: give a text, a number or a list of texts, not [None]"),
    (read_facts, (RULES, {"area": None}), "area: give a text, a number or a list of texts, not None"),
    (read_facts, (RULES, {"depth": [True]}), "depth: `True` is not a number from"),
    (read_facts, (RULES, {"depth": float("nan")}), "depth: `nan` is not a number from"),
    (read_facts, (RULES, {5: ["face"]}), "asks for no fact `5`"),
    (read_facts, (RULES, ["face"]), "facts are a mapping from names to answers"),
    (can, (TIMELINE, "make-up", "2026-11-22"), "such as date(2026, 11, 22), not '2026-11-22'"),
    (can, (TIMELINE, "make-up", date.max), "9999-12-31 lies outside the years 1900 to 2199"),
    (can, (TIMELINE, None, DAY), "a question is asked in words, such as 'make-up', not None"),
    (when, (TIMELINE, 5), "a question is asked in words, such as 'make-up', not 5"),
    (can, (TIMELINE, "gym tomorrow"), "`gym tomorrow` needs the present moment: give now=datetime(2026, 11, 21, 9, 0)"),
    (can, (TIMELINE, "gym"), "`gym` needs the present moment: give now=datetime(2026, 11, 21, 9, 0), or name a date"),
    (normal, (TIMELINE, "redness"), "`redness` needs the present moment"),
    (
        today,
        (TIMELINE, DAY),
        "now is a datetime, such as datetime(2026, 11, 21, 9, 0), not datetime.date(2026, 11, 20)",
    ),
    (today, (TIMELINE, None), "what holds today needs the present moment"),
    (today, (TIMELINE, NOW.replace(year=2200)), "2200-11-21T09:00:00 lies outside the years 1900 to 2199"),
    (can, (TIMELINE, " ", DAY), "ask about something"),
    (can, (TIMELINE, "gym " * 200, DAY), "this is longer than 500 characters"),
    (can, (TIMELINE, "gym on 23 Nov", DAY), "2026-11-20 and the words `gym on 23 Nov` name two days"),
    (can, ([], "gym", DAY), "a question is put to a timeline, as build_timeline gives it, not list"),
    (why, (TIMELINE, None), "a question is asked in words"),
    (check, (FACTS,), "a question is put to a timeline, as build_timeline gives it, not Facts"),
    (sessions, ([TIMELINE, TIMELINE],), "a course follows one treatment; give its timeline alone"),
    (sessions, (TREATMENT,), "a question is put to a timeline, as build_timeline gives it, not Treatment"),
    (can, (RULES, "make-up", DAY), "a question is put to a timeline, as build_timeline gives it, not RuleSet"),
    (when, (None, "make-up"), "a question is put to a timeline, as build_timeline gives it, not NoneType"),
    (read_facts, ("microneedling", {}), "read_facts takes a rule set, as load_rules returns it, not str"),
    (build_timeline, (RULES, TREATMENT, FOREIGN), "these facts were read for another rule set; read them again"),
)
def test_a_mistake_is_one_line_that_says_what_would_be_right(
    function: Callable[..., object], arguments: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        function(*arguments)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "at", "asked"),
    [
        pytest.param("gym tomorrow", None, date(2026, 11, 22), id="words"),
        pytest.param("gym tomorrow", date(2026, 11, 22), date(2026, 11, 22), id="words and the same day"),
        pytest.param("gym", date(2026, 11, 23), date(2026, 11, 23), id="a day"),
        pytest.param("gym", time(18), datetime(2026, 11, 21, 18, tzinfo=LONDON), id="a time of today"),
        pytest.param("gym tomorrow", time(18), datetime(2026, 11, 22, 18, tzinfo=LONDON), id="a time of that day"),
        pytest.param("gym", NOW.replace(day=23, hour=18), datetime(2026, 11, 23, 18, tzinfo=LONDON), id="by its clock"),
        pytest.param("gym", datetime(2026, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 23, 18, tzinfo=UTC), id="UTC"),
        pytest.param("gym", None, NOW.replace(tzinfo=LONDON), id="now"),
    ],
)
def test_when_a_question_is_about(words: str, at: date | time | None, asked: date) -> None:
    found = can(TIMELINE, words, at, now=NOW)
    assert found.meaning.is_sure
    if isinstance(asked, datetime):
        assert (found.asked.start, found.asked.is_instant) == (asked, True)
    else:
        assert (found.asked.first, found.asked.last, found.asked.whole) == (asked, asked, True)


def test_the_clock_is_read_only_where_words_need_it() -> None:
    def clock() -> datetime:
        raise AssertionError

    assert can(TIMELINE, "gym on 22 Nov", now=clock).verdict == "no"
    assert can(TIMELINE, "gym 3 days after the treatment", now=clock).verdict == "better-not"
    assert when(TIMELINE, "gym").verdict.verdict == "no"


def test_of_several_treatments_the_strictest_answers() -> None:
    later = build_timeline(RULES, make_treatment(date(2026, 11, 27), None, LONDON), FACTS)
    both, at = [TIMELINE, later], NOW.replace(day=28)
    assert can(TIMELINE, "make-up", at).is_yes
    assert can(both, "make-up", at).timeline == later
    assert when(both, "make-up", now=at).free_from == when(later, "make-up").free_from
    assert today(both, at).timelines == (TIMELINE, later)
    assert [one.timeline for one in (why(both, "make-up"), *why(both, "make-up").also)] == both
    assert check(both).timeline == TIMELINE
    assert normal(both, "redness", at).timeline == later


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"count": "3"}, "count is a number of sessions from 1 to 60, not '3'"),
        ({"count": 0}, "count is a number of sessions from 1 to 60, not 0"),
        ({"done": ["2027-01-04"]}, "done are dates, such as date"),
        ({"before": date(2027, 2, 20)}, "before is an Event on the day of the treatment or later"),
        ({"away": [(date(2027, 1, 4), date(2027, 1, 3))]}, "away are pairs of dates, the first and the last day"),
        ({"away": [date(2027, 1, 4)]}, "away are pairs of dates, the first and the last day"),
        ({"closed": {7}}, "closed are weekdays from 0 (Monday) to 6, not 7"),
        ({"closed": "sun"}, "closed are weekdays from 0 (Monday) to 6"),
        ({"closed": 6}, "closed a list of weekdays"),
        ({"holidays": [date(2026, 12, 25)]}, "holidays are names by dates, such as {date(2026, 12, 25): 'Christmas'}"),
        ({"holidays": {"2026-12-25": "Christmas Day"}}, "holidays are names by dates"),
    ],
)
def test_a_course_refuses_what_it_cannot_use(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        sessions(TIMELINE, **given)
    assert said in str(caught.value)


def test_what_is_known_besides_the_treatment_counts() -> None:
    shut = seen_at({"flaking-over": None})
    assert can(TIMELINE, "retinol", date(2026, 12, 20)).verdict == "yes"
    assert can(shut, "retinol", date(2026, 12, 20)).verdict == "no"
    assert can(next_on(date(2026, 12, 21)), "needling", date(2026, 12, 21)).timeline.sessions[0].booked
    treatment = make_treatment(DAY, None, LONDON, events=[WEDDING])
    (meeting,) = build_timeline(RULES, treatment, FACTS).meetings
    assert "makeup" in [clash.activity for clash in meeting.clashes]


def test_a_course_is_planned_around_what_is_closed() -> None:
    course = sessions(TIMELINE, count=3, closed=range(1, 7))
    assert course is not None
    assert {step.session.minimum.weekday() for step in course.steps} == {0}


def test_a_course_names_the_holidays_that_it_is_planned_around() -> None:
    course = sessions(TIMELINE, count=2, holidays={date(2027, 1, 1): "New Year's Day"})
    assert course is not None
    (session,) = (step.session for step in course.steps)
    assert (session.minimum, session.holidays) == (date(2027, 1, 2), ((date(2027, 1, 1), "New Year's Day"),))


def test_a_client_is_named_by_a_text() -> None:
    client: Any = 3
    with pytest.raises(InputError, match="client is a text, such as a client's number in quotes, not int"):
        render(TIMELINE, "ics", client=client)


def test_a_calendar_is_brief_or_full_and_nothing_else_has_a_style() -> None:
    brief, full = (render(TIMELINE, "ics", style=style) for style in ("brief", "full"))
    assert render(TIMELINE, "ics") == brief
    assert brief.count("BEGIN:VEVENT") <= 21 < full.count("BEGIN:VEVENT")
    with pytest.raises(InputError, match="no style `loud`"):
        render(TIMELINE, "ics", style="loud")
    with pytest.raises(InputError, match="style is for ics alone"):
        render(TIMELINE, "md", style="full")


def test_facts_may_be_one_text_or_number_as_well_as_lists() -> None:
    one = read_facts(RULES, {"area": "face", "depth": 1.5, "uses": ()})
    assert one == read_facts(RULES, {"area": ["face"], "depth": ["1.5"]})


@pytest.mark.parametrize("year", [1900, 2199])
def test_the_first_and_the_last_year_can_be_planned(year: int) -> None:
    for day in (date(year, 1, 1), date(year, 12, 31)):
        timeline = build_timeline(RULES, make_treatment(day, None, LONDON), read_facts(RULES, {}))
        assert render(timeline, "json")


def test_what_is_printed_of_a_rule_set_a_timeline_and_an_answer_can_be_read() -> None:
    assert repr(RULES) == f"<RuleSet microneedling {RULES.version}, {len(RULES.rules)} rules>"
    assert repr(TIMELINE).startswith("<Timeline of 2026-11-20 16:30:00 Europe/London, ")
    assert len(repr(can(TIMELINE, "make-up", DAY))) < 9000


def test_what_is_loaded_and_built_can_be_handed_to_another_process() -> None:
    rules, timeline = pickle.loads(pickle.dumps((RULES, TIMELINE)))  # noqa: S301  our own
    assert render(timeline, "json") == render(TIMELINE, "json")
    assert render(build_timeline(rules, TREATMENT, FACTS), "json") == render(TIMELINE, "json")
