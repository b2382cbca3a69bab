"""The plan as one self-contained HTML page: nothing is fetched, and without its script nothing is missing.

Style and script are the same bytes on every page, so that a policy can name them by their hashes.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from itertools import groupby
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from needlecare.ask.question import today as look_at
from needlecare.errors import refuse
from needlecare.model import facts, plan, ruleset
from needlecare.model.time import day_end, day_start, format_clock, last_instant
from needlecare.views import brief, today
from needlecare.views import phrases as say
from needlecare.views.days import EARLIER, Opening, days_after, draw_groups, list_openings
from needlecare.views.phrases import Clock, Row, grouped, harmless
from needlecare.views.sheet import make_sheet

# How far apart dates over the chart are at least, as a share of its width, so that they don't touch on a phone.
_APART = 0.22
_WIDE = 100.0
# What a code on paper has room for, and a fragment can be put behind.
_ADDRESS = re.compile(r'(?i)(?=.{,300}$)https?://(\w[\w.-]*|\[[\da-f:.]+\])(:\d{1,5})?([/?][!-"$-~]*)?', re.ASCII)
_WRONG = "up to 300 characters of ASCII, no blank, no user, and no #: that is where the answers go"


def render(timeline: plan.Timeline, client: str = "", *, whole: bool = True, link: str | None = None) -> str:
    """Render *timeline* with a link that saves its calendar; *client* tells people apart where their calendars meet.

    Unless it is to be *whole*, the page is its body alone, without style and script. It may *link* to a web app.
    """
    from needlecare.views import ics

    sheet, rule_set = make_sheet(timeline, handed_over=True), timeline.rule_set
    style, script = _asset("page.css"), _asset("page.js")
    openings, clock = list_openings(timeline), Clock(timeline)
    calendar = b64encode(ics.render(timeline, ics.Options(name=client)).encode()).decode()
    return _template().render(
        whole=whole,
        brief=brief.make_brief(timeline, handed_over=True),
        cards=_list_cards(openings, timeline, clock),
        soon=list(_list_soon(openings, timeline.treatment.last, timeline.first_until, clock)),
        groups=draw_groups(timeline),
        days=days_after(timeline),
        sheet=sheet,
        clinic=rule_set.clinic,
        emergency=(brief.emergency_lead(rule_set), rule_set.emergency.split(", ")),
        treatment=timeline.treatment,
        first_until=timeline.first_until,
        numbers={row.head: number for number, row in enumerate(sheet.rows("sources"), 1)},
        link=None if link is None else _lead_to(str(link), timeline),
        calendar=f"data:text/calendar;charset=utf-8;base64,{calendar}",
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        policy=_policy(style, script),
    )


_TEMPLATES = PackageLoader("needlecare", "views/templates")


@cache
def _template() -> Template:
    """Compile the page once; what people wrote is escaped, and a name that isn't given is an error."""
    environment = Environment(
        loader=_TEMPLATES,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    environment.filters.update(dates=_dates, dial=_dial, entries=_entries, parts=_parts)
    environment.filters.update(runs=_runs, share=_share, ticks=_ticks)
    return environment.get_template("page.html")


def _clean(value: object) -> object:
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> str:
    return _TEMPLATES.get_source(Environment(autoescape=True), name)[0]


@cache
def _policy(style: str, script: str) -> str:
    """Allow our own style and script, and pictures that stand in the page; nothing from anywhere else."""
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


# What stands on the page.


def _list_cards(openings: list[Opening], timeline: plan.Timeline, clock: Clock) -> list[tuple[datetime, list[Row]]]:
    """List what to do, to avoid and to expect, from each instant of the plan at which that changes."""
    first, zone = timeline.treatment.first, timeline.treatment.zone
    days = (max(first, day_start(day.day, zone)) for day in days_after(timeline))
    edges, now = _edges(timeline), look_at([timeline], first)
    cards: list[tuple[datetime, list[Row]]] = []
    for start in sorted({first, *days, *(one.at for one in openings)}):
        # What holds is the same until something begins or ends.
        same = not any(now.at < at <= start for at in edges)
        now = now._replace(at=start) if same else look_at([timeline], start)
        ends = last_instant(day_end(clock.day(start), zone))
        rows = [*_list_soon(openings, start, ends, clock), *today.list_now(now)]
        rows = [row for row in rows if row.text]
        if not cards or rows != cards[-1][1]:
            cards.append((start, rows))
    return cards


def _edges(timeline: plan.Timeline) -> set[datetime]:
    """Return the instants at which something begins or ends."""
    edges = {at for one in timeline.windows for at in (one.better_from, one.start, one.end, one.holds_until)}
    if timeline.treatment.next_day:
        edges.add(day_start(timeline.treatment.next_day, timeline.treatment.zone))
    return edges


def _list_soon(openings: list[Opening], since: datetime, until: datetime | None, clock: Clock) -> Iterator[Row]:
    """List all that is OK again from after *since* on, up to *until*."""
    soon = (one for one in openings if until and since < one.at <= until)
    for at, found in grouped(soon, lambda one: one.at).items():
        hour = f"OK from {clock.time(at) if clock.day(until or at) == clock.day(since) else clock.at(at)}"
        yield Row("Then OK" if at == until else hour, brief.starred(found, ruleset.LAST), "yes")


def _entries(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Join rows that follow each other under one head."""
    return [(head, list(group)) for head, group in groupby(rows, key=lambda row: row.head)]


def _parts(row: Row, emergency: tuple[str, list[str]]) -> tuple[list[str], str, str]:
    """Part the text of *row* from the *emergency* numbers that it begins with, and from what held earlier."""
    lead, numbers = emergency
    text, comma, until = row.text.partition(EARLIER) if row.at else (row.text, "", "")
    signs = text.removeprefix(lead)
    return numbers if signs != text else [], signs, f"{comma}{until}"


def _lead_to(address: str, timeline: plan.Timeline) -> tuple[str, str, str]:
    """Return *address* with the answers about the treatment alone, since paper lies about, in short, and as a code."""
    refuse(
        (not _ADDRESS.fullmatch(address), f"write the link as https://clinic.example/aftercare, {_WRONG}"),
        (not find_spec("segno"), "a link needs the library segno, which isn't installed: pip install 'needlecare[qr]'"),
    )
    import segno

    treatment, given = timeline.treatment, timeline.facts.given
    hour = {"time": format_clock(treatment.clock)} if treatment.clock else {}
    known = {fact: given[fact] for fact in facts.FACTS_OF_TREATMENT if fact in given}
    answers = {"date": treatment.day, **hour, "tz": treatment.zone.key, **known}
    whole = f"{address}#{urlencode(answers, doseq=True, quote_via=quote, safe=':/')}&end"
    code = segno.make_qr(whole, error="m").svg_data_uri(border=4, scale=0.5, unit="mm", dark="#000", light="#fff")
    return whole, address.partition("//")[2].partition("?")[0].rstrip("/"), code


# The chart.


def _runs(row: Row) -> Iterator[tuple[str, str, str]]:
    """Yield each run of days in one state, with its start and length as shares of the chart's width."""
    at, days = 0, len(row.states)
    for state, group in groupby(row.states):
        length = len(list(group))
        if state != ".":
            yield state, _share(at, days), _share(length, days)
        at += length


def _share(part: int, whole: int) -> str:
    return f"{part * _WIDE / whole:.4g}%"


def _ticks(days: Sequence[plan.Day]) -> Iterator[tuple[str, bool]]:
    """Yield where each day but the first begins, and whether it is a Monday."""
    return ((_share(at, len(days)), day.day.weekday() == 0) for at, day in enumerate(days) if at)


def _dates(days: Sequence[plan.Day]) -> Iterator[tuple[str, str, str]]:
    """Yield weekday and date over day 0 and over every Monday that has room, with their place."""
    last = -len(days)
    for at, day in enumerate(days):
        wanted = at == 0 or (day.day.weekday() == 0 and at <= (1 - _APART) * len(days))
        if wanted and at - last >= _APART * len(days):
            weekday, _, date = say.date(day.day, day.day).partition(" ")
            yield weekday, date, _share(at, len(days))
            last = at


def _dial(phone: str) -> str:
    """Return what a telephone dials: no extension, nor a (0), which is for calls from within the country."""
    number = phone.lower().partition("x")[0].partition("e")[0]
    number = number.replace("(0)", "") if number.startswith("+") else number
    return ("+" if number.startswith("+") else "") + "".join(filter(str.isdecimal, number))
