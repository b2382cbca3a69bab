"""`check` names the option that answers each question that is open."""

import json
import re
from pathlib import Path
from textwrap import wrap

import pytest

from needlecare import load_rules
from running import run

SITTING = ("--date", "2026-11-20", "--tz", "Europe/London")


def options_in_full(*said: str) -> list[str]:
    """Return the option behind each open question, as `check --all` names it."""
    _, out, _ = run("check", *SITTING, *said, "--all")
    options = re.findall(r"^- .+ \((--[a-z-]+ [^ ,]+)(?:, [a-z ]+ on DATE)?\)$", out, re.MULTILINE)
    (count,) = re.findall(r"Not answered \((\d+)\)", out)
    assert len(re.findall(r"^- ", out, re.MULTILINE)) == int(count)
    return options


@pytest.mark.parametrize("setting", ["clinic", "home"])
def test_each_open_question_is_answered_by_the_option_behind_it(setting: str, no_log: None) -> None:
    del no_log
    typed = [word for option in dict.fromkeys(options_in_full("--setting", setting)) for word in option.split()]
    said = [word.partition("|")[0].replace("NUMBER", "0.4").replace("DATE", "2026-11-01") for word in typed]
    _, record, _ = run("check", *SITTING, "--setting", setting, *said, "--format", "json")
    assert json.loads(record)["unanswered"] == []


@pytest.mark.parametrize(
    "said",
    [
        (),
        ("--technique", "radiofrequency", "--add-on", "prp"),
        ("--setting", "home", "--technique", "roller"),
        ("--condition", "pregnancy", "--skin-type", "V"),
    ],
    ids=" ".join,
)
def test_the_open_questions_fit_a_screen_each_with_its_option(said: tuple[str, ...], no_log: None) -> None:
    del no_log
    out = run("check", *SITTING, *said).out
    assert sum(len(wrap(line, 80)) or 1 for line in out.splitlines()) <= 28
    levels = re.findall(r"^[A-Z ]+: (--.*(?:\n  .*)*)", out, re.MULTILINE)
    grouped = (re.split(r"\s+", option, maxsplit=1) for level in levels for option in re.split(r";\s+", level))
    short = {(option, one) for option, listed in grouped for one in re.split(r",\s+|\|", listed)}
    full = (option.split(" ", 1) for option in options_in_full(*said))
    assert short == {(option, one) for option, listed in full for one in listed.split("|")}


@pytest.mark.parametrize(("facts", "code"), [("", 0), ("--condition eczema", 1), ("--condition none --uses none", 0)])
def test_whether_to_book_needs_no_date(facts: str, code: int, no_log: None) -> None:
    del no_log
    today = ("--now", "2026-11-20T09:00", "--tz", "Europe/London")
    ran = run("check", *facts.split(), *today)
    assert (ran.code, ran.err) == (code, "")
    assert ran.out == run("check", *facts.split(), *SITTING).out


def test_what_only_a_clinics_set_asks_is_answered_as_a_fact(tmp_path: Path, no_log: None) -> None:
    del no_log
    sheet = tmp_path / "clinic.yaml"
    sheet.write_text(
        "ruleset: my-clinic\nversion: '1'\nextends: microneedling\n"
        "facts: {feverish: {ask: Do you have a fever?, answers: [yes, no]}}\n"
        "screening: {fever: {level: stop, when: {feverish: yes}, text: Not with a fever., source: seed-001}}\n",
        encoding="utf-8",
    )
    _, out, _ = run("check", *SITTING, "--rules", str(sheet), "--all")
    assert "\n- Not with a fever. (--fact feverish=yes)\n" in out
    out = run("check", *SITTING, "--rules", str(sheet)).out
    assert re.search(r"^STOP: [^:]+; --fact\s+feverish=yes", out, re.MULTILINE)
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


