"""The timeline of one treatment: select what applies, compute spans, and merge them into windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product

from needlecare.errors import InputError, nearest
from needlecare.model.facts import Facts, Truth
from needlecare.model.plan import FOREVER, Extent, Hint, Session, Timeline, Treatment, Window, treated_on
from needlecare.model.ruleset import ALLOW, ASK, AVOID, CALL, DO, EXPECT, PREPARE, Rule, RuleSet
from needlecare.model.time import AT_TREATMENT, Bound, begins_day
from needlecare.timeline import agenda, merging
from needlecare.timeline.selection import Chosen, Selection, find_against, select, without_lapsed
from needlecare.timeline.spans import Span, Spans

# A label may be “your own creams” or “a loose hat”: behind a colon each of them reads well.
_LEADS = {AVOID: "Avoid: {}", ALLOW: "Allowed: {}", ASK: "{}: ask {who} first", EXPECT: "Usual: {}"}


def window_text(rule: Rule, label: str, kind: str) -> str:
    """Return what *rule* asks for on a target called *label*; the text of a rule speaks of all its targets."""
    own = rule.words.get("text")
    if own and kind == rule.verb:
        return own
    text = _LEADS.get(kind, "{}").format(label, who=rule.who)
    return text[:1].upper() + text[1:]


def condition_text(rule: Rule, unsure: tuple[str, ...], rule_set: RuleSet) -> str | None:
    """Return the condition under which *rule* holds: its own "if", and what isn't known."""
    parts = [rule.words["if"]] if "if" in rule.words else []
    parts.extend(test.in_words(rule_set.facts[test.fact]) for test in rule.when.tests if test.fact in unsure)
    return " and ".join(parts) or None


# Windows that begin together stand in this order.
_KINDS = (PREPARE, AVOID, ASK, DO, ALLOW, EXPECT)


# The first fields of a window, which every kind has from its rule and its extent alone.
_Stated = tuple[str, str, str, str, datetime, datetime, datetime, datetime, Mapping[str, str], str, bool, str]


