"""The first screen of a plan: what to do tonight, when to get help, and when each thing is all right again.

It computes no date and knows nothing of layout. Whatever it leaves out stands in the sheet of all sections.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from operator import attrgetter

from needlecare.model import plan, ruleset
from needlecare.model.ruleset import ALLOW, AVOID, CLINIC, DO, EXPECT, LAST, PREPARE, RuleSet
from needlecare.model.time import last_instant, parse_duration
from needlecare.views import days, sheet
from needlecare.views import phrases as say
from needlecare.views.days import Opening, days_after, draw_groups, group_name, lasting_head, list_openings, openings_of
from needlecare.views.phrases import Clock, Row, Section, capital, grouped, led, topmost

# How much of each kind a screen has room for.
_NAMES, _A_GROUP, _BEFORE, _SIGNS = 3, 2, 5, 7
# How long names may be, of a day and a group, to fit a line of eighty columns beside what stands there besides.
_A_DAY, _A_LINE = 52, 42
# Groups up to the first rank weigh most; from the second on a screen has room for a line each, from the third for none.
_HEAVY, LIGHT, _LEAST = 6, 8, 11
# What a screen has room for, the ampler first: up to which rank groups have two lines, and days before the treatment.
ROOMS = ((9, _BEFORE), (7, _BEFORE), (7, 4), (3, 5), (3, 4), (1, 5), (1, 4), (1, 3), (1, 2), (0, 2), (0, 1))


def make_brief(timeline: plan.Timeline, room: tuple[int, int] = ROOMS[0], *, handed_over: bool = False) -> sheet.Sheet:
    """Write the first screen of *timeline* for whoever runs the program, or whoever a file is *handed over* to.

    *room* is for a second line of groups up to that rank, and for how many days before the treatment.
    """
    clock, openings = Clock(timeline, typed=not handed_over), list_openings(timeline)
    calm = "; * only if your skin looks calm" if any(one.waits for one in openings) else ""
    before = () if sheet.is_stopped(timeline) else tuple(list_before(timeline, most=room[1]))
    dated = (*list_again(openings, timeline, room[0]), *list_endless(timeline))
    later = (
        Section("days", "Day by day", rows=tuple(list_days(openings, timeline, clock))),
        Section("again", f"When may I again?  {'' if handed_over else 'From this date; '}… more{calm}", rows=dated),
        Section(
            "next", "Before treatment, and next" if before else "Next", rows=(*before, *_list_next(timeline, clock))
        ),
    )
    return frame(timeline, [first_hours(timeline, lists_openings=handed_over)], *later, handed_over=handed_over)


def frame(timeline: plan.Timeline, first: Iterable[Section], *later: Section, handed_over: bool = False) -> sheet.Sheet:
    """Put sections between what speaks against the treatment and where to get help, and others behind both."""
    against = (*sheet.list_findings(timeline), *sheet.list_asked(timeline), *sheet.list_clashes(timeline))
    help_ = tuple(list_help([timeline], still_there(timeline)))
    sections = (Section("against", "", rows=against), *first, Section("help", "Get help", rows=help_), *later)
    given = {one: sheet.name_answer(one, timeline) for one in timeline.facts.given}
    with_what = f"{given.get('technique', '')}{led(' with ', given.get('add-on'))}".strip()
    return sheet.Sheet(
        title=f"{timeline.rule_set.title}{with_what and f' ({with_what})'}: {subject_of(timeline)}",
        clinic=sheet.name_clinic(timeline.rule_set),
        notice=(say.NO_ADVICE, *sheet.list_core_changes(timeline.rule_set)),
        sections=tuple(section for section in sections if section.rows),
        basis="" if handed_over else "More: `needlecare plan --all`. Ask: `needlecare can WORDS`, `why`, `--help`.",
    )


def make_part(timeline: plan.Timeline, part: str) -> sheet.Sheet:
    """Write one *part* of the plan in the place of the first screen's: a `chart`, or all that comes `before`."""
    if part == "chart":
        return frame(timeline, [Section(part, "", rows=tuple(draw_groups(timeline)), days=days_after(timeline))])
    return frame(timeline, sheet.make_sheet(timeline, only=(part,)).sections)


