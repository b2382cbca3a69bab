"""What people type, and what a careful practitioner would answer."""

from datetime import UTC, date, datetime

import pytest

from ask.conftest import Make, read_table
from needlecare import RuleSet, can, normal
from needlecare.ask.names import name_key
from needlecare.model.plan import FOREVER

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LINES = read_table("phrases.txt")


def test_there_are_enough_phrases() -> None:
    assert len(LINES) >= 150
    assert sum(1 for *_, answer in LINES if answer == "no-rule") >= 20


@pytest.mark.parametrize(("phrase", "meant", "answer"), LINES, ids=[line[0] for line in LINES])
def test_a_phrase_is_understood_and_answered(
    plan_for: Make, next_morning: datetime, phrase: str, meant: str, answer: str
) -> None:
    found = can(plan_for(), phrase, now=next_morning)
    assert (" ".join(found.meaning.ids), found.verdict) == (meant, answer)


@pytest.mark.parametrize(
    "phrase",
    ["skip sunscreen", "not wash my face", "stop warfarin", "leave the house with no hat"],
)
def test_a_phrase_turned_round_is_not_answered_the_wrong_way_round(plan_for: Make, phrase: str) -> None:
    found = can(plan_for(), phrase, DAY)
    assert not found.meaning.is_sure
    assert not found.is_yes


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("retinl", "retinoids"), ("suana", "sauna"), ("exersise", "exercise"), ("moisturisor", "moisturiser")),
        pytest.param("hyluronic acid", "hyaluronic-serum", id="the whole phrase before its known part"),
    ],
)
def test_a_slip_of_the_finger_is_what_it_looks_like_and_never_a_yes(plan_for: Make, typed: str, meant: str) -> None:
    meaning = can(plan_for(), typed, DAY).meaning
    assert (meaning.ids, meaning.unknown, meaning.is_sure) == ((meant,), (typed.split(maxsplit=1)[0],), False)


def test_a_short_slip_gets_the_nearest_names(plan_for: Make) -> None:
    meaning = can(plan_for(), "mkae up", DAY).meaning
    assert (meaning.ids, meaning.nearest) == ((), ("makeup",))


@pytest.mark.parametrize("variants", [("make-up", "make up", "makeup", "Makeup"), ("moisturizer", "moisturiser")])
def test_spelling_does_not_matter(plan_for: Make, variants: tuple[str, ...]) -> None:
    assert len({can(plan_for(), one, DAY).meaning.ids for one in variants}) == 1


def test_every_name_of_an_activity_finds_it_and_says_nothing_else(rule_set: RuleSet, plan_for: Make) -> None:
    for one in rule_set.activities.values():
        assert one.id in can(plan_for(), one.id, DAY).meaning.ids, one.id
        for name in (one.label, *one.aka):
            meaning = can(plan_for(), name, DAY).meaning
            assert one.id in meaning.ids, name
            assert meaning.is_sure, name
            assert not meaning.declared or one.stands_for in ("feeding", "shared"), name
            # Help in an emergency is both, and so is blood that is rinsed off.
            assert meaning.signs in ((), ("emergency-help",), ("pinpoint-bleeding",)), name


