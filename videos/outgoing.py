"""What must happen away from the database, written in the transaction of its cause and done until it is done.

A row is claimed by pushing its `not_before` a lease ahead, worked on outside any transaction, and settled.
Whoever dies in between leaves a row that is due again. Everything here may therefore happen twice: copies are
looked for by name before they are asked for, purges carry the row's id, deleting what is gone is done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction

from analytics import metrics
from videos.catalogue import bump_catalogue
from videos.delivery import download_folder, storage_name
from videos.models import LearningVideo, Outgoing
from videos.stream_api import CdnRefused, StreamApi

logger = logging.getLogger(__name__)
Kind = Outgoing.Kind
LEASE = timedelta(minutes=5)
POLL_SECONDS = 10.0  # between two looks at what a CDN is doing
FIRST_WAIT = 10.0
LONGEST_WAIT = 3600.0
REFUSED_WAIT = 3600.0  # after an error that only a person ends
AT_ONCE = 20  # rows of one call


@dataclass(frozen=True)
class Later:
    """Under way and well: look again then."""

    seconds: float


# --------------------------------------------------------------------------- what is written


def announce(video: LearningVideo) -> None:
    """A film is out: have Cloudflare Stream copy it where that is configured; in the caller's transaction."""
    if settings.STREAM and not video.stream_uid:
        _write([Outgoing(kind=Kind.COPY_TO_STREAM, subject=video.film_key, payload={"video": str(video.pk)})])


def withdraw(video: LearningVideo, names: Sequence[str]) -> None:
    """A film is out no more: its files, its copy and what edges have kept go. In the caller's transaction."""
    rows = [Outgoing(kind=Kind.REMOVE_FILES, subject=video.film_key, payload={"names": list(names)})]
    if settings.CLOUDFRONT.get("distribution"):
        rows.append(Outgoing(kind=Kind.PURGE_CLOUDFRONT, subject=video.film_key))
    if video.stream_uid:
        rows.append(Outgoing(kind=Kind.DELETE_FROM_STREAM, subject=video.stream_uid))
        LearningVideo.objects.filter(pk=video.pk).update(stream_uid="")
        video.stream_uid = ""
    _write(rows)


def _write(rows: Sequence[Outgoing]) -> None:
    Outgoing.objects.bulk_create(rows, ignore_conflicts=True)  # what is asked for already is asked for


# --------------------------------------------------------------------------- what is done


def send_due(now: datetime, *, limit: int = AT_ONCE) -> int:
    """Work on up to `limit` rows that are due, oldest first; returns how many are done."""
    done = 0
    for _ in range(limit):
        row = _claim(now)
        if row is None:
            break
        done += _work(row, now)
    return done


def _claim(now: datetime) -> Outgoing | None:
    with transaction.atomic():
        due = Outgoing.objects.select_for_update(skip_locked=True)
        row = due.filter(done_at=None, not_before__lte=now).order_by("not_before").first()
        if row is not None:
            row.attempts += 1
            row.not_before = now + LEASE
            row.save(update_fields=["attempts", "not_before"])
    return row


def _work(row: Outgoing, now: datetime) -> bool:
    try:
        later = HANDLERS[Kind(row.kind)](row, now)
    except CdnRefused as error:
        wait = min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT)
        row.last_error = error.code
        row.not_before = now + timedelta(
            seconds=max(wait, error.wait, REFUSED_WAIT if error.is_lasting else 0)
        )
        logger.warning("%s of %s is put off: %s", row.kind, row.subject[:8], error.code)
    else:
        row.last_error = ""
        if later is None:
            row.done_at = now
        else:
            row.attempts = 0
            row.not_before = now + timedelta(seconds=later.seconds)
    row.save(update_fields=["payload", "attempts", "last_error", "not_before", "done_at"])
    return row.done_at is not None


def _stream() -> StreamApi:
    own = settings.STREAM
    if not own:
        raise CdnRefused("stream:not-configured", is_lasting=True)
    return StreamApi(api_url=own["api_url"], account=own["account"], api_token=own["api_token"])


