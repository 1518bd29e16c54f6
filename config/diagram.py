"""The diagrams of docs/architecture.md, drawn from the code: who may import whom, and who serves what.

What they show is read where it holds: the layers that `make lint` keeps, the schedule and routes of Celery,
the queues of the steps, and the commands of deploy/compose.yaml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from config.celery import QUEUES, SCHEDULE
from pipeline.steps import STEPS

BEGIN, END = "<!-- drawn: {name} -->", "<!-- end of {name} -->"
PAGE = Path("docs") / "architecture.md"
CONSUMES = re.compile(r'-Q", "([a-z,]+)"')


def draw_layers() -> str:
    """Apps from top to bottom; an arrow is an import that is allowed, also of all below."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    rows = [[name.strip() for name in layer.split("|")] for layer in layers]
    lines = ["flowchart TD"]
    lines += [
        f"    {upper} --> {lower}" for above, below in pairwise(rows) for upper in above for lower in below
    ]
    return "\n".join(lines)


def draw_queues() -> str:
    """What is put into each queue, and which service of the compose file takes it out."""
    lines = ["flowchart LR"]
    lines += [f"    q_{queue}[({queue})]" for queue in QUEUES]
    for name, queue in sorted(_steps().items()):
        lines.append(f"    step_{name}([{name}]) --> q_{queue}")
    for task, (queue, seconds) in sorted(_scheduled().items()):
        lines.append(f"    beat -- {task}, {_period(seconds)} --> q_{queue}")
    lines.append("    api -- advance --> q_default")
    for service, queues in _services().items():
        lines += [f"    q_{queue} --> s_{service}[{service}]" for queue in queues]
    return "\n".join(lines)


def _steps() -> dict[str, str]:
    return {step.name: step.queue for step in STEPS}


def _scheduled() -> dict[str, tuple[str, int]]:
    routes: dict[str, Any] = settings.CELERY_TASK_ROUTES
    usual = settings.CELERY_TASK_DEFAULT_QUEUE
    return {
        task.replace(".tasks.", "."): (routes.get(task, {}).get("queue", usual), seconds)
        for task, seconds in SCHEDULE.values()
    }


def _period(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _services() -> dict[str, list[str]]:
    """Service → the queues that its command names; render's command stands in the Dockerfile."""
    root: Path = settings.BASE_DIR
    compose = yaml.safe_load((root / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for name, service in compose["services"].items():
        command = service.get("command") or []
        if "-Q" in command:
            found[name] = str(command[command.index("-Q") + 1]).split(",")
    image = CONSUMES.search((root / "Dockerfile").read_text(encoding="utf-8"))
    return found | ({"render": image.group(1).split(",")} if image else {})


DIAGRAMS = {"layers": draw_layers, "queues": draw_queues}


def fill_in(text: str) -> str:
    """The page with every diagram as it is now. Raises ValueError where a place for one is missing."""
    for name, draw in DIAGRAMS.items():
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{PAGE} has no place for the diagram {name}.")
        text = f"{before}{begin}\n```mermaid\n{draw()}\n```\n{end}{after}"
    return text


def unserved() -> Iterator[str]:
    """Queues that something is put into and that no service takes anything out of."""
    served = {queue for queues in _services().values() for queue in queues}
    used = {*_steps().values(), *(queue for queue, _ in _scheduled().values()), "default"}
    yield from sorted(used - served)