def test_every_name_of_a_sign_finds_it(rule_set: RuleSet, plan_for: Make) -> None:
    signs = rule_set.signs.values()
    lost = [
        (one.id, name)
        for one in signs
        for name in (one.id, one.label, *one.aka)
        if one.id not in (found := normal(plan_for(), name, DAY, now=NOW).meaning.ids)
        # A name of two signs means the one of the lower rank, else the first.
        and not any(
            other.rank >= one.rank and other.id in found and name_key(name) in map(name_key, other.aka)
            for other in signs
            if other is not one
        )
    ]
    assert not lost


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("gym tomorrow", "2026-11-22", "2026-11-22"),
        ("gym on Friday", "2026-11-27", "2026-11-27"),
        ("gym next saturday", "2026-11-28", "2026-11-28"),
        ("gym last friday", "2026-11-20", "2026-11-20"),
        ("gym this weekend", "2026-11-21", "2026-11-22"),
        ("gym next week", "2026-11-23", "2026-11-29"),
        ("gym on 22 Nov", "2026-11-22", "2026-11-22"),
        ("gym on the 3rd of January", "2027-01-03", "2027-01-03"),
        ("gym on December 1st", "2026-12-01", "2026-12-01"),
        ("gym 2026-11-25", "2026-11-25", "2026-11-25"),
        ("gym on day 5", "2026-11-25", "2026-11-25"),
        ("gym in two weeks", "2026-12-05", "2026-12-05"),
        ("gym in a month", "2026-12-21", "2026-12-21"),
        ("gym 3 days after the treatment", "2026-11-23", "2026-11-23"),
        ("gym 22/11", "2026-11-22", "2026-11-22"),
        ("gym on 22.11.", "2026-11-22", "2026-11-22"),
        ("gym 22/11/2026", "2026-11-22", "2026-11-22"),
        ("gym on the 5th", "2026-12-05", "2026-12-05"),
        ("gym the 21st", "2026-11-21", "2026-11-21"),
        ("gym on the 31st", "2026-12-31", "2026-12-31"),
        ("gym in december", "2026-12-01", "2026-12-31"),
        ("gym in november", "2026-11-21", "2026-11-30"),
        ("gym on 3 may", "2027-05-03", "2027-05-03"),
        ("gym next month", "2026-12-01", "2026-12-31"),
        ("gym last week", "2026-11-09", "2026-11-15"),
        ("gym this week", "2026-11-21", "2026-11-22"),
        ("gym this month", "2026-11-21", "2026-11-30"),
        ("gym last month", "2026-10-01", "2026-10-31"),
        ("gym in a fortnight", "2026-12-05", "2026-12-05"),
        ("gym two weeks from now", "2026-12-05", "2026-12-05"),
        ("gym the day after tomorrow", "2026-11-23", "2026-11-23"),
        ("gym day before yesterday", "2026-11-19", "2026-11-19"),
        ("gym tommorow", "2026-11-22", "2026-11-22"),
        ("gym tonite?", "2026-11-21", "2026-11-21"),
        ("on sat gym", "2026-11-21", "2026-11-21"),
        ("gym last sun", "2026-11-15", "2026-11-15"),
        ("gym two days ago", "2026-11-19", "2026-11-19"),
        ("gym on boxing day", "2026-12-26", "2026-12-26"),
        ("gym a week on friday", "2026-12-04", "2026-12-04"),
        ("gym friday week", "2026-12-04", "2026-12-04"),
        ("gym on fri week", "2026-12-04", "2026-12-04"),
        ("gym a week tomorrow", "2026-11-29", "2026-11-29"),
        ("gym a week today", "2026-11-28", "2026-11-28"),
        ("gym a fortnight on monday", "2026-12-07", "2026-12-07"),
        ("gym two weeks on monday", "2026-12-07", "2026-12-07"),
        ("gym since friday", "2026-11-20", "2026-11-21"),
        ("gym since saturday", "2026-11-14", "2026-11-21"),
        ("gym since 2 days", "2026-11-19", "2026-11-21"),
        ("gym on day -1", "2026-11-19", "2026-11-19"),
        ("gym on day −3", "2026-11-17", "2026-11-17"),
        ("gym on friday the 4th", "2026-12-04", "2026-12-04"),
        ("gym friday 4 dec", "2026-12-04", "2026-12-04"),
        ("gym inside 3 days", "2026-11-21", "2026-11-24"),
        ("gym in about two weeks", "2026-12-03", "2026-12-07"),
        ("gym in a fortnight or so", "2026-12-03", "2026-12-07"),
        ("gym nearly two weeks after the treatment", "2026-12-02", "2026-12-06"),
        ("gym two weeks or so after the treatment", "2026-12-02", "2026-12-06"),
        ("gym roughly 5 days later", "2026-11-24", "2026-11-26"),
        ("gym in about a month", "2026-12-14", "2026-12-28"),
        ("gym around 5 december", "2026-12-04", "2026-12-06"),
        ("gym about friday", "2026-11-26", "2026-11-28"),
        ("gym on day 5 or so", "2026-11-24", "2026-11-26"),
        ("gym in a couple of weeks", "2026-12-03", "2026-12-07"),
        ("gym in 2-3 days", "2026-11-23", "2026-11-24"),
        ("gym in two or three days", "2026-11-23", "2026-11-24"),
        ("gym in a week or two", "2026-11-28", "2026-12-05"),
        ("gym a day or two ago", "2026-11-19", "2026-11-20"),
        ("gym in less than 3 days", "2026-11-21", "2026-11-24"),
        ("gym in 2 wks", "2026-12-05", "2026-12-05"),
        ("gym in fourteen days", "2026-12-05", "2026-12-05"),
        ("gym on day five", "2026-11-25", "2026-11-25"),
        pytest.param("gym on the third day", "2026-11-22", "2026-11-23", id="that of the treatment counts, or doesn't"),
        ("gym on the day of the treatment", "2026-11-20", "2026-11-20"),
        ("gym the day after my treatment", "2026-11-21", "2026-11-21"),
        ("gym the day before the procedure", "2026-11-19", "2026-11-19"),
        ("gym 10 days after having it done", "2026-11-30", "2026-11-30"),
        ("gym one week post-treatment", "2026-11-27", "2026-11-27"),
        ("gym four days in", "2026-11-24", "2026-11-24"),
        ("gym in a week's time", "2026-11-28", "2026-11-28"),
        ("gym in a year", "2027-11-21", "2027-11-21"),
        ("gym friday next week", "2026-11-27", "2026-11-27"),
        ("gym next week on friday", "2026-11-27", "2026-11-27"),
        pytest.param("gym next weekend", "2026-11-28", "2026-11-29", id="asked on a Saturday"),
        ("gym on december the 1st", "2026-12-01", "2026-12-01"),
        ("gym in early december", "2026-12-01", "2026-12-31"),
        ("gym the first week of december", "2026-12-01", "2026-12-31"),
        ("gym the end of next week", "2026-11-23", "2026-11-29"),
        ("gym all next week", "2026-11-23", "2026-11-29"),
        ("gym on day 2 or 3", "2026-11-22", "2026-11-23"),
        ("gym on days 2-4", "2026-11-22", "2026-11-24"),
        ("gym in ~2 weeks", "2026-12-03", "2026-12-07"),
        ("gym late on friday", "2026-11-27", "2026-11-27"),
        ("gym on christmas eve", "2026-12-24", "2026-12-24"),
        ("gym on new year's day", "2027-01-01", "2027-01-01"),
    ],
)
def test_words_about_days(plan_for: Make, next_morning: datetime, words: str, first: str, last: str) -> None:
    found = can(plan_for(), words, now=next_morning)
    assert (found.meaning.words, str(found.asked.first), str(found.asked.last)) == ("gym", first, last)


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("gym after 3 days", "2026-11-23 00:00"),
        ("after 3 days gym", "2026-11-23 00:00"),
        ("gym after the first 3 days", "2026-11-23 00:00"),
        ("gym after the next 3 days", "2026-11-24 00:00"),
        ("gym after 48 hours", "2026-11-22 16:30"),
        ("gym more than a week after the treatment", "2026-11-27 00:00"),
        ("gym 3 weeks or more after the treatment", "2026-12-11 00:00"),
        ("gym in over two weeks", "2026-12-05 00:00"),
        ("gym after about two weeks", "2026-12-02 00:00"),
        ("gym for more than an hour", "2026-11-21 09:00"),
    ],
)
def test_after_a_length_is_all_time_from_then_on(
    plan_for: Make, next_morning: datetime, words: str, start: str
) -> None:
    found = can(plan_for(), words, now=next_morning)
    asked = found.asked
    assert (found.meaning.words, f"{asked.start:%Y-%m-%d %H:%M}", asked.end) == ("gym", start, FOREVER)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("at about 5pm tomorrow", "2026-11-22 16:30", "2026-11-22 17:30"),
        ("tomorrow around 16:30", "2026-11-22 16:00", "2026-11-22 17:00"),
        ("tomorrow 5pm or so", "2026-11-22 16:30", "2026-11-22 17:30"),
        ("tomorrow at 5pm-ish", "2026-11-22 16:30", "2026-11-22 17:30"),
        ("just after 4:30pm tomorrow", "2026-11-22 16:00", "2026-11-22 17:00"),
        ("shortly before 5pm tomorrow", "2026-11-22 16:30", "2026-11-22 17:30"),
        ("tomorrow around half past four", "2026-11-22 04:00", "2026-11-22 17:00"),
        ("tomorrow at 5ish", "2026-11-22 04:30", "2026-11-22 17:30"),
        ("around lunchtime tomorrow", "2026-11-22 11:00", "2026-11-22 15:00"),
        ("in about 3 hours", "2026-11-21 11:30", "2026-11-21 12:30"),
        ("in an hour or two", "2026-11-21 10:00", "2026-11-21 11:00"),
        ("a day or so after the treatment", "2026-11-20 16:30", "2026-11-23 00:00"),
        ("about half an hour after the treatment", "2026-11-20 16:30", "2026-11-20 17:30"),
    ],
)
def test_a_time_that_is_not_exact_is_a_stretch(
    plan_for: Make, next_morning: datetime, words: str, start: str, end: str
) -> None:
    found = can(plan_for(), f"gym {words}", now=next_morning)
    asked = found.asked
    assert (found.meaning.words, *(f"{one:%Y-%m-%d %H:%M}" for one in (asked.start, asked.end))) == ("gym", start, end)


