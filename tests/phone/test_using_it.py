"""What a person does with the web app: asks, reports, changes, remembers, goes offline; on any width, by keyboard."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from browsing import WIDTHS, webdriver
from phone.apps import NEW_YORK, SHEET, Answers, App, Site, link
from phone.conftest import serve

Keys = webdriver.Keys
SITTING: Answers = {"date": "2026-11-20", "time": "16:30"}
EVENING, WEEK_LATER = "2026-11-20T20:00:00Z", "2026-11-27T18:00:00Z"


@pytest.fixture(scope="module")
def shared(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app in a browser that several tests use, one after the other."""
    for site in serve(folder):
        app = App(tmp_path_factory.mktemp("browser"), site)
        yield app
        app.driver.quit()


def open_at(app: App, now: str, rest: str = "") -> None:
    """Open the app as if it were *now*."""
    added = app.set_clock(now)
    app.open(rest)
    app.unset_clock(added)


def test_the_form_can_be_filled_in_before_the_program_is_there(app: App) -> None:
    app.open()
    assert app.ask("!document.getElementById('loading').hidden")
    app.set("my-date", "2026-11-20")
    app.tick("technique", "roller")
    app.show()
    assert "roller" in app.ask("document.getElementById('plan').textContent")


def test_help_stands_there_before_there_is_a_plan(shared: App) -> None:
    shared.open()
    assert shared.shown("#signs dt") == ["Emergency", "Doctor today", "Your clinic"]
    assert shared.ask("[...document.querySelectorAll('#signs a')].map(one => one.href)") == [
        "tel:112",
        "tel:999",
        "tel:911",
    ]


def test_an_emergency_is_heard_in_whatever_box_it_is_typed(shared: App) -> None:
    shared.open()
    shared.set("other-uses", "my throat is swelling, cant breathe")
    shared.show()
    assert "Ring your emergency number now" in shared.shown("#dangers")[0]
    assert shared.ask("document.querySelectorAll('#dangers a[href^=tel]').length") >= 3


def test_a_day_that_belongs_to_an_answer_can_be_seen_and_typed(shared: App) -> None:
    shared.open()
    shared.unfold()
    shared.tick("uses", "isotretinoin")
    box = "document.querySelector('.choice:has([value=isotretinoin]) [data-dated]')"
    assert shared.ask(f"{box}.getBoundingClientRect().width") > 100


def test_the_form_asks_what_the_rules_ask(shared: App, folder: Path) -> None:
    shared.open()
    form = json.loads((folder / "form.json").read_text(encoding="utf-8"))
    shown = shared.ask("document.getElementById('form').textContent")
    assert [fact["ask"] for fact in form["facts"] if fact["ask"] not in shown] == []
    assert [label for fact in form["facts"] for _, label, *_ in fact["answers"] if label not in shown] == []


@pytest.mark.parametrize(
    ("now", "card"),
    [(EVENING, "First 24 hours, until Sat 21 Nov 16:30"), (WEEK_LATER, "Today: Fri 27 Nov, day 7")],
    ids=["on the evening of the treatment", "a week later"],
)
def test_the_plan_begins_with_what_holds_now(shared: App, now: str, card: str) -> None:
    open_at(shared, now, link(SITTING))
    shared.settle()
    shared.until(
        f"[...document.querySelectorAll('#plan h2')].find(one => one.checkVisibility()).innerText === '{card}'"
    )
    assert shared.shown("#help dt") == ["Emergency", "Doctor today", "Your clinic"]


@pytest.mark.parametrize(
    ("words", "tone", "said"),
    [
        ("can I wash my face on day 3", "yes", "Yes"),
        ("gym tomorrow", "no", "No. Gym and running"),
        ("when retinol", "no", "Retinol: not before"),
        ("is redness normal", "usual", "Usual. Redness"),
        ("normal pus", "today", "See a doctor or an urgent-care line today"),
        ("my throat is swelling", "emergency", "Ring your emergency number now"),
        ("bungee jumping", "no-rule", "I don't know"),
        ("<img src=x onerror=alert(1)>", "no-rule", "I don't know"),
    ],
)
def test_it_answers(shared: App, words: str, tone: str, said: str) -> None:
    if not shared.ask("document.querySelector('#plan main')"):
        open_at(shared, EVENING, link(SITTING))
        shared.settle()
    answer = shared.question(words)
    assert answer.splitlines()[0] == tone
    assert said in answer
    assert shared.log() == []


