"""`manage.py check_restored`: would the database that a backup has brought back serve?"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import write_findings
from config.restored import examine


class Command(BaseCommand):
    help = (
        "After a restore: schema, migrations, keys, a sign-in, the films' files, erased children. "
        "Changes nothing. Exit 1: something is wrong."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        if not write_findings(examine(), self.stdout, as_json=options["json"]):
            sys.exit(1)
