"""One editor at a time: a lock with a heartbeat, and a hand-over that keeps what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from pipeline.models import ContentProject
from studio.models import Creator, EditLock

BEAT_SECONDS = 60
LAPSE = timedelta(minutes=3)  # without a sign of life
MOST_TYPED = 60_000  # characters of a draft that is handed over


class Locked(Exception):
    """Another person is editing; `lock` says who."""

    code = "locked"

    def __init__(self, lock: EditLock) -> None:
        self.lock = lock
        self.message = (
            f"{lock.holder.get_short_name()} is editing this project. Ask for a hand-over, or wait:"
            " an abandoned lock lapses after three minutes."
        )
        super().__init__(self.message)


def find_lock(project: ContentProject, *, now: datetime) -> EditLock | None:
    """The lock that holds now; one query."""
    return (
        EditLock.objects.select_related("holder", "asked_by")
        .filter(project=project, seen_at__gt=now - LAPSE)
        .first()
    )


def check_lock(project: ContentProject, *, person_id: Any, now: datetime) -> None:
    """Raises Locked where somebody else is editing."""
    lock = find_lock(project, now=now)
    if lock is not None and lock.holder_id != person_id:
        raise Locked(lock)


def take_lock(project_id: UUID, *, person: Creator, now: datetime) -> EditLock:
    """Begin or go on editing; a lapsed lock is taken over. Raises Locked."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        lock = EditLock.objects.select_related("holder").filter(project=project).first()
        if lock is None:
            return EditLock.objects.create(project=project, holder=person, taken_at=now, seen_at=now)
        if lock.holder_id != person.pk:
            if lock.seen_at > now - LAPSE:
                raise Locked(lock)
            lock.holder, lock.taken_at, lock.draft = person, now, {}
            lock.asked_by = lock.asked_at = None
        lock.seen_at = now
        lock.save()
    return lock


def release_lock(project_id: UUID, *, person: Creator) -> None:
    """Stop editing; another's lock stays."""
    EditLock.objects.filter(project_id=project_id, holder=person).delete()


def ask_for_lock(project_id: UUID, *, person: Creator, now: datetime) -> EditLock | None:
    """Ask the holder to hand over; None where nobody holds it, so that it can simply be taken."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        lock = find_lock(project, now=now)
        if lock is None or lock.holder_id == person.pk:
            return None
        if lock.asked_by_id is None:
            lock.asked_by, lock.asked_at = person, now
            lock.save(update_fields=["asked_by", "asked_at"])
    return lock


def hand_over(
    project_id: UUID, *, person: Creator, draft: Mapping[str, Any], now: datetime
) -> EditLock | None:
    """Give the lock to who asked for it, with what was typed and not saved; None where nobody asks."""
    kept = {str(key): str(value) for key, value in draft.items()}
    if sum(len(key) + len(value) for key, value in kept.items()) > MOST_TYPED:
        kept = {}
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        lock = find_lock(project, now=now)
        if lock is None or lock.holder_id != person.pk or lock.asked_by is None:
            return None
        lock.holder, lock.taken_at, lock.seen_at, lock.draft = lock.asked_by, now, now, kept
        lock.asked_by = lock.asked_at = None
        lock.save()
    return lock
