"""What speaks against the treatment, in words, and whom to turn to about it."""

from collections.abc import Iterator

from needlecare.model.plan import Timeline
from needlecare.views.phrases import whom
from needlecare.views.rows import Row

_LEADS = {"stop": "STOP", "postpone": "POSTPONE", "ask": "ASK FIRST"}


def lead_of(level: str, timeline: Timeline) -> str:
    """Give the word that a finding begins with."""
    return _LEADS.get(level) or f"TELL {whom(timeline)}".upper()


def is_stopped(timeline: Timeline) -> bool:
    """Tell whether something says not to needle at all."""
    return any(finding.level == "stop" for finding in timeline.findings)


def list_findings(timeline: Timeline) -> Iterator[Row]:
    """List what speaks against the treatment, the gravest first, and what to do about it."""
    decides = whom(timeline)
    rows = [
        Row(
            lead_of(finding.level, timeline),
            finding.screening.text or finding.screening.id,
            finding.level,
            tuple(dict.fromkeys(saying.source for saying in finding.screening.says)),
        )
        for finding in timeline.findings
    ]
    yield from (row for row in rows if row.tone == "stop")
    if is_stopped(timeline):
        yield Row("NO SESSION YET", f"none should be booked or done before {decides} has decided", "stop")
    yield from (row for row in rows if row.tone != "stop")
    if any(row.tone in ("stop", "postpone") for row in rows):
        call = "your doctor" if decides == "a clinician" else f"{decides} or your doctor"
        yield Row("TREATED ALREADY?", f"call {call}, and tell them; the plan below doesn't know", "ask")
