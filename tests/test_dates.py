"""Dates, times and zones as people type them."""

import pytest

from needlecare import InputError, load_rules, read_facts
from running import run

THAT_DAY = "2026-11-20"


def read(option: str, text: str, *more: str) -> str:
    """Return what a plan takes *text* for as the value of an option: `date`, `time` or `tz`."""
    typed = {"date": THAT_DAY, "tz": "UTC", option: text}
    options = [f"--{name}={value}" for name, value in typed.items()]
    ran = run("plan", *options, "--days", "1", "--format", "json", *more)
    assert (ran.code, ran.err) == (0, "")
    return str(ran.record["treatment"][option])


def refused(option: str, text: str) -> str:
    """Return why *text* is refused as the value of an option."""
    typed = {"date": THAT_DAY, "tz": "UTC", option: text}
    ran = run("plan", *(f"--{name}={value}" for name, value in typed.items()))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("needlecare: ")
    return ran.err.removeprefix("needlecare: ").removesuffix("\n")


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-20", " 2026-11-20 ", "2026/11/20", "2026.11.20", "20 Nov 2026", "20 November 2026", "Nov 20, 2026"),
        *("november 20 2026", "20th Nov 2026", "20th of November 2026", "Fri 20 Nov 2026", "Friday, 20 November 2026"),
        *("20/11/2026", "11/20/2026", "20.11.2026", "20-11-2026", "20-Nov-2026"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert read("date", text) == THAT_DAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5/5/2026", "2026-05-05"),
        ("2028-02-29", "2028-02-29"),
        ("1900-01-01", "1900-01-01"),
        ("2199-12-31", "2199-12-31"),
    ],
)
def test_dates_at_the_edges_are_read(text: str, day: str) -> None:
    assert read("date", text) == day


@pytest.mark.parametrize("text", ["03/04/2026", "3.4.2026", "03-04-2026", "3 4 2026"])
def test_a_date_with_two_readings_is_shown_with_both(text: str) -> None:
    assert refused("date", text) == (
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
    ],
)
def test_what_is_wrong_with_a_date_is_said(text: str, said: str) -> None:
    assert refused("date", text) == said


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
    assert refused("date", text).endswith(f"is not a date that can be read; {HELP}")


def test_a_word_that_counts_from_now_is_no_date_where_nothing_knows_the_present() -> None:
    with pytest.raises(InputError) as raised:
        read_facts(load_rules(), {"uses": ["isotretinoin=tomorrow"]})
    assert str(raised.value) == f"`tomorrow` can't be used here; {HELP}"


@pytest.mark.parametrize(("word", "day"), [("yesterday", 19), ("today", 20), (" Tomorrow ", 21)])
def test_words_count_from_the_day_that_is_given(word: str, day: int) -> None:
    assert read("date", word, "--now", f"{THAT_DAY}T12:00") == f"2026-11-{day}"


def test_other_dates_need_no_clock() -> None:
    assert read("date", THAT_DAY, "--now", "1999-01-01") == THAT_DAY


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        *(("16:30", "16:30"), ("16.30", "16:30"), ("4:30pm", "16:30"), ("4:30 PM", "16:30")),
        *(("1630", "16:30"), ("16h30", "16:30"), ("0905", "09:05")),
        *(("4pm", "16:00"), ("4 p.m.", "16:00"), ("9am", "09:00"), ("12am", "00:00"), ("12pm", "12:00")),
        *(("noon", "12:00"), ("midday", "12:00"), ("Midnight", "00:00"), ("0:00", "00:00"), ("23:59", "23:59")),
        *(("12:30am", "00:30"), ("04:30", "04:30"), ("7:30", "07:30"), ("12:30", "12:30"), ("4:30 p.m", "16:30")),
        *(("16:30:00", "16:30"), ("16:30:27", "16:30:27"), ("4:30:27pm", "16:30:27"), ("16:30:00.000", "16:30")),
    ],
)
def test_times_are_read_as_people_write_them(text: str, clock: str) -> None:
    assert read("time", text) == clock


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
        "16:30:60",
        "16:30:00.5",
        "١٦:٣٠",
        "1" * 99,
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert refused("time", text) == f"`{text}` is not a time of the day; write it as 16:30 or 4:30pm"


@pytest.mark.parametrize(
    ("text", "early", "late"),
    [
        ("4:30", "04:30", "16:30"),
        ("1:00", "01:00", "13:00"),
        ("6.59", "06:59", "18:59"),
        ("5h15", "05:15", "17:15"),
        ("4:30:00", "04:30", "16:30"),
    ],
)
def test_an_hour_of_the_night_or_of_the_afternoon_is_asked_back(text: str, early: str, late: str) -> None:
    asked = f"`{text}` can be read as {early} or as {late}; write it as {early} or {early.removeprefix('0')}pm"
    assert refused("time", text) == asked


@pytest.mark.parametrize("name", ["Europe/London", "Asia/Kathmandu", "UTC", "America/Argentina/Buenos_Aires"])
def test_zones_are_known_by_their_names(name: str) -> None:
    assert read("tz", name) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("europe/london", "Europe/London"),
        ("EUROPE/LONDON", "Europe/London"),
        ("america/new york", "America/New_York"),
        ("utc", "UTC"),
        (" Asia/tokyo ", "Asia/Tokyo"),
        ("Romance Standard Time", "Europe/Paris"),
        ("gmt standard time", "Europe/London"),
        ("W. Europe Standard Time", "Europe/Berlin"),
    ],
)
def test_zones_are_known_in_any_letters_and_named_in_one_way(typed: str, name: str) -> None:
    assert read("tz", typed) == name


# Near in letters to a zone that lies elsewhere, or in no zone at all.
UNLIKE = ("GMT+1", "UTC-5", "GMT+5:30", "CEST", "Ireland", "Mumbai", "Delhi", "Georgia", "China", "Oakland", "Haifa")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mars/Base", "there is no time zone `Mars/Base`; write it as Europe/London"),
        ("london", "there is no time zone `london` (did you mean Europe/London?); write it as Europe/London"),
        (
            "Europe/Lundon",
            "there is no time zone `Europe/Lundon` (did you mean Europe/London?); write it as Europe/London",
        ),
        # Etc/GMT-5 is five hours ahead of UTC.
        ("GMT-5", "there is no time zone `GMT-5`; write it as Europe/London"),
        ("UTC+1", "there is no time zone `UTC+1`; write it as Europe/London"),
        *((name, f"there is no time zone `{name}`; write it as Europe/London") for name in UNLIKE),
        ("Etc/GMT-15", "there is no time zone `Etc/GMT-15`; write it as Europe/London"),
        ("", "there is no time zone ``; write it as Europe/London"),
        ("../../etc/passwd", "there is no time zone `../../etc/passwd`; write it as Europe/London"),
        ("/etc/localtime", "there is no time zone `/etc/localtime`; write it as Europe/London"),
        ("localtime", "there is no time zone `localtime`; write it as Europe/London"),
        ("a\0b", "there is no time zone `a[U+0000]b`; write it as Europe/London"),
        ("x" * 5000, f"there is no time zone `{'x' * 40}`; write it as Europe/London"),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_what_is_no_zone_is_refused(name: str, said: str) -> None:
    assert refused("tz", name) == said
