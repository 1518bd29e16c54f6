"""execute(run): claim, run, settle. Any number of workers may try; one works, one result counts.

The claim (`claiming`) gives the worker a token and a lease and counts the attempt. The work
happens here, outside any transaction. What comes of it is decided here by the kind of error,
and written by `settling`, guarded by the token.
"""

from __future__ import annotations

import errno
import logging
import shutil
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from analytics import metrics
from pipeline import answers, budget, circuit, providers, settling, spool, storage
from pipeline.claiming import SPENT_LIMIT, Claim, claim
from pipeline.members import Member
from pipeline.models import StepRun
from pipeline.providers import caller
from pipeline.providers.base import ProviderError, Usage
from pipeline.providers.errors import usage_as_json
from pipeline.settling import DATABASE_AWAY, fail, patiently, release, retry_or_fail
from pipeline.steps import BY_NAME
from pipeline.steps.base import Output, StepError, Waiting
from students.database import read_clock

logger = logging.getLogger(__name__)

RETRY_KINDS = frozenset({"transient", "truncated", "bad_output"})  # a fresh attempt may succeed
PAID_KINDS = frozenset({"truncated", "bad_output"})  # answered and billed: two fresh attempts, no more
PAID_ATTEMPTS = 3
WAIT_KINDS = frozenset({"rate_limited", "quota", "auth"})  # the provider is not ready: attempt given back
BUSY_LIMIT = timedelta(minutes=30)  # for rate limits, in all
POLL_LIMIT = timedelta(minutes=15)  # for a vendor's job, from its acceptance
KEEP_TRIES, KEEP_PAUSE = 10, 1.0  # for a paid answer while the storage is away; seconds between two tries
RETRY_CODES = frozenset({"platform:render-failed", "platform:no-space", "platform:voice-failed"})


class _Reporter:
    """Writes a running step's progress to its row, at most every two seconds, never as its owner."""

    def __init__(self, claimed: Claim) -> None:
        self._claim = claimed
        self._written_at = time.monotonic()

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._written_at < 2:
            return
        self._written_at = time.monotonic()
        try:
            StepRun.objects.filter(pk=self._claim.run.pk, token=self._claim.token).update(
                progress=max(0.0, min(share, 1.0))
            )
        except DATABASE_AWAY:  # a hint for people is not worth the work that is being done
            logger.warning("The database is away; the progress of %s is not shown.", self._claim.run.pk)
        finally:
            _give_connection_back()


def _give_connection_back() -> None:
    """No database connection is held while a step works."""
    if not connection.in_atomic_block:
        connection.close()


def execute(run_id: UUID, *, time_out: tuple[type[BaseException], ...] = ()) -> bool:
    """Do one run if it can be claimed. Returns whether this call worked on it.

    `time_out` are the exceptions by which the caller ends a step that takes too long. One that no
    rule knows fails the run as `platform:unexpected` and is raised on, so that error tracking sees
    it. While the database is away the run is left to its lease: who comes next finds the answer.
    """
    claimed = claim(run_id, now=read_clock())
    if claimed is None:
        return False
    try:
        if _settle_earlier_answer(claimed):
            return True
        if claimed.has_answer:  # it was not whole: the next claim chooses who works, and reserves
            release(claimed, after_seconds=0.0)
        else:
            _work(claimed)
    except time_out:
        retry_or_fail(
            claimed,
            code="platform:step-too-slow",
            message="The step took longer than its limit. Retry; shorten the film if it stays so.",
        )
    except ProviderError as error:
        _end_by_provider_error(claimed, error)
    except StepError as error:
        _end_by_step_error(claimed, error)
    except storage.AssetMissing as error:
        fail(claimed, code="platform:file-missing", message=str(error))
    except DATABASE_AWAY:
        raise
    except Exception as error:
        if isinstance(error, OSError):
            _retry_files(claimed, error)
            return True
        fail(
            claimed,
            code="platform:unexpected",
            message=f"The step ended with an error nobody foresaw ({type(error).__name__})."
            " Retry, and tell operations if it stays.",
        )
        raise
    return True


def _retry_files(claimed: Claim, error: OSError) -> None:
    """The disk is full or the storage is away: what heals by itself is tried again (09, section 4)."""
    if error.errno == errno.ENOSPC:
        message = "The disk of the worker is full. Free some space, then retry."
        retry_or_fail(claimed, code="platform:no-space", message=message)
    else:
        logger.warning("The storage of run %s is away.", claimed.run.pk, exc_info=error)
        metrics.storage_errors_total.labels("step").inc()
        message = f"The storage could not be read or written ({type(error).__name__}). Retry when it is back."
        retry_or_fail(claimed, code="platform:storage-away", message=message)


def _settle_earlier_answer(claimed: Claim) -> bool:
    """An earlier worker had its answer and died before the database knew: settle it, pay nothing."""
    earlier = spool.take(claimed.run)
    if earlier is None:
        return False
    try:
        settling.settle_and_forget(claimed, earlier.output, earlier.kept, paid_by=earlier.token)
    except DATABASE_AWAY:
        raise
    except Exception:
        spool.drop(claimed.run)  # it could not be stored twice over; the next attempt works anew
        raise
    return True


