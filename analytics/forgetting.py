"""Withdrawal and erasure: what no sink may have any more (08, section 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction

from analytics.models import Event, Record, Suppression, VendorDeletion
from analytics.subjects import DATABASE, VENDOR, known_ids


def keep_from_vendor(subject: UUID, *, now: datetime) -> None:
    """Nothing more of `subject` to the vendor, in the caller's transaction; what it has, it shall delete.

    Delivery reads the suppression just before it sends, so what is under way is not sent either.
    """
    with transaction.atomic():
        Suppression.objects.get_or_create(subject=subject, defaults={"since": now})
        Event.objects.filter(subject=subject, third_party=True, delivered_at__isnull=False).delete()
        Event.objects.filter(subject=subject, third_party=True).update(third_party=False)
        _ask_vendor_to_delete(subject, now=now)


def allow_vendor(subject: UUID) -> None:
    """A consent was given: events from now on may go to the vendor."""
    Suppression.objects.filter(subject=subject).delete()


def forget(subject: UUID, *, now: datetime) -> dict[str, int]:
    """Remove `subject` from outbox, records and suppressions; how many rows went, by table."""
    with transaction.atomic():
        _ask_vendor_to_delete(subject, now=now)
        return {
            "analytics_events": Event.objects.filter(subject=subject).delete()[0],
            "analytics_records": Record.objects.filter(subject__in=known_ids(DATABASE, subject)).delete()[0],
            "analytics_suppressions": Suppression.objects.filter(subject=subject).delete()[0],
        }


def describe_kept(subject: UUID) -> dict[str, list[dict[str, Any]]]:
    """What outbox and records hold about `subject`, for its export."""
    events = Event.objects.filter(subject=subject).order_by("created_at", "pk")
    records = Record.objects.filter(subject__in=known_ids(DATABASE, subject)).order_by("hour", "pk")
    suppressed = Suppression.objects.filter(subject=subject)
    shown = ("id", "event_type", "properties")
    return {
        "analytics_events": _rows(events, *shown, "created_at", "third_party", "delivered_at"),
        "analytics_records": _rows(records, *shown, "hour"),
        "analytics_suppressions": _rows(suppressed, "since"),
    }


def _rows(queryset: models.QuerySet[Any], *columns: str) -> list[dict[str, Any]]:
    return [dict(row) for row in queryset.values(*columns)]


def _ask_vendor_to_delete(subject: UUID, *, now: datetime) -> None:
    """Queue the deletion of the ids under which the vendor may know `subject`; none without a vendor."""
    ids = known_ids(VENDOR, subject) if settings.AMPLITUDE_API_KEY else []
    if ids:
        VendorDeletion.objects.create(sink_ids=ids, requested_at=now)
