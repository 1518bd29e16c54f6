"""Seal again, with the present key, what old keys have sealed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from students.encryption import Unreadable
from students.rekeying import count_old, find_columns, reencrypt
from students.security import record_security_event


class Command(BaseCommand):
    help = "Seal encrypted columns with the present key; may be ended at any moment and called again."

    def handle(self, *args: Any, **options: Any) -> None:
        done: Counter[str] = Counter()
        try:
            for column, rows in reencrypt():
                done[column.name] += rows
                self.stdout.write(f"{column.name}: {done[column.name]}")
                self.stdout.flush()
        except Unreadable as error:
            raise CommandError(
                f"{error} Nothing of that batch was changed; put the key back and call again."
            ) from error
        left = {column.name: count_old(column) for column in find_columns()}
        if sum(done.values()):
            record_security_event("key-rotated", f"field key {settings.FIELD_KEY_ID}")
        self.stdout.write(
            f"Sealed anew: {sum(done.values())}. Left with an old key: {sum(left.values())}. "
            f"Key {settings.FIELD_KEY_ID} is the present one; the others may go when none is left."
        )
