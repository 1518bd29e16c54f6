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
from studio.reviewing import REASONS

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


def break_down_cost(present: Plan) -> list[tuple[str, str]]:
    """What each step of the present film has cost, in the order of the work, without the free ones."""
    sums: dict[tuple[str, str], list[StepRun]] = {}
    for planned in present.jobs:
        if planned.run is not None:
            sums.setdefault((planned.job.step, planned.job.part), []).append(planned.run)
    named = [(name_step(*key), _sum_costs(runs)) for key, runs in sums.items()]
    return [(name, say_money(cost)) for name, cost in named if cost is None or cost > 0]


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
    facts: str = ""  # of a verdict: how much was played, how long it took, what it was about


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
            Entry(
                event.created_at,
                who,
                name_reason(event.reason) + where,
                event.message,
                review is not None,
                _facts(review) if review is not None else "",
            )
        )
    return entries


def _facts(review: Review) -> str:
    parts = [REASONS[code] for code in review.reasons if code in REASONS]
    if review.share_played is not None:
        parts.append(f"{int(100 * review.share_played)} % played")
    if review.unwatched_reason:
        parts.append(f"not all played: {review.unwatched_reason}")
    if review.seconds_spent:
        parts.append(f"{max(review.seconds_spent // 60, 1)} min on the page")
    overridden = review.findings.get("overridden") or []
    if overridden:
        parts.append(f"{len(overridden)} finding{'s' if len(overridden) > 1 else ''} overridden")
    return " · ".join(parts)


# --------------------------------------------------------------------------- origins


@dataclass(frozen=True)
class Origin:
    """Who made one kind of part, by which model, prompt and rules."""

    name: str
    made_by: str
    version: str


def show_origins(present: Plan) -> tuple[list[Origin], list[dict[str, str]]]:
    """(who made what, licences of everything in the film) of the present film."""
    makers: dict[str, dict[str, None]] = {}
    for planned in present.jobs:
        run = planned.run
        if run is None or not planned.is_done:
            continue
        maker = " ".join(filter(None, (run.provider, run.model))) or "this studio"
        makers.setdefault(name_step(planned.job.step, planned.job.part), {})[maker] = None
    origins = [Origin(name, ", ".join(found), "") for name, found in makers.items()]
    checks = present.qa_run
    details = ((checks.output or {}).get("results") or {}).get("details") or {} if checks is not None else {}
    for record in list(details.values())[:1]:
        for one in record.get("engines") or ():
            engine = one.get("engine") or {}
            named = " ".join(filter(None, (engine.get("model"), engine.get("prompt"))))
            origins.append(
                Origin(
                    f"Checks by {engine.get('kind')}",
                    named or ("this studio" if engine.get("kind") == "rules" else "did not run"),
                    f"version {engine.get('version')}",
                )
            )
    film = present.film_run
    licences = list((film.output or {}).get("licences") or ()) if film is not None else []
    return origins, licences
