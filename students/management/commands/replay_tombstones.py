"""After a backup was restored: erase again whom it has brought back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from students.privacy import erase
from students.tombstones import find_risen, known_tombstones


class Command(BaseCommand):
    help = "Erase again every student whose tombstone lies in the storage or the database. Repeat at will."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        risen = list(find_risen())
        if not dry_run:
            for student in risen:
                erase(student, by="backup", now=timezone.now())
        done = "would be erased" if dry_run else "erased"
        self.stdout.write(f"{len(known_tombstones())} tombstones, {len(risen)} students {done} again.")
