"""`manage.py circuits`: which providers nobody may call at present, why, and how to end that."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pipeline import circuit


class Command(BaseCommand):
    help = "Shows the circuit of every provider; --close ALIAS lets everybody call it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--close", metavar="ALIAS", help="close this circuit, for example speech")

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["close"]
        if alias:
            if alias not in settings.PIPELINE_PROVIDERS:
                raise CommandError(
                    f"There is no provider {alias!r}; there are {', '.join(settings.PIPELINE_PROVIDERS)}."
                )
            circuit.close(alias)
            self.stdout.write(f"{alias} is closed: whatever waits for it goes on within a minute.")
            return
        now = timezone.now()
        width = max(map(len, settings.PIPELINE_PROVIDERS))
        for name in settings.PIPELINE_PROVIDERS:
            opening = circuit.find_opening(name, now=now)
            said = "closed"
            if opening is not None:
                until = "closed" if opening.until is None else f"{opening.until:%H:%M:%S} UTC"
                said = f"open until {until}: {opening.message} ({opening.code})"
            self.stdout.write(f"{name:<{width}}  {said}")
