"""What others see of the project: links that hold, in the repository and on a package index."""

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HOME = PROJECT["urls"]["Homepage"]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]


def links(text: str) -> list[str]:
    """Return where the links and the pictures of a Markdown text lead."""
    inside = [part for token in MarkdownIt().enable("table").parse(text) for part in token.children or ()]
    return [str(part.attrs.get("href") or part.attrs["src"]) for part in inside if part.type in ("link_open", "image")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for link in links(page.read_text(encoding="utf-8")):
        file, _, _ = link.partition("#")
        assert link.startswith("https://") or (page.parent / file).exists(), link


def test_on_a_package_index_the_readme_leads_to_the_repository_as_it_was_released() -> None:
    released = f"needlecare/needlecare/{{}}v{PROJECT['version']}/"
    places = {
        ".md": f"https://github.com/{released.format('blob/')}",
        ".svg": f"https://raw.githubusercontent.com/{released.format('')}",
    }
    here = links((ROOT / "README.md").read_text(encoding="utf-8"))
    there = [link if link.startswith("https://") else places[Path(link).suffix] + link for link in here]
    assert links(str(metadata("needlecare").json["description"])) == there
    assert there != here


def test_the_project_has_one_address_and_what_stands_there_is_here() -> None:
    files = [ROOT / "CITATION.cff", ROOT / "pyproject.toml", *PAGES, *sorted(ROOT.glob(".github/**/*.yml"))]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert set(re.findall(r"https://github\.com/[\w-]+/needlecare\b", text)) == {HOME}
    for path in re.findall(rf"{HOME}/(?:blob|tree)/main/([\w./-]+)", text):
        assert (ROOT / path).exists(), path
