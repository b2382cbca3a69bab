"""The plan as JSON: every field of the contract, valid against its own schema, the same bytes for the same input."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from needlecare import render
from running import PLAN, check_golden, run, run_program
from support import golden_timeline

PROFILES = [
    (),
    ("--time", "16:30"),
    ("--area", "scalp", "--uses", "minoxidil", "--depth", "1.5"),
    ("--setting", "home", "--technique", "roller", "--depth", "0.25"),
    ("--technique", "radiofrequency", "--skin-type", "V", "--goal", "acne-scars"),
    ("--add-on", "prp", "--condition", "eczema", "--seen", "redness-gone=no"),
    ("--seen", "redness-gone=2026-11-22", "--days", "3"),
]


def plan_as_json(*arguments: str) -> dict[str, Any]:
    ran = run("plan", "--date", "2026-11-20", "--tz", "Europe/London", "--format", "json", *arguments)
    assert (ran.code, ran.err) == (0, "")
    record = json.loads(ran.out)
    assert isinstance(record, dict)
    return record


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    ran = run("rules", "schema", "--timeline")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert isinstance(found, dict)
    return found


def test_the_json_of_a_small_sheet() -> None:
    check_golden("plan.json", render(golden_timeline(days=7), "json"))


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == "Timeline"


@pytest.mark.parametrize("arguments", PROFILES, ids=lambda arguments: " ".join(arguments) or "a date alone")
def test_every_plan_fits_its_schema(arguments: tuple[str, ...], schema: dict[str, Any]) -> None:
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.validate(plan_as_json(*arguments), closed(schema), format_checker=checks)


@pytest.mark.parametrize("arguments", PROFILES, ids=lambda arguments: " ".join(arguments) or "a date alone")
def test_a_plan_and_its_line_in_a_batch_stay_small(arguments: tuple[str, ...], tmp_path: Path) -> None:
    plan = run("plan", "--date", "2026-11-20", "--tz", "Europe/London", "--format", "json", *arguments).out
    assert len(plan.encode()) <= 250_000
    (tmp_path / "clients.csv").write_text("id,date\nC-1,2026-11-20\n", encoding="utf-8")
    options = arguments[: arguments.index("--days")] if "--days" in arguments else arguments
    line = run("batch", str(tmp_path / "clients.csv"), "--tz", "Europe/London", *options).out
    assert 10_000 < len(line.encode()) <= 65_000


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Refuse fields that the schema doesn't name: those that are written must all be described."""
    records = {
        name: {**record, "additionalProperties": False} if record["type"] == "object" else record
        for name, record in schema["$defs"].items()
    }
    return {**schema, "$defs": records, "additionalProperties": False}


