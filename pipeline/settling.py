"""How a claim ends: settled, released, tried again or failed. Only its owner can end it.

Every end is guarded by the token: a worker that wakes after its lease finds that it no longer
owns the run, and changes nothing but the money it spent. While the database is away an end is
repeated until the lease is over, because what it says cannot be found out again for free.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from analytics import metrics
from pipeline import bell, budget, spool, storage
from pipeline.claiming import Claim
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.providers.errors import usage_as_json
from pipeline.steps import BY_NAME
from pipeline.steps.base import Changes, Output

logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
LONGEST_COUNTDOWN = 60  # seconds; longer pauses are rung by the sweep, not held by the broker


def retry_delay(attempt: int) -> float:
    """Seconds before the next attempt: uniform in 0 … min(300, 5 · 2ⁿ) (full jitter)."""
    return random.uniform(0, min(300.0, 5.0 * 2**attempt))  # noqa: S311 - spreads load, protects nothing


def patiently[T](claimed: Claim, end: Callable[[], T]) -> T:
    """Do `end`; while the database is away, again and again until the lease ends. It must bear repeating."""
    while True:
        try:
            return end()
        except DATABASE_AWAY:
            if connection.in_atomic_block or time.monotonic() > claimed.ends_at:
                raise
            logger.warning("The database is away; the end of %s waits.", claimed.run.pk)
            connection.close()
            time.sleep(1)


def _owned(claimed: Claim) -> QuerySet[StepRun]:
    return StepRun.objects.filter(pk=claimed.run.pk, token=claimed.token, status=StepRun.Status.RUNNING)


# --------------------------------------------------------------------------- settle


def settle(claimed: Claim, output: Output, kept: list[storage.Kept], *, paid_by: UUID | None = None) -> bool:
    """Store a result if this worker still owns the run; False for a zombie. The money counts either way.

    `paid_by` is the token of the earlier claim that got the answer, where it was found in the spool.
    """
    run, step, now = claimed.run, BY_NAME[claimed.run.step], timezone.now()
    budget.settle(
        run,
        token=paid_by or claimed.token,
        provider=output.provider,
        cost=output.usage.cost,
        usage=usage_as_json(output.usage),
    )
    with transaction.atomic():
        # The project first, then its runs: the order in which every writer takes these locks.
        project = ContentProject.lock(run.project_id)
        owned = _owned(claimed).select_for_update().first()
        if owned is None:
            return False
        made = storage.record(run, kept)
        _owned(claimed).update(
            status=StepRun.Status.SUCCEEDED,
            output=output.facts,
            made=made,
            provider=output.provider,
            model=output.model,
            provider_request_id=output.request_id,
            usage=usage_as_json(output.usage),
            cost=output.usage.cost,
            progress=1,
            finished_at=now,
            token=None,
            lease_until=None,
            not_before=None,
            busy_since=None,
            error_id="",
            error_message="",
            error_evidence={},
        )
        changes = step.apply(output.facts)
        if changes is not None:
            apply_changes(run, project, changes)
        bell.ring_advance(run.project_id)
    _count(run, output, now)
    if changes is not None and changes.qa_results is not None:
        _count_findings(changes.qa_results)
    return True


def _count_findings(results: Mapping[str, Any]) -> None:
    """What each filter has found in a film: its checks that did not pass."""
    for name, record in results.get("details", {}).items():
        for check in record.get("checks", ()):
            if check["verdict"] != "pass":
                metrics.quality_findings_total.labels(name, check["verdict"]).inc()


def _count(run: StepRun, output: Output, now: datetime) -> None:
    seconds = (now - (run.started_at or now)).total_seconds()
    metrics.step_seconds.labels(run.step).observe(seconds)
    if output.provider:
        metrics.provider_seconds.labels(output.provider).observe(seconds)
        metrics.provider_cost_dollars_total.labels(output.provider).inc(float(output.usage.cost or 0))


def settle_and_forget(
    claimed: Claim, output: Output, kept: list[storage.Kept], *, paid_by: UUID | None = None
) -> None:
    """Settle patiently; an answer that the database knows, its own or another's, leaves the spool."""
    run = claimed.run
    is_settled = patiently(claimed, lambda: settle(claimed, output, kept, paid_by=paid_by))
    if is_settled or StepRun.objects.filter(pk=run.pk, status=StepRun.Status.SUCCEEDED).exists():
        spool.drop(run)


