"""`manage.py outage_day DATE`: a day on which the platform was down breaks nobody's streak (06, 4.2)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from students.models import OutageDay
from students.streaks import LATE_DAYS


class Command(BaseCommand):
    help = (
        "Write down a day on which the platform was down, so that no streak breaks by it; or list the days."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "day", nargs="?", help="2026-03-02; without one, the days written down are listed"
        )
        parser.add_argument("--note", default="", help="what happened, for staff")
        parser.add_argument("--remove", action="store_true", help="it was written down by mistake")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["day"] is None:
            for outage in OutageDay.objects.order_by("-day"):
                self.stdout.write(f"{outage.day}  {outage.note}".rstrip())
            return
        try:
            day = date.fromisoformat(options["day"])
        except ValueError as error:
            raise CommandError("Write the day as 2026-03-02. Nothing was changed.") from error
        if options["remove"]:
            gone, _ = OutageDay.objects.filter(day=day).delete()
            self.stdout.write(f"{day} {'removed' if gone else 'was not written down'}")
            return
        today = timezone.now().date()
        if day > today + LATE_DAYS:
            raise CommandError("This day is more than a week ahead. Nothing was changed.")
        _, is_new = OutageDay.objects.update_or_create(day=day, defaults={"note": options["note"][:200]})
        self.stdout.write(f"{day} {'written down' if is_new else 'was written down before; note kept'}")
        if today - day > LATE_DAYS:
            self.stderr.write(
                "More than a week back: streaks that broke then and were begun anew stay as they are."
            )
