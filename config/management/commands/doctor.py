"""`manage.py doctor`: what is configured, reachable and missing, and what to do next."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import examine

MARKS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


class Command(BaseCommand):
    help = "Say what works, what does not, and what to do next. Changes nothing. Exit 1: something is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine()
        is_well = all(one.state != "wrong" for one in found)
        if options["json"]:
            self.stdout.write(json.dumps({"is_well": is_well, "findings": [asdict(one) for one in found]}))
        else:
            for one in found:
                self.stdout.write(f"{MARKS[one.state]} {one.part:18} {one.says}")
                if one.next_step:
                    self.stdout.write(f"{'':25}→ {one.next_step}")
        if not is_well:
            sys.exit(1)
