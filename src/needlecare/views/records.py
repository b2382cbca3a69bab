"""The record of a plan, field by field, version 1. Fields are added, never given another meaning."""

import sys
from typing import Literal

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic asks for this one, and brings it
    from typing_extensions import TypedDict


class ClinicRecord(TypedDict):
    """The clinic that hands the plan out, and what to call."""

    name: str
    phone: str | None


class RuleSetRecord(TypedDict):
    """Which rules made the plan; `reviewed_by` null means that no clinician has reviewed them."""

    id: str
    version: str
    hash: str
    reviewed_by: str | None
    changed_core: list[str]


class HeadRecord(TypedDict):
    """What every record begins with."""

    schema_version: Literal[1]
    notice: str
    ruleset: RuleSetRecord


class TreatmentRecord(TypedDict):
    """The treatment; `time` and `moment` are null where only the date is known."""

    date: str
    time: str | None
    tz: str
    moment: str | None


class AssumedRecord(TypedDict):
    """A fact that wasn't given, and the default that decides."""

    fact: str
    value: str | float | list[str]


class SayingRecord(TypedDict):
    """What a source says, in its own numbers."""

    source: str
    value: str
    note: str | None


class OverruledRecord(TypedDict):
    """A milder value that lost."""

    rule: str
    source: str
    value: str


# A window. After an `open_end` it is better not, with no time given: no source says until when.
# `if` is a word of Python, so this record is written as a call.
WindowRecord = TypedDict(
    "WindowRecord",
    {
        "rule": str,
        "kind": Literal["avoid", "do", "allow", "expect", "prepare"],
        "activity": str,
        "text": str,
        "start": str,
        "earliest": str | None,
        "end": str | None,
        "end_stated": bool,
        "better_from": str | None,
        "better_until": str | None,
        "open_end": bool,
        "and_once": list[str],
        "precision": Literal["minute", "day"],
        "times": str | None,
        "if": str | None,
        "says": list[SayingRecord],
        "overruled": list[OverruledRecord],
        "origin": str,
        "rules": list[str],
        "unsure": list[str],
        "eases": str | None,
        "usually_by": str | None,
        "worry_after": str | None,
        "confidence": Literal["normal", "low"],
        "words": dict[str, str],
    },
)


class LiftRecord(TypedDict):
    """A restriction ends: `to` is yes, or better-not where the milder part follows."""

    activity: str
    at: str
    to: Literal["yes", "better-not"]
    and_once: list[str]


class DayRecord(TypedDict):
    """One day: ids of activities, and in `expect` of signs.

    `only_if` lists what isn't restricted any more but for what its windows have in `and_once`.
    """

    day: int
    date: str
    avoid: list[str]
    better_not: list[str]
    only_if: list[str]
    do: list[str]
    prepare: list[str]
    expect: list[str]
    lifts: list[LiftRecord]


class PrecareRecord(TypedDict):
    """What would be left before a session that isn't booked, and from when."""

    activity: str
    start: str


class SessionRecord(TypedDict):
    """When a session may be; `recommended` holds the first and the last date."""

    number: int
    minimum: str
    recommended: list[str]
    overdue: str | None
    count: list[int] | None
    unsure: list[str]
    precare: list[PrecareRecord]
    booked: str | None
    sources: list[str]


class ClashRecord(TypedDict):
    """Something that an event implies and that is restricted on one of its days."""

    activity: str
    state: Literal["no", "better-not"]
    rule: str
    until: str | None
    better_until: str | None
    and_once: list[str]


class EventRecord(TypedDict):
    """An event and what of it clashes; `known` is false where the rule set has no such kind.

    `only_if` lists what isn't restricted then but for what its windows have in `and_once`.
    """

    kind: str
    label: str
    first: str
    last: str
    known: bool
    clashes: list[ClashRecord]
    only_if: list[str]


class ScreeningRecord(TypedDict):
    """Something that speaks against the treatment."""

    condition: str
    level: Literal["stop", "postpone", "ask", "tell"]
    text: str
    note: str | None
    sources: list[str]


class RedFlagRecord(TypedDict):
    """A reason to see a clinician (`urgent`) or to call the clinic."""

    text: str
    urgent: bool
    signs: list[str]
    sources: list[str]


class HintRecord(TypedDict):
    """What another answer to `facts` would change: `activity` ends at `now`, and would end at `then`."""

    facts: list[str]
    rule: str
    activity: str
    now: str | None
    then: str | None


class FactsRecord(TypedDict):
    """What is known, assumed and unknown."""

    facts: dict[str, str | float | list[str]]
    assumed: list[AssumedRecord]
    unknown: list[str]


class TimelineRecord(HeadRecord, FactsRecord):
    """A whole plan."""

    treatment: TreatmentRecord
    windows: list[WindowRecord]
    days: list[DayRecord]
    sessions: list[SessionRecord]
    screening: list[ScreeningRecord]
    unanswered: list[str]
    red_flags: list[RedFlagRecord]
    longer_if: list[HintRecord]
    shorter_if: list[HintRecord]
    events: list[EventRecord]
    clinic: ClinicRecord | None
