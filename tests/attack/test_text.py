"""Text that isn't ours (a clinic's words, labels of events, ids of clients) in everything that shows it."""

import csv
import io
import json
from pathlib import Path

import pytest

from batches import HERE, batch
from running import PLAN, run, run_at_terminal, without_colour

DATE = ("--date", "2026-11-20", "--tz", "Europe/London", "--now", "2026-11-21")
# What a terminal would obey, markup of Rich, HTML, Markdown and spreadsheets, and a place for a template.
SPOKEN = "=[bold]x[/] <b>&amp; *y* {{7*7}} %s 針"
OBEYED = "\x1b[31m\x9b1m\x07\x08\u202e\u2066\u200f\u2028"
HOSTILE = f"{SPOKEN}{OBEYED}"
FORBIDDEN = set(OBEYED) - set("[31m")


@pytest.fixture
def rules(tmp_path: Path) -> str:
    """Write a clinic's set whose every word is hostile."""
    said = json.dumps(HOSTILE)
    path = tmp_path / "clinic.yaml"
    path.write_text(
        f"""\
ruleset: clinic
title: {said}
version: {said}
extends: microneedling
source: sheet
sources: {{sheet: {{title: {said}, publisher: {said}}}}}
clinic: {{name: {said}, closing: {said}}}
activities: {{odd-thing: {{label: {said}, aka: [{said}]}}}}
signs: {{odd-sign: {{label: {said}, aka: [{said}]}}}}
events: {{ball: {{label: {said}}}}}
rules:
  odd: {{avoid: odd-thing, until: 3d, why: {said}, note: {said}, because: {said}, by: {said}}}
  odd-do: {{do: odd-thing, from: 4d, until: 5d, text: {said}, if: {said}, instead: {said}}}
  odd-see: {{expect: odd-sign, days: 0..2, worry-after: 3d}}
""",
        encoding="utf-8",
    )
    return str(path)


ASKED = {
    "plan": ("plan", *DATE, "--all", "--event", f"ball:{HOSTILE}=2026-12-05"),
    "first screen": ("plan", *DATE, "--plain", "--event", f"ball:{HOSTILE}=2026-12-05"),
    "today": ("today", *DATE),
    "can": ("can", "odd-thing", *DATE),
    "when": ("when", "odd-thing", *DATE),
    "normal": ("normal", "odd-sign", *DATE),
    "why": ("why", "odd-thing", *DATE),
    "check": ("check", *DATE),
    "sessions": ("sessions", *DATE, "--before", f"ball:{HOSTILE}=2027-12-05"),
    "what nobody knows": ("can", HOSTILE, *DATE),
}


@pytest.mark.parametrize("arguments", ASKED.values(), ids=ASKED)
def test_text_for_people_shows_it_and_obeys_nothing(arguments: tuple[str, ...], rules: str) -> None:
    ran = run(*arguments, "--rules", rules)
    assert ran.code in (0, 1, 4), ran.err
    assert not set(ran.out + ran.err) & FORBIDDEN
    if arguments[0] not in ("check", "sessions"):
        assert "[bold]x[/] <b>&amp; *y* {{7*7}} %s 針" in ran.out


@pytest.mark.parametrize("arguments", ASKED.values(), ids=ASKED)
def test_json_holds_it_whole_and_escaped(arguments: tuple[str, ...], rules: str) -> None:
    ran = run(*[word for word in arguments if word not in ("--all", "--plain")], "--rules", rules, "--format", "json")
    assert ran.code in (0, 1, 4), ran.err
    assert not set(ran.out) & FORBIDDEN
    assert json.loads(ran.out)["schema_version"] == 2


def test_a_terminal_shows_it_and_obeys_nothing(rules: str) -> None:
    shown = run_at_terminal(*ASKED["plan"], "--rules", rules, columns=200)
    assert not set(without_colour(shown).replace("\r", "")) & FORBIDDEN
    assert "[bold]x[/]" in shown