@pytest.mark.parametrize("words", ["what about gym tomorrow", "gym around the corner tomorrow"])
def test_what_only_looks_like_it_makes_no_stretch(plan_for: Make, next_morning: datetime, words: str) -> None:
    asked = can(plan_for(), words, now=next_morning).asked
    assert (str(asked.first), asked.first) == ("2026-11-22", asked.last)


@pytest.mark.parametrize(
    ("words", "now", "first", "last"),
    [
        pytest.param("for over a week", "2026-11-21", "2026-11-28", "2026-11-28", id="the day after it"),
        pytest.param("over two weeks", "2026-11-21", "2026-12-05", "2026-12-05", id="without for"),
        pytest.param("for a week or longer", "2026-11-21", "2026-11-28", "2026-11-28", id="or longer"),
        pytest.param("after a week", "2026-11-21", "2026-11-28", "2026-11-28", id="after it"),
        pytest.param("for over a week", "2026-12-01", "2026-12-01", "2026-12-01", id="or now"),
        pytest.param("for about a week", "2026-11-26", "2026-11-26", "2026-11-26", id="what may be over by now is"),
        pytest.param("for about a week", "2026-11-21", "2026-11-25", "2026-11-29", id="around it"),
        pytest.param("for the last week", "2026-11-21", "2026-11-27", "2026-11-27", id="the last one"),
        pytest.param("lasting a week", "2026-11-21", "2026-11-27", "2026-11-27", id="lasting"),
        pytest.param("for 3 days now", "2026-11-25", "2026-11-25", "2026-11-25", id="for so long by now"),
        pytest.param("for less than a week", "2026-11-21", "2026-11-27", "2026-11-27", id="at the most"),
    ],
)
def test_how_long_a_sign_has_lasted(plan_for: Make, words: str, now: str, first: str, last: str) -> None:
    asked = normal(plan_for(), f"flaking {words}", now=datetime.fromisoformat(f"{now}T09:00")).asked
    assert (str(asked.first), str(asked.last)) == (first, last)


