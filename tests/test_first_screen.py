"""The first screen of a plan: its measure, what is never missing from it, and that it says what the JSON says."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings

from attack.strength import tries
from generated import answers, facts, made, rule_sets, treatments
from needlecare import (
    Facts,
    Rule,
    RuleSet,
    Timeline,
    Treatment,
    build_timeline,
    load_rules,
    make_treatment,
    read_facts,
    render,
)
from reading_back import FOREVER, on_the_wall, when
from running import run, run_at_terminal, run_program, without_colour
from support import ALLOW, ASK, AVOID, DO, EXPECT, PREPARE, RULES, Planner, first_screen

DATE = ("plan", "--date", "2026-11-20")
TWELVE = {
    "a date and a time": "--time 16:30",
    "a date alone": "",
    "radiofrequency and PRP": "--time 16:30 --technique radiofrequency --add-on prp",
    "scalp and PRP": "--time 16:30 --area scalp --add-on prp",
    "body, dark skin": "--time 16:30 --area body --skin-type V",
    "a roller at home": "--time 20:00 --setting home --technique roller --depth 0.3",
    "eczema": "--time 16:30 --condition eczema",
    "pregnant, on blood thinners": "--time 16:30 --condition pregnancy --uses blood-thinner",
    "the next session is booked": "--time 16:30 --next 2027-01-08",
    "a wedding": "--time 16:30 --event wedding=2026-11-28",
    "eyes and neck, late at night": "--time 23:30 --area eye-area --area neck",
    "a clinic's own sheet": f"--time 16:30 --rules {shlex.quote(str(RULES / 'examples' / 'nhs-chelsea.yaml'))}",
}
# With these there is more to say.
LONGER = {
    "radiofrequency and PRP",
    "scalp and PRP",
    "eczema",
    "pregnant, on blood thinners",
    "the next session is booked",
}
OWN = "a clinic's own sheet"
twelve = pytest.mark.parametrize("name", TWELVE)
few, many = (settings(tries(examples), phases=[Phase.explicit, Phase.reuse, Phase.generate]) for examples in (12, 40))
SHIPPED = load_rules()


def typed(name: str) -> tuple[str, ...]:
    return (*DATE, *shlex.split(TWELVE[name]))


@cache
def screen(name: str) -> str:
    ran = run(*typed(name))
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def rules_of(name: str) -> RuleSet:
    return load_rules(shlex.split(TWELVE[name])[-1]) if name == OWN else SHIPPED


def section(text: str, title: str) -> list[str]:
    """Return the lines of a section; none where it isn't there."""
    lines = iter(text.splitlines())
    found = next((line for line in lines if line.startswith(title)), "")
    return [found, *takewhile(bool, lines)]


def flat(lines: Iterable[str]) -> str:
    return " ".join(" ".join(lines).split())


# Its measure.


@twelve
def test_it_is_one_screen(name: str) -> None:
    lines = screen(name).splitlines()
    assert len(lines) <= 70
    assert max(map(len, lines)) <= 80
    assert len(screen(name).split()) <= (680 if name in LONGER else 600)


def test_it_is_one_screen_over_new_year_where_dates_are_longer() -> None:
    assert len(run("plan", "--date", "2026-12-29", "--time", "16:30").out.splitlines()) <= 70


@pytest.mark.parametrize("fact", ["condition", "uses", "skin-type"])
@pytest.mark.parametrize("more", [{}, {"technique": ["radiofrequency"], "add-on": ["prp"]}], ids=["pen", "more to say"])
def test_it_is_one_screen_whatever_is_said_of_a_person(fact: str, more: dict[str, list[str]]) -> None:
    rule_set, treatment = load_rules(), make_treatment(date(2026, 11, 20), time(16, 30), ZoneInfo("Europe/London"))
    told = rule_set.facts[fact].answers
    assert told
    plans = (build_timeline(rule_set, treatment, read_facts(rule_set, {**more, fact: [one.id]})) for one in told)
    drawn = [render(one, "text").splitlines() for one in plans]
    assert max(map(len, drawn)) <= 70
    if not more:
        # A medicine that nobody may stop on their own takes a sentence more.
        assert all(len(first_evening(lines)) <= 24 + ("never stop it on your own" in flat(lines)) for lines in drawn)


