"""What is still restricted of an activity when it lifts as such: skincare is free, retinol isn't yet."""

from datetime import datetime

from needlecare.model.plan import Timeline, Window
from needlecare.model.ruleset import AVOID
from needlecare.views.phrases import topmost


class Parts:
    """The restrictions on what is part of an activity, by that activity."""

    def __init__(self, timeline: Timeline) -> None:
        self._rule_set = timeline.rule_set
        self._own: dict[str, list[Window]] = {}
        self._restricted: dict[str, list[Window]] = {}
        for window in timeline.windows:
            if window.kind != AVOID:
                continue
            self._own.setdefault(window.target, []).append(window)
            for parent in timeline.rule_set.lineage[window.target][1:]:
                self._restricted.setdefault(parent, []).append(window)
        self._add_shared(timeline)

    def _add_shared(self, timeline: Timeline) -> None:
        """Add what one parent says of a part without a window of its own to the part's other parents."""
        lineage = timeline.rule_set.lineage
        for one in timeline.rule_set.activities.values():
            if not one.under[1:] or one.id in timeline.reached:
                continue
            for window in timeline.windows_on(one.id):
                for parent in lineage[one.id][1:]:
                    if window.target not in lineage[parent]:
                        self._restricted.setdefault(parent, []).append(window._replace(target=one.id))

    def still_held(self, target: str, at: datetime) -> list[str]:
        """Name what is part of *target* and restricted beyond *at*."""
        parts = self._restricted.get(target, ())
        held = [one.target for one in parts if one.better_from <= at < one.over]
        return topmost(held, self._rule_set)

    def still_awaiting(self, target: str, at: datetime) -> bool:
        """Tell whether a part of *target* that is over at *at* waits for something that *target* itself doesn't."""
        own = {wait.bound for one in self._own.get(target, ()) if one.over <= at for wait in one.waits}
        parts = [one for one in self._restricted.get(target, ()) if one.over <= at]
        return any(wait.bound not in own for one in parts for wait in one.waits)

    def label(self, target: str, at: datetime) -> str:
        """Name *target*, and say so where not all of it is free from *at* on."""
        label = self._rule_set.label(target)
        return f"{label} (not all)" if self.still_held(target, at) or self.still_awaiting(target, at) else label
