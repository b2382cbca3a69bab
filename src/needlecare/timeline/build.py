"""The timeline of one treatment: select what applies, compute spans, merge them, and list the days."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from needlecare.errors import InputError, nearest
from needlecare.model.facts import Fact, Facts, Test, Truth
from needlecare.model.plan import (
    BETTER_NOT,
    FOREVER,
    NO,
    Clash,
    Day,
    Event,
    Extent,
    Hint,
    Lift,
    Meeting,
    Session,
    Timeline,
    Treatment,
    Window,
    day_number,
    touches,
    treated_on,
)
from needlecare.model.ruleset import ALLOW, AVOID, CALL, DO, EXPECT, PREPARE, Rule, RuleSet
from needlecare.model.time import ceil_to_day, last_date, local_date
from needlecare.timeline.merging import Hold, cut, lost, merge
from needlecare.timeline.selection import Chosen, Reach, Selection, find_against, select
from needlecare.timeline.sessions import next_session
from needlecare.timeline.spans import Span, Spans

LONGEST = 30
_LAST = 1_000_000
# The list of a day that each state and each kind of window goes to; a permission stands in none.
_LISTS = {NO: "avoid", BETTER_NOT: "better_not", DO: "do", PREPARE: "prepare", EXPECT: "expect"}


def make_days(windows: Iterable[Window], treatment: Treatment, shown: int | None) -> tuple[Day, ...]:
    """List the days of a plan: those of pre-care, then *shown* days from day 0 on.

    Without *shown*, up to the last restriction that has a date, though never more than `LONGEST`.
    """
    windows = list(windows)
    first, last = day_range(windows, treatment, shown)
    lists: dict[int, dict[str, dict[str, None]]] = {number: {} for number in range(first, last + 1)}
    lifts: dict[int, list[Lift]] = {number: [] for number in range(first, last + 1)}

    for window in windows:
        for name, begins, ends in marks(window, treatment):
            for number in range(max(begins, first), min(ends, last) + 1):
                lists[number].setdefault(name, {})[window.target] = None
        for number, lift in lifting(window, treatment):
            if first <= number <= last:
                lifts[number].append(lift)
    return tuple(
        _day(number, treatment.day + timedelta(days=number), lists[number], lifts[number])
        for number in range(first, last + 1)
    )


def marks(window: Window, treatment: Treatment) -> Iterator[tuple[str, int, int]]:
    """Tell in which lists of which days *window* stands, from the first day to the last."""
    runs = [(_LISTS[state], start, end) for state, start, end in window.stretches]
    if window.kind == AVOID and window.waits and window.over < FOREVER:
        # The clock can't know whether it has come, however long ago it was usual.
        runs.append(("only_if", window.over, FOREVER))
    if window.kind in _LISTS:
        runs.append((_LISTS[window.kind], window.start, window.end))
    for name, start, end in runs:
        last = _LAST if end == FOREVER else day_number(treatment, last_date(start, end, treatment.zone))
        yield name, _number(start, treatment), last


def lifting(window: Window, treatment: Treatment) -> Iterator[tuple[int, Lift]]:
    """Tell what lifts where *window* eases and ends, and on which day."""
    if window.kind == AVOID:
        for lift in window.lifts:
            yield _number(lift.at, treatment), lift


def _number(instant: datetime, treatment: Treatment) -> int:
    return day_number(treatment, local_date(instant, treatment.zone))


def _day(number: int, day: date, listed: dict[str, dict[str, None]], lifts: list[Lift]) -> Day:
    avoid = listed.get("avoid", {})
    better_not = {target: None for target in listed.get("better_not", {}) if target not in avoid}
    return Day(
        number,
        day,
        tuple(sorted(avoid)),
        tuple(sorted(better_not)),
        tuple(sorted(target for target in listed.get("only_if", {}) if target not in avoid | better_not)),
        tuple(sorted(listed.get("do", {}))),
        tuple(sorted(listed.get("prepare", {}))),
        tuple(sorted(listed.get("expect", {}))),
        tuple(sorted(lifts, key=lambda lift: (lift.at, lift.activity))),
    )


def day_range(windows: Iterable[Window], treatment: Treatment, shown: int | None) -> tuple[int, int]:
    """Give the first and the last day to list."""
    windows = list(windows)
    begins = [window.better_from for window in windows]
    ends = [
        instant
        for window in windows
        if window.kind == AVOID
        for instant in (window.end, window.better_until)
        if instant != FOREVER
    ]

    first = _number(min(begins), treatment) if begins else 0
    last = _number(max(ends), treatment) if ends else 0
    if shown is None:
        shown = min(max(last, 0) + 1, LONGEST)
    return max(min(first, 0), -LONGEST), shown - 1


_STRICTEST = (NO, BETTER_NOT)


def meet(timeline: Timeline) -> tuple[Meeting, ...]:
    """Tell for each event of the treatment what of it clashes: what its kind implies, and all that is part of that."""
    return tuple(_meeting(timeline, event) for event in timeline.treatment.events)


def _meeting(timeline: Timeline, event: Event) -> Meeting:
    kind = timeline.rule_set.events.get(event.kind)
    implied = kind.activities if kind else ()
    activities = sorted(_part_of(timeline, implied))
    clashes = [clash for activity in activities if (clash := _strictest(timeline, activity, event)) is not None]
    clashing = {clash.activity for clash in clashes}
    waiting = [
        window._replace(target=activity)
        for activity in activities
        if activity not in clashing
        for window in timeline.windows_on(activity)
        if window.waits and window.over < FOREVER and local_date(window.over, timeline.treatment.zone) <= event.last
    ]
    ranked = sorted(clashes, key=lambda one: (_STRICTEST.index(one.state), one.activity))
    return Meeting(event, tuple(ranked), bool(kind), tuple(waiting))


def _part_of(timeline: Timeline, implied: Iterable[str]) -> set[str]:
    return {*implied, *timeline.reached.intersection(timeline.rule_set.family(implied))}


def _strictest(timeline: Timeline, activity: str, event: Event) -> Clash | None:
    found = [
        (_STRICTEST.index(state), -window.better_until.timestamp(), Clash(activity, state, window))
        for window in timeline.windows_on(activity)
        for state in states_on(window, event.first, event.last, timeline.treatment.zone)
    ]
    return min(found, key=lambda one: one[:2])[2] if found else None


def states_on(window: Window, first: date, last: date, zone: ZoneInfo) -> Iterator[str]:
    """Tell what a restriction says at any instant of the days *first* to *last*: `no`, `better-not`, or neither."""
    for state, start, end in window.stretches:
        if touches(start, end, first, last, zone):
            yield state


def begin_before(rule_set: RuleSet, selection: Selection, treatment: Treatment) -> list[tuple[str, date]]:
    """Tell what is to be left before *treatment*, each from which date on."""
    spans = Spans(rule_set, treatment, selection)
    begins: dict[str, date] = {}
    for chosen in selection.by_verb[AVOID]:
        span = spans.of(chosen.rule) if chosen.rule.start or chosen.rule.days else None
        if span is not None and span.extent.start < treatment.first:
            first = local_date(span.extent.start, treatment.zone)
            for target in chosen.rule.targets:
                begins[target] = min(first, begins.get(target, first))
    return sorted(begins.items())


def precare(rule_set: RuleSet, selection: Selection, treatment: Treatment, day: date) -> Iterator[tuple[str, date]]:
    """Tell what one would leave between *treatment* and a session on *day*, from which date on."""
    following = treated_on(day, None, treatment.zone)
    begins = [(target, max(first, treatment.day)) for target, first in begin_before(rule_set, selection, following)]
    yield from sorted(begins, key=lambda item: (item[1], item[0]))


_LEADS = {AVOID: "no {}", DO: "{}", ALLOW: "{} is allowed", EXPECT: "{} is to be expected"}


def window_text(rule: Rule, label: str, kind: str) -> str:
    """Say what *rule* asks for on a target called *label*; a rule's own text speaks of all its targets."""
    own = rule.words.get("text")
    if own and kind == rule.verb:
        return own
    text = _LEADS.get(kind, "{}").format(label)
    return text[:1].upper() + text[1:]


