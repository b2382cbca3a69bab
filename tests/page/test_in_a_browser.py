"""The page in headless Chromium: on a phone's width and on paper, without network, without script, for everybody."""

import time as clock
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from browsing import WIDTHS, Browser, webdriver
from needlecare import Timeline, load_rules, render
from needlecare.views.brief import make_brief
from needlecare.views.days import list_openings
from page.pages import CLINIC, HERE, TREATMENTS, Page, make_plan, page_of, rules

SHEET = HERE.parents[1] / "rules" / "examples" / "dermatique.yaml"
A4, LETTER = (8.27, 11.69), (8.5, 11.0)
EVERYTHING = {
    "technique": ["radiofrequency"],
    "add-on": ["prp"],
    "area": ["face", "neck", "scalp", "body", "eye-area"],
    "condition": ["eczema", "pregnancy", "keloids", "cold-sores", "diabetes", "rosacea"],
    "uses": ["isotretinoin", "retinoid", "prescription-retinoid", "blood-thinner", "hydroquinone", "minoxidil"],
    "goal": ["acne-scars", "pigmentation"],
}
PLANS: dict[str, Callable[[], Timeline]] = {
    **{name: make for name, (make, _) in TREATMENTS.items()},
    "everything, and a booked session": cache(lambda: make_plan(facts=EVERYTHING, booked=date(2027, 1, 5))),
}
plain = PLANS["a date and a time"]
# A phone, and the evening of the treatment, after the latest of them.
PHONE, EVENING = (390, 844), "2026-11-20T23:45:00Z"
LEAST_POINTS = 10.5


class PageBrowser(Browser):
    """A browser that opens the pages of plans."""

    def open(
        self, timeline: Timeline, *, width: int = 1280, dark: bool = False, media: str = "", link: str | None = None
    ) -> None:
        """Open the page of *timeline* in a window of *width*."""
        path = self.folder / "page.html"
        path.write_text(page_of(timeline, link), encoding="utf-8")
        self.size(width, dark=dark, media=media)
        self.driver.get(path.as_uri())

    def open_at(self, now: str, timeline: Timeline, **how: Any) -> None:
        """Open the page of *timeline* as if it were *now*."""
        added = self.set_clock(now)
        self.open(timeline, **how)
        self.unset_clock(added)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageBrowser]:
    browser = PageBrowser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(started: PageBrowser) -> Iterator[PageBrowser]:
    """Give the browser, and set it back."""
    yield started
    started.tell("Emulation.setScriptExecutionDisabled", value=False)
    started.tell("Emulation.setEmulatedMedia", media="", features=[])


@pytest.fixture(params=["a date and a time", "everything, and a booked session", "a clinic's own sheet"])
def timeline(request: pytest.FixtureRequest) -> Timeline:
    return PLANS[request.param]()


@pytest.mark.parametrize(("make", "may_hold_more"), TREATMENTS.values(), ids=list(TREATMENTS))
def test_a_phone_shows_little_before_anything_is_opened(
    browser: PageBrowser, make: Callable[[], Timeline], may_hold_more: bool
) -> None:
    timeline = make()
    browser.open_at(EVENING, timeline, width=PHONE[0])
    assert browser.ask("document.documentElement.scrollHeight") <= 3 * PHONE[1]
    assert len(browser.ask("document.body.innerText").split()) <= (520 if may_hold_more else 450)
    heads = browser.shown("main h2")
    assert [head for head in heads if head.startswith("First 24 hours")]
    assert heads.index("Get help") == 1
    assert len(browser.shown("#help dt")) == 3
    # What the first hours alone forbid stands there too.
    card, until = browser.shown("#first")[0], timeline.first_until
    soon = [one.name for one in list_openings(timeline) if until and one.at <= until]
    assert [name for name in soon if words(name) not in words(card)] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(browser: PageBrowser, timeline: Timeline, width: int) -> None:
    browser.open(timeline, width=width)
    browser.unfold()
    assert browser.wider() == []
    assert browser.ask("document.documentElement.scrollWidth") <= width


def test_a_wide_logo_leaves_the_clinics_name_and_phone_in_the_window(browser: PageBrowser, tmp_path: Path) -> None:
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
def test_axe_finds_no_violation(browser: PageBrowser, timeline: Timeline, width: int, dark: bool) -> None:
    browser.open_at("2026-11-23T12:00:00Z", timeline, width=width, dark=dark)
    assert browser.violations() == []


