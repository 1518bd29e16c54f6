"""`manage.py set_limits USERNAME`: minutes a day, and free weekends of school accounts (06, 4.4)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from students.limits import KEEP, LimitsRefused, set_limits
from students.models import Student
from students.usernames import normalize_username


class Command(BaseCommand):
    help = "Set a student's learning minutes a day, or free weekends. What is not given stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--minutes", help='5 to 45, or "default" for what the age group has')
        weekends = parser.add_mutually_exclusive_group()
        weekends.add_argument("--weekends-off", action="store_true", default=None, dest="weekends_off")
        weekends.add_argument("--weekends-on", action="store_false", default=None, dest="weekends_off")

    def handle(self, *args: Any, **options: Any) -> None:
        name = normalize_username(options["username"])
        student = Student.objects.active().filter(username=name).first()
        if student is None:
            raise CommandError(f"There is no active student {name!r}. Nothing was changed.")
        minutes, weekends_off = options["minutes"], options["weekends_off"]
        try:
            student = set_limits(
                student,
                minutes=KEEP if minutes is None else None if minutes == "default" else int(minutes),
                weekends_off=KEEP if weekends_off is None else weekends_off,
            )
        except ValueError as error:
            raise CommandError('--minutes is a whole number from 5 to 45, or "default".') from error
        except LimitsRefused as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        weekends = "weekends are free" if student.weekends_off else "weekends count"
        self.stdout.write(f"{name}: {student.minutes_a_day} minutes a day, {weekends}")
