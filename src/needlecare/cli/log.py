"""`log`: remember treatments and lasting facts; show, change and forget them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from needlecare.cli.app import Command
from needlecare.cli.options import dated, make_request, present, refuse_ahead, spoken, the_log, with_options
from needlecare.cli.output import complain, write_data, write_text
from needlecare.errors import InputError
from needlecare.log import Entry
from needlecare.options import LASTING

log_app = typer.Typer(
    help="Remember treatments and lasting facts on this machine, in one file that only you can read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Its number in `log list`.")]
NoLog = Annotated[bool, typer.Option("--no-log", help="Don't look at what `log` remembers.")]
_FORGOTTEN = ("now", "no-log")
_NEEDED = ("date", "tz")


@log_app.command(cls=Command)
@with_options
def add(typed: dict[str, Any]) -> None:
    """Remember a treatment, past or planned; without --date, only facts that hold for all of them."""
    log = the_log(no_log=typed["no-log"])
    typed = _dated(typed, log.lasting())
    lasting = {name: typed[name] for name in LASTING if typed[name] not in (None, [])}
    if typed["date"] is None:
        own = [
            name
            for name, value in typed.items()
            if value not in (None, [], False) and name not in (*LASTING, *_FORGOTTEN)
        ]
        if own or not lasting:
            raise InputError(
                "what shall be remembered? Give --date 2026-11-20, or lasting facts such as --skin-type III"
            )
        _check({**typed, "date": "2026-01-01"}, log.lasting())
        log.keep(_absolute(lasting))
        write_text(f"Remembered for every treatment: {_said(lasting)}.\n")
        return
    said = _as_said(typed, log.lasting())
    number = log.add(said)
    if lasting:
        log.keep(_absolute(lasting))
    more = f"; for every treatment: {_said(lasting)}" if lasting else ""
    write_text(f"Remembered as number {number}: {_line(said)}{more}.\n")


@log_app.command("list", cls=Command)
def list_(
    *, format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text", no_log: NoLog = False
) -> None:
    """Show what is remembered."""
    if format_ not in ("text", "json"):
        raise InputError(f"--format: there is no `{format_}` here; it is text or json")
    log = the_log(no_log=no_log)
    entries, lasting = log.entries(), log.lasting()
    if format_ == "json":
        from needlecare.views.answers_json import write

        treatments = [{"id": entry.id, **_record(entry.said)} for entry in entries]
        write_data(write({"schema_version": 1, "treatments": treatments, "lasting": _record(lasting)}))
        return
    lines = [f"{entry.id}: {_line(entry.said)}" for entry in entries] or ["No treatment is remembered."]
    if lasting:
        lines.append(f"For every treatment: {_said(lasting)}")
    write_text("".join(f"{line}\n" for line in lines))


@log_app.command(cls=Command)
@with_options
def edit(
    typed: dict[str, Any],
    *,
    number: Number,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Forget what was said of this: time, depth, area … (repeat)."),
    ] = None,
) -> None:
    """Change what is remembered of a treatment; what isn't named stays."""
    log = the_log(no_log=typed["no-log"])
    entry, lasting = log.get(number), log.lasting()
    typed = _dated(typed, {**lasting, **entry.said})
    changed = {
        name: value for name, value in typed.items() if value not in (None, [], False) and name not in _FORGOTTEN
    }
    if not changed and not forget:
        raise InputError("what shall be changed? Name it, such as --time 15:00, or --forget time")
    gone = {_name_of(text, entry, lasting, changed) for text in forget or ()}
    entry = entry._replace(said={name: value for name, value in entry.said.items() if name not in gone})
    no_more = [name for name in lasting if name in gone]
    lasting = {name: value for name, value in lasting.items() if name not in gone}
    said = _as_said(spoken(entry, {}, {**typed}), lasting)
    log.replace(number, said)
    kept = {name: typed[name] for name in LASTING if typed[name] not in (None, [])}
    if kept or no_more:
        log.keep({**_absolute(kept), **dict.fromkeys(no_more)})
    more = f"; for no treatment any more: {', '.join(_record(dict.fromkeys(no_more)))}" if no_more else ""
    write_text(f"Number {number} is now: {_line(said)}{more}.\n")


