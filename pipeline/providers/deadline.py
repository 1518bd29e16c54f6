"""HTTP transports with one wall-clock limit for a whole exchange, for httpx and for httpx2.

The clients' own `timeout` counts each read anew, so a reply that trickles in is waited for without end
(seen with both SDKs). Here every socket operation gets what is left of the limit. A transport also
follows no redirect, uses no proxy of the environment, refuses addresses that are not allowed
(`addresses`), and stops reading a reply that is larger than anybody would send. Resolving a name is left
to the system's resolver and its own limits. An exchange that might outlast the claim of its caller is not
begun: whoever holds the claim next would pay for the same thing again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpcore
import httpcore2
import httpx
import httpx2

from pipeline.providers import addresses, caller

LARGEST_REPLY = 64 * 1024 * 1024  # bytes
_PIECE = 64 * 1024  # bytes written between two looks at the clock
_KEEP_ALIVE = 5.0  # seconds


class _Clock(threading.local):
    """When the exchange of this thread must be over."""

    until = float("inf")

    def start(self, until: float) -> None:
        self.until = until

    def left(self, wanted: float | None) -> float:
        """Seconds until the limit, at most `wanted`; a hair above zero, so that the socket says time-out."""
        left = max(self.until - time.monotonic(), 0.001)
        return left if wanted is None else min(wanted, left)


class _Stream:
    """A network stream of httpcore (1 or 2) whose every operation is bounded by the clock."""

    def __init__(self, stream: Any, clock: _Clock) -> None:
        self._stream, self._clock = stream, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return bytes(self._stream.read(max_bytes, timeout=self._clock.left(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], timeout=self._clock.left(timeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout))
        return _Stream(secured, self._clock)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend:
    """Connects as httpcore does, then looks at whom it has reached."""

    def __init__(self, core: Any, clock: _Clock) -> None:
        self._core, self._backend, self._clock = core, core.SyncBackend(), clock

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Stream:
        stream = self._backend.connect_tcp(host, port, timeout=self._clock.left(timeout), **options)
        reached = str(stream.get_extra_info("server_addr")[0])
        if not addresses.may_reach(host, reached):
            stream.close()
            raise self._core.ConnectError(f"{host} is not at a public address")
        return _Stream(stream, self._clock)

    def connect_unix_socket(self, path: str, **options: Any) -> _Stream:
        raise self._core.ConnectError("Providers are reached by network only")

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


@cache
def _trust(client: Any) -> Any:
    """The certificates that a client's library trusts: read once a process, they are many."""
    return client.create_ssl_context()


class _Exchange:
    """The pool, the clock, and the client's own exceptions in place of httpcore's."""

    def __init__(self, core: Any, client: Any, *, limit: float, largest: int) -> None:
        self._core, self._client = core, client
        self.limit, self.largest = limit, largest
        self.clock = _Clock()
        self.pool = core.ConnectionPool(
            ssl_context=_trust(client),
            network_backend=_Backend(core, self.clock),
            keepalive_expiry=_KEEP_ALIVE,
            max_connections=64,
        )

    def send(self, request: Any) -> tuple[Any, float]:
        """The reply as httpcore gives it, and the second (monotonic) at which it must be read."""
        if caller.seconds_left() < self.limit:  # nothing has been sent, so nothing is billed
            raise self._client.ConnectError("The caller's claim ends too soon for another exchange")
        until = time.monotonic() + self.limit
        self.clock.start(until)
        url = request.url
        sent = self._core.Request(
            method=request.method,
            url=self._core.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            return self.pool.handle_request(sent), until
        except Exception as error:
            raise self.translated(error) from error

    def read(self, stream: Any, until: float) -> Iterator[bytes]:
        size = 0
        self.clock.start(until)
        try:
            for part in stream:
                size += len(part)
                if size > self.largest:
                    raise self._core.ReadError(f"The reply is larger than {self.largest} bytes")
                yield part
                self.clock.start(until)
        except Exception as error:
            raise self.translated(error) from error

    def translated(self, error: Exception) -> Exception:
        """The exception of the same name in the client's library, without the text of the other."""
        kind = getattr(self._client, type(error).__name__, None)
        if isinstance(kind, type) and issubclass(kind, self._client.TransportError):
            made: Exception = kind(type(error).__name__)
            return made
        return error


class _Body(httpx.SyncByteStream):
    def __init__(self, exchange: _Exchange, stream: Any, until: float) -> None:
        self._exchange, self._stream, self._until = exchange, stream, until

    def __iter__(self) -> Iterator[bytes]:
        return self._exchange.read(self._stream, self._until)

    def close(self) -> None:
        self._stream.close()


class _Body2(httpx2.SyncByteStream):
    def __init__(self, exchange: _Exchange, stream: Any, until: float) -> None:
        self._exchange, self._stream, self._until = exchange, stream, until

    def __iter__(self) -> Iterator[bytes]:
        return self._exchange.read(self._stream, self._until)

    def close(self) -> None:
        self._stream.close()


class Deadline(httpx.BaseTransport):
    """For httpx (ElevenLabs, clips). `limit` is seconds for connecting, sending and reading together."""

    def __init__(self, limit: float, *, largest: int = LARGEST_REPLY) -> None:
        self._exchange = _Exchange(httpcore, httpx, limit=limit, largest=largest)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        reply, until = self._exchange.send(request)
        body = _Body(self._exchange, reply.stream, until)
        return httpx.Response(reply.status, headers=reply.headers, stream=body, extensions=reply.extensions)

    def close(self) -> None:
        self._exchange.pool.close()


class Deadline2(httpx2.BaseTransport):
    """The same for httpx2 (OpenAI's SDK)."""

    def __init__(self, limit: float, *, largest: int = LARGEST_REPLY) -> None:
        self._exchange = _Exchange(httpcore2, httpx2, limit=limit, largest=largest)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        reply, until = self._exchange.send(request)
        body = _Body2(self._exchange, reply.stream, until)
        return httpx2.Response(reply.status, headers=reply.headers, stream=body, extensions=reply.extensions)

    def close(self) -> None:
        self._exchange.pool.close()
