"""Settings: what holds where nothing is typed or logged, from one file that says where it is wrong."""

from pathlib import Path

import pytest

from running import PLAN, run, write

NEW_RULES = """\
ruleset: mine
version: "1"
extends: microneedling
"""
AT = ("--date", "2026-11-20", "--time", "16:30")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which a settings file is looked for, and with it the log."""
    (tmp_path / "needlecare").mkdir()
    monkeypatch.delenv("NEEDLECARE_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    return tmp_path


def set_(home: Path, text: str | bytes) -> Path:
    """Write the settings file."""
    return write(home / "needlecare", text, "config.toml")


def zone_of(*arguments: str) -> str:
    """Return the zone of the plan that these *arguments* make."""
    zone: str = run("plan", *arguments, "--format", "json").record["treatment"]["tz"]
    return zone


def calendar(*arguments: str) -> str:
    return run(*PLAN, "--format", "ics", *arguments).out.replace("\r\n ", "")


def test_the_list_names_each_value_and_where_it_comes_from(home: Path) -> None:
    file = set_(home, '# mine\nalarm = "30min"\n')
    run("log", "add", "--tz", "Europe/Paris")
    listed = run("config")
    assert listed.out.splitlines() == [
        'tz = "Europe/Paris"  # the log, for every treatment',
        'rules = "microneedling"  # built in',
        f'alarm = "30min"  # {file}:2',
        "discreet = false  # built in",
        'calendar-style = "brief"  # built in',
        f"The settings file is {file}",
    ]
    record = run("config", "--format", "json").record
    assert record["file"] == str(file)
    assert record["settings"]["alarm"] == {"value": "30min", "from": f"{file}:2"}


def test_the_list_can_be_copied_into_the_file(home: Path) -> None:
    *lines, last = run("config").out.splitlines()
    assert last == f"To change one, write its line into the file {home / 'needlecare' / 'config.toml'}"
    file = set_(home, "\n".join(lines))
    copied = run("config").out.splitlines()[:-1]
    assert [line.partition("#")[0] for line in copied] == [line.partition("#")[0] for line in lines]
    assert all(f"{file}:{number}" in line for number, line in enumerate(copied, start=1))


def test_what_is_typed_or_logged_wins_over_the_zone_of_the_file(home: Path) -> None:
    set_(home, 'tz = "asia/tokyo"')
    assert zone_of(*AT) == "Asia/Tokyo"
    assert zone_of(*AT, "--tz", "Europe/Paris") == "Europe/Paris"
    run("log", "add", *AT, "--tz", "Europe/London")
    assert zone_of() == "Europe/London"
    assert "Tokyo" not in run("plan", *AT).out, "a zone is named where it was typed"


def test_a_path_to_rules_counts_from_the_folder_of_the_file(home: Path) -> None:
    write(home / "needlecare", NEW_RULES)
    set_(home, 'rules = "mine.yaml"')
    assert run(*PLAN, "--format", "json").record["ruleset"]["id"] == "mine"
    assert run("rules", "show", "makeup", "--format", "json").record["ruleset"] == "mine"
    assert run(*PLAN, "--rules", "microneedling", "--format", "json").record["ruleset"]["id"] == "microneedling"
    assert run("rules", "lint").out.startswith("microneedling: ")


def test_a_list_of_treatments_takes_zone_and_rules_from_the_file(home: Path) -> None:
    write(home / "needlecare", NEW_RULES)
    set_(home, 'rules = "mine.yaml"\ntz = "Asia/Tokyo"')
    (plan,) = run("batch", str(write(home, "id,date\n1,2026-11-20\n", "list.csv"))).records
    assert (plan["ruleset"]["id"], plan["treatment"]["tz"]) == ("mine", "Asia/Tokyo")


def test_calendars_are_made_as_the_file_says(home: Path) -> None:
    usual = calendar()
    set_(home, 'alarm = "30min"\ndiscreet = true\ncalendar-style = "full"')
    made = calendar()
    assert "TRIGGER:-PT30M" in made
    assert "SUMMARY:Reminder" in made
    assert made.count("BEGIN:VEVENT") > usual.count("BEGIN:VEVENT")
    assert "VALARM" not in calendar("--alarm", "none")
    assert calendar("--calendar-style", "brief").count("BEGIN:VEVENT") == usual.count("BEGIN:VEVENT")
    assert run(*PLAN).code == 0, "settings of a calendar mean nothing for a screen, and are no mistake there"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("zone = 1", 1, "there is no setting `zone`"),
        ('\nalarms = "2h"', 2, "(did you mean alarm?)"),
        ("[alarm]\nlead = 1", 1, "alarm: this value can't be"),
        ("tz = 1", 1, 'write `tz = "Europe/London"`'),
        ('\n\ntz = "Europe/Lodnon"', 3, "(did you mean Europe/London?)"),
        ('discreet = "yes"', 1, "write true or false"),
        ('alarm = "soon"', 1, "write it as none, 0min"),
        ('calendar-style = "long"', 1, "it is one of brief, full"),
        ('rules = "gone.yaml"', 1, "no rule set `gone.yaml`"),
        ("tz = Europe/London", 1, "this is not TOML"),
        ('tz = "UTC"\ntz = "UTC"', None, "this is not TOML"),
        (b"tz = '\xff'", None, "is not UTF-8 text"),
    ],
)
def test_a_mistake_is_named_with_its_line(home: Path, text: str | bytes, line: int | None, problem: str) -> None:
    file = set_(home, text)
    for ran in (run(*PLAN[:-2]), run("config")):
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"needlecare: {file}{f':{line}: ' if line else ''}")
        assert problem in ran.err


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("zone = 1", id="no setting"),
        pytest.param('rules = "broken.yaml"', id="wrong rules"),
        pytest.param("a = " + "[" * 100_000, id="deep"),
        pytest.param(f"tz = {'9' * 5000}", id="a long number"),
    ],
)
def test_an_emergency_is_answered_whatever_is_wrong_with_the_file(home: Path, text: str) -> None:
    set_(home, text)
    write(home / "needlecare", "rules: {a: {avoid: nothing known", "broken.yaml")
    ran = run("can", "i", "breathe", "badly,", "trouble", "breathing", *AT)
    assert ran.out.startswith("Ring your emergency number now")
    assert ran.code in (2, 3)


def test_a_byte_order_mark_of_an_editor_is_no_mistake(home: Path) -> None:
    set_(home, b'\xef\xbb\xbftz = "Asia/Tokyo"')
    assert zone_of(*AT) == "Asia/Tokyo"


def test_the_environment_names_another_file_or_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_(home, "zone = 1")
    monkeypatch.setenv("NEEDLECARE_CONFIG", "")
    assert run(*PLAN).code == 0
    assert run("config").out.endswith("NEEDLECARE_CONFIG is empty, or there is no home folder.\n")
    monkeypatch.setenv("NEEDLECARE_CONFIG", str(write(home, 'tz = "Asia/Tokyo"', "other.toml")))
    assert zone_of(*AT) == "Asia/Tokyo"
    monkeypatch.setenv("NEEDLECARE_CONFIG", str(home / "gone.toml"))
    assert run("config").err == f"needlecare: NEEDLECARE_CONFIG: there is no file {home / 'gone.toml'}\n"
    monkeypatch.setenv("NEEDLECARE_CONFIG", str(home))
    assert "is not a regular file" in run("config").err