def _name_of(text: str, entry: Entry, lasting: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
    """Give the name under which is remembered what shall be forgotten."""
    shown = text.strip().lstrip("-").replace("_", "-").lower()
    known = {*lasting, *entry.said}
    if shown in _NEEDED:
        raise InputError(f"--forget {shown}: every treatment has one; change it with --{shown}")
    if shown not in known:
        there = ", ".join(sorted(known - set(_NEEDED))) or "nothing that could be forgotten"
        raise InputError(f"--forget: no `{text[:40]}` is remembered of number {entry.id}; there is {there}")
    if shown in changed:
        raise InputError(f"--{shown} and --forget {shown} can't both be; leave one of them out")
    return shown


@log_app.command(cls=Command)
def remove(
    *,
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    no_log: NoLog = False,
) -> None:
    """Forget a treatment."""
    log = the_log(no_log=no_log)
    entry = log.get(number)
    if not yes and not _agrees(entry):
        write_text("Nothing was removed.\n")
        raise typer.Exit(1)
    log.remove(number)
    write_text(f"Forgotten: {_line(entry.said)}.\n")


def _agrees(entry: Entry) -> bool:
    complain(f"forget number {entry.id}, {_line(entry.said)}? [y/N]")
    answer = sys.stdin.buffer.readline() if sys.stdin is not None else b""
    if not answer:
        raise InputError("nobody answered, so nothing was removed; --yes removes without asking")
    return answer.strip().lower() in (b"y", b"yes")


def _dated(typed: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Write words such as today as dates, so that what is remembered doesn't move with the clock."""
    from needlecare.typed import machine_zone, parse_zone

    name = typed["tz"] or known.get("tz")
    return dict(dated(typed, parse_zone(name) if name else machine_zone()))


def _as_said(typed: Mapping[str, Any], lasting: Mapping[str, Any]) -> dict[str, Any]:
    """Check what was said of a treatment, and give what is remembered of it: words about days as dates."""
    request = _check(typed, lasting)
    treatment = request.treatment
    refuse_ahead(request, present(treatment.zone, request.now))
    said = {
        name: value
        for name, value in typed.items()
        if value not in (None, [], False) and name not in (*_FORGOTTEN, *LASTING)
    }
    said.update(date=treatment.day.isoformat(), tz=treatment.zone.key)
    if treatment.clock:
        said["time"] = f"{treatment.clock:%H:%M}"
    if treatment.next_day:
        said["next"] = treatment.next_day.isoformat()
    rules = typed["rules"] or lasting.get("rules")
    if rules:
        said.update(_absolute({"rules": rules}))
    return said


def _check(typed: Mapping[str, Any], lasting: Mapping[str, Any]) -> Any:
    given = {name: value for name, value in typed.items() if value not in (None, [], False)}
    return make_request(dict.fromkeys(typed) | dict(lasting) | given)


def _absolute(said: Mapping[str, Any]) -> dict[str, Any]:
    """Make the path of a rule set one that is found from any folder."""
    path = Path(str(said.get("rules", "")))
    found = {"rules": str(path.resolve())} if said.get("rules") and path.exists() else {}
    return {**said, **found}


def _record(said: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(said.items()))


def _said(said: Mapping[str, Any]) -> str:
    parts = []
    for name, value in _record(said).items():
        parts.append(f"{name} {', '.join(value) if isinstance(value, list) else value}")
    return "; ".join(parts)


def _line(said: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in said.items() if name not in ("date", "time", "tz")}
    hour = f" {said['time']}" if said.get("time") else ""
    about = f": {_said(rest)}" if rest else ""
    return f"{said['date']}{hour} ({said['tz']}){about}"
