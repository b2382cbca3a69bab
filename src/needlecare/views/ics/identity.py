"""Who is who: the id of a plan and of its events. Opaque, so that nothing personal can be read from them."""

import re
from hashlib import sha256

from needlecare.model.treatment import Treatment

_AT = "@needlecare"
_UID = re.compile(rf"(?P<plan>[0-9a-f]{{20}})-[0-9a-f]{{16}}{_AT}")


def named_plan(name: str) -> str:
    """Make the id of the plan of *name*: a client, an entry of the log, what a person calls it."""
    return _hash("name", name)[:20]


def dated_plan(treatment: Treatment, areas: tuple[str, ...]) -> str:
    """Make the id of a plan that has no name: of the treatment's date and *areas*."""
    return _hash("treatment", treatment.day.isoformat(), *areas)[:20]


def event_uid(plan: str, slot: str) -> str:
    """Make the UID of the event at *slot* of *plan*."""
    return f"{plan}-{_hash(plan, slot)[:16]}{_AT}"


def plan_of(uid: str) -> str | None:
    """Tell which plan the event with *uid* belongs to; None where it isn't one of ours."""
    found = _UID.fullmatch(uid)
    return found["plan"] if found else None


def _hash(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