def first_evening(lines: list[str]) -> list[str]:
    """Return the *lines* of a screen up to the last of where to get help."""
    begun = next(number for number, line in enumerate(lines) if line.startswith("Get help"))
    return lines[: lines.index("", begun)]


@twelve
def test_its_first_lines_are_enough_for_the_first_evening(name: str) -> None:
    first = first_evening(screen(name).splitlines())
    assert len(first) <= 24
    begun, ended = (first.index(next(line for line in first if line.startswith(title))) for title in ("First", "Get"))
    heads = [line.split()[0] for line in first[begun + 1 : ended] if line and line[2] != " "]
    # Where something speaks against the treatment, what is all right at once or soon gives way.
    against = any(line.startswith(("  STOP", "  POSTPONE")) for line in first)
    assert [head for head in heads if head not in {"Wait", "OK"}] == ["Do", "Avoid", "Usual"]
    assert against or {"Wait", "OK"} < {*heads}


@twelve
def test_nothing_is_cut_where_a_terminal_is_narrow(name: str) -> None:
    narrow = without_colour(run_at_terminal(*typed(name), columns=40))
    assert max(map(len, narrow.splitlines())) <= 40
    words, told = (sorted(re.findall(r"[^\s:]+", re.sub(r": | {2,}", " ", text))) for text in (narrow, screen(name)))
    assert set(told) - set(words) == set()


# What is never missing from it, and what never stands on it.


@twelve
def test_no_tier_of_help_is_missing(name: str) -> None:
    heads = [line[:15].strip() for line in section(screen(name), "Get help")[1:] if line[2] != " "]
    assert heads[:2] == ["Emergency", "Doctor today"]
    assert heads[2:] == ["A clinician" if "home" in TWELVE[name] else "Your clinic"]
    assert "112, 999, 911" in screen(name)
    assert "your clinic's own instructions come first" in screen(name)


@twelve
def test_no_sign_that_needs_help_now_is_missing(name: str) -> None:
    helps = flat(section(screen(name), "Get help"))
    for sign in ("trouble breathing", "swollen lips or tongue", "seizure", "confusion"):
        assert sign in helps.partition("Doctor today")[0]
    for sign in ("pus", "fever", "spreading redness", "blisters", "sore eye"):
        assert sign in helps.partition("Doctor today")[2]


# A word that tells each of the statements that matter most; a clinic's own sheet says what it says.
STATEMENTS = {
    "an emergency": "Emergency ring 112, 999, 911: trouble breathing",
    "wash your hands": "with washed hands.*[Cc]lean towel",
    "nothing on it": "Put on only what your clinic gave you|Avoid .*other creams",
    "keep sun off it": r"shade.*Avoid  ?Strong sun.*mineral SPF 30\+",
    "don't pick": "Never .*picking",
    "no retinol and acids": r"When may I again.*(acids|Ask first .*retinol)",
    "no make-up": "Avoid .*make-up.*Make-up .*make-up",
    "no gym, pool and heat": "Avoid .*exercise.*swimming.*saunas, heat.*gym, running",
    "what to take for pain": "Paracetamol.*Avoid .*ibuprofen",
    "what is usual": r"Usual Red(?i:(?=[^:]* tight)(?=[^:]* warm, stinging)(?=[^:]* swollen)(?=[^:]* sore))[^:]* to ",
}
# No make-up is worn there.
BARE = {"scalp and PRP", "body, dark skin"}


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("name", [name for name in TWELVE if name != OWN])
def test_what_matters_most_is_said(name: str, statement: str) -> None:
    if statement == "no make-up" and name in BARE:
        assert not re.search(r"\bmake-up\b", screen(name))
    else:
        assert re.search(STATEMENTS[statement], flat(screen(name).splitlines()))


