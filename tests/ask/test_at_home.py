"""Who needles at home is warned no less than who goes to a clinic."""

import json

import pytest

from running import run

SITTING = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London", "--now", "2026-11-24T10:00")
pytestmark = pytest.mark.usefixtures("no_log")


@pytest.mark.parametrize(
    ("typed", "free"),
    [
        pytest.param([], "2026-12-18", id="with a pen"),
        pytest.param(["--depth", "0.25"], "2026-12-18", id="with a pen, short needles"),
        pytest.param(["--technique", "roller", "--depth", "0.25"], "2026-12-04", id="with a roller, short needles"),
        pytest.param(["--technique", "roller", "--depth", "1"], "2026-12-18", id="with a roller, longer needles"),
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
    assert "No. Needling at home, Wed 25 Nov.\n" in said
    assert "Needling at home" in run("today", *home).out.partition("\nLeave\n")[2].partition("\n\n")[0]


def test_nobody_recommends_it_after_that_either() -> None:
    said = run("can", "use", "my", "dermaroller", "on", "20", "jan", *SITTING, "--setting", "home")
    assert said.code == 4
    assert "none recommends it" in said.out
