"""The server: keys demanded, faults in order, every call recorded, no silent default."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.double.control import handle_control
from tests.double.faults import Fault, Reply, is_gone, reset, trickle

OPENAI_KEY = "sk-double-0123456789"
ELEVENLABS_KEY = "xi-double-0123456789"
LARGEST_BODY = 64 * 1024 * 1024
FREE = frozenset({"/v1/models", "/v1/user/subscription", "/v1/clips/{id}", "/v1/clips/{id}/content"})


@dataclass
class Call:
    """One request as it came, and what became of it. `route` is the path with its variable parts named."""

    method: str
    path: str
    route: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    key: str
    status: int = 0
    answered: bool = False  # the whole reply was handed to somebody who was still there
    usage: dict[str, Any] = field(default_factory=dict)
    is_repeat: bool = False  # the vendor recognised it by its key, did nothing anew and bills nothing

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_billed(self) -> bool:
        """The work was done, whether or not the answer arrived: what a vendor bills."""
        return 200 <= self.status < 300 and self.route not in FREE and not self.is_repeat

    @property
    def is_paid(self) -> bool:
        """Billed, and answered in full to somebody who was still there."""
        return self.is_billed and self.answered

    def summary(self) -> dict[str, Any]:
        """For the control address: everything but keys."""
        hidden = {"authorization", "xi-api-key"}
        return {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "answered": self.answered,
            "paid": self.is_paid,
            "headers": {name: value for name, value in self.headers.items() if name not in hidden},
            "body": self.body.decode("utf-8", "replace")[:20_000],
        }


@dataclass
class Settings:
    """What a test or a person can set. `repeats`: whether the same call may come twice."""

    openai_keys: set[str] = field(default_factory=lambda: {OPENAI_KEY})
    elevenlabs_keys: set[str] = field(default_factory=lambda: {ELEVENLABS_KEY})
    repeats: bool = True
    words_per_minute: float = 150.0
    # moderation: word → category → score
    scores: dict[str, dict[str, float]] = field(
        default_factory=lambda: {"stabbing": {"violence": 0.97}, "nude": {"sexual": 0.9}}
    )
    # judge: question id → the answer's members ({"answer", "quotes", "comment", "confidence"})
    judged: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": name, "shutdown_date": None}
            for name in ("text-model", "judge-model", "image-model", "omni-moderation-latest")
        ]
    )
    clip_polls: int = 2  # how often a clip is still at work


class Double:
    """The server on a free port of this machine; a context manager. Thread-safe."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.calls: list[Call] = []
        self.texts: deque[str] = deque()  # answers of text models, before any that are made
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.first: dict[str, Fault] = {}  # of a route: what each call meets when it comes for the first time
        self.seen: set[tuple[str, bytes]] = set()
        self.clips: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self._server = _Server((host, port), self)
        self.host, self.port = host, int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the platform must be told to use this double for everything."""
        return {
            "OPENAI_API_KEY": OPENAI_KEY,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "ELEVENLABS_API_KEY": ELEVENLABS_KEY,
            "ELEVENLABS_BASE_URL": self.url,
            "TEXT_MODEL": "text-model",
            "JUDGE_MODEL": "judge-model",
            "IMAGE_MODEL": "image-model",
            "CLIP_PROVIDER": "http",
            "CLIP_API_KEY": OPENAI_KEY,
            "CLIP_BASE_URL": self.url,
            "CLIP_MODEL": "clip-model",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()

    # ----------------------------------------------------------------------- for tests

    def fail(self, route: str, /, *, times: int = 1, **values: Any) -> None:
        """The next calls of this route go wrong (see Fault). Faults are used up first in, first out."""
        with self.lock:
            self.faults[route].extend(Fault(**values) for _ in range(times))

    def fail_first(self, route: str, /, **values: Any) -> None:
        """Every call of this route goes wrong once; the same call again goes well."""
        with self.lock:
            self.first[route] = Fault(**values)

    def next_fault(self, call: Call) -> Fault:
        """With the lock held."""
        waiting = self.faults.get(call.route)
        if waiting:
            return waiting.popleft()
        mark = (call.path, call.body)
        if call.route in self.first and mark not in self.seen:
            self.seen.add(mark)
            return self.first[call.route]
        return Fault()

    def say(self, *texts: str | dict[str, Any]) -> None:
        """What text models answer next."""
        with self.lock:
            self.texts.extend(text if isinstance(text, str) else json.dumps(text) for text in texts)

    def of(self, route: str) -> list[Call]:
        with self.lock:
            return [call for call in self.calls if call.route == route]

    @property
    def paid(self) -> list[Call]:
        with self.lock:
            return [call for call in self.calls if call.is_paid]

    @property
    def billed(self) -> list[Call]:
        with self.lock:
            return [call for call in self.calls if call.is_billed]

    def forget(self) -> None:
        with self.lock:
            self.calls.clear()
            self.faults.clear()
            self.first.clear()
            self.texts.clear()

    def find_repeats(self) -> list[str]:
        """Paid calls that came twice with the same body: somebody was charged twice for one thing."""
        seen: set[tuple[str, bytes]] = set()
        found = []
        for call in self.paid:
            if call.method == "POST" and (call.path, call.body) in seen:
                found.append(f"{call.method} {call.path}")
            seen.add((call.path, call.body))
        return found


# --------------------------------------------------------------------------- routes

Endpoint = Callable[[Double, Call], Reply]
_ROUTES: list[tuple[str, str, re.Pattern[str], Endpoint]] = []


def endpoint(method: str, route: str) -> Callable[[Endpoint], Endpoint]:
    """Put a function in charge of a route; "{name}" stands for one part of a path."""
    pattern = re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", route) + "$")

    def register(function: Endpoint) -> Endpoint:
        _ROUTES.append((method, route, pattern, function))
        return function

    return register


def find_route(method: str, path: str) -> tuple[str, Endpoint | None]:
    for known, route, pattern, function in _ROUTES:
        if known == method and pattern.match(path):
            return route, function
    return path, None


def refuse(status: int, code: str, message: str, **more: Any) -> Reply:
    """An error as OpenAI's API words it."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return Reply.of(
        {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}, status
    )