def test_a_booked_session_takes_nothing_from_what_comes_before_this_one() -> None:
    before = flat(section(screen("the next session is booked"), "Before treatment, and next"))
    for begins in ("No more ibuprofen", "No more retinol", "No more alcohol.", "No shaving that day.", ": no alcohol"):
        assert begins in before


def test_when_hair_may_be_washed_again_is_said_of_a_scalp() -> None:
    assert re.search(r"Hair  +\S.* hair washing", screen("scalp and PRP"))
    assert "hair washing" not in screen("a date and a time")


def test_what_no_rule_knows_of_a_person_is_said_once() -> None:
    unknown = ("--time", "16:30", "--condition", "coeliac disease")
    said = "I don't know coeliac disease: ask before you book."
    for command in ("plan", "today --now 2026-11-18T09:00", "today --now 2026-11-21T09:00"):
        name, *options = command.split()
        assert flat(run(name, *DATE[1:], *unknown, *options).out.splitlines()).count(said) == 1


@pytest.mark.parametrize("area", ["face", "scalp", "body"])
def test_what_it_names_can_be_asked_about_by_that_name(area: str) -> None:
    where = () if area == "face" else ("--area", area)
    text = run(*DATE, "--time", "16:30", *where, "--plain").out
    shorts = {SHIPPED.short(one) for one in SHIPPED.activities}
    again = " ".join(section(text, "When may I again?")[1:])
    named = {one for one in shorts if re.search(rf"[:,] {re.escape(one)}(?=[*,:…]|$| \(| -)", again)}
    assert len(named) > 8
    unknown = {one for one in named if run("when", one, *DATE[1:], "--format", "json").record["verdict"] == "no-rule"}
    assert unknown == set()


@twelve
def test_it_speaks_as_people_do(name: str) -> None:
    assert not re.search(r"\b(leave|lifts?|free|better not)\b|\(not all\)|sha256|\[|_", screen(name), re.IGNORECASE)
    *lines, last = screen(name).splitlines()
    assert not [line for line in lines if "`" in line or re.search(r"(^|\s)--\w", line)]
    assert last.startswith("More: `needlecare plan --all`.")


@twelve
def test_no_source_and_no_rule_is_named(name: str) -> None:
    rule_set = rules_of(name)
    ids = {id_ for id_ in (*rule_set.sources, *rule_set.rules) if "-" in id_}
    known = " ".join(
        [*map(rule_set.short, (*rule_set.activities, *rule_set.signs))]
        + [word for rule in rule_set.rules.values() for word in rule.words.values()]
        + [one.text for one in rule_set.screenings.values()]
    )
    words = set(re.findall(r"[\w-]+", screen(name)))
    assert {id_ for id_ in ids & words if id_ not in known} == set()


@twelve
def test_a_zone_is_named_as_a_city_where_it_was_typed(name: str) -> None:
    for zone, city in (("America/New_York", "New York"), ("Europe/London", "London")):
        title = flat(
            takewhile(lambda line: "not medical advice" not in line, run(*typed(name), "--tz", zone).out.splitlines())
        )
        assert title.endswith(f", {city}")
        assert zone not in title
    assert "/" not in flat(screen(name).splitlines()[:2])
    assert not re.search(r"London|UTC|GMT", screen(name))


# It says what the JSON says.


class Named(NamedTuple):
    """Something that a screen calls all right from an instant on, all but some parts of it."""

    name: str
    but: tuple[str, ...]
    is_starred: bool
    at: datetime
    no_until: datetime | None = None


