"""`manage.py ensure_partitions`: makes the yearly partitions up to three years ahead."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from quizzes.partitions import ensure_partitions, existing_years, wanted_years, years_ahead


class Command(BaseCommand):
    help = "Make the yearly partitions of quiz_responses that are missing, up to three years ahead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say which are missing")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        missing = sorted(set(wanted_years(now)) - set(existing_years()))
        made = [] if options["dry_run"] else ensure_partitions(now)
        found = {
            "missing": [year for year in missing if year not in made],
            "made": made,
            "years": existing_years(),
            "years_ahead": years_ahead(now),
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
        elif options["dry_run"]:
            self.stdout.write(f"missing {missing or 'none'}; there are {found['years']}")
        else:
            self.stdout.write(f"made {made or 'none'}; there are {found['years']}")
