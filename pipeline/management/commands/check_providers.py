"""`manage.py check_providers`: do the configured models exist, and how long? For deployments, and daily."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pipeline.providers.lifetimes import Lifetime, look_up

LISTING = ("openai.", "openai_chat.", "openai_speech.")  # modules whose server answers /models


class Command(BaseCommand):
    help = "Asks the vendors whether the configured models exist and when they end. Nothing is paid."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.now().date()
        found = [_look(alias, entry, today) for alias, entry in settings.PIPELINE_PROVIDERS.items()]
        if options["json"]:
            values = {
                one.alias: {
                    "model": one.model,
                    "state": one.state,
                    "message": one.message,
                    "ends": one.ends.isoformat() if one.ends else None,
                }
                for one in found
            }
            self.stdout.write(json.dumps({"providers": values}))
        else:
            for one in found:
                self.stdout.write(f"{one.alias:<12} {one.state:<8} {one.model or '–'}: {one.message}")
        wrong = [one.alias for one in found if one.state == "error"]
        if wrong:
            raise CommandError(f"Look at {', '.join(wrong)}.", returncode=1)


def _look(alias: str, entry: dict[str, Any], today: Any) -> Lifetime:
    backend, values = str(entry["BACKEND"]), entry.get("OPTIONS", {})
    module = backend.removeprefix("pipeline.providers.")
    if "base_url" not in values:
        return Lifetime(alias, "", "ok", "Made here; nobody is asked.")
    if not module.startswith(LISTING):
        return Lifetime(alias, str(values.get("model", "")), "unknown", "This vendor announces no ends.")
    return look_up(alias, {"model": "omni-moderation-latest", **values}, today=today)