class Shown(NamedTuple):
    """A screen, a line a row, and the JSON of the same plan."""

    text: str
    record: dict[str, Any]
    rule_set: RuleSet
    treatment: Treatment

    def rows(self, title: str) -> list[tuple[str, str]]:
        """Return the rows of a section: what stands in front, and what is said."""
        cells = (line.removeprefix("- ").partition(": ") for line in section(self.text, title)[1:])
        return [(head, said) for head, _, said in cells]

    def openings(self) -> Iterator[Named]:
        """Yield what is called all right, by its days and then by its groups."""
        for day, said in self.rows("Day by day"):
            for part in said.partition(", ")[2].split("; "):
                clock, _, names = part.rpartition("OK: ")
                yield from (Named(*one, self.when(f"{day} {clock}")) for one in self.names(names))
        for _, said in self.rows("When may I again?"):
            if match := re.fullmatch(
                r"(\w{3} \d+ \w{3}(?: \d{4})?(?: \d\d:\d\d)?), (.+?)(?:: no until (.+), then better wait)?", said
            ):
                no_until = self.when(match[3]) if match[3] else None
                yield from (Named(*one, self.when(match[1]), no_until) for one in self.names(match[2]))

    def names(self, text: str) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        """Part names, each with what of it has to wait, and whether it has a star; a name may hold a comma itself."""
        shorts = sorted(set(map(self.rule_set.short, self.rule_set.activities)), key=len, reverse=True)
        name = "|".join(map(re.escape, shorts))
        but = rf"(?: \(not ((?:{name})(?:, (?:{name}))*)\))?"
        one = rf"(?:{name}){but}\*?"
        assert re.fullmatch(rf"{one}(?:, {one})*…?", text), text
        for match in re.finditer(rf"({name}){but}(\*?)(?=, |…|$)", text):
            parts = re.finditer(rf"({name})(?=, |$)", match[2] or "")
            yield match[1], tuple(part[1] for part in parts), bool(match[3])

    def when(self, words: str) -> datetime:
        return when(words.strip(), self.treatment)

    def windows(self, activity: str) -> list[dict[str, Any]]:
        """Return the restrictions on *activity*: its own, which hold what is said of its wholes too, else theirs."""
        own = [one for one in self.record["windows"] if one["kind"] == AVOID and one["activity"] == activity]
        wholes = self.rule_set.activities[activity].under
        return own or [one for whole in wholes for one in self.windows(whole)]

    def is_asked(self, activity: str) -> bool:
        """Whether somebody has to be asked about *activity* first."""
        asked = {one["activity"] for one in self.record["windows"] if one["kind"] == ASK}
        return bool(asked.intersection(self.rule_set.lineage[activity]))

    def is_held(self, activity: str, at: datetime) -> bool:
        return self.is_asked(activity) or any(begins(one) <= at < ends(one) for one in self.windows(activity))

    def near(self, activity: str) -> tuple[str, ...]:
        """Return *activity*, what it is part of, and its parts."""
        return (*self.rule_set.lineage[activity], *self.rule_set.parts_of(activity))

    def faults(self, activity: str, named: Named) -> Iterator[str]:
        """Yield what speaks against the words of *named*, if they mean *activity*."""
        near = [one for near in self.near(activity) for one in self.windows(near)]
        over = [one for one in near if ends(one) == named.at]
        if not over:
            yield "nothing ends then"
        if self.is_held(activity, named.at):
            yield "it is not all right then"
        waits = [one for one in self.windows(activity) if one["and_once"] and ends(one) <= named.at]
        if named.is_starred and not any(one["and_once"] and ends(one) <= named.at for one in near):
            yield "it waits for nothing"
        if waits and not named.is_starred:
            yield "it waits for something"
        if named.no_until and named.no_until not in [on_the_wall(one["end"]) for one in over]:
            yield "the no ends at another time"
        held = {self.rule_set.short(one) for one in self.rule_set.parts_of(activity) if self.is_held(one, named.at)}
        if bool(held) != bool(named.but) or not held.issuperset(named.but):
            yield f"held back: {held}"

    def check(self) -> None:
        """Check that each date is that of a window after which nothing holds, and that none of the first day lacks."""
        openings = list(self.openings())
        for named in openings:
            meant = [one for one in self.rule_set.activities if self.rule_set.short(one) == named.name]
            faults = {one: list(self.faults(one, named)) for one in meant}
            assert not all(faults.values()), (named, faults)
        self.check_first_hours({(one.name, one.at) for one in openings})
        self.check_before()
        self.check_signs()

    def check_before(self) -> None:
        """Check that what begins on a day before the treatment does so in the JSON."""
        avoid = [one for one in self.record["windows"] if one["kind"] == AVOID and one["start"]]
        begun = {(self.rule_set.short(one["activity"]), on_the_wall(one["start"]).date()) for one in avoid}
        for head, said in self.rows("Before treatment, and next"):
            if match := re.match(r"No (?:more )?(.+?)(?:…|\.| that day\.)(?: |$)", said):
                names = {name for name, *_ in self.names(match[1])}
                assert names <= {name for name, day in begun if day == self.when(head).date()}, (head, names)

    def check_signs(self) -> None:
        """Check that what is a reason to call is one from that day on."""
        worries = {
            (self.rule_set.short(one["activity"]), on_the_wall(one["worry_after"]).date())
            for one in self.record["windows"]
            if one.get("worry_after")
        }
        for head, said in self.rows("Get help"):
            for names, day in re.findall(r"still (.+?) on (\w{3} \d+ \w{3}(?: \d{4})?)", said):
                shown = {(name, self.when(day).date()) for name in names.split(" or ")}
                assert shown <= worries, (head, shown)

    def check_first_hours(self, openings: set[tuple[str, datetime]]) -> None:
        """Check that whatever ends in the first hours stands there with its hour."""
        title = next((line for line in self.text.splitlines() if line.startswith("First 24 hours, until ")), "")
        begins_at = self.treatment.first.astimezone(self.treatment.zone).replace(tzinfo=None)
        for one in self.record["windows"] if title else ():
            at, activity = ends(one), one["activity"]
            if one["kind"] != AVOID or not begins_at < at <= self.when(title.partition("until ")[2].partition(" (")[0]):
                continue
            if activity in self.rule_set.unadvised or self.is_held(activity, at):
                continue
            assert {(self.rule_set.short(near), at) for near in self.near(activity)} & openings, one


