"""What is said where words weren't all understood: which, how they were taken, what comes close, and whom to ask."""

from typing import NoReturn

import typer

from needlecare.ask.lookup import SITTINGS, Meaning, tokens
from needlecare.cli.output import write_data, write_text
from needlecare.model.plan import Timeline
from needlecare.model.ruleset import RuleSet

_UNKNOWN = 4
_EMERGENCY = "If you feel seriously ill, call your emergency number."


def say_taken(meaning: Meaning, rule_set: RuleSet, *, signs: bool = False) -> str:
    """Say how words were taken that weren't all understood."""
    lines = []
    if meaning.unknown:
        labels = " and ".join(rule_set.label(one) for one in meaning.ids)
        lines.append(f"I don't know “{' '.join(meaning.unknown)}”; taken as {labels}.\n")
    if meaning.when:
        lines.append(f"I don't know when “{' '.join(meaning.when)}” is; the answer is about the time below.\n")
    if signs and lines:
        lines.insert(0, f"{_EMERGENCY}\n")
    return "".join(lines)


def dont_know(timeline: Timeline, meaning: Meaning, typed: str, format_: str, *, signs: bool = False) -> NoReturn:
    """Say that it isn't known, what comes close, and whom to ask; leave with 4."""
    rule_set = timeline.rule_set
    if format_ == "json":
        from needlecare.views.answers_json import unknown_record, write
        from needlecare.views.json import red_flag_record

        record = unknown_record(rule_set, meaning, typed)
        record["red_flags"] = [red_flag_record(rule, timeline.rule_set) for rule in timeline.red_flags]
        write_data(write(record))
        raise typer.Exit(_UNKNOWN)
    from needlecare.views.answers import finished, flag_texts, red_flag_line

    if meaning.when and meaning.ids and not meaning.unknown:
        lines = [
            f"I don't know when “{' '.join(meaning.when)}” is, so this is not a yes.",
            "- Name a day or a part of it: tomorrow, on 22 Nov, this evening, at 18:00.",
        ]
    else:
        so = "I can't say that it is normal. Call" if signs else "this is not a yes. Ask"
        lines = [f"I don't know “{' '.join(meaning.unknown) or typed}”, so {so} your clinic."]
    if signs:
        lines.insert(0, _EMERGENCY)
    if meaning.turning:
        lines.append(f"- “{meaning.turning}” turns the question round; ask about the thing itself.")
    if not signs and len(meaning.ids) > 1 and meaning.unknown:
        lines.append(f"- Ask about each on its own: {'; '.join(rule_set.label(one) for one in meaning.ids)}.")
    if not signs and not meaning.ids and SITTINGS & set(tokens(typed)):
        lines.append("- When the next session may be: `needlecare sessions`.")
    elif meaning.nearest and not meaning.ids:
        lines.append(f"- Did you mean {' or '.join(rule_set.label(one) for one in meaning.nearest)}?")
    lines.extend([f"- {text}" for text in flag_texts(timeline)] if signs else [f"- {red_flag_line(timeline)}"])
    write_text(finished(lines, rule_set))
    raise typer.Exit(_UNKNOWN)
