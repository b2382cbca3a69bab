"""What is said where no rule speaks of what was asked, or not of that time."""

from collections.abc import Iterator

from needlecare.ask.verdict import Verdict
from needlecare.model.ruleset import ALLOW
from needlecare.views.phrases import Clock, join_words, say_option

_SHOWN = 3
SILENT = {
    "before": "no rule speaks of the time before the treatment",
    "time": "no rule speaks of that time",
    "advice": "no rule restricts it then, and none recommends it",
}


def say_unknown(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Say what is known around what isn't."""
    rule_set = verdict.timeline.rule_set
    if verdict.silent:
        leave = f" Leave it from {clock.at(verdict.again)}." if verdict.again else ""
        yield f"- So this is not a yes.{leave} Ask your clinic."
        yield from (f"- {line}" for line in _permitted(verdict, clock))
        return
    yield f"- No rule of {rule_set.id} speaks of it for this treatment, so this is not a yes. Ask your clinic."
    for hint in verdict.hints[:_SHOWN]:
        until = f" until {clock.until(hint.then)}" if hint.then else ""
        options = join_words(say_option(name, rule_set) for name in hint.facts)
        yield f"- {options}: if this was assumed wrongly, leave {rule_set.label(hint.target)}{until}."


def _permitted(verdict: Verdict, clock: Clock) -> Iterator[str]:
    """Say when it would be permitted."""
    wanted = verdict.timeline.rule_set.ancestry(verdict.meaning.ids)
    for window in verdict.timeline.windows:
        if window.kind == ALLOW and window.target in wanted:
            condition = f", if {window.condition}" if window.condition else ""
            yield f"Allowed from {clock.at(window.start)} until {clock.until(window.end)}{condition}."
