"""How well the filters agree with people: precision, recall and κ over the labelled films.

Ends with 1 where fewer than 0.90 of the planted blocks are caught, or more than 0.20 of the clean films raise
an alarm.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pipeline import providers
from pipeline.providers import prompts
from pipeline.providers.base import ProviderError
from pipeline.quality.asks import AGAIN, make_asks, prompt_of
from pipeline.quality.calibrating import (
    Item,
    Outcome,
    build_material,
    change_film,
    measure_agreement,
    read_film,
    read_items,
    read_outcome,
)
from pipeline.quality.judging import judge_filter
from pipeline.quality.material import Material
from pipeline.quality.verdicts import FILTERS, JUDGE_VERSION, VERSION, examine_by_rules

LEAST_RECALL = 0.90
MOST_ALARMS = 0.20
FOLDER = Path(settings.BASE_DIR) / "benchmarks" / "quality"


class Command(BaseCommand):
    help = "Measures the four filters on the labelled films of benchmarks/quality; fails under its bounds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="The figures as JSON instead of a table.")
        parser.add_argument("--part", choices=["dev", "held-out"], help="One part of the items only.")
        parser.add_argument(
            "--items", type=Path, help="Another file of items about the films of benchmarks/quality."
        )
        parser.add_argument("--write", type=Path, help="Write the JSON to this file too.")

    def handle(self, *args: Any, **options: Any) -> None:
        films = {path.stem: read_film(path) for path in sorted((FOLDER / "films").glob("*.txt"))}
        items = _read(options["items"] or FOLDER / "items.json")
        if options["part"]:
            items = [item for item in items if item.part == options["part"]]
        if not items:
            raise CommandError("There is no such item. Look into benchmarks/quality.")
        try:
            materials = [(item, build_material(change_film(films[item.film], item.change))) for item in items]
        except (KeyError, ValueError) as error:
            raise CommandError(f"An item does not fit its film: {error}") from error
        report = _measure(materials)
        text = json.dumps(report, indent=2, ensure_ascii=False)
        if options["write"]:
            options["write"].write_text(text + "\n", encoding="utf-8")
        self.stdout.write(text if options["json"] else _say(report))
        failed = _failures(report)
        if failed:
            raise CommandError("; ".join(failed))


def _read(path: Path) -> list[Item]:
    try:
        return read_items(path.parent, name=path.name)
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(f"{path} holds no items: {error}. Compare it with items.json.") from error


def _measure(materials: Sequence[tuple[Item, Material]]) -> dict[str, Any]:
    now = datetime.now(UTC)
    outcomes = [
        read_outcome(item, {name: examine_by_rules(name, material, now=now)["checks"] for name in FILTERS})
        for item, material in materials
    ]
    report: dict[str, Any] = {
        "items": len(materials),
        "date": now.isoformat(timespec="seconds"),
        "bounds": {"block_recall": LEAST_RECALL, "false_alarm_rate": MOST_ALARMS},
        "deterministic": {"engine": {"kind": "rules", "version": VERSION}, **_by_part(outcomes)},
    }
    judged = _judge_all(materials)
    if judged is not None:
        report["judge"] = judged
    return report


def _by_part(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    whole = measure_agreement(outcomes, FILTERS)
    parts = {}
    for part in ("dev", "held-out"):
        own = [one for one in outcomes if one.item.part == part]
        if own and len(own) < len(outcomes):
            parts[part] = measure_agreement(own, FILTERS)
    return {**whole.pop("filters"), **whole, "parts": parts}


def _judge_all(materials: Sequence[tuple[Item, Material]]) -> dict[str, Any] | None:
    """The same of the configured judge; None where there is none."""
    judge = providers.get("judge")
    outcomes: list[Outcome] = []
    for item, material in materials:
        checks: dict[str, list[dict[str, Any]]] = {}
        for name in FILTERS:
            asks = [ask for ask in make_asks(name, material) if ask.name != AGAIN]
            answers = {}
            for ask in asks:
                try:
                    result = judge.answer(ask.questions, ask.material)
                except ProviderError as error:
                    raise CommandError(f"The judge did not answer ({error.code}): {error}") from error
                if result.value == "not_run":
                    return None
                answers[ask.name] = result.value
            judged = judge_filter(name, material, asks, answers)
            checks[name] = [check.as_json() for check in judged.checks]
        outcomes.append(read_outcome(item, checks))
    engine = {
        "kind": "judge",
        "version": JUDGE_VERSION,
        "model": getattr(judge, "model", ""),
        "prompts": {name: prompts.load(prompt_of(name)).label for name in FILTERS},
    }
    return {"engine": engine, **_by_part(outcomes)}


def _failures(report: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for engine in ("deterministic", "judge"):
        measured = report.get(engine)
        if measured is None:
            continue
        recall, alarms = measured["block_recall"], measured["false_alarm_rate"]
        if recall is not None and recall < LEAST_RECALL:
            found.append(f"{engine}: {recall:.0%} of the planted blocks are caught, at least 90 % are wanted")
        if alarms > MOST_ALARMS:
            found.append(
                f"{engine}: {alarms:.0%} of the clean films raise an alarm, at most 20 % are allowed"
            )
    return found


def _say(report: Mapping[str, Any]) -> str:
    lines = [f"{report['items']} items, {report['date']}"]
    for engine in ("deterministic", "judge"):
        measured = report.get(engine)
        if measured is None:
            lines.append(f"\n{engine}: not run")
            continue
        lines.append(f"\n{engine} ({measured['clean']} clean, {measured['planted']} planted)")
        lines.append(f"  {'filter':24} precision  recall       κ")
        for name in FILTERS:
            figures = [_figure(measured[name][key]) for key in ("precision", "recall", "kappa")]
            lines.append(f"  {name:24} {figures[0]:>9} {figures[1]:>7} {figures[2]:>7}")
        lines.append(f"  {'kind of fault':24} {'items':>9} {'recall':>7} located")
        for kind, one in measured["kinds"].items():
            missed = f"  missed: {', '.join(one['missed'])}" if one["missed"] else ""
            recall, located = _figure(one["recall"]), _figure(one["located"])
            lines.append(f"  {kind:24} {one['items']:>9} {recall:>7} {located:>7}{missed}")
        lines.append(f"  planted blocks caught {_figure(measured['block_recall'])} (at least {LEAST_RECALL})")
        lines.append(f"  false alarms {_figure(measured['false_alarm_rate'])} (at most {MOST_ALARMS})")
        lines += [f"    {item}" for item in measured["false_alarms"]]
        for part, own in measured["parts"].items():
            lines.append(
                f"  {part}: {own['items']} items, blocks caught {_figure(own['block_recall'])}, "
                f"false alarms {_figure(own['false_alarm_rate'])}"
            )
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
