"""Advice on the rules, sources and words of a set: what is allowed and hardly meant. Changes nothing."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import Any

from needlecare.authors.trials import SAMPLE, Plan, Plans, is_sure, waited_for, weigh
from needlecare.errors import Problem
from needlecare.model import ruleset, voices
from needlecare.model.facts import Fact, Given, Truth
from needlecare.model.plan import NO, Window
from needlecare.model.time import INSTANT, Bound, parse_bound, respelled
from needlecare.rules import layers, read, yaml
from needlecare.rules.fields import COLUMNS, FILE, RULE, marked
from needlecare.rules.kinds import LINE, TEXT, Mark, Section
from needlecare.timeline import agenda, merging
from needlecare.timeline.spans import Spans
from needlecare.typed import read_facts, same_as

# How long or when, in words or figures; “twice a day” and “every night” tell how often.
_MENTIONS_TIME = re.compile(
    r"(?i)(?<!every )(?<!each )\b((minute|hour|night|morning|week|month|year)s?|(?<!\ba )days?|[0-9]+ ?(h|d|w|min))\b"
)
# Each piece of advice, beside the value that it is about.
Advice = Iterator[tuple[read.Value, str]]


def advise(rule_set: ruleset.RuleSet, layer: layers.Layer) -> list[Problem]:
    """Return advice on *rule_set*, each with its place, which *layer* knows."""
    advice = read.Problems()
    plans = Plans(rule_set, layer)
    for rule in plans.own.values():
        for verbs, needs_plan, look in _ON_RULES:
            if rule.verb in verbs and (rule.when in plans.conditions or not needs_plan):
                for at, text in look(rule, layer.entries["rules"][rule.id], plans):
                    advice.add(at, text)
    for look_over in _ON_SETS:
        for at, text in look_over(plans):
            advice.add(at, text)
    if plans.are_cut:
        advice.add(layer.header["ruleset"], "there are too many conditions to try every rule beside the others")
    return advice.listed()


def _owns(raw: read.Raw, field: str) -> bool:
    """Report whether *field*, if it is there, comes from the set of the rule itself."""
    return raw.origin_of(field) == raw.origin


def _own_times(raw: read.Raw) -> list[str]:
    """Return the fields with a time that the set of the rule itself states."""
    return [key for key in marked(RULE, Mark.TIME) if key in raw.fields and _owns(raw, key)]


def _weighed(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for a no that few hold, or that is milder than what its sources say, where a rule gives no reason."""
    found = () if "because" in rule.words else weigh(rule, plans.rule_set, gathers=plans.gathers)
    yield from ((raw.id, f"{rule.id} {text}") for text in islice(found, 1))


def _in_words(rule: ruleset.Rule, raw: read.Raw, _: Plans) -> Advice:
    """Look for a length in words where a source says it: it would be read as no figure."""
    at = {str(source): source for source in raw.fields.get("says", ())} if _owns(raw, "says") else {}
    for saying in rule.says if at else ():
        for said in re.split(r"(?:^|; )(?:until |from )?", saying.value):
            meant = respelled(said)
            if meant != said and parse_bound(meant) is not None:
                yield at.get(saying.source, raw.id), f"`{said}` of {saying.source} is no figure; did you mean {meant}?"


def _unexplained(rule: ruleset.Rule, raw: read.Raw, _: Plans) -> Advice:
    """Look for a change of somebody else's rule that doesn't say why and by whom."""
    others = ", ".join(sorted({origin for origin in raw.origins.values() if origin != rule.origin}))
    missing = [word for word in ("because", "by") if not _owns(raw, word) or word not in rule.words]
    if others and missing:
        yield raw.id, f"{rule.id} changes a rule of {others}: say {' and '.join(f'`{word}:`' for word in missing)}"


def _outdated(rule: ruleset.Rule, raw: read.Raw, _: Plans) -> Advice:
    """Look for words of somebody else that mention a time, where the times of the rule were changed."""
    changed = _own_times(raw)
    for word in marked(RULE, Mark.TELLS_TIME) if changed and raw.origins else ():
        origin, text = raw.origin_of(word), rule.words.get(word, "")
        if origin != rule.origin and _MENTIONS_TIME.search(text):
            kept = f"{rule.id} has another `{changed[0]}` here, and keeps the {word} of {origin}: “{text}”; "
            yield raw.fields[changed[0]], f"{kept}if that is no longer true, say your own `{word}:`"


