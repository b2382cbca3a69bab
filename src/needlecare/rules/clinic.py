"""What is a clinic's own in the header of its rule set: how it is called and looks, and the columns of its exports."""

import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from needlecare.model.ruleset import DARK_PAGE, LIGHT_PAGE, Clinic
from needlecare.rules import fields, kinds, read

LARGEST_LOGO = 150_000
_LONGEST = {"name": 80, "phone": 40, "out-of-hours": 40, "closing": 500}
_PHONE = re.compile(r"\+?[\d\s().,/-]*\d(\s*(?:ext\.?|x)\s*\d+)?")
# Digits of a number by ITU-T E.164, of the shortest, which are those of emergency services, and of what stands before a
# stroke: the code of an area, with that of its country.
_SHORTEST_NUMBER, _LONGEST_NUMBER, _LONGEST_CODE = 3, 15, 6
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_PAGES = {"light": LIGHT_PAGE, "dark": DARK_PAGE}
# The ratio that WCAG asks for between text and what is behind it.
_LEAST_CONTRAST = 4.5

# Brightness of a channel, and how much each counts: the definition of relative luminance in WCAG 2.
_LINEAR_BELOW = 0.04045
_SHARES = (0.2126, 0.7152, 0.0722)
_LOGOS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
_BEGINNINGS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_ACTIVE_TAGS = frozenset(("script", "foreignobject", "iframe", "embed", "object", "audio", "video", "handler"))
_OUTWARD = re.compile(r"(?i)javascript:|@import|url\(\s*['\"]?(?!\s*#)")


def parse_clinic(value: read.Value, problems: read.Problems) -> Clinic:
    """Read `clinic: {name: …, phone: …, logo: file, colours: {light: …, dark: …}, closing: …}`."""
    entry = fields.Entry(fields.CLINIC, value, problems)
    name = entry.get("name", "")
    if not name and isinstance(value, dict):
        problems.add(next(iter(value), value), "`clinic` needs a `name`")
    for key, longest in _LONGEST.items():
        if (length := len(entry.get(key, ""))) > longest:
            entry.note(key, f"`{key}` has {length} characters; keep it to {longest}, so that the page stays short")
    for key in ("phone", "out-of-hours"):
        if name and (phone := entry.get(key)) and (wrong := _wrong_phone(entry.fields[key], phone)):
            entry.note(key, f"`{phone}` {wrong}; write a phone number such as +44 20 7946 0000")
    logo, colours = _logo(entry.get("logo"), problems), _colours(entry.get("colours"), problems)
    return entry.build(Clinic, read.Raw("clinic", value, ""), name=name, logo=logo, **colours)


def _wrong_phone(written: read.Value, phone: str) -> str:
    """Return why *phone* can't be dialled as one number, or nothing; a page dials all the digits that stand there."""
    if not _PHONE.fullmatch(phone):
        return "can't be dialled"
    number = phone.lower().partition("x")[0].partition("e")[0]
    digits = sum(map(str.isdecimal, number.replace("(0)", "")))
    if digits < _SHORTEST_NUMBER:
        return f"has fewer than {_SHORTEST_NUMBER} digits"
    # A stroke may stand behind the code of an area, as in 030/123456.
    ahead = sum(map(str.isdecimal, re.split("[/,]", number)[0]))
    broken = isinstance(written, str) and len(written.splitlines()) > 1
    if digits > _LONGEST_NUMBER or broken or (ahead < digits and ahead > _LONGEST_CODE):
        return "is more than one number, and the page would dial them as one"
    return ""


def _colours(value: read.Value | None, problems: read.Problems) -> dict[str, str]:
    if value is None:
        return {}
    entry = fields.Entry(fields.COLOURS, value, problems)
    found = {}
    for key, page in _PAGES.items():
        colour = entry.get(key)
        if not colour:
            continue
        if not _COLOUR.fullmatch(colour):
            entry.note(key, f'`{colour}` is not a colour; write six digits in quotes, such as "#0b5d5e"')
        elif (ratio := contrast(colour, page)) < _LEAST_CONTRAST:
            wrong = f"its contrast is {ratio:.1f}, and {_LEAST_CONTRAST} is the least"
            which = "darker" if key == "light" else "lighter"
            entry.note(key, f"{colour} is hard to read on a {key} page: {wrong}; choose a {which} one")
        else:
            found[key] = colour.lower()
    return found


def _logo(value: read.Value | None, problems: read.Problems) -> str:
    """Read the logo, a file beside the rule set, into a `data:` address."""
    if value is None:
        return ""
    if not isinstance(value, str) or Path(value).name != value or "\\" in value:
        problems.add(value, "`logo` is the name of a file beside this one, such as logo.png")
        return ""
    path = Path(read.place(value).name).parent / value
    kind = _LOGOS.get(path.suffix.lower())
    if kind is None:
        problems.add(value, f"`{value}` can't be a logo; use a .png, .jpg or .svg file")
        return ""
    data, wrong = _read_logo(path, kind)
    if wrong:
        problems.add(value, f"the logo `{value}` {wrong}")
        return ""
    return f"data:{kind};base64,{b64encode(data).decode()}"