def test_a_plan_says_why_its_rules_are_urgent(schema: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text('ruleset: own\nextends: microneedling\nurgent: "Two days, not one."\n', encoding="utf-8")
    record = plan_as_json("--rules", str(path))
    assert record["ruleset"]["urgent"] == "Two days, not one."
    jsonschema.validate(record, closed(schema))


def test_every_field_of_the_contract_is_there() -> None:
    record = plan_as_json("--time", "16:30", "--depth", "1.5", "--condition", "eczema")
    assert list(record)[:12] == [
        *("schema_version", "notice", "ruleset", "treatment", "facts", "assumed", "unknown", "windows", "rules"),
        *("days", "sessions", "screening"),
    ]
    assert record["schema_version"] == 2
    assert "not medical advice" in record["notice"]
    assert record["ruleset"].keys() == {"id", "version", "hash", "reviewed_by", "changed_core"}
    assert record["ruleset"]["hash"].startswith("sha256:")
    assert record["ruleset"]["reviewed_by"] is None
    assert record["treatment"] == {
        "date": "2026-11-20",
        "time": "16:30",
        "tz": "Europe/London",
        "moment": "2026-11-20T16:30:00+00:00",
    }
    assert record["facts"] == {"depth": 1.5, "condition": ["eczema"]}
    assert {"fact": "setting", "value": "clinic"} in record["assumed"]
    assert {"fact": "area", "value": ["face"]} in record["assumed"]
    assert "skin-type" in record["unknown"]
    wanted = {
        *("rule", "rules", "kind", "activity", "group", "text", "start", "earliest", "end", "end_stated", "bound"),
        *("better_from", "better_until", "and_once", "precision", "times", "if", "sources", "better_sources"),
        *("disagree", "overruled", "origin"),
    }
    for window in record["windows"]:
        assert wanted <= window.keys()
        assert window["kind"] in {"avoid", "ask", "do", "allow", "expect", "prepare"}
        assert (window["group"] is None) or window["kind"] != "expect"
        assert window["rule"] in window["rules"]
        assert window["bound"] in {None, "at least", "up to"}
        assert {*window["rules"], *window["overruled"]} <= record["rules"].keys()
        said = [
            one["source"] for id_ in (*window["rules"], *window["overruled"]) for one in record["rules"][id_]["says"]
        ]
        shown = [*window["sources"], *window["better_sources"], *window["disagree"]]
        assert len(set(shown)) == len(shown)
        assert set(shown) <= set(said)
    for rule in record["rules"].values():
        assert rule.keys() - {"except", "when"} == {"window", "says", "words", "origin", "confidence"}
        assert rule["says"]
        assert all(saying.keys() == {"source", "value", "note"} for saying in rule["says"])
    for day in record["days"]:
        assert {"day", "date", "avoid", "better_not", "ask", "do", "expect", "lifts"} <= day.keys()
        assert all({"activity", "at"} <= lift.keys() for lift in day["lifts"])
    assert {"number", "minimum", "recommended", "overdue", "sources"} <= record["sessions"][0].keys()
    assert {"condition", "level", "text", "sources"} <= record["screening"][0].keys()
    for flag in record["red_flags"]:
        assert {"urgency", "text", "signs", "sources", "rule"} <= flag.keys()
    assert {flag["urgency"] for flag in record["red_flags"]} == {"emergency", "today", "clinic"}


def test_the_makeup_window_is_that_of_the_contract() -> None:
    record = plan_as_json("--time", "16:30")
    (makeup,) = [window for window in record["windows"] if (window["kind"], window["activity"]) == ("avoid", "makeup")]
    assert (
        makeup.items()
        >= {
            "rule": "makeup",
            "start": "2026-11-20T16:30:00+00:00",
            "earliest": "2026-11-22T16:30:00+00:00",
            "end": "2026-11-22T16:30:00+00:00",
            "end_stated": True,
            "better_from": None,
            "better_until": None,
            "and_once": [],
            "precision": "minute",
            "times": None,
            "if": None,
            "origin": "microneedling",
        }.items()
    )
    lifts = {(lift["activity"], lift["at"]) for day in record["days"] for lift in day["lifts"] if day["day"] == 2}
    assert ("makeup", "2026-11-22T16:30:00+00:00") in lifts


def test_a_date_alone_has_no_time_and_no_moment() -> None:
    record = plan_as_json()
    assert record["treatment"]["time"] is None
    assert record["treatment"]["moment"] is None
    assert {window["precision"] for window in record["windows"] if window["kind"] == "avoid"} == {"day"}


def test_days_are_consecutive_and_hold_ids_in_order() -> None:
    record = plan_as_json()
    for before, after in pairwise(record["days"]):
        assert after["day"] == before["day"] + 1
        assert datetime.fromisoformat(after["date"]).date().toordinal() == (
            datetime.fromisoformat(before["date"]).date().toordinal() + 1
        )
    for day in record["days"]:
        for name in ("avoid", "better_not", "ask", "only_if", "do", "expect", "prepare"):
            assert day.get(name, []) == sorted(set(day.get(name, [])))
        states = [*day["avoid"], *day["better_not"], *day["ask"], *day.get("only_if", [])]
        assert len(states) == len(set(states))


def instants(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for held in value.values():
            yield from instants(held)
    elif isinstance(value, list):
        for held in value:
            yield from instants(held)
    elif isinstance(value, str) and len(value) > 15 and value[:2] == "20" and value[10] == "T":
        yield value


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [
        ("Europe/London", {"+00:00", "+01:00"}),
        ("Asia/Kathmandu", {"+05:45"}),
        ("Pacific/Auckland", {"+12:00", "+13:00"}),
        ("UTC", {"+00:00"}),
    ],
)
def test_instants_carry_the_offset_of_the_zone(zone: str, offsets: set[str]) -> None:
    ran = run("plan", "--date", "2026-11-20", "--time", "16:30", "--tz", zone, "--format", "json")
    found = list(instants(json.loads(ran.out)))
    assert len(found) > 100
    assert {instant[-6:] for instant in found} <= offsets
    assert all(datetime.fromisoformat(instant).tzinfo for instant in found)


def test_how_many_days_are_shown_cuts_nothing_else() -> None:
    few, many = plan_as_json("--days", "1"), plan_as_json("--days", "60")
    assert (few["days"][-1]["day"], many["days"][-1]["day"]) == (0, 59)
    assert {**few, "days": []} == {**many, "days": []}


def test_a_moment_not_yet_seen_has_no_end() -> None:
    record = plan_as_json("--time", "16:30", "--seen", "flaking-over=no")
    waiting = [window for window in record["windows"] if "flaking-over" in window["and_once"]]
    assert waiting
    assert all(window["end"] is None for window in waiting)
    assert all(window["earliest"] for window in waiting)


def test_the_same_input_gives_the_same_bytes_everywhere() -> None:
    machines = [
        {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1", "LC_ALL": "C"},
        {"TZ": "America/Los_Angeles", "PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "COLUMNS": "40"},
    ]
    for arguments in (PLAN, (*PLAN, "--format", "json")):
        first, other = (run_program(*arguments, env={**env, "PYTHONUTF8": "1"}) for env in machines)
        assert first.returncode == other.returncode == 0
        assert first.stdout == other.stdout


def test_the_order_of_answers_says_nothing() -> None:
    one = run(*PLAN, "--format", "json", "--area", "neck", "--area", "face", "--condition", "eczema", "--depth", "1.50")
    other = run(*PLAN, "--format", "json", "--condition", "eczema", "--depth", "1.5", "--area", "face,neck")
    assert one.out == other.out
