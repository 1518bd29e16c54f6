"""The platform under test: embedded servers with the large world, granian as in production, a generator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from config.local.ports import require_space
from config.local.servers import ensure_servers

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST_PORT = 18_400  # below 32768, where outgoing connections do not collide
CONNECTIONS = 16


def prepare_environment(folder: Path, gigabytes: float) -> None:
    """Servers below `folder`, and the environment that the settings read. Before Django is set up."""
    if not (folder / "ready.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        require_space(folder, gigabytes=gigabytes)
    start_servers(
        folder,
        LOG_LEVEL="WARNING",
        CACHE_TIMEOUT_MS="500",  # a busy machine must not turn a hit into a miss
        DJANGO_SETTINGS_MODULE="benchmarks.feed.settings",
    )


def start_servers(folder: Path, **more: str) -> None:
    """Servers below `folder`, what the settings need to find them, and `more` variables beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    servers = ensure_servers(folder)
    for name in ("DATABASE_URL_FILE", "REDIS_URL_FILE", "BROKER_URL_FILE"):
        os.environ.pop(name, None)
    os.environ |= {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "BROKER_URL": servers.broker_url,
        "DEVELOPMENT": "1",
        "LOCAL_DIR": str(folder),
        **more,
    }


class Server:
    """granian with one worker and two threads (09, 1.1)."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def memory_mb(self) -> float:
        """Proportional set size of the server and its worker: what they would take if they were gone."""
        root = psutil.Process(self.pid)
        processes = (root, *root.children(recursive=True))
        return float(sum(one.memory_full_info().pss for one in processes)) / 1e6

    def processor_seconds(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/bench/processor") as reply:
            return float(reply.read())

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as reply:
            content: bytes = reply.read()
            return content


@contextmanager
def serve(folder: Path, environment: Mapping[str, str] | None = None, *, place: int = 0) -> Iterator[Server]:
    """A server with this environment besides our own; `place` tells several of one run apart."""
    port = FIRST_PORT + os.getpid() % 1000 + 1000 * place
    command = [
        str(Path(sys.executable).with_name("granian")),
        *("--interface", "wsgi", "--workers", "1", "--blocking-threads", "2", "--backpressure", "64"),
        *("--no-ws", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        "config.wsgi:application",
    ]
    (folder / "static").mkdir(exist_ok=True)
    with (folder / f"granian-{place}.log").open("w") as log:
        values = {**os.environ, **(environment or {})}
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=values)
        try:
            server = Server(port, process.pid)
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            server.get("/health/live")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not start; its log beside the data says why.")


class Generator:
    """`benchmarks.feed.load` in its own process, so that its work is not the server's."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.feed.load", str(port), str(CONNECTIONS)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, requests: Sequence[str], *, seconds: float | None = None) -> dict[str, Any]:
        """For so many seconds round and round, or each request once."""
        order = {"requests": list(requests), "seconds": seconds, "once": seconds is None}
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("The generator has no pipes.")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)
