"""Treatments without --date: those that the log remembers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from needlecare.cli.reading import Request, make_request, present
from needlecare.errors import InputError
from needlecare.log import Entry, Log, open_log

NO_DATE = "when was the treatment? Give --date 2026-11-20, and --time 16:30 if you know it"
# Facts about the person that hold for every treatment; the others belong to the one they were said of.
LASTING = ("tz", "skin_type", "uses", "condition", "rules")


def the_current(typed: Mapping[str, Any]) -> Request:
    """Give the treatment in progress, else the next, else the last."""
    requests = _remembered(typed)
    going = [one for one in requests if _has_begun(one) and _is_open(one)]
    ahead = [one for one in requests if not _has_begun(one)]
    return going[-1] if going else ahead[0] if ahead else requests[-1]


def all_open(typed: Mapping[str, Any]) -> list[Request]:
    """Give every treatment that still restricts something, or will; if none does, the last one."""
    requests = _remembered(typed)
    return [one for one in requests if _is_open(one)] or requests[-1:]


def _remembered(typed: Mapping[str, Any]) -> list[Request]:
    log = None if typed["no_log"] else open_log()
    entries = log.entries() if log else []
    if log is None or not entries:
        hint = "; `needlecare log add --date …` remembers it" if log is not None else ""
        raise InputError(NO_DATE + hint)
    lasting = log.lasting()
    loaded: dict[str | None, Any] = {}
    return [
        make_request(spoken(entry, lasting, _asked_of(entry, typed)), loaded)._replace(name=entry.key)
        for entry in entries
    ]


def _asked_of(entry: Entry, typed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what was *typed* in a question as far as it is about this treatment."""
    # What has been seen, and the session after that one, are those of a treatment that has been.
    return {**typed, "seen": None, "next_": None} if _is_ahead(entry, typed["now"]) else typed


def spoken(entry: Entry, lasting: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what was typed now over what was said of the treatment, and that over the lasting facts."""
    said = dict.fromkeys(typed) | dict(lasting) | dict(entry.said)
    said.update({name: value for name, value in typed.items() if value not in (None, [], False)})
    said["now"] = typed["now"]
    return said


def _is_ahead(entry: Entry, now: str | None) -> bool:
    from needlecare.dates import parse_date, parse_zone

    return parse_date(entry.said["date"]) > present(parse_zone(entry.said["tz"]), now).date()


def _moment(request: Request) -> datetime:
    return present(request.treatment.zone, request.now)


def _has_begun(request: Request) -> bool:
    return request.treatment.first <= _moment(request)


def _is_open(request: Request) -> bool:
    """Tell whether something of its plan, besides what never ends, is still to come."""
    if not _has_begun(request):
        return True
    from needlecare.model.plan import FOREVER
    from needlecare.timeline import build_timeline

    windows = build_timeline(request.rule_set, request.treatment, request.facts).windows
    return any(_moment(request) < one.over < FOREVER for one in windows)


def the_log(*, no_log: bool) -> Log:
    """Give the log to write to.

    Raises:
        InputError: it is switched off.
    """
    log = None if no_log else open_log()
    if log is None:
        raise InputError("the log is switched off (--no-log or NEEDLECARE_NO_LOG); nothing is remembered")
    return log
