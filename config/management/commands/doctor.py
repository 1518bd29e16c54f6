"""`manage.py doctor`: what is configured, reachable and missing, and what to do next."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import examine, write_findings


class Command(BaseCommand):
    help = "Say what works, what does not, and what to do next. Changes nothing. Exit 1: something is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        if not write_findings(examine(), self.stdout, as_json=options["json"]):
            sys.exit(1)
