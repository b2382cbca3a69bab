"""Dates, times and zones as people type them."""

import string
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlecare import InputError
from needlecare.typed import is_relative, parse_date, parse_time, parse_zone

THAT_DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-20", " 2026-11-20 ", "2026/11/20", "2026.11.20", "20 Nov 2026", "20 November 2026", "Nov 20, 2026"),
        *("november 20 2026", "20th Nov 2026", "20th of November 2026", "Fri 20 Nov 2026", "Friday, 20 November 2026"),
        *("20/11/2026", "11/20/2026", "20.11.2026", "20-11-2026", "20-Nov-2026"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert parse_date(text) == THAT_DAY


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("5/5/2026", date(2026, 5, 5)),
        ("2028-02-29", date(2028, 2, 29)),
        ("1900-01-01", date(1900, 1, 1)),
        ("2199-12-31", date(2199, 12, 31)),
    ],
)
def test_dates_at_the_edges_are_read(text: str, read: date) -> None:
    assert parse_date(text) == read


@pytest.mark.parametrize("text", ["03/04/2026", "3.4.2026", "03-04-2026", "3 4 2026"])
def test_a_date_with_two_readings_is_shown_with_both(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_date(text)
    assert str(raised.value) == (
        f"`{text}` can be read as 2026-03-04 (04 Mar 2026) or as 2026-04-03 (03 Apr 2026); "
        "write it as 2026-11-20 or 20 Nov 2026"
    )


HELP = "write it as 2026-11-20 or 20 Nov 2026"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-02-30", f"`2026-02-30` is not a day of the calendar; {HELP}"),
        ("2027-02-29", f"`2027-02-29` is not a day of the calendar; {HELP}"),
        ("2026-13-01", f"`2026-13-01` is not a day of the calendar; {HELP}"),
        ("30 Feb 2026", f"`30 Feb 2026` is not a date that can be read; {HELP}"),
        ("Mon 20 Nov 2026", f"2026-11-20 is a Friday, not `Mon`; {HELP}"),
        ("1899-12-31", "`1899-12-31` lies outside the years 1900 to 2199"),
        ("2200-01-01", "`2200-01-01` lies outside the years 1900 to 2199"),
        ("1 Jan 2200", "`1 Jan 2200` lies outside the years 1900 to 2199"),
        ("tomorrow", f"`tomorrow` can't be used here; {HELP}"),
    ],
)
def test_what_is_wrong_with_a_date_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_date(text)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "soon", "next Friday", "Nov 2026", "2026", "20 Nov", "20 Nov 26", "20261120", "2026-W47-5"),
        *(
            "2026-11-20T16:30",
            "20 Nov 2026 16:30",
            "99999-01-01",
            "0",
            "-1",
            "١٢/١١/٢٠٢٦",
            "２０２６-11-20",
            "20\0Nov 2026",
        ),
        *("20 Nov 2026 20 Nov 2026", "a" * 1000, "1" * 1000, "2026-11-20; rm", "[bold]20 Nov 2026", "J" * 40),
    ],
    ids=ascii,
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"is not a date that can be read; write it as 2026-11-20 or 20 Nov 2026$"):
        parse_date(text)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_date_is_read_back_from_iso_and_from_words(day: date) -> None:
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day:%d %b %Y}") == day


@given(st.text(string.ascii_letters + string.digits + " ,./-:", max_size=40) | st.text(max_size=60))
def test_whatever_is_typed_is_a_date_or_one_clear_line(text: str) -> None:
    for parse in (parse_date, parse_time, parse_zone):
        said = ""
        try:
            parse(text)
        except InputError as error:
            said = str(error)
        assert not said or "write it as" in said or "outside the years" in said


@pytest.mark.parametrize(("word", "day"), [("yesterday", 19), ("today", 20), (" Tomorrow ", 21)])
def test_words_count_from_the_day_that_is_given(word: str, day: int) -> None:
    assert is_relative(word)
    assert parse_date(word, THAT_DAY) == date(2026, 11, day)


def test_other_dates_need_no_clock() -> None:
    assert not is_relative("2026-11-20")
    assert parse_date("2026-11-20", date(1999, 1, 1)) == THAT_DAY


@pytest.mark.parametrize(
    ("text", "read"),
    [
        *(("16:30", time(16, 30)), ("16.30", time(16, 30)), ("4:30pm", time(16, 30)), ("4:30 PM", time(16, 30))),
        *(("1630", time(16, 30)), ("16h30", time(16, 30)), ("0905", time(9, 5))),
        *(("4pm", time(16)), ("4 p.m.", time(16)), ("9am", time(9)), ("12am", time(0)), ("12pm", time(12))),
        *(("noon", time(12)), ("midday", time(12)), ("Midnight", time(0)), ("0:00", time(0)), ("23:59", time(23, 59))),
        ("12:30am", time(0, 30)),
    ],
)
def test_times_are_read_as_people_write_them(text: str, read: time) -> None:
    assert parse_time(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "16",
        "24:00",
        "2460",
        "930",
        "25:00",
        "16:60",
        "0pm",
        "13pm",
        "0:30am",
        "4:30xm",
        "-1:00",
        "16:30:00",
        "١٦:٣٠",
        "1" * 99,
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_time(text)
    assert str(raised.value) == f"`{text}` is not a time of the day; write it as 16:30 or 4:30pm"


@pytest.mark.parametrize("name", ["Europe/London", "Asia/Kathmandu", "UTC", "America/Argentina/Buenos_Aires"])
def test_zones_are_known_by_their_names(name: str) -> None:
    assert parse_zone(name).key == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("europe/london", "Europe/London"),
        ("EUROPE/LONDON", "Europe/London"),
        ("america/new york", "America/New_York"),
        ("utc", "UTC"),
        (" Asia/tokyo ", "Asia/Tokyo"),
    ],
)
def test_zones_are_known_in_any_letters_and_named_in_one_way(typed: str, name: str) -> None:
    assert parse_zone(typed).key == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mars/Base", "there is no time zone `Mars/Base`; write it as Europe/London"),
        ("london", "there is no time zone `london` (did you mean Europe/London?); write it as Europe/London"),
        (
            "Europe/Lundon",
            "there is no time zone `Europe/Lundon` (did you mean Europe/London?); write it as Europe/London",
        ),
        ("", "there is no time zone ``; write it as Europe/London"),
        ("../../etc/passwd", "there is no time zone `../../etc/passwd`; write it as Europe/London"),
        ("/etc/localtime", "there is no time zone `/etc/localtime`; write it as Europe/London"),
        ("localtime", "there is no time zone `localtime`; write it as Europe/London"),
        ("a\0b", "there is no time zone `a\0b`; write it as Europe/London"),
        ("x" * 5000, f"there is no time zone `{'x' * 40}`; write it as Europe/London"),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_what_is_no_zone_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_zone(name)
    assert str(raised.value) == said
