"""`log`: add, list, edit and remove what is logged of treatments and of their person.

Owns which options are logged, and how. Must not know how the log is stored.
"""

import sys
from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Annotated, Any

import typer

from needlecare.cli import Command, group, options
from needlecare.cli.completion import offer
from needlecare.cli.output import complain, write_json, write_lines, write_text
from needlecare.errors import ExitCode, InputError, refuse
from needlecare.files import Log, LoggedTreatment, open_log
from needlecare.model.facts import LASTING
from needlecare.model.time import format_clock
from needlecare.views.formats import AnswerFormat

log = group()
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")]
Number = Annotated[
    int,
    typer.Argument(
        metavar="NUMBER", help="The number of the treatment in `log list`.", autocompletion=offer("treatments")
    ),
]
For = Annotated[
    str | None,
    typer.Option(
        "--for", metavar="NAME", help="Whose treatments, if they aren't yours.", autocompletion=offer("people")
    ),
]
NoLog = Annotated[bool, typer.Option("--no-log", help="Ignore what `log` remembers.")]
_NEEDED = ("date", "tz")

Options = dict[str, Any]


def _open(*, no_log: object, person: str | None = None) -> Log:
    log = None if no_log else open_log("" if person is None else options.whom({"for": person}))
    if log is None:
        raise InputError("the log is switched off (--no-log or NEEDLECARE_NO_LOG); nothing is remembered")
    return log


def _find(number: int, no_log: object) -> tuple[LoggedTreatment, Log]:
    """Return treatment *number*, and what the log has of its person."""
    log = _open(no_log=no_log)
    logged = log.treatment(number)
    return logged, log.of(logged.person)


@log.command(cls=Command)
@options.with_options
def add(
    typed: Options,
    *,
    again: Annotated[bool, typer.Option("--again", help="Add a second treatment of the same day and area.")] = False,
) -> None:
    """Add a treatment, or lasting facts alone."""
    log = _open(no_log=typed.get("no-log"), person=typed.get("for"))
    # What can't be read at all leaves no file behind.
    _check(typed, log.lasting())
    with log.changing():
        known = log.lasting()
        # What is logged doesn't move with the clock.
        typed = options.with_dates(typed, {**known, **typed}.get("tz"))
        lasting = _lasting(options.without(typed, options.NEVER_LOGGED), known)
        log.keep(_with_absolute_path(lasting))
        done = f"Remembered for every treatment: {_listed(lasting)}."
        if "date" in typed:
            entry = _loggable(typed, known)
            if not again:
                _refuse_double(entry, known, log)
            number = log.add(entry)
            more = f"; for every treatment: {_listed(lasting)}" if lasting else ""
            done = f"Remembered as number {number}{_whose(log)}: {_line(entry)}{more}."
    write_text(f"{done}\n")


def _check(typed: Options, known: Options) -> None:
    """Refuse what can't be logged: a treatment that can't be read, or without one what holds for no other."""
    given = options.without(options.with_dates(typed, {**known, **typed}.get("tz")), options.NEVER_LOGGED)
    lasting = _lasting(given, known)
    if "date" in given:
        _loggable({**typed, **given}, known)
    elif not lasting or len(given) > len(lasting):
        raise InputError("there is nothing to remember; give --date 2026-11-20, or lasting facts as --skin-type III")
    else:
        # Whether the facts can be read doesn't depend on the date.
        options.make_request(options.over_logged({}, known, {**typed, "date": "2026-01-01"}))


def _whose(log: Log) -> str:
    """Name the person of *log*, unless it is the log's owner."""
    return f" of {log.person}" if log.person else ""


def _refuse_double(entry: Options, lasting: Options, log: Log) -> None:
    """Refuse a second treatment of the same day and area: most likely it is the first, typed again."""

    def areas(known: Mapping[str, Any]) -> set[str]:
        named = options.make_request(options.over_logged(known, lasting, {})).facts.value("area")
        return set(named if isinstance(named, tuple) else [""])

    for one in log.treatments():
        if one.options["date"] == entry["date"] and areas(one.options) & areas(entry):
            raise InputError(
                f"number {one.id} is of the same day and area: {_line(one.options)}; nothing was added. "
                f"Change it with `needlecare log edit {one.id}`, or add a second treatment with --again"
            )


