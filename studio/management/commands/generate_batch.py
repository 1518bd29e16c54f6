"""`manage.py generate_batch FILE`: a list of briefs into projects, as the studio's batch page does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from students.models import AGE_GROUPS
from studio import batches
from studio.models import BatchRow, BriefBatch, Creator


class Command(BaseCommand):
    help = (
        "Make projects from a list of briefs: a CSV with a column “concept”, or one idea a line; - is the "
        "standard input. Exit 1: some rows were left out; 2: nothing was made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="at most 500 rows and 1 MB, UTF-8")
        parser.add_argument("--by", required=True, help="whose projects they are: an e-mail of the studio")
        parser.add_argument(
            "--per-hour", type=int, default=0, help="set so many to work an hour (1-60); without it: drafts"
        )
        parser.add_argument("--age-group", choices=AGE_GROUPS, default="8-10", help="of rows that name none")
        parser.add_argument("--seconds", type=int, default=70, help="likewise: 45-90")
        parser.add_argument("--style", choices=sorted(batches.STYLES), default="auto", help="likewise")
        parser.add_argument("--strict", action="store_true", help="make nothing where a row has an error")
        parser.add_argument("--dry-run", action="store_true", help="only check the rows; nothing is kept")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Creator.objects.filter(email=options["by"].strip().lower(), is_active=True).first()
        if person is None:
            raise CommandError(f"{options['by']} is nobody of the studio. Nothing was made.")
        content = self._read(options["file"])
        defaults = {
            "age_group": options["age_group"],
            "target_seconds": str(options["seconds"]),
            "visual_style": options["style"],
        }
        try:
            if options["dry_run"]:
                rows = batches.check_list(creator=person, content=content, defaults=defaults)
                self._tell(None, rows, as_json=options["json"])
                sys.exit(1 if any(row.verdict == "block" for row in rows) else 0)
            batch = batches.open_batch(creator=person, content=content, defaults=defaults)
            rows = list(batch.rows.all())
            if options["strict"] and any(row.verdict == "block" for row in rows):
                batches.cancel_rest(batch.pk, actor=person)
                self._tell(batch, list(batch.rows.all()), as_json=options["json"])
                sys.exit(2)
            batches.begin(batch.pk, actor=person, per_hour=options["per_hour"])
        except batches.BatchRefused as refused:
            self.stderr.write(f"{refused.message} Nothing was made. ({refused.code})")
            sys.exit(2)
        self._run(batch, at_once=not options["per_hour"])
        rows = list(batch.rows.all())
        self._tell(batch, rows, as_json=options["json"])
        if any(row.outcome in {BatchRow.Outcome.LEFT_OUT, BatchRow.Outcome.FAILED} for row in rows):
            sys.exit(1)

    def _read(self, name: str) -> bytes:
        if name == "-":
            return sys.stdin.buffer.read(batches.MOST_BYTES + 1)
        path = Path(name)
        try:
            with path.open("rb") as file:
                return file.read(batches.MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was made.") from error

    def _run(self, batch: BriefBatch, *, at_once: bool) -> None:
        """Drafts are made at once; with a pace the first row is, and the clock makes the others."""
        while batches.run_batch(batch.pk, now=timezone.now()) and at_once:
            continue

    def _tell(self, batch: BriefBatch | None, rows: list[BatchRow], *, as_json: bool) -> None:
        if batch is not None:
            batch.refresh_from_db()
        if as_json:
            self.stdout.write(
                json.dumps(
                    {
                        "batch": str(batch.pk) if batch is not None else None,
                        "status": batch.status if batch is not None else "checked",
                        "rows": [_row_as_json(row) for row in rows],
                    }
                )
            )
            return
        for row in rows:
            said = row.message or " ".join(str(finding["message"]) for finding in row.findings)
            state = row.get_outcome_display().lower() if batch is not None else row.verdict
            self.stdout.write(
                f"{row.number:>4}  {state:<18} {row.cells.get('concept', '')[:60]}  {said}".rstrip()
            )
        if batch is not None:
            self.stdout.write(f"Batch {batch.pk}: {batch.get_status_display().lower()}")


def _row_as_json(row: BatchRow) -> dict[str, Any]:
    return {
        "row": row.number,
        "verdict": row.verdict,
        "findings": row.findings,
        "outcome": row.outcome,
        "message": row.message,
        "project": str(row.project_id) if row.project_id else None,
    }
