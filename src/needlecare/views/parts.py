"""What is still restricted of an activity when it lifts as such: skincare is free, retinol isn't yet."""

from datetime import datetime

from needlecare.model.plan import Timeline, Window
from needlecare.model.ruleset import AVOID
from needlecare.views.phrases import topmost


class Parts:
    """The restrictions on what is part of an activity, by that activity."""

    def __init__(self, timeline: Timeline) -> None:
        self._rule_set = timeline.rule_set
        self._restricted: dict[str, list[Window]] = {}
        for window in timeline.windows:
            for parent in timeline.rule_set.lineage[window.target][1:] if window.kind == AVOID else ():
                self._restricted.setdefault(parent, []).append(window)

    def still_held(self, target: str, at: datetime) -> list[str]:
        """Name what is part of *target* and restricted beyond *at*."""
        parts = self._restricted.get(target, ())
        held = [one.target for one in parts if one.better_from <= at < max(one.end, one.better_until)]
        return topmost(held, self._rule_set)

    def label(self, target: str, at: datetime) -> str:
        """Name *target*, and say so where not all of it is free from *at* on."""
        label = self._rule_set.label(target)
        return f"{label} (not all)" if self.still_held(target, at) else label