def _check_key(double: Double, call: Call) -> Reply | None:
    if call.route.startswith(("/2/", "/api/2/")):
        return None  # analytics sends its key in the body, or checks it itself
    is_elevenlabs = "xi-api-key" in call.headers
    keys = double.settings.elevenlabs_keys if is_elevenlabs else double.settings.openai_keys
    if call.key in keys:
        return None
    if is_elevenlabs:
        return Reply.of({"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}, 401)
    return refuse(401, "invalid_api_key", "Incorrect API key provided")


class _Server(ThreadingHTTPServer):
    """The library's server, with the double it serves for."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], double: Double) -> None:
        self.double = double
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    """Reads a call, lets its endpoint answer, and writes the reply as the next fault wants it."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Quiet: calls are recorded instead."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(min(length, LARGEST_BODY))
        parts = urlsplit(self.path)
        if parts.path.startswith("/double/"):
            self._write(handle_control(self.server.double, method, parts.path, body), Fault())
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        route, function = find_route(method, parts.path)
        key = headers.get("xi-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        call = Call(method, parts.path, route, parse_qs(parts.query), headers, body, key)
        with self.server.double.lock:
            self.server.double.calls.append(call)
            fault = self.server.double.next_fault(call)
        reply = self._make(function, call, fault)
        self._write(reply, fault, call)

    def _make(self, function: Endpoint | None, call: Call, fault: Fault) -> Reply:
        refused = _check_key(self.server.double, call)
        if refused is not None and not fault.answers_itself:
            return refused
        if function is None:
            return refuse(404, "unknown_url", f"Unknown request URL: {call.method} {call.path}")
        if fault.answers_itself:
            return fault.change(Reply())
        try:
            reply = function(self.server.double, call)
        except (KeyError, TypeError, ValueError) as error:
            return refuse(400, "invalid_request", f"The request cannot be read: {error!r}")
        return fault.change(reply) if reply.status < 300 else reply

    def _write(self, reply: Reply, fault: Fault, call: Call | None = None) -> None:
        if call is not None:
            call.status = reply.status
        ends = time.monotonic() + fault.delay
        while time.monotonic() < ends and not self.server.double.is_over.wait(0.01):
            if is_gone(self.connection):
                break
        if fault.drop == "before" or is_gone(self.connection):
            self.close_connection = True
            reset(self.connection)
            return
        body = reply.body if fault.truncate is None else reply.body[: fault.truncate]
        body = body[: len(body) // 2] if fault.drop == "body" else body
        try:
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("x-request-id", f"req_{len(self.server.double.calls):06}")
            self.send_header("request-id", f"req_{len(self.server.double.calls):06}")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if call is not None:  # before the last byte: who reads it may look at once
                call.answered = len(body) == len(reply.body)
            is_sent = self._send(body, fault)
        except OSError:
            is_sent = False
        if call is not None and not is_sent:
            call.answered = False
        if not is_sent or len(body) < len(reply.body):
            self.close_connection = True
            if fault.drop:
                reset(self.connection)

    def _send(self, body: bytes, fault: Fault) -> bool:
        if fault.trickle:
            return trickle(self.wfile.write, body, fault.trickle, self.server.double.is_over.is_set)
        self.wfile.write(body)
        return True

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the connection was broken off on purpose
            super().finish()


# The endpoints register themselves.
from tests.double import clips, models, opinions, pictures, speech, writing  # noqa: E402, F401