def test_what_an_answer_says_to_type_is_a_button(shared: App) -> None:
    open_at(shared, EVENING, link(SITTING))
    shared.settle()
    assert "needlecare" not in shared.question("make-up tomorrow")
    shared.tap("#answer button")
    shared.until("document.getElementById('answer').innerText.includes('Who says so')")


def test_what_is_seen_moves_the_plan_and_can_be_taken_back(shared: App) -> None:
    open_at(shared, "2026-11-21T09:00:00Z", link(SITTING))
    shared.settle()
    # In the first hours nothing has come and gone.
    assert shared.ask("document.getElementById('seeing').hidden")
    open_at(shared, "2026-11-24T09:00:00Z", link(SITTING))
    shared.settle()
    before = shared.question("when retinol")
    assert "only once the flaking is over" in before
    shared.tap("#seeing summary")
    assert "Now: the flaking is over" in shared.shown("#sightings button")
    press(shared, "Now: the flaking is over")
    assert "only once the flaking is over" not in shared.question("when retinol")
    press(shared, "Take back: the flaking is over")
    assert shared.question("when retinol") == before


def press(app: App, text: str) -> None:
    app.ask("document.querySelectorAll('#plan main').forEach(one => one.dataset.old = 1)")
    app.ask(f"[...document.querySelectorAll('#sightings button')].find(one => one.textContent === {text!r}).click()")
    app.settle()


def test_answers_are_changed_in_place(shared: App) -> None:
    open_at(shared, EVENING, link(SITTING))
    shared.settle()
    assert "yes" not in shared.question("can I drink wine").splitlines()[0]
    late = shared.question("can I drink wine in December").splitlines()[0]
    shared.tap("#change")
    shared.tick("condition", "pregnancy")
    shared.show()
    # What was answered before was of another plan.
    assert shared.shown("#answer") == []
    assert (late, shared.question("can I drink wine in December").splitlines()[0]) == ("yes", "ask")


def test_nothing_is_remembered_unless_one_says_so(app: App) -> None:
    app.open()
    app.set("my-date", "2026-11-20")
    app.tick("condition", "pregnancy")
    app.show()
    assert app.ask("localStorage.length") == 0
    app.open()
    assert app.value("my-date") == ""
    app.set("my-date", "2026-11-20")
    app.tick("condition", "pregnancy")
    app.tap("#remember")
    app.show()
    app.open()
    app.settle()
    assert app.shown("#head h1") == ["Micro-needling aftercare: face, Fri 20 Nov 2026"]
    assert app.ask("document.querySelector('[value=pregnancy]').checked")
    app.tap("#about summary")
    app.tap("#forget")
    app.until("document.getElementById('forgotten').textContent")
    assert (app.ask("localStorage.length"), app.value("my-date"), app.shown("#plan main")) == (0, "", [])
    app.open()
    assert app.value("my-date") == ""


def is_pregnant(app: App) -> bool:
    ticked: bool = app.ask("document.querySelector('[value=pregnancy]').checked")
    return ticked


def test_a_clinics_link_takes_what_the_phone_remembers_of_the_person_and_says_so(app: App) -> None:
    app.open(link({**SITTING, "condition": "pregnancy"}))
    app.settle()
    app.tap("#remember")
    kept = app.ask("localStorage.getItem(localStorage.key(0))")
    for go in (app.open, lambda rest: app.ask(f"location.hash = {rest!r}")):
        go(link({"date": "2027-01-15", "technique": "radiofrequency"}))
        app.until("document.getElementById('messages').innerText.includes('From this phone: pregnant.')")
        app.until("document.getElementById('head').innerText.includes('radiofrequency')")
        assert is_pregnant(app)
    app.tap("#messages .of-link button")
    app.until("document.getElementById('against') === null")
    assert not is_pregnant(app)
    assert "pregnancy" in app.ask("localStorage.getItem(localStorage.key(0))")
    # Whose link says something of the person is somebody else's: nothing is mixed, and nothing is lost.
    app.ask(f"localStorage.setItem(localStorage.key(0), {kept!r})")
    app.open(link({"date": "2027-01-15", "condition": "eczema"}))
    app.settle()
    assert not is_pregnant(app)
    assert "is not counted with it, and kept" in app.shown("#messages")[0]
    assert app.ask("localStorage.getItem(localStorage.key(0))") == kept


