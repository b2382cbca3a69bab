"""`needlecare rules …`: what those who write rules are told."""

import io
import json
import sys
from pathlib import Path

import pytest

from running import Ran, run, write

HEAD = "source: ours\nsources: {ours: {title: Our sheet, kind: clinic}}\n"


def pipe_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Give *text* to the next run as its standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def run_rules(*words: str) -> Ran:
    """Run one of the commands that stand under `rules`."""
    return run("rules", *words)


OTHERS = "sources: {" + ", ".join(f"s{number}: {{title: S, kind: clinic}}" for number in range(12)) + "}\n"
MANY = (
    OTHERS
    + "rules:\n  gym: {avoid: exercise, until: 2d, says: {"
    + ", ".join(f"s{one}: 3d" for one in range(12))
    + "},"
)
MANY += " because: a}\n"
ADVICE = [
    pytest.param(
        OTHERS + "rules:\n  gym: {avoid: exercise, until: 3d, says: {s0: 1d, s1: 24h..48h, s2: 2d}}\n",
        "mine.yaml:3:3: advice: gym says no for longer (3d) than 3 of 3 independent voices; shorten it, ",
        id="a no for longer than nearly all say",
    ),
    pytest.param(
        MANY + "  pool: {avoid: swimming, until: 3d, says: {s0: 3d, s1: 1d}}\n",
        "mine.yaml:4:3: advice: pool says no (3d) on the word of s0, a clinic, alone; ",
        id="a no on the word of one clinic in a set that gathers many",
    ),
    pytest.param(
        "sources: {leaflet: {title: A leaflet, kind: hospital}, ours: {title: Our sheet, kind: clinic}}\n"
        "rules:\n  pool: {avoid: swimming, until: 24h..3d, says: {leaflet: 48h, ours: 24h..3d}}\n",
        "mine.yaml:3:3: advice: pool (24h..3d) says no for less than leaflet (48h), a hospital; say `because:`",
        id="a no for less than a hospital says",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  calm: {do: own-skincare, from: 0h, until: 60d, text: Cream}\n",
        "mine.yaml:5:3: advice: calm shows only in part: own-skincare is stricter on own-skincare; ",
        id="a stricter rule of the base hides a part of what to do",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  ours: {avoid: [swimming, retinoids], until: 2d}\n"
        "switched-off: {swimming: {because: a, by: b}}\n",
        "mine.yaml:5:3: advice: ours shows only in part: retinoids",
        id="a stricter rule of the base hides one of two",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  ours: {avoid: swimming, until: 12h..60d}\n",
        "mine.yaml:5:3: advice: ours shows only in part: swimming is stricter on swimming; ",
        id="a no of the base where a better not stands",
    ),
    pytest.param(
        HEAD + "rules:\n  gym: {avoid: exercise, from: pool ends, until: 1d}\n  pool: {avoid: swimming, until: 2d}\n",
        "mine.yaml:4:3: advice: gym can never hold for exercise: from pool ends until 1d is over before it begins",
        id="over before it begins",
    ),
    pytest.param(
        HEAD + "rules:\n  pool: {avoid: [sauna, swimming], until: 2d, except: {sauna: 0h}}\n",
        "mine.yaml:4:3: advice: pool can never hold for sauna: its `except` takes that out",
        id="taken out by its own exception",
    ),
    pytest.param(
        HEAD + "screening:\n  iso: {level: ask, when: {uses: isotretinoin}, within: 3mo}\n",
        "mine.yaml:4:3: advice: iso judges what isotretinoin",
        id="a second entry on what the core judges",
    ),
    pytest.param(
        HEAD + "facts: {condition: {answers: {sleepy: {label: sleepy}}}}\n",
        "mine.yaml:3:31: advice: nothing asks for condition sleepy: whoever declares it gets what everybody gets",
        id="a condition that reaches nothing",
    ),
    pytest.param(
        HEAD
        + "rules:\n  pool:\n    avoid: swimming\n    until: 2d # as Dr A says\n    note: Use factor #50 at least\n",
        "mine.yaml:7:11: advice: `note` ends here, and “#50 at least” is a comment; put the text in double quotes",
        id="a text that a comment cuts short",
    ),
    pytest.param(
        HEAD + "batch:\n  id: Client #\n  date: Treated on\n",
        "mine.yaml:4:7: advice: `id` ends here, and “#” is a comment; put the text in double quotes",
        id="a column that a comment cuts short",
    ),
    pytest.param(
        HEAD + "notice: Ring us on extension #12 at any time\n",
        "mine.yaml:3:9: advice: `notice` ends here, and “#12 at any time” is a comment",
        id="a notice that a comment cuts short",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  my-sun: {avoid: direct-sun, until: 2d}\n",
        "mine.yaml:5:3: advice: my-sun never shows: ",
        id="a stricter rule hides it",
    ),
    pytest.param(
        HEAD + "rules:\n  gym: {avoid: exercise, until: 1d, says: {ours: [1d, 3d]}}\n",
        "mine.yaml:4:3: advice: gym (1d) is milder than ours (3d); say `because:`, or give a range up to it",
        id="milder than a source that it quotes",
    ),
    pytest.param(
        HEAD + "rules:\n  peel: {avoid: peel, from: 7d before, until: treatment, says: {ours: 14d before}}\n",
        "mine.yaml:4:3: advice: peel (7d before) is milder than ours (14d before); "
        "say `because:`, or give a range up to it",
        id="begins later than a source that it quotes",
    ),
    pytest.param(
        "when: {technique: pen}\n"
        + HEAD
        + "rules:\n  rf: {avoid: sauna, until: 1d, when: {technique: radiofrequency}}\n",
        "mine.yaml:5:3: advice: rf can never apply: its conditions exclude each other",
        id="conditions that exclude each other",
    ),
    pytest.param(
        "sources: {ours: {title: Our sheet, kind: clinic}, other: {title: Another, kind: clinic}}\n"
        "source: ours\nrules:\n  gym: {avoid: exercise, until: 1d}\n",
        "mine.yaml:1:51: advice: no rule cites the source other",
        id="a source that nobody cites",
    ),
    pytest.param(
        HEAD + "rules:\n  gym: {avoid: exercise, until: 1d}\nactivities: {drill: {label: drill, aka: [sauna]}}\n",
        "mine.yaml:5:14: advice: `sauna` stands for sauna too; a question about it gets the stricter answer of both",
        id="one word for two activities",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  makeup: {until: 3d}\n",
        "mine.yaml:5:3: advice: makeup changes a rule of microneedling: say `because:` and `by:`",
        id="a change that doesn't say why and by whom",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  sleep: {until: 3d, because: it is better, by: Dr A}\n",
        "mine.yaml:5:18: advice: sleep has another `until` here, and keeps the text of microneedling: "
        "“The first night, sleep on your back with your head raised.”; if that is no longer true, say your own `text:`",
        id="another value under words that tell the old one",
    ),
    pytest.param(
        "words-from: microneedling\nwhen: {setting: home}\n" + HEAD + "rules:\n  gym: {avoid: exercise, until: 1d}\n",
        "mine.yaml:2:7: advice: no rule of mine shows unless more is said: plans assume setting to be clinic; "
        "change `when`, or make what it asks for the `default` of that fact",
        id="a condition of all rules that is assumed not to hold",
    ),
    pytest.param(
        HEAD + "rules:\n  no-gym: {avoid: exercise, until: 3d}\n  gym: {do: exercise, until: 2d}\n",
        "mine.yaml:5:3: advice: gym can never come true: no-gym says to leave exercise all that time; "
        "change one of them, or switch it off",
        id="to be done while it is to be left",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  bruising: {until: 12d, because: a, by: b}\n",
        "mine.yaml:5:21: advice: bruising lasts longer (12d) than until the `worry-after` of microneedling (10d): "
        "it would be normal and a reason to call; give a `worry-after:` of your own",
        id="normal for longer than until the day to call",
    ),
    pytest.param(
        "extends: microneedling\nactivities:\n  hot-tub: {under: [swimming]}\n",
        "mine.yaml:3:20: advice: hot-tub is no longer under heat, and no longer held by heat; "
        "`under` is replaced whole, so name there all that it is part of",
        id="an activity that loses what it is part of",
    ),
    pytest.param(
        HEAD + "rules:\n  shave: {prepare: shaving, due: 1d, text: Shave}\n",
        "mine.yaml:4:34: advice: shave is due 1d after the treatment; if before it is meant, write `due: 1d before`",
        id="prepared after the treatment",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "sessions:\n  - {id: scarring, when: {goal: burn-scars}, every: 3w..4w}\n",
        "mine.yaml:5:5: advice: the sessions entry scarring is outvoted by those whose minimum is as long or longer, "
        "where they hold too: scars (6w..8w); to shorten it, change those by their ids",
        id="sessions that a stricter entry decides",
    ),
    pytest.param(
        HEAD + "rules:\n  bruised: {expect: bruising, days: 0..9, worry-after: 7d}\n",
        "mine.yaml:4:37: advice: bruised lasts longer (days 0..9) than until the `worry-after` (7d): "
        "it would be normal and a reason to call; give a later one, or an earlier end",
        id="normal and a reason to call at once",
    ),
    pytest.param(
        HEAD + "rules:\n  no-shave: {avoid: hair-removal, from: 7d before, until: treatment}\n"
        "  shave: {prepare: shaving, due: 1d before, text: Shave}\n",
        "mine.yaml:5:3: advice: shave can never come true: no-shave says to leave shaving all that time; "
        "change one of them, or take it out there by `except`",
        id="to be prepared while what it is part of is to be left",
    ),
    pytest.param(
        HEAD + "rules:\n  gym: {avoid: exercise, until: 2d, except: {sauna: 0h}}\n",
        "mine.yaml:4:46: advice: the `except` of gym frees nothing: sauna isn't under exercise",
        id="an exception that isn't under what the rule is on",
    ),
    pytest.param(
        HEAD + "rules:\n  wax: {avoid: hair-removal, from: 7d before, until: treatment, except: {shaving: 0h}}\n",
        "mine.yaml:4:74: advice: the `except` of wax changes nothing for shaving: the rule ends then too (0h); "
        "give an earlier end, such as `8d before`",
        id="an exception from the treatment on, where the rule ends",
    ),
    pytest.param(
        HEAD + "rules:\n  hot: {avoid: heat, until: 24h, except: {sauna: 48h}}\n",
        "mine.yaml:4:43: advice: the `except` of hot forbids sauna for longer (48h) than the rule forbids the rest "
        "(24h); give an earlier end, or a rule of its own",
        id="an exception that forbids for longer",
    ),
    pytest.param(
        HEAD + "rules:\n  hot: {avoid: heat, until: 24h, except: {sauna: always}}\n",
        "mine.yaml:4:43: advice: the `except` of hot forbids sauna for longer (always) than ",
        id="an exception that forbids for ever",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  makeup: {until: 6h, because: a, by: b}\n",
        "mine.yaml:5:3: advice: the `except` of makeup forbids mineral-makeup for longer (24h..48h) than ",
        id="an exception of the base that a shorter rule leaves behind",
    ),
    pytest.param(
        "extends: microneedling\n" + HEAD + "rules:\n  sun: {until: 3d, because: a, by: b}\n",
        "mine.yaml:5:3: advice: sun shows only in part unless skin-type is given: sun-darker-skin is stricter on sun; "
        "change that one by its id too",
        id="a changed rule that another one hides for lack of an answer",
    ),
    pytest.param(
        HEAD + "rules:\n  pool: {avoid: swimming, until: 3d, says: {ours: 72 hours}}\n",
        "mine.yaml:4:45: advice: `72 hours` of ours is no figure; did you mean 72h?",
        id="what a source says in words",
    ),
    pytest.param(
        HEAD + "rules:\n  pool: {avoid: swimming, until: 3d, says: {ours: {from: 1 day before, until: 3 days}}}\n",
        "mine.yaml:4:45: advice: `3 days` of ours is no figure; did you mean 3d?",
        id="what a source says in words on one side",
    ),
    pytest.param(
        HEAD + "sessions:\n  - {id: upkeep, then: every 3mo}\n",
        "mine.yaml:4:5: advice: the sessions entry upkeep reaches nobody: nothing says how far apart sessions are; "
        "give it `every:`",
        id="what follows a course that nothing spaces",
    ),
]


