"""The page in headless Chromium: on a phone's width and on paper, without network, without script, for everybody."""

import io
import os
import shutil
import time as clock
import unicodedata
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from needlecare import Timeline, load_rules, render
from page.pages import CLINIC, HERE, Page, make_plan, rules

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
A4, LETTER = (8.27, 11.69), (8.5, 11.0)
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
EVERYTHING = {
    "technique": ["radiofrequency"],
    "add-on": ["prp"],
    "area": ["face", "neck", "scalp", "body", "eye-area"],
    "condition": ["eczema", "pregnancy", "keloids", "cold-sores", "diabetes", "rosacea"],
    "uses": ["isotretinoin", "retinoid", "prescription-retinoid", "blood-thinner", "hydroquinone", "minoxidil"],
    "goal": ["acne-scars", "pigmentation"],
}
PLANS: dict[str, Callable[[], Timeline]] = {
    "nothing known": make_plan,
    "a date alone": lambda: make_plan(clock=None),
    "at home": lambda: make_plan(facts={"setting": ["home"], "technique": ["roller"], "depth": ["0.3"]}),
    "everything at once": lambda: make_plan(facts=EVERYTHING),
    "everything, and a booked session": lambda: make_plan(facts=EVERYTHING, booked=date(2027, 1, 5)),
    "a date, and a booked session": lambda: make_plan(clock=None, booked=date(2027, 1, 5)),
    "a clinic's own set": lambda: make_plan(rules(str(CLINIC))),
    "a clinic on top of ours": lambda: make_plan(rules(str(CLINIC.with_name("on-top.yaml")))),
}


def missing(what: str) -> None:
    """Skip where a developer's machine lacks *what*; where everything must be tested, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is not installed")


class Browser:
    """Headless Chromium, steered by its driver."""

    def __init__(self, folder: Path) -> None:
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not chromium or not driver:
            missing("Chromium with its driver (Debian: chromium, chromium-driver)")
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for switch in (*SWITCHES, f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(switch)
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

    def open(self, timeline: Timeline, *, width: int = 1280, dark: bool = False, media: str = "") -> None:
        """Open the page of *timeline* in a window of *width*."""
        path = self.folder / "page.html"
        path.write_text(render(timeline, "html"), encoding="utf-8")
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.driver.get(path.as_uri())

    def print(self, size: tuple[float, float]) -> Any:
        """Print the open page."""
        printed = self.tell("Page.printToPDF", paperWidth=size[0], paperHeight=size[1], printBackground=False)
        return pypdf.PdfReader(io.BytesIO(b64decode(printed["data"])))


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(started: Browser) -> Iterator[Browser]:
    """Give the browser, and set it back."""
    yield started
    started.tell("Emulation.setScriptExecutionDisabled", value=False)
    started.tell("Emulation.setEmulatedMedia", media="", features=[])


@pytest.fixture(params=["nothing known", "everything at once", "a clinic's own set"])
def timeline(request: pytest.FixtureRequest) -> Timeline:
    return PLANS[request.param]()


# 640 is a window of 1280 at 200 % zoom.
@pytest.mark.parametrize("width", [320, 640, 768, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, timeline: Timeline, width: int) -> None:
    browser.open(timeline, width=width)
    wider = browser.ask(
        "[...document.querySelectorAll('body *')].filter(one => !one.closest('.skip, svg') && "
        "one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))"
    )
    assert wider == []
    assert browser.ask("document.documentElement.scrollWidth") <= width


def test_a_wide_logo_leaves_the_clinics_name_and_phone_in_the_window(browser: Browser, tmp_path: Path) -> None:
    logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40"><rect width="200" height="40"/></svg>'
    (tmp_path / "logo.svg").write_text(logo, encoding="utf-8")
    clinic = '{name: Linden Skin Clinic, phone: "+44 20 7946 0000", logo: logo.svg}'
    path = tmp_path / "set.yaml"
    path.write_text(f"ruleset: own\nextends: microneedling\nclinic: {clinic}\n", encoding="utf-8")
    browser.open(make_plan(load_rules(str(path))), width=320)
    edges = browser.ask("[...document.querySelectorAll('.clinic *')].map(one => one.getBoundingClientRect().right)")
    assert len(edges) == 5
    assert max(edges) <= 320


@pytest.mark.parametrize(
    ("width", "dark"), [(320, False), (768, True), (1280, False)], ids=["phone", "tablet in the dark", "wide"]
)
def test_axe_finds_no_violation(browser: Browser, timeline: Timeline, width: int, dark: bool) -> None:
    if not AXE.is_file():
        missing("axe-core (npm ci --prefix tests/page)")
    browser.open(timeline, width=width, dark=dark)
    browser.ask(AXE.read_text(encoding="utf-8"))
    found = browser.ask("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
    assert found == []


@pytest.mark.parametrize("size", [A4, LETTER], ids=["A4", "Letter"])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_it_prints_on_at_most_two_pages(
    browser: Browser, plan: Callable[[], Timeline], size: tuple[float, float]
) -> None:
    browser.open(plan())
    assert 1 <= len(browser.print(size).pages) <= 2


def test_paper_says_what_the_screen_says(browser: Browser, timeline: Timeline) -> None:
    browser.open(timeline)
    printed = words(" ".join(page.extract_text() for page in browser.print(A4).pages))
    page = Page(render(timeline, "html"))
    wanted = page.texts("h1") + page.texts("p", "notice") + page.texts("p", "phone") + page.texts("p", "closing")
    wanted += [text.split(": ")[0] for text in page.texts("span", "what")] + page.texts("dt")
    wanted += [flag.words["text"] for flag in timeline.red_flags if "text" in flag.words]
    # The days repeat on the screen, day by day, what stands on paper once; their heads are no more.
    heads = ("Leave", "Better not", "Check first", "Do", "Normal", "Lifts")
    absent = [text for text in wanted if words(text) not in printed and not text.startswith(heads)]
    assert absent == []


def words(text: str) -> str:
    """Give *text* without what printing changes: blanks, hyphens, joined letters."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum())


