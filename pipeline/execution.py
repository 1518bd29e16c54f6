"""execute(run): claim, run, settle. Any number of workers may try; one works, one result counts.

The claim is a guarded update: it gives the worker a token and a lease and counts the attempt,
so that a step which kills its worker runs out of attempts like any other. The work happens
outside any transaction. Settling is guarded by the token: a worker that wakes after its lease
finds that it no longer owns the run, and changes nothing but the money it spent.
"""

from __future__ import annotations

import errno
import logging
import random
import shutil
import tempfile
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from pipeline import bell, budget, providers, spool, storage
from pipeline.claiming import Claim, claim
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.providers.base import ProviderError, Usage
from pipeline.steps import BY_NAME
from pipeline.steps.base import Changes, Output, StepError, Waiting

logger = logging.getLogger(__name__)

RETRY_KINDS = frozenset({"transient", "truncated", "bad_output"})  # a fresh attempt may succeed
WAIT_KINDS = frozenset({"rate_limited", "quota", "auth"})  # the provider is not ready: attempt given back
BUSY_LIMIT = timedelta(minutes=30)  # for rate limits, in all
SPENT_LIMIT = timedelta(hours=24)  # for quota and credentials
RETRY_CODES = frozenset({"platform:render-failed", "platform:no-space", "platform:voice-failed"})


def retry_delay(attempt: int) -> float:
    """Seconds before the next attempt: uniform in 0 … min(300, 5 · 2ⁿ) (full jitter)."""
    return random.uniform(0, min(300.0, 5.0 * 2**attempt))  # noqa: S311 - spreads load, protects nothing


# --------------------------------------------------------------------------- run


class _Reporter:
    """Writes a running step's progress to its row, at most every two seconds, never as its owner."""

    def __init__(self, claimed: Claim) -> None:
        self._claim = claimed
        self._written_at = time.monotonic()

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._written_at >= 2:
            self._written_at = time.monotonic()
            StepRun.objects.filter(pk=self._claim.run.pk, token=self._claim.token).update(
                progress=max(0.0, min(share, 1.0))
            )


def execute(run_id: UUID, *, time_out: tuple[type[BaseException], ...] = ()) -> bool:
    """Do one run if it can be claimed. Returns whether this call worked on it.

    `time_out` are the exceptions by which the caller ends a step that takes too long. One that no
    rule knows fails the run as `platform:unexpected` and is raised on, so that error tracking sees it.
    """
    claimed = claim(run_id, now=timezone.now())
    if claimed is None:
        return False
    earlier = spool.take(claimed.run)
    if earlier is not None:  # an earlier worker had its answer and died before the database knew
        _settle_patiently(claimed, *earlier)
        return True
    settings.WORK_DIR.mkdir(parents=True, exist_ok=True)
    workdir = Path(tempfile.mkdtemp(prefix=f"{claimed.run.step}-", dir=settings.WORK_DIR))
    try:
        _work(claimed, workdir)
    except time_out:
        retry_or_fail(
            claimed,
            code="platform:step-too-slow",
            message="The step took longer than its limit. Retry; shorten the film if it stays so.",
        )
    except ProviderError as error:
        _settle_provider_error(claimed, error)
    except StepError as error:
        _settle_step_error(claimed, error)
    except storage.AssetMissing as error:
        fail(claimed, code="platform:file-missing", message=str(error))
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            message = "The disk of the worker is full. Free some space, then retry."
            retry_or_fail(claimed, code="platform:no-space", message=message)
            return True
        fail(claimed, code="platform:unexpected", message=_unexpected(error))
        raise
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    return True


def _work(claimed: Claim, workdir: Path) -> None:
    """The step itself, outside any transaction; no database connection is held meanwhile."""
    run, step = claimed.run, BY_NAME[claimed.run.step]
    if not connection.in_atomic_block:
        connection.close()
    storage.fetch(run.files, workdir)
    result = step.run(
        run.inputs,
        workdir,
        provider=providers.get(step.provider_kind) if step.provider_kind else None,
        report=_Reporter(claimed),
        resume=run.vendor_job_id,
    )
    if isinstance(result, Waiting):
        release(claimed, after_seconds=result.after_s, vendor_job_id=result.job_id)
        return
    kept = storage.keep(result.files)
    spool.put(run, result, kept)
    _settle_patiently(claimed, result, kept)


def _settle_patiently(claimed: Claim, output: Output, kept: list[storage.Kept]) -> None:
    """Settle; while the database is away, again and again until the lease ends."""
    lease_until = claimed.run.lease_until or timezone.now()
    while True:
        try:
            if settle(claimed, output, kept):
                spool.drop(claimed.run)
            return
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or timezone.now() > lease_until:
                raise
            logger.warning("The database is away; the result of %s waits.", claimed.run.pk)
            connection.close()
            time.sleep(1)


def _unexpected(error: BaseException) -> str:
    return (
        f"The step ended with an error nobody foresaw ({type(error).__name__})."
        " Retry, and tell operations if it stays."
    )


