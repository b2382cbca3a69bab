"""Whether the rules speak of an activity at some time at all: what covers it, supports it, or would restrict it."""

from collections.abc import Iterable, Iterator

from needlecare.ask.asked import Asked
from needlecare.ask.words import stem, tokens
from needlecare.model.plan import FOREVER, Hint, Timeline, Window
from needlecare.model.ruleset import ALLOW, DO, PREPARE, PRESCRIBED


def is_covered(timeline: Timeline, activity: str, asked: Asked) -> bool:
    """Tell whether a rule speaks of *activity* at all of the time *asked*.

    What is restricted after the treatment says nothing of the time before it, nor the other way round, and a
    permission nothing of any time but its own.
    """
    if any(supports_of(timeline, [activity], asked)):
        return True
    if not timeline.covers(activity):
        return False
    treatment, windows = timeline.treatment, timeline.windows_on(activity)
    if is_before(asked, timeline) and not any(one.better_from < treatment.first for one in windows):
        return False
    if not windows:
        wanted = set(timeline.rule_set.lineage[activity])
        return not any(one.kind == ALLOW and one.target in wanted for one in timeline.windows)
    # A rule that ends with the treatment speaks of the time before the next one too, once that is booked.
    ahead = {one.rule for one in windows if one.over <= treatment.last}
    return not asked.meets(treatment.last, FOREVER, treatment) or any(one.rule not in ahead for one in windows)


def is_before(asked: Asked, timeline: Timeline) -> bool:
    """Tell whether some of the time *asked* lies before the treatment."""
    return asked.begins(timeline.treatment) < timeline.treatment.first


def supports_of(timeline: Timeline, ids: Iterable[str], asked: Asked) -> Iterator[Window]:
    """Give what tells or allows people to do this: a permission from its start, a thing to do once it has begun."""
    wanted = timeline.rule_set.ancestry(ids)
    begins = asked.begins(timeline.treatment)
    for window in timeline.windows:
        if window.target not in wanted:
            continue
        if window.kind == PREPARE and timeline.rule_set.activities[window.target].medicine == PRESCRIBED:
            yield window
        elif window.unsure:
            continue
        elif window.kind == PREPARE and begins < timeline.treatment.last:
            yield window
        elif window.kind in (ALLOW, DO) and begins >= window.start:
            # A permission that nothing ends goes on; one with a condition ends with the time that it is meant for.
            goes_on = window.kind == DO or not (window.end_stated or window.condition)
            if goes_on or not asked.meets(window.end, FOREVER, timeline.treatment):
                yield window


def prepares(timeline: Timeline, ids: Iterable[str], asked: Asked) -> Iterator[Window]:
    """Give what is to be prepared at the time *asked*, where its words name what *ids* are."""
    due = [one for one in timeline.windows if one.kind == PREPARE and not one.condition]
    due = [one for one in due if asked.meets(one.start, one.end, timeline.treatment)]
    if not due:
        return
    activities = timeline.rule_set.activities
    wanted = timeline.rule_set.ancestry(ids)
    names = {_even(name) for one in wanted for name in (activities[one].label, *activities[one].aka)}
    yield from (one for one in due if any(name in _even(one.text) for name in names))


def _even(text: str) -> str:
    return f" {' '.join(map(stem, tokens(text)))} "


def hints_on(timeline: Timeline, parts: Iterable[str]) -> tuple[Hint, ...]:
    """Tell what would be restricted if an assumed fact were otherwise."""
    wanted = timeline.rule_set.ancestry(parts)
    return tuple(hint for hint in timeline.longer_if if hint.target in wanted)
