"""What goes wrong, and what others try: bad input, cut links, wrong sheets, no storage, no server, other places."""

import json
import shutil
from pathlib import Path

import pytest

from phone.apps import SHEET, App, Site, link
from web.build import write_release

SITTING = {"date": "2026-11-20", "time": "16:30"}


@pytest.mark.parametrize(
    ("id_", "value", "said"),
    [
        ("my-date", "0003-11-20", "1900"),
        ("my-date", "", "the one thing that a plan needs"),
        ("my-next", "2026-11-19", "isn't after the treatment"),
        ("fact-depth", "80", "is not a number from 0.1 to 8 mm"),
    ],
)
def test_what_is_wrong_stands_where_it_was_typed(app: App, id_: str, value: str, said: str) -> None:
    app.open()
    app.set("my-date", "2026-11-20")
    app.tick("area", "neck")
    app.set(id_, value)
    app.show()
    (error,) = app.shown(".error")
    assert said in error
    assert app.ask("document.activeElement.id") == id_
    assert app.ask(f"document.getElementById('{id_}').getAttribute('aria-invalid')") == "true"
    assert (app.value(id_), app.ask("document.querySelector('[value=neck]').checked")) == (value, True)
    app.set(id_, "2027-01-04" if id_ == "my-next" else "2026-11-20" if id_ == "my-date" else "2")
    app.show()
    assert app.shown(".error") == []
    assert app.shown("#plan main")


def test_an_illness_that_looks_misspelt_is_asked_back(app: App) -> None:
    app.open()
    app.set("my-date", "2026-11-20")
    app.ask("document.querySelector('#other-condition').value = 'pregnacy'")
    app.show()
    assert "did you mean pregnancy" in app.shown(".error")[0]


@pytest.mark.parametrize(
    ("fragment", "said", "day"),
    [
        ("#date=2026-11-2", "cut off", ""),
        ("#date=2026-11-20&time=16%3", "cut off", ""),
        ("#date=2026-11-20&condition=" + "x" * 20_000 + "&end", "cut off", ""),
        ("#date=2026-11-20&technique=pen&technique=roller&end", "left out: technique", "2026-11-20"),
        ("#date=2026-11-20&uses=isotretinoin=soon&end", "left out: uses", "2026-11-20"),
        ("#date=2026-11-20&__proto__=1&constructor=2&end", "left out: __proto__, constructor", "2026-11-20"),
        ("#date=2026-11-20&area=%3Cscript%3Ealert(1)%3C/script%3E&end", "left out: area", "2026-11-20"),
        ("#date=%3Cimg%20src=x%20onerror=alert(1)%3E&end", "left out: date", ""),
        ("#date=2026-11-20&tz=../../etc/passwd&end", "zone", "2026-11-20"),
        ("#date=2026-11-20&seen=%3Cb%3E=2026-11-22&end", "there is no `<b>` to see", "2026-11-20"),
        ("#date=2026-11-20&rules=https://example.com/x.yaml&end", "left out: rules", "2026-11-20"),
    ],
)
def test_a_hostile_link_does_nothing(app: App, fragment: str, said: str, day: str) -> None:
    app.open(fragment)
    app.until(f"document.body.innerText.includes({json.dumps(said)})")
    assert app.value("my-date") == day
    assert app.ask("document.querySelectorAll('#messages :is(script, img, b)').length") == 0
    assert app.log() == []


@pytest.mark.parametrize(
    "name",
    [
        "../my-clinic.yaml",
        "//example.com/my-clinic.yaml",
        "https://example.com/my-clinic.yaml",
        "sub/my-clinic.yaml",
        "my-clinic.exe",
        "microneedling",
        "-",
        "missing.yaml",
    ],
)
def test_a_sheet_comes_from_the_folder_alone(app: App, name: str) -> None:
    app.open(f"?rules={name}")
    app.until("document.getElementById('wrong-sheet').innerText.includes('can\\'t be used')")
    fetched = app.ask("performance.getEntriesByType('resource').map(one => one.name)")
    assert [one for one in fetched if not one.startswith(app.site.address)] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ruleset: own\nextends: microneedling\nrules: {x: {avoid: nothing-known}}", "own.yaml:3:20"),
        ("a: &a [1]\nb: *a", "own.yaml:1:"),
        ("ruleset: own\nextends: ../other.yaml", "no rule set"),
        ("<!DOCTYPE html><title>404</title>", "own.yaml"),
        ("ruleset: own\nextends: microneedling\nclinic: {name: X, logo: logo.svg}", "logo"),
        ("x" * 2_100_000, "too large"),
    ],
    ids=["an unknown name", "an alias", "a path", "a page in its place", "a logo with a script", "a large file"],
)
def test_a_sheet_that_does_not_load_says_where(app: App, site: Site, text: str, said: str) -> None:
    (site.folder / "own.yaml").write_text(text, encoding="utf-8")
    script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    (site.folder / "logo.svg").write_text(script, encoding="utf-8")
    app.open("?rules=own.yaml")
    app.set("my-date", "2026-11-20")
    app.until("document.getElementById('wrong-sheet').innerText.includes('can\\'t be used')")
    assert said in app.shown("#wrong-sheet")[0]
    assert "general rules" in app.shown("#wrong-sheet")[0]
    assert app.value("my-date") == "2026-11-20"
    app.show()
    assert app.shown("#plan main")