def _settle_provider_error(claimed: Claim, error: ProviderError) -> None:
    run = claimed.run
    usage = error.usage or Usage()
    budget.settle(
        run,
        token=claimed.token,
        provider=error.provider,
        cost=usage.cost if error.usage is not None else None,
        usage=_usage(usage),
    )
    if error.kind in WAIT_KINDS:
        limit = BUSY_LIMIT if error.kind == "rate_limited" else SPENT_LIMIT
        now = timezone.now()
        if run.busy_since is None or now - run.busy_since < limit:
            pause = max(
                error.retry_after or 0.0,
                retry_delay(run.attempt),
                1.0 if error.kind == "rate_limited" else 60.0,
            )
            release(claimed, after_seconds=pause, busy=True, code=error.code, message=error.message)
            return
        fail(claimed, code=error.code, message=error.message)
    elif error.kind in RETRY_KINDS:
        retry_or_fail(claimed, code=error.code, message=error.message)
    else:
        fail(claimed, code=error.code, message=error.message)


def _settle_step_error(claimed: Claim, error: StepError) -> None:
    if error.code in RETRY_CODES:
        retry_or_fail(claimed, code=error.code, message=error.message, evidence=error.evidence)
    else:
        fail(claimed, code=error.code, message=error.message, evidence=error.evidence)


# --------------------------------------------------------------------------- settle


def _owned(claimed: Claim) -> Any:
    return StepRun.objects.filter(pk=claimed.run.pk, token=claimed.token, status=StepRun.Status.RUNNING)


def _usage(usage: Usage) -> dict[str, Any]:
    values = asdict(usage)
    values["cost"] = None if usage.cost is None else str(usage.cost)
    return values


def settle(claimed: Claim, output: Output, kept: list[storage.Kept]) -> bool:
    """Store a result if this worker still owns the run; False for a zombie. The money counts either way."""
    run, step, now = claimed.run, BY_NAME[claimed.run.step], timezone.now()
    budget.settle(
        run,
        token=claimed.token,
        provider=output.provider,
        cost=output.usage.cost,
        usage=_usage(output.usage),
    )
    with transaction.atomic():
        # The project first, then its runs: the order in which every writer takes these locks.
        ContentProject.objects.select_for_update().get(pk=run.project_id)
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
            usage=_usage(output.usage),
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
            apply_changes(run, changes)
        bell.ring_advance(run.project_id)
    return True


def apply_changes(run: StepRun, changes: Changes) -> None:
    """Write the rows that a finished step asks for."""
    columns: dict[str, Any] = {}
    if changes.title is not None:
        columns["title"] = changes.title[:255]
    if changes.script is not None:
        columns["ai_generated_script"] = changes.script
    if changes.qa_results is not None:
        columns["qa_results"] = changes.qa_results
    if columns:
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


def release(
    claimed: Claim,
    *,
    after_seconds: float,
    vendor_job_id: str = "",
    busy: bool = False,
    code: str = "",
    message: str = "",
) -> None:
    """Give a run back in good order, to be claimed again later; its attempt is given back."""
    now = timezone.now()
    columns: dict[str, Any] = {
        "status": StepRun.Status.WAITING,
        "attempt": F("attempt") - 1,
        "not_before": now + timedelta(seconds=after_seconds),
        "token": None,
        "lease_until": None,
        "error_id": code,
        "error_message": message,
    }
    if vendor_job_id:
        columns["vendor_job_id"] = vendor_job_id
    if busy and claimed.run.busy_since is None:
        columns["busy_since"] = now
    if _owned(claimed).update(**columns) and after_seconds <= 60:
        bell.ring_run(claimed.run, after_seconds=after_seconds)  # longer pauses are rung by the sweep


def retry_or_fail(claimed: Claim, *, code: str, message: str, evidence: dict[str, Any] | None = None) -> None:
    """Another attempt after a delay while the budget of attempts lasts, else failure."""
    run = claimed.run
    if run.attempt >= settings.PIPELINE_ATTEMPTS:
        fail(claimed, code=code, message=message, evidence=evidence)
        return
    delay = retry_delay(run.attempt)
    released = _owned(claimed).update(
        status=StepRun.Status.WAITING,
        not_before=timezone.now() + timedelta(seconds=delay),
        token=None,
        lease_until=None,
        error_id=code,
        error_message=message,
        error_evidence=evidence or {},
    )
    if released and delay <= 60:
        bell.ring_run(run, after_seconds=delay)


def fail(claimed: Claim, *, code: str, message: str, evidence: dict[str, Any] | None = None) -> None:
    """End a run for this input; the project is advanced, which hands it to a person."""
    if _owned(claimed).update(
        status=StepRun.Status.FAILED,
        error_id=code,
        error_message=message,
        error_evidence=evidence or {},
        finished_at=timezone.now(),
        token=None,
        lease_until=None,
    ):
        bell.ring_advance(claimed.run.project_id)


# --------------------------------------------------------------------------- after a killed worker


def clear_abandoned(now: datetime) -> int:
    """Remove working folders on this machine whose worker cannot be alive any more; returns their number."""
    longest = max(step.limits.lease for step in BY_NAME.values())
    removed = 0
    for folder in settings.WORK_DIR.glob("*"):
        try:
            age = now.timestamp() - folder.stat().st_mtime
        except FileNotFoundError:
            continue
        if age > 2 * longest:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed
