"""`needlecare rules schema`: what editors know of rule files."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from needlecare.rules.fields import EVENT, FACT, FILE, MOMENT, RULE, SCREENING, SESSION, SOURCE
from needlecare.rules.kinds import Field
from needlecare.rules.read import Problems
from running import run, write

MODELINE = "# yaml-language-server: $schema=needlecare.schema.json\n"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return run("rules", "schema").record


class AsAnEditor(yaml.SafeLoader):
    """Reads YAML 1.2, as editors do: dates and times of the day are text."""


AsAnEditor.yaml_implicit_resolvers = {}
for name, pattern in (("bool", "true|false"), ("int", "[-+]?[0-9]+"), ("float", r"[-+]?[0-9]+\.[0-9]+")):
    AsAnEditor.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(rf"({pattern})\Z"), None)


def fits(text: str, schema: dict[str, Any]) -> bool:
    """Report whether a rule file fits *schema*."""
    return jsonschema.Draft7Validator(schema).is_valid(yaml.load(text, Loader=AsAnEditor))  # noqa: S506  safe below it


def test_it_is_a_schema_that_editors_know(schema: dict[str, Any]) -> None:
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"].startswith("urn:")


def reached(part: Any, way: list[str], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Follow *way* through a schema; `*` is any key that it doesn't name, `?` its keys themselves."""
    if "$ref" in part:
        yield from reached(schema["definitions"][part["$ref"].rpartition("/")[2]], way, schema)
        return
    for one in part.get("anyOf", ()):
        yield from reached(one, way, schema)
    if not way:
        yield part
        return
    first, *rest = way
    inner = {"?": part.get("propertyNames"), "*": part.get("additionalProperties"), "[]": part.get("items")}
    found = inner[first] if first in inner else part.get("properties", {}).get(first)
    if isinstance(found, dict):
        yield from reached(found, rest, schema)


@pytest.mark.parametrize(
    ("way", "id_"),
    [
        ("rules ?", "makeup"),
        ("rules * avoid", "retinoids"),
        ("rules * avoid []", "sauna"),
        ("rules * expect []", "redness"),
        ("rules * call", "pus"),
        ("rules * until", "redness-gone"),
        ("rules * from", "healed"),
        ("rules * except ?", "mineral-makeup"),
        ("rules * says ?", "nhs-chelsea"),
        ("rules * source", "nhs-chelsea"),
        ("rules * when technique", "radiofrequency"),
        ("rules * when condition []", "eczema"),
        ("rules * when area not", "scalp"),
        ("when setting", "home"),
        ("source []", "nhs-chelsea"),
        ("extends", "microneedling"),
        ("words-from", "microneedling"),
        ("open-ends-at", "healed"),
        ("activities ?", "makeup"),
        ("activities * under", "heat"),
        ("activities * group", "makeup"),
        ("activities * prescribed-to uses", "isotretinoin"),
        ("signs ?", "redness"),
        ("signs * once-worse", "pus"),
        ("moments ?", "calm"),
        ("events ?", "wedding"),
        ("events * activities", "makeup"),
        ("facts ?", "technique"),
        ("screening ?", "eczema"),
        ("sessions ?", "scars"),
        ("switched-off ?", "flying"),
        ("switched-off ?", "eczema"),
        ("cases [] given area", "face"),
        ("cases [] given seen ?", "redness-gone"),
        ("cases [] expect ?", "makeup"),
    ],
)  # fmt: skip
def test_it_offers_the_ids_of_the_shipped_set(way: str, id_: str, schema: dict[str, Any]) -> None:
    known = run("rules", "show", "sources", "--format", "json").record["entries"]["sources"]
    id_ = next(iter(known)) if id_ == "nhs-chelsea" else id_
    offered = [one for part in reached(schema, way.split(), schema) for one in part.get("enum", ())]
    assert id_ in offered


