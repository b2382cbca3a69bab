"""The web app in headless Chromium: how much comes over the wire, and how long a plan takes. Needs npm and Chromium.

`python -m benchmarks.web` builds the folder, opens it some times with an empty profile, and goes to the plan of a link
as soon as it can. Exits with 1 if a limit is passed. The times are those of this machine, and of a quiet one.
"""

import gzip
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from web.build import build
from web.serve import make_server

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from phone.apps import App, Site

RUNS = 5
SITTING = {"date": "2026-11-20", "time": "16:30"}
CHANGES = ({"area": "neck"}, {"technique": "radiofrequency", "add-on": "prp"}, {"condition": "eczema"})
MOST_BYTES, MOST_COLD, MOST_CHANGE = 8_000_000, 6.0, 1.5


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _measure(site: Site, folder: Path) -> tuple[float, list[float]]:
    """Return how many seconds the first plan takes from the click on, with nothing there yet, and each later one."""
    app = App(folder, site)
    app.open()
    app.set("my-date", SITTING["date"])
    cold = _timed(app.show)
    changes = [_timed(lambda change=change: app.plan({**SITTING, **change})) for change in CHANGES]  # type: ignore[misc]
    app.driver.quit()
    return cold, changes


def main() -> None:
    """Measure, print, and judge."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        build(place / "folder")
        size = sum(len(gzip.compress(path.read_bytes())) for path in (place / "folder").rglob("*") if path.is_file())
        with make_server(place / "folder") as server:
            Thread(target=server.serve_forever, daemon=True).start()
            site = Site(place / "folder", f"http://127.0.0.1:{server.server_port}/", server)
            found = [_measure(site, place / str(number)) for number in range(RUNS)]
            server.shutdown()
    cold, changes = [one for one, _ in found], [one for _, each in found for one in each]
    figures = (
        ("over the wire, once, MB", size / 1e6, MOST_BYTES / 1e6),
        ("from the first click to the plan, s (median)", statistics.median(cold), MOST_COLD),
        ("a changed answer, s (median)", statistics.median(changes), MOST_CHANGE),
    )
    for name, value, limit in figures:
        print(f"{name:46}{value:6.2f}  limit {limit:.1f}{'' if value <= limit else '  PASSED'}")
    print(f"cold: {min(cold):.2f} to {max(cold):.2f} s; changes: {min(changes):.2f} to {max(changes):.2f} s")
    sys.exit(any(value > limit for _, value, limit in figures))


if __name__ == "__main__":
    main()