class Builder:
    """What the steps of one build share."""

    def __init__(self, selection: Selection, treatment: Treatment) -> None:
        self._selection = selection
        self._rule_set = selection.rule_set
        self._treatment = treatment
        self._spans = Spans(selection, treatment)
        self._all_spans = [self._spans]
        self._next: Treatment | None = None
        if treatment.next_day is not None:
            # A booked session restricts as it will: before it and after it. What is to be done, and what is normal
            # after it, belongs to its own plan.
            self._next = treated_on(treatment.next_day, None, treatment.zone)
            self._all_spans.append(Spans(selection, self._next))
        self._calls = tuple(chosen.rule for chosen in selection.by_verb[CALL])
        worries = ((one.id, self._spans.instant(one.worry_after)) for one in self._calls if not one.is_red_flag)
        self._flagged_from = {id_: instant for id_, instant in worries if instant is not None}
        self._holds = {
            activity: merging.merge(self._restricting(reaching), self._rule_set.moments)
            for activity, reaching in selection.restrictions.items()
        }

    def timeline(self, days: int | None) -> Timeline:
        """Put everything together but the clashes with events: those are asked of the timeline."""
        selection, treatment = self._selection, self._treatment
        expected = [window for chosen in selection.by_verb[EXPECT] for window in self._others(chosen)]
        perhaps = _perhaps(expected, self._rule_set)
        windows = self._windows(self._ended([window for window in expected if window not in perhaps]))
        restrictions: dict[str, list[Window]] = {}
        for one in windows:
            if one.kind == AVOID:
                restrictions.setdefault(one.target, []).append(one)
        return Timeline(
            rule_set=selection.rule_set,
            treatment=treatment,
            facts=selection.facts,
            windows=windows,
            days=agenda.make_days(windows, treatment, days),
            sessions=tuple(self._sessions()),
            findings=tuple(find_against(selection, treatment)),
            unanswered=tuple(screening for screening, truth in selection.screenings if truth is Truth.UNKNOWN),
            red_flags=self._calls,
            longer_if=tuple(self._longer_if()),
            shorter_if=tuple(self._shorter_if()),
            reached=frozenset(selection.restrictions),
            perhaps=perhaps,
            flagged_from=self._flagged_from,
            restrictions=restrictions,
        )

    def _windows(self, expected: Iterable[Window]) -> tuple[Window, ...]:
        """Make every window, in the order of time."""
        made = list(expected)
        for activity, holds in self._holds.items():
            made.extend(self._restriction(activity, hold) for hold in holds if hold.extent.stretches)
        for verb in (ASK, DO, ALLOW, PREPARE):
            for chosen in self._selection.by_verb[verb]:
                made.extend(self._others(chosen))
        return tuple(sorted(made, key=lambda one: (one.start, _KINDS.index(one.kind), one.end, one.target, one.rule)))

    def _restricting(self, reaching: Iterable[Chosen]) -> Iterator[Span]:
        """Compute the spans of rules that restrict something."""
        for (rule, unsure, exception), spans in product(reaching, self._all_spans):
            span = spans.of(rule, end=None if unsure else exception, unsure=unsure)
            if span is not None:
                yield span
            if exception is not None and unsure:
                # Whether it holds isn't known: it frees nothing, but what it adds to the rule may be so.
                other = spans.of(rule, end=exception, unsure=unsure)
                if other is not None and (span is None or _adds(other, span)):
                    yield other

    def _restriction(self, activity: str, hold: merging.Hold) -> Window:
        rule = hold.decider.rule
        # A permission turned around ends where the permission begins.
        ends = rule.start if rule.verb == ALLOW else rule.end
        begun = (span.rule.start for span in hold.spans if span.extent.start == hold.extent.start)
        start_bound = "" if rule.verb == ALLOW else next((one.hedge for one in begun if one), "")
        return Window(
            *self._stated(rule, AVOID, activity, hold.extent),
            earliest=hold.earliest,
            end_stated=hold.end_stated,
            waits=hold.waits,
            condition=rule.words.get("if"),
            overruled=merging.lost(hold),
            rules=tuple(dict.fromkeys(span.rule.id for span in hold.spans)),
            unsure=hold.decider.unsure,
            goes_on=hold.goes_on,
            bound=_hedge(start_bound, ends),
            start_bound=start_bound,
            ask=self._selection.asked_about(activity),
            parts=merging.parts_of(hold, self._rule_set.rules),
        )

    def _stated(self, rule: Rule, kind: str, target: str, extent: Extent) -> _Stated:
        precise = any(one != FOREVER and not begins_day(one, self._treatment.zone) for one in extent)
        said = rule.words, rule.origin, rule.low_confidence, "minute" if precise else "day"
        return rule.id, kind, target, window_text(rule, self._rule_set.label(target), kind), *extent, *said

    def _others(self, chosen: Chosen) -> Iterator[Window]:
        """Make the windows of a rule that restricts nothing."""
        rule = chosen.rule
        span = self._span(chosen)
        if span is None:
            return
        spans = [*self._before_next(rule), span]
        for target in rule.targets:
            if rule.verb in (DO, ALLOW) and self._selection.asked_about(target):
                continue
            for one in self._where_free(span, target) if rule.verb in (DO, ALLOW) else spans:
                yield self._other(chosen, one, target)

    def _span(self, chosen: Chosen) -> Span | None:
        rule, first = chosen.rule, self._treatment.first
        if rule.verb == ASK:
            # What somebody has to be asked about has neither beginning nor end.
            return Span(rule, Extent(first, first, FOREVER, FOREVER), FOREVER, (), end_stated=True)
        if rule.verb == ALLOW:
            return None if chosen.unsure else self._spans.permitted(rule)
        span = self._spans.of(rule)
        if span is not None and rule.verb in (DO, EXPECT) and rule.lasts is None and not span.end_stated:
            # No source gives an end, or nobody knows when what it waits for comes: no date is made of that.
            return span._replace(extent=span.extent._replace(end=FOREVER, better_until=FOREVER))
        return span

    def _before_next(self, rule: Rule) -> Iterator[Span]:
        """Return what *rule* says to prepare before the booked session, if it says anything there."""
        if self._next is None or rule.verb != PREPARE or not (rule.start or rule.days):
            return
        span = self._all_spans[-1].of(rule)
        if span is None or span.extent.better_from > self._next.first:
            return
        last = self._next.last
        start, end = min(span.extent.start, last), min(span.extent.end, last)
        yield span._replace(
            extent=Extent(start, start, end, end), earliest=min(span.earliest, last), waits=(), end_stated=True
        )

    def _where_free(self, span: Span, target: str) -> Iterator[Span]:
        """Cut what is restricted out of a *do* or an *allow*; what it then waits for comes along."""
        holds = self._holds.get(target, [])
        restricted = [(hold.extent.better_from, hold.extent.better_until) for hold in holds]
        _, begins, ends, _ = span.extent
        if begins == ends:
            free = not any(first <= begins < last for first, last in restricted)
            pieces = [(begins, ends)] if free else []
        else:
            pieces = merging.cut((begins, ends), restricted)
        for start, end in pieces:
            before = [wait for hold in holds if begins <= hold.extent.end <= start for wait in hold.waits]
            yield span._replace(
                extent=Extent(start, start, end, end),
                # Where something else cuts it short, that is its end.
                waits=span.waits if end == ends else (),
                awaited=tuple(dict.fromkeys((*span.awaited, *before))),
            )

    def _other(self, chosen: Chosen, span: Span, target: str) -> Window:
        rule = chosen.rule
        _, start, end, goes_on = span.extent
        if rule.verb == DO and end == FOREVER and not rule.states_end:
            # It goes on; what has a date is that it does so at least until the skin has healed.
            end = max(self._spans.healed, start)
        start_bound = rule.start.hedge if rule.start else ""
        return Window(
            *self._stated(rule, rule.verb, target, Extent(start, start, end, goes_on)),
            earliest=min(max(span.earliest, start), end),
            end_stated=span.end_stated,
            waits=span.awaited,
            condition=condition_text(rule, chosen.unsure, self._rule_set),
            overruled=(),
            rules=(rule.id,),
            unsure=chosen.unsure,
            eases=self._spans.instant(rule.eases),
            usually_by=span.usually_by,
            worry_after=self._spans.instant(rule.worry_after),
            until_seen=span.waits if rule.end not in (None, rule.start) else (),
            bound=_hedge(start_bound, rule.end),
            start_bound=start_bound,
            start_range=span.start_range,
            usual_until=goes_on,
            ask=rule.who,
        )

    def _ended(self, expected: Sequence[Window]) -> Iterator[Window]:
        """Find until when the signs of *expected* are called usual.

        What gives no end says so only until another rule speaks: one with an end, or “anything still there” then.
        """
        stated: dict[str, datetime] = {}
        for window in expected:
            if window.end_stated:
                stated[window.target] = max(window.end, stated.get(window.target, window.end))
        for window in expected:
            if window.end_stated:
                yield window
                continue
            ends = stated.get(window.target, window.start)
            until = ends if ends > window.start else self._still_there(window)
            yield window._replace(usual_until=until)

    def _still_there(self, window: Window) -> datetime:
        """Return from when a call speaks of whatever is still there, the sign of *window* included."""
        calls = (rule for rule in self._calls if window.target not in dict(rule.exceptions))
        begins = (self._flagged_from.get(rule.id, FOREVER) for rule in calls)
        return min((one for one in begins if one > window.start), default=FOREVER)

    def _sessions(self) -> Iterator[Session]:
        """Return the next session, with what its pre-care would be."""
        session = agenda.next_session(self._selection.spacings, self._treatment.day, number=2)
        if session is not None:
            booked = self._treatment.next_day
            ahead = agenda.precare(self._selection, self._treatment, booked or session.minimum)
            yield session._replace(precare=tuple(ahead), booked=booked)

    def _longer_if(self) -> Iterator[Hint]:
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
                        yield Hint(facts=chosen.unsure, rule=chosen.rule.id, target=target, now=now, then=then)
                        break

    def _shorter_if(self) -> Iterator[Hint]:
        """Name the restrictions that last as long as they do only because a fact is unknown."""
        for activity, holds in self._holds.items():
            for hold in holds:
                rule, unsure, now = hold.decider.rule, hold.decider.unsure, hold.extent.end
                if unsure and activity in rule.targets and (then := self._surely_until(activity, now)) != now:
                    yield Hint(facts=unsure, rule=rule.id, target=activity, now=now, then=then)

    def _surely_until(self, activity: str, end: datetime) -> datetime | None:
        """Compute the end of a restriction that begins up to *end* by what surely applies."""
        sure = [chosen for chosen in self._selection.restrictions[activity] if not chosen.unsure]
        extents = [hold.extent for hold in merging.merge(self._restricting(sure), self._rule_set.moments)]
        return max((one.end for one in extents if one.start <= end), default=None)