@pytest.mark.parametrize(("text", "line"), ADVICE)
def test_lint_advises_with_the_place(text: str, line: str, tmp_path: Path) -> None:
    code, out, _ = run_rules("lint", "--strict", str(write(tmp_path, text)))
    assert code == 3
    assert f"{tmp_path}/{line}" in out


def test_advice_fails_a_strict_lint_alone(tmp_path: Path) -> None:
    text, line = ADVICE[0].values
    path = str(write(tmp_path, str(text)))
    assert [run_rules("lint", *options, path).code for options in ((), ("--strict",))] == [0, 3]
    assert str(line) in run_rules("lint", path).out


def test_stats_count_independent_voices_by_kind(tmp_path: Path) -> None:
    text = (
        "sources: {a: {title: A, kind: clinic, family: one}, b: {title: B, kind: clinic, family: one},"
        " c: {title: C, kind: clinic}, d: {title: D, kind: hospital}, e: {title: E, kind: seller}}\n"
        "rules: {my-pool: {avoid: swimming, from: 2d before, until: 24h..3d,"
        " says: {a: 12h, b: 24h, c: 24h..48h, d: 2d, e: {from: 1d before, until: 6h}}}}\n"
    )
    sheet = str(write(tmp_path, text))
    ran = run_rules("stats", sheet, "--format", "json")
    found = {(one["rule"], one["side"]): one for one in ran.record["hard_noes"]}
    assert (ran.code, "schema_version" in ran.record) == (0, True)
    assert found["my-pool", "after"] == {
        "rule": "my-pool",
        "side": "after",
        "no": "24h",
        "voices": 4,
        "behind": {"clinic": 2, "hospital": 1},
        "share_less": 0.25,
        "because": None,
    }
    assert found["my-pool", "before"]["behind"] == {}
    lines = run_rules("stats", sheet).out.splitlines()
    assert "my-pool, after: no until 24h; behind it 2 clinic, 1 hospital; 25% of 4 voices say less" in lines
    assert "my-pool, before: no from 2d before; behind it nobody; 100% of 1 voices say less" in lines
    assert lines[-1].startswith("mine: ")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("source: ours\nrules: {gym: {avoid: exercise, until: 1d}\n", "3:1", id="a bracket left open"),
        pytest.param("rules:\n\tgym: 1\n", "2:1", id="a tab"),
        pytest.param("- one\n", "1:1", id="a list"),
        pytest.param("title: *ours* and theirs\n", "1:13", id="a star"),
    ],
)
def test_lint_tells_what_is_no_yaml_like_any_other_error(text: str, place: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    code, out, err = run_rules("lint", str(path))
    assert (code, err) == (3, "")
    assert out.startswith(f"{path}:{place}: error: ")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("when: {technique: pen}\nrules:\n  gym: {avoid: exercise, until: 1d}\n", id="what is assumed"),
        pytest.param("when: {depth: over 1}\nrules:\n  gym: {avoid: exercise, until: 1d}\n", id="what is unknown"),
        pytest.param(
            "rules:\n  a: {avoid: exercise, until: 1d}\n  b: {avoid: swimming, until: 1d, when: {setting: home}}\n",
            id="one rule of two",
        ),
        pytest.param(
            "rules:\n  no-gym: {avoid: exercise, until: 1d}\n  gym: {do: exercise, until: 2d}\n", id="done later"
        ),
        pytest.param(
            "rules:\n  no-gym: {avoid: exercise, until: 1d}\n  gym: {do: exercise, from: no-gym ends, for: 2d}\n",
            id="done from its end on",
        ),
        pytest.param(
            "extends: microneedling\nrules:\n  sleep: {until: 3d, text: On your back, because: better, by: Dr A}\n",
            id="words of its own for its own value",
        ),
        pytest.param(
            "extends: microneedling\nrules:\n  sunscreen: {until: 60d, because: better, by: Dr A}\n",
            id="words that tell how often",
        ),
        pytest.param(
            "extends: microneedling\nrules: {gym: {avoid: exercise, until: 9d, when: {goal: scars}}}\n"
            "activities:\n  hot-tub: {under: [relaxing, swimming, heat]}\n  relaxing: {label: relaxing}\n",
            id="an activity that becomes part of more",
        ),
        pytest.param(
            "extends: microneedling\nsessions:\n  scars: {every: 5w, because: a, by: b}\n"
            "  mine: {when: {goal: stretch-marks}, every: 5w}\n",
            id="sessions that decide",
        ),
        pytest.param(
            "rules:\n  rf: {avoid: swimming, until: 1d, when: {technique: radiofrequency}}\n"
            "  heat: {avoid: sauna, until: rf ends + 2d}\n",
            id="counted from the end of what may not apply",
        ),
        pytest.param("rules: {shave: {prepare: shaving, due: 1d before, text: Shave}}\n", id="prepared before"),
        pytest.param(
            "rules: {ice: {do: ice, until: 1d, every: 2h, lasting: 15min, while: awake}}\n", id="how often to do it"
        ),
        pytest.param(
            "extends: microneedling\nrules:\n  bruising: {until: 12d, worry-after: 13d, note: a, because: a, by: b}\n",
            id="normal for longer, and a later day to call",
        ),
        pytest.param(
            "rules:\n  wax: {avoid: hair-removal, from: 7d before, until: treatment, except: {shaving: 8d before}}\n"
            "  shave: {prepare: shaving, due: 1d before, text: Shave}\n",
            id="to be prepared, and taken out of what is to be left",
        ),
        pytest.param(
            "rules:\n  no-shave: {avoid: hair-removal, from: 7d before, until: 3d before}\n"
            "  shave: {prepare: shaving, due: 1d before, text: Shave}\n",
            id="to be prepared when it is free again",
        ),
        pytest.param(
            "rules:\n  heat: {avoid: heat, until: 3d, except: {sauna: 1d, hot-yoga: 24h..3d, steam: 0h..3d}}\n",
            id="exceptions that end earlier",
        ),
        pytest.param(
            "rules:\n  heat: {avoid: heat, until: 3d and redness-gone, except: {sauna: 3d}}\n",
            id="an exception that waits for less",
        ),
        pytest.param(
            "sessions:\n  - {id: scars, when: {goal: acne-scars}, then: every 6mo}\n  - {id: all, every: 4w}\n",
            id="what follows a course that another entry spaces",
        ),
        pytest.param(
            "extends: microneedling\nrules:\n  sun: {until: 3d, because: a, by: b, why: c, instead: d}\n"
            "  sun-darker-skin: {until: 3d, because: a, by: b, why: c, instead: d}\n",
            id="a rule that is changed for whoever says nothing too",
        ),
    ],
)
def test_lint_is_silent_on_what_is_meant(text: str, tmp_path: Path) -> None:
    code, out, _ = run_rules("lint", str(write(tmp_path, HEAD + text)))
    assert (code, ": advice: " in out) == (0, False)


