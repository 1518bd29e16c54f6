"""Ringing: a message says that there is something to do; the database says what.

A lost message costs time, never work: `sweep` rings again. A broker that cannot be reached is
therefore logged, not raised.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from pipeline.models import StepRun
from pipeline.steps import BY_NAME

logger = logging.getLogger(__name__)
_muted: ContextVar[bool] = ContextVar("pipeline_bell_muted", default=False)


@contextmanager
def muted() -> Iterator[None]:
    """Send no messages: the caller works through the runs itself (`pipeline.inline`)."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


class _Silence:
    """After a failure the broker is left alone for a moment: a dozen bells must not wait one by one."""

    SECONDS = 5.0

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + self.SECONDS

    @property
    def is_kept(self) -> bool:
        return time.monotonic() < self._until


_silence = _Silence()


def _unreachable() -> tuple[type[Exception], ...]:
    """What a broker that cannot be reached raises. The client is loaded by then; whoever never rings
    (one process, without a broker) does not pay for it."""
    from redis.exceptions import RedisError  # noqa: PLC0415

    return OperationalError, RedisError, OSError


def _send(name: str, argument: str, queue: str, **options: Any) -> None:
    if _silence.is_kept:
        return
    try:
        current_app.send_task(name, args=[argument], queue=queue, retry=False, **options)
    except _unreachable() as error:
        _silence.begin()
        logger.warning(
            "The broker cannot be reached (%s); the sweep will ring for %s.", type(error).__name__, name
        )


def count_waiting(queue: str) -> int:
    """Messages that no worker has taken; 0 where the broker cannot be asked or has no such queue."""
    if _muted.get() or _silence.is_kept:
        return 0
    pool: Any = current_app.pool  # of connections; the library's types say of producers
    try:
        with pool.acquire(block=True) as link:
            try:
                return int(link.default_channel.queue_declare(queue, passive=True).message_count)
            except link.channel_errors:
                return 0
    except _unreachable() as error:
        _silence.begin()
        logger.warning("The broker cannot be reached (%s); nobody knows what waits.", type(error).__name__)
        return 0


def ring_run(run: StepRun, *, after_seconds: float = 0) -> None:
    """Ask for a run to be executed, once the present transaction is committed."""
    if _muted.get():
        return
    step = BY_NAME.get(run.step)
    if step is None:
        return  # a step that this release does not have: `advance` finds out that nobody needs the run
    limits = step.limits
    options: dict[str, Any] = {"soft_time_limit": limits.soft, "time_limit": limits.hard}
    if after_seconds > 0:
        options["countdown"] = after_seconds
    transaction.on_commit(partial(_send, "pipeline.tasks.run_step", str(run.pk), run.queue, **options))


def ring_advance(project_id: UUID) -> None:
    """Ask for a project to be advanced, once the present transaction is committed."""
    if not _muted.get():
        transaction.on_commit(partial(_send, "pipeline.tasks.advance", str(project_id), "default"))