def begins(window: dict[str, Any]) -> datetime:
    first = window["better_from"] or window["start"]
    return on_the_wall(first) if first else datetime.fromisoformat("0001-01-01")


def ends(window: dict[str, Any]) -> datetime:
    """Return when it is simply all right again."""
    return FOREVER if window.get("open_end") else on_the_wall(window["better_until"] or window["end"])


def shown(timeline: Timeline) -> Shown:
    return Shown(first_screen(timeline), json.loads(render(timeline, "json")), timeline.rule_set, timeline.treatment)


@twelve
def test_nothing_on_it_contradicts_the_json(name: str) -> None:
    record = run(*typed(name), "--format", "json").record
    said = record["treatment"]
    clock = time.fromisoformat(said["time"]) if said["time"] else None
    treatment = make_treatment(date.fromisoformat(said["date"]), clock, ZoneInfo(said["tz"]))
    Shown(run(*typed(name), "--plain").out, record, rules_of(name), treatment).check()


@few
@given(treatments(), answers)
def test_no_screen_of_the_shipped_rules_contradicts_the_json(treatment: Treatment, said: dict[str, list[str]]) -> None:
    seen = {name: seen for name, seen in treatment.seen.items() if name in SHIPPED.moments}
    timeline = build_timeline(SHIPPED, treatment._replace(seen=seen), read_facts(SHIPPED, said))
    made_of_it = shown(timeline)
    made_of_it.check()
    assert len(render(timeline, "text").splitlines()) <= 85
    assert not re.search(r"\b(leave|lifts?|free|better not)\b|\(not all\)", made_of_it.text)
    assert [head for head, _ in made_of_it.rows("Get help")][:2] == ["Emergency", "Doctor today"]


