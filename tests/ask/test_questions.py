"""Questions as people ask them, each with every answer that a careful practitioner could give.

Of `normal` the second list is the least that the verdict must reach: not to know is less than to call.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from needlecare import can, normal, when

# What the command writes, of a plan that is made once for all of its questions.
from needlecare.views.answers_json import render
from running import run
from support import plan_of

ROWS = [
    line.split("\t")[:6]
    for line in (Path(__file__).parent / "questions.tsv").read_text(encoding="utf-8").splitlines()[1:]
]
URGENCIES = ["-", "clinic", "today", "emergency"]
CODES = {
    **dict.fromkeys(["yes", "usual", "watch"], 0),
    **dict.fromkeys(["better-not", "no", "ask", "clinic", "today", "emergency"], 1),
    **dict.fromkeys(["no-rule", "unknown"], 4),
}
TREATMENT = {"--date": "2026-11-20", "--time": "16:30", "--tz": "Europe/London"}
ASKED: dict[str, Callable[..., Any]] = {"can": can, "when": when, "normal": normal}
# One question for each verdict and for each treatment that a verb is asked about.
COMMANDS = {(one[0], one[column]): one for column in (4, 2) for one in reversed(ROWS)}


def about(options: str) -> list[str]:
    more = options.split() if options != "-" else []
    return [*(text for option in TREATMENT.items() if option[0] not in more for text in option), *more]


def answer_to(verb: str, words: str, options: str, now: str) -> dict[str, Any]:
    timeline = plan_of(*about(options))
    at = datetime.fromisoformat(now).replace(tzinfo=timeline.treatment.zone)
    answer: dict[str, Any] = json.loads(render(ASKED[verb](timeline, words, now=at)))
    return answer


@pytest.mark.parametrize(
    ("verb", "words", "options", "now", "verdicts", "urgencies"), ROWS, ids=[" ".join(one[:2]) for one in ROWS]
)
def test_a_question_is_answered_as_a_careful_practitioner_could(
    verb: str, words: str, options: str, now: str, verdicts: str, urgencies: str
) -> None:
    answer = answer_to(verb, words, options, now)
    verdict, allowed = answer["verdict"], urgencies.split("|")
    assert verdict in verdicts.split("|")
    if verb == "normal":
        urgency = verdict if verdict in URGENCIES else "-"
        assert URGENCIES.index(urgency) >= URGENCIES.index(allowed[0])
    else:
        assert (answer["urgency"] or "-") in allowed
        assert answer["ask"] or verdict != "ask"


@pytest.mark.usefixtures("no_log")
@pytest.mark.parametrize(("verb", "words", "options", "now"), [one[:4] for one in COMMANDS.values()])
def test_the_command_answers_as_the_library_does_and_ends_with_its_code(
    verb: str, words: str, options: str, now: str
) -> None:
    ran = run(verb, *words.split(), *about(options), "--now", now, "--format", "json")
    answer = answer_to(verb, words, options, now)
    assert ran.record == answer
    verdict = answer["verdict"]
    # From when something is free is what `when` is asked for, whatever holds now.
    assert ran.code == CODES[verdict] or (verb == "when" and ran.code == 0 and answer["until"])
