"""`manage.py export_topics [FILE]`: the stored catalogue, to edit and import again (docs/catalogue.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from videos.curriculum.exporting import export_catalogue


class Command(BaseCommand):
    help = "Write the stored topics and concepts as CSV, to a file or to the terminal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        content = export_catalogue()
        if path is None:
            self.stdout.write(content, ending="")
            return
        try:
            path.write_text(content, encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{len(content.splitlines()) - 1} lines in {path}")
