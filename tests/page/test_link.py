"""The way from a page to a phone: which address the link and its code hold, and what paper never tells."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import segno

from needlecare import InputError, build_timeline, make_treatment, read_facts, render
from page.pages import HALF_PAST_FOUR, WEDDING, Page, make_plan, rules
from running import PLAN, environment, run
from support import RULES

APP = "https://clinic.example/aftercare"
LONDON = "#date=2026-11-20&time=16:30&tz=Europe/London"


def link_of(text: str) -> tuple[str, str, str]:
    """Return where the link of a page leads, what it is called, and the picture of its code."""
    inside = Page(text[text.index('<p class="link">') :].partition("</p>")[0] + "</p>").elements
    ((_, link, words), (_, code, _)) = (one for one in inside if one[0] in ("a", "img"))
    return str(link["href"]), "".join(words), str(code["src"])


def picture(content: str) -> str:
    code = segno.make_qr(content, error="m")
    return code.svg_data_uri(border=4, scale=0.5, unit="mm", dark="#000", light="#fff")


@pytest.mark.parametrize(
    ("facts", "clock", "zone", "answers"),
    [
        ({}, HALF_PAST_FOUR, "Europe/London", "date=2026-11-20&time=16:30&tz=Europe/London&end"),
        ({}, None, "Etc/GMT+5", "date=2026-11-20&tz=Etc/GMT%2B5&end"),
        ({}, time(8, 5, 30), "UTC", "date=2026-11-20&time=08:05:30&tz=UTC&end"),
        (
            {"technique": ["radiofrequency"], "depth": ["1.5"], "setting": ["clinic"], "add-on": ["prp"]},
            HALF_PAST_FOUR,
            "UTC",
            "date=2026-11-20&time=16:30&tz=UTC&technique=radiofrequency&add-on=prp&depth=1.5&setting=clinic&end",
        ),
        ({"area": ["neck", "face"]}, None, "UTC", "date=2026-11-20&tz=UTC&area=face&area=neck&end"),
        ({"add-on": ["none"]}, None, "UTC", "date=2026-11-20&tz=UTC&add-on=none&end"),
    ],
    ids=["no answers", "no time", "seconds", "all that is known of a treatment", "two areas", "none"],
)
def test_the_link_and_its_code_hold_what_is_known_of_the_treatment(
    facts: Mapping[str, Sequence[str]], clock: time | None, zone: str, answers: str
) -> None:
    treatment = make_treatment(date(2026, 11, 20), clock, ZoneInfo(zone))
    page = render(build_timeline(rules(), treatment, read_facts(rules(), facts)), "html", link=APP)
    address = f"{APP}#{answers}"
    assert link_of(page) == (address, "This treatment on your phone: clinic.example/aftercare", picture(address))


def test_paper_tells_nothing_of_the_person(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        'ruleset: own\nextends: microneedling\nfacts: {smoker: {ask: "Do you smoke?", answers: ["yes", "no"]}}\n',
        encoding="utf-8",
    )
    of_person = (
        *("--skin-type=V", "--condition=eczema", "--condition=lupus", "--uses=isotretinoin=2026-05-01"),
        *("--uses=minoxidil", "--goal=acne-scars", "--fact=smoker=yes", "--next=2026-12-18"),
        *("--seen=redness-gone=2026-11-22", "--event=wedding:Ann=2026-12-05"),
    )
    target = tmp_path / "page.html"
    ran = run(*PLAN, *of_person, "--area=face", f"--rules={own}", f"--link={APP}", "-o", str(target))
    assert (ran.code, ran.err) == (0, "")
    assert link_of(target.read_text(encoding="utf-8"))[0] == f"{APP}{LONDON}&area=face&end"


def test_what_was_only_assumed_is_no_answer() -> None:
    plan = make_plan(events=[WEDDING])
    assert {"area", "technique"} <= {*plan.facts.assumed}
    assert link_of(render(plan, "html", link=APP))[0] == f"{APP}{LONDON}&end"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://clinic.example", "clinic.example"),
        ("HTTP://Clinic.example:8080/", "Clinic.example:8080"),
        ("https://[2001:db8::1]/a/?set=ours&x=1", "[2001:db8::1]/a"),
        ("https://clinic.example/%C3%A4?a=\"'<b>", "clinic.example/%C3%A4"),
        (f"https://clinic.example/{'a' * 277}", f"clinic.example/{'a' * 277}"),
    ],
    ids=["host alone", "port", "query", "what markup knows", "300 characters"],
)
def test_an_address_is_taken_as_it_is_and_shown_in_short(address: str, name: str) -> None:
    whole = f"{address}{LONDON}&end"
    assert link_of(render(make_plan(), "html", link=address)) == (
        whole,
        f"This treatment on your phone: {name}",
        picture(whole),
    )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "clinic.example/aftercare",
        "ftp://clinic.example",
        "javascript:alert(1)",
        "https://",
        "https:///aftercare",
        "https://clinic.example:port/",
        "https://ann:secret@clinic.example/",
        "https://ann@clinic.example/",
        "https://clinic.example\\@elsewhere.example/",
        "https://clinic.example/#",
        "https://clinic.example/a#b",
        "https://clinic.example/a b",
        "https://clinic.example/a\n",
        "https://clinic.example/ä",
        "https://clínic.example/",
        f"https://clinic.example/{'a' * 278}",
    ],
)
def test_any_other_address_is_refused_and_nothing_is_written(address: str, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    ran = run(*PLAN, f"--link={address}", "-o", str(target))
    assert (ran.code, ran.out, target.exists()) == (2, "", False)
    # A password may stand in it, which no message repeats.
    assert ran.err == (
        "needlecare: write the link as https://clinic.example/aftercare, up to 300 characters of ASCII, "
        "no blank, no user, and no #: that is where the answers go\n"
    )


def test_the_example_of_the_guide_leads_where_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    guide = (RULES.parent / "docs" / "page.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^needlecare (.+ --link .+)$", guide, flags=re.MULTILINE)
    assert run(*command.split(), "--tz", "Europe/London").code == 0
    page = (tmp_path / "aftercare.html").read_text(encoding="utf-8")
    assert f"```text\n{link_of(page)[0]}\n```" in guide


def test_only_a_page_has_a_link() -> None:
    plan = make_plan()
    for format_ in ("text", "json", "ics", "md", "csv"):
        with pytest.raises(InputError, match=f"link is for html alone; {format_} has none"):
            render(plan, format_, link=APP)
    assert 'class="link"' not in render(plan, "html")
    assert 'class="link"' in render(plan, "html", link=APP, whole=False)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['segno'] = None; from needlecare.cli import main; main(sys.argv[1:])"
    target = tmp_path / "page.html"
    command = [sys.executable, "-c", code, *PLAN, "-o", str(target)]
    assert subprocess.run(command, check=False, env=environment({})).returncode == 0
    done = subprocess.run([*command, "--link", APP], capture_output=True, text=True, check=False, env=environment({}))
    assert done.returncode == 2
    assert done.stderr == (
        "needlecare: a link needs the library segno, which isn't installed: pip install 'needlecare[qr]'\n"
    )
