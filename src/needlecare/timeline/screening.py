"""What speaks against the treatment: the reasons not to treat that hold, each at its level for this person."""

from collections.abc import Iterator

from needlecare.model.facts import Facts, Truth
from needlecare.model.plan import Finding
from needlecare.model.ruleset import Screening
from needlecare.model.time import shift_date
from needlecare.model.treatment import Treatment
from needlecare.timeline.selection import Selection

_GRAVEST = ("stop", "postpone", "ask", "tell")


def find_against(selection: Selection, treatment: Treatment, facts: Facts) -> Iterator[Finding]:
    """Tell what speaks against the treatment, the gravest first."""
    found = []
    for screening, truth in selection.screenings:
        if truth is Truth.YES:
            level = _level(screening, treatment, facts)
            found.extend([Finding(screening, level)] if level else [])
    yield from sorted(found, key=lambda finding: (_GRAVEST.index(finding.level), finding.screening.id))


def _level(screening: Screening, treatment: Treatment, facts: Facts) -> str | None:
    """Give the level for this person; long enough before the treatment it no longer counts, undated it is asked."""
    if screening.within is None:
        return screening.level
    dates = [
        facts.dates[test.fact, answer]
        for test in screening.when.tests
        for answer in test.answers
        if (test.fact, answer) in facts.dates
    ]
    if not dates:
        return "ask" if screening.level in ("stop", "postpone") else screening.level
    over = shift_date(max(dates), screening.within)
    return screening.level if over > treatment.day else None