@many
@given(rule_sets((AVOID, AVOID, ALLOW, DO, EXPECT, PREPARE), ended=False), treatments(), facts)
def test_no_screen_of_any_rules_contradicts_the_json(of: list[Rule], treatment: Treatment, known: Facts) -> None:
    shown(made(of, treatment, known)).check()


def test_what_must_be_seen_has_its_star_after_a_later_restriction_too(plan: Planner) -> None:
    screen = shown(plan("one: {avoid: gym, until: 2d and healed}\ntwo: {avoid: gym, from: 30d, for: 3d}"))
    screen.check()
    gym = [one for one in screen.openings() if one.name == "the gym"]
    assert all(one.is_starred for one in gym)
    assert len({one.at for one in gym}) == 2


def test_a_usual_sign_without_an_end_has_no_date(plan: Planner) -> None:
    screen = shown(plan("red: {expect: redness, until: always}", tz="Asia/Tokyo"))
    (row,) = [said for head, said in screen.rows("First 24 hours") if head == "Usual"]
    assert re.fullmatch(r"[A-Z]\w+\.", row)


def test_what_is_not_all_right_before_a_booked_session_says_so() -> None:
    again = flat(section(screen("the next session is booked"), "When may I again?"))
    assert again.endswith("After session 2 see its plan: strong sun, fillers, deep peels")
    assert again.count("strong sun") == 1
    assert "After session" not in screen("a date and a time")


def test_nothing_is_all_right_because_a_session_is_booked_that_day() -> None:
    said = run(*DATE, "--time", "16:30", "--area", "scalp", "--add-on", "prp", "--next", "2026-12-18").out
    assert "coffee" not in flat(section(said, "Day by day"))


# What people who saw nothing else have misread.


@twelve
def test_a_no_says_by_itself_what_comes_after_it(name: str) -> None:
    again = flat(section(screen(name), "When may I again?"))
    assert again.count(" no until ") == again.count(", then better wait")
    assert "… more" in again.partition("Sunlight")[0]


@twelve
def test_the_first_hours_say_where_the_dates_are_and_name_each_day(name: str) -> None:
    title, *rows = section(screen(name), "First 24 hours")
    assert title.endswith(" (some for longer)")
    assert ("until the end of Sat 21 Nov" in title) == (name == "a date alone")
    assert not re.search(r"that day|strong heat|touching|rinse until", flat(rows))


@pytest.mark.parametrize("name", [name for name in TWELVE if name != OWN])
def test_prescribed_tablets_go_on_aspirin_too(name: str) -> None:
    told = "Keep taking prescribed tablets, even aspirin"
    assert told in flat(section(screen(name), "First 24 hours"))
    before = flat(section(screen(name), "Before treatment, and next"))
    assert (told in before) == ("No more strong sun" in before)


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ("", ":"),
        ("--technique roller", " (a roller):"),
        ("--technique radiofrequency --add-on prp", " (radiofrequency with PRP):"),
        ("--add-on prp", " (with PRP):"),
    ],
)
def test_its_title_says_what_was_used_if_that_was_said(options: str, title: str) -> None:
    said = flat(run(*DATE, *options.split()).out.splitlines())
    assert said.startswith(f"Micro-needling aftercare{title} face, Fri 20 Nov 2026 ")


def test_a_depth_that_is_too_much_at_home_is_named() -> None:
    said = flat(run(*DATE, "--setting", "home", "--technique", "roller", "--depth", "0.5").out.splitlines())
    assert "STOP At home no deeper than 0.3 mm; deeper needles belong in a clinic. The needles were 0.5 mm." in said


@pytest.mark.parametrize(("uses", "told"), [("isotretinoin", True), ("blood-thinner", False)])
def test_what_is_used_and_must_be_asked_about_does_not_simply_go_on(uses: str, told: bool) -> None:
    first = flat(section(run(*DATE, "--condition", "pregnancy", "--uses", uses).out, "First 24 hours"))
    assert ("even aspirin. Roaccutane: no more until you have asked." in first) == told


