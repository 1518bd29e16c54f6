"""The same functions in one process, without a broker: for `make_video`, the demo and tests.

Runs are executed by a few threads (the heavy parts leave Python's lock), each with its own
database connection. What a worker process does by messages, this does by asking the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from pipeline import bell
from pipeline.claiming import claimable
from pipeline.execution import execute
from pipeline.models import ContentProject, StepRun
from pipeline.orchestration import UNFINISHED, advance
from pipeline.planning import plan


@dataclass(frozen=True)
class Tick:
    """What a progress bar shows: share done 0-1, and the step, part and scene at work."""

    share: float
    step: str
    part: str
    scene: int | None
    seconds: float


SPENT = frozenset({"platform:quota-spent", "platform:credentials-rejected"})  # a person must act
Listener = Callable[[Tick], None]
LOOK_EVERY = 0.5  # seconds between two looks at what has finished, and two ticks
LOOKS_WHEN_BUSY = 10  # between two plans while every thread has work
LOOKS_WHEN_WORKING = 4  # while some have


def _execute_in_thread(run_id: UUID) -> bool:
    try:
        with bell.muted():
            return execute(run_id)
    finally:
        connection.close()


def _claimable(project_id: UUID) -> list[UUID]:
    found = StepRun.objects.filter(claimable(Now()), project_id=project_id).order_by("created_at")
    return list(found.values_list("pk", flat=True))


def _give_connection_back() -> None:
    """The pool is for those who work, not for the one who waits."""
    if not connection.in_atomic_block:
        connection.close()


def _looks(busy: int, workers: int) -> int:
    """How often to look at what has finished before planning without news."""
    if busy == workers:
        return LOOKS_WHEN_BUSY
    return LOOKS_WHEN_WORKING if busy else 1


def _wait(at_work: dict[Future[bool], UUID]) -> set[Future[bool]]:
    """Those that have finished, after `LOOK_EVERY` seconds at the latest."""
    if not at_work:
        time.sleep(LOOK_EVERY)
        return set()
    return wait(at_work, timeout=LOOK_EVERY, return_when=FIRST_COMPLETED).done


def run_to_end(project_id: UUID, *, workers: int, listener: Listener | None = None) -> ContentProject:
    """Work on a project until it is a person's turn; returns it freshly read.

    Runs that another process works on are waited for. An unforeseen exception of a step is raised
    after the others have finished; the project then needs attention and says why.
    """
    started = time.monotonic()
    at_work: dict[Future[bool], UUID] = {}
    unforeseen: list[BaseException] = []
    with bell.muted(), ThreadPoolExecutor(max_workers=workers, thread_name_prefix="step") as pool:
        while advance(project_id) == ContentProject.Status.GENERATING:
            for run_id in _claimable(project_id):
                if run_id not in at_work.values() and len(at_work) < workers:
                    at_work[pool.submit(_execute_in_thread, run_id)] = run_id
            # Planning costs a core about as much as drawing a frame: it waits for news, but not for ever,
            # since other processes may work on this project too.
            looks = _looks(len(at_work), workers)
            finished: set[Future[bool]] = set()
            if not at_work and _hand_over_spent(project_id):
                looks = 0
            while not finished and looks > 0:
                _give_connection_back()
                finished = _wait(at_work)
                looks -= 1
                if listener is not None:
                    listener(_tick(project_id, time.monotonic() - started))
            for future in finished:
                del at_work[future]
                error = future.exception()
                unforeseen += [error] if error is not None else []
    project = ContentProject.objects.get(pk=project_id)
    if unforeseen and project.status != ContentProject.Status.IN_REVIEW:
        raise unforeseen[0]
    return project


def _hand_over_spent(project_id: UUID) -> bool:
    """Workers wait a day for credit or a key; one process says so at once. Returns whether it did."""
    runs = StepRun.objects.filter(project_id=project_id, status__in=UNFINISHED)
    spent = runs.filter(status=StepRun.Status.WAITING, error_id__in=SPENT).first()
    if spent is None or runs.exclude(pk=spent.pk).exclude(error_id__in=SPENT).exists():
        return False
    project = ContentProject.objects.get(pk=project_id)
    if project.status == ContentProject.Status.GENERATING:
        project.move(
            ContentProject.Status.NEEDS_ATTENTION, reason=spent.error_id, message=spent.error_message
        )
    return True


def _tick(project_id: UUID, seconds: float) -> Tick:
    present = plan(ContentProject.objects.get(pk=project_id))
    current = present.current
    if current is None:
        return Tick(present.progress, "", "", None, seconds)
    return Tick(present.progress, current.job.step, current.job.part, current.job.scene, seconds)
