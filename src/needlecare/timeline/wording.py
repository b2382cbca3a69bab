"""The one line that says what a window asks for, and under which condition."""

from needlecare.model.facts import Fact, Test
from needlecare.model.ruleset import ALLOW, AVOID, DO, EXPECT, Rule, RuleSet

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
