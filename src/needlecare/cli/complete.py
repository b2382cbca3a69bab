"""What the shell offers to complete: facts and their answers, activities, moments, events, rule sets."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from needlecare.model.ruleset import RuleSet

Offered = list[tuple[str, str]]


def _rule_set(ctx: typer.Context) -> "RuleSet | None":
    """Load the rule set that was typed so far; one that can't be used offers nothing."""
    from needlecare.errors import NeedlecareError
    from needlecare.rules.load import load_rules

    try:
        return load_rules(ctx.params["rules"]) if ctx.params.get("rules") else load_rules()
    except NeedlecareError:
        return None


def offer_answers(fact: str) -> Callable[[typer.Context, str], Offered]:
    """Offer the answers of *fact*."""

    def offer(ctx: typer.Context, incomplete: str) -> Offered:
        rule_set = _rule_set(ctx)
        known = rule_set.facts.get(fact) if rule_set else None
        found = [(answer.id, answer.label) for answer in known.answers] if known else []
        return [one for one in found if one[0].startswith(incomplete)]

    return offer


def offer_facts(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer `fact=answer` for every fact of the rule set."""
    rule_set = _rule_set(ctx)
    known = rule_set.facts.values() if rule_set else ()
    found = [(f"{fact.id}={answer.id}", answer.label) for fact in known for answer in fact.answers]
    return [one for one in found if one[0].startswith(incomplete)]


def offer_moments(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer what can be seen."""
    rule_set = _rule_set(ctx)
    known = rule_set.moments.values() if rule_set else ()
    return [(f"{one.id}=", one.label) for one in known if one.clock is None and f"{one.id}=".startswith(incomplete)]


def offer_events(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer the kinds of events."""
    rule_set = _rule_set(ctx)
    known = rule_set.events.values() if rule_set else ()
    return [(f"{one.id}=", one.label) for one in known if f"{one.id}=".startswith(incomplete)]


def offer_activities(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer the activities by their ids."""
    rule_set = _rule_set(ctx)
    known = rule_set.activities.values() if rule_set else ()
    return [(one.id, one.label) for one in known if one.id.startswith(incomplete.lower())]


def offer_signs(ctx: typer.Context, incomplete: str) -> Offered:
    """Offer the signs by their ids."""
    rule_set = _rule_set(ctx)
    known = rule_set.signs.values() if rule_set else ()
    return [(one.id, one.label) for one in known if one.id.startswith(incomplete.lower())]


def offer_rule_sets(incomplete: str) -> list[str]:
    """Offer the rule sets that ship."""
    from needlecare.rules.shipped import shipped_names

    return [name for name in shipped_names() if name.startswith(incomplete)]
