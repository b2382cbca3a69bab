"""What people type, made of noise: dates, times, zones, and every option that is read from text."""

import string
from datetime import date
from time import perf_counter

from hypothesis import example, given
from hypothesis import strategies as st

from attack.strength import tried, tries
from needlecare import InputError

# Texts are read by the hundred here, without a plan of each.
from needlecare.batch.table import read_map
from needlecare.model.time import FIRST_YEAR, LAST_YEAR
from needlecare.rules.fields import FIELDS
from needlecare.typed import parse_date, parse_time, parse_zone
from running import run

PIECES = (
    *(
        "2026",
        "11",
        "20",
        "1900",
        "2199",
        "0",
        "-",
        "/",
        ".",
        " ",
        "T",
        ":",
        "Z",
        "+01:00",
        "..",
        "=",
        ",",
        "nov",
        "Friday",
    ),
    *(
        "today",
        "noon",
        "am",
        "pm",
        "16:30",
        "29 Feb",
        "９",
        "Ⅳ",
        "İ",
        "\x00",
        "\ud800",
        "9" * 50,
        "no",
        "redness-gone",
        "wedding",
    ),
    *(
        "Europe/London",
        "../../etc/passwd",
        "/dev/zero",
        "GMT+25",
        "localtime",
        "none",
        "face",
        "isotretinoin",
        "1.5mm",
        "1e3",
    ),
)
TYPED = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text(max_size=12)
OPTIONS = (
    *("--date", "--time", "--tz", "--area", "--depth", "--setting", "--technique", "--add-on", "--skin-type", "--uses"),
    *("--condition", "--goal", "--fact", "--seen", "--next", "--event", "--now", "--rules", "--format", "--days"),
    *("--alarm", "--calendar-style", "--id"),
)


@tries(150)
@given(text=TYPED, order=st.sampled_from([None, "dmy", "mdy"]))
@example(text="20 Nov 2026 00:00 UTC", order=None)
@example(text="2026 2026", order=None)
def test_a_date_is_read_or_refused(text: str, order: str | None) -> None:
    found = tried(lambda: parse_date(text, date(2026, 11, 20), order=order))[0]
    assert found is None or (type(found) is date and FIRST_YEAR <= found.year <= LAST_YEAR)


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


@tries(100)
@given(text=TYPED)
def test_a_time_is_read_or_refused(text: str) -> None:
    found = tried(lambda: parse_time(text))[0]
    assert found is None or found.microsecond == 0


@tries(40)
@given(text=TYPED)
@example("x" * 100_000)
@example("Europe")
@example("zone.tab")
@example("\ud800")
def test_a_zone_is_read_or_refused(text: str) -> None:
    found, said = tried(lambda: parse_zone(text))
    assert found is None or found.key == text
    assert len(said) < 200


@tries(40)
@given(pairs=st.lists(st.one_of(TYPED, st.sampled_from(FIELDS).map("{}=x".format)), max_size=3))
def test_a_map_of_columns_is_read_or_refused(pairs: list[str]) -> None:
    fields = (*FIELDS, "area", "skin-type")
    found = tried(lambda: read_map(pairs, fields))[0]
    assert found is None or set(found) <= set(fields)


@tries(4)
@given(typed=st.lists(st.tuples(st.sampled_from(OPTIONS), TYPED), min_size=1, max_size=3))
@example([("--event", "wedding:\udcff=2026-12-05")])
@example([("--event", "wedding:" + "x" * 100_000 + "=2026-12-05")])
@example([("--uses", "isotretinoin=" + "9" * 5000)])
@example([("--area", "y" * 100_000)])
@example([("--seen", "redness-gone=2199-12-31T23:59")])
@example([("--now", "2199-12-31T23:59-23:59")])
@example([("--id", "\udcff")])
@example([("--days", "9" * 5000)])
def test_any_option_is_taken_or_refused_in_plain_words(typed: list[tuple[str, str]]) -> None:
    words = [word for option, text in typed for word in (option, text.replace("\x00", ""))]
    usual = [] if "--date" in words else ["--date", "2026-11-20"]
    ran = run("plan", *usual, *([] if "--tz" in words else ["--tz", "UTC"]), *words)
    assert ran.code in (0, 2, 3), ran.err
    assert "Traceback" not in ran.err
    assert bool(ran.err) == bool(ran.code)


@tries(2)
@given(command=st.sampled_from(["can", "when", "normal", "why"]), words=st.lists(TYPED, min_size=1, max_size=5))
@example(command="can", words=["x" * 100_000])
@example(command="can", words=["in", "3", "days"] * 3000)
@example(command="why", words=["a"] * 20_000)
@example(command="normal", words=["\udcff"])
@example(command="when", words=["tomorrow", "tomorrow", "at", "25:00"])
def test_any_question_is_answered_or_refused_soon(command: str, words: list[str]) -> None:
    safe = [word.replace("\x00", "") for word in words]
    began = perf_counter()
    ran = run(command, "--date", "2026-11-20", "--tz", "UTC", "--now", "2026-11-21", "--format", "json", "--", *safe)
    assert ran.code in (0, 1, 2, 4), ran.err
    assert perf_counter() - began < 3
