"""Rules, treatments and facts made up for laws: many zones, most of them around a change of the clock.

Rules are built from the parts that the package keeps them in: to write each as YAML and load it would take hours.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from attack.strength import tries
from needlecare import Facts, Rule, Timeline, Treatment, build_timeline, make_treatment, read_facts
from needlecare.model.facts import Condition, Truth
from needlecare.model.facts import Test as Asked
from needlecare.model.ruleset import Saying
from needlecare.model.time import ALWAYS, DAYS, ELAPSED, TREATMENT, Bound, Duration, Range, Term
from support import ALLOW, AVOID, EXPECT, words

__all__ = ["ALWAYS", "TREATMENT", "Asked", "Bound", "Condition", "Duration", "Range", "Term", "Truth"]

laws = tries(30)

ZONES = [
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "America/St_Johns",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
]
CHANGES = [
    *(date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 28), date(2026, 3, 29), date(2026, 4, 4), date(2026, 4, 24)),
    *(date(2026, 9, 27), date(2026, 10, 4), date(2026, 10, 25), date(2026, 10, 29), date(2026, 11, 1)),
    *(date(2011, 12, 29), date(2028, 2, 29), date(2026, 12, 31)),
]
ACTIVITIES = ["gym", "hot-yoga", "heat", "sauna", "paint", "mineral-paint", "cream"]
MOMENTS = ["redness-gone", "calm", "flaking-over", "healed", "bottle-empty"]
MOST = {"min": 90, "h": 200, "d": 20, "w": 4, "mo": 3, "y": 1}

UNITS = {*ELAPSED, *DAYS, "mo", "y"}

durations = st.sampled_from(sorted(MOST)).flatmap(
    lambda unit: st.builds(Duration, st.integers(0, MOST[unit]), st.just(unit))
)


@st.composite
def stretches(draw: st.DrawFn) -> Range:
    one, other = draw(durations), draw(durations)
    if draw(st.booleans()):
        return Range(one, one)
    near, far = sorted((one, other), key=lambda duration: duration.rough_length)
    return Range(near, far)


after = st.builds(Term, st.just(TREATMENT), stretches(), st.just(1))
before = st.builds(Term, st.just(TREATMENT), stretches(), st.just(-1))
unseen = st.builds(Term, st.sampled_from(MOMENTS), stretches(), st.sampled_from([1, -1]))
clock = st.builds(Term, st.sampled_from(["bedtime", "next-morning"]), stretches(), st.just(1))
ends = st.lists(after | unseen | clock, min_size=1, max_size=3).map(tuple).map(Bound) | st.just(ALWAYS)
starts = st.none() | st.builds(Bound, st.tuples(after | before | unseen))
conditions = st.just(Condition()) | st.sampled_from(
    [
        Condition((Asked("skin", ("dark",)),)),
        Condition((Asked("skin", ("dark",), negated=True),)),
        Condition((Asked("places", ("scalp",)),)),
        Condition((Asked("millimetres", low=1.5),)),
        Condition((Asked("tool", ("laser",)),)),
    ]
)


@st.composite
def rules(draw: st.DrawFn, verbs: Sequence[str] = (AVOID, ALLOW), *, ended: bool = True, simple: bool = False) -> Rule:
    """Make a rule; an *ended* one states its end, a *simple* one holds for everybody."""
    verb = draw(st.sampled_from(verbs))
    targets = ["redness"] if verb == EXPECT else draw(st.lists(st.sampled_from(ACTIVITIES), min_size=1, max_size=2))
    first, length = draw(st.integers(-10, 10)), draw(st.integers(0, 10))
    kinds = ["end", "end", "for", "days"] if ended else ["end", "for", "days", "open"]
    kind = draw(st.sampled_from(kinds))
    excepted = st.tuples(st.sampled_from(ACTIVITIES), ends)
    return Rule(
        id=draw(st.sampled_from(["one", "two", "three", "four", "five", "six"])),
        verb=verb,
        targets=tuple(dict.fromkeys(targets)),
        start=draw(starts),
        end=draw(ends) if kind == "end" else None,
        days=(first, first + length) if kind == "days" else None,
        lasts=draw(durations) if kind == "for" else None,
        when=Condition() if simple else draw(conditions),
        exceptions=tuple(draw(st.lists(excepted, max_size=1))) if verb == AVOID else (),
        worry_after=draw(st.none() | ends) if verb == EXPECT else None,
        says=(Saying("sheet", "as said"),),
    )


def rule_sets(verbs: Sequence[str] = (AVOID, ALLOW), *, ended: bool = True) -> st.SearchStrategy[list[Rule]]:
    return st.lists(rules(verbs, ended=ended), min_size=1, max_size=5, unique_by=lambda rule: rule.id)


@st.composite
def treatments(draw: st.DrawFn, *, exact: bool | None = None) -> Treatment:
    """Make a treatment, often near a change of the clock, with some things seen and some known not to have come."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    day = draw(st.sampled_from(CHANGES) | st.dates(date(2024, 1, 1), date(2029, 12, 31)))
    at = draw(st.times().map(lambda one: one.replace(second=0, microsecond=0)))
    known = draw(st.booleans()) if exact is None else exact
    seen: dict[str, date | None] = {}
    for moment in draw(st.lists(st.sampled_from(MOMENTS), max_size=2, unique=True)):
        on = day + timedelta(days=draw(st.integers(0, 20)))
        seen[moment] = None if draw(st.booleans()) else on
    return make_treatment(day, at if known else None, zone, seen=seen)


facts = st.fixed_dictionaries(
    {},
    optional={
        "skin": st.sampled_from([["light"], ["dark"]]),
        "places": st.sampled_from([["face"], ["scalp"], ["face", "scalp"], ["none"]]),
        "millimetres": st.sampled_from([["0.5"], ["2"]]),
        "tool": st.sampled_from([["pen"], ["laser"]]),
    },
).map(lambda said: read_facts(words(), said))
# What people say of a treatment by the shipped rules.
answers = st.fixed_dictionaries(
    {},
    optional={
        "area": st.lists(st.sampled_from(["face", "scalp", "body", "eye-area"]), min_size=1, max_size=2, unique=True),
        "depth": st.sampled_from([["0.25"], ["1.5"], ["2.5"]]),
        "skin-type": st.sampled_from([["I"], ["V"]]),
        "setting": st.sampled_from([["clinic"], ["home"]]),
        "technique": st.sampled_from([["pen"], ["roller"], ["radiofrequency"]]),
        "add-on": st.sampled_from([["prp"], ["none"]]),
        "uses": st.sampled_from([["retinoid"], ["minoxidil"], ["none"]]),
        "condition": st.sampled_from([["eczema"], ["none"]]),
    },
)


def made(of: Sequence[Rule], treatment: Treatment, known: Facts) -> Timeline:
    return build_timeline(replace(words(), rules={rule.id: rule for rule in of}), treatment, known)


def is_out(rule: Rule, known: Facts) -> bool:
    """Return whether *known* says that *rule* doesn't apply."""
    return rule.when.judge(known)[0] is Truth.NO