@log.command("list", cls=Command)
def list_(
    *,
    format_: Annotated[AnswerFormat, typer.Option("--format", help="The format of the list.")] = AnswerFormat.TEXT,
    person: For = None,
    no_log: NoLog = False,
) -> None:
    """List what is logged."""
    log = _open(no_log=no_log, person=person)
    logged, lasting = log.treatments(), log.lasting()
    if format_ == AnswerFormat.JSON:
        treatments = [{"id": one.id, **dict(sorted(one.options.items()))} for one in logged]
        write_json({"file": str(log.path), "treatments": treatments, "lasting": dict(sorted(lasting.items()))})
        return
    lines = [f"{one.id}: {_line(one.options)}" for one in logged] or ["No treatment is remembered."]
    if lasting:
        lines.append(f"For every treatment: {_listed(lasting)}")
    if others := options.others(log):
        lines.append(f"Somebody else's: {others}.")
    if logged or lasting:
        lines.append(f"All of it is kept in {log.path}.")
    write_lines(lines)


@log.command(cls=Command)
@options.with_options
def edit(
    typed: Options,
    *,
    number: Number,
    forget: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Forget this option: time, depth, area … (repeatable).",
            autocompletion=offer("logged"),
        ),
    ] = None,
) -> None:
    """Edit a logged treatment."""
    if not options.without(typed, options.NEVER_LOGGED) and not forget:
        raise InputError("there is nothing to change; name it, such as --time 15:00, or --forget time")
    _, log = _find(number, typed.get("no-log"))
    with log.changing():
        logged, lasting = log.treatment(number), log.lasting()
        typed = options.with_dates(typed, {**logged.options, **typed}["tz"])
        changed = options.without(typed, options.NEVER_LOGGED)
        removed = {_removable(text, logged, lasting, changed) for text in forget or ()}
        whole = options.over_logged(options.without(logged.options, removed), {}, typed)
        entry = _loggable(whole, options.without(lasting, removed))
        log.replace(number, entry)
        no_more = sorted(lasting.keys() & removed)
        facts = _with_absolute_path(_lasting(changed, lasting))
        log.keep(facts | dict.fromkeys(no_more))
    more = f"; for every treatment: {_listed(facts)}" if facts else ""
    more += f"; for no treatment any more: {', '.join(no_more)}" if no_more else ""
    write_text(f"Number {number}{_whose(log)} is now: {_line(entry)}{more}.\n")


def _name_of(text: str) -> str:
    """Return the name of the option that *text* says, as typed or as Python writes it."""
    return text.strip().lstrip("-").replace("_", "-").lower()


def _removable(text: str, logged: LoggedTreatment, lasting: Options, changed: Options) -> str:
    name = _name_of(text)
    known = {*lasting, *logged.options}
    there = ", ".join(sorted(known - set(_NEEDED))) or "nothing that could be forgotten"
    refuse(
        (name in _NEEDED, f"--forget {name}: every treatment has one; change it with --{name}"),
        (name not in known, f"--forget: no `{text[:40]}` is remembered of number {logged.id}; there is {there}"),
        (name in changed, f"--{name} and --forget {name} exclude each other; leave one of them out"),
    )
    return name


@log.command(cls=Command)
def remove(*, number: Number, yes: Yes = False, no_log: NoLog = False) -> None:
    """Remove a logged treatment."""
    logged, log = _find(number, no_log)
    if not yes:
        _ask(f"forget number {number}{_whose(log)}, {_line(logged.options)}?")
    log.remove(number)
    lasting = log.lasting()
    stays = f" Kept for every treatment: {_listed(lasting)}; `needlecare log forget` takes it away." if lasting else ""
    write_text(f"Forgotten{_whose(log)}: {_line(logged.options)}.{stays}\n")