HEAD = "source: ours\nsources: {ours: {title: Our sheet, kind: clinic}}\n"
OWN = HEAD + "activities: {our-gel: our gel}\nsigns: {our-sign: a sign}\nmoments: {our-time: {usual: 1d..3d}}\n"
RIGHT = {
    "an activity of one's own": "rules: {gel: {avoid: [our-gel, makeup], until: our-time + 2d}}\n",
    "a sign of one's own": "rules: {one: {expect: our-sign, days: 0..2}}\n",
    "a number where one is meant": "rules: {one: {expect: our-sign, days: 2}}\n",
    "a length between others": "rules: {one: {do: our-gel, from: 2d..4d before, until: 24h .. 48h and redness-gone}}\n",
    "better not for good": "rules: {one: {avoid: our-gel, until: 24h..always}}\n",
    "the end of a rule": "rules: {a: {avoid: makeup, until: 1d}, b: {avoid: our-gel, until: a ends + 2d}}\n",
    "at least": "sessions: [{every: at least 6w, count: 4}]\n",
    "a condition": "rules: {one: {avoid: makeup, until: 1d, when: {depth: over 1.5, area: {not: scalp}}}}\n",
    "a number of a fact": "rules: {one: {avoid: makeup, until: 1d, when: {depth: 1.5}}}\n",
    "what is taken away": (
        "extends: microneedling\n"
        "rules: {makeup: {when: '', because: a, by: b}, bruising: {worry-after: '', because: a, by: b}}\n"
    ),
    "behind its section": "extends: microneedling\nswitched-off: {rules immune-therapy: {because: a, by: b}}\n",
}
WRONG = {
    "a length in words": "rules: {one: {avoid: makeup, until: 3 days}}\n",
    "a length without a unit": "rules: {one: {avoid: makeup, until: 24}}\n",
    "no end": "rules: {one: {avoid: makeup, until: 2d and}}\n",
    "a start that never comes": "rules: {one: {do: our-gel, from: always}}\n",
    "an activity in words": "rules: {one: {avoid: Our Gel, until: 1d}}\n",
    "an id in capitals": "rules: {One: {avoid: makeup, until: 1d}}\n",
    "a source in words": "rules: {one: {avoid: makeup, until: 1d, source: Our sheet}}\n",
    "a day in words": "released: 20 November 2026\n",
    "an hour of no day": "moments: {late: {label: late, clock: '25:00'}}\n",
    "an address without its scheme": "sources: {site: {title: A page, url: www.example.com}}\n",
    "the other two words of a condition": "rules: {one: {avoid: makeup, until: 1d, when: {area: {nor: scalp}}}}\n",
    "a depth in words": "rules: {one: {avoid: makeup, until: 1d, when: {depth: deep}}}\n",
    "a field that there isn't": "rules: {one: {avoid: makeup, untill: 1d}}\n",
}


@pytest.mark.parametrize(
    ("text", "is_right"),
    [pytest.param(text, text in RIGHT.values(), id=name) for name, text in (RIGHT | WRONG).items()],
)
def test_it_and_lint_agree(text: str, is_right: bool, schema: dict[str, Any], tmp_path: Path) -> None:
    whole = text if "sources:" in text else f"{HEAD if 'moments:' in text else OWN}{text}"
    linted = run("rules", "lint", str(write(tmp_path, whole)))
    assert (linted.code == 0) == is_right, linted.out
    assert fits(whole, schema) == is_right


# What bounds, lengths, days and numbers are made of, right and wrong.
PIECES = (
    *("3d", "24h", "2mo", "72", "-1", "1.5", "22:00", "2026-11-20", "https://", "d", ".", "", " ", "  ", ".."),
    *("and", "before", "at least", "up to", "always", "calm", "x ends", "treatment", "+", "-"),
)
SECTIONS = (RULE, SCREENING, SESSION, MOMENT, FACT, EVENT, SOURCE, FILE)
PARSED = [
    field
    for section in SECTIONS
    for field in section.fields.values()
    if "errorMessage" in (told := str(field.kind.schema)) and "an id has" not in told
]


@given(field=st.sampled_from(PARSED), pieces=st.lists(st.sampled_from(PIECES), max_size=7))
def test_it_refuses_nothing_that_is_read(field: Field, pieces: list[str]) -> None:
    text, problems = "".join(pieces), Problems()
    field.kind.read(text, field.name, problems)
    if not problems.listed():
        known = {**field.kind.schema, "definitions": {"moments": {"enum": []}}}
        assert jsonschema.Draft7Validator(known).is_valid(text)


def test_init_writes_what_the_first_line_names(tmp_path: Path, schema: dict[str, Any]) -> None:
    path = tmp_path / "mine.yaml"
    ran = run("rules", "init", str(path))
    assert (ran.code, "needlecare.schema.json" in ran.err) == (0, True)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(MODELINE)
    written = (tmp_path / "needlecare.schema.json").read_text(encoding="utf-8")
    assert written == run("rules", "schema").out
    assert fits(text, schema)


def test_init_leaves_a_schema_that_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "needlecare.schema.json").write_text("{}", encoding="utf-8")
    ran = run("rules", "init", str(tmp_path / "mine.yaml"))
    assert (ran.code, ran.err.startswith(f"needlecare: wrote {tmp_path / 'mine.yaml'}; next: ")) == (0, True)
    assert (tmp_path / "needlecare.schema.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.skipif(os.name == "nt", reason="not everybody may link there")
@pytest.mark.parametrize(
    ("link", "code"),
    [
        pytest.param("needlecare.schema.json", 0, id="the schema"),
        pytest.param("mine.yaml", 2, id="the rule set"),
    ],
)
def test_init_writes_through_no_link_that_leads_nowhere(link: str, code: int, tmp_path: Path) -> None:
    (tmp_path / link).symlink_to(tmp_path / "elsewhere")
    assert run("rules", "init", str(tmp_path / "mine.yaml")).code == code
    assert (tmp_path / link).is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_init_says_a_next_step_that_a_shell_understands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, _, step = run("rules", "init", "My Clinic.yaml").err.partition("next: needlecare ")
    assert run(*shlex.split(step)).code == 0


def test_what_init_writes_to_stdout_names_no_file() -> None:
    assert "$schema" not in run("rules", "init", "-").out