def subject_of(timeline: plan.Timeline) -> str:
    """Name what was treated and when: `face, Fri 20 Nov 2026 at 16:30`."""
    treatment, where = timeline.treatment, sheet.name_answer("area", timeline)
    hour = f" at {treatment.clock:%H:%M}" if treatment.clock else ""
    zone = led(", ", treatment.zone.key.rpartition("/")[2].replace("_", " ")) if treatment.names_zone else ""
    return f"{where}{where and ', '}{say.date(treatment.day)}{hour}{zone}"


# The first hours.


def first_hours(timeline: plan.Timeline, *, lists_openings: bool = False) -> Section:
    """Say what to do and to avoid in the first hours, and what is usual then.

    What is all right by their end, and that the rest has dates, is left to a view that *lists openings* beside them.
    """
    at, length, ends = timeline.treatment.last, timeline.rule_set.first, timeline.first_until
    if length is None or ends is None:
        return Section("first", "")
    ranked = (one for one in restricted(timeline, at) if not LIGHT < timeline.rule_set.weight(one)[1] < LAST)
    advice = (one for one in timeline.windows if one.start < ends and is_advice(one, timeline))
    rows = (
        Row("Do", sentences(advice, timeline), "do"),
        Row("Avoid", sentence_of(ranked, timeline.rule_set), "no"),
        Row("Wait", _waiting(timeline, ends if lists_openings else at, ends), "better not"),
        Row("OK", _permitted(timeline), "yes"),
        Row("Usual", usual(timeline, at), "expect"),
    )
    longer = "" if lists_openings else " (some for longer)"
    title = f"First {length.in_words}, until {Clock(timeline).until(ends)}{longer}"
    return Section("first", title, rows=tuple(filter(attrgetter("text"), rows)))


def is_advice(window: plan.Window, timeline: plan.Timeline) -> bool:
    """Whether *window* tells one to do something that a first screen has room for."""
    # Who has no words for a first screen means everything for it.
    is_chosen = "brief" in window.words or window.origin not in _with_brief(timeline.rule_set)
    is_told = window.kind == DO or (window.kind == ALLOW and not window.words.keys().isdisjoint(("brief", "text")))
    return _goes_on(window, timeline) or (is_chosen and is_told and timeline.treatment.first < window.holds_until)


@ruleset.once_a_set
def _with_brief(rule_set: RuleSet) -> frozenset[str]:
    """Return the sets that have words for a first screen."""
    return frozenset(rule.origin for rule in rule_set.rules.values() if "brief" in rule.words)


def _goes_on(window: plan.Window, timeline: plan.Timeline) -> bool:
    """Whether *window* tells everybody to go on with prescribed medicine: before the treatment, and after it too.

    What is said of one medicine stands first, among what speaks against the treatment.
    """
    if not is_due(window) or timeline.rule_set.rules[window.rule].when.tests:
        return False
    return timeline.rule_set.activities[window.target].medicine == ruleset.PRESCRIBED


def sentences(windows: Iterable[plan.Window], timeline: plan.Timeline, most: int = LAST) -> str:
    """Say what *windows* ask for, the weightiest first, in so many sentences at *most*."""
    # What takes many words comes last.
    weightiest = sorted(windows, key=lambda one: ("lasting" in one.words, timeline.rule_set.weight(one.target)))
    return " ".join([*dict.fromkeys(_in_brief(one, timeline) for one in weightiest)][:most])


def _in_brief(window: plan.Window, timeline: plan.Timeline) -> str:
    if "brief" not in window.words:
        return capital(say.sentence(Clock(timeline).with_details(window)))
    lasting = parse_duration(window.words.get("lasting", ""))
    manner = ", ".join(filter(None, (lasting.in_words, window.words.get("times")))) if lasting else ""
    told = say.sentence(", ".join(filter(None, (window.words["brief"].rstrip("."), manner))))
    return f"{told}{_but_ask(timeline) if _goes_on(window, timeline) else ''}"


def _but_ask(timeline: plan.Timeline) -> str:
    """Say what the person uses and must ask about before any more of it."""
    used = {one for value in timeline.facts.given.values() if isinstance(value, tuple) for one in value}
    asked = {one.target for one in timeline.of_kind(ruleset.ASK) if "how" in one.words}
    names = say.short_names(asked & used, timeline.rule_set)
    return f" {names}: no more until you have asked." if names else ""


