"""`check` names the option that answers each question that is open."""

import json
import re
from pathlib import Path

import pytest

from running import run

SITTING = ("--date", "2026-11-20", "--tz", "Europe/London")


@pytest.mark.parametrize("setting", ["clinic", "home"])
def test_each_open_question_is_answered_by_the_option_behind_it(setting: str, no_log: None) -> None:
    del no_log
    _, out, _ = run("check", *SITTING, "--setting", setting)
    options = dict.fromkeys(re.findall(r"^- .+ \((--[a-z-]+ \S+)\)$", out, re.MULTILINE))
    (count,) = re.findall(r"Not answered \((\d+)\)", out)
    assert len(re.findall(r"^- ", out, re.MULTILINE)) == int(count)
    typed = [word for option in options for word in option.split()]
    said = [word.partition("|")[0].replace("NUMBER", "0.4").replace("DATE", "2026-11-01") for word in typed]
    _, record, _ = run("check", *SITTING, "--setting", setting, *said, "--format", "json")
    assert json.loads(record)["unanswered"] == []


def test_what_only_a_clinics_set_asks_is_answered_as_a_fact(tmp_path: Path, no_log: None) -> None:
    del no_log
    sheet = tmp_path / "clinic.yaml"
    sheet.write_text(
        "ruleset: my-clinic\nversion: '1'\nextends: microneedling\n"
        "facts: {feverish: {ask: Do you have a fever?, answers: [yes, no]}}\n"
        "screening: {fever: {level: stop, when: {feverish: yes}, text: Not with a fever., source: seed-001}}\n",
        encoding="utf-8",
    )
    _, out, _ = run("check", *SITTING, "--rules", str(sheet))
    assert "\n- Not with a fever. (--fact feverish=yes)\n" in out
    assert "NUMBER" in out, "a number is asked for as one"


def test_who_has_nothing_of_it_says_none(no_log: None) -> None:
    del no_log
    _, out, _ = run("check", *SITTING)
    assert "if nothing does, --condition none and --uses none:" in out
    _, out, _ = run("check", *SITTING, "--condition", "none", "--uses", "none", "--skin-type", "II", "--depth", "1")
    assert "Not answered" not in out