@log.command(cls=Command)
def forget(
    *,
    facts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FACT", help="What `log list` shows: skin-type, pregnancy …", autocompletion=offer("lasting")
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything, treatments too.")] = False,
    yes: Yes = False,
    person: For = None,
    no_log: NoLog = False,
) -> None:
    """Forget lasting facts, or everything."""
    log = _open(no_log=no_log, person=person)
    if all_ == bool(facts):
        raise InputError("say what to forget, as `log forget condition`, or --all")
    if not all_:
        _without_facts(log.lasting(), facts or ())
        with log.changing():
            lasting = log.lasting()
            left = _without_facts(lasting, facts or ())
            log.keep({name: left.get(name) for name in lasting})
        write_text(f"Forgotten. For every treatment: {_listed(left) or 'nothing'}.\n")
        return
    if not yes:
        _ask(f"forget every treatment of {log.person or 'yours'}, and all that holds for every treatment?")
    log.clear()
    others = options.others(log)
    write_text(f"Everything{_whose(log)} is forgotten.{others and f' Somebody else is remembered: {others}.'}\n")


def _without_facts(lasting: Options, facts: Iterable[str]) -> Options:
    """Return *lasting* without those *facts*."""
    return reduce(_less, facts, lasting)


def _less(lasting: Options, text: str) -> Options:
    """Return *lasting* without the fact that is called *text*, or without that one answer."""
    name = _name_of(text)
    if name in lasting:
        return options.without(lasting, [name])
    for fact, held in lasting.items():
        answers = held if isinstance(held, list) else [held]
        kept = [one for one in answers if options.word_of(one) != name]
        if len(kept) < len(answers):
            return {**lasting, fact: kept} if kept else options.without(lasting, [fact])
    raise InputError(f"no `{text[:40]}` is remembered for every treatment; there is {_listed(lasting) or 'nothing'}")


def _ask(question: str) -> None:
    """Ask whether to forget; end here unless the answer is yes."""
    complain(f"{question} [y/N]")
    answer = sys.stdin.buffer.readline() if sys.stdin is not None else b""
    if not answer:
        raise InputError("nobody answered, so nothing was removed; --yes removes without asking")
    if answer.strip().lower() not in (b"y", b"yes"):
        write_text("Nothing was removed.\n")
        raise typer.Exit(ExitCode.NO)


def _loggable(typed: Mapping[str, Any], lasting: Mapping[str, Any]) -> Options:
    """Check what was *typed* of a treatment, and return the options to log: days as dates, paths from the root."""
    request = options.make_request(options.over_logged({}, lasting, typed))
    treatment = request.treatment
    options.refuse_ahead(request, options.present(treatment.zone, request.now))
    entry = options.without(typed, (*options.NEVER_LOGGED, *LASTING))
    entry.update(date=treatment.day.isoformat(), tz=treatment.zone.key)
    if treatment.clock:
        entry["time"] = format_clock(treatment.clock)
    if treatment.next_day:
        entry["next"] = treatment.next_day.isoformat()
    if rules := typed.get("rules") or lasting.get("rules"):
        entry.update(_with_absolute_path({"rules": rules}))
    return entry


def _lasting(entry: Options, known: Options) -> Options:
    """Return those of *entry* that hold for every treatment, with what is *known* of them already."""
    whole = options.with_known(known, entry)
    return {name: whole[name] for name in entry if name in LASTING}


def _with_absolute_path(entry: Options) -> Options:
    """Make the path of a rule set one that is found from any folder."""
    path = Path(str(entry.get("rules", "")))
    return {**entry, "rules": str(path.resolve())} if entry.get("rules") and path.exists() else entry


def _listed(entry: Mapping[str, Any]) -> str:
    texts = {name: ", ".join(value) if isinstance(value, list) else value for name, value in entry.items()}
    return "; ".join(f"{name} {text}" for name, text in sorted(texts.items()))


def _line(entry: Mapping[str, Any]) -> str:
    # Of which rules its calendar was made is ours to know.
    rest = options.without(entry, ("date", "time", "tz", "calendar"))
    hour = f" {entry['time']}" if entry.get("time") else ""
    about = f": {_listed(rest)}" if rest else ""
    return f"{entry['date']}{hour} ({entry['tz']}){about}"