def restricted(timeline: plan.Timeline, at: datetime) -> list[str]:
    """List what is a no at a moment."""
    stretches = ((one.target, held) for one in timeline.windows for held in one.stretches)
    return [target for target, held in stretches if held.state == plan.NO and held.start <= at < held.end]


def _waiting(timeline: plan.Timeline, since: datetime, ends: datetime) -> str:
    """Name, a thing a group, what had better wait at first and *since*, and from when it is OK if it *ends* later."""
    rule_set, clock, until = timeline.rule_set, Clock(timeline), _mild(timeline, since)
    weightiest = sorted(topmost(until, rule_set), key=rule_set.weight)
    named = [ids[0] for ids in grouped(weightiest, rule_set.group_of).values()]
    late = led("with ", ", ".join(rule_set.short(one) for one in named if until[one] >= ends))
    soon = ((rule_set.short(one), until[one]) for one in named if until[one] < ends)
    early = (f"{name}: from {clock.time(over) or clock.at(over)}" for name, over in soon)
    return " ".join(map(capital, map(say.sentence, filter(None, (late, *early)))))


def _mild(timeline: plan.Timeline, since: datetime) -> dict[str, datetime]:
    """Return what weighs and had better wait at first and *since*, with until when, but for what a part of is a no."""
    at, rule_set = timeline.treatment.last, timeline.rule_set
    held = {parent for one in restricted(timeline, at) for parent in rule_set.lineage[one]} | rule_set.unadvised
    mild = (one for one in timeline.of_kind(AVOID) if one.better_from <= at <= since < one.better_until)
    until = {one.target: one.better_until for one in mild}
    weights = {one: rule_set.weight(one) for one in until.keys() - held}
    return {one: until[one] for one, (group, rank) in weights.items() if group < LIGHT and rank <= LIGHT}


def _permitted(timeline: plan.Timeline) -> str:
    """Name what rules say is all right at once, for everybody."""
    at = timeline.treatment.last
    allowed = (one for one in timeline.of_kind(ALLOW) if not (one.condition or one.waits))
    ids = (one.target for one in allowed if one.start <= at < one.holds_until)
    return capital(say.sentence(say.short_names(ids, timeline.rule_set).rstrip("…")))


def sentence_of(activities: Iterable[str], rule_set: RuleSet, most: int = LAST, lightest: int = 0) -> str:
    """Name the weightiest of *activities* in each group, so many at *most*, and so many of the *lightest* groups."""
    shown = sorted(topmost(activities, rule_set), key=rule_set.weight)
    groups = grouped(shown, lambda one: rule_set.weight(one)[0])
    named = []
    for rank, group in groups.items():
        # What is of no group is of the clinic itself.
        room = _NAMES + 1 if rank <= _HEAVY or rank == LAST else _A_GROUP if rank <= LIGHT else lightest
        named += [rule_set.short(one) for one in group[: max(min(room, most), 0)]]
    text = capital(", ".join(dict.fromkeys(named)))
    return f"{text}…" if named and len(named) < len(shown) else say.sentence(text)


def usual(timeline: plan.Timeline, at: datetime) -> str:
    """Name what is usual *at* a moment, until when each is, and what follows."""
    clock, short, ranked = Clock(timeline), timeline.rule_set.short, _ranked(timeline)
    now = [one for one in ranked if one.start <= at < one.holds_until][:_SIGNS]
    later = [one for one in ranked if one.start < one.end and clock.day(one.start) > clock.day(at)]
    follows = [one for one in later if (one.start, one.end) == (later[0].start, later[0].end)][:_SIGNS]
    spans = grouped((*now, *follows), lambda one: _span(one, timeline, at))
    return " ".join(f"{capital(', '.join(short(one.target) for one in same))}{span}." for span, same in spans.items())


def name_usual(timeline: plan.Timeline, at: datetime) -> str:
    """Name what weighs most of what is usual *at* a moment."""
    now = (timeline.rule_set.short(one.target) for one in _ranked(timeline) if one.start <= at < one.holds_until)
    return capital(say.sentence(", ".join([*now][: _SIGNS - 1])))


