"""Plans read back: what the JSON says, and the words and sections of the views for people as times and rows."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt

import support
from needlecare import RuleSet, Timeline, Treatment, render
from page.pages import Page
from support import ASK

MOMENT = timedelta(microseconds=1)
# Times on the wall have no zone.
FOREVER = support.FOREVER.replace(tzinfo=None)
Row = tuple[str, str]


# What the JSON says. Times are those on the wall.


class Told(NamedTuple):
    """One window of the JSON; what is compared on the clock is, since an hour that comes twice has two readings."""

    kind: str
    target: str
    text: str
    better_from: datetime
    start: datetime
    end: datetime
    better_until: datetime
    earliest: datetime
    waits: bool
    worry: datetime | None
    lasts: bool
    for_good: bool
    last_of_no: date
    asks: bool
    is_after: bool

    @property
    def is_mild(self) -> bool:
        return not self.lasts and self.better_from < self.start and self.better_until == self.end

    def forbids(self, day: date) -> bool:
        """Tell whether any of the no lies on a day."""
        return self.lasts and self.start.date() <= day <= self.last_of_no


class Plan(NamedTuple):
    """What the JSON of a timeline says."""

    timeline: Timeline
    windows: list[Told]
    asked: frozenset[str]
    days: list[dict[str, Any]]
    last: datetime

    @property
    def rule_set(self) -> RuleSet:
        return self.timeline.rule_set

    def of(self, kind: str, target: str | None = None) -> list[Told]:
        return [one for one in self.windows if one.kind == kind and target in (None, one.target)]

    def goes_on(self, one: Told) -> bool:
        """Whether the next no on it begins right where its "better wait" is over."""
        return any(other.lasts and other.start == one.better_until for other in self.of(one.kind, one.target))

    def is_advised(self, target: str) -> bool:
        """Whether a view may say that *target* is all right again, without asking anybody."""
        asked = self.asked.intersection(self.rule_set.lineage.get(target, ()))
        return target not in self.rule_set.unadvised and not asked

    def names(self, target: str) -> list[str]:
        """Name a target and all that it is part of."""
        return [self.rule_set.label(one) for one in self.rule_set.lineage.get(target, (target,))]

    def split(self, names: str) -> list[str]:
        """Part the names in a list, without what of them has to wait; a name may hold a comma and an "and" itself."""
        labels = sorted(map(self.rule_set.label, self.rule_set.activities), key=len, reverse=True)
        name = rf"({'|'.join(map(re.escape, labels))})(?: \(not yet (?:[^()]|\([^()]*\))+\))?"
        assert re.fullmatch(rf"{name}(?:(?:, | and ){name})*", names), names
        return re.findall(rf"{name}(?=, | and |$)", names)


def on_the_wall(instant: str | None) -> datetime:
    return FOREVER if instant is None else datetime.fromisoformat(instant).replace(tzinfo=None)


def last_day(end: str | None, zone: ZoneInfo) -> date:
    """Give the last date before an end; a midnight that comes twice is not the end of a day."""
    if end is None:
        return date.max
    return (datetime.fromisoformat(end).astimezone(UTC) - MOMENT).astimezone(zone).date()


def ends_after(end: str | None, instant: datetime) -> bool:
    return end is None or datetime.fromisoformat(end) > instant


def read(timeline: Timeline) -> Plan:
    record = json.loads(render(timeline, "json"))
    told = []
    for one in record["windows"]:
        if one["kind"] == ASK:
            continue  # it holds before, after and for ever
        start, end = on_the_wall(one["start"]), on_the_wall(one["end"])
        better_from, better_until = (on_the_wall(one[name]) for name in ("better_from", "better_until"))
        told.append(
            Told(
                kind=one["kind"],
                target=one["activity"],
                text=one["text"].rstrip("."),
                better_from=better_from if one["better_from"] else start,
                start=start,
                end=end,
                better_until=better_until if one["better_until"] or one.get("open_end") else end,
                earliest=on_the_wall(one["earliest"]),
                waits=bool(one["and_once"]),
                worry=on_the_wall(one["worry_after"]) if "worry_after" in one else None,
                lasts=ends_after(one["end"], datetime.fromisoformat(one["start"])),
                for_good=bool(one.get("open_end")) and one["end_stated"],
                last_of_no=last_day(one["end"], timeline.treatment.zone),
                asks="ask" in one,
                is_after=bool(one.get("open_end"))
                or ends_after(one["better_until"] or one["end"], timeline.treatment.first),
            )
        )
    last = timeline.treatment.last.astimezone(timeline.treatment.zone).replace(tzinfo=None)
    asked = frozenset(one["activity"] for one in record["windows"] if one["kind"] == ASK)
    return Plan(timeline, told, asked, record["days"], last)


# Words back to times.


def when(text: str, treatment: Treatment) -> datetime:
    """Read `Sun 22 Nov 16:30`, `Sun 22 Nov`, `the end of Mon 23 Nov 2027`, `further notice` or `you see it`."""
    if text in ("further notice", "you see it"):
        return FOREVER
    ends = text.startswith("the end of ")
    words = text.removeprefix("the end of ").split()
    clock = words.pop() if ":" in words[-1] else "00:00"
    year = words[3] if words[3:] else treatment.day.year
    said = datetime.strptime(f"{words[1]} {words[2]} {year} {clock} +0000", "%d %b %Y %H:%M %z").replace(tzinfo=None)
    assert f"{said:%a}" == words[0], text
    if not ends:
        return said
    return support.day_end(said.date(), treatment.zone, late=False).astimezone(treatment.zone).replace(tzinfo=None)


# The page and Markdown have the same sections, so what is in them is read once.

SECTIONS = {
    "When may I again": "lifts",
    "What to do, and until when": "doing",
    "Day by day": "days",
    "What is usual, and until when": "normal",
    "What is all right": "allowed",
    "Before the treatment": "before",
}


def page_sections(text: str) -> dict[str, list[Row]]:
    """Read the sections of a page: what stands in front, and what is said."""
    found: dict[str, list[Row]] = {}
    section, head = "", ""
    for tag, attributes, texts in Page(text).elements:
        words = "".join(texts).strip()
        if tag in ("section", "details") and attributes.get("class") != "day":
            section = str(attributes.get("id")).removeprefix("all-") if "all-" in str(attributes.get("id")) else ""
        elif tag == "h4":
            found.setdefault(section, []).append(("", words))
        elif tag == "dt":
            head = words
        elif tag == "dd":
            found.setdefault(section, []).append((head, re.sub(r"\s*\[[\d, +]+\]$", "", words)))
    return {section: rows for section, rows in found.items() if section in SECTIONS.values()}


def markdown_sections(text: str) -> dict[str, list[Row]]:
    """Read the sections of a Markdown plan: what stands in front, and what is said."""
    wanted = [part for part in text.split("\n## ") if part.partition("\n")[0] in SECTIONS]
    found: dict[str, list[Row]] = {}
    section, kind = "", ""
    cells: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse("## " + "\n## ".join(wanted)):
        if token.type in ("heading_open", "tr_open", "list_item_open", "thead_open"):
            kind, cells = token.tag, []
        elif token.type == "inline":
            words = "".join(child.content for child in token.children or ())
            if kind == "h2":
                section = SECTIONS[words]
            elif kind == "h3":
                found.setdefault(section, []).append(("", words))
            elif kind == "tr":
                cells.append(words)
            elif kind == "li":
                head, _, said = words.partition(": ")
                found.setdefault(section, []).append((head, said))
        elif token.type == "tr_close" and len(cells) > 1:
            found.setdefault(section, []).append((cells[0], cells[1]))
        elif token.type == "thead_close":
            found[section].pop()
    return found


def without_sources(rows: Iterable[Row], rule_set: RuleSet) -> list[Row]:
    """Leave out the sources that stand in brackets at the end."""
    ids = "|".join(map(re.escape, rule_set.sources))
    return [(head, re.sub(rf" \((?:{ids})(?:, (?:{ids}))?(?: \+\d+)?\)$", "", said)) for head, said in rows]
