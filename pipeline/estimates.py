"""What a film will take: the median of past runs by step, and the providers' own prices."""

from __future__ import annotations

from decimal import Decimal
from statistics import median

from pipeline import providers
from pipeline.models import ContentProject, StepRun
from pipeline.planning import Plan, compute_plan, plan
from pipeline.steps import BY_NAME
from pipeline.steps.base import Brief

SAMPLE = 50  # newest finished runs a step
SCENES = 9  # of a film whose script is not written yet
SECONDS = {
    "script": 1.0,
    "visuals": 0.5,
    "voice": 1.5,
    "quiz": 1.0,
    "compose": 12.0,
    "qa": 2.0,
}  # before any run
OTHER_SECONDS = 1.0  # the same, of a step that is not named above


def estimate_missing(project: ContentProject) -> tuple[Decimal | None, float]:
    """(US dollars, seconds) for what is missing in the present plan; free providers cost 0. One unknown
    price makes the sum unknown: None, shown as "?"."""
    return _estimate(plan(project))


def estimate_new(brief: Brief) -> tuple[Decimal | None, float]:
    """The same for a film of which nothing is made yet, not even a project; one query."""
    return _estimate(compute_plan(brief, {}, {}))


def _estimate(present: Plan) -> tuple[Decimal | None, float]:
    known = {step.name: [p for p in present.jobs if p.job.step == step.name] for step in BY_NAME.values()}
    costs: list[Decimal | None] = []
    typical = _typical_seconds()
    seconds = 0.0
    for step in BY_NAME.values():
        per_scene = step.name in {"visuals", "voice", "compose"}
        jobs = len([p for p in known[step.name] if not p.is_done])
        if not known[step.name]:
            jobs = SCENES if per_scene else 1
        parts = [p.job.part for p in known[step.name] if not p.is_done]
        if not known[step.name]:
            parts = [""] * jobs if len(step.parts) == 1 else list(step.parts)
        costs += [_typical_cost(step.provider_for(part)) for part in parts]
        seconds += jobs * typical[step.name]
    known_costs = [one for one in costs if one is not None]
    total = sum(known_costs, Decimal(0)) if len(known_costs) == len(costs) else None
    return total, round(seconds, 1)


def _typical_cost(alias: str) -> Decimal | None:
    price = getattr(providers.get(alias), "typical_cost", None) if alias else None
    cost = price() if price is not None else Decimal(0)
    return None if cost is None else Decimal(cost)


def _typical_seconds() -> dict[str, float]:
    """Seconds a job, by step; one query."""
    done = StepRun.objects.filter(status=StepRun.Status.SUCCEEDED).order_by("-id")
    newest = [
        done.filter(step=step.name).values_list("step", "started_at", "finished_at")[:SAMPLE]
        for step in BY_NAME.values()
    ]
    times: dict[str, list[float]] = {}
    for name, began, ended in newest[0].union(*newest[1:], all=True):
        if began is not None and ended is not None:
            times.setdefault(name, []).append((ended - began).total_seconds())
    return {
        name: median(times[name]) if name in times else SECONDS.get(name, OTHER_SECONDS) for name in BY_NAME
    }
