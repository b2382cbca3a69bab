"""`push`: a real CalDAV server comes to hold the plan, whatever was there before; and servers that mean no good."""

import io
import os
import re
import shlex
import socket
import subprocess
import sys
import tomllib
from base64 import b64encode
from collections.abc import Callable, Iterator
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

import icalendar
import pytest

from running import TESTS, Ran, environment, logged, run
from servers import Answer, Asked, Told, forward, radicale
from support import FEW_RULES

PASSWORD = "correct horse: bättery"  # noqa: S105  of a server that lives for a minute
SHIPPED = ("--date", "2026-11-20", "--time", "16:30", "--tz", "Europe/London")
TREATMENT = (*SHIPPED, "--rules", "few.yaml")
MOVED = ("--date", "2026-11-27", *TREATMENT[2:])
HELP = tomllib.loads(resources.files("needlecare.cli").joinpath("help.toml").read_text(encoding="utf-8"))["push"]
GUIDE = (TESTS.parent / "docs" / "calendar.md").read_text(encoding="utf-8")
EXAMPLES = [*HELP["examples"], *re.findall(r"^(needlecare push .+)$", GUIDE, flags=re.MULTILINE)]
numbers = count()


class Stored(NamedTuple):
    """What a server has under one name."""

    tag: str
    text: str

    @property
    def event(self) -> Any:
        calendar: Any = icalendar.Calendar.from_ical(self.text)
        return calendar.walk("VEVENT")[0]


class Remote:
    """A calendar of ann on the server at *server*, seen by another program than needlecare."""

    def __init__(self, server: str, name: str) -> None:
        self.url = f"{server}ann/{name}/"
        self.address = self.url.replace("//", "//ann@", 1)
        self.ask("MKCALENDAR", body=_SHOWN_NAME)

    def ask(self, method: str, name: str = "", body: str = "", **headers: str) -> str:
        sign = b64encode(f"ann:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {sign}", "Content-Type": "text/calendar", **headers}
        url = f"{self.url}{quote(name)}"
        with urlopen(Request(url, body.encode() or None, headers, method=method)) as response:  # noqa: S310
            return str(response.read().decode())

    def stored(self) -> dict[str, Stored]:
        """Read everything that is there, by name."""
        tree = ET.fromstring(self.ask("REPORT", body=_EVERYTHING, Depth="1"))  # noqa: S314  our own server's
        columns = [list(tree.iter(f"{{{space}}}{name}")) for space, name in _COLUMNS]
        rows = [[str(one.text) for one in row] for row in zip(*columns, strict=True)]
        return {unquote(href).rpartition("/")[2]: Stored(tag, text) for href, tag, text in rows}

    def shown(self) -> dict[str, tuple[object, ...]]:
        """Read what a person sees of each entry, by UID."""
        return {str(one.event["UID"]): seen(one.event) for one in self.stored().values()}


_COLUMNS = (("DAV:", "href"), ("DAV:", "getetag"), ("urn:ietf:params:xml:ns:caldav", "calendar-data"))
_EVERYTHING = """<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop>
<getetag/><C:calendar-data/></prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>"""
_SHOWN_NAME = """<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>
<displayname>Aftercare</displayname></prop></set></C:mkcalendar>"""


def seen(event: Any) -> tuple[object, ...]:
    alarms = tuple(alarm["TRIGGER"].dt for alarm in event.walk("VALARM"))
    return str(event["SUMMARY"]), str(event["DESCRIPTION"]), event["DTSTART"].dt, event["DTEND"].dt, alarms


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with radicale(tmp_path_factory.mktemp("radicale"), f"ann:{PASSWORD}\nbob:{PASSWORD}\n") as url:
        yield url


