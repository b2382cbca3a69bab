"""What the person has seen (`redness-gone=2026-11-22`) → known moments, checked against the rule set."""

from collections.abc import Sequence
from datetime import date, datetime

from needlecare.dates import is_relative, parse_date, parse_time
from needlecare.errors import InputError
from needlecare.model.ruleset import RuleSet
from needlecare.model.treatment import NOT_YET, Seen, Treatment, seen_at, seen_on
from needlecare.rules.fields import nearest


def read_seen(
    rule_set: RuleSet, treatment: Treatment, texts: Sequence[str], today: date | None = None
) -> dict[str, Seen]:
    """Read `MOMENT=DATE`, `MOMENT=DATETtime` or `MOMENT=no`; *today* is needed for words such as today alone.

    Raises:
        InputError: there is no such moment to see, or it is said to have come before the treatment.
    """
    to_see = {moment.id for moment in rule_set.moments.values() if moment.clock is None}
    seen: dict[str, Seen] = {}
    for text in texts:
        name, equals, when = (part.strip() for part in text.partition("="))
        if not equals or not when:
            raise InputError(f"--seen: `{text}` can't be read; write it as redness-gone=2026-11-22, or redness-gone=no")
        if name not in to_see:
            known = ", ".join(sorted(to_see))
            raise InputError(f"--seen: there is no `{name}` to see{nearest(name, to_see)}; it may be {known}")
        if name in seen:
            raise InputError(f"--seen: {name} is given twice")
        seen[name] = NOT_YET if when.lower() == "no" else _when(name, when, treatment, today)
    return seen


def _when(name: str, text: str, treatment: Treatment, today: date | None) -> Seen:
    day_text, clock, time_text = (text, "", "") if is_relative(text) else text.partition("T")
    if not clock:
        day_text, clock, time_text = text.partition(" ") if ":" in text else (text, "", "")
    day = parse_date(day_text, today)
    found = (
        seen_at(datetime.combine(day, parse_time(time_text)), treatment.zone) if clock else seen_on(day, treatment.zone)
    )
    if found.last is not None and found.last.at <= treatment.first:
        raise InputError(f"--seen: {name} can't have come on {day.isoformat()}, before the treatment")
    return found