def _ranked(timeline: plan.Timeline) -> list[plan.Window]:
    """Return when each sign is to be expected that has a rank, in the order of ranks."""
    known = timeline.rule_set.signs
    shown = (one for one in timeline.of_kind(EXPECT) if known[one.target].rank < LAST)
    return sorted(shown, key=lambda one: known[one.target].rank)


def _span(window: plan.Window, timeline: plan.Timeline, at: datetime) -> str:
    """Format until when something is usual, and from when on if that is after *at*."""
    clock, day, is_later = Clock(timeline), timeline.treatment.day, window.start > at
    ends = window.end if is_later else window.holds_until
    last = clock.day(last_instant(ends)) if ends < plan.FOREVER else None
    if is_later:
        return f" {say.dates(clock.day(window.start), last, day)}" if last else f" from {clock.date(window.start)}"
    return f" {'on' if last == day else 'to'} {say.date(last, day)}" if last else ""


# When to get help.

_TIERS: dict[ruleset.Urgency, str] = {ruleset.EMERGENCY: "Emergency", ruleset.TODAY: "Doctor today", CLINIC: "{}"}


def list_help(timelines: Sequence[plan.Timeline], late: Iterable[str], most: int = LAST) -> Iterator[Row]:
    """List where to get help, the most urgent first, with so many signs each at *most*, but for emergencies.

    *late* is what is a reason to call once it lasts too long.
    """
    named: set[str] = set()
    for urgency, head in _TIERS.items():
        flags = [(rule, one.rule_set) for one in timelines for rule in one.red_flags if rule.urgency == urgency]
        signs = _signs_of(flags, named)
        named.update(sign for rule, _ in flags for sign in rule.targets)
        own = dict.fromkeys(rule.words["brief"] for rule, _ in flags if "brief" in rule.words)
        told = ", ".join([*_flagged(signs, {ruleset.EMERGENCY: LAST}.get(urgency, most)), *own])
        if text := "; ".join(filter(None, (told, *{CLINIC: late}.get(urgency, ())))):
            lead = {ruleset.EMERGENCY: emergency_lead(timelines[0].rule_set)}.get(urgency, "")
            tone = {CLINIC: "call"}.get(urgency, "urgent")
            yield Row(capital(head.format(timelines[0].facts.clinician)), f"{lead}{text}", tone)


def emergency_lead(rule_set: RuleSet) -> str:
    """Say which numbers to ring, before what to ring them for; nothing where the set has none."""
    return f"ring {rule_set.emergency}: " if rule_set.emergency else ""


def _signs_of(flags: Sequence[tuple[ruleset.Rule, RuleSet]], named: Collection[str]) -> list[tuple[ruleset.Sign, bool]]:
    """Return the signs of *flags* that aren't *named* yet, each with whether it has a place here."""
    # What is usual for everybody at first, and for this person graver later, has no place without its date.
    told = [(rule, known.signs) for rule, known in flags if not (rule.worry_after and rule.when.tests)]
    new = {sign: (known[sign], rule.core) for rule, known in told for sign in rule.targets if sign not in named}
    return [(sign, sign.rank < LAST or not is_core) for sign, is_core in new.values()]


def _flagged(signs: Sequence[tuple[ruleset.Sign, bool]], most: int) -> list[str]:
    """Name the *signs* that have a rank, and those that a clinic adds; if there are none, the first."""
    ranked = sorted((sign for sign, has_place in signs if has_place), key=lambda sign: sign.rank)
    shown = ranked or [sign for sign, _ in signs[:_NAMES]]
    return [say.dotted([sign.short or sign.label for sign in shown], most)] if shown else []


def still_there(timeline: plan.Timeline) -> Iterator[str]:
    """Yield which usual signs are a reason to call from when on."""
    for at, signs in [*list_late(timeline).items()][:_A_GROUP]:
        yield f"still {' or '.join(signs[:_A_GROUP])} on {Clock(timeline).date(at)}"


def list_late(timeline: plan.Timeline) -> dict[datetime, list[str]]:
    """Name the usual signs by the instant from which on they are a reason to call."""
    groups = grouped(_ranked(timeline), lambda one: one.worry_after or plan.FOREVER)
    late = sorted((at, group) for at, group in groups.items() if at < plan.FOREVER)
    return {at: [timeline.rule_set.short(one.target) for one in group] for at, group in late}