@pytest.fixture(autouse=True)
def few_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where the few rules are that most of these plans are made of."""
    (tmp_path / "few.yaml").write_text(FEW_RULES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def remote(server: str) -> Iterator[Remote]:
    made = Remote(server, f"aftercare-{next(numbers)}")
    yield made
    made.ask("DELETE")


@pytest.fixture
def push(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    def call(*words: object, password: str = PASSWORD) -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{password}\n".encode()), encoding="utf-8"))
        ran = run("push", *map(str, words), "--password-stdin")
        assert ran.out == ""
        assert password not in ran.err
        return ran

    return call


Push = Callable[..., Ran]


def through(between: Told, remote: Remote) -> str:
    """Return the address of *remote* by way of the server *between*."""
    return f"http://ann@{between.url[7:]}{remote.url.partition('//')[2].partition('/')[2]}"


def report_of(ran: Ran) -> str:
    """Return what was done, of a run that did it."""
    assert ran.code == 0, ran.err
    lead, _, report = ran.err.strip().partition(": Aftercare at 127.0.0.1:")
    assert lead == "needlecare"
    return report.partition(": ")[2]


def in_file(tmp_path: Path, *words: str) -> dict[str, tuple[object, ...]]:
    """Read what a person sees of the file that `plan` writes, by UID."""
    path = tmp_path / "plan.ics"
    assert run("plan", *words, "-o", str(path)).code == 0
    calendar: Any = icalendar.Calendar.from_ical(path.read_bytes())
    return {str(event["UID"]): seen(event) for event in calendar.walk("VEVENT") if event["STATUS"] == "CONFIRMED"}


# The plan comes to stand there


def test_the_first_push_puts_what_a_file_would_hold(push: Push, remote: Remote, tmp_path: Path) -> None:
    wanted = in_file(tmp_path, *SHIPPED)
    assert report_of(push(remote.address, *SHIPPED)) == f"{len(wanted)} entries put"
    assert remote.shown() == wanted


def test_an_entry_stands_alone_and_is_private(push: Push, remote: Remote) -> None:
    push(remote.address, *TREATMENT)
    for name, stored in remote.stored().items():
        assert name == f"{stored.event['UID']}.ics"
        assert stored.text.count("BEGIN:VEVENT") == 1
        assert "METHOD" not in stored.text
        assert (stored.event["CLASS"], stored.event["TRANSP"]) == ("PRIVATE", "TRANSPARENT")


def test_a_second_push_writes_nothing(push: Push, server: str, remote: Remote) -> None:
    push(remote.address, *TREATMENT)
    before = remote.stored()
    with Told(forward(server)) as between:
        ran = push(through(between, remote), *TREATMENT)
    assert report_of(ran) == f"nothing to do, {len(before)} entries are as they should be"
    assert set(between.methods) == {"PROPFIND", "REPORT"}
    assert remote.stored() == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*TREATMENT[:2], "--time", "18:00", *TREATMENT[4:]), r"\d+ entries moved"),
        ((*TREATMENT, "--alarm", "none"), r"\d+ entries changed"),
        ((*TREATMENT, "--alarm", "2h"), r"\d+ entries changed"),
        ((*TREATMENT, "--discreet"), r"\d+ entries changed"),
        ((*TREATMENT, "--seen", "redness-gone=2026-11-23T10:00"), r"\d+ entr(y|ies) .*(moved|changed|put).*"),
        ((*TREATMENT, "--calendar-style", "full"), r"\d+ entries put, \d+ changed"),
    ],
    ids=["the time", "no alarm", "an earlier alarm", "discreet", "a sighting", "in full"],
)
def test_another_push_makes_it_what_a_file_would_hold_now(
    push: Push, remote: Remote, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    push(remote.address, *TREATMENT)
    assert re.fullmatch(says, report_of(push(remote.address, *words)))
    assert remote.shown() == in_file(tmp_path, *words)
    assert {stored.event["SEQUENCE"] for stored in remote.stored().values()} <= {0, 1}
    assert report_of(push(remote.address, *words)).startswith("nothing to do")


def test_what_falls_away_is_deleted(push: Push, remote: Remote, tmp_path: Path) -> None:
    push(remote.address, *TREATMENT, "--calendar-style", "full")
    assert re.search(r"\d+ taken away$", report_of(push(remote.address, *TREATMENT)))
    assert remote.shown() == in_file(tmp_path, *TREATMENT), "as if it had never been in full"


def test_a_logged_treatment_moves_with_its_date(
    push: Push, remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.db"))
    assert run("log", "add", *TREATMENT).code == 0
    push(remote.address)
    before = remote.shown()
    assert "calendar" in logged(tmp_path / "log.db")[0][1], "`today` says when its rules are no longer those"
    assert run("log", "edit", "1", "--date", "2026-11-27").code == 0
    assert report_of(push(remote.address)) == f"{len(before)} entries moved"
    assert remote.shown().keys() == before.keys()
    assert remote.shown() != before
    assert report_of(push(remote.address, "--remove")) == f"{len(before)} entries taken away"


def test_without_the_log_the_old_file_ties_a_moved_plan(push: Push, remote: Remote, tmp_path: Path) -> None:
    before = in_file(tmp_path, *TREATMENT)
    push(remote.address, *TREATMENT)
    replaced = ("--replaces", tmp_path / "plan.ics")
    assert report_of(push(remote.address, *MOVED, *replaced)) == f"{len(before)} entries moved"
    assert remote.shown().keys() == before.keys()
    assert report_of(push(remote.address, *MOVED, *replaced)).startswith("nothing to do")


def test_what_was_imported_from_a_file_is_changed_where_it_stands(push: Push, remote: Remote, tmp_path: Path) -> None:
    push(remote.address, *TREATMENT)
    stored = remote.stored()
    for number, (name, one) in enumerate(stored.items()):
        remote.ask("DELETE", name)
        remote.ask("PUT", f"imported {number} & more#.ics", one.text)
    names = remote.stored().keys()
    assert report_of(push(remote.address, *TREATMENT)).startswith("nothing to do")
    push(remote.address, *TREATMENT, "--discreet")
    assert remote.stored().keys() == names
    assert remote.shown() == in_file(tmp_path, *TREATMENT, "--discreet")


def test_a_server_that_finds_no_part_of_a_uid_is_enough(push: Push, server: str, remote: Remote) -> None:
    """Several refuse such a search, or find nothing; the names tell."""
    onward = forward(server)
    push(remote.address, *TREATMENT)
    for answer in (Answer(403), Answer(501), Answer(207, b'<multistatus xmlns="DAV:"/>')):

        def respond(asked: Asked, answer: Answer = answer) -> Answer | None:
            return answer if b"calendar-query" in asked.body else onward(asked)

        with Told(respond) as between:
            ran = push(through(between, remote), *TREATMENT)
        assert report_of(ran).startswith("nothing to do")


# What is somebody's stays


def an_event(uid: str, more: str = "") -> str:
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n"
    when = "DTSTAMP:20261101T101112Z\r\nDTSTART:20261122T163000Z\r\nDTEND:20261122T164500Z\r\n"
    return f"{head}UID:{uid}\r\n{when}SUMMARY:Mine\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"


FOREIGN = {
    "a dentist": ("dentist.ics", "dentist@example.org"),
    "another plan": ("other.ics", f"{'0' * 20}-{'1' * 16}@needlecare"),
    "the same plan at another place": ("place.ics", "{plan}-0123456789abcdef@example.org"),
    "a slot that is too short": ("short.ics", "{plan}-0123@needlecare"),
    "more behind it": ("long.ics", "{plan}-0123456789abcdef@needlecare.example.org"),
    "more before it": ("before.ics", "x{plan}-0123456789abcdef@needlecare"),
    "a name like ours": ("{plan}-0123456789abcdef@needlecare.ics", "party@example.org"),
}


def test_no_entry_of_somebody_else_is_ever_touched(push: Push, remote: Remote) -> None:
    push(remote.address, *TREATMENT)
    plan = next(iter(remote.stored())).partition("-")[0]
    for name, uid in FOREIGN.values():
        remote.ask("PUT", name.format(plan=plan), an_event(uid.format(plan=plan)))
    names = [name.format(plan=plan) for name, _ in FOREIGN.values()]
    theirs = {name: remote.stored()[name] for name in names}
    for words in ((*TREATMENT, "--discreet"), (*TREATMENT, "--calendar-style", "full"), TREATMENT):
        assert push(remote.address, *words).code == 0
        assert {name: remote.stored()[name] for name in names} == theirs
    push(remote.address, *TREATMENT, "--remove")
    assert remote.stored() == theirs


def test_two_people_share_a_calendar(push: Push, remote: Remote) -> None:
    push(remote.address, *TREATMENT, "--id", "ann")
    hers = remote.stored()
    push(remote.address, *TREATMENT, "--id", "bob")
    assert len(remote.stored()) == 2 * len(hers)
    push(remote.address, *TREATMENT, "--id", "bob", "--remove")
    assert remote.stored() == hers
    assert (
        report_of(push(remote.address, *TREATMENT, "--id", "bob", "--remove"))
        == "nothing to do, none of its entries is there"
    )


def test_where_somebody_elses_entry_has_our_name_nothing_is_written(push: Push, remote: Remote) -> None:
    push(remote.address, *TREATMENT)
    names = list(remote.stored())
    push(remote.address, *TREATMENT, "--remove")
    remote.ask("PUT", names[3], an_event("party@example.org"))
    before = remote.stored()
    ran = push(remote.address, *TREATMENT)
    assert ran.code == 2
    assert f"an entry {names[3]} that can't be read as ours; delete it there first" in ran.err
    assert remote.stored() == before


def with_a_note(text: str) -> str:
    return re.sub(r"(\r?\nDESCRIPTION:(?:[^\n]|\n )*?)\r?\n(?! )", r"\1\\n\\nBring the cream\r\n", text, count=1)


def with_an_alarm(text: str) -> str:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT3H\r\nEND:VALARM\r\nEND:VEVENT"
    return text.replace("END:VEVENT", alarm, 1)


def repeated(text: str) -> str:
    return text.replace("BEGIN:VEVENT", "BEGIN:VEVENT\r\nRRULE:FREQ=DAILY;COUNT=2", 1)


def edited(text: str) -> str:
    """Return *text* as a program saves it that notes when it was changed."""
    return re.sub(r"(DTSTAMP|LAST-MODIFIED):\d+T\d+Z", r"\1:20261118T091733Z", text)


@pytest.mark.parametrize("edit", [with_a_note, with_an_alarm, repeated], ids=["a note", "an alarm", "a repetition"])
def test_what_a_person_adds_stays_until_the_entry_changes(
    push: Push, remote: Remote, tmp_path: Path, edit: Callable[[str], str]
) -> None:
    push(remote.address, *TREATMENT)
    (name, stored), *_ = remote.stored().items()
    assert edit(stored.text) != stored.text
    remote.ask("PUT", name, edited(edit(stored.text)))
    before = remote.stored()
    assert report_of(push(remote.address, *TREATMENT)).startswith("nothing to do")
    assert remote.stored() == before
    push(remote.address, *TREATMENT, "--discreet")
    assert remote.shown() == in_file(tmp_path, *TREATMENT, "--discreet")


def at_another_time(text: str) -> str:
    return re.sub(r"(DTSTART[^:]*:)2026", r"\g<1>2025", text)


def under_another_title(text: str) -> str:
    return re.sub(r"SUMMARY:.*", "SUMMARY:Whatever\r", text)


def called_off(text: str) -> str:
    return text.replace("STATUS:CONFIRMED", "STATUS:CANCELLED")


@pytest.mark.parametrize(
    "edit", [at_another_time, under_another_title, called_off, None], ids=["moved", "renamed", "called off", "deleted"]
)
def test_what_contradicts_the_plan_is_put_right(
    push: Push, remote: Remote, tmp_path: Path, edit: Callable[[str], str] | None
) -> None:
    push(remote.address, *TREATMENT)
    (name, stored), *_ = remote.stored().items()
    if edit:
        remote.ask("PUT", name, edited(edit(stored.text)))
    else:
        remote.ask("DELETE", name)
    assert report_of(push(remote.address, *TREATMENT)).startswith("1 entry ")
    assert remote.shown() == in_file(tmp_path, *TREATMENT)


# Broken off


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_breaks_off_can_be_run_again(push: Push, server: str, remote: Remote, tmp_path: Path, method: str) -> None:
    onward, left = forward(server), iter(range(2))

    def respond(asked: Asked) -> Answer | None:
        return onward(asked) if asked.method != method or next(left, None) is not None else None

    if method == "DELETE":
        push(remote.address, *TREATMENT, "--calendar-style", "full")
    with Told(respond) as between:
        ran = push(through(between, remote), *TREATMENT)
    assert ran.code == 2
    done, of = map(int, re.findall(r"(\d+) of (\d+) changes are made; the same command makes the rest", ran.err)[0])
    assert 0 < done < of
    assert report_of(push(remote.address, *TREATMENT)).startswith(f"{of - done} entries ")
    assert remote.shown() == in_file(tmp_path, *TREATMENT)


def test_an_entry_that_changes_under_the_hand_is_left(push: Push, server: str, remote: Remote) -> None:
    push(remote.address, *TREATMENT)
    onward, once = forward(server), iter([True])

    def respond(asked: Asked) -> Answer | None:
        if asked.method == "PUT" and next(once, False):
            name = unquote(asked.path.rpartition("/")[2])
            remote.ask("PUT", name, edited(under_another_title(remote.stored()[name].text)))
        return onward(asked)

    with Told(respond) as between:
        ran = push(through(between, remote), *TREATMENT, "--discreet")
    assert ran.code == 2
    assert "has another version of an entry than a moment ago" in ran.err
    assert "Whatever" in {title for title, *_ in remote.shown().values()}


# Where it can't be


def test_a_refused_password_is_said(push: Push, remote: Remote) -> None:
    ran = push(remote.address, *TREATMENT, password="wrong")  # noqa: S106
    assert ran.code == 2
    assert "refuses the user or the password" in ran.err
    assert remote.stored() == {}


def test_the_calendars_are_listed_where_the_address_is_none(push: Push, server: str, remote: Remote) -> None:
    for address in (server, f"{server}ann", f"{server}ann/"):
        ran = push(address, "--user", "ann", *TREATMENT)
        assert ran.code == 2
        assert "is not a calendar; give the address of one of yours:" in ran.err
        assert f"  {remote.url}  Aftercare\n" in ran.err


def test_no_calendar_is_made_without_being_asked_for(push: Push, server: str) -> None:
    for place, says in (("ann/nowhere", "has no such calendar"), ("bob/nowhere", "doesn't let you do that")):
        ran = push(f"{server}{place}/", "--user", "ann", *TREATMENT)
        assert ran.code == 2
        assert says in ran.err


def test_a_server_that_is_away_is_said(push: Push) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ran = push(f"http://127.0.0.1:{free.getsockname()[1]}/ann/", "--user", "ann", *TREATMENT)
        assert (ran.code, "can't be reached" in ran.err) == (2, True)
        free.listen()
        ran = push(f"http://127.0.0.1:{free.getsockname()[1]}/ann/", "--user", "ann", *TREATMENT, "--timeout", "1")
        assert (ran.code, "doesn't answer within 1 seconds" in ran.err) == (2, True)
        ran = push(f"https://localhost:{free.getsockname()[1]}/ann/", "--user", "ann", *TREATMENT, "--timeout", "1")
        assert ran.code == 2


def test_a_server_without_a_certificate_gets_nothing(push: Push, remote: Remote) -> None:
    ran = push(remote.address.replace("http:", "https:"), *TREATMENT)
    assert ran.code == 2
    assert "can't prove that it is what it says, so nothing was sent" in ran.err


ASKS = Answer(401, headers={"WWW-Authenticate": 'Basic realm="x"'})


def signed_in(answer: Callable[[Asked], Answer | None]) -> Callable[[Asked], Answer | None]:
    """Answer only whoever sends a password."""
    return lambda asked: answer(asked) if "Authorization" in asked.headers else ASKS


@pytest.mark.parametrize("status", [301, 302, 307])
def test_the_password_goes_to_no_other_host(push: Push, status: int) -> None:
    with Told(lambda _: Answer(500)) as other:
        target = Answer(status, headers={"Location": f"{other.url}ann/"})
        with Told(signed_in(lambda _: target)) as told:
            ran = push(f"{told.url}ann/", "--user", "ann", *TREATMENT)
    assert ran.code == 2
    assert f"sends us on to {other.url}ann/; give that address, if you trust it" in ran.err
    assert other.asked == []


def multistatus(*properties: str, href: str = "/ann/") -> Answer:
    responses = "".join(
        f"<response><href>{href}</href><propstat><prop>{one}</prop>"
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
        for one in properties
    )
    spaces = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    return Answer(207, f"<multistatus {spaces}>{responses}</multistatus>".encode(), XML)


XML = {"Content-Type": "text/xml"}
A_CALENDAR = "<resourcetype><collection/><C:calendar/></resourcetype><displayname>Aftercare</displayname>"


def test_calendars_at_another_host_are_named_and_not_asked(push: Push) -> None:
    with Told(lambda _: Answer(500)) as other:
        home = multistatus(f"<C:calendar-home-set><href>{other.url}ann/</href></C:calendar-home-set>")
        with Told(signed_in(lambda _: home)) as told:
            ran = push(told.url, "--user", "ann", *TREATMENT)
    assert ran.code == 2
    assert f"says that your calendars are at {other.url}ann/; give that address, if you trust it" in ran.err
    assert other.asked == []


def test_a_server_that_can_do_without_gets_no_password(push: Push) -> None:
    challenge = Answer(401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="1", qop="auth", algorithm=MD5'})

    def respond(asked: Asked) -> Answer:
        return multistatus(A_CALENDAR) if asked.headers.get("Authorization", "").startswith("Digest ") else challenge

    with Told(lambda asked: Answer(201) if asked.method == "PUT" else respond(asked)) as told:
        assert report_of(push(f"{told.url}ann/", "--user", "ann", *TREATMENT)).endswith(" entries put")
    sent = " ".join(asked.headers.get("Authorization", "") for asked in told.asked)
    assert "Basic" not in sent
    assert PASSWORD not in sent


def test_a_calendar_with_too_many_entries_is_refused(push: Push, tmp_path: Path) -> None:
    plan = next(iter(in_file(tmp_path, *TREATMENT))).partition("-")[0]
    many = Answer(
        207,
        b"".join(
            [
                b'<multistatus xmlns="DAV:">',
                *(f"<response><href>/ann/{plan}-{number}.ics</href></response>".encode() for number in range(1001)),
                b"</multistatus>",
            ]
        ),
        XML,
    )

    def respond(asked: Asked) -> Answer:
        return many if b"getetag" in asked.body else multistatus(A_CALENDAR)

    with Told(signed_in(respond)) as told:
        ran = push(f"{told.url}ann/", "--user", "ann", *TREATMENT)
    assert ran.code == 2
    assert "holds too many entries; give the plan a calendar of its own" in ran.err


def test_netrc_answers_for_nobody(push: Push, remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text(f'machine 127.0.0.1 login ann password "{PASSWORD}"\n', encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert push(remote.address, *TREATMENT, password="wrong").code == 2  # noqa: S106


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">'.encode() for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
NO_CALDAV = "answers, but not as a CalDAV server; check the address"
HOSTILE: dict[str, tuple[Answer | None, str]] = {
    "a page": (Answer(200, b"<html><body>Welcome!</body></html>", {"Content-Type": "text/html"}), NO_CALDAV),
    "broken HTML": (Answer(207, b"<html><p>Hi<br>", {"Content-Type": "text/html"}), NO_CALDAV),
    "nothing": (Answer(207), NO_CALDAV),
    "no answers": (multistatus(), NO_CALDAV),
    "half of it": (Answer(207, multistatus(A_CALENDAR).body[:60], XML), NO_CALDAV),
    "other XML": (Answer(207, b"<rss><channel/></rss>", XML), NO_CALDAV),
    "bytes": (Answer(207, bytes(range(256)) * 9, XML), NO_CALDAV),
    "a bomb of entities": (Answer(207, BOMB + b"]><x>&i;</x>", XML), NO_CALDAV),
    "without end": (Answer(207, b"<x>" * 20_000, XML, endless=True), "sends more than 5 MB"),
    "packed without being asked": (Answer(207, b"\x1f\x8b" + b"x" * 99, {"Content-Encoding": "gzip"}), NO_CALDAV),
    "shorter than it says": (Answer(207, b"<x/>", {"Content-Length": "900"}), "the connection broke"),
    "no length": (Answer(207, b"<x/>", {"Content-Length": "many"}), ""),
    "nobody there": (None, "can't be reached, or the connection broke"),
    "not found": (Answer(404), "has no such calendar; check the address"),
    "not allowed": (Answer(403, b"<error/>"), "doesn't let you do that"),
    "its fault": (Answer(500, b"\x1b[2JTraceback (most recent call last)"), "refuses, with the code 500"),
    "too busy": (Answer(429, headers={"Retry-After": "9999999"}), "is busy; try again later"),
    "a teapot": (Answer(418), "refuses, with the code 418"),
    "a name that terminals obey": (
        multistatus("<displayname>\N{CSI}2J\N{RIGHT-TO-LEFT OVERRIDE}x</displayname><resourcetype/>"),
        "is not a calendar",
    ),
    "a home that is no address": (
        multistatus("<C:calendar-home-set><href>javascript:alert(1)</href></C:calendar-home-set>"),
        "says that your calendars are at javascript:alert(1)",
    ),
    "tasks alone": (
        multistatus(
            f"{A_CALENDAR}<C:supported-calendar-component-set>"
            '<C:comp name="VTODO"/></C:supported-calendar-component-set>'
        ),
        "is not a calendar",
    ),
}


@pytest.mark.parametrize(("answer", "says"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_is_a_plain_message(push: Push, answer: Answer | None, says: str) -> None:
    with Told(signed_in(lambda _: answer)) as told:
        ran = push(f"{told.url}ann/", "--user", "ann", *TREATMENT)
    assert ran.code == 2
    assert ran.err.startswith("needlecare: ")
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert "something went wrong" not in ran.err
    assert all(line.isprintable() for line in ran.err.splitlines())
    assert set(told.methods) <= {"PROPFIND"}


def entry(text: str, *, href: str = "/ann/x.ics", tag: str = '"1"') -> Answer:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return multistatus(f"<getetag>{tag}</getetag><C:calendar-data>{escaped}</C:calendar-data>", href=href)


ENTRIES: dict[str, Callable[[str], Answer]] = {
    "no calendar": lambda _: entry("hello"),
    "deeply nested": lambda _: entry("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 5000 + "END:VCALENDAR"),
    "no times": lambda uid: entry(an_event(uid).replace("DTSTART", "X-START")),
    "the last sequence": lambda uid: entry(an_event(uid, "SEQUENCE:2147483647\r\n")),
    "odd alarms": lambda uid: entry(an_event(uid, "BEGIN:VALARM\r\nTRIGGER:tomorrow\r\nEND:VALARM\r\n")),
    "odd categories": lambda uid: entry(an_event(uid, "CATEGORIES;X=1:a,b\r\nCATEGORIES:\r\nSTATUS:\r\n")),
    "a version that breaks a header": lambda uid: entry(an_event(uid), tag='"1&#10;X-Evil: 1"'),
    "a weak version": lambda uid: entry(an_event(uid), tag='W/"1"'),
    "a place elsewhere": lambda uid: entry(an_event(uid), href="https://evil.example.org/../../etc/passwd"),
    "the place itself": lambda uid: entry(an_event(uid), href="/ann/x/.."),
    "a place above": lambda uid: entry(an_event(uid), href="/ann/%2e%2e%2f%2e%2e%2fbob%2fx.ics?x#y"),
}


@pytest.mark.parametrize("made", ENTRIES.values(), ids=ENTRIES)
def test_nonsense_among_the_entries_leads_nowhere_else(
    push: Push, tmp_path: Path, made: Callable[[str], Answer]
) -> None:
    """Whatever a server says that it holds, what is written there stays below the address, as it would be in a file."""
    uid = next(iter(in_file(tmp_path, *TREATMENT)))

    def respond(asked: Asked) -> Answer:
        if asked.method == "REPORT":
            return made(uid)
        return multistatus(A_CALENDAR) if asked.method == "PROPFIND" else Answer(204)

    with Told(signed_in(respond)) as told:
        ran = push(f"{told.url}ann/", "--user", "ann", *TREATMENT)
    assert ran.code == 0, ran.err
    written = [asked for asked in told.asked if asked.method in ("PUT", "DELETE")]
    assert written
    assert {asked.path.rpartition("/")[0] for asked in written} == {"/ann"}
    assert not any("evil" in name.lower() for asked in written for name in asked.headers)


@pytest.mark.parametrize(
    "href",
    ["/other/dentist.ics", "/ann/sub/dentist.ics", "/ann/e%2Fdentist.ics"],
)
def test_an_entry_that_lies_elsewhere_is_none_of_ours(push: Push, tmp_path: Path, href: str) -> None:
    """It has the id of our plan, and the end of its address may be the name of somebody's entry here."""
    uid = next(iter(in_file(tmp_path, *TREATMENT)))

    def respond(asked: Asked) -> Answer:
        if asked.method == "REPORT":
            return entry(an_event(uid), href=href)
        return multistatus(A_CALENDAR) if asked.method == "PROPFIND" else Answer(204)

    with Told(signed_in(respond)) as told:
        assert push(f"{told.url}ann/", "--user", "ann", *TREATMENT).code == 0
        assert push(f"{told.url}ann/", "--user", "ann", *TREATMENT, "--remove").code == 0
    assert not any("dentist" in asked.path for asked in told.asked)


