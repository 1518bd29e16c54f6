"""`manage.py ensure_partitions`: makes the yearly partitions up to three years ahead."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from quizzes.partitions import ensure_partitions, existing_years


class Command(BaseCommand):
    help = "Make the yearly partitions of quiz_responses that are missing, up to three years ahead."

    def handle(self, *args: Any, **options: Any) -> None:
        made = ensure_partitions(timezone.now())
        self.stdout.write(f"made {made or 'none'}; there are {existing_years()}")
