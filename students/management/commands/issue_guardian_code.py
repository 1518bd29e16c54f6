"""`manage.py issue_guardian_code USERNAME`: a code for the guardian, shown once (08, P5)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from students.guardians import issue_code
from students.models import Student
from students.usernames import normalize_username


class Command(BaseCommand):
    help = "Issue a guardian's code, once you have verified who they are. Shown once; the former one is void."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        name = normalize_username(options["username"])
        student = Student.objects.active().filter(username=name).first()
        if student is None:
            raise CommandError(f"There is no active student {name!r}. No code was issued.")
        self.stdout.write(issue_code(student))
        self.stderr.write(
            "Give this code to the guardian, not to the child. It is not shown again; any former one is void."
        )