@pytest.mark.parametrize("size", [A4, LETTER], ids=["A4", "Letter"])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_the_first_printed_page_is_complete_and_can_be_read(
    browser: PageBrowser, plan: Callable[[], Timeline], size: tuple[float, float]
) -> None:
    check_first_printed_page(browser, plan(), size)


def check_first_printed_page(
    browser: PageBrowser, timeline: Timeline, size: tuple[float, float], link: str | None = None
) -> None:
    browser.open_at("2026-11-24T12:00:00Z", timeline, link=link)
    first, *others = browser.print(size).pages
    assert len(others) <= 1
    sizes: dict[float, int] = {}

    def measure(text: str, outer: list[float], matrix: list[float], _: object, points: float) -> None:
        if text.strip():
            printed = round(abs(points * matrix[0] * outer[0]), 1)
            sizes[printed] = sizes.get(printed, 0) + len(text)

    printed = words(first.extract_text(visitor_text=measure))
    # Small as the dates over the chart may be, where that has room on the first page.
    assert sum(count for points, count in sizes.items() if points < LEAST_POINTS) < 60
    brief = make_brief(timeline, handed_over=True)
    wanted = [text for section in brief.sections for row in section.rows for text in (row.head, row.when, row.text)]
    assert [text for text in (brief.title, *brief.notice, *wanted) if words(text) not in printed] == []
    clinic = timeline.rule_set.clinic
    assert words(clinic.phone if clinic else "Your clinic:") in printed


# As long as it may be, with as many answers as there may be.
LONG_LINK = f"https://clinic.example/{'a' * 277}"


@pytest.mark.parametrize("size", [A4, LETTER], ids=["A4", "Letter"])
@pytest.mark.parametrize("link", ["https://a.example", LONG_LINK], ids=["short link", "long link"])
def test_a_code_on_paper_takes_no_room_from_the_first_page(
    browser: PageBrowser, timeline: Timeline, link: str, size: tuple[float, float]
) -> None:
    check_first_printed_page(browser, timeline, size, link)


@pytest.mark.parametrize("link", ["https://a.example", LONG_LINK], ids=["short link", "long link"])
def test_the_code_is_for_paper_and_large_enough_for_a_phone(
    browser: PageBrowser, timeline: Timeline, link: str
) -> None:
    browser.driver.get_log("browser")
    for width in (320, 1280):
        browser.open(timeline, width=width, link=link)
        assert browser.ask("document.documentElement.scrollWidth") <= width
        assert browser.shown(".link")
        assert browser.shown(".code") == []
    browser.open(timeline, media="print", link=link)
    box = browser.ask(
        "{const one = document.querySelector('.code'), box = one.getBoundingClientRect();"
        "[one.complete && one.naturalWidth > 0, box.width / 96 * 25.4, box.width - box.height]}"
    )
    assert box[0] is True
    assert 25 <= box[1] < 50
    assert abs(box[2]) < 0.1
    assert browser.driver.get_log("browser") == []


def test_paper_shows_what_the_reader_has_opened(browser: PageBrowser, timeline: Timeline) -> None:
    browser.open(timeline)
    browser.unfold()
    printed = words(" ".join(page.extract_text() for page in browser.print(A4).pages))
    texts = [flag.words["text"] for flag in timeline.red_flags if "text" in flag.words]
    assert [text for text in texts if words(text) not in printed] == []


def test_paper_says_where_help_is_whatever_the_reader_has_closed(browser: PageBrowser, timeline: Timeline) -> None:
    browser.open_at("2026-11-29T12:00:00Z", timeline)
    browser.ask("document.querySelectorAll('details').forEach(one => { one.open = false })")
    printed = words(browser.print(A4).pages[0].extract_text())
    help_ = make_brief(timeline, handed_over=True).rows("help")
    assert [row.text for row in help_ if words(row.text) not in printed] == []


def test_paper_is_the_same_on_whichever_day_it_is_printed(browser: PageBrowser, timeline: Timeline) -> None:
    printed = []
    for day in ("2026-11-20T18:00:00Z", "2026-11-29T12:00:00Z"):
        browser.open_at(day, timeline)
        printed.append(words(browser.print(A4).pages[0].extract_text()))
        assert browser.ask("document.querySelectorAll('#ok-now').length") == 1
    assert printed[0] == printed[1]


def test_what_speaks_against_it_stands_above_today(browser: PageBrowser) -> None:
    browser.open_at("2026-11-28T12:00:00Z", make_plan(facts={"condition": ["pregnancy"]}), width=PHONE[0])
    tops = "['#against', '.card:not([hidden])'].map(one => document.querySelector(one).getBoundingClientRect().top)"
    first, then = browser.ask(tops)
    assert first < then


