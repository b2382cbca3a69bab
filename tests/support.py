"""Plans made of a few lines of YAML: the words stand here, a test brings its rules.

The few inner names that several tests need come from here, so that a move in the package touches one file of the tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date as Date  # noqa: N812  `date` is an argument here
from datetime import datetime
from datetime import time as Time  # noqa: N812  `time` is an argument here
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from needlecare import (
    Day,
    Event,
    RuleSet,
    Timeline,
    Window,
    build_timeline,
    load_rules,
    make_treatment,
    read_facts,
    render,
)

# A plan as it is asked for on the command line, of which hundreds of questions are asked: a run for each takes minutes.
from needlecare.cli.options import make_request
from needlecare.model.facts import SEVERAL

# Laws compare instants with days of the zone, and with what has no end; the library computes both before anybody asks.
from needlecare.model.plan import FOREVER, NOT_YET
from needlecare.model.time import day_end, day_start, local_date

# The golden sheet stands without the words and the core that every set that is loaded comes with.
from needlecare.rules import load
from needlecare.rules.clinic import contrast
from needlecare.rules.layers import read_layer
from needlecare.rules.read import Problems

# A plan with its sources, and one at a terminal, are what the command writes: of a set that can be loaded alone.
from needlecare.views import ics, text
from needlecare.views.brief import make_brief
from needlecare.views.sheet import make_sheet
from running import TESTS

__all__ = ["FOREVER", "NOT_YET", "contrast", "day_end", "day_start", "local_date"]

RULES = TESTS.parent / "rules"
SHIPPED = sorted(path.name for path in RULES.iterdir() if (path / f"{path.name}.yaml").is_file())
# What a rule asks for, as rule files and `Window.kind` call it.
KINDS = AVOID, ASK, DO, ALLOW, EXPECT, PREPARE = "avoid", "ask", "do", "allow", "expect", "prepare"
LONDON = ZoneInfo("Europe/London")
DATE, TIME = "2026-11-20", "16:30"

WORDS = """\
ruleset: test
source: sheet
sources: {sheet: A sheet, book: A book}
activities:
  gym: {label: the gym}
  hot-yoga: {under: [gym, heat]}
  heat: {}
  sauna: {under: [heat]}
  paint: {label: make-up}
  mineral-paint: {under: [paint]}
  tinted-cream: {under: [paint, cream]}
  cream: {}
  retinol: {}
  tretinoin: {under: [retinol], medicine: prescribed}
  tablets: {}
signs: {redness: {}, flakes: {}}
moments:
  redness-gone: {label: no redness is left, usual: 1d..3d}
  calm: {label: the skin is calm, usual: 3d..7d}
  flaking-over: {label: the flaking is over, usual: calm + 2d..5d}
  healed: {label: the skin has healed, usual: 5d..7d}
  bottle-empty: {label: the bottle is empty}
  bedtime: {clock: "22:00"}
  next-morning: {clock: "07:00", day: 1}
facts:
  tool: {ask: "Which tool?", answers: [pen, laser], default: pen}
  skin: {ask: "Which skin?", answers: [light, dark]}
  places: {ask: "Where?", answers: [face, scalp], several: true}
  millimetres: {ask: "How deep?", number: 0.1..8}
  taken: {ask: "What was taken?", answers: {pills: {ended: last taken}, jab: {dated: given}}, several: true, open: true}
"""

# A rule of each kind: who takes these entries of a calendar one by one takes any number of them.
FEW_RULES = """\
ruleset: few
version: "1"
words-from: microneedling
source: sheet
sources: {sheet: A sheet}
rules:
  makeup: {avoid: makeup, until: 48h, why: "Skin lets in more, for now; wait"}
  sauna: {avoid: sauna, until: 24h..3d and redness-gone}
  retinol: {avoid: retinoids, from: 3d before, until: 5d}
  cream: {do: moisturiser, from: 24h, until: 4d, times: 3 a day}
  red: {expect: redness, until: 2d, worry-after: 3d}
sessions: [{id: all, every: 4w..6w}]
"""


def write_rules(folder: Path, rules: str, more: str = "", words: str = WORDS) -> Path:
    """Write a rule set of *words*, *rules* (one a line), and *more* sections of the file."""
    path = folder / "rules.yaml"
    lines = "".join(f"  {line}\n" for line in rules.strip().splitlines())
    path.write_text(f"{words}rules:\n{lines or '  {}'}\n{more}", encoding="utf-8")
    return path


@cache
def words() -> RuleSet:
    """Load `WORDS` alone, without what comes with every set, to put rules in that no file spells."""
    with TemporaryDirectory() as folder:
        loaded = load_rules(str(write_rules(Path(folder), "")))
    activities = {id_: one for id_, one in loaded.activities.items() if f"\n  {id_}: " in WORDS}
    return replace(loaded, rules={}, activities=activities, screenings={}, spacings={})


class Planner:
    """Makes plans of rules given as YAML lines; for one treatment on `DATE` at `TIME` unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rules(self, rules: str, more: str = "", words: str = WORDS) -> RuleSet:
        """Load *rules* with *words*."""
        return load_rules(str(write_rules(self._folder, rules, more, words)))

    def __call__(
        self,
        rules: str,
        date: str = DATE,
        time: str | None = TIME,
        *,
        tz: str = "Europe/London",
        facts: Mapping[str, Sequence[str]] | None = None,
        seen: Sequence[str] = (),
        days: int | None = None,
        more: str = "",
        words: str = WORDS,
        booked: str | None = None,
        events: Sequence[Event] = (),
    ) -> Timeline:
        """Plan by *rules*; *time* None gives the date alone, *booked* is the date of the next session."""
        rule_set = self.rules(rules, more, words)
        treatment = make_treatment(
            Date.fromisoformat(date),
            Time.fromisoformat(time) if time is not None else None,
            ZoneInfo(tz),
            seen=dict(map(read_seen, seen)),
            next_session=Date.fromisoformat(booked) if booked else None,
        )
        # Beside make_treatment, which takes no event before the treatment: windows before it are held against one too.
        treatment = treatment._replace(events=tuple(events))
        return build_timeline(rule_set, treatment, read_facts(rule_set, facts or {}), days=days)

    def alone(self, rules: str, **targets: str) -> Timeline:
        """Plan by *rules* without those that come with every set; *targets* are what no file may let a rule name."""
        loaded = self.rules(rules)
        own = {id_: loaded.rules[id_] for id_ in (line.partition(":")[0] for line in rules.splitlines())}
        own |= {id_: own[id_]._replace(targets=(target,)) for id_, target in targets.items()}
        rule_set = replace(words(), rules=own)
        treatment = make_treatment(Date.fromisoformat(DATE), Time.fromisoformat(TIME), LONDON)
        return build_timeline(rule_set, treatment, read_facts(rule_set, {}))