def test_what_only_a_switched_off_entry_judged_is_not_judged(no_log: None, tmp_path: Path) -> None:
    del no_log
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text("extends: microneedling\nswitched-off: {eczema: {because: we treat it, by: Dr A}}\n")
    above = tmp_path / "above.yaml"
    above.write_text("extends: sheet.yaml\n")
    for path in (sheet, above):
        code, out, _ = run("check", *SITTING, "--condition", "eczema", "--rules", str(path))
        assert code == 4
        assert "Not judged: no rule covers eczema" in out
        assert "Nothing known against it" not in out
    assert run("check", *SITTING, "--condition", "none", "--uses", "none", "--rules", str(sheet))[0] == 0
    above.write_text(
        "extends: sheet.yaml\nsource: us\nsources: {us: Our sheet}\n"
        "screening: {eczema: {level: ask, when: {condition: eczema}, text: Ask us about eczema.}}\n"
    )
    code, out, _ = run("check", *SITTING, "--condition", "eczema", "--rules", str(above))
    assert (code, "Not judged" in out) == (1, False)


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


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param(
            "--uses isotretinoin=2026-05-01",
            "Isotretinoin, last taken Fri 1 May 2026: 6 months or more before the treatment. "
            "If that isn't so, leave the date out.",
            id="long ago",
        ),
        pytest.param(
            "--uses isotretinoin=2026-05-20",
            "Isotretinoin, last taken Wed 20 May 2026: 6 months or more before the treatment. "
            "If that isn't so, leave the date out.",
            id="six months to the day",
        ),
        pytest.param(
            "--uses isotretinoin=2026-06-01",
            "  Isotretinoin, last taken Mon 1 Jun 2026: less than 6 months before the treatment.",
            id="too short ago",
        ),
        pytest.param(
            "--condition recent-filler=2026-12-01",
            "  Filler in the area, put in Tue 1 Dec 2026: after the treatment.",
            id="still to come",
        ),
    ],
)
def test_a_date_is_said_with_what_it_means(typed: str, said: str, no_log: None) -> None:
    del no_log
    lines = run("check", *SITTING, *typed.split()).out.splitlines()
    assert said in lines
    plan = run("plan", "--all", *SITTING, *typed.split()).out
    assert f"said: {said.strip().partition(':')[0]}".lower() in plan.lower()


def test_a_question_that_takes_a_date_says_what_it_means(no_log: None) -> None:
    del no_log
    out = run("check", *SITTING, "--all").out
    assert "(--uses isotretinoin=DATE, last taken on DATE)" in out
    assert re.search(r"^STOP: [^:]+; --uses\s+isotretinoin=DATE,", run("check", *SITTING).out, re.MULTILINE)
    assert "if last taken" in run("check", "--help").out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--uses aspirin", "Ibuprofen-type painkillers"),
        ("--uses tretinoin --uses fish-oil", "A prescribed retinoid and blood-thinning supplements"),
        ("--uses retinol", "A shop-bought retinoid"),
        ("--uses minoxidil --area scalp", "Minoxidil"),
    ],
)
def test_what_is_used_and_only_the_plan_speaks_of_is_named(typed: str, said: str, no_log: None) -> None:
    del no_log
    code, out, _ = run("check", *SITTING, *typed.split())
    assert code == 0
    assert out.startswith(
        f"{said}: not a reason against the treatment in these rules; the plan says what to do about it.\n"
        "Nothing known against it, of the "
    )
    record = json.loads(run("check", *SITTING, *typed.split(), "--format", "json").out)
    assert len(record["in_plan"]) == typed.count("--uses")


def test_what_no_rule_at_all_speaks_of_is_not_judged(tmp_path: Path, no_log: None) -> None:
    del no_log
    code, out, _ = run("check", *SITTING, "--uses", "minoxidil")
    assert (code, out.partition("\n")[0]) == (4, "Not judged: no rule covers minoxidil; ask your clinic.")
    sheet = tmp_path / "clinic.yaml"
    sheet.write_text(
        "ruleset: my-clinic\nversion: '1'\nextends: microneedling\n"
        "switched-off: {eczema: {because: we look at it in person, by: Dr A}}\n",
        encoding="utf-8",
    )
    code, out, _ = run("check", *SITTING, "--rules", str(sheet), "--condition", "eczema")
    assert code == 4
    assert "Not judged: no rule covers eczema in the area now; ask your clinic." in out
    assert "Nothing known against it" not in out


@pytest.mark.parametrize("typed", ["--area scalp", "--technique radiofrequency --condition none", "--goal acne-scars"])
def test_circumstances_are_nothing_to_be_judged(typed: str, no_log: None) -> None:
    del no_log
    code, out, _ = run("check", *SITTING, *typed.split())
    assert (code, "Not judged" in out) == (0, False)


