"""A clinic's name, phone, logo, colours and closing word: what a rule set may carry, and what it is told if not."""

import os
from base64 import b64decode
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from needlecare import RuleSet, RuleSetError, build_timeline, load_rules, make_treatment, read_facts, render
from page.pages import CLINIC, Page, make_plan, rules
from support import contrast

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


def load(folder: Path, clinic: str) -> RuleSet:
    path = folder / "set.yaml"
    path.write_text(f"ruleset: own\nextends: microneedling\nclinic: {clinic}\n", encoding="utf-8")
    return load_rules(str(path))


def test_a_set_carries_its_clinic() -> None:
    clinic = rules(str(CLINIC)).clinic
    assert clinic is not None
    assert (clinic.name, clinic.phone) == ("Linden Skin Clinic", "+44 20 7946 0000")
    assert (clinic.light, clinic.dark) == ("#0b5d5e", "#8fd6c9")
    assert (
        b64decode(clinic.logo.removeprefix("data:image/svg+xml;base64,")) == (CLINIC.parent / "logo.svg").read_bytes()
    )


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [
        ("+44 (0)20 7946 0000", "+442079460000"),
        ("+49 (0)30 123456 ext. 7", "+4930123456"),
        ("(020) 7946 0000", "02079460000"),
        ("030/123456", "030123456"),
    ],
)
def test_a_phone_is_dialled_as_from_abroad_or_as_from_near(phone: str, dialled: str, tmp_path: Path) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(f'ruleset: own\nextends: microneedling\nclinic: {{name: A, phone: "{phone}"}}\n', encoding="utf-8")
    rule_set = load_rules(str(path))
    treatment = make_treatment(date(2026, 11, 20), None, ZoneInfo("UTC"))
    assert f'href="tel:{dialled}"' in render(build_timeline(rule_set, treatment, read_facts(rule_set, {})), "html")


@pytest.mark.parametrize("language", ["de", "en-GB", "pt-BR", "zh-Hant", "zh-Hant-TW", "no", "gsw"])
def test_the_clinics_own_words_are_marked_with_their_language(language: str, tmp_path: Path) -> None:
    rule_set = load(tmp_path, f"{{name: Praxis Linde, closing: Bis bald., language: {language}}}")
    page = render(make_plan(rule_set), "html")
    assert rule_set.clinic is not None
    assert rule_set.clinic.language == language
    marked = {"".join(text) for _, attributes, text in Page(page).elements if attributes.get("lang") == language}
    assert marked == {"Praxis Linde", "Bis bald."}
    assert '<html lang="en">' in page


def test_words_without_a_language_are_in_that_of_the_page() -> None:
    page = Page(render(make_plan(rules(str(CLINIC))), "html"))
    assert [tag for tag, attributes, _ in page.elements if "lang" in attributes] == ["html"]


def test_the_shipped_set_carries_none() -> None:
    assert rules().clinic is None


def test_a_set_on_top_keeps_the_clinic_of_the_one_below(tmp_path: Path) -> None:
    path = tmp_path / "top.yaml"
    path.write_text(f"ruleset: top\nextends: {CLINIC}\n", encoding="utf-8")
    assert load_rules(str(path)).clinic == rules(str(CLINIC)).clinic


