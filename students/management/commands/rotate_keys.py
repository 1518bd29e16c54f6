"""`manage.py rotate_keys`: new keys for the secret store, and everything sealed with the present one."""

from __future__ import annotations

import base64
import json
import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from students.rekeying import count_old, find_columns

HIGHEST_ID = 255  # an id is one byte of every sealed value


class Command(BaseCommand):
    help = (
        "Without options: seal with the present key what old ones have sealed, and say which may go. "
        "--make: print new values for the secret store; nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--make", action="store_true", help="print new field and media keys")
        parser.add_argument("--dry-run", action="store_true", help="only count what old keys have sealed")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["make"]:
            values = make_values()
            if options["json"]:
                self.stdout.write(json.dumps(values))
                return
            for name, value in values.items():
                self.stdout.write(f"{name}={value}")
            self.stderr.write("Put them into the secret store, restart every process, then leave --make out.")
            return
        if not options["dry_run"]:
            call_command("reencrypt", stdout=self.stderr)
        left = {column.name: count_old(column) for column in find_columns()}
        old = [key_id for key_id in settings.FIELD_KEYS if key_id != settings.FIELD_KEY_ID]
        report = {
            "present": settings.FIELD_KEY_ID,
            "old": old,
            "left": {name: count for name, count in left.items() if count},
            "may_go": old if not sum(left.values()) else [],
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self._tell(report)

    def _tell(self, report: dict[str, Any]) -> None:
        for name, count in report["left"].items():
            self.stdout.write(f"{name}: {count} sealed with an old key")
        present = report["present"]
        if report["left"]:
            self.stdout.write(f"None may go yet: manage.py rotate_keys seals with key {present}.")
        elif report["may_go"]:
            names = ", ".join(map(str, report["may_go"]))
            self.stdout.write(f"All is sealed with key {present}. May go from FIELD_KEYS: {names}.")
        else:
            self.stdout.write(f"All is sealed with key {present}, the only one there is.")


def make_values() -> dict[str, str]:
    """What a rotation puts into the secret store: a new field key before the old ones, a new media key whose
    former one still opens addresses. Raises CommandError where no id is left."""
    key_id = max(settings.FIELD_KEYS) + 1
    if key_id > HIGHEST_ID:
        free = sorted(set(range(1, HIGHEST_ID + 1)) - set(settings.FIELD_KEYS))
        if not free:
            raise CommandError("Every id from 1 to 255 is taken: take old keys out of FIELD_KEYS first.")
        key_id = free[0]
    ring = {key_id: base64.b64encode(os.urandom(32)).decode(), **settings.FIELD_KEYS}
    return {
        "FIELD_KEYS": ",".join(f"{number}:{key}" for number, key in ring.items()),
        "MEDIA_SIGNING_KEY": secrets.token_urlsafe(48),
        "MEDIA_SIGNING_KEY_FORMER": settings.MEDIA_SIGNING_KEY,
    }