def test_what_goes_to_this_machine_goes_through_no_proxy(
    push: Push, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Told(lambda _: Answer(500)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert push(remote.address, *TREATMENT).code == 0
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (507, "has no room left"),
        (413, "takes no entry of this size"),
        (403, "doesn't let you do that"),
        (423, "has locked the calendar"),
        (503, "refuses, with the code 503"),
    ],
)
def test_a_refused_entry_ends_it_and_says_how_far_it_came(push: Push, status: int, says: str) -> None:
    answers = iter([Answer(201), Answer(201), Answer(status)])

    def respond(asked: Asked) -> Answer:
        return multistatus(A_CALENDAR) if asked.method in ("PROPFIND", "REPORT") else next(answers)

    with Told(signed_in(respond)) as told:
        ran = push(f"{told.url}ann/", "--user", "ann", *TREATMENT)
    assert ran.code == 2
    assert says in ran.err
    assert re.search(r"\n  2 of \d+ changes are made; the same command makes the rest\n", ran.err)


# Its address, and the password


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "where to? Give the address of a calendar"),
        (["https://ann:hush@dav.example.org/"], "a password doesn't belong in the address"),
        (["https://ann:hu/sh@dav.example.org/"], "the address can't be read"),
        (["https://ann:@dav.example.org/"], "a password doesn't belong in the address"),
        (["https://dav.example.org/ann/"], "who are you there? Give --user NAME"),
        (["https://ann@dav.example.org/", "--user", "bob"], "name two users"),
        (["http://ann@dav.example.org/"], "must begin with https://"),
        (["http://ann@127.0.0.1.example.org/"], "must begin with https://"),
        (["dav.example.org/ann"], "write the address as https://"),
        (["webcal://ann@dav.example.org/x"], "write the address as https://"),
        (["https://"], "write the address as https://"),
        (["https://ann@dav.example.org:port/"], "the address can't be read"),
        (["https://ann@[dav/"], "the address can't be read"),
        (["https://ann@dav.example.org/\udcff"], "the address can't be read"),
        (["https://ann@dav.example.org/x?export"], "has no ? and no # in it"),
        (["https://ann@dav.example.org/", "--timeout", "0"], "timeout"),
        (["https://ann@dav.example.org/", "--cancel", "old.ics"], "there is no option `--cancel`"),
    ],
    ids=lambda one: " ".join(one)[:40] if isinstance(one, list) else "",
)
def test_an_address_that_wont_do_is_refused_before_anything_else(words: list[str], says: str) -> None:
    ran = run("push", *words, *TREATMENT)
    assert (ran.code, ran.out) == (2, "")
    assert says in " ".join(ran.err.split())
    assert "hush" not in ran.err
    assert "hu/sh" not in ran.err


