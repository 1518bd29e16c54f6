"""`manage.py migrate_safely`: what a deployment runs before the new release starts."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from config.migrating import alone, patiently


class Command(BaseCommand):
    help = "Apply migrations under a lock of their own; waits for open transactions and tries again."

    def handle(self, *args: Any, **options: Any) -> None:
        with alone():
            try:
                tries = patiently(lambda: call_command("migrate", interactive=False, verbosity=1))
            except OperationalError as error:
                raise CommandError(
                    f"The schema could not be changed: {error} What was done stays done; run it again when "
                    "the long transaction is over (docs/runbooks/slow.md, 4)."
                ) from error
        self.stdout.write(f"The schema is up to date (tries: {tries}).")
