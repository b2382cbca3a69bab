"""The way in: a timeline of what was checked to be a rule set, a treatment and facts."""

from needlecare.errors import InputError
from needlecare.model.facts import Facts
from needlecare.model.plan import Timeline
from needlecare.model.ruleset import RuleSet
from needlecare.model.treatment import Treatment
from needlecare.timeline.build import build_selected
from needlecare.timeline.selection import select


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
