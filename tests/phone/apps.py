"""How tests use the web app: as somebody does who fills in the form, taps and reads."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from browsing import Browser

SHEET = Path(__file__).parents[1] / "page" / "clinic" / "on-top.yaml"
LONDON, NEW_YORK = "Europe/London", "America/New_York"
Answers = Mapping[str, str | Sequence[str]]
PATIENCE = 90


class Site(NamedTuple):
    """A folder, the address that it is served at, and the server."""

    folder: Path
    address: str
    server: ThreadingHTTPServer


def pairs(answers: Answers) -> Iterable[tuple[str, str]]:
    return ((name, text) for name, said in answers.items() for text in ([said] if isinstance(said, str) else said))


def link(answers: Answers) -> str:
    """Write answers as the fragment of a link."""
    return f"#{urlencode([*pairs(answers)], quote_via=quote)}&end"


class App(Browser):
    """A browser on the web app."""

    def __init__(self, folder: Path, site: Site, *switches: str, prefs: Mapping[str, object] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, *switches, prefs=prefs)
        self.site = site
        self.downloads = folder / "downloads"
        self.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        self.zone(LONDON)
        self.size(390)

    def zone(self, name: str) -> None:
        """Let the phone be in this zone."""
        self.tell("Emulation.setTimezoneOverride", timezoneId=name)

    def open(self, rest: str = "") -> None:
        """Open the app anew; *rest* is a query or a fragment."""
        self.driver.get("about:blank")
        self.driver.get(self.site.address + rest)
        self.until("!document.getElementById('form').hidden")

    def until(self, script: str) -> None:
        """Wait until *script* is true."""
        limit = time.monotonic() + PATIENCE
        while not self.ask(f"Boolean({script})"):
            assert time.monotonic() < limit, f"{script}: {self.text()[:2000]}"
            time.sleep(0.05)

    def text(self) -> str:
        """Return what can be read on the page."""
        text: str = self.ask("document.body.innerText")
        return text

    def set(self, id_: str, value: str) -> None:
        """Put *value* into an input, as whoever types it does."""
        self.ask(f"document.getElementById({id_!r}).value = {json.dumps(value)}")

    def tap(self, selector: str) -> None:
        """Tap what *selector* finds."""
        self.ask(f"document.querySelector({selector!r}).click()")

    def tick(self, fact: str, answer: str) -> None:
        """Tick one answer to one question."""
        self.tap(f'input[name="fact-{fact}"][value="{answer}"]')

    def show(self) -> None:
        """Ask for the plan, and wait for it or for what is wrong."""
        self.ask("document.querySelectorAll('#plan main').forEach(one => one.dataset.old = 1)")
        self.tap("#show")
        self.settle()

    def settle(self) -> None:
        self.until("document.querySelector('#plan main:not([data-old]), .error:not([hidden]), .failure:not([hidden])')")

    def plan(self, answers: Answers) -> None:
        """Go to the plan of a link, whose answers take the place of those that were there."""
        self.ask("document.querySelectorAll('#plan main').forEach(one => one.dataset.old = 1)")
        self.ask(f"location.hash = {link(answers)!r}")
        self.settle()

    def question(self, words: str) -> str:
        """Ask, and return the answer with its tone."""
        self.set("words", words)
        self.tap("#question button")
        self.until("!document.getElementById('answer').hasAttribute('aria-busy')")
        answer: str = self.ask("[document.getElementById('answer').className, answer.innerText].join('\\n')")
        return answer

    def saved(self) -> bytes:
        """Save the calendar, and return the bytes of the file."""
        for path in self.downloads.glob("*"):
            path.unlink()
        self.tap("#save")
        limit = time.monotonic() + PATIENCE
        while not (found := [*self.downloads.glob("*.ics")]):
            assert time.monotonic() < limit, "no file came"
            time.sleep(0.05)
        return found[0].read_bytes()

    def value(self, id_: str) -> Any:
        return self.ask(f"document.getElementById({id_!r}).value")

    def log(self) -> list[str]:
        """Return what the browser complained of since it was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser")]
