"""Questions as the library takes them: one timeline, words, a day or an instant."""

from datetime import date, datetime

from needlecare.ask.asked import at_instant, on_day
from needlecare.ask.lookup import Meaning, find_activities, treated_words
from needlecare.ask.verdict import NO_RULE, Return, Verdict, find_return, judge
from needlecare.errors import InputError
from needlecare.model.plan import Timeline
from needlecare.model.time import FIRST_YEAR, LAST_YEAR


def can(timeline: Timeline, words: str, at: date | datetime) -> Verdict:
    """Tell whether what *words* name is free *at* an instant, or on the strictest instant of a day.

    An instant without a zone is by the clock of the treatment's zone.

    Raises:
        InputError: *timeline* is none, *words* no text, *at* neither a date nor a datetime, or not of 1900 to 2199.
    """
    meaning = _meant(timeline, words)
    if not isinstance(at, date):
        raise InputError(f"a question is about a date or a datetime, such as date(2026, 11, 22), not {at!r}")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise InputError(f"{at.isoformat()} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    treatment = timeline.treatment
    if isinstance(at, datetime):
        asked = at_instant(at if at.tzinfo else at.replace(tzinfo=treatment.zone), treatment)
    else:
        asked = on_day(at)
    return _as_sure(judge([timeline], meaning, asked), meaning)


def when(timeline: Timeline, words: str) -> Return:
    """Tell from when what *words* name is free after the treatment.

    Raises:
        InputError: *timeline* is none, or *words* no text.
    """
    # From when something is free is told whatever time is named besides.
    meaning = _meant(timeline, words)._replace(when=())
    found = find_return([timeline], meaning)
    if meaning.is_sure:
        return found
    unsure = found.verdict._replace(verdict=NO_RULE)
    return Return(unsure, None, None, unsure)


def _as_sure(verdict: Verdict, meaning: Meaning) -> Verdict:
    """Say yes only to words that were all understood."""
    doubtful = meaning.turning or (verdict.is_yes and not meaning.is_sure)
    return verdict._replace(verdict=NO_RULE) if doubtful else verdict


def _meant(timeline: Timeline, words: str) -> Meaning:
    if not isinstance(timeline, Timeline):
        raise InputError(f"a question is put to a timeline, as build_timeline gives it, not {type(timeline).__name__}")
    if not isinstance(words, str):
        raise InputError(f"a question is asked in words, such as 'make-up', not {words!r}")
    return find_activities(timeline.rule_set, words, treated_words(timeline.rule_set, timeline.facts))
