"""A new release under load: two web processes behind a proxy, each taken out of turn, ended and begun again;
no read and no answer of a child meets an error, and nobody has to ask twice.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from uuid import uuid4

import pytest
from django.db import connection

from quizzes.models import QuizResponse
from tests.clients import make_student, make_video
from tests.faults.accounts import open_session
from tests.faults.web import Answer, Device, Proxy, Web, call, make_answers, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
CLIENTS, EACH = 4, 50  # threads, and requests of all of them before, during and after each restart
STUDENTS = 400  # so many that nobody meets the limit of requests a minute


def environment() -> dict[str, str]:
    """That of this test, with the database that pytest made for it."""
    values = connection.settings_dict
    host = f"?host={values['HOST']}" if str(values["HOST"]).startswith("/") else ""
    address = "" if host else f"{values['HOST']}:{values['PORT']}"
    user = f"{values['USER']}@" if values["USER"] else ""
    return os.environ | {
        "DATABASE_URL": f"postgresql://{user}{address}/{values['NAME']}{host}",
        "DATABASE_POOL_SIZE": "2",
    }


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    with ExitStack() as stack:
        webs = [
            stack.enter_context(Web(environment(), tmp_path / f"web-{number}.log")) for number in range(2)
        ]
        for web in webs:
            web.wait_until_it_answers()
        yield stack.enter_context(Proxy(webs, tmp_path))


class Load:
    """Threads that read and answer in turn, each request once, until they are told to end."""

    def __init__(self, proxy: Proxy) -> None:
        self._port = proxy.port
        devices = [Device("", "", open_session(make_student())) for _ in range(STUDENTS)]
        videos = [str(make_video().pk) for _ in range(5)]
        self._answers = iter(make_answers(devices, videos, count=100_000))
        self.statuses: Counter[tuple[str, int]] = Counter()
        self._lock, self._is_over = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._go_on, daemon=True) for _ in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, log: Path) -> None:
        enough = self.statuses.total() + EACH
        wait_for(lambda: self.statuses.total() >= enough, log)

    def _go_on(self) -> None:
        while not self._is_over.is_set():
            with self._lock:
                answer = next(self._answers)
            self._ask(answer, "GET", "/health/live")
            self._ask(answer, "GET", "/api/student/feed/me")
            self._ask(answer, "POST", "/api/student/quiz-response", answer.body)

    def _ask(self, answer: Answer, method: str, path: str, body: object = None) -> None:
        status, _ = call(self._port, method, path, body, access=answer.device.access)
        with self._lock:
            self.statuses[method, status] += 1


def test_a_rolling_restart_under_load_fails_no_request(proxy: Proxy) -> None:
    with Load(proxy) as load:
        for web in proxy.webs:
            load.wait_for_more(web.log)
            proxy.drain(web)  # what a readiness that fails does, and the wait before SIGTERM
            assert web.stop() == 0
            load.wait_for_more(web.log)
            web.start()
            web.wait_until_it_answers()
            proxy.admit(web)
        load.wait_for_more(proxy.log)
    assert set(load.statuses) == {("GET", 200), ("POST", 201)}
    assert load.statuses.total() >= 5 * EACH
    assert QuizResponse.objects.count() == load.statuses["POST", 201]


def test_two_web_processes_count_one_name_s_sign_ins_and_failures_together(proxy: Proxy) -> None:
    """Whoever guesses finds no second set of tries at the process next door."""
    body = {"username": f"otter-{uuid4().hex[:8]}", "password": "wrong"}
    statuses = [
        call(proxy.webs[number % 2].port, "POST", "/api/student/token", body)[0] for number in range(7)
    ]
    assert statuses[:5] == [401] * 5
    assert set(statuses[5:]) == {429}, "5 a minute, and the fifth failure locks"