def test_lint_names_every_error_in_one_run(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        HEAD
        + "rules:\n  a: {avoid: makup, until: 24h}\n  b: {avoid: makeup, until: soon}\n"
        + "  c: {avoid: heat, untill: 1d}\n",
    )
    code, out, _ = run_rules("lint", str(path))
    assert code == 3
    assert [line.split(": ")[0].removeprefix(f"{path}:") for line in out.splitlines()] == ["4:14", "5:29", "6:20"]
    assert "there is no activity `makup` (did you mean makeup?)" in out
    assert "`b`: there is no moment `soon`" in out
    assert "a rule has no `untill` (did you mean until?)" in out


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("until: 3 days", "3d"),
        ("until: 72 Hours", "72h"),
        ("until: 2 weeks", "2w"),
        ("until: at least 2 months", "at least 2mo"),
        ("until: 48 hours and redness-gone", "48h and redness-gone"),
        ("until: 3 to 5 days", "3d..5d"),
        ("until: 2-3 weeks", "2w..3w"),
        ("from: 1 day before, until: treatment", "1d before"),
        ("for: 1 year", "1y"),
        ("until: 3d, except: {mineral-makeup: 12 hours}", "12h"),
    ],
)
def test_lint_says_how_a_length_in_words_is_written(written: str, meant: str, tmp_path: Path) -> None:
    sheet = write(tmp_path, f"{HEAD}rules:\n  makeup: {{avoid: makeup, {written}}}\n")
    assert f"` (did you mean {meant}?); write it as " in run_rules("lint", str(sheet)).out


