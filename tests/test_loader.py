"""What is wrong in a rule file is said with its place, in one run, and never as a traceback."""

import os
import time
from pathlib import Path

import pytest
import yaml

from needlecare import InputError, RuleSetError, load_rules
from needlecare.errors import Problem

# That YAML is read the same without libyaml shows only where it can be taken away.
from needlecare.rules import yaml as reading
from needlecare.rules.fields import FIELDS
from needlecare.rules.read import Problems, shipped_folder
from needlecare.rules.yaml import read_yaml
from running import PLAN, TESTS, run

BROKEN = TESTS / "broken"
HEAD = "sources: {sheet: Our sheet}\nsource: sheet\n"


def what_is_said() -> dict[str, list[str]]:
    """Read tests/broken/said.txt: the name of a file, and under it each line that is said."""
    said: dict[str, list[str]] = {}
    for line in (BROKEN / "said.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            said[list(said)[-1]].append(line.strip())
        elif line and not line.startswith("#"):
            said[line] = []
    return said


@pytest.mark.parametrize(("name", "said"), what_is_said().items(), ids=what_is_said())
def test_a_broken_file_is_told_what_is_wrong_where_and_what_would_be_right(
    name: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    with pytest.raises(RuleSetError) as raised:
        load_rules(f"./{name}")
    assert [*map(str, raised.value.problems)] == said


def test_every_broken_file_is_in_the_table() -> None:
    assert {path.name for path in BROKEN.glob("*.yaml")} == set(what_is_said())


def test_every_problem_of_a_file_is_told_in_one_run(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text(
        f"{HEAD}rulez: {{}}\n"
        "rules:\n"
        "  one: {avoid: make-upp, until: soon, because: fine needles, mostly}\n"
        "  two: {avoid: sauna, avoid: sauna, until: 24h}\n"
        "  three: {expect: redness, days: 2..0}\n"
        "screening: {pregnant: {level: never, when: {condition: pregnancy}}}\n"
    )
    with pytest.raises(RuleSetError) as raised:
        load_rules(str(sheet))
    assert {problem.file for problem in raised.value.problems} == {str(sheet)}
    places = [(problem.line, problem.column) for problem in raised.value.problems]
    assert places == [(3, 1), (5, 16), (5, 33), (5, 62), (6, 23), (7, 34), (8, 31)]


def test_words_that_yaml_knows_otherwise_stay_text() -> None:
    text = b"[no, on, yes, off, Null, ~, 12:30, 0.50, 1e3, 0x1F, 010, 2026-11-20, 1_000, .inf, true]"
    fields = read_yaml(b"words: " + text, "words.yaml", Problems())
    assert fields is not None
    assert fields["words"] == text.decode().strip("[]").split(", ")
    assert all(isinstance(word, str) for word in fields["words"])


def test_plain_words_reach_the_rule_set_as_they_were_written(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text(
        f"{HEAD}version: 0.50\nreleased: 2026-11-20\ntitle: on\n"
        "activities: {nightcap: {label: no, aka: [yes, off, 12:30]}}\n"
        "rules: {nightcap: {avoid: nightcap, until: 24h, note: yes}}\n"
    )
    rule_set = load_rules(str(sheet))
    assert (rule_set.version, rule_set.released, rule_set.title) == ("0.50", "2026-11-20", "on")
    assert rule_set.activities["nightcap"][1:4] == ("no", (), ("yes", "off", "12:30"))
    assert rule_set.rules["nightcap"].words["note"] == "yes"


HOSTILE = {
    "empty": (b"", "a rule file is a mapping"),
    "control character": (b"title: a\x07b\n", "[U+0007] can't stand in a rule file; remove it"),
    "zero byte": (b"title: a\x00b\n", "[U+0000] can't stand in a rule file; remove it"),
    "every byte": (bytes(range(256)), "this is not UTF-8 text; save the file as UTF-8"),
    "Latin 1": ("title: caf\u00e9\n".encode("latin-1"), "this is not UTF-8 text; save the file as UTF-8"),
    "UTF-16": ("rules: {}\n".encode("utf-16"), "this is not UTF-8 text; save the file as UTF-8"),
    "half a character": (b'title: "\\ud800"\n', "not readable as YAML: "),
    "beyond the last character": (b'title: "\\UFFFFFFFF"\n', "not readable as YAML: "),
    "5,000 brackets": (b"rules: " + b"[" * 5000 + b"]" * 5000, "nested deeper than 40 levels; no rule needs that"),
    "5,000 open braces": (b"rules: " + b"{a: " * 5000, "nested deeper than 40 levels; no rule needs that"),
    "5,000 dashes": (b"- " * 5000 + b"a\n", "nested deeper than 40 levels; no rule needs that"),
    "1,900 indented keys": (
        "".join(f"{' ' * depth}a:\n" for depth in range(1900)).encode(),
        "nested deeper than 40 levels; no rule needs that",
    ),
    "5,000 indented keys": (
        "".join(f"{' ' * depth}a:\n" for depth in range(5000)).encode(),
        "the file is larger than 2 MB; split the rules",
    ),
    "3 MB": (b"# " + b"x" * 3_000_000, "the file is larger than 2 MB; split the rules"),
    "aliases of aliases": (
        b"rules: &a [x, x]\nsources: &b [*a, *a]\nsigns: &c [*b, *b]\n",
        "the alias *a is not used in rule files; write the value out",
    ),
    "300 rules about nothing known": (
        b"rules:\n" + b"".join(b"  r%d: {avoid: nothing%d, until: x}\n" % (n, n) for n in range(300)),
        "there is no activity `nothing299`",
    ),
}


def rules_in_a_row(number: int) -> str:
    """Write *number* rules, each from the end of the one before."""
    ends = ["1d", *(f"rule-{one} ends + 1d..2d" for one in range(1, number))]
    starts = ["0h", *(f"rule-{one} ends" for one in range(1, number))]
    return f"{HEAD}rules:\n" + "".join(
        f"  rule-{one}: {{avoid: sauna, from: {start}, until: {end}}}\n"
        for one, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    )


def test_rules_that_wait_for_each_other_in_a_long_row_are_planned_at_once(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text(rules_in_a_row(40))
    began = time.process_time()
    assert run(*PLAN, "--rules", str(sheet)).code == 0
    assert time.process_time() - began < 5


def test_a_row_without_end_is_refused(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text(rules_in_a_row(41))
    with pytest.raises(RuleSetError, match=r":4:3: more than 40 rules and moments wait for each other in a row"):
        load_rules(str(sheet))


@pytest.mark.parametrize(("data", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_at_once(tmp_path: Path, data: bytes, said: str) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_bytes(data)
    began = time.perf_counter()
    with pytest.raises(RuleSetError) as raised:
        load_rules(str(sheet))
    assert time.perf_counter() - began < 2
    assert said in str(raised.value)
    assert {problem.file for problem in raised.value.problems} == {str(sheet)}


@pytest.mark.parametrize(
    "data",
    [path.read_bytes() for path in (*sorted(BROKEN.glob("*.yaml")), *sorted(shipped_folder().rglob("*.yaml")))]
    + [data for data, _ in HOSTILE.values() if len(data) < 100_000],
)
def test_the_loader_without_its_c_part_reads_the_same(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> tuple[object, list[Problem]]:
        problems = Problems()
        try:
            return read_yaml(data, "sheet.yaml", problems), problems.listed()
        except RuleSetError:
            return "refused", []

    fast = read()
    monkeypatch.setattr(reading, "_Loader", yaml.SafeLoader)
    assert read() == fast


def test_a_byte_order_mark_and_windows_line_ends_say_nothing(tmp_path: Path) -> None:
    rules = f"{HEAD}rules:\n  bare: {{avoid: makeup, until: 24h}}\n"
    digests = set()
    for data in (rules.encode(), b"\xef\xbb\xbf" + rules.encode(), rules.replace("\n", "\r\n").encode()):
        (tmp_path / "sheet.yaml").write_bytes(data)
        digests.add(load_rules(str(tmp_path / "sheet.yaml")).digest)
    assert len(digests) == 1


def test_a_chain_of_sets_that_never_ends_is_refused(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"set{number}.yaml").write_text(f"extends: set{number + 1}.yaml\n")
    (tmp_path / "set100.yaml").write_text("title: the last one\n")
    with pytest.raises(RuleSetError, match="more than 20 rule sets extend each other"):
        load_rules(str(tmp_path / "set0.yaml"))


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no rules here")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(RuleSetError) as raised:
        load_rules(str(tmp_path))
    assert str(raised.value) == f"{tmp_path}: there are no .yaml files in this folder"


@pytest.mark.parametrize("name", ["nosuch.yaml", "", "~nobody-by-this-name/rules", "x" * 5000, "a\0b"], ids=ascii)
def test_a_path_where_nothing_is_counts_as_a_slip_of_the_person(name: str) -> None:
    with pytest.raises(
        InputError, match=r"^no rule set `.*`: give the name of one that ships \(microneedling\), a file"
    ):
        load_rules(name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a file without end is to be had on Unix")
def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(RuleSetError, match="the file is larger than 2 MB"):
        load_rules("/dev/zero")


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="a pipe without a name is not to be had everywhere")
def test_a_rule_set_may_come_through_a_pipe() -> None:
    reads, writes = os.pipe()
    os.write(writes, f"{HEAD}rules: {{bare: {{avoid: makeup, until: 24h}}}}".encode())
    os.close(writes)
    assert "bare" in load_rules(f"/dev/fd/{reads}").rules
    os.close(reads)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text("rules: {}\n")
    sheet.chmod(0)
    try:
        sheet.read_bytes()
    except PermissionError:
        with pytest.raises(RuleSetError) as raised:
            load_rules(str(sheet))
        assert str(raised.value) == f"{sheet}:1:1: can't be read: Permission denied"
    else:
        pytest.skip("whoever runs this may read everything")


@pytest.mark.parametrize(
    ("name", "code"),
    [("broken/key-twice.yaml", 3), ("golden", 3), ("nosuch.yaml", 2)],
    ids=["wrong", "empty", "absent"],
)
def test_the_exit_code_tells_wrong_rules_from_a_wrong_path(name: str, code: int, tmp_path: Path) -> None:
    path = tmp_path if name == "golden" else TESTS / name
    ran = run("plan", "--date", "2026-11-20", "--tz", "UTC", "--rules", str(path))
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("needlecare: ")
    assert "Traceback" not in ran.err


def test_every_field_that_batch_reads_can_have_a_column(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    facts = tuple(load_rules().facts)
    sheet.write_text("batch:\n" + "".join(f"  {field}: our {field}\n" for field in (*FIELDS, *facts)))
    assert set(load_rules(str(sheet)).batch) == {*FIELDS, *facts}


@pytest.mark.parametrize("changed", ["base.yaml", "top.yaml"])
def test_a_file_that_has_changed_is_read_again(changed: str, tmp_path: Path) -> None:
    words = "words-from: microneedling\n" + HEAD
    (tmp_path / "base.yaml").write_text(f"{words}rules: {{one: {{avoid: sauna, until: 1d}}}}\n")
    (tmp_path / "top.yaml").write_text("extends: base.yaml\nsource: sheet\nrules: {two: {avoid: steam, until: 1d}}\n")
    top = str(tmp_path / "top.yaml")
    first = load_rules(top)
    assert load_rules(top) is first
    file = tmp_path / changed
    file.write_text(file.read_text().replace("1d", "2d"))
    ends = {id_: rule.value for id_, rule in load_rules(top).rules.items() if id_ in ("one", "two")}
    assert ends == {"one": "2d" if changed == "base.yaml" else "1d", "two": "2d" if changed == "top.yaml" else "1d"}


def test_a_base_that_has_gone_is_missed(tmp_path: Path) -> None:
    base, top = tmp_path / "base.yaml", tmp_path / "top.yaml"
    base.write_text(f"words-from: microneedling\n{HEAD}rules: {{one: {{avoid: sauna, until: 1d}}}}\n")
    top.write_text("extends: base.yaml\n")
    load_rules(str(top))
    base.unlink()
    with pytest.raises(RuleSetError, match="no rule set"):
        load_rules(str(top))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name is not to be had everywhere")
def test_a_pipe_that_a_set_extends_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "mine.yaml").write_text("extends: pipe.yaml\n", encoding="utf-8")
    with pytest.raises(RuleSetError, match=r"pipe\.yaml"):
        load_rules(tmp_path / "mine.yaml")
