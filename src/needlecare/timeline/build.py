"""The timeline of one treatment: select what applies, compute spans, merge them, and list the days."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from needlecare.model.facts import Facts, Truth
from needlecare.model.plan import FOREVER, Hint, Session, Timeline, Window
from needlecare.model.ruleset import ALLOW, AVOID, CALL, DO, EXPECT, PREPARE, Rule, RuleSet
from needlecare.model.time import ceil_to_day
from needlecare.model.treatment import Treatment, treated_on
from needlecare.sessions import next_session
from needlecare.timeline.days import make_days
from needlecare.timeline.events import meet
from needlecare.timeline.merging import Hold, cut, lost, merge
from needlecare.timeline.precare import precare
from needlecare.timeline.screening import find_against
from needlecare.timeline.selection import Chosen, Reach, Selection
from needlecare.timeline.spans import Span, Spans
from needlecare.timeline.wording import condition_text, window_text

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
        if span is None or span.better_from > self._next.first:
            return None
        return span._replace(
            start=min(span.start, self._next.last),
            end=min(span.end, self._next.last),
            better_until=min(span.better_until, self._next.last),
            earliest=min(span.earliest, self._next.last),
            waits=(),
            end_stated=True,
        )

    def windows(self) -> list[Window]:
        """Make every window, in the order of time."""
        made = [
            self._restriction(activity, hold)
            for activity, holds in self._holds.items()
            for hold in holds
            if hold.better_from < hold.better_until
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
            rule.id,
            AVOID,
            activity,
            window_text(rule, self._rule_set.label(activity), AVOID),
            hold.start,
            hold.earliest,
            hold.end,
            hold.end_stated,
            hold.better_from,
            hold.better_until,
            hold.waits,
            self._precision(hold.better_from, hold.start, hold.end, hold.better_until),
            rule.words,
            rule.words.get("if"),
            tuple(dict.fromkeys(saying for span in hold.spans for saying in span.rule.says)),
            tuple(lost(hold)),
            rule.origin,
            tuple(dict.fromkeys(span.rule.id for span in hold.spans)),
            hold.decider.unsure,
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
            span = span._replace(end=FOREVER)
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
        restricted = [(hold.better_from, hold.better_until) for hold in holds]
        if span.start == span.end:
            free = not any(begins <= span.start < ends for begins, ends in restricted)
            pieces = [(span.start, span.end)] if free else []
        else:
            pieces = cut((span.start, span.end), restricted)
        for start, end in pieces:
            before = [wait for hold in holds if span.start <= hold.end <= start for wait in hold.waits]
            waits = tuple(dict.fromkeys((*span.awaited, *before)))
            # Where something else cuts it short, that is its end.
            ends = span.waits if end == span.end else ()
            yield self._other(chosen, span._replace(start=start, end=end, waits=ends, awaited=waits), target)

    def _other(self, chosen: Chosen, span: Span, target: str) -> Window:
        rule = chosen.rule
        return Window(
            rule.id,
            rule.verb,
            target,
            window_text(rule, self._rule_set.label(target), rule.verb),
            span.start,
            min(max(span.earliest, span.start), span.end),
            span.end,
            span.end_stated,
            span.start,
            span.end,
            span.awaited,
            self._precision(span.start, span.end),
            rule.words,
            condition_text(rule, chosen.unsure, self._rule_set),
            rule.says,
            (),
            rule.origin,
            (rule.id,),
            chosen.unsure,
            self._spans.instant(rule.eases) if rule.eases else None,
            self._spans.usually_by(rule) if rule.verb == EXPECT else None,
            self._spans.instant(rule.worry_after) if rule.worry_after else None,
            rule.low_confidence,
            span.waits if rule.verb in (DO, ALLOW) and rule.end not in (None, rule.start) else (),
        )

    def _precision(self, *instants: datetime) -> str:
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
                strict = max((hold.end for hold in holds), default=None)
                mild = max((hold.better_until for hold in holds), default=None)
                for now, then in ((strict, span.end), (mild, span.better_until)):
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
                    then = max((other.end for other in others if other.start <= hold.end), default=None)
                    if then != hold.end:
                        yield Hint(hold.decider.unsure, hold.decider.rule.id, activity, hold.end, then)


def _adds(one: Span, to: Span) -> bool:
    return one.end > to.end or one.better_until > to.better_until or bool(set(one.waits) - set(to.waits))
