"""`manage.py publish_due`: what the clock does every minute, by hand."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from pipeline.models import ContentProject
from studio.publishing import publish_due


class Command(BaseCommand):
    help = "Publish films whose time has come. Exit 1 where some could not be."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only list them")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        due = ContentProject.objects.filter(status=ContentProject.Status.SCHEDULED, publish_at__lte=now)
        listed = [
            {"project": str(one.pk), "title": one.title, "at": one.publish_at.isoformat()}
            for one in due.order_by("publish_at")
            if one.publish_at is not None
        ]
        published = 0 if options["dry_run"] else publish_due(now)
        left = len(listed) - published
        if options["json"]:
            self.stdout.write(json.dumps({"due": listed, "published": published}))
        else:
            for one in listed:
                self.stdout.write(f"{one['at']}  {one['project']}  {one['title']}")
            self.stdout.write(f"{len(listed)} due, {published} published")
        if left and not options["dry_run"]:
            sys.exit(1)
