"""What the shape of the program promises: one direction, pure middle, no rule in Python, few modules, none too long."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.structure import figures
from needlecare import load_rules

SOURCE = Path(__file__).parents[1] / "src" / "needlecare"
MODULES = {".".join(path.relative_to(SOURCE).with_suffix("").parts): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

# From the bottom to the top: a module imports from its own layer and from those before it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("model",),
    ("rules",),
    ("typed",),
    ("timeline",),
    ("ask", "authors"),
    ("views",),
    ("files",),
    ("batch",),
    ("cli",),
)
FILE_TIMES = {f"st_{kind}time{unit}" for kind in "abcm" for unit in ("", "_ns")} | {"getmtime", "getctime", "getatime"}
PURE = ("model", "timeline", "ask", "views")


def layer_of(module: str) -> int | None:
    top = module.partition(".")[0]
    return next((number for number, names in enumerate(LAYERS) if top in names), None)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)


def own_imports(module: str) -> set[str]:
    names = {name.removeprefix("needlecare.") for name in imported(TREES[module]) if name.startswith("needlecare.")}
    return names - {"needlecare"}


INSIDE = [name for name in MODULES if name not in ("__init__", "__main__")]


@pytest.mark.parametrize("module", INSIDE)
def test_every_module_has_a_layer_and_imports_only_downwards(module: str) -> None:
    layer = layer_of(module)
    assert layer is not None, "name the layer of this module in this test"
    for name in own_imports(module):
        below = layer_of(name)
        assert below is not None
        assert below <= layer, f"{module} must not know {name}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name.removesuffix(".__init__"): own_imports(name) for name in MODULES}
    for start, first in graph.items():
        seen: set[str] = set()
        frontier = list(first)
        while frontier:
            node = frontier.pop()
            if node not in seen:
                seen.add(node)
                frontier.extend(graph.get(node, ()))
        assert start not in seen


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


READS_THE_CLOCK = re.compile(r"(.*\.)?(now|today|utcnow|time\.time|monotonic|perf_counter)")
DOES_SOMETHING = re.compile(r"print|open|input|.*\.(open|read_text|read_bytes|write_text|write_bytes|getenv)|os\..*")


@pytest.mark.parametrize("module", [name for name in INSIDE if name.partition(".")[0] in PURE])
def test_the_middle_has_no_clock_no_files_and_no_printing(module: str) -> None:
    for called in calls(TREES[module]):
        assert not READS_THE_CLOCK.fullmatch(called), called
        assert not DOES_SOMETHING.fullmatch(called), called
    assert not set(imported(TREES[module])) & {"os", "pathlib", "time", "io", "tempfile", "socket"}


def test_one_place_reads_the_clock() -> None:
    readers = {name for name, tree in TREES.items() if any(READS_THE_CLOCK.fullmatch(called) for called in calls(tree))}
    # The second one tells how fast a batch is.
    assert readers == {"cli.options", "cli.batch"}


@pytest.mark.parametrize("module", INSIDE)
def test_a_clock_put_back_moves_no_file(module: str) -> None:
    """Which run is the newest is never told from the times of files."""
    assert not {node.attr for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute)} & FILE_TIMES


@pytest.mark.parametrize(
    ("package", "home"),
    [
        ("yaml", {"rules.yaml"}),
        ("rich", {"views.text", "cli"}),
        ("typer", {"cli"}),
        ("dateutil", {"typed"}),
        ("icalendar", {"views.ics"}),
        ("pydantic", set()),
        ("tzlocal", {"typed"}),
        ("holidays", {"cli.sessions"}),
        ("caldav", {"cli.server"}),
        ("niquests", {"cli.server"}),
        ("keyring", {"cli.push"}),
        ("openpyxl", {"batch.parts"}),
    ],
)
def test_each_package_has_its_home(package: str, home: set[str]) -> None:
    for module, tree in TREES.items():
        if any(name.partition(".")[0] == package for name in imported(tree)):
            assert module in home or module.partition(".")[0] in home, module


def numbers_of_hours(tree: ast.AST) -> Iterator[str]:
    """Find times that are written in Python: `timedelta(hours=48)`, `"48h"`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("timedelta"):
            # The units of time themselves, and the step to the next or the last day or instant.
            lengths = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(isinstance(length, ast.Constant) and length.value != 1 for length in lengths):
                yield ast.unparse(node)


@pytest.mark.parametrize("module", INSIDE)
def test_no_number_of_hours_stands_in_python(module: str) -> None:
    assert list(numbers_of_hours(TREES[module])) == []


def without_docstrings(tree: ast.AST) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("module", [name for name in INSIDE if name.partition(".")[0] in ("model", "timeline")])
def test_no_activity_is_named_in_python(module: str) -> None:
    rule_set = load_rules()
    known = {*rule_set.activities, *rule_set.signs, *rule_set.rules} - {"treatment"}
    assert not known & set(without_docstrings(TREES[module]))


@pytest.mark.parametrize("module", MODULES)
def test_modules_say_what_they_own(module: str) -> None:
    first = (ast.get_docstring(TREES[module]) or "").partition("\n")[0]
    assert first, module


def test_the_package_stays_small_and_flat() -> None:
    assert [figure for figure in figures() if figure.found > figure.limit] == []


def test_the_page_on_architecture_names_only_what_there_is() -> None:
    home = SOURCE.parents[1]
    page = (home / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|yaml))`", page))
    assert any(name.endswith(".yaml") for name in named)
    assert {name for name in named if not ((SOURCE / name).exists() or (home / name).exists())} == set()


def test_nothing_is_called_utils() -> None:
    taken = {part for name in MODULES for part in name.split(".")}
    assert not taken & {"utils", "util", "helpers", "common", "base", "core", "manager", "misc"}