def test_lint_suggests_no_length_where_none_is_written(tmp_path: Path) -> None:
    sheet = write(tmp_path, f"{HEAD}rules:\n  makeup: {{avoid: makeup, until: Soon}}\n")
    assert "`until` can't be read: `Soon`; write it as 48h" in run_rules("lint", str(sheet)).out


@pytest.mark.parametrize("written", ["until: never", "until: 3d, except: {mineral-makeup: none}"])
def test_lint_says_what_stands_for_no_time(written: str, tmp_path: Path) -> None:
    sheet = write(tmp_path, f"{HEAD}rules:\n  makeup: {{avoid: makeup, {written}}}\n")
    assert (
        "`; write 0h if it ends at once, always if it never does, or leave it out\n"
        in run_rules("lint", str(sheet)).out
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("prepare: antiviral, due: 2d before, text: Take it", "its `text` has to say “ask who prescribed it”"),
        (
            "prepare: antiviral, due: 2d before, text: 'Ask who prescribed it, then stop it'",
            "say whom to ask, and nothing of what to do with it",
        ),
        ("avoid: antiviral, until: 2d", "use `prepare` with a text that says “ask who prescribed it”"),
    ],
)
def test_lint_says_what_is_missing_of_a_prescribed_medicine(rule: str, said: str, tmp_path: Path) -> None:
    sheet = write(tmp_path, f"{HEAD}rules:\n  tablets: {{{rule}}}\n")
    assert f"stop, start or change one; {said}\n" in run_rules("lint", str(sheet)).out