def test_a_sheets_text_is_text(app: App, site: Site) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    (site.folder / "own.yaml").write_text(
        f"ruleset: own\nextends: microneedling\nurgent: '{evil}'\nclinic: {{name: '{evil}', closing: '{evil}'}}\n"
        f"rules: {{kit: {{do: clinic-gel, until: 3d, text: '{evil}', source: own}}}}\nsources: {{own: '{evil}'}}\n"
        f"facts: {{kit: {{ask: '{evil}', answers: {{blue: {{label: '{evil}'}}}}}}}}\n",
        encoding="utf-8",
    )
    app.open("?rules=own.yaml")
    app.until("document.getElementById('loading').hidden")
    app.plan(SITTING)
    for words in ("why clinic-gel", "can clinic-gel"):
        app.question(words)
    assert app.ask("document.querySelectorAll('body script:not([src]), body img[src=x]').length") == 0
    assert evil in app.ask("document.body.textContent")
    assert app.log() == []


def test_without_storage_it_works_and_says_what_it_cannot(site: Site, tmp_path: Path) -> None:
    refused = {"profile.default_content_setting_values.cookies": 2}
    app = App(tmp_path / "refusing", site, prefs=refused)
    app.open()
    assert app.ask("(() => { try { return localStorage.length } catch (error) { return error.name } })()") == (
        "SecurityError"
    )
    app.set("my-date", "2026-11-20")
    app.tap("#remember")
    app.show()
    assert app.shown("#plan main")
    assert "can't be remembered" in app.shown("#messages")[0]
    app.tap("#about summary")
    app.until("document.getElementById('offline').textContent.includes('needs a connection')")
    app.driver.quit()


def test_from_a_disk_it_says_why_it_cannot(app: App, site: Site) -> None:
    app.driver.get((site.folder / "index.html").as_uri())
    assert "has to come from a web address" in app.text()
    assert app.shown("#form") == []


def test_without_script_it_says_why_it_cannot_and_where_help_is(app: App) -> None:
    app.tell("Emulation.setScriptExecutionDisabled", value=True)
    app.driver.get(app.site.address)
    assert "it needs JavaScript" in app.text()
    assert "ring 112, 999, 911: trouble breathing" in app.text().lower()
    assert app.shown("progress") == []
    app.tell("Emulation.setScriptExecutionDisabled", value=False)


def test_nothing_is_asked_of_any_other_place(site: Site, tmp_path: Path) -> None:
    """By the browser's own log, which no page can hide anything from."""
    shutil.copy(SHEET, site.folder)
    shutil.copy(SHEET.with_name("logo.svg"), site.folder)
    log = tmp_path / "network.json"
    app = App(tmp_path / "watched", site, f"--log-net-log={log}")
    app.open(f"?rules={SHEET.name}{link({**SITTING, 'condition': 'pregnancy'})}")
    app.settle()
    app.until("document.getElementById('offline').textContent")
    app.question("can I wash my face tomorrow")
    app.saved()
    app.driver.quit()
    # It may end in the middle of a line.
    text = log.read_text(encoding="utf-8")
    events = json.loads(text if text.rstrip().endswith("}") else text.rstrip().rstrip(",") + "]}")["events"]
    # What the browser itself asks of its makers isn't the page's.
    params = [event.get("params", {}) for event in events]
    asked = {one["url"] for one in params if one.get("initiator", "").startswith(site.address.rstrip("/"))}
    assert any(url.endswith("site.zip") for url in asked)
    assert {url for url in asked if not url.startswith(site.address)} == set()
    # The answers stay in the fragment, which no server sees.
    assert not any("2026" in url or "pregnan" in url for url in asked)


