"""A code with which a class behind one address registers together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from students.class_codes import LONGEST, issue_code


class Command(BaseCommand):
    help = "Print a code for a class: with it sixty children of one address may register in an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="how long it counts, today included (7)")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if not 1 <= days <= LONGEST.days:
            raise CommandError(f"A class code counts for 1 to {LONGEST.days} days; {days} was asked for.")
        last_day = timezone.now().date() + timedelta(days=days - 1)
        self.stdout.write(issue_code(last_day))
        self.stderr.write(f"It counts until the end of {last_day:%d %B %Y} (UTC). It opens no account.")
