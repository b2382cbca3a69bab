"""A record that gives a range: the plan holds whichever end is true, and the report says so."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from batches import batch, ids, write_list
from running import PLAN, run

Record = dict[str, Any]
RANGES = {
    "depth": [("0.2", "0.5"), ("0.5", "1.5"), ("1.5", "2"), ("0.25", "2.5"), ("0.2", "0.4")],
    "skin-type": [("I", "II"), ("III", "IV"), ("IV", "VI"), ("II", "V")],
}
HOW = ["clinic,pen", "home,roller"]
CASES = [(fact, *ends, how) for fact, pairs in RANGES.items() for ends, how in product(pairs, HOW)]


def held(plan: Record, kinds: set[str]) -> Iterator[tuple[str, str, datetime, datetime]]:
    """Give each stretch in which something is restricted: from the first "better wait" to the last."""
    never, ever = "0001-01-01T00:00+00:00", "9999-01-01T00:00+00:00"
    for one in plan["windows"]:
        if one["kind"] in kinds:
            start, end = (
                (one.get("better_from") or one.get("start") or never),
                (one.get("better_until") or one.get("end") or ever),
            )
            yield one["kind"], one["activity"], *map(datetime.fromisoformat, (start, end))


def is_covered(stretch: tuple[str, str, datetime, datetime], by: Record) -> bool:
    """Report whether *by* restricts as long, and as strictly: what one has to ask about isn't simply "no"."""
    kind, activity, start, end = stretch
    found = [other for other in held(by, {kind}) if other[1] == activity]
    return any(other[2] <= start and end <= other[3] for other in found)


@pytest.mark.parametrize(("fact", "low", "high", "how"), CASES, ids=map(" ".join, CASES))
def test_a_range_restricts_no_less_than_either_end(fact: str, low: str, high: str, how: str, tmp_path: Path) -> None:
    rows = "".join(
        f"{number},2026-11-20,16:30,{how},{cell}\n" for number, cell in enumerate((low, high, f"{low}-{high}"))
    )
    ran = batch(write_list(tmp_path, f"id,date,time,setting,technique,{fact}\n{rows}"), "--full-lines")
    *ends, both = ran.records
    assert ran.code == 0
    assert f"of a range the stricter plan holds wherever it matters: line 4 ({fact} `{low}-{high}`)\n" in ran.err
    assert fact in both["unknown"]
    for end in ends:
        assert [one for one in held(end, {"avoid", "ask"}) if not is_covered(one, both)] == []
        assert [one for one in held(both, {"allow"}) if not is_covered(one, end)] == []
        graded = {(one["condition"], one["level"]) for one in both["screening"]}
        assert {(one["condition"], one["level"]) for one in end["screening"]} <= graded
        assert [one["minimum"] for one in end["sessions"]] <= [one["minimum"] for one in both["sessions"]]
        assert {flag["text"] for flag in end["red_flags"]} <= {flag["text"] for flag in both["red_flags"]}


def without(plan: Record, *names: str) -> Record:
    return {name: value for name, value in plan.items() if name not in ("id", "facts", "unknown", *names)}


def test_where_both_ends_say_the_same_the_range_says_it_too(tmp_path: Path) -> None:
    table = "id,date,time,depth\n1,2026-11-20,16:30,1\n2,2026-11-20,16:30,0.5-1.5\n3,2026-11-20,16:30,\n"
    one, both, nothing = batch(write_list(tmp_path, table)).records
    assert without(both, "schema_version") == without(one, "schema_version")
    assert without(both) != without(nothing)


@pytest.mark.parametrize(
    "cell",
    ["0.5-1.5", "0,5 – 1,5 mm", "0.5 mm to 1.5 mm", "1.5-0.5"],
)
def test_a_range_is_read_however_it_is_written(cell: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, f"id;date;depth\n1;2026-11-20;{cell}\n"))
    assert (ids(ran), ran.code, f"line 2 (depth `{cell}`)" in ran.err) == (["1"], 0, True)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("depth", "0.5-99"),
        ("depth", "0.5-1-1.5"),
        ("depth", "1/2"),
        ("skin type", "III-VII"),
        ("setting", "clinic-home"),
        ("technique", "pen/roller"),
    ],
)
def test_what_is_no_range_of_answers_is_rejected(column: str, cell: str, tmp_path: Path) -> None:
    ran = batch(write_list(tmp_path, f"id,date,{column}\n1,2026-11-20,{cell}\n"))
    assert (ran.code, cell in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--skin-type", "III-IV"), "it takes one answer: write IV if it is the more careful one"),
        (("--depth", "1/2"), "`1/2` is not a number from 0.1 to 8 mm; of several write the largest, and a half as 0.5"),
        (("--depth", "0.5-1.5"), "`0.5-1.5` is not a number from 0.1 to 8 mm; of several write the largest"),
    ],
    ids=["two types", "a half or two depths", "two depths"],
)
def test_of_a_person_who_can_be_asked_one_value_is_wanted(option: tuple[str, str], said: str) -> None:
    ran = run(*PLAN, *option)
    assert (ran.code, said in ran.err) == (2, True)


def test_a_file_follows_its_range(tmp_path: Path) -> None:
    def resumed(cell: str) -> str:
        table = write_list(tmp_path, f"id,date,skin-type\n1,2026-11-20,{cell}\n")
        return batch(table, "-o", str(tmp_path / "plans"), "--format", "json", "--resume").err

    resumed("I-II")
    assert "1 file left as it is" in resumed("I-II")
    assert "1 plan" in resumed("V-VI")
    assert json.loads((tmp_path / "plans" / "1.json").read_text("utf-8"))["unknown"].count("skin-type") == 1


@pytest.mark.parametrize(
    ("condition", "column", "low", "high"),
    [("depth: over 1.5", "depth", "1.0", "2.0"), ("skin-type: [IV, V, VI]", "skin-type", "III", "IV")],
)
def test_a_sign_is_as_urgent_as_at_the_graver_end(
    tmp_path: Path, condition: str, column: str, low: str, high: str
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "ruleset: mine\nextends: microneedling\nsource: ours\nsources: {ours: {title: Ours, kind: clinic}}\n"
        f"rules: {{grave: {{call: pus, urgency: emergency, when: {{{condition}}}, text: Pus}}}}\n",
        encoding="utf-8",
    )
    rows = "".join(f"{number},2026-11-20,16:30,{cell}\n" for number, cell in enumerate((low, high, f"{low}-{high}")))
    ran = batch(write_list(tmp_path, f"id,date,time,{column}\n{rows}"), "--rules", str(rules))
    urgencies = [[flag["urgency"] for flag in one["red_flags"] if "pus" in flag["signs"]][:1] for one in ran.records]
    assert urgencies == [["today"], ["emergency"], ["emergency"]]
