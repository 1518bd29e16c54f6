"""Web servers as in production behind one address, and clients that repeat until they are answered."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

PROJECT = Path(__file__).resolve().parent.parent.parent
REPEATED = {500, 502, 503, 504}
PATIENCE = 120.0  # seconds; a busy machine needs some


_tried = count(20_000 + os.getpid() * 7 % 10_000)


def free_port(host: str = "127.0.0.1") -> int:
    """A port below those of outgoing connections, so that nothing takes it while its server is away."""
    for port in _tried:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port
    raise AssertionError


@dataclass
class Web:
    """Granian as the image starts it, on a port of its own; `host` may be any address of the loopback."""

    environment: dict[str, str]
    log: Path
    host: str = "127.0.0.1"
    application: str = "config.wsgi:application"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0

    def __post_init__(self) -> None:
        self.port = self.port or free_port(self.host)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def start(self) -> None:
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"),
            *("--blocking-threads", "2", "--backpressure", "64", "--no-ws", "--workers-kill-timeout", "30"),
            *("--host", self.host, "--port", str(self.port), self.application),
        ]
        self.process = start_process(command, self.environment, self.log)

    def look_after(self) -> None:
        """What a service manager does: whatever has died is started again."""
        if self.process is not None and self.process.poll() is not None:
            self.deaths += 1
            self.start()

    def wait_until_it_answers(self) -> None:
        if self.host == "127.0.0.1":
            wait_for(lambda: call(self.port, "GET", "/health/ready")[0] == 200, self.log)
        else:  # the proxy may go there, a test may not
            wait_for(lambda: is_open(self.host, self.port), self.log)

    def stop(self) -> int:
        """Ask for an orderly end and wait for it; the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@dataclass
class Proxy:
    """`tests.faults.proxy` before some web servers; `drain` does what a readiness that fails does."""

    webs: list[Web]
    folder: Path
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        self.log = self.folder / "proxy.log"
        command = [sys.executable, "-m", "tests.faults.proxy", str(self.port), str(self.folder)]
        self._process = start_process(
            [*command, *(web.address for web in self.webs)], dict(os.environ), self.log
        )
        wait_for(lambda: is_open("127.0.0.1", self.port), self.log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def drain(self, web: Web) -> None:
        (self.folder / f"{web.address}.drained").touch()

    def admit(self, web: Web) -> None:
        (self.folder / f"{web.address}.drained").unlink()


def start_process(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=file, stderr=file, start_new_session=True
        )


def wait_for(is_reached: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_reached():
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
        time.sleep(0.1)


def is_open(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@dataclass
class Device:
    """A child's device: an access token, and what signs in again when that has expired."""

    username: str
    password: str
    access: str = ""


@dataclass
class Answer:
    """One answer of a child, and what the server has said to it."""

    device: Device
    body: dict[str, Any]
    result: dict[str, Any] | None = None
    tries: int = 0


class Children:
    """Threads that send answers at a steady pace, each until it is acknowledged, as the app does."""

    def __init__(self, port: int, answers: list[Answer], *, seconds: float, threads: int = 8) -> None:
        self.port, self.answers = port, answers
        self.statuses: Counter[int | str] = Counter()
        self._lock = threading.Lock()
        self._end = time.monotonic() + 4 * seconds + 120
        self._pause = seconds * threads / len(answers)
        self._threads = [
            threading.Thread(target=self._send_all, args=(answers[number::threads],), daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(max(self._end - time.monotonic(), 0.1))

    @property
    def are_done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _send_all(self, answers: list[Answer]) -> None:
        began = time.monotonic()
        for number, answer in enumerate(answers):
            time.sleep(max(began + number * self._pause - time.monotonic(), 0))
            while answer.result is None and time.monotonic() < self._end:
                self._send(answer)
                if answer.result is None:
                    time.sleep(0.2)

    def _send(self, answer: Answer) -> None:
        answer.tries += 1
        try:
            if not answer.device.access:
                self._sign_in(answer.device)
            status, body = send_answer(self.port, answer)
        except (OSError, http.client.HTTPException) as error:
            self._count(type(error).__name__)
            return
        self._count(status)
        if status in {200, 201}:
            answer.result = json.loads(body)
        elif status == 401:
            answer.device.access = ""
        elif status not in REPEATED and status != 429:
            raise AssertionError(f"{status} {body[:300]!r}")

    def _sign_in(self, device: Device) -> None:
        """As the app does when its token has expired. Raises ConnectionError while that does not work."""
        body = {"username": device.username, "password": device.password}
        status, answer = post(self.port, "/api/student/token", body, {})
        self._count(f"sign-in {status}")
        if status != 200:
            raise ConnectionError("not now")
        device.access = json.loads(answer)["access"]

    def _count(self, what: int | str) -> None:
        with self._lock:
            self.statuses[what] += 1


def send_answer(port: int, answer: Answer) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {answer.device.access}"}
    return post(port, "/api/student/quiz-response", answer.body, headers)


def post(port: int, path: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def call(port: int, method: str, path: str, body: Any = None, *, access: str = "") -> tuple[int, Any]:
    """Status and JSON; (0, None) where the connection was refused or broke off."""
    headers = {"Host": "localhost", "Content-Type": "application/json"}
    if access:
        headers["Authorization"] = f"Bearer {access}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"null")
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()


def make_answers(devices: list[Device], videos: list[str], *, count: int) -> list[Answer]:
    chance = random.Random(7)
    return [
        Answer(
            devices[number % len(devices)],
            {
                "response_id": str(uuid4()),
                "video_id": chance.choice(videos),
                "question_index": chance.randrange(2),
                "user_answer": chance.random() < 0.6,
                "response_time_ms": chance.randrange(800, 9000),
                "mode": "watch",
            },
        )
        for number in range(count)
    ]
