"""`manage.py restore_drill`: a backup is brought back beside our database, and asked whether it would do."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups import BackupFailed, ask_copy, compare_rows, restored, write_dump
from config.doctor import Finding, write_findings
from config.local.errors import LocalServerError


class Command(BaseCommand):
    help = (
        "Dump the database (or take a backup that is there), restore it into a second one, compare the rows, "
        "ask it whether it would serve, drop it, and say how long that took. Exit 1: it would not serve."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="source", type=Path, help="a backup that is there already")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._drill(options["source"])
        except (BackupFailed, LocalServerError) as error:
            raise CommandError(f"{error} Our own database was not touched.") from error
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            found = [Finding(**finding) for finding in report["findings"]]
            write_findings(found, self.stdout, as_json=False)
            seconds = ", ".join(f"{name} {value:.1f} s" for name, value in report["seconds"].items())
            self.stdout.write(
                f"{report['bytes']:,} bytes; {seconds}; back in {report['recovery_seconds']:.1f} s"
            )
        if not report["is_well"]:
            sys.exit(1)

    def _drill(self, source: Path | None) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="restore-drill-") as folder:
            if source is None:
                dump = write_dump(Path(folder) / "ours.dump")
                return self._bring_back(dump.path, rows=dump.rows, dump_seconds=dump.seconds)
            if not source.is_file():
                raise BackupFailed(f"There is no backup {source}.")
            return self._bring_back(source, rows=None, dump_seconds=0.0)

    def _bring_back(
        self, path: Path, *, rows: Mapping[str, int] | None, dump_seconds: float
    ) -> dict[str, Any]:
        with restored(path) as (copy, restore_seconds):
            differences = compare_rows(copy, rows) if rows is not None else []
            is_well, findings, check_seconds = ask_copy(copy)
        if rows is not None:
            total = f"{sum(rows.values()):,} rows in {len(rows)} tables"
            findings.insert(0, _finding("rows", "; ".join(differences), f"{total}, as in the snapshot"))
        return {
            "is_well": is_well and not differences,
            "bytes": path.stat().st_size,
            "rows": sum(rows.values()) if rows is not None else None,
            "seconds": {"dump": dump_seconds, "restore": restore_seconds, "check": check_seconds},
            "recovery_seconds": restore_seconds + check_seconds,
            "findings": findings,
        }


def _finding(part: str, wrong: str, says: str) -> dict[str, str]:
    step = "The backup is not whole: take another." if wrong else ""
    return {"part": part, "state": "wrong" if wrong else "ok", "says": wrong or says, "next_step": step}
