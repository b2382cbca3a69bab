"""What is over by the clock and still waits for something that only the person can see, day by day."""

from datetime import datetime

from needlecare.model.plan import Day, Timeline, Wait
from needlecare.model.ruleset import AVOID
from needlecare.model.time import day_end
from needlecare.views.phrases import join_words, topmost


class Waiting:
    """The conditions that outlast the restrictions of *timeline*, by activity."""

    def __init__(self, timeline: Timeline) -> None:
        self._rule_set = timeline.rule_set
        self._zone = timeline.treatment.zone
        self._waits: dict[str, list[tuple[datetime, tuple[Wait, ...]]]] = {}
        for window in timeline.windows:
            if window.kind == AVOID and window.waits:
                self._waits.setdefault(window.target, []).append((window.over, window.waits))

    def on(self, day: Day) -> list[tuple[str, list[str]]]:
        """Give what is free on *day* only if something has been seen: what that is, and the activities.

        What is part of something that waits for the same goes unsaid.
        """
        ends = day_end(day.day, self._zone)
        groups: dict[str, list[str]] = {}
        for activity in day.only_if:
            if activity in self._rule_set.unadvised:
                continue
            waits = [wait for over, waits in self._waits[activity] if over < ends for wait in waits]
            labels = join_words(dict.fromkeys(wait.label for wait in waits))
            groups.setdefault(labels, []).append(activity)
        return [(labels, topmost(activities, self._rule_set)) for labels, activities in sorted(groups.items())]