def test_the_address_may_be_a_setting(
    push: Push, remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'push = "{remote.address}"\n', encoding="utf-8")
    monkeypatch.setenv("NEEDLECARE_CONFIG", str(settings))
    assert report_of(push(*TREATMENT)).endswith(" entries put")
    assert f'push = "{remote.address}"  # {settings}:1' in run("config").out
    assert "must begin with https://" in push("http://ann@dav.example.org/", *TREATMENT).err, "what is typed wins"
    settings.write_text("push = 3\n", encoding="utf-8")
    assert f"{settings}:1: push: this value can't be; write `push = " in run("config").err


def test_nobody_to_ask_is_an_error(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    ran = run("push", remote.address, *TREATMENT)
    assert ran.code == 2
    assert "nobody can be asked: there is no terminal" in ran.err
    ran = run("push", remote.address, *TREATMENT, "--password-stdin")
    assert ran.code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    ran = run("push", remote.address, *TREATMENT, "--password-stdin")
    assert (ran.code, "there is no password" in ran.err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8"))
    ran = run("push", remote.address, *TREATMENT, "--password-stdin")
    assert (ran.code, "the password can't be read" in ran.err) == (2, True)


class AtTerminal(NamedTuple):
    code: int
    out: bytes
    shown: str


def push_at_terminal(typed: str | None, backend: str, kept: Path, *words: str) -> AtTerminal:
    """Run `push` with a terminal to ask at, and answer with *typed*."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    env = environment({"PYTHON_KEYRING_BACKEND": f"kept.{backend}", "TEST_KEYRING": str(kept)})
    command = [sys.executable, "-m", "needlecare", "push", *words]
    # In a session of its own it has no other terminal to ask at.
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=env, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # Linux says so when the other end is closed
                break
            shown += read
            if typed is not None and b"Password of" in shown:
                os.write(ours, f"{typed}\n".encode())
                typed = None
        out = process.stdout.read() if process.stdout else b""
    os.close(ours)
    return AtTerminal(process.returncode, out, shown.decode())


def test_the_password_is_asked_for_unseen_and_kept_if_that_is_wanted(remote: Remote, tmp_path: Path) -> None:
    words = (remote.address, *TREATMENT)
    kept = tmp_path / "kept"
    refused = push_at_terminal("wrong", "InFile", kept, *words, "--keep-password")
    assert refused.code == 2
    assert not kept.exists(), "what the server refuses isn't kept"
    asked = push_at_terminal(PASSWORD, "InFile", kept, *words, "--keep-password")
    assert (asked.code, asked.out) == (0, b"")
    assert f"Password of ann@{remote.url.split('/')[2]}: " in asked.shown
    assert PASSWORD not in asked.shown
    assert kept.exists()
    again = push_at_terminal(None, "InFile", kept, *words)
    assert (again.code, "nothing to do" in again.shown) == (0, True)


def test_a_broken_keyring_is_as_good_as_none(remote: Remote, tmp_path: Path) -> None:
    words = (remote.address, *TREATMENT)
    refused = push_at_terminal(PASSWORD, "Broken", tmp_path / "kept", *words, "--keep-password")
    assert refused.code == 2
    assert "the keyring takes no password; nothing was pushed" in refused.shown
    assert remote.stored() == {}
    asked = push_at_terminal(PASSWORD, "Broken", tmp_path / "kept", *words)
    assert (asked.code, "entries put" in asked.shown) == (0, True)


def test_without_the_extra_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['caldav'] = None; from needlecare.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "push", "https://ann@dav.example.org/", *TREATMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment({}))
    assert done.returncode == 2
    assert done.stderr == (
        "needlecare: push needs the library caldav, which isn't installed: pip install 'needlecare[push]'\n"
    )


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_help_or_of_the_guide_runs(
    push: Push, remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    monkeypatch.delenv("NEEDLECARE_NO_LOG")
    monkeypatch.setenv("NEEDLECARE_LOG", str(tmp_path / "log.db"))
    assert run("log", "add", *TREATMENT).code == 0
    words = [
        re.sub(
            r"https://(ann@)?dav.example.org/ann/aftercare/",
            lambda found: f"http://{found[1] or ''}{remote.url[7:]}",
            one,
        )
        for one in shlex.split(example)[2:]
    ]
    assert words != shlex.split(example)[2:]
    assert push(*words).code == 0


def test_an_http_error_is_seen_by_the_tests_themselves(remote: Remote) -> None:
    with pytest.raises(HTTPError):
        remote.ask("GET", "nowhere.ics")
