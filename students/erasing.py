"""What beat asks for: erasures that are not finished, and whatever has had its time."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from students import retention
from students.models import Erasure
from students.privacy import continue_erasure, request_erasure
from students.sections import all_sections

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 500  # accounts that one daily run asks to erase


def ring_on_commit(erasure_id: UUID) -> None:
    """Have a worker begin at once; a message that is lost costs five minutes, until beat looks."""
    transaction.on_commit(partial(_ring, erasure_id))


def _ring(erasure_id: UUID) -> None:
    try:
        current_app.send_task("students.tasks.continue_erasure", args=[str(erasure_id)])
    except OperationalError:
        logger.warning("the broker is away; erasure %s begins with the next round", erasure_id)


def continue_all(now: datetime) -> int:
    """Go on with every erasure that is not finished; one that fails does not hold up the others."""
    finished = 0
    for erasure_id in list(Erasure.objects.filter(finished_at=None).values_list("pk", flat=True)):
        try:
            finished += continue_erasure(erasure_id, now=now).finished_at is not None
        except Exception as error:  # noqa: BLE001 - an erasure must not hang on another one's fault
            logger.error("erasure %s failed: %s", erasure_id, type(error).__name__)
    return finished


def enforce_retention(now: datetime) -> dict[str, int]:
    """The whole table of students.retention; table → rows removed. May run twice."""
    removed: Counter[str] = Counter()
    for student in retention.find_inactive(now)[:MOST_AT_ONCE]:
        request_erasure(student, by="retention", now=now)
        removed["students"] += 1
    for section in all_sections():
        removed.update(section.expire(now))
    continue_all(now)
    return dict(removed)