def _perhaps(expected: Iterable[Window], rule_set: RuleSet) -> tuple[Window, ...]:
    """Return what is only perhaps so where something else counts: what is marked as usual, else the shortest.

    A warning that comes too early costs a call; one that comes too late costs more.
    """
    found: list[Window] = []
    for windows in _by_target(expected).values():
        unsure = [one for one in windows if one.unsure]
        usual = [one for one in unsure if rule_set.rules[one.rule].usual]
        shortest = min(one.end for one in windows)
        left_out = [one for one in unsure if (one not in usual if usual else one.end > shortest)]
        found += sorted(left_out, key=lambda one: (one.end, one.rule))
    return tuple(found)


def _by_target(windows: Iterable[Window]) -> dict[str, list[Window]]:
    found: dict[str, list[Window]] = {}
    for window in windows:
        found.setdefault(window.target, []).append(window)
    return found


def _hedge(of_start: str, end: Bound | None) -> str:
    """Return the hedge of the figure that a rule gives: its end, or its start where it ends with the treatment."""
    return of_start if end in (None, AT_TREATMENT) else end.hedge


def _adds(one: Span, to: Span) -> bool:
    longer = one.extent.end > to.extent.end or one.extent.better_until > to.extent.better_until
    return longer or bool(set(one.waits) - set(to.waits))


