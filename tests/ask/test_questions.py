"""Questions as people ask them, each with every answer that a careful practitioner could give.

Of `normal` the second list is the least that the verdict must reach: not to know is less than to call.
"""

from pathlib import Path
from typing import Any

import pytest

from running import run

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


@pytest.mark.usefixtures("no_log")
@pytest.mark.parametrize(
    ("verb", "words", "options", "now", "verdicts", "urgencies"), ROWS, ids=[" ".join(one[:2]) for one in ROWS]
)
def test_a_question_is_answered_as_a_careful_practitioner_could(
    verb: str, words: str, options: str, now: str, verdicts: str, urgencies: str
) -> None:
    more = options.split() if options != "-" else []
    about = [text for option in TREATMENT.items() if option[0] not in more for text in option]
    ran = run(verb, *words.split(), *about, *more, "--now", now, "--format", "json")
    answer: dict[str, Any] = ran.record
    verdict, allowed = answer["verdict"], urgencies.split("|")
    assert verdict in verdicts.split("|")
    if verb == "normal":
        urgency = verdict if verdict in URGENCIES else "-"
        assert URGENCIES.index(urgency) >= URGENCIES.index(allowed[0])
    else:
        assert (answer["urgency"] or "-") in allowed
        assert answer["ask"] or verdict != "ask"
    # From when something is free is what `when` is asked for, whatever holds now.
    assert ran.code == CODES[verdict] or (verb == "when" and ran.code == 0 and answer["until"])
