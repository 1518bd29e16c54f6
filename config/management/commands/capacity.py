"""`manage.py capacity`: how many pods, connections and bytes for so many children."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.capacity import CostMissing, Habits, one_of_each, plan

MEASURED = settings.BASE_DIR / ".local" / "benchmarks" / "feed.json"
RENDERED = MEASURED.with_name("render.json")


class Command(BaseCommand):
    help = (
        "Compute a capacity sheet from measured unit costs (make bench) and from habits, which are options."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--measured", type=Path, default=MEASURED, help="the object that benchmarks.feed prints"
        )
        parser.add_argument("--render", type=Path, default=RENDERED, help="that of benchmarks.render, if any")
        parser.add_argument("--json", action="store_true", help="one object as the last line")
        for field in fields(Habits):
            kind = int if field.type == "int" else float
            usual = 1_000_000 if field.name == "children" else field.default
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=usual)

    def handle(self, *args: Any, **options: Any) -> None:
        habits = Habits(**{field.name: options[field.name] for field in fields(Habits)})
        try:
            costs = json.loads(options["measured"].read_text(encoding="utf-8"))
            render = options["render"]
            if render.exists():
                costs["cpu_seconds"] = json.loads(render.read_text(encoding="utf-8")).get("cpu_seconds", 0)
            units, lines = one_of_each(costs, habits), plan(costs, habits)
        except (OSError, ValueError) as error:
            raise CommandError(
                f"There is no measurement in {options['measured']}. Make one: make bench, or "
                "python -m benchmarks.feed --json --scale 0.01 | tail -n 1 > FILE, and --measured FILE."
            ) from error
        except CostMissing as error:
            raise CommandError(
                f"The measurement lacks {error}. Measure again: python -m benchmarks.feed."
            ) from error
        if options["json"]:
            sheet = {
                "habits": asdict(habits),
                "sheet": [asdict(line) for line in lines],
                "one_of_each": [asdict(line) for line in units],
            }
            self.stdout.write(json.dumps(sheet))
            return
        for line in (*lines, *units):
            self.stdout.write(f"{line.part:10} {line.amount:12,.1f} {line.unit:14} {line.comes_from}")
