"""A load generator in a process of its own: keep-alive connections, prepared requests, no client library.

`python -m benchmarks.feed.load PORT CONNECTIONS` reads one job a line from standard input, as JSON:
`{"requests": [text, …], "seconds": 3.0}` or `{"requests": […], "once": true}`, and answers each with one line
`{"count", "seconds", "statuses": {…}, "p50_ms", "p99_ms"}`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from itertools import cycle
from typing import Any

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Talker(asyncio.Protocol):
    """One connection: sends the next request as soon as an answer is whole."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.buffer = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.send()

    def send(self) -> None:
        request = self.job.next_request()
        if request is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        found = LENGTH.search(self.buffer, 0, head)
        size = int(found.group(1)) if found else 0
        if len(self.buffer) < head + 4 + size:
            return
        self.job.note(self.buffer[9:12], time.perf_counter() - self.sent_at)
        self.buffer = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.job.leave()


class Job:
    def __init__(self, requests: list[bytes], seconds: float | None, connections: int) -> None:
        self.requests = iter(requests) if seconds is None else cycle(requests)
        self.deadline = None if seconds is None else time.perf_counter() + seconds
        self.times: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.left = connections
        self.done = asyncio.get_running_loop().create_future()

    def next_request(self) -> bytes | None:
        if self.deadline is not None and time.perf_counter() >= self.deadline:
            return None
        return next(self.requests, None)

    def note(self, status: bytes, seconds: float) -> None:
        self.times.append(seconds)
        self.statuses[status.decode()] += 1

    def leave(self) -> None:
        self.left -= 1
        if not self.left and not self.done.done():
            self.done.set_result(None)


async def run(port: int, connections: int, order: dict[str, Any]) -> dict[str, Any]:
    requests = [text.encode() for text in order["requests"]]
    began = time.perf_counter()
    job = Job(requests, None if order.get("once") else float(order["seconds"]), connections)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Talker(job), "127.0.0.1", port)
    await job.done
    spent = time.perf_counter() - began
    times = sorted(job.times)
    return {
        "count": len(times),
        "seconds": spent,
        "statuses": job.statuses,
        "p50_ms": 1000 * times[len(times) // 2],
        "p99_ms": 1000 * times[min(len(times) - 1, int(len(times) * 0.99))],
    }


def main() -> None:
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    for line in sys.stdin:
        answer = asyncio.run(run(port, connections, json.loads(line)))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
