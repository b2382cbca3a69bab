"""Every example of docs/rules.md is a rule set that loads, makes a plan and passes its own cases."""

import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml

from needlecare import build_timeline, load_rules, make_treatment, read_facts
from running import run

GUIDE = (Path(__file__).parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = [
    (section.partition("\n")[0], code)
    for section in GUIDE.split("\n## ")[1:]
    for code in re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL)
]
# What every example but the first leaves out, so that it shows one thing.
HEAD = "source: our-sheet\nsources: {our-sheet: {title: Our sheet, kind: clinic}}\n"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return run("rules", "schema").record


def complete(example: str) -> str:
    return example if "sources:" in example else HEAD + example


@pytest.mark.parametrize("example", [code for _, code in EXAMPLES], ids=[title for title, _ in EXAMPLES])
def test_an_example_loads_plans_and_passes_its_cases(example: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(complete(example), encoding="utf-8")
    rules = load_rules(str(path))
    treatment = make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("Europe/London"))
    timeline = build_timeline(rules, treatment, read_facts(rules, {}))
    assert timeline.red_flags
    if "\ncases:" in example:
        assert run("rules", "test", str(path)).code == 0


@pytest.mark.parametrize("example", [code for _, code in EXAMPLES], ids=[title for title, _ in EXAMPLES])
def test_an_example_fits_the_schema_for_editors(example: str, schema: dict[str, Any]) -> None:
    jsonschema.validate(yaml.load(complete(example), Loader=yaml.BaseLoader), schema)  # noqa: S506  plain text


ROOT = Path(__file__).parents[1]
FILES = [*sorted((ROOT / "rules").rglob("*.yaml")), ROOT / "src" / "needlecare" / "rules" / "starter.yaml"]


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_rule_file_of_this_project_fits_the_schema_for_editors(path: Path, schema: dict[str, Any]) -> None:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  plain text
    jsonschema.validate(content, schema)


def test_the_schema_for_editors_has_every_section_and_no_other(schema: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "set.yaml"
    path.write_text("nonsense: {}\n", encoding="utf-8")
    said = run("rules", "lint", str(path)).out
    assert "a rule file has no `nonsense`" in said
    assert set(schema["properties"]) == set(said.partition("it may have ")[2].rstrip().split(", "))


def fields_of(part: object) -> Iterator[str]:
    """Name every field that this part of a schema knows."""
    if isinstance(part, dict):
        yield from part.get("properties", {})
    if isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from fields_of(inner)


# Told where the page and the lists are.
ELSEWHERE = {"name", "phone", "logo", "closing", "colours", "light", "dark", "language"}


def test_the_guide_tells_of_every_field(schema: dict[str, Any]) -> None:
    code = re.findall(r"```yaml\n.*?```|`[^`\n]+`", GUIDE, flags=re.DOTALL)
    known = set(re.findall(r"[a-z-]+", " ".join(code)))
    assert set(fields_of(schema)) - ELSEWHERE - known - load_rules().facts.keys() == set()


def test_every_section_that_shows_rules_is_tried() -> None:
    assert len(EXAMPLES) == GUIDE.count("```yaml") == 17


def test_the_starter_loads_without_advice(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert run("rules", "init", str(path)).code == 0
    ran = run("rules", "lint", str(path))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(" nothing wrong; advice: 0\n")


def test_the_guide_names_the_rules_of_the_core_on_sun() -> None:
    rule_set = load_rules()
    sun = {id_ for id_, activity in rule_set.activities.items() if activity.group == "sun"}
    core = [rule.id for rule in rule_set.rules.values() if rule.core and not sun.isdisjoint(rule.targets)]
    assert core
    assert [id_ for id_ in core if f"`{id_}`" not in GUIDE] == []
