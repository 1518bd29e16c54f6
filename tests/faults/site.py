"""A small site for the fault tests: durable servers, and a supervisor of real worker processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from celery import Celery
from django.db import OperationalError, connection
from django.utils import timezone

from config.local.servers import Servers, ensure_servers
from pipeline import sweeping
from pipeline.models import ContentProject, StepRun
from tests.pipeline import quick_steps
from tests.pipeline.films import Film

QUEUES = "default,text,image,speech,render"
PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 200.0  # seconds until a test gives up; a busy machine needs some


@dataclass
class Workers:
    """A Celery worker with its children; one that died is started again, as a service manager would."""

    environment: dict[str, str]
    log: Path
    children: int = 6
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0

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
                    *(sys.executable, "-m", "celery", "-A", "tests.faults.worker", "worker"),
                    *("--pool", "prefork", "--concurrency", str(self.children), "--queues", QUEUES),
                    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"),
                ],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def look_after(self) -> None:
        if self.is_dead:
            self.deaths += 1
            self.start()

    def kill(self) -> None:
        """End the worker and its children, whatever they do."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def terminate(self) -> int:
        """Ask for an orderly end and wait for it; returns the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.process = None
        return code


@dataclass
class Site:
    """What the tests do to the site, and how they wait for it to recover."""

    root: Path
    servers: Servers
    workers: Workers
    stage: Path
    sender: Celery = field(init=False)

    def __post_init__(self) -> None:
        self.sender = Celery("sender", broker=self.servers.broker_url, set_as_current=False)

    @property
    def broker(self) -> redis.Redis:
        """The server; its first database is the cache's."""
        return self._redis(0)

    @property
    def messages(self) -> redis.Redis:
        """The database in which the queues are."""
        return self._redis(int(self.servers.broker_url.partition("virtual_host=")[2] or 0))

    def _redis(self, number: int) -> redis.Redis:
        path = self.servers.broker_url.removeprefix("redis+socket://").partition("?")[0]
        return redis.Redis(unix_socket_path=path.replace("%2F", "/"), db=number)

    def kill_server(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def revive_servers(self, killed: int) -> None:
        """Wait until another process has taken the place of the killed one; addresses stay."""
        deadline = time.monotonic() + PATIENCE
        while killed in {self.servers.postgres_pid, self.servers.redis_pid}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            self.servers = ensure_servers(self.root, durable=True)

    def look_after(self) -> None:
        """What a service manager does; and time passes, so that the leases of the dead are over."""
        if self.workers.is_dead:
            StepRun.objects.filter(status=StepRun.Status.RUNNING).update(lease_until=timezone.now())
            self.workers.look_after()

    def end_lease(self, film: Film, key: str) -> None:
        """Time passes for whoever works on this job."""
        running = StepRun.objects.filter(pk=film.run(key).pk, status=StepRun.Status.RUNNING)
        running.update(lease_until=timezone.now())

    def tick(self) -> None:
        """What a minute brings: beat's sweep, and a service manager's look at the workers."""
        try:
            self.look_after()
            sweeping.sweep(timezone.now())
        except OperationalError:
            connection.close()
        time.sleep(0.3)

    def wait(self, is_reached: Callable[[], bool], *, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_reached():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} was not reached; the worker's log ends:\n{self._log_end()}")
            self.tick()

    def wait_for_review(self, film: Film) -> None:
        self.wait_for_person(film)
        event = film.event
        assert film.status == ContentProject.Status.IN_REVIEW, (event.reason, event.message)

    def wait_for_person(self, film: Film) -> None:
        def is_theirs() -> bool:
            try:
                return film.status != ContentProject.Status.GENERATING
            except OperationalError:
                connection.close()
                return False

        self.wait(is_theirs, what="a person's turn")

    def wait_for_line(self, film: Film, key: str, word: str = "call") -> None:
        """Until the ledger has such a line; without sweeps, so that nothing is helped along."""
        deadline = time.monotonic() + PATIENCE
        while key not in quick_steps.ledger(film.concept, word):
            if time.monotonic() > deadline:
                raise AssertionError(f"{word} {key} did not happen; the log ends:\n{self._log_end()}")
            self.look_after()
            time.sleep(0.02)

    def _log_end(self) -> str:
        return "\n".join(self.workers.log.read_text(errors="replace").splitlines()[-40:])
