"""`manage.py retry_stuck`: what stands and why, and a bell for all that may go on."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Q
from django.utils import timezone

from pipeline.models import ContentProject, StepRun
from pipeline.sweeping import sweep

QUIET = timedelta(minutes=5)  # the sweep has rung by then


class Command(BaseCommand):
    help = (
        "List runs that wait or whose worker was lost, and projects that need a person; ring for the former."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only list them")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        lost = Q(status=StepRun.Status.RUNNING, lease_until__lt=now)
        waiting = Q(status=StepRun.Status.QUEUED, created_at__lt=now - QUIET) & (
            Q(not_before=None) | Q(not_before__lt=now - QUIET)
        )
        runs = StepRun.objects.filter(lost | waiting, project__status=ContentProject.Status.GENERATING)
        stuck = [
            {
                "run": str(run.pk),
                "project": str(run.project_id),
                "step": run.step,
                "queue": run.queue,
                "status": run.status,
                "attempt": run.attempt,
                "since": run.created_at.isoformat(),
            }
            for run in runs.order_by("created_at")[:500]
        ]
        needs = ContentProject.objects.filter(status=ContentProject.Status.NEEDS_ATTENTION).count()
        rung = 0 if options["dry_run"] else sweep(now)
        if options["json"]:
            self.stdout.write(
                json.dumps({"stuck": stuck, "rung": rung, "projects_that_need_a_person": needs})
            )
            return
        for one in stuck:
            self.stdout.write("{since}  {status:8} {step:8} attempt {attempt}  {run}".format(**one))
        self.stdout.write(f"{len(stuck)} runs stand, {rung} bells rung, {needs} projects need a person.")