def _late(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for what is to be prepared by a time after the treatment."""
    due, after = raw.fields.get("due"), voices.reading(rule, plans.rule_set).after
    if due is not None and after is not None and after.upper > voices.NO_TIME:
        text = f"{rule.id} is due {due} after the treatment; if before it is meant, write `due: {due} before`"
        yield due, text


def _impossible(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    if plans.facts(rule.when) is None:
        yield raw.id, f"{rule.id} can never apply: its conditions exclude each other"


def _hidden(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for what stricter rules hide of a rule: all of it, or what another set hides of it in part."""
    plan = plans.plan(rule.when)
    hiding = _hiding(rule, plans, plan)
    gone = [target for target in rule.targets if hiding[target] and not plan.showing(rule, target)]
    by = ", ".join(sorted(set().union(*(hiding[target] for target in gone))))
    if rule.verb == ruleset.AVOID and len(gone) == len(hiding) and not plan.shows(rule):
        text = f"{rule.id} never shows: {by} is stricter on the same; "
        yield raw.id, f"{text}change that one by its id, or switch it off"
    elif rule.verb == ruleset.DO and gone:
        text = f"{rule.id} can never come true: {by} says to leave {', '.join(gone)} all that time; "
        yield raw.id, f"{text}change one of them, or switch it off"
    else:
        yield from _hidden_in_part(rule, raw, plans, hiding)


def _hidden_in_part(rule: ruleset.Rule, raw: read.Raw, plans: Plans, hiding: Mapping[str, set[str]]) -> Advice:
    """Within one set the milder is the other side of the stricter; what was changed was hidden in part before."""
    changed = _own_times(raw)
    if not raw.origins or (changed and (rule.verb == ruleset.AVOID or "until" not in changed)):
        others = {target: ids for target, found in hiding.items() if (ids := found - plans.own.keys())}
        if others:
            by = ", ".join(sorted(set().union(*others.values())))
            text = f"{rule.id} shows only in part: {by} is stricter on {', '.join(others)}; "
            yield raw.id, f"{text}change that one by its id, or say the same"


def _hidden_perhaps(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for a changed rule of which one that holds for lack of an answer still hides a part."""
    facts = plans.facts(rule.when)
    if facts is None or not (raw.origins and _own_times(raw)):
        return
    for target, hiding in _hiding(rule, plans, plans.plan(rule.when, surely=False)).items():
        for id_ in sorted(hiding - plans.own.keys()):
            truth, unsure = plans.rule_set.rules[id_].when.judge(facts)
            if truth is Truth.UNKNOWN:
                text = f"{rule.id} shows only in part unless {' and '.join(unsure)} is given: {id_} is stricter on "
                yield raw.id, f"{text}{target}; change that one by its id too"


def _hiding(rule: ruleset.Rule, plans: Plans, plan: Plan) -> dict[str, set[str]]:
    """Return, by target, the rules that restrict it in *plan* where this one alone doesn't or says better not."""
    alone = plans.alone(rule.id)
    # What starts when another rule ends can't be without that one, nor be hidden by it.
    related = {rule.id, *waited_for(rule)}
    return {
        target: {id_ for window in alone.showing(rule, target) for id_ in _over(window, rule, plan)} - related
        for target in rule.targets
    }


def _over(window: Window, rule: ruleset.Rule, plan: Plan) -> Iterator[str]:
    """Return the rules that restrict what *rule* says in its own *window*, or forbid what it only advises against."""
    whole = [(window.better_from, window.better_until)]
    mild = [(start, end) for state, start, end in window.stretches if state != NO]
    for other in plan.avoided[window.target]:
        has_lost = rule.verb != ruleset.AVOID or rule.id in other.overruled
        for part in other.parts:
            inside = whole if has_lost else mild * (part.state == NO)
            if any(max(start, part.start) < min(end, part.end) for start, end in inside):
                yield part.rule


def _forbidden(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for what is to be prepared while it, or what it is part of, is to be left."""
    plan = plans.plan(rule.when)
    for window in plan.by_rule.get(rule.id, ()):
        held = plan.on(window.target)
        asked = window.start, max(window.end, window.start + INSTANT)
        if not merging.cut(asked, [(one.better_from, one.better_until) for one in held]):
            by = ", ".join(sorted({one.rule for one in held}))
            text = f"{rule.id} can never come true: {by} says to leave {window.target} all that time; "
            yield raw.id, f"{text}change one of them, or take it out there by `except`"


def _idle_exceptions(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for an exception that frees nothing, or that forbids for longer than its rule does."""
    is_own = _owns(raw, "except")
    for activity, (_, end) in zip(raw.fields.get("except", ()), rule.exceptions, strict=True):
        if not set(plans.rule_set.lineage[activity]).isdisjoint(rule.targets):
            found = [*_idle_end(rule, raw, plans, activity, end)]
        else:
            found = [f"frees nothing: {activity} isn't under {' or '.join(rule.targets)}"] * is_own
        yield from ((activity if is_own else raw.id, f"the `except` of {rule.id} {text}") for text in found)


def _idle_end(rule: ruleset.Rule, raw: read.Raw, plans: Plans, activity: str, end: Bound) -> Iterator[str]:
    selection, written = plans.selection(rule.when, surely=True), raw.fields["except"][activity]
    spans = selection and Spans(selection, SAMPLE)
    whole, own = (spans.of(rule), spans.of(rule, end=end)) if spans else (None, None)
    if whole is None or own is None:
        return
    now, then = whole.extent[2:], own.extent[2:]
    if then > now:
        longer = f"forbids {activity} for longer ({written}) than the rule forbids the rest ({rule.value})"
        yield f"{longer}; give an earlier end, or a rule of its own"
    elif (then, own.waits) == (now, whole.waits) and _owns(raw, "except"):
        early = ", such as `8d before`" if whole.extent.end <= SAMPLE.first else ""
        yield f"changes nothing for {activity}: the rule ends then too ({written}); give an earlier end{early}"


def _empty(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for a restriction that is over before it begins, or that its own exceptions take out."""
    alone = plans.alone(rule.id)
    for target in rule.targets if plans.facts(rule.when) is not None else ():
        if all(window.better_from == window.better_until for window in alone.showing(rule, target)):
            out = target in dict(rule.exceptions)
            why = "its `except` takes that out" if out else f"{rule.span} is over before it begins"
            yield raw.id, f"{rule.id} can never hold for {target}: {why}"


def _worrying(rule: ruleset.Rule, raw: read.Raw, plans: Plans) -> Advice:
    """Look for a sign that is a reason to call while it is still normal."""
    windows = plans.plan(rule.when).by_rule.get(rule.id, ())
    if any(window.worry_after is not None and window.worry_after < window.end for window in windows):
        whose, instead = f" of {raw.origin_of('worry-after')}", "give a `worry-after:` of your own"
        if _owns(raw, "worry-after"):
            whose, instead = "", "give a later one, or an earlier end"
        text = f"{rule.id} lasts longer ({rule.value}) than until the `worry-after`{whose} ({rule.worry_after}): "
        at = next((raw.fields[key] for key in _own_times(raw)), raw.id)
        yield at, f"{text}it would be normal and a reason to call; {instead}"


# Rules with these verbs; whether that takes a plan; what to look for.
_ON_RULES: tuple[tuple[tuple[str, ...], bool, Callable[[ruleset.Rule, read.Raw, Plans], Advice]], ...] = (
    ((ruleset.AVOID,), False, _weighed),
    (ruleset.VERBS, False, _in_words),
    (ruleset.VERBS, False, _unexplained),
    (ruleset.VERBS, False, _outdated),
    ((ruleset.PREPARE,), False, _late),
    (ruleset.VERBS, True, _impossible),
    ((ruleset.AVOID,), True, _empty),
    ((ruleset.AVOID,), True, _idle_exceptions),
    ((ruleset.AVOID, ruleset.DO, ruleset.ALLOW), True, _hidden),
    ((ruleset.AVOID,), True, _hidden_perhaps),
    ((ruleset.PREPARE,), True, _forbidden),
    ((ruleset.EXPECT,), True, _worrying),
)


def _statements(rule_set: ruleset.RuleSet) -> list[ruleset.Rule | ruleset.Screening | ruleset.Spacing]:
    return [*rule_set.rules.values(), *rule_set.screenings.values(), *rule_set.spacings.values()]


def _unused_sources(plans: Plans) -> Advice:
    rule_set = plans.rule_set
    cited = {saying.source for one in _statements(rule_set) for saying in one.says}
    for id_, raw in plans.layer.entries["sources"].items():
        if raw.origin == rule_set.id and id_ not in cited:
            yield raw.id, f"no rule cites the source {id_}"
        elif raw.origin == rule_set.id and not rule_set.sources[id_].kind:
            yield raw.id, f"the source {id_} has no kind, so it counts for nothing where sources are weighed"


def _judged_twice(plans: Plans) -> Advice:
    """Look for a reason not to treat beside one of another set that asks for the same."""
    entries = plans.rule_set.screenings.values()
    others = [one for one in entries if one.origin != plans.rule_set.id and len(one.when.tests) == 1]
    asked = {answer: one.id for one in others for answer in one.when.named}
    for one in entries:
        found = sorted({asked[answer] for answer in one.when.named & asked.keys()})
        if found and one.origin == plans.rule_set.id:
            text = f"{one.id} judges what {', '.join(found)} judges already, and the graver of them counts; "
            yield plans.layer.entries["screening"][one.id].id, f"{text}change that one by its id"


def _unasked(plans: Plans) -> Advice:
    """Look for what people may declare and nothing asks for: it would reach no answer."""
    rule_set = plans.rule_set
    asked = {answer for one in _statements(rule_set) for answer in one.when.named}
    targets = {target for rule in rule_set.rules.values() for target in rule.targets}
    for fact, answer in _new_answers(plans):
        # One that stands for an activity is looked up by its name.
        meant = rule_set.ancestry(same_as(rule_set, fact, answer))
        if (fact.id, answer) not in asked and targets.isdisjoint(meant):
            yield answer, f"nothing asks for {fact.id} {answer}: whoever declares it gets what everybody gets"


def _new_answers(plans: Plans) -> Iterator[tuple[Fact, str]]:
    """Return the answers that the set itself adds to lists that go on."""
    for fact in filter(attrgetter("open"), plans.rule_set.facts.values()):
        raw, below = plans.layer.entries["facts"][fact.id], plans.layer.beneath.get(("facts", fact.id))
        known = below.fields.get("answers", ()) if below else ()
        if raw.origin_of("answers") == plans.rule_set.id:
            yield from ((fact, answer) for answer in raw.fields.get("answers", ()) if answer not in known)


def _cut_short(plans: Plans) -> Advice:
    """Look for text that a # behind a blank cuts short: what follows is a comment."""
    # A set's own files come last, behind those of what it extends.
    *_, own = plans.layer.files.values()
    for path, data in own:
        lines = data.decode("utf-8-sig").splitlines()
        for key, text in _texts(FILE, yaml.read_yaml(data, str(path), read.Problems())):
            # A scalar on one line without quotes is as long as it reads.
            is_plain, at = getattr(text, "inner", None) == 0, read.place(text)
            rest = lines[at.line][at.column + len(text) :].strip() if is_plain else ""
            if rest.startswith("#"):
                yield text, f"`{key}` ends here, and “{rest}” is a comment; put the text in double quotes"


def _texts(section: Section, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the texts for people in what is written, however deep, and the names and values of columns."""
    for key in fields.keys() & section.fields.keys():
        kind, value = section.fields[key].kind, fields[key]
        if kind.read in (TEXT.read, LINE.read):
            yield from ((key, text) for text in read.listed(value))
        elif kind is COLUMNS:
            yield from _of_columns(value)
        elif kind.of is not None:
            for entry in value if isinstance(value, list) else value.values() if "ids" in kind.ways else [value]:
                yield from _texts(kind.of, kind.of.read(entry) or {})


def _of_columns(value: Mapping[str, read.Value]) -> Iterator[tuple[str, str]]:
    return ((key, text) for key, held in value.items() for text in read.texts(held))


def _shared_names(plans: Plans) -> Advice:
    """Look for words that stand for two activities: a question would get the stricter answer of both."""
    owners: dict[str, str] = {}
    rule_set, written = plans.rule_set, plans.layer.entries["activities"]
    # The set's own words last, so that they are the ones that are reported.
    for activity in sorted(rule_set.activities.values(), key=lambda one: written[one.id].origin == rule_set.id):
        for name in dict.fromkeys(word.lower() for word in ruleset.names_of(activity)):
            owner = owners.setdefault(name, activity.id)
            if owner != activity.id:
                text = f"`{name}` stands for {owner} too; a question about it gets the stricter answer of both"
                yield written[activity.id].id, text


def _vanished(plans: Plans) -> Advice:
    """Look for a set whose rules all wait for what is assumed to be otherwise."""
    facts = read_facts(plans.rule_set, {})
    judged = [rule.when.judge(facts) for rule in plans.own.values()]
    if judged and all(truth is Truth.NO for truth, _ in judged):
        names = sorted({name for _, deciding in judged for name in deciding})
        assumed = ", ".join(f"{name} to be {_shown(facts.value(name))}" for name in names)
        raw = plans.layer.entries["rules"][next(iter(plans.own))]
        text = f"no rule of {plans.rule_set.id} shows unless more is said: plans assume {assumed}; change `when`, or "
        yield raw.file_condition or raw.id, f"{text}make what it asks for the `default` of that fact"


def _shown(value: Given | None) -> str:
    return " and ".join(value) if isinstance(value, tuple) else f"{value}"


def _taken_out(plans: Plans) -> Advice:
    """Look for activities that are no longer part of what they were part of, and the rules that they lose so."""
    on: dict[str, set[str]] = defaultdict(set)
    for rule in plans.rule_set.rules.values():
        for target in rule.targets:
            on[target].add(rule.id)
    for activity, lost in _lost_parents(plans):
        lineage = set(plans.rule_set.lineage[activity])
        gone = plans.rule_set.ancestry(lost) - lineage
        rules = set().union(*(on[one] for one in gone)).difference(*(on[one] for one in lineage))
        held = f", and no longer held by {', '.join(sorted(rules))}" if rules else ""
        text = f"{activity} is no longer under {', '.join(lost)}{held}; `under` is replaced whole, so name there all "
        raw = plans.layer.entries["activities"][activity]
        yield raw.fields.get("under", raw.id), f"{text}that it is part of"


def _lost_parents(plans: Plans) -> Iterator[tuple[str, list[str]]]:
    for (section, id_), below in plans.layer.beneath.items():
        was = read.listed(below.fields.get("under")) if section == "activities" else []
        if lost := [one for one in was if one not in plans.rule_set.lineage[id_]]:
            yield id_, lost


def _outvoted(plans: Plans) -> Advice:
    """Look for sessions entries beside which one of another set, with a longer minimum, decides."""
    stricter: dict[str, dict[str, str]] = defaultdict(dict)
    for sure, deciding in _votes(plans):
        for one in sure:
            if one.every and one.origin == plans.rule_set.id != deciding.origin:
                stricter[one.id][deciding.id] = f"{deciding.id} ({'..'.join(map(str, deciding.every or ()))})"
    for id_, found in stricter.items():
        text = f"the sessions entry {id_} is outvoted by those whose minimum is as long or longer, where they hold too"
        at = plans.layer.entries["sessions"][id_].id
        yield at, f"{text}: {', '.join(found.values())}; to shorten it, change those by their ids"


def _without_a_course(plans: Plans) -> Advice:
    """Look for sessions entries that say what belongs to a course, where none gives the time between its sessions."""
    spacings = plans.rule_set.spacings.values()
    for one in spacings:
        facts = plans.facts(one.when) if one.origin == plans.rule_set.id and not one.every else None
        if facts and not any(other.every and other.when.judge(facts)[0] is not Truth.NO for other in spacings):
            text = f"the sessions entry {one.id} reaches nobody: nothing says how far apart sessions are"
            yield plans.layer.entries["sessions"][one.id].id, f"{text}; give it `every:`"


def _votes(plans: Plans) -> Iterator[tuple[list[ruleset.Spacing], ruleset.Spacing]]:
    """Return the sessions entries that hold together for somebody, and the one that decides."""
    spacings = plans.rule_set.spacings.values()
    conditions = dict.fromkeys(one.when for one in spacings if one.when in plans.conditions)
    for facts in filter(None, map(plans.facts, conditions)):
        sure = [one for one in spacings if is_sure(one, facts)]
        deciding = agenda.deciding_spacing(tuple((one, ()) for one in sure), SAMPLE.day)
        if deciding is not None:
            yield sure, deciding


_ON_SETS = (
    _unused_sources,
    _judged_twice,
    _unasked,
    _cut_short,
    _shared_names,
    _vanished,
    _taken_out,
    _outvoted,
    _without_a_course,
)
