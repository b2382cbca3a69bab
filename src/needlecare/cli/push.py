"""`push`: where the calendar is, the password to it, and what is reported of what was done there."""

import sys
from contextlib import suppress
from functools import partial
from getpass import getpass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import typer

from needlecare.cli import options
from needlecare.cli.output import complain, is_terminal
from needlecare.cli.plan import CALENDAR, read_options, read_replaced, remember
from needlecare.cli.settings import find_setting, style_named
from needlecare.errors import InputError, refuse
from needlecare.model.facts import OPTIONS

if TYPE_CHECKING:
    from needlecare.cli.server import Calendar, Found
    from needlecare.views.ics import Changes, FilePlan

_EXAMPLE = "https://dav.example.org/ann/aftercare/"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TIMEOUT, _LONGEST = 30, 4096
# What the system's keyring calls us.
_SERVICE = "needlecare"
_INSTALL = "which isn't installed: pip install 'needlecare[push]'"


class Account(NamedTuple):
    """A *user* of the server at *host*, and the *address* of a calendar there, which ends with a slash."""

    address: str
    host: str
    user: str

    @property
    def key(self) -> str:
        """What the keyring knows the password by."""
        return f"{self.user}@{self.host}"


@partial(options.with_options, options=(*OPTIONS.values(), *CALENDAR))
def push(
    typed: dict[str, Any],
    *,
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="The address of the calendar; your server's settings show it.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="Who you are there, unless the address says it.")
    ] = None,
    keep_password: Annotated[
        bool, typer.Option("--keep-password", help="Ask for the password, and keep it in the system's keyring.")
    ] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the entries of the plan off the server.")] = False,
    timeout: Annotated[int, typer.Option(min=1, max=600, help="How many seconds to wait for each answer.")] = _TIMEOUT,
    style: options.StyleOption = None,
) -> None:
    """Make a calendar on a CalDAV server hold the plan of a treatment."""
    account = _read_account(url or find_setting("push"), user)
    request = options.read_request(typed)
    from needlecare.views import ics

    timeline = options.timeline_of(request)
    # What a file would hold, read as a calendar reads it: that is what the server's entries are compared with.
    how = read_options(typed, request.name)._replace(style=style_named(style))
    plan = ics.read_old(ics.render(timeline, how, read_replaced(typed)).encode(), "the plan")
    if remove:
        plan = plan._replace(events=())
    try:
        from needlecare.cli.server import Calendar
    except ImportError:
        raise InputError(f"push needs the library caldav, {_INSTALL}") from None
    if request.whose:
        complain(request.whose)
    password = _read_password(account, asks=keep_password, is_piped=password_stdin)
    with Calendar(account.address, account.user, password, timeout) as calendar:
        changes = _compare(plan, calendar.find(plan.id))
        if keep_password:
            _keep(account, password)
        _make(changes, calendar)
    complain(f"{calendar.name} at {account.host}: {_report(changes)}")
    if request.name and not remove:
        remember(request, options.whom(typed))


def _read_account(url: str | None, user: str | None) -> Account:
    """Read where the calendar is, and whose; no message repeats what could be a password."""
    if url is None:
        raise InputError(f"where to? Give the address of a calendar on your server, as in needlecare push {_EXAMPLE}")
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port, f"{url}{user}".encode()
    except ValueError:
        raise InputError(f"the address can't be read; write it as {_EXAMPLE}") from None
    _check_address(parts)
    named, user = unquote(parts.username or ""), (user or "").strip()
    refuse(
        (named and user and named != user, "--user and the address name two users; leave one of them out"),
        (not (named or user), "who are you there? Give --user NAME"),
    )
    return _account(parts, named or user)