def test_lint_takes_several_rule_sets_each_by_itself(tmp_path: Path) -> None:
    """As pre-commit calls it."""
    good = write(tmp_path, HEAD + "rules:\n  gym: {avoid: exercise, until: 1d}\n", "good.yaml")
    also = write(tmp_path, HEAD + "rules:\n  gym: {avoid: sauna, until: 1d}\n", "also.yaml")
    wrong = write(tmp_path, HEAD + "rules:\n  gym: {avoid: exercise, until: soon}\n", "wrong.yaml")
    code, out, err = run_rules("lint", str(good), str(also))
    assert (code, err) == (0, "")
    ends = [line.partition(" rules, ")[2] for line in out.splitlines()]
    assert ends == ["nothing wrong; advice: 0"] * 2
    code, out, _ = run_rules("lint", str(wrong), str(good))
    assert code == 3
    assert [line.split(": ")[0] for line in out.splitlines()] == [f"{wrong}:4:33", "good"]
    code, out, err = run_rules("lint", str(tmp_path / "none.yaml"), str(good))
    assert (code, out.split(":")[0]) == (2, "good")
    assert "none.yaml" in err


def test_the_shipped_rules_have_nothing_wrong() -> None:
    code, out, _ = run_rules("lint", "microneedling")
    assert code == 0
    assert "nothing wrong" in out


def test_a_failing_case_shows_what_was_expected_and_what_came(tmp_path: Path) -> None:
    text = HEAD + (
        "rules:\n  makeup: {avoid: makeup, until: 24h}\n"
        "cases:\n"
        "  - {name: right, given: {date: 2026-11-20, time: 16:30}, expect: {makeup: {no-until: 2026-11-21T16:30}}}\n"
        "  - {name: wrong, given: {date: 2026-11-20, time: 16:30}, expect: {makeup: {no-until: 2026-11-22T16:30}}}\n"
    )
    path = write(tmp_path, text)
    code, out, _ = run_rules("test", str(path))
    assert code == 3
    assert out == (
        f"FAILED wrong\n  {path}:7:87: makeup no-until: expected 2026-11-22T16:30, got 2026-11-21T16:30\n"
        "1 passed, 1 failed\n"
    )
    assert run_rules("test", str(path), "--only", "right")[:2] == (0, "1 passed, 0 failed\n")


@pytest.mark.parametrize("wanted", ["avoid", "nothing", "{no-until: 2026-11-21T16:30}"])
def test_a_case_on_something_unknown_fails_and_names_the_nearest(wanted: str, tmp_path: Path) -> None:
    case = f"cases:\n  - {{given: {{date: 2026-11-20, time: 16:30}}, expect: {{make-upp: {wanted}}}}}\n"
    path = write(tmp_path, HEAD + "rules:\n  makeup: {avoid: makeup, until: 24h}\n" + case)
    code, out, _ = run_rules("test", str(path))
    assert code == 3
    assert "got nothing; there is no activity, sign or screening entry `make-upp` (did you mean makeup?)\n" in out


