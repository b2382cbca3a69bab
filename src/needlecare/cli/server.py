"""A calendar on a CalDAV server: finds, puts and deletes entries there, as text. Decides about none of them.

The one module that opens a connection. It is imported when it is needed: its libraries are an extra.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any, NamedTuple, Self
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from caldav.davclient import DAVClient
from caldav.lib.error import AuthorizationError, DAVError, RateLimitError
from caldav.response import DAVResponse, PropfindResult
from niquests.exceptions import SSLError, Timeout

from needlecare.errors import InputError, NeedlecareError

_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_XML = '<?xml version="1.0" encoding="utf-8"?>'
_SPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
_ABOUT = f"""{_XML}<D:propfind {_SPACES}><D:prop><D:resourcetype/><D:displayname/><D:current-user-principal/>
<C:calendar-home-set/><C:supported-calendar-component-set/></D:prop></D:propfind>"""
_NAMES = f"{_XML}<D:propfind {_SPACES}><D:prop><D:getetag/></D:prop></D:propfind>"
_WANTED = "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
# Events whose UID holds this text, whatever their names are.
_BY_UID = f"""{_XML}<C:calendar-query {_SPACES}>{_WANTED}<C:filter><C:comp-filter name="VCALENDAR">
<C:comp-filter name="VEVENT"><C:prop-filter name="UID"><C:text-match collation="i;octet">%s</C:text-match>
</C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""
_BY_NAME = f"{_XML}<C:calendar-multiget {_SPACES}>{_WANTED}%s</C:calendar-multiget>"
# A version that can be asked for in a header: weak ones can't, nor can what breaks a header.
_TAG = re.compile(r'"[!#-~ ]*"')
_CHUNK = 65_536
# An answer may come from anybody.
_LARGEST_BYTES, _MOST_ENTRIES, _LONGEST_NAME, _LONGEST, _LISTED = 5_000_000, 1000, 60, 200, 20
_DONE, _FORBIDDEN = (200, 201, 204), 403
_PROBLEMS = {
    404: "has no such calendar; check the address",
    409: "has this entry already, under another name; delete it there first",
    412: "has another version of an entry than a moment ago",
    413: "takes no entry of this size",
    423: "has locked the calendar; try again later",
    507: "has no room left; delete something there",
}


class Stored(NamedTuple):
    """The *text* of an entry under its *name*; *tag* is its version."""

    name: str
    tag: str
    text: str


class Found(NamedTuple):
    """What a calendar holds that may be of a plan; *names* are all that begin with its id, whatever is in them."""

    stored: tuple[Stored, ...]
    names: frozenset[str]


class _RefusedError(InputError):
    """A server answered, and not with what it was asked for."""