def build_timeline(rule_set: RuleSet, treatment: Treatment, facts: Facts, *, days: int | None = None) -> Timeline:
    """Build the timeline of *treatment*; *days* is how many days are listed from day 0 on (0 lists none).

    Example: `build_timeline(rules, treatment, facts).days[0].avoid`, the ids of what to avoid on the first day.

    Raises:
        InputError: an argument has the wrong type, or the facts were read for another rule set.
    """
    check_given(rule_set, treatment, facts)
    return build_selected(select(rule_set, facts), treatment, days=days)


def build_selected(selection: Selection, treatment: Treatment, *, days: int | None = None) -> Timeline:
    """Build the timeline of *treatment* from a *selection*, which may serve many treatments of the same facts."""
    timeline = Builder(without_lapsed(selection, treatment), treatment).timeline(days)
    return timeline._replace(meetings=agenda.meet(timeline)) if treatment.events else timeline


def check_given(rule_set: RuleSet, treatment: Treatment, facts: Facts) -> None:
    """Check that a plan is made of a rule set, a treatment, and facts that were read for that rule set.

    Raises:
        InputError: one of them is something else.
    """
    for given, kind, made in (
        (rule_set, RuleSet, "a rule set, as load_rules returns it"),
        (treatment, Treatment, "a treatment, as make_treatment returns it"),
        (facts, Facts, 'facts, as read_facts(rule_set, {"area": "face"}) returns them'),
    ):
        if not isinstance(given, kind):
            raise InputError(f"a timeline is built from {made}, not from {type(given).__name__}")
    defaults = {id_: fact.assumed for id_, fact in rule_set.facts.items()}
    if not (facts.given.keys() <= defaults.keys() and facts.assumed.items() <= defaults.items()):
        raise InputError(f"these facts were read for another rule set; read them again with that of {rule_set.id}")
    # What the rule set doesn't know would count for nothing without a word.
    to_see = sorted(moment.id for moment in rule_set.moments.values() if moment.clock is None)
    for name in treatment.seen:
        if name not in to_see:
            raise InputError(f"there is no `{name}` to see{nearest(name, to_see)}; it may be {', '.join(to_see)}")