def _read_logo(path: Path, kind: str) -> tuple[bytes, str]:
    """Return the bytes of a logo, and what is wrong with it, if anything is."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, without end
            return b"", "can't be used: it is not a file"
        with path.open("rb") as stream:
            data = stream.read(LARGEST_LOGO + 1)
    except (OSError, ValueError) as error:
        return b"", f"can't be read from beside this file: {getattr(error, 'strerror', None) or 'no such file'}"
    if len(data) > LARGEST_LOGO:
        return b"", f"is larger than {LARGEST_LOGO // 1000} KB; save it smaller"
    if kind == "image/svg+xml":
        wrong = _wrong_svg(data)
    else:
        wrong = "" if data.startswith(_BEGINNINGS[kind]) else "not of its kind"
    return data, f"can't be used: it is {wrong}" if wrong else ""


def _wrong_svg(data: bytes) -> str:
    """Return why an SVG can't be embedded, or nothing: it may hold no script and point at nothing outside itself."""
    from xml.etree import ElementTree as ET

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "no UTF-8 text"
    if re.search(r"(?i)<!(doctype|entity)|<\?xml-stylesheet", text):
        return "declaring a document type, entities or a style sheet; save it as plain SVG"
    try:
        root = ET.fromstring(text)  # noqa: S314  entities, the danger of it, were refused above
    except ET.ParseError as error:
        return f"not readable as SVG: {error}"
    if _local(root.tag) != "svg":
        return "not readable as SVG: its first element is no svg"
    return next((wrong for element in root.iter() if (wrong := _wrong_element(element))), "")


def _wrong_element(element: Any) -> str:
    if _local(element.tag) in _ACTIVE_TAGS:
        return f"holding a `{_local(element.tag)}`; a logo is a picture and nothing else"
    for name, value in element.attrib.items():
        key = _local(name)
        if key.startswith("on"):
            return f"holding a script (`{key}`)"
        is_outward = key in {"href", "src"} and not re.match(r"#|data:image/(png|jpeg);", value.strip())
        if is_outward or _OUTWARD.search(value):
            return f"pointing outside itself (`{key}`)"
    return "pointing outside itself (`style`)" if _OUTWARD.search(element.text or "") else ""


def _local(name: object) -> str:
    """Return the name of a tag or attribute without its namespace."""
    return str(name).rpartition("}")[2].lower()


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as #0b5d5e, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [one / 12.92 if one <= _LINEAR_BELOW else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(share * one for share, one in zip(_SHARES, linear, strict=True))


DATES, ONLY = "dates", "only"


def plain(name: str) -> str:
    """Return *name* without what people write differently: case, hyphens, underscores, spaces."""
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


def parse_batch(value: read.Value, facts: Collection[str], problems: read.Problems) -> dict[str, Any]:
    """Read `batch: {id: Client no, date: Treatment date, dates: dmy, only: {Status: [Completed, Arrived]}}`.

    Return the columns, and the values that count of some, each by what the rule set calls it.
    """
    if not isinstance(value, dict):
        example = "{id: Client no, date: Treatment date, dates: dmy}"
        problems.add(value, f"`batch` names the columns of an export, such as {example}")
        return {}
    columns = dict(value)
    only = columns.pop(ONLY, read.Fields())
    named = _named_columns(columns, dict.fromkeys((*fields.FIELDS, DATES, ONLY, *facts)), problems)
    return {"batch": named, "only": _parse_only(only, problems)}


def _named_columns(
    columns: Mapping[str, read.Value], known: Collection[str], problems: read.Problems
) -> dict[str, str]:
    """Return the columns by what they hold; what is wrong with them is noted."""
    named: dict[str, str] = {}
    holders: dict[str, str] = {}
    for field, column in columns.items():
        if field not in known:
            problems.no_field(field, "`batch`", known)
        elif not isinstance(column, str):
            problems.add(column, f"`{field}` of `batch` is the name of one column of an export")
        if not isinstance(column, str):
            continue
        named[str(field)] = str(column)
        first = field if field == DATES else holders.setdefault(plain(column), field)
        if first != field:
            problems.add(column, f"the column `{column}` holds {first} already; name another column for {field}")
    if named.get(DATES, "dmy") not in ("dmy", "mdy"):
        problems.add(columns[DATES], "`dates` is dmy or mdy: how 03/04/2026 is meant")
    return named


def _parse_only(value: read.Value, problems: read.Problems) -> dict[str, tuple[str, ...]]:
    """Read the values that count, by the plain name of their column."""
    if not isinstance(value, dict):
        problems.add(value, "`only` names columns with the values that count, such as {Status: [Completed, Arrived]}")
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for column, written in value.items():
        if plain(column) in found:
            problems.add(column, f"`only` has the column `{column}` already; put all its values into one list")
        texts = kinds.read_texts(written, column, problems)
        found[plain(column)] = counting(texts or ())
        if texts is not None and not found[plain(column)]:
            problems.add(written, f"`{column}` needs a value that counts, or a part of one such as ~needling")
    return found


def counting(values: Iterable[str]) -> tuple[str, ...]:
    """Return the *values* of a column that count as they are compared, without empty ones."""
    return tuple(value.strip().casefold() for value in values if value.strip(" ~"))