def test_may_is_a_month_too(plan_for: Make, next_morning: datetime) -> None:
    found = can(plan_for(), "gym in may with Ana", now=next_morning)
    assert (str(found.asked.first), str(found.asked.last)) == ("2027-05-01", "2027-05-31")


@pytest.mark.parametrize(
    "words",
    [
        *("sat in the sun", "may I go", "night cream", "put on sun cream", "morning coffee", "day cream", "spf 50"),
        *("gym every 3 days", "gym each 2 weeks", "gym once a week", "gym 3 times a day", "gym for the next few days"),
        *("swim in the future", "gym after christmas", "gym after 6", "gym 22/11/26", "from now on"),
    ],
)
def test_what_may_mean_something_else_is_left_in_the_words(plan_for: Make, next_morning: datetime, words: str) -> None:
    found = can(plan_for(), words, now=next_morning)
    assert (found.meaning.words, found.asked.is_instant) == (words.lower().replace("/", " and "), True)
    assert found.asked.start == next_morning


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("gym in the evening", "2026-11-21 17:00", "2026-11-22 00:00"),
        ("gym this morning", "2026-11-21 09:00", "2026-11-21 12:00"),
        ("gym tomorrow morning", "2026-11-22 05:00", "2026-11-22 12:00"),
        ("gym on monday afternoon", "2026-11-23 12:00", "2026-11-23 18:00"),
        ("gym before 6pm", "2026-11-21 09:00", "2026-11-21 18:00"),
        ("gym after 6pm tomorrow", "2026-11-22 18:00", "2026-11-23 00:00"),
        ("gym within 3 hours", "2026-11-21 09:00", "2026-11-21 12:00"),
        ("gym last night", "2026-11-20 17:00", "2026-11-21 00:00"),
        ("gym first thing tomorrow", "2026-11-22 05:00", "2026-11-22 12:00"),
        ("gym the morning after the treatment", "2026-11-21 05:00", "2026-11-21 12:00"),
        ("gym the night before the treatment", "2026-11-19 17:00", "2026-11-20 00:00"),
        pytest.param("gym from 5pm to 7pm tomorrow", "2026-11-22 17:00", "2026-11-23 00:00", id="all that follows"),
    ],
)
def test_words_about_a_part_of_a_day(plan_for: Make, next_morning: datetime, words: str, start: str, end: str) -> None:
    asked = can(plan_for(), words, now=next_morning).asked
    assert [f"{one:%Y-%m-%d %H:%M}" for one in (asked.start, asked.end)] == [start, end]


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("gym for 3 days", "2026-11-21 09:00", "2026-11-25 00:00"),
        ("gym for the next 3 days", "2026-11-21 09:00", "2026-11-25 00:00"),
        ("gym the next 3 days", "2026-11-21 09:00", "2026-11-25 00:00"),
        ("gym over the coming week", "2026-11-21 09:00", "2026-11-29 00:00"),
        ("gym for another 2 weeks", "2026-11-21 09:00", "2026-12-06 00:00"),
        ("gym for a month", "2026-11-21 09:00", "2026-12-22 00:00"),
        ("gym for 3 weeks from now", "2026-11-21 09:00", "2026-12-13 00:00"),
        ("gym 3 days", "2026-11-21 09:00", "2026-11-25 00:00"),
        ("gym for 10 mins", "2026-11-21 09:00", "2026-11-21 09:10"),
        ("gym for about 10 minutes", "2026-11-21 09:00", "2026-11-21 09:40"),
        ("gym for about 2 days", "2026-11-21 09:00", "2026-11-25 00:00"),
        ("gym for 2 to 3 days", "2026-11-21 09:00", "2026-11-25 00:00"),
        ("gym for half an hour", "2026-11-21 09:00", "2026-11-21 09:30"),
        ("gym for an hour and a half", "2026-11-21 09:00", "2026-11-21 10:30"),
        ("gym for 2 and a half hours tomorrow at 6pm", "2026-11-22 18:00", "2026-11-22 20:30"),
        ("gym tomorrow evening for 3 hours", "2026-11-22 17:00", "2026-11-23 03:00"),
        ("gym for the first 3 days", "2026-11-20 16:30", "2026-11-24 00:00"),
        ("gym in the first week after the treatment", "2026-11-20 16:30", "2026-11-28 00:00"),
        ("gym less than a week after the treatment", "2026-11-20 16:30", "2026-11-28 00:00"),
        ("gym for 3 days after the treatment", "2026-11-20 16:30", "2026-11-24 00:00"),
        ("gym during the first 24 hours", "2026-11-20 16:30", "2026-11-21 16:30"),
        ("gym tomorrow for 3 hours", "2026-11-22", "2026-11-22"),
        ("gym on monday for 2 days", "2026-11-23", "2026-11-25"),
        ("gym for a week from monday", "2026-11-23", "2026-11-30"),
        ("gym on monday for 48 hours", "2026-11-23", "2026-11-25"),
        ("gym in half an hour", "2026-11-21 09:30", ""),
        ("gym in 48h", "2026-11-23 09:00", ""),
        ("gym in seventy two hours", "2026-11-24 09:00", ""),
        ("gym in an hour and a half", "2026-11-21 10:30", ""),
        ("gym since 7am", "2026-11-21 07:00", "2026-11-21 09:00"),
        ("gym since 6pm", "2026-11-20 18:00", "2026-11-21 09:00"),
    ],
)
def test_how_long_something_goes_on(plan_for: Make, next_morning: datetime, words: str, start: str, end: str) -> None:
    found = can(plan_for(), words, now=next_morning)
    asked = found.asked
    assert found.meaning.words == "gym"
    if asked.whole:
        assert [str(asked.first), str(asked.last)] == [start, end]
    else:
        shown = [f"{one:%Y-%m-%d %H:%M}" for one in (asked.start, asked.end)]
        assert [shown[0], "" if asked.is_instant else shown[1]] == [start, end]
