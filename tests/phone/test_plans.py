"""From an empty profile to a plan and a calendar: the same as the command line's, to the byte."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from phone.apps import LONDON, NEW_YORK, SHEET, Answers, App, Site, pairs
from phone.conftest import serve
from running import run_program

# Without a zone it is that of the phone, which is in London, and isn't named.
TREATMENTS: dict[str, Answers] = {
    "a day and an hour": {"date": "2026-11-20", "time": "16:30"},
    "a day alone": {"date": "2026-11-20"},
    "radiofrequency with PRP, over the change of clocks": {
        "date": "2026-10-24",
        "time": "15:30",
        "technique": "radiofrequency",
        "add-on": "prp",
    },
    "in the hour that autumn has twice": {"date": "2026-11-01", "time": "01:30", "tz": NEW_YORK},
    "a roller at home": {
        "date": "2026-11-20",
        "time": "21:05",
        "tz": NEW_YORK,
        "setting": "home",
        "technique": "roller",
        "depth": "0.3",
    },
    "a scalp, with minoxidil": {"date": "2026-11-20", "area": "scalp", "uses": "minoxidil", "tz": NEW_YORK},
    "several areas, a dark skin, two goals": {
        "date": "2028-02-29",
        "area": ["neck", "face"],
        "skin-type": "V",
        "goal": ["pigmentation", "acne-scars"],
    },
    "pregnant, with a blood thinner": {
        "date": "2026-11-20",
        "time": "09:00",
        "condition": "pregnancy",
        "uses": "blood-thinner",
    },
    "a medicine that ended, an illness that no rule knows": {
        "date": "2026-11-20",
        "time": "09:00",
        "condition": "migraine",
        "uses": "isotretinoin=2026-05-01",
    },
    "what was seen, and the next session": {
        "date": "2026-11-20",
        "time": "16:30",
        "tz": NEW_YORK,
        "seen": "redness-gone=2026-11-22T09:00",
        "next": "2027-01-04",
    },
}


def commanded(answers: Answers, *more: str) -> bytes:
    """Return the calendar that the command line makes of *answers* on a machine in London."""
    options = [word for name, text in pairs(answers) for word in (f"--{name}", text)]
    return run_program("plan", *options, "--format", "ics", *more, env={"TZ": LONDON}).stdout


@pytest.fixture(scope="module")
def open_app(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, opened once: links take one plan after another through it."""
    for site in serve(folder):
        app = App(tmp_path_factory.mktemp("browser"), site)
        app.open()
        yield app
        app.driver.quit()


@pytest.mark.parametrize("answers", TREATMENTS.values(), ids=list(TREATMENTS))
def test_the_calendar_is_that_of_the_command_line(open_app: App, answers: Answers) -> None:
    open_app.plan(answers)
    assert open_app.saved() == commanded(answers)
    assert open_app.log() == []


def test_a_zone_is_named_where_the_phone_is_elsewhere(open_app: App) -> None:
    open_app.plan({"date": "2026-11-20", "time": "16:30", "tz": NEW_YORK})
    assert open_app.shown("#head h1") == ["Micro-needling aftercare: face, Fri 20 Nov 2026 at 16:30, New York"]
    open_app.plan({"date": "2026-11-20", "time": "16:30"})
    assert open_app.shown("#head h1") == ["Micro-needling aftercare: face, Fri 20 Nov 2026 at 16:30"]


def test_a_form_that_is_filled_in_by_hand_makes_the_same_plan(app: App) -> None:
    app.open()
    app.set("my-date", "2026-11-20")
    app.set("my-time", "16:30")
    app.tick("area", "neck")
    app.tick("technique", "radiofrequency")
    app.tick("add-on", "prp")
    app.set("fact-depth", "2.5")
    app.tick("condition", "eczema-elsewhere")
    app.tick("uses", "isotretinoin")
    dated = "document.querySelector('.choice:has([value=isotretinoin]) [data-dated]')"
    app.ask(f"{dated}.value = '2026-03-01'")
    app.ask("document.querySelector('#other-condition').value = 'migraine'")
    app.show()
    answers = {
        "date": "2026-11-20",
        "time": "16:30",
        "area": "neck",
        "technique": "radiofrequency",
        "add-on": "prp",
        "depth": "2.5",
        "condition": ["eczema-elsewhere", "migraine"],
        "uses": "isotretinoin=2026-03-01",
    }
    assert app.saved() == commanded(answers)
    assert app.log() == []


def test_a_clinics_sheet_is_built_in(clinics_folder: Path, tmp_path: Path) -> None:
    for site in serve(clinics_folder):
        app = App(tmp_path, site)
        app.open()
        clinic = json.loads((clinics_folder / "form.json").read_text(encoding="utf-8"))["clinic"]
        assert clinic["name"] in app.shown("#clinic")[0]
        answers: Answers = {"date": "2026-11-20", "time": "16:30"}
        app.plan(answers)
        assert clinic["name"] in app.shown("#head header")[0]
        assert app.saved() == commanded(answers, "--rules", str(SHEET))
        assert app.log() == []
        app.driver.quit()


def test_a_clinics_sheet_may_lie_in_the_folder(app: App, site: Site) -> None:
    for path in SHEET.parent.iterdir():
        (site.folder / path.name).write_bytes(path.read_bytes())
    answers: Answers = {"date": "2026-11-20", "time": "16:30"}
    app.open(f"?rules={SHEET.name}")
    app.until("document.getElementById('loading').hidden")
    app.plan(answers)
    assert app.saved() == commanded(answers, "--rules", str(SHEET))
    assert app.log() == []
