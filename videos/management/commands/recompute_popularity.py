"""`manage.py recompute_popularity`: figures folded, every score made anew, as the clock does every hour."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from videos.figures import fold_watches
from videos.models import LearningVideo, Watch
from videos.tasks import store_popularity


class Command(BaseCommand):
    help = "Fold what was watched and score every film anew. May run beside the clock's own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how much there is to do")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = Watch.objects.filter(is_counted=False).count()
        films = LearningVideo.objects.published().count()
        changed = 0
        if not options["dry_run"]:
            fold_watches()
            changed = store_popularity(timezone.now())
        found = {"films": films, "uncounted_playbacks": waiting, "changed_scores": changed}
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items()))