def test_what_is_assumed_is_not_counted_as_answered(no_log: None) -> None:
    del no_log
    out = run("check", *SITTING).out
    questions = len(load_rules().screenings)
    assert f"Nothing known against it, of the 0 questions answered (there are {questions})." in out
    assumed = re.search(r"^What is assumed \((.*)\) answers (\d+) more; say otherwise with (.*)\.$", out, re.MULTILINE)
    assert assumed is not None
    assert {"a clinic", "a needling pen", "face"} == {*assumed[1].replace(" and ", ", ").split(", ")}
    said = ("--area", "face", "--technique", "pen", "--setting", "clinic", "--add-on", "none")
    assert f"of the {assumed[2]} questions answered (there are {questions}).\n\n" in run("check", *SITTING, *said).out
    record = json.loads(run("check", *SITTING, "--depth", "1", "--format", "json").out)
    assert record["answered"] + len(record["assumed"]) + len(record["unanswered"]) == questions


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *(("eliquis", "blood-thinner"), ("Xarelto", "blood-thinner"), ("heparin", "blood-thinner")),
        *(("methotrexate", "immune-therapy"), ("prednisone", "steroids")),
    ],
)
def test_the_name_of_a_medicine_is_an_answer(word: str, meant: str, no_log: None) -> None:
    del no_log
    ran = run("check", *SITTING, "--uses", word, "--format", "json")
    assert ran.code == 1
    assert [one["condition"] for one in json.loads(ran.out)["screening"]] == [meant]


@pytest.mark.parametrize(
    "typed", ["bad knee", "TB", "hay fever", "HPV", "vitamin D", "Schwangerschaft", "lumbago=2026-01-01"]
)
def test_what_no_rule_set_knows_is_something_to_ask_about(typed: str, no_log: None) -> None:
    del no_log
    code, out, _ = run("check", *SITTING, "--condition", typed)
    word = typed.partition("=")[0]
    assert (code, out.partition("\n")[0]) == (1, f"ASK FIRST: I don't know {word}: ask before you book.")
    assert "Nothing known against it" not in out
    record = json.loads(run("check", *SITTING, "--condition", f"warts,{typed}", "--format", "json").out)
    stop, unheard = record["screening"]
    assert (record["against"], stop["condition"], stop["level"]) == (True, "warts", "stop")
    assert record["unheard"] == [word]
    assert unheard == {
        "condition": word,
        "level": "ask",
        "text": f"I don't know {word}: ask before you book.",
        "note": None,
        "sources": [],
    }


@pytest.mark.parametrize(
    "typed",
    [
        *(("plan",), ("today",), ("sessions", "--goal", "scars")),
        *(("can", "gym", "tomorrow"), ("when", "gym"), ("normal", "redness"), ("why", "gym"), ("can", "frobnicate")),
    ],
)
@pytest.mark.parametrize("format_", ["text", "json"])
def test_every_output_says_what_no_rule_knows(typed: tuple[str, ...], format_: str, no_log: None) -> None:
    del no_log
    said = ("--condition", "bad knee", "--now", "2026-11-21T09:00", "--format", format_)
    assert "bad knee" in run(*typed, *SITTING, *said).out


@pytest.mark.parametrize("format_", ["text", "json", "ics", "html", "md"])
def test_every_format_of_a_plan_says_what_no_rule_knows(format_: str, no_log: None) -> None:
    del no_log
    out = run("plan", *SITTING, "--uses", "melatonin", "--format", format_).out.replace("\r\n ", "")
    assert "I don't know melatonin: ask before you book" in out.replace("\\,", ",").replace("&#39;", "'").replace(
        "’", "'"
    )