@cache
def plan_of(*typed: str) -> Timeline:
    """Plan a treatment by its options as they are typed, each with its value."""
    options: dict[str, object] = {}
    for option, value in zip(typed[::2], typed[1::2], strict=True):
        name = option.removeprefix("--")
        options[name] = [*options.get(name, ()), value] if name in SEVERAL else value  # type: ignore[misc]
    request = make_request(options)
    return build_timeline(request.rule_set, request.treatment, request.facts)


def read_seen(typed: str) -> tuple[str, Date | datetime | None]:
    """Read `calm=2026-11-22`, `calm=2026-11-22T09:00` or `calm=no`."""
    moment, _, when = typed.partition("=")
    if when == "no":
        return moment, None
    return moment, datetime.fromisoformat(when) if "T" in when else Date.fromisoformat(when)


def windows(timeline: Timeline, target: str, kind: str = "avoid") -> list[Window]:
    """Give the windows of a kind on a target, in order."""
    return [window for window in timeline.windows if (window.target, window.kind) == (target, kind)]


def window(timeline: Timeline, target: str, kind: str = "avoid") -> Window:
    """Give the only window of a kind on a target."""
    (found,) = windows(timeline, target, kind)
    return found


def shown(instant: datetime | None, zone: ZoneInfo = LONDON) -> str | None:
    """Write an instant as people read it: `22 Nov 16:30`, or `never`."""
    if instant is None:
        return None
    return "never" if instant == FOREVER else f"{instant.astimezone(zone):%-d %b %H:%M}"


def no(timeline: Timeline, target: str, kind: str = "avoid") -> list[str]:
    """Write from when to when each window on a target says no (or, of another kind, holds)."""
    zone = timeline.treatment.zone
    return [f"{shown(one.start, zone)} to {shown(one.end, zone)}" for one in windows(timeline, target, kind)]


def better_not(timeline: Timeline, target: str) -> list[str]:
    """Write from when to when each window on an activity says "better not", before and after its no."""
    zone = timeline.treatment.zone
    found = windows(timeline, target)
    stretches = [pair for one in found for pair in ((one.better_from, one.start), (one.end, one.better_until))]
    return [f"{shown(first, zone)} to {shown(last, zone)}" for first, last in stretches if first < last]


def waits(one: Window) -> list[str]:
    """Write what a window waits for."""
    return [wait.bound for wait in one.waits]


def day(timeline: Timeline, number: int) -> Day:
    """Give the day of a number."""
    (found,) = (one for one in timeline.days if one.number == number)
    return found


def golden_rules() -> RuleSet:
    """Load tests/golden/sheet.yaml as it stands, without the words and the core of the shipped rules."""
    sheet = TESTS / "golden" / "sheet.yaml"
    problems = Problems()
    layer = read_layer(sheet, problems, packed=False)
    rule_set = load._parse(layer, problems)
    problems.raise_any()
    return rule_set


def golden_timeline(clock: Time | None = Time(16, 30), *, days: int | None = None) -> Timeline:
    """Plan a treatment by the golden rules."""
    rule_set = golden_rules()
    treatment = make_treatment(Date(2026, 11, 20), clock, LONDON)
    return build_timeline(rule_set, treatment, read_facts(rule_set, {"condition": ["eczema"]}), days=days)


def listed(timeline: Timeline) -> str:
    """Render all of *timeline* as `plan --all --plain` writes it."""
    return text.render_plain(make_sheet(timeline))


def first_screen(timeline: Timeline) -> str:
    """Render the first screen of *timeline* as `plan --plain` writes it."""
    return text.render_plain(make_brief(timeline))


def complete(timeline: Timeline, name: str) -> str:
    """Render all of *timeline* in the format called *name*: what its first screen leaves out too."""
    if name == "text":
        return listed(timeline)
    return ics.render(timeline, ics.Options("full")) if name == "ics" else render(timeline, name)


def drawn(timeline: Timeline, width: int) -> str:
    """Lay all of *timeline* out without colour, as `plan --all` does on a terminal of *width* columns."""
    return text.lay_out(make_sheet(timeline), width)
