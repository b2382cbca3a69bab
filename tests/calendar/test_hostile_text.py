"""Text of rule sets and of older calendars is data: it comes through whole, or is refused when it is loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
Events = Callable[[Path], dict[str, Any]]
Run = Callable[..., tuple[int, str, str]]

RULES = """\
ruleset: hostile
title: "{text}"
version: "1"
words-from: microneedling
source: sheet
sources:
  sheet: {{title: "{text}", publisher: "{text}"}}
activities:
  strange: {{label: "{text}"}}
rules:
  strange: {{avoid: strange, until: 5h, why: "{text}"}}
"""
# What is written in YAML, what is read in the calendar.
TEXTS = {
    "commas and semicolons": ("a,b;c, d; e", "a,b;c, d; e"),
    "a backslash": (r"left\\bottom", r"left\bottom"),
    "backslashes at the end": (r"end\\\\", r"end" + "\\\\"),
    "a backslash before a comma": (r"a\\,b", r"a\,b"),
    "a backslash that looks like a line break": (r"C:\\new", "C:⧵new"),
    "one that some take for a line's end": (r"a\\read", "a⧵read"),
    "quotes and colons": (r"he said: \"wait\"; then:", 'he said: "wait"; then:'),
    "what looks like a property": ("END:VEVENT BEGIN:VALARM", "END:VEVENT BEGIN:VALARM"),
    "a line break that looks like a property": (r"x\nEND:VEVENT", "x END:VEVENT"),
    "other scripts": ("Ü ß ñ Ж 針 مرحبا ไทย", "Ü ß ñ Ж 針 مرحبا ไทย"),
    "emoji": ("👩🏽‍⚕️🧴", "👩🏽‍⚕️🧴"),
    "three hundred letters": ("é" * 300, "é" * 300),
    "three hundred wide ones": ("針" * 300, "針" * 300),
    "a hundred backslashes": (r"\\" * 100, "\\" * 100),
    "markup": ("<b>[bold]{{x}}</b> %s", "<b>[bold]{x}</b> %s"),
    "blanks": (r"a\u00a0\u3000  b", "a b"),
    "U+2028": (r"a\u2028b", "a b"),
    "text that turns around": (r"a\u202eb", "ab"),
}


def rules(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hostile.yaml"
    path.write_text(RULES.format(text=text.replace("{{", "{").replace("}}", "}")), encoding="utf-8")
    return path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("written", "read"), TEXTS.values(), ids=TEXTS)
def test_text_comes_through_whole(write: Write, events: Events, tmp_path: Path, written: str, read: str) -> None:
    path = write("--time", "16:30", "--rules", rules(tmp_path, written), "--calendar-style", "full")
    data = path.read_bytes()
    assert max(map(len, data.split(b"\r\n"))) <= 75
    found = {uid: (str(event["SUMMARY"]), str(event["DESCRIPTION"])) for uid, event in events(path).items()}
    (title, text) = next(one for one in found.values() if "OK from Fri 20 Nov 21:30: " in one[1])
    whole = f"OK: {read}"
    assert title == whole if len(whole) <= 40 else whole.startswith(title.removesuffix("…"))
    assert len(title) <= 40
    assert f"OK from Fri 20 Nov 21:30: {read}." in text.split("\n")
    assert f"Who says so: {read}" in text.split("\n")
    for name in ("vobject", "ics"):
        library = pytest.importorskip(name, reason=f"{name} is not installed")
        if name == "vobject":
            others = library.readOne(data.decode()).vevent_list
            seen = {one.uid.value: (one.summary.value, one.description.value) for one in others}
        else:
            seen = {one.uid: (one.name, one.description) for one in library.Calendar(data.decode()).events}
        assert seen == found


@pytest.mark.parametrize("control", [r"\x07", r"\x1b[31m", r"\0", r"\x9b"])
def test_escaped_control_characters_never_reach_the_file(run: Run, tmp_path: Path, control: str) -> None:
    target = tmp_path / "x.ics"
    words = ["plan", "--date", "2026-11-20", "--tz", "UTC", "--rules", rules(tmp_path, f"a{control}b")]
    code, _, err = run(*words, "-o", target)
    if code:
        assert (code, target.exists()) == (3, False), err
    else:
        text = target.read_bytes().decode()
        assert not [letter for letter in text if ord(letter) < 32 and letter not in "\r\n"]
        assert not [letter for letter in text if 127 <= ord(letter) < 160]


def test_an_old_calendars_text_is_cleaned_and_cut(write: Write, run: Run, events: Events, tmp_path: Path) -> None:
    old, off = write("--time", "16:30"), tmp_path / "off.ics"
    text = old.read_bytes().decode().replace("SUMMARY:", "SUMMARY:\x1b[2J" + "x" * 30_000 + " ")
    old.write_bytes(text.encode())
    code, _, err = run("plan", "--cancel", old, "-o", off)
    assert code == 0, err
    for event in events(off).values():
        assert "\x1b" not in str(event["SUMMARY"])
        assert len(str(event["SUMMARY"])) <= 500