# The days, and when each thing is all right again.


def list_days(openings: Iterable[Opening], timeline: plan.Timeline, clock: Clock) -> Iterator[Row]:
    """List *openings* by their days."""
    # What the first hours forbid alone stands nowhere else; what is light is worth no day of its own.
    whole, weight = timeline.first_until or timeline.treatment.last, timeline.rule_set.weight
    for day, opened in grouped(openings, lambda one: clock.day(one.at)).items():
        if opened[0].at > whole and all(_LEAST <= weight(one.activity)[0] < LAST for one in opened):
            continue
        instants = grouped(opened, lambda one: one.at)
        room = _A_DAY // len(instants)
        texts = [
            f"{clock.time(at)} OK: {starred(found, LAST if at <= whole else room - len(clock.time(at)))}".strip()
            for at, found in instants.items()
        ]
        number = plan.day_number(timeline.treatment, day)
        yield Row(say.date(day, timeline.treatment.day), "; ".join(texts), when=f"day {number}")


def starred(openings: Iterable[Opening], longest: int) -> str:
    """Name what opens, as much as takes *longest* signs."""
    return say.fitted(dict.fromkeys(f"{one.name}{'*' if one.waits else ''}" for one in openings), longest)


def list_again(openings: Iterable[Opening], timeline: plan.Timeline, heaviest: int) -> Iterator[Row]:
    """List *openings* by group, those up to the rank of the *heaviest* in two lines."""
    clock, rule_set = Clock(timeline), timeline.rule_set
    ranks = {one: rule_set.weight(one.activity)[0] for one in openings}
    by_rank = sorted(ranks, key=ranks.__getitem__)
    for group, opened in grouped(by_rank, lambda one: rule_set.group_of(one.activity)).items():
        rank = ranks[opened[0]]
        # What is of no group is of the clinic itself.
        lines = _BEFORE if rank == LAST else _A_GROUP if rank <= heaviest else int(rank < _LEAST)
        for found in _weightiest(opened, lines, rule_set):
            earlier = days.no_before(found[0].no_until, clock)
            at, room = found[0].at, _A_LINE - len(earlier)
            # What takes a second line anyway has room for more.
            names = starred(found, room if len(found[0].name) <= room else room + _A_LINE)
            yield Row(group_name(group, rule_set), f"{names}{earlier}", "yes", when=clock.at(at), at=at)


def list_endless(timeline: plan.Timeline) -> Iterator[Row]:
    """List what is all right again from no date on."""
    clock = Clock(timeline)
    asked = {one.target for one in timeline.of_kind(AVOID) if one.ask and not one.is_for_good}
    asked -= timeline.rule_set.unadvised
    if asked:
        yield Row("Ask first", say.dotted(say.list_short(asked, timeline.rule_set, asked=True), _SIGNS), "ask")
    for (_, head, advice), windows in sorted(grouped(_lasting(timeline), lambda one: lasting_head(one, clock)).items()):
        yield Row(head, f"{say.short_names((one.target for one in windows), timeline.rule_set, LAST)}{advice}", "no")
    if timeline.treatment.next_day:
        yield from _after_next(timeline)


def _lasting(timeline: plan.Timeline) -> Iterator[plan.Window]:
    """Yield what is never all right, if it has a rank or its set gives none."""
    ranked, weight = _with_brief(timeline.rule_set), timeline.rule_set.weight
    lasting = filter(is_lasting, timeline.of_kind(AVOID))
    return (one for one in lasting if one.origin not in ranked or weight(one.target)[1] < LAST)


def is_lasting(window: plan.Window) -> bool:
    """Whether what *window* restricts is never all right: not even once somebody was asked about it."""
    return window.better_until == plan.FOREVER and (window.is_for_good or not window.ask)