def test_a_case_that_asks_an_activity_for_the_day_of_a_session_fails(tmp_path: Path) -> None:
    cases = "cases:\n  - {given: {date: 2026-11-20}, expect: {swimming: {minimum: 2026-11-22}}}\n"
    path = write(tmp_path, HEAD + "rules: {swim: {avoid: swimming, until: 1d}}\n" + cases)
    code, out, _ = run_rules("test", str(path))
    assert (code, "swimming minimum: expected 2026-11-22, got nothing" in out) == (3, True)


def test_a_set_without_cases_says_so(tmp_path: Path) -> None:
    code, out, err = run_rules("test", str(write(tmp_path, HEAD + "rules:\n  gym: {avoid: exercise, until: 1d}\n")))
    assert (code, out) == (2, "")
    assert "has no cases to run" in err


def test_diff_says_what_changes_and_for_how_many_cases(tmp_path: Path) -> None:
    case = "cases:\n  - {name: a Friday, given: {date: 2026-11-20, time: 16:30}, expect: {makeup: avoid}}\n"
    old = write(tmp_path, HEAD + "rules:\n  makeup: {avoid: makeup, until: 24h}\n" + case, "old.yaml")
    new = write(
        tmp_path,
        HEAD + "rules:\n  makeup: {avoid: makeup, until: 48h}\n  gym: {avoid: exercise, until: 1d}\n",
        "new.yaml",
    )
    code, out, _ = run_rules("diff", str(old), str(new))
    assert code == 0
    assert "rule gym: new (avoid exercise, 1d)\n" in out
    assert "rule makeup: 24h → 48h" in out
    assert "make-up: avoid 24h → avoid 48h; changes 1 of the 1 cases, such as “a Friday”\n" in out
    assert json.loads(run_rules("diff", str(old), str(new), "--format", "json")[1])["cases"] == 1


CASE = "cases:\n  - {name: a Friday, given: {date: 2026-11-20, time: 16:30}, expect: {makeup: avoid}}\n"
IN_ONE_CASE = "; changes 1 of the 1 cases, such as “a Friday”\n"


@pytest.mark.parametrize(
    ("rules", "old", "new", "said"),
    [
        pytest.param(
            "makeup: {avoid: makeup, until: healed}",
            "moments: {healed: {usual: 5d..7d}}",
            "moments: {healed: {usual: 60d..90d}}",
            "make-up: avoid healed once the skin has healed (day 0 16:30 to the end of day 7) → "
            "avoid healed once the skin has healed (day 0 16:30 to the end of day 90)",
            id="a moment",
        ),
        pytest.param(
            "makeup: {avoid: makeup, until: ns ends}\n  ns: {avoid: swimming, until: %s}",
            "8h",
            "8d",
            "make-up: avoid ns ends (day 0 16:30 to day 1 00:30) → avoid ns ends (day 0 16:30 to the end of day 8)",
            id="the rule whose end it waits for",
        ),
        pytest.param(
            "makeup: {avoid: makeup, until: 30d, except: {mineral-makeup: %s}}",
            "12h",
            "20d",
            "mineral powder: avoid 30d (day 0 16:30 to day 1 04:30) → avoid 30d (day 0 16:30 to the end of day 20)",
            id="an exception",
        ),
        pytest.param(
            "makeup: {avoid: makeup, from: %s, until: 3d}",
            "2d before",
            "5d before",
            "make-up: avoid 3d (day -2 to the end of day 3) → avoid 3d (day -5 to the end of day 3)",
            id="a start",
        ),
        pytest.param(
            "red: {expect: redness, until: 2d, worry-after: %s}",
            "3d",
            "5d",
            "redness: expect 2d (day 0 16:30 to the end of day 2, call from day 4) → "
            "expect 2d (day 0 16:30 to the end of day 2, call from day 6)",
            id="the day to call",
        ),
    ],
)
def test_diff_tells_dates_that_move_under_the_same_words(
    tmp_path: Path, rules: str, old: str, new: str, said: str
) -> None:
    one, other = (
        str(
            write(
                tmp_path,
                f"{HEAD}rules:\n  {rules.replace('%s', value)}\n{CASE}{'' if '%s' in rules else value}\n",
                f"{name}.yaml",
            )
        )
        for name, value in (("old", old), ("new", new))
    )
    assert f"{said}{IN_ONE_CASE}" in run_rules("diff", one, other)[1]


