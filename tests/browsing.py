"""Headless Chromium for tests: of the page that is handed over, and of the web app."""

import io
import os
import shutil
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")

AXE = Path(__file__).parent / "page" / "node_modules" / "axe-core" / "axe.min.js"
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# A window of 1280 at 200 % zoom is 640 wide.
WIDTHS = (320, 640, 768, 1280)


def missing(what: str) -> None:
    """Skip where a developer's machine lacks *what*; where everything must be tested, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is not installed")


class Browser:
    """Headless Chromium with an empty profile in *folder*, steered by its driver."""

    def __init__(self, folder: Path, *switches: str, prefs: Mapping[str, object] | None = None) -> None:
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not chromium or not driver:
            missing("Chromium with its driver (Debian: chromium, chromium-driver)")
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for switch in (*SWITCHES, *switches, f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(switch)
        options.add_experimental_option("prefs", dict(prefs or {}))
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.folder = folder
        self.driver: Any = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))

    def tell(self, command: str, **parameters: Any) -> Any:
        """Give an order of the developer tools."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def ask(self, script: str) -> Any:
        """Evaluate *script*, in the page or beside it where the page may run none."""
        return self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)["result"].get(
            "value"
        )

    def size(self, width: int = 1280, *, dark: bool = False, media: str = "") -> None:
        """Make the window so wide, in the light or in the dark, on a screen or on paper."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def set_clock(self, now: str) -> str:
        """Let the pages that are opened from here on think that it is *now*; returns what takes that back."""
        script = (
            f"{{const real = Date, now = real.parse('{now}');"
            "Date = class extends real {constructor(...given) {given.length ? super(...given) : super(now)}"
            "static now() {return now}}}"
        )
        identifier: str = self.tell("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]
        return identifier

    def unset_clock(self, identifier: str) -> None:
        """Take it back."""
        self.tell("Page.removeScriptToEvaluateOnNewDocument", identifier=identifier)

    def unfold(self) -> None:
        """Open everything that is closed on the page."""
        self.ask("document.querySelectorAll('details').forEach(one => { one.open = true })")

    def shown(self, selector: str) -> list[str]:
        """Return what is shown of each element, in order, without what is hidden or closed."""
        visible = f"[...document.querySelectorAll({selector!r})].filter(one => one.checkVisibility())"
        found: list[str] = self.ask(f"{visible}.map(one => one.innerText)")
        return found

    def wider(self) -> Any:
        """Return what reaches beyond the window."""
        return self.ask(
            "[...document.querySelectorAll('body *')].filter(one => !one.closest('svg') && "
            "one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))"
        )

    def violations(self) -> Any:
        """Return what axe finds wrong with everything that is on the page."""
        if not AXE.is_file():
            missing("axe-core (npm ci --prefix tests/page)")
        self.unfold()
        self.ask(AXE.read_text(encoding="utf-8"))
        return self.ask("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")

    def print(self, size: tuple[float, float]) -> Any:
        """Print the open page."""
        printed = self.tell("Page.printToPDF", paperWidth=size[0], paperHeight=size[1], printBackground=False)
        return pypdf.PdfReader(io.BytesIO(b64decode(printed["data"])))