def release(site: Site, *, urgent: str = "") -> None:
    """Put a new version of the app on the server."""
    path = site.folder / "form.json"
    form = json.loads(path.read_text(encoding="utf-8"))
    form["rules"] |= {"version": "2099-01", "urgent": urgent}
    path.write_text(json.dumps(form), encoding="utf-8")
    worker = site.folder / "sw.js"
    worker.write_text(worker.read_text(encoding="utf-8").partition("};\n")[2], encoding="utf-8")
    write_release(site.folder, urgent)


def version(app: App) -> str:
    text: str = app.ask("document.getElementById('version').textContent")
    return text


def wait_for_new(app: App) -> None:
    app.until("navigator.serviceWorker.getRegistration().then(one => one.waiting)")


def test_a_new_version_is_offered_and_not_forced(app: App, site: Site) -> None:
    app.open()
    app.until("document.getElementById('offline').textContent")
    release(site)
    app.open()
    app.until("document.getElementById('messages').innerText.includes('new version')")
    assert "2099-01" not in version(app)
    app.set("my-date", "2026-11-20")
    app.tap("#messages button")
    app.until("document.getElementById('version')?.textContent.includes('2099-01')")
    assert app.value("my-date") == "2026-11-20"
    assert app.ask("location.hash") == ""


def test_an_urgent_version_takes_over_at_the_next_start_and_says_why(app: App, site: Site) -> None:
    app.open()
    app.until("document.getElementById('offline').textContent")
    release(site, urgent="Make-up: the hours were wrong.")
    app.open()
    app.set("my-date", "2026-11-20")
    app.until("document.getElementById('messages').innerText.includes('new version')")
    # Not in the middle of it.
    assert ("2099-01" in version(app), app.value("my-date")) == (False, "2026-11-20")
    app.open(link(SITTING))
    app.until("document.getElementById('version')?.textContent.includes('2099-01')")
    app.settle()
    assert "Make-up: the hours were wrong." in app.shown("#messages")[0]
    assert app.shown("#head h1") == ["Micro-needling aftercare: face, Fri 20 Nov 2026 at 16:30"]


def test_rules_of_another_version_than_the_page_make_no_plan(app: App, site: Site) -> None:
    path = site.folder / "form.json"
    form = json.loads(path.read_text(encoding="utf-8"))
    form["rules"]["hash"] = "sha256:0"
    path.write_text(json.dumps(form), encoding="utf-8")
    app.open()
    app.set("my-date", "2026-11-20")
    app.show()
    assert "being renewed" in app.shown("#messages")[0]
    assert app.shown("#plan main") == []


def test_a_plan_that_cannot_be_made_leaves_none_of_other_answers(app: App) -> None:
    app.open(link(SITTING))
    app.settle()
    app.set("my-date", "0003-11-20")
    app.show()
    assert (app.shown("#plan main"), len(app.shown(".error"))) == ([], 1)
    assert app.shown("#signs dt") == ["Emergency", "Doctor today", "Your clinic"]


def test_a_half_replaced_folder_leaves_the_old_version(app: App, site: Site) -> None:
    app.open()
    app.until("document.getElementById('offline').textContent")
    release(site)
    (site.folder / "page.css").write_text("body{}", encoding="utf-8")
    app.open(link(SITTING))
    app.settle()
    assert app.shown("#plan main")
    assert "2099-01" not in version(app)


OWN = "ruleset: own\nversion: '{}'\nextends: microneedling\nclinic: {{name: Linden}}\n{}"


def test_a_new_sheet_is_offered_and_an_urgent_one_taken(app: App, site: Site) -> None:
    sheet = site.folder / "own.yaml"
    sheet.write_text(OWN.format("1", ""), encoding="utf-8")
    app.open("?rules=own.yaml")
    app.until("document.getElementById('version').textContent.includes('version 1,')")
    sheet.write_text(OWN.format("2", ""), encoding="utf-8")
    app.open("?rules=own.yaml")
    app.until("document.getElementById('messages').innerText.includes('new version of its sheet (2)')")
    assert "version 1," in version(app)
    app.tap("#messages button")
    app.until("document.getElementById('version')?.textContent.includes('version 2,')")
    sheet.write_text(OWN.format("3", "urgent: Longer without make-up.\n"), encoding="utf-8")
    app.open("?rules=own.yaml")
    app.until("document.getElementById('version')?.textContent.includes('version 3,')")
    assert "Longer without make-up." in app.shown("#messages")[0]
    sheet.write_text("broken: [", encoding="utf-8")
    app.open("?rules=own.yaml")
    app.until("document.getElementById('version')?.textContent.includes('version 3,')")