def _after_next(timeline: plan.Timeline) -> Iterator[Row]:
    """Yield what is a "no" after the treatment and isn't all right on any day before the booked session."""
    opened = {lift.activity for lift, _ in openings_of(timeline)}
    endless = {one.target for one in timeline.of_kind(AVOID) if one.better_until == plan.FOREVER}
    passed = {*opened, *endless, *timeline.rule_set.unadvised}
    held = (one for one in restricted(timeline, timeline.treatment.last) if one not in passed)
    names = say.short_names((one for one in held if not timeline.asking([one])), timeline.rule_set)
    for session in timeline.sessions[:1] if names else ():
        yield Row(f"After session {session.number}", f"see its plan: {names}", "no")


def _weightiest(openings: list[Opening], most: int, rule_set: RuleSet) -> list[list[Opening]]:
    """Return the *most* lines of a group that weigh most, in the order of time, one for each instant."""
    lines = list(grouped(openings, lambda one: (one.at, one.no_until)).values())

    def weight(line: list[Opening]) -> tuple[int, int]:
        return min(rule_set.weight(one.activity) for one in line)

    # Of two that weigh the same the one that takes longer is asked about.
    lines.sort(key=lambda line: line[0].at, reverse=True)
    lines.sort(key=weight)
    first, *others = [same[0] for same in grouped(lines, lambda line: line[0].at).values()]
    # What is of no group is of the clinic itself, and has no rank.
    others = [line for line in others if weight(line)[1] <= LIGHT or weight(line)[0] == LAST]
    return sorted([first, *others][:most], key=lambda line: line[0].at)


# Before it, the session after it, and what the plan rests on.


def list_before(timeline: plan.Timeline, since: date = date.min, most: int = LAST) -> Iterator[Row]:
    """List what begins before the treatment, after the day *since*, on the days that weigh most, so many at *most*."""
    begun, weight = begun_before(timeline), timeline.rule_set.weight
    ahead = sorted((min(weight(one.target) for one in windows), day) for day, windows in begun.items() if day > since)
    for day in sorted(day for _, day in ahead[:most]):
        yield Row(say.date(day, timeline.treatment.day), " ".join(list_due(begun[day], timeline)), "before")


def begun_before(timeline: plan.Timeline) -> dict[date, list[plan.Window]]:
    """Return what begins or is to be done before the treatment, by its days."""
    clock, (first, last) = Clock(timeline), (timeline.treatment.first, timeline.treatment.last)
    found = ((tone == "avoid", one) for _, tone, _, one in days.list_begun(timeline, clock))
    begun = [one for is_no, one in found if (one.start < first if is_no else is_due(one) and one.start <= last)]
    return dict(sorted(grouped(begun, lambda one: clock.day(one.start)).items()))


def is_due(window: plan.Window) -> bool:
    """Whether a first screen has room for what *window* tells everybody to prepare."""
    return window.kind == PREPARE and "brief" in window.words and not window.condition


def list_due(windows: list[plan.Window], timeline: plan.Timeline, longest: int = _A_DAY) -> Iterator[str]:
    """Yield what begins with *windows*: what to avoid, as many names as take *longest* signs, and what to do."""
    if held := [one for one in windows if one.kind == AVOID]:
        no = say.fitted(say.by_turns((one.target for one in held), timeline.rule_set), longest)
        on_day = Clock(timeline).day(held[0].start) == timeline.treatment.day
        yield f"No {no} that day." if on_day else say.sentence(f"No more {no}")
    if do := sentences((one for one in windows if one.kind == PREPARE), timeline):
        yield do


def _list_next(timeline: plan.Timeline, clock: Clock) -> Iterator[Row]:
    for session in timeline.sessions[:1]:
        yield from sheet.list_session(session, timeline, clock)
    facts, rule_set = timeline.facts, timeline.rule_set
    # The title says what was treated: for whoever can say otherwise it stands here if nothing else is assumed.
    assumed = facts.assumed.keys() & {"technique", "setting"}
    if not assumed and clock.typed:
        assumed = facts.assumed.keys() & {"area"}
    named = (sheet.name_answer(one, timeline) for one in sorted(assumed, reverse=True))
    if labels := ", ".join(filter(None, named)):
        yield Row("Assumed", f"{labels}{'; say if not' if clock.typed else ''}")
    if facts.unknown and clock.typed:
        yield Row("Not known", say.name_facts(facts.unknown, rule_set))
    # A first screen names no option but in its last line.
    yield from sheet.list_time(timeline.treatment, Clock(timeline))