def apply_changes(run: StepRun, project: ContentProject, changes: Changes) -> None:
    """Write the rows that a finished step asks for. `project` is locked and as it stands now.

    The project's own columns are left alone when it is a person's turn: a run that ends late must
    not put its words beside the film that is being judged. `advance` writes them all at the end.
    """
    columns: dict[str, Any] = {}
    if changes.title is not None:
        columns["title"] = changes.title[:255]
    if changes.script is not None:
        columns["ai_generated_script"] = changes.script
    if changes.qa_results is not None:
        columns["qa_results"] = changes.qa_results
    if changes.model_notes is not None:  # a creator's own notes, written meanwhile, stay
        ContentProject.objects.filter(pk=run.project_id, source_notes="").update(
            source_notes=changes.model_notes, notes_origin="model"
        )
    if columns and project.status == ContentProject.Status.GENERATING:
        ContentProject.objects.filter(pk=run.project_id).update(**columns)
    if changes.scenes is not None:
        Scene.objects.bulk_create(
            [
                Scene(
                    project_id=run.project_id,
                    script_run=run,
                    position=draft.position,
                    role=draft.role,
                    lines=[dict(line) for line in draft.lines],
                    on_screen_text=draft.on_screen_text,
                    visual_description=draft.visual_description,
                    visual_kind=draft.visual_kind,
                    items=list(draft.items),
                    pause_seconds=draft.pause_seconds,
                )
                for draft in changes.scenes
            ],
            ignore_conflicts=True,
        )


# --------------------------------------------------------------------------- release, retry, fail


def release(
    claimed: Claim,
    *,
    after_seconds: float,
    vendor_job_id: str = "",
    waits_since: datetime | None = None,
    code: str = "",
    message: str = "",
) -> None:
    """Give a run back in good order, to be claimed again later; its attempt is given back."""
    columns: dict[str, Any] = {
        "status": StepRun.Status.WAITING,
        "attempt": F("attempt") - 1,
        "not_before": Now() + timedelta(seconds=after_seconds),
        "busy_since": waits_since or claimed.run.busy_since or Now(),
        "token": None,
        "lease_until": None,
        "error_id": code,
        "error_message": message,
    }
    if vendor_job_id:
        columns["vendor_job_id"] = vendor_job_id
    is_released = patiently(claimed, lambda: _owned(claimed).update(**columns))
    if is_released and after_seconds <= LONGEST_COUNTDOWN:
        bell.ring_run(claimed.run, after_seconds=after_seconds)


def retry_or_fail(
    claimed: Claim,
    *,
    code: str,
    message: str,
    evidence: dict[str, Any] | None = None,
    attempts: int | None = None,
) -> None:
    """Another attempt after a delay while the budget of attempts lasts, else failure."""
    run = claimed.run
    if run.attempt >= (attempts or settings.PIPELINE_ATTEMPTS):
        fail(claimed, code=code, message=message, evidence=evidence)
        return
    delay = retry_delay(run.attempt)
    columns = {
        "status": StepRun.Status.WAITING,
        "not_before": Now() + timedelta(seconds=delay),
        "token": None,
        "lease_until": None,
        "error_id": code,
        "error_message": message,
        "error_evidence": evidence or {},
    }
    is_released = patiently(claimed, lambda: _owned(claimed).update(**columns))
    if is_released and delay <= LONGEST_COUNTDOWN:
        bell.ring_run(run, after_seconds=delay)


def fail(claimed: Claim, *, code: str, message: str, evidence: dict[str, Any] | None = None) -> None:
    """End a run for this input; the project is advanced, which hands it to a person."""
    columns = {
        "status": StepRun.Status.FAILED,
        "error_id": code,
        "error_message": message,
        "error_evidence": evidence or {},
        "finished_at": timezone.now(),
        "token": None,
        "lease_until": None,
    }
    if patiently(claimed, lambda: _owned(claimed).update(**columns)):
        actor = code.partition(":")[0]
        metrics.step_failures_total.labels(claimed.run.step, actor).inc()
        bell.ring_advance(claimed.run.project_id)
