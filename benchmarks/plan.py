"""How long one plan takes from a loaded rule set, without the start of the program: `python -m benchmarks.plan`.

Prints, for each step, the least milliseconds of processor time in many rounds, and their ratio to a fixed loop of plain
Python that is timed in turn with them. The ratio is what to compare: a slow machine slows both.

- build: `build_timeline`, from a treatment and facts;
- select: the part of it that depends on the facts alone, which a batch does once for equal answers;
- build_selected: the part that depends on the treatment;
- no days: the same without the list of days, as the lean lines of a batch need it;
- json, text: `render` of the timeline.
"""

import gc
import time
from collections.abc import Callable
from datetime import date
from datetime import time as clock
from zoneinfo import ZoneInfo

from needlecare import build_timeline, load_rules, make_treatment, read_facts, render
from needlecare.timeline.build import build_selected
from needlecare.timeline.selection import select

ROUNDS = 60


def loop() -> dict[int, int]:
    """Count remainders: plain Python that no change of ours makes quicker."""
    counts: dict[int, int] = {}
    for number in range(20_000):
        key = number * 7919 % 1009
        counts[key] = counts.get(key, 0) + 1
    return counts


def main() -> None:
    """Time every step in turn, and print the least of each."""
    rule_set = load_rules()
    facts = read_facts(rule_set, {"area": ["face"], "depth": ["1.5"]})
    treatment = make_treatment(date(2026, 11, 20), clock(16, 30), ZoneInfo("Europe/London"))
    selection = select(rule_set, facts)
    timeline = build_timeline(rule_set, treatment, facts)
    steps: dict[str, Callable[[], object]] = {
        "loop": loop,
        "build": lambda: build_timeline(rule_set, treatment, facts),
        "select": lambda: select(rule_set, facts),
        "build_selected": lambda: build_selected(selection, treatment),
        "no days": lambda: build_selected(selection, treatment, days=0),
        "json": lambda: render(timeline, "json"),
        "text": lambda: render(timeline, "text"),
    }
    least = dict.fromkeys(steps, float("inf"))
    gc.disable()
    for _ in range(ROUNDS):
        for name, step in steps.items():
            began = time.process_time()
            step()
            least[name] = min(least[name], time.process_time() - began)
        gc.collect()
    for name, seconds in least.items():
        print(f"{name:<15}{1000 * seconds:6.2f} ms  {seconds / least['loop']:5.2f} loops")


if __name__ == "__main__":
    main()
