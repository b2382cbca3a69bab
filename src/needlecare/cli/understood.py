"""What was asked: the words as they were typed, with --on and --at → what they mean and when they ask about."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from needlecare.cli.options import Request, present_for, read_date
from needlecare.errors import InputError

_LONGEST = 500


def joined(words: Sequence[str]) -> str:
    """Give the question as one text; one that goes on for ever would take as long to understand."""
    typed = " ".join(words)
    if not typed.strip():
        raise InputError("ask about something: needlecare can wash my face")
    if len(typed) > _LONGEST:
        raise InputError(f"this is longer than {_LONGEST} characters; ask about one thing at a time")
    return typed


def understand(
    requests: Sequence[Request],
    words: Sequence[str],
    on: str | None,
    at: str | None,
    find: Callable[[str], Any],
    *,
    signs: bool = False,
    else_now: bool = True,
) -> Any:
    """Tell what the words mean and when they ask about: *else_now* where they don't say.

    Words about time count only where the rest needs none.
    """
    from needlecare.ask.asked import at_instant, at_time, go_on, lasting, on_day
    from needlecare.typed import parse_time

    request, typed = requests[0], joined(words)
    treatment = request.treatment
    meaning, asked, first, past = find(typed), None, None, False
    lengths: tuple[Any, ...] = ()
    day = _read_day(on, request, requests) if on is not None else None
    if not meaning.is_sure:
        from needlecare.ask.asked import split_time, when_asked

        spoken = split_time(typed, treatment, lambda: present_for(requests))
        named = spoken.first is not None or spoken.opening
        if day is not None and named and (spoken.first, spoken.last) != (day, day):
            raise InputError(f"--on {day.isoformat()} and the words `{typed}` name two days; ask about one at a time")
        meaning = find(spoken.words) if spoken.words else meaning
        spoken = spoken._replace(first=day, last=day, this=False) if day is not None else spoken
        asked, first, past = when_asked(spoken, treatment, lambda: present_for(requests)), spoken.first, spoken.past
        lengths = spoken.lengths
    elif day is not None:
        asked, first = on_day(day), day
    if at is not None:
        asked = at_time(first or present_for(requests).date(), parse_time(at), treatment)
    meaning = meaning.about(timed=asked is not None)
    if not else_now:
        return meaning._replace(when=()), None if asked is None else go_on(asked, lengths, treatment)
    if asked is None and meaning.past:
        # “I already used retinol”: some time between the treatment and now.
        now = present_for(requests).date()
        asked = on_day(min(treatment.day, now), now)
    elif asked is None:
        asked = at_instant(present_for(requests), treatment)
        if lengths and signs:
            asked, lengths = lasting(lengths, treatment, present_for(requests)), ()
    asked = go_on(asked, lengths, treatment)
    told_now = request.now is not None and asked.last < present_for(requests).date()
    return meaning, asked._replace(past=asked.past or past or told_now)


def _read_day(text: str, request: Request, requests: Sequence[Request]) -> date:
    """Read the day of --on: as any other date, or the name of a day of the week."""
    if text[:1].isdigit():
        return read_date(text, request.treatment.zone, request.now)
    from needlecare.ask.asked import read_weekday

    return read_weekday(text, lambda: present_for(requests)) or read_date(text, request.treatment.zone, request.now)
