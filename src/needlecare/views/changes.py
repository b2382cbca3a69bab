"""What differs between a plan and its entries on a server: what to put there, to change, and to take away.

Knows what an entry says, and nothing of how a server is talked to.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from needlecare.views.ics import FileEvent


class Entry(NamedTuple):
    """An *event* under the *name* that it has on a server; *tag* is its version there, None if it isn't there yet."""

    name: str
    tag: str | None
    event: "FileEvent"


class Changes(NamedTuple):
    """What makes a server hold a plan: entries that are new to it, that replace an older version, or that go.

    Those that begin or end at another time are *moved*, others *changed*; *kept* counts those that stay as they are.
    """

    new: tuple[Entry, ...] = ()
    moved: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()
    gone: tuple[Entry, ...] = ()
    kept: int = 0


def compare(wanted: Iterable["FileEvent"], found: Iterable[Entry]) -> Changes:
    """Compare the events that a plan has with its entries that were *found* on a server."""
    there = {entry.event.uid: entry for entry in found}
    new, moved, changed = list[Entry](), list[Entry](), list[Entry]()
    kept = 0
    for event in wanted:
        old = there.pop(event.uid, None)
        if old is None:
            new.append(Entry(f"{event.uid}.ics", None, event))
        elif _is_same(event, old.event):
            kept += 1
        else:
            is_moved = (event.start, event.end) != (old.event.start, old.event.end)
            following = event.following(max(event.sequence, old.event.sequence + 1))
            (moved if is_moved else changed).append(old._replace(event=following))
    return Changes(tuple(new), tuple(moved), tuple(changed), tuple(there.values()), kept)


def _is_same(wanted: "FileEvent", found: "FileEvent") -> bool:
    """Report whether a person sees the same; where they have edited the entry, alarms and a note below are theirs."""
    if not found.is_untouched and found.text.startswith(wanted.text):
        found = found._replace(text=wanted.text, rings=wanted.rings, category=wanted.category)
    return wanted == found._replace(sequence=wanted.sequence, stamp=wanted.stamp)
