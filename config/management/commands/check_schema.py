"""`manage.py check_schema`: is the migrated database what the specification writes?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.schema_contract import find_differences


class Command(BaseCommand):
    help = "Compare the migrated tables with the specification's schema and name every difference."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = find_differences()
        if differences:
            raise CommandError("\n".join(differences))
        self.stdout.write("OK: the database has every table, column, key, check, index and partition.")