def test_diff_tells_sessions_that_are_late_sooner(tmp_path: Path) -> None:
    one, other = (
        str(write(tmp_path, f"{HEAD}sessions: [{{id: all, every: 4w..6w, overdue: {late}}}]\n{CASE}", f"{late}.yaml"))
        for late in ("12w", "8w")
    )
    assert (
        "the next session: not before 28 days (best until day 42, late from day 84) → "
        "not before 28 days (best until day 42, late from day 56)"
    ) in run_rules("diff", one, other)[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('{avoid: makeup, until: 1d, why: "x"}', '{avoid: makeup, until: 1d, why: "y"}', "why “x” → “y”"),
        ("{avoid: makeup, until: 1d}", '{avoid: makeup, until: 1d, how: "z"}', "how (nothing) → “z”"),
        ("{avoid: makeup, until: 1d}", "{avoid: [makeup, sun], until: 1d}", "names makeup → makeup, sun"),
        (
            "{avoid: makeup, until: 1d}",
            "{avoid: makeup, from: 2d before, until: 1d}",
            "from (nothing) → 2d before; says ours: 1d → from 2d before; until 1d",
        ),
        (
            "{avoid: makeup, until: 1d, when: {technique: pen}}",
            "{avoid: makeup, until: 1d, when: {depth: over 1}}",
            "holds technique: pen → depth: over 1",
        ),
        (
            "{avoid: makeup, until: 1d, says: {ours: 1d}}",
            "{avoid: makeup, until: 1d, says: {ours: {until: 2d, note: two}}}",
            "says ours: 1d → until 2d (two)",
        ),
    ],
    ids=["a word", "a new word", "targets", "a start", "a condition", "what a source says"],
)
def test_diff_shows_the_old_and_the_new_value(tmp_path: Path, old: str, new: str, said: str) -> None:
    one, other = (
        str(write(tmp_path, f"{HEAD}rules:\n  makeup: {rule}\n{CASE}", f"{name}.yaml"))
        for name, rule in (("old", old), ("new", new))
    )
    assert f"rule makeup: {said}\n" in run_rules("diff", one, other)[1]


def test_diff_knows_what_was_restricted_by_what_it_is_part_of(tmp_path: Path) -> None:
    heat = "  heat: {avoid: heat, until: 3d}\n"
    old = write(tmp_path, f"{HEAD}rules:\n{heat}{CASE}", "old.yaml")
    new = write(tmp_path, f"{HEAD}rules:\n{heat}  hot: {{avoid: sauna, until: 14d}}\n", "new.yaml")
    assert f"saunas: avoid 3d → avoid 14d{IN_ONE_CASE}" in run_rules("diff", str(old), str(new))[1]
    assert f"saunas: avoid 14d → avoid 3d{IN_ONE_CASE}" in run_rules("diff", str(new), str(old))[1]


NEW_RULES = {
    "from: 3w before, until: 3w": "from 3w before until 3w",
    "from: 1d, for: 72h": "from 1d for 72h",
    "from: 7d before, until: treatment": "7d before",
    "days: 1..3": "days 1..3",
}


def test_a_new_rule_is_shown_with_both_ends(tmp_path: Path) -> None:
    rules = "\n".join(f"  r{n}: {{prepare: filler, {window}, text: So}}" for n, window in enumerate(NEW_RULES))
    path = write(tmp_path, f"extends: microneedling\n{HEAD}rules:\n{rules}\n")
    shown = run_rules("diff", "microneedling", str(path))[1]
    plan = run("plan", "--all", "--date", "2026-11-20", "--rules", str(path)).out
    for n, said in enumerate(NEW_RULES.values()):
        assert f"rule r{n}: new (prepare filler, {said})\n" in shown
        assert f"rule r{n}, {said.replace('..', ' to ')})" in plan


CHANGED_WORDS = """
activities: {sauna: {under: []}, drill: {label: a drill}}
signs: {redness: {label: flushing}}
moments: {redness-gone: {usual: 7d..9d}, bedtime: {clock: "23:05"}}
facts: {depth: {default: 2.5, number: 0.2..3}, technique: {default: roller}}
events: {wedding: {results: 1mo..2mo}}
open-ends-at: calm
"""


def test_diff_tells_changed_words(tmp_path: Path) -> None:
    # A case of their own: those that ship, all planned twice, are the business of the test above.
    old = write(tmp_path, CASE, "old.yaml")
    new = write(tmp_path, f"{CHANGED_WORDS}{CASE}", "new.yaml")
    shown = run_rules("diff", str(old), str(new))[1].splitlines()
    assert {
        "activity sauna: under heat → (nothing)",
        "activity drill: new (a drill)",
        "sign redness: label redness → flushing",
        "moment redness-gone: usual 1d..3d → 7d..9d",
        "moment bedtime: clock 22:00 → 23:05",
        "fact depth: least 0.1 → 0.2; most 8 → 3; default (nothing) → 2.5",
        "fact technique: default pen → roller",
        "event wedding: results 3mo..6mo → 1mo..2mo",
        "open-ends-at: healed → calm",
    } <= set(shown)


def test_diff_tells_changed_answers_one_by_one(tmp_path: Path) -> None:
    old = write(
        tmp_path, "facts: {drops: {ask: Drops?, answers: {given: drops, none-given: none}}}\n" + CASE, "old.yaml"
    )
    new = write(tmp_path, "facts: {drops: {ask: Drops?, answers: {given: {label: drops, aka: [ours]}}}}\n", "new.yaml")
    out = run_rules("diff", str(old), str(new))[1]
    assert "fact drops: answer given: drops → drops, also ours; answer none-given: none → (nothing)\n" in out


