"""The plan as one self-contained HTML page: nothing is fetched, and without its script nothing is missing."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from needlecare.model.plan import Day, Timeline
from needlecare.model.ruleset import DARK_PAGE, LIGHT_PAGE, Clinic, RuleSet
from needlecare.views import phrases as say
from needlecare.views.phrases import Row, harmless, led
from needlecare.views.sheet import Sheet, make_sheet

# How far apart dates over the chart are at least, as a share of its width, so that they don't touch on a phone.
_APART = 0.15
_WIDE = 100.0
# Letters that two printed pages hold in full size, and what takes as much room as so many of them; measured on paper.
_ROOM, _MARK, _CLINIC, _LOGO = 18_900, 8, 600, 500
# What each row takes that isn't printed as it stands.
_EACH = {"chart": 40, "sources": 30}
# Smaller letters nobody could read: rather a third page.
_SMALLEST = 0.72
# Where the links at the top of the page lead, and how short they are.
_LINKS = {
    "lifts": "What lifts when",
    "lasting": "What does not lift",
    "days": "Day by day",
    "normal": "What is normal",
    "red-flags": "Red flags",
    "sessions": "Next session",
    "sources": "Sources",
}


def render(timeline: Timeline, *, calendar: str | None = None) -> str:
    """Render *timeline*; *calendar* is the same plan as a calendar file, for a link that saves it."""
    sheet = make_sheet(timeline, handed_over=True)
    clinic = timeline.rule_set.clinic
    found = {section.id for section in sheet.sections}
    sources = sheet.rows("sources")
    style, script = _style(clinic, _shrunk(sheet, clinic)), _asset("page.js")
    link = b64encode(calendar.encode()).decode() if calendar is not None else ""
    return _template().render(
        sheet=sheet,
        clinic=clinic,
        dial=_dial(clinic.phone) if clinic else "",
        treatment=timeline.treatment,
        links={id_: title for id_, title in _LINKS.items() if id_ in found},
        numbers={row.head: number for number, row in enumerate(sources, 1)},
        sources=list(_cites(sources, timeline.rule_set)),
        calendar=led("data:text/calendar;charset=utf-8;base64,", link),
        style=Markup(style),  # noqa: S704  our own file and checked colours
        script=Markup(script),  # noqa: S704  our own file
        policy=_policy(style, script),
    )


def render_for(timeline: Timeline, client: str) -> str:
    """Render *timeline* with a link to its calendar; *client* tells people apart where their calendars meet."""
    from needlecare.views import ics

    return render(timeline, calendar=ics.render_for(timeline, client))


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
    environment.filters.update(entries=_entries, runs=_runs, ticks=_ticks, mondays=_mondays, share=_share)
    return environment.get_template("page.html")


def _clean(value: object) -> object:
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> str:
    return _TEMPLATES.get_source(Environment(autoescape=True), name)[0].strip()


@cache
def _style(clinic: Clinic | None, shrunk: float) -> str:
    """Return the style sheet, with the clinic's colours where it has any, and with how far paper is *shrunk*."""
    colours = {"light": clinic.light, "dark": clinic.dark} if clinic else {}
    own = [
        f"@media screen and (prefers-color-scheme:{scheme}){{:root{{--accent:{colour}}}}}"
        for scheme, colour in colours.items()
        if colour
    ]
    if shrunk < 1:
        own.append(f"@media print{{body{{zoom:{shrunk}}}}}")
    pages = _asset("page.css").replace("LIGHT_PAGE", LIGHT_PAGE).replace("DARK_PAGE", DARK_PAGE)
    return "\n".join((pages, *own))


def _shrunk(sheet: Sheet, clinic: Clinic | None) -> float:
    """Return how far the print has to be shrunk for two pages: the area grows with the square of the letters' size.

    CSS can't do this: no unit of it knows how long a text is.
    """
    letters = 0
    for section in sheet.sections:
        for row in section.rows:
            letters += _EACH.get(section.id, len(row.head) + len(row.text) + _MARK * bool(row.sources))
    if clinic:
        letters += _CLINIC + len(clinic.closing) + (_LOGO if clinic.logo else 0)
    return max(_SMALLEST, min(1.0, int(100 * (_ROOM / letters) ** 0.5) / 100))


@cache
def _policy(style: str, script: str) -> str:
    """Allow this page's own style and script, and pictures that stand in it; nothing from anywhere else."""
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _entries(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Join rows that follow each other under one head."""
    return [(head, list(group)) for head, group in groupby(rows, key=lambda row: row.head)]


def _cites(rows: Iterable[Row], rule_set: RuleSet) -> Iterator[tuple[str, str, str, bool]]:
    """Yield title, publication and address of each source, and whether it shares its title: paper leaves that out."""
    found = [rule_set.sources[row.head] for row in rows]
    titles = Counter(source.title for source in found)
    for source in found:
        about = say.join_known(source.publisher, source.year, source.kind)
        yield source.title, about, source.url, bool(about) and titles[source.title] > 1


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


def _mondays(days: tuple[Day, ...]) -> list[int]:
    return [at for at, day in enumerate(days) if day.day.weekday() == 0 and at]


def _ticks(days: tuple[Day, ...]) -> Iterator[tuple[str, str]]:
    """Yield the date over day 0 and over every Monday that has room, with its place."""
    last = -len(days)
    for at in (0, *_mondays(days)):
        if at - last >= _APART * len(days) and (at == 0 or at <= (1 - _APART) * len(days)):
            yield say.short_date(days[at].day), _share(at, len(days))
            last = at


def _dial(phone: str) -> str:
    """Return what a telephone dials: no extension, nor a (0), which is for calls from within the country."""
    number = phone.lower().partition("x")[0].partition("e")[0]
    number = number.replace("(0)", "") if number.startswith("+") else number
    return ("+" if number.startswith("+") else "") + "".join(filter(str.isdecimal, number))
