"""A new release under load: two web processes behind a proxy, each stopped and started; nobody gets an error.

The proxy is as small as what the deployment's does for us: the next process where one refuses a connection.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
PATHS = (
    "/health/live",
    "/health/ready",
    "/api/student/feed/me",
)  # 200, 200, 401: none of them may be missing
EXPECTED = {"/health/live": 200, "/health/ready": 200, "/api/student/feed/me": 401}


class Web:
    """One granian process, as the image starts it."""

    def __init__(self, log: Path) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._log = log
        self.start()

    def start(self) -> None:
        values = connection.settings_dict
        host = f"?host={values['HOST']}" if str(values["HOST"]).startswith("/") else ""
        address = "" if host else f"{values['HOST']}:{values['PORT']}"
        user = f"{values['USER']}@" if values["USER"] else ""
        environment = os.environ | {
            "DATABASE_URL": f"postgresql://{user}{address}/{values['NAME']}{host}",
            "DATABASE_POOL_SIZE": "2",
        }
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"),
                    *(
                        "--blocking-threads",
                        "2",
                        "--backpressure",
                        "64",
                        "--no-ws",
                        "--workers-kill-timeout",
                        "30",
                    ),
                    *("--host", "127.0.0.1", "--port", str(self.port), "config.wsgi:application"),
                ],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE
        while ask(self.port, "/health/ready") != 200:
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0


def ask(port: int, path: str) -> int:
    """The status; 0 where the connection was refused or broke off."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        client.request("GET", path, headers={"Host": "localhost"})
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        client.close()


class Proxy:
    """Each request to the next process that is in service; a read that broke off is asked of the other."""

    def __init__(self, webs: list[Web]) -> None:
        self._webs = webs
        self.in_service = set(range(len(webs)))
        self._turn = 0

    def ask(self, path: str) -> int:
        self._turn += 1
        for place in range(len(self._webs)):
            number = (self._turn + place) % len(self._webs)
            if number in self.in_service:
                status = ask(self._webs[number].port, path)
                if status:
                    return status
        return 0


@pytest.fixture
def webs(tmp_path: Path) -> Iterator[list[Web]]:
    started = [Web(tmp_path / f"web-{number}.log") for number in range(2)]
    yield started
    for web in started:
        if web.process.poll() is None:
            web.stop()


def test_a_rolling_restart_under_load_loses_no_request(webs: list[Web]) -> None:
    proxy, is_over = Proxy(webs), threading.Event()
    answers: list[tuple[str, int]] = []

    def load(number: int) -> None:
        while not is_over.is_set():
            path = PATHS[(len(answers) + number) % len(PATHS)]
            answers.append((path, proxy.ask(path)))

    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number, web in enumerate(webs):
            before = len(answers)
            while len(answers) < before + 50:  # under load before, and while it is away
                time.sleep(0.05)
            proxy.in_service.discard(number)  # what a failing readiness and the wait before SIGTERM do
            web.stop()
            before = len(answers)
            while len(answers) < before + 50:
                time.sleep(0.05)
            web.start()
            proxy.in_service.add(number)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert len(answers) >= 200
    assert {(path, status) for path, status in answers if status != EXPECTED[path]} == set()