@pytest.mark.parametrize("name", ["html", "md", "csv", "ics", "text"])
def test_files_hold_nothing_that_is_obeyed(name: str, rules: str) -> None:
    out = run(*ASKED["plan"][:-3], *ASKED["plan"][-2:], "--rules", rules, "--format", name).out
    assert not set(out) & FORBIDDEN
    if name == "html":
        assert "<b>&amp;" not in out
        assert "&lt;b&gt;&amp;amp;" in out
    if name == "csv":
        cells = [cell for row in csv.reader(io.StringIO(out.removeprefix("\ufeff"))) for cell in row]
        assert not [cell for cell in cells if cell.startswith("=")]


def test_the_log_remembers_it_and_shows_it_harmlessly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rules: str
) -> None:
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    event = f"wedding:{HOSTILE}=2026-12-05"
    said = [run("log", "add", *DATE[:4], "--rules", rules, "--event", event), run("log", "list")]
    said += [run("log", "edit", "1", "--time", "12:00"), run("log", "list", "--format", "json"), run("plan")]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"n\n")))
    said += [run("log", "remove", "1"), run("log", "remove", "1", "--yes")]
    for ran in said:
        assert ran.code in (0, 1), ran.err
        assert not set(ran.out + ran.err) & FORBIDDEN
    assert json.loads(said[3].out)["treatments"][0]["event"] == [event]


@pytest.mark.parametrize("command", ["show --rules", "show --format json --rules", "lint", "test"])
def test_rule_commands_show_it_harmlessly(command: str, rules: str) -> None:
    ran = run("rules", *command.split(), rules)
    assert ran.code in (0, 2, 3)
    assert not set(ran.out + ran.err) & FORBIDDEN


@pytest.mark.parametrize("sign", ["\u200b", "\u2060", "\u00ad", "\u034f", "\ufe0f \u200d", '\u200b"\u3164'], ids=ascii)
def test_a_formula_behind_what_takes_no_room_is_text_too(sign: str, tmp_path: Path) -> None:
    path = tmp_path / "clinic.yaml"
    label = json.dumps(f"{sign}=1+1")
    path.write_text(
        f"activities: {{odd: {{label: {label}}}}}\nsource: sheet\nsources: {{sheet: Ours}}\n"
        "rules: {odd: {avoid: odd, until: 3d}}\n",
        encoding="utf-8",
    )
    rows = csv.DictReader(io.StringIO(run("plan", *DATE, "--rules", str(path), "--format", "csv").out))
    assert [row["label"] for row in rows if row["activity"] == "odd"] == [f"'{sign}=1+1"]


@pytest.mark.parametrize("name", ["jsonl", "json", "ics", "html", "md", "csv", "text"])
def test_the_id_of_a_client_is_a_text_everywhere(name: str, tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(json.dumps({"id": HOSTILE, "date": "2026-11-20"}) + "\n", encoding="utf-8")
    if name == "jsonl":
        out = batch(str(tmp_path / "list.jsonl")).out
        assert json.loads(out)["id"] == HOSTILE.strip("\u2028")
    else:
        ran = batch(str(tmp_path / "list.jsonl"), "-o", str(tmp_path / "out"), "--format", name)
        assert ran.code == 0, ran.err
        (path,) = (tmp_path / "out").glob("[!.]*")
        assert path.name.isascii()
        out = path.read_text(encoding="utf-8")
    assert not set(out) & FORBIDDEN


def test_bytes_that_are_no_text_become_question_marks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    event = ("--event", "wedding:Zo\udceb=2026-12-05")
    for name in ("html", "ics", "md", "csv", "text"):
        assert run(*PLAN, *event, "--format", name, "-o", str(tmp_path / "plan")).code == 0
    assert '"Zo?"' in run(*PLAN, *event, "--format", "json").out
    assert run("can", "Zo\udceb", *DATE, "--format", "json").code == 4
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.sqlite"))
    assert run("log", "add", *DATE[:4], *event).code == 0
    assert run("log", "list").out.startswith(
        "1: 2026-11-20 (Europe/London): event wedding:Zo?=2026-12-05\nFor every treatment: tz Europe/London\n"
    )
    assert sorted(one.name for one in tmp_path.iterdir()) == ["log.sqlite", "plan"]
    assert batch(str(tmp_path / "\udceb.csv"), *HERE).code == 2