def _check_address(parts: SplitResult) -> None:
    is_local = parts.hostname in _LOOPBACK
    refuse(
        (
            parts.password is not None,
            "a password doesn't belong in the address, where others can see it; it is asked for",
        ),
        (not parts.hostname or parts.scheme not in ("https", "http"), f"write the address as {_EXAMPLE}"),
        (
            parts.scheme == "http" and not is_local,
            "the address must begin with https://: over http others could read the password",
        ),
        (parts.query or parts.fragment, "the address of a calendar has no ? and no # in it; leave out what follows"),
    )


def _account(parts: SplitResult, user: str) -> Account:
    place = parts.netloc.rpartition("@")[2]
    return Account(f"{parts.scheme}://{place}{parts.path.rstrip('/')}/", place, user)


def _read_password(account: Account, *, asks: bool, is_piped: bool) -> str:
    try:
        if is_piped:
            password = sys.stdin.readline(_LONGEST).rstrip("\r\n") if sys.stdin else ""
        else:
            password = _find_password(account, asks=asks)
        password.encode()
    except UnicodeError:
        raise InputError("the password can't be read: it is not text in the encoding of your terminal") from None
    refuse((not password, f"there is no password for {account.key}; type it when it is asked for"))
    return password


def _find_password(account: Account, *, asks: bool) -> str:
    """Return the password that the keyring has, else the one that is typed; if it *asks*, that one in any case."""
    kept = None
    with suppress(Exception):  # without a keyring, or with one that is locked or broken, it is asked for
        import keyring

        kept = None if asks else keyring.get_password(_SERVICE, account.key)
    if kept:
        return kept
    if not is_terminal(sys.stdin):
        raise InputError(
            f"the password of {account.key} is in no keyring, and nobody can be asked: there is no terminal; "
            "--keep-password at a terminal keeps it, --password-stdin reads it"
        )
    try:
        return getpass(f"Password of {account.key}: ", sys.stderr)
    except EOFError:
        return ""


def _keep(account: Account, password: str) -> None:
    try:
        import keyring

        keyring.set_password(_SERVICE, account.key, password)
    except ImportError:
        raise InputError(f"--keep-password needs the library keyring, {_INSTALL}") from None
    except Exception:  # noqa: BLE001  a keyring may fail in any way
        raise InputError("the keyring takes no password; nothing was pushed, leave --keep-password out") from None


def _compare(plan: "FilePlan", found: "Found") -> "Changes":
    from needlecare.views.ics import Entry, compare, read_entry

    read = ((one, read_entry(one.text, plan.id)) for one in found.stored)
    entries = [Entry(one.name, one.tag, event) for one, event in read if event]
    changes = compare((one for one in plan.events if not one.cancelled), entries)
    for name in sorted(found.names.intersection(one.name for one in changes.new)):
        raise InputError(f"the calendar has an entry {name} that can't be read as ours; delete it there first")
    return changes


def _make(changes: "Changes", calendar: "Calendar") -> None:
    """Make *changes*, the deletions last: what breaks off in the middle has lost nothing."""
    from needlecare.views.ics import to_entry

    puts = (*changes.new, *changes.moved, *changes.changed)
    done = 0
    try:
        for entry in puts:
            calendar.put(entry.name, entry.tag, to_entry(entry.event))
            done += 1
        for entry in changes.gone:
            calendar.delete(entry.name, entry.tag)
            done += 1
    except InputError as error:
        made = f"{done} of {len(puts) + len(changes.gone)} changes are made"
        raise InputError(f"{error}\n{made}; the same command makes the rest") from None


def _report(changes: "Changes") -> str:
    counts = {"put": changes.new, "moved": changes.moved, "changed": changes.changed, "taken away": changes.gone}
    said = [f"{len(entries)} {what}" for what, entries in counts.items() if entries]
    if not said:
        kept = f"{changes.kept} entries are as they should be" if changes.kept else "none of its entries is there"
        return f"nothing to do, {kept}"
    number, what = said[0].split(" ", 1)
    return ", ".join([f"{number} {'entry' if number == '1' else 'entries'} {what}", *said[1:]])
