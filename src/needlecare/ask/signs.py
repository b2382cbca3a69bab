"""Whether what one sees or feels is to be expected, and how grave it is; what is to be done stands elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from needlecare.ask.lookup import Meaning
from needlecare.ask.times import When
from needlecare.model.plan import FOREVER, Timeline, Window
from needlecare.model.ruleset import EXPECT, Rule

Gravity = Literal["today", "clinic", "unknown", "watch", "usual"]
TODAY: Final = "today"
CLINIC: Final = "clinic"
UNKNOWN: Final = "unknown"
WATCH: Final = "watch"
USUAL: Final = "usual"
_GRAVEST: tuple[Gravity, ...] = (TODAY, CLINIC, UNKNOWN, WATCH, USUAL)


class Sighting(NamedTuple):
    """The answer to a question about signs: how grave they are at the time *asked*.

    *until* is when a sign is no longer expected, *call_from* when it becomes a reason to call. *flags* are the red
    flags that name it; *conditions* those under which the answer holds, where a fact that decides isn't known.
    """

    meaning: Meaning
    asked: When
    verdict: Gravity
    timeline: Timeline
    windows: tuple[Window, ...] = ()
    flags: tuple[Rule, ...] = ()
    until: datetime | None = None
    call_from: datetime | None = None
    starts: datetime | None = None
    over: bool = False
    conditions: tuple[str, ...] = ()

    @property
    def is_understood(self) -> bool:
        """Whether the words name a sign."""
        return bool(self.meaning.ids) and not self.meaning.turning


def judge_sign(timelines: Sequence[Timeline], meaning: Meaning, asked: When) -> Sighting:
    """Judge the signs that *meaning* names; of several the gravest answer counts.

    What the latest treatment brings is expected, however long ago another one was.
    """
    # What a treatment to come will bring says nothing about what is seen now.
    begun = [one for one in timelines if asked.meets(one.treatment.first, FOREVER, one.treatment)] or timelines
    latest, *earlier = sorted(begun, key=lambda one: one.treatment.first, reverse=True)
    found = []
    for sign in meaning.ids:
        newest = _judge(latest, meaning, sign, asked, latest=True)
        found.append(newest)
        if newest.verdict != USUAL:
            found.extend(_judge(one, meaning, sign, asked, latest=False) for one in earlier)
    gravest = min(found, key=lambda one: _GRAVEST.index(one.verdict))
    if gravest.verdict in (USUAL, WATCH) and not meaning.is_sure:
        # Words that weren't understood may be the ones that matter: “very”, “on one side”.
        return gravest._replace(verdict=UNKNOWN)
    return gravest


def _judge(timeline: Timeline, meaning: Meaning, sign: str, asked: When, *, latest: bool) -> Sighting:
    blank = Sighting(meaning, asked, UNKNOWN, timeline)
    flags = tuple(rule for rule in timeline.red_flags if sign in rule.targets)
    if not flags and latest:
        flags = tuple(_overdue(timeline, sign, asked))
    if flags:
        return blank._replace(verdict=TODAY if any(rule.urgent for rule in flags) else CLINIC, flags=flags)
    windows = tuple(_expecting(timeline, sign))
    return _placed(blank, windows, sign) if windows else blank


def _expecting(timeline: Timeline, sign: str) -> Iterator[Window]:
    return (one for one in timeline.windows if one.kind == EXPECT and one.target == sign)


def _placed(blank: Sighting, windows: tuple[Window, ...], sign: str) -> Sighting:
    """Place the time asked about before, in, or after what is expected in *windows*."""
    asked, timeline = blank.asked, blank.timeline
    worry = _first_worry(windows)
    holding = tuple(one for one in windows if asked.meets(one.start, one.end, timeline.treatment))
    shown = holding or windows
    starts, over = min(one.start for one in windows), _is_over(windows, asked, timeline)
    answer = blank._replace(windows=shown, until=_first_end(holding), call_from=worry, starts=starts)
    if asked.meets(worry or FOREVER, FOREVER, timeline.treatment):
        deciding = tuple(_deciding(timeline, sign, asked, shown))
        return answer._replace(verdict=CLINIC, over=True, conditions=deciding)
    answer = answer._replace(conditions=_conditions(shown))
    if holding:
        return answer._replace(verdict=USUAL)
    return answer._replace(verdict=WATCH if over and worry else CLINIC, over=over)


def _is_over(windows: Iterable[Window], asked: When, timeline: Timeline) -> bool:
    return asked.begins(timeline.treatment) >= max(one.end for one in windows)


def _first_worry(windows: Iterable[Window]) -> datetime | None:
    return min((one.worry_after for one in windows if one.worry_after), default=None)


def _first_end(windows: Iterable[Window]) -> datetime | None:
    return min((one.end for one in windows if one.end < FOREVER), default=None)


def _conditions(windows: Iterable[Window]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(window.condition for window in windows if window.condition))


def _overdue(timeline: Timeline, sign: str, asked: When) -> Iterator[Rule]:
    """Return the red flags of whatever should be over by some time, if that has come and *sign* should be."""
    ends = [one.end for one in _expecting(timeline, sign)]
    for rule in timeline.red_flags:
        begins = timeline.flagged_from.get(rule.id)
        if begins is None or sign in dict(rule.exceptions) or not ends or max(ends) > begins:
            continue
        if asked.meets(begins, FOREVER, timeline.treatment):
            yield rule


def _deciding(timeline: Timeline, sign: str, asked: When, shown: Iterable[Window]) -> Iterator[str]:
    """Return the condition of a reason to call: none where it is one whatever the unknown fact is."""
    perhaps = [one for one in timeline.perhaps if one.target == sign]
    late = [one for one in perhaps if asked.meets(one.worry_after or one.end, FOREVER, timeline.treatment)]
    if len(late) < len(perhaps):
        yield " or ".join(_conditions((*shown, *late)))