def _work(claimed: Claim) -> None:
    """The step itself, in a folder of its own, outside any transaction."""
    settings.WORK_DIR.mkdir(parents=True, exist_ok=True)
    workdir = Path(tempfile.mkdtemp(prefix=f"{claimed.run.step}-", dir=settings.WORK_DIR))
    run, step = claimed.run, BY_NAME[claimed.run.step]
    try:
        pseudonym = pseudonym_of(run.project.creator_id)
        _give_connection_back()
        storage.fetch(run.files, workdir)
        with caller.on_behalf_of(pseudonym, job=run.pk.hex, until=claimed.ends_at):
            result = step.run(
                run.inputs,
                workdir,
                provider=answers.keep_each(claimed.member.provider, project_id=run.project_id),
                report=_Reporter(claimed),
                resume=run.vendor_job_id,
            )
        if claimed.member.alias:
            circuit.note_success(claimed.member.alias)
        if isinstance(result, Waiting):
            _wait_for_vendor(claimed, result)
            return
        if claimed.member.instead_of:
            result = _name_fallback(result, claimed.member)
        kept = _keep(claimed, result)
        settling.settle_and_forget(claimed, result, kept)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def _keep(claimed: Claim, result: Output) -> list[storage.Kept]:
    """Files and facts into storage; what a vendor was paid for waits for a storage that is away for a moment.

    Raises OSError when it stays away. The money counts all the same: the next attempt pays anew.
    """
    patience = KEEP_TRIES if result.usage.requests else 1
    while True:
        try:
            kept = storage.keep(result.files)
            spool.put(claimed.run, result, kept)
        except OSError:
            patience -= 1
            if patience == 0:
                _note_cost(claimed, result.usage, provider=result.provider)
                raise
            logger.warning("The storage is away; the answer of %s waits for it.", claimed.run.pk)
            time.sleep(KEEP_PAUSE)
        else:
            return kept


def _note_cost(claimed: Claim, usage: Usage, *, provider: str) -> None:
    """What an attempt came to, in the ledger, whatever becomes of its answer."""
    patiently(
        claimed,
        lambda: budget.settle(
            claimed.run,
            token=claimed.token,
            provider=provider,
            cost=usage.cost,
            usage=usage_as_json(usage),
        ),
    )


def pseudonym_of(creator_id: Any) -> str:
    """Whom vendors see instead of a creator: an HMAC, the same for the same person."""
    return salted_hmac("pipeline.vendors", str(creator_id), algorithm="sha256").hexdigest()


def _name_fallback(result: Output, member: Member) -> Output:
    """The result says who made it in whose place, for the quality record and the reviewer."""
    named = [*result.facts.get("fallbacks", ()), member.explain()]
    return replace(result, facts={**result.facts, "fallbacks": named})


def _wait_for_vendor(claimed: Claim, result: Waiting) -> None:
    """Store the job's id before anything asks for it again; give up on a vendor that never ends."""
    run, now = claimed.run, patiently(claimed, read_clock)
    is_accepted = run.vendor_job_id != result.job_id
    if not is_accepted and run.busy_since is not None and now - run.busy_since >= POLL_LIMIT:
        fail(
            claimed,
            code="platform:provider-too-slow",
            message="The provider did not finish its work within 15 minutes. Retry to ask it anew.",
        )
        return
    if is_accepted:
        patiently(claimed, lambda: budget.note_job(run, token=claimed.token, job_id=result.job_id))
    release(
        claimed,
        after_seconds=result.after_s,
        vendor_job_id=result.job_id,
        waits_since=now if is_accepted else None,
    )


def _end_by_provider_error(claimed: Claim, error: ProviderError) -> None:
    run, now = claimed.run, patiently(claimed, read_clock)
    if claimed.member.alias:
        circuit.note_failure(
            claimed.member.alias, kind=error.kind, code=error.code, message=error.message, now=now
        )
    usage = error.usage
    if usage is None and error.kind in WAIT_KINDS and not run.vendor_job_id:
        usage = Usage()  # turned away at the door: nothing was done, nothing is billed
    if usage is not None:
        _note_cost(claimed, usage, provider=error.provider)
    if error.kind in WAIT_KINDS:
        limit = BUSY_LIMIT if error.kind == "rate_limited" else SPENT_LIMIT
        if run.busy_since is not None and now - run.busy_since >= limit:
            fail(claimed, code=error.code, message=error.message)
            return
        shortest = 1.0 if error.kind == "rate_limited" else 60.0
        pause = max(error.retry_after or 0.0, settling.retry_delay(run.attempt), shortest)
        if error.kind in circuit.UNTIL_CLOSED and providers.fallback_of(claimed.member.alias):
            pause = 0.0  # the next claim finds the circuit open and takes the fallback
        release(claimed, after_seconds=pause, code=error.code, message=error.message)
    elif error.kind in RETRY_KINDS:
        attempts = PAID_ATTEMPTS if error.kind in PAID_KINDS else None
        stop = budget.find_repair_stop(run) if error.kind in PAID_KINDS else ""
        if stop and run.attempt < PAID_ATTEMPTS:
            fail(claimed, code="budget:spent", message=f"{error.message} {stop}", evidence=error.evidence)
            return
        retry_or_fail(
            claimed, code=error.code, message=error.message, evidence=error.evidence, attempts=attempts
        )
    else:
        fail(claimed, code=error.code, message=error.message, evidence=error.evidence)


def _end_by_step_error(claimed: Claim, error: StepError) -> None:
    if error.code in RETRY_CODES:
        retry_or_fail(claimed, code=error.code, message=error.message, evidence=error.evidence)
    else:
        fail(claimed, code=error.code, message=error.message, evidence=error.evidence)


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
