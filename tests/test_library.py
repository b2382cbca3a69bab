"""What the library exports is complete, and the examples of its guide are run."""

import doctest
import subprocess
import sys
from pathlib import Path

import needlecare

GUIDE = Path(__file__).parents[1] / "docs" / "library.md"


def test_the_examples_of_the_guide_give_what_they_say() -> None:
    ran = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8")
    assert ran.attempted > 20
    assert ran.failed == 0


def test_every_exported_name_is_there_and_is_listed() -> None:
    for name in needlecare.__all__:
        assert getattr(needlecare, name).__name__ == name
    assert set(needlecare.__all__) <= set(dir(needlecare))
    assert not hasattr(needlecare, "nothing_of_the_kind")


def test_importing_the_package_imports_no_more_than_it() -> None:
    code = "import sys, needlecare; print([name for name in sys.modules if name.startswith('needlecare.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
