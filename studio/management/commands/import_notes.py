"""`manage.py import_notes`: files of notes as drafts of a creator."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studio import policy
from studio.models import Creator
from studio.note_files import FilesRefused, Imported, NoteFile, import_files, read_files


class Command(BaseCommand):
    help = "Make a draft of each file of notes: all of them or none; repeating makes nothing twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a file, or a folder of .md and .txt files")
        parser.add_argument("--creator", required=True, metavar="EMAIL", help="whose drafts they become")
        parser.add_argument("--dry-run", action="store_true", help="only check")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        creator = Creator.objects.filter(email__iexact=options["creator"], is_active=True).first()
        if creator is None:
            raise CommandError(f"Nobody of the studio has the address {options['creator']}.")
        if not options["path"].exists():
            raise CommandError(f"There is no {options['path']}.")
        files: list[NoteFile] = []
        done: list[Imported] = []
        try:
            files = read_files(options["path"])
            if not options["dry_run"]:
                done = import_files(files, creator)
        except policy.Refused as error:
            raise CommandError(f"{creator.email}: {error.message}") from error
        except FilesRefused as error:
            refusals = [{"file": one.name, "message": one.message} for one in error.refusals]
            if options["json"]:
                self.stdout.write(json.dumps({"files": len(files), "made": [], "refused": refusals}))
            for one in () if options["json"] else error.refusals:
                self.stdout.write(f"{one.name}: {one.message}")
            self.stderr.write(str(error))
            sys.exit(1)
        self._tell(files, done, as_json=options["json"])

    def _tell(self, files: list[NoteFile], done: list[Imported], *, as_json: bool) -> None:
        made = [{"file": one.name, "project_id": str(one.project_id)} for one in done if one.is_new]
        if as_json:
            known = len(done) - len(made)
            self.stdout.write(json.dumps({"files": len(files), "made": made, "known": known, "refused": []}))
            return
        for one in done:
            kind = "draft" if one.is_new else "known already, project"
            self.stdout.write(f"{one.name}: {kind} {one.project_id}")
        if not done:
            self.stdout.write(f"{len(files)} files would become drafts.")
