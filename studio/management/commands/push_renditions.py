"""`manage.py push_renditions`: every published file in its storage, every film at the CDNs that copy."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from studio import pushing
from videos.models import LearningVideo


class Command(BaseCommand):
    help = "Copy published files that are missing, and ask for copies at CDNs. May be stopped and repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="folder", type=Path, help="a former folder of published files")
        parser.add_argument("--dry-run", action="store_true", help="only say what is missing")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {"films": 0, "missing": 0, "copied": 0, "asked": 0, "lost": 0}
        total = LearningVideo.objects.published().count()
        quiet = options["json"] or not sys.stderr.isatty()
        for video in tqdm(pushing.published_films(), total=total, unit="film", disable=quiet):
            counts["films"] += 1
            try:
                self._push(video, counts, options)
            except OSError as error:
                raise CommandError(f"The storage does not answer: {error} What was copied stays.") from error
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        else:
            self.stdout.write(", ".join(f"{name} {value}" for name, value in counts.items()))
        if counts["lost"] or (options["dry_run"] and counts["missing"]):
            sys.exit(1)

    def _push(self, video: LearningVideo, counts: dict[str, int], options: dict[str, Any]) -> None:
        for missing in pushing.missing_files(video):
            counts["missing"] += 1
            if options["dry_run"]:
                self.stderr.write(f"missing: {missing.target}")
                continue
            try:
                pushing.put_back(missing, folder=options["folder"])
            except pushing.NotFound as error:
                counts["lost"] += 1
                self.stderr.write(str(error))
            else:
                counts["copied"] += 1
        if pushing.wants_copy(video):
            counts["asked"] += 1
            if not options["dry_run"]:
                pushing.ask_for_copy(video)
