"""A small server for the doubles: a free port, a thread, every request recorded, ranges and CORS answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from videos.media import CONTENT_TYPES, find_range


@dataclass(frozen=True)
class Ask:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class Server:
    """Subclasses implement `answer`. `is_down` closes every connection without a word."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int]] = []
        self.is_down = False
        self.now: Callable[[], float] = time.time
        self._server = _Http(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def answer(self, ask: Ask) -> Reply:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_address[1]}"


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        super().__init__(address, _Handler)
        self.owner = owner


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def _serve(self) -> None:
        owner = self.server.owner
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if owner.is_down:
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.command == "OPTIONS":
            reply = Reply(204)
        else:
            reply = owner.answer(Ask(self.command, path, query, headers, body))
            owner.asked.append((self.command, path, reply.status))
        part = None
        if reply.status == 200 and "range" in headers:
            part = find_range(headers["range"], len(reply.body))
        whole = len(reply.body)
        if part is not None:
            reply.headers["Content-Range"] = f"bytes {part[0]}-{part[1]}/{whole}"
            reply = Reply(206, reply.body[part[0] : part[1] + 1], reply.content_type, reply.headers)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Access-Control-Allow-Origin", headers.get("origin", "*"))
        self.send_header("Access-Control-Allow-Credentials", "true")
        self.send_header("Access-Control-Allow-Headers", "range")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT = do_OPTIONS = _serve  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Silence."""


def type_of(name: str) -> str:
    return CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
