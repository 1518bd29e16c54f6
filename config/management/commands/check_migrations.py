"""`manage.py check_migrations`: may the new release's migrations run while the old one serves?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.migrating import find_dangers, note_release, released


class Command(BaseCommand):
    help = (
        "Name what in unreleased migrations would break a release that still runs; exit 1 where there is any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object as the last line")
        parser.add_argument(
            "--release", action="store_true", help="from now on all that there is counts as released"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["release"]:
            self.stdout.write(f"{note_release()} migrations count as released.")
            return
        done = released()
        found = find_dangers(done) if done else []
        for danger in found:
            self.stderr.write(f"{danger.migration}: {danger.operation}. {danger.reason}")
        if options["json"]:
            self.stdout.write(json.dumps({"dangers": [asdict(one) for one in found]}))
        if found:
            raise CommandError(f"{len(found)} operations are not safe beside the running release.")
        if not options["json"]:
            self.stdout.write("Every unreleased migration may run while the present release serves.")