def test_a_link_carries_the_answers_and_leaves_no_trace_in_the_address(shared: App) -> None:
    answers: Answers = {**SITTING, "tz": NEW_YORK, "area": ["face", "neck"], "uses": "isotretinoin=2026-05-01"}
    open_at(shared, EVENING, link(answers))
    shared.settle()
    assert shared.ask("location.href") == shared.site.address
    assert "Filled in by the link" in shared.shown("#messages")[0]
    shared.tap("#about summary")
    shared.tap("#copy")
    shared.until("document.getElementById('link').value")
    copied = shared.value("link")
    title = shared.shown("#head h1")
    shared.open(copied.removeprefix(shared.site.address))
    shared.settle()
    assert shared.shown("#head h1") == title
    assert shared.ask("document.querySelector('[value=isotretinoin]').checked")


def test_it_works_without_a_connection_after_the_first_visit(app: App, site: Site) -> None:
    app.open()
    app.until("document.getElementById('offline').textContent.includes('without a connection')")
    site.server.shutdown()
    site.server.server_close()
    app.open(link(SITTING))
    app.settle()
    assert app.shown("#head h1") == ["Micro-needling aftercare: face, Fri 20 Nov 2026 at 16:30"]
    assert app.saved().startswith(b"BEGIN:VCALENDAR")
    assert app.log() == []


@pytest.mark.parametrize("query", ["", "?rules=on-top.yaml"], ids=["built in", "a sheet in the folder"])
def test_it_can_be_put_on_the_home_screen_with_the_rules_that_it_has(app: App, site: Site, query: str) -> None:
    for name in (SHEET.name, "logo.svg"):
        (site.folder / name).write_bytes(SHEET.with_name(name).read_bytes())
    app.open(query)
    app.until("document.querySelector('link[rel=manifest]')")
    assert app.tell("Page.getInstallabilityErrors")["installabilityErrors"] == []
    assert json.loads(app.tell("Page.getAppManifest")["data"])["start_url"] == f"./{query}"


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(shared: App, width: int) -> None:
    shared.size(width)
    shared.open()
    shared.unfold()
    assert shared.wider() == []
    open_at(shared, WEEK_LATER, link({**SITTING, "condition": ["eczema", "pregnancy"]}))
    shared.settle()
    shared.question("why make-up")
    shared.unfold()
    assert shared.wider() == []


@pytest.mark.parametrize(("width", "dark"), [(390, False), (768, True), (1280, False)], ids=["phone", "dark", "wide"])
def test_axe_finds_no_violation(shared: App, width: int, dark: bool) -> None:
    shared.size(width, dark=dark)
    shared.open("#date=20")
    assert shared.violations() == []
    open_at(shared, WEEK_LATER, link({**SITTING, "condition": "eczema"}))
    shared.settle()
    shared.question("why make-up")
    assert shared.violations() == []


def test_the_keyboard_alone_is_enough(shared: App) -> None:
    open_at(shared, EVENING)
    to(shared, "my-date", "11202026")
    to(shared, "my-time", "0430PM")
    to(shared, "show", Keys.ENTER)
    shared.settle()
    assert shared.shown("#head h1") == ["Micro-needling aftercare: face, Fri 20 Nov 2026 at 16:30"]
    to(shared, "words", "gym tomorrow", Keys.ENTER)
    shared.until("document.getElementById('answer').innerText.includes('Gym and running')")


def to(app: App, id_: str, *keys: str) -> None:
    """Go on with the tabulator to what is called *id_*, and type there."""
    for _ in range(120):
        if app.ask("document.activeElement.id") == id_:
            break
        webdriver.ActionChains(app.driver).send_keys(Keys.TAB).perform()
    assert app.ask("document.activeElement.id") == id_
    webdriver.ActionChains(app.driver).send_keys(*keys).perform()