def test_the_clinic_is_part_of_the_hash(tmp_path: Path) -> None:
    hashes = set()
    for name in ("One", "Two"):
        load(tmp_path, f"{{name: {name}}}")
        hashes.add(load_rules(str(tmp_path / "set.yaml")).digest)
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#767676", "#ffffff", 4.54), ("#ff0000", "#ff0000", 1.0)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    ("clinic", "place", "problem"),
    [
        ("Linden", "3:9", "`clinic` is fields in { }, such as {name: …, phone: …, logo: logo.png, closing: …}"),
        ('{phone: "1"}', "3:10", "`clinic` needs a `name`"),
        (
            "{name: A, fax: '1'}",
            "3:19",
            "`clinic` has no `fax`; it may have closing, colours, language, logo, name, out-of-hours, phone",
        ),
        (
            "{name: A, phone: ask Dr B}",
            "3:26",
            "`ask Dr B` can't be dialled; write a phone number such as +44 20 7946 0000",
        ),
        (
            '{name: A, phone: "020 7946 0000 / 0001"}',
            "3:26",
            (
                "`020 7946 0000 / 0001` is more than one number, and the page would dial them as one; "
                "write a phone number such as +44 20 7946 0000"
            ),
        ),
        (
            '{name: A, phone: "020 7946\\n020 7947"}',
            "3:26",
            (
                "`020 7946 020 7947` is more than one number, and the page would dial them as one; "
                "write a phone number such as +44 20 7946 0000"
            ),
        ),
        (
            '{name: A, phone: "0"}',
            "3:26",
            "`0` has fewer than 3 digits; write a phone number such as +44 20 7946 0000",
        ),
        (
            f"{{name: {'A' * 81}}}",
            "3:16",
            "`name` has 81 characters; keep it to 80, so that the page stays short",
        ),
        (
            '{name: A, colours: {light: "#ffee00"}}',
            "3:36",
            "#ffee00 is hard to read on a light page: its contrast is 1.2, and 4.5 is the least; choose a darker one",
        ),
        (
            '{name: A, colours: {dark: "#0b5d5e"}}',
            "3:35",
            "#0b5d5e is hard to read on a dark page: its contrast is 2.3, and 4.5 is the least; choose a lighter one",
        ),
        (
            "{name: A, colours: {light: red;}}",
            "3:36",
            '`red;` is not a colour; write six digits in quotes, such as "#0b5d5e"',
        ),
        (
            "{name: A, language: Deutsch}",
            "3:29",
            "`language` can't be read: `Deutsch`; write a code like de or en-GB",
        ),
        (
            "{name: A, language: en_GB}",
            "3:29",
            "`language` can't be read: `en_GB`; write a code like de or en-GB",
        ),
        ("{name: A, logo: ../logo.png}", "3:25", "`logo` is the name of a file beside this one, such as logo.png"),
        ("{name: A, logo: /etc/passwd}", "3:25", "`logo` is the name of a file beside this one, such as logo.png"),
        ("{name: A, logo: set.yaml}", "3:25", "`set.yaml` can't be a logo; use a .png, .jpg or .svg file"),
        (
            "{name: A, logo: none.png}",
            "3:25",
            "the logo `none.png` can't be read from beside this file: No such file or directory",
        ),
    ],
    ids=[
        "no-fields",
        "no-name",
        "unknown-field",
        "not-to-be-dialled",
        "two-numbers",
        "number-on-two-lines",
        "number-too-short",
        "long-name",
        "pale-on-light",
        "dark-on-dark",
        "no-colour",
        "language-by-its-name",
        "language-with-an-underscore",
        "logo-from-above",
        "logo-from-elsewhere",
        "no-picture",
        "no-file",
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, clinic: str, place: str, problem: str) -> None:
    with pytest.raises(RuleSetError) as wrong:
        load(tmp_path, clinic)
    assert str(wrong.value) == f"{tmp_path / 'set.yaml'}:{place}: {problem}"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.png", b"<svg/>", "not of its kind"),
        ("a.jpg", b"\x89PNG\r\n\x1a\n", "not of its kind"),
        ("a.svg", b"\xff\xfe<", "no UTF-8 text"),
        ("a.svg", b"<svg", "not readable as SVG: unclosed token: line 1, column 0"),
        ("a.svg", b"<html/>", "not readable as SVG: its first element is no svg"),
        ("a.svg", SVG.format("<script>alert(1)</script>"), "holding a `script`; a logo is a picture and nothing else"),
        ("a.svg", SVG.format("<foreignObject/>"), "holding a `foreignobject`; a logo is a picture and nothing else"),
        ("a.svg", SVG.format('<path onload="alert(1)"/>'), "holding a script (`onload`)"),
        ("a.svg", SVG.format('<image href="https://x.test/a.png"/>'), "pointing outside itself (`href`)"),
        ("a.svg", SVG.format('<use xlink:href="//x.test/a.svg#a"/>'), "pointing outside itself (`href`)"),
        ("a.svg", SVG.format('<path style="fill:url(https://x.test)"/>'), "pointing outside itself (`style`)"),
        ("a.svg", SVG.format("<style>@import 'x'</style>"), "pointing outside itself (`style`)"),
        (
            "a.svg",
            '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
            "declaring a document type, entities or a style sheet; save it as plain SVG",
        ),
    ],
)
def test_a_logo_is_a_picture_and_nothing_else(tmp_path: Path, name: str, data: bytes | str, reason: str) -> None:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(RuleSetError) as wrong:
        load(tmp_path, f"{{name: A, logo: {name}}}")
    assert str(wrong.value) == f"{tmp_path / 'set.yaml'}:3:25: the logo `{name}` can't be used: it is {reason}"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_no_logo_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(RuleSetError, match=r"the logo `a\.png` can't be used: it is not a file"):
        load(tmp_path, "{name: A, logo: a.png}")


def test_a_large_logo_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(150_000))
    with pytest.raises(RuleSetError, match=r"the logo `a\.png` is larger than 150 KB; save it smaller"):
        load(tmp_path, "{name: A, logo: a.png}")


@pytest.mark.parametrize("data", [SVG.format('<path fill="url(#a)"/><use href="#a"/>')])
def test_a_plain_svg_is_taken(tmp_path: Path, data: str) -> None:
    (tmp_path / "a.svg").write_text(data, encoding="utf-8")
    clinic = load(tmp_path, "{name: A, logo: a.svg}").clinic
    assert clinic is not None
    assert clinic.logo.startswith("data:image/svg+xml;base64,")
