"""`manage.py draw_architecture`: the diagrams of docs/architecture.md, from the code."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.diagram import PAGE, fill_in


class Command(BaseCommand):
    help = (
        "Draw the diagrams of docs/architecture.md anew. --check: only say whether they are as the code is."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1: they are not")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / PAGE
        text = page.read_text(encoding="utf-8")
        drawn = fill_in(text)
        if options["check"]:
            if drawn != text:
                self.stderr.write(f"{PAGE} is not as the code is: manage.py draw_architecture.")
                sys.exit(1)
        elif drawn != text:
            page.write_text(drawn, encoding="utf-8")
            self.stdout.write(f"{PAGE} was drawn anew.")
        if drawn == text:
            self.stdout.write(f"{PAGE} is as the code is.")
