"""Build the folder of the web app: `python -m web.build OUT [--rules my-clinic.yaml]`. Needs pip and npm.

The packages are those of requirements.lock, Pyodide is that of package-lock.json; both are checked by their hashes.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

HERE = Path(__file__).parent
ROOT = HERE.parent
# What the library needs; the command line needs more.
PACKAGES = ("icalendar", "jinja2", "markupsafe", "python-dateutil", "pyyaml", "six", "tzdata", "tzlocal")
# Of Pyodide: what a browser loads.
PYODIDE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm")
MODULES = HERE / "node_modules" / "pyodide"
# Nothing from elsewhere, no script in the page, and of what is unsafe only what WebAssembly needs.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'"
)
# Parts of packages that no phone needs: binaries for other machines, tests, the command line, a second table of zones.
LEFT_OUT = re.compile(
    r".*\.(so|pyi|pyx|c)|.*/(tests|scripts)/.*|needlecare/(cli|batch|authors)/.*|needlecare/(files|__main__)\.py|"
    r"icalendar/cli\.py|[^/]*\.data/.*|"
    r"dateutil/zoneinfo/.*\.tar\.gz|(?!needlecare-)[^/]*\.dist-info/.*|[^/]*\.dist-info/RECORD"
)
# Parts of Python that only programmers, servers and other machines need, and letters of files that are never read.
LEFT_OUT_OF_PYTHON = re.compile(
    r"(unittest|_pyrepl|xmlrpc|xml/(dom|sax)|wsgiref|multiprocessing|dbm|sqlite3|curses|ensurepip|venv|pydoc_data)/.*|"
    r"http/(server|cookie\w*)\.py|logging/(handlers|config)\.py|concurrent/futures/process\.py|"
    r"(pdb|bdb|doctest|pydoc|pickletools|smtplib|imaplib|poplib|ftplib|mailbox|optparse|statistics|cProfile|turtle|trace|"
    r"profile|pstats|argparse|configparser|plistlib|_pyio|_pydatetime|webbrowser|shelve)\.py|"
    r"encodings/(?!cp437|iso8859_1\.)(big5|cp|euc|gb|hp_|iso|johab|koi8|kz|mac_|ptcp|shift|tis|hz)\w*\.py"
)
_LICENCE = re.compile(r"(?i)[^/]*\.dist-info/(.*/)?(licen[cs]e|copying|notice)[^/]*")
_LICENCE_OF_PYODIDE = """\
pyodide/: Pyodide, Mozilla Public License 2.0, https://github.com/pyodide/pyodide
with Python, PSF License, https://docs.python.org/3/license.html
Both as their makers publish them, without the modules of Python that are not needed here."""
_BROWSER_PYTHON = ("--python-version", "3.13", "--implementation", "cp", "--abi", "cp313", "--abi", "none")
# Wheels with a binary hold the same modules without it: whichever there is will do.
_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def build(out: Path, sheet: Path | None = None) -> None:
    """Build the folder *out*, with a clinic's own *sheet* as its rules if there is one.

    Raises:
        SystemExit: *out* holds something else, or a step fails; its code is 3 where the sheet is wrong.
    """
    if out.exists() and any(out.iterdir()) and not (out / "sw.js").is_file():
        raise SystemExit(f"{out} holds something else; give a folder that is empty or new")
    with tempfile.TemporaryDirectory() as scratch:
        stage, folder = Path(scratch) / "stage", Path(scratch) / "folder"
        _stage_packages(stage)
        _run("npm", "ci", "--silent", "--no-fund", "--no-audit", "--ignore-scripts", "--prefix", str(HERE))
        with ZipFile(MODULES / "python_stdlib.zip") as python:
            python.extractall(stage / "python", _without(LEFT_OUT_OF_PYTHON, python))
        _run("node", str(HERE / "prepare.mjs"), str(stage), *([str(sheet)] if sheet else []))
        _write_folder(folder, stage)
        # Whole or not at all.
        if out.exists():
            shutil.rmtree(out)
        shutil.move(folder, out)


def write_release(folder: Path, urgent: str) -> None:
    """Put above the service worker which files belong to this version, by their hashes."""
    files = {name: _integrity(data) for name, data in sorted(_files(folder).items()) if name != "sw.js"}
    worker = folder / "sw.js"
    program = worker.read_text(encoding="utf-8")
    version = sha256(json.dumps([files, program]).encode()).hexdigest()[:16]
    release = {"version": version, "urgent": urgent, "policy": POLICY, "files": files}
    worker.write_text(f"const RELEASE = {json.dumps(release, indent=1)};\n{program}", encoding="utf-8")


def _run(*command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise SystemExit(f"{command[0]} is missing: this needs Node.js with npm, version 20 or newer")
    done = subprocess.run([program, *command[1:]], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def _stage_packages(stage: Path) -> None:
    """Unpack the wheel of this checkout, and the packages that it needs, as they are locked."""
    wheels, site = stage / "wheels", stage / "site"
    # An environment that was made without pip is served by the Python that made it.
    pip = (sys.executable if find_spec("pip") else "python3", "-m", "pip", "-q")
    _run(*pip, "wheel", "--no-deps", "-w", str(wheels), str(ROOT))
    (stage / "wanted.txt").write_text("\n".join(_locked()), encoding="utf-8")
    wanted = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(stage / "wanted.txt"))
    platforms = (word for name in _PLATFORMS for word in ("--platform", name))
    _run(*pip, "download", "-d", str(wheels), *wanted, *_BROWSER_PYTHON, *platforms)
    licences = [_LICENCE_OF_PYODIDE]
    for path in sorted(wheels.glob("*.whl")):
        with ZipFile(path) as wheel:
            wheel.extractall(site, _without(LEFT_OUT, wheel))
            texts = (wheel.read(name).decode() for name in wheel.namelist() if _LICENCE.fullmatch(name))
            licences.append("\n\n".join((path.name, *texts)))
    (stage / "licences.txt").write_text(f"\n\n{'-' * 80}\n\n".join(licences), encoding="utf-8")
    shutil.copy(HERE / "app" / "bridge.py", site)


def _without(left_out: re.Pattern[str], archive: ZipFile) -> list[str]:
    return [name for name in archive.namelist() if not left_out.fullmatch(name)]


def _locked() -> Iterator[str]:
    """Yield the lines of requirements.lock that are about the packages."""
    for entry in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8")):
        if entry.partition("==")[0] in PACKAGES:
            yield entry


def _write_folder(folder: Path, stage: Path) -> None:
    """Write what the server hands out: the app, Pyodide, the packages, what the form asks, and the list of it all."""
    shutil.copytree(HERE / "app", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "pyodide").mkdir()
    for name in PYODIDE:
        shutil.copy(MODULES / name, folder / "pyodide")
    _zip(_files(stage / "python"), folder / "pyodide" / "python_stdlib.zip")
    # Of the packages that Pyodide offers none is used.
    lock = json.loads((MODULES / "pyodide-lock.json").read_bytes())
    _write_json(folder / "pyodide" / "pyodide-lock.json", {"info": lock["info"], "packages": {}})
    _zip(_files(stage / "site"), folder / "site.zip")
    templates = stage / "site" / "needlecare" / "views" / "templates"
    for name in ("page.css", "page.js"):
        shutil.copy(templates / name, folder)
    shutil.copy(stage / "licences.txt", folder)
    form = json.loads((stage / "form.json").read_bytes())
    loaded = [folder / "site.zip", *(folder / "pyodide").iterdir()]
    _write_json(folder / "form.json", {"bytes": sum(path.stat().st_size for path in loaded), **form})
    name = form["clinic"]["name"] if form["clinic"] else ""
    _write_manifest(folder, f"Aftercare, {name}" if name else "Aftercare")
    page = (folder / "index.html").read_text(encoding="utf-8")
    # Where to get help stands there whatever fails.
    rows = "".join(f'<div class="{tone}"><dt>{head}</dt><dd>{text}</dd></div>' for tone, head, text in _escaped(form))
    (folder / "index.html").write_text(page.replace("POLICY", POLICY).replace("HELP", rows), encoding="utf-8")
    write_release(folder, form["rules"]["urgent"])


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _escaped(form: Mapping[str, Any]) -> list[list[str]]:
    return [[*map(escape, row)] for row in form["help"]]


def _zip(files: Mapping[str, bytes], target: Path) -> None:
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files.items()):
            # The same bytes whenever it is built.
            archive.writestr(ZipInfo(name, _FIRST_DAY), data, ZIP_DEFLATED)


def _write_manifest(folder: Path, name: str) -> None:
    icons = [
        {"src": "icon.svg", "type": "image/svg+xml", "sizes": "any"},
        {"src": "icon.png", "type": "image/png", "sizes": "512x512", "purpose": "any"},
    ]
    manifest = {"name": name, "short_name": "Aftercare", "start_url": "./", "display": "standalone", "icons": icons}
    _write_json(folder / "app.webmanifest", manifest)


def _integrity(data: bytes) -> str:
    return f"sha256-{b64encode(sha256(data).digest()).decode()}"


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(prog="python -m web.build", description="Build the folder of the web app.")
    parser.add_argument("out", type=Path, help="the folder to write; one that was built before is replaced")
    parser.add_argument("--rules", type=Path, help="a clinic's own rule set: a file or a folder")
    given = parser.parse_args(arguments)
    if given.rules and not given.rules.exists():
        parser.error(f"there is no {given.rules}")
    build(given.out, given.rules)
    size = sum(path.stat().st_size for path in given.out.rglob("*") if path.is_file())
    print(f"{given.out}: {size / 1e6:.1f} MB. Try it: python -m web.serve {given.out}")


if __name__ == "__main__":
    main()
