"""How a film was made, for people: its runs, their price, and what happened to the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipeline.models import ContentProject, StepRun
from pipeline.planning import Plan, Planned
from studio.admin.wording import NOT_BEGUN, RUN, UNDER_WAY, Chip, name_reason, name_step, say_money
from studio.models import Review

# --------------------------------------------------------------------------- runs


@dataclass(frozen=True)
class RunView:
    name: str
    chip: Chip
    seconds: str
    cost: str
    attempt: int
    provider: str
    error: str
    error_id: str


@dataclass(frozen=True)
class StepView:
    """One line of the timeline: a step with all its runs."""

    name: str
    chip: Chip
    done: int
    total: int
    seconds: str
    cost: str
    runs: list[RunView]
    errors: list[RunView] = field(default_factory=list)


def show_timeline(present: Plan) -> list[StepView]:
    """The steps in their order, as far as the plan knows them."""
    groups: dict[tuple[str, str], list[Planned]] = {}
    for planned in present.jobs:
        groups.setdefault((planned.job.step, planned.job.part), []).append(planned)
    return [_step(name, group) for name, group in groups.items()]


def _step(name: tuple[str, str], group: list[Planned]) -> StepView:
    runs = [_run(planned) for planned in group]
    statuses = [planned.run.status if planned.run is not None else "" for planned in group]
    chip = UNDER_WAY if "succeeded" in statuses else NOT_BEGUN
    for status in ("failed", "cancelled", "running", "waiting", "queued", "succeeded"):
        if status in statuses and (status != "succeeded" or set(statuses) == {"succeeded"}):
            chip = RUN[status]
            break
    made = [planned.run for planned in group if planned.run is not None]
    times = [run.seconds for run in made if run.seconds is not None]
    return StepView(
        name=name_step(*name),
        chip=chip,
        done=statuses.count("succeeded"),
        total=len(group),
        seconds=f"{sum(times):.1f} s" if times else "",
        cost=say_money(_sum_costs(made)) if times else "",
        runs=runs,
        errors=[run for run in runs if run.error],
    )


def _run(planned: Planned) -> RunView:
    run, scene = planned.run, planned.job.scene
    name = name_step(planned.job.step, planned.job.part) if scene is None else f"Scene {scene + 1}"
    if run is None:
        return RunView(name, NOT_BEGUN, "", "", 0, "", "", "")
    return RunView(
        name=name,
        chip=RUN[run.status],
        seconds=f"{run.seconds:.1f} s" if run.seconds is not None else "",
        cost=say_money(run.cost),
        attempt=run.attempt,
        provider=" ".join(filter(None, (run.provider, run.model))),
        error=run.error_message,
        error_id=run.error_id,
    )


def _sum_costs(runs: Sequence[StepRun]) -> Decimal | None:
    """None where a price is unknown."""
    costs = [run.cost for run in runs]
    return (
        None
        if any(cost is None for cost in costs)
        else sum((cost or Decimal(0) for cost in costs), Decimal(0))
    )


def say_cost(present: Plan) -> str:
    return say_money(_sum_costs([planned.run for planned in present.jobs if planned.run is not None]))


# --------------------------------------------------------------------------- history


@dataclass(frozen=True)
class Entry:
    when: Any
    who: str
    what: str
    note: str
    is_verdict: bool


def show_history(project: ContentProject, *, limit: int = 50) -> list[Entry]:
    """Events and reviews as one list, newest first: two queries."""
    reviews = {
        str(review.pk): review
        for review in Review.objects.filter(project=project)
        .select_related("reviewer")
        .order_by("-created_at")[:limit]
    }
    entries = []
    for event in project.events.select_related("actor").order_by("-id")[:limit]:
        who = event.actor.get_short_name() if event.actor is not None else "The machine"
        scene = event.details.get("scene")
        where = f", scene {int(scene) + 1}" if isinstance(scene, int) else ""
        review = reviews.get(str(event.details.get("review", "")))
        entries.append(
            Entry(event.created_at, who, name_reason(event.reason) + where, event.message, review is not None)
        )
    return entries
