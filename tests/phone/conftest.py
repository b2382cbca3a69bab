"""The web app as it is built, on a server of its own, in a browser with an empty profile."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from browsing import missing
from phone.apps import SHEET, App, Site
from web.build import build
from web.serve import make_server


def _built(factory: pytest.TempPathFactory, name: str, sheet: Path | None = None) -> Path:
    """Build a folder once, however many processes want it."""
    if not (shutil.which("npm") and shutil.which("node")):
        missing("Node.js with npm")
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    lock, done = place.with_suffix(".lock"), place.with_suffix(".done")
    try:
        lock.mkdir()
    except FileExistsError:
        while not done.exists():
            time.sleep(0.2)
    else:
        try:
            build(place, sheet)
        finally:
            done.touch()
    assert (place / "sw.js").is_file(), "the folder could not be built"
    return place


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as it is released."""
    return _built(tmp_path_factory, "web-app")


@pytest.fixture(scope="session")
def clinics_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a clinic's own sheet in it."""
    return _built(tmp_path_factory, "web-app-of-a-clinic", SHEET)


@pytest.fixture
def site(folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of the folder, which a test may change, on a server."""
    yield from serve(shutil.copytree(folder, tmp_path / "site"))


def serve(folder: Path) -> Iterator[Site]:
    with make_server(folder) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Site(folder, f"http://127.0.0.1:{server.server_port}/", server)
        server.shutdown()


@pytest.fixture
def app(site: Site, tmp_path: Path) -> Iterator[App]:
    """A browser that was never there."""
    browser = App(tmp_path / "browser", site)
    yield browser
    browser.driver.quit()
