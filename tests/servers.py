"""Servers that tests start on this machine: a CalDAV server, and ones that answer as they are told."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import NamedTuple, Self
from urllib.parse import urlsplit


class Asked(NamedTuple):
    """A request that a server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


class Answer(NamedTuple):
    """What a server answers; *body* once, or on and on if it is *endless*."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})
    endless: bool = False


# None hangs up without an answer.
Respond = Callable[[Asked], Answer | None]


@contextmanager
def radicale(folder: Path, users: str = "") -> Iterator[str]:
    """Start a CalDAV server on a free port of this machine alone, and stop it; *users* is an htpasswd file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["--server-hosts", f"127.0.0.1:{port}", "--config", "", "--auth-type", "htpasswd" if users else "none"]
    settings += ["--storage-filesystem-folder", str(folder / "radicale"), "--auth-delay", "0"]
    if users:
        (folder / "users").write_text(users, encoding="utf-8")
        settings += ["--auth-htpasswd-filename", str(folder / "users"), "--auth-htpasswd-encryption", "plain"]
    with (folder / "radicale.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "radicale", *settings], stdout=log, stderr=log)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(timeout=10)


class Told:
    """A server at *url* that answers as *respond* says, and notes what it was *asked*."""

    def __init__(self, respond: Respond) -> None:
        self.asked: list[Asked] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65_537)
                is_whole = self.raw_requestline and self.parse_request()
                self.close_connection = True
                if not is_whole:
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                told.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                answer = respond(told.asked[-1])
                if answer:
                    self._send(answer)

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                if not answer.endless and "Content-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    self.wfile.write(answer.body)
                    while answer.endless:
                        self.wfile.write(answer.body)
                except OSError:  # whoever asked has had enough
                    return

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def methods(self) -> list[str]:
        """The methods that it was asked with."""
        return [one.method for one in self.asked]


def forward(url: str) -> Respond:
    """Make what asks the server at *url*, and answers what that does."""

    def respond(asked: Asked) -> Answer:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        try:
            connection.request(asked.method, asked.path, asked.body, asked.headers)
            response = connection.getresponse()
            dropped = ("connection", "content-length", "transfer-encoding", "date", "server")
            headers = {name: value for name, value in response.getheaders() if name.lower() not in dropped}
            return Answer(response.status, response.read(), headers)
        finally:
            connection.close()

    return respond
