"""Every example of docs/rules.md is a rule set that loads, makes a plan and passes its own cases."""

import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml

from needlecare import build_timeline, load_rules, read_facts
from needlecare.authors.advice import advise
from needlecare.authors.cases import read_cases, run_case
from needlecare.model.plan import make_treatment
from needlecare.rules.fields import TOP, rule_schema
from needlecare.rules.load import load_with_places
from needlecare.rules.read import Problems
from running import run

GUIDE = (Path(__file__).parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = [
    (section.partition("\n")[0], code)
    for section in GUIDE.split("\n## ")[1:]
    for code in re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL)
]
# What every example but the first leaves out, so that it shows one thing.
HEAD = "source: our-sheet\nsources: {our-sheet: {title: Our sheet, kind: clinic}}\n"


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
    cases = read_cases(path, Problems())
    assert [str(difference) for case in cases for difference in run_case(rules, case)] == []


@pytest.mark.parametrize("example", [code for _, code in EXAMPLES], ids=[title for title, _ in EXAMPLES])
def test_an_example_fits_the_schema_for_editors(example: str) -> None:
    jsonschema.validate(yaml.load(complete(example), Loader=yaml.BaseLoader), rule_schema())  # noqa: S506  plain text


ROOT = Path(__file__).parents[1]
FILES = [*sorted((ROOT / "rules").rglob("*.yaml")), ROOT / "src" / "needlecare" / "rules" / "starter.yaml"]


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_rule_file_of_this_project_fits_the_schema_for_editors(path: Path) -> None:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  plain text
    jsonschema.validate(content, rule_schema())


def test_the_schema_for_editors_has_every_section_and_no_other() -> None:
    assert set(rule_schema()["properties"]) == set(TOP)


def fields_of(schema: object) -> Iterator[str]:
    """Give the name of every field that *schema* knows."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from fields_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from fields_of(part)


# Told where the page and the lists are.
ELSEWHERE = {"name", "phone", "logo", "closing", "colours", "light", "dark"}


def test_the_guide_tells_of_every_field() -> None:
    code = re.findall(r"```yaml\n.*?```|`[^`\n]+`", GUIDE, flags=re.DOTALL)
    known = set(re.findall(r"[a-z-]+", " ".join(code)))
    assert set(fields_of(rule_schema())) - ELSEWHERE - known == set()


def test_every_section_that_shows_rules_is_tried() -> None:
    assert len(EXAMPLES) == GUIDE.count("```yaml") == 15


def test_the_starter_loads_without_advice(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert run("rules", "init", str(path)).code == 0
    rules, layer, problems = load_with_places(path)
    assert problems.lines() == []
    assert advise(rules, layer) == []
