"""Whether a sign is to be expected at some time. Never says “harmless”; a warning never comes late."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from needlecare.ask.asked import Asked
from needlecare.ask.lookup import Meaning
from needlecare.ask.verdict import NO_RULE
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import EXPECT, Rule

EXPECTED, NO_LONGER, CALL, RED_FLAG = "expected", "no-longer-expected", "call", "red-flag"
_GRAVEST = (RED_FLAG, CALL, NO_RULE, NO_LONGER, EXPECTED)


class Sighting(NamedTuple):
    """The answer: *verdict* is expected, no-longer-expected, call, red-flag or no-rule.

    *until* is when it is no longer expected, *call_from* when it becomes a reason to call. *flags* are the red flags
    that name the sign; *conditions* under which the answer holds, where a fact that decides isn't known.
    """

    meaning: Meaning
    asked: Asked
    verdict: str
    timeline: Timeline
    windows: tuple[Window, ...] = ()
    flags: tuple[Rule, ...] = ()
    until: datetime | None = None
    call_from: datetime | None = None
    starts: datetime | None = None
    over: bool = False
    conditions: tuple[str, ...] = ()


def judge_sign(timelines: Sequence[Timeline], meaning: Meaning, asked: Asked) -> Sighting:
    """Tell whether the signs that *meaning* names are to be expected; of several the gravest answer counts.

    What the latest treatment brings is expected, however long ago another one was.
    """
    # What a treatment to come will bring says nothing about what is seen now.
    begun = [one for one in timelines if asked.meets(one.treatment.first, FOREVER, one.treatment)] or timelines
    begun = sorted(begun, key=lambda one: one.treatment.first, reverse=True)
    found = []
    for sign in meaning.ids:
        latest, *others = (_judge(one, meaning, sign, asked, latest=one is begun[0]) for one in begun)
        found.extend([latest] if latest.verdict == EXPECTED else [latest, *others])
    gravest = min(found, key=lambda one: _GRAVEST.index(one.verdict))
    if gravest.verdict in (EXPECTED, NO_LONGER) and not meaning.is_sure:
        # Words that weren't understood may be the ones that matter: “very”, “on one side”.
        return gravest._replace(verdict=NO_RULE)
    return gravest


def _judge(timeline: Timeline, meaning: Meaning, sign: str, asked: Asked, *, latest: bool) -> Sighting:
    blank = Sighting(meaning, asked, NO_RULE, timeline)
    flags = tuple(rule for rule in timeline.red_flags if sign in rule.targets)
    if not flags and latest:
        flags = tuple(_overdue(timeline, sign, asked))
    if flags:
        urgent = any(rule.urgent for rule in flags)
        return blank._replace(verdict=RED_FLAG if urgent else CALL, flags=flags)
    windows = tuple(window for window in timeline.windows if window.kind == EXPECT and window.target == sign)
    if not windows:
        return blank
    worry = min((window.worry_after for window in windows if window.worry_after), default=None)
    holding = [window for window in windows if asked.meets(window.start, window.end, timeline.treatment)]
    until = min((window.end for window in holding), default=None)
    shown = tuple(holding) or windows
    answer = blank._replace(
        windows=shown,
        until=None if until == FOREVER else until,
        call_from=worry,
        starts=min(window.start for window in windows),
        conditions=tuple(dict.fromkeys(window.condition for window in shown if window.condition)),
    )
    if worry is not None and asked.meets(worry, FOREVER, timeline.treatment):
        return answer._replace(verdict=CALL, over=True, conditions=tuple(_deciding(timeline, sign, asked, shown)))
    if holding:
        return answer._replace(verdict=EXPECTED)
    over = asked.begins(timeline.treatment) >= max(one.end for one in windows)
    return answer._replace(verdict=NO_LONGER if over and worry is not None else CALL, over=over)


def _overdue(timeline: Timeline, sign: str, asked: Asked) -> Iterator[Rule]:
    """Give the red flags of whatever should be over by some time, if that has come and *sign* should be."""
    ends = [one.end for one in timeline.windows if one.kind == EXPECT and one.target == sign]
    for rule in timeline.red_flags:
        begins = timeline.flagged_from.get(rule.id)
        if begins is None or sign in dict(rule.exceptions) or not ends or max(ends) > begins:
            continue
        if asked.meets(begins, FOREVER, timeline.treatment):
            yield rule


def _deciding(timeline: Timeline, sign: str, asked: Asked, shown: Iterable[Window]) -> Iterator[str]:
    """Give the condition of a reason to call: none where it is one whatever the unknown fact is."""
    perhaps = [one for one in timeline.perhaps if one.target == sign]
    late = [one for one in perhaps if asked.meets(one.worry_after or one.end, FOREVER, timeline.treatment)]
    if len(late) < len(perhaps):
        yield " or ".join(dict.fromkeys(one.condition for one in (*shown, *late) if one.condition))
