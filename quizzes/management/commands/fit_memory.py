"""`manage.py fit_memory`: fits the forgetting curve to the stored answers; live only what predicts better."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from quizzes.refitting import Refit, refit_all

REASONS = {
    "": "live from now on",
    "too-few-answers": "not compared and not stored: too few recall cards, or too few in the newest week",
    "no-better-than-the-set-in-use": "no better than the set in use, which stays",
}


class Command(BaseCommand):
    help = (
        "Fit the memory's parameters to the stored answers: one set for all, and one for each age group "
        "with enough of them. A set goes live only if it predicts the newest week better than the one in use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="compare, but store nothing")
        parser.add_argument("--json", action="store_true", help="one object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        refits = refit_all(timezone.now(), is_dry=options["dry_run"])
        for refit in refits:
            self.stdout.write(_say(refit, is_dry=options["dry_run"]))
        if options["json"]:
            self.stdout.write(json.dumps({"sets": [asdict(refit) for refit in refits]}))


def _say(refit: Refit, *, is_dry: bool) -> str:
    name = f"ages {refit.age_group}" if refit.age_group else "all ages"
    line = (
        f"{name}: fitted on {refit.cards} recall cards, compared on {refit.held_out_cards} of the newest week"
    )
    if refit.log_likelihood is not None:
        line += f" ({refit.log_likelihood:.4f} against {refit.rival_log_likelihood:.4f} a card)"
    outcome = "would go live" if is_dry and refit.is_live else REASONS[refit.reason]
    return f"{line}: {outcome}"
