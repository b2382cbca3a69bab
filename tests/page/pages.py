"""Plans for the tests of what is handed over: as a page, as Markdown and as CSV."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

from needlecare import Event, RuleSet, Timeline, build_timeline, load_rules, make_treatment, read_facts, render

HERE = Path(__file__).parent
CLINIC = HERE / "clinic" / "clinic.yaml"
HALF_PAST_FOUR = time(16, 30)
_EMPTY_TAGS = ("meta", "img", "br", "link", "input", "hr")


@cache
def rules(name: str = "microneedling") -> RuleSet:
    return load_rules(name)


def make_plan(
    rule_set: RuleSet | None = None,
    facts: Mapping[str, Sequence[str]] | None = None,
    *,
    clock: time | None = HALF_PAST_FOUR,
    booked: date | None = None,
    events: Sequence[Event] = (),
) -> Timeline:
    """Plan for 20 November 2026 in London."""
    chosen = rule_set or rules()
    treatment = make_treatment(date(2026, 11, 20), clock, ZoneInfo("Europe/London"), next_session=booked, events=events)
    return build_timeline(chosen, treatment, read_facts(chosen, facts or {}))


WEDDING = Event("wedding", "the wedding", date(2026, 12, 5), date(2026, 12, 5))
# What people's treatments are like, each with whether its first screen may hold more.
_TREATMENTS: dict[str, tuple[Callable[[], Timeline], bool]] = {
    "a date and a time": (make_plan, False),
    "a date alone": (lambda: make_plan(clock=None), False),
    "radiofrequency and PRP": (lambda: make_plan(facts={"technique": ["radiofrequency"], "add-on": ["prp"]}), True),
    "scalp and PRP": (lambda: make_plan(facts={"area": ["scalp"], "add-on": ["prp"]}), True),
    "body, skin type V": (lambda: make_plan(facts={"area": ["body"], "skin-type": ["5"]}), False),
    "a roller at home": (
        lambda: make_plan(facts={"setting": ["home"], "technique": ["roller"], "depth": ["0.3"]}),
        False,
    ),
    "eczema": (lambda: make_plan(facts={"condition": ["eczema"]}), True),
    "pregnant, with a blood thinner": (
        lambda: make_plan(facts={"condition": ["pregnancy"], "uses": ["blood-thinner"]}),
        True,
    ),
    "a booked session": (lambda: make_plan(booked=date(2026, 12, 18)), True),
    "a wedding": (lambda: make_plan(events=[WEDDING]), False),
    "eyes and neck, late in the evening": (
        lambda: make_plan(facts={"area": ["eye-area", "neck"]}, clock=time(23, 30)),
        False,
    ),
    "a clinic's own sheet": (lambda: make_plan(rules(str(CLINIC))), False),
    "a clinic on top of ours": (lambda: make_plan(rules(str(CLINIC.with_name("on-top.yaml")))), False),
}
# Each is planned once, and its page made once, however many tests look at it.
TREATMENTS = {name: (cache(make), may_hold_more) for name, (make, may_hold_more) in _TREATMENTS.items()}

_PAGES: dict[tuple[int, str | None], tuple[Timeline, str]] = {}


def page_of(timeline: Timeline, link: str | None = None) -> str:
    """Give the page of *timeline*."""
    key = id(timeline), link
    if key not in _PAGES:
        # With the plan, so that no other takes its place in memory.
        _PAGES[key] = timeline, render(timeline, "html", link=link)
    return _PAGES[key][1]


class Page(HTMLParser):
    """A page taken apart: each element with its attributes and the text inside it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert not self._open, "an element is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        if tag not in _EMPTY_TAGS:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        for number in self._open:
            self.elements[number][2].append(data)

    def texts(self, tag: str, class_: str = "") -> list[str]:
        """Give the text of every element of a kind."""
        return [
            "".join(text).strip()
            for name, attributes, text in self.elements
            if name == tag and class_ in (attributes.get("class") or "")
        ]

    def tags(self) -> set[str]:
        return {tag for tag, _, _ in self.elements}