def condition_text(rule: Rule, unsure: tuple[str, ...], rule_set: RuleSet) -> str | None:
    """Say under which condition *rule* holds: its own "if", and what isn't known."""
    parts = [rule.words["if"]] if "if" in rule.words else []
    parts.extend(test_text(rule_set.facts[test.fact], test) for test in rule.when.tests if test.fact in unsure)
    return " and ".join(parts) or None


def test_text(fact: Fact, test: Test) -> str:
    """Say what a condition asks of a fact: `skin type is IV, V or VI`."""
    return (fact.phrase or f"{fact.id.replace('-', ' ')} is {{}}").replace("{}", _answers(fact, test))


def _answers(fact: Fact, test: Test) -> str:
    if fact.is_number:
        low, high = test.low, test.high
        unit = f" {fact.unit}" if fact.unit else ""
        if low is not None and high is not None:
            return f"{low:g} to {high:g}{unit}" if low != high else f"{low:g}{unit}"
        if low is not None:
            return f"{'over' if test.open_low else 'at least'} {low:g}{unit}"
        return f"{'under' if test.open_high else 'up to'} {high:g}{unit}"
    labels = [fact.label_of(answer.id) for answer in fact.answers if answer.id in test.answers]
    joined = ", ".join(labels[:-1]) + (" or " if len(labels) > 1 else "") + (labels[-1] if labels else "")
    return f"not {joined}" if test.negated else joined


