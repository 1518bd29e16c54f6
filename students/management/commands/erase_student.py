"""Erase a student, as the child's or guardian's request or the law demands."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from students.models import Student
from students.privacy import build_export, describe_erasure, erase
from students.usernames import normalize_username


class Command(BaseCommand):
    help = "Erase a student and everything that is kept about them. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--by", choices=("staff", "guardian", "student"), default="staff", help="who asked"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what is there")
        parser.add_argument("--json", action="store_true", help="the receipt as one object in the last line")

    def handle(self, *args: Any, username: str, by: str, **options: Any) -> None:
        student = Student.objects.filter(username=normalize_username(username)).first()
        if student is None:
            raise CommandError(f"There is no student {username!r}; perhaps erased already.")
        if options["dry_run"]:
            tables = build_export(student)["tables"]
            report: dict[str, Any] = {
                "dry_run": True,
                "rows": {name: len(rows) for name, rows in tables.items()},
            }
        else:
            report = dict(describe_erasure(erase(student, by=by, now=timezone.now())))
        if options["json"]:
            self.stdout.write(json.dumps(report, cls=DjangoJSONEncoder, sort_keys=True))
            return
        for name, value in report.items():
            self.stdout.write(f"{name}: {value}")
        if not options["dry_run"] and report["finished_at"] is None:
            raise CommandError("Not finished; the account is closed, and the next round goes on. Call again.")