@pytest.mark.parametrize("technique", ["pen", "radiofrequency"])
def test_the_day_of_make_up_names_it_however_much_else_is_all_right_then(technique: str) -> None:
    days = flat(section(run(*DATE, "--time", "16:30", "--technique", technique, "--add-on", "prp").out, "Day by day"))
    assert re.search(r" OK: [^:]*make-up", days)


def test_nothing_that_begins_with_the_treatment_stands_before_it() -> None:
    before = flat(section(screen("a date alone"), "Before treatment, and next"))
    assert "Fri 20 Nov Arrive with clean skin" in before


def test_a_scalp_stays_out_of_the_shower() -> None:
    first = flat(section(screen("scalp and PRP"), "First 24 hours"))
    assert re.search(r"Avoid .*lukewarm rinse, washing it.* OK .*lukewarm showers \(not on it\)", first)
    assert "Arrive with clean skin, nothing on it." in flat(screen("scalp and PRP").splitlines())


def test_a_pregnancy_leaves_no_doubt() -> None:
    lines = screen("pregnant, on blood thinners").splitlines()
    said, again = flat(lines), flat(section(screen("pregnant, on blood thinners"), "When may I again?"))
    assert "Roaccutane… (no more until then): your midwife or doctor" in said
    assert "retinol" in again.partition(" Never ")[2]
    assert "retinol" not in said.partition("First 24 hours")[0]
    assert "roller" not in again
    assert "Next session none while a STOP applies to you; then ask your clinic" in said
    assert "spots of blood" not in said


@pytest.mark.parametrize("fact", ["--condition pregnancy", "--uses blood-thinner", "--condition immunosuppression"])
def test_what_must_be_asked_first_is_all_right_from_no_date(fact: str) -> None:
    record = run(*DATE, *fact.split(), "--format", "json").record
    asked = SHIPPED.family({one["activity"] for one in record["windows"] if one["kind"] == ASK})
    named = set(map(SHIPPED.short, asked)) - set(map(SHIPPED.short, set(SHIPPED.activities).difference(asked)))
    text = re.sub(r" \(not .+?\)", "", run(*DATE, *fact.split(), "--plain").out)
    lines = [*section(text, "Day by day"), *section(text, "When may I again?")]
    dated = [line for line in lines if not re.match("- (Ask first|Never|No end given|You see when): ", line)]
    assert len(dated) > 10
    assert {
        name for name in named for line in dated if re.search(rf"(: |, ){re.escape(name)}(\*|,|…|$)", line)
    } == set()
    (row,) = [line.partition(": ")[2] for line in lines if line.startswith("- Ask first: ")]
    assert re.match(rf"(?:{'|'.join(map(re.escape, named))})(?:, |…|$)", row)


@pytest.mark.parametrize("condition", ["eczema", "cold-sore-now"])
def test_what_speaks_against_it_comes_first_and_says_what_to_do_now(condition: str) -> None:
    first = run(*DATE, "--condition", condition).out.splitlines()[2:5]
    assert re.match("  (STOP|POSTPONE) ", first[0])
    assert any(line.startswith("  Treated already?") for line in first)


# A clinic's own sheet, and what one reads page by page.

STANDING_ALONE = """\
ruleset: linden
title: Linden Skin Clinic
words-from: microneedling
source: us
sources: {us: {title: Our sheet, kind: clinic}}
clinic: {name: Linden Skin Clinic, phone: +44 20 7946 0000}
activities: {kit-gel: {label: the gel from your kit}, sled: {label: the sled}}
rules:
  gel: {do: kit-gel, until: 3d, times: 3 a day, text: Put on the gel from your kit}
  bath: {allow: shower, from: 0h, text: A cool shower is fine}
  makeup: {avoid: makeup, until: 72h}
  sled: {avoid: sled, until: 2d}
  gym: {avoid: exercise, until: 24h..5d}
  dry: {expect: flaking, from: 2d}
"""