@pytest.mark.parametrize(
    ("fact", "typed", "meant"),
    [
        ("condition", "pregnacy", "pregnancy"),
        ("condition", "preg-nant", "pregnant"),
        ("condition", "Prägnant", "pregnant"),
        ("condition", "exema", "eczema"),
        ("condition", "ezcema=2026-01-01", "eczema"),
        ("condition", "ance", "acne"),
        pytest.param("condition", "PCOS and pregnnt", "pregnant", id="one of two"),
        pytest.param("condition", "pregnant with twins", "pregnant", id="among other words"),
        pytest.param("uses", "tretinoin 0.05 % cream", "tretinoin", id="with its strength"),
        pytest.param("condition", "accutane", "uses: accutane", id="an answer to something else"),
        pytest.param("uses", "brestfeeding", "condition: breastfeeding", id="nearly an answer to something else"),
        pytest.param("uses", "omega 3", "thinning-supplements", id="the name of an activity"),
        ("condition", "no", "none"),
        ("condition", "not pregnant", "none"),
        ("uses", "-", "none"),
        ("uses", "", "none"),
    ],
)
def test_what_is_misspelt_is_never_lost(fact: str, typed: str, meant: str, no_log: None) -> None:
    del no_log
    for command in ("check", "plan"):
        code, out, err = run(command, *SITTING, f"--{fact}", typed)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"(did you mean {meant}?)" in err


@pytest.mark.parametrize(
    "wrong", [("--condition", "warfarin"), ("--time", "4:30"), ("--depth", "deep"), ("--date", "32")]
)
def test_nothing_wrong_with_an_option_keeps_from_help(wrong: tuple[str, ...], no_log: None) -> None:
    del no_log
    for command in ("can", "when", "normal", "why"):
        code, out, err = run(command, "fat tongue and hard to swallow", "--tz", "Europe/London", *wrong)
        assert (code, err.count("\n")) == (2, 1)
        assert out.startswith("Ring your emergency number now (112, 999, 911).")
    assert run("can", "wash my face", *wrong).out == run("today", *wrong).out == ""


def test_nothing_and_something_exclude_each_other(no_log: None) -> None:
    del no_log
    code, _, err = run("check", *SITTING, "--condition", "none,bad knee")
    assert (code, err) == (2, "needlecare: condition: `none` and bad knee exclude each other\n")


def test_what_is_no_list_that_goes_on_is_still_typed_wrongly(no_log: None) -> None:
    del no_log
    assert run("check", *SITTING, "--technique", "laser").code == 2
    assert run("plan", *SITTING, "--goal", "bad knee").code == 2


@pytest.mark.parametrize(
    ("said", "level"),
    [
        pytest.param("isotretinoin=2024-01-01,isotretinoin", "stop", id="it goes on all the same"),
        pytest.param("isotretinoin=2024-01-01,isotretinoin=2026-11-10", "postpone", id="the last day counts"),
    ],
)
def test_of_two_dates_the_stricter_counts(said: str, level: str, no_log: None) -> None:
    del no_log
    orders = (said, ",".join(reversed(said.split(","))))
    for order in orders:
        record = json.loads(run("check", *SITTING, "--uses", order, "--format", "json").out)
        assert [one["level"] for one in record["screening"]] == [level]


@pytest.mark.parametrize(
    ("typed", "declared", "speaks"),
    [
        ("redness", ("--condition", "pregnancy"), "STOP: No needling in pregnancy."),
        ("blorp", ("--condition", "pregnancy"), "STOP: No needling in pregnancy."),
        ("pus on my chin", ("--condition", "pregnancy"), "STOP: No needling in pregnancy."),
        ("I've caught the sun and my face is peeling", (), "POSTPONE: Sunburnt skin has to recover first."),
    ],
)
def test_before_the_treatment_a_sign_hides_nothing_that_speaks_against_it(
    no_log: None, typed: str, declared: tuple[str, ...], speaks: str
) -> None:
    del no_log
    asked = ("normal", *typed.split(), *SITTING, "--time", "16:30", *declared)
    assert speaks in run(*asked, "--now", "2026-11-18T12:00").out
    assert speaks not in run(*asked, "--now", "2026-11-22T12:00").out


def test_an_urgency_leaves_what_speaks_against_the_treatment(no_log: None) -> None:
    del no_log
    typed = "still come on friday, I have a cold sore starting"
    _, out, _ = run("can", *typed.split(), *SITTING, "--condition", "pregnancy", "--now", "2026-11-18T12:00")
    assert out.startswith("See a doctor or an urgent-care line today. A cold sore.\n")
    said = " ".join(out.split())
    assert "being needled again. STOP: No needling" in said
    assert " No needling in pregnancy." in said
