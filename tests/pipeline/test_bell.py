"""Messages: sent on commit, with limits and queue; a broker that is gone costs a moment and no work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import Celery
from django.db import transaction

from config.local.binaries import find_redis
from pipeline import bell
from pipeline.models import StepRun
from tests.pipeline import quick_steps
from tests.pipeline.conftest import Bells

Commits = Any  # the fixture django_capture_on_commit_callbacks


def queued(step: str = "voice") -> StepRun:
    return StepRun(step=step, queue="speech")


@pytest.mark.django_db
def test_a_bell_rings_when_the_work_is_committed_and_not_before(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    run, project_id = queued(), uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        bell.ring_run(run)
        bell.ring_advance(project_id)
        assert quick.rung == []
    limits = {"soft_time_limit": 20, "time_limit": 25}
    assert quick.rung == [
        ("pipeline.tasks.run_step", str(run.pk), "speech", limits),
        ("pipeline.tasks.advance", str(project_id), "default", {}),
    ]


@pytest.mark.django_db
def test_a_bell_for_work_that_is_rolled_back_never_rings(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        bell.ring_run(queued())
        transaction.set_rollback(True)
    assert quick.rung == []


@pytest.mark.django_db
def test_a_pause_is_a_countdown(quick: Bells, django_capture_on_commit_callbacks: Commits) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        bell.ring_run(queued(), after_seconds=7.5)
    assert quick.rung[0][3]["countdown"] == 7.5


@pytest.mark.django_db
def test_muted_bells_do_not_ring_and_ring_again_afterwards(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        with bell.muted():
            bell.ring_run(queued())
            bell.ring_advance(uuid4())
        bell.ring_advance(uuid4())
    assert len(quick.rung) == 1


@pytest.mark.django_db
def test_a_step_that_is_no_more_is_not_rung_for(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        bell.ring_run(queued("narrate"))
    assert quick.rung == []


# --------------------------------------------------------------------------- a real broker


class Broker:
    """A Redis of this test's own, to be killed and frozen."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "b.sock"
        self.process = subprocess.Popen(
            [
                str(find_redis()),
                "--port",
                "0",
                "--unixsocket",
                str(self.path),
                "--save",
                "",
                "--dir",
                str(folder),
            ],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.path))

    def messages(self, queue: str) -> list[dict[str, Any]]:
        return [json.loads(message) for message in self.client.lrange(queue, 0, -1)]

    def end(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    server = Broker(tmp_path_factory.mktemp("b"))
    app = Celery("bell", broker=f"redis+socket://{server.path}", set_as_current=False)
    app.conf.broker_transport_options = {"socket_timeout": 1, "max_retries": 1, "interval_max": 0.1}
    monkeypatch.setattr(bell, "current_app", app)
    monkeypatch.setattr(bell, "_silence", bell._Silence())
    yield server
    server.end()


def test_a_message_arrives_in_the_queue_of_its_resource_with_its_limits(broker: Broker) -> None:
    key = str(uuid4())
    bell._send("pipeline.tasks.run_step", key, "render", soft_time_limit=20, time_limit=25)
    (message,) = broker.messages("render")
    headers = message["headers"]
    assert headers["task"] == "pipeline.tasks.run_step"
    assert headers["timelimit"] == [25, 20]
    assert headers["argsrepr"] == f"['{key}']"


def test_what_waits_in_a_queue_is_counted(broker: Broker) -> None:
    assert bell.count_waiting("text") == 0  # nobody has made such a queue
    for key in "abc":
        bell._send("pipeline.tasks.run_step", key, "text")
    bell._send("pipeline.tasks.advance", "d", "default")
    assert (bell.count_waiting("text"), bell.count_waiting("default"), bell.count_waiting("image")) == (
        3,
        1,
        0,
    )


def test_a_broker_that_cannot_be_asked_is_not_asked_again_at_once(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    bell._send("pipeline.tasks.advance", "a", "default")
    broker.end()
    assert [bell.count_waiting("default") for _ in range(12)] == [0] * 12
    assert len(caplog.messages) == 1
    assert "nobody knows what waits" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_broker_that_dies_or_freezes_costs_one_short_wait(
    broker: Broker, number: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    bell._send("pipeline.tasks.advance", "1", "default")  # the connection is there
    os.kill(broker.process.pid, number)
    if number == signal.SIGKILL:
        broker.process.wait()
    began = time.monotonic()
    for _ in range(12):
        bell._send("pipeline.tasks.advance", "2", "default")
    assert time.monotonic() - began < 4
    assert len(caplog.messages) == 1
    assert "the sweep will ring for pipeline.tasks.advance" in caplog.text


def test_the_silence_after_a_failure_ends(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell._Silence, "SECONDS", 0.05)
    bell._silence.begin()
    bell._send("pipeline.tasks.advance", "1", "default")
    assert broker.messages("default") == []
    time.sleep(0.06)
    bell._send("pipeline.tasks.advance", "2", "default")
    assert len(broker.messages("default")) == 1


def test_the_quick_steps_leave_no_trace(tmp_path: Path) -> None:
    from pipeline.steps import BY_NAME  # noqa: PLC0415

    before = dict(BY_NAME)
    with quick_steps.installed(tmp_path):
        assert list(BY_NAME) == ["script", "visuals", "voice", "quiz", "compose", "qa"]
    assert before == BY_NAME