def test_diff_of_a_set_with_itself_is_nothing(tmp_path: Path) -> None:
    path = str(write(tmp_path, HEAD + "rules:\n  makeup: {avoid: makeup, until: 24h}\n" + CASE))
    assert run_rules("diff", path, path)[1] == "mine and mine say the same.\n"


def test_show_tells_whose_each_field_is(tmp_path: Path) -> None:
    text = "extends: microneedling\n" + HEAD + "rules:\n  flying: {until: 3d, because: we say so, by: Dr A}\n"
    code, out, _ = run_rules("show", "flying", "--rules", str(write(tmp_path, text)))
    assert code == 0
    assert "  avoid: flying   # microneedling\n" in out
    assert "  until: 3d   # mine\n" in out
    record = json.loads(run_rules("show", "flying", "--rules", str(tmp_path / "mine.yaml"), "--format", "json")[1])
    assert record["entries"]["rules"]["flying"]["origins"]["until"] == "mine"


def test_show_tells_what_is_switched_off_by_whom_and_why(tmp_path: Path) -> None:
    text = "extends: microneedling\nswitched-off: {flying: {because: we say so, by: Dr A}}\n"
    path = str(write(tmp_path, text))
    code, out, _ = run_rules("show", "flying", "--rules", path)
    assert code == 0
    assert out.startswith(
        "flying is switched off by mine: we say so, by Dr A\nactivities flying (from microneedling)\n"
    )
    record = json.loads(run_rules("show", "flying", "--rules", path, "--format", "json")[1])
    assert record["switched_off"] == [{"id": "flying", "by_rule_set": "mine", "because": "we say so", "by": "Dr A"}]


def test_show_lists_what_is_under_an_activity(tmp_path: Path) -> None:
    words = "gel: a gel, kit: {under: [gel]}, day-kit: {under: [kit]}, pills: {under: [gel], medicine: prescribed}"
    path = str(write(tmp_path, f"activities: {{{words}}}\n"))
    assert "  what is under it: day-kit, kit, pills\n" in run_rules("show", "gel", "--rules", path).out
    assert "under it" not in run_rules("show", "day-kit", "--rules", path).out
    record = run_rules("show", "gel", "--rules", path, "--format", "json").record
    assert sorted(record["entries"]["activities"]["gel"]["holds"]) == ["day-kit", "kit", "pills"]


@pytest.mark.parametrize("section", ["activities", "signs", "moments", "facts", "sources", "rules", "screening"])
def test_show_lists_a_section_as_json_too(section: str) -> None:
    listed = [line.split(": ")[0] for line in run_rules("show", section)[1].splitlines()]
    record = json.loads(run_rules("show", section, "--format", "json")[1])
    assert {name: list(found) for name, found in record["entries"].items()} == {section: listed}


def test_show_of_something_unknown_names_the_nearest() -> None:
    code, out, err = run_rules("show", "makeupp")
    assert (code, out) == (2, "")
    assert "has nothing called `makeupp` (did you mean makeup" in err


def test_list_names_what_ships() -> None:
    assert run_rules("list")[1].startswith("microneedling 2026-11: Micro-needling aftercare; ")
    (record,) = json.loads(run_rules("list", "--format", "json")[1])["rule_sets"]
    assert record["id"] == "microneedling"


def test_init_writes_a_set_that_lints_tests_and_plans(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert run_rules("init", str(path))[0] == 0
    assert run_rules("lint", "--strict", str(path))[0] == 0
    assert run_rules("test", str(path))[:2] == (0, "1 passed, 0 failed\n")
    code, out, err = run_rules("init", str(path))
    assert (code, out) == (2, "")
    assert "already exists" in err


# A set that comes through a pipe, and none at all.


def test_a_set_comes_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        f"{HEAD}extends: microneedling\nrules: {{makeup: {{avoid: makeup, until: 5d, because: we wait, by: Dr A}}}}\n"
    )
    pipe_in(monkeypatch, text)
    assert run_rules("lint", "-").out == "stdin: 289 rules, nothing wrong; advice: 0\n"
    pipe_in(monkeypatch, text)
    planned = run("when", "make-up", "--date", "2026-11-20", "--rules", "-", "--format", "json").record
    assert planned["free_from"].startswith("2026-11-26")
    pipe_in(monkeypatch, f"{HEAD}rules: {{makeup: {{avoid: makeupp, until: 5d}}}}\n")
    ran = run_rules("lint", "-")
    assert (ran.code, ran.out.startswith("-:3:25: error: the rule makeup: there is no activity `makeupp`")) == (3, True)


def test_lint_alone_is_of_the_shipped_set_and_a_starter_goes_to_stdout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_rules("lint").out.startswith("microneedling: ")
    starter = run_rules("init", "-")
    assert (starter.code, starter.err) == (0, "")
    assert list(tmp_path.iterdir()) == []
    pipe_in(monkeypatch, starter.out)
    assert run_rules("lint", "-").code == 0
