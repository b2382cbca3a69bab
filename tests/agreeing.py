"""Checks that views agree: each, read back, with what the JSON says."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar

from needlecare import Timeline, Treatment, render
from needlecare.views import ics
from reading_back import (
    FOREVER,
    Plan,
    Row,
    Told,
    markdown_sections,
    on_the_wall,
    page_sections,
    read,
    when,
    without_sources,
)
from support import ALLOW, AVOID, DO, EXPECT, PREPARE


def check_sections(plan: Plan, found: dict[str, list[Row]]) -> None:
    check_days(plan, found.get("days", []))
    check_before(plan, found.get("before", []))
    check_lifts(plan, found.get("lifts", []))
    check_others(plan, found)


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
        avoid, better = ([one for head, text in block if head == tone for one in plan.split(text)] for tone in TONES)
        check_names(plan, avoid, day["avoid"])
        check_names(plan, [*avoid, *better], [*day["avoid"], *day["better_not"]])
        assert not set(avoid) & set(better)
        first = [_ADVICE.sub("", text) for head, text in block if head == "Check first"]
        waiting = [target for target in day.get("only_if", []) if plan.is_advised(target)]
        check_names(plan, [name for text in first for name in plan.split(text)], waiting)
        usual = [text for head, text in block if head == "Usual"]
        assert usual == ([join(plan.rule_set.label(sign) for sign in day["expect"])] if day["expect"] else [])
        assert bool(day["do"]) == any(head == "Do" for head, _ in block)
        for lift in day["lifts"]:
            at = on_the_wall(lift["at"])
            again = datetime.fromisoformat(lift["at"]).astimezone(plan.timeline.treatment.zone).fold
            head = "From the start" if at.time() == time(0) and not again else f"From {at:%H:%M}"
            verdicts = [text.removeprefix("OK: ") for its, text in block if its == head]
            named = any(has_lift(plan, text, lift["activity"], lift["to"]) for text in verdicts)
            assert named == plan.is_advised(lift["activity"]), (day, verdicts)


TONES = ("Avoid", "Better wait")
NOT_YET = ": better wait"


def has_lift(plan: Plan, text: str, target: str, to: str) -> bool:
    text = re.sub(r", only once .*$", "", text)
    if text.endswith(NOT_YET) != (to == "better-not"):
        return False
    named = set(plan.split(text.removesuffix(NOT_YET)))
    names = plan.names(target) if plan.is_advised(target) else [plan.rule_set.label(target)]
    return bool(named & set(names))


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
                assert has_begun(plan, shown, one.better_from, "better avoid ", one.target)
            if one.start < min(one.end, plan.last):
                assert has_begun(plan, shown, one.start, "avoid ", one.target)
    for one in (*plan.of(PREPARE), *plan.of(DO)):
        if one.kind == PREPARE or one.start.date() < day:
            assert any(at == one.start and text.startswith(one.text) for at, text in shown), one


def has_begun(plan: Plan, shown: list[tuple[datetime, str]], at: datetime, lead: str, target: str) -> bool:
    texts = [text.removeprefix(lead) for its, text in shown if its == at and text.startswith(lead)]
    return any(name in plan.names(target) for text in texts for name in plan.split(text))


def check_lifts(plan: Plan, rows: list[Row]) -> None:
    """Check that whatever ends after the treatment is in the list of what lifts, with its no, or under its head."""
    on = plan.timeline.treatment
    dated = [(when(head, on), text) for head, text in rows if head not in LASTING]
    for one in plan.of(AVOID):
        if not one.is_after:
            continue
        head = endless(one)
        if head:
            texts = [_ADVICE.sub("", text) for its, text in rows if its == head]
            assert {name for text in texts for name in plan.split(text)} & set(plan.names(one.target)), one
        if one.asks:
            continue
        no, at, is_mild = one.end if one.lasts else None, one.better_until, False
        if at == FOREVER or not (one.end < at or one.is_mild) or plan.goes_on(one):
            no, at, is_mild = None, one.end if one.lasts else FOREVER, one.better_until > one.end
        if at < FOREVER:
            texts = [text for its, text in dated if its == at]
            named = any(has_end(plan, text, one.target, no if no != at else None, mild=is_mild) for text in texts)
            assert named == plan.is_advised(one.target), (one, texts)


def has_end(plan: Plan, text: str, target: str, no: datetime | None, *, mild: bool) -> bool:
    text = re.sub(r", only once .*$", "", text)
    names, earlier, until = text.partition(": no until ")
    said = when(until.removesuffix(", then better wait"), plan.timeline.treatment) if earlier else None
    return said == no and has_lift(plan, names, target, "better-not" if mild else "yes")


LASTING = ("Ask first", "No end given", "You see when", "Never")
_ADVICE = re.compile(r": (no until|ask) .*$|, only once .+$")


def endless(one: Told) -> str:
    if one.end == one.earliest == FOREVER:
        return "Never"
    if one.asks:
        return "Ask first"
    if one.better_until < FOREVER:
        return ""
    if one.earliest == FOREVER or one.for_good:
        return "Never"
    return "No end given" if one.end < FOREVER else "You see when"


_DOING = re.compile(
    r"(?:from (?P<start>.+?))?(?:(?:^| )(?:(?:usually )?until (?P<end>.+)|(?P<open>without end|no end is given)))?"
)


def check_others(plan: Plan, found: dict[str, list[Row]]) -> None:
    """Check what is to be done, to be expected and allowed: from when, until when, and which text."""
    on = plan.timeline.treatment
    doing = []
    for head, text in found.get("doing", []):
        match = _DOING.fullmatch(head)
        assert match is not None, head
        start = when(match["start"], on) if match["start"] else None
        end = FOREVER if match["open"] else start
        doing.append((start, when(match["end"], on) if match["end"] else end, text))
    for one in plan.of(DO):
        if one.is_after:
            start = one.start if one.start > plan.last else None
            texts = [text for at, until, text in doing if (at, until) == (start, one.better_until)]
            assert any(text.startswith(one.text) and ("only once" in text) == one.waits for text in texts), (one, texts)
    # What the rule says besides follows as sentences.
    normal = [(match, text.split("; ")) for head, text in found.get("normal", []) if (match := _SPAN.fullmatch(head))]
    for one in plan.of(EXPECT):
        label = re.compile(rf"(^|, | and ){re.escape(plan.rule_set.label(one.target))}(, | and |$)")
        said = [expected(span, more, on) for span, (names, *more) in normal if label.search(names)]
        is_late = one.start > plan.last or one.start.date() > plan.timeline.treatment.day
        assert (one.start if is_late else None, one.end, one.worry) in said, (one, said)
    allowed = [(label, *re.split(r"[,;]", text, maxsplit=1)) for label, text in found.get("allowed", [])]
    starts = [(label, when(text.removeprefix("from "), on)) for label, text, *_ in allowed]
    assert starts == [(plan.rule_set.label(one.target), one.start) for one in plan.of(ALLOW)]


_SPAN = re.compile(r"(?:(?P<start>\w{3} \d.*) to|To) (?P<end>.+)")


def expected(span: re.Match[str], more: list[str], on: Treatment) -> tuple[datetime | None, datetime, datetime | None]:
    worry = next((re.split(" on |,", part)[1] for part in more if part.startswith("still there on ")), None)
    end = span["end"] if ":" in span["end"] or span["end"] == "further notice" else f"the end of {span['end']}"
    start = span["start"]
    return when(start, on) if start else None, when(end, on), when(worry, on) if worry else None


# The calendar.

_MARKS = re.compile(r" \[[^]]+\]$")


def check_calendar(plan: Plan, found: dict[str, list[Row]]) -> None:
    """Check that in full it has each line of the page, a day's on that day, and at its hour what is all right."""
    on = plan.timeline.treatment
    on_day: dict[date, set[str]] = defaultdict(set)
    opened = []
    calendar: Any = Calendar.from_ical(ics.render(plan.timeline, ics.Options("full")))
    for event in calendar.walk("VEVENT"):
        start, lines = event["DTSTART"].dt, str(event["DESCRIPTION"]).split("\n")
        if not isinstance(start, datetime):
            for number in range((event["DTEND"].dt - start).days):
                on_day[start + timedelta(days=number)].update(_MARKS.sub("", line) for line in lines)
        elif str(event["SUMMARY"]).startswith(("OK: ", "If calm: ")):
            opened.append(start.astimezone(on.zone).replace(tzinfo=None))
    for name, rows in found.items():
        day = on.day
        for head, text in rows:
            title = re.match(r"Days? (\d+)", text)
            if name == "days" and not head and title:
                day = on.day + timedelta(days=int(title[1]))
            else:
                said = on_day[day] if name == "days" else set[str]().union(*on_day.values())
                assert (f"{head}: {text}" if head else text) in said, (name, head, text)
    for one in plan.of(AVOID):
        ends = [one.end] if one.lasts and one.end == one.better_until else []
        if (one.end < one.better_until or one.is_mild) and not plan.goes_on(one):
            ends.append(one.better_until)
        for at in ends:
            if one.is_after and not one.asks and plan.is_advised(one.target) and at < FOREVER:
                morning = timedelta(hours=8 if at.time() == time(0) else 0, minutes=1)
                assert any(at <= start <= at + morning for start in opened), (one, at)


