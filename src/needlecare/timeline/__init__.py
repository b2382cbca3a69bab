"""From a rule set, a treatment and facts to a timeline. Pure: no clock, no files, no printing."""

from needlecare.timeline.entry import build_timeline

__all__ = ["build_timeline"]
