"""Laws of the views: read back, each of them shows the windows of the JSON, with the same times and verdicts."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from markdown_it import MarkdownIt

from generated import facts, made, rule_sets, treatments
from needlecare import RuleSet, Timeline, Treatment, build_timeline, load_rules, read_facts
from needlecare.model import plan as plan_model
from needlecare.model.facts import Facts
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, PREPARE, Rule
from needlecare.model.time import day_end
from needlecare.views import csv as csv_view
from needlecare.views import html, ics, markdown
from needlecare.views import json as json_view
from page.pages import Page
from support import Planner

# Shrinking a whole plan takes minutes.
few, many = (
    settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    for examples in (16, 60)
)
SHIPPED = load_rules()
MOMENT = timedelta(microseconds=1)
# Times on the wall have no zone.
FOREVER = plan_model.FOREVER.replace(tzinfo=None)
answers = st.fixed_dictionaries(
    {},
    optional={
        "area": st.lists(st.sampled_from(["face", "scalp", "body", "eye-area"]), min_size=1, max_size=2, unique=True),
        "depth": st.sampled_from([["0.25"], ["1.5"], ["2.5"]]),
        "skin-type": st.sampled_from([["I"], ["V"]]),
        "setting": st.sampled_from([["clinic"], ["home"]]),
        "technique": st.sampled_from([["pen"], ["roller"], ["radiofrequency"]]),
        "add-on": st.sampled_from([["prp"], ["none"]]),
        "uses": st.sampled_from([["retinoid"], ["minoxidil"], ["none"]]),
        "condition": st.sampled_from([["eczema"], ["none"]]),
    },
)

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
    waits: bool
    worry: datetime | None
    lasts: bool
    last_of_no: date
    is_after: bool

    def forbids(self, day: date) -> bool:
        """Tell whether any of the no lies on a day."""
        return self.lasts and self.start.date() <= day <= self.last_of_no


class Plan(NamedTuple):
    """What the JSON of a timeline says."""

    timeline: Timeline
    windows: list[Told]
    days: list[dict[str, Any]]
    last: datetime

    @property
    def rule_set(self) -> RuleSet:
        return self.timeline.rule_set

    def of(self, kind: str, target: str | None = None) -> list[Told]:
        return [one for one in self.windows if one.kind == kind and target in (None, one.target)]

    def names(self, target: str) -> list[str]:
        """Name a target and all that it is part of."""
        return [self.rule_set.label(one) for one in self.rule_set.lineage.get(target, (target,))]


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
    record = json.loads(json_view.render(timeline))
    told = []
    for one in record["windows"]:
        start, end = on_the_wall(one["start"]), on_the_wall(one["end"])
        told.append(
            Told(
                one["kind"],
                one["activity"],
                one["text"].rstrip("."),
                on_the_wall(one["better_from"]) if one["better_from"] else start,
                start,
                end,
                on_the_wall(one["better_until"]) if one["better_until"] or one["open_end"] else end,
                bool(one["and_once"]),
                on_the_wall(one["worry_after"]) if one["worry_after"] else None,
                ends_after(one["end"], datetime.fromisoformat(one["start"])),
                last_day(one["end"], timeline.treatment.zone),
                one["open_end"] or ends_after(one["better_until"] or one["end"], timeline.treatment.first),
            )
        )
    treatment = timeline.treatment
    return Plan(timeline, told, record["days"], treatment.last.astimezone(treatment.zone).replace(tzinfo=None))


# Words back to times.


def when(text: str, treatment: Treatment) -> datetime:
    """Read `Sun 22 Nov 16:30`, `Sun 22 Nov`, `the end of Mon 23 Nov 2027` or `further notice`."""
    if text == "further notice":
        return FOREVER
    ends = text.startswith("the end of ")
    words = text.removeprefix("the end of ").split()
    clock = words.pop() if ":" in words[-1] else "00:00"
    year = words[3] if words[3:] else treatment.day.year
    said = datetime.strptime(f"{words[1]} {words[2]} {year} {clock} +0000", "%d %b %Y %H:%M %z").replace(tzinfo=None)
    assert f"{said:%a}" == words[0], text
    if not ends:
        return said
    return day_end(said.date(), treatment.zone, late=False).astimezone(treatment.zone).replace(tzinfo=None)


RESTRICTION = re.compile(
    r"(?:no until (?P<no>[^,;]+))?(?:, )?(?:then )?"
    r"(?:better not until (?P<better>[^,;]+)|(?P<open>better not: no end is given, ask your clinic))?"
    r"(?:; )?(?P<waits>only once .+)?"
)


def restrictions(text: str, on: Treatment) -> list[tuple[datetime | None, datetime | None, bool]]:
    """Read how long something is to be left: until when no, until when better not, and whether something must come."""
    found = []
    for part in text.split("; again "):
        match = RESTRICTION.fullmatch(part)
        assert match is not None, part
        better = FOREVER if match["open"] else when(match["better"], on) if match["better"] else None
        found.append((when(match["no"], on) if match["no"] else None, better, match["waits"] is not None))
    return found


def split(names: str) -> list[str]:
    return re.split(r", | and ", names)


# The page and Markdown have the same sections, so what is in them is read once.

SECTIONS = {
    "What lifts when": "lifts",
    "Until when": "chart",
    "What to do, and until when": "doing",
    "Day by day": "days",
    "Normal to see, and until when": "normal",
    "Allowed": "allowed",
    "Before the treatment": "before",
}


def page_sections(text: str) -> dict[str, list[Row]]:
    """Read the sections of a page: what stands in front, and what is said."""
    found: dict[str, list[Row]] = {}
    section, head = "", ""
    for tag, attributes, texts in Page(text).elements:
        words = "".join(texts).strip()
        if tag == "section":
            section = section if attributes.get("class") == "day" else str(attributes["id"])
        elif tag == "h3":
            found.setdefault(section, []).append(("", words))
        elif tag == "dt":
            head = words
        elif tag == "dd":
            found.setdefault(section, []).append((head, re.sub(r"\s*\[[\d, +]+\]$", "", words)))
        elif tag == "span" and attributes.get("class") == "what":
            label, _, said = words.partition(": ")
            found.setdefault(section, []).append((label, said))
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


def check_sections(plan: Plan, found: dict[str, list[Row]]) -> None:
    check_chart(plan, found.get("chart", []))
    check_days(plan, found.get("days", []))
    check_before(plan, found.get("before", []))
    check_lifts(plan, found.get("lifts", []))
    check_others(plan, found)


def check_chart(plan: Plan, rows: list[Row]) -> None:
    """Check that the chart gives each activity the times of its windows, or of something that it is part of."""
    on = plan.timeline.treatment
    told: dict[str, list[tuple[datetime | None, datetime | None, bool]]] = {}
    for one in plan.of(AVOID):
        if one.is_after:
            better = one.better_until if one.better_until > one.end else None
            no = one.end if one.lasts else None
            told.setdefault(one.target, []).append((no, better, one.waits))
    shown = {label: restrictions(text, on) for label, text in rows}
    for target, times in told.items():
        days = [day for day in plan.days if day["day"] >= 0 and target in (*day["avoid"], *day["better_not"])]
        lines = [shown[label] for label in plan.names(target) if label in shown]
        assert times in lines or not days, (target, times, lines)
    labels = {plan.rule_set.label(target): times for target, times in told.items()}
    assert all(labels[label] == times for label, times in shown.items())


def check_days(plan: Plan, rows: list[Row]) -> None:
    """Check that each day has what the JSON has on it, by name or by the name of what that is part of."""
    blocks: list[list[Row]] = []
    for head, said in rows:
        if not head:
            blocks.append([])
        blocks[-1].append((head, said))
    titles = [re.match(r"Days? (\d+)(?:–(\d+))? ", block[0][1]) for block in blocks]
    numbers = [range(int(title[1]), int(title[2] or title[1]) + 1) for title in titles if title]
    after = [day for day in plan.days if day["day"] >= 0]
    assert [number for block in numbers for number in block] == [day["day"] for day in after]
    by_number = {number: block for block, run in zip(blocks, numbers, strict=True) for number in run}
    for day in after:
        block = by_number[day["day"]]
        leave, better = ([one for head, text in block if head == tone for one in split(text)] for tone in TONES)
        check_names(plan, leave, day["avoid"])
        check_names(plan, [*leave, *better], [*day["avoid"], *day["better_not"]])
        assert not set(leave) & set(better)
        normal = [text for head, text in block if head == "Normal"]
        assert normal == ([join(plan.rule_set.label(sign) for sign in day["expect"])] if day["expect"] else [])
        assert bool(day["do"]) == any(head == "Do" for head, _ in block)
        for lift in day["lifts"]:
            at = on_the_wall(lift["at"])
            again = datetime.fromisoformat(lift["at"]).astimezone(plan.timeline.treatment.zone).fold
            head = "Lifts at its start" if at.time() == time(0) and not again else f"Lifts {at:%H:%M}"
            verdicts = [text for its, text in block if its == head]
            assert any(has_lift(plan, text, lift["activity"], lift["to"]) for text in verdicts), (day, verdicts)


TONES = ("Leave", "Better not")
NOT_YET = " (better not yet)"


def has_lift(plan: Plan, text: str, target: str, to: str) -> bool:
    text = re.sub(r", only once .*$", "", text)
    if text.endswith(NOT_YET) != (to == "better-not"):
        return False
    named = {name.removesuffix(" (not all)") for name in split(text.removesuffix(NOT_YET))}
    return bool(named & set(plan.names(target)))


def check_names(plan: Plan, shown: list[str], targets: Sequence[str]) -> None:
    """Check that *shown* names all *targets*, some of them by what they are part of, and nothing else."""
    assert set(shown) <= {plan.rule_set.label(target) for target in targets}
    assert all(set(shown) & set(plan.names(target)) for target in targets)


def join(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def check_before(plan: Plan, rows: list[Row]) -> None:
    """Check that what begins on a day before the treatment stands there under its date."""
    day = plan.timeline.treatment.day
    shown = []
    for head, text in rows:
        match = re.fullmatch(r"(.+) \(day (−?\d+)\)", head)
        assert match is not None, head
        at = when(match[1], plan.timeline.treatment)
        assert (at.date() - day).days == int(match[2].replace("−", "-"))
        shown.append((at, text))
    for one in plan.of(AVOID):
        if one.better_from.date() < day:
            if one.better_from < one.start:
                assert has_begun(plan, shown, one.better_from, "better not any more: ", one.target)
            if one.start < min(one.end, plan.last):
                assert has_begun(plan, shown, one.start, "leave ", one.target)
    for one in (*plan.of(PREPARE), *plan.of(DO)):
        if one.kind == PREPARE or one.start.date() < day:
            assert any(at == one.start and text.startswith(one.text) for at, text in shown), one


def has_begun(plan: Plan, shown: list[tuple[datetime, str]], at: datetime, lead: str, target: str) -> bool:
    texts = [text.removeprefix(lead) for its, text in shown if its == at and text.startswith(lead)]
    return any(name in plan.names(target) for text in texts for name in split(text))


def check_lifts(plan: Plan, rows: list[Row]) -> None:
    """Check that whatever ends after the treatment is in the list of what lifts, at its time and to its verdict."""
    on = plan.timeline.treatment
    ends = {"No end is given": "ask your clinic", "Until further notice": "leave it"}
    for one in plan.of(AVOID):
        if not one.is_after:
            continue
        for at, to, really in (
            (one.end, "better-not" if one.better_until > one.end else "yes", one.lasts),
            (one.better_until, "yes", one.end < one.better_until),
        ):
            if really and at != FOREVER:
                texts = [text for head, text in rows if head not in ends and when(head, on) == at]
                assert any(has_lift(plan, text, one.target, to) for text in texts), (one, texts)
        if one.better_until == FOREVER:
            head = "Until further notice" if one.end == FOREVER else "No end is given"
            names = [name for its, text in rows if its == head for name in split(text.partition(": ")[0])]
            assert set(names) & set(plan.names(one.target)), one


def check_others(plan: Plan, found: dict[str, list[Row]]) -> None:
    """Check what is to be done, to be expected and allowed: from when, until when, and which text."""
    on = plan.timeline.treatment
    doing = []
    for head, text in found.get("doing", []):
        match = re.fullmatch(r"(?:from (.+) )?until (.+)", head)
        assert match is not None, head
        doing.append((when(match[1], on) if match[1] else None, when(match[2], on), text))
    for one in plan.of(DO):
        if one.is_after and one.lasts:
            start = one.start if one.start > plan.last else None
            texts = [text for at, until, text in doing if (at, until) == (start, one.end)]
            assert any(text.startswith(one.text) and ("only once" in text) == one.waits for text in texts), (one, texts)
    normal = [(label, re.split(r"; ", text)) for label, text in found.get("normal", [])]
    for one in plan.of(EXPECT):
        lines = [parts for label, parts in normal if label == plan.rule_set.label(one.target)]
        said = [expected(parts, on) for parts in lines]
        late = one.start if one.start.date() > plan.timeline.treatment.day else None
        assert (late, one.end, one.worry) in said, (one, said)
    allowed = [(label, *re.split(r"[,;]", text, maxsplit=1)) for label, text in found.get("allowed", [])]
    starts = [(label, when(text.removeprefix("from "), on)) for label, text, *_ in allowed]
    assert starts == [(plan.rule_set.label(one.target), one.start) for one in plan.of(ALLOW)]


def expected(parts: list[str], on: Treatment) -> tuple[datetime | None, datetime, datetime | None]:
    def after(lead: str) -> Iterator[datetime]:
        return (when(part.removeprefix(lead), on) for part in parts if part.startswith(lead))

    worry = after("call your clinic if it is still there from ")
    return next(after("from "), None), next(after("until ")), next(worry, None)


# The calendar.

_CARE = re.compile(
    r"(?P<verdict>Leave|Better not)(?: until (?P<until>[^,]+?)| \(no end is given, ask your clinic\))"
    r"(?P<waits>, only once .+?)?: (?P<names>.+) \[.+\]"
)


def check_calendar(plan: Plan, text: str) -> None:
    """Check that each day has an entry with every restriction that touches it, and each lift one at its hour."""
    on = plan.timeline.treatment
    on_day: dict[date, str] = {}
    lifts = []
    calendar: Any = Calendar.from_ical(text)
    for event in calendar.walk("VEVENT"):
        start, said = event["DTSTART"].dt, str(event["DESCRIPTION"])
        if isinstance(start, datetime):
            if said.startswith("From ") and ("No rule speaks" in said or "Still better not:" in said):
                head = said.partition("\n")[0].removeprefix("From ")
                lifts.append((start.astimezone(on.zone), when(head, on), said))
        elif not str(event["SUMMARY"]).startswith("Session"):
            length = (event["DTEND"].dt - start).days
            on_day.update({start + timedelta(days=number): said for number in range(length)})
    for day in plan.days:
        if day["avoid"] or day["better_not"]:
            check_entry(plan, day, on_day[date.fromisoformat(day["date"])], on)
    for one in plan.of(AVOID):
        if one.is_after:
            if one.lasts and one.end < FOREVER:
                check_moment(plan, lifts, one, one.end, milder=one.better_until > one.end)
            if one.end < one.better_until < FOREVER:
                check_moment(plan, lifts, one, one.better_until, milder=False)


def check_entry(plan: Plan, day: dict[str, Any], said: str, on: Treatment) -> None:
    lines: dict[str, list[tuple[datetime, str]]] = {"Leave": [], "Better not": []}
    for match in filter(None, map(_CARE.fullmatch, said.splitlines())):
        until = when(match["until"], on) if match["until"] else FOREVER
        lines[match["verdict"]].extend((until, name) for name in split(match["names"]))
    today = date.fromisoformat(day["date"])
    for target in day["avoid"]:
        ends = [one.end for one in plan.of(AVOID, target) if one.forbids(today)]
        shown = {until for until, name in lines["Leave"] if name in plan.names(target)}
        assert set(ends) <= shown, (day["day"], target, ends, shown)
    allowed = {(one.end, plan.rule_set.label(one.target)) for one in plan.of(AVOID) if one.forbids(today)}
    assert set(lines["Leave"]) <= allowed, day["day"]
    for target in day["better_not"]:
        named = [name for _, name in lines["Better not"]]
        later = [name for name in re.findall(r"Better not any more from .+?: (.+) \[", said) for name in split(name)]
        assert {*named, *later} & set(plan.names(target)), (day["day"], target)


def check_moment(
    plan: Plan, lifts: list[tuple[datetime, datetime, str]], one: Told, at: datetime, *, milder: bool
) -> None:
    for start, said_at, said in lifts:
        free, _, still = said.partition("Still better not:")
        listed = re.findall(r"^- (.+?)(?: \(little evidence\))? \[", still if milder else free, re.MULTILINE)
        if said_at == at and set(listed) & set(plan.names(one.target)) and ("Only once" in said) == one.waits:
            assert start.replace(tzinfo=None) >= at
            return
    raise AssertionError(one, at)


# CSV.


def check_csv(timeline: Timeline) -> None:
    """Check that there is a row for each window, each with the values of the JSON."""
    rows = list(csv.DictReader(io.StringIO(csv_view.render(timeline), newline="")))
    record = json.loads(json_view.render(timeline))
    warnings = len(record["screening"]) + len(record["red_flags"])
    for row, window in zip(rows[warnings:], record["windows"], strict=True):
        for column in ("kind", "activity", "rule", "start", "origin", "precision", "text"):
            assert row[column] == window[column]
        for column in ("earliest", "end", "better_from", "better_until", "times", "if", "usually_by", "worry_after"):
            assert row[column] == (window[column] or "")
        for column in ("end_stated", "open_end"):
            assert row[column] == str(window[column]).lower()
        assert row["and_once"] == "; ".join(window["and_once"])
        assert row["label"] == timeline.rule_set.label(window["activity"])


def check(timeline: Timeline) -> None:
    plan = read(timeline)
    on_page = page_sections(html.render(timeline))
    written = markdown_sections(markdown.render(timeline))
    assert on_page == {name: without_sources(rows, timeline.rule_set) for name, rows in written.items()}
    check_sections(plan, on_page)
    check_calendar(plan, ics.render(timeline))
    check_csv(timeline)


@few
@given(treatments(), answers)
def test_every_view_of_the_shipped_rules_shows_the_windows_of_the_json(
    treatment: Treatment, said: dict[str, list[str]]
) -> None:
    seen = {name: seen for name, seen in treatment.seen.items() if name in SHIPPED.moments}
    check(build_timeline(SHIPPED, treatment._replace(seen=seen), read_facts(SHIPPED, said)))


@many
@given(rule_sets((AVOID, AVOID, ALLOW, DO, EXPECT, PREPARE), ended=False), treatments(), facts)
def test_every_view_of_any_rules_shows_the_windows_of_the_json(
    of: list[Rule], treatment: Treatment, known: Facts
) -> None:
    check(made(of, treatment, known))


@pytest.mark.parametrize(
    ("rules", "on", "zone"),
    [
        pytest.param("use: {do: cream, until: always}", "2026-11-20", "Asia/Tokyo", id="to be done for ever"),
        pytest.param("drink: {do: cream, days: -3..-1}", "2026-11-20", "Asia/Tokyo", id="to be done before"),
        pytest.param(
            "rest: {avoid: cream, until: redness-gone}\nuse: {do: cream, until: 7d}",
            *("2026-11-20", "Asia/Tokyo"),
            id="to be done once something was seen",
        ),
        pytest.param(
            "red: {expect: redness, worry-after: always}", "2026-11-20", "Asia/Tokyo", id="never a reason to call"
        ),
        pytest.param(
            "one: {avoid: gym, until: 48h}\ntwo: {avoid: gym}", "2026-11-20", "Asia/Tokyo", id="one end of two is given"
        ),
        pytest.param("open: {avoid: gym}", "2026-11-20", "Asia/Tokyo", id="no end is given"),
        pytest.param("gym: {avoid: gym, until: 1d}", "2026-10-23", "Atlantic/Azores", id="a midnight that comes twice"),
        pytest.param("gym: {avoid: gym, until: 1d}", "2026-03-26", "Asia/Beirut", id="a midnight that never comes"),
        pytest.param(
            "gym: {avoid: gym, from: healed - 0d..5d, until: bedtime}", *("2026-11-20", "UTC"), id="over early"
        ),
    ],
)
@pytest.mark.parametrize("clock", ["16:30", None], ids=["with its time", "a date alone"])
def test_every_view_shows_what_laws_have_found_missing(
    plan: Planner, rules: str, on: str, zone: str, clock: str | None
) -> None:
    check(plan(rules, on, clock, tz=zone))