def test_a_sheet_that_stands_alone_shows_its_own_words_and_groups(tmp_path: Path) -> None:
    sheet = tmp_path / "linden.yaml"
    sheet.write_text(STANDING_ALONE, encoding="utf-8")
    said = run(*DATE, "--time", "16:30", "--rules", str(sheet)).out
    assert said.startswith(
        "Linden Skin Clinic: face, Fri 20 Nov 2026 at 16:30\nYour clinic: Linden Skin Clinic, +44 20"
    )
    first = flat(section(said, "First 24 hours"))
    assert "Put on the gel from your kit (3 a day)." in first
    assert "A cool shower is fine." in first
    assert "Flaking from Sun 22 Nov." in first
    again = [re.sub(" {2,}", " | ", line.strip()) for line in section(said, "When may I again?")[1:]]
    assert "Make-up | Mon 23 Nov 16:30 | make-up" in again
    assert "Gym, heat | Thu 26 Nov | exercise" in again
    assert "Your clinic | Mon 23 Nov | the sled" in again
    assert "Allowed:" not in said


PAGER = {"NEEDLECARE_PAGER": "sed s/^/page:/"}
ALL = (*DATE, "--time", "16:30", "--all")


WHY = ("why", "retinol", "--date", "2026-11-20")


BEFORE = (*DATE, "--time", "16:30", "--before")


@pytest.mark.parametrize("arguments", [ALL, WHY, BEFORE], ids=["a plan", "why", "what comes before"])
def test_what_is_longer_than_the_screen_is_read_page_by_page(arguments: tuple[str, ...]) -> None:
    written = run_at_terminal(*arguments, env=PAGER).splitlines()
    assert len(written) > 70
    assert all(line.startswith("page:") for line in written)
    assert "page:" not in run_at_terminal(*arguments, "--no-pager", env=PAGER)


def test_which_pager_it_is_says_the_environment() -> None:
    for env in ({"PAGER": "sed s/^/page:/", "NEEDLECARE_PAGER": None}, {**PAGER, "PAGER": "cat"}):
        assert run_at_terminal(*ALL, env=env).startswith("page:")


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        pytest.param(ALL, {"NEEDLECARE_PAGER": "", "PAGER": "sed s/^/page:/"}, id="switched off by a variable"),
        pytest.param(ALL, {"NEEDLECARE_PAGER": "no-such-pager -x"}, id="there is none"),
        pytest.param(ALL, {"NEEDLECARE_PAGER": "sed 's/^/page:/"}, id="a quotation mark isn't closed"),
        pytest.param((*DATE, "--time", "16:30"), PAGER, id="the first screen"),
        pytest.param(typed("eyes and neck, late at night"), PAGER, id="seventy lines"),
    ],
)
def test_what_is_not_longer_or_not_wanted_so_is_printed_at_once(
    arguments: tuple[str, ...], env: dict[str, str]
) -> None:
    written = without_colour(run_at_terminal(*arguments, env=env))
    assert "page:" not in written
    assert written.startswith("Micro-needling aftercare")


@pytest.mark.parametrize(("columns", "colour"), [(80, {"NO_COLOR": "1"}), (40, {})], ids=["no colour", "narrow"])
def test_it_is_read_page_by_page_without_colour_and_where_a_terminal_is_narrow(
    columns: int, colour: dict[str, str]
) -> None:
    arguments = ALL if colour else typed("a date and a time")
    assert run_at_terminal(*arguments, env={**PAGER, **colour}, columns=columns).startswith("page:")


def test_a_pipe_and_a_file_have_no_pages(tmp_path: Path) -> None:
    assert b"page:" not in run_program(*ALL, env=PAGER).stdout
    assert "page:" not in run_at_terminal(*ALL, "-o", str(tmp_path / "plan.txt"), env=PAGER)
    assert "page:" not in (tmp_path / "plan.txt").read_text(encoding="utf-8")


def test_a_pager_that_is_left_early_is_no_error() -> None:
    assert run_at_terminal(*ALL, env={"NEEDLECARE_PAGER": "head -3"}).count("\n") == 3