class Calendar:
    """The calendar of *user* at *address*, which ends with a slash; each wait is *timeout* seconds."""

    def __init__(self, address: str, user: str, password: str, timeout: int) -> None:
        self._address, self._host, self._timeout, self._status = address, urlsplit(address).netloc, timeout, 0
        self.name = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2] or self._host
        # Packed answers could grow without end.
        plain = {"Accept-Encoding": "identity"}
        with self._reporting():
            self._client = DAVClient(
                url=address, username=user, password=password, timeout=timeout, headers=plain, enable_rfc6764=False
            )
        session: Any = self._client.session
        # Until the server says how it wants the password; else ~/.netrc would answer, maybe with another one.
        session.auth = lambda request: request
        session.stream = True
        # Plain http is to this machine alone, and without a proxy, which would read the password.
        session.trust_env = urlsplit(address).scheme == "https"
        session.hooks["response"] = [self._receive]

    def __enter__(self) -> Self:
        # The libraries log what they don't like, with what the server sent; whatever matters is raised.
        logging.disable(logging.CRITICAL)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        logging.disable(logging.NOTSET)

    def find(self, plan: str) -> Found:
        """Return what the calendar holds whose name or UID has the id *plan* in it.

        Raises:
            InputError: it is no calendar (then the message lists those that there are), or can't be read.
        """
        self._check_calendar()
        listed = self._read(self._request("PROPFIND", self._address, _NAMES, {"Depth": "1"}), "parse_propfind")
        names = frozenset(name for one in listed if (name := self._name(one.href)).startswith(plan))
        # Servers needn't find a part of a UID; what we put has our name there all the same.
        stored = {one.name: one for one in self._report(_BY_UID % plan, may_fail=True) if plan in one.text}
        if len(names | stored.keys()) > _MOST_ENTRIES:
            raise InputError(f"{self._host}: the calendar holds too many entries; give the plan a calendar of its own")
        if missing := sorted(names - stored.keys()):
            hrefs = "".join(f"<D:href>{escape(urlsplit(self._url(name)).path)}</D:href>" for name in missing)
            stored |= {one.name: one for one in self._report(_BY_NAME % hrefs)}
        return Found(tuple(stored.values()), names)

    def _check_calendar(self) -> None:
        about = self._describe(self._address, 0)[0]
        if not _is_calendar(about):
            raise InputError(self._list_calendars(about))
        self.name = _shown_name(about) or self.name

    def put(self, name: str, tag: str | None, text: str) -> None:
        """Put *text* under *name*: in the place of the version *tag*, or, where that is None, of nothing."""
        condition = {"If-None-Match": "*"} if tag is None else _matching(tag)
        headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
        self._expect(self._request("PUT", self._url(name), text, headers), _DONE)

    def delete(self, name: str, tag: str | None) -> None:
        """Delete *name*, unless it is no longer the version *tag*; what has gone already is as good."""
        self._expect(self._request("DELETE", self._url(name), "", _matching(tag)), (*_DONE, 404, 410))

    def _url(self, name: str) -> str:
        return f"{self._address}{quote(name, safe='@')}"

    def _name(self, href: str) -> str:
        """Return the name of an entry of this calendar; none for one that lies elsewhere."""
        # The library has taken the host off, and undone the escapes.
        folder, _, name = href.rpartition("/")
        is_own = unquote(folder) == unquote(urlsplit(self._address).path).rstrip("/")
        return name if is_own and name.strip(".") else ""

    def _list_calendars(self, about: PropfindResult) -> str:
        """Say which calendars the user has, where the address is none."""
        address, home = self._address, about.properties.get(f"{_CALDAV}calendar-home-set")
        principal = about.properties.get(f"{_DAV}current-user-principal")
        if not home and isinstance(principal, str):
            address = self._same_host(urljoin(address, principal))
            home = self._describe(address, 0)[0].properties.get(f"{_CALDAV}calendar-home-set")
        if not isinstance(home, str):
            return f"{self._address} is not a calendar; open its settings in your calendar and copy its CalDAV address"
        listed = self._describe(address := self._same_host(urljoin(address, home)), 1)
        found = [f"{urljoin(address, quote(one.href))}  {_shown_name(one)}" for one in listed if _is_calendar(one)]
        if not found:
            return f"{self._host} has no calendar for entries yet; make one there, and give its address"
        return "\n".join([f"{self._address} is not a calendar; give the address of one of yours:", *found[:_LISTED]])

    def _same_host(self, address: str) -> str:
        """Return *address*; the password goes nowhere else without being asked for."""
        with self._reporting():
            if _origin(address) != _origin(self._address):
                at = f"your calendars are at {address[:_LONGEST]}"
                raise InputError(f"{self._host} says that {at}; give that address, if you trust it")
        return address

    def _report(self, body: str, *, may_fail: bool = False) -> list[Stored]:
        """Return the entries that a report finds; one that *may fail* finds none then."""
        try:
            found = self._read(self._request("REPORT", self._address, body, {"Depth": "1"}), "parse_calendar_query")
        except _RefusedError:
            if may_fail:
                return []
            raise
        named = ((self._name(one.href), one) for one in found)
        return [Stored(name, one.etag or "", one.calendar_data or "") for name, one in named if name]

    def _describe(self, address: str, depth: int) -> list[PropfindResult]:
        found = self._read(self._request("PROPFIND", address, _ABOUT, {"Depth": f"{depth}"}), "parse_propfind")
        if not found:
            raise InputError(f"{self._host} answers, but not as a CalDAV server; check the address")
        return found

    def _read(self, response: DAVResponse, how: str) -> list[Any]:
        self._expect(response, (200, 207))
        with self._reporting():
            return list(getattr(response, how)())

    def _expect(self, response: DAVResponse, codes: Iterable[int]) -> None:
        if response.status not in codes:
            problem = _PROBLEMS.get(response.status, f"refuses, with the code {response.status}; check the address")
            raise _RefusedError(f"{self._host} {problem}")

    def _request(self, method: str, address: str, body: str, headers: Mapping[str, str]) -> DAVResponse:
        with self._reporting():
            return self._client.request(address, method, body, headers)

    def _receive(self, response: Any, **_: object) -> Any:
        """Take an answer: never on to another address, and not without end."""
        self._status = response.status_code
        if response.is_redirect:
            response.raw.close()
            target = urljoin(response.url, response.headers["location"])[:_LONGEST]
            raise InputError(f"{self._host} sends us on to {target}; give that address, if you trust it")
        read, raw = bytearray(), response.raw
        try:
            for chunk in raw.stream(_CHUNK, decode_content=False):
                read += chunk
                if len(read) > _LARGEST_BYTES:
                    break
        except Exception as error:
            raise ConnectionError from error
        finally:
            raw.close()
        if len(read) > _LARGEST_BYTES:
            too_much = f"sends more than {_LARGEST_BYTES // 1_000_000} MB"
            raise InputError(f"{self._host} {too_much}; give the plan a calendar of its own")
        response.raw = BytesIO(read)
        return response

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Report whatever fails in the libraries as what it means to a person."""
        try:
            yield
        except NeedlecareError:
            raise
        except Exception as error:  # noqa: BLE001  the libraries may fail in any way on what a server sends
            kind = _RefusedError if isinstance(error, DAVError) else InputError
            raise kind(f"{self._host} {self._name_problem(error)}") from None

    def _name_problem(self, error: Exception) -> str:
        if isinstance(error, AuthorizationError) and self._status == _FORBIDDEN:
            return "doesn't let you do that: the calendar may be somebody else's, or only to be read"
        named: tuple[tuple[type[Exception], str], ...] = (
            (AuthorizationError, "refuses the user or the password; some servers want an app password, made there"),
            (RateLimitError, "is busy; try again later"),
            (SSLError, "can't prove that it is what it says, so nothing was sent; check the address"),
            (Timeout, f"doesn't answer within {self._timeout} seconds; try again later, or give --timeout"),
            (OSError, "can't be reached, or the connection broke; check the address, and whether you are online"),
        )
        return next(
            (said for kind, said in named if isinstance(error, kind)),
            "answers, but not as a CalDAV server; check the address",
        )


def _origin(address: str) -> tuple[object, ...]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _is_calendar(about: PropfindResult) -> bool:
    kinds, holds = (
        about.properties.get(name) for name in (f"{_DAV}resourcetype", f"{_CALDAV}supported-calendar-component-set")
    )
    return f"{_CALDAV}calendar" in (kinds or ()) and (not isinstance(holds, list) or "VEVENT" in holds)


def _shown_name(about: PropfindResult) -> str:
    name = about.properties.get(f"{_DAV}displayname")
    return " ".join(name.split())[:_LONGEST_NAME] if isinstance(name, str) else ""


def _matching(tag: str | None) -> dict[str, str]:
    return {"If-Match": tag} if tag and _TAG.fullmatch(tag) else {}
