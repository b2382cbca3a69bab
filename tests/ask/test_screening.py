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


def test_what_was_said_and_no_entry_judges_is_named(no_log: None) -> None:
    del no_log
    code, out, _ = run("check", *SITTING, "--condition", "pacemaker")
    assert code == 4
    assert (
        "Not judged: no rule covers a pacemaker or other electronic implant for a needling pen; ask your clinic." in out
    )
    assert "Nothing known against it" not in out
    _, record, _ = run("check", *SITTING, "--condition", "pacemaker", "--format", "json")
    assert json.loads(record)["not_judged"] == [{"fact": "condition", "answer": "pacemaker"}]
    code, out, _ = run("check", *SITTING, "--condition", "pacemaker", "--technique", "radiofrequency")
    assert code == 1
    assert "Not judged" not in out


def test_nothing_is_known_against_it_only_where_nothing_is_to_be_told(no_log: None) -> None:
    del no_log
    code, out, _ = run("check", *SITTING, "--depth", "2.5")
    assert code == 0
    assert "TELL YOUR CLINIC" in out
    assert "Nothing known against it" not in out
    assert "Apart from that, no rule speaks against it" in out


def test_who_has_nothing_of_it_says_none(no_log: None) -> None:
    del no_log
    _, out, _ = run("check", *SITTING)
    assert "if nothing does, --condition none and --uses none:" in out
    _, out, _ = run("check", *SITTING, "--condition", "none", "--uses", "none", "--skin-type", "II", "--depth", "1")
    assert "Not answered" not in out
