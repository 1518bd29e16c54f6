"""What stays of an erased child: an HMAC and a date, so that a restored backup erases it again (08, P7).

Tombstones lie in the database and, as empty files, in the work storage: a backup of the database that is
older than an erasure does not know it, the storage does.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from students.models import Erasure, Student

FOLDER = "tombstones"


def tombstone_of(student_id: UUID) -> str:
    """Nobody without the key can tell whom it stands for, or make it from an id."""
    return hmac.new(settings.TOMBSTONE_KEY.encode(), student_id.bytes, "sha256").hexdigest()


def keep_outside(tombstone: str) -> None:
    """Beside the database; writing it again changes nothing."""
    name = f"{FOLDER}/{tombstone}"
    if not storages["default"].exists(name):
        storages["default"].save(name, ContentFile(b"erased\n"))


def known_tombstones() -> set[str]:
    """Those of the database and those of the storage."""
    storage = storages["default"]
    outside = set(storage.listdir(FOLDER)[1]) if storage.exists(FOLDER) else set()
    return outside | set(Erasure.objects.values_list("tombstone", flat=True))


def find_risen() -> Iterator[Student]:
    """Students who are there although they were erased: a backup has brought them back."""
    erased = known_tombstones()
    for student in Student.objects.order_by("pk").iterator(chunk_size=2000):
        if tombstone_of(student.pk) in erased and not Erasure.objects.filter(student_id=student.pk).exists():
            yield student