# CSV.


def check_csv(timeline: Timeline) -> None:
    """Check that there is a row for each warning and each window, each with the values of the JSON."""
    rows = list(csv.DictReader(io.StringIO(render(timeline, "csv"), newline="")))
    record = json.loads(render(timeline, "json"))
    warnings = [*record["screening"], *record["red_flags"]]
    assert [row["text"] for row in rows[: len(warnings)]] == [one["text"] for one in warnings]
    for row, window in zip(rows[len(warnings) :], record["windows"], strict=True):
        for column in ("kind", "activity", "rule", "start", "origin", "precision", "text"):
            assert row[column] == (window[column] or "")
        for column in ("earliest", "end", "better_from", "better_until", "times", "if", "usually_by", "worry_after"):
            assert row[column] == (window.get(column) or "")
        assert row["end_stated"] == str(window["end_stated"]).lower()
        assert row["open_end"] == str(window.get("open_end", False)).lower()
        says = dict.fromkeys(tuple(one.values()) for id_ in window["rules"] for one in record["rules"][id_]["says"])
        assert row["says"] == "; ".join(f"{source}: {value}" for source, value, _ in says)
        assert row["and_once"] == "; ".join(window["and_once"])
        assert row["label"] == timeline.rule_set.label(window["activity"])


def check(timeline: Timeline) -> None:
    plan = read(timeline)
    on_page = page_sections(render(timeline, "html"))
    written = markdown_sections(render(timeline, "md"))
    assert on_page == {name: without_sources(rows, timeline.rule_set) for name, rows in written.items()}
    check_sections(plan, on_page)
    check_calendar(plan, on_page)
    check_csv(timeline)
