"""Amplitude: events of students with a consent, bucketed, under an id of the month (08, section 6).

Observed with amplitude-analytics 1.3.0: `flush_max_retries=0` drops every event silently, 1 is exactly one
attempt; with a wrong key, a reply that is not JSON or a dropped connection the callback is never called;
one bad event gives its whole batch code 400. So a row is sent when the callback says 200, final when 400
comes with the vendor's own message, and tried again by the outbox else.
"""

from __future__ import annotations

import base64
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from amplitude import Amplitude, BaseEvent, Config
from amplitude.constants import EventLogLevel
from amplitude.exception import InvalidAPIKeyError
from django.conf import settings

from analytics.models import Event
from analytics.subjects import VENDOR, sink_id

logger = logging.getLogger(__name__)
WAIT_SECONDS = 15
BUCKETS_MS = (1000, 2000, 4000, 8000, 16_000)  # upper ends; the last bucket has none
BUCKET_SECONDS = 10
DELETIONS = {
    "EU": "https://analytics.eu.amplitude.com/api/2/deletions/users",
    "US": "https://amplitude.com/api/2/deletions/users",
}
OWN_RETRIES_SPENT = "reached max retry"  # the SDK's words, where the vendor has said nothing


class VendorAddressRefused(Exception):
    """The configured address is neither HTTPS nor on this machine."""


def properties_for_vendor(event: Event) -> dict[str, Any]:
    """The listed properties with times in buckets; everything else of an event stays here."""
    kept = event.properties
    if event.event_type == "video_view":
        seconds = int(kept["duration_seconds"] // BUCKET_SECONDS * BUCKET_SECONDS)
        return {"video": kept["video_id"], "seconds": seconds, "completed": kept["completed"]}
    if event.event_type == "quiz_response":
        return {
            "video": kept["video_id"],
            "question": kept["question_index"],
            "correct": kept["correct"],
            "time_bucket": bucket_of(kept["response_time_ms"]),
        }
    if event.event_type == "session":
        return {"seconds_bucket": kept["seconds_bucket"]}
    raise ValueError(f"{event.event_type} is not an event that a vendor may have.")


def bucket_of(milliseconds: int) -> str:
    """`"1-2 s"`: which bucket a time falls into."""
    low = 0
    for high in BUCKETS_MS:
        if milliseconds < high:
            return f"{low // 1000}-{high // 1000} s"
        low = high
    return f"over {low // 1000} s"


def send(events: Sequence[Event]) -> Mapping[UUID, bool]:
    """One attempt for all; row id → whether the vendor has it (True), or has refused it for good (False).

    What is missing is to be tried again. The hour, not the moment, is what the vendor learns.
    """
    settled: dict[UUID, bool] = {}

    def settle(event: BaseEvent, code: int, message: str | None = None) -> None:
        if code == 200:
            settled[UUID(event.insert_id)] = True
        elif code == 400 and OWN_RETRIES_SPENT not in str(message).lower():
            settled[UUID(event.insert_id)] = False

    client = Amplitude(
        settings.AMPLITUDE_API_KEY,
        Config(
            server_zone=settings.AMPLITUDE_ZONE,
            server_url=check_address(settings.AMPLITUDE_URL) if settings.AMPLITUDE_URL else None,
            flush_max_retries=1,
            callback=settle,
            event_log_level=EventLogLevel.NONE,
        ),
    )
    try:
        for event in events:
            if event.subject is not None:
                client.track(_as_vendor_event(event, event.subject))
        for future in client.flush() or []:
            try:
                future.result(timeout=WAIT_SECONDS)
            except (OSError, ValueError, TookTooLong, InvalidAPIKeyError) as error:
                # A reply that is not JSON, a dropped connection, a wrong key: the outbox tries again.
                logger.warning("the analytics vendor gave no answer: %s", type(error).__name__)
    finally:
        client.shutdown()
    return settled


def _as_vendor_event(event: Event, subject: UUID) -> BaseEvent:
    hour = event.created_at.replace(minute=0, second=0, microsecond=0)
    return BaseEvent(
        event_type=event.event_type,
        user_id=sink_id(VENDOR, subject, at=event.created_at),
        insert_id=str(event.pk),
        time=int(hour.timestamp() * 1000),
        event_properties=properties_for_vendor(event),
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the keys to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def ask_to_delete(sink_ids: Sequence[str]) -> int:
    """The HTTP status of the vendor's answer, 0 where there was none."""
    address = check_address(settings.AMPLITUDE_DELETION_URL or DELETIONS[settings.AMPLITUDE_ZONE])
    keys = f"{settings.AMPLITUDE_API_KEY}:{settings.AMPLITUDE_SECRET_KEY}".encode()
    request = urllib.request.Request(  # noqa: S310 - https, or this machine: check_address
        address,
        data=json.dumps({"user_ids": list(sink_ids), "ignore_invalid_id": "true"}).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Basic {base64.b64encode(keys).decode()}",
        },
        method="POST",
    )
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=WAIT_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def check_address(address: str) -> str:
    """Settings only name it; it is HTTPS, or plain on this machine. Raises VendorAddressRefused."""
    parts = urlsplit(address)
    is_near = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme == "https" or (parts.scheme == "http" and is_near):
        return address
    raise VendorAddressRefused(f"The analytics address of {parts.hostname} must begin with https://.")
