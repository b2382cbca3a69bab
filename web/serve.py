"""Serve the folder of the web app on this machine alone, to try it: `python -m web.serve OUT [--port 8000]`."""

import argparse
import gzip
import sys
from collections.abc import Sequence
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from web.build import POLICY

LOOPBACK = "127.0.0.1"
_PACKED = (".png", ".zip")


class Handler(SimpleHTTPRequestHandler):
    """Hands out files as the servers of clinics should: compressed, and with the policy for each of them."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
    }

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Send the headers; return what is to follow."""
        if "\0" in unquote(self.path):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        path = Path(self.translate_path(self.path))
        if not path.is_file() or path.suffix in _PACKED or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return super().send_head()
        body = _gzipped(path, path.stat().st_mtime_ns)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def end_headers(self) -> None:
        """Add what holds for every file."""
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
        """Say nothing: whoever tries it looks at the page."""


@lru_cache(maxsize=64)
def _gzipped(path: Path, changed: int) -> bytes:
    del changed
    return gzip.compress(path.read_bytes(), mtime=0)


class Server(ThreadingHTTPServer):
    """Serves browsers, which break off whatever they have in store."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that broke off, and all of anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def make_server(folder: Path, port: int = 0) -> Server:
    """Make a server of *folder*, on a free port unless one is named."""
    return Server((LOOPBACK, port), partial(Handler, directory=str(folder)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m web.serve", description="Try the web app on this machine.")
    parser.add_argument("folder", type=Path, help="what `python -m web.build` wrote")
    parser.add_argument("--port", type=int, default=8000, help="by default 8000")
    given = parser.parse_args(arguments)
    if not (given.folder / "sw.js").is_file():
        parser.error(f"{given.folder} holds no web app; build it: python -m web.build {given.folder}")
    with make_server(given.folder, given.port) as server:
        print(f"http://{LOOPBACK}:{server.server_port}/ (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