def test_paper_is_black_and_white(browser: Browser) -> None:
    browser.open(make_plan(rules(str(CLINIC))), media="print")
    coloured = browser.ask(
        "[...document.querySelectorAll('body, body *')].flatMap(one => { const style = getComputedStyle(one);"
        "return style.display === 'none' ? [] : [style.color, style.fill, style.stroke, style.borderTopColor]})"
        ".filter(colour => { const parts = /rgb\\((\\d+), (\\d+), (\\d+)\\)/.exec(colour);"
        "return parts && !(parts[1] === parts[2] && parts[2] === parts[3])})"
    )
    assert coloured == []


def test_nothing_is_fetched_and_nothing_refused(browser: Browser, timeline: Timeline) -> None:
    browser.driver.get_log("browser")
    browser.open(timeline)
    assert browser.ask("performance.getEntriesByType('resource').map(one => one.name)") in (
        [],
        [timeline.rule_set.clinic.logo] if timeline.rule_set.clinic else [],
    )
    assert browser.driver.get_log("browser") == []


def test_the_policy_stops_a_script_that_isnt_ours(browser: Browser) -> None:
    browser.open(make_plan())
    browser.ask(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">');"
        "const one = document.createElement('script'); one.textContent = 'window.ran = 2'; document.body.append(one)"
    )
    clock.sleep(0.1)
    assert browser.ask("window.ran === undefined") is True


def test_without_script_nothing_is_missing(browser: Browser, timeline: Timeline) -> None:
    browser.open(timeline)
    with_script = browser.ask("document.body.innerText.replaceAll(' · today', '').replace('Today\\n', '')")
    browser.tell("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(timeline)
    assert browser.ask("document.body.innerText") == with_script


@pytest.mark.parametrize(
    ("now", "marked"),
    [
        ("2026-11-19T12:00:00Z", []),
        ("2026-11-20T00:30:00Z", ["Day 0 · Fri 20 Nov · today"]),
        ("2026-11-21T23:59:00Z", ["Day 1 · Sat 21 Nov · today"]),
        ("2027-05-01T12:00:00Z", []),
    ],
    ids=["the day before", "the first minutes", "the last minute of a day", "long after"],
)
def test_today_is_marked(browser: Browser, now: str, marked: list[str]) -> None:
    script = f"{{const real = Date; Date = class extends real {{constructor() {{super('{now}')}}}}}}"
    added = browser.tell("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]
    browser.open(make_plan())
    browser.tell("Page.removeScriptToEvaluateOnNewDocument", identifier=added)
    assert browser.ask("[...document.querySelectorAll('[aria-current=date] h3')].map(one => one.textContent)") == marked
    shown = browser.ask("document.getElementById('now-mark').getAttribute('visibility')")
    assert shown == ("visible" if marked else "hidden")
    assert browser.ask("document.getElementById('to-today').hidden") is not bool(marked)


def test_the_calendar_link_saves_the_file(browser: Browser, tmp_path: Path) -> None:
    browser.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    plan = make_plan()
    browser.open(plan)
    browser.ask("document.querySelector('a[download]').click()")
    saved = tmp_path / "aftercare.ics"
    deadline = clock.monotonic() + 10
    while not saved.is_file() and clock.monotonic() < deadline:
        clock.sleep(0.05)
    calendar = render(plan, "ics")
    assert not calendar.isascii()
    assert saved.read_bytes().decode() == calendar


def test_headings_and_landmarks_are_in_order(browser: Browser, timeline: Timeline) -> None:
    browser.open(timeline)
    assert browser.ask("document.documentElement.lang") == "en"
    assert (
        browser.ask("['header', 'nav', 'main', 'footer'].map(one => document.querySelectorAll('body > ' + one).length)")
        == [1] * 4
    )
    levels = browser.ask("[...document.querySelectorAll('h1, h2, h3')].map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    dead = browser.ask(
        "[...document.querySelectorAll('a[href^=\"#\"]')].filter(one => !document.querySelector(one.hash)).length"
    )
    assert dead == 0