def _copy_to_stream(row: Outgoing, now: datetime) -> Later | None:
    """Ask for the copy, look until it is ready, then let cards name it; the id is kept before all looks."""
    video = LearningVideo.objects.published().filter(film_key=row.subject).first()
    uid = row.payload.get("uid")
    with _stream() as api:
        if video is None:  # withdrawn meanwhile
            if uid:
                api.delete(uid)
            return None
        if not uid:
            folder, _ = download_folder(video.film_key, now)
            copy = api.find(video.film_key) or api.copy_from(f"{folder}/film.mp4", name=video.film_key)
            row.payload = row.payload | {"uid": copy.uid}
            return Later(POLL_SECONDS)
        found = api.state_of(uid)
        if found is None or found.state == "error":
            if found is not None:
                api.delete(uid)
            row.payload = {name: value for name, value in row.payload.items() if name != "uid"}
            raise CdnRefused("stream:copy-failed", is_lasting=True)
        if not found.is_ready:
            return Later(POLL_SECONDS)
    with transaction.atomic():
        is_live = LearningVideo.objects.published().filter(pk=video.pk, film_key=row.subject)
        if not is_live.update(stream_uid=uid):
            return Later(0)  # withdrawn in this moment: the next look deletes the copy
        bump_catalogue()
    return None


def _delete_from_stream(row: Outgoing, now: datetime) -> Later | None:
    with _stream() as api:
        api.delete(row.subject)
    return None


def _purge_cloudfront(row: Outgoing, now: datetime) -> Later | None:
    """Ask for the invalidation, then look until it is completed."""
    # 17 MB that web processes, which only write the row, need not hold.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    own = settings.CLOUDFRONT
    client = boto3.client(
        "cloudfront",
        endpoint_url=own["api_url"],
        region_name="us-east-1",
        aws_access_key_id=own["access_key"] or None,
        aws_secret_access_key=own["secret_key"] or None,
        config=Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1}),
    )
    try:
        if "invalidation" not in row.payload:
            made = client.create_invalidation(
                DistributionId=own["distribution"],
                InvalidationBatch={
                    "Paths": {"Quantity": 1, "Items": [f"/{storage_name(row.subject, '*')}"]},
                    "CallerReference": str(row.pk),
                },
            )
            row.payload = {"invalidation": made["Invalidation"]["Id"]}
            state = made["Invalidation"]["Status"]
        else:
            found = client.get_invalidation(
                DistributionId=own["distribution"], Id=row.payload["invalidation"]
            )
            state = found["Invalidation"]["Status"]
    except (BotoCoreError, ClientError) as error:
        raise CdnRefused(
            "cloudfront:refused" if isinstance(error, ClientError) else "cloudfront:away"
        ) from error
    return None if state == "Completed" else Later(POLL_SECONDS)


def _remove_files(row: Outgoing, now: datetime) -> Later | None:
    """Nothing of a film that is out again under this very key: then its files stay."""
    if LearningVideo.objects.published().filter(film_key=row.subject).exists():
        return None
    target = storages["published"]
    try:
        for name in row.payload["names"]:
            target.delete(storage_name(row.subject, name))
    except OSError as error:
        metrics.storage_errors_total.labels("remove").inc()
        raise CdnRefused("storage:away") from error
    return None


HANDLERS: dict[Outgoing.Kind, Callable[[Outgoing, datetime], Later | None]] = {
    Kind.COPY_TO_STREAM: _copy_to_stream,
    Kind.DELETE_FROM_STREAM: _delete_from_stream,
    Kind.PURGE_CLOUDFRONT: _purge_cloudfront,
    Kind.REMOVE_FILES: _remove_files,
}


# --------------------------------------------------------------------------- what waits


def describe_waiting() -> list[dict[str, Any]]:
    """Every row that is not done, oldest first, for people."""
    waiting = Outgoing.objects.filter(done_at=None).order_by("created_at")
    return [
        {
            "kind": row.kind,
            "subject": row.subject,
            "since": row.created_at.isoformat(),
            "attempts": row.attempts,
            "last_error": row.last_error,
        }
        for row in waiting
    ]