# Windows that begin together stand in this order.
KINDS = (PREPARE, AVOID, DO, ALLOW, EXPECT)


def build_selected(
    rule_set: RuleSet, treatment: Treatment, facts: Facts, selection: Selection, *, days: int | None = None
) -> Timeline:
    """Build the timeline of what was selected for *facts*."""
    builder = Builder(rule_set, treatment, selection)
    windows = tuple(builder.windows())
    timeline = Timeline(
        rule_set,
        treatment,
        facts,
        windows,
        make_days(windows, treatment, days),
        tuple(builder.sessions()),
        tuple(find_against(selection, treatment, facts)),
        tuple(screening for screening, truth in selection.screenings if truth is Truth.UNKNOWN),
        tuple(_by_urgency(selection.by_verb[CALL])),
        tuple(builder.longer_if()),
        tuple(builder.shorter_if()),
        frozenset(selection.restrictions),
        perhaps=tuple(builder.perhaps),
        flagged_from=builder.flagged_from,
    )
    return timeline._replace(meetings=meet(timeline)) if treatment.events else timeline


def _by_urgency(calls: Iterable[Chosen]) -> list[Rule]:
    return sorted((chosen.rule for chosen in calls), key=lambda rule: (not rule.urgent, rule.id))


class Builder:
    """Holds what the steps of one build share."""

    def __init__(self, rule_set: RuleSet, treatment: Treatment, selection: Selection) -> None:
        self._rule_set = rule_set
        self._treatment = treatment
        self._selection = selection
        self._spans = Spans(rule_set, treatment, selection)
        self._known: dict[tuple[str, str], tuple[Span, ...]] = {}
        self._all_spans = [self._spans]
        self.perhaps: list[Window] = []
        self.flagged_from = self._spans.worries(chosen.rule for chosen in selection.by_verb[CALL])
        self._next: Treatment | None = None
        if treatment.next_day is not None:
            # A booked session restricts as it will: before it and after it. What is to be done, and what is normal
            # after it, belongs to its own plan.
            self._next = treated_on(treatment.next_day, None, treatment.zone)
            self._next_spans = Spans(rule_set, self._next, selection)
            self._all_spans.append(self._next_spans)
        self._holds = {
            activity: merge(self._restricting(reaches), rule_set.moments)
            for activity, reaches in selection.restrictions.items()
        }

    def _restricting(self, reaches: Iterable[Reach]) -> Iterator[Span]:
        for reach in reaches:
            key = reach.chosen.rule.id, str(reach.exception or "")
            if key not in self._known:
                self._known[key] = tuple(self._reaching(reach))
            yield from self._known[key]

    def _reaching(self, reach: Reach) -> Iterator[Span]:
        (rule, unsure), exception = reach
        for spans in self._all_spans:
            span = spans.of(rule, end=None if unsure else exception, unsure=unsure)
            if span is not None:
                yield span
            if exception is not None and unsure:
                # Whether it holds isn't known: it frees nothing, but what it adds to the rule may be so.
                other = spans.of(rule, end=exception, unsure=unsure)
                if other is not None and (span is None or _adds(other, span)):
                    yield other

    def _before_next(self, rule: Rule) -> Span | None:
        """Give what *rule* says to prepare before the booked session, if it says anything there."""
        if self._next is None or not (rule.start or rule.days):
            return None
        span = self._next_spans.of(rule)
        if span is None or span.extent.better_from > self._next.first:
            return None
        last = self._next.last
        extent = Extent(*(min(instant, last) for instant in span.extent))
        return span._replace(extent=extent, earliest=min(span.earliest, last), waits=(), end_stated=True)

    def windows(self) -> list[Window]:
        """Make every window, in the order of time."""
        made = [
            self._restriction(activity, hold)
            for activity, holds in self._holds.items()
            for hold in holds
            if hold.extent.better_from < hold.extent.better_until
        ]
        for verb in (DO, ALLOW, PREPARE):
            for chosen in self._selection.by_verb[verb]:
                made.extend(self._others(chosen))
        made.extend(self._expected())
        return sorted(
            made, key=lambda window: (window.start, KINDS.index(window.kind), window.end, window.target, window.rule)
        )

    def _restriction(self, activity: str, hold: Hold) -> Window:
        rule = hold.decider.rule
        return Window(
            rule=rule.id,
            kind=AVOID,
            target=activity,
            text=window_text(rule, self._rule_set.label(activity), AVOID),
            extent=hold.extent,
            earliest=hold.earliest,
            end_stated=hold.end_stated,
            waits=hold.waits,
            precision=self._precision(hold.extent),
            words=rule.words,
            condition=rule.words.get("if"),
            says=tuple(dict.fromkeys(saying for span in hold.spans for saying in span.rule.says)),
            overruled=tuple(lost(hold)),
            origin=rule.origin,
            rules=tuple(dict.fromkeys(span.rule.id for span in hold.spans)),
            unsure=hold.decider.unsure,
            low_confidence=rule.low_confidence,
            goes_on=hold.goes_on,
        )

    def _expected(self) -> list[Window]:
        """Make what is to be expected, without what is only perhaps so where a shorter time stands beside it.

        A warning that comes too early costs a call; one that comes too late costs more.
        """
        windows = [window for chosen in self._selection.by_verb[EXPECT] for window in self._others(chosen)]
        shortest: dict[str, datetime] = {}
        for window in windows:
            shortest[window.target] = min(window.end, shortest.get(window.target, FOREVER))
        self.perhaps = [window for window in windows if window.unsure and window.end > shortest[window.target]]
        return [window for window in windows if window not in self.perhaps]

    def _others(self, chosen: Chosen) -> Iterator[Window]:
        """Make the windows of a rule that restricts nothing."""
        rule = chosen.rule
        if rule.verb == ALLOW and chosen.unsure:
            return
        span = self._spans.permitted(rule) if rule.verb == ALLOW else self._spans.of(rule)
        if span is None:
            return
        if rule.verb == DO and rule.end is not None and not span.end_stated:
            # Nobody knows when what it waits for comes: it goes on until that is seen.
            span = span._replace(extent=span.extent._replace(end=FOREVER))
        if rule.verb == PREPARE and (before := self._before_next(rule)) is not None:
            yield from (self._other(chosen, before, target) for target in rule.targets)
        for target in rule.targets:
            if rule.verb in (DO, ALLOW):
                yield from self._where_free(chosen, span, target)
            else:
                yield self._other(chosen, span, target)

    def _where_free(self, chosen: Chosen, span: Span, target: str) -> Iterator[Window]:
        """Cut what is restricted out of a *do* or an *allow*; what it then waits for comes along."""
        holds = self._holds.get(target, [])
        restricted = [(hold.extent.better_from, hold.extent.better_until) for hold in holds]
        _, begins, ends, _ = span.extent
        if begins == ends:
            free = not any(first <= begins < last for first, last in restricted)
            pieces = [(begins, ends)] if free else []
        else:
            pieces = cut((begins, ends), restricted)
        for start, end in pieces:
            before = [wait for hold in holds if begins <= hold.extent.end <= start for wait in hold.waits]
            yield self._other(
                chosen,
                span._replace(
                    extent=Extent(start, start, end, end),
                    # Where something else cuts it short, that is its end.
                    waits=span.waits if end == ends else (),
                    awaited=tuple(dict.fromkeys((*span.awaited, *before))),
                ),
                target,
            )

    def _other(self, chosen: Chosen, span: Span, target: str) -> Window:
        rule = chosen.rule
        _, start, end, _ = span.extent
        return Window(
            rule=rule.id,
            kind=rule.verb,
            target=target,
            text=window_text(rule, self._rule_set.label(target), rule.verb),
            extent=Extent(start, start, end, end),
            earliest=min(max(span.earliest, start), end),
            end_stated=span.end_stated,
            waits=span.awaited,
            precision=self._precision((start, end)),
            words=rule.words,
            condition=condition_text(rule, chosen.unsure, self._rule_set),
            says=rule.says,
            overruled=(),
            origin=rule.origin,
            rules=(rule.id,),
            unsure=chosen.unsure,
            eases=self._spans.instant(rule.eases) if rule.eases else None,
            usually_by=self._spans.usually_by(rule) if rule.verb == EXPECT else None,
            worry_after=self._spans.instant(rule.worry_after) if rule.worry_after else None,
            low_confidence=rule.low_confidence,
            until_seen=span.waits if rule.verb in (DO, ALLOW) and rule.end not in (None, rule.start) else (),
        )

    def _precision(self, instants: Iterable[datetime]) -> str:
        zone = self._treatment.zone
        whole = all(instant == FOREVER or instant == ceil_to_day(instant, zone) for instant in instants)
        return "day" if whole else "minute"

    def sessions(self) -> Iterator[Session]:
        """Give the next session, with what its pre-care would be."""
        session = next_session(self._selection.spacings, self._treatment.day, number=2)
        if session is not None:
            booked = self._treatment.next_day
            ahead = precare(self._rule_set, self._selection, self._treatment, booked or session.minimum)
            yield session._replace(precare=tuple(ahead), booked=booked)

    def longer_if(self) -> Iterator[Hint]:
        """Name the restrictions that are left out only because of an assumed fact, and would lengthen something."""
        for chosen in self._selection.assumed_away:
            span = self._spans.of(chosen.rule)
            if span is None:
                continue
            for target in chosen.rule.targets:
                holds = self._holds.get(target, [])
                strict = max((hold.extent.end for hold in holds), default=None)
                mild = max((hold.extent.better_until for hold in holds), default=None)
                for now, then in ((strict, span.extent.end), (mild, span.extent.better_until)):
                    if now is None or then > now:
                        yield Hint(chosen.unsure, chosen.rule.id, target, now, then)
                        break

    def shorter_if(self) -> Iterator[Hint]:
        """Name the restrictions that last as long as they do only because a fact is unknown."""
        for activity, holds in self._holds.items():
            for hold in holds:
                if hold.decider.unsure and activity in hold.decider.rule.targets:
                    sure = [reach for reach in self._selection.restrictions[activity] if not reach.chosen.unsure]
                    others = merge(list(self._restricting(sure)), self._rule_set.moments)
                    end = hold.extent.end
                    then = max((other.extent.end for other in others if other.extent.start <= end), default=None)
                    if then != end:
                        yield Hint(hold.decider.unsure, hold.decider.rule.id, activity, end, then)


