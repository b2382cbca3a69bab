"""Who needles at home is warned no less than who goes to a clinic."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape

import pytest

from needlecare import load_rules
from running import run

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-24T10:00")
pytestmark = pytest.mark.usefixtures("no_log")


def test_what_speaks_against_needling_speaks_against_doing_it_at_home() -> None:
    for told in (["--setting", "home", "--technique", "roller", "--depth", "1"], ["--condition", "eczema"]):
        record = json.loads(run("when", "use", "my", "dermaroller", *SITTING, *told, "--format", "json").out)
        assert (record["verdict"], record["free_from"]) == ("no", None)


@pytest.mark.parametrize(
    ("typed", "free"),
    [
        pytest.param([], "2026-12-18", id="with a pen"),
        pytest.param(["--depth", "0.25"], "2026-12-18", id="with a pen, short needles"),
        pytest.param(["--technique", "roller", "--depth", "0.25"], "2026-12-04", id="with a roller, short needles"),
        pytest.param(["--technique", "roller"], "2026-12-18", id="with a roller, nobody knows how deep"),
    ],
)
def test_needling_again_is_left_until_the_next_session_may_be(typed: list[str], free: str) -> None:
    home = (*SITTING, "--setting", "home", *typed)
    record = json.loads(run("when", "needling", "at", "home", *home, "--format", "json").out)
    assert record["free_from"][:10] == free
    (session,) = json.loads(run("plan", *home, "--format", "json").out)["sessions"]
    assert session["minimum"] == free
    said = run("can", "use", "my", "dermaroller", "again", "tomorrow", *home).out
    assert "No. A roller at home, Wed 25 Nov: not before " in said
    assert "A roller at home" in run("today", "--all", *home).out.partition("\nAvoid\n")[2].partition("\n\n")[0]


def test_nobody_recommends_it_after_that_either() -> None:
    said = run("can", "use", "my", "dermaroller", "on", "20", "jan", *SITTING, "--setting", "home")
    assert said.code == 4
    assert "none recommends it" in said.out


def own_words(content: object) -> Iterator[str]:
    """Find the texts of a rule set: what they say is not for a view to change."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from own_words(value)
    elif isinstance(content, Iterable):
        for value in content:
            yield from own_words(value)


AT_HOME = (*SITTING, "--setting", "home", "--technique", "roller")
EVENT = ("--event", "wedding=2026-11-26", "--next", "2026-12-01", "--seen", "calm=2026-11-22")


@pytest.mark.parametrize(
    "typed",
    [
        *(("plan", *AT_HOME, *EVENT, "--format", name) for name in ("text", "json", "ics", "html", "md", "csv")),
        *(("plan", *AT_HOME, "--condition", condition, "--days", "40") for condition in ("eczema", "pregnancy")),
        *(
            ("can", *words.split(), *AT_HOME)
            for words in ("sun", "use retinol", "make-up", "coffee", "vitamin c", "asdf")
        ),
        *(("can", "sauna", "--on", day, *AT_HOME) for day in ("2026-11-10", "2026-11-21", "2027-03-01")),
        *(("when", *words.split(), *AT_HOME) for words in ("gym", "smoking", "use my dermaroller", "asdf")),
        *(("why", *words.split(), *AT_HOME) for words in ("gym", "redness")),
        *(
            ("normal", *words.split(), "--on", day, *AT_HOME)
            for words in ("redness", "pus", "itching", "asdf", "redness asdf")
            for day in ("2026-11-18", "2026-11-21", "2026-12-20")
        ),
        *(("sessions", *AT_HOME, *more) for more in ((), ("--done", "2026-11-23"), ("--next", "2026-11-27"))),
        ("today", *AT_HOME),
        ("check", *AT_HOME[:-4], "--setting", "home", "--condition", "eczema"),
        ("check", *AT_HOME[:-4], "--setting", "home", "--condition", "rosacea", "--uses", "minoxidil"),
    ],
    ids=lambda typed: " ".join(typed).replace(" ".join(AT_HOME), "").strip(),
)
def test_nobody_at_home_is_sent_to_a_clinic_that_they_do_not_have(typed: tuple[str, ...]) -> None:
    shown = run(*typed).out
    assert shown
    # Which the calendar has too, whoever it is for.
    notice = "Information, not medical advice: your clinic's own instructions come first."
    text = unescape(re.sub(r"\\(?=\W)", "", shown.replace("\r\n ", "")))
    for words in (notice, *own_words(load_rules().content)):
        if "your clinic" in words.lower():
            text = re.sub(re.escape(words.rstrip(".")), "", text, flags=re.IGNORECASE)
    assert [line for line in text.splitlines() if "your clinic" in line.lower()] == []
