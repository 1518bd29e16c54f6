"""`manage.py import_topics FILE`: topics and concepts, all of a file or nothing (docs/catalogue.md)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from videos.curriculum import STARTER
from videos.curriculum.importing import describe, import_catalogue
from videos.curriculum.reading import CatalogueRefused

LARGEST = 5_000_000  # bytes
SHOWN = 50  # mistakes printed one by one


class Command(BaseCommand):
    help = "Import topics and concepts from a CSV file; without one, the project's own curriculum."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--json", action="store_true", help="the last line is one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"] or STARTER
        try:
            if path.stat().st_size > LARGEST:
                raise CommandError(f"{path.name} has more than {LARGEST:,} bytes. Nothing was written.")
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was written.") from error
        try:
            imported = import_catalogue(content, is_dry=options["dry_run"])
        except CatalogueRefused as refused:
            self._report(refused, as_json=options["json"])
            sys.exit(1)
        self.stdout.write(imported.to_json() if options["json"] else describe(imported))

    def _report(self, refused: CatalogueRefused, *, as_json: bool) -> None:
        for mistake in refused.mistakes[:SHOWN]:
            self.stderr.write(f"line {mistake.line}: {mistake.code}: {mistake.message}")
        if len(refused.mistakes) > SHOWN:
            self.stderr.write(f"… and {len(refused.mistakes) - SHOWN} more")
        self.stderr.write("Nothing was written. Mend these lines and import again.")
        if as_json:
            self.stdout.write(json.dumps({"mistakes": [vars(mistake) for mistake in refused.mistakes]}))
