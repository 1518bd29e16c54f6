"""The outbox is emptied: into the database's own records, and to a vendor where that is allowed.

A row is delivered into the records in the transaction that marks it. To the vendor it goes outside any
transaction, under a lease; whatever is not settled is tried again for seven days, then dropped.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from analytics import vendor
from analytics.models import Event, Record, SinkKey, Suppression, VendorDeletion
from analytics.subjects import DATABASE, first_month_kept, sink_id

BATCH = 500
LEASE = timedelta(minutes=2)
TRIED_FOR = timedelta(days=7)
RECORDS_KEPT = timedelta(days=365)
DELETIONS_KEPT = timedelta(days=730)


def deliver(now: datetime) -> dict[str, int]:
    """Everything that is waiting: rows written into the records, rows the vendor has, deletions it took."""
    return {
        "recorded": record_all(now),
        "sent": send_all(now) if settings.AMPLITUDE_API_KEY else drop_vendor_rows(),
        "deletions": request_deletions(now) if settings.AMPLITUDE_API_KEY else 0,
    }


def record_all(now: datetime) -> int:
    """Into the database's own records; what is not for a vendor leaves the outbox."""
    done = 0
    while batch := _record_batch(now):
        done += batch
    return done


def _record_batch(now: datetime) -> int:
    with transaction.atomic():
        waiting = Event.objects.filter(delivered_at__isnull=True).order_by("created_at")
        events = list(waiting.select_for_update(skip_locked=True)[:BATCH])
        Record.objects.bulk_create([_as_record(event) for event in events], ignore_conflicts=True)
        ids = [event.pk for event in events]
        Event.objects.filter(pk__in=ids, third_party=False).delete()
        Event.objects.filter(pk__in=ids).update(delivered_at=now)
    return len(events)


def _as_record(event: Event) -> Record:
    hour = event.created_at.replace(minute=0, second=0, microsecond=0)
    subject = sink_id(DATABASE, event.subject, at=event.created_at) if event.subject else ""
    return Record(
        id=event.pk, event_type=event.event_type, subject=subject, properties=event.properties, hour=hour
    )


def drop_vendor_rows() -> int:
    """Without a vendor nobody waits for these rows."""
    Event.objects.filter(delivered_at__isnull=False).delete()
    return 0


def send_all(now: datetime) -> int:
    """To the vendor, in batches; returns how many it has taken."""
    sent = 0
    while claimed := _claim(now):
        suppressed = set(
            Suppression.objects.filter(subject__in={event.subject for event in claimed}).values_list(
                "subject", flat=True
            )
        )
        settled = vendor.send([event for event in claimed if event.subject not in suppressed])
        gone = [event.pk for event in claimed if event.pk in settled or event.subject in suppressed]
        Event.objects.filter(pk__in=gone).delete()
        sent += sum(settled.values())
        if not settled:  # the vendor is away: the rest waits for the next round
            break
    return sent


def _claim(now: datetime) -> list[Event]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    with transaction.atomic():
        waiting = Event.objects.filter(free, third_party=True, delivered_at__isnull=False)
        events = list(waiting.order_by("created_at").select_for_update(skip_locked=True)[:BATCH])
        Event.objects.filter(pk__in=[event.pk for event in events]).update(claimed_until=now + LEASE)
    return events


def request_deletions(now: datetime) -> int:
    """Ask for each deletion that was not answered with a 2xx yet; the answer is recorded, the ids go."""
    done = 0
    for row in VendorDeletion.objects.filter(answered_at__isnull=True).order_by("requested_at")[:BATCH]:
        status = vendor.ask_to_delete(row.sink_ids)
        row.status, row.attempts = status, row.attempts + 1
        if 200 <= status < 300:
            row.answered_at, row.sink_ids = now, []
            done += 1
        row.save(update_fields=["status", "attempts", "answered_at", "sink_ids"])
    return done


def expire(now: datetime) -> dict[str, int]:
    """What is kept for its time only; how many rows went, by table."""
    return {
        "analytics_events": Event.objects.filter(created_at__lt=now - TRIED_FOR).delete()[0],
        "analytics_records": Record.objects.filter(hour__lt=now - RECORDS_KEPT).delete()[0],
        "analytics_sink_keys": SinkKey.objects.filter(month__lt=first_month_kept(now)).delete()[0],
        "analytics_vendor_deletions": VendorDeletion.objects.filter(
            answered_at__lt=now - DELETIONS_KEPT
        ).delete()[0],
    }
