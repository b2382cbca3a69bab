"""How large and how tangled the package is: modules, lines, depth of imports, complexity, against what is laid down.

Run it in a checkout, in any environment that has radon: `python -m benchmarks.structure`. Exits with 1 if a limit is
passed. Radon brings colorama, which breaks one of the libraries that the tests use; so it isn't part of their set-up.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[1] / "src" / "needlecare"
COMPLEX, TOO_COMPLEX = 10, 20


class Figure(NamedTuple):
    """One measure of the package: what was found, the most that it may be, and *where* the most of it is."""

    name: str
    found: int
    limit: int
    where: str = ""


def modules() -> dict[str, Path]:
    """Return the file of each module, by its name inside the package; a package is called by its folder."""
    files = {".".join(path.relative_to(SOURCE).with_suffix("").parts): path for path in sorted(SOURCE.rglob("*.py"))}
    return {name.removesuffix(".__init__"): path for name, path in files.items()}


def has_code(path: Path) -> bool:
    """Report whether *path* holds more than a docstring."""
    return len(ast.parse(path.read_text(encoding="utf-8")).body) > 1


def loaded_imports(tree: ast.Module) -> Iterator[str]:
    """Name the modules of the package that are imported as *tree* is loaded: not in functions, not for types alone."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == SOURCE.name:
            # A name taken from a package may be a module of it.
            yield from (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING":
            pending.extend((*node.body, *node.orelse))


def import_chain() -> list[str]:
    """Return the longest chain of modules that each import the next as they are loaded."""
    files = modules()
    graph = {
        name: [
            one.removeprefix(f"{SOURCE.name}.")
            for one in loaded_imports(ast.parse(path.read_text(encoding="utf-8")))
            if one.removeprefix(f"{SOURCE.name}.") in files
        ]
        for name, path in files.items()
    }

    @cache
    def longest(name: str) -> tuple[str, ...]:
        chain: tuple[str, ...] = ()
        for one in graph[name]:
            if one != name and len(below := longest(one)) > len(chain):
                chain = below
        return (name, *chain)

    return max((list(longest(name)) for name in graph), key=len)


def complexities() -> list[tuple[int, str]]:
    """Return the cyclomatic complexity of each function as radon counts it, with its name, the worst first."""
    from radon.complexity import cc_visit
    from radon.visitors import Function

    return sorted(
        (
            (block.complexity, f"{name}.{block.name}")
            for name, path in modules().items()
            for block in cc_visit(path.read_text(encoding="utf-8"))
            if isinstance(block, Function)
        ),
        reverse=True,
    )


def figures() -> list[Figure]:
    """Measure size and imports."""
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    largest = max(lines, key=lines.__getitem__)
    chain = import_chain()
    return [
        Figure("modules with code", sum(map(has_code, modules().values())), 72),
        Figure("lines", sum(lines.values()), 23_950),
        Figure("lines of the largest module", lines[largest], 500, largest),
        Figure("modules in the longest chain of imports", len(chain), 11, " > ".join(chain)),
    ]


def complexity_figures() -> list[Figure]:
    """Measure complexity."""
    found = complexities()
    above = [name for complexity, name in found if complexity > COMPLEX]
    return [
        Figure(f"functions of a complexity above {COMPLEX}", len(above), 15, ", ".join(above)),
        Figure("complexity of the worst function", found[0][0], TOO_COMPLEX, found[0][1]),
    ]


def main() -> None:
    """Print each figure with its limit."""
    found = [*figures(), *complexity_figures()]
    for figure in found:
        print(f"{figure.name:<42} {figure.found:>6,} of {figure.limit:>6,}  {figure.where}")
    raise SystemExit(any(figure.found > figure.limit for figure in found))


if __name__ == "__main__":
    main()
