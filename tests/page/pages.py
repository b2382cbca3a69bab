"""Plans for the tests of what is handed over: as a page, as Markdown and as CSV."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

from needlecare import RuleSet, Timeline, build_timeline, load_rules, make_treatment, read_facts

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
) -> Timeline:
    """Plan for 20 November 2026 in London."""
    chosen = rule_set or rules()
    treatment = make_treatment(date(2026, 11, 20), clock, ZoneInfo("Europe/London"))._replace(next_day=booked)
    return build_timeline(chosen, treatment, read_facts(chosen, facts or {}))


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
