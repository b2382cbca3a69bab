"""What stands around every answer: when it is about, which treatment, what speaks against it, sources, red flags."""

from collections.abc import Iterable, Iterator

from needlecare.ask.asked import Asked
from needlecare.model.plan import Timeline
from needlecare.model.ruleset import RuleSet
from needlecare.views.grounds import list_core_changes
from needlecare.views.phrases import NO_ADVICE, Clock, flag_text, join_words, say_date, say_dates, whom

_SHOWN = 3


def closed(lines: Iterable[str], timeline: Timeline) -> str:
    """Close an answer with the red flags and whom to believe first."""
    return finished([*lines, f"- {red_flag_line(timeline)}"], timeline.rule_set)


def finished(lines: Iterable[str], rule_set: RuleSet) -> str:
    """Finish an answer with what was changed of the core, and whom to believe first."""
    return "\n".join([*lines, *list_core_changes(rule_set), NO_ADVICE]) + "\n"


def red_flag_line(timeline: Timeline) -> str:
    """Name the weightiest red flag, and how to see the others."""
    urgent = [rule for rule in timeline.red_flags if rule.urgent]
    if not urgent:
        return f"Red flags: none in this rule set; ask {whom(timeline)} which signs need a call."
    signs = max(urgent, key=lambda rule: (len(rule.says), rule.id)).targets
    names = join_words(timeline.rule_set.label(sign) for sign in signs)
    return f"Red flags ({names}): see a clinician. `needlecare today` lists them all."


def flag_texts(timeline: Timeline) -> Iterator[str]:
    """Give the text of every red flag."""
    return (flag_text(rule, timeline.rule_set) for rule in timeline.red_flags)


def say_asked(asked: Asked, timeline: Timeline) -> str:
    """Say when the question is about."""
    clock, day = Clock(timeline.treatment), timeline.treatment.day
    if asked.at is not None:
        return clock.at(asked.at)
    if asked.start is not None and asked.end is not None:
        same = clock.day(asked.start) == clock.day(asked.end)
        end = clock.time(asked.end) if same else "midnight" if asked.first == asked.last else clock.until(asked.end)
        return f"{clock.at(asked.start)} to {end}"
    return say_dates(asked.first, asked.last, day)


def say_treatment(timeline: Timeline) -> str:
    """Say which treatment an answer counts from."""
    treatment = timeline.treatment
    hour = f" {treatment.clock:%H:%M}" if treatment.clock else ""
    area = timeline.facts.value("area")
    shown = f" ({', '.join(area)})" if isinstance(area, tuple) else ""
    return f"the treatment of {say_date(treatment.day, treatment.day)}{hour}{shown}"


def say_findings(timeline: Timeline) -> Iterator[str]:
    """Say loudly what speaks against the treatment at all."""
    for finding in timeline.findings:
        if finding.level in ("stop", "postpone"):
            yield f"{finding.level.upper()}: {finding.screening.text or finding.screening.id}"


def say_sources(sources: tuple[str, ...]) -> str:
    """Name the first sources, and how many more there are."""
    more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
    return f"says {', '.join(sources[:_SHOWN])}{more}" if sources else "no source named"