def test_help_is_one_tap_away_on_the_first_screen_of_a_phone(browser: PageBrowser, timeline: Timeline) -> None:
    browser.open_at(EVENING, timeline, width=PHONE[0])
    browser.ask("document.getElementById('help').open = false")
    # Bars of the browser take some of the screen.
    assert browser.ask("document.querySelector('a[href=\"#help\"]').getBoundingClientRect().bottom") < 400
    browser.ask("document.querySelector('a[href=\"#help\"]').click()")
    clock.sleep(0.1)
    assert len(browser.shown("#help dt")) == 3
    assert abs(browser.ask("document.getElementById('help').getBoundingClientRect().top")) < 100


def words(text: str) -> str:
    """Give *text* without what printing changes: blanks, hyphens, joined letters."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum()).lower()


def test_paper_is_black_and_white(browser: PageBrowser) -> None:
    browser.open(make_plan(rules(str(CLINIC))), media="print")
    coloured = browser.ask(
        "[...document.querySelectorAll('body, body *')].flatMap(one => { const style = getComputedStyle(one);"
        "return style.display === 'none' ? [] : [style.color, style.fill, style.stroke, style.borderTopColor]})"
        ".filter(colour => { const parts = /rgb\\((\\d+), (\\d+), (\\d+)\\)/.exec(colour);"
        "return parts && !(parts[1] === parts[2] && parts[2] === parts[3])})"
    )
    assert coloured == []


def test_nothing_is_fetched_and_nothing_refused(browser: PageBrowser, timeline: Timeline) -> None:
    browser.driver.get_log("browser")
    browser.open(timeline)
    assert browser.ask("performance.getEntriesByType('resource').map(one => one.name)") in (
        [],
        [timeline.rule_set.clinic.logo] if timeline.rule_set.clinic else [],
    )
    assert browser.driver.get_log("browser") == []


def test_the_policy_stops_a_script_that_isnt_ours(browser: PageBrowser) -> None:
    browser.open(plain())
    browser.ask(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">');"
        "const one = document.createElement('script'); one.textContent = 'window.ran = 2'; document.body.append(one)"
    )
    clock.sleep(0.1)
    assert browser.ask("window.ran === undefined") is True


def test_without_script_nothing_is_missing_and_the_first_hours_come_first(
    browser: PageBrowser, timeline: Timeline
) -> None:
    browser.tell("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(timeline)
    browser.unfold()
    shown = words(browser.ask("document.body.innerText"))
    page = Page(page_of(timeline))
    # Of what is hidden everything stands elsewhere: in the days, and in when each thing is all right again.
    hidden = {id_ for id_ in ("ok-now",) if id_ not in render(timeline, "md")} | {"card"}
    assert {
        attributes.get("id", attributes.get("class")) for _, attributes, _ in page.elements if "hidden" in attributes
    } == hidden
    assert [text for text in page.texts("dd") if words(text) not in shown and text not in in_cards(page)] == []
    heads = [head for head in browser.shown("main h2") if head != "Next"]
    assert heads[0].startswith("First 24 hours")


def in_cards(page: Page) -> str:
    return " ".join(page.texts("section", "card"))


@pytest.mark.parametrize(
    ("now", "first", "day", "past"),
    [
        ("2026-11-19T12:00:00Z", "Before", [], []),
        (
            "2026-11-20T16:31:00Z",
            "First 24 hours, until Sat 21 Nov 16:30",
            ["Day 0 · Fri 20 Nov · today"],
            [],
        ),
        (
            "2026-11-21T16:29:00Z",
            "First 24 hours, until Sat 21 Nov 16:30",
            ["Day 1 · Sat 21 Nov · today"],
            ["Washing"],
        ),
        (
            "2026-11-21T16:30:00Z",
            "Today: Sat 21 Nov, day 1",
            ["Day 1 · Sat 21 Nov · today"],
            ["Sunlight", "Washing", "Creams"],
        ),
        ("2027-05-01T12:00:00Z", "Today: Sat 1 May, day 162", [], ["Sunlight", "Washing", "Creams", "Acids etc."]),
    ],
    ids=["the day before", "the first minutes", "the end of the first hours", "after them", "long after"],
)
def test_today_comes_first_and_what_is_past_is_ok_now(
    browser: PageBrowser, now: str, first: str, day: list[str], past: list[str]
) -> None:
    browser.open_at(now, plain(), width=390)
    assert browser.shown("main h2")[0] == first
    assert browser.shown("#ok-now dt")[:4] == past
    assert not [text for text in browser.shown("#ok-now dd") if "until" in text or "Nov" in text]
    browser.unfold()
    assert browser.shown("[aria-current=date] h4") == day
    assert browser.ask("document.getElementById('now-mark').getAttribute('visibility')") == (
        "visible" if day else "hidden"
    )


def test_what_is_by_now_all_right_is_no_longer_an_exception(browser: PageBrowser) -> None:
    browser.open_at("2026-11-25T12:00:00Z", plain(), width=390)
    assert "Exercise (not gym, running), sweating…" in browser.shown("#ok-now dd")
    browser.open_at("2026-11-26T12:00:00Z", plain(), width=390)
    assert "Exercise, sweating…" in browser.shown("#ok-now dd")
    browser.open_at("2026-11-29T12:00:00Z", plain(), width=390)
    assert "Other creams (not alcohol toner, retinol)*" in browser.shown("#ok-now dd")
    # What has exceptions of its own is none of "skincare" yet.
    browser.open_at("2026-11-22T12:00:00Z", make_plan(rules(str(SHEET))), width=390)
    assert "Skincare (not other creams)" in browser.shown("#ok-now dd")
    assert "Make-up" in browser.shown("#ok-now dd")


def test_what_forbids_the_treatment_stays_above_what_is_to_be_prepared(browser: PageBrowser) -> None:
    browser.open_at("2026-11-15T12:00:00Z", make_plan(facts={"condition": ["rosacea"]}))
    assert browser.ask("document.querySelector('.screen').firstElementChild.id") != "before"
    assert browser.ask("document.getElementById('against').nextElementSibling.id") == "before"


def test_a_clinics_colours_need_no_style_of_their_own(browser: PageBrowser) -> None:
    # They are checked against these backgrounds when the set is read.
    white, black = "rgb(255, 255, 255)", "rgb(20, 24, 27)"
    for dark, page, colour in ((False, white, "rgb(11, 93, 94)"), (True, black, "rgb(143, 214, 201)")):
        browser.open(make_plan(rules(str(CLINIC))), dark=dark)
        assert browser.ask("getComputedStyle(document.documentElement).backgroundColor") == page
        assert browser.ask("getComputedStyle(document.querySelector('h1')).color") == colour


def test_the_keyboard_reaches_and_opens_everything(browser: PageBrowser) -> None:
    browser.open(make_plan(rules(str(CLINIC))))
    keys = webdriver.common.keys.Keys
    reached = []
    for _ in range(30):
        browser.driver.switch_to.active_element.send_keys(keys.TAB)
        reached.append(browser.ask("document.activeElement.matches('a, summary') && document.activeElement.innerText"))
        if reached[-1] == "Whole plan":
            browser.driver.switch_to.active_element.send_keys(keys.ENTER)
            break
    assert reached[:2] == ["+44 20 7946 0000", "Get help"]
    assert browser.shown("#whole h3")
    assert set(browser.shown("summary")[:-1]) <= {*reached, "From your clinic"}


def test_a_link_opens_what_it_leads_into(browser: PageBrowser) -> None:
    browser.open(plain())
    browser.ask("location.hash = '#source-1'")
    clock.sleep(0.1)
    assert browser.ask("document.getElementById('source-1').checkVisibility()") is True


def test_the_calendar_link_saves_the_file(browser: PageBrowser, tmp_path: Path) -> None:
    browser.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    plan = plain()
    browser.open(plan)
    browser.ask("document.querySelector('a[download]').click()")
    saved = tmp_path / "aftercare.ics"
    deadline = clock.monotonic() + 10
    while not saved.is_file() and clock.monotonic() < deadline:
        clock.sleep(0.05)
    calendar = render(plan, "ics")
    assert not calendar.isascii()
    assert saved.read_bytes().decode() == calendar


def test_headings_and_landmarks_are_in_order(browser: PageBrowser, timeline: Timeline) -> None:
    browser.open(timeline)
    assert browser.ask("document.documentElement.lang") == "en"
    assert (
        browser.ask("['header', 'main', 'main nav'].map(one => document.querySelectorAll('body > ' + one).length)")
        == [1] * 3
    )
    browser.unfold()
    levels = browser.ask("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    dead = browser.ask(
        "[...document.querySelectorAll('a[href^=\"#\"]')].filter(one => !document.querySelector(one.hash)).length"
    )
    assert dead == 0
