"""`manage.py backup`: one whole dump of the database, from one snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backups import SUFFIX, BackupFailed, write_dump
from config.local.errors import LocalServerError


class Command(BaseCommand):
    help = "Dump the database into a file: whole, or not at all. Needs pg_dump."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--out", type=Path, help="the file; without it, a new one in BACKUP_DIR, named by the time"
        )
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        target = options["out"]
        if target is None:
            if settings.BACKUP_DIR is None:
                raise CommandError("Say where: --out FILE, or BACKUP_DIR in the environment.")
            target = settings.BACKUP_DIR / f"microlearning-{timezone.now():%Y%m%dT%H%M%SZ}{SUFFIX}"
        try:
            dump = write_dump(target)
        except (BackupFailed, LocalServerError) as error:
            raise CommandError(str(error)) from error
        rows = sum(dump.rows.values())
        if options["json"]:
            found = {"file": str(dump.path), "bytes": dump.size, "seconds": round(dump.seconds, 2)}
            self.stdout.write(json.dumps(found | {"tables": len(dump.rows), "rows": rows}))
        else:
            says = f"{len(dump.rows)} tables, {rows:,} rows, {dump.size:,} bytes in {dump.seconds:.1f} s"
            self.stdout.write(f"{dump.path}: {says}")
