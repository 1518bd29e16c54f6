"""A web server as in production, started again when it dies, and clients that repeat until answered."""

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
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

PROJECT = Path(__file__).resolve().parent.parent.parent
REPEATED = {500, 502, 503, 504}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Web:
    """Granian with two blocking threads on a port of its own."""

    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    application: str = "config.wsgi:application"
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
                    *("--port", str(self.port), "--workers", "1", "--blocking-threads", "2"),
                    self.application,
                ],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                connection.request("GET", "/health/live", headers={"Host": "localhost"})
                if connection.getresponse().status == 200:
                    return
            assert time.monotonic() < deadline, self.log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


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