def _adds(one: Span, to: Span) -> bool:
    longer = one.extent.end > to.extent.end or one.extent.better_until > to.extent.better_until
    return longer or bool(set(one.waits) - set(to.waits))


def build_timeline(rule_set: RuleSet, treatment: Treatment, facts: Facts, *, days: int | None = None) -> Timeline:
    """Build the timeline of *treatment*; *days* is how many days are listed from day 0 on, and changes nothing else.

    Raises:
        InputError: what is given is something else, or the facts were read for another rule set.
    """
    check_given(rule_set, treatment, facts)
    return build_selected(rule_set, treatment, facts, select(rule_set, facts), days=days)


def check_given(rule_set: RuleSet, treatment: Treatment, facts: Facts) -> None:
    """Check that a plan is made of a rule set, a treatment, and facts that were read for that rule set.

    Raises:
        InputError: something of it is something else.
    """
    for given, kind, made in (
        (rule_set, RuleSet, "a rule set, as load_rules gives it"),
        (treatment, Treatment, "a treatment, as make_treatment gives it"),
        (facts, Facts, 'facts, as read_facts(rule_set, {"area": "face"}) gives them'),
    ):
        if not isinstance(given, kind):
            raise InputError(f"a timeline is built of {made}, not {type(given).__name__}")
    known = rule_set.facts
    if not facts.given.keys() <= known.keys() or any(
        name not in known or known[name].assumed != value for name, value in facts.assumed.items()
    ):
        raise InputError(f"these facts were read for another rule set; read them again with that of {rule_set.id}")
    _check_seen(rule_set, treatment)


def _check_seen(rule_set: RuleSet, treatment: Treatment) -> None:
    """Refuse what was seen if the rule set doesn't know it: it would count for nothing without a word."""
    to_see = sorted(moment.id for moment in rule_set.moments.values() if moment.clock is None)
    for name in treatment.seen:
        if name not in to_see:
            raise InputError(f"there is no `{name}` to see{nearest(name, to_see)}; it may be {', '.join(to_see)}")


__all__ = ["build_timeline"]
