"""Everything that is kept about a student, as one file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from students.models import Student
from students.privacy import write_export
from students.security import record_security_event
from students.usernames import normalize_username


class Command(BaseCommand):
    help = "Write everything that is kept about a student as JSON: to a file, or to the standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--out", type=Path, help="file that does not exist yet")

    def handle(self, *args: Any, username: str, out: Path | None, **options: Any) -> None:
        student = Student.objects.filter(username=normalize_username(username)).first()
        if student is None:
            raise CommandError(f"There is no student {username!r}.")
        content = write_export(student)
        if out is None:
            self.stdout.write(content.decode(), ending="")
        else:
            try:
                with out.open("xb") as file:
                    file.write(content)
            except OSError as error:
                raise CommandError(f"{out}: {error.strerror}. Nothing was written.") from error
            self.stdout.write(f"Written to {out}. Hand it over by a safe way, then delete it.")
        record_security_event("exported", student.pk)
